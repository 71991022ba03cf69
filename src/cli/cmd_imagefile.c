// SPDX-License-Identifier: Apache-2.0
/* imagefile show and verify, package show and verify: what a file is. */
#include <string.h>

#include "cli/cli.h"
#include "cli/imagefile.h"

/* What is asked about a file. */
struct question {
    struct cli_keys keys;
    bool all;    /* TLVs and trailer, too */
    bool verify; /* a wrong hash or signature is a failure */
    bool hex;    /* take Intel HEX files */
};

GPtrArray *cli_core_warnings(const struct host_package *package)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < package->dfu.count; i++) {
        const struct host_package_image *image = &package->images[i];

        if (image->dfu->image == 0 &&
                (image->traits.net_core_code || image->traits.net_core_name)) {
            g_ptr_array_add(texts,
                    g_strdup_printf("%s is a network core's image by its %s, "
                                    "but it is image 0, the application: a "
                                    "network core is image 1",
                            image->name,
                            image->traits.net_core_code ? "reset vector"
                                                        : "name"));
        }
    }
    return texts;
}

static void show_package(struct cli *cli, JsonBuilder *b,
        const struct host_package *p, const struct question *q)
{
    cli_json_add_string(b, "file", p->path);
    cli_json_add_string(b, "kind",
            p->kind == HOST_PACKAGE_ZIP ? "package" : "image");
    if (p->kind == HOST_PACKAGE_ZIP) {
        cli_out(cli, "package     %s%s%s, %u image%s, manifest format %d\n",
                p->path, p->title != NULL ? ", " : "",
                p->title != NULL ? p->title : "", p->dfu.count,
                p->dfu.count == 1 ? "" : "s", p->format_version);
        cli_json_add_string(b, "name", p->title);
        cli_json_add_int(b, "format_version", p->format_version);
        cli_json_add_int(b, "time", p->time);
        cli_json_add_bool(b, "direct_xip", p->xip);
    }
    json_builder_set_member_name(b, "images");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < p->dfu.count; i++) {
        cli_imagefile_show(cli, b, &p->images[i], &q->keys.ring, q->all);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "notes");
    json_builder_begin_array(b);
    for (guint i = 0; i < p->notes->len; i++) {
        const char *note = g_ptr_array_index(p->notes, i);

        cli_out(cli, "note: %s\n", note);
        json_builder_add_string_value(b, note);
    }
    GPtrArray *warnings = cli_core_warnings(p);
    for (guint i = 0; i < warnings->len; i++) {
        const char *text = g_ptr_array_index(warnings, i);

        cli_out(cli, "warning: %s\n", text);
        json_builder_add_string_value(b, text);
    }
    g_ptr_array_unref(warnings);
    json_builder_end_array(b);
}

static void say_good(struct cli *cli, const struct host_package *p,
        const struct question *q)
{
    bool all_hashes = true;

    for (unsigned i = 0; i < p->dfu.count; i++) {
        all_hashes = all_hashes && p->images[i].hash_checked;
    }
    cli_out(cli, "good: %s%s, %s\n",
            p->kind == HOST_PACKAGE_ZIP ? "every file is there, " : "",
            all_hashes ? "every hash matches"
                       : "hashes of encrypted images were not checked",
            q->keys.files != NULL ? "signed with the key given"
                                  : "signatures were not checked (--key)");
}

static int answer(struct cli *cli, const char *path, struct question *q)
{
    struct host_package_options opt = { .force = !q->verify, .hex = q->hex };
    int rc = cli_keys_open(cli, &q->keys, &opt);

    if (rc != 0) {
        return rc;
    }
    struct host_package *p = host_package_open(path, &opt, &cli->err);

    if (p == NULL) {
        return cli_failed(cli);
    }
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    show_package(cli, b, p, q);
    json_builder_end_object(b);
    cli_result(cli, b);
    if (q->verify) {
        say_good(cli, p, q);
    }
    host_package_close(p);
    return 0;
}

static int ask(struct cli *cli, int argc, char **argv, struct question *q)
{
    const GOptionEntry entries[] = {
        CLI_KEYS_ENTRIES(&q->keys),
        { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME,
                &q->keys.passphrase_file,
                "First line: passphrase of a private key", "FILE" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);

    if (rc == 0) {
        rc = answer(cli, argv[1], q);
    }
    cli_keys_clear(&q->keys);
    return rc;
}

int cli_cmd_imagefile(struct cli *cli, int argc, char **argv)
{
    if (strcmp(argv[0], "sign") == 0) {
        return cli_imagefile_sign(cli, argc, argv);
    }
    if (strcmp(argv[0], "keygen") == 0) {
        return cli_key_generate(cli, argc, argv);
    }
    if (strcmp(argv[0], "getpub") == 0) {
        return cli_key_public(cli, argc, argv);
    }
    struct question q = { .all = true,
        .verify = strcmp(argv[0], "verify") == 0,
        .hex = true };

    return ask(cli, argc, argv, &q);
}

int cli_package_show(struct cli *cli, int argc, char **argv)
{
    struct question q = { .verify = false };

    return ask(cli, argc, argv, &q);
}

int cli_package_verify(struct cli *cli, int argc, char **argv)
{
    struct question q = { .verify = true };

    return ask(cli, argc, argv, &q);
}
