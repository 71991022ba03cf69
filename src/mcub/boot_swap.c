// SPDX-License-Identifier: Apache-2.0
/*
 * A boot of modes that bring the secondary image into the primary slot: for
 * every image finish an interrupted swap or decide afresh, then
 * dependencies, then all updates, then validation of what will run.
 *
 * found                                     next
 * ----------------------------------------  --------------------------------
 * swap under way with progress              finished at once; NONE
 * swap under way, nothing moved yet         its type, secondary validated
 * a mark                                    its type, secondary validated
 * secondary invalid                         removed; NONE
 * secondary unreadable                      FAIL: primary counts as confirmed
 * primary invalid, secondary valid          bootstrap, if that is an option
 */
#include "engines_private.h"

#include "slot_private.h"

#undef mcub_boot_swap /* a build without may leave it out, this is it */

static bool is_update(uint32_t type)
{
    return type == MCUB_SWAP_TEST || type == MCUB_SWAP_PERM;
}

static int run_engine(struct mcub_swap *s)
{
    switch (s->mode) {
    case MCUB_MODE_MOVE:
        return mcub_swap_move(s);
    case MCUB_MODE_OFFSET:
        return mcub_swap_offset(s);
    case MCUB_MODE_SCRATCH:
        return mcub_swap_scratch(s);
    case MCUB_MODE_OVERWRITE:
        return mcub_overwrite(s);
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_RAM_LOAD:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_SINGLE_RAM:
        break;
    }
    return MCUB_E_UNSUPPORTED;
}

/*
 * Flash that cannot be written is no reason not to start what is whole: the
 * validation that follows decides.
 */
static int conclude(struct mcub_swap *s, int rc)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];

    if (rc == 0) {
        result->copied = result->copied || s->mode == MCUB_MODE_OVERWRITE;
        result->performed = (uint8_t)s->type;
        mcub_boot_log(s, MCUB_LOG_DONE, s->type, 0);
        return 0;
    }
    result->error = rc;
    return rc == MCUB_E_FLASH ? 0 : rc;
}

/*
 * An image whose key is not to be had would leave the primary as plain text,
 * or enter it encrypted: neither could be undone.
 */
static int no_key(struct mcub_swap *s, int rc)
{
    s->boot->result[s->image].error = rc;
    return rc == MCUB_E_POWER ? rc : 0;
}

/* An unreadable secondary: go on as if the update had been reverted. */
static int pretend_reverted(struct mcub_swap *s)
{
    const struct mcub_trailer_state *pri = &s->state[PRI];

    if (pri->magic != MCUB_MARK_GOOD || pri->image_ok != MCUB_MARK_UNSET) {
        return 0;
    }
    int rc = mcub_trailer_write_image_ok(&s->trailer[PRI]);

    return rc == MCUB_E_POWER ? rc : 0;
}

static int decide(struct mcub_swap *s, enum mcub_swap_type *type)
{
    int rc = 0;

    *type = s->started
            ? (enum mcub_swap_type)s->found
            : mcub_slot_decide(&s->state[PRI], &s->state[SEC], s->mode);
    s->boot->result[s->image].decided = (uint8_t)*type;
    mcub_boot_log(s, MCUB_LOG_SWAP_TYPE, *type, 0);
    if (*type != MCUB_SWAP_NONE) {
        rc = mcub_boot_check_secondary(s, type);
    }
    if (rc == 0 && *type == MCUB_SWAP_FAIL) {
        rc = pretend_reverted(s);
    }
    return rc;
}

/* The place of an image in the secondary, marked or not; false: none. */
static bool find_new(const struct mcub_swap *s, struct mcub_slot_image *found)
{
    uint32_t off = mcub_swap_secondary_off(s, MCUB_SWAP_PERM);

    return mcub_slot_open_at(s->slot[SEC], off, found) == 0 ||
            (off != 0 && mcub_slot_open_at(s->slot[SEC], 0, found) == 0);
}

/* The primary is valid; was it bootstrapped from the secondary, and cut? */
static bool is_torn_copy(const struct mcub_swap *s)
{
    struct mcub_slot_image found;

    return s->state[PRI].magic != MCUB_MARK_GOOD && find_new(s, &found) &&
            mcub_bootstrap_is_torn(s, &found);
}

/* Is there a primary to go on with, or is this an empty device? */
static int decide_bootstrap(struct mcub_swap *s, enum mcub_swap_type type,
        uint8_t *next)
{
    struct mcub_slot_image found;

    if (!HAS_BOOTSTRAP || (s->boot->options & MCUB_BOOT_BOOTSTRAP) == 0 ||
            s->started ||
            !mcub_slot_is_readable(s->boot->board, s->image, PRI) ||
            (type != MCUB_SWAP_NONE && !is_update(type))) {
        return 0;
    }
    int rc = mcub_boot_check_primary(s->boot, s->image);

    if (rc == MCUB_E_POWER || rc == MCUB_E_FLASH ||
            (rc == 0 && !is_torn_copy(s))) {
        return rc == MCUB_E_POWER ? rc : 0;
    }
    if (!find_new(s, &found)) {
        return 0;
    }
    rc = mcub_boot_check_new(s->boot, s->image, &found.image);
    if (rc == 0) {
        *next = NEXT_BOOTSTRAP;
    }
    return rc == MCUB_E_POWER ? rc : 0;
}

static int bootstrap(struct mcub_swap *s)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];
    struct mcub_slot_image found;

    if (!find_new(s, &found)) {
        return 0;
    }
    s->type = MCUB_SWAP_PERM;
    s->copy_size = mcub_image_total_size(&found.image);
    if (s->copy_size > s->limit) {
        mcub_boot_log(s, MCUB_LOG_NO_SPACE, s->copy_size, s->limit);
        result->error = MCUB_E_TOO_LARGE;
        return 0;
    }
    mcub_boot_log(s, MCUB_LOG_BOOTSTRAP, 0, s->copy_size);
    result->copied = true;
    int rc = mcub_crypt_load(s, found.off, false);

    return rc == 0 ? conclude(s, mcub_bootstrap(s, found.off)) : no_key(s, rc);
}

/*
 * Lower images that wait for a revert were swapped in just before the reset
 * that interrupted this one: they look unconfirmed, but never ran.
 */
static void drop_reverts(const struct mcub_swap *s)
{
    struct mcub_boot *boot = s->boot;

    for (uint8_t image = 0; image < s->image; image++) {
        if (boot->next[image] == MCUB_SWAP_REVERT) {
            boot->next[image] = MCUB_SWAP_NONE;
            mcub_boot_tell(boot, image, MCUB_LOG_REVERT_DROPPED, s->image, 0);
        }
    }
}

static void log_state(const struct mcub_swap *s, uint8_t slot)
{
    const struct mcub_trailer_state *state = &s->state[slot];

    mcub_boot_log(s, MCUB_LOG_STATE, slot,
            state->magic | ((uint32_t)state->swap_type << 8) |
                    ((uint32_t)state->copy_done << 16) |
                    ((uint32_t)state->image_ok << 24));
}

static int resume(struct mcub_swap *s)
{
    struct mcub_boot_result *result = &s->boot->result[s->image];

    s->type = (enum mcub_swap_type)s->found;
    result->decided = s->found;
    result->resumed = true;
    mcub_boot_log(s, MCUB_LOG_RESUME, s->type, s->records);
    if (HAS_DEPENDENCIES) {
        drop_reverts(s);
    }
    int rc = mcub_crypt_resume(s);

    return rc == 0 ? conclude(s, run_engine(s)) : no_key(s, rc);
}

/*
 * Is there work on this image that lower ones were done before? An update;
 * anything that a cut has left behind, which may be a revert; or a copied
 * image that is half erased already, whose mark goes last.
 */
static bool is_unfinished(const struct mcub_swap *s, enum mcub_swap_type type)
{
    return is_update(type) || type == MCUB_SWAP_FAIL || s->started ||
            (type == MCUB_SWAP_REVERT && mcub_swap_is_marked(s)) ||
            (s->mode == MCUB_MODE_OVERWRITE &&
                    is_update(s->boot->result[s->image].decided));
}

static int look_at(struct mcub_swap *s)
{
    struct mcub_boot *boot = s->boot;
    uint8_t image = s->image;
    enum mcub_swap_type type = MCUB_SWAP_NONE;

    log_state(s, PRI);
    log_state(s, SEC);
    if (s->geometry != MCUB_GEOMETRY_OK) {
        mcub_boot_log(s, MCUB_LOG_GEOMETRY, s->geometry, 0);
        boot->result[image].error = MCUB_E_GEOMETRY;
        return 0;
    }
    if (s->records > 0) {
        return resume(s);
    }
    int rc = decide(s, &type);

    boot->next[image] = (uint8_t)type;
    if (rc == 0) {
        rc = decide_bootstrap(s, type, &boot->next[image]);
    }
    if (HAS_DEPENDENCIES && is_unfinished(s, type)) {
        drop_reverts(s);
    }
    return rc;
}

static int prepare(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_swap s;
    int rc = mcub_swap_open(&s, boot, image);

    if (rc == 0) {
        rc = look_at(&s);
    }
    mcub_crypt_finish(&s);
    return rc;
}

/* Sizes of both images; one that cannot be opened counts nothing. */
static int measure(struct mcub_swap *s)
{
    for (uint8_t slot = 0; slot < 2; slot++) {
        struct mcub_slot_image found;
        uint32_t off = slot == SEC ? mcub_swap_secondary_off(s, s->type) : 0;

        if (!mcub_slot_is_readable(s->boot->board, s->image, slot)) {
            continue;
        }
        int rc = mcub_slot_open_at(s->slot[slot], off, &found);

        if (rc == MCUB_E_POWER || rc == MCUB_E_FLASH) {
            return rc;
        }
        if (rc != 0) {
            continue;
        }
        uint32_t total = mcub_image_total_size(&found.image);

        s->tlv_sizes[slot] = found.image.unprot_size;
        if (total > s->copy_size &&
                (slot == SEC || s->mode != MCUB_MODE_OVERWRITE)) {
            s->copy_size = total;
        }
    }
    return 0;
}

static int update(struct mcub_swap *s)
{
    int rc = s->copy_size == 0 ? measure(s) : 0;

    if (rc != 0) {
        return conclude(s, rc);
    }
    if (s->copy_size > s->limit) {
        mcub_boot_log(s, MCUB_LOG_NO_SPACE, s->copy_size, s->limit);
        s->boot->result[s->image].error = MCUB_E_TOO_LARGE;
        return 0;
    }
    /* What is overwritten goes nowhere, and needs no key. */
    rc = mcub_crypt_load(s, mcub_swap_secondary_off(s, s->type),
            s->mode != MCUB_MODE_OVERWRITE);
    if (rc != 0) {
        return no_key(s, rc);
    }
    mcub_boot_log(s,
            s->mode == MCUB_MODE_OVERWRITE ? MCUB_LOG_COPY_START
                                           : MCUB_LOG_SWAP_START,
            s->type, s->copy_size);
    return conclude(s, run_engine(s));
}

/*
 * The swap of another image has stopped half way, because flash could not be
 * written. The scratch area holds a part of that image, and nothing else may
 * be put there until it goes on.
 */
static bool scratch_is_taken(const struct mcub_boot *boot, uint8_t image)
{
    if (!HAS_SCRATCH || boot->board->mode != MCUB_MODE_SCRATCH) {
        return false;
    }
    for (uint8_t i = 0; i < boot->board->image_count; i++) {
        const struct mcub_boot_result *result = &boot->result[i];

        if (i != image && result->error == MCUB_E_FLASH &&
                boot->next[i] != MCUB_SWAP_FAIL) {
            return true;
        }
    }
    return false;
}

static int perform_opened(struct mcub_swap *s, uint8_t next)
{
    if (HAS_BOOTSTRAP && next == NEXT_BOOTSTRAP) {
        return bootstrap(s);
    }
    if (HAS_DEPENDENCIES && s->mode == MCUB_MODE_SCRATCH &&
            scratch_is_taken(s->boot, s->image)) {
        return 0;
    }
    s->type = (enum mcub_swap_type)next;
    return update(s);
}

static int perform(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_swap s;
    uint8_t next = boot->next[image];

    if (next != MCUB_SWAP_TEST && next != MCUB_SWAP_PERM &&
            next != MCUB_SWAP_REVERT && next != NEXT_BOOTSTRAP) {
        return 0;
    }
    int rc = mcub_swap_open(&s, boot, image);

    if (rc == 0) {
        rc = perform_opened(&s, next);
    }
    mcub_crypt_finish(&s);
    return rc;
}

static int validate(struct mcub_boot *boot, uint8_t image)
{
    int rc = mcub_boot_check_primary(boot, image);

    if (rc == 0) {
        rc = mcub_boot_settle_counter(boot, image);
    }
    if (rc == 0 || rc == MCUB_E_POWER) {
        return rc;
    }
    mcub_boot_tell(boot, image, MCUB_LOG_NOT_BOOTABLE, (uint32_t)-rc, 0);
    if (boot->result[image].error == MCUB_E_FLASH) {
        rc = MCUB_E_FLASH;
    }
    boot->result[image].error = rc;
    return rc == MCUB_E_FLASH ? rc : MCUB_E_NOT_BOOTABLE;
}

static int apply_dependencies(struct mcub_boot *boot)
{
    int rc = HAS_DEPENDENCIES ? mcub_boot_check_dependencies(boot) : 1;

    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        if (boot->next[image] != MCUB_SWAP_NONE) {
            mcub_boot_tell(boot, image, MCUB_LOG_DEPENDENCY, 0, 0);
            boot->result[image].error = MCUB_E_VERSION;
            boot->next[image] = MCUB_SWAP_NONE;
        }
    }
    return 0;
}

static int for_all(struct mcub_boot *boot,
        int (*step)(struct mcub_boot *boot, uint8_t image))
{
    int rc = 0;

    for (uint8_t image = 0; rc == 0 && image < boot->board->image_count;
            image++) {
        rc = step(boot, image);
    }
    return rc;
}

int mcub_boot_swap(struct mcub_boot *boot)
{
    int rc = for_all(boot, prepare);

    if (rc == 0) {
        rc = apply_dependencies(boot);
    }
    if (rc == 0) {
        rc = for_all(boot, perform);
    }
    if (rc == 0) {
        rc = for_all(boot, validate);
    }
    if (rc == 0) {
        mcub_boot_jump(boot, PRI);
    }
    return rc;
}
