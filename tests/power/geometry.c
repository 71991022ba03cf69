// SPDX-License-Identifier: Apache-2.0
/*
 * The table of layouts.
 */
#include "geometry.h"

#include <string.h>

#define KIB 1024u

#define M(mode) (1u << MCUB_MODE_##mode)
#define MOVE    M(MOVE)
#define OFFSET  M(OFFSET)
#define SCRATCH M(SCRATCH)
#define OVER    M(OVERWRITE)
#define SELECT  (M(DIRECT_XIP) | M(DIRECT_XIP_REVERT) | M(RAM_LOAD))

/* One device of count sectors of size bytes. */
#define ONE(bytes, number)                    \
    {                                         \
        {                                     \
            .runs = { { (bytes), (number) } } \
        }                                     \
    }
#define PAIR(off_a, size_a, off_b, size_b) \
    {                                      \
        { 0, (off_a), (size_a) },          \
        {                                  \
            0, (off_b), (size_b)           \
        }                                  \
    }

// clang-format off
const struct geometry geometries[] = {
    /* ---- small: sectors of 1 KiB -------------------------------------- */
    { "s6", true, MOVE | OFFSET | SCRATCH | OVER, 4, 8, 8, 1,
      ONE(1 * KIB, 13), { PAIR(0, 6 * KIB, 6 * KIB, 6 * KIB) },
      { 0, 12 * KIB, 1 * KIB }, false, 1300, 2300 },
    { "s7-6", true, MOVE, 8, 8, 8, 1,
      ONE(1 * KIB, 13), { PAIR(0, 7 * KIB, 7 * KIB, 6 * KIB) },
      { 0, 0, 0 }, false, 1300, 2300 },
    { "s6-7", true, OFFSET, 16, 16, 8, 1,
      ONE(1 * KIB, 13), { PAIR(0, 6 * KIB, 6 * KIB, 7 * KIB) },
      { 0, 0, 0 }, false, 2300, 1300 },
    { "s5-a32", true, MOVE | OFFSET | OVER, 32, 32, 6, 1,
      ONE(1 * KIB, 10), { PAIR(0, 5 * KIB, 5 * KIB, 5 * KIB) },
      { 0, 0, 0 }, false, 900, 1500 },
    { "s4-2k", true, MOVE | OFFSET | SCRATCH, 1, 8, 6, 1,
      ONE(2 * KIB, 9), { PAIR(0, 8 * KIB, 8 * KIB, 8 * KIB) },
      { 0, 16 * KIB, 2 * KIB }, false, 1800, 3000 },
    /* A trailer of two sectors. */
    { "s9-trailer2", true, MOVE | OFFSET, 16, 16, 24, 1,
      ONE(1 * KIB, 18), { PAIR(0, 9 * KIB, 9 * KIB, 9 * KIB) },
      { 0, 0, 0 }, false, 1300, 2300 },
    /* Scratch areas that hold two sectors, or do not divide the image. */
    { "s7-scratch2", true, SCRATCH, 8, 8, 8, 1,
      ONE(1 * KIB, 16), { PAIR(0, 7 * KIB, 7 * KIB, 7 * KIB) },
      { 0, 14 * KIB, 2 * KIB }, false, 2900, 2300 },
    { "s7-scratch4", true, SCRATCH, 8, 16, 8, 1,
      ONE(1 * KIB, 18), { PAIR(0, 7 * KIB, 7 * KIB, 7 * KIB) },
      { 0, 14 * KIB, 4 * KIB }, false, 1300, 4900 },
    /* The image shares a sector with its trailer. */
    { "s3-shared", true, SCRATCH, 4, 8, 8, 1,
      ONE(1 * KIB, 7), { PAIR(0, 3 * KIB, 3 * KIB, 3 * KIB) },
      { 0, 6 * KIB, 1 * KIB }, false, 1300, 2300 },
    { "s3-shared2", true, SCRATCH, 4, 8, 8, 1,
      ONE(1 * KIB, 8), { PAIR(0, 3 * KIB, 3 * KIB, 3 * KIB) },
      { 0, 6 * KIB, 2 * KIB }, false, 2300, 1300 },
    { "s1-4k", true, SCRATCH | OVER, 8, 8, 8, 1,
      ONE(4 * KIB, 3), { PAIR(0, 4 * KIB, 4 * KIB, 4 * KIB) },
      { 0, 8 * KIB, 4 * KIB }, false, 1300, 3000 },
    /* Sectors of other sizes in the secondary, on a device of its own. */
    { "s2-mixed", true, SCRATCH | OVER, 4, 8, 16, 1,
      { { .runs = { { 4 * KIB, 2 }, { 2 * KIB, 2 } } },
        { .runs = { { 1 * KIB, 8 } }, .other_erased = true } },
      { { { 0, 0, 8 * KIB }, { 1, 0, 8 * KIB } } },
      { 0, 8 * KIB, 4 * KIB }, false, 2300, 5000 },
    { "s4-mixed2", true, SCRATCH | OVER, 4, 8, 16, 1,
      { { .runs = { { 1 * KIB, 8 }, { 2 * KIB, 2 } } },
        { .runs = { { 2 * KIB, 4 } } } },
      { { { 0, 0, 8 * KIB }, { 1, 0, 8 * KIB } } },
      { 0, 8 * KIB, 2 * KIB }, false, 2300, 3000 },
    { "s4-two-erased", true, MOVE | OFFSET | OVER, 8, 8, 6, 1,
      { { .runs = { { 1 * KIB, 6 } } },
        { .runs = { { 1 * KIB, 6 } }, .other_erased = true } },
      { { { 0, 0, 6 * KIB }, { 1, 0, 6 * KIB } } },
      { 0, 0, 0 }, false, 1300, 2300 },
    { "s4-select", true, SELECT, 4, 8, 8, 1,
      ONE(1 * KIB, 8), { PAIR(0, 4 * KIB, 4 * KIB, 4 * KIB) },
      { 0, 0, 0 }, false, 1300, 2300 },
    { "s4-select-a32", true, SELECT, 32, 32, 3, 1,
      ONE(1 * KIB, 8), { PAIR(0, 4 * KIB, 4 * KIB, 4 * KIB) },
      { 0, 0, 0 }, false, 2300, 1300 },
    /* Two images, one scratch area. */
    { "s5-pair", true, MOVE | OFFSET | SCRATCH | OVER, 4, 8, 6, 2,
      ONE(1 * KIB, 21),
      { PAIR(0, 5 * KIB, 5 * KIB, 5 * KIB),
        PAIR(10 * KIB, 5 * KIB, 15 * KIB, 5 * KIB) },
      { 0, 20 * KIB, 1 * KIB }, false, 900, 1500 },
    /* Two images, the second for a network core. */
    { "s5-net", true, MOVE | OFFSET | SCRATCH | OVER, 4, 8, 6, 2,
      { { .runs = { { 1 * KIB, 16 } } },
        { .runs = { { 1 * KIB, 5 } }, .ram = true } },
      { PAIR(0, 5 * KIB, 5 * KIB, 5 * KIB),
        { { 1, 0, 5 * KIB }, { 0, 10 * KIB, 5 * KIB } } },
      { 0, 15 * KIB, 1 * KIB }, true, 900, 1500 },

    /* ---- boards --------------------------------------------------------- */
    { "stm32f4", false, SCRATCH | OVER, 1, 8, 128, 1,
      { { .runs = { { 16 * KIB, 4 }, { 64 * KIB, 1 }, { 128 * KIB, 3 } } } },
      { PAIR(0x20000, 0x20000, 0x40000, 0x20000) },
      { 0, 0x60000, 0x20000 }, false, 0, 0 },
    { "stm32f4-spi", false, SCRATCH | OVER, 1, 8, 128, 1,
      { { .runs = { { 16 * KIB, 4 }, { 64 * KIB, 1 }, { 128 * KIB, 3 } } },
        { .runs = { { 8 * KIB, 32 } } } },
      { { { 0, 0x20000, 0x20000 }, { 1, 0, 0x20000 } } },
      { 1, 0x20000, 0x20000 }, false, 0, 0 },
    { "stm32f769", false, SCRATCH | OVER, 1, 8, 128, 1,
      { { .runs = { { 16 * KIB, 4 }, { 64 * KIB, 1 }, { 128 * KIB, 7 },
                    { 16 * KIB, 4 }, { 64 * KIB, 1 }, { 128 * KIB, 7 } } } },
      { PAIR(0x20000, 0x80000, 0x120000, 0x80000) },
      { 0, 0xe0000, 0x20000 }, false, 0, 0 },
    { "k64f", false, MOVE | OFFSET | SCRATCH | OVER | SELECT, 8, 8, 128, 1,
      ONE(4 * KIB, 128), { PAIR(0x20000, 0x20000, 0x40000, 0x20000) },
      { 0, 0x60000, 0x1000 }, false, 0, 0 },
    { "k64f-big", false, SCRATCH | OVER, 8, 8, 128, 1,
      ONE(128 * KIB, 4), { PAIR(0x20000, 0x20000, 0x40000, 0x20000) },
      { 0, 0x60000, 0x20000 }, false, 0, 0 },
    { "k64f-multi", false, MOVE | OFFSET | SCRATCH | OVER, 8, 8, 128, 2,
      ONE(4 * KIB, 192),
      { PAIR(0x20000, 0x20000, 0x40000, 0x20000),
        PAIR(0x60000, 0x20000, 0x80000, 0x20000) },
      { 0, 0xa0000, 0x1000 }, false, 0, 0 },
    { "nrf52840", false, MOVE | OFFSET | SCRATCH | OVER | SELECT, 4, 8, 128, 1,
      ONE(4 * KIB, 128), { PAIR(0x8000, 0x34000, 0x3c000, 0x34000) },
      { 0, 0x70000, 0xd000 }, false, 0, 0 },
    { "nrf52840-spi", false, SCRATCH | OVER, 4, 8, 128, 1,
      { { .runs = { { 4 * KIB, 256 } } }, { .runs = { { 8 * KIB, 64 } } } },
      { { { 0, 0x8000, 0x68000 }, { 1, 0, 0x68000 } } },
      { 0, 0x70000, 0x18000 }, false, 0, 0 },
    { "nrf52840-240-236", false, MOVE, 4, 8, 128, 1,
      ONE(4 * KIB, 128), { PAIR(0x8000, 0x3c000, 0x44000, 0x3b000) },
      { 0, 0, 0 }, false, 0, 0 },
    { "nrf52840-236-240", false, OFFSET, 4, 8, 128, 1,
      ONE(4 * KIB, 128), { PAIR(0x8000, 0x3b000, 0x43000, 0x3c000) },
      { 0, 0, 0 }, false, 0, 0 },
    { "psoc-edge", false, OFFSET | SCRATCH, 16, 16, 128, 1,
      ONE(4 * KIB, 48), { PAIR(0, 0x10000, 0x10000, 0x10000) },
      { 0, 0x20000, 0x2000 }, false, 0, 0 },
    { "pages-512-by-8", false, MOVE | OFFSET, 8, 8, 128, 1,
      ONE(8 * 512, 64), { PAIR(0, 0x18000, 0x18000, 0x18000) },
      { 0, 0, 0 }, false, 0, 0 },
    { "nrf5340", false, MOVE | OFFSET | OVER, 4, 8, 128, 2,
      { { .runs = { { 4 * KIB, 256 } } },
        { .runs = { { 4 * KIB, 16 } }, .ram = true } },
      { PAIR(0x10000, 0x40000, 0x50000, 0x40000),
        { { 1, 0, 0x10000 }, { 0, 0x90000, 0x10000 } } },
      { 0, 0, 0 }, true, 0, 0 },
};
// clang-format on

const size_t geometry_count = sizeof(geometries) / sizeof(geometries[0]);

const struct geometry *geometry_find(const char *name)
{
    for (size_t i = 0; i < geometry_count; i++) {
        if (strcmp(geometries[i].name, name) == 0) {
            return &geometries[i];
        }
    }
    return NULL;
}

static const char *const names[] = {
    [MCUB_MODE_SCRATCH] = "scratch",
    [MCUB_MODE_OVERWRITE] = "overwrite",
    [MCUB_MODE_MOVE] = "move",
    [MCUB_MODE_DIRECT_XIP] = "xip",
    [MCUB_MODE_DIRECT_XIP_REVERT] = "xip-revert",
    [MCUB_MODE_RAM_LOAD] = "ram-load",
    [MCUB_MODE_OFFSET] = "offset",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

const char *mode_name(enum mcub_mode mode)
{
    return (size_t)mode < NAMES ? names[mode] : NULL;
}

enum mcub_mode mode_find(const char *name)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (names[i] != NULL && strcmp(names[i], name) == 0) {
            return (enum mcub_mode)i;
        }
    }
    return MCUB_MODE_SINGLE;
}
