// SPDX-License-Identifier: Apache-2.0
/*
 * Reads recorded exchanges: one JSON object per line with "name", "version",
 * "request", "response" (hex, or null for no answer) and "note".
 */
#ifndef SMP_TESTS_VECTORS_H
#define SMP_TESTS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One exchange. */
struct vector {
    char *name;
    char *note;
    unsigned line; /**< in its file, from 1 */
    uint8_t *request;
    size_t request_len;
    uint8_t *response; /**< NULL when there was no answer */
    size_t response_len;
};

struct vectors {
    struct vector *items;
    size_t count;
    char file[128];
};

/**
 * Load tests/data/vectors/FILE; ends the test program when it cannot.
 *
 * @param[out] v  free with vectors_free()
 */
void vectors_load(struct vectors *v, const char *file);
void vectors_free(struct vectors *v);

/** Bytes of hex digits; NULL when text is no hex. Free with free(). */
uint8_t *vectors_hex(const char *text, size_t text_len, size_t *len);

/**
 * Compare an answer with the recording; prints both sides and where they
 * come from when they differ.
 */
bool vectors_equal(const struct vectors *v, const struct vector *item,
        const uint8_t *answer, size_t len);

#endif
