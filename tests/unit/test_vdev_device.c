// SPDX-License-Identifier: Apache-2.0
/*
 * The device's life: boots, updates, crashes, buffers, faults.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smp/frame.h"

#include "vdev_lab.h"

static const char echo_request[] = "0A 00 00 09 00 00 42 00 A1 61 64 65"
                                   "68 65 6C 6C 6F";
static const char echo_answer[] = "0B 00 00 0A 00 00 42 00 BF 61 72 65"
                                  "68 65 6C 6C 6F FF";

static void device_every_preset_boots_and_answers(void **state)
{
    static struct lab lab;
    (void)state;
    for (size_t i = 0; i < vdev_preset_count(); i++) {
        lab_init(&lab, vdev_preset_name(i));
        lab.cfg.recovery.enter = 0; /* its application, please */
        lab_start(&lab);
        assert_true(lab_is_up(&lab));
        assert_true(vdev_device_running(lab.device));
        lab_ask_hex(&lab, "02 00 00 09 00 00 42 00 A1 61 64 65 68 65 6C 6C 6F",
                "03 00 00 0A 00 00 42 00 BF 61 72 65 68 65 6C 6C 6F FF");
        assert_string_equal(lab.notes, "");
        lab_stop(&lab);
    }
}

static void device_first_content_is_the_same_every_time(void **state)
{
    static struct lab lab;
    uint8_t first[4096];
    size_t len = 0;
    (void)state;
    for (int i = 0; i < 2; i++) {
        lab_init(&lab, "nrf52840dk-zephyr4.4");
        lab_set(&lab, "sim.seed", i == 0 ? "1" : "99");
        lab_start(&lab);
        assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC");
        if (i == 0) {
            len = lab.answer_len;
            memcpy(first, lab.answer, len);
        } else {
            first[6] = lab.answer[6];
            assert_int_equal(lab.answer_len, len);
            assert_memory_equal(lab.answer, first, len);
        }
        lab_stop(&lab);
    }
}

static void update(const char *preset, const char *trial, const char *after)
{
    static struct lab lab;
    struct lab_image image;
    lab_init(&lab, preset);
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 50000, "name=Nordic_LTS");
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    assert_int_equal(lab_set_state(&lab, &image, false), 0);
    lab_reset(&lab);
    assert_string_equal(vdev_device_name(lab.device), "Nordic_LTS");
    assert_string_equal(lab_list(&lab), trial);
    assert_int_equal(lab_confirm(&lab), 0);
    lab_reset(&lab);
    assert_string_equal(lab_list(&lab), after);
    assert_non_null(strstr(lab.console, "Image index: 0, Swap type: test"));
    struct vdev_stats stats;
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.misuse, 0);
    assert_int_equal(stats.boots, 3);
    free(image.bytes);
    lab_stop(&lab);
}

static void device_updates_by_test_reset_confirm(void **state)
{
    (void)state;
    update("nrf5340dk-ncs2.4.1-single", "0.0 1.0.1 A, 0.1 1.0.0 C",
            "0.0 1.0.1 AC, 0.1 1.0.0 ");
    update("nrf52840dk-zephyr4.4", "0.0 1.0.1 A, 0.1 1.0.0 C", "0.0 1.0.1 AC");
    update("legacy-mynewt", "0.0 1.0.1 A, 0.1 1.0.0 C",
            "0.0 1.0.1 AC, 0.1 1.0.0 ");
}

static void device_unconfirmed_image_is_reverted(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 50000, NULL);
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    assert_int_equal(lab_set_state(&lab, &image, false), 0);
    lab_reset(&lab);
    lab_reset(&lab);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 ");
    free(image.bytes);
    lab_stop(&lab);
}

static void device_two_core_update_empties_the_second_slot(void **state)
{
    static struct lab lab;
    struct lab_image app;
    struct lab_image net;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-multi");
    lab_start(&lab);
    assert_string_equal(vdev_device_name(lab.device), "Nordic_LBS");
    lab_make_image(&app, "1.0.1", 139000, "name=Nordic_LTS");
    lab_make_image(&net, "2.0.0", 190000, NULL);
    assert_int_equal(lab_upload(&lab, &app, 0), 0);
    assert_int_equal(lab_upload(&lab, &net, 1), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 , 1.1 2.0.0 ");
    assert_int_equal(lab_set_state(&lab, &net, false), 0);
    assert_int_equal(lab_set_state(&lab, &app, false), 0);
    assert_string_equal(lab_list(&lab),
            "0.0 1.0.0 AC, 0.1 1.0.1 P, 1.1 2.0.0 P");
    lab_reset(&lab);
    assert_string_equal(vdev_device_name(lab.device), "Nordic_LTS");
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 A, 0.1 1.0.0 C");
    assert_non_null(strstr(lab.console,
            "Network core runs image 1 version "
            "2.0.0"));
    assert_int_equal(lab_confirm(&lab), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 AC, 0.1 1.0.0 ");
    free(app.bytes);
    free(net.bytes);
    lab_stop(&lab);
}

static void device_two_core_overwrite_build_keeps_nothing_old(void **state)
{
    static struct lab lab;
    struct lab_image app;
    struct lab_image net;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-multi-overwrite");
    lab_start(&lab);
    lab_make_image(&app, "1.0.1", 139000, NULL);
    lab_make_image(&net, "2.0.0", 190000, NULL);
    assert_int_equal(lab_upload(&lab, &app, 0), 0);
    assert_int_equal(lab_upload(&lab, &net, 1), 0);
    assert_int_equal(lab_set_state(&lab, &net, true), 0);
    assert_int_equal(lab_set_state(&lab, &app, true), 0);
    lab_reset(&lab);
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 AC");
    free(app.bytes);
    free(net.bytes);
    lab_stop(&lab);
}

static void run_app(struct lab *lab, const char *app)
{
    struct lab_image image;
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 0x33, 5, 0xa0 };
    lab_init(lab, "nrf52840dk-zephyr4.4");
    lab_start(lab);
    lab_make_image(&image, "1.0.1", 20000, app);
    assert_int_equal(lab_upload(lab, &image, 0), 0);
    assert_int_equal(lab_set_state(lab, &image, false), 0);
    assert_true(lab_ask(lab, reset, sizeof(reset)));
    lab_run(lab, 260);
    assert_false(lab_is_up(lab));
    free(image.bytes);
}

static void app_that_crashes_is_reverted_by_its_reboot(void **state)
{
    static struct lab lab;
    struct vdev_stats stats;
    (void)state;
    run_app(&lab, "crash=1");
    assert_true(lab_wait_up(&lab, 60000));
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 ");
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.crashes, 1);
    lab_stop(&lab);
}

static void app_that_confirms_itself_stays(void **state)
{
    static struct lab lab;
    (void)state;
    run_app(&lab, "confirm=1");
    assert_true(lab_wait_up(&lab, 60000));
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 AC");
    lab_stop(&lab);
}

static void app_without_server_is_silent_until_power_is_cycled(void **state)
{
    static struct lab lab;
    (void)state;
    run_app(&lab, "smp=0");
    assert_false(lab_wait_up(&lab, 60000));
    assert_true(vdev_device_wait_us(lab.device, lab.now_us) == UINT64_MAX);
    vdev_device_power_cycle(lab.device, lab.now_us);
    assert_true(lab_wait_up(&lab, 60000));
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 ");
    lab_stop(&lab);
}

static void app_that_starts_slowly_is_silent_so_long(void **state)
{
    static struct lab lab;
    (void)state;
    run_app(&lab, "start=5000");
    assert_false(lab_wait_up(&lab, 5000));
    assert_true(lab_wait_up(&lab, 500));
    lab_stop(&lab);
}

static void app_that_crashes_for_ever_halts_in_the_end(void **state)
{
    static struct lab lab;
    struct lab_image image;
    struct vdev_stats stats;
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 0x33, 5, 0xa0 };
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 20000, "crash=1");
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    assert_int_equal(lab_set_state(&lab, &image, true), 0);
    assert_true(lab_ask(&lab, reset, sizeof(reset)));
    lab_run(&lab, 600000);
    assert_false(lab_is_up(&lab));
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.crashes, 20);
    free(image.bytes);
    lab_stop(&lab);
}

static void device_reset_takes_250_ms_and_a_new_epoch(void **state)
{
    static struct lab lab;
    struct vdev_port_info before;
    struct vdev_port_info after;
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 0x33, 5, 0xa0 };
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    vdev_device_port_info(lab.device, lab.port, &before);
    assert_true(lab_ask(&lab, reset, sizeof(reset)));
    lab_run(&lab, 240);
    assert_true(lab_is_up(&lab));
    lab_ask_hex(&lab, echo_request, echo_answer);
    lab_run(&lab, 11);
    assert_false(lab_is_up(&lab));
    assert_true(lab_wait_up(&lab, 301));
    vdev_device_port_info(lab.device, lab.port, &after);
    assert_int_equal(after.epoch, before.epoch + 1);
    lab_stop(&lab);
}

static void device_swap_takes_the_time_of_its_flash(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_set(&lab, "sim.flash_time", "real");
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 98304, NULL);
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    assert_int_equal(lab_set_state(&lab, &image, false), 0);
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 0x33, 5, 0xa0 };
    assert_true(lab_ask(&lab, reset, sizeof(reset)));
    lab_run(&lab, 251);
    uint64_t start = lab.now_us;
    assert_true(lab_wait_up(&lab, 600000));
    /* 25 sectors: about two erases of 85 ms and two copies of 42 ms each. */
    assert_in_range(lab.now_us - start, 5000000, 9000000);
    free(image.bytes);
    lab_stop(&lab);
}

static void device_loses_requests_that_find_no_buffer(void **state)
{
    static struct lab lab;
    static const uint8_t echo[] = { 0x0a, 0, 0, 4, 0, 0, 1, 0, 0xa1, 0x61, 'd',
        0x60 };
    struct vdev_stats stats;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    for (int i = 0; i < 6; i++) {
        lab_send(&lab, echo, sizeof(echo));
    }
    lab_run(&lab, 1000);
    /* Four buffers: one for the answer, three for requests. */
    assert_int_equal(lab.answers, 3);
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.dropped_full, 3);
    lab_ask_hex(&lab, echo_request, echo_answer);
    lab_stop(&lab);
}

static void device_two_buffers_lose_every_second_of_a_burst(void **state)
{
    static struct lab lab;
    static const uint8_t echo[] = { 0x0a, 0, 0, 4, 0, 0, 1, 0, 0xa1, 0x61, 'd',
        0x60 };
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_set(&lab, "server.buf_count", "2");
    lab_start(&lab);
    lab_send(&lab, echo, sizeof(echo));
    lab_send(&lab, echo, sizeof(echo));
    lab_run(&lab, 100);
    assert_int_equal(lab.answers, 1);
    lab_stop(&lab);
}

static void device_console_port_frames_answers_between_log_text(void **state)
{
    static struct lab lab;
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_CONSOLE,
        .reset = VDEV_PORT_SILENT,
        .console = true,
    };
    static const char line[] = "\n\x06\x09"
                               "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n";
    static const char want[] = "\x06\x09"
                               "ABQLAAAKAABCAL9hcmVoZWxsb/8s+w==\n";
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start_port(&lab, &spec);
    struct vdev_port_info info;
    vdev_device_port_info(lab.device, lab.port, &info);
    assert_int_equal(info.max_message, 2471);
    assert_true(lab_ask(&lab, (const uint8_t *)line, sizeof(line) - 1));
    assert_int_equal(lab.answer_len, sizeof(want) - 1);
    assert_memory_equal(lab.answer, want, sizeof(want) - 1);
    vdev_device_power_cycle(lab.device, lab.now_us);
    lab_run(&lab, 1000);
    assert_non_null(strstr((const char *)lab.answer, "SMP server ready"));
    lab_stop(&lab);
}

static void device_without_reassembly_takes_one_write_per_message(void **state)
{
    static struct lab lab;
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_ATT,
        .reset = VDEV_PORT_GOES_DOWN,
    };
    struct vdev_port_info info;
    uint8_t echo[308] = { 0x0a, 0, 1, 44, 0, 0, 1, 0, 0xa1, 0x61, 'd', 0x79, 1,
        38 };
    (void)state;
    memset(echo + 14, 'x', sizeof(echo) - 14);
    for (int i = 0; i < 2; i++) {
        lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
        lab_set(&lab, "ble.reassembly", i == 0 ? "no" : "yes");
        lab_start_port(&lab, &spec);
        vdev_device_port_info(lab.device, lab.port, &info);
        assert_int_equal(info.max_message, i == 0 ? 249 : 384);
        assert_int_equal(info.mtu, 252);
        lab_send(&lab, echo, 249);
        assert_true(lab_ask(&lab, echo + 249, sizeof(echo) - 249) == (i == 1) ||
                i == 0);
        if (i == 1) {
            /* 308 bytes of answer in two notifications, the second last. */
            assert_int_equal(lab.answers, 2);
        } else {
            assert_int_equal(lab_code(&lab), 9);
        }
        lab_stop(&lab);
    }
}

static void device_link_paces_window_one_to_one_chunk_per_interval(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_set(&lab, "sim.link", "interval=40ms,mtu=252,per_interval=6,loss=0");
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 20000, NULL);
    uint64_t start = lab.now_us;
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    uint64_t chunks = (image.len + 199) / 200;
    assert_in_range(lab.now_us - start, (chunks - 1) * 40000,
            (chunks + 2) * 40000);
    free(image.bytes);
    lab_stop(&lab);
}

static void device_flash_file_carries_an_update_over_power_loss(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    unlink("vdev_flash.bin");
    unlink("vdev_flash.bin.state");
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_set(&lab, "sim.flash", "vdev_flash.bin");
    lab_start(&lab);
    uint64_t id = vdev_device_unique_id(lab.device);
    lab_make_image(&image, "1.0.1", 20000, NULL);
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    assert_int_equal(lab_set_state(&lab, &image, true), 0);
    lab_stop(&lab);
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_set(&lab, "sim.flash", "vdev_flash.bin");
    lab_set(&lab, "sim.seed", "77");
    lab_start(&lab);
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 AC, 0.1 1.0.0 ");
    assert_true(vdev_device_unique_id(lab.device) == id);
    free(image.bytes);
    lab_stop(&lab);
    unlink("vdev_flash.bin");
    unlink("vdev_flash.bin.state");
}

static void fault_reset_at_byte_clears_the_session(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_fault(&lab, "reset:at=10000");
    lab_start(&lab);
    lab_make_image(&image, "1.0.1", 20000, NULL);
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
        .off = 10000,
        .data = { image.bytes, 100 },
    };
    assert_false(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
            &smp_image_upload_req_map, &req));
    assert_true(lab_wait_up(&lab, 1000));
    assert_non_null(strstr(lab.console, "watchdog"));
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    free(image.bytes);
    lab_stop(&lab);
}

static void fault_disconnect_keeps_the_session(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_fault(&lab, "disconnect:n=1,ms=500");
    lab_start(&lab);
    static const uint8_t echo[] = { 0x0a, 0, 0, 4, 0, 0, 1, 0, 0xa1, 0x61, 'd',
        0x60 };
    lab_send(&lab, echo, sizeof(echo));
    assert_false(lab_is_up(&lab));
    lab_run(&lab, 499);
    assert_false(lab_is_up(&lab));
    lab_run(&lab, 2);
    assert_true(lab_is_up(&lab));
    struct vdev_stats stats;
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.boots, 1);
    lab_ask_hex(&lab, echo_request, echo_answer);
    lab_stop(&lab);
}

static void fault_twice_silent_and_delay_do_what_they_say(void **state)
{
    static struct lab lab;
    static const uint8_t echo[] = { 0x0a, 0, 0, 4, 0, 0, 1, 0, 0xa1, 0x61, 'd',
        0x60 };
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_fault(&lab, "twice:n=1");
    lab_fault(&lab, "silent:n=2");
    lab_fault(&lab, "delay:tx,n=2,ms=700");
    lab_start(&lab);
    lab_send(&lab, echo, sizeof(echo));
    lab_run(&lab, 10);
    assert_int_equal(lab.answers, 2);
    lab_send(&lab, echo, sizeof(echo));
    lab_run(&lab, 5000);
    assert_int_equal(lab.answers, 2);
    lab_send(&lab, echo, sizeof(echo));
    lab_run(&lab, 600);
    assert_int_equal(lab.answers, 2);
    lab_run(&lab, 200);
    assert_int_equal(lab.answers, 3);
    lab_stop(&lab);
}

static void device_datetime_is_kept_by_the_chip(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    lab_ask_hex(&lab,
            "0A 00 00 1E 00 00 01 04 A1 68 64 61 74 65 74 69 6D 65 73"
            "32 30 32 34 2D 30 32 2D 32 39 54 32 33 3A 35 39 3A 35 38",
            "0B 00 00 02 00 00 01 04 BF FF");
    lab_run(&lab, 2500);
    lab_ask_hex(&lab, "08 00 00 01 00 00 02 04 A0",
            "09 00 00 1F 00 00 02 04 BF 68 64 61 74 65 74 69 6D 65 73"
            "32 30 32 34 2D 30 33 2D 30 31 54 30 30 3A 30 30 3A 30 30 FF");
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_every_preset_boots_and_answers),
        cmocka_unit_test(device_first_content_is_the_same_every_time),
        cmocka_unit_test(device_updates_by_test_reset_confirm),
        cmocka_unit_test(device_unconfirmed_image_is_reverted),
        cmocka_unit_test(device_two_core_update_empties_the_second_slot),
        cmocka_unit_test(device_two_core_overwrite_build_keeps_nothing_old),
        cmocka_unit_test(app_that_crashes_is_reverted_by_its_reboot),
        cmocka_unit_test(app_that_confirms_itself_stays),
        cmocka_unit_test(app_without_server_is_silent_until_power_is_cycled),
        cmocka_unit_test(app_that_starts_slowly_is_silent_so_long),
        cmocka_unit_test(app_that_crashes_for_ever_halts_in_the_end),
        cmocka_unit_test(device_reset_takes_250_ms_and_a_new_epoch),
        cmocka_unit_test(device_swap_takes_the_time_of_its_flash),
        cmocka_unit_test(device_loses_requests_that_find_no_buffer),
        cmocka_unit_test(device_two_buffers_lose_every_second_of_a_burst),
        cmocka_unit_test(device_console_port_frames_answers_between_log_text),
        cmocka_unit_test(device_without_reassembly_takes_one_write_per_message),
        cmocka_unit_test(
                device_link_paces_window_one_to_one_chunk_per_interval),
        cmocka_unit_test(device_flash_file_carries_an_update_over_power_loss),
        cmocka_unit_test(fault_reset_at_byte_clears_the_session),
        cmocka_unit_test(fault_disconnect_keeps_the_session),
        cmocka_unit_test(fault_twice_silent_and_delay_do_what_they_say),
        cmocka_unit_test(device_datetime_is_kept_by_the_chip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
