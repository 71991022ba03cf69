// SPDX-License-Identifier: Apache-2.0
/* Tolerant value scanner. Never recursive: nested values are counted over. */
#include "diag/scan.h"

#include <string.h>

static void skip_space(struct diag_scan *s)
{
    while (s->pos < s->end &&
            (*s->pos == ' ' || *s->pos == '\t' || *s->pos == '\r')) {
        s->pos++;
    }
}

/* At an opening quote: find the closing one. */
static bool take_text(struct diag_scan *s, const char **text, size_t *len)
{
    s->pos++;
    *text = s->pos;
    while (s->pos < s->end && *s->pos != '"') {
        if (*s->pos == '\\' && s->pos + 1 < s->end) {
            s->pos++;
        }
        s->pos++;
    }
    if (s->pos >= s->end) {
        return false;
    }
    *len = (size_t)(s->pos - *text);
    s->pos++;
    return true;
}

/* Thousandths of a decimal number; digits beyond are dropped. */
static void take_number(struct diag_scan *s, int64_t *number)
{
    const int64_t limit = INT64_MAX / 100000;
    bool negative = *s->pos == '-';
    int64_t value = 0;
    int decimals = -1;
    if (negative) {
        s->pos++;
    }
    for (; s->pos < s->end; s->pos++) {
        if (*s->pos == '.' && decimals < 0) {
            decimals = 0;
        } else if (*s->pos >= '0' && *s->pos <= '9') {
            if (decimals < 3 && value < limit) {
                value = value * 10 + (*s->pos - '0');
                decimals += decimals >= 0 ? 1 : 0;
            }
        } else {
            break;
        }
    }
    for (int i = decimals < 0 ? 0 : decimals; i < 3; i++) {
        value *= 10;
    }
    *number = negative ? -value : value;
}

/* Pass over an array or object. */
static bool skip_nested(struct diag_scan *s)
{
    size_t depth = 0;
    const char *text;
    size_t len;
    while (s->pos < s->end) {
        char c = *s->pos;
        if (c == '"') {
            if (!take_text(s, &text, &len)) {
                return false;
            }
            continue;
        }
        s->pos++;
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
            if (depth == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool take_word(struct diag_scan *s, struct diag_value *value)
{
    const char *start = s->pos;
    while (s->pos < s->end && *s->pos >= 'a' && *s->pos <= 'z') {
        s->pos++;
    }
    size_t len = (size_t)(s->pos - start);
    if (len == 4 && memcmp(start, "true", 4) == 0) {
        value->kind = DIAG_VALUE_BOOL;
        value->boolean = true;
    } else if (len == 5 && memcmp(start, "false", 5) == 0) {
        value->kind = DIAG_VALUE_BOOL;
        value->boolean = false;
    } else if (len == 4 && memcmp(start, "null", 4) == 0) {
        value->kind = DIAG_VALUE_NULL;
    } else {
        return false;
    }
    return true;
}

bool diag_scan_object(struct diag_scan *s, const char *line, size_t len)
{
    s->pos = line;
    s->end = line + len;
    skip_space(s);
    if (s->pos >= s->end || *s->pos != '{') {
        return false;
    }
    s->pos++;
    return true;
}

bool diag_scan_next(struct diag_scan *s, struct diag_value *value)
{
    memset(value, 0, sizeof(*value));
    skip_space(s);
    if (s->pos < s->end && *s->pos == ',') {
        s->pos++;
        skip_space(s);
    }
    if (s->pos >= s->end || *s->pos != '"' ||
            !take_text(s, &value->key, &value->key_len)) {
        return false;
    }
    skip_space(s);
    if (s->pos >= s->end || *s->pos != ':') {
        return false;
    }
    s->pos++;
    skip_space(s);
    if (s->pos >= s->end) {
        return false;
    }
    char c = *s->pos;
    if (c == '"') {
        value->kind = DIAG_VALUE_TEXT;
        return take_text(s, &value->text, &value->len);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        value->kind = DIAG_VALUE_NUMBER;
        take_number(s, &value->number);
        return true;
    }
    if (c == '{' || c == '[') {
        value->kind = DIAG_VALUE_OTHER;
        value->text = s->pos;
        bool whole = skip_nested(s);
        value->len = (size_t)(s->pos - value->text);
        return whole;
    }
    return take_word(s, value);
}

bool diag_value_is(const struct diag_value *value, const char *name)
{
    return strlen(name) == value->key_len &&
            memcmp(name, value->key, value->key_len) == 0;
}
