// SPDX-License-Identifier: Apache-2.0
/*
 * Serial ports of this machine with what USB tells about them.
 */
#ifndef HOST_SCAN_H
#define HOST_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "host/error.h"

/** One port; texts are the port's own, NULL when not known. */
struct host_port {
    char *device;       /**< /dev/ttyACM0 */
    char *by_id;        /**< /dev/serial/by-id/..., stays when ports renumber */
    char *description;  /**< as the system names it */
    char *manufacturer; /**< USB, raw text of the device: escape it */
    char *product;      /**< USB */
    char *serial;       /**< USB */
    bool usb;
    uint16_t vid;
    uint16_t pid;
};

/**
 * List serial ports; /dev/ttyS* without a driver are left out.
 *
 * @param[out] ports  GPtrArray of struct host_port; g_ptr_array_unref()
 * @return 0, or -1 with DFU_OTHER
 */
int host_scan_serial(GPtrArray **ports, struct host_error *err);

/** /dev/serial/by-id name of a device node, or NULL; g_free(). */
char *host_scan_by_id(const char *device);

#endif
