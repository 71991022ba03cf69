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
        .disproof = "the same file accepted by a bootloader with this key",
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
        .weight = 86,
        .title = "The encrypted image was removed at boot: its key does not "
            "fit",
        .explanation = "After the reset slot 1 is empty. It is encrypted for "
            "another key, or this bootloader does not decrypt at all.",
        .disproof = "the same program not encrypted, signed alike, that is "
            "removed too",
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
        .disproof = "smpctl imagefile verify --decrypt-key opens the file",
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
        .disproof = "a file that starts with 3d b8 f3 96",
        .fixes = { FILE_FIX("Use a client that knows SUIT.") },
    },
    {
        .id = "hash-over-encrypted-bytes",
        .pattern = "X3",
        .must = { S(HASH_IS_SHA), S(STATE_REFUSED), S(NEW_ENCRYPTED) },
        .weight = 97,
        .title = "The hash that was sent is over the encrypted file; images "
            "are known by the hash of their plain content",
        .explanation = "Encryption does not change the hash record in the "
            "file, which is over the plain image. SHA-256 of the file as it is "
            "stored is another number.",
        .disproof = "the hash of the request is that of the record in the file",
        .fixes = {
            COMMAND("Take the hash from the file's records:",
                "smpctl imagefile show FILE\n"
                "smpctl image test FILE"),
        },
    },
    {
        .id = "suit-list-shows-manifests",
        .pattern = "Y3",
        .must = { S(SUIT_ANSWERED) },
        .any = { S(LIST_NO_KEY), S(LIST_KEY), S(LIST_NO_ACTIVE) },
        .weight = 90,
        .benign = true,
        .title = "The image list of a SUIT device shows manifests: slot 0 the "
            "root manifest, slot 1 the candidate",
        .explanation = "The version is a sequence number, and no flag is set. "
            "That is no sign of a broken slot.",
    },
    {
        .id = "bootloader-does-not-decrypt",
        .pattern = "X1",
        .must = { S(F_ENC_NO) },
        .weight = 94,
        .title = "The file is encrypted and this bootloader cannot decrypt it",
        .explanation = "It is built without encryption, or runs images where "
            "they lie.",
        .disproof = "an encrypted image that this bootloader started before",
        .fixes = {
            FILE_FIX("Send the image without encryption."),
            KCONFIG("Or build a bootloader that decrypts, in mcuboot.conf:",
                "CONFIG_BOOT_ENCRYPT_EC256=y"),
        },
    },
};
/* clang-format on */

const struct diag_family diag_rules_crypt = {
    "crypt",
    "Encrypted images and SUIT",
    DIAG_FAMILY_ROWS(rows),
};
