// SPDX-License-Identifier: Apache-2.0
/* Texts and exit statuses of the update's error codes. */
#include "dfu/code.h"

#include <stddef.h>
#include <stdint.h>

static const struct {
    const char *text;
    uint8_t exit;
} codes[] = {
    [DFU_OK] = { "ok", 0 },
    [DFU_NO_DEVICE] = { "no-device", 3 },
    [DFU_NO_ANSWER] = { "no-answer", 3 },
    [DFU_LINK_LOST] = { "link-lost", 3 },
    [DFU_DEVICE_DID_NOT_RETURN] = { "device-did-not-return", 3 },
    [DFU_FILE_MISSING] = { "file-missing", 4 },
    [DFU_NOT_AN_MCUBOOT_IMAGE] = { "not-an-mcuboot-image", 4 },
    [DFU_IMAGE_TRUNCATED] = { "image-truncated", 4 },
    [DFU_IMAGE_MALFORMED] = { "image-malformed", 4 },
    [DFU_IMAGE_HASH_MISMATCH] = { "image-hash-mismatch", 4 },
    [DFU_PACKAGE_BAD_ZIP] = { "package-bad-zip", 4 },
    [DFU_PACKAGE_NO_MANIFEST] = { "package-no-manifest", 4 },
    [DFU_PACKAGE_BAD_MANIFEST] = { "package-bad-manifest", 4 },
    [DFU_PACKAGE_FILE_MISSING] = { "package-file-missing", 4 },
    [DFU_PACKAGE_TOO_LARGE] = { "package-too-large", 4 },
    [DFU_PACKAGE_WRONG_KIND] = { "package-wrong-kind", 4 },
    [DFU_SIGNATURE_MISSING] = { "signature-missing", 4 },
    [DFU_SIGNATURE_WRONG_KEY] = { "signature-wrong-key", 4 },
    [DFU_PACKAGE_NEEDS_MORE_IMAGES] = { "package-needs-more-images", 5 },
    [DFU_DEVICE_IMAGE_COUNT_UNKNOWN] = { "device-image-count-unknown", 5 },
    [DFU_IMAGE_TOO_LARGE_FOR_SLOT] = { "image-too-large-for-slot", 5 },
    [DFU_IMAGE_TOO_LARGE_FOR_SWAP] = { "image-too-large-for-swap", 5 },
    [DFU_IMAGE_WRONG_SLOT] = { "image-wrong-slot", 5 },
    [DFU_IMAGE_DOWNGRADE] = { "image-downgrade", 5 },
    [DFU_MODE_NOT_SUPPORTED] = { "mode-not-supported", 5 },
    [DFU_BOARD_MISMATCH] = { "board-mismatch", 5 },
    [DFU_IMAGE_REFUSED_AT_BOOT] = { "image-refused-at-boot", 5 },
    [DFU_DEPENDENCY_UNMET] = { "dependency-unmet", 5 },
    [DFU_DEVICE_REFUSED] = { "device-refused", 6 },
    [DFU_IMAGE_REPLACED] = { "image-replaced", 6 },
    [DFU_UPLOAD_NO_PROGRESS] = { "upload-no-progress", 6 },
    [DFU_UPLOAD_MISMATCH] = { "upload-mismatch", 6 },
    [DFU_SWAP_REFUSED] = { "swap-refused", 6 },
    [DFU_LOADER_NOT_STARTED] = { "loader-not-started", 6 },
    [DFU_REVERTED] = { "reverted", 7 },
    [DFU_OTHER_IMAGE] = { "other-image", 7 },
    [DFU_OTHER] = { "other", 1 },
    [DFU_INTERRUPTED] = { "interrupted", 130 },
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

const char *dfu_code_to_str(enum dfu_code code)
{
    return (size_t)code < CODES ? codes[code].text : "unknown";
}

int dfu_code_exit(enum dfu_code code)
{
    return (size_t)code < CODES ? codes[code].exit : 1;
}

int dfu_code_forcible(enum dfu_code code)
{
    return dfu_code_exit(code) == 5 || code == DFU_IMAGE_HASH_MISMATCH ||
            code == DFU_SIGNATURE_MISSING || code == DFU_SIGNATURE_WRONG_KEY;
}
