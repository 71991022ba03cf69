// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim as a Bluetooth LE peripheral: what main_ble.c and main_ble_gatt.c
 * share. BlueZ holds radio and ATT; we bring services and advertising.
 */
#ifndef VDEV_MAIN_BLE_H
#define VDEV_MAIN_BLE_H

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "vdev/main.h"

#define BLE_SMP_SERVICE "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
#define BLE_SMP_CHAR    "da2e7828-fbce-4e01-ae9e-261174997c48"
#define BLE_LBS_SERVICE "00001523-1212-efde-1523-785feabcd123"
#define BLE_LBS_BUTTON  "00001524-1212-efde-1523-785feabcd123"
#define BLE_LBS_LED     "00001525-1212-efde-1523-785feabcd123"

/** ADAPTER[,key=value…] of --ble. */
struct ble_spec {
    char *adapter;       /**< hci0 */
    char *name;          /**< name=, else the running application's */
    char *after_name;    /**< after-name=, from the first reset on */
    char *after_adapter; /**< after-adapter=, another address */
    char *auth;          /**< auth=encrypt|authen, NULL = open */
    bool method;         /**< io=method: no sockets */
    bool no_uuid;        /**< uuid=no: SMP is not advertised */
    bool no_lbs;         /**< lbs=no */
    bool after_no_smp;   /**< after-smp=no: the new firmware lacks SMP */
    bool power;          /**< reset=power: adapter off and on, link cut hard */
    gsize fragment;      /**< fragment=N: most bytes of a notification */
};

/** One attribute that BlueZ sees as an object. */
struct ble_object {
    struct main_ble *ble;
    char *path;
    guint id;         /**< registration */
    const char *uuid; /**< of the service or characteristic */
    int service;      /**< index of its service; -1 = is one */
    const char *const *flags;
    guint8 value; /**< LED, button */
};

#define BLE_OBJECTS_MAX 5

struct main_ble {
    struct main_port *port;
    struct ble_spec spec;
    GDBusConnection *bus;
    GDBusNodeInfo *info;
    char *root;    /**< of our objects */
    char *adapter; /**< path of the adapter in use */
    char *alias;   /**< of the adapter before us */
    guint root_id;
    guint advert_id;
    struct ble_object object[BLE_OBJECTS_MAX];
    int object_count;
    unsigned resets;
    bool on_air;
    bool announced;
    bool bluez_gone;     /**< bluetoothd has ended and is not back */
    guint watch;         /**< of its name */
    guint retry;         /**< timer until it has found its adapters */
    unsigned registered; /**< of application and advertisement */
    /* the connected central */
    int write_fd;
    int notify_fd;
    guint write_watch;
    guint notify_watch; /**< closed by the other side */
    guint room_watch;   /**< notify_fd takes more */
    bool notifying;     /**< by signals */
    guint16 mtu;
    GQueue *pending; /**< GBytes, notifications that wait for room */
};

/** Make the objects for the services of now. false: a line on stderr */
bool ble_gatt_export(struct main_ble *ble);

/** Take the objects back, close what the central had. */
void ble_gatt_remove(struct main_ble *ble);

/** Send an answer, in notifications that fit. */
void ble_gatt_notify(struct main_ble *ble, const guint8 *buf, gsize len);

/** Name to advertise now. */
const char *ble_name(const struct main_ble *ble);

/** SMP is among the services of now. */
bool ble_has_smp(const struct main_ble *ble);

#endif
