// SPDX-License-Identifier: Apache-2.0
/*
 * Padding of image files up to the end of their slot. The trailer is laid
 * out from the end as in mcub/trailer.h; what is reserved for it follows
 * imgtool: three states per row whatever the mode, two keys.
 */
#include "mcub/trailer.h"
#include "mcub/write.h"

#include <string.h>

#include "private.h"

#define STATES 3u
#define CHUNK  64u

static bool is_sane(const struct mcub_pad_spec *pad)
{
    return (pad->max_align == 8 || pad->max_align == 16 ||
                   pad->max_align == 32) &&
            mcub_is_power_of_two(pad->align) && pad->align <= 32 &&
            pad->max_sectors <= 0xffffu && pad->key_size <= 0xffffu;
}

uint32_t mcub_pad_trailer_size(const struct mcub_pad_spec *pad)
{
    if (!is_sane(pad)) {
        return 0;
    }
    uint32_t a = pad->max_align;
    uint32_t magic = mcub_align_up(MCUB_TRAILER_MAGIC_SIZE, a);

    if (pad->overwrite) {
        return 2 * a + magic;
    }
    return pad->max_sectors * STATES * pad->align +
            2 * mcub_align_up(pad->key_size, a) + 4 * a + magic;
}

static int put_erased(const struct mcub_pad_spec *pad, uint32_t len,
        const struct mcub_sink *sink)
{
    uint8_t erased[CHUNK];
    int rc = 0;

    memset(erased, pad->erased_value, sizeof(erased));
    while (len > 0 && rc == 0) {
        uint32_t n = mcub_min(len, sizeof(erased));

        rc = sink->write(sink->ctx, erased, n);
        len -= n;
    }
    return rc;
}

int mcub_pad_write(const struct mcub_pad_spec *pad, uint32_t size,
        const struct mcub_sink *sink)
{
    uint32_t trailer = mcub_pad_trailer_size(pad);
    uint8_t magic[MCUB_TRAILER_MAGIC_SIZE];
    uint8_t ok = pad->erased_value;

    if (trailer == 0) {
        return MCUB_E_GEOMETRY;
    }
    if (trailer > pad->slot_size || size > pad->slot_size - trailer) {
        return MCUB_E_TOO_LARGE;
    }
    if (pad->confirm && !pad->overwrite) {
        ok = 0x01;
    }
    /* image_ok starts the cell below the magic. */
    uint32_t cell =
            pad->max_align + mcub_align_up(sizeof(magic), pad->max_align);
    int rc = put_erased(pad, pad->slot_size - size - cell, sink);

    if (rc == 0) {
        rc = sink->write(sink->ctx, &ok, 1);
    }
    if (rc == 0) {
        rc = put_erased(pad, cell - 1 - (uint32_t)sizeof(magic), sink);
    }
    if (rc == 0) {
        mcub_trailer_magic(pad->max_align, magic);
        rc = sink->write(sink->ctx, magic, sizeof(magic));
    }
    return rc;
}
