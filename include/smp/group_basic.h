// SPDX-License-Identifier: Apache-2.0
/*
 * Group 63: Zephyr basic. Both messages are empty maps. Source: zephyr
 * subsys/mgmt/mcumgr/grp/zephyr_basic.
 */
#ifndef SMP_GROUP_BASIC_H
#define SMP_GROUP_BASIC_H

/** Commands. */
enum smp_basic_id {
    SMP_BASIC_ERASE_STORAGE = 0,
};

/** The group's own codes. Source: zephyr basic_mgmt.h, ZEPHYRBASIC_MGMT_ERR_ */
enum smp_basic_rc {
    SMP_BASIC_RC_UNKNOWN = 1,
    SMP_BASIC_RC_FLASH_OPEN_FAILED = 2,
    SMP_BASIC_RC_FLASH_CONFIG_QUERY_FAIL = 3,
    SMP_BASIC_RC_FLASH_ERASE_FAILED = 4,
};

#endif
