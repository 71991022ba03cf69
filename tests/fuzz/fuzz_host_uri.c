// SPDX-License-Identifier: Apache-2.0
/* Any text as a connection. */
#include "fuzz.h"

#include <glib.h>

#include "host/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;
    char *text = g_strndup((const char *)data, size);
    char *escaped = host_text_escape(data, size);

    if (!g_utf8_validate(escaped, -1, NULL)) {
        g_error("escaped text is no UTF-8");
    }
    for (const char *p = escaped; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            g_error("escaped text has control characters");
        }
    }
    if (host_uri_parse(text, &uri, &err) == 0) {
        host_uri_clear(&uri);
    } else if (err.message == NULL) {
        g_error("refused without a word");
    }
    host_error_clear(&err);
    g_free(escaped);
    g_free(text);
    return 0;
}
