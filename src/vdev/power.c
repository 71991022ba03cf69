// SPDX-License-Identifier: Apache-2.0
/*
 * The power goes in the middle of a flash operation.
 *
 *   how     write                                erase
 *   ------  -----------------------------------  ---------------------------
 *   clean   nothing                              nothing
 *   torn    its first half                       first half of the sector
 *   word    its first four bytes                 some words, at random
 *   bits    all up to some block, of that block  some bits, at random
 *           some bits, at random
 *   after   all of it                            all of it
 */
#include <stdio.h>
#include <string.h>

#include "vdev/chip.h"
#include "vdev/rng.h"

#define ERASED 0xffu

/* Bits that are programmed: some of those that shall become 0. */
static void write_bits(uint8_t *to, const uint8_t *from, size_t len,
        uint64_t *rng)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t differs = to[i] ^ from[i];
        to[i] ^= (uint8_t)(differs & vdev_rng_next(rng));
    }
}

static void write_part(const struct vdev_memory *m, struct vdev_fault *f,
        uint8_t *to, const uint8_t *from, size_t len)
{
    size_t block = m->cfg.write_size;
    size_t whole;
    switch (f->cut) {
    case VDEV_CUT_TORN:
        memcpy(to, from, len / 2);
        break;
    case VDEV_CUT_WORD:
        memcpy(to, from, len < 4 ? len : 4);
        break;
    case VDEV_CUT_BITS:
        whole = vdev_rng_next(&f->rng) % (len / block) * block;
        memcpy(to, from, whole);
        write_bits(to + whole, from + whole, block, &f->rng);
        break;
    case VDEV_CUT_AFTER:
        memcpy(to, from, len);
        break;
    case VDEV_CUT_CLEAN:
    case VDEV_CUTS:
        break;
    }
}

static void erase_part(struct vdev_fault *f, uint8_t *to, size_t len)
{
    switch (f->cut) {
    case VDEV_CUT_TORN:
        memset(to, ERASED, len / 2);
        break;
    case VDEV_CUT_WORD:
        for (size_t i = 0; i + 4 <= len; i += 4) {
            if (vdev_rng_next(&f->rng) & 1) {
                memset(to + i, ERASED, 4);
            }
        }
        break;
    case VDEV_CUT_BITS:
        for (size_t i = 0; i < len; i++) {
            to[i] |= (uint8_t)vdev_rng_next(&f->rng);
        }
        break;
    case VDEV_CUT_AFTER:
        memset(to, ERASED, len);
        break;
    case VDEV_CUT_CLEAN:
    case VDEV_CUTS:
        break;
    }
}

static void cut(struct vdev_memory *m, struct vdev_fault *f, uint32_t off,
        const void *buf, size_t len)
{
    struct vdev_chip *chip = m->chip;
    if (buf != NULL) {
        write_part(m, f, m->base + off, buf, len);
    } else {
        erase_part(f, m->base + off, len);
        if (m->wear != NULL && f->cut != VDEV_CUT_CLEAN) {
            m->wear[off / m->cfg.sector_size]++;
        }
    }
    chip->off = true;
    chip->off_ms = f->ms;
    snprintf(chip->off_text, sizeof(chip->off_text),
            "flash operation %u, %s of %zu bytes at %s 0x%x", chip->ops,
            buf != NULL ? "write" : "erase", len,
            vdev_part_names[m - chip->memory], off);
}

int vdev_power_spend(struct vdev_memory *m, uint32_t off, const void *buf,
        size_t len)
{
    struct vdev_chip *chip = m->chip;
    if (chip->off) {
        return MCUB_E_POWER;
    }
    chip->ops++;
    chip->boot_ops += chip->booting ? 1u : 0u;
    for (size_t i = 0; i < chip->fault_count; i++) {
        struct vdev_fault *f = &chip->faults[i];
        if (vdev_fault_cuts(f, chip->ops, chip->booting ? chip->boot_ops : 0)) {
            cut(m, f, off, buf, len);
            return MCUB_E_POWER;
        }
    }
    return 0;
}
