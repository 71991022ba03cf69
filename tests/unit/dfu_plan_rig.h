// SPDX-License-Identifier: Apache-2.0
/*
 * A device, a package and wishes to make plans of; setup() starts anew.
 */
#ifndef TEST_DFU_PLAN_RIG_H
#define TEST_DFU_PLAN_RIG_H

#include "dfu/plan.h"

extern struct dfu_device device;
extern struct dfu_package package;
extern struct dfu_options options;
extern struct dfu_plan plan;
/* Of the package's image, of what runs, of the bootloader; zero, not used. */
extern struct dfu_traits traits;
extern struct dfu_known known;
extern struct dfu_build build;

/* One image 1.0.0 runs, swap-move; the package brings 2.0.0. */
int setup(void **state);

/* A listed slot and an image; tag is major version and hash. */
struct dfu_slot *put(uint8_t image, uint8_t slot, uint8_t tag);
struct dfu_image *add(uint8_t image, uint8_t tag, uint32_t size);
/* Slot info: two slots of this size per image. */
void tell_slots(uint8_t images, uint32_t size);

int make(void);
const struct dfu_finding *found(enum dfu_finding_id id);

/* Fatal, and a warning with force where the code allows that. */
void expect_fatal(enum dfu_finding_id id, enum dfu_code code);
void expect_warning(enum dfu_finding_id id);
/* A plan without this finding. */
void expect_silence(enum dfu_finding_id id);
/* "U0L0t0RWc0V": one letter per step, the image's number after it. */
void expect_steps(const char *wanted);

#endif
