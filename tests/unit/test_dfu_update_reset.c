// SPDX-License-Identifier: Apache-2.0
/* Updates: the reset, the boot, and the confirmation after it. */
#include "dfu_update_rig.h"

static void new_image_that_crashes_is_called_reverted(void **state)
{
    (void)state;
    device.crashes = true;
    expect_code(DFU_REVERTED);
    assert_int_equal(device.confirms, 0);
    assert_int_equal(runs(0), 1);
    assert_int_equal(result->images[0].verified, DFU_VERIFIED_NO);
    assert_false(result->confirmed);
}

static void image_deleted_by_the_bootloader_is_swap_refused(void **state)
{
    (void)state;
    device.swap_drops = true;
    expect_code(DFU_SWAP_REFUSED);
    assert_int_equal(device.confirms, 0);
}

static void image_that_stays_pending_is_swap_refused_after_ten_seconds(
        void **state)
{
    for (int drops = 0; drops < 2; drops++) {
        setup(state);
        device.link_drops = drops;
        device.swap_stays_pending = true;
        device.boot_ms = 3000;
        expect_code(DFU_SWAP_REFUSED);
        uint32_t took = result->ended_ms - result->started_ms;
        assert_true(took > 10000 && took < 20000);
    }
}

static void device_that_never_resets_is_noticed(void **state)
{
    (void)state;
    device.reset_ignored = true;
    expect_code(DFU_SWAP_REFUSED);
    assert_true(result->marked);
    setup(state);
    device.reset_ignored = true;
    config.reset_timeout_ms = 3000;
    expect_code(DFU_SWAP_REFUSED);
    assert_true(result->ended_ms - result->started_ms < 6000);
}

static void device_that_does_not_return_is_noticed(void **state)
{
    for (int drops = 0; drops < 2; drops++) {
        setup(state);
        device.link_drops = drops;
        device.never_returns = true;
        expect_code(DFU_DEVICE_DID_NOT_RETURN);
        assert_true(result->ended_ms - result->started_ms < 120000);
        assert_int_equal(pump.finds, drops);
    }
}

static void slow_swap_is_waited_for(void **state)
{
    for (int drops = 0; drops < 2; drops++) {
        setup(state);
        device.link_drops = drops;
        device.boot_ms = 45000;
        expect_code(DFU_OK);
        assert_true(result->ended_ms - result->started_ms < 55000);
    }
}

static void lost_answer_to_the_reset_is_not_an_error(void **state)
{
    (void)state;
    device.reset_unanswered = true;
    expect_code(DFU_OK);
    assert_int_equal(pump.warnings[DFU_WARN_RESET_NO_ANSWER], 1);
    assert_int_equal(device.resets, 1);
}

static void busy_device_is_asked_for_the_reset_again(void **state)
{
    (void)state;
    device.reset_busy = 3;
    expect_code(DFU_OK);
    assert_int_equal(pump.warnings[DFU_WARN_RESET_BUSY], 1);
    assert_false(device.forced_reset);
    setup(state);
    device.reset_busy = 100;
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(result->refusal.rc, 10);
    setup(state);
    device.reset_busy = 100;
    config.options.force = true;
    expect_code(DFU_OK);
    assert_true(device.forced_reset);
}

static void application_may_confirm_itself(void **state)
{
    (void)state;
    device.confirms_itself = true;
    expect_code(DFU_OK);
    assert_int_equal(device.confirms, 0);
    assert_int_equal(pump.warnings[DFU_WARN_ALREADY_CONFIRMED], 1);
    assert_true(result->confirmed);
}

static void confirmation_that_is_swallowed_is_not_believed(void **state)
{
    (void)state;
    device.swallow_confirm = true;
    device.era = FAKE_ERA_C;
    expect_code(DFU_DEVICE_REFUSED);
    assert_false(result->refused);
    assert_false(result->confirmed);
    assert_true(device.image[0].trial);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(new_image_that_crashes_is_called_reverted),
        T(image_deleted_by_the_bootloader_is_swap_refused),
        T(image_that_stays_pending_is_swap_refused_after_ten_seconds),
        T(device_that_never_resets_is_noticed),
        T(device_that_does_not_return_is_noticed),
        T(slow_swap_is_waited_for),
        T(lost_answer_to_the_reset_is_not_an_error),
        T(busy_device_is_asked_for_the_reset_again),
        T(application_may_confirm_itself),
        T(confirmation_that_is_swallowed_is_not_believed),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
