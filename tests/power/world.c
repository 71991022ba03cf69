// SPDX-License-Identifier: Apache-2.0
/*
 * The device: boot, contents.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hooks -------------------------------------------------------------- */

static void on_log(void *ctx, enum mcub_log_event event, uint8_t image,
        uint32_t a, uint32_t b)
{
    const struct world *w = ctx;

    if (w->reasons) {
        fprintf(stderr, "    log: image %u event %d a=0x%x b=0x%x (op %u)\n",
                image, (int)event, (unsigned)a, (unsigned)b,
                (unsigned)w->power.ops);
    }
}

static int on_post_copy(void *ctx, uint8_t image)
{
    struct world *w = ctx;

    if (w->setup.geometry->net_core && image == 1) {
        const struct mcub_slot *slot = &w->pairs[1].slot[0];

        memcpy(w->net_core, w->device[1].mem + slot->off, slot->size);
    }
    return 0;
}

static int ram_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const struct world *w = ctx;
    uint32_t off = addr - WORLD_RAM_START;

    if (off > w->ram_size || len > w->ram_size - off) {
        return MCUB_E_ARG;
    }
    memcpy(buf, w->ram + off, len);
    return 0;
}

static int ram_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    struct world *w = ctx;
    uint32_t off = addr - WORLD_RAM_START;

    if (off > w->ram_size || len > w->ram_size - off) {
        return MCUB_E_ARG;
    }
    memcpy(w->ram + off, buf, len);
    return 0;
}

static int on_ram(void *ctx, uint8_t image, struct mcub_ram *ram)
{
    const struct world *w = ctx;

    (void)image;
    *ram = (struct mcub_ram){ WORLD_RAM_START, w->ram_size, ram_read, ram_write,
        ctx };
    return 0;
}

static const struct mcub_boot_ops boot_ops = {
    .log = on_log,
    .post_copy = on_post_copy,
    .ram = on_ram,
};

/* ---- images ------------------------------------------------------------- */

/* Usual sizes where the geometry names none: about a third of the slot. */
static void choose_sizes(const struct world *w, uint8_t image,
        uint32_t *old_size, uint32_t *new_size)
{
    const struct geometry *g = w->setup.geometry;
    uint32_t most = mcub_max_image_size(&w->board, image);
    uint32_t small = g->old_size != 0 ? g->old_size : most / 4 + 123;
    uint32_t large = g->new_size != 0 ? g->new_size : most / 3 + 457;

    if (image == 1 && g->old_size != 0) {
        small += 90;
        large += 600;
    }
    small = small < most ? small : most;
    large = large < most ? large : most;
    switch ((enum sizes)w->setup.sizes) {
    case SIZES_UP:
    case SIZES_COUNT:
        break;
    case SIZES_DOWN: {
        uint32_t swap = small;

        small = large;
        large = swap;
        break;
    }
    case SIZES_EQUAL:
    case SIZES_ALIKE:
        small = large;
        break;
    case SIZES_LARGEST:
        large = most - (w->board.mode == MCUB_MODE_RAM_LOAD ? 1u : 0u);
        if (large == w->pairs[image].slot[0].size) {
            large--;
        }
        break;
    }
    *old_size = small;
    *new_size = large;
}

uint8_t world_crypt(unsigned number)
{
    static const uint8_t kinds[] = {
        0,
        CRYPT_ON | CRYPT_OLD | CRYPT_NEW,
        CRYPT_ON | CRYPT_OLD | CRYPT_NEW | CRYPT_SAVED,
        CRYPT_ON | CRYPT_NEW | CRYPT_256 | CRYPT_SAVED,
        CRYPT_ON | CRYPT_OLD,
        CRYPT_ON | CRYPT_NEW,
        CRYPT_ON | CRYPT_OLD | CRYPT_NEW | CRYPT_256,
        CRYPT_ON,
    };

    /* Of the larger numbers the half has none. */
    if (number >= 8) {
        return number % 2 == 0 ? 0 : kinds[number / 2 % 8];
    }
    return kinds[number];
}

uint32_t world_aes(const struct world *w)
{
    return (w->setup.crypt & CRYPT_256) != 0 ? MCUB_IMAGE_AES256
                                             : MCUB_IMAGE_AES128;
}

static bool make_images(struct world *w)
{
    uint32_t flags =
            w->setup.mode == MCUB_MODE_RAM_LOAD ? MCUB_IMAGE_RAM_LOAD : 0;
    uint32_t aes = world_aes(w);
    uint32_t old_flags =
            (w->setup.crypt & CRYPT_OLD) != 0 ? flags | aes : flags;
    uint32_t new_flags =
            (w->setup.crypt & CRYPT_NEW) != 0 ? flags | aes : flags;

    for (uint8_t image = 0; image < w->board.image_count; image++) {
        uint32_t old_size;
        uint32_t new_size;

        choose_sizes(w, image, &old_size, &new_size);
        if (old_size < 200 || new_size < 200) {
            return false;
        }
        w->old[image] = world_image(w, 1, old_size, old_flags, NULL);
        w->new[image] = world_image(w, 2, new_size, new_flags,
                w->setup.sizes == SIZES_ALIKE ? &w->old[image] : NULL);
    }
    return true;
}

/* ---- device ------------------------------------------------------------- */

static void set_slot(struct world *w, struct mcub_slot *slot,
        const struct geometry_area *area)
{
    if (area->size > 0) {
        slot->flash = &w->device[area->device].flash;
        slot->off = area->off;
        slot->size = area->size;
    }
}

static void init_device(struct world *w, size_t i)
{
    const struct geometry *g = w->setup.geometry;
    const struct geometry_device *d = &g->device[i];
    uint32_t write_size =
            w->setup.write_size != 0 ? w->setup.write_size : g->write_size;
    uint8_t erased = w->setup.erased;
    size_t runs = 0;

    while (runs < GEOMETRY_RUNS && d->runs[runs].count > 0) {
        runs++;
    }
    flash_model_init_runs(&w->device[i], &w->power, d->runs, runs, write_size,
            d->other_erased ? (uint8_t)~erased : erased);
    w->device[i].letter = (char)('A' + i);
}

bool world_init(struct world *w, const struct setup *setup)
{
    const struct geometry *g = setup->geometry;

    memset(w, 0, sizeof(*w));
    w->setup = *setup;
    flash_power_on(&w->power);
    for (size_t i = 0; i < GEOMETRY_DEVICES; i++) {
        if (g->device[i].runs[0].count > 0) {
            init_device(w, i);
            w->devices = i + 1;
        }
    }
    for (uint8_t image = 0; image < g->images; image++) {
        set_slot(w, &w->pairs[image].slot[0], &g->slot[image][0]);
        set_slot(w, &w->pairs[image].slot[1], &g->slot[image][1]);
    }
    if (g->net_core) {
        w->pairs[1].overwrite = true;
        w->pairs[1].unreadable = true;
        w->net_core = world_need(w->pairs[1].slot[0].size);
    }
    w->board = (struct mcub_board){
        .mode = setup->mode,
        .image_count = g->images,
        .pairs = w->pairs,
        .max_align = g->max_align,
        .max_sectors = g->max_sectors,
    };
    set_slot(w, &w->board.scratch, &g->scratch);
    if ((setup->crypt & CRYPT_ON) != 0) {
        w->board.key_size = (setup->crypt & CRYPT_256) != 0 ? 32 : 16;
        w->board.enc_size = w->board.key_size;
        if ((setup->crypt & CRYPT_SAVED) != 0) {
            w->board.enc_size =
                    (uint16_t)(w->board.key_size + WORLD_WRAPPED_SIZE);
        }
    }
    w->ram_size = w->pairs[0].slot[0].size + 256;
    w->ram = world_need(w->ram_size);
    if (mcub_board_check(&w->board) != 0 || !make_images(w)) {
        world_finish(w);
        return false;
    }
    return true;
}

void world_finish(struct world *w)
{
    for (size_t i = 0; i < w->devices; i++) {
        flash_model_finish(&w->device[i]);
    }
    for (size_t i = 0; i < GEOMETRY_IMAGES; i++) {
        world_image_free(&w->old[i]);
        world_image_free(&w->new[i]);
    }
    free(w->net_core);
    free(w->ram);
    memset(w, 0, sizeof(*w));
}

void world_save(struct world *w, struct world_snapshot *snapshot)
{
    for (size_t i = 0; i < w->devices; i++) {
        flash_snapshot_take(&snapshot->device[i], &w->device[i]);
    }
    if (w->net_core != NULL) {
        if (snapshot->net_core == NULL) {
            snapshot->net_core = world_need(w->pairs[1].slot[0].size);
        }
        memcpy(snapshot->net_core, w->net_core, w->pairs[1].slot[0].size);
    }
}

void world_restore(struct world *w, const struct world_snapshot *snapshot)
{
    for (size_t i = 0; i < w->devices; i++) {
        flash_snapshot_restore(&snapshot->device[i], &w->device[i]);
    }
    if (w->net_core != NULL) {
        memcpy(w->net_core, snapshot->net_core, w->pairs[1].slot[0].size);
    }
}

void world_snapshot_finish(struct world_snapshot *snapshot)
{
    for (size_t i = 0; i < GEOMETRY_DEVICES; i++) {
        flash_snapshot_finish(&snapshot->device[i]);
    }
    free(snapshot->net_core);
    memset(snapshot, 0, sizeof(*snapshot));
}

void world_power_on(struct world *w)
{
    flash_power_on(&w->power);
    for (size_t i = 0; i < w->devices; i++) {
        if (w->setup.geometry->device[i].ram) {
            flash_model_wipe(&w->device[i]);
        }
    }
}

int world_boot(struct world *w)
{
    memset(w->buf, 0xa5, sizeof(w->buf));
    memset(&w->boot, 0xa5, sizeof(w->boot));
    w->boot.board = &w->board;
    w->boot.hash = &world_hash_ops;
    w->boot.hash_ctx = w;
    w->boot.ops = &boot_ops;
    w->boot.ops_ctx = w;
    w->boot.cipher = w->board.key_size != 0 ? &world_cipher_ops : NULL;
    w->boot.cipher_ctx = w;
    w->boot.buf = w->buf;
    w->boot.options = w->setup.options & ~WORLD_ALTERNATE;
    if ((w->setup.options & WORLD_ALTERNATE) != 0 &&
            (mix(w->power.seed) & 1) != 0) {
        w->boot.options ^= MCUB_BOOT_AS_REFERENCE;
    }
    w->boots++;
    return mcub_boot(&w->boot);
}

static bool holds(const struct world *w, const uint8_t *at,
        const struct blob *blob)
{
    return memcmp(at, blob->data, w->damaged ? blob->hashed : blob->len) == 0;
}

bool world_has_readable_primary(const struct world *w, uint8_t image)
{
    return !w->pairs[image].unreadable;
}

static const struct mcub_slot *running_slot(const struct world *w,
        uint8_t image)
{
    return &w->pairs[image].slot[image == 0 ? w->boot.booted_slot : 0];
}

static struct flash_model *model_of(const struct mcub_slot *slot)
{
    return slot->flash->ctx;
}

enum which world_running(const struct world *w, uint8_t image)
{
    const struct mcub_slot *slot = running_slot(w, image);
    const uint8_t *at = model_of(slot)->mem + slot->off;

    if (!world_has_readable_primary(w, image)) {
        at = w->net_core;
    } else if (w->setup.mode == MCUB_MODE_RAM_LOAD) {
        at = w->ram + 256;
    }
    if (holds(w, at, &w->new[image])) {
        return WHICH_NEW;
    }
    return holds(w, at, &w->old[image]) ? WHICH_OLD : WHICH_NONE;
}

const uint8_t *world_in_slot(const struct world *w, uint8_t slot,
        const struct blob *blob)
{
    bool plain = blob->sealed == NULL ||
            (slot == 0 && w->setup.mode != MCUB_MODE_RAM_LOAD);

    return plain ? blob->data : blob->sealed;
}

bool world_slot_holds(const struct world *w, uint8_t image, uint8_t slot,
        const struct blob *blob)
{
    const struct mcub_slot *area = &w->pairs[image].slot[slot];

    return memcmp(model_of(area)->mem + area->off, world_in_slot(w, slot, blob),
                   blob->len) == 0;
}

bool world_is_sound(const struct world *w, uint8_t image)
{
    const struct mcub_slot *slot = running_slot(w, image);
    const uint8_t *flags = model_of(slot)->flags + slot->off;
    uint32_t len = world_running(w, image) == WHICH_NEW ? w->new[image].len
                                                        : w->old[image].len;
    uint8_t all = 0;

    /* Without marks an image counts as soon as its last bit is there. */
    if (!world_has_readable_primary(w, image) ||
            (w->setup.options & MCUB_BOOT_BOOTSTRAP) != 0 ||
            w->setup.mode == MCUB_MODE_DIRECT_XIP ||
            (w->setup.mode == MCUB_MODE_RAM_LOAD &&
                    (w->setup.options & MCUB_BOOT_RAM_REVERT) == 0)) {
        return true;
    }
    for (uint32_t i = 0; i < len; i++) {
        all |= flags[i];
    }
    return (all & FLASH_WEAK) == 0;
}

unsigned world_violations(const struct world *w)
{
    unsigned sum = 0;

    for (size_t i = 0; i < w->devices; i++) {
        sum += w->device[i].violations;
    }
    return sum;
}

void world_program(struct world *w, uint8_t image, uint8_t slot, uint32_t off,
        const struct blob *blob)
{
    const struct mcub_slot *s = &w->pairs[image].slot[slot];

    if (!world_has_readable_primary(w, image) && slot == 0) {
        memcpy(w->net_core, blob->data, blob->len);
        return;
    }
    struct flash_model *m = model_of(s);

    memset(m->mem + s->off, m->flash.erased_val, s->size);
    memset(m->flags + s->off, 0, s->size);
    flash_model_load(m, s->off + off, world_in_slot(w, slot, blob), blob->len);
}

int world_upload(struct world *w, uint8_t image, uint8_t slot,
        const struct blob *blob)
{
    struct mcub_slot_writer writer;
    uint32_t step = w->setup.geometry->small ? 512 : 4096;
    const uint8_t *data = world_in_slot(w, slot, blob);
    int rc = mcub_slot_writer_init(&writer, &w->board, image, slot, blob->len,
            true);

    for (uint32_t off = 0; rc == 0 && off < blob->len; off += step) {
        uint32_t left = blob->len - off;

        rc = mcub_slot_writer_write(&writer, data + off,
                left < step ? left : step);
    }
    return rc == 0 ? mcub_slot_writer_finish(&writer) : rc;
}

struct mcub_trailer_state world_state(const struct world *w, uint8_t image,
        uint8_t slot)
{
    struct mcub_trailer_state state;

    if (mcub_slot_state(&w->board, image, slot, &state) != 0) {
        mcub_trailer_state_init(&state);
    }
    return state;
}
