// SPDX-License-Identifier: Apache-2.0
/* Intel HEX: pieces, gaps, defects. */
#include "host_test.h"

#include "host/ihex.h"

#define MAX_SIZE (1024u * 1024u)

static GByteArray *parse(const char *text, uint32_t *base,
        struct host_error *err)
{
    size_t len = strlen(text);
    uint8_t *copy = malloc(len + 1);
    GByteArray *out;

    memcpy(copy, text, len);
    copy = realloc(copy, len > 0 ? len : 1);
    out = host_ihex_parse("x.hex", copy, len, MAX_SIZE, base, err);
    free(copy);
    return out;
}

static void ihex_joins_pieces_and_fills_gaps(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    uint32_t base = 0;
    GByteArray *out = parse(":020000040001F9\r\n"
                            ":02C010001122FB\r\n"
                            "\r\n"
                            ":03C0000061626317\r\n"
                            ":0400000500010C00EA\n"
                            ":00000001FF\n",
            &base, &err);

    (void)state;
    assert_no_error(&err);
    assert_int_equal(base, 0x1c000);
    assert_int_equal(out->len, 18);
    assert_memory_equal(out->data, "abc", 3);
    for (size_t i = 3; i < 16; i++) {
        assert_int_equal(out->data[i], 0xff);
    }
    assert_memory_equal(out->data + 16, "\x11\x22", 2);
    g_byte_array_unref(out);
}

static void ihex_knows_segments(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    uint32_t base = 0;
    GByteArray *out = parse(":020000021200EA\n:0100100055"
                            "9A\n:00000001FF\n",
            &base, &err);

    (void)state;
    assert_no_error(&err);
    assert_int_equal(base, 0x12010);
    assert_int_equal(out->len, 1);
    g_byte_array_unref(out);
}

static void ihex_refuses_every_defect_by_line(void **state)
{
    static const struct {
        const char *text;
        const char *word;
    } rows[] = {
        { "", "no end record" },
        { ":00000001FF\n", "no data" },
        { ":0100000055AA\n", "no end record" },
        { ":0100000055AB\n:00000001FF\n", "line 1: a wrong check sum" },
        { "x\n", "colon" },
        { ":01\n", "impossible length" },
        { ":0100000055A\n", "impossible length" },
        { ":01000000zzAA\n", "no hexadecimal" },
        { ":0200000055A9\n", "differs from what it says" },
        { ":00000006FA\n", "unknown type" },
        { ":0100000455A6\n", "wrong length" },
        { ":0100000155A9\n", "wrong length" },
        { ":0100000055AA\n:0100000066"
          "99\n:00000001FF\n",
                "line 2: two records for one address" },
        { ":0100000055AA\n:020000040100F9\n:0100000055AA\n:00000001FF\n",
                "too far apart" },
        { ":0100000055AA\n:00000001FF\n:0100010055A9\n", "behind the end" },
        { ":02000004FFFFFC\n:02FFFF005566"
          "45\n:00000001FF\n",
                "beyond 32 bits" },
        { ":020000020000FC\n:02FFFF005566"
          "45\n:00000001FF\n",
                "end of its segment" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_error err = HOST_ERROR_INIT;
        uint32_t base = 0;

        assert_null(parse(rows[i].text, &base, &err));
        assert_error(&err, DFU_NOT_AN_MCUBOOT_IMAGE, rows[i].word);
    }
}

static void ihex_cut_anywhere_is_refused(void **state)
{
    static const char text[] =
            ":020000040001F9\n:10C0000000112233445566778899AABBCCDDEEFF38\n"
            ":00000001FF\n";
    char cut[sizeof(text)];

    (void)state;
    /* Without its last line feed a file is still whole. */
    for (size_t n = 0; n + 2 < sizeof(text); n++) {
        struct host_error err = HOST_ERROR_INIT;
        uint32_t base = 0;

        memcpy(cut, text, n);
        cut[n] = '\0';
        assert_null(parse(cut, &base, &err));
        host_error_clear(&err);
    }
}

static void ihex_reads_what_it_writes(void **state)
{
    static const uint32_t bases[] = { 0, 1, 0xfff8, 0x1c007, 0xffffff00u };
    uint8_t bytes[200];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
        struct host_error err = HOST_ERROR_INIT;
        GString *text = g_string_new(NULL);
        uint32_t base = 0;
        GByteArray *out;

        host_ihex_add(text, bases[i], bytes, sizeof(bytes));
        host_ihex_end(text);
        assert_true(host_ihex_is((const uint8_t *)text->str, text->len));
        out = parse(text->str, &base, &err);
        assert_no_error(&err);
        assert_int_equal(base, bases[i]);
        assert_int_equal(out->len, sizeof(bytes));
        assert_memory_equal(out->data, bytes, sizeof(bytes));
        g_byte_array_unref(out);
        g_string_free(text, TRUE);
    }
    assert_false(host_ihex_is((const uint8_t *)":0000000", 8));
    assert_false(host_ihex_is((const uint8_t *)"-00000001FF", 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ihex_joins_pieces_and_fills_gaps),
        cmocka_unit_test(ihex_knows_segments),
        cmocka_unit_test(ihex_refuses_every_defect_by_line),
        cmocka_unit_test(ihex_cut_anywhere_is_refused),
        cmocka_unit_test(ihex_reads_what_it_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
