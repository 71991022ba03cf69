// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of the image group share: a device that runs A, images to
 * give it, and an upload of B.
 */
#ifndef TEST_DFU_IMAGE_RIG_H
#define TEST_DFU_IMAGE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_device.h"

/* Image and slot of absolute slot n. */
extern const struct dfu_slot_ref S0;
extern const struct dfu_slot_ref S1;
extern const struct dfu_slot_ref S2;
extern const struct dfu_slot_ref S3;

extern struct device dev;
extern struct device_image img_a; /* runs, 1.0.0; hash 00..1f */
extern struct device_image img_b; /* uploaded, 2.0.0; hash 80..9f */
extern struct device_image img_c; /* 3.0.0; hash c0..df */
extern struct device_image img_d; /* 4.0.0; hash e0..ff */

#define FILE_MAX 8192u
extern uint8_t file[FILE_MAX]; /* the bytes of B */
extern uint32_t file_len;
extern struct smp_image_upload_req first; /* chunk of B, 128 bytes */

/* cmocka's: A runs, nothing else is there. */
int setup(void **state);
#define T(name) cmocka_unit_test_setup(name, setup)

/* A runs, B lies in slot 1 where uploads go. */
void have_both(void);
/* A on trial over the old B. */
void have_trial(void);
/* Two images: A runs, C lies in the second one's slot. */
void have_two(void);

/* The answer to a list, in hex. */
const char *list(void);
/* A chunk of B; the answer. */
const char *chunk(uint32_t off, size_t len);
/* Upload the rest of B from off on; the answer to the last chunk. */
const char *rest(uint32_t off);
/* The same request, refused in both versions. */
void assert_refused(const struct smp_image_upload_req *req, unsigned group_rc,
        unsigned rc, const char *rsn);

#endif
