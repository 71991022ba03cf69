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

/** Smallest response buffer: header and {"rc": n} in either form. */
#define SMP_SERVER_TX_MIN 32u

/** One request while its handler runs. */
struct smp_call {
    struct smp_header header; /**< of the request */
    uint32_t route;           /**< port and peer, opaque */
    uint32_t now_ms;
    /**
     * From the end of the header to the end of the packet, borrowed for the
     * call. Zephyr's decoders read on behind header.len, so ours do.
     */
    struct smp_bytes payload;
    const void *body;        /**< decoded by the handler's map, or NULL */
    struct smp_encoder *rsp; /**< inside the map that smp_call_begin() opened */
    /* outcome, set through smp_call_refuse*() */
    int32_t rc;
    uint16_t rc_group;
    bool group_error;
    bool begun;
    const char *rsn; /**< sent with flat codes by verbose servers */
    const struct smp_server_config *cfg; /**< of the server */
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
     * Write the answer's pairs, or refuse. Call smp_call_begin() once, first,
     * with the number of pairs; not needed for an empty answer.
     */
    void (*run)(void *ctx, struct smp_call *call);
};

/** Translation of a group's own codes for v1 requests. */
struct smp_rc_pair {
    uint8_t group_rc;
    uint8_t rc; /**< 0: v1 is told success (Zephyr basic does so) */
};

/** A management group plugged into a server. */
struct smp_server_group {
    uint16_t id;
    const char *name; /**< as enumeration details tell it, "os mgmt" */
    const struct smp_handler *handlers;
    uint8_t handler_count;
    const struct smp_rc_pair *v1; /**< codes that are not 1 in v1 */
    uint8_t v1_count;
    uint32_t absent; /**< bit id: that command (id < 32) is not built in */
    void *ctx;       /**< handed to the handlers */
};

/** How a group's own code travels to a v2 client. */
enum smp_dress_error {
    SMP_DRESS_ERR = 0,  /**< {"err": {"group", "rc"}}: Zephyr 3.5 and later */
    SMP_DRESS_FLAT = 1, /**< {"rc": n} only: up to Zephyr 3.3 */
    SMP_DRESS_RET = 2,  /**< {"ret": {"group", "rc"}}: Zephyr 3.4 */
};

/** How an older server dresses its answers (see src/vdev). */
struct smp_dress {
    uint8_t group_error; /**< enum smp_dress_error */
    /**
     * Version bits are unknown to the server: any are taken, answers have 0
     * (up to Zephyr 3.3).
     */
    bool version_zero;
    /** Write rc:0 in front of the pairs of a successful answer? NULL = no. */
    bool (*rc_zero)(uint16_t group, uint8_t op, uint8_t id);
    /** Flat code of a group's own code; negative or NULL: the v1 table. */
    int32_t (*translate)(uint16_t group, uint8_t group_rc);
};

struct smp_server_config {
    const struct smp_server_group *const *groups; /**< order = enumeration */
    uint8_t group_count;
    uint8_t *tx;     /**< response buffer, caller's */
    size_t tx_size;  /**< at least SMP_SERVER_TX_MIN; an answer that does not
                          fit becomes SMP_RC_MSGSIZE */
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

/**
 * Make a server.
 *
 * @param[out] s    the server
 * @param      cfg  copied; the memory it points to stays the caller's
 */
void smp_server_init(struct smp_server *s, const struct smp_server_config *cfg);

/**
 * Feed one packet: one message, or several back to back.
 *
 * A packet shorter than a header is dropped without an answer.
 *
 * @param buf    borrowed until smp_server_output() has returned NULL
 * @param route  returned with every answer
 * @return 0, or SMP_E_BUSY: answers of the last packet are still to be taken
 *
 * Source: zephyr subsys/mgmt/mcumgr/smp/src/smp.c.
 */
int smp_server_input(struct smp_server *s, const uint8_t *buf, size_t len,
        uint32_t route, uint32_t now_ms);

/**
 * Next answer to send. Runs the handler of the next request.
 *
 * @param[out] len    bytes of the answer
 * @param[out] route  where it goes; NULL = not asked for
 * @return the answer, valid until smp_server_sent(), the same until then;
 *         NULL when the packet is done
 */
const uint8_t *smp_server_output(struct smp_server *s, size_t *len,
        uint32_t *route);

/** The answer of the last output was taken. */
void smp_server_sent(struct smp_server *s);

/** Announce how many pairs the answer will have; opens the top map. */
void smp_call_begin(struct smp_call *call, size_t pairs);

/** Write one pair with an unsigned number: what most answers are made of. */
void smp_call_put_uint(struct smp_call *call, const char *key, uint32_t value);

/** Refuse with an SMP-level code, whatever the version. */
void smp_call_refuse(struct smp_call *call, enum smp_rc rc);

/**
 * Refuse with a group's own code: `err` map for v2, translated for v1.
 *
 * What the handler wrote before is dropped. rc 0 is no refusal.
 */
void smp_call_refuse_group(struct smp_call *call, uint16_t group, uint8_t rc);

/** As above with a text for verbose servers (static string). */
void smp_call_refuse_rsn(struct smp_call *call, uint16_t group, uint8_t rc,
        const char *rsn);

/** Handler table length as enumeration tells it: highest command + 1. */
uint8_t smp_server_group_handlers(const struct smp_server_group *group);

#ifdef __cplusplus
}
#endif

#endif
