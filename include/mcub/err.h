// SPDX-License-Identifier: Apache-2.0
/*
 * Errors of the mcub floor: images, slots, marks, boot.
 */
#ifndef MCUB_ERR_H
#define MCUB_ERR_H

#include "mcub/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What went wrong in the mcub floor; append only, never an errno value. */
enum mcub_err {
    MCUB_OK = 0,
    MCUB_E_FLASH = -1,      /**< a flash operation failed */
    MCUB_E_POWER = -2,      /**< the power went: stop at once, touch nothing */
    MCUB_E_ARG = -3,        /**< no such image, slot, or malformed argument */
    MCUB_E_ALIGN = -4,      /**< offset or length not on a write or sector
                                   boundary */
    MCUB_E_GEOMETRY = -5,   /**< slots, sectors and mode do not fit together */
    MCUB_E_NO_IMAGE = -6,   /**< the header is erased */
    MCUB_E_MAGIC = -7,      /**< the first four bytes are no image magic */
    MCUB_E_HEADER = -8,     /**< header fields contradict each other */
    MCUB_E_SHORT = -9,      /**< the source ends before the image does */
    MCUB_E_TLV = -10,       /**< a TLV area is malformed */
    MCUB_E_NO_HASH = -11,   /**< no image hash among the TLVs */
    MCUB_E_HASH = -12,      /**< the computed hash differs from the stored */
    MCUB_E_TOO_LARGE = -13, /**< more bytes than slot or mode can take */
    MCUB_E_BAD_TRAILER = -14, /**< secondary magic torn: erase the slot first */
    MCUB_E_BAD_VECTOR = -15,  /**< trailer of the active slot is damaged */
    MCUB_E_NOT_BOOTABLE = -16, /**< no bootable image left, or flag says so */
    MCUB_E_NOT_FOUND = -17,    /**< no such TLV, or the iteration has ended */
    MCUB_E_UNREADABLE = -18,   /**< the slot cannot be read (network core) */
    MCUB_E_SIGNATURE = -19,    /**< no valid signature for the board's keys */
    MCUB_E_ENCRYPTED = -20,    /**< encrypted, and no key at hand */
    MCUB_E_UNSUPPORTED = -21,  /**< a mode or format this build cannot do */
    MCUB_E_VERSION = -22,      /**< version or dependency not satisfied */
    MCUB_E_SPACE = -23,        /**< the caller's buffer is too small */
    MCUB_E_CRYPTO = -24,       /**< the hash op failed */
    MCUB_E_SINK = -25,         /**< the sink op refused bytes */
    MCUB_E_HOOK = -26,         /**< the network core did not take its image */
    MCUB_E_COUNTER = -27,      /**< security counter missing or too low */
    MCUB_E_RAM = -28,          /**< the RAM an image asks for is not its */
};

/**
 * Name an error in plain words.
 *
 * @param err  a value of enum mcub_err, or any int
 *
 * @return a static text, "unknown" for a value that is not of the enum
 */
const char *mcub_err_to_str(int err);

#ifdef __cplusplus
}
#endif

#endif
