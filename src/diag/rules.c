// SPDX-License-Identifier: Apache-2.0
/*
 * The doctor's table, read from top to bottom. Adding a pattern is adding a
 * row here and a case under tests/. `pattern` is the code of the failure
 * catalogue (docs/spec/patterns.md).
 */
#include "diag/session.h"

#define S(name) DIAG_SIGN(SIGN_##name)

/* clang-format off */
static const struct diag_rule rules[] = {
    {
        .id = "multi-image-package-on-single-image-device",
        .pattern = "N1",
        .must = S(HASH_REFUSED) | S(LIST_NO_IMAGE_KEY) | S(TWO_UPLOADS),
        .must_not = S(LIST_IMAGE_KEY),
        .stronger = S(PACKAGE_TWO) | S(UPLOAD_IMAGE_1) | S(HASH_OF_EARLIER)
                | S(HASH_REPLACED),
        .weight = 98,
        .title = "The package has two images, the device manages one: the "
                "second upload overwrote the first",
        .explanation = "A server built for one updatable image ignores the "
                "image number of an upload and writes every file to slot 1. "
                "The second file replaced the first there, so the hash that "
                "was to be tested is in no slot, and the device refuses it.",
        .disproof = "an image list after the uploads that still shows the "
                "hash of the first file, or lists entries with an `image` key",
        .fixes = {
            { DIAG_FIX_COMMAND, "Send only the application image:",
              "smpctl upgrade --image 0 dfu_application.zip" },
            { DIAG_FIX_KCONFIG, "Or rebuild bootloader and application for "
              "two images (nRF Connect SDK before sysbuild). In the "
              "application's prj.conf:",
              "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
              "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2\n"
              "CONFIG_NRF53_UPGRADE_NETWORK_CORE=y" },
            { DIAG_FIX_KCONFIG, "and in child_image/mcuboot.conf (the new "
              "bootloader is flashed once by cable):",
              "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
              "CONFIG_NRF53_MULTI_IMAGE_UPDATE=y\n"
              "CONFIG_BOOT_UPGRADE_ONLY=y\n"
              "CONFIG_PCD_APP=y" },
            { DIAG_FIX_KCONFIG, "With sysbuild, in sysbuild.conf instead:",
              "SB_CONFIG_SECURE_BOOT_NETCORE=y\n"
              "SB_CONFIG_NETCORE_APP_UPDATE=y\n"
              "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE=y\n"
              "SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY=y" },
        },
        .fix_count = 4,
    },
    {
        .id = "hash-in-no-slot",
        .pattern = "G1",
        .must = S(HASH_REFUSED),
        .must_not = S(TWO_UPLOADS),
        .weight = 60,
        .title = "The image to be marked is in no slot of the device",
        .explanation = "The device looked for the hash in every slot it "
                "manages and did not find it: the upload was replaced, is "
                "incomplete, or the hash is not that of the image (the hash "
                "of the file is another number).",
        .disproof = "an image list that shows this hash",
        .fixes = {
            { DIAG_FIX_COMMAND, "See what the slots hold:",
              "smpctl image list\nsmpctl why" },
        },
        .fix_count = 1,
    },
    {
        .id = "running-image-not-confirmed",
        .pattern = "H4",
        .must = S(NO_SLOT) | S(LIST_TRIAL),
        .weight = 95,
        .title = "The device runs an image on trial, so its other slot is "
                "kept for the way back",
        .explanation = "An unconfirmed image runs. Until it is confirmed or "
                "reverted by a reset, the slot with the old image must not "
                "be written, and every upload is refused.",
        .disproof = "an image list whose active image is confirmed",
        .fixes = {
            { DIAG_FIX_COMMAND, "Keep the running image:",
              "smpctl image confirm" },
            { DIAG_FIX_COMMAND, "Or go back to the old one:",
              "smpctl os reset" },
        },
        .fix_count = 2,
    },
    {
        .id = "slot-pending",
        .pattern = "H1",
        .must = S(NO_SLOT) | S(LIST_PENDING),
        .weight = 95,
        .title = "An image is already waiting in the slot for the next reset",
        .explanation = "Slot 1 is marked for the next boot; this firmware "
                "does not let an upload replace it.",
        .disproof = "an image list without a pending slot",
        .fixes = {
            { DIAG_FIX_COMMAND, "Let it boot, then repeat:",
              "smpctl os reset" },
            { DIAG_FIX_COMMAND, "Or drop it, where the firmware allows:",
              "smpctl image erase" },
        },
        .fix_count = 2,
    },
    {
        .id = "no-free-slot",
        .pattern = "H2",
        .must = S(NO_SLOT),
        .must_not = S(LIST_PENDING) | S(LIST_TRIAL),
        .weight = 60,
        .title = "The device has no free slot for the upload",
        .explanation = "Every slot that the upload could go to is in use or "
                "not readable (an orphan trailer looks the same).",
        .fixes = {
            { DIAG_FIX_COMMAND, "See what the slots hold, then free slot 1:",
              "smpctl why\nsmpctl image erase" },
        },
        .fix_count = 1,
    },
    {
        .id = "image-already-running",
        .pattern = "G5",
        .must = S(TEST_OF_ACTIVE),
        .weight = 95,
        .title = "The image to be tested is the one that runs",
        .explanation = "The hash belongs to the active slot; there is "
                "nothing to swap.",
        .disproof = "an image list whose active hash is another one",
        .fixes = {
            { DIAG_FIX_FILE, "Build with a new version or new content; the "
              "file equals the running image.", NULL },
        },
        .fix_count = 1,
    },
    {
        .id = "boot-already-decided",
        .pattern = "H1",
        .must = S(ALREADY_PENDING),
        .stronger = S(LIST_PENDING),
        .weight = 95,
        .title = "Another image is already marked for the next boot",
        .explanation = "A pending mark cannot be changed or taken back by "
                "SMP; the device refuses a second decision.",
        .fixes = {
            { DIAG_FIX_COMMAND, "Let it boot, then repeat:",
              "smpctl os reset" },
        },
        .fix_count = 1,
    },
    {
        .id = "confirm-of-other-image-denied",
        .pattern = "G6",
        .must = S(CONFIRM_DENIED),
        .weight = 95,
        .title = "This firmware does not let an image be confirmed that is "
                "not the running one",
        .explanation = "The option that allows it for the secondary slot of "
                "another image is off.",
        .fixes = {
            { DIAG_FIX_KCONFIG, "In prj.conf:",
              "CONFIG_MCUMGR_GRP_IMG_ALLOW_CONFIRM_NON_ACTIVE_IMAGE_"
              "SECONDARY=y" },
        },
        .fix_count = 1,
    },
    {
        .id = "not-an-mcuboot-image",
        .pattern = "E1",
        .must = S(BAD_MAGIC),
        .weight = 95,
        .title = "The file is no MCUboot image",
        .explanation = "Its first four bytes are not the magic of a signed "
                "image.",
        .fixes = {
            { DIAG_FIX_FILE, "Send zephyr.signed.bin or dfu_application.zip.",
              NULL },
        },
        .fix_count = 1,
    },
    {
        .id = "image-too-large",
        .pattern = "I5",
        .must = S(TOO_LARGE),
        .weight = 95,
        .title = "The image is larger than the slot can take",
        .explanation = "The device compared the announced length with its "
                "slot (or with what it can swap) and refused.",
        .fixes = {
            { DIAG_FIX_COMMAND, "See the sizes:", "smpctl image slots" },
        },
        .fix_count = 1,
    },
    {
        .id = "swap-refused-by-bootloader",
        .pattern = "I1",
        .must = S(SWAP_REFUSED),
        .weight = 80,
        .title = "MCUboot kept the old image although the new one was marked",
        .explanation = "The mark survived the reset: the bootloader found "
                "the slots incompatible, the image too large to swap, or a "
                "dependency not met.",
        .disproof = "the console of the bootloader, which names the reason",
        .fixes = {
            { DIAG_FIX_HARDWARE, "Watch the console during the reset for a "
              "line that begins with \"Cannot upgrade\" or \"Not enough "
              "free space\".", NULL },
        },
        .fix_count = 1,
    },
    {
        .id = "new-image-reverted",
        .pattern = "I2",
        .must = S(REVERTED),
        .weight = 80,
        .title = "The new image ran, or was refused, and the old one is back",
        .explanation = "After the reset the old image is active and the new "
                "one no longer marked: it was not confirmed before another "
                "reset, crashed, or was refused when it was checked.",
        .disproof = "the console of the bootloader",
        .fixes = {
            { DIAG_FIX_HARDWARE, "Watch the console over two resets.", NULL },
        },
        .fix_count = 1,
    },
    {
        .id = "device-refused-reset",
        .pattern = "O1",
        .must = S(RESET_REFUSED),
        .must_not = S(RESET),
        .weight = 95,
        .title = "The application refused the reset",
        .explanation = "A reset hook of the application vetoed it (busy or "
                "not allowed).",
        .fixes = {
            { DIAG_FIX_COMMAND, "Wait and repeat, or insist:",
              "smpctl os reset --force" },
        },
        .fix_count = 1,
    },
    {
        .id = "transfer-corrupted",
        .pattern = "D10",
        .must = S(MATCH_FALSE),
        .weight = 95,
        .title = "What arrived in flash is not what was sent",
        .explanation = "The device compared the hash of the received bytes "
                "with the one announced; they differ.",
        .fixes = {
            { DIAG_FIX_COMMAND, "Erase the slot and repeat:",
              "smpctl image erase" },
        },
        .fix_count = 1,
    },
    {
        .id = "upload-stuck",
        .pattern = "D3",
        .must = S(NO_PROGRESS),
        .weight = 90,
        .title = "The device keeps asking for the same offset",
        .explanation = "Every chunk was answered, none was stored.",
        .fixes = {
            { DIAG_FIX_COMMAND, "Reset the device and repeat:",
              "smpctl os reset" },
        },
        .fix_count = 1,
    },
    {
        .id = "never-answered",
        .pattern = "A3",
        .must = S(SILENCE) | S(NEVER_ANSWERED),
        .weight = 80,
        .title = "Nothing ever came back on this connection",
        .explanation = "Wrong address or port, no SMP server behind it, or a "
                "link that carries one direction only.",
        .fixes = {
            { DIAG_FIX_COMMAND, "Check the connection:",
              "smpctl scan\nsmpctl os echo hello" },
        },
        .fix_count = 1,
    },
    {
        .id = "image-list-too-large",
        .pattern = "B9",
        .must = S(LIST_TOO_LARGE),
        .weight = 95,
        .title = "The image list does not fit the device's buffer",
        .explanation = "Four slots need a message of about 500 bytes; the "
                "default buffer has 384.",
        .fixes = {
            { DIAG_FIX_KCONFIG, "In prj.conf:",
              "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=512" },
        },
        .fix_count = 1,
    },
    {
        .id = "image-group-missing",
        .pattern = "A11",
        .must = S(IMAGE_UNSUPPORTED),
        .weight = 95,
        .title = "The firmware has no image management",
        .explanation = "The image group is not built in, or a firmware "
                "loader is needed.",
        .fixes = {
            { DIAG_FIX_KCONFIG, "In prj.conf:",
              "CONFIG_IMG_MANAGER=y\nCONFIG_MCUMGR_GRP_IMG=y" },
        },
        .fix_count = 1,
    },
    {
        .id = "optional-parameters-not-supported",
        .pattern = "A7",
        .must = S(PARAMS_UNSUPPORTED),
        .weight = 95,
        .benign = true,
        .title = "rc 8 to MCUmgr parameters is harmless",
        .explanation = "The query is optional; without it the client finds "
                "the window by itself.",
        .fixes = {
            { DIAG_FIX_KCONFIG, "For more speed, in prj.conf:",
              "CONFIG_MCUMGR_GRP_OS_MCUMGR_PARAMS=y" },
        },
        .fix_count = 1,
    },
    {
        .id = "optional-query-not-supported",
        .pattern = "A7",
        .must = S(QUERY_UNSUPPORTED),
        .weight = 95,
        .benign = true,
        .title = "rc 8 to an optional query is harmless",
        .explanation = "Bootloader, OS and slot information are optional.",
    },
    {
        .id = "erase-settings-not-supported",
        .pattern = "A7",
        .must = S(STORAGE_UNSUPPORTED),
        .weight = 95,
        .benign = true,
        .title = "rc 8 to erasing the settings is harmless",
        .explanation = "The firmware has no group 63; there is nothing to "
                "erase.",
    },
    {
        .id = "link-loss-after-reset",
        .pattern = "O3",
        .must = S(LINK_DOWN_AFTER_RESET),
        .weight = 95,
        .benign = true,
        .title = "The link goes down after a reset: that is the reset",
        .explanation = "The device restarts; the client looks for it again.",
    },
};
/* clang-format on */

const struct diag_rule *diag_rules(size_t *count)
{
    *count = sizeof(rules) / sizeof(rules[0]);
    return rules;
}
