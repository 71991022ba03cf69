// SPDX-License-Identifier: Apache-2.0
/*
 * Going back on purpose: an update whose package is the image in the other
 * slot. On trial the plan resets first and finds it running; else it is marked
 * like any image that is in its slot already.
 */
#include <string.h>

#include "dfu/update.h"
#include "update_private.h"

void dfu_revert_init(struct dfu_revert *r, const struct dfu_update_config *cfg)
{
    memset(r, 0, sizeof(*r));
    r->cfg = *cfg;
    r->cfg.package = &r->package;
    r->cfg.options.no_upload = true;
    r->cfg.options.allow_downgrade = true;
    r->cfg.options.going_back = true;
    r->cfg.options.only_image_given = false;
    r->cfg.options.resume = false;
    r->package.name = "previous image";
    dfu_update_init(&r->update, &r->cfg);
    dfu_query_init(&r->query, &r->device,
            DFU_QUERY_LIST | DFU_QUERY_BOOTLOADER | DFU_QUERY_MODE);
}

static int no_bytes(void *ctx, uint32_t off, void *buf, size_t len)
{
    (void)ctx;
    (void)off;
    (void)buf;
    (void)len;
    return SMP_E_NOT_FOUND;
}

/* The bootloader starts the higher version, whatever is marked. */
static bool is_lower(const struct dfu_device *d, const struct dfu_slot *running,
        const struct dfu_slot *other)
{
    bool by_version = d->mode_told &&
            (d->mode == SMP_BOOTLOADER_DIRECT_XIP ||
                    d->mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT ||
                    d->mode == SMP_BOOTLOADER_RAM_LOAD);
    return by_version && !dfu_device_goes_back(d, 0) && running->version_told &&
            other->version_told &&
            mcub_version_compare(&other->version, &running->version, false) <=
            0;
}

/* Describe what the other slot of image 0 holds. */
static enum dfu_revert_why describe(struct dfu_revert *r)
{
    const struct dfu_device *d = &r->device;
    const struct dfu_slot *running = dfu_device_running(d, 0);
    const struct dfu_slot *other = NULL;
    if (d->mode_told &&
            (d->mode == SMP_BOOTLOADER_OVERWRITE ||
                    d->mode == SMP_BOOTLOADER_SINGLE ||
                    d->mode == SMP_BOOTLOADER_SINGLE_RAM ||
                    d->mode == SMP_BOOTLOADER_FIRMWARE_LOADER)) {
        return DFU_REVERT_NO_WAY;
    }
    for (uint8_t i = 0; i < d->slot_count; i++) {
        if (d->slots[i].image == 0 && &d->slots[i] != running) {
            other = &d->slots[i];
        }
    }
    if (running == NULL || other == NULL || other->hash_len == 0) {
        return DFU_REVERT_NO_PREVIOUS;
    }
    if (running->hash_len == other->hash_len &&
            memcmp(running->hash, other->hash, other->hash_len) == 0) {
        return DFU_REVERT_SAME;
    }
    if (is_lower(d, running, other)) {
        return DFU_REVERT_LOWER;
    }
    struct dfu_image *im = &r->package.images[0];
    im->slot = other->slot;
    im->name = "previous image";
    im->source.read = no_bytes;
    im->hash_len = other->hash_len;
    memcpy(im->hash, other->hash, other->hash_len);
    im->version = other->version;
    r->package.count = 1;
    return DFU_REVERT_POSSIBLE;
}

/* The query has ended: let the update run, or end it. */
static void take_over(struct dfu_revert *r, uint32_t now_ms)
{
    enum dfu_code code = dfu_query_code(&r->query);
    r->running = true;
    r->update.result.started_ms = now_ms;
    if (code == DFU_DEVICE_REFUSED) {
        dfu_update_refused(&r->update, now_ms, &r->query.refusal, DFU_NONE);
        return;
    }
    if (code != DFU_OK) {
        dfu_update_fail(&r->update, now_ms, code);
        return;
    }
    r->why = (uint8_t)describe(r);
    r->swap_offset =
            r->device.mode_told && r->device.mode == SMP_BOOTLOADER_SWAP_OFFSET;
    if (r->why != DFU_REVERT_POSSIBLE) {
        r->update.device = r->device;
        r->update.before = r->device;
        dfu_update_fail(&r->update, now_ms, DFU_OTHER);
        return;
    }
    dfu_update_link(&r->update, now_ms, &r->link);
}

int dfu_revert_next(struct dfu_revert *r, uint32_t now_ms,
        struct smp_request *req)
{
    if (dfu_update_done(&r->update)) {
        return 0;
    }
    if (!r->running) {
        if (dfu_query_next(&r->query, now_ms, req)) {
            return 1;
        }
        if (!dfu_query_done(&r->query)) {
            return 0;
        }
        take_over(r, now_ms);
    }
    return dfu_update_next(&r->update, now_ms, req);
}

void dfu_revert_answer(struct dfu_revert *r, uint32_t now_ms,
        const struct smp_answer *answer)
{
    if (r->running) {
        dfu_update_answer(&r->update, now_ms, answer);
    } else {
        dfu_query_answer(&r->query, now_ms, answer);
    }
}

void dfu_revert_link(struct dfu_revert *r, uint32_t now_ms,
        const struct smp_link *link)
{
    r->link = *link;
    if (r->running) {
        dfu_update_link(&r->update, now_ms, link);
    } else {
        dfu_query_link(&r->query, now_ms, link);
    }
}

uint32_t dfu_revert_wait_ms(const struct dfu_revert *r, uint32_t now_ms)
{
    if (r->running || dfu_update_done(&r->update)) {
        return dfu_update_wait_ms(&r->update, now_ms);
    }
    return dfu_query_done(&r->query) ? 0 : dfu_query_wait_ms(&r->query, now_ms);
}

bool dfu_revert_done(const struct dfu_revert *r)
{
    return dfu_update_done(&r->update);
}

static int door_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    return dfu_revert_next(self, now_ms, req);
}

static void door_answer(void *self, uint32_t now_ms,
        const struct smp_answer *answer)
{
    dfu_revert_answer(self, now_ms, answer);
}

static void door_link(void *self, uint32_t now_ms, const struct smp_link *link)
{
    dfu_revert_link(self, now_ms, link);
}

static uint32_t door_wait_ms(const void *self, uint32_t now_ms)
{
    return dfu_revert_wait_ms(self, now_ms);
}

static bool door_done(const void *self)
{
    return dfu_revert_done(self);
}

const struct smp_procedure dfu_revert_procedure = {
    .next = door_next,
    .answer = door_answer,
    .link = door_link,
    .wait_ms = door_wait_ms,
    .done = door_done,
};
