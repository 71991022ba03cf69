// SPDX-License-Identifier: Apache-2.0
#include "mcub/version.h"

#include <string.h>

#include "mcub_rig.h"
#include "mcub_vectors.h"

static struct mcub_version parsed(const char *text)
{
    struct mcub_version v;

    assert_int_equal(mcub_version_parse(text, strlen(text), &v), 0);
    return v;
}

static void version_compare_agrees_with_the_vectors(void **state)
{
    (void)state;
    assert_true(vec_versions_count > 60);
    for (size_t i = 0; i < vec_versions_count; i++) {
        struct mcub_version a = parsed(vec_versions[i].a);
        struct mcub_version b = parsed(vec_versions[i].b);

        assert_int_equal(mcub_version_compare(&a, &b, false),
                vec_versions[i].without_build);
        assert_int_equal(mcub_version_compare(&a, &b, true),
                vec_versions[i].with_build);
        assert_int_equal(mcub_version_compare(&b, &a, true),
                -vec_versions[i].with_build);
    }
}

static void version_text_survives_both_ways(void **state)
{
    static const char *const texts[] = {
        "0.0.0",
        "1.2.3",
        "1.2.3+4",
        "255.255.65535+4294967295",
        "10.0.100",
    };
    char out[MCUB_VERSION_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mcub_version v = parsed(texts[i]);

        assert_int_equal(mcub_version_print(&v, '+', out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
    struct mcub_version v = parsed("1.2.3.4");

    mcub_version_print(&v, '.', out);
    assert_string_equal(out, "1.2.3.4");
}

static void version_parts_may_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(parsed("7").major, 7);
    assert_int_equal(parsed("7").build, 0);
    assert_int_equal(parsed("7.8").minor, 8);
    assert_int_equal(parsed("7.8.9").revision, 9);
}

static void version_parse_refuses_what_is_no_version(void **state)
{
    static const char *const bad[] = {
        "",
        ".",
        "1.",
        "1..2",
        "a",
        "1.2.3+",
        "1+2",
        "1.2+3",
        "1.2.3-4",
        "256.0.0",
        "0.256.0",
        "0.0.65536",
        "0.0.0+4294967296",
        "01.2.3",
        "1.2.3.4.5",
        "1.2.3+4+5",
        "1.2.3+4.5",
        " 1.2.3",
        "1.2.3 ",
        "-1.0.0",
        "99999999999999999999",
    };
    struct mcub_version v = { 9, 9, 9, 9 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(mcub_version_parse(bad[i], strlen(bad[i]), &v),
                MCUB_E_ARG);
        assert_int_equal(v.major, 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_compare_agrees_with_the_vectors),
        cmocka_unit_test(version_text_survives_both_ways),
        cmocka_unit_test(version_parts_may_be_left_out),
        cmocka_unit_test(version_parse_refuses_what_is_no_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
