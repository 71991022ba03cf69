// SPDX-License-Identifier: Apache-2.0
/*
 * Flash as the mcub floor sees it: geometry and three operations that a
 * port, or the virtual device, brings.
 */
#ifndef MCUB_FLASH_H
#define MCUB_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a port implements. Each returns 0, MCUB_E_FLASH, or MCUB_E_POWER when
 * the power fails before or during the operation (tests, virtual device).
 * Offsets are bytes from the start of the flash device.
 *
 *   read   any off, any len
 *   write  off and len are multiples of write_size; the target is erased
 *   erase  exactly the sectors [off, off + len)
 */
struct mcub_flash_ops {
    int (*read)(void *ctx, uint32_t off, void *buf, size_t len);
    int (*write)(void *ctx, uint32_t off, const void *buf, size_t len);
    int (*erase)(void *ctx, uint32_t off, uint32_t len);
};

/** count sectors of size bytes, one after the other. */
struct mcub_sector_run {
    uint32_t size;
    uint32_t count;
};

/** One flash device. Lives as long as any board that names it. */
struct mcub_flash {
    const struct mcub_flash_ops *ops;
    void *ctx;                          /**< first argument of the ops */
    uint32_t size;                      /**< bytes, = sum of the runs */
    uint32_t write_size;                /**< 1, 2, 4, 8, 16 or 32 bytes */
    uint8_t erased_val;                 /**< 0xff or 0x00 */
    const struct mcub_sector_run *runs; /**< from offset 0 upwards */
    size_t run_count;
};

/** One sector: where it starts in the device, and how long it is. */
struct mcub_sector {
    uint32_t off;
    uint32_t size;
};

/**
 * Find the sector that holds a byte.
 *
 * @param[in]  flash   the device
 * @param      off     bytes from the start of the device
 * @param[out] sector  written on success
 *
 * @return 0, or MCUB_E_ARG  off is behind the last sector
 */
int mcub_flash_sector_at(const struct mcub_flash *flash, uint32_t off,
        struct mcub_sector *sector);

/**
 * Read, write or erase inside the device, with bounds and alignment checked.
 *
 * The erase goes sector by sector, ascending, one op call each.
 *
 * @return 0, or
 *         MCUB_E_ARG    the range leaves the device
 *         MCUB_E_ALIGN  write: not on write_size; erase: not on sectors
 *         MCUB_E_FLASH, MCUB_E_POWER  from the op
 */
int mcub_flash_read(const struct mcub_flash *flash, uint32_t off, void *buf,
        size_t len);
int mcub_flash_write(const struct mcub_flash *flash, uint32_t off,
        const void *buf, size_t len);
int mcub_flash_erase(const struct mcub_flash *flash, uint32_t off,
        uint32_t len);

/**
 * Tell whether a range holds nothing but the erased value.
 *
 * @return 1 erased, 0 not, or MCUB_E_ARG, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_flash_is_erased(const struct mcub_flash *flash, uint32_t off,
        uint32_t len);

#ifdef __cplusplus
}
#endif

#endif
