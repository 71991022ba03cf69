// SPDX-License-Identifier: Apache-2.0
/* The connection interval, guessed from when answers arrive. */
#include <stdlib.h>
#include <string.h>

#include "host/link_ble_private.h"

/* Arrivals closer than this came in one connection event; 7.5 ms is the
 * shortest interval there is. */
#define EVENT_US    5000
#define INTERVAL_US 7500u
#define LONGEST_US  4000000
#define GAPS_MIN    12u
/* Gaps of real links stray by about a millisecond. */
#define STRAY_US 2000u

void host_ble_rate_note(struct ble_rate *rate, int64_t now_us)
{
    int64_t gap = now_us - rate->event_us;
    size_t places = G_N_ELEMENTS(rate->gap_us);
    bool same = rate->last_us != 0 && now_us - rate->last_us < EVENT_US;

    rate->last_us = now_us;
    if (same) {
        return;
    }
    if (rate->event_us != 0 && gap <= LONGEST_US) {
        rate->gap_us[rate->count++ % places] = (uint32_t)gap;
    }
    rate->event_us = now_us;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

uint32_t host_ble_rate_interval_us(const struct ble_rate *rate)
{
    uint32_t gaps[G_N_ELEMENTS(rate->gap_us)];
    size_t count = MIN(rate->count, G_N_ELEMENTS(gaps));
    size_t low;
    size_t near = 0;

    if (count < GAPS_MIN) {
        return 0;
    }
    memcpy(gaps, rate->gap_us, count * sizeof(gaps[0]));
    qsort(gaps, count, sizeof(gaps[0]), by_size);
    /* The shortest gaps are one interval; the median of the lower half does
     * not mind a single early one. */
    low = gaps[count / 4];
    for (size_t i = 0; i < count; i++) {
        uint32_t times = (uint32_t)((gaps[i] + low / 2) / low);
        uint32_t off = gaps[i] > times * low
                ? gaps[i] - (uint32_t)(times * low)
                : (uint32_t)(times * low) - gaps[i];

        near += times > 0 && off <= STRAY_US * MAX(times, 1u);
    }
    /* Without the grid of a radio the gaps are anything. */
    if (low < INTERVAL_US - STRAY_US || near * 4 < count * 3) {
        return 0;
    }
    return (uint32_t)low;
}
