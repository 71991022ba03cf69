// SPDX-License-Identifier: Apache-2.0
/*
 * Bootloaders by name: --bootloader MODE gives any preset that mode, and what
 * it needs on top of the preset's flash map.
 *
 *   mode                 needs
 *   -------------------  --------------------------------------------------
 *   scratch              a scratch area: a gap of the map, else a piece cut
 *                        off the end of both slots
 *   direct-xip…          both slots in internal flash, no network core
 *   ram-load…            RAM for a whole slot, no network core
 *   single…              one slot, no network core
 *   firmware-loader      the second slot holds the loader, no network core
 */
#include <stdio.h>
#include <string.h>

#include "mcub/boot.h"

#include "vdev/config.h"

/* Options that belong to a mode. */
#define OWN_OPTIONS (MCUB_BOOT_OVERWRITE_WHOLE | MCUB_BOOT_RAM_REVERT)

#define RAM_SECTOR 4096u

static const struct {
    const char *name;
    const char *alias; /* taken as well; NULL = none */
    const char *text;
    enum mcub_mode mode;
    uint32_t options; /* of OWN_OPTIONS */
} bootloaders[] = {
    { "scratch", "swap-scratch", "swap using a scratch area", MCUB_MODE_SCRATCH,
            0 },
    { "move", "swap-move", "swap using move", MCUB_MODE_MOVE, 0 },
    { "offset", "swap-offset", "swap using offset", MCUB_MODE_OFFSET, 0 },
    { "overwrite", "overwrite-fast",
            "overwrite only, as much as the image needs", MCUB_MODE_OVERWRITE,
            0 },
    { "overwrite-whole", NULL, "overwrite only, the whole slot",
            MCUB_MODE_OVERWRITE, MCUB_BOOT_OVERWRITE_WHOLE },
    { "direct-xip", NULL, "the higher version runs where it lies",
            MCUB_MODE_DIRECT_XIP, 0 },
    { "direct-xip-revert", NULL, "the same; what is not confirmed is erased",
            MCUB_MODE_DIRECT_XIP_REVERT, 0 },
    { "ram-load", NULL, "the higher version is copied to RAM and runs there",
            MCUB_MODE_RAM_LOAD, 0 },
    { "ram-load-revert", NULL, "the same; what is not confirmed is erased",
            MCUB_MODE_RAM_LOAD, MCUB_BOOT_RAM_REVERT },
    { "single", NULL, "one slot, no update by the application",
            MCUB_MODE_SINGLE, 0 },
    { "single-ram", NULL, "one slot, copied to RAM", MCUB_MODE_SINGLE_RAM, 0 },
    { "firmware-loader", NULL, "a loader in the second slot updates the first",
            MCUB_MODE_FW_LOADER, 0 },
};

#define COUNT (sizeof(bootloaders) / sizeof(bootloaders[0]))

size_t vdev_bootloader_count(void)
{
    return COUNT;
}

const char *vdev_bootloader_name(size_t i)
{
    return i < COUNT ? bootloaders[i].name : NULL;
}

const char *vdev_bootloader_text(size_t i)
{
    return i < COUNT ? bootloaders[i].text : NULL;
}

static bool can_update_network_core(enum mcub_mode mode)
{
    return mode == MCUB_MODE_SCRATCH || mode == MCUB_MODE_MOVE ||
            mode == MCUB_MODE_OFFSET || mode == MCUB_MODE_OVERWRITE;
}

static bool overlaps(const struct vdev_slot_config *a,
        const struct vdev_slot_config *b)
{
    return a->part == b->part && a->off < b->off + b->size &&
            b->off < a->off + a->size;
}

/* Whole sectors, inside, and nobody else's? */
static bool is_free(const struct vdev_config *cfg,
        const struct vdev_slot_config *area)
{
    const struct vdev_part_config *p = &cfg->part[area->part];
    if (area->off > p->size || area->size > p->size - area->off ||
            area->off % p->sector_size != 0 || overlaps(area, &cfg->storage)) {
        return false;
    }
    for (uint8_t i = 0; i < cfg->image_count; i++) {
        if (overlaps(area, &cfg->image[i].slot[0]) ||
                overlaps(area, &cfg->image[i].slot[1])) {
            return false;
        }
    }
    return true;
}

/* Behind a slot or the settings, where nothing else is. */
static bool find_gap(const struct vdev_config *cfg,
        struct vdev_slot_config *area)
{
    const struct vdev_slot_config *before[2 * VDEV_IMAGES_MAX + 1];
    size_t count = 0;
    for (uint8_t i = 0; i < cfg->image_count; i++) {
        before[count++] = &cfg->image[i].slot[0];
        before[count++] = &cfg->image[i].slot[1];
    }
    before[count++] = &cfg->storage;
    for (size_t i = 0; i < count; i++) {
        struct vdev_slot_config found = { before[i]->part,
            before[i]->off + before[i]->size, area->size };
        if (before[i]->size != 0 && before[i]->part == VDEV_PART_INTERNAL &&
                is_free(cfg, &found)) {
            *area = found;
            return true;
        }
    }
    return false;
}

static int add_scratch(struct vdev_config *cfg, char err[VDEV_ERR_SIZE])
{
    struct vdev_slot_config *slot = cfg->image[0].slot;
    uint32_t sector = cfg->part[VDEV_PART_INTERNAL].sector_size;
    uint32_t other = cfg->part[slot[1].part].sector_size;
    uint32_t size = other > sector ? other : sector;
    struct vdev_slot_config area = { VDEV_PART_INTERNAL, 0, size };
    if (cfg->scratch.size != 0) {
        return 0;
    }
    if (sector == 0 || size % sector != 0) {
        snprintf(err, VDEV_ERR_SIZE,
                "scratch: the sectors of the slots do not fit each other");
        return -1;
    }
    if (!find_gap(cfg, &area)) {
        if (slot[0].size <= size || slot[1].size <= size) {
            snprintf(err, VDEV_ERR_SIZE,
                    "scratch: no room for %u bytes of scratch area", size);
            return -1;
        }
        slot[0].size -= size;
        slot[1].size -= size;
        area.part = slot[0].part;
        area.off = slot[0].off + slot[0].size;
    }
    cfg->scratch = area;
    return 0;
}

static void add_ram(struct vdev_config *cfg)
{
    struct vdev_part_config *ram = &cfg->part[VDEV_PART_RAM];
    const struct vdev_slot_config *slot = cfg->image[0].slot;
    uint32_t size = slot[0].size > slot[1].size ? slot[0].size : slot[1].size;
    size = (size + RAM_SECTOR - 1) / RAM_SECTOR * RAM_SECTOR;
    if (ram->size < size) {
        *ram = (struct vdev_part_config){ .size = size,
            .sector_size = RAM_SECTOR,
            .write_size = 4 };
    }
}

static int change(struct vdev_config *cfg, size_t i, char err[VDEV_ERR_SIZE])
{
    enum mcub_mode mode = bootloaders[i].mode;
    if (!can_update_network_core(mode) && cfg->image_count > 1) {
        snprintf(err, VDEV_ERR_SIZE,
                "%s: image 1 of this device is a network core, which only "
                "bootloaders that swap or overwrite can update; take a "
                "preset with one image",
                bootloaders[i].name);
        return -1;
    }
    cfg->mode = mode;
    cfg->boot_options = (cfg->boot_options & ~(uint32_t)OWN_OPTIONS) |
            bootloaders[i].options;
    switch (mode) {
    case MCUB_MODE_SCRATCH:
        return add_scratch(cfg, err);
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_FW_LOADER:
        if (cfg->image[0].slot[1].part != VDEV_PART_INTERNAL) {
            snprintf(err, VDEV_ERR_SIZE,
                    "%s: programs run from both slots, but the second one "
                    "lies in external flash",
                    bootloaders[i].name);
            return -1;
        }
        break;
    case MCUB_MODE_RAM_LOAD:
    case MCUB_MODE_SINGLE_RAM:
        add_ram(cfg);
        break;
    case MCUB_MODE_OVERWRITE:
    case MCUB_MODE_MOVE:
    case MCUB_MODE_OFFSET:
    case MCUB_MODE_SINGLE:
        break;
    }
    return 0;
}

int vdev_config_bootloader(struct vdev_config *cfg, const char *name,
        char err[VDEV_ERR_SIZE])
{
    struct vdev_config result = *cfg;
    for (size_t i = 0; i < COUNT; i++) {
        const char *alias = bootloaders[i].alias;
        if (strcmp(bootloaders[i].name, name) != 0 &&
                (alias == NULL || strcmp(alias, name) != 0)) {
            continue;
        }
        if (change(&result, i, err) != 0) {
            return -1;
        }
        *cfg = result;
        return 0;
    }
    int n = snprintf(err, VDEV_ERR_SIZE,
            "no bootloader \"%.32s\"; there are:", name);
    for (size_t i = 0; i < COUNT && n > 0 && n < VDEV_ERR_SIZE; i++) {
        n += snprintf(err + n, VDEV_ERR_SIZE - (size_t)n, " %s",
                bootloaders[i].name);
    }
    return -1;
}
