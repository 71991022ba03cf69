// SPDX-License-Identifier: Apache-2.0
/* One client, no link: the tests carry the bytes by hand. */
#ifndef SMP_TESTS_CLIENT_RIG_H
#define SMP_TESTS_CLIENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp/client.h"
#include "smp/group_os.h"

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

static inline void on_message(void *ctx, uint32_t now_ms,
        enum smp_trace_kind kind, struct smp_bytes message)
{
    struct seen *seen = ctx;

    (void)now_ms;
    (void)message;
    seen->count[kind]++;
}

static const struct smp_trace_ops trace_ops = { on_message };

static inline void rig_init(struct rig *r, enum smp_version_mode version,
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

static inline int echo(struct rig *r, const char *text, uint32_t tag,
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
static inline bool send_one(struct rig *r, uint32_t now_ms)
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
static inline int answer(struct rig *r, const uint8_t *msg, uint8_t version,
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

/* Asks for an echo and sends the request. */
static inline void ask(struct rig *r, uint32_t tag, uint32_t now_ms)
{
    assert_int_equal(echo(r, "x", tag, 0), 0);
    assert_true(send_one(r, now_ms));
}

/* Answers what was sent last; the answer that the client hands out. */
static inline struct smp_answer settle(struct rig *r, uint8_t version,
        const char *body, size_t body_len, uint32_t now_ms)
{
    struct smp_answer a;

    assert_int_equal(answer(r, r->sent, version, body, body_len, now_ms), 0);
    assert_true(smp_client_event(&r->c, &a));
    return a;
}

#define EMPTY "\xa0", 1u
#define RC(n) "\xa1\x62rc" n, 5u

static inline uint8_t wire_version(const uint8_t *msg)
{
    return (uint8_t)(msg[0] >> 3 & 3);
}

#endif
