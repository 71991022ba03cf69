// SPDX-License-Identifier: Apache-2.0
/*
 * Serial lines. A USB port vanishes when its board restarts and may come back
 * under another number: it is looked for by its by-id name, or by what USB
 * told about it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "host/link_private.h"
#include "host/scan.h"

struct link_serial {
    struct host_stream stream;
    char *device; /* as given */
    char *by_id;  /* NULL = has none */
    uint32_t baud;
    /* What USB told at the first open; serial NULL = not USB. */
    char *usb_serial;
    uint16_t usb_vid;
    uint16_t usb_pid;
};

static struct link_serial *serial_of(struct host_link *link)
{
    return (struct link_serial *)(void *)link;
}

/* Where the port is now, or NULL; g_free(). */
static char *serial_locate(const struct link_serial *p)
{
    GPtrArray *ports;
    char *found = NULL;

    if (p->by_id != NULL && access(p->by_id, F_OK) == 0) {
        return g_strdup(p->by_id);
    }
    if (p->usb_serial == NULL) {
        return g_strdup(p->device);
    }
    if (host_scan_serial(&ports, NULL) != 0) {
        return NULL;
    }
    for (guint i = 0; i < ports->len && found == NULL; i++) {
        const struct host_port *port = g_ptr_array_index(ports, i);

        if (port->usb && port->vid == p->usb_vid && port->pid == p->usb_pid &&
                g_strcmp0(port->serial, p->usb_serial) == 0) {
            found = g_strdup(port->device);
        }
    }
    g_ptr_array_unref(ports);
    return found;
}

/* What to look for when it vanishes. */
static void serial_remember(struct link_serial *p)
{
    char *real = realpath(p->device, NULL);
    GPtrArray *ports;

    if (real == NULL || p->by_id != NULL) {
        free(real);
        return;
    }
    p->by_id = host_scan_by_id(real);
    if (host_scan_serial(&ports, NULL) == 0) {
        for (guint i = 0; i < ports->len; i++) {
            const struct host_port *port = g_ptr_array_index(ports, i);

            if (port->usb && port->serial != NULL &&
                    strcmp(port->device, real) == 0) {
                p->usb_serial = g_strdup(port->serial);
                p->usb_vid = port->vid;
                p->usb_pid = port->pid;
            }
        }
        g_ptr_array_unref(ports);
    }
    free(real);
}

static int serial_refuse(int fd, const char *path, struct host_error *err)
{
    int why = errno;
    const char *next = "smpctl scan lists the serial ports";

    if (fd >= 0) {
        close(fd);
    }
    if (why == EBUSY || why == EWOULDBLOCK) {
        return host_error_set(err, DFU_NO_DEVICE,
                "close the terminal program or other smpctl that has it open",
                "%s is used by another program", path);
    }
    if (why == EACCES) {
        next = "become a member of the group that owns the port (dialout on "
               "Debian) and log in again";
    } else if (why == ENOTTY) {
        next = "name a serial port; smpctl scan lists them";
    }
    return host_error_set(err, DFU_NO_DEVICE, next, "%s: %s", path,
            g_strerror(why));
}

static int serial_connect(struct link_serial *p, const char *path,
        struct host_error *err)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return serial_refuse(fd, path, err);
    }
    /* TIOCEXCL does not stop root, flock does not stop strangers: both. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return serial_refuse(fd, path, err);
    }
    if (host_tty_configure(fd, p->baud) != 0) {
        return serial_refuse(fd, path, err);
    }
    host_tty_claim(fd);
    p->stream.line_ms =
            (uint32_t)(SMP_CONSOLE_LINE_MAX * 10u * 1000u / p->baud) + 1u;
    host_stream_opened(&p->stream, fd);
    return 0;
}

static int serial_open(struct host_link *link, struct host_error *err)
{
    struct link_serial *p = serial_of(link);

    if (serial_connect(p, p->device, err) != 0) {
        return -1;
    }
    serial_remember(p);
    return 0;
}

/*
 * A UART stays open while its board restarts, and what the bootloader prints
 * is worth reading; only a port that has gone is opened again.
 */
static int serial_reopen(struct host_link *link)
{
    struct link_serial *p = serial_of(link);
    char *path;
    int result;

    if (p->stream.fd >= 0) {
        link->info.epoch++;
        link->info.up = true;
        return 1;
    }
    path = serial_locate(p);
    if (path == NULL) {
        return 0;
    }
    result = serial_connect(p, path, NULL) == 0 ? 1 : 0;
    g_free(path);
    return result;
}

static void serial_close(struct host_link *link)
{
    host_stream_close(&serial_of(link)->stream);
}

static void serial_destroy(struct host_link *link)
{
    struct link_serial *p = serial_of(link);

    host_stream_finish(&p->stream);
    g_free(p->device);
    g_free(p->by_id);
    g_free(p->usb_serial);
    g_free(p);
}

static const struct host_link_ops serial_ops = {
    .open = serial_open,
    .reopen = serial_reopen,
    .close = serial_close,
    .send = host_stream_send,
    .flush = host_stream_flush,
    .receive = host_stream_receive,
    .wait_ms = host_stream_wait_ms,
    .now_ms = host_link_now_ms,
    .wait = host_stream_wait,
    .destroy = serial_destroy,
};

struct host_link *host_serial_create(const struct host_uri *uri,
        const struct host_link_params *params)
{
    struct link_serial *p = g_new0(struct link_serial, 1);

    p->stream.link.ops = &serial_ops;
    p->device = g_strdup(uri->device);
    p->baud = uri->baud;
    host_stream_init(&p->stream, uri->kind == HOST_URI_SERIAL_RAW,
            uri->mtu != 0 ? uri->mtu : params->mtu);
    return &p->stream.link;
}
