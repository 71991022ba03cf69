// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 65536

static void fail(const struct vectors *v, unsigned line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", v->file, line, what);
    exit(2);
}

static void *must_alloc(void *old, size_t size)
{
    void *p = realloc(old, size == 0 ? 1 : size);

    if (p == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    return p;
}

static int nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at =
            c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

    return at == NULL ? -1 : (int)(at - digits);
}

uint8_t *vectors_hex(const char *text, size_t text_len, size_t *len)
{
    uint8_t *buf = must_alloc(NULL, text_len / 2);

    for (size_t i = 0; i + 1 < text_len; i += 2) {
        int high = nibble(text[i]);
        int low = nibble(text[i + 1]);

        if (high < 0 || low < 0) {
            free(buf);
            return NULL;
        }
        buf[i / 2] = (uint8_t)(high << 4 | low);
    }
    *len = text_len / 2;
    return buf;
}

/* Skips a JSON text that starts at p; returns what follows it. */
static const char *skip_text(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        }
    }
    return *p == '"' ? p + 1 : p;
}

/* Skips any JSON value; returns what follows it. */
static const char *skip_value(const char *p)
{
    int depth = 0;

    do {
        if (*p == '"') {
            p = skip_text(p);
            continue;
        }
        if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            depth--;
        }
        p++;
    } while (
            *p != '\0' && (depth > 0 || (*p != ',' && *p != '}' && *p != ']')));
    return p;
}

/* Finds a key of the outer object; NULL when it is not there. */
static const char *find_key(const char *line, const char *key)
{
    const char *p = strchr(line, '{');
    size_t len = strlen(key);

    if (p == NULL) {
        return NULL;
    }
    p++;
    while (*p != '\0' && *p != '}') {
        while (*p == ' ' || *p == ',') {
            p++;
        }
        if (*p != '"') {
            return NULL;
        }
        const char *name = p + 1;

        p = skip_text(p);
        bool match =
                (size_t)(p - name) == len + 1 && memcmp(name, key, len) == 0;

        while (*p == ' ' || *p == ':') {
            p++;
        }
        if (match) {
            return p;
        }
        p = skip_value(p);
    }
    return NULL;
}

/* A copy of a text value; escapes stay as they are. NULL: no text. */
static char *take_text(const char *value)
{
    if (value == NULL || *value != '"') {
        return NULL;
    }
    size_t len = (size_t)(skip_text(value) - value) - 2;
    char *text = must_alloc(NULL, len + 1);

    memcpy(text, value + 1, len);
    text[len] = '\0';
    return text;
}

static uint8_t *take_hex(const char *value, size_t *len)
{
    char *text = take_text(value);
    uint8_t *buf;

    if (text == NULL) {
        return NULL;
    }
    buf = vectors_hex(text, strlen(text), len);
    free(text);
    return buf;
}

static void take_line(struct vectors *v, const char *line, unsigned number)
{
    struct vector item = { .line = number };
    const char *response = find_key(line, "response");

    item.name = take_text(find_key(line, "name"));
    item.note = take_text(find_key(line, "note"));
    item.request = take_hex(find_key(line, "request"), &item.request_len);
    item.response = take_hex(response, &item.response_len);
    if (item.name == NULL || item.note == NULL || item.request == NULL ||
            response == NULL ||
            (item.response == NULL && strncmp(response, "null", 4) != 0)) {
        fail(v, number, "not a recorded exchange");
    }
    v->items = must_alloc(v->items, (v->count + 1) * sizeof(item));
    v->items[v->count++] = item;
}

void vectors_load(struct vectors *v, const char *file)
{
    char path[512];
    char *line = must_alloc(NULL, LINE_SIZE);
    FILE *f;

    memset(v, 0, sizeof(*v));
    snprintf(v->file, sizeof(v->file), "%s", file);
    snprintf(path, sizeof(path), "%s/vectors/%s", SMP_TEST_DATA, file);
    f = fopen(path, "r");
    if (f == NULL) {
        fail(v, 0, "cannot be opened");
    }
    for (unsigned n = 1; fgets(line, LINE_SIZE, f) != NULL; n++) {
        take_line(v, line, n);
    }
    fclose(f);
    free(line);
}

void vectors_free(struct vectors *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->items[i].name);
        free(v->items[i].note);
        free(v->items[i].request);
        free(v->items[i].response);
    }
    free(v->items);
    memset(v, 0, sizeof(*v));
}

static void print_bytes(const char *label, const uint8_t *buf, size_t len)
{
    fprintf(stderr, "  %s", label);
    if (buf == NULL) {
        fprintf(stderr, " (none)");
    }
    for (size_t i = 0; buf != NULL && i < len; i++) {
        fprintf(stderr, "%02x", buf[i]);
    }
    fprintf(stderr, "\n");
}

bool vectors_equal(const struct vectors *v, const struct vector *item,
        const uint8_t *answer, size_t len)
{
    bool none = answer == NULL && item->response == NULL;

    if (none ||
            (answer != NULL && item->response != NULL &&
                    len == item->response_len &&
                    memcmp(answer, item->response, len) == 0)) {
        return true;
    }
    fprintf(stderr, "%s:%u: \"%s\"\n", v->file, item->line, item->name);
    print_bytes("request ", item->request, item->request_len);
    print_bytes("recorded", item->response, item->response_len);
    print_bytes("answered", answer, len);
    return false;
}
