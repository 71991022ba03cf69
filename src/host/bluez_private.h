// SPDX-License-Identifier: Apache-2.0
/* What the parts of the connection to BlueZ share. */
#ifndef HOST_BLUEZ_PRIVATE_H
#define HOST_BLUEZ_PRIVATE_H

#include "host/bluez.h"

struct host_bluez {
    GMainContext *context;
    GDBusConnection *bus;
    guint signals[4];
    GHashTable *objects; /* path -> interface -> property -> GVariant */
    char *owner;         /* unique name of bluetoothd, NULL = gone */
    const char *reason;
    bool bus_gone;
    int cancel_fd;
    unsigned pending; /* calls of host_bluez_send() without an answer */
    host_bluez_listener *listener;
    void *listener_ctx;
};

/** Take a dictionary of properties over into the mirror. */
void host_bluez_take_props(struct host_bluez *bz, const char *path,
        const char *iface, GVariant *changed);

/** Take an object with all its interfaces over into the mirror. */
void host_bluez_take_object(struct host_bluez *bz, const char *path,
        GVariant *ifaces);

#endif
