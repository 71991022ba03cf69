// SPDX-License-Identifier: Apache-2.0
/* How a device says no: the three error shapes, kept as they came. */
#ifndef SMP_RESPONSE_H
#define SMP_RESPONSE_H

#include <stdbool.h>

#include "smp/header.h"
#include "smp/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the number of a refusal comes from. */
enum smp_refusal_shape {
    SMP_REFUSAL_RC,  /**< {"rc": n}: SMP-level, or a v1 translation */
    SMP_REFUSAL_ERR, /**< {"err": {"group": g, "rc": n}} */
    SMP_REFUSAL_RET, /**< {"ret": {"group": g, "rc": n}} (Zephyr 3.4) */
};

/** A device's refusal, unmapped: the doctor needs it raw. */
struct smp_refusal {
    uint8_t version; /**< version bits of the response */
    uint8_t op;      /**< of the request: 0 or 2 */
    uint8_t id;
    uint8_t shape;     /**< enum smp_refusal_shape */
    uint16_t group;    /**< of the request */
    uint16_t rc_group; /**< of the code, with SMP_REFUSAL_ERR and _RET */
    int32_t rc;
    struct smp_bytes rsn; /**< text, borrowed like the response; may be empty */
};

/**
 * Look for a refusal in a response, before its body is decoded.
 *
 * `rc` 0 is success (old servers send it); `ret` counts only when it holds a
 * map (the shell group has a number of that name); `err` wins over `rc`.
 *
 * @param      hdr   header of the response, borrowed
 * @param      body  its payload, borrowed; refusal->rsn points into it
 * @param[out] refusal  written when SMP_E_REMOTE is returned
 *
 * @return 0 no refusal, SMP_E_REMOTE refused, or
 *         SMP_E_SHORT, SMP_E_CBOR, SMP_E_TYPE, SMP_E_DUPLICATE,
 *         SMP_E_RANGE, SMP_E_MISSING (`err` or `ret` without group or rc):
 *         an answer that cannot be read
 */
SMP_MUST_CHECK
int smp_response_check(const struct smp_header *hdr, struct smp_bytes body,
        struct smp_refusal *refusal);

/**
 * Name a refusal's code in its namespace.
 *
 * @return "EINVAL" style for SMP-level codes, "HASH_NOT_FOUND" style for
 *         group codes (Zephyr's names without prefix), "unknown" otherwise
 */
const char *smp_refusal_name(const struct smp_refusal *refusal);

/** Name an SMP-level code ("EINVAL"); "unknown" for others. */
const char *smp_rc_name(int32_t rc);

/** Name a group's own code ("HASH_NOT_FOUND"); "unknown" for others. */
const char *smp_group_rc_name(uint16_t group, int32_t rc);

/** What an SMP-level code means, one plain sentence without full stop. */
const char *smp_rc_text(int32_t rc);

/** What a group's own code means, one plain sentence without full stop. */
const char *smp_group_rc_text(uint16_t group, int32_t rc);

/** Name a group ("os", "image", …); "user" from 64, "unknown" otherwise. */
const char *smp_group_name(uint16_t group);

/**
 * Name a command as smpctl spells it ("image upload", "os console-echo").
 *
 * @return a static text, NULL when it is not known
 */
const char *smp_command_name(uint16_t group, uint8_t id);

#ifdef __cplusplus
}
#endif

#endif
