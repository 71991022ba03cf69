// SPDX-License-Identifier: Apache-2.0
/*
 * The pump, over a link made of memory: a real server on the other side, a
 * virtual clock, and faults on demand.
 */
#include "host_test.h"

#include <unistd.h>

#include "host/session.h"
#include "smp/server_os.h"

#define LATENCY_MS 10u
#define QUEUE      64u

/* The device and the way to it. */
struct fake {
    struct host_link link;
    struct smp_server server;
    struct smp_os_server os;
    struct smp_server_group group;
    const struct smp_server_group *groups[1];
    uint8_t tx[512];
    struct {
        uint8_t buf[512];
        size_t len;
        uint32_t at_ms;
    } queue[QUEUE];
    size_t head;
    size_t count;
    uint8_t out[512];
    uint32_t now_ms;
    uint32_t lose;       /* so many messages are lost first */
    uint32_t die_after;  /* goes down after so many messages, 0 = never */
    uint32_t back_at_ms; /* reopen works from then on */
    uint32_t sent;
    uint32_t reopens;
    uint32_t flushes;
    uint32_t most; /* in flight */
    bool busy_once;
};

static struct fake *fake_of(struct host_link *link)
{
    return (struct fake *)(void *)link;
}

static int fake_open(struct host_link *link, struct host_error *err)
{
    (void)err;
    link->info.up = true;
    link->info.epoch++;
    return 0;
}

static int fake_reopen(struct host_link *link)
{
    struct fake *f = fake_of(link);

    f->reopens++;
    if ((int32_t)(f->now_ms - f->back_at_ms) < 0) {
        return 0;
    }
    f->die_after = 0;
    return fake_open(link, NULL) == 0;
}

static void fake_close(struct host_link *link)
{
    link->info.up = false;
    fake_of(link)->count = 0;
}

static void answer(struct fake *f, const uint8_t *msg, size_t len)
{
    const uint8_t *rsp;
    uint32_t route;
    size_t n;

    assert_int_equal(smp_server_input(&f->server, msg, len, 0, f->now_ms), 0);
    while ((rsp = smp_server_output(&f->server, &n, &route)) != NULL) {
        size_t at = (f->head + f->count) % QUEUE;

        assert_true(f->count < QUEUE);
        memcpy(f->queue[at].buf, rsp, n);
        f->queue[at].len = n;
        f->queue[at].at_ms = f->now_ms + LATENCY_MS;
        f->count++;
        smp_server_sent(&f->server);
    }
}

static int fake_send(struct host_link *link, const uint8_t *msg, size_t len)
{
    struct fake *f = fake_of(link);

    if (!link->info.up) {
        return HOST_LINK_DOWN;
    }
    if (f->busy_once) {
        f->busy_once = false;
        return HOST_LINK_AGAIN;
    }
    f->sent++;
    if (f->die_after != 0 && f->sent >= f->die_after) {
        return HOST_LINK_DOWN;
    }
    if (f->lose > 0) {
        f->lose--;
        return 0;
    }
    answer(f, msg, len);
    f->most = MAX(f->most, (uint32_t)f->count);
    return 0;
}

static int fake_flush(struct host_link *link)
{
    fake_of(link)->flushes++;
    return 0;
}

static int fake_receive(struct host_link *link, struct smp_bytes *msg)
{
    struct fake *f = fake_of(link);

    if (f->count == 0 || (int32_t)(f->now_ms - f->queue[f->head].at_ms) < 0) {
        return 0;
    }
    memcpy(f->out, f->queue[f->head].buf, f->queue[f->head].len);
    msg->ptr = f->out;
    msg->len = f->queue[f->head].len;
    f->head = (f->head + 1) % QUEUE;
    f->count--;
    return 1;
}

static uint32_t fake_wait_ms(const struct host_link *link, uint32_t now_ms)
{
    (void)link;
    (void)now_ms;
    return UINT32_MAX;
}

static uint32_t fake_now(const struct host_link *link)
{
    return ((const struct fake *)(const void *)link)->now_ms;
}

static void fake_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd)
{
    struct fake *f = fake_of(link);
    uint32_t due = UINT32_MAX;

    (void)wake_fd;
    if (f->count > 0) {
        due = f->queue[f->head].at_ms - f->now_ms;
    }
    due = MIN(due, timeout_ms);
    if (due == UINT32_MAX) {
        fail_msg("the pump waits for ever");
    }
    f->now_ms += due;
}

static void fake_destroy(struct host_link *link)
{
    (void)link;
}

static const struct host_link_ops fake_ops = {
    .open = fake_open,
    .reopen = fake_reopen,
    .close = fake_close,
    .send = fake_send,
    .flush = fake_flush,
    .receive = fake_receive,
    .wait_ms = fake_wait_ms,
    .now_ms = fake_now,
    .wait = fake_wait,
    .destroy = fake_destroy,
};

static const struct smp_os_ops no_board;

/* What every test has. */
struct rig {
    struct fake fake;
    struct host_cancel cancel;
    struct host_trace *trace;
    struct host_session *session;
    struct host_error err;
};

static struct rig rig;

static int rig_make(void **state)
{
    struct smp_server_config server = { .group_count = 1,
        .tx = rig.fake.tx,
        .tx_size = sizeof(rig.fake.tx),
        .form = SMP_FORM_INDEFINITE };
    struct host_trace_config trace = { .path = NULL };
    struct host_session_config cfg = { .link = &rig.fake.link };

    (void)state;
    memset(&rig, 0, sizeof(rig));
    rig.fake.link.ops = &fake_ops;
    rig.fake.link.name = g_strdup("fake:");
    rig.fake.link.virtual_time = true;
    rig.fake.link.info.kind = SMP_LINK_DATAGRAM;
    rig.fake.link.info.max_message = 256;
    rig.fake.now_ms = UINT32_MAX - 50; /* the clock wraps in every test */
    rig.fake.os.features = SMP_OS_HAS_ECHO | SMP_OS_HAS_PARAMS;
    rig.fake.os.ops = &no_board;
    rig.fake.os.buf_size = 384;
    rig.fake.os.buf_count = 4;
    smp_os_group_init(&rig.fake.group, &rig.fake.os);
    rig.fake.groups[0] = &rig.fake.group;
    server.groups = rig.fake.groups;
    smp_server_init(&rig.fake.server, &server);
    assert_int_equal(host_cancel_init(&rig.cancel, &rig.err), 0);
    rig.trace = host_trace_create(&trace, &rig.err);
    cfg.trace = rig.trace;
    cfg.cancel = &rig.cancel;
    rig.session = host_session_create(&cfg);
    assert_int_equal(host_session_open(rig.session, &rig.err), 0);
    return 0;
}

static int rig_end(void **state)
{
    (void)state;
    host_session_destroy(rig.session);
    host_link_destroy(&rig.fake.link);
    host_trace_destroy(rig.trace);
    host_cancel_finish(&rig.cancel);
    host_error_clear(&rig.err);
    return 0;
}

static struct smp_os_echo_req echo_body = { .has = SMP_OS_ECHO_REQ_D,
    .d = { (const uint8_t *)"hello", 5 } };

static struct smp_request echo_request(void)
{
    return (struct smp_request){ .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &echo_body };
}

static void expect_echo(const struct host_reply *reply)
{
    struct smp_os_echo_rsp rsp;

    assert_int_equal(smp_map_decode(&smp_os_echo_rsp_map, reply->answer.body,
                             &rsp),
            0);
    assert_int_equal(rsp.r.len, 5);
    assert_memory_equal(rsp.r.ptr, "hello", 5);
}

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
        assert_int_equal(reply.answer.rtt_ms, LATENCY_MS);
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

static void procedure_fills_the_places_and_no_more(void **state)
{
    struct flood flood = { .todo = 500 };

    (void)state;
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             NULL, &rig.err),
            0);
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
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             NULL, &rig.err),
            0);
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
    struct host_session_hooks hooks = { .poll = stop_at_ten, .ctx = &flood };
    struct smp_request req = echo_request();
    struct host_reply reply;

    (void)state;
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             &hooks, &rig.err),
            7);
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

static void device_that_restarts_is_found_and_work_goes_on(void **state)
{
    struct flood flood = { .todo = 100 };
    struct host_session_hooks hooks = { .poll = find_when_lost, .ctx = &flood };
    uint32_t start = rig.fake.now_ms;
    char *text;

    (void)state;
    rig.fake.die_after = 50;
    rig.fake.back_at_ms = start + 9000;
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             &hooks, &rig.err),
            0);
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
    struct host_session_hooks hooks = { .poll = find_when_lost, .ctx = &flood };
    uint32_t start = rig.fake.now_ms;

    (void)state;
    rig.fake.die_after = 50;
    rig.fake.back_at_ms = start + 9000;
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             &hooks, &rig.err),
            0);
    assert_int_equal(flood.answered, 100);
    assert_in_range(flood.failed, 1, 600);
}

static void device_that_stays_away_is_given_up(void **state)
{
    struct flood flood = { .todo = 100 };
    struct host_session_hooks hooks = { .poll = find_when_lost, .ctx = &flood };
    uint32_t start = rig.fake.now_ms;

    (void)state;
    rig.fake.die_after = 50;
    rig.fake.back_at_ms = start + 1000000;
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             &hooks, &rig.err),
            -1);
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
    assert_int_equal(host_session_run(rig.session, &flood_procedure, &flood,
                             NULL, &rig.err),
            0);
    assert_int_equal(flood.todo, 0);
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

#define RIG(test) cmocka_unit_test_setup_teardown(test, rig_make, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG(request_is_answered),
        RIG(request_survives_losses_and_a_busy_link),
        RIG(request_without_answer_ends_in_time),
        RIG(request_that_is_refused_keeps_the_refusal),
        RIG(request_that_does_not_fit_is_told),
        RIG(request_over_a_link_that_breaks_says_so),
        RIG(request_ends_when_it_is_cancelled),
        RIG(procedure_fills_the_places_and_no_more),
        RIG(procedure_keeps_the_window_of_the_link),
        RIG(procedure_is_stopped_by_its_hook),
        RIG(device_that_restarts_is_found_and_work_goes_on),
        RIG(pump_does_not_spin_for_a_procedure_that_cannot_wait),
        RIG(device_that_stays_away_is_given_up),
        RIG(procedure_timers_fire_while_the_link_is_down),
        RIG(session_records_both_directions_and_params),
        RIG(session_hands_noise_on_and_records_it),
        cmocka_unit_test(refusal_is_put_into_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
