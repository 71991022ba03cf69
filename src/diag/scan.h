// SPDX-License-Identifier: Apache-2.0
/*
 * A small tolerant scanner for the lines of our own trace. Cut input is no
 * error, only the end.
 */
#ifndef DIAG_SCAN_H
#define DIAG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum diag_value_kind {
    DIAG_VALUE_TEXT,
    DIAG_VALUE_NUMBER,
    DIAG_VALUE_BOOL,
    DIAG_VALUE_NULL,
    DIAG_VALUE_OTHER, /**< array or object: passed over, text is all of it */
};

/** One key and value; text points into the line, escapes untouched. */
struct diag_value {
    const char *key;
    size_t key_len;
    enum diag_value_kind kind;
    const char *text;
    size_t len;
    int64_t number; /**< thousandths: 1.5 is 1500 */
    bool boolean;
};

struct diag_scan {
    const char *pos;
    const char *end;
};

/** Enter the object at the start of a line; false when there is none. */
bool diag_scan_object(struct diag_scan *s, const char *line, size_t len);

/** Next pair of the object; false at its end or where the line is cut. */
bool diag_scan_next(struct diag_scan *s, struct diag_value *value);

/** true when the pair's key is name. */
bool diag_value_is(const struct diag_value *value, const char *name);

#endif
