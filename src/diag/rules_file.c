// SPDX-License-Identifier: Apache-2.0
/* Files and packages that are wrong whatever the device. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "file-for-programmers",
        .pattern = "E2",
        .must = { S(F_HEX) },
        .weight = 97,
        .title = "The file is for programmers or debuggers, no update image",
        .explanation = "Intel HEX, ELF and UF2 hold addresses and more than "
            "the image; a bootloader wants the signed binary.",
        .fixes = {
            FILE_FIX("Send zephyr.signed.bin, app_update.bin or "
                "dfu_application.zip."),
        },
    },
    {
        .id = "merged-file",
        .pattern = "E3",
        .must = { S(F_MERGED) },
        .weight = 97,
        .title = "The file is a merged one: bootloader and application "
            "together",
        .explanation = "It is meant for a programmer and an empty chip.",
        .fixes = { FILE_FIX("Send app_update.bin or dfu_application.zip.") },
    },
    {
        .id = "file-has-no-mcuboot-header",
        .pattern = "E1",
        .must = { S(E_NO_IMAGE) },
        .must_not = { S(F_HEX), S(F_MERGED) },
        .weight = 96,
        .title = "The file is no MCUboot image",
        .explanation = "Its first four bytes are not 3d b8 f3 96: an "
            "unsigned binary, a hex or elf file.",
        .fixes = {
            FILE_FIX("Send zephyr.signed.bin, app_update.bin or "
                "dfu_application.zip."),
        },
    },
    {
        .id = "device-finds-no-mcuboot-header",
        .pattern = "E1",
        .must = { S(UP_MAGIC) },
        .weight = 95,
        .title = "The file is no MCUboot image",
        .explanation = "The device looked at the first bytes of the upload "
            "and did not find the magic of a signed image.",
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = {
            COMMAND("Check it:", "smpctl imagefile show FILE"),
            FILE_FIX("Send zephyr.signed.bin or dfu_application.zip."),
        },
    },
    {
        .id = "first-chunk-refused-old-server",
        .pattern = "E1",
        .must = { S(UP_V1_3) },
        .must_not = { S(FIRST_SHORT), S(MODE_XIP), S(CONF_XIP) },
        .weight = 70,
        .fallback = true,
        .title = "The device refuses the first chunk: most likely the file "
            "is no MCUboot image",
        .explanation = "Old servers answer rc 3 when the magic is missing. "
            "Serial recovery answers it for an image number it does not "
            "know, or a file larger than the slot.",
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = { COMMAND("Check it:", "smpctl imagefile verify FILE") },
    },
    {
        .id = "upload-inspect-failed-3",
        .pattern = "E1",
        .must = { S(C_INSPECT_3) },
        .weight = 74,
        .fallback = true,
        .title = "The device refuses the first chunk: no MCUboot image",
        .explanation = "3 and 23 are the codes for a missing header.",
        .fixes = { COMMAND("Check it:", "smpctl imagefile verify FILE") },
    },
    {
        .id = "file-truncated",
        .pattern = "E11",
        .must = { S(E_TRUNCATED) },
        .weight = 97,
        .title = "The file ends before its image does",
        .explanation = "The header tells more bytes than the file has.",
        .fixes = { FILE_FIX("Build or copy it again.") },
    },
    {
        .id = "file-damaged",
        .pattern = "E11",
        .must = { S(E_HASH) },
        .weight = 97,
        .title = "The file is damaged: its hash does not fit its content",
        .explanation = "MCUboot would refuse it after the reset and erase "
            "the slot.",
        .fixes = { FILE_FIX("Build or copy it again.") },
    },
    {
        .id = "file-records-damaged",
        .pattern = "E11",
        .must = { S(E_MALFORMED) },
        .weight = 96,
        .title = "The trailer records of the file cannot be read",
        .explanation = "Type, length or order of the records behind the "
            "image are wrong.",
        .fixes = { FILE_FIX("Sign the file again.") },
    },
    {
        .id = "file-not-signed",
        .pattern = "E5",
        .must = { S(E_UNSIGNED) },
        .weight = 96,
        .title = "The file has no signature",
        .explanation = "A key was given, but there is nothing it could "
            "verify. A bootloader with that key refuses the image.",
        .fixes = {
            COMMAND("Sign it:",
                "smpctl imagefile sign --key KEY.pem FILE"),
        },
    },
    {
        .id = "signed-with-another-key",
        .pattern = "E5",
        .must = { S(E_WRONG_KEY) },
        .weight = 97,
        .title = "The file is signed with another key",
        .explanation = "The bootloader with the expected key would refuse "
            "it after the reset and erase the slot.",
        .fixes = {
            KCONFIG("Build with the key that is in the bootloader:",
                "SB_CONFIG_BOOT_SIGNATURE_KEY_FILE=\"/path/to/key.pem\""),
        },
    },
    {
        .id = "package-is-no-zip",
        .pattern = "E4",
        .must = { S(E_BAD_ZIP) },
        .weight = 95,
        .title = "The package cannot be opened",
        .explanation = "It is no zip file, is damaged, or has names twice.",
        .fixes = { FILE_FIX("Build dfu_application.zip again.") },
    },
    {
        .id = "package-without-manifest",
        .pattern = "E4",
        .must = { S(E_NO_MANIFEST) },
        .weight = 95,
        .title = "The zip has no manifest.json: no update package",
        .explanation = "dfu_application.zip holds binaries and a manifest.",
        .fixes = { FILE_FIX("Take build/dfu_application.zip.") },
    },
    {
        .id = "package-manifest-unusable",
        .pattern = "E4",
        .must = { S(E_BAD_MANIFEST) },
        .weight = 94,
        .title = "The manifest of the package cannot be used",
        .explanation = "It is no JSON, or image numbers and files "
            "contradict.",
        .fixes = {
            COMMAND("See what is in it:", "smpctl package show FILE"),
        },
    },
    {
        .id = "package-file-missing",
        .pattern = "E4",
        .must = { S(E_FILE_MISSING) },
        .weight = 95,
        .title = "A file that the manifest names is not in the package",
        .explanation = "The package was put together by hand or is "
            "incomplete.",
        .fixes = { FILE_FIX("Build dfu_application.zip again.") },
    },
    {
        .id = "package-of-another-kind",
        .pattern = "E4",
        .must = { S(E_WRONG_KIND) },
        .weight = 95,
        .title = "The package is for another update protocol",
        .explanation = "nRF5 SDK packages (.dat files, key `manifest`), "
            "modem, SUIT and bootloader packages are no application images.",
        .fixes = { FILE_FIX("Take build/dfu_application.zip.") },
    },
    {
        .id = "package-for-another-board",
        .pattern = "E7",
        .must = { S(E_BOARD) },
        .weight = 94,
        .title = "The package is for another board",
        .explanation = "The manifest names a board, the device another one. "
            "An image of another board does not start.",
        .disproof = "a device that tells a wrong name",
        .fixes = {
            FILE_FIX("Build for this board."),
            COMMAND("If the name is wrong, insist:",
                "smpctl upgrade --force FILE"),
        },
    },
    {
        .id = "image-larger-than-slot",
        .pattern = "K6",
        .must = { S(E_TOO_LARGE_SLOT) },
        .weight = 96,
        .title = "The image is larger than the slot",
        .explanation = "Nothing was sent: the device tells the size of its "
            "slot.",
        .fixes = { COMMAND("See the sizes:", "smpctl image slots") },
    },
    {
        .id = "upload-refused-good-file-v1",
        .pattern = "K6",
        .must = { S(UP_V1_1), S(FILE_GOOD) },
        .must_not = { S(NEAR_LIMIT) },
        .weight = 66,
        .title = "The device refuses the first chunk of a good file: it is "
            "larger than the slot, most likely",
        .explanation = "rc 1 of SMP v1 hides the reason: too large, or a "
            "slot that cannot be opened.",
        .disproof = "a smaller file that is refused too",
        .fixes = {
            COMMAND("Ask for the code:",
                "smpctl --smp-version 2 image upload FILE"),
        },
    },
    {
        .id = "upload-refused-hidden-reason",
        .pattern = "G2",
        .must = { S(UP_V1_1) },
        .must_not = { S(FILE_GOOD) },
        .weight = 62,
        .fallback = true,
        .title = "The device refuses the first chunk; SMP v1 hides the "
            "reason",
        .explanation = "rc 1: no MCUboot header, too large, or a slot that "
            "cannot be opened.",
        .disproof = "the same request with SMP v2, which tells the code",
        .fixes = {
            COMMAND("Check the file, then ask for the code:",
                "smpctl imagefile verify FILE\n"
                "smpctl --smp-version 2 image upload FILE"),
        },
    },
    {
        .id = "image-leaves-no-room-for-swap",
        .pattern = "I5",
        .must = { S(E_TOO_LARGE_SWAP) },
        .weight = 96,
        .title = "The image fits the slot, but MCUboot could not swap it",
        .explanation = "Trailer and one spare sector have to fit beside the "
            "image. Sent anyway, it would never be installed and the slot "
            "would stay pending.",
        .fixes = {
            FILE_FIX("Make the image smaller (optimise, fewer logs)."),
            KCONFIG("Let the device refuse such uploads, in prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG_TOO_LARGE_SYSBUILD=y"),
        },
    },
    {
        .id = "upload-too-large",
        .pattern = "I5",
        .must = { S(UP_LARGE) },
        .weight = 94,
        .title = "The image is larger than the device can take",
        .explanation = "The device compared the announced length with its "
            "slot, or with what it can swap, and refused.",
        .fixes = { COMMAND("See the sizes:", "smpctl image slots") },
    },
    {
        .id = "padded-file",
        .pattern = "E8",
        .must = { S(FILE_PADDED) },
        .any = { S(UP_LARGE), S(UP_V1_1), S(E_TOO_LARGE_SWAP),
            S(E_TOO_LARGE_SLOT) },
        .weight = 95,
        .title = "The file is padded to the size of the slot",
        .explanation = "Such files are for programmers: as an upload they "
            "are refused as too large, or take as long as the slot.",
        .fixes = {
            FILE_FIX("Send the file without padding: app_update.bin."),
        },
    },
    {
        .id = "image-for-another-slot",
        .pattern = "L1",
        .must = { S(E_WRONG_SLOT) },
        .weight = 95,
        .title = "The image is linked for another slot",
        .explanation = "With direct XIP each slot has a build of its own.",
        .fixes = {
            FILE_FIX("Send the build for the free slot (slot 1 while slot 0 "
                "runs)."),
        },
    },
    {
        .id = "upload-linked-for-other-slot",
        .pattern = "L1",
        .must = { 0 },
        .any = { S(UP_ADDRESS), S(T_GROUP_25) },
        .stronger = { S(C_XIP_BOOT), S(MODE_XIP) },
        .weight = 95,
        .title = "Direct XIP: the image is linked for the other slot",
        .explanation = "The load address in its header is not that of the "
            "slot that is free now.",
        .disproof = "a header whose load address is that of the free slot",
        .fixes = {
            FILE_FIX("Send the build for the free slot (slot 1 while slot 0 "
                "runs)."),
        },
    },
    {
        .id = "image-is-a-downgrade",
        .pattern = "I7",
        .must = { S(E_DOWNGRADE) },
        .weight = 95,
        .title = "The image is older than the one that runs",
        .explanation = "This bootloader erases lower versions after the "
            "reset; nothing was sent.",
        .fixes = { FILE_FIX("Raise the version.") },
    },
    {
        .id = "upload-not-newer",
        .pattern = "I7",
        .must = { S(UP_NEWER) },
        .weight = 95,
        .title = "The image is not newer than the one that runs",
        .explanation = "The upload asked for upgrades only, and the version "
            "is not higher.",
        .fixes = { FILE_FIX("Raise the version.") },
    },
    {
        .id = "mode-does-not-suit-bootloader",
        .pattern = "I12",
        .must = { S(E_MODE) },
        .must_not = { S(MODE_LOADER) },
        .weight = 94,
        .title = "The mode does not suit this bootloader",
        .explanation = "An overwrite-only bootloader has no test and no way "
            "back; direct XIP has no confirm.",
        .fixes = {
            COMMAND("Choose what it can do:",
                "smpctl upgrade --mode confirm-only FILE"),
        },
    },
    {
        .id = "first-chunk-too-short",
        .pattern = "D11",
        .must = { S(FIRST_SHORT) },
        .any = { S(UP_HEADER), S(UP_V1_3) },
        .weight = 95,
        .title = "The first chunk is too short for the image header",
        .explanation = "Servers want at least 32 data bytes at offset 0. "
            "The packets are too small: MTU 23 leaves less than that.",
        .disproof = "a first chunk of 32 bytes and more that is refused too",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_BT_L2CAP_TX_MTU=498\n"
                "CONFIG_BT_BUF_ACL_RX_SIZE=502\n"
                "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y"),
        },
    },
    {
        .id = "header-incomplete",
        .pattern = "D11",
        .must = { S(UP_HEADER) },
        .must_not = { S(FIRST_SHORT) },
        .weight = 84,
        .title = "The device finds the start of the upload incomplete",
        .explanation = "Offset, length or the first 32 bytes of the image "
            "are missing in the request.",
        .fixes = { FILE_FIX("Update the client.") },
    },
};
/* clang-format on */

const struct diag_family diag_rules_file = {
    "file",
    "Files and packages",
    DIAG_FAMILY_ROWS(rows),
};
