// SPDX-License-Identifier: Apache-2.0
/* why: the slots in words, and whether a file would be taken. */
#include <string.h>

#include "cli/known.h"
#include "cli/upgrade.h"

/* What is asked. */
struct question {
    struct cli_keys keys;
    struct cli_known known;
    char *mode;
    int image;
    struct dfu_options options;
    struct host_package *package; /* NULL: no file was named */
};

static int open_file(struct cli *cli, struct question *q, const char *path)
{
    struct host_package_options opt = { 0 };
    int rc = cli_keys_open(cli, &q->keys, &opt);
    if (rc != 0) {
        return rc;
    }
    q->package = host_package_open(path, &opt, &cli->err);
    if (q->package == NULL ||
            (q->image >= 0 &&
                    host_package_select(q->package, (uint8_t)q->image,
                            &cli->err) != 0)) {
        return cli_failed(cli);
    }
    return 0;
}

static void print_findings(struct cli *cli, const struct dfu_plan *plan,
        const struct cli_view *view)
{
    for (unsigned i = 0; i < plan->finding_count; i++) {
        const struct dfu_finding *f = &plan->findings[i];
        const char *color = f->severity == DFU_FATAL ? "red"
                : f->severity == DFU_WARNING         ? "yellow"
                                                     : "dim";
        char *text = cli_finding_text(f, view);
        cli_out(cli, "%s%s:%s %s\n", cli_style(cli, false, color),
                dfu_severity_to_str((enum dfu_severity)f->severity),
                cli_style(cli, false, "reset"), text);
        g_free(text);
        if (f->severity == DFU_FATAL) {
            cli_out(cli, "  next: %s\n", cli_finding_next(f));
        }
    }
}

/* What the update's reset would do with each image. */
static void add_forecast(struct cli *cli, JsonBuilder *b,
        const struct dfu_plan *plan, const struct cli_view *view)
{
    struct dfu_device after = *view->device;
    json_builder_set_member_name(b, "after");
    json_builder_begin_array(b);
    if (!plan->provisional) {
        dfu_plan_before_reset(plan, view->package, &after);
    }
    for (unsigned image = 0; image < MAX(after.image_count, 1u) &&
            plan->fatal_count == 0 && !plan->provisional;
            image++) {
        struct dfu_outlook o;
        dfu_outlook_make(&o, &after, (uint8_t)image,
                dfu_plan_mode(view->device, view->options));
        char *text = cli_outlook_text(&o, &after, (uint8_t)image);
        cli_out(cli, "Then image %u: %s\n", image, text);
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", image);
        cli_json_add_outlook(b, &o);
        cli_json_add_string(b, "text", text);
        json_builder_end_object(b);
        g_free(text);
    }
    json_builder_end_array(b);
}

/* The same plan that an upgrade would make; nothing is done. */
static void judge_file(struct cli *cli, JsonBuilder *b, struct question *q,
        const struct dfu_device *device)
{
    struct dfu_plan *plan = g_new0(struct dfu_plan, 1);
    const struct cli_view view = { &q->package->dfu, device, &q->options };
    dfu_plan_make(plan, view.package, device, &q->options);
    cli_out(cli, "\n%s, mode %s:\n", q->package->path,
            dfu_mode_to_str(q->options.mode));
    for (guint i = 0; i < q->package->notes->len; i++) {
        cli_out(cli, "note: %s\n",
                (const char *)g_ptr_array_index(q->package->notes, i));
    }
    print_findings(cli, plan, &view);
    cli_out(cli, "%s\n",
            plan->fatal_count > 0 ? "An upgrade would refuse it, and nothing "
                                    "would be changed."
                    : plan->provisional
                    ? "An upgrade would reset the device first, and judge "
                      "again then."
                    : "An upgrade would go through. Once everything is "
                      "sent and marked:");
    json_builder_set_member_name(b, "file");
    json_builder_begin_object(b);
    cli_json_add_string(b, "name", q->package->path);
    cli_json_add_string(b, "mode", dfu_mode_to_str(q->options.mode));
    cli_json_add_bool(b, "accepted", plan->fatal_count == 0);
    cli_json_add_bool(b, "resets_first", plan->provisional);
    json_builder_set_member_name(b, "findings");
    json_builder_add_value(b, cli_findings_json(plan, &view));
    add_forecast(cli, b, plan, &view);
    json_builder_end_object(b);
    g_free(plan);
}

static int answer(struct cli *cli, struct question *q, const char *path)
{
    struct dfu_device device;
    int rc = cli_parse_mode(cli, q->mode, &q->options.mode);
    if (rc == 0) {
        rc = cli_known_open(cli, &q->known, &q->keys, &q->options);
    }
    if (rc == 0 && path != NULL) {
        rc = open_file(cli, q, path);
    }
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0) {
        rc = cli_query(cli, &device);
    }
    if (rc != 0) {
        return rc;
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_print_slots(cli, &device);
    cli_out(cli, "\n");
    cli_json_add_slots(b, &device);
    cli_explain_slots(cli, &device, dfu_plan_mode(&device, &q->options), b);
    if (q->package != NULL) {
        judge_file(cli, b, q, &device);
    }
    json_builder_end_object(b);
    cli_result(cli, b);
    return 0;
}

int cli_cmd_why(struct cli *cli, int argc, char **argv)
{
    struct question q = { .image = -1 };
    const GOptionEntry entries[] = {
        { "mode", 0, 0, G_OPTION_ARG_STRING, &q.mode,
                "Mode of the update that is thought of (test-and-confirm)",
                "MODE" },
        { "image", 0, 0, G_OPTION_ARG_INT, &q.image,
                "Only this image of a package", "N" },
        CLI_KEYS_ENTRIES(&q.keys),
        CLI_KNOWN_ENTRIES(&q.known),
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 0, 1);
    if (rc == 0 && (q.image > 255 || q.image < -1)) {
        rc = cli_usage(cli, "--image takes 0 to 255");
    }
    if (rc == 0) {
        rc = answer(cli, &q, argc > 1 ? argv[1] : NULL);
    }
    host_package_close(q.package);
    cli_known_clear(&q.known);
    cli_keys_clear(&q.keys);
    g_free(q.mode);
    return rc;
}
