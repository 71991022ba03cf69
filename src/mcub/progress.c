// SPDX-License-Identifier: Apache-2.0
/*
 * Progress records of a swap, in the status rows of a trailer.
 *
 *   mode     cell (from 0)
 *   -------  ---------------------------------------------------------
 *   scratch  (idx - 1) * 3 + state - 1
 *   move     moving: idx - 1; then max_sectors + (idx - 1) * 2 + state - 1
 *   offset   (idx - 1) * 2 + state - 1
 *
 * A record is written when its copy is complete, and the next step begins
 * only then. So the last ones may be torn, one per cut, and count all the
 * same; others that are not 1, 2 or 3 are bits that flipped, and count
 * nothing.
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

static uint32_t cell_off(const struct mcub_trailer *t, uint32_t n)
{
    return t->off + t->layout.status + (n - 1) * t->layout.cell;
}

/* The number of the record that follows record n. */
static uint32_t next_record(const struct mcub_swap *s, uint32_t n)
{
    if (s->mode == MCUB_MODE_MOVE && n == mcub_swap_sectors(s, s->copy_size)) {
        return s->boot->board->max_sectors + 1;
    }
    return n + 1;
}

static int read_cell(const struct mcub_trailer *t, uint32_t n, uint8_t *value)
{
    return mcub_flash_read(t->flash, cell_off(t, n), value, 1);
}

int mcub_progress_read(const struct mcub_swap *s, uint8_t area,
        uint32_t *records)
{
    const struct mcub_trailer *t = &s->trailer[area];
    uint32_t count = t->layout.status_size / t->layout.cell;
    uint32_t n = count;
    uint8_t value = 0;
    int rc = 0;

    while (n > 0 && (rc = read_cell(t, n, &value)) == 0 &&
            (value < 1 || value > 3)) {
        n--;
    }
    for (uint32_t next = next_record(s, n); rc == 0 && next <= count;
            next = next_record(s, n)) {
        rc = read_cell(t, next, &value);
        if (rc != 0 || value == t->flash->erased_val) {
            break;
        }
        n = next;
    }
    if (rc == 0) {
        *records = n;
    }
    return rc;
}

int mcub_progress_write(const struct mcub_swap *s, uint32_t n, uint8_t state)
{
    const struct mcub_trailer *t = &s->trailer[s->status];
    uint8_t buf[MCUB_WRITE_SIZE_MAX];

    for (uint32_t i = 0; i < sizeof(buf); i++) {
        buf[i] = t->flash->erased_val;
    }
    buf[0] = state;
    int rc = mcub_flash_write(t->flash, cell_off(t, n), buf,
            t->flash->write_size);

    if (rc == MCUB_E_FLASH) {
        /* Only a cut before the next record would need it. */
        mcub_boot_log(s, MCUB_LOG_STATUS_LOST, n, 0);
        rc = 0;
    }
    return rc;
}
