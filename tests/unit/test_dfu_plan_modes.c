// SPDX-License-Identifier: Apache-2.0
/* Plans for bootloaders that neither swap nor overwrite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_plan_rig.h"

static void plan_refuses_uploads_where_the_only_slot_runs(void **state)
{
    static const int32_t modes[] = { SMP_BOOTLOADER_SINGLE,
        SMP_BOOTLOADER_SINGLE_RAM };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        device.mode = modes[i];
        for (int m = DFU_TEST_AND_CONFIRM; m <= DFU_UPLOAD_ONLY; m++) {
            options.mode = (enum dfu_mode)m;
            expect_fatal(DFU_FIND_ONE_SLOT, DFU_MODE_NOT_SUPPORTED);
            /* the first thing told, and nothing about modes before it */
            assert_int_equal(dfu_plan_fatal(&plan)->id, DFU_FIND_ONE_SLOT);
        }
        assert_int_equal(found(DFU_FIND_ONE_SLOT)->have, modes[i]);
    }
    /* Its serial recovery takes it. */
    device.mode_told = false;
    device.flags_told = false;
    device.slots[0].active = false;
    device.slots[0].confirmed = false;
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("U0L0RWV");
}

static void plan_goes_through_the_firmware_loader(void **state)
{
    (void)state;
    device.mode = SMP_BOOTLOADER_FIRMWARE_LOADER;
    device.list_told = false;
    device.flags_told = false;
    device.slot_count = 0;
    /* there is no test, and that is said before the reset */
    expect_fatal(DFU_FIND_MODE, DFU_MODE_NOT_SUPPORTED);
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("FU0L0RWV");
    assert_int_equal(plan.steps[0].reason, DFU_RESET_LOADER);
    assert_true(plan.provisional);
    options.mode = DFU_UPLOAD_ONLY;
    expect_fatal(DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED);
    assert_int_equal(found(DFU_FIND_NEEDS_RESET)->have, DFU_RESET_LOADER);
    options.force = true;
    expect_steps("FU0L0V");
    /* the loader lists slot 0, which does not run */
    setup(state);
    device.mode = SMP_BOOTLOADER_FIRMWARE_LOADER;
    device.slots[0].active = false;
    device.slots[0].confirmed = false;
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("U0L0RWV");
    assert_int_equal(plan.slot[0], 0);
    options.mode = DFU_UPLOAD_ONLY;
    expect_steps("U0L0V");
    /* there already: only the loader has to be left */
    options.mode = DFU_CONFIRM_ONLY;
    memset(device.slots[0].hash, 2, 32);
    expect_steps("I0RWV");
    options.force = true;
    expect_steps("U0L0RWV");
}

static void plan_overwrites_what_waits_where_versions_decide(void **state)
{
    (void)state;
    device.mode = SMP_BOOTLOADER_DIRECT_XIP;
    options.mode = DFU_CONFIRM_ONLY;
    struct dfu_slot *s = put(0, 1, 9);
    s->pending = true;
    s->permanent = true;
    expect_steps("U0L0RWV");
}

/* Old servers without revert show nothing as confirmed. */
static void plan_takes_no_trial_for_granted(void **state)
{
    (void)state;
    device.mode_told = false;
    device.slots[0].confirmed = false;
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("U0L0C0RWV");
    assert_false(dfu_device_goes_back(&device, 0));
    put(0, 1, 9)->confirmed = true;
    assert_true(dfu_device_goes_back(&device, 0));
    expect_steps("F0U0L0C0RWV");
}

#define T(f) cmocka_unit_test_setup((f), setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(plan_refuses_uploads_where_the_only_slot_runs),
        T(plan_goes_through_the_firmware_loader),
        T(plan_overwrites_what_waits_where_versions_decide),
        T(plan_takes_no_trial_for_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
