// SPDX-License-Identifier: Apache-2.0
/* Slices of text, numbers, hexadecimal and base64 in log lines. */
#ifndef DIAG_TEXT_H
#define DIAG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Part of a line; never NUL terminated. */
struct diag_span {
    const char *ptr;
    size_t len;
};

struct diag_span diag_span(const char *text);

/** Where `needle` starts in s, or s.len. */
size_t diag_find(struct diag_span s, const char *needle);

static inline bool diag_has(struct diag_span s, const char *needle)
{
    return diag_find(s, needle) < s.len;
}

/** true: s starts with the text. */
bool diag_starts(struct diag_span s, const char *text);

/** true: s is the text; upper and lower case are the same. */
bool diag_equals(struct diag_span s, const char *text);

/** What follows the first `needle`; empty (ptr at the end) without it. */
struct diag_span diag_after(struct diag_span s, const char *needle);

/** The first n bytes at most. */
struct diag_span diag_first(struct diag_span s, size_t n);

/** What is left without the first n bytes. */
struct diag_span diag_skip(struct diag_span s, size_t n);

/** What comes before the first of the characters, or all of it. */
struct diag_span diag_until(struct diag_span s, const char *chars);

/** Without blanks at both ends. */
struct diag_span diag_trim(struct diag_span s);

/**
 * A decimal number at the start, ',' and '_' between digits allowed.
 *
 * @return characters read, 0 when there is none; larger numbers saturate
 */
size_t diag_number(struct diag_span s, uint32_t *value);

/** The number right after `key`; false when either is not there. */
bool diag_number_after(struct diag_span s, const char *key, uint32_t *value);

/** The signed number right after `key`. */
bool diag_int_after(struct diag_span s, const char *key, int32_t *value);

/** A number with decimals, in thousandths: "7.5" is 7500. */
bool diag_milli_after(struct diag_span s, const char *key, uint32_t *value);

/** Value of a hexadecimal digit, -1 for other characters. */
int diag_hex_digit(char c);

/**
 * Bytes of pairs of hexadecimal digits; between pairs '-', ':' and blanks.
 *
 * @param[out] used  characters read
 * @return bytes written
 */
size_t diag_hex(struct diag_span s, uint8_t *out, size_t cap, size_t *used);

/**
 * Standard base64 up to the first character that is none.
 *
 * @param[out] used  characters read
 * @return bytes written; what does not fit is left out
 */
size_t diag_base64(struct diag_span s, uint8_t *out, size_t cap, size_t *used);

/**
 * Write a value of a log as CBOR: JSON, iOS descriptions ({"k" : v, {…}}),
 * Python reprs of dicts. Cut input is closed; `hash`, `sha` and `data` given
 * as text become byte strings.
 *
 * @param[out] out   cap bytes, indefinite form
 * @param[out] used  characters read
 * @param[out] cut   set when the input ended early
 * @return bytes written; 0 when there was no map or list at the start
 */
size_t diag_value_to_cbor(struct diag_span s, uint8_t *out, size_t cap,
        size_t *used, bool *cut);

#endif
