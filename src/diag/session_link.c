// SPDX-License-Identifier: Apache-2.0
/* Links that go down, requests that are given up, and words. */
#include <stdio.h>
#include <string.h>

#include "diag/session.h"
#include "diag/text.h"
#include "smp/group_image.h"

/* ---- links ---- */

static void down_in_upload(struct diag_reader *r, const struct diag_event *e)
{
    const struct diag_transfer *t = r->transfer;
    if (t != NULL && !t->complete) {
        diag_show(r, SIGN_DOWN_UPLOAD, e, "link down at offset %u of %u",
                (unsigned)t->bytes, (unsigned)t->size);
        if (r->first_chunk != NULL) {
            diag_show(r, SIGN_DOWN_FIRST, e,
                    "link down after the first chunk, before its answer");
        }
        if (r->down_known && r->down_at == t->bytes &&
                r->report->answers > r->down_answers) {
            diag_show(r, SIGN_DOWN_SAME, e,
                    "link down at offset %u for the second time",
                    (unsigned)t->bytes);
        }
        r->down_at = t->bytes;
        r->down_known = true;
        r->down_answers = r->report->answers;
    }
}

static void on_down(struct diag_reader *r, const struct diag_event *e)
{
    bool closed = e->text[0] == '\0' && (e->a == 0 || e->a == 22);
    if (diag_seen(r, SIGN_RESET_SENT) || r->reset) {
        if (!closed) {
            diag_show(r, SIGN_DOWN_RESET, e, "link down after the reset");
        }
        if (!r->reset) {
            diag_on_reset(r, e); /* the answer was lost, the reset was not */
        }
        r->rebooted = true;
        return;
    }
    if (closed) {
        return;
    }
    diag_show(r, SIGN_DOWN, e, "link down without a reset");
    if (r->open_count > 0) {
        diag_show(r, SIGN_DOWN_OPEN, e, "link down while %u request%s open",
                r->open_count, r->open_count == 1 ? " is" : "s are");
    }
    down_in_upload(r, e);
    for (unsigned i = 0; i < r->open_count; i++) {
        const struct smp_header *h = &r->open[i].event->header;
        if (h->group == SMP_GROUP_IMAGE && h->id == SMP_IMAGE_STATE &&
                h->op == SMP_OP_WRITE) {
            diag_show(r, SIGN_DOWN_STATE, e,
                    "link down right after test or confirm");
        }
    }
}

void diag_on_link(struct diag_reader *r, const struct diag_event *e)
{
    if (e->sign != SIGN_NONE) {
        diag_show(r, (enum diag_sign)e->sign, e, "%s", diag_sign_text(e->sign));
    }
    if (!e->up) {
        on_down(r, e);
        r->open_count = 0;
        r->first_chunk = NULL;
    }
}

/* ---- silence ---- */

/* A request was given up: by its sequence number, else the oldest one. */
static void gave_up(struct diag_reader *r, const struct diag_event *e)
{
    uint32_t number = 0;
    bool told = diag_number_after(diag_span(e->quote), "\"seq\":", &number);
    unsigned at = 0;
    if (r->open_count == 0) {
        return;
    }
    if (told) {
        for (at = 0; at < r->open_count; at++) {
            if (r->open[at].event->header.seq == number) {
                break;
            }
        }
        if (at == r->open_count) {
            return;
        }
    }
    r->rebooted = r->reset;
    diag_on_lost(r, r->open[at].event, e);
    diag_close(r, at);
}

static bool is_timeout(uint16_t sign)
{
    return sign == SIGN_T_TIMEOUT || sign == SIGN_T_FIRST_TIMEOUT ||
            sign == SIGN_T_NMP_TIMEOUT || sign == SIGN_T_UPLOAD_TIMEOUT;
}

/* Starts of the bootloader with no application between. */
static void count_boots(struct diag_reader *r, const struct diag_event *e)
{
    if (e->sign == SIGN_C_BANNER) {
        r->boots = 0;
    } else if (e->sign == SIGN_C_BOOT &&
            strstr(e->quote, "Starting bootloader") != NULL) {
        r->boots++;
        if (r->boots >= 4) {
            diag_show(r, SIGN_C_BOOT_LOOP, e,
                    "start %u of the bootloader, no application between",
                    r->boots);
        }
    }
}

void diag_on_words(struct diag_reader *r, const struct diag_event *e)
{
    if (e->sign != SIGN_NONE && e->sign < DIAG_SIGNS) {
        diag_show(r, (enum diag_sign)e->sign, e, "%s", diag_sign_text(e->sign));
        if (e->sign == SIGN_T_FIRST_TIMEOUT && !r->answered) {
            diag_show(r, SIGN_T_TIMEOUT, e, "a request timed out");
        }
        count_boots(r, e);
        if (!r->shared &&
                (e->sign == SIGN_C_BANNER || e->sign == SIGN_C_BOOT)) {
            r->rebooted = r->reset;
        }
        if (e->sign == SIGN_C_BANNER && r->uploading && !r->reset &&
                !r->shared && r->transfer != NULL && !r->transfer->complete) {
            diag_show(r, SIGN_DEVICE_REBOOTED, e,
                    "the device boots in the middle of an upload");
        }
    }
    if (is_timeout(e->sign) ||
            (e->kind == DIAG_NOTE &&
                    strcmp(e->text, "no answer in time") == 0) ||
            (e->kind == DIAG_ERROR && strcmp(e->text, "no-answer") == 0)) {
        gave_up(r, e);
    }
}

/* ---- who it is ---- */

static bool is_pair(const char *p)
{
    return diag_hex_digit(p[0]) >= 0 && diag_hex_digit(p[1]) >= 0;
}

/* AA:BB:CC:DD:EE:FF anywhere in a text, or NULL. */
static const char *find_address(const char *text)
{
    for (const char *p = text; strlen(p) >= 17; p++) {
        bool all = true;
        for (unsigned i = 0; i < 6 && all; i++) {
            all = is_pair(p + (size_t)3 * i) && (i == 5 || p[3 * i + 2] == ':');
        }
        if (all) {
            return p;
        }
    }
    return NULL;
}

/* Another address, or another name, after a reset: is it still found? */
static void look_at_device(struct diag_reader *r, const struct diag_event *e)
{
    const char *address = find_address(e->text);
    if (address == NULL) {
        return;
    }
    size_t n = (size_t)(address - e->text);
    while (n > 0 && (e->text[n - 1] == ' ' || e->text[n - 1] == '(')) {
        n--;
    }
    bool same = strncmp(r->address, address, 17) == 0;
    if (r->reset && r->address[0] != '\0' && !same) {
        diag_show(r, SIGN_ADDRESS_CHANGED, e,
                "after the reset the address is %.17s, it was %s", address,
                r->address);
    }
    if (r->reset && same && n > 0 && r->name[0] != '\0' &&
            (strlen(r->name) != n || strncmp(r->name, e->text, n) != 0)) {
        diag_show(r, SIGN_NAME_CHANGED, e,
                "after the reset the name is %.*s, it was %s",
                (int)(n > 40 ? 40 : n), e->text, r->name);
    }
    snprintf(r->address, sizeof(r->address), "%.17s", address);
    if (n > 0) {
        snprintf(r->name, sizeof(r->name), "%.*s", (int)(n > 40 ? 40 : n),
                e->text);
    }
}

void diag_on_head(struct diag_reader *r, const struct diag_event *e)
{
    char *device = r->report->device;
    if (e->b == 1) {
        look_at_device(r, e);
        /* A bare address says less than the name that was told with it. */
        if (device[0] == '\0' || strstr(device, e->text) == NULL) {
            snprintf(device, sizeof(r->report->device), "%.60s", e->text);
        }
    } else if (strcmp(e->text, "start") != 0) {
        snprintf(r->report->client, sizeof(r->report->client), "%.60s",
                e->text);
    }
}
