// SPDX-License-Identifier: Apache-2.0
/*
 * What D-Bus and BlueZ answer when they refuse, as an ordered table: name of
 * the error and a part of its text; the first row that fits wins.
 *
 * Source: bluez doc/device-api.txt, src/error.c, src/device.c,
 *         src/gatt-client.c (create_gatt_dbus_error); before 5.62 a failed
 *         connection had the text of its errno, since then a word
 *         (src/error.h, ERR_LE_CONN_*).
 */
#include "host/bluez.h"

#include <string.h>

#define FREEDESKTOP "org.freedesktop.DBus.Error."
#define BLUEZ_ERROR "org.bluez.Error."

#define ENDED                                                                 \
    "the device ended the connection at once: it may have lost the bond, or " \
    "be connected to another phone or computer"
#define REFUSED                                                          \
    "the device refused the connection: it may be connected to another " \
    "phone or computer"
#define FULL "the Bluetooth adapter holds as many connections as it can"
#define NO_ANSWER                                                          \
    "the device did not answer the connection attempt: it is off, out of " \
    "reach, or connected to another phone or computer"

static const char next_start[] =
        "start it (systemctl start bluetooth), then try again";
static const char next_again[] = "wait a moment and try again";
static const char next_near[] =
        "bring the device nearer, disconnect other phones and computers from "
        "it, and look for it with smpctl scan";
static const char next_power[] =
        "switch it on: bluetoothctl power on (and rfkill unblock bluetooth)";
static const char next_pair[] =
        "pair with it: --pair yes, or --pair ask to see the numbers, or "
        "--passkey N when the device shows or has a fixed one";
static const char next_forget[] =
        "drop what BlueZ keeps of it: smpctl bluetooth forget DEVICE, then "
        "try again";
static const char next_holder[] =
        "end the other program that uses the device (a second smpctl, "
        "bluetoothctl in its gatt menu), then try again";
static const char next_fewer[] =
        "disconnect a device (bluetoothctl disconnect ADDRESS), or use another "
        "adapter: ?adapter=hci1";
static const char next_bluez[] =
        "use BlueZ 5.50 or newer; bluetoothctl version tells which one it is";
static const char next_log[] = "look into the log: journalctl -u bluetooth";

struct row {
    const char *name; /* "" = any */
    const char *part; /* of the text, "" = any */
    enum host_bluez_kind kind;
    const char *words;
    const char *next;
};

/* clang-format off */
static const struct row rows[] = {
    /* the bus */
    { FREEDESKTOP "ServiceUnknown", "", HOST_BLUEZ_GONE,
      "bluetoothd does not run (no org.bluez on the system bus)", next_start },
    { FREEDESKTOP "NameHasNoOwner", "", HOST_BLUEZ_GONE,
      "bluetoothd does not run (no org.bluez on the system bus)", next_start },
    { FREEDESKTOP "Spawn", "", HOST_BLUEZ_GONE,
      "bluetoothd could not be started", next_start },
    { FREEDESKTOP "Disconnected", "", HOST_BLUEZ_GONE,
      "the system bus has closed the connection", next_start },
    { FREEDESKTOP "AccessDenied", "", HOST_BLUEZ_DENIED,
      "the system bus does not let this user talk to BlueZ",
      "log in at the machine itself, or add the user to the group bluetooth" },
    { FREEDESKTOP "NoReply", "disconnected", HOST_BLUEZ_GONE,
      "bluetoothd has ended in the middle of it (a crash?)", next_start },
    { FREEDESKTOP "NoReply", "has ended", HOST_BLUEZ_GONE,
      "bluetoothd has ended in the middle of it", next_start },
    { FREEDESKTOP "NoReply", "", HOST_BLUEZ_SLOW,
      "bluetoothd did not answer in time", next_log },
    { FREEDESKTOP "Timeout", "", HOST_BLUEZ_SLOW,
      "bluetoothd did not answer in time", next_log },
    { FREEDESKTOP "UnknownObject", "", HOST_BLUEZ_STALE,
      "BlueZ does not know the device any more", next_again },
    { FREEDESKTOP "UnknownMethod", "doesn't exist", HOST_BLUEZ_STALE,
      "BlueZ does not know the device any more", next_again },
    { FREEDESKTOP "UnknownMethod", "", HOST_BLUEZ_UNSUPPORTED,
      "this BlueZ has no such function", next_bluez },
    { FREEDESKTOP "UnknownInterface", "", HOST_BLUEZ_UNSUPPORTED,
      "this BlueZ has no such function", next_bluez },
    /* ATT errors, which BlueZ wraps into Failed */
    { "", "ATT error: 0x05", HOST_BLUEZ_AUTH,
      "the device wants to be paired (insufficient authentication)",
      next_pair },
    { "", "ATT error: 0x0f", HOST_BLUEZ_AUTH,
      "the device wants to be paired (insufficient encryption)", next_pair },
    { "", "ATT error: 0x08", HOST_BLUEZ_AUTH,
      "the device does not allow this client (insufficient authorization)",
      next_pair },
    { "", "ATT error: 0x0c", HOST_BLUEZ_AUTH,
      "the device wants a longer encryption key", next_pair },
    { "", "ATT error: 0x01", HOST_BLUEZ_STALE,
      "the device has no such attribute any more (invalid handle): BlueZ "
      "remembers the services of an older firmware", next_forget },
    { "", "ATT error: 0x0a", HOST_BLUEZ_STALE,
      "the device has no such attribute any more: BlueZ remembers the "
      "services of an older firmware", next_forget },
    { "", "ATT error: 0x12", HOST_BLUEZ_STALE,
      "the device's services have changed (database out of sync)",
      next_forget },
    { "", "ATT error: 0x0e", HOST_BLUEZ_AWAY,
      "the device did not carry that out (unlikely error)", next_again },
    { "", "ATT error", HOST_BLUEZ_OTHER,
      "the device refused it with an ATT error of its own", next_again },
    /* BlueZ */
    { BLUEZ_ERROR "NotReady", "", HOST_BLUEZ_OFF,
      "the Bluetooth adapter is switched off", next_power },
    { BLUEZ_ERROR "InProgress", "", HOST_BLUEZ_BUSY,
      "BlueZ is still busy with another operation on it", next_again },
    { BLUEZ_ERROR "AlreadyConnected", "", HOST_BLUEZ_OK,
      "the device is connected already", NULL },
    { BLUEZ_ERROR "AlreadyExists", "", HOST_BLUEZ_OK,
      "that is done already", NULL },
    { BLUEZ_ERROR "NotConnected", "", HOST_BLUEZ_AWAY,
      "the device has disconnected", next_near },
    { BLUEZ_ERROR "DoesNotExist", "", HOST_BLUEZ_STALE,
      "BlueZ does not know the device any more", next_again },
    { BLUEZ_ERROR "NotPermitted", "acquired", HOST_BLUEZ_HELD,
      "another program on this machine uses the device", next_holder },
    { BLUEZ_ERROR "NotPermitted", "", HOST_BLUEZ_AUTH,
      "the device does not permit it without pairing", next_pair },
    { BLUEZ_ERROR "NotAuthorized", "", HOST_BLUEZ_AUTH,
      "the device wants to be paired", next_pair },
    { BLUEZ_ERROR "NotSupported", "", HOST_BLUEZ_UNSUPPORTED,
      "this BlueZ or the device cannot do that", next_bluez },
    { BLUEZ_ERROR "NotAvailable", "", HOST_BLUEZ_UNSUPPORTED,
      "that is not available", next_bluez },
    { BLUEZ_ERROR "InvalidValueLength", "", HOST_BLUEZ_OTHER,
      "a write was longer than the device takes", NULL },
    { BLUEZ_ERROR "InvalidArguments", "", HOST_BLUEZ_OTHER,
      "BlueZ did not understand the call", next_bluez },
    { BLUEZ_ERROR "AuthenticationFailed", "", HOST_BLUEZ_PAIR_FAILED,
      "pairing failed: wrong passkey, or one side has lost the bond",
      next_forget },
    { BLUEZ_ERROR "AuthenticationCanceled", "", HOST_BLUEZ_PAIR_FAILED,
      "pairing was cancelled", next_pair },
    { BLUEZ_ERROR "AuthenticationRejected", "", HOST_BLUEZ_PAIR_FAILED,
      "pairing was rejected", next_pair },
    { BLUEZ_ERROR "AuthenticationTimeout", "", HOST_BLUEZ_PAIR_FAILED,
      "pairing took too long: nobody answered", next_pair },
    { BLUEZ_ERROR "ConnectionAttemptFailed", "", HOST_BLUEZ_AWAY,
      "the device does not answer", next_near },
    { BLUEZ_ERROR "Rejected", "", HOST_BLUEZ_PAIR_FAILED,
      "pairing was rejected", next_pair },
    { BLUEZ_ERROR "Canceled", "", HOST_BLUEZ_PAIR_FAILED,
      "the operation was cancelled by another program", next_again },
    { BLUEZ_ERROR "Failed", "Not connected", HOST_BLUEZ_AWAY,
      "the device has disconnected", next_near },
    { BLUEZ_ERROR "Failed", "key-missing", HOST_BLUEZ_PAIR_FAILED,
      "the device has lost the bond (erased settings?)", next_forget },
    { BLUEZ_ERROR "Failed", "adapter-not-powered", HOST_BLUEZ_OFF,
      "the Bluetooth adapter is switched off", next_power },
    { BLUEZ_ERROR "Failed", "connection-canceled", HOST_BLUEZ_BUSY,
      "another program has ended the connection attempt", next_again },
    { BLUEZ_ERROR "Failed", "br-connection", HOST_BLUEZ_OTHER,
      "BlueZ tried classic Bluetooth instead of LE", next_forget },
    { BLUEZ_ERROR "Failed", "page-timeout", HOST_BLUEZ_OTHER,
      "BlueZ tried classic Bluetooth instead of LE", next_forget },
    /* The kernel gave up after some seconds of listening for it. */
    { BLUEZ_ERROR "Failed", "le-connection-abort-by-local", HOST_BLUEZ_AWAY,
      NO_ANSWER, next_near },
    { BLUEZ_ERROR "Failed", "connection abort", HOST_BLUEZ_AWAY, NO_ANSWER,
      next_near },
    { BLUEZ_ERROR "Failed", "abort-by-remote", HOST_BLUEZ_AWAY,
      ENDED, next_near },
    { BLUEZ_ERROR "Failed", "reset by peer", HOST_BLUEZ_AWAY,
      ENDED, next_near },
    { BLUEZ_ERROR "Failed", "connection-limit", HOST_BLUEZ_BUSY,
      FULL, next_fewer },
    { BLUEZ_ERROR "Failed", "Too many links", HOST_BLUEZ_BUSY,
      FULL, next_fewer },
    { BLUEZ_ERROR "Failed", "gatt-browsing", HOST_BLUEZ_AWAY,
      "the connection broke while BlueZ read the device's services",
      next_forget },
    { BLUEZ_ERROR "Failed", "le-connection-refused", HOST_BLUEZ_AWAY,
      REFUSED, next_near },
    { BLUEZ_ERROR "Failed", "Connection refused", HOST_BLUEZ_AWAY,
      REFUSED, next_near },
    { BLUEZ_ERROR "Failed", "busy", HOST_BLUEZ_BUSY,
      "the Bluetooth adapter is busy with another connection", next_again },
    { BLUEZ_ERROR "Failed", "imed out", HOST_BLUEZ_AWAY, NO_ANSWER, next_near },
    { BLUEZ_ERROR "Failed", "imeout", HOST_BLUEZ_AWAY, NO_ANSWER, next_near },
    { BLUEZ_ERROR "Failed", "Host is down", HOST_BLUEZ_AWAY, NO_ANSWER,
      next_near },
    { BLUEZ_ERROR "Failed", "Input/output error", HOST_BLUEZ_AWAY, NO_ANSWER,
      next_near },
    { BLUEZ_ERROR "Failed", "initiate write", HOST_BLUEZ_OTHER,
      "a write was longer than the ATT MTU allows", NULL },
    { BLUEZ_ERROR "Failed", "No discovery started", HOST_BLUEZ_OK,
      "no discovery is running", NULL },
    { BLUEZ_ERROR "Failed", "", HOST_BLUEZ_OTHER, "BlueZ failed", next_log },
};
/* clang-format on */

static const struct row *find_row(const char *name, const char *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct row *row = &rows[i];

        if (name != NULL && g_str_has_prefix(name, row->name) &&
                (row->part[0] == '\0' ||
                        (text != NULL && strstr(text, row->part) != NULL))) {
            return row;
        }
    }
    return NULL;
}

enum host_bluez_kind host_bluez_classify(const char *name, const char *text)
{
    const struct row *row = find_row(name, text);

    return row != NULL ? row->kind : HOST_BLUEZ_OTHER;
}

const char *host_bluez_words(const char *name, const char *text,
        const char **next)
{
    const struct row *row = find_row(name, text);

    if (next != NULL) {
        *next = row != NULL ? row->next : next_log;
    }
    return row != NULL ? row->words : "BlueZ refused";
}

static enum dfu_code code_of(enum host_bluez_kind kind)
{
    switch (kind) {
    case HOST_BLUEZ_GONE:
    case HOST_BLUEZ_DENIED:
    case HOST_BLUEZ_OFF:
    case HOST_BLUEZ_AWAY:
    case HOST_BLUEZ_BUSY:
    case HOST_BLUEZ_HELD:
    case HOST_BLUEZ_AUTH:
    case HOST_BLUEZ_PAIR_FAILED:
    case HOST_BLUEZ_STALE:
    case HOST_BLUEZ_UNSUPPORTED:
    case HOST_BLUEZ_SLOW:
        return DFU_NO_DEVICE;
    case HOST_BLUEZ_CANCELLED:
        return DFU_INTERRUPTED;
    case HOST_BLUEZ_OK:
    case HOST_BLUEZ_OTHER:
        break;
    }
    return DFU_OTHER;
}

int host_bluez_fail(struct host_error *err,
        const struct host_bluez_reply *reply, const char *who, const char *what)
{
    enum dfu_code code = code_of(reply->kind);
    const char *next = NULL;
    const char *words;
    char *shown;

    if (reply->kind == HOST_BLUEZ_CANCELLED) {
        return host_error_set(err, code, NULL, "interrupted");
    }
    if (reply->name != NULL) {
        words = host_bluez_words(reply->name, reply->text, &next);
    } else if (reply->kind == HOST_BLUEZ_SLOW) {
        words = host_bluez_words(FREEDESKTOP "NoReply", "", &next);
    } else if (reply->kind == HOST_BLUEZ_GONE) {
        words = host_bluez_words(FREEDESKTOP "Disconnected", "", &next);
    } else {
        words = "BlueZ cannot be used";
        next = next_log;
    }
    shown = host_text_escape(reply->text != NULL ? reply->text : "",
            reply->text != NULL ? strlen(reply->text) : 0);
    host_error_set(err, code, next, "%s: %s: %s [%s%s%s]", who, what, words,
            reply->name != NULL ? reply->name : "",
            reply->name != NULL && shown[0] != '\0' ? ": " : "", shown);
    g_free(shown);
    return -1;
}
