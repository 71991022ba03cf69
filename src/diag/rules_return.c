// SPDX-License-Identifier: Apache-2.0
/* Reset, and coming back. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "reset-refused-busy",
        .pattern = "O1",
        .must = { 0 },
        .any = { S(RESET_BUSY), S(RESET_DENIED) },
        .must_not = { S(RESET), S(LIST_NO_ACTIVE) },
        .weight = 95,
        .title = "The application refused the reset",
        .explanation = "A reset hook of the application vetoed it: busy "
            "(10) or not allowed (11).",
        .disproof = "a reset that is accepted a minute later without force",
        .fixes = {
            COMMAND("Wait and repeat, or insist:",
                "smpctl os reset --force"),
        },
    },
    {
        .id = "reset-not-supported",
        .pattern = "O2",
        .must = { S(RESET_RC8) },
        .weight = 94,
        .title = "The firmware has no reset by SMP",
        .explanation = "The OS group or REBOOT is not built in; MCUboot's "
            "recovery may lack it too. The update is marked: any reset "
            "installs it.",
        .disproof = "a reset that is accepted",
        .fixes = {
            HARDWARE("Press the reset button or cut the power."),
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_GRP_OS=y\nCONFIG_REBOOT=y"),
        },
    },
    {
        .id = "address-changed-after-update",
        .pattern = "J2",
        .must = { S(ADDRESS_CHANGED) },
        .any = { S(NO_RETURN), S(E_NO_DEVICE), S(T_133),
            S(T_147), S(T_TIMEOUT) },
        .weight = 88,
        .title = "After the reset the device has another address, so the "
            "client does not find it",
        .explanation = "The new firmware makes a new random address at every "
            "start: the identity is not kept in the settings, or it uses "
            "another one.",
        .disproof = "the old address in a scan after the reset",
        .fixes = {
            COMMAND("Find it by name, and finish:",
                "smpctl scan\n"
                "smpctl -c ble:NAME upgrade --resume FILE"),
            KCONFIG("In prj.conf of the next build:",
                "CONFIG_BT_SETTINGS=y\n"
                "CONFIG_SETTINGS=y"),
        },
    },
    {
        .id = "name-changed-by-update",
        .pattern = "J6",
        .must = { S(NAME_CHANGED) },
        .any = { S(NO_RETURN), S(E_NO_DEVICE), S(T_133),
            S(T_147), S(T_TIMEOUT) },
        .weight = 84,
        .title = "After the reset the device advertises another name, so a "
            "client that looks for the name does not find it",
        .explanation = "The address is the same. The new firmware was built "
            "with another name.",
        .disproof = "the old name in a scan after the reset",
        .fixes = {
            COMMAND("Use the address, and finish:",
                "smpctl -c ble:AA:BB:CC:DD:EE:FF upgrade --resume FILE"),
        },
    },
    {
        .id = "device-not-back-in-time",
        .pattern = "J1",
        .must = { S(NO_RETURN) },
        .must_not = { S(C_NO_BOOTABLE), S(C_PRIMARY_BAD), S(C_BUS_FAULT),
            S(T_NO_SERVICE) },
        .stronger = { S(DOWN_RESET), S(RESET) },
        .weight = 84,
        .title = "The device did not come back after the reset in time",
        .explanation = "A swap takes 15 s and more, external flash much "
            "longer; or the new firmware does not start, has no SMP server, "
            "or has another address.",
        .disproof = "a device that is found under another name or address",
        .fixes = {
            COMMAND("Wait, then look; confirm if the new image runs:",
                "smpctl scan\nsmpctl upgrade --resume FILE"),
            COMMAND("Give it more time:",
                "smpctl upgrade --reset-timeout 180 FILE"),
        },
    },
    {
        .id = "reconnect-failed-after-reset",
        .pattern = "J1",
        .must = { S(RESET) },
        .any = { S(T_147), S(T_133), S(T_TIMEOUT), S(T_NMP_TIMEOUT) },
        .must_not = { S(NO_RETURN), S(AFTER_NEW), S(STATE_REFUSED) },
        .weight = 76,
        .title = "The client could not connect again after the reset",
        .explanation = "The update was sent and the device reset. It was "
            "still swapping, or advertises later than the client waits.",
        .disproof = "a device that answers and runs the old image",
        .fixes = {
            COMMAND("Wait and confirm:",
                "smpctl image list\nsmpctl image confirm"),
        },
    },
    {
        .id = "connection-could-not-be-made",
        .pattern = "J1",
        .must = { S(T_147) },
        .must_not = { S(RESET), S(ANSWERED) },
        .weight = 62,
        .fallback = true,
        .title = "No connection in time (GATT 147)",
        .explanation = "The device does not advertise: still swapping after "
            "a reset, connected elsewhere, or out of reach.",
        .disproof = "a scan that finds the device",
        .fixes = { COMMAND("Look for it:", "smpctl scan") },
    },
    {
        .id = "new-firmware-has-no-smp",
        .pattern = "J5",
        .must = { S(RESET), S(T_NO_SERVICE) },
        .weight = 84,
        .title = "The new firmware offers no SMP service (yet)",
        .explanation = "The client cannot confirm; without a confirm in the "
            "firmware the next reset reverts.",
        .disproof = "the SMP service in the list of services after the reset",
        .fixes = {
            KCONFIG("In the new firmware's prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_BT=y"),
            FILE_FIX("Call boot_write_img_confirmed() in the firmware."),
        },
    },
    {
        .id = "bond-erased-with-the-settings",
        .pattern = "J4",
        .must = { S(STORAGE_ERASED), S(T_BOND) },
        .weight = 93,
        .title = "Erasing the settings erased the pairing",
        .explanation = "Keys of bonded hosts are kept there. The host still "
            "has its half.",
        .disproof = "a bond that was made after the erase",
        .fixes = {
            COMMAND("Forget it on the host, then pair again:",
                "bluetoothctl remove AA:BB:CC:DD:EE:FF"),
            COMMAND("Next time leave the settings alone:",
                "smpctl upgrade FILE"),
        },
    },
    {
        .id = "outdated-list-of-services",
        .pattern = "J3",
        .must = { S(T_CACHE) },
        .weight = 84,
        .title = "The host works with an outdated list of services",
        .explanation = "After an update handles have changed, and the host "
            "did not notice: ATT error 1, invalid handle.",
        .disproof = "the same error after the host has forgotten the device",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_BT_GATT_SERVICE_CHANGED=y\n"
                "CONFIG_BT_GATT_CACHING=y"),
            COMMAND("On the host:", "bluetoothctl remove AA:BB:CC:DD:EE:FF"),
        },
    },
    {
        .id = "reset-had-no-effect",
        .pattern = "O4",
        .must = { S(RESET_NO_EFFECT) },
        .weight = 76,
        .title = "The reset was accepted, the device did not restart",
        .explanation = "A debugger holds it, or the delayed work is blocked.",
        .disproof = "an uptime that began again, or a boot on the console",
        .fixes = { HARDWARE("Reset by hand.") },
    },
    {
        .id = "link-loss-after-reset",
        .pattern = "O3",
        .must = { 0 },
        .any = { S(DOWN_RESET) },
        .weight = 95,
        .benign = true,
        .title = "The link goes down after a reset: that is the reset",
        .explanation = "The device restarts; a connection timeout (status 8) "
            "or a close by the peer (19) is what that looks like.",
    },
    {
        .id = "gatt-timeout-text-after-reset",
        .pattern = "O3",
        .must = { S(RESET_SENT), S(GATT_TIMEOUT_RESET) },
        .must_not = { S(DOWN_RESET) },
        .weight = 92,
        .benign = true,
        .title = "GATT CONN TIMEOUT after a reset is the reset itself",
        .explanation = "The device restarts and does not say goodbye.",
    },
};
/* clang-format on */

const struct diag_family diag_rules_return = {
    "return",
    "Reset and coming back",
    DIAG_FAMILY_ROWS(rows),
};
