// SPDX-License-Identifier: Apache-2.0
/* One image file: what it is, whether it is whole, what of it is sent. */
#ifndef HOST_IMAGEFILE_H
#define HOST_IMAGEFILE_H

#include "host/package.h"

/** Bytes of one file, alive as long as its package. */
struct host_blob {
    uint8_t *data;
    uint32_t size;
};

/**
 * Say what a file is that is no MCUboot image.
 *
 * @return -1, always: DFU_NOT_AN_MCUBOOT_IMAGE, DFU_PACKAGE_WRONG_KIND or
 *         DFU_IMAGE_TRUNCATED
 */
int host_imagefile_refuse(const uint8_t *buf, size_t len, const char *name,
        struct host_error *err);

/**
 * Check one image and fill its description.
 *
 * @param[in,out] image  blob is set; mcub, sizes and app are written
 * @param[out]    dfu    source, sha, hash, version and flags are written
 * @param         notes  what was changed or tolerated is added
 * @return 0, or -1 with an exit 4 code
 */
int host_imagefile_check(struct host_package_image *image,
        struct dfu_image *dfu, bool force, GPtrArray *notes,
        struct host_error *err);

#endif
