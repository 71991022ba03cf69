// SPDX-License-Identifier: Apache-2.0
/*
 * The update manager: asks the device, makes the plan, carries it out, and
 * believes nothing but the image list. A procedure; nests dfu_query and
 * dfu_upload. dfu_revert puts the previous image back by the same machine.
 */
#ifndef DFU_UPDATE_H
#define DFU_UPDATE_H

#include "dfu/plan.h"
#include "dfu/upload.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Events that wait at most; next() holds back while they pile up. */
#define DFU_EVENTS_MAX 16u

struct dfu_update_config {
    const struct dfu_package *package; /**< borrowed for the update's life */
    struct dfu_options options;
    bool dry_run;                  /**< stop after PLAN_READY */
    uint8_t *chunk;                /**< caller's buffer for one chunk */
    size_t chunk_size;             /**< an upper bound of the chunk */
    uint8_t window;                /**< requests in flight, 0 = auto */
    uint8_t align;                 /**< chunk granularity, 0 or 1 = any */
    uint8_t tries;                 /**< of one chunk, 0 = about half a minute,
                                        then reconnect_timeout_ms */
    uint32_t timeout_ms;           /**< per request, 0 = learned */
    uint32_t reset_timeout_ms;     /**< 0 = dfu_reset_timeout_ms() */
    uint32_t reconnect_timeout_ms; /**< link lost elsewhere, or a link that
                                        cannot tell is silent; 0 = 60 s */
};

enum dfu_event_kind {
    DFU_EVENT_DEVICE_KNOWN, /**< dfu_update_device() is filled */
    DFU_EVENT_PLAN_READY,   /**< dfu_update_plan(); again after RESET_FIRST */
    DFU_EVENT_STEP_BEGIN,   /**< step */
    DFU_EVENT_STEP_END,     /**< step; never sent for a step that failed */
    DFU_EVENT_WARNING,      /**< warning, image, slot, refusal where it fits */
    DFU_EVENT_FIND_DEVICE,  /**< link is down: find it, then link(up) */
    DFU_EVENT_DONE,
    DFU_EVENT_FAILED, /**< code; more in dfu_update_result() */
};

enum dfu_warning {
    DFU_WARN_NONE,
    DFU_WARN_IMAGE_REPLACED,   /**< earlier upload vanished (with --force) */
    DFU_WARN_OTHER_PLACE,      /**< upload landed in another image's slot */
    DFU_WARN_NOT_LISTED,       /**< uploaded image is not listed (unreadable) */
    DFU_WARN_MARK_NOT_SEEN,    /**< mark accepted, but the list lacks it */
    DFU_WARN_SETTINGS_KEPT,    /**< erase refused or not supported */
    DFU_WARN_RESET_NO_ANSWER,  /**< no answer to reset: usual, waiting */
    DFU_WARN_RESET_BUSY,       /**< rc 10: asked again */
    DFU_WARN_CONFIRM_REFUSED,  /**< an image other than 0 keeps its own mind */
    DFU_WARN_UPLOAD_RESTARTED, /**< link or session lost: goes on by sha */
    DFU_WARN_UPLOAD_REPEATED,  /**< last answer lost and the list lacks it */
    DFU_WARN_ALREADY_CONFIRMED, /**< the application confirmed itself */
    DFU_WARN_STILL_IN_SLOT,     /**< unreadable image still in its slot */
    DFU_WARN_SLOW_FIRST,        /**< first chunk not answered yet: erases? */
    DFU_WARN_SMALLER_MESSAGES,  /**< large ones do not arrive */
    DFU_WARN_SENT_FOR_MARK, /**< mark refused: a slot written anew takes it */
    DFU_WARN_NO_MARKS,      /**< serial recovery: it runs at the next boot */
    DFU_WARN_SILENT,        /**< silent in the middle: asked now and then */
    DFU_WARN_BY_VERSION,    /**< state write is not built in: the version
                                 decides which image boots */
};

struct dfu_event {
    uint8_t kind;  /**< enum dfu_event_kind */
    uint8_t step;  /**< into dfu_update_plan()->steps, DFU_NONE */
    uint8_t image; /**< DFU_NONE when no image is meant */
    uint8_t slot;
    uint8_t warning; /**< enum dfu_warning */
    enum dfu_code code;
    uint32_t not_before_ms; /**< FIND_DEVICE: on the caller's clock */
    uint32_t give_up_ms;    /**< FIND_DEVICE: after that it fails by itself */
    uint8_t reason;         /**< FIND_DEVICE: enum dfu_find_reason */
    struct smp_refusal refusal; /**< rsn is empty */
};

enum dfu_find_reason {
    DFU_FIND_FIRST,       /**< of the other events: nothing is looked for */
    DFU_FIND_LINK_LOST,   /**< went down in the middle of work */
    DFU_FIND_AFTER_RESET, /**< as asked for: address may change */
};

enum dfu_verified {
    DFU_VERIFIED_NO,           /**< not looked at, or not the new image */
    DFU_VERIFIED_ACTIVE,       /**< the list shows it running */
    DFU_VERIFIED_IN_SLOT,      /**< in its slot (upload-only) */
    DFU_VERIFIED_NOT_READABLE, /**< network core */
    DFU_VERIFIED_STARTED,      /**< left the firmware loader: the application
                                    answers, and lists nothing */
};

/** What became of one image of the package. */
struct dfu_image_result {
    uint8_t action;   /**< enum dfu_action */
    uint8_t verified; /**< enum dfu_verified */
    bool uploaded;    /**< sent whole in this run */
    bool marked;
    bool confirmed;  /**< by the list */
    bool replaced;   /**< vanished after it was uploaded */
    bool not_listed; /**< with DFU_UPLOAD_MISMATCH: sent whole, no `match` was
                          told, and the list lacks it */
    bool from_told;  /**< from_*: the image that ran before, same index */
    struct dfu_slot from;
    struct dfu_upload_status upload; /**< zero when nothing was sent */
};

/** Where the update stands; also while it works. */
struct dfu_update_result {
    bool finished;
    enum dfu_code code;         /**< DFU_OK with finished: done */
    int result;                 /**< enum smp_err behind the code, or 0 */
    bool refused;               /**< refusal is filled */
    struct smp_refusal refusal; /**< raw; rsn is empty */
    uint8_t image;              /**< that the code speaks of, or DFU_NONE */
    uint8_t slot;               /**< or DFU_NONE */
    uint8_t step;               /**< that failed or is running, or DFU_NONE */
    bool dry_run;
    bool confirmed; /**< image 0 and every readable image of the run */
    bool on_trial;  /**< runs for one boot only (test-only) */
    bool marked;    /**< marked, not reset yet: next reset installs */
    bool resets;    /**< the device was reset in this run */
    uint32_t started_ms;
    uint32_t ended_ms;
    struct dfu_image_result images[DFU_IMAGES_MAX]; /**< as the package */
};

/** The update; the members are its own. */
struct dfu_update {
    struct dfu_update_config cfg;
    struct dfu_device device;
    struct dfu_device before; /**< as first asked */
    struct dfu_plan plan;
    struct dfu_query query;
    struct dfu_upload upload;
    struct dfu_update_result result;
    struct smp_link link;
    struct dfu_event events[DFU_EVENTS_MAX];
    uint8_t event_head;
    uint8_t event_count;
    uint8_t state;        /**< private enum */
    uint8_t step;         /**< index of the running step */
    uint8_t phase;        /**< within the step, private enum */
    uint8_t rounds;       /**< plans made */
    uint8_t tries;        /**< of the running step */
    uint8_t upload_tries; /**< of the running image */
    uint8_t reset_tries;  /**< resets that may not have arrived */
    bool sent_for_mark;   /**< an upload was repeated for its mark */
    bool go_on;           /**< after the query: the step, not a plan */
    bool begun;           /**< STEP_BEGIN was sent */
    bool in_flight;
    bool waiting; /**< next request not before due_ms */
    bool deadline_armed;
    bool settling;       /**< settled_ms counts */
    bool pending_seen;   /**< a marked image was listed as pending */
    bool silent;         /**< since the reset: link lost or probe unanswered */
    bool unsure;         /**< the reset was not answered */
    bool back;           /**< answered since it was silent last */
    bool searching;      /**< silent in an upload: the query is repeated */
    uint8_t searches;    /**< so far */
    bool slow_armed;     /**< slow_ms counts */
    uint16_t cap;        /**< largest message, found by an upload; 0 = not */
    uint16_t serial;     /**< of the own request in flight */
    uint16_t generation; /**< of query and upload */
    uint32_t rtt_ms; /**< smoothed round trip of small requests, 0 = unknown */
    uint32_t heard_ms; /**< last answer to an upload */
    uint32_t slow_ms;  /**< the first chunk should be answered by then */
    uint32_t due_ms;
    uint32_t reset_ms; /**< when the reset was asked for */
    uint32_t deadline_ms;
    uint32_t settled_ms; /**< first list that still showed the old state */
    union {
        struct smp_image_state_req state;
        struct smp_os_reset_req reset;
    } body;
};

/**
 * Make an update; it starts with the first link(up). The functions up to
 * dfu_update_done() are the doors of struct smp_procedure.
 *
 * @param cfg  copied; what it points to stays the caller's until the end
 */
void dfu_update_init(struct dfu_update *u, const struct dfu_update_config *cfg);
int dfu_update_next(struct dfu_update *u, uint32_t now_ms,
        struct smp_request *req);
void dfu_update_answer(struct dfu_update *u, uint32_t now_ms,
        const struct smp_answer *answer);
void dfu_update_link(struct dfu_update *u, uint32_t now_ms,
        const struct smp_link *link);
uint32_t dfu_update_wait_ms(const struct dfu_update *u, uint32_t now_ms);
bool dfu_update_done(const struct dfu_update *u);

/** Take the next event. @return true with *ev written, false: there is none */
bool dfu_update_event(struct dfu_update *u, struct dfu_event *ev);

/**
 * Stop (Ctrl-C): ends with DFU_INTERRUPTED; result and device say what state
 * the device was left in. Nothing is sent.
 */
void dfu_update_cancel(struct dfu_update *u, uint32_t now_ms);

/** End with a code of the caller's: DFU_NO_DEVICE, DFU_LINK_LOST, … */
void dfu_update_fail(struct dfu_update *u, uint32_t now_ms, enum dfu_code code);

/** What has become of it so far, and the plan; both live as long as u. */
const struct dfu_update_result *dfu_update_result(const struct dfu_update *u);
const struct dfu_plan *dfu_update_plan(const struct dfu_update *u);
/** As last listed. */
const struct dfu_device *dfu_update_device(const struct dfu_update *u);
/** As first asked, before anything was changed. */
const struct dfu_device *dfu_update_before(const struct dfu_update *u);
/** Progress of the running upload; state IDLE and size 0 without one. */
void dfu_update_progress(const struct dfu_update *u, uint32_t now_ms,
        struct dfu_upload_status *status);

/** The doors of an update; self is a struct dfu_update. */
extern const struct smp_procedure dfu_update_procedure;

/** Why dfu_revert cannot go back; found before anything is changed. */
enum dfu_revert_why {
    DFU_REVERT_POSSIBLE,
    DFU_REVERT_NO_PREVIOUS, /**< no bootable other image is listed */
    DFU_REVERT_NO_WAY,      /**< the bootloader keeps no previous image */
    DFU_REVERT_SAME,        /**< both slots hold the same image */
    DFU_REVERT_LOWER,       /**< the bootloader starts the higher version, and
                                 that one runs */
};

/**
 * Puts the previous image of image 0 back: on trial, by a reset; else by
 * marking the other slot (mode test-and-confirm unless told otherwise).
 */
struct dfu_revert {
    struct dfu_update update; /**< events, plan and result are read here */
    struct dfu_package package;
    struct dfu_update_config cfg;
    struct dfu_query query;
    struct dfu_device device;
    uint8_t why;      /**< enum dfu_revert_why */
    bool swap_offset; /**< swap using offset: after a swap the previous image
                           lies one sector behind the slot's start, where
                           servers do not find it */
    bool running;     /**< the update has taken over */
    struct smp_link link;
};

/**
 * As dfu_update_init(); cfg->package is not looked at. The functions up to
 * dfu_revert_done() are the doors of struct smp_procedure.
 */
void dfu_revert_init(struct dfu_revert *r, const struct dfu_update_config *cfg);
int dfu_revert_next(struct dfu_revert *r, uint32_t now_ms,
        struct smp_request *req);
void dfu_revert_answer(struct dfu_revert *r, uint32_t now_ms,
        const struct smp_answer *answer);
void dfu_revert_link(struct dfu_revert *r, uint32_t now_ms,
        const struct smp_link *link);
uint32_t dfu_revert_wait_ms(const struct dfu_revert *r, uint32_t now_ms);
bool dfu_revert_done(const struct dfu_revert *r);

/** The doors of a revert; self is a struct dfu_revert. */
extern const struct smp_procedure dfu_revert_procedure;

#ifdef __cplusplus
}
#endif

#endif
