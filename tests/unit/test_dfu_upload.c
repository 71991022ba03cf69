// SPDX-License-Identifier: Apache-2.0
#include "dfu_fake.h"

#include <string.h>

static struct fake_device device;
static struct fake_pump pump;
static struct fake_file file;
static struct dfu_image image;
static struct dfu_upload upload;
static uint8_t chunk[4096];
static struct dfu_upload_config config;
static struct dfu_upload_status status;

static int setup(void **state)
{
    (void)state;
    fake_device_init(&device);
    fake_file_init(&file, 9, 20000);
    fake_image_init(&image, &file, 0, 9);
    config = (struct dfu_upload_config){
        .image = &image,
        .send_sha = true,
        .buf_count = 4,
        .buf_size = 512,
        .chunk = chunk,
        .chunk_size = sizeof(chunk),
    };
    fake_pump_init(&pump, &device, &dfu_upload_procedure, &upload);
    return 0;
}

static void start(void)
{
    dfu_upload_init(&upload, &config);
    fake_pump_run(&pump, 3600 * 1000);
    dfu_upload_status(&upload, &status);
    if (status.state != DFU_UPLOAD_DONE) {
        print_message("state %d %s at %u: off %u, %u messages, %u in flight\n",
                status.state, dfu_code_to_str(status.code), pump.now_ms,
                status.off, pump.messages, upload.in_flight);
    }
}

static void expect_done(void)
{
    start();
    assert_int_equal(status.state, DFU_UPLOAD_DONE);
    assert_int_equal(status.off, file.size);
    assert_true(device.image[0].slot[1].used);
    assert_memory_equal(device.image[0].slot[1].hash, image.hash, 32);
}

static void expect_failed(enum dfu_code code)
{
    start();
    assert_int_equal(status.state, DFU_UPLOAD_FAILED);
    assert_string_equal(dfu_code_to_str(status.code), dfu_code_to_str(code));
}

/* --- size of chunks ----------------------------------------------------- */

static uint32_t data_at(size_t max, uint32_t off, uint32_t size,
        bool with_image)
{
    struct smp_request req;
    struct smp_link link = { .up = true,
        .epoch = 1,
        .kind = SMP_LINK_BLE,
        .max_message = max };
    file.size = size;
    image.source.size = size;
    config.buf_size = 0;
    config.send_image = with_image;
    config.target = 1;
    dfu_upload_init(&upload, &config);
    dfu_upload_link(&upload, 0, &link);
    if (off > 0) {
        /* the device resumes there */
        uint8_t body[16];
        struct smp_encoder e;
        assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
        smp_encoder_init(&e, body, sizeof(body), SMP_FORM_DEFINITE);
        smp_put_map(&e, 1);
        smp_put_key(&e, "off");
        smp_put_uint(&e, off);
        smp_put_end(&e);
        struct smp_answer a = { .tag = req.tag, .sends = 1 };
        a.body = (struct smp_bytes){ body, e.len };
        dfu_upload_answer(&upload, 0, &a);
    }
    if (dfu_upload_next(&upload, 0, &req) != 1) {
        return 0;
    }
    const struct smp_image_upload_req *r = req.body;
    size_t message = SMP_HEADER_SIZE + smp_struct_size(req.map, req.body);
    assert_true(message <= max);
    assert_int_equal(r->off, off);
    return (uint32_t)r->data.len;
}

/* Numbers of the Android window uploader for the origin's image. */
static void chunk_fills_the_message_to_the_byte(void **state)
{
    (void)state;
    file.size = 40000;
    assert_int_equal(data_at(244, 1000, 39592, false), 221);
    assert_int_equal(data_at(249, 1000, 39592, false), 226);
    assert_int_equal(data_at(495, 1000, 39592, false), 471);
    assert_int_equal(data_at(2475, 1000, 39592, false), 2451);
    /* len of 3 bytes instead of the origin's 5: two more than there */
    assert_int_equal(data_at(244, 0, 39592, false), 178);
    assert_int_equal(data_at(495, 0, 39592, false), 428);
    assert_int_equal(data_at(495, 0, 39592, true), 421);
}

static void chunk_is_exact_for_every_message_size(void **state)
{
    (void)state;
    for (size_t max = 110; max < 700; max++) {
        uint32_t len = data_at(max, 1000, 39592, false);
        struct smp_image_upload_req req = upload.req;
        req.data.len = len + 1;
        /* one byte more would not fit */
        assert_true(SMP_HEADER_SIZE +
                        smp_struct_size(&smp_image_upload_req_map, &req) >
                max);
    }
}

static void chunk_drops_sha_when_it_does_not_fit(void **state)
{
    (void)state;
    assert_true(data_at(98, 0, 39592, false) >= 32);
    assert_true(upload.req.has & SMP_IMAGE_UPLOAD_REQ_SHA);
    assert_true(data_at(96, 0, 39592, false) >= 32);
    assert_false(upload.req.has & SMP_IMAGE_UPLOAD_REQ_SHA);
    assert_int_equal(data_at(60, 0, 39592, false), 32);
}

static void chunk_below_an_image_header_is_refused_with_a_reason(void **state)
{
    (void)state;
    assert_int_equal(data_at(59, 0, 39592, false), 0);
    dfu_upload_status(&upload, &status);
    assert_int_equal(status.state, DFU_UPLOAD_FAILED);
    assert_int_equal(status.code, DFU_OTHER);
    assert_int_equal(status.result, SMP_E_SPACE);
    assert_int_equal(data_at(20, 0, 39592, false), 0);
}

static void chunk_keeps_to_the_callers_buffer_and_alignment(void **state)
{
    (void)state;
    config.chunk_size = 100;
    assert_int_equal(data_at(495, 1000, 39592, false), 100);
    config.chunk_size = sizeof(chunk);
    config.align = 16;
    assert_int_equal((1000 + data_at(495, 1000, 39592, false)) % 16, 0);
    assert_int_equal(data_at(495, 39500, 39592, false), 92);
}

/* --- the ordinary way --------------------------------------------------- */

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
    dfu_upload_init(&upload, &config);
    pump.link.up = true;
    dfu_upload_link(&upload, pump.now_ms, &pump.link);
    fake_pump_go(&pump, 800);
    assert_int_equal(upload.window, 3);
    device.no_memory = 1;
    fake_pump_go(&pump, 3600 * 1000);
    dfu_upload_status(&upload, &status);
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

/* --- trouble on the way ------------------------------------------------- */

static void upload_survives_loss_of_any_kind(void **state)
{
    for (uint32_t seed = 1; seed < 200; seed++) {
        setup(state);
        pump.seed = seed;
        pump.loss = 10 + seed % 150;
        device.era = seed % 2 ? FAKE_ERA_E : FAKE_ERA_A;
        start();
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
        start();
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
            dfu_upload_init(&upload, &config);
            pump.link.up = true;
            dfu_upload_link(&upload, pump.now_ms, &pump.link);
            fake_pump_go(&pump, 1 + ms);
            if (n % 2) {
                device.damaged = n;
            } else {
                device.no_off = n;
            }
            fake_pump_go(&pump, 3600 * 1000);
            dfu_upload_status(&upload, &status);
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

/* --- devices that do not tell how much they hold ------------------------ */

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

/* The answer to the last chunk is lost: the device knows nothing any more. */
static void upload_says_maybe_when_the_last_answer_is_lost(void **state)
{
    (void)state;
    config.buf_count = 2;
    dfu_upload_init(&upload, &config);
    pump.link.up = true;
    dfu_upload_link(&upload, pump.now_ms, &pump.link);
    while (device.uploads_done == 0) {
        fake_pump_go(&pump, 1);
    }
    for (size_t i = 0; i < 40; i++) {
        pump.items[i].answering = false;
    }
    fake_pump_go(&pump, 3600 * 1000);
    dfu_upload_status(&upload, &status);
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

static void upload_can_be_cancelled(void **state)
{
    (void)state;
    dfu_upload_init(&upload, &config);
    pump.link.up = true;
    dfu_upload_link(&upload, pump.now_ms, &pump.link);
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
        T(chunk_fills_the_message_to_the_byte),
        T(chunk_is_exact_for_every_message_size),
        T(chunk_drops_sha_when_it_does_not_fit),
        T(chunk_below_an_image_header_is_refused_with_a_reason),
        T(chunk_keeps_to_the_callers_buffer_and_alignment),
        T(upload_carries_every_byte),
        T(upload_of_a_tiny_file_is_one_chunk),
        T(upload_uses_one_buffer_less_than_told),
        T(upload_obeys_the_links_window),
        T(upload_finds_the_window_of_a_silent_device),
        T(probing_never_returns_to_a_window_that_failed),
        T(console_without_params_stays_at_one),
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
        T(upload_makes_messages_smaller_when_they_are_not_answered),
        T(upload_keeps_its_messages_while_the_device_erases),
        T(upload_believes_a_told_buffer_size),
        T(upload_learns_the_write_size_of_old_servers),
        T(upload_says_maybe_when_the_last_answer_is_lost),
        T(upload_stops_when_the_file_cannot_be_read),
        T(upload_can_be_cancelled),
        T(upload_waits_while_the_link_is_down),
        T(upload_refuses_answers_that_cannot_be_read),
        T(upload_fills_the_link_of_the_origin),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
