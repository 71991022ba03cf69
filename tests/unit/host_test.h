// SPDX-License-Identifier: Apache-2.0
/* What the unit tests of floor host share. */
#ifndef HOST_TESTS_HOST_TEST_H
#define HOST_TESTS_HOST_TEST_H

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/error.h"

/* The code, and a word that has to be in the message; both sides shown. */
static inline void assert_error(struct host_error *err, enum dfu_code code,
        const char *word)
{
    if (err->code != code ||
            (word != NULL &&
                    (err->message == NULL ||
                            strstr(err->message, word) == NULL))) {
        fail_msg("is %s \"%s\", want %s with \"%s\"",
                dfu_code_to_str(err->code),
                err->message == NULL ? "" : err->message, dfu_code_to_str(code),
                word == NULL ? "" : word);
    }
    host_error_clear(err);
}

static inline void assert_no_error(const struct host_error *err)
{
    if (err->code != DFU_OK) {
        fail_msg("%s: %s", dfu_code_to_str(err->code), err->message);
    }
}

#endif
