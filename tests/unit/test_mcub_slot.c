// SPDX-License-Identifier: Apache-2.0
#include "mcub/slot.h"

#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"
#include "mcub_vectors.h"

static const struct rig_geometry move8 = { "move", MCUB_MODE_MOVE, 4096, 8, 8,
    4, 8, 16, 0, 0 };
static const struct rig_geometry offset8 = { "offset", MCUB_MODE_OFFSET, 4096,
    8, 8, 4, 8, 16, 0, 0 };

static void board_max_image_size_agrees_with_the_vectors(void **state)
{
    (void)state;
    assert_int_equal(vec_max_sizes_count, 8);
    for (size_t i = 0; i < vec_max_sizes_count; i++) {
        const struct vec_max_size *v = &vec_max_sizes[i];
        struct rig_geometry g = { "vector", v->mode, v->sector_size,
            v->primary_sectors, v->secondary_sectors, v->write_size,
            v->max_align, v->max_sectors, 0, 0 };
        struct rig rig;

        rig_init(&rig, &g, 1);
        assert_int_equal(mcub_max_image_size(&rig.board, 0), v->max);
        assert_int_equal(mcub_max_image_size(&rig.board, 1), 0);
        rig_finish(&rig);
    }
}

static void board_check_refuses_impossible_boards(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    assert_int_equal(mcub_board_check(&rig.board), 0);
    rig.board.image_count = 0;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_ARG);
    rig.board.image_count = MCUB_IMAGES_MAX + 1;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_ARG);
    rig.board.image_count = 1;
    rig.pairs[0].slot[1].off = 2048;
    rig.pairs[0].slot[1].size = 4096;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_GEOMETRY);
    rig.pairs[0].slot[1].off = 4096;
    rig.pairs[0].slot[1].size = 4000;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_GEOMETRY);
    rig.pairs[0].slot[1].size = 8 * 4096;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_GEOMETRY);
    rig.pairs[0].slot[1].size = 7 * 4096;
    assert_int_equal(mcub_board_check(&rig.board), 0);
    rig.pairs[0].slot[1].flash = NULL;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_GEOMETRY);
    rig.pairs[0].slot[1].flash = &rig.model[0][1].flash;
    rig.board.max_sectors = 4000;
    assert_int_equal(mcub_board_check(&rig.board), MCUB_E_GEOMETRY);
    rig_finish(&rig);
}

/* Any chunking, any alignment: the slot holds exactly the image. */
static void upload_in_steps(uint32_t write_size, uint32_t len, uint32_t step,
        bool progressive)
{
    struct rig_geometry g = offset8;
    uint8_t *image = rig_image("1.0.0", len);
    struct mcub_slot_writer w;
    struct rig rig;

    g.write_size = write_size;
    g.max_align = 32;
    rig_init(&rig, &g, 1);
    memset(rig.model[0][1].mem, 0x11, rig.model[0][1].flash.size);
    memset(rig.model[0][1].flags, 1, rig.model[0][1].flash.size);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 1, len,
                             progressive),
            0);
    for (uint32_t off = 0; off < len;) {
        uint32_t n = len - off < step ? len - off : step;

        assert_int_equal(mcub_slot_writer_write(&w, image + off, n), 0);
        off += n;
    }
    assert_int_equal(mcub_slot_writer_write(&w, image, 1), MCUB_E_TOO_LARGE);
    assert_int_equal(mcub_slot_writer_finish(&w), 0);
    assert_true(rig_slot_holds(&rig, 0, 1, 4096, image, len));
    /* Padding, and the rest of the last sector, are erased. */
    for (uint32_t at = 4096 + len; at % 4096 != 0; at++) {
        assert_int_equal(rig.model[0][1].mem[at], 0xff);
    }
    assert_int_equal(rig.model[0][1].mem[8 * 4096 - 1], 0xff);
    rig_assert_clean(&rig);
    rig_finish(&rig);
    free(image);
}

static void writer_takes_any_chunks_on_any_alignment(void **state)
{
    static const uint32_t steps[] = { 1, 3, 7, 32, 33, 500, 5000, 20000 };

    (void)state;
    for (uint32_t write = 1; write <= 32; write *= 2) {
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            upload_in_steps(write, 9000, steps[i], false);
            upload_in_steps(write, 9001, steps[i], true);
        }
    }
}

static void writer_removes_old_marks_and_images_at_once(void **state)
{
    uint8_t *image = rig_image("1.0.0", 9000);
    struct mcub_slot_writer w;
    struct mcub_slot_info info;
    struct rig rig;

    (void)state;
    rig_init(&rig, &offset8, 1);
    rig_upload(&rig, 0, image, 9000);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_PERM);
    assert_int_equal(mcub_slot_read_info(&rig.board, 0, 1, &info), 0);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 1, 5000, false),
            0);
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_NONE);
    assert_int_equal(mcub_slot_read_info(&rig.board, 0, 1, &info),
            MCUB_E_NO_IMAGE);
    assert_int_equal(mcub_slot_writer_finish(&w), MCUB_E_SHORT);
    rig_finish(&rig);
    free(image);
}

static void writer_refuses_more_than_the_slot(void **state)
{
    struct mcub_slot_writer w;
    struct rig rig;

    (void)state;
    rig_init(&rig, &offset8, 1);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 1, 7 * 4096 + 1,
                             false),
            MCUB_E_TOO_LARGE);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 1, 7 * 4096,
                             false),
            0);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 1, UINT32_MAX,
                             true),
            MCUB_E_TOO_LARGE);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 1, 1, 100, false),
            MCUB_E_ARG);
    assert_int_equal(mcub_slot_writer_init(&w, &rig.board, 0, 2, 100, false),
            MCUB_E_ARG);
    rig_finish(&rig);
}

/*
 * A swap that copied erased bytes, or an erase that was cut, leaves flash that
 * reads erased and is not.
 */
static void upload_erases_what_only_looks_blank(void **state)
{
    uint8_t *image = rig_image("1.0.0", 20000);
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    memset(rig.model[0][1].flags, FLASH_DIRTY, rig.model[0][1].flash.size);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    rig_upload(&rig, 0, image, 20000);
    assert_true(rig_slot_holds(&rig, 0, 1, 0, image, 20000));
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    rig_assert_clean(&rig);
    rig_finish(&rig);
    free(image);
}

static void erase_for_erases_trailer_and_image_sectors_once(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    assert_int_equal(mcub_slot_erase_for(&rig.board, 0, 1, 20000), 0);
    assert_int_equal(rig.power.ops, 1 + 5);
    assert_int_equal(mcub_slot_erase_for(&rig.board, 0, 1, 8 * 4096), 0);
    assert_int_equal(rig.power.ops, 1 + 5 + 8);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    assert_int_equal(mcub_slot_erase(&rig.board, 0, 1), 0);
    assert_int_equal(rig.power.ops, 1 + 5 + 8 + 8);
    rig_finish(&rig);
}

static void pending_cannot_be_changed_and_confirm_needs_no_trailer(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 0), 0);
    assert_int_equal(rig.power.ops, 0);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_TEST);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), MCUB_E_ARG);
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 1), MCUB_E_ARG);
    memset(rig.model[0][1].mem + 8 * 4096 - 16, 0x55, 8);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false),
            MCUB_E_BAD_TRAILER);
    memset(rig.model[0][0].mem + 8 * 4096 - 16, 0x55, 8);
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 0), MCUB_E_BAD_VECTOR);
    rig_finish(&rig);
}

static void unreadable_primary_tells_nothing(void **state)
{
    const struct rig_geometry g[2] = { move8,
        { "net", MCUB_MODE_OVERWRITE, 4096, 8, 8, 4, 8, 16, 0, 0 } };
    uint8_t *image = rig_image("1.0.0", 9000);
    struct mcub_slot_info info;
    struct mcub_trailer_state s;
    uint8_t byte;
    struct rig rig;

    (void)state;
    rig_init(&rig, g, 2);
    rig.pairs[1].unreadable = true;
    rig_program(&rig, 1, 0, image, 9000);
    assert_int_equal(mcub_board_image_mode(&rig.board, 0), MCUB_MODE_MOVE);
    assert_int_equal(mcub_board_image_mode(&rig.board, 1), MCUB_MODE_OVERWRITE);
    assert_int_equal(mcub_slot_read_info(&rig.board, 1, 0, &info),
            MCUB_E_UNREADABLE);
    assert_int_equal(mcub_slot_read(&rig.board, 1, 0, 0, &byte, 1),
            MCUB_E_UNREADABLE);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 1, 0), MCUB_E_UNREADABLE);
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 1), MCUB_E_UNREADABLE);
    assert_int_equal(mcub_slot_state(&rig.board, 1, 0, &s), 0);
    assert_int_equal(s.magic, MCUB_MARK_UNSET);
    rig_upload(&rig, 1, image, 9000);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), 0);
    assert_int_equal(mcub_board_swap_type(&rig.board, 1), MCUB_SWAP_TEST);
    rig_finish(&rig);
    free(image);
}

static void swap_type_survives_flash_that_cannot_be_read(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    rig.model[0][1].fail_reads = true;
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_NONE);
    rig.model[0][0].fail_reads = true;
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_PANIC);
    rig_finish(&rig);
}

static void offset_slot_is_listed_where_the_next_boot_looks(void **state)
{
    uint8_t *image = rig_image("1.0.0", 9000);
    struct mcub_slot_image found;
    struct rig rig;

    (void)state;
    rig_init(&rig, &offset8, 1);
    rig_program(&rig, 0, 1, image, 9000);
    /* As after a confirmed swap: the old image lies at 0. */
    assert_int_equal(mcub_slot_upload_offset(&rig.board, 0, 0), 0);
    assert_int_equal(mcub_slot_upload_offset(&rig.board, 0, 1), 4096);
    assert_true(mcub_slot_open(&rig.board, 0, 1, &found) < 0);
    assert_int_equal(mcub_slot_open_any(&rig.board, 0, 1, &found), 0);
    assert_int_equal(found.off, 0);
    rig_upload(&rig, 0, image, 9000);
    assert_int_equal(mcub_slot_open(&rig.board, 0, 1, &found), 0);
    assert_int_equal(found.off, 4096);
    assert_int_equal(mcub_image_total_size(&found.image), 9000);
    rig_finish(&rig);
    free(image);
}

static void flash_access_is_bounded(void **state)
{
    uint8_t buf[16] = { 0 };
    struct mcub_sector sector;
    struct rig rig;

    (void)state;
    rig_init(&rig, &move8, 1);
    const struct mcub_flash *f = &rig.model[0][0].flash;

    assert_int_equal(mcub_flash_read(f, f->size, buf, 0), 0);
    assert_int_equal(mcub_flash_read(f, f->size, buf, 1), MCUB_E_ARG);
    assert_int_equal(mcub_flash_read(f, UINT32_MAX, buf, 2), MCUB_E_ARG);
    assert_int_equal(mcub_flash_write(f, 2, buf, 4), MCUB_E_ALIGN);
    assert_int_equal(mcub_flash_write(f, 4, buf, 2), MCUB_E_ALIGN);
    assert_int_equal(mcub_flash_write(f, f->size, buf, 4), MCUB_E_ARG);
    assert_int_equal(mcub_flash_erase(f, 0, 100), MCUB_E_ALIGN);
    assert_int_equal(mcub_flash_erase(f, 100, 4096), MCUB_E_ALIGN);
    assert_int_equal(mcub_flash_erase(f, 4096, f->size), MCUB_E_ARG);
    assert_int_equal(mcub_flash_sector_at(f, f->size, &sector), MCUB_E_ARG);
    assert_int_equal(mcub_flash_sector_at(f, 5000, &sector), 0);
    assert_int_equal(sector.off, 4096);
    assert_int_equal(rig.power.ops, 0);
    rig_assert_clean(&rig);
    rig_finish(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(board_max_image_size_agrees_with_the_vectors),
        cmocka_unit_test(board_check_refuses_impossible_boards),
        cmocka_unit_test(writer_takes_any_chunks_on_any_alignment),
        cmocka_unit_test(writer_removes_old_marks_and_images_at_once),
        cmocka_unit_test(writer_refuses_more_than_the_slot),
        cmocka_unit_test(upload_erases_what_only_looks_blank),
        cmocka_unit_test(erase_for_erases_trailer_and_image_sectors_once),
        cmocka_unit_test(
                pending_cannot_be_changed_and_confirm_needs_no_trailer),
        cmocka_unit_test(unreadable_primary_tells_nothing),
        cmocka_unit_test(swap_type_survives_flash_that_cannot_be_read),
        cmocka_unit_test(offset_slot_is_listed_where_the_next_boot_looks),
        cmocka_unit_test(flash_access_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
