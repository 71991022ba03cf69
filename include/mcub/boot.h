// SPDX-License-Identifier: Apache-2.0
/*
 * What the bootloader does between reset and the jump into the application:
 * finish an interrupted swap, update every image that is marked, validate.
 * A plain blocking function over flash, hash and two hooks.
 */
#ifndef MCUB_BOOT_H
#define MCUB_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/decrypt.h"
#include "mcub/image.h"
#include "mcub/ops.h"
#include "mcub/slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Image data is copied in pieces of this many bytes. */
#define MCUB_BOOT_BUF_SIZE 1024u

/** What happens during a boot; a and b as said. */
enum mcub_log_event {
    MCUB_LOG_START,     /**< boot begins; a: mode */
    MCUB_LOG_STATE,     /**< trailer read; a: slot, b: magic | swap_type << 8
                              | copy_done << 16 | image_ok << 24 */
    MCUB_LOG_RESUME,    /**< interrupted swap found; a: type, b: records */
    MCUB_LOG_SWAP_TYPE, /**< decision; a: enum mcub_swap_type */
    MCUB_LOG_GEOMETRY,  /**< slots cannot be swapped; a: enum mcub_geometry */
    MCUB_LOG_NO_SPACE,  /**< too large to swap; a: needed, b: bytes there are */
    MCUB_LOG_TOO_LARGE, /**< image above the limit; a: total, b: limit */
    MCUB_LOG_SLOT_INVALID,   /**< image refused; a: slot, b: -enum mcub_err */
    MCUB_LOG_SLOT_ERASED,    /**< refused image removed; a: slot */
    MCUB_LOG_WRONG_OFFSET,   /**< swap-offset: header found in sector 0 */
    MCUB_LOG_DOWNGRADE,      /**< older than what runs, removed */
    MCUB_LOG_DEPENDENCY,     /**< not met: this image is not updated */
    MCUB_LOG_REVERT_DROPPED, /**< a later image is being updated still */
    MCUB_LOG_SWAP_START,     /**< a: type, b: bytes */
    MCUB_LOG_COPY_START,     /**< overwrite; b: bytes */
    MCUB_LOG_DONE,           /**< update of this image complete; a: type */
    MCUB_LOG_HOOK_FAILED,    /**< network core refused; a: -enum mcub_err */
    MCUB_LOG_NOT_BOOTABLE,   /**< nothing to boot; a: -enum mcub_err */
    MCUB_LOG_JUMP,           /**< a: offset in flash, or address in RAM,
                               b: hdr_size */
    MCUB_LOG_SELECTED,       /**< direct-xip, ram-load; a: slot */
    MCUB_LOG_UNCONFIRMED,    /**< direct-xip: ran once, or never marked: a: slot
                               is erased */
    MCUB_LOG_LOADED,         /**< copied to RAM; a: address, b: bytes */
    MCUB_LOG_LOADER,         /**< firmware loader starts; a: 1 if asked for */
    MCUB_LOG_BOOTSTRAP,      /**< no image in the primary: copied; b: bytes */
    MCUB_LOG_STATUS_LOST,    /**< a progress record could not be written; a:
                               its number */
    MCUB_LOG_WRONG_ADDRESS,  /**< direct-xip: linked for another address, not a
                               candidate; a: slot, b: that address */
    MCUB_LOG_NO_KEY,         /**< the key of an encrypted image is not to be
                               had: the secondary is refused, the primary not
                               swapped; a: slot, b: -enum mcub_err */
};

/** Why slots cannot be swapped. */
enum mcub_geometry {
    MCUB_GEOMETRY_OK = 0,
    MCUB_GEOMETRY_SECTORS, /**< sectors of different or mixed size */
    MCUB_GEOMETRY_COUNTS,  /**< not a compatible amount of sectors */
    MCUB_GEOMETRY_MANY,    /**< more sectors than status rows */
    MCUB_GEOMETRY_TRAILER, /**< the trailer does not fit */
    MCUB_GEOMETRY_SCRATCH, /**< no scratch area, or one too small */
};

/** RAM that images may be loaded into (ram-load). */
struct mcub_ram {
    uint32_t start; /**< first address allowed */
    uint32_t size;  /**< bytes allowed */
    /** len bytes at an address; 0 or a negative enum mcub_err. */
    int (*read)(void *ctx, uint32_t addr, void *buf, size_t len);
    int (*write)(void *ctx, uint32_t addr, const void *buf, size_t len);
    void *ctx;
};

/** Hooks of a boot; each may be NULL. */
struct mcub_boot_ops {
    /** Told of every event. */
    void (*log)(void *ctx, enum mcub_log_event event, uint8_t image, uint32_t a,
            uint32_t b);
    /**
     * An overwritten image is in place: hand it to the network core.
     * 0, MCUB_E_HOOK (secondary stays, next boot tries again), MCUB_E_POWER.
     */
    int (*post_copy)(void *ctx, uint8_t image);
    /**
     * Check signatures, addresses, counters of an image whose hash is right.
     * 0, MCUB_E_SIGNATURE, or any other refusal.
     */
    int (*verify)(void *ctx, uint8_t image, uint8_t slot,
            const struct mcub_image *img, const struct mcub_hash *hash);
    /**
     * The stored security counter of an image (hardware rollback
     * protection). With these two every image needs a counter TLV, one below
     * the stored counter is refused, and the stored one is raised when an
     * image runs that is confirmed. 0 or a negative enum mcub_err.
     */
    int (*counter_get)(void *ctx, uint8_t image, uint32_t *counter);
    int (*counter_set)(void *ctx, uint8_t image, uint32_t counter);
    /** Where an image may be loaded to. ram-load needs it. */
    int (*ram)(void *ctx, uint8_t image, struct mcub_ram *ram);
    /** Firmware loader: is the loader asked for (button, boot mode)? */
    bool (*wants_loader)(void *ctx);
};

/** Options of a bootloader build. */
enum mcub_boot_option {
    /** Only the magic of the primary is checked before it is started. */
    MCUB_BOOT_NO_PRIMARY_CHECK = 0x001,
    /** Refuse older versions. */
    MCUB_BOOT_NO_DOWNGRADE = 0x002,
    /** Compare build numbers too. */
    MCUB_BOOT_USE_BUILD = 0x004,
    /** Before 2.2: an image too large to swap stays pending. */
    MCUB_BOOT_KEEP_OVERSIZED = 0x008,
    /** Overwrite copies the whole slot, not only the image. */
    MCUB_BOOT_OVERWRITE_WHOLE = 0x010,
    /** Overwrite: secondary keeps its image, only the mark goes. */
    MCUB_BOOT_KEEP_BACKUP = 0x020,
    /** Swap modes: refuse an update whose security counter is lower than
     *  that of what runs. */
    MCUB_BOOT_NO_COUNTER_DOWNGRADE = 0x040,
    /** No valid primary: copy a valid secondary, marked or not. */
    MCUB_BOOT_BOOTSTRAP = 0x080,
    /** Single slot, firmware loader: note in the trailer that the image is
     *  valid, and check it no more. */
    MCUB_BOOT_VALIDATE_ONCE = 0x100,
    /** ram-load: marks as in direct-xip with revert. */
    MCUB_BOOT_RAM_REVERT = 0x200,
    /** Copy blank and equal parts too: operation for operation what the
     *  reference does. */
    MCUB_BOOT_AS_REFERENCE = 0x400,
};

/** What became of one image. */
struct mcub_boot_result {
    uint8_t decided;   /**< enum mcub_swap_type, before checks */
    uint8_t performed; /**< NONE, TEST, PERM or REVERT: done in this boot */
    bool resumed;      /**< an interrupted update was finished */
    bool copied;       /**< by overwrite: the secondary is empty now */
    uint8_t slot;      /**< that runs, or was loaded from */
    int error;         /**< of the secondary, or of the primary */
};

/** One boot. The caller fills the first part and owns all of it. */
struct mcub_boot {
    const struct mcub_board *board;
    const struct mcub_hash_ops *hash;
    void *hash_ctx;
    const struct mcub_boot_ops *ops; /**< may be NULL */
    void *ops_ctx;
    const struct mcub_cipher_ops *cipher; /**< AES and the private key, where
                                               board->key_size is not 0 */
    void *cipher_ctx;
    uint8_t *buf;     /**< MCUB_BOOT_BUF_SIZE bytes, aligned as flash wants */
    uint32_t options; /**< enum mcub_boot_option */

    struct mcub_boot_result result[MCUB_IMAGES_MAX]; /**< written */
    uint8_t booted_slot;           /**< of image 0, written on success */
    uint8_t next[MCUB_IMAGES_MAX]; /**< private: swap types to perform, or
                                        slots not to be selected */
};

/**
 * Boot once.
 *
 * @param[in,out] boot  its first part filled by the caller; result and
 *                      booted_slot are written
 *
 * @return 0: image 0 may be started, see result; or
 *         MCUB_E_POWER         power failed: call again with fresh memory
 *         MCUB_E_NOT_BOOTABLE  a primary image is not valid
 *         MCUB_E_HOOK          the network core did not take its image
 *         MCUB_E_UNSUPPORTED   mode whose engine, or encryption that, is not
 *                              in this build; ram-load without the ram op
 *         MCUB_E_ARG, MCUB_E_GEOMETRY  board description impossible, or
 *                              without the cipher that it needs
 *         MCUB_E_FLASH         flash failed, and nothing valid can run
 *
 * Source: mcuboot docs/design.md, "Boot process"
 */
int mcub_boot(struct mcub_boot *boot);

#ifdef __cplusplus
}
#endif

#endif
