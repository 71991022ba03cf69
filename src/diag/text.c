// SPDX-License-Identifier: Apache-2.0
/* Bounded helpers for log lines. */
#include "diag/text.h"

#include <string.h>

struct diag_span diag_span(const char *text)
{
    return (struct diag_span){ text, strlen(text) };
}

size_t diag_find(struct diag_span s, const char *needle)
{
    size_t n = strlen(needle);
    if (n == 0 || n > s.len) {
        return s.len;
    }
    const char *at = s.ptr;
    const char *last = s.ptr + (s.len - n);
    while (at <= last) {
        at = memchr(at, needle[0], (size_t)(last - at) + 1);
        if (at == NULL) {
            break;
        }
        if (memcmp(at, needle, n) == 0) {
            return (size_t)(at - s.ptr);
        }
        at++;
    }
    return s.len;
}

bool diag_starts(struct diag_span s, const char *text)
{
    size_t n = strlen(text);
    return s.len >= n && memcmp(s.ptr, text, n) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool diag_equals(struct diag_span s, const char *text)
{
    if (strlen(text) != s.len) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (lower(s.ptr[i]) != lower(text[i])) {
            return false;
        }
    }
    return true;
}

struct diag_span diag_first(struct diag_span s, size_t n)
{
    s.len = n < s.len ? n : s.len;
    return s;
}

struct diag_span diag_skip(struct diag_span s, size_t n)
{
    n = n < s.len ? n : s.len;
    return (struct diag_span){ s.ptr + n, s.len - n };
}

struct diag_span diag_after(struct diag_span s, const char *needle)
{
    size_t at = diag_find(s, needle);
    return at == s.len ? diag_skip(s, s.len)
                       : diag_skip(s, at + strlen(needle));
}

struct diag_span diag_until(struct diag_span s, const char *chars)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '\0' && strchr(chars, s.ptr[i]) != NULL) {
            return diag_first(s, i);
        }
    }
    return s;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct diag_span diag_trim(struct diag_span s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s = diag_skip(s, 1);
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

size_t diag_number(struct diag_span s, uint32_t *value)
{
    uint64_t n = 0;
    size_t i = 0;
    for (; i < s.len; i++) {
        if (is_digit(s.ptr[i])) {
            n = n * 10 + (uint64_t)(s.ptr[i] - '0');
            n = n > UINT32_MAX ? UINT32_MAX : n;
        } else if (i == 0 || (s.ptr[i] != ',' && s.ptr[i] != '_') ||
                i + 3 >= s.len || !is_digit(s.ptr[i + 1]) ||
                !is_digit(s.ptr[i + 2]) || !is_digit(s.ptr[i + 3])) {
            break;
        }
    }
    if (i > 0) {
        *value = (uint32_t)n;
    }
    return i;
}

bool diag_number_after(struct diag_span s, const char *key, uint32_t *value)
{
    size_t at = diag_find(s, key);
    return at < s.len && diag_number(diag_skip(s, at + strlen(key)), value) > 0;
}

bool diag_int_after(struct diag_span s, const char *key, int32_t *value)
{
    uint32_t n = 0;
    struct diag_span rest = diag_after(s, key);
    bool negative = diag_starts(rest, "-");
    if (diag_number(diag_skip(rest, negative ? 1 : 0), &n) == 0 ||
            n > INT32_MAX) {
        return false;
    }
    *value = negative ? -(int32_t)n : (int32_t)n;
    return true;
}

bool diag_milli_after(struct diag_span s, const char *key, uint32_t *value)
{
    uint32_t whole = 0;
    uint32_t part = 0;
    struct diag_span rest = diag_after(s, key);
    size_t n = diag_number(rest, &whole);
    if (n == 0 || whole > UINT32_MAX / 1000 - 1) {
        return false;
    }
    rest = diag_skip(rest, n);
    if (rest.len > 1 && rest.ptr[0] == '.') {
        uint32_t scale = 100;
        for (size_t i = 1; i < rest.len && is_digit(rest.ptr[i]); i++) {
            part += (uint32_t)(rest.ptr[i] - '0') * scale;
            scale /= 10;
        }
    }
    *value = whole * 1000 + part;
    return true;
}

int diag_hex_digit(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t diag_hex(struct diag_span s, uint8_t *out, size_t cap, size_t *used)
{
    size_t n = 0;
    size_t i = 0;
    while (n < cap && i + 1 < s.len) {
        size_t at = i;
        if (n > 0 &&
                (s.ptr[at] == '-' || s.ptr[at] == ':' || s.ptr[at] == ' ')) {
            at++;
        }
        if (at + 1 >= s.len) {
            break;
        }
        int high = diag_hex_digit(s.ptr[at]);
        int low = diag_hex_digit(s.ptr[at + 1]);
        if (high < 0 || low < 0) {
            break;
        }
        out[n++] = (uint8_t)(high * 16 + low);
        i = at + 2;
    }
    *used = i;
    return n;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (is_digit(c)) {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t diag_base64(struct diag_span s, uint8_t *out, size_t cap, size_t *used)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    size_t i = 0;
    for (; i < s.len; i++) {
        int digit = base64_digit(s.ptr[i]);
        if (digit < 0) {
            break;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xffffffu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (n < cap) {
                out[n++] = (uint8_t)(bits >> have);
            }
        }
    }
    while (i < s.len && s.ptr[i] == '=') {
        i++;
    }
    *used = i;
    return n;
}
