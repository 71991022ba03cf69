// SPDX-License-Identifier: Apache-2.0
/* Console frames over TCP: terminal servers and smpsim. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/link_private.h"

/* How long one connect may take: the first, and each attempt to come back. */
#define CONNECT_MS   5000
#define RECONNECT_MS 500

struct link_tcp {
    struct host_stream stream;
    char *host;
    char port[8];
};

static struct link_tcp *tcp_of(struct host_link *link)
{
    return (struct link_tcp *)(void *)link;
}

/* A connected socket, or -1 with errno. */
static int tcp_connect(const struct addrinfo *info, int timeout_ms)
{
    struct pollfd pfd;
    int failure = 0;
    int one = 1;
    socklen_t size = sizeof(failure);
    int fd = socket(info->ai_family,
            info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
            info->ai_protocol);

    if (fd < 0) {
        return -1;
    }
    if (connect(fd, info->ai_addr, info->ai_addrlen) != 0) {
        failure = errno;
        if (failure == EINPROGRESS) {
            pfd.fd = fd;
            pfd.events = POLLOUT;
            failure = ETIMEDOUT;
            if (poll(&pfd, 1, timeout_ms) == 1) {
                (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
            }
        }
    }
    if (failure != 0) {
        close(fd);
        errno = failure;
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static int tcp_start(struct link_tcp *t, int timeout_ms, struct host_error *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    const char *name = t->stream.link.name;
    int code = getaddrinfo(t->host, t->port, &hints, &list);
    int fd = -1;

    if (code != 0) {
        return host_error_set(err, DFU_NO_DEVICE,
                "check the name or give the address of the device", "%s: %s",
                name, gai_strerror(code));
    }
    errno = EADDRNOTAVAIL;
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = tcp_connect(a, timeout_ms);
    }
    freeaddrinfo(list);
    if (fd < 0) {
        return host_error_set(err, DFU_NO_DEVICE,
                "check address and port, and that the other side listens",
                "%s: %s", name, g_strerror(errno));
    }
    host_stream_opened(&t->stream, fd);
    return 0;
}

static int tcp_open(struct host_link *link, struct host_error *err)
{
    return tcp_start(tcp_of(link), CONNECT_MS, err);
}

static int tcp_reopen(struct host_link *link)
{
    host_stream_close(&tcp_of(link)->stream);
    return tcp_start(tcp_of(link), RECONNECT_MS, NULL) == 0 ? 1 : 0;
}

static void tcp_close(struct host_link *link)
{
    host_stream_close(&tcp_of(link)->stream);
}

static void tcp_destroy(struct host_link *link)
{
    struct link_tcp *t = tcp_of(link);

    host_stream_finish(&t->stream);
    g_free(t->host);
    g_free(t);
}

static const struct host_link_ops tcp_ops = {
    .open = tcp_open,
    .reopen = tcp_reopen,
    .close = tcp_close,
    .send = host_stream_send,
    .flush = host_stream_flush,
    .receive = host_stream_receive,
    .wait_ms = host_stream_wait_ms,
    .now_ms = host_link_now_ms,
    .wait = host_stream_wait,
    .destroy = tcp_destroy,
};

struct host_link *host_tcp_create(const struct host_uri *uri,
        const struct host_link_params *params)
{
    struct link_tcp *t = g_new0(struct link_tcp, 1);

    t->stream.link.ops = &tcp_ops;
    t->stream.socket = true;
    t->host = g_strdup(uri->host);
    g_snprintf(t->port, sizeof(t->port), "%u", uri->port);
    host_stream_init(&t->stream, false, uri->mtu != 0 ? uri->mtu : params->mtu);
    return &t->stream.link;
}
