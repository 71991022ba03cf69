// SPDX-License-Identifier: Apache-2.0
/* Updates of devices that refuse, over links that lose and break. */
#include "dfu_update_rig.h"

/* --- refusals ----------------------------------------------------------- */

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

/* Drop the answer to the last chunk, once. */
static void lose_last_answer(bool and_image)
{
    begin();
    while (device.uploads_done == 0) {
        fake_pump_go(&pump, 1);
    }
    for (size_t i = 0; i < 40; i++) {
        pump.items[i].answering = false;
    }
    if (and_image) {
        device.image[0].slot[1].used = false;
    }
    finish();
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
    begin();
    fake_pump_go(&pump, 80);
    pump.link.up = false;
    dfu_update_link(&update, pump.now_ms, &pump.link);
    finish();
    assert_true(result->finished);
    assert_int_equal(result->code, DFU_LINK_LOST);
    assert_int_equal(pump.finds, 1);
}

static void cancel_leaves_the_upload_resumable(void **state)
{
    (void)state;
    begin();
    while (device.off < 3000) {
        fake_pump_go(&pump, 1);
    }
    dfu_update_cancel(&update, pump.now_ms);
    result = dfu_update_result(&update);
    assert_int_equal(result->code, DFU_INTERRUPTED);
    assert_int_equal(result->image, 0);
    assert_false(result->marked);
    assert_true(result->images[0].upload.off > 0);
    new_pump();
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

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(mark_that_is_swallowed_is_not_believed),
        T(refused_mark_keeps_the_numbers),
        T(refused_upload_keeps_the_numbers),
        T(upload_troubles_end_the_update_with_their_code),
        T(lost_last_answer_is_settled_by_the_list),
        T(update_survives_a_cut_at_every_message),
        T(update_survives_loss),
        T(link_that_stays_down_ends_the_update),
        T(cancel_leaves_the_upload_resumable),
        T(answers_of_an_old_link_are_dropped),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
