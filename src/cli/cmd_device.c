// SPDX-License-Identifier: Apache-2.0
/* device add|list|remove, scan. */
#include <string.h>

#include "cli/cli.h"
#include "host/scan.h"

static int device_list(struct cli *cli)
{
    GPtrArray *list = NULL;
    if (host_devices_list(&list, &cli->err) != 0) {
        return cli_failed(cli);
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "devices");
    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        const struct host_device_entry *e = g_ptr_array_index(list, i);
        cli_out(cli, "%-16s  %s\n", e->name, e->uri);
        json_builder_begin_object(b);
        cli_json_add_string(b, "name", e->name);
        cli_json_add_string(b, "uri", e->uri);
        json_builder_end_object(b);
    }
    if (list->len == 0) {
        cli_note(cli, "no saved devices; smpctl device add NAME URI");
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    cli_result(cli, b);
    g_ptr_array_unref(list);
    return 0;
}

static void done(struct cli *cli)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_bool(b, "ok", true);
    json_builder_end_object(b);
    cli_result(cli, b);
}

int cli_cmd_device(struct cli *cli, int argc, char **argv)
{
    bool add = strcmp(argv[0], "add") == 0;
    bool list = strcmp(argv[0], "list") == 0;
    int words = add ? 2 : list ? 0 : 1;
    int rc = cli_parse(cli, NULL, &argc, &argv, words, words);
    if (rc != 0) {
        return rc;
    }
    if (list) {
        return device_list(cli);
    }
    if (add) {
        struct host_uri uri;
        if (host_uri_parse(argv[2], &uri, &cli->err) != 0) {
            return cli_failed(cli);
        }
        host_uri_clear(&uri);
    }
    rc = add ? host_devices_add(argv[1], argv[2], &cli->err)
             : host_devices_remove(argv[1], &cli->err);
    if (rc != 0) {
        return cli_failed(cli);
    }
    done(cli);
    cli_note(cli, "%s %s", add ? "saved" : "removed", argv[1]);
    return 0;
}

static char *usb_name(const struct host_port *port)
{
    GString *text = g_string_new(NULL);
    const char *parts[] = { port->manufacturer, port->product, port->serial };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i] != NULL) {
            char *safe = host_text_escape(parts[i], strlen(parts[i]));
            g_string_append_printf(text, "%s%s", text->len ? " " : "", safe);
            g_free(safe);
        }
    }
    return g_string_free(text, FALSE);
}

static int scan_serial(struct cli *cli, JsonBuilder *b)
{
    GPtrArray *ports = NULL;
    if (host_scan_serial(&ports, &cli->err) != 0) {
        return cli_failed(cli);
    }
    json_builder_set_member_name(b, "serial");
    json_builder_begin_array(b);
    for (guint i = 0; i < ports->len; i++) {
        const struct host_port *port = g_ptr_array_index(ports, i);
        char *name = usb_name(port);
        cli_out(cli, "serial:%-20s  %s\n", port->device, name);
        json_builder_begin_object(b);
        cli_json_add_string(b, "device", port->device);
        cli_json_add_string(b, "by_id", port->by_id);
        cli_json_add_string(b, "name", name);
        cli_json_add_bool(b, "usb", port->usb);
        json_builder_end_object(b);
        g_free(name);
    }
    if (ports->len == 0) {
        cli_note(cli, "no serial ports");
    }
    json_builder_end_array(b);
    g_ptr_array_unref(ports);
    return 0;
}

static int scan(struct cli *cli, struct cli_scan *what)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    int rc = what->ble_only ? 0 : scan_serial(cli, b);
    if (rc == 0 && !what->serial_only) {
        rc = cli_scan_ble(cli, what, b);
    }
    json_builder_end_object(b);
    if (rc == 0) {
        cli_result(cli, b);
    } else {
        g_object_unref(b);
    }
    return rc;
}

static int check_scan(struct cli *cli, const struct cli_scan *what)
{
    if (what->ble_only && what->serial_only) {
        return cli_usage(cli, "--serial and --ble exclude each other");
    }
    if (what->rssi > 0 || what->rssi < -127) {
        return cli_usage(cli,
                "--rssi takes dBm, -127 (weak) to -1 (strong), not %d",
                what->rssi);
    }
    if (what->seconds < 0 || what->seconds > CLI_SCAN_MAX_S) {
        return cli_usage(cli, "--time takes seconds up to %.0f, not %g",
                CLI_SCAN_MAX_S, what->seconds);
    }
    if (what->name != NULL && what->name[0] == '\0') {
        return cli_usage(cli, "--name is empty");
    }
    return 0;
}

int cli_cmd_scan(struct cli *cli, int argc, char **argv)
{
    struct cli_scan what = { 0 };
    const GOptionEntry entries[] = {
        { "serial", 0, 0, G_OPTION_ARG_NONE, &what.serial_only,
                "Serial ports only", NULL },
        { "ble", 0, 0, G_OPTION_ARG_NONE, &what.ble_only,
                "Bluetooth LE devices only", NULL },
        { "all", 0, 0, G_OPTION_ARG_NONE, &what.all,
                "Also devices that do not advertise SMP", NULL },
        { "name", 0, 0, G_OPTION_ARG_STRING, &what.name,
                "Only devices whose name contains TEXT, or this address",
                "TEXT" },
        { "rssi", 0, 0, G_OPTION_ARG_INT, &what.rssi,
                "Only devices at least that strong", "DBM" },
        { "adapter", 0, 0, G_OPTION_ARG_STRING, &what.adapter,
                "Only this Bluetooth adapter", "hci0" },
        { "time", 0, 0, G_OPTION_ARG_DOUBLE, &what.seconds,
                "How long to listen (default 5)", "S" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = check_scan(cli, &what);
    }
    if (rc == 0) {
        rc = scan(cli, &what);
    }
    g_free(what.name);
    g_free(what.adapter);
    return rc;
}
