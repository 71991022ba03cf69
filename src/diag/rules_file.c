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
        .disproof = "a file that starts with 3d b8 f3 96",
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
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = { FILE_FIX("Send app_update.bin or dfu_application.zip.") },
    },
    {
        .id = "network-core-file-is-no-image",
        .pattern = "E12",
        .must = { S(FILES_NET_BAD) },
        .weight = 98,
        .title = "The file for the network core in the package is no signed "
            "image",
        .explanation = "The build put the raw binary of the network core into "
            "the package: it has no MCUboot header, so the bootloader cannot "
            "take it.",
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = {
            KCONFIG("In sysbuild.conf:",
                "SB_CONFIG_SECURE_BOOT_NETCORE=y\n"
                "SB_CONFIG_NETCORE_APP_UPDATE=y"),
            FILE_FIX("Then the package holds signed_by_mcuboot_and_b0_*.bin."),
        },
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
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = {
            FILE_FIX("Send zephyr.signed.bin, app_update.bin or "
                "dfu_application.zip."),
        },
    },
    {
        .id = "zip-sent-as-image",
        .pattern = "E2",
        .must = { S(BYTES_ZIP) },
        .weight = 95,
        .title = "The whole zip was sent as an image",
        .explanation = "The upload begins with the letters PK. The package has "
            "to be taken apart: its manifest says which file goes to which "
            "image.",
        .disproof = "an upload that begins with 3d b8 f3 96",
        .fixes = {
            COMMAND("smpctl takes packages apart:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "programmer-file-sent-as-image",
        .pattern = "E2",
        .must = { S(BYTES_HEX) },
        .weight = 95,
        .title = "A file for programmers or debuggers was sent as an image",
        .explanation = "Intel HEX, ELF and UF2 hold addresses and more than "
            "the image; a bootloader wants the signed binary.",
        .disproof = "an upload that begins with 3d b8 f3 96",
        .fixes = {
            FILE_FIX("Send zephyr.signed.bin, app_update.bin or "
                "dfu_application.zip."),
        },
    },
    {
        .id = "stale-hash-in-slot-1",
        .pattern = "E10",
        .must = { S(LIST_STALE), S(UPLOAD_1) },
        .any = { S(BYTES_NO_IMAGE), S(BYTES_HEX) },
        .weight = 93,
        .title = "Slot 1 shows the hash of an earlier image: the file that was "
            "sent has none, and what was left there is read",
        .explanation = "The upload is no signed image. Records of the image "
            "that was in the slot before lie behind it and are taken for its "
            "own.",
        .disproof = "a hash record in the file that equals the listed one",
        .fixes = {
            COMMAND("Erase the slot, then send a signed file:",
                "smpctl image erase\n"
                "smpctl upgrade FILE"),
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
        .id = "upload-is-no-mcuboot-image",
        .pattern = "E1",
        .must = { S(BYTES_NO_IMAGE) },
        .must_not = { S(UP_MAGIC), S(LIST_STALE), S(E_NO_IMAGE) },
        .stronger = { S(SLOT_EMPTY_AFTER), S(HASH_REFUSED),
            S(UP_V1_3), S(UP_V1_1) },
        .weight = 92,
        .title = "What was sent is no MCUboot image",
        .explanation = "The first four bytes of the upload are not 3d b8 f3 "
            "96: an unsigned binary. Servers that do not look take it, and "
            "nothing can be booted from it.",
        .disproof = "an upload that begins with 3d b8 f3 96",
        .fixes = {
            COMMAND("Check the file:",
                "smpctl imagefile verify FILE"),
            FILE_FIX("Send zephyr.signed.bin, app_update.bin or "
                "dfu_application.zip."),
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
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = { COMMAND("Check it:", "smpctl imagefile verify FILE") },
    },
    {
        .id = "file-truncated",
        .pattern = "E11",
        .must = { S(E_TRUNCATED) },
        .weight = 97,
        .title = "The file ends before its image does",
        .explanation = "The header tells more bytes than the file has.",
        .disproof = "smpctl imagefile verify finds the file whole",
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
        .disproof = "smpctl imagefile verify finds the hash right",
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
        .disproof = "smpctl imagefile show prints all records",
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
        .disproof = "a signature record in smpctl imagefile show",
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
        .disproof = "smpctl imagefile verify with the key of the bootloader",
        .fixes = {
            KCONFIG("Build with the key that is in the bootloader, in "
                "sysbuild.conf:",
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
        .disproof = "another zip program that opens the file without a "
            "complaint",
        .fixes = { FILE_FIX("Build dfu_application.zip again.") },
    },
    {
        .id = "package-without-manifest",
        .pattern = "E4",
        .must = { S(E_NO_MANIFEST) },
        .weight = 95,
        .title = "The zip has no manifest.json: no update package",
        .explanation = "dfu_application.zip holds binaries and a manifest.",
        .disproof = "a manifest.json at the top of the zip",
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
        .disproof = "smpctl package show prints what it holds",
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
        .disproof = "the file is in the zip under exactly that name",
        .fixes = { FILE_FIX("Build dfu_application.zip again.") },
    },
    {
        .id = "package-for-the-bootloader",
        .pattern = "L5",
        .must = { S(F_MCUBOOT_ZIP) },
        .weight = 97,
        .title = "The package updates MCUboot itself, not the application",
        .explanation = "dfu_mcuboot.zip holds two builds of MCUboot, for s0 "
            "and s1. It needs the immutable bootloader in front of MCUboot and "
            "the build for the slot that is not in use; the other one is "
            "ignored.",
        .disproof = "a manifest of type \"application\"",
        .fixes = {
            COMMAND("For the application:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "package-of-another-kind",
        .pattern = "E4",
        .must = { S(E_WRONG_KIND) },
        .weight = 95,
        .title = "The package is for another update protocol",
        .explanation = "nRF5 SDK packages (.dat files, key `manifest`), "
            "modem, SUIT and bootloader packages are no application images.",
        .disproof = "a manifest.json with \"files\" and \"format-version\"",
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
        .disproof = "smpctl image slots shows a larger slot",
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
        .disproof = "smpctl image slots shows a larger maximum",
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
        .disproof = "smpctl image slots shows a slot, and a maximum, above the "
            "size of the file",
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
        .disproof = "a file that does not end with the trailer magic 77 c2 95 "
            "f3",
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
        .disproof = "the load address of the file is that of the free slot",
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
        .must_not = { S(UPLOAD_IMAGE_1) },
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
        .must_not = { S(F_NOT_NEWEST) },
        .weight = 95,
        .title = "The image is older than the one that runs",
        .explanation = "This bootloader erases lower versions after the "
            "reset; nothing was sent.",
        .disproof = "an image list with a version below that of the file",
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
        .disproof = "an image list with a version below that of the file",
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
        .disproof = "bootloader information with another mode",
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
        .disproof = "a first chunk with offset, length and 32 data bytes that "
            "is refused too",
        .fixes = { FILE_FIX("Update the client.") },
    },
    {
        .id = "header-size-does-not-fit-program",
        .pattern = "E6",
        .must = { S(FILE_VECTOR) },
        .any = { S(NO_RETURN), S(AFTER_OLD_KEPT), S(E_REVERTED),
            S(C_BUS_FAULT), S(C_SWAP_REVERT) },
        .weight = 88,
        .title = "The header of the file has another size than the program was "
            "linked for",
        .explanation = "The program starts at a later offset than its header "
            "ends, so the bootloader jumps to the wrong place: signed with "
            "--pad-header and a small --header-size.",
        .disproof = "stack pointer and reset address right behind the header",
        .fixes = {
            COMMAND("Sign again with the offset that the program is linked "
                "for:",
                "imgtool sign --header-size 0x200 --align 8 \\\n"
                "    --slot-size 0x76000 --version 1.2.3 --key KEY.pem \\\n"
                "    zephyr.bin app_update.bin"),
        },
    },
    {
        .id = "upload-flagged-not-bootable",
        .pattern = "E15",
        .must = { S(BYTES_NOT_BOOTABLE) },
        .weight = 90,
        .title = "The header of the image says: not bootable",
        .explanation = "MCUboot never starts an image with that flag; it is "
            "meant for images that another core or the application itself "
            "uses.",
        .disproof = "flags without 0x10 in smpctl imagefile show",
        .fixes = {
            FILE_FIX("Sign without --non-bootable."),
        },
    },
    {
        .id = "package-given-to-another-tool",
        .pattern = "N14",
        .must = { S(T_DFU_UTIL) },
        .must_not = { S(ANSWERED) },
        .weight = 80,
        .title = "A package was given to a tool that writes it as it is",
        .explanation = "dfu-util writes the bytes of the zip into the slot and "
            "reports success; MCUboot finds no image there.",
        .disproof = "a .bin file in that command",
        .fixes = {
            COMMAND("Use an SMP client, or the file from inside the zip:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "file-with-another-kind-of-hash",
        .pattern = "E16",
        .must = { S(F_HASH_KIND) },
        .weight = 94,
        .title = "The file has another kind of hash than this device uses",
        .explanation = "A bootloader knows one of SHA-256, SHA-384 and SHA-512 "
            "and refuses the others.",
        .disproof = "a listed hash as long as that of the file",
        .fixes = {
            COMMAND("Sign with the hash of this bootloader:",
                "smpctl imagefile sign --sha 512 --key KEY.pem \\\n"
                "    zephyr.bin app_update.bin"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_file = {
    "file",
    "Files and packages",
    DIAG_FAMILY_ROWS(rows),
};
