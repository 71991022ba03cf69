// SPDX-License-Identifier: Apache-2.0
/*
 * BlueZ over D-Bus: one private connection, a mirror of its objects, calls
 * that can be interrupted. Everything runs in a GMainContext of its own that
 * is iterated only by host_bluez_wait() and host_bluez_call(): no main loop,
 * no default context, no thread of ours. One object is for one thread.
 */
#ifndef HOST_BLUEZ_H
#define HOST_BLUEZ_H

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/error.h"

#define HOST_BLUEZ_SMP_SERVICE "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
#define HOST_BLUEZ_SMP_CHAR    "da2e7828-fbce-4e01-ae9e-261174997c48"

#define HOST_BLUEZ_ADAPTER "org.bluez.Adapter1"
#define HOST_BLUEZ_DEVICE  "org.bluez.Device1"
#define HOST_BLUEZ_SERVICE "org.bluez.GattService1"
#define HOST_BLUEZ_CHAR    "org.bluez.GattCharacteristic1"

/** What a failure means for what comes next. */
enum host_bluez_kind {
    HOST_BLUEZ_OK,
    HOST_BLUEZ_OTHER,
    HOST_BLUEZ_GONE,        /**< bus or bluetoothd is not there (any more) */
    HOST_BLUEZ_DENIED,      /**< the bus does not let this user */
    HOST_BLUEZ_OFF,         /**< adapter switched off or gone */
    HOST_BLUEZ_AWAY,        /**< the device does not answer, or went away */
    HOST_BLUEZ_BUSY,        /**< something else is going on: try again */
    HOST_BLUEZ_HELD,        /**< another program holds it */
    HOST_BLUEZ_AUTH,        /**< pairing is wanted */
    HOST_BLUEZ_PAIR_FAILED, /**< pairing was tried and failed */
    HOST_BLUEZ_STALE,       /**< what BlueZ knows of the device is outdated */
    HOST_BLUEZ_UNSUPPORTED, /**< BlueZ or the device cannot do that */
    HOST_BLUEZ_SLOW,        /**< no answer from bluetoothd in time */
    HOST_BLUEZ_CANCELLED,   /**< Ctrl-C */
};

struct host_bluez;

/**
 * Connect to the system bus and read what BlueZ has.
 *
 * @param cancel_fd  readable = give up whatever is waited for; -1 = none
 * @return the connection (host_bluez_close()), or NULL with DFU_NO_DEVICE:
 *         no system bus, no access, bluetoothd does not run;
 *         DFU_INTERRUPTED
 */
struct host_bluez *host_bluez_open(int cancel_fd, struct host_error *err);

/** Say good-bye and free; NULL is allowed. */
void host_bluez_close(struct host_bluez *bz);

/** true while the bus is there and bluetoothd the one we met. */
bool host_bluez_alive(const struct host_bluez *bz);

/** Why it is not alive; static text. */
const char *host_bluez_reason(const struct host_bluez *bz);

/** The cancel descriptor is readable. */
bool host_bluez_cancelled(const struct host_bluez *bz);

/**
 * Sleep until a signal came, one of own[] is ready, the cancel descriptor is
 * readable, or the time is over; take the signals that came.
 *
 * @param own    descriptors of the caller, revents are written; may be NULL
 * @param count  of own, at most 4
 */
void host_bluez_wait(struct host_bluez *bz, struct pollfd *own, unsigned count,
        uint32_t timeout_ms);

/** One property of an object, or NULL; borrowed until the next wait. */
GVariant *host_bluez_get(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name);
/** The same as text, "" when it is not there or of another type. */
const char *host_bluez_text(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name);
bool host_bluez_flag(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name);
/** true when the object has the interface. */
bool host_bluez_has(const struct host_bluez *bz, const char *path,
        const char *iface);
/** Forget one property: the next signal tells it afresh. */
void host_bluez_drop(struct host_bluez *bz, const char *path, const char *iface,
        const char *name);
/** Ask for all properties of an interface afresh. @return kind */
enum host_bluez_kind host_bluez_refresh(struct host_bluez *bz, const char *path,
        const char *iface);
/** UUIDs (a property of type `as`) contain this one. */
bool host_bluez_lists(const struct host_bluez *bz, const char *path,
        const char *iface, const char *name, const char *text);

/**
 * Paths of all objects with an interface, sorted.
 *
 * @param under  only below this path; NULL = all
 * @return GPtrArray of char *; g_ptr_array_unref()
 */
GPtrArray *host_bluez_paths(const struct host_bluez *bz, const char *under,
        const char *iface);

/** A call of BlueZ. */
struct host_bluez_call {
    const char *path;
    const char *iface;
    const char *method;
    GVariant *args;      /**< floating, or NULL */
    uint32_t timeout_ms; /**< 0 = 10 s */
};

/** What came back; host_bluez_reply_clear(). */
struct host_bluez_reply {
    enum host_bluez_kind kind;
    GVariant *value;  /**< tuple, NULL unless OK */
    GUnixFDList *fds; /**< may be NULL */
    char *name;       /**< D-Bus name of the error, NULL = not from the bus */
    char *text;       /**< its text */
};

/** Call and wait for the answer. @return reply->kind */
enum host_bluez_kind host_bluez_call(struct host_bluez *bz,
        const struct host_bluez_call *call, struct host_bluez_reply *reply);

/** Call without waiting; done(ctx, kind) comes out of host_bluez_wait(). */
void host_bluez_send(struct host_bluez *bz, const struct host_bluez_call *call,
        void (*done)(void *ctx, enum host_bluez_kind kind), void *ctx);

void host_bluez_reply_clear(struct host_bluez_reply *reply);

/**
 * Put a failed reply into words.
 *
 * @param who   the device or adapter, for the message
 * @param what  "connect", "subscribe"
 * @return -1
 */
int host_bluez_fail(struct host_error *err,
        const struct host_bluez_reply *reply, const char *who,
        const char *what);

/** What an error of D-Bus or BlueZ means. */
enum host_bluez_kind host_bluez_classify(const char *name, const char *text);

/** The words for it; next may be NULL. Static texts. */
const char *host_bluez_words(const char *name, const char *text,
        const char **next);

/** Told of every property change and new object; one listener. */
typedef void host_bluez_listener(void *ctx, const char *path, const char *iface,
        GVariant *changed);
void host_bluez_listen(struct host_bluez *bz, host_bluez_listener *fn,
        void *ctx);

GDBusConnection *host_bluez_bus(const struct host_bluez *bz);
GMainContext *host_bluez_context(const struct host_bluez *bz);

/* ---- adapters and devices (bluez_scan.c) ---- */

/**
 * The adapter to use: the named one, or the first that is switched on.
 *
 * @param name  "hci0", or NULL
 * @return its path (g_free()), or NULL with DFU_NO_DEVICE: none, no such one,
 *         switched off
 */
char *host_bluez_adapter(struct host_bluez *bz, const char *name,
        struct host_error *err);

/** true for XX:XX:XX:XX:XX:XX. */
bool host_bluez_is_address(const char *text);

/** Start looking for advertisers on an adapter. @return kind */
enum host_bluez_kind host_bluez_discover(struct host_bluez *bz,
        const char *adapter, struct host_bluez_reply *reply);
void host_bluez_discover_stop(struct host_bluez *bz, const char *adapter);

/** One device that was heard; texts are raw text of the device. */
struct host_ble_device {
    char *path;
    char *address;
    char *name;    /**< NULL = not told */
    char *adapter; /**< "hci0" */
    int rssi;      /**< dBm, 127 = not known */
    bool smp;      /**< advertises the SMP service */
    bool paired;
    bool connected;
};

/** What host_bluez_scan() looks for. */
struct host_ble_scan {
    const char *adapter; /**< NULL = all that are switched on */
    const char *name;    /**< only names that contain it, NULL = all */
    bool smp_only;
    int rssi_min; /**< 0 = any */
    uint32_t time_ms;
    int cancel_fd; /**< -1 = none */
    /** Called for each device when first heard; may be NULL. */
    void (*found)(void *ctx, const struct host_ble_device *device);
    void *ctx;
};

/**
 * Listen for some time.
 *
 * @param[out] list  GPtrArray of struct host_ble_device, strongest first;
 *                   g_ptr_array_unref()
 * @return 0, or -1 with DFU_NO_DEVICE (no Bluetooth here), DFU_INTERRUPTED
 */
int host_bluez_scan(const struct host_ble_scan *scan, GPtrArray **list,
        struct host_error *err);

/**
 * Remove what BlueZ keeps of a device: bond and GATT cache.
 *
 * @param who      address or name
 * @param adapter  NULL = all
 * @return how many were removed (> 0), or -1 with DFU_NO_DEVICE
 */
int host_bluez_forget(const char *who, const char *adapter,
        struct host_error *err);

/* ---- pairing (bluez_agent.c) ---- */

/** What to do when a device wants to pair. */
enum host_ble_pair {
    HOST_BLE_PAIR_ASK, /**< ask the user; without one: as NO */
    HOST_BLE_PAIR_YES, /**< accept whatever needs no answer of a person */
    HOST_BLE_PAIR_NO,
};

enum host_ble_question {
    HOST_BLE_CONFIRM, /**< do both show the same number? */
    HOST_BLE_ACCEPT,  /**< pair at all (just works)? */
    HOST_BLE_PASSKEY, /**< type the number that the device shows */
    HOST_BLE_SHOW,    /**< the user types this number on the device */
};

/** How to connect; borrowed by links, must outlive them. */
struct host_ble_options {
    enum host_ble_pair pair;
    int64_t passkey;  /**< 0..999999, -1 = not told */
    int cancel_fd;    /**< -1 = none */
    uint32_t find_ms; /**< how long to look for the device, 0 = 15 s */
    /**
     * Ask the person at the terminal; NULL = nobody there.
     *
     * @param[in,out] number  shown (CONFIRM, SHOW) or typed (PASSKEY)
     * @return true = yes
     */
    bool (*ask)(void *ctx, enum host_ble_question question, const char *device,
            uint32_t *number);
    void *ctx;
    /** A line for -v; may be NULL. */
    void (*note)(void *ctx, const char *text);
};

struct host_bluez_agent;

/** Answer BlueZ's pairing questions from now on; NULL when it refuses. */
struct host_bluez_agent *host_bluez_agent_create(struct host_bluez *bz,
        const struct host_ble_options *options);
void host_bluez_agent_destroy(struct host_bluez_agent *agent);
/** A question was asked and had to be refused: static text, or NULL. */
const char *host_bluez_agent_refused(const struct host_bluez_agent *agent);

#endif
