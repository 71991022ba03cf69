// SPDX-License-Identifier: Apache-2.0
/* Maps into structs, by tables. */
#include "smp_test.h"

#include "smp/group_image.h"
#include "smp/group_os.h"
#include "smp_probe.h"

static const struct smp_field must_rows[] = {
    SMP_FIELD(probe, must, "must", SMP_TYPE_UINT, SMP_FIELD_REQUIRED, 0, NULL),
    SMP_FIELD(probe, lax, "lax", SMP_TYPE_BOOL,
            SMP_FIELD_LENIENT | SMP_FIELD_REQUIRED, 0, NULL),
};

static const struct smp_map must_map = SMP_MAP(probe, must_rows);

static uint8_t scratch[1024];

static int decode(const struct smp_map *map, const char *hex,
        struct probe *probe)
{
    size_t len = unhex(hex, scratch, sizeof(scratch));

    memset(probe, 0xee, sizeof(*probe));
    return smp_map_decode(map, (struct smp_bytes){ scratch, len }, probe);
}

static void decode_expect(const char *hex, int result)
{
    struct probe probe;
    int is = decode(&probe_map, hex, &probe);

    if (is != result) {
        fail_msg("%s: %s instead of %s", hex, smp_err_to_str(is),
                smp_err_to_str(result));
    }
}

static void decode_reads_every_row_in_any_order_and_both_forms(void **state)
{
    static const char rows[] = "65 6172726179 8101 63 6d6170 a0"
                               "65 6279746573 420102 64 74657874 63616263"
                               "64 666c6167 f5 63 693634 3b7fffffffffffffff"
                               "63 693332 3a7fffffff 63 693136 397fff"
                               "62 6938 387f 63 753634 1bffffffffffffffff"
                               "63 753332 1affffffff 63 753136 19ffff"
                               "62 7538 18ff";
    static const char *const heads[][2] = { { "ad", "" }, { "bf", "ff" },
        { "b80d", "" }, { "bb000000000000000d", "" } };

    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        char hex[400];
        struct probe p;

        snprintf(hex, sizeof(hex), "%s%s%s", heads[i][0], rows, heads[i][1]);
        assert_int_equal(decode(&probe_map, hex, &p), 0);
        assert_int_equal(p.has, (1u << PROBE_SMALL) - 1);
        assert_int_equal(p.u8, UINT8_MAX);
        assert_int_equal(p.u16, UINT16_MAX);
        assert_int_equal(p.u32, UINT32_MAX);
        assert_true(p.u64 == UINT64_MAX);
        assert_int_equal(p.i8, INT8_MIN);
        assert_int_equal(p.i16, INT16_MIN);
        assert_int_equal(p.i32, INT32_MIN);
        assert_true(p.i64 == INT64_MIN);
        assert_true(p.flag);
        assert_text(p.text, "abc");
        assert_bytes(p.bytes.ptr, p.bytes.len, (const uint8_t *)"\x01\x02", 2);
        assert_int_equal(p.map.cbor.len, 1);
        assert_int_equal(p.array.cbor.len, 2);
        assert_int_equal(p.small, 0);
        assert_int_equal(p.must, 0);
    }
}

static void decode_tells_absent_from_false_and_zero(void **state)
{
    struct probe p;

    (void)state;
    assert_int_equal(decode(&probe_map, "a0", &p), 0);
    assert_int_equal(p.has, 0);
    assert_int_equal(decode(&probe_map, "a2 64666c6167f4 62753800", &p), 0);
    assert_int_equal(p.has, 1u << PROBE_FLAG | 1u << PROBE_U8);
    assert_false(p.flag);
}

static void decode_reads_small_numbers_of_any_width(void **state)
{
    static const char *const widths[] = { "07", "1807", "190007", "1a00000007",
        "1b0000000000000007" };
    static const char *const keys[] = { "627538", "63753136", "63753332",
        "63753634", "626938", "63693136", "63693332", "63693634",
        "65736d616c6c" };

    (void)state;
    for (size_t k = 0; k < COUNT(keys); k++) {
        for (size_t w = 0; w < COUNT(widths); w++) {
            char hex[80];

            snprintf(hex, sizeof(hex), "a1%s%s", keys[k], widths[w]);
            decode_expect(hex, 0);
        }
    }
    decode_expect("a162693838 7f", 0);
    decode_expect("a1626938 3b000000000000007f", 0);
}

static void decode_holds_numbers_to_their_member_and_bound(void **state)
{
    static const char *const refused[] = {
        "a1627538 190100",
        "a1627538 1b0000000100000001",
        "a163753136 1a00010000",
        "a163753332 1b0000000100000000",
        "a163753332 1bffffffffffffffff",
        "a1626938 1880",
        "a1626938 3880",
        "a163693136 198000",
        "a163693136 398000",
        "a163693332 1a80000000",
        "a163693332 3a80000000",
        "a163693332 3b7fffffffffffffff",
        "a163693634 1b8000000000000000",
        "a163693634 1bffffffffffffffff",
        "a165736d616c6c 0a",
        "a165736d616c6c 1b0000000100000000",
        "a1636c6178 02",
        "a16474657874 66616263646566",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        decode_expect(refused[i], SMP_E_RANGE);
    }
    /* Below -2^63 there is no number of ours. */
    decode_expect("a163693634 3b8000000000000000", SMP_E_TYPE);
    decode_expect("a16474657874 656162636465", 0);
}

static void decode_refuses_wrong_types(void **state)
{
    static const char *const values[] = { "00", "20", "40", "60", "80", "a0",
        "c600", "f4", "f6", "f7", "f93c00" };
    static const struct {
        const char *key;
        unsigned accepts; /* bit i: values[i] */
    } keys[] = {
        { "627538", 1u << 0 },
        { "63753634", 1u << 0 },
        { "626938", 1u << 0 | 1u << 1 },
        { "63693634", 1u << 0 | 1u << 1 },
        { "64666c6167", 1u << 7 },
        { "6474657874", 1u << 3 },
        { "656279746573", 1u << 2 },
        { "636d6170", 1u << 5 },
        { "656172726179", 1u << 4 },
    };

    (void)state;
    for (size_t k = 0; k < COUNT(keys); k++) {
        for (size_t v = 0; v < COUNT(values); v++) {
            char hex[80];

            snprintf(hex, sizeof(hex), "a1%s%s", keys[k].key, values[v]);
            decode_expect(hex, keys[k].accepts >> v & 1 ? 0 : SMP_E_TYPE);
        }
    }
}

static void decode_lets_lenient_rows_be_absent(void **state)
{
    struct probe p;

    (void)state;
    assert_int_equal(decode(&probe_map, "a1636c617861 78", &p), 0);
    assert_int_equal(p.has, 0);
    assert_int_equal(decode(&probe_map, "a1636c617801", &p), 0);
    assert_int_equal(p.has, 1u << PROBE_LAX);
    assert_true(p.lax);
    assert_int_equal(decode(&probe_map, "a1636c6178f5", &p), 0);
    assert_true(p.lax);
    decode_expect("a2636c617820 636c6178f5", SMP_E_DUPLICATE);
}

static void decode_finds_duplicates_of_known_keys_only(void **state)
{
    (void)state;
    decode_expect("a2 627538 01 627538 01", SMP_E_DUPLICATE);
    decode_expect("bf 627538 01 617800 62753802 ff", SMP_E_DUPLICATE);
    decode_expect("a2 7802753801 627538 01", SMP_E_DUPLICATE);
    decode_expect("a3 6178 01 6178 02 6178 03", 0);
}

static void decode_wants_required_rows(void **state)
{
    struct probe p;

    (void)state;
    assert_int_equal(decode(&must_map, "a0", &p), SMP_E_MISSING);
    assert_int_equal(decode(&must_map, "a1646d75737400", &p), SMP_E_MISSING);
    assert_int_equal(decode(&must_map, "a2646d75737400 636c617800", &p),
            SMP_E_MISSING);
    assert_int_equal(decode(&must_map, "a2646d75737400 636c6178f4", &p), 0);
}

static void decode_compares_whole_keys(void **state)
{
    static const char *const hex[] = {
        "a1 60 01",
        "a1 6175 01",
        "a1 63753820 01",
        "a1 63753800 01",
        "a1 6875380000000000 00 01",
        "a1 625538 01",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hex); i++) {
        struct probe p;

        assert_int_equal(decode(&probe_map, hex[i], &p), 0);
        assert_int_equal(p.has, 0);
    }
}

static void decode_skips_unknown_values_of_every_kind(void **state)
{
    static const char *const values[] = { "01", "1bffffffffffffffff", "20",
        "3bffffffffffffffff", "43010203", "63616263", "818181818181 80",
        "9f9f9fffffff", "bf6161bf616200ffff", "a1 01 02", "c6c6c600",
        "d81845 0102030405", "f4", "f6", "f7", "f820", "f93c00", "fa00000000",
        "fb0000000000000000" };

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char hex[120];
        struct probe p;

        snprintf(hex, sizeof(hex), "a3 6178 %s 627538 07 6179 %s", values[i],
                values[i]);
        assert_int_equal(decode(&probe_map, hex, &p), 0);
        assert_int_equal(p.u8, 7);
    }
    /* Seven arrays in the map are as deep as it may get. */
    decode_expect("a1 6178 81818181818180", 0);
    decode_expect("a1 6178 8181818181818180", SMP_E_CBOR);
}

static void decode_refuses_keys_that_are_no_text(void **state)
{
    (void)state;
    decode_expect("a1 01 02", SMP_E_CBOR);
    decode_expect("a1 427538 02", SMP_E_CBOR);
    decode_expect("a1 c6627538 02", SMP_E_CBOR);
    decode_expect("bf f5 02 ff", SMP_E_CBOR);
    decode_expect("a1 7f627538ff 02", SMP_E_CBOR);
}

static void decode_refuses_what_is_no_map(void **state)
{
    static const char *const hex[] = { "00", "80", "81a0", "63616263", "f6",
        "c6a0", "d9d9f7a0", "ff" };

    (void)state;
    for (size_t i = 0; i < COUNT(hex); i++) {
        decode_expect(hex[i], SMP_E_CBOR);
    }
    decode_expect("", SMP_E_SHORT);
    decode_expect("bf", SMP_E_SHORT);
}

static void decode_ignores_what_follows_the_map(void **state)
{
    (void)state;
    decode_expect("a1 62753801 ff1c", 0);
    decode_expect("bf 62753801 ff 1c", 0);
    decode_expect("a1 62753801 62753802", 0);
    decode_expect("a2 62753801", SMP_E_SHORT);
    decode_expect("a2 62753801 61", SMP_E_SHORT);
}

static void tables_fit_their_structs(void **state)
{
    static const struct smp_map *const maps[] = { &smp_os_echo_req_map,
        &smp_os_task_map, &smp_os_memory_rsp_map, &smp_os_pool_map,
        &smp_os_bootloader_rsp_map, &smp_image_state_rsp_map,
        &smp_image_slot_map, &smp_image_upload_req_map, &smp_image_info_map,
        &smp_image_slot_info_map };

    (void)state;
    for (size_t m = 0; m < COUNT(maps); m++) {
        assert_true(maps[m]->count > 0 && maps[m]->count <= 32);
        for (size_t i = 0; i < maps[m]->count; i++) {
            const struct smp_field *f = &maps[m]->fields[i];

            assert_true(strlen(f->key) < 24);
            assert_true(f->offset >= sizeof(uint32_t));
            assert_true(f->offset + f->size <= maps[m]->size);
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(f->key, maps[m]->fields[k].key);
                assert_true(f->offset != maps[m]->fields[k].offset);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_reads_every_row_in_any_order_and_both_forms),
        cmocka_unit_test(decode_tells_absent_from_false_and_zero),
        cmocka_unit_test(decode_reads_small_numbers_of_any_width),
        cmocka_unit_test(decode_holds_numbers_to_their_member_and_bound),
        cmocka_unit_test(decode_refuses_wrong_types),
        cmocka_unit_test(decode_lets_lenient_rows_be_absent),
        cmocka_unit_test(decode_finds_duplicates_of_known_keys_only),
        cmocka_unit_test(decode_wants_required_rows),
        cmocka_unit_test(decode_compares_whole_keys),
        cmocka_unit_test(decode_skips_unknown_values_of_every_kind),
        cmocka_unit_test(decode_refuses_keys_that_are_no_text),
        cmocka_unit_test(decode_refuses_what_is_no_map),
        cmocka_unit_test(decode_ignores_what_follows_the_map),
        cmocka_unit_test(tables_fit_their_structs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
