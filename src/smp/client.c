// SPDX-License-Identifier: Apache-2.0
/*
 * The client peer.
 *
 * Life of a place (one request):
 *
 * state    event                      next     action
 * -------  -------------------------  -------  -------------------------------
 * FREE     request taken              QUEUED   encode, take a ticket
 * QUEUED   smp_client_output()        SENDING  the lowest ticket
 * QUEUED   answer of an earlier try   FREE     event
 * SENDING  smp_client_sent()          WAITING  arm the timer
 * SENDING  answer of an earlier try   ZOMBIE   event; the link holds the bytes
 * WAITING  answer                     FREE     event
 * WAITING  rc 12 or 13, not switched  QUEUED   other version, new sequence
 * WAITING  timer, tries left          QUEUED   same bytes, longer timer
 * WAITING  timer, no tries left       ENDED    result SMP_E_TIMEOUT
 * ENDED    smp_client_event()         FREE     event
 * ZOMBIE   smp_client_sent()          FREE
 * any but FREE, ZOMBIE: reset         ENDED    result SMP_E_LINK
 * any      cancel                     FREE
 *
 * A sequence number is open from the request until FREE and is not given out
 * again meanwhile, so that a late answer never meets another request.
 */
#include "smp/client.h"

#include <string.h>

#include "smp/internal.h"

enum place_state {
    PLACE_FREE,
    PLACE_QUEUED,
    PLACE_SENDING,
    PLACE_WAITING,
    PLACE_ENDED,
    PLACE_ZOMBIE,
};

/* What is read and patched in an encoded header. */
#define OP_MASK       7u
#define VERSION_SHIFT 3u
#define VERSION_MASK  (3u << VERSION_SHIFT)
#define GROUP_AT      4u /* group:16, sequence, command, one behind another */
#define GROUP_TO_ID   4u
#define SEQ_AT        6u

/* "Version too old" and "too new". Source: zephyr mgmt_defines.h. */
#define RC_TOO_OLD 12
#define RC_TOO_NEW 13

/* Doublings of a learned time-out: 500 ms reach the limit of a minute. */
#define BACKOFF_MAX 7u

static void trace(const struct smp_client *c, uint32_t now_ms,
        enum smp_trace_kind kind, const uint8_t *buf, size_t len)
{
    if (c->cfg.trace != NULL) {
        c->cfg.trace->message(c->cfg.trace_ctx, now_ms, kind,
                (struct smp_bytes){ buf, len });
    }
}

static struct smp_client_place *end_of(const struct smp_client *c)
{
    return c->cfg.places + c->cfg.place_count;
}

/* Messages leave in the order of their tickets. */
static void queue(struct smp_client *c, struct smp_client_place *p)
{
    p->state = PLACE_QUEUED;
    p->ticket = c->next_ticket++;
}

/* The place whose turn it is, or NULL. */
static struct smp_client_place *first_queued(const struct smp_client *c)
{
    struct smp_client_place *first = NULL;

    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_QUEUED &&
                (first == NULL || (int16_t)(p->ticket - first->ticket) < 0)) {
            first = p;
        }
    }
    return first;
}

static struct smp_client_place *first_free(const struct smp_client *c)
{
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_FREE) {
            return p;
        }
    }
    return NULL;
}

/* There are 256 numbers and at most 32 places: one is always free. */
static uint8_t take_seq(struct smp_client *c)
{
    const struct smp_client_place *p;

    do {
        c->next_seq++;
        p = c->cfg.places;
        while (p != end_of(c) &&
                (p->state == PLACE_FREE || p->buf[SEQ_AT] != c->next_seq)) {
            p++;
        }
    } while (p != end_of(c));
    return c->next_seq;
}

static uint32_t bounded(uint32_t timeout_ms)
{
    if (timeout_ms < SMP_CLIENT_TIMEOUT_MIN_MS) {
        return SMP_CLIENT_TIMEOUT_MIN_MS;
    }
    return timeout_ms > SMP_CLIENT_TIMEOUT_MAX_MS ? SMP_CLIENT_TIMEOUT_MAX_MS
                                                  : timeout_ms;
}

/*
 * Source: RFC 6298, sections 2 and 5, with a clock of 1 ms. The back-off is
 * kept until an answer to a first try arrives: a link that became slower than
 * the time-out would never give a sample otherwise.
 */
static uint32_t learned_timeout(const struct smp_client *c)
{
    uint32_t timeout_ms = c->srtt_ms == 0
            ? c->cfg.timeout_ms
            : bounded(c->srtt_ms + 4 * c->rttvar_ms);

    for (uint8_t i = 0; i < c->backoff; i++) {
        if (timeout_ms < SMP_CLIENT_TIMEOUT_MAX_MS) {
            timeout_ms = bounded(2 * timeout_ms);
        }
    }
    return timeout_ms;
}

/* Source: RFC 6298, section 2. A sample above a minute is none. */
static void learn(struct smp_client *c, uint32_t rtt_ms)
{
    uint32_t r = rtt_ms == 0 ? 1 : rtt_ms;

    if (r > SMP_CLIENT_TIMEOUT_MAX_MS) {
        return;
    }
    c->backoff = 0;
    if (c->srtt_ms == 0) {
        c->srtt_ms = r;
        c->rttvar_ms = r / 2;
        return;
    }
    uint32_t off = c->srtt_ms > r ? c->srtt_ms - r : r - c->srtt_ms;

    c->rttvar_ms = (3 * c->rttvar_ms + off) / 4;
    /* Rounded up: it never becomes 0, which means unknown. */
    c->srtt_ms = (7 * c->srtt_ms + r + 7) / 8;
}

/* What is asked first; learned again on every link. */
static void forget_link(struct smp_client *c)
{
    c->version = c->cfg.version == SMP_VERSION_1 ? SMP_V1 : SMP_V2;
    c->version_known = c->cfg.version != SMP_VERSION_AUTO;
    c->srtt_ms = 0;
    c->rttvar_ms = 0;
    c->backoff = 0;
    c->sending = NULL;
}

void smp_client_init(struct smp_client *c, const struct smp_client_config *cfg)
{
    uint8_t *buf = cfg->buf;

    SMP_ASSERT(
            cfg->place_count >= 1 && cfg->place_count <= SMP_CLIENT_PLACES_MAX);
    SMP_ASSERT(cfg->tries >= 1 && cfg->buf_size >= SMP_HEADER_SIZE);
    memset(c, 0, sizeof(*c));
    c->cfg = *cfg;
    c->next_seq = (uint8_t)(cfg->first_seq - 1u);
    for (struct smp_client_place *p = cfg->places; p != end_of(c); p++) {
        memset(p, 0, sizeof(*p));
        p->buf = buf;
        buf += cfg->buf_size;
    }
    forget_link(c);
}

/* Writes the payload behind the header; returns its length. */
static int encode_body(const struct smp_client *c, uint8_t *buf,
        const struct smp_request *req)
{
    /* An empty map, not nothing: decoders of real servers insist. */
    static const uint8_t nothing[] = { 0xa0 };
    struct smp_encoder e;

    smp_encoder_init(&e, buf + SMP_HEADER_SIZE,
            c->cfg.buf_size - SMP_HEADER_SIZE, SMP_FORM_DEFINITE);
    if (req->map != NULL) {
        smp_put_struct(&e, req->map, req->body);
    } else {
        smp_put_raw(&e,
                req->raw.len > 0
                        ? req->raw
                        : (struct smp_bytes){ nothing, sizeof(nothing) });
    }
    return smp_encoder_finish(&e);
}

int smp_client_request(struct smp_client *c, const struct smp_request *req,
        uint32_t now_ms)
{
    struct smp_client_place *p = first_free(c);

    (void)now_ms;
    if (p == NULL) {
        return SMP_E_BUSY;
    }
    int len = encode_body(c, p->buf, req);

    if (len < 0) {
        return len;
    }
    if (len > UINT16_MAX) {
        return SMP_E_SPACE;
    }
    struct smp_header hdr = {
        .version = c->version,
        .op = req->op,
        .seq = take_seq(c),
        .len = (uint16_t)len,
        .group = req->group,
        .id = req->id,
    };

    smp_header_encode(&hdr, p->buf);
    p->len = SMP_HEADER_SIZE + (size_t)len;
    p->tag = req->tag;
    p->tries_left = req->tries != 0 ? req->tries : c->cfg.tries;
    p->sends = 0;
    p->switched = false;
    p->fixed_timeout = req->timeout_ms != 0;
    p->timeout_ms = req->timeout_ms;
    queue(c, p);
    return 0;
}

uint8_t smp_client_free(const struct smp_client *c)
{
    uint8_t count = 0;

    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_FREE) {
            count++;
        }
    }
    return count;
}

const uint8_t *smp_client_output(struct smp_client *c, size_t *len)
{
    struct smp_client_place *p = c->sending;

    if (p == NULL) {
        p = first_queued(c);
        if (p == NULL) {
            return NULL;
        }
        p->state = PLACE_SENDING;
        c->sending = p;
    }
    *len = p->len;
    return p->buf;
}

void smp_client_sent(struct smp_client *c, uint32_t now_ms)
{
    struct smp_client_place *p = c->sending;

    if (p == NULL) {
        return;
    }
    c->sending = NULL;
    trace(c, now_ms, SMP_TRACE_TX, p->buf, p->len);
    if (p->state == PLACE_ZOMBIE) {
        p->state = PLACE_FREE;
        return;
    }
    if (!p->fixed_timeout) {
        p->timeout_ms = learned_timeout(c);
    }
    if (p->sends < UINT8_MAX) {
        p->sends++;
    }
    p->tries_left--;
    p->sent_ms = now_ms;
    p->due_ms = now_ms + p->timeout_ms;
    p->state = PLACE_WAITING;
}

/* The place that waits for the response in buf, or NULL. */
static struct smp_client_place *find_place(const struct smp_client *c,
        const uint8_t *buf)
{
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        bool open = p->state == PLACE_WAITING || p->state == PLACE_QUEUED ||
                p->state == PLACE_SENDING;

        /* Nothing can answer what was never sent. */
        if (open && p->sends > 0 &&
                (p->buf[0] & OP_MASK) + 1u == (buf[0] & OP_MASK) &&
                memcmp(p->buf + GROUP_AT, buf + GROUP_AT, GROUP_TO_ID) == 0) {
            return p;
        }
    }
    return NULL;
}

/*
 * Follow the version the device speaks. True: the request goes out once more
 * in the other version instead of ending.
 */
static bool follow_version(struct smp_client *c, struct smp_client_place *p,
        const struct smp_answer *a)
{
    uint8_t sent = (uint8_t)((p->buf[0] & VERSION_MASK) >> VERSION_SHIFT);
    uint8_t other = sent;

    if (c->cfg.version != SMP_VERSION_AUTO) {
        return false;
    }
    c->version_known = true;
    if (a->result == SMP_E_REMOTE && a->refusal.shape == SMP_REFUSAL_RC) {
        if (a->refusal.rc == RC_TOO_OLD) {
            other = SMP_V2;
        } else if (a->refusal.rc == RC_TOO_NEW) {
            other = SMP_V1;
        }
    }
    if (other == sent) {
        /* Zephyr up to 3.3 does not know the bits and answers 0. */
        if (a->header.version == 0) {
            c->version = SMP_V1;
        }
        return false;
    }
    c->version = other;
    if (p->switched) {
        return false;
    }
    if (p->state == PLACE_SENDING) {
        /* A resend is in the link's hands: its refusal comes, too. */
        return true;
    }
    /* A new number: the refusal may arrive twice. */
    p->switched = true;
    p->buf[SEQ_AT] = take_seq(c);
    p->buf[0] = (uint8_t)((p->buf[0] & ~VERSION_MASK) |
            (unsigned)(other << VERSION_SHIFT));
    if (p->state == PLACE_WAITING) {
        p->tries_left++;
        queue(c, p);
    }
    return true;
}

static int drop(struct smp_client *c, uint32_t now_ms, const uint8_t *buf,
        size_t len, int result)
{
    c->dropped++;
    trace(c, now_ms, SMP_TRACE_DROPPED, buf, len);
    return result;
}

int smp_client_input(struct smp_client *c, const uint8_t *buf, size_t len,
        uint32_t now_ms)
{
    struct smp_answer *a = &c->answer;

    if (c->event_ready) {
        return SMP_E_BUSY;
    }
    memset(a, 0, sizeof(*a));
    if (smp_header_decode(buf, len, &a->header) < 0 ||
            a->header.len > len - SMP_HEADER_SIZE) {
        return drop(c, now_ms, buf, len, SMP_E_SHORT);
    }
    if (a->header.op != SMP_OP_READ_RSP && a->header.op != SMP_OP_WRITE_RSP) {
        return drop(c, now_ms, buf, len, SMP_E_PROTO);
    }
    struct smp_client_place *p = find_place(c, buf);

    if (p == NULL) {
        return drop(c, now_ms, buf, len, 0);
    }
    trace(c, now_ms, SMP_TRACE_RX, buf, len);
    a->tag = p->tag;
    a->body.ptr = buf + SMP_HEADER_SIZE;
    a->body.len = a->header.len;
    a->rtt_ms = now_ms - p->sent_ms;
    a->sends = p->sends;
    a->result = smp_response_check(&a->header, a->body, &a->refusal);
    /* Karn: which try was answered is known only if there was one. Given
     * time-outs belong to slow commands (erase), which say nothing of the
     * link. */
    if (p->sends == 1 && !p->fixed_timeout) {
        learn(c, a->rtt_ms);
    }
    if (follow_version(c, p, a)) {
        return 0;
    }
    /* Damaged on the way, most likely: what a timer would do, now. */
    if (a->result != 0 && a->result != SMP_E_REMOTE && p->tries_left > 0 &&
            p->state == PLACE_WAITING) {
        c->dropped++;
        queue(c, p);
        return 0;
    }
    p->state = p->state == PLACE_SENDING ? PLACE_ZOMBIE : PLACE_FREE;
    c->event_ready = true;
    return 0;
}

uint32_t smp_client_wait_ms(const struct smp_client *c, uint32_t now_ms)
{
    uint32_t wait_ms = UINT32_MAX;

    if (c->event_ready) {
        return 0;
    }
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_ENDED ||
                (p->state == PLACE_QUEUED && c->sending == NULL)) {
            return 0;
        }
        if (p->state == PLACE_WAITING) {
            int32_t left = (int32_t)(p->due_ms - now_ms);

            if (left <= 0) {
                return 0;
            }
            if ((uint32_t)left < wait_ms) {
                wait_ms = (uint32_t)left;
            }
        }
    }
    return wait_ms;
}

void smp_client_tick(struct smp_client *c, uint32_t now_ms)
{
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state != PLACE_WAITING || (int32_t)(p->due_ms - now_ms) > 0) {
            continue;
        }
        c->timeouts++;
        trace(c, now_ms, SMP_TRACE_TIMEOUT, p->buf, p->len);
        if (p->tries_left == 0) {
            p->result = SMP_E_TIMEOUT;
            p->state = PLACE_ENDED;
            continue;
        }
        /* Several places sent with the same time-out back off once. */
        if (!p->fixed_timeout && c->backoff < BACKOFF_MAX &&
                p->timeout_ms >= learned_timeout(c)) {
            c->backoff++;
        }
        queue(c, p);
    }
}

bool smp_client_event(struct smp_client *c, struct smp_answer *answer)
{
    if (c->event_ready) {
        c->event_ready = false;
        *answer = c->answer;
        return true;
    }
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_ENDED) {
            p->state = PLACE_FREE;
            memset(answer, 0, sizeof(*answer));
            answer->tag = p->tag;
            answer->result = p->result;
            answer->sends = p->sends;
            return true;
        }
    }
    return false;
}

void smp_client_reset(struct smp_client *c, uint32_t now_ms)
{
    struct smp_answer *a = &c->answer;

    (void)now_ms;
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        if (p->state == PLACE_ZOMBIE) {
            p->state = PLACE_FREE;
        } else if (p->state != PLACE_FREE && p->state != PLACE_ENDED) {
            p->result = SMP_E_LINK;
            p->state = PLACE_ENDED;
        }
    }
    if (c->event_ready) {
        a->result = SMP_E_LINK;
        a->body.len = 0;
        a->refusal.rsn.len = 0;
        memset(&a->header, 0, sizeof(a->header));
    }
    forget_link(c);
}

void smp_client_cancel(struct smp_client *c)
{
    for (struct smp_client_place *p = c->cfg.places; p != end_of(c); p++) {
        p->state = PLACE_FREE;
    }
    c->sending = NULL;
    c->event_ready = false;
}
