// SPDX-License-Identifier: Apache-2.0
/* The three shapes of a refusal, and the names of codes. */
#include "smp_test.h"

#include "smp/response.h"

static const struct smp_header upload_rsp = {
    .version = SMP_V2,
    .op = SMP_OP_WRITE_RSP,
    .group = SMP_GROUP_IMAGE,
    .id = 1,
};

static uint8_t scratch[256];

static int check(const char *hex, struct smp_refusal *refusal)
{
    size_t len = unhex(hex, scratch, sizeof(scratch));

    return smp_response_check(&upload_rsp, (struct smp_bytes){ scratch, len },
            refusal);
}

static void response_without_error_is_no_refusal(void **state)
{
    static const char *const bodies[] = {
        "a0",
        "bfff",
        "bf 627263 00 ff",
        "bf 636f6666 1820 ff",
        "bf 627263 00 636f6666 1820 ff",
        /* `ret` of the shell group is a number, `rc` of slot info nested. */
        "bf 616f 6178 63726574 35 ff",
        "bf 66696d61676573 9f bf 627263 05 ff ff ff",
        "bf 6372736e 01 ff",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct smp_refusal r = { .rc = 77 };

        assert_int_equal(check(bodies[i], &r), 0);
        assert_int_equal(r.rc, 77);
    }
}

static void response_with_rc_is_an_smp_level_refusal(void **state)
{
    struct smp_refusal r;

    (void)state;
    assert_int_equal(check("bf 627263 05 6372736e 67 6e6f20736c6f74 ff", &r),
            SMP_E_REMOTE);
    assert_int_equal(r.version, SMP_V2);
    assert_int_equal(r.op, SMP_OP_WRITE);
    assert_int_equal(r.group, SMP_GROUP_IMAGE);
    assert_int_equal(r.id, 1);
    assert_int_equal(r.shape, SMP_REFUSAL_RC);
    assert_int_equal(r.rc, 5);
    assert_int_equal(r.rc_group, 0);
    assert_text(r.rsn, "no slot");
    assert_string_equal(smp_refusal_name(&r), "ENOENT");
    assert_int_equal(check("a1 627263 35", &r), SMP_E_REMOTE);
    assert_int_equal(r.rc, -22);
    assert_int_equal(r.rsn.len, 0);
    assert_int_equal(check("a1 627263 1b0000000000000008", &r), SMP_E_REMOTE);
    assert_int_equal(r.rc, 8);
}

static void response_with_err_or_ret_map_is_a_group_refusal(void **state)
{
    struct smp_refusal r;

    (void)state;
    assert_int_equal(check("bf 63657272 bf 6567726f7570 01 627263 09 ff ff",
                             &r),
            SMP_E_REMOTE);
    assert_int_equal(r.shape, SMP_REFUSAL_ERR);
    assert_int_equal(r.rc_group, 1);
    assert_int_equal(r.rc, 9);
    assert_string_equal(smp_refusal_name(&r), "NO_FREE_SLOT");
    assert_int_equal(check("bf 63726574 bf 6567726f7570 01 627263 09 ff ff",
                             &r),
            SMP_E_REMOTE);
    assert_int_equal(r.shape, SMP_REFUSAL_RET);
    assert_int_equal(r.rc, 9);
    /* The group of the code need not be that of the request. */
    assert_int_equal(check("a1 63657272 a2 627263 03 6567726f7570 183f", &r),
            SMP_E_REMOTE);
    assert_int_equal(r.group, 1);
    assert_int_equal(r.rc_group, 63);
}

static void response_err_wins_over_rc_and_ret(void **state)
{
    struct smp_refusal r;

    (void)state;
    assert_int_equal(check("a3 627263 03 63726574 a2 6567726f757002 62726304"
                           "63657272 a2 6567726f7570 01 627263 08",
                             &r),
            SMP_E_REMOTE);
    assert_int_equal(r.shape, SMP_REFUSAL_ERR);
    assert_int_equal(r.rc, 8);
    assert_int_equal(check("a2 627263 00 63657272 a2 6567726f7570 01 627263 08",
                             &r),
            SMP_E_REMOTE);
    assert_int_equal(r.rc, 8);
}

static void response_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
    static const struct {
        const char *hex;
        int result;
    } bodies[] = {
        { "", SMP_E_SHORT },
        { "bf", SMP_E_SHORT },
        { "bf 627263 03", SMP_E_SHORT },
        { "80", SMP_E_CBOR },
        { "a1 01 02", SMP_E_CBOR },
        { "a1 627263 6133", SMP_E_TYPE },
        { "a1 63657272 03", SMP_E_TYPE },
        { "a2 627263 00 627263 03", SMP_E_DUPLICATE },
        { "a1 627263 1a80000000", SMP_E_RANGE },
        { "a1 63657272 a0", SMP_E_MISSING },
        { "a1 63657272 a1 627263 01", SMP_E_MISSING },
        { "a1 63657272 a1 6567726f7570 01", SMP_E_MISSING },
        { "a1 63657272 a2 6567726f7570 1a00010000 627263 01", SMP_E_RANGE },
        { "a1 63726574 a0", SMP_E_MISSING },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct smp_refusal r = { .rc = 77 };

        assert_int_equal(check(bodies[i].hex, &r), bodies[i].result);
        assert_int_equal(r.rc, 77);
    }
}

static void names_of_smp_codes_are_zephyrs(void **state)
{
    static const char *const names[] = { "EOK", "EUNKNOWN", "ENOMEM", "EINVAL",
        "ETIMEOUT", "ENOENT", "EBADSTATE", "EMSGSIZE", "ENOTSUP", "ECORRUPT",
        "EBUSY", "EACCESSDENIED", "UNSUPPORTED_TOO_OLD",
        "UNSUPPORTED_TOO_NEW" };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(smp_rc_name((int32_t)i), names[i]);
        assert_string_not_equal(smp_rc_text((int32_t)i), "unknown");
    }
    assert_string_equal(smp_rc_name(14), "unknown");
    assert_string_equal(smp_rc_name(255), "unknown");
    assert_string_equal(smp_rc_name(256), "EPERUSER");
    assert_string_equal(smp_rc_name(INT32_MAX), "EPERUSER");
    assert_string_equal(smp_rc_name(-1), "unknown");
    assert_string_equal(smp_rc_text(INT32_MIN), "unknown");
}

static void names_of_group_codes_end_where_the_table_ends(void **state)
{
    static const struct {
        uint16_t group;
        int32_t last;
        const char *name;
    } groups[] = {
        { 0, 6, "QUERY_RESPONSE_VALUE_NOT_VALID" },
        { 1, 34, "ACTIVE_SLOT_NOT_KNOWN" },
        { 2, 5, "WALK_ABORTED" },
        { 3, 8, "SAVE_NOT_SUPPORTED" },
        { 8, 16, "FILE_EMPTY" },
        { 9, 3, "EMPTY_COMMAND" },
        { 10, 4, "INDEX_TOO_LARGE" },
        { 63, 4, "FLASH_ERASE_FAILED" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++) {
        const uint16_t group = groups[i].group;

        assert_string_equal(smp_group_rc_name(group, 0), "OK");
        assert_string_equal(smp_group_rc_name(group, 1), "UNKNOWN");
        assert_string_equal(smp_group_rc_name(group, groups[i].last),
                groups[i].name);
        for (int32_t rc = 0; rc <= groups[i].last; rc++) {
            assert_string_not_equal(smp_group_rc_text(group, rc), "unknown");
        }
        assert_string_equal(smp_group_rc_name(group, groups[i].last + 1),
                "unknown");
        assert_string_equal(smp_group_rc_name(group, -1), "unknown");
        assert_string_equal(smp_group_rc_text(group, INT32_MIN), "unknown");
    }
    assert_string_equal(smp_group_rc_name(1, 8), "HASH_NOT_FOUND");
    assert_string_equal(smp_group_rc_name(1, 23), "INVALID_IMAGE_HEADER_MAGIC");
    assert_string_equal(smp_group_rc_name(8, 11), "FILE_OFFSET_NOT_VALID");
    assert_string_equal(smp_group_rc_name(66, 1), "unknown");
}

static void names_of_groups_and_commands_are_ours(void **state)
{
    (void)state;
    assert_string_equal(smp_group_name(0), "os");
    assert_string_equal(smp_group_name(1), "image");
    assert_string_equal(smp_group_name(10), "enum");
    assert_string_equal(smp_group_name(12), "unknown");
    assert_string_equal(smp_group_name(62), "unknown");
    assert_string_equal(smp_group_name(63), "basic");
    assert_string_equal(smp_group_name(64), "user");
    assert_string_equal(smp_group_name(65535), "user");
    assert_string_equal(smp_command_name(0, 6), "os params");
    assert_string_equal(smp_command_name(1, 0), "image state");
    assert_string_equal(smp_command_name(1, 1), "image upload");
    assert_string_equal(smp_command_name(63, 0), "basic erase-storage");
    assert_null(smp_command_name(63, 1));
    assert_null(smp_command_name(256, 0));
    assert_null(smp_command_name(65535, 255));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_without_error_is_no_refusal),
        cmocka_unit_test(response_with_rc_is_an_smp_level_refusal),
        cmocka_unit_test(response_with_err_or_ret_map_is_a_group_refusal),
        cmocka_unit_test(response_err_wins_over_rc_and_ret),
        cmocka_unit_test(response_that_cannot_be_read_is_an_error_of_its_own),
        cmocka_unit_test(names_of_smp_codes_are_zephyrs),
        cmocka_unit_test(names_of_group_codes_end_where_the_table_ends),
        cmocka_unit_test(names_of_groups_and_commands_are_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
