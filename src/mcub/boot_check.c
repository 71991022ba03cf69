// SPDX-License-Identifier: Apache-2.0
/*
 * Validation of images before they are swapped in and before they start.
 */
#include "boot_private.h"

#include "private.h"
#include "slot_private.h"

/* A type from the protected range, unprotected, is forged or foreign. */
static int check_tlv_types(const struct mcub_image *img)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc;

    mcub_tlv_iter_init(&iter, img, MCUB_TLV_ANY, false);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        if (!tlv.prot && !mcub_tlv_type_may_be_unprotected(tlv.type)) {
            return MCUB_E_TLV;
        }
    }
    return rc;
}

/* The board's stored counters; NULL: there are none. */
static const struct mcub_boot_ops *counters(const struct mcub_boot *boot)
{
    const struct mcub_boot_ops *ops = boot->ops;

    return HAS_COUNTER && ops != NULL && ops->counter_get != NULL ? ops : NULL;
}

/* With a stored counter every image needs one that is not lower. */
static int check_counter(const struct mcub_boot *boot, uint8_t image,
        const struct mcub_image *img)
{
    const struct mcub_boot_ops *ops = counters(boot);
    uint32_t stored;
    uint32_t counter;

    if (ops == NULL) {
        return 0;
    }
    int rc = ops->counter_get(boot->ops_ctx, image, &stored);

    if (rc == 0) {
        rc = mcub_image_security_counter(img, &counter);
    }
    if (rc == MCUB_E_NOT_FOUND || (rc == 0 && counter < stored)) {
        return MCUB_E_COUNTER;
    }
    return rc;
}

int mcub_boot_raise_counter(const struct mcub_boot *boot, uint8_t image,
        const struct mcub_image *img)
{
    const struct mcub_boot_ops *ops = counters(boot);
    uint32_t stored;
    uint32_t counter;

    if (ops == NULL || ops->counter_set == NULL) {
        return 0;
    }
    int rc = ops->counter_get(boot->ops_ctx, image, &stored);

    if (rc == 0) {
        rc = mcub_image_security_counter(img, &counter);
    }
    if (rc == 0 && counter > stored) {
        rc = ops->counter_set(boot->ops_ctx, image, counter);
    }
    return rc;
}

static bool can_revert(enum mcub_mode mode)
{
    return mode == MCUB_MODE_SCRATCH || mode == MCUB_MODE_MOVE ||
            mode == MCUB_MODE_OFFSET;
}

int mcub_boot_settle_counter(const struct mcub_boot *boot, uint8_t image)
{
    const struct mcub_board *board = boot->board;
    struct mcub_trailer_state state;
    struct mcub_slot_image found;

    if (counters(boot) == NULL || !mcub_slot_is_readable(board, image, PRI)) {
        return 0;
    }
    int rc = mcub_slot_state(board, image, PRI, &state);

    /* On trial: the image may be reverted, and the old one must boot then. */
    if (rc == 0 && can_revert(mcub_board_image_mode(board, image)) &&
            state.magic == MCUB_MARK_GOOD && state.image_ok != MCUB_MARK_SET) {
        return 0;
    }
    if (rc == 0) {
        rc = mcub_slot_open_at(mcub_board_slot(board, image, PRI), 0, &found);
    }
    return rc == 0 ? mcub_boot_raise_counter(boot, image, &found.image) : rc;
}

int mcub_boot_check_image(const struct mcub_boot *boot, uint8_t image,
        uint8_t slot, const struct mcub_image *img)
{
    struct mcub_hash hash;

    if ((img->hdr.flags & MCUB_IMAGE_NON_BOOTABLE) != 0) {
        return MCUB_E_NOT_BOOTABLE;
    }
    if ((img->hdr.flags & MCUB_IMAGE_COMPRESSED) != 0) {
        return MCUB_E_UNSUPPORTED;
    }
    int rc = check_tlv_types(img);

    if (rc == 0) {
        rc = mcub_image_verify_hash(img, boot->hash, boot->hash_ctx, boot->buf,
                MCUB_BOOT_BUF_SIZE);
    }
    if (rc == 0 && boot->ops != NULL && boot->ops->verify != NULL) {
        rc = mcub_image_find_hash(img, &hash);
        if (rc == 0) {
            rc = boot->ops->verify(boot->ops_ctx, image, slot, img, &hash);
        }
    }
    return rc == 0 ? check_counter(boot, image, img) : rc;
}

int mcub_boot_check_stored(const struct mcub_boot *boot, uint8_t image,
        uint8_t slot, const struct mcub_image *img)
{
    if (mcub_image_total_size(img) >= img->src.size) {
        return MCUB_E_TOO_LARGE;
    }
    return mcub_boot_check_image(boot, image, slot, img);
}

int mcub_boot_check_new(const struct mcub_boot *boot, uint8_t image,
        const struct mcub_image *img)
{
    struct mcub_decrypt dec;
    struct mcub_image plain;

    if (!mcub_crypt_is_wanted(boot, img)) {
        return mcub_boot_check_stored(boot, image, SEC, img);
    }
    int rc = mcub_crypt_open(boot, img, &dec, &plain);

    if (HAS_ENCRYPTION && rc != 0) {
        mcub_boot_tell(boot, image, MCUB_LOG_NO_KEY, SEC, (uint32_t)-rc);
    } else if (HAS_ENCRYPTION) {
        rc = mcub_boot_check_stored(boot, image, SEC, &plain);
        mcub_decrypt_finish(&dec);
    }
    return rc;
}

static int check_size(const struct mcub_swap *s, enum mcub_swap_type type,
        const struct mcub_image *img)
{
    uint32_t total = mcub_image_total_size(img);

    /* The old image was in the primary already: it must be let back. */
    if (total <= s->limit || type == MCUB_SWAP_REVERT ||
            (s->boot->options & MCUB_BOOT_KEEP_OVERSIZED) != 0) {
        return 0;
    }
    mcub_boot_log(s, MCUB_LOG_TOO_LARGE, total, s->limit);
    return MCUB_E_TOO_LARGE;
}

static bool is_older(const struct mcub_boot *boot, const struct mcub_image *img,
        const struct mcub_image *running)
{
    return (boot->options & MCUB_BOOT_NO_DOWNGRADE) != 0 &&
            mcub_version_compare(&img->hdr.version, &running->hdr.version,
                    (boot->options & MCUB_BOOT_USE_BUILD) != 0) < 0;
}

/* An image that runs without a counter lets everything pass. */
static bool has_lower_counter(const struct mcub_boot *boot,
        const struct mcub_image *img, const struct mcub_image *running)
{
    uint32_t counter;
    uint32_t needed;

    if (!HAS_COUNTER || (boot->options & MCUB_BOOT_NO_COUNTER_DOWNGRADE) == 0 ||
            mcub_image_security_counter(running, &needed) != 0) {
        return false;
    }
    return mcub_image_security_counter(img, &counter) != 0 || counter < needed;
}

/* Only the bootloader writes swap_size; where it overwrites it does not, and
 * bytes of a large image lie there. */
static bool was_under_way(const struct mcub_swap *s)
{
    return s->started ||
            (s->mode != MCUB_MODE_OVERWRITE && s->state[SEC].has_swap_size);
}

/*
 * Older than what runs? Not asked of a revert, nor of one that was cut and
 * now looks like a permanent upgrade.
 */
static int check_downgrade(const struct mcub_swap *s, enum mcub_swap_type type,
        const struct mcub_image *img)
{
    const struct mcub_boot *boot = s->boot;
    struct mcub_slot_image running;

    if (!HAS_DOWNGRADE_CHECK || type == MCUB_SWAP_REVERT || was_under_way(s) ||
            !mcub_slot_is_readable(boot->board, s->image, PRI)) {
        return 0;
    }
    int rc = mcub_slot_open_at(s->slot[PRI], 0, &running);

    if (rc != 0) {
        return rc == MCUB_E_POWER ? rc : 0;
    }
    if (is_older(boot, img, &running.image)) {
        rc = MCUB_E_VERSION;
    } else if (has_lower_counter(boot, img, &running.image)) {
        rc = MCUB_E_COUNTER;
    }
    if (rc == 0) {
        return 0;
    }
    /* A header in flash whose erase was cut says nothing. */
    int running_rc = mcub_boot_check_primary(boot, s->image);

    if (running_rc != 0) {
        return running_rc == MCUB_E_POWER ? running_rc : 0;
    }
    mcub_boot_log(s, MCUB_LOG_DOWNGRADE, 0, 0);
    return rc;
}

static bool is_hard(int err)
{
    return err == MCUB_E_FLASH || err == MCUB_E_CRYPTO;
}

/*
 * What the trailers say of an update that cannot happen any more: a started
 * swap, or a revert. Left there it would be found again at every boot. A
 * trial that has nothing to go back to is confirmed, which is one write; what
 * a cut has left of a trailer is erased.
 */
static int forget_update(struct mcub_swap *s, enum mcub_swap_type type)
{
    const struct mcub_trailer_state *pri = &s->state[PRI];
    int rc = 0;

    if (!HAS_SWAP ||
            (!s->started &&
                    (type != MCUB_SWAP_REVERT ||
                            s->mode == MCUB_MODE_OVERWRITE))) {
        return 0;
    }
    if (HAS_SCRATCH && s->mode == MCUB_MODE_SCRATCH &&
            mcub_swap_is_under_way(s, SCR)) {
        rc = mcub_swap_erase_trailer(s, SCR);
    }
    if (rc != 0) {
        return rc;
    }
    if (!s->started && pri->magic == MCUB_MARK_GOOD) {
        return pri->image_ok == MCUB_MARK_UNSET
                ? mcub_trailer_write_image_ok(&s->trailer[PRI])
                : 0;
    }
    return mcub_swap_erase_trailer(s, PRI);
}

static bool is_unmarked(const struct mcub_trailer_state *state)
{
    return state->magic == MCUB_MARK_UNSET &&
            state->image_ok == MCUB_MARK_UNSET &&
            state->copy_done == MCUB_MARK_UNSET;
}

/* The header is erased: a mark without an image. */
static int remove_stray_mark(struct mcub_swap *s, enum mcub_swap_type type)
{
    struct mcub_slot_image misplaced;
    int rc = 0;

    if (mcub_swap_secondary_off(s, type) != 0 &&
            mcub_slot_open_at(s->slot[SEC], 0, &misplaced) == 0) {
        mcub_boot_log(s, MCUB_LOG_WRONG_OFFSET, 0, 0);
        mcub_boot_log(s, MCUB_LOG_SLOT_ERASED, SEC, 0);
        rc = mcub_slot_erase_all(s->slot[SEC], &s->trailer[SEC]);
    } else if (!is_unmarked(&s->state[SEC])) {
        rc = mcub_swap_erase_trailer(s, SEC);
    }
    return rc == 0 ? forget_update(s, type) : rc;
}

static int remove_invalid(struct mcub_swap *s, enum mcub_swap_type type,
        int why)
{
    mcub_boot_log(s, MCUB_LOG_SLOT_INVALID, SEC, (uint32_t)-why);
    mcub_boot_log(s, MCUB_LOG_SLOT_ERASED, SEC, 0);
    int rc = mcub_slot_erase_all(s->slot[SEC], &s->trailer[SEC]);

    return rc == 0 ? forget_update(s, type) : rc;
}

static int judge_secondary(struct mcub_swap *s, enum mcub_swap_type type)
{
    struct mcub_slot_image found;
    int rc = mcub_slot_open_at(s->slot[SEC], mcub_swap_secondary_off(s, type),
            &found);

    if (rc == 0) {
        rc = check_size(s, type, &found.image);
    }
    if (rc == 0) {
        rc = mcub_boot_check_new(s->boot, s->image, &found.image);
    }
    return rc == 0 ? check_downgrade(s, type, &found.image) : rc;
}

int mcub_boot_check_secondary(struct mcub_swap *s, enum mcub_swap_type *type)
{
    int rc = judge_secondary(s, *type);

    if (rc == 0 || rc == MCUB_E_POWER) {
        return rc;
    }
    s->boot->result[s->image].error = rc;
    if (is_hard(rc)) {
        mcub_boot_log(s, MCUB_LOG_SLOT_INVALID, SEC, (uint32_t)-rc);
        *type = MCUB_SWAP_FAIL;
        return 0;
    }
    rc = rc == MCUB_E_NO_IMAGE ? remove_stray_mark(s, *type)
                               : remove_invalid(s, *type, rc);
    *type = MCUB_SWAP_NONE;
    return rc == MCUB_E_POWER ? rc : 0;
}

/* Is there a header at all? */
static int check_header(const struct mcub_boot *boot, uint8_t image)
{
    uint8_t raw[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    int rc = mcub_slot_read(boot->board, image, PRI, 0, raw, sizeof(raw));

    if (rc == 0) {
        rc = mcub_image_header_decode(raw, sizeof(raw), &hdr);
    }
    return rc < 0 ? rc : 0;
}

int mcub_boot_check_primary(const struct mcub_boot *boot, uint8_t image)
{
    struct mcub_slot_image found;

    if (!mcub_slot_is_readable(boot->board, image, PRI)) {
        return 0;
    }
    if ((boot->options & MCUB_BOOT_NO_PRIMARY_CHECK) != 0) {
        return check_header(boot, image);
    }
    int rc = mcub_slot_open_at(mcub_board_slot(boot->board, image, PRI), 0,
            &found);

    if (rc != 0) {
        return rc;
    }
    /* What was encrypted in transit lies here as plain text. */
    found.image.plain = mcub_crypt_is_on(boot);
    return mcub_boot_check_stored(boot, image, PRI, &found.image);
}
