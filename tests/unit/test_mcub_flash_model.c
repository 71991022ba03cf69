// SPDX-License-Identifier: Apache-2.0
/*
 * The flash that everything else is tried on must be as strict as it says.
 */
#include "flash_model.h"

#include <string.h>

#include "mcub_rig.h"

static const struct mcub_sector_run mixed[] = { { 1024, 2 }, { 4096, 1 } };

struct bench {
    struct flash_power power;
    struct flash_model m;
};

static void start(struct bench *b, uint32_t write_size, uint8_t erased)
{
    memset(b, 0, sizeof(*b));
    flash_power_on(&b->power);
    flash_model_init_runs(&b->m, &b->power, mixed, 2, write_size, erased);
}

static int write_at(struct bench *b, uint32_t off, const void *data, size_t len)
{
    return b->m.flash.ops->write(&b->m, off, data, len);
}

static int erase_at(struct bench *b, uint32_t off, uint32_t len)
{
    return b->m.flash.ops->erase(&b->m, off, len);
}

static void flash_wants_whole_sectors(void **state)
{
    static const struct {
        uint32_t off;
        uint32_t len;
        bool right;
    } rows[] = {
        { 0, 1024, true },
        { 1024, 1024, true },
        { 2048, 4096, true },
        { 0, 2048, false },
        { 512, 1024, false },
        { 2048, 1024, false },
        { 3072, 4096, false },
        { 6144, 1024, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;

        start(&b, 4, 0xff);
        assert_int_equal(erase_at(&b, rows[i].off, rows[i].len),
                rows[i].right ? 0 : MCUB_E_FLASH);
        assert_int_equal(b.m.violations, rows[i].right ? 0 : 1);
        flash_model_finish(&b.m);
    }
}

static void flash_is_not_written_twice(void **state)
{
    static const uint8_t data[32] = { 1, 2, 3 };

    (void)state;
    for (uint32_t size = 1; size <= 32; size *= 2) {
        for (int erased = 0; erased < 2; erased++) {
            struct bench b;

            start(&b, size, erased != 0 ? 0xff : 0x00);
            assert_int_equal(write_at(&b, 0, data, size), 0);
            assert_int_equal(write_at(&b, size, data, size), 0);
            assert_int_equal(write_at(&b, 0, data, size), MCUB_E_FLASH);
            assert_int_equal(erase_at(&b, 0, 1024), 0);
            assert_int_equal(b.m.mem[0], b.m.flash.erased_val);
            assert_int_equal(write_at(&b, 0, data, size), 0);
            if (size > 1) {
                assert_int_equal(write_at(&b, 1, data, size), MCUB_E_FLASH);
                assert_int_equal(write_at(&b, 2 * size, data, size - 1),
                        MCUB_E_FLASH);
            }
            flash_model_finish(&b.m);
        }
    }
}

/* What each kind of cut leaves of a write of 16 bytes. */
static void flash_writes_in_part_when_power_fails(void **state)
{
    static const size_t whole[] = { 0, 8, 4, 0, 16 };
    uint8_t data[16];

    (void)state;
    memset(data, 0x00, sizeof(data));
    for (int kind = 0; kind < FLASH_CUTS; kind++) {
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct bench b;
            uint8_t got[16];

            start(&b, 4, 0xff);
            b.power.cut_at = 0;
            b.power.kind = (enum flash_cut)kind;
            b.power.seed = seed;
            assert_int_equal(write_at(&b, 0, data, 16), MCUB_E_POWER);
            assert_int_equal(write_at(&b, 16, data, 16), MCUB_E_POWER);
            assert_int_equal(b.m.flash.ops->read(&b.m, 0, got, 16),
                    MCUB_E_POWER);
            flash_power_on(&b.power);
            assert_int_equal(b.m.flash.ops->read(&b.m, 0, got, 16), 0);
            for (size_t i = 0; i < whole[kind]; i++) {
                assert_int_equal(got[i], 0x00);
            }
            for (size_t i = whole[kind];
                    kind != FLASH_CUT_BITS && i < sizeof(got); i++) {
                assert_int_equal(got[i], 0xff);
            }
            flash_model_finish(&b.m);
        }
    }
}

static void flash_must_be_erased_again_after_a_cut_erase(void **state)
{
    static const uint8_t data[4] = { 0 };

    (void)state;
    for (int kind = FLASH_CUT_TORN; kind < FLASH_CUT_AFTER; kind++) {
        struct bench b;
        bool some = false;
        bool other = false;

        start(&b, 4, 0xff);
        memset(b.m.mem, 0x00, 1024);
        memset(b.m.flags, FLASH_DIRTY, 1024);
        b.power.cut_at = 0;
        b.power.kind = (enum flash_cut)kind;
        b.power.seed = 3;
        assert_int_equal(erase_at(&b, 0, 1024), MCUB_E_POWER);
        flash_power_on(&b.power);
        for (size_t i = 0; i < 1024; i++) {
            some = some || b.m.mem[i] != 0x00;
            other = other || b.m.mem[i] != 0xff;
        }
        assert_true(some && other);
        assert_int_equal(write_at(&b, 0, data, 4), MCUB_E_FLASH);
        assert_int_equal(erase_at(&b, 0, 1024), 0);
        assert_int_equal(write_at(&b, 0, data, 4), 0);
        flash_model_finish(&b.m);
    }
}

static void flash_counts_wear_and_refuses_worn_sectors(void **state)
{
    static const uint8_t data[4] = { 0 };
    struct bench b;

    (void)state;
    start(&b, 4, 0xff);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(erase_at(&b, 2048, 4096), 0);
    }
    assert_int_equal(b.m.wear[2], 3);
    assert_int_equal(b.m.wear[0], 0);
    assert_int_equal(flash_model_sector(&b.m, 1023), 0);
    assert_int_equal(flash_model_sector(&b.m, 2048), 2);
    assert_int_equal(flash_model_sector(&b.m, 6144), FLASH_NO_SECTOR);
    b.m.worn = 2;
    assert_int_equal(write_at(&b, 4096, data, 4), MCUB_E_FLASH);
    assert_int_equal(write_at(&b, 0, data, 4), 0);
    assert_int_equal(b.m.violations, 0);
    assert_int_equal(b.power.erases, 3);
    assert_int_equal(b.power.writes, 1);
    assert_int_equal(b.power.bytes, 4);
    flash_model_finish(&b.m);
}

static void snapshot_brings_back_what_has_changed(void **state)
{
    static const uint8_t data[4] = { 9, 8, 7, 6 };
    struct flash_snapshot snapshot = { 0 };
    struct bench b;

    (void)state;
    start(&b, 4, 0xff);
    assert_int_equal(write_at(&b, 0, data, 4), 0);
    flash_snapshot_take(&snapshot, &b.m);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write_at(&b, 4, data, 4), 0);
        assert_int_equal(write_at(&b, 2048, data, 4), 0);
        assert_int_equal(erase_at(&b, 0, 1024), 0);
        if (i == 1) {
            /* Changed from outside: everything is copied. */
            flash_model_load(&b.m, 1024, data, 4);
        }
        flash_snapshot_restore(&snapshot, &b.m);
        assert_memory_equal(b.m.mem, data, 4);
        assert_int_equal(b.m.mem[4], 0xff);
        assert_int_equal(b.m.mem[1024], 0xff);
        assert_int_equal(b.m.mem[2048], 0xff);
        assert_int_equal(write_at(&b, 0, data, 4), MCUB_E_FLASH);
    }
    flash_snapshot_finish(&snapshot);
    flash_model_finish(&b.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_wants_whole_sectors),
        cmocka_unit_test(flash_is_not_written_twice),
        cmocka_unit_test(flash_writes_in_part_when_power_fails),
        cmocka_unit_test(flash_must_be_erased_again_after_a_cut_erase),
        cmocka_unit_test(flash_counts_wear_and_refuses_worn_sectors),
        cmocka_unit_test(snapshot_brings_back_what_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
