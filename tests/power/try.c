// SPDX-License-Identifier: Apache-2.0
/*
 * One case, from the start to a device at rest.
 */
#include "try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nobody encrypts what runs in place. */
static bool setup_is_possible(const struct setup *setup)
{
    return setup->crypt == 0 ||
            (setup->mode != MCUB_MODE_DIRECT_XIP &&
                    setup->mode != MCUB_MODE_DIRECT_XIP_REVERT);
}

bool stage_init(struct stage *stage, const struct scenario *scenario,
        const struct setup *setup)
{
    memset(stage, 0, sizeof(*stage));
    stage->scenario = scenario;
    if ((scenario->modes & setup->geometry->modes & (1u << setup->mode)) == 0 ||
            !setup_is_possible(setup) || !world_init(&stage->world, setup)) {
        return false;
    }
    stage->world.setup.options |= scenario->options;
    if (!scenario->prepare(&stage->world, &stage->progress) ||
            world_violations(&stage->world) != 0) {
        world_finish(&stage->world);
        return false;
    }
    world_save(&stage->world, &stage->start);
    return true;
}

void stage_finish(struct stage *stage)
{
    world_snapshot_finish(&stage->start);
    world_finish(&stage->world);
}

/* The application before the reset; false: power failed. */
static bool act(struct stage *stage, struct progress *p, const char **wrong)
{
    struct world *w = &stage->world;

    if (stage->scenario->act == NULL) {
        return true;
    }
    int rc = stage->scenario->act(w);

    if (rc != 0 && !w->power.off) {
        *wrong = "the application was refused";
    }
    w->power.off = false;
    stage->scenario->judge(w, p);
    w->power.off = rc == MCUB_E_POWER;
    return rc == 0;
}

int stage_power_up(struct stage *stage, struct progress *p,
        const struct cut *cut, uint64_t seed, bool first, const char **wrong)
{
    struct world *w = &stage->world;
    struct progress before;

    world_power_on(w);
    w->power.cut_at = cut->at;
    w->power.kind = cut->kind;
    w->power.seed = seed;
    if (first && !act(stage, p, wrong)) {
        return 0;
    }
    bool off = w->power.off;

    w->power.off = false;
    scenario_expect(w, p, &before);
    /* A revert that is due may begin now, and hide why it was. */
    *p = before;
    w->power.off = off;
    int rc = world_boot(w);

    if (w->power.off) {
        if (rc != MCUB_E_POWER) {
            *wrong = "the boot went on without power";
        }
        return 0;
    }
    if (rc != 0) {
        *wrong = rc == MCUB_E_FLASH ? "it does not boot: flash misused"
                                    : "it does not boot";
        return 1;
    }
    const char *why = scenario_step(w, p, &before);

    *wrong = why != NULL ? why : *wrong;
    return 1;
}

const char *stage_settle(struct stage *stage, struct progress *p, bool repeat)
{
    static const struct cut none = { FLASH_NO_CUT, FLASH_CUT_CLEAN };
    struct world *w = &stage->world;
    const char *wrong = NULL;

    for (int i = 0; i < 4 && wrong == NULL; i++) {
        (void)stage_power_up(stage, p, &none, 0, false, &wrong);
        if (wrong == NULL && w->power.ops == 0 && i > 0) {
            break;
        }
        if (wrong == NULL && i == 3) {
            wrong = "it does not come to rest";
        }
    }
    for (uint8_t image = 0; wrong == NULL && image < w->board.image_count;
            image++) {
        if (!world_is_sound(w, image)) {
            wrong = "it runs from half written flash";
        }
    }
    if (wrong == NULL && world_violations(w) != 0) {
        wrong = "flash was written without erase";
    }
    if (wrong == NULL && repeat) {
        wrong = scenario_repeat(w);
    }
    return wrong;
}

static uint64_t seed_of(const struct attempt *attempt, size_t i)
{
    return mix(attempt->seed * 31 + i + 1);
}

const char *stage_try(struct stage *stage, const struct attempt *attempt)
{
    struct progress p = stage->progress;
    const char *wrong = NULL;
    struct world *w = &stage->world;

    world_restore(w, &stage->start);
    for (size_t i = 0; i < w->devices; i++) {
        w->device[i].violations = 0;
    }
    for (size_t i = 0; wrong == NULL && i < attempt->cuts; i++) {
        int done = stage_power_up(stage, &p, &attempt->cut[i],
                seed_of(attempt, i), i == 0, &wrong);

        if (w->reasons) {
            fprintf(stderr, "  power-up %zu: %s after %u operations\n", i,
                    done ? "booted" : "cut", (unsigned)w->power.ops);
        }
    }
    return wrong != NULL ? wrong : stage_settle(stage, &p, attempt->repeat);
}

/* ---- replay ids --------------------------------------------------------- */

static const char kinds[] = "ctwba";

void attempt_print(const struct stage *stage, const struct attempt *attempt,
        char *text, size_t size)
{
    const struct setup *s = &stage->world.setup;
    int n = snprintf(text, size,
            "power/%s:geom=%s,mode=%s,w=%u,e=%02x,sz=%u,opt=%x,enc=%x,cut=",
            stage->scenario->name, s->geometry->name, mode_name(s->mode),
            (unsigned)s->write_size, s->erased, s->sizes,
            (unsigned)(s->options & ~stage->scenario->options),
            (unsigned)s->crypt);

    for (size_t i = 0; i < attempt->cuts && n > 0 && (size_t)n < size; i++) {
        const struct cut *cut = &attempt->cut[i];

        if (cut->at == FLASH_NO_CUT) {
            n += snprintf(text + n, size - (size_t)n, "%s-", i > 0 ? "+" : "");
        } else {
            n += snprintf(text + n, size - (size_t)n, "%s%u%c",
                    i > 0 ? "+" : "", (unsigned)cut->at, kinds[cut->kind]);
        }
    }
    if (n > 0 && (size_t)n < size) {
        snprintf(text + n, size - (size_t)n, ",seed=%llu",
                (unsigned long long)attempt->seed);
    }
}

static bool parse_cuts(const char *text, struct attempt *attempt)
{
    attempt->cuts = 0;
    while (attempt->cuts < TRY_CUTS) {
        struct cut *cut = &attempt->cut[attempt->cuts++];
        char *end;

        if (*text == '-') {
            *cut = (struct cut){ FLASH_NO_CUT, FLASH_CUT_CLEAN };
            end = NULL;
            text++;
        } else {
            cut->at = (uint32_t)strtoul(text, &end, 10);
            const char *kind = *end != '\0' ? strchr(kinds, *end) : NULL;

            if (end == text || kind == NULL) {
                return false;
            }
            cut->kind = (enum flash_cut)(kind - kinds);
            text = end + 1;
        }
        if (*text != '+') {
            return *text == '\0';
        }
        text++;
    }
    return false;
}

static bool parse_field(const char *key, const char *value, struct setup *setup,
        struct attempt *attempt)
{
    if (strcmp(key, "geom") == 0) {
        setup->geometry = geometry_find(value);
    } else if (strcmp(key, "mode") == 0) {
        setup->mode = mode_find(value);
    } else if (strcmp(key, "w") == 0) {
        setup->write_size = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "e") == 0) {
        setup->erased = (uint8_t)strtoul(value, NULL, 16);
    } else if (strcmp(key, "sz") == 0) {
        setup->sizes = (uint8_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "opt") == 0) {
        setup->options = (uint32_t)strtoul(value, NULL, 16);
    } else if (strcmp(key, "enc") == 0) {
        setup->crypt = (uint8_t)strtoul(value, NULL, 16);
    } else if (strcmp(key, "seed") == 0) {
        attempt->seed = strtoull(value, NULL, 10);
    } else if (strcmp(key, "cut") == 0) {
        return parse_cuts(value, attempt);
    } else {
        return false;
    }
    return true;
}

bool attempt_parse(const char *id, const struct scenario **scenario,
        struct setup *setup, struct attempt *attempt)
{
    char copy[256];

    memset(setup, 0, sizeof(*setup));
    memset(attempt, 0, sizeof(*attempt));
    setup->erased = 0xff;
    if (strncmp(id, "power/", 6) != 0 || strlen(id) >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, id + 6, strlen(id + 6) + 1);
    char *fields = strchr(copy, ':');

    if (fields == NULL) {
        return false;
    }
    *fields++ = '\0';
    *scenario = scenario_find(copy);
    for (char *field = strtok(fields, ","); field != NULL;
            field = strtok(NULL, ",")) {
        char *value = strchr(field, '=');

        if (value == NULL) {
            return false;
        }
        *value++ = '\0';
        if (!parse_field(field, value, setup, attempt)) {
            return false;
        }
    }
    return *scenario != NULL && setup->geometry != NULL &&
            setup->mode != MCUB_MODE_SINGLE;
}
