// SPDX-License-Identifier: Apache-2.0
/* The pump with a virtual clock, between a procedure and the device. */
#include "dfu_fake_private.h"

#include <string.h>

#define NEVER 0xffffffffu

void fake_pump_init(struct fake_pump *p, struct fake_device *d,
        const struct smp_procedure *procedure, void *self)
{
    memset(p, 0, sizeof(*p));
    p->device = d;
    p->procedure = procedure;
    p->self = self;
    p->link = (struct smp_link){
        .kind = SMP_LINK_DATAGRAM,
        .epoch = 1,
        .max_message = 1472,
    };
    p->now_ms = 1000;
    p->latency_ms = 5;
    p->learned_ms = 500;
    p->seed = 1;
    p->places = 32;
}

static bool lost(struct fake_pump *p)
{
    p->seed = p->seed * 1103515245u + 12345u;
    return (p->seed >> 16) % 1000 < p->loss;
}

static void copy_views(struct fake_item *it)
{
    const struct smp_request *req = &it->req;
    if (req->map == NULL) {
        return;
    }
    memcpy(&it->body, req->body, req->map->size);
    if (req->map == &smp_image_upload_req_map) {
        struct smp_bytes data = it->body.upload.data;
        assert_true(data.len <= sizeof(it->data));
        memcpy(it->data, data.ptr, data.len);
        if (it->body.upload.has & SMP_IMAGE_UPLOAD_REQ_SHA) {
            memcpy(it->sha, it->body.upload.sha.ptr, 32);
        }
    } else if (req->map == &smp_image_state_req_map &&
            (it->body.state.has & SMP_IMAGE_STATE_REQ_HASH)) {
        memcpy(it->hash, it->body.state.hash.ptr, it->body.state.hash.len);
    }
}

static uint32_t in_flight(const struct fake_pump *p)
{
    uint32_t n = 0;
    for (size_t i = 0; i < 40; i++) {
        n += p->items[i].used ? 1 : 0;
    }
    return n;
}

static void transmit(struct fake_pump *p, struct fake_item *it)
{
    it->sent_ms = p->now_ms;
    it->due_ms = p->now_ms +
            (it->req.timeout_ms ? it->req.timeout_ms : p->learned_ms);
    it->sends++;
    it->tries_left--;
    it->arriving = false;
    it->pdus = 0;
    if (p->interval_ms) {
        size_t size = SMP_HEADER_SIZE +
                (it->req.map ? smp_struct_size(it->req.map, &it->body) : 1);
        it->pdus = (uint32_t)((size + p->pdu - 1) / p->pdu);
    } else if (!lost(p) && !p->device->silent) {
        it->arriving = true;
        it->arrive_ms = p->now_ms + p->latency_ms;
    }
}

static void take_requests(struct fake_pump *p)
{
    struct smp_request req;
    while (in_flight(p) < p->places &&
            p->procedure->next(p->self, p->now_ms, &req)) {
        size_t free_item = 0;
        while (free_item < 39 && p->items[free_item].used) {
            free_item++;
        }
        struct fake_item *it = &p->items[free_item];
        assert_false(it->used);
        memset(it, 0, sizeof(*it));
        it->used = true;
        it->req = req;
        it->tries_left = req.tries ? req.tries : 3;
        it->first_ms = p->now_ms;
        if (req.map) {
            size_t size = SMP_HEADER_SIZE + smp_struct_size(req.map, req.body);
            size_t max = p->link.max_reassembled > p->link.max_message
                    ? p->link.max_reassembled
                    : p->link.max_message;
            assert_true(size <= max);
            if (p->device->params) {
                assert_true(size <= p->device->buf_size || size <= max);
            }
        }
        copy_views(it);
        /* the buffer may be used again: nobody may look at it later */
        p->messages++;
        transmit(p, it);
        if (in_flight(p) > p->highest_in_flight) {
            p->highest_in_flight = in_flight(p);
        }
        if (p->cut_at_message && p->messages == p->cut_at_message) {
            fake_pump_relink(p);
        }
    }
}

static void finish(struct fake_pump *p, struct fake_item *it, int result)
{
    struct smp_answer a = it->answer;
    if (result != 0) {
        a = (struct smp_answer){ .tag = it->req.tag, .result = result };
    }
    a.tag = it->req.tag;
    a.sends = it->sends;
    a.rtt_ms = p->now_ms - it->sent_ms;
    static uint8_t body[4096];
    memcpy(body, it->answer_body, sizeof(body));
    a.body.ptr = body;
    it->used = false;
    p->procedure->answer(p->self, p->now_ms, &a);
}

void fake_pump_relink(struct fake_pump *p)
{
    p->link.up = false;
    p->procedure->link(p->self, p->now_ms, &p->link);
    for (size_t i = 0; i < 40; i++) {
        if (p->items[i].used) {
            finish(p, &p->items[i], SMP_E_LINK);
        }
    }
    p->link.up = true;
    p->link.epoch++;
    p->procedure->link(p->self, p->now_ms, &p->link);
}

static void arrive(struct fake_pump *p, struct fake_item *it)
{
    struct fake_device *d = p->device;
    it->arriving = false;
    size_t size = SMP_HEADER_SIZE +
            (it->req.map ? smp_struct_size(it->req.map, &it->body) : 1);
    bool large = d->message_max && size > d->message_max;
    if (d->silent_at && d->off >= d->silent_at) {
        d->silent_at = 0;
        d->silent_until_ms = p->now_ms + d->silent_for_ms;
    }
    if (d->down || d->silent || (large && !d->refuse_large) ||
            (int32_t)(d->silent_until_ms - p->now_ms) > 0) {
        return;
    }
    bool reset = it->req.group == SMP_GROUP_OS && it->req.id == SMP_OS_RESET;
    if (large) {
        fake_refuse(it, d->refuse_large);
    } else {
        fake_device_answer(d, it, p->now_ms);
    }
    if (reset && d->reset_unanswered) {
        return;
    }
    if (d->reboot_at && d->off >= d->reboot_at) {
        d->reboot_at = 0;
        d->session = false;
        d->off = 0;
        return;
    }
    it->answering = !lost(p);
    it->answer_ms = p->now_ms + p->latency_ms;
    if (p->interval_ms) {
        it->answer_ms = p->now_ms + p->interval_ms;
    }
}

static void device_time(struct fake_pump *p)
{
    struct fake_device *d = p->device;
    if (d->reset_due && (int32_t)(p->now_ms - d->reset_at_ms) >= 0) {
        d->reset_due = false;
        d->down = true;
        d->down_until_ms = p->now_ms + d->boot_ms;
        fake_device_boot(d);
        if (d->link_drops) {
            p->link.up = false;
            p->procedure->link(p->self, p->now_ms, &p->link);
            for (size_t i = 0; i < 40; i++) {
                if (p->items[i].used) {
                    finish(p, &p->items[i], SMP_E_LINK);
                }
            }
        }
    }
    if (d->down && !d->never_returns &&
            (int32_t)(p->now_ms - d->down_until_ms) >= 0) {
        d->down = false;
        if (d->link_drops) {
            p->link.up = true;
            p->link.epoch++;
            p->procedure->link(p->self, p->now_ms, &p->link);
        }
    }
}

/* One connection event of the link model. */
static void event(struct fake_pump *p)
{
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->answering && it->answer_ms == p->now_ms) {
            finish(p, it, 0);
            take_requests(p);
        }
    }
    uint32_t left = p->per_interval;
    while (left > 0) {
        struct fake_item *first = NULL;
        for (size_t i = 0; i < 40; i++) {
            struct fake_item *it = &p->items[i];
            if (it->used && it->pdus &&
                    (!first || it->req.tag < first->req.tag)) {
                first = it;
            }
        }
        if (first == NULL) {
            return;
        }
        uint32_t n = first->pdus < left ? first->pdus : left;
        first->pdus -= n;
        left -= n;
        if (first->pdus == 0) {
            arrive(p, first);
        }
    }
}

static void take_events(struct fake_pump *p)
{
    struct dfu_event ev;
    while (p->event != NULL && p->event(p->self, &ev)) {
        if (ev.kind == DFU_EVENT_WARNING) {
            p->warnings[ev.warning]++;
        }
        p->finds += ev.kind == DFU_EVENT_FIND_DEVICE;
        p->plans += ev.kind == DFU_EVENT_PLAN_READY;
        p->steps_begun += ev.kind == DFU_EVENT_STEP_BEGIN;
        p->steps_ended += ev.kind == DFU_EVENT_STEP_END;
    }
}

static uint32_t soonest(uint32_t best, uint32_t at, uint32_t now)
{
    uint32_t wait = (int32_t)(at - now) < 0 ? 0 : at - now;
    return wait < best ? wait : best;
}

static uint32_t next_wait(const struct fake_pump *p)
{
    uint32_t wait = p->procedure->wait_ms(p->self, p->now_ms);
    for (size_t i = 0; i < 40; i++) {
        const struct fake_item *it = &p->items[i];
        if (!it->used) {
            continue;
        }
        wait = soonest(wait, it->due_ms, p->now_ms);
        if (it->arriving) {
            wait = soonest(wait, it->arrive_ms, p->now_ms);
        }
        if (it->answering) {
            wait = soonest(wait, it->answer_ms, p->now_ms);
        }
    }
    if (p->device->reset_due) {
        wait = soonest(wait, p->device->reset_at_ms, p->now_ms);
    }
    if (p->device->down && !p->device->never_returns) {
        wait = soonest(wait, p->device->down_until_ms, p->now_ms);
    }
    if (p->interval_ms) {
        uint32_t rest = p->interval_ms - p->now_ms % p->interval_ms;
        wait = rest < wait ? rest : wait;
    }
    return wait;
}

static void step(struct fake_pump *p)
{
    device_time(p);
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->arriving && it->arrive_ms == p->now_ms) {
            arrive(p, it);
        }
    }
    for (size_t i = 0; !p->interval_ms && i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->answering && it->answer_ms == p->now_ms) {
            finish(p, it, 0);
        }
    }
    if (p->interval_ms && p->now_ms % p->interval_ms == 0) {
        event(p);
    }
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && (int32_t)(p->now_ms - it->due_ms) >= 0) {
            if (it->tries_left > 0) {
                transmit(p, it);
            } else {
                finish(p, it, SMP_E_TIMEOUT);
            }
        }
    }
    take_events(p);
    take_requests(p);
    take_events(p);
}

void fake_pump_go(struct fake_pump *p, uint32_t limit_ms)
{
    p->end_ms = p->now_ms + limit_ms;
    uint32_t idle = 0;
    while (!p->procedure->done(p->self) &&
            (int32_t)(p->end_ms - p->now_ms) > 0) {
        step(p);
        if (p->procedure->done(p->self)) {
            break;
        }
        uint32_t wait = next_wait(p);
        idle = wait == 0 ? idle + 1 : 0;
        assert_true(idle < 1000); /* spins without doing anything */
        if (wait == NEVER) {
            break; /* hangs: the test sees that it is not done */
        }
        p->now_ms += wait;
    }
    take_events(p);
}

void fake_pump_run(struct fake_pump *p, uint32_t limit_ms)
{
    p->link.up = true;
    p->procedure->link(p->self, p->now_ms, &p->link);
    fake_pump_go(p, limit_ms);
}
