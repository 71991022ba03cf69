// SPDX-License-Identifier: Apache-2.0
#include "crypt_rig.h"

#include <openssl/evp.h>

struct host_key *crypt_keys[HOST_KEY_TYPES];

static const uint8_t kek[32] = "a key that encrypts other keys..";

const struct crypt_wrap crypt_wraps[CRYPT_WRAPS] = {
    { "RSA", HOST_KEY_RSA2048, false, false, MCUB_TLV_ENC_RSA2048 },
    { "KW", HOST_KEY_TYPES, false, true, MCUB_TLV_ENC_KW },
    { "P-256", HOST_KEY_P256, false, false, MCUB_TLV_ENC_EC256 },
    { "X25519", HOST_KEY_X25519, false, false, MCUB_TLV_ENC_X25519 },
    { "X25519, SHA-512", HOST_KEY_X25519, true, false,
            MCUB_TLV_ENC_X25519_SHA512 },
};

const struct rig_geometry crypt_boards[CRYPT_BOARDS] = {
    { "move", MCUB_MODE_MOVE, 1024, 10, 10, 4, 8, 16, 0, 0 },
    { "offset", MCUB_MODE_OFFSET, 1024, 10, 10, 8, 8, 16, 0, 0 },
    { "scratch", MCUB_MODE_SCRATCH, 1024, 10, 10, 4, 16, 16, 2, 1 },
    { "shared", MCUB_MODE_SCRATCH, 4096, 2, 2, 4, 8, 16, 1, 0 },
    { "overwrite", MCUB_MODE_OVERWRITE, 1024, 10, 10, 8, 32, 16, 0, 0 },
};

size_t crypt_wrap_with_kek(const uint8_t *key, size_t len, uint8_t *out)
{
    const EVP_CIPHER *aes = len == 16 ? EVP_aes_128_wrap() : EVP_aes_256_wrap();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;

    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    assert_int_equal(EVP_EncryptInit_ex(ctx, aes, NULL, kek, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, key, (int)len), 1);
    EVP_CIPHER_CTX_free(ctx);
    return (size_t)n;
}

struct crypt_pair crypt_make(const char *version, uint32_t len,
        const struct crypt_wrap *wrap, size_t key_len, uint32_t flags)
{
    struct crypt_pair pair = { NULL, NULL, len, { 0 } };
    struct rig_image_options options = { flags,
        flags != 0 ? RIG_RAM_START + 0x400 : 0, 0 };
    struct mcub_encryptor encrypt = { .cipher = { .ops = &host_cipher_ops } };
    uint8_t wrapped[MCUB_KEY_TLV_MAX];
    uint16_t tlv = MCUB_TLV_ENC_KW;
    size_t n;

    for (size_t i = 0; i < key_len; i++) {
        pair.key[i] = (uint8_t)(version[0] * 16 + (int)i);
    }
    if (wrap->kek) {
        n = crypt_wrap_with_kek(pair.key, key_len, wrapped);
    } else {
        struct host_wrapping how = { crypt_keys[wrap->type], wrap->sha512 };

        n = (size_t)host_key_wrap(&how, pair.key, key_len, &tlv, wrapped);
    }
    assert_int_equal(tlv, wrap->tlv);
    encrypt.cipher.key_len = (uint8_t)key_len;
    memcpy(encrypt.cipher.key, pair.key, key_len);
    encrypt.key = (struct mcub_tlv_spec){ tlv, { wrapped, n } };
    pair.sealed = rig_image_encrypted(version, len, options, &encrypt);
    encrypt.clear = true;
    pair.plain = rig_image_encrypted(version, len, options, &encrypt);
    assert_memory_equal(pair.sealed, pair.plain, 32);
    assert_memory_not_equal(pair.sealed + 32, pair.plain + 32, 32);
    return pair;
}

void crypt_drop(struct crypt_pair *pair)
{
    free(pair->sealed);
    free(pair->plain);
}

struct host_decryptor crypt_device_key(const struct crypt_wrap *wrap,
        size_t len)
{
    struct host_decryptor dec = { .key = NULL };

    if (wrap->kek) {
        memcpy(dec.kek, kek, len);
        dec.kek_len = len;
    } else {
        dec.key = crypt_keys[wrap->type];
    }
    return dec;
}

uint32_t crypt_round_len(uint32_t len, const struct crypt_wrap *wrap,
        size_t key_len)
{
    uint32_t tlvs = 4u + 36u + 4u + mcub_key_tlv_size(wrap->tlv, key_len);

    return (len & ~15u) + tlvs;
}

void crypt_start(struct rig *rig, const struct rig_geometry *board,
        struct host_decryptor *dec, size_t key_len, uint16_t enc_size)
{
    rig_init(rig, board, 1);
    rig->board.key_size = (uint8_t)key_len;
    rig->board.enc_size = enc_size;
    rig->cipher = &host_cipher_ops;
    rig->cipher_ctx = dec;
}

int crypt_keys_make(void **state)
{
    static const enum host_key_type types[] = { HOST_KEY_RSA2048, HOST_KEY_P256,
        HOST_KEY_X25519 };
    struct host_error err = { .code = DFU_OK };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        crypt_keys[types[i]] = host_key_generate(types[i], &err);
        assert_no_error(&err);
    }
    return 0;
}

int crypt_keys_free(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOST_KEY_TYPES; i++) {
        host_key_free(crypt_keys[i]);
    }
    return 0;
}
