// SPDX-License-Identifier: Apache-2.0
/* Saved names: $XDG_CONFIG_HOME/smpctl/devices.ini, group [devices]. */
#include "host/uri.h"

#include <errno.h>
#include <string.h>

#define GROUP        "devices"
#define NAME_MAX_LEN 64u

char *host_devices_path(void)
{
    /* Not g_get_user_config_dir(): it remembers the first answer. */
    const char *config = g_getenv("XDG_CONFIG_HOME");

    if (config != NULL && g_path_is_absolute(config)) {
        return g_build_filename(config, "smpctl", "devices.ini", NULL);
    }
    return g_build_filename(g_get_home_dir(), ".config", "smpctl",
            "devices.ini", NULL);
}

/* A file that is not there is an empty list. */
static GKeyFile *devices_load(struct host_error *err)
{
    char *path = host_devices_path();
    GKeyFile *file = g_key_file_new();
    GError *error = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_COMMENTS,
                &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            host_error_set(err, DFU_OTHER, "repair the file, or remove it",
                    "%s: %s", path, error->message);
            g_key_file_free(file);
            file = NULL;
        }
        g_error_free(error);
    }
    g_free(path);
    return file;
}

static const char cannot_save[] =
        "make the folder writable, or name another one: XDG_CONFIG_HOME=FOLDER";

static int devices_save(GKeyFile *file, struct host_error *err)
{
    char *path = host_devices_path();
    char *folder = g_path_get_dirname(path);
    GError *error = NULL;
    int result = 0;

    if (g_mkdir_with_parents(folder, 0700) != 0) {
        result = host_error_set(err, DFU_OTHER, cannot_save, "%s: %s", folder,
                g_strerror(errno));
    } else if (!g_key_file_save_to_file(file, path, &error)) {
        result = host_error_set(err, DFU_OTHER, cannot_save, "%s: %s", path,
                error->message);
        g_error_free(error);
    }
    g_free(folder);
    g_free(path);
    return result;
}

static bool name_ok(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > NAME_MAX_LEN || name[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isalnum(name[i]) && strchr("-_.", name[i]) == NULL) {
            return false;
        }
    }
    return true;
}

int host_devices_add(const char *name, const char *uri, struct host_error *err)
{
    struct host_uri parsed;
    GKeyFile *file;
    int result;

    if (!name_ok(name)) {
        char *shown = host_text_escape(name, strlen(name));

        host_error_set(err, DFU_OTHER,
                "use letters, digits, '-', '_' and '.', at most 64",
                "\"%s\" cannot be the name of a device", shown);
        g_free(shown);
        return -1;
    }
    if (host_uri_parse(uri, &parsed, err) != 0) {
        return -1;
    }
    host_uri_clear(&parsed);
    file = devices_load(err);
    if (file == NULL) {
        return -1;
    }
    g_key_file_set_string(file, GROUP, name, uri);
    result = devices_save(file, err);
    g_key_file_free(file);
    return result;
}

static int not_saved(const char *name, struct host_error *err)
{
    char *shown = host_text_escape(name, strlen(name));

    host_error_set(err, DFU_NO_DEVICE,
            "smpctl device list shows the saved names; a connection is "
            "udp:HOST, serial:DEVICE, tcp:HOST:PORT or sim:PRESET",
            "no device is saved as \"%s\"", shown);
    g_free(shown);
    return -1;
}

int host_devices_remove(const char *name, struct host_error *err)
{
    GKeyFile *file = devices_load(err);
    int result;

    if (file == NULL) {
        return -1;
    }
    if (!name_ok(name) || !g_key_file_remove_key(file, GROUP, name, NULL)) {
        result = not_saved(name, err);
    } else {
        result = devices_save(file, err);
    }
    g_key_file_free(file);
    return result;
}

static void entry_free(void *p)
{
    struct host_device_entry *entry = p;

    g_free(entry->name);
    g_free(entry->uri);
    g_free(entry);
}

static int entry_compare(const void *a, const void *b)
{
    const struct host_device_entry *const *x = a;
    const struct host_device_entry *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

int host_devices_list(GPtrArray **list, struct host_error *err)
{
    GKeyFile *file = devices_load(err);
    GPtrArray *found;
    char **keys;

    if (file == NULL) {
        return -1;
    }
    found = g_ptr_array_new_with_free_func(entry_free);
    keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        char *uri = g_key_file_get_string(file, GROUP, *key, NULL);

        if (uri != NULL) {
            struct host_device_entry *entry =
                    g_new0(struct host_device_entry, 1);

            entry->name = g_strdup(*key);
            entry->uri = uri;
            g_ptr_array_add(found, entry);
        }
    }
    g_ptr_array_sort(found, entry_compare);
    g_strfreev(keys);
    g_key_file_free(file);
    *list = found;
    return 0;
}

int host_uri_resolve(const char *text, struct host_uri *uri,
        struct host_error *err)
{
    GKeyFile *file;
    char *saved = NULL;
    int result;

    if (host_uri_has_scheme(text) || !name_ok(text)) {
        return host_uri_parse(text, uri, err);
    }
    file = devices_load(err);
    if (file == NULL) {
        return -1;
    }
    saved = g_key_file_get_string(file, GROUP, text, NULL);
    g_key_file_free(file);
    if (saved == NULL) {
        return not_saved(text, err);
    }
    result = host_uri_parse(saved, uri, err);
    if (result != 0) {
        host_error_prefix(err, "saved device %s", text);
    }
    g_free(saved);
    return result;
}
