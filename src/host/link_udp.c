// SPDX-License-Identifier: Apache-2.0
/*
 * UDP: one datagram is one message. The socket is connected, so that only the
 * device is heard; messages are collected and cross the kernel in batches.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/link_private.h"

/* Datagrams per system call. */
#define BATCH 32u
/* Answers may be larger than a request is allowed to be. */
#define RX_SIZE ((size_t)8192)
/*
 * Before the device told its buffer size. UDP builds of Zephyr take 1500, but
 * a build that tells no parameters may have been made for another transport,
 * with the 384 bytes of CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE: what is larger is
 * lost without a word. `mtu=` of the URI goes higher.
 */
#define MESSAGE 384u
/* Ethernet's 1500 without IP and UDP headers. */
#define MESSAGE_MAX_V4 1472u
#define MESSAGE_MAX_V6 1452u
#define MESSAGE_MAX    65000u

struct link_udp {
    struct host_link link;
    char *host;
    char port[8];
    int fd;
    size_t mtu; /* told by the user, 0 = not */
    bool blocked;
    uint8_t *tx;
    size_t tx_size; /* bytes per place in tx */
    size_t tx_len[BATCH];
    unsigned tx_count;
    uint8_t *rx;
    size_t rx_len[BATCH];
    unsigned rx_count;
    unsigned rx_next;
};

static struct link_udp *udp_of(struct host_link *link)
{
    return (struct link_udp *)(void *)link;
}

static void udp_close(struct host_link *link)
{
    struct link_udp *u = udp_of(link);

    if (u->fd >= 0) {
        close(u->fd);
    }
    u->fd = -1;
    u->tx_count = 0;
    u->rx_count = 0;
    u->rx_next = 0;
    u->blocked = false;
    link->info.up = false;
}

static int udp_connect(struct link_udp *u, const struct addrinfo *info)
{
    int size = 1024 * 1024;
    int fd = socket(info->ai_family,
            info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
            info->ai_protocol);

    if (fd < 0) {
        return -1;
    }
    /* Best effort: a burst of answers must not be lost here. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    if (connect(fd, info->ai_addr, info->ai_addrlen) != 0) {
        int keep = errno;

        close(fd);
        errno = keep;
        return -1;
    }
    u->fd = fd;
    u->link.info.max_reassembled =
            info->ai_family == AF_INET6 ? MESSAGE_MAX_V6 : MESSAGE_MAX_V4;
    u->link.info.max_message = MESSAGE;
    if (u->mtu != 0) {
        u->link.info.max_message = u->mtu;
        u->link.info.max_reassembled = u->mtu;
    }
    return 0;
}

/* Look the name up and connect u->fd, which is closed. */
static int udp_find(struct link_udp *u, struct host_error *err)
{
    struct host_link *link = &u->link;
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
    struct addrinfo *list = NULL;
    int code = getaddrinfo(u->host, u->port, &hints, &list);

    if (code != 0) {
        return host_error_set(err, DFU_NO_DEVICE,
                "check the name or give the address of the device", "%s: %s",
                link->name, gai_strerror(code));
    }
    errno = EADDRNOTAVAIL;
    for (struct addrinfo *a = list; a != NULL && u->fd < 0; a = a->ai_next) {
        (void)udp_connect(u, a);
    }
    freeaddrinfo(list);
    if (u->fd < 0) {
        return host_error_set(err, DFU_NO_DEVICE,
                "check the network connection to the device", "%s: %s",
                link->name, g_strerror(errno));
    }
    return 0;
}

static int udp_open(struct host_link *link, struct host_error *err)
{
    if (udp_find(udp_of(link), err) != 0) {
        return -1;
    }
    host_link_set_up(link);
    return 0;
}

/* Address without its port; 0 = there is none. */
static size_t address_of(const struct sockaddr_storage *at, const void **bytes)
{
    if (at->ss_family == AF_INET) {
        *bytes = &((const struct sockaddr_in *)(const void *)at)->sin_addr;
        return sizeof(struct in_addr);
    }
    if (at->ss_family == AF_INET6) {
        *bytes = &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr;
        return sizeof(struct in6_addr);
    }
    return 0;
}

static bool same_address(int one, int two,
        int (*name)(int fd, struct sockaddr *at, socklen_t *len))
{
    struct sockaddr_storage at[2] = { { .ss_family = AF_UNSPEC } };
    socklen_t len[2] = { sizeof(at[0]), sizeof(at[1]) };
    const void *bytes[2] = { NULL, NULL };
    size_t size;

    if (name(one, (struct sockaddr *)&at[0], &len[0]) != 0 ||
            name(two, (struct sockaddr *)&at[1], &len[1]) != 0) {
        return false;
    }
    size = address_of(&at[0], &bytes[0]);
    return size > 0 && size == address_of(&at[1], &bytes[1]) &&
            memcmp(bytes[0], bytes[1], size) == 0;
}

/*
 * The device may be back under another address, or this computer may have got
 * one: a connected socket keeps both. Where they have not changed, the old
 * socket stays: a device that erases answers late, and to its port.
 */
static void udp_look(struct host_link *link)
{
    struct link_udp *u = udp_of(link);
    struct smp_link info = link->info;
    int old = u->fd;

    u->fd = -1;
    if (udp_find(u, NULL) == 0 &&
            !(same_address(old, u->fd, getpeername) &&
                    same_address(old, u->fd, getsockname))) {
        close(old);
        u->blocked = false;
    } else {
        if (u->fd >= 0) {
            close(u->fd);
        }
        u->fd = old;
    }
    /* The sizes that a procedure reckons with stay for this epoch. */
    link->info = info;
}

/*
 * A device that restarts cannot be seen here; the procedure's own requests are
 * the probe. A new socket leaves late answers of the old epoch behind, and a
 * name is looked up again.
 */
static int udp_reopen(struct host_link *link)
{
    udp_close(link);
    return udp_open(link, NULL) == 0 ? 1 : 0;
}

static int udp_flush(struct host_link *link)
{
    struct link_udp *u = udp_of(link);
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
    unsigned done = 0;

    memset(msgs, 0, sizeof(msgs[0]) * u->tx_count);
    for (unsigned i = 0; i < u->tx_count; i++) {
        iov[i].iov_base = u->tx + i * u->tx_size;
        iov[i].iov_len = u->tx_len[i];
        msgs[i].msg_hdr.msg_iov = &iov[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    u->blocked = false;
    while (done < u->tx_count) {
        int n = sendmmsg(u->fd, msgs + done, u->tx_count - done, 0);

        if (n > 0) {
            done += (unsigned)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            u->blocked = true;
            break;
        } else if (errno == ECONNREFUSED) {
            /* An answer to an earlier datagram; asking clears it. */
            link->stats.refused++;
        } else if (errno != EINTR) {
            /* No route right now, too long: lost like any datagram. */
            link->stats.send_errors++;
            done++;
        }
    }
    if (done > 0 && done < u->tx_count) {
        memmove(u->tx, u->tx + done * u->tx_size,
                (u->tx_count - done) * u->tx_size);
        memmove(u->tx_len, u->tx_len + done,
                (u->tx_count - done) * sizeof(u->tx_len[0]));
    }
    u->tx_count -= done;
    return u->tx_count == 0 ? 0 : HOST_LINK_AGAIN;
}

static int udp_send(struct host_link *link, const uint8_t *msg, size_t len)
{
    struct link_udp *u = udp_of(link);

    if (u->fd < 0) {
        return HOST_LINK_DOWN;
    }
    if (len > u->tx_size) {
        link->stats.send_errors++;
        return 0;
    }
    if (u->tx_count == BATCH && udp_flush(link) != 0 && u->tx_count == BATCH) {
        return HOST_LINK_AGAIN;
    }
    memcpy(u->tx + u->tx_count * u->tx_size, msg, len);
    u->tx_len[u->tx_count++] = len;
    link->stats.tx_messages++;
    link->stats.tx_bytes += len;
    return 0;
}

static int udp_fill(struct link_udp *u)
{
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
    int n;

    memset(msgs, 0, sizeof(msgs));
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i].iov_base = u->rx + i * RX_SIZE;
        iov[i].iov_len = RX_SIZE;
        msgs[i].msg_hdr.msg_iov = &iov[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    do {
        n = recvmmsg(u->fd, msgs, BATCH, MSG_DONTWAIT, NULL);
        if (n < 0 && errno == ECONNREFUSED) {
            u->link.stats.refused++;
        }
    } while (n < 0 && (errno == EINTR || errno == ECONNREFUSED));
    u->rx_next = 0;
    u->rx_count = n < 0 ? 0 : (unsigned)n;
    for (unsigned i = 0; i < u->rx_count; i++) {
        u->rx_len[i] = msgs[i].msg_len;
    }
    return u->rx_count > 0;
}

static int udp_receive(struct host_link *link, struct smp_bytes *msg)
{
    struct link_udp *u = udp_of(link);

    if (u->fd < 0) {
        return HOST_LINK_DOWN;
    }
    do {
        if (u->rx_next == u->rx_count && !udp_fill(u)) {
            return 0;
        }
        msg->ptr = u->rx + u->rx_next * RX_SIZE;
        msg->len = u->rx_len[u->rx_next++];
    } while (msg->len == 0);
    link->stats.rx_messages++;
    link->stats.rx_bytes += msg->len;
    return 1;
}

static uint32_t udp_wait_ms(const struct host_link *link, uint32_t now_ms)
{
    (void)link;
    (void)now_ms;
    return UINT32_MAX;
}

static void udp_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd)
{
    struct link_udp *u = udp_of(link);
    short events = u->blocked ? POLLIN | POLLOUT : POLLIN;

    if (u->rx_next < u->rx_count) {
        return;
    }
    host_link_poll(u->fd, events, timeout_ms, wake_fd);
}

static void udp_destroy(struct host_link *link)
{
    struct link_udp *u = udp_of(link);

    g_free(u->host);
    g_free(u->tx);
    g_free(u->rx);
    g_free(u);
}

static const struct host_link_ops udp_ops = {
    .open = udp_open,
    .reopen = udp_reopen,
    .look = udp_look,
    .close = udp_close,
    .send = udp_send,
    .flush = udp_flush,
    .receive = udp_receive,
    .wait_ms = udp_wait_ms,
    .now_ms = host_link_now_ms,
    .wait = udp_wait,
    .destroy = udp_destroy,
};

struct host_link *host_udp_create(const struct host_uri *uri,
        const struct host_link_params *params)
{
    struct link_udp *u = g_new0(struct link_udp, 1);

    u->link.ops = &udp_ops;
    u->link.info.kind = SMP_LINK_DATAGRAM;
    u->fd = -1;
    u->host = g_strdup(uri->host);
    g_snprintf(u->port, sizeof(u->port), "%u", uri->port);
    u->mtu = uri->mtu != 0 ? uri->mtu : params->mtu;
    u->mtu = MIN(u->mtu, MESSAGE_MAX);
    u->tx_size = MAX(u->mtu, MESSAGE_MAX_V4);
    u->tx = g_malloc(BATCH * u->tx_size);
    u->rx = g_malloc(BATCH * RX_SIZE);
    return &u->link;
}
