// SPDX-License-Identifier: Apache-2.0
/*
 * Image versions.
 */
#include "mcub/version.h"

#define VERSION_PARTS 4u

/* One decimal number without leading zero; returns digits used, 0 if bad. */
static size_t parse_number(const char *text, size_t len, uint32_t *value)
{
    uint32_t v = 0;
    size_t n = 0;

    while (n < len && text[n] >= '0' && text[n] <= '9') {
        uint32_t digit = (uint32_t)(text[n] - '0');

        if (v > (UINT32_MAX - digit) / 10u || (n == 1 && v == 0)) {
            return 0;
        }
        v = v * 10u + digit;
        n++;
    }
    *value = v;
    return n;
}

int mcub_version_parse(const char *text, size_t len,
        struct mcub_version *version)
{
    uint32_t part[VERSION_PARTS] = { 0 };
    size_t count = 0;
    size_t pos = 0;

    for (;;) {
        size_t n = parse_number(text + pos, len - pos, &part[count]);

        if (n == 0) {
            return MCUB_E_ARG;
        }
        count++;
        pos += n;
        if (pos == len) {
            break;
        }
        if (count == VERSION_PARTS ||
                (text[pos] != '.' && (text[pos] != '+' || count != 3))) {
            return MCUB_E_ARG;
        }
        pos++;
    }
    if (part[0] > UINT8_MAX || part[1] > UINT8_MAX || part[2] > UINT16_MAX) {
        return MCUB_E_ARG;
    }
    version->major = (uint8_t)part[0];
    version->minor = (uint8_t)part[1];
    version->revision = (uint16_t)part[2];
    version->build = part[3];
    return 0;
}

static size_t print_number(uint32_t v, char *out)
{
    /* By subtraction: a division costs a small core 280 bytes. */
    static const uint32_t powers[] = { 1000000000, 100000000, 10000000, 1000000,
        100000, 10000, 1000, 100, 10, 1 };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
        char digit = '0';

        while (v >= powers[i]) {
            v -= powers[i];
            digit++;
        }
        if (digit != '0' || n > 0 || powers[i] == 1) {
            out[n++] = digit;
        }
    }
    return n;
}

size_t mcub_version_print(const struct mcub_version *version, char sep,
        char text[MCUB_VERSION_TEXT_SIZE])
{
    size_t n = print_number(version->major, text);

    text[n++] = '.';
    n += print_number(version->minor, text + n);
    text[n++] = '.';
    n += print_number(version->revision, text + n);
    if (version->build != 0) {
        text[n++] = sep;
        n += print_number(version->build, text + n);
    }
    text[n] = '\0';
    return n;
}

/* All but the build number, in the order in which they count. */
static uint32_t rank(const struct mcub_version *version)
{
    return (uint32_t)version->major << 24 | (uint32_t)version->minor << 16 |
            version->revision;
}

static int compare(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int mcub_version_compare(const struct mcub_version *a,
        const struct mcub_version *b, bool use_build)
{
    int c = compare(rank(a), rank(b));

    return c == 0 && use_build ? compare(a->build, b->build) : c;
}
