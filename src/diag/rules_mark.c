// SPDX-License-Identifier: Apache-2.0
/* Test and confirm are refused. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "hash-of-file-instead-of-image",
        .pattern = "E9",
        .must = { S(HASH_IS_SHA), S(STATE_REFUSED) },
        .stronger = { S(HASH_REFUSED) },
        .weight = 96,
        .title = "The hash that was sent is that of the file, not of the "
            "image",
        .explanation = "Test and confirm want the hash in the image's "
            "trailer records (over header, body and protected records). "
            "SHA-256 over the file is another number, and in no slot.",
        .disproof = "the hash of the request differs from `sha` of the upload",
        .fixes = {
            COMMAND("Take the hash from the file's records:",
                "smpctl imagefile show app_update.bin\n"
                "smpctl image test app_update.bin"),
        },
    },
    {
        .id = "test-without-hash",
        .pattern = "G3",
        .must = { S(TEST_NO_HASH), S(STATE_REFUSED) },
        .weight = 95,
        .title = "A test was asked for without a hash",
        .explanation = "Only a confirm may leave the hash out; it then means "
            "the running image.",
        .disproof = "a hash in the request",
        .fixes = {
            COMMAND("Name the image:", "smpctl image test app_update.bin"),
        },
    },
    {
        .id = "hash-of-wrong-length",
        .pattern = "G4",
        .must = { S(HASH_LENGTH), S(STATE_REFUSED) },
        .weight = 96,
        .title = "The hash that was sent is cut or has the wrong length",
        .explanation = "The device compares whole hashes: 32 bytes, 64 in "
            "builds with SHA-512.",
        .disproof = "a request with a whole hash that is refused too",
        .fixes = {
            COMMAND("A prefix is completed by smpctl:",
                "smpctl image test 20228d22"),
        },
    },
    {
        .id = "hash-length-of-build-differs",
        .pattern = "E16",
        .must = { S(STATE_BAD_HASH), S(LIST_HASH_LONG) },
        .must_not = { S(TEST_NO_HASH), S(HASH_LENGTH) },
        .weight = 75,
        .title = "The device uses longer hashes than the client",
        .explanation = "Listed hashes are longer than 32 bytes; the client "
            "has to send that length.",
        .disproof = "a request with a hash as long as the listed ones",
        .fixes = { COMMAND("Take it from the list:", "smpctl image list") },
    },
    {
        .id = "image-already-running",
        .pattern = "G5",
        .must = { S(STATE_ACTIVE) },
        .stronger = { S(HASH_ACTIVE), S(LIST_SAME_HASH) },
        .weight = 96,
        .title = "The image to be tested is the one that runs",
        .explanation = "The hash belongs to the active slot; there is "
            "nothing to swap.",
        .disproof = "an image list whose active hash is another one",
        .fixes = {
            FILE_FIX("Build with a new version or new content; the file "
                "equals the running image."),
        },
    },
    {
        .id = "image-already-running-v1",
        .pattern = "G5",
        .must = { S(HASH_ACTIVE), S(STATE_V1_1) },
        .weight = 92,
        .title = "The image to be tested is the one that runs",
        .explanation = "SMP v1 hides the reason behind rc 1, but the list "
            "shows this hash in the active slot.",
        .disproof = "an image list whose active hash is another one",
        .fixes = {
            FILE_FIX("Build with a new version or new content; the file "
                "equals the running image."),
        },
    },
    {
        .id = "slot-holds-no-image-after-upload",
        .pattern = "E1",
        .must = { S(HASH_REFUSED), S(SLOT_EMPTY_AFTER), S(UPLOAD_1) },
        .must_not = { S(UPLOAD_2), S(STATE_AFTER_RESET), S(HASH_IS_SHA) },
        .weight = 88,
        .title = "What was uploaded is no image that the device can read",
        .explanation = "The upload is complete, but the list does not show "
            "slot 1: header or trailer records are missing or damaged (an "
            "unsigned file).",
        .disproof = "an image list that shows slot 1",
        .fixes = {
            COMMAND("Check the file:", "smpctl imagefile verify FILE"),
            FILE_FIX("Send zephyr.signed.bin or app_update.bin."),
        },
    },
    {
        .id = "boot-already-decided",
        .pattern = "H1",
        .must = { S(STATE_PENDING) },
        .stronger = { S(LIST_PENDING) },
        .weight = 95,
        .title = "Another image is already marked for the next boot",
        .explanation = "A pending mark cannot be changed or taken back by "
            "SMP; the device refuses a second decision.",
        .disproof = "an image list without a pending slot",
        .fixes = {
            COMMAND("Let it boot, then repeat:", "smpctl os reset"),
        },
    },
    {
        .id = "confirm-while-something-is-pending",
        .pattern = "G9",
        .must = { S(STATE_V1_6) },
        .stronger = { S(LIST_PENDING), S(LIST_TRIAL), S(TESTED) },
        .wants = 1,
        .weight = 92,
        .title = "A slot is pending or on trial: the device accepts no "
            "further mark",
        .explanation = "Older servers answer rc 6 (bad state) while a test "
            "is pending or the running image is not confirmed.",
        .disproof = "an image list with nothing pending and the running image "
            "confirmed",
        .fixes = {
            COMMAND("Reset first, then confirm what runs:",
                "smpctl os reset\nsmpctl image confirm"),
        },
    },
    {
        .id = "confirm-of-other-image-denied",
        .pattern = "G6",
        .must = { S(STATE_DENIED) },
        .weight = 95,
        .title = "This firmware lets only the running image be confirmed",
        .explanation = "Confirming the image in another slot in advance is "
            "an option of the server, and it is off.",
        .disproof = "the hash of the request is that of the active slot",
        .fixes = {
            COMMAND("Test, reset, then confirm:",
                "smpctl upgrade --mode test-and-confirm FILE"),
            KCONFIG("Or, in prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_IMAGE_"
                "SECONDARY=y"),
        },
    },
    {
        .id = "bad-vector-table",
        .pattern = "E7",
        .must = { S(STATE_VECTOR) },
        .weight = 88,
        .title = "The image does not look like a program for this slot",
        .explanation = "The bootloader library looked at the first words of "
            "the body and refused to mark it.",
        .disproof = "the same file accepted by another device of this kind",
        .fixes = {
            COMMAND("Check the file:", "smpctl imagefile show FILE"),
        },
    },
    {
        .id = "direct-xip-has-no-test",
        .pattern = "L2",
        .must = { S(STATE_RC8) },
        .any = { S(MODE_XIP), S(CONF_XIP), S(C_XIP_BOOT) },
        .weight = 94,
        .title = "Direct XIP without revert has no test and no confirm",
        .explanation = "The bootloader simply runs the slot with the higher "
            "version.",
        .disproof = "bootloader information with a mode other than direct XIP",
        .fixes = {
            COMMAND("Upload and reset:",
                "smpctl upgrade --mode upload-only FILE\nsmpctl os reset"),
        },
    },
    {
        .id = "accepted-but-not-marked",
        .pattern = "G7",
        .must = { S(OK_NOT_PENDING) },
        .must_not = { S(STATE_REFUSED) },
        .weight = 78,
        .title = "The device accepted the request and set no mark",
        .explanation = "An application hook or downgrade prevention drops "
            "it silently: the answer lists the image without `pending`.",
        .disproof = "a later list that shows the slot pending",
        .fixes = {
            FILE_FIX("Raise the version of the image above the running one."),
        },
    },
    {
        .id = "client-saw-mark-not-set",
        .pattern = "G7",
        .must = { S(T_NOT_PENDING) },
        .must_not = { S(STATE_REFUSED) },
        .weight = 85,
        .title = "The device did not set the mark: a downgrade, most likely",
        .explanation = "The client reports that the flag is not set though "
            "the request was accepted.",
        .disproof = "an image list that shows the image pending",
        .fixes = {
            FILE_FIX("Raise the version of the image above the running one."),
        },
    },
    {
        .id = "device-crashes-when-marking",
        .pattern = "G8",
        .must = { S(DOWN_STATE) },
        .weight = 70,
        .title = "The link is lost right after test or confirm: the device "
            "crashes there",
        .explanation = "Writing the mark needs more stack than the SMP "
            "thread of this firmware has.",
        .disproof = "a boot log without a fault",
        .fixes = {
            KCONFIG("In prj.conf:",
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096"),
        },
    },
    {
        .id = "refused-with-hidden-reason",
        .pattern = "G2",
        .must = { S(STATE_V1_1) },
        .must_not = { S(HASH_ACTIVE), S(SLOT_EMPTY_AFTER), S(UPLOAD_2) },
        .weight = 68,
        .fallback = true,
        .title = "Test or confirm was refused with rc 1; SMP v1 hides the "
            "reason",
        .explanation = "Several codes become rc 1 in SMP v1: the hash is in "
            "no slot (most likely), the image runs already, or it may not be "
            "confirmed.",
        .disproof = "the same request with SMP v2, which tells the code",
        .fixes = {
            COMMAND("Look at the slots: is the hash absent, or active?",
                "smpctl image list\nsmpctl --smp-version 2 image test FILE"),
        },
    },
    {
        .id = "hash-gone-after-reset",
        .pattern = "I1",
        .must = { S(HASH_REFUSED), S(STATE_AFTER_RESET) },
        .weight = 66,
        .fallback = true,
        .title = "After the reset the hash to be confirmed is in no slot",
        .explanation = "The bootloader removed the image, or it is the image "
            "of a core that cannot be read.",
        .disproof = "an image list after the reset that shows the hash",
        .fixes = {
            COMMAND("See what runs:", "smpctl image list\nsmpctl why"),
        },
    },
    {
        .id = "hash-in-no-slot",
        .pattern = "G1",
        .must = { 0 },
        .any = { S(HASH_REFUSED), S(T_GROUP_8) },
        .must_not = { S(STATE_AFTER_RESET), S(HASH_LISTED) },
        .stronger = { S(UPLOAD_1), S(STATE_HASH) },
        .weight = 72,
        .fallback = true,
        .title = "The image to be marked is in no slot of the device",
        .explanation = "The device looked for the hash in every slot it "
            "manages and did not find it: the upload was replaced, is "
            "incomplete, or the hash is not that of the image.",
        .disproof = "an image list that shows this hash",
        .fixes = {
            COMMAND("See what the slots hold:",
                "smpctl image list\nsmpctl why"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_mark = {
    "mark",
    "Test and confirm",
    DIAG_FAMILY_ROWS(rows),
};
