// SPDX-License-Identifier: Apache-2.0
/*
 * Descriptors of virtual applications: text to struct and back.
 */
#include "vdev/app.h"

#include <stdio.h>
#include <string.h>

#define START_MS_MAX 3600000u

void vdev_app_init(struct vdev_app *app)
{
    memset(app, 0, sizeof(*app));
    app->smp = true;
}

/* One piece of the descriptor text. */
struct piece {
    const char *ptr;
    size_t len;
};

static bool is(struct piece p, const char *word)
{
    return p.len == strlen(word) && memcmp(p.ptr, word, p.len) == 0;
}

static bool parse_bool(struct piece p, bool *value)
{
    if (is(p, "1") || is(p, "true") || is(p, "yes")) {
        *value = true;
        return true;
    }
    if (is(p, "0") || is(p, "false") || is(p, "no")) {
        *value = false;
        return true;
    }
    return false;
}

static bool parse_ms(struct piece p, uint32_t *value)
{
    uint32_t v = 0;
    if (p.len == 0 || p.len > 7) {
        return false;
    }
    for (size_t i = 0; i < p.len; i++) {
        if (p.ptr[i] < '0' || p.ptr[i] > '9') {
            return false;
        }
        v = v * 10 + (uint32_t)(p.ptr[i] - '0');
    }
    if (v > START_MS_MAX) {
        return false;
    }
    *value = v;
    return true;
}

static bool parse_name(struct piece p, char name[VDEV_APP_NAME_SIZE])
{
    if (p.len >= VDEV_APP_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < p.len; i++) {
        char c = p.ptr[i];
        name[i] = c >= 0x20 && c < 0x7f ? c : '?';
    }
    name[p.len] = 0;
    return true;
}

static bool parse_pair(struct vdev_app *app, struct piece key,
        struct piece value)
{
    if (is(key, "name")) {
        return parse_name(value, app->name);
    }
    if (is(key, "confirm")) {
        return parse_bool(value, &app->confirm);
    }
    if (is(key, "crash")) {
        return parse_bool(value, &app->crash);
    }
    if (is(key, "smp")) {
        return parse_bool(value, &app->smp);
    }
    if (is(key, "start")) {
        return parse_ms(value, &app->start_ms);
    }
    return true;
}

int vdev_app_parse(const char *text, size_t len, struct vdev_app *app)
{
    struct vdev_app result;
    vdev_app_init(&result);
    size_t at = 0;
    while (at < len) {
        size_t end = at;
        while (end < len && text[end] != ';' && text[end] != ',') {
            end++;
        }
        if (end > at) {
            const char *eq = memchr(text + at, '=', end - at);
            if (eq == NULL) {
                return -1;
            }
            size_t key_len = (size_t)(eq - (text + at));
            struct piece key = { text + at, key_len };
            struct piece value = { eq + 1, end - at - key_len - 1 };
            if (!parse_pair(&result, key, value)) {
                return -1;
            }
        }
        at = end + 1;
    }
    *app = result;
    return 0;
}

size_t vdev_app_format(const struct vdev_app *app,
        char text[VDEV_APP_TEXT_SIZE])
{
    char start[24] = "";
    if (app->start_ms != 0) {
        snprintf(start, sizeof(start), ";start=%u", app->start_ms);
    }
    char name[VDEV_APP_NAME_SIZE + 8] = "";
    if (app->name[0] != 0) {
        snprintf(name, sizeof(name), ";name=%s", app->name);
    }
    char all[VDEV_APP_TEXT_SIZE];
    int len = snprintf(all, sizeof(all), "%s%s%s%s%s", name,
            app->confirm ? ";confirm=1" : "", app->crash ? ";crash=1" : "",
            app->smp ? "" : ";smp=0", start);
    if (len <= 0) {
        text[0] = 0;
        return 0;
    }
    /* Without the first ';'. */
    memcpy(text, all + 1, (size_t)len);
    return (size_t)len - 1;
}
