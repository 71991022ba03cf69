// SPDX-License-Identifier: Apache-2.0
/*
 * The board as mcub sees it, and what a new one holds: application 1.0.0 in
 * slot 0 of image 0, the same bytes every time; signed when the bootloader
 * wants that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/write.h"

#include "vdev/private.h"
#include "vdev/rng.h"

/* First bytes of the pseudo-random payload are the same on every machine. */
#define CONTENT_SEED 0x736d7063746cu

static void set_slot(struct vdev_device *d, struct mcub_slot *slot,
        const struct vdev_slot_config *cfg)
{
    slot->flash = &d->chip.memory[cfg->part].flash;
    slot->off = cfg->off;
    slot->size = cfg->size;
}

int vdev_board_init(struct vdev_device *d, char err[VDEV_ERR_SIZE])
{
    for (uint8_t i = 0; i < d->cfg.image_count; i++) {
        const struct vdev_image_config *image = &d->cfg.image[i];
        struct mcub_pair *pair = &d->pairs[i];
        set_slot(d, &pair->slot[0], &image->slot[0]);
        set_slot(d, &pair->slot[1], &image->slot[1]);
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

/* The factory programs the chip through its debug port: no wear, no time. */
int vdev_board_first_content(struct vdev_device *d, char err[VDEV_ERR_SIZE])
{
    const struct vdev_slot_config *slot = &d->cfg.image[0].slot[0];
    struct content content = { slot->off + d->cfg.app_header,
        CONTENT_SEED ^ d->cfg.app_size };
    struct writer w = { .base = d->chip.memory[slot->part].base + slot->off,
        .cap = slot->size };
    uint8_t scratch[1024];
    struct mcub_image_spec spec = {
        .load_addr = slot->off,
        .hdr_size = (uint16_t)d->cfg.app_header,
        .payload = { content_read, &content, 0, d->cfg.app_size },
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
        if (d->ops->signer == NULL) {
            snprintf(err, VDEV_ERR_SIZE,
                    "boot.keys holds no private key: a new chip's application "
                    "cannot be signed");
            return -1;
        }
        spec.signers = d->ops->signer;
        spec.signer_count = 1;
    }
    int rc = mcub_version_parse(d->cfg.app_version, strlen(d->cfg.app_version),
            &spec.version);
    if (rc == 0) {
        rc = mcub_image_write(&spec, &writer, NULL);
    }
    if (rc != 0) {
        snprintf(err, VDEV_ERR_SIZE, "first application: %s",
                mcub_err_to_str(rc));
        return -1;
    }
    if (d->cfg.image_count > 1) {
        d->chip.state->net_core.version = spec.version;
    }
    return 0;
}
