// SPDX-License-Identifier: Apache-2.0
/*
 * json-glib takes too much silently and crashes on deep nesting: the text is
 * checked first, and every value is read through a function that knows both
 * forms (numbers and strings).
 */
#include "host/manifest.h"

#include <json-glib/json-glib.h>
#include <string.h>

static const char rebuild[] =
        "build the package again; dfu_application.zip is in the build folder";

static int bad(struct host_error *err, const char *what)
{
    return host_error_set(err, DFU_PACKAGE_BAD_MANIFEST, rebuild,
            "manifest.json: %s", what);
}

static int bad_key(struct host_error *err, const char *key, const char *what)
{
    return host_error_set(err, DFU_PACKAGE_BAD_MANIFEST, rebuild,
            "manifest.json: \"%s\" %s", key, what);
}

/*
 * NULL when brackets outside of strings nest at most so deep. Everything that
 * is not JSON is refused here, because the parser knows more than JSON
 * (comments) and its idea of where strings are must be ours.
 */
static const char *shape_problem(const char *text, size_t len)
{
    unsigned depth = 0;
    bool string = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                string = false;
            }
        } else if (c == '"') {
            string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > HOST_MANIFEST_DEPTH) {
                return "is nested too deep";
            }
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (!g_ascii_isalnum(c) && strchr(" \t\r\n+-.,:", c) == NULL) {
            return "is no JSON";
        }
    }
    return memchr(text, '\0', len) == NULL ? NULL : "is no JSON";
}

/*
 * Old builds wrote "load_address":0x10000, which is no JSON: such numbers
 * become decimal. Text in strings is not touched.
 */
static char *without_bare_hex(const char *text, size_t len, bool *found)
{
    GString *out = g_string_sized_new(len + 16);
    bool string = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (!string && c == '0' && i + 2 < len &&
                (text[i + 1] == 'x' || text[i + 1] == 'X') &&
                g_ascii_isxdigit(text[i + 2]) &&
                (i == 0 || !g_ascii_isalnum(text[i - 1]))) {
            guint64 n = 0;
            unsigned digits = 0;

            for (i += 2; i < len && g_ascii_isxdigit(text[i]); i++) {
                n = (n << 4) | (guint64)g_ascii_xdigit_value(text[i]);
                digits++;
            }
            i--;
            *found = true;
            /* Too large for any address: leave something that is refused. */
            g_string_append_printf(out,
                    digits > 15 ? "-%" G_GUINT64_FORMAT : "%" G_GUINT64_FORMAT,
                    digits > 15 ? (guint64)1 : n);
            continue;
        }
        if (string && c == '\\' && i + 1 < len) {
            g_string_append_c(out, c);
            c = text[++i];
        } else if (c == '"') {
            string = !string;
        }
        g_string_append_c(out, c);
    }
    return g_string_free(out, FALSE);
}

/* 1 = *text (borrowed), 0 = not there, -1 = no text. */
static int get_text(JsonObject *object, const char *key, const char **text,
        struct host_error *err)
{
    JsonNode *node = json_object_get_member(object, key);

    if (node == NULL || JSON_NODE_HOLDS_NULL(node)) {
        return 0;
    }
    if (!JSON_NODE_HOLDS_VALUE(node) ||
            json_node_get_value_type(node) != G_TYPE_STRING) {
        return bad_key(err, key, "is no text");
    }
    *text = json_node_get_string(node);
    return 1;
}

static bool parse_number(const char *text, guint64 *n)
{
    guint base = 10;

    if (g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X")) {
        base = 16;
        text += 2;
    }
    return g_ascii_string_to_unsigned(text, base, 0, G_MAXINT64, n, NULL);
}

/* The one reader of numbers: 1 = *n, 0 = not there, -1 = no number. */
static int get_number(JsonObject *object, const char *key, uint64_t max,
        uint64_t *n, struct host_error *err)
{
    JsonNode *node = json_object_get_member(object, key);
    guint64 value = 0;
    bool ok = false;

    if (node == NULL || JSON_NODE_HOLDS_NULL(node)) {
        return 0;
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
            json_node_get_value_type(node) == G_TYPE_INT64) {
        ok = json_node_get_int(node) >= 0;
        value = ok ? (guint64)json_node_get_int(node) : 0;
    } else if (JSON_NODE_HOLDS_VALUE(node) &&
            json_node_get_value_type(node) == G_TYPE_STRING) {
        ok = parse_number(json_node_get_string(node), &value);
    }
    if (!ok) {
        return bad_key(err, key, "is no number");
    }
    if (value > max) {
        return bad_key(err, key, "is out of range");
    }
    *n = value;
    return 1;
}

static void file_free(void *p)
{
    struct host_manifest_file *f = p;

    g_free(f->file);
    g_free(f->type);
    g_free(f->board);
    g_free(f->soc);
    g_free(f->version);
    g_free(f);
}

void host_manifest_free(struct host_manifest *manifest)
{
    if (manifest == NULL) {
        return;
    }
    g_free(manifest->title);
    g_ptr_array_unref(manifest->files);
    g_free(manifest);
}

/* The first of the keys that is there. */
static int read_version(JsonObject *object, struct host_manifest_file *f,
        struct host_error *err)
{
    static const char *const keys[] = { "version_MCUBOOT+XIP",
        "version_MCUBOOT", "version" };

    for (size_t i = 0; i < G_N_ELEMENTS(keys) && f->version == NULL; i++) {
        JsonNode *node = json_object_get_member(object, keys[i]);
        const char *text = NULL;

        if (node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
                json_node_get_value_type(node) == G_TYPE_INT64) {
            f->version = g_strdup_printf("%" G_GINT64_FORMAT,
                    (gint64)json_node_get_int(node));
            continue;
        }
        if (get_text(object, keys[i], &text, err) < 0) {
            return -1;
        }
        f->version = g_strdup(text);
        f->xip = f->version != NULL && i == 0;
    }
    return 0;
}

static int read_texts(JsonObject *object, struct host_manifest_file *f,
        struct host_error *err)
{
    const struct {
        const char *key;
        char **to;
    } texts[] = { { "file", &f->file }, { "type", &f->type },
        { "board", &f->board }, { "soc", &f->soc } };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *text = NULL;

        if (get_text(object, texts[i].key, &text, err) < 0) {
            return -1;
        }
        *texts[i].to = g_strdup(text);
    }
    if (f->file == NULL || f->file[0] == '\0') {
        return bad(err, "an entry of \"files\" names no file");
    }
    return read_version(object, f, err);
}

static int read_file(JsonObject *object, struct host_manifest_file *f,
        struct host_error *err)
{
    uint64_t n = 0;
    int told;

    f->slot = -1;
    if (read_texts(object, f, err) != 0) {
        return -1;
    }
    told = get_number(object, "image_index", 255, &n, err);
    if (told == 0) {
        /* What one family of tools calls it. */
        told = get_number(object, "image", 255, &n, err);
    }
    f->image = told == 1 ? (uint8_t)n : 0;
    if (told < 0) {
        return -1;
    }
    told = get_number(object, "slot", 511, &n, err);
    if (told < 0) {
        return -1;
    }
    /* Counted within the image, or over all images: the same modulo 2. */
    f->slot = told == 1 ? (int)(n % 2u) : -1;
    told = get_number(object, "size", G_MAXINT64, &f->size, err);
    f->size_told = told == 1;
    if (told < 0) {
        return -1;
    }
    told = get_number(object, "load_address", G_MAXINT64, &f->load_address,
            err);
    f->load_address_told = told == 1;
    if (told < 0) {
        return -1;
    }
    n = 0;
    told = get_number(object, "modtime", G_MAXINT64, &n, err);
    f->modtime = (int64_t)n;
    return told < 0 ? -1 : 0;
}

static int wrong_kind(struct host_error *err, const char *what,
        const char *next)
{
    return host_error_set(err, DFU_PACKAGE_WRONG_KIND, next, "this is %s",
            what);
}

static int check_kind(const struct host_manifest_file *f,
        struct host_error *err)
{
    const char *type = f->type != NULL ? f->type : "";

    if (strcmp(type, "suit-envelope") == 0 || strcmp(type, "cache") == 0 ||
            g_str_has_suffix(f->file, ".suit")) {
        return wrong_kind(err, "a SUIT package: such devices have no MCUboot",
                "build for MCUboot, or use the tool of the device's maker");
    }
    if (strcmp(type, "mcuboot") == 0) {
        return wrong_kind(err,
                "a bootloader package (dfu_mcuboot.zip): it replaces MCUboot "
                "itself",
                "use dfu_application.zip from the same build folder");
    }
    return 0;
}

static int check_pairs(const struct host_manifest *manifest,
        const struct host_manifest_file *f, struct host_error *err)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const struct host_manifest_file *other =
                g_ptr_array_index(manifest->files, i);
        char *shown;

        if (strcmp(other->file, f->file) == 0) {
            return bad(err, "one file is there twice");
        }
        /* A slot that is not told is the secondary one. */
        if (other->image != f->image || (other->slot == 0) != (f->slot == 0)) {
            continue;
        }
        shown = host_text_escape(f->file, strlen(f->file));
        host_error_set(err, DFU_PACKAGE_BAD_MANIFEST, rebuild,
                "manifest.json: \"%s\" is the second file for image %u, slot "
                "%d",
                shown, f->image, f->slot == 0 ? 0 : 1);
        g_free(shown);
        return -1;
    }
    return 0;
}

static int read_files(struct host_manifest *manifest, JsonObject *root,
        struct host_error *err)
{
    JsonNode *node = json_object_get_member(root, "files");
    JsonArray *array;

    if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node)) {
        return bad(err, "has no list \"files\"");
    }
    array = json_node_get_array(node);
    if (json_array_get_length(array) == 0) {
        return bad(err, "\"files\" is empty");
    }
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *item = json_array_get_element(array, i);
        struct host_manifest_file *f;

        if (!JSON_NODE_HOLDS_OBJECT(item)) {
            return bad(err, "an entry of \"files\" is no object");
        }
        f = g_new0(struct host_manifest_file, 1);
        if (read_file(json_node_get_object(item), f, err) != 0 ||
                check_kind(f, err) != 0 || check_pairs(manifest, f, err) != 0) {
            file_free(f);
            return -1;
        }
        g_ptr_array_add(manifest->files, f);
    }
    return 0;
}

static int read_root(struct host_manifest *manifest, JsonNode *node,
        struct host_error *err)
{
    JsonObject *root;
    const char *title = NULL;
    uint64_t n = 0;

    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node)) {
        return bad(err, "is no JSON object");
    }
    root = json_node_get_object(node);
    if (json_object_has_member(root, "manifest")) {
        return wrong_kind(err,
                "a package of the nRF5 SDK (Secure DFU, .dat and .bin)",
                "use nrfutil for devices of the nRF5 SDK, or "
                "dfu_application.zip of an nRF Connect SDK build");
    }
    if (get_number(root, "format-version", 255, &n, err) < 0) {
        return -1;
    }
    manifest->format_version = (int)n;
    if (n > 1) {
        return host_error_set(err, DFU_PACKAGE_BAD_MANIFEST,
                "update smpctl, or build the package with an older SDK",
                "manifest.json: format version %d is not known",
                manifest->format_version);
    }
    n = 0;
    if (get_number(root, "time", G_MAXINT64, &n, err) < 0 ||
            get_text(root, "name", &title, err) < 0) {
        return -1;
    }
    manifest->time = (int64_t)n;
    manifest->title = g_strdup(title);
    return read_files(manifest, root, err);
}

static int parse(struct host_manifest *manifest, const char *text, size_t len,
        struct host_error *err)
{
    JsonParser *parser;
    const char *problem;
    GError *error = NULL;
    char *fixed;
    int result;

    if (len == 0) {
        return bad(err, "is empty, no JSON");
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!g_utf8_validate(text, (gssize)len, NULL)) {
        return bad(err, "is no UTF-8 text");
    }
    problem = shape_problem(text, len);
    if (problem != NULL) {
        return bad(err, problem);
    }
    fixed = without_bare_hex(text, len, &manifest->bare_hex);
    parser = json_parser_new_immutable();
    if (json_parser_load_from_data(parser, fixed, -1, &error)) {
        result = read_root(manifest, json_parser_get_root(parser), err);
    } else {
        char *why = host_text_escape(error->message, strlen(error->message));

        result = bad(err, why);
        g_free(why);
        g_error_free(error);
    }
    g_object_unref(parser);
    g_free(fixed);
    return result;
}

struct host_manifest *host_manifest_parse(const char *text, size_t len,
        struct host_error *err)
{
    struct host_manifest *manifest;

    if (len > HOST_MANIFEST_MAX) {
        host_error_set(err, DFU_PACKAGE_TOO_LARGE, rebuild,
                "manifest.json is larger than 1 MiB");
        return NULL;
    }
    manifest = g_new0(struct host_manifest, 1);
    manifest->files = g_ptr_array_new_with_free_func(file_free);
    if (parse(manifest, text, len, err) != 0) {
        host_manifest_free(manifest);
        return NULL;
    }
    return manifest;
}
