// SPDX-License-Identifier: Apache-2.0
/*
 * A borrowed view of bytes of the mcub floor.
 */
#ifndef MCUB_BYTES_H
#define MCUB_BYTES_H

#include <stddef.h>
#include <stdint.h>

/** A borrowed view of bytes; ptr may be NULL when len is 0. */
struct mcub_bytes {
    const uint8_t *ptr;
    size_t len;
};

#endif
