// SPDX-License-Identifier: Apache-2.0
/*
 * Bare messages on a stream, delimited by the length in their header: raw
 * UART, MCUboot raw, BLE notifications of any size.
 *
 * There is nothing to find the next message by: after an impossible length
 * all bytes are dropped until the line was silent.
 */
#include "smp/frame.h"

#include <string.h>

#include "internal.h"
#include "smp/header.h"

void smp_stream_decoder_init(struct smp_stream_decoder *d, uint8_t *buf,
        size_t cap)
{
    SMP_ASSERT(cap >= SMP_HEADER_SIZE);
    memset(d, 0, sizeof(*d));
    d->buf = buf;
    d->cap = cap;
}

/* Bytes that d->len must reach before there is something to decide. */
static size_t goal(const struct smp_stream_decoder *d)
{
    if (d->len < SMP_HEADER_SIZE) {
        return SMP_HEADER_SIZE;
    }
    return SMP_HEADER_SIZE + (size_t)smp_load_be16(d->buf + 2);
}

int smp_stream_feed(struct smp_stream_decoder *d, const uint8_t *buf,
        size_t len, size_t *used, struct smp_bytes *msg)
{
    size_t at = 0;

    while (at < len && !d->skipping) {
        size_t take = goal(d) - d->len;

        if (take > len - at) {
            take = len - at;
        }
        memcpy(d->buf + d->len, buf + at, take);
        d->len += take;
        at += take;
        if (d->len < SMP_HEADER_SIZE) {
            break;
        }
        if (goal(d) > d->cap) {
            d->stats.too_long++;
            d->stats.discarded += (uint32_t)d->len;
            d->len = 0;
            d->skipping = true;
        } else if (d->len == goal(d)) {
            d->stats.messages++;
            msg->ptr = d->buf;
            msg->len = d->len;
            d->len = 0;
            *used = at;
            return 1;
        }
    }
    if (d->skipping) {
        d->stats.discarded += (uint32_t)(len - at);
    }
    *used = len;
    return 0;
}

void smp_stream_silence(struct smp_stream_decoder *d)
{
    d->stats.discarded += (uint32_t)d->len;
    d->len = 0;
    d->skipping = false;
}
