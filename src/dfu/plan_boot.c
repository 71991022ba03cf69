// SPDX-License-Identifier: Apache-2.0
/*
 * Pre-flight: would the bootloader take the image, or refuse and erase it?
 * The order is that of a boot: header, TLVs, hash, signature, counter,
 * dependencies.
 *
 * What is compared with             finding is
 * --------------------------------  ----------------------------------------
 * rules of every MCUboot            fatal
 * the device's list                 fatal
 * the build: --conf, or the preset  fatal when sure (--conf), else a warning;
 * of the board                      either names what it rests on
 * the file of what runs             a warning: the bootloader may trust a
 * (--running)                       second key, or check nothing
 */
#include <string.h>

#include "dfu/outlook.h"
#include "plan_private.h"

static struct dfu_finding *refuse(struct dfu_planner *p, enum dfu_finding_id id,
        uint8_t i)
{
    return dfu_plan_find(p, id, DFU_IMAGE_REFUSED_AT_BOOT, i);
}

/* As sure as the mode is: the device told it, or it is an assumption. */
static void refuse_in_mode(struct dfu_planner *p, enum dfu_finding_id id,
        uint8_t i)
{
    if (p->device->mode_told) {
        refuse(p, id, i);
    } else {
        dfu_plan_guess(p, id, DFU_IMAGE_REFUSED_AT_BOOT, i);
    }
}

static struct dfu_finding *warn(struct dfu_planner *p, enum dfu_finding_id id,
        uint8_t i)
{
    return dfu_plan_say(p, id, DFU_WARNING, i);
}

const struct dfu_traits *dfu_known_running(const struct dfu_options *options,
        const struct dfu_device *device, uint8_t image)
{
    const struct dfu_slot *s = dfu_device_running(device, image);
    for (uint8_t i = 0; s != NULL && i < options->known_count; i++) {
        const struct dfu_known *k = &options->known[i];
        if (k->hash_len != 0 && k->hash_len == s->hash_len &&
                memcmp(k->hash, s->hash, k->hash_len) == 0) {
            return &k->traits;
        }
    }
    return NULL;
}

/* Every image of a device is signed for the same bootloader. */
const struct dfu_traits *dfu_known_signed(const struct dfu_options *options,
        const struct dfu_device *device, uint8_t image)
{
    const struct dfu_traits *t = dfu_known_running(options, device, image);
    return t != NULL || image == 0 ? t : dfu_known_running(options, device, 0);
}

/* ---- header ---- */

static bool some_slot_is_compressed(const struct dfu_device *d)
{
    for (uint8_t i = 0; i < d->slot_count; i++) {
        if (d->slots[i].compressed) {
            return true;
        }
    }
    return false;
}

static void check_encrypted(struct dfu_planner *p, uint8_t i,
        const struct dfu_traits *running)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_build *build = p->build;
    if (im->traits->clear) {
        refuse(p, DFU_FIND_CLEAR, i);
        return;
    }
    if ((im->flags & MCUB_IMAGE_ENCRYPTED) == 0) {
        return;
    }
    if (p->mode == SMP_BOOTLOADER_DIRECT_XIP ||
            p->mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT) {
        /* It runs where it lies, and there it is cipher text. */
        refuse_in_mode(p, DFU_FIND_ENCRYPTED, i);
    } else if (build != NULL && build->encryption_known) {
        if (!build->encrypts) {
            dfu_plan_guess(p, DFU_FIND_ENCRYPTED, DFU_IMAGE_REFUSED_AT_BOOT, i);
        }
    } else if (running == NULL ||
            (running->flags & MCUB_IMAGE_ENCRYPTED) == 0) {
        warn(p, DFU_FIND_ENCRYPTED, i);
    }
}

/* Is it made for RAM, and does this bootloader load to RAM? */
static void check_ram(struct dfu_planner *p, uint8_t i)
{
    bool made = (p->package->images[i].flags & MCUB_IMAGE_RAM_LOAD) != 0;
    bool loads = p->mode == SMP_BOOTLOADER_RAM_LOAD ||
            p->mode == SMP_BOOTLOADER_SINGLE_RAM;
    if (loads && !made) {
        refuse_in_mode(p, DFU_FIND_NOT_FOR_RAM, i);
    } else if (made && !loads && p->can.known) {
        warn(p, DFU_FIND_FOR_RAM, i)->have = (uint32_t)p->mode;
    }
}

/* Does the address it is built for belong to the slot where it will lie? */
static void check_address(struct dfu_planner *p, uint8_t i,
        const struct dfu_traits *running)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_build *build = p->build;
    uint8_t slot = p->plan->slot[i];
    struct dfu_finding *f = NULL;
    if ((im->flags & MCUB_IMAGE_ROM_FIXED) == 0 || !p->can.xip) {
        return;
    }
    if (running != NULL && (running->flags & MCUB_IMAGE_ROM_FIXED) != 0) {
        if (running->load_addr == im->load_addr) {
            f = dfu_plan_find(p, DFU_FIND_ADDRESS, DFU_IMAGE_WRONG_SLOT, i);
        }
    } else if (build != NULL && build->slots_known && im->image == 0 &&
            slot < 2 && build->slot_off[slot] != im->load_addr) {
        f = dfu_plan_guess(p, DFU_FIND_ADDRESS, DFU_IMAGE_WRONG_SLOT, i);
        f->have = build->slot_off[slot];
    }
    if (f != NULL) {
        f->need = im->load_addr;
    }
}

/* ---- hash and signature ---- */

/* Bytes of hash that the device uses, by what runs, or by what it lists at
 * all: a bootloader knows one kind. 0: nothing is told. */
static uint8_t listed_hash_len(const struct dfu_device *d, uint8_t image)
{
    const struct dfu_slot *s = dfu_device_running(d, image);
    uint8_t len = s != NULL ? s->hash_len : 0;
    for (uint8_t i = 0; len == 0 && i < d->slot_count; i++) {
        len = d->slots[i].active ? d->slots[i].hash_len : 0;
    }
    return len;
}

static void check_hash(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    uint8_t have = listed_hash_len(p->device, im->image);
    struct dfu_finding *f = NULL;
    if (im->hash_len == 0) {
        return;
    }
    if (have != 0 && have != im->hash_len) {
        f = refuse(p, DFU_FIND_HASH_KIND, i);
    } else if (have == 0 && p->build != NULL && p->build->hash_len != 0 &&
            p->build->hash_len != im->hash_len) {
        have = p->build->hash_len;
        f = dfu_plan_guess(p, DFU_FIND_HASH_KIND, DFU_IMAGE_REFUSED_AT_BOOT, i);
    }
    if (f != NULL) {
        f->need = im->hash_len;
        f->have = have;
    }
}

static bool has_type(const struct dfu_traits *t, uint16_t type)
{
    for (uint8_t i = 0; i < t->signer_count; i++) {
        if (t->signers[i].type == type) {
            return true;
        }
    }
    return false;
}

/* A key hash may be cut. */
static bool same_key(const struct dfu_signer *a, const struct dfu_signer *b)
{
    uint8_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
    return a->type == b->type && len != 0 && memcmp(a->key, b->key, len) == 0;
}

static bool share_key(const struct dfu_traits *a, const struct dfu_traits *b)
{
    for (uint8_t i = 0; i < a->signer_count; i++) {
        for (uint8_t k = 0; k < b->signer_count; k++) {
            if (same_key(&a->signers[i], &b->signers[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool share_type(const struct dfu_traits *a, const struct dfu_traits *b)
{
    for (uint8_t i = 0; i < a->signer_count; i++) {
        if (has_type(b, a->signers[i].type)) {
            return true;
        }
    }
    return false;
}

static void tell_types(struct dfu_finding *f, const struct dfu_traits *image,
        uint16_t device)
{
    f->need = image->signers[0].type;
    f->have = device;
}

/* What the build wants decides; what runs is a hint. */
static void check_signature(struct dfu_planner *p, uint8_t i,
        const struct dfu_traits *running)
{
    const struct dfu_traits *t = p->package->images[i].traits;
    const struct dfu_build *build = p->build;
    bool told = build != NULL && build->signature_known;
    if (told && build->sig_type == 0) {
        return;
    }
    if (t->signer_count == 0) {
        if (told) {
            dfu_plan_guess(p, DFU_FIND_UNSIGNED, DFU_SIGNATURE_MISSING, i);
        } else if (running != NULL && running->signer_count > 0) {
            warn(p, DFU_FIND_UNSIGNED, i);
        }
        return;
    }
    if (told && !has_type(t, build->sig_type)) {
        tell_types(dfu_plan_guess(p, DFU_FIND_SIGNATURE_TYPE,
                           DFU_SIGNATURE_WRONG_KEY, i),
                t, build->sig_type);
    } else if (running != NULL && running->signer_count > 0 &&
            !share_type(t, running)) {
        tell_types(warn(p, DFU_FIND_SIGNATURE_TYPE, i), t,
                running->signers[0].type);
    } else if (running != NULL && running->signer_count > 0 &&
            !share_key(t, running)) {
        warn(p, DFU_FIND_OTHER_KEY, i);
    }
}

/* ---- counter and dependencies ---- */

static void check_counter(struct dfu_planner *p, uint8_t i,
        const struct dfu_traits *running)
{
    const struct dfu_traits *t = p->package->images[i].traits;
    const struct dfu_build *build = p->build;
    /* Where images are not swapped, nobody compares two of them. */
    bool refuses = build != NULL &&
            ((build->no_lower_counter && !p->can.xip) || build->needs_counter);
    enum dfu_finding_id id = DFU_FIND_NO_COUNTER;
    struct dfu_finding *f = NULL;
    if (running != NULL && running->has_counter &&
            (!t->has_counter || t->counter < running->counter)) {
        id = t->has_counter ? DFU_FIND_COUNTER : DFU_FIND_NO_COUNTER;
        f = refuses ? dfu_plan_guess(p, id, DFU_IMAGE_DOWNGRADE, i)
                    : warn(p, id, i);
        f->have = running->counter;
        f->need = t->counter;
    } else if (!t->has_counter && build != NULL && build->needs_counter) {
        dfu_plan_guess(p, id, DFU_IMAGE_REFUSED_AT_BOOT, i);
    }
}

/* The version of an image after the boot that takes image i. NULL: it is not
 * known. */
static const struct mcub_version *version_then(const struct dfu_planner *p,
        uint8_t image)
{
    for (uint8_t i = 0; i < p->package->count; i++) {
        const struct dfu_image *im = &p->package->images[i];
        uint8_t action = p->plan->action[i];
        bool comes =
                action == DFU_ACTION_UPLOAD || action == DFU_ACTION_IN_SLOT;
        if (p->in[i] && im->image == image && comes) {
            return &im->version;
        }
    }
    struct dfu_outlook o;
    dfu_outlook_make(&o, p->device, image, p->mode);
    return o.next != NULL && o.next->version_told ? &o.next->version : NULL;
}

/* Met when the version there is, or will be, is not lower. A network core
 * that is not updated counts as 0.0.0. */
static bool is_met(const struct dfu_planner *p,
        const struct mcub_dependency *dep)
{
    static const struct mcub_version zero = { 0 };
    const struct mcub_version *version = version_then(p, dep->image);
    if (p->device->image_count != 0 && dep->image >= p->device->image_count) {
        return false;
    }
    if (version == NULL) {
        if (dep->image == 0 || p->device->slot_count == 0) {
            return true; /* not told */
        }
        version = &zero;
    }
    return mcub_version_compare(version, &dep->version, false) >= 0;
}

static void check_dependencies(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_traits *t = p->package->images[i].traits;
    for (uint8_t k = 0; k < t->dependency_count; k++) {
        if (is_met(p, &t->dependencies[k])) {
            continue;
        }
        /* With one image most builds have no code for dependencies. */
        struct dfu_finding *f = p->device->image_count > 1
                ? dfu_plan_find(p, DFU_FIND_DEPENDENCY, DFU_DEPENDENCY_UNMET, i)
                : warn(p, DFU_FIND_DEPENDENCY, i);
        f->need = t->dependencies[k].image;
        f->have = k;
    }
}

/* A network core's file that would go where the application is. */
static void check_core(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    if (im->image != 0 ||
            (!im->traits->net_core_code && !im->traits->net_core_name)) {
        return;
    }
    /* One image for both cores: such bootloaders look at the reset vector. */
    if (im->traits->net_core_code && p->device->image_count > 1) {
        dfu_plan_find(p, DFU_FIND_NET_CORE_FILE, DFU_IMAGE_WRONG_SLOT, i);
    } else {
        warn(p, DFU_FIND_NET_CORE_FILE, i);
    }
}

void dfu_plan_check_boot(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_traits *running =
            dfu_known_running(p->options, p->device, im->image);
    if ((im->flags & MCUB_IMAGE_NON_BOOTABLE) != 0) {
        refuse(p, DFU_FIND_NON_BOOTABLE, i);
    }
    if ((im->flags & MCUB_IMAGE_COMPRESSED) != 0 &&
            !some_slot_is_compressed(p->device)) {
        warn(p, DFU_FIND_COMPRESSED, i);
    }
    check_ram(p, i);
    check_hash(p, i);
    if (im->traits == NULL) {
        return;
    }
    check_core(p, i);
    check_encrypted(p, i, running);
    check_address(p, i, running);
    check_signature(p, i, dfu_known_signed(p->options, p->device, im->image));
    check_counter(p, i, running);
    check_dependencies(p, i);
}
