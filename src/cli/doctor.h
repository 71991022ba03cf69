// SPDX-License-Identifier: Apache-2.0
/* The doctor's command: shared between reading, showing and the page. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "diag/doctor.h"
#include "diag/kconfig.h"

/** What `smpctl doctor` and `smpctl decode` work on. */
struct cli_case {
    struct diag_events events;
    struct diag_report report;
    struct diag_lint lint[DIAG_LINT_MAX];
    size_t lint_count;
    bool logs; /**< anything but configuration was read */
    bool conf; /**< configuration was read */
};

/** Make an empty case. */
void cli_case_init(struct cli_case *c);

/** Free what it holds. */
void cli_case_clear(struct cli_case *c);

/** Read a file of any kind into the case. @return 0 or exit status */
int cli_case_read(struct cli *cli, struct cli_case *c, const char *path,
        enum diag_source_kind *kind);

/* ---- doctor_show.c ---- */

/** Members "verdicts" and "benign". */
void cli_doctor_add_report(JsonBuilder *b, const struct diag_report *report);

/** Members "session" and "lint". */
void cli_doctor_add_session(JsonBuilder *b, const struct cli_case *c);

/** One verdict for people. */
void cli_doctor_print_verdict(const struct cli *cli, FILE *out,
        const struct diag_verdict *v);

/** Everything for people, on standard output. */
void cli_doctor_print(struct cli *cli, const struct cli_case *c);

/** All rules. */
void cli_doctor_list(struct cli *cli);

/** One rule in full. @return 0 or exit status */
int cli_doctor_explain(struct cli *cli, const char *id);

/** JSON of one rule, all columns. */
void cli_doctor_add_rule(JsonBuilder *b, const struct diag_family *family,
        const struct diag_rule *rule);

/** A text of a log, made printable; g_free(). */
char *cli_doctor_clean(const char *text);

/* ---- doctor_html.c ---- */

/** Write the page. @return 0 or exit status */
int cli_doctor_html(struct cli *cli, const struct cli_case *c,
        const char *path);

#endif
