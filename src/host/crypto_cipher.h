// SPDX-License-Identifier: Apache-2.0
/*
 * Encryption of images over OpenSSL: AES-CTR, and the four ways of wrapping
 * the image key for a device.
 */
#ifndef HOST_CRYPTO_CIPHER_H
#define HOST_CRYPTO_CIPHER_H

#include "host/keys.h"
#include "mcub/decrypt.h"

/** What the device knows; either may be absent. */
struct host_decryptor {
    const struct host_key *key; /**< private: RSA-2048, P-256 or X25519 */
    uint8_t kek[32];            /**< for AES key wrap */
    size_t kek_len;             /**< 16 or 32; 0 = none */
};

/** For mcub_decrypt_open(); ctx is a struct host_decryptor. */
extern const struct mcub_cipher_ops host_cipher_ops;

/**
 * Read what decrypts images: a private key in PEM form, or a key encryption
 * key as 16 or 32 bytes, raw or in base64.
 *
 * @param[out] key  owner of the PEM key, NULL for the other kind
 *                  (host_key_free())
 * @return 0, or -1 with DFU_FILE_MISSING, DFU_OTHER
 */
int host_decryptor_load(const char *path, const struct host_passphrase *pass,
        struct host_decryptor *dec, struct host_key **key,
        struct host_error *err);

/** How to wrap an image key. */
struct host_wrapping {
    const struct host_key *key; /**< of the device; public is enough */
    bool sha512;                /**< X25519 only: TLV 0x34 */
};

/**
 * Wrap an image key for a device.
 *
 * @param[in]  image_key  key_len bytes, 16 or 32
 * @param[out] tlv        type; for curves with a fresh ephemeral key
 * @param[out] wrapped    content
 * @return bytes of wrapped, or
 *         MCUB_E_UNSUPPORTED  no wrapping for such a key
 *         MCUB_E_CRYPTO
 */
int host_key_wrap(const struct host_wrapping *how, const uint8_t *image_key,
        size_t key_len, uint16_t *tlv, uint8_t wrapped[MCUB_KEY_TLV_MAX]);

#endif
