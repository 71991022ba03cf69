// SPDX-License-Identifier: Apache-2.0
/*
 * What the swap engines share: opening, copying, trailers.
 */
#include "boot_private.h"

#include <string.h>

#include "private.h"
#include "slot_private.h"

void mcub_boot_log(const struct mcub_swap *s, enum mcub_log_event event,
        uint32_t a, uint32_t b)
{
    mcub_boot_tell(s->boot, s->image, event, a, b);
}

static int open_area(struct mcub_swap *s, uint8_t area)
{
    const struct mcub_board *board = s->boot->board;
    int rc = mcub_slot_trailer(board, s->image, area, &s->trailer[area]);

    if (rc == 0) {
        rc = mcub_slot_state(board, s->image, area, &s->state[area]);
    }
    if (rc == MCUB_E_FLASH && area == SEC) {
        /* As if nothing were marked: the primary can still boot. */
        mcub_trailer_state_init(&s->state[area]);
        rc = 0;
    }
    return rc;
}

/* The trailer that swap-scratch keeps in the scratch area: one row. */
static int open_scratch(struct mcub_swap *s)
{
    const struct mcub_slot *scratch = &s->boot->board->scratch;
    struct mcub_trailer *t = &s->trailer[SCR];
    struct mcub_trailer_params params = {
        .slot_size = scratch->size,
        .write_size = s->trailer[PRI].layout.cell,
        .max_align = s->boot->board->max_align,
        .max_sectors = 1,
        .mode = s->mode,
        .enc_size = s->boot->board->enc_size,
    };

    s->slot[SCR] = scratch;
    t->flash = scratch->flash;
    t->off = scratch->off;
    t->max_align = params.max_align;
    if (mcub_trailer_layout(&params, &t->layout) != 0) {
        s->geometry = MCUB_GEOMETRY_SCRATCH;
        return 0;
    }
    return mcub_trailer_read(t, &s->state[SCR]);
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
        .found = MCUB_SWAP_NONE,
        .limit = mcub_max_image_size(board, image),
    };
    for (uint8_t area = 0; area < AREAS; area++) {
        mcub_trailer_state_init(&s->state[area]);
    }
    for (uint8_t area = 0; area < SCR && rc == 0; area++) {
        s->slot[area] = mcub_board_slot(board, image, area);
        if (s->slot[area] != NULL) {
            rc = open_area(s, area);
        }
    }
    if (rc != 0 || s->slot[SEC] == NULL) {
        return rc;
    }
    mcub_swap_measure_slots(s);
    if (HAS_SCRATCH && s->mode == MCUB_MODE_SCRATCH &&
            s->geometry == MCUB_GEOMETRY_OK) {
        rc = open_scratch(s);
    }
    if (rc == 0 && s->geometry == MCUB_GEOMETRY_OK) {
        rc = mcub_swap_find(s);
    }
    return rc;
}

uint32_t mcub_swap_secondary_off(const struct mcub_swap *s,
        enum mcub_swap_type type)
{
    return s->mode == MCUB_MODE_OFFSET && type != MCUB_SWAP_REVERT ? s->sector
                                                                   : 0;
}

static bool as_reference(const struct mcub_swap *s)
{
    return (s->boot->options & MCUB_BOOT_AS_REFERENCE) != 0;
}

static int read_at(const struct mcub_swap *s, struct mcub_place at,
        uint8_t *buf, uint32_t len)
{
    const struct mcub_slot *slot = s->slot[at.area];

    return mcub_flash_read(slot->flash, slot->off + at.off, buf, len);
}

/* Bytes worth writing: erased flash does not need its tail written. */
static uint32_t trim(const struct mcub_flash *flash, const uint8_t *buf,
        uint32_t len)
{
    while (len > 0 && buf[len - 1] == flash->erased_val) {
        len--;
    }
    return mcub_align_up(len, flash->write_size);
}

int mcub_swap_copy(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len)
{
    const struct mcub_slot *dst = s->slot[to.area];

    for (uint32_t off = 0; off < len; off += MCUB_BOOT_BUF_SIZE) {
        uint32_t n = mcub_min(len - off, MCUB_BOOT_BUF_SIZE);
        struct mcub_place at = { from.area, from.off + off };
        int rc = read_at(s, at, s->boot->buf, n);

        if (rc == 0) {
            struct mcub_place there = { to.area, to.off + off };

            rc = mcub_crypt_apply(s, at, there, s->boot->buf, n);
        }
        if (rc == 0 && !as_reference(s)) {
            n = trim(dst->flash, s->boot->buf, n);
        }
        if (rc == 0 && n > 0) {
            rc = mcub_flash_write(dst->flash, dst->off + to.off + off,
                    s->boot->buf, n);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int mcub_swap_is_same(const struct mcub_swap *s, struct mcub_place a,
        struct mcub_place b, uint32_t len)
{
    const uint32_t half = MCUB_BOOT_BUF_SIZE / 2;
    uint8_t *other = s->boot->buf + half;

    while (len > 0) {
        uint32_t n = mcub_min(len, half);
        int rc = read_at(s, a, s->boot->buf, n);

        if (rc == 0) {
            rc = mcub_crypt_apply(s, a, b, s->boot->buf, n);
        }
        if (rc == 0) {
            rc = read_at(s, b, other, n);
        }
        if (rc != 0) {
            return rc;
        }
        if (memcmp(s->boot->buf, other, n) != 0) {
            return 0;
        }
        a.off += n;
        b.off += n;
        len -= n;
    }
    return 1;
}

int mcub_swap_replace(struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len)
{
    int rc = 0;

    /*
     * Not the step that may have been cut: what a half-done operation left
     * can read right today and wrong tomorrow.
     */
    if (!s->careful && !as_reference(s)) {
        rc = mcub_swap_is_same(s, from, to, len);
        if (rc != 0) {
            return rc > 0 ? 0 : rc;
        }
    }
    s->careful = false;
    rc = mcub_swap_erase(s, to.area, to.off, to.off + len);
    return rc == 0 ? mcub_swap_copy(s, from, to, len) : rc;
}

int mcub_swap_erase(const struct mcub_swap *s, uint8_t area, uint32_t from,
        uint32_t to)
{
    const struct mcub_slot *slot = s->slot[area];

    return mcub_flash_erase(slot->flash, slot->off + from, to - from);
}

int mcub_swap_erase_trailer(const struct mcub_swap *s, uint8_t area)
{
    return mcub_slot_erase_trailer(s->slot[area], &s->trailer[area]);
}

int mcub_swap_write_trailer(struct mcub_swap *s, uint8_t area, bool image_ok)
{
    const struct mcub_trailer *t = &s->trailer[area];
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
    if (rc == 0) {
        rc = mcub_crypt_write_keys(s, area);
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
