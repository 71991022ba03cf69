// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a log, a trace, a capture or a configuration, then judged. */
#include "fuzz.h"

#include <stdlib.h>

#include "diag/doctor.h"
#include "diag/kconfig.h"

static void check(const struct diag_report *report)
{
    for (uint8_t i = 0; i < report->verdict_count; i++) {
        const struct diag_verdict *v = &report->verdicts[i];
        if (v->confidence < DIAG_CONFIDENCE_MIN || v->confidence > 100 ||
                v->evidence_count == 0) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct diag_report report;
    static struct diag_lint lint[DIAG_LINT_MAX];
    struct diag_events events;

    diag_events_init(&events);
    (void)diag_read(&events, "fuzz", data, size);
    if (diag_judge(&events, &report) == 0) {
        check(&report);
    }
    (void)diag_lint(&events, lint);
    diag_events_clear(&events);
    return 0;
}
