// SPDX-License-Identifier: Apache-2.0
/* Encrypted images, SUIT. */
#include "diag/rules.h"

/* clang-format off */
static const struct diag_rule rows[] = {
    {
        .id = "image-cannot-be-decrypted",
        .pattern = "X1",
        .must = { S(C_DECRYPT) },
        .weight = 92,
        .title = "MCUboot cannot decrypt the image",
        .explanation = "It is encrypted for another key, or with a scheme "
            "that this bootloader is not built for.",
        .fixes = {
            KCONFIG("The same scheme in mcuboot.conf, for example:",
                "CONFIG_BOOT_ENCRYPT_EC256=y"),
        },
    },
    {
        .id = "encrypted-image-removed",
        .pattern = "X1",
        .must = { S(NEW_ENCRYPTED), S(AFTER_OLD_GONE) },
        .must_not = { S(C_DECRYPT) },
        .weight = 80,
        .title = "The encrypted image was removed at boot: its key does not "
            "fit",
        .explanation = "After the reset slot 1 is empty.",
        .fixes = { FILE_FIX("Encrypt with the bootloader's public key.") },
    },
    {
        .id = "encrypted-for-another-key",
        .pattern = "X1",
        .must = { S(F_ENC_KEY) },
        .weight = 95,
        .title = "The file is encrypted for another key than the device has",
        .explanation = "The private key given does not open it; the "
            "bootloader with that key would refuse it.",
        .fixes = { FILE_FIX("Encrypt with the bootloader's public key.") },
    },
    {
        .id = "suit-envelope-needs-another-flow",
        .pattern = "Y1",
        .must = { S(FILE_SUIT) },
        .weight = 92,
        .title = "The file is a SUIT envelope: no test, no reset by the "
            "client",
        .explanation = "It needs a confirm without a hash, or group 66.",
        .fixes = { FILE_FIX("Use a client that knows SUIT.") },
    },
};
/* clang-format on */

const struct diag_family diag_rules_crypt = {
    "crypt",
    "Encrypted images and SUIT",
    DIAG_FAMILY_ROWS(rows),
};
