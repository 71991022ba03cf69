// SPDX-License-Identifier: Apache-2.0
/*
 * The board: which slots there are, and how large an image may be.
 */
#include "mcub/slot.h"

#include "private.h"
#include "slot_private.h"

static bool slot_is_sane(const struct mcub_slot *slot, uint32_t max_align)
{
    const struct mcub_flash *flash = slot->flash;
    struct mcub_sector sector;

    if (flash == NULL || slot->size == 0 || slot->off > flash->size ||
            slot->size > flash->size - slot->off ||
            !mcub_is_power_of_two(flash->write_size) ||
            flash->write_size > MCUB_WRITE_SIZE_MAX ||
            flash->write_size > max_align) {
        return false;
    }
    if (mcub_flash_sector_at(flash, slot->off, &sector) != 0 ||
            sector.off != slot->off) {
        return false;
    }
    /* The slot must end where a sector ends. */
    uint32_t last = slot->off + slot->size - 1;

    return mcub_flash_sector_at(flash, last, &sector) == 0 &&
            sector.off + sector.size - 1 == last;
}

int mcub_board_check(const struct mcub_board *board)
{
    if (board->image_count == 0 || board->image_count > MCUB_IMAGES_MAX ||
            board->pairs == NULL) {
        return MCUB_E_ARG;
    }
    if (board->mode == MCUB_MODE_SCRATCH &&
            !slot_is_sane(&board->scratch, board->max_align)) {
        return MCUB_E_GEOMETRY;
    }
    for (uint8_t image = 0; image < board->image_count; image++) {
        for (uint8_t slot = 0; slot < 2; slot++) {
            struct mcub_trailer trailer;

            if (slot == MCUB_SLOT_SECONDARY &&
                    (board->mode == MCUB_MODE_SINGLE ||
                            board->mode == MCUB_MODE_SINGLE_RAM)) {
                continue;
            }
            if (!slot_is_sane(&board->pairs[image].slot[slot],
                        board->max_align) ||
                    mcub_slot_trailer(board, image, slot, &trailer) != 0) {
                return MCUB_E_GEOMETRY;
            }
        }
    }
    return 0;
}

const struct mcub_slot *mcub_board_slot(const struct mcub_board *board,
        uint8_t image, uint8_t slot)
{
    if (image >= board->image_count || slot > MCUB_SLOT_SECONDARY ||
            board->pairs[image].slot[slot].flash == NULL) {
        return NULL;
    }
    return &board->pairs[image].slot[slot];
}

enum mcub_mode mcub_board_image_mode(const struct mcub_board *board,
        uint8_t image)
{
    if (image < board->image_count && board->pairs[image].overwrite) {
        return MCUB_MODE_OVERWRITE;
    }
    return board->mode;
}

bool mcub_slot_is_readable(const struct mcub_board *board, uint8_t image,
        uint8_t slot)
{
    return mcub_board_slot(board, image, slot) != NULL &&
            !(slot == MCUB_SLOT_PRIMARY && board->pairs[image].unreadable);
}

int mcub_slot_trailer(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_trailer *trailer)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);
    const struct mcub_slot *primary =
            mcub_board_slot(board, image, MCUB_SLOT_PRIMARY);

    if (s == NULL || primary == NULL) {
        return MCUB_E_ARG;
    }
    struct mcub_trailer_params params = {
        .slot_size = s->size,
        .write_size = primary->flash->write_size,
        .max_align = board->max_align,
        .max_sectors = board->max_sectors,
        .mode = mcub_board_image_mode(board, image),
        .enc_size = board->enc_size,
    };

    if (params.mode == MCUB_MODE_SCRATCH && board->scratch.flash != NULL &&
            board->scratch.flash->write_size > params.write_size) {
        params.write_size = board->scratch.flash->write_size;
    }
    trailer->flash = s->flash;
    trailer->off = s->off;
    trailer->max_align = board->max_align;
    return mcub_trailer_layout(&params, &trailer->layout);
}

uint32_t mcub_slot_trailer_start(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer)
{
    struct mcub_sector sector;

    if (mcub_flash_sector_at(slot->flash, slot->off + trailer->layout.status,
                &sector) != 0) {
        return 0;
    }
    return sector.off - slot->off;
}

static uint32_t less(uint32_t a, uint32_t b)
{
    return a > b ? a - b : 0;
}

/*
 * swap-scratch: the trailer moves through the scratch area, which must hold
 * it beside the image bytes of the first sector both share, which ends at
 * slot offset end.
 */
static uint32_t max_scratch(const struct mcub_slot *slot,
        const struct mcub_trailer_layout *l, uint32_t end)
{
    uint32_t pad = less(l->scratch_size, end - l->status);

    return mcub_align_down(less(l->status, pad), slot->flash->write_size);
}

static uint32_t max_in_slot(const struct mcub_board *board, uint8_t image,
        uint8_t slot)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);
    struct mcub_trailer trailer;
    struct mcub_sector first;
    struct mcub_sector shared; /* the first that the trailer touches */

    if (mcub_slot_trailer(board, image, slot, &trailer) != 0 ||
            mcub_flash_sector_at(s->flash, s->off, &first) != 0 ||
            mcub_flash_sector_at(s->flash, s->off + trailer.layout.status,
                    &shared) != 0) {
        return 0;
    }
    uint32_t start = shared.off - s->off;

    switch (mcub_board_image_mode(board, image)) {
    case MCUB_MODE_MOVE:
        /* The running image moves up by one sector first. */
        return slot == MCUB_SLOT_PRIMARY ? less(start, first.size) : start;
    case MCUB_MODE_OFFSET:
        return slot == MCUB_SLOT_SECONDARY ? less(start, first.size) : start;
    case MCUB_MODE_SCRATCH:
        return max_scratch(s, &trailer.layout, start + shared.size);
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_SINGLE_RAM:
        return trailer.layout.status;
    case MCUB_MODE_OVERWRITE:
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_RAM_LOAD:
        break;
    }
    return trailer.layout.swap_info;
}

uint32_t mcub_max_image_size(const struct mcub_board *board, uint8_t image)
{
    if (mcub_board_slot(board, image, MCUB_SLOT_PRIMARY) == NULL) {
        return 0;
    }
    uint32_t max = max_in_slot(board, image, MCUB_SLOT_PRIMARY);

    if (mcub_board_slot(board, image, MCUB_SLOT_SECONDARY) != NULL) {
        max = mcub_min(max, max_in_slot(board, image, MCUB_SLOT_SECONDARY));
    }
    return max;
}
