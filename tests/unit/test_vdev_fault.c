// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vdev/fault.h"

static const struct vdev_fault_point rx = { .dir = VDEV_FAULT_RX };
static const struct vdev_fault_point tx = { .dir = VDEV_FAULT_TX };

static void fault_every_kind_is_read_by_its_name(void **state)
{
    struct vdev_fault f;
    (void)state;
    for (int kind = 0; kind < VDEV_FAULT_KINDS; kind++) {
        const char *name = vdev_fault_kind_to_str((enum vdev_fault_kind)kind);
        assert_int_equal(vdev_fault_parse(&f, name, 1), 0);
        assert_int_equal(f.kind, kind);
    }
}

static void fault_refuses_bad_specs(void **state)
{
    static const char *const bad[] = { "", "explode", "drop:q=1", "drop:p=2",
        "drop:p=", "drop:n=0", "drop:up", "reset:at=-1", "drop:n=99999999999",
        "delay:ms=700000", "power-cut@", "power-cut@0", "power-cut@x",
        "power-cut@5:p=0.5", "power-cut@5:later", "reset@5", "@5",
        "power-cut@5:ms=700000" };
    struct vdev_fault f;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(vdev_fault_parse(&f, bad[i], 1), -1);
    }
}

static uint64_t pattern(const char *spec, uint64_t seed)
{
    struct vdev_fault f;
    uint64_t bits = 0;
    assert_int_equal(vdev_fault_parse(&f, spec, seed), 0);
    for (int i = 0; i < 64; i++) {
        bits = bits << 1 | (vdev_fault_hits(&f, &rx) ? 1u : 0u);
    }
    return bits;
}

static void fault_same_seed_same_faults(void **state)
{
    (void)state;
    assert_true(pattern("drop:p=0.3", 7) == pattern("drop:p=0.3", 7));
    assert_true(pattern("drop:p=0.3", 7) != pattern("drop:p=0.3", 8));
    assert_true(pattern("drop:p=0", 7) == 0);
}

static void fault_probability_is_about_right(void **state)
{
    struct vdev_fault f;
    (void)state;
    assert_int_equal(vdev_fault_parse(&f, "drop:p=0.05", 3), 0);
    int n = 0;
    for (int i = 0; i < 10000; i++) {
        n += vdev_fault_hits(&f, &rx) ? 1 : 0;
    }
    assert_in_range(n, 400, 600);
}

static void fault_nth_every_and_count_are_exact(void **state)
{
    (void)state;
    assert_true(pattern("corrupt:rx,n=3", 1) == 1ull << 61);
    assert_true(pattern("drop:every=2", 1) == 0x5555555555555555ull);
    assert_true(pattern("drop:count=2", 1) == 0xc000000000000000ull);
    assert_true(pattern("drop:tx", 1) == 0);
}

static void fault_at_byte_waits_for_the_upload(void **state)
{
    struct vdev_fault f;
    struct vdev_fault_point p = { .dir = VDEV_FAULT_RX, .group = 1, .cmd = 1 };
    (void)state;
    assert_int_equal(vdev_fault_parse(&f, "reset:at=50000", 1), 0);
    assert_false(vdev_fault_hits(&f, &p));
    p.has_upload = true;
    p.upload_off = 49999;
    assert_false(vdev_fault_hits(&f, &p));
    p.upload_off = 50100;
    assert_true(vdev_fault_hits(&f, &p));
    assert_false(vdev_fault_hits(&f, &p));
}

static void fault_power_cut_counts_flash_operations(void **state)
{
    struct vdev_fault f;
    (void)state;
    assert_int_equal(vdev_fault_parse(&f, "power-cut@7:torn,ms=20", 1), 0);
    assert_int_equal(f.cut, VDEV_CUT_TORN);
    assert_int_equal(f.ms, 20);
    assert_false(vdev_fault_hits(&f, &rx));
    assert_false(vdev_fault_cuts(&f, 6, 7));
    assert_true(vdev_fault_cuts(&f, 7, 0));
    assert_false(vdev_fault_cuts(&f, 7, 0));
    assert_int_equal(vdev_fault_parse(&f, "power-cut@7:after,boot", 1), 0);
    assert_false(vdev_fault_cuts(&f, 7, 0));
    assert_true(vdev_fault_cuts(&f, 99, 7));
    assert_int_equal(vdev_fault_parse(&f, "power-cut:n=2", 1), 0);
    assert_false(vdev_fault_cuts(&f, 1, 1));
    assert_false(vdev_fault_hits(&f, &rx));
    assert_true(vdev_fault_hits(&f, &rx));
}

static void fault_group_and_command_select(void **state)
{
    struct vdev_fault f;
    struct vdev_fault_point p = { .dir = VDEV_FAULT_TX, .group = 1 };
    (void)state;
    assert_int_equal(vdev_fault_parse(&f, "silent:group=1,cmd=0", 1), 0);
    assert_false(vdev_fault_hits(&f, &tx));
    assert_true(vdev_fault_hits(&f, &p));
    p.cmd = 1;
    assert_false(vdev_fault_hits(&f, &p));
}

/* {"off": 300} as Zephyr writes it */
static const uint8_t upload_answer[] = { 0x0b, 0, 0, 9, 0, 1, 0x42, 1, 0xbf,
    0x63, 'o', 'f', 'f', 0x19, 0x01, 0x2c, 0xff };

static size_t rewritten(const char *spec, uint8_t *out, size_t cap)
{
    struct vdev_fault f;
    size_t len = sizeof(upload_answer);
    assert_int_equal(vdev_fault_parse(&f, spec, 1), 0);
    memcpy(out, upload_answer, len);
    assert_true(vdev_fault_rewrite(&f, out, &len, cap));
    assert_int_equal(out[2] << 8 | out[3], len - 8);
    return len;
}

static void fault_endless_zero_says_rc_0_off_0(void **state)
{
    static const uint8_t want[] = { 0xbf, 0x62, 'r', 'c', 0, 0x63, 'o', 'f',
        'f', 0, 0xff };
    uint8_t out[64];
    (void)state;
    assert_int_equal(rewritten("endless-zero", out, sizeof(out)),
            8 + sizeof(want));
    assert_memory_equal(out + 8, want, sizeof(want));
}

static void fault_wrong_offset_changes_the_number_only(void **state)
{
    uint8_t out[64];
    (void)state;
    size_t len = rewritten("wrong-offset", out, sizeof(out));
    assert_int_equal(len, 19);
    assert_memory_equal(out + 8, "\xbf\x63off\x1a", 6);
    uint32_t off = (uint32_t)out[14] << 24 | (uint32_t)out[15] << 16 |
            (uint32_t)out[16] << 8 | out[17];
    assert_int_not_equal(off, 300);
}

static void fault_match_false_keeps_the_offset(void **state)
{
    uint8_t out[64];
    (void)state;
    size_t len = rewritten("match-false", out, sizeof(out));
    assert_memory_equal(out + 8, "\xbf\x63off\x1a\x00\x00\x01\x2c\x65match\xf4",
            17);
    assert_int_equal(out[len - 1], 0xff);
}

static void fault_rewrite_respects_the_space(void **state)
{
    struct vdev_fault f;
    uint8_t out[sizeof(upload_answer)];
    size_t len = sizeof(out);
    (void)state;
    memcpy(out, upload_answer, len);
    assert_int_equal(vdev_fault_parse(&f, "match-false", 1), 0);
    assert_false(vdev_fault_rewrite(&f, out, &len, sizeof(out)));
    assert_memory_equal(out, upload_answer, sizeof(out));
}

static void fault_hostile_text_keeps_its_length(void **state)
{
    static const uint8_t list[] = { 1, 0, 0, 22, 0, 1, 0, 0, 0xbf, 0x67, 'v',
        'e', 'r', 's', 'i', 'o', 'n', 0x65, '1', '.', '0', '.', '0', 0x61, 'r',
        0x62, 'o', 'k', 0xff, 0xff };
    struct vdev_fault f;
    uint8_t out[sizeof(list)];
    size_t len = sizeof(list);
    (void)state;
    memcpy(out, list, len);
    assert_int_equal(vdev_fault_parse(&f, "hostile", 1), 0);
    assert_true(vdev_fault_rewrite(&f, out, &len, sizeof(out)));
    assert_int_equal(len, sizeof(list));
    assert_memory_equal(out, list, 18);
    assert_int_equal(out[18], 0x1b);
    assert_int_equal(out[25], 0x62);
    assert_int_equal(out[26], 0x1b);
    assert_int_equal(out[28], 0xff);
}

static void fault_corruption_changes_exactly_one_bit(void **state)
{
    struct vdev_fault f;
    (void)state;
    assert_int_equal(vdev_fault_parse(&f, "corrupt", 9), 0);
    for (int i = 0; i < 100; i++) {
        uint8_t buf[16] = { 0 };
        int bits = 0;
        vdev_fault_corrupt(&f, buf, sizeof(buf));
        for (size_t k = 0; k < sizeof(buf); k++) {
            bits += __builtin_popcount(buf[k]);
        }
        assert_int_equal(bits, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_every_kind_is_read_by_its_name),
        cmocka_unit_test(fault_refuses_bad_specs),
        cmocka_unit_test(fault_same_seed_same_faults),
        cmocka_unit_test(fault_probability_is_about_right),
        cmocka_unit_test(fault_nth_every_and_count_are_exact),
        cmocka_unit_test(fault_at_byte_waits_for_the_upload),
        cmocka_unit_test(fault_power_cut_counts_flash_operations),
        cmocka_unit_test(fault_group_and_command_select),
        cmocka_unit_test(fault_endless_zero_says_rc_0_off_0),
        cmocka_unit_test(fault_wrong_offset_changes_the_number_only),
        cmocka_unit_test(fault_match_false_keeps_the_offset),
        cmocka_unit_test(fault_rewrite_respects_the_space),
        cmocka_unit_test(fault_hostile_text_keeps_its_length),
        cmocka_unit_test(fault_corruption_changes_exactly_one_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
