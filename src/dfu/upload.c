// SPDX-License-Identifier: Apache-2.0
/*
 * Upload of one image.
 *
 * state   event                            next    action
 * ------  -------------------------------  ------  --------------------------
 * IDLE    link up                          FIRST   work out chunk and window
 * FIRST   off = size                       DONE    the device had it all
 * FIRST   off > 0                          STREAM  go on there (resume)
 * FIRST   off = 0, time-out, rc 10         FIRST   again, bounded
 * STREAM  off = end of chunk               STREAM  window moves on
 * STREAM  off = size                       DONE    last chunk stored
 * STREAM  off below end of chunk, rc 2     DRAIN   gap: window shrinks
 * STREAM  off below confirmed, or unknown  DRAIN   then FIRST with sha
 * any     no off, or behind the end        DRAIN   damaged: ask again, bounded
 * FIRST   rc 9, silence but alive          FIRST   smaller messages, see below
 * STREAM  off = 0 after the last chunk     DONE    maybe: list before trusting
 * STREAM  time-out                         DRAIN   go on at confirmed offset
 * DRAIN   nothing in flight any more       STREAM  or FIRST
 * any     link down                        IDLE    nothing in flight any more
 * any     refusal, bounds reached          FAILED
 *
 * Responses come in the order of the requests: an answer proves that what was
 * sent before it will not be answered any more.
 *
 * Devices that tell no buffer size: when the first chunk is not answered, and
 * not again, but a question after each is, then the message was too large and
 * is made smaller. A device that answers nothing erases, or is gone.
 */
#include "dfu/upload.h"

#include <string.h>

#include "smp/group_os.h"
#include "smp/options.h"
#include "upload_private.h"

/* MCUboot's header has to be in the first chunk; Zephyr refuses less. */
#define FIRST_MIN 32u

#define FIRST_TIMEOUT_MS 60000u
#define LAST_TIMEOUT_MS  20000u
#define ALIVE_MS         2000u

/* Silence in the middle: 0.5, 1, 2, 4 s, then 5 s each. */
#define SILENCE_MS     500u
#define SILENCE_MAX_MS 5000u

/* Devices that tell nothing: default of four buffers, one for the answer. */
#define PROBE_CAP 3u

#define TO(s) (1u << (s))
static const uint8_t upload_legal[] = {
    [DFU_UPLOAD_IDLE] = TO(DFU_UPLOAD_FIRST) | TO(DFU_UPLOAD_FAILED),
    [DFU_UPLOAD_FIRST] = TO(DFU_UPLOAD_STREAM) | TO(DFU_UPLOAD_DONE) |
            TO(DFU_UPLOAD_FAILED) | TO(DFU_UPLOAD_IDLE) | TO(DFU_UPLOAD_FIRST),
    [DFU_UPLOAD_STREAM] = TO(DFU_UPLOAD_DRAIN) | TO(DFU_UPLOAD_DONE) |
            TO(DFU_UPLOAD_FAILED) | TO(DFU_UPLOAD_IDLE) | TO(DFU_UPLOAD_FIRST),
    [DFU_UPLOAD_DRAIN] = TO(DFU_UPLOAD_STREAM) | TO(DFU_UPLOAD_FIRST) |
            TO(DFU_UPLOAD_DONE) | TO(DFU_UPLOAD_FAILED) | TO(DFU_UPLOAD_IDLE),
    [DFU_UPLOAD_DONE] = 0,
    [DFU_UPLOAD_FAILED] = 0,
};
#undef TO

/* The only writer of u->state. */
void dfu_upload_enter(struct dfu_upload *u, enum dfu_upload_state to)
{
    SMP_ASSERT(upload_legal[u->state] & (1u << to));
    u->state = (uint8_t)to;
}

uint32_t dfu_upload_size(const struct dfu_upload *u)
{
    return u->cfg.image->source.size;
}

void dfu_upload_release(struct dfu_upload *u, struct dfu_upload_flight *f)
{
    f->used = false;
    u->in_flight--;
}

void dfu_upload_release_all(struct dfu_upload *u)
{
    for (size_t i = 0; i < DFU_WINDOW_MAX; i++) {
        u->flights[i].used = false;
    }
    u->in_flight = 0;
}

void dfu_upload_end(struct dfu_upload *u, uint32_t now_ms,
        enum dfu_upload_state to)
{
    dfu_upload_release_all(u);
    u->waiting = false;
    u->ended_ms = now_ms;
    dfu_upload_enter(u, to);
}

void dfu_upload_fail(struct dfu_upload *u, uint32_t now_ms, enum dfu_code code,
        int result)
{
    u->code = (uint8_t)code;
    u->result = result;
    dfu_upload_end(u, now_ms, DFU_UPLOAD_FAILED);
}

/* Data bytes that fit beside the other fields of u->req. */
static uint32_t room(const struct dfu_upload *u)
{
    struct smp_image_upload_req req = u->req;
    req.data = (struct smp_bytes){ NULL, 0 };
    size_t fixed =
            SMP_HEADER_SIZE + smp_struct_size(&smp_image_upload_req_map, &req);
    size_t max = smp_link_message_size(&u->link, u->cfg.buf_size);
    if (u->cap != 0 && u->cap < max) {
        max = u->cap;
    }
    if (max < fixed) {
        return 0;
    }
    size_t space = max - fixed + 1; /* the head of no data is one byte */
    size_t head = smp_cbor_head_size(space);
    size_t len = space > head ? space - head : 0;
    while (len + 1 + smp_cbor_head_size(len + 1) <= space) {
        len++;
    }
    return len < u->cfg.chunk_size ? (uint32_t)len
                                   : (uint32_t)u->cfg.chunk_size;
}

static uint32_t chunk_len(const struct dfu_upload *u, uint32_t len)
{
    uint32_t off = u->req.off;
    uint32_t rest = dfu_upload_size(u) - off;
    if (len >= rest) {
        return rest;
    }
    uint32_t over = (off + len) & (u->align - 1u);
    return over < len ? len - over : len;
}

/* Fields and data length of the first chunk; false: it cannot be made. */
static bool first_len(struct dfu_upload *u, uint32_t *len)
{
    struct smp_image_upload_req *req = &u->req;
    req->has |= SMP_IMAGE_UPLOAD_REQ_LEN;
    req->len = dfu_upload_size(u);
    if (u->cfg.send_image) {
        req->has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
        req->image = u->cfg.target;
    }
    if (u->cfg.upgrade_only) {
        req->has |= SMP_IMAGE_UPLOAD_REQ_UPGRADE;
        req->upgrade = true;
    }
    if (u->cfg.send_sha) {
        req->has |= SMP_IMAGE_UPLOAD_REQ_SHA;
        req->sha = (struct smp_bytes){ u->cfg.image->sha, 32 };
    }
    u->no_sha = !u->cfg.send_sha;
    *len = chunk_len(u, room(u));
    uint32_t least = FIRST_MIN;
    if (dfu_upload_size(u) < least) {
        least = dfu_upload_size(u);
    }
    if (*len < least && !u->no_sha) {
        u->no_sha = true;
        req->has &= ~(uint32_t)SMP_IMAGE_UPLOAD_REQ_SHA;
        *len = chunk_len(u, room(u));
    }
    return *len >= least;
}

/* 0: learned by the client. */
static uint32_t chunk_timeout(const struct dfu_upload *u)
{
    if (u->silences == 0 || u->cfg.tries != 0 || u->cfg.timeout_ms != 0) {
        return u->cfg.timeout_ms;
    }
    uint32_t more = SILENCE_MS << (u->silences < 4 ? u->silences : 4);
    return (more < SILENCE_MAX_MS ? more : SILENCE_MAX_MS) + u->rtt8_ms / 4;
}

static void set_limits(struct dfu_upload *u, struct smp_request *req, bool tail)
{
    uint32_t shift = dfu_upload_long_shift(u);
    if (u->state == DFU_UPLOAD_FIRST) {
        req->timeout_ms =
                u->alive ? ALIVE_MS : FIRST_TIMEOUT_MS >> (shift + FIRST_MORE);
    } else if (tail) {
        req->timeout_ms = LAST_TIMEOUT_MS >> shift;
        if (u->cfg.tries == 0) {
            req->tries = (uint8_t)(1u << shift);
        }
    } else {
        req->timeout_ms = chunk_timeout(u);
    }
}

static struct dfu_upload_flight *free_flight(struct dfu_upload *u)
{
    for (size_t i = 0; i < DFU_WINDOW_MAX; i++) {
        if (!u->flights[i].used) {
            return &u->flights[i];
        }
    }
    return NULL;
}

static void start_flight(struct dfu_upload *u, struct dfu_upload_flight *f,
        uint32_t off, uint32_t len, struct smp_request *req)
{
    *req = (struct smp_request){
        .op = SMP_OP_WRITE,
        .group = SMP_GROUP_IMAGE,
        .id = SMP_IMAGE_UPLOAD,
        .map = &smp_image_upload_req_map,
        .body = &u->req,
        .tries = 1,
        .tag = ++u->serial,
    };
    *f = (struct dfu_upload_flight){
        .off = off,
        .len = len,
        .serial = u->serial,
        .used = true,
        .window = u->window,
    };
    u->in_flight++;
}

/* Any answer will do, a refusal too. */
static int send_alive(struct dfu_upload *u, struct smp_request *req)
{
    u->ask_alive = false;
    start_flight(u, &u->flights[0], 0, 0, req); /* no bytes: tells it apart */
    req->op = SMP_OP_READ;
    req->group = SMP_GROUP_OS;
    req->id = SMP_OS_PARAMS;
    req->map = NULL;
    req->timeout_ms = ALIVE_MS;
    return 1;
}

/* Make the request for the chunk at off. @return 1, or 0: failed */
static int send_chunk(struct dfu_upload *u, uint32_t now_ms, uint32_t off,
        struct smp_request *req)
{
    memset(&u->req, 0, sizeof(u->req));
    u->req.has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA;
    u->req.off = off;
    uint32_t len;
    if (u->state == DFU_UPLOAD_FIRST) {
        if (!first_len(u, &len)) {
            dfu_upload_fail(u, now_ms, DFU_OTHER, SMP_E_SPACE);
            return 0;
        }
    } else {
        u->chunk = room(u);
        len = chunk_len(u, u->chunk);
    }
    struct dfu_upload_flight *f = free_flight(u);
    if (len == 0 || f == NULL) {
        dfu_upload_fail(u, now_ms, DFU_OTHER, SMP_E_SPACE);
        return 0;
    }
    const struct dfu_source *source = &u->cfg.image->source;
    int err = source->read(source->ctx, off, u->cfg.chunk, len);
    if (err < 0) {
        dfu_upload_fail(u, now_ms, DFU_FILE_MISSING, err);
        return 0;
    }
    u->req.data = (struct smp_bytes){ u->cfg.chunk, len };
    bool tail = off + len == dfu_upload_size(u);
    start_flight(u, f, off, len, req);
    uint32_t message = SMP_HEADER_SIZE +
            (uint32_t)smp_struct_size(&smp_image_upload_req_map, &u->req);
    u->message = message > u->message ? message : u->message;
    set_limits(u, req, tail);
    u->next_off = off + len;
    u->high = u->next_off > u->high ? u->next_off : u->high;
    u->sent_bytes += len;
    u->tail_sent = u->tail_sent || tail;
    return 1;
}

static bool resting(const struct dfu_upload *u, uint32_t now_ms)
{
    return u->waiting && (int32_t)(u->due_ms - now_ms) > 0;
}

static bool may_send(const struct dfu_upload *u)
{
    switch ((enum dfu_upload_state)u->state) {
    case DFU_UPLOAD_FIRST:
        return u->in_flight == 0;
    case DFU_UPLOAD_STREAM:
        return u->in_flight < u->window && u->next_off < dfu_upload_size(u);
    case DFU_UPLOAD_IDLE:
    case DFU_UPLOAD_DRAIN:
    case DFU_UPLOAD_DONE:
    case DFU_UPLOAD_FAILED:
        break;
    }
    return false;
}

int dfu_upload_next(struct dfu_upload *u, uint32_t now_ms,
        struct smp_request *req)
{
    if (resting(u, now_ms) || !may_send(u)) {
        return 0;
    }
    u->waiting = false;
    if (!u->started) {
        u->started = true;
        u->started_ms = now_ms;
    }
    if (u->ask_alive) {
        return send_alive(u, req);
    }
    return send_chunk(u, now_ms, u->state == DFU_UPLOAD_FIRST ? 0 : u->next_off,
            req);
}

static void set_window(struct dfu_upload *u)
{
    uint32_t cap = DFU_WINDOW_MAX;
    u->probing = false;
    if (u->cfg.window != 0) {
        cap = u->cfg.window;
    } else if (u->cfg.buf_count != 0) {
        /* one buffer of the device is for the answer */
        cap = u->cfg.buf_count > 1 ? u->cfg.buf_count - 1u : 1;
    } else {
        u->probing = true;
        cap = u->link.kind == SMP_LINK_CONSOLE ? 1 : PROBE_CAP;
    }
    if (u->link.window_max != 0 && cap > u->link.window_max) {
        cap = u->link.window_max;
    }
    if (cap > DFU_WINDOW_MAX) {
        cap = DFU_WINDOW_MAX;
    }
    u->window_cap = (uint8_t)cap;
    u->window = u->probing ? 1 : u->window_cap;
}

void dfu_upload_link(struct dfu_upload *u, uint32_t now_ms,
        const struct smp_link *link)
{
    (void)now_ms;
    if (dfu_upload_done(u)) {
        return;
    }
    bool fresh = u->link.epoch != link->epoch || u->state == DFU_UPLOAD_IDLE;
    u->link = *link;
    if (!link->up) {
        dfu_upload_release_all(u);
        if (u->state != DFU_UPLOAD_IDLE) {
            dfu_upload_enter(u, DFU_UPLOAD_IDLE);
        }
        return;
    }
    if (!fresh) {
        return;
    }
    dfu_upload_release_all(u);
    set_window(u);
    u->clean = 0;
    u->silences = 0;
    u->stalls = 0;
    u->waiting = false;
    u->restart = false;
    u->ask_alive = false;
    u->alive = false;
    u->tail_sent = false;
    u->off = 0;
    u->next_off = 0;
    u->message = 0;
    dfu_upload_enter(u, DFU_UPLOAD_FIRST);
}

void dfu_upload_init(struct dfu_upload *u, const struct dfu_upload_config *cfg)
{
    memset(u, 0, sizeof(*u));
    u->cfg = *cfg;
    u->align = cfg->align > 1 ? cfg->align : 1;
    u->state = DFU_UPLOAD_IDLE;
}

uint32_t dfu_upload_wait_ms(const struct dfu_upload *u, uint32_t now_ms)
{
    if (!may_send(u)) {
        return UINT32_MAX;
    }
    return resting(u, now_ms) ? u->due_ms - now_ms : 0;
}

bool dfu_upload_done(const struct dfu_upload *u)
{
    return u->state == DFU_UPLOAD_DONE || u->state == DFU_UPLOAD_FAILED;
}

void dfu_upload_cancel(struct dfu_upload *u, uint32_t now_ms)
{
    if (!dfu_upload_done(u)) {
        dfu_upload_fail(u, now_ms, DFU_INTERRUPTED, SMP_E_CANCELLED);
    }
}
