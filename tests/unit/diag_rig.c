// SPDX-License-Identifier: Apache-2.0
#include "diag_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/signs.h"

struct diag_rig *diag_rig_create(void)
{
    struct diag_rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    diag_events_init(&rig->events);
    return rig;
}

void diag_rig_destroy(struct diag_rig *rig)
{
    diag_events_clear(&rig->events);
    free(rig);
}

enum diag_source_kind diag_rig_text(struct diag_rig *rig, const char *name,
        const char *text)
{
    return diag_read(&rig->events, name, text, strlen(text));
}

unsigned char *diag_rig_load(const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", SMP_TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail_msg("%s cannot be read", path);
        return NULL;
    }
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    unsigned char *data = malloc((size_t)size + 1);
    assert_non_null(data);
    *len = fread(data, 1, (size_t)size, f);
    fclose(f);
    return data;
}

enum diag_source_kind diag_rig_file(struct diag_rig *rig, const char *name)
{
    size_t len = 0;
    unsigned char *data = diag_rig_load(name, &len);
    enum diag_source_kind kind = diag_read(&rig->events, name, data, len);
    free(data);
    return kind;
}

void diag_rig_judge(struct diag_rig *rig)
{
    assert_int_equal(diag_judge(&rig->events, &rig->report), 0);
}

const char *diag_rig_first(const struct diag_rig *rig)
{
    return rig->report.verdict_count == 0
            ? ""
            : rig->report.verdicts[0].rule->pattern;
}

bool diag_rig_has(const struct diag_rig *rig, bool benign, const char *pattern)
{
    const struct diag_verdict *list =
            benign ? rig->report.benign : rig->report.verdicts;
    uint8_t count =
            benign ? rig->report.benign_count : rig->report.verdict_count;
    for (uint8_t i = 0; i < count; i++) {
        if (strcmp(list[i].rule->pattern, pattern) == 0) {
            return true;
        }
    }
    return false;
}

void diag_rig_shapes(const struct diag_shape *shapes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct diag_shape *shape = &shapes[i];
        struct diag_rig *rig = diag_rig_create();
        diag_rig_text(rig, "log", shape->text);
        if (rig->events.count != 1) {
            fail_msg("%zu events: %s", rig->events.count, shape->text);
        }
        const struct diag_event *e = &rig->events.items[0];
        if (e->kind != shape->kind || e->sign != shape->sign ||
                e->a != shape->a || e->b != shape->b) {
            fail_msg("%s %u %u %s: %s", diag_event_kind_to_str(e->kind), e->a,
                    e->b, diag_sign_name(e->sign), shape->text);
        }
        diag_rig_destroy(rig);
    }
}
