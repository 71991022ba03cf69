// SPDX-License-Identifier: Apache-2.0
/* What the tests of the doctor share: files, traces, reports. */
#ifndef DIAG_RIG_H
#define DIAG_RIG_H

#include "diag/doctor.h"

/** A list of events and the report on it. */
struct diag_rig {
    struct diag_events events;
    struct diag_report report;
};

/** Make an empty rig on the heap. */
struct diag_rig *diag_rig_create(void);
void diag_rig_destroy(struct diag_rig *rig);

/** Read a text as a source. */
enum diag_source_kind diag_rig_text(struct diag_rig *rig, const char *name,
        const char *text);

/** Read tests/data/NAME. */
enum diag_source_kind diag_rig_file(struct diag_rig *rig, const char *name);

/** Whole file of tests/data; free() it. */
unsigned char *diag_rig_load(const char *name, size_t *len);

/** Judge; fails the test when memory runs out. */
void diag_rig_judge(struct diag_rig *rig);

/** A line, or a few, and the one event they give. */
struct diag_shape {
    const char *text;
    enum diag_event_kind kind;
    uint32_t a;
    uint32_t b;
    uint16_t sign;
};

/** Read each text by itself; fails the test at the first other event. */
void diag_rig_shapes(const struct diag_shape *shapes, size_t count);

/** Pattern of the first verdict, "" when there is none. */
const char *diag_rig_first(const struct diag_rig *rig);

/** true: a verdict (benign: a benign line) has this pattern. */
bool diag_rig_has(const struct diag_rig *rig, bool benign, const char *pattern);

#endif
