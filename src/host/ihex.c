// SPDX-License-Identifier: Apache-2.0
/*
 * Intel HEX: lines of :LLAAAATT[DD...]CC. Source: Intel, "Hexadecimal Object
 * File Format Specification", revision A, 1988.
 */
#include "host/ihex.h"

#include <string.h>

#define RECORD_MAX 255u
#define ROW        16u

enum record_type {
    RECORD_DATA = 0,
    RECORD_END = 1,
    RECORD_SEGMENT = 2,
    RECORD_START_SEGMENT = 3,
    RECORD_LINEAR = 4,
    RECORD_START_LINEAR = 5,
};

struct record {
    uint8_t len;
    uint8_t type;
    uint16_t addr;
    uint8_t data[RECORD_MAX];
};

/* One pass over the lines. */
struct reader {
    const uint8_t *p;
    const uint8_t *end;
    unsigned line;
    uint32_t upper; /* added to addresses */
    bool segmented; /* addresses wrap at 64 KiB */
    bool ended;
    const char *why; /* first defect; NULL = none */
};

bool host_ihex_is(const uint8_t *buf, size_t len)
{
    if (len < 11 || buf[0] != ':') {
        return false;
    }
    for (size_t i = 1; i < 11; i++) {
        if (!g_ascii_isxdigit((char)buf[i])) {
            return false;
        }
    }
    return true;
}

static int hex_byte(const uint8_t *p)
{
    int high = g_ascii_xdigit_value((char)p[0]);
    int low = g_ascii_xdigit_value((char)p[1]);

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_blank(uint8_t c)
{
    return c == '\r' || c == ' ' || c == '\t';
}

/* Digits of a line into bytes; -1 and r->why. */
static int read_digits(struct reader *r, const uint8_t *p, size_t digits,
        uint8_t *out, size_t size)
{
    uint8_t sum = 0;
    size_t n = digits / 2;

    if (digits % 2 != 0 || n < 5 || n > size) {
        r->why = "a record of impossible length";
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        int byte = hex_byte(p + 2 * i);

        if (byte < 0) {
            r->why = "a character that is no hexadecimal digit";
            return -1;
        }
        out[i] = (uint8_t)byte;
        sum = (uint8_t)(sum + byte);
    }
    if (out[0] + 5u != n) {
        r->why = "a record whose length differs from what it says";
        return -1;
    }
    if (sum != 0) {
        r->why = "a wrong check sum";
        return -1;
    }
    return 0;
}

/* The next record; false at the end or at a defect. */
static bool next_record(struct reader *r, struct record *record)
{
    uint8_t bytes[RECORD_MAX + 5] = { 0 };
    const uint8_t *line;
    size_t len = 0;

    while (len == 0) {
        if (r->p >= r->end) {
            return false;
        }
        line = r->p;
        while (r->p < r->end && *r->p != '\n') {
            r->p++;
        }
        len = (size_t)(r->p - line);
        r->p += r->p < r->end ? 1 : 0;
        r->line++;
        while (len > 0 && is_blank(line[len - 1])) {
            len--;
        }
    }
    if (line[0] != ':') {
        r->why = "a line that does not start with a colon";
        return false;
    }
    if (r->ended) {
        r->why = "a record behind the end record";
        return false;
    }
    if (read_digits(r, line + 1, len - 1, bytes, sizeof(bytes)) != 0) {
        return false;
    }
    record->len = bytes[0];
    record->addr = (uint16_t)(bytes[1] << 8 | bytes[2]);
    record->type = bytes[3];
    memcpy(record->data, bytes + 4, record->len);
    return true;
}

/* All but data records; false and r->why for those that are malformed. */
static bool take_control(struct reader *r, const struct record *record)
{
    static const uint8_t lengths[] = {
        [RECORD_END] = 0,
        [RECORD_SEGMENT] = 2,
        [RECORD_START_SEGMENT] = 4,
        [RECORD_LINEAR] = 2,
        [RECORD_START_LINEAR] = 4,
    };
    uint32_t value;

    if (record->type >= G_N_ELEMENTS(lengths) ||
            record->len != lengths[record->type]) {
        r->why = "a record of unknown type, or of the wrong length for it";
        return false;
    }
    value = record->len >= 2
            ? (uint32_t)(record->data[0] << 8 | record->data[1])
            : 0;
    if (record->type == RECORD_END) {
        r->ended = true;
    } else if (record->type == RECORD_SEGMENT) {
        r->upper = value << 4;
        r->segmented = true;
    } else if (record->type == RECORD_LINEAR) {
        r->upper = value << 16;
        r->segmented = false;
    }
    return true;
}

/* The next data record and its address. */
static bool next_data(struct reader *r, struct record *record, uint32_t *addr)
{
    while (next_record(r, record)) {
        if (record->type != RECORD_DATA) {
            if (!take_control(r, record)) {
                return false;
            }
            continue;
        }
        if (record->len == 0) {
            continue;
        }
        if ((uint32_t)record->addr + record->len > 0x10000u && r->segmented) {
            r->why = "a record over the end of its segment";
            return false;
        }
        if (r->upper > UINT32_MAX - record->addr - record->len + 1) {
            r->why = "an address beyond 32 bits";
            return false;
        }
        *addr = r->upper + record->addr;
        return true;
    }
    if (r->why == NULL && !r->ended) {
        r->why = "no end record: the file was cut";
    }
    return false;
}

static GByteArray *refuse(const char *name, const struct reader *r,
        const char *why, struct host_error *err)
{
    host_error_set(err, DFU_NOT_AN_MCUBOOT_IMAGE,
            "build or copy the file again", "%s: Intel HEX file, line %u: %s",
            name, r->line, why);
    return NULL;
}

static GByteArray *fill(const char *name, struct reader *r, uint32_t base,
        size_t size, struct host_error *err)
{
    GByteArray *out = g_byte_array_sized_new((guint)size);
    uint8_t *used = g_malloc0(size / 8 + 1);
    struct record record;
    uint32_t addr = 0;

    g_byte_array_set_size(out, (guint)size);
    memset(out->data, 0xff, size);
    while (next_data(r, &record, &addr)) {
        for (unsigned i = 0; i < record.len; i++) {
            size_t at = addr - base + i;

            if ((used[at / 8] & 1u << at % 8) != 0) {
                r->why = "two records for one address";
            }
            used[at / 8] |= (uint8_t)(1u << at % 8);
            out->data[at] = record.data[i];
        }
        if (r->why != NULL) {
            break;
        }
    }
    g_free(used);
    if (r->why != NULL) {
        g_byte_array_unref(out);
        return refuse(name, r, r->why, err);
    }
    return out;
}

GByteArray *host_ihex_parse(const char *name, const uint8_t *buf, size_t len,
        size_t max, uint32_t *base, struct host_error *err)
{
    const struct reader start = { .p = buf, .end = buf + len };
    struct reader r = start;
    struct record record;
    uint32_t low = UINT32_MAX;
    uint32_t high = 0; /* last byte */
    uint32_t addr = 0;

    while (next_data(&r, &record, &addr)) {
        low = MIN(low, addr);
        high = MAX(high, addr + record.len - 1);
    }
    if (r.why != NULL) {
        return refuse(name, &r, r.why, err);
    }
    if (low > high) {
        return refuse(name, &r, "no data", err);
    }
    if (high - low >= max) {
        return refuse(name, &r,
                "pieces too far apart: several memories in one file?", err);
    }
    r = start;
    *base = low;
    return fill(name, &r, low, (size_t)(high - low) + 1, err);
}

static void add_record(GString *out, uint8_t type, uint16_t addr,
        const uint8_t *data, size_t len)
{
    unsigned sum = (unsigned)len + (addr >> 8) + (addr & 0xffu) + type;

    g_string_append_printf(out, ":%02X%04X%02X", (unsigned)len, addr, type);
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(out, "%02X", data[i]);
        sum += data[i];
    }
    g_string_append_printf(out, "%02X\n", (0u - sum) & 0xffu);
}

void host_ihex_add(GString *out, uint32_t addr, const uint8_t *buf, size_t len)
{
    bool first = true;

    while (len > 0) {
        uint32_t room = ROW - addr % ROW;
        size_t n = MIN(len, room);

        if (first || (addr & 0xffffu) == 0) {
            uint8_t upper[2] = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16) };

            add_record(out, RECORD_LINEAR, 0, upper, sizeof(upper));
            first = false;
        }
        add_record(out, RECORD_DATA, (uint16_t)addr, buf, n);
        addr += (uint32_t)n;
        buf += n;
        len -= n;
    }
}

void host_ihex_end(GString *out)
{
    add_record(out, RECORD_END, 0, NULL, 0);
}
