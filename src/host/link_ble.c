// SPDX-License-Identifier: Apache-2.0
/*
 * Bluetooth LE over BlueZ: the data path. Requests are writes of at most
 * MTU - 3 bytes, answers notifications that are put together by the length in
 * their header. Sockets of BlueZ where it gives them, else method calls and
 * signals.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/link_ble_private.h"

#define FIND_MS 15000u
#define TRIES   4
/* One look during a reconnect; the session comes back until it gives up. */
#define LOOK_MS 1200u
/* Half an answer that is not continued for so long never will be. */
#define SILENCE_MS 3000u
/* BlueZ tells why a socket was closed a little later. */
#define REASON_MS 1500u

static struct link_ble *ble_of(struct host_link *link)
{
    return (struct link_ble *)(void *)link;
}

static bool connected(const struct link_ble *b)
{
    return host_bluez_flag(b->bz, b->path, HOST_BLUEZ_DEVICE, "Connected");
}

/* Set the link down and say why. */
static int down(struct link_ble *b)
{
    uint32_t until = host_clock_ms() + REASON_MS;
    char *adapter;

    while (host_bluez_alive(b->bz) && connected(b) &&
            (int32_t)(until - host_clock_ms()) > 0 &&
            !host_bluez_cancelled(b->bz)) {
        host_bluez_wait(b->bz, NULL, 0, until - host_clock_ms());
    }
    if (!host_bluez_alive(b->bz)) {
        return host_link_set_down(&b->link, "%s", host_bluez_reason(b->bz));
    }
    adapter = g_path_get_dirname(b->path);
    if (!host_bluez_has(b->bz, adapter, HOST_BLUEZ_ADAPTER)) {
        host_link_set_down(&b->link, "the Bluetooth adapter is gone");
    } else if (!host_bluez_flag(b->bz, adapter, HOST_BLUEZ_ADAPTER,
                       "Powered")) {
        host_link_set_down(&b->link, "the Bluetooth adapter was switched off");
    } else if (!host_bluez_has(b->bz, b->path, HOST_BLUEZ_DEVICE)) {
        host_link_set_down(&b->link, "the device was removed from BlueZ");
    } else if (connected(b)) {
        host_link_set_down(&b->link,
                "BlueZ has ended the subscription (services changed?)");
    } else {
        host_link_set_down(&b->link, "the device has disconnected");
    }
    g_free(adapter);
    return HOST_LINK_DOWN;
}

/* ---- sending ---- */

/* A WriteValue on its way; answers of an older connection do not count. */
struct ble_write {
    struct link_ble *b;
    uint32_t connection;
    bool part; /* of a message in several writes */
};

static void on_written(void *ctx, enum host_bluez_kind kind)
{
    struct ble_write *w = ctx;
    struct link_ble *b = w->b;
    bool old = w->connection != b->connection;
    bool part = w->part;

    g_free(w);
    if (old) {
        return;
    }
    b->writes--;
    if (kind != HOST_BLUEZ_OK && b->write_error == HOST_BLUEZ_OK) {
        b->write_error = kind;
        b->torn = part;
    }
}

static void write_value(struct link_ble *b, const uint8_t *buf, size_t len)
{
    struct host_bluez_call call = { .path = b->chr,
        .iface = HOST_BLUEZ_CHAR,
        .method = "WriteValue" };
    struct ble_write *w = g_new0(struct ble_write, 1);
    GVariantBuilder options;

    g_variant_builder_init(&options, G_VARIANT_TYPE("a{sv}"));
    g_variant_builder_add(&options, "{sv}", "type",
            g_variant_new_string(b->write_type));
    call.args = g_variant_new("(@aya{sv})",
            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, buf, len, 1),
            &options);
    w->b = b;
    w->connection = b->connection;
    w->part = b->tx_len > b->room;
    b->writes++;
    host_bluez_send(b->bz, &call, on_written, w);
}

/* One write: 0, HOST_LINK_AGAIN, HOST_LINK_DOWN. */
static int write_piece(struct link_ble *b, const uint8_t *buf, size_t len)
{
    ssize_t n;

    if (b->tx_fd < 0) {
        if (b->writes >= BLE_WRITES_MAX) {
            return HOST_LINK_AGAIN;
        }
        write_value(b, buf, len);
        return 0;
    }
    do {
        n = send(b->tx_fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        return HOST_LINK_AGAIN;
    }
    return down(b);
}

static int ble_flush(struct host_link *link)
{
    struct link_ble *b = ble_of(link);

    b->blocked = false;
    if (b->write_error == HOST_BLUEZ_AWAY ||
            b->write_error == HOST_BLUEZ_GONE ||
            b->write_error == HOST_BLUEZ_STALE) {
        return down(b);
    }
    if (b->torn) {
        /* The device waits for the rest and would take the next message for
         * it: only a new subscription makes it forget. */
        return host_link_set_down(&b->link,
                "BlueZ has refused a write in the middle of a message");
    }
    if (b->write_error != HOST_BLUEZ_OK) {
        /* Lost like any write command; the client's timer finds out. */
        link->stats.send_errors++;
        b->write_error = HOST_BLUEZ_OK;
    }
    while (b->tx_off < b->tx_len) {
        size_t n = MIN(b->tx_len - b->tx_off, b->room);
        int result = write_piece(b, b->tx + b->tx_off, n);

        if (result != 0) {
            b->blocked = result == HOST_LINK_AGAIN;
            return result;
        }
        b->tx_off += n;
        link->stats.tx_bytes += n;
    }
    b->tx_len = 0;
    b->tx_off = 0;
    return 0;
}

static int ble_send(struct host_link *link, const uint8_t *msg, size_t len)
{
    struct link_ble *b = ble_of(link);

    if (b->chr == NULL || !link->info.up) {
        return HOST_LINK_DOWN;
    }
    if (len > BLE_MESSAGE_MAX) {
        link->stats.send_errors++;
        return 0;
    }
    if (b->tx_off < b->tx_len) {
        int result = ble_flush(link);

        if (result != 0) {
            return result;
        }
    }
    memcpy(b->tx, msg, len);
    b->tx_len = len;
    b->tx_off = 0;
    link->stats.tx_messages++;
    return 0;
}

/* ---- receiving ---- */

static void on_property(void *ctx, const char *path, const char *iface,
        GVariant *changed)
{
    struct link_ble *b = ctx;
    gboolean connected_now = TRUE;
    GVariant *value;

    if (strcmp(iface, HOST_BLUEZ_DEVICE) == 0 &&
            g_strcmp0(path, b->path) == 0 &&
            g_variant_lookup(changed, "Connected", "b", &connected_now) &&
            !connected_now) {
        b->went = true;
    }
    if (b->chr == NULL || b->rx_fd >= 0 || strcmp(path, b->chr) != 0 ||
            strcmp(iface, HOST_BLUEZ_CHAR) != 0) {
        return;
    }
    value = g_variant_lookup_value(changed, "Value", G_VARIANT_TYPE_BYTESTRING);
    if (value != NULL) {
        g_queue_push_tail(b->rx_queue, g_variant_get_data_as_bytes(value));
        g_variant_unref(value);
    }
}

/* 1 = a piece, 0 = none, HOST_LINK_DOWN */
static int next_piece(struct link_ble *b)
{
    ssize_t n;

    if (b->rx_fd < 0) {
        GBytes *bytes = g_queue_pop_head(b->rx_queue);

        if (bytes == NULL) {
            return 0;
        }
        b->piece_len = MIN(g_bytes_get_size(bytes), BLE_PIECE_MAX);
        memcpy(b->piece, g_bytes_get_data(bytes, NULL), b->piece_len);
        g_bytes_unref(bytes);
        return 1;
    }
    do {
        n = recv(b->rx_fd, b->piece, sizeof(b->piece), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        b->piece_len = (size_t)n;
        return 1;
    }
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : down(b);
}

static int ble_receive(struct host_link *link, struct smp_bytes *msg)
{
    struct link_ble *b = ble_of(link);
    size_t used;
    int result;

    if (b->chr == NULL || !link->info.up) {
        return HOST_LINK_DOWN;
    }
    for (;;) {
        if (b->piece_off == b->piece_len) {
            uint32_t now = host_clock_ms();

            b->piece_off = 0;
            b->piece_len = 0;
            result = next_piece(b);
            if (result != 1) {
                break;
            }
            if (now - b->last_rx_ms >= SILENCE_MS) {
                smp_stream_silence(&b->decoder);
            }
            b->last_rx_ms = now;
            host_ble_rate_note(&b->rate, g_get_monotonic_time());
            link->stats.rx_bytes += b->piece_len;
        }
        result = smp_stream_feed(&b->decoder, b->piece + b->piece_off,
                b->piece_len - b->piece_off, &used, msg);
        b->piece_off += used;
        if (result == 1) {
            link->stats.rx_messages++;
            return 1;
        }
    }
    if (result == 0 && (!host_bluez_alive(b->bz) || !connected(b))) {
        return down(b);
    }
    return result;
}

/* ---- life ---- */

static void reset_data(struct link_ble *b)
{
    GBytes *bytes;

    if (b->tx_fd >= 0) {
        close(b->tx_fd);
    }
    if (b->rx_fd >= 0) {
        close(b->rx_fd);
    }
    b->tx_fd = -1;
    b->rx_fd = -1;
    b->tx_len = 0;
    b->tx_off = 0;
    b->blocked = false;
    b->write_error = HOST_BLUEZ_OK;
    b->torn = false;
    b->writes = 0;
    b->connection++;
    b->piece_len = 0;
    b->piece_off = 0;
    b->att_mtu = 0;
    memset(&b->rate, 0, sizeof(b->rate));
    smp_stream_decoder_init(&b->decoder, b->rx, BLE_MESSAGE_MAX);
    while ((bytes = g_queue_pop_head(b->rx_queue)) != NULL) {
        g_bytes_unref(bytes);
    }
}

void host_ble_release(struct link_ble *b)
{
    struct host_bluez_call call = { .path = b->path,
        .iface = HOST_BLUEZ_DEVICE,
        .method = "Disconnect" };
    bool methods = b->rx_fd < 0;

    b->link.info.up = false;
    reset_data(b);
    if (b->bz == NULL || b->path == NULL || !host_bluez_alive(b->bz)) {
        g_clear_pointer(&b->chr, g_free);
        return;
    }
    if (b->chr != NULL && methods && connected(b)) {
        const struct host_bluez_call stop = { .path = b->chr,
            .iface = HOST_BLUEZ_CHAR,
            .method = "StopNotify" };

        host_bluez_send(b->bz, &stop, NULL, NULL);
    }
    b->went = !connected(b);
    b->theirs = !b->went && !b->ours;
    if (b->ours && connected(b)) {
        host_bluez_send(b->bz, &call, NULL, NULL);
    }
    /* Only what is heard from now on counts as the device's return. */
    host_bluez_drop(b->bz, b->path, HOST_BLUEZ_DEVICE, "RSSI");
    b->looking_ms = host_clock_ms();
    b->ours = false;
    g_clear_pointer(&b->chr, g_free);
}

static void ble_close(struct host_link *link)
{
    host_ble_release(ble_of(link));
}

static void bluez_gone(struct link_ble *b)
{
    g_ptr_array_set_size(b->listening, 0);
    host_bluez_agent_destroy(b->agent);
    b->agent = NULL;
    host_bluez_close(b->bz);
    b->bz = NULL;
}

static int bluez_start(struct link_ble *b, struct host_error *err)
{
    if (b->bz != NULL && host_bluez_alive(b->bz)) {
        return 0;
    }
    bluez_gone(b);
    b->bz = host_bluez_open(b->options->cancel_fd, err);
    if (b->bz == NULL) {
        return -1;
    }
    host_bluez_listen(b->bz, on_property, b);
    b->went = true; /* no connection of this BlueZ is an old one of ours */
    b->agent = host_bluez_agent_create(b->bz, b->options);
    return 0;
}

static int find_first(struct link_ble *b, struct host_error *err)
{
    int found = host_ble_find(b, b->find_ms, false, err);

    if (found == 0) {
        found = host_ble_find_failed(b, err);
    }
    return found == 1 ? 0 : -1;
}

/* Lost before anything was asked: the end of an earlier connection. */
static int bring_up(struct link_ble *b, struct host_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (i > 0 && find_first(b, err) != 0) {
            return -1;
        }
        reset_data(b);
        if (host_ble_connect(b, err) != 0) {
            return -1;
        }
        host_link_set_up(&b->link);
        host_ble_sizes(b);
        if (b->link.info.up) {
            return 0;
        }
        if (b->options->note != NULL) {
            b->options->note(b->options->ctx, b->link.reason);
        }
        host_ble_release(b);
    }
    return host_error_set(err, DFU_NO_DEVICE,
            "bring the device nearer and try again",
            "%s: lost while the first request was on its way: %s", b->link.name,
            b->link.reason);
}

static int ble_open(struct host_link *link, struct host_error *err)
{
    struct link_ble *b = ble_of(link);

    if (bluez_start(b, err) != 0) {
        host_error_prefix(err, "%s", link->name);
        return -1;
    }
    if (find_first(b, err) != 0) {
        host_ble_find_stop(b);
        return -1;
    }
    return bring_up(b, err);
}

/* Why it went stays; what is found out since then is added. */
static void not_heard(struct host_link *link)
{
    static const char since[] =
            "; it is not heard: off, out of reach, or connected to another "
            "phone or computer";
    char *before = link->reason;

    if (before == NULL || !g_str_has_suffix(before, since)) {
        link->reason = g_strconcat(before != NULL ? before : "the link is down",
                since, NULL);
        g_free(before);
    }
}

static int ble_reopen(struct host_link *link)
{
    struct link_ble *b = ble_of(link);
    struct host_error why = HOST_ERROR_INIT;
    int result = 0;

    b->refreshed = false;
    if (bluez_start(b, &why) == 0 &&
            host_ble_find(b, LOOK_MS, true, &why) == 1 &&
            bring_up(b, &why) == 0) {
        result = 1;
    }
    if (why.code != DFU_OK) {
        g_free(link->reason);
        link->reason = why.next != NULL
                ? g_strdup_printf("%s (%s)", why.message, why.next)
                : g_strdup(why.message);
        if (b->options->note != NULL) {
            b->options->note(b->options->ctx, why.message);
        }
    } else if (result == 0) {
        not_heard(link);
    }
    host_error_clear(&why);
    return result;
}

static uint32_t ble_wait_ms(const struct host_link *link, uint32_t now_ms)
{
    (void)link;
    (void)now_ms;
    return UINT32_MAX;
}

static void ble_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd)
{
    struct link_ble *b = ble_of(link);
    struct pollfd fds[3];
    unsigned count = 0;

    if (b->bz == NULL) {
        host_link_poll(-1, 0, timeout_ms, wake_fd);
        return;
    }
    if (b->piece_off < b->piece_len || !g_queue_is_empty(b->rx_queue)) {
        timeout_ms = 0;
    }
    if (b->rx_fd >= 0) {
        fds[count++] = (struct pollfd){ .fd = b->rx_fd, .events = POLLIN };
    }
    if (b->tx_fd >= 0 && b->blocked) {
        fds[count++] = (struct pollfd){ .fd = b->tx_fd, .events = POLLOUT };
    }
    if (wake_fd >= 0) {
        fds[count++] = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
    }
    host_bluez_wait(b->bz, fds, count, timeout_ms);
}

static void ble_destroy(struct host_link *link)
{
    struct link_ble *b = ble_of(link);

    if (b->bz != NULL) {
        host_ble_find_stop(b);
    }
    bluez_gone(b);
    g_ptr_array_unref(b->listening);
    g_queue_free(b->rx_queue);
    g_free(b->who);
    g_free(b->after);
    g_free(b->adapter_name);
    g_free(b->path);
    g_free(b->address);
    g_free(b->name);
    g_free(b->chr);
    g_free(b->tx);
    g_free(b->rx);
    g_free(b);
}

static const struct host_link_ops ble_ops = {
    .open = ble_open,
    .reopen = ble_reopen,
    .close = ble_close,
    .send = ble_send,
    .flush = ble_flush,
    .receive = ble_receive,
    .wait_ms = ble_wait_ms,
    .now_ms = host_link_now_ms,
    .wait = ble_wait,
    .destroy = ble_destroy,
};

bool host_ble_is(const struct host_link *link)
{
    return link->ops == &ble_ops;
}

struct host_link *host_ble_create(const struct host_uri *uri,
        const struct host_link_params *params)
{
    struct link_ble *b = g_new0(struct link_ble, 1);

    b->link.ops = &ble_ops;
    b->link.info.kind = SMP_LINK_BLE;
    b->defaults = (struct host_ble_options){ .passkey = -1, .cancel_fd = -1 };
    b->options = params->ble != NULL ? params->ble : &b->defaults;
    b->who = g_strdup(uri->device);
    b->after = g_strdup(uri->after);
    b->adapter_name = g_strdup(uri->adapter);
    b->find_ms = uri->find_s != 0      ? uri->find_s * 1000u
            : b->options->find_ms != 0 ? b->options->find_ms
                                       : FIND_MS;
    b->io = (uint8_t)uri->ble_io;
    b->reassembly = (uint8_t)uri->reassembly;
    b->mtu = uri->mtu != 0 ? uri->mtu : params->mtu;
    b->listening = g_ptr_array_new_with_free_func(g_free);
    b->tx_fd = -1;
    b->rx_fd = -1;
    b->tx = g_malloc(BLE_MESSAGE_MAX);
    b->rx = g_malloc(BLE_MESSAGE_MAX);
    b->rx_queue = g_queue_new();
    smp_stream_decoder_init(&b->decoder, b->rx, BLE_MESSAGE_MAX);
    return &b->link;
}
