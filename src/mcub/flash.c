// SPDX-License-Identifier: Apache-2.0
/*
 * Flash access with bounds and alignment checked.
 */
#include "mcub/flash.h"

#include "mcub/options.h"
#include "private.h"

static bool in_device(const struct mcub_flash *flash, uint32_t off, size_t len)
{
    return off <= flash->size && len <= flash->size - off;
}

/* n modulo d by shifts: a division costs a small core 280 bytes. */
static uint32_t rest_of(uint32_t n, uint32_t d)
{
    uint32_t part = d;

    while (part <= n >> 1) {
        part <<= 1;
    }
    for (;;) {
        if (n >= part) {
            n -= part;
        }
        if (part == d) {
            return n;
        }
        part >>= 1;
    }
}

int mcub_flash_sector_at(const struct mcub_flash *flash, uint32_t off,
        struct mcub_sector *sector)
{
    uint32_t start = 0;

    for (size_t i = 0; i < flash->run_count; i++) {
        const struct mcub_sector_run *run = &flash->runs[i];
        uint32_t bytes = run->size * run->count;

        if (off - start < bytes) {
            sector->off = off - rest_of(off - start, run->size);
            sector->size = run->size;
            return 0;
        }
        start += bytes;
    }
    return MCUB_E_ARG;
}

int mcub_flash_read(const struct mcub_flash *flash, uint32_t off, void *buf,
        size_t len)
{
    if (!in_device(flash, off, len)) {
        return MCUB_E_ARG;
    }
    return flash->ops->read(flash->ctx, off, buf, len);
}

int mcub_flash_write(const struct mcub_flash *flash, uint32_t off,
        const void *buf, size_t len)
{
    if (!in_device(flash, off, len)) {
        return MCUB_E_ARG;
    }
    if (((off | len) & (flash->write_size - 1)) != 0) {
        return MCUB_E_ALIGN;
    }
    return flash->ops->write(flash->ctx, off, buf, len);
}

int mcub_flash_erase(const struct mcub_flash *flash, uint32_t off, uint32_t len)
{
    struct mcub_sector sector;

    if (!in_device(flash, off, len)) {
        return MCUB_E_ARG;
    }
    while (len > 0) {
        int rc = mcub_flash_sector_at(flash, off, &sector);

        if (rc != 0) {
            return rc;
        }
        if (sector.off != off || sector.size > len) {
            return MCUB_E_ALIGN;
        }
        rc = flash->ops->erase(flash->ctx, off, sector.size);
        if (rc != 0) {
            return rc;
        }
        off += sector.size;
        len -= sector.size;
    }
    return 0;
}

int mcub_flash_is_erased(const struct mcub_flash *flash, uint32_t off,
        uint32_t len)
{
    uint8_t buf[64];

    while (len > 0) {
        uint32_t n = mcub_min(len, sizeof(buf));
        int rc = mcub_flash_read(flash, off, buf, n);

        if (rc != 0) {
            return rc;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (buf[i] != flash->erased_val) {
                return 0;
            }
        }
        off += n;
        len -= n;
    }
    return 1;
}
