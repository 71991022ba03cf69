// SPDX-License-Identifier: Apache-2.0
/* One line of text: time, then every reader in turn. */
#include "diag/lines.h"

#include <string.h>

void diag_source_init(struct diag_source *s, struct diag_events *list,
        const char *name)
{
    memset(s, 0, sizeof(*s));
    s->list = list;
    s->file = diag_events_name(list, name, strlen(name));
    s->dev = "";
    s->t_ms = -1;
    s->last_ms = -1;
    diag_phrases_init(s);
}

static bool two_digits(const char *p, unsigned *value)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return false;
    }
    *value = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    return true;
}

/* HH:MM:SS with optional fraction at p; -1 when it is none. */
static int64_t time_at(const char *p, size_t len)
{
    unsigned h;
    unsigned m;
    unsigned sec;
    if (len < 8 || p[2] != ':' || p[5] != ':' || !two_digits(p, &h) ||
            !two_digits(p + 3, &m) || !two_digits(p + 6, &sec) || h > 23 ||
            m > 59 || sec > 60) {
        return -1;
    }
    int64_t ms = ((int64_t)h * 3600 + (int64_t)m * 60 + sec) * 1000;
    if (len > 9 && (p[8] == '.' || p[8] == ',')) {
        int64_t scale = 100;
        for (size_t i = 9; i < len && i < 12 && p[i] >= '0' && p[i] <= '9';
                i++) {
            ms += (p[i] - '0') * scale;
            scale /= 10;
        }
    }
    return ms;
}

/* Time of day within the first characters of a line. */
static int64_t time_of(struct diag_span line)
{
    for (size_t i = 0; i + 8 <= line.len && i < 80; i++) {
        if (line.ptr[i] >= '0' && line.ptr[i] <= '9') {
            int64_t ms = time_at(line.ptr + i, line.len - i);
            if (ms >= 0) {
                return ms;
            }
        }
    }
    return -1;
}

/* The clock of the line; past midnight the day goes on. */
static void set_time(struct diag_source *s)
{
    const int64_t day = 24LL * 3600 * 1000;
    int64_t ms = time_of(s->text);
    if (ms < 0 || s->console_only) {
        s->t_ms = s->console_only ? -1 : s->last_ms;
        return;
    }
    if (s->last_ms >= 0) {
        int64_t days = s->last_ms / day;
        ms += days * day;
        if (ms + day / 2 < s->last_ms) {
            ms += day;
        }
    }
    s->last_ms = ms;
    s->t_ms = ms;
}

void diag_source_line(struct diag_source *s, uint32_t line,
        struct diag_span text)
{
    static bool (*const readers[])(struct diag_source *) = {
        diag_line_android,
        diag_line_go,
        diag_line_ios,
        diag_line_python,
        diag_line_rust,
        diag_line_listing,
        diag_line_session,
        diag_line_phrase,
        diag_line_hex,
        diag_line_console,
    };
    s->line = line;
    s->text = text;
    if (diag_trim(text).len == 0) {
        return;
    }
    if (text.ptr[0] == '{' && diag_line_trace(s) == 1) {
        s->found++;
        return;
    }
    set_time(s);
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (s->console_only && i < 7) {
            continue;
        }
        if (readers[i](s)) {
            s->found++;
            return;
        }
    }
    s->list->skipped++;
}

void diag_source_end(struct diag_source *s)
{
    diag_dump_end(s);
    diag_listing_end(s);
    diag_flush_pieces(s);
    diag_events_fold(s->list);
}

int diag_group_of(struct diag_span name)
{
    static const struct {
        const char *name;
        int group;
    } groups[] = {
        { "default", 0 },
        { "os", 0 },
        { "image", 1 },
        { "stats", 2 },
        { "statistics", 2 },
        { "config", 3 },
        { "settings", 3 },
        { "logs", 4 },
        { "fs", 8 },
        { "filesystem", 8 },
        { "shell", 9 },
        { "basic", 63 },
        { "suit", 66 },
    };
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (diag_equals(name, groups[i].name)) {
            return groups[i].group;
        }
    }
    return -1;
}

int diag_command_of(int group, struct diag_span name)
{
    static const struct {
        int group;
        const char *name;
        int id;
    } commands[] = {
        { 0, "echo", 0 },
        { 0, "reset", 5 },
        { 0, "McuMgrParameters", 6 },
        { 0, "mcumgrParams", 6 },
        { 0, "applicationInfo", 7 },
        { 0, "bootloaderInformation", 8 },
        { 0, "bootloaderInfo", 8 },
        { 1, "state", 0 },
        { 1, "upload", 1 },
        { 1, "erase", 5 },
        { 1, "slotInfo", 6 },
        { 63, "eraseAppSettings", 0 },
        { 63, "erase", 0 },
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].group == group && diag_equals(name, commands[i].name)) {
            return commands[i].id;
        }
    }
    return -1;
}
