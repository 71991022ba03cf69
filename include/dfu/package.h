// SPDX-License-Identifier: Apache-2.0
/*
 * What is to be installed: a package description without files or zips.
 * host_package fills it from a dfu_application.zip or a signed image; a
 * gateway may fill it by hand.
 */
#ifndef DFU_PACKAGE_H
#define DFU_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mcub/image.h"
#include "smp/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most images of one package. */
#define DFU_IMAGES_MAX 8u

/** Where the bytes of a file come from; synchronous, no I/O wait. */
struct dfu_source {
    void *ctx;
    /** 0, or negative: the bytes cannot be had. off + len <= size. */
    int (*read)(void *ctx, uint32_t off, void *buf, size_t len);
    uint32_t size;
};

/** One image of a package. Pointers are borrowed for the package's life. */
struct dfu_image {
    uint8_t image;            /**< index, 0 = application core */
    uint8_t slot;             /**< wanted slot, 1 unless direct-XIP says so */
    bool slot_given;          /**< slot came from the manifest (direct-XIP) */
    bool net_core;            /**< overwritten, not swapped; not readable */
    bool encrypted;           /**< hash is over the plaintext: not checked */
    bool duplicate_file;      /**< same bytes as an earlier image: no sha */
    const char *name;         /**< file name, for messages */
    const char *board;        /**< of the manifest, NULL when not told */
    struct dfu_source source; /**< what is uploaded (trailer stripped) */
    uint8_t sha[32];          /**< SHA-256 of exactly those bytes */
    uint8_t hash[64];         /**< image hash TLV: what the device lists */
    uint8_t hash_len;         /**< 32, 48 or 64 */
    struct mcub_version version;
    uint32_t flags;     /**< of the image header */
    uint32_t load_addr; /**< of the image header (ROM_FIXED) */
};

struct dfu_package {
    struct dfu_image images[DFU_IMAGES_MAX]; /**< ascending image, then slot */
    uint8_t count;
    const char *name; /**< of the file, for messages */
};

#ifdef __cplusplus
}
#endif

#endif
