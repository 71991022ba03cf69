// SPDX-License-Identifier: Apache-2.0
/* Writing dfu_application.zip: stored entries, equal input, equal bytes. */
#include <string.h>
#include <time.h>
#include <zip.h>

#include "host/package.h"
#include "host/trace_private.h"

/* Zip times begin in 1980 and have steps of two seconds. */
#define DOS_EPOCH 315532800

static void put_key(GString *json, const char *indent, const char *key)
{
    g_string_append_printf(json, "%s\"%s\": ", indent, key);
}

static void put_text(GString *json, const char *indent, const char *key,
        const char *text)
{
    if (text != NULL) {
        put_key(json, indent, key);
        host_trace_put_text(json, text, strlen(text));
        g_string_append(json, ",\n");
    }
}

/* Numbers that the SDK's build hands over as text stay text. */
static void put_number_text(GString *json, const char *indent, const char *key,
        unsigned n)
{
    put_key(json, indent, key);
    g_string_append_printf(json, "\"%u\",\n", n);
}

static void entry_version(const struct host_package_entry *e, char *text)
{
    struct mcub_image_header hdr;

    text[0] = '\0';
    if (mcub_image_header_decode(e->data, e->len, &hdr) > 0) {
        mcub_version_print(&hdr.version, '+', text);
    }
}

static void put_entry(GString *json, const struct host_package_spec *spec,
        const struct host_package_entry *e)
{
    static const char indent[] = "            ";
    char version[MCUB_VERSION_TEXT_SIZE];
    const char *key = e->net_core ? "version" : "version_MCUBOOT";

    entry_version(e, version);
    g_string_append(json, "        {\n");
    put_text(json, indent, "type", e->type != NULL ? e->type : "application");
    put_text(json, indent, "board", e->board);
    put_text(json, indent, "soc", e->soc);
    if (e->has_load_address) {
        put_key(json, indent, "load_address");
        g_string_append_printf(json, "%u,\n", e->load_address);
    }
    put_number_text(json, indent, "image_index", e->image);
    if (e->slot >= 0) {
        /* Older builds counted within the image, and had image 0 only. */
        put_number_text(json, indent, "slot",
                (spec->format_version == 0 ? 0 : 2u * e->image) +
                        (unsigned)e->slot);
        key = "version_MCUBOOT+XIP";
    } else {
        put_number_text(json, indent, "slot_index_primary", 2u * e->image + 1u);
        put_number_text(json, indent, "slot_index_secondary",
                2u * e->image + 2u);
    }
    put_text(json, indent, key, e->version != NULL ? e->version : version);
    put_key(json, indent, "size");
    g_string_append_printf(json, "%zu,\n", e->len);
    put_text(json, indent, "file", e->name);
    put_key(json, indent, "modtime");
    g_string_append_printf(json, "%" G_GINT64_FORMAT "\n        }",
            (gint64)spec->time);
}

static char *make_manifest(const struct host_package_spec *spec, size_t *len)
{
    GString *json = g_string_new("{\n");

    put_key(json, "    ", "format-version");
    g_string_append_printf(json, "%d,\n", spec->format_version);
    put_key(json, "    ", "time");
    g_string_append_printf(json, "%" G_GINT64_FORMAT ",\n", (gint64)spec->time);
    put_text(json, "    ", "name", spec->title);
    put_key(json, "    ", "files");
    g_string_append(json, "[\n");
    for (size_t i = 0; i < spec->count; i++) {
        put_entry(json, spec, &spec->entries[i]);
        g_string_append(json, i + 1 < spec->count ? ",\n" : "\n");
    }
    g_string_append(json, "    ]\n}\n");
    *len = json->len;
    return g_string_free(json, FALSE);
}

/* In UTC: the time zone of the machine must not change the bytes. */
static void dos_time(int64_t unix_time, zip_uint16_t *t, zip_uint16_t *d)
{
    time_t when = (time_t)MAX(unix_time, DOS_EPOCH);
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    (void)gmtime_r(&when, &tm);
    *t = (zip_uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
    *d = (zip_uint16_t)(MIN(tm.tm_year - 80, 127) << 9 | (tm.tm_mon + 1) << 5 |
            tm.tm_mday);
}

static int put_file(zip_t *za, const char *name, const void *data, size_t len,
        int64_t unix_time)
{
    zip_source_t *source = zip_source_buffer(za, data, len, 0);
    zip_uint16_t t;
    zip_uint16_t d;
    zip_int64_t index;

    if (source == NULL) {
        return -1;
    }
    index = zip_file_add(za, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return -1;
    }
    dos_time(unix_time, &t, &d);
    if (zip_set_file_compression(za, (zip_uint64_t)index, ZIP_CM_STORE, 0) !=
            0) {
        return -1;
    }
    return zip_file_set_dostime(za, (zip_uint64_t)index, t, d, 0);
}

static GByteArray *take_bytes(zip_source_t *source)
{
    GByteArray *out = g_byte_array_new();
    uint8_t chunk[16384];
    zip_int64_t n;

    if (zip_source_open(source) != 0) {
        g_byte_array_unref(out);
        return NULL;
    }
    while ((n = zip_source_read(source, chunk, sizeof(chunk))) > 0) {
        g_byte_array_append(out, chunk, (guint)n);
    }
    zip_source_close(source);
    return out;
}

/* The zip in memory, or NULL. */
static GByteArray *make_zip(const struct host_package_spec *spec,
        const char *manifest, size_t manifest_len)
{
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    GByteArray *out = NULL;
    zip_t *za = NULL;
    int result = -1;

    if (target == NULL) {
        return NULL;
    }
    zip_source_keep(target);
    za = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (za == NULL) {
        zip_source_free(target);
        zip_source_free(target);
        return NULL;
    }
    result = 0;
    for (size_t i = 0; i < spec->count && result == 0; i++) {
        const struct host_package_entry *e = &spec->entries[i];

        result = put_file(za, e->name, e->data, e->len, spec->time);
    }
    if (result == 0) {
        result = put_file(za, "manifest.json", manifest, manifest_len,
                spec->time);
    }
    if (result != 0 || zip_close(za) != 0) {
        zip_discard(za);
        zip_source_free(target);
        return NULL;
    }
    out = take_bytes(target);
    zip_source_free(target);
    return out;
}

int host_package_create(const struct host_package_spec *spec, const char *path,
        struct host_error *err)
{
    size_t manifest_len = 0;
    char *manifest = make_manifest(spec, &manifest_len);
    GByteArray *zip = make_zip(spec, manifest, manifest_len);
    struct host_package *check;
    GError *error = NULL;
    int result = 0;

    g_free(manifest);
    if (zip == NULL) {
        return host_error_set(err, DFU_OTHER, "give every file another name",
                "%s: the zip cannot be made", path);
    }
    /* What we write we can read, and nobody gets a broken image from us. */
    check = host_package_parse(path, zip->data, zip->len, NULL, err);
    if (check == NULL) {
        host_error_prefix(err, "%s", path);
        result = -1;
    } else if (!g_file_set_contents(path, (const char *)zip->data,
                       (gssize)zip->len, &error)) {
        result = host_error_set(err, DFU_OTHER,
                "name a folder that can be "
                "written",
                "%s", error->message);
        g_error_free(error);
    }
    host_package_close(check);
    g_byte_array_unref(zip);
    return result;
}
