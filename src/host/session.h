// SPDX-License-Identifier: Apache-2.0
/*
 * The one loop of the house: a client over a link, driving one procedure.
 * Plain poll(2): no main loop is run and no default context is assumed.
 */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include <stdatomic.h>

#include "host/error.h"
#include "host/link.h"
#include "host/trace.h"
#include "smp/client.h"

/** Ctrl-C: one flag per session, set from a signal handler or a thread. */
struct host_cancel {
    atomic_int set;
    int fd; /**< readable once set, -1 = not made */
};

/** Make the flag, not set. @return 0, or -1 with DFU_OTHER: no descriptor */
int host_cancel_init(struct host_cancel *cancel, struct host_error *err);
/** Close the descriptor; may be called on one that was not made (fd -1). */
void host_cancel_finish(struct host_cancel *cancel);
/** Set the flag and wake whoever waits. Async-signal-safe. */
void host_cancel_set(struct host_cancel *cancel);
/** true once it is set; cancel may be NULL: never. */
bool host_cancel_is_set(const struct host_cancel *cancel);

struct host_session_config {
    struct host_link *link;   /**< borrowed; the session opens and closes it */
    struct host_trace *trace; /**< borrowed, may be NULL */
    struct host_cancel *cancel; /**< borrowed, may be NULL */
    const char *dev;            /**< name in the trace, NULL = "a" */
    uint8_t version;            /**< enum smp_version_mode */
    uint8_t tries;              /**< per request, 0 = 3 */
    uint32_t timeout_ms;        /**< per try, 0 = 2500 */
    uint8_t places;             /**< requests in flight, 0 = 32 */
    size_t buf_size;            /**< largest message, 0 = fits the link */
};

struct host_session;

/** @return a session (host_session_destroy()); nothing is opened */
struct host_session *host_session_create(const struct host_session_config *cfg);

/** Close the link and free; NULL is allowed. */
void host_session_destroy(struct host_session *s);

/** Open the link. @return 0, or -1 with DFU_NO_DEVICE or DFU_OTHER */
int host_session_open(struct host_session *s, struct host_error *err);

/** Now, on the clock of the link (real or virtual). */
uint32_t host_session_now(const struct host_session *s);

/** Name of the device in the trace; never NULL, the session's own. */
const char *host_session_dev(const struct host_session *s);

/** How to look for a device that restarts (event FIND_DEVICE). */
struct host_find {
    uint32_t not_before_ms; /**< on the session's clock */
    uint32_t give_up_ms;    /**< on the session's clock */
    uint32_t every_ms;      /**< between attempts, 0 = 250 */
};

/**
 * Look for the device from now on: forgets what is in flight, tries again and
 * again inside the pump (link->ops->reopen), and reports link(up) with a new
 * epoch to the procedure. Call it from hooks->poll. After give_up_ms it stops
 * trying and reports link(down) once more: the procedure decides what that
 * means.
 */
void host_session_find(struct host_session *s, const struct host_find *find);

/** true while the device is looked for. */
bool host_session_finding(const struct host_session *s);

/** What the caller of host_session_run() does between pumps. */
struct host_session_hooks {
    /**
     * Take the procedure's events, show progress. Called after every pump.
     * 0 = go on, other = stop and return it.
     */
    int (*poll)(void *ctx, struct host_session *s);
    /** Time until poll wants to be called although nothing happened. */
    uint32_t (*wait_ms)(void *ctx, uint32_t now_ms);
    void *ctx;
};

/**
 * Move everything that can be moved now, once: drain output, take answers,
 * feed input, tick. Does not sleep.
 *
 * @return 1 something moved, 0 nothing to do now, HOST_LINK_DOWN
 */
int host_session_pump(struct host_session *s, const struct smp_procedure *proc,
        void *self);

/** Sleep until the pump has something to do, at most max_ms. */
void host_session_wait(struct host_session *s, const struct smp_procedure *proc,
        const void *self, uint32_t max_ms);

/**
 * Drive a procedure until it is done.
 *
 * @param hooks  may be NULL
 * @return 0 the procedure is done (ask it what came out),
 *         > 0 what hooks->poll returned, or
 *         -1 with DFU_INTERRUPTED (cancelled), DFU_LINK_LOST (link down and
 *         nobody looks for the device)
 */
int host_session_run(struct host_session *s, const struct smp_procedure *proc,
        void *self, const struct host_session_hooks *hooks,
        struct host_error *err);

/** The answer of host_session_request(). */
struct host_reply {
    struct smp_answer answer; /**< body and rsn point into the session and live
                                   until its next request */
};

/**
 * Send one request and wait for its answer.
 *
 * @param[out] reply  written when 0 is returned, and with DFU_DEVICE_REFUSED
 * @return 0 answered, or -1 with DFU_DEVICE_REFUSED (reply->answer.refusal
 *         says what), DFU_NO_ANSWER, DFU_LINK_LOST, DFU_INTERRUPTED, DFU_OTHER
 *         (an answer that cannot be read, a request that cannot be sent)
 */
int host_session_request(struct host_session *s, const struct smp_request *req,
        struct host_reply *reply, struct host_error *err);

/**
 * Tell that nobody answers, and what the link knows of it.
 *
 * @return -1, always: DFU_NO_ANSWER
 */
int host_session_no_answer(const struct host_session *s,
        struct host_error *err);

/** A refusal in words: code name, number, namespace, meaning. g_free(). */
char *host_refusal_text(const struct smp_refusal *refusal);

#endif
