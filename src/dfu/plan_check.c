// SPDX-License-Identifier: Apache-2.0
/*
 * Pre-flight: what is wrong with this package on this device.
 *
 * A finding is fatal only when it is certain; what is merely likely is a
 * warning. What the device does not tell is not held against the package.
 */
#include "plan_private.h"

#include <string.h>

struct dfu_finding *dfu_plan_say(struct dfu_planner *p, enum dfu_finding_id id,
        enum dfu_severity severity, uint8_t index)
{
    struct dfu_plan *plan = p->plan;
    if (plan->finding_count < DFU_FINDINGS_MAX) {
        plan->finding_count++;
    }
    struct dfu_finding *f = &plan->findings[plan->finding_count - 1];
    *f = (struct dfu_finding){
        .id = (uint8_t)id,
        .severity = (uint8_t)severity,
        .image = DFU_NONE,
        .slot = DFU_NONE,
        .index = index,
    };
    if (index != DFU_NONE) {
        f->image = p->package->images[index].image;
        f->slot = plan->slot[index];
    }
    return f;
}

struct dfu_finding *dfu_plan_find(struct dfu_planner *p, enum dfu_finding_id id,
        enum dfu_code code, uint8_t index)
{
    bool forced = p->options->force && dfu_code_forcible(code);
    struct dfu_finding *f =
            dfu_plan_say(p, id, forced ? DFU_WARNING : DFU_FATAL, index);
    f->code = code;
    f->forced = forced;
    if (!forced && p->plan->fatal_count < 255) {
        p->plan->fatal_count++;
    }
    return f;
}

struct dfu_finding *dfu_plan_rest(struct dfu_planner *p,
        const struct dfu_build *build, enum dfu_finding_id id,
        enum dfu_code code, uint8_t index)
{
    struct dfu_finding *f = build->sure
            ? dfu_plan_find(p, id, code, index)
            : dfu_plan_say(p, id, DFU_WARNING, index);
    f->rests_on = build;
    return f;
}

struct dfu_finding *dfu_plan_guess(struct dfu_planner *p,
        enum dfu_finding_id id, enum dfu_code code, uint8_t index)
{
    return dfu_plan_rest(p, p->build, id, code, index);
}

uint8_t dfu_plan_target(const struct dfu_planner *p, uint8_t image)
{
    const struct dfu_device *d = p->device;
    if (p->can.recovery || p->mode == SMP_BOOTLOADER_FIRMWARE_LOADER ||
            p->mode == SMP_BOOTLOADER_SINGLE ||
            p->mode == SMP_BOOTLOADER_SINGLE_RAM) {
        return 0;
    }
    const struct dfu_slot *running = dfu_device_running(d, image);
    if (running != NULL && running->active && running->slot == 1) {
        return 0; /* direct-XIP: the other one is free */
    }
    return 1;
}

bool dfu_plan_needs_loader(const struct dfu_planner *p)
{
    return p->device->mode_told &&
            p->device->mode == SMP_BOOTLOADER_FIRMWARE_LOADER &&
            !p->device->list_told;
}

bool dfu_plan_runs(const struct dfu_planner *p, uint8_t index)
{
    const struct dfu_image *im = &p->package->images[index];
    const struct dfu_slot *s = dfu_device_running(p->device, im->image);
    return !im->net_core && s != NULL && im->hash_len != 0 &&
            s->hash_len == im->hash_len &&
            memcmp(s->hash, im->hash, im->hash_len) == 0;
}

/* Two files of one image: built for either slot. Keep the one that fits. */
static void choose_variant(struct dfu_planner *p, uint8_t a, uint8_t b)
{
    const struct dfu_image *ia = &p->package->images[a];
    const struct dfu_image *ib = &p->package->images[b];
    uint8_t wanted = dfu_plan_target(p, ia->image);
    if (p->can.known && !p->can.xip) {
        /* Runs in slot 0 always, whatever slot it is sent to. */
        wanted = 0;
        dfu_plan_say(p, DFU_FIND_XIP_IN_SWAP, DFU_WARNING,
                ia->slot == 0 ? a : b);
    }
    uint8_t drop = ib->slot == wanted ? a : b;
    if (dfu_plan_runs(p, a)) {
        drop = b;
    } else if (dfu_plan_runs(p, b)) {
        drop = a;
    }
    p->in[drop] = false;
    struct dfu_finding *f =
            dfu_plan_say(p, DFU_FIND_OTHER_VARIANT, DFU_NOTE, drop);
    f->slot = p->package->images[drop].slot;
}

void dfu_plan_choose(struct dfu_planner *p)
{
    const struct dfu_package *package = p->package;
    bool any = false;
    for (uint8_t i = 0; i < package->count; i++) {
        const struct dfu_image *im = &package->images[i];
        p->in[i] = !p->options->only_image_given ||
                p->options->only_image == im->image;
        p->plan->slot[i] = dfu_plan_target(p, im->image);
        any = any || p->in[i];
    }
    if (!any) {
        dfu_plan_find(p, DFU_FIND_NO_SUCH_IMAGE, DFU_PACKAGE_FILE_MISSING,
                DFU_NONE)
                ->need = p->options->only_image;
        return;
    }
    for (uint8_t b = 1; b < package->count; b++) {
        for (uint8_t a = 0; a < b; a++) {
            if (p->in[a] && p->in[b] &&
                    package->images[a].image == package->images[b].image) {
                choose_variant(p, a, b);
            }
        }
    }
    for (uint8_t i = 0; i < package->count; i++) {
        p->net_core = p->net_core || (p->in[i] && package->images[i].net_core);
    }
}

static void check_count(struct dfu_planner *p)
{
    uint32_t need = 0;
    uint32_t parts = 0;
    uint8_t last = DFU_NONE;
    for (uint8_t i = 0; i < p->package->count; i++) {
        uint8_t image = p->package->images[i].image;
        if (p->in[i]) {
            parts++;
            if (image + 1u > need) {
                need = image + 1u;
                last = i;
            }
        }
    }
    struct dfu_finding *f;
    if (p->device->image_count == 0) {
        if (need > 1) {
            f = dfu_plan_find(p, DFU_FIND_COUNT_UNKNOWN,
                    DFU_DEVICE_IMAGE_COUNT_UNKNOWN, last);
            f->need = parts > need ? parts : need;
        }
    } else if (need > p->device->image_count) {
        f = dfu_plan_find(p, DFU_FIND_MORE_IMAGES,
                DFU_PACKAGE_NEEDS_MORE_IMAGES, last);
        f->have = p->device->image_count;
        f->need = need;
    }
}

static void check_board(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    if (im->image == 0 && im->board != NULL && im->board[0] != 0 &&
            p->device->board_told &&
            !dfu_board_equal(im->board, p->device->board)) {
        dfu_plan_find(p, DFU_FIND_BOARD, DFU_BOARD_MISMATCH, i);
    }
}

static void check_slot(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    if (p->can.xip && im->slot_given && im->slot != p->plan->slot[i]) {
        struct dfu_finding *f =
                dfu_plan_find(p, DFU_FIND_WRONG_SLOT, DFU_IMAGE_WRONG_SLOT, i);
        f->need = im->slot;
    }
}

/*
 * Where the newest image runs, one that is not newer never does; the lower slot
 * wins among equals. Build numbers may count.
 */
static bool never_selected(const struct dfu_planner *p, uint8_t i,
        const struct dfu_slot *running)
{
    const struct mcub_version *version = &p->package->images[i].version;
    int order = mcub_version_compare(version, &running->version, false);
    if (order == 0) {
        order = p->plan->slot[i] < running->slot ||
                        version->build > running->version.build
                ? 1
                : -1;
    }
    return p->can.xip && order < 0;
}

/* Slot 0 is all there is, and it runs. */
static void check_one_slot(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_device *d = p->device;
    if (d->mode_told && !p->can.recovery &&
            (d->mode == SMP_BOOTLOADER_SINGLE ||
                    d->mode == SMP_BOOTLOADER_SINGLE_RAM)) {
        dfu_plan_find(p, DFU_FIND_ONE_SLOT, DFU_MODE_NOT_SUPPORTED, i)->have =
                (uint32_t)d->mode;
    }
}

static void check_version(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_slot *s = dfu_device_running(p->device, im->image);
    const struct dfu_build *build = p->build;
    if (im->net_core || s == NULL || !s->version_told) {
        return;
    }
    int order = mcub_version_compare(&im->version, &s->version, false);
    struct dfu_finding *f = NULL;
    if (p->options->upgrade_only && order <= 0) {
        f = dfu_plan_find(p, DFU_FIND_NOT_HIGHER, DFU_IMAGE_DOWNGRADE, i);
    } else if (never_selected(p, i, s)) {
        f = p->device->mode_told ? dfu_plan_find(p, DFU_FIND_NEVER_SELECTED,
                                           DFU_IMAGE_DOWNGRADE, i)
                                 : dfu_plan_guess(p, DFU_FIND_NEVER_SELECTED,
                                           DFU_IMAGE_DOWNGRADE, i);
    } else if (order >= 0) {
        return;
    } else if (p->device->mode_told && p->device->no_downgrade) {
        f = dfu_plan_find(p, DFU_FIND_DOWNGRADE, DFU_IMAGE_DOWNGRADE, i);
    } else if (build != NULL && build->no_downgrade) {
        f = dfu_plan_guess(p, DFU_FIND_DOWNGRADE, DFU_IMAGE_DOWNGRADE, i);
    } else if (!p->options->allow_downgrade) {
        f = dfu_plan_say(p, DFU_FIND_LOWER_VERSION, DFU_WARNING, i);
    }
    if (f != NULL) {
        f->slot = s->slot;
    }
}

static bool tests(enum dfu_mode mode)
{
    return mode == DFU_TEST_AND_CONFIRM || mode == DFU_TEST_ONLY;
}

static void check_mode(struct dfu_planner *p)
{
    if (!tests(p->options->mode)) {
        return;
    }
    struct dfu_finding *f = NULL;
    if (p->can.recovery) {
        f = dfu_plan_find(p, DFU_FIND_RECOVERY_TEST, DFU_MODE_NOT_SUPPORTED,
                DFU_NONE);
    } else if (p->can.known && !p->can.reverts) {
        f = dfu_plan_find(p, DFU_FIND_MODE, DFU_MODE_NOT_SUPPORTED, DFU_NONE);
        f->have = (uint32_t)p->mode;
    } else if (!p->can.known && p->net_core) {
        dfu_plan_say(p, DFU_FIND_NET_CORE_TEST, DFU_WARNING, DFU_NONE);
    }
    if (f != NULL) {
        f->need = (uint32_t)p->options->mode;
    }
}

void dfu_plan_check(struct dfu_planner *p)
{
    bool boots_new = false;
    if (!p->device->list_told && !dfu_plan_needs_loader(p)) {
        dfu_plan_find(p, DFU_FIND_LIST_REFUSED, DFU_MODE_NOT_SUPPORTED,
                DFU_NONE);
    }
    check_count(p);
    for (uint8_t i = 0; i < p->package->count; i++) {
        if (!p->in[i]) {
            continue;
        }
        const struct dfu_image *im = &p->package->images[i];
        uint8_t action = p->plan->action[i];
        check_board(p, i);
        if (action == DFU_ACTION_UPLOAD) {
            check_one_slot(p, i);
            check_slot(p, i);
        }
        if (action == DFU_ACTION_UPLOAD || action == DFU_ACTION_IN_SLOT) {
            boots_new = true;
            check_version(p, i);
            dfu_plan_check_size(p, i);
            dfu_plan_check_boot(p, i);
            if (im->net_core) {
                dfu_plan_say(p, DFU_FIND_NET_CORE, DFU_NOTE, i);
            }
            if (im->duplicate_file) {
                dfu_plan_say(p, DFU_FIND_DUPLICATE_FILE, DFU_NOTE, i);
            }
        }
    }
    if (boots_new) {
        check_mode(p);
    }
    dfu_plan_check_resets(p);
    if (p->can.recovery) {
        dfu_plan_say(p, DFU_FIND_RECOVERY, DFU_NOTE, DFU_NONE);
    }
}
