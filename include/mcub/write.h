// SPDX-License-Identifier: Apache-2.0
/*
 * Writing images in one pass into a sink: header, payload, protected TLVs,
 * hash, signatures, wrapped image key; and the padding up to a slot's end.
 */
#ifndef MCUB_WRITE_H
#define MCUB_WRITE_H

#include "mcub/decrypt.h"
#include "mcub/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A TLV to be written; the bytes are borrowed. */
struct mcub_tlv_spec {
    uint16_t type;
    struct mcub_bytes value; /**< at most 65535 - 8 bytes */
};

/** A private key at work. */
struct mcub_sign_ops {
    /**
     * Pure signatures: the signed bytes, in order, in pieces. May be NULL
     * for keys that sign the hash only. 0, or a negative enum mcub_err.
     */
    int (*update)(void *ctx, const void *data, size_t len);
    /**
     * Sign.
     *
     * @param[in]  hash  the image hash; pure: not what is signed
     * @param[out] sig   size bytes
     *
     * @return bytes of the signature, MCUB_E_SPACE, MCUB_E_CRYPTO
     */
    int (*sign)(void *ctx, const struct mcub_hash *hash, uint8_t *sig,
            size_t size);
};

/** One signature to be made; the image gets a key TLV and a signature TLV. */
struct mcub_signer {
    const struct mcub_sign_ops *ops;
    void *ctx;
    uint16_t type;            /**< signature TLV */
    bool pure;                /**< sign the image, say so by SIG_PURE */
    struct mcub_tlv_spec key; /**< KEYHASH or PUBKEY */
    uint8_t *sig;             /**< room for the signature */
    size_t sig_size;          /**< bytes of room: the most it may have */
    size_t sig_len;           /**< written */
};

/** Encryption of the payload. */
struct mcub_encryptor {
    struct mcub_cipher cipher; /**< unwrap is not used */
    struct mcub_tlv_spec key;  /**< the image key, wrapped for the device */
    bool clear; /**< flags and key TLV only: for the primary slot, which
                     holds plain text */
};

/** What an image shall hold. */
struct mcub_image_spec {
    struct mcub_version version;
    uint32_t load_addr;
    uint32_t flags;    /**< enum mcub_image_flag; encrypt adds its own */
    uint16_t hdr_size; /**< at least 32 */
    uint8_t hdr_fill;  /**< bytes from 32 to hdr_size */
    struct mcub_source payload;       /**< size = bytes of it */
    const struct mcub_tlv_spec *prot; /**< protected TLVs, in this order */
    size_t prot_count;
    enum mcub_hash_alg hash_alg;
    struct mcub_signer *signers; /**< in this order; may be NULL */
    size_t signer_count;
    const struct mcub_encryptor *encrypt; /**< NULL: not encrypted */
};

/** Takes the image bytes in order. Returns 0, or MCUB_E_SINK or another. */
struct mcub_sink {
    int (*write)(void *ctx, const void *buf, size_t len);
    void *ctx;
};

/** The means of one mcub_image_write() call. */
struct mcub_image_writer {
    const struct mcub_hash_ops *hash;
    void *hash_ctx;
    struct mcub_sink sink;
    uint8_t *scratch; /**< copies payload; at least 32 bytes */
    size_t scratch_size;
};

/**
 * Bytes an image of this description takes; with signatures that vary in
 * length (ECDSA) the most it can take.
 *
 * @param[out] size  written on success
 *
 * @return 0, or
 *         MCUB_E_HEADER     hdr_size below 32, or contradictory flags
 *         MCUB_E_TLV        a TLV area longer than 65535 bytes
 *         MCUB_E_TOO_LARGE  more than 32 bits
 *         MCUB_E_ARG        no such hash
 */
int mcub_image_spec_size(const struct mcub_image_spec *spec, uint32_t *size);

/**
 * Write an image into the sink.
 *
 * The hash is over the plain text. Before encryption, zeros are added until
 * header and payload are a multiple of 16 bytes.
 *
 * @param[in]  spec    sig and sig_len of its signers are written
 * @param[in]  writer  the means: hash, sink, scratch
 * @param[out] hash  the image hash, written on success; may be NULL
 *
 * @return 0, the errors of mcub_image_spec_size(), MCUB_E_ARG for a scratch
 *         below 32 bytes or a pure signer that cannot, or any error of
 *         source, sink and ops
 *
 * Flash: header, hdr_fill up to hdr_size, payload, [6908 tot, protected
 *        TLVs], 6907 tot, hash, [SIG_PURE], key and signature of each
 *        signer, [wrapped key]; little-endian.
 * Source: mcuboot docs/design.md, "Image format"
 */
int mcub_image_write(const struct mcub_image_spec *spec,
        const struct mcub_image_writer *writer, struct mcub_hash *hash);

/** A slot that an image file shall fill: for programming it directly. */
struct mcub_pad_spec {
    uint32_t slot_size;
    uint32_t align;       /**< write size of the flash: 1 to 32 */
    uint32_t max_align;   /**< 8, 16 or 32 */
    uint32_t max_sectors; /**< status rows */
    uint32_t key_size;    /**< bytes per stored key or key TLV; 0 = none */
    uint8_t erased_value;
    bool overwrite; /**< overwrite-only: no status rows */
    bool confirm;   /**< set image_ok; not with overwrite */
};

/**
 * Bytes at the end of the slot that are not for the image.
 *
 * @return bytes, or 0: align or max_align is impossible
 */
uint32_t mcub_pad_trailer_size(const struct mcub_pad_spec *pad);

/**
 * Fill a slot up behind an image: erased bytes, and a trailer that marks it
 * for a test, or confirms it.
 *
 * @param size  bytes of the image
 *
 * @return 0, or
 *         MCUB_E_GEOMETRY   align or max_align is impossible
 *         MCUB_E_TOO_LARGE  image and trailer do not fit the slot
 *         any error of the sink
 * Source: mcuboot docs/imgtool.md; docs/design.md, "Image trailer"
 */
int mcub_pad_write(const struct mcub_pad_spec *pad, uint32_t size,
        const struct mcub_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
