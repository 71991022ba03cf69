// SPDX-License-Identifier: Apache-2.0
/* What the session tells about its speed. */
#include <stdio.h>
#include <string.h>

#include "diag/session.h"

static void say(struct diag_report *report, const char *text)
{
    for (uint8_t i = 0; i < report->limit_count; i++) {
        if (strcmp(report->limits[i], text) == 0) {
            return;
        }
    }
    if (report->limit_count < DIAG_LIMITS_MAX) {
        snprintf(report->limits[report->limit_count++],
                sizeof(report->limits[0]), "%s", text);
    }
}

/* Data bytes of a chunk that fills a write of this MTU. */
static uint32_t chunk_of_mtu(uint32_t mtu)
{
    return mtu > 60 ? mtu - 3 - 28 : 0;
}

/* One chunk per connection interval, or per a few. */
static void look_at_interval(const struct diag_reader *r,
        struct diag_report *report, const struct diag_transfer *t)
{
    char text[200];
    char count[24] = "";
    uint64_t interval = report->interval_us / 1000;
    uint64_t chunk = t->chunk != 0 ? t->chunk : chunk_of_mtu(r->mtu);
    if (interval == 0 || chunk == 0) {
        return;
    }
    uint64_t chunks = (t->size + chunk - 1) / chunk;
    uint64_t per = (uint64_t)t->ms * 10 / chunks / interval;
    if (per < 7 || per > 45) {
        return;
    }
    unsigned whole = per < 15 ? 1 : (unsigned)(per + 5) / 10;
    if (whole > 1) {
        snprintf(count, sizeof(count), "%u ", whole);
    }
    snprintf(text, sizeof(text),
            "one chunk of about %u bytes per %sconnection interval%s of %u "
            "ms: one request at a time, MTU %u [P1, P3]",
            (unsigned)chunk, count, whole > 1 ? "s" : "", (unsigned)interval,
            (unsigned)r->mtu);
    say(report, text);
}

/* Between so many kB/s? */
static bool rate_near(const struct diag_transfer *t, uint32_t low,
        uint32_t high)
{
    uint32_t rate = t->size / (t->ms > 0 ? t->ms : 1);
    return rate >= low && rate < high;
}

static void look_at_transfer(const struct diag_reader *r,
        struct diag_report *report, const struct diag_transfer *t)
{
    char text[200];
    look_at_interval(r, report, t);
    if (t->in_flight == 1 && r->buf_count > 2) {
        snprintf(text, sizeof(text),
                "one request at a time, though the device has %u buffers [P3]",
                (unsigned)r->buf_count);
        say(report, text);
    }
    if (t->chunk > 0 && t->chunk < 64) {
        say(report, "chunks of less than 64 bytes: the MTU is small [P4]");
    }
    if (t->gap_ms > 2000) {
        snprintf(text, sizeof(text),
                "a pause of %u ms between two answers: flash is erased or "
                "checked, or an answer was lost [P5]",
                (unsigned)t->gap_ms);
        say(report, text);
    }
    if (diag_seen(r, SIGN_PHY_1M)) {
        say(report, "1M PHY: half of what 2M carries [P2]");
    }
    if (diag_seen(r, SIGN_MEDIUM_SERIAL) && rate_near(t, 6, 12)) {
        say(report,
                "the serial line: 115200 baud and base64 carry about 8 kB/s "
                "[P6]");
    }
}

/* Progress lines of a client, without a whole upload. */
static void look_at_progress(struct diag_reader *r, struct diag_report *report)
{
    char text[200];
    const struct diag_transfer *t = r->transfer;
    if (r->last_progress == NULL || t == NULL || t->complete ||
            t->requests < 4 || t->chunk == 0 || t->chunk > 260 ||
            t->ms / t->requests < 120) {
        return;
    }
    snprintf(text, sizeof(text),
            "%u bytes per answer, an answer every %u ms: one request at a "
            "time over a slow round trip",
            (unsigned)t->chunk, (unsigned)(t->ms / (t->requests - 1)));
    say(report, text);
    diag_show(r, SIGN_RATE_SLOW, r->last_progress, "%s", text);
}

void diag_limits(struct diag_reader *r, struct diag_report *report)
{
    for (uint8_t i = 0; i < report->transfer_count; i++) {
        const struct diag_transfer *t = &report->transfers[i];
        if (t->session == r->number && t->complete && t->ms >= 1000 &&
                t->size > 0) {
            look_at_transfer(r, report, t);
        }
    }
    look_at_progress(r, report);
}
