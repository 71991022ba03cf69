// SPDX-License-Identifier: Apache-2.0
/*
 * The link model: a BLE connection in virtual time.
 *
 * Connection events come every interval. Per event and direction at most
 * per_interval ATT PDUs of mtu - 3 bytes pass. What is queued before an event
 * goes out in it; an answer goes out at the earliest in the next event; a
 * request queued while an event's answers are delivered still goes out in
 * that event. So window 1 means one message per interval.
 *
 * Bound: min(window, per_interval / PDUs per message) x chunk / interval.
 */
#ifndef VDEV_LINK_H
#define VDEV_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A link; interval_us 0 = no link model: everything passes at once. */
struct vdev_link_spec {
    uint32_t interval_us;
    uint32_t mtu;          /**< ATT MTU: a PDU carries mtu - 3 bytes */
    uint32_t per_interval; /**< PDUs per event and direction */
    double loss;           /**< probability that a PDU must be repeated */
};

/**
 * Read "interval=40ms,mtu=252,per_interval=6,loss=0". Keys may be left out
 * and keep what spec says; times take us, ms, s.
 *
 * @return 0, or -1: unknown key or value out of range, spec unchanged
 */
int vdev_link_parse(struct vdev_link_spec *spec, const char *text);

/** PDUs of a message of len bytes. */
uint32_t vdev_link_pdus(const struct vdev_link_spec *spec, size_t len);

/**
 * The bound of the model in bytes per second.
 *
 * @param window   messages in flight
 * @param message  bytes of one request
 * @param chunk    payload bytes in it
 */
double vdev_link_bound(const struct vdev_link_spec *spec, uint32_t window,
        size_t message, size_t chunk);

/** Directions, seen from the client. */
enum vdev_link_dir {
    VDEV_LINK_UP,
    VDEV_LINK_DOWN
};

#define VDEV_LINK_QUEUE 256

/** One PDU on its way: a piece of a message owned by the device. */
struct vdev_link_pdu {
    uint32_t message; /**< caller's number of the message */
    uint64_t queued_us;
    uint32_t off; /**< bytes of the message before this PDU */
    uint32_t len;
    bool last;
};

/** One direction. */
struct vdev_link_queue {
    struct vdev_link_pdu pdu[VDEV_LINK_QUEUE];
    size_t head;
    size_t count;
    uint32_t budget; /**< PDUs that may still pass in the open event */
};

/** A link; members are private. */
struct vdev_link {
    struct vdev_link_spec spec;
    struct vdev_link_queue dir[2];
    uint64_t origin_us; /**< the first event */
    uint64_t event_us;  /**< the last event that was opened */
    bool started;       /**< an event has been opened since reset */
    uint64_t late_us;   /**< requests queued up to here still belong to it */
    bool late;          /**< the event has delivered answers */
    bool seen;          /**< and the client has been given them */
    uint64_t rng;
};

/** Make a link whose events lie at origin_us + n x interval. */
void vdev_link_init(struct vdev_link *link, const struct vdev_link_spec *spec,
        uint64_t seed, uint64_t origin_us);

/** Forget everything on its way. */
void vdev_link_reset(struct vdev_link *link);

/**
 * Queue a message of len bytes as PDUs.
 *
 * @return 0, or -1: the queue is full, nothing was queued
 */
int vdev_link_queue(struct vdev_link *link, enum vdev_link_dir dir,
        uint32_t message, size_t len, uint64_t now_us);

/**
 * Next PDU that has passed by now; downward ones of an event first.
 *
 * @param[out] at_us  when it passed
 * @return 1 and *dir, *pdu; 0 = none
 */
int vdev_link_next(struct vdev_link *link, uint64_t now_us,
        enum vdev_link_dir *dir, struct vdev_link_pdu *pdu, uint64_t *at_us);

/**
 * Tell that answers of the last event have reached the client only now.
 *
 * In real time a busy machine may see an event late; requests that these
 * answers cause still belong to it.
 */
void vdev_link_seen(struct vdev_link *link, uint64_t now_us);

/** Microseconds until vdev_link_next() may have one; UINT64_MAX = never. */
uint64_t vdev_link_wait_us(const struct vdev_link *link, uint64_t now_us);

#endif
