// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of encrypted images share: real keys of every kind, boards of
 * every mode that moves images, and images as they are sent and as they run.
 */
#ifndef TEST_CRYPT_RIG_H
#define TEST_CRYPT_RIG_H

#include "host/crypto_cipher.h"
#include "host_test.h"
#include "mcub_rig.h"

/* Header and payload together are whole blocks, so no zeros are added. */
#define CRYPT_OLD_SIZE 3000u
#define CRYPT_NEW_SIZE 5000u

/* Private keys by kind; NULL for kinds that encrypt nothing. */
extern struct host_key *crypt_keys[HOST_KEY_TYPES];

/* How image keys are wrapped. */
struct crypt_wrap {
    const char *name;
    enum host_key_type type;
    bool sha512;
    bool kek; /* AES key wrap, no pair of keys */
    uint16_t tlv;
};

#define CRYPT_WRAPS 5
extern const struct crypt_wrap crypt_wraps[CRYPT_WRAPS];

#define CRYPT_BOARDS 5
extern const struct rig_geometry crypt_boards[CRYPT_BOARDS];

/* One image, as it is sent and as it runs. */
struct crypt_pair {
    uint8_t *sealed;
    uint8_t *plain;
    uint32_t len;
    uint8_t key[32];
};

/* cmocka's, for the group: make and free the keys. */
int crypt_keys_make(void **state);
int crypt_keys_free(void **state);

/* An image key under the key encryption key; bytes written. */
size_t crypt_wrap_with_kek(const uint8_t *key, size_t len, uint8_t *out);
/* An image whose payload has len bytes; crypt_drop() it. */
struct crypt_pair crypt_make(const char *version, uint32_t len,
        const struct crypt_wrap *wrap, size_t key_len, uint32_t flags);
void crypt_drop(struct crypt_pair *pair);
/* What the device has to unwrap keys of a kind. */
struct host_decryptor crypt_device_key(const struct crypt_wrap *wrap,
        size_t len);
/* A total of about len bytes that needs no zeros in front of the TLVs. */
uint32_t crypt_round_len(uint32_t len, const struct crypt_wrap *wrap,
        size_t key_len);
/* A board that decrypts: bytes of image keys, and of what trailers keep. */
void crypt_start(struct rig *rig, const struct rig_geometry *board,
        struct host_decryptor *dec, size_t key_len, uint16_t enc_size);

#endif
