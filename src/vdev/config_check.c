// SPDX-License-Identifier: Apache-2.0
/*
 * What does not fit together in a configuration.
 */
#include <stdio.h>
#include <string.h>

#include "mcub/version.h"

#include "vdev/config.h"
#include "vdev/private.h"

static bool slot_fits(const struct vdev_config *cfg,
        const struct vdev_slot_config *s)
{
    const struct vdev_part_config *p = &cfg->part[s->part];
    return p->size != 0 && s->off <= p->size && s->size <= p->size - s->off &&
            s->off % p->sector_size == 0 && s->size % p->sector_size == 0;
}

static int check_part(const struct vdev_config *cfg, int i,
        char err[VDEV_ERR_SIZE])
{
    const struct vdev_part_config *p = &cfg->part[i];
    if (p->size == 0) {
        return 0;
    }
    uint32_t w = p->write_size;
    if (p->sector_size == 0 || p->size % p->sector_size != 0 || w == 0 ||
            w > 32 || (w & (w - 1)) != 0 || p->sector_size % w != 0) {
        snprintf(err, VDEV_ERR_SIZE, "%s: size, sector and write do not fit",
                vdev_part_names[i]);
        return -1;
    }
    if (p->size > 0x20000000u) {
        snprintf(err, VDEV_ERR_SIZE, "%s: more than 512M", vdev_part_names[i]);
        return -1;
    }
    return 0;
}

static int check_server(const struct vdev_config *cfg, char err[VDEV_ERR_SIZE])
{
    if (cfg->buf_size < 64 || cfg->buf_size > 65535 || cfg->buf_count < 2 ||
            cfg->buf_count > 255) {
        snprintf(err, VDEV_ERR_SIZE,
                "server: buf_size 64..65535, buf_count 2..255");
        return -1;
    }
    if (cfg->recovery.buf_size < 64 || cfg->recovery.buf_size > 65535) {
        snprintf(err, VDEV_ERR_SIZE, "recovery.buf_size: 64..65535");
        return -1;
    }
    if (cfg->att_mtu < 23 || cfg->att_mtu > 517) {
        snprintf(err, VDEV_ERR_SIZE, "ble.att_mtu: 23..517");
        return -1;
    }
    struct mcub_version v;
    if (mcub_version_parse(cfg->app_version, strlen(cfg->app_version), &v) !=
            0) {
        snprintf(err, VDEV_ERR_SIZE, "app.version: not a version");
        return -1;
    }
    return 0;
}

static int check_encryption(const struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    if (cfg->decrypt_key[0] == '\0') {
        return 0;
    }
    if (cfg->encrypt_keylen != 128 && cfg->encrypt_keylen != 256) {
        snprintf(err, VDEV_ERR_SIZE, "boot.encrypt_keylen: 128 or 256");
        return -1;
    }
    if (cfg->mode == MCUB_MODE_DIRECT_XIP ||
            cfg->mode == MCUB_MODE_DIRECT_XIP_REVERT) {
        snprintf(err, VDEV_ERR_SIZE,
                "boot.decrypt_key: images that run in place cannot be "
                "encrypted: give it another boot.mode");
        return -1;
    }
    return 0;
}

int vdev_config_check(const struct vdev_config *cfg, char err[VDEV_ERR_SIZE])
{
    for (int i = 0; i < VDEV_PARTS; i++) {
        if (check_part(cfg, i, err) != 0) {
            return -1;
        }
    }
    if (cfg->part[VDEV_PART_INTERNAL].size == 0 || cfg->image_count < 1 ||
            cfg->image_count > VDEV_IMAGES_MAX ||
            cfg->server_images > cfg->image_count) {
        snprintf(err, VDEV_ERR_SIZE,
                "internal flash, boot.images or "
                "server.images impossible");
        return -1;
    }
    for (uint8_t i = 0; i < cfg->image_count; i++) {
        uint8_t slots = cfg->mode == MCUB_MODE_SINGLE ||
                        cfg->mode == MCUB_MODE_SINGLE_RAM
                ? 1
                : 2;
        for (uint8_t s = 0; s < slots; s++) {
            if (!slot_fits(cfg, &cfg->image[i].slot[s])) {
                snprintf(err, VDEV_ERR_SIZE,
                        "image %u slot %u is not on whole sectors of its "
                        "memory",
                        i, s);
                return -1;
            }
        }
    }
    if ((cfg->storage.size != 0 && !slot_fits(cfg, &cfg->storage)) ||
            (cfg->scratch.size != 0 && !slot_fits(cfg, &cfg->scratch))) {
        snprintf(err, VDEV_ERR_SIZE,
                "storage or scratch is not on whole sectors of its memory");
        return -1;
    }
    return check_encryption(cfg, err) == 0 ? check_server(cfg, err) : -1;
}
