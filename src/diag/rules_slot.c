// SPDX-License-Identifier: Apache-2.0
/* Slots in use, already pending, nothing to do. */
#include "diag/rules.h"

/* clang-format off */
#define ANY_NO_SLOT { S(UP_SLOT), S(UP_V1_5), S(UP_V1_6), S(UP_V1_2) }

static const struct diag_rule rows[] = {
    {
        .id = "running-image-not-confirmed",
        .pattern = "H4",
        .must = { S(LIST_TRIAL) },
        .any = ANY_NO_SLOT,
        .must_not = { S(LIST_PENDING) },
        .weight = 95,
        .title = "The device runs an image on trial, so its other slot is "
            "kept for the way back",
        .explanation = "An unconfirmed image runs. Until it is confirmed or "
            "reverted by a reset, the slot with the old image must not be "
            "written, and every upload is refused.",
        .disproof = "an image list whose active image is confirmed",
        .fixes = {
            COMMAND("Keep the running image:", "smpctl image confirm"),
            COMMAND("Or go back to the old one:", "smpctl os reset"),
        },
    },
    {
        .id = "no-free-slot-in-console",
        .pattern = "H4",
        .must = { S(C_INSPECT_5) },
        .must_not = { S(LIST_PENDING) },
        .weight = 82,
        .title = "The device has no free slot: the running image is not "
            "confirmed",
        .explanation = "5 is the older servers' code for an upload without "
            "a free slot. Most often a test image runs and the other slot "
            "holds the image to go back to; a pending image looks the same. "
            "A client that ignores the answer repeats the first chunk.",
        .disproof = "an image list whose active image is confirmed and no "
            "slot is pending",
        .fixes = {
            COMMAND("Keep the running image, or go back by a reset:",
                "smpctl image confirm\nsmpctl os reset"),
        },
    },
    {
        .id = "slot-pending",
        .pattern = "H1",
        .must = { S(LIST_PENDING) },
        .any = ANY_NO_SLOT,
        .must_not = { S(LIST_STUCK), S(C_NO_ROOM) },
        .weight = 95,
        .title = "An image is already waiting in the slot for the next reset",
        .explanation = "Slot 1 is marked for the next boot; this firmware "
            "does not let an upload replace it.",
        .disproof = "an image list without a pending slot",
        .fixes = {
            COMMAND("Let it boot, then repeat:", "smpctl os reset"),
            COMMAND("Or drop it, where the firmware allows:",
                "smpctl image erase"),
        },
    },
    {
        .id = "slot-stuck-pending",
        .pattern = "H3",
        .must = { S(LIST_STUCK) },
        .stronger = { S(E_SWAP_REFUSED), S(ERASE_SLOT), S(UP_SLOT) },
        .weight = 80,
        .title = "The slot stays pending over a reset: MCUboot refuses to "
            "swap and does not clear the mark",
        .explanation = "Image too large to swap, slots that do not fit "
            "together, or a slot MCUboot cannot reach.",
        .disproof = "a boot log that shows the swap",
        .fixes = {
            HARDWARE("Watch the console during a reset; MCUboot names the "
                "reason."),
            KCONFIG("To free the slot, in prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=y"),
        },
    },
    {
        .id = "pending-slot-cannot-be-erased",
        .pattern = "H3",
        .must = { S(LIST_PENDING) },
        .any = { S(ERASE_SLOT), S(T_RC6) },
        .stronger = { S(C_NO_ROOM) },
        .weight = 78,
        .title = "The slot is pending and the device does not erase it",
        .explanation = "A mark was left over; older servers refuse erase and "
            "upload of a pending slot (rc 6).",
        .disproof = "an image list with nothing pending",
        .fixes = {
            COMMAND("Let it boot:", "smpctl os reset"),
            KCONFIG("Or, in prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=y"),
        },
    },
    {
        .id = "upload-refused-slot-in-use-old-server",
        .pattern = "H2",
        .must = { S(T_UPLOAD_FAILED_2) },
        .stronger = { S(T_RESET_FIRST) },
        .weight = 80,
        .title = "The slot is in use; old servers call that NO_MEMORY (2)",
        .explanation = "The first chunk was refused at once with rc 2. On "
            "servers of that age this means no free slot: slot 1 is pending "
            "or holds the confirmed image of a running test. It is no "
            "shortage of RAM.",
        .disproof = "rc 2 to large requests of other commands as well, or a "
            "list that shows slot 1 free",
        .fixes = {
            COMMAND("Free the slot:",
                "smpctl why\nsmpctl os reset\nsmpctl image confirm"),
        },
    },
    {
        .id = "orphan-trailer",
        .pattern = "H5",
        .must = { S(LIST_ONE_SLOT) },
        .any = { S(UP_SLOT), S(UP_V1_6), S(UP_V1_5) },
        .must_not = { S(LIST_PENDING), S(LIST_TRIAL), S(LIST_KEY),
            S(UPLOAD_IMAGE_1) },
        .stronger = { S(C_ORPHAN) },
        .weight = 72,
        .title = "Slot 1 is empty, yet it counts as in use: a trailer was "
            "left behind",
        .explanation = "An interrupted erase left the trailer at the end of "
            "the slot without an image.",
        .disproof = "an image list that shows slot 1",
        .fixes = {
            COMMAND("Erase it; newer servers can:", "smpctl image erase"),
            HARDWARE("Otherwise erase the last sector of the slot by cable."),
        },
    },
    {
        .id = "no-free-slot-v1-rc2",
        .pattern = "H2",
        .must = { S(UP_V1_2) },
        .must_not = { S(LIST_PENDING), S(LIST_TRIAL), S(BIG_UNANSWERED),
            S(NO_MEMORY) },
        .weight = 65,
        .fallback = true,
        .title = "The device found no free slot, or no memory, for the "
            "upload",
        .explanation = "rc 2 to the first chunk is the oldest servers' word "
            "for a slot in use; real shortage of buffers shows at other "
            "large requests too.",
        .disproof = "an image list with slot 1 free, or a smaller first chunk "
            "that is taken",
        .fixes = { COMMAND("See what the slots hold:", "smpctl why") },
    },
    {
        .id = "no-free-slot",
        .pattern = "H2",
        .must = { 0 },
        .any = { S(UP_SLOT), S(UP_V1_5), S(T_GROUP_9), S(C_INSPECT_6) },
        .must_not = { S(LIST_PENDING), S(LIST_TRIAL), S(LIST_ONE_SLOT) },
        .weight = 66,
        .fallback = true,
        .title = "The device has no free slot for the upload",
        .explanation = "Every slot that the upload could go to is in use or "
            "not readable.",
        .disproof = "an image list with slot 1 free and the running image "
            "confirmed",
        .fixes = {
            COMMAND("See what the slots hold, then free slot 1:",
                "smpctl why\nsmpctl image erase"),
        },
    },
    {
        .id = "bad-state-at-upload",
        .pattern = "H1",
        .must = { S(UP_V1_6) },
        .must_not = { S(LIST_PENDING), S(LIST_TRIAL), S(LIST_ONE_SLOT) },
        .weight = 60,
        .fallback = true,
        .title = "The device refuses the upload in its present state",
        .explanation = "rc 6 of SMP v1 stands for no free slot and for a "
            "version that is not higher.",
        .disproof = "an image list with nothing pending and the running image "
            "confirmed",
        .fixes = { COMMAND("See what the slots hold:", "smpctl why") },
    },
    {
        .id = "erase-of-running-slot",
        .pattern = "H7",
        .must = { S(ERASE_0), S(ERASE_SLOT) },
        .weight = 94,
        .title = "The erase was for slot 0, the running image",
        .explanation = "The command counts slots (1 is the second one), not "
            "images.",
        .disproof = "a request that names another slot",
        .fixes = { COMMAND("Erase slot 1:", "smpctl image erase --slot 1") },
    },
    {
        .id = "erase-refused-slot-in-use",
        .pattern = "H1",
        .must = { S(ERASE_SLOT) },
        .must_not = { S(ERASE_0), S(LIST_STUCK) },
        .stronger = { S(LIST_PENDING), S(LIST_TRIAL) },
        .weight = 74,
        .fallback = true,
        .title = "The slot cannot be erased: it is pending, or kept for the "
            "way back",
        .explanation = "The server protects a slot that the next boot "
            "needs.",
        .disproof = "an image list with nothing pending and the running image "
            "confirmed",
        .fixes = {
            COMMAND("Let it boot or confirm what runs:",
                "smpctl why\nsmpctl os reset"),
        },
    },
    {
        .id = "listed-as-not-bootable",
        .pattern = "E15",
        .must = { S(LIST_NOT_BOOTABLE) },
        .must_not = { S(LIST_NO_ACTIVE) },
        .stronger = { S(AFTER_OLD_GONE), S(STATE_REFUSED) },
        .weight = 68,
        .title = "An image is listed as not bootable",
        .explanation = "Its header has the flag for it: a build that is not "
            "meant to be booted by itself.",
        .disproof = "header flags without 0x10",
        .fixes = {
            COMMAND("See its flags:", "smpctl imagefile show FILE"),
        },
    },
    {
        .id = "unconfirmed-after-programming",
        .pattern = "I3",
        .must = { S(LIST_TRIAL), S(LIST_ONE_SLOT) },
        .must_not = { S(UP_SLOT), S(UP_V1_5), S(UP_V1_6), S(UP_V1_2) },
        .weight = 90,
        .benign = true,
        .title = "Not confirmed, and nothing to go back to: an image written "
            "by cable",
        .explanation = "Without a trailer there is no swap, and nothing to "
            "confirm.",
    },
    {
        .id = "same-image-in-both-slots",
        .pattern = "H6",
        .must = { S(LIST_SAME_HASH) },
        .must_not = { S(AFTER_NEW), S(RESET), S(UPLOAD_2) },
        .stronger = { S(STATE_V1_1) },
        .weight = 82,
        .title = "Slot 1 holds exactly the firmware that runs: there is "
            "nothing to install",
        .explanation = "Both slots have the same hash. A test finds slot 0 "
            "first and is refused or does nothing.",
        .disproof = "a list with different hashes after an upload",
        .fixes = {
            FILE_FIX("Build with a new version or new content if an update "
                "was meant."),
        },
    },
    {
        .id = "second-reset-needed",
        .pattern = "H8",
        .must = { S(AFTER_NEW), S(UP_V1_1) },
        .weight = 60,
        .title = "The first upload after a swap is refused; another reset "
            "helps",
        .explanation = "The trailer of the swap that was just done is read as "
            "unfinished. Seen with old versions on STM32.",
        .disproof = "the same refusal after one more reset",
        .fixes = {
            COMMAND("Reset once more, then repeat:",
                "smpctl os reset\n"
                "smpctl upgrade FILE"),
        },
    },
    {
        .id = "marked-image-waits-for-a-reset",
        .pattern = "O5",
        .must = { S(TESTED), S(UPLOAD_1) },
        .must_not = { S(RESET_SENT), S(RESET), S(DOWN),
            S(DOWN_RESET), S(STATE_REFUSED), S(E_REVERTED) },
        .weight = 90,
        .benign = true,
        .title = "An image is marked and no reset was asked for: the old one "
            "runs until the next reset",
        .explanation = "Nothing is wrong; the bootloader installs the image "
            "when the device starts the next time.",
        .fixes = {
            COMMAND("Start it:",
                "smpctl os reset"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_slot = {
    "slot",
    "Slots in use",
    DIAG_FAMILY_ROWS(rows),
};
