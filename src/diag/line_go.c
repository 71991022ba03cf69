// SPDX-License-Identifier: Apache-2.0
/*
 * Go mcumgr with -ldebug, hexdumps of any tool.
 *
 *   DEBU[…] Tx NMP request: 00000000  00 00 00 01 00 01 10 00  a0  |...|
 *   time="…" msg="rx nmp response: 00000000  03 00 …  |..|\n00000010  66 …"
 *   DEBU[…] Encoded &{NmpBase:{hdr:{Op:2 Flags:0 Len:0 Group:1 Seq:223
 *           Id:1}} …} to:   and the body as a hexdump
 */
#include <string.h>

#include "diag/lines.h"
#include "diag/message.h"

/* Offset column: eight hexadecimal digits and a blank. */
static bool is_dump_line(struct diag_span t)
{
    if (t.len < 11 || t.ptr[8] != ' ') {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        if (diag_hex_digit(t.ptr[i]) < 0) {
            return false;
        }
    }
    return diag_hex_digit(diag_trim(diag_skip(t, 8)).ptr[0]) >= 0;
}

/* Bytes of one dump line behind the offset column. */
static size_t dump_bytes(struct diag_span t, uint8_t out[16])
{
    size_t n = 0;
    struct diag_span rest = diag_skip(t, 8);
    while (n < 16) {
        size_t used;
        rest = diag_trim(rest);
        if (rest.len < 2 || (rest.len > 2 && rest.ptr[2] != ' ') ||
                diag_hex(diag_first(rest, 2), out + n, 1, &used) != 1) {
            break;
        }
        n++;
        rest = diag_skip(rest, 2);
    }
    return n;
}

bool diag_dump_line(struct diag_source *s, struct diag_span t)
{
    uint8_t bytes[16];
    if (!is_dump_line(t)) {
        return false;
    }
    size_t n = dump_bytes(t, bytes);
    if (n == 0 || n > sizeof(s->dump) - s->dump_len) {
        return false;
    }
    memcpy(s->dump + s->dump_len, bytes, n);
    s->dump_len += n;
    return true;
}

void diag_dump_end(struct diag_source *s)
{
    if (!s->dumping) {
        return;
    }
    s->dumping = false;
    struct diag_span now = s->text;
    uint32_t line = s->line;
    s->line = s->dump_line;
    s->text = diag_span(s->dump_quote);
    if (s->dump_body && s->dump_len > 0) {
        diag_emit_parts(s, DIAG_FORM_STRUCT, &s->dump_header,
                (struct smp_bytes){ s->dump, s->dump_len }, false, false);
    } else if (!s->dump_body && diag_is_message(s->dump, s->dump_len)) {
        diag_emit_message(s, DIAG_FORM_DUMP, s->dump, s->dump_len);
    }
    s->dump_len = 0;
    s->dump_body = false;
    s->line = line;
    s->text = now;
}

static void dump_start(struct diag_source *s, bool body)
{
    size_t n = s->text.len < DIAG_QUOTE_MAX ? s->text.len : DIAG_QUOTE_MAX;
    diag_dump_end(s);
    s->dumping = true;
    s->dump_body = body;
    s->dump_len = 0;
    s->dump_line = s->line;
    memcpy(s->dump_quote, s->text.ptr, n);
    s->dump_quote[n] = '\0';
}

/* All dump lines in one line of text, "\n" spelled out between them. */
static void dump_inline(struct diag_source *s, struct diag_span rest)
{
    while (rest.len > 0) {
        size_t at = diag_find(rest, "\\n");
        if (!diag_dump_line(s, diag_trim(diag_first(rest, at)))) {
            break;
        }
        rest = diag_skip(rest, at + 2);
    }
}

static bool read_nmp(struct diag_source *s)
{
    struct diag_span rest = diag_after(s->text, "Tx NMP request: ");
    if (rest.len == 0) {
        rest = diag_after(s->text, "rx nmp response: ");
    }
    if (rest.len == 0) {
        rest = diag_after(s->text, "Rx NMP response: ");
    }
    if (rest.len == 0) {
        return false;
    }
    dump_start(s, false);
    dump_inline(s, rest);
    if (diag_has(s->text, "\\n")) {
        diag_dump_end(s);
    }
    return true;
}

static bool read_struct(struct diag_source *s)
{
    uint32_t op;
    uint32_t group;
    uint32_t seq;
    uint32_t id;
    if (!diag_has(s->text, "Encoded &{NmpBase:{hdr:{")) {
        return false;
    }
    struct diag_span t = diag_first(diag_after(s->text, "hdr:{"), 80);
    if (!diag_number_after(t, "Op:", &op) ||
            !diag_number_after(t, "Group:", &group) ||
            !diag_number_after(t, "Seq:", &seq) ||
            !diag_number_after(t, "Id:", &id)) {
        return false;
    }
    dump_start(s, true);
    s->dump_header = (struct smp_header){ .op = (uint8_t)(op & 3u),
        .group = (uint16_t)(group & 0xffffu),
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)(id & 0xffu) };
    return true;
}

/* `HandleError off 76071 error NMP timeout` */
static bool read_errors(struct diag_source *s)
{
    uint32_t off = 0;
    if (!diag_has(s->text, "NMP timeout")) {
        return false;
    }
    if (diag_has(s->text, "HandleError off ") &&
            diag_number_after(s->text, "HandleError off ", &off)) {
        diag_emit(s, DIAG_PROGRESS, off, 0);
        diag_emit_sign(s, DIAG_ERROR, SIGN_T_UPLOAD_TIMEOUT);
        return true;
    }
    diag_emit_sign(s, DIAG_ERROR, SIGN_T_NMP_TIMEOUT);
    return true;
}

bool diag_line_go(struct diag_source *s)
{
    if (s->dumping) {
        if (diag_dump_line(s, diag_trim(s->text))) {
            return true;
        }
        diag_dump_end(s);
    }
    return read_nmp(s) || read_struct(s) || read_errors(s);
}
