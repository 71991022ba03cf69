// SPDX-License-Identifier: Apache-2.0
/*
 * Tables made from tests/data/mcuboot-vectors.json at build time.
 */
#ifndef TEST_MCUB_VECTORS_H
#define TEST_MCUB_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/trailer.h"

struct vec_tlv {
    uint16_t type;
    uint16_t len;
    bool prot;
};

struct vec_image {
    const char *name;
    struct mcub_bytes data;
    struct mcub_bytes hash;
    const char *version;
    const struct vec_tlv *tlvs;
    size_t tlv_count;
    uint32_t hashed_length;
    uint16_t hdr_size;
    uint32_t img_size;
    uint16_t protect_tlv_size;
    uint32_t flags;
    uint32_t load_addr;
    uint32_t tlv_area_offset;
    uint16_t unprot_tlv_tot;
};

struct vec_negative {
    const char *name;
    struct mcub_bytes data;
    const char *why;
};

struct vec_layout {
    uint32_t slot_size;
    uint32_t write_size;
    uint32_t max_align;
    uint32_t max_sectors;
    enum mcub_mode mode;
    uint32_t enc_size;
    uint32_t status_size;
    uint32_t info_size;
    uint32_t size;
    uint32_t scratch_size; /* 0: not told */
    uint32_t magic;
    uint32_t image_ok;
    uint32_t copy_done;
    uint32_t swap_info;
    uint32_t tlv_sizes;
    uint32_t swap_size;
    uint32_t enc_key0;
    uint32_t enc_key1;
    uint32_t status;
};

struct vec_tail {
    uint32_t max_align;
    const char *state;
    uint8_t erased_value;
    struct mcub_bytes data;
};

struct vec_mark {
    uint8_t magic;
    uint8_t image_ok;
    uint8_t copy_done;
    bool active;
    bool confirm;
    int rc; /* of the reference: 3 bad image, 4 bad vector */
    const char *const *writes;
    size_t write_count;
};

struct vec_progress {
    enum mcub_mode mode;
    uint32_t max_sectors;
    uint32_t records;
    bool moving;
    uint32_t idx;
    uint32_t state;
};

struct vec_version {
    const char *a;
    const char *b;
    int without_build;
    int with_build;
};

struct vec_max_size {
    enum mcub_mode mode;
    uint32_t write_size;
    uint32_t max_align;
    uint32_t max_sectors;
    uint32_t sector_size;
    uint32_t primary_sectors;
    uint32_t secondary_sectors;
    uint32_t max;
};

struct vec_trace {
    const char *algorithm;
    const char *kind;
    const char *const *ops;
    size_t op_count;
};

extern const struct vec_image vec_images[];
extern const size_t vec_images_count;
extern const struct vec_negative vec_negatives[];
extern const size_t vec_negatives_count;
extern const struct vec_layout vec_layouts[];
extern const size_t vec_layouts_count;
extern const struct vec_tail vec_tails[];
extern const size_t vec_tails_count;
extern const char vec_decision[730];
extern const char vec_decision_offset[730];
extern const struct vec_mark vec_marks[];
extern const size_t vec_marks_count;
extern const struct vec_mark vec_marks_xip[];
extern const size_t vec_marks_xip_count;
extern const struct vec_progress vec_progresses[];
extern const size_t vec_progresses_count;
extern const struct vec_version vec_versions[];
extern const size_t vec_versions_count;
extern const struct vec_max_size vec_max_sizes[];
extern const size_t vec_max_sizes_count;
extern const struct vec_trace vec_traces[];
extern const size_t vec_traces_count;

#endif
