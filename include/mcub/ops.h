// SPDX-License-Identifier: Apache-2.0
/*
 * Cryptography as the mcub floor sees it: it has none of its own.
 */
#ifndef MCUB_OPS_H
#define MCUB_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "mcub/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest image hash in bytes (SHA-512). */
#define MCUB_HASH_MAX 64u

/** The hash of an image; the value is the type of its TLV. */
enum mcub_hash_alg {
    MCUB_HASH_SHA256 = 0x10,
    MCUB_HASH_SHA384 = 0x11,
    MCUB_HASH_SHA512 = 0x12,
};

/** An image hash: 32, 48 or 64 bytes of the algorithm that made it. */
struct mcub_hash {
    enum mcub_hash_alg alg;
    size_t len;
    uint8_t bytes[MCUB_HASH_MAX];
};

/**
 * Bytes in the hash of an algorithm.
 *
 * @return 32, 48 or 64; 0 for a value that is not of the enum
 */
size_t mcub_hash_size(enum mcub_hash_alg alg);

/**
 * A streaming hash in the caller's context; one hash at a time. Each returns
 * 0 or a negative enum mcub_err (MCUB_E_CRYPTO; MCUB_E_UNSUPPORTED from init
 * for an algorithm the port lacks). finish writes mcub_hash_size(alg) bytes.
 */
struct mcub_hash_ops {
    int (*init)(void *ctx, enum mcub_hash_alg alg);
    int (*update)(void *ctx, const void *data, size_t len);
    int (*finish)(void *ctx, uint8_t *out, size_t out_len);
};

#ifdef __cplusplus
}
#endif

#endif
