// SPDX-License-Identifier: Apache-2.0
/*
 * Signatures of images: which key a TLV names, whether a signature is good.
 * Keys and arithmetic are behind ops; the loop over the TLVs is here.
 */
#ifndef MCUB_SIGN_H
#define MCUB_SIGN_H

#include "mcub/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most zeros that may follow a DER signature: padding of old signers. */
#define MCUB_ECDSA_ZEROS_MAX 6

/** Largest signature or public key TLV that is looked at, in bytes. */
#define MCUB_SIGNATURE_MAX 512u

/** One signature as it stands in an image; pointers are borrowed. */
struct mcub_signature {
    uint16_t type; /**< its TLV: MCUB_TLV_RSA2048_PSS to MCUB_TLV_ED25519 */
    struct mcub_bytes value;
    bool pure;                     /**< over the image, not over its hash */
    const struct mcub_hash *hash;  /**< what is signed, unless pure */
    const struct mcub_source *src; /**< pure: bytes 0 to size are signed */
    uint32_t size;
};

/** The public keys that are trusted, numbered from 0. */
struct mcub_key_ops {
    /**
     * Find the key that a TLV names.
     *
     * @param tlv    MCUB_TLV_KEYHASH: value is the start, at least one byte,
     *               of the hash (alg) of the key's DER form; MCUB_TLV_PUBKEY:
     *               value is the DER form itself
     *
     * @return number of the key, or MCUB_E_NOT_FOUND, MCUB_E_CRYPTO
     *
     * The DER form is RSAPublicKey (PKCS#1) for RSA, SubjectPublicKeyInfo
     * for the others.
     */
    int (*find)(void *ctx, uint16_t tlv, struct mcub_bytes value,
            enum mcub_hash_alg alg);
    /** TLV type of the signatures that the key makes. */
    uint16_t (*sig_type)(void *ctx, int key);
    /** 0, MCUB_E_SIGNATURE (wrong), MCUB_E_CRYPTO, error of sig->src. */
    int (*verify)(void *ctx, int key, const struct mcub_signature *sig);
};

/** Trusted keys and their context. */
struct mcub_keys {
    const struct mcub_key_ops *ops;
    void *ctx;
};

/** What the signatures of an image are. */
struct mcub_signature_report {
    uint16_t signatures; /**< signature TLVs of any type */
    uint16_t key_tlvs;   /**< KEYHASH and PUBKEY TLVs */
    uint16_t good;       /**< verified with a trusted key */
    uint16_t wrong;      /**< made with another key than the one named */
    bool pure;           /**< MCUB_TLV_SIG_PURE is there */
    uint16_t type;       /**< of the last signature looked at; 0 = none */
    int key;             /**< last key that verified one; -1 = none */
};

/** Tell whether a TLV type is a signature. */
bool mcub_tlv_type_is_signature(uint16_t type);

/**
 * Verify the signatures of an image whose hash was found right.
 *
 * As the bootloader does: a key TLV selects a key, and the next signature of
 * that key's type is verified with it; the last one that was verified
 * decides. A key hash may be cut; an unknown key is no error; a signature
 * without a selected key is skipped.
 *
 * @param[in]  image   encrypted: the decrypted view, when pure ones count
 * @param[in]  hash    its image hash, as mcub_image_find_hash() gives it
 * @param[in]  keys    those that are trusted
 * @param      scratch  MCUB_SIGNATURE_MAX bytes
 * @param[out] report  may be NULL; written whatever is returned
 *
 * @return 0, or
 *         MCUB_E_SIGNATURE  none is good: see report
 *         MCUB_E_TLV        a key TLV, signature or SIG_PURE of impossible
 *                           length, or SIG_PURE that is not 1
 *         errors of the source, MCUB_E_CRYPTO
 * Source: mcuboot boot/bootutil/src/image_validate.c
 */
int mcub_image_verify_signature(const struct mcub_image *image,
        const struct mcub_hash *hash, const struct mcub_keys *keys,
        uint8_t scratch[MCUB_SIGNATURE_MAX],
        struct mcub_signature_report *report);

#ifdef __cplusplus
}
#endif

#endif
