// SPDX-License-Identifier: Apache-2.0
/*
 * Property: for any history of uploads, marks, confirmations, resets and
 * power cuts, the device runs what a model of a few lines says.
 *
 * The model keeps, per image, the number of the version that runs, whether it
 * is on trial, and what is due. Of trailers it knows nothing; only where an
 * operation was cut it asks the flash whether a mark had been made, because
 * either is right.
 *
 *   power/history:geom=G,mode=M,w=W,e=ff,enc=HEX,seed=4
 */
#include "power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS    24
#define VERSIONS 6

/* What the next boot does with an image. */
enum due {
    DUE_NOTHING,
    DUE_TRIAL,
    DUE_UPDATE, /* for good */
    DUE_REVERT,
};

struct model {
    int primary; /* number of the version */
    enum due due;
    bool on_trial; /* the primary is not confirmed */
    int next;      /* version that is found for what is due; 0: none */
    bool held;     /* a later image keeps this one from being reverted */
    bool either;   /* held or not: nobody can tell from outside */
};

struct history {
    struct world world;
    struct blob version[GEOMETRY_IMAGES][VERSIONS];
    struct model model[GEOMETRY_IMAGES];
    bool damaged[GEOMETRY_IMAGES]; /* the last upload was cut */
    bool cut;                      /* this reset had a boot without end */
    uint64_t dice;
    bool tell;
    const char *wrong;
};

static uint64_t roll(struct history *h, uint64_t sides)
{
    h->dice += 0x9e3779b97f4a7c15u;
    return mix(h->dice) % sides;
}

static bool can_swap(const struct history *h, uint8_t image)
{
    enum mcub_mode mode = mcub_board_image_mode(&h->world.board, image);

    return mode == MCUB_MODE_MOVE || mode == MCUB_MODE_OFFSET ||
            mode == MCUB_MODE_SCRATCH;
}

static void tell(const struct history *h, const char *what, uint8_t image,
        int number)
{
    if (h->tell) {
        fprintf(stderr, "%s image %u %d\n", what, image, number);
    }
}

/* The power fails somewhere in what comes next, or not. */
static void plan_cut(struct history *h, uint32_t range)
{
    struct flash_power *p = &h->world.power;

    world_power_on(&h->world);
    if (roll(h, 3) == 0) {
        p->cut_at = (uint32_t)roll(h, range);
        p->kind = (enum flash_cut)roll(h, FLASH_CUTS);
        p->seed = roll(h, UINT32_MAX);
    }
}

static struct mcub_trailer_state read_state(struct history *h, uint8_t image,
        uint8_t slot)
{
    bool off = h->world.power.off;

    h->world.power.off = false;
    struct mcub_trailer_state state = world_state(&h->world, image, slot);

    h->world.power.off = off;
    return state;
}

/* A mark that is there; what it says when it was cut is read from it. */
static void take_mark(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];
    struct mcub_trailer_state s = read_state(h, image, 1);

    if (s.magic != MCUB_MARK_GOOD || s.image_ok == MCUB_MARK_BAD) {
        m->due = m->on_trial ? DUE_REVERT : DUE_NOTHING;
    } else if (s.image_ok == MCUB_MARK_SET || !can_swap(h, image)) {
        m->due = DUE_UPDATE;
    } else {
        m->due = DUE_TRIAL;
    }
}

static bool secondary_holds(const struct history *h, uint8_t image,
        uint32_t off, int number)
{
    const struct mcub_slot *slot = &h->world.pairs[image].slot[1];
    const struct flash_model *m = slot->flash->ctx;
    const struct blob *blob = &h->version[image][number];

    return blob->len <= slot->size - off &&
            memcmp(m->mem + slot->off + off, world_in_slot(&h->world, 1, blob),
                    blob->len) == 0;
}

/* The version at the place where a boot looks for what is due; 0: none. */
static int find_next(const struct history *h, uint8_t image, bool revert)
{
    uint32_t off = mcub_slot_upload_offset(&h->world.board, image, 1);

    for (int number = 1; number < VERSIONS; number++) {
        if (secondary_holds(h, image, revert ? 0 : off, number)) {
            return number;
        }
    }
    return 0;
}

static void upload(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];
    int number = 1 + (int)roll(h, VERSIONS - 1);
    const struct blob *blob = &h->version[image][number];

    /* The same version in both slots: nobody could tell what runs. */
    if (number == m->primary) {
        return;
    }

    tell(h, "upload", image, number);
    plan_cut(h, 24);
    int rc = world_upload(&h->world, image, 1, blob);

    if (rc != 0 && rc != MCUB_E_POWER) {
        h->wrong = "an upload was refused";
    }
    if (rc != 0) {
        h->damaged[image] = true;
        take_mark(h, image);
        return;
    }
    h->damaged[image] = false;
    m->due = m->on_trial ? DUE_REVERT : DUE_NOTHING;
}

/* Not after an upload that was cut: its trailer may be half erased. */
static void mark(struct history *h, uint8_t image)
{
    bool permanent = roll(h, 2) == 0;
    bool blank = roll(h, 4) == 0;
    int found = find_next(h, image, false);

    if (h->damaged[image] || (found == 0 && !blank) ||
            found == h->model[image].primary) {
        return;
    }
    tell(h, permanent ? "mark for good" : "mark for test", image, 0);
    plan_cut(h, 5);
    struct mcub_trailer_state s = read_state(h, image, 1);
    int rc = mcub_slot_set_pending(&h->world.board, image, permanent);

    if (rc == MCUB_E_BAD_TRAILER && s.magic == MCUB_MARK_BAD) {
        return;
    }
    if (rc != 0 && rc != MCUB_E_POWER) {
        h->wrong = "a mark was refused";
    }
    take_mark(h, image);
}

static void confirm(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];

    if (!can_swap(h, image)) {
        return;
    }
    tell(h, "confirm", image, 0);
    plan_cut(h, 2);
    int rc = mcub_slot_set_confirmed(&h->world.board, image);

    if (rc != 0 && rc != MCUB_E_POWER) {
        h->wrong = "a confirmation was refused";
    }
    struct mcub_trailer_state s = read_state(h, image, 0);

    if (m->on_trial && s.image_ok != MCUB_MARK_UNSET) {
        m->on_trial = false;
        if (m->due == DUE_REVERT) {
            m->due = DUE_NOTHING;
        }
    }
}

/* A swap was complete when the power failed: its trial is over. */
static bool trial_is_spent(struct history *h, uint8_t image)
{
    const struct model *m = &h->model[image];
    struct mcub_trailer_state s = read_state(h, image, 0);

    return m->due == DUE_TRIAL && m->next > 0 &&
            world_slot_holds(&h->world, image, 0,
                    &h->version[image][m->next]) &&
            s.magic == MCUB_MARK_GOOD && s.copy_done != MCUB_MARK_UNSET &&
            s.image_ok == MCUB_MARK_UNSET && s.swap_type == MCUB_SWAP_TEST &&
            read_state(h, image, 1).magic != MCUB_MARK_GOOD;
}

static bool is_marked(struct history *h, uint8_t image)
{
    struct mcub_trailer_state s = read_state(h, image, 1);

    return s.magic == MCUB_MARK_GOOD && s.image_ok != MCUB_MARK_BAD;
}

/* A cut revert: its boot had completed the updates of lower images. */
static bool revert_has_begun(struct history *h, uint8_t image)
{
    struct mcub_trailer_state pri = read_state(h, image, 0);

    return pri.magic != MCUB_MARK_GOOD || pri.copy_done == MCUB_MARK_UNSET ||
            is_marked(h, image);
}

/* A later image keeps earlier trials from being reverted at this boot. */
static bool is_held(struct history *h, uint8_t image)
{
    for (uint8_t j = (uint8_t)(image + 1); j < h->world.board.image_count;
            j++) {
        const struct model *m = &h->model[j];

        if ((m->due == DUE_TRIAL || m->due == DUE_UPDATE) && m->next > 0 &&
                can_swap(h, j)) {
            return true;
        }
        if (!can_swap(h, j) && is_marked(h, j)) {
            return true;
        }
        if (m->due == DUE_REVERT && revert_has_begun(h, j)) {
            return true;
        }
    }
    return false;
}

/* What will be found in the slots, before the first boot moves it. */
static void look_ahead(struct history *h)
{
    for (uint8_t image = 0; image < h->world.board.image_count; image++) {
        struct model *m = &h->model[image];

        m->next = find_next(h, image, m->due == DUE_REVERT);
    }
}

/* A revert that a cut boot has completed, or found impossible. */
static bool revert_is_done(struct history *h, uint8_t image)
{
    const struct model *m = &h->model[image];
    struct mcub_trailer_state s = read_state(h, image, 0);

    if (m->due != DUE_REVERT) {
        return false;
    }
    if (m->next == 0) {
        return s.magic != MCUB_MARK_GOOD || s.image_ok != MCUB_MARK_UNSET;
    }
    return world_slot_holds(&h->world, image, 0, &h->version[image][m->next]) &&
            s.magic == MCUB_MARK_GOOD && s.copy_done != MCUB_MARK_UNSET &&
            s.image_ok != MCUB_MARK_UNSET;
}

static bool update_is_done(struct history *h, uint8_t image)
{
    const struct model *m = &h->model[image];
    struct mcub_trailer_state s = read_state(h, image, 0);

    return m->due == DUE_UPDATE && m->next > 0 && can_swap(h, image) &&
            world_slot_holds(&h->world, image, 0,
                    &h->version[image][m->next]) &&
            s.magic == MCUB_MARK_GOOD && s.copy_done != MCUB_MARK_UNSET &&
            !is_marked(h, image);
}

/* What a cut boot has completed is behind the next one. */
static void catch_up(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];

    if (trial_is_spent(h, image)) {
        m->primary = m->next;
        m->on_trial = true;
        m->due = DUE_REVERT;
        m->next = find_next(h, image, true);
    } else if (revert_is_done(h, image) || update_is_done(h, image)) {
        m->primary = m->next > 0 ? m->next : m->primary;
        m->on_trial = false;
        m->due = DUE_NOTHING;
    } else if ((m->due == DUE_TRIAL || m->due == DUE_UPDATE) && m->next == 0 &&
            !is_marked(h, image)) {
        /* The mark without an image is removed already. */
        m->due = m->on_trial ? DUE_REVERT : DUE_NOTHING;
        m->next = find_next(h, image, true);
    }
}

static void look_again(struct history *h)
{
    uint8_t count = h->world.board.image_count;

    for (uint8_t image = 0; image < count; image++) {
        catch_up(h, image);
    }
    for (uint8_t image = 0; image < count; image++) {
        struct model *m = &h->model[image];

        m->held = is_held(h, image);
        /*
         * After a cut: a later image may have begun its revert, which only
         * the scratch area knows.
         */
        m->either = h->cut && m->due == DUE_REVERT && image + 1 < count &&
                h->model[image + 1].due == DUE_REVERT;
    }
}

static void note_cut(struct history *h)
{
    uint8_t count = h->world.board.image_count;

    for (uint8_t image = 0; image < count; image++) {
        struct model *m = &h->model[image];

        /* Emptied by half, and nobody will do it again. */
        if (!can_swap(h, image) || (m->due != DUE_REVERT && m->next == 0)) {
            h->damaged[image] = true;
        }
    }
    h->cut = true;
}

/* What of both it was. */
static void resolve_either(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];

    if (m->either && m->due == DUE_REVERT && m->next > 0) {
        m->held = !world_slot_holds(&h->world, image, 0,
                &h->version[image][m->next]);
    }
    m->either = false;
}

/* A boot that completes. */
static void step_image(struct history *h, uint8_t image)
{
    struct model *m = &h->model[image];
    bool trial = m->due == DUE_TRIAL;

    if (m->due == DUE_NOTHING ||
            (m->due == DUE_REVERT && m->held && m->next > 0)) {
        return;
    }
    if (m->due != DUE_REVERT && m->next == 0) {
        /* A mark without an image: removed. */
        m->due = m->on_trial ? DUE_REVERT : DUE_NOTHING;
        return;
    }
    if (m->next > 0) {
        m->primary = m->next;
    }
    m->on_trial = trial;
    m->due = trial ? DUE_REVERT : DUE_NOTHING;
}

static int version_running(struct history *h, uint8_t image)
{
    const struct world *w = &h->world;

    for (int number = 1; number < VERSIONS; number++) {
        const struct blob *blob = &h->version[image][number];
        bool runs = w->pairs[image].unreadable
                ? memcmp(w->net_core, blob->data, blob->len) == 0
                : world_slot_holds(w, image, 0, blob);

        if (runs) {
            return number;
        }
    }
    return 0;
}

/* The reset after an operation that was cut is a reset as well. */
static void reset(struct history *h, uint32_t range)
{
    struct world *w = &h->world;
    int rc = MCUB_E_POWER;

    tell(h, "reset", 0, 0);
    look_ahead(h);
    h->cut = false;
    for (int cuts = 0; rc == MCUB_E_POWER; cuts++) {
        if (cuts < 4) {
            plan_cut(h, range);
        } else {
            world_power_on(w);
        }
        look_again(h);
        rc = world_boot(w);
        if (w->power.off && rc != MCUB_E_POWER) {
            h->wrong = "the boot went on without power";
            return;
        }
        tell(h, rc == 0 ? "booted" : "cut", 0, (int)w->power.ops);
        if (rc != 0) {
            note_cut(h);
        }
    }
    if (rc != 0) {
        h->wrong = "it does not boot";
        return;
    }
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        resolve_either(h, image);
        step_image(h, image);
    }
    for (uint8_t image = 0; image < w->board.image_count; image++) {
        int runs = version_running(h, image);

        if (runs != h->model[image].primary) {
            tell(h, "runs", image, runs);
            tell(h, "should run", image, h->model[image].primary);
            h->wrong = "it does not run what the model says";
        }
    }
}

static bool history_init(struct history *h, const struct setup *setup,
        uint64_t seed)
{
    memset(h, 0, sizeof(*h));
    h->dice = seed;
    if (!world_init(&h->world, setup)) {
        return false;
    }
    struct world *w = &h->world;

    for (uint8_t image = 0; image < w->board.image_count; image++) {
        uint32_t most = mcub_max_image_size(&w->board, image);

        for (int number = 1; number < VERSIONS; number++) {
            uint32_t len = 200 + (uint32_t)roll(h, most / 2 - 200);

            len = roll(h, 8) == 0 ? most - 1 : len;
            bool sealed =
                    (setup->crypt &
                            (number % 2 == 0 ? CRYPT_NEW : CRYPT_OLD)) != 0;

            h->version[image][number] = world_image(w, (uint8_t)number, len,
                    sealed ? world_aes(w) : 0, NULL);
        }
        h->model[image].primary = 1;
        world_program(w, image, 0, 0, &h->version[image][1]);
    }
    return true;
}

static void history_finish(struct history *h)
{
    for (uint8_t image = 0; image < GEOMETRY_IMAGES; image++) {
        for (int number = 1; number < VERSIONS; number++) {
            world_image_free(&h->version[image][number]);
        }
    }
    world_finish(&h->world);
}

static void live(struct history *h)
{
    for (int i = 0; i < STEPS && h->wrong == NULL; i++) {
        uint8_t image = (uint8_t)roll(h, h->world.board.image_count);
        uint64_t what = roll(h, 10);
        bool cut;

        if (what < 3) {
            upload(h, image);
        } else if (what < 6) {
            mark(h, image);
        } else if (what < 8) {
            confirm(h, image);
        }
        cut = h->world.power.off;
        if (what >= 8 || cut) {
            reset(h, 120);
        }
        if (h->wrong == NULL && world_violations(&h->world) != 0) {
            h->wrong = "flash was written without erase";
        }
    }
}

static bool roll_device(const struct run *run, uint64_t *dice,
        struct setup *setup)
{
    static const enum mcub_mode modes[] = { MCUB_MODE_MOVE, MCUB_MODE_OFFSET,
        MCUB_MODE_SCRATCH, MCUB_MODE_OVERWRITE };

    *dice += 0x9e3779b97f4a7c15u;
    uint64_t r = mix(*dice);
    const struct geometry *g = &geometries[r % geometry_count];

    *setup = (struct setup){
        .geometry = g,
        .mode = modes[(r >> 20) % 4],
        .erased = (r >> 30) % 4 == 0 ? 0x00 : 0xff,
        .crypt = (r >> 34) % 2 == 0 ? 0 : world_crypt((unsigned)(r >> 36)),
    };
    return g->small && (g->modes & (1u << setup->mode)) != 0 &&
            (run->geometry == NULL || strcmp(run->geometry, g->name) == 0) &&
            (run->mode == NULL ||
                    strcmp(run->mode, mode_name(setup->mode)) == 0);
}

static void try_one(struct run *run, const struct setup *setup, uint64_t seed,
        bool aloud)
{
    struct history *h = calloc(1, sizeof(*h));
    char id[160];

    if (h == NULL || !history_init(h, setup, seed)) {
        free(h);
        return;
    }
    h->tell = aloud;
    h->world.reasons = aloud;
    live(h);
    run->cases++;
    run->boots += h->world.boots;
    if (h->wrong != NULL) {
        snprintf(id, sizeof(id),
                "power/history:geom=%s,mode=%s,e=%02x,enc=%x,seed=%llu",
                setup->geometry->name, mode_name(setup->mode), setup->erased,
                (unsigned)setup->crypt, (unsigned long long)seed);
        run_report(run, id, h->wrong);
    }
    history_finish(h);
    free(h);
}

void try_histories(struct run *run, uint64_t count)
{
    uint64_t dice = run->seed * 977 + run->shard;
    uint64_t end = run->cases + count / run->shards;

    for (uint64_t tries = 0; run->cases < end && tries < count * 1000;
            tries++) {
        struct setup setup;

        if (roll_device(run, &dice, &setup)) {
            try_one(run, &setup, mix(dice) >> 32, false);
        }
    }
}

int replay_history(struct run *run, const char *id)
{
    const struct scenario *none;
    struct setup setup;
    struct attempt attempt;

    (void)attempt_parse(id, &none, &setup, &attempt);
    if (setup.geometry == NULL || setup.mode == MCUB_MODE_SINGLE) {
        fprintf(stderr, "no replay id: %s\n", id);
        return 2;
    }
    try_one(run, &setup, attempt.seed, true);
    return 0;
}
