// SPDX-License-Identifier: Apache-2.0
/*
 * RAM that the bootloader may load images into: all of the part ram, from
 * the address boot.ram_base on. It is the CPU's memory: bytes are written
 * without an erase, and nobody counts.
 */
#include <string.h>

#include "vdev/private.h"

/* The bytes at an address; NULL when they are not all in RAM. */
static uint8_t *bytes_at(struct vdev_device *d, uint32_t addr, size_t len)
{
    struct vdev_memory *ram = &d->chip.memory[VDEV_PART_RAM];
    uint32_t off = addr - d->cfg.ram_base;
    if (ram->base == NULL || addr < d->cfg.ram_base || off > ram->cfg.size ||
            len > ram->cfg.size - off) {
        return NULL;
    }
    return ram->base + off;
}

static int ram_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const uint8_t *p = bytes_at(ctx, addr, len);
    if (p == NULL) {
        return MCUB_E_RAM;
    }
    memcpy(buf, p, len);
    return 0;
}

static int ram_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    uint8_t *p = bytes_at(ctx, addr, len);
    if (p == NULL) {
        return MCUB_E_RAM;
    }
    memcpy(p, buf, len);
    return 0;
}

int vdev_ram(void *ctx, uint8_t image, struct mcub_ram *ram)
{
    struct vdev_device *d = ctx;
    (void)image;
    if (d->cfg.part[VDEV_PART_RAM].size == 0) {
        return MCUB_E_RAM;
    }
    *ram = (struct mcub_ram){
        .start = d->cfg.ram_base,
        .size = d->cfg.part[VDEV_PART_RAM].size,
        .read = ram_read,
        .write = ram_write,
        .ctx = d,
    };
    return 0;
}

bool vdev_runs_from_ram(const struct vdev_device *d)
{
    return d->cfg.mode == MCUB_MODE_RAM_LOAD ||
            d->cfg.mode == MCUB_MODE_SINGLE_RAM;
}

int vdev_open_running(struct vdev_device *d, struct mcub_image *image)
{
    struct mcub_slot_image found;
    int rc = mcub_slot_open(&d->board, 0, d->running_slot, &found);
    if (rc != 0 || !vdev_runs_from_ram(d)) {
        *image = found.image;
        return rc;
    }
    /* What runs is the copy. */
    struct mcub_source src = { ram_read, d, found.image.hdr.load_addr,
        mcub_image_total_size(&found.image) };
    return mcub_image_open(image, &src);
}
