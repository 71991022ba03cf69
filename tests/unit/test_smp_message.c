// SPDX-License-Identifier: Apache-2.0
/* Maps into structs and back, by tables. */
#include "smp_test.h"

#include "smp/group_image.h"
#include "smp/group_os.h"

/* One member of every kind. */
struct probe {
    uint32_t has;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    bool flag;
    struct smp_bytes text;
    struct smp_bytes bytes;
    struct smp_view map;
    struct smp_view array;
    uint32_t small;
    bool lax;
    uint32_t must;
};

enum {
    PROBE_U8,
    PROBE_U16,
    PROBE_U32,
    PROBE_U64,
    PROBE_I8,
    PROBE_I16,
    PROBE_I32,
    PROBE_I64,
    PROBE_FLAG,
    PROBE_TEXT,
    PROBE_BYTES,
    PROBE_MAP,
    PROBE_ARRAY,
    PROBE_SMALL,
    PROBE_LAX,
    PROBE_ROWS,
};

static const struct smp_field probe_rows[] = {
    SMP_FIELD(probe, u8, "u8", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u16, "u16", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u32, "u32", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u64, "u64", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, i8, "i8", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i16, "i16", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i32, "i32", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i64, "i64", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, flag, "flag", SMP_TYPE_BOOL, 0, 0, NULL),
    SMP_FIELD(probe, text, "text", SMP_TYPE_TEXT, 0, 5, NULL),
    SMP_FIELD(probe, bytes, "bytes", SMP_TYPE_BYTES, 0, 300, NULL),
    SMP_FIELD(probe, map, "map", SMP_TYPE_MAP, 0, 0, NULL),
    SMP_FIELD(probe, array, "array", SMP_TYPE_ARRAY, 0, 0, NULL),
    SMP_FIELD(probe, small, "small", SMP_TYPE_UINT, 0, 9, NULL),
    SMP_FIELD(probe, lax, "lax", SMP_TYPE_BOOL | SMP_TYPE_UINT,
            SMP_FIELD_LENIENT, 1, NULL),
};

static const struct smp_map probe_map = SMP_MAP(probe, probe_rows);

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

static void put_writes_both_forms_of_containers(void **state)
{
    static const char *const want[] = { "a2 6161 83 00 20 f4 6162 a0",
        "bf 6161 9f 00 20 f4 ff 6162 bf ff ff" };

    (void)state;
    for (int form = SMP_FORM_DEFINITE; form <= SMP_FORM_INDEFINITE; form++) {
        uint8_t buf[32];
        struct smp_encoder e;
        int len;

        smp_encoder_init(&e, buf, sizeof(buf), (enum smp_form)form);
        smp_put_map(&e, 2);
        smp_put_key(&e, "a");
        smp_put_array(&e, 3);
        smp_put_uint(&e, 0);
        smp_put_int(&e, -1);
        smp_put_bool(&e, false);
        smp_put_end(&e);
        smp_put_key(&e, "b");
        smp_put_map(&e, 0);
        smp_put_end(&e);
        smp_put_end(&e);
        len = smp_encoder_finish(&e);
        assert_true(len > 0);
        assert_bytes(buf, (size_t)len, scratch,
                unhex(want[form], scratch, sizeof(scratch)));
    }
}

static void put_writes_shortest_numbers(void **state)
{
    static const struct {
        uint64_t value;
        const char *hex;
    } numbers[] = {
        { 0, "00" },
        { 23, "17" },
        { 24, "1818" },
        { 255, "18ff" },
        { 256, "190100" },
        { 65535, "19ffff" },
        { 65536, "1a00010000" },
        { UINT32_MAX, "1affffffff" },
        { UINT64_C(0x100000000), "1b0000000100000000" },
        { UINT64_MAX, "1bffffffffffffffff" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint8_t buf[9];
        size_t want = unhex(numbers[i].hex, scratch, sizeof(scratch));
        struct smp_encoder e;

        smp_encoder_init(&e, buf, sizeof(buf), SMP_FORM_DEFINITE);
        smp_put_uint(&e, numbers[i].value);
        assert_bytes(buf, (size_t)smp_encoder_finish(&e), scratch, want);
        assert_int_equal(smp_cbor_head_size(numbers[i].value), want);
        smp_encoder_init(&e, buf, sizeof(buf), SMP_FORM_DEFINITE);
        smp_put_array(&e, (size_t)numbers[i].value);
        scratch[0] |= 0x80;
        assert_bytes(buf, (size_t)smp_encoder_finish(&e), scratch, want);
        if (numbers[i].value > INT64_MAX) {
            continue;
        }
        smp_encoder_init(&e, buf, sizeof(buf), SMP_FORM_DEFINITE);
        smp_put_int(&e, -1 - (int64_t)numbers[i].value);
        scratch[0] = (uint8_t)((scratch[0] & 0x1f) | 0x20);
        assert_bytes(buf, (size_t)smp_encoder_finish(&e), scratch, want);
    }
}

static void put_never_writes_past_its_buffer_and_errors_stick(void **state)
{
    const struct smp_image_upload_req req = {
        .has = 0x3f,
        .image = 1,
        .len = 65536,
        .off = 0,
        .sha = { scratch, 32 },
        .data = { scratch, 300 },
        .upgrade = true,
    };
    const size_t need = smp_struct_size(&smp_image_upload_req_map, &req);

    (void)state;
    for (int form = SMP_FORM_DEFINITE; form <= SMP_FORM_INDEFINITE; form++) {
        for (size_t cap = 0; cap <= need + 1; cap++) {
            const size_t want = need + (form == SMP_FORM_INDEFINITE);
            uint8_t *buf = malloc(cap == 0 ? 1 : cap);
            struct smp_encoder e;

            assert_non_null(buf);
            smp_encoder_init(&e, cap == 0 ? NULL : buf, cap,
                    (enum smp_form)form);
            smp_put_struct(&e, &smp_image_upload_req_map, &req);
            if (cap >= want) {
                assert_int_equal(smp_encoder_finish(&e), want);
            } else {
                const size_t len = e.len;

                assert_int_equal(smp_encoder_finish(&e), SMP_E_SPACE);
                smp_put_uint(&e, 0);
                smp_put_text(&e, (struct smp_bytes){ NULL, 0 });
                smp_put_raw(&e, (struct smp_bytes){ NULL, 0 });
                smp_put_end(&e);
                assert_int_equal(e.len, len);
                assert_int_equal(smp_encoder_finish(&e), SMP_E_SPACE);
            }
            free(buf);
        }
    }
}

static void put_refuses_rows_above_their_bound(void **state)
{
    struct probe p = { .has = 1u << PROBE_SMALL, .small = 10 };
    struct smp_encoder e;

    (void)state;
    smp_encoder_init(&e, scratch, sizeof(scratch), SMP_FORM_DEFINITE);
    smp_put_struct(&e, &probe_map, &p);
    assert_int_equal(smp_encoder_finish(&e), SMP_E_RANGE);
    p.small = 9;
    smp_encoder_init(&e, scratch, sizeof(scratch), SMP_FORM_DEFINITE);
    smp_put_struct(&e, &probe_map, &p);
    assert_int_equal(smp_encoder_finish(&e), 8);
    p.has = 1u << PROBE_TEXT;
    p.text = text_view("abcdef");
    smp_encoder_init(&e, scratch, sizeof(scratch), SMP_FORM_DEFINITE);
    smp_put_struct(&e, &probe_map, &p);
    assert_int_equal(smp_encoder_finish(&e), SMP_E_RANGE);
}

static void put_makes_an_empty_view_an_empty_container(void **state)
{
    static const char *const want[] = { "a2 636d6170 a0 656172726179 80",
        "bf 636d6170 bfff 656172726179 9fff ff" };
    const struct probe p = { .has = 1u << PROBE_MAP | 1u << PROBE_ARRAY };

    (void)state;
    for (int form = SMP_FORM_DEFINITE; form <= SMP_FORM_INDEFINITE; form++) {
        uint8_t buf[32];
        struct smp_encoder e;

        smp_encoder_init(&e, buf, sizeof(buf), (enum smp_form)form);
        smp_put_struct(&e, &probe_map, &p);
        assert_bytes(buf, (size_t)smp_encoder_finish(&e), scratch,
                unhex(want[form], scratch, sizeof(scratch)));
    }
    assert_int_equal(smp_struct_size(&probe_map, &p), 13);
}

/* A number whose width is random rather than its value. */
static uint64_t random_number(uint64_t *seed)
{
    const uint64_t bits = random_next(seed) % 64;

    return random_next(seed) >> bits;
}

static void random_probe(struct probe *p, uint64_t *seed)
{
    memset(p, 0, sizeof(*p));
    p->has = (uint32_t)random_next(seed) & ((1u << PROBE_ROWS) - 1);
    p->u8 = (uint8_t)random_number(seed);
    p->u16 = (uint16_t)random_number(seed);
    p->u32 = (uint32_t)random_number(seed);
    p->u64 = random_number(seed);
    p->i8 = (int8_t)random_number(seed);
    p->i16 = (int16_t)random_number(seed);
    p->i32 = (int32_t)random_number(seed);
    p->i64 = (int64_t)random_number(seed) * (random_next(seed) & 1 ? 1 : -1);
    p->flag = random_next(seed) & 1;
    p->text = (struct smp_bytes){ (const uint8_t *)"abcde",
        random_next(seed) % 6 };
    p->bytes = (struct smp_bytes){ scratch, random_next(seed) % 301 };
    p->map.cbor = (struct smp_bytes){ (const uint8_t *)"\xa1\x61x\x01", 4 };
    p->array.cbor = (struct smp_bytes){ (const uint8_t *)"\x81\x01", 2 };
    p->small = (uint32_t)(random_next(seed) % 10);
    p->lax = random_next(seed) & 1;
}

static void size_is_exact_and_every_struct_comes_back(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t buf[600];
        uint8_t again[600];
        struct probe p;
        struct probe q;
        struct smp_encoder e;
        int len;

        random_probe(&p, &seed);
        smp_encoder_init(&e, buf, sizeof(buf),
                round & 1 ? SMP_FORM_INDEFINITE : SMP_FORM_DEFINITE);
        smp_put_struct(&e, &probe_map, &p);
        len = smp_encoder_finish(&e);
        assert_int_equal(len,
                smp_struct_size(&probe_map, &p) + (round & 1 ? 1u : 0u));
        assert_int_equal(smp_map_decode(&probe_map,
                                 (struct smp_bytes){ buf, (size_t)len }, &q),
                0);
        assert_int_equal(q.has, p.has);
        if (p.has & 1u << PROBE_I64) {
            assert_true(q.i64 == p.i64);
        }
        if (p.has & 1u << PROBE_I16) {
            assert_true(q.i16 == p.i16);
        }
        smp_encoder_init(&e, again, sizeof(again),
                round & 1 ? SMP_FORM_INDEFINITE : SMP_FORM_DEFINITE);
        smp_put_struct(&e, &probe_map, &q);
        assert_bytes(again, (size_t)smp_encoder_finish(&e), buf, (size_t)len);
    }
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
        cmocka_unit_test(put_writes_both_forms_of_containers),
        cmocka_unit_test(put_writes_shortest_numbers),
        cmocka_unit_test(put_never_writes_past_its_buffer_and_errors_stick),
        cmocka_unit_test(put_refuses_rows_above_their_bound),
        cmocka_unit_test(put_makes_an_empty_view_an_empty_container),
        cmocka_unit_test(size_is_exact_and_every_struct_comes_back),
        cmocka_unit_test(tables_fit_their_structs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
