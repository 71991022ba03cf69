// SPDX-License-Identifier: Apache-2.0
/*
 * HCI packets to events: ACL → L2CAP → ATT → SMP, and what the controller
 * says about links. The characteristic is found by content: the first write
 * or notification on a handle that looks like an SMP message.
 *
 * Source: Bluetooth Core, vol 4 part E (HCI), vol 3 part A (L2CAP), part F
 * (ATT).
 */
#include <stdlib.h>
#include <string.h>

#include "diag/capture.h"
#include "diag/message.h"

#define L2CAP_MAX 1024u
#define CID_ATT   4u

enum {
    ATT_ERROR = 0x01,
    ATT_MTU_REQ = 0x02,
    ATT_MTU_RSP = 0x03,
    ATT_WRITE = 0x12,
    ATT_NOTIFY = 0x1b,
    ATT_NOTIFY_MULTIPLE = 0x23, /* servers on BlueZ, even for a single one */
    ATT_WRITE_COMMAND = 0x52,
};

/* One direction of one link. */
struct channel {
    uint8_t buf[L2CAP_MAX];
    size_t len;
    size_t want; /* bytes of the L2CAP frame with its head */
};

struct diag_hci {
    struct diag_source *s;
    struct channel sent;
    struct channel received;
    uint16_t link; /* connection handle of the SMP traffic */
    uint16_t attribute;
    bool known;    /* link and attribute are those of SMP */
    bool reversed; /* the capture is the peripheral's own */
    uint16_t mtu_asked;
};

struct diag_hci *diag_hci_create(struct diag_source *s)
{
    struct diag_hci *hci = calloc(1, sizeof(*hci));
    if (hci != NULL) {
        hci->s = s;
    } else {
        s->list->failed = true;
    }
    return hci;
}

void diag_hci_destroy(struct diag_hci *hci)
{
    free(hci);
}

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static void att_value(struct diag_hci *hci, bool sent, uint16_t link,
        const uint8_t *pdu, size_t len)
{
    if (len < 4) {
        return;
    }
    uint16_t attribute = le16(pdu + 1);
    const uint8_t *value = pdu + 3;
    size_t n = len - 3;
    if (!hci->known) {
        /* Clients write, servers notify, whoever has recorded it. */
        bool asks = pdu[0] != ATT_NOTIFY;
        if (!diag_is_message(value, n) || ((value[0] & 1u) != 0) == asks) {
            return;
        }
        hci->known = true;
        hci->reversed = asks != sent;
        hci->link = link;
        hci->attribute = attribute;
    }
    sent = sent != hci->reversed;
    if (hci->attribute == attribute) {
        hci->link = link;
        diag_emit_medium(hci->s, SIGN_MEDIUM_BLE);
        diag_emit_piece(hci->s, 0, sent, value, n);
        hci->s->found++;
    } else if (diag_is_message(value, n) && ((value[0] & 1u) != 0) != sent &&
            n >= (size_t)SMP_HEADER_SIZE + (value[2] * 256u + value[3])) {
        /* After an update the handles may have changed. */
        hci->attribute = attribute;
        diag_emit_piece(hci->s, 0, sent, value, n);
    }
}

/* Records of handle, length, value; a plain notification has no length. */
static void att_multiple(struct diag_hci *hci, bool sent, uint16_t link,
        const uint8_t *pdu, size_t len)
{
    uint8_t one[L2CAP_MAX];
    size_t off = 1;
    while (len - off >= 4) {
        size_t n = le16(pdu + off + 2);
        n = n < len - off - 4 ? n : len - off - 4;
        if (n > sizeof(one) - 3) {
            return;
        }
        one[0] = ATT_NOTIFY;
        memcpy(one + 1, pdu + off, 2);
        memcpy(one + 3, pdu + off + 4, n);
        att_value(hci, sent, link, one, n + 3);
        off += 4 + n;
    }
}

static void att(struct diag_hci *hci, bool sent, uint16_t link,
        const uint8_t *pdu, size_t len)
{
    if (len < 1) {
        return;
    }
    switch (pdu[0]) {
    case ATT_WRITE:
    case ATT_WRITE_COMMAND:
    case ATT_NOTIFY:
        att_value(hci, sent, link, pdu, len);
        return;
    case ATT_NOTIFY_MULTIPLE:
        att_multiple(hci, sent, link, pdu, len);
        return;
    case ATT_MTU_REQ:
        hci->mtu_asked = len >= 3 ? le16(pdu + 1) : 0;
        return;
    case ATT_MTU_RSP:
        if (len >= 3 && hci->mtu_asked != 0) {
            uint16_t mtu = le16(pdu + 1);
            mtu = mtu < hci->mtu_asked ? mtu : hci->mtu_asked;
            diag_emit(hci->s, DIAG_MTU, mtu < 23 ? 23 : mtu, 0);
        }
        return;
    case ATT_ERROR:
        if (len >= 5 && (pdu[4] == 0x05 || pdu[4] == 0x0f)) {
            diag_emit_sign(hci->s, DIAG_ERROR, SIGN_T_AUTH);
        } else if (len >= 5 && pdu[4] == 0x01) {
            diag_emit_sign(hci->s, DIAG_ERROR, SIGN_T_CACHE);
        }
        return;
    default:
        return;
    }
}

void diag_hci_acl(struct diag_hci *hci, bool sent, const uint8_t *data,
        size_t len)
{
    struct channel *c = sent ? &hci->sent : &hci->received;
    if (len < 4) {
        return;
    }
    uint16_t head = le16(data);
    uint16_t link = head & 0x0fffu;
    size_t n = le16(data + 2);
    bool first = ((head >> 12) & 3u) != 1u;
    data += 4;
    len -= 4;
    n = n < len ? n : len;
    if (first) {
        c->len = 0;
        c->want = n >= 4 ? (size_t)le16(data) + 4 : 0;
    }
    if (c->want == 0 || c->want > L2CAP_MAX || n > L2CAP_MAX - c->len) {
        c->want = 0;
        hci->s->list->bad += first ? 1u : 0u;
        return;
    }
    memcpy(c->buf + c->len, data, n);
    c->len += n;
    if (c->len >= c->want) {
        if (le16(c->buf + 2) == CID_ATT) {
            att(hci, sent, link, c->buf + 4, c->want - 4);
        }
        c->want = 0;
    }
}

static void le_event(struct diag_hci *hci, const uint8_t *p, size_t len)
{
    bool connected = len >= 19 && (p[0] == 0x01 || p[0] == 0x0a);
    if (connected && p[1] == 0) {
        size_t at = p[0] == 0x01 ? 12 : 24;
        diag_emit(hci->s, DIAG_LINK, 0, 1);
        if (len >= at + 2) {
            diag_emit(hci->s, DIAG_INTERVAL, le16(p + at) * 1250u, 0);
        }
        hci->known = false;
    } else if (p[0] == 0x03 && len >= 6 && p[1] == 0) {
        diag_emit(hci->s, DIAG_INTERVAL, le16(p + 4) * 1250u, 0);
    }
}

void diag_hci_event(struct diag_hci *hci, const uint8_t *data, size_t len)
{
    if (len < 2 || (size_t)data[1] + 2 > len) {
        return;
    }
    const uint8_t *p = data + 2;
    size_t n = data[1];
    if (data[0] == 0x05 && n >= 4 && p[0] == 0) {
        uint16_t link = le16(p + 1) & 0x0fffu;
        if (!hci->known || link == hci->link) {
            diag_flush_pieces(hci->s);
            diag_emit(hci->s, DIAG_LINK, p[3], 0);
        }
    } else if (data[0] == 0x3e && n >= 1) {
        le_event(hci, p, n);
    } else if (data[0] == 0x08 && n >= 1 && p[0] == 0x06) {
        diag_emit_sign(hci->s, DIAG_ERROR, SIGN_T_BOND);
    }
}

void diag_hci_h4(struct diag_hci *hci, bool sent, const uint8_t *data,
        size_t len)
{
    if (len == 0) {
        return;
    }
    if (data[0] == 2) {
        diag_hci_acl(hci, sent, data + 1, len - 1);
    } else if (data[0] == 4) {
        diag_hci_event(hci, data + 1, len - 1);
    }
}
