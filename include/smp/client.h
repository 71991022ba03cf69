// SPDX-License-Identifier: Apache-2.0
/*
 * The client peer: requests in, whole SMP messages out, answers matched.
 *
 * Several requests may be in flight. A response belongs to a request when
 * group, sequence, command and op + 1 agree and the version is ignored; late
 * and duplicate answers are dropped and counted. Every message stays encoded
 * in its place until answered, so a retry sends the same bytes. Every request
 * that was taken ends in exactly one event, unless it is cancelled.
 *
 * Pump order: drain output, take events, feed input, tick.
 */
#ifndef SMP_CLIENT_H
#define SMP_CLIENT_H

#include "smp/procedure.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most requests in flight of one client. */
#define SMP_CLIENT_PLACES_MAX 32u

/**
 * Shortest time-out that is learned: a BLE link with long connection
 * intervals and a busy flash must not see resends of what is on its way.
 */
#define SMP_CLIENT_TIMEOUT_MIN_MS 500u

/** Longest time-out that is learned or backed off to. Source: RFC 6298, 2.5. */
#define SMP_CLIENT_TIMEOUT_MAX_MS 60000u

/** What crosses a door, for traces. */
enum smp_trace_kind {
    SMP_TRACE_TX,      /**< a message handed to the link (each try) */
    SMP_TRACE_RX,      /**< a message from the link */
    SMP_TRACE_DROPPED, /**< a message that matched no open request */
    SMP_TRACE_TIMEOUT, /**< a try without answer; message = the request */
};

/** Trace hook: synchronous, must not call the traced object. */
struct smp_trace_ops {
    void (*message)(void *ctx, uint32_t now_ms, enum smp_trace_kind kind,
            struct smp_bytes message);
};

enum smp_version_mode {
    SMP_VERSION_AUTO, /**< start with v2, follow the device */
    SMP_VERSION_1,
    SMP_VERSION_2,
};

/** One request in flight; a place of the client, caller's memory. */
struct smp_client_place {
    uint8_t *buf; /**< message, encoded */
    size_t len;
    uint32_t tag;
    uint32_t sent_ms;
    uint32_t due_ms;
    uint32_t timeout_ms; /**< of the last send; the owner's when fixed */
    uint16_t ticket;     /**< the lowest one is sent first */
    int16_t result;      /**< of a request that ended without answer */
    uint8_t state;
    uint8_t tries_left;
    uint8_t sends;      /**< so far, sticks at 255 */
    bool fixed_timeout; /**< the owner's, not learned */
    bool switched;      /**< sent again in the other version */
};

struct smp_client_config {
    struct smp_client_place
            *places;     /**< caller's, live as long as the client */
    uint8_t place_count; /**< 1..SMP_CLIENT_PLACES_MAX */
    uint8_t *buf;        /**< place_count * buf_size bytes */
    size_t buf_size;     /**< largest message */
    uint8_t version;     /**< enum smp_version_mode */
    uint8_t first_seq;   /**< random start of the sequence */
    uint8_t tries;       /**< default tries per request, >= 1 */
    uint32_t timeout_ms; /**< per try until a round trip is known */
    const struct smp_trace_ops *trace; /**< NULL = none */
    void *trace_ctx;
};

/** A client; the members are its own. */
struct smp_client {
    struct smp_client_config cfg;
    uint8_t next_seq;
    uint8_t version; /**< wire bits in use */
    bool version_known;
    uint16_t next_ticket;
    struct smp_client_place *sending; /**< handed out by output, or NULL */
    bool event_ready;                 /**< answer holds an event */
    uint8_t backoff;                  /**< doublings of the learned time-out */
    uint32_t srtt_ms;                 /**< smoothed round trip, 0 = unknown */
    uint32_t rttvar_ms;
    uint32_t dropped;  /**< late, duplicate, foreign or broken messages */
    uint32_t timeouts; /**< tries without answer */
    struct smp_answer answer;
};

/**
 * Make a client.
 *
 * @param[out] c    the client
 * @param      cfg  copied; the memory it points to stays the caller's
 */
void smp_client_init(struct smp_client *c, const struct smp_client_config *cfg);

/**
 * Take a request: encode it into a free place.
 *
 * Nothing of *req is used after the call. A time-out of 0 is learned from
 * earlier answers (RFC 6298) and doubles with every try; a given one is used
 * for every try as it is.
 *
 * @param req  borrowed for this call
 *
 * @return 0, or
 *         SMP_E_BUSY   every place is in flight: take events, retry later
 *         SMP_E_SPACE  the message is larger than buf_size
 *         SMP_E_RANGE  a row of the body is above its bound
 */
int smp_client_request(struct smp_client *c, const struct smp_request *req,
        uint32_t now_ms);

/** Places that are free now. */
uint8_t smp_client_free(const struct smp_client *c);

/**
 * Next message to hand to the link, NULL when there is none.
 *
 * The bytes stay valid until smp_client_sent(). Calling again without
 * smp_client_sent() returns the same message.
 */
const uint8_t *smp_client_output(struct smp_client *c, size_t *len);

/** The message of the last output is on its way: its timer starts. */
void smp_client_sent(struct smp_client *c, uint32_t now_ms);

/**
 * Feed one whole SMP message from the link.
 *
 * With SMP_VERSION_AUTO an answer whose version bits are 0 turns the client
 * to v1, and `rc` 12 or 13 sends that request once more in the other version
 * instead of ending it.
 *
 * @param buf  borrowed until the next call of input, tick or reset: the
 *             event's body points into it
 * @return 0 (matched, or an answer nobody waits for: dropped and counted),
 *         SMP_E_BUSY   take the event first; nothing was done
 *         SMP_E_SHORT  not a whole message: dropped and counted
 *         SMP_E_PROTO  a request, or no SMP at all: dropped and counted
 *
 * Source: zephyr doc/services/device_mgmt/smp_protocol.rst.
 */
int smp_client_input(struct smp_client *c, const uint8_t *buf, size_t len,
        uint32_t now_ms);

/**
 * Time until the client wants its doors called.
 *
 * @return 0 = now (a timer fired, an event or a message is there to take),
 *         UINT32_MAX = nothing armed; else milliseconds
 */
uint32_t smp_client_wait_ms(const struct smp_client *c, uint32_t now_ms);

/** Let timers fire: resend, or finish a request with SMP_E_TIMEOUT. */
void smp_client_tick(struct smp_client *c, uint32_t now_ms);

/**
 * Take the next answer.
 *
 * @return true with *answer written; its views live until the next input,
 *         tick or reset
 */
bool smp_client_event(struct smp_client *c, struct smp_answer *answer);

/**
 * The link is gone: every request in flight ends with SMP_E_LINK, delivered
 * through smp_client_event(); the round trip time is forgotten, the version is
 * asked anew. An answer that was not taken yet ends the same way, because its
 * bytes are gone.
 */
void smp_client_reset(struct smp_client *c, uint32_t now_ms);

/** Drop every request without an event (the owner lost interest). */
void smp_client_cancel(struct smp_client *c);

#ifdef __cplusplus
}
#endif

#endif
