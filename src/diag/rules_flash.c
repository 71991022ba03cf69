// SPDX-License-Identifier: Apache-2.0
/* Flash, external flash, partitions. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "erase-collides-with-radio",
        .pattern = "C2",
        .must = { S(C_FLASH_TIMEOUT) },
        .stronger = { S(C_ERASE_FAILED), S(UP_ERASE) },
        .weight = 90,
        .title = "The device cannot erase the slot while it is connected",
        .explanation = "The radio scheduler did not grant a window for the "
            "flash in time. The first update works because the slot is "
            "empty then.",
        .disproof = "the same failure without a connection",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
            FILE_FIX("Use a newer SDK, or a longer connection interval "
                "during the update."),
        },
    },
    {
        .id = "erase-failed-while-connected",
        .pattern = "C2",
        .must = { S(UP_ERASE), S(LIST_SLOT1) },
        .must_not = { S(C_FLASH_TIMEOUT) },
        .weight = 74,
        .title = "The slot could not be erased",
        .explanation = "It held data before. On single-core Bluetooth "
            "devices the radio may not leave time for the erase; external "
            "flash may be protected.",
        .disproof = "an erase that fails on a link other than Bluetooth too",
        .fixes = {
            KCONFIG("In prj.conf:", "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
    {
        .id = "erase-failed",
        .pattern = "K2",
        .must = { 0 },
        .any = { S(UP_ERASE), S(C_ERASE_FAILED), S(T_GROUP_13) },
        .must_not = { S(C_FLASH_TIMEOUT), S(LIST_SLOT1) },
        .weight = 72,
        .fallback = true,
        .title = "The device could not erase its flash",
        .explanation = "Page layout, write protection or the SPI frequency "
            "of the external flash.",
        .disproof = "an erase of the same slot that is accepted",
        .fixes = { HARDWARE("Check the flash; read the device's console.") },
    },
    {
        .id = "flash-write-failed",
        .pattern = "K2",
        .must = { 0 },
        .any = { S(UP_WRITE), S(C_WRITE_FAILED) },
        .weight = 84,
        .title = "The device could not write its flash",
        .explanation = "Driver, protection or alignment. At the same offset "
            "every time: a region of the flash.",
        .disproof = "a whole upload to the same slot",
        .fixes = { HARDWARE("Check the flash; read the device's console.") },
    },
    {
        .id = "flash-read-failed",
        .pattern = "K1",
        .must = { S(UP_READ) },
        .weight = 82,
        .title = "The device could not read its flash",
        .explanation = "External flash asleep or in another mode after a "
            "warm reset: it works after a power cycle only.",
        .disproof = "the same refusal after the power was cut",
        .fixes = { HARDWARE("Cut the power and try again.") },
    },
    {
        .id = "external-flash-silent",
        .pattern = "K1",
        .must = { S(C_QSPI) },
        .weight = 76,
        .title = "The external flash does not answer",
        .explanation = "Deep power-down, another mode after a warm reset, "
            "or a wrong description in the devicetree.",
        .disproof = "the same complaint with a flash that is known to work",
        .fixes = { HARDWARE("Cut the power and try again.") },
    },
    {
        .id = "secondary-slot-cannot-be-opened",
        .pattern = "K4",
        .must = { 0 },
        .any = { S(UP_OPEN), S(C_OPEN_FAILED) },
        .must_not = { S(UPLOAD_IMAGE_1) },
        .weight = 90,
        .title = "The application cannot open the secondary slot",
        .explanation = "Its flash device is not enabled in the application, "
            "or the partition is missing.",
        .disproof = "an upload to that slot that is accepted",
        .fixes = {
            KCONFIG("In prj.conf, and in mcuboot.conf too:",
                "CONFIG_NORDIC_QSPI_NOR=y"),
            KCONFIG("In sysbuild.conf:",
                "SB_CONFIG_PM_EXTERNAL_FLASH_MCUBOOT_SECONDARY=y"),
            FILE_FIX("In both overlays: chosen { nordic,pm-ext-flash = "
                "&mx25r64; };"),
        },
    },
    {
        .id = "image-number-has-no-slot",
        .pattern = "F8",
        .must = { S(UPLOAD_IMAGE_1) },
        .any = { S(UP_OPEN), S(UP_V1_5) },
        .must_not = { S(UPLOAD_2), S(LIST_PENDING), S(LIST_TRIAL) },
        .weight = 82,
        .title = "The image number of the upload has no slot here",
        .explanation = "The device manages fewer images; numbers mean other "
            "slots in serial recovery and with direct upload.",
        .disproof = "slot information that shows the image",
        .fixes = { COMMAND("See the slots:", "smpctl image slots") },
    },
    {
        .id = "transfer-corrupted",
        .pattern = "D10",
        .must = { S(MATCH_FALSE) },
        .must_not = { S(TWO_FILES) },
        .weight = 95,
        .title = "What arrived in flash is not what was sent",
        .explanation = "The device compared the hash of the received bytes "
            "with the one announced; they differ.",
        .disproof = "`sha` of the upload is not that of the file",
        .fixes = {
            COMMAND("Erase the slot and repeat:", "smpctl image erase"),
            HARDWARE("Check the external flash."),
        },
    },
    {
        .id = "incomplete-image-in-slot",
        .pattern = "D2",
        .must = { S(LIST_HASH_ZERO) },
        .must_not = { S(RESUME_AFTER_ERASE) },
        .weight = 66,
        .title = "A slot holds an incomplete image",
        .explanation = "Its hash is all zero: an upload was not finished.",
        .disproof = "a hash other than zero in the next list",
        .fixes = { COMMAND("Send it again:", "smpctl image erase") },
    },
    {
        .id = "erase-on-upload-refused-old-server",
        .pattern = "C10",
        .must = { S(UP_V1_1), S(LIST_SLOT1) },
        .must_not = { S(LIST_PENDING), S(LIST_TRIAL), S(BYTES_NO_IMAGE),
            S(BYTES_ZIP), S(BYTES_HEX), S(NEAR_LIMIT) },
        .weight = 62,
        .title = "The device refuses the first chunk while slot 1 holds an old "
            "image: it cannot erase that slot by itself",
        .explanation = "A server of 2020 (Zephyr 2.3) erases with a size that "
            "is no multiple of a flash page and fails. An upload to an empty "
            "slot works, so clients that erase first do not see it.",
        .disproof = "the same refusal with slot 1 empty",
        .fixes = {
            COMMAND("Erase first:",
                "smpctl image erase\n"
                "smpctl upgrade FILE"),
            KCONFIG("Or, in prj.conf:",
                "CONFIG_IMG_ERASE_PROGRESSIVELY=y"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_flash = {
    "flash",
    "Flash and partitions",
    DIAG_FAMILY_ROWS(rows),
};
