// SPDX-License-Identifier: Apache-2.0
/*
 * The chip: what survives a reset. Flash with the manners of NOR flash,
 * counters of wear, retention, clock, unique id.
 *
 * FILE holds exactly the flash bytes, internal then external, mapped shared:
 * a kill -9 loses nothing. FILE.state holds struct vdev_chip_state and one
 * 32-bit erase counter per sector, host byte order.
 */
#ifndef VDEV_CHIP_H
#define VDEV_CHIP_H

#include "mcub/flash.h"
#include "mcub/ops.h"
#include "mcub/version.h"

#include "vdev/config.h"

#define VDEV_STATE_MAGIC "vdevchp1"

/** What the network core runs: only it knows. */
struct vdev_net_core {
    struct mcub_version version;
    uint32_t copies; /**< times it was updated */
    uint8_t hash_len;
    uint8_t hash[MCUB_HASH_MAX];
};

/** Start of FILE.state. */
struct vdev_chip_state {
    char magic[8];
    uint64_t unique_id;
    int64_t clock_us; /**< added to the caller's time, 0 = 2023-10-05 */
    uint32_t boots;
    uint32_t sectors;     /**< counters that follow */
    uint8_t retention[8]; /**< [0] boot mode */
    struct vdev_net_core net_core;
};

struct vdev_chip;

/** One memory of the chip. */
struct vdev_memory {
    struct mcub_flash flash; /**< what mcub sees; ctx is this struct */
    struct mcub_sector_run run;
    struct vdev_part_config cfg;
    struct vdev_chip *chip;
    uint8_t *base;
    uint32_t *wear; /**< per sector; NULL for RAM */
};

/** A chip; members are for the device only. */
struct vdev_chip {
    struct vdev_memory memory[VDEV_PARTS];
    struct vdev_chip_state *state;
    uint8_t *map;
    size_t map_size;
    void *state_map;
    size_t state_size;
    int fd;     /**< locked while the chip lives; -1 = memory only */
    bool fresh; /**< nothing has been put into the flash yet */
    char path[VDEV_PATH_MAX];
    uint64_t cost_us; /**< virtual time of the operations so far */
    uint64_t erases;
    uint64_t words;
    uint32_t misuse;
    char misuse_text[96]; /**< the last misuse; empty = told already */

    /* power */
    struct vdev_fault *faults; /**< power cuts among them; borrowed */
    size_t fault_count;
    uint32_t ops;      /**< writes and sector erases so far */
    uint32_t boot_ops; /**< those of the bootloader */
    bool booting;      /**< the bootloader is at work */
    bool off;          /**< the power went: every operation fails */
    uint32_t off_ms;   /**< for so long */
    char off_text[96]; /**< where it went */
};

/**
 * Map or make the flash.
 *
 * @return 0, or -1 and err: the file cannot be opened, is in use by another
 *         process, or has another size than the chip
 */
int vdev_chip_open(struct vdev_chip *chip, const struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE]);

/** A new flash file gets its name only now, when its content is complete. */
int vdev_chip_commit(struct vdev_chip *chip, char err[VDEV_ERR_SIZE]);

/** Unmap; memory-only flash is gone. */
void vdev_chip_close(struct vdev_chip *chip);

/**
 * Count a write or a sector erase, and let the power go at it when a fault
 * says so: then the operation is done in part, and chip->off is set.
 *
 * @param[in] buf  bytes of a write, borrowed; NULL for an erase
 * @param     len  bytes written, or the sector's
 * @return 0: go on, MCUB_E_POWER: stop, there is no power
 */
int vdev_power_spend(struct vdev_memory *m, uint32_t off, const void *buf,
        size_t len);

/** RAM memories lose their content. */
void vdev_chip_clear_ram(struct vdev_chip *chip);

#endif
