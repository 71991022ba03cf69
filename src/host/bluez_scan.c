// SPDX-License-Identifier: Apache-2.0
/* Adapters, listening for advertisers, forgetting devices. */
#include "host/bluez.h"

#include <stdlib.h>
#include <string.h>

#include "host/link.h"

/* Controllers report an advertiser once per start of listening when asked not
 * to repeat, and some miss the first moments: start afresh now and then. */
#define RESTART_MS 2000u
#define NO_RSSI    127

bool host_bluez_is_address(const char *text)
{
    for (int i = 0; i < 17; i++) {
        bool ok = i % 3 == 2 ? text[i] == ':' : g_ascii_isxdigit(text[i]) != 0;

        if (!ok) {
            return false;
        }
    }
    return text[17] == '\0';
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int no_adapter(const struct host_bluez *bz, const GPtrArray *paths,
        const char *name, struct host_error *err)
{
    GString *there = g_string_new(NULL);

    for (guint i = 0; i < paths->len; i++) {
        g_string_append_printf(there, "%s%s", i > 0 ? ", " : "",
                base_name(g_ptr_array_index(paths, i)));
    }
    (void)bz;
    if (paths->len == 0) {
        host_error_set(err, DFU_NO_DEVICE,
                "plug in a Bluetooth adapter, or check rfkill list and dmesg",
                "Bluetooth: this machine has no adapter that BlueZ knows");
    } else if (name != NULL) {
        host_error_set(err, DFU_NO_DEVICE,
                "give one that is there, or leave adapter= out",
                "Bluetooth: there is no adapter %s; there are: %s", name,
                there->str);
    } else {
        host_error_set(err, DFU_NO_DEVICE,
                "switch it on: bluetoothctl power on (and rfkill unblock "
                "bluetooth)",
                "Bluetooth: every adapter is switched off: %s", there->str);
    }
    g_string_free(there, TRUE);
    return -1;
}

char *host_bluez_adapter(struct host_bluez *bz, const char *name,
        struct host_error *err)
{
    GPtrArray *paths = host_bluez_paths(bz, NULL, HOST_BLUEZ_ADAPTER);
    char *found = NULL;

    for (guint i = 0; i < paths->len && found == NULL; i++) {
        const char *path = g_ptr_array_index(paths, i);
        bool on = host_bluez_flag(bz, path, HOST_BLUEZ_ADAPTER, "Powered");

        if (name != NULL && strcmp(base_name(path), name) == 0) {
            found = g_strdup(path);
            if (!on) {
                host_error_set(err, DFU_NO_DEVICE,
                        "switch it on: bluetoothctl power on (and rfkill "
                        "unblock bluetooth)",
                        "Bluetooth: the adapter %s is switched off", name);
                g_clear_pointer(&found, g_free);
                break;
            }
        } else if (name == NULL && on) {
            found = g_strdup(path);
        }
    }
    if (found == NULL) {
        no_adapter(bz, paths, name, err);
    }
    g_ptr_array_unref(paths);
    return found;
}

enum host_bluez_kind host_bluez_discover(struct host_bluez *bz,
        const char *adapter, struct host_bluez_reply *reply)
{
    struct host_bluez_call call = { .path = adapter,
        .iface = HOST_BLUEZ_ADAPTER,
        .method = "SetDiscoveryFilter" };
    GVariantBuilder filter;

    g_variant_builder_init(&filter, G_VARIANT_TYPE("a{sv}"));
    g_variant_builder_add(&filter, "{sv}", "Transport",
            g_variant_new_string("le"));
    g_variant_builder_add(&filter, "{sv}", "DuplicateData",
            g_variant_new_boolean(TRUE));
    call.args = g_variant_new("(a{sv})", &filter);
    if (host_bluez_call(bz, &call, reply) != HOST_BLUEZ_OK) {
        return reply->kind;
    }
    host_bluez_reply_clear(reply);
    call.method = "StartDiscovery";
    call.args = NULL;
    if (host_bluez_call(bz, &call, reply) == HOST_BLUEZ_BUSY) {
        /* Ours is running already, or is being started. */
        host_bluez_reply_clear(reply);
    }
    return reply->kind;
}

void host_bluez_discover_stop(struct host_bluez *bz, const char *adapter)
{
    const struct host_bluez_call call = { .path = adapter,
        .iface = HOST_BLUEZ_ADAPTER,
        .method = "StopDiscovery" };
    struct host_bluez_reply reply;

    if (host_bluez_alive(bz)) {
        (void)host_bluez_call(bz, &call, &reply);
        host_bluez_reply_clear(&reply);
    }
}

/* ---- scan ---- */

static void device_free(gpointer data)
{
    struct host_ble_device *d = data;

    g_free(d->path);
    g_free(d->address);
    g_free(d->name);
    g_free(d->adapter);
    g_free(d);
}

static int rssi_of(const struct host_bluez *bz, const char *path)
{
    GVariant *value = host_bluez_get(bz, path, HOST_BLUEZ_DEVICE, "RSSI");

    return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_INT16)
            ? g_variant_get_int16(value)
            : NO_RSSI;
}

static struct host_ble_device *find_device(GPtrArray *list, const char *path)
{
    for (guint i = 0; i < list->len; i++) {
        struct host_ble_device *d = g_ptr_array_index(list, i);

        if (strcmp(d->path, path) == 0) {
            return d;
        }
    }
    return NULL;
}

static bool wanted(const struct host_ble_scan *scan,
        const struct host_ble_device *d)
{
    if (scan->smp_only && !d->smp) {
        return false;
    }
    if (scan->name != NULL &&
            (d->name == NULL || strstr(d->name, scan->name) == NULL) &&
            g_ascii_strcasecmp(d->address, scan->name) != 0) {
        return false;
    }
    return scan->rssi_min == 0 || d->rssi >= scan->rssi_min;
}

/* Heard in this scan: only then BlueZ tells a signal strength. */
static void look_at(struct host_bluez *bz, const struct host_ble_scan *scan,
        const char *path, GPtrArray *list)
{
    struct host_ble_device *d = find_device(list, path);
    const char *name = host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Name");
    bool heard = host_bluez_get(bz, path, HOST_BLUEZ_DEVICE, "RSSI") != NULL;
    bool connected = host_bluez_flag(bz, path, HOST_BLUEZ_DEVICE, "Connected");
    bool fresh = d == NULL;

    if (!heard && !connected) {
        return;
    }
    if (fresh) {
        d = g_new0(struct host_ble_device, 1);
        d->path = g_strdup(path);
        d->address = g_strdup(
                host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Address"));
        d->adapter = g_strdup(base_name(
                host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Adapter")));
        d->rssi = NO_RSSI;
    }
    if (name[0] != '\0' && g_strcmp0(name, d->name) != 0) {
        g_free(d->name);
        d->name = g_strdup(name);
    }
    if (heard) {
        d->rssi = rssi_of(bz, path);
    }
    d->smp = host_bluez_lists(bz, path, HOST_BLUEZ_DEVICE, "UUIDs",
            HOST_BLUEZ_SMP_SERVICE);
    d->paired = host_bluez_flag(bz, path, HOST_BLUEZ_DEVICE, "Paired");
    d->connected = connected;
    if (!fresh) {
        return;
    }
    if (!wanted(scan, d)) {
        device_free(d);
        return;
    }
    g_ptr_array_add(list, d);
    if (scan->found != NULL) {
        scan->found(scan->ctx, d);
    }
}

static void look_around(struct host_bluez *bz, const struct host_ble_scan *scan,
        GPtrArray *adapters, GPtrArray *list)
{
    for (guint i = 0; i < adapters->len; i++) {
        GPtrArray *paths = host_bluez_paths(bz, g_ptr_array_index(adapters, i),
                HOST_BLUEZ_DEVICE);

        for (guint k = 0; k < paths->len; k++) {
            look_at(bz, scan, g_ptr_array_index(paths, k), list);
        }
        g_ptr_array_unref(paths);
    }
}

static GPtrArray *adapters_on(struct host_bluez *bz, const char *name,
        struct host_error *err)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    char *first = host_bluez_adapter(bz, name, err);

    if (first == NULL) {
        g_ptr_array_unref(list);
        return NULL;
    }
    if (name != NULL) {
        g_ptr_array_add(list, first);
        return list;
    }
    g_ptr_array_unref(list);
    g_free(first);
    list = host_bluez_paths(bz, NULL, HOST_BLUEZ_ADAPTER);
    for (guint i = list->len; i > 0; i--) {
        const char *path = g_ptr_array_index(list, i - 1);

        if (!host_bluez_flag(bz, path, HOST_BLUEZ_ADAPTER, "Powered")) {
            g_ptr_array_remove_index(list, i - 1);
        }
    }
    return list;
}

static gint stronger(gconstpointer a, gconstpointer b)
{
    const struct host_ble_device *x = *(struct host_ble_device *const *)a;
    const struct host_ble_device *y = *(struct host_ble_device *const *)b;
    int rx = x->rssi == NO_RSSI ? -200 : x->rssi;
    int ry = y->rssi == NO_RSSI ? -200 : y->rssi;

    return rx != ry ? ry - rx : strcmp(x->path, y->path);
}

static int start_all(struct host_bluez *bz, GPtrArray *adapters,
        struct host_error *err)
{
    for (guint i = 0; i < adapters->len; i++) {
        const char *path = g_ptr_array_index(adapters, i);
        struct host_bluez_reply reply;

        if (host_bluez_discover(bz, path, &reply) != HOST_BLUEZ_OK) {
            host_bluez_fail(err, &reply, base_name(path), "listen for devices");
            host_bluez_reply_clear(&reply);
            return -1;
        }
        host_bluez_reply_clear(&reply);
    }
    return 0;
}

static void stop_all(struct host_bluez *bz, GPtrArray *adapters)
{
    for (guint i = 0; i < adapters->len; i++) {
        host_bluez_discover_stop(bz, g_ptr_array_index(adapters, i));
    }
}

static int scan_for(struct host_bluez *bz, const struct host_ble_scan *scan,
        GPtrArray *adapters, GPtrArray *list, struct host_error *err)
{
    uint32_t begin = host_clock_ms();
    uint32_t started = begin;

    if (start_all(bz, adapters, err) != 0) {
        return -1;
    }
    for (;;) {
        uint32_t now = host_clock_ms();

        look_around(bz, scan, adapters, list);
        if (host_bluez_cancelled(bz)) {
            stop_all(bz, adapters);
            return host_error_set(err, DFU_INTERRUPTED, NULL, "interrupted");
        }
        if (!host_bluez_alive(bz)) {
            return host_error_set(err, DFU_NO_DEVICE,
                    "start bluetoothd again, then scan again", "Bluetooth: %s",
                    host_bluez_reason(bz));
        }
        if (now - begin >= scan->time_ms) {
            break;
        }
        if (now - started >= RESTART_MS) {
            stop_all(bz, adapters);
            if (start_all(bz, adapters, err) != 0) {
                return -1;
            }
            started = now;
        }
        host_bluez_wait(bz, NULL, 0,
                MIN(scan->time_ms - (now - begin), RESTART_MS));
    }
    stop_all(bz, adapters);
    return 0;
}

int host_bluez_scan(const struct host_ble_scan *scan, GPtrArray **list,
        struct host_error *err)
{
    struct host_bluez *bz = host_bluez_open(scan->cancel_fd, err);
    GPtrArray *devices;
    GPtrArray *adapters;
    int result = -1;

    if (bz == NULL) {
        return -1;
    }
    devices = g_ptr_array_new_with_free_func(device_free);
    adapters = adapters_on(bz, scan->adapter, err);
    if (adapters != NULL) {
        result = scan_for(bz, scan, adapters, devices, err);
        g_ptr_array_unref(adapters);
    }
    host_bluez_close(bz);
    if (result != 0) {
        g_ptr_array_unref(devices);
        return -1;
    }
    g_ptr_array_sort(devices, stronger);
    *list = devices;
    return 0;
}

/* ---- forget ---- */

static bool is_called(struct host_bluez *bz, const char *path, const char *who)
{
    const char *address =
            host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Address");

    return g_ascii_strcasecmp(address, who) == 0 ||
            strcmp(host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Name"), who) ==
            0 ||
            strcmp(host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Alias"),
                    who) == 0;
}

static int remove_device(struct host_bluez *bz, const char *path,
        const char *who, struct host_error *err)
{
    const char *adapter =
            host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Adapter");
    const struct host_bluez_call call = { .path = adapter,
        .iface = HOST_BLUEZ_ADAPTER,
        .method = "RemoveDevice",
        .args = g_variant_new("(o)", path) };
    struct host_bluez_reply reply;
    int result = 0;

    if (host_bluez_call(bz, &call, &reply) != HOST_BLUEZ_OK) {
        result = host_bluez_fail(err, &reply, who, "forget");
    }
    host_bluez_reply_clear(&reply);
    return result;
}

int host_bluez_forget(const char *who, const char *adapter,
        struct host_error *err)
{
    struct host_bluez *bz = host_bluez_open(-1, err);
    GPtrArray *paths;
    int count = 0;

    if (bz == NULL) {
        return -1;
    }
    paths = host_bluez_paths(bz, NULL, HOST_BLUEZ_DEVICE);
    for (guint i = 0; i < paths->len && count >= 0; i++) {
        const char *path = g_ptr_array_index(paths, i);
        const char *at = base_name(
                host_bluez_text(bz, path, HOST_BLUEZ_DEVICE, "Adapter"));

        if (!is_called(bz, path, who) ||
                (adapter != NULL && strcmp(at, adapter) != 0)) {
            continue;
        }
        count = remove_device(bz, path, who, err) == 0 ? count + 1 : -1;
    }
    g_ptr_array_unref(paths);
    host_bluez_close(bz);
    if (count == 0) {
        return host_error_set(err, DFU_NO_DEVICE,
                "look at what BlueZ keeps: bluetoothctl devices",
                "%s: BlueZ keeps no device of that name or address", who);
    }
    return count;
}
