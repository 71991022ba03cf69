// SPDX-License-Identifier: Apache-2.0
/* Our own trace: what is read, and what a trace written by hand proves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/signs.h"
#include "diag_rig.h"

/* Hash 01 02 … 20 and 21 22 … 40. */
#define HASH_1 \
    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define HASH_2 \
    "2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40"

/* {"images":[{"slot":0,"version":"1","hash":h'aa..',"active":true,
 * "confirmed":true}]} with a hash of 32 times aa */
static const char list_answer[] =
        "0100005800010100"
        "a166696d6167657381a564736c6f74006776657273696f6e61316468617368"
        "5820"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "66616374697665f569636f6e6669726d6564f5";

static const char head[] = "{\"smpctl_trace\":1,\"tool\":\"smpctl\"}\n";

/* One whole upload of `size` bytes in two requests, as trace lines. */
static int put_upload(char *out, size_t cap, const char *image, const char *seq,
        const char *size_hex)
{
    /* {"off":0,"len":SIZE[,"image":1],"data":h'3db8f396'}, then the answer */
    return snprintf(out, cap,
            "{\"t\":1.0,\"k\":\"tx\",\"hex\":\"020000%s0001%s01%s636f666600"
            "636c656e19%s6464617461443db8f396\"}\n"
            "{\"t\":2.0,\"k\":\"rx\",\"hex\":\"030000080001%s01a1636f666619%s"
            "\"}\n",
            image[0] == '\0' ? "18" : "1f", seq,
            image[0] == '\0' ? "a3" : "a465696d61676501", size_hex, seq,
            size_hex);
}

/* The whole of the origin, written by hand. */
static void origin_trace(char *out, size_t cap)
{
    size_t n = 0;
    n += (size_t)snprintf(out + n, cap - n, "%s", head);
    n += (size_t)snprintf(out + n, cap - n,
            "{\"t\":0.0,\"k\":\"file\",\"image\":0,\"name\":\"app.bin\","
            "\"size\":4096,\"hash\":\"" HASH_1 "\"}\n"
            "{\"t\":0.0,\"k\":\"file\",\"image\":1,\"name\":\"net.bin\","
            "\"size\":8192,\"hash\":\"" HASH_2 "\"}\n"
            "{\"t\":0.1,\"k\":\"tx\",\"hex\":\"0000000100010100a0\"}\n"
            "{\"t\":0.2,\"k\":\"rx\",\"hex\":\"%s\"}\n",
            list_answer);
    n += (size_t)put_upload(out + n, cap - n, "", "02", "1000");
    n += (size_t)put_upload(out + n, cap - n, "1", "03", "2000");
    snprintf(out + n, cap - n,
            "{\"t\":3.0,\"k\":\"tx\",\"hex\":\"0200003100010400a2646861736858"
            "20" HASH_1 "67636f6e6669726df4\"}\n"
            "{\"t\":3.1,\"k\":\"rx\",\"hex\":\"0300000500010400a162726303\"}\n"
            "{\"t\":3.2,\"k\":\"error\",\"code\":\"device-refused\"}\n");
}

static void a_trace_by_hand_gives_the_origin_verdict(void **state)
{
    char text[4096];
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    origin_trace(text, sizeof(text));
    assert_int_equal(diag_rig_text(rig, "hand.jsonl", text), DIAG_SOURCE_TRACE);
    diag_rig_judge(rig);
    assert_true(rig->report.verdict_count >= 1);
    const struct diag_verdict *v = &rig->report.verdicts[0];
    assert_string_equal(v->rule->id,
            "multi-image-package-on-single-image-device");
    assert_true(v->confidence >= DIAG_CONFIDENCE_CERTAIN);
    assert_true(v->evidence_count >= 7);
    assert_string_equal(v->evidence[0].file, "hand.jsonl");
    diag_rig_destroy(rig);
}

static void a_session_that_works_gets_no_verdict(void **state)
{
    char text[4096];
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    int n = snprintf(text, sizeof(text),
            "%s{\"t\":0.1,\"k\":\"tx\",\"hex\":\"0000000100010100a0\"}\n"
            "{\"t\":0.2,\"k\":\"rx\",\"hex\":\"%s\"}\n",
            head, list_answer);
    put_upload(text + n, sizeof(text) - (size_t)n, "", "02", "1000");
    diag_rig_text(rig, "good", text);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.verdict_count, 0);
    assert_int_equal(rig->report.transfer_count, 1);
    assert_true(rig->report.transfers[0].complete);
    assert_true(rig->report.needs & DIAG_NEED_WHOLE_LOG);
    diag_rig_destroy(rig);
}

static void optional_queries_are_harmless(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "t",
            "{\"smpctl_trace\":1}\n"
            "{\"t\":0.1,\"k\":\"tx\",\"hex\":\"0000000100000106a0\"}\n"
            "{\"t\":0.2,\"k\":\"rx\",\"hex\":\"0100000500000106a162726308\"}\n"
            "{\"t\":0.3,\"k\":\"tx\",\"hex\":\"02000001003f0200a0\"}\n"
            "{\"t\":0.4,\"k\":\"rx\",\"hex\":\"03000005003f0200a162726308\"}"
            "\n");
    diag_rig_judge(rig);
    assert_int_equal(rig->report.verdict_count, 0);
    assert_int_equal(rig->report.benign_count, 2);
    assert_true(diag_rig_has(rig, true, "A7"));
    diag_rig_destroy(rig);
}

static void every_kind_of_line_becomes_its_event(void **state)
{
    static const enum diag_event_kind kinds[] = { DIAG_HEAD, DIAG_LINK,
        DIAG_MTU, DIAG_PARAMS, DIAG_TX, DIAG_RX, DIAG_NOISE, DIAG_NOISE,
        DIAG_FILE, DIAG_STEP, DIAG_ERROR, DIAG_NOTE };
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "t",
            "{\"smpctl_trace\":1}\n"
            "{\"t\":0.0,\"dev\":\"a\",\"k\":\"link\",\"state\":\"up\","
            "\"kind\":\"ble\",\"mtu\":252}\n"
            "{\"t\":0.0,\"dev\":\"a\",\"k\":\"link\",\"state\":\"up\","
            "\"params\":{\"buf_size\":384,\"buf_count\":4}}\n"
            "{\"t\":1.5,\"dev\":\"a\",\"k\":\"tx\",\"hex\":"
            "\"0000000100010100a0\"}\n"
            "{\"t\":1.625,\"dev\":\"a\",\"k\":\"rx\",\"dropped\":true,"
            "\"hex\":\"0100000500010100a162726308\"}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"noise\",\"text\":"
            "\"I: Swap type: revert\\u000d\\u000aI: hello\"}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"file\",\"image\":1,"
            "\"name\":\"n\\\"x\",\"size\":7}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"step\",\"state\":\"upload\"}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"error\",\"code\":\"no-answer\","
            "\"message\":\"nobody there\"}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"note\",\"text\":\"hm\"}\n"
            "{\"t\":2.0,\"dev\":\"a\",\"k\":\"something new\"}\n");
    assert_int_equal(rig->events.count, sizeof(kinds) / sizeof(kinds[0]));
    for (size_t i = 0; i < rig->events.count; i++) {
        assert_int_equal(rig->events.items[i].kind, kinds[i]);
    }
    const struct diag_event *e = rig->events.items;
    assert_true(e[1].up);
    assert_int_equal(e[1].sign, SIGN_MEDIUM_BLE);
    assert_int_equal(e[2].a, 252);
    assert_int_equal(e[3].b, 4);
    assert_int_equal(e[4].t_ms, 1500);
    assert_int_equal(e[4].line, 4);
    assert_true(e[5].late);
    assert_int_equal(e[6].sign, SIGN_C_SWAP_REVERT);
    assert_string_equal(e[8].text, "n\"x");
    assert_string_equal(e[10].text, "no-answer");
    assert_string_equal(e[10].quote, "nobody there");
    assert_string_equal(e[11].dev, "a");
    diag_rig_destroy(rig);
}

/* Cut anywhere: fewer events, never a crash, never a verdict of its own. */
static void a_trace_that_is_cut_is_read_up_to_there(void **state)
{
    char text[4096];
    size_t last = 0;
    (void)state;
    origin_trace(text, sizeof(text));
    for (size_t n = 0; n <= strlen(text); n++) {
        struct diag_rig *rig = diag_rig_create();
        diag_read(&rig->events, "cut", text, n);
        diag_rig_judge(rig);
        assert_true(rig->events.count + 1 >= last);
        last = rig->events.count;
        for (uint8_t i = 0; i < rig->report.verdict_count; i++) {
            assert_string_equal(rig->report.verdicts[i].rule->pattern, "N1");
        }
        diag_rig_destroy(rig);
    }
}

static void two_heads_are_two_sessions_and_the_last_is_judged_first(
        void **state)
{
    char text[8192];
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    origin_trace(text, 4096);
    size_t n = strlen(text);
    snprintf(text + n, sizeof(text) - n,
            "%s{\"t\":0.1,\"k\":\"tx\",\"hex\":\"0000000100010100a0\"}\n"
            "{\"t\":0.2,\"k\":\"rx\",\"hex\":\"0100000500010100a162726308\"}"
            "\n",
            head);
    diag_rig_text(rig, "two", text);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.sessions, 2);
    assert_string_equal(diag_rig_first(rig), "A11");
    assert_int_equal(rig->report.verdicts[0].session, 1);
    assert_true(diag_rig_has(rig, false, "N1"));
    diag_rig_destroy(rig);
}

static void devices_of_one_process_are_judged_apart(void **state)
{
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "t",
            "{\"smpctl_trace\":1}\n"
            "{\"t\":0.1,\"dev\":\"a\",\"k\":\"tx\",\"hex\":"
            "\"0000000100010100a0\"}\n"
            "{\"t\":0.1,\"dev\":\"b\",\"k\":\"tx\",\"hex\":"
            "\"0000000100010100a0\"}\n"
            "{\"t\":0.2,\"dev\":\"a\",\"k\":\"rx\",\"hex\":"
            "\"0100000500010100a162726308\"}\n"
            "{\"t\":0.2,\"dev\":\"b\",\"k\":\"rx\",\"hex\":"
            "\"0100000500010100a162726307\"}\n");
    diag_rig_judge(rig);
    assert_int_equal(rig->report.sessions, 2);
    assert_true(diag_rig_has(rig, false, "A11"));
    assert_true(diag_rig_has(rig, false, "B9"));
    diag_rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_by_hand_gives_the_origin_verdict),
        cmocka_unit_test(a_session_that_works_gets_no_verdict),
        cmocka_unit_test(optional_queries_are_harmless),
        cmocka_unit_test(every_kind_of_line_becomes_its_event),
        cmocka_unit_test(a_trace_that_is_cut_is_read_up_to_there),
        cmocka_unit_test(
                two_heads_are_two_sessions_and_the_last_is_judged_first),
        cmocka_unit_test(devices_of_one_process_are_judged_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
