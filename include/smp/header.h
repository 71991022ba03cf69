// SPDX-License-Identifier: Apache-2.0
/* The eight bytes in front of every SMP message. */
#ifndef SMP_HEADER_H
#define SMP_HEADER_H

#include "smp/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMP_HEADER_SIZE 8u

/** The op field; a response is its request + 1. */
enum smp_op {
    SMP_OP_READ = 0,
    SMP_OP_READ_RSP = 1,
    SMP_OP_WRITE = 2,
    SMP_OP_WRITE_RSP = 3,
};

/** Wire value of the version bits: 0 is called "SMP v1", 1 "SMP v2". */
enum smp_version {
    SMP_V1 = 0,
    SMP_V2 = 1,
};

/** Management group ids. Source: zephyr smp_protocol.rst, mgmt_defines.h. */
enum smp_group_id {
    SMP_GROUP_OS = 0,
    SMP_GROUP_IMAGE = 1,
    SMP_GROUP_STAT = 2,
    SMP_GROUP_SETTINGS = 3,
    SMP_GROUP_LOG = 4,
    SMP_GROUP_CRASH = 5,
    SMP_GROUP_SPLIT = 6,
    SMP_GROUP_RUN = 7,
    SMP_GROUP_FS = 8,
    SMP_GROUP_SHELL = 9,
    SMP_GROUP_ENUM = 10,
    SMP_GROUP_BASIC = 63,
    SMP_GROUP_USER = 64,
};

/** A decoded header. */
struct smp_header {
    uint8_t version; /**< 0..3 as on the wire, see enum smp_version */
    uint8_t op;      /**< 0..7 as on the wire, see enum smp_op */
    uint8_t flags;   /**< send 0, ignore */
    uint8_t seq;     /**< copied from request to response */
    uint16_t len;    /**< payload bytes after the header */
    uint16_t group;  /**< see enum smp_group_id */
    uint8_t id;      /**< command within the group */
};

/**
 * Decode the header at the start of an SMP message.
 *
 * Looks at the header only: whether the payload is there is the caller's
 * question. Reserved bits are dropped, every version and op is returned.
 *
 * @param[in]  buf  message bytes, borrowed; NULL only if len is 0
 * @param      len  bytes in buf, any value
 * @param[out] hdr  written on success, untouched on error
 *
 * @return SMP_HEADER_SIZE (bytes consumed), or
 *         SMP_E_SHORT  fewer than SMP_HEADER_SIZE bytes
 *
 * Wire:   byte 0 = rrrvvooo (version: bits 3..4, op: bits 0..2), flags,
 *         len:16, group:16, seq, id; 16-bit fields are big-endian.
 * Source: zephyr doc/services/device_mgmt/smp_protocol.rst, "Frame".
 */
int smp_header_decode(const uint8_t *buf, size_t len, struct smp_header *hdr);

/**
 * Encode a header.
 *
 * @param[in]  hdr  version 0..3, op 0..7, borrowed
 * @param[out] buf  SMP_HEADER_SIZE bytes
 */
void smp_header_encode(const struct smp_header *hdr,
        uint8_t buf[SMP_HEADER_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
