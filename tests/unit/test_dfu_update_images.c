// SPDX-License-Identifier: Apache-2.0
/* Updates of several images: the origin of this project, two cores. */
#include "dfu_update_rig.h"

/* --- the origin --------------------------------------------------------- */

/* One image, told by its list only; the package has two. */
static void origin_device(void)
{
    device.era = FAKE_ERA_C;
    device.params = false;
    device.slot_info = false;
    device.mode_told = false;
    add_image(1, 7);
}

static void origin_package_is_refused_before_a_byte_is_written(void **state)
{
    (void)state;
    origin_device();
    package.images[1].net_core = true;
    expect_code(DFU_PACKAGE_NEEDS_MORE_IMAGES);
    assert_int_equal(device.uploads_started, 0);
    const struct dfu_finding *f = dfu_plan_fatal(dfu_update_plan(&update));
    assert_int_equal(f->id, DFU_FIND_MORE_IMAGES);
    assert_int_equal(f->have, 1);
    assert_int_equal(f->need, 2);
    assert_int_equal(f->image, 1);
    assert_int_equal(result->image, 1);
}

static void origin_package_by_force_ends_as_in_the_origin_log(void **state)
{
    (void)state;
    origin_device();
    package.images[1].net_core = true;
    config.options.force = true;
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(device.uploads_done, 2);
    assert_int_equal(device.image[0].slot[1].hash[0], 7);
    assert_int_equal(pump.warnings[DFU_WARN_IMAGE_REPLACED], 1);
    assert_int_equal(pump.warnings[DFU_WARN_OTHER_PLACE], 1);
    assert_true(result->refused);
    assert_int_equal(result->refusal.rc, 3);
    assert_int_equal(result->refusal.id, SMP_IMAGE_STATE);
    assert_int_equal(result->image, 0);
    assert_true(result->images[0].replaced);
    assert_int_equal(runs(0), 1);
    assert_int_equal(device.resets, 0);
}

static void origin_application_alone_succeeds(void **state)
{
    (void)state;
    origin_device();
    config.options.only_image_given = true;
    config.options.only_image = 0;
    expect_code(DFU_OK);
    assert_int_equal(runs(0), 2);
    assert_true(result->confirmed);
}

static void two_cores_succeed_in_every_era_and_mode(void **state)
{
    static const enum fake_era eras[] = { FAKE_ERA_C, FAKE_ERA_E };
    for (size_t e = 0; e < 2; e++) {
        for (int m = 0; m < 3; m++) {
            setup(state);
            two_cores(eras[e]);
            config.options.mode = (enum dfu_mode)m;
            if (eras[e] == FAKE_ERA_C) {
                /* absent second image: the list says 2 by its keys */
                fake_device_put(&device, 1, 1, 9);
            }
            expect_code(DFU_OK);
            assert_int_equal(runs(0), 2);
            assert_int_equal(device.image[1].slot[0].hash[0], 7);
            assert_int_equal(result->images[1].verified,
                    DFU_VERIFIED_NOT_READABLE);
            assert_int_equal(result->confirmed, m != DFU_TEST_ONLY);
            assert_int_equal(device.resets, 1);
        }
    }
}

static void network_core_is_marked_before_the_application(void **state)
{
    (void)state;
    two_cores(FAKE_ERA_E);
    expect_code(DFU_OK);
    uint8_t order[2];
    int n = 0;
    for (uint8_t i = 0; i < update.plan.step_count; i++) {
        if (update.plan.steps[i].kind == DFU_STEP_MARK_TEST) {
            order[n++] = update.plan.steps[i].image;
        }
    }
    assert_int_equal(n, 2);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 0);
}

static void network_core_alone_goes_in_when_the_application_runs(void **state)
{
    (void)state;
    two_cores(FAKE_ERA_E);
    fake_device_put(&device, 0, 0, 2);
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 1);
    assert_int_equal(device.image[1].slot[0].hash[0], 7);
    assert_int_equal(result->images[0].action, DFU_ACTION_SKIP_ACTIVE);
    assert_true(result->confirmed);
}

static void second_readable_image_may_refuse_its_confirmation(void **state)
{
    (void)state;
    device.images = 2;
    fake_device_put(&device, 1, 0, 6);
    add_image(1, 7);
    /* era E: only its own core may confirm image 1, so it stays on trial */
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(pump.warnings[DFU_WARN_CONFIRM_REFUSED], 1);
    assert_int_equal(result->image, 1);
    assert_true(result->images[0].confirmed);
    setup(state);
    device.images = 2;
    fake_device_put(&device, 1, 0, 6);
    add_image(1, 7);
    config.options.mode = DFU_CONFIRM_ONLY;
    expect_code(DFU_OK);
    assert_int_equal(runs(1), 7);
    assert_true(result->confirmed);
}

static void earlier_image_that_vanishes_stops_the_update(void **state)
{
    (void)state;
    /* claims two images, but both uploads land in the same slot */
    device.told_images = 2;
    add_image(1, 7);
    expect_code(DFU_IMAGE_REPLACED);
    assert_int_equal(result->image, 0);
    assert_true(result->images[0].replaced);
    assert_int_equal(device.marks, 0);
    assert_int_equal(device.resets, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(origin_package_is_refused_before_a_byte_is_written),
        T(origin_package_by_force_ends_as_in_the_origin_log),
        T(origin_application_alone_succeeds),
        T(two_cores_succeed_in_every_era_and_mode),
        T(network_core_is_marked_before_the_application),
        T(network_core_alone_goes_in_when_the_application_runs),
        T(second_readable_image_may_refuse_its_confirmation),
        T(earlier_image_that_vanishes_stops_the_update),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
