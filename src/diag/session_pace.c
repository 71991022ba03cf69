// SPDX-License-Identifier: Apache-2.0
/* How an upload goes on: slower and slower, or begun again. */
#include <stdio.h>
#include <string.h>

#include "diag/session.h"

#define GAPS       2u    /* waits that are averaged: folding keeps no more */
#define SLOW_MS    1000u /* a wait that a person notices, in ms */
#define SLOW_TIMES 5u    /* and how many times the early ones */

void diag_pace_begin(struct diag_reader *r, const struct diag_event *e,
        bool again)
{
    struct diag_pace *p = &r->pace;
    const struct diag_event *lost = p->end_lost;
    if (again && lost != NULL) {
        diag_show(r, SIGN_RESTARTED, e,
                "after the last chunk was not answered, the same file is "
                "begun again");
    }
    bool first_lost = diag_seen(r, SIGN_FIRST_UNANSWERED) && r->lost > 0;
    memset(p, 0, sizeof(*p));
    p->last_ms = -1;
    p->again = again && first_lost && r->off == 0;
}

static uint32_t mean(const uint32_t gaps[GAPS])
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < GAPS; i++) {
        sum += gaps[i];
    }
    return (uint32_t)(sum / GAPS);
}

void diag_pace_step(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_pace *p = &r->pace;
    if (e->t_ms >= 0 && p->last_ms >= 0 && e->t_ms >= p->last_ms) {
        int64_t ms = e->t_ms - p->last_ms;
        uint32_t gap = ms > INT32_MAX ? INT32_MAX : (uint32_t)ms;
        if (p->early_count < GAPS) {
            p->early[p->early_count++] = gap;
        } else {
            p->late[p->late_count++ % GAPS] = gap;
        }
    }
    p->last_ms = e->t_ms;
}

void diag_pace_end(struct diag_reader *r)
{
    const struct diag_pace *p = &r->pace;
    const struct diag_transfer *t = r->transfer;
    if (t != NULL && t->complete && p->again) {
        diag_show(r, SIGN_AGAIN_WENT_WELL, r->s->shown[SIGN_FIRST_UNANSWERED],
                "the same upload, begun again, went through");
    }
    if (t == NULL || t->complete || p->late_count < GAPS) {
        return;
    }
    uint32_t late = mean(p->late);
    uint32_t early = mean(p->early);
    if (late >= SLOW_MS && late / SLOW_TIMES >= early) {
        diag_show(r, SIGN_SLOWER,
                r->last_lost != NULL ? r->last_lost : r->first_event,
                "answers came every %u ms at first, every %u ms in the end",
                (unsigned)early, (unsigned)late);
    }
}
