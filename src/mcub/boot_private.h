// SPDX-License-Identifier: Apache-2.0
/*
 * Inside of the boot: one image being updated, and its engines.
 */
#ifndef MCUB_BOOT_PRIVATE_H
#define MCUB_BOOT_PRIVATE_H

#include "mcub/boot.h"

/* Areas; the scratch area is one of swap-scratch only. */
#define PRI   MCUB_SLOT_PRIMARY
#define SEC   MCUB_SLOT_SECONDARY
#define SCR   2u
#define AREAS 3u

/* What this build has: mcub/options.h. */
#define HAS_DEPENDENCIES (MCUB_IMAGES_MAX > 1)
#ifdef MCUB_NO_COUNTER
#    define HAS_COUNTER 0
#else
#    define HAS_COUNTER 1
#endif
#ifdef MCUB_NO_DOWNGRADE_CHECK
#    define HAS_DOWNGRADE_CHECK 0
#else
#    define HAS_DOWNGRADE_CHECK 1
#endif
#if defined(MCUB_NO_BOOTSTRAP) || defined(MCUB_NO_OVERWRITE)
#    define HAS_BOOTSTRAP 0
#else
#    define HAS_BOOTSTRAP 1
#endif

#if defined(MCUB_NO_MOVE) && defined(MCUB_NO_OFFSET) && defined(MCUB_NO_SCRATCH)
#    define HAS_SWAP 0
#else
#    define HAS_SWAP 1
#endif

#ifdef MCUB_NO_SCRATCH
#    define HAS_SCRATCH 0
#else
#    define HAS_SCRATCH 1
#endif

#ifdef MCUB_NO_ENCRYPTION
#    define HAS_ENCRYPTION 0
#else
#    define HAS_ENCRYPTION 1
#endif

/* In mcub_boot.next: copy the secondary into an empty primary. */
#define NEXT_BOOTSTRAP 0x10u

/* How an image is encrypted where it is not in the primary slot. */
struct mcub_sealed {
    struct mcub_cipher cipher; /* key_len 0: it is not */
    uint32_t start;            /* of the payload, bytes from image start */
    uint32_t end;
};

/* Everything known of one image while it is looked at or updated. */
struct mcub_swap {
    struct mcub_boot *boot;
    uint8_t image;
    enum mcub_mode mode;
    enum mcub_swap_type type; /* being performed */
    const struct mcub_slot *slot[AREAS];
    struct mcub_trailer trailer[AREAS];
    struct mcub_trailer_state state[AREAS];
    enum mcub_geometry geometry;
    bool started;          /* the trailers tell of a swap under way */
    uint8_t found;         /* its type */
    uint8_t status;        /* area that holds its records: PRI or SCR */
    bool careful;          /* the next copy may have been cut before */
    uint32_t records;      /* highest progress record written, from 1 */
    uint32_t sector;       /* bytes; uniform for move and offset */
    uint32_t limit;        /* mcub_max_image_size() */
    uint32_t copy_size;    /* bytes of the larger image; 0: not known yet */
    uint16_t tlv_sizes[2]; /* unprotected TLVs, swap-offset only */
#ifndef MCUB_NO_ENCRYPTION
    struct mcub_sealed sealed[2]; /* the images that leave PRI and SEC */
    uint8_t keys_in; /* area whose trailer holds their keys; AREAS: none yet */
#endif
};

/* Where a swap stands; idx and state count from 1. */
struct mcub_progress {
    bool moving; /* swap-move, before the swap proper */
    uint32_t idx;
    uint32_t state;
};

/* Derive the next step from the highest record n. */
struct mcub_progress mcub_progress_decode(enum mcub_mode mode, uint32_t n,
        uint32_t max_sectors);

/*
 * Find the highest record in the rows of an area; 0 if there is none. s knows
 * copy_size.
 */
int mcub_progress_read(const struct mcub_swap *s, uint8_t area,
        uint32_t *records);

/* Write record number n (from 1) with the value of its state. */
int mcub_progress_write(const struct mcub_swap *s, uint32_t n, uint8_t state);

/* Tell the log op. */
void mcub_boot_tell(const struct mcub_boot *boot, uint8_t image,
        enum mcub_log_event event, uint32_t a, uint32_t b);
void mcub_boot_log(const struct mcub_swap *s, enum mcub_log_event event,
        uint32_t a, uint32_t b);

/* Read slots, geometry, trailers and progress of one image. */
int mcub_swap_open(struct mcub_swap *s, struct mcub_boot *boot, uint8_t image);

/* Fill in geometry and sector: do the slots fit for the mode? */
void mcub_swap_measure_slots(struct mcub_swap *s);

/*
 * Find out whether a swap is under way: started, found, status, records,
 * copy_size. Errors: MCUB_E_POWER, MCUB_E_FLASH.
 */
int mcub_swap_find(struct mcub_swap *s);
int mcub_scratch_find(struct mcub_swap *s);

/* Does this trailer say that a swap was started and is not complete? */
bool mcub_swap_is_under_way(const struct mcub_swap *s, uint8_t area);

/* Where the secondary image lies for a decision, bytes from slot start. */
uint32_t mcub_swap_secondary_off(const struct mcub_swap *s,
        enum mcub_swap_type type);

/* Sectors of one size that the larger image takes (move, offset). */
uint32_t mcub_swap_sectors(const struct mcub_swap *s, uint32_t size);

struct mcub_place {
    uint8_t area;
    uint32_t off; /* bytes from its start */
};

/*
 * Copy len bytes into an erased place in steps of MCUB_BOOT_BUF_SIZE, and
 * decrypt or encrypt on the way.
 */
int mcub_swap_copy(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len);

/*
 * Erase the sectors of a target, copy into it; nothing when it holds the
 * same bytes already.
 */
int mcub_swap_replace(struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint32_t len);

/* Would a copy of a be what b holds? 1, 0, or an error. */
int mcub_swap_is_same(const struct mcub_swap *s, struct mcub_place a,
        struct mcub_place b, uint32_t len);

/* Erase [from, to) of an area; both on sectors. */
int mcub_swap_erase(const struct mcub_swap *s, uint8_t area, uint32_t from,
        uint32_t to);

/* Erase the sectors of a trailer. */
int mcub_swap_erase_trailer(const struct mcub_swap *s, uint8_t area);

/* Write an erased trailer; magic last, so that it is trusted only whole. */
int mcub_swap_write_trailer(struct mcub_swap *s, uint8_t area, bool image_ok);

/* The last writes of a swap: image_ok unless on trial, then copy_done. */
int mcub_swap_finish(struct mcub_swap *s);

/* Is there a mark in the secondary that means anything? */
bool mcub_swap_is_marked(const struct mcub_swap *s);

/* Geometry of swap-scratch: can every region go through the scratch area? */
enum mcub_geometry mcub_scratch_measure(const struct mcub_swap *s);

/* One stretch of both slots that swap-scratch swaps at a time. */
struct mcub_region {
    uint32_t off;     /* from slot start */
    uint32_t len;     /* whole sectors of both slots */
    uint32_t copy;    /* bytes to copy: less than len beside a trailer */
    bool use_scratch; /* it touches a trailer, which moves to the scratch */
};

/* Where the highest region of a swap ends, given copy_size; 0: nowhere. */
uint32_t mcub_region_top(const struct mcub_swap *s);

/* The region below end; 0 or MCUB_E_GEOMETRY. */
int mcub_region_below(const struct mcub_swap *s, uint32_t end,
        struct mcub_region *region);

/* How many there are. */
uint32_t mcub_region_count(const struct mcub_swap *s);

/* Erase [0, len) of the scratch area, and its trailer; from the end down. */
int mcub_scratch_erase(const struct mcub_swap *s, uint32_t len,
        bool with_trailer);

/*
 * The engines: perform or resume s->type.
 *   0, MCUB_E_POWER, MCUB_E_FLASH, overwrite also MCUB_E_HOOK
 */
int mcub_swap_move(struct mcub_swap *s);
int mcub_swap_offset(struct mcub_swap *s);
int mcub_swap_scratch(struct mcub_swap *s);
int mcub_overwrite(struct mcub_swap *s);

/* Copy the secondary image, which lies at off, into an empty primary. */
int mcub_bootstrap(struct mcub_swap *s, uint32_t off);

/*
 * Was a bootstrap from there cut in its last write? The primary is valid, but
 * what is behind the hash may be torn, which no validation notices; the key of
 * an encrypted image is there, and needed when it leaves the primary again.
 */
bool mcub_bootstrap_is_torn(const struct mcub_swap *s,
        const struct mcub_slot_image *from);

/*
 * Validate the secondary for a decision; removes what cannot be booted.
 * *type becomes NONE or FAIL. Errors: MCUB_E_POWER.
 */
int mcub_boot_check_secondary(struct mcub_swap *s, enum mcub_swap_type *type);

/*
 * Validate an image: flags, TLV types, hash, the board's verify op, counter.
 * slot is where it came from; it may be read from RAM.
 */
int mcub_boot_check_image(const struct mcub_boot *boot, uint8_t image,
        uint8_t slot, const struct mcub_image *img);

/* The same for an image in a slot, which it may not fill. */
int mcub_boot_check_stored(const struct mcub_boot *boot, uint8_t image,
        uint8_t slot, const struct mcub_image *img);

/* The same for one in the secondary, which may be encrypted. */
int mcub_boot_check_new(const struct mcub_boot *boot, uint8_t image,
        const struct mcub_image *img);

/* Validate the primary. 0, MCUB_E_POWER, or why it must not boot. */
int mcub_boot_check_primary(const struct mcub_boot *boot, uint8_t image);

/* Raise the stored security counter to that of an image that stays. */
int mcub_boot_raise_counter(const struct mcub_boot *boot, uint8_t image,
        const struct mcub_image *img);

/* The same for a primary, if what it holds stays. */
int mcub_boot_settle_counter(const struct mcub_boot *boot, uint8_t image);

/* Are all dependencies met, given boot->next? 1, 0, or MCUB_E_POWER. */
int mcub_boot_check_dependencies(struct mcub_boot *boot);

/* Opens the image whose version counts for dependencies on it. */
typedef int mcub_open_next(struct mcub_boot *boot, uint8_t image,
        struct mcub_slot_image *found);

/* Are the dependencies of one image met? 1, 0, or MCUB_E_POWER. */
int mcub_boot_check_needs(struct mcub_boot *boot, uint8_t image,
        mcub_open_next *open);

/*
 * A boot of each kind of mode; boot->board is checked, results are cleared.
 */
int mcub_boot_swap(struct mcub_boot *boot);
int mcub_boot_select(struct mcub_boot *boot);
int mcub_boot_single(struct mcub_boot *boot);

/* Copy an image to the RAM it asks for, and validate the copy. */
int mcub_boot_load(struct mcub_boot *boot, uint8_t image, uint8_t slot,
        const struct mcub_slot_image *found);

/* Log the jump to image 0 in a slot. */
void mcub_boot_jump(struct mcub_boot *boot, uint8_t slot);

/*
 * Encryption (boot_crypt.c). Without it a board with a key size is refused,
 * and nothing else is left of these.
 */
#ifndef MCUB_NO_ENCRYPTION

/* Board and cipher fit together: 0, or MCUB_E_ARG. */
int mcub_crypt_check(const struct mcub_boot *boot);

/* Was the bootloader built to decrypt? Then primaries may have been. */
bool mcub_crypt_is_on(const struct mcub_boot *boot);

/* It was, and the image is encrypted unless it is in the primary. */
bool mcub_crypt_is_wanted(const struct mcub_boot *boot,
        const struct mcub_image *img);

/* mcub_decrypt_open() with the boot's key; MCUB_E_ENCRYPTED also for a key of
   another size. */
int mcub_crypt_open(const struct mcub_boot *boot, const struct mcub_image *img,
        struct mcub_decrypt *dec, struct mcub_image *plain);

/* Keys of images that have not moved: of both, or of the secondary. */
int mcub_crypt_load(struct mcub_swap *s, uint32_t secondary_off, bool both);

/* Keys of a swap under way: s->records, out of the trailer in s->status. */
int mcub_crypt_resume(struct mcub_swap *s);

/* Key of the image that is in the scratch area, if region 1 has left it. */
int mcub_crypt_compare(struct mcub_swap *s, const struct mcub_region *region);

/* What was read at one place, as it is to be at another. */
int mcub_crypt_apply(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint8_t *buf, uint32_t len);

/* The key cells of a trailer that is being written. */
int mcub_crypt_write_keys(struct mcub_swap *s, uint8_t area);

/* Forget the keys. */
void mcub_crypt_finish(struct mcub_swap *s);

#else

static inline int mcub_crypt_check(const struct mcub_boot *boot)
{
    return boot->board->key_size == 0 ? 0 : MCUB_E_UNSUPPORTED;
}

static inline bool mcub_crypt_is_on(const struct mcub_boot *boot)
{
    (void)boot;
    return false;
}

static inline int mcub_crypt_apply(const struct mcub_swap *s,
        struct mcub_place from, struct mcub_place to, uint8_t *buf,
        uint32_t len)
{
    (void)s;
    (void)from;
    (void)to;
    (void)buf;
    (void)len;
    return 0;
}

#    define mcub_crypt_is_wanted(boot, img)        false
#    define mcub_crypt_open(boot, img, dec, plain) MCUB_E_ENCRYPTED
#    define mcub_crypt_load(s, off, both)          0
#    define mcub_crypt_resume(s)                   0
#    define mcub_crypt_compare(s, region)          0
#    define mcub_crypt_write_keys(s, area)         0
#    define mcub_crypt_finish(s)                   ((void)(s))

#endif

#endif
