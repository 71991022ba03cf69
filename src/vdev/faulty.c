// SPDX-License-Identifier: Apache-2.0
/*
 * Faults applied to messages: on requests before they get a buffer, on
 * answers before they go to their port.
 */
#include <string.h>

#include "smp/group_image.h"
#include "smp/header.h"

#include "vdev/private.h"

/* What is known of a message; false: not even a header. */
static bool look(const struct vdev_msg *msg, enum vdev_fault_dir dir,
        struct vdev_fault_point *point)
{
    struct smp_header hdr;
    memset(point, 0, sizeof(*point));
    point->dir = dir;
    if (smp_header_decode(msg->data, msg->len, &hdr) < 0) {
        return false;
    }
    point->group = hdr.group;
    point->cmd = hdr.id;
    if (hdr.group != SMP_GROUP_IMAGE || hdr.id != SMP_IMAGE_UPLOAD) {
        return true;
    }
    struct smp_bytes body = { msg->data + SMP_HEADER_SIZE,
        msg->len - SMP_HEADER_SIZE };
    struct smp_image_upload_req req;
    struct smp_image_upload_rsp rsp;
    if (dir == VDEV_FAULT_RX) {
        point->has_upload =
                smp_map_decode(&smp_image_upload_req_map, body, &req) == 0 &&
                (req.has & SMP_IMAGE_UPLOAD_REQ_OFF) != 0;
        point->upload_off = req.off;
    } else {
        point->has_upload =
                smp_map_decode(&smp_image_upload_rsp_map, body, &rsp) == 0 &&
                (rsp.has & SMP_IMAGE_UPLOAD_RSP_OFF) != 0;
        point->upload_off = rsp.off;
    }
    return true;
}

static struct vdev_msg *clone(const struct vdev_msg *msg)
{
    struct vdev_msg *copy = vdev_msg_new(msg->port, msg->peer, msg->data,
            msg->len, msg->len + 32);
    if (copy != NULL) {
        copy->answer = msg->answer;
        copy->spared = true;
    }
    return copy;
}

static void delay(struct vdev_device *d, struct vdev_msg *msg, uint32_t ms)
{
    vdev_buffer_release(d, msg);
    msg->due_us = d->now_us + (uint64_t)ms * 1000;
    vdev_list_push(&d->delayed, msg);
}

/* Base64 and checksum would catch it: the frame is lost, not wrong. */
static bool is_checked(const struct vdev_device *d, const struct vdev_msg *msg)
{
    return d->port[msg->port].spec.kind == VDEV_PORT_CONSOLE;
}

static bool lose(struct vdev_device *d, struct vdev_msg *msg)
{
    d->stats.dropped_fault++;
    vdev_msg_free(d, msg);
    return true;
}

bool vdev_faulty_request(struct vdev_device *d, struct vdev_msg *msg)
{
    struct vdev_fault_point point;
    look(msg, VDEV_FAULT_RX, &point);
    for (size_t i = 0; i < d->cfg.fault_count; i++) {
        struct vdev_fault *f = &d->cfg.fault[i];
        struct vdev_msg *copy;
        if (!vdev_fault_hits(f, &point)) {
            continue;
        }
        vdev_note(d, "fault: %s request (group %u, command %u)",
                vdev_fault_kind_to_str(f->kind), point.group, point.cmd);
        switch (f->kind) {
        case VDEV_FAULT_DROP:
        case VDEV_FAULT_SILENT:
            return lose(d, msg);
        case VDEV_FAULT_DELAY:
            delay(d, msg, f->ms);
            return true;
        case VDEV_FAULT_CORRUPT:
            if (is_checked(d, msg)) {
                return lose(d, msg);
            }
            vdev_fault_corrupt(f, msg->data, msg->len);
            break;
        case VDEV_FAULT_DUPLICATE:
        case VDEV_FAULT_TWICE:
            copy = clone(msg);
            if (copy != NULL) {
                vdev_server_enqueue(d, copy);
            }
            break;
        case VDEV_FAULT_DISCONNECT:
            lose(d, msg);
            vdev_life_disconnect(d, f->ms);
            return true;
        case VDEV_FAULT_RESET:
            lose(d, msg);
            vdev_print(d, "E: watchdog reset");
            vdev_life_reset(d, d->now_us, false);
            return true;
        case VDEV_FAULT_POWER_CUT:
            lose(d, msg);
            vdev_life_power_off(d, "a message", f->ms);
            return true;
        case VDEV_FAULT_WRONG_OFFSET:
        case VDEV_FAULT_WRONG_SEQ:
        case VDEV_FAULT_ENDLESS_ZERO:
        case VDEV_FAULT_MATCH_FALSE:
        case VDEV_FAULT_HOSTILE:
        case VDEV_FAULT_KINDS:
            break;
        }
    }
    return false;
}

/* Only the last answer of an upload says whether it matches. */
static bool fits(const struct vdev_device *d, const struct vdev_fault *f)
{
    return f->kind != VDEV_FAULT_MATCH_FALSE || d->upload_done;
}

bool vdev_faulty_answer(struct vdev_device *d, struct vdev_msg *msg)
{
    struct vdev_fault_point point;
    look(msg, VDEV_FAULT_TX, &point);
    for (size_t i = 0; i < d->cfg.fault_count; i++) {
        struct vdev_fault *f = &d->cfg.fault[i];
        struct vdev_msg *copy;
        if (!fits(d, f) || !vdev_fault_hits(f, &point)) {
            continue;
        }
        vdev_note(d, "fault: %s answer (group %u, command %u)",
                vdev_fault_kind_to_str(f->kind), point.group, point.cmd);
        switch (f->kind) {
        case VDEV_FAULT_DROP:
        case VDEV_FAULT_SILENT:
            return lose(d, msg);
        case VDEV_FAULT_DELAY:
            delay(d, msg, f->ms);
            return true;
        case VDEV_FAULT_DUPLICATE:
        case VDEV_FAULT_TWICE:
            copy = clone(msg);
            if (copy != NULL) {
                vdev_port_output(d, copy);
            }
            break;
        case VDEV_FAULT_DISCONNECT:
            lose(d, msg);
            vdev_life_disconnect(d, f->ms);
            return true;
        case VDEV_FAULT_RESET:
            lose(d, msg);
            vdev_print(d, "E: watchdog reset");
            vdev_life_reset(d, d->now_us, false);
            return true;
        case VDEV_FAULT_POWER_CUT:
            lose(d, msg);
            vdev_life_power_off(d, "a message", f->ms);
            return true;
        case VDEV_FAULT_CORRUPT:
            if (is_checked(d, msg)) {
                return lose(d, msg);
            }
            vdev_fault_corrupt(f, msg->data, msg->len);
            break;
        case VDEV_FAULT_WRONG_OFFSET:
        case VDEV_FAULT_WRONG_SEQ:
        case VDEV_FAULT_ENDLESS_ZERO:
        case VDEV_FAULT_MATCH_FALSE:
        case VDEV_FAULT_HOSTILE:
            vdev_fault_rewrite(f, msg->data, &msg->len, msg->cap);
            break;
        case VDEV_FAULT_KINDS:
            break;
        }
    }
    return false;
}
