// SPDX-License-Identifier: Apache-2.0
/*
 * Power cuts during boot: before, and in the middle of, every flash
 * operation; one cut everywhere, two cuts everywhere on a small geometry.
 * After each boot that ends: a whole image runs, and nothing confirmed was
 * lost. After the last: the update or the revert is complete.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"

#define OLD_SIZE 1300u
#define NEW_SIZE 2300u

static const struct rig_geometry geometries[] = {
    { "move", MCUB_MODE_MOVE, 1024, 6, 6, 4, 8, 8, 0, 0 },
    { "move, one more", MCUB_MODE_MOVE, 1024, 7, 6, 8, 8, 8, 0, 0 },
    { "offset", MCUB_MODE_OFFSET, 1024, 6, 6, 4, 8, 8, 0, 0 },
    { "offset, one more", MCUB_MODE_OFFSET, 1024, 6, 7, 16, 16, 8, 0, 0 },
    { "scratch", MCUB_MODE_SCRATCH, 1024, 6, 6, 4, 8, 8, 1, 0 },
    { "scratch of two", MCUB_MODE_SCRATCH, 1024, 6, 6, 8, 8, 8, 2, 0 },
    { "scratch beside trailer", MCUB_MODE_SCRATCH, 1024, 3, 3, 4, 8, 8, 1, 0 },
    { "overwrite", MCUB_MODE_OVERWRITE, 1024, 6, 6, 4, 8, 8, 0, 0 },
};
#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

enum scenario {
    TEST_SWAP,
    PERM_SWAP,
    REVERT,
    SCENARIOS,
};

static const char *const scenario_names[] = { "test", "perm", "revert" };

struct world {
    struct rig rig;
    uint8_t *old;
    uint8_t *new;
    struct flash_snapshot start[3]; /* primary, secondary, scratch */
};

static struct flash_model *model(struct world *w, int i)
{
    return i < 2 ? &w->rig.model[0][i] : &w->rig.scratch;
}

static int models(const struct world *w)
{
    return w->rig.scratch.mem == NULL ? 2 : 3;
}

static void save(struct world *w)
{
    for (int i = 0; i < models(w); i++) {
        flash_snapshot_take(&w->start[i], model(w, i));
    }
}

static void restore(struct world *w)
{
    for (int i = 0; i < models(w); i++) {
        flash_snapshot_restore(&w->start[i], model(w, i));
    }
}

static void world_init(struct world *w, const struct rig_geometry *g,
        enum scenario scenario)
{
    w->old = rig_image("1.0.0", OLD_SIZE);
    w->new = rig_image("2.0.0", NEW_SIZE);
    rig_init(&w->rig, g, 1);
    /* A cut revert must not look like a forbidden downgrade. */
    w->rig.boot.options = MCUB_BOOT_NO_DOWNGRADE;
    rig_program(&w->rig, 0, 0, w->old, OLD_SIZE);
    rig_upload(&w->rig, 0, w->new, NEW_SIZE);
    assert_int_equal(mcub_slot_set_pending(&w->rig.board, 0,
                             scenario == PERM_SWAP),
            0);
    if (scenario == REVERT) {
        assert_int_equal(rig_boot(&w->rig), 0);
        assert_true(rig_slot_holds(&w->rig, 0, 0, 0, w->new, NEW_SIZE));
    }
    save(w);
}

static void world_finish(struct world *w)
{
    rig_assert_clean(&w->rig);
    for (int i = 0; i < 3; i++) {
        flash_snapshot_finish(&w->start[i]);
    }
    rig_finish(&w->rig);
    free(w->old);
    free(w->new);
}

/* A trial that is complete but for the return of the boot is spent. */
static bool trial_is_complete(struct world *w)
{
    struct mcub_trailer_state s;

    flash_power_on(&w->rig.power);
    assert_int_equal(mcub_slot_state(&w->rig.board, 0, 0, &s), 0);
    return s.magic == MCUB_MARK_GOOD && s.copy_done == MCUB_MARK_SET &&
            s.swap_type == MCUB_SWAP_TEST;
}

/* Start, cut at each of cuts in turn, then boot in peace. */
static int boot_with_cuts(struct world *w, const uint32_t *cuts, int count,
        enum flash_cut kind, bool *spent)
{
    *spent = false;
    restore(w);
    for (int i = 0; i < count; i++) {
        flash_power_on(&w->rig.power);
        w->rig.power.cut_at = cuts[i];
        w->rig.power.kind = kind;
        int rc = rig_boot(&w->rig);

        if (rc != MCUB_E_POWER) {
            return rc;
        }
        *spent = *spent || trial_is_complete(w);
    }
    flash_power_on(&w->rig.power);
    return rig_boot(&w->rig);
}

static bool as_wanted(struct world *w, enum scenario scenario, bool spent)
{
    bool old = rig_slot_holds(&w->rig, 0, 0, 0, w->old, OLD_SIZE);
    bool new = rig_slot_holds(&w->rig, 0, 0, 0, w->new, NEW_SIZE);
    enum mcub_swap_type next = mcub_board_swap_type(&w->rig.board, 0);
    bool overwrite = w->rig.board.mode == MCUB_MODE_OVERWRITE;

    switch (scenario) {
    case TEST_SWAP:
        if (overwrite) {
            return new &&next == MCUB_SWAP_NONE;
        }
        /* Cut behind the last write: the trial is spent, it reverts. */
        return spent ? old && next == MCUB_SWAP_NONE
                     : new &&next == MCUB_SWAP_REVERT;
    case PERM_SWAP:
        return new &&next == MCUB_SWAP_NONE;
    case REVERT:
        return (overwrite ? new : old) && next == MCUB_SWAP_NONE;
    case SCENARIOS:
        break;
    }
    return false;
}

static uint32_t count_ops(struct world *w)
{
    restore(w);
    flash_power_on(&w->rig.power);
    assert_int_equal(rig_boot(&w->rig), 0);
    return w->rig.power.ops;
}

static void check(struct world *w, const struct rig_geometry *g,
        enum scenario scenario, const uint32_t *cuts, int count,
        enum flash_cut kind)
{
    bool spent;
    int rc = boot_with_cuts(w, cuts, count, kind, &spent);

    if (rc != 0 || !as_wanted(w, scenario, spent)) {
        print_error("power/%s:geom=%s,cut=%u+%d,kind=%d: %d\n",
                scenario_names[scenario], g->name, (unsigned)cuts[0],
                count > 1 ? (int)cuts[1] : -1, (int)kind, rc);
        fail();
    }
    /* And it stays so. */
    if (scenario != TEST_SWAP) {
        flash_power_on(&w->rig.power);
        assert_int_equal(rig_boot(&w->rig), 0);
        assert_true(as_wanted(w, scenario, spent));
        assert_int_equal(w->rig.power.ops, 0);
    }
}

static void one_cut(enum flash_cut kind)
{
    for (size_t i = 0; i < GEOMETRIES; i++) {
        for (int s = 0; s < SCENARIOS; s++) {
            struct world w;

            memset(&w, 0, sizeof(w));
            world_init(&w, &geometries[i], (enum scenario)s);
            uint32_t ops = count_ops(&w);

            for (uint32_t cut = 0; cut < ops; cut++) {
                check(&w, &geometries[i], (enum scenario)s, &cut, 1, kind);
            }
            world_finish(&w);
        }
    }
}

static void two_cuts(enum flash_cut kind)
{
    for (size_t i = 0; i < GEOMETRIES; i++) {
        for (int s = 0; s < SCENARIOS; s++) {
            struct world w;
            uint32_t cuts[2];

            memset(&w, 0, sizeof(w));
            world_init(&w, &geometries[i], (enum scenario)s);
            uint32_t ops = count_ops(&w);

            for (cuts[0] = 0; cuts[0] < ops; cuts[0]++) {
                for (cuts[1] = 0; cuts[1] <= ops; cuts[1]++) {
                    check(&w, &geometries[i], (enum scenario)s, cuts, 2, kind);
                }
            }
            world_finish(&w);
        }
    }
}

static void boot_survives_a_cut_before_every_operation(void **state)
{
    (void)state;
    one_cut(FLASH_CUT_CLEAN);
}

static void boot_survives_a_cut_in_every_operation(void **state)
{
    (void)state;
    one_cut(FLASH_CUT_TORN);
}

static void boot_survives_two_cuts_before_operations(void **state)
{
    (void)state;
    two_cuts(FLASH_CUT_CLEAN);
}

static void boot_survives_two_cuts_in_operations(void **state)
{
    (void)state;
    two_cuts(FLASH_CUT_TORN);
}

static void two_images_survive_a_cut_before_every_operation(void **state)
{
    static const struct rig_geometry g[2] = {
        { "app", MCUB_MODE_MOVE, 1024, 6, 6, 4, 8, 8, 0, 0 },
        { "second", MCUB_MODE_MOVE, 1024, 6, 6, 4, 8, 8, 0, 0 },
    };
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);
    uint8_t *new = rig_image("2.0.0", NEW_SIZE);
    uint32_t cut = 0;
    int rc;

    (void)state;
    do {
        struct rig rig;

        rig_init(&rig, g, 2);
        for (uint8_t i = 0; i < 2; i++) {
            rig_program(&rig, i, 0, old, OLD_SIZE);
            rig_upload(&rig, i, new, NEW_SIZE);
            assert_int_equal(mcub_slot_set_pending(&rig.board, i, false), 0);
        }
        flash_power_on(&rig.power);
        rig.power.cut_at = cut++;
        rc = rig_boot(&rig);
        flash_power_on(&rig.power);
        if (rc == MCUB_E_POWER) {
            assert_int_equal(rig_boot(&rig), 0);
        }
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new, NEW_SIZE));
        assert_true(rig_slot_holds(&rig, 1, 0, 0, new, NEW_SIZE));
        rig_assert_clean(&rig);
        rig_finish(&rig);
    } while (rc == MCUB_E_POWER);
    assert_int_equal(rc, 0);
    assert_true(cut > 40);
    free(old);
    free(new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_survives_a_cut_before_every_operation),
        cmocka_unit_test(boot_survives_a_cut_in_every_operation),
        cmocka_unit_test(boot_survives_two_cuts_before_operations),
        cmocka_unit_test(boot_survives_two_cuts_in_operations),
        cmocka_unit_test(two_images_survive_a_cut_before_every_operation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
