// SPDX-License-Identifier: Apache-2.0
/* Structs into maps, and the items below them. */
#include "smp_test.h"

#include "smp/group_image.h"
#include "smp_probe.h"

static uint8_t scratch[1024];

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_writes_both_forms_of_containers),
        cmocka_unit_test(put_writes_shortest_numbers),
        cmocka_unit_test(put_never_writes_past_its_buffer_and_errors_stick),
        cmocka_unit_test(put_refuses_rows_above_their_bound),
        cmocka_unit_test(put_makes_an_empty_view_an_empty_container),
        cmocka_unit_test(size_is_exact_and_every_struct_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
