// SPDX-License-Identifier: Apache-2.0
/*
 * A boot of modes with one place to run from.
 *
 *   mode             primary valid   loader asked for   what runs
 *   ---------------  --------------  -----------------  ------------------
 *   single           yes             -                  primary
 *   single, to RAM   yes (the copy)  -                  copy of the primary
 *   firmware loader  yes             no                 primary
 *   firmware loader  any             yes                secondary
 *   firmware loader  no              no                 secondary
 *   any other                                           nothing
 *
 * validate-once: magic and image_ok in the trailer say that the image was
 * found valid; an upload erases the trailer first.
 */
#include "boot_private.h"

#include "slot_private.h"

static int check_slot(struct mcub_boot *boot, uint8_t image, uint8_t slot)
{
    const struct mcub_slot *area = mcub_board_slot(boot->board, image, slot);
    struct mcub_slot_image found;

    if (area == NULL) {
        return MCUB_E_NO_IMAGE;
    }
    int rc = mcub_slot_open_at(area, 0, &found);

    if (rc != 0) {
        return rc;
    }
    /* Serial recovery decrypts what it has written. */
    found.image.plain = slot == PRI && mcub_crypt_is_on(boot);
    return mcub_boot_check_stored(boot, image, slot, &found.image);
}

/* The trailer notes a validation, unless it is damaged. */
static int note_valid(const struct mcub_trailer *trailer,
        const struct mcub_trailer_state *state)
{
    int rc = 0;

    if (state->magic == MCUB_MARK_BAD || state->image_ok == MCUB_MARK_BAD) {
        return 0;
    }
    if (state->magic == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_magic(trailer);
    }
    if (rc == 0 && state->image_ok == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_image_ok(trailer);
    }
    return rc;
}

static int check_once(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_trailer_state state;
    struct mcub_trailer trailer;
    int rc = mcub_slot_trailer(boot->board, image, PRI, &trailer);

    if (rc == 0) {
        rc = mcub_trailer_read(&trailer, &state);
    }
    if (rc != 0) {
        return rc;
    }
    if (state.magic == MCUB_MARK_GOOD && state.image_ok == MCUB_MARK_SET) {
        return 0;
    }
    rc = check_slot(boot, image, PRI);
    return rc == 0 ? note_valid(&trailer, &state) : rc;
}

static int check_to_ram(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_slot_image found;

    if (boot->ops == NULL || boot->ops->ram == NULL) {
        return MCUB_E_UNSUPPORTED;
    }
    int rc = mcub_slot_open_at(mcub_board_slot(boot->board, image, PRI), 0,
            &found);

    return rc == 0 ? mcub_boot_load(boot, image, PRI, &found) : rc;
}

static int check_primary(struct mcub_boot *boot, uint8_t image)
{
    if (boot->board->mode == MCUB_MODE_SINGLE_RAM) {
        return check_to_ram(boot, image);
    }
    if ((boot->options & MCUB_BOOT_VALIDATE_ONCE) != 0) {
        return check_once(boot, image);
    }
    return mcub_boot_check_primary(boot, image);
}

static bool loader_is_asked_for(const struct mcub_boot *boot)
{
    return boot->board->mode == MCUB_MODE_FW_LOADER && boot->ops != NULL &&
            boot->ops->wants_loader != NULL &&
            boot->ops->wants_loader(boot->ops_ctx);
}

static int start_loader(struct mcub_boot *boot, uint32_t asked)
{
    int rc = check_slot(boot, 0, SEC);

    if (rc == 0) {
        mcub_boot_tell(boot, 0, MCUB_LOG_LOADER, asked, 0);
        mcub_boot_jump(boot, SEC);
    }
    return rc;
}

static int refuse(struct mcub_boot *boot, uint8_t image, int rc)
{
    boot->result[image].error = rc;
    mcub_boot_tell(boot, image, MCUB_LOG_NOT_BOOTABLE, (uint32_t)-rc, 0);
    return rc == MCUB_E_FLASH ? rc : MCUB_E_NOT_BOOTABLE;
}

int mcub_boot_single(struct mcub_boot *boot)
{
    if (loader_is_asked_for(boot)) {
        int rc = start_loader(boot, 1);

        if (rc == 0 || rc == MCUB_E_POWER) {
            return rc;
        }
    }
    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        int rc = check_primary(boot, image);

        if (rc == 0) {
            rc = mcub_boot_settle_counter(boot, image);
        }
        if (rc == MCUB_E_POWER || rc == MCUB_E_UNSUPPORTED) {
            return rc;
        }
        if (rc == 0) {
            continue;
        }
        if (image == 0 && boot->board->mode == MCUB_MODE_FW_LOADER &&
                start_loader(boot, 0) == 0) {
            return 0;
        }
        return refuse(boot, image, rc);
    }
    mcub_boot_jump(boot, PRI);
    return 0;
}
