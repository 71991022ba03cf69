// SPDX-License-Identifier: Apache-2.0
/* Group 10: enumeration of groups. Source: zephyr smp_group_10.rst and
 * subsys/mgmt/mcumgr/grp/enum_mgmt. */
#ifndef SMP_GROUP_ENUM_H
#define SMP_GROUP_ENUM_H

#include "smp/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Commands. */
enum smp_enum_id {
    SMP_ENUM_COUNT = 0,
    SMP_ENUM_LIST = 1,
    SMP_ENUM_SINGLE = 2,
    SMP_ENUM_DETAILS = 3,
};

/** The group's own codes. Source: zephyr enum_mgmt.h, ENUM_MGMT_ERR_. */
enum smp_enum_rc {
    SMP_ENUM_RC_UNKNOWN = 1,
    SMP_ENUM_RC_TOO_MANY_GROUP_ENTRIES = 2,
    SMP_ENUM_RC_INSUFFICIENT_HEAP_FOR_ENTRIES = 3,
    SMP_ENUM_RC_INDEX_TOO_LARGE = 4,
};

/** 10/0 count, answer. */
struct smp_enum_count_rsp {
    uint32_t has;
    uint32_t count;
};

/** Bits of struct smp_enum_count_rsp.has, in row order. */
enum {
    SMP_ENUM_COUNT_RSP_COUNT = 1u << 0,
};

extern const struct smp_map smp_enum_count_rsp_map;

/** 10/1 list, answer. */
struct smp_enum_list_rsp {
    uint32_t has;
    struct smp_view groups; /**< array of group ids */
};

/** Bits of struct smp_enum_list_rsp.has, in row order. */
enum {
    SMP_ENUM_LIST_RSP_GROUPS = 1u << 0,
};

extern const struct smp_map smp_enum_list_rsp_map;

/** 10/2 single, request. */
struct smp_enum_single_req {
    uint32_t has;
    uint32_t index;
};

/** Bits of struct smp_enum_single_req.has, in row order. */
enum {
    SMP_ENUM_SINGLE_REQ_INDEX = 1u << 0,
};

extern const struct smp_map smp_enum_single_req_map;

/** 10/2 single, answer. */
struct smp_enum_single_rsp {
    uint32_t has;
    uint32_t group;
    bool end; /**< only on the last */
};

/** Bits of struct smp_enum_single_rsp.has, in row order. */
enum {
    SMP_ENUM_SINGLE_RSP_GROUP = 1u << 0,
    SMP_ENUM_SINGLE_RSP_END = 1u << 1,
};

extern const struct smp_map smp_enum_single_rsp_map;

/** 10/3 details, request. */
struct smp_enum_details_req {
    uint32_t has;
    struct smp_view groups; /**< array of group ids: filter */
};

/** Bits of struct smp_enum_details_req.has, in row order. */
enum {
    SMP_ENUM_DETAILS_REQ_GROUPS = 1u << 0,
};

extern const struct smp_map smp_enum_details_req_map;

/** 10/3 details, answer. */
struct smp_enum_details_rsp {
    uint32_t has;
    struct smp_view groups; /**< array of smp_enum_detail */
};

/** Bits of struct smp_enum_details_rsp.has, in row order. */
enum {
    SMP_ENUM_DETAILS_RSP_GROUPS = 1u << 0,
};

extern const struct smp_map smp_enum_details_rsp_map;

/** One group of 10/3. */
struct smp_enum_detail {
    uint32_t has;
    uint32_t group;
    struct smp_bytes name; /**< text */
    uint32_t handlers;     /**< length of the handler table */
};

/** Bits of struct smp_enum_detail.has, in row order. */
enum {
    SMP_ENUM_DETAIL_GROUP = 1u << 0,
    SMP_ENUM_DETAIL_NAME = 1u << 1,
    SMP_ENUM_DETAIL_HANDLERS = 1u << 2,
};

extern const struct smp_map smp_enum_detail_map;

#ifdef __cplusplus
}
#endif

#endif
