// SPDX-License-Identifier: Apache-2.0
#include "host_rig.h"

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

static void fake_look(struct host_link *link)
{
    fake_of(link)->looks++;
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
        size_t at = (f->head + f->count) % RIG_QUEUE;

        assert_true(f->count < RIG_QUEUE);
        memcpy(f->queue[at].buf, rsp, n);
        f->queue[at].len = n;
        f->queue[at].at_ms = f->now_ms + RIG_LATENCY_MS;
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
    f->head = (f->head + 1) % RIG_QUEUE;
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
    .look = fake_look,
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

struct rig rig;

int rig_make(void **state)
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

int rig_end(void **state)
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

struct smp_request echo_request(void)
{
    return (struct smp_request){ .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &echo_body };
}

void expect_echo(const struct host_reply *reply)
{
    struct smp_os_echo_rsp rsp;

    assert_int_equal(smp_map_decode(&smp_os_echo_rsp_map, reply->answer.body,
                             &rsp),
            0);
    assert_int_equal(rsp.r.len, 5);
    assert_memory_equal(rsp.r.ptr, "hello", 5);
}
