// SPDX-License-Identifier: Apache-2.0
/*
 * The pairing agent: answers BlueZ's questions by the user's options.
 *
 * question              --pair yes      --passkey N   --pair ask      no
 * --------------------  --------------  ------------  --------------  ------
 * RequestAuthorization  yes             yes           asks            reject
 * RequestConfirmation   yes             N matches?    asks            reject
 * RequestPasskey        reject          N             asks            reject
 * DisplayPasskey        shows it        shows it      shows it        -
 *
 * Source: bluez doc/agent-api.txt.
 */
#include "host/bluez.h"

#include <stdio.h>
#include <string.h>

#define AGENT_PATH "/org/smpctl/agent"
#define MANAGER    "org.bluez.AgentManager1"
#define REJECTED   "org.bluez.Error.Rejected"

static const char agent_xml[] =
        "<node><interface name='org.bluez.Agent1'>"
        "<method name='Release'/>"
        "<method name='RequestPinCode'><arg type='o' direction='in'/>"
        "<arg type='s' direction='out'/></method>"
        "<method name='DisplayPinCode'><arg type='o' direction='in'/>"
        "<arg type='s' direction='in'/></method>"
        "<method name='RequestPasskey'><arg type='o' direction='in'/>"
        "<arg type='u' direction='out'/></method>"
        "<method name='DisplayPasskey'><arg type='o' direction='in'/>"
        "<arg type='u' direction='in'/><arg type='q' direction='in'/></method>"
        "<method name='RequestConfirmation'><arg type='o' direction='in'/>"
        "<arg type='u' direction='in'/></method>"
        "<method name='RequestAuthorization'><arg type='o' direction='in'/>"
        "</method>"
        "<method name='AuthorizeService'><arg type='o' direction='in'/>"
        "<arg type='s' direction='in'/></method>"
        "<method name='Cancel'/>"
        "</interface></node>";

struct host_bluez_agent {
    struct host_bluez *bz;
    const struct host_ble_options *options;
    GDBusNodeInfo *info;
    guint object;
    const char *refused;
};

const char *host_bluez_agent_refused(const struct host_bluez_agent *agent)
{
    return agent != NULL ? agent->refused : NULL;
}

static const char *device_name(struct host_bluez_agent *a, GVariant *args)
{
    const char *path;
    const char *name;

    g_variant_get_child(args, 0, "&o", &path);
    name = host_bluez_text(a->bz, path, HOST_BLUEZ_DEVICE, "Name");
    return name[0] != '\0'
            ? name
            : host_bluez_text(a->bz, path, HOST_BLUEZ_DEVICE, "Address");
}

static bool ask(struct host_bluez_agent *a, enum host_ble_question question,
        const char *device, uint32_t *number)
{
    const struct host_ble_options *o = a->options;

    return o->pair == HOST_BLE_PAIR_ASK && o->ask != NULL &&
            o->ask(o->ctx, question, device, number);
}

static void refuse(struct host_bluez_agent *a, GDBusMethodInvocation *call,
        const char *why)
{
    a->refused = why;
    g_dbus_method_invocation_return_dbus_error(call, REJECTED, why);
}

static void confirm(struct host_bluez_agent *a, const char *device,
        uint32_t number, GDBusMethodInvocation *call)
{
    const struct host_ble_options *o = a->options;

    if (o->pair == HOST_BLE_PAIR_NO) {
        refuse(a, call, "pairing is switched off (--pair no)");
    } else if (o->passkey >= 0 && (uint32_t)o->passkey != number) {
        refuse(a, call, "the number of the device is not the --passkey given");
    } else if (o->passkey >= 0 || o->pair == HOST_BLE_PAIR_YES ||
            ask(a, HOST_BLE_CONFIRM, device, &number)) {
        g_dbus_method_invocation_return_value(call, NULL);
    } else {
        refuse(a, call, "the numbers were not confirmed");
    }
}

static void accept_pairing(struct host_bluez_agent *a, const char *device,
        GDBusMethodInvocation *call)
{
    uint32_t number = 0;

    if (a->options->pair == HOST_BLE_PAIR_NO) {
        refuse(a, call, "pairing is switched off (--pair no)");
    } else if (a->options->pair == HOST_BLE_PAIR_YES ||
            a->options->passkey >= 0 ||
            ask(a, HOST_BLE_ACCEPT, device, &number)) {
        g_dbus_method_invocation_return_value(call, NULL);
    } else {
        refuse(a, call, "nobody was there to agree to pairing");
    }
}

static bool passkey(struct host_bluez_agent *a, const char *device,
        uint32_t *number, GDBusMethodInvocation *call)
{
    if (a->options->pair == HOST_BLE_PAIR_NO) {
        refuse(a, call, "pairing is switched off (--pair no)");
        return false;
    }
    if (a->options->passkey >= 0) {
        *number = (uint32_t)a->options->passkey;
        return true;
    }
    if (ask(a, HOST_BLE_PASSKEY, device, number)) {
        return true;
    }
    refuse(a, call, "the device wants the passkey it shows: --passkey N");
    return false;
}

static void show(struct host_bluez_agent *a, const char *device,
        uint32_t number)
{
    const struct host_ble_options *o = a->options;
    char text[80];

    if (o->ask != NULL) {
        (void)o->ask(o->ctx, HOST_BLE_SHOW, device, &number);
    } else if (o->note != NULL) {
        g_snprintf(text, sizeof(text), "type %06u on the device", number);
        o->note(o->ctx, text);
    }
}

/* NOLINTNEXTLINE(readability-function-size): GDBus prescribes it */
static void on_call(GDBusConnection *bus, const char *sender, const char *path,
        const char *iface, const char *method, GVariant *args,
        GDBusMethodInvocation *call, gpointer data)
{
    struct host_bluez_agent *a = data;
    uint32_t number = 0;

    (void)bus;
    (void)sender;
    (void)path;
    (void)iface;
    if (strcmp(method, "RequestConfirmation") == 0) {
        g_variant_get_child(args, 1, "u", &number);
        confirm(a, device_name(a, args), number, call);
    } else if (strcmp(method, "RequestAuthorization") == 0) {
        accept_pairing(a, device_name(a, args), call);
    } else if (strcmp(method, "RequestPasskey") == 0) {
        if (passkey(a, device_name(a, args), &number, call)) {
            g_dbus_method_invocation_return_value(call,
                    g_variant_new("(u)", number));
        }
    } else if (strcmp(method, "RequestPinCode") == 0) {
        if (passkey(a, device_name(a, args), &number, call)) {
            char text[16];

            g_snprintf(text, sizeof(text), "%06u", number);
            g_dbus_method_invocation_return_value(call,
                    g_variant_new("(s)", text));
        }
    } else if (strcmp(method, "DisplayPasskey") == 0) {
        g_variant_get_child(args, 1, "u", &number);
        show(a, device_name(a, args), number);
        g_dbus_method_invocation_return_value(call, NULL);
    } else {
        /* Release, Cancel, AuthorizeService, DisplayPinCode */
        g_dbus_method_invocation_return_value(call, NULL);
    }
}

static const char *capability(const struct host_ble_options *options)
{
    if (options->passkey >= 0) {
        return "KeyboardDisplay";
    }
    switch (options->pair) {
    case HOST_BLE_PAIR_ASK:
        return options->ask != NULL ? "KeyboardDisplay" : "NoInputNoOutput";
    case HOST_BLE_PAIR_YES:
        return "DisplayYesNo";
    case HOST_BLE_PAIR_NO:
        break;
    }
    return "NoInputNoOutput";
}

static enum host_bluez_kind tell_manager(struct host_bluez *bz,
        const char *method, GVariant *args)
{
    const struct host_bluez_call call = { .path = "/org/bluez",
        .iface = MANAGER,
        .method = method,
        .args = args };
    struct host_bluez_reply reply;
    enum host_bluez_kind kind = host_bluez_call(bz, &call, &reply);

    host_bluez_reply_clear(&reply);
    return kind;
}

struct host_bluez_agent *host_bluez_agent_create(struct host_bluez *bz,
        const struct host_ble_options *options)
{
    static const GDBusInterfaceVTable table = { .method_call = on_call };
    struct host_bluez_agent *a = g_new0(struct host_bluez_agent, 1);

    a->bz = bz;
    a->options = options;
    a->info = g_dbus_node_info_new_for_xml(agent_xml, NULL);
    g_main_context_push_thread_default(host_bluez_context(bz));
    a->object = g_dbus_connection_register_object(host_bluez_bus(bz),
            AGENT_PATH, a->info->interfaces[0], &table, a, NULL, NULL);
    g_main_context_pop_thread_default(host_bluez_context(bz));
    if (tell_manager(bz, "RegisterAgent",
                g_variant_new("(os)", AGENT_PATH, capability(options))) !=
            HOST_BLUEZ_OK) {
        host_bluez_agent_destroy(a);
        return NULL;
    }
    /* Pairing that BlueZ starts by itself asks the default agent; when nobody
     * here can answer, the one of the desktop stays in charge. */
    if (options->pair == HOST_BLE_PAIR_YES || options->passkey >= 0 ||
            (options->pair == HOST_BLE_PAIR_ASK && options->ask != NULL)) {
        (void)tell_manager(bz, "RequestDefaultAgent",
                g_variant_new("(o)", AGENT_PATH));
    }
    return a;
}

void host_bluez_agent_destroy(struct host_bluez_agent *agent)
{
    if (agent == NULL) {
        return;
    }
    if (agent->object != 0) {
        g_dbus_connection_unregister_object(host_bluez_bus(agent->bz),
                agent->object);
    }
    g_dbus_node_info_unref(agent->info);
    g_free(agent);
}
