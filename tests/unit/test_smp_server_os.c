// SPDX-License-Identifier: Apache-2.0
/* OS, basic and enumeration groups beyond what the recordings hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "smp/server_os.h"

struct board {
    struct smp_server s;
    struct smp_os_server os;
    struct smp_server_group groups[3];
    const struct smp_server_group *order[3];
    uint8_t tx[400];
    uint8_t packet[200];
    const uint8_t *out;
    size_t len;
    /* what the ops saw and say */
    bool force;
    uint32_t boot_mode;
    unsigned resets;
    enum smp_rc reset_rc;
    char date[20];
    int date_rc;
    int erase_rc;
    const char *long_info;
};

static enum smp_rc board_reset(void *ctx, bool force, uint32_t boot_mode)
{
    struct board *b = ctx;

    b->force = force;
    b->boot_mode = boot_mode;
    b->resets++;
    return b->reset_rc;
}

static const char *board_info(void *ctx, char letter)
{
    struct board *b = ctx;

    if (letter == 's') {
        return "Zephyr";
    }
    if (letter == 'i') {
        return "nrf5340dk/nrf5340/cpuapp";
    }
    return letter == 'n' ? b->long_info : NULL;
}

static int board_date_get(void *ctx, char text[20])
{
    struct board *b = ctx;

    memcpy(text, b->date, sizeof(b->date));
    return b->date_rc;
}

static int board_date_set(void *ctx, const char text[20])
{
    struct board *b = ctx;

    memcpy(b->date, text, sizeof(b->date));
    return b->date_rc;
}

static int board_erase(void *ctx)
{
    struct board *b = ctx;

    return b->erase_rc;
}

static bool board_query(void *ctx, struct smp_call *call,
        struct smp_bytes query)
{
    static const char name[] = "active_b0_slot";

    (void)ctx;
    if (query.len != sizeof(name) - 1 ||
            memcmp(query.ptr, name, sizeof(name) - 1) != 0) {
        return false;
    }
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "active");
    smp_put_uint(call->rsp, 1);
    return true;
}

static const struct smp_os_ops full_ops = {
    .reset = board_reset,
    .info = board_info,
    .datetime_get = board_date_get,
    .datetime_set = board_date_set,
    .erase_storage = board_erase,
    .query = board_query,
};

static void board_init(struct board *b, const struct smp_os_ops *ops,
        uint32_t features)
{
    memset(b, 0, sizeof(*b));
    b->os = (struct smp_os_server){
        .ops = ops,
        .ctx = b,
        .features = features,
        .buf_size = 2475,
        .buf_count = 4,
        .bootloader_mode = SMP_BOOTLOADER_SWAP_OFFSET,
    };
    smp_os_group_init(&b->groups[0], &b->os);
    smp_basic_group_init(&b->groups[1], &b->os);
    smp_enum_group_init(&b->groups[2], &b->s);
    for (size_t i = 0; i < 3; i++) {
        b->order[i] = &b->groups[i];
    }
    smp_server_init(&b->s,
            &(struct smp_server_config){
                    .groups = b->order,
                    .group_count = 3,
                    .tx = b->tx,
                    .tx_size = sizeof(b->tx),
                    .form = SMP_FORM_INDEFINITE,
            });
}

#define FULL 0xffu

static void ask(struct board *b, uint8_t version, uint8_t op, uint16_t group,
        uint8_t id, const char *body, size_t len)
{
    struct smp_header hdr = {
        .version = version,
        .op = op,
        .len = (uint16_t)len,
        .group = group,
        .id = id,
    };

    assert_true(len + SMP_HEADER_SIZE <= sizeof(b->packet));
    smp_header_encode(&hdr, b->packet);
    if (len > 0) {
        memcpy(b->packet + SMP_HEADER_SIZE, body, len);
    }
    assert_int_equal(smp_server_input(&b->s, b->packet, SMP_HEADER_SIZE + len,
                             0, 0),
            0);
    b->out = smp_server_output(&b->s, &b->len, NULL);
    assert_non_null(b->out);
    smp_server_sent(&b->s);
    assert_int_equal(b->out[0], version << 3 | (op + 1));
}

#define ASK(b, version, op, group, id, body) \
    ask(b, version, op, group, id, body, sizeof(body) - 1u)

#define EXPECT(b, literal)                                                \
    do {                                                                  \
        assert_int_equal((b)->len, 8u + sizeof(literal) - 1u);            \
        assert_memory_equal((b)->out + 8, literal, sizeof(literal) - 1u); \
    } while (0)

#define READ  SMP_OP_READ
#define WRITE SMP_OP_WRITE
#define OS    SMP_GROUP_OS

static void os_resets_with_force_and_boot_mode(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, WRITE, OS, SMP_OS_RESET, "\xa0");
    EXPECT(&b, "\xbf\xff");
    assert_false(b.force);
    assert_int_equal(b.boot_mode, 0);
    ASK(&b, 1, WRITE, OS, SMP_OS_RESET,
            "\xa2\x65"
            "force\xf5\x69"
            "boot_mode\x01");
    EXPECT(&b, "\xbf\xff");
    assert_true(b.force);
    assert_int_equal(b.boot_mode, 1);
    assert_int_equal(b.resets, 2);
}

static void os_resets_whatever_the_payload_is(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, WRITE, OS, SMP_OS_RESET, "");
    EXPECT(&b, "\xbf\xff");
    ASK(&b, 0, WRITE, OS, SMP_OS_RESET, "\xff\x00");
    EXPECT(&b, "\xbf\xff");
    ASK(&b, 0, WRITE, OS, SMP_OS_RESET,
            "\xa1\x65"
            "force\x01");
    EXPECT(&b, "\xbf\xff");
    assert_false(b.force);
    assert_int_equal(b.resets, 3);
}

static void os_refuses_a_reset_when_the_board_is_busy(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    b.reset_rc = SMP_RC_BUSY;
    ASK(&b, 1, WRITE, OS, SMP_OS_RESET, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x0a\xff");
}

static void os_tells_its_buffers(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, READ, OS, SMP_OS_PARAMS, "\xa0");
    EXPECT(&b,
            "\xbf\x68"
            "buf_size\x19\x09\xab\x69"
            "buf_count\x04\xff");
}

static void os_tells_the_bootloader_and_its_mode(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "\xa0");
    EXPECT(&b,
            "\xbf\x6a"
            "bootloader\x67MCUboot\xff");
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "\xa1\x65query\x64mode");
    EXPECT(&b, "\xbf\x64mode\x09\xff");
    b.os.bootloader_mode = SMP_BOOTLOADER_UNKNOWN;
    b.os.no_downgrade = true;
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "\xa1\x65query\x64mode");
    EXPECT(&b, "\xbf\x64mode\x20\x6cno-downgrade\xf5\xff");
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER,
            "\xa1\x65query\x6e"
            "active_b0_slot");
    EXPECT(&b,
            "\xbf\x66"
            "active\x01\xff");
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
}

static void os_has_no_answer_to_an_unknown_query(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "\xa1\x65query\x60");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x00\x62rc\x03\xff\xff");
    ASK(&b, 0, READ, OS, SMP_OS_BOOTLOADER, "\xa1\x65query\x63mod");
    EXPECT(&b, "\xbf\x62rc\x05\xff");
}

static void os_info_keeps_its_own_order_and_refuses_unknown_letters(
        void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x62is");
    EXPECT(&b, "\xbf\x66output\x78\x1fZephyr nrf5340dk/nrf5340/cpuapp\xff");
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x61"
            "a");
    EXPECT(&b, "\xbf\x66output\x78\x1fZephyr nrf5340dk/nrf5340/cpuapp\xff");
    /* A letter that this board cannot tell. */
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x61"
            "b");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x00\x62rc\x02\xff\xff");
}

static void os_info_refuses_more_than_255_bytes(void **state)
{
    struct board b;
    char name[300];

    (void)state;
    board_init(&b, &full_ops, FULL);
    memset(name, 'n', sizeof(name));
    b.long_info = name;
    name[255] = '\0';
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x61n");
    assert_int_equal(b.len, 8 + 1 + 7 + 2 + 255 + 1);
    name[255] = 'n';
    name[256] = '\0';
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x61n");
    EXPECT(&b, "\xbf\x62rc\x07\xff");
    /* One space and 248 bytes behind "Zephyr" are 255, too. */
    name[248] = '\0';
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x62sn");
    assert_int_equal(b.len, 8 + 1 + 7 + 2 + 255 + 1);
    name[248] = 'n';
    name[249] = '\0';
    ASK(&b, 1, READ, OS, SMP_OS_INFO,
            "\xa1\x66"
            "format\x62sn");
    EXPECT(&b, "\xbf\x62rc\x07\xff");
}

/* Sends a date; returns the flat code, 0 for success. */
static int set_date(struct board *b, const char *text)
{
    uint8_t body[80];
    struct smp_encoder e;
    struct smp_os_datetime req = {
        .has = SMP_OS_DATETIME_DATETIME,
        .datetime = { (const uint8_t *)text, strlen(text) },
    };

    smp_encoder_init(&e, body, sizeof(body), SMP_FORM_DEFINITE);
    smp_put_struct(&e, &smp_os_datetime_map, &req);
    memset(b->date, '?', sizeof(b->date));
    ask(b, 0, WRITE, OS, SMP_OS_DATETIME, (const char *)body,
            (size_t)smp_encoder_finish(&e));
    return b->len == 8 + 2 ? 0 : b->out[8 + 4];
}

static void os_takes_the_dates_that_zephyr_takes(void **state)
{
    static const struct {
        const char *text;
        int rc;
        const char *date;
    } dates[] = {
        { "2026-11-24T05:38:24", 0, "2026-11-24T05:38:24" },
        { "2026/11/24 05.38.24", 0, "2026-11-24T05:38:24" },
        { "2026-11-24T05:38:24.1+01", 0, "2026-11-24T05:38:24" },
        { "2026-02-31T00:00:00Z", 0, "2026-02-31T00:00:00" },
        { "1900-1-1T0:0:0 and more", 0, "1900-01-01T00:00:00" },
        { "+2026- 1-+2T-0:00:00", 0, "2026-01-02T00:00:00" },
        { "9999-12-31T23:59:59", 0, "9999-12-31T23:59:59" },
        { "2026-11-24T05:38:2", 3, NULL },         /* 18 */
        { "2026-11-24T05:38:24.000000", 3, NULL }, /* 26 */
        { "1899-12-31T23:59:59", 3, NULL }, { "11900-01-01T00:00:00", 3, NULL },
        { "2026-00-24T05:38:24", 3, NULL }, { "2026-13-24T05:38:24", 3, NULL },
        { "2026-11-00T05:38:24", 3, NULL }, { "2026-11-32T05:38:24", 3, NULL },
        { "2026-11-24T24:38:24", 3, NULL }, { "2026-11-24T05:60:24", 3, NULL },
        { "2026-11-24T05:38:60", 3, NULL }, { "2026-11-24T05:38:-1", 3, NULL },
        { "2026-11-24T05:38-24:0", 0, "2026-11-24T05:38:24" },
        { "2026-11-24T0538240000", 3, NULL },
        { "20261124053824000000", 3, NULL },
        { "0000002026-000011-01", 3, NULL },
        { "99999999999999999999", 3, NULL }, { "                   ", 3, NULL },
        { "11899-01-01T00:00:00", 1, NULL }, /* no clock takes it */
    };
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        int rc = set_date(&b, dates[i].text);

        if (rc != dates[i].rc) {
            print_error("date \"%s\": rc %d\n", dates[i].text, rc);
        }
        assert_int_equal(rc, dates[i].rc);
        if (dates[i].date != NULL) {
            assert_string_equal(b.date, dates[i].date);
        } else {
            assert_int_equal(b.date[0], '?');
        }
    }
}

static void os_tells_the_date_and_the_clock_s_errors(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    memcpy(b.date, "2026-11-24T05:38:24", 20);
    ASK(&b, 1, READ, OS, SMP_OS_DATETIME, "\xa0");
    EXPECT(&b,
            "\xbf\x68"
            "datetime\x73"
            "2026-11-24T05:38:24\xff");
    b.date_rc = SMP_OS_RC_RTC_NOT_SET;
    ASK(&b, 1, READ, OS, SMP_OS_DATETIME, "\xa0");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x00\x62rc\x04\xff\xff");
    ASK(&b, 0, READ, OS, SMP_OS_DATETIME, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x05\xff");
    b.date_rc = SMP_OS_RC_RTC_COMMAND_FAILED;
    assert_int_equal(set_date(&b, "2026-11-24T05:38:24"), 1);
    ASK(&b, 1, WRITE, OS, SMP_OS_DATETIME, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
}

static void os_accepts_console_echo_where_it_is_built_in(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, SMP_OS_HAS_CONSOLE_ECHO);
    ASK(&b, 0, WRITE, OS, SMP_OS_CONSOLE_ECHO,
            "\xa1\x64"
            "echo\x00");
    EXPECT(&b, "\xbf\xff");
}

static void os_does_not_know_what_is_not_built_in(void **state)
{
    static const struct smp_os_ops no_ops = { 0 };
    static const struct {
        uint8_t op;
        uint8_t id;
    } commands[] = {
        { READ, SMP_OS_ECHO },
        { WRITE, SMP_OS_ECHO },
        { WRITE, SMP_OS_CONSOLE_ECHO },
        { READ, SMP_OS_DATETIME },
        { WRITE, SMP_OS_DATETIME },
        { WRITE, SMP_OS_RESET },
        { READ, SMP_OS_PARAMS },
        { READ, SMP_OS_INFO },
        { READ, SMP_OS_BOOTLOADER },
    };
    struct board b;

    (void)state;
    board_init(&b, &no_ops, 0);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        ASK(&b, 1, commands[i].op, OS, commands[i].id, "");
        EXPECT(&b, "\xbf\x62rc\x08\xff");
    }
    ASK(&b, 1, WRITE, SMP_GROUP_BASIC, SMP_BASIC_ERASE_STORAGE, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x08\xff");
    /* Features without the ops that they need. */
    board_init(&b, &no_ops, FULL);
    ASK(&b, 1, READ, OS, SMP_OS_DATETIME, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x08\xff");
    ASK(&b, 1, READ, OS, SMP_OS_INFO, "\xa0");
    EXPECT(&b, "\xbf\x62rc\x08\xff");
    ASK(&b, 1, READ, OS, SMP_OS_BOOTLOADER, "\xa1\x65query\x61x");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x00\x62rc\x03\xff\xff");
}

static void basic_tells_v2_of_a_failed_erase_but_not_v1(void **state)
{
    static const struct {
        int rc;
        const char *v1;
        size_t v1_len;
    } codes[] = {
        { 0, "\xbf\xff", 2 },
        { SMP_BASIC_RC_UNKNOWN, "\xbf\x62rc\x01\xff", 6 },
        { SMP_BASIC_RC_FLASH_OPEN_FAILED, "\xbf\x62rc\x05\xff", 6 },
        { SMP_BASIC_RC_FLASH_CONFIG_QUERY_FAIL, "\xbf\xff", 2 },
        { SMP_BASIC_RC_FLASH_ERASE_FAILED, "\xbf\xff", 2 },
    };
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        b.erase_rc = codes[i].rc;
        ASK(&b, 0, WRITE, SMP_GROUP_BASIC, SMP_BASIC_ERASE_STORAGE, "\xa0");
        assert_int_equal(b.len, 8 + codes[i].v1_len);
        assert_memory_equal(b.out + 8, codes[i].v1, codes[i].v1_len);
        ASK(&b, 1, WRITE, SMP_GROUP_BASIC, SMP_BASIC_ERASE_STORAGE, "\xa0");
        assert_int_equal(b.len, codes[i].rc == 0 ? 10 : 8 + 20);
    }
}

static void enum_counts_only_what_is_built_in(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, SMP_OS_HAS_ECHO);
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS,
            "\xa1\x66groups\x81\x00");
    EXPECT(&b,
            "\xbf\x66groups\x9f\xbf\x65group\x00\x64name\x67os mgmt\x68"
            "handlers\x06\xff\xff\xff");
}

static void enum_takes_sixteen_ids_and_cuts_them_to_sixteen_bits(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, SMP_OS_HAS_ECHO);
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS,
            "\xa1\x66groups\x90\x1a\x00\x01\x00\x3f\x09\x09\x09\x09\x09\x09\x09"
            "\x09\x09\x09\x09\x09\x09\x09\x09");
    EXPECT(&b,
            "\xbf\x66groups\x9f\xbf\x65group\x18\x3f\x64name\x71"
            "zephyr basic mgmt\x68handlers\x01\xff\xff\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS,
            "\xa1\x66groups\x91\x61x\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09"
            "\x09"
            "\x09\x09\x09\x09\x09");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x0a\x62rc\x02\xff\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS,
            "\xa1\x66groups\x81\x1b\x00\x00\x00\x01\x00\x00\x00\x00");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS,
            "\xa1\x66groups\x81\x20");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_DETAILS, "\xa1\x66groups\x01");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
}

static void enum_refuses_indexes_above_sixteen_bits(void **state)
{
    struct board b;

    (void)state;
    board_init(&b, &full_ops, FULL);
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_SINGLE,
            "\xa1\x65index\x19\xff\xff");
    EXPECT(&b,
            "\xbf\x63"
            "err\xbf\x65group\x0a\x62rc\x04\xff\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_SINGLE,
            "\xa1\x65index\x1a\x00\x01\x00\x00");
    EXPECT(&b, "\xbf\x62rc\x03\xff");
    ASK(&b, 1, READ, SMP_GROUP_ENUM, SMP_ENUM_SINGLE, "\xa1\x65index\x02");
    EXPECT(&b,
            "\xbf\x65group\x0a\x63"
            "end\xf5\xff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(os_resets_with_force_and_boot_mode),
        cmocka_unit_test(os_resets_whatever_the_payload_is),
        cmocka_unit_test(os_refuses_a_reset_when_the_board_is_busy),
        cmocka_unit_test(os_tells_its_buffers),
        cmocka_unit_test(os_tells_the_bootloader_and_its_mode),
        cmocka_unit_test(os_has_no_answer_to_an_unknown_query),
        cmocka_unit_test(
                os_info_keeps_its_own_order_and_refuses_unknown_letters),
        cmocka_unit_test(os_info_refuses_more_than_255_bytes),
        cmocka_unit_test(os_takes_the_dates_that_zephyr_takes),
        cmocka_unit_test(os_tells_the_date_and_the_clock_s_errors),
        cmocka_unit_test(os_accepts_console_echo_where_it_is_built_in),
        cmocka_unit_test(os_does_not_know_what_is_not_built_in),
        cmocka_unit_test(basic_tells_v2_of_a_failed_erase_but_not_v1),
        cmocka_unit_test(enum_counts_only_what_is_built_in),
        cmocka_unit_test(enum_takes_sixteen_ids_and_cuts_them_to_sixteen_bits),
        cmocka_unit_test(enum_refuses_indexes_above_sixteen_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
