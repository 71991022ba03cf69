// SPDX-License-Identifier: Apache-2.0
/* smpctl doctor: read files of any kind, judge, show. */
#include "cli/doctor.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/package.h"

/* Longest text that is read from a pipe, in bytes. */
#define STREAM_MAX (256u * 1024u * 1024u)

struct doctor_options {
    char **packages;
    char **confs;
    char *html;
    char *explain;
    gboolean list;
};

void cli_case_init(struct cli_case *c)
{
    memset(c, 0, sizeof(*c));
    diag_events_init(&c->events);
}

void cli_case_clear(struct cli_case *c)
{
    diag_events_clear(&c->events);
}

/* What comes through a pipe or is pasted, up to STREAM_MAX. */
static void read_stream(struct cli_case *c, const char *name, FILE *in,
        enum diag_source_kind *kind)
{
    GByteArray *bytes = g_byte_array_new();
    guint8 part[65536];
    size_t n;

    while (bytes->len < STREAM_MAX &&
            (n = fread(part, 1, sizeof(part), in)) > 0) {
        g_byte_array_append(bytes, part, (guint)n);
    }
    *kind = diag_read(&c->events, name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

/* Pages that have been read go: a file of any size takes little memory. */
static void forget_pages(void *ctx, size_t pos)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)madvise(ctx, pos / page * page, MADV_DONTNEED);
}

/* The shell's <(command), for example: nothing that can be mapped. */
static bool is_pipe(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS) &&
            !g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
            !g_file_test(path, G_FILE_TEST_IS_DIR);
}

int cli_case_read(struct cli *cli, struct cli_case *c, const char *path,
        enum diag_source_kind *kind)
{
    GError *error = NULL;

    if (strcmp(path, "-") == 0) {
        read_stream(c, "stdin", stdin, kind);
    } else if (is_pipe(path)) {
        FILE *in = fopen(path, "rb");
        if (in == NULL) {
            return cli_fail(cli, DFU_FILE_MISSING, "check the path",
                    "%s: cannot be opened", path);
        }
        read_stream(c, path, in, kind);
        (void)fclose(in);
    } else {
        GMappedFile *file = g_mapped_file_new(path, FALSE, &error);
        if (file == NULL) {
            int rc = cli_fail(cli, DFU_FILE_MISSING, "check the path", "%s",
                    error->message);
            g_error_free(error);
            return rc;
        }
        c->events.passed = forget_pages;
        c->events.passed_ctx = g_mapped_file_get_contents(file);
        *kind = diag_read(&c->events, path, g_mapped_file_get_contents(file),
                g_mapped_file_get_length(file));
        c->events.passed = NULL;
        g_mapped_file_unref(file);
    }
    if (c->events.failed) {
        return cli_fail(cli, DFU_OTHER, "leave other programs less memory",
                "%s: out of memory", path);
    }
    if (*kind == DIAG_SOURCE_CONF) {
        c->conf = true;
    } else if (*kind != DIAG_SOURCE_UNKNOWN) {
        c->logs = true;
    }
    return 0;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
            (uint32_t)p[3] << 24;
}

/* A stack pointer in RAM, then a Thumb address: a Cortex-M program starts. */
static bool is_vector(const struct dfu_source *source, uint32_t off,
        uint32_t *reset)
{
    uint8_t w[8];

    if (source->size < off + sizeof(w) ||
            source->read(source->ctx, off, w, sizeof(w)) != 0) {
        return false;
    }
    uint32_t sp = le32(w);
    *reset = le32(w + 4);
    return sp >> 24 >= 0x20 && sp >> 24 <= 0x2f && (sp & 3u) == 0 &&
            (*reset & 1u) == 1u && *reset < 0x20000000u;
}

/* Where does the program start, and for which core is it linked? */
static void read_program(const struct dfu_image *image, struct diag_file *f)
{
    static const uint32_t usual[] = { 0x200, 0x400, 0x800 };
    uint32_t reset = 0;

    uint8_t head[10];

    f->version_0 = image->version.major == 0 && image->version.minor == 0 &&
            image->version.revision == 0;
    if (image->encrypted || image->source.size < sizeof(head) ||
            image->source.read(image->source.ctx, 0, head, sizeof(head)) != 0) {
        return;
    }
    f->header_size = head[8] | (uint32_t)head[9] << 8;
    if (is_vector(&image->source, f->header_size, &reset)) {
        f->net_core = reset >= 0x01000000u && reset < 0x01040000u;
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
        if (usual[i] > f->header_size &&
                is_vector(&image->source, usual[i], &reset)) {
            f->vector_off = usual[i];
            return;
        }
    }
}

/* What a package holds becomes events; a bad one is an error event. */
static void read_package(struct cli_case *c, const char *path)
{
    static const struct host_package_options opt = { .force = true };
    struct host_error err = HOST_ERROR_INIT;
    struct host_package *pkg = host_package_open(path, &opt, &err);
    struct diag_event e = { .t_ms = -1, .dev = "", .quote = "" };

    e.file = diag_events_name(&c->events, path, strlen(path));
    if (pkg == NULL) {
        (void)diag_add_error(&c->events, path, dfu_code_to_str(err.code),
                err.message != NULL ? err.message : "");
        host_error_clear(&err);
        return;
    }
    for (unsigned i = 0; i < pkg->dfu.count; i++) {
        const struct dfu_image *image = &pkg->dfu.images[i];
        struct diag_file about = { .image = image->image,
            .size = image->source.size,
            .hash_len = image->hash_len,
            .sha_told = true,
            .padded = pkg->images[i].trailer_stripped,
            .encrypted = image->encrypted,
            .packaged = true };
        memcpy(about.hash, image->hash, sizeof(about.hash));
        memcpy(about.sha, image->sha, sizeof(about.sha));
        read_program(image, &about);
        e.kind = DIAG_FILE;
        e.line = i + 1;
        e.text = image->name;
        e.about = &about;
        (void)diag_events_add(&c->events, &e);
        if (pkg->images[i].hash_wrong) {
            e.kind = DIAG_ERROR;
            e.text = dfu_code_to_str(DFU_IMAGE_HASH_MISMATCH);
            e.about = NULL;
            (void)diag_events_add(&c->events, &e);
        }
    }
    host_package_close(pkg);
}

/* Packages first: the files they hold are compared with what follows. */
static int read_all(struct cli *cli, struct cli_case *c,
        const struct doctor_options *o, int argc, char **argv)
{
    int rc = 0;

    for (char **p = o->packages; p != NULL && *p != NULL; p++) {
        if (!g_file_test(*p, G_FILE_TEST_EXISTS)) {
            return cli_fail(cli, DFU_FILE_MISSING, "check the path",
                    "%s: no such file", *p);
        }
        read_package(c, *p);
        c->sent = *p;
    }
    for (char **p = o->confs; p != NULL && *p != NULL && rc == 0; p++) {
        enum diag_source_kind kind = DIAG_SOURCE_UNKNOWN;
        rc = cli_case_read(cli, c, *p, &kind);
        if (rc == 0 && kind != DIAG_SOURCE_CONF) {
            rc = cli_fail(cli, DFU_OTHER, "name prj.conf or .config",
                    "%s: no configuration", *p);
        }
    }
    for (int i = 1; i < argc && rc == 0; i++) {
        enum diag_source_kind kind = DIAG_SOURCE_UNKNOWN;
        rc = cli_case_read(cli, c, argv[i], &kind);
        if (rc == 0 && kind == DIAG_SOURCE_UNKNOWN) {
            cli_note(cli, "%s: nothing in it is understood", argv[i]);
        }
    }
    return rc;
}

static int judge(struct cli *cli, struct cli_case *c)
{
    if (diag_judge(&c->events, &c->report) != 0) {
        return cli_fail(cli, DFU_OTHER, "leave other programs less memory",
                "out of memory");
    }
    if (c->conf) {
        c->lint_count = diag_lint(&c->events, c->lint);
    }
    return 0;
}

static int show(struct cli *cli, struct cli_case *c,
        const struct doctor_options *o)
{
    int rc = 0;

    if (o->html != NULL) {
        rc = cli_doctor_html(cli, c, o->html);
    }
    if (rc != 0) {
        return rc;
    }
    if (!cli->opt.json) {
        cli_doctor_print(cli, c);
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_doctor_add_report(b, c);
    cli_doctor_add_session(b, c);
    json_builder_end_object(b);
    cli_result(cli, b);
    return 0;
}

int cli_cmd_doctor(struct cli *cli, int argc, char **argv)
{
    struct doctor_options o = { 0 };
    const GOptionEntry entries[] = {
        { "package", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.packages,
                "the package or image that was sent", "FILE" },
        { "conf", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.confs,
                "prj.conf, sysbuild.conf, mcuboot.conf or .config; alone: "
                "only look through it",
                "FILE" },
        { "html", 0, 0, G_OPTION_ARG_FILENAME, &o.html,
                "write a page with a time line", "FILE" },
        { "list", 0, 0, G_OPTION_ARG_NONE, &o.list, "list what it knows",
                NULL },
        { "explain", 0, 0, G_OPTION_ARG_STRING, &o.explain, "one entry in full",
                "ID|PATTERN" },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    struct cli_case *c = g_new0(struct cli_case, 1);
    int rc = cli_parse(cli, entries, &argc, &argv, 0, -1);

    cli_case_init(c);
    if (rc == 0 && o.list) {
        cli_doctor_list(cli);
    } else if (rc == 0 && o.explain != NULL) {
        rc = cli_doctor_explain(cli, o.explain);
    } else if (rc == 0 && argc < 2 && o.confs == NULL && o.packages == NULL) {
        rc = cli_usage(cli, "doctor: name a log, capture or trace");
    } else if (rc == 0) {
        rc = read_all(cli, c, &o, argc, argv);
        rc = rc == 0 ? judge(cli, c) : rc;
        rc = rc == 0 ? show(cli, c, &o) : rc;
    }
    cli_case_clear(c);
    g_free(c);
    g_strfreev(o.packages);
    g_strfreev(o.confs);
    g_free(o.html);
    g_free(o.explain);
    return rc;
}

static const char *trace_name(const struct cli *cli)
{
    return cli->opt.trace != NULL ? cli->opt.trace : "session";
}

void cli_trace_failure(struct cli *cli)
{
    size_t len = 0;
    char *text = host_trace_recent(cli->trace, &len);
    char *line =
            g_strdup_printf("\"code\":\"%s\"", dfu_code_to_str(cli->err.code));

    if (cli->opt.json) {
        cli->judged = true; /* every failure document has verdicts */
    }
    if (cli->trace != NULL && cli->err.code != DFU_OK &&
            strstr(text, line) == NULL) {
        uint32_t now =
                cli->session != NULL ? host_session_now(cli->session) : 0;
        host_trace_error(cli->trace, now, "a", cli->err.code,
                cli->err.message != NULL ? cli->err.message : "");
    }
    g_free(line);
    g_free(text);
}

/* What ended the command, unless its trace tells it already. */
static void add_failure(struct cli *cli, struct cli_case *c)
{
    const struct diag_events *list = &c->events;
    const char *code = dfu_code_to_str(cli->err.code);

    for (size_t i = list->count; i > 0; i--) {
        if (list->items[i - 1].kind == DIAG_ERROR &&
                strcmp(list->items[i - 1].text, code) == 0) {
            return;
        }
    }
    if (cli->err.code != DFU_OK) {
        (void)diag_add_error(&c->events, trace_name(cli), code,
                cli->err.message != NULL ? cli->err.message : "");
    }
}

void cli_judge(struct cli *cli, JsonBuilder *b)
{
    struct cli_case *c = g_new0(struct cli_case, 1);

    cli_case_init(c);
    c->sent = cli->file;
    if (cli->trace != NULL) {
        size_t len = 0;
        char *text = host_trace_recent(cli->trace, &len);
        diag_read_trace(&c->events, trace_name(cli), text, len);
        g_free(text);
    }
    add_failure(cli, c);
    (void)diag_judge(&c->events, &c->report);
    if (b != NULL) {
        cli_doctor_add_report(b, c);
    } else if (c->report.verdict_count > 0) {
        cli_doctor_print_verdict(cli, stderr, c, &c->report.verdicts[0]);
    }
    cli_case_clear(c);
    g_free(c);
}
