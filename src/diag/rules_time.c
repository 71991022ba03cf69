// SPDX-License-Identifier: Apache-2.0
/* Time-outs, erase. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "device-fell-silent",
        .pattern = "A9",
        .must = { S(SILENT_AFTER) },
        .any = { S(MIDDLE_UNANSWERED), S(LAST_UNANSWERED) },
        .must_not = { S(C_BUS_FAULT), S(C_STACK),
            S(C_WATCHDOG), S(DOWN_UPLOAD) },
        .stronger = { S(E_LINK_LOST) },
        .weight = 86,
        .title = "The device stopped answering in the middle of the upload, "
            "and not even a small request is answered any more",
        .explanation = "Requests that fit any buffer stay unanswered too, so "
            "it is neither their size nor their number: the device crashed, "
            "hangs, lost its power, or the path to it is gone.",
        .disproof = "an answer to any request after that moment",
        .fixes = {
            HARDWARE("Read the console of the device at that moment; cut its "
                "power if it hangs."),
            COMMAND("Then look, and try again: the upload goes on if the "
                "device did not restart:",
                "smpctl os echo hello\n"
                "smpctl upgrade FILE"),
        },
    },
    {
        .id = "first-chunk-erases-slot",
        .pattern = "C1",
        .must = { S(FIRST_UNANSWERED) },
        .any = { S(LIST_SLOT1), S(LATE_ANSWER), S(FIRST_SLOW),
            S(CONF_NO_PROGRESSIVE) },
        .must_not = { S(NEVER_ANSWERED), S(DOWN_FIRST), S(TWO_FILES),
            S(SHIFTED) },
        .weight = 89,
        .title = "The first chunk waits for the erase of the whole slot, "
            "longer than the client does",
        .explanation = "The device erases before it answers: 10 to 20 s for "
            "an image on an nRF52, more on external flash. A second try "
            "works at once because the slot is empty then.",
        .disproof = "no answer within two minutes either",
        .fixes = {
            COMMAND("Wait longer, or erase before:",
                "smpctl --timeout 60 upgrade FILE\nsmpctl image erase"),
            KCONFIG("In prj.conf:", "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
    {
        .id = "silent-since-the-first-chunk",
        .pattern = "C1",
        .must = { S(SILENT_AFTER), S(FIRST_UNANSWERED) },
        .must_not = { S(C_BUS_FAULT), S(C_STACK), S(C_WATCHDOG),
            S(DOWN_FIRST), S(LIST_SLOT1), S(LATE_ANSWER) },
        .weight = 66,
        .title = "Since the first chunk the device has not answered anything: "
            "it erases its slot longer than the client waited, or it died "
            "doing so",
        .explanation = "While a slot is erased no other request is answered "
            "either. Tens of seconds are normal for a large slot; after some "
            "minutes the device has crashed.",
        .disproof = "an answer to a small request while the first chunk is "
            "open",
        .fixes = {
            COMMAND("Wait a minute, look whether it lives, then wait longer:",
                "smpctl os echo hello\n"
                "smpctl --timeout 60 upgrade FILE"),
            KCONFIG("Erase as the upload goes on, in prj.conf:",
                "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
    {
        .id = "begun-again-after-the-last-chunk",
        .pattern = "D5",
        .must = { S(RESTARTED) },
        .must_not = { S(NEVER_ANSWERED) },
        .weight = 78,
        .title = "The last chunk was not answered in time, so the client began "
            "the same file again",
        .explanation = "The device writes its buffer and checks the whole "
            "image before it answers the last chunk. The image was complete, "
            "most likely; an image list would have shown it.",
        .disproof = "an image list after the last chunk that does not show the "
            "new hash",
        .fixes = {
            COMMAND("Look before you repeat, and wait longer:",
                "smpctl image list\n"
                "smpctl --timeout 20 upgrade FILE"),
        },
    },
    {
        .id = "last-chunk-takes-longer",
        .pattern = "C6",
        .must = { S(LAST_UNANSWERED) },
        .must_not = { S(NEVER_ANSWERED), S(SILENT_AFTER), S(RESTARTED) },
        .stronger = { S(LATE_ANSWER) },
        .weight = 90,
        .title = "Only the last chunk was not answered in time",
        .explanation = "The device writes its buffer and checks the whole "
            "image before this answer. The image is complete, most likely.",
        .disproof = "an image list that does not show the new hash",
        .fixes = {
            COMMAND("Look before you repeat:", "smpctl image list"),
            COMMAND("And wait longer:", "smpctl --timeout 20 upgrade FILE"),
        },
    },
    {
        .id = "link-lost-during-erase",
        .pattern = "C8",
        .must = { S(DOWN_FIRST) },
        .must_not = { S(C_WATCHDOG) },
        .weight = 74,
        .title = "The link is lost after the first chunk: the device "
            "restarts while it erases",
        .explanation = "A watchdog that is not fed during the erase, or a "
            "radio that starves.",
        .disproof = "an uptime that goes on over the loss: then it is the "
            "radio",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
            KCONFIG("In mcuboot.conf:", "CONFIG_BOOT_WATCHDOG_FEED=y"),
        },
    },
    {
        .id = "link-lost-at-same-offset",
        .pattern = "A9",
        .must = { S(DOWN_SAME) },
        .weight = 82,
        .title = "The link is lost at the same offset again: the device "
            "crashes there",
        .explanation = "Radio trouble would come at random offsets. A write "
            "to this place makes the firmware fail.",
        .disproof = "another offset at the next try",
        .fixes = { HARDWARE("Read the device's console at that moment.") },
    },
    {
        .id = "link-lost-during-upload",
        .pattern = "A9",
        .must = { S(DOWN_UPLOAD) },
        .must_not = { S(DOWN_SAME), S(DOWN_FIRST), S(C_BUS_FAULT),
            S(C_STACK), S(C_WATCHDOG) },
        .stronger = { S(E_LINK_LOST) },
        .weight = 76,
        .fallback = true,
        .title = "The link was lost in the middle of the upload",
        .explanation = "Radio, or a device that restarts. The same offset "
            "at the next try means the device, another one the radio.",
        .disproof = "a reset that was asked for by somebody else",
        .fixes = {
            COMMAND("Try again; the upload goes on:", "smpctl upgrade FILE"),
        },
    },
    {
        .id = "link-lost",
        .pattern = "A9",
        .must = { 0 },
        .any = { S(E_LINK_LOST) },
        .must_not = { S(DOWN_UPLOAD), S(DOWN_STATE), S(RESET) },
        .weight = 66,
        .fallback = true,
        .title = "The link was lost while a request was open",
        .explanation = "Radio, cable, or a device that restarts.",
        .disproof = "a reset that was asked for by somebody else",
        .fixes = { COMMAND("Try again:", "smpctl upgrade FILE") },
    },
    {
        .id = "link-lost-with-an-open-request",
        .pattern = "A9",
        .must = { S(DOWN_OPEN) },
        .must_not = { S(DOWN_UPLOAD), S(DOWN_STATE), S(DOWN_FIRST),
            S(C_BUS_FAULT), S(C_STACK) },
        .weight = 66,
        .fallback = true,
        .title = "The link was lost while a request was open",
        .explanation = "Radio, or a device that restarts at this request.",
        .disproof = "a reset that was asked for by somebody else",
        .fixes = { COMMAND("Try again:", "smpctl image list") },
    },
    {
        .id = "answer-lost-in-the-middle",
        .pattern = "C4",
        .must = { 0 },
        .any = { S(T_UPLOAD_TIMEOUT), S(MIDDLE_UNANSWERED) },
        .must_not = { S(NEVER_ANSWERED), S(BIG_UNANSWERED), S(MANY_LOST),
            S(LOST_ONE), S(DOWN_UPLOAD), S(MEDIUM_UDP), S(OFFSET_ZERO),
            S(SILENT_AFTER) },
        .stronger = { S(SILENCE) },
        .weight = 68,
        .title = "The answers stop in the middle of the upload: the "
            "transport, not the image",
        .explanation = "A time-out and no refusal. At another offset every "
            "time it is the radio, the host's Bluetooth stack, or buffers; "
            "at the same offset it is the device.",
        .disproof = "the same offset at every try",
        .fixes = {
            COMMAND("Try again with one request at a time:",
                "smpctl --window 1 --timeout 10 upgrade FILE"),
        },
    },
    {
        .id = "client-chunk-timeout-too-short",
        .pattern = "C3",
        .must = { S(T_TIMEOUT) },
        .any = { S(T_LOST_ACKED), S(LATE_ANSWER) },
        .must_not = { S(FIRST_UNANSWERED), S(LAST_UNANSWERED), S(RESET),
            S(RESTARTED) },
        .weight = 84,
        .title = "The client gave up although a later answer had arrived",
        .explanation = "Some clients wait for every single answer with a "
            "short time limit; phones delay or lose notifications.",
        .disproof = "no answer with a higher offset after the time-out",
        .fixes = {
            FILE_FIX("Update the client library."),
            COMMAND("One request at a time:",
                "smpctl --window 1 upgrade FILE"),
        },
    },
    {
        .id = "go-client-timeout-first-chunk",
        .pattern = "C1",
        .must = { S(T_NMP_TIMEOUT), S(FIRST_UNANSWERED) },
        .must_not = { S(NEVER_ANSWERED), S(LIST_SLOT1) },
        .weight = 76,
        .title = "The first chunk was not answered within the client's time",
        .explanation = "The device erases the slot before it answers.",
        .disproof = "no answer within a minute either",
        .fixes = {
            COMMAND("Give it more time:", "mcumgr -t 60 image upload FILE"),
        },
    },
    {
        .id = "erase-of-empty-slot",
        .pattern = "C9",
        .must = { S(ERASE_V1_1), S(LIST_ONE_SLOT) },
        .weight = 90,
        .benign = true,
        .title = "rc 1 to the erase of an empty slot is harmless",
        .explanation = "A server of Zephyr 3.5; uploads work afterwards.",
    },
    {
        .id = "first-chunk-slow",
        .pattern = "C1",
        .must = { S(FIRST_SLOW) },
        .must_not = { S(FIRST_UNANSWERED) },
        .weight = 92,
        .benign = true,
        .title = "The first chunk took long: the device erases its slot",
        .explanation = "That is normal without CONFIG_IMG_ERASE_"
            "PROGRESSIVELY.",
    },
    {
        .id = "single-answers-lost",
        .pattern = "C4",
        .must = { S(LOST_ONE) },
        .weight = 90,
        .benign = true,
        .title = "Single answers were lost; the transfer went on",
        .explanation = "The chunk was sent again; the offset is what "
            "counts.",
    },
    {
        .id = "late-ack-made-good",
        .pattern = "C3",
        .must = { S(T_LOST_ACKED) },
        .must_not = { S(T_TIMEOUT) },
        .weight = 90,
        .benign = true,
        .title = "A lost notification was made good by a later one",
        .explanation = "The later offset acknowledges the earlier chunks.",
    },
    {
        .id = "second-attempt-works",
        .pattern = "C7",
        .must = { S(FIRST_UNANSWERED), S(AGAIN_WENT_WELL) },
        .any = { S(T_NMP_TIMEOUT), S(T_TIMEOUT), S(SILENCE) },
        .weight = 84,
        .title = "Every second upload times out: the first one erases the "
            "slot, the next finds it empty",
        .explanation = "The first chunk waits for the erase of the whole slot, "
            "longer than this client does. The erase goes on after the client "
            "gave up, so the next attempt works at once.",
        .disproof = "a first attempt that fails with an empty slot 1",
        .fixes = {
            COMMAND("Wait longer, or erase before:",
                "smpctl --timeout 60 upgrade FILE\n"
                "smpctl image erase"),
            KCONFIG("In prj.conf:",
                "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
    {
        .id = "upload-slows-down",
        .pattern = "C5",
        .must = { S(SLOWER) },
        .any = { S(T_NMP_TIMEOUT), S(T_TIMEOUT),
            S(SILENCE), S(MIDDLE_UNANSWERED) },
        .weight = 70,
        .title = "The answers come slower and slower until the client gives up",
        .explanation = "Some Bluetooth stacks of hosts do so in long "
            "transfers, and clients that wait for flash that is erased bit by "
            "bit. The image is not the reason.",
        .disproof = "the same pace at the end as at the beginning of another "
            "try",
        .fixes = {
            COMMAND("Empty the slot first, then send with another client:",
                "smpctl image erase\n"
                "smpctl upgrade FILE"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_time = {
    "time",
    "Time-outs, erase, lost links",
    DIAG_FAMILY_ROWS(rows),
};
