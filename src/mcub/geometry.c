// SPDX-License-Identifier: Apache-2.0
/*
 * Do the slots of an image fit for being swapped, and in which pieces?
 *
 *   mode     sectors                              counts
 *   -------  -----------------------------------  -------------------------
 *   move     one size in both slots               primary = secondary (+ 1)
 *   offset   one size in both slots               secondary = primary (+ 1)
 *   scratch  ends meet at least once per scratch  slots of the same size
 */
#include "engines_private.h"

#include "private.h"

/* Bytes from slot start to the end of the sector that holds off; 0: none. */
static uint32_t sector_end(const struct mcub_slot *slot, uint32_t off)
{
    struct mcub_sector sector;

    if (off >= slot->size ||
            mcub_flash_sector_at(slot->flash, slot->off + off, &sector) != 0) {
        return 0;
    }
    return sector.off + sector.size - slot->off;
}

/* All sectors of a slot of one size; 0 if they differ. */
static uint32_t uniform_sector(const struct mcub_slot *slot)
{
    uint32_t size = sector_end(slot, 0);

    for (uint32_t off = 0; off < slot->size;) {
        uint32_t end = sector_end(slot, off);

        if (end == 0 || end - off != size) {
            return 0;
        }
        off = end;
    }
    return size;
}

static enum mcub_geometry measure_uniform(struct mcub_swap *s)
{
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
    return MCUB_GEOMETRY_OK;
}

void mcub_swap_measure_slots(struct mcub_swap *s)
{
    s->geometry = MCUB_GEOMETRY_OK;
    if (!HAS_SWAP) {
        return;
    }
    if (s->mode == MCUB_MODE_MOVE || s->mode == MCUB_MODE_OFFSET) {
        s->geometry = measure_uniform(s);
    } else if (s->mode == MCUB_MODE_SCRATCH) {
        s->geometry = mcub_scratch_measure(s);
    } else {
        return;
    }
    if (s->geometry == MCUB_GEOMETRY_OK && s->limit == 0) {
        s->geometry = MCUB_GEOMETRY_TRAILER;
    }
}

uint32_t mcub_swap_sectors(const struct mcub_swap *s, uint32_t size)
{
    return (size + s->sector - 1) / s->sector;
}
