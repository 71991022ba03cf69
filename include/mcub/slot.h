// SPDX-License-Identifier: Apache-2.0
/*
 * A board's images and slots; everything the bootloader and the SMP image
 * group do to a slot goes through here. Every call names image and slot.
 */
#ifndef MCUB_SLOT_H
#define MCUB_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/decrypt.h"
#include "mcub/flash.h"
#include "mcub/image.h"
#include "mcub/options.h"
#include "mcub/trailer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MCUB_SLOT_PRIMARY   0u
#define MCUB_SLOT_SECONDARY 1u

/** One slot: a sector-aligned range of a flash device. */
struct mcub_slot {
    const struct mcub_flash *flash;
    uint32_t off;  /**< bytes from the start of the device */
    uint32_t size; /**< bytes */
};

/**
 * The two slots of one image.
 *
 * nRF5340 network core: primary is a RAM area of the bootloader, overwrite
 * and unreadable are set.
 */
struct mcub_pair {
    struct mcub_slot slot[2];
    bool overwrite;  /**< copied, never swapped, whatever the board's mode */
    bool unreadable; /**< nobody can read the primary: its trailer counts as
                          unset, it is not validated, not listed */
};

/** What a bootloader build and its application agree on. */
struct mcub_board {
    enum mcub_mode mode;
    uint8_t image_count;           /**< 1..MCUB_IMAGES_MAX */
    const struct mcub_pair *pairs; /**< image_count of them */
    uint32_t max_align;            /**< 8, 16 or 32 */
    uint32_t max_sectors;          /**< status rows, per slot */
    struct mcub_slot scratch;      /**< swap-scratch only */
    uint8_t key_size;  /**< bytes of image keys, 16 or 32: the bootloader
                            decrypts images; 0: it does not */
    uint16_t enc_size; /**< bytes that a trailer keeps of the key of each
                            image: key_size, or the length of the whole key
                            TLV where that is saved; 0 without encryption */
};

/**
 * Check a board description: counts, alignment, slots on sectors, mode.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_GEOMETRY
 */
int mcub_board_check(const struct mcub_board *board);

/** The slot; NULL for a number the board does not have. */
const struct mcub_slot *mcub_board_slot(const struct mcub_board *board,
        uint8_t image, uint8_t slot);

/** How this image is updated: the board's mode, or overwrite. */
enum mcub_mode mcub_board_image_mode(const struct mcub_board *board,
        uint8_t image);

/**
 * Whether a slot can be read at all (false: primary of a network core).
 */
bool mcub_slot_is_readable(const struct mcub_board *board, uint8_t image,
        uint8_t slot);

/**
 * Locate the trailer of a slot.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_GEOMETRY
 */
int mcub_slot_trailer(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_trailer *trailer);

/**
 * Read what the trailer of a slot says; all unset when unreadable.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_GEOMETRY, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_slot_state(const struct mcub_board *board, uint8_t image, uint8_t slot,
        struct mcub_trailer_state *state);

/**
 * Decide afresh what the next boot does with an image, as the application
 * sees it. An unreadable primary is PANIC, an unreadable secondary NONE.
 */
enum mcub_swap_type mcub_board_swap_type(const struct mcub_board *board,
        uint8_t image);

/**
 * Where an uploaded image must start in a slot: one sector in for the
 * secondary of swap-offset boards, else 0.
 */
uint32_t mcub_slot_upload_offset(const struct mcub_board *board, uint8_t image,
        uint8_t slot);

/**
 * Where the image of a slot is to be looked for now, in bytes from the slot
 * start: as mcub_slot_upload_offset(), but 0 for the old image that waits
 * for a revert (swap-offset).
 *
 * Measured on Zephyr 4.4: after a confirm the old image, which still lies at
 * 0, is therefore no longer listed.
 */
uint32_t mcub_slot_image_offset(const struct mcub_board *board, uint8_t image,
        uint8_t slot);

/** An image found in a slot. */
struct mcub_slot_image {
    uint32_t off; /**< bytes from the slot start */
    struct mcub_image image;
};

/**
 * Open the image in a slot: header, TLV areas.
 *
 * Looks at mcub_slot_image_offset() only, as servers do.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_UNREADABLE, or the errors of
 *         mcub_image_open()
 */
int mcub_slot_open(const struct mcub_board *board, uint8_t image, uint8_t slot,
        struct mcub_slot_image *found);

/**
 * Open the image in a slot wherever it is: at mcub_slot_image_offset(), or
 * at the other place of swap-offset when there is no header there.
 *
 * @return as mcub_slot_open(), for the place looked at last
 */
int mcub_slot_open_any(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_slot_image *found);

/** What a list shows of a slot. */
struct mcub_slot_info {
    struct mcub_image_header header;
    struct mcub_hash hash;
    uint32_t off;   /**< of the image, bytes from the slot start */
    uint32_t total; /**< bytes of the whole image */
};

/**
 * Read header and hash of a slot by the rule of image lists: header and TLV
 * areas well-formed, exactly one hash TLV. The payload is not checked.
 *
 * @return 0, the errors of mcub_slot_open() and mcub_image_find_hash()
 */
int mcub_slot_read_info(const struct mcub_board *board, uint8_t image,
        uint8_t slot, struct mcub_slot_info *info);

/**
 * Read len bytes from a slot, off bytes behind its start.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_UNREADABLE, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_slot_read(const struct mcub_board *board, uint8_t image, uint8_t slot,
        uint32_t off, void *buf, size_t len);

/** Tell whether a whole slot is erased. @return 1, 0, or an error. */
int mcub_slot_is_blank(const struct mcub_board *board, uint8_t image,
        uint8_t slot);

/**
 * Erase a whole slot, trailer first, so that no mark outlives its image.
 *
 * @return 0, MCUB_E_ARG, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_slot_erase(const struct mcub_board *board, uint8_t image,
        uint8_t slot);

/**
 * Make room for an image: erase the trailer sectors, then everything from
 * the slot start to len bytes behind the upload offset, rounded to sectors.
 * What looks blank is erased as well: a cut erase can look like that.
 *
 * @param len  bytes of the image to come
 *
 * @return 0, MCUB_E_TOO_LARGE  len does not fit into the slot, MCUB_E_ARG,
 *         MCUB_E_GEOMETRY, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_slot_erase_for(const struct mcub_board *board, uint8_t image,
        uint8_t slot, uint32_t len);

/** A stream into a slot; one upload. The members are private. */
struct mcub_slot_writer {
    const struct mcub_slot *slot;
    uint32_t base;    /**< slot offset of image byte 0 */
    uint32_t len;     /**< image bytes announced */
    uint32_t written; /**< image bytes accepted */
    uint32_t erased;  /**< slot offset up to which sectors are erased */
    uint32_t blank;   /**< slot offset of the trailer sectors, erased first */
    uint8_t fill;     /**< bytes waiting in block */
    uint8_t block[MCUB_WRITE_SIZE_MAX];
};

/**
 * Start writing an image of len bytes into a slot.
 *
 * The trailer sectors are erased at once, so nothing stays pending; the
 * others at once too, or, progressive, each when the stream reaches it.
 *
 * @param[out] writer  keeps a pointer into board
 *
 * @return 0, the errors of mcub_slot_erase_for()
 */
int mcub_slot_writer_init(struct mcub_slot_writer *writer,
        const struct mcub_board *board, uint8_t image, uint8_t slot,
        uint32_t len, bool progressive);

/**
 * Append bytes, any number of them; what does not fill a write block waits.
 *
 * @return 0, MCUB_E_TOO_LARGE  more than announced, MCUB_E_FLASH,
 *         MCUB_E_POWER; after a flash error start again
 */
int mcub_slot_writer_write(struct mcub_slot_writer *writer, const void *data,
        size_t len);

/**
 * Write the last block, padded with the erased value.
 *
 * @return 0, MCUB_E_SHORT  fewer bytes than announced, MCUB_E_FLASH,
 *         MCUB_E_POWER
 */
int mcub_slot_writer_finish(struct mcub_slot_writer *writer);

/**
 * Decrypt the image in a slot where it lies: for a primary that was written
 * directly. Check the image first, through mcub_decrypt_open().
 *
 * Not safe when the power fails: what is left is no valid image then, and has
 * to be sent again.
 *
 * @param[in] ops, ctx  AES, and the private key
 * @param     buf       size bytes, at least the largest sector of the image
 *
 * @return 0, MCUB_E_SPACE  a sector is larger than buf; the errors of
 *         mcub_image_open() and mcub_decrypt_open(), of which
 *         MCUB_E_NOT_FOUND  the image is not encrypted; MCUB_E_FLASH,
 *         MCUB_E_POWER
 * Source: mcuboot boot/boot_serial/src/boot_serial_encryption.c
 */
int mcub_slot_decrypt(const struct mcub_slot *slot,
        const struct mcub_cipher_ops *ops, void *ctx, uint8_t *buf,
        size_t size);

/**
 * Mark a slot.
 *
 *   boards      slot       confirm  what it does
 *   ----------  ---------  -------  -----------------------------------------
 *   that swap   secondary  no       next boot: a trial
 *   that swap   secondary  yes      next boot: for good
 *   that swap   primary    any      what runs now stays
 *   direct-xip, any        no       may be selected, once
 *   ram-load    any        yes      may be selected for good
 *
 * @return 0 (also when it was marked already, as whatever it was), or
 *         MCUB_E_BAD_TRAILER  damaged mark: erase the slot first
 *         MCUB_E_BAD_VECTOR   damaged mark in the primary
 *         MCUB_E_UNREADABLE   primary of a network core
 *         MCUB_E_ARG, MCUB_E_GEOMETRY, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_slot_mark(const struct mcub_board *board, uint8_t image, uint8_t slot,
        bool confirm);

/**
 * Mark the image in the secondary slot for the next boot: mcub_slot_mark().
 *
 * @param permanent  no trial: the swap is confirmed by itself
 *
 * @return as mcub_slot_mark()
 */
int mcub_slot_set_pending(const struct mcub_board *board, uint8_t image,
        bool permanent);

/**
 * Confirm the image in the primary slot: mcub_slot_mark().
 *
 * @return as mcub_slot_mark()
 */
int mcub_slot_set_confirmed(const struct mcub_board *board, uint8_t image);

/**
 * Largest image (header to last TLV) that can be updated to; 0 if the
 * geometry fits no image at all.
 */
uint32_t mcub_max_image_size(const struct mcub_board *board, uint8_t image);

#ifdef __cplusplus
}
#endif

#endif
