// SPDX-License-Identifier: Apache-2.0
/* Errors of the host floor: built up in layers, printed by cli only. */
#include "host/error.h"

#include <stdint.h>
#include <string.h>

/* Longest foreign text in a message. */
#define TEXT_MAX 200u

void host_error_clear(struct host_error *err)
{
    g_free(err->message);
    g_free(err->next);
    err->code = DFU_OK;
    err->message = NULL;
    err->next = NULL;
}

int host_error_set(struct host_error *err, enum dfu_code code, const char *next,
        const char *format, ...)
{
    va_list args;

    if (err == NULL || err->code != DFU_OK) {
        return -1;
    }
    va_start(args, format);
    err->code = code;
    err->message = g_strdup_vprintf(format, args);
    err->next = g_strdup(next);
    va_end(args);
    return -1;
}

void host_error_prefix(struct host_error *err, const char *format, ...)
{
    va_list args;
    char *head;
    char *whole;

    if (err == NULL || err->code == DFU_OK) {
        return;
    }
    va_start(args, format);
    head = g_strdup_vprintf(format, args);
    va_end(args);
    whole = g_strconcat(head, ": ", err->message, NULL);
    g_free(head);
    g_free(err->message);
    err->message = whole;
}

void host_error_move(struct host_error *to, struct host_error *from)
{
    if (to == NULL || to->code != DFU_OK) {
        host_error_clear(from);
        return;
    }
    *to = *from;
    from->code = DFU_OK;
    from->message = NULL;
    from->next = NULL;
}

/*
 * Direction marks, separators and other characters that are valid UTF-8 and
 * still can rearrange what a terminal shows.
 */
static gboolean is_harmless(gunichar c)
{
    return c == ' ' || g_unichar_isgraph(c);
}

static char *escape(const void *text, size_t len, size_t most)
{
    const char *p = text;
    const char *end = p + len;
    GString *out = g_string_new(NULL);

    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        const char *next = p + 1;

        if (out->len >= most) {
            g_string_append(out, "...");
            break;
        }
        if (c != (gunichar)-1 && c != (gunichar)-2 && c != 0) {
            next = p + g_utf8_skip[(guint8)*p];
            if (is_harmless(c)) {
                g_string_append_len(out, p, next - p);
                p = next;
                continue;
            }
        }
        for (; p < next; p++) {
            g_string_append_printf(out, "\\x%02x", (unsigned)(guint8)*p);
        }
    }
    return g_string_free(out, FALSE);
}

char *host_text_escape(const void *text, size_t len)
{
    return escape(text, len, TEXT_MAX);
}

char *host_text_escape_all(const void *text, size_t len)
{
    return escape(text, len, SIZE_MAX);
}
