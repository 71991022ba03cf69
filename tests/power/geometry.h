// SPDX-License-Identifier: Apache-2.0
/*
 * Flash layouts that power cuts are tried on: small ones, on which every cut
 * is tried, and those of real boards, on which a sample is.
 */
#ifndef TEST_POWER_GEOMETRY_H
#define TEST_POWER_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/slot.h"

#define GEOMETRY_DEVICES 2
#define GEOMETRY_RUNS    6
#define GEOMETRY_IMAGES  2

struct geometry_device {
    struct mcub_sector_run runs[GEOMETRY_RUNS]; /* up to one of count 0 */
    bool other_erased; /* erased value is not the one of the first device */
    bool ram;          /* loses its contents with the power */
};

struct geometry_area {
    uint8_t device;
    uint32_t off;
    uint32_t size; /* 0: there is none */
};

struct geometry {
    const char *name;
    bool small;     /* every cut can be tried */
    uint32_t modes; /* bits of enum mcub_mode it is tried with */
    uint32_t write_size;
    uint32_t max_align;
    uint32_t max_sectors;
    uint8_t images;
    struct geometry_device device[GEOMETRY_DEVICES];
    struct geometry_area slot[GEOMETRY_IMAGES][2];
    struct geometry_area scratch;
    bool net_core;     /* image 1 is copied to another core */
    uint32_t old_size; /* usual images; 0: derived from the largest */
    uint32_t new_size;
};

extern const struct geometry geometries[];
extern const size_t geometry_count;

const struct geometry *geometry_find(const char *name);

/* Names of modes in replay ids; NULL and MCUB_MODE_SINGLE for others. */
const char *mode_name(enum mcub_mode mode);
enum mcub_mode mode_find(const char *name);

#endif
