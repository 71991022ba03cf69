// SPDX-License-Identifier: Apache-2.0
/* Requests, matching, answers and the end of a link. */
#include "client_rig.h"

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
        a = settle(&r, 1, EMPTY, i);
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
        ask(&r, 10 + i, 0);
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
    ask(&r, 1, 0);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        uint8_t msg[16];

        memcpy(msg, r.sent, r.sent_len);
        msg[other[i].at] ^= other[i].flip;
        assert_int_equal(answer(&r, msg, 1, EMPTY, 1), 0);
        assert_false(smp_client_event(&r.c, &a));
        assert_int_equal(r.c.dropped, i + 1);
    }
    assert_int_equal(r.seen.count[SMP_TRACE_DROPPED], 5);
    (void)settle(&r, 1, EMPTY, 1);
}

static void client_drops_late_and_duplicate_answers(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    ask(&r, 1, 0);
    (void)settle(&r, 1, EMPTY, 1);
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
    ask(&r, 1, 0);
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
    ask(&r, 1, 0);
    a = settle(&r, 1, err, sizeof(err) - 1, 1);
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.shape, SMP_REFUSAL_ERR);
    assert_int_equal(a.refusal.rc_group, 1);
    assert_int_equal(a.refusal.rc, 8);
    ask(&r, 2, 2);
    a = settle(&r, 0, RC("\x0a"), 3);
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.shape, SMP_REFUSAL_RC);
    assert_int_equal(a.refusal.rc, 10);
    assert_int_equal(a.refusal.op, SMP_OP_WRITE);
}

static void client_repeats_then_reports_an_answer_that_cannot_be_read(
        void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_2, 0);
    ask(&r, 1, 0);
    for (uint32_t i = 1; i < r.c.cfg.tries; i++) {
        assert_int_equal(answer(&r, r.sent, 1, "\xa1\x61", 2, i), 0);
        assert_false(smp_client_event(&r.c, &a));
        assert_true(send_one(&r, i)); /* at once, without its timer */
    }
    a = settle(&r, 1, "\xa1\x61", 2, 9);
    assert_true(a.result == SMP_E_SHORT || a.result == SMP_E_CBOR);
    assert_int_equal(a.tag, 1);
    assert_int_equal(a.body.len, 2);
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
        cmocka_unit_test(
                client_repeats_then_reports_an_answer_that_cannot_be_read),
        cmocka_unit_test(client_ends_every_request_when_the_link_goes),
        cmocka_unit_test(client_forgets_cancelled_requests_silently),
        cmocka_unit_test(link_tells_the_largest_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
