// SPDX-License-Identifier: Apache-2.0
/*
 * Encrypted images, read as if they were not: only the payload is encrypted,
 * with AES in counter mode, so that any part of it can be read alone.
 */
#ifndef MCUB_DECRYPT_H
#define MCUB_DECRYPT_H

#include "mcub/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest image key in bytes (AES-256). */
#define MCUB_IMAGE_KEY_MAX 32u

/** Largest key TLV in bytes (RSA-2048). */
#define MCUB_KEY_TLV_MAX 256u

/** AES, and the private key for the key TLV. */
struct mcub_cipher_ops {
    /**
     * Get the image key out of a key TLV. May be NULL for writers.
     *
     * @param      tlv      MCUB_TLV_ENC_RSA2048 to MCUB_TLV_ENC_X25519_SHA512
     * @param[in]  wrapped  content of the TLV; its length is right for
     *                      type and key_len
     * @param[out] key      key_len bytes, 16 or 32
     *
     * @return 0, or
     *         MCUB_E_ENCRYPTED    no private key for such a TLV
     *         MCUB_E_SIGNATURE    wrapped for another key, or damaged
     *         MCUB_E_CRYPTO
     */
    int (*unwrap)(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
            uint8_t *key, size_t key_len);
    /**
     * Encrypt or decrypt in place: AES-CTR, 16-byte counter block of twelve
     * zero bytes and the block number, 32 bits big-endian.
     *
     * @param block  number of the first block
     * @param data   starts at a block; the end need not be one
     *
     * @return 0, or MCUB_E_CRYPTO
     */
    int (*ctr)(void *ctx, struct mcub_bytes key, uint32_t block, uint8_t *data,
            size_t len);
};

/** AES with its key: one image key. */
struct mcub_cipher {
    const struct mcub_cipher_ops *ops;
    void *ctx;
    uint8_t key[MCUB_IMAGE_KEY_MAX];
    uint8_t key_len; /**< 16 or 32 */
};

/**
 * Encrypt or decrypt bytes of a payload in place.
 *
 * @param off  bytes from the start of the payload, any value
 *
 * @return 0, or MCUB_E_CRYPTO
 * Source: mcuboot docs/encrypted_images.md
 */
int mcub_cipher_apply(const struct mcub_cipher *cipher, uint32_t off,
        uint8_t *data, size_t len);

/**
 * Encrypt or decrypt, in bytes that were read from an image, those that
 * belong to its payload.
 *
 * @param start, end  of the payload, bytes from the image start
 * @param off         where data starts in the image, any value
 *
 * @return 0, or MCUB_E_CRYPTO
 */
int mcub_cipher_apply_at(const struct mcub_cipher *cipher, uint32_t start,
        uint32_t end, uint32_t off, uint8_t *data, size_t len);

/** Forget the key. */
void mcub_cipher_finish(struct mcub_cipher *cipher);

/** Tell whether a TLV type holds a wrapped image key. */
bool mcub_tlv_type_is_key(uint16_t type);

/** Bytes of a key TLV for an image key of key_len; 0 = not possible. */
uint16_t mcub_key_tlv_size(uint16_t type, size_t key_len);

/** Bytes of the image key that the flags ask for: 16, 32, or 0 = none. */
size_t mcub_image_key_size(const struct mcub_image *image);

/** An encrypted image being read. */
struct mcub_decrypt {
    struct mcub_cipher cipher;
    struct mcub_image image; /**< as stored */
};

/**
 * Unwrap the image key; afterwards plain reads as the image before it was
 * encrypted: its hash, its signatures, its payload. Flags and TLVs are the
 * same.
 *
 * @param[out] dec    keeps the key: mcub_decrypt_finish() wipes it
 * @param[in]  image  copied
 * @param[out] plain  the view; borrows dec
 *
 * @return 0, or
 *         MCUB_E_NOT_FOUND  the image is not encrypted
 *         MCUB_E_TLV        no key TLV, or one of the wrong length
 *         errors of the source and of the unwrap op
 */
int mcub_decrypt_open(struct mcub_decrypt *dec, const struct mcub_image *image,
        const struct mcub_cipher_ops *ops, void *ctx, struct mcub_image *plain);

/** Wipe the key. */
void mcub_decrypt_finish(struct mcub_decrypt *dec);

#ifdef __cplusplus
}
#endif

#endif
