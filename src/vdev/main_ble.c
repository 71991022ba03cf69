// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim's Bluetooth LE port: a GATT application and an advertisement at
 * BlueZ. At reset both are taken back and the central is disconnected; when
 * the device has booted they come again, under the name that runs then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vdev/main_ble.h"

#define BLUEZ      "org.bluez"
#define ADVERT     "org.bluez.LEAdvertisement1"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define CALL_MS    20000
#define REGISTERED 2u
#define RETRY_MS   1000u

static const char advert_xml[] =
        "<node><interface name='" ADVERT "'><method name='Release'/>"
        "<property name='Type' type='s' access='read'/>"
        "<property name='LocalName' type='s' access='read'/>"
        "<property name='ServiceUUIDs' type='as' access='read'/>"
        "</interface></node>";

const char *ble_name(const struct main_ble *ble)
{
    if (ble->resets > 0 && ble->spec.after_name != NULL) {
        return ble->spec.after_name;
    }
    if (ble->spec.name != NULL) {
        return ble->spec.name;
    }
    return vdev_device_name(ble->port->sim->device);
}

bool ble_has_smp(const struct main_ble *ble)
{
    return !(ble->resets > 0 && ble->spec.after_no_smp);
}

static const char *adapter_name(const struct main_ble *ble)
{
    return ble->resets > 0 && ble->spec.after_adapter != NULL
            ? ble->spec.after_adapter
            : ble->spec.adapter;
}

static void give_up(struct main_ble *ble, const char *what, GError *error)
{
    g_dbus_error_strip_remote_error(error);
    fprintf(stderr, "smpsim: --ble %s: %s: %s\n", adapter_name(ble), what,
            error->message);
    g_error_free(error);
    ble->port->sim->failed = true;
    if (ble->port->sim->loop != NULL) {
        g_main_loop_quit(ble->port->sim->loop);
    }
}

/* ---- advertisement ---- */

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static GVariant *on_advert_get(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *name, GError **error,
        gpointer data)
{
    static const char *const uuids[] = { BLE_SMP_SERVICE, NULL };
    const struct main_ble *ble = data;
    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)error;
    if (strcmp(name, "Type") == 0) {
        return g_variant_new_string("peripheral");
    }
    if (strcmp(name, "LocalName") == 0) {
        return g_variant_new_string(ble_name(ble));
    }
    return g_variant_new_strv(uuids,
            ble->spec.no_uuid || !ble_has_smp(ble) ? 0 : 1);
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_advert_call(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *method, GVariant *args,
        GDBusMethodInvocation *call, gpointer data)
{
    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)method;
    (void)args;
    (void)data;
    g_dbus_method_invocation_return_value(call, NULL);
}

static void export_advert(struct main_ble *ble, const char *path)
{
    static const GDBusInterfaceVTable table = {
        .method_call = on_advert_call,
        .get_property = on_advert_get,
    };
    GDBusNodeInfo *info = g_dbus_node_info_new_for_xml(advert_xml, NULL);
    ble->advert_id = g_dbus_connection_register_object(ble->bus, path,
            info->interfaces[0], &table, ble, NULL, NULL);
    g_dbus_node_info_unref(info);
}

/* ---- BlueZ ---- */

static void registered(struct main_ble *ble, GVariant *answer, GError *error,
        const char *refused)
{
    if (answer == NULL) {
        if (ble->on_air) {
            give_up(ble, refused, error);
        } else {
            g_error_free(error);
        }
        return;
    }
    g_variant_unref(answer);
    if (++ble->registered < REGISTERED) {
        return;
    }
    fprintf(stderr, "%s ble %s %s\n", ble->announced ? "again" : "listening",
            adapter_name(ble), ble_name(ble));
    ble->announced = true;
}

static void on_services(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source),
            result, &error);
    registered(data, answer, error, "BlueZ does not take the services");
}

static void on_advert(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source),
            result, &error);
    registered(data, answer, error,
            "BlueZ does not take the advertisement (an adapter sends only a "
            "few: end other advertisers)");
}

static void call_adapter(struct main_ble *ble, const char *iface,
        const char *method, GVariant *args, GAsyncReadyCallback done)
{
    g_dbus_connection_call(ble->bus, BLUEZ, ble->adapter, iface, method, args,
            NULL, G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL, done, ble);
}

static void set_adapter(struct main_ble *ble, const char *name, GVariant *value)
{
    call_adapter(ble, PROPERTIES, "Set",
            g_variant_new("(ssv)", "org.bluez.Adapter1", name, value), NULL);
}

static char *advert_path(const struct main_ble *ble)
{
    return g_strconcat(ble->root, "/advert", NULL);
}

/* A device that is switched on: services, then advertising. */
static void go_on_air(struct main_ble *ble)
{
    char *path = advert_path(ble);
    g_free(ble->adapter);
    ble->adapter = g_strconcat("/org/bluez/", adapter_name(ble), NULL);
    ble->registered = 0;
    ble->on_air = true;
    if (ble->spec.power && ble->resets > 0) {
        set_adapter(ble, "Powered", g_variant_new_boolean(TRUE));
    }
    /* The name is read from the adapter too, once connected. */
    set_adapter(ble, "Alias", g_variant_new_string(ble_name(ble)));
    if (ble_gatt_export(ble)) {
        export_advert(ble, path);
        call_adapter(ble, "org.bluez.GattManager1", "RegisterApplication",
                g_variant_new("(oa{sv})", ble->root, NULL), on_services);
        call_adapter(ble, "org.bluez.LEAdvertisingManager1",
                "RegisterAdvertisement", g_variant_new("(oa{sv})", path, NULL),
                on_advert);
    }
    g_free(path);
}

static gboolean on_retry(gpointer data)
{
    struct main_ble *ble = data;
    ble->retry = 0;
    if (!ble->on_air && !ble->port->down) {
        go_on_air(ble);
    }
    return G_SOURCE_REMOVE;
}

static void disconnect_device(struct main_ble *ble, const char *path,
        GVariant *props)
{
    gboolean connected = FALSE;
    gsize len = strlen(ble->adapter);
    if (strncmp(path, ble->adapter, len) == 0 && path[len] == '/' &&
            g_variant_lookup(props, "Connected", "b", &connected) &&
            connected) {
        g_dbus_connection_call(ble->bus, BLUEZ, path, "org.bluez.Device1",
                "Disconnect", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL,
                NULL, NULL);
    }
}

static void on_objects(GObject *source, GAsyncResult *result, gpointer data)
{
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source),
            result, NULL);
    GVariantIter *objects;
    GVariantIter *ifaces;
    const char *path;
    if (answer == NULL) {
        return;
    }
    g_variant_get(answer, "(a{oa{sa{sv}}})", &objects);
    while (g_variant_iter_next(objects, "{&oa{sa{sv}}}", &path, &ifaces)) {
        const char *iface;
        GVariant *props;
        while (g_variant_iter_next(ifaces, "{&s@a{sv}}", &iface, &props)) {
            if (strcmp(iface, "org.bluez.Device1") == 0) {
                disconnect_device(data, path, props);
            }
            g_variant_unref(props);
        }
        g_variant_iter_free(ifaces);
    }
    g_variant_iter_free(objects);
    g_variant_unref(answer);
}

static void disconnect_all(struct main_ble *ble)
{
    if (ble->spec.power) {
        set_adapter(ble, "Powered", g_variant_new_boolean(FALSE));
        return;
    }
    g_dbus_connection_call(ble->bus, BLUEZ, "/",
            "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL,
            G_VARIANT_TYPE("(a{oa{sa{sv}}})"), G_DBUS_CALL_FLAGS_NONE, CALL_MS,
            NULL, on_objects, ble);
}

static void go_off_air(struct main_ble *ble)
{
    char *path = advert_path(ble);
    if (ble->on_air) {
        ble->on_air = false;
        call_adapter(ble, "org.bluez.LEAdvertisingManager1",
                "UnregisterAdvertisement", g_variant_new("(o)", path), NULL);
        call_adapter(ble, "org.bluez.GattManager1", "UnregisterApplication",
                g_variant_new("(o)", ble->root), NULL);
        disconnect_all(ble);
        g_dbus_connection_unregister_object(ble->bus, ble->advert_id);
        ble_gatt_remove(ble);
    }
    g_free(path);
}

/* bluetoothd has ended, and with it all we had told it. */
static void on_bluez_gone(GDBusConnection *bus, const char *name, gpointer data)
{
    struct main_ble *ble = data;
    (void)bus;
    (void)name;
    if (ble->on_air) {
        fprintf(stderr, "smpsim: --ble: bluetoothd is gone\n");
        ble->on_air = false;
        g_dbus_connection_unregister_object(ble->bus, ble->advert_id);
        ble_gatt_remove(ble);
    }
    ble->bluez_gone = true;
}

static void on_bluez_there(GDBusConnection *bus, const char *name,
        const char *owner, gpointer data)
{
    struct main_ble *ble = data;
    (void)bus;
    (void)name;
    (void)owner;
    if (ble->bluez_gone) {
        ble->bluez_gone = false;
        /* It takes its time to find the adapters. */
        ble->retry = g_timeout_add(RETRY_MS, on_retry, ble);
    }
}

/* ---- port ---- */

static void ble_send(struct main_port *port, const struct vdev_out *out)
{
    ble_gatt_notify(port->ble, out->buf, out->len);
}

static void ble_change(struct main_port *port, bool up)
{
    struct main_ble *ble = port->ble;
    if (up) {
        go_on_air(ble);
    } else {
        go_off_air(ble);
        ble->resets++;
    }
}

static void free_spec(struct ble_spec *spec)
{
    g_free(spec->adapter);
    g_free(spec->name);
    g_free(spec->after_name);
    g_free(spec->after_adapter);
    g_free(spec->auth);
}

static void ble_close(struct main_port *port)
{
    struct main_ble *ble = port->ble;
    g_bus_unwatch_name(ble->watch);
    if (ble->retry != 0) {
        g_source_remove(ble->retry);
    }
    go_off_air(ble);
    if (ble->alias != NULL) {
        set_adapter(ble, "Alias", g_variant_new_string(ble->alias));
    }
    g_dbus_connection_flush_sync(ble->bus, NULL, NULL);
    g_dbus_connection_close_sync(ble->bus, NULL, NULL);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    g_object_unref(ble->bus);
    if (ble->info != NULL) {
        g_dbus_node_info_unref(ble->info);
    }
    g_queue_free(ble->pending);
    g_free(ble->root);
    g_free(ble->adapter);
    g_free(ble->alias);
    free_spec(&ble->spec);
    g_free(ble);
    port->ble = NULL;
}

static const struct main_port_ops ble_ops = {
    .send = ble_send,
    .change = ble_change,
    .close = ble_close,
};

/* ---- options ---- */

static bool take_pair(struct ble_spec *spec, const char *key, const char *value)
{
    bool no = strcmp(value, "no") == 0;
    char *end;
    if (strcmp(key, "name") == 0) {
        spec->name = g_strdup(value);
    } else if (strcmp(key, "after-name") == 0) {
        spec->after_name = g_strdup(value);
    } else if (strcmp(key, "after-adapter") == 0) {
        spec->after_adapter = g_strdup(value);
    } else if (strcmp(key, "auth") == 0 &&
            (strcmp(value, "encrypt") == 0 || strcmp(value, "authen") == 0)) {
        spec->auth = g_strdup(value);
    } else if (strcmp(key, "io") == 0 && strcmp(value, "method") == 0) {
        spec->method = true;
    } else if (strcmp(key, "uuid") == 0 && no) {
        spec->no_uuid = true;
    } else if (strcmp(key, "lbs") == 0 && no) {
        spec->no_lbs = true;
    } else if (strcmp(key, "after-smp") == 0 && no) {
        spec->after_no_smp = true;
    } else if (strcmp(key, "reset") == 0 && strcmp(value, "power") == 0) {
        spec->power = true;
    } else if (strcmp(key, "fragment") == 0) {
        spec->fragment = g_ascii_strtoull(value, &end, 10);
        return *end == '\0' && spec->fragment > 0;
    } else {
        return false;
    }
    return true;
}

static bool parse_spec(const char *text, struct ble_spec *spec)
{
    gchar **parts = g_strsplit(text, ",", -1);
    bool ok = parts[0] != NULL && parts[0][0] != '\0' &&
            strpbrk(parts[0], "/=") == NULL;
    for (gchar **p = parts + (ok ? 1 : 0); ok && *p != NULL; p++) {
        char *value = strchr(*p, '=');
        ok = value != NULL;
        if (ok) {
            *value++ = '\0';
            ok = take_pair(spec, *p, value);
        }
        if (!ok) {
            fprintf(stderr,
                    "smpsim: --ble: \"%s\" is not one of name=, after-name=, "
                    "after-adapter=, after-smp=no, auth=encrypt|authen, "
                    "io=method, uuid=no, lbs=no, reset=power, fragment=N\n",
                    *p);
            g_strfreev(parts);
            return false;
        }
    }
    if (!ok) {
        fprintf(stderr,
                "smpsim: --ble: \"%s\" is no adapter: give its name, hci0; "
                "settings follow it, hci0,name=Unit7\n",
                text);
    }
    if (ok) {
        spec->adapter = g_strdup(parts[0]);
    }
    g_strfreev(parts);
    return ok;
}

static bool open_bus(struct main_ble *ble)
{
    GError *error = NULL;
    char *address =
            g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (address != NULL) {
        ble->bus = g_dbus_connection_new_for_address_sync(address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_free(address);
    }
    if (ble->bus == NULL) {
        fprintf(stderr,
                "smpsim: --ble: no connection to the D-Bus system bus: "
                "%s; start dbus-daemon and bluetoothd\n",
                error->message);
        g_error_free(error);
        return false;
    }
    g_dbus_connection_set_exit_on_close(ble->bus, FALSE);
    return true;
}

static void no_adapter(const struct main_ble *ble, GError *error)
{
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
            g_error_matches(error, G_DBUS_ERROR,
                    G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
        fprintf(stderr,
                "smpsim: --ble: bluetoothd does not run (no org.bluez on the "
                "system bus); start it: systemctl start bluetooth\n");
    } else if (g_error_matches(error, G_DBUS_ERROR,
                       G_DBUS_ERROR_ACCESS_DENIED)) {
        fprintf(stderr,
                "smpsim: --ble: the system bus does not let this user talk to "
                "BlueZ; log in at the machine itself, or add the user to the "
                "group bluetooth\n");
    } else {
        g_dbus_error_strip_remote_error(error);
        fprintf(stderr,
                "smpsim: --ble: no adapter %s at BlueZ: %s; bluetoothctl list "
                "shows those that are there\n",
                ble->spec.adapter, error->message);
    }
    g_error_free(error);
}

/* The adapter is there and on; its alias is kept for later. */
static bool check_adapter(struct main_ble *ble)
{
    GError *error = NULL;
    char *path = g_strconcat("/org/bluez/", ble->spec.adapter, NULL);
    gboolean powered = FALSE;
    GVariant *props = NULL;
    GVariant *answer = g_dbus_connection_call_sync(ble->bus, BLUEZ, path,
            PROPERTIES, "GetAll", g_variant_new("(s)", "org.bluez.Adapter1"),
            G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL,
            &error);
    g_free(path);
    if (answer == NULL) {
        no_adapter(ble, error);
        return false;
    }
    g_variant_get(answer, "(@a{sv})", &props);
    g_variant_lookup(props, "Alias", "s", &ble->alias);
    g_variant_lookup(props, "Powered", "b", &powered);
    g_variant_unref(props);
    g_variant_unref(answer);
    if (!powered) {
        fprintf(stderr,
                "smpsim: --ble: the adapter %s is switched off; switch it on: "
                "bluetoothctl power on (and rfkill unblock bluetooth)\n",
                ble->spec.adapter);
    }
    return powered;
}

bool main_ble_open(struct main_sim *sim, const char *text)
{
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_ATT,
        .reset = VDEV_PORT_GOES_DOWN,
    };
    struct main_ble *ble = g_new0(struct main_ble, 1);
    ble->write_fd = -1;
    ble->notify_fd = -1;
    bool ok =
            parse_spec(text, &ble->spec) && open_bus(ble) && check_adapter(ble);
    struct main_port *port = ok ? main_port_new(sim, &ble_ops, &spec) : NULL;
    if (port == NULL) {
        g_clear_object(&ble->bus);
        g_free(ble->alias);
        free_spec(&ble->spec);
        g_free(ble);
        return false;
    }
    port->ble = ble;
    ble->port = port;
    ble->root =
            g_strdup_printf("/org/smpsim/p%d_%d", (int)getpid(), port->number);
    ble->pending = g_queue_new();
    ble->watch = g_bus_watch_name_on_connection(ble->bus, BLUEZ,
            G_BUS_NAME_WATCHER_FLAGS_NONE, on_bluez_there, on_bluez_gone, ble,
            NULL);
    if (!port->down) {
        go_on_air(ble);
    }
    return true;
}
