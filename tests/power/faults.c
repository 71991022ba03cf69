// SPDX-License-Identifier: Apache-2.0
/*
 * Flash that fails otherwise than by power: sectors that cannot be written,
 * a device that cannot be read, bits that flip in trailers and anywhere. After
 * each boot either a whole image runs, or the boot says why there is none;
 * never anything else. A device that could not be read for one boot runs a
 * whole image as soon as it can be read again.
 *
 *   power/faults:geom=G,mode=M,w=W,e=ff,sz=N,enc=HEX,seed=4
 */
#include "power.h"

#include <stdio.h>
#include <string.h>

enum fault {
    FAULT_WORN,
    FAULT_READ,
    FAULT_TRAILER_BITS,
    FAULT_ANY_BITS,
    FAULTS,
};

static uint64_t roll(uint64_t *dice)
{
    *dice += 0x9e3779b97f4a7c15u;
    return mix(*dice);
}

static void flip(struct world *w, uint64_t *dice, bool trailers)
{
    uint64_t count = 1 + roll(dice) % 3;

    for (uint64_t i = 0; i < count; i++) {
        uint8_t image = (uint8_t)(roll(dice) % w->board.image_count);
        uint8_t slot = (uint8_t)(roll(dice) % 2);
        const struct mcub_slot *area = &w->pairs[image].slot[slot];
        struct mcub_trailer trailer;
        struct flash_model *m = area->flash->ctx;
        uint32_t off = (uint32_t)(roll(dice) % area->size);

        if (trailers &&
                mcub_slot_trailer(&w->board, image, slot, &trailer) == 0) {
            off = trailer.layout.status +
                    (uint32_t)(roll(dice) % trailer.layout.size);
        }
        m->mem[area->off + off] ^= (uint8_t)(1u << roll(dice) % 8);
        m->base = NULL;
    }
}

/* A boot in peace: what runs is whole, or there is a reason. */
static const char *judge(struct world *w, bool must_boot)
{
    world_power_on(w);
    int rc = world_boot(w);

    if (rc != 0) {
        return must_boot ? "it does not boot any more" : NULL;
    }
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        if (world_running(w, image) == WHICH_NONE) {
            return "something runs that is no image";
        }
    }
    return NULL;
}

/* On top of the fault, the power fails. */
static void cut_a_boot(struct world *w, uint64_t *dice)
{
    world_power_on(w);
    w->power.cut_at = (uint32_t)(roll(dice) % 40);
    w->power.kind = (enum flash_cut)(roll(dice) % FLASH_CUTS);
    w->power.seed = roll(dice);
    (void)world_boot(w);
}

static const char *suffer(struct world *w, uint64_t *dice, enum fault fault)
{
    struct flash_model *m = &w->device[roll(dice) % w->devices];
    const char *wrong = NULL;

    switch (fault) {
    case FAULT_WORN:
        m->worn = (uint32_t)(roll(dice) % m->sectors);
        break;
    case FAULT_READ:
        m->fail_reads = true;
        wrong = judge(w, false);
        m->fail_reads = false;
        break;
    case FAULT_TRAILER_BITS:
        flip(w, dice, true);
        break;
    case FAULT_ANY_BITS:
        flip(w, dice, false);
        break;
    case FAULTS:
        break;
    }
    for (int i = 0; i < 3 && wrong == NULL; i++) {
        if (roll(dice) % 3 == 0) {
            cut_a_boot(w, dice);
        }
        wrong = judge(w, fault == FAULT_READ);
    }
    return wrong;
}

/* Some boots into it, the power fails; then comes the fault. */
static const char *one_case(struct stage *stage, uint64_t seed)
{
    struct world *w = &stage->world;
    struct progress p = stage->progress;
    uint64_t dice = seed;
    const char *wrong = NULL;
    enum fault fault = (enum fault)(roll(&dice) % FAULTS);
    uint64_t cuts = roll(&dice) % 3;

    /* Nothing covers the key TLV; an update that needs it is not done. */
    w->damaged = true;
    world_restore(w, &stage->start);
    for (uint64_t i = 0; i < cuts; i++) {
        struct cut cut = { (uint32_t)(roll(&dice) % 60),
            (enum flash_cut)(roll(&dice) % FLASH_CUTS) };

        (void)stage_power_up(stage, &p, &cut, roll(&dice), i == 0, &wrong);
    }
    if (wrong == NULL) {
        wrong = suffer(w, &dice, fault);
    }
    for (size_t i = 0; i < w->devices; i++) {
        w->device[i].worn = FLASH_NO_SECTOR;
        w->device[i].violations = 0;
    }
    return wrong;
}

static void try_stage(struct run *run, struct stage *stage, uint64_t seed,
        uint64_t count)
{
    const struct setup *s = &stage->world.setup;
    char id[160];

    for (uint64_t i = 0; i < count; i++) {
        const char *wrong = one_case(stage, seed + i);

        run->cases++;
        if (wrong != NULL) {
            snprintf(id, sizeof(id),
                    "power/faults:geom=%s,mode=%s,w=%u,e=%02x,sz=%u,enc=%x,"
                    "seed=%llu (%s)",
                    s->geometry->name, mode_name(s->mode),
                    (unsigned)s->write_size, s->erased, s->sizes,
                    (unsigned)s->crypt, (unsigned long long)(seed + i),
                    stage->scenario->name);
            run_report(run, id, wrong);
        }
    }
    run->boots += stage->world.boots;
}

/* The scenario follows from the seed, so that an id needs not name it. */
static const struct scenario *scenario_of(uint64_t seed)
{
    return &scenarios[mix(seed >> 8) % scenario_count];
}

void try_faults(struct run *run, uint64_t count)
{
    uint64_t dice = run->seed * 31337 + run->shard;
    uint64_t end = run->cases + count / run->shards;

    for (uint64_t tries = 0; run->cases < end && tries < count * 1000;
            tries++) {
        uint64_t seed = roll(&dice) >> 32 << 8;
        const struct geometry *g = &geometries[roll(&dice) % geometry_count];
        struct setup setup = {
            .geometry = g,
            .mode = (enum mcub_mode)(roll(&dice) % 10),
            .erased = roll(&dice) % 4 == 0 ? 0x00 : 0xff,
            .sizes = (uint8_t)(roll(&dice) % SIZES_COUNT),
            .crypt = world_crypt((unsigned)roll(&dice) % 16),
        };
        struct stage stage;

        if (!g->small || !run_wants(run, scenario_of(seed), g, setup.mode) ||
                !stage_init(&stage, scenario_of(seed), &setup)) {
            continue;
        }
        try_stage(run, &stage, seed, 64);
        stage_finish(&stage);
    }
}

int replay_fault(struct run *run, const char *id)
{
    const struct scenario *none;
    struct setup setup;
    struct attempt attempt;
    struct stage stage;

    (void)attempt_parse(id, &none, &setup, &attempt);
    if (setup.geometry == NULL || setup.mode == MCUB_MODE_SINGLE ||
            !stage_init(&stage, scenario_of(attempt.seed), &setup)) {
        fprintf(stderr, "no replay id: %s\n", id);
        return 2;
    }
    stage.world.reasons = true;
    try_stage(run, &stage, attempt.seed, 1);
    stage_finish(&stage);
    return 0;
}
