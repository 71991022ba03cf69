// SPDX-License-Identifier: Apache-2.0
/*
 * Trailer: layout, reading, writing single fields.
 */
#include "mcub/trailer.h"

#include <string.h>

#include "mcub/options.h"
#include "private.h"

// clang-format off
static const uint8_t magic_align8[MCUB_TRAILER_MAGIC_SIZE] = {
    0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
};

/* The first two bytes are max_align, little-endian. */
static const uint8_t magic_aligned[MCUB_TRAILER_MAGIC_SIZE] = {
    0x00, 0x00, 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
    0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a,
};
// clang-format on

/* The largest part behind the rows: five cells and the magic. */
#define INFO_MAX (5u * 32u + 32u)

void mcub_trailer_magic(uint32_t max_align,
        uint8_t magic[MCUB_TRAILER_MAGIC_SIZE])
{
    memcpy(magic, max_align == 8 ? magic_align8 : magic_aligned,
            MCUB_TRAILER_MAGIC_SIZE);
    if (max_align != 8) {
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
    struct mcub_trailer_layout l = { .cell = params->write_size };

    if (!params_are_sane(params)) {
        return MCUB_E_GEOMETRY;
    }
    uint32_t a = params->max_align;
    uint32_t end = params->slot_size;
    uint32_t row = states_of(params->mode) * l.cell;
    uint32_t key = mcub_align_up(params->enc_size, a);
    uint32_t pos = end - mcub_align_up(MCUB_TRAILER_MAGIC_SIZE, a) - a;

    /* Downward; a slot too small for it wraps, which size tells below. */
    l.magic = end - MCUB_TRAILER_MAGIC_SIZE;
    l.image_ok = pos;
    l.copy_done = pos -= a;
    l.swap_info = pos -= a;
    if (params->mode == MCUB_MODE_OFFSET) {
        l.tlv_sizes = pos -= a;
    }
    l.swap_size = pos -= a;
    if (key != 0) {
        l.enc_key0 = pos -= key;
        l.enc_key1 = pos -= key;
    }
    l.info_size = end - pos;
    l.status_size = params->max_sectors * row;
    l.size = l.status_size + l.info_size;
    l.scratch_size = row + l.info_size;
    l.status = end - l.size;
    if (l.size > end) {
        return MCUB_E_GEOMETRY;
    }
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

static bool all_erased(const uint8_t *p, size_t len, uint8_t erased_val)
{
    while (len > 0 && *p == erased_val) {
        p++;
        len--;
    }
    return len == 0;
}

static uint8_t read_magic(const uint8_t *stored, uint32_t max_align,
        uint8_t erased_val)
{
    uint8_t good[MCUB_TRAILER_MAGIC_SIZE];

    mcub_trailer_magic(max_align, good);
    if (memcmp(stored, good, sizeof(good)) == 0) {
        return MCUB_MARK_GOOD;
    }
    return all_erased(stored, sizeof(good), erased_val) ? MCUB_MARK_UNSET
                                                        : MCUB_MARK_BAD;
}

static uint8_t read_flag(uint8_t value, uint8_t erased_val)
{
    if (value == 1) {
        return MCUB_MARK_SET;
    }
    return value == erased_val ? MCUB_MARK_UNSET : MCUB_MARK_BAD;
}

int mcub_trailer_read(const struct mcub_trailer *trailer,
        struct mcub_trailer_state *state)
{
    const struct mcub_trailer_layout *l = &trailer->layout;
    uint8_t erased = trailer->flash->erased_val;
    uint8_t info[INFO_MAX];
    uint32_t base = l->swap_size;
    uint32_t len = l->magic + MCUB_TRAILER_MAGIC_SIZE - base;

    if (len > sizeof(info)) {
        return MCUB_E_GEOMETRY;
    }
    int rc = mcub_flash_read(trailer->flash, trailer->off + base, info, len);

    if (rc != 0) {
        return rc;
    }
    mcub_trailer_state_init(state);
    state->magic =
            read_magic(info + (l->magic - base), trailer->max_align, erased);
    state->image_ok = read_flag(info[l->image_ok - base], erased);
    state->copy_done = read_flag(info[l->copy_done - base], erased);

    uint8_t swap = info[l->swap_info - base];
    uint8_t type = swap & 0x0fu;

    if (swap != erased && type >= MCUB_SWAP_TEST && type <= MCUB_SWAP_REVERT) {
        state->swap_type = type;
        state->image = swap >> 4;
    }
    if (!all_erased(info, 4, erased)) {
        state->has_swap_size = true;
        state->swap_size = mcub_load_le32(info);
    }
    return 0;
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
