// SPDX-License-Identifier: Apache-2.0
/*
 * The contract between procedures (upload, update, …) and whoever pumps
 * them: requests out, answers in, never bytes.
 */
#ifndef SMP_PROCEDURE_H
#define SMP_PROCEDURE_H

#include "smp/response.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One request of a procedure; body and raw are borrowed until it is sent. */
struct smp_request {
    uint8_t op; /**< SMP_OP_READ or SMP_OP_WRITE */
    uint8_t id;
    uint16_t group;
    const struct smp_map *map; /**< NULL: raw, or an empty map */
    const void *body;          /**< struct of map */
    struct smp_bytes raw; /**< one CBOR map when map is NULL; may be empty */
    uint32_t timeout_ms;  /**< per try; 0 = learned from the link */
    uint8_t tries;        /**< 0 = the client's default */
    uint32_t tag;         /**< returned in the answer, free for the owner */
};

/** What became of a request. */
struct smp_answer {
    uint32_t tag;
    int result;                 /**< 0, SMP_E_REMOTE, SMP_E_TIMEOUT, SMP_E_LINK,
                     SMP_E_CANCELLED, or a decoding error of the answer */
    struct smp_header header;   /**< of the response; zero without one */
    struct smp_bytes body;      /**< payload, borrowed for the call */
    struct smp_refusal refusal; /**< with SMP_E_REMOTE */
    uint32_t rtt_ms;            /**< from last send to answer */
    uint8_t sends;              /**< how often the request was sent */
};

/** How messages travel; decides how large one may be. */
enum smp_link_kind {
    SMP_LINK_DATAGRAM, /**< UDP: at most one datagram */
    SMP_LINK_CONSOLE,  /**< console frames: length and CRC share the buffer */
    SMP_LINK_RAW,      /**< stream delimited by header length */
    SMP_LINK_BLE,      /**< stream; reassembles or takes one write only */
};

/** The state of the link as the procedure may know it. */
struct smp_link {
    bool up;
    uint8_t kind;       /**< enum smp_link_kind */
    uint8_t window_max; /**< most requests in flight, 0 = no limit of its own */
    uint32_t epoch;     /**< new number at every connect */
    size_t max_message; /**< largest SMP message that always passes */
    size_t max_reassembled; /**< largest when the device told its buffer size:
                                 it reassembles, or the path takes such
                                 datagrams; 0 = max_message */
};

/**
 * Largest SMP message for a device that told its buffer size.
 *
 * @param link      borrowed
 * @param buf_size  from MCUmgr parameters, 0 = not told
 *
 * Source: decisions in docs/design/transports.md (console: buf_size - 4,
 *         raw: buf_size, UDP: never above a datagram).
 */
size_t smp_link_message_size(const struct smp_link *link, uint32_t buf_size);

/** The doors of a procedure, for whoever pumps it. */
struct smp_procedure {
    /** 1 = *req filled, send it; 0 = nothing to send now. */
    int (*next)(void *self, uint32_t now_ms, struct smp_request *req);
    /** What became of a request of next; once each, unless it was dropped. */
    void (*answer)(void *self, uint32_t now_ms,
            const struct smp_answer *answer);
    /**
     * The link went up (with a new epoch) or down, or is up at the start;
     * borrowed. Answers of an older epoch do not come any more.
     */
    void (*link)(void *self, uint32_t now_ms, const struct smp_link *link);
    /** 0 = call next now, UINT32_MAX = nothing armed. */
    uint32_t (*wait_ms)(const void *self, uint32_t now_ms);
    /** true once it will never send again. */
    bool (*done)(const void *self);
};

#ifdef __cplusplus
}
#endif

#endif
