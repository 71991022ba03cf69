// SPDX-License-Identifier: Apache-2.0
/* Running a procedure, or a single request, to its end. */
#include <string.h>

#include "host/session_private.h"

/* How often a procedure that cannot wait is asked while the link is down. */
#define DOWN_MS 20u

static uint32_t until(uint32_t at_ms, uint32_t now_ms)
{
    int32_t left = (int32_t)(at_ms - now_ms);

    return left > 0 ? (uint32_t)left : 0;
}

/* Time until somebody other than the link and the hooks has to act. */
static uint32_t work_wait_ms(const struct host_session *s,
        const struct smp_procedure *proc, const void *self, uint32_t now)
{
    uint32_t wait_ms = UINT32_MAX;
    uint32_t timer_ms;

    if (!s->cfg.link->info.up || s->finding) {
        timer_ms = proc->wait_ms(self, now);
        return MAX(timer_ms, DOWN_MS);
    }
    /* With a full window nobody asks the procedure: it would say "now". */
    if (host_session_window_open(s)) {
        wait_ms = proc->wait_ms(self, now);
    }
    timer_ms = smp_client_wait_ms(&s->client, now);
    return MIN(wait_ms, timer_ms);
}

void host_session_wait(struct host_session *s, const struct smp_procedure *proc,
        const void *self, uint32_t max_ms)
{
    struct host_link *link = s->cfg.link;
    uint32_t now = host_session_now(s);
    uint32_t wait_ms = work_wait_ms(s, proc, self, now);
    uint32_t link_ms = UINT32_MAX;
    int wake_fd = s->cfg.cancel != NULL ? s->cfg.cancel->fd : -1;

    if (s->finding) {
        uint32_t find_ms = until(s->find_next_ms, now);

        wait_ms = MIN(wait_ms, find_ms);
    }
    if (link->info.up) {
        link_ms = link->ops->wait_ms(link, now);
    }
    wait_ms = MIN(wait_ms, link_ms);
    link->ops->wait(link, MIN(wait_ms, max_ms), wake_fd);
}

static int interrupted(struct host_session *s, struct host_error *err)
{
    smp_client_cancel(&s->client);
    s->finding = false;
    s->request_kept = false;
    return host_error_set(err, DFU_INTERRUPTED, NULL, "interrupted");
}

static int lost(struct host_session *s, struct host_error *err)
{
    const struct host_link *link = s->cfg.link;

    return host_error_set(err, DFU_LINK_LOST,
            "check cable, power and whether the device has restarted, then "
            "try again",
            "%s: the connection is lost%s%s", link->name,
            link->reason != NULL ? ": " : "",
            link->reason != NULL ? link->reason : "");
}

/* Takes what a procedure that ended left in flight off the client. */
static void leave(struct host_session *s)
{
    smp_client_cancel(&s->client);
    s->finding = false;
    s->request_kept = false;
}

int host_session_run(struct host_session *s, const struct smp_procedure *proc,
        void *self, const struct host_session_hooks *hooks,
        struct host_error *err)
{
    struct host_link *link = s->cfg.link;

    s->request_kept = false;
    proc->link(self, host_session_now(s), &link->info);
    for (;;) {
        int moved;

        if (host_cancel_is_set(s->cfg.cancel)) {
            return interrupted(s, err);
        }
        moved = host_session_pump(s, proc, self);
        if (hooks != NULL && hooks->poll != NULL) {
            int result = hooks->poll(hooks->ctx, s);

            if (result != 0) {
                leave(s);
                return result;
            }
        }
        if (proc->done(self)) {
            leave(s);
            return 0;
        }
        if (!link->info.up && !s->finding &&
                proc->wait_ms(self, host_session_now(s)) == UINT32_MAX) {
            return lost(s, err);
        }
        if (moved == 0) {
            uint32_t wait_ms = UINT32_MAX;

            if (hooks != NULL && hooks->wait_ms != NULL) {
                wait_ms = hooks->wait_ms(hooks->ctx, host_session_now(s));
            }
            host_session_wait(s, proc, self, wait_ms);
        }
    }
}

/* A procedure of one request. */
struct single {
    const struct smp_request *req;
    struct host_session *session;
    struct smp_answer answer;
    bool sent;
    bool done;
};

static int single_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    struct single *one = self;

    (void)now_ms;
    if (one->sent) {
        return 0;
    }
    one->sent = true;
    *req = *one->req;
    return 1;
}

/* The answer's views end with the call: the session keeps a copy. */
static void single_answer(void *self, uint32_t now_ms,
        const struct smp_answer *answer)
{
    struct single *one = self;
    GByteArray *body = one->session->reply_body;
    struct smp_bytes *rsn = &one->answer.refusal.rsn;

    (void)now_ms;
    one->answer = *answer;
    one->done = true;
    g_byte_array_set_size(body, 0);
    g_byte_array_append(body, answer->body.ptr, (guint)answer->body.len);
    one->answer.body.ptr = body->data;
    if (rsn->len > 0 && rsn->ptr >= answer->body.ptr) {
        rsn->ptr = body->data + (rsn->ptr - answer->body.ptr);
    }
}

static void single_link(void *self, uint32_t now_ms,
        const struct smp_link *link)
{
    struct single *one = self;

    (void)now_ms;
    if (!link->up && !one->done) {
        one->answer.result = SMP_E_LINK;
        one->done = true;
    }
}

static uint32_t single_wait_ms(const void *self, uint32_t now_ms)
{
    const struct single *one = self;

    (void)now_ms;
    return one->sent ? UINT32_MAX : 0;
}

static bool single_done(const void *self)
{
    const struct single *one = self;

    return one->done;
}

static const struct smp_procedure single_procedure = {
    .next = single_next,
    .answer = single_answer,
    .link = single_link,
    .wait_ms = single_wait_ms,
    .done = single_done,
};

char *host_refusal_text(const struct smp_refusal *refusal)
{
    bool own = refusal->shape != SMP_REFUSAL_RC;
    const char *name = smp_refusal_name(refusal);
    const char *meaning = own
            ? smp_group_rc_text(refusal->rc_group, refusal->rc)
            : smp_rc_text(refusal->rc);
    char *where = own
            ? g_strdup_printf("%s group, rc %d",
                      smp_group_name(refusal->rc_group), (int)refusal->rc)
            : g_strdup_printf("rc %d", (int)refusal->rc);
    char *rsn = refusal->rsn.len > 0
            ? host_text_escape(refusal->rsn.ptr, refusal->rsn.len)
            : NULL;
    char *text = g_strdup_printf("%s (%s): %s%s%s%s", name, where, meaning,
            rsn != NULL ? "; the device says: \"" : "", rsn != NULL ? rsn : "",
            rsn != NULL ? "\"" : "");

    g_free(where);
    g_free(rsn);
    return text;
}

int host_session_no_answer(const struct host_session *s, struct host_error *err)
{
    const struct host_link *link = s->cfg.link;
    const char *next = "check that the device runs and offers SMP here, and "
                       "that nothing else uses it";

    if (link->stats.refused > 0 && link->stats.rx_messages == 0) {
        return host_error_set(err, DFU_NO_ANSWER,
                "check address and port, and that the device's UDP transport "
                "is started",
                "%s: nothing listens there (port unreachable)", link->name);
    }
    switch ((enum smp_link_kind)link->info.kind) {
    case SMP_LINK_CONSOLE:
    case SMP_LINK_RAW:
        next = link->stats.rx_bytes == 0
                ? "check device name, wiring and speed; the firmware must "
                  "offer SMP on this port"
                : "the port is alive: check speed and whether the firmware "
                  "offers SMP on this port";
        break;
    case SMP_LINK_DATAGRAM:
    case SMP_LINK_BLE:
        break;
    }
    return host_error_set(err, DFU_NO_ANSWER, next, "%s: no answer",
            link->name);
}

int host_session_request(struct host_session *s, const struct smp_request *req,
        struct host_reply *reply, struct host_error *err)
{
    struct single one = { .req = req, .session = s };
    const char *name = smp_command_name(req->group, req->id);

    if (host_session_run(s, &single_procedure, &one, NULL, err) != 0) {
        return -1;
    }
    if (one.answer.result == 0) {
        reply->answer = one.answer;
        return 0;
    }
    if (one.answer.result == SMP_E_TIMEOUT) {
        return host_session_no_answer(s, err);
    }
    if (one.answer.result == SMP_E_LINK) {
        return lost(s, err);
    }
    if (one.answer.result == SMP_E_REMOTE) {
        char *text;

        reply->answer = one.answer;
        text = host_refusal_text(&one.answer.refusal);
        if (name != NULL) {
            host_error_set(err, DFU_DEVICE_REFUSED, NULL,
                    "%s: the device answered %s", name, text);
        } else {
            host_error_set(err, DFU_DEVICE_REFUSED, NULL,
                    "group %u command %u: the device answered %s", req->group,
                    req->id, text);
        }
        g_free(text);
        return -1;
    }
    return host_error_set(err, DFU_OTHER,
            "record the session with --trace and report it",
            "group %u command %u: %s", req->group, req->id,
            smp_err_to_str(one.answer.result));
}
