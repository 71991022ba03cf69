// SPDX-License-Identifier: Apache-2.0
/* Image lists: read, and what one says by itself. */
#include <string.h>

#include "diag/session.h"
#include "smp/group_image.h"

/* ---- reading a list ---- */

static void remember_slot(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list, unsigned i)
{
    struct diag_report *p = r->report;
    if (p->slot_count == DIAG_SLOTS_MAX) {
        return;
    }
    struct diag_slot_seen *seen = &p->slots[p->slot_count++];
    memset(seen, 0, sizeof(*seen));
    seen->event = e;
    seen->image = list->slots[i].image;
    seen->slot = list->slots[i].slot;
    memcpy(seen->version, list->slots[i].version, sizeof(seen->version));
    memcpy(seen->hash, list->slots[i].hash, sizeof(seen->hash));
    seen->active = list->slots[i].active;
    seen->confirmed = list->slots[i].confirmed;
    seen->pending = list->slots[i].pending;
    seen->permanent = list->slots[i].permanent;
}

static void take_slot(struct diag_snapshot *list,
        const struct smp_image_slot *slot)
{
    if (list->count == sizeof(list->slots) / sizeof(list->slots[0])) {
        return;
    }
    unsigned i = list->count++;
    list->slots[i].image = slot->image;
    list->slots[i].slot = slot->slot;
    size_t n = slot->hash.len > 64 ? 64 : slot->hash.len;
    if (n > 0) {
        memcpy(list->slots[i].hash, slot->hash.ptr, n);
    }
    list->slots[i].hash_len = (uint8_t)n;
    n = slot->version.len > 23 ? 23 : slot->version.len;
    if (n > 0) {
        memcpy(list->slots[i].version, slot->version.ptr, n);
    }
    list->slots[i].active = slot->active;
    list->slots[i].confirmed = slot->confirmed;
    list->slots[i].pending = slot->pending;
    list->slots[i].permanent = slot->permanent;
}

bool diag_read_list(struct diag_reader *r, const struct diag_event *e,
        struct diag_snapshot *list)
{
    struct smp_image_state_rsp rsp;
    struct smp_iter it;
    struct smp_item item;
    memset(list, 0, sizeof(*list));
    if (smp_map_decode(&smp_image_state_rsp_map, diag_body(e), &rsp) != 0 ||
            (rsp.has & SMP_IMAGE_STATE_RSP_IMAGES) == 0) {
        return false;
    }
    list->event = e;
    smp_iter_init(&it, rsp.images);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_image_slot slot;
        if (item.type != SMP_TYPE_MAP ||
                smp_map_decode(&smp_image_slot_map, item.view.cbor, &slot) !=
                        0) {
            continue;
        }
        bool key = (slot.has & SMP_IMAGE_SLOT_IMAGE) != 0;
        if (key) {
            diag_show(r, SIGN_LIST_KEY, e, "image list with `image` keys");
        } else if (!e->loose && (slot.has & SMP_IMAGE_SLOT_SLOT) != 0) {
            diag_show(r, SIGN_LIST_NO_KEY, e,
                    "image list without `image` key: the device manages one "
                    "image");
        }
        if ((slot.has & SMP_IMAGE_SLOT_BOOTABLE) != 0 && !slot.bootable) {
            diag_show(r, SIGN_LIST_NOT_BOOTABLE, e,
                    "slot %u is listed as not bootable", (unsigned)slot.slot);
        }
        take_slot(list, &slot);
    }
    for (unsigned i = 0; i < list->count; i++) {
        remember_slot(r, e, list, i);
    }
    return true;
}

static void look_hashes(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    static const uint8_t zero[64];
    for (unsigned i = 0; i < list->count; i++) {
        uint8_t n = list->slots[i].hash_len;
        if (n >= 32 && memcmp(list->slots[i].hash, zero, n) == 0) {
            diag_show(r, SIGN_LIST_HASH_ZERO, e,
                    "slot %u has a hash of zeros: not a complete image",
                    (unsigned)list->slots[i].slot);
        }
        if (n > 32) {
            diag_show(r, SIGN_LIST_HASH_LONG, e, "hashes of %u bytes",
                    (unsigned)n);
        }
        for (unsigned k = 0; k < i && n >= 32; k++) {
            if (list->slots[k].image == list->slots[i].image &&
                    list->slots[k].hash_len == n &&
                    memcmp(list->slots[k].hash, list->slots[i].hash, n) == 0 &&
                    !list->slots[i].pending && !list->slots[k].pending) {
                diag_show(r, SIGN_LIST_SAME_HASH, e,
                        "slots %u and %u hold the same image %s",
                        (unsigned)list->slots[k].slot,
                        (unsigned)list->slots[i].slot, list->slots[i].version);
            }
        }
    }
}

/* Nobody can tell builds apart when all of them are 0.0.0. */
static void look_versions(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    unsigned zero = 0;
    for (unsigned i = 0; i < list->count; i++) {
        const char *v = list->slots[i].version;
        zero += strcmp(v, "0.0.0") == 0 || strcmp(v, "0.0.0.0") == 0 ? 1u : 0u;
    }
    if (list->count >= 2 && zero == list->count) {
        diag_show(r, SIGN_LIST_VERSION_0, e, "all %u images are version 0.0.0",
                zero);
    }
}

/* What was sent had no hash: what an earlier image left there is read. */
static void look_stale(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    if (r->reset || r->completed == 0 || r->bytes_image) {
        return;
    }
    for (unsigned i = 0; i < list->count; i++) {
        for (unsigned k = 0; k < r->first.count; k++) {
            if (list->slots[i].slot == 1 && r->first.slots[k].slot == 1 &&
                    list->slots[i].image == r->first.slots[k].image &&
                    list->slots[i].hash_len >= 32 &&
                    list->slots[i].hash_len == r->first.slots[k].hash_len &&
                    memcmp(list->slots[i].hash, r->first.slots[k].hash,
                            list->slots[i].hash_len) == 0) {
                diag_show(r, SIGN_LIST_STALE, e,
                        "after the upload slot 1 shows the hash it had before");
            }
        }
    }
}

static void look_before_upload(struct diag_reader *r,
        const struct diag_event *e, const struct diag_snapshot *list)
{
    bool second = false;
    for (unsigned i = 0; i < list->count; i++) {
        unsigned slot = (unsigned)list->slots[i].slot;
        if (list->slots[i].pending) {
            diag_show(r, SIGN_LIST_PENDING, e, "slot %u (%s) is pending%s",
                    slot, list->slots[i].version,
                    list->slots[i].permanent ? ", for good" : "");
        } else if (slot == 1 && !list->slots[i].active) {
            diag_show(r, SIGN_LIST_SLOT1, e, "slot 1 holds %s",
                    list->slots[i].version);
        }
        if (list->slots[i].active && !list->slots[i].confirmed) {
            diag_show(r, SIGN_LIST_TRIAL, e,
                    "the running image %s is not confirmed",
                    list->slots[i].version);
        }
        second = second || slot != 0;
    }
    if (list->count > 0 && !second && !e->cut) {
        diag_show(r, SIGN_LIST_ONE_SLOT, e, "only slot 0 is listed");
    }
}

static void look_active(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    bool any = false;
    for (unsigned i = 0; i < list->count; i++) {
        any = any || list->slots[i].active;
    }
    if (list->count > 0 && !any && !e->cut) {
        diag_show(r, SIGN_LIST_NO_ACTIVE, e,
                "no listed image is active: not an application that runs");
    }
}

void diag_look_at_list(struct diag_reader *r, const struct diag_event *e,
        const struct diag_snapshot *list)
{
    look_active(r, e, list);
    look_hashes(r, e, list);
    look_versions(r, e, list);
    look_stale(r, e, list);
    if (!r->uploading && !r->reset && e->header.op != SMP_OP_WRITE_RSP) {
        look_before_upload(r, e, list);
    }
}
