// SPDX-License-Identifier: Apache-2.0
/* The server peer with a user group of its own (id 64). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "smp/server.h"

#define USER 64u

/* The messages of the user group, described as any other. */
struct user_add_req {
    uint32_t has;
    uint32_t a;
    uint32_t b;
};

static const struct smp_field user_add_req_fields[] = {
    { "a", SMP_TYPE_UINT, SMP_FIELD_REQUIRED, 4,
            offsetof(struct user_add_req, a), 0, NULL },
    { "b", SMP_TYPE_UINT, 0, 4, offsetof(struct user_add_req, b), 0, NULL },
};

static const struct smp_map user_add_req_map =
        SMP_MAP(user_add_req, user_add_req_fields);

enum user_id {
    USER_ADD = 0,
    USER_REFUSE = 1,
    USER_LARGE = 2,
    USER_RAW = 3,
    USER_ABSENT = 4,
};

struct user {
    unsigned runs;
    uint32_t route;
    uint32_t now_ms;
    uint8_t group_rc;
    uint16_t rc_group;
    enum smp_rc rc;
    const char *rsn;
    bool write_first;
    struct smp_bytes payload;
};

static void run_add(void *ctx, struct smp_call *call)
{
    struct user *user = ctx;
    const struct user_add_req *req = call->body;

    user->runs++;
    user->route = call->route;
    user->now_ms = call->now_ms;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "sum");
    smp_put_uint(call->rsp, (uint64_t)req->a + req->b);
}

static void run_refuse(void *ctx, struct smp_call *call)
{
    struct user *user = ctx;

    if (user->write_first) {
        smp_call_begin(call, 1);
        smp_put_key(call->rsp, "half");
        smp_put_array(call->rsp, 1);
    }
    if (user->group_rc != 0) {
        smp_call_refuse_rsn(call, user->rc_group, user->group_rc, user->rsn);
    } else {
        smp_call_refuse(call, user->rc);
    }
}

static void run_large(void *ctx, struct smp_call *call)
{
    static const uint8_t zeros[500];

    (void)ctx;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "data");
    smp_put_bytes(call->rsp, (struct smp_bytes){ zeros, sizeof(zeros) });
}

static void run_raw(void *ctx, struct smp_call *call)
{
    struct user *user = ctx;

    user->payload = call->payload;
}

static const struct smp_handler user_handlers[] = {
    { SMP_OP_READ, USER_ADD, &user_add_req_map, run_add },
    { SMP_OP_WRITE, USER_REFUSE, NULL, run_refuse },
    { SMP_OP_READ, USER_LARGE, NULL, run_large },
    { SMP_OP_READ, USER_RAW, NULL, run_raw },
    { SMP_OP_READ, USER_ABSENT, NULL, run_raw },
};

static const struct smp_rc_pair user_v1[] = { { 2, 5 }, { 3, 0 } };

struct rig {
    struct smp_server s;
    struct user user;
    struct smp_server_group group;
    const struct smp_server_group *groups[1];
    struct smp_server_config cfg;
    uint8_t tx[300];
    const uint8_t *out;
    size_t len;
};

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    r->group = (struct smp_server_group){
        .id = USER,
        .name = "user",
        .handlers = user_handlers,
        .handler_count = 5,
        .v1 = user_v1,
        .v1_count = 2,
        .absent = 1u << USER_ABSENT,
        .ctx = &r->user,
    };
    r->groups[0] = &r->group;
    r->user.rc_group = USER;
    r->cfg = (struct smp_server_config){
        .groups = r->groups,
        .group_count = 1,
        .tx = r->tx,
        .tx_size = sizeof(r->tx),
        .form = SMP_FORM_INDEFINITE,
    };
    smp_server_init(&r->s, &r->cfg);
}

static void take(struct rig *r)
{
    uint32_t route = 0;

    r->out = smp_server_output(&r->s, &r->len, &route);
    if (r->out != NULL) {
        assert_int_equal(route, 0x1234);
    }
}

static void ask(struct rig *r, const char *packet, size_t len)
{
    assert_int_equal(smp_server_input(&r->s, (const uint8_t *)packet, len,
                             0x1234, 99),
            0);
    take(r);
}

#define ASK(r, literal) ask(r, literal, sizeof(literal) - 1u)

#define EXPECT(r, literal)                                            \
    do {                                                              \
        assert_non_null((r)->out);                                    \
        assert_int_equal((r)->len, sizeof(literal) - 1u);             \
        assert_memory_equal((r)->out, literal, sizeof(literal) - 1u); \
        smp_server_sent(&(r)->s);                                     \
        take(r);                                                      \
    } while (0)

static void expect_done(struct rig *r)
{
    assert_null(r->out);
    assert_int_equal(r->s.rx.len, 0);
}

#define ADD_1_2  "\xa2\x61\x61\x01\x61\x62\x02"
#define SUM_3    "\xbf\x63sum\x03\xff"
#define RC_OF(n) "\xbf\x62rc" n "\xff"

static void server_runs_a_user_group(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x07\x00\x40\x05\x00" ADD_1_2);
    EXPECT(&r, "\x09\x00\x00\x07\x00\x40\x05\x00" SUM_3);
    expect_done(&r);
    assert_int_equal(r.user.runs, 1);
    assert_int_equal(r.user.route, 0x1234);
    assert_int_equal(r.user.now_ms, 99);
}

static void server_writes_definite_maps_when_it_is_canonical(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.form = SMP_FORM_DEFINITE;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x08\x00\x00\x07\x00\x40\x05\x00" ADD_1_2);
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x00\xa1\x63sum\x03");
    r.user.group_rc = 2;
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r,
            "\x0b\x00\x00\x12\x00\x40\x05\x01\xa1\x63"
            "err\xa2\x65group\x18\x40\x62rc\x02");
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x05\x00\x40\x05\x01\xa1\x62rc\x05");
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x03\xa0");
    EXPECT(&r, "\x09\x00\x00\x01\x00\x40\x05\x03\xa0");
}

static void server_refuses_what_the_table_cannot_decode(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x00\x00\x00\x00\x00\x40\x05\x00");
    EXPECT(&r, "\x01\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x03"));
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x00\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x03"));
    ASK(&r, "\x08\x00\x00\x05\x00\x40\x05\x00\xa1\x61\x61\x61x");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x03"));
    assert_int_equal(r.user.runs, 0);
}

static void server_looks_at_length_then_op_then_version(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    /* Length beyond the packet, in an unknown version: rc 9. */
    ASK(&r, "\x10\x00\x00\x02\x00\x40\x05\x00\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x09"));
    /* A response, in an unknown version: rc 8. */
    ASK(&r, "\x11\x00\x00\x01\x00\x40\x05\x00\xa0");
    EXPECT(&r, "\x0b\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x08"));
    /* An unknown group, in an unknown version: rc 13. */
    ASK(&r, "\x10\x00\x00\x01\x00\x41\x05\x00\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x41\x05\x00" RC_OF("\x0d"));
    expect_done(&r);
}

static void server_refuses_v1_when_built_without(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.v1_refused = true;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x00\x00\x00\x07\x00\x40\x05\x00" ADD_1_2);
    EXPECT(&r, "\x01\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x0c"));
    ASK(&r, "\x08\x00\x00\x07\x00\x40\x05\x00" ADD_1_2);
    EXPECT(&r, "\x09\x00\x00\x07\x00\x40\x05\x00" SUM_3);
}

static void server_does_not_know_absent_commands(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x04\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x04" RC_OF("\x08"));
    /* The other direction. */
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x00\xa0");
    EXPECT(&r, "\x0b\x00\x00\x06\x00\x40\x05\x00" RC_OF("\x08"));
    assert_int_equal(smp_server_group_handlers(&r.group), 4);
}

static void server_tells_group_errors_in_both_versions(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.user.group_rc = 2;
    r.user.write_first = true;
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r,
            "\x0b\x00\x00\x14\x00\x40\x05\x01\xbf\x63"
            "err\xbf\x65group\x18\x40\x62rc\x02\xff\xff");
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x05"));
    r.user.group_rc = 9; /* not in the table */
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x01"));
    r.user.rc_group = 5; /* no such group */
    r.user.group_rc = 2;
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x01"));
    r.user.rc_group = USER;
    r.user.group_rc = 3; /* translated to success */
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x02\x00\x40\x05\x01\xbf\xff");
}

static void server_tells_reasons_only_in_flat_answers(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.user.group_rc = 2;
    r.user.rsn = "no slot";
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x05"));
    r.cfg.verbose = true;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r,
            "\x03\x00\x00\x12\x00\x40\x05\x01\xbf\x62rc\x05\x63rsn\x67"
            "no slot\xff");
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r,
            "\x0b\x00\x00\x14\x00\x40\x05\x01\xbf\x63"
            "err\xbf\x65group\x18\x40\x62rc\x02\xff\xff");
}

static void server_answers_rc7_when_the_answer_does_not_fit(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x02\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x02" RC_OF("\x07"));
}

static void server_fills_its_buffer_to_the_last_byte(void **state)
{
    struct rig r;
    /* {"data": h'00' * 500}: header, two ends, key, head of the string. */
    static uint8_t tx[8 + 2 + 5 + 3 + 500];

    (void)state;
    rig_init(&r);
    r.cfg.tx = tx;
    r.cfg.tx_size = sizeof(tx);
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x02\xa0");
    assert_int_equal(r.len, sizeof(tx));
    smp_server_sent(&r.s);
    r.cfg.tx_size = sizeof(tx) - 1;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x02\xa0");
    EXPECT(&r, "\x09\x00\x00\x06\x00\x40\x05\x02" RC_OF("\x07"));
}

#define TWO_REFUSED(v) \
    v "\x00\x00\x01\x00\x40\x01\x01\xa0" v "\x00\x00\x01\x00\x40\x02\x01\xa0"

static void server_stops_a_packet_after_a_flat_code_only(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.user.group_rc = 2;
    ASK(&r, TWO_REFUSED("\x0a"));
    EXPECT(&r,
            "\x0b\x00\x00\x14\x00\x40\x01\x01\xbf\x63"
            "err\xbf\x65group\x18\x40\x62rc\x02\xff\xff");
    EXPECT(&r,
            "\x0b\x00\x00\x14\x00\x40\x02\x01\xbf\x63"
            "err\xbf\x65group\x18\x40\x62rc\x02\xff\xff");
    expect_done(&r);
    ASK(&r, TWO_REFUSED("\x02"));
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x01\x01" RC_OF("\x05"));
    expect_done(&r);
    r.user.group_rc = 0;
    r.user.rc = SMP_RC_BUSY;
    ASK(&r, TWO_REFUSED("\x0a"));
    EXPECT(&r, "\x0b\x00\x00\x06\x00\x40\x01\x01" RC_OF("\x0a"));
    expect_done(&r);
}

static void server_drops_a_rest_that_is_no_header(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x03\xa0\x01\x02\x03\x04\x05\x06\x07");
    EXPECT(&r, "\x09\x00\x00\x02\x00\x40\x05\x03\xbf\xff");
    expect_done(&r);
    for (size_t n = 0; n < SMP_HEADER_SIZE; n++) {
        ask(&r, "\x08\x00\x00\x01\x00\x40\x05", n);
        expect_done(&r);
    }
}

static void server_hands_any_payload_to_a_handler_without_table(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x04\x00\x40\x05\x03\xde\xad\xbe\xef");
    assert_int_equal(r.user.payload.len, 4);
    EXPECT(&r, "\x09\x00\x00\x02\x00\x40\x05\x03\xbf\xff");
    ASK(&r, "\x08\x00\x00\x00\x00\x40\x05\x03");
    assert_int_equal(r.user.payload.len, 0);
    EXPECT(&r, "\x09\x00\x00\x02\x00\x40\x05\x03\xbf\xff");
}

static void server_is_busy_until_its_answers_are_taken(void **state)
{
    static const uint8_t packet[] = "\x08\x00\x00\x01\x00\x40\x05\x03\xa0";
    struct rig r;
    size_t len;

    (void)state;
    rig_init(&r);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x03\xa0");
    assert_int_equal(smp_server_input(&r.s, packet, 9, 1, 1), SMP_E_BUSY);
    assert_ptr_equal(smp_server_output(&r.s, &len, NULL), r.out);
    smp_server_sent(&r.s);
    assert_int_equal(smp_server_input(&r.s, packet, 9, 1, 1), 0);
    assert_int_equal(r.s.requests, 1);
}

static bool zero_for_user(uint16_t group, uint8_t op, uint8_t id)
{
    return group == USER && op == SMP_OP_READ && id == USER_ADD;
}

static int32_t old_codes(uint16_t group, uint8_t group_rc)
{
    return group == USER && group_rc == 2 ? 3 : -1;
}

static void server_dresses_like_a_flat_era(void **state)
{
    static const struct smp_dress dress = {
        .group_error = SMP_DRESS_FLAT,
        .version_zero = true,
        .rc_zero = zero_for_user,
        .translate = old_codes,
    };
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.dress = &dress;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x08\x00\x00\x07\x00\x40\x05\x00" ADD_1_2);
    EXPECT(&r, "\x01\x00\x00\x0b\x00\x40\x05\x00\xbf\x62rc\x00\x63sum\x03\xff");
    r.user.group_rc = 2;
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x03"));
    r.user.group_rc = 9;
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x01"));
    /* The version bits were reserved then: any value is taken. */
    ASK(&r, "\x18\x00\x00\x01\x00\x40\x05\x03\xa0");
    EXPECT(&r, "\x01\x00\x00\x02\x00\x40\x05\x03\xbf\xff");
}

static void server_dresses_like_the_ret_era(void **state)
{
    static const struct smp_dress dress = { .group_error = SMP_DRESS_RET };
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.dress = &dress;
    smp_server_init(&r.s, &r.cfg);
    r.user.group_rc = 2;
    ASK(&r, "\x0a\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r,
            "\x0b\x00\x00\x14\x00\x40\x05\x01\xbf\x63"
            "ret\xbf\x65group\x18\x40\x62rc\x02\xff\xff");
    ASK(&r, "\x02\x00\x00\x01\x00\x40\x05\x01\xa0");
    EXPECT(&r, "\x03\x00\x00\x06\x00\x40\x05\x01" RC_OF("\x05"));
}

static void count_message(void *ctx, uint32_t now_ms, enum smp_trace_kind kind,
        struct smp_bytes message)
{
    unsigned *count = ctx;

    (void)message;
    assert_int_equal(now_ms, 99);
    count[kind]++;
}

static void server_traces_what_passes_its_doors(void **state)
{
    static const struct smp_trace_ops ops = { count_message };
    unsigned count[4] = { 0 };
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.trace = &ops;
    r.cfg.trace_ctx = count;
    smp_server_init(&r.s, &r.cfg);
    ASK(&r, "\x08\x00\x00\x01\x00\x40\x05\x03\xa0");
    EXPECT(&r, "\x09\x00\x00\x02\x00\x40\x05\x03\xbf\xff");
    ASK(&r, "\x08\x00");
    assert_int_equal(count[SMP_TRACE_RX], 1);
    assert_int_equal(count[SMP_TRACE_TX], 1);
    assert_int_equal(count[SMP_TRACE_DROPPED], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_runs_a_user_group),
        cmocka_unit_test(server_writes_definite_maps_when_it_is_canonical),
        cmocka_unit_test(server_refuses_what_the_table_cannot_decode),
        cmocka_unit_test(server_looks_at_length_then_op_then_version),
        cmocka_unit_test(server_refuses_v1_when_built_without),
        cmocka_unit_test(server_does_not_know_absent_commands),
        cmocka_unit_test(server_tells_group_errors_in_both_versions),
        cmocka_unit_test(server_tells_reasons_only_in_flat_answers),
        cmocka_unit_test(server_answers_rc7_when_the_answer_does_not_fit),
        cmocka_unit_test(server_fills_its_buffer_to_the_last_byte),
        cmocka_unit_test(server_stops_a_packet_after_a_flat_code_only),
        cmocka_unit_test(server_drops_a_rest_that_is_no_header),
        cmocka_unit_test(server_hands_any_payload_to_a_handler_without_table),
        cmocka_unit_test(server_is_busy_until_its_answers_are_taken),
        cmocka_unit_test(server_dresses_like_a_flat_era),
        cmocka_unit_test(server_dresses_like_the_ret_era),
        cmocka_unit_test(server_traces_what_passes_its_doors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
