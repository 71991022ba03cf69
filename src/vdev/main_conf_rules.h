// SPDX-License-Identifier: Apache-2.0
/* Tables from Kconfig to the keys of a virtual device; for --conf only. */
#ifndef VDEV_MAIN_CONF_RULES_H
#define VDEV_MAIN_CONF_RULES_H

#include <stdint.h>

#define MAIN_CONF_OTA "CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU"

/** A symbol, and what is set when it has a value. */
struct main_conf_rule {
    const char *symbol; /**< NULL ends a table */
    const char *value;  /**< NULL: any */
    const char *key;
    const char *to; /**< NULL: the value of the symbol */
};

extern const struct main_conf_rule main_conf_app[];
extern const struct main_conf_rule main_conf_boot[];
/** The first that holds decides. */
extern const struct main_conf_rule main_conf_mode[];
/** Symbols that are read by their names; NULL ends them. */
extern const char *const main_conf_names[];

/** A version of the nRF Connect SDK: newest first, the oldest is for all. */
struct main_conf_sdk {
    uint32_t ncs; /**< from this one on, major × 100 + minor */
    const char *kernel;
    uint32_t zephyr; /**< whose names and answers it has */
};

extern const struct main_conf_sdk main_conf_sdks[];

#endif
