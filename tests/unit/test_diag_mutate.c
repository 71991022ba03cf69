// SPDX-License-Identifier: Apache-2.0
/*
 * Damaged logs: lines dropped, doubled, swapped, the text cut, bytes flipped.
 * Nothing crashes, and no verdict that is called certain is a wrong one. A
 * failure prints case and seed.
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

#define RUNS 400u

static uint64_t state_of_random;

static uint32_t random_below(uint32_t bound)
{
    uint64_t z = (state_of_random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bound == 0 ? 0 : (uint32_t)((z ^ (z >> 31)) % bound);
}

/* Start of each line; returns how many there are. */
static size_t find_lines(const unsigned char *text, size_t len, size_t *at,
        size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < max; i++) {
        if (i == 0 || text[i - 1] == '\n') {
            at[n++] = i;
        }
    }
    return n;
}

/* Lines in another number and order. */
static size_t shuffle_lines(const unsigned char *text, size_t len,
        unsigned char *out, size_t cap, unsigned how)
{
    size_t at[256];
    size_t order[512];
    size_t n = find_lines(text, len, at, 256);
    size_t count = 0;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned dice = random_below(6);
        if (how == 0 && dice == 0) {
            continue;
        }
        order[count++] = i;
        if (how == 1 && dice == 0) {
            order[count++] = i;
        }
    }
    for (unsigned i = 0; how == 2 && i < 4 && count > 1; i++) {
        size_t a = random_below((uint32_t)count);
        size_t b = random_below((uint32_t)count);
        size_t swap = order[a];
        order[a] = order[b];
        order[b] = swap;
    }
    for (size_t i = 0; i < count; i++) {
        size_t end = order[i] + 1 < n ? at[order[i] + 1] : len;
        size_t size = end - at[order[i]];
        if (used + size > cap) {
            break;
        }
        memcpy(out + used, text + at[order[i]], size);
        used += size;
    }
    return used;
}

static size_t mutate(const unsigned char *text, size_t len, unsigned char *out,
        size_t cap)
{
    unsigned how = random_below(5);
    if (how < 3) {
        return shuffle_lines(text, len, out, cap, how);
    }
    memcpy(out, text, len);
    if (how == 3) {
        return random_below((uint32_t)len + 1);
    }
    for (unsigned i = 0; i < 6; i++) {
        out[random_below((uint32_t)len)] ^=
                (unsigned char)(1u << random_below(8));
    }
    return len;
}

static bool allowed(const struct expected *c, const struct diag_verdict *v)
{
    return v->confidence < DIAG_CONFIDENCE_CERTAIN ||
            strstr(c->verdict, v->rule->pattern) != NULL ||
            (c->also != NULL && strstr(c->also, v->rule->pattern) != NULL);
}

static unsigned run_case(const struct expected *c)
{
    char name[128];
    unsigned wrong = 0;
    size_t len = 0;
    snprintf(name, sizeof(name), "cases/%s.log", c->log);
    unsigned char *text = diag_rig_load(name, &len);
    unsigned char *out = malloc(2 * len + 1);
    assert_non_null(out);
    for (unsigned seed = 1; seed <= RUNS; seed++) {
        struct diag_rig *rig = diag_rig_create();
        state_of_random = seed;
        size_t size = mutate(text, len, out, 2 * len);
        diag_read(&rig->events, c->log, out, size);
        diag_rig_judge(rig);
        for (uint8_t i = 0; i < rig->report.verdict_count; i++) {
            const struct diag_verdict *v = &rig->report.verdicts[i];
            if (!allowed(c, v)) {
                fprintf(stderr, "%s, seed %u: certain of %s (%s)\n", c->log,
                        seed, v->rule->pattern, v->rule->id);
                wrong++;
            }
        }
        diag_rig_destroy(rig);
    }
    free(out);
    free(text);
    return wrong;
}

static void damaged_logs_raise_no_certain_wrong_verdict(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wrong += run_case(&cases[i]);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_logs_raise_no_certain_wrong_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
