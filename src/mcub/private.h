// SPDX-License-Identifier: Apache-2.0
/*
 * Shared inside the mcub floor: little-endian access and alignment.
 */
#ifndef MCUB_PRIVATE_H
#define MCUB_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t mcub_load_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (p[1] << 8));
}

static inline uint32_t mcub_load_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) |
            ((uint32_t)p[3] << 24);
}

static inline void mcub_store_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void mcub_store_le32(uint8_t *p, uint32_t v)
{
    mcub_store_le16(p, (uint16_t)v);
    mcub_store_le16(p + 2, (uint16_t)(v >> 16));
}

static inline bool mcub_is_power_of_two(uint32_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/* align is a power of two; the caller knows that v + align does not wrap. */
static inline uint32_t mcub_align_up(uint32_t v, uint32_t align)
{
    return (v + align - 1) & ~(align - 1);
}

static inline uint32_t mcub_align_down(uint32_t v, uint32_t align)
{
    return v & ~(align - 1);
}

static inline uint32_t mcub_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* A caller's working buffer. */
struct mcub_buf {
    uint8_t *ptr;
    size_t size;
};

#endif
