// SPDX-License-Identifier: Apache-2.0
/*
 * The bytes of the origin log, from the virtual device that stands for it.
 */
#include <stdlib.h>
#include <string.h>

#include "vdev_lab.h"

static void era_c_params_are_not_supported(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_ask_hex(&lab, "00 00 00 01 00 00 FF 06 A0",
            "01 00 00 06 00 00 FF 06 BF 62 72 63 08 FF");
    /* Version bits of the request are not told apart. */
    lab_ask_hex(&lab, "08 00 00 01 00 00 FF 06 A0",
            "01 00 00 06 00 00 FF 06 BF 62 72 63 08 FF");
    lab_stop(&lab);
}

static void era_c_list_has_no_image_key_and_all_flags(void **state)
{
    static struct lab lab;
    /* "images": [ { "slot": 0, "version": "1.0.0", "hash": h'32 bytes */
    static const uint8_t head[] = { 0x01, 0x00, 0x00, 0x86, 0x00, 0x01, 0x00,
        0x00, 0xbf, 0x66, 'i', 'm', 'a', 'g', 'e', 's', 0x9f, 0xbf, 0x64, 's',
        'l', 'o', 't', 0x00, 0x67, 'v', 'e', 'r', 's', 'i', 'o', 'n', 0x65, '1',
        '.', '0', '.', '0', 0x64, 'h', 'a', 's', 'h', 0x58, 0x20 };
    static const uint8_t tail[] = { 0x68, 'b', 'o', 'o', 't', 'a', 'b', 'l',
        'e', 0xf5, 0x67, 'p', 'e', 'n', 'd', 'i', 'n', 'g', 0xf4, 0x69, 'c',
        'o', 'n', 'f', 'i', 'r', 'm', 'e', 'd', 0xf5, 0x66, 'a', 'c', 't', 'i',
        'v', 'e', 0xf5, 0x69, 'p', 'e', 'r', 'm', 'a', 'n', 'e', 'n', 't', 0xf4,
        0xff, 0xff, 0x6b, 's', 'p', 'l', 'i', 't', 'S', 't', 'a', 't', 'u', 's',
        0x00, 0xff };
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_ask_hex(&lab, "00 00 00 02 00 01 00 00 BF FF", NULL);
    assert_int_equal(lab.answer_len, 8 + 0x86);
    assert_memory_equal(lab.answer, head, sizeof(head));
    assert_memory_equal(lab.answer + lab.answer_len - sizeof(tail), tail,
            sizeof(tail));
    lab_stop(&lab);
}

static void era_c_erase_storage_is_not_supported(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_ask_hex(&lab, "02 00 00 02 00 3F D6 00 BF FF",
            "03 00 00 06 00 3F D6 00 BF 62 72 63 08 FF");
    lab_stop(&lab);
}

static void era_c_test_of_an_unknown_hash_is_rc_3(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_ask_hex(&lab,
            "02 00 00 32 00 01 D7 00 BF 67 63 6F 6E 66 69 72 6D F4"
            "64 68 61 73 68 58 20"
            "22822D8774FBC7765F797C62D79E011141B289BA2BB4A8339B21008C653C6B66"
            "FF",
            "03 00 00 06 00 01 D7 00 BF 62 72 63 03 FF");
    lab_stop(&lab);
}

static void era_c_bootloader_and_slot_info_are_rc_8(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_ask_hex(&lab, "08 00 00 01 00 01 02 06 A0",
            "01 00 00 06 00 01 02 06 BF 62 72 63 08 FF");
    lab_ask_hex(&lab, "08 00 00 01 00 00 03 08 A0",
            "01 00 00 06 00 00 03 08 BF 62 72 63 08 FF");
    lab_stop(&lab);
}

/* The origin report from end to end, on the wire. */
static void origin_second_upload_replaces_the_first(void **state)
{
    static struct lab lab;
    struct lab_image app;
    struct lab_image net;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_make_image(&app, "1.0.1", 139000, NULL);
    lab_make_image(&net, "2.0.0", 190000, NULL);
    assert_int_equal(lab_upload(&lab, &app, 0), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 ");
    assert_int_equal(lab_upload(&lab, &net, 1), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 2.0.0 ");
    assert_int_equal(lab_set_state(&lab, &app, false), 3);
    free(app.bytes);
    free(net.bytes);
    lab_stop(&lab);
}

static void era_c_upload_is_refused_with_5_while_pending_or_on_trial(
        void **state)
{
    static struct lab lab;
    struct lab_image app;
    (void)state;
    lab_init(&lab, "nrf5340dk-ncs2.4.1-single");
    lab_start(&lab);
    lab_make_image(&app, "1.0.1", 20000, NULL);
    assert_int_equal(lab_upload(&lab, &app, 0), 0);
    assert_int_equal(lab_set_state(&lab, &app, false), 0);
    assert_string_equal(lab_list(&lab), "0.0 1.0.0 AC, 0.1 1.0.1 P");
    assert_int_equal(lab_upload(&lab, &app, 0), 5);
    lab_reset(&lab);
    assert_string_equal(lab_list(&lab), "0.0 1.0.1 A, 0.1 1.0.0 C");
    assert_int_equal(lab_upload(&lab, &app, 0), 5);
    /* Erase of a slot in use. */
    lab_ask_hex(&lab, "02 00 00 01 00 01 09 05 A0",
            "03 00 00 06 00 01 09 05 BF 62 72 63 06 FF");
    free(app.bytes);
    lab_stop(&lab);
}

static void era_a_says_rc_0_and_takes_whole_words(void **state)
{
    static struct lab lab;
    struct lab_image app;
    (void)state;
    lab_init(&lab, "legacy-mynewt");
    lab_start(&lab);
    lab_make_image(&app, "1.0.1", 4001, NULL);
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA |
                SMP_IMAGE_UPLOAD_REQ_LEN,
        .len = (uint32_t)app.len,
        .data = { app.bytes, 101 },
    };
    assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
            &smp_image_upload_req_map, &req));
    static const uint8_t want[] = { 0xbf, 0x62, 'r', 'c', 0x00, 0x63, 'o', 'f',
        'f', 0x18, 0x64, 0xff };
    assert_int_equal(lab.answer_len, 8 + sizeof(want));
    assert_memory_equal(lab.answer + 8, want, sizeof(want));
    lab_ask_hex(&lab, "02 00 00 01 00 01 09 05 A0",
            "03 00 00 06 00 01 09 05 BF 62 72 63 00 FF");
    free(app.bytes);
    lab_stop(&lab);
}

static void era_e_answers_v2_with_err_and_v1_flat(void **state)
{
    static struct lab lab;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start(&lab);
    lab_ask_hex(&lab, "0A 00 00 01 00 01 01 00 A0",
            "0B 00 00 14 00 01 01 00 BF 63 65 72 72 BF 65 67 72 6F 75 70 01"
            "62 72 63 18 18 FF FF");
    lab_ask_hex(&lab, "02 00 00 01 00 01 01 00 A0",
            "03 00 00 06 00 01 01 00 BF 62 72 63 03 FF");
    lab_ask_hex(&lab, "08 00 00 01 00 00 01 06 A0",
            "09 00 00 19 00 00 01 06 BF 68 62 75 66 5F 73 69 7A 65 19 09 AB"
            "69 62 75 66 5F 63 6F 75 6E 74 04 FF");
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(era_c_params_are_not_supported),
        cmocka_unit_test(era_c_list_has_no_image_key_and_all_flags),
        cmocka_unit_test(era_c_erase_storage_is_not_supported),
        cmocka_unit_test(era_c_test_of_an_unknown_hash_is_rc_3),
        cmocka_unit_test(era_c_bootloader_and_slot_info_are_rc_8),
        cmocka_unit_test(origin_second_upload_replaces_the_first),
        cmocka_unit_test(
                era_c_upload_is_refused_with_5_while_pending_or_on_trial),
        cmocka_unit_test(era_a_says_rc_0_and_takes_whole_words),
        cmocka_unit_test(era_e_answers_v2_with_err_and_v1_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
