// SPDX-License-Identifier: Apache-2.0
/* The doctor's verdicts, for people and as JSON. */
#include <string.h>

#include "cli/doctor.h"

char *cli_doctor_clean(const char *text)
{
    GString *out = g_string_new(NULL);
    char *valid = g_utf8_make_valid(text, -1);

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '\t') {
            g_string_append_c(out, ' ');
        } else if (g_unichar_isprint(c)) {
            g_string_append_unichar(out, c);
        }
    }
    g_free(valid);
    return g_string_free(out, FALSE);
}

/* The word at p with n characters, and not a part of a longer one? */
static bool is_word(const char *line, const char *p, size_t n)
{
    return (p == line || p[-1] == ' ' || p[-1] == '"') &&
            (p[n] == '\0' || p[n] == ' ' || p[n] == '"');
}

static char *with_name(char *line, const char *word, const char *name)
{
    const char *p = strstr(line, word);

    if (p == NULL || !is_word(line, p, strlen(word))) {
        return line;
    }
    char *safe = strpbrk(name, " \t\"'`$&;|<>()*?[]#~!\\") != NULL
            ? g_shell_quote(name)
            : g_strdup(name);
    char *out = g_strdup_printf("%.*s%s%s", (int)(p - line), line, safe,
            p + strlen(word));
    g_free(safe);
    g_free(line);
    return out;
}

char **cli_doctor_lines(const struct cli_case *c, const char *lines)
{
    char **parts = g_strsplit(lines != NULL ? lines : "", "\n", -1);
    char *name =
            c != NULL && c->sent != NULL ? cli_doctor_clean(c->sent) : NULL;

    bool zip = name != NULL && g_str_has_suffix(name, ".zip");

    for (char **line = parts; name != NULL && *line != NULL; line++) {
        if (!g_str_has_prefix(*line, "smpctl ")) {
            continue;
        }
        if (strstr(*line, "package ") != NULL ||
                strstr(*line, "upgrade ") != NULL || !zip) {
            *line = with_name(*line, "FILE", name);
        }
        *line = with_name(*line, zip ? "dfu_application.zip" : "app_update.bin",
                name);
    }
    g_free(name);
    return parts;
}

/* ---- JSON ---- */

static void add_lines(JsonBuilder *b, const struct cli_case *c,
        const char *lines)
{
    char **parts = cli_doctor_lines(c, lines);

    json_builder_set_member_name(b, "lines");
    json_builder_begin_array(b);
    for (char **line = parts; *line != NULL && **line != '\0'; line++) {
        json_builder_add_string_value(b, *line);
    }
    json_builder_end_array(b);
    g_strfreev(parts);
}

void cli_doctor_add_fixes(JsonBuilder *b, const struct cli_case *c,
        const struct diag_rule *rule)
{
    json_builder_set_member_name(b, "fixes");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < DIAG_FIXES_MAX; i++) {
        const struct diag_fix *fix = &rule->fixes[i];
        if (fix->kind == DIAG_FIX_NONE) {
            break;
        }
        json_builder_begin_object(b);
        cli_json_add_string(b, "kind", diag_fix_kind_to_str(fix->kind));
        cli_json_add_string(b, "text", fix->text);
        add_lines(b, c, fix->lines);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_evidence(JsonBuilder *b, const struct diag_verdict *v)
{
    json_builder_set_member_name(b, "evidence");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < v->evidence_count; i++) {
        char *text = cli_doctor_clean(v->evidence[i].text);
        char *quote = cli_doctor_clean(v->evidence[i].quote);
        char *file = cli_doctor_clean(v->evidence[i].file);
        json_builder_begin_object(b);
        cli_json_add_string(b, "file", file);
        cli_json_add_int(b, "line", v->evidence[i].line);
        cli_json_add_string(b, "text", text);
        cli_json_add_string(b, "quote", quote);
        json_builder_end_object(b);
        g_free(text);
        g_free(quote);
        g_free(file);
    }
    json_builder_end_array(b);
}

static void add_verdict(JsonBuilder *b, const struct cli_case *c,
        const struct diag_verdict *v)
{
    const struct diag_rule *rule = v->rule;

    json_builder_begin_object(b);
    cli_json_add_string(b, "id", rule->id);
    cli_json_add_string(b, "pattern", rule->pattern);
    cli_json_add_double(b, "confidence", v->confidence / 100.0);
    cli_json_add_string(b, "title", rule->title);
    cli_json_add_string(b, "explanation", rule->explanation);
    add_evidence(b, v);
    cli_doctor_add_fixes(b, c, rule);
    if (rule->disproof != NULL) {
        cli_json_add_string(b, "disproof", rule->disproof);
    }
    cli_json_add_int(b, "session", v->session);
    json_builder_end_object(b);
}

void cli_doctor_add_report(JsonBuilder *b, const struct cli_case *c)
{
    const struct diag_report *report = &c->report;

    json_builder_set_member_name(b, "verdicts");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < report->verdict_count; i++) {
        add_verdict(b, c, &report->verdicts[i]);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "benign");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < report->benign_count; i++) {
        add_verdict(b, c, &report->benign[i]);
    }
    json_builder_end_array(b);
}

static double rate_of(const struct diag_transfer *t)
{
    return t->complete && t->ms > 0 ? (double)t->size / t->ms : 0.0;
}

static void add_transfers(JsonBuilder *b, const struct diag_report *r)
{
    json_builder_set_member_name(b, "transfers");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < r->transfer_count; i++) {
        const struct diag_transfer *t = &r->transfers[i];
        json_builder_begin_object(b);
        if (t->image_told) {
            cli_json_add_int(b, "image", t->image);
        }
        cli_json_add_int(b, "size", t->size);
        cli_json_add_int(b, "bytes", t->bytes);
        cli_json_add_bool(b, "complete", t->complete);
        cli_json_add_int(b, "ms", t->ms);
        cli_json_add_double(b, "kB_per_s", rate_of(t));
        cli_json_add_int(b, "requests", t->requests);
        cli_json_add_int(b, "chunk", t->chunk);
        cli_json_add_int(b, "in_flight", t->in_flight);
        cli_json_add_int(b, "session", t->session);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_lint(JsonBuilder *b, const struct cli_case *c)
{
    json_builder_set_member_name(b, "lint");
    json_builder_begin_array(b);
    for (size_t i = 0; i < c->lint_count; i++) {
        const struct diag_lint *l = &c->lint[i];
        json_builder_begin_object(b);
        cli_json_add_string(b, "level", diag_lint_level_to_str(l->level));
        cli_json_add_string(b, "file", l->file);
        cli_json_add_int(b, "line", l->line);
        char *text = cli_doctor_clean(l->text);
        cli_json_add_string(b, "text", text);
        g_free(text);
        add_lines(b, NULL, l->fix);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

/* What the configuration describes. */
static void add_device(JsonBuilder *b, const struct cli_case *c)
{
    struct diag_conf_device d;

    if (!diag_conf_describe(&c->events, &d)) {
        return;
    }
    json_builder_set_member_name(b, "configured");
    json_builder_begin_object(b);
    cli_json_add_int(b, "images", d.images);
    cli_json_add_int(b, "mtu", d.mtu);
    cli_json_add_int(b, "buf_size", d.buf_size);
    cli_json_add_int(b, "buf_count", d.buf_count);
    cli_json_add_bool(b, "params", d.params);
    cli_json_add_bool(b, "reassembly", d.reassembly);
    cli_json_add_bool(b, "image_group", d.image_group);
    cli_json_add_bool(b, "os_group", d.os_group);
    cli_json_add_bool(b, "erase_settings", d.erase_settings);
    json_builder_end_object(b);
}

void cli_doctor_add_session(JsonBuilder *b, const struct cli_case *c)
{
    const struct diag_report *r = &c->report;

    json_builder_set_member_name(b, "session");
    json_builder_begin_object(b);
    char *client = cli_doctor_clean(r->client);
    cli_json_add_string(b, "client", client);
    g_free(client);
    char *device = cli_doctor_clean(r->device);
    cli_json_add_string(b, "device", device);
    g_free(device);
    cli_json_add_int(b, "sessions", r->sessions);
    cli_json_add_int(b, "requests", r->requests);
    cli_json_add_int(b, "answers", r->answers);
    cli_json_add_int(b, "mtu", r->mtu);
    cli_json_add_double(b, "interval_ms", r->interval_us / 1000.0);
    add_transfers(b, r);
    json_builder_set_member_name(b, "limits");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < r->limit_count; i++) {
        json_builder_add_string_value(b, r->limits[i]);
    }
    json_builder_end_array(b);
    cli_json_add_int(b, "dropped_events", (int64_t)c->events.dropped);
    json_builder_end_object(b);
    json_builder_set_member_name(b, "needs");
    json_builder_begin_array(b);
    for (unsigned bit = 1; bit <= DIAG_NEED_TRACE; bit <<= 1) {
        if (r->needs & bit) {
            json_builder_add_string_value(b,
                    diag_need_to_str((enum diag_need)bit));
        }
    }
    json_builder_end_array(b);
    if (c->conf) {
        add_device(b, c);
        add_lint(b, c);
    }
}

/* ---- text ---- */

/* The first line begins with the label, the others with as many blanks. */
void cli_doctor_print_wrapped(FILE *out, const char *label, const char *text)
{
    int indent = (int)strlen(label);
    size_t column = 80;
    char **words = g_strsplit(text, " ", -1);

    for (char **word = words; *word != NULL; word++) {
        size_t len = strlen(*word);
        if (column + 1 + len > 78) {
            if (word == words) {
                fputs(label, out);
            } else {
                fprintf(out, "\n%*s", indent, "");
            }
            column = (size_t)indent;
        } else {
            fputc(' ', out);
            column++;
        }
        fputs(*word, out);
        column += len;
    }
    fputc('\n', out);
    g_strfreev(words);
}

static void print_evidence(const struct cli *cli, FILE *out,
        const struct diag_evidence *e)
{
    bool err = out == stderr;
    char *text = cli_doctor_clean(e->text);
    char *quote = cli_doctor_clean(e->quote);
    char *base = g_path_get_basename(e->file);
    char *file = cli_doctor_clean(base);

    g_free(base);
    fprintf(out, "  seen   %s:%u  %s\n", file, e->line, text);
    if (quote[0] != '\0' && quote[0] != '{' && strcmp(quote, text) != 0) {
        if (g_utf8_strlen(quote, -1) > 110) {
            char *cut = g_utf8_substring(quote, 0, 108);
            g_free(quote);
            quote = g_strconcat(cut, "…", NULL);
            g_free(cut);
        }
        fprintf(out, "         %s| %s%s\n", cli_style(cli, err, "dim"), quote,
                cli_style(cli, err, "reset"));
    }
    g_free(text);
    g_free(quote);
    g_free(file);
}

void cli_doctor_print_fixes(FILE *out, const struct cli_case *c,
        const struct diag_rule *rule)
{
    for (unsigned i = 0; i < DIAG_FIXES_MAX; i++) {
        const struct diag_fix *fix = &rule->fixes[i];
        if (fix->kind == DIAG_FIX_NONE) {
            break;
        }
        cli_doctor_print_wrapped(out, "  do     ", fix->text);
        char **lines = cli_doctor_lines(c, fix->lines);
        for (char **line = lines; *line != NULL && **line != '\0'; line++) {
            fprintf(out, "             %s\n", *line);
        }
        g_strfreev(lines);
    }
}

void cli_doctor_print_verdict(const struct cli *cli, FILE *out,
        const struct cli_case *c, const struct diag_verdict *v)
{
    const struct diag_rule *rule = v->rule;
    bool err = out == stderr;

    fprintf(out, "\n%swhy:%s   %s.\n", cli_style(cli, err, "bold"),
            cli_style(cli, err, "reset"), rule->title);
    cli_doctor_print_wrapped(out, "       ", rule->explanation);
    fprintf(out, "       [%s, pattern %s, %s, %u %%]\n", rule->id,
            rule->pattern,
            v->confidence >= DIAG_CONFIDENCE_CERTAIN ? "certain" : "likely",
            v->confidence);
    for (unsigned i = 0; i < v->evidence_count; i++) {
        print_evidence(cli, out, &v->evidence[i]);
    }
    cli_doctor_print_fixes(out, c, rule);
    if (rule->disproof != NULL) {
        fprintf(out, "  wrong if  %s\n", rule->disproof);
    }
}

static void print_needs(struct cli *cli, const struct cli_case *c)
{
    cli_out(cli, "No verdict: %s.\n",
            c->logs ? "nothing in these lines shows a failure that the doctor "
                      "knows"
                    : "no log was given");
    cli_out(cli, "What would decide:\n");
    for (unsigned bit = 1; bit <= DIAG_NEED_TRACE; bit <<= 1) {
        if (c->report.needs & bit) {
            cli_out(cli, "  - %s\n", diag_need_to_str((enum diag_need)bit));
        }
    }
}

static void print_benign(struct cli *cli, const struct diag_report *r)
{
    for (unsigned i = 0; i < r->benign_count; i++) {
        const struct diag_verdict *v = &r->benign[i];
        cli_out(cli, "%sharmless: %s", i == 0 ? "\n" : "", v->rule->title);
        if (v->evidence_count > 0) {
            cli_out(cli, " (%s:%u)", v->evidence[0].file, v->evidence[0].line);
        }
        cli_out(cli, "\n");
    }
}

static void print_session(struct cli *cli, const struct diag_report *r)
{
    if (r->client[0] != '\0' || r->device[0] != '\0') {
        char *client = cli_doctor_clean(r->client);
        char *device = cli_doctor_clean(r->device);
        cli_out(cli, "\nsession: %s%s%s\n", client,
                *client != '\0' && *device != '\0' ? ", " : "", device);
        g_free(client);
        g_free(device);
    }
    for (unsigned i = 0; i < r->transfer_count; i++) {
        const struct diag_transfer *t = &r->transfers[i];
        cli_out(cli, "transfer: ");
        if (t->image_told) {
            cli_out(cli, "image %u, ", t->image);
        }
        cli_out(cli, "%s of %s bytes", cli_thousands(t->bytes),
                t->size > 0 ? cli_thousands(t->size) : "?");
        if (t->requests > 0) {
            cli_out(cli, " in %u requests", t->requests);
        }
        if (rate_of(t) > 0) {
            cli_out(cli, ", %.2f kB/s", rate_of(t));
        }
        cli_out(cli, "\n");
    }
    for (unsigned i = 0; i < r->limit_count; i++) {
        cli_out(cli, "limited by: %s\n", r->limits[i]);
    }
}

static void print_lint(struct cli *cli, const struct cli_case *c)
{
    for (size_t i = 0; i < c->lint_count; i++) {
        const struct diag_lint *l = &c->lint[i];
        cli_out(cli, "%s%s: ", i == 0 && c->logs ? "\n" : "",
                diag_lint_level_to_str(l->level));
        if (l->line > 0) {
            cli_out(cli, "%s:%u: ", l->file, l->line);
        }
        cli_out(cli, "%s\n", l->text);
        char **lines = g_strsplit(l->fix != NULL ? l->fix : "", "\n", -1);
        for (char **line = lines; *line != NULL && **line != '\0'; line++) {
            cli_out(cli, "         %s\n", *line);
        }
        g_strfreev(lines);
    }
    if (c->conf && c->lint_count == 0) {
        cli_out(cli, "Nothing to say about the configuration.\n");
    }
}

void cli_doctor_print(struct cli *cli, const struct cli_case *c)
{
    const struct diag_report *r = &c->report;

    if (r->verdict_count == 0 && (c->logs || !c->conf)) {
        print_needs(cli, c);
    }
    for (unsigned i = 0; i < r->verdict_count; i++) {
        cli_doctor_print_verdict(cli, stdout, c, &r->verdicts[i]);
    }
    print_benign(cli, r);
    print_session(cli, r);
    print_lint(cli, c);
    if (c->events.dropped > 0) {
        cli_out(cli, "left out: %zu events in the middle, %u are kept\n",
                c->events.dropped, DIAG_EVENTS_MAX);
    }
}
