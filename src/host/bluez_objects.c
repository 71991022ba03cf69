// SPDX-License-Identifier: Apache-2.0
/* The mirror of BlueZ's objects: path, interface, property. */
#include <string.h>

#include "host/bluez_private.h"

/* ---- mirror ---- */

static GHashTable *find_props(const struct host_bluez *bz, const char *path,
        const char *iface)
{
    GHashTable *ifaces = g_hash_table_lookup(bz->objects, path);

    return ifaces != NULL ? g_hash_table_lookup(ifaces, iface) : NULL;
}

GVariant *host_bluez_get(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name)
{
    GHashTable *props = find_props(bz, path, iface);

    return props != NULL ? g_hash_table_lookup(props, name) : NULL;
}

bool host_bluez_has(const struct host_bluez *bz, const char *path,
        const char *iface)
{
    return find_props(bz, path, iface) != NULL;
}

void host_bluez_drop(struct host_bluez *bz, const char *path, const char *iface,
        const char *name)
{
    GHashTable *props = find_props(bz, path, iface);

    if (props != NULL) {
        g_hash_table_remove(props, name);
    }
}

const char *host_bluez_text(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name)
{
    GVariant *value = host_bluez_get(bz, path, iface, name);

    if (value == NULL ||
            (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) &&
                    !g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH))) {
        return "";
    }
    return g_variant_get_string(value, NULL);
}

bool host_bluez_flag(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name)
{
    GVariant *value = host_bluez_get(bz, path, iface, name);

    return value != NULL &&
            g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) &&
            g_variant_get_boolean(value);
}

bool host_bluez_lists(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name, const char *text)
{
    GVariant *value = host_bluez_get(bz, path, iface, name);
    const char *item;
    GVariantIter iter;

    if (value == NULL ||
            !g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
        return false;
    }
    g_variant_iter_init(&iter, value);
    while (g_variant_iter_next(&iter, "&s", &item)) {
        if (g_ascii_strcasecmp(item, text) == 0) {
            return true;
        }
    }
    return false;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *host_bluez_paths(const struct host_bluez *bz, const char *under,
        const char *iface)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    gsize len = under != NULL ? strlen(under) : 0;
    GHashTableIter iter;
    gpointer path;
    gpointer ifaces;

    g_hash_table_iter_init(&iter, bz->objects);
    while (g_hash_table_iter_next(&iter, &path, &ifaces)) {
        bool below = under == NULL ||
                (strncmp(path, under, len) == 0 &&
                        ((const char *)path)[len] == '/');

        if (below && g_hash_table_lookup(ifaces, iface) != NULL) {
            g_ptr_array_add(paths, g_strdup(path));
        }
    }
    g_ptr_array_sort(paths, by_text);
    return paths;
}

void host_bluez_take_props(struct host_bluez *bz, const char *path,
        const char *iface, GVariant *changed)
{
    GHashTable *ifaces = g_hash_table_lookup(bz->objects, path);
    GHashTable *props;
    GVariantIter iter;
    const char *name;
    GVariant *value;

    if (ifaces == NULL) {
        ifaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                (GDestroyNotify)g_hash_table_unref);
        g_hash_table_insert(bz->objects, g_strdup(path), ifaces);
    }
    props = g_hash_table_lookup(ifaces, iface);
    if (props == NULL) {
        props = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                (GDestroyNotify)g_variant_unref);
        g_hash_table_insert(ifaces, g_strdup(iface), props);
    }
    g_variant_iter_init(&iter, changed);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_hash_table_replace(props, g_strdup(name), value);
    }
    if (bz->listener != NULL) {
        bz->listener(bz->listener_ctx, path, iface, changed);
    }
}

void host_bluez_take_object(struct host_bluez *bz, const char *path,
        GVariant *ifaces)
{
    GVariantIter iter;
    const char *iface;
    GVariant *props;

    g_variant_iter_init(&iter, ifaces);
    while (g_variant_iter_next(&iter, "{&s@a{sv}}", &iface, &props)) {
        if (g_str_has_prefix(iface, "org.bluez.")) {
            host_bluez_take_props(bz, path, iface, props);
        }
        g_variant_unref(props);
    }
}

/* ---- signals ---- */
