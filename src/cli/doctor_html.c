// SPDX-License-Identifier: Apache-2.0
/*
 * The doctor's page: self-contained, no scripts from elsewhere, everything
 * that comes from a log escaped.
 */
#include <string.h>

#include "cli/doctor.h"
#include "diag/message.h"

static const char style[] =
        ":root{--ink:#1c2733;--soft:#5b6b7b;--line:#dde4ea;--bg:#f6f8fa;"
        "--card:#fff;--tx:#2f6fb2;--rx:#2d8a58;--bad:#b3372f;--warn:#a8730f;"
        "--code:#f0f3f6}"
        "@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#9fb0c0;"
        "--line:#2c3845;--bg:#11171d;--card:#19222b;--tx:#6aa9e8;--rx:#5fc08c;"
        "--bad:#e5716a;--warn:#dba64a;--code:#212c37}}"
        "*{box-sizing:border-box}body{margin:0;background:var(--bg);"
        "color:var(--ink);font:16px/1.5 system-ui,'Segoe UI',sans-serif}"
        "main{max-width:62rem;margin:0 auto;padding:2rem 1.2rem 4rem}"
        "h1{font-size:1.1rem;font-weight:600;color:var(--soft);margin:0 0 1rem}"
        "h2{font-size:1.05rem;margin:2.2rem 0 .8rem}"
        ".card{background:var(--card);border:1px solid var(--line);"
        "border-radius:10px;padding:1.2rem 1.4rem;margin:0 0 1rem}"
        ".card.first{border-left:5px solid var(--bad)}"
        ".card h3{font-size:1.25rem;line-height:1.3;margin:0 0 .5rem}"
        ".tag{display:inline-block;font-size:.78rem;color:var(--soft);"
        "border:1px solid var(--line);border-radius:99px;padding:.05rem .6rem;"
        "margin:0 .3rem .3rem 0}"
        ".label{font-size:.78rem;text-transform:uppercase;"
        "letter-spacing:.06em;color:var(--soft);margin:1rem 0 .3rem}"
        "ol,ul{margin:.2rem 0;padding-left:1.4rem}li{margin:.35rem 0}"
        "code,pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace}"
        "pre{background:var(--code);border-radius:6px;padding:.7rem .9rem;"
        "overflow-x:auto;margin:.4rem 0}"
        ".where{color:var(--soft);font-size:.85rem}"
        ".quote{display:block;color:var(--soft);white-space:nowrap;"
        "overflow:hidden;text-overflow:ellipsis}"
        "table{border-collapse:collapse;width:100%;font-size:.92rem}"
        "td,th{text-align:left;padding:.35rem .6rem;"
        "border-bottom:1px solid var(--line);vertical-align:top}"
        "th{color:var(--soft);font-weight:500}"
        ".scroll{overflow-x:auto}.tx{color:var(--tx)}.rx{color:var(--rx)}"
        ".bad{color:var(--bad)}svg{display:block;width:100%;height:auto}"
        "svg text{fill:var(--soft);font:11px system-ui,sans-serif}"
        "footer{color:var(--soft);font-size:.85rem;margin-top:2.5rem}";

/* Text from a log, safe between tags and in attributes. */
static void put(GString *out, const char *text)
{
    char *clean = cli_doctor_clean(text);
    char *safe = g_markup_escape_text(clean, -1);

    g_string_append(out, safe);
    g_free(safe);
    g_free(clean);
}

static void put_fix(GString *out, const struct diag_fix *fix)
{
    g_string_append(out, "<li>");
    put(out, fix->text);
    if (fix->lines != NULL) {
        char *safe = g_markup_escape_text(fix->lines, -1);
        g_string_append_printf(out, "<pre>%s</pre>", safe);
        g_free(safe);
    }
    g_string_append(out, "</li>");
}

static void put_verdict(GString *out, const struct diag_verdict *v, bool first)
{
    const struct diag_rule *rule = v->rule;

    g_string_append_printf(out, "<section class=\"card%s\"><h3>",
            first ? " first" : "");
    put(out, rule->title);
    g_string_append_printf(out,
            "</h3><span class=tag>%s, %u&#8239;%%</span><span class=tag>"
            "pattern %s</span><span class=tag>%s</span><p>",
            v->confidence >= DIAG_CONFIDENCE_CERTAIN ? "certain" : "likely",
            v->confidence, rule->pattern, rule->id);
    put(out, rule->explanation);
    g_string_append(out, "</p><div class=label>Why we think so</div><ol>");
    for (unsigned i = 0; i < v->evidence_count; i++) {
        g_string_append(out, "<li>");
        put(out, v->evidence[i].text);
        g_string_append(out, " <span class=where>");
        char *base = g_path_get_basename(v->evidence[i].file);
        put(out, base);
        g_free(base);
        g_string_append_printf(out, ":%u</span>", v->evidence[i].line);
        if (v->evidence[i].quote[0] != '\0') {
            g_string_append(out, "<code class=quote>");
            put(out, v->evidence[i].quote);
            g_string_append(out, "</code>");
        }
        g_string_append(out, "</li>");
    }
    g_string_append(out, "</ol>");
    if (rule->fixes[0].kind != DIAG_FIX_NONE) {
        g_string_append(out, "<div class=label>What to do</div><ul>");
        for (unsigned i = 0;
                i < DIAG_FIXES_MAX && rule->fixes[i].kind != DIAG_FIX_NONE;
                i++) {
            put_fix(out, &rule->fixes[i]);
        }
        g_string_append(out, "</ul>");
    }
    if (rule->disproof != NULL) {
        g_string_append(out,
                "<div class=label>What would prove us wrong"
                "</div><p>");
        put(out, rule->disproof);
        g_string_append(out, "</p>");
    }
    g_string_append(out, "</section>");
}

/* ---- time line ---- */

#define WIDTH 1000.0
#define LEFT  90.0

struct axis {
    int64_t from;
    int64_t to;
};

static double x_of(const struct axis *axis, int64_t t)
{
    double span = (double)(axis->to - axis->from);
    double at = span <= 0 ? 0 : (double)(t - axis->from) / span;
    return LEFT + at * (WIDTH - LEFT - 20);
}

static bool find_axis(const struct cli_case *c, struct axis *axis)
{
    bool any = false;

    for (size_t i = 0; i < c->events.count; i++) {
        const struct diag_event *e = &c->events.items[i];
        int64_t end = e->t_ms;
        if (e->t_ms < 0) {
            continue;
        }
        if (e->kind == DIAG_RUN && e->run->t_end_ms > end) {
            end = e->run->t_end_ms;
        }
        if (!any || e->t_ms < axis->from) {
            axis->from = e->t_ms;
        }
        if (!any || end > axis->to) {
            axis->to = end;
        }
        any = true;
    }
    return any && axis->to > axis->from;
}

static void put_ticks(GString *out, const struct axis *axis, unsigned bottom)
{
    double span = (double)(axis->to - axis->from) / 1000.0;
    double step = 0.001;

    while (step * 10 < span) {
        step *= 10;
    }
    if (span / step < 3) {
        step /= 4;
    } else if (span / step < 6) {
        step /= 2;
    }
    for (unsigned i = 0; i <= 12 && i * step <= span; i++) {
        double x = x_of(axis, axis->from + (int64_t)(i * step * 1000));
        g_string_append_printf(out,
                "<line x1='%.1f' x2='%.1f' y1='18' y2='%u' "
                "stroke='var(--line)'/><text x='%.1f' y='%u' "
                "text-anchor='middle'>%g s</text>",
                x, x, bottom, x, bottom + 18, i * step);
    }
}

static bool is_refusal(const struct diag_event *e)
{
    struct smp_refusal f;

    return e->kind == DIAG_RX &&
            smp_response_check(&e->header, diag_body(e), &f) == SMP_E_REMOTE;
}

static void put_message(GString *out, const struct diag_event *e, double x)
{
    bool bad = is_refusal(e);
    const char *name = smp_command_name(e->header.group, e->header.id);
    const char *color = bad ? "bad" : e->kind == DIAG_TX ? "tx" : "rx";

    g_string_append_printf(out,
            "<rect x='%.1f' y='%d' width='%d' height='22' fill='var(--%s)'>"
            "<title>%s, seq %u</title></rect>",
            x, e->kind == DIAG_TX ? 24 : 54, bad ? 3 : 2, color,
            name != NULL ? name : "request", e->header.seq);
}

static void put_run(GString *out, const struct diag_event *e,
        const struct axis *axis)
{
    double x = x_of(axis, e->t_ms);
    double end = x_of(axis, e->run->t_end_ms);
    double width = end > x ? end - x : 1;

    g_string_append_printf(out,
            "<rect x='%.1f' y='24' width='%.1f' height='22' fill='var(--tx)' "
            "opacity='.55'><title>%u requests</title></rect><rect x='%.1f' "
            "y='54' width='%.1f' height='22' fill='var(--rx)' opacity='.55'/>",
            x, width, e->run->requests, x, width);
}

static void put_mark(GString *out, const struct diag_event *e,
        const struct axis *axis)
{
    double x = x_of(axis, e->t_ms);

    if (e->kind == DIAG_TX || e->kind == DIAG_RX) {
        put_message(out, e, x);
    } else if (e->kind == DIAG_RUN) {
        put_run(out, e, axis);
    } else if (e->kind == DIAG_LINK) {
        g_string_append_printf(out,
                "<circle cx='%.1f' cy='98' r='5' fill='var(--%s)'>"
                "<title>link %s</title></circle>",
                x, e->up ? "rx" : "bad", e->up ? "up" : "down");
    } else if (e->kind == DIAG_ERROR || e->kind == DIAG_REFUSED) {
        g_string_append_printf(out,
                "<path d='M%.1f 122l6 11h-12z' fill='var(--bad)'><title>", x);
        put(out, e->quote);
        g_string_append(out, "</title></path>");
    }
}

/* Time without any message: as a hatched gap, when it is long. */
static void put_gaps(GString *out, const struct cli_case *c,
        const struct axis *axis)
{
    int64_t last = -1;

    for (size_t i = 0; i < c->events.count; i++) {
        const struct diag_event *e = &c->events.items[i];
        bool message =
                e->kind == DIAG_TX || e->kind == DIAG_RX || e->kind == DIAG_RUN;
        if (e->t_ms < 0 || !message) {
            continue;
        }
        if (last >= 0 && (e->t_ms - last) * 50 > axis->to - axis->from &&
                e->t_ms - last > 500) {
            g_string_append_printf(out,
                    "<rect x='%.1f' y='24' width='%.1f' height='52' "
                    "fill='var(--line)' opacity='.6'><title>%.1f s without a "
                    "message</title></rect>",
                    x_of(axis, last), x_of(axis, e->t_ms) - x_of(axis, last),
                    (double)(e->t_ms - last) / 1000.0);
        }
        last = e->kind == DIAG_RUN ? e->run->t_end_ms : e->t_ms;
    }
}

/* Offset over time, as the answers told it. */
static void put_offsets(GString *out, const struct cli_case *c,
        const struct axis *axis, const struct diag_transfer *t)
{
    int64_t end = t->t_start_ms + (int64_t)t->ms;

    g_string_append(out,
            "<polyline fill='none' stroke='var(--tx)' "
            "stroke-width='1.5' points='");
    for (size_t i = 0; i < c->events.count; i++) {
        const struct diag_event *e = &c->events.items[i];
        struct diag_chunk chunk;
        int64_t at = e->t_ms;
        uint32_t off = 0;
        if (e->kind == DIAG_RUN) {
            at = e->run->t_end_ms;
            off = e->run->off_to;
        } else if (diag_answer_of(e, &chunk)) {
            off = chunk.off;
        } else {
            continue;
        }
        if (at >= t->t_start_ms && at <= end && off <= t->size) {
            g_string_append_printf(out, "%.1f,%.1f ", x_of(axis, at),
                    174.0 - 24.0 * off / t->size);
        }
    }
    g_string_append(out, "'/>");
}

/* A bar per upload, with its rate. */
static void put_transfers(GString *out, const struct cli_case *c,
        const struct axis *axis)
{
    for (unsigned i = 0; i < c->report.transfer_count; i++) {
        const struct diag_transfer *t = &c->report.transfers[i];
        if (t->t_start_ms < 0 || t->ms == 0) {
            continue;
        }
        double x = x_of(axis, t->t_start_ms);
        double end = x_of(axis, t->t_start_ms + (int64_t)t->ms);
        g_string_append_printf(out,
                "<rect x='%.1f' y='150' width='%.1f' height='24' rx='3' "
                "fill='var(--%s)' opacity='.25'/>",
                x, end > x + 2 ? end - x : 2, t->complete ? "rx" : "bad");
        if (t->size > 0) {
            put_offsets(out, c, axis, t);
        }
        if (end - x > 120) {
            g_string_append_printf(out,
                    "<text x='%.1f' y='166'>%s bytes, %.2f kB/s</text>", x + 6,
                    cli_thousands(t->bytes), (double)t->bytes / t->ms);
        }
    }
}

/* How long slot i held this, as far as known: until the next list. */
static int64_t held_until(const struct diag_report *r, unsigned i,
        const struct axis *axis)
{
    const struct diag_event *event = r->slots[i].event;

    for (unsigned k = i + 1; k < r->slot_count; k++) {
        if (r->slots[k].event != event &&
                r->slots[k].event->t_ms >= event->t_ms) {
            return r->slots[k].event->t_ms;
        }
    }
    return axis->to;
}

/* One image in its slot, as a bar in the colour of its hash. */
static void put_held(GString *out, const struct diag_slot_seen *s, double x,
        double width, unsigned y)
{
    unsigned hue = (s->hash[0] * 256u + s->hash[1]) % 360u;

    g_string_append_printf(out,
            "<rect x='%.1f' y='%u' width='%.1f' height='18' rx='3' "
            "fill='hsl(%u 55%% 55%%)' opacity='%s'><title>",
            x, y, width > 2 ? width : 2, hue, s->active ? ".75" : ".4");
    put(out, s->version);
    g_string_append_printf(out, " %02x%02x%02x%02x%s%s%s</title></rect>",
            s->hash[0], s->hash[1], s->hash[2], s->hash[3],
            s->active ? ", running" : "", s->confirmed ? ", confirmed" : "",
            s->pending ? ", pending" : "");
    if (width > 70) {
        g_string_append_printf(out, "<text x='%.1f' y='%u'>", x + 6, y + 13);
        put(out, s->version);
        g_string_append_printf(out, "%s</text>",
                s->pending          ? " pending"
                        : s->active ? " runs"
                                    : "");
    }
}

/* One lane per slot: what it held, from list to list. */
static void put_lane(GString *out, const struct cli_case *c,
        const struct axis *axis, const struct diag_slot_seen *first, unsigned y)
{
    const struct diag_report *r = &c->report;

    g_string_append_printf(out, "<text x='4' y='%u'>image %u slot %u</text>",
            y + 14, first->image, first->slot);
    for (unsigned i = 0; i < r->slot_count; i++) {
        const struct diag_slot_seen *s = &r->slots[i];
        if (s->image != first->image || s->slot != first->slot ||
                s->event->t_ms < 0) {
            continue;
        }
        double x = x_of(axis, s->event->t_ms);
        put_held(out, s, x, x_of(axis, held_until(r, i, axis)) - x, y);
    }
}

/* Lanes of all slots that were listed; returns their number. */
static unsigned put_lanes(GString *out, const struct cli_case *c,
        const struct axis *axis, unsigned y)
{
    const struct diag_report *r = &c->report;
    unsigned lanes = 0;

    for (unsigned i = 0; i < r->slot_count && lanes < 6; i++) {
        bool again = false;
        for (unsigned k = 0; k < i; k++) {
            again = again ||
                    (r->slots[k].image == r->slots[i].image &&
                            r->slots[k].slot == r->slots[i].slot);
        }
        if (!again) {
            put_lane(out, c, axis, &r->slots[i], y + lanes * 26);
            lanes++;
        }
    }
    return lanes;
}

static void put_timeline(GString *out, const struct cli_case *c)
{
    struct axis axis = { 0, 0 };
    GString *lanes = g_string_new(NULL);

    if (!find_axis(c, &axis)) {
        g_string_free(lanes, TRUE);
        return;
    }
    unsigned bottom = 186 + 26 * put_lanes(lanes, c, &axis, 186);
    g_string_append_printf(out,
            "<h2>The session</h2><div class='card scroll'>"
            "<svg viewBox='0 0 1000 %u' role='img' "
            "aria-label='time line of the session'>",
            bottom + 26);
    put_ticks(out, &axis, bottom);
    g_string_append(out,
            "<text x='4' y='39'>requests</text><text x='4' y='69'>answers"
            "</text><text x='4' y='102'>link</text><text x='4' y='131'>"
            "complaints</text><text x='4' y='166'>uploads</text>");
    put_gaps(out, c, &axis);
    put_transfers(out, c, &axis);
    g_string_append(out, lanes->str);
    g_string_free(lanes, TRUE);
    for (size_t i = 0; i < c->events.count; i++) {
        if (c->events.items[i].t_ms >= 0) {
            put_mark(out, &c->events.items[i], &axis);
        }
    }
    g_string_append(out, "</svg></div>");
}

static void put_slots(GString *out, const struct diag_report *r)
{
    const struct diag_event *last = NULL;

    if (r->slot_count == 0) {
        return;
    }
    g_string_append(out,
            "<h2>The slots, list by list</h2><div class='card scroll'><table>"
            "<tr><th>line<th>image<th>slot<th>version<th>hash<th>state</tr>");
    for (unsigned i = 0; i < r->slot_count; i++) {
        const struct diag_slot_seen *s = &r->slots[i];
        g_string_append(out, "<tr><td class=where>");
        if (s->event != last) {
            g_string_append_printf(out, "%u", s->event->line);
        }
        last = s->event;
        g_string_append_printf(out, "<td>%u<td>%u<td>", s->image, s->slot);
        put(out, s->version);
        g_string_append_printf(out, "<td><code>%02x%02x%02x%02x…</code><td>",
                s->hash[0], s->hash[1], s->hash[2], s->hash[3]);
        g_string_append_printf(out, "%s%s%s%s</tr>",
                s->active ? "running " : "", s->confirmed ? "confirmed " : "",
                s->pending ? "pending " : "", s->permanent ? "for good" : "");
    }
    g_string_append(out, "</table></div>");
}

/* A number that may not be known. */
static void put_count(GString *out, uint32_t n)
{
    if (n == 0) {
        g_string_append(out, "<td>–");
    } else {
        g_string_append_printf(out, "<td>%u", n);
    }
}

static void put_session(GString *out, const struct diag_report *r)
{
    if (r->transfer_count == 0 && r->limit_count == 0) {
        return;
    }
    g_string_append(out,
            "<h2>Transfers</h2><div class='card scroll'><table><tr><th>image"
            "<th>bytes<th>time<th>rate<th>requests<th>chunk<th>in flight"
            "</tr>");
    for (unsigned i = 0; i < r->transfer_count; i++) {
        const struct diag_transfer *t = &r->transfers[i];
        g_string_append_printf(out, "<tr><td>%s",
                t->image_told ? "" : "not told");
        if (t->image_told) {
            g_string_append_printf(out, "%u", t->image);
        }
        g_string_append_printf(out, "<td>%s%s", cli_thousands(t->bytes),
                t->complete ? "" : " (not complete)");
        g_string_append_printf(out, "<td>%.1f s<td>%.2f kB/s", t->ms / 1000.0,
                t->ms > 0 ? (double)t->bytes / t->ms : 0.0);
        put_count(out, t->requests);
        put_count(out, t->chunk);
        put_count(out, t->in_flight);
        g_string_append(out, "</tr>");
    }
    g_string_append(out, "</table>");
    for (unsigned i = 0; i < r->limit_count; i++) {
        g_string_append(out, "<p>Limited by: ");
        put(out, r->limits[i]);
        g_string_append(out, "</p>");
    }
    g_string_append(out, "</div>");
}

static void put_verdicts(GString *out, const struct cli_case *c)
{
    const struct diag_report *r = &c->report;

    if (r->verdict_count == 0) {
        g_string_append(out,
                "<section class=card><h3>No verdict</h3><p>Nothing in these "
                "lines shows a failure that the doctor knows. What would "
                "decide:</p><ul>");
        for (unsigned bit = 1; bit <= DIAG_NEED_TRACE; bit <<= 1) {
            if (r->needs & bit) {
                g_string_append(out, "<li>");
                put(out, diag_need_to_str((enum diag_need)bit));
                g_string_append(out, "</li>");
            }
        }
        g_string_append(out, "</ul></section>");
    }
    for (unsigned i = 0; i < r->verdict_count; i++) {
        put_verdict(out, &r->verdicts[i], i == 0);
    }
    put_timeline(out, c);
    put_slots(out, r);
    put_session(out, r);
    if (r->benign_count > 0) {
        g_string_append(out,
                "<h2>Alarming, but harmless</h2>"
                "<div class=card><ul>");
        for (unsigned i = 0; i < r->benign_count; i++) {
            g_string_append(out, "<li><b>");
            put(out, r->benign[i].rule->title);
            g_string_append(out, "</b><br>");
            put(out, r->benign[i].rule->explanation);
            g_string_append(out, "</li>");
        }
        g_string_append(out, "</ul></div>");
    }
}

static void put_lint(GString *out, const struct cli_case *c)
{
    if (c->lint_count == 0) {
        return;
    }
    g_string_append(out, "<h2>The configuration</h2><div class=card><ul>");
    for (size_t i = 0; i < c->lint_count; i++) {
        const struct diag_lint *l = &c->lint[i];
        g_string_append_printf(out, "<li><span class=tag>%s</span>",
                diag_lint_level_to_str(l->level));
        put(out, l->text);
        if (l->fix != NULL) {
            char *safe = g_markup_escape_text(l->fix, -1);
            g_string_append_printf(out, "<pre>%s</pre>", safe);
            g_free(safe);
        }
        g_string_append(out, "</li>");
    }
    g_string_append(out, "</ul></div>");
}

int cli_doctor_html(struct cli *cli, const struct cli_case *c, const char *path)
{
    GString *out = g_string_new("<!doctype html><html lang=en><meta "
                                "charset=utf-8><meta name=viewport "
                                "content='width=device-width,"
                                "initial-scale=1'><title>");
    GError *error = NULL;
    int rc = 0;

    put(out,
            c->report.verdict_count > 0 ? c->report.verdicts[0].rule->title
                                        : "No verdict");
    g_string_append_printf(out,
            "</title><style>%s</style><main><h1>smpctl doctor: why did the "
            "update fail?</h1>",
            style);
    put_verdicts(out, c);
    put_lint(out, c);
    g_string_append(out,
            "<footer>Written by smpctl " SMPCTL_VERSION
            ". Confidence: weight of the rule times the share of its evidence "
            "that was seen; 90&#8239;% and more is called certain.</footer>"
            "</main></html>\n");
    if (!g_file_set_contents(path, out->str, (gssize)out->len, &error)) {
        rc = cli_fail(cli, DFU_OTHER, "name a file that can be written", "%s",
                error->message);
        g_error_free(error);
    }
    g_string_free(out, TRUE);
    return rc;
}
