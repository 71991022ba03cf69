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
    uint8_t align;      /**< chunk granularity, 1 = any (old eras 4, 8, 16) */
    uint8_t window;     /**< in flight: 1..DFU_WINDOW_MAX; 0 = find it */
    uint16_t buf_count; /**< of the device's parameters, 0 = not told */
    uint32_t buf_size;  /**< of the device's parameters, 0 = not told */
    uint8_t *chunk;     /**< caller's buffer for the bytes of one chunk */
    size_t chunk_size;  /**< its size: an upper bound of the chunk */
    uint32_t first_timeout_ms; /**< off 0 (erase), 0 = 40 s */
    uint32_t last_timeout_ms;  /**< last chunk, 0 = 20 s */
    uint32_t timeout_ms;       /**< others, 0 = learned, at least 2.5 s */
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
    bool match_told; /**< the device answered `match` */
    bool matched;
    bool maybe_done; /**< last answer lost, device says off 0:
                                     list before trusting or repeating */
    enum dfu_limit limit;
};

#ifdef __cplusplus
}
#endif

#endif
