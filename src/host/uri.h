// SPDX-License-Identifier: Apache-2.0
/*
 * Where a device is: connection URIs and saved names.
 *
 *   udp:HOST[:PORT]          serial:DEVICE[?baud=N]
 *   tcp:HOST:PORT            serial-raw:DEVICE[?baud=N]
 *   sim:PRESET[?flash=FILE&link=SPEC&fault=SPEC&...]
 *   ble:NAME-OR-ADDRESS[?adapter=hci0&after=NAME&find=S&io=SPEC&
 *       reassembly=SPEC]
 *   shell:...                (recognised, not in this build)
 */
#ifndef HOST_URI_H
#define HOST_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "host/error.h"

/** The UDP port of SMP. */
#define HOST_UDP_PORT 1337u
/** Speed of a serial line that nobody told us about. */
#define HOST_BAUD_DEFAULT 115200u
/** Most `fault=`, and most `set=`, of one URI. */
#define HOST_FAULTS_MAX 16u

enum host_uri_kind {
    HOST_URI_UDP,
    HOST_URI_SERIAL,     /**< console frames on a serial line */
    HOST_URI_SERIAL_RAW, /**< bare messages on a serial line */
    HOST_URI_TCP,        /**< console frames over TCP */
    HOST_URI_SIM,        /**< a virtual device inside the process */
    HOST_URI_BLE,        /**< Bluetooth LE through BlueZ */
};

/** BLE: how bytes pass BlueZ, `io=`. */
enum host_ble_io {
    HOST_BLE_IO_AUTO,
    HOST_BLE_IO_SOCKET, /**< AcquireWrite and AcquireNotify only */
    HOST_BLE_IO_METHOD, /**< WriteValue and signals only */
};

/** BLE: does the device join several writes to one message, `reassembly=`. */
enum host_ble_reassembly {
    HOST_BLE_REASSEMBLY_AUTO, /**< try it out */
    HOST_BLE_REASSEMBLY_YES,
    HOST_BLE_REASSEMBLY_NO,
};

/** A parsed URI; every text is its own (host_uri_clear()), unset = NULL. */
struct host_uri {
    enum host_uri_kind kind;
    char *text;      /**< as given, for messages */
    char *host;      /**< UDP, TCP: name or address, without brackets */
    uint16_t port;   /**< UDP, TCP */
    char *device;    /**< SERIAL, SERIAL_RAW: path; BLE: name or address */
    char *adapter;   /**< BLE: `adapter=`, hci0 */
    char *after;     /**< BLE: `after=` name of the device after an update */
    uint32_t find_s; /**< BLE: `find=` seconds to look for it, 0 = not told */
    enum host_ble_io ble_io;
    enum host_ble_reassembly reassembly;
    uint32_t baud;                 /**< SERIAL, SERIAL_RAW */
    uint32_t mtu;                  /**< `mtu=`: largest message, 0 = not told */
    char *preset;                  /**< SIM */
    char *flash;                   /**< SIM: `flash=` file */
    char *link_spec;               /**< SIM: `link=` as smpsim --link */
    char *faults[HOST_FAULTS_MAX]; /**< SIM: `fault=`, as smpsim --fault */
    uint8_t fault_count;
    char *settings[HOST_FAULTS_MAX]; /**< SIM: `set=KEY:VALUE`, as --set */
    uint8_t setting_count;
    uint64_t seed;        /**< SIM: `seed=`, 1 when not told */
    bool flash_time_real; /**< SIM: `flash-time=real` */
};

/**
 * Read a URI. No name is looked up, nothing is opened.
 *
 * @param[out] uri  written on success
 * @return 0, or -1 with DFU_OTHER (not a URI, unknown parameter, bad number;
 *         `shell:` says that this build cannot do it)
 */
int host_uri_parse(const char *text, struct host_uri *uri,
        struct host_error *err);

/** Free the texts and zero it; may be called on a zeroed one. */
void host_uri_clear(struct host_uri *uri);

/** true when text begins with a scheme that host_uri_parse() knows. */
bool host_uri_has_scheme(const char *text);

/**
 * Read a URI or a saved name.
 *
 * @return as host_uri_parse(); DFU_NO_DEVICE for a name that is not saved
 */
int host_uri_resolve(const char *text, struct host_uri *uri,
        struct host_error *err);

/** One saved name. */
struct host_device_entry {
    char *name;
    char *uri;
};

/** Path of the file of saved names; g_free(). */
char *host_devices_path(void);

/**
 * Save a name for a URI, or replace it.
 *
 * @param name  letters, digits, `-`, `_`, `.`; no scheme
 * @return 0, or -1 with DFU_OTHER (bad name, bad URI, file cannot be written)
 */
int host_devices_add(const char *name, const char *uri, struct host_error *err);

/** Forget a name. @return 0, or -1: not saved, or not writable */
int host_devices_remove(const char *name, struct host_error *err);

/**
 * All saved names, sorted.
 *
 * @param[out] list  GPtrArray of struct host_device_entry;
 *                   g_ptr_array_unref() frees all
 * @return 0, or -1: the file is there and cannot be read
 */
int host_devices_list(GPtrArray **list, struct host_error *err);

#endif
