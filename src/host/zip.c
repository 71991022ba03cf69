// SPDX-License-Identifier: Apache-2.0
/* libzip with bounds of our own: what a directory says is never believed. */
#include "host/zip.h"

#include <string.h>
#include <zip.h>

#include "host/package.h"

#define CHUNK      65536u
#define RATIO_FROM 0x100000u

static const char broken[] =
        "download or build the package again; a browser or mail program may "
        "have damaged it";

struct entry {
    char *name;
    zip_uint64_t index;
};

struct host_zip {
    zip_t *za;
    GArray *entries; /* struct entry */
    uint64_t unpacked;
};

static void entry_clear(void *p)
{
    struct entry *e = p;

    g_free(e->name);
}

static int bad_name(const char *name, const char *what, struct host_error *err)
{
    char *shown = host_text_escape(name, strlen(name));

    host_error_set(err, DFU_PACKAGE_BAD_ZIP,
            "such a zip was made to do harm, or by a broken tool: do not use "
            "it",
            "zip entry \"%s\": %s", shown, what);
    g_free(shown);
    return -1;
}

/* In the raw name: guessing an old character set turns them into pictures. */
static bool has_controls(const char *name)
{
    for (const char *p = name; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Nothing is ever written to a path of the zip, and still: no such package. */
static const char *name_problem(const char *name)
{
    char **parts;
    const char *what = NULL;

    if (name[0] == '\0') {
        return "empty name";
    }
    if (!g_utf8_validate(name, -1, NULL)) {
        return "the name is not readable text";
    }
    if (name[0] == '/' || name[0] == '\\' ||
            (g_ascii_isalpha(name[0]) && name[1] == ':')) {
        return "absolute path";
    }
    parts = g_strsplit_set(name, "/\\", -1);
    for (char **p = parts; *p != NULL; p++) {
        if (strcmp(*p, "..") == 0) {
            what = "path with \"..\"";
        }
    }
    g_strfreev(parts);
    return what;
}

static int add_entry(struct host_zip *zip, zip_uint64_t index,
        struct host_error *err)
{
    const char *name = zip_get_name(zip->za, index, ZIP_FL_ENC_GUESS);
    const char *raw = zip_get_name(zip->za, index, ZIP_FL_ENC_RAW);
    const char *what;
    struct entry e;
    size_t len;

    if (name == NULL || raw == NULL) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                "zip entry %u has no name", (unsigned)index);
    }
    what = has_controls(raw) ? "control characters in the name"
                             : name_problem(name);
    if (what != NULL) {
        return bad_name(name, what, err);
    }
    len = strlen(name);
    if (name[len - 1] == '/') {
        return 0; /* a folder: only files count */
    }
    if (host_zip_find(zip, name) >= 0) {
        return bad_name(name, "the name is there twice", err);
    }
    e.name = g_strdup(name);
    e.index = index;
    g_array_append_val(zip->entries, e);
    return 0;
}

struct host_zip *host_zip_open(const uint8_t *buf, size_t len,
        struct host_error *err)
{
    struct host_zip *zip = g_new0(struct host_zip, 1);
    zip_source_t *source;
    zip_error_t error;
    zip_int64_t count;

    zip->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(zip->entries, entry_clear);
    zip_error_init(&error);
    source = zip_source_buffer_create(buf, len, 0, &error);
    if (source != NULL) {
        zip->za = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS,
                &error);
        if (zip->za == NULL) {
            zip_source_free(source);
        }
    }
    if (zip->za == NULL) {
        host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                "not a readable zip: %s",
                zip_error_code_zip(&error) == ZIP_ER_EXISTS
                        ? "one name is there twice"
                        : zip_error_strerror(&error));
        zip_error_fini(&error);
        host_zip_close(zip);
        return NULL;
    }
    zip_error_fini(&error);
    count = zip_get_num_entries(zip->za, 0);
    if (count > (zip_int64_t)HOST_PACKAGE_ENTRIES) {
        host_error_set(err, DFU_PACKAGE_TOO_LARGE,
                "a package holds manifest.json and its images, nothing else",
                "the zip has %lld entries, more than %u", (long long)count,
                HOST_PACKAGE_ENTRIES);
        host_zip_close(zip);
        return NULL;
    }
    for (zip_int64_t i = 0; i < count; i++) {
        if (add_entry(zip, (zip_uint64_t)i, err) != 0) {
            host_zip_close(zip);
            return NULL;
        }
    }
    return zip;
}

void host_zip_close(struct host_zip *zip)
{
    if (zip == NULL) {
        return;
    }
    if (zip->za != NULL) {
        zip_discard(zip->za);
    }
    g_array_unref(zip->entries);
    g_free(zip);
}

size_t host_zip_count(const struct host_zip *zip)
{
    return zip->entries->len;
}

const char *host_zip_name(const struct host_zip *zip, size_t i)
{
    return g_array_index(zip->entries, struct entry, i).name;
}

int host_zip_find(const struct host_zip *zip, const char *name)
{
    for (guint i = 0; i < zip->entries->len; i++) {
        if (strcmp(host_zip_name(zip, i), name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int too_large(const char *shown, const char *what,
        struct host_error *err)
{
    return host_error_set(err, DFU_PACKAGE_TOO_LARGE,
            "no firmware package needs that: check where it comes from",
            "zip entry \"%s\": %s", shown, what);
}

/* Reads to the end, counting what really comes out. */
static int read_all(struct host_zip *zip, zip_file_t *file, uint64_t packed,
        const char *shown, GByteArray *out, struct host_error *err)
{
    uint8_t *chunk = g_malloc(CHUNK);
    int result = 0;

    for (;;) {
        zip_int64_t n = zip_fread(file, chunk, CHUNK);

        if (n < 0) {
            result = host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                    "zip entry \"%s\": %s", shown, zip_file_strerror(file));
            break;
        }
        if (n == 0) {
            break;
        }
        if (out->len + (uint64_t)n > HOST_FILE_MAX) {
            result = too_large(shown, "unpacks to more than 64 MiB", err);
            break;
        }
        g_byte_array_append(out, chunk, (guint)n);
        zip->unpacked += (uint64_t)n;
        if (zip->unpacked > HOST_PACKAGE_TOTAL) {
            result = too_large(shown, "all entries unpack to too much", err);
            break;
        }
        if (out->len > RATIO_FROM && out->len / HOST_PACKAGE_RATIO > packed) {
            result = too_large(shown,
                    "is a zip bomb: unpacks to more than 200 times its size",
                    err);
            break;
        }
    }
    g_free(chunk);
    return result;
}

static int read_entry(struct host_zip *zip, zip_uint64_t index,
        const char *shown, GByteArray *out, struct host_error *err)
{
    zip_stat_t stat;
    zip_file_t *file;
    int result;

    zip_stat_init(&stat);
    if (zip_stat_index(zip->za, index, 0, &stat) != 0) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                "zip entry \"%s\": %s", shown, zip_strerror(zip->za));
    }
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
            stat.encryption_method != ZIP_EM_NONE) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP,
                "make the package without a password",
                "zip entry \"%s\" is encrypted", shown);
    }
    if ((stat.valid & ZIP_STAT_COMP_METHOD) != 0 &&
            stat.comp_method != ZIP_CM_STORE &&
            stat.comp_method != ZIP_CM_DEFLATE) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP,
                "pack it stored or deflated",
                "zip entry \"%s\" is packed by method %u", shown,
                stat.comp_method);
    }
    if ((stat.valid & ZIP_STAT_SIZE) != 0 && stat.size > HOST_FILE_MAX) {
        return too_large(shown, "unpacks to more than 64 MiB", err);
    }
    file = zip_fopen_index(zip->za, index, 0);
    if (file == NULL) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                "zip entry \"%s\": %s", shown, zip_strerror(zip->za));
    }
    result = read_all(zip, file, stat.comp_size, shown, out, err);
    zip_fclose(file);
    if (result == 0 && stat.size != out->len) {
        return host_error_set(err, DFU_PACKAGE_BAD_ZIP, broken,
                "zip entry \"%s\" has %u bytes, its directory says %llu", shown,
                out->len, (unsigned long long)stat.size);
    }
    return result;
}

int host_zip_read(struct host_zip *zip, size_t i, uint8_t **data, size_t *len,
        struct host_error *err)
{
    const struct entry *e = &g_array_index(zip->entries, struct entry, i);
    char *shown = host_text_escape(e->name, strlen(e->name));
    GByteArray *out = g_byte_array_new();
    int result = read_entry(zip, e->index, shown, out, err);

    g_free(shown);
    if (result != 0) {
        g_byte_array_unref(out);
        return -1;
    }
    *len = out->len;
    *data = g_byte_array_free(out, FALSE);
    return 0;
}
