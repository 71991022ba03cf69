// SPDX-License-Identifier: Apache-2.0
/* Tables of group 10: enumeration of groups. */
#include "smp/group_enum.h"

/* clang-format off */
#define UINT  SMP_TYPE_UINT
#define BOOL  SMP_TYPE_BOOL
#define TEXT  SMP_TYPE_TEXT
#define ARRAY SMP_TYPE_ARRAY

static const struct smp_field enum_count_rsp_rows[] = {
    SMP_FIELD(smp_enum_count_rsp, count, "count", UINT, 0, 0, NULL),
};
const struct smp_map smp_enum_count_rsp_map =
        SMP_MAP(smp_enum_count_rsp, enum_count_rsp_rows);

static const struct smp_field enum_list_rsp_rows[] = {
    SMP_FIELD(smp_enum_list_rsp, groups, "groups", ARRAY, 0, 0, NULL),
};
const struct smp_map smp_enum_list_rsp_map =
        SMP_MAP(smp_enum_list_rsp, enum_list_rsp_rows);

static const struct smp_field enum_single_req_rows[] = {
    SMP_FIELD(smp_enum_single_req, index, "index", UINT, 0, 0, NULL),
};
const struct smp_map smp_enum_single_req_map =
        SMP_MAP(smp_enum_single_req, enum_single_req_rows);

static const struct smp_field enum_single_rsp_rows[] = {
    SMP_FIELD(smp_enum_single_rsp, group, "group", UINT, 0, 0, NULL),
    SMP_FIELD(smp_enum_single_rsp, end, "end", BOOL, 0, 0, NULL),
};
const struct smp_map smp_enum_single_rsp_map =
        SMP_MAP(smp_enum_single_rsp, enum_single_rsp_rows);

static const struct smp_field enum_details_req_rows[] = {
    SMP_FIELD(smp_enum_details_req, groups, "groups", ARRAY, 0, 0, NULL),
};
const struct smp_map smp_enum_details_req_map =
        SMP_MAP(smp_enum_details_req, enum_details_req_rows);

static const struct smp_field enum_detail_rows[] = {
    SMP_FIELD(smp_enum_detail, group, "group", UINT, 0, 0, NULL),
    SMP_FIELD(smp_enum_detail, name, "name", TEXT, 0, 0, NULL),
    SMP_FIELD(smp_enum_detail, handlers, "handlers", UINT, 0, 0, NULL),
};
const struct smp_map smp_enum_detail_map =
        SMP_MAP(smp_enum_detail, enum_detail_rows);

static const struct smp_field enum_details_rsp_rows[] = {
    SMP_FIELD(smp_enum_details_rsp, groups, "groups", ARRAY, 0, 0,
            &smp_enum_detail_map),
};
const struct smp_map smp_enum_details_rsp_map =
        SMP_MAP(smp_enum_details_rsp, enum_details_rsp_rows);
/* clang-format on */
