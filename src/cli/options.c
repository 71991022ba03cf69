// SPDX-License-Identifier: Apache-2.0
/* The command line: global options anywhere, one or two command words. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

const GOptionEntry *cli_global_entries(struct cli *cli)
{
    static GOptionEntry entries[18];
    struct cli_options *o = &cli->opt;
    const GOptionEntry table[] = {
        { "connect", 'c', 0, G_OPTION_ARG_STRING, &o->connect,
                "Device: udp:HOST[:1337], serial:DEVICE[?baud=N], "
                "serial-raw:DEVICE, tcp:HOST:PORT, ble:NAME-OR-ADDRESS, "
                "sim:PRESET[?flash=FILE], "
                "or a saved name (default $SMPCTL_CONNECT)",
                "URI" },
        { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o->timeout_s,
                "Time limit of one try of a request", "S" },
        { "retries", 0, 0, G_OPTION_ARG_INT, &o->retries,
                "Tries after the first", "N" },
        { "window", 0, 0, G_OPTION_ARG_STRING, &o->window,
                "Requests in flight of an upload", "N|auto" },
        { "smp-version", 0, 0, G_OPTION_ARG_STRING, &o->smp_version,
                "Protocol version to speak", "1|2|auto" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
                "One JSON document on stdout, also on failure", NULL },
        { "events", 0, 0, G_OPTION_ARG_NONE, &o->events,
                "JSON lines while working (stdout; stderr with --json)", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
                "No progress and no notes", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
                "More about what happens", NULL },
        { "color", 0, 0, G_OPTION_ARG_STRING, &o->color,
                "Colours: auto, always or never", "WHEN" },
        { "trace", 0, 0, G_OPTION_ARG_FILENAME, &o->trace,
                "Record the session as JSON lines", "FILE" },
        { "trace-data", 0, 0, G_OPTION_ARG_NONE, &o->trace_data,
                "Record upload data whole", NULL },
        { "pair", 0, 0, G_OPTION_ARG_STRING, &o->pair,
                "Bluetooth: pair when the device asks for it", "yes|no|ask" },
        { "passkey", 0, 0, G_OPTION_ARG_STRING, &o->passkey,
                "Bluetooth: the number the device shows or expects", "N" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    G_STATIC_ASSERT(sizeof(table) <= sizeof(entries));
    memcpy(entries, table, sizeof(table));
    return entries;
}

static bool check_globals(struct cli *cli)
{
    struct cli_options *o = &cli->opt;
    if (o->smp_version != NULL && strcmp(o->smp_version, "1") != 0 &&
            strcmp(o->smp_version, "2") != 0 &&
            strcmp(o->smp_version, "auto") != 0) {
        cli_usage(cli, "--smp-version takes 1, 2 or auto, not \"%s\"",
                o->smp_version);
        return false;
    }
    if (o->window != NULL && strcmp(o->window, "auto") != 0) {
        char *end;
        guint64 n = g_ascii_strtoull(o->window, &end, 10);
        if (*end != '\0' || n < 1 || n > 32) {
            cli_usage(cli, "--window takes 1 to 32 or auto, not \"%s\"",
                    o->window);
            return false;
        }
    }
    if (o->color != NULL && strcmp(o->color, "auto") != 0 &&
            strcmp(o->color, "always") != 0 && strcmp(o->color, "never") != 0) {
        cli_usage(cli, "--color takes auto, always or never, not \"%s\"",
                o->color);
        return false;
    }
    if (o->timeout_s < 0 || o->timeout_s > 3600 || o->retries < -1 ||
            o->retries > 100) {
        cli_usage(cli, "--timeout takes 0 to 3600 s, --retries 0 to 100");
        return false;
    }
    return true;
}

int cli_parse(struct cli *cli, const GOptionEntry *entries, int *argc,
        char ***argv, int min, int max)
{
    GError *error = NULL;
    bool help = false;
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, cli_global_entries(cli), NULL);
    if (entries != NULL) {
        g_option_context_add_main_entries(context, entries, NULL);
    }
    for (int i = 1; i < *argc && strcmp((*argv)[i], "--") != 0; i++) {
        help = help || strcmp((*argv)[i], "--help") == 0 ||
                strcmp((*argv)[i], "-h") == 0;
    }
    if (help) {
        cli_print_command_help(cli->command, stdout, entries);
        g_option_context_free(context);
        return -1;
    }
    gboolean json = cli->opt.json; /* a failed parse clears it */
    bool parsed = g_option_context_parse(context, argc, argv, &error);
    cli->opt.json = cli->opt.json || json;
    g_option_context_free(context);
    if (!parsed) {
        int status =
                cli_usage(cli, "%s: %s", cli->command->name, error->message);
        g_error_free(error);
        return status;
    }
    if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
        for (int i = 1; i < *argc; i++) {
            (*argv)[i] = (*argv)[i + 1];
        }
        (*argc)--;
    }
    if (!check_globals(cli)) {
        return CLI_EXIT_USAGE;
    }
    cli_set_colors(cli);
    int words = *argc - 1;
    if (words < min) {
        return cli_usage(cli, "%s needs %s", cli->command->name,
                cli->command->args);
    }
    if (max >= 0 && words > max) {
        return cli_usage(cli, "%s: unexpected \"%s\"", cli->command->name,
                (*argv)[max + 1]);
    }
    return 0;
}

const struct cli_command *cli_find(int argc, char **argv, int *words)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        const char *name = cli_commands[i].name;
        const char *space = strchr(name, ' ');
        if (argc < 1) {
            break;
        }
        if (space == NULL && strcmp(name, argv[0]) == 0) {
            *words = 1;
            return &cli_commands[i];
        }
        if (space != NULL && argc > 1 &&
                strncmp(name, argv[0], (size_t)(space - name)) == 0 &&
                argv[0][space - name] == '\0' &&
                strcmp(space + 1, argv[1]) == 0) {
            *words = 2;
            return &cli_commands[i];
        }
    }
    return NULL;
}

static void print_entries(FILE *out, const GOptionEntry *entries)
{
    for (; entries != NULL && entries->long_name != NULL; entries++) {
        char *left = g_strdup_printf("%s%c%s --%s%s%s",
                entries->short_name ? "  -" : "    ",
                entries->short_name ? entries->short_name : ' ',
                entries->short_name ? "," : " ", entries->long_name,
                entries->arg_description ? " " : "",
                entries->arg_description ? entries->arg_description : "");
        fprintf(out, "%-32s %s\n", left, entries->description);
        g_free(left);
    }
}

void cli_print_help(FILE *out)
{
    static struct cli none;
    fputs("smpctl - update and inspect microcontrollers that speak SMP "
          "(MCUmgr)\n\nUsage: smpctl [OPTIONS] COMMAND [ARGS]\n\nCommands:\n",
            out);
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_commands[i];
        char *left = g_strdup_printf("%s%s%s", c->name,
                c->args[0] != '\0' ? " " : "", c->args);
        fprintf(out, "%s  %-34s %s\n", c->group_head ? "\n" : "", left,
                c->summary);
        g_free(left);
    }
    fputs("\nOptions:\n", out);
    print_entries(out, cli_global_entries(&none));
    fputs("  -h, --help                    Help, also after a command\n"
          "      --version                 Version\n"
          "\nExit status: 0 done, 1 other failure, 2 usage, 3 no device or "
          "no answer,\n4 file wrong, 5 wrong for this device (nothing "
          "changed), 6 device refused,\n7 not the new image afterwards, 130 "
          "interrupted. More: man smpctl\n",
            out);
}

bool cli_print_family(const char *word, FILE *out)
{
    bool found = false;
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_commands[i];
        size_t len = strlen(word);
        if (strncmp(c->name, word, len) != 0 || c->name[len] != ' ') {
            continue;
        }
        if (!found) {
            fprintf(out, "smpctl %s takes one of these:\n", word);
        }
        found = true;
        char *left = g_strdup_printf("%s%s%s", c->name,
                c->args[0] != '\0' ? " " : "", c->args);
        fprintf(out, "  %-34s %s\n", left, c->summary);
        g_free(left);
    }
    return found;
}

void cli_print_command_help(const struct cli_command *command, FILE *out,
        const GOptionEntry *entries)
{
    if (command == NULL) {
        cli_print_help(out);
        return;
    }
    fprintf(out, "smpctl %s - %s\n\nUsage: smpctl [OPTIONS] %s%s%s\n",
            command->name, command->summary, command->name,
            command->args[0] != '\0' ? " " : "", command->args);
    if (entries != NULL) {
        fputs("\nOptions:\n", out);
        print_entries(out, entries);
    }
    fputs("\nGlobal options: smpctl --help\n", out);
}
