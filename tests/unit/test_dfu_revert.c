// SPDX-License-Identifier: Apache-2.0
/* The way back to the image before. */
#include "dfu_update_rig.h"

static struct dfu_revert revert;

static bool take_revert_event(void *self, struct dfu_event *ev)
{
    return dfu_update_event(&((struct dfu_revert *)self)->update, ev);
}

static void expect_revert(enum dfu_code code)
{
    fake_pump_init(&pump, &device, &dfu_revert_procedure, &revert);
    pump.event = take_revert_event;
    dfu_revert_init(&revert, &config);
    fake_pump_run(&pump, 3600 * 1000);
    result = dfu_update_result(&revert.update);
    assert_true(result->finished);
    assert_string_equal(dfu_code_to_str(result->code), dfu_code_to_str(code));
}

static void revert_ends_a_trial_by_a_reset(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 0, 2);
    fake_device_put(&device, 0, 1, 1);
    device.image[0].trial = true;
    expect_revert(DFU_OK);
    assert_int_equal(runs(0), 1);
    assert_false(device.image[0].trial);
    assert_int_equal(device.resets, 1);
    assert_int_equal(device.marks, 0);
    assert_true(result->confirmed);
}

static void revert_marks_the_previous_image(void **state)
{
    (void)state;
    fake_device_put(&device, 0, 0, 2);
    fake_device_put(&device, 0, 1, 1);
    device.no_downgrade = false;
    expect_revert(DFU_OK);
    assert_int_equal(runs(0), 1);
    assert_false(device.image[0].trial);
    assert_int_equal(device.marks, 1);
}

static void revert_says_when_there_is_no_way_back(void **state)
{
    expect_revert(DFU_OTHER);
    assert_int_equal(revert.why, DFU_REVERT_NO_PREVIOUS);
    assert_false(revert.swap_offset);
    assert_int_equal(device.resets, 0);
    setup(state);
    device.mode = SMP_BOOTLOADER_SWAP_OFFSET;
    expect_revert(DFU_OTHER);
    assert_int_equal(revert.why, DFU_REVERT_NO_PREVIOUS);
    assert_true(revert.swap_offset);
    setup(state);
    fake_device_put(&device, 0, 1, 1);
    expect_revert(DFU_OTHER);
    assert_int_equal(revert.why, DFU_REVERT_SAME);
    setup(state);
    device.mode = SMP_BOOTLOADER_OVERWRITE;
    fake_device_put(&device, 0, 1, 3);
    expect_revert(DFU_OTHER);
    assert_int_equal(revert.why, DFU_REVERT_NO_WAY);
    setup(state);
    device.silent = true;
    expect_revert(DFU_NO_ANSWER);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(revert_ends_a_trial_by_a_reset),
        T(revert_marks_the_previous_image),
        T(revert_says_when_there_is_no_way_back),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
