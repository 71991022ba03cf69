// SPDX-License-Identifier: Apache-2.0
/* Serial recovery: what MCUboot's own server answers, and how one gets there. */
#include <stdlib.h>
#include <string.h>

#include "vdev_lab.h"

static struct lab lab;
static struct lab_image image;

static const struct vdev_port_spec raw = {
    .kind = VDEV_PORT_RAW,
    .reset = VDEV_PORT_SILENT,
};

static void begin(const char *enter, const char *options)
{
    lab_init(&lab, "serial-recovery");
    if (enter != NULL) {
        lab_set(&lab, "recovery.enter", enter);
    }
    if (options != NULL) {
        lab_set(&lab, "recovery.options", options);
    }
    lab_set(&lab, "app.size", "4000");
    lab_start_port(&lab, &raw);
}

static void upload_piece(uint32_t number, uint32_t off, size_t len, bool first)
{
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
        .off = off,
        .data = { image.bytes + off, len },
    };
    if (first) {
        req.has |= SMP_IMAGE_UPLOAD_REQ_LEN | SMP_IMAGE_UPLOAD_REQ_IMAGE;
        req.len = (uint32_t)image.len;
        req.image = number;
    }
    assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
            &smp_image_upload_req_map, &req));
}

/* The rest, in pieces that the bootloader's buffer takes. */
static void upload_from(uint32_t off)
{
    while (off < image.len) {
        size_t n = image.len - off < 800 ? image.len - off : 800;
        upload_piece(0, off, n, false);
        assert_int_equal(lab_code(&lab), 0);
        off += (uint32_t)n;
    }
}

static void recovery_knows_a_handful_of_commands(void **state)
{
    (void)state;
    begin(NULL, NULL);
    /* console echo control, of either operation */
    lab_ask_hex(&lab, "0a 00 00 01 00 00 42 01 a0",
            "0b 00 00 06 00 00 42 01 bf 62 72 63 00 ff");
    lab_ask_hex(&lab, "08 00 00 01 00 00 42 01 a0",
            "09 00 00 06 00 00 42 01 bf 62 72 63 00 ff");
    static const char *const refused[][2] = {
        { "0a 00 00 04 00 00 42 00 a1 61 64 60",
                "0b 00 00 06 00 00 42 00 bf 62 72 63 08 ff" },
        { "08 00 00 01 00 00 42 06 a0",
                "09 00 00 06 00 00 42 06 bf 62 72 63 08 ff" },
        { "08 00 00 01 00 00 42 08 a0",
                "09 00 00 06 00 00 42 08 bf 62 72 63 08 ff" },
        { "0a 00 00 01 00 01 42 05 a0",
                "0b 00 00 06 00 01 42 05 bf 62 72 63 08 ff" },
        { "0a 00 00 01 00 01 42 00 a0",
                "0b 00 00 06 00 01 42 00 bf 62 72 63 08 ff" },
        { "08 00 00 01 00 01 42 06 a0",
                "09 00 00 06 00 01 42 06 bf 62 72 63 08 ff" },
        { "0a 00 00 01 00 3f 42 00 a0",
                "0b 00 00 06 00 3f 42 00 bf 62 72 63 08 ff" },
        { "0a 00 00 01 12 34 42 56 a0",
                "0b 00 00 06 12 34 42 56 bf 62 72 63 08 ff" },
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        lab_ask_hex(&lab, refused[i][0], refused[i][1]);
    }
    assert_int_equal(lab.cfg.recovery.enter & VDEV_ENTER_BUTTON,
            VDEV_ENTER_BUTTON);
    lab_stop(&lab);
}

static void recovery_echoes_the_bits_of_any_version(void **state)
{
    (void)state;
    begin(NULL, NULL);
    static const char *const versions[][2] = {
        { "02 00 00 01 00 00 42 01 a0",
                "03 00 00 06 00 00 42 01 bf 62 72 63 00 ff" },
        { "1a 55 00 01 00 00 42 01 a0",
                "1b 00 00 06 00 00 42 01 bf 62 72 63 00 ff" },
        { "f2 00 00 01 00 00 42 01 a0",
                "f3 00 00 06 00 00 42 01 bf 62 72 63 00 ff" },
    };
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        lab_ask_hex(&lab, versions[i][0], versions[i][1]);
    }
    static const uint8_t answer_op[] = { 0x0b, 0, 0, 1, 0, 0, 1, 1, 0xa0 };
    lab_send(&lab, answer_op, sizeof(answer_op));
    uint32_t before = lab.answers;
    lab_run(&lab, 5000);
    assert_int_equal(lab.answers, before);
    lab_stop(&lab);
}

static void recovery_lists_what_is_valid_without_flags(void **state)
{
    (void)state;
    begin(NULL, "");
    assert_true(lab_image_call(&lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
    assert_int_equal(lab.answer_len, 8 + 33);
    assert_memory_equal(lab.answer + 8,
            "\xbf\x66images\x9f\xbf\x64slot\x00\x67version\x65"
            "1.0.0\xff\xff\xff",
            33);
    lab_stop(&lab);
    begin(NULL, "hash state");
    assert_true(strncmp(lab_list(&lab), "0.0 1.0.0 AC", 12) == 0);
    lab_stop(&lab);
}

static void recovery_writes_the_first_slot_and_checks_lengths_only(void **state)
{
    (void)state;
    lab_make_image(&image, "2.0.0", 3000, NULL);
    begin(NULL, NULL);
    /* off 0 without len, then a stray offset: rc 0 and the expected one */
    upload_piece(0, 0, 200, false);
    assert_int_equal(lab_code(&lab), 3);
    upload_piece(0, 400, 200, false);
    assert_memory_equal(lab.answer + 8, "\xbf\x62rc\x00\x63off\x00\xff", 10);
    /* another image in a build for one */
    upload_piece(1, 0, 200, true);
    assert_int_equal(lab_code(&lab), 3);
    /* the tail of a chunk that fills no flash word is asked for again */
    upload_piece(0, 0, 203, true);
    assert_memory_equal(lab.answer + 8, "\xbf\x62rc\x00\x63off\x18\xc8\xff",
            11);
    upload_from(200);
    /* repeated after the end */
    upload_piece(0, 200, 400, false);
    assert_int_equal(lab_code(&lab), 0);
    assert_true(strncmp(lab_list(&lab), "0.0 2.0.0 ", 10) == 0);
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 1, 5, 0xa0 };
    assert_true(lab_ask(&lab, reset, sizeof(reset)));
    lab_run(&lab, 300);
    assert_true(lab_wait_up(&lab, 60000));
    assert_string_equal(lab_list(&lab), "0.0 2.0.0 AC");
    assert_non_null(strstr(lab.console, "Starting Zephyr 2.0.0"));
    lab_stop(&lab);
    free(image.bytes);
}

static void recovery_takes_garbage_and_does_not_boot_it(void **state)
{
    (void)state;
    lab_make_image(&image, "2.0.0", 3000, NULL);
    memset(image.bytes, 0x5a, 64);
    begin(NULL, NULL);
    upload_piece(0, 0, 800, true);
    upload_from(800);
    assert_string_equal(lab_list(&lab), "");
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 1, 5, 0xa0 };
    assert_true(lab_ask(&lab, reset, sizeof(reset)));
    lab_run(&lab, 1000);
    /* nothing to boot: back where it was */
    assert_true(lab_is_up(&lab));
    assert_non_null(strstr(lab.notes, "there is no image to boot"));
    lab_stop(&lab);
    free(image.bytes);
}

static void recovery_with_direct_upload_counts_slots_from_one(void **state)
{
    (void)state;
    lab_make_image(&image, "2.0.0", 3000, NULL);
    begin(NULL, "hash state direct");
    upload_piece(3, 0, 200, true);
    assert_int_equal(lab_code(&lab), 3);
    upload_piece(2, 0, 800, true);
    upload_from(800);
    assert_int_equal(lab_set_state(&lab, &image, false), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 C, 0.1 2.0.0 P");
    image.hash[0] ^= 1;
    assert_int_equal(lab_set_state(&lab, &image, false), 5);
    lab_stop(&lab);
    free(image.bytes);
}

static void recovery_is_entered_as_configured(void **state)
{
    static const uint8_t list[] = { 0x08, 0, 0, 1, 0, 1, 1, 0, 0xa0 };
    static const struct vdev_port_spec udp = { .kind = VDEV_PORT_DATAGRAM };
    (void)state;
    /* by boot mode, asked of the application */
    begin("boot-mode", NULL);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC");
    lab_ask_hex(&lab,
            "0a 00 00 0c 00 00 01 05 a1 69 62 6f 6f 74 5f 6d 6f 64 65 01",
            NULL);
    lab_run(&lab, 300);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 ");
    assert_non_null(strstr(lab.notes, "boot mode 1"));
    lab_stop(&lab);
    /* by the button, when the power comes; never by a reset */
    begin("button", NULL);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 ");
    vdev_device_power_cycle(lab.device, lab.now_us);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 ");
    lab_stop(&lab);
    /* by a request in the first 500 ms */
    begin("wait", NULL);
    assert_true(lab_ask(&lab, list, sizeof(list)));
    lab_run(&lab, 5000);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 ");
    lab_stop(&lab);
    begin("wait", NULL);
    lab_run(&lab, 501);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC");
    lab_stop(&lab);
    /* only wires lead there */
    lab_init(&lab, "serial-recovery");
    lab_start_port(&lab, &udp);
    lab_run(&lab, 5000);
    assert_false(lab_is_up(&lab));
    lab_stop(&lab);
}

static void recovery_has_a_buffer_of_its_own(void **state)
{
    uint8_t big[1100] = { 0x0a, 0, 0x04, 0x00, 0, 0, 1, 1 };
    (void)state;
    begin(NULL, "params");
    lab_ask_hex(&lab, "08 00 00 01 00 00 42 06 a0",
            "09 00 00 19 00 00 42 06 bf 68 62 75 66 5f 73 69 7a 65 19 04 00 "
            "69 62 75 66 5f 63 6f 75 6e 74 01 ff");
    uint32_t before = lab.answers;
    lab_send(&lab, big, 8 + 1024);
    lab_run(&lab, 5000);
    assert_int_equal(lab.answers, before);
    assert_non_null(strstr(lab.notes, "1032 bytes, 1024 fit"));
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recovery_knows_a_handful_of_commands),
        cmocka_unit_test(recovery_echoes_the_bits_of_any_version),
        cmocka_unit_test(recovery_lists_what_is_valid_without_flags),
        cmocka_unit_test(
                recovery_writes_the_first_slot_and_checks_lengths_only),
        cmocka_unit_test(recovery_takes_garbage_and_does_not_boot_it),
        cmocka_unit_test(recovery_with_direct_upload_counts_slots_from_one),
        cmocka_unit_test(recovery_is_entered_as_configured),
        cmocka_unit_test(recovery_has_a_buffer_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
