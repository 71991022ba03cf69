// SPDX-License-Identifier: Apache-2.0
/*
 * Which of the devices around is ours. First by what the user gave; after a
 * restart also by the address it had, by the name it had, or by the name the
 * user expects afterwards: a random address may be another one, a name too.
 */
#include <string.h>

#include "host/link_ble_private.h"

/* Listening starts afresh after this time, see bluez_scan.c. */
#define RESTART_MS 1500u
/* Another device of the same name shows itself within this time. */
#define SETTLE_MS 300u
/* Signals may be missing when another program listens too: ask. */
#define ASK_MS 4000u

static const char *text_of(const struct link_ble *b, const char *path,
        const char *name)
{
    return host_bluez_text(b->bz, path, HOST_BLUEZ_DEVICE, name);
}

static bool is_connected(const struct link_ble *b, const char *path)
{
    return host_bluez_flag(b->bz, path, HOST_BLUEZ_DEVICE, "Connected");
}

static bool is_named(const struct link_ble *b, const char *path,
        const char *name)
{
    return name != NULL &&
            (strcmp(text_of(b, path, "Name"), name) == 0 ||
                    strcmp(text_of(b, path, "Alias"), name) == 0);
}

static bool is_it(const struct link_ble *b, const char *path, bool again)
{
    const char *address = text_of(b, path, "Address");

    if (host_bluez_is_address(b->who)) {
        if (g_ascii_strcasecmp(address, b->who) == 0) {
            return true;
        }
    } else if (is_named(b, path, b->who)) {
        return true;
    }
    return again &&
            ((b->address != NULL && strcmp(address, b->address) == 0) ||
                    is_named(b, path, b->name) || is_named(b, path, b->after));
}

static bool is_heard(const struct link_ble *b, const char *path, bool again)
{
    /* A connected device does not advertise; it is there all the same, unless
     * it has just restarted and BlueZ has not noticed. After that BlueZ may
     * have connected a bonded device by itself. */
    if (is_connected(b, path)) {
        return !again || b->went || b->theirs;
    }
    return host_bluez_get(b->bz, path, HOST_BLUEZ_DEVICE, "RSSI") != NULL;
}

/* Every candidate on the adapters we listen on. */
static GPtrArray *candidates(struct link_ble *b, bool again)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < b->listening->len; i++) {
        GPtrArray *paths = host_bluez_paths(b->bz,
                g_ptr_array_index(b->listening, i), HOST_BLUEZ_DEVICE);

        for (guint k = 0; k < paths->len; k++) {
            const char *path = g_ptr_array_index(paths, k);

            if (is_heard(b, path, again) && is_it(b, path, again)) {
                g_ptr_array_add(found, g_strdup(path));
            }
        }
        g_ptr_array_unref(paths);
    }
    return found;
}

/* The one with the known address wins; then all must be one device. */
static const char *choose(const struct link_ble *b, const GPtrArray *found,
        struct host_error *err)
{
    const char *first = g_ptr_array_index(found, 0);

    for (guint i = 0; i < found->len; i++) {
        const char *path = g_ptr_array_index(found, i);

        if (b->address != NULL &&
                strcmp(text_of(b, path, "Address"), b->address) == 0) {
            return path;
        }
    }
    for (guint i = 1; i < found->len; i++) {
        const char *other = g_ptr_array_index(found, i);

        if (strcmp(text_of(b, other, "Address"),
                    text_of(b, first, "Address")) != 0) {
            host_error_set(err, DFU_NO_DEVICE,
                    "give the address instead of the name: -c ble:ADDRESS",
                    "%s: several devices are called that: %s and %s",
                    b->link.name, text_of(b, first, "Address"),
                    text_of(b, other, "Address"));
            return NULL;
        }
    }
    return first;
}

static void take_device(struct link_ble *b, const char *path)
{
    const char *name = text_of(b, path, "Name");

    g_free(b->path);
    b->path = g_strdup(path);
    g_free(b->address);
    b->address = g_strdup(text_of(b, path, "Address"));
    if (name[0] != '\0') {
        g_free(b->name);
        b->name = g_strdup(name);
    }
}

static int listen_all(struct link_ble *b, struct host_error *err)
{
    char *first = host_bluez_adapter(b->bz, b->adapter_name, err);
    GPtrArray *paths;

    if (first == NULL) {
        return -1;
    }
    if (b->adapter_name != NULL) {
        paths = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(paths, g_strdup(first));
    } else {
        paths = host_bluez_paths(b->bz, NULL, HOST_BLUEZ_ADAPTER);
    }
    g_free(first);
    b->listen_ms = host_clock_ms();
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        struct host_bluez_reply reply;

        if (!host_bluez_flag(b->bz, path, HOST_BLUEZ_ADAPTER, "Powered")) {
            continue;
        }
        if (host_bluez_discover(b->bz, path, &reply) == HOST_BLUEZ_OK) {
            g_ptr_array_add(b->listening, g_strdup(path));
        } else {
            host_bluez_fail(err, &reply, b->link.name, "listen for devices");
        }
        host_bluez_reply_clear(&reply);
    }
    g_ptr_array_unref(paths);
    return b->listening->len > 0 ? 0 : -1;
}

void host_ble_find_stop(struct link_ble *b)
{
    for (guint i = 0; i < b->listening->len; i++) {
        host_bluez_discover_stop(b->bz, g_ptr_array_index(b->listening, i));
    }
    g_ptr_array_set_size(b->listening, 0);
}

/* Is it heard now? BlueZ tells a signal strength only then. */
static bool ask_strength(struct link_ble *b, const char *path)
{
    const struct host_bluez_call call = { .path = path,
        .iface = "org.freedesktop.DBus.Properties",
        .method = "Get",
        .args = g_variant_new("(ss)", HOST_BLUEZ_DEVICE, "RSSI") };
    struct host_bluez_reply reply;
    enum host_bluez_kind kind = host_bluez_call(b->bz, &call, &reply);

    host_bluez_reply_clear(&reply);
    return kind == HOST_BLUEZ_OK;
}

/* While another program listens too, a device that comes back with the same
 * signal strength makes no signal: ask. */
static int ask_again(struct link_ble *b)
{
    GPtrArray *paths = host_bluez_paths(b->bz, NULL, HOST_BLUEZ_DEVICE);
    int result = 0;

    for (guint i = 0; i < paths->len && result == 0; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (is_it(b, path, true) && !is_connected(b, path) &&
                ask_strength(b, path)) {
            take_device(b, path);
            result = 1;
        }
    }
    g_ptr_array_unref(paths);
    return result;
}

/* 1 found, 0 not yet, -1 */
static int look_once(struct link_ble *b, bool again, struct host_error *err)
{
    GPtrArray *found = candidates(b, again);
    const char *path = NULL;
    int result = 0;

    if (found->len > 0) {
        bool sure = again || host_bluez_is_address(b->who);

        if (!sure) {
            uint32_t until = host_clock_ms() + SETTLE_MS;

            while ((int32_t)(until - host_clock_ms()) > 0 &&
                    !host_bluez_cancelled(b->bz)) {
                host_bluez_wait(b->bz, NULL, 0, until - host_clock_ms());
            }
            g_ptr_array_unref(found);
            found = candidates(b, again);
        }
        path = found->len > 0 ? choose(b, found, err) : NULL;
        result = path != NULL ? 1 : found->len > 0 ? -1 : 0;
    }
    if (path != NULL) {
        take_device(b, path);
    }
    g_ptr_array_unref(found);
    return result;
}

/* 0 listening, negative: interrupted, or no adapter can listen */
static int keep_listening(struct link_ble *b, uint32_t now,
        struct host_error *err)
{
    if (host_bluez_cancelled(b->bz)) {
        return host_error_set(err, DFU_INTERRUPTED, NULL, "interrupted");
    }
    if (!host_bluez_alive(b->bz)) {
        return host_error_set(err, DFU_NO_DEVICE,
                "start bluetoothd again, then try again", "%s: %s",
                b->link.name, host_bluez_reason(b->bz));
    }
    if (b->listening->len > 0 && now - b->listen_ms >= RESTART_MS) {
        host_ble_find_stop(b);
    }
    return b->listening->len == 0 ? listen_all(b, err) : 0;
}

int host_ble_find(struct link_ble *b, uint32_t time_ms, bool again,
        struct host_error *err)
{
    uint32_t begin = host_clock_ms();

    for (;;) {
        uint32_t now = host_clock_ms();
        int result = keep_listening(b, now, err);

        if (result != 0) {
            return result;
        }
        result = look_once(b, again, err);
        if (result == 0 && again && now - b->looking_ms >= ASK_MS) {
            b->looking_ms = now;
            result = ask_again(b);
        }
        if (result != 0) {
            return result;
        }
        now = host_clock_ms();
        if (now - begin >= time_ms) {
            return 0;
        }
        host_bluez_wait(b->bz, NULL, 0,
                MIN(time_ms - (now - begin),
                        RESTART_MS - MIN(now - b->listen_ms, RESTART_MS - 1)));
    }
}

/* BlueZ remembers it, but it is not heard now. */
static const char *remembered(const struct link_ble *b, const GPtrArray *paths)
{
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (is_it(b, path, true)) {
            return text_of(b, path, "Address");
        }
    }
    return NULL;
}

int host_ble_find_failed(struct link_ble *b, struct host_error *err)
{
    GPtrArray *paths = host_bluez_paths(b->bz, NULL, HOST_BLUEZ_DEVICE);
    const char *known = remembered(b, paths);
    GString *seen = g_string_new(NULL);
    unsigned heard = 0;

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        const char *name = text_of(b, path, "Alias");
        char *safe;

        if (!is_heard(b, path, false)) {
            continue;
        }
        heard++;
        if (!host_bluez_lists(b->bz, path, HOST_BLUEZ_DEVICE, "UUIDs",
                    HOST_BLUEZ_SMP_SERVICE)) {
            continue;
        }
        safe = host_text_escape(name, strlen(name));
        g_string_append_printf(seen, "%s%s (%s)", seen->len > 0 ? ", " : "",
                safe, text_of(b, path, "Address"));
        g_free(safe);
    }
    g_ptr_array_unref(paths);
    if (known != NULL) {
        host_error_set(err, DFU_NO_DEVICE,
                "switch it on and near, disconnect it from phone apps and "
                "other computers; find=60 in the URI waits longer",
                "%s: BlueZ knows the device (%s), but it does not advertise "
                "now: it is off, out of reach, or connected to another phone "
                "or computer",
                b->link.name, known);
    } else if (seen->len > 0) {
        host_error_set(err, DFU_NO_DEVICE,
                "check the name; a device that is connected to a phone does "
                "not advertise",
                "%s: no such device is heard; devices with SMP: %s",
                b->link.name, seen->str);
    } else {
        host_error_set(err, DFU_NO_DEVICE,
                "switch the device on and near; a device that is connected to "
                "a phone or another computer does not advertise; smpctl scan "
                "--all shows everything",
                "%s: no such device is heard (%u others are)", b->link.name,
                heard);
    }
    g_string_free(seen, TRUE);
    return -1;
}
