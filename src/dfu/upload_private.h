// SPDX-License-Identifier: Apache-2.0
/* Shared by upload.c and upload_answer.c. */
#ifndef DFU_UPLOAD_PRIVATE_H
#define DFU_UPLOAD_PRIVATE_H

#include "dfu/upload.h"

/** The only writer of u->state. */
void dfu_upload_enter(struct dfu_upload *u, enum dfu_upload_state to);
void dfu_upload_release(struct dfu_upload *u, struct dfu_upload_flight *f);
void dfu_upload_release_all(struct dfu_upload *u);
/** Reach DONE or FAILED; nothing is in flight afterwards. */
void dfu_upload_end(struct dfu_upload *u, uint32_t now_ms,
        enum dfu_upload_state to);
void dfu_upload_fail(struct dfu_upload *u, uint32_t now_ms, enum dfu_code code,
        int result);
/** Long time limits are spent in 1 << this tries of the same message. */
static inline uint32_t dfu_upload_long_shift(const struct dfu_upload *u)
{
    return u->link.kind == SMP_LINK_DATAGRAM ? 3u : 2u;
}

/** Of the first chunk: twice as many. */
#define FIRST_MORE 1u
/** Bytes of the file. */
uint32_t dfu_upload_size(const struct dfu_upload *u);

#endif
