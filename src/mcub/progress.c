// SPDX-License-Identifier: Apache-2.0
/*
 * Progress records of a swap, in the status rows of the primary trailer.
 *
 *   mode     cell (from 0)
 *   -------  ---------------------------------------------------------
 *   scratch  (idx - 1) * 3 + state - 1
 *   move     moving: idx - 1; then max_sectors + (idx - 1) * 2 + state - 1
 *   offset   (idx - 1) * 2 + state - 1
 *
 * A cell is one write block; only "erased or not" is read back. A record is
 * written after its copy is complete, so a torn one is as good as a whole.
 */
#include "boot_private.h"
#include "private.h"

struct mcub_progress mcub_progress_decode(enum mcub_mode mode, uint32_t n,
        uint32_t max_sectors)
{
    struct mcub_progress p = { .moving = false };
    uint32_t states = mode == MCUB_MODE_SCRATCH ? 3 : 2;

    if (mode == MCUB_MODE_MOVE) {
        if (n < max_sectors) {
            p.moving = true;
            p.idx = n + 1;
            p.state = 1;
            return p;
        }
        n -= max_sectors;
    }
    p.idx = n / states + 1;
    p.state = n % states + 1;
    return p;
}

static uint32_t cell_off(const struct mcub_swap *s, uint32_t n)
{
    const struct mcub_trailer *t = &s->trailer[PRI];

    return t->layout.status + (n - 1) * t->flash->write_size;
}

int mcub_progress_read(struct mcub_swap *s)
{
    const struct mcub_trailer *t = &s->trailer[PRI];
    uint32_t n = t->layout.status_size / t->flash->write_size;

    for (; n > 0; n--) {
        uint8_t value;
        int rc = mcub_flash_read(t->flash, t->off + cell_off(s, n), &value, 1);

        if (rc != 0) {
            return rc;
        }
        if (value != t->flash->erased_val) {
            break;
        }
    }
    s->records = n;
    return 0;
}

int mcub_progress_write(const struct mcub_swap *s, uint32_t n, uint8_t state)
{
    const struct mcub_trailer *t = &s->trailer[PRI];
    uint8_t buf[MCUB_WRITE_SIZE_MAX];

    for (uint32_t i = 0; i < sizeof(buf); i++) {
        buf[i] = t->flash->erased_val;
    }
    buf[0] = state;
    return mcub_flash_write(t->flash, t->off + cell_off(s, n), buf,
            t->flash->write_size);
}
