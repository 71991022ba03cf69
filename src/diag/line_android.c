// SPDX-License-Identifier: Apache-2.0
/*
 * Android: nRF Connect, Device Manager, the library in a logcat. Messages as
 * header fields with JSON, as GATT bytes, and in the multi-line form of 2021.
 */
#include <string.h>

#include "diag/lines.h"

#define SMP_CHARACTERISTIC "da2e7828"

static bool field(struct diag_span s, const char *key, uint32_t *value)
{
    return diag_number_after(s, key, value);
}

/* `Header (Version: 1, Op: 0, Flags: 0, Len: 1, Group: 1, Seq: 1, …) CBOR …` */
static bool read_decoded(struct diag_source *s)
{
    struct diag_span rest = diag_after(s->text, "Header (");
    uint32_t version = 0;
    uint32_t op;
    uint32_t len;
    uint32_t group;
    uint32_t seq;
    uint32_t id;
    uint8_t cbor[DIAG_MESSAGE_MAX];
    size_t used;
    bool cut = false;
    if (rest.len == 0) {
        return false;
    }
    struct diag_span head = diag_first(rest, 160);
    (void)field(head, "Version: ", &version);
    if (!field(head, "Op: ", &op) || !field(head, "Len: ", &len) ||
            !field(head, "Group: ", &group) || !field(head, "Seq: ", &seq) ||
            !field(head, "Command: ", &id)) {
        return false;
    }
    struct smp_header h = { .version = (uint8_t)(version & 1u),
        .op = (uint8_t)(op & 3u),
        .len = (uint16_t)(len & 0xffffu),
        .group = (uint16_t)(group & 0xffffu),
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)(id & 0xffu) };
    struct diag_span json = diag_after(rest, "CBOR ");
    size_t n = diag_value_to_cbor(json, cbor, sizeof(cbor), &used, &cut);
    diag_flush_pieces(s);
    diag_emit_parts(s, DIAG_FORM_DECODED, &h, (struct smp_bytes){ cbor, n },
            cut, false);
    return true;
}

/* Bytes after "0x" in a GATT line. */
static bool read_bytes(struct diag_source *s, struct diag_span hex,
        uint16_t form, bool tx)
{
    uint8_t bytes[DIAG_MESSAGE_MAX];
    size_t used;
    size_t n = diag_hex(hex, bytes, sizeof(bytes), &used);
    if (n > 0) {
        diag_emit_piece(s, form, tx, bytes, n);
    }
    return n > 0;
}

static bool read_gatt(struct diag_source *s)
{
    struct diag_span hex;
    bool smp = diag_has(s->text, SMP_CHARACTERISTIC);
    if (diag_has(s->text, "characteristic.setValue(0x")) {
        hex = diag_after(s->text, "setValue(0x");
        return read_bytes(s, hex, DIAG_FORM_SET, true);
    }
    if (!smp) {
        return false;
    }
    if (diag_has(s->text, "Notification received from")) {
        hex = diag_after(s->text, "(0x) ");
        return read_bytes(s, hex, DIAG_FORM_VALUE, false);
    }
    if (diag_has(s->text, "Data written to")) {
        hex = diag_after(s->text, "(0x) ");
        (void)read_bytes(s, hex, DIAG_FORM_VALUE, true);
        return true;
    }
    if (diag_has(s->text, "gatt.writeCharacteristic(")) {
        hex = diag_after(s->text, "value=0x");
        (void)read_bytes(s, hex, DIAG_FORM_WRITE, true);
        return true;
    }
    return diag_has(s->text, "Writing characteristic") ||
            diag_has(s->text, "setCharacteristicNotification") ||
            diag_has(s->text, "nabling notifications");
}

/* The form of 2021: a request over seven lines, an answer without a header. */
static bool read_old_line(struct diag_source *s)
{
    uint32_t n;
    struct diag_span line = diag_trim(s->text);
    if (diag_has(s->text, "\"Operation: ")) {
        memset(&s->old, 0, sizeof(s->old));
        s->old.op = diag_has(s->text, "Operation: WRITE") ? 2 : 0;
        s->old_open = true;
        return true;
    }
    if (!s->old_open) {
        return false;
    }
    if (diag_starts(line, "Flags: ")) {
        return true;
    }
    if (diag_starts(line, "Length: ") && field(line, "Length: ", &n)) {
        s->old.len = (uint16_t)(n & 0xffffu);
        return true;
    }
    if (diag_starts(line, "Group Id: ") && field(line, "Group Id: ", &n)) {
        s->old.group = (uint16_t)(n & 0xffffu);
        return true;
    }
    if (diag_starts(line, "Sequence Num: ") &&
            field(line, "Sequence Num: ", &n)) {
        s->old.seq = (uint8_t)(n & 0xffu);
        return true;
    }
    if (diag_starts(line, "Command Id: ") && field(line, "Command Id: ", &n)) {
        s->old.id = (uint8_t)(n & 0xffu);
        return true;
    }
    if (diag_starts(line, "Message: ")) {
        uint8_t cbor[DIAG_MESSAGE_MAX];
        size_t used;
        bool cut = false;
        size_t len = diag_value_to_cbor(diag_after(line, "Message: "), cbor,
                sizeof(cbor), &used, &cut);
        diag_flush_pieces(s);
        diag_emit_parts(s, DIAG_FORM_DECODED, &s->old,
                (struct smp_bytes){ cbor, len }, cut, false);
        s->old_open = false;
        return true;
    }
    s->old_open = false;
    return false;
}

/* `"{…}" received`: the header is that of the latest request. */
static bool read_old_answer(struct diag_source *s)
{
    uint8_t cbor[DIAG_MESSAGE_MAX];
    size_t used;
    bool cut = false;
    size_t at = diag_find(s->text, "\"{");
    if (at == s->text.len || !diag_has(s->text, "}\" received")) {
        return false;
    }
    struct diag_span json = diag_skip(s->text, at + 1);
    size_t len = diag_value_to_cbor(json, cbor, sizeof(cbor), &used, &cut);
    struct smp_header h = s->last_tx;
    if (diag_has(json, "\"images\"")) {
        h = (struct smp_header){ .op = 0,
            .group = 1,
            .id = 0,
            .seq = s->last_tx.seq };
    } else if (!s->last_tx_known) {
        return true;
    }
    h.op = (uint8_t)((h.op | 1u) & 3u);
    h.len = 0;
    diag_flush_pieces(s);
    diag_emit_parts(s, DIAG_FORM_DECODED, &h, (struct smp_bytes){ cbor, len },
            cut, false);
    return true;
}

bool diag_line_android(struct diag_source *s)
{
    if (read_old_line(s)) {
        return true;
    }
    if (diag_has(s->text, "Header (") && diag_has(s->text, "CBOR ")) {
        return read_decoded(s);
    }
    if (read_old_answer(s)) {
        return true;
    }
    return read_gatt(s);
}
