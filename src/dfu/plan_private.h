// SPDX-License-Identifier: Apache-2.0
/* Shared by plan.c (what is done) and plan_check.c (what is wrong). */
#ifndef DFU_PLAN_PRIVATE_H
#define DFU_PLAN_PRIVATE_H

#include "dfu/plan.h"

/** What the bootloader can do, as far as it is told. */
struct dfu_abilities {
    bool marks;    /**< slots can be marked for the next boot */
    bool reverts;  /**< goes back by itself without confirmation */
    bool xip;      /**< runs from either slot */
    bool known;    /**< the mode was told */
    bool recovery; /**< MCUboot's own server: writes the first slot */
    bool loader;   /**< the firmware loader answers: writes the first slot */
};

struct dfu_planner {
    struct dfu_plan *plan;
    const struct dfu_package *package;
    const struct dfu_device *device;
    const struct dfu_options *options;
    struct dfu_abilities can;
    int32_t mode; /**< told, or of the build; enum smp_bootloader_mode */
    const struct dfu_build *build; /**< of this device; NULL: nothing known */
    const struct dfu_build *board; /**< of its board, for the flash; or NULL */
    bool in[DFU_IMAGES_MAX];       /**< takes part */
    bool marked[DFU_IMAGES_MAX];   /**< pending already, as wanted */
    bool later[DFU_IMAGES_MAX];    /**< confirm after the reset */
    bool net_core;                 /**< a network core takes part */
    uint8_t reset_index;           /**< image that needs RESET_FIRST */
    uint8_t reset_reason;          /**< enum dfu_reset_reason */
};

/** Add a finding; force is applied here. index DFU_NONE: no image meant. */
struct dfu_finding *dfu_plan_find(struct dfu_planner *p, enum dfu_finding_id id,
        enum dfu_code code, uint8_t index);

/** As dfu_plan_find(), without a code. */
struct dfu_finding *dfu_plan_say(struct dfu_planner *p, enum dfu_finding_id id,
        enum dfu_severity severity, uint8_t index);

/** The slot an image goes to on this device. */
uint8_t dfu_plan_target(const struct dfu_planner *p, uint8_t image);

/** Is this image running, as far as it can be read? */
bool dfu_plan_runs(const struct dfu_planner *p, uint8_t index);

/** The application of a board with a firmware loader answers. */
bool dfu_plan_needs_loader(const struct dfu_planner *p);

/** Drop what is not wanted: --image, variants for the other slot. */
void dfu_plan_choose(struct dfu_planner *p);

/** As dfu_plan_find(), resting on p->build: fatal only when that is sure. */
struct dfu_finding *dfu_plan_guess(struct dfu_planner *p,
        enum dfu_finding_id id, enum dfu_code code, uint8_t index);

/** As dfu_plan_guess(), for any build. */
struct dfu_finding *dfu_plan_rest(struct dfu_planner *p,
        const struct dfu_build *build, enum dfu_finding_id id,
        enum dfu_code code, uint8_t index);

/** Everything that is wrong for this device; actions are set. */
void dfu_plan_check(struct dfu_planner *p);

/** Is it too large for its slot, or to be swapped? (plan_size.c) */
void dfu_plan_check_size(struct dfu_planner *p, uint8_t index);

/** Would the bootloader take it? (plan_boot.c) */
void dfu_plan_check_boot(struct dfu_planner *p, uint8_t index);

/** What do resets do beside what is wanted? (plan_reset.c) */
void dfu_plan_check_resets(struct dfu_planner *p);

/** Does the plan bring this image to its next boot? */
bool dfu_plan_boots(const struct dfu_planner *p, uint8_t index);

#endif
