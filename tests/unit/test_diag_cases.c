// SPDX-License-Identifier: Apache-2.0
/*
 * Real logs and what the doctor has to say about them. The first verdict has
 * to be one of `verdict` ("" allows none); `benign` has to be named harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag_rig.h"

struct expected {
    const char *log;
    const char *verdict; /* patterns, blank between; "-" = silence */
    const char *benign;  /* patterns that must be among the harmless lines */
};

static const struct expected cases[] = {
    { "s00-origin-nrf5340-two-images-one-slot-pair", "N1", "A7" },
    { "s01-nrfconnect-android-pending-left-over", "- H1", "V1" },
    { "s02-nrfconnect-android-testconfirm-reset-ok", "- I2", "O3" },
    { "s03-android-lib-upload-rc2-after-reset", "H2", "" },
    { "s04-android-dm-optional-queries-rc8", "-", "A7" },
    { "s05-device-manager-ncs22-connect-head", "-", "A7" },
    { "s06-device-manager-upload-repeats-list", "-", "A7" },
    { "s07-flutter-direct-xip-err25-list", "-", "" },
    { "s08-ios-confirm-response-without-image-key", "N3", "" },
    { "s09-ios-validate-started-twice", "A3", "" },
    { "s10-zephyr-swapmove-image-too-big-stuck", "I5", "" },
    { "s11-mcumgr-cli-upload-loops-at-offset-0", "D3", "" },
    { "s12-mcuboot-serial-list-answer-truncated", "-", "" },
    { "s13-mcumgr-cli-stall-debug-sample", "-", "" },
    { "s14-smpmgr-test-refused-rc1-v1", "G2", "" },
    { "s15-smpclient-udp-late-answer-off-by-one", "-", "" },
    { "s16-smpclient-v1-device-slow-upload", "P1", "V1" },
    { "s17-device-log-test-vs-confirm-trailer", "-", "" },
    { "s18-device-log-upload-inspect-failed-5", "H4", "" },
    { "s19-nrf5340-multi-image-slots-not-compatible-boot", "K4", "" },
    { "s20-nrfconnect-android-nrf54l15-connect", "-", "" },
    { "s21-mcuboot-serial-recovery-list-bootable-false", "F7", "" },
    { "s22-nrf54l15-erase-timeout-device-log", "C2", "" },
    { "s23-mcumgr-cli-ble-nmp-timeout-mid-upload", "- C4", "" },
    { "s24-device-bus-fault-on-upload", "- M2", "" },
    { "s25-mcuboot-primary-invalid-after-move", "I6", "" },
    { "s26-smpmgr-same-hash-in-both-slots", "H6", "" },
    { "s27-ios-insufficient-mtu-line", "-", "B1" },
    { "s28-mcumgr-android-errors-during-reset", "-", "" },
    { "s29-mcuboot-trailer-without-image", "- H5", "" },
    { "s30-mcumgr-client-rust-serial-mtu-hang", "- F5", "" },
};

static bool is_word_of(const char *word, const char *words)
{
    size_t len = strlen(word);
    for (const char *p = strstr(words, word); p != NULL;
            p = strstr(p + 1, word)) {
        bool starts = p == words || p[-1] == ' ';
        if (starts && (p[len] == '\0' || p[len] == ' ')) {
            return true;
        }
    }
    return false;
}

static void every_case_gives_its_verdict(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[128];
        struct diag_rig *rig = diag_rig_create();
        snprintf(name, sizeof(name), "cases/%s.log", cases[i].log);
        diag_rig_file(rig, name);
        diag_rig_judge(rig);
        const char *first = diag_rig_first(rig);
        first = first[0] == '\0' ? "-" : first;
        if (!is_word_of(first, cases[i].verdict)) {
            fprintf(stderr, "%s: %s, not %s\n", cases[i].log, first,
                    cases[i].verdict);
            wrong++;
        }
        if (cases[i].benign[0] != '\0' &&
                !diag_rig_has(rig, true, cases[i].benign)) {
            fprintf(stderr, "%s: %s is not called harmless\n", cases[i].log,
                    cases[i].benign);
            wrong++;
        }
        diag_rig_destroy(rig);
    }
    assert_int_equal(wrong, 0);
}

/* Lines of the origin log that prove it, as a person would point at them. */
static void the_origin_log_is_proved_by_five_lines(void **state)
{
    static const uint32_t lines[] = { 43, 45, 46, 57, 64 };
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig, "cases/s00-origin-nrf5340-two-images-one-slot-pair.log");
    diag_rig_judge(rig);
    const struct diag_verdict *v = &rig->report.verdicts[0];
    assert_string_equal(v->rule->id,
            "multi-image-package-on-single-image-device");
    assert_true(v->confidence >= DIAG_CONFIDENCE_CERTAIN);
    assert_int_equal(v->evidence_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(v->evidence[i].line, lines[i]);
    }
    assert_int_equal(v->rule->fixes[0].kind, DIAG_FIX_COMMAND);
    assert_int_equal(v->rule->fixes[1].kind, DIAG_FIX_KCONFIG);
    assert_int_equal(rig->report.benign_count, 2);
    assert_string_equal(rig->report.benign[0].rule->id,
            "optional-parameters-not-supported");
    assert_string_equal(rig->report.benign[1].rule->id,
            "erase-settings-not-supported");
    diag_rig_destroy(rig);
}

static void the_origin_log_tells_its_transfers_and_their_limit(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig, "cases/s00-origin-nrf5340-two-images-one-slot-pair.log");
    diag_rig_judge(rig);
    const struct diag_report *r = &rig->report;
    assert_int_equal(r->transfer_count, 2);
    assert_int_equal(r->transfers[0].size, 139592);
    assert_int_equal(r->transfers[0].ms, 32940);
    assert_int_equal(r->transfers[1].size, 190472);
    assert_int_equal(r->mtu, 252);
    assert_int_equal(r->interval_us, 40000);
    assert_true(r->limit_count >= 1);
    assert_non_null(strstr(r->limits[0], "221 bytes"));
    assert_string_equal(r->client, "nRF Connect");
    diag_rig_destroy(rig);
}

static void the_origin_configuration_makes_it_surer(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_file(rig, "cases/s00-origin-nrf5340-two-images-one-slot-pair.log");
    assert_int_equal(diag_rig_file(rig,
                             "cases/"
                             "s00-origin-nrf5340-two-images-one-slot-pair.prj."
                             "conf"),
            DIAG_SOURCE_CONF);
    diag_rig_judge(rig);
    assert_string_equal(diag_rig_first(rig), "N1");
    assert_true(rig->report.verdicts[0].evidence_count >= 6);
    diag_rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_verdict),
        cmocka_unit_test(the_origin_log_is_proved_by_five_lines),
        cmocka_unit_test(the_origin_log_tells_its_transfers_and_their_limit),
        cmocka_unit_test(the_origin_configuration_makes_it_surer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
