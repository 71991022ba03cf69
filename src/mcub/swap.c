// SPDX-License-Identifier: Apache-2.0
/*
 * What the swap engines share: opening, geometry, copying, trailers.
 */
#include "boot_private.h"

#include "private.h"
#include "slot_private.h"

void mcub_boot_log(const struct mcub_swap *s, enum mcub_log_event event,
        uint32_t a, uint32_t b)
{
    const struct mcub_boot *boot = s->boot;

    if (boot->ops != NULL && boot->ops->log != NULL) {
        boot->ops->log(boot->ops_ctx, event, s->image, a, b);
    }
}

/*
 * A swap is under way when the primary trailer is complete (magic is written
 * last), names a swap, and copy_done (the last write of all) is missing,
 * while the secondary's mark is gone or half erased. With the mark still
 * whole nothing has moved yet, and starting again is the same.
 */
static bool swap_is_under_way(const struct mcub_swap *s)
{
    const struct mcub_trailer_state *pri = &s->state[PRI];
    const struct mcub_trailer_state *sec = &s->state[SEC];

    return pri->magic == MCUB_MARK_GOOD && pri->copy_done == MCUB_MARK_UNSET &&
            pri->swap_type != MCUB_SWAP_NONE && pri->swap_size > 0 &&
            pri->swap_size <= s->limit &&
            (sec->magic != MCUB_MARK_GOOD || sec->image_ok == MCUB_MARK_BAD);
}

int mcub_swap_open(struct mcub_swap *s, struct mcub_boot *boot, uint8_t image)
{
    const struct mcub_board *board = boot->board;
    int rc = 0;

    *s = (struct mcub_swap){
        .boot = boot,
        .image = image,
        .mode = mcub_board_image_mode(board, image),
        .type = MCUB_SWAP_NONE,
        .limit = mcub_max_image_size(board, image),
    };
    for (uint8_t slot = 0; slot < 2 && rc == 0; slot++) {
        s->slot[slot] = mcub_board_slot(board, image, slot);
        mcub_trailer_state_init(&s->state[slot]);
        if (s->slot[slot] == NULL) {
            continue;
        }
        rc = mcub_slot_trailer(board, image, slot, &s->trailer[slot]);
        if (rc != 0) {
            break;
        }
        rc = mcub_slot_state(board, image, slot, &s->state[slot]);
        if (rc == MCUB_E_FLASH && slot == SEC) {
            /* As if nothing were marked: the primary can still boot. */
            mcub_trailer_state_init(&s->state[slot]);
            rc = 0;
        }
    }
    if (rc != 0) {
        return rc;
    }
    if ((s->mode == MCUB_MODE_MOVE || s->mode == MCUB_MODE_OFFSET) &&
            swap_is_under_way(s)) {
        s->started = true;
        s->copy_size = s->state[PRI].swap_size;
        return mcub_progress_read(s);
    }
    return 0;
}

/* All sectors of a slot of one size; 0 if they differ. */
static uint32_t uniform_sector(const struct mcub_slot *slot)
{
    struct mcub_sector sector;
    uint32_t size = 0;

    for (uint32_t off = 0; off < slot->size; off += sector.size) {
        if (mcub_flash_sector_at(slot->flash, slot->off + off, &sector) != 0) {
            return 0;
        }
        if (size != 0 && size != sector.size) {
            return 0;
        }
        size = sector.size;
    }
    return size;
}

enum mcub_geometry mcub_swap_geometry(struct mcub_swap *s)
{
    if (s->mode != MCUB_MODE_MOVE && s->mode != MCUB_MODE_OFFSET) {
        return MCUB_GEOMETRY_OK;
    }
    s->sector = uniform_sector(s->slot[PRI]);
    if (s->sector == 0 || s->sector != uniform_sector(s->slot[SEC])) {
        return MCUB_GEOMETRY_SECTORS;
    }
    uint32_t pri = s->slot[PRI]->size / s->sector;
    uint32_t sec = s->slot[SEC]->size / s->sector;
    bool fits = s->mode == MCUB_MODE_MOVE ? pri == sec || pri == sec + 1
                                          : sec == pri || sec == pri + 1;

    if (!fits) {
        return MCUB_GEOMETRY_COUNTS;
    }
    if (pri > s->boot->board->max_sectors) {
        return MCUB_GEOMETRY_MANY;
    }
    return s->limit == 0 ? MCUB_GEOMETRY_TRAILER : MCUB_GEOMETRY_OK;
}

uint32_t mcub_swap_secondary_off(const struct mcub_swap *s,
        enum mcub_swap_type type)
{
    return s->mode == MCUB_MODE_OFFSET && type != MCUB_SWAP_REVERT ? s->sector
                                                                   : 0;
}

int mcub_swap_copy(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len)
{
    const struct mcub_slot *src = s->slot[from.slot];
    const struct mcub_slot *dst = s->slot[to.slot];

    for (uint32_t off = 0; off < len; off += MCUB_BOOT_BUF_SIZE) {
        uint32_t n = mcub_min(len - off, MCUB_BOOT_BUF_SIZE);
        int rc = mcub_flash_read(src->flash, src->off + from.off + off,
                s->boot->buf, n);

        if (rc == 0) {
            rc = mcub_flash_write(dst->flash, dst->off + to.off + off,
                    s->boot->buf, n);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int mcub_swap_copy_sector(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to)
{
    const struct mcub_slot *dst = s->slot[to.slot];
    int rc = mcub_flash_erase(dst->flash, dst->off + to.off, s->sector);

    return rc == 0 ? mcub_swap_copy(s, from, to, s->sector) : rc;
}

int mcub_swap_erase_trailer(const struct mcub_swap *s, uint8_t slot)
{
    return mcub_slot_erase_trailer(s->slot[slot], &s->trailer[slot]);
}

int mcub_swap_write_trailer(const struct mcub_swap *s, uint8_t slot,
        bool image_ok)
{
    const struct mcub_trailer *t = &s->trailer[slot];
    int rc = mcub_trailer_write_swap_info(t, s->image, s->type);

    if (rc == 0 && image_ok) {
        rc = mcub_trailer_write_image_ok(t);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_swap_size(t, s->copy_size);
    }
    if (rc == 0 && s->mode == MCUB_MODE_OFFSET) {
        rc = mcub_trailer_write_tlv_sizes(t, s->tlv_sizes[PRI],
                s->tlv_sizes[SEC]);
    }
    return rc == 0 ? mcub_trailer_write_magic(t) : rc;
}

int mcub_swap_finish(struct mcub_swap *s)
{
    const struct mcub_trailer *t = &s->trailer[PRI];
    struct mcub_trailer_state state;
    int rc = mcub_trailer_read(t, &state);

    if (rc == 0 && s->type != MCUB_SWAP_TEST &&
            state.image_ok == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_image_ok(t);
    }
    if (rc == 0 && state.copy_done == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_copy_done(t);
    }
    return rc;
}
