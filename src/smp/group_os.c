// SPDX-License-Identifier: Apache-2.0
/*
 * Tables of group 0: operating system. Rows stand in the order in which
 * Zephyr's server (answers) and our client (requests) write them.
 */
#include "smp/group_os.h"

/* clang-format off */
#define UINT    SMP_TYPE_UINT
#define INT     SMP_TYPE_INT
#define BOOL    SMP_TYPE_BOOL
#define TEXT    SMP_TYPE_TEXT
#define MAP     SMP_TYPE_MAP
#define DYNAMIC SMP_FIELD_DYNAMIC
#define LENIENT SMP_FIELD_LENIENT

static const struct smp_field os_echo_req_rows[] = {
    SMP_FIELD(smp_os_echo_req, d, "d", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_echo_req_map =
        SMP_MAP(smp_os_echo_req, os_echo_req_rows);

static const struct smp_field os_echo_rsp_rows[] = {
    SMP_FIELD(smp_os_echo_rsp, r, "r", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_echo_rsp_map =
        SMP_MAP(smp_os_echo_rsp, os_echo_rsp_rows);

/* Mynewt takes 0 and 1, MCUboot whatever comes. */
static const struct smp_field os_console_echo_req_rows[] = {
    SMP_FIELD(smp_os_console_echo_req, echo, "echo", BOOL | UINT, 0, 1, NULL),
};
const struct smp_map smp_os_console_echo_req_map =
        SMP_MAP(smp_os_console_echo_req, os_console_echo_req_rows);

static const struct smp_field os_task_rows[] = {
    SMP_FIELD(smp_os_task, prio, "prio", INT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, tid, "tid", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, state, "state", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, stkuse, "stkuse", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, stksiz, "stksiz", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, cswcnt, "cswcnt", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, runtime, "runtime", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, last_checkin, "last_checkin", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_task, next_checkin, "next_checkin", UINT, 0, 0, NULL),
};
const struct smp_map smp_os_task_map = SMP_MAP(smp_os_task, os_task_rows);

static const struct smp_field os_tasks_rsp_rows[] = {
    SMP_FIELD(smp_os_tasks_rsp, tasks, "tasks", MAP, DYNAMIC, 0,
            &smp_os_task_map),
};
const struct smp_map smp_os_tasks_rsp_map =
        SMP_MAP(smp_os_tasks_rsp, os_tasks_rsp_rows);

static const struct smp_field os_pool_rows[] = {
    SMP_FIELD(smp_os_pool, blksiz, "blksiz", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_pool, nblks, "nblks", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_pool, nfree, "nfree", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_pool, min, "min", UINT, 0, 0, NULL),
};
const struct smp_map smp_os_pool_map = SMP_MAP(smp_os_pool, os_pool_rows);

static const struct smp_field os_memory_rsp_rows[] = {
    SMP_FIELD(smp_os_memory_rsp, tasks, "tasks", MAP, DYNAMIC, 0,
            &smp_os_pool_map),
    SMP_FIELD(smp_os_memory_rsp, mpools, "mpools", MAP, DYNAMIC, 0,
            &smp_os_pool_map),
};
const struct smp_map smp_os_memory_rsp_map =
        SMP_MAP(smp_os_memory_rsp, os_memory_rsp_rows);

static const struct smp_field os_datetime_rows[] = {
    SMP_FIELD(smp_os_datetime, datetime, "datetime", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_datetime_map =
        SMP_MAP(smp_os_datetime, os_datetime_rows);

/* Zephyr ignores values of the wrong type here, and documents one wrong. */
static const struct smp_field os_reset_req_rows[] = {
    SMP_FIELD(smp_os_reset_req, force, "force", BOOL, LENIENT, 0, NULL),
    SMP_FIELD(smp_os_reset_req, boot_mode, "boot_mode", UINT, LENIENT, 0, NULL),
};
const struct smp_map smp_os_reset_req_map =
        SMP_MAP(smp_os_reset_req, os_reset_req_rows);

static const struct smp_field os_params_rsp_rows[] = {
    SMP_FIELD(smp_os_params_rsp, buf_size, "buf_size", UINT, 0, 0, NULL),
    SMP_FIELD(smp_os_params_rsp, buf_count, "buf_count", UINT, 0, 0, NULL),
};
const struct smp_map smp_os_params_rsp_map =
        SMP_MAP(smp_os_params_rsp, os_params_rsp_rows);

static const struct smp_field os_info_req_rows[] = {
    SMP_FIELD(smp_os_info_req, format, "format", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_info_req_map =
        SMP_MAP(smp_os_info_req, os_info_req_rows);

static const struct smp_field os_info_rsp_rows[] = {
    SMP_FIELD(smp_os_info_rsp, output, "output", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_info_rsp_map =
        SMP_MAP(smp_os_info_rsp, os_info_rsp_rows);

static const struct smp_field os_bootloader_req_rows[] = {
    SMP_FIELD(smp_os_bootloader_req, query, "query", TEXT, 0, 0, NULL),
};
const struct smp_map smp_os_bootloader_req_map =
        SMP_MAP(smp_os_bootloader_req, os_bootloader_req_rows);

static const struct smp_field os_bootloader_rsp_rows[] = {
    SMP_FIELD(smp_os_bootloader_rsp, bootloader, "bootloader", TEXT, 0, 0,
            NULL),
    SMP_FIELD(smp_os_bootloader_rsp, mode, "mode", INT, 0, 0, NULL),
    SMP_FIELD(smp_os_bootloader_rsp, no_downgrade, "no-downgrade", BOOL, 0, 0,
            NULL),
    SMP_FIELD(smp_os_bootloader_rsp, active, "active", UINT, 0, 0, NULL),
};
const struct smp_map smp_os_bootloader_rsp_map =
        SMP_MAP(smp_os_bootloader_rsp, os_bootloader_rsp_rows);
/* clang-format on */
