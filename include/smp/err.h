// SPDX-License-Identifier: Apache-2.0
/*
 * Errors and byte views of the smp floor.
 *
 * A refusal by the device is not an error of ours: SMP_E_REMOTE says "it
 * answered no", the numbers stay in struct smp_refusal (smp/response.h).
 */
#ifndef SMP_ERR_H
#define SMP_ERR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What went wrong in the smp floor; append only, never an errno value. */
enum smp_err {
    SMP_OK = 0,
    SMP_E_SHORT = -1,      /**< the bytes end too early: give more */
    SMP_E_PROTO = -2,      /**< a header or frame that no peer may send */
    SMP_E_SPACE = -3,      /**< the caller's buffer is too small */
    SMP_E_CBOR = -4,       /**< not well-formed CBOR, or nested too deep */
    SMP_E_TYPE = -5,       /**< a known key holds a value of another type */
    SMP_E_RANGE = -6,      /**< a number or length is above its bound */
    SMP_E_DUPLICATE = -7,  /**< a known key comes twice */
    SMP_E_MISSING = -8,    /**< a required key is absent */
    SMP_E_REMOTE = -9,     /**< the peer refused: see struct smp_refusal */
    SMP_E_TIMEOUT = -10,   /**< no answer after the last try */
    SMP_E_LINK = -11,      /**< the link went down before the answer */
    SMP_E_BUSY = -12,      /**< no free place: take output or events first */
    SMP_E_CANCELLED = -13, /**< the request was cancelled by its owner */
    SMP_E_CRC = -14,       /**< a console frame with a wrong checksum */
    SMP_E_NOT_FOUND = -15, /**< no such key, group or command */
};

/** A borrowed view of bytes; ptr may be NULL when len is 0. */
struct smp_bytes {
    const uint8_t *ptr;
    size_t len;
};

/**
 * Name an error in plain words.
 *
 * @param err  a value of enum smp_err, or any int
 *
 * @return a static text, "unknown" for a value that is not of the enum
 */
const char *smp_err_to_str(int err);

#ifdef __cplusplus
}
#endif

#endif
