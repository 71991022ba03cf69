// SPDX-License-Identifier: Apache-2.0
/*
 * The doctor's page: self-contained, no scripts from elsewhere, everything
 * that comes from a log escaped.
 */
#include <string.h>

#include "cli/doctor.h"

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
void cli_doctor_put(GString *out, const char *text)
{
    char *clean = cli_doctor_clean(text);
    char *safe = g_markup_escape_text(clean, -1);

    g_string_append(out, safe);
    g_free(safe);
    g_free(clean);
}

static void put_fix(GString *out, const struct cli_case *c,
        const struct diag_fix *fix)
{
    g_string_append(out, "<li>");
    cli_doctor_put(out, fix->text);
    if (fix->lines != NULL) {
        char **lines = cli_doctor_lines(c, fix->lines);
        char *text = g_strjoinv("\n", lines);
        char *safe = g_markup_escape_text(text, -1);
        g_string_append_printf(out, "<pre>%s</pre>", safe);
        g_free(safe);
        g_free(text);
        g_strfreev(lines);
    }
    g_string_append(out, "</li>");
}

static void put_verdict(GString *out, const struct cli_case *c,
        const struct diag_verdict *v, bool first)
{
    const struct diag_rule *rule = v->rule;

    g_string_append_printf(out, "<section class=\"card%s\"><h3>",
            first ? " first" : "");
    cli_doctor_put(out, rule->title);
    g_string_append_printf(out,
            "</h3><span class=tag>%s, %u&#8239;%%</span><span class=tag>"
            "pattern %s</span><span class=tag>%s</span><p>",
            v->confidence >= DIAG_CONFIDENCE_CERTAIN ? "certain" : "likely",
            v->confidence, rule->pattern, rule->id);
    cli_doctor_put(out, rule->explanation);
    g_string_append(out, "</p><div class=label>Why we think so</div><ol>");
    for (unsigned i = 0; i < v->evidence_count; i++) {
        g_string_append(out, "<li>");
        cli_doctor_put(out, v->evidence[i].text);
        g_string_append(out, " <span class=where>");
        char *base = g_path_get_basename(v->evidence[i].file);
        cli_doctor_put(out, base);
        g_free(base);
        g_string_append_printf(out, ":%u</span>", v->evidence[i].line);
        if (v->evidence[i].quote[0] != '\0') {
            g_string_append(out, "<code class=quote>");
            cli_doctor_put(out, v->evidence[i].quote);
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
            put_fix(out, c, &rule->fixes[i]);
        }
        g_string_append(out, "</ul>");
    }
    if (rule->disproof != NULL) {
        g_string_append(out,
                "<div class=label>What would prove us wrong"
                "</div><p>");
        cli_doctor_put(out, rule->disproof);
        g_string_append(out, "</p>");
    }
    g_string_append(out, "</section>");
}

/* ---- the rest of the page ---- */

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
        cli_doctor_put(out, s->version);
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
        cli_doctor_put(out, r->limits[i]);
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
                cli_doctor_put(out, diag_need_to_str((enum diag_need)bit));
                g_string_append(out, "</li>");
            }
        }
        g_string_append(out, "</ul></section>");
    }
    for (unsigned i = 0; i < r->verdict_count; i++) {
        put_verdict(out, c, &r->verdicts[i], i == 0);
    }
    cli_doctor_put_timeline(out, c);
    put_slots(out, r);
    put_session(out, r);
    if (r->benign_count > 0) {
        g_string_append(out,
                "<h2>Alarming, but harmless</h2>"
                "<div class=card><ul>");
        for (unsigned i = 0; i < r->benign_count; i++) {
            g_string_append(out, "<li><b>");
            cli_doctor_put(out, r->benign[i].rule->title);
            g_string_append(out, "</b><br>");
            cli_doctor_put(out, r->benign[i].rule->explanation);
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
        cli_doctor_put(out, l->text);
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

    cli_doctor_put(out,
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
