// SPDX-License-Identifier: Apache-2.0
/*
 * Server side of the groups that need no images: OS, enumeration and Zephyr
 * basic. What a board must supply are const ops; a NULL op means "not built
 * in" and answers SMP_RC_NOTSUP.
 */
#ifndef SMP_SERVER_OS_H
#define SMP_SERVER_OS_H

#include "smp/group_basic.h"
#include "smp/group_enum.h"
#include "smp/group_os.h"
#include "smp/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the board supplies; every op may be NULL. */
struct smp_os_ops {
    /**
     * A reset was asked for; the answer goes out first, so only note it.
     * boot_mode is 0 unless asked. Return SMP_RC_OK or a refusal.
     */
    enum smp_rc (*reset)(void *ctx, bool force, uint32_t boot_mode);
    /**
     * Text of one format letter (s n r v b m p i o): static or owned by ctx;
     * NULL = this letter is not supported. All of them joined with spaces
     * have at most SMP_OS_INFO_MAX bytes.
     */
    const char *(*info)(void *ctx, char letter);
    /** Write 19 characters YYYY-MM-DDTHH:MM:SS; 0, or an enum smp_os_rc. */
    int (*datetime_get)(void *ctx, char text[20]);
    /**
     * Set from YYYY-MM-DDTHH:MM:SS, ranges checked (day 1..31 in any month);
     * 0 or an enum smp_os_rc.
     */
    int (*datetime_set)(void *ctx, const char text[20]);
    /** Erase the settings partition; 0 or an enum smp_basic_rc. */
    int (*erase_storage)(void *ctx);
    /**
     * Answer a bootloader query beside "mode" ("active_b0_slot"): begin,
     * write or refuse and return true; false = not known.
     */
    bool (*query)(void *ctx, struct smp_call *call, struct smp_bytes query);
};

/** Longest answer of OS info: 256 with its NUL.
 *  Source: zephyr CONFIG_MCUMGR_GRP_OS_INFO_MAX_RESPONSE_SIZE */
#define SMP_OS_INFO_MAX 255u

/** Which commands are built in. */
enum smp_os_feature {
    SMP_OS_HAS_ECHO = 1 << 0,
    SMP_OS_HAS_PARAMS = 1 << 1,
    SMP_OS_HAS_INFO = 1 << 2,
    SMP_OS_HAS_BOOTLOADER = 1 << 3,
    SMP_OS_HAS_DATETIME = 1 << 4,
    SMP_OS_HAS_CONSOLE_ECHO = 1 << 5, /**< MCUboot and Mynewt */
};

/** State of the OS and basic groups: caller's memory. */
struct smp_os_server {
    const struct smp_os_ops *ops;
    void *ctx;
    uint32_t features; /**< mask of enum smp_os_feature */
    uint32_t buf_size;
    uint32_t buf_count;
    int32_t bootloader_mode; /**< enum smp_bootloader_mode */
    bool no_downgrade;
};

/**
 * Fill the OS group for a server.
 *
 * Commands that features and ops leave out are marked absent: set those first.
 *
 * @param[out] group  caller's, must outlive the server
 * @param      os     must outlive the group
 */
void smp_os_group_init(struct smp_server_group *group,
        struct smp_os_server *os);

/** Group 63 over the same state (ops->erase_storage). */
void smp_basic_group_init(struct smp_server_group *group,
        struct smp_os_server *os);

/** Group 10: enumerates the groups of the server itself. */
void smp_enum_group_init(struct smp_server_group *group,
        struct smp_server *server);

#ifdef __cplusplus
}
#endif

#endif
