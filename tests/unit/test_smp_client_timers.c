// SPDX-License-Identifier: Apache-2.0
/* Retries, learned time-outs and the protocol version. */
#include "client_rig.h"

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
    ask(&r, 1, 0);
    smp_client_tick(&r.c, 2500);
    a = settle(&r, 1, EMPTY, 2600);
    assert_int_equal(a.result, 0);
    assert_false(send_one(&r, 2600));
    assert_int_equal(smp_client_free(&r.c), PLACES);
}

static void client_keeps_the_bytes_that_the_link_still_holds(void **state)
{
    const uint8_t *out;
    struct rig r;
    size_t len;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    ask(&r, 1, 0);
    smp_client_tick(&r.c, 2500);
    out = smp_client_output(&r.c, &len);
    assert_non_null(out);
    (void)settle(&r, 1, EMPTY, 2600);
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
    uint32_t armed;

    ask(r, 1, *now);
    armed = smp_client_wait_ms(&r->c, *now);
    *now += rtt_ms;
    (void)settle(r, 1, EMPTY, *now);
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
    (void)settle(&r, 1, EMPTY, 9000);
    assert_int_equal(r.c.srtt_ms, 0);
    ask(&r, 1, 10000);
    smp_client_tick(&r.c, 12500);
    assert_true(send_one(&r, 12500));
    a = settle(&r, 1, EMPTY, 12501);
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
    ask(&r, 1, 0);
    assert_int_equal(wire_version(r.sent), SMP_V2);
    (void)settle(&r, 0, EMPTY, 1);
    assert_true(r.c.version_known);
    ask(&r, 1, 2);
    assert_int_equal(wire_version(r.sent), SMP_V1);
    smp_client_reset(&r.c, 3);
    assert_true(smp_client_event(&r.c, &a));
    ask(&r, 1, 4);
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
            ask(&r, 1, 0);
            assert_int_equal(wire_version(r.sent), v);
            a = settle(&r, 0, v == 0 ? "\xa1\x62rc\x0c" : "\xa1\x62rc\x0d", 5,
                    1);
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
    ask(&r, 1, 0);
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
    a = settle(&r, 1, RC("\x0c"), 4);
    assert_int_equal(a.result, SMP_E_REMOTE);
    assert_int_equal(a.refusal.rc, 12);
}

static void client_goes_back_to_v2_when_v1_is_too_old(void **state)
{
    struct smp_answer a;
    struct rig r;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    ask(&r, 1, 0);
    (void)settle(&r, 0, EMPTY, 1);
    ask(&r, 2, 2);
    assert_int_equal(wire_version(r.sent), SMP_V1);
    assert_int_equal(answer(&r, r.sent, 0, RC("\x0c"), 3), 0);
    assert_true(send_one(&r, 4));
    assert_int_equal(wire_version(r.sent), SMP_V2);
    a = settle(&r, 1, EMPTY, 5);
    assert_int_equal(a.result, 0);
    assert_int_equal(a.tag, 2);
}

static void client_waits_for_the_second_refusal_of_what_is_being_sent(
        void **state)
{
    uint8_t msg[BUF_SIZE];
    struct smp_answer a;
    struct rig r;
    size_t len;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    ask(&r, 1, 0);
    memcpy(msg, r.sent, r.sent_len);
    smp_client_tick(&r.c, 2500);
    assert_non_null(smp_client_output(&r.c, &len));
    assert_int_equal(answer(&r, msg, 1, RC("\x0d"), 2600), 0);
    assert_false(smp_client_event(&r.c, &a));
    assert_true(send_one(&r, 2700));
    assert_memory_equal(r.sent, msg, r.sent_len);
    assert_int_equal(answer(&r, msg, 1, RC("\x0d"), 2800), 0);
    assert_true(send_one(&r, 2900));
    assert_int_equal(wire_version(r.sent), SMP_V1);
    a = settle(&r, 0, EMPTY, 3000);
    assert_int_equal(a.result, 0);
}

static void client_frees_what_the_lost_link_still_held(void **state)
{
    struct smp_answer a;
    struct rig r;
    size_t len;

    (void)state;
    rig_init(&r, SMP_VERSION_AUTO, 0);
    ask(&r, 1, 0);
    smp_client_tick(&r.c, 2500);
    assert_non_null(smp_client_output(&r.c, &len));
    (void)settle(&r, 1, EMPTY, 2600);
    smp_client_reset(&r.c, 2700);
    assert_false(smp_client_event(&r.c, &a));
    assert_int_equal(smp_client_free(&r.c), PLACES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(
                client_waits_for_the_second_refusal_of_what_is_being_sent),
        cmocka_unit_test(client_frees_what_the_lost_link_still_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
