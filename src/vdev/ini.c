// SPDX-License-Identifier: Apache-2.0
/*
 * The INI reader and the table of presets.
 *
 * Lines: [section], key = value, # or ; comments. Section [kconfig] is for
 * readers: it says which Kconfig lines a preset stands for.
 */
#include "vdev/config.h"

#include <stdio.h>
#include <string.h>

#include "vdev/presets.h"

#define LINE_MAX_SIZE 320

size_t vdev_preset_count(void)
{
    return vdev_preset_table_count;
}

const char *vdev_preset_name(size_t i)
{
    return i < vdev_preset_table_count ? vdev_preset_table[i].name : NULL;
}

const char *vdev_preset_text(const char *name)
{
    for (size_t i = 0; i < vdev_preset_table_count; i++) {
        if (strcmp(vdev_preset_table[i].name, name) == 0) {
            return vdev_preset_table[i].text;
        }
    }
    return NULL;
}

static char *trim(char *s)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    size_t len = strlen(s);
    while (len > 0 &&
            (s[len - 1] == ' ' || s[len - 1] == '\t' || s[len - 1] == '\r')) {
        s[--len] = 0;
    }
    return s;
}

struct reader {
    struct vdev_config *cfg;
    char section[32];
    char *err;
};

static int read_section(struct reader *r, char *line)
{
    size_t len = strlen(line);
    if (len < 3 || line[len - 1] != ']' || len - 2 >= sizeof(r->section)) {
        snprintf(r->err, VDEV_ERR_SIZE, "not a section");
        return -1;
    }
    memcpy(r->section, line + 1, len - 2);
    r->section[len - 2] = 0;
    return 0;
}

static int read_line(struct reader *r, char *line)
{
    if (line[0] == 0 || line[0] == '#' || line[0] == ';') {
        return 0;
    }
    if (line[0] == '[') {
        return read_section(r, line);
    }
    if (strcmp(r->section, "kconfig") == 0) {
        return 0;
    }
    char *value = strchr(line, '=');
    if (value == NULL || r->section[0] == 0) {
        snprintf(r->err, VDEV_ERR_SIZE, "not \"key = value\" in a section");
        return -1;
    }
    *value++ = 0;
    char key[LINE_MAX_SIZE + 40];
    snprintf(key, sizeof(key), "%s.%s", r->section, trim(line));
    return vdev_config_set(r->cfg, key, trim(value), r->err);
}

int vdev_config_ini(struct vdev_config *cfg, const char *text,
        char err[VDEV_ERR_SIZE])
{
    char why[VDEV_ERR_SIZE] = "";
    struct reader r = { .cfg = cfg, .err = why };
    unsigned int number = 0;
    while (*text != 0) {
        const char *end = strchr(text, '\n');
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
        char line[LINE_MAX_SIZE];
        number++;
        if (len >= sizeof(line)) {
            snprintf(err, VDEV_ERR_SIZE, "line %u: too long", number);
            return -1;
        }
        memcpy(line, text, len);
        line[len] = 0;
        if (read_line(&r, trim(line)) != 0) {
            snprintf(err, VDEV_ERR_SIZE, "line %u: %.200s", number, why);
            return -1;
        }
        text += len + (end != NULL ? 1 : 0);
    }
    return 0;
}
