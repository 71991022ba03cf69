// SPDX-License-Identifier: Apache-2.0
/* A message with a member of every kind, for the tests of the tables. */
#ifndef SMP_TESTS_SMP_PROBE_H
#define SMP_TESTS_SMP_PROBE_H

#include "smp/message.h"

/* One member of every kind. */
struct probe {
    uint32_t has;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    bool flag;
    struct smp_bytes text;
    struct smp_bytes bytes;
    struct smp_view map;
    struct smp_view array;
    uint32_t small;
    bool lax;
    uint32_t must;
};

enum {
    PROBE_U8,
    PROBE_U16,
    PROBE_U32,
    PROBE_U64,
    PROBE_I8,
    PROBE_I16,
    PROBE_I32,
    PROBE_I64,
    PROBE_FLAG,
    PROBE_TEXT,
    PROBE_BYTES,
    PROBE_MAP,
    PROBE_ARRAY,
    PROBE_SMALL,
    PROBE_LAX,
    PROBE_ROWS,
};

static const struct smp_field probe_rows[] = {
    SMP_FIELD(probe, u8, "u8", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u16, "u16", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u32, "u32", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, u64, "u64", SMP_TYPE_UINT, 0, 0, NULL),
    SMP_FIELD(probe, i8, "i8", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i16, "i16", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i32, "i32", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, i64, "i64", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(probe, flag, "flag", SMP_TYPE_BOOL, 0, 0, NULL),
    SMP_FIELD(probe, text, "text", SMP_TYPE_TEXT, 0, 5, NULL),
    SMP_FIELD(probe, bytes, "bytes", SMP_TYPE_BYTES, 0, 300, NULL),
    SMP_FIELD(probe, map, "map", SMP_TYPE_MAP, 0, 0, NULL),
    SMP_FIELD(probe, array, "array", SMP_TYPE_ARRAY, 0, 0, NULL),
    SMP_FIELD(probe, small, "small", SMP_TYPE_UINT, 0, 9, NULL),
    SMP_FIELD(probe, lax, "lax", SMP_TYPE_BOOL | SMP_TYPE_UINT,
            SMP_FIELD_LENIENT, 1, NULL),
};

static const struct smp_map probe_map = SMP_MAP(probe, probe_rows);

#endif
