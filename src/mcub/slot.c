// SPDX-License-Identifier: Apache-2.0
/*
 * Slots: reading, finding images, marks.
 */
#include "mcub/slot.h"

#include "private.h"
#include "slot_private.h"

int mcub_slot_state(const struct mcub_board *board, uint8_t image, uint8_t slot,
        struct mcub_trailer_state *state)
{
    struct mcub_trailer trailer;
    int rc = mcub_slot_trailer(board, image, slot, &trailer);

    if (rc != 0) {
        return rc;
    }
    if (!mcub_slot_is_readable(board, image, slot)) {
        mcub_trailer_state_init(state);
        return 0;
    }
    return mcub_trailer_read(&trailer, state);
}

static bool mode_swaps(enum mcub_mode mode)
{
    return mode == MCUB_MODE_MOVE || mode == MCUB_MODE_OFFSET ||
            mode == MCUB_MODE_SCRATCH || mode == MCUB_MODE_OVERWRITE;
}

enum mcub_swap_type mcub_slot_decide(const struct mcub_trailer_state *primary,
        const struct mcub_trailer_state *secondary, enum mcub_mode mode)
{
    struct mcub_trailer_state pri = *primary;

    if (pri.copy_done == MCUB_MARK_BAD) {
        pri.copy_done = MCUB_MARK_SET;
    }
    return mcub_swap_type_decide(&pri, secondary, mode == MCUB_MODE_OFFSET);
}

enum mcub_swap_type mcub_board_swap_type(const struct mcub_board *board,
        uint8_t image)
{
    enum mcub_mode mode = mcub_board_image_mode(board, image);
    struct mcub_trailer_state primary;
    struct mcub_trailer_state secondary;

    if (image >= board->image_count || !mode_swaps(mode)) {
        return MCUB_SWAP_NONE;
    }
    if (mcub_slot_state(board, image, MCUB_SLOT_PRIMARY, &primary) != 0) {
        return MCUB_SWAP_PANIC;
    }
    if (mcub_slot_state(board, image, MCUB_SLOT_SECONDARY, &secondary) != 0) {
        mcub_trailer_state_init(&secondary);
    }
    return mcub_slot_decide(&primary, &secondary, mode);
}

uint32_t mcub_slot_upload_offset(const struct mcub_board *board, uint8_t image,
        uint8_t slot)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);
    struct mcub_sector sector;

    if (s == NULL || slot != MCUB_SLOT_SECONDARY ||
            mcub_board_image_mode(board, image) != MCUB_MODE_OFFSET ||
            mcub_flash_sector_at(s->flash, s->off, &sector) != 0) {
        return 0;
    }
    return sector.size;
}

uint32_t mcub_slot_image_offset(const struct mcub_board *board, uint8_t image,
        uint8_t slot)
{
    uint32_t off = mcub_slot_upload_offset(board, image, slot);

    if (off != 0 && mcub_board_swap_type(board, image) == MCUB_SWAP_REVERT) {
        return 0;
    }
    return off;
}

int mcub_slot_open_at(const struct mcub_slot *slot, uint32_t off,
        struct mcub_slot_image *found)
{
    struct mcub_source src = {
        .read = slot->flash->ops->read,
        .ctx = slot->flash->ctx,
        .base = slot->off + off,
        .size = slot->size - off,
    };
    int rc = mcub_image_open(&found->image, &src);

    if (rc == 0) {
        found->off = off;
    }
    return rc;
}

int mcub_slot_open(const struct mcub_board *board, uint8_t image, uint8_t slot,
        struct mcub_slot_image *found)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);

    if (s == NULL) {
        return MCUB_E_ARG;
    }
    if (!mcub_slot_is_readable(board, image, slot)) {
        return MCUB_E_UNREADABLE;
    }
    return mcub_slot_open_at(s, mcub_slot_image_offset(board, image, slot),
            found);
}

int mcub_slot_open_any(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_slot_image *found)
{
    uint32_t upload = mcub_slot_upload_offset(board, image, slot);
    int rc = mcub_slot_open(board, image, slot, found);

    if (upload == 0 || (rc != MCUB_E_NO_IMAGE && rc != MCUB_E_MAGIC)) {
        return rc;
    }
    uint32_t other =
            mcub_slot_image_offset(board, image, slot) == 0 ? upload : 0;
    int second = mcub_slot_open_at(mcub_board_slot(board, image, slot), other,
            found);

    return second == MCUB_E_NO_IMAGE || second == MCUB_E_MAGIC ? rc : second;
}

int mcub_slot_read_info(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_slot_info *info)
{
    struct mcub_slot_image found;
    struct mcub_hash hash;
    int rc = mcub_slot_open(board, image, slot, &found);

    if (rc == 0) {
        rc = mcub_image_find_hash(&found.image, &hash);
    }
    if (rc != 0) {
        return rc;
    }
    info->header = found.image.hdr;
    info->hash = hash;
    info->off = found.off;
    info->total = mcub_image_total_size(&found.image);
    return 0;
}

int mcub_slot_read(const struct mcub_board *board, uint8_t image, uint8_t slot,
        uint32_t off, void *buf, size_t len)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);

    if (s == NULL || off > s->size || len > s->size - off) {
        return MCUB_E_ARG;
    }
    if (!mcub_slot_is_readable(board, image, slot)) {
        return MCUB_E_UNREADABLE;
    }
    return mcub_flash_read(s->flash, s->off + off, buf, len);
}

int mcub_slot_is_blank(const struct mcub_board *board, uint8_t image,
        uint8_t slot)
{
    const struct mcub_slot *s = mcub_board_slot(board, image, slot);

    if (s == NULL) {
        return MCUB_E_ARG;
    }
    if (!mcub_slot_is_readable(board, image, slot)) {
        return MCUB_E_UNREADABLE;
    }
    return mcub_flash_is_erased(s->flash, s->off, s->size);
}

static bool mode_selects(enum mcub_mode mode)
{
    return mode == MCUB_MODE_DIRECT_XIP ||
            mode == MCUB_MODE_DIRECT_XIP_REVERT || mode == MCUB_MODE_RAM_LOAD;
}

int mcub_slot_mark(const struct mcub_board *board, uint8_t image, uint8_t slot,
        bool confirm)
{
    struct mcub_mark_request request = { .image = image, .confirm = confirm };
    struct mcub_trailer trailer;
    int rc = mcub_slot_trailer(board, image, slot, &trailer);

    if (rc != 0) {
        return rc;
    }
    if (!mcub_slot_is_readable(board, image, slot)) {
        return MCUB_E_UNREADABLE;
    }
    request.direct_xip = mode_selects(board->mode);
    request.active = slot == MCUB_SLOT_PRIMARY && !request.direct_xip;
    return mcub_trailer_mark(&trailer, &request);
}

int mcub_slot_set_pending(const struct mcub_board *board, uint8_t image,
        bool permanent)
{
    return mcub_slot_mark(board, image, MCUB_SLOT_SECONDARY, permanent);
}

int mcub_slot_set_confirmed(const struct mcub_board *board, uint8_t image)
{
    return mcub_slot_mark(board, image, MCUB_SLOT_PRIMARY, true);
}
