// SPDX-License-Identifier: Apache-2.0
/*
 * What a virtual application does once it runs, told by its image in a
 * protected vendor TLV: "name=Nordic_LTS;confirm=1;crash=1;smp=0;start=5000".
 */
#ifndef VDEV_APP_H
#define VDEV_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Type of the TLV; the value is the text without a final zero. */
#define VDEV_APP_TLV 0x00a0u

#define VDEV_APP_NAME_SIZE 32
/** Bytes for any descriptor as text, with the final zero. */
#define VDEV_APP_TEXT_SIZE 160

struct vdev_app {
    char name[VDEV_APP_NAME_SIZE]; /**< device name; empty = the preset's */
    bool confirm;                  /**< confirms itself when it has started */
    bool crash;                    /**< crashes at start: the board reboots */
    bool smp;                      /**< has an SMP server (default true) */
    uint32_t start_ms;             /**< takes this long before it answers */
};

/** A plain, well-behaved application. */
void vdev_app_init(struct vdev_app *app);

/**
 * Read a descriptor; pairs are separated by ';' or ','.
 *
 * Unknown keys are skipped: newer images run on older simulators. A name
 * keeps printable characters only.
 *
 * @param      text  len bytes, no final zero needed
 * @param[out] app   written on success
 *
 * @return 0, or -1: a pair without '=', a value that is not 0 or 1, a start
 *         above 3600000 ms, a name longer than 31 characters
 */
int vdev_app_parse(const char *text, size_t len, struct vdev_app *app);

/**
 * Write a descriptor with what differs from vdev_app_init().
 *
 * @return length of the text without the final zero
 */
size_t vdev_app_format(const struct vdev_app *app,
        char text[VDEV_APP_TEXT_SIZE]);

#endif
