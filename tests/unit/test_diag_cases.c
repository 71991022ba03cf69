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

#include "diag_cases.h"
#include "diag_rig.h"

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
    assert_string_equal(r->client, "nRF Connect Android");
    assert_string_equal(r->device, "Nordic_LBS (68:00:F1:24:66:15)");
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
