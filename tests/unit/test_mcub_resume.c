// SPDX-License-Identifier: Apache-2.0
/*
 * Whether a swap is under way, row by row of the table in src/mcub/resume.c:
 * trailers as cuts leave them, including half erased ones.
 */
#include <stdlib.h>
#include <string.h>

#include "mcub/boot_private.h"
#include "mcub_rig.h"

static const struct rig_geometry move8 = { "move", MCUB_MODE_MOVE, 4096, 8, 8,
    4, 8, 16, 0, 0 };
static const struct rig_geometry offset8 = { "offset", MCUB_MODE_OFFSET, 4096,
    8, 8, 4, 8, 16, 0, 0 };

/* A trailer in words; 0 means unset. */
struct words {
    uint8_t type; /* enum mcub_swap_type */
    bool image_ok;
    bool copy_done;
    uint32_t size;
    bool magic;
    uint8_t records;    /* written, from the first */
    uint8_t torn_flags; /* image_ok reads as neither set nor unset */
};

struct row {
    const char *name;
    const struct rig_geometry *g;
    struct words pri;
    struct words sec;
    bool started;
    uint8_t found;
    uint32_t records;
};

#define TEST   MCUB_SWAP_TEST
#define PERM   MCUB_SWAP_PERM
#define REVERT MCUB_SWAP_REVERT

// clang-format off
static const struct row rows[] = {
    /* name                          pri: type ok done size magic n torn */
    { "factory", &move8, { 0 }, { 0 }, false, 0, 0 },
    { "complete", &move8, { TEST, false, true, 5000, true, 0, 0 }, { 0 },
      false, 0, 0 },
    { "mark gone", &move8, { TEST, false, false, 5000, true, 2, 0 }, { 0 },
      true, TEST, 2 },
    { "mark gone, from the start", &move8,
      { PERM, true, false, 5000, true, 0, 0 }, { 0 }, true, PERM, 0 },
    { "erase of an old trailer cut", &move8,
      { TEST, false, false, 5000, true, 3, 0 },
      { TEST, false, false, 0, true, 0, 0 }, false, 0, 0 },
    { "mark whole, nothing moved", &move8,
      { TEST, false, false, 5000, true, 0, 0 },
      { TEST, false, false, 0, true, 0, 0 }, false, 0, 0 },
    { "mark lost image_ok", &move8,
      { PERM, true, false, 5000, true, 0, 0 },
      { PERM, false, false, 0, true, 0, 0 }, true, PERM, 0 },
    { "mark lost all but its magic", &move8,
      { REVERT, true, false, 5000, true, 0, 0 },
      { 0, false, false, 0, true, 0, 0 }, true, REVERT, 0 },
    { "mark says more than the primary", &move8,
      { TEST, false, false, 5000, true, 0, 0 },
      { 0, true, false, 5000, true, 0, 0 }, false, 0, 0 },
    { "mark of another kind", &move8,
      { REVERT, true, false, 5000, true, 0, 0 },
      { TEST, false, false, 0, true, 0, 0 }, false, 0, 0 },
    { "mark damaged", &move8,
      { REVERT, true, false, 5000, true, 4, 0 },
      { PERM, false, false, 0, true, 0, 1 }, true, REVERT, 4 },
    { "size impossible", &move8,
      { TEST, false, false, 5000000, true, 2, 0 }, { 0 }, false, 0, 0 },
    { "trial that is confirmed before it is over", &move8,
      { TEST, true, false, 5000, true, 2, 0 }, { 0 }, false, 0, 0 },
    { "magic missing", &move8, { TEST, false, false, 5000, false, 2, 0 },
      { 0 }, false, 0, 0 },
    { "offset, revert mark lost copy_done", &offset8,
      { REVERT, false, false, 5000, true, 0, 0 },
      { REVERT, false, false, 5000, true, 0, 0 }, true, REVERT, 0 },
    { "offset, revert mark whole", &offset8,
      { REVERT, false, false, 5000, true, 0, 0 },
      { REVERT, false, true, 5000, true, 0, 0 }, false, 0, 0 },
};
// clang-format on

static void write_words(struct rig *rig, uint8_t slot, const struct words *w)
{
    struct mcub_trailer t;

    assert_int_equal(mcub_slot_trailer(&rig->board, 0, slot, &t), 0);
    if (w->type != 0) {
        assert_int_equal(mcub_trailer_write_swap_info(&t, 0,
                                 (enum mcub_swap_type)w->type),
                0);
    }
    if (w->image_ok) {
        assert_int_equal(mcub_trailer_write_image_ok(&t), 0);
    }
    if (w->torn_flags != 0) {
        flash_model_load(&rig->model[0][slot], t.layout.image_ok, "\x43", 1);
    }
    if (w->copy_done) {
        assert_int_equal(mcub_trailer_write_copy_done(&t), 0);
    }
    if (w->size != 0) {
        assert_int_equal(mcub_trailer_write_swap_size(&t, w->size), 0);
    }
    if (w->magic) {
        assert_int_equal(mcub_trailer_write_magic(&t), 0);
    }
    for (uint32_t i = 0; i < w->records; i++) {
        flash_model_load(&rig->model[0][slot],
                t.layout.status + i * t.layout.cell, "\x01", 1);
    }
}

static void resume_tells_cut_swaps_from_cut_erases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        struct mcub_swap s;
        struct rig rig;

        rig_init(&rig, r->g, 1);
        write_words(&rig, 0, &r->pri);
        write_words(&rig, 1, &r->sec);
        rig.boot.board = &rig.board;
        assert_int_equal(mcub_swap_open(&s, &rig.boot, 0), 0);
        if (s.started != r->started || s.records != r->records ||
                (r->started && s.found != r->found)) {
            print_error("row: %s\n", r->name);
        }
        assert_int_equal(s.started, r->started);
        assert_int_equal(s.records, r->records);
        if (r->started) {
            assert_int_equal(s.found, r->found);
            assert_int_equal(s.copy_size, r->pri.size);
        }
        rig_finish(&rig);
    }
}

/* Sector count L is 2: records 1, 2, then 17.. (16 status rows). */
static void resume_counts_torn_records_and_ignores_flipped_bits(void **state)
{
    static const struct {
        struct {
            uint8_t number; /* of the record, from 1; 0: none */
            uint8_t value;
        } cell[4];
        uint32_t records;
    } cases[] = {
        { { { 0, 0 } }, 0 },
        { { { 1, 0x01 }, { 2, 0x01 } }, 2 },
        { { { 1, 0x01 }, { 2, 0x43 } }, 2 },
        { { { 1, 0x7f } }, 1 },
        { { { 1, 0x01 }, { 2, 0x01 }, { 17, 0x03 } }, 17 },
        { { { 1, 0x01 }, { 2, 0x41 }, { 17, 0x61 } }, 17 },
        { { { 1, 0x01 }, { 2, 0x01 }, { 17, 0xfe } }, 17 },
        { { { 1, 0x01 }, { 9, 0xef }, { 20, 0x7f } }, 1 },
        { { { 1, 0x01 }, { 2, 0x01 }, { 19, 0xbf } }, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct words pri = { TEST, false, false, 5000, true, 0, 0 };
        struct mcub_trailer t;
        struct mcub_swap s;
        struct rig rig;

        rig_init(&rig, &move8, 1);
        write_words(&rig, 0, &pri);
        assert_int_equal(mcub_slot_trailer(&rig.board, 0, 0, &t), 0);
        for (size_t k = 0; k < 4 && cases[i].cell[k].number != 0; k++) {
            flash_model_load(&rig.model[0][0],
                    t.layout.status +
                            (cases[i].cell[k].number - 1u) * t.layout.cell,
                    &cases[i].cell[k].value, 1);
        }
        rig.boot.board = &rig.board;
        assert_int_equal(mcub_swap_open(&s, &rig.boot, 0), 0);
        if (s.records != cases[i].records) {
            print_error("case %zu\n", i);
        }
        assert_int_equal(s.records, cases[i].records);
        rig_finish(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resume_tells_cut_swaps_from_cut_erases),
        cmocka_unit_test(resume_counts_torn_records_and_ignores_flipped_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
