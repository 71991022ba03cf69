// SPDX-License-Identifier: Apache-2.0
/* Shared by update.c, update_step.c, update_wait.c. */
#ifndef DFU_UPDATE_PRIVATE_H
#define DFU_UPDATE_PRIVATE_H

#include "dfu/update.h"

enum update_state {
    UPDATE_IDLE, /**< no link yet */
    UPDATE_QUERY,
    UPDATE_STEP,
    UPDATE_DONE,
    UPDATE_FAILED,
};

/** Within a step. */
enum update_phase {
    PHASE_ASK,   /**< the step's own request */
    PHASE_SEND,  /**< the upload runs */
    PHASE_LIST,  /**< asked, but only a list says whether it happened */
    PHASE_PROBE, /**< reset sent: list until the device is back */
};

/** Kinds of requests, in the highest bits of a tag. */
enum {
    TAG_OWN = 1,
    TAG_QUERY = 2,
    TAG_UPLOAD = 3,
};

static inline bool update_reached(uint32_t now_ms, uint32_t at_ms)
{
    return (int32_t)(now_ms - at_ms) >= 0;
}

/** The running step. */
const struct dfu_step *dfu_update_step(const struct dfu_update *u);
/** The package image of the running step; NULL when it has none. */
const struct dfu_image *dfu_update_image(const struct dfu_update *u);

void dfu_update_push(struct dfu_update *u, const struct dfu_event *ev);
/** index into the package, or DFU_NONE. */
void dfu_update_warn(struct dfu_update *u, enum dfu_warning warning,
        uint8_t index);

/** End in FAILED; index into the package, or DFU_NONE. */
void dfu_update_stop(struct dfu_update *u, uint32_t now_ms, enum dfu_code code,
        uint8_t index);
/** As dfu_update_stop() with DFU_DEVICE_REFUSED and what it said. */
void dfu_update_refused(struct dfu_update *u, uint32_t now_ms,
        const struct smp_refusal *refusal, uint8_t index);
/** End in DONE. */
void dfu_update_finish(struct dfu_update *u, uint32_t now_ms);

/** STEP_END, then the next step. */
void dfu_update_step_end(struct dfu_update *u);
/** Go back to an earlier step of the plan. */
void dfu_update_step_to(struct dfu_update *u, uint8_t step);
/** Ask the device (mask of enum dfu_query_part), then plan or go on. */
void dfu_update_ask(struct dfu_update *u, uint8_t parts, bool go_on);

/** The upload is not answered any more: ask until the device is back. @return
 * false: no use */
bool dfu_update_search(struct dfu_update *u, uint32_t now_ms);
/** Nobody came back. */
void dfu_update_search_end(struct dfu_update *u, uint32_t now_ms);

/** Next request of the running step; 1, 0, or -1: look again at once. */
int dfu_update_step_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req);
void dfu_update_step_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer);
/** The link is back and the list was read: is the step done already? */
void dfu_update_step_again(struct dfu_update *u, uint32_t now_ms);
void dfu_update_upload_end(struct dfu_update *u, uint32_t now_ms);
/** Fill a request for the image list. */
void dfu_update_ask_list(struct smp_request *req);

/* update_wait.c */

int dfu_update_reset_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req);
void dfu_update_reset_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer);
/** The reset is under way: probe from now on. */
void dfu_update_reset_sent(struct dfu_update *u, uint32_t now_ms,
        bool answered);
int dfu_update_probe_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req);
void dfu_update_probe_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer);
/** A firmware loader updates the device: applications list nothing. */
bool dfu_update_has_loader(const struct dfu_update *u);
/** This answer says so. */
bool dfu_update_no_list(const struct dfu_update *u,
        const struct smp_answer *answer);
/** The application answers again, without list: end. */
void dfu_update_verify_started(struct dfu_update *u, uint32_t now_ms);
/** The time is up. */
void dfu_update_overdue(struct dfu_update *u, uint32_t now_ms);
/** Compare the list with what was to be reached, and end. */
void dfu_update_verify(struct dfu_update *u, uint32_t now_ms);
/** The image of the package runs, as far as the list tells. */
bool dfu_update_runs(const struct dfu_update *u, uint8_t index);
/** Neither listed nor readable: network core. */
bool dfu_update_unreadable(const struct dfu_update *u, uint8_t index);
/** reverted, swap-refused or other-image: what the list makes of it. */
enum dfu_code dfu_update_missed(const struct dfu_update *u, uint8_t index);

#endif
