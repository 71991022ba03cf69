// SPDX-License-Identifier: Apache-2.0
/* Configuration files: recognised, described, looked through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/kconfig.h"
#include "diag_rig.h"

static bool finds(struct diag_rig *rig, const char *text,
        enum diag_lint_level level)
{
    struct diag_lint out[DIAG_LINT_MAX];
    size_t n = diag_lint(&rig->events, out);
    for (size_t i = 0; i < n; i++) {
        if (out[i].level == level && strstr(out[i].text, text) != NULL) {
            return true;
        }
    }
    return false;
}

static void the_origin_configuration_describes_the_origin_device(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    struct diag_conf_device d;
    (void)state;
    assert_int_equal(diag_rig_file(rig,
                             "cases/"
                             "s00-origin-nrf5340-two-images-one-slot-pair.prj."
                             "conf"),
            DIAG_SOURCE_CONF);
    assert_true(diag_conf_describe(&rig->events, &d));
    assert_int_equal(d.images, 1);
    assert_int_equal(d.mtu, 252);
    assert_false(d.params);
    assert_false(d.reassembly);
    assert_true(d.image_group);
    assert_true(d.os_group);
    assert_false(d.erase_settings);
    assert_int_equal(d.buf_size, 384);
    diag_rig_destroy(rig);
}

static void the_origin_configuration_is_told_its_traps(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig,
            "cases/s00-origin-nrf5340-two-images-one-slot-pair.prj.conf");
    assert_true(finds(rig, "one updatable image", DIAG_LINT_NOTE));
    assert_true(finds(rig, "the ATT MTU becomes 252", DIAG_LINT_WARNING));
    assert_true(finds(rig, "work queue of its own", DIAG_LINT_NOTE));
    diag_rig_destroy(rig);
}

static void names_of_older_versions_are_translated(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "prj.conf",
            "CONFIG_MCUMGR=y\nCONFIG_MCUMGR_CMD_IMG_MGMT=y\n"
            "CONFIG_MCUMGR_BUF_SIZE=1024\n");
    assert_true(finds(rig, "it is CONFIG_MCUMGR_GRP_IMG now", DIAG_LINT_ERROR));
    assert_true(finds(rig, "it is CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE now",
            DIAG_LINT_ERROR));
    diag_rig_destroy(rig);
}

static void misspelled_names_are_noticed(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "prj.conf",
            "CONFIG_MCUMGR=y\nCONFIG_MCUMGR_GRP_IMGE=y\n"
            "CONFIG_UPDATABLE_IMAGE_NUMBER=2\n");
    assert_true(finds(rig, "CONFIG_MCUMGR_GRP_IMG is meant?", DIAG_LINT_ERROR));
    assert_true(finds(rig, "CONFIG_UPDATEABLE_IMAGE_NUMBER is meant?",
            DIAG_LINT_ERROR));
    diag_rig_destroy(rig);
}

static void image_counts_that_differ_are_an_error(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "prj.conf",
            "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
            "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=1\n");
    assert_true(finds(rig, "image counts differ", DIAG_LINT_ERROR));
    diag_rig_destroy(rig);
}

static void a_configuration_of_two_images_is_quiet_about_it(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "prj.conf",
            "# comment\n\nCONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
            "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2\n"
            "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024\n"
            "# CONFIG_FOO is not set\n");
    assert_false(finds(rig, "one updatable image", DIAG_LINT_NOTE));
    assert_false(finds(rig, "one updatable image", DIAG_LINT_ERROR));
    diag_rig_destroy(rig);
}

static void a_configuration_alone_gives_no_verdict(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "prj.conf",
            "CONFIG_MCUMGR=y\nCONFIG_MCUMGR_CMD_IMG_MGMT=y\n"
            "CONFIG_BT_FIXED_PASSKEY=y\nCONFIG_BOOT_UPGRADE_ONLY=y\n");
    diag_rig_judge(rig);
    assert_int_equal(rig->report.verdict_count, 0);
    diag_rig_destroy(rig);
}

static void a_log_with_a_few_symbols_is_no_configuration(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "mail",
            "I have CONFIG_MCUMGR=y in prj.conf\nCONFIG_MCUMGR=y\n"
            "and the log says\nI: Swap type: none\n");
    assert_int_equal(rig->events.items[0].kind, DIAG_NOISE);
    diag_rig_destroy(rig);
}

static void symbols_are_found_by_old_and_new_names(void **state)
{
    bool old = false;
    (void)state;
    assert_non_null(diag_kconfig_find("CONFIG_MCUMGR_SMP_BT", &old));
    assert_true(old);
    assert_non_null(diag_kconfig_find("MCUMGR_TRANSPORT_BT", &old));
    assert_false(old);
    assert_non_null(diag_kconfig_find("SB_CONFIG_NETCORE_APP_UPDATE", &old));
    assert_null(diag_kconfig_find("CONFIG_NO_SUCH_THING", &old));
}

static void every_old_name_has_a_new_one(void **state)
{
    size_t count;
    const struct diag_kconfig *table = diag_kconfig_table(&count);
    (void)state;
    assert_true(count > 100);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(table[i].name);
        assert_true(strlen(table[i].effect) > 2);
        for (size_t k = 0; k < i; k++) {
            if (table[i].old_name == NULL && table[k].old_name == NULL) {
                assert_string_not_equal(table[i].name, table[k].name);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_origin_configuration_describes_the_origin_device),
        cmocka_unit_test(the_origin_configuration_is_told_its_traps),
        cmocka_unit_test(names_of_older_versions_are_translated),
        cmocka_unit_test(misspelled_names_are_noticed),
        cmocka_unit_test(image_counts_that_differ_are_an_error),
        cmocka_unit_test(a_configuration_of_two_images_is_quiet_about_it),
        cmocka_unit_test(a_configuration_alone_gives_no_verdict),
        cmocka_unit_test(a_log_with_a_few_symbols_is_no_configuration),
        cmocka_unit_test(symbols_are_found_by_old_and_new_names),
        cmocka_unit_test(every_old_name_has_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
