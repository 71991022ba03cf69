// SPDX-License-Identifier: Apache-2.0
#include "dfu_fake.h"

#include <string.h>

static struct fake_device device;
static struct fake_pump pump;
static struct fake_file files[3];
static struct dfu_package package;
static struct dfu_update update;
static struct dfu_update_config config;
static const struct dfu_update_result *result;
static uint8_t chunk[4096];

static bool take_event(void *self, struct dfu_event *ev)
{
    return dfu_update_event(self, ev);
}

static void add_image(uint8_t index, uint8_t tag)
{
    struct fake_file *f = &files[package.count];
    fake_file_init(f, tag, 6000);
    fake_image_init(&package.images[package.count++], f, index, tag);
}

static int setup(void **state)
{
    (void)state;
    fake_device_init(&device);
    memset(&package, 0, sizeof(package));
    add_image(0, 2);
    config = (struct dfu_update_config){
        .package = &package,
        .chunk = chunk,
        .chunk_size = sizeof(chunk),
    };
    fake_pump_init(&pump, &device, &dfu_update_procedure, &update);
    pump.event = take_event;
    return 0;
}

static void start(void)
{
    dfu_update_init(&update, &config);
    fake_pump_run(&pump, 3600 * 1000);
    result = dfu_update_result(&update);
}

static void expect_code(enum dfu_code code)
{
    start();
    if (!result->finished || result->code != code) {
        print_message("%s at step %u (%s), %u ms\n",
                result->finished ? dfu_code_to_str(result->code) : "hangs",
                update.step,
                dfu_step_to_str(update.plan.steps[update.step].kind),
                pump.now_ms);
    }
    assert_true(result->finished);
    assert_string_equal(dfu_code_to_str(result->code), dfu_code_to_str(code));
}

static uint8_t runs(int image)
{
    return device.image[image].slot[0].hash[0];
}

static void two_cores(enum fake_era era)
{
    device.era = era;
    device.images = 2;
    device.slot_info = era == FAKE_ERA_E;
    device.params = era == FAKE_ERA_E;
    device.image[1].net = true;
    if (era == FAKE_ERA_C) {
        device.mode_told = false;
        device.board = NULL;
    }
    add_image(1, 7);
    package.images[1].net_core = true;
}

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

/* --- the origin --------------------------------------------------------- */

static void origin_package_is_refused_before_a_byte_is_written(void **state)
{
    (void)state;
    device.era = FAKE_ERA_C;
    device.params = false;
    device.slot_info = false;
    device.mode_told = false;
    add_image(1, 7);
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
    device.era = FAKE_ERA_C;
    device.params = false;
    device.slot_info = false;
    device.mode_told = false;
    add_image(1, 7);
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
    device.era = FAKE_ERA_C;
    device.params = false;
    device.slot_info = false;
    device.mode_told = false;
    add_image(1, 7);
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

/* Drop the answer to the last chunk, once. */
static void lose_last_answer(bool and_image)
{
    dfu_update_init(&update, &config);
    pump.link.up = true;
    dfu_update_link(&update, pump.now_ms, &pump.link);
    while (device.uploads_done == 0) {
        fake_pump_go(&pump, 1);
    }
    for (size_t i = 0; i < 40; i++) {
        pump.items[i].answering = false;
    }
    if (and_image) {
        device.image[0].slot[1].used = false;
    }
    fake_pump_go(&pump, 3600 * 1000);
    result = dfu_update_result(&update);
}

static void lost_last_answer_is_settled_by_the_list(void **state)
{
    (void)state;
    lose_last_answer(false);
    assert_int_equal(result->code, DFU_OK);
    assert_int_equal(device.uploads_started, 1);
    assert_int_equal(runs(0), 2);
    setup(state);
    lose_last_answer(true);
    assert_int_equal(result->code, DFU_OK);
    assert_int_equal(device.uploads_started, 2);
    assert_int_equal(pump.warnings[DFU_WARN_UPLOAD_REPEATED], 1);
}

/* --- after the reset ---------------------------------------------------- */

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

static void mark_that_is_swallowed_is_not_believed(void **state)
{
    (void)state;
    device.mark_swallowed = true;
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(device.resets, 0);
}

static void refused_mark_keeps_the_numbers(void **state)
{
    (void)state;
    device.refuse_mark = 6;
    expect_code(DFU_DEVICE_REFUSED);
    assert_true(result->refused);
    assert_int_equal(result->refusal.rc, 6);
    assert_int_equal(result->image, 0);
    assert_int_equal(result->slot, 1);
    assert_int_equal(update.plan.steps[result->step].kind, DFU_STEP_MARK_TEST);
}

static void refused_upload_keeps_the_numbers(void **state)
{
    (void)state;
    device.refuse_upload = 9;
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(result->refusal.rc, 9);
    assert_int_equal(result->refusal.shape, SMP_REFUSAL_ERR);
    assert_int_equal(result->images[0].upload.code, DFU_DEVICE_REFUSED);
}

static void upload_troubles_end_the_update_with_their_code(void **state)
{
    device.always_off_zero = true;
    expect_code(DFU_UPLOAD_NO_PROGRESS);
    setup(state);
    device.match_told = true;
    expect_code(DFU_UPLOAD_MISMATCH);
    setup(state);
    device.silent = true;
    expect_code(DFU_NO_ANSWER);
    assert_true(result->ended_ms - result->started_ms < 30000);
    setup(state);
    device.refuse_list = 7;
    expect_code(DFU_DEVICE_REFUSED);
    assert_int_equal(result->refusal.rc, 7);
}

/* --- the link ----------------------------------------------------------- */

static void update_survives_a_cut_at_every_message(void **state)
{
    for (uint32_t cut = 1; cut < 35; cut++) {
        setup(state);
        pump.cut_at_message = cut;
        expect_code(DFU_OK);
        assert_int_equal(runs(0), 2);
        assert_true(result->confirmed);
    }
}

static void update_survives_loss(void **state)
{
    for (uint32_t seed = 1; seed < 60; seed++) {
        setup(state);
        pump.seed = seed;
        pump.loss = 5 + seed;
        device.era = seed % 2 ? FAKE_ERA_C : FAKE_ERA_E;
        device.params = seed % 3 != 0;
        expect_code(DFU_OK);
        assert_int_equal(runs(0), 2);
        assert_true(result->confirmed);
    }
}

static void link_that_stays_down_ends_the_update(void **state)
{
    (void)state;
    dfu_update_init(&update, &config);
    pump.link.up = true;
    dfu_update_link(&update, pump.now_ms, &pump.link);
    fake_pump_go(&pump, 80);
    pump.link.up = false;
    dfu_update_link(&update, pump.now_ms, &pump.link);
    fake_pump_go(&pump, 3600 * 1000);
    result = dfu_update_result(&update);
    assert_true(result->finished);
    assert_int_equal(result->code, DFU_LINK_LOST);
    assert_int_equal(pump.finds, 1);
}

static void cancel_leaves_the_upload_resumable(void **state)
{
    (void)state;
    dfu_update_init(&update, &config);
    pump.link.up = true;
    dfu_update_link(&update, pump.now_ms, &pump.link);
    while (device.off < 3000) {
        fake_pump_go(&pump, 1);
    }
    dfu_update_cancel(&update, pump.now_ms);
    result = dfu_update_result(&update);
    assert_int_equal(result->code, DFU_INTERRUPTED);
    assert_int_equal(result->image, 0);
    assert_false(result->marked);
    assert_true(result->images[0].upload.off > 0);
    fake_pump_init(&pump, &device, &dfu_update_procedure, &update);
    pump.event = take_event;
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 1);
    assert_true(result->images[0].upload.resumed_at > 0);
}

static void answers_of_an_old_link_are_dropped(void **state)
{
    (void)state;
    struct smp_request req;
    struct smp_link link = { .up = true, .epoch = 1, .max_message = 512 };
    dfu_update_init(&update, &config);
    assert_int_equal(dfu_update_next(&update, 0, &req), 0);
    dfu_update_link(&update, 0, &link);
    assert_int_equal(dfu_update_next(&update, 0, &req), 1);
    uint32_t old = req.tag;
    link.epoch = 2;
    dfu_update_link(&update, 0, &link);
    assert_int_equal(dfu_update_next(&update, 0, &req), 1);
    struct smp_answer a = { .tag = old ^ 1u << 28, .result = SMP_E_TIMEOUT };
    dfu_update_answer(&update, 0, &a);
    assert_int_equal(dfu_update_next(&update, 0, &req), 0);
    assert_int_equal(dfu_update_wait_ms(&update, 0), UINT32_MAX);
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

/* --- revert ------------------------------------------------------------- */

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
        T(origin_package_is_refused_before_a_byte_is_written),
        T(origin_package_by_force_ends_as_in_the_origin_log),
        T(origin_application_alone_succeeds),
        T(two_cores_succeed_in_every_era_and_mode),
        T(network_core_is_marked_before_the_application),
        T(network_core_alone_goes_in_when_the_application_runs),
        T(second_readable_image_may_refuse_its_confirmation),
        T(earlier_image_that_vanishes_stops_the_update),
        T(lost_last_answer_is_settled_by_the_list),
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
        T(mark_that_is_swallowed_is_not_believed),
        T(refused_mark_keeps_the_numbers),
        T(refused_upload_keeps_the_numbers),
        T(upload_troubles_end_the_update_with_their_code),
        T(update_survives_a_cut_at_every_message),
        T(update_survives_loss),
        T(link_that_stays_down_ends_the_update),
        T(cancel_leaves_the_upload_resumable),
        T(answers_of_an_old_link_are_dropped),
        T(overwrite_only_takes_confirm_only),
        T(recovery_writes_the_first_slot),
        T(revert_ends_a_trial_by_a_reset),
        T(revert_marks_the_previous_image),
        T(revert_says_when_there_is_no_way_back),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
