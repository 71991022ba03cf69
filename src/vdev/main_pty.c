// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim's pseudo-terminal: a symbolic link to /dev/pts/N.
 *
 * A UART stays when the device resets (bytes are lost), a USB CDC port goes:
 * master closed, link removed, both made anew when the device is back.
 *
 * Nobody but the client holds the slave open, so that text printed while
 * nobody listens is lost as on a wire. The master then reports "hung up" all
 * the time, so it is looked at every 10 ms instead of being watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "vdev/main.h"

#define POLL_MS 10

static gboolean on_bytes(gint fd, GIOCondition condition, gpointer data);
static gboolean on_poll(gpointer data);

static void watch_master(struct main_port *port)
{
    GIOCondition want = G_IO_IN | G_IO_HUP | G_IO_ERR;
    if (port->pending->len != 0) {
        want |= G_IO_OUT;
    }
    if (port->watch != 0) {
        g_source_remove(port->watch);
    }
    port->watch = g_unix_fd_add(port->fd, want, on_bytes, port);
}

static void wait_for_client(struct main_port *port)
{
    port->hung_up = true;
    g_byte_array_set_size(port->pending, 0);
    if (port->poll == 0) {
        port->poll = g_timeout_add(POLL_MS, on_poll, port);
    }
}

static gboolean on_poll(gpointer data)
{
    struct main_port *port = data;
    struct pollfd p = { .fd = port->fd, .events = POLLIN };
    if (poll(&p, 1, 0) >= 0 && (p.revents & POLLHUP) != 0) {
        return G_SOURCE_CONTINUE;
    }
    port->poll = 0;
    port->hung_up = false;
    vdev_device_port_opened(port->sim->device, port->number);
    watch_master(port);
    return G_SOURCE_REMOVE;
}

static gboolean on_bytes(gint fd, GIOCondition condition, gpointer data)
{
    struct main_port *port = data;
    guint8 buf[4096];
    if ((condition & G_IO_OUT) && port->pending->len != 0) {
        ssize_t n = write(fd, port->pending->data, port->pending->len);
        if (n > 0) {
            g_byte_array_remove_range(port->pending, 0, (guint)n);
        }
    }
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n > 0) {
            main_input(port, 0, buf, (gsize)n);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            port->watch = 0;
            wait_for_client(port);
            return G_SOURCE_REMOVE;
        }
    }
    main_pump(port->sim);
    if (port->fd != fd) {
        return G_SOURCE_REMOVE;
    }
    if ((condition & G_IO_OUT) && port->pending->len == 0) {
        port->watch = 0;
        watch_master(port);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* The slave in raw mode from the start: whoever opens it may be no terminal
 * program. Closing it makes the master report "hung up". */
static bool prepare_slave(const char *name)
{
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios t;
    if (slave < 0) {
        return false;
    }
    if (tcgetattr(slave, &t) == 0) {
        cfmakeraw(&t);
        tcsetattr(slave, TCSANOW, &t);
    }
    close(slave);
    return true;
}

static bool open_master(struct main_port *port)
{
    port->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    const char *name = NULL;
    if (port->fd >= 0 && grantpt(port->fd) == 0 && unlockpt(port->fd) == 0) {
        name = ptsname(port->fd);
    }
    if (name == NULL || !prepare_slave(name)) {
        fprintf(stderr, "smpsim: no pseudo-terminal: %s\n", strerror(errno));
        return false;
    }
    gchar *temporary = g_strdup_printf("%s.%d", port->link, (int)getpid());
    bool ok =
            symlink(name, temporary) == 0 && rename(temporary, port->link) == 0;
    if (!ok) {
        fprintf(stderr, "smpsim: cannot make %s: %s\n", port->link,
                strerror(errno));
        unlink(temporary);
    }
    g_free(temporary);
    if (ok) {
        wait_for_client(port);
    }
    return ok;
}

static void close_master(struct main_port *port)
{
    if (port->watch != 0) {
        g_source_remove(port->watch);
        port->watch = 0;
    }
    if (port->poll != 0) {
        g_source_remove(port->poll);
        port->poll = 0;
    }
    if (port->fd >= 0) {
        close(port->fd);
        port->fd = -1;
        unlink(port->link);
    }
    g_byte_array_set_size(port->pending, 0);
    port->hung_up = true;
}

static void pty_send(struct main_port *port, const struct vdev_out *out)
{
    if (port->fd < 0 || port->hung_up) {
        return;
    }
    bool idle = port->pending->len == 0;
    main_stream_write(port, port->fd, out);
    if (idle && port->pending->len != 0) {
        watch_master(port);
    }
}

static void pty_change(struct main_port *port, bool up)
{
    if (!port->usb) {
        return;
    }
    if (up) {
        open_master(port);
    } else {
        close_master(port);
    }
}

static void pty_close(struct main_port *port)
{
    close_master(port);
    g_byte_array_unref(port->pending);
    g_free(port->link);
}

static const struct main_port_ops pty_ops = {
    .send = pty_send,
    .change = pty_change,
    .close = pty_close,
};

struct pty_text {
    gchar *link;
    bool usb;
    bool raw;
};

static bool parse_pty(const char *text, struct pty_text *result)
{
    gchar **parts = g_strsplit(text, ",", -1);
    bool ok = parts[0] != NULL && parts[0][0] != 0;
    for (gchar **p = parts + (ok ? 1 : 0); ok && *p != NULL; p++) {
        if (strcmp(*p, "usb") == 0) {
            result->usb = true;
        } else if (strcmp(*p, "raw") == 0) {
            result->raw = true;
        } else if (strcmp(*p, "uart") != 0) {
            ok = false;
        }
    }
    if (ok) {
        result->link = g_strdup(parts[0]);
    } else {
        fprintf(stderr, "smpsim: --pty %s: not LINK[,uart|,usb][,raw]\n", text);
    }
    g_strfreev(parts);
    return ok;
}

bool main_pty_open(struct main_sim *sim, const char *text)
{
    struct pty_text pty = { 0 };
    if (!parse_pty(text, &pty)) {
        return false;
    }
    const struct vdev_port_spec spec = {
        .kind = pty.raw ? VDEV_PORT_RAW : VDEV_PORT_CONSOLE,
        .reset = pty.usb ? VDEV_PORT_GOES_DOWN : VDEV_PORT_SILENT,
        .console = !pty.raw,
    };
    struct main_port *port = main_port_new(sim, &pty_ops, &spec);
    if (port == NULL) {
        g_free(pty.link);
        return false;
    }
    port->link = pty.link;
    port->usb = pty.usb;
    port->raw = pty.raw;
    port->pending = g_byte_array_new();
    if (!open_master(port)) {
        return false;
    }
    fprintf(stderr, "listening pty %s\n", port->link);
    return true;
}
