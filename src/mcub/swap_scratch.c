// SPDX-License-Identifier: Apache-2.0
/*
 * swap-scratch: the slots trade places region by region, from the end down,
 * each through the scratch area. L is the region's length.
 *
 *   phase  step                                              record
 *   -----  ------------------------------------------------  ----------
 *   start  scratch trailer, magic last                       -
 *          [region 1 without trailer: primary trailer, magic
 *           last; erase the scratch trailer]
 *   1      secondary -> scratch                              3 (k - 1) + 1
 *   2      [k = 1: erase secondary trailer]
 *          primary -> secondary                              3 (k - 1) + 2
 *   3      scratch -> primary                                3 (k - 1) + 3
 *          [region 1 with trailer: records 1 and 2, then the
 *           trailer go to the primary before record 3; erase
 *           the scratch, its trailer first]
 *   end    image_ok unless on trial, copy_done
 *
 * Each arrow erases its target first. When region 1 touches a trailer its
 * first two records go to the scratch trailer. At every cut one of primary
 * trailer, scratch trailer and secondary's mark is whole and says what to do;
 * a scratch trailer that does is not erased before another takes over.
 */
#include "boot_private.h"

#include "slot_private.h"

/* The scratch trailer is whole and says what is being done now. */
static bool scratch_tells(const struct mcub_swap *s)
{
    return mcub_swap_is_under_way(s, SCR) &&
            s->state[SCR].swap_type == (uint8_t)s->type;
}

static int start(struct mcub_swap *s, const struct mcub_region *region)
{
    bool image_ok = s->type == MCUB_SWAP_PERM;
    uint32_t data = region->use_scratch ? region->len : 0;
    int rc = 0;

    s->status = region->use_scratch ? SCR : PRI;
    if (region->use_scratch || !scratch_tells(s)) {
        rc = mcub_scratch_erase(s, data, true);
        if (rc == 0) {
            rc = mcub_swap_write_trailer(s, SCR, image_ok);
        }
    }
    if (rc != 0 || region->use_scratch) {
        return rc;
    }
    rc = mcub_swap_erase_trailer(s, PRI);
    if (rc == 0) {
        rc = mcub_swap_write_trailer(s, PRI, image_ok);
    }
    return rc == 0 ? mcub_scratch_erase(s, region->len, true) : rc;
}

static int secondary_to_scratch(struct mcub_swap *s,
        const struct mcub_region *region, bool first)
{
    struct mcub_place from = { SEC, region->off };
    struct mcub_place to = { SCR, 0 };
    int rc = first ? start(s, region)
                   : mcub_scratch_erase(s, region->len, false);

    s->careful = false;
    return rc == 0 ? mcub_swap_copy(s, from, to, region->copy) : rc;
}

static int primary_to_secondary(struct mcub_swap *s,
        const struct mcub_region *region, bool first)
{
    struct mcub_place from = { PRI, region->off };
    struct mcub_place to = { SEC, region->off };

    if (first) {
        int rc = mcub_swap_erase_trailer(s, SEC);

        if (rc != 0) {
            return rc;
        }
    }
    if (!region->use_scratch) {
        return mcub_swap_replace(s, from, to, region->len);
    }
    uint32_t trailer = mcub_slot_trailer_start(s->slot[SEC], &s->trailer[SEC]);
    uint32_t end = region->off + region->len;
    int rc =
            mcub_swap_erase(s, SEC, region->off, end < trailer ? end : trailer);

    s->careful = false;
    return rc == 0 ? mcub_swap_copy(s, from, to, region->copy) : rc;
}

/* The trailer moves from the scratch to the primary with the data. */
static int settle(struct mcub_swap *s, const struct mcub_region *region)
{
    struct mcub_place from = { SCR, 0 };
    struct mcub_place to = { PRI, region->off };
    int rc = mcub_swap_erase(s, PRI, region->off, s->slot[PRI]->size);

    s->status = PRI;
    s->careful = false;
    if (rc == 0) {
        rc = mcub_swap_copy(s, from, to, region->copy);
    }
    if (rc == 0) {
        rc = mcub_progress_write(s, 1, 1);
    }
    if (rc == 0) {
        rc = mcub_progress_write(s, 2, 2);
    }
    if (rc == 0) {
        rc = mcub_swap_write_trailer(s, PRI, s->type == MCUB_SWAP_PERM);
    }
    return rc;
}

static int scratch_to_primary(struct mcub_swap *s,
        const struct mcub_region *region)
{
    struct mcub_place from = { SCR, 0 };
    struct mcub_place to = { PRI, region->off };

    if (region->use_scratch) {
        return settle(s, region);
    }
    return mcub_swap_replace(s, from, to, region->len);
}

/* One region; k counts from 1. */
static int trade(struct mcub_swap *s, const struct mcub_region *region,
        uint32_t k, uint32_t state)
{
    uint32_t record = (k - 1) * 3;
    int rc = 0;

    if (state == 1) {
        rc = secondary_to_scratch(s, region, k == 1);
        if (rc == 0) {
            rc = mcub_progress_write(s, record + 1, 1);
        }
    }
    if (rc == 0 && state <= 2) {
        rc = primary_to_secondary(s, region, k == 1);
        if (rc == 0) {
            rc = mcub_progress_write(s, record + 2, 2);
        }
    }
    if (rc == 0) {
        rc = scratch_to_primary(s, region);
    }
    if (rc == 0) {
        rc = mcub_progress_write(s, record + 3, 3);
    }
    if (rc == 0 && region->use_scratch) {
        rc = mcub_scratch_erase(s, region->len, true);
    }
    return rc;
}

/* Region 1 is complete, but the scratch trailer may be there still. */
static int tidy(struct mcub_swap *s, const struct mcub_region *region)
{
    if (!region->use_scratch || s->records != 3 ||
            s->state[SCR].magic == MCUB_MARK_UNSET) {
        return 0;
    }
    return mcub_scratch_erase(s, region->len, true);
}

int mcub_swap_scratch(struct mcub_swap *s)
{
    struct mcub_progress p =
            mcub_progress_decode(MCUB_MODE_SCRATCH, s->records, 0);
    uint32_t end = mcub_region_top(s);
    int rc = 0;

    s->careful = s->records > 0;
    for (uint32_t k = 1; rc == 0 && end > 0; k++) {
        struct mcub_region region;

        rc = mcub_region_below(s, end, &region);
        if (rc == 0 && k < p.idx) {
            rc = k == 1 ? tidy(s, &region) : 0;
        } else if (rc == 0) {
            rc = trade(s, &region, k, k == p.idx ? p.state : 1);
        }
        end = region.off;
    }
    return rc == 0 ? mcub_swap_finish(s) : rc;
}
