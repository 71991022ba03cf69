// SPDX-License-Identifier: Apache-2.0
/* All tables, in the order in which they are read. */
#include "diag/rules.h"

#include <string.h>

const struct diag_family *const *diag_families(size_t *count)
{
    static const struct diag_family *const all[] = {
        &diag_rules_multi,
        &diag_rules_mark,
        &diag_rules_slot,
        &diag_rules_file,
        &diag_rules_boot,
        &diag_rules_return,
        &diag_rules_flash,
        &diag_rules_memory,
        &diag_rules_offset,
        &diag_rules_time,
        &diag_rules_buffer,
        &diag_rules_serial,
        &diag_rules_udp,
        &diag_rules_connect,
        &diag_rules_version,
        &diag_rules_crypt,
        &diag_rules_speed,
    };
    *count = sizeof(all) / sizeof(all[0]);
    return all;
}

/* clang-format off */
static const struct diag_unseen unseen[] = {
    { "A2", "Another device with the same name was updated",
        "No log knows which unit was meant: compare the address in it with "
        "the label of the unit in hand." },
    { "E14", "A new file with the hash of the old one",
        "Told as H6: the image runs already." },
    { "H9", "Slot 1 is confirmed and the upload fails",
        "Told as H4: the running image is on trial, and slot 1 is the way "
        "back." },
    { "I16", "An image signed with another key boots",
        "Nothing is printed: without CONFIG_BOOT_VALIDATE_SLOT0 the "
        "bootloader does not check what a programmer wrote." },
    { "I17", "An image installed by MCUBOOT_BOOTSTRAP is reverted",
        "Told as I2: the console shows the revert, not how the image got "
        "there." },
    { "I18", "An encrypted image lies in the clear after the update",
        "A matter of security that no update log shows." },
    { "J7", "Somebody reset the device before the confirm",
        "Told as I2: a revert after a second boot." },
    { "K3", "A partition overlaps the settings or a file system",
        "The image is damaged later, by something else: compare "
        "partitions.yml." },
    { "N16", "nRF54H20: SUIT up to nRF Connect SDK 3.0, MCUboot from 3.1",
        "Told as Y1 when the file is a SUIT envelope." },
    { "P2", "No data length extension, or 1M PHY",
        "Said under \"limited by\": the update works." },
    { "P3", "One chunk in flight",
        "Said under \"limited by\": the update works." },
    { "P5", "Pauses while flash is erased bit by bit",
        "Said under \"limited by\": the update works." },
    { "P6", "A serial line of 115200 baud",
        "Said under \"limited by\": the update works." },
    { "P7", "Scanning, advertising or a mesh beside the update",
        "No client writes that down; a capture of the air would show it." },
    { "V5", "An answer without rc",
        "Normal for every recent server: it means success." },
    { "Y2", "A file for MCUboot sent through an interface for SUIT",
        "Told as E9: the hash that is sent is that of the file." },
};
/* clang-format on */

const struct diag_unseen *diag_unseen(size_t *count)
{
    *count = sizeof(unseen) / sizeof(unseen[0]);
    return unseen;
}

const struct diag_rule *diag_rule_find(const char *id)
{
    size_t families;
    const struct diag_family *const *all = diag_families(&families);
    for (unsigned by_pattern = 0; by_pattern < 2; by_pattern++) {
        for (size_t f = 0; f < families; f++) {
            for (size_t i = 0; i < all[f]->count; i++) {
                const struct diag_rule *r = &all[f]->rules[i];
                if (strcmp(by_pattern ? r->pattern : r->id, id) == 0) {
                    return r;
                }
            }
        }
    }
    return NULL;
}
