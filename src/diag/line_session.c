// SPDX-License-Identifier: Apache-2.0
/* What clients say about links, steps, progress and refusals. */
#include <string.h>

#include "diag/lines.h"

/* `Nordic_LBS (68:00:F1:24:66:15)`, under the head of a log. */
static bool is_device(struct diag_span t)
{
    size_t open = diag_find(t, " (");
    struct diag_span rest = diag_skip(t, open + 2);
    return open > 0 && open < t.len && open < 48 &&
            (diag_equals(rest, "Device Manager)") ||
                    (rest.len == 18 && rest.ptr[2] == ':' &&
                            rest.ptr[14] == ':' && rest.ptr[17] == ')'));
}

static void emit_device(struct diag_source *s, struct diag_span name)
{
    char text[64];
    size_t n = name.len < sizeof(text) - 1 ? name.len : sizeof(text) - 1;
    memcpy(text, name.ptr, n);
    text[n] = '\0';
    struct diag_event e = diag_draft(s, DIAG_HEAD, text);
    e.text = text;
    e.b = 1;
    (void)diag_events_add(s->list, &e);
}

/* `nRF Connect, 2023-10-05`, `Device Manager, 2022-07-05`. */
static bool read_head(struct diag_source *s)
{
    if (diag_starts(s->text, "nRF Connect, ")) {
        diag_emit_text(s, DIAG_HEAD, diag_span("nRF Connect Android"));
        return true;
    }
    if (diag_starts(s->text, "Device Manager, ")) {
        diag_emit_text(s, DIAG_HEAD,
                diag_span("nRF Connect Device Manager Android"));
        return true;
    }
    if (is_device(diag_trim(s->text))) {
        emit_device(s, diag_trim(s->text));
        return true;
    }
    return false;
}

static void link_change(struct diag_source *s, bool up, uint32_t reason)
{
    if (up && s->link_up) {
        return;
    }
    s->link_up = up;
    diag_emit(s, DIAG_LINK, reason, up ? 1 : 0);
}

static bool read_link(struct diag_source *s)
{
    uint32_t n = 0;
    struct diag_span t = s->text;
    if (diag_has(t, "Connection state changed with status: ")) {
        (void)diag_number_after(t, "status: ", &n);
        link_change(s,
                diag_has(t, "(CONNECTED)") ||
                        diag_has(t,
                                "CONNECTED ("
                                "2)"),
                n);
        return true;
    }
    if (diag_has(t, "] Connected to ") || diag_has(t, "\tConnected to ")) {
        struct diag_span who = diag_trim(diag_after(t, "Connected to "));
        link_change(s, true, 0);
        if (who.len == 17 && who.ptr[2] == ':' && who.ptr[14] == ':') {
            emit_device(s, who);
        }
        return true;
    }
    if (diag_has(t, "MTU changed to: ") &&
            diag_number_after(t, "MTU changed to: ", &n)) {
        diag_emit(s, DIAG_MTU, n, 0);
        return true;
    }
    if (diag_has(t, "onConfigureMTU()") && diag_number_after(t, "mtu=", &n)) {
        diag_emit(s, DIAG_MTU, n, 0);
        return true;
    }
    if (diag_has(t, "Connection parameters updated (interval: ") &&
            diag_milli_after(t, "interval: ", &n)) {
        diag_emit(s, DIAG_INTERVAL, n, 0);
        return true;
    }
    if (diag_has(t, "onConnectionUpdated()") &&
            diag_number_after(t, "interval=", &n) && n < 10000) {
        diag_emit(s, DIAG_INTERVAL, n * 1250, 0);
        return true;
    }
    if (diag_has(t, "PHY updated (") || diag_has(t, "PHY read (")) {
        if (diag_has(t, "TX: LE 1M")) {
            diag_emit_sign(s, DIAG_NOTE, SIGN_PHY_1M);
        }
        return true;
    }
    return false;
}

static bool read_sent(struct diag_source *s)
{
    struct diag_span t = s->text;
    uint32_t bytes = 0;
    uint32_t ms = 0;
    size_t at = diag_find(t, " bytes sent in ");
    if (at < t.len) {
        size_t start = at;
        while (start > 0 && t.ptr[start - 1] >= '0' &&
                t.ptr[start - 1] <= '9') {
            start--;
        }
        (void)diag_number(diag_skip(t, start), &bytes);
        (void)diag_number_after(t, " bytes sent in ", &ms);
    } else if (diag_has(t, "Image (") && diag_has(t, " bytes) sent in ")) {
        (void)diag_number_after(t, "Image (", &bytes);
        (void)diag_number_after(t, " bytes) sent in ", &ms);
    }
    if (bytes == 0) {
        return false;
    }
    diag_emit(s, DIAG_SENT, bytes, ms);
    return true;
}

static const struct {
    const char *before; /* the name of the step follows */
    const char *ends;
} steps[] = {
    { "New state: ", " \t\r" },
    { "to state ", " \t\r." },
    { "onStateChanged: old=VALIDATE, new=", " \t\r," },
    { "NewState='", "'" },
    { "Starting DFU, mode: ", " \t\r" },
    { "Upgrade started with ", "\r" },
};

static bool read_step(struct diag_source *s)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct diag_span rest = diag_after(s->text, steps[i].before);
        if (rest.len == 0) {
            continue;
        }
        bool start = i >= 4;
        struct diag_span name = diag_until(rest, steps[i].ends);
        if (i == 2 && diag_equals(name, "RESET")) {
            diag_emit_sign(s, DIAG_STEP, SIGN_T_RESET_FIRST);
        } else {
            diag_emit_text(s, start ? DIAG_HEAD : DIAG_STEP,
                    start ? diag_span("start") : name);
        }
        return true;
    }
    return false;
}

/* What follows the word "Error" of a client; empty when it is not there. */
static struct diag_span error_text(struct diag_span t)
{
    struct diag_span rest = diag_after(t, "Mcu Mgr Error: ");
    if (rest.len == 0) {
        rest = diag_after(t, "[McuMgr] Error: ");
    }
    if (rest.len == 0 && diag_starts(t, "Error: ")) {
        rest = diag_after(t, "Error: ");
    }
    return diag_starts(rest, "(0x") ? diag_skip(rest, rest.len) : rest;
}

/* `IN_VALUE (3)`: a name in capitals, then its number. */
static bool read_named_rc(struct diag_span t, uint32_t *rc)
{
    struct diag_span name = diag_until(t, " (");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if ((c < 'A' || c > 'Z') && c != '_') {
            return false;
        }
    }
    return diag_number_after(diag_skip(t, name.len), " (", rc);
}

/* `Error: IN_VALUE (3)`, `Mcu Mgr Error: 25 (group: 1)`, `Error: 8`. */
static bool read_refused(struct diag_source *s)
{
    uint32_t rc = 0;
    uint32_t group = 0;
    struct diag_span rest = error_text(s->text);
    if (rest.len == 0) {
        return false;
    }
    if (diag_number(rest, &rc) > 0) {
        if (diag_number_after(rest, "(group: ", &group) && group < 65535) {
            group++;
        }
    } else if (!read_named_rc(rest, &rc)) {
        return false;
    }
    if (diag_has(s->text, "upgrade failed=UPLOAD") && rc == 2) {
        diag_emit_sign(s, DIAG_REFUSED, SIGN_T_UPLOAD_FAILED_2);
        return true;
    }
    diag_emit(s, DIAG_REFUSED, rc, group);
    return true;
}

bool diag_line_session(struct diag_source *s)
{
    return read_head(s) || read_link(s) || read_sent(s) || read_step(s) ||
            read_refused(s);
}
