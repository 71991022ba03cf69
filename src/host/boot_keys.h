// SPDX-License-Identifier: Apache-2.0
/*
 * Keys of a simulated bootloader: what it trusts, and what signs the first
 * application of a new chip.
 */
#ifndef HOST_BOOT_KEYS_H
#define HOST_BOOT_KEYS_H

#include "host/crypto_cipher.h"
#include "host/keys.h"

/**
 * The word that stands for the development key of the virtual devices: the
 * Ed25519 key of the seed 00 01 … 1f, which everybody knows.
 */
#define HOST_DEVELOPMENT_KEY "development"

/** Zero it before the first use; do not move it while it is open. */
struct host_boot_keys {
    struct host_keyring ring;
    struct mcub_keys keys;     /**< ready for use once open */
    struct mcub_signer signer; /**< with the first private key; ops is NULL
                                    when there is none */
    struct host_signing signing;
    uint8_t key_hash[MCUB_HASH_MAX];
    uint8_t sig[MCUB_SIGNATURE_MAX];
};

/**
 * Load keys.
 *
 * @param names  PEM files, and HOST_DEVELOPMENT_KEY, separated by blanks or
 *               commas
 * @param alg    hash of the bootloader's images
 * @return 0, or -1 with the error of host_key_load(), or DFU_OTHER: no name,
 *         or a key that cannot sign
 */
int host_boot_keys_open(struct host_boot_keys *keys, const char *names,
        enum mcub_hash_alg alg, struct host_error *err);

/** What decrypts images; zero it before the first use. */
struct host_boot_decryptor {
    struct host_decryptor dec; /**< ctx of host_cipher_ops */
    struct host_key *key;
    uint16_t tlv; /**< type of the key TLVs that it opens */
};

/**
 * Load the key of a bootloader that decrypts.
 *
 * @param path  as for host_decryptor_load()
 * @return 0, or -1 with the error of host_decryptor_load(), or DFU_OTHER: a
 *         key that opens no key TLV
 */
int host_boot_decryptor_open(struct host_boot_decryptor *dec, const char *path,
        struct host_error *err);

/** Wipe and free; may be called on a zeroed one. */
void host_boot_decryptor_close(struct host_boot_decryptor *dec);

/** Wipe and free; may be called on a zeroed one. */
void host_boot_keys_close(struct host_boot_keys *keys);

#endif
