// SPDX-License-Identifier: Apache-2.0
/* From --connect to an open session. */
#include <string.h>

#include "cli/cli.h"
#include "cli/sim.h"

static uint8_t version_mode(const struct cli *cli)
{
    const char *v = cli->opt.smp_version;
    if (v == NULL || strcmp(v, "auto") == 0) {
        return SMP_VERSION_AUTO;
    }
    return strcmp(v, "1") == 0 ? SMP_VERSION_1 : SMP_VERSION_2;
}

static int open_trace(struct cli *cli)
{
    struct host_trace_config cfg = {
        .path = cli->opt.trace,
        .data = cli->opt.trace_data,
        .tool = "smpctl " SMPCTL_VERSION,
    };
    cli->trace = host_trace_create(&cfg, &cli->err);
    return cli->trace == NULL ? cli_failed(cli) : 0;
}

int cli_connect(struct cli *cli)
{
    struct host_uri uri;
    struct host_link_params params = { .sim = cli_sim_create,
        .ble = &cli->ble };
    const char *name = cli->opt.connect;
    if (name == NULL || name[0] == '\0') {
        name = g_getenv("SMPCTL_CONNECT");
    }
    if (name == NULL || name[0] == '\0') {
        return cli_fail(cli, DFU_NO_DEVICE,
                "say which device: -c udp:HOST, -c serial:DEVICE, "
                "-c sim:PRESET, or set SMPCTL_CONNECT; smpctl scan lists ports",
                "no device given");
    }
    int rc = cli_ble_options(cli);
    if (rc != 0) {
        return rc;
    }
    if (host_uri_resolve(name, &uri, &cli->err) != 0) {
        char *message = g_strdup(cli->err.message);
        int status = cli->err.code == DFU_OTHER ? cli_usage(cli, "%s", message)
                                                : cli_failed(cli);
        g_free(message);
        return status;
    }
    if (cli->trace == NULL && open_trace(cli) != 0) {
        host_uri_clear(&uri);
        return cli_failed(cli);
    }
    cli->link = host_link_create(&uri, &params, &cli->err);
    host_uri_clear(&uri);
    if (cli->link == NULL) {
        return cli_failed(cli);
    }
    struct host_session_config cfg = {
        .link = cli->link,
        .trace = cli->trace,
        .cancel = &cli->cancel,
        .version = version_mode(cli),
        .tries = cli->opt.retries < 0 ? 0 : (uint8_t)(cli->opt.retries + 1),
        .timeout_ms = (uint32_t)(cli->opt.timeout_s * 1000),
    };
    cli->session = host_session_create(&cfg);
    if (host_session_open(cli->session, &cli->err) != 0) {
        return cli_failed(cli);
    }
    return 0;
}

void cli_disconnect(struct cli *cli)
{
    char *about = cli->link != NULL ? host_ble_about(cli->link) : NULL;
    if (about != NULL) {
        cli_verbose(cli, "Bluetooth: %s", about);
        g_free(about);
    }
    host_session_destroy(cli->session);
    host_link_destroy(cli->link);
    cli->session = NULL;
    cli->link = NULL;
}

int cli_request(struct cli *cli, const struct smp_request *req,
        const char *what, struct smp_bytes *body)
{
    struct host_reply reply;
    struct host_error err = HOST_ERROR_INIT;
    if (host_session_request(cli->session, req, &reply, &err) == 0) {
        *body = reply.answer.body;
        return 0;
    }
    if (err.code == DFU_DEVICE_REFUSED) {
        host_error_clear(&err);
        return cli_fail_refused(cli, &reply.answer.refusal, what);
    }
    host_error_prefix(&err, "%s", what);
    host_error_move(&cli->err, &err);
    return cli_failed(cli);
}

int cli_query(struct cli *cli, struct dfu_device *device)
{
    struct dfu_query query;
    memset(device, 0, sizeof(*device));
    dfu_query_init(&query, device, DFU_QUERY_ALL);
    int rc = host_session_run(cli->session, &dfu_query_procedure, &query, NULL,
            &cli->err);
    if (rc != 0) {
        return cli_failed(cli);
    }
    enum dfu_code code = dfu_query_code(&query);
    if (code == DFU_OK) {
        return 0;
    }
    if (code == DFU_DEVICE_REFUSED) {
        return cli_fail_refused(cli, &query.refusal, "image list");
    }
    if (code == DFU_NO_ANSWER) {
        host_session_no_answer(cli->session, &cli->err);
        return cli_failed(cli);
    }
    return cli_fail(cli, code, "record the session with --trace FILE",
            "image list: an answer that cannot be read: %s",
            smp_err_to_str(query.result));
}
