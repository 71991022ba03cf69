// SPDX-License-Identifier: Apache-2.0
/*
 * Kconfig symbols that matter over SMP: old and new names, since when, what
 * they change. One table for the lint, for the rules and for whoever wants to
 * know which device a prj.conf describes.
 */
#ifndef DIAG_KCONFIG_H
#define DIAG_KCONFIG_H

#include "diag/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What makes bootloader and application manage two images on an nRF5340: the
 * lines, with `sep` between. The only list of them, for errors and verdicts.
 */
/** In prj.conf of the application, before sysbuild. */
#define DIAG_TWO_IMAGES_APP(sep)                         \
    "CONFIG_UPDATEABLE_IMAGE_NUMBER=2" sep               \
    "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2" sep \
    "CONFIG_NRF53_UPGRADE_NETWORK_CORE=y"
/** In child_image/mcuboot.conf, before sysbuild. */
#define DIAG_TWO_IMAGES_BOOT(sep)                                            \
    "CONFIG_UPDATEABLE_IMAGE_NUMBER=2" sep                                   \
    "CONFIG_NRF53_MULTI_IMAGE_UPDATE=y" sep "CONFIG_BOOT_UPGRADE_ONLY=y" sep \
    "CONFIG_PCD_APP=y" sep "CONFIG_FLASH_SIMULATOR=y"
/** In sysbuild.conf. */
#define DIAG_TWO_IMAGES_SYSBUILD(sep)                                          \
    "SB_CONFIG_SECURE_BOOT_NETCORE=y" sep "SB_CONFIG_NETCORE_APP_UPDATE=y" sep \
    "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE=y" sep                         \
    "SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY=y"

/** One symbol, without CONFIG_; all strings are static. */
struct diag_kconfig {
    const char *old_name; /**< up to Zephyr 3.2 (nRF Connect SDK 2.2), NULL */
    const char *name;     /**< from 3.3 on; NULL: gone without successor */
    const char *since;    /**< first version with `name`, "" = all */
    const char *value;    /**< default, "" = depends */
    const char *effect;   /**< as seen over SMP, one sentence */
};

/** The table; rows are sorted by nothing but the group they are about. */
const struct diag_kconfig *diag_kconfig_table(size_t *count);

/**
 * Find a symbol, prefix CONFIG_ or SB_CONFIG_ allowed.
 *
 * @param[out] old  true: the name is one that is not valid any more
 * @return the row, or NULL
 */
const struct diag_kconfig *diag_kconfig_find(const char *symbol, bool *old);

/** How bad a finding of the lint is. */
enum diag_lint_level {
    DIAG_LINT_ERROR,   /**< has no effect, or contradicts another line */
    DIAG_LINT_WARNING, /**< a known trap */
    DIAG_LINT_NOTE,    /**< worth knowing */
};

/** One finding. */
struct diag_lint {
    enum diag_lint_level level;
    const char *file;
    uint32_t line; /**< 0 = about the whole */
    char text[240];
    const char *fix; /**< lines to write instead, or NULL; static */
};

#define DIAG_LINT_MAX 32u

/** What a configuration describes, as a client would see it. */
struct diag_conf_device {
    uint32_t images;   /**< updatable images */
    uint32_t mtu;      /**< largest ATT MTU, 0 = no Bluetooth */
    uint32_t buf_size; /**< of an SMP buffer */
    uint32_t buf_count;
    bool params; /**< MCUmgr parameters are answered */
    bool reassembly;
    bool image_group;
    bool os_group;
    bool erase_settings;
};

/**
 * Look through the configuration events of a list.
 *
 * @param      events  borrowed; findings point into it
 * @param[out] out     room for DIAG_LINT_MAX findings
 * @return findings written
 */
size_t diag_lint(const struct diag_events *events, struct diag_lint *out);

/** What the configuration events describe; false: there are none. */
bool diag_conf_describe(const struct diag_events *events,
        struct diag_conf_device *device);

/** "error", "warning", "note". */
const char *diag_lint_level_to_str(enum diag_lint_level level);

#ifdef __cplusplus
}
#endif

#endif
