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
