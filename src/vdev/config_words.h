// SPDX-License-Identifier: Apache-2.0
/* Tables of words for the keys of a configuration; {NULL, 0} ends each. */
#ifndef VDEV_CONFIG_WORDS_H
#define VDEV_CONFIG_WORDS_H

#include <stdint.h>

struct vdev_word {
    const char *text;
    uint32_t value;
};

extern const struct vdev_word vdev_era_words[];
extern const struct vdev_word vdev_mode_words[];
extern const struct vdev_word vdev_feature_words[];
extern const struct vdev_word vdev_image_words[];
extern const struct vdev_word vdev_boot_words[];
extern const struct vdev_word vdev_hash_words[];
extern const struct vdev_word vdev_enter_words[];
extern const struct vdev_word vdev_recovery_words[];

#endif
