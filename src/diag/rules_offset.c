// SPDX-License-Identifier: Apache-2.0
/* Offsets: stuck, going back, resumed. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "upload-stuck",
        .pattern = "D3",
        .must = { S(NO_PROGRESS) },
        .must_not = { S(UP_MIDDLE), S(OFFSET_ZERO), S(TWO_FILES) },
        .stronger = { S(C_WRITE_FAILED) },
        .weight = 92,
        .title = "The device keeps asking for the same offset: its upload "
            "state is stale after a failed write",
        .explanation = "Every chunk is answered without a refusal, none is "
            "stored. A first write failed on the device, and the half-open "
            "state stayed. A client has to give up after a few such "
            "answers.",
        .disproof = "an answer with a higher offset later",
        .fixes = {
            COMMAND("Reset the device before the next try:",
                "smpctl os reset"),
            HARDWARE("Look for the first non-zero rc before the loop: heap "
                "or flash failed there."),
        },
    },
    {
        .id = "resume-into-erased-slot",
        .pattern = "D2",
        .must = { S(RESUME_AFTER_ERASE) },
        .weight = 93,
        .title = "The device wants to resume an upload in a slot that was "
            "erased: the image will have a hole",
        .explanation = "Servers before Zephyr 3.3 keep the state of a "
            "broken upload over an erase.",
        .disproof = "an answer with offset 0 to the first chunk",
        .fixes = {
            COMMAND("Reset the device between, then send again:",
                "smpctl os reset\nsmpctl upgrade FILE"),
        },
    },
    {
        .id = "upload-longer-than-announced",
        .pattern = "D7",
        .must = { 0 },
        .any = { S(UP_OVERRUN), S(SENT_TOO_MUCH) },
        .weight = 92,
        .title = "The client sends more bytes than it announced",
        .explanation = "Padding or alignment of the client goes beyond "
            "`len`.",
        .disproof = "offset and data of every request within `len`",
        .fixes = { FILE_FIX("Update the client.") },
    },
    {
        .id = "upload-beyond-slot",
        .pattern = "D6",
        .must = { S(TOO_LONG_SENT) },
        .any = { S(SLOT_END), S(MIDDLE_UNANSWERED), S(SILENCE),
            S(UP_MIDDLE), S(DOWN_UPLOAD) },
        .weight = 92,
        .title = "The image is larger than the slot; the device stopped at "
            "its end",
        .explanation = "Servers without a check take the upload until the "
            "slot is full.",
        .disproof = "a slot that is larger than the announced length",
        .fixes = { COMMAND("Compare sizes:", "smpctl image slots") },
    },
    {
        .id = "device-forgets-the-upload",
        .pattern = "M1",
        .must = { S(OFFSET_ZERO) },
        .any = { S(NO_PROGRESS), S(SILENCE), S(E_LINK_LOST),
            S(MIDDLE_UNANSWERED) },
        .must_not = { S(TWO_FILES), S(C_WATCHDOG), S(C_STACK),
            S(DEVICE_REBOOTED) },
        .weight = 78,
        .title = "In the middle of the upload the device asks for offset 0: "
            "it restarted",
        .explanation = "The state of an upload is in RAM. A crash or a "
            "watchdog loses it; another client that starts an upload does "
            "too.",
        .disproof = "an uptime that goes on over that moment",
        .fixes = {
            HARDWARE("Read the device's console at that moment."),
            KCONFIG("The first thing to try, in prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
    {
        .id = "device-restarts-during-upload",
        .pattern = "M1",
        .must = { S(DEVICE_REBOOTED) },
        .must_not = { S(C_WATCHDOG), S(C_STACK) },
        .weight = 80,
        .title = "The device restarts in the middle of the upload",
        .explanation = "A crash or a watchdog: its console shows a boot "
            "while chunks are being sent.",
        .disproof = "an uptime that goes on over that moment",
        .fixes = {
            KCONFIG("The first thing to try, in prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
    {
        .id = "two-uploads-at-once",
        .pattern = "A8",
        .must = { S(TWO_FILES) },
        .weight = 80,
        .title = "Two uploads run at the same time",
        .explanation = "A request at offset 0 of another file takes the "
            "upload over without a word; the offsets jump.",
        .disproof = "one client only in the recording, which began again on "
            "its own",
        .fixes = { FILE_FIX("Let one client work at a time.") },
    },
    {
        .id = "later-chunk-refused",
        .pattern = "K2",
        .must = { S(UP_MIDDLE) },
        .must_not = { S(UP_WRITE), S(UP_ERASE), S(UP_OVERRUN), S(UP_MEMORY),
            S(TOO_LONG_SENT) },
        .weight = 64,
        .fallback = true,
        .title = "The device refuses the upload on its way",
        .explanation = "Flash that cannot be written, or a server that lost "
            "its state.",
        .disproof = "the same file accepted after a reset of the device",
        .fixes = { COMMAND("Reset and repeat:", "smpctl os reset") },
    },
    {
        .id = "progress-lost-by-a-restart",
        .pattern = "D9",
        .must = { S(OFFSET_ZERO), S(UPLOAD_1) },
        .must_not = { S(NO_PROGRESS), S(SILENCE) },
        .weight = 90,
        .benign = true,
        .title = "The upload began again after a restart of the device",
        .explanation = "The state of an upload is in RAM.",
    },
    {
        .id = "upload-resumed",
        .pattern = "D1",
        .must = { S(UPLOAD_RESUMED) },
        .must_not = { S(RESUME_AFTER_ERASE), S(TWO_FILES) },
        .weight = 92,
        .benign = true,
        .title = "The upload goes on where an earlier one had ended",
        .explanation = "The device knows the file by its `sha`; a late "
            "first offset is no error.",
    },
    {
        .id = "image-already-in-slot",
        .pattern = "D8",
        .must = { S(UPLOAD_AT_ONCE) },
        .weight = 92,
        .benign = true,
        .title = "The upload is done after one request",
        .explanation = "The device found the same bytes in its slot.",
    },
    {
        .id = "offset-went-back",
        .pattern = "D4",
        .must = { 0 },
        .any = { S(OFFSET_BACK), S(T_LOST_CHUNK) },
        .must_not = { S(NO_PROGRESS), S(UP_MIDDLE), S(TWO_FILES) },
        .weight = 90,
        .benign = true,
        .title = "The device asked for an earlier offset once: a chunk was "
            "lost and sent again",
        .explanation = "With several requests open this is how a lost one "
            "is repaired.",
    },
};
/* clang-format on */

const struct diag_family diag_rules_offset = {
    "offset",
    "Offsets and resuming",
    DIAG_FAMILY_ROWS(rows),
};
