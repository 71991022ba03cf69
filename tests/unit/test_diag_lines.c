// SPDX-License-Identifier: Apache-2.0
/* Lines of foreign logs: what each becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/message.h"
#include "diag/signs.h"
#include "diag/text.h"
#include "diag_rig.h"

static const struct diag_shape shapes[] = {
    { "nRF Connect, 2023-10-05\n", DIAG_HEAD, 0, 0, 0 },
    { "I\t09:43:51.034\t[McuMgr] MTU changed to: 252\n", DIAG_MTU, 252, 0, 0 },
    { "I 09:43:51.034 [e] MTU changed to: 247\r\n", DIAG_MTU, 247, 0, 0 },
    { "I\t09:43:50.174\tConnection parameters updated (interval: 7.5ms, "
      "latency: 0, timeout: 420ms)\n",
            DIAG_INTERVAL, 7500, 0, 0 },
    { "x onConnectionUpdated() - Device=E4 interval=12 latency=0 "
      "timeout=500 status=0\n",
            DIAG_INTERVAL, 15000, 0, 0 },
    { "A\t09:44:25.039\t[McuMgr] 139592 bytes sent in 32940 ms (4.24 kB/s)\n",
            DIAG_SENT, 139592, 32940, 0 },
    { "Image (139592 bytes) sent in 32940 ms (avg speed: 4.23 kB/s)\n",
            DIAG_SENT, 139592, 32940, 0 },
    { "W\t09:43:51.579\t[McuMgr] Error: NOT_SUPPORTED (8)\n", DIAG_REFUSED, 8,
            0, 0 },
    { "onError: Mcu Mgr Error: 25 (group: 1)\n", DIAG_REFUSED, 25, 2, 0 },
    { "Error: 6\n", DIAG_REFUSED, 6, 0, 0 },
    { "V\t09:45:02.016\t[McuMgr] New state: TEST\n", DIAG_STEP, 0, 0, 0 },
    { "flutter: D Response Offset: 241904, UploadOffset: 1, Pending\n",
            DIAG_PROGRESS, 241904, 0, 0 },
    { "Uploaded 200,778 / 205,351 Bytes | 1.12 KB/s\n", DIAG_PROGRESS, 200778,
            205351, 0 },
    { "W: Not enough free space to run swap upgrade\n", DIAG_NOISE, 0, 0,
            SIGN_C_NO_ROOM },
    { "\x1b[1;33m[00:00:01.000,000] <wrn> mcuboot: Swap type: revert\x1b[0m\n",
            DIAG_NOISE, 0, 0, SIGN_C_SWAP_REVERT },
    { "[00:00:45.438,810] <err> flash_sync_mpsl: timeout\n", DIAG_NOISE, 0, 0,
            SIGN_C_FLASH_TIMEOUT },
    { "[00:00:01.000,000] <inf> app: hello\n", DIAG_NOISE, 0, 0, 0 },
    { "GATT: UNKNOWN(147)\n", DIAG_ERROR, 0, 0, SIGN_T_147 },
    { "Payload (250 bytes) too long for MTU: 249\n", DIAG_ERROR, 0, 0,
            SIGN_T_TOO_LONG },
    { "21:38:20 [DEBUG] (1) mcumgr_client::image: try_length: 4096\n",
            DIAG_NOTE, 0, 0, SIGN_SERIAL_BIG },
    { "0x00065FF0: F395C277\n", DIAG_NOTE, 0, 0, SIGN_C_ORPHAN },
};

static void each_line_becomes_its_event(void **state)
{
    (void)state;
    diag_rig_shapes(shapes, sizeof(shapes) / sizeof(shapes[0]));
}

static void lines_that_say_nothing_are_counted_and_passed_over(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    assert_int_equal(diag_rig_text(rig, "mail",
                             "Hello,\n\nmy update fails since Tuesday.\n"),
            DIAG_SOURCE_UNKNOWN);
    assert_int_equal(rig->events.count, 0);
    assert_int_equal(rig->events.skipped, 2);
    diag_rig_destroy(rig);
}

/* Three ways in which one request is written; it is one event. */
static void forms_of_one_message_are_merged(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "A\t09:43:51.630\t[McuMgr] Sending (10 bytes) Header (Op: 0, "
            "Flags: 0, Len: 2, Group: 1, Seq: 7, Command: 0) CBOR {}\n"
            "D\t09:43:51.649\t[McuMgr] characteristic.setValue("
            "0x0000000200010700BFFF)\n"
            "D\t09:43:51.664\t[McuMgr] gatt.writeCharacteristic("
            "da2e7828-fbce-4e01-ae9e-261174997c48)\n"
            "I\t09:43:51.673\t[McuMgr] Data written to da2e7828-fbce-4e01-"
            "ae9e-261174997c48, value: (0x) 00-00-00-02-00-01-07-00-BF-FF\n");
    assert_int_equal(rig->events.count, 1);
    assert_int_equal(rig->events.items[0].kind, DIAG_TX);
    assert_int_equal(rig->events.items[0].line, 1);
    assert_int_equal(rig->events.items[0].header.seq, 7);
    diag_rig_destroy(rig);
}

/* The same request sent twice stays two events. */
static void repetitions_are_not_merged(void **state)
{
    const char *line =
            "A\t09:43:51.630\t[McuMgr] Sending (10 bytes) Header (Op: 0, "
            "Flags: 0, Len: 2, Group: 1, Seq: 7, Command: 0) CBOR {}\n";
    char text[512];
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snprintf(text, sizeof(text), "%s%s", line, line);
    diag_rig_text(rig, "log", text);
    assert_int_equal(rig->events.count, 2);
    diag_rig_destroy(rig);
}

static void notifications_are_put_together_by_the_header(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    struct diag_chunk c;
    (void)state;
    diag_rig_text(rig, "log",
            "I 10:00:00.000 [McuMgr] Notification received from da2e7828-"
            "fbce, value: (0x) 03-00-00-0B-00-01-94-01-BF-62\n"
            "I 10:00:00.001 [McuMgr] Notification received from da2e7828-"
            "fbce, value: (0x) 72-63-00-63-6F-66-66-18-20-FF\n");
    assert_int_equal(rig->events.count, 1);
    assert_true(diag_answer_of(&rig->events.items[0], &c));
    assert_int_equal(c.off, 32);
    diag_rig_destroy(rig);
}

static void a_cut_notification_is_decoded_as_far_as_it_goes(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig, "cases/s01-nrfconnect-android-pending-left-over.log");
    const struct diag_event *e = NULL;
    for (size_t i = 0; i < rig->events.count; i++) {
        e = rig->events.items[i].kind == DIAG_RX ? &rig->events.items[i] : e;
    }
    assert_non_null(e);
    assert_true(e->cut);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.slot_count, 2);
    assert_true(rig->report.slots[1].pending);
    assert_string_equal(rig->report.slots[1].version, "1.3.0");
    diag_rig_destroy(rig);
}

static void a_record_may_be_wrapped_over_lines(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "A 11:28:19.585 [McuMgr] Received Header (Version: 1, Op: 1, "
            "Flags: 0, Len: 60, Group: 1, Seq: 2, Command: 0) CBOR {\n"
            "  \"images\":[{\"slot\":0,\"version\":\"1.0.0\",\n"
            "  \"active\":true,\"confirmed\":true}]}\n"
            "I 11:28:20.000 [McuMgr] MTU changed to: 100\n");
    assert_int_equal(rig->events.count, 2);
    assert_int_equal(rig->events.items[0].line, 1);
    assert_int_equal(rig->events.items[1].line, 4);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.slot_count, 1);
    assert_true(rig->report.slots[0].active);
    diag_rig_destroy(rig);
}

static void text_of_16_bits_is_read_in_both_orders(void **state)
{
    const char *text = "I 11:28:20.000 [McuMgr] MTU changed to: 100\n";
    (void)state;
    for (int big = 0; big < 2; big++) {
        unsigned char wide[256];
        size_t n = 0;
        struct diag_rig *rig = diag_rig_create();
        for (const char *p = text; *p != '\0'; p++) {
            wide[n++] = big ? 0 : (unsigned char)*p;
            wide[n++] = big ? (unsigned char)*p : 0;
        }
        diag_read(&rig->events, "wide", wide, n);
        assert_int_equal(rig->events.count, 1);
        assert_int_equal(rig->events.items[0].a, 100);
        diag_rig_destroy(rig);
    }
}

static void the_clock_goes_on_over_midnight(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "I 23:59:59.900 [McuMgr] MTU changed to: 100\n"
            "I 00:00:00.100 [McuMgr] MTU changed to: 101\n");
    assert_int_equal(rig->events.count, 2);
    assert_int_equal(rig->events.items[1].t_ms - rig->events.items[0].t_ms,
            200);
    diag_rig_destroy(rig);
}

static void an_image_list_as_text_does_not_tell_absent_keys(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig, "cases/s10-zephyr-swapmove-image-too-big-stuck.log");
    diag_rig_judge(rig);
    assert_int_equal(rig->report.slot_count, 2);
    assert_true(rig->report.slots[1].pending);
    for (size_t i = 0; i < rig->events.count; i++) {
        if (rig->events.items[i].kind == DIAG_RX) {
            assert_true(rig->events.items[i].loose);
        }
    }
    diag_rig_destroy(rig);
}

static void values_of_every_client_become_the_same_cbor(void **state)
{
    static const char *const same[] = {
        "{\"slot\":1,\"active\":true,\"hash\":\"q83vAQ==\"}",
        "{\"slot\" : 1, \"active\" : true, \"hash\" : 0xABCDEF01}",
        "{'slot': 1, 'active': True, 'hash': 'abcdef01'}",
        "{ \"slot\": 1,\n \"active\": true, \"hash\": \"abcdef01\" }",
    };
    uint8_t first[64];
    size_t first_len = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        uint8_t out[64];
        size_t used;
        bool cut;
        size_t len = diag_value_to_cbor(diag_span(same[i]), out, sizeof(out),
                &used, &cut);
        assert_false(cut);
        assert_true(len > 0);
        if (i == 0) {
            memcpy(first, out, len);
            first_len = len;
        } else {
            assert_int_equal(len, first_len);
            assert_memory_equal(out, first, len);
        }
    }
}

static void cut_values_are_closed(void **state)
{
    const char *text = "{\"images\":[{\"slot\":0,\"version\":\"1.0\"},"
                       "{\"slot\":1,\"version\":\"2.0\"}]}";
    (void)state;
    for (size_t n = 1; n < strlen(text); n++) {
        uint8_t out[128];
        size_t used;
        bool cut = false;
        struct diag_span part = { text, n };
        size_t len = diag_value_to_cbor(part, out, sizeof(out), &used, &cut);
        assert_true(cut);
        assert_int_equal(smp_cbor_check((struct smp_bytes){ out, len }),
                (int)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_becomes_its_event),
        cmocka_unit_test(lines_that_say_nothing_are_counted_and_passed_over),
        cmocka_unit_test(forms_of_one_message_are_merged),
        cmocka_unit_test(repetitions_are_not_merged),
        cmocka_unit_test(notifications_are_put_together_by_the_header),
        cmocka_unit_test(a_cut_notification_is_decoded_as_far_as_it_goes),
        cmocka_unit_test(a_record_may_be_wrapped_over_lines),
        cmocka_unit_test(text_of_16_bits_is_read_in_both_orders),
        cmocka_unit_test(the_clock_goes_on_over_midnight),
        cmocka_unit_test(an_image_list_as_text_does_not_tell_absent_keys),
        cmocka_unit_test(values_of_every_client_become_the_same_cbor),
        cmocka_unit_test(cut_values_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
