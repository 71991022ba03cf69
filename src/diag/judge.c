// SPDX-License-Identifier: Apache-2.0
/* Sessions apart, signs and rules to verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/rules.h"
#include "diag/session.h"

/* ---- sessions ---- */

static bool speaks_smp(const struct diag_event *e)
{
    return e->kind == DIAG_TX || e->kind == DIAG_RX || e->kind == DIAG_RUN ||
            e->kind == DIAG_SENT || e->kind == DIAG_PROGRESS ||
            e->kind == DIAG_REFUSED || e->kind == DIAG_ERROR ||
            e->kind == DIAG_LINK;
}

/* Does the source of this event hold anything of a client? */
static bool is_client(const struct diag_events *events, const char *file)
{
    for (size_t i = 0; i < events->count; i++) {
        if (events->items[i].file == file && speaks_smp(&events->items[i])) {
            return true;
        }
    }
    return false;
}

/* One device of one recording: its events are one session, or several in a
 * row. */
struct strand {
    const char *file;
    const char *dev;
    uint16_t session;
    bool busy; /* something was said already */
};

#define STRANDS 32u

struct strands {
    struct strand at[STRANDS];
    unsigned count;
    uint16_t sessions; /* so far */
};

static uint16_t next_session(struct strands *s)
{
    return s->sessions < 250 ? s->sessions++ : s->sessions;
}

static struct strand *strand_of(struct strands *s, const struct diag_event *e)
{
    for (unsigned i = s->count; i > 0; i--) {
        struct strand *t = &s->at[i - 1];
        if (t->file == e->file &&
                (e->dev[0] == '\0' || t->dev[0] == '\0' ||
                        strcmp(t->dev, e->dev) == 0)) {
            if (t->dev[0] == '\0') {
                t->dev = e->dev;
            }
            return t;
        }
    }
    if (s->count == STRANDS) {
        s->count--;
    }
    struct strand *t = &s->at[s->count++];
    *t = (struct strand){ e->file, e->dev, next_session(s), false };
    return t;
}

uint16_t diag_split(const struct diag_events *events, uint16_t *ids)
{
    struct strands s = { .count = 0 };
    const char *file = NULL;
    bool client = false;
    for (size_t i = 0; i < events->count; i++) {
        const struct diag_event *e = &events->items[i];
        if (e->file != file) {
            file = e->file;
            client = is_client(events, file);
        }
        if (!client || e->kind == DIAG_CONF ||
                (e->kind == DIAG_FILE && e->about->packaged)) {
            ids[i] = 0xffff;
            continue;
        }
        struct strand *t = strand_of(&s, e);
        if (e->kind == DIAG_HEAD && e->b == 0 && t->busy) {
            t->session = next_session(&s);
            t->busy = false;
        }
        t->busy = t->busy || e->kind == DIAG_TX || e->kind == DIAG_RX ||
                e->kind == DIAG_SENT || e->kind == DIAG_PROGRESS;
        ids[i] = t->session;
    }
    return s.sessions == 0 ? 1 : s.sessions;
}

/* ---- rules ---- */

static unsigned count_seen(const uint16_t *signs, const bool *seen,
        unsigned *all)
{
    unsigned n = 0;
    unsigned i = 0;
    for (; i < DIAG_RULE_SIGNS && signs[i] != SIGN_NONE; i++) {
        n += seen[signs[i]] ? 1u : 0u;
    }
    *all = i;
    return n;
}

static bool fits(const struct diag_rule *rule, const bool *seen)
{
    unsigned all;
    unsigned n = count_seen(rule->must, seen, &all);
    if (n != all) {
        return false;
    }
    if (count_seen(rule->must_not, seen, &all) > 0) {
        return false;
    }
    n = count_seen(rule->any, seen, &all);
    return all == 0 || n > 0;
}

/* Percent: weight times the share of the rule's evidence that was seen. */
static uint8_t confidence_of(const struct diag_rule *rule, const bool *seen)
{
    unsigned must;
    unsigned any;
    unsigned strong;
    (void)count_seen(rule->must, seen, &must);
    unsigned more = count_seen(rule->stronger, seen, &strong);
    (void)count_seen(rule->any, seen, &any);
    unsigned base = must + (any > 0 ? 1u : 0u);
    unsigned whole = base + rule->wants;
    if (more > rule->wants) {
        more = rule->wants;
    }
    unsigned percent = whole == 0 ? 0 : rule->weight * (base + more) / whole;
    return (uint8_t)(percent > 100 ? 100 : percent);
}

/* Told by a line that is not there: nothing to quote. */
static bool is_absence(uint16_t sign)
{
    return sign == SIGN_CONF_ONE_IMAGE ||
            strncmp(diag_sign_name(sign), "CONF_NO_", 8) == 0;
}

static void add_evidence(struct diag_verdict *v, const struct diag_session *s,
        const uint16_t *signs)
{
    for (unsigned i = 0; i < DIAG_RULE_SIGNS && signs[i] != SIGN_NONE; i++) {
        const struct diag_event *e = s->shown[signs[i]];
        if (!s->seen[signs[i]] || e == NULL) {
            continue;
        }
        unsigned at = v->evidence_count;
        for (unsigned k = 0; k < v->evidence_count; k++) {
            if (v->evidence[k].file == e->file &&
                    v->evidence[k].line == e->line && e->line != 0) {
                at = DIAG_EVIDENCE_MAX; /* one line is quoted once */
            }
        }
        if (at >= DIAG_EVIDENCE_MAX) {
            continue;
        }
        struct diag_evidence *out = &v->evidence[v->evidence_count++];
        bool missing = is_absence(signs[i]);
        out->file = e->file;
        out->line = missing ? 0 : e->line;
        out->quote = missing ? "" : e->quote;
        snprintf(out->text, sizeof(out->text), "%s", s->text[signs[i]]);
    }
}

/* In the order of the lines of a file. */
static void sort_evidence(struct diag_verdict *v)
{
    for (unsigned i = 1; i < v->evidence_count; i++) {
        for (unsigned k = i;
                k > 0 && v->evidence[k].file == v->evidence[k - 1].file &&
                v->evidence[k].line < v->evidence[k - 1].line;
                k--) {
            struct diag_evidence swap = v->evidence[k];
            v->evidence[k] = v->evidence[k - 1];
            v->evidence[k - 1] = swap;
        }
    }
}

static void fill(struct diag_verdict *v, const struct diag_rule *rule,
        const struct diag_session *s, uint8_t number)
{
    memset(v, 0, sizeof(*v));
    v->rule = rule;
    v->confidence = confidence_of(rule, s->seen);
    v->session = number;
    add_evidence(v, s, rule->must);
    add_evidence(v, s, rule->any);
    add_evidence(v, s, rule->stronger);
    sort_evidence(v);
}

/* Verdicts of one session, likeliest first; equals in table order. */
struct list {
    struct diag_verdict *items;
    uint8_t from; /* what earlier sessions left */
    uint8_t *count;
};

static void insert(struct list *l, const struct diag_verdict *v)
{
    for (uint8_t i = 0; i < *l->count; i++) {
        if (l->items[i].rule == v->rule) {
            return;
        }
    }
    unsigned at = *l->count;
    if (at == DIAG_VERDICTS_MAX) {
        at--; /* the least likely one makes room, or the new one goes */
        if (at < l->from || l->items[at].confidence >= v->confidence) {
            return;
        }
    } else {
        (*l->count)++;
    }
    while (at > l->from && l->items[at - 1].confidence < v->confidence) {
        l->items[at] = l->items[at - 1];
        at--;
    }
    l->items[at] = *v;
}

static bool shares_sign(const struct diag_rule *a, const struct diag_rule *b)
{
    const uint16_t *columns[2] = { a->must, a->any };
    const uint16_t *others[2] = { b->must, b->any };
    for (unsigned c = 0; c < 4; c++) {
        const uint16_t *x = columns[c & 1u];
        const uint16_t *y = others[c >> 1];
        for (unsigned i = 0; i < DIAG_RULE_SIGNS && x[i] != 0; i++) {
            for (unsigned k = 0; k < DIAG_RULE_SIGNS && y[k] != 0; k++) {
                if (x[i] == y[k]) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Fallback rows go when another row explains what they saw. */
static void drop_fallbacks(struct list *l)
{
    uint8_t out = l->from;
    for (uint8_t i = l->from; i < *l->count; i++) {
        bool drop = false;
        for (uint8_t k = l->from; k < *l->count; k++) {
            drop = drop ||
                    (l->items[i].rule->fallback &&
                            !l->items[k].rule->fallback &&
                            shares_sign(l->items[i].rule, l->items[k].rule));
        }
        if (!drop) {
            l->items[out++] = l->items[i];
        }
    }
    *l->count = out;
}

void diag_judge_signs(struct diag_report *report, const struct diag_session *s,
        uint8_t number)
{
    struct list verdicts = { report->verdicts, report->verdict_count,
        &report->verdict_count };
    struct list benign = { report->benign, report->benign_count,
        &report->benign_count };
    size_t families;
    const struct diag_family *const *all = diag_families(&families);
    for (size_t f = 0; f < families; f++) {
        for (size_t i = 0; i < all[f]->count; i++) {
            const struct diag_rule *rule = &all[f]->rules[i];
            struct diag_verdict v;
            if (!fits(rule, s->seen)) {
                continue;
            }
            fill(&v, rule, s, number);
            if (v.confidence >= DIAG_CONFIDENCE_MIN) {
                insert(rule->benign ? &benign : &verdicts, &v);
            }
        }
    }
    drop_fallbacks(&verdicts);
}

/* What would help, when nothing could be said. */
static void add_needs(struct diag_report *report, const struct diag_session *s)
{
    bool smp = s->seen[SIGN_ANSWERED] || report->requests > 0;
    bool console = s->seen[SIGN_C_BOOT] || s->seen[SIGN_C_BANNER];
    if (!s->seen[SIGN_LIST_KEY] && !s->seen[SIGN_LIST_NO_KEY]) {
        report->needs |= DIAG_NEED_LIST;
    }
    if (!s->seen[SIGN_FILES_2] && smp) {
        report->needs |= DIAG_NEED_PACKAGE;
    }
    if (!console) {
        report->needs |= DIAG_NEED_CONSOLE;
    }
    if (!smp) {
        report->needs |= DIAG_NEED_TRACE;
    }
    report->needs |= DIAG_NEED_WHOLE_LOG;
    if (!s->seen[SIGN_CONF]) {
        report->needs |= DIAG_NEED_CONF;
    }
}

int diag_judge(const struct diag_events *events, struct diag_report *report)
{
    memset(report, 0, sizeof(*report));
    struct diag_session *s = malloc(sizeof(*s));
    uint16_t *ids = malloc((events->count + 1) * sizeof(*ids));
    if (s == NULL || ids == NULL) {
        free(s);
        free(ids);
        return -1;
    }
    uint16_t sessions = diag_split(events, ids);
    report->sessions = (uint8_t)sessions;
    /* The last one first: that is what the user asks about. */
    for (uint16_t n = sessions; n > 0; n--) {
        uint16_t number = (uint16_t)(n - 1);
        diag_session_read(s, report, events, ids, number);
        diag_judge_signs(report, s, (uint8_t)number);
    }
    if (report->verdict_count == 0) {
        add_needs(report, s);
    }
    free(s);
    free(ids);
    return 0;
}
