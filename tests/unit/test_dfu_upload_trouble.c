// SPDX-License-Identifier: Apache-2.0
/* Uploads that lose messages, offsets, sessions, or the device. */
#include "dfu_upload_rig.h"

static void upload_survives_loss_of_any_kind(void **state)
{
    for (uint32_t seed = 1; seed < 200; seed++) {
        setup(state);
        pump.seed = seed;
        pump.loss = 10 + seed % 150;
        device.era = seed % 2 ? FAKE_ERA_E : FAKE_ERA_A;
        begin();
        finish();
        if (status.state != DFU_UPLOAD_DONE) {
            print_error("seed %u\n", seed);
        }
        assert_int_equal(status.state, DFU_UPLOAD_DONE);
        assert_true(device.image[0].slot[1].used);
    }
}

static void upload_resumes_after_a_cut_at_every_message(void **state)
{
    for (uint32_t cut = 1; cut <= 45; cut++) {
        setup(state);
        pump.cut_at_message = cut;
        begin();
        finish();
        assert_int_equal(status.state, DFU_UPLOAD_DONE);
        assert_true(device.image[0].slot[1].used);
        /* the session lives on: at most a window is sent twice, unless the
         * whole file had arrived */
        if (device.uploads_started == 1) {
            assert_true(status.sent_bytes < file.size + 5 * 500);
        }
    }
}

static void upload_without_sha_starts_again_after_a_cut(void **state)
{
    (void)state;
    config.send_sha = false;
    pump.cut_at_message = 20;
    expect_done();
    assert_int_equal(device.uploads_started, 2);
}

static void upload_begins_again_when_the_session_is_lost(void **state)
{
    (void)state;
    device.lose_session_at = 9000;
    expect_done();
    assert_int_equal(device.uploads_started, 2);
}

static void upload_begins_again_when_the_device_restarts(void **state)
{
    (void)state;
    device.reboot_at = 9000;
    expect_done();
    assert_int_equal(device.uploads_started, 2);
}

static void upload_gives_up_when_the_offset_does_not_move(void **state)
{
    (void)state;
    device.always_off_zero = true;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_true(pump.messages <= 12);
}

static void upload_names_another_client(void **state)
{
    (void)state;
    device.foreign_every = 7;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_true(status.taken_over);
    assert_int_equal(status.reported_off, 96);
    setup(state);
    device.always_off_zero = true; /* never moved: nobody took it */
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_false(status.taken_over);
    setup(state);
    device.jump_to = 5000;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_false(status.taken_over);
    assert_int_equal(status.reported_off, 5000);
}

static void upload_comes_back_after_a_client_that_tried_once(void **state)
{
    (void)state;
    device.foreign_every = 30;
    device.foreign_times = 1;
    expect_done();
    assert_false(status.taken_over);
}

static void upload_gives_up_on_offsets_behind_the_end(void **state)
{
    (void)state;
    device.jump_to = 20001;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_int_equal(status.result, SMP_E_RANGE);
    assert_int_equal(status.reported_off, 20001);
    assert_false(status.taken_over);
    assert_true(pump.messages < 10);
}

/* Not before: one damaged answer says nothing about the device. */
static void upload_survives_damaged_answers_at_any_place(void **state)
{
    for (uint32_t ms = 0; ms < 200; ms += 7) {
        for (uint8_t n = 1; n <= 4; n++) {
            setup(state);
            begin();
            fake_pump_go(&pump, 1 + ms);
            if (n % 2) {
                device.damaged = n;
            } else {
                device.no_off = n;
            }
            finish();
            assert_int_equal(status.state, DFU_UPLOAD_DONE);
            assert_int_equal(device.uploads_done, 1);
        }
    }
}

static void upload_gives_up_on_answers_without_offset(void **state)
{
    (void)state;
    device.no_off = 255;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_int_equal(status.result, SMP_E_MISSING);
}

static void upload_gives_up_on_an_offset_that_stands_still(void **state)
{
    (void)state;
    device.jump_to = 5000;
    expect_failed(DFU_UPLOAD_NO_PROGRESS);
    assert_true(pump.messages < 100);
}

static void upload_reports_a_mismatch(void **state)
{
    (void)state;
    device.match_told = true;
    device.match = false;
    expect_failed(DFU_UPLOAD_MISMATCH);
}

static void upload_ignores_match_without_its_own_sha(void **state)
{
    (void)state;
    device.match_told = true;
    device.match = false;
    config.send_sha = false;
    expect_done();
    assert_true(status.match_told);
}

static void upload_waits_for_a_busy_device(void **state)
{
    (void)state;
    device.busy = 7;
    expect_done();
    setup(state);
    device.busy = 200;
    expect_failed(DFU_DEVICE_REFUSED);
    assert_int_equal(status.refusal.rc, 10);
}

static void upload_shrinks_when_the_pool_runs_dry(void **state)
{
    (void)state;
    device.no_memory = 2;
    expect_done();
    assert_true(status.gaps >= 1);
}

static void upload_keeps_the_devices_refusal(void **state)
{
    (void)state;
    device.refuse_upload = 9;
    expect_failed(DFU_DEVICE_REFUSED);
    assert_int_equal(status.refusal.rc, 9);
    assert_int_equal(status.refusal.rc_group, SMP_GROUP_IMAGE);
    assert_int_equal(status.refusal.shape, SMP_REFUSAL_ERR);
    assert_int_equal(status.result, SMP_E_REMOTE);
}

static void upload_gives_up_on_silence(void **state)
{
    (void)state;
    device.silent = true;
    expect_failed(DFU_NO_ANSWER);
    assert_true(pump.now_ms <= 62 * 1000);
    setup(state);
    device.silent = true;
    pump.link.kind = SMP_LINK_BLE;
    expect_failed(DFU_NO_ANSWER);
    assert_true(pump.now_ms <= 62 * 1000);
    setup(state);
    device.silent = true;
    config.buf_size = 0; /* asks in between whether it lives */
    expect_failed(DFU_NO_ANSWER);
    assert_true(pump.now_ms <= 62 * 1000);
    assert_int_equal(status.cap, 0);
}

static void upload_survives_half_a_minute_of_silence(void **state)
{
    for (uint32_t s = 1; s < 28; s++) {
        setup(state);
        device.silent_at = 9000;
        device.silent_for_ms = s * 1000;
        expect_done();
        assert_int_equal(device.uploads_started, 1);
    }
    setup(state);
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_failed(DFU_NO_ANSWER);
    assert_true(pump.now_ms > 28 * 1000 && pump.now_ms < 40 * 1000);
    assert_true(status.off >= 9000 - 1500);
}

static void upload_obeys_the_users_tries_and_time_limit(void **state)
{
    (void)state;
    config.tries = 2;
    config.timeout_ms = 300;
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_failed(DFU_NO_ANSWER);
    assert_true(pump.now_ms < 3000);
    setup(state);
    config.tries = 40;
    config.timeout_ms = 1000;
    device.silent_at = 9000;
    device.silent_for_ms = 38000;
    expect_done();
}

/* The answer to the last chunk is lost: the device knows nothing any more. */
static void upload_says_maybe_when_the_last_answer_is_lost(void **state)
{
    (void)state;
    config.buf_count = 2;
    begin();
    while (device.uploads_done == 0) {
        fake_pump_go(&pump, 1);
    }
    for (size_t i = 0; i < 40; i++) {
        pump.items[i].answering = false;
    }
    finish();
    assert_int_equal(status.state, DFU_UPLOAD_DONE);
    assert_true(status.maybe_done);
    assert_int_equal(device.uploads_started, 1);
}

static void upload_stops_when_the_file_cannot_be_read(void **state)
{
    (void)state;
    file.size = 9000; /* shorter than promised */
    expect_failed(DFU_FILE_MISSING);
}

static void upload_refuses_answers_that_cannot_be_read(void **state)
{
    (void)state;
    static const uint8_t bad[] = { 0xa1, 0x63, 'o', 'f', 'f', 0xf5 };
    struct smp_request req;
    struct smp_link link = { .up = true, .epoch = 1, .max_message = 512 };
    dfu_upload_init(&upload, &config);
    dfu_upload_link(&upload, 0, &link);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
    for (int i = 0; i < 4; i++) {
        struct smp_answer a = { .tag = req.tag, .body = { bad, sizeof(bad) } };
        dfu_upload_answer(&upload, 0, &a);
        assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
    }
    struct smp_answer a = { .tag = req.tag, .body = { bad, sizeof(bad) } };
    dfu_upload_answer(&upload, 0, &a);
    dfu_upload_status(&upload, &status);
    assert_int_equal(status.code, DFU_UPLOAD_NO_PROGRESS);
    assert_int_equal(status.result, SMP_E_TYPE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(upload_survives_loss_of_any_kind),
        T(upload_resumes_after_a_cut_at_every_message),
        T(upload_without_sha_starts_again_after_a_cut),
        T(upload_begins_again_when_the_session_is_lost),
        T(upload_begins_again_when_the_device_restarts),
        T(upload_gives_up_when_the_offset_does_not_move),
        T(upload_names_another_client),
        T(upload_comes_back_after_a_client_that_tried_once),
        T(upload_gives_up_on_offsets_behind_the_end),
        T(upload_survives_damaged_answers_at_any_place),
        T(upload_gives_up_on_answers_without_offset),
        T(upload_gives_up_on_an_offset_that_stands_still),
        T(upload_reports_a_mismatch),
        T(upload_ignores_match_without_its_own_sha),
        T(upload_waits_for_a_busy_device),
        T(upload_shrinks_when_the_pool_runs_dry),
        T(upload_keeps_the_devices_refusal),
        T(upload_gives_up_on_silence),
        T(upload_survives_half_a_minute_of_silence),
        T(upload_obeys_the_users_tries_and_time_limit),
        T(upload_says_maybe_when_the_last_answer_is_lost),
        T(upload_stops_when_the_file_cannot_be_read),
        T(upload_refuses_answers_that_cannot_be_read),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
