// SPDX-License-Identifier: Apache-2.0
/* Sessions: a procedure and the pump, over a link that comes and goes. */
#include "host_rig.h"

/* A procedure that sends so many echoes, as many at once as it may. */
struct flood {
    uint32_t todo;
    uint32_t sent;
    uint32_t answered;
    uint32_t failed;
    uint32_t ups;
    uint32_t downs;
    uint32_t epoch;
    bool lost;
    bool impatient; /* wants to send without a link, too */
    uint32_t due_ms;
    bool armed;
};

static int flood_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    struct flood *f = self;

    if (f->armed && (int32_t)(now_ms - f->due_ms) >= 0) {
        f->todo = 0;
        f->armed = false;
    }
    if (f->sent >= f->todo || (f->lost && !f->impatient)) {
        return 0;
    }
    *req = echo_request();
    req->tag = f->sent++;
    return 1;
}

static void flood_answer(void *self, uint32_t now_ms,
        const struct smp_answer *a)
{
    struct flood *f = self;

    (void)now_ms;
    if (a->result == 0) {
        f->answered++;
    } else {
        f->failed++;
        f->sent--;
    }
}

static void flood_link(void *self, uint32_t now_ms, const struct smp_link *link)
{
    struct flood *f = self;

    (void)now_ms;
    f->ups += link->up;
    f->downs += !link->up;
    f->lost = !link->up;
    f->epoch = link->epoch;
}

static uint32_t flood_wait_ms(const void *self, uint32_t now_ms)
{
    const struct flood *f = self;

    if (f->armed) {
        int32_t left = (int32_t)(f->due_ms - now_ms);

        return left > 0 ? (uint32_t)left : 0;
    }
    return (!f->lost || f->impatient) && f->sent < f->todo ? 0 : UINT32_MAX;
}

static bool flood_done(const void *self)
{
    const struct flood *f = self;

    return f->answered >= f->todo;
}

static const struct smp_procedure flood_procedure = {
    .next = flood_next,
    .answer = flood_answer,
    .link = flood_link,
    .wait_ms = flood_wait_ms,
    .done = flood_done,
};

static int run(struct flood *flood,
        int (*poll)(void *ctx, struct host_session *s))
{
    struct host_session_hooks hooks = { .poll = poll, .ctx = flood };

    return host_session_run(rig.session, &flood_procedure, flood, &hooks,
            &rig.err);
}

static void procedure_fills_the_places_and_no_more(void **state)
{
    struct flood flood = { .todo = 500 };

    (void)state;
    assert_int_equal(run(&flood, NULL), 0);
    assert_int_equal(flood.answered, 500);
    assert_int_equal(rig.fake.most, 32);
    assert_int_equal(flood.ups, 1);
    /* Collected: one flush per pass, not per message. */
    assert_true(rig.fake.flushes < 100);
}

static void procedure_keeps_the_window_of_the_link(void **state)
{
    struct flood flood = { .todo = 20 };

    (void)state;
    rig.fake.link.info.window_max = 1;
    assert_int_equal(run(&flood, NULL), 0);
    assert_int_equal(rig.fake.most, 1);
}

static int stop_at_ten(void *ctx, struct host_session *s)
{
    const struct flood *flood = ctx;

    (void)s;
    return flood->answered >= 10 ? 7 : 0;
}

static void procedure_is_stopped_by_its_hook(void **state)
{
    struct flood flood = { .todo = 500 };
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    assert_int_equal(run(&flood, stop_at_ten), 7);
    /* Late answers of what was in flight disturb nobody. */
    assert_int_equal(host_session_request(rig.session, &req, &reply, &rig.err),
            0);
    expect_echo(&reply);
}

/* Looks for the device as soon as the link is lost. */
static int find_when_lost(void *ctx, struct host_session *s)
{
    const struct flood *flood = ctx;

    if (flood->lost && flood->downs == 1 && !host_session_finding(s)) {
        struct host_find find = { .not_before_ms = host_session_now(s) + 500,
            .give_up_ms = host_session_now(s) + 20000 };

        host_session_find(s, &find);
    }
    return 0;
}

/* The device goes away after 50 messages, and is back back_ms from now. */
static int run_over_a_restart(struct flood *flood, uint32_t back_ms)
{
    rig.fake.die_after = 50;
    rig.fake.back_at_ms = rig.fake.now_ms + back_ms;
    return run(flood, find_when_lost);
}

static void device_that_restarts_is_found_and_work_goes_on(void **state)
{
    struct flood flood = { .todo = 100 };
    uint32_t start = rig.fake.now_ms;
    char *text;

    (void)state;
    assert_int_equal(run_over_a_restart(&flood, 9000), 0);
    assert_int_equal(flood.answered, 100);
    assert_int_equal(flood.ups, 2);
    assert_int_equal(flood.downs, 1);
    assert_int_equal(flood.epoch, 2);
    assert_in_range(rig.fake.reopens, 20, 60);
    assert_in_range(rig.fake.now_ms - start, 9000, 10000);
    text = host_trace_recent(rig.trace, NULL);
    assert_non_null(strstr(text, "\"state\":\"down\""));
    assert_non_null(strstr(text, "\"epoch\":2"));
    g_free(text);
}

static void pump_does_not_spin_for_a_procedure_that_cannot_wait(void **state)
{
    struct flood flood = { .todo = 100, .impatient = true };

    (void)state;
    assert_int_equal(run_over_a_restart(&flood, 9000), 0);
    assert_int_equal(flood.answered, 100);
    assert_in_range(flood.failed, 1, 600);
}

static void device_that_stays_away_is_given_up(void **state)
{
    struct flood flood = { .todo = 100 };
    uint32_t start = rig.fake.now_ms;

    (void)state;
    assert_int_equal(run_over_a_restart(&flood, 1000000), -1);
    assert_error(&rig.err, DFU_LINK_LOST, "lost");
    assert_int_equal(flood.downs, 2);
    assert_in_range(rig.fake.now_ms - start, 20000, 21000);
}

static void procedure_timers_fire_while_the_link_is_down(void **state)
{
    struct flood flood = { .todo = 100 };

    (void)state;
    rig.fake.die_after = 50;
    flood.due_ms = rig.fake.now_ms + 3000;
    flood.armed = true;
    assert_int_equal(run(&flood, NULL), 0);
    assert_int_equal(flood.todo, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG(procedure_fills_the_places_and_no_more),
        RIG(procedure_keeps_the_window_of_the_link),
        RIG(procedure_is_stopped_by_its_hook),
        RIG(device_that_restarts_is_found_and_work_goes_on),
        RIG(pump_does_not_spin_for_a_procedure_that_cannot_wait),
        RIG(device_that_stays_away_is_given_up),
        RIG(procedure_timers_fire_while_the_link_is_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
