// SPDX-License-Identifier: Apache-2.0
/*
 * The server peer.
 *
 * What is looked at, in this order; the first that holds decides:
 *
 * packet or request                        answer          then
 * ---------------------------------------  --------------  ----------------
 * fewer than 8 bytes left                  none            packet done
 * header.len beyond the packet             rc 9            packet done
 * op is neither read nor write             rc 8, op 3      packet done
 * version 0 and v1 is not built in         rc 12           packet done
 * version above 1                          rc 13, v2       packet done
 * no such group, command or direction      rc 8            packet done
 * the handler's table cannot decode it     rc 3            packet done
 * the handler refuses, SMP-level           rc n            packet done
 * the handler refuses, group code, v1      rc, translated  packet done
 * the handler refuses, group code, v2      err             next request
 * the answer does not fit                  rc 7            packet done
 * else                                     the pairs       next request
 *
 * Source: zephyr subsys/mgmt/mcumgr/smp/src/smp.c, and recordings of 4.4.0.
 */
#include "smp/server.h"

#include <string.h>

#include "smp/internal.h"

static void trace(const struct smp_server *s, enum smp_trace_kind kind,
        const uint8_t *buf, size_t len)
{
    if (s->cfg.trace != NULL) {
        s->cfg.trace->message(s->cfg.trace_ctx, s->now_ms, kind,
                (struct smp_bytes){ buf, len });
    }
}

static const struct smp_server_group *find_group(const struct smp_server *s,
        uint16_t id)
{
    for (uint8_t i = 0; i < s->cfg.group_count; i++) {
        if (s->cfg.groups[i]->id == id) {
            return s->cfg.groups[i];
        }
    }
    return NULL;
}

static bool is_absent(const struct smp_server_group *group, uint8_t id)
{
    return id < 32 && (group->absent >> id & 1u) != 0;
}

static const struct smp_handler *find_handler(const struct smp_server_group
                                                      *group,
        const struct smp_header *hdr)
{
    if (group == NULL || is_absent(group, hdr->id)) {
        return NULL;
    }
    for (uint8_t i = 0; i < group->handler_count; i++) {
        const struct smp_handler *h = &group->handlers[i];

        if (h->id == hdr->id && h->op == hdr->op) {
            return h;
        }
    }
    return NULL;
}

uint8_t smp_server_group_handlers(const struct smp_server_group *group)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < group->handler_count; i++) {
        uint8_t id = group->handlers[i].id;

        if (id >= count && !is_absent(group, id)) {
            count = (uint8_t)(id + 1u);
        }
    }
    return count;
}

/* The rules of the header; SMP_RC_OK lets the request through. */
static int32_t check_header(const struct smp_server *s,
        const struct smp_header *hdr, size_t rest)
{
    const struct smp_dress *dress = s->cfg.dress;

    if (hdr->len > rest) {
        return SMP_RC_CORRUPT;
    }
    if (hdr->op != SMP_OP_READ && hdr->op != SMP_OP_WRITE) {
        return SMP_RC_NOTSUP;
    }
    if (dress != NULL && dress->version_zero) {
        return SMP_RC_OK;
    }
    if (hdr->version == SMP_V1 && s->cfg.v1_refused) {
        return SMP_RC_TOO_OLD;
    }
    return hdr->version > SMP_V2 ? SMP_RC_TOO_NEW : SMP_RC_OK;
}

static void run_handler(const struct smp_server *s, struct smp_call *call)
{
    const struct smp_server_group *group = find_group(s, call->header.group);
    const struct smp_handler *h = find_handler(group, &call->header);
    _Alignas(8) uint8_t body[SMP_SERVER_BODY_SIZE]; /* of any table */

    if (h == NULL) {
        call->rc = SMP_RC_NOTSUP;
        return;
    }
    if (h->request != NULL) {
        if (SMP_NEVER(h->request->size > sizeof(body))) {
            call->rc = SMP_RC_NOMEM;
            return;
        }
        if (smp_map_decode(h->request, call->payload, body) != 0) {
            call->rc = SMP_RC_INVAL;
            return;
        }
        call->body = body;
    }
    h->run(group->ctx, call);
    call->body = NULL;
}

/* What a v1 client is told for a group's own code. */
static int32_t translate(const struct smp_server *s, uint16_t group_id,
        uint8_t group_rc)
{
    const struct smp_server_group *group = find_group(s, group_id);
    const struct smp_dress *dress = s->cfg.dress;

    if (dress != NULL && dress->translate != NULL) {
        int32_t rc = dress->translate(group_id, group_rc);

        if (rc >= 0) {
            return rc;
        }
    }
    for (uint8_t i = 0; group != NULL && i < group->v1_count; i++) {
        if (group->v1[i].group_rc == group_rc) {
            return group->v1[i].rc;
        }
    }
    return SMP_RC_UNKNOWN;
}

/* Makes a group's own code flat where the client cannot read a map. */
static void flatten(const struct smp_server *s, struct smp_call *call)
{
    const struct smp_dress *dress = s->cfg.dress;

    if (call->header.version != SMP_V1 &&
            (dress == NULL || dress->group_error != SMP_DRESS_FLAT)) {
        return;
    }
    call->group_error = false;
    call->rc = translate(s, call->rc_group, (uint8_t)call->rc);
    if (call->rc == SMP_RC_OK) {
        /* Real servers send a header with old bytes and no map here: the v1
         * client is not told of the failure. We send an empty answer. */
        smp_encoder_init(call->rsp, call->rsp->buf, call->rsp->cap,
                (enum smp_form)call->rsp->form);
        call->begun = false;
    }
}

static void put_refusal(const struct smp_server *s, struct smp_call *call)
{
    struct smp_encoder *e = call->rsp;
    const struct smp_dress *dress = s->cfg.dress;
    bool rsn = !call->group_error && s->cfg.verbose && call->rsn != NULL;

    smp_encoder_init(e, e->buf, e->cap, (enum smp_form)e->form);
    smp_put_map(e, rsn ? 2 : 1);
    if (call->group_error) {
        smp_put_key(e,
                dress != NULL && dress->group_error == SMP_DRESS_RET ? "ret"
                                                                     : "err");
        smp_put_map(e, 2);
        smp_put_key(e, "group");
        smp_put_uint(e, call->rc_group);
    }
    smp_put_key(e, "rc");
    smp_put_int(e, call->rc);
    if (call->group_error) {
        smp_put_end(e);
    }
    if (rsn) {
        smp_put_key(e, "rsn");
        smp_put_str(e, call->rsn);
    }
    smp_put_end(e);
}

/* Completes the payload; returns its length, below 0 when nothing fits. */
static int put_answer(const struct smp_server *s, struct smp_call *call)
{
    if (call->rc == SMP_RC_OK) {
        if (!call->begun) {
            smp_call_begin(call, 0);
        }
        smp_put_end(call->rsp);
    } else {
        put_refusal(s, call);
    }
    int len = smp_encoder_finish(call->rsp);

    if (len < 0 && !(call->rc == SMP_RC_MSGSIZE && !call->group_error)) {
        call->group_error = false;
        call->rsn = NULL;
        call->rc = SMP_RC_MSGSIZE;
        put_refusal(s, call);
        len = smp_encoder_finish(call->rsp);
    }
    return len;
}

static void put_header(struct smp_server *s, const struct smp_header *req,
        uint16_t len)
{
    struct smp_header rsp = *req;
    const struct smp_dress *dress = s->cfg.dress;

    rsp.version = req->version > SMP_V2 ? SMP_V2 : req->version;
    if (dress != NULL && dress->version_zero) {
        rsp.version = 0;
    }
    rsp.op = req->op == SMP_OP_READ ? SMP_OP_READ_RSP : SMP_OP_WRITE_RSP;
    rsp.flags = 0;
    rsp.len = len;
    smp_header_encode(&rsp, s->cfg.tx);
}

/* Answers the request at the start of s->rx and takes it off. */
static void answer_next(struct smp_server *s)
{
    struct smp_encoder e;
    struct smp_call call = { .route = s->route,
        .now_ms = s->now_ms,
        .rsp = &e,
        .cfg = &s->cfg };

    if (smp_header_decode(s->rx.ptr, s->rx.len, &call.header) < 0) {
        s->rx.len = 0;
        return;
    }
    call.payload.ptr = s->rx.ptr + SMP_HEADER_SIZE;
    call.payload.len = s->rx.len - SMP_HEADER_SIZE;
    smp_encoder_init(&e, s->cfg.tx + SMP_HEADER_SIZE,
            s->cfg.tx_size - SMP_HEADER_SIZE, (enum smp_form)s->cfg.form);
    s->requests++;
    call.rc = check_header(s, &call.header, call.payload.len);
    if (call.rc == SMP_RC_OK) {
        run_handler(s, &call);
    }
    if (call.group_error) {
        flatten(s, &call);
    }
    int len = put_answer(s, &call);

    if (call.rc != SMP_RC_OK && !call.group_error) {
        s->rx.len = 0;
    } else {
        s->rx.ptr = call.payload.ptr + call.header.len;
        s->rx.len = call.payload.len - call.header.len;
    }
    if (len < 0 || len > UINT16_MAX) {
        return;
    }
    put_header(s, &call.header, (uint16_t)len);
    s->tx_len = SMP_HEADER_SIZE + (size_t)len;
    s->tx_route = s->route;
    trace(s, SMP_TRACE_TX, s->cfg.tx, s->tx_len);
}

void smp_server_init(struct smp_server *s, const struct smp_server_config *cfg)
{
    SMP_ASSERT(cfg->tx_size >= SMP_SERVER_TX_MIN);
    memset(s, 0, sizeof(*s));
    s->cfg = *cfg;
}

int smp_server_input(struct smp_server *s, const uint8_t *buf, size_t len,
        uint32_t route, uint32_t now_ms)
{
    if (s->rx.len > 0 || s->tx_len > 0) {
        return SMP_E_BUSY;
    }
    s->rx = (struct smp_bytes){ buf, len };
    s->route = route;
    s->now_ms = now_ms;
    trace(s, len < SMP_HEADER_SIZE ? SMP_TRACE_DROPPED : SMP_TRACE_RX, buf,
            len);
    return 0;
}

const uint8_t *smp_server_output(struct smp_server *s, size_t *len,
        uint32_t *route)
{
    while (s->tx_len == 0 && s->rx.len > 0) {
        answer_next(s);
    }
    if (s->tx_len == 0) {
        return NULL;
    }
    *len = s->tx_len;
    if (route != NULL) {
        *route = s->tx_route;
    }
    return s->cfg.tx;
}

void smp_server_sent(struct smp_server *s)
{
    s->tx_len = 0;
}

void smp_call_begin(struct smp_call *call, size_t pairs)
{
    const struct smp_dress *dress = call->cfg->dress;
    const struct smp_header *hdr = &call->header;
    bool zero = dress != NULL && dress->rc_zero != NULL &&
            dress->rc_zero(hdr->group, hdr->op, hdr->id);

    SMP_ASSERT(!call->begun);
    call->begun = true;
    smp_put_map(call->rsp, pairs + (zero ? 1u : 0u));
    if (zero) {
        smp_put_key(call->rsp, "rc");
        smp_put_int(call->rsp, 0);
    }
}

void smp_call_put_uint(struct smp_call *call, const char *key, uint32_t value)
{
    smp_put_key(call->rsp, key);
    smp_put_uint(call->rsp, value);
}

void smp_call_refuse(struct smp_call *call, enum smp_rc rc)
{
    call->rc = (int32_t)rc;
    call->group_error = false;
    call->rsn = NULL;
}

void smp_call_refuse_group(struct smp_call *call, uint16_t group, uint8_t rc)
{
    smp_call_refuse_rsn(call, group, rc, NULL);
}

void smp_call_refuse_rsn(struct smp_call *call, uint16_t group, uint8_t rc,
        const char *rsn)
{
    call->rc = rc;
    call->rc_group = group;
    call->group_error = rc != 0;
    call->rsn = rsn;
}
