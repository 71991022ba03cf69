// SPDX-License-Identifier: Apache-2.0
/* Looks into SMP messages, also into those that a log shows in part only. */
#include "diag/message.h"

#include <string.h>

struct smp_bytes diag_body(const struct diag_event *e)
{
    struct smp_bytes body = { NULL, 0 };
    if (e->message_len > SMP_HEADER_SIZE) {
        body.ptr = e->message + SMP_HEADER_SIZE;
        body.len = e->message_len - SMP_HEADER_SIZE;
    }
    return body;
}

static bool is_key(const struct smp_item *item, const char *key)
{
    size_t len = strlen(key);
    return item->key.len == len && memcmp(item->key.ptr, key, len) == 0;
}

static uint32_t number_of(const struct smp_item *item)
{
    return item->number > UINT32_MAX ? UINT32_MAX : (uint32_t)item->number;
}

static void take_item(const struct smp_item *item, struct diag_chunk *c)
{
    bool number = item->type == SMP_TYPE_UINT;
    if (is_key(item, "off") && number) {
        c->off = number_of(item);
        c->has_off = true;
    } else if (is_key(item, "len") && number) {
        c->len = number_of(item);
        c->has_len = true;
    } else if (is_key(item, "image") && number) {
        c->image = number_of(item);
        c->has_image = true;
    } else if (is_key(item, "sha") && item->type == SMP_TYPE_BYTES) {
        c->sha = item->data;
    } else if (is_key(item, "data") && item->type == SMP_TYPE_BYTES) {
        c->data = (uint32_t)item->data.len;
        c->bytes = item->data;
    } else if (is_key(item, "match") && item->type == SMP_TYPE_BOOL) {
        c->has_match = true;
        c->match = item->number != 0;
    }
}

/* false: refused (rc other than 0, err, or ret with a map). */
static bool read_chunk(const struct diag_event *e, struct diag_chunk *c)
{
    struct smp_iter it;
    struct smp_item item;
    memset(c, 0, sizeof(*c));
    smp_iter_init(&it, (struct smp_view){ diag_body(e) });
    while (smp_iter_next(&it, &item) == 1) {
        if ((is_key(&item, "rc") && item.number != 0) ||
                ((is_key(&item, "err") || is_key(&item, "ret")) &&
                        item.type == SMP_TYPE_MAP)) {
            return false;
        }
        take_item(&item, c);
    }
    if (e->data_len > 0) {
        c->data = e->data_len;
    }
    return c->has_off;
}

bool diag_chunk_of(const struct diag_event *e, struct diag_chunk *c)
{
    return e->kind == DIAG_TX && e->header.group == 1 && e->header.id == 1 &&
            read_chunk(e, c);
}

bool diag_answer_of(const struct diag_event *e, struct diag_chunk *c)
{
    return e->kind == DIAG_RX && e->header.group == 1 && e->header.id == 1 &&
            read_chunk(e, c);
}

bool diag_is_message(const uint8_t *bytes, size_t len)
{
    struct smp_header h;
    if (smp_header_decode(bytes, len, &h) < 0) {
        return false;
    }
    /* The body is a map: a0, a1..., b8..., bf. */
    bool map = len <= SMP_HEADER_SIZE || (bytes[8] >> 5) == 5;
    return (bytes[0] & 0xe4u) == 0 && h.version <= 1 && h.flags == 0 &&
            h.len > 0 && h.len <= 8192 && map &&
            (h.group <= 11 || (h.group >= 63 && h.group < 1024)) && h.id < 64;
}

/* ---- mending ---- */

#define DEPTH 8u

struct mender {
    struct smp_bytes in;
    size_t pos;
    uint8_t *out;
    size_t cap;
    size_t len;
    size_t good; /* bytes of out that hold whole pairs and elements */
    struct {
        uint64_t left; /* items of a definite container */
        bool indefinite;
        bool map;
        bool key_next;
    } at[DEPTH];
    unsigned depth;
};

/* Head of the next item: major, value; false where the input ends. */
static bool take_head(struct mender *m, uint8_t *major, uint64_t *value,
        bool *indefinite)
{
    if (m->pos >= m->in.len) {
        return false;
    }
    uint8_t first = m->in.ptr[m->pos];
    uint8_t info = first & 0x1fu;
    size_t extra = 0;
    *major = first >> 5;
    *indefinite = info == 31;
    *value = info;
    if (info >= 24 && info < 28) {
        extra = (size_t)1 << (info - 24);
        *value = 0;
    } else if (info >= 28 && info < 31) {
        return false;
    }
    if (m->in.len - m->pos <= extra) {
        return false;
    }
    for (size_t i = 1; i <= extra; i++) {
        *value = (*value << 8) | m->in.ptr[m->pos + i];
    }
    m->pos += 1 + extra;
    return true;
}

static bool put_bytes(struct mender *m, const uint8_t *bytes, size_t len)
{
    /* Room for the breaks that close everything is kept back. */
    if (m->cap < DEPTH || len > m->cap - DEPTH ||
            m->len > m->cap - DEPTH - len) {
        return false;
    }
    memcpy(m->out + m->len, bytes, len);
    m->len += len;
    return true;
}

static bool open_container(struct mender *m, bool map, bool indefinite,
        uint64_t count)
{
    uint8_t head = map ? 0xbf : 0x9f;
    if (m->depth == DEPTH || !put_bytes(m, &head, 1)) {
        return false;
    }
    m->at[m->depth].left = map && count < UINT64_MAX / 2 ? count * 2 : count;
    m->at[m->depth].indefinite = indefinite;
    m->at[m->depth].map = map;
    m->at[m->depth].key_next = map;
    m->depth++;
    m->good = m->len;
    return true;
}

/* An item is complete: the container it is in moves on. */
static void advance(struct mender *m)
{
    if (m->depth == 0) {
        return;
    }
    unsigned d = m->depth - 1;
    if (!m->at[d].indefinite) {
        m->at[d].left--;
    }
    if (m->at[d].map) {
        m->at[d].key_next = !m->at[d].key_next;
    }
    if (!m->at[d].map || m->at[d].key_next) {
        m->good = m->len;
    }
}

static void close_container(struct mender *m)
{
    m->out[m->len++] = 0xff;
    m->depth--;
    advance(m);
    if (m->depth == 0) {
        m->good = m->len;
    }
}

/* An item that is no container, its head is read. */
static bool take_plain(struct mender *m, size_t start, uint8_t major,
        uint64_t value, bool indefinite)
{
    bool string = major == 2 || major == 3;
    if (major == 6 || indefinite || (string && value > m->in.len - m->pos)) {
        return false;
    }
    m->pos += string ? (size_t)value : 0;
    if (!put_bytes(m, m->in.ptr + start, m->pos - start)) {
        return false;
    }
    advance(m);
    return true;
}

/* One step; false: the input is cut, damaged, or done. */
static bool step(struct mender *m)
{
    unsigned d = m->depth - 1;
    uint8_t major;
    uint64_t value;
    bool indefinite;
    size_t start = m->pos;
    if (!m->at[d].indefinite && m->at[d].left == 0) {
        close_container(m);
        return true;
    }
    if (!take_head(m, &major, &value, &indefinite)) {
        return false;
    }
    if (major == 7 && indefinite) {
        if (!m->at[d].indefinite || (m->at[d].map && !m->at[d].key_next)) {
            return false;
        }
        close_container(m);
        return true;
    }
    if (m->at[d].map && m->at[d].key_next && major != 3) {
        return false;
    }
    if (major == 4 || major == 5) {
        return open_container(m, major == 5, indefinite, value);
    }
    return take_plain(m, start, major, value, indefinite);
}

size_t diag_mend(struct smp_bytes cbor, uint8_t *out, size_t cap, bool *cut)
{
    struct mender m = { .in = cbor, .out = out, .cap = cap };
    uint8_t major;
    uint64_t value;
    bool indefinite;
    *cut = false;
    if (!take_head(&m, &major, &value, &indefinite) || major != 5 ||
            !open_container(&m, true, indefinite, value)) {
        return 0;
    }
    while (m.depth > 0) {
        if (step(&m)) {
            continue;
        }
        *cut = true;
        m.len = m.good;
        while (m.depth > 0) {
            out[m.len++] = 0xff;
            m.depth--;
        }
    }
    return m.len;
}
