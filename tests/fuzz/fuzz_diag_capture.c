// SPDX-License-Identifier: Apache-2.0
/*
 * Captures: the first byte chooses a file head, the rest are its records, so
 * that mutations do not get stuck at the magic.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "diag/doctor.h"

static const struct {
    uint8_t bytes[28];
    uint8_t len;
} heads[] = {
    { "btsnoop\0\0\0\0\1\0\0\3\xea", 16 },   /* H4 */
    { "btsnoop\0\0\0\0\1\0\0\x07\xd1", 16 }, /* btmon */
    { "btsnoop\0\0\0\0\1\0\0\3\xe9", 16 },   /* no packet type */
    { "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0", 24 },
    { "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\xc9\0\0\0", 24 },
    { "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\1", 24 },
    { "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0"
      "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0",
            28 },
    { "\x06\x09", 2 }, /* serial */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct diag_report report;
    struct diag_events events;
    size_t which = size == 0 ? 0 : data[0] % (sizeof(heads) / sizeof(*heads));
    size_t head = heads[which].len;
    size_t rest = size == 0 ? 0 : size - 1;
    uint8_t *file = malloc(head + rest);

    if (file == NULL) {
        abort();
    }
    memcpy(file, heads[which].bytes, head);
    if (rest > 0) {
        memcpy(file + head, data + 1, rest);
    }
    diag_events_init(&events);
    (void)diag_read(&events, "fuzz", file, head + rest);
    (void)diag_judge(&events, &report);
    diag_events_clear(&events);
    free(file);
    return 0;
}
