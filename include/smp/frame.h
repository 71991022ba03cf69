// SPDX-License-Identifier: Apache-2.0
/*
 * Framings: how SMP messages travel over a byte stream. Codecs: feed and
 * take bytes, no time (a silence is told by the caller).
 *
 * Console (UART, USB CDC ACM, shell, MCUboot recovery):
 *   first line   06 09 base64 0A    later lines   04 14 base64 0A
 *   decoded: length:16 (message + 2) message crc:16, both big-endian
 * Raw (UART, BLE notifications): bare messages, delimited by header length.
 */
#ifndef SMP_FRAME_H
#define SMP_FRAME_H

#include <stdbool.h>

#include "smp/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Longest line with markers and newline. */
#define SMP_CONSOLE_LINE_MAX 127u

/** CRC-16/XMODEM (0x1021, start 0) over bytes. "123456789" gives 0x31c3. */
uint16_t smp_crc16(uint16_t crc, const uint8_t *buf, size_t len);

/** Bytes on the wire for a message of len bytes, every line included. */
size_t smp_console_encoded_size(size_t len);

/** Cuts one message into lines, as Zephyr does: 93, then 90 raw bytes. */
struct smp_console_encoder {
    const uint8_t *msg;
    size_t len;
    size_t off; /**< raw bytes (length, message, crc) already encoded */
    uint16_t crc;
    bool first;
};

/**
 * Start on a message, borrowed until the last line.
 *
 * @return 0, or SMP_E_RANGE: len is not 1..65533
 */
int smp_console_encode_start(struct smp_console_encoder *e, const uint8_t *msg,
        size_t len);

/**
 * Write the next line.
 *
 * @param[out] line  SMP_CONSOLE_LINE_MAX bytes
 *
 * @return bytes of the line, 0 when the message is done
 */
size_t smp_console_encode_line(struct smp_console_encoder *e,
        uint8_t line[SMP_CONSOLE_LINE_MAX]);

/** What a console decoder met; counters only grow. */
struct smp_frame_stats {
    uint32_t messages;
    uint32_t text_bytes; /**< console text between frames */
    uint32_t bad_crc;
    uint32_t bad_frame; /**< base64, length, order; a packet left unfinished */
    uint32_t too_long;  /**< messages that do not fit the buffer */
    uint32_t discarded; /**< raw: bytes dropped */
};

/**
 * Finds frames in a stream, markers anywhere in a line (a client must; real
 * servers print prompts before them). Text that is not a frame is offered to
 * the text op, line by line or piece by piece, and counted.
 */
struct smp_console_decoder {
    uint8_t *buf;
    size_t cap;    /**< largest message + 4 */
    size_t len;    /**< decoded bytes of the open packet */
    uint32_t bits; /**< base64 group being collected */
    uint8_t bit_chars;
    uint8_t pads;
    uint8_t state;  /**< see the table in src/smp/frame_console.c */
    uint8_t marker; /**< first marker byte seen */
    bool open;      /**< a start frame was seen */
    bool strict;    /**< marker only at line start (as Zephyr's server) */
    bool line_start;
    struct smp_frame_stats stats;
    void (*text)(void *ctx, const uint8_t *buf, size_t len);
    void *text_ctx;
};

/**
 * Make a decoder.
 *
 * Set `text` and `text_ctx` afterwards to be offered the text; it may not call
 * the decoder. The last byte of a marker that turns out to be text is offered
 * on its own.
 *
 * @param[out] d       the decoder
 * @param      buf     caller's, as long as the decoder is used
 * @param      cap     bytes in buf: largest message + 4
 * @param      strict  take a marker at the start of a line only, as Zephyr's
 *                     server does
 */
void smp_console_decoder_init(struct smp_console_decoder *d, uint8_t *buf,
        size_t cap, bool strict);

/**
 * Feed bytes; stops after a complete message.
 *
 * @param[out] used  bytes consumed of buf: call again with the rest
 * @param[out] msg   the message when 1 is returned, valid until the next feed
 * @return 1 message, 0 more bytes are needed (errors are counted, not
 *         returned: a damaged frame is lost like a damaged datagram)
 */
int smp_console_feed(struct smp_console_decoder *d, const uint8_t *buf,
        size_t len, size_t *used, struct smp_bytes *msg);

/** Reassembles messages by header length: raw UART, BLE. */
struct smp_stream_decoder {
    uint8_t *buf;
    size_t cap;
    size_t len;
    bool skipping; /**< an impossible length: drop until smp_stream_silence() */
    struct smp_frame_stats stats;
};

/**
 * Make a decoder.
 *
 * @param[out] d    the decoder
 * @param      buf  caller's, as long as the decoder is used
 * @param      cap  bytes in buf: largest message, at least SMP_HEADER_SIZE
 */
void smp_stream_decoder_init(struct smp_stream_decoder *d, uint8_t *buf,
        size_t cap);

/** As smp_console_feed(); a length above cap drops all until silence. */
int smp_stream_feed(struct smp_stream_decoder *d, const uint8_t *buf,
        size_t len, size_t *used, struct smp_bytes *msg);

/** The line was silent (3 s, or the link is new): drop a partial message. */
void smp_stream_silence(struct smp_stream_decoder *d);

#ifdef __cplusplus
}
#endif

#endif
