// SPDX-License-Identifier: Apache-2.0
/*
 * The GATT application of smpsim: the SMP service, and the LED Button Service
 * that the applications of the nRF Connect SDK bring along.
 */
#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vdev/main_ble.h"

#define CHAR_IFACE    "org.bluez.GattCharacteristic1"
#define SERVICE_IFACE "org.bluez.GattService1"
#define PENDING_MAX   4096u
/* bluetoothd sends Multiple Handle Value Notifications to clients that know
 * them, and cuts what exceeds MTU - 5 without a word (BlueZ 5.66). */
#define NOTIFY_HEAD 5u
#define ATT_MTU     23u

static const char gatt_xml[] =
        "<node>"
        "<interface name='org.freedesktop.DBus.ObjectManager'>"
        "<method name='GetManagedObjects'>"
        "<arg type='a{oa{sa{sv}}}' direction='out'/></method></interface>"
        "<interface name='" SERVICE_IFACE "'>"
        "<property name='UUID' type='s' access='read'/>"
        "<property name='Primary' type='b' access='read'/></interface>"
        "<interface name='" CHAR_IFACE "'>"
        "<method name='ReadValue'><arg type='a{sv}' direction='in'/>"
        "<arg type='ay' direction='out'/></method>"
        "<method name='WriteValue'><arg type='ay' direction='in'/>"
        "<arg type='a{sv}' direction='in'/></method>"
        "<method name='AcquireWrite'><arg type='a{sv}' direction='in'/>"
        "<arg type='h' direction='out'/><arg type='q' direction='out'/>"
        "</method>"
        "<method name='AcquireNotify'><arg type='a{sv}' direction='in'/>"
        "<arg type='h' direction='out'/><arg type='q' direction='out'/>"
        "</method>"
        "<method name='StartNotify'/><method name='StopNotify'/>"
        "<property name='UUID' type='s' access='read'/>"
        "<property name='Service' type='o' access='read'/>"
        "<property name='Flags' type='as' access='read'/>"
        "<property name='WriteAcquired' type='b' access='read'/>"
        "<property name='NotifyAcquired' type='b' access='read'/>"
        "</interface>"
        "</node>";

static const char *const smp_open[] = { "write-without-response", "notify",
    NULL };
static const char *const smp_encrypt[] = { "write-without-response", "notify",
    "encrypt-write", "encrypt-notify", NULL };
static const char *const smp_authen[] = { "write-without-response", "notify",
    "encrypt-authenticated-write", "encrypt-authenticated-notify", NULL };
static const char *const lbs_button[] = { "read", "notify", NULL };
static const char *const lbs_led[] = { "read", "write",
    "write-without-response", NULL };

static bool is_smp(const struct ble_object *o)
{
    return strcmp(o->uuid, BLE_SMP_CHAR) == 0;
}

/* ---- answers ---- */

static void drop_pending(struct main_ble *ble)
{
    GBytes *bytes;
    while ((bytes = g_queue_pop_head(ble->pending)) != NULL) {
        g_bytes_unref(bytes);
    }
}

static gboolean on_room(gint fd, GIOCondition condition, gpointer data)
{
    struct main_ble *ble = data;
    (void)condition;
    while (!g_queue_is_empty(ble->pending)) {
        gsize len;
        const guint8 *buf =
                g_bytes_get_data(g_queue_peek_head(ble->pending), &len);
        if (send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return G_SOURCE_CONTINUE;
            }
            drop_pending(ble);
            break;
        }
        g_bytes_unref(g_queue_pop_head(ble->pending));
    }
    ble->room_watch = 0;
    return G_SOURCE_REMOVE;
}

static void notify_socket(struct main_ble *ble, const guint8 *buf, gsize len)
{
    if (g_queue_is_empty(ble->pending) &&
            send(ble->notify_fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        return;
    }
    if (g_queue_get_length(ble->pending) >= PENDING_MAX) {
        return;
    }
    g_queue_push_tail(ble->pending, g_bytes_new(buf, len));
    if (ble->room_watch == 0) {
        ble->room_watch = g_unix_fd_add(ble->notify_fd, G_IO_OUT, on_room, ble);
    }
}

static void notify_signal(struct main_ble *ble, const guint8 *buf, gsize len)
{
    GVariantBuilder changed;
    const char *path = NULL;
    for (int i = 0; i < ble->object_count; i++) {
        if (is_smp(&ble->object[i])) {
            path = ble->object[i].path;
        }
    }
    g_variant_builder_init(&changed, G_VARIANT_TYPE("a{sv}"));
    g_variant_builder_add(&changed, "{sv}", "Value",
            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, buf, len, 1));
    g_dbus_connection_emit_signal(ble->bus, NULL, path,
            "org.freedesktop.DBus.Properties", "PropertiesChanged",
            g_variant_new("(sa{sv}as)", CHAR_IFACE, &changed, NULL), NULL);
}

void ble_gatt_notify(struct main_ble *ble, const guint8 *buf, gsize len)
{
    gsize room = MAX(ble->mtu, ATT_MTU) - NOTIFY_HEAD;
    if (ble->spec.fragment != 0 && ble->spec.fragment < room) {
        room = ble->spec.fragment;
    }
    for (gsize off = 0; off < len; off += room) {
        gsize n = MIN(len - off, room);
        if (ble->notify_fd >= 0) {
            notify_socket(ble, buf + off, n);
        } else if (ble->notifying) {
            notify_signal(ble, buf + off, n);
        }
    }
}

/* ---- requests ---- */

static void close_writes(struct main_ble *ble)
{
    if (ble->write_watch != 0) {
        g_source_remove(ble->write_watch);
    }
    if (ble->write_fd >= 0) {
        close(ble->write_fd);
    }
    ble->write_watch = 0;
    ble->write_fd = -1;
}

static void close_notify(struct main_ble *ble)
{
    if (ble->notify_watch != 0) {
        g_source_remove(ble->notify_watch);
    }
    if (ble->room_watch != 0) {
        g_source_remove(ble->room_watch);
    }
    if (ble->notify_fd >= 0) {
        close(ble->notify_fd);
    }
    ble->notify_watch = 0;
    ble->room_watch = 0;
    ble->notify_fd = -1;
    drop_pending(ble);
}

static gboolean on_write(gint fd, GIOCondition condition, gpointer data)
{
    struct main_ble *ble = data;
    guint8 buf[1024];
    ssize_t n;
    (void)condition;
    while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
        main_input(ble->port, 0, buf, (gsize)n);
        if (ble->write_fd != fd) {
            return G_SOURCE_REMOVE; /* reset while we were in there */
        }
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        ble->write_watch = 0;
        close_writes(ble);
        main_pump(ble->port->sim);
        return G_SOURCE_REMOVE;
    }
    main_pump(ble->port->sim);
    return ble->write_fd == fd ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Nobody writes into this end: readable means closed. */
static gboolean on_notify_closed(gint fd, GIOCondition condition, gpointer data)
{
    struct main_ble *ble = data;
    (void)fd;
    (void)condition;
    ble->notify_watch = 0;
    close_notify(ble);
    return G_SOURCE_REMOVE;
}

static void take_mtu(struct main_ble *ble, GVariant *options)
{
    guint16 mtu;
    if (g_variant_lookup(options, "mtu", "q", &mtu)) {
        ble->mtu = mtu;
    }
}

static void acquire(struct main_ble *ble, bool writes, GVariant *options,
        GDBusMethodInvocation *call)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                fds) != 0) {
        g_dbus_method_invocation_return_dbus_error(call,
                "org.bluez.Error.Failed", strerror(errno));
        return;
    }
    take_mtu(ble, options);
    if (writes) {
        close_writes(ble);
        ble->write_fd = fds[0];
        ble->write_watch =
                g_unix_fd_add(fds[0], G_IO_IN | G_IO_HUP, on_write, ble);
    } else {
        close_notify(ble);
        ble->notify_fd = fds[0];
        ble->notify_watch = g_unix_fd_add(fds[0], G_IO_IN | G_IO_HUP,
                on_notify_closed, ble);
        vdev_device_port_opened(ble->port->sim->device, ble->port->number);
    }
    GUnixFDList *list = g_unix_fd_list_new_from_array(&fds[1], 1);
    g_dbus_method_invocation_return_value_with_unix_fd_list(call,
            g_variant_new("(hq)", 0, ble->mtu), list);
    g_object_unref(list);
}

static void written(struct ble_object *o, const guint8 *buf, gsize len)
{
    struct main_ble *ble = o->ble;
    if (is_smp(o)) {
        main_input(ble->port, 0, buf, len);
        main_pump(ble->port->sim);
    } else if (len > 0) {
        o->value = buf[0];
        fprintf(stderr, "smpsim: LED %s\n", buf[0] != 0 ? "on" : "off");
    }
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_char_call(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *method, GVariant *args,
        GDBusMethodInvocation *call, gpointer data)
{
    struct ble_object *o = data;
    struct main_ble *ble = o->ble;
    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    if (strcmp(method, "ReadValue") == 0) {
        g_dbus_method_invocation_return_value(call,
                g_variant_new("(@ay)",
                        g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE,
                                &o->value, 1, 1)));
        return;
    }
    if (strcmp(method, "WriteValue") == 0) {
        GVariant *value = g_variant_get_child_value(args, 0);
        GVariant *options = g_variant_get_child_value(args, 1);
        gsize len;
        const guint8 *buf = g_variant_get_fixed_array(value, &len, 1);
        take_mtu(ble, options);
        g_dbus_method_invocation_return_value(call, NULL);
        written(o, buf, len);
        g_variant_unref(value);
        g_variant_unref(options);
        return;
    }
    if (strcmp(method, "AcquireWrite") == 0 ||
            strcmp(method, "AcquireNotify") == 0) {
        GVariant *options = g_variant_get_child_value(args, 0);
        acquire(ble, strcmp(method, "AcquireWrite") == 0, options, call);
        g_variant_unref(options);
        return;
    }
    if (is_smp(o)) {
        ble->notifying = strcmp(method, "StartNotify") == 0;
        vdev_device_port_opened(ble->port->sim->device, ble->port->number);
    }
    g_dbus_method_invocation_return_value(call, NULL);
}

/* ---- properties and objects ---- */

static GVariant *property(const struct ble_object *o, const char *name)
{
    if (strcmp(name, "UUID") == 0) {
        return g_variant_new_string(o->uuid);
    }
    if (strcmp(name, "Primary") == 0) {
        return g_variant_new_boolean(TRUE);
    }
    if (strcmp(name, "Service") == 0) {
        return g_variant_new_object_path(o->ble->object[o->service].path);
    }
    if (strcmp(name, "Flags") == 0) {
        return g_variant_new_strv(o->flags, -1);
    }
    return g_variant_new_boolean(FALSE);
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static GVariant *on_get(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *name, GError **error,
        gpointer data)
{
    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)error;
    return property(data, name);
}

static void add_object(GVariantBuilder *all, const struct ble_object *o)
{
    static const char *const service[] = { "UUID", "Primary", NULL };
    static const char *const plain[] = { "UUID", "Service", "Flags", NULL };
    static const char *const sockets[] = { "UUID", "Service", "Flags",
        "WriteAcquired", "NotifyAcquired", NULL };
    const char *const *names = o->service < 0 ? service : plain;
    /* Offering these two properties makes bluetoothd ask for sockets. */
    if (o->service >= 0 && is_smp(o) && !o->ble->spec.method) {
        names = sockets;
    }
    g_variant_builder_open(all, G_VARIANT_TYPE("{oa{sa{sv}}}"));
    g_variant_builder_add(all, "o", o->path);
    g_variant_builder_open(all, G_VARIANT_TYPE("a{sa{sv}}"));
    g_variant_builder_open(all, G_VARIANT_TYPE("{sa{sv}}"));
    g_variant_builder_add(all, "s",
            o->service < 0 ? SERVICE_IFACE : CHAR_IFACE);
    g_variant_builder_open(all, G_VARIANT_TYPE("a{sv}"));
    for (; *names != NULL; names++) {
        g_variant_builder_add(all, "{sv}", *names, property(o, *names));
    }
    g_variant_builder_close(all);
    g_variant_builder_close(all);
    g_variant_builder_close(all);
    g_variant_builder_close(all);
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_root_call(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *method, GVariant *args,
        GDBusMethodInvocation *call, gpointer data)
{
    struct main_ble *ble = data;
    GVariantBuilder all;
    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)method;
    (void)args;
    g_variant_builder_init(&all, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
    for (int i = 0; i < ble->object_count; i++) {
        add_object(&all, &ble->object[i]);
    }
    g_dbus_method_invocation_return_value(call,
            g_variant_new("(a{oa{sa{sv}}})", &all));
}

static int add(struct main_ble *ble, const char *uuid, int service,
        const char *const *flags, const char *name)
{
    static const GDBusInterfaceVTable service_table = { .get_property =
                                                                on_get };
    static const GDBusInterfaceVTable char_table = {
        .method_call = on_char_call,
        .get_property = on_get,
    };
    int number = ble->object_count++;
    struct ble_object *o = &ble->object[number];
    *o = (struct ble_object){ .ble = ble,
        .uuid = uuid,
        .service = service,
        .flags = flags };
    o->path = g_strdup_printf("%s/%s",
            service < 0 ? ble->root : ble->object[service].path, name);
    o->id = g_dbus_connection_register_object(ble->bus, o->path,
            g_dbus_node_info_lookup_interface(ble->info,
                    service < 0 ? SERVICE_IFACE : CHAR_IFACE),
            service < 0 ? &service_table : &char_table, o, NULL, NULL);
    return number;
}

bool ble_gatt_export(struct main_ble *ble)
{
    static const GDBusInterfaceVTable table = { .method_call = on_root_call };
    if (ble->info == NULL) {
        ble->info = g_dbus_node_info_new_for_xml(gatt_xml, NULL);
    }
    if (ble_has_smp(ble)) {
        const char *const *flags = ble->spec.auth == NULL ? smp_open
                : strcmp(ble->spec.auth, "authen") == 0   ? smp_authen
                                                          : smp_encrypt;
        int smp = add(ble, BLE_SMP_SERVICE, -1, NULL, "service0");
        add(ble, BLE_SMP_CHAR, smp, flags, "char0");
    }
    if (!ble->spec.no_lbs) {
        int lbs = add(ble, BLE_LBS_SERVICE, -1, NULL, "service1");
        add(ble, BLE_LBS_BUTTON, lbs, lbs_button, "char0");
        add(ble, BLE_LBS_LED, lbs, lbs_led, "char1");
    }
    ble->root_id = g_dbus_connection_register_object(ble->bus, ble->root,
            ble->info->interfaces[0], &table, ble, NULL, NULL);
    if (ble->root_id == 0) {
        fprintf(stderr, "smpsim: --ble: cannot export objects\n");
        return false;
    }
    return true;
}

void ble_gatt_remove(struct main_ble *ble)
{
    close_writes(ble);
    close_notify(ble);
    ble->notifying = false;
    for (int i = 0; i < ble->object_count; i++) {
        g_dbus_connection_unregister_object(ble->bus, ble->object[i].id);
        g_free(ble->object[i].path);
    }
    ble->object_count = 0;
    if (ble->root_id != 0) {
        g_dbus_connection_unregister_object(ble->bus, ble->root_id);
    }
    ble->root_id = 0;
}
