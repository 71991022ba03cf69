// SPDX-License-Identifier: Apache-2.0
/*
 * One boot: for every image finish an interrupted swap or decide afresh,
 * then dependencies, then all updates, then validation of what will run.
 *
 * found                                     next
 * ----------------------------------------  --------------------------------
 * swap under way with progress              finished at once; NONE
 * swap under way, nothing moved yet         its type, secondary validated
 * a mark                                    its type, secondary validated
 * secondary invalid                         removed; NONE
 * secondary unreadable                      FAIL: primary counts as confirmed
 */
#include "boot_private.h"

#include "slot_private.h"

static int run(struct mcub_swap *s)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];
    int rc = MCUB_E_UNSUPPORTED;

    switch (s->mode) {
    case MCUB_MODE_MOVE:
        rc = mcub_swap_move(s);
        break;
    case MCUB_MODE_OFFSET:
        rc = mcub_swap_offset(s);
        break;
    case MCUB_MODE_OVERWRITE:
        rc = mcub_overwrite(s);
        result->copied = rc == 0;
        break;
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_SCRATCH:
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_RAM_LOAD:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_SINGLE_RAM:
        break;
    }
    if (rc == 0) {
        result->performed = (uint8_t)s->type;
        mcub_boot_log(s, MCUB_LOG_DONE, s->type, 0);
    } else {
        result->error = rc;
    }
    return rc;
}

/* An unreadable secondary: go on as if the update had been reverted. */
static int pretend_reverted(struct mcub_swap *s)
{
    const struct mcub_trailer_state *pri = &s->state[PRI];

    if (pri->magic != MCUB_MARK_GOOD || pri->image_ok != MCUB_MARK_UNSET) {
        return 0;
    }
    return mcub_trailer_write_image_ok(&s->trailer[PRI]);
}

static int decide(struct mcub_swap *s, enum mcub_swap_type *type)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];
    int rc = 0;

    *type = s->started ? (enum mcub_swap_type)s->state[PRI].swap_type
                       : mcub_swap_type_decide(&s->state[PRI], &s->state[SEC],
                                 s->mode == MCUB_MODE_OFFSET);
    result->decided = (uint8_t)*type;
    mcub_boot_log(s, MCUB_LOG_SWAP_TYPE, *type, 0);
    if (*type != MCUB_SWAP_NONE) {
        rc = mcub_boot_check_secondary(s, type);
    }
    if (rc == 0 && *type == MCUB_SWAP_FAIL) {
        rc = pretend_reverted(s);
    }
    return rc;
}

static int resume(struct mcub_swap *s)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];

    s->type = (enum mcub_swap_type)s->state[PRI].swap_type;
    result->decided = (uint8_t)s->type;
    result->resumed = true;
    mcub_boot_log(s, MCUB_LOG_RESUME, s->type, s->records);
    return run(s);
}

/*
 * Lower images that wait for a revert were swapped in just before the reset
 * that interrupted this one: they look unconfirmed, but never ran.
 */
static void drop_reverts(const struct mcub_swap *s)
{
    struct mcub_boot *boot = s->boot;

    for (uint8_t image = 0; image < s->image; image++) {
        if (boot->next[image] == MCUB_SWAP_REVERT) {
            struct mcub_swap lower = { .boot = boot, .image = image };

            boot->next[image] = MCUB_SWAP_NONE;
            mcub_boot_log(&lower, MCUB_LOG_REVERT_DROPPED, s->image, 0);
        }
    }
}

static void log_state(const struct mcub_swap *s, uint8_t slot)
{
    const struct mcub_trailer_state *state = &s->state[slot];

    mcub_boot_log(s, MCUB_LOG_STATE, slot,
            state->magic | ((uint32_t)state->swap_type << 8) |
                    ((uint32_t)state->copy_done << 16) |
                    ((uint32_t)state->image_ok << 24));
}

static int prepare(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_swap s;
    enum mcub_swap_type type = MCUB_SWAP_NONE;
    int rc = mcub_swap_open(&s, boot, image);

    if (rc != 0 || s.mode == MCUB_MODE_SINGLE) {
        return rc;
    }
    log_state(&s, PRI);
    log_state(&s, SEC);
    enum mcub_geometry geometry = mcub_swap_geometry(&s);

    if (geometry != MCUB_GEOMETRY_OK) {
        mcub_boot_log(&s, MCUB_LOG_GEOMETRY, geometry, 0);
        boot->result[image].error = MCUB_E_GEOMETRY;
        return 0;
    }
    if (s.records > 0) {
        rc = resume(&s);
    } else {
        rc = decide(&s, &type);
        boot->next[image] = (uint8_t)type;
    }
    if (rc == 0 &&
            (s.records > 0 || type == MCUB_SWAP_TEST ||
                    type == MCUB_SWAP_PERM || type == MCUB_SWAP_FAIL)) {
        drop_reverts(&s);
    }
    return rc;
}

/* Sizes of both images; one that cannot be opened counts nothing. */
static int measure(struct mcub_swap *s)
{
    for (uint8_t slot = 0; slot < 2; slot++) {
        struct mcub_slot_image found;
        uint32_t off = slot == SEC ? mcub_swap_secondary_off(s, s->type) : 0;

        if (!mcub_slot_is_readable(s->boot->board, s->image, slot)) {
            continue;
        }
        int rc = mcub_slot_open_at(s->slot[slot], off, &found);

        if (rc == MCUB_E_POWER || rc == MCUB_E_FLASH) {
            return rc;
        }
        if (rc != 0) {
            continue;
        }
        uint32_t total = mcub_image_total_size(&found.image);

        s->tlv_sizes[slot] = found.image.unprot_size;
        if (total > s->copy_size &&
                (slot == SEC || s->mode != MCUB_MODE_OVERWRITE)) {
            s->copy_size = total;
        }
    }
    return 0;
}

static int perform(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_swap s;
    enum mcub_swap_type type = (enum mcub_swap_type)boot->next[image];

    if (type != MCUB_SWAP_TEST && type != MCUB_SWAP_PERM &&
            type != MCUB_SWAP_REVERT) {
        return 0;
    }
    int rc = mcub_swap_open(&s, boot, image);

    if (rc != 0) {
        return rc;
    }
    (void)mcub_swap_geometry(&s);
    s.type = type;
    if (!s.started) {
        rc = measure(&s);
    }
    if (rc != 0) {
        return rc;
    }
    if (s.copy_size > s.limit) {
        mcub_boot_log(&s, MCUB_LOG_NO_SPACE, s.copy_size, s.limit);
        boot->result[image].error = MCUB_E_TOO_LARGE;
        return 0;
    }
    mcub_boot_log(&s,
            s.mode == MCUB_MODE_OVERWRITE ? MCUB_LOG_COPY_START
                                          : MCUB_LOG_SWAP_START,
            type, s.copy_size);
    return run(&s);
}

static int validate(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_swap s = {
        .boot = boot,
        .image = image,
        .mode = mcub_board_image_mode(boot->board, image),
        .slot[PRI] = mcub_board_slot(boot->board, image, PRI),
    };
    int rc = mcub_boot_check_primary(&s);

    if (rc == 0 || rc == MCUB_E_POWER) {
        return rc;
    }
    boot->result[image].error = rc;
    mcub_boot_log(&s, MCUB_LOG_NOT_BOOTABLE, (uint32_t)-rc, 0);
    return rc == MCUB_E_FLASH ? rc : MCUB_E_NOT_BOOTABLE;
}

static bool mode_is_built(const struct mcub_board *board)
{
    return board->mode == MCUB_MODE_SINGLE ||
            board->mode == MCUB_MODE_OVERWRITE ||
            board->mode == MCUB_MODE_MOVE || board->mode == MCUB_MODE_OFFSET;
}

static int apply_dependencies(struct mcub_boot *boot)
{
    struct mcub_swap s = { .boot = boot };
    int rc = mcub_boot_check_dependencies(boot);

    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        if (boot->next[image] != MCUB_SWAP_NONE) {
            s.image = image;
            mcub_boot_log(&s, MCUB_LOG_DEPENDENCY, 0, 0);
            boot->result[image].error = MCUB_E_VERSION;
            boot->next[image] = MCUB_SWAP_NONE;
        }
    }
    return 0;
}

static void jump(struct mcub_boot *boot)
{
    struct mcub_swap s = { .boot = boot };
    const struct mcub_slot *slot = mcub_board_slot(boot->board, 0, PRI);
    struct mcub_slot_image found;

    if (mcub_slot_open_at(slot, 0, &found) == 0) {
        mcub_boot_log(&s, MCUB_LOG_JUMP, slot->off, found.image.hdr.hdr_size);
    }
    boot->booted_slot = PRI;
}

int mcub_boot(struct mcub_boot *boot)
{
    static int (*const steps[])(struct mcub_boot *, uint8_t) = { prepare,
        perform, validate };
    struct mcub_swap none = { .boot = boot };
    int rc = mcub_board_check(boot->board);

    if (rc != 0) {
        return rc;
    }
    if (!mode_is_built(boot->board)) {
        return MCUB_E_UNSUPPORTED;
    }
    for (uint8_t image = 0; image < MCUB_IMAGES_MAX; image++) {
        boot->next[image] = MCUB_SWAP_NONE;
        boot->result[image] =
                (struct mcub_boot_result){ .decided = MCUB_SWAP_NONE,
                    .performed = MCUB_SWAP_NONE };
    }
    mcub_boot_log(&none, MCUB_LOG_START, boot->board->mode, 0);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        for (uint8_t image = 0; image < boot->board->image_count; image++) {
            rc = steps[i](boot, image);
            if (rc != 0) {
                return rc;
            }
        }
        if (steps[i] == prepare) {
            rc = apply_dependencies(boot);
            if (rc != 0) {
                return rc;
            }
        }
    }
    jump(boot);
    return 0;
}
