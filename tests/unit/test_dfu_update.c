// SPDX-License-Identifier: Apache-2.0
/* Updates: the modes, what is there already, other bootloaders. */
#include "dfu_update_rig.h"

/* --- the four modes ----------------------------------------------------- */

static void update_tests_boots_confirms_and_verifies(void **state)
{
    (void)state;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 2);
    assert_false(device.image[0].trial);
    assert_int_equal(device.resets, 1);
    assert_int_equal(device.confirms, 1);
    assert_true(result->confirmed);
    assert_true(result->resets);
    assert_int_equal(result->images[0].action, DFU_ACTION_UPLOAD);
    assert_int_equal(result->images[0].verified, DFU_VERIFIED_ACTIVE);
    assert_true(result->images[0].confirmed);
    assert_int_equal(result->images[0].upload.size, 6000);
    assert_int_equal(result->images[0].from.version.major, 1);
    assert_int_equal(pump.plans, 1);
    assert_int_equal(pump.steps_begun, update.plan.step_count);
    assert_int_equal(pump.steps_ended, update.plan.step_count);
    /* nothing is waited for that the list does not ask for */
    assert_true(result->ended_ms - result->started_ms < 4000);
}

static void update_confirm_only_marks_for_good(void **state)
{
    (void)state;
    config.options.mode = DFU_CONFIRM_ONLY;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 2);
    assert_false(device.image[0].trial);
    assert_int_equal(device.confirms, 0);
    assert_true(result->confirmed);
}

static void update_test_only_leaves_the_device_on_trial(void **state)
{
    (void)state;
    config.options.mode = DFU_TEST_ONLY;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 2);
    assert_true(device.image[0].trial);
    assert_true(result->on_trial);
    assert_false(result->confirmed);
    assert_int_equal(result->images[0].verified, DFU_VERIFIED_ACTIVE);
}

static void update_upload_only_marks_and_resets_nothing(void **state)
{
    (void)state;
    config.options.mode = DFU_UPLOAD_ONLY;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 1);
    assert_int_equal(device.marks, 0);
    assert_int_equal(device.resets, 0);
    assert_int_equal(result->images[0].verified, DFU_VERIFIED_IN_SLOT);
    assert_false(result->confirmed);
}

static void update_works_in_every_era_and_mode(void **state)
{
    static const enum fake_era eras[] = { FAKE_ERA_A, FAKE_ERA_C, FAKE_ERA_E };
    for (size_t e = 0; e < 3; e++) {
        for (int m = 0; m < 4; m++) {
            for (int drops = 0; drops < 2; drops++) {
                setup(state);
                device.era = eras[e];
                device.params = eras[e] == FAKE_ERA_E;
                device.slot_info = eras[e] == FAKE_ERA_E;
                device.mode_told = eras[e] == FAKE_ERA_E;
                device.link_drops = drops;
                config.options.mode = (enum dfu_mode)m;
                expect_code(DFU_OK);
                assert_int_equal(runs(0), m == DFU_UPLOAD_ONLY ? 1 : 2);
            }
        }
    }
}

static void dry_run_shows_the_plan_and_touches_nothing(void **state)
{
    (void)state;
    config.dry_run = true;
    expect_code(DFU_OK);
    assert_int_equal(pump.plans, 1);
    assert_true(update.plan.step_count > 4);
    assert_int_equal(device.uploads_started, 0);
    assert_int_equal(device.resets, 0);
    assert_true(result->dry_run);
}

static void update_erases_settings_last_before_the_reset(void **state)
{
    (void)state;
    config.options.erase_settings = true;
    expect_code(DFU_OK);
    assert_int_equal(device.erases, 1);
    setup(state);
    config.options.erase_settings = true;
    device.erase_storage_refused = true;
    expect_code(DFU_OK);
    assert_int_equal(pump.warnings[DFU_WARN_SETTINGS_KEPT], 1);
}

/* --- what is there already ---------------------------------------------- */

static void update_sends_nothing_when_the_image_runs(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 0, 2);
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 0);
    assert_int_equal(device.resets, 0);
    assert_int_equal(result->images[0].action, DFU_ACTION_SKIP_ACTIVE);
    assert_int_equal(result->images[0].verified, DFU_VERIFIED_ACTIVE);
    assert_true(result->confirmed);
}

static void update_does_not_send_what_is_in_the_slot(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 1, 2);
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 0);
    assert_int_equal(runs(0), 2);
    assert_int_equal(result->images[0].action, DFU_ACTION_IN_SLOT);
}

static void update_finishes_a_marked_image(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 1, 2);
    device.image[0].slot[1].pending = true;
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 0);
    assert_int_equal(device.marks, 0);
    assert_int_equal(runs(0), 2);
    assert_true(result->confirmed);
}

static void update_only_confirms_a_trial_of_its_image(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 0, 2);
    fake_device_put(&device, 0, 1, 1);
    device.image[0].trial = true;
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 0);
    assert_int_equal(device.resets, 0);
    assert_int_equal(device.confirms, 1);
    assert_false(device.image[0].trial);
    assert_true(result->confirmed);
}

static void update_keeps_the_network_core_in_the_result_of_a_trial(void **state)
{
    for (int dry = 0; dry < 2; dry++) {
        setup(state);
        two_cores(FAKE_ERA_E);
        fake_device_put(&device, 0, 0, 2);
        fake_device_put(&device, 0, 1, 1);
        device.image[0].trial = true;
        config.dry_run = dry;
        config.options.resume = !dry;
        expect_code(DFU_OK);
        assert_int_equal(device.uploads_started, 0);
        assert_int_equal(result->images[0].action, DFU_ACTION_CONFIRM);
        assert_int_equal(result->images[1].action, DFU_ACTION_ASSUMED);
        assert_int_equal(result->images[1].verified, DFU_VERIFIED_NOT_READABLE);
        assert_int_equal(result->confirmed, !dry);
    }
}

static void update_resets_first_when_another_image_is_on_trial(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 0, 5);
    fake_device_put(&device, 0, 1, 1);
    device.image[0].trial = true;
    expect_code(DFU_OK);
    assert_int_equal(device.resets, 2);
    assert_int_equal(pump.plans, 2);
    assert_int_equal(runs(0), 2);
    /* the revert brought back 1, which was then replaced */
    assert_int_equal(device.image[0].slot[1].hash[0], 1);
}

static void update_resets_first_when_another_image_is_marked(void **state)
{
    (void)state;
    for (int permanent = 0; permanent < 2; permanent++) {
        setup(state);
        device.era = FAKE_ERA_C;
        fake_device_put(&device, 0, 1, 5);
        device.image[0].slot[1].pending = true;
        device.image[0].slot[1].permanent = permanent;
        if (permanent) {
            expect_code(DFU_MODE_NOT_SUPPORTED); /* installs it for good */
            assert_int_equal(device.resets, 0);
            config.options.force = true;
        }
        pump.plans = 0;
        expect_code(DFU_OK);
        assert_int_equal(runs(0), 2);
        assert_int_equal(device.resets, permanent ? 2 : 3);
        assert_int_equal(pump.plans, permanent ? 2 : 3);
    }
}

static void resume_confirms_what_waits_and_starts_nothing(void **state)
{
    config.options.resume = true;
    fake_device_put(&device, 0, 0, 2);
    fake_device_put(&device, 0, 1, 1);
    device.image[0].trial = true;
    expect_code(DFU_OK);
    assert_true(result->confirmed);
    assert_int_equal(device.uploads_started, 0);

    setup(state);
    config.options.resume = true;
    expect_code(DFU_OTHER_IMAGE);
    assert_int_equal(device.uploads_started, 0);

    setup(state);
    config.options.resume = true;
    fake_device_put(&device, 0, 1, 2);
    expect_code(DFU_REVERTED);
    assert_int_equal(device.marks, 0);
}

/* --- other bootloaders -------------------------------------------------- */

static void overwrite_only_takes_confirm_only(void **state)
{
    device.mode = SMP_BOOTLOADER_OVERWRITE;
    expect_code(DFU_MODE_NOT_SUPPORTED);
    assert_int_equal(device.uploads_started, 0);
    setup(state);
    device.mode = SMP_BOOTLOADER_OVERWRITE;
    config.options.mode = DFU_CONFIRM_ONLY;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 2);
    /* mode not told: test-and-confirm works out as well */
    setup(state);
    device.mode = SMP_BOOTLOADER_OVERWRITE;
    device.mode_told = false;
    expect_code(DFU_OK);
    assert_int_equal(device.confirms, 0);
}

static void recovery_writes_the_first_slot(void **state)
{
    device.recovery = true;
    device.slot_info = false;
    device.mode_told = false;
    expect_code(DFU_MODE_NOT_SUPPORTED);
    (void)state;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(update_tests_boots_confirms_and_verifies),
        T(update_confirm_only_marks_for_good),
        T(update_test_only_leaves_the_device_on_trial),
        T(update_upload_only_marks_and_resets_nothing),
        T(update_works_in_every_era_and_mode),
        T(dry_run_shows_the_plan_and_touches_nothing),
        T(update_erases_settings_last_before_the_reset),
        T(update_sends_nothing_when_the_image_runs),
        T(update_does_not_send_what_is_in_the_slot),
        T(update_finishes_a_marked_image),
        T(update_only_confirms_a_trial_of_its_image),
        T(update_keeps_the_network_core_in_the_result_of_a_trial),
        T(update_resets_first_when_another_image_is_on_trial),
        T(update_resets_first_when_another_image_is_marked),
        T(resume_confirms_what_waits_and_starts_nothing),
        T(overwrite_only_takes_confirm_only),
        T(recovery_writes_the_first_slot),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
