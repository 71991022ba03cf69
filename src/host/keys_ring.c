// SPDX-License-Identifier: Apache-2.0
/* Keys at work: verifying and signing. */
#include "host/keys.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "host/crypto.h"

/* PSS salt, as MCUboot wants it. */
#define SALT 32

/* Hashes that MCUboot builds combine with a key. */
static bool hash_fits(enum host_key_type type, enum mcub_hash_alg alg)
{
    switch (type) {
    case HOST_KEY_RSA2048:
    case HOST_KEY_RSA3072:
    case HOST_KEY_P256:
        return alg == MCUB_HASH_SHA256;
    case HOST_KEY_P384:
        return alg == MCUB_HASH_SHA384;
    case HOST_KEY_ED25519:
        return alg == MCUB_HASH_SHA256 || alg == MCUB_HASH_SHA512;
    case HOST_KEY_X25519:
    case HOST_KEY_TYPES:
        break;
    }
    return false;
}

int host_key_hash(const struct host_key *key, enum mcub_hash_alg alg,
        uint8_t out[MCUB_HASH_MAX])
{
    struct host_hash hash = { NULL };
    int rc = host_hash_ops.init(&hash, alg);

    if (rc == 0) {
        rc = host_hash_ops.update(&hash, key->der, key->der_len);
    }
    if (rc == 0) {
        rc = host_hash_ops.finish(&hash, out, mcub_hash_size(alg));
    }
    host_hash_clear(&hash);
    return rc;
}

/* Padding of RSA, for signing and verifying alike. */
static bool set_pss(EVP_PKEY_CTX *ctx, enum host_key_type type)
{
    if (type != HOST_KEY_RSA2048 && type != HOST_KEY_RSA3072) {
        return true;
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
            EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SALT) > 0;
}

/* Signers before MCUboot 1.5 padded DER signatures with zeros. */
static size_t der_length(const struct mcub_bytes *sig)
{
    size_t len = sig->len >= 2 ? (size_t)sig->ptr[1] + 2 : sig->len;

    if (len > sig->len || sig->len - len > MCUB_ECDSA_ZEROS_MAX) {
        return sig->len;
    }
    for (size_t i = len; i < sig->len; i++) {
        if (sig->ptr[i] != 0) {
            return sig->len;
        }
    }
    return len;
}

static int verify_digest(const struct host_key *key,
        const struct mcub_signature *sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    size_t len = sig->value.len;
    int good = -1;

    if (ctx == NULL) {
        return MCUB_E_CRYPTO;
    }
    if (sig->type == MCUB_TLV_ECDSA_SIG) {
        len = der_length(&sig->value);
    }
    if (EVP_PKEY_verify_init(ctx) > 0 && set_pss(ctx, key->type)) {
        good = EVP_PKEY_verify(ctx, sig->value.ptr, len, sig->hash->bytes,
                sig->hash->len);
    }
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good == 1 ? 0 : MCUB_E_SIGNATURE;
}

/* Ed25519 hashes its message itself: it has to be had in one piece. */
static int verify_message(const struct host_key *key,
        const struct mcub_signature *sig, const uint8_t *message, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = -1;

    if (ctx == NULL) {
        return MCUB_E_CRYPTO;
    }
    if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1) {
        good = EVP_DigestVerify(ctx, sig->value.ptr, sig->value.len, message,
                len);
    }
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good == 1 ? 0 : MCUB_E_SIGNATURE;
}

static int verify_pure(const struct host_key *key,
        const struct mcub_signature *sig)
{
    uint8_t *message;
    int rc;

    if (key->type != HOST_KEY_ED25519) {
        return MCUB_E_SIGNATURE;
    }
    message = g_malloc(sig->size);
    rc = mcub_source_read(sig->src, 0, message, sig->size);
    if (rc == 0) {
        rc = verify_message(key, sig, message, sig->size);
    }
    g_free(message);
    return rc;
}

int host_key_verify(const struct host_key *key,
        const struct mcub_signature *sig)
{
    if (sig->type != host_key_sig_type(key->type)) {
        return MCUB_E_SIGNATURE;
    }
    if (sig->pure) {
        return verify_pure(key, sig);
    }
    if (!hash_fits(key->type, sig->hash->alg)) {
        return MCUB_E_SIGNATURE;
    }
    if (key->type == HOST_KEY_ED25519) {
        return verify_message(key, sig, sig->hash->bytes, sig->hash->len);
    }
    return verify_digest(key, sig);
}

void host_keyring_add(struct host_keyring *ring, struct host_key *key)
{
    if (ring->keys == NULL) {
        ring->keys = g_ptr_array_new();
    }
    g_ptr_array_add(ring->keys, key);
}

const struct host_key *host_keyring_get(const struct host_keyring *ring, int i)
{
    return g_ptr_array_index(ring->keys, (guint)i);
}

void host_keyring_clear(struct host_keyring *ring)
{
    for (guint i = 0; ring->keys != NULL && i < ring->keys->len; i++) {
        host_key_free(g_ptr_array_index(ring->keys, i));
    }
    if (ring->keys != NULL) {
        g_ptr_array_unref(ring->keys);
    }
    ring->keys = NULL;
}

static bool is_named(const struct host_key *key, uint16_t tlv,
        struct mcub_bytes value, const uint8_t hash[MCUB_HASH_MAX])
{
    if (tlv == MCUB_TLV_KEYHASH) {
        return memcmp(hash, value.ptr, value.len) == 0;
    }
    return key->der_len == value.len &&
            memcmp(key->der, value.ptr, value.len) == 0;
}

static int ring_find(void *ctx, uint16_t tlv, struct mcub_bytes value,
        enum mcub_hash_alg alg)
{
    const struct host_keyring *ring = ctx;

    if (tlv == MCUB_TLV_KEYHASH &&
            (value.len == 0 || value.len > mcub_hash_size(alg))) {
        return MCUB_E_NOT_FOUND;
    }
    for (guint i = 0; ring->keys != NULL && i < ring->keys->len; i++) {
        const struct host_key *key = host_keyring_get(ring, (int)i);
        uint8_t hash[MCUB_HASH_MAX];

        if (host_key_hash(key, alg, hash) != 0) {
            return MCUB_E_CRYPTO;
        }
        if (is_named(key, tlv, value, hash)) {
            return (int)i;
        }
    }
    return MCUB_E_NOT_FOUND;
}

static uint16_t ring_sig_type(void *ctx, int key)
{
    return host_key_sig_type(host_keyring_get(ctx, key)->type);
}

static int ring_verify(void *ctx, int key, const struct mcub_signature *sig)
{
    return host_key_verify(host_keyring_get(ctx, key), sig);
}

const struct mcub_key_ops host_key_ops = {
    .find = ring_find,
    .sig_type = ring_sig_type,
    .verify = ring_verify,
};

static int sign_update(void *ctx, const void *data, size_t len)
{
    struct host_signing *s = ctx;

    if (s->message == NULL) {
        s->message = g_byte_array_new();
    }
    g_byte_array_append(s->message, data, (guint)len);
    return 0;
}

static int sign_digest(const struct host_key *key, const struct mcub_hash *hash,
        uint8_t *sig, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    int good = 0;

    if (ctx != NULL && EVP_PKEY_sign_init(ctx) > 0 && set_pss(ctx, key->type)) {
        good = EVP_PKEY_sign(ctx, sig, len, hash->bytes, hash->len);
    }
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static int sign_message(const struct host_key *key, const uint8_t *message,
        size_t message_len, uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = 0;

    if (ctx != NULL &&
            EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1) {
        good = EVP_DigestSign(ctx, sig, len, message, message_len);
    }
    EVP_MD_CTX_free(ctx);
    return good;
}

static int sign(void *ctx, const struct mcub_hash *hash, uint8_t *sig,
        size_t size)
{
    struct host_signing *s = ctx;
    size_t len = size;
    int good;

    if (!s->key->is_private ||
            (!s->pure && !hash_fits(s->key->type, hash->alg))) {
        return MCUB_E_CRYPTO;
    }
    if (s->key->type != HOST_KEY_ED25519) {
        good = s->pure ? 0 : sign_digest(s->key, hash, sig, &len);
    } else if (s->pure && s->message != NULL) {
        good = sign_message(s->key, s->message->data, s->message->len, sig,
                &len);
    } else {
        good = sign_message(s->key, hash->bytes, hash->len, sig, &len);
    }
    ERR_clear_error();
    return good == 1 ? (int)len : MCUB_E_CRYPTO;
}

const struct mcub_sign_ops host_sign_ops = {
    .update = sign_update,
    .sign = sign,
};
