// SPDX-License-Identifier: Apache-2.0
/*
 * Console framing: messages as lines of base64 among console text.
 *
 *   first line   06 09 base64 0A    later lines   04 14 base64 0A
 *   decoded: length:16 (message + 2) message crc:16, both big-endian
 *
 * The decoder, byte by byte:
 *
 * state  byte                  next   action
 * -----  --------------------  -----  ------------------------------------
 * TEXT   06, 04                MARK   if markers may stand here
 * TEXT   other                 TEXT   count, offer to the text op
 * MARK   09 after 06           DATA   a new packet; an open one is lost
 * MARK   14 after 04, open     DATA   the packet goes on
 * MARK   14 after 04, closed   SKIP   bad_frame
 * MARK   other                 TEXT   the marker was text; look again
 * DATA   base64, =             DATA   every fourth: up to three bytes
 * DATA   LF                    TEXT   whole packet: check, deliver
 * DATA   06, 04 (not strict)   MARK   the line's end was lost: bad_frame
 * DATA   other but CR          SKIP   bad_frame
 * SKIP   LF                    TEXT
 * SKIP   06, 04 (not strict)   MARK
 */
#include "smp/frame.h"

#include <string.h>

#include "internal.h"

#define FIRST_1 0x06u
#define FIRST_2 0x09u
#define NEXT_1  0x04u
#define NEXT_2  0x14u

/* Raw bytes per line. 93 is what 124 characters hold; Zephyr takes a triple
 * off for the length and never gives it back, and so do we. */
#define RAW_FIRST 93u
#define RAW_NEXT  90u

#define LENGTH_SIZE 2u
#define CRC_SIZE    2u

/* Largest message: its length and the checksum's must fit 16 bits. */
#define MESSAGE_MAX (UINT16_MAX - CRC_SIZE)

enum console_state {
    CONSOLE_TEXT,
    CONSOLE_MARK,
    CONSOLE_DATA,
    CONSOLE_SKIP,
};

uint16_t smp_crc16(uint16_t crc, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned c = crc ^ (unsigned)buf[i] << 8;

        for (int bit = 0; bit < 8; bit++) {
            c = c << 1 ^ (c & 0x8000u ? 0x1021u : 0u);
        }
        crc = (uint16_t)c;
    }
    return crc;
}

/*
 * Raw bytes of the next line when left bytes of length and message are to
 * come. The two bytes of the checksum are never torn apart: where they do not
 * fit behind the data, one data byte waits for them.
 */
static size_t line_raw(size_t left, bool first)
{
    const size_t room = first ? RAW_FIRST : RAW_NEXT;

    if (left + CRC_SIZE <= room) {
        return left + CRC_SIZE;
    }
    return left <= room ? left - 1 : room;
}

static size_t line_size(size_t raw)
{
    return 2 + (raw + 2) / 3 * 4 + 1;
}

size_t smp_console_encoded_size(size_t len)
{
    const size_t total = LENGTH_SIZE + len;
    size_t off = 0;
    size_t size = 0;

    while (off < total) {
        const size_t raw = line_raw(total - off, off == 0);

        size += line_size(raw);
        off += raw;
    }
    return size;
}

int smp_console_encode_start(struct smp_console_encoder *e, const uint8_t *msg,
        size_t len)
{
    if (len == 0 || len > MESSAGE_MAX) {
        return SMP_E_RANGE;
    }
    e->msg = msg;
    e->len = len;
    e->off = 0;
    e->crc = smp_crc16(0, msg, len);
    e->first = true;
    return 0;
}

/* Byte off of length, message, checksum. */
static uint8_t raw_byte(const struct smp_console_encoder *e, size_t off)
{
    uint8_t pair[2];

    if (off < LENGTH_SIZE) {
        smp_store_be16(pair, (uint16_t)(e->len + CRC_SIZE));
        return pair[off];
    }
    off -= LENGTH_SIZE;
    if (off < e->len) {
        return e->msg[off];
    }
    smp_store_be16(pair, e->crc);
    return pair[off - e->len];
}

static uint8_t base64_char(uint32_t value)
{
    static const uint8_t alphabet[64] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };

    return alphabet[value & 63u];
}

size_t smp_console_encode_line(struct smp_console_encoder *e,
        uint8_t line[SMP_CONSOLE_LINE_MAX])
{
    const size_t total = LENGTH_SIZE + e->len;
    size_t end;
    size_t at = 0;

    if (e->off >= total) {
        return 0;
    }
    end = e->off + line_raw(total - e->off, e->first);
    line[at++] = e->first ? FIRST_1 : NEXT_1;
    line[at++] = e->first ? FIRST_2 : NEXT_2;
    while (e->off < end) {
        size_t n = end - e->off;
        uint32_t bits = 0;

        if (n > 3) {
            n = 3;
        }
        for (size_t i = 0; i < 3; i++) {
            bits = bits << 8 | (i < n ? raw_byte(e, e->off + i) : 0u);
        }
        line[at++] = base64_char(bits >> 18);
        line[at++] = base64_char(bits >> 12);
        line[at++] = n > 1 ? base64_char(bits >> 6) : (uint8_t)'=';
        line[at++] = n > 2 ? base64_char(bits) : (uint8_t)'=';
        e->off += n;
    }
    line[at++] = '\n';
    e->first = false;
    return at;
}

void smp_console_decoder_init(struct smp_console_decoder *d, uint8_t *buf,
        size_t cap, bool strict)
{
    memset(d, 0, sizeof(*d));
    d->buf = buf;
    d->cap = cap;
    d->strict = strict;
    d->line_start = true;
    d->state = CONSOLE_TEXT;
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

static void offer_text(struct smp_console_decoder *d, const uint8_t *buf,
        size_t len)
{
    if (len == 0) {
        return;
    }
    d->stats.text_bytes += (uint32_t)len;
    if (d->text != NULL) {
        d->text(d->text_ctx, buf, len);
    }
}

/* Forgets the open packet; what is left of the line is not looked at. */
static void drop(struct smp_console_decoder *d, uint32_t *counter)
{
    (*counter)++;
    d->open = false;
    d->state = CONSOLE_SKIP;
}

/* The length field tells the whole size once it is there. */
static size_t packet_size(const struct smp_console_decoder *d)
{
    return LENGTH_SIZE + (size_t)smp_load_be16(d->buf);
}

/* Appends one decoded byte; false when the packet is lost. */
static bool append(struct smp_console_decoder *d, uint8_t byte)
{
    if (d->len >= LENGTH_SIZE && d->len == packet_size(d)) {
        drop(d, &d->stats.bad_frame);
        return false;
    }
    if (d->len == d->cap) {
        drop(d, &d->stats.too_long);
        return false;
    }
    d->buf[d->len++] = byte;
    if (d->len != LENGTH_SIZE) {
        return true;
    }
    if (packet_size(d) > d->cap) {
        drop(d, &d->stats.too_long);
        return false;
    }
    if (packet_size(d) <= LENGTH_SIZE + CRC_SIZE) {
        drop(d, &d->stats.bad_frame);
        return false;
    }
    return true;
}

/* One character of a frame. */
static void data_char(struct smp_console_decoder *d, uint8_t c)
{
    const int value = base64_value(c);

    if (c == '=' && d->bit_chars >= 2) {
        d->pads++;
    } else if (value < 0 || d->pads > 0) {
        drop(d, &d->stats.bad_frame);
        return;
    }
    d->bits = d->bits << 6 | (value < 0 ? 0u : (unsigned)value);
    d->bit_chars++;
    if (d->bit_chars < 4) {
        return;
    }
    d->bit_chars = 0;
    for (unsigned i = 0; i < 3u - d->pads; i++) {
        if (!append(d, (uint8_t)(d->bits >> (16u - 8u * i)))) {
            return;
        }
    }
}

/* The end of a frame; true when the packet is whole and right. */
static bool frame_end(struct smp_console_decoder *d, struct smp_bytes *msg)
{
    d->state = CONSOLE_TEXT;
    if (d->bit_chars != 0) {
        d->stats.bad_frame++;
        d->open = false;
        return false;
    }
    if (d->len < LENGTH_SIZE || d->len < packet_size(d)) {
        return false;
    }
    d->open = false;
    msg->ptr = d->buf + LENGTH_SIZE;
    msg->len = d->len - LENGTH_SIZE - CRC_SIZE;
    if (smp_crc16(0, msg->ptr, msg->len + CRC_SIZE) != 0) {
        d->stats.bad_crc++;
        return false;
    }
    d->stats.messages++;
    return true;
}

/* The second byte of a marker; false when it was none after all. */
static bool mark_end(struct smp_console_decoder *d, uint8_t c)
{
    d->bits = 0;
    d->bit_chars = 0;
    d->pads = 0;
    if (d->marker == FIRST_1 && c == FIRST_2) {
        d->stats.bad_frame += d->open;
        d->open = true;
        d->len = 0;
        d->state = CONSOLE_DATA;
        return true;
    }
    if (d->marker == NEXT_1 && c == NEXT_2) {
        d->state = CONSOLE_DATA;
        if (!d->open) {
            drop(d, &d->stats.bad_frame);
        }
        return true;
    }
    return false;
}

/* Could c be the first byte of a marker where it stands? */
static bool mark_start(struct smp_console_decoder *d, uint8_t c)
{
    if ((c != FIRST_1 && c != NEXT_1) || (d->strict && !d->line_start)) {
        return false;
    }
    if (d->state == CONSOLE_DATA) {
        drop(d, &d->stats.bad_frame);
    }
    d->marker = c;
    d->state = CONSOLE_MARK;
    return true;
}

/* Takes a byte that is no text; true when it completes a message. */
static bool frame_byte(struct smp_console_decoder *d, uint8_t c,
        struct smp_bytes *msg)
{
    if (c == '\n') {
        const bool data = d->state == CONSOLE_DATA;

        d->state = CONSOLE_TEXT;
        return data && frame_end(d, msg);
    }
    if (!mark_start(d, c) && d->state == CONSOLE_DATA && c != '\r') {
        data_char(d, c);
    }
    return false;
}

int smp_console_feed(struct smp_console_decoder *d, const uint8_t *buf,
        size_t len, size_t *used, struct smp_bytes *msg)
{
    size_t text = 0; /* where text that has not been offered starts */
    bool whole = false;
    size_t i;

    for (i = 0; i < len && !whole; i++) {
        const uint8_t c = buf[i];

        if (d->state == CONSOLE_MARK) {
            if (mark_end(d, c)) {
                continue;
            }
            /* It was text, and this byte is looked at as what follows it. */
            d->state = CONSOLE_TEXT;
            offer_text(d, &d->marker, 1);
            text = i;
        }
        if (d->state != CONSOLE_TEXT) {
            whole = frame_byte(d, c, msg);
            text = i + 1;
        } else if (mark_start(d, c)) {
            offer_text(d, buf + text, i - text);
        }
        d->line_start = c == '\n';
    }
    if (d->state == CONSOLE_TEXT) {
        offer_text(d, buf + text, i - text);
    }
    *used = i;
    return whole ? 1 : 0;
}
