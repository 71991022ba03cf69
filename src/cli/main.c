// SPDX-License-Identifier: Apache-2.0
/* smpctl: find the command, run it, report. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

const struct cli_command cli_commands[] = {
    { "upgrade", "FILE", "update from a package or a signed image",
            cli_cmd_upgrade, false },
    { "revert", "", "put the previous image back", cli_cmd_revert, false },
    { "why", "[FILE]", "explain the slots, and judge a file beforehand",
            cli_cmd_why, false },
    { "info", "", "everything worth knowing about the device", cli_cmd_info,
            false },
    { "doctor", "FILE…", "why did it fail: judge logs, captures, traces",
            cli_cmd_doctor, false },
    { "decode", "FILE…", "logs and captures as readable SMP", cli_cmd_decode,
            false },
    { "image list", "", "images in the slots", cli_cmd_image, true },
    { "image upload", "FILE", "upload one image, mark nothing", cli_cmd_image,
            false },
    { "image test", "HASH|FILE", "mark an image for a test", cli_cmd_image,
            false },
    { "image confirm", "[HASH|FILE]",
            "keep the running image, or mark one "
            "for good",
            cli_cmd_image, false },
    { "image erase", "", "erase a slot", cli_cmd_image, false },
    { "image slots", "", "sizes of the slots", cli_cmd_image, false },
    { "os echo", "TEXT", "send text, get it back", cli_cmd_os, true },
    { "os reset", "", "reset the device", cli_cmd_os, false },
    { "os info", "[FORMAT]", "operating system and application", cli_cmd_os,
            false },
    { "os params", "", "buffer size and count", cli_cmd_os, false },
    { "os datetime", "[YYYY-MM-DDTHH:MM:SS]", "get or set date and time",
            cli_cmd_os, false },
    { "os bootloader", "[QUERY]", "bootloader information", cli_cmd_os, false },
    { "os tasks", "", "task statistics", cli_cmd_os, false },
    { "os memory", "", "memory pools", cli_cmd_os, false },
    { "os console-echo", "on|off", "console echo control", cli_cmd_os, false },
    { "groups", "", "management groups of the firmware", cli_cmd_groups, true },
    { "erase-storage", "", "erase the settings partition",
            cli_cmd_erase_storage, false },
    { "raw", "OP GROUP COMMAND [JSON]", "any request", cli_cmd_raw, false },
    { "scan", "", "Bluetooth LE devices with SMP, serial ports", cli_cmd_scan,
            true },
    { "bluetooth forget", "NAME-OR-ADDRESS",
            "drop bond and remembered services", cli_cmd_bluetooth, false },
    { "device add", "NAME URI", "save a connection", cli_cmd_device, false },
    { "device list", "", "saved connections", cli_cmd_device, false },
    { "device remove", "NAME", "forget a connection", cli_cmd_device, false },
    { "package show", "FILE", "what a package holds", cli_cmd_package, true },
    { "package verify", "FILE", "check a package", cli_cmd_package, false },
    { "package create", "OUT.zip", "make a package", cli_cmd_package, false },
    { "imagefile show", "FILE", "header, TLVs and hash of an image file",
            cli_cmd_imagefile, true },
    { "imagefile verify", "FILE", "check hash and signatures of an image file",
            cli_cmd_imagefile, false },
    { "imagefile sign", "IN OUT", "make an image file of a program",
            cli_cmd_imagefile, false },
    { "imagefile keygen", "KEY.pem", "make a private key", cli_cmd_imagefile,
            false },
    { "imagefile getpub", "KEY.pem", "public half of a key", cli_cmd_imagefile,
            false },
};
const size_t cli_command_count = G_N_ELEMENTS(cli_commands);

/* The signal handler can see only this. */
static struct host_cancel *interrupt;

static void on_signal(int number)
{
    (void)number;
    host_cancel_set(interrupt);
}

static void catch_signals(struct cli *cli)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    if (host_cancel_init(&cli->cancel, &cli->err) != 0) {
        host_error_clear(&cli->err);
        return;
    }
    interrupt = &cli->cancel;
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* the second Ctrl-C ends at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Move the command words to the front, options behind them. */
static int sort_words(struct cli *cli, int argc, char **argv, char **sorted)
{
    const GOptionEntry *entries = cli_global_entries(cli);
    int words = 0;
    int rest = 0;
    char **options = g_new0(char *, (gsize)argc + 1);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' || words > 0) {
            sorted[words++] = argv[i];
            continue;
        }
        options[rest++] = argv[i];
        for (const GOptionEntry *e = entries; e->long_name != NULL; e++) {
            bool is_long = g_str_has_prefix(argv[i], "--") &&
                    strcmp(argv[i] + 2, e->long_name) == 0;
            bool is_short = argv[i][1] == e->short_name && e->short_name != 0 &&
                    argv[i][2] == '\0';
            if ((is_long || is_short) && e->arg != G_OPTION_ARG_NONE &&
                    i + 1 < argc) {
                options[rest++] = argv[++i];
                break;
            }
        }
    }
    /* NAME [NAME2], options, the rest of the words */
    int used = 0;
    const struct cli_command *command = cli_find(words, sorted, &used);
    int head = command == NULL ? MIN(words, 1) : used;
    memmove(sorted + head + rest, sorted + head,
            (size_t)(words - head) * sizeof(char *));
    memcpy(sorted + head, options, (size_t)rest * sizeof(char *));
    sorted[words + rest] = NULL;
    g_free(options);
    return words + rest;
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    int words = 0;
    const struct cli_command *command = cli_find(argc, argv, &words);
    const char *next = argc > 1 ? argv[1] : "";
    bool help = strcmp(next, "--help") == 0 || strcmp(next, "-h") == 0;
    if (command == NULL && (next[0] == '\0' || next[0] == '-') &&
            cli_print_family(argv[0], help ? stdout : stderr)) {
        return help ? 0 : cli_usage(cli, "%s: which one?", argv[0]);
    }
    if (command == NULL) {
        return cli_usage(cli, "no command \"%s%s%s\"", argv[0],
                argc > 1 && argv[1][0] != '-' ? " " : "",
                argc > 1 && argv[1][0] != '-' ? argv[1] : "");
    }
    cli->command = command;
    catch_signals(cli);
    int rc = command->run(cli, argc - words + 1, argv + words - 1);
    return rc < 0 ? 0 : rc; /* -1: help was printed */
}

static void finish(struct cli *cli)
{
    cli_disconnect(cli);
    host_trace_destroy(cli->trace);
    interrupt = NULL;
    host_cancel_finish(&cli->cancel);
    host_error_clear(&cli->err);
    if (cli->document != NULL) {
        json_node_unref(cli->document);
    }
    g_clear_pointer(&cli->findings, json_node_unref);
    g_free(cli->opt.connect);
    g_free(cli->opt.window);
    g_free(cli->opt.smp_version);
    g_free(cli->opt.trace);
    g_free(cli->opt.color);
    g_free(cli->opt.pair);
    g_free(cli->opt.passkey);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("smpctl " SMPCTL_VERSION);
        return 0;
    }
    setlocale(LC_CTYPE, "");
    struct cli cli = { .opt = { .retries = -1 },
        .cancel = { .fd = -1 },
        .err = HOST_ERROR_INIT };
    for (int i = 1; i < argc; i++) {
        /* Before parsing: a usage error is a document as well. */
        cli.opt.json = cli.opt.json || strcmp(argv[i], "--json") == 0;
    }
    char **sorted = g_new0(char *, (gsize)argc + 1);
    int count = sort_words(&cli, argc, argv, sorted);
    bool wants_help = count == 0 || strcmp(sorted[0], "help") == 0 ||
            strcmp(sorted[0], "--help") == 0 || strcmp(sorted[0], "-h") == 0;
    if (wants_help) {
        cli_print_help(count == 0 ? stderr : stdout);
        int status = count == 0 ? CLI_EXIT_USAGE : 0;
        g_free(sorted);
        return status;
    }
    int status = run_command(&cli, count, sorted);
    if (status != 0 && status != CLI_EXIT_USAGE) {
        cli_report_failure(&cli, status);
    } else if (status == 0 && cli.document != NULL) {
        cli_result_event(&cli);
        if (cli.opt.json) {
            cli_json_print(stdout, cli.document, false);
        }
    }
    cli_progress_end(&cli);
    finish(&cli);
    g_free(sorted);
    return status;
}
