// SPDX-License-Identifier: Apache-2.0
#include "smp_test.h"

#include "smp/header.h"

static const uint8_t state_read[] = { 0x08, 0x00, 0x00, 0x01, 0x00, 0x01, 0x02,
    0x00, 0xa0 };

static void header_refuses_every_short_length(void **state)
{
    struct smp_header h = { .seq = 77 };

    (void)state;
    for (size_t n = 0; n < SMP_HEADER_SIZE; n++) {
        uint8_t *copy = exact_copy(state_read, n);

        assert_int_equal(smp_header_decode(copy, n, &h), SMP_E_SHORT);
        assert_int_equal(h.seq, 77);
        free(copy);
    }
    assert_int_equal(smp_header_decode(NULL, 0, &h), SMP_E_SHORT);
}

static void header_of_a_state_read_is_decoded(void **state)
{
    struct smp_header h;

    (void)state;
    assert_int_equal(smp_header_decode(state_read, sizeof(state_read), &h), 8);
    assert_int_equal(h.version, SMP_V2);
    assert_int_equal(h.op, SMP_OP_READ);
    assert_int_equal(h.flags, 0);
    assert_int_equal(h.len, 1);
    assert_int_equal(h.group, SMP_GROUP_IMAGE);
    assert_int_equal(h.seq, 2);
    assert_int_equal(h.id, 0);
}

static void header_returns_every_version_and_op_and_drops_reserved_bits(
        void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t in[8] = { (uint8_t)first, 0xa5, 0x12, 0x34, 0xfe, 0xdc,
            0xff, 0x80 };
        uint8_t out[8];
        struct smp_header h;

        assert_int_equal(smp_header_decode(in, sizeof(in), &h), 8);
        assert_int_equal(h.version, first >> 3 & 3);
        assert_int_equal(h.op, first & 7);
        assert_int_equal(h.flags, 0xa5);
        assert_int_equal(h.len, 0x1234);
        assert_int_equal(h.group, 0xfedc);
        assert_int_equal(h.seq, 0xff);
        assert_int_equal(h.id, 0x80);
        smp_header_encode(&h, out);
        assert_int_equal(out[0], first & 0x1f);
        assert_memory_equal(out + 1, in + 1, 7);
    }
}

static void err_has_a_text_of_its_own_for_every_value(void **state)
{
    (void)state;
    for (int err = SMP_E_NOT_FOUND; err <= SMP_OK; err++) {
        assert_string_not_equal(smp_err_to_str(err), "unknown");
        for (int other = SMP_E_NOT_FOUND; other < err; other++) {
            assert_string_not_equal(smp_err_to_str(err), smp_err_to_str(other));
        }
    }
    assert_string_equal(smp_err_to_str(1), "unknown");
    assert_string_equal(smp_err_to_str(SMP_E_NOT_FOUND - 1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_refuses_every_short_length),
        cmocka_unit_test(header_of_a_state_read_is_decoded),
        cmocka_unit_test(
                header_returns_every_version_and_op_and_drops_reserved_bits),
        cmocka_unit_test(err_has_a_text_of_its_own_for_every_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
