// SPDX-License-Identifier: Apache-2.0
/*
 * Overwrite: the secondary is copied over the primary and emptied. No
 * progress is recorded: the secondary's mark goes last, so a cut means that
 * everything is copied again.
 *
 *   step                                            whole slot   image only
 *   ----------------------------------------------  -----------  -----------
 *   erase primary                                   all sectors  its sectors
 *   copy                                            slot         image
 *   write magic of the primary                      (copied)     yes
 *   hook: hand over to the network core
 *   erase first, then last sector of the secondary
 */
#include "boot_private.h"

#include "private.h"
#include "slot_private.h"

static int erase_image_sectors(const struct mcub_slot *slot, uint32_t len)
{
    uint32_t off = 0;

    while (off < len) {
        struct mcub_sector sector;
        int rc = mcub_flash_sector_at(slot->flash, slot->off + off, &sector);

        if (rc == 0) {
            rc = mcub_flash_erase(slot->flash, sector.off, sector.size);
        }
        if (rc != 0) {
            return rc;
        }
        off += sector.size;
    }
    return 0;
}

static int copy_whole(struct mcub_swap *s)
{
    const struct mcub_slot *pri = s->slot[PRI];
    struct mcub_place from = { SEC, 0 };
    struct mcub_place to = { PRI, 0 };
    int rc = mcub_flash_erase(pri->flash, pri->off, pri->size);

    return rc == 0 ? mcub_swap_copy(s, from, to,
                             mcub_min(pri->size, s->slot[SEC]->size))
                   : rc;
}

static int copy_image(struct mcub_swap *s)
{
    const struct mcub_slot *pri = s->slot[PRI];
    struct mcub_place from = { SEC, 0 };
    struct mcub_place to = { PRI, 0 };
    uint32_t block = pri->flash->write_size;
    uint32_t start = mcub_slot_trailer_start(pri, &s->trailer[PRI]);
    /* The reference copies one block more when the image ends on one. */
    uint32_t len = mcub_align_down(s->copy_size, block) + block;
    int rc = erase_image_sectors(pri, mcub_min(s->copy_size, start));

    if (rc == 0) {
        rc = mcub_swap_erase_trailer(s, PRI);
    }
    if (rc == 0) {
        rc = mcub_swap_copy(s, from, to,
                mcub_min(len, s->trailer[PRI].layout.swap_info));
    }
    return rc == 0 ? mcub_trailer_write_magic(&s->trailer[PRI]) : rc;
}

static int empty_secondary(struct mcub_swap *s)
{
    const struct mcub_slot *sec = s->slot[SEC];
    struct mcub_sector sector;
    int rc = 0;

    if ((s->boot->options & MCUB_BOOT_KEEP_BACKUP) == 0) {
        rc = mcub_flash_sector_at(sec->flash, sec->off, &sector);
        if (rc == 0) {
            rc = mcub_flash_erase(sec->flash, sector.off, sector.size);
        }
    }
    if (rc == 0) {
        rc = mcub_flash_sector_at(sec->flash, sec->off + sec->size - 1,
                &sector);
    }
    return rc == 0 ? mcub_flash_erase(sec->flash, sector.off, sector.size) : rc;
}

int mcub_overwrite(struct mcub_swap *s)
{
    const struct mcub_boot_ops *ops = s->boot->ops;
    bool whole = (s->boot->options & MCUB_BOOT_OVERWRITE_WHOLE) != 0;
    int rc = whole ? copy_whole(s) : copy_image(s);

    if (rc == 0 && ops != NULL && ops->post_copy != NULL) {
        rc = ops->post_copy(s->boot->ops_ctx, s->image);
        if (rc != 0 && rc != MCUB_E_POWER) {
            mcub_boot_log(s, MCUB_LOG_HOOK_FAILED, (uint32_t)-rc, 0);
        }
    }
    return rc == 0 ? empty_secondary(s) : rc;
}
