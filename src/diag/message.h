// SPDX-License-Identifier: Apache-2.0
/* What is inside of the SMP messages that rules and readers look at. */
#ifndef DIAG_MESSAGE_H
#define DIAG_MESSAGE_H

#include "diag/event.h"
#include "smp/message.h"

/** An upload request, or the answer to one. */
struct diag_chunk {
    uint32_t off;
    uint32_t len;  /**< of the file */
    uint32_t data; /**< bytes */
    uint32_t image;
    struct smp_bytes sha;
    struct smp_bytes bytes; /**< the data, or its start when it was cut */
    bool has_off;
    bool has_len;
    bool has_image;
    bool has_match;
    bool match;
};

/** Free the memory of one event that is not in a list any more. */
void diag_event_free(struct diag_event *e);

/** Body of a message; empty when there is none. */
struct smp_bytes diag_body(const struct diag_event *e);

/** true: e is an upload request with a readable body. */
bool diag_chunk_of(const struct diag_event *e, struct diag_chunk *c);

/** true: e answers an upload, no refusal, and has `off`. */
bool diag_answer_of(const struct diag_event *e, struct diag_chunk *c);

/**
 * Could these bytes be the start of an SMP message? Known operation, flags 0,
 * a group and a length that occur.
 */
bool diag_is_message(const uint8_t *bytes, size_t len);

/**
 * Write CBOR again in indefinite form; what a cut source lacks is closed.
 *
 * @param[out] out  cap bytes
 * @param[out] cut  set when the input ended early
 * @return bytes written; 0 when there was no map at the start
 */
size_t diag_mend(struct smp_bytes cbor, uint8_t *out, size_t cap, bool *cut);

#endif
