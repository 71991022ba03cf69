// SPDX-License-Identifier: Apache-2.0
/* smpctl decode: logs and captures as readable SMP. */
#include <string.h>

#include "cli/doctor.h"
#include "diag/message.h"
#include "smp/response.h"

static char *body_text(const struct diag_event *e)
{
    JsonNode *node = cli_json_from_cbor(diag_body(e));
    char *text = json_to_string(node, FALSE);

    json_node_unref(node);
    return text;
}

static const char *op_name(uint8_t op)
{
    static const char *const names[] = { "read", "read answer", "write",
        "write answer" };
    return names[op & 3u];
}

static const char *command_name(const struct smp_header *h, char *buf,
        size_t size)
{
    const char *name = smp_command_name(h->group, h->id);

    if (name != NULL) {
        return name;
    }
    g_snprintf(buf, size, "group %u command %u", h->group, h->id);
    return buf;
}

static void print_time(struct cli *cli, const struct diag_event *e)
{
    if (e->t_ms >= 0) {
        cli_out(cli, "%9.3f  ", (double)e->t_ms / 1000.0);
    } else {
        cli_out(cli, "        -  ");
    }
}

static void print_message(struct cli *cli, const struct diag_event *e)
{
    char buf[48];
    char *body = body_text(e);

    cli_out(cli, "%s v%u %s, %s, seq %u%s%s%s: %s",
            e->kind == DIAG_TX ? "->" : "<-", e->header.version + 1u,
            op_name(e->header.op), command_name(&e->header, buf, sizeof(buf)),
            e->header.seq, e->cut ? ", cut" : "", e->late ? ", late" : "",
            e->probe ? ", probe" : "", body);
    if (e->data_len > 0) {
        cli_out(cli, " (%u data bytes)", e->data_len);
    }
    g_free(body);
}

static void print_event(struct cli *cli, const struct diag_event *e)
{
    char *text = cli_doctor_clean(e->text);
    const char *kind = diag_event_kind_to_str(e->kind);

    cli_out(cli, "%s:%u  ", e->file, e->line);
    print_time(cli, e);
    switch (e->kind) {
    case DIAG_TX:
    case DIAG_RX:
        print_message(cli, e);
        break;
    case DIAG_RUN:
        cli_out(cli,
                "<> %u upload requests, %u answers, offset %u to %u "
                "(lines up to %u)",
                e->run->requests, e->run->answers, e->run->off_from,
                e->run->off_to, e->run->last_line);
        break;
    case DIAG_LINK:
        cli_out(cli, "link %s%s%u", e->up ? "up" : "down", ", reason ", e->a);
        break;
    case DIAG_INTERVAL:
        cli_out(cli, "interval %.2f ms", e->a / 1000.0);
        break;
    case DIAG_SENT:
        cli_out(cli, "sent %u bytes in %u ms", e->a, e->b);
        break;
    case DIAG_PROGRESS:
        cli_out(cli, "progress %u of %u", e->a, e->b);
        break;
    case DIAG_MTU:
        cli_out(cli, "mtu %u", e->a);
        break;
    case DIAG_PARAMS:
        cli_out(cli, "params %u x %u", e->b, e->a);
        break;
    case DIAG_REFUSED:
        cli_out(cli, "client reports error %u%s", e->a,
                e->b > 0 ? " of a group" : "");
        break;
    case DIAG_FILE:
        cli_out(cli, "file %s, image %d, %u bytes", text, e->about->image,
                e->about->size);
        break;
    case DIAG_HEAD:
    case DIAG_STEP:
    case DIAG_ERROR:
    case DIAG_NOISE:
    case DIAG_NOTE:
    case DIAG_CONF:
    case DIAG_EVENT_KINDS:
        cli_out(cli, "%s %s", kind, text);
        break;
    }
    cli_out(cli, "\n");
    g_free(text);
}

static void add_message(JsonBuilder *b, const struct diag_event *e)
{
    cli_json_add_int(b, "version", e->header.version + 1);
    cli_json_add_int(b, "op", e->header.op);
    cli_json_add_int(b, "group", e->header.group);
    cli_json_add_int(b, "command", e->header.id);
    cli_json_add_int(b, "seq", e->header.seq);
    json_builder_set_member_name(b, "body");
    json_builder_add_value(b, cli_json_from_cbor(diag_body(e)));
    if (e->cut) {
        cli_json_add_bool(b, "cut", true);
    }
    if (e->data_len > 0) {
        cli_json_add_int(b, "data_len", e->data_len);
    }
}

static void add_event(JsonBuilder *b, const struct diag_event *e)
{
    char *text = cli_doctor_clean(e->text);

    json_builder_begin_object(b);
    cli_json_add_string(b, "file", e->file);
    cli_json_add_int(b, "line", e->line);
    if (e->t_ms >= 0) {
        json_builder_set_member_name(b, "t");
        json_builder_add_double_value(b, (double)e->t_ms / 1000.0);
    }
    cli_json_add_string(b, "kind", diag_event_kind_to_str(e->kind));
    if (e->kind == DIAG_TX || e->kind == DIAG_RX) {
        add_message(b, e);
    } else if (e->kind == DIAG_RUN) {
        cli_json_add_int(b, "requests", e->run->requests);
        cli_json_add_int(b, "answers", e->run->answers);
        cli_json_add_int(b, "off_from", e->run->off_from);
        cli_json_add_int(b, "off_to", e->run->off_to);
    } else {
        if (text[0] != '\0') {
            cli_json_add_string(b, "text", text);
        }
        if (e->kind == DIAG_LINK) {
            cli_json_add_bool(b, "up", e->up);
        }
        if (e->a != 0) {
            cli_json_add_int(b, "a", e->a);
        }
        if (e->b != 0) {
            cli_json_add_int(b, "b", e->b);
        }
        if (e->sign != 0) {
            cli_json_add_string(b, "says", diag_sign_text(e->sign));
        }
    }
    json_builder_end_object(b);
    g_free(text);
}

int cli_cmd_decode(struct cli *cli, int argc, char **argv)
{
    struct cli_case *c = NULL;
    int rc = cli_parse(cli, NULL, &argc, &argv, 1, -1);

    if (rc != 0) {
        return rc;
    }
    c = g_new0(struct cli_case, 1);
    cli_case_init(c);
    for (int i = 1; i < argc && rc == 0; i++) {
        enum diag_source_kind kind = DIAG_SOURCE_UNKNOWN;
        rc = cli_case_read(cli, c, argv[i], &kind);
        if (rc == 0) {
            cli_note(cli, "%s: %s", argv[i], diag_source_kind_to_str(kind));
        }
    }
    if (rc == 0) {
        JsonBuilder *b = json_builder_new();
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "events");
        json_builder_begin_array(b);
        for (size_t i = 0; i < c->events.count; i++) {
            if (cli->opt.json) {
                add_event(b, &c->events.items[i]);
            } else {
                print_event(cli, &c->events.items[i]);
            }
        }
        json_builder_end_array(b);
        cli_json_add_int(b, "skipped_lines", (int64_t)c->events.skipped);
        cli_json_add_int(b, "bad_frames", (int64_t)c->events.bad);
        json_builder_end_object(b);
        cli_result(cli, b);
    }
    cli_case_clear(c);
    g_free(c);
    return rc;
}
