// SPDX-License-Identifier: Apache-2.0
/*
 * iOS library and its wrappers: `{"k" : v}` payloads, group names instead of
 * numbers, offsets instead of upload messages.
 */
#include <string.h>

#include "diag/lines.h"

/* `Header: {"version": "1", "op": "1", "flags": 0, "length": 244, …}` */
static bool read_header(struct diag_span t, struct smp_header *h)
{
    uint32_t version = 0;
    uint32_t op;
    uint32_t len = 0;
    uint32_t group;
    uint32_t seq;
    uint32_t id;
    struct diag_span s = diag_first(t, 200);
    if ((!diag_number_after(s, "\"op\": \"", &op) &&
                !diag_number_after(s, "\"op\": ", &op)) ||
            !diag_number_after(s, "\"group\": ", &group) ||
            !diag_number_after(s, "\"seqNum\": ", &seq) ||
            !diag_number_after(s, "\"commandId\": ", &id)) {
        return false;
    }
    if (!diag_number_after(s, "\"version\": \"", &version)) {
        (void)diag_number_after(s, "\"version\": ", &version);
    }
    (void)diag_number_after(s, "\"length\": ", &len);
    *h = (struct smp_header){ .version = (uint8_t)(version & 1u),
        .op = (uint8_t)(op & 3u),
        .len = (uint16_t)(len & 0xffffu),
        .group = (uint16_t)(group & 0xffffu),
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)(id & 0xffu) };
    return true;
}

static bool read_whole(struct diag_source *s)
{
    struct smp_header h;
    uint8_t cbor[DIAG_MESSAGE_MAX];
    size_t used;
    bool cut = false;
    struct diag_span rest = diag_after(s->text, "Header: {");
    if (rest.len == 0 || !read_header(rest, &h)) {
        return false;
    }
    size_t n = diag_value_to_cbor(diag_after(rest, "Payload: "), cbor,
            sizeof(cbor), &used, &cut);
    diag_emit_parts(s, DIAG_FORM_DECODED, &h, (struct smp_bytes){ cbor, n },
            cut, false);
    if (diag_has(s->text, "Invalid response")) {
        diag_emit_sign(s, DIAG_ERROR, SIGN_T_INVALID_RSP);
    }
    return true;
}

/* `(Version: SMPv2, Group: image, seq: 5, ID: State)`: read names. */
static bool read_names(struct diag_span t, struct smp_header *h)
{
    uint32_t seq = 0;
    struct diag_span group = diag_after(t, "roup: ");
    struct diag_span id = diag_after(t, "ID: ");
    if (id.len == 0) {
        id = diag_after(t, "command: ");
    }
    if (group.len == 0 || id.len == 0 || !diag_number_after(t, "seq: ", &seq)) {
        return false;
    }
    int g = diag_group_of(diag_until(group, ",)"));
    int c = g < 0 ? -1 : diag_command_of(g, diag_until(id, ",)"));
    if (c < 0) {
        return false;
    }
    *h = (struct smp_header){ .version = diag_has(diag_first(t, 60), "SMPv2"),
        .group = (uint16_t)g,
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)c };
    return true;
}

static bool read_named(struct diag_source *s)
{
    struct smp_header h;
    uint8_t cbor[DIAG_MESSAGE_MAX];
    size_t used;
    bool cut = false;
    bool tx = diag_has(s->text, "Sending read command (") ||
            diag_has(s->text, "Sending write command (");
    bool rx = !tx && diag_has(s->text, "Response (");
    if (!tx && !rx) {
        return false;
    }
    struct diag_span rest =
            diag_after(s->text, tx ? " command (" : "Response (");
    if (!read_names(rest, &h)) {
        return false;
    }
    bool write = diag_has(s->text, "Sending write command (") ||
            (rx && s->last_tx_known && s->last_tx.group == h.group &&
                    s->last_tx.id == h.id && s->last_tx.op == 2);
    h.op = (uint8_t)((write ? 2 : 0) + (rx ? 1 : 0));
    struct diag_span body = diag_after(rest, "): ");
    size_t n = diag_value_to_cbor(body, cbor, sizeof(cbor), &used, &cut);
    diag_emit_parts(s, DIAG_FORM_DECODED, &h, (struct smp_bytes){ cbor, n },
            cut, false);
    return true;
}

/* `-> [Seq: 5] 0A00 0031 … (57 bytes)` */
static bool read_raw(struct diag_source *s)
{
    uint8_t bytes[DIAG_MESSAGE_MAX];
    size_t used;
    bool tx = diag_has(s->text, "-> [Seq: ");
    if (!tx && !diag_has(s->text, "<- [Seq: ")) {
        return false;
    }
    struct diag_span hex =
            diag_trim(diag_after(diag_after(s->text, "[Seq: "), "]"));
    size_t n = diag_hex(hex, bytes, sizeof(bytes), &used);
    if (n > 0) {
        diag_emit_piece(s, DIAG_FORM_RAW, tx, bytes, n);
    }
    return true;
}

static bool read_offsets(struct diag_source *s)
{
    uint32_t n = 0;
    struct diag_span t = s->text;
    if (diag_has(t, "Response Offset: ") &&
            diag_number_after(t, "Response Offset: ", &n)) {
        s->progress = n;
        diag_emit(s, DIAG_PROGRESS, n, 0);
        return true;
    }
    if (diag_has(t, "Uploading Image ") && diag_number_after(t, "(", &n)) {
        s->upload_size = n;
        s->progress = 0;
        diag_emit(s, DIAG_NOTE, 0, 0);
        return true;
    }
    bool uploaded = diag_has(t, "Uploaded image ");
    if (uploaded || diag_has(t, "Upload finished (")) {
        uint32_t bytes = s->upload_size != 0 ? s->upload_size : s->progress;
        if (bytes != 0) {
            diag_emit(s, DIAG_SENT, bytes, 0);
        }
        s->upload_size = 0;
        s->progress = 0;
        return true;
    }
    return false;
}

bool diag_line_ios(struct diag_source *s)
{
    return read_whole(s) || read_named(s) || read_raw(s) || read_offsets(s);
}
