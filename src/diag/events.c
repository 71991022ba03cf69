// SPDX-License-Identifier: Apache-2.0
/*
 * The list of events: one block of memory per event, folding of upload
 * chunks, a cap on the number.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/event.h"
#include "diag/message.h"

/* Chunks that stay as they are at both ends of a folded run. */
#define KEEP 6u
/* Fold again when the list has grown by this many events. */
#define FOLD_STEP 4096u
/* Bytes of a source between two words about how far it has been read. */
#define PASSED_STEP ((size_t)1 << 20)

void diag_events_init(struct diag_events *list)
{
    memset(list, 0, sizeof(*list));
}

void diag_event_free(struct diag_event *e)
{
    free(e->block);
    e->block = NULL;
}

void diag_events_clear(struct diag_events *list)
{
    for (size_t i = 0; i < list->count; i++) {
        diag_event_free(&list->items[i]);
    }
    for (size_t i = 0; i < list->name_count; i++) {
        free(list->names[i]);
    }
    free(list->names);
    free(list->items);
    diag_events_init(list);
}

const char *diag_events_name(struct diag_events *list, const char *name,
        size_t len)
{
    for (size_t i = list->name_count; i > 0; i--) {
        const char *have = list->names[i - 1];
        if (strlen(have) == len && memcmp(have, name, len) == 0) {
            return have;
        }
    }
    if (len == 0 || list->name_count >= 256) {
        return "";
    }
    char **names =
            realloc(list->names, (list->name_count + 1) * sizeof(*names));
    if (names != NULL) {
        list->names = names;
    }
    char *copy = names == NULL ? NULL : malloc(len + 1);
    if (copy == NULL) {
        list->failed = true;
        return "";
    }
    memcpy(copy, name, len);
    copy[len] = '\0';
    list->names[list->name_count++] = copy;
    return copy;
}

/* ---- folding ---- */

/* A chunk in the middle of an upload, or the answer to one. */
static bool is_boring(const struct diag_event *e, struct diag_chunk *c)
{
    if (e->cut || e->late || e->sign != 0) {
        return false;
    }
    if (e->kind == DIAG_TX) {
        return diag_chunk_of(e, c) && c->off > 0 && !c->has_len;
    }
    return e->kind == DIAG_RX && diag_answer_of(e, c) && c->off > 0 &&
            !c->has_match;
}

struct stretch {
    struct diag_run run;
    uint32_t open;
    uint32_t high; /* highest answered offset so far */
    int64_t t_last;
};

static void stretch_add(struct stretch *s, const struct diag_event *e,
        const struct diag_chunk *c)
{
    struct diag_run *run = &s->run;
    run->last_line = e->line;
    if (run->off_from == 0 || c->off < run->off_from) {
        run->off_from = c->off;
    }
    if (e->kind == DIAG_TX) {
        run->requests++;
        run->data_max = c->data > run->data_max ? c->data : run->data_max;
        s->open++;
        run->in_flight = s->open > run->in_flight ? s->open : run->in_flight;
    } else {
        run->answers++;
        s->open -= s->open > 0 ? 1u : 0u;
        run->off_to = c->off;
        s->high = c->off;
        if (e->t_ms >= 0 && s->t_last >= 0 && e->t_ms > s->t_last &&
                e->t_ms - s->t_last > (int64_t)run->gap_ms) {
            run->gap_ms = (uint32_t)(e->t_ms - s->t_last);
        }
        s->t_last = e->t_ms;
    }
    run->t_end_ms = e->t_ms;
}

/* End of the stretch of boring events that starts at `from`. */
static size_t stretch_end(const struct diag_events *list, size_t from)
{
    struct diag_chunk c;
    uint32_t high = 0;
    size_t i = from;
    for (; i < list->count; i++) {
        const struct diag_event *e = &list->items[i];
        if (!is_boring(e, &c) || e->file != list->items[from].file ||
                e->dev != list->items[from].dev) {
            break;
        }
        if (e->kind == DIAG_RX) {
            if (c.off <= high) {
                break;
            }
            high = c.off;
        }
    }
    return i;
}

/* Replace items[from..to) by one event; false: no memory, nothing done. */
static bool fold_one(struct diag_events *list, size_t from, size_t to)
{
    struct stretch s = { .t_last = -1, .run.t_end_ms = -1 };
    struct diag_chunk c;
    struct diag_run *run = malloc(sizeof(*run));
    if (run == NULL) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        if (is_boring(&list->items[i], &c)) {
            stretch_add(&s, &list->items[i], &c);
        }
    }
    *run = s.run;
    struct diag_event folded = list->items[from];
    for (size_t i = from; i < to; i++) {
        free(list->items[i].block);
    }
    folded.kind = DIAG_RUN;
    folded.text = "";
    folded.quote = "";
    folded.message = NULL;
    folded.message_len = 0;
    folded.run = run;
    folded.block = run;
    list->items[from] = folded;
    return true;
}

void diag_events_fold(struct diag_events *list)
{
    size_t out = 0;
    for (size_t i = 0; i < list->count;) {
        size_t end = stretch_end(list, i);
        size_t len = end - i;
        if (len <= 2 * KEEP + 8) {
            len = len == 0 ? 1 : len;
            memmove(&list->items[out], &list->items[i],
                    len * sizeof(*list->items));
            out += len;
            i += len;
            continue;
        }
        size_t from = i + KEEP;
        size_t to = end - KEEP;
        bool done = fold_one(list, from, to);
        size_t head = done ? KEEP + 1 : len - KEEP;
        memmove(&list->items[out], &list->items[i],
                head * sizeof(*list->items));
        out += head;
        memmove(&list->items[out], &list->items[to],
                KEEP * sizeof(*list->items));
        out += KEEP;
        i = end;
    }
    list->count = out;
    list->folded_at = out;
}

/* ---- adding ---- */

/* At the cap: the second quarter goes, the start and the end stay. */
static void give_up_some(struct diag_events *list)
{
    size_t from = list->count / 4;
    size_t to = list->count / 2;
    for (size_t i = from; i < to; i++) {
        free(list->items[i].block);
    }
    memmove(&list->items[from], &list->items[to],
            (list->count - to) * sizeof(*list->items));
    list->count -= to - from;
    list->dropped += to - from;
    list->folded_at = list->count;
}

static bool make_room(struct diag_events *list)
{
    if (list->count >= list->folded_at + FOLD_STEP) {
        diag_events_fold(list);
    }
    if (list->count >= DIAG_EVENTS_MAX) {
        give_up_some(list);
    }
    if (list->count < list->cap) {
        return true;
    }
    size_t wanted = list->cap == 0 ? 64 : list->cap * 2;
    void *items = realloc(list->items, wanted * sizeof(*list->items));
    if (items == NULL) {
        return false;
    }
    list->items = items;
    list->cap = wanted;
    return true;
}

/* Bytes of a text that are kept: no character of UTF-8 is cut in two. */
static size_t kept(const char *text, size_t max)
{
    size_t len = text == NULL ? 0 : strlen(text);
    if (len > max) {
        len = max;
        while (len > 0 && ((unsigned char)text[len] & 0xc0u) == 0x80u) {
            len--;
        }
    }
    return len;
}

static const char *put(char **at, const char *text, size_t len)
{
    char *copy = *at;
    if (len > 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    *at += len + 1;
    return copy;
}

int diag_events_add(struct diag_events *list, const struct diag_event *e)
{
    size_t text = kept(e->text, (size_t)2 * DIAG_QUOTE_MAX);
    size_t quote = kept(e->quote, DIAG_QUOTE_MAX);
    size_t about = e->about == NULL ? 0 : sizeof(*e->about);
    size_t run = e->run == NULL ? 0 : sizeof(*e->run);
    char *block = NULL;
    if (make_room(list)) {
        block = malloc(about + run + e->message_len + text + quote + 2);
    }
    if (block == NULL) {
        list->failed = true;
        return -1;
    }
    struct diag_event *copy = &list->items[list->count++];
    *copy = *e;
    copy->block = block;
    /* Structs first: malloc() aligns the start, and both have pointers' or
     * numbers' alignment. */
    if (run > 0) {
        copy->run = memcpy(block, e->run, run);
        block += run;
    }
    if (about > 0) {
        copy->about = memcpy(block, e->about, about);
        block += about;
    }
    copy->text = put(&block, e->text, text);
    copy->quote = put(&block, e->quote, quote);
    if (e->message_len > 0) {
        copy->message = memcpy(block, e->message, e->message_len);
    }
    if (copy->dev == NULL) {
        copy->dev = "";
    }
    return 0;
}

void diag_events_passed(struct diag_events *list, size_t pos)
{
    if (list->passed != NULL && pos >= list->passed_at + PASSED_STEP) {
        list->passed_at = pos;
        list->passed(list->passed_ctx, pos);
    }
}

const char *diag_event_kind_to_str(enum diag_event_kind kind)
{
    static const char *const names[DIAG_EVENT_KINDS] = {
        [DIAG_TX] = "tx",
        [DIAG_RX] = "rx",
        [DIAG_RUN] = "run",
        [DIAG_HEAD] = "head",
        [DIAG_LINK] = "link",
        [DIAG_MTU] = "mtu",
        [DIAG_INTERVAL] = "interval",
        [DIAG_PARAMS] = "params",
        [DIAG_SENT] = "sent",
        [DIAG_PROGRESS] = "progress",
        [DIAG_FILE] = "file",
        [DIAG_STEP] = "step",
        [DIAG_ERROR] = "error",
        [DIAG_REFUSED] = "refused",
        [DIAG_NOISE] = "console",
        [DIAG_NOTE] = "note",
        [DIAG_CONF] = "conf",
    };
    return kind < DIAG_EVENT_KINDS ? names[kind] : "unknown";
}
