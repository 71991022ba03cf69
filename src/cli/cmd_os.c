// SPDX-License-Identifier: Apache-2.0
/* os …: one request each; JSON is the answer under its protocol keys. */
#include <string.h>

#include "cli/cli.h"
#include "smp/group_os.h"

static struct smp_bytes text_bytes(const char *text)
{
    return (struct smp_bytes){ (const uint8_t *)text, strlen(text) };
}

/* Send a request of the OS group; the answer becomes the JSON result. */
static int ask(struct cli *cli, struct smp_request *req, const char *what,
        struct smp_bytes *body)
{
    req->group = SMP_GROUP_OS;
    int rc = cli_connect(cli);
    if (rc == 0) {
        rc = cli_request(cli, req, what, body);
    }
    if (rc == 0) {
        cli->document = cli_json_from_cbor(*body);
    }
    return rc;
}

static int unreadable(struct cli *cli, const char *what, int err)
{
    return cli_fail(cli, DFU_OTHER, "record the session with --trace FILE",
            "%s: an answer that cannot be read: %s", what, smp_err_to_str(err));
}

static void print_escaped(struct cli *cli, struct smp_bytes text)
{
    char *safe = cli_escape(text);
    cli_out(cli, "%s\n", safe);
    g_free(safe);
}

static int os_echo(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    struct smp_os_echo_rsp rsp;
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, 1);
    if (rc != 0) {
        return rc;
    }
    struct smp_os_echo_req echo = { .has = SMP_OS_ECHO_REQ_D,
        .d = text_bytes(argv[1]) };
    struct smp_request req = { .op = SMP_OP_WRITE,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &echo };
    rc = ask(cli, &req, "os echo", &body);
    if (rc != 0) {
        return rc;
    }
    int err = smp_map_decode(&smp_os_echo_rsp_map, body, &rsp);
    if (err != 0) {
        return unreadable(cli, "os echo", err);
    }
    print_escaped(cli, rsp.r);
    return 0;
}

static int os_reset(struct cli *cli, int argc, char **argv)
{
    gboolean force = FALSE;
    gboolean bootloader = FALSE;
    const GOptionEntry entries[] = {
        { "force", 0, 0, G_OPTION_ARG_NONE, &force,
                "Insist although the application is busy", NULL },
        { "bootloader", 0, 0, G_OPTION_ARG_NONE, &bootloader,
                "Into serial recovery, or the firmware loader (Zephyr 4.2+)",
                NULL },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    struct smp_bytes body;
    int rc = cli_parse(cli, entries, &argc, &argv, 0, 0);
    if (rc != 0) {
        return rc;
    }
    struct smp_os_reset_req reset = { 0 };
    if (force) {
        reset.has |= SMP_OS_RESET_REQ_FORCE;
        reset.force = true;
    }
    if (bootloader) {
        reset.has |= SMP_OS_RESET_REQ_BOOT_MODE;
        reset.boot_mode = 1;
    }
    struct smp_request req = { .op = SMP_OP_WRITE,
        .id = SMP_OS_RESET,
        .map = &smp_os_reset_req_map,
        .body = &reset };
    rc = ask(cli, &req, "os reset", &body);
    if (rc == 0) {
        cli_out(cli, "reset accepted\n");
    }
    return rc;
}

static int os_info(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    struct smp_os_info_rsp rsp;
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 1);
    if (rc != 0) {
        return rc;
    }
    struct smp_os_info_req info = { .has = SMP_OS_INFO_REQ_FORMAT,
        .format = text_bytes(argc > 1 ? argv[1] : "a") };
    struct smp_request req = { .op = SMP_OP_READ,
        .id = SMP_OS_INFO,
        .map = &smp_os_info_req_map,
        .body = &info };
    rc = ask(cli, &req, "os info", &body);
    if (rc != 0) {
        return rc;
    }
    int err = smp_map_decode(&smp_os_info_rsp_map, body, &rsp);
    if (err != 0) {
        return unreadable(cli, "os info", err);
    }
    print_escaped(cli, rsp.output);
    return 0;
}

static int os_params(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    struct smp_os_params_rsp rsp;
    struct smp_request req = { .op = SMP_OP_READ, .id = SMP_OS_PARAMS };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = ask(cli, &req, "os params", &body);
    }
    if (rc != 0) {
        return rc;
    }
    int err = smp_map_decode(&smp_os_params_rsp_map, body, &rsp);
    if (err != 0) {
        return unreadable(cli, "os params", err);
    }
    cli_out(cli, "buffer size   %u bytes\nbuffer count  %u\n", rsp.buf_size,
            rsp.buf_count);
    return 0;
}

static int os_datetime(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    struct smp_os_datetime time = { 0 };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 1);
    if (rc != 0) {
        return rc;
    }
    struct smp_request req = { .op = SMP_OP_READ, .id = SMP_OS_DATETIME };
    if (argc > 1) {
        if (strlen(argv[1]) != 19) {
            return cli_usage(cli,
                    "os datetime takes exactly "
                    "YYYY-MM-DDTHH:MM:SS: Zephyr refuses longer "
                    "texts");
        }
        time.has = SMP_OS_DATETIME_DATETIME;
        time.datetime = text_bytes(argv[1]);
        req.op = SMP_OP_WRITE;
        req.map = &smp_os_datetime_map;
        req.body = &time;
    }
    rc = ask(cli, &req, "os datetime", &body);
    if (rc != 0 || argc > 1) {
        return rc;
    }
    int err = smp_map_decode(&smp_os_datetime_map, body, &time);
    if (err != 0) {
        return unreadable(cli, "os datetime", err);
    }
    print_escaped(cli, time.datetime);
    return 0;
}

static int os_bootloader(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 1);
    if (rc != 0) {
        return rc;
    }
    struct smp_os_bootloader_req query = { 0 };
    if (argc > 1) {
        query.has = SMP_OS_BOOTLOADER_REQ_QUERY;
        query.query = text_bytes(argv[1]);
    }
    struct smp_request req = { .op = SMP_OP_READ,
        .id = SMP_OS_BOOTLOADER,
        .map = &smp_os_bootloader_req_map,
        .body = &query };
    rc = ask(cli, &req, "os bootloader", &body);
    if (rc != 0) {
        return rc;
    }
    struct smp_os_bootloader_rsp rsp;
    int err = smp_map_decode(&smp_os_bootloader_rsp_map, body, &rsp);
    if (err != 0) {
        return unreadable(cli, "os bootloader", err);
    }
    if (rsp.has & SMP_OS_BOOTLOADER_RSP_MODE) {
        cli_out(cli, "mode %d: %s%s\n", rsp.mode, cli_mode_name(rsp.mode),
                rsp.no_downgrade ? ", refuses downgrades" : "");
    } else if (rsp.has & SMP_OS_BOOTLOADER_RSP_BOOTLOADER) {
        print_escaped(cli, rsp.bootloader);
    } else if (!cli->opt.json) {
        cli_json_print(stdout, cli->document, true);
    }
    return 0;
}

/* Statistics with free keys: the answer as it is. */
static int os_statistics(struct cli *cli, int argc, char **argv, uint8_t id,
        const char *what)
{
    struct smp_bytes body;
    struct smp_request req = { .op = SMP_OP_READ, .id = id };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = ask(cli, &req, what, &body);
    }
    if (rc == 0 && !cli->opt.json) {
        cli_json_print(stdout, cli->document, false);
    }
    return rc;
}

static int os_console_echo(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, 1);
    if (rc != 0) {
        return rc;
    }
    bool on = strcmp(argv[1], "on") == 0;
    if (!on && strcmp(argv[1], "off") != 0) {
        return cli_usage(cli, "os console-echo takes on or off");
    }
    struct smp_os_console_echo_req echo = { .has = SMP_OS_CONSOLE_ECHO_REQ_ECHO,
        .echo = on };
    struct smp_request req = { .op = SMP_OP_WRITE,
        .id = SMP_OS_CONSOLE_ECHO,
        .map = &smp_os_console_echo_req_map,
        .body = &echo };
    return ask(cli, &req, "os console-echo", &body);
}

int cli_cmd_os(struct cli *cli, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct cli *cli, int argc, char **argv);
    } commands[] = {
        { "echo", os_echo },
        { "reset", os_reset },
        { "info", os_info },
        { "params", os_params },
        { "datetime", os_datetime },
        { "bootloader", os_bootloader },
        { "console-echo", os_console_echo },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, argv[0]) == 0) {
            return commands[i].run(cli, argc, argv);
        }
    }
    bool tasks = strcmp(argv[0], "tasks") == 0;
    return os_statistics(cli, argc, argv, tasks ? SMP_OS_TASKS : SMP_OS_MEMORY,
            tasks ? "os tasks" : "os memory");
}
