// SPDX-License-Identifier: Apache-2.0
/*
 * Input: a script for one client. Each byte is a step; the step "answer"
 * takes a length byte and that many bytes as the body of an answer to the
 * message sent last, "junk" as a whole message. Every request must end at
 * most once, and all of them after a reset.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "smp/client.h"
#include "smp/group_os.h"

#define MUST(x)      \
    do {             \
        if (!(x)) {  \
            abort(); \
        }            \
    } while (0)

#define PLACES   4u
#define BUF_SIZE 48u
#define TAGS     4096u

struct run {
    struct smp_client c;
    struct smp_client_place places[PLACES];
    uint8_t buf[PLACES * BUF_SIZE];
    uint8_t last[BUF_SIZE]; /* header of the message sent last */
    uint8_t *rx;            /* borrowed by the client until the next input */
    uint32_t now_ms;
    uint32_t asked;
    uint32_t ended;
    uint8_t open[TAGS];
};

static void take_events(struct run *r)
{
    struct smp_answer a;

    while (smp_client_event(&r->c, &a)) {
        MUST(a.tag < r->asked && r->open[a.tag] == 1);
        r->open[a.tag] = 0;
        r->ended++;
        if (a.body.len > 0) {
            MUST(a.body.ptr[a.body.len - 1] == a.body.ptr[a.body.len - 1]);
        }
        for (size_t i = 0; i < a.refusal.rsn.len; i++) {
            MUST(a.result == SMP_E_REMOTE);
        }
    }
}

static void ask(struct run *r, uint8_t step)
{
    struct smp_os_echo_req body = { .has = SMP_OS_ECHO_REQ_D,
        .d = { r->last, step & 15u } };
    struct smp_request req = { .op = (step & 16) != 0 ? SMP_OP_READ
                                                      : SMP_OP_WRITE,
        .map = (step & 32) != 0 ? &smp_os_echo_req_map : NULL,
        .body = &body,
        .timeout_ms = (step & 64) != 0 ? 100 : 0,
        .tries = step & 3,
        .tag = r->asked };
    uint8_t free_places = smp_client_free(&r->c);
    int rc;

    if (r->asked == TAGS) {
        return;
    }
    rc = smp_client_request(&r->c, &req, r->now_ms);
    MUST(rc == 0 || rc == SMP_E_BUSY);
    MUST((rc == 0) == (free_places > 0));
    if (rc == 0) {
        r->open[r->asked++] = 1;
    }
}

static void transmit(struct run *r)
{
    size_t len;
    const uint8_t *out = smp_client_output(&r->c, &len);

    if (out != NULL) {
        MUST(len >= SMP_HEADER_SIZE && len <= BUF_SIZE);
        memcpy(r->last, out, len);
        smp_client_sent(&r->c, r->now_ms);
    }
}

/* A message in a block of its own, so that a byte too far is seen. */
static void receive(struct run *r, const uint8_t *data, size_t len,
        bool answers)
{
    size_t head = answers ? SMP_HEADER_SIZE : 0;
    uint8_t *rx = malloc(head + len + 1);
    struct smp_header hdr;
    int rc;

    MUST(rx != NULL);
    take_events(r);
    if (answers) {
        MUST(smp_header_decode(r->last, SMP_HEADER_SIZE, &hdr) > 0);
        hdr.op = (hdr.op + 1) & 7;
        hdr.version = len & 1;
        hdr.len = (uint16_t)len;
        smp_header_encode(&hdr, rx);
    }
    if (len > 0) {
        memcpy(rx + head, data, len);
    }
    rc = smp_client_input(&r->c, rx, head + len, r->now_ms);
    MUST(rc == 0 || rc == SMP_E_SHORT || rc == SMP_E_PROTO);
    free(r->rx);
    r->rx = rx;
}

static size_t step(struct run *r, const uint8_t *data, size_t size)
{
    size_t len;

    switch (data[0] & 7) {
    case 0:
    case 1:
        ask(r, data[0]);
        return 1;
    case 2:
        transmit(r);
        return 1;
    case 3:
        r->now_ms += (uint32_t)data[0] * 16u;
        smp_client_tick(&r->c, r->now_ms);
        return 1;
    case 4:
        take_events(r);
        return 1;
    case 5:
        /* Reset ends what was not taken: its bytes may go. */
        if ((data[0] & 0xf8) == 0xf8) {
            smp_client_reset(&r->c, r->now_ms);
            take_events(r);
            MUST(r->ended == r->asked);
        }
        return 1;
    default:
        if (size < 2) {
            return 1;
        }
        len = data[1] > size - 2 ? size - 2 : data[1];
        receive(r, data + 2, len, (data[0] & 7) == 6);
        return 2 + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *r = calloc(1, sizeof(*r));

    MUST(r != NULL);
    r->now_ms = UINT32_MAX - 2000;
    smp_client_init(&r->c,
            &(struct smp_client_config){ .places = r->places,
                    .place_count = PLACES,
                    .buf = r->buf,
                    .buf_size = BUF_SIZE,
                    .version = size > 0 ? data[0] % 3 : SMP_VERSION_AUTO,
                    .first_seq = 253,
                    .tries = 2,
                    .timeout_ms = 300 });
    for (size_t at = 0; at < size;) {
        at += step(r, data + at, size - at);
        MUST(smp_client_free(&r->c) <= PLACES);
        (void)smp_client_wait_ms(&r->c, r->now_ms);
    }
    smp_client_reset(&r->c, r->now_ms);
    take_events(r);
    MUST(r->ended == r->asked);
    MUST(smp_client_free(&r->c) == PLACES);
    free(r->rx);
    free(r);
    return 0;
}
