// SPDX-License-Identifier: Apache-2.0
/*
 * swap-scratch beyond the order of its operations, which test_mcub_boot
 * compares with the vectors: regions, geometries, the scratch trailer, and
 * what is saved where sectors are blank or equal.
 */
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"

static const struct rig_geometry plain = { "scratch", MCUB_MODE_SCRATCH, 4096,
    8, 8, 4, 8, 16, 1, 0 };
/* One sector per slot: the image lies beside its trailer. */
static const struct rig_geometry shared = { "shared", MCUB_MODE_SCRATCH, 4096,
    1, 1, 4, 8, 16, 1, 0 };

static void start_update(struct rig *rig, const struct rig_geometry *g,
        const uint8_t *old, const uint8_t *new, uint32_t len)
{
    rig_init(rig, g, 1);
    rig_program(rig, 0, 0, old, len);
    rig_upload(rig, 0, new, len);
    assert_int_equal(mcub_slot_set_pending(&rig->board, 0, false), 0);
    flash_power_on(&rig->power);
}

static void scratch_is_refused_where_it_cannot_work(void **state)
{
    static const struct {
        struct rig_geometry g;
        enum mcub_geometry why;
    } rows[] = {
        { { "sizes", MCUB_MODE_SCRATCH, 4096, 8, 7, 4, 8, 16, 1, 0 },
                MCUB_GEOMETRY_COUNTS },
        { { "rows", MCUB_MODE_SCRATCH, 4096, 8, 8, 4, 8, 7, 1, 0 },
                MCUB_GEOMETRY_MANY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *old = rig_image("1.0.0", 3000);
        uint8_t *new = rig_image("2.0.0", 3000);
        struct rig rig;

        start_update(&rig, &rows[i].g, old, new, 3000);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_GEOMETRY));
        assert_int_equal(rig.events[3].a, rows[i].why);
        assert_int_equal(rig.boot.result[0].error, MCUB_E_GEOMETRY);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, old, 3000));
        rig_finish(&rig);
        free(old);
        free(new);
    }
}

static void scratch_smaller_than_a_sector_is_refused(void **state)
{
    static const struct mcub_sector_run small[] = { { 2048, 1 } };
    uint8_t *old = rig_image("1.0.0", 3000);
    uint8_t *new = rig_image("2.0.0", 3000);
    struct rig rig;

    (void)state;
    start_update(&rig, &plain, old, new, 3000);
    flash_model_finish(&rig.scratch);
    flash_model_init_runs(&rig.scratch, &rig.power, small, 1, 4, 0xff);
    rig.board.scratch = (struct mcub_slot){ &rig.scratch.flash, 0, 2048 };
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_GEOMETRY));
    rig.board.scratch.flash = NULL;
    assert_int_equal(rig_boot(&rig), MCUB_E_GEOMETRY);
    rig_finish(&rig);
    free(old);
    free(new);
}

/* The trailer goes through the scratch area with the image beside it. */
static void scratch_keeps_the_trailer_of_a_shared_sector(void **state)
{
    uint8_t *old = rig_image("1.0.0", 3000);
    uint8_t *new = rig_image("2.0.0", 3000);
    struct mcub_trailer_state s;
    struct rig rig;

    (void)state;
    start_update(&rig, &shared, old, new, 3000);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, new, 3000));
    assert_true(rig_slot_holds(&rig, 0, 1, 0, old, 3000));
    assert_int_equal(mcub_slot_state(&rig.board, 0, 0, &s), 0);
    assert_int_equal(s.magic, MCUB_MARK_GOOD);
    assert_int_equal(s.copy_done, MCUB_MARK_SET);
    assert_int_equal(s.swap_size, 3000);
    assert_int_equal(rig.scratch.mem[4095], 0xff);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, 3000));
    rig_assert_clean(&rig);
    rig_finish(&rig);
    free(old);
    free(new);
}

/*
 * The last erase of the scratch area is cut: its trailer is whole, its data
 * half gone. The reference would copy it over the good primary.
 */
static void scratch_half_erased_behind_the_last_record_is_not_used(void **state)
{
    uint8_t *old = rig_image("1.0.0", 3000);
    uint8_t *new = rig_image("2.0.0", 3000);
    struct rig rig;
    uint32_t last;

    (void)state;
    start_update(&rig, &shared, old, new, 3000);
    assert_int_equal(rig_boot(&rig), 0);
    /* Erase of the scratch, then copy_done. */
    last = rig.power.ops - 2;
    rig_finish(&rig);
    start_update(&rig, &shared, old, new, 3000);
    rig.power.cut_at = last;
    rig.power.kind = FLASH_CUT_TORN;
    assert_int_equal(rig_boot(&rig), MCUB_E_POWER);
    assert_int_equal(rig.scratch.mem[0], 0xff);
    assert_int_equal(rig.scratch.mem[4095], 0x80);
    flash_power_on(&rig.power);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig.boot.result[0].resumed);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, new, 3000));
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, 3000));
    rig_assert_clean(&rig);
    rig_finish(&rig);
    free(old);
    free(new);
}

/*
 * The gap of the reference (cut at 6, then at 2..4 of the revert): both
 * trailers gone, the unconfirmed image stays.
 */
static void scratch_revert_survives_two_cuts_at_its_start(void **state)
{
    uint8_t *old = rig_image("1.0.0", 5072);
    uint8_t *new = rig_image("2.0.0", 9072);

    (void)state;
    for (uint32_t first = 0; first < 10; first++) {
        for (uint32_t second = 0; second < 12; second++) {
            struct rig rig;

            rig_init(&rig, &plain, 1);
            rig_program(&rig, 0, 0, old, 5072);
            rig_upload(&rig, 0, new, 9072);
            assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
            assert_int_equal(rig_boot(&rig), 0);
            for (int i = 0; i < 2; i++) {
                flash_power_on(&rig.power);
                rig.power.cut_at = i == 0 ? first : second;
                assert_int_equal(rig_boot(&rig), MCUB_E_POWER);
            }
            flash_power_on(&rig.power);
            assert_int_equal(rig_boot(&rig), 0);
            assert_true(rig_slot_holds(&rig, 0, 0, 0, old, 5072));
            rig_assert_clean(&rig);
            rig_finish(&rig);
        }
    }
    free(old);
    free(new);
}

static uint32_t cost_of(uint32_t options, const uint8_t *old,
        const uint8_t *new, uint32_t len)
{
    struct rig rig;

    start_update(&rig, &plain, old, new, len);
    rig.boot.options = options;
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, new, len));
    assert_true(rig_slot_holds(&rig, 0, 1, 0, old, len));
    uint32_t cost = rig.power.erases * 1000 + rig.power.writes;

    rig_finish(&rig);
    return cost;
}

/* Both images are the same: nothing but the trailers is written. */
static void scratch_leaves_equal_sectors_alone(void **state)
{
    uint8_t *image = rig_image("1.0.0", 20000);

    (void)state;
    /* Five sectors, each saved twice. */
    assert_int_equal(cost_of(0, image, image, 20000) / 1000 + 10,
            cost_of(MCUB_BOOT_AS_REFERENCE, image, image, 20000) / 1000);
    free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scratch_is_refused_where_it_cannot_work),
        cmocka_unit_test(scratch_smaller_than_a_sector_is_refused),
        cmocka_unit_test(scratch_keeps_the_trailer_of_a_shared_sector),
        cmocka_unit_test(
                scratch_half_erased_behind_the_last_record_is_not_used),
        cmocka_unit_test(scratch_revert_survives_two_cuts_at_its_start),
        cmocka_unit_test(scratch_leaves_equal_sectors_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
