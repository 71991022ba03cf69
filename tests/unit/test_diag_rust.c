// SPDX-License-Identifier: Apache-2.0
/* What the two clients in Rust print, and what is read out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/signs.h"
#include "diag_rig.h"
#include "smp/response.h"

#define CROSS  "  \xc3\x97 "
#define BRANCH "  \xe2\x94\x9c\xe2\x94\x80\xe2\x96\xb6 "
#define LAST   "  \xe2\x95\xb0\xe2\x94\x80\xe2\x96\xb6 "

static const struct diag_shape shapes[] = {
    { LAST "Device returned error code: MGMT_ERR_EBADSTATE\n", DIAG_REFUSED, 6,
            0, 0 },
    { LAST "Device returned error code: MGMT_ERR_EINVAL: no such key\n",
            DIAG_REFUSED, 3, 0, 0 },
    { LAST "Device returned error code: MGMT_ERR_UNKNOWN(77)\n", DIAG_REFUSED,
            77, 0, 0 },
    { LAST "Device returned error code: MGMT_ERR_EPERUSER(300)\n", DIAG_REFUSED,
            300, 0, 0 },
    { LAST "Device returned error code: IMG_MGMT_ERR_NO_FREE_SLOT\n",
            DIAG_REFUSED, 9, 2, 0 },
    { LAST "Device returned error code: FS_MGMT_ERR_FILE_NOT_FOUND\n",
            DIAG_REFUSED, 3, 9, 0 },
    { LAST "Device returned error code: group=66,rc=5\n", DIAG_REFUSED, 5, 67,
            0 },
    { LAST "Device returned error code: IMG_MGMT_ERR_BRAND_NEW\n", DIAG_ERROR,
            0, 0, 0 },
    { LAST "A timeout occurred\n", DIAG_ERROR, 0, 0, SIGN_T_TIMEOUT },
    { "  `-> A timeout occurred\r\n", DIAG_ERROR, 0, 0, SIGN_T_TIMEOUT },
    { LAST "Firmware is not a valid MCUboot image\n", DIAG_ERROR, 0, 0,
            SIGN_E_NO_IMAGE },
    { CROSS "The device is already running the given firmware\n", DIAG_ERROR, 0,
            0, 0 },
    { LAST "Device reported checksum mismatch\n", DIAG_ERROR, 0, 0,
            SIGN_MATCH_FALSE },
    { "Uploading new firmware ...\n", DIAG_STEP, 0, 0, 0 },
    { BRANCH "Failed to detect bootloader\n", DIAG_STEP, 0, 0, 0 },
    { "Found bootloader: MCUboot\n", DIAG_NOTE, 0, 0, 0 },
    { "mcumgr-client 0.0.7, Copyright \xc2\xa9 2024 Vouch.io LLC\n", DIAG_HEAD,
            0, 0, 0 },
    { "21:38:20 [ERROR] Error: rc = 6\n", DIAG_REFUSED, 6, 0, 0 },
    { "21:38:20 [ERROR] Error: Error from device: 8\n", DIAG_REFUSED, 8, 0, 0 },
    { "21:38:20 [ERROR] Error: Operation timed out\n", DIAG_ERROR, 0, 0,
            SIGN_T_TIMEOUT },
    { "21:38:20 [ERROR] Error: wrong offset received\n", DIAG_ERROR, 0, 0,
            SIGN_NO_PROGRESS },
    { "21:38:20 [ERROR] Error: wrong checksum\n", DIAG_ERROR, 0, 0,
            SIGN_T_CRC },
    { "21:38:20 [ERROR] Error: read error, expected: 6, read: 91\n", DIAG_ERROR,
            0, 0, SIGN_CONSOLE_IN_STREAM },
    { "21:38:20 [ERROR] Error: MTU too small\n", DIAG_ERROR, 0, 0, 0 },
};

static void each_line_becomes_its_event(void **state)
{
    (void)state;
    diag_rig_shapes(shapes, sizeof(shapes) / sizeof(shapes[0]));
}

/* The words of other people do not become events. */
static void common_words_are_passed_over(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "mail",
            "A timeout occurred, I think.\nTransport error\n"
            "Image 0 works\nx marks the spot\nactive: true\n");
    assert_int_equal(rig->events.count, 0);
    diag_rig_destroy(rig);
}

static const struct diag_event *last(const struct diag_rig *rig,
        enum diag_event_kind kind)
{
    for (size_t i = rig->events.count; i > 0; i--) {
        if (rig->events.items[i - 1].kind == kind) {
            return &rig->events.items[i - 1];
        }
    }
    fail_msg("no such event");
    return NULL;
}

/* The lines above a refusal tell to what it is the answer. */
static void a_refusal_is_the_answer_to_what_failed(void **state)
{
    static const struct {
        const char *text;
        uint8_t id;
        uint8_t op;
    } rows[] = {
        { "Uploading new firmware ...\n"
          "Error: mcumgrctl::firmware_update\n\n" CROSS
          "Firmware update failed\n" BRANCH
          "Failed to upload firmware image to device\n" BRANCH
          "Command execution failed\n" LAST
          "Device returned error code: IMG_MGMT_ERR_NO_FREE_SLOT\n",
                1, 3 },
        { "Activating new firmware ...\n" CROSS
          "Firmware update failed\n" BRANCH
          "Failed to activate new firmware image\n" LAST
          "Device returned error code:\n"
          "      IMG_MGMT_ERR_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED\n",
                0, 3 },
        { "21:38:20 [INFO] send image list request\n"
          "21:38:21 [ERROR] Error: Error from device: 8\n",
                0, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag_rig *rig = diag_rig_create();
        diag_rig_text(rig, "log", rows[i].text);
        const struct diag_event *e = last(rig, DIAG_RX);
        assert_int_equal(e->header.group, SMP_GROUP_IMAGE);
        assert_int_equal(e->header.id, rows[i].id);
        assert_int_equal(e->header.op, rows[i].op);
        diag_rig_destroy(rig);
    }
}

/* An old number without an offset could be of any chunk. */
static void an_old_number_of_an_upload_stays_a_number(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "21:38:20 [INFO] upload file: app.bin\n"
            "21:38:21 [ERROR] Error: rc = 3\n");
    assert_int_equal(rig->events.count, 2);
    assert_int_equal(rig->events.items[1].kind, DIAG_REFUSED);
    assert_int_equal(rig->events.items[1].a, 3);
    diag_rig_destroy(rig);
}

static void a_list_by_mcumgrctl_gives_the_slots(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "\nImage 0, Slot 0:\n"
            "    version:   1.0.0\n"
            "    hash:      0102030405060708091011121314151617181920212223"
            "242526272829303132\n"
            "    bootable:  true\n"
            "    pending:   false\n"
            "    confirmed: true\n"
            "    active:    true\n"
            "    permanent: false\n"
            "\nImage 0, Slot 1:\n"
            "    version:   1.1.0\n"
            "    bootable:  true\n"
            "    pending:   true\n"
            "    confirmed: false\n"
            "    active:    false\n"
            "    permanent: false\n\n");
    diag_rig_judge(rig);
    assert_int_equal(rig->report.slot_count, 2);
    assert_true(rig->report.slots[0].active);
    assert_true(rig->report.slots[0].confirmed);
    assert_false(rig->report.slots[0].pending);
    assert_true(rig->report.slots[1].pending);
    assert_false(rig->report.slots[1].active);
    diag_rig_destroy(rig);
}

/* Every byte of a hash is on a line of its own. */
static void a_list_by_mcumgr_client_gives_the_slots(void **state)
{
    char text[4096] = "21:38:20 [INFO] send image list request\n"
                      "response: {\n  \"images\": [\n";
    (void)state;
    for (unsigned slot = 0; slot < 2; slot++) {
        size_t n = strlen(text);
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                "    {\n      \"image\": 0,\n      \"slot\": %u,\n"
                "      \"version\": \"1.%u.0\",\n      \"hash\": [\n",
                slot, slot);
        for (unsigned i = 0; i < 32; i++) {
            n += (size_t)snprintf(text + n, sizeof(text) - n, "        %u%s\n",
                    200 + i + slot, i < 31 ? "," : "");
        }
        snprintf(text + n, sizeof(text) - n,
                "      ],\n      \"pending\": %s,\n      \"active\": %s\n"
                "    }%s\n",
                slot == 1 ? "true" : "false", slot == 0 ? "true" : "false",
                slot == 0 ? "," : "\n  ]\n}");
    }
    struct diag_rig *rig = diag_rig_create();
    diag_rig_text(rig, "log", text);
    const struct diag_event *e = last(rig, DIAG_RX);
    assert_false(e->cut);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.slot_count, 2);
    assert_true(rig->report.slots[0].active);
    assert_true(rig->report.slots[1].pending);
    diag_rig_destroy(rig);
}

/* A request that was found too long was not sent. */
static void bytes_in_debug_lines_are_the_messages(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "21:38:20 [DEBUG] (1) mcumgr_client::transfer: serialized: "
            "0200000a00010701a1636f66661a00010203\n"
            "21:38:20 [DEBUG] (1) mcumgr_client::image: new try_length: 90\n"
            "21:38:20 [DEBUG] (1) mcumgr_client::transfer: serialized: "
            "0200000800010701a1636f6666190200\n"
            "21:38:21 [DEBUG] (1) mcumgr_client::transfer: response header: "
            "NmpHdr { op: WriteRsp, flags: 0, len: 6, group: Image, seq: 7, "
            "id: 1 }\n"
            "21:38:21 [DEBUG] (1) mcumgr_client::transfer: cbor: "
            "bf62726306ff\n"
            "21:38:21 [ERROR] Error: rc = 6\n");
    assert_int_equal(rig->events.count, 3);
    assert_int_equal(rig->events.items[0].kind, DIAG_TX);
    assert_int_equal(rig->events.items[0].header.len, 8);
    assert_int_equal(rig->events.items[1].kind, DIAG_RX);
    assert_int_equal(rig->events.items[1].header.seq, 7);
    assert_int_equal(rig->events.items[1].header.op, 3);
    assert_int_equal(rig->events.items[2].kind, DIAG_REFUSED);
    diag_rig_destroy(rig);
}

static void an_upload_is_told_with_its_size_and_time(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "log",
            "21:38:20 [INFO] 917504 bytes to transfer\n"
            "21:40:08 [INFO] upload took 1m 48s\n");
    const struct diag_event *e = last(rig, DIAG_SENT);
    assert_int_equal(e->a, 917504);
    assert_int_equal(e->b, 108000);
    diag_rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_becomes_its_event),
        cmocka_unit_test(common_words_are_passed_over),
        cmocka_unit_test(a_refusal_is_the_answer_to_what_failed),
        cmocka_unit_test(an_old_number_of_an_upload_stays_a_number),
        cmocka_unit_test(a_list_by_mcumgrctl_gives_the_slots),
        cmocka_unit_test(a_list_by_mcumgr_client_gives_the_slots),
        cmocka_unit_test(bytes_in_debug_lines_are_the_messages),
        cmocka_unit_test(an_upload_is_told_with_its_size_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
