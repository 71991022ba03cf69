// SPDX-License-Identifier: Apache-2.0
/*
 * Why did it fail: events in, verdicts out.
 *
 * The events are split into sessions; each is reduced to signs (something
 * seen, with the event that shows it), then ordered tables of rules are read.
 *
 * Confidence, in percent: the weight of the row times the share of its
 * evidence that was seen. All of `must` has to be seen; of `stronger` the row
 * says how many it wants for its full weight (`wants`). 50 is the least for a
 * verdict; below, the doctor says nothing. 90 and more is called certain: the
 * evidence leaves no other known cause. Between: likely.
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

#define DIAG_EVIDENCE_MAX  10u
#define DIAG_FIXES_MAX     4u
#define DIAG_VERDICTS_MAX  8u
#define DIAG_TRANSFERS_MAX 16u
#define DIAG_LIMITS_MAX    4u
#define DIAG_SLOTS_MAX     32u

/** Most signs in one column of a rule. */
#define DIAG_RULE_SIGNS 8u

enum diag_fix_kind {
    DIAG_FIX_NONE,
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

/** One row of the doctor's tables; all strings are static. */
struct diag_rule {
    const char *id;                     /**< kebab-case cause, never renamed */
    const char *pattern;                /**< code of the failure catalogue */
    uint16_t must[DIAG_RULE_SIGNS];     /**< all of these, 0-terminated */
    uint16_t any[DIAG_RULE_SIGNS];      /**< at least one, if there are any */
    uint16_t must_not[DIAG_RULE_SIGNS]; /**< none of these */
    uint16_t stronger[DIAG_RULE_SIGNS]; /**< more evidence */
    uint8_t wants;  /**< how many of `stronger` make the evidence whole */
    uint8_t weight; /**< percent with all evidence seen */
    bool benign;    /**< alarming but harmless */
    bool fallback;  /**< dropped when another row explains the same signs */
    const char *title;
    const char *explanation;
    const char *disproof; /**< what would prove us wrong, or NULL */
    struct diag_fix fixes[DIAG_FIXES_MAX]; /**< kind NONE ends them */
};

/** An ordered table of rules about one subject. */
struct diag_family {
    const char *name;  /**< "connect": also the name of its page */
    const char *title; /**< for people */
    const struct diag_rule *rules;
    size_t count;
};

/** A line that shows something. */
struct diag_evidence {
    const char *file;
    uint32_t line;
    const char *quote; /**< the line itself, "" for captures */
    char text[160];    /**< what it shows */
};

/** A rule that fits. */
struct diag_verdict {
    const struct diag_rule *rule;
    uint8_t confidence; /**< percent */
    uint8_t session;    /**< number of the session, from 0 */
    struct diag_evidence evidence[DIAG_EVIDENCE_MAX];
    uint8_t evidence_count;
};

/** One upload of a session. */
struct diag_transfer {
    uint32_t image;
    bool image_told;
    bool complete;
    uint32_t size;
    uint32_t bytes; /**< reached */
    uint32_t ms;    /**< 0 = not known */
    uint32_t requests;
    uint32_t chunk;     /**< largest, data bytes */
    uint32_t in_flight; /**< most requests open at a time */
    uint32_t gap_ms;    /**< longest wait between two answers */
    int64_t t_start_ms; /**< -1 = not known */
    uint8_t session;
};

/** A slot as a list showed it, for time lines. */
struct diag_slot_seen {
    const struct diag_event *event;
    uint32_t image;
    uint32_t slot;
    char version[24];
    uint8_t hash[4]; /**< first bytes */
    bool active;
    bool confirmed;
    bool pending;
    bool permanent;
};

/** What the doctor would need to say more. */
enum diag_need {
    DIAG_NEED_WHOLE_LOG = 1 << 0,
    DIAG_NEED_LIST = 1 << 1,
    DIAG_NEED_PACKAGE = 1 << 2,
    DIAG_NEED_CONSOLE = 1 << 3,
    DIAG_NEED_CONF = 1 << 4,
    DIAG_NEED_TRACE = 1 << 5,
};

/** The doctor's answer; evidence points into the list of events. */
struct diag_report {
    struct diag_verdict verdicts[DIAG_VERDICTS_MAX]; /**< likeliest first */
    uint8_t verdict_count;
    struct diag_verdict benign[DIAG_VERDICTS_MAX];
    uint8_t benign_count;
    struct diag_transfer transfers[DIAG_TRANSFERS_MAX];
    uint8_t transfer_count;
    struct diag_slot_seen slots[DIAG_SLOTS_MAX];
    uint8_t slot_count;
    char limits[DIAG_LIMITS_MAX][200]; /**< what limited the speed */
    uint8_t limit_count;
    uint8_t sessions;
    char device[64]; /**< name or address, "" = not told */
    char client[64]; /**< "" = not told */
    uint32_t mtu;    /**< 0 = not told */
    uint32_t interval_us;
    uint32_t requests;
    uint32_t answers;
    unsigned needs; /**< mask of enum diag_need, when there is no verdict */
};

/**
 * Judge all sessions of a list.
 *
 * @param      events  borrowed; evidence points into it
 * @param[out] report  written
 *
 * @return 0, or -1: out of memory (the report is empty)
 */
int diag_judge(const struct diag_events *events, struct diag_report *report);

/** All tables, in the order in which they are read. */
const struct diag_family *const *diag_families(size_t *count);

/** An entry of the catalogue without a rule; all strings are static. */
struct diag_unseen {
    const char *pattern;
    const char *title;
    const char *reason; /**< why no log shows it, or who tells it */
};

/** Entries that have no rule of their own. */
const struct diag_unseen *diag_unseen(size_t *count);

/** The rule with this id, or the first with this pattern; NULL. */
const struct diag_rule *diag_rule_find(const char *id);

/** What a sign means, one sentence; "" for numbers that are none. */
const char *diag_sign_text(uint16_t sign);

/** Name of a sign, in upper case; "" for numbers that are none. */
const char *diag_sign_name(uint16_t sign);

/** Sentence for one bit of enum diag_need. */
const char *diag_need_to_str(enum diag_need need);

/** "command", "kconfig", "file", "hardware". */
const char *diag_fix_kind_to_str(enum diag_fix_kind kind);

#ifdef __cplusplus
}
#endif

#endif
