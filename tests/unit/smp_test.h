// SPDX-License-Identifier: Apache-2.0
/* What the unit tests of floor smp share. */
#ifndef SMP_TESTS_SMP_TEST_H
#define SMP_TESTS_SMP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smp/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes of a hex text with blanks; out is large enough by the test's word. */
static inline size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
    size_t len = 0;
    unsigned half = 0;
    unsigned value = 0;

    for (; *hex != '\0'; hex++) {
        const char *digits = "0123456789abcdef";
        const char *at;

        if (*hex == ' ' || *hex == '\n') {
            continue;
        }
        at = strchr(digits, *hex | 0x20);
        if (at == NULL || len == cap) {
            fail_msg("bad hex: %s", hex);
            return 0;
        }
        value = value << 4 | (unsigned)(at - digits);
        if (++half == 2) {
            out[len++] = (uint8_t)value;
            half = 0;
            value = 0;
        }
    }
    assert_int_equal(half, 0);
    return len;
}

static inline void print_hex(const char *name, const uint8_t *buf, size_t len)
{
    fprintf(stderr, "%s (%zu):", name, len);
    for (size_t i = 0; i < len; i++) {
        fprintf(stderr, " %02X", buf[i]);
    }
    fprintf(stderr, "\n");
}

/* Both sides are printed when they differ. */
static inline void assert_bytes(const uint8_t *is, size_t is_len,
        const uint8_t *want, size_t want_len)
{
    if (is_len != want_len || (is_len > 0 && memcmp(is, want, is_len) != 0)) {
        print_hex("is  ", is, is_len);
        print_hex("want", want, want_len);
        fail_msg("the bytes differ");
    }
}

/* A view of a text. */
static inline struct smp_bytes text_view(const char *text)
{
    return (struct smp_bytes){ (const uint8_t *)text, strlen(text) };
}

static inline void assert_text(struct smp_bytes is, const char *want)
{
    assert_bytes(is.ptr, is.len, (const uint8_t *)want, strlen(want));
}

/* splitmix64: the same on every machine; the seed is printed on failure. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/*
 * A heap copy of exactly len bytes, so that the address sanitizer sees every
 * byte read too far. The caller frees it.
 */
static inline uint8_t *exact_copy(const uint8_t *buf, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    assert_non_null(copy);
    if (len > 0) {
        memcpy(copy, buf, len);
    }
    return copy;
}

#endif
