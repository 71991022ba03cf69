// SPDX-License-Identifier: Apache-2.0
/*
 * Inside of the boot: one image being updated, and its engines.
 */
#ifndef MCUB_BOOT_PRIVATE_H
#define MCUB_BOOT_PRIVATE_H

#include "mcub/boot.h"

#define PRI MCUB_SLOT_PRIMARY
#define SEC MCUB_SLOT_SECONDARY

/* Everything known of one image while it is looked at or updated. */
struct mcub_swap {
    struct mcub_boot *boot;
    uint8_t image;
    enum mcub_mode mode;
    enum mcub_swap_type type; /* being performed */
    const struct mcub_slot *slot[2];
    struct mcub_trailer trailer[2];
    struct mcub_trailer_state state[2];
    bool started;          /* primary trailer tells of a swap under way */
    uint32_t records;      /* highest progress record written, from 1 */
    uint32_t sector;       /* bytes; uniform for move and offset */
    uint32_t limit;        /* mcub_max_image_size() */
    uint32_t copy_size;    /* bytes of the larger image */
    uint16_t tlv_sizes[2]; /* unprotected TLVs, swap-offset only */
};

/* Where a swap stands; idx and state count from 1. */
struct mcub_progress {
    bool moving; /* swap-move, before the swap proper */
    uint32_t idx;
    uint32_t state;
};

/*
 * Derive the next step from the highest record n. For swap-scratch n is the
 * number of records before the first gap.
 */
struct mcub_progress mcub_progress_decode(enum mcub_mode mode, uint32_t n,
        uint32_t max_sectors);

/* Find the highest record; 0 if there is none. */
int mcub_progress_read(struct mcub_swap *s);

/* Write record number n (from 1) with the value of its state. */
int mcub_progress_write(const struct mcub_swap *s, uint32_t n, uint8_t state);

/* Tell the log op. */
void mcub_boot_log(const struct mcub_swap *s, enum mcub_log_event event,
        uint32_t a, uint32_t b);

/* Read slots, trailers and progress of one image. */
int mcub_swap_open(struct mcub_swap *s, struct mcub_boot *boot, uint8_t image);

/* Slots fit for the mode? Also sets s->sector. */
enum mcub_geometry mcub_swap_geometry(struct mcub_swap *s);

/* Where the secondary image lies for a decision, bytes from slot start. */
uint32_t mcub_swap_secondary_off(const struct mcub_swap *s,
        enum mcub_swap_type type);

/* Copy len bytes between slots in steps of MCUB_BOOT_BUF_SIZE. */
struct mcub_place {
    uint8_t slot;
    uint32_t off; /* bytes from slot start */
};
int mcub_swap_copy(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len);

/* Erase the destination sector, copy one sector into it. */
int mcub_swap_copy_sector(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to);

/* Erase the sectors of a trailer. */
int mcub_swap_erase_trailer(const struct mcub_swap *s, uint8_t slot);

/* Write an erased trailer; magic last, so that it is trusted only whole. */
int mcub_swap_write_trailer(const struct mcub_swap *s, uint8_t slot,
        bool image_ok);

/* The last writes of a swap: image_ok unless on trial, then copy_done. */
int mcub_swap_finish(struct mcub_swap *s);

/*
 * The engines: perform or resume s->type.
 *   0, MCUB_E_POWER, MCUB_E_FLASH, overwrite also MCUB_E_HOOK
 */
int mcub_swap_move(struct mcub_swap *s);
int mcub_swap_offset(struct mcub_swap *s);
int mcub_overwrite(struct mcub_swap *s);

/*
 * Validate the secondary for a decision; removes what cannot be booted.
 * *type becomes NONE or FAIL. Errors: MCUB_E_POWER.
 */
int mcub_boot_check_secondary(struct mcub_swap *s, enum mcub_swap_type *type);

/* Validate the primary. 0, MCUB_E_POWER, or why it must not boot. */
int mcub_boot_check_primary(struct mcub_swap *s);

/* Are all dependencies met, given boot->next? 1, 0, or MCUB_E_POWER. */
int mcub_boot_check_dependencies(struct mcub_boot *boot);

#endif
