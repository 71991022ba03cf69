// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as an Intel HEX file; what was read is read again from what is
 * written of it. Lines get their check sum, or nothing would get past it.
 */
#include "fuzz.h"

#include <glib.h>
#include <string.h>

#include "host/ihex.h"

#define MAX_SIZE (1024u * 1024u)

/* Set the last byte of every line so that its sum is right. */
static void fix_sums(uint8_t *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t start = 0;

    for (size_t i = 0; i <= len; i++) {
        unsigned sum = 0;

        if (i < len && text[i] != '\n') {
            continue;
        }
        if (i >= start + 3 && text[start] == ':') {
            for (size_t k = start + 1; k + 3 < i; k += 2) {
                sum += (unsigned)(g_ascii_xdigit_value((char)text[k]) * 16 +
                        g_ascii_xdigit_value((char)text[k + 1]));
            }
            text[i - 2] = (uint8_t)digits[(0u - sum) >> 4 & 0xfu];
            text[i - 1] = (uint8_t)digits[(0u - sum) & 0xfu];
        }
        start = i + 1;
    }
}

static void read_again(const GByteArray *bytes, uint32_t base)
{
    GString *text = g_string_new(NULL);
    struct host_error err = HOST_ERROR_INIT;
    uint32_t again = 0;
    GByteArray *back;

    host_ihex_add(text, base, bytes->data, bytes->len);
    host_ihex_end(text);
    back = host_ihex_parse("again", (const uint8_t *)text->str, text->len,
            MAX_SIZE, &again, &err);
    if (back == NULL || again != base || back->len != bytes->len ||
            memcmp(back->data, bytes->data, back->len) != 0) {
        g_error("what was written is not what was read");
    }
    g_byte_array_unref(back);
    g_string_free(text, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_error err = HOST_ERROR_INIT;
    uint8_t *copy = g_memdup2(data, size);
    uint32_t base = 0;
    GByteArray *bytes;

    if (size > 0 && data[0] == ':') {
        fix_sums(copy, size);
    }
    (void)host_ihex_is(copy, size);
    bytes = host_ihex_parse("fuzz", copy, size, MAX_SIZE, &base, &err);
    if (bytes != NULL) {
        if (bytes->len == 0 || bytes->len > MAX_SIZE) {
            g_error("impossible size");
        }
        if (bytes->len < 65536) {
            read_again(bytes, base);
        }
        g_byte_array_unref(bytes);
    } else if (err.code != DFU_NOT_AN_MCUBOOT_IMAGE) {
        g_error("refused without a code");
    }
    host_error_clear(&err);
    g_free(copy);
    return 0;
}
