// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of uploads share: a scripted device, a file for it, and one
 * upload that is pumped.
 */
#ifndef TESTS_DFU_UPLOAD_RIG_H
#define TESTS_DFU_UPLOAD_RIG_H

#include "dfu_fake.h"

#include <string.h>

extern struct fake_device device;
extern struct fake_pump pump;
extern struct fake_file file;
extern struct dfu_image image;
extern struct dfu_upload upload;
extern struct dfu_upload_config config;
extern struct dfu_upload_status status; /**< after the end */

/** Size of the buffer that config names. */
#define CHUNK_SIZE 4096

/** cmocka's: 20000 bytes for image 0 of a device that tells 4 x 512. */
int setup(void **state);
/** Start and tell that the link is up; nothing is sent yet. */
void begin(void);
/** Run on until the end, or an hour has passed. */
void finish(void);
/** begin() and finish(); the whole file has to be in slot 1. */
void expect_done(void);
/** begin() and finish(); the upload has to fail with code. */
void expect_failed(enum dfu_code code);

#endif
