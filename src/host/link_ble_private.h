// SPDX-License-Identifier: Apache-2.0
/* Bluetooth LE link: what its files share. */
#ifndef HOST_LINK_BLE_PRIVATE_H
#define HOST_LINK_BLE_PRIVATE_H

#include "host/bluez.h"
#include "host/link_private.h"

/** Longest value of one write: 512 by specification; a server on BlueZ 5.66
 *  loses writes above 510 without a word, so nobody gets more. */
#define BLE_WRITE_MAX 510u
/** Longest notification that can come (ATT MTU 517 and some). */
#define BLE_PIECE_MAX 1024u
/** Largest SMP message in either direction. */
#define BLE_MESSAGE_MAX 8192u
/** WriteValue calls on their way. */
#define BLE_WRITES_MAX 4u

/** Arrival times, for the estimate of the connection interval. */
struct ble_rate {
    int64_t event_us; /* first arrival of the latest event */
    int64_t last_us;  /* latest arrival */
    uint32_t gap_us[48];
    unsigned count; /* gaps ever noted */
};

/** Something arrived at this time. */
void host_ble_rate_note(struct ble_rate *rate, int64_t now_us);

/**
 * Estimated connection interval.
 *
 * Answers arrive at connection events only, so the gaps between arrivals are
 * multiples of the interval. BlueZ does not tell the interval itself.
 *
 * @return microseconds, 0 = cannot be told (too few, or no radio timing)
 */
uint32_t host_ble_rate_interval_us(const struct ble_rate *rate);

struct link_ble {
    struct host_link link;
    const struct host_ble_options *options;
    struct host_ble_options defaults;

    /* as asked */
    char *who;          /* name or address */
    char *after;        /* name after the update, or NULL */
    char *adapter_name; /* "hci0" or NULL */
    uint8_t io;         /* enum host_ble_io */
    uint8_t reassembly; /* enum host_ble_reassembly */
    size_t mtu;         /* largest message told by the user, 0 = not */
    uint32_t find_ms;   /* how long to look for it at first */

    struct host_bluez *bz;
    struct host_bluez_agent *agent;
    GPtrArray *listening; /* adapters with our discovery */
    uint32_t listen_ms;   /* since when */
    uint32_t looking_ms;  /* first look for this connection */

    /* the device that was found */
    char *path;
    char *address;
    char *name;
    char *chr;
    bool ours;      /* connected by us: disconnect it in the end */
    bool theirs;    /* at the end it stayed connected: not by us */
    bool went;      /* has been seen disconnected since */
    bool refreshed; /* its stale services were dropped once */

    /* data path */
    int tx_fd;              /* -1 = WriteValue */
    int rx_fd;              /* -1 = PropertiesChanged */
    const char *write_type; /* "command" or "request" */
    uint16_t att_mtu;
    size_t room; /* bytes of one write */
    uint8_t *tx;
    size_t tx_len;
    size_t tx_off;
    bool blocked;
    unsigned writes;
    uint32_t connection; /* number, to tell late answers */
    enum host_bluez_kind write_error;
    bool torn;        /* one of several writes of a message was refused */
    GQueue *rx_queue; /* GBytes */
    uint8_t piece[BLE_PIECE_MAX];
    size_t piece_len;
    size_t piece_off;
    uint8_t *rx;
    struct smp_stream_decoder decoder;
    uint32_t last_rx_ms;
    struct ble_rate rate;
};

/* ---- link_ble.c ---- */

/** true for links that host_ble_create() made. */
bool host_ble_is(const struct host_link *link);

/* ---- link_ble_find.c ---- */

/**
 * Look for the device for some time.
 *
 * @param again  it was connected before and has restarted: also under another
 *               name or address, and only if heard anew
 * @return 1 found (path, address, name), 0 not heard, -1 *err says why not
 */
int host_ble_find(struct link_ble *b, uint32_t time_ms, bool again,
        struct host_error *err);

/** Stop listening. */
void host_ble_find_stop(struct link_ble *b);

/** Say what was heard instead. @return -1 */
int host_ble_find_failed(struct link_ble *b, struct host_error *err);

/* ---- link_ble_connect.c ---- */

/** Connect, find the characteristic, subscribe. @return 0 or -1 */
int host_ble_connect(struct link_ble *b, struct host_error *err);

/** Give everything of the connection back; does not wait. */
void host_ble_release(struct link_ble *b);

/** Ask whether the device puts several writes together; sets link.info. */
void host_ble_sizes(struct link_ble *b);

#endif
