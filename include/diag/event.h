// SPDX-License-Identifier: Apache-2.0
/*
 * What happened, one event after the other, whoever wrote it down.
 *
 * Our own trace, the logs of other clients, captures, device consoles and
 * configuration files all become this list; the rules of the doctor see
 * nothing else. Long runs of upload chunks are folded and the number of
 * events is bounded, so that a log of any size takes bounded memory.
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

/** Most events a list keeps; beyond it the middle of the list is given up. */
#define DIAG_EVENTS_MAX 40000u
/** Longest quote of a source line. */
#define DIAG_QUOTE_MAX 200u
/** Longest line that is read; what is behind it is passed over. */
#define DIAG_LINE_MAX 65536u

/** Kinds of events. */
enum diag_event_kind {
    DIAG_TX,       /**< an SMP message sent by the client */
    DIAG_RX,       /**< an SMP message received by the client */
    DIAG_RUN,      /**< upload chunks and their answers, folded: see run */
    DIAG_HEAD,     /**< a recording begins: text is the client; b 1: text is
                        the device, nothing begins */
    DIAG_LINK,     /**< up or down; a = reason, 0 = not told */
    DIAG_MTU,      /**< a = ATT MTU, or largest message */
    DIAG_INTERVAL, /**< a = connection interval in microseconds */
    DIAG_PARAMS,   /**< a = buffer size, b = buffers, told by the device */
    DIAG_SENT,     /**< client: upload complete; a = bytes, b = ms */
    DIAG_PROGRESS, /**< client: upload at a of b bytes (b 0 = not told) */
    DIAG_FILE,     /**< a file that the client means to send: see about */
    DIAG_STEP,     /**< the client entered a step: text */
    DIAG_ERROR,    /**< the client complains: text */
    DIAG_REFUSED,  /**< client: refused; a = number, b = group + 1 or 0 */
    DIAG_NOISE,    /**< console text of the device */
    DIAG_NOTE,     /**< anything else worth quoting */
    DIAG_CONF,     /**< configuration: text is SYMBOL=VALUE */
    DIAG_EVENT_KINDS,
};

/** A file announced in the session. */
struct diag_file {
    int image;
    uint32_t size;
    uint8_t hash[64]; /**< of the image hash TLV */
    uint8_t hash_len; /**< 0 = not told */
    uint8_t sha[32];
    bool sha_told;
    bool no_image; /**< has no MCUboot header */
    bool padded;   /**< ends with a trailer, as large as the slot */
    bool encrypted;
    bool packaged;        /**< from --package: not necessarily what was sent */
    bool net_core;        /**< linked for the nRF5340's network core */
    bool version_0;       /**< version 0.0.0 */
    uint32_t header_size; /**< bytes before the program; 0 = not told */
    uint32_t vector_off;  /**< where it starts, if not there; else 0 */
};

/** A folded run of upload chunks: all offsets moved on. */
struct diag_run {
    uint32_t last_line;
    uint32_t requests;
    uint32_t answers;
    uint32_t off_from;  /**< lowest offset sent or answered */
    uint32_t off_to;    /**< highest offset answered */
    uint32_t data_max;  /**< largest chunk, in data bytes */
    uint32_t gap_ms;    /**< longest time between two answers */
    uint32_t in_flight; /**< most requests open at a time */
    int64_t t_end_ms;
};

/** One event; memory belongs to the list. */
struct diag_event {
    enum diag_event_kind kind;
    uint32_t line;          /**< 1-based line (or packet) of the source */
    const char *file;       /**< name of the source */
    int64_t t_ms;           /**< of day or since the start, -1 = unknown */
    const char *dev;        /**< device tag, "" when there is one only */
    const char *text;       /**< see the kind; "" when there is none */
    const char *quote;      /**< the source line, cut; "" for captures */
    const uint8_t *message; /**< SMP message (TX, RX), may be cut */
    size_t message_len;
    struct smp_header header;      /**< of message */
    uint32_t data_len;             /**< upload data bytes, if cut, else 0 */
    uint32_t a;                    /**< see the kind */
    uint32_t b;                    /**< see the kind */
    uint16_t sign;                 /**< what a phrase says, 0 = nothing */
    uint16_t forms;                /**< how it was written: for merging */
    bool up;                       /**< LINK */
    bool cut;                      /**< the source shows a part only */
    bool late;                     /**< RX: nobody waited for it any more */
    bool probe;                    /**< TX, RX: sent to try out sizes */
    bool loose;                    /**< absent keys may have been left out */
    const struct diag_file *about; /**< FILE */
    const struct diag_run *run;    /**< RUN */
    void *block;                   /**< memory of the pointers above */
};

/** A growing list of events. */
struct diag_events {
    struct diag_event *items;
    size_t count;
    size_t cap;
    char **names; /**< sources and device tags, owned */
    size_t name_count;
    size_t folded_at; /**< count after the last folding */
    size_t skipped;   /**< lines that nobody understood */
    size_t dropped;   /**< events given up beyond the cap */
    size_t bad;       /**< frames and packets that could not be read */
    bool failed;      /**< out of memory: the list is not complete */
    /**
     * NULL, or told about every mebibyte which bytes of the source have been
     * read: [0, pos) are not looked at again.
     */
    void (*passed)(void *ctx, size_t pos);
    void *passed_ctx;
    size_t passed_at; /**< last pos that was told */
};

/** Make an empty list. */
void diag_events_init(struct diag_events *list);

/** Free everything the list owns; it is empty afterwards. */
void diag_events_clear(struct diag_events *list);

/**
 * Append an event; text, quote, message, about and run are copied.
 *
 * @param list  grows; folds and gives up events at the cap
 * @param e     borrowed; file and dev must come from diag_events_name()
 *
 * @return 0, or -1: out of memory (list->failed stays set)
 */
int diag_events_add(struct diag_events *list, const struct diag_event *e);

/**
 * Keep a name as long as the list; equal names are kept once.
 *
 * @return the copy, "" when there is no memory
 */
const char *diag_events_name(struct diag_events *list, const char *name,
        size_t len);

/** Fold runs of upload chunks; done by the readers, harmless to repeat. */
void diag_events_fold(struct diag_events *list);

/** For readers: the bytes [0, pos) of the source have been read. */
void diag_events_passed(struct diag_events *list, size_t pos);

/** Name of a kind as `smpctl decode` prints it. */
const char *diag_event_kind_to_str(enum diag_event_kind kind);

/** What a source turned out to be. */
enum diag_source_kind {
    DIAG_SOURCE_UNKNOWN, /**< nothing in it was understood */
    DIAG_SOURCE_TEXT,    /**< a log or console of any kind */
    DIAG_SOURCE_TRACE,   /**< recorded with --trace */
    DIAG_SOURCE_BTSNOOP,
    DIAG_SOURCE_PCAP,
    DIAG_SOURCE_SERIAL, /**< raw bytes of a serial line */
    DIAG_SOURCE_CONF,   /**< Kconfig fragment or .config */
};

/**
 * Append the events of a source of any kind, recognised by its content.
 *
 * @param list  grows
 * @param name  of the source, copied
 * @param data  any bytes, borrowed
 * @param len   bytes of data
 *
 * @return what it was; list->failed tells whether memory ran out
 */
enum diag_source_kind diag_read(struct diag_events *list, const char *name,
        const void *data, size_t len);

/**
 * Append the events of one of our own traces (docs/spec/trace.md).
 *
 * @return events added (0 when the text is no trace), or -1 out of memory
 */
int diag_read_trace(struct diag_events *list, const char *name,
        const char *text, size_t len);

/**
 * Append the failure of a client of ours: its code, and what it says.
 *
 * @param code     as in `error.code`
 * @param message  for people; known phrases in it are understood
 * @return 0, or -1: out of memory
 */
int diag_add_error(struct diag_events *list, const char *source,
        const char *code, const char *message);

/** Name of a source kind, for people. */
const char *diag_source_kind_to_str(enum diag_source_kind kind);

#ifdef __cplusplus
}
#endif

#endif
