// SPDX-License-Identifier: Apache-2.0
/*
 * Reset, and what the boot made of it.
 *
 * Links without connection still answer for a moment after the reset, so an
 * answer alone proves nothing; the list does (first match wins):
 *
 * list                                   silence  meaning
 * -------------------------------------  -------  -------------------------
 * every marked image runs                any      done
 * still pending                          no       not rebooted yet
 * still pending, and again 10 s later    yes      MCUboot refused to swap
 * mark gone, another image runs          any      reverted, refused or other
 * never marked, another image runs       yes      the same, 10 s later
 *
 * With a firmware loader it is the list itself: only the loader has one. Asked
 * for, a list is the loader; afterwards "not supported" is the application.
 */
#include "update_private.h"

#include <string.h>

#define RESET_MS       2500u
#define RESET_BUSY_MS  1000u
#define RESET_BUSY_MAX 10u
#define PROBE_FAST_MS  250u
#define PROBE_SLOW_MS  1000u
#define PROBE_FAST_FOR 5000u
#define PROBE_MS       1000u
#define PROBE_MORE_MS  500u
#define PROBE_MORE_MAX 8u
#define SETTLE_MS      10000u
/* Nothing was marked: an answer this late is of the new boot. */
#define UNMARKED_MS 3000u
/* A reset without answer may not have arrived: repeated after this time. */
#define UNSURE_MS  3000u
#define UNSURE_MAX 3u

#define RC_BUSY          10
#define RC_NOT_SUPPORTED 8

/* Boot mode of Zephyr's retention. */
#define BOOT_MODE_BOOTLOADER 1u

enum outcome {
    OUT_WAIT,  /* not rebooted yet, or not known */
    OUT_STILL, /* the old state, as if nothing had happened */
    OUT_GONE,  /* booted, and not what we wanted */
    OUT_GOOD,
};

/* --- what the list says ------------------------------------------------- */

static const struct dfu_image *image_of(const struct dfu_update *u,
        uint8_t index)
{
    return &u->cfg.package->images[index];
}

static const struct dfu_slot *entry(const struct dfu_update *u, uint8_t index)
{
    const struct dfu_image *im = image_of(u, index);
    return dfu_device_find_image_hash(&u->device, im->image, im->hash,
            im->hash_len);
}

bool dfu_update_unreadable(const struct dfu_update *u, uint8_t index)
{
    const struct dfu_image *im = image_of(u, index);
    return im->net_core ||
            (im->image > 0 &&
                    dfu_device_running(&u->device, im->image) == NULL);
}

bool dfu_update_runs(const struct dfu_update *u, uint8_t index)
{
    const struct dfu_image *im = image_of(u, index);
    const struct dfu_slot *s = dfu_device_running(&u->device, im->image);
    return !im->net_core && s != NULL && s->hash_len == im->hash_len &&
            im->hash_len != 0 && memcmp(s->hash, im->hash, im->hash_len) == 0;
}

enum dfu_code dfu_update_missed(const struct dfu_update *u, uint8_t index)
{
    const struct dfu_image *im = image_of(u, index);
    const struct dfu_slot *now = dfu_device_running(&u->device, im->image);
    const struct dfu_slot *old = dfu_device_running(&u->before, im->image);
    bool same = now != NULL && old != NULL && now->hash_len == old->hash_len &&
            memcmp(now->hash, old->hash, now->hash_len) == 0;
    const struct dfu_slot *kept = entry(u, index);
    if (!same) {
        return DFU_OTHER_IMAGE;
    }
    return kept != NULL && !kept->pending ? DFU_REVERTED : DFU_SWAP_REFUSED;
}

/* Is this image one that the reset should bring up? */
static bool expected(const struct dfu_update *u, uint8_t index)
{
    uint8_t action = u->plan.action[index];
    return u->plan.mode != DFU_UPLOAD_ONLY &&
            (action == DFU_ACTION_UPLOAD || action == DFU_ACTION_IN_SLOT);
}

static enum outcome judge_image(const struct dfu_update *u, uint8_t index)
{
    const struct dfu_slot *s = entry(u, index);
    if (dfu_update_unreadable(u, index)) {
        return s != NULL && s->pending ? OUT_STILL : OUT_GOOD;
    }
    if (dfu_update_runs(u, index)) {
        return OUT_GOOD;
    }
    if (dfu_device_running(&u->device, image_of(u, index)->image) == NULL) {
        return OUT_WAIT;
    }
    return s != NULL && s->pending ? OUT_STILL : OUT_GONE;
}

/* @param[out] index  the image that spoils it, or DFU_NONE */
static enum outcome judge(const struct dfu_update *u, uint8_t *index)
{
    enum outcome worst = OUT_GOOD;
    *index = DFU_NONE;
    for (uint8_t i = 0; i < u->cfg.package->count; i++) {
        if (!expected(u, i)) {
            continue;
        }
        enum outcome o = judge_image(u, i);
        if (o < worst) {
            worst = o;
            *index = i;
        }
    }
    return worst;
}

/* After RESET_FIRST: is what was in the way gone? */
static enum outcome judge_first(const struct dfu_update *u)
{
    const struct dfu_step *step = dfu_update_step(u);
    uint8_t image = step->image == DFU_NONE ? 0 : step->image;
    const struct dfu_slot *s;
    if (step->reason == DFU_RESET_LOADER) {
        return OUT_GOOD;
    }
    if (step->reason == DFU_RESET_PENDING) {
        s = dfu_device_slot(&u->device, image, step->slot);
        return s != NULL && s->pending ? OUT_STILL : OUT_GOOD;
    }
    s = dfu_device_running(&u->device, image);
    if (s == NULL) {
        return OUT_WAIT;
    }
    return s->active && !s->confirmed ? OUT_STILL : OUT_GOOD;
}

/* --- reset -------------------------------------------------------------- */

int dfu_update_reset_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    (void)now_ms;
    u->body.reset = (struct smp_os_reset_req){ 0 };
    if (u->cfg.options.force && u->tries > 0) {
        u->body.reset.has = SMP_OS_RESET_REQ_FORCE;
        u->body.reset.force = true;
    }
    if (dfu_update_step(u)->reason == DFU_RESET_LOADER) {
        u->body.reset.has |= SMP_OS_RESET_REQ_BOOT_MODE;
        u->body.reset.boot_mode = BOOT_MODE_BOOTLOADER;
    }
    *req = (struct smp_request){
        .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_RESET,
        .map = &smp_os_reset_req_map,
        .body = &u->body.reset,
        .timeout_ms = RESET_MS,
        .tries = 1, /* a second one could hit the new boot */
    };
    return 1;
}

static uint32_t swap_bytes(const struct dfu_update *u)
{
    uint32_t sum = 0;
    for (uint8_t i = 0; i < u->cfg.package->count; i++) {
        const struct dfu_image *im = image_of(u, i);
        const struct dfu_slot_info *info =
                dfu_device_slot_info(&u->device, im->image, 1);
        uint32_t size = im->source.size;
        if (info != NULL && info->size_told && info->size > size) {
            size = info->size;
        }
        if (u->plan.action[i] != DFU_ACTION_NONE &&
                u->plan.action[i] != DFU_ACTION_ASSUMED) {
            sum = sum > UINT32_MAX - size ? UINT32_MAX : sum + size;
        }
    }
    return sum;
}

void dfu_update_reset_sent(struct dfu_update *u, uint32_t now_ms, bool answered)
{
    uint32_t limit = u->cfg.reset_timeout_ms;
    if (limit == 0) {
        limit = dfu_reset_timeout_ms(swap_bytes(u),
                u->device.mode_told ? u->device.mode : SMP_BOOTLOADER_UNKNOWN);
    }
    u->result.resets = true;
    u->reset_ms = now_ms;
    u->deadline_ms = now_ms + limit;
    u->deadline_armed = true;
    u->silent = false;
    u->back = false;
    u->settling = false;
    u->unsure = !answered;
    u->tries = 0;
    if (dfu_update_step(u)->kind == DFU_STEP_RESET) {
        dfu_update_step_end(u);
    }
    u->phase = PHASE_PROBE;
}

void dfu_update_reset_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    bool busy = answer->result == SMP_E_REMOTE &&
            answer->refusal.shape == SMP_REFUSAL_RC &&
            answer->refusal.rc == RC_BUSY;
    if (busy && u->tries < RESET_BUSY_MAX) {
        if (u->tries == 0) {
            dfu_update_warn(u, DFU_WARN_RESET_BUSY, DFU_NONE);
        }
        u->tries++;
        u->waiting = true;
        u->due_ms = now_ms + RESET_BUSY_MS;
        return;
    }
    if (answer->result == SMP_E_REMOTE) {
        dfu_update_refused(u, now_ms, &answer->refusal, DFU_NONE);
        return;
    }
    bool answered = answer->result == 0;
    if (!answered) {
        dfu_update_warn(u, DFU_WARN_RESET_NO_ANSWER, DFU_NONE);
    }
    dfu_update_reset_sent(u, now_ms, answered);
}

/* --- probes ------------------------------------------------------------- */

int dfu_update_probe_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    (void)now_ms;
    uint32_t more = u->tries < PROBE_MORE_MAX ? u->tries : PROBE_MORE_MAX;
    dfu_update_ask_list(req);
    req->timeout_ms = PROBE_MS + PROBE_MORE_MS * more;
    req->tries = 1;
    return 1;
}

static void probe_later(struct dfu_update *u, uint32_t now_ms)
{
    bool fast = now_ms - u->reset_ms < PROBE_FAST_FOR;
    u->waiting = true;
    u->due_ms = now_ms + (fast ? PROBE_FAST_MS : PROBE_SLOW_MS);
}

static void wait_end(struct dfu_update *u)
{
    u->deadline_armed = false;
    u->pending_seen = false;
    u->result.marked = false;
    if (dfu_update_step(u)->kind == DFU_STEP_WAIT) {
        dfu_update_step_end(u);
        return;
    }
    struct dfu_event ev = {
        .kind = DFU_EVENT_STEP_END,
        .step = u->step,
        .image = dfu_update_step(u)->image,
        .slot = dfu_update_step(u)->slot,
    };
    dfu_update_push(u, &ev);
    dfu_update_ask(u,
            dfu_update_step(u)->reason == DFU_RESET_LOADER
                    ? DFU_QUERY_ALL
                    : DFU_QUERY_PARAMS | DFU_QUERY_LIST,
            false);
}

/* The old state with silence in between: true when it has lasted. */
static bool settled(struct dfu_update *u, uint32_t now_ms)
{
    if (!u->settling) {
        u->settling = true;
        u->settled_ms = now_ms;
    }
    return update_reached(now_ms, u->settled_ms + SETTLE_MS);
}

static void reset_again(struct dfu_update *u)
{
    u->reset_tries++;
    u->deadline_armed = false;
    if (dfu_update_step(u)->kind == DFU_STEP_WAIT) {
        dfu_update_step_to(u, (uint8_t)(u->step - 1));
    } else {
        u->phase = PHASE_ASK;
        u->tries = 0;
    }
}

static void probe_list(struct dfu_update *u, uint32_t now_ms)
{
    bool first = dfu_update_step(u)->kind == DFU_STEP_RESET_FIRST;
    bool marked = first || u->pending_seen;
    uint8_t index = DFU_NONE;
    enum outcome o = first ? judge_first(u) : judge(u, &index);
    /* Without a mark the list may look right before the boot. */
    bool early = !marked && !u->silent && now_ms - u->reset_ms < UNMARKED_MS;
    if (o == OUT_GOOD && !early) {
        wait_end(u);
        return;
    }
    if (o == OUT_GONE && marked) {
        dfu_update_stop(u, now_ms, dfu_update_missed(u, index), index);
        return;
    }
    bool old = o == OUT_STILL || o == OUT_GONE;
    if (old && u->unsure && u->reset_tries < UNSURE_MAX &&
            now_ms - u->reset_ms >= UNSURE_MS) {
        reset_again(u);
        return;
    }
    if (old && u->silent && settled(u, now_ms)) {
        enum dfu_code code = first || o == OUT_STILL
                ? DFU_SWAP_REFUSED
                : dfu_update_missed(u, index);
        dfu_update_stop(u, now_ms, code,
                first ? dfu_update_step(u)->index : index);
        return;
    }
    probe_later(u, now_ms);
}

bool dfu_update_has_loader(const struct dfu_update *u)
{
    return u->device.mode_told &&
            u->device.mode == SMP_BOOTLOADER_FIRMWARE_LOADER;
}

bool dfu_update_no_list(const struct dfu_update *u,
        const struct smp_answer *answer)
{
    return dfu_update_has_loader(u) && answer->result == SMP_E_REMOTE &&
            answer->refusal.shape == SMP_REFUSAL_RC &&
            answer->refusal.rc == RC_NOT_SUPPORTED;
}

/* Of a board with a firmware loader. listed: the loader answers, else the
 * application. */
static void probe_loader(struct dfu_update *u, uint32_t now_ms, bool listed)
{
    bool first = dfu_update_step(u)->kind == DFU_STEP_RESET_FIRST;
    u->tries = 0;
    u->back = true;
    if (!listed) {
        u->device.list_told = false;
        u->device.slot_count = 0;
    }
    if (listed == first) {
        wait_end(u);
    } else if (u->unsure && u->reset_tries < UNSURE_MAX &&
            now_ms - u->reset_ms >= UNSURE_MS) {
        reset_again(u);
    } else if (u->silent && settled(u, now_ms)) {
        dfu_update_stop(u, now_ms,
                first ? DFU_LOADER_NOT_STARTED : DFU_SWAP_REFUSED, 0);
    } else {
        probe_later(u, now_ms);
    }
}

void dfu_update_probe_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    if (answer->result == 0 &&
            dfu_device_set_list(&u->device, answer->body) == 0) {
        u->tries = 0;
        u->back = true;
        if (dfu_update_has_loader(u)) {
            probe_loader(u, now_ms, true);
        } else {
            probe_list(u, now_ms);
        }
        return;
    }
    if (dfu_update_no_list(u, answer)) {
        probe_loader(u, now_ms, false);
        return;
    }
    if (answer->result == SMP_E_TIMEOUT) {
        u->silent = true;
        u->back = false;
        u->settling = false;
        u->tries =
                u->tries < PROBE_MORE_MAX ? (uint8_t)(u->tries + 1) : u->tries;
        u->waiting = false; /* the time-out was pause enough */
        return;
    }
    probe_later(u, now_ms); /* not ready yet, or unreadable: ask again */
}

void dfu_update_overdue(struct dfu_update *u, uint32_t now_ms)
{
    uint8_t index = DFU_NONE;
    if (u->searching && u->link.up) {
        dfu_update_search_end(u, now_ms);
        return;
    }
    if (u->state != UPDATE_STEP || u->phase != PHASE_PROBE) {
        dfu_update_fail(u, now_ms, DFU_LINK_LOST);
        return;
    }
    if (!u->link.up || (u->silent && !u->back)) {
        dfu_update_stop(u, now_ms, DFU_DEVICE_DID_NOT_RETURN, DFU_NONE);
        return;
    }
    if (dfu_update_has_loader(u)) {
        dfu_update_stop(u, now_ms,
                u->device.list_told ? DFU_SWAP_REFUSED : DFU_LOADER_NOT_STARTED,
                0);
        return;
    }
    if (dfu_update_step(u)->kind == DFU_STEP_RESET_FIRST) {
        dfu_update_stop(u, now_ms, DFU_SWAP_REFUSED, dfu_update_step(u)->index);
        return;
    }
    enum outcome o = judge(u, &index);
    dfu_update_stop(u, now_ms,
            o == OUT_STILL || index == DFU_NONE ? DFU_SWAP_REFUSED
                                                : dfu_update_missed(u, index),
            index);
}

/* --- the last word ------------------------------------------------------ */

/* @return DFU_OK, or why the image is not where it should be */
static enum dfu_code verify_image(struct dfu_update *u, uint8_t index)
{
    struct dfu_image_result *r = &u->result.images[index];
    const struct dfu_image *im = image_of(u, index);
    const struct dfu_slot *s = entry(u, index);
    bool sent = u->plan.action[index] == DFU_ACTION_UPLOAD ||
            u->plan.action[index] == DFU_ACTION_IN_SLOT;
    if (sent && u->plan.mode == DFU_UPLOAD_ONLY) {
        r->verified = s != NULL ? DFU_VERIFIED_IN_SLOT : DFU_VERIFIED_NO;
        return DFU_OK;
    }
    if (dfu_update_unreadable(u, index)) {
        r->verified = DFU_VERIFIED_NOT_READABLE;
        if (s != NULL) {
            dfu_update_warn(u, DFU_WARN_STILL_IN_SLOT, index);
        }
        return DFU_OK;
    }
    if (!dfu_update_runs(u, index)) {
        return dfu_update_missed(u, index);
    }
    s = dfu_device_running(&u->device, im->image);
    r->verified = DFU_VERIFIED_ACTIVE;
    bool told = u->device.flags_told && (im->image == 0 || s->active);
    /* Not confirmed, but nothing to go back to: there is no trial. */
    bool stays = told && !s->confirmed && !u->plan.marks &&
            !dfu_device_goes_back(&u->device, im->image);
    r->confirmed = s->confirmed || stays;
    if (told && !r->confirmed) {
        u->result.confirmed = false;
        u->result.on_trial = true;
    }
    return DFU_OK;
}

void dfu_update_verify_started(struct dfu_update *u, uint32_t now_ms)
{
    for (uint8_t i = 0; i < u->cfg.package->count; i++) {
        if (expected(u, i)) {
            u->result.images[i].verified = DFU_VERIFIED_STARTED;
            u->result.images[i].confirmed = true;
            u->result.confirmed = true;
        }
    }
    dfu_update_step_end(u);
    dfu_update_finish(u, now_ms);
}

void dfu_update_verify(struct dfu_update *u, uint32_t now_ms)
{
    bool readable = false;
    if (dfu_update_has_loader(u) && u->plan.mode != DFU_UPLOAD_ONLY) {
        /* The application was there, and now the loader is again. */
        dfu_update_stop(u, now_ms, DFU_SWAP_REFUSED, 0);
        return;
    }
    u->result.confirmed = true;
    for (uint8_t i = 0; i < u->cfg.package->count; i++) {
        if (u->plan.action[i] == DFU_ACTION_NONE ||
                u->plan.action[i] == DFU_ACTION_ASSUMED) {
            continue;
        }
        enum dfu_code code = verify_image(u, i);
        if (code != DFU_OK) {
            u->result.confirmed = false;
            dfu_update_stop(u, now_ms, code, i);
            return;
        }
        readable =
                readable || u->result.images[i].verified == DFU_VERIFIED_ACTIVE;
    }
    u->result.confirmed = u->result.confirmed && readable;
    bool wanted = u->plan.mode == DFU_TEST_AND_CONFIRM ||
            u->plan.mode == DFU_CONFIRM_ONLY;
    if (wanted && u->result.on_trial) {
        /* Marked for good, yet it came up on trial: it would go back. */
        for (uint8_t i = 0; i < u->cfg.package->count; i++) {
            if (u->result.images[i].verified == DFU_VERIFIED_ACTIVE &&
                    !u->result.images[i].confirmed) {
                dfu_update_stop(u, now_ms, DFU_DEVICE_REFUSED, i);
                return;
            }
        }
    }
    dfu_update_step_end(u);
    dfu_update_finish(u, now_ms);
}
