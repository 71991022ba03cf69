// SPDX-License-Identifier: Apache-2.0
/*
 * Faults on demand, reproducible from a seed.
 *
 *   KIND[:ARG[,ARG…]]   for example  drop:p=0.05   reset:at=50000
 *                                    corrupt:rx,n=3   delay:tx,ms=300
 *
 *   KIND  drop duplicate delay corrupt        of messages, both directions
 *         disconnect reset power-cut          of the device
 *         wrong-offset wrong-seq silent twice endless-zero match-false
 *         hostile                             answers of a broken server
 *   ARG   rx | tx      requests or answers only
 *         p=0.05       with this probability
 *         n=3          the third message that fits, once
 *         every=10     every tenth
 *         at=50000     when an upload reaches this byte, once
 *         group=1 cmd=1  only these messages
 *         count=2      at most twice
 *         ms=500       how long (delay, disconnect)
 *         down=500     the same
 *
 *   power-cut@N[:HOW][,boot][,ms=500]   the power goes at flash operation N,
 *         counted from 1 since the device was made, over all its memories; a
 *         write is one operation, a sector erase another
 *   HOW   clean        nothing of the operation is done (default)
 *         torn         the first half of the write or of the sector
 *         word         the first word; of an erase words at random
 *         bits         bits at random, up to some block
 *         after        all of it
 *   boot               only operations of the bootloader are counted
 */
#ifndef VDEV_FAULT_H
#define VDEV_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VDEV_FAULTS_MAX 16

enum vdev_fault_kind {
    VDEV_FAULT_DROP,
    VDEV_FAULT_DUPLICATE,
    VDEV_FAULT_DELAY,
    VDEV_FAULT_CORRUPT,
    VDEV_FAULT_DISCONNECT,
    VDEV_FAULT_RESET,
    VDEV_FAULT_POWER_CUT,
    VDEV_FAULT_WRONG_OFFSET,
    VDEV_FAULT_WRONG_SEQ,
    VDEV_FAULT_SILENT,
    VDEV_FAULT_TWICE,
    VDEV_FAULT_ENDLESS_ZERO,
    VDEV_FAULT_MATCH_FALSE,
    VDEV_FAULT_HOSTILE,
    VDEV_FAULT_KINDS,
};

/** What the flash operation has done that a power cut ends. */
enum vdev_cut {
    VDEV_CUT_CLEAN,
    VDEV_CUT_TORN,
    VDEV_CUT_WORD,
    VDEV_CUT_BITS,
    VDEV_CUT_AFTER,
    VDEV_CUTS,
};

enum vdev_fault_dir {
    VDEV_FAULT_RX = 1,
    VDEV_FAULT_TX = 2
};

/** One fault: what, when, and how often it has happened. */
struct vdev_fault {
    enum vdev_fault_kind kind;
    uint8_t dirs;   /**< mask of enum vdev_fault_dir */
    double p;       /**< 1 when another condition is given */
    uint32_t nth;   /**< 0 = any */
    uint32_t every; /**< 0 = any */
    bool has_at;
    uint32_t at;    /**< bytes of the upload */
    int32_t group;  /**< -1 = any */
    int32_t cmd;    /**< -1 = any */
    uint32_t limit; /**< times at most, 0 = no limit */
    uint32_t ms;
    uint32_t op;       /**< power-cut@N; 0 = by message */
    bool boot;         /**< N counts operations of the bootloader only */
    enum vdev_cut cut; /**< with op */

    uint32_t seen; /**< messages that fit so far */
    uint32_t done; /**< times it has happened */
    uint64_t rng;
};

/**
 * Read a fault specification.
 *
 * @param seed  start of its own random sequence
 * @return 0, or -1: unknown kind, argument or value
 */
int vdev_fault_parse(struct vdev_fault *fault, const char *spec, uint64_t seed);

/** Name of a kind as it is written in a specification. */
const char *vdev_fault_kind_to_str(enum vdev_fault_kind kind);

/** What is about to pass. */
struct vdev_fault_point {
    enum vdev_fault_dir dir;
    uint16_t group;
    uint8_t cmd;
    bool has_upload;
    uint32_t upload_off; /**< bytes stored so far (rx: of this chunk) */
};

/** Decide whether a fault happens to a message, and count it. */
bool vdev_fault_hits(struct vdev_fault *fault,
        const struct vdev_fault_point *point);

/** Decide whether the power goes at this flash operation, and count it. */
bool vdev_fault_cuts(struct vdev_fault *fault, uint32_t op, uint32_t boot_op);

/**
 * Damage one byte of a message, never by nothing.
 */
void vdev_fault_corrupt(struct vdev_fault *fault, uint8_t *buf, size_t len);

/**
 * Rewrite an answer as a broken server would have sent it.
 *
 * @param[in,out] buf  cap bytes, *len of them the answer
 * @return true when something was changed
 */
bool vdev_fault_rewrite(struct vdev_fault *fault, uint8_t *buf, size_t *len,
        size_t cap);

#endif
