// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.json of dfu_application.zip, format versions 0 and 1.
 */
#ifndef HOST_MANIFEST_H
#define HOST_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "host/error.h"

#define HOST_MANIFEST_MAX   0x100000u
#define HOST_MANIFEST_DEPTH 16u

/** One file of the manifest; texts are its own, NULL = not told. */
struct host_manifest_file {
    char *file;
    char *type;
    char *board;
    char *soc;
    char *version; /**< version_MCUBOOT, version_MCUBOOT+XIP or version */
    bool xip;      /**< version_MCUBOOT+XIP was there */
    uint8_t image; /**< image_index, 0 when not told */
    int slot;      /**< `slot` modulo 2, -1 = not told */
    bool size_told;
    uint64_t size;
    bool load_address_told;
    uint64_t load_address;
    int64_t modtime; /**< 0 = not told */
};

struct host_manifest {
    int format_version; /**< 0 when not told */
    int64_t time;       /**< unix s, 0 = not told */
    char *title;
    GPtrArray *files; /**< struct host_manifest_file */
    bool bare_hex;    /**< had numbers written as bare 0x..., tolerated */
};

/**
 * Read a manifest.
 *
 * Numbers are accepted as numbers and as decimal or 0x strings; unknown keys
 * are skipped.
 *
 * @param text  len bytes, any content
 * @return the manifest (host_manifest_free()), or NULL with
 *         DFU_PACKAGE_BAD_MANIFEST  no JSON, too deep, missing or wrong values,
 *                                   an (image, slot) pair twice
 *         DFU_PACKAGE_TOO_LARGE     above HOST_MANIFEST_MAX
 *         DFU_PACKAGE_WRONG_KIND    nRF5 SDK, SUIT, bootloader package
 */
struct host_manifest *host_manifest_parse(const char *text, size_t len,
        struct host_error *err);

/** Free; NULL is allowed. */
void host_manifest_free(struct host_manifest *manifest);

#endif
