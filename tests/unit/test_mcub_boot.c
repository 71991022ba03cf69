// SPDX-License-Identifier: Apache-2.0
#include "mcub/boot.h"

#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"
#include "mcub_vectors.h"

#define OLD_SIZE 5072u
#define NEW_SIZE 9072u

static const struct rig_geometry geometries[] = {
    { "move", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 16, 0, 0 },
    { "offset", MCUB_MODE_OFFSET, 4096, 8, 8, 4, 8, 16, 0, 0 },
    { "move, one more, align 16", MCUB_MODE_MOVE, 4096, 9, 8, 16, 16, 16, 0,
            0 },
    { "offset, one more, align 32", MCUB_MODE_OFFSET, 4096, 8, 9, 32, 32, 16, 0,
            0 },
    { "move, byte writes", MCUB_MODE_MOVE, 4096, 8, 8, 1, 8, 16, 0, 0 },
    { "move, trailer of two sectors", MCUB_MODE_MOVE, 1024, 24, 24, 8, 8, 64, 0,
            0 },
    { "offset, small sectors", MCUB_MODE_OFFSET, 1024, 24, 24, 8, 8, 64, 0, 0 },
    { "scratch", MCUB_MODE_SCRATCH, 4096, 8, 8, 4, 8, 16, 1, 0 },
    { "scratch of 3, align 16", MCUB_MODE_SCRATCH, 4096, 8, 8, 16, 16, 16, 3,
            0 },
    { "scratch, shared sector", MCUB_MODE_SCRATCH, 4096, 3, 3, 4, 8, 16, 1, 0 },
    { "scratch, one sector", MCUB_MODE_SCRATCH, 16384, 1, 1, 8, 8, 16, 1, 0 },
    { "scratch, erased 00", MCUB_MODE_SCRATCH, 4096, 3, 3, 4, 8, 16, 2, 1 },
    { "move, erased 00", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 16, 0, 1 },
    { "offset, erased 00", MCUB_MODE_OFFSET, 4096, 8, 8, 32, 32, 16, 0, 1 },
};
#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

static const struct rig_geometry overwrite8 = { "overwrite",
    MCUB_MODE_OVERWRITE, 4096, 8, 8, 4, 8, 16, 0, 0 };

struct pair_of_images {
    uint8_t *old;
    uint8_t *new;
};

static struct pair_of_images setup(struct rig *rig,
        const struct rig_geometry *g)
{
    struct pair_of_images p = { rig_image("1.0.0", OLD_SIZE),
        rig_image("2.0.0", NEW_SIZE) };

    rig_init(rig, g, 1);
    rig_program(rig, 0, 0, p.old, OLD_SIZE);
    assert_int_equal(rig_boot(rig), 0);
    assert_int_equal(rig->power.ops, 0);
    rig_upload(rig, 0, p.new, NEW_SIZE);
    return p;
}

static void teardown(struct rig *rig, struct pair_of_images p)
{
    rig_assert_clean(rig);
    rig_finish(rig);
    free(p.old);
    free(p.new);
}

static bool runs_old(struct rig *rig, struct pair_of_images p)
{
    return rig_slot_holds(rig, 0, 0, 0, p.old, OLD_SIZE);
}

static bool runs_new(struct rig *rig, struct pair_of_images p)
{
    return rig_slot_holds(rig, 0, 0, 0, p.new, NEW_SIZE);
}

static void boot_without_mark_touches_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        assert_true(runs_old(&rig, p));
        assert_int_equal(rig.boot.result[0].decided, MCUB_SWAP_NONE);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_JUMP));
        teardown(&rig, p);
    }
}

static void boot_tests_and_reverts_unless_confirmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct mcub_trailer_state s;
        struct mcub_slot_info info;
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_TEST);
        assert_true(runs_new(&rig, p));
        assert_true(rig_slot_holds(&rig, 0, 1, 0, p.old, OLD_SIZE));
        assert_int_equal(mcub_slot_state(&rig.board, 0, 0, &s), 0);
        assert_int_equal(s.copy_done, MCUB_MARK_SET);
        assert_int_equal(s.image_ok, MCUB_MARK_UNSET);
        assert_int_equal(s.swap_type, MCUB_SWAP_TEST);
        assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_REVERT);
        assert_int_equal(mcub_slot_read_info(&rig.board, 0, 1, &info), 0);
        assert_int_equal(info.header.version.major, 1);

        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_REVERT);
        assert_true(runs_old(&rig, p));
        assert_int_equal(mcub_slot_state(&rig.board, 0, 0, &s), 0);
        assert_int_equal(s.image_ok, MCUB_MARK_SET);
        assert_int_equal(s.swap_type, MCUB_SWAP_REVERT);
        assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_NONE);
        assert_int_equal(mcub_slot_read_info(&rig.board, 0, 1, &info), 0);
        assert_int_equal(info.header.version.major, 2);

        /* It may be tested again. */
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(runs_new(&rig, p));
        assert_int_equal(mcub_slot_set_confirmed(&rig.board, 0), 0);
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        assert_true(runs_new(&rig, p));
        teardown(&rig, p);
    }
}

static void boot_keeps_a_permanent_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_PERM);
        assert_true(runs_new(&rig, p));
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        assert_true(runs_new(&rig, p));
        /* And the next update works on what is left there. */
        uint8_t *third = rig_image("3.0.0", 7777);

        rig_upload(&rig, 0, third, 7777);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, third, 7777));
        free(third);
        teardown(&rig, p);
    }
}

static void boot_overwrites_and_empties_the_secondary(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct mcub_slot_info info;
        struct rig rig;
        struct pair_of_images p = setup(&rig, &overwrite8);

        rig.boot.options = whole ? MCUB_BOOT_OVERWRITE_WHOLE : 0;
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig.boot.result[0].copied);
        assert_int_equal(rig.copies[0], 1);
        assert_true(runs_new(&rig, p));
        assert_int_equal(mcub_slot_read_info(&rig.board, 0, 1, &info),
                MCUB_E_NO_IMAGE);
        assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_NONE);
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        teardown(&rig, p);
    }
}

/* A refused image is removed, and the old one boots as if nothing was. */
static void refuse(struct rig *rig, struct pair_of_images p, int why)
{
    assert_int_equal(mcub_slot_set_pending(&rig->board, 0, false), 0);
    assert_int_equal(rig_boot(rig), 0);
    assert_int_equal(rig->boot.result[0].error, why);
    assert_int_equal(rig->boot.result[0].performed, MCUB_SWAP_NONE);
    assert_true(rig_logged(rig, 0, MCUB_LOG_SLOT_ERASED));
    assert_int_equal(mcub_slot_is_blank(&rig->board, 0, 1), 1);
    assert_true(runs_old(rig, p));
    teardown(rig, p);
}

static void boot_removes_a_damaged_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        rig.model[0][1].mem[5000] ^= 1;
        refuse(&rig, p, MCUB_E_HASH);
    }
}

static void boot_removes_an_image_with_a_bad_signature(void **state)
{
    struct rig rig;
    struct pair_of_images p = setup(&rig, &geometries[0]);

    (void)state;
    rig.verify_rc = MCUB_E_SIGNATURE;
    refuse(&rig, p, MCUB_E_SIGNATURE);
}

static void boot_removes_a_downgrade_when_told_to(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);
        uint8_t *older = rig_image("0.9.9", NEW_SIZE);

        (void)state;
        rig_upload(&rig, 0, older, NEW_SIZE);
        rig.boot.options = MCUB_BOOT_NO_DOWNGRADE;
        refuse(&rig, p, MCUB_E_VERSION);
        free(older);
    }
}

static void boot_removes_an_image_too_large_to_swap(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);
        uint8_t *large = rig_image("2.0.0", 6 * 4096 + 4);

        (void)state;
        assert_int_equal(mcub_max_image_size(&rig.board, 0), 6 * 4096);
        rig_upload(&rig, 0, large, 6 * 4096 + 4);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        rig.boot.options = MCUB_BOOT_KEEP_OVERSIZED;
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_NO_SPACE));
        assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_TEST);
        rig.boot.options = 0;
        refuse(&rig, p, MCUB_E_TOO_LARGE);
        free(large);
    }
}

static void boot_swaps_the_largest_image(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);
        uint8_t *large = rig_image("2.0.0", 6 * 4096);

        (void)state;
        rig_upload(&rig, 0, large, 6 * 4096);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, large, 6 * 4096));
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(runs_old(&rig, p));
        free(large);
        teardown(&rig, p);
    }
}

static void boot_removes_a_mark_without_an_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        assert_int_equal(mcub_slot_erase(&rig.board, 0, 1), 0);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
        assert_true(runs_old(&rig, p));
        teardown(&rig, p);
    }
}

static void boot_names_an_image_uploaded_to_the_wrong_place(void **state)
{
    struct rig rig;
    struct pair_of_images p = setup(&rig, &geometries[1]);

    (void)state;
    assert_int_equal(mcub_slot_erase(&rig.board, 0, 1), 0);
    flash_model_load(&rig.model[0][1], 0, p.new, 4000);
    uint8_t *small = rig_image("2.0.0", 3000);

    flash_model_wipe(&rig.model[0][1]);
    flash_model_load(&rig.model[0][1], 0, small, 3000);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_WRONG_OFFSET));
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    assert_true(runs_old(&rig, p));
    free(small);
    teardown(&rig, p);
}

static void boot_does_not_revert_for_ever_without_an_old_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(mcub_slot_erase(&rig.board, 0, 1), 0);
        assert_int_equal(rig_boot(&rig), 0);
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        assert_true(runs_new(&rig, p));
        teardown(&rig, p);
    }
}

static void boot_reverts_to_an_older_version_in_spite_of_the_option(
        void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[i]);

        rig.boot.options = MCUB_BOOT_NO_DOWNGRADE;
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(runs_new(&rig, p));
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(runs_old(&rig, p));
        teardown(&rig, p);
    }
}

static void boot_refuses_slots_that_do_not_match(void **state)
{
    static const struct rig_geometry bad[] = {
        { "counts", MCUB_MODE_MOVE, 4096, 8, 9, 4, 8, 16, 0, 0 },
        { "counts", MCUB_MODE_OFFSET, 4096, 9, 8, 4, 8, 16, 0, 0 },
        { "many", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 7, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &bad[i]);

        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_GEOMETRY));
        assert_true(runs_old(&rig, p));
        /* It stays pending, as on real devices. */
        assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_TEST);
        teardown(&rig, p);
    }
}

static void boot_needs_a_valid_primary(void **state)
{
    struct rig rig;
    struct pair_of_images p = setup(&rig, &geometries[0]);

    (void)state;
    rig.model[0][0].mem[1000] ^= 1;
    assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_HASH);
    rig.boot.options = MCUB_BOOT_NO_PRIMARY_CHECK;
    assert_int_equal(rig_boot(&rig), 0);
    rig.boot.options = 0;
    /* A damaged primary is replaced by an update, not in its way. */
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(runs_new(&rig, p));
    teardown(&rig, p);
}

static void boot_goes_on_when_the_secondary_cannot_be_read(void **state)
{
    struct mcub_trailer_state s;
    struct rig rig;
    struct pair_of_images p = setup(&rig, &geometries[0]);

    (void)state;
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(runs_new(&rig, p));
    rig.model[0][1].fail_reads = true;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_FLASH);
    assert_int_equal(mcub_slot_state(&rig.board, 0, 0, &s), 0);
    assert_int_equal(s.image_ok, MCUB_MARK_SET);
    rig.model[0][0].fail_reads = true;
    assert_int_equal(rig_boot(&rig), MCUB_E_FLASH);
    teardown(&rig, p);
}

/* ---- order of flash operations ------------------------------------------ */

#define TRACE_MAX 128

static const struct vec_trace *find_trace(const char *algorithm,
        const char *kind)
{
    for (size_t i = 0; i < vec_traces_count; i++) {
        if (strcmp(vec_traces[i].algorithm, algorithm) == 0 &&
                strcmp(vec_traces[i].kind, kind) == 0) {
            return &vec_traces[i];
        }
    }
    fail();
    return NULL;
}

static void check_trace(struct rig *rig, const char *algorithm,
        const char *kind, char (*trace)[40])
{
    const struct vec_trace *want = find_trace(algorithm, kind);

    flash_power_on(&rig->power);
    rig->power.trace = trace;
    rig->power.trace_max = TRACE_MAX;
    assert_int_equal(rig_boot(rig), 0);
    rig->power.trace = NULL;
    for (size_t i = 0; i < want->op_count && i < rig->power.trace_count; i++) {
        if (strcmp(trace[i], want->ops[i]) != 0) {
            print_error("%s %s step %zu\n", algorithm, kind, i);
        }
        assert_string_equal(trace[i], want->ops[i]);
    }
    assert_int_equal(rig->power.trace_count, want->op_count);
}

static void boot_works_flash_in_the_order_of_the_reference(void **state)
{
    static const char *const names[] = { "swap-move", "swap-offset",
        "swap-scratch" };
    static const size_t numbers[] = { 0, 1, 7 };
    char trace[TRACE_MAX][40];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &geometries[numbers[i]]);

        rig.boot.options = MCUB_BOOT_AS_REFERENCE;
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        check_trace(&rig, names[i], "test_swap", trace);
        check_trace(&rig, names[i], "revert", trace);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        check_trace(&rig, names[i], "perm_swap", trace);
        teardown(&rig, p);
    }
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct pair_of_images p = setup(&rig, &overwrite8);

        rig.boot.options = MCUB_BOOT_AS_REFERENCE |
                (i == 0 ? MCUB_BOOT_OVERWRITE_WHOLE : 0u);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        check_trace(&rig, i == 0 ? "overwrite" : "overwrite-fast", "test_swap",
                trace);
        teardown(&rig, p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_without_mark_touches_nothing),
        cmocka_unit_test(boot_tests_and_reverts_unless_confirmed),
        cmocka_unit_test(boot_keeps_a_permanent_image),
        cmocka_unit_test(boot_overwrites_and_empties_the_secondary),
        cmocka_unit_test(boot_removes_a_damaged_image),
        cmocka_unit_test(boot_removes_an_image_with_a_bad_signature),
        cmocka_unit_test(boot_removes_a_downgrade_when_told_to),
        cmocka_unit_test(boot_removes_an_image_too_large_to_swap),
        cmocka_unit_test(boot_swaps_the_largest_image),
        cmocka_unit_test(boot_removes_a_mark_without_an_image),
        cmocka_unit_test(boot_names_an_image_uploaded_to_the_wrong_place),
        cmocka_unit_test(boot_does_not_revert_for_ever_without_an_old_image),
        cmocka_unit_test(
                boot_reverts_to_an_older_version_in_spite_of_the_option),
        cmocka_unit_test(boot_refuses_slots_that_do_not_match),
        cmocka_unit_test(boot_needs_a_valid_primary),
        cmocka_unit_test(boot_goes_on_when_the_secondary_cannot_be_read),
        cmocka_unit_test(boot_works_flash_in_the_order_of_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
