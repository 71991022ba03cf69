// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of sessions share: a link made of memory with a real server
 * on the other side, a virtual clock, and faults on demand.
 */
#ifndef TESTS_HOST_RIG_H
#define TESTS_HOST_RIG_H

#include "host_test.h"

#include "host/session.h"
#include "smp/server_os.h"

/** From a request to its answer. */
#define RIG_LATENCY_MS 10u
#define RIG_QUEUE      64u

/** The device and the way to it. */
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
    } queue[RIG_QUEUE];
    size_t head;
    size_t count;
    uint8_t out[512];
    uint32_t now_ms;
    uint32_t lose;       /* so many messages are lost first */
    uint32_t die_after;  /* goes down after so many messages, 0 = never */
    uint32_t back_at_ms; /* reopen works from then on */
    uint32_t sent;
    uint32_t reopens;
    uint32_t looks;
    uint32_t flushes;
    uint32_t most; /* in flight */
    bool busy_once;
};

/** What every test has. */
struct rig {
    struct fake fake;
    struct host_cancel cancel;
    struct host_trace *trace;
    struct host_session *session;
    struct host_error err;
};

extern struct rig rig;

/** cmocka's: a session that is open; the clock is about to wrap. */
int rig_make(void **state);
int rig_end(void **state);

/** A request that the device answers with "hello". */
struct smp_request echo_request(void);
void expect_echo(const struct host_reply *reply);

/** A test with a rig of its own. */
#define RIG(test) cmocka_unit_test_setup_teardown(test, rig_make, rig_end)

#endif
