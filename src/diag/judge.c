// SPDX-License-Identifier: Apache-2.0
/* Signs and rules to verdicts. */
#include <stdio.h>
#include <string.h>

#include "diag/session.h"

static unsigned bits(uint64_t mask)
{
    unsigned n = 0;
    for (; mask != 0; mask &= mask - 1) {
        n++;
    }
    return n;
}

/* Percent: weight times the share of the rule's evidence that was seen. */
static uint8_t confidence_of(const struct diag_rule *rule, uint64_t signs)
{
    unsigned all = bits(rule->must | rule->stronger);
    unsigned seen = bits((rule->must | rule->stronger) & signs);
    unsigned percent = all == 0 ? 0 : rule->weight * seen / all;
    return (uint8_t)(percent & 0x7fu);
}

static bool fits(const struct diag_rule *rule, uint64_t signs)
{
    return (signs & rule->must) == rule->must && (signs & rule->must_not) == 0;
}

static void fill(struct diag_verdict *v, const struct diag_rule *rule,
        const struct diag_session *s)
{
    memset(v, 0, sizeof(*v));
    v->rule = rule;
    v->confidence = confidence_of(rule, s->signs);
    uint64_t wanted = (rule->must | rule->stronger) & s->signs;
    for (unsigned i = 0; i < DIAG_SIGNS; i++) {
        if ((wanted & DIAG_SIGN(i)) == 0 ||
                v->evidence_count >= DIAG_EVIDENCE_MAX) {
            continue;
        }
        struct diag_evidence *e = &v->evidence[v->evidence_count++];
        e->file = s->shown[i]->file;
        e->line = s->shown[i]->line;
        snprintf(e->text, sizeof(e->text), "%s", s->text[i]);
    }
    for (unsigned i = 1; i < v->evidence_count; i++) {
        for (unsigned k = i;
                k > 0 && v->evidence[k].line < v->evidence[k - 1].line; k--) {
            struct diag_evidence swap = v->evidence[k];
            v->evidence[k] = v->evidence[k - 1];
            v->evidence[k - 1] = swap;
        }
    }
}

/* Keep the list sorted, likeliest first; equals in the order of the table. */
static void insert(struct diag_verdict *list, uint8_t *count,
        struct diag_verdict *v)
{
    if (*count == DIAG_VERDICTS_MAX) {
        return;
    }
    unsigned at = *count;
    while (at > 0 && list[at - 1].confidence < v->confidence) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = *v;
    (*count)++;
}

void diag_judge(const struct diag_events *events, struct diag_report *report)
{
    struct diag_session session;
    struct diag_verdict v;
    size_t count;
    const struct diag_rule *rules = diag_rules(&count);
    memset(report, 0, sizeof(*report));
    diag_session_read(&session, events);
    for (size_t i = 0; i < count; i++) {
        if (!fits(&rules[i], session.signs)) {
            continue;
        }
        fill(&v, &rules[i], &session);
        if (v.confidence < DIAG_CONFIDENCE_MIN) {
            continue;
        }
        if (rules[i].benign) {
            insert(report->benign, &report->benign_count, &v);
        } else {
            insert(report->verdicts, &report->verdict_count, &v);
        }
    }
    memcpy(report->transfers, session.transfers, sizeof(report->transfers));
    report->transfer_count = session.transfer_count;
}

const char *diag_fix_kind_to_str(enum diag_fix_kind kind)
{
    switch (kind) {
    case DIAG_FIX_COMMAND:
        return "command";
    case DIAG_FIX_KCONFIG:
        return "kconfig";
    case DIAG_FIX_FILE:
        return "file";
    case DIAG_FIX_HARDWARE:
        return "hardware";
    }
    return "unknown";
}
