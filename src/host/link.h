// SPDX-License-Identifier: Apache-2.0
/*
 * Links: how whole SMP messages get to a device and back. One object per
 * connection, driven by host_session; no threads, no main loop.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include "host/error.h"
#include "host/uri.h"
#include "smp/client.h"
#include "smp/frame.h"
#include "smp/procedure.h"

/** What send, flush and receive return beside 0 and 1. */
enum host_link_result {
    HOST_LINK_DOWN = -1,  /**< the link is gone: link->reason says why */
    HOST_LINK_AGAIN = -2, /**< no room now: flush, wait, try again */
};

/** What happened on a link; counters only grow. */
struct host_link_stats {
    uint64_t tx_messages;
    uint64_t tx_bytes; /**< on the wire, framing included */
    uint64_t rx_messages;
    uint64_t rx_bytes;
    uint32_t opens;       /**< successful opens */
    uint32_t send_errors; /**< refused datagrams and the like */
    uint32_t refused;     /**< ICMP "port unreachable" answers */
    struct smp_frame_stats frame;
};

struct host_link;

/** Told of what a transport asks the device by itself (BLE: sizes). */
struct host_link_watch {
    /** probe: an answer is not expected of every device. */
    void (*message)(void *ctx, enum smp_trace_kind kind, bool probe,
            struct smp_bytes message);
    void (*note)(void *ctx, const char *text);
};

/** A transport. Every op gets the link it was created with. */
struct host_link_ops {
    /** First connect. 0, or -1 with the reason; link->info is filled. */
    int (*open)(struct host_link *link, struct host_error *err);
    /** One attempt to find the device again: 1 up, 0 not there yet. */
    int (*reopen)(struct host_link *link);
    void (*close)(struct host_link *link);
    /**
     * Nothing is heard, and this kind of link cannot tell why: look whether the
     * way to the device is still the right one. NULL: nothing to look at. The
     * epoch stays, and so does what is in flight.
     */
    void (*look)(struct host_link *link);
    /** Take one message: 0 (copied), HOST_LINK_AGAIN, HOST_LINK_DOWN. */
    int (*send)(struct host_link *link, const uint8_t *msg, size_t len);
    /** Push what send collected: 0, HOST_LINK_AGAIN (poll for it), _DOWN. */
    int (*flush)(struct host_link *link);
    /** 1 = *msg, valid until the next receive; 0 = nothing; _DOWN. */
    int (*receive)(struct host_link *link, struct smp_bytes *msg);
    /** Time until the link itself has to do something (pacing). */
    uint32_t (*wait_ms)(const struct host_link *link, uint32_t now_ms);
    /** The clock of the link, in ms. */
    uint32_t (*now_ms)(const struct host_link *link);
    /**
     * Sleep until something can be received (or sent, when flush had more),
     * wake_fd (-1 = none) is readable, or the time is over.
     */
    void (*wait)(struct host_link *link, uint32_t timeout_ms, int wake_fd);
    void (*destroy)(struct host_link *link);
};

/** A link; the transport's own struct begins with it. */
struct host_link {
    const struct host_link_ops *ops;
    char *name;           /**< for messages: the URI */
    struct smp_link info; /**< up, kind, window_max, epoch, sizes */
    struct host_link_stats stats;
    bool virtual_time; /**< now_ms() jumps: do not show it as real time */
    char *reason;      /**< why it is down, NULL = not known */
    /** Console text between frames; borrowed for the call; may be NULL. */
    void (*noise)(void *ctx, const uint8_t *text, size_t len);
    void *noise_ctx;
    const struct host_link_watch *watch; /**< may be NULL */
    void *watch_ctx;
};

struct host_link_params;
struct host_ble_options;

/** Makes a link of a kind that a higher floor brings. NULL: *err is set. */
typedef struct host_link *host_link_factory(const struct host_uri *uri,
        const struct host_link_params *params, struct host_error *err);

/** What a link is made with; zeroed = all defaults. */
struct host_link_params {
    size_t mtu; /**< largest message before the device told its own; 0 = default
                     of the transport, or `mtu=` of the URI */
    /** For `sim:`: vdev stands above host, so cli brings cli_sim_create. */
    host_link_factory *sim;
    /** For `ble:` (host/bluez.h); borrowed by the link; NULL = defaults. */
    const struct host_ble_options *ble;
};

/** Figures of a Bluetooth LE link. */
struct host_ble_facts {
    uint16_t att_mtu;     /**< of this connection */
    uint32_t interval_us; /**< of the connection, estimated; 0 = not known */
};

/**
 * Figures of a Bluetooth LE link as it is now.
 *
 * @param[out] facts  written when true is returned
 * @return false for other links, and when it is not connected
 */
bool host_ble_facts(const struct host_link *link, struct host_ble_facts *facts);

/**
 * A Bluetooth LE link in words: address, adapter, MTU, way through BlueZ, the
 * estimated connection interval.
 *
 * @return text, g_free(); NULL for other links
 */
char *host_ble_about(const struct host_link *link);

/**
 * Make a link for a URI. Nothing is opened yet.
 *
 * @return the link (host_link_destroy()), or NULL with DFU_OTHER
 */
struct host_link *host_link_create(const struct host_uri *uri,
        const struct host_link_params *params, struct host_error *err);

/** Close and free; NULL is allowed. */
void host_link_destroy(struct host_link *link);

/** Milliseconds of the monotonic clock, wraps. */
uint32_t host_clock_ms(void);

#endif
