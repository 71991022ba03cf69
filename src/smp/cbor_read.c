// SPDX-License-Identifier: Apache-2.0
/*
 * Reading: walks over containers, and maps into structs by their tables.
 *
 * Every item passes smp_cbor_check() before it is looked at. Numbers go
 * through zcbor in 64 bits and are compared with the row's bound afterwards:
 * its 32-bit calls refuse a small number in eight-byte form. Lengths come from
 * our own head reader for the same reason.
 */
#include "smp/message.h"

#include <string.h>

#include "internal.h"
#include "zcbor_decode.h"

void smp_iter_init(struct smp_iter *it, struct smp_view view)
{
    struct smp_head head;

    memset(it, 0, sizeof(*it));
    if (smp_head_read(view.cbor, &head) < 0 ||
            (head.major != SMP_MAJOR_ARRAY && head.major != SMP_MAJOR_MAP)) {
        return;
    }
    it->rest.ptr = view.cbor.ptr + head.size;
    it->rest.len = view.cbor.len - head.size;
    it->is_map = head.major == SMP_MAJOR_MAP;
    it->indefinite = head.info == SMP_CBOR_INDEFINITE;
    it->left = head.value;
}

/* Fills *item from view.cbor, which is one well-formed item. */
static void item_read(struct smp_item *item)
{
    const struct smp_bytes cbor = item->view.cbor;
    zcbor_state_t z[1];
    struct smp_head head;
    bool flag;

    item->type = SMP_TYPE_OTHER;
    if (smp_head_read(cbor, &head) < 0) {
        return;
    }
    zcbor_new_decode_state(z, 1, cbor.ptr, cbor.len, 1, NULL, 0);
    switch ((enum smp_major)head.major) {
    case SMP_MAJOR_UINT:
        if (zcbor_uint64_decode(z, &item->number)) {
            item->type = SMP_TYPE_UINT;
            item->integer = item->number > INT64_MAX ? INT64_MAX
                                                     : (int64_t)item->number;
        }
        break;
    case SMP_MAJOR_INT:
        /* Below INT64_MIN zcbor refuses, and the item stays OTHER. */
        if (zcbor_int64_decode(z, &item->integer)) {
            item->type = SMP_TYPE_INT;
        }
        break;
    case SMP_MAJOR_SIMPLE:
        if (zcbor_bool_decode(z, &flag)) {
            item->type = SMP_TYPE_BOOL;
            item->number = flag;
        }
        break;
    case SMP_MAJOR_BYTES:
    case SMP_MAJOR_TEXT:
        item->type =
                head.major == SMP_MAJOR_TEXT ? SMP_TYPE_TEXT : SMP_TYPE_BYTES;
        item->data.ptr = cbor.ptr + head.size;
        item->data.len = head.value;
        break;
    case SMP_MAJOR_ARRAY:
        item->type = SMP_TYPE_ARRAY;
        break;
    case SMP_MAJOR_MAP:
        item->type = SMP_TYPE_MAP;
        break;
    case SMP_MAJOR_TAG:
        break;
    }
}

/* Cuts the next item off it->rest. */
static int take(struct smp_iter *it, struct smp_item *item)
{
    int size = smp_cbor_check(it->rest);

    if (size < 0) {
        return size;
    }
    memset(item, 0, sizeof(*item));
    item->view.cbor.ptr = it->rest.ptr;
    item->view.cbor.len = (size_t)size;
    it->rest.ptr += size;
    it->rest.len -= (size_t)size;
    item_read(item);
    return 0;
}

int smp_iter_next(struct smp_iter *it, struct smp_item *item)
{
    struct smp_bytes key = { NULL, 0 };

    if (it->err != 0) {
        return it->err;
    }
    if (it->indefinite && it->rest.len > 0 &&
            it->rest.ptr[0] == SMP_CBOR_BREAK) {
        it->rest.ptr++;
        it->rest.len--;
        it->indefinite = false;
        it->left = 0;
    }
    if (!it->indefinite) {
        if (it->left == 0) {
            return 0;
        }
        it->left--;
    }
    if (it->is_map) {
        it->err = take(it, item);
        if (it->err == 0 && item->type != SMP_TYPE_TEXT) {
            it->err = SMP_E_CBOR;
        }
        if (it->err != 0) {
            return it->err;
        }
        key = item->data;
    }
    it->err = take(it, item);
    if (it->err != 0) {
        return it->err;
    }
    item->key = key;
    return 1;
}

static bool key_equals(const char *key, struct smp_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (key[i] == '\0' || (uint8_t)key[i] != text.ptr[i]) {
            return false;
        }
    }
    return key[text.len] == '\0';
}

/* Writes the low bytes of value into a member of size bytes. */
static void store(uint8_t *member, uint8_t size, uint64_t value)
{
    const uint16_t half = (uint16_t)value;
    const uint32_t word = (uint32_t)value;

    switch (size) {
    case 1:
        *member = (uint8_t)value;
        break;
    case 2:
        memcpy(member, &half, sizeof(half));
        break;
    case 4:
        memcpy(member, &word, sizeof(word));
        break;
    default:
        SMP_ASSERT(size == sizeof(value));
        memcpy(member, &value, sizeof(value));
        break;
    }
}

static int number_decode(const struct smp_field *f, const struct smp_item *item,
        uint8_t *member)
{
    /* Of a member below eight bytes; with a sign one bit less. */
    const bool sign = (f->types & SMP_TYPE_INT) != 0;
    const uint32_t limit =
            f->size >= 4 ? UINT32_MAX : (1u << (8u * f->size)) - 1u;
    const int64_t top = (int64_t)(limit >> 1);

    if (item->type == SMP_TYPE_INT) {
        if (f->size < 8 && item->integer < -top - 1) {
            return SMP_E_RANGE;
        }
        store(member, f->size, (uint64_t)item->integer);
        return 0;
    }
    if ((f->max != 0 && item->number > f->max) ||
            (f->size < 8 && item->number > (sign ? limit >> 1 : limit)) ||
            (sign && item->number > INT64_MAX)) {
        return SMP_E_RANGE;
    }
    store(member, f->size, item->number);
    return 0;
}

static int field_decode(const struct smp_field *f, const struct smp_item *item,
        uint8_t *member)
{
    unsigned types = f->types;

    if (types & SMP_TYPE_INT) {
        types |= SMP_TYPE_UINT;
    }
    if ((types & item->type) == 0) {
        return SMP_E_TYPE;
    }
    if (item->type & (SMP_TYPE_UINT | SMP_TYPE_INT | SMP_TYPE_BOOL)) {
        return number_decode(f, item, member);
    }
    if (item->type & (SMP_TYPE_TEXT | SMP_TYPE_BYTES)) {
        if (f->max != 0 && item->data.len > f->max) {
            return SMP_E_RANGE;
        }
        memcpy(member, &item->data, sizeof(item->data));
        return 0;
    }
    memcpy(member, &item->view, sizeof(item->view));
    return 0;
}

/* A bit per row: came already, and came with a value that counts. */
struct rows {
    uint32_t seen;
    uint32_t has;
};

/* Decodes one pair into body. */
static int pair_decode(const struct smp_map *map, const struct smp_item *item,
        struct rows *rows, uint8_t *body)
{
    for (unsigned i = 0; i < map->count; i++) {
        const struct smp_field *f = &map->fields[i];
        int err;

        if (!key_equals(f->key, item->key)) {
            continue;
        }
        if (rows->seen & (1u << i)) {
            return SMP_E_DUPLICATE;
        }
        rows->seen |= 1u << i;
        err = field_decode(f, item, body + f->offset);
        if (err == SMP_E_TYPE && (f->flags & SMP_FIELD_LENIENT)) {
            return 0;
        }
        if (err != 0) {
            return err;
        }
        rows->has |= 1u << i;
        return 0;
    }
    return 0;
}

int smp_map_decode(const struct smp_map *map, struct smp_bytes cbor, void *body)
{
    struct smp_iter it;
    struct smp_item item;
    struct rows rows = { 0, 0 };
    int ret = smp_cbor_check(cbor);

    SMP_ASSERT(map->count <= 32);
    if (ret < 0) {
        return ret;
    }
    memset(body, 0, map->size);
    if (cbor.ptr[0] >> 5 != SMP_MAJOR_MAP) {
        return SMP_E_CBOR;
    }
    smp_iter_init(&it, (struct smp_view){ cbor });
    while ((ret = smp_iter_next(&it, &item)) == 1) {
        ret = pair_decode(map, &item, &rows, body);
        if (ret < 0) {
            return ret;
        }
    }
    if (ret < 0) {
        return ret;
    }
    for (unsigned i = 0; i < map->count; i++) {
        if ((map->fields[i].flags & SMP_FIELD_REQUIRED) &&
                !(rows.has & (1u << i))) {
            return SMP_E_MISSING;
        }
    }
    memcpy(body, &rows.has, sizeof(rows.has));
    return 0;
}
