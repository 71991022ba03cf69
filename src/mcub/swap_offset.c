// SPDX-License-Identifier: Apache-2.0
/*
 * swap-offset: the new image waits one sector into the secondary, so the old
 * one can be put down in front of it. L sectors hold the larger image.
 *
 *   phase    step                                          record
 *   -------  --------------------------------------------  -------------
 *   start    [revert: secondary trailer says so too]
 *            primary trailer, magic last
 *   start    erase secondary trailer
 *   upgrade  i = 0..L-1: primary[i] -> secondary[i]         2 i + 1
 *                        secondary[i + 1] -> primary[i]     2 i + 2
 *   revert   i = L-1..0: primary[i] -> secondary[i + 1]     2 (L-1-i) + 1
 *                        secondary[i] -> primary[i]         2 (L-1-i) + 2
 *   end      [revert: erase secondary[0] and its trailer]
 *            image_ok unless on trial, copy_done
 *
 * Each arrow erases its target first, or finds it to be the same already. A
 * resumed swap never writes a mark
 * into the secondary again: the reference does when the first record pair is
 * half done, and a second cut then makes the device unbootable.
 */
#include "boot_private.h"

static int mark_revert(struct mcub_swap *s)
{
    int rc = mcub_swap_erase_trailer(s, SEC);

    if (rc == 0) {
        rc = mcub_trailer_write_copy_done(&s->trailer[SEC]);
    }
    return rc == 0 ? mcub_swap_write_trailer(s, SEC, false) : rc;
}

/* Anything else in the secondary, a torn mark too, is replaced. */
static bool is_revert_mark(const struct mcub_trailer_state *mark)
{
    return mark->magic == MCUB_MARK_GOOD && mark->image_ok == MCUB_MARK_UNSET &&
            mark->copy_done == MCUB_MARK_SET;
}

static int start(struct mcub_swap *s)
{
    bool image_ok = s->type == MCUB_SWAP_PERM;
    int rc = 0;

    if (!s->started) {
        if (s->type == MCUB_SWAP_REVERT && !is_revert_mark(&s->state[SEC])) {
            rc = mark_revert(s);
        }
        if (rc == 0) {
            rc = mcub_swap_erase_trailer(s, PRI);
        }
        if (rc == 0) {
            rc = mcub_swap_write_trailer(s, PRI, image_ok);
        }
    }
    return rc == 0 ? mcub_swap_erase_trailer(s, SEC) : rc;
}

/* One sector pair; idx counts from 1 in the order of the direction. */
static int trade(struct mcub_swap *s, uint32_t i, struct mcub_progress p)
{
    bool revert = s->type == MCUB_SWAP_REVERT;
    uint32_t low = i * s->sector;
    uint32_t high = low + s->sector;
    struct mcub_place pri = { PRI, low };
    struct mcub_place down = { SEC, revert ? high : low };
    struct mcub_place up = { SEC, revert ? low : high };
    uint32_t record = (p.idx - 1) * 2 + 1;
    int rc = 0;

    if (p.state == 1) {
        rc = mcub_swap_replace(s, pri, down, s->sector);
        if (rc == 0) {
            rc = mcub_progress_write(s, record, 1);
        }
    }
    if (rc == 0) {
        rc = mcub_swap_replace(s, up, pri, s->sector);
    }
    return rc == 0 ? mcub_progress_write(s, record + 1, 2) : rc;
}

static int tidy_revert(struct mcub_swap *s)
{
    const struct mcub_slot *sec = s->slot[SEC];
    int rc = mcub_flash_erase(sec->flash, sec->off, s->sector);

    return rc == 0 ? mcub_swap_erase_trailer(s, SEC) : rc;
}

int mcub_swap_offset(struct mcub_swap *s)
{
    uint32_t count = mcub_swap_sectors(s, s->copy_size);
    struct mcub_progress p =
            mcub_progress_decode(MCUB_MODE_OFFSET, s->records, 0);
    int rc = s->records == 0 ? start(s) : 0;

    s->careful = s->records > 0;
    for (; rc == 0 && p.idx <= count; p.idx++) {
        uint32_t i = s->type == MCUB_SWAP_REVERT ? count - p.idx : p.idx - 1;

        rc = trade(s, i, p);
        p.state = 1;
    }
    if (rc == 0 && s->type == MCUB_SWAP_REVERT) {
        rc = tidy_revert(s);
    }
    return rc == 0 ? mcub_swap_finish(s) : rc;
}
