// SPDX-License-Identifier: Apache-2.0
/* Sessions: single requests, and what is recorded of them. */
#include "host_rig.h"

static void request_is_answered(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(host_session_request(rig.session, &req, &reply,
                                 &rig.err),
                0);
        expect_echo(&reply);
        assert_int_equal(reply.answer.rtt_ms, RIG_LATENCY_MS);
    }
}

static void request_survives_losses_and_a_busy_link(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    rig.fake.lose = 2;
    rig.fake.busy_once = true;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            0);
    expect_echo(&reply);
    assert_int_equal(reply.answer.sends, 3);
}

static void request_without_answer_ends_in_time(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;
    uint32_t start = rig.fake.now_ms;

    (void)state;
    rig.fake.lose = UINT32_MAX;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_error(&rig.err, DFU_NO_ANSWER, "no answer");
    assert_in_range(rig.fake.now_ms - start, 5000, 60000);
}

static void silence_makes_the_link_look_less_and_less_often(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    rig.fake.lose = UINT32_MAX;
    for (unsigned i = 0; i < 4; i++) { /* of three tries each */
        assert_int_equal(host_session_request(rig.session, &req, &reply,
                                 &rig.err),
                -1);
        host_error_clear(&rig.err);
    }
    assert_int_equal(rig.fake.looks, 3); /* after 2, 4 and 8 */
    rig.fake.lose = 0;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            0);
    assert_int_equal(rig.fake.looks, 3);
    /* Heard: from the beginning again. */
    rig.fake.lose = 2;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            0);
    assert_int_equal(rig.fake.looks, 4);
}

static void request_that_is_refused_keeps_the_refusal(void **state)
{
    struct smp_request req = { .op = SMP_OP_READ,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_TASKS };
    struct host_reply reply;

    (void)state;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_int_equal(reply.answer.refusal.rc, 8);
    assert_error(&rig.err, DFU_DEVICE_REFUSED, "rc 8");
}

static void request_that_does_not_fit_is_told(void **state)
{
    static uint8_t big[9000];
    struct smp_os_echo_req body = { .has = SMP_OS_ECHO_REQ_D,
        .d = { big, sizeof(big) } };
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    req.body = &body;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_error(&rig.err, DFU_OTHER, NULL);
}

static void request_over_a_link_that_breaks_says_so(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    rig.fake.die_after = 1;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_error(&rig.err, DFU_LINK_LOST, "lost");
    /* And the next one, on the link that is down. */
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_error(&rig.err, DFU_LINK_LOST, "lost");
}

static void request_ends_when_it_is_cancelled(void **state)
{
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    host_cancel_set(&rig.cancel);
    host_cancel_set(&rig.cancel);
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            -1);
    assert_error(&rig.err, DFU_INTERRUPTED, "interrupted");
}

static void session_records_both_directions_and_params(void **state)
{
    struct smp_request req = { .op = SMP_OP_READ,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_PARAMS };
    struct host_reply reply;
    char *text;

    (void)state;
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            0);
    text = host_trace_recent(rig.trace, NULL);
    assert_non_null(strstr(text, "\"k\":\"tx\",\"hex\":\"08000001"));
    assert_non_null(strstr(text, "\"k\":\"rx\""));
    assert_non_null(
            strstr(text, "\"params\":{\"buf_size\":384,\"buf_count\":4}"));
    g_free(text);
}

static void session_hands_noise_on_and_records_it(void **state)
{
    char *text;

    (void)state;
    rig.fake.link.noise(rig.fake.link.noise_ctx, (const uint8_t *)"boot!", 5);
    text = host_trace_recent(rig.trace, NULL);
    assert_non_null(strstr(text, "\"k\":\"noise\",\"text\":\"boot!\""));
    g_free(text);
}

static void refusal_is_put_into_words(void **state)
{
    struct smp_refusal flat = { .shape = SMP_REFUSAL_RC, .rc = 3 };
    struct smp_refusal own = { .shape = SMP_REFUSAL_ERR,
        .group = 1,
        .rc_group = 1,
        .rc = 8,
        .rsn = { (const uint8_t *)"a\x1b", 2 } };
    char *text = host_refusal_text(&flat);

    (void)state;
    assert_non_null(strstr(text, "EINVAL (rc 3)"));
    g_free(text);
    text = host_refusal_text(&own);
    assert_non_null(strstr(text, "HASH_NOT_FOUND (image group, rc 8)"));
    assert_non_null(strstr(text, "a\\x1b"));
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG(request_is_answered),
        RIG(request_survives_losses_and_a_busy_link),
        RIG(request_without_answer_ends_in_time),
        RIG(silence_makes_the_link_look_less_and_less_often),
        RIG(request_that_is_refused_keeps_the_refusal),
        RIG(request_that_does_not_fit_is_told),
        RIG(request_over_a_link_that_breaks_says_so),
        RIG(request_ends_when_it_is_cancelled),
        RIG(session_records_both_directions_and_params),
        RIG(session_hands_noise_on_and_records_it),
        cmocka_unit_test(refusal_is_put_into_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
