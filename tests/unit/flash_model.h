// SPDX-License-Identifier: Apache-2.0
/*
 * NOR flash in RAM for tests: sector-exact erase, write alignment, no second
 * write without erase. Several devices share one power supply, which counts
 * write and erase operations and can fail before any of them.
 */
#ifndef TEST_FLASH_MODEL_H
#define TEST_FLASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/flash.h"

#define FLASH_NO_CUT UINT32_MAX

enum flash_cut {
    FLASH_CUT_CLEAN, /* the operation does not happen at all */
    FLASH_CUT_TORN,  /* the first half of it happens */
};

struct flash_power {
    uint32_t ops;    /* write and erase operations so far */
    uint32_t cut_at; /* number of the one that fails; FLASH_NO_CUT */
    enum flash_cut kind;
    bool off;          /* failed: nothing works until flash_power_on() */
    char (*trace)[40]; /* lines, or NULL */
    size_t trace_max;
    size_t trace_count;
};

struct flash_model {
    struct mcub_flash flash;
    struct mcub_sector_run run;
    struct flash_power *power;
    char letter;         /* in the trace */
    uint8_t *mem;        /* flash.size bytes */
    uint8_t *dirty;      /* 1: written since the erase */
    unsigned violations; /* wrong use, always a bug */
    bool loose;          /* second writes are allowed (mark tables) */
    bool fail_reads;     /* reads return MCUB_E_FLASH */
};

void flash_model_init(struct flash_model *m, struct flash_power *power,
        char letter, struct mcub_sector_run run, uint32_t write_size);
void flash_model_finish(struct flash_model *m);

/* Set contents from outside, as a programmer would. */
void flash_model_load(struct flash_model *m, uint32_t off, const void *data,
        size_t len);
void flash_model_wipe(struct flash_model *m);

/* Power up again: count from 0, no cut planned. */
void flash_power_on(struct flash_power *p);

#endif
