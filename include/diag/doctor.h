// SPDX-License-Identifier: Apache-2.0
/*
 * Why did it fail: events in, verdicts out.
 *
 * A session is first reduced to signs (one bit each, with the event that
 * shows it), then an ordered table of rules is read. Confidence is the weight
 * of the row times the share of its evidence that was seen; a verdict needs
 * at least 50 %, "certain" is 90 % and more.
 */
#ifndef DIAG_DOCTOR_H
#define DIAG_DOCTOR_H

#include "diag/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Least confidence of a verdict, in percent. */
#define DIAG_CONFIDENCE_MIN 50u
/** Confidence that is called certain, in percent. */
#define DIAG_CONFIDENCE_CERTAIN 90u

#define DIAG_EVIDENCE_MAX  8u
#define DIAG_FIXES_MAX     4u
#define DIAG_VERDICTS_MAX  8u
#define DIAG_TRANSFERS_MAX 16u

enum diag_fix_kind {
    DIAG_FIX_COMMAND,
    DIAG_FIX_KCONFIG,
    DIAG_FIX_FILE,
    DIAG_FIX_HARDWARE,
};

/** One remedy; all strings are static. */
struct diag_fix {
    enum diag_fix_kind kind;
    const char *text;
    const char *lines; /**< copy-and-paste lines, '\n' between, or NULL */
};

/** One row of the doctor's table; all strings are static. */
struct diag_rule {
    const char *id;      /**< kebab-case cause, never renamed */
    const char *pattern; /**< code of the failure catalogue */
    uint64_t must;       /**< signs that must be seen */
    uint64_t must_not;   /**< signs that rule it out */
    uint64_t stronger;   /**< signs that add evidence */
    uint8_t weight;      /**< percent with all evidence seen */
    bool benign;         /**< alarming but harmless */
    const char *title;
    const char *explanation;
    const char *disproof; /**< what would prove us wrong, or NULL */
    struct diag_fix fixes[DIAG_FIXES_MAX];
    uint8_t fix_count;
};

/** A line that shows something. */
struct diag_evidence {
    const char *file;
    uint32_t line;
    char text[160];
};

/** A rule that fits. */
struct diag_verdict {
    const struct diag_rule *rule;
    uint8_t confidence; /**< percent */
    struct diag_evidence evidence[DIAG_EVIDENCE_MAX];
    uint8_t evidence_count;
};

/** One upload of the session. */
struct diag_transfer {
    uint32_t image;
    bool image_told;
    uint32_t size;
    uint32_t bytes; /**< reached */
    uint32_t ms;
    uint32_t requests;
    bool complete;
};

/** The doctor's answer. */
struct diag_report {
    struct diag_verdict verdicts[DIAG_VERDICTS_MAX]; /**< likeliest first */
    uint8_t verdict_count;
    struct diag_verdict benign[DIAG_VERDICTS_MAX];
    uint8_t benign_count;
    struct diag_transfer transfers[DIAG_TRANSFERS_MAX];
    uint8_t transfer_count;
};

/**
 * Judge one session.
 *
 * @param      events  borrowed; evidence points into it
 * @param[out] report  written
 */
void diag_judge(const struct diag_events *events, struct diag_report *report);

/** The table, in the order in which it is read. */
const struct diag_rule *diag_rules(size_t *count);

/** "command", "kconfig", "file", "hardware". */
const char *diag_fix_kind_to_str(enum diag_fix_kind kind);

#ifdef __cplusplus
}
#endif

#endif
