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
        .disproof = "a fault whose stack pointer lies inside of its stack",
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
        .disproof = "the same fault without a client",
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
        .disproof = "the same refusal with a heap of 8 KiB",
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
        .disproof = "the same refusal right after a reset of the device",
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
        .must_not = { S(UPLOAD_1) },
        .weight = 88,
        .title = "Images are managed by the firmware loader, not by the "
            "application",
        .explanation = "The device has to be restarted into the loader "
            "first.",
        .disproof = "bootloader information with another mode",
        .fixes = {
            COMMAND("Restart into it:", "smpctl os reset --bootloader"),
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
        .disproof = "an upload that is accepted",
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
        .disproof = "the same refusal while the application is idle",
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
        .disproof = "a reset cause other than the watchdog",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
            KCONFIG("In mcuboot.conf:", "CONFIG_BOOT_WATCHDOG_FEED=y"),
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
        .disproof = "the names in the .config of the build",
        .fixes = {
            COMMAND("See all of them:", "smpctl doctor --conf prj.conf"),
        },
    },
    {
        .id = "crash-with-shell-or-udp",
        .pattern = "M4",
        .must = { S(C_BUS_FAULT) },
        .any = { S(MEDIUM_UDP), S(SHELL_PROMPT) },
        .must_not = { S(UPLOAD_1), S(DOWN_UPLOAD), S(MIDDLE_UNANSWERED),
            S(RESET), S(C_STACK), S(OFFSET_ZERO), S(FIRST_UNANSWERED) },
        .weight = 56,
        .fallback = true,
        .title = "The device crashes at an early request over shell or UDP",
        .explanation = "Seen in 2022 on STM32: the second command ends in a "
            "bus fault, whatever it is.",
        .disproof = "a crash that needs no client",
        .fixes = {
            FILE_FIX("Update Zephyr."),
            KCONFIG("The first thing to try, in prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_memory = {
    "memory",
    "Memory, stacks, missing groups",
    DIAG_FAMILY_ROWS(rows),
};
