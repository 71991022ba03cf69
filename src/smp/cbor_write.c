// SPDX-License-Identifier: Apache-2.0
/*
 * Writing: items, containers in both forms, and structs by their tables.
 *
 * zcbor writes the heads. It decides at compile time which form its containers
 * have, so those of the indefinite form are written here.
 */
#include "smp/message.h"

#include <string.h>

#include "internal.h"
#include "zcbor_encode.h"

void smp_encoder_init(struct smp_encoder *e, uint8_t *buf, size_t cap,
        enum smp_form form)
{
    e->buf = buf;
    e->cap = cap;
    e->len = 0;
    e->form = (uint8_t)form;
    e->err = 0;
}

static void put_raw(struct smp_encoder *e, const uint8_t *ptr, size_t len)
{
    if (e->err != 0) {
        return;
    }
    if (len > e->cap - e->len) {
        e->err = SMP_E_SPACE;
        return;
    }
    if (len > 0) {
        memcpy(e->buf + e->len, ptr, len);
        e->len += len;
    }
}

/* The head of a value, length or count, in its shortest form. */
static void put_head(struct smp_encoder *e, enum smp_major major,
        uint64_t value)
{
    zcbor_state_t z[1];
    size_t at = e->len;

    if (e->err != 0) {
        return;
    }
    if (at == e->cap) {
        e->err = SMP_E_SPACE;
        return;
    }
    zcbor_new_encode_state(z, 1, e->buf + at, e->cap - at, 1);
    /* Room is all that zcbor can miss. */
    if (!zcbor_uint64_encode(z, &value)) {
        e->err = SMP_E_SPACE;
        return;
    }
    e->len = (size_t)(z->payload - e->buf);
    /* Heads differ from that of a number by the major type only. */
    e->buf[at] |= (uint8_t)(major << 5);
}

static void put_open(struct smp_encoder *e, enum smp_major major, size_t count)
{
    if (e->form == SMP_FORM_INDEFINITE) {
        const uint8_t head = (uint8_t)(major << 5 | SMP_CBOR_INDEFINITE);

        put_raw(e, &head, 1);
        return;
    }
    put_head(e, major, count);
}

void smp_put_map(struct smp_encoder *e, size_t count)
{
    put_open(e, SMP_MAJOR_MAP, count);
}

void smp_put_array(struct smp_encoder *e, size_t count)
{
    put_open(e, SMP_MAJOR_ARRAY, count);
}

void smp_put_end(struct smp_encoder *e)
{
    const uint8_t stop = SMP_CBOR_BREAK;

    if (e->form == SMP_FORM_INDEFINITE) {
        put_raw(e, &stop, 1);
    }
}

void smp_put_uint(struct smp_encoder *e, uint64_t value)
{
    put_head(e, SMP_MAJOR_UINT, value);
}

void smp_put_int(struct smp_encoder *e, int64_t value)
{
    /* -1 - n is written as n. */
    if (value < 0) {
        put_head(e, SMP_MAJOR_INT, ~(uint64_t)value);
    } else {
        put_head(e, SMP_MAJOR_UINT, (uint64_t)value);
    }
}

void smp_put_bool(struct smp_encoder *e, bool value)
{
    /* The simple values 20 and 21. */
    put_head(e, SMP_MAJOR_SIMPLE, value ? 21 : 20);
}

static void put_string(struct smp_encoder *e, enum smp_major major,
        struct smp_bytes string)
{
    put_head(e, major, string.len);
    put_raw(e, string.ptr, string.len);
}

void smp_put_text(struct smp_encoder *e, struct smp_bytes text)
{
    put_string(e, SMP_MAJOR_TEXT, text);
}

void smp_put_str(struct smp_encoder *e, const char *text)
{
    put_string(e, SMP_MAJOR_TEXT,
            (struct smp_bytes){ (const uint8_t *)text, smp_str_len(text) });
}

void smp_put_key(struct smp_encoder *e, const char *key)
{
    smp_put_str(e, key);
}

void smp_put_bytes(struct smp_encoder *e, struct smp_bytes bytes)
{
    put_string(e, SMP_MAJOR_BYTES, bytes);
}

void smp_put_raw(struct smp_encoder *e, struct smp_bytes cbor)
{
    put_raw(e, cbor.ptr, cbor.len);
}

static uint32_t has_of(const void *body)
{
    uint32_t has;

    memcpy(&has, body, sizeof(has));
    return has;
}

/* A number as the row's member holds it, its sign extended. */
static uint64_t load(const struct smp_field *f, const void *body)
{
    const uint8_t *member = (const uint8_t *)body + f->offset;
    const bool sign = (f->types & SMP_TYPE_INT) != 0;
    uint16_t half;
    uint32_t word;
    uint64_t value;

    switch (f->size) {
    case 1:
        return sign ? (uint64_t)(int8_t)*member : *member;
    case 2:
        memcpy(&half, member, sizeof(half));
        return sign ? (uint64_t)(int16_t)half : half;
    case 4:
        memcpy(&word, member, sizeof(word));
        return sign ? (uint64_t)(int32_t)word : word;
    default:
        SMP_ASSERT(f->size == sizeof(value));
        memcpy(&value, member, sizeof(value));
        return value;
    }
}

static struct smp_bytes load_bytes(const struct smp_field *f, const void *body)
{
    struct smp_bytes bytes;

    /* struct smp_view is one struct smp_bytes. */
    memcpy(&bytes, (const uint8_t *)body + f->offset, sizeof(bytes));
    return bytes;
}

static void put_string_field(struct smp_encoder *e, const struct smp_field *f,
        const void *body)
{
    const struct smp_bytes string = load_bytes(f, body);

    if (f->max != 0 && string.len > f->max && e->err == 0) {
        e->err = SMP_E_RANGE;
    }
    put_string(e, f->types & SMP_TYPE_TEXT ? SMP_MAJOR_TEXT : SMP_MAJOR_BYTES,
            string);
}

static void put_container_field(struct smp_encoder *e,
        const struct smp_field *f, const void *body)
{
    const struct smp_bytes cbor = load_bytes(f, body);

    if (cbor.len > 0) {
        smp_put_raw(e, cbor);
        return;
    }
    put_open(e, f->types & SMP_TYPE_MAP ? SMP_MAJOR_MAP : SMP_MAJOR_ARRAY, 0);
    smp_put_end(e);
}

static void put_number_field(struct smp_encoder *e, const struct smp_field *f,
        const void *body)
{
    const uint64_t value = load(f, body);
    const bool sign = (f->types & SMP_TYPE_INT) != 0;

    if (f->max != 0 && value > f->max && !(sign && (int64_t)value < 0) &&
            e->err == 0) {
        e->err = SMP_E_RANGE;
    }
    if (f->types & SMP_TYPE_BOOL) {
        smp_put_bool(e, value != 0);
    } else if (sign) {
        smp_put_int(e, (int64_t)value);
    } else {
        smp_put_uint(e, value);
    }
}

void smp_put_fields(struct smp_encoder *e, const struct smp_map *map,
        const void *body)
{
    const uint32_t has = has_of(body);

    for (unsigned i = 0; i < map->count; i++) {
        const struct smp_field *f = &map->fields[i];

        if (!(has & (1u << i))) {
            continue;
        }
        smp_put_key(e, f->key);
        if (f->types & (SMP_TYPE_TEXT | SMP_TYPE_BYTES)) {
            put_string_field(e, f, body);
        } else if (f->types & (SMP_TYPE_MAP | SMP_TYPE_ARRAY)) {
            put_container_field(e, f, body);
        } else {
            put_number_field(e, f, body);
        }
    }
}

void smp_put_struct(struct smp_encoder *e, const struct smp_map *map,
        const void *body)
{
    smp_put_map(e, smp_struct_count(map, body));
    smp_put_fields(e, map, body);
    smp_put_end(e);
}

int smp_encoder_finish(const struct smp_encoder *e)
{
    if (e->err != 0) {
        return e->err;
    }
    return e->len > INT32_MAX ? SMP_E_SPACE : (int)e->len;
}

size_t smp_struct_count(const struct smp_map *map, const void *body)
{
    const uint32_t has = has_of(body);
    size_t count = 0;

    for (unsigned i = 0; i < map->count; i++) {
        count += has >> i & 1u;
    }
    return count;
}

size_t smp_cbor_head_size(uint64_t value)
{
    const uint32_t low = (uint32_t)value;

    if (value > UINT32_MAX) {
        return 9;
    }
    if (low < 24) {
        return 1;
    }
    if (low <= UINT8_MAX) {
        return 2;
    }
    return low <= UINT16_MAX ? 3 : 5;
}

static size_t field_size(const struct smp_field *f, const void *body)
{
    if (f->types & (SMP_TYPE_TEXT | SMP_TYPE_BYTES)) {
        const size_t len = load_bytes(f, body).len;

        return smp_cbor_head_size(len) + len;
    }
    if (f->types & (SMP_TYPE_MAP | SMP_TYPE_ARRAY)) {
        const size_t len = load_bytes(f, body).len;

        return len > 0 ? len : 1;
    }
    if (f->types & SMP_TYPE_BOOL) {
        return 1;
    }
    if (f->types & SMP_TYPE_INT) {
        const uint64_t value = load(f, body);

        return smp_cbor_head_size((int64_t)value < 0 ? ~value : value);
    }
    return smp_cbor_head_size(load(f, body));
}

size_t smp_struct_size(const struct smp_map *map, const void *body)
{
    const uint32_t has = has_of(body);
    size_t size = smp_cbor_head_size(smp_struct_count(map, body));

    for (unsigned i = 0; i < map->count; i++) {
        if (has & (1u << i)) {
            const size_t len = smp_str_len(map->fields[i].key);

            size += smp_cbor_head_size(len) + len +
                    field_size(&map->fields[i], body);
        }
    }
    return size;
}
