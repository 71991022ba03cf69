// SPDX-License-Identifier: Apache-2.0
/* upgrade, revert: open, check, hand to the update manager. */
#include <string.h>

#include "cli/known.h"
#include "cli/upgrade.h"

/* Largest chunk: what fits an SMP message. */
#define CHUNK_MAX 65536u

struct upgrade_options {
    char *mode;
    int image;
    gboolean erase_settings;
    gboolean dry_run;
    gboolean resume;
    gboolean force;
    gboolean upgrade_only;
    double reset_timeout_s;
    double reconnect_timeout_s;
    struct cli_keys keys; /* signatures must be theirs */
    struct cli_known known;
};

int cli_parse_mode(struct cli *cli, const char *text, enum dfu_mode *mode)
{
    static const enum dfu_mode modes[] = { DFU_TEST_AND_CONFIRM, DFU_TEST_ONLY,
        DFU_CONFIRM_ONLY, DFU_UPLOAD_ONLY };
    *mode = DFU_TEST_AND_CONFIRM;
    if (text == NULL) {
        return 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (strcmp(text, dfu_mode_to_str(modes[i])) == 0) {
            *mode = modes[i];
            return 0;
        }
    }
    return cli_usage(cli,
            "--mode takes test-and-confirm, test-only, "
            "confirm-only or upload-only, not \"%s\"",
            text);
}

static int open_package(struct cli_upgrade *up, const char *path,
        struct upgrade_options *o)
{
    struct host_package_options opt = { .force = o->force };
    struct cli *cli = up->cli;
    int rc = cli_keys_open(cli, &o->keys, &opt);
    if (rc != 0) {
        return rc;
    }
    up->package = host_package_open(path, &opt, &cli->err);
    if (up->package == NULL) {
        return cli_failed(cli);
    }
    if (o->image >= 0 &&
            host_package_select(up->package, (uint8_t)o->image, &cli->err) !=
                    0) {
        return cli_failed(cli);
    }
    for (guint i = 0; i < up->package->notes->len; i++) {
        cli_note(cli, "note: %s",
                (const char *)g_ptr_array_index(up->package->notes, i));
    }
    return 0;
}

static uint8_t window_of(const struct cli *cli)
{
    const char *w = cli->opt.window;
    return w == NULL || strcmp(w, "auto") == 0
            ? 0
            : (uint8_t)g_ascii_strtoull(w, NULL, 10);
}

static int run_update(struct cli_upgrade *up, const struct smp_procedure *proc,
        void *self)
{
    struct host_session_hooks hooks = { .poll = cli_upgrade_poll,
        .wait_ms = cli_upgrade_wait_ms,
        .ctx = up };
    up->shown_step = DFU_NONE;
    int rc = host_session_run(up->cli->session, proc, self, &hooks,
            &up->cli->err);
    return cli_upgrade_finish(up, rc);
}

static void trace_files(struct cli_upgrade *up,
        const struct dfu_update_config *cfg)
{
    for (unsigned i = 0; i < cfg->package->count; i++) {
        host_trace_file(up->cli->trace, host_session_now(up->cli->session),
                host_session_dev(up->cli->session), &cfg->package->images[i]);
    }
}

static int upgrade(struct cli_upgrade *up, const char *path,
        struct upgrade_options *o)
{
    struct cli *cli = up->cli;
    struct dfu_update_config cfg;
    memset(&cfg, 0, sizeof(cfg));
    cli->file = path;
    int rc = cli_parse_mode(cli, o->mode, &cfg.options.mode);
    if (rc == 0) {
        rc = cli_known_open(cli, &o->known, &o->keys, &cfg.options);
    }
    if (rc == 0) {
        rc = open_package(up, path, o);
    }
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc != 0) {
        return rc;
    }
    cfg.package = &up->package->dfu;
    cfg.options.force = o->force;
    cfg.options.erase_settings = o->erase_settings;
    cfg.options.resume = o->resume;
    cfg.options.upgrade_only = o->upgrade_only;
    cfg.dry_run = o->dry_run;
    cfg.window = window_of(cli);
    cfg.tries = cli->opt.retries < 0 ? 0 : (uint8_t)(cli->opt.retries + 1);
    cfg.timeout_ms = (uint32_t)(cli->opt.timeout_s * 1000);
    cfg.reset_timeout_ms = (uint32_t)(o->reset_timeout_s * 1000);
    cfg.reconnect_timeout_ms = (uint32_t)(o->reconnect_timeout_s * 1000);
    cfg.chunk_size = CHUNK_MAX;
    cfg.chunk = g_malloc(CHUNK_MAX);
    up->dry_run = o->dry_run;
    up->update = g_new0(struct dfu_update, 1);
    trace_files(up, &cfg);
    dfu_update_init(up->update, &cfg);
    rc = run_update(up, &dfu_update_procedure, up->update);
    g_free(up->update);
    g_free(cfg.chunk);
    return rc;
}

int cli_cmd_upgrade(struct cli *cli, int argc, char **argv)
{
    struct upgrade_options o = { .image = -1 };
    const GOptionEntry entries[] = {
        { "mode", 0, 0, G_OPTION_ARG_STRING, &o.mode,
                "test-and-confirm (default), test-only, confirm-only, "
                "upload-only",
                "MODE" },
        { "image", 0, 0, G_OPTION_ARG_INT, &o.image,
                "Only this image of the package", "N" },
        { "erase-settings", 0, 0, G_OPTION_ARG_NONE, &o.erase_settings,
                "Erase the settings before the reset", NULL },
        { "dry-run", 0, 0, G_OPTION_ARG_NONE, &o.dry_run,
                "Print the plan, touch nothing", NULL },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &o.resume,
                "Finish an update that waits for its confirmation", NULL },
        { "upgrade-only", 0, 0, G_OPTION_ARG_NONE, &o.upgrade_only,
                "Let the device refuse a version that is not higher", NULL },
        { "force", 0, 0, G_OPTION_ARG_NONE, &o.force,
                "Go on although the update is wrong for this device", NULL },
        { "reset-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o.reset_timeout_s,
                "Longest wait for the device after the reset", "S" },
        { "reconnect-timeout", 0, 0, G_OPTION_ARG_DOUBLE,
                &o.reconnect_timeout_s,
                "Longest wait for the device after the link was lost "
                "(default 60)",
                "S" },
        CLI_KEYS_ENTRIES(&o.keys),
        CLI_KNOWN_ENTRIES(&o.known),
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);
    if (rc == 0 && (o.image > 255 || o.image < -1)) {
        rc = cli_usage(cli, "--image takes 0 to 255");
    }
    if (rc == 0 && (o.reset_timeout_s < 0 || o.reset_timeout_s > 36000)) {
        rc = cli_usage(cli, "--reset-timeout takes 0 to 36000 s");
    }
    if (rc == 0 &&
            (o.reconnect_timeout_s < 0 || o.reconnect_timeout_s > 36000)) {
        rc = cli_usage(cli, "--reconnect-timeout takes 0 to 36000 s");
    }
    if (rc == 0) {
        struct cli_upgrade up = { .cli = cli };
        rc = upgrade(&up, argv[1], &o);
        host_package_close(up.package);
    }
    cli_known_clear(&o.known);
    cli_keys_clear(&o.keys);
    g_free(o.mode);
    return rc;
}

int cli_cmd_image_upload(struct cli *cli, int argc, char **argv)
{
    struct upgrade_options o = { .image = -1 };
    const GOptionEntry entries[] = {
        { "image", 0, 0, G_OPTION_ARG_INT, &o.image,
                "Image to upload as, or only this image of a package", "N" },
        { "force", 0, 0, G_OPTION_ARG_NONE, &o.force,
                "Go on although it is wrong for this device", NULL },
        { "key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.keys.files,
                "Check signatures with this key first (may be repeated)",
                "PUBKEY.pem" },
        CLI_KNOWN_ENTRIES(&o.known),
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);
    if (rc == 0 && (o.image > 255 || o.image < -1)) {
        rc = cli_usage(cli, "--image takes 0 to 255");
    }
    if (rc == 0) {
        struct cli_upgrade up = { .cli = cli };
        o.mode = g_strdup(dfu_mode_to_str(DFU_UPLOAD_ONLY));
        rc = upgrade(&up, argv[1], &o);
        host_package_close(up.package);
    }
    cli_known_clear(&o.known);
    cli_keys_clear(&o.keys);
    g_free(o.mode);
    return rc;
}

static int fail_revert(struct cli *cli, const struct dfu_revert *revert)
{
    switch ((enum dfu_revert_why)revert->why) {
    case DFU_REVERT_NO_PREVIOUS:
        if (revert->swap_offset) {
            return cli_fail(cli, DFU_OTHER,
                    "install the version you want: smpctl upgrade FILE",
                    "image 0: no previous image is listed: with swap using "
                    "offset a device does not list the old image once the new "
                    "one is confirmed");
        }
        return cli_fail(cli, DFU_OTHER,
                "install the version you want: smpctl "
                "upgrade FILE",
                "image 0: no previous image is in the other slot");
    case DFU_REVERT_NO_WAY:
        return cli_fail(cli, DFU_MODE_NOT_SUPPORTED,
                "install the version you want: smpctl upgrade FILE",
                "image 0: this bootloader keeps no previous image");
    case DFU_REVERT_SAME:
        return cli_fail(cli, DFU_OTHER, "smpctl image list",
                "image 0: both slots hold the same image");
    case DFU_REVERT_LOWER:
        return cli_fail(cli, DFU_MODE_NOT_SUPPORTED,
                "build the old program with a higher version and install it: "
                "smpctl upgrade FILE",
                "image 0: this bootloader starts the higher version, and that "
                "one runs");
    case DFU_REVERT_POSSIBLE:
        break;
    }
    return 0;
}

int cli_cmd_revert(struct cli *cli, int argc, char **argv)
{
    struct upgrade_options o = { .image = -1 };
    const GOptionEntry entries[] = {
        { "dry-run", 0, 0, G_OPTION_ARG_NONE, &o.dry_run,
                "Print the plan, touch nothing", NULL },
        { "reset-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o.reset_timeout_s,
                "Longest wait for the device after the reset", "S" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc != 0) {
        return rc;
    }
    struct dfu_revert *revert = g_new0(struct dfu_revert, 1);
    struct dfu_update_config cfg;
    memset(&cfg, 0, sizeof(cfg));
    cfg.options.mode = DFU_TEST_AND_CONFIRM;
    cfg.dry_run = o.dry_run;
    cfg.timeout_ms = (uint32_t)(cli->opt.timeout_s * 1000);
    cfg.reset_timeout_ms = (uint32_t)(o.reset_timeout_s * 1000);
    cfg.chunk_size = CHUNK_MAX;
    cfg.chunk = g_malloc(CHUNK_MAX);
    dfu_revert_init(revert, &cfg);
    struct cli_upgrade up = { .cli = cli,
        .update = &revert->update,
        .dry_run = o.dry_run,
        .shown_step = DFU_NONE };
    rc = run_update(&up, &dfu_revert_procedure, revert);
    if (rc != 0 && revert->why != DFU_REVERT_POSSIBLE) {
        host_error_clear(&cli->err);
        cli->judged = false;
        rc = fail_revert(cli, revert);
    }
    g_free(cfg.chunk);
    g_free(revert);
    return rc;
}
