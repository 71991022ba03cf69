// SPDX-License-Identifier: Apache-2.0
/* From what a reader understood to events: merging and putting together. */
#include <stdio.h>
#include <string.h>

#include "diag/lines.h"
#include "diag/message.h"

/* How far back another form of the same message may be. */
#define LOOK_BACK 16u

static void copy_quote(const struct diag_source *s, char *quote)
{
    size_t n = s->text.len < DIAG_QUOTE_MAX ? s->text.len : DIAG_QUOTE_MAX;
    memcpy(quote, s->text.ptr, n);
    quote[n] = '\0';
}

struct diag_event diag_draft(const struct diag_source *s,
        enum diag_event_kind kind, const char *quote)
{
    struct diag_event e = { .kind = kind,
        .line = s->line,
        .file = s->file,
        .t_ms = s->t_ms,
        .dev = s->dev,
        .text = "",
        .quote = quote };
    return e;
}

void diag_emit(struct diag_source *s, enum diag_event_kind kind, uint32_t a,
        uint32_t b)
{
    char quote[DIAG_QUOTE_MAX + 1];
    copy_quote(s, quote);
    struct diag_event e = diag_draft(s, kind, quote);
    e.a = a;
    e.b = b;
    e.up = kind == DIAG_LINK && b != 0;
    (void)diag_events_add(s->list, &e);
}

void diag_emit_text(struct diag_source *s, enum diag_event_kind kind,
        struct diag_span text)
{
    char quote[DIAG_QUOTE_MAX + 1];
    char copy[DIAG_QUOTE_MAX + 1];
    size_t n = text.len < DIAG_QUOTE_MAX ? text.len : DIAG_QUOTE_MAX;
    copy_quote(s, quote);
    memcpy(copy, text.ptr, n);
    copy[n] = '\0';
    struct diag_event e = diag_draft(s, kind, quote);
    e.text = copy;
    (void)diag_events_add(s->list, &e);
}

void diag_emit_sign(struct diag_source *s, enum diag_event_kind kind,
        enum diag_sign sign)
{
    char quote[DIAG_QUOTE_MAX + 1];
    copy_quote(s, quote);
    struct diag_event e = diag_draft(s, kind, quote);
    e.text = quote;
    e.sign = (uint16_t)sign;
    (void)diag_events_add(s->list, &e);
}

void diag_emit_medium(struct diag_source *s, enum diag_sign medium)
{
    if (!s->medium_told) {
        s->medium_told = true;
        diag_emit_sign(s, DIAG_NOTE, medium);
    }
}

/* ---- merging ---- */

static bool same_message(const struct diag_event *a, const struct diag_event *b)
{
    return a->kind == b->kind && a->file == b->file &&
            a->header.op == b->header.op &&
            a->header.group == b->header.group &&
            a->header.id == b->header.id && a->header.seq == b->header.seq &&
            (a->header.len == b->header.len || a->header.len == 0 ||
                    b->header.len == 0);
}

/* Put e in the place of items[at], unless the older one tells as much; the
 * decoded form is the one to quote. */
static void merge(struct diag_events *list, size_t at, struct diag_event *e)
{
    struct diag_event old = list->items[at];
    char quote[DIAG_QUOTE_MAX + 1];
    bool decoded = (old.forms & DIAG_FORM_DECODED) != 0;
    if ((e->cut && !old.cut) || (decoded && !old.cut)) {
        list->items[at].forms |= e->forms;
        list->items[at].loose = old.loose && e->loose;
        return;
    }
    e->forms |= old.forms;
    e->loose = old.loose && e->loose;
    if (decoded) {
        e->line = old.line;
        snprintf(quote, sizeof(quote), "%s", old.quote);
        e->quote = quote;
    }
    if (old.t_ms >= 0) {
        e->t_ms = old.t_ms;
    }
    size_t before = list->count;
    int rc = diag_events_add(list, e);
    e->quote = "";
    if (rc != 0 || list->count != before + 1) {
        return; /* no memory, or the list was folded: keep both */
    }
    struct diag_event merged = list->items[--list->count];
    list->items[at] = merged;
    diag_event_free(&old);
}

static void add_message(struct diag_source *s, struct diag_event *e)
{
    struct diag_events *list = s->list;
    size_t back = list->count > LOOK_BACK ? list->count - LOOK_BACK : 0;
    for (size_t i = list->count; i > back && e->forms != 0; i--) {
        struct diag_event *old = &list->items[i - 1];
        if (same_message(old, e)) {
            if (old->forms != 0 && (old->forms & e->forms) == 0) {
                merge(list, i - 1, e);
                return;
            }
            break;
        }
    }
    (void)diag_events_add(list, e);
}

static void emit_whole(struct diag_source *s, struct diag_event *e,
        const struct smp_header *h, struct smp_bytes body)
{
    uint8_t message[DIAG_MESSAGE_MAX + 64];
    struct smp_header header = *h;
    bool cut = false;
    smp_header_encode(&header, message);
    size_t len = diag_mend(body, message + SMP_HEADER_SIZE,
            sizeof(message) - SMP_HEADER_SIZE, &cut);
    e->kind = (h->op & 1u) != 0 ? DIAG_RX : DIAG_TX;
    e->header = header;
    e->message = message;
    e->message_len = SMP_HEADER_SIZE + len;
    e->cut = e->cut || cut || (len == 0 && h->len > 0);
    if (e->kind == DIAG_TX) {
        s->last_tx = header;
        s->last_tx_known = true;
    }
    add_message(s, e);
    e->message = NULL;
    s->found++;
}

void diag_emit_parts(struct diag_source *s, uint16_t form,
        const struct smp_header *h, struct smp_bytes body, bool cut, bool loose)
{
    char quote[DIAG_QUOTE_MAX + 1];
    copy_quote(s, quote);
    struct diag_event e = diag_draft(s, DIAG_TX, quote);
    e.forms = form;
    e.cut = cut;
    e.loose = loose;
    emit_whole(s, &e, h, body);
}

void diag_emit_message(struct diag_source *s, uint16_t form,
        const uint8_t *message, size_t len)
{
    struct smp_header h;
    char quote[DIAG_QUOTE_MAX + 1];
    if (smp_header_decode(message, len, &h) < 0) {
        return;
    }
    copy_quote(s, quote);
    struct diag_event e = diag_draft(s, DIAG_TX, quote);
    e.forms = form;
    e.cut = len < (size_t)SMP_HEADER_SIZE + h.len;
    emit_whole(s, &e, &h,
            (struct smp_bytes){ message + SMP_HEADER_SIZE,
                    len - SMP_HEADER_SIZE });
}

/* ---- pieces ---- */

static void flush(struct diag_source *s, struct diag_pieces *p)
{
    struct smp_header h;
    if (p->len >= SMP_HEADER_SIZE) {
        (void)smp_header_decode(p->buf, p->len, &h);
        struct diag_event e = diag_draft(s, DIAG_TX, p->quote);
        e.line = p->line;
        e.t_ms = p->t_ms;
        e.forms = p->form;
        e.cut = p->len < (size_t)SMP_HEADER_SIZE + h.len;
        emit_whole(s, &e, &h,
                (struct smp_bytes){ p->buf + SMP_HEADER_SIZE,
                        p->len - SMP_HEADER_SIZE });
    }
    p->len = 0;
}

void diag_flush_pieces(struct diag_source *s)
{
    flush(s, &s->tx);
    flush(s, &s->rx);
}

void diag_emit_piece(struct diag_source *s, uint16_t form, bool tx,
        const uint8_t *bytes, size_t len)
{
    struct diag_pieces *p = tx ? &s->tx : &s->rx;
    struct smp_header h;
    if (p->len > 0 && p->form != form) {
        flush(s, p);
    }
    if (p->len == 0) {
        if (!diag_is_message(bytes, len) || ((bytes[0] & 1u) != 0) == tx) {
            return;
        }
        p->line = s->line;
        p->t_ms = s->t_ms;
        p->form = form;
        copy_quote(s, p->quote);
    }
    if (len > sizeof(p->buf) - p->len) {
        flush(s, p);
        return;
    }
    memcpy(p->buf + p->len, bytes, len);
    p->len += len;
    (void)smp_header_decode(p->buf, p->len, &h);
    if (p->len >= (size_t)SMP_HEADER_SIZE + h.len) {
        flush(s, p);
    }
}
