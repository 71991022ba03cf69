// SPDX-License-Identifier: Apache-2.0
/* The hash ops of mcub, done by OpenSSL. */
#include "host/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const EVP_MD *digest_of(enum mcub_hash_alg alg)
{
    switch (alg) {
    case MCUB_HASH_SHA256:
        return EVP_sha256();
    case MCUB_HASH_SHA384:
        return EVP_sha384();
    case MCUB_HASH_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

static int hash_init(void *ctx, enum mcub_hash_alg alg)
{
    struct host_hash *hash = ctx;
    const EVP_MD *digest = digest_of(alg);

    if (digest == NULL) {
        return MCUB_E_UNSUPPORTED;
    }
    if (hash->md == NULL) {
        hash->md = EVP_MD_CTX_new();
    }
    if (hash->md == NULL || EVP_DigestInit_ex(hash->md, digest, NULL) != 1) {
        return MCUB_E_CRYPTO;
    }
    return 0;
}

static int hash_update(void *ctx, const void *data, size_t len)
{
    struct host_hash *hash = ctx;

    if (hash->md == NULL || EVP_DigestUpdate(hash->md, data, len) != 1) {
        return MCUB_E_CRYPTO;
    }
    return 0;
}

static int hash_finish(void *ctx, uint8_t *out, size_t out_len)
{
    struct host_hash *hash = ctx;
    unsigned len = 0;

    if (hash->md == NULL || (size_t)EVP_MD_CTX_get_size(hash->md) != out_len ||
            EVP_DigestFinal_ex(hash->md, out, &len) != 1) {
        return MCUB_E_CRYPTO;
    }
    return 0;
}

const struct mcub_hash_ops host_hash_ops = {
    .init = hash_init,
    .update = hash_update,
    .finish = hash_finish,
};

void host_hash_clear(struct host_hash *hash)
{
    EVP_MD_CTX_free(hash->md);
    hash->md = NULL;
}

int host_sha256(const void *buf, size_t len, uint8_t out[32])
{
    if (EVP_Digest(buf, len, out, NULL, EVP_sha256(), NULL) != 1) {
        return MCUB_E_CRYPTO;
    }
    return 0;
}

void host_wipe(void *buf, size_t len)
{
    OPENSSL_cleanse(buf, len);
}
