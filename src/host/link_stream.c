// SPDX-License-Identifier: Apache-2.0
/*
 * Framing over a byte stream, for serial lines and TCP.
 *
 * One message at a time: a console takes one line after the other and has
 * room for few of them. Boards with the smallest driver buffers lose lines
 * that come at once, so as soon as a request has to be repeated, lines are
 * sent with a pause between them.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/link_private.h"

/* Pause between lines once a request had to be repeated. */
#define PACE_MS 20u
/* Silence after which both sides forget half a raw message. */
#define SILENCE_MS 3000u
/* A little more, before a raw request is repeated. */
#define RAW_RETRY_MS 3300u

static struct host_stream *stream_of(struct host_link *link)
{
    return (struct host_stream *)(void *)link;
}

static void on_text(void *ctx, const uint8_t *text, size_t len)
{
    struct host_stream *s = ctx;

    if (s->link.noise != NULL) {
        s->link.noise(s->link.noise_ctx, text, len);
    }
}

void host_stream_init(struct host_stream *s, bool raw, size_t mtu)
{
    s->fd = -1;
    s->raw = raw;
    s->link.info.kind = raw ? SMP_LINK_RAW : SMP_LINK_CONSOLE;
    s->link.info.window_max = 1;
    s->link.info.max_message = HOST_STREAM_MESSAGE;
    s->link.info.max_reassembled = HOST_STREAM_MESSAGE_MAX;
    if (mtu != 0) {
        s->link.info.max_message = MIN(mtu, HOST_STREAM_MESSAGE_MAX);
        s->link.info.max_reassembled = s->link.info.max_message;
    }
    s->msg = g_malloc(HOST_STREAM_MESSAGE_MAX);
    s->rx = g_malloc(HOST_STREAM_MESSAGE_MAX + 4u);
}

void host_stream_opened(struct host_stream *s, int fd)
{
    static const uint8_t lf = '\n';

    s->fd = fd;
    s->msg_len = 0;
    s->out_len = 0;
    s->out_off = 0;
    s->blocked = false;
    s->pausing = false;
    s->answered = true;
    s->in_len = 0;
    s->in_off = 0;
    s->last_rx_ms = host_clock_ms();
    if (s->raw) {
        smp_stream_decoder_init(&s->stream, s->rx, HOST_STREAM_MESSAGE_MAX);
    } else {
        smp_console_decoder_init(&s->console, s->rx,
                HOST_STREAM_MESSAGE_MAX + 4u, false);
        s->console.text = on_text;
        s->console.text_ctx = s;
        /* Ends half-typed text in front of our first line. */
        s->out = &lf;
        s->out_len = 1;
    }
    host_link_set_up(&s->link);
}

void host_stream_close(struct host_stream *s)
{
    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = -1;
    s->msg_len = 0;
    s->out_len = 0;
    s->link.info.up = false;
}

void host_stream_finish(struct host_stream *s)
{
    g_free(s->msg);
    g_free(s->rx);
}

static int stream_lost(struct host_stream *s, const char *what)
{
    host_stream_close(s);
    return host_link_set_down(&s->link, "%s", what);
}

/*
 * The same request again, and nothing heard since: the device may have lost
 * part of it (console) or holds half of it (raw).
 */
static void note_repeat(struct host_stream *s, const uint8_t *msg, size_t len)
{
    size_t head = MIN(len, sizeof(s->last_sent));

    if (!s->answered && memcmp(s->last_sent, msg, head) == 0) {
        s->paced = true;
        if (s->raw) {
            s->pausing = true;
            s->pause_until_ms = s->pause_until_ms + RAW_RETRY_MS;
        }
    }
    memcpy(s->last_sent, msg, head);
    s->answered = false;
}

int host_stream_send(struct host_link *link, const uint8_t *msg, size_t len)
{
    struct host_stream *s = stream_of(link);

    if (s->fd < 0) {
        return HOST_LINK_DOWN;
    }
    if (s->msg_len != 0) {
        return HOST_LINK_AGAIN;
    }
    if (len == 0 || len > HOST_STREAM_MESSAGE_MAX) {
        link->stats.send_errors++;
        return 0;
    }
    note_repeat(s, msg, len);
    memcpy(s->msg, msg, len);
    s->msg_len = len;
    if (!s->raw) {
        (void)smp_console_encode_start(&s->encoder, s->msg, len);
    }
    link->stats.tx_messages++;
    return 0;
}

/* Puts the next bytes of the message into out; false = the message is done. */
static bool next_line(struct host_stream *s)
{
    bool first = s->raw || s->encoder.off == 0;

    if (s->raw) {
        if (s->out == s->msg) {
            return false;
        }
        s->out = s->msg;
        s->out_len = s->msg_len;
    } else {
        s->out = s->line;
        s->out_len = smp_console_encode_line(&s->encoder, s->line);
    }
    s->out_off = 0;
    if (s->out_len != 0 && !first && s->paced) {
        s->pausing = true;
        s->pause_until_ms = host_clock_ms() + PACE_MS + s->line_ms;
    }
    return s->out_len != 0;
}

static ssize_t stream_write(const struct host_stream *s)
{
    const uint8_t *from = s->out + s->out_off;
    size_t len = s->out_len - s->out_off;

    return s->socket ? send(s->fd, from, len, MSG_NOSIGNAL)
                     : write(s->fd, from, len);
}

/* 1 = bytes are to be written now, 0 = nothing (yet). */
static int stream_ready(struct host_stream *s)
{
    if (s->out_off == s->out_len) {
        if (s->msg_len == 0) {
            return 0;
        }
        if (!next_line(s)) {
            s->msg_len = 0;
            s->out = NULL;
            s->out_len = 0;
            s->out_off = 0;
            s->pause_until_ms = host_clock_ms();
            return 0;
        }
    }
    if (s->pausing && (int32_t)(host_clock_ms() - s->pause_until_ms) < 0) {
        return 0;
    }
    s->pausing = false;
    return 1;
}

int host_stream_flush(struct host_link *link)
{
    struct host_stream *s = stream_of(link);

    if (s->fd < 0) {
        return HOST_LINK_DOWN;
    }
    s->blocked = false;
    while (stream_ready(s) == 1) {
        ssize_t n = stream_write(s);

        if (n > 0) {
            s->out_off += (size_t)n;
            link->stats.tx_bytes += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            s->blocked = true;
            return HOST_LINK_AGAIN;
        } else if (n == 0 || errno != EINTR) {
            return stream_lost(s,
                    n == 0 ? "nothing is taken" : g_strerror(errno));
        }
    }
    return 0;
}

/* 1 bytes, 0 none, HOST_LINK_DOWN. */
static int stream_read(struct host_stream *s)
{
    ssize_t n;

    do {
        n = read(s->fd, s->in, sizeof(s->in));
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return 0;
    }
    if (n <= 0) {
        return stream_lost(s,
                n == 0 ? "the other side has hung up" : g_strerror(errno));
    }
    s->in_off = 0;
    s->in_len = (size_t)n;
    s->link.stats.rx_bytes += (size_t)n;
    if (s->raw && host_clock_ms() - s->last_rx_ms >= SILENCE_MS) {
        smp_stream_silence(&s->stream);
    }
    s->last_rx_ms = host_clock_ms();
    return 1;
}

int host_stream_receive(struct host_link *link, struct smp_bytes *msg)
{
    struct host_stream *s = stream_of(link);

    if (s->fd < 0) {
        return HOST_LINK_DOWN;
    }
    for (;;) {
        size_t used = 0;
        int got;

        if (s->in_off == s->in_len) {
            got = stream_read(s);
            if (got <= 0) {
                return got;
            }
        }
        if (s->raw) {
            got = smp_stream_feed(&s->stream, s->in + s->in_off,
                    s->in_len - s->in_off, &used, msg);
            link->stats.frame = s->stream.stats;
        } else {
            got = smp_console_feed(&s->console, s->in + s->in_off,
                    s->in_len - s->in_off, &used, msg);
            link->stats.frame = s->console.stats;
        }
        s->in_off += used;
        if (got == 1) {
            s->answered = true;
            link->stats.rx_messages++;
            return 1;
        }
    }
}

uint32_t host_stream_wait_ms(const struct host_link *link, uint32_t now_ms)
{
    const struct host_stream *s =
            (const struct host_stream *)(const void *)link;

    if (s->fd < 0 || !s->pausing) {
        return UINT32_MAX;
    }
    if ((int32_t)(now_ms - s->pause_until_ms) >= 0) {
        return 0;
    }
    return s->pause_until_ms - now_ms;
}

void host_stream_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd)
{
    struct host_stream *s = stream_of(link);

    if (s->in_off < s->in_len) {
        return;
    }
    host_link_poll(s->fd, s->blocked ? POLLIN | POLLOUT : POLLIN, timeout_ms,
            wake_fd);
}
