// SPDX-License-Identifier: Apache-2.0
/*
 * The parts of mcub_power.
 */
#ifndef TEST_POWER_POWER_H
#define TEST_POWER_POWER_H

#include "try.h"

struct run {
    const char *scenario; /* only this one; NULL: all */
    const char *geometry;
    const char *mode;
    unsigned shard;
    unsigned shards;
    unsigned every; /* only every Nth stage */
    uint64_t seed;
    uint64_t cases;
    uint64_t boots;
    uint64_t failures;
};

void run_report(struct run *run, const char *id, const char *wrong);
void run_judge(struct run *run, const struct stage *stage,
        const struct attempt *attempt, const char *wrong);
bool run_wants(const struct run *run, const struct scenario *scenario,
        const struct geometry *geometry, enum mcub_mode mode);

void try_one_cut(struct run *run);
void try_two_cuts(struct run *run);
void try_sample(struct run *run, uint64_t count);

void try_histories(struct run *run, uint64_t count);
int replay_history(struct run *run, const char *id);

void try_faults(struct run *run, uint64_t count);
int replay_fault(struct run *run, const char *id);

void print_numbers(struct run *run);

#endif
