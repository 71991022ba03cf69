// SPDX-License-Identifier: Apache-2.0
/*
 * The server peer: whole SMP messages in, answers out, groups plugged in as
 * const tables.
 *
 * One message may hold several requests back to back; they are answered in
 * order, one response each, and the first flat `rc` stops the rest. What an
 * older server would write differently is a struct smp_dress, NULL for the
 * current form, so that a microcontroller pays for nothing.
 */
#ifndef SMP_SERVER_H
#define SMP_SERVER_H

#include "smp/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/** SMP-level codes (`rc`). Source: zephyr mgmt_defines.h, enum mcumgr_err_t. */
enum smp_rc {
    SMP_RC_OK = 0,
    SMP_RC_UNKNOWN = 1,
    SMP_RC_NOMEM = 2,
    SMP_RC_INVAL = 3,
    SMP_RC_TIMEOUT = 4,
    SMP_RC_NOENT = 5,
    SMP_RC_BADSTATE = 6,
    SMP_RC_MSGSIZE = 7,
    SMP_RC_NOTSUP = 8,
    SMP_RC_CORRUPT = 9,
    SMP_RC_BUSY = 10,
    SMP_RC_ACCESS = 11,
    SMP_RC_TOO_OLD = 12,
    SMP_RC_TOO_NEW = 13,
    SMP_RC_PERUSER = 256,
};

/** Largest decoded request body of a handler (struct of its request map). */
#define SMP_SERVER_BODY_SIZE 160u

/** One request while its handler runs. */
struct smp_call {
    struct smp_header header; /**< of the request */
    uint32_t route;           /**< port and peer, opaque */
    uint32_t now_ms;
    struct smp_bytes payload; /**< of the request, borrowed for the call */
    const void *body;         /**< decoded by the handler's map, or NULL */
    struct smp_encoder *rsp;  /**< inside the open top map of the answer */
    /* outcome, set through smp_call_refuse*() */
    int32_t rc;
    uint16_t rc_group;
    bool group_error;
    const char *rsn; /**< text sent with flat v1 refusals when built verbose */
    /** Pairs the handler will write; must be told for the definite form. */
    size_t pairs;
};

/** One command of a group. */
struct smp_handler {
    uint8_t op; /**< SMP_OP_READ or SMP_OP_WRITE */
    uint8_t id;
    /**
     * Table of the request; a request that it cannot decode is refused with
     * SMP_RC_INVAL before run() is called. NULL: payload ignored.
     */
    const struct smp_map *request;
    /**
     * Write the answer's pairs, or refuse. Call smp_call_begin() first with
     * the number of pairs; not needed for an empty answer.
     */
    void (*run)(void *ctx, struct smp_call *call);
};

/** Translation of a group's own codes for v1 requests. */
struct smp_rc_pair {
    uint8_t group_rc;
    uint8_t rc;
};

/** A management group plugged into a server. */
struct smp_server_group {
    uint16_t id;
    const char *name; /**< as enumeration details tell it, "os mgmt" */
    const struct smp_handler *handlers;
    uint8_t handler_count;
    const struct smp_rc_pair *v1; /**< codes that are not 1 in v1 */
    uint8_t v1_count;
    void *ctx; /**< handed to the handlers */
};

/** How an older server dresses its answers (see src/vdev). */
struct smp_dress {
    /** 1 = flat {"rc": n} only (A..C), 2 = {"ret": {...}} (D), 0 = current. */
    uint8_t group_error;
    bool version_zero; /**< answer version bits are always 0 (A..C) */
    /** Write rc:0 in front of the pairs of a successful answer? */
    bool (*rc_zero)(uint16_t group, uint8_t op, uint8_t id);
};

struct smp_server_config {
    const struct smp_server_group *const *groups; /**< order = enumeration */
    uint8_t group_count;
    uint8_t *tx;     /**< response buffer, caller's */
    size_t tx_size;  /**< an answer that does not fit is SMP_RC_MSGSIZE */
    uint8_t form;    /**< enum smp_form of answers */
    bool verbose;    /**< `rsn` in flat answers to v1 requests */
    bool v1_refused; /**< built without original protocol: rc 12 */
    const struct smp_dress *dress; /**< NULL = current */
    const struct smp_trace_ops *trace;
    void *trace_ctx;
};

/** A server; the members are its own. */
struct smp_server {
    struct smp_server_config cfg;
    struct smp_bytes rx; /**< rest of the message being answered */
    uint32_t route;
    uint32_t now_ms;
    size_t tx_len; /**< answer waiting to be sent, 0 = none */
    uint32_t tx_route;
    uint32_t requests; /**< handled since init */
};

void smp_server_init(struct smp_server *s, const struct smp_server_config *cfg);

/**
 * Feed one whole message.
 *
 * @param buf    borrowed until smp_server_output() has returned NULL
 * @param route  returned with every answer
 * @return 0, or SMP_E_BUSY: answers of the last message are still to be taken
 */
int smp_server_input(struct smp_server *s, const uint8_t *buf, size_t len,
        uint32_t route, uint32_t now_ms);

/**
 * Next answer to send, NULL when the message is done. Runs the handler of
 * the next request. Valid until smp_server_sent().
 */
const uint8_t *smp_server_output(struct smp_server *s, size_t *len,
        uint32_t *route);

void smp_server_sent(struct smp_server *s);

/** Announce how many pairs the answer will have; opens the top map. */
void smp_call_begin(struct smp_call *call, size_t pairs);

/** Refuse with an SMP-level code, whatever the version. */
void smp_call_refuse(struct smp_call *call, enum smp_rc rc);

/**
 * Refuse with a group's own code: `err` map for v2, translated for v1.
 * Pairs already written survive next to `err` only for v2.
 */
void smp_call_refuse_group(struct smp_call *call, uint16_t group, uint8_t rc);

/** As above with a text for verbose servers (static string). */
void smp_call_refuse_rsn(struct smp_call *call, uint16_t group, uint8_t rc,
        const char *rsn);

#ifdef __cplusplus
}
#endif

#endif
