// SPDX-License-Identifier: Apache-2.0
/*
 * The loop. One pass of the pump:
 *
 *   device looked for?  try to reopen the link when it is time
 *   procedure           requests, as long as places and the window allow
 *   client              output to the link, flushed once
 *   link                messages to the client, answers to the procedure
 *   client              timers
 *
 * Nothing here sleeps but host_session_wait().
 */
#include "host/session.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/session_private.h"
#include "smp/group_os.h"

#define PLACES      32u
#define TRIES       3u
#define TIMEOUT_MS  2500u
#define MESSAGE_MAX 8192u
#define FIND_MS     250u
/* Tries without an answer before the link looks for the reason. */
#define LOOK_AFTER 2u

int host_cancel_init(struct host_cancel *cancel, struct host_error *err)
{
    atomic_init(&cancel->set, 0);
    cancel->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (cancel->fd < 0) {
        return host_error_set(err, DFU_OTHER, NULL, "eventfd: %s",
                g_strerror(errno));
    }
    return 0;
}

void host_cancel_finish(struct host_cancel *cancel)
{
    if (cancel->fd >= 0) {
        close(cancel->fd);
    }
    cancel->fd = -1;
}

void host_cancel_set(struct host_cancel *cancel)
{
    static const uint64_t one = 1;
    int keep = errno;

    atomic_store(&cancel->set, 1);
    if (cancel->fd >= 0 && write(cancel->fd, &one, sizeof(one)) < 0) {
        /* Full: it is readable already. */
        errno = keep;
    }
    errno = keep;
}

bool host_cancel_is_set(const struct host_cancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->set) != 0;
}

static void on_message(void *ctx, uint32_t now_ms, enum smp_trace_kind kind,
        struct smp_bytes message)
{
    struct host_session *s = ctx;

    host_trace_message(s->cfg.trace, now_ms, s->cfg.dev, kind, message);
}

static const struct smp_trace_ops trace_ops = { .message = on_message };

static void on_noise(void *ctx, const uint8_t *text, size_t len)
{
    struct host_session *s = ctx;

    host_trace_noise(s->cfg.trace, host_session_now(s), s->cfg.dev, text, len);
    if (s->noise != NULL) {
        s->noise(s->noise_ctx, text, len);
    }
}

static void trace_link(struct host_session *s)
{
    s->traced_epoch = s->cfg.link->info.epoch;
    host_trace_link(s->cfg.trace, host_session_now(s), s->cfg.dev,
            &s->cfg.link->info, s->cfg.link->name);
}

/* The link asks before open or reopen return: first say that it is up. */
static void on_own_message(void *ctx, enum smp_trace_kind kind, bool probe,
        struct smp_bytes message)
{
    struct host_session *s = ctx;

    if (s->traced_epoch != s->cfg.link->info.epoch) {
        trace_link(s);
    }
    if (probe) {
        host_trace_probe(s->cfg.trace, host_session_now(s), s->cfg.dev, kind,
                message);
    } else {
        host_trace_message(s->cfg.trace, host_session_now(s), s->cfg.dev, kind,
                message);
    }
}

static void on_own_note(void *ctx, const char *text)
{
    struct host_session *s = ctx;

    host_trace_note(s->cfg.trace, host_session_now(s), s->cfg.dev, text);
}

static const struct host_link_watch link_watch = {
    .message = on_own_message,
    .note = on_own_note,
};

static size_t or_default(size_t value, size_t fallback)
{
    return value != 0 ? value : fallback;
}

static void make_client(struct host_session *s,
        const struct host_session_config *cfg)
{
    struct smp_client_config client = { .version = cfg->version };
    size_t places = or_default(cfg->places, PLACES);

    client.place_count = (uint8_t)MIN(places, SMP_CLIENT_PLACES_MAX);
    client.buf_size = or_default(cfg->buf_size, MESSAGE_MAX);
    s->places = g_new0(struct smp_client_place, client.place_count);
    s->buf = g_malloc(client.place_count * client.buf_size);
    client.places = s->places;
    client.buf = s->buf;
    client.tries = (uint8_t)or_default(cfg->tries, TRIES);
    client.timeout_ms = (uint32_t)or_default(cfg->timeout_ms, TIMEOUT_MS);
    /* Virtual devices shall do the same in every run. */
    client.first_seq = cfg->link->virtual_time ? 1u : (uint8_t)g_random_int();
    if (cfg->trace != NULL) {
        client.trace = &trace_ops;
        client.trace_ctx = s;
    }
    smp_client_init(&s->client, &client);
}

static void heard(struct host_session *s)
{
    s->heard_timeouts = s->client.timeouts;
    s->look_after = LOOK_AFTER;
}

struct host_session *host_session_create(const struct host_session_config *cfg)
{
    struct host_session *s = g_new0(struct host_session, 1);

    s->cfg = *cfg;
    if (cfg->dev == NULL) {
        s->cfg.dev = "a";
    }
    make_client(s, cfg);
    heard(s);
    s->reply_body = g_byte_array_new();
    s->noise = cfg->link->noise;
    s->noise_ctx = cfg->link->noise_ctx;
    cfg->link->noise = on_noise;
    cfg->link->noise_ctx = s;
    cfg->link->watch = &link_watch;
    cfg->link->watch_ctx = s;
    return s;
}

void host_session_destroy(struct host_session *s)
{
    if (s == NULL) {
        return;
    }
    s->cfg.link->ops->close(s->cfg.link);
    s->cfg.link->noise = s->noise;
    s->cfg.link->noise_ctx = s->noise_ctx;
    s->cfg.link->watch = NULL;
    g_byte_array_unref(s->reply_body);
    g_free(s->places);
    g_free(s->buf);
    g_free(s);
}

int host_session_open(struct host_session *s, struct host_error *err)
{
    if (s->cfg.link->ops->open(s->cfg.link, err) != 0) {
        return -1;
    }
    trace_link(s);
    return 0;
}

uint32_t host_session_now(const struct host_session *s)
{
    return s->cfg.link->ops->now_ms(s->cfg.link);
}

const char *host_session_dev(const struct host_session *s)
{
    return s->cfg.dev;
}

void host_session_find(struct host_session *s, const struct host_find *find)
{
    s->find = *find;
    if (s->find.every_ms == 0) {
        s->find.every_ms = FIND_MS;
    }
    s->find_next_ms = find->not_before_ms;
    /* A terminal server takes connections for a board that is away and drops
     * them again: that is no reason to come back at once. */
    if (s->reopened &&
            (int32_t)(s->reopened_ms + s->find.every_ms - s->find_next_ms) >
                    0) {
        s->find_next_ms = s->reopened_ms + s->find.every_ms;
    }
    s->finding = true;
    s->request_kept = false;
    smp_client_reset(&s->client, host_session_now(s));
    smp_client_cancel(&s->client);
}

bool host_session_finding(const struct host_session *s)
{
    return s->finding;
}

/* Parameters decide sizes and windows: they belong into the record. */
static void note_params(struct host_session *s, const struct smp_answer *answer)
{
    struct smp_os_params_rsp rsp;

    if (answer->result != 0 || answer->header.group != SMP_GROUP_OS ||
            answer->header.id != SMP_OS_PARAMS ||
            smp_map_decode(&smp_os_params_rsp_map, answer->body, &rsp) != 0) {
        return;
    }
    host_trace_params(s->cfg.trace, host_session_now(s), s->cfg.dev,
            rsp.buf_size, rsp.buf_count);
}

static bool take_answers(struct host_session *s,
        const struct smp_procedure *proc, void *self)
{
    struct smp_answer answer;
    bool moved = false;

    while (smp_client_event(&s->client, &answer)) {
        note_params(s, &answer);
        proc->answer(self, host_session_now(s), &answer);
        moved = true;
    }
    return moved;
}

static void link_lost(struct host_session *s, const struct smp_procedure *proc,
        void *self)
{
    struct host_link *link = s->cfg.link;

    link->info.up = false;
    link->ops->close(link);
    trace_link(s);
    if (s->finding) {
        return;
    }
    s->request_kept = false;
    smp_client_reset(&s->client, host_session_now(s));
    (void)take_answers(s, proc, self);
    proc->link(self, host_session_now(s), &link->info);
}

/* 1 = something moved. */
static int find_step(struct host_session *s, const struct smp_procedure *proc,
        void *self)
{
    struct host_link *link = s->cfg.link;
    uint32_t now = host_session_now(s);

    if ((int32_t)(now - s->find_next_ms) < 0) {
        return 0;
    }
    s->reopened = true;
    s->reopened_ms = now;
    if (link->ops->reopen(link) == 1) {
        s->finding = false;
        trace_link(s);
        proc->link(self, host_session_now(s), &link->info);
        return 1;
    }
    now = host_session_now(s);
    if ((int32_t)(now - s->find.give_up_ms) >= 0) {
        s->finding = false;
        link->info.up = false;
        trace_link(s);
        proc->link(self, now, &link->info);
        return 1;
    }
    s->find_next_ms = now + s->find.every_ms;
    return 0;
}

bool host_session_window_open(const struct host_session *s)
{
    uint8_t free_places = smp_client_free(&s->client);
    uint8_t flying = (uint8_t)(s->client.cfg.place_count - free_places);
    uint8_t most = s->cfg.link->info.window_max;

    return free_places > 0 && (most == 0 || flying < most);
}

static bool take_requests(struct host_session *s,
        const struct smp_procedure *proc, void *self)
{
    bool moved = false;

    while (host_session_window_open(s)) {
        uint32_t now = host_session_now(s);
        int result;

        if (!s->request_kept && proc->next(self, now, &s->request) != 1) {
            break;
        }
        s->request_kept = false;
        result = smp_client_request(&s->client, &s->request, now);
        if (result == SMP_E_BUSY) {
            s->request_kept = true;
            break;
        }
        if (result != 0) {
            /* It can never be sent: that is the answer. */
            struct smp_answer answer = { .tag = s->request.tag,
                .result = result };

            proc->answer(self, now, &answer);
        }
        moved = true;
    }
    return moved;
}

/* 1 moved, 0 nothing, HOST_LINK_DOWN. */
static int send_output(struct host_session *s)
{
    struct host_link *link = s->cfg.link;
    int moved = 0;
    int result;
    size_t len;
    const uint8_t *msg;

    while ((msg = smp_client_output(&s->client, &len)) != NULL) {
        result = link->ops->send(link, msg, len);
        if (result == HOST_LINK_DOWN) {
            return HOST_LINK_DOWN;
        }
        if (result == HOST_LINK_AGAIN) {
            break;
        }
        smp_client_sent(&s->client, host_session_now(s));
        moved = 1;
    }
    result = link->ops->flush(link);
    return result == HOST_LINK_DOWN ? HOST_LINK_DOWN : moved;
}

/* Each look may have to ask a name server: less and less often. */
static void watch_silence(struct host_session *s)
{
    struct host_link *link = s->cfg.link;
    uint32_t timeouts = s->client.timeouts - s->heard_timeouts;

    if (link->ops->look == NULL || !link->info.up || s->finding ||
            timeouts < s->look_after) {
        return;
    }
    link->ops->look(link);
    s->look_after = 2 * timeouts;
}

static int take_input(struct host_session *s, const struct smp_procedure *proc,
        void *self)
{
    struct host_link *link = s->cfg.link;
    struct smp_bytes msg;
    int moved = 0;
    int result;

    while ((result = link->ops->receive(link, &msg)) == 1) {
        moved = 1;
        heard(s);
        if (s->finding) {
            continue;
        }
        /* Errors are dropped messages: counted by the client. */
        (void)smp_client_input(&s->client, msg.ptr, msg.len,
                host_session_now(s));
        (void)take_answers(s, proc, self);
        if (proc->done(self)) {
            break;
        }
    }
    return result == HOST_LINK_DOWN ? HOST_LINK_DOWN : moved;
}

/*
 * Without a link the timers of a procedure go on: they fire in its next. What
 * it does there does not count as progress, or a procedure that cannot wait to
 * send would keep the pump spinning until the link is back.
 */
static void run_timers(struct host_session *s, const struct smp_procedure *proc,
        void *self)
{
    uint32_t now = host_session_now(s);
    struct smp_answer answer = { .result = SMP_E_LINK };

    if (proc->done(self) || proc->wait_ms(self, now) != 0) {
        return;
    }
    if (proc->next(self, now, &s->request) == 1) {
        answer.tag = s->request.tag;
        proc->answer(self, now, &answer);
    }
}

int host_session_pump(struct host_session *s, const struct smp_procedure *proc,
        void *self)
{
    struct host_link *link = s->cfg.link;
    int moved = 0;
    int result;

    if (s->finding) {
        moved = find_step(s, proc, self);
    }
    if (!link->info.up || s->finding) {
        run_timers(s, proc, self);
    } else {
        moved |= take_requests(s, proc, self);
        result = send_output(s);
        if (result == HOST_LINK_DOWN) {
            link_lost(s, proc, self);
            return HOST_LINK_DOWN;
        }
        moved |= result;
    }
    if (link->info.up) {
        result = take_input(s, proc, self);
        if (result == HOST_LINK_DOWN) {
            link_lost(s, proc, self);
            return s->finding ? moved : HOST_LINK_DOWN;
        }
        moved |= result;
    }
    smp_client_tick(&s->client, host_session_now(s));
    watch_silence(s);
    moved |= take_answers(s, proc, self);
    return moved;
}
