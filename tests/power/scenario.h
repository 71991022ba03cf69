// SPDX-License-Identifier: Apache-2.0
/*
 * What a device is in the middle of when its power fails, and what it must
 * run afterwards.
 *
 * What must run after every boot that completes, by mode:
 *
 *   mode            on trial       next boot        confirmed   invalid new
 *   --------------  -------------  ---------------  ----------  -----------
 *   swap (3 kinds)  the new image  the old image    stays       the old one
 *   overwrite,      the new image  the new image    (always)    the old one
 *   network core
 *   direct-xip      the new image  the new image    (always)    the old one
 *   with revert     the new image  the old image    stays       the old one
 *   ram-load        as direct-xip
 *
 * Exception: a cut after the last write of a trial swap (copy_done), or in
 * it, ends the trial before the new image ran: the old image is next.
 */
#ifndef TEST_POWER_SCENARIO_H
#define TEST_POWER_SCENARIO_H

#include "world.h"

/* What an image is to do at the next boot that completes. */
enum phase {
    STAYS_OLD,
    STAYS_NEW,
    ON_TRIAL,    /* runs the new image once */
    REVERT_DUE,  /* runs the old one again, for good */
    MAY_BE_TRIAL /* ON_TRIAL or STAYS_OLD, whatever was left of the mark */
};

struct progress {
    enum phase phase[GEOMETRY_IMAGES];
};

struct scenario {
    const char *name;
    uint32_t modes;
    uint32_t options;
    /* Bring the device about, without cuts; false: not with this one. */
    bool (*prepare)(struct world *w, struct progress *p);
    /* What the application does before the reset; cuts begin here. */
    int (*act)(struct world *w);
    /* The phases that follow from what act has left in flash. */
    void (*judge)(const struct world *w, struct progress *p);
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

const struct scenario *scenario_find(const char *name);

/*
 * A boot has completed: check what runs and step the phases.
 *
 * @return NULL, or what is wrong
 */
const char *scenario_step(struct world *w, struct progress *p,
        const struct progress *before);

/*
 * Phases as they are just before a boot, with trials spent by a cut taken
 * into account.
 */
void scenario_expect(const struct world *w, const struct progress *p,
        struct progress *before);

/* The device has settled: can it be updated once more? NULL or what not. */
const char *scenario_repeat(struct world *w);

#endif
