// SPDX-License-Identifier: Apache-2.0
/*
 * Values of log lines as CBOR. One loop with a small stack, no recursion.
 *
 *   JSON      {"slot":0,"hash":"I77i…"}
 *   iOS       {"slot" : 0, "hash" : 0x5F20…, "images" : {{…}, {…}}}
 *   Rust      {"slot": 0, "hash": [118, 13, …]}
 *   Python    {'slot': 0, 'pending': True, 'hash': b'…'}
 */
#include <string.h>

#include "diag/text.h"
#include "smp/message.h"

#define DEPTH 8u

struct values {
    struct diag_span rest;
    struct smp_encoder enc;
    size_t good; /* bytes of the output that hold whole pairs */
    bool map[DEPTH];
    bool key_next[DEPTH];
    unsigned depth;
    bool bytes_key; /* the last key names bytes */
};

/* A map or a list begins; iOS writes lists of maps as {{…}, {…}}. */
static bool open_value(struct values *v)
{
    bool map = v->rest.ptr[0] == '{';
    struct diag_span inside = diag_trim(diag_skip(v->rest, 1));
    if (v->depth == DEPTH) {
        return false;
    }
    if (map && inside.len > 0 && inside.ptr[0] == '{') {
        map = false;
    }
    if (map) {
        smp_put_map(&v->enc, 0);
    } else {
        smp_put_array(&v->enc, 0);
    }
    v->map[v->depth] = map;
    v->key_next[v->depth] = map;
    v->depth++;
    v->good = v->enc.len;
    v->rest = inside;
    return true;
}

static void value_done(struct values *v)
{
    if (v->depth == 0) {
        return;
    }
    unsigned d = v->depth - 1;
    if (v->map[d]) {
        v->key_next[d] = !v->key_next[d];
    }
    if (!v->map[d] || v->key_next[d]) {
        v->good = v->enc.len;
    }
}

static void close_value(struct values *v)
{
    v->rest = diag_skip(v->rest, 1);
    smp_put_end(&v->enc);
    v->depth--;
    value_done(v);
    if (v->depth == 0) {
        v->good = v->enc.len;
    }
}

static bool names_bytes(struct diag_span key)
{
    return diag_equals(key, "hash") || diag_equals(key, "sha") ||
            diag_equals(key, "data");
}

/* Text that stands for bytes: base64, or hexadecimal where all of it is. */
static bool put_as_bytes(struct values *v, struct diag_span text)
{
    uint8_t buf[4096];
    size_t used;
    size_t n = diag_hex(text, buf, sizeof(buf), &used);
    if (n < 4 || used != text.len) {
        n = diag_base64(text, buf, sizeof(buf), &used);
        if (used != text.len || n == 0) {
            return false;
        }
    }
    smp_put_bytes(&v->enc, (struct smp_bytes){ buf, n });
    return true;
}

/* `[118, 13, 255]`: bytes, one number each; false: something else. */
static bool put_byte_list(struct values *v)
{
    uint8_t buf[64];
    size_t n = 0;
    struct diag_span rest = diag_skip(v->rest, 1);
    while (n < sizeof(buf)) {
        uint32_t byte = 0;
        rest = diag_trim(rest);
        struct diag_span digits = diag_until(rest, ", \t\r\n]");
        if (digits.len > 3 || diag_number(digits, &byte) != digits.len ||
                digits.len == 0 || byte > 255) {
            return false;
        }
        buf[n++] = (uint8_t)byte;
        rest = diag_trim(diag_skip(rest, digits.len));
        if (diag_starts(rest, "]")) {
            smp_put_bytes(&v->enc, (struct smp_bytes){ buf, n });
            v->rest = diag_skip(rest, 1);
            return true;
        }
        if (!diag_starts(rest, ",")) {
            return false;
        }
        rest = diag_skip(rest, 1);
    }
    return false;
}

/* At a quote: the text up to the closing one; false when there is none. */
static bool take_text(struct values *v, struct diag_span *text)
{
    char quote = v->rest.ptr[0];
    for (size_t i = 1; i < v->rest.len; i++) {
        if (v->rest.ptr[i] == '\\') {
            i++;
        } else if (v->rest.ptr[i] == quote) {
            *text = diag_first(diag_skip(v->rest, 1), i - 1);
            v->rest = diag_skip(v->rest, i + 1);
            return true;
        }
    }
    return false;
}

static bool put_text(struct values *v, bool key)
{
    struct diag_span text;
    if (!take_text(v, &text)) {
        return false;
    }
    if (key) {
        v->bytes_key = names_bytes(text);
    } else if (v->bytes_key && put_as_bytes(v, text)) {
        return true;
    }
    smp_put_text(&v->enc,
            (struct smp_bytes){ (const uint8_t *)text.ptr, text.len });
    return true;
}

/* 0x and hexadecimal digits: bytes. */
static bool put_hex(struct values *v)
{
    uint8_t buf[4096];
    size_t used;
    struct diag_span digits = diag_skip(v->rest, 2);
    size_t n = diag_hex(digits, buf, sizeof(buf), &used);
    v->rest = diag_skip(digits, used);
    if (v->rest.len == 0) {
        return false; /* cut: nobody knows how many bytes are missing */
    }
    smp_put_bytes(&v->enc, (struct smp_bytes){ buf, n });
    return true;
}

static bool is_word_end(struct diag_span s, size_t n)
{
    return s.len > n && strchr(",}] \t\r\n)", s.ptr[n]) != NULL;
}

static bool put_number(struct values *v)
{
    bool negative = v->rest.ptr[0] == '-';
    struct diag_span digits = diag_skip(v->rest, negative ? 1 : 0);
    uint64_t n = 0;
    size_t i = 0;
    while (i < digits.len && digits.ptr[i] >= '0' && digits.ptr[i] <= '9') {
        n = n > UINT64_MAX / 16 ? n : n * 10 + (uint64_t)(digits.ptr[i] - '0');
        i++;
    }
    if (i == 0 || !is_word_end(digits, i)) {
        return false;
    }
    if (negative) {
        smp_put_int(&v->enc, n > INT64_MAX ? INT64_MIN : -(int64_t)n);
    } else {
        smp_put_uint(&v->enc, n);
    }
    v->rest = diag_skip(digits, i);
    return true;
}

static bool put_word(struct values *v)
{
    static const struct {
        const char *word;
        int value; /* -1: null */
    } words[] = {
        { "true", 1 },
        { "True", 1 },
        { "false", 0 },
        { "False", 0 },
        { "null", -1 },
        { "None", -1 },
        { "nil", -1 },
    };
    static const uint8_t null[] = { 0xf6 };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i].word);
        if (diag_starts(v->rest, words[i].word) && is_word_end(v->rest, n)) {
            if (words[i].value < 0) {
                smp_put_raw(&v->enc, (struct smp_bytes){ null, 1 });
            } else {
                smp_put_bool(&v->enc, words[i].value != 0);
            }
            v->rest = diag_skip(v->rest, n);
            return true;
        }
    }
    return false;
}

static bool put_value(struct values *v)
{
    char c = v->rest.ptr[0];
    if (c == '"' || c == '\'') {
        return put_text(v, false);
    }
    if (diag_starts(v->rest, "0x") || diag_starts(v->rest, "0X")) {
        return put_hex(v);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return put_number(v);
    }
    return put_word(v);
}

/* At a bracket; keyed: a key stands before it. */
static bool open_or_bytes(struct values *v, bool keyed)
{
    if (v->rest.ptr[0] == '[' && keyed && v->bytes_key && put_byte_list(v)) {
        value_done(v);
        return true;
    }
    return open_value(v);
}

/* One token; false: cut, damaged, or no value of ours. */
static bool step(struct values *v)
{
    unsigned d = v->depth - 1;
    v->rest = diag_trim(v->rest);
    if (v->rest.len == 0) {
        return false;
    }
    char c = v->rest.ptr[0];
    if (c == ',') {
        v->rest = diag_skip(v->rest, 1);
        return true;
    }
    if (c == '}' || c == ']') {
        if (v->map[d] && !v->key_next[d]) {
            return false;
        }
        close_value(v);
        return true;
    }
    if (v->map[d] && v->key_next[d]) {
        if ((c != '"' && c != '\'') || !put_text(v, true)) {
            return false;
        }
        v->rest = diag_trim(v->rest);
        if (v->rest.len == 0 || v->rest.ptr[0] != ':') {
            return false;
        }
        v->rest = diag_skip(v->rest, 1);
        v->key_next[d] = false;
        return true;
    }
    if (c == '{' || c == '[') {
        return open_or_bytes(v, v->map[d]);
    }
    if (!put_value(v)) {
        return false;
    }
    value_done(v);
    return true;
}

size_t diag_value_to_cbor(struct diag_span s, uint8_t *out, size_t cap,
        size_t *used, bool *cut)
{
    struct values v = { .rest = diag_trim(s) };
    *used = 0;
    *cut = false;
    if (cap < (size_t)2 * DEPTH || v.rest.len == 0 ||
            (v.rest.ptr[0] != '{' && v.rest.ptr[0] != '[')) {
        return 0;
    }
    smp_encoder_init(&v.enc, out, cap - DEPTH, SMP_FORM_INDEFINITE);
    if (!open_value(&v)) {
        return 0;
    }
    while (v.depth > 0 && v.enc.err == 0) {
        if (!step(&v)) {
            break;
        }
    }
    size_t len = v.enc.len;
    if (v.depth > 0 || v.enc.err != 0) {
        *cut = true;
        len = v.good;
        while (v.depth > 0) {
            out[len++] = 0xff;
            v.depth--;
        }
    }
    *used = (size_t)(v.rest.ptr - s.ptr);
    return len;
}
