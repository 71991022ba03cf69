// SPDX-License-Identifier: Apache-2.0
/* raw, groups, erase-storage. */
#include <string.h>

#include "cli/cli.h"
#include "smp/group_basic.h"
#include "smp/group_enum.h"

static bool parse_number(const char *text, guint64 max, guint64 *value)
{
    char *end;
    *value = g_ascii_strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0' && *value <= max;
}

static bool parse_op(const char *text, uint8_t *op)
{
    if (strcmp(text, "read") == 0 || strcmp(text, "0") == 0) {
        *op = SMP_OP_READ;
        return true;
    }
    *op = SMP_OP_WRITE;
    return strcmp(text, "write") == 0 || strcmp(text, "2") == 0;
}

/* The body of the request: JSON in, CBOR out. */
static int parse_body(struct cli *cli, const char *text, uint8_t *buf,
        size_t size, struct smp_bytes *body)
{
    GError *error = NULL;
    int rc = 0;
    int len = -1;
    JsonNode *node = cli_json_parse(text, &error);
    if (node != NULL) {
        len = cli_json_to_cbor(node, buf, size);
        json_node_unref(node);
    }
    if (len < 0) {
        rc = cli_usage(cli,
                "raw: the body must be a JSON object without "
                "null and fractions; {\"$hex\": \"…\"} is a "
                "byte string%s%s",
                error != NULL ? ": " : "", error != NULL ? error->message : "");
    } else {
        *body = (struct smp_bytes){ buf, (size_t)len };
    }
    g_clear_error(&error);
    return rc;
}

/* OP GROUP COMMAND [BODY]; the body is made in buf. */
static int parse_raw(struct cli *cli, int argc, char **argv,
        struct smp_request *req, uint8_t *buf, size_t size)
{
    guint64 group;
    guint64 id;
    if (!parse_op(argv[1], &req->op)) {
        return cli_usage(cli, "raw: OP is read or write, not \"%s\"", argv[1]);
    }
    if (!parse_number(argv[2], 65535, &group) ||
            !parse_number(argv[3], 255, &id)) {
        return cli_usage(cli, "raw: GROUP is 0 to 65535, COMMAND is 0 to 255");
    }
    req->group = (uint16_t)group;
    req->id = (uint8_t)id;
    return argc > 4 ? parse_body(cli, argv[4], buf, size, &req->raw) : 0;
}

int cli_cmd_raw(struct cli *cli, int argc, char **argv)
{
    uint8_t cbor[8192];
    struct smp_bytes body = { NULL, 0 };
    struct smp_request req = { 0 };
    int rc = cli_parse(cli, NULL, &argc, &argv, 3, 4);
    if (rc != 0) {
        return rc;
    }
    rc = parse_raw(cli, argc, argv, &req, cbor, sizeof(cbor));
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0) {
        char *what = g_strdup_printf("raw %s group %u command %u",
                req.op == SMP_OP_READ ? "read" : "write", req.group, req.id);
        rc = cli_request(cli, &req, what, &body);
        g_free(what);
    }
    if (rc == 0) {
        cli->document = cli_json_from_cbor(body);
        if (!cli->opt.json) {
            cli_json_print(stdout, cli->document, false);
        }
    }
    return rc;
}

static void print_groups(struct cli *cli, struct smp_bytes body, bool details)
{
    struct smp_iter it;
    struct smp_item item;
    struct smp_enum_details_rsp rsp;
    if (smp_map_decode(&smp_enum_details_rsp_map, body, &rsp) != 0) {
        return;
    }
    smp_iter_init(&it, rsp.groups);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_enum_detail d = { .group = (uint32_t)item.number };
        if (details &&
                smp_map_decode(&smp_enum_detail_map, item.view.cbor, &d) != 0) {
            continue;
        }
        char *name = cli_escape(d.name);
        cli_out(cli, "%5u  %-10s  %s\n", d.group,
                smp_group_name((uint16_t)d.group), name);
        g_free(name);
    }
}

int cli_cmd_groups(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body = { NULL, 0 };
    struct host_reply reply;
    struct smp_request req = { .op = SMP_OP_READ,
        .group = SMP_GROUP_ENUM,
        .id = SMP_ENUM_DETAILS };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc != 0) {
        return rc;
    }
    /* Details may not be built in, or not fit (rc 9): then ids alone. */
    struct host_error err = HOST_ERROR_INIT;
    bool details = host_session_request(cli->session, &req, &reply, &err) == 0;
    if (details) {
        body = reply.answer.body;
    } else if (err.code == DFU_DEVICE_REFUSED) {
        req.id = SMP_ENUM_LIST;
        rc = cli_request(cli, &req, "groups", &body);
    } else {
        host_error_prefix(&err, "groups");
        host_error_move(&cli->err, &err);
        rc = cli_failed(cli);
    }
    host_error_clear(&err);
    if (rc == 0) {
        cli->document = cli_json_from_cbor(body);
        print_groups(cli, body, details);
    }
    return rc;
}

int cli_cmd_erase_storage(struct cli *cli, int argc, char **argv)
{
    struct smp_bytes body;
    struct smp_request req = { .op = SMP_OP_WRITE,
        .group = SMP_GROUP_BASIC,
        .id = SMP_BASIC_ERASE_STORAGE,
        .timeout_ms = CLI_ERASE_TIMEOUT_MS,
        .tries = 1 };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0) {
        rc = cli_request(cli, &req, "erase-storage", &body);
    }
    if (rc == 0) {
        cli->document = cli_json_from_cbor(body);
        cli_out(cli, "settings erased\n");
    }
    return rc;
}
