// SPDX-License-Identifier: Apache-2.0
/* Updates of devices that are silent for a while, or for ever. */
#include "dfu_update_rig.h"

/* Long enough to fall silent in the middle. */
static int long_files(void **state)
{
    (void)state;
    file_size = 20000;
    return 0;
}

static void update_survives_silence_of_up_to_fifty_seconds(void **state)
{
    static const uint8_t kinds[] = { SMP_LINK_DATAGRAM, SMP_LINK_CONSOLE,
        SMP_LINK_RAW };
    for (uint32_t s = 2; s <= 50; s += 3) {
        setup(state);
        pump.link.kind = kinds[s % 3];
        device.silent_at = 9000;
        device.silent_for_ms = s * 1000;
        expect_code(DFU_OK);
        assert_int_equal(device.uploads_started, 1); /* resumed by sha */
        assert_int_equal(device.image[0].slot[0].hash[0], 2);
        assert_int_equal(pump.warnings[DFU_WARN_SILENT], s > 28);
        assert_int_equal(pump.warnings[DFU_WARN_UPLOAD_RESTARTED], s > 28);
        if (s > 28) {
            assert_true(result->images[0].upload.resumed_at >= 9000);
        }
    }
}

static void update_goes_on_when_the_device_restarts_meanwhile(void **state)
{
    (void)state;
    device.silent_at = 9000;
    device.silent_for_ms = 45000;
    device.lose_session_at = 9000;
    expect_code(DFU_OK);
    assert_int_equal(device.uploads_started, 2);
}

static void update_of_a_dead_device_ends_within_a_minute(void **state)
{
    (void)state;
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_code(DFU_NO_ANSWER);
    assert_true(pump.now_ms > 55 * 1000 && pump.now_ms < 65 * 1000);
    assert_int_equal(pump.warnings[DFU_WARN_SILENT], 1);
    assert_int_equal(result->step, 0);
    assert_int_equal(result->image, 0);
    assert_int_equal(result->images[0].upload.state, DFU_UPLOAD_FAILED);
    assert_true(result->images[0].upload.off >= 8000);
    /* a link that tells is believed */
    setup(state);
    pump.link.kind = SMP_LINK_BLE;
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_code(DFU_NO_ANSWER);
    assert_true(pump.now_ms < 36 * 1000);
    assert_int_equal(pump.warnings[DFU_WARN_SILENT], 0);
    /* the last chunk */
    setup(state);
    device.silent_at = 19900;
    device.silent_for_ms = 1000000;
    expect_code(DFU_NO_ANSWER);
    assert_true(pump.now_ms < 65 * 1000);
}

static void update_obeys_limits_of_the_user(void **state)
{
    (void)state;
    config.reconnect_timeout_ms = 40000;
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_code(DFU_NO_ANSWER);
    assert_true(pump.now_ms > 40 * 1000 && pump.now_ms < 43 * 1000);
    setup(state);
    config.tries = 3;
    config.timeout_ms = 500;
    device.silent_at = 9000;
    device.silent_for_ms = 1000000;
    expect_code(DFU_NO_ANSWER);
    assert_true(pump.now_ms < 4000);
}

static void update_stops_when_it_is_silent_again_and_again(void **state)
{
    (void)state;
    begin();
    device.silent_for_ms = 40000;
    for (int i = 0; i < 40000 && !dfu_update_done(&update); i++) {
        bool over = (int32_t)(pump.now_ms - device.silent_until_ms) >= 0;
        if (over && device.silent_at == 0 && device.session) {
            device.silent_at = device.off + 1; /* at the next chunk */
        }
        fake_pump_go(&pump, 10);
    }
    finish();
    assert_true(result->finished);
    assert_int_equal(result->code, DFU_NO_ANSWER);
    assert_int_equal(pump.warnings[DFU_WARN_SILENT], 3);
}

static void slow_first_chunk_is_told_after_five_seconds(void **state)
{
    static const uint8_t kinds[] = { SMP_LINK_DATAGRAM, SMP_LINK_CONSOLE,
        SMP_LINK_BLE };
    for (size_t i = 0; i < 6; i++) {
        setup(state);
        pump.link.kind = kinds[i / 2];
        begin();
        while (update.upload.state != DFU_UPLOAD_FIRST) {
            fake_pump_go(&pump, 1);
        }
        uint32_t at = pump.now_ms;
        device.silent_until_ms = at + (i % 2 ? 20000 : 3500);
        fake_pump_go(&pump, 4900);
        assert_int_equal(pump.warnings[DFU_WARN_SLOW_FIRST], 0);
        fake_pump_go(&pump, 200);
        bool lossy = kinds[i / 2] == SMP_LINK_DATAGRAM;
        bool told = i % 2 || !lossy; /* the others ask again later */
        assert_int_equal(pump.warnings[DFU_WARN_SLOW_FIRST], told);
        fake_pump_go(&pump, 3600 * 1000);
        assert_int_equal(pump.warnings[DFU_WARN_SLOW_FIRST], told);
        result = dfu_update_result(&update);
        assert_int_equal(result->code, DFU_OK);
    }
}

static void smaller_messages_are_told_once_and_kept(void **state)
{
    (void)state;
    device.params = false;
    device.images = 2;
    fake_device_put(&device, 1, 0, 6);
    add_image(1, 7);
    config.options.mode = DFU_CONFIRM_ONLY;
    device.message_max = 252;
    expect_code(DFU_OK);
    assert_int_equal(pump.warnings[DFU_WARN_SMALLER_MESSAGES], 1);
    assert_int_equal(result->images[0].upload.cap, 249);
    assert_int_equal(result->images[1].upload.cap, 249);
    /* the second image need not find it again */
    const struct dfu_upload_status *s = &result->images[1].upload;
    assert_true(s->ended_ms - s->started_ms < 3000);
}

static void mismatch_tells_what_was_not_listed(void **state)
{
    (void)state;
    device.upload_lost = true;
    expect_code(DFU_UPLOAD_MISMATCH);
    assert_true(result->images[0].not_listed);
    assert_false(result->images[0].upload.match_told);
    setup(state);
    device.match_told = true;
    device.match = false;
    expect_code(DFU_UPLOAD_MISMATCH);
    assert_false(result->images[0].not_listed);
    assert_true(result->images[0].upload.match_told);
    assert_false(result->images[0].upload.matched);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(update_survives_silence_of_up_to_fifty_seconds),
        T(update_goes_on_when_the_device_restarts_meanwhile),
        T(update_of_a_dead_device_ends_within_a_minute),
        T(update_obeys_limits_of_the_user),
        T(update_stops_when_it_is_silent_again_and_again),
        T(slow_first_chunk_is_told_after_five_seconds),
        T(smaller_messages_are_told_once_and_kept),
        T(mismatch_tells_what_was_not_listed),
    };
#undef T
    return cmocka_run_group_tests(tests, long_files, NULL);
}
