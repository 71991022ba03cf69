// SPDX-License-Identifier: Apache-2.0
/*
 * Upload of one image: a procedure. It follows the offset the device
 * reports, keeps a window of requests in flight and resumes by sha.
 */
#ifndef DFU_UPLOAD_H
#define DFU_UPLOAD_H

#include "dfu/code.h"
#include "dfu/package.h"
#include "smp/group_image.h"
#include "smp/procedure.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest window. */
#define DFU_WINDOW_MAX 32u

/** What binds the speed, judged from what happened. */
enum dfu_limit {
    DFU_LIMIT_NONE,       /**< too short to tell */
    DFU_LIMIT_WINDOW,     /**< the device's buffers allow no more in flight */
    DFU_LIMIT_CHUNK,      /**< small chunks: MTU or buffer size */
    DFU_LIMIT_ROUND_TRIP, /**< window 1: one chunk per round trip */
    DFU_LIMIT_LINK,       /**< the link itself is full */
    DFU_LIMIT_FLASH,      /**< the device's flash is slower than the link */
};

struct dfu_upload_config {
    const struct dfu_image *image;
    uint8_t target;     /**< value of the `image` key */
    bool send_image;    /**< false: leave the key out (target 0) */
    bool send_sha;      /**< resume and match */
    bool upgrade_only;  /**< `upgrade`: the device refuses older versions */
    uint8_t align;      /**< chunk granularity, a power of two, 0 or 1 = any */
    uint8_t window;     /**< in flight: 1..DFU_WINDOW_MAX; 0 = find it */
    uint16_t buf_count; /**< of the device's parameters, 0 = not told */
    uint32_t buf_size;  /**< of the device's parameters, 0 = not told */
    uint8_t *chunk;     /**< caller's buffer for the bytes of one chunk */
    size_t chunk_size;  /**< its size: an upper bound of the chunk */
    uint8_t tries;      /**< of one chunk; 0 = about half a minute of silence */
    uint32_t timeout_ms; /**< others, 0 = learned by the client */
    uint32_t rtt_ms; /**< round trip of a small request, 0 = unknown; judges */
};

enum dfu_upload_state {
    DFU_UPLOAD_IDLE,   /**< no link yet */
    DFU_UPLOAD_FIRST,  /**< off 0 (or resume) to be sent or in flight */
    DFU_UPLOAD_STREAM, /**< window of chunks */
    DFU_UPLOAD_DRAIN,  /**< gap seen: waiting for what is in flight */
    DFU_UPLOAD_DONE,
    DFU_UPLOAD_FAILED,
};

/** Progress and result, readable at any time. */
struct dfu_upload_status {
    enum dfu_upload_state state;
    enum dfu_code code;         /**< with FAILED */
    int result;                 /**< enum smp_err with FAILED, 0 otherwise */
    struct smp_refusal refusal; /**< with DFU_DEVICE_REFUSED (rsn dropped) */
    uint32_t off;               /**< confirmed by the device */
    uint32_t size;
    uint32_t resumed_at; /**< offset the session began with */
    uint32_t sent_bytes; /**< data bytes sent, repeats included */
    uint32_t chunk;      /**< data bytes of a full chunk */
    uint32_t message;    /**< bytes of a full message */
    uint8_t window;      /**< in use now */
    uint32_t started_ms;
    uint32_t ended_ms;
    uint32_t rtt_ms; /**< typical */
    uint16_t gaps;   /**< offsets that jumped back */
    uint16_t timeouts;
    uint32_t reported_off; /**< last `off` the device told, right or wrong */
    uint16_t cap;          /**< messages were made this small, 0 = were not */
    bool taken_over; /**< with DFU_UPLOAD_NO_PROGRESS: off went back again and
                          again while answers came: another client uploads */
    bool match_told; /**< the device answered `match` */
    bool matched;
    bool maybe_done; /**< last answer lost, device says off 0:
                                     list before trusting or repeating */
    enum dfu_limit limit;
};

/** One chunk in flight; private. */
struct dfu_upload_flight {
    uint32_t off;
    uint32_t len; /**< data bytes */
    uint16_t serial;
    bool used;
    bool stale;     /**< sent before a gap: only frees its place */
    uint8_t window; /**< in use when it was sent */
};

/** The upload; the members are its own. */
struct dfu_upload {
    struct dfu_upload_config cfg;
    struct smp_link link;
    struct dfu_upload_flight flights[DFU_WINDOW_MAX];
    struct smp_image_upload_req req; /**< body of the last request */
    uint8_t state;                   /**< enum dfu_upload_state */
    uint8_t code;                    /**< enum dfu_code */
    uint8_t in_flight;
    uint8_t window;
    uint8_t window_cap; /**< never above: buffers, link, failed value */
    uint8_t align;
    uint8_t clean;    /**< answers without trouble, for growing */
    uint8_t stalls;   /**< answers without progress in a row */
    uint8_t restarts; /**< offsets that went back, or came from nowhere */
    uint8_t silences; /**< time-outs in a row */
    uint8_t busies;   /**< rc 10 in a row */
    uint8_t jumps;    /**< restarts without silence in between */
    uint8_t damaged;  /**< answers that make no sense, in a row */
    bool ask_alive;   /**< next: does it answer anything at all? */
    bool alive;       /**< it does, but not the first chunk */
    uint16_t cap;     /**< largest message, found by trying; 0 = not */
    bool probing;     /**< the device told no buffers */
    bool no_sha;      /**< did not fit */
    bool restart;     /**< after the drain: first chunk again */
    bool tail_sent;   /**< the last chunk was sent since the start */
    bool started;
    bool waiting; /**< next request not before due_ms */
    bool match_told;
    bool matched;
    bool maybe_done;
    uint16_t serial;
    uint16_t gaps;
    uint16_t timeouts;
    int result;
    uint32_t off;      /**< confirmed by the device */
    uint32_t reported; /**< last offset told, right or wrong */
    uint32_t next_off; /**< first byte to send next */
    uint32_t high;     /**< end of what was sent or resumed */
    uint32_t resumed_at;
    uint32_t sent_bytes;
    uint32_t chunk;   /**< data bytes of a full chunk */
    uint32_t message; /**< bytes of a full message */
    uint32_t due_ms;
    uint32_t started_ms;
    uint32_t ended_ms;
    uint32_t answers;
    uint32_t rtt8_ms;    /**< smoothed round trip * 8 */
    uint32_t rtt_min_ms; /**< smallest round trip */
    uint32_t rtt_sum_ms;
    uint32_t rtt_slow_ms; /**< share of the sum above twice the usual */
    struct smp_refusal refusal;
};

/**
 * Make an upload; it starts with the first link(up).
 *
 * @param cfg  copied; image and chunk stay the caller's until it is done
 */
void dfu_upload_init(struct dfu_upload *u, const struct dfu_upload_config *cfg);
/**
 * As smp_procedure.next. The data lie in cfg->chunk: the request must be
 * encoded before the next call. Repeating is the upload's duty.
 */
int dfu_upload_next(struct dfu_upload *u, uint32_t now_ms,
        struct smp_request *req);
void dfu_upload_answer(struct dfu_upload *u, uint32_t now_ms,
        const struct smp_answer *answer);
/**
 * Up with a new epoch: from off 0 with sha, so that the device resumes. Down:
 * nothing is sent until it is up again.
 */
void dfu_upload_link(struct dfu_upload *u, uint32_t now_ms,
        const struct smp_link *link);
uint32_t dfu_upload_wait_ms(const struct dfu_upload *u, uint32_t now_ms);
bool dfu_upload_done(const struct dfu_upload *u);
/** Stop; DFU_INTERRUPTED. The session stays resumable in the device. */
void dfu_upload_cancel(struct dfu_upload *u, uint32_t now_ms);
/** Copy progress and result. */
void dfu_upload_status(const struct dfu_upload *u,
        struct dfu_upload_status *status);
/** "window", "round trip", …; "unknown" for other numbers. Never NULL. */
const char *dfu_limit_to_str(enum dfu_limit limit);

/** The doors of an upload; self is a struct dfu_upload. */
extern const struct smp_procedure dfu_upload_procedure;

#ifdef __cplusplus
}
#endif

#endif
