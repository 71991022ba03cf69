// SPDX-License-Identifier: Apache-2.0
/*
 * What updates cost, beside what was measured on the reference: erases,
 * writes and bytes programmed by the boot that does them; worn is how often
 * the most used sector was erased.
 */
#include "power.h"

#include <stdio.h>
#include <string.h>

#define IMAGE_SIZE 200072u /* 200,000 bytes of payload */

/* Slot pair of 256 KiB, sectors of 4 KiB, both images 49 sectors. */
static const struct geometry board = {
    .name = "256-kib",
    .write_size = 4,
    .max_align = 8,
    .max_sectors = 128,
    .images = 1,
    .device = { { .runs = { { 4096, 144 } } } },
    .slot = { { { 0, 0, 0x40000 }, { 0, 0x40000, 0x40000 } } },
    .scratch = { 0, 0x80000, 0x1000 },
    .old_size = IMAGE_SIZE,
    .new_size = IMAGE_SIZE,
};

struct row {
    const char *name;
    enum mcub_mode mode;
    uint32_t scratch; /* bytes */
    uint32_t options;
    uint32_t erases; /* of the reference */
    uint32_t writes;
    uint32_t bytes;
};

static const struct row rows[] = {
    { "swap-move", MCUB_MODE_MOVE, 0, 0, 149, 739, 602728 },
    { "swap-offset", MCUB_MODE_OFFSET, 0, 0, 100, 495, 401832 },
    { "swap-scratch, 4 KiB", MCUB_MODE_SCRATCH, 0x1000, 0, 150, 742, 602752 },
    { "swap-scratch, 32 KiB", MCUB_MODE_SCRATCH, 0x8000, 0, 164, 616, 602248 },
    { "overwrite", MCUB_MODE_OVERWRITE, 0, MCUB_BOOT_OVERWRITE_WHOLE, 66, 256,
            262144 },
    { "overwrite, image only", MCUB_MODE_OVERWRITE, 0, 0, 52, 197, 200092 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct cost {
    uint32_t erases;
    uint32_t writes;
    uint32_t bytes;
    uint32_t wear; /* erases of the sector that has most */
};

/* A test swap; revert: of its revert. */
static bool measure(const struct row *row, enum sizes sizes,
        const struct geometry *geometry, bool revert, struct cost *cost)
{
    struct geometry g = *geometry;
    struct setup setup = {
        .geometry = &g,
        .mode = row->mode,
        .erased = 0xff,
        .sizes = (uint8_t)sizes,
        .options = row->options,
    };
    struct world w;

    g.scratch.size = row->scratch;
    if (!world_init(&w, &setup)) {
        return false;
    }
    world_program(&w, 0, 0, 0, &w.old[0]);
    bool done = world_upload(&w, 0, 1, &w.new[0]) == 0 &&
            mcub_slot_set_pending(&w.board, 0, false) == 0;

    for (int i = 0; done && i <= (revert ? 1 : 0); i++) {
        world_power_on(&w);
        memset(w.device[0].wear, 0, w.device[0].sectors * sizeof(uint32_t));
        done = world_boot(&w) == 0;
    }
    *cost = (struct cost){ w.power.erases, w.power.writes, w.power.bytes, 0 };
    for (uint32_t i = 0; i < w.device[0].sectors; i++) {
        if (w.device[0].wear[i] > cost->wear) {
            cost->wear = w.device[0].wear[i];
        }
    }
    world_finish(&w);
    return done;
}

/* With every operation of the reference it costs what the reference costs. */
static void check_reference(struct run *run, const struct row *row)
{
    struct row all = *row;
    struct cost cost;

    all.options |= MCUB_BOOT_AS_REFERENCE;
    if (!measure(&all, SIZES_UP, &board, false, &cost) ||
            cost.erases != row->erases || cost.writes != row->writes ||
            cost.bytes != row->bytes) {
        printf("%s as reference: %u erases, %u writes, %u bytes\n", row->name,
                (unsigned)cost.erases, (unsigned)cost.writes,
                (unsigned)cost.bytes);
        run_report(run, row->name, "is not what the reference does");
    }
}

static void print_row(const char *name, const struct cost *cost)
{
    printf("| %-24s | %6u | %6u | %7u | %4u |", name, (unsigned)cost->erases,
            (unsigned)cost->writes, (unsigned)cost->bytes,
            (unsigned)cost->wear);
}

static void print_table(struct run *run)
{
    printf("256 KiB slots, 4 KiB sectors, both images 200,000 bytes of "
           "payload: one test swap\n\n"
           "| mode                     | erases | writes |   bytes | worn "
           "| reference: erases, writes, bytes |\n"
           "|---|---:|---:|---:|---:|---|\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        struct cost cost = { 0 };

        if (!measure(r, SIZES_UP, &board, false, &cost) ||
                cost.erases > r->erases || cost.writes > r->writes ||
                cost.bytes > r->bytes) {
            run_report(run, r->name, "costs more than the reference");
        }
        check_reference(run, r);
        print_row(r->name, &cost);
        printf(" %u, %u, %u |\n", (unsigned)r->erases, (unsigned)r->writes,
                (unsigned)r->bytes);
    }
}

/* What else there is: the way back, small images, images that are alike. */
static void print_others(void)
{
    static const struct {
        const char *title;
        enum sizes sizes;
        uint32_t size;
        bool revert;
    } kinds[] = {
        { "revert", SIZES_UP, IMAGE_SIZE, true },
        { "20,000 bytes", SIZES_UP, 20000, false },
        { "only the first sector differs", SIZES_ALIKE, IMAGE_SIZE, false },
    };

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct geometry g = board;

        g.old_size = kinds[k].size;
        g.new_size = kinds[k].size;
        printf("\n%s\n\n"
               "| mode                     | erases | writes |   bytes | worn "
               "|\n"
               "|---|---:|---:|---:|---:|\n",
                kinds[k].title);
        for (size_t i = 0; i < ROWS; i++) {
            struct cost cost = { 0 };
            bool copies = rows[i].mode == MCUB_MODE_OVERWRITE;

            if ((kinds[k].revert && copies) ||
                    !measure(&rows[i], kinds[k].sizes, &g, kinds[k].revert,
                            &cost)) {
                continue;
            }
            print_row(rows[i].name, &cost);
            printf("\n");
        }
    }
}

void print_numbers(struct run *run)
{
    print_table(run);
    print_others();
    printf("\n");
}
