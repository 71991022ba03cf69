// SPDX-License-Identifier: Apache-2.0
/*
 * Why an update stops: one code per cause, each with its stable text and exit
 * status. The texts are an interface (JSON error.code): append, never rename.
 */
#ifndef DFU_CODE_H
#define DFU_CODE_H

#ifdef __cplusplus
extern "C" {
#endif

enum dfu_code {
    DFU_OK = 0,
    /* exit 3: no device, no answer, link */
    DFU_NO_DEVICE,
    DFU_NO_ANSWER,
    DFU_LINK_LOST,
    DFU_DEVICE_DID_NOT_RETURN,
    /* exit 4: the file or package is wrong whatever the device */
    DFU_FILE_MISSING,
    DFU_NOT_AN_MCUBOOT_IMAGE,
    DFU_IMAGE_TRUNCATED,
    DFU_IMAGE_MALFORMED,
    DFU_IMAGE_HASH_MISMATCH,
    DFU_PACKAGE_BAD_ZIP,
    DFU_PACKAGE_NO_MANIFEST,
    DFU_PACKAGE_BAD_MANIFEST,
    DFU_PACKAGE_FILE_MISSING,
    DFU_PACKAGE_TOO_LARGE,
    DFU_PACKAGE_WRONG_KIND,
    DFU_SIGNATURE_MISSING,
    DFU_SIGNATURE_WRONG_KEY,
    /* exit 5: wrong for this device, nothing was changed */
    DFU_PACKAGE_NEEDS_MORE_IMAGES,
    DFU_DEVICE_IMAGE_COUNT_UNKNOWN,
    DFU_IMAGE_TOO_LARGE_FOR_SLOT,
    DFU_IMAGE_TOO_LARGE_FOR_SWAP,
    DFU_IMAGE_WRONG_SLOT,
    DFU_IMAGE_DOWNGRADE,
    DFU_MODE_NOT_SUPPORTED,
    DFU_BOARD_MISMATCH,
    DFU_IMAGE_REFUSED_AT_BOOT,
    DFU_DEPENDENCY_UNMET,
    /* exit 6: the device refused */
    DFU_DEVICE_REFUSED,
    DFU_IMAGE_REPLACED,
    DFU_UPLOAD_NO_PROGRESS,
    DFU_UPLOAD_MISMATCH,
    DFU_SWAP_REFUSED,
    DFU_LOADER_NOT_STARTED,
    /* exit 7: not the new image afterwards */
    DFU_REVERTED,
    DFU_OTHER_IMAGE,
    /* exit 1 and 130 */
    DFU_OTHER,
    DFU_INTERRUPTED,
};

/** Stable text, "package-needs-more-images"; "unknown" for other numbers. */
const char *dfu_code_to_str(enum dfu_code code);

/** Exit status of the code: 0, 1, 3..7 or 130. */
int dfu_code_exit(enum dfu_code code);

/** true when --force lifts the code (exit 5; of 4 hash and signature). */
int dfu_code_forcible(enum dfu_code code);

#ifdef __cplusplus
}
#endif

#endif
