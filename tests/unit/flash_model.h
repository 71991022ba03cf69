// SPDX-License-Identifier: Apache-2.0
/*
 * NOR flash in RAM for tests: sectors of any sizes, write blocks, erased
 * value 0xff or 0x00, no second write without erase, wear. Several devices
 * share one power supply, which counts write and erase operations and can
 * fail before, in the middle of, or after any of them.
 */
#ifndef TEST_FLASH_MODEL_H
#define TEST_FLASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/flash.h"

#define FLASH_NO_CUT    UINT32_MAX
#define FLASH_NO_SECTOR UINT32_MAX

/*
 * What the operation that is cut has done.
 *
 *   kind    write                                erase
 *   ------  -----------------------------------  ---------------------------
 *   CLEAN   nothing                              nothing
 *   TORN    its first half                       first half of the sector
 *   WORD    its first four bytes                 some words, at random
 *   BITS    all up to some block, of that block  some bits, at random
 *           some bits, at random
 *   AFTER   all of it                            all of it
 */
enum flash_cut {
    FLASH_CUT_CLEAN,
    FLASH_CUT_TORN,
    FLASH_CUT_WORD,
    FLASH_CUT_BITS,
    FLASH_CUT_AFTER,
    FLASH_CUTS,
};

struct flash_power {
    uint32_t ops;    /* write and erase operations so far */
    uint32_t cut_at; /* number of the one that fails; FLASH_NO_CUT */
    enum flash_cut kind;
    uint64_t seed;     /* of WORD and BITS */
    bool off;          /* failed: nothing works until flash_power_on() */
    bool cut_erase;    /* what was cut is an erase */
    uint32_t erases;   /* since flash_power_on() */
    uint32_t writes;   /* since flash_power_on() */
    uint32_t bytes;    /* programmed since flash_power_on() */
    char (*trace)[40]; /* lines, or NULL */
    size_t trace_max;
    size_t trace_count;
};

/* Flags of a byte. */
#define FLASH_DIRTY 1u /* must be erased before it is written */
#define FLASH_WEAK  2u /* written or erased by an operation that was cut */

struct flash_model {
    struct mcub_flash flash;
    struct mcub_sector_run run;
    struct flash_power *power;
    char letter;         /* in the trace */
    uint8_t *mem;        /* flash.size bytes */
    uint8_t *flags;      /* one per byte */
    uint32_t *wear;      /* complete or partial erases, per sector */
    uint8_t *touched;    /* per sector: changed since the last snapshot */
    uint32_t sectors;    /* there are */
    unsigned violations; /* wrong use, always a bug */
    bool loose;          /* second writes are allowed (mark tables) */
    bool fail_reads;     /* reads return MCUB_E_FLASH */
    uint32_t worn;       /* this sector cannot be written; FLASH_NO_SECTOR */
    const void *base;    /* snapshot that touched is relative to */
};

/* One run of sectors, erased value 0xff. */
void flash_model_init(struct flash_model *m, struct flash_power *power,
        char letter, struct mcub_sector_run run, uint32_t write_size);

/* Any sectors; runs must live as long as the model. */
void flash_model_init_runs(struct flash_model *m, struct flash_power *power,
        const struct mcub_sector_run *runs, size_t run_count,
        uint32_t write_size, uint8_t erased_val);
void flash_model_finish(struct flash_model *m);

/* Set contents from outside, as a programmer would. */
void flash_model_load(struct flash_model *m, uint32_t off, const void *data,
        size_t len);
void flash_model_wipe(struct flash_model *m);

/* Number of the sector that holds a byte. */
uint32_t flash_model_sector(const struct flash_model *m, uint32_t off);

/* Contents of a device at one time. */
struct flash_snapshot {
    uint8_t *mem;
    uint8_t *flags;
    uint32_t size;
};

void flash_snapshot_take(struct flash_snapshot *snapshot,
        struct flash_model *m);
void flash_snapshot_restore(const struct flash_snapshot *snapshot,
        struct flash_model *m);
void flash_snapshot_finish(struct flash_snapshot *snapshot);

/* Power up again: count from 0, no cut planned. */
void flash_power_on(struct flash_power *p);

#endif
