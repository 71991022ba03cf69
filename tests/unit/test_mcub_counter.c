// SPDX-License-Identifier: Apache-2.0
/*
 * Security counters: stored ones (hardware rollback protection), and the
 * comparison of an update with what runs.
 */
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"

#define SIZE 3000u

static const struct rig_geometry move8 = { "move", MCUB_MODE_MOVE, 4096, 8, 8,
    4, 8, 16, 0, 0 };
static const struct rig_geometry overwrite8 = { "overwrite",
    MCUB_MODE_OVERWRITE, 4096, 8, 8, 4, 8, 16, 0, 0 };
static const struct rig_geometry xip = { "xip", MCUB_MODE_DIRECT_XIP, 4096, 4,
    4, 4, 8, 16, 0, 0 };

static uint8_t *image_with(const char *version, uint32_t counter)
{
    struct rig_image_options options = { 0, 0, counter };

    return rig_image_special(version, SIZE, options);
}

static void start(struct rig *rig, const struct rig_geometry *g,
        uint32_t old_counter, uint32_t new_counter, bool permanent)
{
    uint8_t *old = image_with("1.0.0", old_counter);
    uint8_t *new = image_with("2.0.0", new_counter);

    rig_init(rig, g, 1);
    rig_program(rig, 0, 0, old, SIZE);
    rig_upload(rig, 0, new, SIZE);
    if (g->mode != MCUB_MODE_DIRECT_XIP) {
        assert_int_equal(mcub_slot_set_pending(&rig->board, 0, permanent), 0);
    }
    free(old);
    free(new);
}

static uint8_t running_major(struct rig *rig)
{
    return rig->model[0][0].mem[20];
}

static void counter_is_raised_when_the_image_stays(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, &move8, 5, 7, false);
    rig.has_counter = true;
    rig.counter[0] = 5;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(running_major(&rig), 2);
    /* On trial: the old image must be able to come back. */
    assert_int_equal(rig.counter[0], 5);
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 0), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.counter[0], 7);
    rig_finish(&rig);
}

static void counter_stays_when_the_image_is_reverted(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, &move8, 5, 7, false);
    rig.has_counter = true;
    rig.counter[0] = 4;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(running_major(&rig), 1);
    assert_int_equal(rig.counter[0], 5);
    rig_finish(&rig);
}

static void counter_is_raised_at_once_without_a_way_back(void **state)
{
    const struct rig_geometry *g[] = { &move8, &overwrite8, &xip };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;

        start(&rig, g[i], 5, 7, true);
        rig.has_counter = true;
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.counter[0], 7);
        rig_finish(&rig);
    }
}

static void counter_below_the_stored_one_is_refused(void **state)
{
    static const uint32_t counters[] = { 0, 6 }; /* 0: no counter at all */

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;

        start(&rig, &move8, 7, counters[i], true);
        rig.has_counter = true;
        rig.counter[0] = 7;
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(running_major(&rig), 1);
        assert_int_equal(rig.boot.result[0].error, MCUB_E_COUNTER);
        assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
        rig_finish(&rig);
    }
}

static void counter_of_the_primary_is_checked_as_well(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, &move8, 7, 8, true);
    rig.has_counter = true;
    rig.counter[0] = 9;
    assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_COUNTER);
    rig_finish(&rig);
}

/* Software: the update is compared with what runs. */
static void update_with_a_lower_counter_is_removed_when_told_to(void **state)
{
    static const struct {
        uint32_t old;
        uint32_t new;
        uint8_t runs;
    } rows[] = {
        { 5, 5, 2 },
        { 5, 6, 2 },
        { 5, 4, 1 },
        { 5, 0, 1 },
        { 0, 0, 2 },
        { 0, 3, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;

        start(&rig, &move8, rows[i].old, rows[i].new, true);
        rig.boot.options = MCUB_BOOT_NO_COUNTER_DOWNGRADE;
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(running_major(&rig), rows[i].runs);
        assert_int_equal(rig_logged(&rig, 0, MCUB_LOG_DOWNGRADE),
                rows[i].runs == 1);
        rig_finish(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_is_raised_when_the_image_stays),
        cmocka_unit_test(counter_stays_when_the_image_is_reverted),
        cmocka_unit_test(counter_is_raised_at_once_without_a_way_back),
        cmocka_unit_test(counter_below_the_stored_one_is_refused),
        cmocka_unit_test(counter_of_the_primary_is_checked_as_well),
        cmocka_unit_test(update_with_a_lower_counter_is_removed_when_told_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
