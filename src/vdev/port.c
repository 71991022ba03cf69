// SPDX-License-Identifier: Apache-2.0
/*
 * Ports: framing and the link model between the outside and the server.
 */
#include <string.h>

#include "vdev/private.h"

/* A raw stream that was silent this long starts a new message. */
#define RAW_SILENCE_US 3000000u

static bool is_linked(const struct vdev_device *d, const struct vdev_port *port)
{
    return port->spec.linked && d->cfg.link.interval_us != 0;
}

static uint32_t att_mtu(const struct vdev_device *d,
        const struct vdev_port *port)
{
    return is_linked(d, port) ? d->cfg.link.mtu : d->cfg.att_mtu;
}

static int port_number(const struct vdev_device *d,
        const struct vdev_port *port)
{
    return (int)(port - d->port);
}

int vdev_device_port_add(struct vdev_device *d,
        const struct vdev_port_spec *spec)
{
    if (d->port_count == VDEV_PORTS_MAX) {
        return -1;
    }
    int number = d->port_count;
    struct vdev_port *port = &d->port[number];
    memset(port, 0, sizeof(*port));
    port->spec = *spec;
    if (spec->kind == VDEV_PORT_CONSOLE || spec->kind == VDEV_PORT_RAW) {
        struct vdev_msg *space = vdev_msg_new(0, 0, NULL, 0, d->cfg.buf_size);
        if (space == NULL) {
            return -1;
        }
        port->rx_space = space;
        port->rx_buf = space->data;
    }
    d->port_count++;
    vdev_link_init(&port->link, &d->cfg.link, d->cfg.seed + (uint64_t)number,
            d->now_us);
    vdev_port_clear(d, port);
    vdev_life_update_ports(d);
    return number;
}

void vdev_device_port_info(const struct vdev_device *d, int number,
        struct vdev_port_info *info)
{
    const struct vdev_port *port = &d->port[number];
    bool att = port->spec.kind == VDEV_PORT_ATT || is_linked(d, port);
    uint32_t max = d->cfg.buf_size;
    if (att) {
        max = d->cfg.reassembly ? max : att_mtu(d, port) - 3;
    } else if (port->spec.kind == VDEV_PORT_CONSOLE) {
        max -= 4;
    } else if (port->spec.kind == VDEV_PORT_DATAGRAM && max > d->cfg.udp_mtu) {
        max = d->cfg.udp_mtu;
    }
    *info = (struct vdev_port_info){
        .up = port->up,
        .epoch = port->epoch,
        .max_message = max,
        .mtu = att ? att_mtu(d, port) : 0,
        .reassembly = att && d->cfg.reassembly,
    };
}

/* Forget half messages and what is on the link. */
void vdev_port_clear(struct vdev_device *d, struct vdev_port *port)
{
    int number = port_number(d, port);
    if (port->spec.kind == VDEV_PORT_CONSOLE) {
        smp_console_decoder_init(&port->console, port->rx_buf, d->cfg.buf_size,
                true);
    } else if (port->spec.kind == VDEV_PORT_RAW) {
        smp_stream_decoder_init(&port->raw, port->rx_buf, d->cfg.buf_size);
    }
    vdev_link_reset(&port->link);
    struct vdev_msg *next;
    for (struct vdev_msg *m = d->transit.head; m != NULL; m = next) {
        next = m->next;
        if (m->port == number) {
            vdev_list_remove(&d->transit, m);
            vdev_msg_free(d, m);
        }
    }
}

void vdev_device_port_opened(struct vdev_device *d, int number)
{
    vdev_port_clear(d, &d->port[number]);
}

static void accept(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    struct vdev_msg *msg = vdev_msg_new(port, peer, buf, len, len);
    if (msg != NULL) {
        vdev_server_accept(d, msg);
    }
}

static void drop_partial(struct vdev_device *d)
{
    vdev_msg_free(d, d->partial);
    d->partial = NULL;
}

/* First write of a message: its header tells how long it will be. */
static bool start_partial(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    if (len < 8) {
        vdev_note(d, "write of %zu bytes is no start of a message", len);
        return false;
    }
    size_t total = 8u + ((size_t)buf[2] << 8 | buf[3]);
    if (total > d->cfg.buf_size) {
        vdev_note(d, "message of %zu bytes is above buf_size", total);
        return false;
    }
    struct vdev_msg *msg = vdev_msg_new(port, peer, NULL, 0, total);
    if (msg == NULL || !vdev_buffer_take(d, msg)) {
        vdev_msg_free(d, msg);
        return false;
    }
    d->partial = msg;
    return true;
}

/* One write; false: it was lost. */
static bool write_arrives(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    if (!d->cfg.reassembly) {
        accept(d, port, peer, buf, len);
        return true;
    }
    if (d->partial == NULL && !start_partial(d, port, peer, buf, len)) {
        return false;
    }
    struct vdev_msg *msg = d->partial;
    if (len > msg->cap - msg->len) {
        vdev_note(d, "write runs past the end of its message");
        drop_partial(d);
        return false;
    }
    memcpy(msg->data + msg->len, buf, len);
    msg->len += len;
    if (msg->len == msg->cap) {
        d->partial = NULL;
        vdev_server_accept(d, msg);
    }
    return true;
}

/* Put a message on the link. */
static void send_on_link(struct vdev_device *d, enum vdev_link_dir dir,
        struct vdev_msg *msg)
{
    struct vdev_port *port = &d->port[msg->port];
    msg->id = d->next_id++;
    if (vdev_link_queue(&port->link, dir, msg->id, msg->len, d->now_us) != 0) {
        vdev_note(d, "link queue is full, message dropped");
        vdev_msg_free(d, msg);
        return;
    }
    vdev_list_push(&d->transit, msg);
}

static void link_input(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    struct vdev_msg *msg = vdev_msg_new(port, peer, buf, len, len);
    if (msg != NULL) {
        send_on_link(d, VDEV_LINK_UP, msg);
        vdev_port_step(d);
    }
}

static void datagram_input(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    if (len > d->cfg.udp_mtu) {
        len = d->cfg.udp_mtu;
    }
    if (len > d->cfg.buf_size) {
        vdev_note(d, "datagram of %zu bytes is above buf_size", len);
        return;
    }
    accept(d, port, peer, buf, len);
}

/* A message may reset the device, and this port with it. */
static void stream_input(struct vdev_device *d, int number, const uint8_t *buf,
        size_t len)
{
    struct vdev_port *port = &d->port[number];
    uint32_t boots = d->stats.boots;
    if (port->spec.kind == VDEV_PORT_RAW) {
        if (d->now_us - port->raw_us >= RAW_SILENCE_US) {
            smp_stream_silence(&port->raw);
        }
        port->raw_us = d->now_us;
    }
    while (len > 0 && port->up && d->stats.boots == boots) {
        struct smp_bytes msg;
        size_t used = 0;
        int rc = port->spec.kind == VDEV_PORT_RAW
                ? smp_stream_feed(&port->raw, buf, len, &used, &msg)
                : smp_console_feed(&port->console, buf, len, &used, &msg);
        buf += used;
        len -= used;
        if (rc == 1) {
            accept(d, number, 0, msg.ptr, msg.len);
        }
    }
}

void vdev_port_input(struct vdev_device *d, int number, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    struct vdev_port *port = &d->port[number];
    if (!port->up || len == 0) {
        return;
    }
    switch (port->spec.kind) {
    case VDEV_PORT_DATAGRAM:
        if (is_linked(d, port)) {
            link_input(d, number, peer, buf, len);
        } else {
            datagram_input(d, number, peer, buf, len);
        }
        break;
    case VDEV_PORT_ATT:
        if (is_linked(d, port)) {
            link_input(d, number, peer, buf, len);
        } else {
            write_arrives(d, number, peer, buf, len);
        }
        break;
    case VDEV_PORT_CONSOLE:
    case VDEV_PORT_RAW:
        stream_input(d, number, buf, len);
        break;
    }
}

static void push_out(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len)
{
    struct vdev_msg *msg = vdev_msg_new(port, peer, buf, len, len);
    if (msg != NULL) {
        vdev_list_push(&d->out, msg);
    }
}

static void console_output(struct vdev_device *d, const struct vdev_msg *msg)
{
    struct smp_console_encoder e;
    if (smp_console_encode_start(&e, msg->data, msg->len) != 0) {
        return;
    }
    struct vdev_msg *text = vdev_msg_new(msg->port, 0, NULL, 0,
            smp_console_encoded_size(msg->len) + SMP_CONSOLE_LINE_MAX);
    if (text == NULL) {
        return;
    }
    size_t n;
    while ((n = smp_console_encode_line(&e, text->data + text->len)) != 0) {
        text->len += n;
    }
    vdev_list_push(&d->out, text);
}

/* Notifications without a link model. */
static void notify(struct vdev_device *d, const struct vdev_msg *msg)
{
    size_t room = att_mtu(d, &d->port[msg->port]) - 3;
    for (size_t off = 0; off < msg->len; off += room) {
        size_t n = msg->len - off < room ? msg->len - off : room;
        push_out(d, msg->port, msg->peer, msg->data + off, n);
    }
}

void vdev_port_output(struct vdev_device *d, struct vdev_msg *msg)
{
    struct vdev_port *port = &d->port[msg->port];
    if (!port->up) {
        vdev_msg_free(d, msg);
        return;
    }
    if (is_linked(d, port)) {
        send_on_link(d, VDEV_LINK_DOWN, msg);
        return;
    }
    switch (port->spec.kind) {
    case VDEV_PORT_DATAGRAM:
    case VDEV_PORT_RAW:
        vdev_buffer_release(d, msg);
        vdev_list_push(&d->out, msg);
        return;
    case VDEV_PORT_CONSOLE:
        console_output(d, msg);
        break;
    case VDEV_PORT_ATT:
        notify(d, msg);
        break;
    }
    vdev_msg_free(d, msg);
}

void vdev_port_text(struct vdev_device *d, const char *text, size_t len)
{
    for (int i = 0; i < d->port_count; i++) {
        const struct vdev_port *port = &d->port[i];
        bool wired = port->up || port->spec.reset == VDEV_PORT_SILENT;
        if (port->spec.kind != VDEV_PORT_CONSOLE || !port->spec.console ||
                !wired) {
            continue;
        }
        struct vdev_msg *msg =
                vdev_msg_new(i, 0, (const uint8_t *)text, len, len + 2);
        if (msg != NULL) {
            msg->data[msg->len++] = '\r';
            msg->data[msg->len++] = '\n';
            vdev_list_push(&d->out, msg);
        }
    }
}

static struct vdev_msg *find_transit(struct vdev_device *d, uint32_t id)
{
    struct vdev_msg *m = d->transit.head;
    while (m != NULL && m->id != id) {
        m = m->next;
    }
    return m;
}

static void pdu_down(struct vdev_device *d, const struct vdev_link_pdu *pdu,
        struct vdev_msg *msg)
{
    if (d->port[msg->port].spec.kind == VDEV_PORT_ATT) {
        push_out(d, msg->port, msg->peer, msg->data + pdu->off, pdu->len);
        if (pdu->last) {
            vdev_list_remove(&d->transit, msg);
            vdev_msg_free(d, msg);
        }
        return;
    }
    if (pdu->last) {
        vdev_list_remove(&d->transit, msg);
        vdev_buffer_release(d, msg);
        vdev_list_push(&d->out, msg);
    }
}

static void pdu_up(struct vdev_device *d, const struct vdev_link_pdu *pdu,
        struct vdev_msg *msg)
{
    uint8_t piece[520];
    int port = msg->port;
    uint32_t peer = msg->peer;
    bool lost = msg->lost;
    memcpy(piece, msg->data + pdu->off, pdu->len);
    if (pdu->last) {
        vdev_list_remove(&d->transit, msg);
        vdev_msg_free(d, msg);
        msg = NULL;
    }
    if (lost) {
        return;
    }
    lost = !write_arrives(d, port, peer, piece, pdu->len);
    /* The client's stack would see this as one long write; do not take the
     * rest of a lost message for the start of another. */
    if (lost && msg != NULL && find_transit(d, pdu->message) == msg) {
        msg->lost = true;
    }
}

uint64_t vdev_port_due_us(const struct vdev_device *d)
{
    uint64_t due = VDEV_NEVER;
    for (int i = 0; i < d->port_count; i++) {
        if (!is_linked(d, &d->port[i])) {
            continue;
        }
        uint64_t wait = vdev_link_wait_us(&d->port[i].link, d->now_us);
        if (wait != UINT64_MAX && d->now_us + wait < due) {
            due = d->now_us + wait;
        }
    }
    return due;
}

void vdev_port_step(struct vdev_device *d)
{
    for (int i = 0; i < d->port_count; i++) {
        enum vdev_link_dir dir;
        struct vdev_link_pdu pdu;
        uint64_t at_us;
        if (!is_linked(d, &d->port[i])) {
            continue;
        }
        while (vdev_link_next(&d->port[i].link, d->now_us, &dir, &pdu,
                       &at_us) == 1) {
            struct vdev_msg *msg = find_transit(d, pdu.message);
            if (msg == NULL) {
                continue;
            }
            if (dir == VDEV_LINK_DOWN) {
                pdu_down(d, &pdu, msg);
            } else {
                pdu_up(d, &pdu, msg);
            }
        }
    }
}
