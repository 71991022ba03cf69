// SPDX-License-Identifier: Apache-2.0
/*
 * Console framing. The first byte says how: bit 0 strict, bits 1..7 the size of
 * the pieces. Pieces must not matter, and what comes out goes in again.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "smp/frame.h"

#define CAP 256u

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What a decoder gave: messages are counted, measured and summed. */
struct outcome {
    struct smp_frame_stats stats;
    size_t bytes;
    size_t text;
    uint16_t crc;
};

static void take_text(void *ctx, const uint8_t *buf, size_t len)
{
    struct outcome *o = ctx;

    require(len > 0);
    o->text += len;
    o->crc = smp_crc16(o->crc, buf, len);
}

static void encode_again(struct smp_bytes msg)
{
    struct smp_console_encoder e;
    struct smp_console_decoder d;
    uint8_t line[SMP_CONSOLE_LINE_MAX];
    uint8_t buf[CAP];
    size_t total = 0;
    size_t len;
    size_t used;
    struct smp_bytes got = { NULL, 0 };

    smp_console_decoder_init(&d, buf, sizeof(buf), true);
    require(smp_console_encode_start(&e, msg.ptr, msg.len) == 0);
    while ((len = smp_console_encode_line(&e, line)) > 0) {
        total += len;
        (void)smp_console_feed(&d, line, len, &used, &got);
        require(used == len);
    }
    require(total == smp_console_encoded_size(msg.len));
    require(got.len == msg.len && memcmp(got.ptr, msg.ptr, msg.len) == 0);
}

static void run(const uint8_t *data, size_t size, bool strict, size_t piece,
        struct outcome *o)
{
    struct smp_console_decoder d;
    uint8_t *buf = malloc(CAP);
    size_t at = 0;

    require(buf != NULL);
    memset(o, 0, sizeof(*o));
    smp_console_decoder_init(&d, buf, CAP, strict);
    d.text = take_text;
    d.text_ctx = o;
    while (at < size) {
        const size_t n = piece < size - at ? piece : size - at;
        struct smp_bytes msg;
        size_t used = 0;
        const int result = smp_console_feed(&d, data + at, n, &used, &msg);

        require(used > 0 && used <= n);
        if (result == 1) {
            require(msg.len > 0 && msg.len <= CAP - 4);
            o->bytes += msg.len;
            encode_again(msg);
        } else {
            require(result == 0 && used == n);
        }
        at += used;
    }
    o->stats = d.stats;
    require(o->text == o->stats.text_bytes && o->text <= size);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole;
    struct outcome pieces;

    if (size == 0) {
        return 0;
    }
    run(data + 1, size - 1, data[0] & 1, size, &whole);
    run(data + 1, size - 1, data[0] & 1, 1u + (data[0] >> 1), &pieces);
    require(memcmp(&whole.stats, &pieces.stats, sizeof(whole.stats)) == 0);
    require(whole.bytes == pieces.bytes && whole.crc == pieces.crc);
    return 0;
}
