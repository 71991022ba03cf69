// SPDX-License-Identifier: Apache-2.0
/*
 * Sources of any kind, recognised by their content. Text is cut into lines
 * and cleaned: UTF-16, colours, HTML entities, wrapped JSON and reprs.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/capture.h"
#include "diag/lines.h"

/* Lines that one record may be wrapped over. */
#define JOIN_MAX 64u
/* The list of mcumgr-client has every byte of a hash on its own line. */
#define JOIN_RUST_MAX 600u

struct cleaner {
    struct diag_source *source;
    char *line; /* DIAG_LINE_MAX bytes */
    size_t len;
    uint32_t number;  /* of the line being cleaned */
    uint32_t started; /* first line of what is being joined */
    unsigned joined;
};

/* ---- one line ---- */

/* Escape sequences of terminals and control characters go. */
static size_t without_escapes(char *line, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c == 0x1b && i + 1 < len && line[i + 1] == '[') {
            i += 2;
            while (i < len && (line[i] < '@' || line[i] > '~')) {
                i++;
            }
            continue;
        }
        if (c >= 0x20 || c == '\t') {
            line[out++] = (char)c;
        }
    }
    return out;
}

static size_t without_entities(char *line, size_t len)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {
        { "&quot;", '"' },
        { "&amp;", '&' },
        { "&lt;", '<' },
        { "&gt;", '>' },
        { "&#39;", '\'' },
        { "&nbsp;", ' ' },
        { "\xc2\xa0", ' ' },
    };
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        char c = line[i];
        if (c == '&' || c == '\xc2') {
            struct diag_span rest = { line + i, len - i };
            for (size_t k = 0; k < sizeof(entities) / sizeof(entities[0]);
                    k++) {
                if (diag_starts(rest, entities[k].name)) {
                    c = entities[k].c;
                    i += strlen(entities[k].name) - 1;
                    break;
                }
            }
        }
        line[out++] = c;
    }
    return out;
}

/* `response: {` and nothing behind it, or the next line, indented. */
static bool is_rust_list(struct diag_span t)
{
    struct diag_span rest = diag_after(t, "response: {");
    return diag_has(t, "response: {") &&
            (rest.len == 0 || diag_starts(rest, " ") ||
                    diag_starts(rest, "\r"));
}

/* Brackets that are still open at the end of a record that may be wrapped. */
static bool wants_more(const char *line, size_t len)
{
    struct diag_span t = { line, len };
    bool json = diag_has(t, "CBOR {") || diag_has(t, "Payload: {") ||
            diag_has(t, "command (Version") || is_rust_list(t);
    bool python = diag_has(t, "ImageState(") || diag_has(t, "ErrorV1(") ||
            diag_has(t, "ErrorV2(") || diag_has(t, "Response(");
    int open = 0;
    bool quoted = false;
    if (!json && !python) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = line[i];
        if (c == '"' && json) {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (c == '(' || c == '{' || c == '[') {
            open++;
        } else if (c == ')' || c == '}' || c == ']') {
            open--;
        }
    }
    return open > 0;
}

/* A line that starts with a level and a time, or a date, is a new record. */
static bool is_record(struct diag_span t)
{
    if (t.len > 12 && strchr("DVIAWE", t.ptr[0]) != NULL &&
            (t.ptr[1] == '\t' || t.ptr[1] == ' ') && t.ptr[4] == ':') {
        return true;
    }
    return t.len > 19 && t.ptr[4] == '-' && t.ptr[7] == '-' && t.ptr[13] == ':';
}

static void deliver(struct cleaner *c)
{
    if (c->joined > 0) {
        diag_source_line(c->source, c->started,
                (struct diag_span){ c->line, c->len });
    }
    c->joined = 0;
    c->len = 0;
}

static unsigned join_max(const struct cleaner *c)
{
    return is_rust_list((struct diag_span){ c->line, c->len }) ? JOIN_RUST_MAX
                                                               : JOIN_MAX;
}

/* Take the line at c->line + c->len, n bytes. */
static void take_line(struct cleaner *c, size_t n)
{
    char *start = c->line + c->len;
    n = without_escapes(start, n);
    n = without_entities(start, n);
    if (c->joined > 0 &&
            (c->joined >= join_max(c) ||
                    is_record((struct diag_span){ start, n }))) {
        char *line = c->line;
        size_t before = c->len;
        deliver(c);
        memmove(line, line + before, n);
    }
    if (c->joined == 0) {
        c->started = c->number;
    }
    c->len += n;
    c->joined++;
    if (c->len + 4096 > DIAG_LINE_MAX || !wants_more(c->line, c->len)) {
        deliver(c);
    }
}

/* ---- whole texts ---- */

static void read_bytes(struct cleaner *c, const uint8_t *data, size_t len)
{
    for (size_t pos = 0; pos < len;) {
        const uint8_t *newline = memchr(data + pos, '\n', len - pos);
        size_t size =
                newline == NULL ? len - pos : (size_t)(newline - (data + pos));
        size_t room = DIAG_LINE_MAX - c->len;
        size_t n = size < room ? size : room;
        memcpy(c->line + c->len, data + pos, n);
        pos += size + 1;
        c->number++;
        take_line(c, n);
        diag_events_passed(c->source->list, pos);
    }
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0u | (c >> 6));
        out[1] = (char)(0x80u | (c & 0x3fu));
        return 2;
    }
    out[0] = (char)(0xe0u | (c >> 12));
    out[1] = (char)(0x80u | ((c >> 6) & 0x3fu));
    out[2] = (char)(0x80u | (c & 0x3fu));
    return 3;
}

/* UTF-16; surrogates become question marks. */
static void read_utf16(struct cleaner *c, const uint8_t *data, size_t len,
        bool big)
{
    size_t n = 0;
    for (size_t pos = 0; pos + 1 < len; pos += 2) {
        uint32_t unit = big ? (uint32_t)data[pos] << 8 | data[pos + 1]
                            : (uint32_t)data[pos + 1] << 8 | data[pos];
        if (unit == '\n') {
            c->number++;
            take_line(c, n);
            n = 0;
            diag_events_passed(c->source->list, pos);
            continue;
        }
        if (unit >= 0xd800 && unit < 0xe000) {
            unit = '?';
        }
        if (unit != 0xfeff && c->len + n + 4 < DIAG_LINE_MAX) {
            n += put_utf8(c->line + c->len + n, unit);
        }
    }
    c->number++;
    take_line(c, n);
}

/* 0 no, 1 little-endian, 2 big-endian. */
static int is_utf16(const uint8_t *data, size_t len)
{
    size_t even = 0;
    size_t odd = 0;
    size_t n = len < 512 ? len : 512;
    if (len < 4) {
        return 0;
    }
    if (data[0] == 0xff && data[1] == 0xfe) {
        return 1;
    }
    if (data[0] == 0xfe && data[1] == 0xff) {
        return 2;
    }
    for (size_t i = 0; i + 1 < n; i += 2) {
        even += data[i] == 0 ? 1u : 0u;
        odd += data[i + 1] == 0 ? 1u : 0u;
    }
    return odd * 3 > n ? 1 : even * 3 > n ? 2 : 0;
}

static void read_text(struct diag_source *s, const uint8_t *data, size_t len)
{
    struct cleaner c = { .source = s, .line = malloc(DIAG_LINE_MAX) };
    if (c.line == NULL) {
        s->list->failed = true;
        return;
    }
    int utf16 = is_utf16(data, len);
    if (utf16 != 0) {
        read_utf16(&c, data, len, utf16 == 2);
    } else {
        if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
            data += 3;
            len -= 3;
        }
        read_bytes(&c, data, len);
    }
    deliver(&c);
    free(c.line);
}

static enum diag_source_kind read_as(struct diag_source *s, const uint8_t *data,
        size_t len)
{
    const char *text = (const char *)data;
    if (diag_is_btsnoop(data, len)) {
        diag_read_btsnoop(s, data, len);
        return DIAG_SOURCE_BTSNOOP;
    }
    if (diag_is_pcap(data, len)) {
        diag_read_pcap(s, data, len);
        return DIAG_SOURCE_PCAP;
    }
    if (diag_is_serial(data, len)) {
        diag_read_serial(s, data, len);
        return DIAG_SOURCE_SERIAL;
    }
    if (diag_is_conf(text, len)) {
        diag_read_conf(s->list, s->file, text, len);
        return DIAG_SOURCE_CONF;
    }
    read_text(s, data, len);
    if (s->found == 0) {
        return DIAG_SOURCE_UNKNOWN;
    }
    return len > 15 && memcmp(data, "{\"smpctl_trace\"", 15) == 0
            ? DIAG_SOURCE_TRACE
            : DIAG_SOURCE_TEXT;
}

enum diag_source_kind diag_read(struct diag_events *list, const char *name,
        const void *data, size_t len)
{
    struct diag_source *s = malloc(sizeof(*s));
    if (s == NULL || len == 0) {
        list->failed = list->failed || s == NULL;
        free(s);
        return DIAG_SOURCE_UNKNOWN;
    }
    diag_source_init(s, list, name);
    list->passed_at = 0;
    enum diag_source_kind kind = read_as(s, data, len);
    diag_source_end(s);
    free(s);
    return kind;
}

int diag_read_trace(struct diag_events *list, const char *name,
        const char *text, size_t len)
{
    struct diag_source *s = malloc(sizeof(*s));
    if (s == NULL) {
        list->failed = true;
        return -1;
    }
    diag_source_init(s, list, name);
    uint32_t line = 0;
    for (size_t pos = 0; pos < len;) {
        const char *newline = memchr(text + pos, '\n', len - pos);
        size_t size =
                newline == NULL ? len - pos : (size_t)(newline - (text + pos));
        s->line = ++line;
        s->text = (struct diag_span){ text + pos, size };
        if (diag_line_trace(s) == 1) {
            s->found++;
        } else {
            list->skipped += size > 0 ? 1u : 0u;
        }
        pos += size + 1;
    }
    int added = (int)(s->found & 0x7fffffffu);
    diag_source_end(s);
    free(s);
    return list->failed ? -1 : added;
}

int diag_add_error(struct diag_events *list, const char *source,
        const char *code, const char *message)
{
    struct diag_source *s = malloc(sizeof(*s));
    if (s == NULL) {
        list->failed = true;
        return -1;
    }
    diag_source_init(s, list, source);
    s->text = diag_span(message);
    struct diag_event e = diag_draft(s, DIAG_ERROR, message);
    e.text = code;
    e.sign = diag_phrase_sign(s);
    int rc = diag_events_add(list, &e);
    free(s);
    return rc;
}

const char *diag_source_kind_to_str(enum diag_source_kind kind)
{
    switch (kind) {
    case DIAG_SOURCE_UNKNOWN:
        return "unknown";
    case DIAG_SOURCE_TEXT:
        return "log";
    case DIAG_SOURCE_TRACE:
        return "smpctl trace";
    case DIAG_SOURCE_BTSNOOP:
        return "btsnoop capture";
    case DIAG_SOURCE_PCAP:
        return "pcap capture";
    case DIAG_SOURCE_SERIAL:
        return "serial capture";
    case DIAG_SOURCE_CONF:
        return "configuration";
    }
    return "unknown";
}
