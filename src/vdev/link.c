// SPDX-License-Identifier: Apache-2.0
/*
 * The link model: two queues of PDUs and a grid of connection events.
 *
 * event at time t, per direction a budget of per_interval PDUs
 *   down: what was queued before t
 *   up:   what was queued up to t, and, when answers went down in it, what
 *         is queued until late_us (half an interval)
 */
#include "vdev/link.h"

#include <stdlib.h>
#include <string.h>

#include "vdev/rng.h"

/* L2CAP and ATT take three bytes of every PDU (opcode, handle). */
#define ATT_OVERHEAD 3u

static bool parse_time(const char *text, uint32_t *us)
{
    char *end;
    double v = strtod(text, &end);
    double unit = 1e3;
    if (end == text || v < 0) {
        return false;
    }
    if (strcmp(end, "us") == 0) {
        unit = 1;
    } else if (strcmp(end, "s") == 0) {
        unit = 1e6;
    } else if (strcmp(end, "ms") != 0 && *end != 0) {
        return false;
    }
    v *= unit;
    if (v > 4e9) {
        return false;
    }
    *us = (uint32_t)(v + 0.5);
    return true;
}

static bool parse_number(const char *text, uint32_t low, uint32_t high,
        uint32_t *value)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end != 0 || v < low || v > high) {
        return false;
    }
    *value = (uint32_t)v;
    return true;
}

static bool parse_pair(struct vdev_link_spec *spec, const char *key,
        const char *value)
{
    if (strcmp(key, "interval") == 0) {
        return parse_time(value, &spec->interval_us);
    }
    if (strcmp(key, "mtu") == 0) {
        return parse_number(value, 23, 517, &spec->mtu);
    }
    if (strcmp(key, "per_interval") == 0) {
        return parse_number(value, 1, 64, &spec->per_interval);
    }
    if (strcmp(key, "loss") == 0) {
        char *end;
        double v = strtod(value, &end);
        if (end == value || *end != 0 || v < 0 || v > 0.9) {
            return false;
        }
        spec->loss = v;
        return true;
    }
    return false;
}

int vdev_link_parse(struct vdev_link_spec *spec, const char *text)
{
    struct vdev_link_spec result = *spec;
    char copy[160];
    size_t len = strlen(text);
    if (len == 0 || len >= sizeof(copy)) {
        return -1;
    }
    memcpy(copy, text, len + 1);
    char *save = NULL;
    for (char *pair = strtok_r(copy, ",", &save); pair != NULL;
            pair = strtok_r(NULL, ",", &save)) {
        char *value = strchr(pair, '=');
        if (value == NULL) {
            return -1;
        }
        *value++ = 0;
        if (!parse_pair(&result, pair, value)) {
            return -1;
        }
    }
    *spec = result;
    return 0;
}

uint32_t vdev_link_pdus(const struct vdev_link_spec *spec, size_t len)
{
    uint32_t room = spec->mtu - ATT_OVERHEAD;
    return len == 0 ? 1 : (uint32_t)((len + room - 1) / room);
}

double vdev_link_bound(const struct vdev_link_spec *spec, uint32_t window,
        size_t message, size_t chunk)
{
    double per_event =
            (double)spec->per_interval / vdev_link_pdus(spec, message);
    if (per_event > window) {
        per_event = window;
    }
    return per_event * (double)chunk * 1e6 / spec->interval_us;
}

void vdev_link_init(struct vdev_link *link, const struct vdev_link_spec *spec,
        uint64_t seed, uint64_t origin_us)
{
    memset(link, 0, sizeof(*link));
    link->spec = *spec;
    link->rng = seed;
    link->origin_us = origin_us;
}

void vdev_link_reset(struct vdev_link *link)
{
    for (int i = 0; i < 2; i++) {
        link->dir[i].head = 0;
        link->dir[i].count = 0;
        link->dir[i].budget = 0;
    }
    link->late = false;
}

int vdev_link_queue(struct vdev_link *link, enum vdev_link_dir dir,
        uint32_t message, size_t len, uint64_t now_us)
{
    struct vdev_link_queue *q = &link->dir[dir];
    uint32_t pdus = vdev_link_pdus(&link->spec, len);
    if (pdus > VDEV_LINK_QUEUE - q->count) {
        return -1;
    }
    uint32_t room = link->spec.mtu - ATT_OVERHEAD;
    for (uint32_t i = 0; i < pdus; i++) {
        struct vdev_link_pdu *pdu =
                &q->pdu[(q->head + q->count) % VDEV_LINK_QUEUE];
        uint32_t off = i * room;
        uint32_t rest = (uint32_t)len - off;
        *pdu = (struct vdev_link_pdu){
            .message = message,
            .queued_us = now_us,
            .off = off,
            .len = rest < room ? rest : room,
            .last = i + 1 == pdus,
        };
        q->count++;
    }
    return 0;
}

/* The first event at or behind a time. */
static uint64_t grid_at(const struct vdev_link *link, uint64_t us)
{
    if (us <= link->origin_us) {
        return link->origin_us;
    }
    uint64_t interval = link->spec.interval_us;
    uint64_t n = (us - link->origin_us + interval - 1) / interval;
    return link->origin_us + n * interval;
}

static const struct vdev_link_pdu *front(const struct vdev_link *link,
        enum vdev_link_dir dir)
{
    const struct vdev_link_queue *q = &link->dir[dir];
    return q->count != 0 ? &q->pdu[q->head] : NULL;
}

/* Does the first PDU of a direction belong to the event that was opened? */
static bool belongs(const struct vdev_link *link, enum vdev_link_dir dir)
{
    const struct vdev_link_pdu *pdu = front(link, dir);
    if (!link->started || pdu == NULL || link->dir[dir].budget == 0) {
        return false;
    }
    if (dir == VDEV_LINK_DOWN) {
        return pdu->queued_us < link->event_us;
    }
    return pdu->queued_us <= link->event_us ||
            (link->late && pdu->queued_us <= link->late_us);
}

/* Time of the next event that has something to carry. */
static uint64_t next_event(const struct vdev_link *link)
{
    const struct vdev_link_pdu *up = front(link, VDEV_LINK_UP);
    const struct vdev_link_pdu *down = front(link, VDEV_LINK_DOWN);
    uint64_t first = UINT64_MAX;
    if (up != NULL) {
        first = up->queued_us;
    }
    if (down != NULL && down->queued_us + 1 < first) {
        first = down->queued_us + 1;
    }
    if (first == UINT64_MAX) {
        return first;
    }
    if (link->started && first <= link->event_us) {
        first = link->event_us + 1;
    }
    return grid_at(link, first);
}

static void open_event(struct vdev_link *link, uint64_t event_us)
{
    link->event_us = event_us;
    link->started = true;
    link->late = false;
    link->seen = false;
    link->late_us = event_us + link->spec.interval_us / 2;
    link->dir[0].budget = link->spec.per_interval;
    link->dir[1].budget = link->spec.per_interval;
}

static bool pass(struct vdev_link *link, enum vdev_link_dir dir,
        struct vdev_link_pdu *pdu)
{
    struct vdev_link_queue *q = &link->dir[dir];
    q->budget--;
    if (link->spec.loss > 0 && vdev_rng_unit(&link->rng) < link->spec.loss) {
        return false;
    }
    *pdu = q->pdu[q->head];
    q->head = (q->head + 1) % VDEV_LINK_QUEUE;
    q->count--;
    return true;
}

int vdev_link_next(struct vdev_link *link, uint64_t now_us,
        enum vdev_link_dir *dir, struct vdev_link_pdu *pdu, uint64_t *at_us)
{
    for (;;) {
        while (belongs(link, VDEV_LINK_DOWN)) {
            if (pass(link, VDEV_LINK_DOWN, pdu)) {
                link->late = true;
                *dir = VDEV_LINK_DOWN;
                *at_us = link->event_us;
                return 1;
            }
        }
        while (belongs(link, VDEV_LINK_UP)) {
            if (pass(link, VDEV_LINK_UP, pdu)) {
                *dir = VDEV_LINK_UP;
                *at_us = pdu->queued_us > link->event_us ? pdu->queued_us
                                                         : link->event_us;
                return 1;
            }
        }
        uint64_t event_us = next_event(link);
        if (event_us > now_us) {
            return 0;
        }
        open_event(link, event_us);
    }
}

void vdev_link_seen(struct vdev_link *link, uint64_t now_us)
{
    if (!link->started || !link->late || link->seen) {
        return;
    }
    link->seen = true;
    uint64_t end = link->event_us + link->spec.interval_us;
    uint64_t late = now_us + link->spec.interval_us / 2;
    if (late >= end) {
        late = end - 1;
    }
    if (now_us < end && late > link->late_us) {
        link->late_us = late;
    }
}

uint64_t vdev_link_wait_us(const struct vdev_link *link, uint64_t now_us)
{
    if (belongs(link, VDEV_LINK_DOWN) || belongs(link, VDEV_LINK_UP)) {
        return 0;
    }
    uint64_t event_us = next_event(link);
    if (event_us == UINT64_MAX) {
        return UINT64_MAX;
    }
    return event_us > now_us ? event_us - now_us : 0;
}
