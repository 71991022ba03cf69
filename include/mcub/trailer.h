// SPDX-License-Identifier: Apache-2.0
/*
 * The trailer at the end of a slot: where its fields are, what they say,
 * how they are written, and what a bootloader makes of two of them.
 *
 *   slot end - trailer size
 *   | status rows | [enc keys] | swap size | [tlv sizes] | swap info |
 *   | copy done | image ok | (padding) magic |            slot end
 *   Cells are max_align bytes apart; fields start their cell.
 *
 * Source: mcuboot docs/design.md, "Image trailer"
 */
#ifndef MCUB_TRAILER_H
#define MCUB_TRAILER_H

#include <stdbool.h>
#include <stdint.h>

#include "mcub/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MCUB_TRAILER_MAGIC_SIZE 16u

/** Bootloader modes, numbered as SMP bootloader info reports them. */
enum mcub_mode {
    MCUB_MODE_SINGLE = 0,
    MCUB_MODE_SCRATCH = 1,
    MCUB_MODE_OVERWRITE = 2,
    MCUB_MODE_MOVE = 3,
    MCUB_MODE_DIRECT_XIP = 4,
    MCUB_MODE_DIRECT_XIP_REVERT = 5,
    MCUB_MODE_RAM_LOAD = 6,
    MCUB_MODE_FW_LOADER = 7,
    MCUB_MODE_SINGLE_RAM = 8,
    MCUB_MODE_OFFSET = 9,
};

/** What the next boot does with an image; numbers as in swap info. */
enum mcub_swap_type {
    MCUB_SWAP_NONE = 1,
    MCUB_SWAP_TEST = 2,
    MCUB_SWAP_PERM = 3,
    MCUB_SWAP_REVERT = 4,
    MCUB_SWAP_FAIL = 5,
    MCUB_SWAP_PANIC = 0xff,
};

/** State of magic (good, bad, unset) and of flags (set, bad, unset). */
enum mcub_mark {
    MCUB_MARK_GOOD = 1,
    MCUB_MARK_SET = 1,
    MCUB_MARK_BAD = 2,
    MCUB_MARK_UNSET = 3,
    MCUB_MARK_ANY = 4, /**< in tables only */
};

/** Everything the layout depends on. */
struct mcub_trailer_params {
    uint32_t slot_size;
    uint32_t write_size;  /**< of the primary; with scratch the larger one */
    uint32_t max_align;   /**< 8, 16 or 32 */
    uint32_t max_sectors; /**< status rows */
    enum mcub_mode mode;
    uint32_t enc_size; /**< bytes per stored key, or per saved key TLV; 0 */
};

/** Field offsets in bytes from slot start; 0 for a field that is not there. */
struct mcub_trailer_layout {
    uint32_t magic;
    uint32_t image_ok;
    uint32_t copy_done;
    uint32_t swap_info;
    uint32_t tlv_sizes; /**< swap-offset only */
    uint32_t swap_size;
    uint32_t enc_key0;
    uint32_t enc_key1;
    uint32_t status;       /**< = slot size - size */
    uint32_t status_size;  /**< bytes of all rows */
    uint32_t cell;         /**< bytes from one record to the next */
    uint32_t info_size;    /**< bytes above the rows */
    uint32_t size;         /**< the whole trailer */
    uint32_t scratch_size; /**< trailer kept in a scratch area: one row */
};

/**
 * Compute where the fields are.
 *
 * @return 0, or MCUB_E_GEOMETRY  max_align is none of 8, 16, 32, write_size
 *         is no power of two up to max_align, or the trailer does not fit
 */
int mcub_trailer_layout(const struct mcub_trailer_params *params,
        struct mcub_trailer_layout *layout);

/** The 16 bytes that mark a trailer as written; max_align 8, 16 or 32. */
void mcub_trailer_magic(uint32_t max_align,
        uint8_t magic[MCUB_TRAILER_MAGIC_SIZE]);

/** A trailer in flash. */
struct mcub_trailer {
    const struct mcub_flash *flash;
    uint32_t off; /**< slot start in the flash device */
    uint32_t max_align;
    struct mcub_trailer_layout layout;
};

/** What a trailer says. */
struct mcub_trailer_state {
    uint8_t magic;     /**< enum mcub_mark */
    uint8_t image_ok;  /**< enum mcub_mark */
    uint8_t copy_done; /**< enum mcub_mark */
    uint8_t swap_type; /**< enum mcub_swap_type; MCUB_SWAP_NONE if unset */
    uint8_t image;     /**< image number in swap info; 0 if unset */
    bool has_swap_size;
    uint32_t swap_size; /**< bytes being swapped; 0 if unset */
};

/** The state of a trailer that nobody has written. */
void mcub_trailer_state_init(struct mcub_trailer_state *state);

/**
 * Read a trailer.
 *
 * @return 0, MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_trailer_read(const struct mcub_trailer *trailer,
        struct mcub_trailer_state *state);

/**
 * Write one field; it must be erased. Each is one flash write.
 *
 * @return 0, MCUB_E_FLASH, MCUB_E_POWER
 * Flash: flags are one byte 01; swap info image << 4 | type; sizes are
 *        32 bits little-endian; the rest of a write block is erased value.
 */
int mcub_trailer_write_magic(const struct mcub_trailer *trailer);
int mcub_trailer_write_image_ok(const struct mcub_trailer *trailer);
int mcub_trailer_write_copy_done(const struct mcub_trailer *trailer);
int mcub_trailer_write_swap_info(const struct mcub_trailer *trailer,
        uint8_t image, enum mcub_swap_type type);
int mcub_trailer_write_swap_size(const struct mcub_trailer *trailer,
        uint32_t size);
int mcub_trailer_write_tlv_sizes(const struct mcub_trailer *trailer,
        uint16_t primary, uint16_t secondary);

/** What mcub_trailer_mark() shall bring about. */
struct mcub_mark_request {
    uint8_t image;   /**< goes into swap info */
    bool active;     /**< the slot runs (primary of swapping boards) */
    bool confirm;    /**< for good, not for one boot */
    bool direct_xip; /**< rules of direct-xip with revert */
};

/**
 * Mark a slot for the next boot, or confirm the running one.
 *
 * Swapping boards: an unmarked secondary gets magic, image_ok (confirm),
 * swap info, in this order; a marked one is left alone, so a second call
 * never turns test into permanent. The active slot gets image_ok; without a
 * trailer it counts as confirmed already.
 *
 * @return 0, or
 *         MCUB_E_BAD_TRAILER  damaged magic: erase the slot, upload again
 *         MCUB_E_BAD_VECTOR   damaged magic in the active slot
 *         MCUB_E_FLASH, MCUB_E_POWER
 */
int mcub_trailer_mark(const struct mcub_trailer *trailer,
        const struct mcub_mark_request *request);

/**
 * Decide what the next boot does, given no interrupted swap.
 *
 * @param offset  swap-offset rules (a revert can be marked in the secondary)
 */
enum mcub_swap_type mcub_swap_type_decide(const struct mcub_trailer_state
                                                  *primary,
        const struct mcub_trailer_state *secondary, bool offset);

#ifdef __cplusplus
}
#endif

#endif
