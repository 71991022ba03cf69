// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_plan_rig.h"

/* --- steps -------------------------------------------------------------- */

static void plan_orders_the_four_modes(void **state)
{
    (void)state;
    expect_steps("U0L0t0RWc0V");
    options.mode = DFU_TEST_ONLY;
    expect_steps("U0L0t0RWV");
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("U0L0C0RWV");
    options.mode = DFU_UPLOAD_ONLY;
    expect_steps("U0L0V");
    options.mode = DFU_TEST_AND_CONFIRM;
    options.erase_settings = true;
    expect_steps("U0L0t0ERWc0V");
    assert_non_null(found(DFU_FIND_SETTINGS));
}

static void plan_marks_the_network_core_first(void **state)
{
    (void)state;
    device.image_count = 2;
    add(1, 7, 90000)->net_core = true;
    expect_steps("U0L0U1L1t1t0RWc0V");
    assert_non_null(found(DFU_FIND_NET_CORE));
    package.images[1].net_core = false;
    expect_steps("U0L0U1L1t0t1RWc0c1V");
}

static void plan_numbers_uploads_as_the_device_says(void **state)
{
    (void)state;
    device.image_count = 2;
    add(1, 7, 90000);
    assert_int_equal(make(), 0);
    assert_false(plan.steps[0].send_image);
    assert_true(plan.steps[2].send_image);
    assert_int_equal(plan.steps[2].upload_id, 1);
    assert_true(plan.steps[2].send_sha);
    /* direct upload numbers absolute slots from 1 */
    tell_slots(2, 500000);
    device.info[1].upload_id_told = true;
    device.info[1].upload_id = 2;
    package.images[1].duplicate_file = true;
    assert_int_equal(make(), 0);
    assert_true(plan.steps[0].send_image);
    assert_int_equal(plan.steps[0].upload_id, 2);
    assert_false(plan.steps[2].send_sha);
    assert_non_null(found(DFU_FIND_DUPLICATE_FILE));
}

static void plan_skips_what_runs(void **state)
{
    (void)state;
    device.slots[0].hash[0] = 2;
    memset(device.slots[0].hash, 2, 32);
    expect_steps("S0V");
    assert_non_null(found(DFU_FIND_NOTHING_TO_DO));
    options.force = true;
    expect_steps("U0L0t0RWc0V");
    assert_non_null(found(DFU_FIND_FORCED_ACTIVE));
}

static void plan_does_not_send_what_is_there(void **state)
{
    (void)state;
    struct dfu_slot *s = put(0, 1, 2);
    expect_steps("I0t0RWc0V");
    options.mode = DFU_UPLOAD_ONLY;
    expect_steps("I0V");
    options.mode = DFU_TEST_AND_CONFIRM;
    s->pending = true;
    expect_steps("I0RWc0V");
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("I0RWc0V");
    assert_non_null(found(DFU_FIND_CONFIRM_LATER));
    s->permanent = true;
    expect_steps("I0RWV");
    options.mode = DFU_TEST_ONLY;
    expect_steps("I0RWV");
    assert_non_null(found(DFU_FIND_MARKED_FOR_GOOD));
}

static void plan_confirms_a_trial_of_its_image(void **state)
{
    (void)state;
    memset(device.slots[0].hash, 2, 32);
    device.slots[0].confirmed = false;
    expect_steps("c0V");
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("c0V");
    options.mode = DFU_TEST_ONLY;
    expect_steps("S0V");
    options.mode = DFU_TEST_AND_CONFIRM;
    /* its network core went along */
    device.image_count = 2;
    add(1, 7, 90000)->net_core = true;
    expect_steps("c0V");
    assert_non_null(found(DFU_FIND_NET_CORE_ASSUMED));
    assert_int_equal(plan.action[1], DFU_ACTION_ASSUMED);
    options.resume = true;
    expect_steps("c0V");
    assert_int_equal(plan.action[1], DFU_ACTION_ASSUMED);
    device.slots[0].confirmed = true;
    expect_steps("S0V");
    assert_non_null(found(DFU_FIND_NOTHING_TO_DO));
    assert_int_equal(plan.action[1], DFU_ACTION_ASSUMED);
    device.slots[0].confirmed = false;
    options.resume = false;
    /* a readable one did not */
    package.images[1].net_core = false;
    expect_steps("c0U1L1t1RWc1V");
}

static void plan_resets_first(void **state)
{
    (void)state;
    device.slots[0].confirmed = false;
    expect_steps("F0U0L0t0RWc0V");
    assert_int_equal(plan.steps[0].reason, DFU_RESET_TRIAL);
    assert_true(plan.provisional);
    assert_non_null(found(DFU_FIND_TRIAL_LOST));
    setup(state);
    put(0, 1, 9)->pending = true;
    expect_steps("F0U0L0t0RWc0V");
    assert_int_equal(plan.steps[0].reason, DFU_RESET_PENDING);
    assert_int_equal(plan.steps[0].slot, 1);
    setup(state);
    /* only image 1 is sent, but our reset would take image 0 back */
    device.image_count = 2;
    device.slots[0].confirmed = false;
    package.images[0].image = 1;
    expect_steps("FU1L1t1RWc1V");
    assert_int_equal(plan.steps[0].reason, DFU_RESET_TRIAL);
}

static void plan_does_not_install_a_foreign_image_for_good(void **state)
{
    (void)state;
    struct dfu_slot *s = put(0, 1, 9);
    s->pending = true;
    s->permanent = true;
    for (int m = DFU_TEST_AND_CONFIRM; m <= DFU_UPLOAD_ONLY; m++) {
        options.mode = (enum dfu_mode)m;
        expect_fatal(DFU_FIND_MARKED_OTHER_FOR_GOOD, DFU_MODE_NOT_SUPPORTED);
        assert_int_equal(found(DFU_FIND_MARKED_OTHER_FOR_GOOD)->slot, 1);
    }
    options.mode = DFU_TEST_AND_CONFIRM;
    options.force = true;
    expect_steps("F0U0L0t0RWc0V");
    assert_int_equal(plan.steps[0].reason, DFU_RESET_PENDING);
}

static void plan_of_upload_only_resets_nothing_unless_forced(void **state)
{
    (void)state;
    options.mode = DFU_UPLOAD_ONLY;
    struct dfu_slot *s = put(0, 1, 9);
    s->pending = true;
    expect_fatal(DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED);
    assert_int_equal(found(DFU_FIND_NEEDS_RESET)->have, DFU_RESET_PENDING);
    options.force = true;
    expect_steps("F0U0L0V");
    setup(state);
    options.mode = DFU_UPLOAD_ONLY;
    device.slots[0].confirmed = false;
    expect_fatal(DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED);
    assert_int_equal(found(DFU_FIND_NEEDS_RESET)->have, DFU_RESET_TRIAL);
    /* the trial of another image is not in the way */
    device.image_count = 2;
    package.images[0].image = 1;
    expect_steps("U1L1V");
}

static void plan_takes_one_image_of_a_package(void **state)
{
    (void)state;
    add(1, 7, 90000);
    options.only_image_given = true;
    expect_steps("U0L0t0RWc0V");
    assert_int_equal(plan.action[1], DFU_ACTION_NONE);
    options.only_image = 3;
    expect_fatal(DFU_FIND_NO_SUCH_IMAGE, DFU_PACKAGE_FILE_MISSING);
}

static void plan_resumes_only_what_waits(void **state)
{
    (void)state;
    options.resume = true;
    expect_fatal(DFU_FIND_RESUME_ABSENT, DFU_OTHER_IMAGE);
    struct dfu_slot *s = put(0, 1, 2);
    expect_fatal(DFU_FIND_RESUME_REVERTED, DFU_REVERTED);
    s->pending = true;
    expect_steps("I0RWc0V");
}

/* --- what is wrong ------------------------------------------------------ */

static void plan_refuses_more_images_than_managed(void **state)
{
    (void)state;
    add(1, 7, 90000)->net_core = true;
    expect_fatal(DFU_FIND_MORE_IMAGES, DFU_PACKAGE_NEEDS_MORE_IMAGES);
    assert_int_equal(found(DFU_FIND_MORE_IMAGES)->have, 1);
    assert_int_equal(found(DFU_FIND_MORE_IMAGES)->need, 2);
    assert_int_equal(found(DFU_FIND_MORE_IMAGES)->image, 1);
    /* by force in the order of the origin log */
    options.force = true;
    expect_steps("U0L0U1L1t0t1RWc0V");
}

static void plan_refuses_two_images_for_an_unknown_number(void **state)
{
    (void)state;
    device.image_count = 0;
    device.count_source = DFU_COUNT_UNKNOWN;
    device.slot_count = 0;
    assert_int_equal(make(), 0);
    add(1, 7, 90000);
    expect_fatal(DFU_FIND_COUNT_UNKNOWN, DFU_DEVICE_IMAGE_COUNT_UNKNOWN);
}

static void plan_refuses_what_does_not_fit(void **state)
{
    (void)state;
    tell_slots(1, 99999);
    expect_fatal(DFU_FIND_SLOT_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SLOT);
    assert_int_equal(found(DFU_FIND_SLOT_SIZE)->need, 100000);
    assert_int_equal(found(DFU_FIND_SLOT_SIZE)->have, 99999);
    tell_slots(1, 100040);
    expect_fatal(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    /* 8 KiB less: likely, not certain */
    tell_slots(1, 100000 + 8000);
    assert_int_equal(make(), 0);
    assert_non_null(found(DFU_FIND_SWAP_TIGHT));
    tell_slots(1, 110592);
    assert_int_equal(make(), 0);
    assert_null(found(DFU_FIND_SWAP_TIGHT));
    /* whatever the flash: nRF52840 DK, swap using offset */
    device.mode = SMP_BOOTLOADER_SWAP_OFFSET;
    tell_slots(1, 483328);
    package.images[0].source.size = 480257;
    expect_fatal(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    device.mode = SMP_BOOTLOADER_SWAP_MOVE;
    expect_fatal(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    device.mode = SMP_BOOTLOADER_SWAP_SCRATCH;
    expect_silence(DFU_FIND_SWAP_TIGHT);
    package.images[0].source.size = 482000;
    expect_warning(DFU_FIND_SWAP_TIGHT);
    device.mode = SMP_BOOTLOADER_SWAP_OFFSET;
    package.images[0].source.size = 470000;
    assert_int_equal(make(), 0);
    assert_null(found(DFU_FIND_SWAP_TIGHT));
    /* small sectors leave more: not certain */
    tell_slots(1, 106496);
    package.images[0].source.size = 104448;
    assert_int_equal(make(), 0);
    package.images[0].source.size = 104449;
    assert_int_equal(make(), 1);
    device.mode = SMP_BOOTLOADER_SWAP_MOVE;
    package.images[0].source.size = 100000;
    tell_slots(1, 110592);
    /* the device knows it better */
    device.info[0].max_image_size = 99000;
    device.info[1].max_image_size = 99000;
    expect_fatal(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    assert_int_equal(found(DFU_FIND_SWAP_SIZE)->have, 99000);
}

static void plan_refuses_downgrades_where_forbidden(void **state)
{
    (void)state;
    device.slots[0].version.major = 3;
    assert_int_equal(make(), 0);
    assert_non_null(found(DFU_FIND_LOWER_VERSION));
    options.allow_downgrade = true;
    assert_int_equal(make(), 0);
    assert_null(found(DFU_FIND_LOWER_VERSION));
    device.no_downgrade = true;
    expect_fatal(DFU_FIND_DOWNGRADE, DFU_IMAGE_DOWNGRADE);
    /* build numbers do not count */
    device.slots[0].version = package.images[0].version;
    device.slots[0].version.build = 9;
    assert_int_equal(make(), 0);
}

static void plan_of_upgrade_only_takes_higher_versions(void **state)
{
    (void)state;
    options.upgrade_only = true;
    assert_int_equal(make(), 0);
    device.slots[0].version.major = 2;
    expect_fatal(DFU_FIND_NOT_HIGHER, DFU_IMAGE_DOWNGRADE);
    device.slots[0].version.build = 5; /* does not count */
    expect_fatal(DFU_FIND_NOT_HIGHER, DFU_IMAGE_DOWNGRADE);
    device.slots[0].version.major = 3;
    options.allow_downgrade = true;
    expect_fatal(DFU_FIND_NOT_HIGHER, DFU_IMAGE_DOWNGRADE);
    assert_int_equal(found(DFU_FIND_NOT_HIGHER)->slot, 0);
    /* what runs already is not sent at all */
    memset(device.slots[0].hash, 2, 32);
    expect_steps("S0V");
}

static void plan_refuses_modes_without_meaning(void **state)
{
    (void)state;
    static const int32_t modes[] = { SMP_BOOTLOADER_OVERWRITE,
        SMP_BOOTLOADER_DIRECT_XIP, SMP_BOOTLOADER_FIRMWARE_LOADER };
    for (size_t i = 0; i < 3; i++) {
        device.mode = modes[i];
        options.mode = DFU_TEST_AND_CONFIRM;
        expect_fatal(DFU_FIND_MODE, DFU_MODE_NOT_SUPPORTED);
        options.mode = DFU_TEST_ONLY;
        expect_fatal(DFU_FIND_MODE, DFU_MODE_NOT_SUPPORTED);
        assert_int_equal(found(DFU_FIND_MODE)->have, modes[i]);
        options.mode = DFU_CONFIRM_ONLY;
        expect_steps(i == 0 ? "U0L0C0RWV" : "U0L0RWV");
        options.mode = DFU_UPLOAD_ONLY;
        expect_steps("U0L0V");
    }
    setup(state);
    device.mode_told = false;
    device.image_count = 2;
    add(1, 7, 90000)->net_core = true;
    assert_int_equal(make(), 0);
    assert_non_null(found(DFU_FIND_NET_CORE_TEST));
}

static void plan_refuses_tests_in_recovery(void **state)
{
    (void)state;
    device.flags_told = false;
    device.mode_told = false;
    device.slots[0].active = false;
    device.slots[0].confirmed = false;
    expect_fatal(DFU_FIND_RECOVERY_TEST, DFU_MODE_NOT_SUPPORTED);
    options.mode = DFU_CONFIRM_ONLY;
    expect_steps("U0L0RWV");
    assert_int_equal(plan.slot[0], 0);
    assert_non_null(found(DFU_FIND_RECOVERY));
}

static void plan_refuses_another_board(void **state)
{
    (void)state;
    package.images[0].board = "nrf5340dk_nrf5340_cpuapp";
    assert_int_equal(make(), 0); /* not told: no statement */
    device.board_told = true;
    strcpy(device.board, "nrf5340dk@2.0.0/nrf5340/cpuapp");
    assert_int_equal(make(), 0);
    strcpy(device.board, "nrf52840dk/nrf52840");
    expect_fatal(DFU_FIND_BOARD, DFU_BOARD_MISMATCH);
    package.images[0].image = 1;
    device.image_count = 2;
    assert_int_equal(make(), 0); /* image 0 only */
}

static void boards_are_compared_without_revision(void **state)
{
    (void)state;
    assert_true(dfu_board_equal("a/b/c", "a_b_c"));
    assert_true(dfu_board_equal("a@1.0/b", "a_b"));
    assert_true(dfu_board_equal("a@A", "a"));
    assert_true(dfu_board_equal("a", "a@2"));
    assert_false(dfu_board_equal("a/b", "a/c"));
    assert_false(dfu_board_equal("a", "ab"));
    assert_true(dfu_board_equal("", ""));
}

static void plan_chooses_the_free_slot_of_a_pair(void **state)
{
    (void)state;
    device.mode = SMP_BOOTLOADER_DIRECT_XIP_REVERT;
    package.images[0].slot = 0;
    package.images[0].slot_given = true;
    struct dfu_image *b = add(0, 3, 100000);
    b->slot_given = true;
    expect_steps("U0L0t0RWc0V");
    assert_int_equal(plan.action[0], DFU_ACTION_NONE);
    assert_int_equal(plan.action[1], DFU_ACTION_UPLOAD);
    assert_int_equal(plan.slot[1], 1);
    assert_non_null(found(DFU_FIND_OTHER_VARIANT));
    /* now slot 1 runs */
    device.slots[0].active = false;
    device.slots[0].confirmed = false;
    struct dfu_slot *s = put(0, 1, 8);
    s->active = true;
    s->confirmed = true;
    s->version.major = 1;
    expect_steps("U0L0t0RWc0V");
    assert_int_equal(plan.action[0], DFU_ACTION_UPLOAD);
    assert_int_equal(plan.slot[0], 0);
    /* the newest runs: another that is not newer never does */
    s->version.major = 3;
    expect_fatal(DFU_FIND_NEVER_SELECTED, DFU_IMAGE_DOWNGRADE);
    assert_int_equal(found(DFU_FIND_NEVER_SELECTED)->slot, 1);
    s->version.major = 2; /* the lower slot wins among equals */
    assert_int_equal(make(), 0);
    /* a variant that runs is not replaced by the other one */
    memset(s->hash, 3, 32);
    expect_steps("S0V");
    assert_int_equal(plan.action[1], DFU_ACTION_SKIP_ACTIVE);
}

static void plan_refuses_the_variant_of_the_running_slot(void **state)
{
    (void)state;
    device.mode = SMP_BOOTLOADER_DIRECT_XIP_REVERT;
    package.images[0].slot = 0;
    package.images[0].slot_given = true;
    expect_fatal(DFU_FIND_WRONG_SLOT, DFU_IMAGE_WRONG_SLOT);
    assert_int_equal(found(DFU_FIND_WRONG_SLOT)->slot, 1);
    assert_int_equal(found(DFU_FIND_WRONG_SLOT)->need, 0);
}

static void plan_takes_the_first_variant_for_boards_that_swap(void **state)
{
    (void)state;
    package.images[0].slot = 0;
    package.images[0].slot_given = true;
    add(0, 3, 100000)->slot_given = true;
    expect_steps("U0L0t0RWc0V");
    assert_int_equal(plan.action[0], DFU_ACTION_UPLOAD);
    assert_int_equal(plan.slot[0], 1);
    assert_non_null(found(DFU_FIND_XIP_IN_SWAP));
}

static void plan_without_list_is_refused(void **state)
{
    (void)state;
    device.list_told = false;
    device.slot_count = 0;
    device.image_count = 0;
    expect_fatal(DFU_FIND_LIST_REFUSED, DFU_MODE_NOT_SUPPORTED);
}

static void plan_without_upload_needs_the_image_in_a_slot(void **state)
{
    (void)state;
    options.no_upload = true;
    expect_fatal(DFU_FIND_NOT_IN_SLOT, DFU_OTHER);
    put(0, 1, 2);
    expect_steps("I0t0RWc0V");
}

static void plan_holds_the_largest_package(void **state)
{
    (void)state;
    package.count = 0;
    device.image_count = DFU_IMAGES_MAX;
    for (uint8_t i = 0; i < DFU_IMAGES_MAX; i++) {
        add(i, (uint8_t)(20 + i), 1000);
        package.images[i].duplicate_file = true;
        package.images[i].net_core = true;
    }
    options.erase_settings = true;
    assert_int_equal(make(), 0);
    assert_int_equal(plan.steps[plan.step_count - 1].kind, DFU_STEP_VERIFY);
    assert_true(plan.finding_count < DFU_FINDINGS_MAX);
}

static void reset_timeout_follows_size_and_mode(void **state)
{
    (void)state;
    uint32_t move = dfu_reset_timeout_ms(200000, SMP_BOOTLOADER_SWAP_MOVE);
    uint32_t offset = dfu_reset_timeout_ms(200000, SMP_BOOTLOADER_SWAP_OFFSET);
    uint32_t xip = dfu_reset_timeout_ms(200000, SMP_BOOTLOADER_DIRECT_XIP);
    assert_true(move > offset && offset > xip);
    assert_int_equal(xip, 30000);
    /* measured: about 19 s for this one */
    assert_true(move >= 30000 + 2 * 19000 && move < 30000 + 2 * 25000);
    assert_int_equal(dfu_reset_timeout_ms(UINT32_MAX, SMP_BOOTLOADER_SWAP_MOVE),
            600000);
}

static void texts_name_every_number(void **state)
{
    (void)state;
    for (int i = 0; i <= DFU_INTERRUPTED; i++) {
        assert_string_not_equal(dfu_code_to_str((enum dfu_code)i), "unknown");
    }
    assert_string_equal(dfu_code_to_str((enum dfu_code)1000), "unknown");
    for (int i = 0; i <= DFU_STEP_VERIFY; i++) {
        assert_string_not_equal(dfu_step_to_str((enum dfu_step_kind)i),
                "unknown");
    }
    assert_string_equal(dfu_step_to_str((enum dfu_step_kind)99), "unknown");
    for (int i = 0; i < DFU_FINDING_IDS; i++) {
        assert_string_not_equal(dfu_finding_to_str((enum dfu_finding_id)i),
                "unknown");
    }
    assert_string_equal(dfu_finding_to_str(DFU_FINDING_IDS), "unknown");
    assert_string_equal(dfu_severity_to_str(DFU_FATAL), "fatal");
    assert_string_equal(dfu_mode_to_str(DFU_UPLOAD_ONLY), "upload-only");
    assert_int_equal(dfu_code_exit(DFU_PACKAGE_NEEDS_MORE_IMAGES), 5);
    assert_int_equal(dfu_code_exit(DFU_REVERTED), 7);
    assert_int_equal(dfu_code_exit(DFU_INTERRUPTED), 130);
    assert_true(dfu_code_forcible(DFU_IMAGE_HASH_MISMATCH));
    assert_false(dfu_code_forcible(DFU_IMAGE_TRUNCATED));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(plan_orders_the_four_modes),
        T(plan_marks_the_network_core_first),
        T(plan_numbers_uploads_as_the_device_says),
        T(plan_skips_what_runs),
        T(plan_does_not_send_what_is_there),
        T(plan_confirms_a_trial_of_its_image),
        T(plan_resets_first),
        T(plan_does_not_install_a_foreign_image_for_good),
        T(plan_of_upload_only_resets_nothing_unless_forced),
        T(plan_takes_one_image_of_a_package),
        T(plan_resumes_only_what_waits),
        T(plan_refuses_more_images_than_managed),
        T(plan_refuses_two_images_for_an_unknown_number),
        T(plan_refuses_what_does_not_fit),
        T(plan_refuses_downgrades_where_forbidden),
        T(plan_of_upgrade_only_takes_higher_versions),
        T(plan_refuses_modes_without_meaning),
        T(plan_refuses_tests_in_recovery),
        T(plan_refuses_another_board),
        T(boards_are_compared_without_revision),
        T(plan_chooses_the_free_slot_of_a_pair),
        T(plan_refuses_the_variant_of_the_running_slot),
        T(plan_takes_the_first_variant_for_boards_that_swap),
        T(plan_without_list_is_refused),
        T(plan_without_upload_needs_the_image_in_a_slot),
        T(plan_holds_the_largest_package),
        T(reset_timeout_follows_size_and_mode),
        T(texts_name_every_number),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
