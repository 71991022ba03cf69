// SPDX-License-Identifier: Apache-2.0
/* Uploads to devices that do not tell how much they hold. */
#include "dfu_upload_rig.h"

static void upload_finds_the_window_of_a_silent_device(void **state)
{
    (void)state;
    config.buf_count = 0;
    config.buf_size = 0;
    pump.link.max_message = 250;
    expect_done();
    assert_int_equal(status.window, 3);
    assert_int_equal(pump.highest_in_flight, 3);
}

static void probing_never_returns_to_a_window_that_failed(void **state)
{
    (void)state;
    config.buf_count = 0;
    config.buf_size = 0;
    pump.link.max_message = 120;
    device.no_memory = 0;
    begin();
    fake_pump_go(&pump, 800);
    assert_int_equal(upload.window, 3);
    device.no_memory = 1;
    finish();
    assert_int_equal(status.state, DFU_UPLOAD_DONE);
    assert_int_equal(status.window, 2);
    assert_int_equal(status.gaps, 1);
}

static void console_without_params_stays_at_one(void **state)
{
    (void)state;
    config.buf_count = 0;
    config.buf_size = 0;
    pump.link.kind = SMP_LINK_CONSOLE;
    pump.link.max_message = 380;
    expect_done();
    assert_int_equal(pump.highest_in_flight, 1);
    assert_int_equal(status.limit, DFU_LIMIT_ROUND_TRIP);
}

static void upload_makes_messages_smaller_when_they_are_not_answered(
        void **state)
{
    static const uint32_t most[] = { 1400, 384, 252, 249, 130, 128 };
    static const uint16_t cap[] = { 384, 384, 249, 249, 128, 128 };
    for (size_t i = 0; i < 12; i++) {
        setup(state);
        config.buf_size = 0;
        config.buf_count = 0;
        device.params = false;
        device.message_max = most[i / 2];
        device.refuse_large = i % 2 ? 9 : 0;
        expect_done();
        assert_int_equal(status.cap, cap[i / 2]);
        assert_true(status.message <= most[i / 2]);
        assert_true(pump.now_ms < (i % 2 ? 10u : 30u) * 1000);
    }
}

static void upload_keeps_its_messages_while_the_device_erases(void **state)
{
    (void)state;
    config.buf_size = 0;
    config.buf_count = 0;
    device.silent_until_ms = pump.now_ms + 40000;
    expect_done();
    assert_int_equal(status.cap, 0);
    assert_int_equal(status.message, 1472);
}

static void upload_believes_a_told_buffer_size(void **state)
{
    (void)state;
    device.message_max = 200;
    device.refuse_large = 9;
    expect_failed(DFU_DEVICE_REFUSED);
    assert_int_equal(status.cap, 0);
    setup(state);
    config.buf_size = 0;
    device.message_max = 100;
    device.refuse_large = 9;
    expect_failed(DFU_DEVICE_REFUSED);
    assert_int_equal(status.cap, 128);
    assert_int_equal(status.refusal.rc, 9);
}

static void upload_learns_the_write_size_of_old_servers(void **state)
{
    (void)state;
    device.era = FAKE_ERA_A;
    device.write_size = 8;
    expect_done();
    /* one short answer, then whole words */
    assert_true(status.sent_bytes < file.size + 4 * 500);
    assert_int_equal(upload.align, 8);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(upload_finds_the_window_of_a_silent_device),
        T(probing_never_returns_to_a_window_that_failed),
        T(console_without_params_stays_at_one),
        T(upload_makes_messages_smaller_when_they_are_not_answered),
        T(upload_keeps_its_messages_while_the_device_erases),
        T(upload_believes_a_told_buffer_size),
        T(upload_learns_the_write_size_of_old_servers),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
