// SPDX-License-Identifier: Apache-2.0
/* Group 0: operating system. Source: zephyr smp_group_0.rst and
 * subsys/mgmt/mcumgr/grp/os_mgmt. */
#ifndef SMP_GROUP_OS_H
#define SMP_GROUP_OS_H

#include "smp/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Commands. */
enum smp_os_id {
    SMP_OS_ECHO = 0,
    SMP_OS_CONSOLE_ECHO = 1,
    SMP_OS_TASKS = 2,
    SMP_OS_MEMORY = 3,
    SMP_OS_DATETIME = 4,
    SMP_OS_RESET = 5,
    SMP_OS_PARAMS = 6,
    SMP_OS_INFO = 7,
    SMP_OS_BOOTLOADER = 8,
};

/** The group's own codes. Source: zephyr os_mgmt.h, OS_MGMT_ERR_. */
enum smp_os_rc {
    SMP_OS_RC_UNKNOWN = 1,
    SMP_OS_RC_INVALID_FORMAT = 2,
    SMP_OS_RC_QUERY_YIELDS_NO_ANSWER = 3,
    SMP_OS_RC_RTC_NOT_SET = 4,
    SMP_OS_RC_RTC_COMMAND_FAILED = 5,
    SMP_OS_RC_QUERY_RESPONSE_VALUE_NOT_VALID = 6,
};

/** `mode` of bootloader information, MCUboot's numbering. */
enum smp_bootloader_mode {
    SMP_BOOTLOADER_UNKNOWN = -1,
    SMP_BOOTLOADER_SINGLE = 0,
    SMP_BOOTLOADER_SWAP_SCRATCH = 1,
    SMP_BOOTLOADER_OVERWRITE = 2,
    SMP_BOOTLOADER_SWAP_MOVE = 3,
    SMP_BOOTLOADER_DIRECT_XIP = 4,
    SMP_BOOTLOADER_DIRECT_XIP_REVERT = 5,
    SMP_BOOTLOADER_RAM_LOAD = 6,
    SMP_BOOTLOADER_FIRMWARE_LOADER = 7,
    SMP_BOOTLOADER_SINGLE_RAM = 8,
    SMP_BOOTLOADER_SWAP_OFFSET = 9,
};

/** 0/0 echo, request. */
struct smp_os_echo_req {
    uint32_t has;
    struct smp_bytes d; /**< text */
};

/** Bits of struct smp_os_echo_req.has, in row order. */
enum {
    SMP_OS_ECHO_REQ_D = 1u << 0,
};

extern const struct smp_map smp_os_echo_req_map;

/** 0/0 echo, answer. */
struct smp_os_echo_rsp {
    uint32_t has;
    struct smp_bytes r; /**< text */
};

/** Bits of struct smp_os_echo_rsp.has, in row order. */
enum {
    SMP_OS_ECHO_RSP_R = 1u << 0,
};

extern const struct smp_map smp_os_echo_rsp_map;

/** 0/1 console echo control. */
struct smp_os_console_echo_req {
    uint32_t has;
    bool echo;
};

/** Bits of struct smp_os_console_echo_req.has, in row order. */
enum {
    SMP_OS_CONSOLE_ECHO_REQ_ECHO = 1u << 0,
};

extern const struct smp_map smp_os_console_echo_req_map;

/** 0/2 task statistics, answer. */
struct smp_os_tasks_rsp {
    uint32_t has;
    struct smp_view tasks; /**< dynamic keys: task name -> smp_os_task */
};

/** Bits of struct smp_os_tasks_rsp.has, in row order. */
enum {
    SMP_OS_TASKS_RSP_TASKS = 1u << 0,
};

extern const struct smp_map smp_os_tasks_rsp_map;

/** One task of 0/2. */
struct smp_os_task {
    uint32_t has;
    int32_t prio;
    uint32_t tid;
    uint32_t state;
    uint32_t stkuse; /**< words of 4 bytes */
    uint32_t stksiz; /**< words of 4 bytes */
    uint32_t cswcnt;
    uint64_t runtime;
    uint32_t last_checkin;
    uint32_t next_checkin;
};

/** Bits of struct smp_os_task.has, in row order. */
enum {
    SMP_OS_TASK_PRIO = 1u << 0,
    SMP_OS_TASK_TID = 1u << 1,
    SMP_OS_TASK_STATE = 1u << 2,
    SMP_OS_TASK_STKUSE = 1u << 3,
    SMP_OS_TASK_STKSIZ = 1u << 4,
    SMP_OS_TASK_CSWCNT = 1u << 5,
    SMP_OS_TASK_RUNTIME = 1u << 6,
    SMP_OS_TASK_LAST_CHECKIN = 1u << 7,
    SMP_OS_TASK_NEXT_CHECKIN = 1u << 8,
};

extern const struct smp_map smp_os_task_map;

/** 0/3 memory pools, answer: pools in `tasks` (Zephyr) or `mpools` (Mynewt). */
struct smp_os_memory_rsp {
    uint32_t has;
    struct smp_view tasks;  /**< dynamic keys -> smp_os_pool */
    struct smp_view mpools; /**< dynamic keys -> smp_os_pool */
};

/** Bits of struct smp_os_memory_rsp.has, in row order. */
enum {
    SMP_OS_MEMORY_RSP_TASKS = 1u << 0,
    SMP_OS_MEMORY_RSP_MPOOLS = 1u << 1,
};

extern const struct smp_map smp_os_memory_rsp_map;

/** One pool of 0/3. */
struct smp_os_pool {
    uint32_t has;
    uint32_t blksiz;
    uint32_t nblks;
    uint32_t nfree;
    uint32_t min;
};

/** Bits of struct smp_os_pool.has, in row order. */
enum {
    SMP_OS_POOL_BLKSIZ = 1u << 0,
    SMP_OS_POOL_NBLKS = 1u << 1,
    SMP_OS_POOL_NFREE = 1u << 2,
    SMP_OS_POOL_MIN = 1u << 3,
};

extern const struct smp_map smp_os_pool_map;

/** 0/4 date and time: request of write, answer of read. */
struct smp_os_datetime {
    uint32_t has;
    struct smp_bytes datetime; /**< text, YYYY-MM-DDTHH:MM:SS */
};

/** Bits of struct smp_os_datetime.has, in row order. */
enum {
    SMP_OS_DATETIME_DATETIME = 1u << 0,
};

extern const struct smp_map smp_os_datetime_map;

/** 0/5 reset. */
struct smp_os_reset_req {
    uint32_t has;
    bool force;
    uint32_t boot_mode; /**< 1 = bootloader */
};

/** Bits of struct smp_os_reset_req.has, in row order. */
enum {
    SMP_OS_RESET_REQ_FORCE = 1u << 0,
    SMP_OS_RESET_REQ_BOOT_MODE = 1u << 1,
};

extern const struct smp_map smp_os_reset_req_map;

/** 0/6 MCUmgr parameters, answer. */
struct smp_os_params_rsp {
    uint32_t has;
    uint32_t buf_size; /**< bytes, header included */
    uint32_t buf_count;
};

/** Bits of struct smp_os_params_rsp.has, in row order. */
enum {
    SMP_OS_PARAMS_RSP_BUF_SIZE = 1u << 0,
    SMP_OS_PARAMS_RSP_BUF_COUNT = 1u << 1,
};

extern const struct smp_map smp_os_params_rsp_map;

/** 0/7 OS and application information, request. */
struct smp_os_info_req {
    uint32_t has;
    struct smp_bytes format; /**< text: letters */
};

/** Bits of struct smp_os_info_req.has, in row order. */
enum {
    SMP_OS_INFO_REQ_FORMAT = 1u << 0,
};

extern const struct smp_map smp_os_info_req_map;

/** 0/7, answer. */
struct smp_os_info_rsp {
    uint32_t has;
    struct smp_bytes output; /**< text */
};

/** Bits of struct smp_os_info_rsp.has, in row order. */
enum {
    SMP_OS_INFO_RSP_OUTPUT = 1u << 0,
};

extern const struct smp_map smp_os_info_rsp_map;

/** 0/8 bootloader information, request. */
struct smp_os_bootloader_req {
    uint32_t has;
    struct smp_bytes query; /**< text: none, mode, active_b0_slot */
};

/** Bits of struct smp_os_bootloader_req.has, in row order. */
enum {
    SMP_OS_BOOTLOADER_REQ_QUERY = 1u << 0,
};

extern const struct smp_map smp_os_bootloader_req_map;

/** 0/8, answer of every query. */
struct smp_os_bootloader_rsp {
    uint32_t has;
    struct smp_bytes bootloader; /**< text */
    int32_t mode;                /**< enum smp_bootloader_mode */
    bool no_downgrade;           /**< key no-downgrade */
    uint32_t active;             /**< B0 slot */
};

/** Bits of struct smp_os_bootloader_rsp.has, in row order. */
enum {
    SMP_OS_BOOTLOADER_RSP_BOOTLOADER = 1u << 0,
    SMP_OS_BOOTLOADER_RSP_MODE = 1u << 1,
    SMP_OS_BOOTLOADER_RSP_NO_DOWNGRADE = 1u << 2,
    SMP_OS_BOOTLOADER_RSP_ACTIVE = 1u << 3,
};

extern const struct smp_map smp_os_bootloader_rsp_map;

#ifdef __cplusplus
}
#endif

#endif
