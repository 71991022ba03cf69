// SPDX-License-Identifier: Apache-2.0
/*
 * Trailer: layout, reading, writing single fields.
 */
#include "mcub/trailer.h"

#include <string.h>

#include "mcub/options.h"
#include "private.h"

static const uint8_t magic_align8[MCUB_TRAILER_MAGIC_SIZE] = {
    0x77,
    0xc2,
    0x95,
    0xf3,
    0x60,
    0xd2,
    0xef,
    0x7f,
    0x35,
    0x52,
    0x50,
    0x0f,
    0x2c,
    0xb6,
    0x79,
    0x80,
};

/* The first two bytes are max_align, little-endian. */
static const uint8_t magic_aligned[MCUB_TRAILER_MAGIC_SIZE] = {
    0x00,
    0x00,
    0x2d,
    0xe1,
    0x5d,
    0x29,
    0x41,
    0x0b,
    0x8d,
    0x77,
    0x67,
    0x9c,
    0x11,
    0x0f,
    0x1f,
    0x8a,
};

void mcub_trailer_magic(uint32_t max_align,
        uint8_t magic[MCUB_TRAILER_MAGIC_SIZE])
{
    if (max_align == 8) {
        memcpy(magic, magic_align8, MCUB_TRAILER_MAGIC_SIZE);
    } else {
        memcpy(magic, magic_aligned, MCUB_TRAILER_MAGIC_SIZE);
        magic[0] = (uint8_t)max_align;
    }
}

static uint32_t states_of(enum mcub_mode mode)
{
    switch (mode) {
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_SINGLE_RAM:
        return 0;
    case MCUB_MODE_OFFSET:
        return 2;
    case MCUB_MODE_SCRATCH:
    case MCUB_MODE_OVERWRITE:
    case MCUB_MODE_MOVE:
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_RAM_LOAD:
        break;
    }
    return 3;
}

static bool params_are_sane(const struct mcub_trailer_params *p)
{
    return (p->max_align == 8 || p->max_align == 16 || p->max_align == 32) &&
            mcub_is_power_of_two(p->write_size) &&
            p->write_size <= p->max_align &&
            (p->slot_size & (p->max_align - 1)) == 0 &&
            p->max_sectors <= 0xffffu && p->enc_size <= 0xffffu;
}

int mcub_trailer_layout(const struct mcub_trailer_params *params,
        struct mcub_trailer_layout *layout)
{
    struct mcub_trailer_layout l = { .magic = 0 };

    if (!params_are_sane(params)) {
        return MCUB_E_GEOMETRY;
    }
    uint32_t a = params->max_align;
    uint32_t end = params->slot_size;
    uint32_t row = states_of(params->mode) * params->write_size;
    uint32_t key = mcub_align_up(params->enc_size, a);

    l.status_size = params->max_sectors * row;
    l.info_size = 4 * a + mcub_align_up(MCUB_TRAILER_MAGIC_SIZE, a) + 2 * key;
    if (params->mode == MCUB_MODE_OFFSET) {
        l.info_size += a;
    }
    l.size = l.status_size + l.info_size;
    l.scratch_size = row + l.info_size;
    if (l.size > end) {
        return MCUB_E_GEOMETRY;
    }
    l.magic = end - MCUB_TRAILER_MAGIC_SIZE;
    l.image_ok = mcub_align_down(l.magic - a, a);
    l.copy_done = l.image_ok - a;
    l.swap_info = l.copy_done - a;
    l.swap_size = l.swap_info - a;
    if (params->mode == MCUB_MODE_OFFSET) {
        l.tlv_sizes = l.swap_size;
        l.swap_size -= a;
    }
    if (key != 0) {
        l.enc_key0 = l.swap_size - key;
        l.enc_key1 = l.enc_key0 - key;
    }
    l.status = end - l.size;
    *layout = l;
    return 0;
}

void mcub_trailer_state_init(struct mcub_trailer_state *state)
{
    *state = (struct mcub_trailer_state){
        .magic = MCUB_MARK_UNSET,
        .image_ok = MCUB_MARK_UNSET,
        .copy_done = MCUB_MARK_UNSET,
        .swap_type = MCUB_SWAP_NONE,
    };
}

static bool all_erased(const struct mcub_trailer *trailer, const uint8_t *p,
        size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != trailer->flash->erased_val) {
            return false;
        }
    }
    return true;
}

static int read_field(const struct mcub_trailer *trailer, uint32_t field,
        uint8_t *buf, size_t len)
{
    return mcub_flash_read(trailer->flash, trailer->off + field, buf, len);
}

static int read_magic(const struct mcub_trailer *trailer, uint8_t *mark)
{
    uint8_t stored[MCUB_TRAILER_MAGIC_SIZE];
    uint8_t good[MCUB_TRAILER_MAGIC_SIZE];
    int rc = read_field(trailer, trailer->layout.magic, stored, sizeof(stored));

    if (rc != 0) {
        return rc;
    }
    mcub_trailer_magic(trailer->max_align, good);
    if (memcmp(stored, good, sizeof(good)) == 0) {
        *mark = MCUB_MARK_GOOD;
    } else if (all_erased(trailer, stored, sizeof(stored))) {
        *mark = MCUB_MARK_UNSET;
    } else {
        *mark = MCUB_MARK_BAD;
    }
    return 0;
}

static int read_flag(const struct mcub_trailer *trailer, uint32_t field,
        uint8_t *mark)
{
    uint8_t value;
    int rc = read_field(trailer, field, &value, 1);

    if (rc != 0) {
        return rc;
    }
    if (value == 1) {
        *mark = MCUB_MARK_SET;
    } else if (value == trailer->flash->erased_val) {
        *mark = MCUB_MARK_UNSET;
    } else {
        *mark = MCUB_MARK_BAD;
    }
    return 0;
}

static int read_swap(const struct mcub_trailer *trailer,
        struct mcub_trailer_state *state)
{
    uint8_t info;
    uint8_t size[4];
    int rc = read_field(trailer, trailer->layout.swap_info, &info, 1);

    if (rc == 0) {
        rc = read_field(trailer, trailer->layout.swap_size, size, sizeof(size));
    }
    if (rc != 0) {
        return rc;
    }
    uint8_t type = info & 0x0fu;

    if (info != trailer->flash->erased_val && type >= MCUB_SWAP_TEST &&
            type <= MCUB_SWAP_REVERT) {
        state->swap_type = type;
        state->image = info >> 4;
    }
    state->has_swap_size = !all_erased(trailer, size, sizeof(size));
    state->swap_size = state->has_swap_size ? mcub_load_le32(size) : 0;
    return 0;
}

int mcub_trailer_read(const struct mcub_trailer *trailer,
        struct mcub_trailer_state *state)
{
    struct mcub_trailer_state s;

    mcub_trailer_state_init(&s);
    int rc = read_magic(trailer, &s.magic);

    if (rc == 0) {
        rc = read_flag(trailer, trailer->layout.image_ok, &s.image_ok);
    }
    if (rc == 0) {
        rc = read_flag(trailer, trailer->layout.copy_done, &s.copy_done);
    }
    if (rc == 0) {
        rc = read_swap(trailer, &s);
    }
    if (rc == 0) {
        *state = s;
    }
    return rc;
}

/* Up to four bytes at the start of a cell, in one write block or more. */
static int write_cell(const struct mcub_trailer *trailer, uint32_t field,
        const uint8_t *value, uint32_t len)
{
    uint8_t buf[MCUB_WRITE_SIZE_MAX];
    uint32_t n = mcub_align_up(len, trailer->flash->write_size);

    if (n > sizeof(buf)) {
        return MCUB_E_GEOMETRY;
    }
    memset(buf, trailer->flash->erased_val, sizeof(buf));
    memcpy(buf, value, len);
    return mcub_flash_write(trailer->flash, trailer->off + field, buf, n);
}

int mcub_trailer_write_magic(const struct mcub_trailer *trailer)
{
    uint8_t buf[MCUB_WRITE_SIZE_MAX];
    uint32_t size = mcub_align_up(MCUB_TRAILER_MAGIC_SIZE, trailer->max_align);
    uint32_t pad = size - MCUB_TRAILER_MAGIC_SIZE;

    if (size > sizeof(buf)) {
        return MCUB_E_GEOMETRY;
    }
    memset(buf, trailer->flash->erased_val, pad);
    mcub_trailer_magic(trailer->max_align, buf + pad);
    return mcub_flash_write(trailer->flash,
            trailer->off + trailer->layout.magic - pad, buf, size);
}

int mcub_trailer_write_image_ok(const struct mcub_trailer *trailer)
{
    const uint8_t set = 1;

    return write_cell(trailer, trailer->layout.image_ok, &set, 1);
}

int mcub_trailer_write_copy_done(const struct mcub_trailer *trailer)
{
    const uint8_t set = 1;

    return write_cell(trailer, trailer->layout.copy_done, &set, 1);
}

int mcub_trailer_write_swap_info(const struct mcub_trailer *trailer,
        uint8_t image, enum mcub_swap_type type)
{
    uint8_t info = (uint8_t)(((image & 0x0fu) << 4) | ((uint8_t)type & 0x0fu));

    return write_cell(trailer, trailer->layout.swap_info, &info, 1);
}

int mcub_trailer_write_swap_size(const struct mcub_trailer *trailer,
        uint32_t size)
{
    uint8_t buf[4];

    mcub_store_le32(buf, size);
    return write_cell(trailer, trailer->layout.swap_size, buf, sizeof(buf));
}

int mcub_trailer_write_tlv_sizes(const struct mcub_trailer *trailer,
        uint16_t primary, uint16_t secondary)
{
    uint8_t buf[4];

    mcub_store_le16(buf, primary);
    mcub_store_le16(buf + 2, secondary);
    return write_cell(trailer, trailer->layout.tlv_sizes, buf, sizeof(buf));
}
