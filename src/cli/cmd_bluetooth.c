// SPDX-License-Identifier: Apache-2.0
/* Bluetooth in smpctl: pairing questions, scan, bluetooth forget. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define SCAN_S      5.0
#define PASSKEY_MAX 999999u

/* ---- pairing ---- */

static bool read_line(char *line, int size)
{
    return fgets(line, size, stdin) != NULL;
}

static bool on_ask(void *ctx, enum host_ble_question question,
        const char *device, uint32_t *number)
{
    struct cli *cli = ctx;
    char *name = host_text_escape(device, strlen(device));
    char line[32] = "";
    bool yes = true;

    cli_progress_end(cli);
    switch (question) {
    case HOST_BLE_CONFIRM:
        fprintf(stderr, "%s wants to pair. Does it show %06u? [y/N] ", name,
                *number);
        break;
    case HOST_BLE_ACCEPT:
        fprintf(stderr, "%s wants to pair. Agree? [y/N] ", name);
        break;
    case HOST_BLE_PASSKEY:
        fprintf(stderr, "passkey that %s shows: ", name);
        break;
    case HOST_BLE_SHOW:
        fprintf(stderr, "type %06u on %s\n", *number, name);
        break;
    }
    g_free(name);
    if (question == HOST_BLE_SHOW) {
        return true;
    }
    fflush(stderr);
    yes = read_line(line, (int)sizeof(line));
    if (question == HOST_BLE_PASSKEY) {
        guint64 value = 0;

        g_strstrip(line);
        yes = yes &&
                g_ascii_string_to_unsigned(line, 10, 0, PASSKEY_MAX, &value,
                        NULL);
        *number = (uint32_t)value;
        return yes;
    }
    return yes && (line[0] == 'y' || line[0] == 'Y');
}

static void on_note(void *ctx, const char *text)
{
    cli_verbose(ctx, "Bluetooth: %s", text);
}

int cli_ble_options(struct cli *cli)
{
    struct host_ble_options *o = &cli->ble;
    const char *pair = cli->opt.pair;
    guint64 key = 0;

    *o = (struct host_ble_options){ .passkey = -1,
        .cancel_fd = cli->cancel.fd,
        .ctx = cli,
        .note = on_note,
        .pair = HOST_BLE_PAIR_ASK };
    if (cli->opt.passkey != NULL) {
        if (!g_ascii_string_to_unsigned(cli->opt.passkey, 10, 0, PASSKEY_MAX,
                    &key, NULL)) {
            return cli_usage(cli, "--passkey takes 0 to 999999, not \"%s\"",
                    cli->opt.passkey);
        }
        o->passkey = (int64_t)key;
    }
    if (pair != NULL && strcmp(pair, "yes") == 0) {
        o->pair = HOST_BLE_PAIR_YES;
    } else if (pair != NULL && strcmp(pair, "no") == 0) {
        o->pair = HOST_BLE_PAIR_NO;
    } else if (pair != NULL && strcmp(pair, "ask") != 0) {
        return cli_usage(cli, "--pair takes yes, no or ask, not \"%s\"", pair);
    }
    /* --pair ask said aloud: also through a pipe. */
    if (o->pair == HOST_BLE_PAIR_ASK &&
            (pair != NULL || isatty(STDIN_FILENO))) {
        o->ask = on_ask;
    }
    return 0;
}

/* ---- scan ---- */

static char *device_line(const struct host_ble_device *d)
{
    char *name = d->name != NULL ? host_text_escape(d->name, strlen(d->name))
                                 : g_strdup("-");
    char rssi[16] = "-";
    char *line;

    if (d->rssi != 127) {
        g_snprintf(rssi, sizeof(rssi), "%d dBm", d->rssi);
    }
    line = g_strdup_printf("ble:%s  %-24s  %8s  %-4s  %s%s%s", d->address, name,
            rssi, d->smp ? "SMP" : "", d->adapter, d->paired ? ", paired" : "",
            d->connected ? ", connected" : "");
    g_free(name);
    return line;
}

static void add_device(JsonBuilder *b, const struct host_ble_device *d)
{
    json_builder_begin_object(b);
    cli_json_add_string(b, "address", d->address);
    cli_json_add_string(b, "name", d->name);
    cli_json_add_string(b, "adapter", d->adapter);
    if (d->rssi != 127) {
        cli_json_add_int(b, "rssi", d->rssi);
    }
    cli_json_add_bool(b, "smp", d->smp);
    cli_json_add_bool(b, "paired", d->paired);
    cli_json_add_bool(b, "connected", d->connected);
    json_builder_end_object(b);
}

static void on_found(void *ctx, const struct host_ble_device *device)
{
    struct cli *cli = ctx;
    char *line = device_line(device);

    cli_out(cli, "%s\n", line);
    fflush(stdout);
    g_free(line);
    if (cli->opt.events) {
        JsonBuilder *b = json_builder_new();
        json_builder_begin_object(b);
        cli_json_add_string(b, "event", "found");
        json_builder_set_member_name(b, "ble");
        add_device(b, device);
        json_builder_end_object(b);
        cli_event(cli, b);
    }
}

int cli_scan_ble(struct cli *cli, struct cli_scan *scan, JsonBuilder *b)
{
    struct host_ble_scan ble = { .adapter = scan->adapter,
        .name = scan->name,
        .smp_only = !scan->all && scan->name == NULL,
        .rssi_min = scan->rssi,
        .cancel_fd = cli->cancel.fd,
        .found = on_found,
        .ctx = cli };
    double seconds = scan->seconds > 0 ? scan->seconds : SCAN_S;
    GPtrArray *list = NULL;
    struct host_error err = HOST_ERROR_INIT;

    ble.time_ms = (uint32_t)(MIN(seconds, CLI_SCAN_MAX_S) * 1000);
    if (host_bluez_scan(&ble, &list, &err) != 0) {
        /* A machine without Bluetooth still has serial ports to show. */
        if (!scan->ble_only && err.code == DFU_NO_DEVICE) {
            cli_note(cli, "%s%s%s", err.message, err.next != NULL ? "; " : "",
                    err.next != NULL ? err.next : "");
            cli_json_add_string(b, "ble_error", err.message);
            host_error_clear(&err);
            return 0;
        }
        host_error_move(&cli->err, &err);
        return cli_failed(cli);
    }
    json_builder_set_member_name(b, "ble");
    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        add_device(b, g_ptr_array_index(list, i));
    }
    json_builder_end_array(b);
    if (list->len == 0) {
        cli_note(cli, "no Bluetooth LE device %s in %.0f s%s",
                ble.smp_only ? "that advertises SMP" : "of that kind", seconds,
                ble.smp_only ? "; --all shows every device" : "");
    }
    g_ptr_array_unref(list);
    return 0;
}

/* ---- bluetooth forget ---- */

int cli_cmd_bluetooth(struct cli *cli, int argc, char **argv)
{
    char *adapter = NULL;
    const GOptionEntry entries[] = {
        { "adapter", 0, 0, G_OPTION_ARG_STRING, &adapter,
                "Only on this adapter", "hci0" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);
    int count;

    if (rc != 0) {
        g_free(adapter);
        return rc;
    }
    const char *who = argv[1];
    if (g_str_has_prefix(who, "ble:")) {
        who += strlen("ble:");
    }
    count = host_bluez_forget(who, adapter, &cli->err);
    g_free(adapter);
    if (count < 0) {
        return cli_failed(cli);
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_bool(b, "ok", true);
    cli_json_add_int(b, "removed", count);
    json_builder_end_object(b);
    cli_result(cli, b);
    cli_note(cli, "%s: bond and remembered services are gone", who);
    return 0;
}
