// SPDX-License-Identifier: Apache-2.0
/*
 * From an advertiser to a subscribed characteristic:
 *
 *   Connect -> ServicesResolved -> SMP service -> its characteristic
 *     -> AcquireNotify (else StartNotify) -> AcquireWrite (else WriteValue)
 *     -> does the device put writes together?
 *
 * Notifications come before the first request can be sent, or its answer would
 * be lost. Pairing happens when subscribing is refused without it. Services of
 * an older firmware are dropped once and read again.
 */
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "host/link_ble_private.h"
#include "smp/group_os.h"

#define CONNECT_MS 30000u
#define RESOLVE_MS 25000u
/* BlueZ has said "connected"; its property may come a little later. */
#define APPEAR_MS 1000u
#define PAIR_MS   65000u
#define TRIES     4
#define PAUSE_MS  400u
#define SETTLE_MS 4000u
#define ATT_MTU   23u
#define ATT_HEAD  3u

static bool alive(const struct link_ble *b)
{
    return host_bluez_alive(b->bz) &&
            host_bluez_has(b->bz, b->path, HOST_BLUEZ_DEVICE);
}

static bool flag(const struct link_ble *b, const char *name)
{
    return host_bluez_flag(b->bz, b->path, HOST_BLUEZ_DEVICE, name);
}

static void note(const struct link_ble *b, const char *text)
{
    if (b->options->note != NULL) {
        b->options->note(b->options->ctx, text);
    }
}

/* Sleep, but listen to BlueZ. */
static void pause_ms(struct link_ble *b, uint32_t ms)
{
    uint32_t until = host_clock_ms() + ms;

    while ((int32_t)(until - host_clock_ms()) > 0 &&
            !host_bluez_cancelled(b->bz)) {
        host_bluez_wait(b->bz, NULL, 0, until - host_clock_ms());
    }
}

static enum host_bluez_kind call_device(struct link_ble *b, const char *method,
        uint32_t timeout_ms, struct host_bluez_reply *reply)
{
    const struct host_bluez_call call = { .path = b->path,
        .iface = HOST_BLUEZ_DEVICE,
        .method = method,
        .timeout_ms = timeout_ms };

    return host_bluez_call(b->bz, &call, reply);
}

static enum host_bluez_kind call_char(struct link_ble *b, const char *method,
        struct host_bluez_reply *reply)
{
    struct host_bluez_call call = { .path = b->chr,
        .iface = HOST_BLUEZ_CHAR,
        .method = method,
        .timeout_ms = CONNECT_MS };

    if (strcmp(method, "StartNotify") != 0) {
        call.args = g_variant_new("(a{sv})", NULL);
    }
    return host_bluez_call(b->bz, &call, reply);
}

static const char next_bond[] =
        "drop the old bond: smpctl bluetooth forget DEVICE, then pair again "
        "with --pair yes";

static int lost(struct link_ble *b, const char *when, struct host_error *err)
{
    if (!host_bluez_alive(b->bz)) {
        return host_error_set(err, DFU_NO_DEVICE,
                "start bluetoothd again, then try again", "%s: %s: %s",
                b->link.name, when, host_bluez_reason(b->bz));
    }
    if (host_bluez_cancelled(b->bz)) {
        return host_error_set(err, DFU_INTERRUPTED, NULL, "interrupted");
    }
    if (!alive(b)) {
        return host_error_set(err, DFU_NO_DEVICE,
                "check that the adapter is still plugged in, then try again",
                "%s: %s: the device has vanished from BlueZ (adapter gone, or "
                "removed by another program)",
                b->link.name, when);
    }
    if (flag(b, "Paired")) {
        return host_error_set(err, DFU_NO_DEVICE, next_bond,
                "%s: %s: the device has disconnected; it may have lost the "
                "bond",
                b->link.name, when);
    }
    return host_error_set(err, DFU_NO_DEVICE,
            "bring the device nearer and try again; when it happens each time, "
            "smpctl bluetooth forget DEVICE",
            "%s: %s: the device has disconnected", b->link.name, when);
}

/* ---- connect ---- */

static int connect_device(struct link_ble *b, struct host_error *err)
{
    struct host_bluez_reply reply = { .kind = HOST_BLUEZ_OK };

    b->ours = !flag(b, "Connected");
    for (int i = 0; i < TRIES; i++) {
        host_bluez_reply_clear(&reply);
        if (call_device(b, "Connect", CONNECT_MS, &reply) == HOST_BLUEZ_OK) {
            host_bluez_reply_clear(&reply);
            /* BlueZ 5.66 does not always signal that it is connected. */
            (void)host_bluez_refresh(b->bz, b->path, HOST_BLUEZ_DEVICE);
            return 0;
        }
        if (reply.kind != HOST_BLUEZ_AWAY && reply.kind != HOST_BLUEZ_BUSY) {
            break;
        }
        note(b, "the connection failed, trying again");
        pause_ms(b, PAUSE_MS);
    }
    host_bluez_fail(err, &reply, b->link.name, "connect");
    host_bluez_reply_clear(&reply);
    return -1;
}

static int resolve(struct link_ble *b, struct host_error *err)
{
    uint32_t begin = host_clock_ms();
    bool connected = false;

    while (!flag(b, "ServicesResolved")) {
        uint32_t now = host_clock_ms();
        bool up = flag(b, "Connected");

        if (!alive(b) || host_bluez_cancelled(b->bz) || (connected && !up) ||
                (!up && now - begin > APPEAR_MS)) {
            return lost(b, "reading its services", err);
        }
        if (now - begin > RESOLVE_MS) {
            return host_error_set(err, DFU_NO_DEVICE,
                    "try again; when it happens each time: smpctl bluetooth "
                    "forget DEVICE, and restart bluetoothd",
                    "%s: BlueZ has not finished reading the device's services "
                    "after %u s",
                    b->link.name, RESOLVE_MS / 1000);
        }
        connected = connected || up;
        host_bluez_wait(b->bz, NULL, 0, 250);
        if (!up && alive(b)) {
            (void)host_bluez_refresh(b->bz, b->path, HOST_BLUEZ_DEVICE);
        }
    }
    return 0;
}

/* ---- characteristic ---- */

static char *find_service(const struct link_ble *b)
{
    GPtrArray *paths = host_bluez_paths(b->bz, b->path, HOST_BLUEZ_SERVICE);
    char *found = NULL;

    for (guint i = 0; i < paths->len && found == NULL; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (g_ascii_strcasecmp(host_bluez_text(b->bz, path, HOST_BLUEZ_SERVICE,
                                       "UUID"),
                    HOST_BLUEZ_SMP_SERVICE) == 0) {
            found = g_strdup(path);
        }
    }
    g_ptr_array_unref(paths);
    return found;
}

static char *find_char(const struct link_ble *b, const char *service)
{
    GPtrArray *paths = host_bluez_paths(b->bz, service, HOST_BLUEZ_CHAR);
    char *found = NULL;

    for (guint i = 0; i < paths->len && found == NULL; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (g_ascii_strcasecmp(host_bluez_text(b->bz, path, HOST_BLUEZ_CHAR,
                                       "UUID"),
                    HOST_BLUEZ_SMP_CHAR) == 0) {
            found = g_strdup(path);
        }
    }
    g_ptr_array_unref(paths);
    return found;
}

static int no_service(struct link_ble *b, struct host_error *err)
{
    GPtrArray *paths = host_bluez_paths(b->bz, b->path, HOST_BLUEZ_SERVICE);
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < paths->len; i++) {
        g_string_append_printf(list, "%s%.36s", i > 0 ? ", " : "",
                host_bluez_text(b->bz, g_ptr_array_index(paths, i),
                        HOST_BLUEZ_SERVICE, "UUID"));
    }
    host_error_set(err, DFU_NO_DEVICE,
            "the firmware needs CONFIG_MCUMGR_TRANSPORT_BT; if it has just "
            "been updated: smpctl bluetooth forget DEVICE",
            "%s: connected, but the device offers no SMP service; BlueZ lists "
            "%s",
            b->link.name, list->len > 0 ? list->str : "none at all");
    g_string_free(list, TRUE);
    g_ptr_array_unref(paths);
    return -1;
}

static int find_smp(struct link_ble *b, struct host_error *err)
{
    char *service = find_service(b);

    g_clear_pointer(&b->chr, g_free);
    if (service == NULL) {
        return no_service(b, err);
    }
    b->chr = find_char(b, service);
    g_free(service);
    if (b->chr == NULL) {
        return host_error_set(err, DFU_NO_DEVICE,
                "smpctl bluetooth forget DEVICE, then try again",
                "%s: the SMP service has no SMP characteristic", b->link.name);
    }
    if (!host_bluez_lists(b->bz, b->chr, HOST_BLUEZ_CHAR, "Flags", "notify")) {
        return host_error_set(err, DFU_NO_DEVICE,
                "this is no SMP server that smpctl can talk to",
                "%s: the SMP characteristic cannot notify", b->link.name);
    }
    return 0;
}

/* ---- pairing ---- */

static int pair(struct link_ble *b, struct host_error *err)
{
    bool person =
            b->options->pair == HOST_BLE_PAIR_ASK && b->options->ask != NULL;
    struct host_bluez_reply reply;
    const char *refused;
    int result = 0;

    if (b->options->pair != HOST_BLE_PAIR_YES && !person &&
            b->options->passkey < 0) {
        return -1;
    }
    note(b, "the device wants to be paired");
    (void)call_device(b, "Pair", PAIR_MS, &reply);
    refused = host_bluez_agent_refused(b->agent);
    if (reply.kind != HOST_BLUEZ_OK) {
        host_bluez_fail(err, &reply, b->link.name, "pair");
        if (refused != NULL && err != NULL) {
            host_error_prefix(err, "%s", refused);
        }
        result = -1;
    }
    host_bluez_reply_clear(&reply);
    return result;
}

/* ---- subscribe ---- */

static int take_fd(struct host_bluez_reply *reply, uint16_t *mtu)
{
    gint32 index = -1;
    int fd = -1;

    if (reply->value == NULL || reply->fds == NULL ||
            !g_variant_is_of_type(reply->value, G_VARIANT_TYPE("(hq)"))) {
        return -1;
    }
    g_variant_get(reply->value, "(hq)", &index, mtu);
    if (index >= 0 && index < g_unix_fd_list_get_length(reply->fds)) {
        fd = g_unix_fd_list_get(reply->fds, index, NULL);
    }
    if (fd >= 0) {
        g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    }
    return fd;
}

/* One attempt; what BlueZ said is in *reply. */
static enum host_bluez_kind notify_once(struct link_ble *b,
        struct host_bluez_reply *reply)
{
    if (b->io != HOST_BLE_IO_METHOD) {
        if (call_char(b, "AcquireNotify", reply) == HOST_BLUEZ_OK) {
            b->rx_fd = take_fd(reply, &b->att_mtu);
            return b->rx_fd >= 0 ? HOST_BLUEZ_OK : HOST_BLUEZ_OTHER;
        }
        if (reply->kind != HOST_BLUEZ_UNSUPPORTED ||
                b->io == HOST_BLE_IO_SOCKET) {
            return reply->kind;
        }
        host_bluez_reply_clear(reply);
    }
    return call_char(b, "StartNotify", reply);
}

static enum host_bluez_kind subscribe_failed(struct link_ble *b,
        struct host_bluez_reply *reply, struct host_error *err)
{
    enum host_bluez_kind kind = reply->kind;
    const char *refused = host_bluez_agent_refused(b->agent);

    if (kind == HOST_BLUEZ_AUTH && flag(b, "Paired")) {
        /* We still have the keys, the device has not. */
        host_error_set(err, DFU_NO_DEVICE, next_bond,
                "%s: subscribe to answers: paired, but the device does not "
                "accept the bond any more: it has lost it (erased settings?)",
                b->link.name);
    }
    host_bluez_fail(err, reply, b->link.name, "subscribe to answers");
    if (refused != NULL && err != NULL) {
        host_error_prefix(err, "%s", refused);
    }
    host_bluez_reply_clear(reply);
    return kind;
}

static enum host_bluez_kind subscribe(struct link_ble *b,
        struct host_error *err)
{
    struct host_bluez_reply reply;
    bool paired = false;

    for (int i = 0; i < TRIES; i++) {
        enum host_bluez_kind kind = notify_once(b, &reply);

        if (kind == HOST_BLUEZ_OK) {
            host_bluez_reply_clear(&reply);
            return kind;
        }
        if (kind == HOST_BLUEZ_AUTH && !paired) {
            struct host_error why = HOST_ERROR_INIT;

            paired = true;
            if (pair(b, &why) == 0) {
                host_bluez_reply_clear(&reply);
                continue;
            }
            if (why.code != DFU_OK) {
                host_error_move(err, &why);
                host_bluez_reply_clear(&reply);
                return HOST_BLUEZ_PAIR_FAILED;
            }
        } else if (kind == HOST_BLUEZ_BUSY || kind == HOST_BLUEZ_HELD) {
            /* Held: perhaps by a program that is just ending. */
            if (i + 1 == TRIES) {
                break;
            }
            host_bluez_reply_clear(&reply);
            pause_ms(b, PAUSE_MS);
            continue;
        }
        break;
    }
    return subscribe_failed(b, &reply, err);
}

static enum host_bluez_kind acquire_write(struct link_ble *b,
        struct host_error *err)
{
    enum host_bluez_kind kind = HOST_BLUEZ_OK;
    bool commands = host_bluez_lists(b->bz, b->chr, HOST_BLUEZ_CHAR, "Flags",
            "write-without-response");
    struct host_bluez_reply reply;

    b->write_type = commands ? "command" : "request";
    if (b->io == HOST_BLE_IO_METHOD || !commands) {
        return HOST_BLUEZ_OK;
    }
    if (call_char(b, "AcquireWrite", &reply) == HOST_BLUEZ_OK) {
        b->tx_fd = take_fd(&reply, &b->att_mtu);
    } else if (b->io == HOST_BLE_IO_SOCKET ||
            reply.kind != HOST_BLUEZ_UNSUPPORTED) {
        kind = reply.kind;
        host_bluez_fail(err, &reply, b->link.name, "get the writing socket");
    }
    host_bluez_reply_clear(&reply);
    return kind;
}

/* Never assumed: from the sockets, else from the property. */
static void take_mtu(struct link_ble *b)
{
    GVariant *value = host_bluez_get(b->bz, b->chr, HOST_BLUEZ_CHAR, "MTU");

    if (b->tx_fd < 0 && value != NULL &&
            g_variant_is_of_type(value, G_VARIANT_TYPE_UINT16)) {
        b->att_mtu = g_variant_get_uint16(value);
    }
    b->att_mtu = MAX(b->att_mtu, ATT_MTU);
    b->room = MIN((size_t)b->att_mtu - ATT_HEAD, BLE_WRITE_MAX);
    b->link.info.max_message = b->room;
    b->link.info.max_reassembled = 0;
}

/* ---- stale services ---- */

/*
 * What BlueZ remembers may be of an older firmware. Without a bond all of it
 * can go; a bond is the user's, so only the connection is made anew.
 */
static int refresh(struct link_ble *b)
{
    const char *adapter =
            host_bluez_text(b->bz, b->path, HOST_BLUEZ_DEVICE, "Adapter");
    struct host_bluez_call call = { .path = adapter,
        .iface = HOST_BLUEZ_ADAPTER,
        .method = "RemoveDevice" };
    struct host_bluez_reply reply;

    if (b->refreshed || !alive(b)) {
        return -1;
    }
    b->refreshed = true;
    note(b, "what BlueZ knows of the device is outdated: reading it again");
    host_ble_release(b);
    if (flag(b, "Paired")) {
        pause_ms(b, SETTLE_MS);
        return 0;
    }
    call.args = g_variant_new("(o)", b->path);
    (void)host_bluez_call(b->bz, &call, &reply);
    host_bluez_reply_clear(&reply);
    if (host_ble_find(b, CONNECT_MS / 3, false, NULL) != 1) {
        return -1;
    }
    host_ble_find_stop(b);
    return 0;
}

static enum host_bluez_kind set_up_once(struct link_ble *b,
        struct host_error *err)
{
    enum host_bluez_kind kind;

    if (connect_device(b, err) != 0) {
        return HOST_BLUEZ_OTHER; /* it has tried often enough */
    }
    if (resolve(b, err) != 0) {
        return alive(b) && !flag(b, "Connected") ? HOST_BLUEZ_AWAY
                                                 : HOST_BLUEZ_OTHER;
    }
    if (find_smp(b, err) != 0) {
        return flag(b, "Connected") ? HOST_BLUEZ_STALE : HOST_BLUEZ_AWAY;
    }
    kind = subscribe(b, err);
    if (kind == HOST_BLUEZ_OK) {
        kind = acquire_write(b, err);
    }
    if (kind == HOST_BLUEZ_OK) {
        take_mtu(b);
    }
    return kind;
}

/*
 * The connection broke while it was being set up. BlueZ disconnects two
 * seconds after it was asked to, so it may have been the end of an earlier
 * program's connection: let it end, and make one of our own.
 */
static int start_over(struct link_ble *b)
{
    uint32_t until = host_clock_ms() + SETTLE_MS;

    note(b, "the connection broke, trying again");
    host_ble_release(b);
    while (alive(b) && flag(b, "Connected") &&
            (int32_t)(until - host_clock_ms()) > 0 &&
            !host_bluez_cancelled(b->bz)) {
        host_bluez_wait(b->bz, NULL, 0, until - host_clock_ms());
    }
    if (host_ble_find(b, CONNECT_MS / 3, false, NULL) != 1) {
        return -1;
    }
    host_ble_find_stop(b);
    return 0;
}

int host_ble_connect(struct link_ble *b, struct host_error *err)
{
    struct host_error why = HOST_ERROR_INIT;
    enum host_bluez_kind kind = HOST_BLUEZ_OTHER;

    host_ble_find_stop(b);
    for (int i = 0; i < TRIES; i++) {
        host_error_clear(&why);
        kind = set_up_once(b, &why);
        if (!((kind == HOST_BLUEZ_STALE && refresh(b) == 0) ||
                    (kind == HOST_BLUEZ_AWAY && start_over(b) == 0))) {
            break;
        }
    }
    if (kind != HOST_BLUEZ_OK) {
        host_error_move(err, &why);
        host_ble_release(b);
        return -1;
    }
    return 0;
}

/* ---- reassembly ---- */
