// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp/client.h"
#include "smp/group_os.h"
#include "smp/server.h"

#define PLACES   4
#define BUF_SIZE 64

struct seen {
    unsigned count[4];
};

struct rig {
    struct smp_client c;
    struct smp_client_place places[PLACES];
    uint8_t buf[PLACES * BUF_SIZE];
    struct seen seen;
    uint8_t sent[BUF_SIZE];
    size_t sent_len;
    uint8_t rsp[BUF_SIZE];
};

static void on_message(void *ctx, uint32_t now_ms, enum smp_trace_kind kind,
        struct smp_bytes message)
{
    struct seen *seen = ctx;

    (void)now_ms;
    (void)message;
    seen->count[kind]++;
}

static const struct smp_trace_ops trace_ops = { on_message };

static void rig_init(struct rig *r, enum smp_version_mode version,
        uint8_t first_seq)
{
    memset(r, 0xa5, sizeof(*r));
    memset(&r->seen, 0, sizeof(r->seen));
    smp_client_init(&r->c,
            &(struct smp_client_config){
                    .places = r->places,
                    .place_count = PLACES,
                    .buf = r->buf,
                    .buf_size = BUF_SIZE,
                    .version = (uint8_t)version,
                    .first_seq = first_seq,
                    .tries = 3,
                    .timeout_ms = 2500,
                    .trace = &trace_ops,
                    .trace_ctx = &r->seen,
            });
}

static int echo(struct rig *r, const char *text, uint32_t tag,
        uint32_t timeout_ms)
{
    struct smp_os_echo_req body = {
        .has = SMP_OS_ECHO_REQ_D,
        .d = { (const uint8_t *)text, strlen(text) },
    };
    struct smp_request req = {
        .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &body,
        .timeout_ms = timeout_ms,
        .tag = tag,
    };

    return smp_client_request(&r->c, &req, 0);
}

/* Takes one message off the client; false when there is none. */
static bool send_one(struct rig *r, uint32_t now_ms)
{
    const uint8_t *out = smp_client_output(&r->c, &r->sent_len);

    if (out == NULL) {
        return false;
    }
    assert_true(r->sent_len <= BUF_SIZE);
    memcpy(r->sent, out, r->sent_len);
    smp_client_sent(&r->c, now_ms);
    return true;
}

/* Answers the request in msg with version bits and a CBOR body. */
static int answer(struct rig *r, const uint8_t *msg, uint8_t version,
        const char *body, size_t body_len, uint32_t now_ms)
{
    struct smp_header hdr;

    assert_int_equal(smp_header_decode(msg, SMP_HEADER_SIZE, &hdr), 8);
    hdr.op++;
    hdr.version = version;
    hdr.len = (uint16_t)body_len;
    smp_header_encode(&hdr, r->rsp);
    memcpy(r->rsp + SMP_HEADER_SIZE, body, body_len);
    return smp_client_input(&r->c, r->rsp, SMP_HEADER_SIZE + body_len, now_ms);
}

#define EMPTY "\xa0", 1u
#define RC(n) "\xa1\x62rc" n, 5u

static uint8_t wire_version(const uint8_t *msg)
{
    return (uint8_t)(msg[0] >> 3 & 3);
}

static void client_encodes_the_request_it_was_given(void **state)
{
    static const uint8_t wire[] = { 0x0a, 0, 0, 6, 0, 0, 9, 0, 0xa1, 0x61, 'd',
        0x62, 'h', 'i' };
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 9);
    assert_int_equal(echo(&r, "hi", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(r.sent_len, sizeof(wire));
    assert_memory_equal(r.sent, wire, sizeof(wire));
    assert_false(send_one(&r, 0));
}

static void client_sends_an_empty_map_without_a_body(void **state)
{
    static const uint8_t raw[] = { 0xa1, 0x61, 'x', 0x01 };
    struct smp_request req = { .op = SMP_OP_READ, .id = 6 };
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_1, 0);
    assert_int_equal(smp_client_request(&r.c, &req, 0), 0);
    assert_true(send_one(&r, 0));
    assert_memory_equal(r.sent, "\x00\x00\x00\x01\x00\x00\x00\x06\xa0", 9);
    req.raw = (struct smp_bytes){ raw, sizeof(raw) };
    assert_int_equal(smp_client_request(&r.c, &req, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(r.sent_len, 12);
    assert_memory_equal(r.sent + 8, raw, sizeof(raw));
}

static void client_hands_out_the_answer_with_tag_and_round_trip(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "hi", 77, 0), 0);
    assert_true(send_one(&r, 100));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 140), 0);
    assert_int_equal(smp_client_wait_ms(&r.c, 140), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.tag, 77);
    assert_int_equal(a.result, 0);
    assert_int_equal(a.rtt_ms, 40);
    assert_int_equal(a.sends, 1);
    assert_int_equal(a.header.op, SMP_OP_WRITE_RSP);
    assert_ptr_equal(a.body.ptr, r.rsp + 8);
    assert_int_equal(a.body.len, 1);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(smp_client_free(&r.c), PLACES);
    assert_int_equal(smp_client_wait_ms(&r.c, 140), UINT32_MAX);
}

static void client_refuses_a_request_when_every_place_is_taken(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 254);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal(smp_client_free(&r.c), PLACES - i);
        assert_int_equal(echo(&r, "x", i, 0), 0);
    }
    assert_int_equal(echo(&r, "x", 9, 0), SMP_E_BUSY);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 1), 0);
    assert_int_equal(smp_client_input(&r.c, r.rsp, 9, 1), SMP_E_BUSY);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(echo(&r, "x", 9, 0), 0);
}

static void client_refuses_a_request_that_is_larger_than_a_place(void **state)
{
    struct rig r;
    char text[BUF_SIZE];

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    memset(text, 'x', sizeof(text));
    text[52] = '\0'; /* 8 header + 1 map + 2 key + 2 head + 52 = 65 */
    assert_int_equal(echo(&r, text, 0, 0), SMP_E_SPACE);
    text[51] = '\0';
    assert_int_equal(echo(&r, text, 0, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(r.sent_len, BUF_SIZE);
}

static void client_never_reuses_an_open_sequence_number(void **state)
{
    struct smp_answer a;
    struct rig r;
    uint8_t first;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 250);
    assert_int_equal(echo(&r, "x", 0, 60000), 0);
    assert_true(send_one(&r, 0));
    first = r.sent[6];
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(echo(&r, "y", 1, 0), 0);
        assert_true(send_one(&r, i));
        assert_int_not_equal(r.sent[6], first);
        assert_int_equal(answer(&r, r.sent, 1, EMPTY, i), 0);
        assert_true(smp_client_event(&r.c, &a));
        assert_int_equal(a.tag, 1);
    }
}

static void client_matches_answers_in_any_order(void **state)
{
    uint8_t msg[3][16];
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(echo(&r, "x", 10 + i, 0), 0);
        assert_true(send_one(&r, 0));
        memcpy(msg[i], r.sent, r.sent_len);
    }
    for (uint32_t i = 3; i-- > 0;) {
        assert_int_equal(answer(&r, msg[i], 1, EMPTY, 5), 0);
        assert_true(smp_client_event(&r.c, &a));
        assert_int_equal(a.tag, 10 + i);
    }
    assert_int_equal(r.c.dropped, 0);
}

static void client_drops_answers_of_another_request(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t flip;
    } other[] = { { 0, 2 }, { 4, 1 }, { 5, 1 }, { 6, 1 }, { 7, 1 } };
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        uint8_t msg[16];

        memcpy(msg, r.sent, r.sent_len);
        msg[other[i].at] ^= other[i].flip;
        assert_int_equal(answer(&r, msg, 1, EMPTY, 1), 0);
        assert_false(smp_client_event(&r.c, &a));
        assert_int_equal(r.c.dropped, i + 1);
    }
    assert_int_equal(r.seen.count[SMP_TRACE_DROPPED], 5);
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
}

static void client_drops_late_and_duplicate_answers(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 2), 0);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(r.c.dropped, 1);
}

static void client_drops_what_is_no_whole_answer(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    for (size_t n = 0; n < SMP_HEADER_SIZE; n++) {
        assert_int_equal(smp_client_input(&r.c, r.sent, n, 0), SMP_E_SHORT);
    }
    /* Its own request, echoed by a serial line. */
    assert_int_equal(smp_client_input(&r.c, r.sent, r.sent_len, 0),
            SMP_E_PROTO);
    memcpy(r.rsp, "\x0b\x00\x00\x09\x00\x00\x00\x00\xa0", 9);
    assert_int_equal(smp_client_input(&r.c, r.rsp, 9, 0), SMP_E_SHORT);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(r.c.dropped, 10);
}

static void client_ignores_an_answer_to_what_was_not_sent_yet(void **state)
{
    static const uint8_t early[] = { 0x0b, 0, 0, 1, 0, 0, 0, 0, 0xa0 };
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_int_equal(smp_client_input(&r.c, early, sizeof(early), 0), 0);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(r.c.dropped, 1);
}

static void client_passes_refusals_on_unmapped(void **state)
{
    static const char err[] = "\xbf\x63"
                              "err\xbf\x65"
                              "group\x01\x62rc\x08\xff\xff";
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_2, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, err, sizeof(err) - 1, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.shape, SMP_REFUSAL_ERR);
    assert_int_equal(a.refusal.rc_group, 1);
    assert_int_equal(a.refusal.rc, 8);
    assert_int_equal(echo(&r, "x", 2, 0), 0);
    assert_true(send_one(&r, 2));
    assert_int_equal(answer(&r, r.sent, 0, RC("\x0a"), 3), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.shape, SMP_REFUSAL_RC);
    assert_int_equal(a.refusal.rc, 10);
    assert_int_equal(a.refusal.op, SMP_OP_WRITE);
}

static void client_reports_an_answer_that_cannot_be_read(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_2, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, "\xa1\x61", 2, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_true(a.result == SMP_E_SHORT || a.result == SMP_E_CBOR);
    assert_int_equal(a.tag, 1);
    assert_int_equal(a.body.len, 2);
}

static void client_resends_the_same_bytes_then_times_out(void **state)
{
    uint8_t first[BUF_SIZE];
    struct smp_answer a;
    struct rig r;
    uint32_t now = UINT32_MAX - 1000; /* the clock wraps on the way */

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "same", 5, 700), 0);
    for (unsigned n = 1; n <= 3; n++) {
        assert_true(send_one(&r, now));
        if (n == 1) {
            memcpy(first, r.sent, r.sent_len);
        }
        assert_memory_equal(r.sent, first, r.sent_len);
        assert_int_equal(smp_client_wait_ms(&r.c, now), 700);
        smp_client_tick(&r.c, now + 699);
        assert_false(send_one(&r, now));
        now += 700;
        assert_int_equal(smp_client_wait_ms(&r.c, now), 0);
        smp_client_tick(&r.c, now);
        assert_int_equal(r.c.timeouts, n);
    }
    assert_false(send_one(&r, now));
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, SMP_E_TIMEOUT);
    assert_int_equal(a.tag, 5);
    assert_int_equal(a.sends, 3);
    assert_int_equal(a.body.len, 0);
    assert_int_equal(smp_client_free(&r.c), PLACES);
    assert_int_equal(r.seen.count[SMP_TRACE_TX], 3);
    assert_int_equal(r.seen.count[SMP_TRACE_TIMEOUT], 3);
}

static void client_takes_the_answer_of_an_earlier_try(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    smp_client_tick(&r.c, 2500);
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 2600), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, 0);
    assert_false(send_one(&r, 2600));
    assert_int_equal(smp_client_free(&r.c), PLACES);
}

static void client_keeps_the_bytes_that_the_link_still_holds(void **state)
{
    const uint8_t *out;
    struct smp_answer a;
    struct rig r;
    size_t len;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    smp_client_tick(&r.c, 2500);
    out = smp_client_output(&r.c, &len);
    assert_non_null(out);
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 2600), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(smp_client_free(&r.c), PLACES - 1);
    assert_ptr_equal(smp_client_output(&r.c, &len), out);
    assert_memory_equal(out, r.sent, r.sent_len);
    smp_client_sent(&r.c, 2700);
    assert_int_equal(smp_client_free(&r.c), PLACES);
    assert_int_equal(smp_client_wait_ms(&r.c, 2700), UINT32_MAX);
}

/* One echo whose answer takes rtt_ms; returns the time-out that was armed. */
static uint32_t round_trip(struct rig *r, uint32_t *now, uint32_t rtt_ms)
{
    struct smp_answer a;
    uint32_t armed;

    assert_int_equal(echo(r, "x", 1, 0), 0);
    assert_true(send_one(r, *now));
    armed = smp_client_wait_ms(&r->c, *now);
    *now += rtt_ms;
    assert_int_equal(answer(r, r->sent, 1, EMPTY, *now), 0);
    assert_true(smp_client_event(&r->c, &a));
    return armed;
}

static void client_learns_the_round_trip_and_has_a_floor(void **state)
{
    struct rig r;
    uint32_t now = 0;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(round_trip(&r, &now, 400), 2500);
    assert_int_equal(round_trip(&r, &now, 400), 400 + 4 * 200);
    for (unsigned i = 0; i < 50; i++) {
        (void)round_trip(&r, &now, 2);
    }
    assert_int_equal(round_trip(&r, &now, 2), SMP_CLIENT_TIMEOUT_MIN_MS);
    for (unsigned i = 0; i < 200; i++) {
        (void)round_trip(&r, &now, 0);
    }
    assert_int_equal(round_trip(&r, &now, 0), SMP_CLIENT_TIMEOUT_MIN_MS);
}

static void client_takes_no_sample_from_a_resent_or_fixed_request(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 40000), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 9000), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(r.c.srtt_ms, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 10000));
    smp_client_tick(&r.c, 12500);
    assert_true(send_one(&r, 12500));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 12501), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.sends, 2);
    assert_int_equal(r.c.srtt_ms, 0);
}

static void client_backs_off_until_a_first_try_is_answered(void **state)
{
    struct smp_answer a;
    struct rig r;
    uint32_t now = 0;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    for (unsigned i = 0; i < 40; i++) {
        (void)round_trip(&r, &now, 10);
    }
    /* The link becomes slower than the learned time-out. */
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_int_equal(echo(&r, "y", 2, 0), 0);
    assert_true(send_one(&r, now));
    assert_true(send_one(&r, now));
    assert_int_equal(smp_client_wait_ms(&r.c, now), 500);
    now += 500;
    smp_client_tick(&r.c, now);
    assert_true(send_one(&r, now));
    assert_int_equal(smp_client_wait_ms(&r.c, now), 0);
    assert_true(send_one(&r, now));
    /* Two places, one back-off. */
    assert_int_equal(smp_client_wait_ms(&r.c, now), 1000);
    smp_client_cancel(&r.c);
    /* The next one starts with the longer time: a sample is possible. */
    assert_int_equal(round_trip(&r, &now, 900), 1000);
    assert_int_equal(r.c.backoff, 0);
    assert_false(smp_client_event(&r.c, &a));
}

static void client_speaks_v1_once_the_device_does(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(wire_version(r.sent), SMP_V2);
    assert_int_equal(answer(&r, r.sent, 0, EMPTY, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_true(r.c.version_known);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 2));
    assert_int_equal(wire_version(r.sent), SMP_V1);
    smp_client_reset(&r.c, 3);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 4));
    assert_int_equal(wire_version(r.sent), SMP_V2);
}

static void client_keeps_the_version_it_was_told(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    for (unsigned v = 0; v < 2; v++) {
        rig_init(&r, v == 0 ? SMP_VERSION_1 : SMP_VERSION_2, 0);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(echo(&r, "x", 1, 0), 0);
            assert_true(send_one(&r, 0));
            assert_int_equal(wire_version(r.sent), v);
            assert_int_equal(answer(&r, r.sent, 0,
                                     v == 0 ? "\xa1\x62rc\x0c"
                                            : "\xa1\x62rc\x0d",
                                     5, 1),
                    0);
            assert_true(smp_client_event(&r.c, &a));
            assert_int_equal(a.result, SMP_E_REMOTE);
        }
    }
}

static void client_asks_again_in_the_other_version_once(void **state)
{
    uint8_t old[BUF_SIZE];
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    memcpy(old, r.sent, r.sent_len);
    assert_int_equal(answer(&r, r.sent, 1, RC("\x0d"), 1), 0);
    assert_false(smp_client_event(&r.c, &a));
    assert_true(send_one(&r, 2));
    assert_int_equal(wire_version(r.sent), SMP_V1);
    assert_int_not_equal(r.sent[6], old[6]);
    assert_memory_equal(r.sent + 7, old + 7, r.sent_len - 7);
    /* The refusal comes twice: it belongs to nobody now. */
    assert_int_equal(answer(&r, old, 1, RC("\x0d"), 3), 0);
    assert_false(smp_client_event(&r.c, &a));
    /* And refused in this version, too: that is the answer. */
    assert_int_equal(answer(&r, r.sent, 1, RC("\x0c"), 4), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.rc, 12);
}

static void client_goes_back_to_v2_when_v1_is_too_old(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 0, EMPTY, 1), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(echo(&r, "x", 2, 0), 0);
    assert_true(send_one(&r, 2));
    assert_int_equal(wire_version(r.sent), SMP_V1);
    assert_int_equal(answer(&r, r.sent, 0, RC("\x0c"), 3), 0);
    assert_true(send_one(&r, 4));
    assert_int_equal(wire_version(r.sent), SMP_V2);
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 5), 0);
    assert_true(smp_client_event(&r.c, &a));
    assert_int_equal(a.result, 0);
    assert_int_equal(a.tag, 2);
}

static void client_ends_every_request_when_the_link_goes(void **state)
{
    struct smp_answer a;
    struct rig r;
    unsigned ended = 0;
    size_t len;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    for (uint32_t i = 0; i < PLACES; i++) {
        assert_int_equal(echo(&r, "x", i, 0), 0);
    }
    assert_true(send_one(&r, 0));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 1), 0); /* not taken */
    assert_true(send_one(&r, 1));
    assert_non_null(smp_client_output(&r.c, &len)); /* in the link's hands */
    smp_client_reset(&r.c, 2);
    while (smp_client_event(&r.c, &a)) {
        assert_int_equal(a.result, SMP_E_LINK);
        assert_int_equal(a.body.len, 0);
        ended |= 1u << a.tag;
    }
    assert_int_equal(ended, (1u << PLACES) - 1u);
    smp_client_sent(&r.c, 3);
    assert_null(smp_client_output(&r.c, &len));
    assert_int_equal(smp_client_free(&r.c), PLACES);
}

static void client_forgets_cancelled_requests_silently(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    assert_int_equal(echo(&r, "x", 1, 0), 0);
    assert_int_equal(echo(&r, "y", 2, 0), 0);
    assert_true(send_one(&r, 0));
    smp_client_cancel(&r.c);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(answer(&r, r.sent, 1, EMPTY, 1), 0);
    assert_false(smp_client_event(&r.c, &a));
    assert_false(send_one(&r, 2));
    assert_int_equal(r.c.dropped, 1);
}

static void link_tells_the_largest_message(void **state)
{
    struct smp_link link = { .kind = SMP_LINK_CONSOLE, .max_message = 252 };

    (void)state;
    assert_int_equal(smp_link_message_size(&link, 0), 252);
    link.max_reassembled = 4096;
    assert_int_equal(smp_link_message_size(&link, 384), 380);
    assert_int_equal(smp_link_message_size(&link, 3), 0);
    link.kind = SMP_LINK_RAW;
    assert_int_equal(smp_link_message_size(&link, 384), 384);
    link.kind = SMP_LINK_BLE;
    assert_int_equal(smp_link_message_size(&link, 2475), 2475);
    assert_int_equal(smp_link_message_size(&link, 128), 128);
    assert_int_equal(smp_link_message_size(&link, 10000), 4096);
    link.kind = SMP_LINK_DATAGRAM;
    link.max_message = 1024;
    link.max_reassembled = 1472;
    assert_int_equal(smp_link_message_size(&link, 0), 1024);
    assert_int_equal(smp_link_message_size(&link, 2475), 1472);
    assert_int_equal(smp_link_message_size(&link, 512), 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_encodes_the_request_it_was_given),
        cmocka_unit_test(client_sends_an_empty_map_without_a_body),
        cmocka_unit_test(client_hands_out_the_answer_with_tag_and_round_trip),
        cmocka_unit_test(client_refuses_a_request_when_every_place_is_taken),
        cmocka_unit_test(client_refuses_a_request_that_is_larger_than_a_place),
        cmocka_unit_test(client_never_reuses_an_open_sequence_number),
        cmocka_unit_test(client_matches_answers_in_any_order),
        cmocka_unit_test(client_drops_answers_of_another_request),
        cmocka_unit_test(client_drops_late_and_duplicate_answers),
        cmocka_unit_test(client_drops_what_is_no_whole_answer),
        cmocka_unit_test(client_ignores_an_answer_to_what_was_not_sent_yet),
        cmocka_unit_test(client_passes_refusals_on_unmapped),
        cmocka_unit_test(client_reports_an_answer_that_cannot_be_read),
        cmocka_unit_test(client_resends_the_same_bytes_then_times_out),
        cmocka_unit_test(client_takes_the_answer_of_an_earlier_try),
        cmocka_unit_test(client_keeps_the_bytes_that_the_link_still_holds),
        cmocka_unit_test(client_learns_the_round_trip_and_has_a_floor),
        cmocka_unit_test(client_takes_no_sample_from_a_resent_or_fixed_request),
        cmocka_unit_test(client_backs_off_until_a_first_try_is_answered),
        cmocka_unit_test(client_speaks_v1_once_the_device_does),
        cmocka_unit_test(client_keeps_the_version_it_was_told),
        cmocka_unit_test(client_asks_again_in_the_other_version_once),
        cmocka_unit_test(client_goes_back_to_v2_when_v1_is_too_old),
        cmocka_unit_test(client_ends_every_request_when_the_link_goes),
        cmocka_unit_test(client_forgets_cancelled_requests_silently),
        cmocka_unit_test(link_tells_the_largest_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
