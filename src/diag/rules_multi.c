// SPDX-License-Identifier: Apache-2.0
/* Packages with several images, several cores. */
#include "diag/kconfig.h"
#include "diag/rules.h"

/* clang-format off */
#define TWO_IMAGE_FIXES \
    COMMAND("Send only the application image:", \
        "smpctl upgrade --image 0 dfu_application.zip"), \
    KCONFIG("Or rebuild bootloader and application for two images (nRF " \
        "Connect SDK before sysbuild). In the application's prj.conf:", \
        DIAG_TWO_IMAGES_APP("\n")), \
    KCONFIG("and in child_image/mcuboot.conf (the new bootloader is flashed " \
        "once by cable; partitions mcuboot_primary_1 in RAM and " \
        "mcuboot_secondary_1, which usually needs external flash):", \
        DIAG_TWO_IMAGES_BOOT("\n")), \
    KCONFIG("With sysbuild, in sysbuild.conf instead:", \
        DIAG_TWO_IMAGES_SYSBUILD("\n"))

static const struct diag_rule rows[] = {
    {
        .id = "multi-image-package-on-single-image-device",
        .pattern = "N1",
        .must = { S(LIST_NO_KEY), S(UPLOAD_1), S(UPLOAD_2), S(STATE_TEST),
            S(HASH_REFUSED) },
        .must_not = { S(LIST_KEY), S(STATE_AFTER_RESET), S(HASH_IS_SHA),
            S(HASH_LENGTH) },
        .stronger = { S(FILES_2), S(UPLOAD_IMAGE_1), S(HASH_OF_EARLIER),
            S(HASH_REPLACED), S(OTHER_IN_SLOT1), S(CONF_ONE_IMAGE) },
        .weight = 97,
        .title = "The package has two images, the device manages one: the "
            "second upload overwrote the first",
        .explanation = "A server built for one updatable image ignores the "
            "image number of an upload and writes every file to slot 1. The "
            "second file replaced the first there, so the hash that was to "
            "be tested is in no slot, and the device refuses it. An earlier "
            "try may have seemed to work: an application image that already "
            "runs is not sent at all.",
        .disproof = "an image list after the uploads that still shows the "
            "hash of the first file, or lists entries with an `image` key",
        .fixes = { TWO_IMAGE_FIXES },
    },
    {
        .id = "confirm-of-first-image-after-second-upload",
        .pattern = "N1",
        .must = { S(LIST_NO_KEY), S(UPLOAD_1), S(UPLOAD_2),
            S(STATE_CONFIRM), S(HASH_REFUSED) },
        .must_not = { S(LIST_KEY), S(STATE_AFTER_RESET), S(HASH_IS_SHA),
            S(STATE_TEST) },
        .stronger = { S(FILES_2), S(UPLOAD_IMAGE_1), S(HASH_OF_EARLIER),
            S(HASH_REPLACED), S(OTHER_IN_SLOT1), S(CONF_ONE_IMAGE) },
        .weight = 97,
        .title = "The package has two images, the device manages one: the "
            "second upload overwrote the first",
        .explanation = "A server built for one updatable image writes every "
            "file to slot 1. The first image is not there any more when it "
            "is to be confirmed.",
        .disproof = "an image list after the uploads that still shows the "
            "hash of the first file",
        .fixes = { TWO_IMAGE_FIXES },
    },
    {
        .id = "first-image-replaced-by-second",
        .pattern = "N1",
        .must = { S(E_REPLACED), S(LIST_NO_KEY) },
        .must_not = { S(LIST_KEY), S(HASH_REFUSED) },
        .stronger = { S(FILES_2), S(HASH_REPLACED), S(UPLOAD_2),
            S(UPLOAD_IMAGE_1) },
        .weight = 96,
        .title = "The second image of the package replaced the first in the "
            "only slot",
        .explanation = "The device manages one image. After the second "
            "upload the list does not show the first file any more.",
        .disproof = "an image list with `image` keys",
        .fixes = { TWO_IMAGE_FIXES },
    },
    {
        .id = "package-needs-more-images-than-device-has",
        .pattern = "N1",
        .must = { S(E_NEEDS_MORE) },
        .stronger = { S(LIST_NO_KEY), S(FILES_2) },
        .wants = 1,
        .weight = 97,
        .title = "The package has more images than the device manages; "
            "nothing was sent",
        .explanation = "Every further upload would overwrite the one before "
            "in slot 1, and the device would refuse to test the first.",
        .disproof = "slot information or an image list that shows a second "
            "image",
        .fixes = { TWO_IMAGE_FIXES },
    },
    {
        .id = "client-expects-more-images-than-device-has",
        .pattern = "N15",
        .must = { S(T_EXPECTED_MORE) },
        .must_not = { S(HASH_REFUSED) },
        .stronger = { S(LIST_NO_KEY), S(UPLOAD_2) },
        .weight = 92,
        .title = "The answer lists fewer images than the package holds: the "
            "device manages one image",
        .explanation = "The client counts the entries of the answer to its "
            "test. A device with one updatable image lists its two slots "
            "only; the second upload overwrote the first.",
        .disproof = "an image list with `image` keys",
        .fixes = { TWO_IMAGE_FIXES },
    },
    {
        .id = "load-address-check-hits-network-core",
        .pattern = "N13",
        .must = { S(UPLOAD_IMAGE_1) },
        .any = { S(UP_ADDRESS), S(C_NOT_DESIGNATED) },
        .must_not = { S(MODE_XIP), S(CONF_XIP), S(C_XIP_BOOT) },
        .weight = 84,
        .title = "The check of the load address refuses the network core image",
        .explanation = "The image for the other core is compared with the slot "
            "of the application. Fixed in 2026; sent together with the "
            "application it passes.",
        .disproof = "the same refusal for image 0",
        .fixes = {
            COMMAND("Send all images in one session:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "client-ignores-image-number",
        .pattern = "N8",
        .must = { S(LIST_KEY), S(UPLOAD_BOTH_0), S(HASH_REFUSED) },
        .must_not = { S(UPLOAD_IMAGE_1), S(STATE_AFTER_RESET) },
        .stronger = { S(FILES_2), S(HASH_OF_EARLIER), S(HASH_REPLACED) },
        .weight = 92,
        .title = "The device manages several images, but the client sent "
            "both files as image 0",
        .explanation = "The second upload went to the same slot as the "
            "first. The upload requests carry no image number above 0.",
        .disproof = "an upload request with image 1",
        .fixes = {
            COMMAND("Use a client that sends the image number:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "network-core-hash-not-readable-after-reset",
        .pattern = "N2",
        .must = { S(HASH_REFUSED), S(STATE_AFTER_RESET), S(STATE_CONFIRM) },
        .any = { S(LIST_KEY), S(UPLOAD_2), S(FILES_2) },
        .must_not = { S(AFTER_OLD_GONE), S(AFTER_OLD_KEPT),
            S(AFTER_OLD_PENDING) },
        .stronger = { S(AFTER_NEW), S(UPLOAD_IMAGE_1), S(FILES_NET) },
        .wants = 1,
        .weight = 90,
        .title = "The update worked; the network core image cannot be "
            "confirmed because nobody can read it back",
        .explanation = "After the reset the network core image has left its "
            "slot for the other core. Its hash is in no slot, so a confirm "
            "by that hash is refused. There is no way back for that core, "
            "and no need to confirm.",
        .disproof = "image 0 runs its old version after the reset",
        .fixes = {
            COMMAND("Look at what runs, and use confirm-only next time:",
                "smpctl image list\n"
                "smpctl upgrade --mode confirm-only dfu_application.zip"),
        },
    },
    {
        .id = "external-code-not-updated-along",
        .pattern = "K5",
        .must = { S(FILES_XIP), S(UPLOAD_1), S(RESET) },
        .any = { S(NO_RETURN), S(E_REVERTED),
            S(AFTER_OLD_KEPT), S(C_BUS_FAULT) },
        .must_not = { S(UPLOAD_2), S(HASH_REFUSED) },
        .weight = 82,
        .title = "Only a part of the package was sent: the code in external "
            "flash does not fit the new application",
        .explanation = "The package splits the application: one image for the "
            "internal flash, one that runs from external flash. Both have to "
            "be updated before one reset.",
        .disproof = "an upload of the second image in another recording",
        .fixes = {
            COMMAND("Send all images before one reset:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "one-core-updated-only",
        .pattern = "N9",
        .must = { S(FILES_2), S(UPLOAD_1), S(RESET) },
        .any = { S(NO_RETURN), S(E_REVERTED), S(AFTER_OLD_KEPT) },
        .must_not = { S(UPLOAD_2), S(HASH_REFUSED), S(FILES_XIP) },
        .weight = 84,
        .title = "Only one image of the package was sent, and the pair does "
            "not fit together",
        .explanation = "Application and network core of different builds may "
            "not understand each other: Bluetooth does not start, and the "
            "image is reverted.",
        .disproof = "an upload of the second image in another recording",
        .fixes = {
            COMMAND("Send all images before one reset:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "client-needs-image-key",
        .pattern = "N3",
        .must = { S(T_INVALID_RSP), S(PENDING_PERMANENT) },
        .must_not = { S(STATE_REFUSED) },
        .stronger = { S(LIST_NO_KEY) },
        .wants = 1,
        .weight = 95,
        .title = "A false alarm of the client: the device has accepted the "
            "confirm",
        .explanation = "The answer shows the image pending and permanent. "
            "Devices with one image leave the key `image` out of every "
            "entry; the client looked it up and gave up. A missing key "
            "means image 0.",
        .disproof = "an rc or err in that answer",
        .fixes = {
            COMMAND("Reset the device; it installs the image:",
                "smpctl os reset"),
            FILE_FIX("Update the client library."),
        },
    },
    {
        .id = "network-core-not-marked-first",
        .pattern = "N4",
        .must = { S(ORDER_0_1), S(RESET), S(FILES_NET) },
        .any = { S(E_OTHER), S(C_PCD), S(AFTER_OLD_KEPT) },
        .weight = 75,
        .title = "The application image was marked before the network core "
            "image",
        .explanation = "With nRF Connect SDK 2.6 to 3.4, MCUboot skips the "
            "network core when the application image is activated first.",
        .disproof = "the network core runs its new version",
        .fixes = {
            COMMAND("Mark in descending order; smpctl does:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "image-count-of-device-unknown",
        .pattern = "N1",
        .must = { S(E_COUNT_UNKNOWN) },
        .stronger = { S(FILES_2), S(LIST_NO_ACTIVE) },
        .weight = 70,
        .title = "The package has several images and the device does not "
            "tell how many it manages",
        .explanation = "The list is empty, or a bootloader answers. A device "
            "for one image would overwrite the first file with the second.",
        .disproof = "slot information or an image list that shows how many "
            "images there are",
        .fixes = {
            COMMAND("Send one image, or look at the slots:",
                "smpctl image slots\n"
                "smpctl upgrade --image 0 dfu_application.zip"),
        },
    },
    {
        .id = "third-image-has-no-slot",
        .pattern = "N6",
        .must = { S(UPLOAD_2), S(UPLOAD_IMAGE_1), S(LIST_KEY), S(UP_OPEN) },
        .weight = 70,
        .title = "An image of the package has no slot on this device",
        .explanation = "The image number is higher than what bootloader and "
            "application were built for (Wi-Fi patches in external flash "
            "are one image more).",
        .disproof = "an image list that shows this image number",
        .fixes = {
            KCONFIG("In prj.conf and mcuboot.conf, as many as the package "
                "has:", "CONFIG_UPDATEABLE_IMAGE_NUMBER=3"),
        },
    },
    {
        .id = "network-core-transfer-failed",
        .pattern = "N12",
        .must = { S(C_PCD) },
        .stronger = { S(C_BOOT) },
        .weight = 80,
        .title = "The bootloader cannot hand the network core image over",
        .explanation = "Without a bootloader on the network core, a RAM "
            "partition as primary slot of image 1, or with the other core's "
            "memory locked, the copy fails at every boot.",
        .disproof = "a console on which the network core update is done",
        .fixes = {
            KCONFIG("In sysbuild.conf:", "SB_CONFIG_SECURE_BOOT_NETCORE=y\n"
                "SB_CONFIG_NETCORE_APP_UPDATE=y"),
            HARDWARE("Erase the external flash to end the loop."),
        },
    },
    {
        .id = "reset-refused-while-network-core-is-written",
        .pattern = "N11",
        .must = { S(RESET_BUSY), S(UPLOAD_IMAGE_1), S(LIST_NO_ACTIVE) },
        .weight = 90,
        .title = "The bootloader is still writing the network core",
        .explanation = "Serial recovery refuses a reset with rc 10 until "
            "the other core has its image.",
        .disproof = "the same refusal a minute later",
        .fixes = {
            COMMAND("Wait a few seconds, then:", "smpctl os reset"),
        },
    },
    {
        .id = "network-core-file-sent-as-application",
        .pattern = "N5",
        .must = { S(FILE_NET_AS_0) },
        .weight = 90,
        .title = "The file for the network core was sent as the application",
        .explanation = "Its program is linked for the network core, and this "
            "device manages one image. Without a bootloader that hands it on, "
            "it replaces the application and does not start.",
        .disproof = "a reset address inside of the application core's flash",
        .fixes = {
            COMMAND("Send the application:",
                "smpctl upgrade --image 0 dfu_application.zip"),
        },
    },
    {
        .id = "recovery-does-not-know-the-network-core",
        .pattern = "N7",
        .must = { S(LIST_NO_ACTIVE), S(UPLOAD_IMAGE_1) },
        .any = { S(UP_V1_3), S(UP_V1_1), S(UP_V1_5), S(NO_PROGRESS) },
        .must_not = { S(RESET_BUSY) },
        .weight = 86,
        .title = "Serial recovery is not built for the network core",
        .explanation = "MCUboot's recovery answers, and the upload for image 1 "
            "is refused or does not advance.",
        .disproof = "an upload of image 1 that is accepted by the same "
            "bootloader",
        .fixes = {
            KCONFIG("In mcuboot.conf:",
                "CONFIG_NRF53_RECOVERY_NETWORK_CORE=y"),
            COMMAND("Or update it through the application:",
                "smpctl upgrade dfu_application.zip"),
        },
    },
    {
        .id = "network-core-written-at-every-boot",
        .pattern = "N10",
        .must = { S(LIST_STUCK_NET) },
        .must_not = { S(C_PCD), S(HASH_REFUSED) },
        .stronger = { S(AFTER_NEW), S(C_NET_COPY) },
        .weight = 84,
        .title = "The network core image is still marked after the update: the "
            "bootloader copies it again at every boot",
        .explanation = "An overwrite-only bootloader of the nRF Connect SDK "
            "before 2025 does not clear the mark of image 1.",
        .disproof = "a list after the next reset without that mark",
        .fixes = {
            COMMAND("Free the slot:",
                "smpctl image erase --image 1"),
            FILE_FIX("Update the bootloader of new devices."),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_multi = {
    "multi",
    "Several images, several cores",
    DIAG_FAMILY_ROWS(rows),
};
