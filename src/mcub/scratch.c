// SPDX-License-Identifier: Apache-2.0
/*
 * swap-scratch: regions, the scratch area, and where a cut swap stands.
 *
 * The trailer that a swap is steered by is, in this order,
 *   the primary's  if region 1 holds no trailer,
 *   the scratch's  until the third record of region 1 is written, else
 *   the primary's.
 * While the primary trailer is rewritten at the start (region 1 without
 * trailer), the scratch holds one that says what is being done.
 */
#include "boot_private.h"

#include "private.h"
#include "slot_private.h"

static uint32_t sector_start(const struct mcub_slot *slot, uint32_t off)
{
    struct mcub_sector sector;

    if (mcub_flash_sector_at(slot->flash, slot->off + off, &sector) != 0 ||
            sector.off < slot->off) {
        return 0;
    }
    return sector.off - slot->off;
}

/* Do sectors of both slots start at off? */
static bool is_common(const struct mcub_swap *s, uint32_t off)
{
    return sector_start(s->slot[PRI], off) == off &&
            sector_start(s->slot[SEC], off) == off;
}

uint32_t mcub_region_top(const struct mcub_swap *s)
{
    const struct mcub_slot *pri = s->slot[PRI];
    uint32_t off = 0;

    while (off < pri->size) {
        struct mcub_sector sector;

        if (mcub_flash_sector_at(pri->flash, pri->off + off, &sector) != 0) {
            return 0;
        }
        off += sector.size;
        if (off >= s->copy_size && (off == pri->size || is_common(s, off))) {
            return off;
        }
    }
    return 0;
}

static uint32_t trailers_start(const struct mcub_swap *s)
{
    return mcub_min(s->trailer[PRI].layout.status,
            s->trailer[SEC].layout.status);
}

int mcub_region_below(const struct mcub_swap *s, uint32_t end,
        struct mcub_region *region)
{
    const struct mcub_slot *scratch = &s->boot->board->scratch;
    uint32_t start = end;
    uint32_t off = end;

    while (off > 0) {
        off = sector_start(s->slot[PRI], off - 1);
        if (end - off > scratch->size) {
            break;
        }
        if (is_common(s, off)) {
            start = off;
        }
    }
    if (start == end) {
        return MCUB_E_GEOMETRY;
    }
    region->off = start;
    region->len = end - start;
    region->copy = region->len;
    region->use_scratch = end > trailers_start(s);
    if (region->use_scratch) {
        uint32_t room = scratch->size - s->trailer[PRI].layout.scratch_size;

        region->copy = mcub_min(trailers_start(s) - start, room);
        region->copy =
                mcub_align_down(region->copy, s->slot[SEC]->flash->write_size);
    }
    return 0;
}

uint32_t mcub_region_count(const struct mcub_swap *s)
{
    struct mcub_region region;
    uint32_t count = 0;

    for (uint32_t end = mcub_region_top(s);
            end > 0 && mcub_region_below(s, end, &region) == 0;
            end = region.off) {
        count++;
    }
    return count;
}

static uint32_t count_sectors(const struct mcub_slot *slot)
{
    uint32_t count = 0;

    for (uint32_t end = slot->size; end > 0; count++) {
        end = sector_start(slot, end - 1);
    }
    return count;
}

enum mcub_geometry mcub_scratch_measure(const struct mcub_swap *s)
{
    const struct mcub_slot *scratch = &s->boot->board->scratch;
    uint32_t most = s->boot->board->max_sectors;
    struct mcub_region region;

    if (scratch->flash == NULL ||
            scratch->size < s->trailer[PRI].layout.scratch_size) {
        return MCUB_GEOMETRY_SCRATCH;
    }
    if (s->slot[PRI]->size != s->slot[SEC]->size) {
        return MCUB_GEOMETRY_COUNTS;
    }
    if (count_sectors(s->slot[PRI]) > most ||
            count_sectors(s->slot[SEC]) > most) {
        return MCUB_GEOMETRY_MANY;
    }
    for (uint32_t end = s->slot[PRI]->size; end > 0; end = region.off) {
        if (mcub_region_below(s, end, &region) != 0) {
            return MCUB_GEOMETRY_SECTORS;
        }
    }
    return MCUB_GEOMETRY_OK;
}

/*
 * From the end down: the trailer must be gone before the data it speaks of,
 * or a swap resumed by it would copy erased flash.
 */
int mcub_scratch_erase(const struct mcub_swap *s, uint32_t len,
        bool with_trailer)
{
    const struct mcub_slot *scratch = s->slot[SCR];
    uint32_t trailer = mcub_slot_trailer_start(scratch, &s->trailer[SCR]);
    uint32_t end = scratch->size;

    if ((s->boot->options & MCUB_BOOT_AS_REFERENCE) != 0) {
        len = end;
    }
    while (end > 0) {
        uint32_t start = sector_start(scratch, end - 1);

        if (start < len || (with_trailer && start >= trailer)) {
            int rc = mcub_swap_erase(s, SCR, start, end);

            if (rc != 0) {
                return rc;
            }
        }
        end = start;
    }
    return 0;
}

/*
 * Region 1 shares a sector with the trailers, both the primary trailer and
 * the scratch trailer look whole, and three records are there. Either the
 * erase of the old primary trailer was cut (go by the scratch), or the erase
 * of the scratch after the third record (go by the primary): then the scratch
 * holds what the primary holds, less what is erased already.
 */
static int scratch_is_stale(struct mcub_swap *s,
        const struct mcub_region *region)
{
    const uint32_t half = MCUB_BOOT_BUF_SIZE / 2;
    uint8_t *copy = s->boot->buf;
    uint8_t erased = s->slot[SCR]->flash->erased_val;

    if (mcub_crypt_compare(s, region) != 0) {
        return 0;
    }
    for (uint32_t off = 0; off < region->copy; off += half) {
        uint32_t n = mcub_min(region->copy - off, half);
        struct mcub_place pri = { PRI, region->off + off };
        struct mcub_place scr = { SCR, off };

        if (mcub_swap_is_same(s, scr, pri, n) == 1) {
            continue;
        }
        /*
         * is_same left both pieces in the buffer, that of the scratch as it
         * would be in the primary; the same bits differ as they are stored.
         */
        for (uint32_t i = 0; i < n; i++) {
            copy[half + i] ^= copy[i];
        }
        if (mcub_crypt_apply(s, scr, pri, copy, n) != 0) {
            return 0;
        }
        for (uint32_t i = 0; i < n; i++) {
            uint8_t more = copy[half + i];
            uint8_t kept = (uint8_t)(copy[i] ^ erased);

            if ((more & kept) != 0) {
                return 0;
            }
        }
    }
    return 1;
}

static void take(struct mcub_swap *s, uint8_t area, uint32_t records)
{
    s->started = true;
    s->status = area;
    s->found = s->state[area].swap_type;
    s->records = records;
}

static int find_in_primary(struct mcub_swap *s, uint32_t records)
{
    bool marked = mcub_swap_is_marked(s);

    s->copy_size = records > 0 ? s->state[PRI].swap_size : 0;
    if (records > 0 || (mcub_swap_is_under_way(s, PRI) && !marked)) {
        take(s, PRI, records);
    }
    return 0;
}

/* The scratch trailer is ours, and region 1 has none of its own. */
static int find_start(struct mcub_swap *s, uint32_t primary_records)
{
    bool marked = mcub_swap_is_marked(s);

    if (!marked && s->state[SCR].swap_type != MCUB_SWAP_REVERT) {
        return find_in_primary(s, primary_records);
    }
    /* The marks of an upgrade are whole yet, and say more: begin again. */
    s->copy_size = 0;
    if (!marked) {
        take(s, SCR, 0);
    }
    return 0;
}

static int find_in_scratch(struct mcub_swap *s,
        const struct mcub_region *region, uint32_t primary_records)
{
    uint32_t records = 0;

    if (primary_records == 3 && scratch_is_stale(s, region) == 1) {
        take(s, PRI, 3);
        return 0;
    }
    int rc = mcub_progress_read(s, SCR, &records);

    if (rc == 0 && records > 0) {
        take(s, SCR, records);
    } else {
        /* Nothing has moved, and the primary trailer is as it was. */
        s->copy_size = 0;
    }
    return rc;
}

int mcub_scratch_find(struct mcub_swap *s)
{
    struct mcub_region region;
    uint32_t records = 0;
    int rc = 0;

    if (mcub_swap_is_under_way(s, PRI)) {
        rc = mcub_progress_read(s, PRI, &records);
    }
    if (rc != 0 || !mcub_swap_is_under_way(s, SCR)) {
        return rc == 0 ? find_in_primary(s, records) : rc;
    }
    s->copy_size = s->state[SCR].swap_size;
    rc = mcub_region_below(s, mcub_region_top(s), &region);
    if (rc == 0 && region.use_scratch) {
        return find_in_scratch(s, &region, records);
    }
    return rc == 0 ? find_start(s, records) : find_in_primary(s, records);
}
