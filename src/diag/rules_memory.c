// SPDX-License-Identifier: Apache-2.0
/* Memory, stacks and options of the device; groups that are missing. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "stack-overflow",
        .pattern = "M1",
        .must = { S(C_STACK) },
        .stronger = { S(C_SMP_WORK), S(CONF_STACK_WRONG) },
        .weight = 92,
        .title = "A stack of the device overflows",
        .explanation = "SMP has a work queue of its own since Zephyr 3.2; "
            "SYSTEM_WORKQUEUE_STACK_SIZE does not help it.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
    {
        .id = "null-buffer-crash",
        .pattern = "M2",
        .must = { S(C_BUS_FAULT), S(C_NULL) },
        .must_not = { S(C_STACK) },
        .stronger = { S(C_NO_BUFFER), S(MANY_LOST), S(C_SMP_WORK) },
        .weight = 62,
        .title = "The device crashes at an address near zero: it ran out of "
            "buffers",
        .explanation = "Old servers use the buffer they did not get. The "
            "client sent more requests than the device has buffers.",
        .disproof = "a crash with one request at a time",
        .fixes = {
            COMMAND("Send one request at a time:",
                "smpctl --window 1 upgrade FILE"),
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_COUNT=4"),
        },
    },
    {
        .id = "device-crashes-while-updating",
        .pattern = "M1",
        .must = { S(C_BUS_FAULT) },
        .any = { S(DOWN_UPLOAD), S(C_SMP_WORK), S(T_TIMEOUT), S(SILENCE),
            S(T_NMP_TIMEOUT) },
        .must_not = { S(C_NULL), S(C_STACK) },
        .weight = 76,
        .title = "The firmware of the device crashes during the update",
        .explanation = "The console shows a fault while requests are open.",
        .fixes = {
            KCONFIG("The first thing to try, in prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
    {
        .id = "no-heap-for-flash-context",
        .pattern = "M3",
        .must = { S(UP_MEMORY) },
        .stronger = { S(CONF_NO_HEAP) },
        .weight = 92,
        .title = "The device has no heap for the upload",
        .explanation = "The flash context is to be taken from the heap, and "
            "there is none, or not enough.",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_HEAP_MEM_POOL_SIZE=2048"),
        },
    },
    {
        .id = "upload-context-in-use",
        .pattern = "A8",
        .must = { S(UP_CONTEXT) },
        .weight = 78,
        .title = "Another upload holds the flash context, or its state is "
            "lost",
        .explanation = "Two clients work at the same time, or an upload was "
            "broken off inside of the server.",
        .fixes = { COMMAND("Reset the device:", "smpctl os reset") },
    },
    {
        .id = "image-group-missing",
        .pattern = "A11",
        .must = { S(LIST_RC8) },
        .must_not = { S(MODE_LOADER) },
        .stronger = { S(CONF_NO_IMG), S(CONF_OLD_NAMES), S(UP_RC8) },
        .weight = 95,
        .title = "The firmware has no image management",
        .explanation = "The image group is not built in: an option it needs "
            "is off, so the symbol stayed off silently, or it has a name of "
            "an older SDK.",
        .disproof = "a list that is answered",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_MCUMGR=y\n"
                "CONFIG_MCUMGR_GRP_IMG=y\nCONFIG_MCUMGR_GRP_OS=y\n"
                "CONFIG_IMG_MANAGER=y\nCONFIG_STREAM_FLASH=y\n"
                "CONFIG_FLASH=y\nCONFIG_FLASH_MAP=y\nCONFIG_ZCBOR=y\n"
                "CONFIG_NET_BUF=y"),
        },
    },
    {
        .id = "firmware-loader-needed",
        .pattern = "L4",
        .must = { S(MODE_LOADER) },
        .any = { S(LIST_RC8), S(E_MODE), S(UP_RC8) },
        .weight = 88,
        .title = "Images are managed by the firmware loader, not by the "
            "application",
        .explanation = "The device has to be restarted into the loader "
            "first.",
        .fixes = {
            COMMAND("Restart into it:", "smpctl os reset --boot-mode 1"),
        },
    },
    {
        .id = "upload-not-supported",
        .pattern = "A11",
        .must = { S(UP_RC8) },
        .must_not = { S(LIST_RC8) },
        .weight = 90,
        .title = "The firmware does not take uploads",
        .explanation = "rc 8 to an upload: the command is not built in.",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG=y\nCONFIG_IMG_MANAGER=y"),
        },
    },
    {
        .id = "application-refuses-upload",
        .pattern = "O1",
        .must = { S(UP_BUSY) },
        .weight = 86,
        .title = "The application refuses the upload for now",
        .explanation = "A hook of the firmware answered busy (10) or not "
            "allowed (11).",
        .fixes = { COMMAND("Try later:", "smpctl upgrade FILE") },
    },
    {
        .id = "watchdog-during-update",
        .pattern = "C8",
        .must = { S(C_WATCHDOG) },
        .stronger = { S(DOWN_FIRST), S(DOWN_UPLOAD), S(FIRST_UNANSWERED),
            S(MIDDLE_UNANSWERED), S(OFFSET_ZERO), S(DEVICE_REBOOTED) },
        .wants = 1,
        .weight = 84,
        .title = "The watchdog fires while the flash is erased or written",
        .explanation = "Erase and swap take longer than the watchdog waits.",
        .fixes = {
            KCONFIG("In prj.conf and mcuboot.conf:",
                "CONFIG_IMG_ERASE_PROGRESSIVELY=y\n"
                "CONFIG_BOOT_WATCHDOG_FEED=y"),
        },
    },
    {
        .id = "old-option-names",
        .pattern = "M5",
        .must = { S(CONF_OLD_NAMES) },
        .any = { S(LIST_RC8), S(T_NO_SERVICE), S(NEVER_ANSWERED),
            S(T_FIRST_TIMEOUT) },
        .must_not = { S(ANSWERED) },
        .weight = 88,
        .title = "The configuration uses option names of an older SDK; they "
            "have no effect",
        .explanation = "The names changed in Zephyr 3.3 (nRF Connect SDK "
            "2.3).",
        .fixes = {
            COMMAND("See all of them:", "smpctl doctor --conf prj.conf"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_memory = {
    "memory",
    "Memory, stacks, missing groups",
    DIAG_FAMILY_ROWS(rows),
};
