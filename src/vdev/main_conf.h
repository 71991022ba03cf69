// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim --conf: the device that Kconfig files describe. Memory, times and
 * whatever Kconfig does not tell come from a preset; the files change it.
 */
#ifndef VDEV_MAIN_CONF_H
#define VDEV_MAIN_CONF_H

#include <glib.h>

#include "diag/event.h"

#include "vdev/config.h"

/** Configuration files, read. */
struct main_conf {
    struct diag_events all;
    struct diag_events app;  /**< application and sysbuild */
    struct diag_events boot; /**< bootloader */
    char sdk[32];            /**< as given, "" = that of the preset */
    char kernel[16];         /**< Zephyr version, "" = not known */
    uint32_t zephyr;         /**< major × 100 + minor, 0 = not known */
    bool told;               /**< there are files */
    uint8_t app_images;
    uint8_t boot_images;
    GString *remarks; /**< lines about what cannot be taken over */
};

void main_conf_init(struct main_conf *c);
void main_conf_clear(struct main_conf *c);

/**
 * Set the version: "2.4.1" is an nRF Connect SDK, "zephyr-3.7" a Zephyr.
 *
 * @return false and err: neither
 */
bool main_conf_set_sdk(struct main_conf *c, const char *text,
        char err[VDEV_ERR_SIZE]);

/**
 * Add a file: prj.conf, sysbuild.conf, mcuboot.conf, .config. It belongs to
 * the bootloader when its name or folder says mcuboot, or when it sets
 * CONFIG_MCUBOOT.
 *
 * @param text  its content, borrowed
 * @return false and err: no configuration
 */
bool main_conf_add(struct main_conf *c, const char *name, const char *text,
        size_t len, char err[VDEV_ERR_SIZE]);

/** The preset to start from when none is named; never NULL. */
const char *main_conf_preset(const struct main_conf *c);

/**
 * Lay the files and the version over a configuration.
 *
 * @param[in,out] cfg  a preset
 * @return false and err: they describe no device that can be built
 */
bool main_conf_apply(struct main_conf *c, struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE]);

/** What is wrong with the files; notes only when asked for. free() it. */
char *main_conf_findings(const struct main_conf *c, bool notes);

/** Device, lines used, lines without effect, findings. free() it. */
char *main_conf_describe(const struct main_conf *c,
        const struct vdev_config *cfg);

#endif
