// SPDX-License-Identifier: Apache-2.0
/* The list of events: folding, the cap, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/message.h"
#include "diag_rig.h"
#include "smp/message.h"

/* A message of the image group: {"off": off} and more. */
static void add(struct diag_events *list, const char *file, bool tx,
        uint32_t off, uint32_t data, uint32_t line)
{
    static const uint8_t bytes[512];
    uint8_t message[600];
    struct smp_encoder enc;
    struct smp_header h = { .op = tx ? 2 : 3,
        .group = 1,
        .id = 1,
        .seq = (uint8_t)line };
    smp_encoder_init(&enc, message + SMP_HEADER_SIZE, 560, SMP_FORM_DEFINITE);
    smp_put_map(&enc, tx ? 2 : 1);
    smp_put_key(&enc, "off");
    smp_put_uint(&enc, off);
    if (tx) {
        smp_put_key(&enc, "data");
        smp_put_bytes(&enc, (struct smp_bytes){ bytes, data });
    }
    int len = smp_encoder_finish(&enc);
    assert_true(len > 0);
    h.len = (uint16_t)len;
    smp_header_encode(&h, message);
    struct diag_event e = { .kind = tx ? DIAG_TX : DIAG_RX,
        .line = line,
        .file = file,
        .t_ms = (int64_t)line * 10,
        .dev = "",
        .text = "",
        .quote = "",
        .message = message,
        .message_len = SMP_HEADER_SIZE + (size_t)len,
        .header = h };
    assert_int_equal(diag_events_add(list, &e), 0);
}

static void long_runs_of_chunks_are_folded(void **state)
{
    struct diag_events list;
    (void)state;
    diag_events_init(&list);
    const char *file = diag_events_name(&list, "log", 3);
    for (uint32_t i = 1; i <= 100; i++) {
        add(&list, file, true, i * 100, 100, 2 * i);
        add(&list, file, false, i * 100 + 100, 0, 2 * i + 1);
    }
    diag_events_fold(&list);
    assert_in_range(list.count, 3, 20);
    const struct diag_run *run = NULL;
    uint32_t requests = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].kind == DIAG_RUN) {
            run = list.items[i].run;
            requests += run->requests;
        } else {
            requests += list.items[i].kind == DIAG_TX ? 1 : 0;
        }
    }
    assert_non_null(run);
    assert_int_equal(requests, 100);
    assert_int_equal(run->data_max, 100);
    assert_int_equal(run->in_flight, 1);
    assert_int_equal(run->gap_ms, 20);
    size_t count = list.count;
    diag_events_fold(&list);
    assert_int_equal(list.count, count);
    diag_events_clear(&list);
}

static void an_offset_that_goes_back_ends_a_run(void **state)
{
    struct diag_events list;
    (void)state;
    diag_events_init(&list);
    const char *file = diag_events_name(&list, "log", 3);
    for (uint32_t i = 1; i <= 60; i++) {
        uint32_t off = i < 30 ? i * 100 : (i - 20) * 100;
        add(&list, file, true, off, 100, 2 * i);
        add(&list, file, false, off + 100, 0, 2 * i + 1);
    }
    diag_events_fold(&list);
    unsigned runs = 0;
    for (size_t i = 0; i < list.count; i++) {
        runs += list.items[i].kind == DIAG_RUN ? 1 : 0;
    }
    assert_int_equal(runs, 2);
    diag_events_clear(&list);
}

static void beyond_the_cap_the_middle_is_given_up(void **state)
{
    struct diag_events list;
    (void)state;
    diag_events_init(&list);
    const char *file = diag_events_name(&list, "log", 3);
    for (uint32_t i = 1; i <= 3 * DIAG_EVENTS_MAX; i++) {
        struct diag_event e = { .kind = DIAG_NOISE,
            .line = i,
            .file = file,
            .dev = "",
            .text = "x",
            .quote = "x" };
        assert_int_equal(diag_events_add(&list, &e), 0);
    }
    assert_true(list.count <= DIAG_EVENTS_MAX);
    assert_int_equal(list.count + list.dropped, 3 * DIAG_EVENTS_MAX);
    assert_int_equal(list.items[0].line, 1);
    assert_int_equal(list.items[list.count - 1].line, 3 * DIAG_EVENTS_MAX);
    diag_events_clear(&list);
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct diag_events list;
    char text[1000];
    (void)state;
    for (size_t i = 0; i + 3 < sizeof(text); i += 2) {
        memcpy(text + i, "\xc3\xa9", 3);
    }
    diag_events_init(&list);
    struct diag_event e = { .kind = DIAG_NOTE,
        .file = "f",
        .dev = "",
        .text = text,
        .quote = text };
    assert_int_equal(diag_events_add(&list, &e), 0);
    size_t len = strlen(list.items[0].quote);
    assert_in_range(len, DIAG_QUOTE_MAX - 3, DIAG_QUOTE_MAX);
    assert_int_equal(len % 2, 0);
    diag_events_clear(&list);
}

static void names_are_kept_once(void **state)
{
    struct diag_events list;
    (void)state;
    diag_events_init(&list);
    const char *a = diag_events_name(&list, "log", 3);
    const char *b = diag_events_name(&list, "log2", 3);
    assert_ptr_equal(a, b);
    assert_string_equal(diag_events_name(&list, "", 0), "");
    diag_events_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_runs_of_chunks_are_folded),
        cmocka_unit_test(an_offset_that_goes_back_ends_a_run),
        cmocka_unit_test(beyond_the_cap_the_middle_is_given_up),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(names_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
