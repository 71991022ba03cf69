// SPDX-License-Identifier: Apache-2.0
/* Names of findings: an interface, see docs/findings.md. Never rename. */
#include <stddef.h>

#include "dfu/plan.h"

static const char *const names[DFU_FINDING_IDS] = {
    [DFU_FIND_MORE_IMAGES] = "more-images",
    [DFU_FIND_COUNT_UNKNOWN] = "image-count-unknown",
    [DFU_FIND_SLOT_SIZE] = "too-large-for-slot",
    [DFU_FIND_SWAP_SIZE] = "too-large-to-swap",
    [DFU_FIND_WRONG_SLOT] = "wrong-slot",
    [DFU_FIND_DOWNGRADE] = "downgrade",
    [DFU_FIND_MODE] = "mode-impossible",
    [DFU_FIND_BOARD] = "other-board",
    [DFU_FIND_NO_SUCH_IMAGE] = "no-such-image",
    [DFU_FIND_LIST_REFUSED] = "list-refused",
    [DFU_FIND_RESUME_REVERTED] = "resume-reverted",
    [DFU_FIND_RESUME_ABSENT] = "resume-absent",
    [DFU_FIND_NOT_IN_SLOT] = "not-in-slot",
    [DFU_FIND_RECOVERY_TEST] = "recovery-cannot-test",
    [DFU_FIND_NOT_HIGHER] = "not-higher",
    [DFU_FIND_MARKED_OTHER_FOR_GOOD] = "other-marked-for-good",
    [DFU_FIND_NEEDS_RESET] = "needs-reset",
    [DFU_FIND_ONE_SLOT] = "one-slot",
    [DFU_FIND_SWAP_TIGHT] = "maybe-too-large-to-swap",
    [DFU_FIND_LOWER_VERSION] = "lower-version",
    [DFU_FIND_NET_CORE_TEST] = "network-core-test",
    [DFU_FIND_PENDING_LOST] = "pending-lost",
    [DFU_FIND_TRIAL_LOST] = "trial-lost",
    [DFU_FIND_MARKED_FOR_GOOD] = "marked-for-good",
    [DFU_FIND_SETTINGS] = "settings-erased",
    [DFU_FIND_FORCED_ACTIVE] = "sent-though-active",
    [DFU_FIND_XIP_IN_SWAP] = "direct-xip-package",
    [DFU_FIND_NET_CORE] = "network-core",
    [DFU_FIND_DUPLICATE_FILE] = "duplicate-file",
    [DFU_FIND_OTHER_VARIANT] = "other-variant",
    [DFU_FIND_NOTHING_TO_DO] = "nothing-to-do",
    [DFU_FIND_NET_CORE_ASSUMED] = "network-core-assumed",
    [DFU_FIND_RECOVERY] = "recovery",
    [DFU_FIND_CONFIRM_LATER] = "confirm-later",
    [DFU_FIND_NON_BOOTABLE] = "non-bootable",
    [DFU_FIND_COMPRESSED] = "compressed",
    [DFU_FIND_ENCRYPTED] = "encrypted",
    [DFU_FIND_CLEAR] = "plain-text-flagged-encrypted",
    [DFU_FIND_NOT_FOR_RAM] = "not-for-ram",
    [DFU_FIND_FOR_RAM] = "for-ram",
    [DFU_FIND_ADDRESS] = "wrong-address",
    [DFU_FIND_HASH_KIND] = "other-hash",
    [DFU_FIND_UNSIGNED] = "unsigned",
    [DFU_FIND_SIGNATURE_TYPE] = "other-signature-type",
    [DFU_FIND_OTHER_KEY] = "other-key",
    [DFU_FIND_COUNTER] = "lower-counter",
    [DFU_FIND_NO_COUNTER] = "no-counter",
    [DFU_FIND_DEPENDENCY] = "dependency",
    [DFU_FIND_NEVER_SELECTED] = "never-selected",
    [DFU_FIND_NET_CORE_FILE] = "network-core-file",
    [DFU_FIND_RESET_REVERTS] = "reset-reverts",
    [DFU_FIND_RESET_INSTALLS] = "reset-installs",
    [DFU_FIND_RESET_RETURNS] = "reset-returns",
    [DFU_FIND_RESET_ERASES] = "reset-erases",
    [DFU_FIND_GOES_BACK_NEWER] = "goes-back-to-newer",
    [DFU_FIND_IN_SLOT_TRUSTED] = "in-slot-trusted",
    [DFU_FIND_IN_SLOT_TORN] = "in-slot-torn",
};

const char *dfu_finding_to_str(enum dfu_finding_id id)
{
    return (size_t)id < DFU_FINDING_IDS && names[id] != NULL ? names[id]
                                                             : "unknown";
}

const char *dfu_severity_to_str(enum dfu_severity severity)
{
    switch (severity) {
    case DFU_NOTE:
        return "note";
    case DFU_WARNING:
        return "warning";
    case DFU_FATAL:
        return "fatal";
    }
    return "unknown";
}

const char *dfu_mode_to_str(enum dfu_mode mode)
{
    switch (mode) {
    case DFU_TEST_AND_CONFIRM:
        return "test-and-confirm";
    case DFU_TEST_ONLY:
        return "test-only";
    case DFU_CONFIRM_ONLY:
        return "confirm-only";
    case DFU_UPLOAD_ONLY:
        return "upload-only";
    }
    return "unknown";
}

const char *dfu_step_to_str(enum dfu_step_kind kind)
{
    switch (kind) {
    case DFU_STEP_RESET_FIRST:
        return "reset first";
    case DFU_STEP_SKIP_ACTIVE:
        return "skip, runs already";
    case DFU_STEP_ALREADY_IN_SLOT:
        return "already in slot";
    case DFU_STEP_UPLOAD:
        return "upload";
    case DFU_STEP_LIST_CHECK:
        return "check list";
    case DFU_STEP_MARK_TEST:
        return "mark for test";
    case DFU_STEP_MARK_CONFIRM:
        return "mark for good";
    case DFU_STEP_ERASE_SETTINGS:
        return "erase settings";
    case DFU_STEP_RESET:
        return "reset";
    case DFU_STEP_WAIT:
        return "wait for boot";
    case DFU_STEP_CONFIRM:
        return "confirm";
    case DFU_STEP_VERIFY:
        return "verify";
    }
    return "unknown";
}
