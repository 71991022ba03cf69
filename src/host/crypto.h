// SPDX-License-Identifier: Apache-2.0
/*
 * Hashes for mcub over OpenSSL.
 */
#ifndef HOST_CRYPTO_H
#define HOST_CRYPTO_H

#include "mcub/ops.h"

/** Streaming hash; ctx is a struct host_hash. */
extern const struct mcub_hash_ops host_hash_ops;

/** Context of one hash; zero it before the first use. */
struct host_hash {
    void *md; /**< EVP_MD_CTX while a hash is open or can be used again */
};

/** Free what the context holds; may be called on a zeroed one. */
void host_hash_clear(struct host_hash *hash);

/** SHA-256 of bytes. @return 0 or MCUB_E_CRYPTO */
int host_sha256(const void *buf, size_t len, uint8_t out[32]);

/** Overwrite a secret; not optimised away. */
void host_wipe(void *buf, size_t len);

#endif
