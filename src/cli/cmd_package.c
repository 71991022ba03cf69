// SPDX-License-Identifier: Apache-2.0
/* package create: what nRF Connect SDK writes, from files or made up. */
#include <string.h>

#include "cli/imagefile.h"
#include "host/package.h"
#include "vdev/app.h"

#define APP_SIZE 139592u /* as the origin's packages: a fair example */
#define NET_SIZE 190472u

struct create_options {
    char **add;
    char *app;
    char *app_version;
    gint64 app_size;
    gboolean net;
    char *net_version;
    gint64 net_size;
    char *board;
    char *soc;
    char *load_address;
    char *rom_fixed;
    char *ram_load;
    char *title;
    int format_version;
    gint64 time;
    gint64 seed;
};

/* Entries under construction; data and names are owned. */
struct maker {
    struct cli *cli;
    struct host_package_entry entries[DFU_IMAGES_MAX];
    GByteArray *bytes[DFU_IMAGES_MAX];
    char *files[DFU_IMAGES_MAX];
    char *names[DFU_IMAGES_MAX];
    size_t count;
};

static int parse_version(struct cli *cli, const char *text,
        struct mcub_version *version)
{
    if (mcub_version_parse(text, strlen(text), version) < 0) {
        return cli_usage(cli, "\"%s\" is no version; 1.2.3 or 1.2.3+4", text);
    }
    return 0;
}

static struct host_package_entry *new_entry(struct maker *m)
{
    if (m->count == DFU_IMAGES_MAX) {
        cli_usage(m->cli, "a package holds at most %u images", DFU_IMAGES_MAX);
        return NULL;
    }
    struct host_package_entry *e = &m->entries[m->count];
    memset(e, 0, sizeof(*e));
    e->slot = -1;
    return e;
}

/* N=FILE */
static int add_file(struct maker *m, const char *arg)
{
    char *file = NULL;
    gsize len = 0;
    GError *error = NULL;
    char *end;
    guint64 image = g_ascii_strtoull(arg, &end, 10);
    if (end == arg || *end != '=' || image >= DFU_IMAGES_MAX) {
        return cli_usage(m->cli, "--add takes N=FILE, not \"%s\"", arg);
    }
    struct host_package_entry *e = new_entry(m);
    if (e == NULL) {
        return CLI_EXIT_USAGE;
    }
    if (!g_file_get_contents(end + 1, &file, &len, &error)) {
        cli_fail(m->cli, DFU_FILE_MISSING, "check the path", "%s",
                error->message);
        g_error_free(error);
        return cli_failed(m->cli);
    }
    m->files[m->count] = file;
    m->names[m->count] = g_path_get_basename(end + 1);
    e->data = (const uint8_t *)file;
    e->len = len;
    e->name = m->names[m->count];
    e->image = (uint8_t)image;
    m->count++;
    return 0;
}

static int add_made(struct maker *m, const struct host_image_spec *spec,
        const char *name, uint8_t image)
{
    struct host_package_entry *e = new_entry(m);
    if (e == NULL) {
        return CLI_EXIT_USAGE;
    }
    if (host_image_create(spec, &m->bytes[m->count], &m->cli->err) != 0) {
        return cli_failed(m->cli);
    }
    e->data = m->bytes[m->count]->data;
    e->len = m->bytes[m->count]->len;
    e->name = name;
    e->image = image;
    e->net_core = image == 1;
    m->count++;
    return 0;
}

/* Payload bytes so that the whole file has the size that option wants. */
static int payload_for(struct maker *m, struct host_image_spec *spec,
        const char *option, gint64 size)
{
    GByteArray *probe = NULL;
    spec->payload_size = 64;
    if (size < 1024 || size > (gint64)32 * 1024 * 1024) {
        return cli_usage(m->cli,
                "%s takes 1024 bytes to 32 MiB, not %" G_GINT64_FORMAT, option,
                size);
    }
    if (host_image_create(spec, &probe, &m->cli->err) != 0) {
        return cli_failed(m->cli);
    }
    spec->payload_size = (uint32_t)(size - (gint64)probe->len + 64);
    g_byte_array_unref(probe);
    return 0;
}

static bool parse_address(const char *text, uint32_t *address)
{
    char *end;
    guint64 n = g_ascii_strtoull(text, &end, 0);
    *address = (uint32_t)n;
    return g_ascii_isdigit(text[0]) && *end == '\0' && n <= UINT32_MAX;
}

/* Linked for one address of flash, or once for either slot (direct-XIP). */
static int add_variants(struct maker *m, const struct create_options *o,
        struct host_image_spec *spec)
{
    static const char *const names[] = { "app_update.bin",
        "app_update_secondary.bin" };
    char **parts = g_strsplit(o->rom_fixed, ",", 0);
    guint count = g_strv_length(parts);
    int rc = 0;
    if (count < 1 || count > 2) {
        rc = cli_usage(m->cli, "--rom-fixed takes ADDR or ADDR,ADDR");
    }
    spec->flags = MCUB_IMAGE_ROM_FIXED;
    for (guint i = 0; i < MIN(count, G_N_ELEMENTS(names)) && rc == 0; i++) {
        if (!parse_address(parts[i], &spec->load_addr)) {
            rc = cli_usage(m->cli,
                    "--rom-fixed takes numbers of 32 bits, not \"%s\"",
                    parts[i]);
        }
        if (rc == 0) {
            rc = payload_for(m, spec, "--app-size", o->app_size);
        }
        if (rc == 0) {
            rc = add_made(m, spec, names[i], 0);
        }
        if (rc == 0 && count == 2) {
            m->entries[m->count - 1].slot = (int)i;
            m->entries[m->count - 1].has_load_address = true;
            m->entries[m->count - 1].load_address = spec->load_addr;
        }
    }
    g_strfreev(parts);
    return rc;
}

static int add_app(struct maker *m, const struct create_options *o)
{
    char text[VDEV_APP_TEXT_SIZE];
    struct vdev_app app;
    struct host_image_spec spec = { .seed = (uint64_t)o->seed };
    int rc = parse_version(m->cli, o->app_version ? o->app_version : "1.0.0",
            &spec.version);
    if (rc != 0) {
        return rc;
    }
    if (vdev_app_parse(o->app, strlen(o->app), &app) != 0) {
        return cli_usage(m->cli,
                "--app takes name=TEXT,confirm=0|1,crash=0|1,"
                "smp=0|1,start=MS, not \"%s\"",
                o->app);
    }
    vdev_app_format(&app, text);
    spec.app = text[0] != '\0' ? text : NULL;
    if (o->rom_fixed != NULL) {
        return add_variants(m, o, &spec);
    }
    if (o->ram_load != NULL) {
        spec.flags = MCUB_IMAGE_RAM_LOAD;
        (void)parse_address(o->ram_load, &spec.load_addr);
    }
    rc = payload_for(m, &spec, "--app-size", o->app_size);
    return rc != 0 ? rc : add_made(m, &spec, "app_update.bin", 0);
}

static int add_net(struct maker *m, const struct create_options *o)
{
    struct host_image_spec spec = { .seed = (uint64_t)o->seed + 1000 };
    int rc = parse_version(m->cli, o->net_version ? o->net_version : "1.0.0",
            &spec.version);
    if (rc == 0) {
        rc = payload_for(m, &spec, "--net-size", o->net_size);
    }
    return rc != 0 ? rc : add_made(m, &spec, "net_core_app_update.bin", 1);
}

static gint64 default_time(void)
{
    const char *epoch = g_getenv("SOURCE_DATE_EPOCH");
    return epoch != NULL ? g_ascii_strtoll(epoch, NULL, 10)
                         : g_get_real_time() / G_USEC_PER_SEC;
}

/* All images of the command line, in order. */
static int add_all(struct maker *m, const struct create_options *o)
{
    int rc = 0;
    for (char **add = o->add; add != NULL && *add != NULL && rc == 0; add++) {
        rc = add_file(m, *add);
    }
    if (rc == 0 && o->app != NULL) {
        rc = add_app(m, o);
    }
    if (rc == 0 && o->net) {
        rc = add_net(m, o);
    }
    if (rc == 0 && m->count == 0) {
        rc = cli_usage(m->cli,
                "package create: nothing to put in; --add "
                "N=FILE, --app SPEC, --net");
    }
    return rc;
}

/* What the manifest says about one image besides its file. */
static void describe(struct host_package_entry *e,
        const struct create_options *o, const char *app_board,
        const char *net_board)
{
    e->soc = o->soc;
    e->board = o->board;
    if (o->load_address != NULL && e->image == 0) {
        e->has_load_address = parse_address(o->load_address, &e->load_address);
    }
    if (o->net && o->board != NULL) {
        e->board = e->image == 1 ? net_board : app_board;
    }
}

static int write_package(struct maker *m, const struct create_options *o,
        const char *out)
{
    char *net_board =
            o->board == NULL ? NULL : g_strdup_printf("%s_cpunet", o->board);
    char *app_board =
            o->board == NULL ? NULL : g_strdup_printf("%s_cpuapp", o->board);
    for (size_t i = 0; i < m->count; i++) {
        describe(&m->entries[i], o, app_board, net_board);
    }
    struct host_package_spec spec = { .entries = m->entries,
        .count = m->count,
        .format_version = o->format_version,
        .title = o->title,
        .time = o->time != 0 ? o->time : default_time() };
    int rc = host_package_create(&spec, out, &m->cli->err);
    g_free(net_board);
    g_free(app_board);
    return rc != 0 ? cli_failed(m->cli) : 0;
}

/* What was written may be other than was meant. */
static void warn_of(struct cli *cli, const char *out, JsonBuilder *b)
{
    struct host_package *p = host_package_open(out, NULL, &cli->err);
    json_builder_set_member_name(b, "warnings");
    json_builder_begin_array(b);
    if (p != NULL) {
        GPtrArray *warnings = cli_core_warnings(p);
        for (guint i = 0; i < warnings->len; i++) {
            const char *text = g_ptr_array_index(warnings, i);
            cli_note(cli, "%swarning:%s %s", cli_style(cli, true, "yellow"),
                    cli_style(cli, true, "reset"), text);
            json_builder_add_string_value(b, text);
        }
        g_ptr_array_unref(warnings);
        host_package_close(p);
    }
    host_error_clear(&cli->err);
    json_builder_end_array(b);
}

static int create(struct maker *m, const struct create_options *o,
        const char *out)
{
    int rc = add_all(m, o);
    if (rc == 0) {
        rc = write_package(m, o, out);
    }
    if (rc != 0) {
        return rc;
    }
    cli_out(m->cli, "%s: %zu image%s\n", out, m->count,
            m->count == 1 ? "" : "s");
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_bool(b, "ok", true);
    cli_json_add_string(b, "file", out);
    cli_json_add_int(b, "images", (int64_t)m->count);
    warn_of(m->cli, out, b);
    json_builder_end_object(b);
    cli_result(m->cli, b);
    return 0;
}

static int check_options(struct cli *cli, const struct create_options *o)
{
    uint32_t address;
    if (o->format_version < 0 || o->format_version > 1) {
        return cli_usage(cli, "--format-version takes 0 or 1, not %d",
                o->format_version);
    }
    if (o->load_address != NULL && !parse_address(o->load_address, &address)) {
        return cli_usage(cli,
                "--load-address takes a number of 32 bits, not \"%s\"",
                o->load_address);
    }
    if (o->ram_load != NULL && !parse_address(o->ram_load, &address)) {
        return cli_usage(cli,
                "--ram-load takes a number of 32 bits, not \"%s\"",
                o->ram_load);
    }
    if ((o->rom_fixed != NULL || o->ram_load != NULL) &&
            (o->app == NULL || (o->rom_fixed != NULL && o->ram_load != NULL))) {
        return cli_usage(cli, "--rom-fixed or --ram-load go with --app");
    }
    return 0;
}

static int package_create(struct cli *cli, int argc, char **argv)
{
    struct create_options o = { .app_size = APP_SIZE,
        .net_size = NET_SIZE,
        .seed = 1 };
    const GOptionEntry entries[] = {
        { "add", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.add,
                "Signed image FILE as image N (may be repeated)", "N=FILE" },
        { "app", 0, 0, G_OPTION_ARG_STRING, &o.app,
                "Make image 0: name=TEXT,confirm=0|1,crash=0|1,smp=0|1,"
                "start=MS tell the virtual device what it does",
                "SPEC" },
        { "app-version", 0, 0, G_OPTION_ARG_STRING, &o.app_version,
                "Its version (1.0.0)", "V" },
        { "app-size", 0, 0, G_OPTION_ARG_INT64, &o.app_size,
                "Its size as a file (139592)", "BYTES" },
        { "net", 0, 0, G_OPTION_ARG_NONE, &o.net,
                "Make image 1, a network core", NULL },
        { "net-version", 0, 0, G_OPTION_ARG_STRING, &o.net_version,
                "Its version (1.0.0)", "V" },
        { "net-size", 0, 0, G_OPTION_ARG_INT64, &o.net_size,
                "Its size as a file (190472)", "BYTES" },
        { "board", 0, 0, G_OPTION_ARG_STRING, &o.board,
                "Board of the manifest; with --net _cpuapp and _cpunet follow",
                "NAME" },
        { "soc", 0, 0, G_OPTION_ARG_STRING, &o.soc, "SoC of the manifest",
                "NAME" },
        { "load-address", 0, 0, G_OPTION_ARG_STRING, &o.load_address,
                "Load address of image 0 in the manifest", "ADDR" },
        { "rom-fixed", 0, 0, G_OPTION_ARG_STRING, &o.rom_fixed,
                "Link the --app image for an address of flash; with two, once "
                "for either slot (direct-XIP)",
                "ADDR[,ADDR]" },
        { "ram-load", 0, 0, G_OPTION_ARG_STRING, &o.ram_load,
                "The --app image is loaded to an address of RAM", "ADDR" },
        { "title", 0, 0, G_OPTION_ARG_STRING, &o.title, "Name of the manifest",
                "TEXT" },
        { "format-version", 0, 0, G_OPTION_ARG_INT, &o.format_version,
                "Manifest format, 0 or 1 (0)", "N" },
        { "time", 0, 0, G_OPTION_ARG_INT64, &o.time,
                "Build time, unix seconds ($SOURCE_DATE_EPOCH, or now)", "S" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &o.seed,
                "Seed of made up payloads (1)", "N" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    struct maker maker = { .cli = cli };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);
    if (rc == 0) {
        rc = check_options(cli, &o);
    }
    if (rc == 0) {
        rc = create(&maker, &o, argv[1]);
    }
    for (size_t i = 0; i < DFU_IMAGES_MAX; i++) {
        if (maker.bytes[i] != NULL) {
            g_byte_array_unref(maker.bytes[i]);
        }
        g_free(maker.files[i]);
        g_free(maker.names[i]);
    }
    g_strfreev(o.add);
    g_free(o.app);
    g_free(o.app_version);
    g_free(o.net_version);
    g_free(o.board);
    g_free(o.soc);
    g_free(o.load_address);
    g_free(o.rom_fixed);
    g_free(o.ram_load);
    g_free(o.title);
    return rc;
}

int cli_cmd_package(struct cli *cli, int argc, char **argv)
{
    if (strcmp(argv[0], "show") == 0) {
        return cli_package_show(cli, argc, argv);
    }
    if (strcmp(argv[0], "verify") == 0) {
        return cli_package_verify(cli, argc, argv);
    }
    return package_create(cli, argc, argv);
}
