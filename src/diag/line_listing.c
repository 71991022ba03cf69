// SPDX-License-Identifier: Apache-2.0
/*
 * Image lists as text: Go mcumgr, and JSON with "images" on one line.
 *
 *   Images:
 *    image=0 slot=1
 *       version: 0.0.0
 *       bootable: true
 *       flags: pending
 *       hash: ef1bcc89…
 *   Split status: N/A (0)
 */
#include <string.h>

#include "diag/lines.h"

static void slot_end(struct diag_source *s)
{
    if (s->slot_open) {
        smp_put_end(&s->list_enc);
        s->slot_open = false;
    }
}

void diag_listing_start(struct diag_source *s)
{
    size_t n = s->text.len < DIAG_QUOTE_MAX ? s->text.len : DIAG_QUOTE_MAX;
    diag_listing_end(s);
    memcpy(s->list_quote, s->text.ptr, n);
    s->list_quote[n] = '\0';
    s->list_open = true;
    s->list_bare = false;
    s->list_line = s->line;
    smp_encoder_init(&s->list_enc, s->list_buf, sizeof(s->list_buf),
            SMP_FORM_INDEFINITE);
    smp_put_map(&s->list_enc, 1);
    smp_put_key(&s->list_enc, "images");
    smp_put_array(&s->list_enc, 0);
}

void diag_listing_end(struct diag_source *s)
{
    if (!s->list_open) {
        return;
    }
    slot_end(s);
    smp_put_end(&s->list_enc);
    smp_put_end(&s->list_enc);
    s->list_open = false;
    int len = smp_encoder_finish(&s->list_enc);
    if (len <= 0) {
        return;
    }
    struct diag_span now = s->text;
    uint32_t line = s->line;
    struct smp_header h = { .op = 1, .group = 1, .id = 0 };
    s->text = diag_span(s->list_quote);
    s->line = s->list_line;
    diag_emit_parts(s, 0, &h, (struct smp_bytes){ s->list_buf, (size_t)len },
            false, !s->list_bare);
    s->text = now;
    s->line = line;
}

static bool slot_start(struct diag_source *s, struct diag_span t)
{
    uint32_t image = 0;
    uint32_t slot = 0;
    if (!diag_number_after(t, "image=", &image) ||
            !diag_number_after(t, "slot=", &slot)) {
        return false;
    }
    if (!s->list_open) {
        diag_listing_start(s);
    }
    diag_listing_slot(s, image, slot);
    return true;
}

void diag_listing_slot(struct diag_source *s, uint32_t image, uint32_t slot)
{
    slot_end(s);
    s->slot_open = true;
    smp_put_map(&s->list_enc, 0);
    if (image > 0) {
        /* image 0 is printed whether or not the device told it */
        smp_put_key(&s->list_enc, "image");
        smp_put_uint(&s->list_enc, image);
    }
    smp_put_key(&s->list_enc, "slot");
    smp_put_uint(&s->list_enc, slot);
}

static void put_flags(struct diag_source *s, struct diag_span t)
{
    static const char *const flags[] = { "active", "confirmed", "pending",
        "permanent" };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (diag_has(t, flags[i])) {
            smp_put_key(&s->list_enc, flags[i]);
            smp_put_bool(&s->list_enc, true);
        }
    }
}

static bool slot_line(struct diag_source *s, struct diag_span t)
{
    if (diag_starts(t, "version:")) {
        struct diag_span v = diag_trim(diag_skip(t, 8));
        smp_put_key(&s->list_enc, "version");
        smp_put_text(&s->list_enc,
                (struct smp_bytes){ (const uint8_t *)v.ptr, v.len });
        return true;
    }
    if (diag_starts(t, "bootable:")) {
        smp_put_key(&s->list_enc, "bootable");
        smp_put_bool(&s->list_enc, diag_has(t, "true"));
        return true;
    }
    if (diag_starts(t, "flags:")) {
        put_flags(s, t);
        return true;
    }
    if (diag_starts(t, "hash:")) {
        uint8_t hash[64];
        size_t used;
        size_t n =
                diag_hex(diag_trim(diag_skip(t, 5)), hash, sizeof(hash), &used);
        if (n > 0) {
            smp_put_key(&s->list_enc, "hash");
            smp_put_bytes(&s->list_enc, (struct smp_bytes){ hash, n });
        }
        return true;
    }
    return false;
}

/* {"images":[…]} of a tool that prints the answer as JSON. */
static bool read_json(struct diag_source *s)
{
    uint8_t cbor[4096];
    size_t used;
    bool cut = false;
    size_t at = diag_find(s->text, "\"images\"");
    if (at == s->text.len || at == 0) {
        return false;
    }
    while (at > 0 && s->text.ptr[at] != '{') {
        at--;
    }
    size_t len = diag_value_to_cbor(diag_skip(s->text, at), cbor, sizeof(cbor),
            &used, &cut);
    if (len == 0) {
        return false;
    }
    struct smp_header h = { .op = 1, .group = 1, .id = 0 };
    diag_emit_parts(s, 0, &h, (struct smp_bytes){ cbor, len }, cut, true);
    return true;
}

bool diag_line_listing(struct diag_source *s)
{
    struct diag_span t = diag_trim(s->text);
    if (diag_equals(t, "Images:")) {
        diag_listing_start(s);
        return true;
    }
    if (diag_starts(t, "image=") && slot_start(s, t)) {
        return true;
    }
    if (s->slot_open && slot_line(s, t)) {
        return true;
    }
    if (s->list_open) {
        diag_listing_end(s);
        if (diag_starts(t, "Split status")) {
            return true;
        }
    }
    return read_json(s);
}
