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

/** Most signatures and dependencies of one image that are looked at. */
#define DFU_SIGNERS_MAX      4u
#define DFU_DEPENDENCIES_MAX 4u

/** A signature: its TLV type, and the key it names. */
struct dfu_signer {
    uint16_t type;   /**< MCUB_TLV_RSA2048_PSS, … */
    uint8_t key_len; /**< bytes of key; 0: no key is named */
    uint8_t key[64]; /**< hash of the public key, as TLV KEYHASH has it */
};

/** What a bootloader looks at beside hash and version. */
struct dfu_traits {
    uint32_t flags;     /**< of the image header */
    uint32_t load_addr; /**< of the image header */
    bool clear;         /**< plain text, though the flags say encrypted */
    bool net_core_code; /**< its reset vector is in a network core's flash */
    bool net_core_name; /**< its name is one that network cores have */
    bool has_counter;
    uint32_t counter; /**< security counter */
    uint8_t signer_count;
    struct dfu_signer signers[DFU_SIGNERS_MAX];
    uint8_t dependency_count;
    struct mcub_dependency dependencies[DFU_DEPENDENCIES_MAX];
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
    uint32_t flags;                  /**< of the image header */
    uint32_t load_addr;              /**< of the image header (ROM_FIXED) */
    const struct dfu_traits *traits; /**< NULL: nobody has looked */
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
