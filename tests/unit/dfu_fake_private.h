// SPDX-License-Identifier: Apache-2.0
/* What the files of the scripted device share; tests include dfu_fake.h. */
#ifndef TESTS_DFU_FAKE_PRIVATE_H
#define TESTS_DFU_FAKE_PRIVATE_H

#include "dfu_fake.h"

/** Answer with rc, as servers of SMP version 1 do. */
void fake_refuse(struct fake_item *it, int32_t rc);
/** Answer with the code of the request's own group. */
void fake_refuse_group(struct fake_item *it, int32_t rc);
void fake_put_flag(struct smp_encoder *e, const char *key, bool value);

/** The device takes a request: its answer is in the item afterwards. */
void fake_device_answer(struct fake_device *d, struct fake_item *it,
        uint32_t now_ms);
/** The image group's part of it. */
void fake_image_answer(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e);
/** What the bootloader does with the marks. */
void fake_device_boot(struct fake_device *d);

#endif
