// SPDX-License-Identifier: Apache-2.0
/*
 * One description per message.
 *
 * A const table says once which keys a message has, their types, bounds and
 * where they land in a C struct. The same table encodes on the client,
 * decodes on the server, prints JSON in cli and decodes captures in diag.
 *
 * The first member of every message struct is `uint32_t has`: bit i belongs
 * to row i of its table, so absent is not false. Scalars land in the struct,
 * text and bytes become views (struct smp_bytes) into the message, maps and
 * arrays become struct smp_view, walked with struct smp_iter.
 */
#ifndef SMP_MESSAGE_H
#define SMP_MESSAGE_H

#include <stdbool.h>

#include "smp/err.h"
#include "smp/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Wire types. A row holds a mask of those it accepts; INT accepts UINT too.
 * One that accepts several sends the first of TEXT, BYTES, container, BOOL,
 * INT, UINT.
 */
enum smp_type {
    SMP_TYPE_UINT = 1 << 0,
    SMP_TYPE_INT = 1 << 1, /**< negative or positive */
    SMP_TYPE_BOOL = 1 << 2,
    SMP_TYPE_TEXT = 1 << 3,
    SMP_TYPE_BYTES = 1 << 4,
    SMP_TYPE_MAP = 1 << 5,
    SMP_TYPE_ARRAY = 1 << 6,
    /** float, null, tagged value, number below -2^63: only skipped */
    SMP_TYPE_OTHER = 1 << 7,
};

enum smp_field_flag {
    SMP_FIELD_REQUIRED = 1 << 0, /**< decoding fails without it */
    SMP_FIELD_DYNAMIC = 1 << 1,  /**< map whose keys are data, not names */
    SMP_FIELD_LENIENT = 1 << 2, /**< a value of another type counts as absent */
};

struct smp_map;

/** One key of a message. */
struct smp_field {
    const char *key;           /**< protocol key, NUL terminated, < 24 bytes */
    uint8_t types;             /**< mask of enum smp_type */
    uint8_t flags;             /**< mask of enum smp_field_flag */
    uint8_t size;              /**< bytes of the scalar member: 1, 2, 4, 8 */
    uint16_t offset;           /**< of the member in the struct */
    uint16_t max;              /**< largest value or length, 0 = member's own */
    const struct smp_map *sub; /**< table of the map or of array elements */
};

/** The table of one message or of one nested map. */
struct smp_map {
    const struct smp_field *fields; /**< borrowed for ever (const data) */
    uint8_t count;                  /**< rows, at most 32 */
    uint16_t size;                  /**< sizeof the struct */
};

/**
 * One row: where the member of struct tag is and how large, then the rest.
 *
 * Example: SMP_FIELD(smp_image_upload_rsp, off, "off", SMP_TYPE_UINT, 0, 0,
 * NULL).
 */
#define SMP_FIELD(tag, member, key_, types_, flags_, max_, sub_)               \
    {                                                                          \
        .key = (key_), .types = (uint8_t)(types_), .flags = (uint8_t)(flags_), \
        .size = (uint8_t)sizeof(((struct tag *)0)->member),                    \
        .offset = (uint16_t)offsetof(struct tag, member), .max = (max_),       \
        .sub = (sub_)                                                          \
    }

/** The table of struct tag over the rows of an array. */
#define SMP_MAP(tag, rows)                                    \
    {                                                         \
        .fields = (rows),                                     \
        .count = (uint8_t)(sizeof(rows) / sizeof((rows)[0])), \
        .size = (uint16_t)sizeof(struct tag)                  \
    }

/** A container inside a message: not decoded yet, walked by smp_iter. */
struct smp_view {
    struct smp_bytes cbor; /**< the whole item, its head included */
};

/** One item met by smp_iter_next(). */
struct smp_item {
    struct smp_bytes key;  /**< text key in maps; empty in arrays */
    uint8_t type;          /**< one of enum smp_type */
    uint64_t number;       /**< UINT; BOOL as 0/1 */
    int64_t integer;       /**< INT and UINT; INT64_MAX when it is larger */
    struct smp_bytes data; /**< TEXT and BYTES */
    struct smp_view view;  /**< MAP and ARRAY; for others the raw item */
};

/** A walk over one container, no capacity limit. */
struct smp_iter {
    struct smp_bytes rest;
    size_t left; /**< pairs or elements left of a definite container */
    bool indefinite;
    bool is_map;
    int err; /**< sticky */
};

/**
 * Check that one CBOR item is well-formed and nested at most
 * SMP_CBOR_DEPTH deep, without recursion.
 *
 * @return bytes of the item (> 0; what follows is not looked at), or
 *         SMP_E_SHORT  the item ends after the bytes
 *         SMP_E_CBOR   reserved length codes, chunked or oversized strings,
 *                      stray break, odd map, too deep
 */
int smp_cbor_check(struct smp_bytes cbor);

/**
 * Decode a map by its table into a struct.
 *
 * Checks well-formedness first. Unknown text keys are skipped, order and
 * integer width do not matter, definite and indefinite maps are read alike,
 * bytes after the map are ignored.
 *
 * @param      map   the table
 * @param      cbor  borrowed; views in *body point into it
 * @param[out] body  map->size bytes; zeroed first; undefined on error
 *
 * @return 0, or SMP_E_SHORT / SMP_E_CBOR (see smp_cbor_check; also an item that
 *         is no map, or a key that is no text), SMP_E_TYPE, SMP_E_RANGE,
 *         SMP_E_DUPLICATE, SMP_E_MISSING
 */
SMP_MUST_CHECK
int smp_map_decode(const struct smp_map *map, struct smp_bytes cbor,
        void *body);

/**
 * Start a walk; a view that is no container yields no item.
 *
 * The view may also be made by hand, from bytes that nobody has checked.
 */
void smp_iter_init(struct smp_iter *it, struct smp_view view);

/**
 * Take the next item.
 *
 * @return 1 with *item written, 0 at the end, or the walk's sticky error:
 *         SMP_E_SHORT, SMP_E_CBOR (also a key that is no text)
 */
int smp_iter_next(struct smp_iter *it, struct smp_item *item);

/** Which container form an encoder writes. */
enum smp_form {
    SMP_FORM_DEFINITE,   /**< clients; "canonical" servers */
    SMP_FORM_INDEFINITE, /**< servers like Zephyr's */
};

/** Writes CBOR into the caller's buffer; the first error sticks. */
struct smp_encoder {
    uint8_t *buf;
    size_t cap;
    size_t len; /**< bytes written so far */
    uint8_t form;
    int err;
};

/**
 * Start an encoding.
 *
 * @param[out] e    the encoder
 * @param      buf  caller's, until smp_encoder_finish(); NULL if cap is 0
 * @param      cap  bytes in buf
 * @param      form of containers
 */
void smp_encoder_init(struct smp_encoder *e, uint8_t *buf, size_t cap,
        enum smp_form form);

/** Open a map of count pairs (only the definite form needs count). */
void smp_put_map(struct smp_encoder *e, size_t count);

/** Open an array of count elements (only the definite form needs count). */
void smp_put_array(struct smp_encoder *e, size_t count);

/** Close what was opened last (writes the break of the indefinite form). */
void smp_put_end(struct smp_encoder *e);

/** Write a text key. */
void smp_put_key(struct smp_encoder *e, const char *key);

/** Write a number in its shortest form. */
void smp_put_uint(struct smp_encoder *e, uint64_t value);

/** Write a number in its shortest form; a positive one is unsigned. */
void smp_put_int(struct smp_encoder *e, int64_t value);

/** Write true or false. */
void smp_put_bool(struct smp_encoder *e, bool value);

/** Write a text string; whether it is UTF-8 is the caller's question. */
void smp_put_text(struct smp_encoder *e, struct smp_bytes text);

/** Write a NUL-terminated text. */
void smp_put_str(struct smp_encoder *e, const char *text);

/** Write a byte string. */
void smp_put_bytes(struct smp_encoder *e, struct smp_bytes bytes);

/** Copy one well-formed item as it is. */
void smp_put_raw(struct smp_encoder *e, struct smp_bytes cbor);

/**
 * Write the rows whose `has` bit is set into the map that is open.
 *
 * Containers are copied from their view as they are; an empty view is an
 * empty container. A row above its bound makes the encoding SMP_E_RANGE.
 */
void smp_put_fields(struct smp_encoder *e, const struct smp_map *map,
        const void *body);

/** Open a map, write its rows, close it. */
void smp_put_struct(struct smp_encoder *e, const struct smp_map *map,
        const void *body);

/**
 * End an encoding.
 *
 * @return bytes written, or SMP_E_SPACE, SMP_E_RANGE (a row above its bound)
 */
SMP_MUST_CHECK
int smp_encoder_finish(const struct smp_encoder *e);

/** Rows whose `has` bit is set: pairs of smp_put_fields(). */
size_t smp_struct_count(const struct smp_map *map, const void *body);

/** Bytes of smp_put_struct() in definite form, without writing them. */
size_t smp_struct_size(const struct smp_map *map, const void *body);

/** Bytes of the head of an unsigned number, length or count: 1, 2, 3, 5, 9. */
size_t smp_cbor_head_size(uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
