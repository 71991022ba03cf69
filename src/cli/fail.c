// SPDX-License-Identifier: Apache-2.0
/* Failures: one message, one next step, one exit status. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"
#include "smp/server.h"

int cli_fail(struct cli *cli, enum dfu_code code, const char *next,
        const char *format, ...)
{
    if (cli->err.code == DFU_OK) {
        va_list args;
        va_start(args, format);
        char *message = g_strdup_vprintf(format, args);
        va_end(args);
        host_error_set(&cli->err, code, next, "%s", message);
        g_free(message);
    }
    return cli_failed(cli);
}

int cli_failed(struct cli *cli)
{
    int status = dfu_code_exit(cli->err.code);
    return status == 0 ? CLI_EXIT_OTHER : status;
}

/* What helps to understand a refusal; its meaning is in the message. */
static const char *next_for_refusal(const struct smp_refusal *refusal)
{
    bool flat = refusal->shape == SMP_REFUSAL_RC;
    if (flat && refusal->rc == SMP_RC_NOTSUP &&
            refusal->group == SMP_GROUP_IMAGE &&
            refusal->id == SMP_IMAGE_STATE && refusal->op == SMP_OP_READ) {
        return "this application manages no images; where a firmware loader "
               "does (smpctl os bootloader mode): smpctl os reset --bootloader";
    }
    if (flat && refusal->rc == SMP_RC_NOTSUP) {
        return refusal->group == SMP_GROUP_ENUM
                ? "the firmware does not tell its groups "
                  "(CONFIG_MCUMGR_GRP_ENUM=y adds that)"
                : "the firmware was built without this command; smpctl groups "
                  "shows what it has, where it can";
    }
    if (refusal->group == SMP_GROUP_IMAGE) {
        return "see what the device holds: smpctl why";
    }
    if (flat && refusal->rc == SMP_RC_INVAL) {
        return "check the values that were sent";
    }
    if (flat && refusal->rc == SMP_RC_BUSY) {
        return "wait until the device has finished, and try again";
    }
    return "see what the device is: smpctl info";
}

int cli_fail_refused(struct cli *cli, const struct smp_refusal *refusal,
        const char *what)
{
    char *text = host_refusal_text(refusal);
    cli->refusal.told = true;
    cli->refusal.smp = *refusal;
    cli->refusal.smp.rsn = (struct smp_bytes){ NULL, 0 };
    int status = cli_fail(cli, DFU_DEVICE_REFUSED, next_for_refusal(refusal),
            "%s: the device refused: %s", what, text);
    g_free(text);
    return status;
}

int cli_usage(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = g_strdup_vprintf(format, args);
    va_end(args);
    char *next = cli->command == NULL
            ? g_strdup("smpctl help")
            : g_strdup_printf("smpctl %s --help", cli->command->name);
    if (cli->opt.json) {
        JsonBuilder *b = json_builder_new();
        json_builder_begin_object(b);
        cli_json_add_bool(b, "ok", false);
        json_builder_set_member_name(b, "error");
        json_builder_begin_object(b);
        cli_json_add_string(b, "code", "usage");
        cli_json_add_int(b, "exit", CLI_EXIT_USAGE);
        cli_json_add_string(b, "message", message);
        cli_json_add_string(b, "next", next);
        json_builder_end_object(b);
        json_builder_end_object(b);
        JsonNode *root = json_builder_get_root(b);
        cli_json_print(stdout, root, false);
        json_node_unref(root);
        g_object_unref(b);
    }
    fprintf(stderr, "smpctl: %s\nTry: %s\n", message, next);
    g_free(next);
    g_free(message);
    return CLI_EXIT_USAGE;
}

static void add_smp(JsonBuilder *b, const struct smp_refusal *smp)
{
    json_builder_set_member_name(b, "smp");
    json_builder_begin_object(b);
    cli_json_add_int(b, "version", smp->version + 1);
    cli_json_add_int(b, "op", smp->op + 1);
    cli_json_add_int(b, "group", smp->group);
    cli_json_add_int(b, "command", smp->id);
    cli_json_add_int(b, "rc", smp->rc);
    if (smp->shape != SMP_REFUSAL_RC) {
        cli_json_add_int(b, "rc_group", smp->rc_group);
    }
    cli_json_add_string(b, "name", smp_refusal_name(smp));
    json_builder_end_object(b);
}

/* The error as a document; its members go into the object that is open. */
static void add_failure(struct cli *cli, JsonBuilder *b, int status)
{
    cli_json_add_bool(b, "ok", false);
    json_builder_set_member_name(b, "error");
    json_builder_begin_object(b);
    cli_json_add_string(b, "code", dfu_code_to_str(cli->err.code));
    cli_json_add_int(b, "exit", status);
    cli_json_add_string(b, "message", cli->err.message);
    cli_json_add_string(b, "next", cli->err.next);
    if (cli->refusal.told) {
        add_smp(b, &cli->refusal.smp);
    }
    json_builder_end_object(b);
    cli_json_add_findings(b, cli);
    if (cli->judged) {
        cli_judge(cli, b);
    }
}

static void report_json(struct cli *cli, int status)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    add_failure(cli, b, status);
    json_builder_end_object(b);
    cli_result(cli, b);
    cli_result_event(cli);
    if (cli->opt.json) {
        cli_json_print(stdout, cli->document, false);
    }
}

void cli_report_failure(struct cli *cli, int status)
{
    cli_progress_end(cli);
    cli_trace_failure(cli);
    if (cli->opt.json || cli->opt.events) {
        report_json(cli, status);
    }
    if (cli->opt.json && cli->opt.events) {
        return; /* stderr belongs to the events */
    }
    fprintf(stderr, "%serror:%s %s\n", cli_style(cli, true, "red"),
            cli_style(cli, true, "reset"),
            cli->err.message != NULL ? cli->err.message : "failed");
    if (cli->err.next != NULL && cli->err.next[0] != '\0') {
        fprintf(stderr, "%snext:%s  %s\n", cli_style(cli, true, "bold"),
                cli_style(cli, true, "reset"), cli->err.next);
    }
    if (!cli->opt.json && cli->judged) {
        cli_judge(cli, NULL);
    }
}
