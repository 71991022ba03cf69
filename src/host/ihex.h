// SPDX-License-Identifier: Apache-2.0
/* Intel HEX files: what linkers and programmers exchange. */
#ifndef HOST_IHEX_H
#define HOST_IHEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/error.h"

/** Tell whether bytes look like an Intel HEX file. */
bool host_ihex_is(const uint8_t *buf, size_t len);

/**
 * Read an Intel HEX file; gaps between its pieces become 0xff.
 *
 * Records 00, 01, 02, 03, 04 and 05 are known; sums, lengths and the end
 * record are checked; two pieces that overlap are refused.
 *
 * @param      max   most bytes from first to last
 * @param[out] base  address of the first byte
 * @return new bytes (g_byte_array_unref()), or NULL with
 *         DFU_NOT_AN_MCUBOOT_IMAGE and the line that is wrong
 */
GByteArray *host_ihex_parse(const char *name, const uint8_t *buf, size_t len,
        size_t max, uint32_t *base, struct host_error *err);

/** Add bytes at an address as records 04 and 00 of 16 bytes. */
void host_ihex_add(GString *out, uint32_t addr, const uint8_t *buf, size_t len);

/** Add the end record. */
void host_ihex_end(GString *out);

#endif
