// SPDX-License-Identifier: Apache-2.0
/*
 * Dependencies between images: all are met, or nothing is updated.
 */
#include "boot_private.h"

#include "slot_private.h"

static bool is_upgrade(uint8_t type)
{
    return type == MCUB_SWAP_TEST || type == MCUB_SWAP_PERM ||
            type == MCUB_SWAP_REVERT || type == NEXT_BOOTSTRAP;
}

/* The image that will be in the primary slot after this boot. */
static int open_next(struct mcub_boot *boot, uint8_t image,
        struct mcub_slot_image *found)
{
    uint8_t type = boot->next[image];
    const struct mcub_board *board = boot->board;

    if (is_upgrade(type)) {
        uint32_t off = type == MCUB_SWAP_REVERT
                ? 0
                : mcub_slot_upload_offset(board, image, SEC);

        return mcub_slot_open_at(mcub_board_slot(board, image, SEC), off,
                found);
    }
    if (!mcub_slot_is_readable(board, image, PRI)) {
        return MCUB_E_UNREADABLE;
    }
    return mcub_slot_open_at(mcub_board_slot(board, image, PRI), 0, found);
}

/* 1 met, 0 not. The version of a network core is unknown: 0.0.0. */
static int check_one(struct mcub_boot *boot, const struct mcub_dependency *dep,
        mcub_open_next *open)
{
    struct mcub_version zero = { .major = 0 };
    const struct mcub_version *version = &zero;
    struct mcub_slot_image found;

    if (dep->image >= boot->board->image_count) {
        return 0;
    }
    int rc = open(boot, dep->image, &found);

    if (rc == MCUB_E_POWER) {
        return rc;
    }
    if (rc == 0) {
        version = &found.image.hdr.version;
    } else if (rc != MCUB_E_UNREADABLE) {
        return 0;
    }
    return mcub_version_compare(version, &dep->version,
                   (boot->options & MCUB_BOOT_USE_BUILD) != 0) >= 0;
}

/* One entry: 1 met, 0 not, or an error. */
static int check_entry(struct mcub_boot *boot, const struct mcub_image *img,
        const struct mcub_tlv *tlv, mcub_open_next *open)
{
    struct mcub_dependency dep;
    uint8_t buf[12];
    int rc = mcub_tlv_read(img, tlv, buf, sizeof(buf));

    if (rc >= 0) {
        rc = mcub_dependency_decode(buf, tlv->len, &dep);
    }
    return rc < 0 ? rc : check_one(boot, &dep, open);
}

int mcub_boot_check_needs(struct mcub_boot *boot, uint8_t image,
        mcub_open_next *open)
{
    struct mcub_slot_image found;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc = open(boot, image, &found);

    if (rc != 0) {
        /*
         * An image pair that was never programmed, or an unreadable one,
         * depends on nothing; it must not block the others.
         */
        return rc == MCUB_E_POWER ? rc : 1;
    }
    mcub_tlv_iter_init(&iter, &found.image, MCUB_TLV_DEPENDENCY, true);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        rc = check_entry(boot, &found.image, &tlv, open);
        if (rc <= 0) {
            return rc == MCUB_E_POWER ? rc : 0;
        }
    }
    if (rc < 0) {
        return rc == MCUB_E_POWER ? rc : 0;
    }
    return 1;
}

int mcub_boot_check_dependencies(struct mcub_boot *boot)
{
    bool any = false;
    int rc = 1;

    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        any = any || is_upgrade(boot->next[image]);
    }
    for (uint8_t image = 0; any && rc == 1 && image < boot->board->image_count;
            image++) {
        rc = mcub_boot_check_needs(boot, image, open_next);
    }
    return rc;
}
