// SPDX-License-Identifier: Apache-2.0
/*
 * Raw bytes of a serial line: frames with markers, console text between. The
 * direction is told by the operation in the header.
 */
#include <stdlib.h>
#include <string.h>

#include "diag/capture.h"
#include "diag/message.h"
#include "smp/frame.h"

bool diag_is_serial(const uint8_t *data, size_t len)
{
    size_t n = len < 65536 ? len : 65536;
    for (size_t i = 0; i + 3 < n; i++) {
        bool marker = (data[i] == 0x06 && data[i + 1] == 0x09) ||
                (data[i] == 0x04 && data[i + 1] == 0x14);
        if (marker && (data[i + 2] >= '+' && data[i + 2] <= 'z')) {
            return true;
        }
    }
    return false;
}

/* Text between the frames, collected to lines. */
struct between {
    struct diag_source *s;
    char line[1024];
    size_t len;
    uint32_t number; /* lines so far, of frames and of text */
};

static void text_line(struct between *b)
{
    if (b->len > 0) {
        struct diag_source *s = b->s;
        s->text = (struct diag_span){ b->line, b->len };
        s->line = b->number;
        if (diag_trim(s->text).len > 2 && !diag_line_phrase(s)) {
            diag_emit_sign(s, DIAG_NOISE, SIGN_CONSOLE_IN_STREAM);
        }
    }
    b->len = 0;
}

static void on_text(void *ctx, const uint8_t *buf, size_t len)
{
    struct between *b = ctx;
    for (size_t i = 0; i < len; i++) {
        char c = (char)buf[i];
        if (c == '\n') {
            text_line(b);
        } else if (b->len < sizeof(b->line) && (buf[i] >= 0x20 || c == '\t')) {
            b->line[b->len++] = c;
        }
    }
}

void diag_read_serial(struct diag_source *s, const uint8_t *data, size_t len)
{
    struct smp_console_decoder d;
    struct between b = { .s = s, .number = 1 };
    uint8_t *buf = malloc(DIAG_MESSAGE_MAX);
    struct smp_bytes msg;
    if (buf == NULL) {
        s->list->failed = true;
        return;
    }
    smp_console_decoder_init(&d, buf, DIAG_MESSAGE_MAX, false);
    d.text = on_text;
    d.text_ctx = &b;
    for (size_t pos = 0; pos < len;) {
        /* line by line, so that line numbers are right */
        const uint8_t *newline = memchr(data + pos, '\n', len - pos);
        size_t end = newline == NULL ? len : (size_t)(newline - data) + 1;
        while (pos < end) {
            size_t used = 0;
            int rc = smp_console_feed(&d, data + pos, end - pos, &used, &msg);
            pos += used;
            if (rc == 1) {
                s->line = b.number;
                s->text = (struct diag_span){ "", 0 };
                diag_emit_medium(s, SIGN_MEDIUM_SERIAL);
                diag_emit_message(s, 0, msg.ptr, msg.len);
            } else if (used == 0) {
                break;
            }
        }
        pos = end;
        b.number++;
        diag_events_passed(s->list, pos);
    }
    text_line(&b);
    if (d.stats.bad_crc > 0) {
        s->text = diag_span("frames with a wrong CRC");
        diag_emit_sign(s, DIAG_NOTE, SIGN_T_CRC);
    }
    s->list->bad += d.stats.bad_crc + d.stats.bad_frame;
    free(buf);
}
