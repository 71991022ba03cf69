// SPDX-License-Identifier: Apache-2.0
/*
 * What happened, one event per line, whoever wrote it down.
 *
 * Our own trace and (later) every foreign log become the same compact list;
 * the rules of the doctor see nothing else.
 */
#ifndef DIAG_EVENT_H
#define DIAG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smp/header.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of events. */
enum diag_event_kind {
    DIAG_TX,    /**< an SMP message sent by the client */
    DIAG_RX,    /**< an SMP message received by the client */
    DIAG_LINK,  /**< the link came up or went down */
    DIAG_FILE,  /**< a file that the client means to send */
    DIAG_STEP,  /**< the client entered a step */
    DIAG_ERROR, /**< the client gave up, or complained */
    DIAG_NOISE, /**< console text of the device */
    DIAG_NOTE,  /**< anything else worth quoting */
};

/** A file announced in the session. */
struct diag_file {
    int image;
    uint32_t size;
    uint8_t hash[64]; /**< of the image hash TLV */
    uint8_t hash_len; /**< 0 = not told */
    uint8_t sha[32];
    bool sha_told;
};

/** One event; memory belongs to the list. */
struct diag_event {
    enum diag_event_kind kind;
    uint32_t line;          /**< 1-based line of the source */
    const char *file;       /**< name of the source */
    int64_t t_ms;           /**< since the start of the session, -1 = unknown */
    const char *dev;        /**< device tag, "" when there is one only */
    const char *text;       /**< state, code or text; "" when there is none */
    const uint8_t *message; /**< SMP message (TX, RX), may be cut */
    size_t message_len;
    struct smp_header header; /**< of message */
    uint32_t data_len;      /**< upload data bytes when they were cut, else 0 */
    bool up;                /**< LINK */
    struct diag_file about; /**< FILE */
};

/** A growing list of events. */
struct diag_events {
    struct diag_event *items;
    size_t count;
    size_t cap;
    char **owned; /**< every string and message of the list */
    size_t owned_count;
    size_t owned_cap;
    size_t skipped; /**< lines that nobody understood */
};

/** Make an empty list. */
void diag_events_init(struct diag_events *list);

/** Free everything the list owns. */
void diag_events_clear(struct diag_events *list);

/**
 * Append the events of one of our own traces.
 *
 * @param list  grows
 * @param name  of the source, copied
 * @param text  JSON lines, any bytes, borrowed; a cut last line is fine
 * @param len   bytes of text
 *
 * @return events added (0 when the text is no trace), or -1 out of memory
 *
 * Source: docs/spec/trace.md.
 */
int diag_read_trace(struct diag_events *list, const char *name,
        const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
