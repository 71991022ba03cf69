// SPDX-License-Identifier: Apache-2.0
/*
 * What the image group decides, where servers of different years decide
 * differently: a const table that the server's owner names.
 *
 * The core links the current decisions only. Older eras are further tables
 * of the same shape, brought by whoever needs them (the virtual device), so
 * that a microcontroller pays for none.
 *
 * Results of the decisions are ints:
 *   0    go on
 *   > 0  refuse with a code of the image group (enum smp_image_rc); v1
 *        requests and flat dresses get it through the policy's v1 table
 *   < 0  refuse with a flat SMP code (enum smp_rc), negated, in any version
 */
#ifndef DFU_POLICY_H
#define DFU_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smp/group_image.h"
#include "smp/server.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dfu_image_server;

/** Flags of a slot in the image list. */
enum dfu_slot_flag {
    DFU_SLOT_PENDING = 1 << 0,
    DFU_SLOT_CONFIRMED = 1 << 1,
    DFU_SLOT_ACTIVE = 1 << 2,
    DFU_SLOT_PERMANENT = 1 << 3,
};

/** One slot; within the image, not absolute. */
struct dfu_slot_ref {
    uint8_t image;
    uint8_t slot; /**< 0 or 1 */
};

/** Small differences between eras; 0 is the current behaviour. */
enum dfu_policy_quirk {
    /** A refusal of upload steps before the first write leaves the running
     *  session alone (A..C); later failures clear it. */
    DFU_QUIRK_KEEP_SESSION = 1 << 0,
    /** `len` is not compared with the slot: too large fails while erasing or
     *  writing (up to 3.2). */
    DFU_QUIRK_LEN_UNCHECKED = 1 << 1,
    /** A chunk may pass `len` (A..C); what does not fit any more then fails
     *  as a write error. */
    DFU_QUIRK_OVERRUN_UNCHECKED = 1 << 2,
    /** After the last chunk the offset stays: a repeated last chunk is
     *  answered with off = len, not 0 (A). */
    DFU_QUIRK_FINISH_KEEPS_OFF = 1 << 3,
    /** Only whole write blocks of a chunk are taken, unless it is the last
     *  one; the answered off is lower than off + data (A, early B). */
    DFU_QUIRK_ALIGN_TRIM = 1 << 4,
    /** Erase ignores `slot` and always takes slot 1 of image 0 (A, B). */
    DFU_QUIRK_ERASE_IGNORES_SLOT = 1 << 5,
};

/** The decisions of an era. All functions are there. */
struct dfu_image_policy {
    /** Mask of enum dfu_slot_flag that the list shows for a slot. */
    uint8_t (*flags)(const struct dfu_image_server *server, uint8_t image,
            uint8_t slot);
    /** May the slot not be erased or overwritten? */
    bool (*in_use)(const struct dfu_image_server *server, uint8_t image,
            uint8_t slot);
    /**
     * Step 2 of state write: mark or confirm the image in a slot.
     * @return 0 (marked, or nothing to do), or a refusal
     */
    int (*set_state)(struct dfu_image_server *server, uint8_t image,
            uint8_t slot, bool confirm);
    /**
     * Choose where an upload goes, and refuse when that slot is in use.
     *
     * @param      wanted  value of `image`, 0 when absent
     * @param[out] to      written on success
     * @return 0, or a refusal
     */
    int (*upload_target)(const struct dfu_image_server *server, uint32_t wanted,
            struct dfu_slot_ref *to);
    /** Refusal of an erase whose slot is in use. */
    int erase_in_use;
    /** Mask of enum dfu_policy_quirk. */
    uint32_t quirks;
    /** Group codes that are not 1 in a flat answer. */
    const struct smp_rc_pair *v1;
    uint8_t v1_count;
};

/** Zephyr 3.6 to 4.4, nRF Connect SDK 2.5 and later (era E). */
extern const struct dfu_image_policy dfu_image_policy_current;

/** Kinds of a next boot. */
enum dfu_next_type {
    DFU_NEXT_NORMAL, /**< stays, or changes for good */
    DFU_NEXT_TEST,
    DFU_NEXT_REVERT,
};

/** What the next boot does with an image. */
struct dfu_next_boot {
    uint8_t active; /**< slot that runs now (or would, for other images) */
    uint8_t slot;   /**< slot that the next boot starts */
    enum dfu_next_type type;
};

/** Building blocks that policies share. */

/** Slot of an image that runs now: 0 unless the server says otherwise. */
uint8_t dfu_image_active_slot(const struct dfu_image_server *server,
        uint8_t image);

/** Read from the trailers what the next boot does with an image. */
void dfu_image_next_boot(const struct dfu_image_server *server, uint8_t image,
        struct dfu_next_boot *next);

/** How many images the server manages. */
uint8_t dfu_image_count(const struct dfu_image_server *server);

/**
 * Slots of each image that the server shows: 1 where there is one only, and
 * of boards with a firmware loader, whose own slot is nobody's business.
 */
uint8_t dfu_image_slot_count(const struct dfu_image_server *server);

/** The bootloader runs the newest slot where it is, or from RAM. */
bool dfu_image_selects(const struct dfu_image_server *server);

/**
 * State write is there: not where the version alone decides (direct-xip,
 * ram-load, both without revert), and not in a firmware loader.
 */
bool dfu_image_can_mark(const struct dfu_image_server *server);

/** Image group code for an error of mcub that marking a slot met. */
int dfu_image_mark_error(int err);

#ifdef __cplusplus
}
#endif

#endif
