// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim's UDP ports. Datagrams come in batches; answers go in smaller ones,
 * so that a client with a window works on the first while the device is
 * still busy with the rest.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "vdev/main.h"

#define PEERS_MAX 4096u
#define BATCH     16u
#define ROOM      65536u
#define FLUSH_AT  4u
/* When timers and other ports have their turn. */
#define TURN_US 5000

struct peer {
    struct sockaddr_storage addr;
    socklen_t len;
};

struct datagram {
    struct peer peer;
    guint8 buf[ROOM];
};

struct main_udp {
    GArray *peers; /* struct peer, by number */
    struct datagram in[BATCH];
    struct datagram out[BATCH];
    struct iovec out_iov[BATCH];
    struct mmsghdr out_msg[BATCH];
    unsigned int out_count;
};

static uint32_t peer_number(struct main_udp *udp, const struct peer *from)
{
    GArray *peers = udp->peers;
    for (guint i = 0; i < peers->len; i++) {
        const struct peer *p = &g_array_index(peers, struct peer, i);
        if (p->len == from->len && memcmp(&p->addr, &from->addr, p->len) == 0) {
            return i;
        }
    }
    if (peers->len >= PEERS_MAX) {
        g_array_set_size(peers, 0);
    }
    g_array_append_vals(peers, from, 1);
    return peers->len - 1;
}

/* A full socket buffer loses datagrams, as networks do. */
static void flush(struct main_port *port)
{
    struct main_udp *udp = port->udp;
    unsigned int done = 0;
    while (done < udp->out_count) {
        int n = sendmmsg(port->fd, udp->out_msg + done, udp->out_count - done,
                0);
        done += n > 0 ? (unsigned int)n : 1u;
    }
    udp->out_count = 0;
}

static void udp_send(struct main_port *port, const struct vdev_out *out)
{
    struct main_udp *udp = port->udp;
    if (out->peer >= udp->peers->len || out->len > ROOM) {
        return;
    }
    struct datagram *o = &udp->out[udp->out_count];
    struct iovec *iov = &udp->out_iov[udp->out_count];
    o->peer = g_array_index(udp->peers, struct peer, out->peer);
    memcpy(o->buf, out->buf, out->len);
    *iov = (struct iovec){ o->buf, out->len };
    udp->out_msg[udp->out_count++].msg_hdr = (struct msghdr){
        .msg_name = &o->peer.addr,
        .msg_namelen = o->peer.len,
        .msg_iov = iov,
        .msg_iovlen = 1,
    };
    if (udp->out_count >= FLUSH_AT) {
        flush(port);
    }
}

/* One batch; returns how many datagrams there were. */
static int receive(struct main_port *port)
{
    struct main_udp *udp = port->udp;
    struct iovec iov[BATCH];
    struct mmsghdr msg[BATCH];
    for (unsigned int i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){ udp->in[i].buf, ROOM };
        msg[i].msg_hdr = (struct msghdr){
            .msg_name = &udp->in[i].peer.addr,
            .msg_namelen = sizeof(udp->in[i].peer.addr),
            .msg_iov = &iov[i],
            .msg_iovlen = 1,
        };
    }
    int n = recvmmsg(port->fd, msg, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct peer *from = &udp->in[i].peer;
        from->len = msg[i].msg_hdr.msg_namelen;
        main_input(port, peer_number(udp, from), udp->in[i].buf,
                msg[i].msg_len);
    }
    flush(port);
    return n;
}

static gboolean on_datagram(gint fd, GIOCondition condition, gpointer data)
{
    struct main_port *port = data;
    gint64 end = g_get_monotonic_time() + TURN_US;
    (void)fd;
    (void)condition;
    while (receive(port) > 0 && g_get_monotonic_time() < end) {
    }
    main_pump(port->sim);
    return G_SOURCE_CONTINUE;
}

static void udp_close(struct main_port *port)
{
    g_source_remove(port->watch);
    close(port->fd);
    g_array_unref(port->udp->peers);
    g_free(port->udp);
}

static const struct main_port_ops udp_ops = {
    .send = udp_send,
    .flush = flush,
    .close = udp_close,
};

bool main_udp_open(struct main_sim *sim, const char *text, bool linked)
{
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_DATAGRAM,
        .reset = VDEV_PORT_SILENT,
        .linked = linked,
    };
    int fd = main_net_bind(text, SOCK_DGRAM);
    if (fd < 0) {
        return false;
    }
    struct main_port *port = main_port_new(sim, &udp_ops, &spec);
    if (port == NULL) {
        close(fd);
        return false;
    }
    const int size = 1048576;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    port->fd = fd;
    port->udp = g_new0(struct main_udp, 1);
    port->udp->peers = g_array_new(FALSE, TRUE, sizeof(struct peer));
    port->watch = g_unix_fd_add(fd, G_IO_IN, on_datagram, port);
    main_net_print("udp", fd);
    return true;
}
