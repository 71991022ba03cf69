// SPDX-License-Identifier: Apache-2.0
/*
 * Trying one case: a device in a scenario, its power cut at given operations,
 * every completed boot judged.
 *
 * Replay id:
 *   power/SCENARIO:geom=G,mode=M,w=W,e=ff,sz=N,opt=HEX,enc=HEX,
 *   cut=12t+-+7c,seed=4       (in one line; enc: enum crypt)
 * cut: one entry per power-up, operation and kind of cut (c clean, t first
 * half, w words, b bits, a after), or - for none.
 */
#ifndef TEST_POWER_TRY_H
#define TEST_POWER_TRY_H

#include "scenario.h"

#define TRY_CUTS 4

struct cut {
    uint32_t at; /* operation since power-up; FLASH_NO_CUT */
    enum flash_cut kind;
};

/* A scenario on a device, ready for any number of cases. */
struct stage {
    const struct scenario *scenario;
    struct world world;
    struct progress progress; /* at the start */
    struct world_snapshot start;
};

struct attempt {
    struct cut cut[TRY_CUTS];
    size_t cuts;
    uint64_t seed;
    bool repeat; /* afterwards, update once more */
};

/* false: this scenario is none for this device. */
bool stage_init(struct stage *stage, const struct scenario *scenario,
        const struct setup *setup);
void stage_finish(struct stage *stage);

/* One power-up with a cut: 1 the boot completed, 0 it was cut. */
int stage_power_up(struct stage *stage, struct progress *p,
        const struct cut *cut, uint64_t seed, bool first, const char **wrong);

/* Boot in peace until nothing changes; NULL or what is wrong. */
const char *stage_settle(struct stage *stage, struct progress *p, bool repeat);

/* From the start: all of it. NULL or what is wrong. */
const char *stage_try(struct stage *stage, const struct attempt *attempt);

/* Print and read replay ids. */
void attempt_print(const struct stage *stage, const struct attempt *attempt,
        char *text, size_t size);
bool attempt_parse(const char *id, const struct scenario **scenario,
        struct setup *setup, struct attempt *attempt);

#endif
