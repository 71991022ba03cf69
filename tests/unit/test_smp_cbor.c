// SPDX-License-Identifier: Apache-2.0
/* The well-formedness check and the walk over containers. */
#include "smp_test.h"

#include "smp/message.h"

/* One CBOR text as hex, and what smp_cbor_check() says of it. */
struct sample {
    const char *hex;
    int result;
};

static int check_exact(const uint8_t *buf, size_t len)
{
    uint8_t *copy = exact_copy(buf, len);
    int result = smp_cbor_check((struct smp_bytes){ copy, len });

    free(copy);
    return result;
}

static void check_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t buf[64];
        size_t len = unhex(samples[i].hex, buf, sizeof(buf));
        int result = check_exact(buf, len);

        if (result != samples[i].result) {
            fail_msg("%s: %d instead of %d", samples[i].hex, result,
                    samples[i].result);
        }
    }
}

static void check_accepts_every_kind_of_item(void **state)
{
    static const struct sample samples[] = {
        { "00", 1 },
        { "17", 1 },
        { "1818", 2 },
        { "1800", 2 },
        { "190000", 3 },
        { "1a00000000", 5 },
        { "1bffffffffffffffff", 9 },
        { "20", 1 },
        { "3bffffffffffffffff", 9 },
        { "40", 1 },
        { "43010203", 4 },
        { "5803010203", 5 },
        { "5b0000000000000003010203", 12 },
        { "60", 1 },
        { "63616263", 4 },
        { "62ff00", 3 },
        { "80", 1 },
        { "9fff", 2 },
        { "820102", 3 },
        { "9b0000000000000002 0102", 11 },
        { "9f0102ff", 4 },
        { "a0", 1 },
        { "bfff", 2 },
        { "a16161f5", 4 },
        { "bb0000000000000001 0001", 11 },
        { "bf6161f4ff", 5 },
        { "a10102", 3 },
        { "c600", 2 },
        { "d9d9f7a0", 4 },
        { "c6c6c600", 4 },
        { "e0", 1 },
        { "f3", 1 },
        { "f4", 1 },
        { "f7", 1 },
        { "f820", 2 },
        { "f93c00", 3 },
        { "fa00000000", 5 },
        { "fb0000000000000000", 9 },
        { "00ffff", 1 },
    };

    (void)state;
    check_samples(samples, COUNT(samples));
}

static void check_refuses_what_is_not_well_formed(void **state)
{
    static const struct sample samples[] = {
        { "", SMP_E_SHORT },
        { "ff", SMP_E_CBOR },
        { "81ff", SMP_E_CBOR },
        { "8201ff", SMP_E_CBOR },
        { "a1ffff", SMP_E_CBOR },
        { "a1ff", SMP_E_SHORT },
        { "a161", SMP_E_SHORT },
        { "a161ff", SMP_E_SHORT },
        { "a16161ff", SMP_E_CBOR },
        { "bf6161ff", SMP_E_CBOR },
        { "bf616101 6162ff", SMP_E_CBOR },
        { "c6ff", SMP_E_CBOR },
        { "9fc6ff", SMP_E_CBOR },
        { "c6", SMP_E_SHORT },
        { "81c6", SMP_E_SHORT },
        { "f800", SMP_E_CBOR },
        { "f814", SMP_E_CBOR },
        { "f81f", SMP_E_CBOR },
        { "f8", SMP_E_SHORT },
    };

    (void)state;
    check_samples(samples, COUNT(samples));
}

static void check_refuses_reserved_length_codes_of_every_type(void **state)
{
    (void)state;
    for (unsigned major = 0; major < 8; major++) {
        for (unsigned info = 28; info < 31; info++) {
            const uint8_t buf[10] = { (uint8_t)(major << 5 | info) };

            assert_int_equal(check_exact(buf, sizeof(buf)), SMP_E_CBOR);
        }
    }
}

static void check_refuses_indefinite_strings_numbers_and_tags(void **state)
{
    static const struct sample samples[] = {
        { "5f4101ff", SMP_E_CBOR },
        { "7f616161 62ff", SMP_E_CBOR },
        { "a17f616161ff01", SMP_E_CBOR },
        { "a161647f616161ff", SMP_E_CBOR },
        { "1f00", SMP_E_CBOR },
        { "3f00", SMP_E_CBOR },
        { "df00", SMP_E_CBOR },
    };

    (void)state;
    check_samples(samples, COUNT(samples));
}

static void check_survives_counts_and_lengths_near_overflow(void **state)
{
    static const char *const heads[] = {
        "9bffffffffffffffff",
        "9b8000000000000000",
        "9a80000000",
        "bbffffffffffffffff",
        "bb8000000000000000",
        "bb8000000000000001",
        "bb7fffffffffffffff",
        "ba80000000",
        "ba80000001",
        "5bffffffffffffffff",
        "5b7fffffffffffffff",
        "5affffffff",
        "7bfffffffffffffff0",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        uint8_t buf[64] = { 0 };
        size_t len = unhex(heads[i], buf, sizeof(buf));

        for (size_t n = len; n < sizeof(buf); n++) {
            assert_int_equal(check_exact(buf, n), SMP_E_SHORT);
        }
    }
}

static void check_has_a_depth_limit(void **state)
{
    static const uint8_t heads[] = { 0x81, 0x9f, 0xa1, 0xbf };

    (void)state;
    for (size_t h = 0; h < COUNT(heads); h++) {
        for (size_t depth = 1; depth <= SMP_CBOR_DEPTH + 2; depth++) {
            uint8_t buf[64];
            size_t len = 0;
            int result;

            for (size_t i = 1; i < depth; i++) {
                buf[len++] = heads[h];
                if (heads[h] >= 0xa0) {
                    buf[len++] = 0x60;
                }
            }
            buf[len++] = 0x80;
            for (size_t i = 1; i < depth; i++) {
                if ((heads[h] & 0x1f) == 0x1f) {
                    buf[len++] = 0xff;
                }
            }
            result = check_exact(buf, len);
            assert_int_equal(result,
                    depth <= SMP_CBOR_DEPTH ? (int)len : SMP_E_CBOR);
        }
    }
}

static void check_bears_60000_heads_in_a_row(void **state)
{
    static const struct {
        uint8_t byte;
        int result;
    } floods[] = {
        { 0x81, SMP_E_CBOR },
        { 0x9f, SMP_E_CBOR },
        { 0xa1, SMP_E_CBOR },
        { 0xbf, SMP_E_CBOR },
        { 0x80, 1 },
        { 0xc6, SMP_E_SHORT },
        { 0xff, SMP_E_CBOR },
        { 0x9b, SMP_E_SHORT },
    };
    uint8_t *buf = malloc(60000);

    (void)state;
    assert_non_null(buf);
    for (size_t i = 0; i < COUNT(floods); i++) {
        memset(buf, floods[i].byte, 60000);
        assert_int_equal(smp_cbor_check((struct smp_bytes){ buf, 60000 }),
                floods[i].result);
        /* As an unknown value of a map. */
        buf[0] = 0xa1;
        buf[1] = 0x61;
        buf[2] = 'x';
        assert_in_range(smp_cbor_check((struct smp_bytes){ buf, 60000 }) + 100,
                0, 104);
    }
    free(buf);
}

static void check_calls_every_proper_prefix_short(void **state)
{
    uint8_t buf[256];
    size_t len = unhex("bf6161a16162820102 6163c6f93c00 61641b0000000000000001"
                       "61659f bf6166f4ffa0ff ff",
            buf, sizeof(buf));

    (void)state;
    assert_int_equal(check_exact(buf, len), len);
    for (size_t n = 0; n < len; n++) {
        assert_int_equal(check_exact(buf, n), SMP_E_SHORT);
    }
}

static void check_never_reads_past_random_bytes(void **state)
{
    static const uint8_t likely[] = { 0x80, 0x81, 0x9f, 0xa1, 0xbf, 0xff, 0x61,
        0x41, 0x18, 0x19, 0x1b, 0xc6, 0x00, 0xf4, 0xf8, 0x9b, 0xbb, 0x5b };
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        uint8_t buf[40];
        size_t len = random_next(&seed) % (sizeof(buf) + 1);
        int result;

        for (size_t i = 0; i < len; i++) {
            const uint64_t r = random_next(&seed);

            buf[i] = r & 0x100 ? (uint8_t)r : likely[r % sizeof(likely)];
        }
        result = check_exact(buf, len);
        if (result > 0) {
            struct smp_iter it;
            struct smp_item item;

            assert_true((size_t)result <= len);
            /* What passed can be walked; only a key may be no text. */
            smp_iter_init(&it, (struct smp_view){ { buf, (size_t)result } });
            do {
                result = smp_iter_next(&it, &item);
            } while (result == 1);
            assert_true(result == 0 || (result == SMP_E_CBOR && it.is_map));
        } else {
            assert_true(result == SMP_E_SHORT || result == SMP_E_CBOR);
        }
    }
}

/* Walks a container given as hex, and returns how the walk ended. */
static int walk(const char *hex, struct smp_item *items, size_t *count)
{
    static uint8_t buf[256];
    size_t len = unhex(hex, buf, sizeof(buf));
    struct smp_iter it;
    struct smp_item item;
    int result;

    smp_iter_init(&it, (struct smp_view){ { buf, len } });
    *count = 0;
    while ((result = smp_iter_next(&it, &item)) == 1) {
        items[(*count)++] = item;
    }
    assert_int_equal(smp_iter_next(&it, &item), result);
    return result;
}

static void iter_tells_types_and_values(void **state)
{
    struct smp_item items[16];
    size_t count;

    (void)state;
    assert_int_equal(walk("8f 01 1bffffffffffffffff 20 3b7fffffffffffffff"
                          "3b8000000000000000 f4 f5 f6 f93c00 c600 63616263"
                          "420102 8101 a1616101 9f01ff",
                             items, &count),
            0);
    assert_int_equal(count, 15);
    assert_int_equal(items[0].type, SMP_TYPE_UINT);
    assert_int_equal(items[0].number, 1);
    assert_int_equal(items[0].integer, 1);
    assert_int_equal(items[1].type, SMP_TYPE_UINT);
    assert_true(items[1].number == UINT64_MAX);
    assert_true(items[1].integer == INT64_MAX);
    assert_int_equal(items[2].type, SMP_TYPE_INT);
    assert_true(items[2].integer == -1);
    assert_int_equal(items[3].type, SMP_TYPE_INT);
    assert_true(items[3].integer == INT64_MIN);
    assert_int_equal(items[4].type, SMP_TYPE_OTHER);
    assert_int_equal(items[5].type, SMP_TYPE_BOOL);
    assert_int_equal(items[5].number, 0);
    assert_int_equal(items[6].type, SMP_TYPE_BOOL);
    assert_int_equal(items[6].number, 1);
    assert_int_equal(items[7].type, SMP_TYPE_OTHER);
    assert_int_equal(items[8].type, SMP_TYPE_OTHER);
    assert_int_equal(items[9].type, SMP_TYPE_OTHER);
    assert_int_equal(items[9].view.cbor.len, 2);
    assert_int_equal(items[10].type, SMP_TYPE_TEXT);
    assert_text(items[10].data, "abc");
    assert_int_equal(items[11].type, SMP_TYPE_BYTES);
    assert_int_equal(items[11].data.len, 2);
    assert_int_equal(items[12].type, SMP_TYPE_ARRAY);
    assert_int_equal(items[12].view.cbor.len, 2);
    assert_int_equal(items[13].type, SMP_TYPE_MAP);
    assert_int_equal(items[14].type, SMP_TYPE_ARRAY);
    assert_int_equal(items[14].view.cbor.len, 3);
}

static void iter_walks_maps_with_keys_that_are_data(void **state)
{
    static const char *const forms[] = {
        "a3 6561205c6261 01 60 02 60 03",
        "bf 6561205c6261 01 60 02 60 03 ff",
        "bb0000000000000003 78056120 5c6261 1b0000000000000001 60 02 60 1803",
    };
    struct smp_item items[4];
    size_t count;

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        assert_int_equal(walk(forms[i], items, &count), 0);
        assert_int_equal(count, 3);
        assert_text(items[0].key, "a \\ba");
        assert_int_equal(items[0].number, 1);
        assert_text(items[1].key, "");
        assert_int_equal(items[1].number, 2);
        assert_int_equal(items[2].number, 3);
    }
}

static void iter_ends_at_once_on_what_is_no_container(void **state)
{
    struct smp_item items[1];
    size_t count;
    struct smp_iter it;

    (void)state;
    assert_int_equal(walk("", items, &count), 0);
    assert_int_equal(walk("01", items, &count), 0);
    assert_int_equal(walk("63616263", items, &count), 0);
    assert_int_equal(walk("80", items, &count), 0);
    assert_int_equal(walk("a0", items, &count), 0);
    assert_int_equal(walk("9fff", items, &count), 0);
    assert_int_equal(walk("bfff", items, &count), 0);
    assert_int_equal(walk("9c", items, &count), 0);
    assert_int_equal(count, 0);
    smp_iter_init(&it, (struct smp_view){ { NULL, 0 } });
    assert_int_equal(smp_iter_next(&it, items), 0);
}

static void iter_stops_for_good_at_the_first_error(void **state)
{
    static const struct {
        const char *hex;
        int result;
        size_t count;
    } walks[] = {
        { "8201", SMP_E_SHORT, 1 },
        { "9f01", SMP_E_SHORT, 1 },
        { "9f01 5f", SMP_E_CBOR, 1 },
        { "82 01 ff", SMP_E_CBOR, 1 },
        { "a2 616101 02", SMP_E_CBOR, 1 },
        { "a2 616101 6162", SMP_E_SHORT, 1 },
        { "bf 616101 6162 ff", SMP_E_CBOR, 1 },
        { "a1 4161 01", SMP_E_CBOR, 0 },
        { "a1 c66161 01", SMP_E_CBOR, 0 },
        { "bbffffffffffffffff 616101", SMP_E_SHORT, 1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(walks); i++) {
        struct smp_item items[4];
        size_t count;

        assert_int_equal(walk(walks[i].hex, items, &count), walks[i].result);
        assert_int_equal(count, walks[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_accepts_every_kind_of_item),
        cmocka_unit_test(check_refuses_what_is_not_well_formed),
        cmocka_unit_test(check_refuses_reserved_length_codes_of_every_type),
        cmocka_unit_test(check_refuses_indefinite_strings_numbers_and_tags),
        cmocka_unit_test(check_survives_counts_and_lengths_near_overflow),
        cmocka_unit_test(check_has_a_depth_limit),
        cmocka_unit_test(check_bears_60000_heads_in_a_row),
        cmocka_unit_test(check_calls_every_proper_prefix_short),
        cmocka_unit_test(check_never_reads_past_random_bytes),
        cmocka_unit_test(iter_tells_types_and_values),
        cmocka_unit_test(iter_walks_maps_with_keys_that_are_data),
        cmocka_unit_test(iter_ends_at_once_on_what_is_no_container),
        cmocka_unit_test(iter_stops_for_good_at_the_first_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
