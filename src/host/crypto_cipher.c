// SPDX-License-Identifier: Apache-2.0
/*
 * AES-CTR, RSA-OAEP, AES key wrap, ECIES.
 *
 * ECIES: shared = ECDH(ephemeral, device); HKDF(hash, no salt, shared, info)
 * gives an AES key and a MAC key; wrapped = AES-CTR(image key), tag over it.
 * Source: mcuboot docs/encrypted_images.md
 */
#include "host/crypto_cipher.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#define P256_POINT   65u
#define X25519_POINT 32u
#define SHARED       32u
#define OKM_MAX      (32u + 64u)

static const char info[] = "MCUBoot_ECIES_v1";

static int cipher_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    const EVP_CIPHER *aes =
            key.len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    uint8_t iv[16] = { 0 };
    bool good;

    (void)ctx;
    for (unsigned i = 0; i < 4; i++) {
        iv[12 + i] = (uint8_t)(block >> (24 - 8 * i));
    }
    good = evp != NULL && EVP_EncryptInit_ex(evp, aes, NULL, key.ptr, iv) == 1;
    while (good && len > 0) {
        int n = (int)MIN(len, 1u << 30);
        int out = 0;

        good = EVP_EncryptUpdate(evp, data, &out, data, n) == 1;
        data += n;
        len -= (size_t)n;
    }
    EVP_CIPHER_CTX_free(evp);
    return good ? 0 : MCUB_E_CRYPTO;
}

/* The two ends of an ECIES, and what comes out between them. */
struct ecies {
    const EVP_MD *md;
    size_t key_len;
    size_t point_len;
    size_t tag_len;
    uint8_t okm[OKM_MAX]; /* AES key, MAC key */
};

/* false: no ECIES TLV */
static bool ecies_init(struct ecies *e, uint16_t tlv, size_t key_len)
{
    memset(e, 0, sizeof(*e));
    e->key_len = key_len;
    e->md = tlv == MCUB_TLV_ENC_X25519_SHA512 ? EVP_sha512() : EVP_sha256();
    e->tag_len = tlv == MCUB_TLV_ENC_X25519_SHA512 ? 64 : 32;
    e->point_len = tlv == MCUB_TLV_ENC_EC256 ? P256_POINT : X25519_POINT;
    return tlv == MCUB_TLV_ENC_EC256 || tlv == MCUB_TLV_ENC_X25519 ||
            tlv == MCUB_TLV_ENC_X25519_SHA512;
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[SHARED])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t len = SHARED;
    bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
            EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
            EVP_PKEY_derive(ctx, shared, &len) > 0 && len == SHARED;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool expand(struct ecies *e, uint8_t shared[SHARED])
{
    uint8_t salt[64] = { 0 };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    size_t len = e->key_len + e->tag_len;
    bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
            EVP_PKEY_CTX_set_hkdf_md(ctx, e->md) > 0 &&
            EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt, (int)e->tag_len) > 0 &&
            EVP_PKEY_CTX_set1_hkdf_key(ctx, shared, SHARED) > 0 &&
            EVP_PKEY_CTX_add1_hkdf_info(ctx, (const uint8_t *)info,
                    (int)sizeof(info) - 1) > 0 &&
            EVP_PKEY_derive(ctx, e->okm, &len) > 0;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool derive(struct ecies *e, EVP_PKEY *own, EVP_PKEY *peer)
{
    uint8_t shared[SHARED];
    bool good = agree(own, peer, shared) && expand(e, shared);

    OPENSSL_cleanse(shared, sizeof(shared));
    return good;
}

static bool make_tag(const struct ecies *e, const uint8_t *wrapped,
        uint8_t tag[64])
{
    size_t len = 0;

    return EVP_Q_mac(NULL, "HMAC", NULL, EVP_MD_get0_name(e->md), NULL,
                   e->okm + e->key_len, e->tag_len, wrapped, e->key_len, tag,
                   64, &len) != NULL &&
            len == e->tag_len;
}

static int apply_okm(const struct ecies *e, uint8_t *data)
{
    struct mcub_bytes key = { e->okm, e->key_len };

    return cipher_ctr(NULL, key, 0, data, e->key_len);
}

/* The ephemeral key as a peer; checked to be on the curve. */
static EVP_PKEY *point_to_key(EVP_PKEY *own, const uint8_t *point, size_t len)
{
    EVP_PKEY *peer;

    if (EVP_PKEY_get_base_id(own) == EVP_PKEY_X25519) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, len);
    }
    peer = EVP_PKEY_new();
    if (peer != NULL &&
            (EVP_PKEY_copy_parameters(peer, own) <= 0 ||
                    EVP_PKEY_set1_encoded_public_key(peer, point, len) <= 0)) {
        EVP_PKEY_free(peer);
        peer = NULL;
    }
    return peer;
}

static int ecies_open(struct ecies *e, EVP_PKEY *own,
        const struct mcub_bytes *in, uint8_t *key)
{
    const uint8_t *tag = in->ptr + e->point_len;
    const uint8_t *wrapped = tag + e->tag_len;
    EVP_PKEY *peer = point_to_key(own, in->ptr, e->point_len);
    uint8_t want[64];
    int rc = MCUB_E_SIGNATURE;

    if (peer != NULL && derive(e, own, peer) && make_tag(e, wrapped, want) &&
            CRYPTO_memcmp(want, tag, e->tag_len) == 0) {
        memcpy(key, wrapped, e->key_len);
        rc = apply_okm(e, key);
    }
    EVP_PKEY_free(peer);
    OPENSSL_cleanse(e->okm, sizeof(e->okm));
    return rc;
}

static bool set_oaep(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
}

static int oaep_open(EVP_PKEY *own, const struct mcub_bytes *in, uint8_t *key,
        size_t key_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    uint8_t plain[MCUB_KEY_TLV_MAX];
    size_t len = sizeof(plain);
    int rc = MCUB_E_SIGNATURE;

    if (ctx != NULL && EVP_PKEY_decrypt_init(ctx) > 0 && set_oaep(ctx) &&
            EVP_PKEY_decrypt(ctx, plain, &len, in->ptr, in->len) > 0 &&
            len == key_len) {
        memcpy(key, plain, key_len);
        rc = 0;
    }
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_cleanse(plain, sizeof(plain));
    return rc;
}

/* RFC 3394; the key encryption key is as long as the image key. */
static int kw_open(const struct host_decryptor *dec,
        const struct mcub_bytes *in, uint8_t *key, size_t key_len)
{
    const EVP_CIPHER *aes =
            key_len == 16 ? EVP_aes_128_wrap() : EVP_aes_256_wrap();
    EVP_CIPHER_CTX *evp;
    uint8_t plain[64];
    int len = 0;
    int rc = MCUB_E_SIGNATURE;

    if (dec->kek_len != key_len) {
        return MCUB_E_ENCRYPTED;
    }
    evp = EVP_CIPHER_CTX_new();
    if (evp == NULL) {
        return MCUB_E_CRYPTO;
    }
    EVP_CIPHER_CTX_set_flags(evp, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_DecryptInit_ex(evp, aes, NULL, dec->kek, NULL) == 1 &&
            EVP_DecryptUpdate(evp, plain, &len, in->ptr, (int)in->len) == 1 &&
            (size_t)len == key_len) {
        memcpy(key, plain, key_len);
        rc = 0;
    }
    EVP_CIPHER_CTX_free(evp);
    OPENSSL_cleanse(plain, sizeof(plain));
    return rc;
}

static int cipher_unwrap(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
        uint8_t *key, size_t key_len)
{
    const struct host_decryptor *dec = ctx;
    enum host_key_type have = HOST_KEY_TYPES;
    struct ecies e;
    int rc = MCUB_E_ENCRYPTED;

    if (tlv == MCUB_TLV_ENC_KW) {
        rc = kw_open(dec, &wrapped, key, key_len);
    } else if (dec->key != NULL && dec->key->is_private) {
        have = dec->key->type;
    }
    if (tlv == MCUB_TLV_ENC_RSA2048 && have == HOST_KEY_RSA2048) {
        rc = oaep_open(dec->key->pkey, &wrapped, key, key_len);
    } else if (ecies_init(&e, tlv, key_len) &&
            have ==
                    (tlv == MCUB_TLV_ENC_EC256 ? HOST_KEY_P256
                                               : HOST_KEY_X25519)) {
        rc = ecies_open(&e, dec->key->pkey, &wrapped, key);
    }
    ERR_clear_error();
    return rc;
}

const struct mcub_cipher_ops host_cipher_ops = {
    .unwrap = cipher_unwrap,
    .ctr = cipher_ctr,
};

static int load_kek(const char *name, const char *data, size_t len,
        struct host_decryptor *dec, struct host_error *err)
{
    guchar *raw = NULL;
    gsize raw_len = 0;

    if (len == 16 || len == 32) {
        memcpy(dec->kek, data, len);
        dec->kek_len = len;
        return 0;
    }
    if (len > 0 && len < 100) {
        raw = g_base64_decode(data, &raw_len);
    }
    if (raw != NULL && (raw_len == 16 || raw_len == 32)) {
        memcpy(dec->kek, raw, raw_len);
        dec->kek_len = raw_len;
    }
    g_free(raw);
    if (dec->kek_len == 0) {
        return host_error_set(err, DFU_OTHER,
                "give a private key in PEM form, or 16 or 32 bytes",
                "%s: nothing that decrypts images", name);
    }
    return 0;
}

int host_decryptor_load(const char *path, const struct host_passphrase *pass,
        struct host_decryptor *dec, struct host_key **key,
        struct host_error *err)
{
    GError *error = NULL;
    char *data = NULL;
    gsize len = 0;
    int result;

    memset(dec, 0, sizeof(*dec));
    *key = NULL;
    if (!g_file_get_contents(path, &data, &len, &error)) {
        host_error_set(err, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return -1;
    }
    if (strstr(data, "-----BEGIN") == NULL) {
        result = load_kek(path, data, len, dec, err);
    } else {
        *key = host_key_parse(path, data, len, pass, err);
        dec->key = *key;
        result = *key != NULL ? 0 : -1;
    }
    if (result == 0 && dec->key != NULL && !dec->key->is_private) {
        result = host_error_set(err, DFU_OTHER,
                "give the private key of the device",
                "%s: a public key cannot decrypt", dec->key->name);
        host_key_free(*key);
        *key = NULL;
    }
    OPENSSL_cleanse(data, len);
    g_free(data);
    return result;
}

static int oaep_wrap(EVP_PKEY *peer, const uint8_t *key, size_t key_len,
        uint8_t wrapped[MCUB_KEY_TLV_MAX])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
    size_t len = MCUB_KEY_TLV_MAX;
    bool good = ctx != NULL && EVP_PKEY_encrypt_init(ctx) > 0 &&
            set_oaep(ctx) &&
            EVP_PKEY_encrypt(ctx, wrapped, &len, key, key_len) > 0;

    EVP_PKEY_CTX_free(ctx);
    return good ? (int)len : MCUB_E_CRYPTO;
}

/* The public half of a fresh key as it goes into the TLV. */
static bool put_point(EVP_PKEY *own, uint8_t *out, size_t want)
{
    unsigned char *point = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(own, &point);
    bool good = len == want;

    if (good) {
        memcpy(out, point, len);
    }
    OPENSSL_free(point);
    return good;
}

static int ecies_wrap(struct ecies *e, EVP_PKEY *peer, const uint8_t *key,
        uint8_t *out)
{
    bool x25519 = EVP_PKEY_get_base_id(peer) == EVP_PKEY_X25519;
    EVP_PKEY *own = x25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519")
                           : EVP_EC_gen("P-256");
    uint8_t *tag = out + e->point_len;
    uint8_t *wrapped = tag + e->tag_len;
    uint8_t full_tag[64];
    bool good = own != NULL && derive(e, own, peer) &&
            put_point(own, out, e->point_len);

    memcpy(wrapped, key, e->key_len);
    good = good && apply_okm(e, wrapped) == 0 && make_tag(e, wrapped, full_tag);
    if (good) {
        memcpy(tag, full_tag, e->tag_len);
    }
    EVP_PKEY_free(own);
    OPENSSL_cleanse(e->okm, sizeof(e->okm));
    return good ? (int)(e->point_len + e->tag_len + e->key_len) : MCUB_E_CRYPTO;
}

int host_key_wrap(const struct host_wrapping *how, const uint8_t *image_key,
        size_t key_len, uint16_t *tlv, uint8_t wrapped[MCUB_KEY_TLV_MAX])
{
    struct ecies e;
    uint16_t type = 0;
    int rc;

    if (how->sha512 && how->key->type != HOST_KEY_X25519) {
        return MCUB_E_UNSUPPORTED;
    }
    if (how->key->type == HOST_KEY_RSA2048) {
        type = MCUB_TLV_ENC_RSA2048;
    } else if (how->key->type == HOST_KEY_P256) {
        type = MCUB_TLV_ENC_EC256;
    } else if (how->key->type == HOST_KEY_X25519) {
        type = how->sha512 ? MCUB_TLV_ENC_X25519_SHA512 : MCUB_TLV_ENC_X25519;
    }
    if (type == 0) {
        return MCUB_E_UNSUPPORTED;
    }
    rc = ecies_init(&e, type, key_len)
            ? ecies_wrap(&e, how->key->pkey, image_key, wrapped)
            : oaep_wrap(how->key->pkey, image_key, key_len, wrapped);
    if (rc > 0) {
        *tlv = type;
    }
    ERR_clear_error();
    return rc;
}
