// SPDX-License-Identifier: Apache-2.0
/*
 * The board as mcub sees it, and what a new one holds: application 1.0.0 in
 * slot 0 of image 0, the same bytes every time; signed when the bootloader
 * wants that, flagged and marked as its mode wants it. With a firmware loader
 * that lies in slot 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/write.h"

#include "vdev/private.h"
#include "vdev/rng.h"

/* First bytes of the pseudo-random payload are the same on every machine. */
#define CONTENT_SEED 0x736d7063746cu

/* The firmware loader: small, and with a name of its own. */
#define LOADER_SIZE 32768u
#define LOADER_APP  "name=FW_LOADER"

static void set_slot(struct vdev_device *d, struct mcub_slot *slot,
        const struct vdev_slot_config *cfg)
{
    slot->flash = &d->chip.memory[cfg->part].flash;
    slot->off = cfg->off;
    slot->size = cfg->size;
}

bool vdev_board_has_one_slot(const struct vdev_device *d)
{
    return d->cfg.mode == MCUB_MODE_SINGLE ||
            d->cfg.mode == MCUB_MODE_SINGLE_RAM;
}

int vdev_board_init(struct vdev_device *d, char err[VDEV_ERR_SIZE])
{
    for (uint8_t i = 0; i < d->cfg.image_count; i++) {
        const struct vdev_image_config *image = &d->cfg.image[i];
        struct mcub_pair *pair = &d->pairs[i];
        set_slot(d, &pair->slot[0], &image->slot[0]);
        if (!vdev_board_has_one_slot(d)) {
            set_slot(d, &pair->slot[1], &image->slot[1]);
        }
        pair->overwrite = image->overwrite;
        pair->unreadable = image->unreadable;
    }
    d->board = (struct mcub_board){
        .mode = d->cfg.mode,
        .image_count = d->cfg.image_count,
        .pairs = d->pairs,
        .max_align = d->cfg.max_align,
        .max_sectors = d->cfg.max_sectors,
    };
    if (d->cfg.scratch.size != 0) {
        set_slot(d, &d->board.scratch, &d->cfg.scratch);
    }
    if (d->ops->cipher != NULL) {
        uint8_t size = (uint8_t)(d->cfg.encrypt_keylen / 8);
        d->board.key_size = size;
        d->board.enc_size = d->cfg.save_enctlv
                ? mcub_key_tlv_size(d->ops->key_tlv, size)
                : size;
    }
    int rc = mcub_board_check(&d->board);
    if (rc != 0) {
        snprintf(err, VDEV_ERR_SIZE, "board description: %s",
                mcub_err_to_str(rc));
        return -1;
    }
    return 0;
}

/* A payload that looks like a program: stack, reset vector, then noise. */
struct content {
    uint32_t address; /* of the program in the chip */
    uint64_t key;
};

static int content_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct content *c = ctx;
    uint8_t *p = buf;
    for (size_t i = 0; i < len; i++) {
        uint32_t at = off + (uint32_t)i;
        uint32_t word = at < 4 ? 0x20010000u : c->address + 0x101u;
        if (at < 8) {
            p[i] = (uint8_t)(word >> (8 * (at % 4)));
            continue;
        }
        uint64_t state = c->key + at / 8;
        p[i] = (uint8_t)(vdev_rng_next(&state) >> (8 * (at % 8)));
    }
    return 0;
}

struct writer {
    uint8_t *base;
    size_t len;
    size_t cap;
};

static int writer_write(void *ctx, const void *buf, size_t len)
{
    struct writer *w = ctx;
    if (len > w->cap - w->len) {
        return MCUB_E_SINK;
    }
    memcpy(w->base + w->len, buf, len);
    w->len += len;
    return 0;
}

/* Where programs of this board run, and the header flag that says so. */
static uint32_t place(const struct vdev_device *d,
        const struct vdev_slot_config *slot, uint32_t *flags)
{
    *flags = 0;
    switch (d->cfg.mode) {
    case MCUB_MODE_RAM_LOAD:
    case MCUB_MODE_SINGLE_RAM:
        *flags = MCUB_IMAGE_RAM_LOAD;
        return d->cfg.ram_base;
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
        *flags = MCUB_IMAGE_ROM_FIXED;
        return slot->off;
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_SCRATCH:
    case MCUB_MODE_OVERWRITE:
    case MCUB_MODE_MOVE:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_OFFSET:
        break;
    }
    return slot->off;
}

/* What the factory puts into a slot. */
struct factory_image {
    uint8_t slot;
    uint32_t size;   /* payload bytes */
    const char *app; /* descriptor; NULL = none */
};

static int program(struct vdev_device *d, const struct factory_image *what,
        struct mcub_version *version)
{
    const struct vdev_slot_config *slot = &d->cfg.image[0].slot[what->slot];
    struct mcub_tlv_spec tlv = { VDEV_APP_TLV,
        { (const uint8_t *)what->app,
                what->app != NULL ? strlen(what->app) : 0 } };
    struct writer w = { .base = d->chip.memory[slot->part].base + slot->off,
        .cap = slot->size };
    uint8_t scratch[1024];
    uint32_t flags;
    uint32_t address = place(d, slot, &flags);
    struct content content = { address + d->cfg.app_header,
        CONTENT_SEED ^ what->size };
    struct mcub_image_spec spec = {
        .load_addr = address,
        .flags = flags,
        .hdr_size = (uint16_t)d->cfg.app_header,
        .payload = { content_read, &content, 0, what->size },
        .prot = what->app != NULL ? &tlv : NULL,
        .prot_count = what->app != NULL ? 1 : 0,
        .hash_alg = d->cfg.hash,
    };
    struct mcub_image_writer writer = {
        .hash = d->ops->hash,
        .hash_ctx = d->ops->hash_ctx,
        .sink = { writer_write, &w },
        .scratch = scratch,
        .scratch_size = sizeof(scratch),
    };
    if (d->ops->keys != NULL) {
        spec.signers = d->ops->signer;
        spec.signer_count = 1;
    }
    int rc = mcub_version_parse(d->cfg.app_version, strlen(d->cfg.app_version),
            &spec.version);
    *version = spec.version;
    return rc == 0 ? mcub_image_write(&spec, &writer, NULL) : rc;
}

/* A slot without mark is erased by these. */
static bool wants_mark(const struct vdev_device *d)
{
    return d->cfg.mode == MCUB_MODE_DIRECT_XIP_REVERT ||
            (d->cfg.mode == MCUB_MODE_RAM_LOAD &&
                    (d->cfg.boot_options & MCUB_BOOT_RAM_REVERT) != 0);
}

/* The factory programs the chip through its debug port: no wear, no time. */
int vdev_board_first_content(struct vdev_device *d, char err[VDEV_ERR_SIZE])
{
    const struct factory_image application = { 0, d->cfg.app_size, NULL };
    const struct factory_image loader = { 1, LOADER_SIZE, LOADER_APP };
    struct mcub_version version;
    if (d->ops->keys != NULL && d->ops->signer == NULL) {
        snprintf(err, VDEV_ERR_SIZE,
                "boot.keys holds no private key: a new chip's application "
                "cannot be signed");
        return -1;
    }
    int rc = program(d, &application, &version);
    if (rc == 0 && d->cfg.mode == MCUB_MODE_FW_LOADER) {
        rc = program(d, &loader, &version);
    }
    if (rc == 0 && wants_mark(d)) {
        rc = mcub_slot_mark(&d->board, 0, 0, true);
        d->chip.cost_us = 0;
        d->chip.words = 0;
    }
    if (rc != 0) {
        snprintf(err, VDEV_ERR_SIZE, "first application: %s",
                mcub_err_to_str(rc));
        return -1;
    }
    if (d->cfg.image_count > 1) {
        d->chip.state->net_core.version = version;
    }
    return 0;
}
