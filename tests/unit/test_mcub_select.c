// SPDX-License-Identifier: Apache-2.0
/*
 * direct-xip: the newest valid image runs where it lies.
 */
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"

#define SIZE 3000u

static const struct rig_geometry xip[2] = {
    { "xip", MCUB_MODE_DIRECT_XIP, 4096, 4, 4, 4, 8, 16, 0, 0 },
    { "xip 1", MCUB_MODE_DIRECT_XIP, 4096, 4, 4, 4, 8, 16, 0, 0 },
};
static const struct rig_geometry revert = { "xip with revert",
    MCUB_MODE_DIRECT_XIP_REVERT, 4096, 4, 4, 4, 8, 16, 0, 0 };

static void program(struct rig *rig, uint8_t image, uint8_t slot,
        const char *version, struct rig_image_options options)
{
    uint8_t *data = rig_image_special(version, SIZE, options);

    rig_program(rig, image, slot, data, SIZE);
    free(data);
}

static const struct rig_image_options none = { 0, 0, 0 };

static bool is_blank(struct rig *rig, uint8_t slot)
{
    return mcub_slot_is_blank(&rig->board, 0, slot) == 1;
}

static void select_takes_the_newest_and_the_lower_of_equals(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        uint8_t slot;
    } rows[] = {
        { "1.0.0", "2.0.0", 1 },
        { "2.0.0", "1.0.0", 0 },
        { "1.0.0", "1.0.0", 0 },
        { "1.0.0+1", "1.0.0+2", 0 },
        { "1.0.0", NULL, 0 },
        { NULL, "1.0.0", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;

        rig_init(&rig, xip, 1);
        if (rows[i].a != NULL) {
            program(&rig, 0, 0, rows[i].a, none);
        }
        if (rows[i].b != NULL) {
            program(&rig, 0, 1, rows[i].b, none);
        }
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.booted_slot, rows[i].slot);
        assert_int_equal(rig.boot.result[0].slot, rows[i].slot);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_JUMP));
        assert_int_equal(rig.power.ops, 0);
        rig_finish(&rig);
    }
}

static void select_compares_build_numbers_when_told_to(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, xip, 1);
    program(&rig, 0, 0, "1.0.0+1", none);
    program(&rig, 0, 1, "1.0.0+2", none);
    rig.boot.options = MCUB_BOOT_USE_BUILD;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    rig_finish(&rig);
}

static void select_erases_what_is_not_valid_and_goes_on(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, xip, 1);
    program(&rig, 0, 0, "1.0.0", none);
    program(&rig, 0, 1, "2.0.0", none);
    rig.model[0][1].mem[500] ^= 1;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_HASH);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_SLOT_INVALID));
    assert_true(is_blank(&rig, 1));
    rig.model[0][0].mem[500] ^= 1;
    assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
    assert_true(is_blank(&rig, 0));
    assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
    rig_finish(&rig);
}

/* Built for the other slot: left alone, it may be right there. */
static void select_skips_images_made_for_another_address(void **state)
{
    struct rig_image_options elsewhere = { MCUB_IMAGE_ROM_FIXED, 0x8000, 0 };
    struct rig_image_options here = { MCUB_IMAGE_ROM_FIXED, 0, 0 };
    struct rig_image_options stub = { MCUB_IMAGE_NON_BOOTABLE, 0, 0 };
    struct rig rig;

    (void)state;
    rig_init(&rig, xip, 1);
    program(&rig, 0, 0, "1.0.0", here);
    program(&rig, 0, 1, "2.0.0", elsewhere);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_false(is_blank(&rig, 1));
    program(&rig, 0, 1, "3.0.0", stub);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_false(is_blank(&rig, 1));
    rig_finish(&rig);
}

static void select_runs_an_unconfirmed_image_once(void **state)
{
    struct mcub_trailer_state s;
    struct rig rig;

    (void)state;
    rig_init(&rig, &revert, 1);
    program(&rig, 0, 0, "1.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 0, true), 0);
    program(&rig, 0, 1, "2.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    assert_int_equal(mcub_slot_state(&rig.board, 0, 1, &s), 0);
    assert_int_equal(s.copy_done, MCUB_MARK_SET);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_UNCONFIRMED));
    assert_true(is_blank(&rig, 1));
    rig_assert_clean(&rig);
    rig_finish(&rig);
}

static void select_keeps_a_confirmed_image(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &revert, 1);
    program(&rig, 0, 0, "1.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 0, true), 0);
    program(&rig, 0, 1, "2.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 1, true), 0);
    flash_power_on(&rig.power);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    assert_int_equal(rig.power.ops, 0);
    rig_finish(&rig);
}

static void select_with_revert_erases_what_nobody_marked(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &revert, 1);
    program(&rig, 0, 0, "1.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 0, true), 0);
    program(&rig, 0, 1, "2.0.0", none);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_true(is_blank(&rig, 1));
    rig_finish(&rig);
}

/* Version 2 of image 0 needs version 2 of image 1, which there is not. */
static void select_strikes_out_what_depends_on_a_missing_version(void **state)
{
    static const uint8_t needs[12] = { 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 };
    struct mcub_tlv_spec prot = { MCUB_TLV_DEPENDENCY,
        { needs, sizeof(needs) } };
    uint8_t *picky = rig_image_with("2.0.0", SIZE, &prot, 1);
    struct rig rig;

    (void)state;
    rig_init(&rig, xip, 2);
    program(&rig, 0, 0, "1.0.0", none);
    rig_program(&rig, 0, 1, picky, SIZE);
    program(&rig, 1, 0, "1.0.0", none);
    flash_power_on(&rig.power);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_VERSION);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_DEPENDENCY));
    assert_int_equal(rig.power.ops, 0);
    program(&rig, 1, 1, "2.0.0", none);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    assert_int_equal(rig.boot.result[1].slot, 1);
    rig_finish(&rig);
    free(picky);
}

/* Header first, trailer last: a cut erase gives nobody another trial. */
static void select_erases_the_trailer_last(void **state)
{
    char trace[8][40];
    struct rig rig;

    (void)state;
    rig_init(&rig, &revert, 1);
    program(&rig, 0, 0, "1.0.0", none);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 0, true), 0);
    program(&rig, 0, 1, "2.0.0", none);
    flash_power_on(&rig.power);
    rig.power.trace = trace;
    rig.power.trace_max = 8;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.power.trace_count, 4);
    assert_string_equal(trace[0], "E S 0x0000");
    assert_string_equal(trace[3], "E S 0x3000");
    rig_finish(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_takes_the_newest_and_the_lower_of_equals),
        cmocka_unit_test(select_compares_build_numbers_when_told_to),
        cmocka_unit_test(select_erases_what_is_not_valid_and_goes_on),
        cmocka_unit_test(select_skips_images_made_for_another_address),
        cmocka_unit_test(select_runs_an_unconfirmed_image_once),
        cmocka_unit_test(select_keeps_a_confirmed_image),
        cmocka_unit_test(select_with_revert_erases_what_nobody_marked),
        cmocka_unit_test(select_strikes_out_what_depends_on_a_missing_version),
        cmocka_unit_test(select_erases_the_trailer_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
