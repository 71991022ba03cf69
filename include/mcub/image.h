// SPDX-License-Identifier: Apache-2.0
/*
 * MCUboot images: header, TLV areas, hash; read through an op, so that a
 * file, a zip entry and a flash slot are the same thing.
 */
#ifndef MCUB_IMAGE_H
#define MCUB_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/err.h"
#include "mcub/ops.h"
#include "mcub/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MCUB_IMAGE_MAGIC       0x96f3b83du
#define MCUB_IMAGE_MAGIC_V1    0x96f3b83cu /**< before 1.0: refused */
#define MCUB_IMAGE_HEADER_SIZE 32u         /**< bytes of the header in use */

/** Header flags. */
enum mcub_image_flag {
    MCUB_IMAGE_PIC = 0x00000001,
    MCUB_IMAGE_AES128 = 0x00000004,
    MCUB_IMAGE_AES256 = 0x00000008,
    MCUB_IMAGE_NON_BOOTABLE = 0x00000010,
    MCUB_IMAGE_RAM_LOAD = 0x00000020,
    MCUB_IMAGE_ROM_FIXED = 0x00000100,
    MCUB_IMAGE_LZMA1 = 0x00000200,
    MCUB_IMAGE_LZMA2 = 0x00000400,
    MCUB_IMAGE_ARM_THUMB = 0x00000800,
};

#define MCUB_IMAGE_ENCRYPTED  (MCUB_IMAGE_AES128 | MCUB_IMAGE_AES256)
#define MCUB_IMAGE_COMPRESSED (MCUB_IMAGE_LZMA1 | MCUB_IMAGE_LZMA2)

/** TLV types; MCUB_TLV_ANY is a wildcard, never stored. */
enum mcub_tlv_type {
    MCUB_TLV_KEYHASH = 0x01,
    MCUB_TLV_PUBKEY = 0x02,
    MCUB_TLV_SHA256 = 0x10,
    MCUB_TLV_SHA384 = 0x11,
    MCUB_TLV_SHA512 = 0x12,
    MCUB_TLV_RSA2048_PSS = 0x20,
    MCUB_TLV_ECDSA224 = 0x21,
    MCUB_TLV_ECDSA_SIG = 0x22,
    MCUB_TLV_RSA3072_PSS = 0x23,
    MCUB_TLV_ED25519 = 0x24,
    MCUB_TLV_SIG_PURE = 0x25,
    MCUB_TLV_ENC_RSA2048 = 0x30,
    MCUB_TLV_ENC_KW = 0x31,
    MCUB_TLV_ENC_EC256 = 0x32,
    MCUB_TLV_ENC_X25519 = 0x33,
    MCUB_TLV_ENC_X25519_SHA512 = 0x34,
    MCUB_TLV_DEPENDENCY = 0x40,
    MCUB_TLV_SEC_CNT = 0x50,
    MCUB_TLV_BOOT_RECORD = 0x60,
    MCUB_TLV_DECOMP_SIZE = 0x70,
    MCUB_TLV_DECOMP_SHA = 0x71,
    MCUB_TLV_DECOMP_SIGNATURE = 0x72,
    MCUB_TLV_COMP_DEC_SIZE = 0x73,
    MCUB_TLV_UUID_VID = 0x74,
    MCUB_TLV_UUID_CID = 0x75,
    MCUB_TLV_ANY = 0xffff,
};

#define MCUB_TLV_INFO_SIZE       4u
#define MCUB_TLV_HEADER_SIZE     4u
#define MCUB_TLV_INFO_MAGIC      0x6907u
#define MCUB_TLV_PROT_INFO_MAGIC 0x6908u

/** The 32 bytes an image starts with. */
struct mcub_image_header {
    uint32_t load_addr;
    uint16_t hdr_size;         /**< bytes before the payload, at least 32 */
    uint16_t protect_tlv_size; /**< protected area with its info; 0 = none */
    uint32_t img_size;         /**< payload bytes */
    uint32_t flags;            /**< enum mcub_image_flag */
    struct mcub_version version;
};

/**
 * Read the header at the start of an image; no look behind it.
 *
 * @param[in]  buf  bytes of the image, borrowed for this call
 * @param      len  bytes in buf, any value
 * @param[out] hdr  written on success
 *
 * @return MCUB_IMAGE_HEADER_SIZE, or
 *         MCUB_E_SHORT     fewer than 32 bytes
 *         MCUB_E_NO_IMAGE  the magic is erased (all ff or all 00)
 *         MCUB_E_MAGIC     another magic
 *         MCUB_E_HEADER    hdr_size below 32, a protected area of 1..3 bytes,
 *                          sizes that wrap 32 bits, contradictory flags
 * Source: mcuboot docs/design.md, "Image format"
 */
int mcub_image_header_decode(const uint8_t *buf, size_t len,
        struct mcub_image_header *hdr);

/** Write a header: the inverse of mcub_image_header_decode(). */
void mcub_image_header_encode(const struct mcub_image_header *hdr,
        uint8_t buf[MCUB_IMAGE_HEADER_SIZE]);

/**
 * Where image bytes come from. read gives len bytes from base + off and
 * returns 0 or a negative enum mcub_err, which is passed on unchanged.
 */
struct mcub_source {
    int (*read)(void *ctx, uint32_t off, void *buf, size_t len);
    void *ctx;
    uint32_t base; /**< added to every offset; 0 for files */
    uint32_t size; /**< bytes there are, at most */
};

/**
 * Read from a source, bounds checked.
 *
 * @return 0, MCUB_E_SHORT  the range ends behind the source, or read's error
 */
int mcub_source_read(const struct mcub_source *src, uint32_t off, void *buf,
        size_t len);

/** An opened image; offsets are bytes from its start. Copy it freely. */
struct mcub_image {
    struct mcub_source src;
    struct mcub_image_header hdr;
    uint32_t tlv_off;     /**< first TLV info: hdr_size + img_size */
    uint32_t unprot_off;  /**< info of the unprotected area */
    uint16_t unprot_size; /**< unprotected area with its info */
    bool plain; /**< the flags say encrypted, but the payload is plain text:
                     in a primary slot, or read through mcub/decrypt.h */
};

/**
 * Open an image: header, both TLV areas, every entry inside its area.
 *
 * The payload is not read; signatures and hash are not checked.
 *
 * @param[out] image  written on success; keeps a copy of src
 * @param[in]  src    bytes from the start of the image on
 *
 * @return 0, or
 *         MCUB_E_NO_IMAGE, MCUB_E_MAGIC, MCUB_E_HEADER  as for the header
 *         MCUB_E_SHORT   the source ends before the image: truncated
 *         MCUB_E_TLV     wrong info magic, sizes that disagree, an entry
 *                        that leaves its area
 *         any error of the source
 * Source: mcuboot docs/design.md, "Image format"
 */
int mcub_image_open(struct mcub_image *image, const struct mcub_source *src);

/** Bytes of the whole image: header, payload, both TLV areas. */
uint32_t mcub_image_total_size(const struct mcub_image *image);

/** Bytes the hash covers: header, payload, protected TLVs. */
uint32_t mcub_image_hashed_size(const struct mcub_image *image);

/** One TLV entry; off is where its len payload bytes start in the image. */
struct mcub_tlv {
    uint16_t type;
    uint16_t len;
    uint32_t off;
    bool prot; /**< in the protected (hashed) area */
};

/** A walk over the TLVs of one image; protected ones first. */
struct mcub_tlv_iter {
    const struct mcub_image *image; /**< borrowed while the walk lasts */
    uint32_t off;
    uint16_t type;
    bool prot_only;
};

/**
 * Start a walk.
 *
 * @param type       MCUB_TLV_ANY, or the only type wanted
 * @param prot_only  stop at the end of the protected area
 */
void mcub_tlv_iter_init(struct mcub_tlv_iter *iter,
        const struct mcub_image *image, uint16_t type, bool prot_only);

/**
 * Step to the next entry.
 *
 * @return 1 and *tlv, 0 at the end, or a negative error of the source, or
 *         MCUB_E_TLV (the source changed since the image was opened)
 */
int mcub_tlv_next(struct mcub_tlv_iter *iter, struct mcub_tlv *tlv);

/**
 * Read the payload of one entry.
 *
 * @param[out] buf   at least tlv->len bytes
 * @param      size  bytes in buf
 *
 * @return tlv->len, MCUB_E_SPACE, or an error of the source
 */
int mcub_tlv_read(const struct mcub_image *image, const struct mcub_tlv *tlv,
        void *buf, size_t size);

/**
 * Tell whether bootloaders accept a type in the unprotected area.
 *
 * Others belong into the protected area; MCUboot refuses the whole image.
 */
bool mcub_tlv_type_may_be_unprotected(uint16_t type);

/**
 * Find the image hash: exactly one hash TLV, with the length of its type.
 *
 * This is what SMP calls the hash of an image; it is not a hash of the file.
 *
 * @param[out] hash  written on success
 *
 * @return 0, or
 *         MCUB_E_NO_HASH  none
 *         MCUB_E_TLV      two, or one of the wrong length
 *         any error of the source
 */
int mcub_image_find_hash(const struct mcub_image *image,
        struct mcub_hash *hash);

/**
 * Compute the image hash and compare it with the stored one.
 *
 * @param[in] ops, hash_ctx  the hash
 * @param     scratch        at least 32 bytes; larger is faster
 * @param     scratch_size   bytes in scratch
 *
 * @return 0, or
 *         MCUB_E_HASH       they differ
 *         MCUB_E_NO_HASH, MCUB_E_TLV  as mcub_image_find_hash(); MCUB_E_TLV
 *                           also for an encrypted image without a key TLV
 *         MCUB_E_ENCRYPTED  the hash is over the plain text, which image->plain
 *                           does not say this is: not checked
 *         any error of source and hash ops
 */
int mcub_image_verify_hash(const struct mcub_image *image,
        const struct mcub_hash_ops *ops, void *hash_ctx, uint8_t *scratch,
        size_t scratch_size);

/** One dependency: image must be at least version. */
struct mcub_dependency {
    uint8_t image;
    struct mcub_version version;
};

/**
 * Decode the 12 payload bytes of a dependency TLV.
 *
 * @return 0, or MCUB_E_TLV  len is not 12
 */
int mcub_dependency_decode(const uint8_t *buf, size_t len,
        struct mcub_dependency *dep);

/**
 * Read the security counter from the protected TLVs.
 *
 * @param[out] counter  written on success
 *
 * @return 0, or
 *         MCUB_E_NOT_FOUND  the image has none
 *         MCUB_E_TLV        its length is not 4
 *         any error of the source
 */
int mcub_image_security_counter(const struct mcub_image *image,
        uint32_t *counter);

#ifdef __cplusplus
}
#endif

#endif
