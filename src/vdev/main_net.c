// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim's internet ports: binding, and console framing over TCP with one
 * client at a time. TCP goes down with the device: the connection is closed,
 * and a new one is closed at once until the device is back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vdev/main.h"

#define PENDING_MAX ((gsize)1024 * 1024)

/* "[ADDR:]PORT", ADDR "[::1]" for IPv6; loopback when it is not given. */
int main_net_bind(const char *text, int type)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon != NULL ? colon + 1 : text;
    guint64 number;
    if (!g_ascii_string_to_unsigned(port, 10, 0, 65535, &number, NULL)) {
        fprintf(stderr, "smpsim: %s: not [ADDR:]PORT\n", text);
        return -1;
    }
    gchar *host = colon != NULL ? g_strndup(text, (gsize)(colon - text))
                                : g_strdup("127.0.0.1");
    gsize len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = 0;
    }
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = type,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(host, port, &hints, &list);
    g_free(host);
    if (rc != 0 || list == NULL) {
        fprintf(stderr, "smpsim: %s: %s\n", text, gai_strerror(rc));
        return -1;
    }
    int fd = socket(list->ai_family,
            list->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0 && type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) != 0 ||
            (type == SOCK_STREAM && listen(fd, 4) != 0)) {
        fprintf(stderr, "smpsim: cannot listen on %s: %s\n", text,
                strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

void main_net_print(const char *kind, int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
            getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return;
    }
    bool v6 = strchr(host, ':') != NULL;
    fprintf(stderr, "listening %s %s%s%s:%s\n", kind, v6 ? "[" : "", host,
            v6 ? "]" : "", port);
}

static void port_close(struct main_port *port)
{
    if (port->watch != 0) {
        g_source_remove(port->watch);
    }
    if (port->client_watch != 0) {
        g_source_remove(port->client_watch);
    }
    if (port->fd >= 0) {
        close(port->fd);
    }
    if (port->client >= 0) {
        close(port->client);
    }
    if (port->pending != NULL) {
        g_byte_array_unref(port->pending);
    }
}

static void drop_client(struct main_port *port)
{
    if (port->client_watch != 0) {
        g_source_remove(port->client_watch);
        port->client_watch = 0;
    }
    if (port->client >= 0) {
        close(port->client);
        port->client = -1;
    }
    g_byte_array_set_size(port->pending, 0);
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer data);

static void watch_client(struct main_port *port)
{
    GIOCondition want = G_IO_IN | G_IO_HUP | G_IO_ERR;
    if (port->pending->len != 0) {
        want |= G_IO_OUT;
    }
    if (port->client_watch != 0) {
        g_source_remove(port->client_watch);
    }
    port->client_watch = g_unix_fd_add(port->client, want, on_client, port);
}

void main_stream_write(struct main_port *port, int fd,
        const struct vdev_out *out)
{
    const guint8 *buf = out->buf;
    gsize len = out->len;
    if (port->pending->len == 0) {
        ssize_t n = write(fd, buf, len);
        if (n > 0) {
            buf += n;
            len -= (gsize)n;
        }
    }
    if (len != 0 && port->pending->len + len <= PENDING_MAX) {
        g_byte_array_append(port->pending, buf, (guint)len);
    }
}

static void flush_pending(struct main_port *port, int fd)
{
    ssize_t n = write(fd, port->pending->data, port->pending->len);
    if (n > 0) {
        g_byte_array_remove_range(port->pending, 0, (guint)n);
    }
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer data)
{
    struct main_port *port = data;
    guint8 buf[4096];
    if (condition & G_IO_OUT) {
        flush_pending(port, fd);
    }
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            port->client_watch = 0;
            drop_client(port);
            return G_SOURCE_REMOVE;
        }
        if (n > 0) {
            main_input(port, 0, buf, (gsize)n);
        }
    }
    main_pump(port->sim);
    /* The pump may have closed the connection, or left bytes to be sent. */
    if (port->client != fd) {
        return G_SOURCE_REMOVE;
    }
    if ((condition & G_IO_OUT) && port->pending->len == 0) {
        port->client_watch = 0;
        watch_client(port);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_connect(gint fd, GIOCondition condition, gpointer data)
{
    struct main_port *port = data;
    (void)condition;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
        return G_SOURCE_CONTINUE;
    }
    if (port->client >= 0 || port->down) {
        close(client);
        return G_SOURCE_CONTINUE;
    }
    int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    port->client = client;
    vdev_device_port_opened(port->sim->device, port->number);
    watch_client(port);
    return G_SOURCE_CONTINUE;
}

static void tcp_send(struct main_port *port, const struct vdev_out *out)
{
    if (port->client < 0) {
        return;
    }
    bool idle = port->pending->len == 0;
    main_stream_write(port, port->client, out);
    if (idle && port->pending->len != 0) {
        watch_client(port);
    }
}

static void tcp_change(struct main_port *port, bool up)
{
    if (!up) {
        drop_client(port);
    }
}

static const struct main_port_ops tcp_ops = {
    .send = tcp_send,
    .change = tcp_change,
    .close = port_close,
};

bool main_tcp_open(struct main_sim *sim, const char *text)
{
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_CONSOLE,
        .reset = VDEV_PORT_GOES_DOWN,
        .console = true,
    };
    int fd = main_net_bind(text, SOCK_STREAM);
    if (fd < 0) {
        return false;
    }
    struct main_port *port = main_port_new(sim, &tcp_ops, &spec);
    if (port == NULL) {
        close(fd);
        return false;
    }
    port->fd = fd;
    port->pending = g_byte_array_new();
    port->watch = g_unix_fd_add(fd, G_IO_IN, on_connect, port);
    main_net_print("tcp", fd);
    return true;
}
