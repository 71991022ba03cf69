// SPDX-License-Identifier: Apache-2.0
/*
 * Reader of our own trace: one JSON object per line (docs/spec/trace.md).
 * Lines that are no trace line are counted and passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/event.h"
#include "diag/scan.h"

void diag_events_init(struct diag_events *list)
{
    memset(list, 0, sizeof(*list));
}

void diag_events_clear(struct diag_events *list)
{
    for (size_t i = 0; i < list->owned_count; i++) {
        free(list->owned[i]);
    }
    free(list->owned);
    free(list->items);
    diag_events_init(list);
}

static bool grow(void **items, size_t *cap, size_t count, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t wanted = *cap == 0 ? 64 : *cap * 2;
    void *grown = realloc(*items, wanted * size);
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *cap = wanted;
    return true;
}

/* Memory that lives as long as the list; NULL when there is none. */
static char *own(struct diag_events *list, size_t size)
{
    void *owned = list->owned;
    if (!grow(&owned, &list->owned_cap, list->owned_count, sizeof(char *))) {
        return NULL;
    }
    list->owned = owned;
    char *memory = calloc(1, size == 0 ? 1 : size);
    if (memory != NULL) {
        list->owned[list->owned_count++] = memory;
    }
    return memory;
}

/* Copy a JSON text; simple escapes are undone, others stay as they are. */
static const char *own_text(struct diag_events *list, const char *text,
        size_t len)
{
    char *copy = own(list, len + 1);
    if (copy == NULL) {
        return NULL;
    }
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '\\' && i + 1 < len &&
                (text[i + 1] == '"' || text[i + 1] == '\\' ||
                        text[i + 1] == '/')) {
            c = text[++i];
        }
        copy[out++] = c;
    }
    copy[out] = '\0';
    return copy;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* Bytes written; stops at the first pair that is no hex. */
static size_t read_hex(const char *text, size_t len, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (n < cap && 2 * n + 1 < len) {
        int high = hex_digit(text[2 * n]);
        int low = hex_digit(text[2 * n + 1]);
        if (high < 0 || low < 0) {
            break;
        }
        out[n] = (uint8_t)(high * 16 + low);
        n++;
    }
    return n;
}

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

static bool read_message(struct diag_events *list, const struct diag_value *v,
        struct diag_event *e)
{
    uint8_t *message = (uint8_t *)own(list, v->len / 2);
    if (message == NULL) {
        return false;
    }
    e->message = message;
    e->message_len = read_hex(v->text, v->len, message, v->len / 2);
    return true;
}

/* The keys of `file` events. */
static void read_about(const struct diag_value *v, struct diag_event *e)
{
    struct diag_file *f = &e->about;
    if (diag_value_is(v, "image") && v->kind == DIAG_VALUE_NUMBER) {
        f->image = (int)(v->number / 1000 % 256);
    } else if (diag_value_is(v, "size") && v->kind == DIAG_VALUE_NUMBER) {
        f->size = (uint32_t)(v->number / 1000);
    } else if (diag_value_is(v, "hash") && v->kind == DIAG_VALUE_TEXT) {
        f->hash_len =
                (uint8_t)read_hex(v->text, v->len, f->hash, sizeof(f->hash));
    } else if (diag_value_is(v, "sha") && v->kind == DIAG_VALUE_TEXT) {
        f->sha_told = read_hex(v->text, v->len, f->sha, sizeof(f->sha)) ==
                sizeof(f->sha);
    }
}

/* false: out of memory. */
static bool read_pair(struct diag_events *list, const struct diag_value *v,
        struct diag_event *e)
{
    bool text = v->kind == DIAG_VALUE_TEXT;
    if (diag_value_is(v, "t") && v->kind == DIAG_VALUE_NUMBER) {
        e->t_ms = v->number;
    } else if (diag_value_is(v, "dev") && text) {
        e->dev = own_text(list, v->text, v->len);
        return e->dev != NULL;
    } else if (diag_value_is(v, "hex") && text) {
        return read_message(list, v, e);
    } else if (diag_value_is(v, "data_len") && v->kind == DIAG_VALUE_NUMBER) {
        e->data_len = (uint32_t)(v->number / 1000);
    } else if (text &&
            (diag_value_is(v, "state") || diag_value_is(v, "code") ||
                    diag_value_is(v, "text") || diag_value_is(v, "name"))) {
        e->text = own_text(list, v->text, v->len);
        if (e->text == NULL) {
            return false;
        }
        e->up = strcmp(e->text, "up") == 0;
    } else {
        read_about(v, e);
    }
    return true;
}

/* 1 event, 0 no trace line, -1 out of memory. */
static int read_line(struct diag_events *list, const char *line, size_t len,
        struct diag_event *e)
{
    struct diag_scan scan;
    struct diag_value value;
    bool kind = false;
    if (!diag_scan_object(&scan, line, len)) {
        return 0;
    }
    while (diag_scan_next(&scan, &value)) {
        if (diag_value_is(&value, "k")) {
            kind = read_kind(&value, e);
        } else if (!read_pair(list, &value, e)) {
            return -1;
        }
    }
    if (kind && (e->kind == DIAG_TX || e->kind == DIAG_RX)) {
        return smp_header_decode(e->message, e->message_len, &e->header) > 0;
    }
    return kind ? 1 : 0;
}

int diag_read_trace(struct diag_events *list, const char *name,
        const char *text, size_t len)
{
    const char *file = own_text(list, name, strlen(name));
    int added = 0;
    uint32_t line = 0;
    if (file == NULL) {
        return -1;
    }
    for (size_t pos = 0; pos < len;) {
        const char *start = text + pos;
        const char *newline = memchr(start, '\n', len - pos);
        size_t size = newline == NULL ? len - pos : (size_t)(newline - start);
        pos += size + 1;
        line++;
        struct diag_event e = { .file = file,
            .line = line,
            .t_ms = -1,
            .dev = "",
            .text = "" };
        void *items = list->items;
        if (!grow(&items, &list->cap, list->count, sizeof(*list->items))) {
            return -1;
        }
        list->items = items;
        int rc = read_line(list, start, size, &e);
        if (rc < 0) {
            return -1;
        }
        if (rc == 0) {
            list->skipped += size > 0 ? 1u : 0u;
            continue;
        }
        list->items[list->count++] = e;
        added++;
    }
    return added;
}
