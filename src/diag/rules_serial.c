// SPDX-License-Identifier: Apache-2.0
/* Serial lines, consoles, serial recovery. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "talking-to-serial-recovery",
        .pattern = "F7",
        .must = { S(LIST_NO_ACTIVE) },
        .any = { S(STATE_RC8), S(T_RC8), S(STATE_V1_5), S(ERASE_V1_1) },
        .weight = 94,
        .title = "MCUboot's serial recovery answers, not the application",
        .explanation = "No listed image is active: a bootloader lists "
            "versions and hashes without flags. It has no test or confirm "
            "unless an option is set, and uploads go to the primary slot.",
        .disproof = "a list with an active image",
        .fixes = {
            KCONFIG("To mark images in recovery, in mcuboot.conf:",
                "CONFIG_BOOT_SERIAL_IMG_GRP_IMAGE_STATE=y"),
            COMMAND("Or upload and reset; there is no test:",
                "smpctl upgrade --mode upload-only FILE\nsmpctl os reset"),
        },
    },
    {
        .id = "serial-recovery-refuses-upload",
        .pattern = "F7",
        .must = { S(LIST_NO_ACTIVE), S(UP_V1_3) },
        .must_not = { S(BYTES_IMAGE), S(FILE_GOOD), S(UPLOAD_IMAGE_1) },
        .weight = 84,
        .title = "MCUboot's serial recovery answers, and refuses the upload",
        .explanation = "rc 3 in recovery: an image number it does not know, "
            "or a file larger than the primary slot, which is where it "
            "writes.",
        .disproof = "a list with an active image",
        .fixes = {
            COMMAND("Leave recovery and update through the application:",
                "smpctl os reset\nsmpctl upgrade FILE"),
        },
    },
    {
        .id = "no-smp-server-on-port",
        .pattern = "F1",
        .must = { S(NEVER_ANSWERED), S(MEDIUM_SERIAL) },
        .must_not = { S(C_BANNER), S(C_BOOT), S(CONSOLE_IN_STREAM) },
        .weight = 88,
        .title = "Nothing on this serial port speaks SMP",
        .explanation = "Another UART, wrong speed, firmware without the "
            "transport, or the device is not in recovery.",
        .disproof = "any frame from the device on this port",
        .fixes = {
            COMMAND("See which ports there are:", "smpctl scan"),
            KCONFIG("In prj.conf:", "CONFIG_MCUMGR_TRANSPORT_UART=y"),
        },
    },
    {
        .id = "application-prints-instead-of-answering",
        .pattern = "F10",
        .must = { S(NEVER_ANSWERED) },
        .any = { S(C_BANNER), S(CONSOLE_IN_STREAM), S(C_BOOT) },
        .weight = 84,
        .title = "The port carries console text, and no SMP",
        .explanation = "The application runs and prints there. Recovery was "
            "not entered, or SMP is on another port.",
        .disproof = "an SMP frame between the lines",
        .fixes = {
            COMMAND("Enter recovery where the firmware can:",
                "smpctl os reset --bootloader"),
            HARDWARE("Or hold the button of the bootloader during a reset."),
        },
    },
    {
        .id = "damaged-frames",
        .pattern = "F6",
        .must = { S(T_CRC) },
        .must_not = { S(CONSOLE_IN_STREAM) },
        .stronger = { S(T_TIMEOUT), S(SILENCE) },
        .weight = 74,
        .title = "Frames arrive damaged: speed, flow control or overruns of "
            "the serial line",
        .explanation = "Checksums do not fit. Bytes are lost or the speed "
            "is wrong.",
        .disproof = "the same errors at a low speed with flow control",
        .fixes = {
            COMMAND("Slower:", "smpctl -c 'serial:/dev/ttyACM0?baud=57600' "
                "upgrade FILE"),
            HARDWARE("Connect RTS and CTS."),
        },
    },
    {
        .id = "console-text-breaks-frames",
        .pattern = "F3",
        .must = { S(CONSOLE_IN_STREAM), S(T_CRC) },
        .weight = 86,
        .title = "Console text of the device gets between the frames",
        .explanation = "Log and SMP share a UART. Frames that text is "
            "printed into are lost.",
        .disproof = "damaged frames without text in them",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_LOG_BACKEND_UART=n\n"
                "CONFIG_UART_CONSOLE=n"),
        },
    },
    {
        .id = "shell-drops-long-frames",
        .pattern = "F4",
        .must = { S(BIG_UNANSWERED), S(SHELL_PROMPT) },
        .weight = 84,
        .title = "The shell drops long frames",
        .explanation = "Short commands work. The receive buffer of the "
            "shell transport holds too little.",
        .disproof = "an answer to a request of that size",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_SHELL_BACKEND_SERIAL_RX_RING_BUFFER_SIZE=1024\n"
                "CONFIG_MCUMGR_TRANSPORT_SHELL_RX_BUF_COUNT=8"),
        },
    },
    {
        .id = "frames-larger-than-server-buffer",
        .pattern = "F5",
        .must = { S(BIG_UNANSWERED), S(MEDIUM_SERIAL) },
        .must_not = { S(SHELL_PROMPT), S(NEVER_ANSWERED), S(SILENT_AFTER) },
        .weight = 88,
        .title = "Frames larger than the buffers of the serial server are "
            "dropped",
        .explanation = "Small requests are answered, large ones are not, "
            "and nobody says why. MCUboot takes 1024 bytes, Zephyr's UART "
            "two lines of 128.",
        .disproof = "an answer to a request of that size",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_UART_MCUMGR_RX_BUF_COUNT=8\n"
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024"),
            KCONFIG("In mcuboot.conf:",
                "CONFIG_BOOT_SERIAL_MAX_RECEIVE_SIZE=4096"),
        },
    },
    {
        .id = "frames-larger-than-common-buffers",
        .pattern = "F5",
        .must = { S(SERIAL_BIG) },
        .any = { S(T_TIMEOUT), S(SILENCE), S(T_NMP_TIMEOUT), S(T_PORT) },
        .weight = 80,
        .title = "The client sends frames of more than 1024 bytes; the "
            "server drops them",
        .explanation = "MCUboot's default buffer has 1024 bytes, lines 128.",
        .disproof = "an answer to a frame of that size",
        .fixes = {
            COMMAND("Smaller frames:", "mcumgr-client -m 1024 -l 128 ..."),
        },
    },
    {
        .id = "answer-without-body",
        .pattern = "F9",
        .must = { S(T_NO_CBOR) },
        .weight = 84,
        .title = "The answer ends after its header",
        .explanation = "A bootloader that failed to encode its answer; the "
            "client reports EOF. Uploading may still work.",
        .disproof = "a log that was cut at that place",
        .fixes = { FILE_FIX("Update MCUboot.") },
    },
    {
        .id = "port-vanished-after-reset",
        .pattern = "F11",
        .must = { S(T_PORT), S(RESET) },
        .weight = 88,
        .title = "The USB port vanished with the reset",
        .explanation = "A CDC ACM port belongs to the firmware; it comes "
            "back, maybe under another name.",
        .disproof = "the port stays open over the reset",
        .fixes = {
            COMMAND("Name it by its identity:",
                "smpctl -c serial:/dev/serial/by-id/... image list"),
        },
    },
    {
        .id = "programmer-tool-timeout",
        .pattern = "F13",
        .must = { S(T_603) },
        .weight = 62,
        .title = "The programmer's tool waited in vain (603)",
        .explanation = "The device is not in recovery, or the network core "
            "step takes longer than the tool waits.",
        .disproof = "a device in recovery that answers smpctl image list",
        .fixes = { HARDWARE("Enter recovery and try again.") },
    },
    {
        .id = "port-in-use",
        .pattern = "F2",
        .must = { S(T_PORT_BUSY) },
        .weight = 92,
        .title = "Another program holds the serial port",
        .explanation = "A terminal, an IDE or another client has it open. If "
            "both read it, bytes of answers are missing and long frames time "
            "out.",
        .disproof = "lsof that shows nobody at the port",
        .fixes = {
            COMMAND("See who it is, and close it:",
                "lsof /dev/ttyACM0"),
            HARDWARE("With J-Link's drive on the same cable, switch the drive "
                "off: MSDDisable in J-Link Commander."),
        },
    },
    {
        .id = "old-recovery-does-not-understand-client",
        .pattern = "F12",
        .must = { S(LIST_NO_ACTIVE), S(UP_V1_3) },
        .any = { S(BYTES_IMAGE), S(FILE_GOOD) },
        .must_not = { S(UPLOAD_IMAGE_1), S(TOO_LONG_SENT),
            S(FIRST_SHORT), S(BYTES_NO_IMAGE) },
        .weight = 72,
        .title = "An old serial recovery refuses the first chunk of a good "
            "file",
        .explanation = "MCUboot of 2018 and 2019 knows the keys of an upload "
            "in one order only and answers rc 3 to newer clients.",
        .disproof = "the same file accepted by the same recovery from another "
            "new client",
        .fixes = {
            HARDWARE("Update MCUboot by cable, or use a client of that time."),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_serial = {
    "serial",
    "Serial lines and recovery",
    DIAG_FAMILY_ROWS(rows),
};
