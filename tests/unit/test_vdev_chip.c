// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vdev/chip.h"

static void config(struct vdev_config *cfg)
{
    char err[VDEV_ERR_SIZE];
    vdev_config_init(cfg);
    assert_int_equal(vdev_config_ini(cfg,
                             "[internal]\nsize=64K\nsector=4K\nwrite=4\n"
                             "erase_us=85000\nword_us=41\n"
                             "[external]\nsize=32K\nsector=4K\nwrite=4\n"
                             "[ram]\nsize=8K\nsector=4K\nwrite=4\n",
                             err),
            0);
}

static void open_chip(struct vdev_chip *chip, const struct vdev_config *cfg)
{
    char err[VDEV_ERR_SIZE] = "";
    if (vdev_chip_open(chip, cfg, err) != 0) {
        fail_msg("%s", err);
    }
    assert_int_equal(vdev_chip_commit(chip, err), 0);
}

static const struct mcub_flash *internal(const struct vdev_chip *chip)
{
    return &chip->memory[VDEV_PART_INTERNAL].flash;
}

static int raw_write(const struct mcub_flash *f, uint32_t off, const void *buf,
        size_t len)
{
    return f->ops->write(f->ctx, off, buf, len);
}

static void chip_is_erased_when_new(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    (void)state;
    config(&cfg);
    open_chip(&chip, &cfg);
    assert_int_equal(mcub_flash_is_erased(internal(&chip), 0, 65536), 1);
    assert_int_equal(mcub_flash_is_erased(&chip.memory[VDEV_PART_EXTERNAL]
                                                   .flash,
                             0, 32768),
            1);
    vdev_chip_close(&chip);
}

static void chip_writes_only_erased_blocks(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    uint8_t word[4] = { 1, 2, 3, 4 };
    uint8_t zero[4] = { 0 };
    uint8_t back[4];
    (void)state;
    config(&cfg);
    open_chip(&chip, &cfg);
    const struct mcub_flash *f = internal(&chip);
    assert_int_equal(raw_write(f, 8, word, 4), 0);
    /* Clearing bits only would work on bare NOR cells, not on a block that
     * may be written once. */
    assert_int_equal(raw_write(f, 8, zero, 4), MCUB_E_FLASH);
    assert_int_equal(raw_write(f, 4, word, 4), 0);
    assert_int_equal(raw_write(f, 6, word, 4), MCUB_E_FLASH);
    assert_int_equal(raw_write(f, 12, word, 3), MCUB_E_FLASH);
    assert_int_equal(raw_write(f, 65536, word, 4), MCUB_E_FLASH);
    assert_int_equal(f->ops->read(f->ctx, 8, back, 4), 0);
    assert_memory_equal(back, word, 4);
    assert_int_equal(chip.misuse, 4);
    vdev_chip_close(&chip);
}

static void chip_erases_exactly_whole_sectors(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    uint8_t word[4] = { 1, 2, 3, 4 };
    (void)state;
    config(&cfg);
    open_chip(&chip, &cfg);
    const struct mcub_flash *f = internal(&chip);
    for (uint32_t off = 0; off < 3 * 4096; off += 4096) {
        assert_int_equal(raw_write(f, off, word, 4), 0);
    }
    assert_int_equal(f->ops->erase(f->ctx, 4096, 4096), 0);
    assert_int_equal(mcub_flash_is_erased(f, 0, 4), 0);
    assert_int_equal(mcub_flash_is_erased(f, 4096, 4096), 1);
    assert_int_equal(mcub_flash_is_erased(f, 8192, 4), 0);
    assert_int_equal(f->ops->erase(f->ctx, 2048, 4096), MCUB_E_FLASH);
    assert_int_equal(f->ops->erase(f->ctx, 4096, 100), MCUB_E_FLASH);
    assert_int_equal(f->ops->erase(f->ctx, 61440, 8192), MCUB_E_FLASH);
    assert_int_equal(chip.memory[VDEV_PART_INTERNAL].wear[1], 1);
    assert_int_equal(chip.memory[VDEV_PART_INTERNAL].wear[0], 0);
    vdev_chip_close(&chip);
}

static void chip_operations_cost_the_time_of_the_data_sheet(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    static uint8_t buf[1000];
    (void)state;
    config(&cfg);
    open_chip(&chip, &cfg);
    const struct mcub_flash *f = internal(&chip);
    assert_int_equal(f->ops->erase(f->ctx, 0, 8192), 0);
    assert_int_equal(chip.cost_us, 170000);
    assert_int_equal(raw_write(f, 0, buf, sizeof(buf)), 0);
    assert_int_equal(chip.cost_us, 170000 + 250 * 41);
    vdev_chip_close(&chip);
}

static void chip_file_holds_exactly_the_flash_bytes(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    char path[] = "vdev_chip_XXXXXX";
    char side[64];
    char err[VDEV_ERR_SIZE];
    uint8_t word[4] = { 1, 2, 3, 4 };
    uint8_t back[4];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    config(&cfg);
    snprintf(cfg.flash_path, sizeof(cfg.flash_path), "%s", path);
    open_chip(&chip, &cfg);
    assert_int_equal(raw_write(internal(&chip), 16, word, 4), 0);
    const struct mcub_flash *ext = &chip.memory[VDEV_PART_EXTERNAL].flash;
    assert_int_equal(raw_write(ext, 0, word, 4), 0);
    assert_int_equal(ext->ops->erase(ext->ctx, 4096, 4096), 0);
    uint64_t id = chip.state->unique_id;

    /* A second process must not open the same chip. */
    struct vdev_chip other;
    assert_int_equal(vdev_chip_open(&other, &cfg, err), -1);
    assert_non_null(strstr(err, "in use"));
    vdev_chip_close(&chip);

    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), 65536 + 32768);
    fseek(file, 65536, SEEK_SET);
    assert_int_equal(fread(back, 1, 4, file), 4);
    assert_memory_equal(back, word, 4);
    fclose(file);

    open_chip(&chip, &cfg);
    assert_false(chip.fresh);
    assert_int_equal(internal(&chip)->ops->read(internal(&chip)->ctx, 16, back,
                             4),
            0);
    assert_memory_equal(back, word, 4);
    assert_true(chip.state->unique_id == id);
    assert_int_equal(chip.memory[VDEV_PART_EXTERNAL].wear[1], 1);
    vdev_chip_close(&chip);

    cfg.part[VDEV_PART_EXTERNAL].size = 4096;
    assert_int_equal(vdev_chip_open(&chip, &cfg, err), -1);
    assert_non_null(strstr(err, "another preset"));
    unlink(path);
    snprintf(side, sizeof(side), "%s.state", path);
    unlink(side);
}

static void chip_without_commit_leaves_no_file(void **state)
{
    struct vdev_config cfg;
    struct vdev_chip chip;
    char err[VDEV_ERR_SIZE];
    (void)state;
    config(&cfg);
    snprintf(cfg.flash_path, sizeof(cfg.flash_path), "vdev_half.bin");
    assert_int_equal(vdev_chip_open(&chip, &cfg, err), 0);
    vdev_chip_close(&chip);
    assert_int_not_equal(access("vdev_half.bin", F_OK), 0);
    unlink("vdev_half.bin.new");
    unlink("vdev_half.bin.state");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chip_is_erased_when_new),
        cmocka_unit_test(chip_writes_only_erased_blocks),
        cmocka_unit_test(chip_erases_exactly_whole_sectors),
        cmocka_unit_test(chip_operations_cost_the_time_of_the_data_sheet),
        cmocka_unit_test(chip_file_holds_exactly_the_flash_bytes),
        cmocka_unit_test(chip_without_commit_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
