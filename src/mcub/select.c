// SPDX-License-Identifier: Apache-2.0
/*
 * A boot of modes that copy nothing between slots: the newest image runs, in
 * place (direct-xip) or from RAM (ram-load).
 *
 * slot                                      with revert   what happens
 * ----------------------------------------  ------------  ------------------
 * no header, or larger than the slot        -             no candidate
 * made for another address (ROM_FIXED), or  -             no candidate
 * without RAM_LOAD flag
 * trailer without good magic                yes           erased
 * ran once (copy_done), was not confirmed   yes           erased
 * not run yet                               yes           copy_done written
 * not valid, or RAM not its                 -             erased
 * valid, a dependency is not met            -             no candidate
 *
 * After each of these but the last but two the choice is made again. The mark
 * is written before the validation: what is not valid is erased with it.
 */
#include "boot_private.h"

#include "slot_private.h"

struct choice {
    struct mcub_boot *boot;
    uint8_t image;
    uint8_t slot;
    struct mcub_slot_image found;
};

static bool is_ram(const struct mcub_boot *boot)
{
    return boot->board->mode == MCUB_MODE_RAM_LOAD;
}

static bool has_revert(const struct mcub_boot *boot)
{
    return boot->board->mode == MCUB_MODE_DIRECT_XIP_REVERT ||
            (is_ram(boot) && (boot->options & MCUB_BOOT_RAM_REVERT) != 0);
}

static void tell(const struct choice *c, enum mcub_log_event event, uint32_t a,
        uint32_t b)
{
    mcub_boot_tell(c->boot, c->image, event, a, b);
}

/* Is there an image in the slot that could run? 0, or why not. */
static int look(const struct mcub_boot *boot, uint8_t image, uint8_t slot,
        struct mcub_slot_image *found)
{
    const struct mcub_slot *area = mcub_board_slot(boot->board, image, slot);

    if (area == NULL || (boot->next[image] & (1u << slot)) != 0) {
        return MCUB_E_NO_IMAGE;
    }
    int rc = mcub_slot_open_at(area, 0, found);

    if (rc != 0) {
        return rc;
    }
    const struct mcub_image_header *hdr = &found->image.hdr;

    if ((hdr->flags & MCUB_IMAGE_ROM_FIXED) != 0 &&
            hdr->load_addr != area->off) {
        mcub_boot_tell(boot, image, MCUB_LOG_WRONG_ADDRESS, slot,
                hdr->load_addr);
        return MCUB_E_NOT_BOOTABLE;
    }
    if ((hdr->flags & MCUB_IMAGE_NON_BOOTABLE) != 0 ||
            (is_ram(boot) && (hdr->flags & MCUB_IMAGE_RAM_LOAD) == 0)) {
        return MCUB_E_NOT_BOOTABLE;
    }
    return mcub_image_total_size(&found->image) < area->size ? 0
                                                             : MCUB_E_TOO_LARGE;
}

/* The newest candidate, the lower slot among equals. */
static int choose(struct choice *c)
{
    struct mcub_boot *boot = c->boot;
    struct mcub_slot_image found;
    int why = MCUB_E_NOT_BOOTABLE;
    bool any = false;

    for (uint8_t slot = 0; slot < 2; slot++) {
        int rc = look(boot, c->image, slot, &found);

        if (rc == MCUB_E_POWER) {
            return rc;
        }
        if (rc != 0) {
            why = rc == MCUB_E_NO_IMAGE ? why : rc;
            continue;
        }
        if (!any ||
                mcub_version_compare(&found.image.hdr.version,
                        &c->found.image.hdr.version,
                        (boot->options & MCUB_BOOT_USE_BUILD) != 0) > 0) {
            c->slot = slot;
            c->found = found;
            any = true;
        }
    }
    return any ? 0 : why;
}

/*
 * The header goes first, the trailer last: half erased it could lose
 * copy_done, and the image had another trial.
 */
static int erase(const struct choice *c)
{
    const struct mcub_slot *area =
            mcub_board_slot(c->boot->board, c->image, c->slot);

    tell(c, MCUB_LOG_SLOT_ERASED, c->slot, 0);
    return mcub_flash_erase(area->flash, area->off, area->size);
}

/* 1 may run, 0 must not, or an error. */
static int take_turn(const struct choice *c)
{
    const struct mcub_board *board = c->boot->board;
    struct mcub_trailer_state state;
    struct mcub_trailer trailer;
    int rc = mcub_slot_state(board, c->image, c->slot, &state);

    if (rc == 0) {
        rc = mcub_slot_trailer(board, c->image, c->slot, &trailer);
    }
    if (rc != 0) {
        return rc;
    }
    /* A torn copy_done was written in full as far as anyone can tell. */
    bool ran = state.copy_done != MCUB_MARK_UNSET;

    if (state.magic != MCUB_MARK_GOOD ||
            (ran && state.image_ok == MCUB_MARK_UNSET)) {
        tell(c, MCUB_LOG_UNCONFIRMED, c->slot, 0);
        return 0;
    }
    rc = ran ? 0 : mcub_trailer_write_copy_done(&trailer);
    return rc == 0 ? 1 : rc;
}

/* [a, a + a_len) and [b, b + b_len) share a byte. */
static bool overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
    return a < b ? b - a < a_len : a - b < b_len;
}

/* May the image lie where it wants to? */
static int check_ram(const struct choice *c, const struct mcub_ram *ram,
        uint32_t total)
{
    struct mcub_boot *boot = c->boot;
    uint32_t addr = c->found.image.hdr.load_addr;

    if (addr < ram->start || addr - ram->start > ram->size ||
            total > ram->size - (addr - ram->start)) {
        return MCUB_E_RAM;
    }
    for (uint8_t image = 0; image < c->image; image++) {
        struct mcub_slot_image other;
        int rc = mcub_slot_open_at(mcub_board_slot(boot->board, image,
                                           boot->result[image].slot),
                0, &other);

        if (rc != 0) {
            return rc;
        }
        if (overlap(addr, total, other.image.hdr.load_addr,
                    mcub_image_total_size(&other.image))) {
            return MCUB_E_RAM;
        }
    }
    return 0;
}

static int copy_to_ram(const struct choice *c, const struct mcub_ram *ram,
        uint32_t total)
{
    const struct mcub_image *img = &c->found.image;

    for (uint32_t off = 0; off < total; off += MCUB_BOOT_BUF_SIZE) {
        uint32_t n = total - off < MCUB_BOOT_BUF_SIZE ? total - off
                                                      : MCUB_BOOT_BUF_SIZE;
        int rc = mcub_source_read(&img->src, off, c->boot->buf, n);

        if (rc == 0) {
            rc = ram->write(ram->ctx, img->hdr.load_addr + off, c->boot->buf,
                    n);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* What is validated is the copy that will run. */
static int load(struct choice *c, const struct mcub_ram *ram)
{
    struct mcub_image copy;
    uint32_t total = mcub_image_total_size(&c->found.image);
    struct mcub_source src = { ram->read, ram->ctx,
        c->found.image.hdr.load_addr, total };
    int rc = copy_to_ram(c, ram, total);

    if (rc != 0) {
        return rc;
    }
    tell(c, MCUB_LOG_LOADED, src.base, total);
    rc = mcub_image_open(&copy, &src);
    copy.plain = c->found.image.plain;
    return rc == 0 ? mcub_boot_check_image(c->boot, c->image, c->slot, &copy)
                   : rc;
}

/* Decrypted on the way. */
static int load_sealed(struct choice *c, const struct mcub_ram *ram)
{
    struct mcub_decrypt dec;
    struct mcub_image plain;
    int rc = mcub_crypt_open(c->boot, &c->found.image, &dec, &plain);

    if (HAS_ENCRYPTION && rc != 0) {
        tell(c, MCUB_LOG_NO_KEY, c->slot, (uint32_t)-rc);
    } else if (HAS_ENCRYPTION) {
        c->found.image = plain;
        rc = load(c, ram);
        mcub_decrypt_finish(&dec);
    }
    return rc;
}

int mcub_boot_load(struct mcub_boot *boot, uint8_t image, uint8_t slot,
        const struct mcub_slot_image *found)
{
    struct choice c = { boot, image, slot, *found };
    struct mcub_ram ram;
    int rc = boot->ops->ram(boot->ops_ctx, image, &ram);

    if (rc == 0) {
        rc = check_ram(&c, &ram, mcub_image_total_size(&found->image));
    }
    if (rc != 0) {
        return rc;
    }
    return mcub_crypt_is_wanted(boot, &found->image) ? load_sealed(&c, &ram)
                                                     : load(&c, &ram);
}

/* Choose until one is valid. */
static int select_image(struct mcub_boot *boot, uint8_t image)
{
    struct choice c = { .boot = boot, .image = image };
    int rc;

    while ((rc = choose(&c)) == 0) {
        tell(&c, MCUB_LOG_SELECTED, c.slot, 0);
        rc = has_revert(boot) ? take_turn(&c) : 1;
        if (rc < 0) {
            return rc;
        }
        if (rc == 1) {
            boot->result[image].slot = c.slot;
            rc = is_ram(boot) ? mcub_boot_load(boot, image, c.slot, &c.found)
                              : mcub_boot_check_stored(boot, image, c.slot,
                                        &c.found.image);
            if (rc == 0 || rc == MCUB_E_POWER || rc == MCUB_E_FLASH ||
                    rc == MCUB_E_CRYPTO) {
                return rc;
            }
            tell(&c, MCUB_LOG_SLOT_INVALID, c.slot, (uint32_t)-rc);
            boot->result[image].error = rc;
        }
        rc = erase(&c);
        if (rc != 0) {
            return rc;
        }
    }
    return rc;
}

static int open_selected(struct mcub_boot *boot, uint8_t image,
        struct mcub_slot_image *found)
{
    return mcub_slot_open_at(mcub_board_slot(boot->board, image,
                                     boot->result[image].slot),
            0, found);
}

/* 1 all met; 0 an image was struck out, choose again; or an error. */
static int check_needs(struct mcub_boot *boot)
{
    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        int rc = mcub_boot_check_needs(boot, image, open_selected);

        if (rc < 0) {
            return rc;
        }
        if (rc == 0) {
            mcub_boot_tell(boot, image, MCUB_LOG_DEPENDENCY, 0, 0);
            boot->next[image] |= (uint8_t)(1u << boot->result[image].slot);
            boot->result[image].error = MCUB_E_VERSION;
            return 0;
        }
    }
    return 1;
}

static int refuse(struct mcub_boot *boot, uint8_t image, int rc)
{
    if (rc == MCUB_E_POWER || rc == MCUB_E_FLASH) {
        return rc;
    }
    if (boot->result[image].error == 0) {
        boot->result[image].error = rc;
    }
    mcub_boot_tell(boot, image, MCUB_LOG_NOT_BOOTABLE, (uint32_t)-rc, 0);
    return MCUB_E_NOT_BOOTABLE;
}

/* With revert only what is confirmed stays. */
static int settle_counter(struct mcub_boot *boot, uint8_t image)
{
    struct mcub_trailer_state state;
    struct mcub_slot_image found;
    int rc = mcub_slot_state(boot->board, image, boot->result[image].slot,
            &state);

    if (rc == 0 && has_revert(boot) && state.image_ok != MCUB_MARK_SET) {
        return 0;
    }
    if (rc == 0) {
        rc = open_selected(boot, image, &found);
    }
    return rc == 0 ? mcub_boot_raise_counter(boot, image, &found.image) : rc;
}

static void jump(struct mcub_boot *boot)
{
    struct mcub_slot_image found;

    if (is_ram(boot) && open_selected(boot, 0, &found) == 0) {
        boot->booted_slot = boot->result[0].slot;
        mcub_boot_tell(boot, 0, MCUB_LOG_JUMP, found.image.hdr.load_addr,
                found.image.hdr.hdr_size);
    } else {
        mcub_boot_jump(boot, boot->result[0].slot);
    }
}

int mcub_boot_select(struct mcub_boot *boot)
{
    int met = 0;

    if (is_ram(boot) && (boot->ops == NULL || boot->ops->ram == NULL)) {
        return MCUB_E_UNSUPPORTED;
    }
    for (uint8_t image = 0; image < boot->board->image_count; image++) {
        boot->next[image] = 0;
    }
    while (met == 0) {
        for (uint8_t image = 0; image < boot->board->image_count; image++) {
            int rc = select_image(boot, image);

            if (rc != 0) {
                return refuse(boot, image, rc);
            }
        }
        met = HAS_DEPENDENCIES ? check_needs(boot) : 1;
    }
    for (uint8_t image = 0; met > 0 && image < boot->board->image_count;
            image++) {
        int rc = settle_counter(boot, image);

        met = rc == 0 ? met : rc;
    }
    if (met < 0) {
        return met;
    }
    jump(boot);
    return 0;
}
