// SPDX-License-Identifier: Apache-2.0
/*
 * Scenarios and the rules they are judged by.
 */
#include "scenario.h"

#include <string.h>

#define M(mode)   (1u << MCUB_MODE_##mode)
#define SWAPS     (M(MOVE) | M(OFFSET) | M(SCRATCH))
#define COPIES    (SWAPS | M(OVERWRITE))
#define SELECTS   (M(DIRECT_XIP) | M(DIRECT_XIP_REVERT) | M(RAM_LOAD))
#define REVERTING (M(DIRECT_XIP_REVERT) | M(RAM_LOAD))

static bool swaps(const struct world *w, uint8_t image)
{
    return ((1u << mcub_board_image_mode(&w->board, image)) & SWAPS) != 0;
}

static bool selects(const struct world *w)
{
    return ((1u << w->setup.mode) & SELECTS) != 0;
}

static bool each_image(struct world *w,
        bool (*step)(struct world *w, uint8_t image))
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        if (!step(w, image)) {
            return false;
        }
    }
    return true;
}

static void set_phases(const struct world *w, struct progress *p,
        enum phase phase)
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        p->phase[image] = phase;
        /* Nothing is put back that was copied. */
        if (!swaps(w, image) && !selects(w) && phase != STAYS_OLD) {
            p->phase[image] = STAYS_NEW;
        }
    }
}

/* ---- bringing it about -------------------------------------------------- */

static bool program_old(struct world *w, uint8_t image)
{
    world_program(w, image, 0, 0, &w->old[image]);
    return true;
}

static bool upload_new(struct world *w, uint8_t image)
{
    return world_upload(w, image, 1, &w->new[image]) == 0;
}

static bool mark_test(struct world *w, uint8_t image)
{
    return mcub_slot_set_pending(&w->board, image, false) == 0;
}

static bool mark_perm(struct world *w, uint8_t image)
{
    return mcub_slot_set_pending(&w->board, image, true) == 0;
}

static bool old_and_new(struct world *w)
{
    return each_image(w, program_old) && each_image(w, upload_new);
}

static bool prepare_test(struct world *w, struct progress *p)
{
    set_phases(w, p, ON_TRIAL);
    return old_and_new(w) && each_image(w, mark_test);
}

static bool prepare_perm(struct world *w, struct progress *p)
{
    set_phases(w, p, STAYS_NEW);
    return old_and_new(w) && each_image(w, mark_perm);
}

static bool prepare_revert(struct world *w, struct progress *p)
{
    if (!prepare_test(w, p) || world_boot(w) != 0) {
        return false;
    }
    set_phases(w, p, REVERT_DUE);
    return world_running(w, 0) == WHICH_NEW;
}

static bool prepare_old(struct world *w, struct progress *p)
{
    set_phases(w, p, STAYS_OLD);
    return each_image(w, program_old);
}

/* The old image has come by an update, so there is a trailer to replace. */
static bool prepare_updated(struct world *w, struct progress *p)
{
    uint8_t count = w->board.image_count;

    for (uint8_t image = 0; image < count; image++) {
        world_program(w, image, 0, 0, &w->new[image]);
        if (world_upload(w, image, 1, &w->old[image]) != 0 ||
                !mark_test(w, image)) {
            return false;
        }
    }
    if (world_boot(w) != 0) {
        return false;
    }
    for (uint8_t image = 0; image < count; image++) {
        if (swaps(w, image) && mcub_slot_set_confirmed(&w->board, image) != 0) {
            return false;
        }
    }
    set_phases(w, p, ON_TRIAL);
    return world_running(w, 0) == WHICH_OLD && each_image(w, upload_new) &&
            each_image(w, mark_test);
}

static bool prepare_updated_revert(struct world *w, struct progress *p)
{
    if (!prepare_updated(w, p) || world_boot(w) != 0) {
        return false;
    }
    set_phases(w, p, REVERT_DUE);
    return world_running(w, 0) == WHICH_NEW;
}

static bool damage_new(struct world *w, uint8_t image)
{
    const struct mcub_slot *slot = &w->pairs[image].slot[1];
    struct flash_model *m = slot->flash->ctx;
    uint32_t off =
            slot->off + mcub_slot_upload_offset(&w->board, image, 1) + 100;

    m->mem[off] ^= 0x10;
    return true;
}

static bool prepare_invalid(struct world *w, struct progress *p)
{
    bool done = prepare_perm(w, p) && each_image(w, damage_new);

    set_phases(w, p, STAYS_OLD);
    return done;
}

static bool prepare_stray(struct world *w, struct progress *p)
{
    return prepare_old(w, p) && each_image(w, mark_test);
}

static bool prepare_downgrade(struct world *w, struct progress *p)
{
    if (w->setup.geometry->net_core) {
        return false;
    }
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        world_program(w, image, 0, 0, &w->new[image]);
        if (world_upload(w, image, 1, &w->old[image]) != 0 ||
                !mark_test(w, image)) {
            return false;
        }
        p->phase[image] = STAYS_NEW;
    }
    return true;
}

static bool prepare_bootstrap(struct world *w, struct progress *p)
{
    set_phases(w, p, STAYS_NEW);
    return !w->setup.geometry->net_core && each_image(w, upload_new);
}

static bool prepare_bootstrap_marked(struct world *w, struct progress *p)
{
    return prepare_bootstrap(w, p) && each_image(w, mark_test);
}

/* ---- direct-xip, ram-load ----------------------------------------------- */

static bool has_revert(const struct world *w)
{
    return w->setup.mode == MCUB_MODE_DIRECT_XIP_REVERT ||
            (w->setup.options & MCUB_BOOT_RAM_REVERT) != 0;
}

static bool prepare_two_slots(struct world *w, struct progress *p)
{
    (void)each_image(w, program_old);
    set_phases(w, p, has_revert(w) ? ON_TRIAL : STAYS_NEW);
    if (has_revert(w) && mcub_slot_mark(&w->board, 0, 0, true) != 0) {
        return false;
    }
    if (!upload_new(w, 0)) {
        return false;
    }
    return !has_revert(w) || mcub_slot_mark(&w->board, 0, 1, false) == 0;
}

static bool prepare_two_slots_invalid(struct world *w, struct progress *p)
{
    bool done = prepare_two_slots(w, p) && damage_new(w, 0);

    set_phases(w, p, STAYS_OLD);
    return done;
}

static bool prepare_second_run(struct world *w, struct progress *p)
{
    if (!prepare_two_slots(w, p) || world_boot(w) != 0) {
        return false;
    }
    set_phases(w, p, REVERT_DUE);
    return world_running(w, 0) == WHICH_NEW;
}

static bool prepare_old_only(struct world *w, struct progress *p)
{
    set_phases(w, p, STAYS_OLD);
    (void)each_image(w, program_old);
    return !has_revert(w) || mcub_slot_mark(&w->board, 0, 0, true) == 0;
}

static int act_confirm_second(struct world *w)
{
    return mcub_slot_mark(&w->board, 0, 1, true);
}

static void judge_confirm_second(const struct world *w, struct progress *p)
{
    struct mcub_trailer_state s = world_state(w, 0, 1);

    p->phase[0] = s.image_ok == MCUB_MARK_UNSET ? REVERT_DUE : STAYS_NEW;
}

static int act_fill_second(struct world *w)
{
    int rc = world_upload(w, 0, 1, &w->new[0]);

    return rc == 0 && has_revert(w) ? mcub_slot_mark(&w->board, 0, 1, false)
                                    : rc;
}

/* Without marks an image counts as soon as it is complete. */
static void judge_fill_second(const struct world *w, struct progress *p)
{
    struct mcub_trailer_state s = world_state(w, 0, 1);

    p->phase[0] = MAY_BE_TRIAL;
    if (has_revert(w)) {
        p->phase[0] = s.magic == MCUB_MARK_GOOD ? ON_TRIAL : STAYS_OLD;
    } else {
        bool whole = world_slot_holds(w, 0, 1, &w->new[0]);

        p->phase[0] = whole ? STAYS_NEW : STAYS_OLD;
    }
}

/* ---- what the application does ------------------------------------------ */

static int act_confirm(struct world *w)
{
    int rc = 0;

    for (uint8_t image = 0; rc == 0 && image < w->board.image_count; image++) {
        if (swaps(w, image)) {
            rc = mcub_slot_set_confirmed(&w->board, image);
        }
    }
    return rc;
}

static void judge_confirm(const struct world *w, struct progress *p)
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        if (swaps(w, image)) {
            struct mcub_trailer_state s = world_state(w, image, 0);

            p->phase[image] =
                    s.image_ok == MCUB_MARK_UNSET ? REVERT_DUE : STAYS_NEW;
        }
    }
}

static int act_update(struct world *w, bool permanent)
{
    int rc = 0;

    for (uint8_t image = 0; rc == 0 && image < w->board.image_count; image++) {
        rc = world_upload(w, image, 1, &w->new[image]);
    }
    for (uint8_t image = 0; rc == 0 && image < w->board.image_count; image++) {
        rc = mcub_slot_set_pending(&w->board, image, permanent);
    }
    return rc;
}

static int act_update_test(struct world *w)
{
    return act_update(w, false);
}

static int act_update_perm(struct world *w)
{
    return act_update(w, true);
}

/* A mark says test until its image_ok is written. */
static void judge_update(const struct world *w, struct progress *p)
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        struct mcub_trailer_state s = world_state(w, image, 1);

        if (s.magic != MCUB_MARK_GOOD || s.image_ok == MCUB_MARK_BAD) {
            p->phase[image] = STAYS_OLD;
        } else if (s.image_ok == MCUB_MARK_SET || !swaps(w, image)) {
            p->phase[image] = STAYS_NEW;
        } else {
            p->phase[image] = ON_TRIAL;
        }
    }
}

static int act_cancel(struct world *w)
{
    int rc = 0;

    for (uint8_t image = 0; rc == 0 && image < w->board.image_count; image++) {
        rc = mcub_slot_erase(&w->board, image, 1);
    }
    return rc;
}

static void judge_cancel(const struct world *w, struct progress *p)
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        p->phase[image] = MAY_BE_TRIAL;
    }
}

// clang-format off
const struct scenario scenarios[] = {
    { "test", COPIES, MCUB_BOOT_NO_DOWNGRADE, prepare_test, NULL, NULL },
    { "perm", COPIES, MCUB_BOOT_NO_DOWNGRADE, prepare_perm, NULL, NULL },
    { "revert", SWAPS, MCUB_BOOT_NO_DOWNGRADE, prepare_revert, NULL, NULL },
    { "updated", COPIES, 0, prepare_updated, NULL, NULL },
    { "updated-revert", SWAPS, MCUB_BOOT_NO_DOWNGRADE,
      prepare_updated_revert, NULL, NULL },
    { "confirm", SWAPS, 0, prepare_revert, act_confirm, judge_confirm },
    { "upload-test", COPIES, 0, prepare_old, act_update_test, judge_update },
    { "upload-perm", COPIES, 0, prepare_old, act_update_perm, judge_update },
    { "cancel", COPIES, 0, prepare_test, act_cancel, judge_cancel },
    { "invalid", COPIES, 0, prepare_invalid, NULL, NULL },
    { "stray", COPIES, 0, prepare_stray, NULL, NULL },
    { "downgrade", COPIES, MCUB_BOOT_NO_DOWNGRADE, prepare_downgrade, NULL,
      NULL },
    { "bootstrap", COPIES, MCUB_BOOT_BOOTSTRAP, prepare_bootstrap, NULL,
      NULL },
    { "bootstrap-marked", COPIES, MCUB_BOOT_BOOTSTRAP,
      prepare_bootstrap_marked, NULL, NULL },
    { "select", REVERTING, MCUB_BOOT_RAM_REVERT, prepare_two_slots, NULL,
      NULL },
    { "select-invalid", SELECTS, 0, prepare_two_slots_invalid, NULL, NULL },
    { "select-revert", REVERTING, MCUB_BOOT_RAM_REVERT, prepare_second_run,
      NULL, NULL },
    { "select-confirm", REVERTING, MCUB_BOOT_RAM_REVERT, prepare_second_run,
      act_confirm_second, judge_confirm_second },
    { "select-upload", SELECTS, 0, prepare_old_only, act_fill_second,
      judge_fill_second },
};
// clang-format on

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_count; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

/* ---- rules -------------------------------------------------------------- */

/* The trial swap is complete, and nobody can tell that it never ran. */
static bool is_spent(const struct world *w, uint8_t image)
{
    uint8_t slot = selects(w) ? 1 : 0;
    struct mcub_trailer_state s = world_state(w, image, slot);

    return world_slot_holds(w, image, slot, &w->new[image]) &&
            s.magic == MCUB_MARK_GOOD && s.copy_done != MCUB_MARK_UNSET &&
            s.image_ok == MCUB_MARK_UNSET &&
            (selects(w) || s.swap_type == MCUB_SWAP_TEST);
}

/* A later image is to be updated still: earlier trials are not over yet. */
static bool later_is_pending(const struct world *w, const struct progress *p,
        uint8_t image)
{
    for (uint8_t j = (uint8_t)(image + 1); j < w->board.image_count; j++) {
        if (p->phase[j] == ON_TRIAL && !is_spent(w, j)) {
            return true;
        }
        if (!swaps(w, j) && world_state(w, j, 1).magic == MCUB_MARK_GOOD) {
            return true;
        }
    }
    return false;
}

void scenario_expect(const struct world *w, const struct progress *p,
        struct progress *before)
{
    *before = *p;
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        if (p->phase[image] == ON_TRIAL && is_spent(w, image) &&
                !later_is_pending(w, p, image)) {
            before->phase[image] = REVERT_DUE;
        }
    }
}

const char *scenario_step(struct world *w, struct progress *p,
        const struct progress *before)
{
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        enum which runs = world_running(w, image);

        if (runs == WHICH_NONE) {
            return "no complete image runs";
        }
        switch (before->phase[image]) {
        case STAYS_OLD:
            if (runs != WHICH_OLD) {
                return "the old image does not run";
            }
            break;
        case STAYS_NEW:
            if (runs != WHICH_NEW) {
                return "the new image does not run";
            }
            break;
        case ON_TRIAL:
            if (runs != WHICH_NEW) {
                return "the new image had no trial";
            }
            p->phase[image] = REVERT_DUE;
            break;
        case REVERT_DUE:
            if (runs != WHICH_OLD) {
                return "the unconfirmed image survived";
            }
            p->phase[image] = STAYS_OLD;
            break;
        case MAY_BE_TRIAL:
            p->phase[image] = runs == WHICH_NEW && swaps(w, image) ? REVERT_DUE
                    : runs == WHICH_NEW                            ? STAYS_NEW
                                                                   : STAYS_OLD;
            break;
        }
    }
    return NULL;
}

const char *scenario_repeat(struct world *w)
{
    if (selects(w)) {
        return NULL;
    }
    world_power_on(w);
    int rc = act_update(w, true);

    if (rc != 0) {
        return "it cannot be updated again";
    }
    for (int i = 0; i < 2; i++) {
        world_power_on(w);
        if (world_boot(w) != 0) {
            return "it does not boot after another update";
        }
        for (uint8_t image = 0; image < w->board.image_count; image++) {
            if (world_running(w, image) != WHICH_NEW) {
                return "another update is not done";
            }
        }
    }
    return w->power.ops == 0 ? NULL : "another update is not over";
}
