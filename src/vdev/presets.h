// SPDX-License-Identifier: Apache-2.0
/*
 * The presets as CMake embeds them (EmbedPresets.cmake).
 */
#ifndef VDEV_PRESETS_H
#define VDEV_PRESETS_H

#include <stddef.h>

struct vdev_preset {
    const char *name;
    const char *text; /**< the INI file */
};

extern const struct vdev_preset vdev_preset_table[];
extern const size_t vdev_preset_table_count;

#endif
