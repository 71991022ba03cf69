// SPDX-License-Identifier: Apache-2.0
/* The connection to BlueZ: mirror of its objects, calls, waiting. */
#include <string.h>

#include "host/bluez_private.h"
#include "host/link.h"

#define BLUEZ      "org.bluez"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define MANAGER    "org.freedesktop.DBus.ObjectManager"
#define CALL_MS    10000u
#define OWN_MAX    4u
#define FDS_MAX    32

GDBusConnection *host_bluez_bus(const struct host_bluez *bz)
{
    return bz->bus;
}

GMainContext *host_bluez_context(const struct host_bluez *bz)
{
    return bz->context;
}

bool host_bluez_alive(const struct host_bluez *bz)
{
    return bz->owner != NULL && !bz->bus_gone;
}

const char *host_bluez_reason(const struct host_bluez *bz)
{
    return bz->reason != NULL ? bz->reason : "BlueZ is not there";
}

bool host_bluez_cancelled(const struct host_bluez *bz)
{
    struct pollfd fd = { .fd = bz->cancel_fd, .events = POLLIN };

    return bz->cancel_fd >= 0 && poll(&fd, 1, 0) == 1;
}

void host_bluez_listen(struct host_bluez *bz, host_bluez_listener *fn,
        void *ctx)
{
    bz->listener = fn;
    bz->listener_ctx = ctx;
}

/* ---- what the bus says ---- */

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_added(GDBusConnection *bus, const char *sender, const char *path,
        const char *iface, const char *signal, GVariant *args, gpointer data)
{
    const char *object;
    GVariant *ifaces;

    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)signal;
    if (!g_variant_is_of_type(args, G_VARIANT_TYPE("(oa{sa{sv}})"))) {
        return;
    }
    g_variant_get(args, "(&o@a{sa{sv}})", &object, &ifaces);
    host_bluez_take_object(data, object, ifaces);
    g_variant_unref(ifaces);
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_removed(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *signal, GVariant *args,
        gpointer data)
{
    struct host_bluez *bz = data;
    GHashTable *known;
    const char *object;
    const char **names;

    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)signal;
    if (!g_variant_is_of_type(args, G_VARIANT_TYPE("(oas)"))) {
        return;
    }
    g_variant_get(args, "(&o^a&s)", &object, &names);
    known = g_hash_table_lookup(bz->objects, object);
    for (const char **name = names; known != NULL && *name != NULL; name++) {
        g_hash_table_remove(known, *name);
    }
    if (known != NULL && g_hash_table_size(known) == 0) {
        g_hash_table_remove(bz->objects, object);
    }
    g_free(names);
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_changed(GDBusConnection *bus, const char *sender,
        const char *path, const char *iface, const char *signal, GVariant *args,
        gpointer data)
{
    struct host_bluez *bz = data;
    const char *of;
    const char **dropped;
    GVariant *changed;

    (void)bus;
    (void)sender;
    (void)iface;
    (void)signal;
    if (!g_variant_is_of_type(args, G_VARIANT_TYPE("(sa{sv}as)"))) {
        return;
    }
    g_variant_get(args, "(&s@a{sv}^a&s)", &of, &changed, &dropped);
    /* A late change of an object that is gone must not bring it back. */
    if (g_str_has_prefix(of, "org.bluez.") && host_bluez_has(bz, path, of)) {
        for (const char **name = dropped; *name != NULL; name++) {
            host_bluez_drop(bz, path, of, *name);
        }
        host_bluez_take_props(bz, path, of, changed);
    }
    g_variant_unref(changed);
    g_free(dropped);
}

static void gone(struct host_bluez *bz, const char *reason)
{
    g_clear_pointer(&bz->owner, g_free);
    g_hash_table_remove_all(bz->objects);
    bz->reason = reason;
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_owner(GDBusConnection *bus, const char *sender, const char *path,
        const char *iface, const char *signal, GVariant *args, gpointer data)
{
    struct host_bluez *bz = data;
    const char *name;
    const char *before;
    const char *after;

    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    (void)signal;
    if (!g_variant_is_of_type(args, G_VARIANT_TYPE("(sss)"))) {
        return;
    }
    g_variant_get(args, "(&s&s&s)", &name, &before, &after);
    if (bz->owner != NULL && strcmp(after, bz->owner) != 0) {
        gone(bz, "bluetoothd has ended or was restarted");
    }
}

static void on_closed(GDBusConnection *bus, gboolean vanished, GError *error,
        gpointer data)
{
    struct host_bluez *bz = data;

    (void)bus;
    (void)vanished;
    (void)error;
    gone(bz, "the system bus has closed the connection");
    bz->bus_gone = true;
}

/* ---- waiting ---- */

void host_bluez_wait(struct host_bluez *bz, struct pollfd *own, unsigned count,
        uint32_t timeout_ms)
{
    GPollFD fds[FDS_MAX + OWN_MAX + 1];
    gint priority = G_PRIORITY_DEFAULT;
    gint timeout = -1;
    gint used;
    unsigned n;

    if (!g_main_context_acquire(bz->context)) {
        return;
    }
    g_main_context_prepare(bz->context, &priority);
    used = g_main_context_query(bz->context, priority, &timeout, fds, FDS_MAX);
    used = MIN(used, FDS_MAX);
    n = (unsigned)used;
    for (unsigned i = 0; i < count; i++) {
        fds[n].fd = own[i].fd;
        fds[n].events = (gushort)own[i].events;
        fds[n++].revents = 0;
    }
    if (bz->cancel_fd >= 0) {
        fds[n].fd = bz->cancel_fd;
        fds[n].events = G_IO_IN;
        fds[n++].revents = 0;
    }
    if (timeout < 0 || (uint32_t)timeout > timeout_ms) {
        timeout = timeout_ms > INT32_MAX ? -1 : (gint)timeout_ms;
    }
    /* Interrupted by a signal: the caller looks again, nothing is lost. */
    if (g_poll(fds, n, timeout) < 0) {
        for (unsigned i = 0; i < n; i++) {
            fds[i].revents = 0;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        own[i].revents = (short)fds[(unsigned)used + i].revents;
    }
    if (g_main_context_check(bz->context, priority, fds, used)) {
        g_main_context_dispatch(bz->context);
    }
    g_main_context_release(bz->context);
}

/* ---- calls ---- */

void host_bluez_reply_clear(struct host_bluez_reply *reply)
{
    g_clear_pointer(&reply->value, g_variant_unref);
    g_clear_object(&reply->fds);
    g_clear_pointer(&reply->name, g_free);
    g_clear_pointer(&reply->text, g_free);
    reply->kind = HOST_BLUEZ_OK;
}

struct waiter {
    struct host_bluez_reply *reply;
    bool done;
};

static void take_error(struct host_bluez_reply *reply, GError *error)
{
    reply->name = g_dbus_error_get_remote_error(error);
    if (reply->name != NULL) {
        g_dbus_error_strip_remote_error(error);
        reply->kind = host_bluez_classify(reply->name, error->message);
    } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
        reply->kind = HOST_BLUEZ_SLOW;
    } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)) {
        reply->kind = HOST_BLUEZ_GONE;
    } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        reply->kind = HOST_BLUEZ_CANCELLED;
    } else {
        reply->kind = HOST_BLUEZ_OTHER;
    }
    reply->text = g_strdup(error->message);
    g_error_free(error);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    struct waiter *w = data;
    GError *error = NULL;

    w->reply->value =
            g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(
                                                                    source),
                    &w->reply->fds, result, &error);
    w->done = true;
    if (error != NULL) {
        take_error(w->reply, error);
    }
}

static void start_call(struct host_bluez *bz,
        const struct host_bluez_call *call, GCancellable *cancel,
        GAsyncReadyCallback done, gpointer data)
{
    uint32_t timeout = call->timeout_ms != 0 ? call->timeout_ms : CALL_MS;
    const char *to = bz->owner != NULL ? bz->owner : BLUEZ;

    g_main_context_push_thread_default(bz->context);
    g_dbus_connection_call_with_unix_fd_list(bz->bus, to, call->path,
            call->iface, call->method, call->args, NULL,
            G_DBUS_CALL_FLAGS_NO_AUTO_START, (gint)timeout, NULL, cancel, done,
            data);
    g_main_context_pop_thread_default(bz->context);
}

/* Nobody is left to answer: not worth the time limit of the call. */
static void take_end(const struct host_bluez *bz,
        struct host_bluez_reply *reply)
{
    reply->kind = HOST_BLUEZ_GONE;
    reply->name =
            g_strdup(bz->bus_gone ? "org.freedesktop.DBus.Error.Disconnected"
                                  : "org.freedesktop.DBus.Error.NoReply");
    g_free(reply->text);
    reply->text = g_strdup(host_bluez_reason(bz));
}

enum host_bluez_kind host_bluez_call(struct host_bluez *bz,
        const struct host_bluez_call *call, struct host_bluez_reply *reply)
{
    struct waiter w = { .reply = reply };
    GCancellable *cancel = g_cancellable_new();
    bool there = host_bluez_alive(bz);

    memset(reply, 0, sizeof(*reply));
    start_call(bz, call, cancel, on_answer, &w);
    while (!w.done) {
        bool gone_now;

        host_bluez_wait(bz, NULL, 0, UINT32_MAX);
        gone_now = there && !host_bluez_alive(bz);
        if (!w.done && (gone_now || host_bluez_cancelled(bz))) {
            g_cancellable_cancel(cancel);
            while (!w.done) {
                g_main_context_iteration(bz->context, TRUE);
            }
            if (gone_now && reply->kind == HOST_BLUEZ_CANCELLED) {
                take_end(bz, reply);
            }
        }
    }
    g_object_unref(cancel);
    return reply->kind;
}

enum host_bluez_kind host_bluez_refresh(struct host_bluez *bz, const char *path,
        const char *iface)
{
    const struct host_bluez_call call = { .path = path,
        .iface = PROPERTIES,
        .method = "GetAll",
        .args = g_variant_new("(s)", iface) };
    struct host_bluez_reply reply;
    enum host_bluez_kind kind = host_bluez_call(bz, &call, &reply);

    if (kind == HOST_BLUEZ_OK &&
            g_variant_is_of_type(reply.value, G_VARIANT_TYPE("(a{sv})"))) {
        GVariant *props = g_variant_get_child_value(reply.value, 0);

        host_bluez_take_props(bz, path, iface, props);
        g_variant_unref(props);
    }
    host_bluez_reply_clear(&reply);
    return kind;
}

struct sent {
    struct host_bluez *bz;
    void (*done)(void *ctx, enum host_bluez_kind kind);
    void *ctx;
};

static void on_sent(GObject *source, GAsyncResult *result, gpointer data)
{
    struct host_bluez_reply reply = { .kind = HOST_BLUEZ_OK };
    struct sent *sent = data;
    GError *error = NULL;

    reply.value =
            g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(
                                                                    source),
                    &reply.fds, result, &error);
    if (error != NULL) {
        take_error(&reply, error);
    }
    sent->bz->pending--;
    if (sent->done != NULL) {
        sent->done(sent->ctx, reply.kind);
    }
    host_bluez_reply_clear(&reply);
    g_free(sent);
}

void host_bluez_send(struct host_bluez *bz, const struct host_bluez_call *call,
        void (*done)(void *ctx, enum host_bluez_kind kind), void *ctx)
{
    struct sent *sent = g_new0(struct sent, 1);

    sent->bz = bz;
    sent->done = done;
    sent->ctx = ctx;
    bz->pending++;
    start_call(bz, call, NULL, on_sent, sent);
}

/* ---- open, close ---- */

static void subscribe(struct host_bluez *bz)
{
    GDBusConnection *bus = bz->bus;

    bz->signals[0] = g_dbus_connection_signal_subscribe(bus, BLUEZ, MANAGER,
            "InterfacesAdded", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_added,
            bz, NULL);
    bz->signals[1] = g_dbus_connection_signal_subscribe(bus, BLUEZ, MANAGER,
            "InterfacesRemoved", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
            on_removed, bz, NULL);
    bz->signals[2] = g_dbus_connection_signal_subscribe(bus, BLUEZ, PROPERTIES,
            "PropertiesChanged", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
            on_changed, bz, NULL);
    bz->signals[3] = g_dbus_connection_signal_subscribe(bus,
            "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
            "/org/freedesktop/DBus", BLUEZ, G_DBUS_SIGNAL_FLAGS_NONE, on_owner,
            bz, NULL);
    g_signal_connect(bus, "closed", G_CALLBACK(on_closed), bz);
}

static int connect_bus(struct host_bluez *bz, struct host_error *err)
{
    GError *error = NULL;
    char *address =
            g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);

    if (address != NULL) {
        bz->bus = g_dbus_connection_new_for_address_sync(address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_free(address);
    }
    if (bz->bus == NULL) {
        host_error_set(err, DFU_NO_DEVICE,
                "start the D-Bus system bus (dbus-daemon) and bluetoothd",
                "Bluetooth: no connection to the D-Bus system bus: %s",
                error->message);
        g_error_free(error);
        return -1;
    }
    g_dbus_connection_set_exit_on_close(bz->bus, FALSE);
    return 0;
}

static int read_owner(struct host_bluez *bz, struct host_error *err)
{
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_sync(bz->bus,
            "org.freedesktop.DBus", "/org/freedesktop/DBus",
            "org.freedesktop.DBus", "GetNameOwner", g_variant_new("(s)", BLUEZ),
            G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, (gint)CALL_MS, NULL,
            &error);
    struct host_bluez_reply reply = { .kind = HOST_BLUEZ_OK };

    if (answer != NULL) {
        g_variant_get(answer, "(s)", &bz->owner);
        g_variant_unref(answer);
        return 0;
    }
    take_error(&reply, error);
    host_bluez_fail(err, &reply, "Bluetooth", "look for bluetoothd");
    host_bluez_reply_clear(&reply);
    return -1;
}

static int read_objects(struct host_bluez *bz, struct host_error *err)
{
    const struct host_bluez_call call = { .path = "/",
        .iface = MANAGER,
        .method = "GetManagedObjects" };
    struct host_bluez_reply reply;
    GVariantIter *iter;
    const char *path;
    GVariant *ifaces;

    if (host_bluez_call(bz, &call, &reply) == HOST_BLUEZ_OK &&
            !g_variant_is_of_type(reply.value,
                    G_VARIANT_TYPE("(a{oa{sa{sv}}})"))) {
        reply.kind = HOST_BLUEZ_OTHER;
        reply.text = g_strdup("an answer of unknown shape");
    }
    if (reply.kind != HOST_BLUEZ_OK) {
        host_bluez_fail(err, &reply, "Bluetooth", "read what BlueZ knows");
        host_bluez_reply_clear(&reply);
        return -1;
    }
    g_variant_get(reply.value, "(a{oa{sa{sv}}})", &iter);
    while (g_variant_iter_next(iter, "{&o@a{sa{sv}}}", &path, &ifaces)) {
        host_bluez_take_object(bz, path, ifaces);
        g_variant_unref(ifaces);
    }
    g_variant_iter_free(iter);
    host_bluez_reply_clear(&reply);
    return 0;
}

struct host_bluez *host_bluez_open(int cancel_fd, struct host_error *err)
{
    struct host_bluez *bz = g_new0(struct host_bluez, 1);
    int result;

    bz->cancel_fd = cancel_fd;
    bz->context = g_main_context_new();
    bz->objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
            (GDestroyNotify)g_hash_table_unref);
    g_main_context_push_thread_default(bz->context);
    result = connect_bus(bz, err);
    if (result == 0) {
        subscribe(bz);
        result = read_owner(bz, err);
    }
    g_main_context_pop_thread_default(bz->context);
    if (result == 0) {
        result = read_objects(bz, err);
    }
    if (result != 0) {
        host_bluez_close(bz);
        return NULL;
    }
    return bz;
}

void host_bluez_close(struct host_bluez *bz)
{
    if (bz == NULL) {
        return;
    }
    if (bz->bus != NULL) {
        for (size_t i = 0; i < G_N_ELEMENTS(bz->signals); i++) {
            if (bz->signals[i] != 0) {
                g_dbus_connection_signal_unsubscribe(bz->bus, bz->signals[i]);
            }
        }
        g_signal_handlers_disconnect_by_data(bz->bus, bz);
        /* What was sent without waiting shall still arrive. */
        (void)g_dbus_connection_flush_sync(bz->bus, NULL, NULL);
        (void)g_dbus_connection_close_sync(bz->bus, NULL, NULL);
        /* Answers that will never come end with an error. */
        while (bz->pending > 0) {
            g_main_context_iteration(bz->context, TRUE);
        }
        g_object_unref(bz->bus);
    }
    while (g_main_context_iteration(bz->context, FALSE)) {
    }
    g_main_context_unref(bz->context);
    g_hash_table_unref(bz->objects);
    g_free(bz->owner);
    g_free(bz);
}
