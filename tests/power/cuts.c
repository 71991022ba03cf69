// SPDX-License-Identifier: Apache-2.0
/*
 * One cut and two cuts everywhere on small layouts; random cuts on all.
 */
#include "power.h"

#include <string.h>

static const struct cut no_cut = { FLASH_NO_CUT, FLASH_CUT_CLEAN };

/* Operations of the first power-up without a cut. */
static uint32_t count_ops(struct stage *stage)
{
    struct progress p = stage->progress;
    const char *wrong = NULL;

    world_restore(&stage->world, &stage->start);
    (void)stage_power_up(stage, &p, &no_cut, 0, true, &wrong);
    return stage->world.power.ops;
}

/* Tries of a cut that leaves something at random; half erased is richest. */
static int count_seeds(const struct stage *stage, int kind)
{
    if (kind != FLASH_CUT_WORD && kind != FLASH_CUT_BITS) {
        return 1;
    }
    return stage->world.power.cut_erase ? 20 : 4;
}

static void one_cut_on_stage(struct run *run, struct stage *stage)
{
    static const struct cut none = { FLASH_NO_CUT, FLASH_CUT_CLEAN };
    uint32_t ops = count_ops(stage);

    for (uint32_t at = 0; at < ops; at++) {
        for (int kind = 0; kind < FLASH_CUTS; kind++) {
            struct cut cut = { at, (enum flash_cut)kind };
            struct progress p = stage->progress;
            const char *wrong = NULL;

            world_restore(&stage->world, &stage->start);
            (void)stage_power_up(stage, &p, &cut, 0, true, &wrong);
            int seeds = count_seeds(stage, kind);

            for (int seed = 0; seed < seeds; seed++) {
                struct attempt attempt = {
                    .cut = { cut, none },
                    .cuts = 1,
                    .seed = run->seed + (uint64_t)seed,
                    .repeat = true,
                };

                run_judge(run, stage, &attempt, stage_try(stage, &attempt));
            }
        }
    }
}

/* From the state after the first cut: the second power-up, and the rest. */
static bool second_cut(struct run *run, struct stage *stage,
        const struct progress *progress, struct attempt *attempt)
{
    struct world *w = &stage->world;
    struct progress p = *progress;
    const char *wrong = NULL;
    uint64_t dice =
            mix(attempt->seed + attempt->cut[1].at * 977u + attempt->cut[0].at);
    bool done = stage_power_up(stage, &p, &attempt->cut[1],
                        mix(attempt->seed * 31 + 2), false, &wrong) == 1;

    if (wrong == NULL) {
        wrong = stage_settle(stage, &p, dice % 16 == 0);
    }
    run_judge(run, stage, attempt, wrong);
    for (size_t i = 0; i < w->devices; i++) {
        w->device[i].violations = 0;
    }
    return done;
}

/* Each operation of the second power-up: a clean cut, and one of the others. */
static void second_cuts(struct run *run, struct stage *stage,
        const struct progress *progress, struct attempt *attempt,
        const struct world_snapshot *between)
{
    struct cut *cut = &attempt->cut[1];
    bool done = false;

    attempt->cuts = 2;
    for (cut->at = 0; !done; cut->at++) {
        uint64_t dice = mix(run->seed * 131 + cut->at * 7 + attempt->cut[0].at);

        cut->kind = FLASH_CUT_CLEAN;
        world_restore(&stage->world, between);
        done = second_cut(run, stage, progress, attempt);
        if (!done) {
            cut->kind = (enum flash_cut)(FLASH_CUT_TORN + dice % 3);
            world_restore(&stage->world, between);
            (void)second_cut(run, stage, progress, attempt);
        }
    }
}

static void two_cuts_on_stage(struct run *run, struct stage *stage)
{
    struct world_snapshot between = { 0 };
    uint32_t ops = count_ops(stage);

    for (uint32_t at = 0; at < ops; at++) {
        for (int kind = 0; kind < FLASH_CUT_AFTER; kind++) {
            struct progress p = stage->progress;
            struct attempt attempt = {
                .cut = { { at, (enum flash_cut)kind } },
                .seed = run->seed,
            };
            const char *wrong = NULL;

            world_restore(&stage->world, &stage->start);
            (void)stage_power_up(stage, &p, &attempt.cut[0],
                    mix(attempt.seed * 31 + 1), true, &wrong);
            if (wrong != NULL) {
                attempt.cuts = 1;
                run_judge(run, stage, &attempt, wrong);
                continue;
            }
            world_save(&stage->world, &between);
            second_cuts(run, stage, &p, &attempt, &between);
        }
    }
    world_snapshot_finish(&between);
}

/*
 * All devices and scenarios on small layouts; each plain, with both images
 * encrypted, and with another kind of encryption.
 */
static void each_small_stage(struct run *run,
        void (*work)(struct run *run, struct stage *stage))
{
    unsigned number = 0;

    for (size_t g = 0; g < geometry_count && geometries[g].small; g++) {
        for (unsigned i = 0; i < 10u * SIZES_COUNT * 2u * 3u; i++) {
            unsigned kind = i / (10 * SIZES_COUNT * 2);
            struct setup setup = {
                .geometry = &geometries[g],
                .mode = (enum mcub_mode)(i % 10),
                .sizes = (uint8_t)(i / 10 % SIZES_COUNT),
                .erased = i / (10 * SIZES_COUNT) % 2 == 0 ? 0xff : 0x00,
                .crypt = world_crypt(kind == 2 ? 2 + (i / 10 + i) % 6 : kind),
            };

            for (size_t s = 0; s < scenario_count; s++) {
                struct stage stage;

                if (!run_wants(run, &scenarios[s], setup.geometry,
                            setup.mode)) {
                    continue;
                }
                number++;
                if (number % run->shards != run->shard ||
                        mix(number + run->seed) % run->every != 0 ||
                        !stage_init(&stage, &scenarios[s], &setup)) {
                    continue;
                }
                work(run, &stage);
                run->boots += stage.world.boots;
                stage_finish(&stage);
            }
        }
    }
}

void try_one_cut(struct run *run)
{
    each_small_stage(run, one_cut_on_stage);
}

void try_two_cuts(struct run *run)
{
    each_small_stage(run, two_cuts_on_stage);
}

/* ---- samples ------------------------------------------------------------ */

static uint64_t roll(uint64_t *dice)
{
    *dice += 0x9e3779b97f4a7c15u;
    return mix(*dice);
}

static bool roll_setup(const struct run *run, uint64_t *dice,
        struct setup *setup, const struct scenario **scenario)
{
    static const uint32_t aligns[] = { 0, 1, 2, 4, 8, 16, 32 };
    static const uint32_t options[] = { 0, 0, MCUB_BOOT_AS_REFERENCE,
        WORLD_ALTERNATE };
    const struct geometry *g = &geometries[roll(dice) % geometry_count];

    *scenario = &scenarios[roll(dice) % scenario_count];
    *setup = (struct setup){
        .geometry = g,
        .mode = (enum mcub_mode)(roll(dice) % 10),
        .write_size = aligns[roll(dice) % 7],
        .erased = roll(dice) % 4 == 0 ? 0x00 : 0xff,
        .sizes = (uint8_t)(roll(dice) % SIZES_COUNT),
        .options = options[roll(dice) % 4],
        .crypt = world_crypt((unsigned)roll(dice) % 16),
    };
    return setup->write_size <= g->max_align &&
            run_wants(run, *scenario, g, setup->mode);
}

/* Many cases on one stage: making the stage costs as much as some of them. */
static void sample_stage(struct run *run, struct stage *stage, uint64_t *dice,
        uint64_t count)
{
    uint32_t ops = count_ops(stage);

    for (uint64_t i = 0; i < count; i++) {
        struct attempt attempt = {
            .cuts = 1 + roll(dice) % TRY_CUTS,
            .seed = roll(dice) >> 32,
            .repeat = roll(dice) % 8 == 0,
        };

        for (size_t k = 0; k < attempt.cuts; k++) {
            attempt.cut[k].at = (uint32_t)(roll(dice) % (ops + 2));
            attempt.cut[k].kind = (enum flash_cut)(roll(dice) % FLASH_CUTS);
            if (roll(dice) % 4 == 0) {
                /* Resumed boots have few operations at the start. */
                attempt.cut[k].at %= 12;
            }
        }
        run_judge(run, stage, &attempt, stage_try(stage, &attempt));
    }
}

void try_sample(struct run *run, uint64_t count)
{
    uint64_t dice = run->seed * 0x1000193u + run->shard;
    uint64_t end = run->cases + count / run->shards;

    for (uint64_t tries = 0; run->cases < end && tries < count * 1000;
            tries++) {
        const struct scenario *scenario;
        struct setup setup;
        struct stage stage;

        if (!roll_setup(run, &dice, &setup, &scenario) ||
                !stage_init(&stage, scenario, &setup)) {
            continue;
        }
        uint64_t left = end - run->cases;

        sample_stage(run, &stage, &dice, left < 64 ? left : 64);
        run->boots += stage.world.boots;
        stage_finish(&stage);
    }
}
