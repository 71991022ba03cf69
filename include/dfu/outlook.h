// SPDX-License-Identifier: Apache-2.0
/*
 * What the next reset does, read from the image list by the decisions of the
 * bootloader: flags are turned back into the trailers they were made of.
 */
#ifndef DFU_OUTLOOK_H
#define DFU_OUTLOOK_H

#include "dfu/device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dfu_outlook_kind {
    DFU_OUTLOOK_UNKNOWN, /**< nothing of the image is listed */
    DFU_OUTLOOK_STAYS,   /**< what runs runs again */
    DFU_OUTLOOK_TEST,    /**< next is swapped in, for one boot */
    DFU_OUTLOOK_INSTALL, /**< next is swapped in or copied, for good */
    DFU_OUTLOOK_REVERT,  /**< now is on trial: next is swapped back */
    DFU_OUTLOOK_SELECT,  /**< next is started in the slot where it lies */
    DFU_OUTLOOK_ERASE,   /**< now is on trial: it is erased, next is started */
};

/** The future of one image; slots point into the device. */
struct dfu_outlook {
    uint8_t kind;                  /**< enum dfu_outlook_kind */
    const struct dfu_slot *now;    /**< runs; NULL: not listed */
    const struct dfu_slot *next;   /**< runs after the next reset; NULL: not
                                       listed */
    const struct dfu_slot *later;  /**< runs after the reset behind that one, if
                                       nothing is confirmed; NULL: not listed */
    const struct dfu_slot *erased; /**< is erased by the boot: newest, but not
                                        marked (direct-XIP with revert) */
    bool tie;  /**< both slots hold the same version, and the lower one, which
                   does not run, goes first: it is started when it is marked,
                   else erased; the list does not tell (kind is STAYS) */
    bool held; /**< now is on trial, but is not taken back yet, because
                         held_by is updated by the same boot */
    uint8_t held_by; /**< image; with held */
    bool copies;     /**< what runs is overwritten: there is no way back */
    bool unread;     /**< what runs cannot be read: the network core */
    bool assumed;    /**< the mode is not known; a bootloader that swaps is
                         assumed */
    bool unflagged;  /**< no state is told: serial recovery */
};

/**
 * Say what the next reset does with an image, provided that the bootloader
 * finds what it starts valid.
 *
 * @param[out] outlook
 * @param      device   list told
 * @param      image
 * @param      mode     enum smp_bootloader_mode, as told or known otherwise;
 *                      dfu_plan_mode() puts them together
 *
 * Source: mcub_swap_type_decide(); mcuboot docs/design.md, "Boot swap types",
 *         "Direct-xip"
 */
void dfu_outlook_make(struct dfu_outlook *outlook,
        const struct dfu_device *device, uint8_t image, int32_t mode);

/** "stays", "test", "install", "revert", "select", "erase", "unknown". */
const char *dfu_outlook_to_str(enum dfu_outlook_kind kind);

#ifdef __cplusplus
}
#endif

#endif
