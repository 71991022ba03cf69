// SPDX-License-Identifier: Apache-2.0
/*
 * The update manager: frame of the machine. Steps are in update_step.c, the
 * reset and what comes after it in update_wait.c.
 *
 * state  event                         next    action
 * -----  ----------------------------  ------  ----------------------------
 * IDLE   link up                       QUERY   ask everything
 * QUERY  answered, first time          STEP    plan; stop when fatal, dry run
 * QUERY  answered, link had been lost  STEP    go on with the same step
 * QUERY  list not answered             FAILED
 * STEP   RESET_FIRST settled           QUERY   then a new plan
 * STEP   last step done                DONE
 * STEP   refused, time is up, …        FAILED
 * STEP   link down                     STEP    FIND_DEVICE, wait for link up
 * STEP   upload silent, not BLE        QUERY   again and again, then go on
 * STEP   link up, new epoch            QUERY   list and parameters anew
 * any    cancel                        FAILED  DFU_INTERRUPTED
 */
#include "dfu/update.h"

#include <string.h>

#include "smp/options.h"
#include "update_private.h"

#define RECONNECT_MS 60000u
#define ROUNDS_MAX   4u
#define SEARCHES_MAX 3u
/* One call of next() adds fewer events than this. */
#define EVENTS_SPARE 6u

#define TO(s) (1u << (s))
static const uint8_t update_legal[] = {
    [UPDATE_IDLE] = TO(UPDATE_QUERY) | TO(UPDATE_FAILED),
    [UPDATE_QUERY] = TO(UPDATE_QUERY) | TO(UPDATE_STEP) | TO(UPDATE_DONE) |
            TO(UPDATE_FAILED),
    [UPDATE_STEP] = TO(UPDATE_QUERY) | TO(UPDATE_DONE) | TO(UPDATE_FAILED),
    [UPDATE_DONE] = 0,
    [UPDATE_FAILED] = 0,
};
#undef TO

/* The only writer of u->state. */
static void enter(struct dfu_update *u, enum update_state to)
{
    SMP_ASSERT(update_legal[u->state] & (1u << to));
    u->state = (uint8_t)to;
}

void dfu_update_init(struct dfu_update *u, const struct dfu_update_config *cfg)
{
    memset(u, 0, sizeof(*u));
    u->cfg = *cfg;
    u->device.mode = SMP_BOOTLOADER_UNKNOWN;
    u->result.image = DFU_NONE;
    u->result.slot = DFU_NONE;
    u->result.step = DFU_NONE;
    u->result.dry_run = cfg->dry_run;
}

const struct dfu_step *dfu_update_step(const struct dfu_update *u)
{
    return &u->plan.steps[u->step];
}

const struct dfu_image *dfu_update_image(const struct dfu_update *u)
{
    uint8_t index = dfu_update_step(u)->index;
    return index == DFU_NONE ? NULL : &u->cfg.package->images[index];
}

/* --- events ------------------------------------------------------------- */

void dfu_update_push(struct dfu_update *u, const struct dfu_event *ev)
{
    if (u->event_count == DFU_EVENTS_MAX) {
        /* The last word counts more than the one before it. */
        u->event_count--;
    }
    size_t at = (u->event_head + (size_t)u->event_count) % DFU_EVENTS_MAX;
    u->events[at] = *ev;
    u->event_count++;
}

static struct dfu_event new_event(const struct dfu_update *u,
        enum dfu_event_kind kind, uint8_t index)
{
    struct dfu_event ev = {
        .kind = (uint8_t)kind,
        .step = u->state == UPDATE_STEP ? u->step : DFU_NONE,
        .image = DFU_NONE,
        .slot = DFU_NONE,
    };
    if (index != DFU_NONE) {
        ev.image = u->cfg.package->images[index].image;
        ev.slot = u->plan.slot[index];
    }
    return ev;
}

static void push(struct dfu_update *u, enum dfu_event_kind kind, uint8_t index)
{
    struct dfu_event ev = new_event(u, kind, index);
    dfu_update_push(u, &ev);
}

void dfu_update_warn(struct dfu_update *u, enum dfu_warning warning,
        uint8_t index)
{
    struct dfu_event ev = new_event(u, DFU_EVENT_WARNING, index);
    ev.warning = (uint8_t)warning;
    dfu_update_push(u, &ev);
}

bool dfu_update_event(struct dfu_update *u, struct dfu_event *ev)
{
    if (u->event_count == 0) {
        return false;
    }
    *ev = u->events[u->event_head];
    u->event_head = (uint8_t)((u->event_head + 1) % DFU_EVENTS_MAX);
    u->event_count--;
    return true;
}

/* --- the end ------------------------------------------------------------ */

static void end(struct dfu_update *u, uint32_t now_ms, enum update_state to)
{
    u->in_flight = false;
    u->waiting = false;
    u->deadline_armed = false;
    u->result.finished = true;
    u->result.ended_ms = now_ms;
    enter(u, to);
}

void dfu_update_finish(struct dfu_update *u, uint32_t now_ms)
{
    end(u, now_ms, UPDATE_DONE);
    push(u, DFU_EVENT_DONE, DFU_NONE);
}

static void keep_upload(struct dfu_update *u)
{
    uint8_t index = dfu_update_step(u)->index;
    if (u->state == UPDATE_STEP && index != DFU_NONE &&
            dfu_update_step(u)->kind == DFU_STEP_UPLOAD) {
        dfu_upload_status(&u->upload, &u->result.images[index].upload);
    }
}

void dfu_update_stop(struct dfu_update *u, uint32_t now_ms, enum dfu_code code,
        uint8_t index)
{
    if (dfu_update_done(u)) {
        return;
    }
    keep_upload(u);
    u->result.code = code;
    u->result.step = u->state == UPDATE_STEP ? u->step : DFU_NONE;
    struct dfu_event ev = new_event(u, DFU_EVENT_FAILED, index);
    ev.code = code;
    ev.refusal = u->result.refusal;
    u->result.image = ev.image;
    u->result.slot = ev.slot;
    end(u, now_ms, UPDATE_FAILED);
    dfu_update_push(u, &ev);
}

void dfu_update_refused(struct dfu_update *u, uint32_t now_ms,
        const struct smp_refusal *refusal, uint8_t index)
{
    u->result.refused = true;
    u->result.refusal = *refusal;
    u->result.refusal.rsn = (struct smp_bytes){ NULL, 0 };
    u->result.result = SMP_E_REMOTE;
    dfu_update_stop(u, now_ms, DFU_DEVICE_REFUSED, index);
}

void dfu_update_cancel(struct dfu_update *u, uint32_t now_ms)
{
    dfu_update_fail(u, now_ms, DFU_INTERRUPTED);
}

void dfu_update_fail(struct dfu_update *u, uint32_t now_ms, enum dfu_code code)
{
    if (dfu_update_done(u)) {
        return;
    }
    uint8_t index = DFU_NONE;
    if (u->state == UPDATE_STEP) {
        index = dfu_update_step(u)->index;
    }
    dfu_update_stop(u, now_ms, code, index);
}

/* --- steps and queries -------------------------------------------------- */

void dfu_update_step_to(struct dfu_update *u, uint8_t step)
{
    u->step = step;
    u->phase = PHASE_ASK;
    u->tries = 0;
    u->begun = false;
    u->waiting = false;
    u->in_flight = false;
}

void dfu_update_step_end(struct dfu_update *u)
{
    push(u, DFU_EVENT_STEP_END, dfu_update_step(u)->index);
    if (u->step + 1 < u->plan.step_count) {
        dfu_update_step_to(u, (uint8_t)(u->step + 1));
    }
}

void dfu_update_ask(struct dfu_update *u, uint8_t parts, bool go_on)
{
    u->go_on = go_on;
    u->in_flight = false;
    u->waiting = false;
    u->generation++;
    dfu_query_init(&u->query, &u->device, parts);
    dfu_query_link(&u->query, 0, &u->link);
    enter(u, UPDATE_QUERY);
}

static void keep_plan(struct dfu_update *u)
{
    for (uint8_t i = 0; i < u->cfg.package->count; i++) {
        struct dfu_image_result *r = &u->result.images[i];
        const struct dfu_slot *from =
                dfu_device_running(&u->before, u->cfg.package->images[i].image);
        r->action = u->plan.action[i];
        r->verified = DFU_VERIFIED_NO;
        if (r->action == DFU_ACTION_ASSUMED) {
            r->verified = DFU_VERIFIED_NOT_READABLE;
        }
        r->from_told = from != NULL && !u->cfg.package->images[i].net_core;
        if (r->from_told) {
            r->from = *from;
        }
    }
}

static void make_plan(struct dfu_update *u, uint32_t now_ms)
{
    if (u->rounds++ >= ROUNDS_MAX) {
        dfu_update_stop(u, now_ms, DFU_SWAP_REFUSED, DFU_NONE);
        return;
    }
    if (u->rounds == 1 || !u->before.list_told) {
        u->before = u->device;
    }
    if (u->rounds == 1) {
        push(u, DFU_EVENT_DEVICE_KNOWN, DFU_NONE);
    }
    dfu_plan_make(&u->plan, u->cfg.package, &u->device, &u->cfg.options);
    keep_plan(u);
    push(u, DFU_EVENT_PLAN_READY, DFU_NONE);
    const struct dfu_finding *fatal = dfu_plan_fatal(&u->plan);
    if (fatal != NULL) {
        dfu_update_stop(u, now_ms, fatal->code, fatal->index);
        u->result.image = fatal->image;
        u->result.slot = fatal->slot;
        return;
    }
    if (u->cfg.dry_run) {
        dfu_update_finish(u, now_ms);
        return;
    }
    enter(u, UPDATE_STEP);
    dfu_update_step_to(u, 0);
}

#define ASK_AGAIN (DFU_QUERY_PARAMS | DFU_QUERY_LIST)

/* Only Bluetooth tells that a device went away. A dead one costs the time
 * since its last answer. */
bool dfu_update_search(struct dfu_update *u, uint32_t now_ms)
{
    uint32_t limit = u->cfg.reconnect_timeout_ms;
    uint32_t end_ms = u->heard_ms + (limit ? limit : RECONNECT_MS);
    if (u->link.kind == SMP_LINK_BLE || u->cfg.tries != 0 ||
            u->upload.off == 0 || u->searches >= SEARCHES_MAX ||
            update_reached(now_ms, end_ms)) {
        return false;
    }
    u->searches++;
    u->searching = true;
    u->deadline_armed = true;
    u->deadline_ms = end_ms;
    dfu_update_warn(u, DFU_WARN_SILENT, dfu_update_step(u)->index);
    dfu_update_ask(u, ASK_AGAIN, true);
    return true;
}

void dfu_update_search_end(struct dfu_update *u, uint32_t now_ms)
{
    u->searching = false;
    enter(u, UPDATE_STEP); /* where it stopped */
    u->result.result = SMP_E_TIMEOUT;
    dfu_update_stop(u, now_ms, DFU_NO_ANSWER, dfu_update_step(u)->index);
}

static void query_end(struct dfu_update *u, uint32_t now_ms)
{
    enum dfu_code code = dfu_query_code(&u->query);
    if (u->searching && code == DFU_NO_ANSWER && u->deadline_armed) {
        dfu_update_ask(u, ASK_AGAIN, true);
        return;
    }
    if (u->searching) {
        u->searching = false;
        u->deadline_armed = false;
    }
    if (code == DFU_DEVICE_REFUSED) {
        dfu_update_refused(u, now_ms, &u->query.refusal, DFU_NONE);
    } else if (code != DFU_OK) {
        u->result.result = u->query.result;
        dfu_update_stop(u, now_ms, code, DFU_NONE);
    } else if (u->go_on) {
        enter(u, UPDATE_STEP);
        dfu_update_step_again(u, now_ms);
    } else {
        make_plan(u, now_ms);
    }
}

/* --- doors -------------------------------------------------------------- */

static uint32_t make_tag(uint32_t kind, uint32_t generation, uint32_t inner)
{
    return kind << 28 | (generation & 0xfffu) << 16 | (inner & 0xffffu);
}

/* The first chunk of the running upload is overdue at slow_ms. */
static bool may_be_slow(const struct dfu_update *u)
{
    return u->slow_armed && u->upload.state == DFU_UPLOAD_FIRST;
}

static void watch_upload(struct dfu_update *u, uint32_t now_ms)
{
    uint8_t index = dfu_update_step(u)->index;
    if (may_be_slow(u) && update_reached(now_ms, u->slow_ms)) {
        u->slow_armed = false;
        dfu_update_warn(u, DFU_WARN_SLOW_FIRST, index);
    }
    if (u->upload.cap != u->cap) {
        if (u->cap == 0) {
            dfu_update_warn(u, DFU_WARN_SMALLER_MESSAGES, index);
        }
        u->cap = u->upload.cap;
    }
}

/* @return 1 or 0 as next(), -1: look again */
static int next_of_state(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    int got;
    if (u->state == UPDATE_QUERY) {
        got = dfu_query_next(&u->query, now_ms, req);
        if (got) {
            req->tag = make_tag(TAG_QUERY, u->generation, req->tag);
            return 1;
        }
        if (!dfu_query_done(&u->query)) {
            return 0;
        }
        query_end(u, now_ms);
        return -1;
    }
    if (u->in_flight || (u->waiting && !update_reached(now_ms, u->due_ms))) {
        return 0;
    }
    u->waiting = false;
    if (!u->begun) {
        u->begun = true;
        push(u, DFU_EVENT_STEP_BEGIN, dfu_update_step(u)->index);
    }
    if (dfu_update_step(u)->kind == DFU_STEP_UPLOAD && u->phase == PHASE_SEND) {
        watch_upload(u, now_ms);
        got = dfu_upload_next(&u->upload, now_ms, req);
        if (got) {
            req->tag = make_tag(TAG_UPLOAD, u->generation, req->tag);
            return 1;
        }
        if (!dfu_upload_done(&u->upload)) {
            return 0;
        }
        dfu_update_upload_end(u, now_ms);
        return -1;
    }
    got = dfu_update_step_next(u, now_ms, req);
    if (got > 0) {
        u->in_flight = true;
        req->tag = make_tag(TAG_OWN, 0, ++u->serial);
    }
    return got;
}

int dfu_update_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    if (u->deadline_armed && update_reached(now_ms, u->deadline_ms)) {
        u->deadline_armed = false;
        dfu_update_overdue(u, now_ms);
    }
    while (!dfu_update_done(u) && u->link.up && u->state != UPDATE_IDLE &&
            u->event_count <= DFU_EVENTS_MAX - EVENTS_SPARE) {
        int got = next_of_state(u, now_ms, req);
        if (got >= 0) {
            return got;
        }
    }
    return 0;
}

static void link_down(struct dfu_update *u, uint32_t now_ms)
{
    if (!u->link.up) {
        return;
    }
    u->link.up = false;
    bool asked = u->in_flight;
    u->in_flight = false;
    u->waiting = false;
    if (u->state == UPDATE_STEP && u->phase == PHASE_SEND) {
        dfu_upload_link(&u->upload, now_ms, &u->link);
    }
    bool reset = u->state == UPDATE_STEP &&
            (dfu_update_step(u)->kind == DFU_STEP_RESET ||
                    dfu_update_step(u)->kind == DFU_STEP_RESET_FIRST ||
                    dfu_update_step(u)->kind == DFU_STEP_WAIT);
    if (reset && u->phase == PHASE_ASK && asked) {
        dfu_update_reset_sent(u, now_ms,
                false); /* the answer went down with it */
    }
    reset = reset && u->phase == PHASE_PROBE;
    if (reset) {
        u->silent = true;
        u->back = false;
    }
    if (!u->deadline_armed) {
        uint32_t limit = u->cfg.reconnect_timeout_ms;
        u->deadline_armed = true;
        u->deadline_ms = now_ms + (limit ? limit : RECONNECT_MS);
    }
    struct dfu_event ev = new_event(u, DFU_EVENT_FIND_DEVICE, DFU_NONE);
    ev.not_before_ms = now_ms;
    ev.give_up_ms = u->deadline_ms;
    ev.reason = reset ? DFU_FIND_AFTER_RESET : DFU_FIND_LINK_LOST;
    dfu_update_push(u, &ev);
}

void dfu_update_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    uint32_t kind = answer->tag >> 28;
    uint32_t generation = answer->tag >> 16 & 0xfffu;
    if (dfu_update_done(u)) {
        return;
    }
    if (answer->result == 0 && answer->sends == 1 && kind != TAG_UPLOAD) {
        u->rtt_ms = u->rtt_ms == 0 ? answer->rtt_ms
                                   : (u->rtt_ms * 3 + answer->rtt_ms) / 4;
    }
    struct smp_answer inner = *answer;
    inner.tag = answer->tag & 0xffffu;
    if (kind == TAG_UPLOAD && answer->result == 0) {
        u->heard_ms = now_ms;
    }
    if (kind == TAG_OWN) {
        if (!u->in_flight || inner.tag != u->serial) {
            return;
        }
        if (answer->result == SMP_E_LINK) {
            link_down(u, now_ms);
        } else {
            u->in_flight = false;
            dfu_update_step_answer(u, now_ms, answer);
        }
        return;
    }
    if (generation != (u->generation & 0xfffu)) {
        return;
    }
    if (kind == TAG_QUERY && u->state == UPDATE_QUERY) {
        dfu_query_answer(&u->query, now_ms, &inner);
    } else if (kind == TAG_UPLOAD && u->state == UPDATE_STEP) {
        dfu_upload_answer(&u->upload, now_ms, &inner);
    }
    if (answer->result == SMP_E_LINK) {
        link_down(u, now_ms);
    }
}

void dfu_update_link(struct dfu_update *u, uint32_t now_ms,
        const struct smp_link *link)
{
    if (dfu_update_done(u)) {
        return;
    }
    if (!link->up) {
        if (u->state == UPDATE_QUERY) {
            dfu_query_link(&u->query, now_ms, link);
        }
        link_down(u, now_ms);
        return;
    }
    bool fresh = !u->link.up || u->link.epoch != link->epoch;
    u->link = *link;
    if (!fresh) {
        return;
    }
    if (u->state == UPDATE_IDLE) {
        u->result.started_ms = now_ms;
        dfu_update_ask(u, DFU_QUERY_ALL, false);
        return;
    }
    u->in_flight = false;
    u->waiting = false;
    if (u->state == UPDATE_QUERY) {
        u->deadline_armed = false;
        dfu_query_link(&u->query, now_ms, link);
    } else if (u->phase != PHASE_PROBE) {
        u->deadline_armed = false;
        dfu_update_ask(u, ASK_AGAIN, true);
    }
}

static uint32_t until(uint32_t now_ms, uint32_t at_ms)
{
    return update_reached(now_ms, at_ms) ? 0 : at_ms - now_ms;
}

static uint32_t wait_of_state(const struct dfu_update *u, uint32_t now_ms)
{
    if (!u->link.up || u->state == UPDATE_IDLE) {
        return UINT32_MAX;
    }
    if (u->event_count > DFU_EVENTS_MAX - EVENTS_SPARE) {
        return 0; /* take the events first */
    }
    if (u->state == UPDATE_QUERY) {
        return dfu_query_done(&u->query) ? 0
                                         : dfu_query_wait_ms(&u->query, now_ms);
    }
    if (u->in_flight) {
        return UINT32_MAX;
    }
    if (u->waiting) {
        return until(now_ms, u->due_ms);
    }
    if (dfu_update_step(u)->kind == DFU_STEP_UPLOAD && u->phase == PHASE_SEND) {
        if (dfu_upload_done(&u->upload)) {
            return 0;
        }
        uint32_t wait = dfu_upload_wait_ms(&u->upload, now_ms);
        uint32_t slow = may_be_slow(u) ? until(now_ms, u->slow_ms) : UINT32_MAX;
        return slow < wait ? slow : wait;
    }
    return 0;
}

uint32_t dfu_update_wait_ms(const struct dfu_update *u, uint32_t now_ms)
{
    if (dfu_update_done(u)) {
        return UINT32_MAX;
    }
    uint32_t wait = wait_of_state(u, now_ms);
    if (u->deadline_armed) {
        uint32_t rest = until(now_ms, u->deadline_ms);
        wait = rest < wait ? rest : wait;
    }
    return wait;
}

bool dfu_update_done(const struct dfu_update *u)
{
    return u->state == UPDATE_DONE || u->state == UPDATE_FAILED;
}
