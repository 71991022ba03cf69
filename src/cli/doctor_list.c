// SPDX-License-Identifier: Apache-2.0
/* What the doctor knows: --list and --explain. */
#include <string.h>

#include "cli/doctor.h"

static void add_signs(JsonBuilder *b, const char *name, const uint16_t *signs)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (unsigned i = 0; i < DIAG_RULE_SIGNS && signs[i] != 0; i++) {
        json_builder_add_string_value(b, diag_sign_text(signs[i]));
    }
    json_builder_end_array(b);
}

static void add_rule(JsonBuilder *b, const struct diag_family *family,
        const struct diag_rule *rule)
{
    json_builder_begin_object(b);
    cli_json_add_string(b, "id", rule->id);
    cli_json_add_string(b, "pattern", rule->pattern);
    cli_json_add_string(b, "family", family->name);
    cli_json_add_string(b, "family_title", family->title);
    cli_json_add_bool(b, "benign", rule->benign);
    cli_json_add_double(b, "weight", rule->weight / 100.0);
    cli_json_add_string(b, "title", rule->title);
    cli_json_add_string(b, "explanation", rule->explanation);
    add_signs(b, "must", rule->must);
    add_signs(b, "any", rule->any);
    add_signs(b, "must_not", rule->must_not);
    add_signs(b, "stronger", rule->stronger);
    if (rule->disproof != NULL) {
        cli_json_add_string(b, "disproof", rule->disproof);
    }
    cli_doctor_add_fixes(b, NULL, rule);
    json_builder_end_object(b);
}

static void add_unseen_one(JsonBuilder *b, const struct diag_unseen *u)
{
    json_builder_begin_object(b);
    cli_json_add_string(b, "pattern", u->pattern);
    cli_json_add_string(b, "title", u->title);
    cli_json_add_string(b, "reason", u->reason);
    json_builder_end_object(b);
}

/* What is known and has no entry: why. pattern NULL = all. */
static unsigned add_unseen(struct cli *cli, JsonBuilder *b, const char *pattern)
{
    size_t count;
    unsigned found = 0;
    const struct diag_unseen *all = diag_unseen(&count);

    json_builder_set_member_name(b, "unseen");
    json_builder_begin_array(b);
    for (size_t i = 0; i < count; i++) {
        if (pattern != NULL &&
                g_ascii_strcasecmp(all[i].pattern, pattern) != 0) {
            continue;
        }
        if (pattern == NULL) {
            cli_out(cli, "%s  %-4s %s\n",
                    found == 0 ? "\nWithout an entry of their own\n" : "",
                    all[i].pattern, all[i].title);
        } else {
            cli_out(cli, "%s  (no entry of its own)\n\n%s.\n\n  %s\n",
                    all[i].pattern, all[i].title, all[i].reason);
        }
        add_unseen_one(b, &all[i]);
        found++;
    }
    json_builder_end_array(b);
    return found;
}

void cli_doctor_list(struct cli *cli)
{
    size_t families;
    const struct diag_family *const *all = diag_families(&families);
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    json_builder_set_member_name(b, "rules");
    json_builder_begin_array(b);
    for (size_t f = 0; f < families; f++) {
        cli_out(cli, "%s%s\n", f == 0 ? "" : "\n", all[f]->title);
        for (size_t i = 0; i < all[f]->count; i++) {
            const struct diag_rule *rule = &all[f]->rules[i];
            cli_out(cli, "  %-4s %-46s %s%s\n", rule->pattern, rule->id,
                    rule->benign ? "harmless: " : "", rule->title);
            add_rule(b, all[f], rule);
        }
    }
    json_builder_end_array(b);
    (void)add_unseen(cli, b, NULL);
    json_builder_end_object(b);
    cli_result(cli, b);
}

static void print_signs(struct cli *cli, const char *title,
        const uint16_t *signs)
{
    for (unsigned i = 0; i < DIAG_RULE_SIGNS && signs[i] != 0; i++) {
        cli_out(cli, "  %-14s %s\n", i == 0 ? title : "",
                diag_sign_text(signs[i]));
    }
}

static void print_rule(struct cli *cli, const struct diag_rule *rule)
{
    cli_out(cli, "%s  (pattern %s, weight %u %%%s)\n\n%s.\n\n", rule->id,
            rule->pattern, rule->weight, rule->benign ? ", harmless" : "",
            rule->title);
    if (!cli->opt.json) {
        cli_doctor_print_wrapped(stdout, "  ", rule->explanation);
    }
    cli_out(cli, "\n");
    print_signs(cli, "seen", rule->must);
    print_signs(cli, "one of", rule->any);
    print_signs(cli, "not seen", rule->must_not);
    print_signs(cli, "stronger with", rule->stronger);
    if (!cli->opt.json) {
        cli_doctor_print_fixes(stdout, NULL, rule);
    }
    if (rule->disproof != NULL) {
        cli_out(cli, "  wrong if       %s\n", rule->disproof);
    }
    cli_out(cli, "\n");
}

int cli_doctor_explain(struct cli *cli, const char *id)
{
    size_t families;
    const struct diag_family *const *all = diag_families(&families);
    JsonBuilder *b = json_builder_new();
    unsigned found = 0;

    json_builder_begin_object(b);
    json_builder_set_member_name(b, "rules");
    json_builder_begin_array(b);
    for (size_t f = 0; f < families; f++) {
        for (size_t i = 0; i < all[f]->count; i++) {
            const struct diag_rule *rule = &all[f]->rules[i];
            if (strcmp(rule->id, id) == 0 ||
                    g_ascii_strcasecmp(rule->pattern, id) == 0) {
                print_rule(cli, rule);
                add_rule(b, all[f], rule);
                found++;
            }
        }
    }
    json_builder_end_array(b);
    found += add_unseen(cli, b, id);
    json_builder_end_object(b);
    if (found == 0) {
        g_object_unref(b);
        return cli_usage(cli, "no entry \"%s\"; see smpctl doctor --list", id);
    }
    cli_result(cli, b);
    return 0;
}
