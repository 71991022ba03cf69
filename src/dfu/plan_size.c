// SPDX-License-Identifier: Apache-2.0
/*
 * Pre-flight: does the image fit its slot, and can it be swapped? The limits
 * are those of the bootloader, mcub_max_image_size(), for the flash there is,
 * or for every flash there could be.
 *
 * the device tells        known of the build  above the limit
 * ----------------------  ------------------  --------------------------------
 * max_image_size          -                   fatal
 * slot sizes              sectors             fatal when sure, else warning;
 *                                             warning for the usual trailer
 * slot sizes              -                   fatal where no flash would do,
 *                                             else warning (estimate)
 * nothing                 slot sizes          fatal when sure, else warning
 */
#include "plan_private.h"

#include "mcub/slot.h"

/* Trailer without status rows, alignment 8: no image goes there. */
#define TRAILER_LEAST 40u
/* Sector and write size of the boards at hand, for estimates only. */
#define SECTOR     4096u
#define WRITE      4u
#define ROWS_USUAL 128u
/* Smallest sectors there are; flash with less than 4 KiB writes two bytes. */
#define SECTOR_LEAST 1024u

/* The two slots of an image, in bytes. */
struct pair {
    uint32_t primary;
    uint32_t secondary;
};

static uint32_t least_of(const struct pair *slots)
{
    return slots->primary < slots->secondary ? slots->primary
                                             : slots->secondary;
}

/* A flash as far as limits depend on it. */
struct shape {
    uint32_t sector;
    uint32_t write_size;
    uint32_t max_align;
    uint32_t rows; /* status rows; 0: as many as there are sectors */
};

static struct mcub_flash flash_of(const struct shape *shape,
        struct mcub_sector_run *run, uint32_t size)
{
    *run = (struct mcub_sector_run){ shape->sector, size / shape->sector };
    return (struct mcub_flash){
        .size = run->size * run->count,
        .write_size = shape->write_size,
        .erased_val = 0xff,
        .runs = run,
        .run_count = 1,
    };
}

/* Largest image that the bootloader takes; 0: none, or no such flash. */
static uint32_t limit_of(int32_t mode, const struct pair *slots,
        const struct shape *shape)
{
    struct mcub_sector_run run[2];
    struct mcub_flash flash[2] = {
        flash_of(shape, &run[0], slots->primary),
        flash_of(shape, &run[1], slots->secondary),
    };
    uint32_t rows = run[0].count > run[1].count ? run[0].count : run[1].count;
    const struct mcub_pair pair = {
        .slot = { { &flash[0], 0, flash[0].size },
                { &flash[1], 0, flash[1].size } },
    };
    const struct mcub_board board = {
        .mode = (enum mcub_mode)mode,
        .image_count = 1,
        .pairs = &pair,
        .max_align = shape->max_align,
        .max_sectors = rows > shape->rows ? rows : shape->rows,
    };
    if (run[0].count == 0 || run[1].count == 0) {
        return 0;
    }
    return mcub_max_image_size(&board, 0);
}

/* For sectors of 4 KiB and writes of 4 bytes. */
static uint32_t estimate(int32_t mode, const struct pair *slots)
{
    static const struct shape usual = { SECTOR, WRITE, 8, ROWS_USUAL };
    return limit_of(mode, slots, &usual);
}

/* For the flash that leaves most room: above this nothing swaps. */
static uint32_t most(int32_t mode, const struct pair *slots)
{
    uint32_t result = 0;
    if (mode == SMP_BOOTLOADER_SWAP_SCRATCH) {
        /* One sector needs one status row. */
        const struct shape whole = { least_of(slots), 1, 8, 0 };
        return limit_of(mode, slots, &whole);
    }
    for (uint32_t sector = SECTOR_LEAST; sector <= SECTOR; sector *= 2) {
        const struct shape shape = { sector, sector < SECTOR ? 2 : 1, 8, 0 };
        uint32_t limit = limit_of(mode, slots, &shape);
        result = limit > result ? limit : result;
    }
    return result;
}

/* For the flash of a build; rows when it does not say how many there are. */
static uint32_t known_limit(int32_t mode, const struct pair *slots,
        const struct dfu_build *build, uint32_t rows)
{
    const struct shape shape = {
        .sector = build->sector,
        .write_size = build->write_size != 0 ? build->write_size : WRITE,
        .max_align = build->max_align >= 8 ? build->max_align : 8,
        .rows = build->max_sectors != 0 ? build->max_sectors : rows,
    };
    return limit_of(mode, slots, &shape);
}

static bool swaps(int32_t mode)
{
    return mode == SMP_BOOTLOADER_SWAP_SCRATCH ||
            mode == SMP_BOOTLOADER_SWAP_MOVE ||
            mode == SMP_BOOTLOADER_SWAP_OFFSET;
}

static void found(struct dfu_finding *f, uint32_t need, uint32_t have)
{
    f->need = need;
    f->have = have;
}

/* The flash is known; how many status rows there are only --conf may tell. */
static void check_known_flash(struct dfu_planner *p, uint8_t i,
        const struct pair *slots, const struct dfu_build *flash)
{
    uint32_t size = p->package->images[i].source.size;
    uint32_t rows = p->build != NULL ? p->build->max_sectors : 0;
    uint32_t limit = known_limit(p->mode, slots, flash, rows);
    if (size > limit) {
        found(dfu_plan_rest(p, flash, DFU_FIND_SWAP_SIZE,
                      DFU_IMAGE_TOO_LARGE_FOR_SWAP, i),
                size, limit);
        return;
    }
    limit = known_limit(p->mode, slots, flash, rows != 0 ? rows : ROWS_USUAL);
    if (size > limit) {
        struct dfu_finding *f =
                dfu_plan_say(p, DFU_FIND_SWAP_TIGHT, DFU_WARNING, i);
        f->rests_on = flash;
        found(f, size, limit);
    }
}

/* Slot sizes are there, told or guessed; is it too large to swap? */
static void check_swap(struct dfu_planner *p, uint8_t i,
        const struct pair *slots, bool told)
{
    uint32_t size = p->package->images[i].source.size;
    const struct dfu_build *flash =
            p->build != NULL && p->build->sector != 0 ? p->build : p->board;
    if (flash != NULL && flash->sector != 0) {
        check_known_flash(p, i, slots, flash);
        return;
    }
    uint32_t limit = most(p->mode, slots);
    if (told && size > limit) {
        found(dfu_plan_find(p, DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP,
                      i),
                size, limit);
        return;
    }
    limit = estimate(p->mode, slots);
    if (size > limit) {
        found(dfu_plan_say(p, DFU_FIND_SWAP_TIGHT, DFU_WARNING, i), size,
                limit);
    }
}

/* The device does not tell its slots: does the build? Image 0 only. */
static void check_guessed(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_build *build = p->build;
    if (build == NULL || im->image != 0 || build->slot_size[0] == 0 ||
            build->slot_size[1] == 0) {
        return;
    }
    const struct pair slots = { build->slot_size[0], build->slot_size[1] };
    uint32_t least = least_of(&slots);
    if (im->source.size >= least) {
        found(dfu_plan_guess(p, DFU_FIND_SLOT_SIZE,
                      DFU_IMAGE_TOO_LARGE_FOR_SLOT, i),
                im->source.size, least);
    } else if (swaps(p->mode)) {
        check_swap(p, i, &slots, false);
    }
}

void dfu_plan_check_size(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_slot_info *to =
            dfu_device_slot_info(p->device, im->image, p->plan->slot[i]);
    if (to == NULL || !to->size_told) {
        check_guessed(p, i);
        return;
    }
    uint32_t size = im->source.size;
    struct pair slots = { .primary = to->size, .secondary = to->size };
    const struct dfu_slot_info *from =
            dfu_device_slot_info(p->device, im->image, 0);
    if (from != NULL && from->size_told && !im->net_core) {
        slots.primary = from->size;
    }
    uint32_t least = least_of(&slots);
    /* An image has to be smaller than its slot. */
    if (size >= least) {
        found(dfu_plan_find(p, DFU_FIND_SLOT_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SLOT,
                      i),
                size, least);
    } else if (to->max_image_size != 0 && size > to->max_image_size) {
        found(dfu_plan_find(p, DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP,
                      i),
                size, to->max_image_size);
    } else if (to->max_image_size != 0) {
        return;
    } else if (swaps(p->mode) && !im->net_core) {
        check_swap(p, i, &slots, true);
    } else if (p->can.marks && size > least - TRAILER_LEAST) {
        found(dfu_plan_find(p, DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP,
                      i),
                size, least - TRAILER_LEAST);
    }
}
