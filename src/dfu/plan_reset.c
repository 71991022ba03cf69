// SPDX-License-Identifier: Apache-2.0
/*
 * Pre-flight: what do the resets of the plan, and the next ones, do beside
 * what is wanted?
 */
#include <string.h>

#include "dfu/outlook.h"
#include "plan_private.h"

/* Is the image brought to its next boot by this plan? */
static bool is_planned(const struct dfu_planner *p, uint8_t image)
{
    for (uint8_t i = 0; i < p->package->count; i++) {
        if (p->in[i] && p->package->images[i].image == image &&
                p->plan->action[i] != DFU_ACTION_NONE) {
            return true;
        }
    }
    return false;
}

static bool resets(const struct dfu_planner *p)
{
    for (uint8_t i = 0; i < p->package->count; i++) {
        if (dfu_plan_boots(p, i)) {
            return true;
        }
    }
    return false;
}

/* An image of the device that the plan does not touch. */
static void check_bystander(struct dfu_planner *p, uint8_t image)
{
    struct dfu_outlook o;
    dfu_outlook_make(&o, p->device, image, p->mode);
    struct dfu_finding *f = NULL;
    if (o.kind == DFU_OUTLOOK_REVERT || o.kind == DFU_OUTLOOK_ERASE) {
        f = dfu_plan_say(p, DFU_FIND_RESET_REVERTS, DFU_WARNING, DFU_NONE);
        f->slot = o.now->slot;
    } else if (o.kind == DFU_OUTLOOK_TEST || o.kind == DFU_OUTLOOK_INSTALL ||
            o.kind == DFU_OUTLOOK_SELECT) {
        f = dfu_plan_say(p, DFU_FIND_RESET_INSTALLS, DFU_WARNING, DFU_NONE);
        f->slot = o.next->slot;
    }
    if (f != NULL) {
        f->image = image;
    }
}

void dfu_plan_check_resets(struct dfu_planner *p)
{
    bool sends = false;
    bool reset = resets(p);
    for (uint8_t i = 0; i < p->package->count; i++) {
        uint8_t action = p->plan->action[i];
        bool comes =
                action == DFU_ACTION_UPLOAD || action == DFU_ACTION_IN_SLOT;
        sends = sends || comes;
        if (comes && !reset && p->mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT &&
                !p->marked[i]) {
            dfu_plan_say(p, DFU_FIND_RESET_ERASES, DFU_WARNING, i);
        }
        if (comes && reset && p->can.reverts &&
                p->options->mode == DFU_TEST_ONLY &&
                !p->package->images[i].net_core) {
            dfu_plan_say(p, DFU_FIND_RESET_RETURNS, DFU_NOTE, i);
        }
    }
    if (!sends || p->reset_reason != DFU_RESET_NONE) {
        return; /* nothing is done, or everything is asked anew first */
    }
    uint8_t count = p->device->image_count;
    for (uint8_t image = 0; image < count && image < DFU_IMAGES_MAX; image++) {
        if (!is_planned(p, image)) {
            check_bystander(p, image);
        }
    }
}

/* The entry of a slot, new if need be. NULL: the list is full. */
static struct dfu_slot *entry(struct dfu_device *d, uint8_t image, uint8_t slot)
{
    for (uint8_t i = 0; i < d->slot_count; i++) {
        if (d->slots[i].image == image && d->slots[i].slot == slot) {
            return &d->slots[i];
        }
    }
    if (d->slot_count >= DFU_SLOTS_MAX) {
        return NULL;
    }
    struct dfu_slot *s = &d->slots[d->slot_count++];
    memset(s, 0, sizeof(*s));
    s->image = image;
    s->slot = slot;
    return s;
}

static void put_image(struct dfu_slot *s, const struct dfu_image *im)
{
    bool active = s->active;
    bool confirmed = s->confirmed && active;
    *s = (struct dfu_slot){
        .image = s->image,
        .image_told = s->image_told,
        .slot = s->slot,
        .version_told = true,
        .version = im->version,
        .hash_len = im->hash_len,
        .bootable = (im->flags & MCUB_IMAGE_NON_BOOTABLE) == 0,
        .active = active,
        .confirmed = confirmed,
    };
    memcpy(s->hash, im->hash, sizeof(s->hash));
}

/* The trial is over: what ran before is just there. */
static void confirm(struct dfu_device *d, uint8_t image)
{
    const struct dfu_slot *now = dfu_device_running(d, image);
    for (uint8_t i = 0; i < d->slot_count; i++) {
        struct dfu_slot *s = &d->slots[i];
        if (s->image == image) {
            s->confirmed = s == now;
        }
    }
}

static void apply(const struct dfu_step *step,
        const struct dfu_package *package, struct dfu_device *d)
{
    struct dfu_slot *s = step->index < package->count
            ? entry(d, step->image, step->slot)
            : NULL;
    if (s == NULL) {
        return;
    }
    switch ((enum dfu_step_kind)step->kind) {
    case DFU_STEP_UPLOAD:
        put_image(s, &package->images[step->index]);
        break;
    case DFU_STEP_MARK_TEST:
        s->pending = true;
        break;
    case DFU_STEP_MARK_CONFIRM:
        s->pending = true;
        s->permanent = true;
        break;
    case DFU_STEP_CONFIRM:
        confirm(d, step->image);
        break;
    case DFU_STEP_RESET_FIRST:
    case DFU_STEP_SKIP_ACTIVE:
    case DFU_STEP_ALREADY_IN_SLOT:
    case DFU_STEP_LIST_CHECK:
    case DFU_STEP_ERASE_SETTINGS:
    case DFU_STEP_RESET:
    case DFU_STEP_WAIT:
    case DFU_STEP_VERIFY:
        break;
    }
}

void dfu_plan_before_reset(const struct dfu_plan *plan,
        const struct dfu_package *package, struct dfu_device *device)
{
    for (uint8_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == DFU_STEP_RESET) {
            return;
        }
        apply(&plan->steps[i], package, device);
    }
}
