// SPDX-License-Identifier: Apache-2.0
/*
 * smpclient and smpmgr: reprs of headers, errors and image states, often over
 * several lines (joined before they come here), and progress lines.
 */
#include <string.h>

#include "diag/lines.h"

/* `op=<OP.WRITE_RSP: 3>` or `op=3` */
static bool enum_after(struct diag_span t, const char *key, uint32_t *value)
{
    struct diag_span rest = diag_after(t, key);
    if (rest.len == 0) {
        return false;
    }
    if (rest.ptr[0] == '<') {
        rest = diag_after(diag_until(rest, ">"), ": ");
    }
    return diag_number(rest, value) > 0;
}

static bool read_header(struct diag_span t, struct smp_header *h)
{
    uint32_t version = 0;
    uint32_t op;
    uint32_t len = 0;
    uint32_t group;
    uint32_t seq;
    uint32_t id;
    struct diag_span s = diag_first(t, 300);
    if (!enum_after(s, "op=", &op) || !enum_after(s, "group_id=", &group) ||
            !enum_after(s, "sequence=", &seq) ||
            !enum_after(s, "command_id=", &id)) {
        return false;
    }
    (void)enum_after(s, "version=", &version);
    (void)enum_after(s, "length=", &len);
    *h = (struct smp_header){ .version = (uint8_t)(version & 1u),
        .op = (uint8_t)(op & 3u),
        .len = (uint16_t)(len & 0xffffu),
        .group = (uint16_t)(group & 0xffffu),
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)(id & 0xffu) };
    return true;
}

static void put_flag(struct smp_encoder *e, struct diag_span t, const char *key,
        const char *name)
{
    struct diag_span rest = diag_after(t, key);
    if (diag_starts(rest, "True") || diag_starts(rest, "False")) {
        smp_put_key(e, name);
        smp_put_bool(e, rest.ptr[0] == 'T');
    }
}

/* `slot=0, version='1.0', image=None, hash=HashBytes('760D…'), …` */
static void put_slot(struct smp_encoder *e, struct diag_span t)
{
    uint32_t n = 0;
    uint8_t hash[64];
    size_t used;
    smp_put_map(e, 0);
    if (diag_number_after(t, "image=", &n)) {
        smp_put_key(e, "image");
        smp_put_uint(e, n);
    }
    if (diag_number_after(t, "slot=", &n)) {
        smp_put_key(e, "slot");
        smp_put_uint(e, n);
    }
    struct diag_span version = diag_until(diag_after(t, "version='"), "'");
    smp_put_key(e, "version");
    smp_put_text(e,
            (struct smp_bytes){ (const uint8_t *)version.ptr, version.len });
    struct diag_span hex = diag_after(t, "HashBytes('");
    size_t len = diag_hex(hex, hash, sizeof(hash), &used);
    if (len > 0) {
        smp_put_key(e, "hash");
        smp_put_bytes(e, (struct smp_bytes){ hash, len });
    }
    put_flag(e, t, "bootable=", "bootable");
    put_flag(e, t, "pending=", "pending");
    put_flag(e, t, "confirmed=", "confirmed");
    put_flag(e, t, "active=", "active");
    put_flag(e, t, "permanent=", "permanent");
    smp_put_end(e);
}

/* Every ImageState(…) is an entry of a list that is collected like a text. */
static bool read_slots(struct diag_source *s)
{
    struct diag_span rest = diag_after(s->text, "ImageState(");
    if (rest.len == 0) {
        return false;
    }
    if (!s->list_open) {
        diag_listing_start(s);
        s->list_bare = true;
    }
    while (rest.len > 0) {
        put_slot(&s->list_enc,
                diag_first(rest, diag_find(rest, "ImageState(")));
        rest = diag_after(rest, "ImageState(");
    }
    return true;
}

/* `…ErrorV1(header=Header(…), …, rc=<MGMT_ERR.EUNKNOWN: 1>, …)` */
static bool read_error(struct diag_source *s)
{
    struct smp_header h;
    uint8_t cbor[64];
    struct smp_encoder e;
    uint32_t rc;
    uint32_t group = 0;
    struct diag_span rest = diag_after(s->text, "Header(");
    if (rest.len == 0 || !read_header(rest, &h)) {
        return false;
    }
    struct diag_span tail = diag_after(rest, ")");
    smp_encoder_init(&e, cbor, sizeof(cbor), SMP_FORM_DEFINITE);
    if (enum_after(tail, "rc=", &rc)) {
        bool grouped = enum_after(tail, "group=", &group);
        smp_put_map(&e, 1);
        if (grouped) {
            smp_put_key(&e, "err");
            smp_put_map(&e, 2);
            smp_put_key(&e, "group");
            smp_put_uint(&e, group);
        }
        smp_put_key(&e, "rc");
        smp_put_uint(&e, rc);
    } else if (enum_after(tail, "off=", &rc)) {
        smp_put_map(&e, 1);
        smp_put_key(&e, "off");
        smp_put_uint(&e, rc);
    } else {
        smp_put_map(&e, 0);
    }
    int len = smp_encoder_finish(&e);
    if (len > 0) {
        diag_emit_parts(s, DIAG_FORM_DECODED, &h,
                (struct smp_bytes){ cbor, (size_t)len }, false, true);
    }
    return true;
}

/* `Uploaded 200,778 / 205,351 Bytes | 1.12 KB/s` */
static bool read_progress(struct diag_source *s)
{
    uint32_t off = 0;
    uint32_t size = 0;
    struct diag_span rest = diag_after(s->text, "Uploaded ");
    size_t n = diag_number(rest, &off);
    if (n == 0) {
        return false;
    }
    rest = diag_skip(rest, n);
    if (!diag_starts(rest, " / ") ||
            diag_number(diag_skip(rest, 3), &size) == 0) {
        return false;
    }
    diag_emit(s, DIAG_PROGRESS, off, size);
    if (diag_has(s->text, "<Version.V1: 0> from the provided header")) {
        diag_emit_sign(s, DIAG_NOTE, SIGN_T_CLIENT_V1);
    }
    return true;
}

bool diag_line_python(struct diag_source *s)
{
    if (read_slots(s) || read_error(s) || read_progress(s)) {
        return true;
    }
    return false;
}
