// SPDX-License-Identifier: Apache-2.0
/*
 * What exactly is wrong with an image: for tools that refuse a file and have
 * to say why. Bootloaders do not need this.
 */
#ifndef MCUB_FLAW_H
#define MCUB_FLAW_H

#include "mcub/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Defects of an image, each with one reason to refuse it. Append only. */
enum mcub_flaw_kind {
    MCUB_FLAW_NONE = 0,
    /* header */
    MCUB_FLAW_HDR_SIZE,    /**< hdr_size below 32; value: hdr_size */
    MCUB_FLAW_PROT_SIZE,   /**< protected area of 1 to 3 bytes; value */
    MCUB_FLAW_SIZE_WRAPS,  /**< sizes beyond 32 bits; value: img_size */
    MCUB_FLAW_AES_FLAGS,   /**< AES-128 and AES-256 at once; value: flags */
    MCUB_FLAW_LZMA_FLAGS,  /**< LZMA1 and LZMA2 at once; value: flags */
    MCUB_FLAW_FILTER_FLAG, /**< ARM Thumb filter without LZMA; value */
    MCUB_FLAW_ADDR_FLAGS,  /**< RAM_LOAD and ROM_FIXED at once; value */
    /* areas */
    MCUB_FLAW_INFO_MAGIC,   /**< no TLV info where it belongs; value: found */
    MCUB_FLAW_PROT_ABSENT,  /**< header says protected TLVs, there are none;
                                 value: protect_tlv_size */
    MCUB_FLAW_PROT_UNASKED, /**< protected TLVs, header says none; value: tot */
    MCUB_FLAW_PROT_TOTAL,   /**< tot and header differ; value, limit */
    MCUB_FLAW_TOTAL,        /**< unprotected area below 4 bytes; value: tot */
    MCUB_FLAW_OVERRUN,      /**< entry leaves its area; value: its length,
                                 limit: bytes left */
    MCUB_FLAW_STRAY_BYTES,  /**< 1 to 3 bytes behind the last entry; value */
    /* entries */
    MCUB_FLAW_TYPE_ANY,    /**< type 0xffff is never stored */
    MCUB_FLAW_UNPROTECTED, /**< type is not for the unprotected area */
    MCUB_FLAW_PROTECTED,   /**< hash, key or signature in the protected area */
    MCUB_FLAW_LENGTH,      /**< length wrong for type; value, limit: right */
    MCUB_FLAW_TWICE,       /**< a second entry where one is allowed */
    MCUB_FLAW_VALUE,       /**< content wrong for type; value */
    /* the image as a whole */
    MCUB_FLAW_NO_HASH,       /**< no image hash */
    MCUB_FLAW_NO_KEY,        /**< encrypted, but no wrapped key */
    MCUB_FLAW_KEY_UNASKED,   /**< wrapped key, but not encrypted */
    MCUB_FLAW_PURE_UNSIGNED, /**< SIG_PURE, but no Ed25519 signature */
    MCUB_FLAW_NO_SIZE,       /**< compressed, but no decompressed size */
    MCUB_FLAW_SIZE_UNASKED,  /**< decompressed size, but not compressed */
};

/** A defect, and where it is. */
struct mcub_flaw {
    enum mcub_flaw_kind kind;
    uint32_t off;   /**< bytes from the start of the image */
    uint16_t type;  /**< TLV type, where one is meant; else 0 */
    uint32_t value; /**< as said at the kind */
    uint32_t limit; /**< as said at the kind */
};

/**
 * Find the first defect of an image.
 *
 * Stricter than bootloaders, which take the first of two equal TLVs and do
 * not look at flags they have no code for; never more lenient.
 *
 * @param[out] flaw  written when 0 or 1 is returned
 *
 * @return 1: there is one; 0: none (kind is MCUB_FLAW_NONE); or
 *         MCUB_E_SHORT     the source ends before the image: truncated
 *         MCUB_E_NO_IMAGE, MCUB_E_MAGIC  no image at all
 *         any error of the source
 */
int mcub_image_find_flaw(const struct mcub_source *src, struct mcub_flaw *flaw);

/** The reason in words, without numbers. */
const char *mcub_flaw_to_str(enum mcub_flaw_kind kind);

/** Name of a TLV type as imgtool has it, "SHA256"; NULL = none known. */
const char *mcub_tlv_type_to_str(uint16_t type);

/** Tell whether a type is from the range for vendors: xxa0 to xxff. */
bool mcub_tlv_type_is_vendor(uint16_t type);

#ifdef __cplusplus
}
#endif

#endif
