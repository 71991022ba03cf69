// SPDX-License-Identifier: Apache-2.0
/* Uploads: the ordinary way, and its speed. */
#include "dfu_upload_rig.h"

static void upload_carries_every_byte(void **state)
{
    (void)state;
    expect_done();
    assert_int_equal(status.sent_bytes, file.size);
    assert_int_equal(status.window, 3);
    assert_int_equal(pump.highest_in_flight, 3);
    assert_int_equal(status.message, 512);
    assert_int_equal(status.gaps, 0);
    assert_int_equal(device.uploads_started, 1);
}

static void upload_of_a_tiny_file_is_one_chunk(void **state)
{
    (void)state;
    file.size = 70;
    image.source.size = 70;
    expect_done();
    assert_int_equal(pump.messages, 1);
}

static void upload_uses_one_buffer_less_than_told(void **state)
{
    (void)state;
    for (uint16_t n = 1; n < 40; n++) {
        setup(state);
        config.buf_count = n;
        expect_done();
        uint32_t want = n < 2 ? 1 : n - 1u;
        want = want > DFU_WINDOW_MAX ? DFU_WINDOW_MAX : want;
        assert_int_equal(pump.highest_in_flight, want);
    }
}

static void upload_obeys_the_links_window(void **state)
{
    (void)state;
    pump.link.window_max = 2;
    expect_done();
    assert_int_equal(pump.highest_in_flight, 2);
}

static void upload_can_be_cancelled(void **state)
{
    (void)state;
    begin();
    fake_pump_go(&pump, 50);
    dfu_upload_cancel(&upload, pump.now_ms);
    dfu_upload_status(&upload, &status);
    assert_int_equal(status.code, DFU_INTERRUPTED);
    assert_true(dfu_upload_done(&upload));
    /* and resumed by another run */
    uint32_t at = device.off;
    fake_pump_init(&pump, &device, &dfu_upload_procedure, &upload);
    expect_done();
    assert_true(status.resumed_at >= at);
    assert_int_equal(device.uploads_started, 1);
}

static void upload_waits_while_the_link_is_down(void **state)
{
    (void)state;
    struct smp_request req;
    dfu_upload_init(&upload, &config);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 0);
    assert_int_equal(dfu_upload_wait_ms(&upload, 0), UINT32_MAX);
    struct smp_link link = { .up = true, .epoch = 1, .max_message = 512 };
    dfu_upload_link(&upload, 0, &link);
    assert_int_equal(dfu_upload_wait_ms(&upload, 0), 0);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
    assert_int_equal(dfu_upload_wait_ms(&upload, 0), UINT32_MAX);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 0);
    struct smp_answer a = { .tag = req.tag, .result = SMP_E_LINK };
    dfu_upload_answer(&upload, 0, &a);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 0);
    dfu_upload_link(&upload, 0, &link);
    assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
}

/* --- speed -------------------------------------------------------------- */

static double share_of_bound(uint32_t window, size_t max_message,
        uint32_t expected_chunk)
{
    pump.link.kind = SMP_LINK_BLE;
    pump.link.max_message = max_message;
    pump.interval_ms = 40;
    pump.per_interval = 6;
    pump.pdu = 249;
    file.size = 39592;
    image.source.size = file.size;
    expect_done();
    uint32_t pdus = (expected_chunk + 24 + 248) / 249;
    double per = 6.0 / pdus;
    double n = window < per ? window : per;
    double bound = n * expected_chunk / 40.0;
    double speed =
            (double)file.size / (double)(status.ended_ms - status.started_ms);
    print_message("window %u message %zu: %.1f of %.1f B/ms\n", window,
            max_message, speed, bound);
    return speed / bound;
}

static void upload_fills_the_link_of_the_origin(void **state)
{
    config.buf_size = 249;
    assert_true(share_of_bound(3, 249, 226) >= 0.9);
    assert_int_equal(status.limit, DFU_LIMIT_WINDOW);
    setup(state);
    config.buf_size = 2475;
    pump.link.max_reassembled = 2475;
    assert_true(share_of_bound(3, 2475, 2451) >= 0.7); /* short file */
    setup(state);
    config.buf_size = 0;
    config.buf_count = 0;
    assert_true(share_of_bound(3, 249, 226) >= 0.75); /* probing included */
    setup(state);
    config.window = 1;
    assert_true(share_of_bound(1, 249, 226) >= 0.9);
    assert_int_equal(status.limit, DFU_LIMIT_CHUNK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(upload_carries_every_byte),
        T(upload_of_a_tiny_file_is_one_chunk),
        T(upload_uses_one_buffer_less_than_told),
        T(upload_obeys_the_links_window),
        T(upload_can_be_cancelled),
        T(upload_waits_while_the_link_is_down),
        T(upload_fills_the_link_of_the_origin),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
