// SPDX-License-Identifier: Apache-2.0
/* Shared by device.c and query.c. */
#ifndef DFU_DEVICE_PRIVATE_H
#define DFU_DEVICE_PRIVATE_H

#include "dfu/device.h"

/** Keep a text of the device: cut, and without zeros inside. true: not empty */
bool dfu_device_keep_text(char *to, size_t size, struct smp_bytes from);

#endif
