// SPDX-License-Identifier: Apache-2.0
/*
 * The doors of the virtual device, its event loop, and its messages.
 *
 * Whatever is due is done at the time it was due, in this order at one
 * moment: life (reset, boot, application), links, server.
 */
#include "vdev/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vdev/private.h"

struct vdev_msg *vdev_msg_new(int port, uint32_t peer, const uint8_t *buf,
        size_t len, size_t cap)
{
    struct vdev_msg *msg = malloc(sizeof(*msg) + cap);
    if (msg == NULL) {
        return NULL;
    }
    memset(msg, 0, sizeof(*msg));
    msg->port = port;
    msg->peer = peer;
    msg->len = len;
    msg->cap = cap;
    if (len != 0) {
        memcpy(msg->data, buf, len);
    }
    return msg;
}

void vdev_list_push(struct vdev_list *list, struct vdev_msg *msg)
{
    msg->next = NULL;
    if (list->tail != NULL) {
        list->tail->next = msg;
    } else {
        list->head = msg;
    }
    list->tail = msg;
}

struct vdev_msg *vdev_list_pop(struct vdev_list *list)
{
    struct vdev_msg *msg = list->head;
    if (msg != NULL) {
        list->head = msg->next;
        if (list->head == NULL) {
            list->tail = NULL;
        }
        msg->next = NULL;
    }
    return msg;
}

void vdev_list_remove(struct vdev_list *list, struct vdev_msg *msg)
{
    struct vdev_msg *before = NULL;
    for (struct vdev_msg *m = list->head; m != NULL; m = m->next) {
        if (m == msg) {
            if (before != NULL) {
                before->next = m->next;
            } else {
                list->head = m->next;
            }
            if (list->tail == m) {
                list->tail = before;
            }
            m->next = NULL;
            return;
        }
        before = m;
    }
}

void vdev_msg_free(struct vdev_device *d, struct vdev_msg *msg)
{
    if (msg != NULL) {
        vdev_buffer_release(d, msg);
        free(msg);
    }
}

void vdev_list_clear(struct vdev_device *d, struct vdev_list *list)
{
    struct vdev_msg *msg;
    while ((msg = vdev_list_pop(list)) != NULL) {
        vdev_msg_free(d, msg);
    }
}

bool vdev_buffer_take(struct vdev_device *d, struct vdev_msg *msg)
{
    if (msg->buffer) {
        return true;
    }
    if (d->used >= d->cfg.buf_count) {
        d->stats.dropped_full++;
        vdev_note(d, "request dropped: all %u buffers are in use",
                d->cfg.buf_count);
        return false;
    }
    d->used++;
    msg->buffer = true;
    return true;
}

void vdev_buffer_release(struct vdev_device *d, struct vdev_msg *msg)
{
    if (msg->buffer) {
        msg->buffer = false;
        d->used--;
    }
}

void vdev_note(struct vdev_device *d, const char *format, ...)
{
    char text[256];
    va_list args;
    if (d->ops->note == NULL) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    d->ops->note(d->ctx, text);
}

void vdev_print(struct vdev_device *d, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text) - 1, format, args);
    va_end(args);
    if (n < 0) {
        return;
    }
    size_t len = (size_t)n < sizeof(text) - 1 ? (size_t)n : sizeof(text) - 2;
    vdev_port_text(d, text, len);
    text[len] = '\n';
    if (d->ops->console != NULL) {
        d->ops->console(d->ctx, text, len + 1);
    }
}

/* Flash refuses what NOR flash could not do: tell each case once. */
static void tell_misuse(struct vdev_device *d)
{
    if (d->chip.misuse_text[0] != 0) {
        vdev_note(d, "%s", d->chip.misuse_text);
        d->chip.misuse_text[0] = 0;
    }
}

static uint64_t due_us(const struct vdev_device *d)
{
    uint64_t due = vdev_life_due_us(d);
    uint64_t other = vdev_port_due_us(d);
    due = other < due ? other : due;
    other = vdev_server_due_us(d);
    return other < due ? other : due;
}

void vdev_device_tick(struct vdev_device *d, uint64_t now_us)
{
    if (now_us < d->now_us) {
        now_us = d->now_us;
    }
    uint64_t due;
    while ((due = due_us(d)) <= now_us) {
        if (due > d->now_us) {
            d->now_us = due;
        }
        vdev_life_step(d);
        vdev_port_step(d);
        vdev_server_step(d);
    }
    d->now_us = now_us;
    for (int i = 0; i < d->port_count; i++) {
        vdev_link_seen(&d->port[i].link, now_us);
    }
    tell_misuse(d);
}

static int build(struct vdev_device *d, char err[VDEV_ERR_SIZE])
{
    if (d->cfg.link.mtu == 0) {
        d->cfg.link.mtu = d->cfg.att_mtu;
    }
    if (vdev_config_check(&d->cfg, err) != 0 ||
            vdev_chip_open(&d->chip, &d->cfg, err) != 0) {
        return -1;
    }
    if (vdev_board_init(d, err) != 0 ||
            (d->chip.fresh && vdev_board_first_content(d, err) != 0) ||
            vdev_chip_commit(&d->chip, err) != 0) {
        return -1;
    }
    /* What the factory wrote does not count. */
    d->chip.ops = 0;
    d->chip.faults = d->cfg.fault;
    d->chip.fault_count = d->cfg.fault_count;
    size_t size = d->cfg.buf_size;
    d->tx = malloc(size < SMP_SERVER_TX_MIN ? SMP_SERVER_TX_MIN : size);
    if (d->tx == NULL) {
        snprintf(err, VDEV_ERR_SIZE, "out of memory");
        return -1;
    }
    return 0;
}

struct vdev_device *vdev_device_create(const struct vdev_config *cfg,
        const struct vdev_ops *ops, void *ctx, uint64_t now_us,
        char err[VDEV_ERR_SIZE])
{
    if (ops == NULL || ops->hash == NULL) {
        snprintf(err, VDEV_ERR_SIZE, "a device needs hash operations");
        return NULL;
    }
    if (cfg->keys[0] != 0 && ops->keys == NULL) {
        snprintf(err, VDEV_ERR_SIZE,
                "boot.keys is set, but nobody loaded the keys");
        return NULL;
    }
    if (cfg->decrypt_key[0] != 0 && ops->cipher == NULL) {
        snprintf(err, VDEV_ERR_SIZE,
                "boot.decrypt_key is set, but nobody loaded the key");
        return NULL;
    }
    struct vdev_device *d = calloc(1, sizeof(*d));
    if (d == NULL) {
        snprintf(err, VDEV_ERR_SIZE, "out of memory");
        return NULL;
    }
    d->cfg = *cfg;
    d->ops = ops;
    d->ctx = ctx;
    d->now_us = now_us;
    d->step_us = VDEV_NEVER;
    d->reset_us = VDEV_NEVER;
    d->busy_us = VDEV_NEVER;
    d->chip.fd = -1;
    if (build(d, err) != 0) {
        vdev_device_destroy(d);
        return NULL;
    }
    vdev_life_reset(d, now_us, true);
    vdev_device_tick(d, now_us);
    return d;
}

void vdev_device_destroy(struct vdev_device *d)
{
    if (d == NULL) {
        return;
    }
    vdev_server_clear(d);
    vdev_list_clear(d, &d->out);
    vdev_msg_free(d, d->out_taken);
    for (int i = 0; i < d->port_count; i++) {
        vdev_msg_free(d, d->port[i].rx_space);
    }
    free(d->tx);
    vdev_chip_close(&d->chip);
    free(d);
}

void vdev_device_rx(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len, uint64_t now_us)
{
    vdev_device_tick(d, now_us);
    vdev_port_input(d, port, peer, buf, len);
    tell_misuse(d);
}

int vdev_device_tx(struct vdev_device *d, struct vdev_out *out)
{
    vdev_msg_free(d, d->out_taken);
    d->out_taken = vdev_list_pop(&d->out);
    if (d->out_taken == NULL) {
        return 0;
    }
    out->port = d->out_taken->port;
    out->peer = d->out_taken->peer;
    out->buf = d->out_taken->data;
    out->len = d->out_taken->len;
    return 1;
}

uint64_t vdev_device_wait_us(const struct vdev_device *d, uint64_t now_us)
{
    uint64_t due = due_us(d);
    if (d->out.head != NULL) {
        return 0;
    }
    if (due == VDEV_NEVER) {
        return UINT64_MAX;
    }
    return due > now_us ? due - now_us : 0;
}

void vdev_device_power_cycle(struct vdev_device *d, uint64_t now_us)
{
    vdev_device_tick(d, now_us);
    d->crashes_in_row = 0;
    d->powered_on = true;
    vdev_life_reset(d, d->now_us, false);
}

const char *vdev_device_name(const struct vdev_device *d)
{
    return d->name;
}

bool vdev_device_running(const struct vdev_device *d)
{
    return d->life == VDEV_LIFE_RUNNING && d->app.smp;
}

uint64_t vdev_device_unique_id(const struct vdev_device *d)
{
    return d->chip.state->unique_id;
}

void vdev_device_get_stats(const struct vdev_device *d,
        struct vdev_stats *stats)
{
    *stats = d->stats;
    stats->erases = d->chip.erases;
    stats->words = d->chip.words;
    stats->misuse = d->chip.misuse;
    stats->ops = d->chip.ops;
    stats->boot_ops = d->chip.boot_ops;
}

bool vdev_device_get_wear(const struct vdev_device *d, enum vdev_part part,
        struct vdev_wear *wear)
{
    const struct vdev_memory *m = &d->chip.memory[part];
    struct vdev_wear w = { .sectors = m->run.count };
    if (m->wear == NULL) {
        return false;
    }
    for (uint32_t s = 0; s < w.sectors; s++) {
        w.erases += m->wear[s];
        w.worn += m->wear[s] != 0 ? 1 : 0;
        if (m->wear[s] > w.most) {
            w.most = m->wear[s];
            w.at = s * m->cfg.sector_size;
        }
    }
    *wear = w;
    return true;
}
