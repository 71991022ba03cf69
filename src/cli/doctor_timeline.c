// SPDX-License-Identifier: Apache-2.0
/* The time line of the doctor's page: one drawing, as SVG. */
#include <string.h>

#include "cli/doctor.h"
#include "diag/message.h"

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
        cli_doctor_put(out, e->quote);
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
    cli_doctor_put(out, s->version);
    g_string_append_printf(out, " %02x%02x%02x%02x%s%s%s</title></rect>",
            s->hash[0], s->hash[1], s->hash[2], s->hash[3],
            s->active ? ", running" : "", s->confirmed ? ", confirmed" : "",
            s->pending ? ", pending" : "");
    if (width > 70) {
        g_string_append_printf(out, "<text x='%.1f' y='%u'>", x + 6, y + 13);
        cli_doctor_put(out, s->version);
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

void cli_doctor_put_timeline(GString *out, const struct cli_case *c)
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
