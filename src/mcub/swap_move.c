// SPDX-License-Identifier: Apache-2.0
/*
 * swap-move: the running image moves up by one sector, then both images
 * trade places sector by sector. L sectors hold the larger image.
 *
 *   phase  step                                          record
 *   -----  --------------------------------------------  ---------------
 *   start  [revert: secondary trailer becomes "perm"]
 *          primary trailer, magic last
 *   start  erase secondary trailer
 *   move   s = L..1: primary[s - 1] -> primary[s]         L - s + 1
 *   swap   s = 1..L: secondary[s - 1] -> primary[s - 1]   N + 2 s - 1
 *                    primary[s] -> secondary[s - 1]       N + 2 s
 *   end    image_ok unless on trial, copy_done
 *
 * Each arrow erases its target first, or finds it to be the same already; N
 * is the board's max_sectors. At every cut either the secondary is marked or
 * the primary trailer is whole.
 */
#include "boot_private.h"

/*
 * A revert has no mark in the secondary. Were the power to fail after the
 * primary trailer is erased, nothing would tell of it: so the old image is
 * marked for good first. A torn mark (bad magic, bad image_ok) is replaced as
 * well.
 */
static int mark_revert(struct mcub_swap *s)
{
    const struct mcub_trailer *t = &s->trailer[SEC];
    int rc = mcub_swap_erase_trailer(s, SEC);

    if (rc == 0) {
        rc = mcub_trailer_write_image_ok(t);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_swap_size(t, s->copy_size);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_magic(t);
    }
    return rc == 0 ? mcub_trailer_read(t, &s->state[SEC]) : rc;
}

static int start(struct mcub_swap *s)
{
    int rc = 0;

    if (!s->started) {
        if (s->type == MCUB_SWAP_REVERT) {
            rc = mark_revert(s);
        }
        if (rc == 0) {
            rc = mcub_swap_erase_trailer(s, PRI);
        }
        if (rc == 0) {
            rc = mcub_swap_write_trailer(s, PRI,
                    s->state[SEC].image_ok == MCUB_MARK_SET);
        }
    }
    return rc == 0 ? mcub_swap_erase_trailer(s, SEC) : rc;
}

static int move_up(struct mcub_swap *s, uint32_t count, uint32_t idx)
{
    for (; idx <= count; idx++) {
        uint32_t sector = count - idx + 1;
        struct mcub_place from = { PRI, (sector - 1) * s->sector };
        struct mcub_place to = { PRI, sector * s->sector };
        int rc = mcub_swap_replace(s, from, to, s->sector);

        if (rc == 0) {
            rc = mcub_progress_write(s, idx, 1);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int trade(struct mcub_swap *s, uint32_t count, struct mcub_progress p)
{
    uint32_t first = s->boot->board->max_sectors + 1;

    for (; p.idx <= count; p.idx++) {
        uint32_t low = (p.idx - 1) * s->sector;
        struct mcub_place pri = { PRI, low };
        struct mcub_place sec = { SEC, low };
        struct mcub_place moved = { PRI, low + s->sector };
        uint32_t record = first + (p.idx - 1) * 2;
        int rc = 0;

        if (p.state == 1) {
            rc = mcub_swap_replace(s, sec, pri, s->sector);
            if (rc == 0) {
                rc = mcub_progress_write(s, record, 1);
            }
        }
        if (rc == 0) {
            rc = mcub_swap_replace(s, moved, sec, s->sector);
        }
        if (rc == 0) {
            rc = mcub_progress_write(s, record + 1, 2);
        }
        if (rc != 0) {
            return rc;
        }
        p.state = 1;
    }
    return 0;
}

int mcub_swap_move(struct mcub_swap *s)
{
    uint32_t count = mcub_swap_sectors(s, s->copy_size);
    struct mcub_progress p = mcub_progress_decode(MCUB_MODE_MOVE, s->records,
            s->boot->board->max_sectors);
    int rc = s->records == 0 ? start(s) : 0;

    s->careful = s->records > 0;
    if (rc == 0 && p.moving) {
        rc = move_up(s, count, p.idx);
        p.idx = 1;
        p.state = 1;
    }
    if (rc == 0) {
        rc = trade(s, count, p);
    }
    return rc == 0 ? mcub_swap_finish(s) : rc;
}
