// SPDX-License-Identifier: Apache-2.0
/*
 * What went wrong on the host: a stable code, a sentence that every layer
 * prefixes with what it was doing, and one thing to try next. Never prints.
 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

#include <glib.h>

#include "dfu/code.h"

/** An error; both texts are the error's own (host_error_clear()). */
struct host_error {
    enum dfu_code code; /**< DFU_OK while nothing went wrong */
    char *message;      /**< "image 1 (net_core.bin): upload: ..." */
    char *next;         /**< what to try; NULL when there is nothing to say */
};

/** No error yet; also the first value of every object on the stack. */
#define HOST_ERROR_INIT                               \
    {                                                 \
        .code = DFU_OK, .message = NULL, .next = NULL \
    }

/** Free the texts and go back to "no error". */
void host_error_clear(struct host_error *err);

/**
 * Tell an error. The first one wins: an error that is set stays.
 *
 * @param err   may be NULL: nobody wants to know
 * @param next  what to try, or NULL
 * @return -1, so that a caller can say `return host_error_set(...)`
 */
int host_error_set(struct host_error *err, enum dfu_code code, const char *next,
        const char *format, ...) G_GNUC_PRINTF(4, 5);

/** Put "TEXT: " in front of the message. Does nothing without an error. */
void host_error_prefix(struct host_error *err, const char *format, ...)
        G_GNUC_PRINTF(2, 3);

/** Hand the error of a lower layer on; from is empty afterwards. */
void host_error_move(struct host_error *to, struct host_error *from);

/**
 * Make text of a device or a file fit for a message: control characters and
 * bytes that are no UTF-8 become \xNN, long text is cut.
 *
 * @return a new string (g_free())
 */
char *host_text_escape(const void *text, size_t len);

/** As host_text_escape(), never cut. @return a new string (g_free()) */
char *host_text_escape_all(const void *text, size_t len);

#endif
