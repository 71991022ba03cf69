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
    const char *sent; /**< package or image that was sent, NULL = not known */
    bool logs;        /**< anything but configuration was read */
    bool conf;        /**< configuration was read */
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
void cli_doctor_add_report(JsonBuilder *b, const struct cli_case *c);

/** Members "session" and "lint". */
void cli_doctor_add_session(JsonBuilder *b, const struct cli_case *c);

/** One verdict for people. */
void cli_doctor_print_verdict(const struct cli *cli, FILE *out,
        const struct cli_case *c, const struct diag_verdict *v);

/**
 * The lines of a remedy, with the name of the file that was sent in the place
 * of FILE and dfu_application.zip, when it is known; g_strfreev().
 */
char **cli_doctor_lines(const struct cli_case *c, const char *lines);

/** Everything for people, on standard output. */
void cli_doctor_print(struct cli *cli, const struct cli_case *c);

/** The remedies of a rule; c may be NULL. */
void cli_doctor_print_fixes(FILE *out, const struct cli_case *c,
        const struct diag_rule *rule);

/** Member "fixes"; c may be NULL. */
void cli_doctor_add_fixes(JsonBuilder *b, const struct cli_case *c,
        const struct diag_rule *rule);

/** The first line begins with the label, the others with as many blanks. */
void cli_doctor_print_wrapped(FILE *out, const char *label, const char *text);

/** A text of a log, made printable; g_free(). */
char *cli_doctor_clean(const char *text);

/* ---- doctor_list.c ---- */

/** All rules. */
void cli_doctor_list(struct cli *cli);

/** One rule in full. @return 0 or exit status */
int cli_doctor_explain(struct cli *cli, const char *id);

/* ---- doctor_html.c ---- */

/** Write the page. @return 0 or exit status */
int cli_doctor_html(struct cli *cli, const struct cli_case *c,
        const char *path);

/** Text from a log, safe between tags and in attributes. */
void cli_doctor_put(GString *out, const char *text);

/* ---- doctor_timeline.c ---- */

/** The drawing with its heading; nothing when no event has a time. */
void cli_doctor_put_timeline(GString *out, const struct cli_case *c);

#endif
