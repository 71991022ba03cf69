// SPDX-License-Identifier: Apache-2.0
/* How large a message may be: what the device tells, and what passes. */
#include "host/link_ble_private.h"
#include "smp/group_os.h"
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define PROBE_MS 1500u

static void tell(const struct link_ble *b, enum smp_trace_kind kind, bool probe,
        struct smp_bytes message)
{
    const struct host_link *link = &b->link;

    if (link->watch != NULL) {
        link->watch->message(link->watch_ctx, kind, probe, message);
    }
}

static void tell_note(const struct link_ble *b, const char *text)
{
    const struct host_link *link = &b->link;

    if (link->watch != NULL) {
        link->watch->note(link->watch_ctx, text);
    }
}

/* One exchange before the session begins: 1 answered, 0 silence. */
static int exchange(struct link_ble *b, struct smp_bytes req, bool probe,
        struct smp_bytes *rsp)
{
    uint32_t begin = host_clock_ms();
    struct host_link *link = &b->link;

    if (link->ops->send(link, req.ptr, req.len) != 0) {
        return 0;
    }
    tell(b, SMP_TRACE_TX, probe, req);
    for (;;) {
        uint32_t passed = host_clock_ms() - begin;
        int result;

        if (link->ops->flush(link) == HOST_LINK_DOWN) {
            return 0;
        }
        while ((result = link->ops->receive(link, rsp)) == 1) {
            if (rsp->len >= SMP_HEADER_SIZE && rsp->ptr[6] == req.ptr[6]) {
                tell(b, SMP_TRACE_RX, probe, *rsp);
                return 1;
            }
            tell(b, SMP_TRACE_DROPPED, false, *rsp);
        }
        if (result == HOST_LINK_DOWN || passed >= PROBE_MS ||
                host_bluez_cancelled(b->bz)) {
            return 0;
        }
        link->ops->wait(link, PROBE_MS - passed, -1);
    }
}

static uint32_t ask_buf_size(struct link_ble *b)
{
    const struct smp_header header = { .op = SMP_OP_READ,
        .seq = 0xd1,
        .len = 1,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_PARAMS };
    struct smp_os_params_rsp params;
    struct smp_bytes message;
    struct smp_bytes rsp;
    uint8_t req[SMP_HEADER_SIZE + 1];

    smp_header_encode(&header, req);
    req[SMP_HEADER_SIZE] = 0xa0; /* empty map */
    message = (struct smp_bytes){ req, sizeof(req) };
    if (exchange(b, message, false, &rsp) != 1) {
        if (b->link.info.up) {
            tell(b, SMP_TRACE_TIMEOUT, false, message);
        }
        return 0;
    }
    rsp.ptr += SMP_HEADER_SIZE;
    rsp.len -= SMP_HEADER_SIZE;
    if (smp_map_decode(&smp_os_params_rsp_map, rsp, &params) != 0 ||
            (params.has & SMP_OS_PARAMS_RSP_BUF_SIZE) == 0) {
        return 0;
    }
    return params.buf_size;
}

/*
 * An echo that does not fit one write, by less than a header: a server that
 * takes every write for a message drops both parts or answers an error.
 */
static bool echo_comes_back(struct link_ble *b, size_t size)
{
    static const uint8_t map[] = { 0xa1, 0x61, 0x64, 0x79 }; /* {"d": text */
    struct smp_header header = { .op = SMP_OP_WRITE,
        .seq = 0xd2,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO };
    size_t text = size - SMP_HEADER_SIZE - 6;
    uint8_t *req = g_malloc0(size);
    struct smp_bytes rsp = { NULL, 0 };
    bool same;

    header.len = (uint16_t)(size - SMP_HEADER_SIZE);
    smp_header_encode(&header, req);
    memcpy(req + SMP_HEADER_SIZE, map, sizeof(map));
    req[SMP_HEADER_SIZE + 4] = (uint8_t)(text >> 8);
    req[SMP_HEADER_SIZE + 5] = (uint8_t)text;
    memset(req + SMP_HEADER_SIZE + 6, '.', text);
    same = exchange(b, (struct smp_bytes){ req, size }, true, &rsp) == 1 &&
            rsp.len >= text && rsp.len >= 9 &&
            memcmp(rsp.ptr + rsp.len - 8, "........", 8) == 0;
    /* Some servers end their maps with a break byte. */
    same = same ||
            (rsp.ptr != NULL && rsp.len > text && rsp.len >= 9 &&
                    rsp.ptr[6] == 0xd2 &&
                    memcmp(rsp.ptr + rsp.len - 9, "........", 8) == 0);
    g_free(req);
    return same;
}

void host_ble_sizes(struct link_ble *b)
{
    size_t size = b->room + 4;

    b->link.info.max_message = b->mtu != 0 ? MIN(b->mtu, b->room) : b->room;
    b->link.info.max_reassembled = 0;
    if (b->reassembly == HOST_BLE_REASSEMBLY_NO) {
        return;
    }
    if (b->reassembly == HOST_BLE_REASSEMBLY_AUTO) {
        uint32_t buf_size = ask_buf_size(b);

        if (buf_size <= b->room ||
                !echo_comes_back(b, MIN(size, (size_t)buf_size))) {
            tell_note(b,
                    buf_size == 0 ? "sizes: the device tells no buffer size: "
                                    "one write per message"
                            : buf_size <= b->room
                            ? "sizes: the device's buffer is no larger than "
                              "one write"
                            : "sizes: the device does not join writes: one "
                              "write per message");
            return;
        }
        tell_note(b, "sizes: the device joins writes to one message");
    }
    b->link.info.max_reassembled =
            b->mtu != 0 ? MIN(b->mtu, BLE_MESSAGE_MAX) : BLE_MESSAGE_MAX;
}
