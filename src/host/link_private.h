// SPDX-License-Identifier: Apache-2.0
/* What the transports of this floor share. */
#ifndef HOST_LINK_PRIVATE_H
#define HOST_LINK_PRIVATE_H

#include "host/link.h"

/** The link is up: new epoch, counted. */
void host_link_set_up(struct host_link *link);

/** The link is down, with a reason. @return HOST_LINK_DOWN */
int host_link_set_down(struct host_link *link, const char *format, ...)
        G_GNUC_PRINTF(2, 3);

/** poll(2) on one descriptor (or -1) and the wake-up, at most timeout_ms. */
void host_link_poll(int fd, short events, uint32_t timeout_ms, int wake_fd);

/** The clock of links that have none of their own: host_clock_ms(). */
uint32_t host_link_now_ms(const struct host_link *link);

/** Makers, by kind of URI; nothing is opened. Never NULL. */
struct host_link *host_udp_create(const struct host_uri *uri,
        const struct host_link_params *params);
struct host_link *host_serial_create(const struct host_uri *uri,
        const struct host_link_params *params);
struct host_link *host_tcp_create(const struct host_uri *uri,
        const struct host_link_params *params);
struct host_link *host_ble_create(const struct host_uri *uri,
        const struct host_link_params *params);

/** Largest message of a stream before the device told its buffer size. */
#define HOST_STREAM_MESSAGE 252u
/** Largest message of a stream at all. */
#define HOST_STREAM_MESSAGE_MAX 8192u

/**
 * A byte stream with framing on it: serial lines and TCP. Their link structs
 * begin with it.
 */
struct host_stream {
    struct host_link link;
    int fd; /**< non-blocking, -1 = closed */
    bool raw;
    bool socket;      /**< no SIGPIPE when the other side has gone */
    uint32_t line_ms; /**< how long a full line takes on the wire */
    uint8_t *msg;     /**< message being sent, copied */
    size_t msg_len;   /**< 0 = nothing is being sent */
    struct smp_console_encoder encoder;
    uint8_t line[SMP_CONSOLE_LINE_MAX];
    const uint8_t *out; /**< bytes being written: line, msg, or a LF */
    size_t out_len;
    size_t out_off;
    bool blocked; /**< write said "no room": poll for POLLOUT */
    bool paced;   /**< a request had to be repeated: pause between lines */
    bool pausing;
    uint32_t pause_until_ms;
    uint8_t last_sent[8]; /**< header of the last message */
    bool answered;        /**< something came since then */
    struct smp_console_decoder console;
    struct smp_stream_decoder stream;
    uint8_t *rx; /**< decoder's buffer */
    uint8_t in[4096];
    size_t in_len;
    size_t in_off;
    uint32_t last_rx_ms;
};

/**
 * A zeroed stream becomes one that is closed.
 *
 * @param raw  bare messages; else console frames
 * @param mtu  largest message, told by the user; 0 = HOST_STREAM_MESSAGE
 */
void host_stream_init(struct host_stream *s, bool raw, size_t mtu);
/** A new connection: nothing is left of the old one. Takes fd. */
void host_stream_opened(struct host_stream *s, int fd);
/** Close the descriptor; a half sent message is dropped. */
void host_stream_close(struct host_stream *s);
/** Free the buffers. */
void host_stream_finish(struct host_stream *s);
/** Ops that serial and TCP have in common. */
int host_stream_send(struct host_link *link, const uint8_t *msg, size_t len);
int host_stream_flush(struct host_link *link);
int host_stream_receive(struct host_link *link, struct smp_bytes *msg);
uint32_t host_stream_wait_ms(const struct host_link *link, uint32_t now_ms);
void host_stream_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd);

/**
 * Make a terminal raw: 8 bits, no parity, no flow control, no hang-up on
 * close, any speed; forget what came in before.
 *
 * @return 0, or -1 with errno
 */
int host_tty_configure(int fd, uint32_t baud);

/** Only we may open it from now on. Best effort. */
void host_tty_claim(int fd);

#endif
