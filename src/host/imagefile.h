// SPDX-License-Identifier: Apache-2.0
/* One image file: what it is, whether it is whole, what of it is sent. */
#ifndef HOST_IMAGEFILE_H
#define HOST_IMAGEFILE_H

#include "host/package.h"
#include "mcub/flaw.h"

/** Bytes of one file, alive as long as its package. */
struct host_blob {
    uint8_t *data;
    uint32_t size;
};

/** A source over the bytes of a blob, alive as long as it is. */
struct mcub_source host_blob_source(struct host_blob *blob);

/**
 * Say what a file is that is no MCUboot image.
 *
 * @return -1, always: DFU_NOT_AN_MCUBOOT_IMAGE, DFU_PACKAGE_WRONG_KIND or
 *         DFU_IMAGE_TRUNCATED
 */
int host_imagefile_refuse(const uint8_t *buf, size_t len, const char *name,
        struct host_error *err);

/**
 * Say why an image is refused that mcub_image_find_flaw() finds wanting.
 *
 * @return -1, always: DFU_IMAGE_MALFORMED
 */
int host_imagefile_tell_flaw(const char *name, const struct mcub_flaw *flaw,
        struct host_error *err);

/** Where in a padded file the trailer is, and what it says. */
struct host_trailer {
    uint32_t max_align; /**< 8, 16 or 32; 0: there is no trailer */
    uint8_t image_ok;   /**< as stored: 01 = confirmed, ff or 00 = not */
    uint8_t copy_done;  /**< as stored */
    uint8_t swap_info;  /**< as stored */
    uint32_t swap_size; /**< as stored */
};

/** Read the trailer at the end of a file. */
void host_imagefile_read_trailer(const uint8_t *buf, size_t len,
        struct host_trailer *trailer);

/**
 * Check the signatures of an image with the keys of the options.
 *
 * @param[in] view  the image, decrypted if it could be
 * @return 0, or -1 with DFU_SIGNATURE_MISSING, DFU_SIGNATURE_WRONG_KEY
 */
int host_imagefile_check_signature(struct host_package_image *image,
        const struct mcub_image *view, const struct host_package_options *opt,
        GPtrArray *notes, struct host_error *err);

/** Tell whether a file name is one that images of network cores have. */
bool host_name_is_net_core(const char *name);

/**
 * Read what a bootloader will look at.
 *
 * @param[in] image  opened and checked
 */
void host_imagefile_traits(const struct host_package_image *image,
        struct dfu_traits *traits);

/**
 * Check one image and fill its description.
 *
 * @param[in,out] image  blob is set; mcub, sizes and app are written
 * @param[out]    dfu    source, sha, hash, version and flags are written
 * @param         notes  what was changed or tolerated is added
 * @return 0, or -1 with an exit 4 code
 */
int host_imagefile_check(struct host_package_image *image,
        struct dfu_image *dfu, const struct host_package_options *opt,
        GPtrArray *notes, struct host_error *err);

#endif
