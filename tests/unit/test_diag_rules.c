// SPDX-License-Identifier: Apache-2.0
/* The tables: whole, and every row gives its verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/rules.h"
#include "diag/session.h"

static const struct diag_rule *rule_at(size_t n)
{
    size_t families;
    const struct diag_family *const *all = diag_families(&families);
    for (size_t f = 0; f < families; f++) {
        if (n < all[f]->count) {
            return &all[f]->rules[n];
        }
        n -= all[f]->count;
    }
    return NULL;
}

static bool is_kebab(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
        if (!letter && *p != '-') {
            return false;
        }
    }
    return text[0] != '\0' && text[0] != '-';
}

static void ids_are_unique_and_kebab_case(void **state)
{
    (void)state;
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        assert_true(is_kebab(rule_at(i)->id));
        for (size_t k = 0; k < i; k++) {
            if (strcmp(rule_at(i)->id, rule_at(k)->id) == 0) {
                fail_msg("%s stands twice", rule_at(i)->id);
            }
        }
    }
}

static void every_row_tells_what_a_person_needs(void **state)
{
    (void)state;
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        const struct diag_rule *r = rule_at(i);
        assert_true(strlen(r->title) > 10);
        assert_true(strlen(r->explanation) > 20);
        assert_true(strlen(r->pattern) >= 2 && strlen(r->pattern) <= 3);
        assert_in_range(r->weight, DIAG_CONFIDENCE_MIN, 100);
        assert_true(r->must[0] != 0 || r->any[0] != 0);
        if (!r->benign && r->fixes[0].kind == DIAG_FIX_NONE) {
            fail_msg("%s has no remedy", r->id);
        }
    }
}

static void see(struct diag_session *s, const struct diag_event *e,
        const uint16_t *signs, unsigned most)
{
    for (unsigned i = 0; i < DIAG_RULE_SIGNS && i < most && signs[i] != 0;
            i++) {
        s->seen[signs[i]] = true;
        s->shown[signs[i]] = e;
    }
}

static bool has(const struct diag_report *report, const struct diag_rule *rule)
{
    for (uint8_t i = 0; i < report->verdict_count; i++) {
        if (report->verdicts[i].rule == rule) {
            return true;
        }
    }
    for (uint8_t i = 0; i < report->benign_count; i++) {
        if (report->benign[i].rule == rule) {
            return true;
        }
    }
    return false;
}

/* Fallbacks may lose to the row that explains their signs better. */
static void every_row_gives_its_verdict_for_its_signs(void **state)
{
    struct diag_session *s = malloc(sizeof(*s));
    struct diag_report *report = malloc(sizeof(*report));
    const struct diag_event event = { .file = "log",
        .line = 7,
        .quote = "quoted",
        .text = "",
        .dev = "" };
    (void)state;
    assert_non_null(s);
    assert_non_null(report);
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        const struct diag_rule *r = rule_at(i);
        memset(s, 0, sizeof(*s));
        memset(report, 0, sizeof(*report));
        see(s, &event, r->must, DIAG_RULE_SIGNS);
        see(s, &event, r->any, 1);
        see(s, &event, r->stronger, r->wants);
        diag_judge_signs(report, s, 0);
        if (!has(report, r) && !r->fallback) {
            fail_msg("%s does not show up for its own signs", r->id);
        }
    }
    free(s);
    free(report);
}

static void a_row_is_silent_when_a_must_not_is_seen(void **state)
{
    struct diag_session *s = malloc(sizeof(*s));
    struct diag_report *report = malloc(sizeof(*report));
    const struct diag_event event = { .file = "log",
        .quote = "",
        .text = "",
        .dev = "" };
    (void)state;
    assert_non_null(s);
    assert_non_null(report);
    for (size_t i = 0; rule_at(i) != NULL; i++) {
        const struct diag_rule *r = rule_at(i);
        for (unsigned k = 0; k < DIAG_RULE_SIGNS && r->must_not[k] != 0; k++) {
            memset(s, 0, sizeof(*s));
            memset(report, 0, sizeof(*report));
            see(s, &event, r->must, DIAG_RULE_SIGNS);
            see(s, &event, r->any, 1);
            see(s, &event, r->stronger, DIAG_RULE_SIGNS);
            s->seen[r->must_not[k]] = true;
            s->shown[r->must_not[k]] = &event;
            diag_judge_signs(report, s, 0);
            if (has(report, r)) {
                fail_msg("%s in spite of %s", r->id,
                        diag_sign_name(r->must_not[k]));
            }
        }
    }
    free(s);
    free(report);
}

static void no_sign_gives_no_verdict(void **state)
{
    struct diag_session *s = calloc(1, sizeof(*s));
    struct diag_report *report = calloc(1, sizeof(*report));
    (void)state;
    assert_non_null(s);
    assert_non_null(report);
    diag_judge_signs(report, s, 0);
    assert_int_equal(report->verdict_count, 0);
    assert_int_equal(report->benign_count, 0);
    free(s);
    free(report);
}

static void no_single_sign_of_a_session_that_works_gives_a_verdict(void **state)
{
    static const uint16_t good[] = { SIGN_ANSWERED, SIGN_LIST_NO_KEY,
        SIGN_LIST_KEY, SIGN_UPLOAD_1, SIGN_UPLOAD_2, SIGN_UPLOAD_IMAGE_1,
        SIGN_STATE_TEST, SIGN_STATE_CONFIRM, SIGN_RESET, SIGN_RESET_SENT,
        SIGN_TESTED, SIGN_AFTER_NEW, SIGN_AFTER_TRIAL, SIGN_FILES_2,
        SIGN_MEDIUM_BLE, SIGN_MEDIUM_UDP, SIGN_MEDIUM_SERIAL, SIGN_C_BOOT,
        SIGN_C_BANNER, SIGN_C_SWAP_TEST, SIGN_LIST_PENDING, SIGN_LIST_SLOT1,
        SIGN_FILE_GOOD, SIGN_DOWN_RESET };
    struct diag_session *s = calloc(1, sizeof(*s));
    struct diag_report *report = calloc(1, sizeof(*report));
    const struct diag_event event = { .file = "log", .quote = "" };
    (void)state;
    assert_non_null(s);
    assert_non_null(report);
    see(s, &event, good, 1000);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        s->seen[good[i]] = true;
        s->shown[good[i]] = &event;
    }
    diag_judge_signs(report, s, 0);
    assert_int_equal(report->verdict_count, 0);
    free(s);
    free(report);
}

static void rules_are_found_by_id_and_by_pattern(void **state)
{
    (void)state;
    assert_non_null(diag_rule_find("talking-to-serial-recovery"));
    assert_string_equal(diag_rule_find("N1")->id,
            "multi-image-package-on-single-image-device");
    assert_null(diag_rule_find("no-such-rule"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_unique_and_kebab_case),
        cmocka_unit_test(every_row_tells_what_a_person_needs),
        cmocka_unit_test(every_row_gives_its_verdict_for_its_signs),
        cmocka_unit_test(a_row_is_silent_when_a_must_not_is_seen),
        cmocka_unit_test(no_sign_gives_no_verdict),
        cmocka_unit_test(
                no_single_sign_of_a_session_that_works_gives_a_verdict),
        cmocka_unit_test(rules_are_found_by_id_and_by_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
