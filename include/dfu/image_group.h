// SPDX-License-Identifier: Apache-2.0
/*
 * The image group of a server: list, test and confirm, upload, erase, slot
 * info over the slots of a board. Plug it into a struct smp_server.
 *
 * upload session (one, global: shared by all routes, lost at reset)
 *   state   request                   next    answer
 *   ------  ------------------------  ------  ------------------------------
 *   any     off 0, sha as stored      same    off: stored offset (resume)
 *   any     off 0, accepted           OPEN    off: bytes taken
 *   OPEN    off as expected           OPEN    off: bytes taken so far
 *   OPEN    last byte taken           CLOSED  off: len, match when checked
 *   any     off not as expected       same    off: expected, 0 when CLOSED
 *   any     refused                   CLOSED  the refusal
 *   any     erase                     CLOSED  (empty)
 */
#ifndef DFU_IMAGE_GROUP_H
#define DFU_IMAGE_GROUP_H

#include "dfu/policy.h"
#include "mcub/ops.h"
#include "mcub/slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of a server build; 0 is what Zephyr does without any. */
enum dfu_image_option {
    /** Slot info is answered. (CONFIG_MCUMGR_GRP_IMG_SLOT_INFO) */
    DFU_IMAGE_SLOT_INFO = 1 << 0,
    /** max_image_size is told in slot info, and `len` is held to it.
     *  (CONFIG_MCUMGR_GRP_IMG_TOO_LARGE_SYSBUILD, _BOOTLOADER_INFO) */
    DFU_IMAGE_MAX_SIZE = 1 << 1,
    /** Flash is compared with `sha`: `match`. Needs hash ops.
     *  (CONFIG_IMG_ENABLE_IMAGE_CHECK) */
    DFU_IMAGE_CHECK = 1 << 2,
    /** False flags and splitStatus are left out of the list.
     *  (CONFIG_MCUMGR_GRP_IMG_FRUGAL_LIST) */
    DFU_IMAGE_FRUGAL = 1 << 3,
    /** One image: `image` n > 0 means absolute slot n - 1.
     *  (CONFIG_MCUMGR_GRP_IMG_DIRECT_UPLOAD) */
    DFU_IMAGE_DIRECT_UPLOAD = 1 << 4,
    /** Sectors are erased when the stream reaches them.
     *  (CONFIG_IMG_ERASE_PROGRESSIVELY) */
    DFU_IMAGE_PROGRESSIVE = 1 << 5,
    /** A pending slot counts as in use.
     *  (CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=n) */
    DFU_IMAGE_KEEP_PENDING = 1 << 6,
    /** Any image that does not run may be confirmed.
     *  (CONFIG_MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_IMAGE_ANY) */
    DFU_IMAGE_CONFIRM_ANY = 1 << 7,
    /** Not even the secondary slot of another image may be confirmed.
     *  (..._ALLOW_CONFIRM_NON_ACTIVE_IMAGE_SECONDARY=n) */
    DFU_IMAGE_NO_CONFIRM_SECONDARY = 1 << 8,
    /** Only the active slot may be confirmed.
     *  (CONFIG_MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_SLOT=n) */
    DFU_IMAGE_NO_CONFIRM_NON_ACTIVE = 1 << 9,
    /** `upgrade` compares build numbers too.
     *  (CONFIG_MCUMGR_GRP_IMG_VERSION_CMP_USE_BUILD_NUMBER) */
    DFU_IMAGE_VERSION_BUILD = 1 << 10,
    /** ram-load: the bootloader erases what is not confirmed.
     *  (CONFIG_MCUBOOT_BOOTLOADER_MODE_RAM_LOAD_WITH_REVERT) */
    DFU_IMAGE_RAM_REVERT = 1 << 11,
};

/** What is about to be accepted from an upload request. */
struct dfu_image_chunk {
    struct dfu_slot_ref to;
    uint32_t off; /**< of this chunk; 0 = a new upload begins */
    uint32_t len; /**< bytes of the whole upload */
    struct smp_bytes data;
};

/**
 * What the application wants to hear and may refuse; each may be NULL. A
 * hook that refuses calls smp_call_refuse() or smp_call_refuse_group() and
 * returns false. Synchronous; never call back into the server.
 */
struct dfu_image_hooks {
    /** Before a chunk is taken; with off 0 before the slot is erased. A
     *  refusal closes the session. */
    bool (*chunk)(void *ctx, struct smp_call *call,
            const struct dfu_image_chunk *chunk);
    /** All bytes are in flash; cannot refuse. */
    void (*finished)(void *ctx, struct dfu_slot_ref slot);
    /** A session ended without its last byte; cannot refuse. */
    void (*stopped)(void *ctx);
    /** The image in a slot is about to be marked or confirmed. */
    bool (*pending)(void *ctx, struct smp_call *call, struct dfu_slot_ref slot,
            bool confirm);
};

/** The upload session. Readable at any time; written by the group only. */
struct dfu_image_session {
    bool open;
    struct dfu_slot_ref to;
    uint32_t len;
    uint32_t off; /**< next byte wanted */
    uint8_t sha_len;
    uint8_t sha[32]; /**< zero padded */
    struct mcub_slot_writer writer;
};

/**
 * A server's images. The caller fills the first part, zeroes the rest (or
 * all first) and keeps it as long as the server.
 */
struct dfu_image_server {
    const struct mcub_board *board;
    const struct dfu_image_policy *policy; /**< &dfu_image_policy_current */
    uint32_t options;                      /**< enum dfu_image_option */
    uint8_t image_count;         /**< images managed; 0 = all of the board */
    uint8_t hash_len;            /**< of image hashes in requests; 0 = 32 */
    struct dfu_slot_ref running; /**< 0/0 on boards that swap; slot 1 in a
                                      firmware loader */
    const struct mcub_hash_ops *hash; /**< needed by DFU_IMAGE_CHECK only */
    void *hash_ctx;
    const struct dfu_image_hooks *hooks; /**< NULL = none */
    void *hooks_ctx;

    struct dfu_image_session session;
};

/**
 * Make the group of an image server.
 *
 * Closes the session: call it at every start of the device. What the mode of
 * the board makes of the commands:
 *
 *   mode                    slots   state write   upload goes to
 *   ----------------------  ------  ------------  -----------------------
 *   swap, overwrite         2       yes           slot 1
 *   direct-xip, ram-load    2       no (rc 8)     the one that does not run
 *   the same, with revert   2       yes           the one that does not run
 *   single, to RAM too      slot 0  yes           nowhere (no free slot)
 *   firmware loader         slot 0  no (rc 8)     slot 0
 *
 * @param[out] group   written; refers to server
 * @param[in]  server  board and policy set, session untouched otherwise
 *
 * Wire:   group 1: state (read, write), upload, erase, slot info.
 * Source: zephyr doc/services/device_mgmt/smp_groups/smp_group_1.rst
 */
void dfu_image_group_init(struct smp_server_group *group,
        struct dfu_image_server *server);

/** Forget the upload session, as erase does. */
void dfu_image_session_close(struct dfu_image_server *server);

#ifdef __cplusplus
}
#endif

#endif
