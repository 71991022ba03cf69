// SPDX-License-Identifier: Apache-2.0
/* Finding, connecting, being allowed. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "first-request-never-answered",
        .pattern = "A3",
        .must = { S(T_FIRST_TIMEOUT) },
        .must_not = { S(ANSWERED) },
        .stronger = { S(T_TWICE) },
        .weight = 86,
        .title = "No answer to the very first request: silence of the "
            "transport, not a command that is not supported",
        .explanation = "An unsupported command would be answered with rc 8. "
            "Notifications are not enabled, the wrong peripheral is "
            "connected, or the link was not ready.",
        .disproof = "a notification before that time",
        .fixes = {
            COMMAND("Check that anything answers:", "smpctl os echo hello"),
            FILE_FIX("Enable notifications on the SMP characteristic before "
                "the first request; run one session at a time."),
        },
    },
    {
        .id = "never-answered",
        .pattern = "A3",
        .must = { S(NEVER_ANSWERED) },
        .must_not = { S(MEDIUM_SERIAL), S(MEDIUM_UDP), S(C_BANNER),
            S(CONSOLE_IN_STREAM), S(T_AUTH) },
        .weight = 80,
        .title = "Nothing ever came back on this connection",
        .explanation = "Wrong device, no SMP server behind it, notifications "
            "off, or a link that carries one direction only.",
        .disproof = "any answer on the same connection",
        .fixes = {
            COMMAND("Check the connection:",
                "smpctl scan\nsmpctl os echo hello"),
        },
    },
    {
        .id = "pairing-needed",
        .pattern = "A6",
        .must = { S(T_AUTH) },
        .stronger = { S(CONF_AUTHEN), S(CONF_ENCRYPT) },
        .weight = 94,
        .title = "The device wants a paired, authenticated link",
        .explanation = "The SMP characteristic is protected and the client "
            "is not paired.",
        .disproof = "the same refusal over a paired link",
        .fixes = {
            COMMAND("Pair first:", "bluetoothctl pair AA:BB:CC:DD:EE:FF"),
            KCONFIG("Or, in prj.conf (newer, then older SDK):",
                "CONFIG_MCUMGR_TRANSPORT_BT_PERM_RW=y\n"
                "CONFIG_MCUMGR_TRANSPORT_BT_AUTHEN=n"),
        },
    },
    {
        .id = "passkey-cannot-be-entered",
        .pattern = "A12",
        .must = { S(CONF_PASSKEY) },
        .any = { S(T_AUTH), S(T_FIRST_TIMEOUT), S(NEVER_ANSWERED) },
        .weight = 72,
        .title = "The device wants a passkey that the client cannot enter",
        .explanation = "A fixed passkey is configured, and the first request "
            "gets nowhere.",
        .disproof = "a pairing that was done before the first request",
        .fixes = {
            COMMAND("Pair in the settings of the host first:",
                "bluetoothctl pair AA:BB:CC:DD:EE:FF"),
            KCONFIG("Or, in prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_BT_PERM_RW_ENCRYPT=y"),
        },
    },
    {
        .id = "bond-not-valid",
        .pattern = "A10",
        .must = { 0 },
        .any = { S(T_BOND), S(C_BOND_LOST) },
        .must_not = { S(STORAGE_ERASED) },
        .weight = 90,
        .title = "Host and device do not share a pairing any more",
        .explanation = "The device lost its keys (mass erase, erase of the "
            "settings), the host still has them.",
        .disproof = "the same failure right after pairing anew",
        .fixes = {
            COMMAND("Forget it on the host, then pair again:",
                "bluetoothctl remove AA:BB:CC:DD:EE:FF"),
        },
    },
    {
        .id = "smp-service-missing",
        .pattern = "A4",
        .must = { S(T_NO_SERVICE) },
        .must_not = { S(RESET) },
        .weight = 92,
        .title = "The device has no SMP service",
        .explanation = "The transport is not built in, the service is "
            "registered later, or the host works with an outdated list.",
        .disproof = "service 8d53dc1d-1db7-4cd3-868b-8a527460aa84 in the list "
            "of services",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_MCUMGR_TRANSPORT_BT=y"),
            COMMAND("Or forget the outdated list:",
                "bluetoothctl remove AA:BB:CC:DD:EE:FF"),
        },
    },
    {
        .id = "wrong-update-protocol",
        .pattern = "A5",
        .must = { S(T_OLD_DFU) },
        .weight = 92,
        .title = "A tool for another DFU protocol was used",
        .explanation = "Secure DFU of the nRF5 SDK and SMP are different "
            "protocols; the device offers the latter.",
        .disproof = "service fe59 in the list of services",
        .fixes = {
            COMMAND("Use an SMP client:", "smpctl upgrade FILE"),
        },
    },
    {
        .id = "device-cannot-be-reached",
        .pattern = "A1",
        .must = { 0 },
        .any = { S(E_NO_DEVICE), S(T_133) },
        .must_not = { S(ANSWERED), S(RESET), S(T_UNREACHABLE),
            S(T_NO_BLUETOOTH) },
        .weight = 78,
        .title = "The device was not found, or does not let itself be "
            "connected",
        .explanation = "It does not advertise, is connected elsewhere (a "
            "phone app still open), out of reach, or the address is wrong.",
        .disproof = "a scan that finds the device, and nobody connected to it",
        .fixes = {
            COMMAND("Look for it:", "smpctl scan"),
            FILE_FIX("Close other apps that hold the connection."),
        },
    },
    {
        .id = "adapter-cannot-be-opened",
        .pattern = "A13",
        .must = { S(T_HCI) },
        .weight = 86,
        .title = "The client cannot open the Bluetooth adapter",
        .explanation = "It wants the adapter for itself; the system's "
            "Bluetooth service holds it.",
        .disproof = "the same error with the Bluetooth service stopped",
        .fixes = {
            COMMAND("Use a client that works through BlueZ:",
                "smpctl -c ble:NAME upgrade FILE"),
        },
    },
    {
        .id = "update-started-twice",
        .pattern = "A8",
        .must = { S(T_TWICE) },
        .weight = 66,
        .title = "The update was started twice",
        .explanation = "The second start disturbs the first one's session.",
        .disproof = "one start only in the whole log",
        .fixes = { FILE_FIX("Start once; wait for the end.") },
    },
    {
        .id = "optional-parameters-not-supported",
        .pattern = "A7",
        .must = { S(PARAMS_RC8) },
        .weight = 95,
        .benign = true,
        .title = "rc 8 to MCUmgr parameters is harmless",
        .explanation = "The query is optional; without it clients send one "
            "packet per MTU and find the window by themselves.",
        .fixes = {
            KCONFIG("For more speed, in prj.conf:",
                "CONFIG_MCUMGR_GRP_OS_MCUMGR_PARAMS=y"),
        },
    },
    {
        .id = "optional-query-not-supported",
        .pattern = "A7",
        .must = { S(QUERY_RC8) },
        .weight = 95,
        .benign = true,
        .title = "rc 8 to an optional query is harmless",
        .explanation = "Bootloader, OS and slot information are optional.",
    },
    {
        .id = "erase-settings-not-supported",
        .pattern = "A7",
        .must = { S(STORAGE_RC8) },
        .weight = 95,
        .benign = true,
        .title = "rc 8 to erasing the settings is harmless",
        .explanation = "The firmware has no group 63; there is nothing to "
            "erase.",
    },
};
/* clang-format on */

const struct diag_family diag_rules_connect = {
    "connect",
    "Finding and connecting",
    DIAG_FAMILY_ROWS(rows),
};
