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

#ifdef __cplusplus
extern "C" {
#endif

/** Deepest nesting that we accept, the outer map included. */
#define SMP_CBOR_DEPTH 8u

/** Wire types; a row holds a mask of those it accepts, the first is sent. */
enum smp_type {
    SMP_TYPE_UINT = 1 << 0,
    SMP_TYPE_INT = 1 << 1, /**< negative or positive */
    SMP_TYPE_BOOL = 1 << 2,
    SMP_TYPE_TEXT = 1 << 3,
    SMP_TYPE_BYTES = 1 << 4,
    SMP_TYPE_MAP = 1 << 5,
    SMP_TYPE_ARRAY = 1 << 6,
    SMP_TYPE_OTHER = 1 << 7, /**< float, null, undefined: only skipped */
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
    uint32_t max;              /**< largest value or length, 0 = member's own */
    const struct smp_map *sub; /**< table of the map or of array elements */
};

/** The table of one message or of one nested map. */
struct smp_map {
    const char *name;               /**< struct tag, for traces */
    const struct smp_field *fields; /**< borrowed for ever (const data) */
    uint8_t count;                  /**< rows, at most 32 */
    uint16_t size;                  /**< sizeof the struct */
};

/** A container inside a message: not decoded yet, walked by smp_iter. */
struct smp_view {
    struct smp_bytes cbor; /**< the whole item, its head included */
};

/** One item met by smp_iter_next(). */
struct smp_item {
    struct smp_bytes key;  /**< text key in maps; empty in arrays */
    uint8_t type;          /**< one of enum smp_type */
    uint64_t number;       /**< UINT; BOOL as 0/1 */
    int64_t integer;       /**< INT and UINT where it fits */
    struct smp_bytes data; /**< TEXT and BYTES */
    struct smp_view view;  /**< MAP and ARRAY; for others the raw item */
};

/** A walk over one container, no capacity limit. */
struct smp_iter {
    struct smp_bytes rest;
    uint64_t left; /**< items left of a definite container */
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
 * @param[out] body  map->size bytes; zeroed first; content is undefined on error
 *
 * @return 0, or SMP_E_SHORT / SMP_E_CBOR (see smp_cbor_check; also an item that
 *         is no map, or a key that is no text), SMP_E_TYPE, SMP_E_RANGE,
 *         SMP_E_DUPLICATE, SMP_E_MISSING
 */
int smp_map_decode(const struct smp_map *map, struct smp_bytes cbor,
        void *body);

/** Start a walk; a view that is no container yields no item. */
void smp_iter_init(struct smp_iter *it, struct smp_view view);

/**
 * Take the next item.
 *
 * @return 1 with *item written, 0 at the end, or the walk's sticky error
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

void smp_encoder_init(struct smp_encoder *e, uint8_t *buf, size_t cap,
        enum smp_form form);
/** Open a map of count pairs (only the definite form needs count). */
void smp_put_map(struct smp_encoder *e, size_t count);
/** Open an array of count elements (only the definite form needs count). */
void smp_put_array(struct smp_encoder *e, size_t count);
/** Close what was opened last (writes the break of the indefinite form). */
void smp_put_end(struct smp_encoder *e);
void smp_put_key(struct smp_encoder *e, const char *key);
void smp_put_uint(struct smp_encoder *e, uint64_t value);
void smp_put_int(struct smp_encoder *e, int64_t value);
void smp_put_bool(struct smp_encoder *e, bool value);
void smp_put_text(struct smp_encoder *e, struct smp_bytes text);
void smp_put_str(struct smp_encoder *e, const char *text);
void smp_put_bytes(struct smp_encoder *e, struct smp_bytes bytes);
/** Copy one well-formed item as it is. */
void smp_put_raw(struct smp_encoder *e, struct smp_bytes cbor);
/** Write the rows whose `has` bit is set into the map that is open. */
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
int smp_encoder_finish(const struct smp_encoder *e);

/** Bytes of smp_put_struct() in definite form, without writing them. */
size_t smp_struct_size(const struct smp_map *map, const void *body);

/** Bytes of the head of an unsigned number, length or count: 1, 2, 3, 5, 9. */
size_t smp_cbor_head_size(uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
