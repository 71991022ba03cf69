// SPDX-License-Identifier: Apache-2.0
/* What answers do to an upload; the state table is in upload.c. */
#include "dfu/upload.h"
#include "upload_private.h"

/* Largest flash word. */
#define ALIGN_MAX     32u
#define STALLS_MAX    10u
#define RESTARTS_MAX  5u
#define SILENCES_MAX  9u
#define TAIL_SILENCES 2u /* each of many tries */
#define BUSIES_MAX    20u
#define BUSY_MS       100u
#define BUSY_MAX_MS   2000u
#define PROBE_CLEAN   16u
#define DAMAGED_MAX   5u
/* Messages are not made smaller than this. */
#define MESSAGE_LEAST 128u
#define RC_NO_MEMORY  2
#define RC_CORRUPT    9
#define RC_BUSY       10

/* After the drain, or at once when nothing is in flight. */
static void drained(struct dfu_upload *u)
{
    if (u->in_flight > 0) {
        return;
    }
    if (u->restart) {
        u->restart = false;
        u->tail_sent = false;
        u->off = 0;
        u->next_off = 0;
        dfu_upload_enter(u, DFU_UPLOAD_FIRST);
        return;
    }
    u->next_off = u->off;
    dfu_upload_enter(u, DFU_UPLOAD_STREAM);
}

static void drain(struct dfu_upload *u)
{
    for (size_t i = 0; i < DFU_WINDOW_MAX; i++) {
        u->flights[i].stale = true;
    }
    u->clean = 0;
    if (u->state == DFU_UPLOAD_STREAM) {
        dfu_upload_enter(u, DFU_UPLOAD_DRAIN);
    }
    drained(u);
}

/* Trouble with a window: halve it; a probed one never grows to it again. */
static void shrink(struct dfu_upload *u, uint8_t failed)
{
    if (u->probing && failed > 1 && failed - 1 < u->window_cap) {
        u->window_cap = (uint8_t)(failed - 1);
    }
    u->window = (uint8_t)((u->window + 1) / 2);
    if (u->window > u->window_cap) {
        u->window = u->window_cap;
    }
}

static void grow(struct dfu_upload *u)
{
    if (u->window < u->window_cap && ++u->clean >= PROBE_CLEAN) {
        u->clean = 0;
        u->window++;
    }
}

/* The device is somewhere else: ask again with len and sha. */
static void start_over(struct dfu_upload *u, uint32_t now_ms)
{
    u->jumps++;
    if (++u->restarts > RESTARTS_MAX) {
        dfu_upload_fail(u, now_ms, DFU_UPLOAD_NO_PROGRESS, 0);
        return;
    }
    u->restart = true;
    drain(u);
}

/* A flipped bit must not end an upload. */
static void damaged(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, int err)
{
    if (++u->damaged >= DAMAGED_MAX) {
        dfu_upload_fail(u, now_ms, DFU_UPLOAD_NO_PROGRESS, err);
    } else if (f->stale) {
        drained(u);
    } else if (u->state != DFU_UPLOAD_FIRST) {
        drain(u);
    }
}

/* The first chunk may be too large for this device. */
static bool can_shrink(const struct dfu_upload *u)
{
    return u->state == DFU_UPLOAD_FIRST && u->cfg.buf_size == 0 &&
            u->message > MESSAGE_LEAST;
}

/* Too large for the device's buffer? @return false: no smaller one is left */
static bool shrink_message(struct dfu_upload *u)
{
    static const uint16_t sizes[] = { 384, 249, MESSAGE_LEAST };
    size_t i = 0;
    if (!can_shrink(u)) {
        return false;
    }
    while (sizes[i] >= u->message) {
        i++;
    }
    u->cap = sizes[i];
    u->message = 0;
    return true;
}

static bool stalled(struct dfu_upload *u, uint32_t now_ms)
{
    if (++u->stalls < STALLS_MAX) {
        return false;
    }
    dfu_upload_fail(u, now_ms, DFU_UPLOAD_NO_PROGRESS, 0);
    return true;
}

/* Old servers store whole flash words only: learn their size. */
static void learn_align(struct dfu_upload *u, uint32_t rest)
{
    while (rest < ALIGN_MAX && u->align <= rest) {
        u->align = (uint8_t)(u->align * 2);
    }
}

static void advance(struct dfu_upload *u, uint32_t off)
{
    if (off > u->off) {
        u->stalls = 0;
    }
    u->off = off;
    for (size_t i = 0; i < DFU_WINDOW_MAX; i++) {
        struct dfu_upload_flight *f = &u->flights[i];
        if (f->used && f->off + f->len <= off) {
            dfu_upload_release(u, f);
        }
    }
    if (u->next_off < off) {
        u->next_off = off;
    }
}

static void complete(struct dfu_upload *u, uint32_t now_ms)
{
    u->off = dfu_upload_size(u);
    /* Without our sha some servers answer match:false always. */
    if (u->match_told && !u->matched && !u->no_sha) {
        dfu_upload_fail(u, now_ms, DFU_UPLOAD_MISMATCH, 0);
        return;
    }
    dfu_upload_end(u, now_ms, DFU_UPLOAD_DONE);
}

static void answered_first(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, uint32_t off)
{
    if (off == 0) {
        (void)stalled(u, now_ms);
        return;
    }
    u->stalls = 0;
    if (off < f->len) {
        learn_align(u, f->len - off);
    } else if (off > f->len) {
        u->resumed_at = off;
        u->high = off > u->high ? off : u->high;
    }
    u->off = off;
    u->next_off = off;
    dfu_upload_enter(u, DFU_UPLOAD_STREAM);
}

static void answered_chunk(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, uint32_t off)
{
    if (off < u->off || off > u->high) {
        if (off == 0 && u->tail_sent) {
            u->maybe_done = true;
            dfu_upload_end(u, now_ms, DFU_UPLOAD_DONE);
            return;
        }
        start_over(u, now_ms);
        return;
    }
    uint32_t before = u->off;
    advance(u, off);
    if (off >= f->off + f->len) {
        grow(u);
        return;
    }
    if (off == before && stalled(u, now_ms)) {
        return;
    }
    if (off > f->off) {
        learn_align(u, f->off + f->len - off);
    } else {
        u->gaps++;
        shrink(u, f->window);
    }
    drain(u);
}

/* An answer to what was sent before a gap: it may still show more. */
static void answered_stale(struct dfu_upload *u, uint32_t off)
{
    if (off > u->off && off <= u->high && !u->restart) {
        advance(u, off);
    }
    drained(u);
}

static void answered(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, struct smp_bytes body)
{
    struct smp_image_upload_rsp rsp;
    int err = smp_map_decode(&smp_image_upload_rsp_map, body, &rsp);
    uint32_t off = rsp.off;
    if (err == 0 && !(rsp.has & SMP_IMAGE_UPLOAD_RSP_OFF)) {
        err = SMP_E_MISSING;
    } else if (err == 0) {
        u->reported = off;
        err = off > dfu_upload_size(u) ? SMP_E_RANGE : 0;
    }
    if (err < 0) {
        damaged(u, now_ms, f, err);
        return;
    }
    u->damaged = 0;
    u->silences = 0;
    u->busies = 0;
    if (rsp.has & SMP_IMAGE_UPLOAD_RSP_MATCH) {
        u->match_told = true;
        u->matched = rsp.match;
    }
    if (off == dfu_upload_size(u)) {
        complete(u, now_ms);
    } else if (f->stale) {
        answered_stale(u, off);
    } else if (u->state == DFU_UPLOAD_FIRST) {
        answered_first(u, now_ms, f, off);
    } else {
        answered_chunk(u, now_ms, f, off);
    }
}

static void refused(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, const struct smp_refusal *refusal)
{
    bool plain = refusal->shape == SMP_REFUSAL_RC;
    if (plain && refusal->rc == RC_BUSY && u->busies < BUSIES_MAX) {
        uint32_t rest = BUSY_MS << (u->busies < 5 ? u->busies : 5);
        u->busies++;
        u->waiting = true;
        u->due_ms = now_ms + (rest < BUSY_MAX_MS ? rest : BUSY_MAX_MS);
        if (u->state != DFU_UPLOAD_FIRST) {
            drain(u);
        }
        return;
    }
    /* The buffer pool ran dry: the window was too large. */
    if (plain && refusal->rc == RC_NO_MEMORY && u->state != DFU_UPLOAD_FIRST &&
            (f->window > 1 || f->stale)) {
        u->gaps++;
        shrink(u, f->window);
        drain(u);
        return;
    }
    if (plain && refusal->rc == RC_CORRUPT && shrink_message(u)) {
        return;
    }
    u->refusal = *refusal;
    u->refusal.rsn = (struct smp_bytes){ NULL, 0 };
    dfu_upload_fail(u, now_ms, DFU_DEVICE_REFUSED, SMP_E_REMOTE);
}

/* No answer, or one that was damaged on the way. */
static void timed_out(struct dfu_upload *u, uint32_t now_ms,
        const struct dfu_upload_flight *f, int result)
{
    if (f->stale) {
        drained(u);
        return;
    }
    u->timeouts++;
    u->jumps = 0;
    u->silences++;
    uint32_t most = SILENCES_MAX;
    if (u->cfg.tries != 0) {
        most = u->cfg.tries;
    } else if (u->state == DFU_UPLOAD_FIRST) {
        most = 1u << (dfu_upload_long_shift(u) + FIRST_MORE);
    } else if (f->off + f->len == dfu_upload_size(u)) {
        most = TAIL_SILENCES;
    }
    if (f->len == 0) {
        u->alive = false;
    } else {
        u->ask_alive = can_shrink(u);
    }
    if (u->silences >= most) {
        dfu_upload_fail(u, now_ms,
                result == SMP_E_TIMEOUT ? DFU_NO_ANSWER : DFU_OTHER, result);
    } else if (u->state != DFU_UPLOAD_FIRST) {
        shrink(u, f->window);
        drain(u);
    }
}

static void measure(struct dfu_upload *u, uint32_t rtt_ms)
{
    if (u->answers++ == 0) {
        u->rtt_min_ms = rtt_ms;
        u->rtt8_ms = rtt_ms * 8;
    }
    if (rtt_ms < u->rtt_min_ms) {
        u->rtt_min_ms = rtt_ms;
    }
    /* More than twice the usual: the device did something else. */
    if (rtt_ms * 4 > u->rtt8_ms) {
        u->rtt_slow_ms += rtt_ms;
    }
    u->rtt_sum_ms += rtt_ms;
    u->rtt8_ms = u->rtt8_ms - u->rtt8_ms / 8 + rtt_ms;
}

/* Flights before this one will not be answered any more. */
static struct dfu_upload_flight *take_flight(struct dfu_upload *u, uint32_t tag,
        bool in_order, struct dfu_upload_flight *copy)
{
    struct dfu_upload_flight *found = NULL;
    for (size_t i = 0; i < DFU_WINDOW_MAX; i++) {
        if (u->flights[i].used && u->flights[i].serial == tag) {
            found = &u->flights[i];
        }
    }
    if (found == NULL) {
        return NULL;
    }
    *copy = *found;
    dfu_upload_release(u, found);
    for (size_t i = 0; in_order && i < DFU_WINDOW_MAX; i++) {
        struct dfu_upload_flight *f = &u->flights[i];
        if (f->used && (int16_t)(uint16_t)(f->serial - copy->serial) < 0) {
            dfu_upload_release(u, f);
        }
    }
    return copy;
}

void dfu_upload_answer(struct dfu_upload *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    struct dfu_upload_flight f;
    bool in_order = answer->result == 0;
    if (dfu_upload_done(u) ||
            take_flight(u, answer->tag, in_order, &f) == NULL) {
        return;
    }
    if (f.len == 0 && answer->result != SMP_E_TIMEOUT &&
            answer->result != SMP_E_LINK) {
        if (u->alive) {
            (void)shrink_message(u);
        }
        u->alive = true;
        return;
    }
    switch (answer->result) {
    case 0:
        if (u->state == DFU_UPLOAD_STREAM && answer->sends <= 1) {
            measure(u, answer->rtt_ms);
        }
        answered(u, now_ms, &f, answer->body);
        break;
    case SMP_E_REMOTE:
        refused(u, now_ms, &f, &answer->refusal);
        break;
    case SMP_E_LINK:
        /* link(up) will start it again */
        dfu_upload_release_all(u);
        dfu_upload_enter(u, DFU_UPLOAD_IDLE);
        break;
    default:
        timed_out(u, now_ms, &f, answer->result);
        break;
    }
}
