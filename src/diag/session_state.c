// SPDX-License-Identifier: Apache-2.0
/* Image lists, test and confirm, what a reset changed. */
#include <stdio.h>
#include <string.h>

#include "diag/session.h"
#include "diag/text.h"
#include "smp/group_image.h"

const char *diag_hash_text(struct smp_bytes hash, char buf[24])
{
    size_t n = hash.len < 4 ? hash.len : 4;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(buf + at, 24 - at, "%02x", hash.ptr[i]);
    }
    snprintf(buf + at, 24 - at, "…");
    return buf;
}

static bool same_hash(const struct diag_snapshot *list, unsigned i,
        struct smp_bytes hash)
{
    return hash.len > 0 && list->slots[i].hash_len == hash.len &&
            memcmp(list->slots[i].hash, hash.ptr, hash.len) == 0;
}

/* Number of the slot with this hash, -1 = in none. */
static int slot_of(const struct diag_snapshot *list, struct smp_bytes hash)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (same_hash(list, i, hash)) {
            return (int)i;
        }
    }
    return -1;
}

static int active_of(const struct diag_snapshot *list, uint32_t image)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->slots[i].active && list->slots[i].image == image) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- what it says about what was sent ---- */

static const struct diag_file *file_with(const struct diag_reader *r,
        struct smp_bytes hash)
{
    for (unsigned i = 0; i < r->file_count; i++) {
        const struct diag_file *f = r->files[i]->about;
        if (f->hash_len > 0 && f->hash_len == hash.len &&
                memcmp(f->hash, hash.ptr, hash.len) == 0) {
            return f;
        }
    }
    return NULL;
}

static void look_replaced(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    const struct diag_file *last = NULL;
    bool gone = false;
    for (unsigned i = 0; i < r->file_count; i++) {
        const struct diag_file *f = r->files[i]->about;
        bool there =
                slot_of(list, (struct smp_bytes){ f->hash, f->hash_len }) >= 0;
        last = there ? f : last;
        gone = gone || (!there && f->hash_len > 0);
    }
    if (r->completed >= 2 && last != NULL && gone) {
        diag_show(r, SIGN_HASH_REPLACED, e,
                "the list shows the file of image %d, no longer an earlier one",
                last->image);
    }
    if (r->completed > 0 && list->count == 1 && !e->cut) {
        r->alone = e;
    }
    if (r->completed == 0 || r->refused.len == 0) {
        return;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (!list->slots[i].active && list->slots[i].slot == 1 &&
                !same_hash(list, i, r->refused)) {
            diag_show(r, SIGN_OTHER_IN_SLOT1, e,
                    "slot 1 holds another image than the one that was refused");
        }
    }
}

/* Three numbers of a version; build numbers do not count. */
static void parse_version(const char *text, uint32_t out[3])
{
    struct diag_span rest = diag_span(text);
    memset(out, 0, 3 * sizeof(*out));
    for (int i = 0; i < 3; i++) {
        size_t n = diag_number(rest, &out[i]);
        rest = diag_skip(rest, n + 1);
        if (n == 0) {
            return;
        }
    }
}

static int compare_versions(const char *a, const char *b)
{
    uint32_t x[3];
    uint32_t y[3];
    parse_version(a, x);
    parse_version(b, y);
    for (int i = 0; i < 3; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

static void look_after_old(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list, int was)
{
    int now = slot_of(list, r->target);
    int old = active_of(list, r->before.slots[was].image);
    if (old >= 0 &&
            compare_versions(r->before.slots[was].version,
                    list->slots[old].version) <= 0) {
        diag_show(r, SIGN_NEW_NOT_HIGHER, e,
                "new version %s, running version %s",
                r->before.slots[was].version, list->slots[old].version);
    }
    if (now < 0) {
        diag_show(r, SIGN_AFTER_OLD_GONE, e,
                "after the reset the old image runs and the new one is in no "
                "slot");
    } else if (list->slots[now].pending) {
        diag_show(r, SIGN_AFTER_OLD_PENDING, e,
                "after the reset the old image runs, the new one is still "
                "pending");
    } else {
        diag_show(r, SIGN_AFTER_OLD_KEPT, e,
                "after the reset the old image runs, the new one lies in slot "
                "%u without a mark",
                (unsigned)list->slots[now].slot);
    }
}

static void look_after_reset(struct diag_reader *r,
        const struct diag_snapshot *list)
{
    const struct diag_event *e = list->event;
    if (r->before.event == NULL || r->target.len == 0) {
        return;
    }
    int was = slot_of(&r->before, r->target);
    if (was < 0) {
        return;
    }
    int active = active_of(list, r->before.slots[was].image);
    if (active < 0) {
        return;
    }
    if (same_hash(list, (unsigned)active, r->target)) {
        diag_show(r, SIGN_AFTER_NEW, e, "after the reset the new image runs");
        if (!list->slots[active].confirmed) {
            diag_show(r, SIGN_AFTER_TRIAL, e,
                    "the new image runs on trial, not confirmed");
        }
        return;
    }
    look_after_old(r, e, list, was);
}

/* The same slot pending in two lists with a reset between. */
static void look_stuck(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct smp_bytes hash = { list->slots[i].hash,
            list->slots[i].hash_len };
        int before = slot_of(&r->before, hash);
        if (list->slots[i].pending && before >= 0 &&
                r->before.slots[before].pending) {
            bool net = list->slots[i].image > 0;
            diag_show(r, net ? SIGN_LIST_STUCK_NET : SIGN_LIST_STUCK, e,
                    "image %u slot %u is pending before and after the reset",
                    (unsigned)list->slots[i].image,
                    (unsigned)list->slots[i].slot);
        }
    }
}

static bool same_lists(const struct diag_snapshot *a,
        const struct diag_snapshot *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (unsigned i = 0; i < a->count; i++) {
        struct smp_bytes hash = { b->slots[i].hash, b->slots[i].hash_len };
        if ((hash.len > 0 && !same_hash(a, i, hash)) ||
                a->slots[i].hash_len != b->slots[i].hash_len ||
                a->slots[i].active != b->slots[i].active ||
                a->slots[i].confirmed != b->slots[i].confirmed ||
                a->slots[i].pending != b->slots[i].pending ||
                a->slots[i].permanent != b->slots[i].permanent) {
            return false;
        }
    }
    return true;
}

/*
 * The last list after a reset. Links without connections still answer for a
 * moment after it: a list that shows no change counts only after a silence, a
 * boot, or some seconds.
 */
void diag_after_reset(struct diag_reader *r)
{
    const struct diag_event *e = r->now.event;
    if (e == NULL || e == r->before.event) {
        return;
    }
    if (!r->now_later && e->t_ms >= 0 && r->reset_ms >= 0 &&
            e->t_ms - r->reset_ms > 6000 && same_lists(&r->now, &r->before)) {
        diag_show(r, SIGN_RESET_NO_EFFECT, e,
                "%u ms after the reset the device answers as before",
                (unsigned)(e->t_ms - r->reset_ms));
    }
    if (r->now_later || !same_lists(&r->now, &r->before)) {
        look_after_reset(r, &r->now);
        look_stuck(r, e, &r->now);
    }
}

/* ---- marks ---- */

/* Is the hash of a request that of a file? */
static void look_for_sha(struct diag_reader *r, const struct diag_event *e,
        struct smp_bytes hash)
{
    if (hash.len != 32) {
        return;
    }
    for (unsigned i = 0; i < r->sha_count; i++) {
        if (memcmp(r->shas[i], hash.ptr, 32) == 0) {
            diag_show(r, SIGN_HASH_IS_SHA, e,
                    "the hash sent is the SHA-256 of the uploaded file");
        }
    }
    for (unsigned i = 0; i < r->file_count; i++) {
        const struct diag_file *f = r->files[i]->about;
        if (f->sha_told && memcmp(f->sha, hash.ptr, 32) == 0) {
            diag_show(r, SIGN_HASH_IS_SHA, e,
                    "the hash sent is the SHA-256 of the file %.60s",
                    r->files[i]->text);
        }
    }
}

void diag_on_mark(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_image_state_req req;
    char hash[24];
    if (smp_map_decode(&smp_image_state_req_map, diag_body(e), &req) != 0) {
        return;
    }
    bool known = req.hash.len == 32 || req.hash.len == 48 || req.hash.len == 64;
    diag_show(r, req.confirm ? SIGN_STATE_CONFIRM : SIGN_STATE_TEST, e,
            "%s of %s was sent", req.confirm ? "confirm" : "test",
            req.hash.len == 0 ? "the running image"
                              : diag_hash_text(req.hash, hash));
    if (req.confirm && r->reset) {
        r->confirmed_after = true;
    }
    if (req.hash.len == 0) {
        if (!req.confirm && !e->cut) {
            diag_show(r, SIGN_TEST_NO_HASH, e, "a test without a hash");
        }
        return;
    }
    if (!known && !e->cut) {
        diag_show(r, SIGN_HASH_LENGTH, e, "the hash sent has %u bytes",
                (unsigned)req.hash.len);
    }
    look_for_sha(r, e, req.hash);
    const struct diag_file *file = file_with(r, req.hash);
    if (file != NULL) {
        if (r->marked_image == 0 && file->image > 0 && !r->reset) {
            diag_show(r, SIGN_ORDER_0_1, e,
                    "image 0 was marked before image %d", file->image);
        }
        r->marked_image = file->image;
    }
    r->target = req.hash;
    r->target_confirm = req.confirm;
}

static void marked(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list, const struct diag_event *request)
{
    struct smp_image_state_req req;
    if (request == NULL ||
            smp_map_decode(&smp_image_state_req_map, diag_body(request),
                    &req) != 0 ||
            req.hash.len == 0) {
        return;
    }
    int slot = slot_of(list, req.hash);
    if (slot < 0) {
        return;
    }
    if (list->slots[slot].pending) {
        diag_show(r,
                list->slots[slot].permanent ? SIGN_PENDING_PERMANENT
                                            : SIGN_TESTED,
                e, "slot %u is marked for %s", (unsigned)list->slots[slot].slot,
                list->slots[slot].permanent ? "good" : "test");
    } else if (!list->slots[slot].active && !e->loose && !e->cut) {
        diag_show(r, SIGN_OK_NOT_PENDING, e,
                "accepted, but slot %u is not marked in the answer",
                (unsigned)list->slots[slot].slot);
    }
}

void diag_on_list(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request)
{
    struct diag_snapshot list;
    bool write = e->header.op == SMP_OP_WRITE_RSP;
    if (!diag_read_list(r, e, &list)) {
        return;
    }
    diag_look_at_list(r, e, &list);
    if (write) {
        marked(r, e, &list, request);
        for (unsigned i = 0; i < list.count && request == NULL; i++) {
            if (list.slots[i].pending && list.slots[i].permanent) {
                diag_show(r, SIGN_PENDING_PERMANENT, e,
                        "slot %u is marked for good",
                        (unsigned)list.slots[i].slot);
            }
        }
    }
    look_replaced(r, e, &list);
    if (r->first.event == NULL) {
        r->first = list;
    }
    r->now = list;
    r->now_later = r->rebooted;
}

/* ---- refusals ---- */

static void on_hash_refused(struct diag_reader *r, const struct diag_event *e,
        struct smp_bytes hash, const char *verb, const char *code)
{
    char text[24];
    int slot = slot_of(&r->now, hash);
    if (slot >= 0 && r->now.slots[slot].active) {
        diag_show(r, SIGN_HASH_ACTIVE, r->now.event,
                "the refused hash %s is that of the running image",
                diag_hash_text(hash, text));
        return;
    }
    if (slot >= 0) {
        diag_show(r, SIGN_HASH_LISTED, r->now.event,
                "the refused hash %s is in slot %u", diag_hash_text(hash, text),
                (unsigned)r->now.slots[slot].slot);
        return;
    }
    r->refused = hash;
    if (r->alone != NULL && r->completed == 1) {
        diag_show(r, SIGN_SLOT_EMPTY_AFTER, r->alone,
                "after the upload only slot 0 is listed");
    }
    diag_show(r, SIGN_HASH_REFUSED, e, "%s of %s refused: %s", verb,
            diag_hash_text(hash, text), code);
}

static uint16_t sign_of_state(const struct smp_refusal *f)
{
    if (f->shape == SMP_REFUSAL_RC) {
        switch (f->rc) {
        case 1:
            return SIGN_STATE_V1_1;
        case 3:
            return SIGN_STATE_V1_3;
        case 5:
            return SIGN_STATE_V1_5;
        case 6:
            return SIGN_STATE_V1_6;
        case 8:
            return SIGN_STATE_RC8;
        default:
            return SIGN_NONE;
        }
    }
    if (f->rc_group != SMP_GROUP_IMAGE) {
        return SIGN_NONE;
    }
    switch (f->rc) {
    case SMP_IMAGE_RC_HASH_NOT_FOUND:
        return SIGN_STATE_HASH;
    case SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED:
        return SIGN_STATE_ACTIVE;
    case SMP_IMAGE_RC_IMAGE_ALREADY_PENDING:
        return SIGN_STATE_PENDING;
    case SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED:
        return SIGN_STATE_DENIED;
    case SMP_IMAGE_RC_INVALID_HASH:
        return SIGN_STATE_BAD_HASH;
    case SMP_IMAGE_RC_INVALID_IMAGE_VECTOR_TABLE:
        return SIGN_STATE_VECTOR;
    default:
        return SIGN_NONE;
    }
}

void diag_on_state_refused(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f)
{
    struct smp_image_state_req req;
    char code[96];
    bool known = request != NULL &&
            smp_map_decode(&smp_image_state_req_map, diag_body(request),
                    &req) == 0;
    const char *verb = !known ? "test or confirm"
            : req.confirm     ? "confirm"
                              : "test";
    uint16_t sign = sign_of_state(f);
    diag_code_text(f, code, sizeof(code));
    diag_show(r, SIGN_STATE_REFUSED, e, "%s refused: %s", verb, code);
    if (sign != SIGN_NONE) {
        diag_show(r, (enum diag_sign)sign, e, "%s refused: %s", verb, code);
    }
    if (r->reset) {
        diag_show(r, SIGN_STATE_AFTER_RESET, e, "%s refused after a reset: %s",
                verb, code);
    }
    bool not_found = f->shape == SMP_REFUSAL_RC
            ? f->rc == 1 || f->rc == 3 || f->rc == 5
            : sign == SIGN_STATE_HASH;
    if (known && not_found && req.hash.len >= 32) {
        on_hash_refused(r, e, req.hash, verb, code);
    }
}

void diag_on_slot_info(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_image_slot_info_rsp rsp;
    struct smp_iter it;
    struct smp_item item;
    if (smp_map_decode(&smp_image_slot_info_rsp_map, diag_body(e), &rsp) != 0) {
        return;
    }
    smp_iter_init(&it, rsp.images);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_image_info info;
        struct smp_iter slots;
        struct smp_item slot;
        if (item.type != SMP_TYPE_MAP ||
                smp_map_decode(&smp_image_info_map, item.view.cbor, &info) !=
                        0) {
            continue;
        }
        smp_iter_init(&slots, info.slots);
        while (smp_iter_next(&slots, &slot) == 1) {
            struct smp_image_slot_info s;
            if (slot.type == SMP_TYPE_MAP &&
                    smp_map_decode(&smp_image_slot_info_map, slot.view.cbor,
                            &s) == 0 &&
                    s.slot == 1 && info.image == 0 && s.size < UINT32_MAX) {
                r->slot_size = (uint32_t)s.size;
            }
        }
    }
}

/* What can only be said at the end. */
void diag_state_end(struct diag_reader *r)
{
    const struct diag_event *refused = r->s->shown[SIGN_HASH_REFUSED];
    if (refused != NULL && r->file_count >= 2) {
        const struct diag_file *file = file_with(r, r->refused);
        const struct diag_event *last = r->files[r->file_count - 1];
        for (unsigned i = 0; i < r->file_count && file != NULL; i++) {
            if (r->files[i]->about == file && r->files[i] != last) {
                diag_show(r, SIGN_HASH_OF_EARLIER, r->files[i],
                        "the refused hash is that of %.60s (image %d), not of "
                        "the last file",
                        r->files[i]->text, file->image);
            }
        }
    }
    if (r->reset) {
        diag_after_reset(r);
    }
    if (r->reset && diag_seen(r, SIGN_TESTED) && !r->confirmed_after) {
        diag_show(r, SIGN_NO_CONFIRM, r->s->shown[SIGN_TESTED],
                "marked for test, and no confirm after the reset");
    }
}
