// SPDX-License-Identifier: Apache-2.0
/* What an upload tells about itself, and its doors as a table. */
#include <string.h>

#include "dfu/upload.h"

/* Fewer answers say nothing about the link. */
#define ANSWERS_MIN  16u
#define SLOW_LINK_MS 10u
/* Offsets that went back without any silence: nobody restarts that often. */
#define JUMPS 3u

/*
 * The smallest round trip is one that met no queue. When the typical one is
 * clearly above it, more in flight only waits longer: something is full. Half
 * of the time in few slow answers is erasing.
 */
static enum dfu_limit limit_of(const struct dfu_upload *u)
{
    if (u->answers < ANSWERS_MIN) {
        return DFU_LIMIT_NONE;
    }
    if (u->rtt_slow_ms * 2 > u->rtt_sum_ms) {
        return DFU_LIMIT_FLASH;
    }
    uint32_t typical = u->rtt8_ms / 8;
    if (u->window > 1 && typical * 2 > u->rtt_min_ms * 3) {
        /* Networks are fast: there the device is slower, unless a chunk needs
         * no longer than a small request over a slow link. */
        bool slow_link = u->rtt_min_ms >= SLOW_LINK_MS && u->cfg.rtt_ms != 0 &&
                u->rtt_min_ms * 2 <= u->cfg.rtt_ms * 3;
        return u->link.kind == SMP_LINK_DATAGRAM && !slow_link ? DFU_LIMIT_FLASH
                                                               : DFU_LIMIT_LINK;
    }
    if (u->message < 128 || u->cfg.buf_size > 2 * u->message) {
        return DFU_LIMIT_CHUNK;
    }
    return u->window > 1 ? DFU_LIMIT_WINDOW : DFU_LIMIT_ROUND_TRIP;
}

void dfu_upload_status(const struct dfu_upload *u,
        struct dfu_upload_status *status)
{
    *status = (struct dfu_upload_status){
        .state = (enum dfu_upload_state)u->state,
        .code = (enum dfu_code)u->code,
        .result = u->result,
        .refusal = u->refusal,
        .off = u->off,
        .size = u->cfg.image ? u->cfg.image->source.size : 0,
        .resumed_at = u->resumed_at,
        .sent_bytes = u->sent_bytes,
        .chunk = u->chunk,
        .message = u->message,
        .window = u->window,
        .started_ms = u->started_ms,
        .ended_ms = u->ended_ms,
        .rtt_ms = u->rtt8_ms / 8,
        .gaps = u->gaps,
        .timeouts = u->timeouts,
        .reported_off = u->reported,
        .cap = u->cap,
        .taken_over = u->code == DFU_UPLOAD_NO_PROGRESS && u->jumps >= JUMPS,
        .match_told = u->match_told,
        .matched = u->matched,
        .maybe_done = u->maybe_done,
        .limit = limit_of(u),
    };
}

const char *dfu_limit_to_str(enum dfu_limit limit)
{
    switch (limit) {
    case DFU_LIMIT_NONE:
        return "none";
    case DFU_LIMIT_WINDOW:
        return "window";
    case DFU_LIMIT_CHUNK:
        return "chunk";
    case DFU_LIMIT_ROUND_TRIP:
        return "round trip";
    case DFU_LIMIT_LINK:
        return "link";
    case DFU_LIMIT_FLASH:
        return "flash";
    }
    return "unknown";
}

static int door_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    return dfu_upload_next(self, now_ms, req);
}

static void door_answer(void *self, uint32_t now_ms,
        const struct smp_answer *answer)
{
    dfu_upload_answer(self, now_ms, answer);
}

static void door_link(void *self, uint32_t now_ms, const struct smp_link *link)
{
    dfu_upload_link(self, now_ms, link);
}

static uint32_t door_wait_ms(const void *self, uint32_t now_ms)
{
    return dfu_upload_wait_ms(self, now_ms);
}

static bool door_done(const void *self)
{
    return dfu_upload_done(self);
}

const struct smp_procedure dfu_upload_procedure = {
    .next = door_next,
    .answer = door_answer,
    .link = door_link,
    .wait_ms = door_wait_ms,
    .done = door_done,
};
