// SPDX-License-Identifier: Apache-2.0
/*
 * Stream reassembly. The first byte is the size of the pieces, which must not
 * matter; every byte is delivered, discarded or waiting.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "smp/frame.h"
#include "smp/header.h"

#define CAP 128u

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static size_t run(const uint8_t *data, size_t size, size_t piece,
        struct smp_frame_stats *stats)
{
    struct smp_stream_decoder d;
    uint8_t *buf = malloc(CAP);
    size_t at = 0;
    size_t delivered = 0;

    require(buf != NULL);
    smp_stream_decoder_init(&d, buf, CAP);
    while (at < size) {
        const size_t n = piece < size - at ? piece : size - at;
        struct smp_bytes msg;
        size_t used = 0;
        const int result = smp_stream_feed(&d, data + at, n, &used, &msg);

        require(used > 0 && used <= n);
        if (result == 1) {
            require(msg.len >= SMP_HEADER_SIZE && msg.len <= CAP);
            require(memcmp(msg.ptr, data + delivered, msg.len) == 0);
            delivered += msg.len;
        } else {
            require(result == 0 && used == n);
        }
        at += used;
    }
    require(delivered + d.stats.discarded + d.len == size);
    smp_stream_silence(&d);
    require(d.len == 0 && delivered + d.stats.discarded == size);
    *stats = d.stats;
    free(buf);
    return delivered;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smp_frame_stats whole;
    struct smp_frame_stats pieces;

    if (size == 0) {
        return 0;
    }
    require(run(data + 1, size - 1, size, &whole) ==
            run(data + 1, size - 1, 1u + data[0] % 32, &pieces));
    require(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    return 0;
}
