// SPDX-License-Identifier: Apache-2.0
/*
 * btsnoop, pcap, pcapng: packets out of files, then HCI or UDP.
 *
 * Source: btsnoop as written by Android and btmon; pcap and pcapng of the
 * IETF opsawg drafts; link types of tcpdump.org.
 */
#include "diag/capture.h"

#include <string.h>

#include "diag/message.h"

#define SMP_UDP_PORT 1337u

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
            p[3];
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
            p[0];
}

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p, bool big)
{
    return big ? be32(p) : le32(p);
}

/* Time of a packet, and what a quote would show. */
static void at_packet(struct diag_source *s, uint32_t number, int64_t us)
{
    s->line = number;
    s->t_ms = us / 1000;
    s->text = (struct diag_span){ "", 0 };
}

/* ---- btsnoop ---- */

bool diag_is_btsnoop(const uint8_t *data, size_t len)
{
    return len >= 16 && memcmp(data, "btsnoop\0", 8) == 0;
}

/* A record of btmon: the opcode is in the low half of the flags. */
static void monitor_packet(struct diag_hci *hci, uint32_t opcode,
        const uint8_t *data, size_t len)
{
    switch (opcode & 0xffffu) {
    case 3:
        diag_hci_event(hci, data, len);
        return;
    case 4:
    case 5:
        diag_hci_acl(hci, (opcode & 0xffffu) == 4, data, len);
        return;
    default:
        return;
    }
}

static void snoop_packet(struct diag_hci *hci, uint32_t link, uint32_t flags,
        const uint8_t *data, size_t len)
{
    bool received = (flags & 1u) != 0;
    if (link == 1002) {
        diag_hci_h4(hci, !received, data, len);
    } else if (link == 2001) {
        monitor_packet(hci, flags, data, len);
    } else if ((flags & 2u) == 0) {
        diag_hci_acl(hci, !received, data, len);
    } else if (received) {
        diag_hci_event(hci, data, len);
    }
}

void diag_read_btsnoop(struct diag_source *s, const uint8_t *data, size_t len)
{
    struct diag_hci *hci = diag_hci_create(s);
    uint32_t link = be32(data + 12);
    uint32_t number = 0;
    int64_t start = -1;
    for (size_t pos = 16; hci != NULL && len - pos >= 24;) {
        diag_events_passed(s->list, pos);
        const uint8_t *head = data + pos;
        uint32_t size = be32(head + 4);
        int64_t us =
                (int64_t)(((uint64_t)be32(head + 16) << 32 | be32(head + 20)) &
                        INT64_MAX);
        pos += 24;
        if (size > len - pos) {
            s->list->bad++;
            break;
        }
        start = start < 0 ? us : start;
        at_packet(s, ++number, us < start ? 0 : us - start);
        snoop_packet(hci, link, be32(head + 8), data + pos, size);
        pos += size;
    }
    diag_hci_destroy(hci);
}

/* ---- UDP ---- */

static void udp(struct diag_source *s, const uint8_t *p, size_t len)
{
    if (len < 8) {
        return;
    }
    uint16_t from = be16(p);
    uint16_t to = be16(p + 2);
    const uint8_t *payload = p + 8;
    size_t n = len - 8;
    size_t told = be16(p + 4);
    if (told >= 8 && told - 8 < n) {
        n = told - 8;
    }
    if (!diag_is_message(payload, n)) {
        return;
    }
    if (from != SMP_UDP_PORT && to != SMP_UDP_PORT &&
            n < (size_t)SMP_HEADER_SIZE + be16(payload + 2)) {
        return;
    }
    diag_emit_medium(s, SIGN_MEDIUM_UDP);
    diag_emit_message(s, 0, payload, n);
}

static void ip(struct diag_source *s, const uint8_t *p, size_t len)
{
    if (len < 20) {
        return;
    }
    unsigned version = p[0] >> 4;
    if (version == 4) {
        size_t head = (size_t)(p[0] & 0x0fu) * 4;
        bool fragment = (be16(p + 6) & 0x1fffu) != 0;
        if (head < 20 || head > len || fragment) {
            return;
        }
        if (p[9] == 17) {
            udp(s, p + head, len - head);
        } else if (p[9] == 1 && len >= head + 2 && p[head] == 3 &&
                p[head + 1] == 3) {
            diag_emit_sign(s, DIAG_ERROR, SIGN_T_UNREACHABLE);
        }
    } else if (version == 6 && len >= 40 && p[6] == 17) {
        udp(s, p + 40, len - 40);
    }
}

/* ---- link types ---- */

struct packets {
    struct diag_source *s;
    struct diag_hci *hci;
    uint32_t link;
    uint32_t number;
    int64_t start;
};

/* Bytes in front of the IP packet; len when there is none. */
static size_t ip_at(uint32_t link, const uint8_t *p, size_t len)
{
    switch (link) {
    case 0:
        return 4;
    case 1:
        if (len >= 18 && be16(p + 12) == 0x8100) {
            return 18;
        }
        return len >= 14 && (be16(p + 12) == 0x0800 || be16(p + 12) == 0x86dd)
                ? 14
                : len;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return 0;
    case 113:
        return 16;
    case 276:
        return 20;
    default:
        return len;
    }
}

static void packet(struct packets *k, const uint8_t *p, size_t len, int64_t us)
{
    k->start = k->start < 0 ? us : k->start;
    at_packet(k->s, ++k->number, us < k->start ? 0 : us - k->start);
    switch (k->link) {
    case 187:
        if (len > 0) {
            diag_hci_h4(k->hci, p[0] != 4, p, len);
        }
        return;
    case 201:
        if (len > 4) {
            diag_hci_h4(k->hci, p[3] == 0, p + 4, len - 4);
        }
        return;
    case 254:
        if (len >= 4) {
            monitor_packet(k->hci, be16(p + 2), p + 4, len - 4);
        }
        return;
    default:
        break;
    }
    size_t at = ip_at(k->link, p, len);
    if (at < len) {
        ip(k->s, p + at, len - at);
    }
}

/* ---- pcap ---- */

static const uint8_t pcap_magic[][4] = {
    { 0xd4, 0xc3, 0xb2, 0xa1 }, /* little-endian, microseconds */
    { 0x4d, 0x3c, 0xb2, 0xa1 }, /* little-endian, nanoseconds */
    { 0xa1, 0xb2, 0xc3, 0xd4 },
    { 0xa1, 0xb2, 0x3c, 0x4d },
};
static const uint8_t pcapng_magic[] = { 0x0a, 0x0d, 0x0d, 0x0a };

static int pcap_kind(const uint8_t *data, size_t len)
{
    for (int i = 0; i < 4 && len >= 24; i++) {
        if (memcmp(data, pcap_magic[i], 4) == 0) {
            return i;
        }
    }
    return len >= 28 && memcmp(data, pcapng_magic, 4) == 0 ? 4 : -1;
}

bool diag_is_pcap(const uint8_t *data, size_t len)
{
    return pcap_kind(data, len) >= 0;
}

static void read_pcap(struct packets *k, const uint8_t *data, size_t len,
        bool big, bool nano)
{
    k->link = get32(data + 20, big) & 0xffffu;
    for (size_t pos = 24; len - pos >= 16;) {
        diag_events_passed(k->s->list, pos);
        const uint8_t *head = data + pos;
        uint32_t size = get32(head + 8, big);
        int64_t part = get32(head + 4, big);
        int64_t us = (int64_t)get32(head, big) * 1000000 +
                (nano ? part / 1000 : part);
        pos += 16;
        if (size > len - pos) {
            k->s->list->bad++;
            return;
        }
        packet(k, data + pos, size, us);
        pos += size;
    }
}

static void read_pcapng(struct packets *k, const uint8_t *data, size_t len)
{
    bool big = false;
    for (size_t pos = 0; len - pos >= 12;) {
        diag_events_passed(k->s->list, pos);
        const uint8_t *block = data + pos;
        if (memcmp(block, pcapng_magic, 4) == 0) {
            big = be32(block + 8) == 0x1a2b3c4du;
        }
        uint32_t type = get32(block, big);
        uint32_t size = get32(block + 4, big);
        if (size < 12 || size % 4 != 0 || size > len - pos) {
            k->s->list->bad++;
            return;
        }
        if (type == 1 && size >= 20) {
            k->link = big ? be16(block + 8)
                          : (uint32_t)(block[8] | block[9] << 8);
        } else if (type == 6 && size >= 32) {
            uint32_t caught = get32(block + 20, big);
            uint64_t us = (uint64_t)get32(block + 12, big) << 32 |
                    get32(block + 16, big);
            if (caught <= size - 32) {
                packet(k, block + 28, caught, (int64_t)(us & INT64_MAX));
            }
        } else if (type == 3 && size >= 16) {
            packet(k, block + 12, size - 16, 0);
        }
        pos += size;
    }
}

void diag_read_pcap(struct diag_source *s, const uint8_t *data, size_t len)
{
    struct packets k = { .s = s, .hci = diag_hci_create(s), .start = -1 };
    int kind = pcap_kind(data, len);
    if (k.hci == NULL) {
        return;
    }
    if (kind == 4) {
        read_pcapng(&k, data, len);
    } else {
        read_pcap(&k, data, len, kind >= 2, kind == 1 || kind == 3);
    }
    diag_hci_destroy(k.hci);
}
