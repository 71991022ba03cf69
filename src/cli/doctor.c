// SPDX-License-Identifier: Apache-2.0
/* The doctor's verdicts, for a session of ours or a recorded trace. */
#include <string.h>

#include "cli/cli.h"
#include "diag/doctor.h"

static void add_verdict(JsonBuilder *b, const struct diag_verdict *v)
{
    const struct diag_rule *rule = v->rule;
    json_builder_begin_object(b);
    cli_json_add_string(b, "id", rule->id);
    cli_json_add_string(b, "pattern", rule->pattern);
    cli_json_add_double(b, "confidence", v->confidence / 100.0);
    cli_json_add_string(b, "title", rule->title);
    cli_json_add_string(b, "explanation", rule->explanation);
    json_builder_set_member_name(b, "evidence");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < v->evidence_count; i++) {
        char *text = g_utf8_make_valid(v->evidence[i].text, -1);
        json_builder_begin_object(b);
        cli_json_add_string(b, "file", v->evidence[i].file);
        cli_json_add_int(b, "line", v->evidence[i].line);
        cli_json_add_string(b, "text", text);
        json_builder_end_object(b);
        g_free(text);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "fixes");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < rule->fix_count; i++) {
        const struct diag_fix *fix = &rule->fixes[i];
        json_builder_begin_object(b);
        cli_json_add_string(b, "kind", diag_fix_kind_to_str(fix->kind));
        cli_json_add_string(b, "text", fix->text);
        json_builder_set_member_name(b, "lines");
        json_builder_begin_array(b);
        char **lines = g_strsplit(fix->lines ? fix->lines : "", "\n", -1);
        for (char **line = lines; *line != NULL && **line != '\0'; line++) {
            json_builder_add_string_value(b, *line);
        }
        g_strfreev(lines);
        json_builder_end_array(b);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void add_report(JsonBuilder *b, const struct diag_report *report)
{
    json_builder_set_member_name(b, "verdicts");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < report->verdict_count; i++) {
        add_verdict(b, &report->verdicts[i]);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "benign");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < report->benign_count; i++) {
        add_verdict(b, &report->benign[i]);
    }
    json_builder_end_array(b);
}

static void print_wrapped(FILE *out, const char *indent, const char *text)
{
    size_t column = 80;
    char **words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        size_t len = strlen(*word);
        if (column + 1 + len > 78) {
            fprintf(out, "%s%s", word == words ? "" : "\n", indent);
            column = strlen(indent);
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

static void print_verdict(const struct cli *cli, FILE *out,
        const struct diag_verdict *v)
{
    const struct diag_rule *rule = v->rule;
    bool err = out == stderr;
    fprintf(out, "\n%swhy:%s   %s.\n", cli_style(cli, err, "bold"),
            cli_style(cli, err, "reset"), rule->title);
    print_wrapped(out, "       ", rule->explanation);
    fprintf(out, "       [%s, pattern %s, %s]\n", rule->id, rule->pattern,
            v->confidence >= DIAG_CONFIDENCE_CERTAIN ? "certain" : "likely");
    for (unsigned i = 0; i < v->evidence_count; i++) {
        fprintf(out, "  seen   %s:%u  %s\n", v->evidence[i].file,
                v->evidence[i].line, v->evidence[i].text);
    }
    for (unsigned i = 0; i < rule->fix_count; i++) {
        fprintf(out, "  do     %s\n", rule->fixes[i].text);
        char **lines =
                g_strsplit(rule->fixes[i].lines ? rule->fixes[i].lines : "",
                        "\n", -1);
        for (char **line = lines; *line != NULL && **line != '\0'; line++) {
            fprintf(out, "             %s\n", *line);
        }
        g_strfreev(lines);
    }
    if (rule->disproof != NULL) {
        fprintf(out, "  wrong if  %s\n", rule->disproof);
    }
}

void cli_judge(struct cli *cli, JsonBuilder *b)
{
    struct diag_events events;
    struct diag_report report;
    size_t len = 0;
    diag_events_init(&events);
    memset(&report, 0, sizeof(report));
    if (cli->trace != NULL) {
        char *text = host_trace_recent(cli->trace, &len);
        diag_read_trace(&events,
                cli->opt.trace != NULL ? cli->opt.trace : "session", text, len);
        g_free(text);
    }
    diag_judge(&events, &report);
    if (b != NULL) {
        add_report(b, &report);
    } else if (report.verdict_count > 0) {
        print_verdict(cli, stderr, &report.verdicts[0]);
    }
    diag_events_clear(&events);
}

static void print_report(struct cli *cli, const struct diag_report *report)
{
    if (report->verdict_count == 0) {
        cli_out(cli,
                "No verdict: nothing in this trace shows a failure that "
                "the doctor knows.\n");
    }
    for (unsigned i = 0; i < report->verdict_count; i++) {
        print_verdict(cli, stdout, &report->verdicts[i]);
    }
    for (unsigned i = 0; i < report->benign_count; i++) {
        const struct diag_verdict *v = &report->benign[i];
        cli_out(cli, "%sharmless: %s", i == 0 ? "\n" : "", v->rule->title);
        if (v->evidence_count > 0) {
            cli_out(cli, " (%s:%u)", v->evidence[0].file, v->evidence[0].line);
        }
        cli_out(cli, "\n");
    }
    for (unsigned i = 0; i < report->transfer_count; i++) {
        const struct diag_transfer *t = &report->transfers[i];
        cli_out(cli, "transfer: image %u, %s of %s bytes in %u requests",
                t->image, cli_thousands(t->bytes), cli_thousands(t->size),
                t->requests);
        if (t->complete && t->ms > 0) {
            cli_out(cli, ", %.2f kB/s", (double)t->size / t->ms);
        }
        cli_out(cli, "\n");
    }
}

static void add_session(JsonBuilder *b, const struct diag_report *report)
{
    json_builder_set_member_name(b, "session");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "transfers");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < report->transfer_count; i++) {
        const struct diag_transfer *t = &report->transfers[i];
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", t->image);
        cli_json_add_int(b, "bytes", t->bytes);
        cli_json_add_int(b, "ms", t->ms);
        cli_json_add_double(b, "kB_per_s",
                t->complete && t->ms > 0 ? (double)t->size / t->ms : 0.0);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

int cli_cmd_doctor(struct cli *cli, int argc, char **argv)
{
    struct diag_events events;
    struct diag_report report;
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, -1);
    if (rc != 0) {
        return rc;
    }
    diag_events_init(&events);
    for (int i = 1; i < argc && rc == 0; i++) {
        char *text = NULL;
        gsize len = 0;
        GError *error = NULL;
        if (!g_file_get_contents(argv[i], &text, &len, &error)) {
            rc = cli_fail(cli, DFU_FILE_MISSING, "check the path", "%s",
                    error->message);
            g_error_free(error);
        } else if (diag_read_trace(&events, argv[i], text, len) <= 0) {
            rc = cli_fail(cli, DFU_OTHER,
                    "record one: smpctl --trace FILE upgrade …",
                    "%s: no trace of smpctl (other logs are not read yet)",
                    argv[i]);
        }
        g_free(text);
    }
    if (rc == 0) {
        diag_judge(&events, &report);
        if (!cli->opt.json) {
            print_report(cli, &report);
        }
        JsonBuilder *b = json_builder_new();
        json_builder_begin_object(b);
        add_report(b, &report);
        add_session(b, &report);
        json_builder_end_object(b);
        cli_result(cli, b);
    }
    diag_events_clear(&events);
    return rc;
}
