// SPDX-License-Identifier: Apache-2.0
/*
 * mcub_power: cut the power of a virtual device at every flash operation.
 *
 *   mcub_power [OPTION...]
 *     --one            one cut everywhere, small layouts
 *     --two            two cuts everywhere, small layouts
 *     --sample N       N random cases with one to four cuts on all layouts
 *     --history N      N random histories of updates, confirmations, resets
 *     --faults N       N cases with read errors, worn sectors, flipped bits
 *     --numbers        operations per update, beside the reference's
 *     --replay ID      one case, with the log of its boots
 *     --scenario NAME, --geometry NAME, --mode NAME   only these
 *     --shard I/N      one part of the work
 *     --every N        of --one and --two only every Nth stage
 *     --seed S
 *
 * The last line counts cases, boots, seconds and failures; the status is 1
 * when there was one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "power.h"

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void run_report(struct run *run, const char *id, const char *wrong)
{
    run->failures++;
    if (run->failures <= 20) {
        printf("%s: %s\n", id, wrong);
    } else if (run->failures == 21) {
        printf("further failures are only counted\n");
    }
    fflush(stdout);
}

void run_judge(struct run *run, const struct stage *stage,
        const struct attempt *attempt, const char *wrong)
{
    char id[256];

    run->cases++;
    if (wrong != NULL) {
        attempt_print(stage, attempt, id, sizeof(id));
        run_report(run, id, wrong);
    }
}

bool run_wants(const struct run *run, const struct scenario *scenario,
        const struct geometry *geometry, enum mcub_mode mode)
{
    return (scenario->modes & geometry->modes & (1u << mode)) != 0 &&
            (run->scenario == NULL ||
                    strcmp(run->scenario, scenario->name) == 0) &&
            (run->geometry == NULL ||
                    strcmp(run->geometry, geometry->name) == 0) &&
            (run->mode == NULL || strcmp(run->mode, mode_name(mode)) == 0);
}

static int replay(struct run *run, const char *id)
{
    const struct scenario *scenario;
    struct setup setup;
    struct attempt attempt;
    struct stage stage;

    if (strncmp(id, "power/history:", 14) == 0) {
        return replay_history(run, id);
    }
    if (strncmp(id, "power/faults:", 13) == 0) {
        return replay_fault(run, id);
    }
    if (!attempt_parse(id, &scenario, &setup, &attempt)) {
        fprintf(stderr, "no replay id: %s\n", id);
        return 2;
    }
    if (!stage_init(&stage, scenario, &setup)) {
        fprintf(stderr, "no such case\n");
        return 2;
    }
    attempt.repeat = true;
    stage.world.reasons = true;
    run_judge(run, &stage, &attempt, stage_try(&stage, &attempt));
    run->boots += stage.world.boots;
    stage_finish(&stage);
    return 0;
}

struct plan {
    bool one;
    bool two;
    bool numbers;
    uint64_t sample;
    uint64_t history;
    uint64_t faults;
    const char *replay;
};

static int usage(void)
{
    fprintf(stderr,
            "usage: mcub_power [--one] [--two] [--sample N] [--history N]\n"
            "           [--faults N] [--numbers] [--replay ID] [--seed S]\n"
            "           [--scenario NAME] [--geometry NAME] [--mode NAME]\n"
            "           [--shard I/N] [--every N]\n");
    return 2;
}

static bool parse_shard(struct run *run, const char *text)
{
    return sscanf(text, "%u/%u", &run->shard, &run->shards) == 2 &&
            run->shards > 0 && run->shard < run->shards;
}

static bool parse_valued(struct run *run, struct plan *plan, const char *name,
        const char *value)
{
    if (strcmp(name, "--sample") == 0) {
        plan->sample = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--history") == 0) {
        plan->history = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--faults") == 0) {
        plan->faults = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--replay") == 0) {
        plan->replay = value;
    } else if (strcmp(name, "--scenario") == 0) {
        run->scenario = value;
    } else if (strcmp(name, "--geometry") == 0) {
        run->geometry = value;
    } else if (strcmp(name, "--mode") == 0) {
        run->mode = value;
    } else if (strcmp(name, "--seed") == 0) {
        run->seed = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--every") == 0) {
        run->every = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--shard") == 0) {
        return parse_shard(run, value);
    } else {
        return false;
    }
    return run->every > 0;
}

static bool parse(struct run *run, struct plan *plan, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--one") == 0) {
            plan->one = true;
        } else if (strcmp(argv[i], "--two") == 0) {
            plan->two = true;
        } else if (strcmp(argv[i], "--numbers") == 0) {
            plan->numbers = true;
        } else if (i + 1 == argc ||
                !parse_valued(run, plan, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return argc > 1;
}

int main(int argc, char **argv)
{
    struct run run = { .shards = 1, .seed = 1, .every = 1 };
    struct plan plan = { .one = false };

    if (!parse(&run, &plan, argc, argv)) {
        return usage();
    }
    double start = now_s();

    if (plan.replay != NULL) {
        int rc = replay(&run, plan.replay);

        if (rc != 0) {
            return rc;
        }
    }
    if (plan.one) {
        try_one_cut(&run);
    }
    if (plan.two) {
        try_two_cuts(&run);
    }
    if (plan.sample > 0) {
        try_sample(&run, plan.sample);
    }
    if (plan.history > 0) {
        try_histories(&run, plan.history);
    }
    if (plan.faults > 0) {
        try_faults(&run, plan.faults);
    }
    if (plan.numbers) {
        print_numbers(&run);
    }
    double seconds = now_s() - start;

    printf("%llu cases, %llu boots, %.1f s, %.0f cases/s, %llu failures\n",
            (unsigned long long)run.cases, (unsigned long long)run.boots,
            seconds, (double)run.cases / (seconds > 0.001 ? seconds : 0.001),
            (unsigned long long)run.failures);
    return run.failures == 0 ? 0 : 1;
}
