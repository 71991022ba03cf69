// SPDX-License-Identifier: Apache-2.0
/*
 * Slots: erasing, and writing an image as a stream.
 */
#include "mcub/slot.h"

#include <string.h>

#include "private.h"
#include "slot_private.h"

/* Erase [from, to) of a slot, both on sectors, ascending. */
static int erase_range(const struct mcub_slot *slot, uint32_t from, uint32_t to)
{
    return mcub_flash_erase(slot->flash, slot->off + from, to - from);
}

/* Erase the sectors up to slot offset to; those of the trailer are erased. */
static int erase_on(struct mcub_slot_writer *writer, uint32_t to)
{
    const struct mcub_slot *slot = writer->slot;
    struct mcub_sector sector;

    to = mcub_min(to, writer->blank);
    while (writer->erased < to) {
        int rc = mcub_flash_sector_at(slot->flash, slot->off + writer->erased,
                &sector);

        if (rc == 0) {
            rc = mcub_flash_erase(slot->flash, sector.off, sector.size);
        }
        if (rc != 0) {
            return rc;
        }
        writer->erased = sector.off + sector.size - slot->off;
    }
    return 0;
}

int mcub_slot_erase_all(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer)
{
    uint32_t start = mcub_slot_trailer_start(slot, trailer);
    int rc = erase_range(slot, start, slot->size);

    return rc == 0 ? erase_range(slot, 0, start) : rc;
}

int mcub_slot_erase_trailer(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer)
{
    return erase_range(slot, mcub_slot_trailer_start(slot, trailer),
            slot->size);
}

int mcub_slot_erase(const struct mcub_board *board, uint8_t image, uint8_t slot)
{
    struct mcub_trailer trailer;
    int rc = mcub_slot_trailer(board, image, slot, &trailer);

    if (rc != 0) {
        return rc;
    }
    return mcub_slot_erase_all(mcub_board_slot(board, image, slot), &trailer);
}

int mcub_slot_writer_init(struct mcub_slot_writer *writer,
        const struct mcub_board *board, uint8_t image, uint8_t slot,
        uint32_t len, bool progressive)
{
    struct mcub_slot_writer w = { .len = len };
    struct mcub_trailer trailer;
    int rc = mcub_slot_trailer(board, image, slot, &trailer);

    if (rc != 0) {
        return rc;
    }
    w.slot = mcub_board_slot(board, image, slot);
    w.base = mcub_slot_upload_offset(board, image, slot);
    if (len > w.slot->size - w.base) {
        return MCUB_E_TOO_LARGE;
    }
    /*
     * From 0, not from base: an old header left in the first sector of a
     * swap-offset slot would be taken for a wrong upload address. And whatever
     * it looks like: flash whose erase was cut, or that was programmed with
     * the erased value, is blank only to the eye.
     */
    rc = mcub_slot_erase_trailer(w.slot, &trailer);
    if (rc == 0) {
        w.blank = mcub_slot_trailer_start(w.slot, &trailer);
        rc = erase_on(&w, progressive ? w.base : w.base + len);
    }
    if (rc == 0) {
        *writer = w;
    }
    return rc;
}

int mcub_slot_erase_for(const struct mcub_board *board, uint8_t image,
        uint8_t slot, uint32_t len)
{
    struct mcub_slot_writer writer;

    return mcub_slot_writer_init(&writer, board, image, slot, len, false);
}

/* n is a multiple of the write size; the bytes before it are in flash. */
static int flush(struct mcub_slot_writer *writer, const uint8_t *data,
        uint32_t n, uint32_t done)
{
    const struct mcub_slot *slot = writer->slot;
    uint32_t at = writer->base + done;

    /* Padding may run over the end of a slot only if it is not aligned. */
    if (n > slot->size - at) {
        return MCUB_E_TOO_LARGE;
    }
    int rc = erase_on(writer, at + n);

    if (rc != 0) {
        return rc;
    }
    return mcub_flash_write(slot->flash, slot->off + at, data, n);
}

int mcub_slot_writer_write(struct mcub_slot_writer *writer, const void *data,
        size_t len)
{
    uint32_t block = writer->slot->flash->write_size;
    const uint8_t *p = data;

    if (len > writer->len - writer->written) {
        return MCUB_E_TOO_LARGE;
    }
    uint32_t left = (uint32_t)len;

    while (left > 0) {
        uint32_t n = mcub_align_down(left, block);
        int rc = 0;

        if (writer->fill == 0 && n > 0) {
            rc = flush(writer, p, n, writer->written);
        } else {
            n = mcub_min(left, block - writer->fill);
            memcpy(writer->block + writer->fill, p, n);
            writer->fill = (uint8_t)(writer->fill + n);
            if (writer->fill == block) {
                writer->fill = 0;
                rc = flush(writer, writer->block, block,
                        writer->written + n - block);
            }
        }
        if (rc != 0) {
            return rc;
        }
        writer->written += n;
        p += n;
        left -= n;
    }
    return 0;
}

int mcub_slot_writer_finish(struct mcub_slot_writer *writer)
{
    uint32_t block = writer->slot->flash->write_size;

    if (writer->written != writer->len) {
        return MCUB_E_SHORT;
    }
    if (writer->fill == 0) {
        return 0;
    }
    memset(writer->block + writer->fill, writer->slot->flash->erased_val,
            block - writer->fill);
    uint32_t done = writer->written - writer->fill;

    writer->fill = 0;
    return flush(writer, writer->block, block, done);
}
