// SPDX-License-Identifier: Apache-2.0
/*
 * The next reset, by the image list.
 *
 * mode                     decided by              kinds
 * -----------------------  ----------------------  -------------------------
 * swap, overwrite, not     trailers, rebuilt from  STAYS TEST INSTALL REVERT
 * told                     the flags
 * direct-XIP, RAM load     highest version, trial  STAYS SELECT ERASE
 * single slot              -                       STAYS
 * firmware loader          the first slot          STAYS SELECT
 */
#include "dfu/outlook.h"

#include <string.h>

#include "mcub/trailer.h"

/* The trailers that a server has made these flags of. */
static void rebuild(const struct dfu_slot *other, bool trial,
        struct mcub_trailer_state state[2])
{
    mcub_trailer_state_init(&state[0]);
    mcub_trailer_state_init(&state[1]);
    if (trial) {
        state[0].magic = MCUB_MARK_GOOD;
        state[0].copy_done = MCUB_MARK_SET;
    }
    if (other != NULL && (other->pending || other->permanent)) {
        state[1].magic = MCUB_MARK_GOOD;
        state[1].image_ok = other->permanent ? MCUB_MARK_SET : MCUB_MARK_UNSET;
    }
}

/*
 * Old servers never mark a slot of image 1 active: there a trial shows as
 * "confirmed" on both slots.
 */
static bool on_trial(const struct dfu_device *device,
        const struct dfu_slot *now, const struct dfu_slot *other)
{
    if (now == NULL || !device->flags_told) {
        return false;
    }
    if (now->active) {
        return !now->confirmed;
    }
    return now->image != 0 && now->confirmed && other != NULL &&
            other->confirmed;
}

static void decide_swap(struct dfu_outlook *o, const struct dfu_device *device,
        const struct dfu_slot *other, int32_t mode)
{
    struct mcub_trailer_state state[2];
    bool offset = mode == SMP_BOOTLOADER_SWAP_OFFSET;
    rebuild(other, on_trial(device, o->now, other), state);
    o->copies = o->unread || mode == SMP_BOOTLOADER_OVERWRITE;
    switch (mcub_swap_type_decide(&state[0], &state[1], offset)) {
    case MCUB_SWAP_TEST:
        o->kind = o->copies ? DFU_OUTLOOK_INSTALL : DFU_OUTLOOK_TEST;
        o->next = other;
        o->later = o->copies ? other : o->now;
        break;
    case MCUB_SWAP_PERM:
        o->kind = DFU_OUTLOOK_INSTALL;
        o->next = other;
        o->later = other;
        break;
    case MCUB_SWAP_REVERT:
        o->kind = DFU_OUTLOOK_REVERT;
        o->next = other;
        o->later = other;
        break;
    case MCUB_SWAP_NONE:
    case MCUB_SWAP_FAIL:
    case MCUB_SWAP_PANIC:
        break;
    }
}

/*
 * A boot that updates a later image takes no earlier one back: it looks as if
 * both had been updated by the boot that was cut short.
 */
static void hold_revert(struct dfu_outlook *o, const struct dfu_device *device,
        uint8_t image)
{
    for (uint8_t i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        if (s->image > image && (s->pending || s->permanent) && !s->active) {
            o->kind = DFU_OUTLOOK_STAYS;
            o->held = true;
            o->held_by = s->image;
            o->next = o->now;
            return;
        }
    }
}

/* Has the bootloader a way to take a trial back? */
static bool has_revert(int32_t mode, const struct dfu_slot *now)
{
    return mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT ||
            (mode == SMP_BOOTLOADER_RAM_LOAD && now != NULL && now->active &&
                    !now->confirmed);
}

/* The lower slot wins among equals. */
static bool is_newer(const struct dfu_slot *a, const struct dfu_slot *b)
{
    int order = mcub_version_compare(&a->version, &b->version, false);
    return order > 0 || (order == 0 && a->slot < b->slot);
}

static bool may_run(const struct dfu_slot *s)
{
    return s != NULL && s->bootable && s->version_told;
}

/*
 * The newest runs. With revert it has to be marked, and to be confirmed once
 * it ran: what is not is erased, and the next one is looked at.
 */
static void decide_select(struct dfu_outlook *o,
        const struct dfu_device *device, const struct dfu_slot *other,
        int32_t mode)
{
    bool revert = has_revert(mode, o->now);
    bool trial = revert && on_trial(device, o->now, other);
    bool newer = may_run(other) && o->now != NULL &&
            (!o->now->version_told || is_newer(other, o->now));
    bool marked = other != NULL &&
            (other->pending || other->permanent || other->confirmed);
    if (newer && revert && !marked) {
        o->tie = o->now->version_told &&
                mcub_version_compare(&other->version, &o->now->version,
                        false) == 0;
        if (o->tie) {
            return;
        }
        o->erased = other;
        newer = false;
        other = NULL;
    }
    if (newer) {
        o->kind = DFU_OUTLOOK_SELECT;
        o->next = other;
        /* The old one stays where it is; on trial the new one goes. */
        o->later = revert && !other->permanent && !other->confirmed ? o->now
                                                                    : other;
    } else if (trial) {
        o->kind = DFU_OUTLOOK_ERASE;
        o->next = may_run(other) ? other : NULL;
        o->later = o->next;
    }
}

/* The loader runs from slot 1 until there is an application. */
static void decide_loader(struct dfu_outlook *o,
        const struct dfu_device *device, uint8_t image)
{
    const struct dfu_slot *app = dfu_device_slot(device, image, 0);
    if (o->now != NULL && o->now->slot == 1 && may_run(app)) {
        o->kind = DFU_OUTLOOK_SELECT;
        o->next = app;
        o->later = app;
    }
}

void dfu_outlook_make(struct dfu_outlook *o, const struct dfu_device *device,
        uint8_t image, int32_t mode)
{
    memset(o, 0, sizeof(*o));
    o->now = dfu_device_running(device, image);
    const struct dfu_slot *other = dfu_device_slot(device, image,
            o->now != NULL && o->now->slot == 1 ? 0 : 1);
    o->unread = image != 0 && o->now == NULL;
    o->assumed = mode == SMP_BOOTLOADER_UNKNOWN;
    o->unflagged = !device->flags_told;
    if (o->now == NULL && other == NULL) {
        return;
    }
    o->kind = DFU_OUTLOOK_STAYS;
    o->next = o->now;
    o->later = o->now;
    switch (mode) {
    case SMP_BOOTLOADER_DIRECT_XIP:
    case SMP_BOOTLOADER_DIRECT_XIP_REVERT:
    case SMP_BOOTLOADER_RAM_LOAD:
        decide_select(o, device, other, mode);
        break;
    case SMP_BOOTLOADER_FIRMWARE_LOADER:
        decide_loader(o, device, image);
        break;
    case SMP_BOOTLOADER_SINGLE:
    case SMP_BOOTLOADER_SINGLE_RAM:
        break;
    default: /* swaps, or not told */
        decide_swap(o, device, other, mode);
        if (o->kind == DFU_OUTLOOK_REVERT) {
            hold_revert(o, device, image);
        }
        break;
    }
}

const char *dfu_outlook_to_str(enum dfu_outlook_kind kind)
{
    switch (kind) {
    case DFU_OUTLOOK_UNKNOWN:
        return "unknown";
    case DFU_OUTLOOK_STAYS:
        return "stays";
    case DFU_OUTLOOK_TEST:
        return "test";
    case DFU_OUTLOOK_INSTALL:
        return "install";
    case DFU_OUTLOOK_REVERT:
        return "revert";
    case DFU_OUTLOOK_SELECT:
        return "select";
    case DFU_OUTLOOK_ERASE:
        return "erase";
    }
    return "unknown";
}
