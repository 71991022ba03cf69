// SPDX-License-Identifier: Apache-2.0
/*
 * The steps of an update before and after the reset: upload, check of the
 * list, marks, settings, confirmation. A step believes the list, not the
 * answer: old servers say success to what they did not do.
 */
#include "update_private.h"

#include <string.h>

#define STATE_MS    10000u
#define STATE_TRIES 3u
#define ERASE_MS    40000u
#define REPEATS_MAX 2u
#define SLOW_MS     5000u
#define RC_UNKNOWN  1 /* of every group, as the next one */
#define RC_NOTSUP   8

void dfu_update_ask_list(struct smp_request *req)
{
    *req = (struct smp_request){
        .op = SMP_OP_READ,
        .group = SMP_GROUP_IMAGE,
        .id = SMP_IMAGE_STATE,
        .timeout_ms = STATE_MS,
        .tries = STATE_TRIES,
    };
}

static struct smp_bytes hash_of(const struct dfu_image *im)
{
    return (struct smp_bytes){ im->hash, im->hash_len };
}

/* The image's entry anywhere among its own slots. */
static const struct dfu_slot *entry(const struct dfu_update *u,
        const struct dfu_image *im)
{
    return dfu_device_find_image_hash(&u->device, im->image, im->hash,
            im->hash_len);
}

/* --- upload ------------------------------------------------------------- */

static void upload_begin(struct dfu_update *u, uint32_t now_ms)
{
    const struct dfu_step *step = dfu_update_step(u);
    struct dfu_upload_config cfg = {
        .image = dfu_update_image(u),
        .target = (uint8_t)step->upload_id,
        .send_image = step->send_image,
        .send_sha = step->send_sha,
        .upgrade_only = u->cfg.options.upgrade_only,
        .align = u->cfg.align,
        .window = u->cfg.window,
        .buf_count = u->device.buf_count > UINT16_MAX
                ? UINT16_MAX
                : (uint16_t)u->device.buf_count,
        .buf_size = u->device.buf_size,
        .chunk = u->cfg.chunk,
        .chunk_size = u->cfg.chunk_size,
        .tries = u->cfg.tries,
        .timeout_ms = u->cfg.timeout_ms,
        .rtt_ms = u->rtt_ms,
    };
    u->generation++;
    dfu_upload_init(&u->upload, &cfg);
    u->upload.cap = u->cap; /* what an earlier upload has found */
    u->slow_armed = true;
    u->slow_ms = now_ms + SLOW_MS;
    dfu_upload_link(&u->upload, now_ms, &u->link);
    u->phase = PHASE_SEND;
}

static void uploaded(struct dfu_update *u)
{
    struct dfu_image_result *r = &u->result.images[dfu_update_step(u)->index];
    dfu_upload_status(&u->upload, &r->upload);
    r->uploaded = true;
    dfu_update_step_end(u);
}

void dfu_update_upload_end(struct dfu_update *u, uint32_t now_ms)
{
    struct dfu_upload_status status;
    dfu_upload_status(&u->upload, &status);
    if (status.state == DFU_UPLOAD_DONE) {
        uploaded(u);
    } else if (status.code == DFU_DEVICE_REFUSED) {
        dfu_update_refused(u, now_ms, &status.refusal,
                dfu_update_step(u)->index);
    } else if (status.code != DFU_NO_ANSWER || !dfu_update_search(u, now_ms)) {
        u->result.result = status.result;
        dfu_update_stop(u, now_ms, status.code, dfu_update_step(u)->index);
    }
}

/* --- list check --------------------------------------------------------- */

static bool hashes_told(const struct dfu_device *d)
{
    for (uint8_t i = 0; i < d->slot_count; i++) {
        if (d->slots[i].hash_len != 0) {
            return true;
        }
    }
    return false;
}

/* The upload of this step is not where it should be. */
static void check_missing(struct dfu_update *u, uint32_t now_ms)
{
    uint8_t index = dfu_update_step(u)->index;
    const struct dfu_image *im = dfu_update_image(u);
    struct dfu_image_result *r = &u->result.images[index];
    if (dfu_device_find_hash(&u->device, im->hash, im->hash_len) != NULL) {
        /* One-image server: whatever the number, it went to the only slot. */
        dfu_update_warn(u, DFU_WARN_OTHER_PLACE, index);
    } else if (r->upload.maybe_done && u->upload_tries < REPEATS_MAX &&
            u->step > 0) {
        u->upload_tries++;
        r->uploaded = false;
        dfu_update_warn(u, DFU_WARN_UPLOAD_REPEATED, index);
        dfu_update_step_to(u, (uint8_t)(u->step - 1));
        return;
    } else if (im->net_core) {
        dfu_update_warn(u, DFU_WARN_NOT_LISTED, index);
    } else {
        r->not_listed = true;
        dfu_update_stop(u, now_ms, DFU_UPLOAD_MISMATCH, index);
        return;
    }
    dfu_update_step_end(u);
}

/* An earlier upload of this run that is nowhere any more; or DFU_NONE. */
static uint8_t find_replaced(const struct dfu_update *u)
{
    const struct dfu_package *package = u->cfg.package;
    for (uint8_t i = 0; i < package->count; i++) {
        const struct dfu_image *im = &package->images[i];
        const struct dfu_image_result *r = &u->result.images[i];
        if (i != dfu_update_step(u)->index && r->uploaded && !r->replaced &&
                dfu_device_find_hash(&u->device, im->hash, im->hash_len) ==
                        NULL) {
            return i;
        }
    }
    return DFU_NONE;
}

static void list_check(struct dfu_update *u, uint32_t now_ms)
{
    if (!hashes_told(&u->device)) {
        dfu_update_step_end(u); /* old recovery: nothing to compare */
        return;
    }
    uint8_t lost = find_replaced(u);
    if (lost != DFU_NONE && !u->cfg.options.force) {
        u->result.images[lost].replaced = true;
        dfu_update_stop(u, now_ms, DFU_IMAGE_REPLACED, lost);
        return;
    }
    if (lost != DFU_NONE) {
        u->result.images[lost].replaced = true;
        dfu_update_warn(u, DFU_WARN_IMAGE_REPLACED, lost);
    }
    if (entry(u, dfu_update_image(u)) == NULL) {
        check_missing(u, now_ms);
        return;
    }
    u->upload_tries = 0;
    dfu_update_step_end(u);
}

/* --- marks and confirmation --------------------------------------------- */

static void ask_state(struct dfu_update *u, struct smp_request *req,
        const struct dfu_image *im, bool confirm)
{
    u->body.state = (struct smp_image_state_req){
        .has = SMP_IMAGE_STATE_REQ_CONFIRM,
        .confirm = confirm,
    };
    if (im != NULL) {
        u->body.state.has |= SMP_IMAGE_STATE_REQ_HASH;
        u->body.state.hash = hash_of(im);
    }
    *req = (struct smp_request){
        .op = SMP_OP_WRITE,
        .group = SMP_GROUP_IMAGE,
        .id = SMP_IMAGE_STATE,
        .map = &smp_image_state_req_map,
        .body = &u->body.state,
        .timeout_ms = STATE_MS,
        .tries = STATE_TRIES,
    };
}

static bool mark_seen(struct dfu_update *u)
{
    const struct dfu_step *step = dfu_update_step(u);
    const struct dfu_slot *s = entry(u, dfu_update_image(u));
    if (s == NULL || !s->pending) {
        return false;
    }
    u->pending_seen = true;
    u->result.images[step->index].marked = true;
    u->result.marked = true;
    return true;
}

static void mark_check(struct dfu_update *u, uint32_t now_ms)
{
    uint8_t index = dfu_update_step(u)->index;
    if (mark_seen(u)) {
        dfu_update_step_end(u);
    } else if (u->phase == PHASE_ASK) {
        u->phase = PHASE_LIST; /* some servers answer before it is written */
    } else if (u->device.mode_told &&
            (u->device.mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT ||
                    u->device.mode == SMP_BOOTLOADER_RAM_LOAD)) {
        u->result.images[index].marked = true;
        u->result.marked = true;
        dfu_update_warn(u, DFU_WARN_MARK_NOT_SEEN, index);
        dfu_update_step_end(u);
    } else {
        dfu_update_stop(u, now_ms, DFU_DEVICE_REFUSED, index);
    }
}

/* Before anything is confirmed: is it the new image that runs? */
static int confirm_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    uint8_t index = dfu_update_step(u)->index;
    const struct dfu_image *im = dfu_update_image(u);
    if (u->phase == PHASE_LIST) {
        dfu_update_ask_list(req);
        return 1;
    }
    if (dfu_update_unreadable(u, index)) {
        dfu_update_step_end(u);
        return -1;
    }
    if (!dfu_update_runs(u, index)) {
        dfu_update_stop(u, now_ms, dfu_update_missed(u, index), index);
        return -1;
    }
    const struct dfu_slot *s = dfu_device_running(&u->device, im->image);
    /* With one image listed these show it as confirmed whatever its mark. */
    bool trusted = !u->device.mode_told ||
            (u->device.mode != SMP_BOOTLOADER_DIRECT_XIP_REVERT &&
                    u->device.mode != SMP_BOOTLOADER_RAM_LOAD);
    if (s->confirmed && trusted) {
        u->result.images[index].confirmed = true;
        dfu_update_warn(u, DFU_WARN_ALREADY_CONFIRMED, index);
        dfu_update_step_end(u);
        return -1;
    }
    if (im->image > 0 && !s->active) {
        /* Old servers have no flags for it, and no way to confirm it. */
        dfu_update_step_end(u);
        return -1;
    }
    ask_state(u, req, im->image > 0 ? im : NULL, true);
    return 1;
}

static void confirm_check(struct dfu_update *u, uint32_t now_ms)
{
    uint8_t index = dfu_update_step(u)->index;
    const struct dfu_image *im = dfu_update_image(u);
    const struct dfu_slot *s = dfu_device_running(&u->device, im->image);
    if (dfu_update_runs(u, index) && s->confirmed) {
        u->result.images[index].confirmed = true;
        dfu_update_step_end(u);
    } else if (u->phase == PHASE_ASK) {
        u->phase = PHASE_LIST;
    } else if (!dfu_update_runs(u, index)) {
        dfu_update_stop(u, now_ms, dfu_update_missed(u, index), index);
    } else {
        dfu_update_stop(u, now_ms, DFU_DEVICE_REFUSED, index);
    }
}

/* --- doors -------------------------------------------------------------- */

int dfu_update_step_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req)
{
    const struct dfu_step *step = dfu_update_step(u);
    switch ((enum dfu_step_kind)step->kind) {
    case DFU_STEP_SKIP_ACTIVE:
        dfu_update_step_end(u);
        return -1;
    case DFU_STEP_ALREADY_IN_SLOT:
        (void)mark_seen(u); /* marked by somebody before */
        dfu_update_step_end(u);
        return -1;
    case DFU_STEP_UPLOAD:
        upload_begin(u, now_ms);
        return -1;
    case DFU_STEP_LIST_CHECK:
    case DFU_STEP_VERIFY:
        dfu_update_ask_list(req);
        return 1;
    case DFU_STEP_MARK_TEST:
    case DFU_STEP_MARK_CONFIRM:
        if (u->phase == PHASE_LIST) {
            dfu_update_ask_list(req);
        } else {
            ask_state(u, req, dfu_update_image(u),
                    step->kind == DFU_STEP_MARK_CONFIRM);
        }
        return 1;
    case DFU_STEP_ERASE_SETTINGS:
        *req = (struct smp_request){
            .op = SMP_OP_WRITE,
            .group = SMP_GROUP_BASIC,
            .id = 0, /* erase storage, an empty map */
            .timeout_ms = ERASE_MS,
            .tries = 1,
        };
        return 1;
    case DFU_STEP_RESET_FIRST:
    case DFU_STEP_RESET:
    case DFU_STEP_WAIT:
        return u->phase == PHASE_PROBE ? dfu_update_probe_next(u, now_ms, req)
                                       : dfu_update_reset_next(u, now_ms, req);
    case DFU_STEP_CONFIRM:
        return confirm_next(u, now_ms, req);
    }
    return 0;
}

/* How servers say that the trailer takes no mark. */
static bool is_bad_trailer(const struct smp_refusal *r)
{
    return r->shape == SMP_REFUSAL_RC ? r->rc == RC_UNKNOWN
                                      : r->rc_group == SMP_GROUP_IMAGE &&
                    r->rc == SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC;
}

/* A mark that a power cut left half written refuses every other one until its
 * slot is erased: the upload does that. Once, in case it was something else. */
static bool send_for_mark(struct dfu_update *u,
        const struct smp_refusal *refusal)
{
    uint8_t index = dfu_update_step(u)->index;
    const struct dfu_image *im = dfu_update_image(u);
    const struct dfu_slot *s = entry(u, im);
    uint8_t i = u->step;
    if (u->sent_for_mark || !is_bad_trailer(refusal) || s == NULL ||
            s->active) {
        return false;
    }
    while (i > 0) {
        struct dfu_step *step = &u->plan.steps[--i];
        bool sent = step->kind == DFU_STEP_UPLOAD;
        if (step->index != index ||
                !(sent || step->kind == DFU_STEP_ALREADY_IN_SLOT)) {
            continue;
        }
        if (!sent) {
            step->kind = DFU_STEP_UPLOAD;
            step->upload_id = im->image;
            step->send_image = step->upload_id != 0;
        }
        step->send_sha = false; /* from the start, whatever is there */
        u->sent_for_mark = true;
        dfu_update_warn(u, DFU_WARN_SENT_FOR_MARK, index);
        dfu_update_step_to(u, i);
        return true;
    }
    return false;
}

/* A recovery with an empty list shows itself only after the upload: the image
 * is in the first slot, nothing has flags, and marks are not known. */
static bool is_recovery(const struct dfu_update *u,
        const struct smp_refusal *refusal)
{
    const struct dfu_slot *s = entry(u, dfu_update_image(u));

    return s != NULL && s->slot == 0 && !u->device.flags_told &&
            refusal->shape == SMP_REFUSAL_RC && refusal->rc == RC_NOTSUP;
}

/* State write is not there, and the mode leaves that open or is not told. */
static bool has_no_marks(const struct dfu_update *u,
        const struct smp_answer *answer)
{
    return answer->refusal.shape == SMP_REFUSAL_RC &&
            answer->refusal.rc == RC_NOTSUP &&
            (!u->device.mode_told || u->device.mode == SMP_BOOTLOADER_RAM_LOAD);
}

/* The device said no. */
static void step_refused(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    const struct dfu_step *step = dfu_update_step(u);
    const struct dfu_image *im = dfu_update_image(u);
    struct dfu_event ev = {
        .kind = DFU_EVENT_WARNING,
        .step = u->step,
        .image = step->image,
        .slot = step->slot,
        .refusal = answer->refusal,
    };
    ev.refusal.rsn = (struct smp_bytes){ NULL, 0 };
    bool mark = step->kind == DFU_STEP_MARK_TEST ||
            step->kind == DFU_STEP_MARK_CONFIRM;
    if (mark && send_for_mark(u, &answer->refusal)) {
        return;
    }
    if (mark && is_recovery(u, &answer->refusal)) {
        ev.warning = DFU_WARN_NO_MARKS;
    } else if (step->kind == DFU_STEP_ERASE_SETTINGS) {
        ev.warning = DFU_WARN_SETTINGS_KEPT;
    } else if (step->kind == DFU_STEP_MARK_CONFIRM && has_no_marks(u, answer)) {
        u->plan.marks = false;
        ev.warning = DFU_WARN_BY_VERSION;
    } else if (step->kind == DFU_STEP_CONFIRM && im != NULL && im->image > 0) {
        /* Only its own core may confirm it. */
        ev.warning = DFU_WARN_CONFIRM_REFUSED;
    } else if (!u->device.list_told &&
            (step->kind == DFU_STEP_LIST_CHECK ||
                    step->kind == DFU_STEP_VERIFY)) {
        ev.warning = DFU_WARN_NOT_LISTED; /* forced on a device without list */
    } else {
        dfu_update_refused(u, now_ms, &answer->refusal, step->index);
        return;
    }
    dfu_update_push(u, &ev);
    if (step->kind == DFU_STEP_VERIFY) {
        dfu_update_finish(u, now_ms);
    } else {
        dfu_update_step_end(u);
    }
}

static void step_done(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    const struct dfu_step *step = dfu_update_step(u);
    if (step->kind == DFU_STEP_ERASE_SETTINGS) {
        dfu_update_step_end(u);
        return;
    }
    int err = dfu_device_set_list(&u->device, answer->body);
    if (err == SMP_E_MISSING && u->phase == PHASE_ASK &&
            answer->header.op != SMP_OP_READ_RSP) {
        u->phase = PHASE_LIST; /* an answer without list: ask for it */
        return;
    }
    if (err < 0) {
        u->result.result = err;
        dfu_update_stop(u, now_ms, DFU_OTHER, step->index);
        return;
    }
    switch ((enum dfu_step_kind)step->kind) {
    case DFU_STEP_LIST_CHECK:
        list_check(u, now_ms);
        break;
    case DFU_STEP_MARK_TEST:
    case DFU_STEP_MARK_CONFIRM:
        mark_check(u, now_ms);
        break;
    case DFU_STEP_CONFIRM:
        confirm_check(u, now_ms);
        break;
    case DFU_STEP_VERIFY:
        dfu_update_verify(u, now_ms);
        break;
    case DFU_STEP_RESET_FIRST:
    case DFU_STEP_SKIP_ACTIVE:
    case DFU_STEP_ALREADY_IN_SLOT:
    case DFU_STEP_UPLOAD:
    case DFU_STEP_ERASE_SETTINGS:
    case DFU_STEP_RESET:
    case DFU_STEP_WAIT:
        break;
    }
}

void dfu_update_step_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer)
{
    const struct dfu_step *step = dfu_update_step(u);
    bool wait = step->kind == DFU_STEP_RESET_FIRST ||
            step->kind == DFU_STEP_RESET || step->kind == DFU_STEP_WAIT;
    if (answer->result == 0 || answer->result == SMP_E_REMOTE) {
        u->device.smp_version = answer->header.version;
    }
    if (wait && u->phase == PHASE_PROBE) {
        dfu_update_probe_answer(u, now_ms, answer);
    } else if (wait) {
        dfu_update_reset_answer(u, now_ms, answer);
    } else if (step->kind == DFU_STEP_VERIFY && dfu_update_no_list(u, answer)) {
        dfu_update_verify_started(u, now_ms);
    } else if (answer->result == 0) {
        step_done(u, now_ms, answer);
    } else if (answer->result == SMP_E_REMOTE) {
        step_refused(u, now_ms, answer);
    } else {
        bool silent = answer->result == SMP_E_TIMEOUT ||
                answer->result == SMP_E_CANCELLED;
        u->result.result = answer->result;
        dfu_update_stop(u, now_ms, silent ? DFU_NO_ANSWER : DFU_OTHER,
                step->index);
    }
}

void dfu_update_step_again(struct dfu_update *u, uint32_t now_ms)
{
    const struct dfu_step *step = dfu_update_step(u);
    if (step->kind == DFU_STEP_UPLOAD && u->phase == PHASE_SEND) {
        const struct dfu_slot *s = entry(u, dfu_update_image(u));
        if (s != NULL && s->slot == step->slot) {
            u->upload.off = dfu_update_image(u)->source.size;
            uploaded(u); /* only the last answer was lost */
            return;
        }
        dfu_update_warn(u, DFU_WARN_UPLOAD_RESTARTED, step->index);
        if (dfu_upload_done(&u->upload)) {
            upload_begin(u, now_ms); /* it had given up */
            return;
        }
        u->upload.cfg.buf_size = u->device.buf_size;
        u->upload.cfg.buf_count = u->device.buf_count > UINT16_MAX
                ? UINT16_MAX
                : (uint16_t)u->device.buf_count;
        dfu_upload_link(&u->upload, now_ms, &u->link);
        return;
    }
    bool mark = step->kind == DFU_STEP_MARK_TEST ||
            step->kind == DFU_STEP_MARK_CONFIRM;
    if (mark && mark_seen(u)) {
        dfu_update_step_end(u);
        return;
    }
    u->phase = PHASE_ASK;
}
