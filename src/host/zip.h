// SPDX-License-Identifier: Apache-2.0
/*
 * Zip files from anywhere: names are only names, declared sizes are only
 * claims.
 */
#ifndef HOST_ZIP_H
#define HOST_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "host/error.h"

struct host_zip;

/**
 * Open a zip in memory and check its directory.
 *
 * @param buf  borrowed until host_zip_close()
 * @return the zip, or NULL with
 *         DFU_PACKAGE_BAD_ZIP    no zip, damaged, two entries of one name, a
 *                                name that is absolute, has `..` or is no text
 *         DFU_PACKAGE_TOO_LARGE  more than HOST_PACKAGE_ENTRIES entries
 */
struct host_zip *host_zip_open(const uint8_t *buf, size_t len,
        struct host_error *err);

/** Free; NULL is allowed. */
void host_zip_close(struct host_zip *zip);

/** Entries; folders are not counted. */
size_t host_zip_count(const struct host_zip *zip);

/** Name of entry i, UTF-8. */
const char *host_zip_name(const struct host_zip *zip, size_t i);

/** @return index of the entry of that very name, or -1 */
int host_zip_find(const struct host_zip *zip, const char *name);

/**
 * Unpack an entry into memory.
 *
 * @param[out] data  new bytes, g_free()
 * @return 0, or -1 with
 *         DFU_PACKAGE_BAD_ZIP    damaged, encrypted, unknown compression
 *         DFU_PACKAGE_TOO_LARGE  above HOST_FILE_MAX, HOST_PACKAGE_TOTAL
 *                                or HOST_PACKAGE_RATIO
 */
int host_zip_read(struct host_zip *zip, size_t i, uint8_t **data, size_t *len,
        struct host_error *err);

#endif
