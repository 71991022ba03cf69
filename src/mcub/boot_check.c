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

static int check_image(const struct mcub_swap *s, uint8_t slot,
        const struct mcub_image *img)
{
    const struct mcub_boot *boot = s->boot;
    struct mcub_hash hash;

    if ((img->hdr.flags & MCUB_IMAGE_NON_BOOTABLE) != 0) {
        return MCUB_E_NOT_BOOTABLE;
    }
    if ((img->hdr.flags & MCUB_IMAGE_COMPRESSED) != 0) {
        return MCUB_E_UNSUPPORTED;
    }
    if (mcub_image_total_size(img) >= img->src.size) {
        return MCUB_E_TOO_LARGE;
    }
    int rc = check_tlv_types(img);

    if (rc == 0) {
        rc = mcub_image_verify_hash(img, boot->hash, boot->hash_ctx, boot->buf,
                MCUB_BOOT_BUF_SIZE);
    }
    if (rc == 0 && boot->ops != NULL && boot->ops->verify != NULL) {
        rc = mcub_image_find_hash(img, &hash);
        if (rc == 0) {
            rc = boot->ops->verify(boot->ops_ctx, s->image, slot, img, &hash);
        }
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

/*
 * Older than what runs? Not asked of a revert, nor of one that was cut and
 * now looks like a permanent upgrade: only the bootloader writes swap_size.
 */
static int check_downgrade(const struct mcub_swap *s, enum mcub_swap_type type,
        const struct mcub_image *img)
{
    const struct mcub_boot *boot = s->boot;
    struct mcub_slot_image running;

    if ((boot->options & MCUB_BOOT_NO_DOWNGRADE) == 0 ||
            type == MCUB_SWAP_REVERT || s->started ||
            s->state[SEC].has_swap_size ||
            !mcub_slot_is_readable(boot->board, s->image, PRI)) {
        return 0;
    }
    int rc = mcub_slot_open_at(s->slot[PRI], 0, &running);

    if (rc != 0) {
        return rc == MCUB_E_POWER ? rc : 0;
    }
    if (mcub_version_compare(&img->hdr.version, &running.image.hdr.version,
                (boot->options & MCUB_BOOT_USE_BUILD) != 0) >= 0) {
        return 0;
    }
    mcub_boot_log(s, MCUB_LOG_DOWNGRADE, 0, 0);
    return MCUB_E_VERSION;
}

static bool is_hard(int err)
{
    return err == MCUB_E_FLASH || err == MCUB_E_CRYPTO;
}

/*
 * What the primary trailer says of an update that cannot happen any more: a
 * started swap, or a revert that swap-move decides by the primary alone.
 * Left there it would be found again at every boot.
 */
static int forget_update(struct mcub_swap *s, enum mcub_swap_type type)
{
    if (!s->started &&
            (s->mode != MCUB_MODE_MOVE || type != MCUB_SWAP_REVERT)) {
        return 0;
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

int mcub_boot_check_secondary(struct mcub_swap *s, enum mcub_swap_type *type)
{
    struct mcub_slot_image found;
    struct mcub_boot_result *result = &s->boot->result[s->image];
    int rc = mcub_slot_open_at(s->slot[SEC], mcub_swap_secondary_off(s, *type),
            &found);

    if (rc == 0) {
        rc = check_size(s, *type, &found.image);
    }
    if (rc == 0) {
        rc = check_image(s, SEC, &found.image);
    }
    if (rc == 0) {
        rc = check_downgrade(s, *type, &found.image);
    }
    if (rc == 0 || rc == MCUB_E_POWER) {
        return rc;
    }
    result->error = rc;
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

int mcub_boot_check_primary(struct mcub_swap *s)
{
    struct mcub_slot_image found;
    uint8_t magic[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    int rc;

    if (!mcub_slot_is_readable(s->boot->board, s->image, PRI)) {
        return 0;
    }
    if ((s->boot->options & MCUB_BOOT_NO_PRIMARY_CHECK) != 0) {
        rc = mcub_slot_read(s->boot->board, s->image, PRI, 0, magic,
                sizeof(magic));
        if (rc == 0) {
            rc = mcub_image_header_decode(magic, sizeof(magic), &hdr);
        }
        return rc < 0 ? rc : 0;
    }
    rc = mcub_slot_open_at(s->slot[PRI], 0, &found);
    return rc == 0 ? check_image(s, PRI, &found.image) : rc;
}
