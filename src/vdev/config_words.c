// SPDX-License-Identifier: Apache-2.0
/* Words of the configuration, and what they stand for. */
#include "vdev/config_words.h"

#include <stddef.h>

#include "dfu/image_group.h"
#include "mcub/boot.h"

#include "vdev/config.h"

const struct vdev_word vdev_era_words[] = {
    { "A", VDEV_ERA_A },
    { "C", VDEV_ERA_C },
    { "E", VDEV_ERA_E },
    { NULL, 0 },
};

const struct vdev_word vdev_mode_words[] = {
    { "single", MCUB_MODE_SINGLE },
    { "swap-scratch", MCUB_MODE_SCRATCH },
    { "overwrite", MCUB_MODE_OVERWRITE },
    { "swap-move", MCUB_MODE_MOVE },
    { "direct-xip", MCUB_MODE_DIRECT_XIP },
    { "direct-xip-revert", MCUB_MODE_DIRECT_XIP_REVERT },
    { "ram-load", MCUB_MODE_RAM_LOAD },
    { "firmware-loader", MCUB_MODE_FW_LOADER },
    { "swap-offset", MCUB_MODE_OFFSET },
    { "single-ram", MCUB_MODE_SINGLE_RAM },
    { NULL, 0 },
};

const struct vdev_word vdev_feature_words[] = {
    { "echo", VDEV_FEATURE_ECHO },
    { "params", VDEV_FEATURE_PARAMS },
    { "info", VDEV_FEATURE_INFO },
    { "bootloader", VDEV_FEATURE_BOOTLOADER },
    { "datetime", VDEV_FEATURE_DATETIME },
    { "slot-info", VDEV_FEATURE_SLOT_INFO },
    { "enum", VDEV_FEATURE_ENUM },
    { "basic", VDEV_FEATURE_BASIC },
    { "erase", VDEV_FEATURE_ERASE },
    { "match", VDEV_FEATURE_MATCH },
    { "progressive", VDEV_FEATURE_PROGRESSIVE },
    { "verbose", VDEV_FEATURE_VERBOSE },
    { "no-os", VDEV_FEATURE_NO_OS },
    { "no-images", VDEV_FEATURE_NO_IMAGES },
    { NULL, 0 },
};

const struct vdev_word vdev_image_words[] = {
    { "max-size", DFU_IMAGE_MAX_SIZE },
    { "frugal", DFU_IMAGE_FRUGAL },
    { "direct-upload", DFU_IMAGE_DIRECT_UPLOAD },
    { "keep-pending", DFU_IMAGE_KEEP_PENDING },
    { "confirm-any", DFU_IMAGE_CONFIRM_ANY },
    { "no-confirm-secondary", DFU_IMAGE_NO_CONFIRM_SECONDARY },
    { "no-confirm-non-active", DFU_IMAGE_NO_CONFIRM_NON_ACTIVE },
    { "version-build", DFU_IMAGE_VERSION_BUILD },
    { NULL, 0 },
};

const struct vdev_word vdev_boot_words[] = {
    { "no-primary-check", MCUB_BOOT_NO_PRIMARY_CHECK },
    { "no-downgrade", MCUB_BOOT_NO_DOWNGRADE },
    { "use-build", MCUB_BOOT_USE_BUILD },
    { "keep-oversized", MCUB_BOOT_KEEP_OVERSIZED },
    { "overwrite-whole", MCUB_BOOT_OVERWRITE_WHOLE },
    { "keep-backup", MCUB_BOOT_KEEP_BACKUP },
    { "no-counter-downgrade", MCUB_BOOT_NO_COUNTER_DOWNGRADE },
    { "bootstrap", MCUB_BOOT_BOOTSTRAP },
    { "validate-once", MCUB_BOOT_VALIDATE_ONCE },
    { "ram-revert", MCUB_BOOT_RAM_REVERT },
    { NULL, 0 },
};

const struct vdev_word vdev_hash_words[] = {
    { "sha256", MCUB_HASH_SHA256 },
    { "sha384", MCUB_HASH_SHA384 },
    { "sha512", MCUB_HASH_SHA512 },
    { NULL, 0 },
};

/* Serial recovery: what brings the bootloader there. */
const struct vdev_word vdev_enter_words[] = {
    { "button", VDEV_ENTER_BUTTON },
    { "boot-mode", VDEV_ENTER_BOOT_MODE },
    { "no-image", VDEV_ENTER_NO_IMAGE },
    { "wait", VDEV_ENTER_WAIT },
    { NULL, 0 },
};

const struct vdev_word vdev_recovery_words[] = {
    { "echo", VDEV_RECOVERY_ECHO },
    { "params", VDEV_RECOVERY_PARAMS },
    { "hash", VDEV_RECOVERY_HASH },
    { "state", VDEV_RECOVERY_STATE },
    { "slot-info", VDEV_RECOVERY_SLOT_INFO },
    { "direct", VDEV_RECOVERY_DIRECT },
    { "progressive", VDEV_RECOVERY_PROGRESSIVE },
    { "erase-storage", VDEV_RECOVERY_ERASE_STORAGE },
    { NULL, 0 },
};
