// SPDX-License-Identifier: Apache-2.0
/* What the files of this folder share and nobody else sees. */
#ifndef SMP_INTERNAL_H
#define SMP_INTERNAL_H

#include <stdbool.h>

#include "smp/err.h"
#include "smp/options.h"

/** CBOR major types: the upper three bits of a head. */
enum smp_major {
    SMP_MAJOR_UINT = 0,
    SMP_MAJOR_INT = 1,
    SMP_MAJOR_BYTES = 2,
    SMP_MAJOR_TEXT = 3,
    SMP_MAJOR_ARRAY = 4,
    SMP_MAJOR_MAP = 5,
    SMP_MAJOR_TAG = 6,
    SMP_MAJOR_SIMPLE = 7,
};

/** Additional information of a head that means "indefinite" or "break". */
#define SMP_CBOR_INDEFINITE 31u

/** The byte that ends an indefinite container. */
#define SMP_CBOR_BREAK 0xffu

/** The head of one item. */
struct smp_head {
    size_t value;  /**< length or count, SIZE_MAX when it is larger */
    uint8_t major; /**< enum smp_major */
    uint8_t info;  /**< lower five bits */
    uint8_t size;  /**< bytes of the head: 1, 2, 3, 5, 9 */
};

/**
 * Read the head at the start of cbor.
 *
 * @return 0, SMP_E_SHORT, or SMP_E_CBOR: a reserved length code, a chunked
 *         string, a simple value in a form that it may not have
 */
int smp_head_read(struct smp_bytes cbor, struct smp_head *head);

static inline uint16_t smp_load_be16(const uint8_t *p)
{
    return (uint16_t)((uint16_t)(p[0] << 8) | p[1]);
}

static inline void smp_store_be16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/** Length of a text of our own; <string.h> is used for mem* only. */
static inline size_t smp_str_len(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0') {
        len++;
    }
    return len;
}

#endif
