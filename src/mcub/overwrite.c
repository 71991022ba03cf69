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
 *
 * Bootstrap copies the image only, notes image_ok and copy_done before the
 * magic, and has no hook.
 */
#include "boot_private.h"

#include <string.h>

#include "private.h"
#include "slot_private.h"

/* What is copied, in which way. */
struct job {
    uint32_t from; /* of the secondary */
    uint32_t len;  /* bytes of the image, in whole write blocks */
    bool skip;     /* leave equal sectors alone */
};

/* Erase (copy: fill) the sectors of [0, len) that are not right already. */
static int each_sector(const struct mcub_swap *s, const struct job *job,
        bool copy)
{
    const struct mcub_slot *pri = s->slot[PRI];
    struct mcub_sector sector;

    for (uint32_t off = 0; off < job->len; off += sector.size) {
        struct mcub_place from = { SEC, job->from + off };
        struct mcub_place to = { PRI, off };
        int rc = mcub_flash_sector_at(pri->flash, pri->off + off, &sector);
        uint32_t len = mcub_min(sector.size, job->len - off);

        if (rc == 0 && job->skip && len == sector.size) {
            rc = mcub_swap_is_same(s, from, to, len);
        }
        if (rc == 0) {
            rc = copy ? mcub_swap_copy(s, from, to, len)
                      : mcub_swap_erase(s, PRI, off, off + sector.size);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int copy_whole(const struct mcub_swap *s)
{
    const struct mcub_slot *pri = s->slot[PRI];
    struct mcub_place from = { SEC, 0 };
    struct mcub_place to = { PRI, 0 };
    int rc = mcub_flash_erase(pri->flash, pri->off, pri->size);

    return rc == 0 ? mcub_swap_copy(s, from, to,
                             mcub_min(pri->size, s->slot[SEC]->size))
                   : rc;
}

static int copy_image(const struct mcub_swap *s, uint32_t from)
{
    const struct mcub_slot *pri = s->slot[PRI];
    bool as_reference = (s->boot->options & MCUB_BOOT_AS_REFERENCE) != 0;
    uint32_t block = pri->flash->write_size;
    uint32_t start = mcub_slot_trailer_start(pri, &s->trailer[PRI]);
    /* The reference copies one block more when the image ends on one. */
    uint32_t len = mcub_align_up(s->copy_size + (as_reference ? 1 : 0), block);
    struct job job = {
        .from = from,
        .len = mcub_min(len, s->trailer[PRI].layout.swap_info),
    };
    struct job erase = { .from = from, .len = mcub_min(job.len, start) };

    /* Equal sectors are as good as new only in an image that was not cut. */
    if (!as_reference && job.len <= start &&
            mcub_slot_is_readable(s->boot->board, s->image, PRI) &&
            mcub_boot_check_primary(s->boot, s->image) == 0) {
        job.skip = true;
        erase.skip = true;
    }
    int rc = each_sector(s, &erase, false);

    if (rc == 0) {
        rc = mcub_swap_erase_trailer(s, PRI);
    }
    return rc == 0 ? each_sector(s, &job, true) : rc;
}

/* The sector in which the image starts, then the one with the mark. */
static int empty_secondary(const struct mcub_swap *s, uint32_t image_off)
{
    const struct mcub_slot *sec = s->slot[SEC];
    struct mcub_sector sector;
    int rc = 0;

    if ((s->boot->options & MCUB_BOOT_KEEP_BACKUP) == 0) {
        rc = mcub_flash_sector_at(sec->flash, sec->off + image_off, &sector);
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
    int rc = whole ? copy_whole(s) : copy_image(s, 0);

    if (rc == 0 && !whole) {
        rc = mcub_trailer_write_magic(&s->trailer[PRI]);
    }
    if (rc == 0 && ops != NULL && ops->post_copy != NULL) {
        rc = ops->post_copy(s->boot->ops_ctx, s->image);
        if (rc != 0 && rc != MCUB_E_POWER) {
            mcub_boot_log(s, MCUB_LOG_HOOK_FAILED, (uint32_t)-rc, 0);
        }
    }
    return rc == 0 ? empty_secondary(s, 0) : rc;
}

int mcub_bootstrap(struct mcub_swap *s, uint32_t off)
{
    const struct mcub_trailer *t = &s->trailer[PRI];
    int rc = copy_image(s, off);

    if (rc == 0) {
        rc = mcub_trailer_write_image_ok(t);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_copy_done(t);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_magic(t);
    }
    return rc == 0 ? empty_secondary(s, off) : rc;
}

bool mcub_bootstrap_is_torn(const struct mcub_swap *s,
        const struct mcub_slot_image *from)
{
    struct mcub_slot_image pri;
    struct mcub_hash a;
    struct mcub_hash b;

    if (mcub_slot_open_at(s->slot[PRI], 0, &pri) != 0 ||
            mcub_image_find_hash(&pri.image, &a) != 0 ||
            mcub_image_find_hash(&from->image, &b) != 0 ||
            memcmp(a.bytes, b.bytes, a.len) != 0 ||
            pri.image.unprot_size != from->image.unprot_size) {
        return false;
    }
    struct mcub_place there = { SEC, from->off + from->image.unprot_off };
    struct mcub_place here = { PRI, pri.image.unprot_off };

    return mcub_swap_is_same(s, there, here, pri.image.unprot_size) == 0;
}
