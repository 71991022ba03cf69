// SPDX-License-Identifier: Apache-2.0
/*
 * Our own trace: one JSON object per line (docs/spec/trace.md). Unknown keys
 * and kinds are passed over, a cut last line is no error.
 */
#include <string.h>

#include "diag/lines.h"
#include "diag/message.h"
#include "diag/scan.h"

static const struct {
    const char *name;
    enum diag_event_kind kind;
} kinds[] = {
    { "tx", DIAG_TX },
    { "rx", DIAG_RX },
    { "link", DIAG_LINK },
    { "file", DIAG_FILE },
    { "step", DIAG_STEP },
    { "error", DIAG_ERROR },
    { "noise", DIAG_NOISE },
    { "note", DIAG_NOTE },
};

/* One line being read. */
struct line {
    struct diag_event e;
    struct diag_file about;
    uint8_t message[DIAG_MESSAGE_MAX];
    char text[1024];
    char medium[16];
    char uri[64];
    char message_text[DIAG_QUOTE_MAX + 1];
    bool kind;
    bool head;
    bool params;
    uint32_t len;
    bool has_version;
};

static bool read_kind(const struct diag_value *v, struct diag_event *e)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (v->kind == DIAG_VALUE_TEXT && strlen(kinds[i].name) == v->len &&
                memcmp(kinds[i].name, v->text, v->len) == 0) {
            e->kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* Character of \uXXXX; '?' for what is not plain, as quotes show no more. */
static char unicode_at(const char *hex)
{
    int value = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = diag_hex_digit(hex[i]);
        value = digit < 0 ? 0x7fff : value * 16 + digit;
    }
    return value > 0 && value < 0x7f ? (char)value : '?';
}

/* Copy a JSON text, escapes undone. */
static void copy_text(char *out, size_t cap, const struct diag_value *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->len && n + 1 < cap; i++) {
        char c = v->text[i];
        if (c == '\\' && i + 1 < v->len) {
            c = v->text[++i];
            if (c == 'n') {
                c = '\n';
            } else if (c == 'r' || c == 't') {
                c = ' ';
            } else if (c == 'u' && v->len - i > 4) {
                c = unicode_at(v->text + i + 1);
                i += 4;
            }
        }
        out[n++] = c;
    }
    out[n] = '\0';
}

static uint32_t number_of(const struct diag_value *v)
{
    int64_t n = v->number / 1000;
    return n < 0 ? 0 : n > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* The keys of `file` events. */
static void read_about(const struct diag_value *v, struct diag_file *f)
{
    size_t used;
    struct diag_span text = { v->text, v->len };
    bool is_text = v->kind == DIAG_VALUE_TEXT;
    bool is_number = v->kind == DIAG_VALUE_NUMBER;
    if (diag_value_is(v, "image") && is_number) {
        f->image = (int)(number_of(v) % 256);
    } else if (diag_value_is(v, "size") && is_number) {
        f->size = number_of(v);
    } else if (diag_value_is(v, "hash") && is_text) {
        f->hash_len = (uint8_t)diag_hex(text, f->hash, sizeof(f->hash), &used);
    } else if (diag_value_is(v, "sha") && is_text) {
        f->sha_told =
                diag_hex(text, f->sha, sizeof(f->sha), &used) == sizeof(f->sha);
    }
}

/* buf_size and buf_count of {"params":{…}} */
static void read_params(const struct diag_value *v, struct line *line)
{
    struct diag_span t = { v->text, v->len };
    line->params = diag_number_after(t, "\"buf_size\":", &line->e.a) &&
            diag_number_after(t, "\"buf_count\":", &line->e.b);
}

static void read_text(struct diag_source *s, const struct diag_value *v,
        struct line *line)
{
    if (diag_value_is(v, "dev")) {
        line->e.dev = diag_events_name(s->list, v->text, v->len);
    } else if (diag_value_is(v, "hex")) {
        size_t used;
        line->e.message_len = diag_hex((struct diag_span){ v->text, v->len },
                line->message, sizeof(line->message), &used);
    } else if (diag_value_is(v, "message")) {
        copy_text(line->message_text, sizeof(line->message_text), v);
    } else if (diag_value_is(v, "uri")) {
        copy_text(line->uri, sizeof(line->uri), v);
    } else if (diag_value_is(v, "kind")) {
        copy_text(line->medium, sizeof(line->medium), v);
    } else if (diag_value_is(v, "state") || diag_value_is(v, "code") ||
            diag_value_is(v, "text") || diag_value_is(v, "name")) {
        copy_text(line->text, sizeof(line->text), v);
    } else {
        read_about(v, &line->about);
    }
}

static void read_pair(struct diag_source *s, const struct diag_value *v,
        struct line *line)
{
    if (diag_value_is(v, "smpctl_trace")) {
        line->head = true;
    } else if (diag_value_is(v, "k")) {
        line->kind = read_kind(v, &line->e);
    } else if (v->kind == DIAG_VALUE_TEXT) {
        read_text(s, v, line);
    } else if (v->kind == DIAG_VALUE_OTHER && diag_value_is(v, "params")) {
        read_params(v, line);
    } else if (v->kind == DIAG_VALUE_BOOL && diag_value_is(v, "dropped")) {
        line->e.late = v->boolean;
    } else if (v->kind == DIAG_VALUE_BOOL && diag_value_is(v, "probe")) {
        line->e.probe = v->boolean;
    } else if (v->kind != DIAG_VALUE_NUMBER) {
        return;
    } else if (diag_value_is(v, "t")) {
        line->e.t_ms = v->number;
    } else if (diag_value_is(v, "data_len")) {
        line->e.data_len = number_of(v);
    } else if (diag_value_is(v, "len")) {
        line->len = number_of(v);
    } else if (diag_value_is(v, "max") && !line->params) {
        line->e.b = number_of(v);
    } else if (diag_value_is(v, "mtu") && !line->params) {
        line->e.a = number_of(v);
    } else {
        read_about(v, &line->about);
    }
}

static void finish_link(struct diag_source *s, struct line *line)
{
    struct diag_event *e = &line->e;
    uint32_t mtu = e->a;
    if (line->params) {
        e->kind = DIAG_PARAMS;
        (void)diag_events_add(s->list, e);
        return;
    }
    e->up = strcmp(line->text, "up") == 0;
    e->a = 0;
    e->b = 0;
    e->sign = strcmp(line->medium, "ble") == 0      ? SIGN_MEDIUM_BLE
            : strcmp(line->medium, "datagram") == 0 ? SIGN_MEDIUM_UDP
            : strcmp(line->medium, "console") == 0 ||
                    strcmp(line->medium, "raw") == 0
            ? SIGN_MEDIUM_SERIAL
            : 0;
    (void)diag_events_add(s->list, e);
    if (e->up && line->uri[0] != '\0') {
        struct diag_event device = *e;
        device.kind = DIAG_HEAD;
        device.text = line->uri;
        device.sign = 0;
        device.b = 1;
        (void)diag_events_add(s->list, &device);
    }
    if (e->up && mtu > 0) {
        e->kind = DIAG_MTU;
        e->a = mtu;
        e->sign = 0;
        (void)diag_events_add(s->list, e);
    }
}

/* Console text in a trace, line by line: the phrases know it. */
static void finish_noise(struct diag_source *s, struct line *line)
{
    struct diag_span whole = s->text;
    const char *dev = s->dev;
    struct diag_span rest = diag_span(line->text);
    s->t_ms = line->e.t_ms;
    s->dev = line->e.dev;
    while (rest.len > 0) {
        s->text = diag_trim(diag_until(rest, "\n"));
        if (s->text.len > 0 && !diag_line_phrase(s)) {
            diag_emit_text(s, DIAG_NOISE, s->text);
        }
        rest = diag_after(rest, "\n");
    }
    s->text = whole;
    s->dev = dev;
}

/* The words of an error are what people want to read. */
static void finish_error(struct diag_source *s, struct line *line)
{
    struct diag_span whole = s->text;
    if (line->message_text[0] != '\0') {
        line->e.quote = line->message_text;
        s->text = diag_span(line->message_text);
        line->e.sign = diag_phrase_sign(s);
        s->text = whole;
    }
    (void)diag_events_add(s->list, &line->e);
}

static void finish(struct diag_source *s, struct line *line)
{
    struct diag_event *e = &line->e;
    e->text = line->text;
    switch (e->kind) {
    case DIAG_TX:
    case DIAG_RX:
        if (smp_header_decode(line->message, e->message_len, &e->header) < 0) {
            s->list->bad++;
            return;
        }
        e->message = line->message;
        e->text = "";
        e->cut = e->data_len == 0 &&
                e->message_len < (size_t)SMP_HEADER_SIZE + e->header.len;
        (void)diag_events_add(s->list, e);
        return;
    case DIAG_LINK:
        finish_link(s, line);
        return;
    case DIAG_NOISE:
        finish_noise(s, line);
        return;
    case DIAG_FILE:
        e->about = &line->about;
        (void)diag_events_add(s->list, e);
        return;
    case DIAG_ERROR:
        finish_error(s, line);
        return;
    case DIAG_RUN:
    case DIAG_HEAD:
    case DIAG_MTU:
    case DIAG_INTERVAL:
    case DIAG_PARAMS:
    case DIAG_SENT:
    case DIAG_PROGRESS:
    case DIAG_STEP:
    case DIAG_REFUSED:
    case DIAG_NOTE:
    case DIAG_CONF:
    case DIAG_EVENT_KINDS:
        (void)diag_events_add(s->list, e);
        return;
    }
}

int diag_line_trace(struct diag_source *s)
{
    struct line line;
    struct diag_scan scan;
    struct diag_value value;
    char quote[DIAG_QUOTE_MAX + 1];
    size_t n = s->text.len < DIAG_QUOTE_MAX ? s->text.len : DIAG_QUOTE_MAX;
    if (!diag_scan_object(&scan, s->text.ptr, s->text.len)) {
        return 0;
    }
    memcpy(quote, s->text.ptr, n);
    quote[n] = '\0';
    line.e = diag_draft(s, DIAG_NOTE, quote);
    memset(&line.about, 0, sizeof(line.about));
    line.e.t_ms = -1;
    line.text[0] = '\0';
    line.medium[0] = '\0';
    line.uri[0] = '\0';
    line.message_text[0] = '\0';
    line.kind = false;
    line.head = false;
    line.params = false;
    line.len = 0;
    line.has_version = false;
    while (diag_scan_next(&scan, &value)) {
        read_pair(s, &value, &line);
    }
    if (line.head) {
        line.e.kind = DIAG_HEAD;
        line.e.text = "smpctl";
        (void)diag_events_add(s->list, &line.e);
        return 1;
    }
    if (!line.kind) {
        return 0;
    }
    finish(s, &line);
    return 1;
}
