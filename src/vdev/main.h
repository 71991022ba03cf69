// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim: a virtual device on real ports, driven by a GLib main loop.
 */
#ifndef VDEV_MAIN_H
#define VDEV_MAIN_H

#include <glib.h>

#include "vdev/device.h"

#define MAIN_PORTS_MAX VDEV_PORTS_MAX

/** Exit status: the command line is wrong. */
#define MAIN_EXIT_USAGE 2

struct main_sim;
struct main_ble;

/** One port of smpsim: a socket or pseudo-terminal and its watches. */
struct main_port {
    struct main_sim *sim;
    const struct main_port_ops *ops;
    int number; /**< of the device's port */
    bool down;  /**< as told to the port last */
    uint32_t epoch;
    int fd; /**< socket, listening socket, master; -1 = none */
    guint watch;
    int client; /**< TCP: the connection; -1 = none */
    guint client_watch;
    guint poll; /**< pty: looks for somebody who has opened it */
    bool hung_up;
    bool usb;             /**< pty: vanishes at reset */
    bool raw;             /**< pty: bare messages */
    char *link;           /**< pty: the symbolic link */
    struct main_udp *udp; /**< UDP: peers and batches */
    GByteArray *pending;  /**< streams: bytes the other side has not taken */
    struct main_ble *ble; /**< BLE: everything else */
};

struct main_port_ops {
    void (*send)(struct main_port *port, const struct vdev_out *out);
    /** All that is due has been given to send; may be NULL. */
    void (*flush)(struct main_port *port);
    /** The device's port went down or came up again; may be NULL. */
    void (*change)(struct main_port *port, bool up);
    void (*close)(struct main_port *port);
};

struct main_sim {
    struct vdev_device *device;
    GMainLoop *loop;
    gint64 start_us;
    int timer_fd;
    GString *early; /**< notes of the first boot, until the ports are open */
    bool pumping;
    bool failed; /**< a port gave up: end with a failure */
    struct main_port port[MAIN_PORTS_MAX];
    int port_count;
};

/** Microseconds since smpsim started: the device's time. */
uint64_t main_now_us(const struct main_sim *sim);

/** Let the device act, send what it has, arm the timer. */
void main_pump(struct main_sim *sim);

/** Bytes came in at a port. */
void main_input(struct main_port *port, uint32_t peer, const guint8 *buf,
        gsize len);

/** Print a table, or a preset, on stdout. @return exit status */
int main_list_presets(void);
int main_list_bootloaders(void);
int main_show_preset(const char *name);

/**
 * Open a port of smpsim and print its "listening" line on stderr.
 *
 * @param text  as given on the command line
 * @return false and a line on stderr
 */
bool main_udp_open(struct main_sim *sim, const char *text, bool linked);
bool main_tcp_open(struct main_sim *sim, const char *text);
bool main_pty_open(struct main_sim *sim, const char *text);
bool main_ble_open(struct main_sim *sim, const char *text);

/** Bind "[ADDR:]PORT"; -1 and a line on stderr. */
int main_net_bind(const char *text, int type);

/** Print "listening KIND ADDR:PORT" on stderr. */
void main_net_print(const char *kind, int fd);

/** Take the next free port; false and a line on stderr when there is none. */
struct main_port *main_port_new(struct main_sim *sim,
        const struct main_port_ops *ops, const struct vdev_port_spec *spec);

/** Nonblocking write of a stream; what does not fit waits or, late, is lost. */
void main_stream_write(struct main_port *port, int fd,
        const struct vdev_out *o);

#endif
