// SPDX-License-Identifier: Apache-2.0
/* Text for people: results on stdout, progress and notes on stderr. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

void cli_out(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (cli->opt.json || cli->opt.events) {
        return; /* stdout belongs to the document or the events */
    }
    cli_progress_end(cli);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

static void note(struct cli *cli, const char *format, va_list args)
{
    cli_progress_end(cli);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void cli_note(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (cli->opt.quiet || (cli->opt.events && cli->opt.json)) {
        return; /* with both, stderr belongs to the events */
    }
    va_start(args, format);
    note(cli, format, args);
    va_end(args);
}

void cli_verbose(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (!cli->opt.verbose || (cli->opt.events && cli->opt.json)) {
        return;
    }
    va_start(args, format);
    note(cli, format, args);
    va_end(args);
}

void cli_event(struct cli *cli, JsonBuilder *builder)
{
    if (cli->opt.events) {
        JsonNode *root = json_builder_get_root(builder);
        /* Events go to stderr when the result document owns stdout. */
        cli_json_print(cli->opt.json ? stderr : stdout, root, true);
        json_node_unref(root);
    }
    g_object_unref(builder);
}

void cli_result_event(struct cli *cli)
{
    if (cli->opt.events && cli->document != NULL) {
        JsonBuilder *b = json_builder_new();
        json_builder_begin_object(b);
        cli_json_add_string(b, "event", "result");
        json_builder_set_member_name(b, "result");
        json_builder_add_value(b, json_node_copy(cli->document));
        json_builder_end_object(b);
        cli_event(cli, b);
    }
}

void cli_progress(struct cli *cli, const char *text)
{
    struct winsize size = { 0 };
    int columns = 80;
    if (cli->opt.quiet || cli->opt.events || !cli->tty) {
        return;
    }
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        columns = size.ws_col;
    }
    /* A line that wraps cannot be replaced. */
    fprintf(stderr, "\r%.*s\033[K", columns - 1, text);
    fflush(stderr);
    cli->line_open = true;
}

void cli_progress_end(struct cli *cli)
{
    if (cli->line_open) {
        fputc('\n', stderr);
        cli->line_open = false;
    }
}

char *cli_hex(const uint8_t *bytes, size_t len)
{
    GString *hex = g_string_sized_new(2 * len);
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(hex, "%02x", bytes[i]);
    }
    return g_string_free(hex, FALSE);
}

const char *cli_thousands(uint64_t value)
{
    static char buffers[4][32];
    static unsigned turn;
    char digits[24];
    char *out = buffers[turn++ % 4];
    int len = snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, value);
    size_t n = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = digits[i];
    }
    out[n] = '\0';
    return out;
}

char *cli_escape(struct smp_bytes text)
{
    return host_text_escape_all(text.ptr, text.len);
}

const char *cli_style(const struct cli *cli, bool err, const char *name)
{
    static const char *const styles[][2] = {
        { "bold", "\033[1m" },
        { "red", "\033[1;31m" },
        { "green", "\033[32m" },
        { "yellow", "\033[33m" },
        { "dim", "\033[2m" },
        { "reset", "\033[0m" },
    };
    if (err ? !cli->color_err : !cli->color_out) {
        return "";
    }
    for (size_t i = 0; i < G_N_ELEMENTS(styles); i++) {
        if (strcmp(styles[i][0], name) == 0) {
            return styles[i][1];
        }
    }
    return "";
}

void cli_set_colors(struct cli *cli)
{
    const char *when = cli->opt.color != NULL ? cli->opt.color : "auto";
    bool plain = g_getenv("NO_COLOR") != NULL || strcmp(when, "never") == 0;
    bool always = strcmp(when, "always") == 0;
    cli->tty = isatty(STDERR_FILENO) != 0;
    cli->color_out = always || (!plain && isatty(STDOUT_FILENO));
    cli->color_err = always || (!plain && cli->tty);
}
