// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of updates share: a scripted device, a package for it, and
 * one update that is pumped. A test changes device, pump and config, then says
 * how the update has to end.
 */
#ifndef TESTS_DFU_UPDATE_RIG_H
#define TESTS_DFU_UPDATE_RIG_H

#include "dfu_fake.h"

#include <string.h>

extern struct fake_device device;
extern struct fake_pump pump;
extern struct dfu_package package;
extern struct dfu_update update;
extern struct dfu_update_config config;
extern const struct dfu_update_result *result; /**< after the end */

/** Bytes of every image that is added from now on, at most 40000. */
extern uint32_t file_size;

/** Add an image to the package: its hash is 32 times tag. */
void add_image(uint8_t index, uint8_t tag);
/** A pump between update and device that knows nothing of earlier runs. */
void new_pump(void);
/** cmocka's: image 0 is to become 2, the device runs 1. */
int setup(void **state);
/** Two images, the second one of a network core; both in the package. */
void two_cores(enum fake_era era);

/** Start and tell that the link is up; nothing is sent yet. */
void begin(void);
/** Run on until the end, or an hour has passed. */
void finish(void);
/** begin() and finish(); the update has to end with code. */
void expect_code(enum dfu_code code);
/** The tag of what runs in an image's first slot. */
uint8_t runs(int image);

#endif
