// SPDX-License-Identifier: Apache-2.0
/*
 * ram-load and single slot to RAM: the copy is what is validated.
 */
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"

#define SIZE 3000u

static const struct rig_geometry ram[2] = {
    { "ram", MCUB_MODE_RAM_LOAD, 4096, 4, 4, 4, 8, 16, 0, 0 },
    { "ram 1", MCUB_MODE_RAM_LOAD, 4096, 4, 4, 4, 8, 16, 0, 0 },
};
static const struct rig_geometry single = { "single to RAM",
    MCUB_MODE_SINGLE_RAM, 4096, 4, 4, 4, 8, 16, 0, 0 };

static uint8_t *program_at(struct rig *rig, uint8_t image, uint8_t slot,
        const char *version, uint32_t addr)
{
    struct rig_image_options options = { MCUB_IMAGE_RAM_LOAD, addr, 0 };
    uint8_t *data = rig_image_special(version, SIZE, options);

    rig_program(rig, image, slot, data, SIZE);
    return data;
}

static void ramload_copies_the_newest_image(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ram, 1);
    uint8_t *old = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);
    uint8_t *new = program_at(&rig, 0, 1, "2.0.0", RIG_RAM_START + 0x800);

    flash_power_on(&rig.power);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    assert_memory_equal(rig.ram + 0x800, new, SIZE);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_LOADED));
    assert_true(rig_logged(&rig, 0, MCUB_LOG_JUMP));
    assert_int_equal(rig.events[rig.event_count - 1].a, RIG_RAM_START + 0x800);
    assert_int_equal(rig.power.ops, 0);
    rig_finish(&rig);
    free(old);
    free(new);
}

/* At the very end, and one byte further. */
static void ramload_stays_inside_its_window(void **state)
{
    static const struct {
        uint32_t addr;
        bool fits;
    } rows[] = {
        { RIG_RAM_START + RIG_RAM_SIZE - SIZE, true },
        { RIG_RAM_START + RIG_RAM_SIZE - SIZE + 1, false },
        { RIG_RAM_START - 1, false },
        { RIG_RAM_START + RIG_RAM_SIZE, false },
        { 0xfffffff0u, false },
        { 0, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;

        rig_init(&rig, ram, 1);
        uint8_t *old = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);
        uint8_t *new = program_at(&rig, 0, 1, "2.0.0", rows[i].addr);

        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.booted_slot, rows[i].fits ? 1 : 0);
        assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1),
                rows[i].fits ? 0 : 1);
        assert_int_equal(rig.boot.result[0].error,
                rows[i].fits ? 0 : MCUB_E_RAM);
        rig_finish(&rig);
        free(old);
        free(new);
    }
}

static void ramload_needs_the_flag_and_the_op(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ram, 1);
    uint8_t *plain = rig_image("2.0.0", SIZE);
    uint8_t *old = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);

    rig_program(&rig, 0, 1, plain, SIZE);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 0);
    rig.boot.ops = NULL;
    assert_int_equal(mcub_boot(&rig.boot), MCUB_E_UNSUPPORTED);
    rig_finish(&rig);
    free(old);
    free(plain);
}

static void ramload_of_two_images_does_not_overlap(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ram, 2);
    uint8_t *a = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);
    uint8_t *b = program_at(&rig, 1, 0, "1.0.0", RIG_RAM_START + SIZE);
    uint8_t *c = program_at(&rig, 1, 1, "2.0.0", RIG_RAM_START + SIZE - 1);

    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.result[1].slot, 0);
    assert_int_equal(rig.boot.result[1].error, MCUB_E_RAM);
    assert_memory_equal(rig.ram, a, SIZE);
    assert_memory_equal(rig.ram + SIZE, b, SIZE);
    rig_finish(&rig);
    free(a);
    free(b);
    free(c);
}

static void ramload_erases_a_damaged_image(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ram, 1);
    uint8_t *old = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);
    uint8_t *new = program_at(&rig, 0, 1, "2.0.0", RIG_RAM_START);

    rig.model[0][1].mem[1000] ^= 0x20;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_memory_equal(rig.ram, old, SIZE);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    rig_finish(&rig);
    free(old);
    free(new);
}

static void ramload_with_revert_runs_an_unconfirmed_image_once(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, ram, 1);
    uint8_t *old = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START);
    uint8_t *new = program_at(&rig, 0, 1, "2.0.0", RIG_RAM_START);

    rig.boot.options = MCUB_BOOT_RAM_REVERT;
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 0, true), 0);
    assert_int_equal(mcub_slot_mark(&rig.board, 0, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 1);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    rig_assert_clean(&rig);
    rig_finish(&rig);
    free(old);
    free(new);
}

static void single_slot_is_loaded_to_ram(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, &single, 1);
    uint8_t *image = program_at(&rig, 0, 0, "1.0.0", RIG_RAM_START + 64);

    assert_int_equal(rig_boot(&rig), 0);
    assert_memory_equal(rig.ram + 64, image, SIZE);
    rig.model[0][0].mem[1000] ^= 0x20;
    assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_HASH);
    rig_finish(&rig);
    free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ramload_copies_the_newest_image),
        cmocka_unit_test(ramload_stays_inside_its_window),
        cmocka_unit_test(ramload_needs_the_flag_and_the_op),
        cmocka_unit_test(ramload_of_two_images_does_not_overlap),
        cmocka_unit_test(ramload_erases_a_damaged_image),
        cmocka_unit_test(ramload_with_revert_runs_an_unconfirmed_image_once),
        cmocka_unit_test(single_slot_is_loaded_to_ram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
