// SPDX-License-Identifier: Apache-2.0
/* What the bootloader made of it. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "image-too-big-to-swap",
        .pattern = "I5",
        .must = { S(C_NO_ROOM) },
        .stronger = { S(LIST_PENDING), S(T_RC6), S(LIST_STUCK) },
        .weight = 97,
        .title = "The image fits the slot but leaves no room to swap: "
            "MCUboot skips it, and the slot stays pending",
        .explanation = "Swap using move or offset needs the trailer and one "
            "spare sector beside the image. MCUboot keeps booting the old "
            "one and leaves the mark, so upload and erase are refused.",
        .disproof = "a boot log that shows a swap",
        .fixes = {
            FILE_FIX("Make the image smaller by what MCUboot says is "
                "missing."),
            KCONFIG("To free the slot, in prj.conf (or use serial recovery):",
                "CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=y"),
            KCONFIG("To refuse such uploads early:",
                "CONFIG_MCUMGR_GRP_IMG_TOO_LARGE_SYSBUILD=y"),
        },
    },
    {
        .id = "secondary-slot-unreachable-from-bootloader",
        .pattern = "K4",
        .must = { S(C_SECTORS) },
        .stronger = { S(C_INCOMPATIBLE), S(CONF_NO_EXT_FLASH) },
        .weight = 94,
        .title = "MCUboot cannot read the secondary slot: its external "
            "flash is not enabled in the bootloader",
        .explanation = "The hint in the line is misleading: the number of "
            "sectors is not too small, the flash device does not answer "
            "(driver, chosen node or overlay missing in the bootloader's "
            "build).",
        .disproof = "a slot with really more sectors than the number in the "
            "line",
        .fixes = {
            KCONFIG("In mcuboot.conf:", "CONFIG_NORDIC_QSPI_NOR=y\n"
                "CONFIG_NORDIC_QSPI_NOR_FLASH_LAYOUT_PAGE_SIZE=4096\n"
                "CONFIG_BOOT_MAX_IMG_SECTORS=256"),
            FILE_FIX("In the bootloader's overlay as in the application's: "
                "chosen { nordic,pm-ext-flash = &mx25r64; };"),
        },
    },
    {
        .id = "slots-not-compatible",
        .pattern = "I8",
        .must = { S(C_INCOMPATIBLE) },
        .must_not = { S(C_SECTORS) },
        .stronger = { S(LIST_STUCK) },
        .weight = 88,
        .title = "MCUboot refuses to swap: the slots do not fit together",
        .explanation = "Different sector sizes (internal 4 KiB, external 64 "
            "KiB pages), different sizes, or more sectors than allowed.",
        .disproof = "a boot log without that line",
        .fixes = {
            KCONFIG("In mcuboot.conf and prj.conf:",
                "CONFIG_NORDIC_QSPI_NOR_FLASH_LAYOUT_PAGE_SIZE=4096\n"
                "CONFIG_SPI_NOR_FLASH_LAYOUT_PAGE_SIZE=4096\n"
                "CONFIG_BOOT_MAX_IMG_SECTORS=256"),
        },
    },
    {
        .id = "swap-destroyed-image",
        .pattern = "I6",
        .must = { S(C_PRIMARY_BAD), S(C_NO_BOOTABLE) },
        .any = { S(C_SWAP_MOVE), S(C_SWAP_TEST), S(C_SWAP_PERM) },
        .weight = 93,
        .title = "The swap left no image that boots",
        .explanation = "An image close to the size of the slot: in this "
            "MCUboot version swap using move erases a part of it when it "
            "makes room for the trailer.",
        .disproof = "a power cut or another reset during the swap",
        .fixes = {
            HARDWARE("Recover by serial recovery or by cable."),
            FILE_FIX("Keep images below the largest swappable size; update "
                "MCUboot."),
        },
    },
    {
        .id = "no-bootable-image",
        .pattern = "I6",
        .must = { S(C_NO_BOOTABLE) },
        .must_not = { S(C_SWAP_MOVE), S(C_SWAP_TEST), S(C_SWAP_PERM) },
        .weight = 76,
        .fallback = true,
        .title = "MCUboot finds no image that it may boot",
        .explanation = "Slot 0 is empty, damaged, or signed with another "
            "key.",
        .disproof = "an application that starts later in the same console",
        .fixes = { HARDWARE("Recover by serial recovery or by cable.") },
    },
    {
        .id = "bootloader-refuses-downgrade",
        .pattern = "I7",
        .must = { S(C_DOWNGRADE) },
        .weight = 96,
        .title = "MCUboot erased the image: its version is too low",
        .explanation = "Downgrade prevention is on.",
        .disproof = "a version that is higher than the running one",
        .fixes = { FILE_FIX("Raise the version above the running one.") },
    },
    {
        .id = "security-counter-too-low",
        .pattern = "I14",
        .must = { S(C_COUNTER) },
        .weight = 94,
        .title = "MCUboot refuses the image: its security counter is too "
            "low",
        .explanation = "The counter is burnt into the device and only goes "
            "up.",
        .disproof = "a counter in the file that is not lower",
        .fixes = {
            COMMAND("Sign with a higher counter:",
                "imgtool sign --security-counter N ..."),
        },
    },
    {
        .id = "counter-of-file-too-low",
        .pattern = "I14",
        .must = { S(F_COUNTER) },
        .must_not = { S(C_COUNTER) },
        .weight = 95,
        .title = "The security counter of the file is too low: the bootloader "
            "would refuse the image",
        .explanation = "The counter of the running image only goes up; nothing "
            "was sent.",
        .disproof = "a counter in smpctl imagefile show that is not lower",
        .fixes = {
            COMMAND("Sign with a higher counter:",
                "smpctl imagefile sign --security-counter N \\\n"
                "    --key KEY.pem zephyr.bin app_update.bin"),
        },
    },
    {
        .id = "swap-algorithms-differ",
        .pattern = "I13",
        .must = { S(C_OFFSET_MODE) },
        .weight = 95,
        .title = "Bootloader and application disagree on the swap algorithm",
        .explanation = "MCUboot swaps using offset and expects the image in "
            "the second sector of slot 1; the application wrote it to the "
            "first.",
        .disproof = "bootloader information that names the mode the "
            "application was built for",
        .fixes = {
            KCONFIG("In prj.conf (sysbuild does it by itself):",
                "CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_OFFSET=y"),
        },
    },
    {
        .id = "image-not-for-this-slot",
        .pattern = "E7",
        .must = { 0 },
        .any = { S(C_NOT_DESIGNATED), S(C_BUILT_OFFSET) },
        .weight = 95,
        .title = "MCUboot refuses the image: it is built for another address",
        .explanation = "Another board, another partition map, or a network "
            "core image in the application's slot.",
        .disproof = "the same file started by the same bootloader",
        .fixes = {
            COMMAND("Compare the files:", "smpctl imagefile show FILE"),
            FILE_FIX("Keep pm_static.yml of the first release."),
        },
    },
    {
        .id = "secondary-image-not-valid",
        .pattern = "I4",
        .must = { S(C_SECONDARY_BAD) },
        .must_not = { S(C_DOWNGRADE), S(C_COUNTER), S(C_DECRYPT) },
        .stronger = { S(AFTER_OLD_GONE), S(E_WRONG_KEY) },
        .weight = 92,
        .title = "MCUboot found the new image not valid and erased it",
        .explanation = "Hash, signature or key do not fit: signed with a key "
            "that is not in this bootloader, damaged in flash, or of another "
            "signature type.",
        .disproof = "the same file accepted by the same bootloader",
        .fixes = {
            COMMAND("Check the signature against the bootloader's key:",
                "smpctl imagefile verify --key PUBKEY.pem FILE"),
            KCONFIG("Build with that key, in sysbuild.conf:",
                "SB_CONFIG_BOOT_SIGNATURE_KEY_FILE=\"/path/to/key.pem\""),
        },
    },
    {
        .id = "new-image-removed-lower-version",
        .pattern = "I7",
        .must = { S(AFTER_OLD_GONE), S(NEW_NOT_HIGHER) },
        .must_not = { S(C_SECONDARY_BAD), S(E_WRONG_KEY) },
        .stronger = { S(CONF_NO_DOWNGRADE) },
        .weight = 72,
        .title = "The bootloader removed the image: downgrade prevention, "
            "or it is not valid",
        .explanation = "After the reset the old image runs and slot 1 is "
            "empty, and the new version is not higher. A key that does not "
            "fit looks the same.",
        .disproof = "the console of the bootloader, which names the reason",
        .fixes = {
            FILE_FIX("Raise the version, and try again."),
            COMMAND("Check the signature too:",
                "smpctl imagefile verify --key PUBKEY.pem FILE"),
        },
    },
    {
        .id = "oversized-image-removed-at-boot",
        .pattern = "I5",
        .must = { S(AFTER_OLD_GONE), S(NEAR_LIMIT) },
        .must_not = { S(C_SECONDARY_BAD), S(C_DOWNGRADE) },
        .weight = 84,
        .title = "The image leaves no room to swap, and the bootloader "
            "removed it",
        .explanation = "It fits the slot, but trailer and one spare sector "
            "do not fit beside it. Newer bootloaders erase such an image.",
        .disproof = "a smaller image, signed alike, that is removed too",
        .fixes = {
            FILE_FIX("Make the image smaller: at least two sectors below "
                "the size of the slot."),
        },
    },
    {
        .id = "new-image-rejected-at-boot",
        .pattern = "I4",
        .must = { S(AFTER_OLD_GONE) },
        .must_not = { S(C_DOWNGRADE), S(C_COUNTER), S(NEW_NOT_HIGHER),
            S(C_SECONDARY_BAD), S(C_DECRYPT), S(NEAR_LIMIT) },
        .weight = 82,
        .title = "The bootloader found the new image not valid and removed "
            "it",
        .explanation = "It was marked, the device reset, the old image runs "
            "and slot 1 is empty: hash, signature or key were refused.",
        .disproof = "the console of the bootloader, which names the reason",
        .fixes = {
            COMMAND("Check the signature against the bootloader's key:",
                "smpctl imagefile verify --key PUBKEY.pem FILE"),
            HARDWARE("Watch the console during the reset."),
        },
    },
    {
        .id = "image-nearly-fills-slot-and-is-not-swapped",
        .pattern = "I5",
        .must = { S(AFTER_OLD_PENDING), S(NEAR_LIMIT) },
        .must_not = { S(C_INCOMPATIBLE), S(C_SECTORS), S(C_OFFSET_MODE) },
        .stronger = { S(LIST_STUCK), S(E_SWAP_REFUSED) },
        .weight = 92,
        .title = "The image leaves no room to swap: MCUboot skipped it and "
            "left the mark",
        .explanation = "It fits the slot, but trailer and one spare sector "
            "do not fit beside it. The old image keeps running and the slot "
            "stays pending.",
        .disproof = "the console of the bootloader, which names the reason",
        .fixes = {
            FILE_FIX("Make the image smaller: at least two sectors below "
                "the size of the slot."),
            KCONFIG("To free the slot, in prj.conf:",
                "CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=y"),
        },
    },
    {
        .id = "swap-refused-by-bootloader",
        .pattern = "I5",
        .must = { S(AFTER_OLD_PENDING) },
        .must_not = { S(C_NO_ROOM), S(C_INCOMPATIBLE), S(C_SECTORS),
            S(C_OFFSET_MODE), S(C_DEPENDENCY), S(NEAR_LIMIT) },
        .stronger = { S(LIST_STUCK), S(E_SWAP_REFUSED) },
        .weight = 76,
        .title = "MCUboot did not swap and left the mark: image too large "
            "to swap, or slots that do not fit",
        .explanation = "The mark survived the reset. Most often the image "
            "leaves no room for the trailer and a spare sector.",
        .disproof = "the console of the bootloader, which names the reason",
        .fixes = {
            COMMAND("Compare sizes:", "smpctl image slots"),
            HARDWARE("Watch the console during the reset for \"Not enough "
                "free space\" or \"Cannot upgrade\"."),
        },
    },
    {
        .id = "file-needs-another-image",
        .pattern = "I9",
        .must = { S(E_DEPENDENCY) },
        .weight = 95,
        .title = "The image needs another one in a version that is neither in "
            "the package nor on the device",
        .explanation = "MCUboot would update nothing and keep the marks; "
            "nothing was sent.",
        .disproof = "an image list with the version that the file asks for",
        .fixes = {
            COMMAND("Send the package that brings both:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "dependency-not-met",
        .pattern = "I9",
        .must = { S(C_DEPENDENCY) },
        .weight = 76,
        .title = "The image depends on another one that is not there",
        .explanation = "MCUboot lowers the swap to none until all images of "
            "a set are present in the right version.",
        .disproof = "an image list with the versions that the file asks for",
        .fixes = { COMMAND("Send all:", "smpctl upgrade dfu_application.zip") },
    },
    {
        .id = "new-image-crashes",
        .pattern = "I15",
        .must = { 0 },
        .any = { S(C_BUS_FAULT), S(C_WATCHDOG), S(C_STACK), S(C_ASSERT) },
        .must_not = { S(DOWN_UPLOAD), S(MIDDLE_UNANSWERED),
            S(FIRST_UNANSWERED), S(OFFSET_ZERO), S(DEVICE_REBOOTED) },
        .stronger = { S(C_SWAP_REVERT), S(AFTER_OLD_KEPT), S(E_REVERTED) },
        .wants = 1,
        .weight = 93,
        .title = "The new firmware crashes at its start, and MCUboot put the "
            "old one back",
        .explanation = "The console shows a fault or a watchdog, then the "
            "old image: it was never confirmed.",
        .disproof = "a fault that the old firmware shows too",
        .fixes = {
            HARDWARE("Flash the new firmware by cable and debug its start."),
        },
    },
    {
        .id = "bootloader-starts-over",
        .pattern = "I10",
        .must = { S(C_BOOT_LOOP) },
        .must_not = { S(C_PCD), S(C_NO_BOOTABLE) },
        .weight = 72,
        .title = "The bootloader starts again and again",
        .explanation = "A watchdog or the power ends every swap before it "
            "is done. A swap goes on where it was cut, but only if it gets "
            "some time.",
        .disproof = "an application that boots in between",
        .fixes = {
            KCONFIG("In mcuboot.conf:", "CONFIG_BOOT_WATCHDOG_FEED=y"),
            HARDWARE("Check the supply."),
        },
    },
    {
        .id = "reverted-seen-by-bootloader",
        .pattern = "I2",
        .must = { S(C_SWAP_REVERT) },
        .must_not = { S(C_BUS_FAULT), S(C_WATCHDOG), S(C_STACK) },
        .stronger = { S(AFTER_OLD_KEPT), S(E_REVERTED) },
        .weight = 92,
        .title = "The new image was not confirmed, MCUboot put the old one "
            "back",
        .explanation = "A tested image that is not confirmed before the "
            "next reset is reverted.",
        .disproof = "a confirm before that reset",
        .fixes = {
            COMMAND("Install it again and confirm what then runs, before any "
                "other reset:", "smpctl image test FILE\nsmpctl os reset\n"
                "smpctl image confirm"),
            FILE_FIX("Or call boot_write_img_confirmed() in the firmware, "
                "once it works."),
        },
    },
    {
        .id = "file-is-not-the-newest",
        .pattern = "L3",
        .must = { S(F_NOT_NEWEST) },
        .weight = 95,
        .title = "The version of the file is not higher, and this bootloader "
            "starts the newest image: it would never run",
        .explanation = "Direct XIP and RAM loading pick the slot with the "
            "highest version.",
        .disproof = "a version in the file above the running one",
        .fixes = {
            FILE_FIX("Raise the version (file VERSION beside prj.conf) and "
                "build again."),
        },
    },
    {
        .id = "xip-keeps-the-higher-version",
        .pattern = "L3",
        .must = { S(AFTER_OLD_KEPT), S(NEW_NOT_HIGHER) },
        .any = { S(MODE_XIP), S(C_XIP_BOOT), S(CONF_XIP) },
        .weight = 86,
        .title = "Direct XIP: the version of the new image is not higher, so "
            "the bootloader keeps starting the old one",
        .explanation = "Without swapping, MCUboot starts the slot with the "
            "highest version. The upload is complete and stays where it is.",
        .disproof = "a version in the new image above that of the running one",
        .fixes = {
            FILE_FIX("Raise the version (file VERSION beside prj.conf) and "
                "build again."),
        },
    },
    {
        .id = "new-image-reverted",
        .pattern = "I2",
        .must = { S(AFTER_OLD_KEPT) },
        .must_not = { S(C_SWAP_REVERT) },
        .stronger = { S(NO_CONFIRM), S(E_REVERTED) },
        .weight = 80,
        .title = "The new image ran and was reverted, or crashed at its "
            "start",
        .explanation = "After the reset the old image is active and the new "
            "one lies in slot 1 without a mark: it was swapped in, not "
            "confirmed, and swapped back by a second reset or a crash.",
        .disproof = "a boot log without \"Swap type: revert\"",
        .fixes = {
            HARDWARE("Watch the console over the two resets: a fault or a "
                "watchdog there means that the new firmware crashes, and "
                "sending it again changes nothing."),
            COMMAND("If it does not crash, it was not confirmed in time. The "
                "image is still in slot 1:", "smpctl image test FILE\n"
                "smpctl os reset\nsmpctl image confirm"),
        },
    },
    {
        .id = "client-saw-old-image-again",
        .pattern = "I2",
        .must = { S(E_REVERTED) },
        .must_not = { S(AFTER_OLD_GONE), S(AFTER_OLD_KEPT),
            S(AFTER_OLD_PENDING) },
        .weight = 70,
        .fallback = true,
        .title = "The old image runs again",
        .explanation = "The new one was refused, crashed or was not "
            "confirmed.",
        .disproof = "an image list in which the new image is active",
        .fixes = { HARDWARE("Watch the console over two resets.") },
    },
    {
        .id = "another-image-runs",
        .pattern = "I1",
        .must = { S(E_OTHER) },
        .must_not = { S(AFTER_OLD_GONE), S(AFTER_OLD_KEPT) },
        .weight = 70,
        .title = "After the reset neither the old nor the new image runs",
        .explanation = "Another client worked at the same time, or another "
            "slot held a third image.",
        .disproof = "an image list in which the old or the new image is active",
        .fixes = { COMMAND("See what runs:", "smpctl image list") },
    },
    {
        .id = "bad-image-magic-at-boot",
        .pattern = "E1",
        .must = { S(C_BAD_MAGIC) },
        .must_not = { S(C_SECONDARY_BAD), S(C_NO_BOOTABLE) },
        .weight = 68,
        .fallback = true,
        .title = "MCUboot finds no image header in a slot",
        .explanation = "What was written there is no signed image, or "
            "another partition map is in use.",
        .disproof = "an image that the same boot starts from that slot",
        .fixes = { COMMAND("Check it:", "smpctl imagefile show FILE") },
    },
    {
        .id = "slots-of-bootloader-and-application-differ",
        .pattern = "I11",
        .must = { S(C_UNSET) },
        .any = { S(TESTED), S(PENDING_PERMANENT) },
        .must_not = { S(C_SWAP_TEST), S(C_SWAP_PERM),
            S(C_SWAP_REVERT), S(AFTER_NEW) },
        .stronger = { S(AFTER_OLD_PENDING), S(C_SWAP_NONE) },
        .wants = 1,
        .weight = 84,
        .title = "The application marked the image, but the bootloader finds "
            "no mark: their slots lie at different addresses",
        .explanation = "The partition map of this build is not the one that "
            "the bootloader in the device was built with, so upload and mark "
            "went to a place where MCUboot does not look.",
        .disproof = "equal addresses of mcuboot_secondary in partitions.yml of "
            "both builds",
        .fixes = {
            FILE_FIX("Put pm_static.yml of the first release beside prj.conf "
                "and build again."),
            HARDWARE("Devices in the field keep their map: a new one needs a "
                "cable."),
        },
    },
    {
        .id = "plain-image-on-encrypted-build",
        .pattern = "X2",
        .must = { S(NEW_ENCRYPTED), S(C_PRIMARY_BAD) },
        .any = { S(LIST_NO_ACTIVE), S(C_RECOVERY), S(C_NO_BOOTABLE) },
        .weight = 74,
        .title = "Recovery wrote an encrypted image to the primary slot, and "
            "MCUboot cannot start it",
        .explanation = "Serial recovery has to decrypt in place, which is an "
            "option of its own; without it the slot holds the encrypted bytes.",
        .disproof = "a bootloader built with decryption in recovery",
        .fixes = {
            KCONFIG("In mcuboot.conf:",
                "CONFIG_BOOT_SERIAL_ENCRYPT_EC256=y"),
            FILE_FIX("Or send the image without encryption to recovery."),
        },
    },
    {
        .id = "file-made-for-another-place",
        .pattern = "E15",
        .must = { S(F_RAM) },
        .weight = 94,
        .title = "The image is made to run from RAM and this bootloader starts "
            "images in flash, or the other way round",
        .explanation = "The flag RAM_LOAD in the header and the mode of the "
            "bootloader have to fit.",
        .disproof = "bootloader information with another mode",
        .fixes = {
            COMMAND("See what the bootloader is and what the file is:",
                "smpctl os bootloader\n"
                "smpctl imagefile show FILE"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_boot = {
    "boot",
    "What the bootloader decides",
    DIAG_FAMILY_ROWS(rows),
};
