// SPDX-License-Identifier: Apache-2.0
/*
 * Keys of images, from PEM files: to sign with, to verify with, to encrypt
 * for and to decrypt with. Everything is done by OpenSSL.
 */
#ifndef HOST_KEYS_H
#define HOST_KEYS_H

#include "host/error.h"
#include "mcub/sign.h"
#include "mcub/write.h"

enum host_key_type {
    HOST_KEY_RSA2048,
    HOST_KEY_RSA3072,
    HOST_KEY_P256,
    HOST_KEY_P384,
    HOST_KEY_ED25519,
    HOST_KEY_X25519, /**< encryption only */
    HOST_KEY_TYPES,
};

/** "rsa-2048", "ecdsa-p256": the names imgtool has. */
const char *host_key_type_to_str(enum host_key_type type);

/** @return the type of that name, or HOST_KEY_TYPES */
enum host_key_type host_key_type_parse(const char *text);

/** TLV type of the signatures of a key type; 0 for X25519. */
uint16_t host_key_sig_type(enum host_key_type type);

/** One key; private ones hold the public half too. */
struct host_key {
    enum host_key_type type;
    bool is_private;
    void *pkey;     /**< EVP_PKEY */
    uint8_t *der;   /**< public half: PKCS#1 for RSA, else the SPKI */
    size_t der_len; /**< bytes of it */
    char *name;     /**< of the file, escaped */
};

/**
 * Asks for the passphrase of a key file.
 *
 * @return a new string that is wiped and freed, or NULL: there is none
 */
struct host_passphrase {
    char *(*ask)(void *ctx, const char *name);
    void *ctx;
};

/**
 * Read a key: PEM, private (PKCS#8, also encrypted, or the older forms) or
 * public.
 *
 * @param pass  may be NULL: encrypted keys are refused
 * @return the key (host_key_free()), or NULL with DFU_FILE_MISSING (cannot be
 *         read) or DFU_OTHER (no key, of a kind MCUboot has no use for, wrong
 *         passphrase)
 */
struct host_key *host_key_load(const char *path,
        const struct host_passphrase *pass, struct host_error *err);

/** As host_key_load() for bytes in memory. */
struct host_key *host_key_parse(const char *name, const void *pem, size_t len,
        const struct host_passphrase *pass, struct host_error *err);

/** Make a new private key. @return NULL with DFU_OTHER: OpenSSL refused */
struct host_key *host_key_generate(enum host_key_type type,
        struct host_error *err);

/**
 * Make the Ed25519 key of a seed: for simulators and tests, not for products.
 */
struct host_key *host_key_from_seed(const uint8_t seed[32],
        struct host_error *err);

/** Wipe and free; NULL is fine. */
void host_key_free(struct host_key *key);

/**
 * Write a private key as PKCS#8 PEM, readable by its owner only.
 *
 * @param passphrase  NULL = not encrypted
 * @return 0, or -1 with DFU_OTHER: exists already, cannot be written
 */
int host_key_save(const struct host_key *key, const char *path,
        const char *passphrase, struct host_error *err);

/** Public half as PEM (SubjectPublicKeyInfo); g_free(). NULL: no memory. */
char *host_key_public_pem(const struct host_key *key);

/**
 * Hash of the public half as a KEYHASH TLV holds it.
 *
 * @return 0, or MCUB_E_CRYPTO
 */
int host_key_hash(const struct host_key *key, enum mcub_hash_alg alg,
        uint8_t out[MCUB_HASH_MAX]);

/** Trusted keys; zero it before the first use. */
struct host_keyring {
    GPtrArray *keys; /**< struct host_key * */
};

/** The ops of a keyring; ctx is a struct host_keyring. */
extern const struct mcub_key_ops host_key_ops;

/** Add a key; it is the keyring's afterwards. */
void host_keyring_add(struct host_keyring *ring, struct host_key *key);

/** Key number i. */
const struct host_key *host_keyring_get(const struct host_keyring *ring, int i);

/** Free the keys; may be called on a zeroed one. */
void host_keyring_clear(struct host_keyring *ring);

/**
 * Verify one signature with one key.
 *
 * @return 0, MCUB_E_SIGNATURE (wrong, or hash and key do not go together),
 *         MCUB_E_CRYPTO, error of sig->src
 */
int host_key_verify(const struct host_key *key,
        const struct mcub_signature *sig);

/** A private key at work; ctx of host_sign_ops. */
struct host_signing {
    const struct host_key *key; /**< private */
    bool pure;
    GByteArray *message; /**< pure: what is signed, so far */
};

/** For struct mcub_signer; ctx is a struct host_signing. */
extern const struct mcub_sign_ops host_sign_ops;

#endif
