// SPDX-License-Identifier: Apache-2.0
/*
 * Boots of boards with two images: both swapped, or a network core.
 */
#include "mcub/boot.h"

#include <stdlib.h>

#include "mcub_rig.h"

#define OLD_SIZE 5072u
#define NEW_SIZE 9072u

static const struct rig_geometry two_swapping[2] = {
    { "app", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 16, 0, 0 },
    { "second", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 16, 0, 0 },
};
static const struct rig_geometry app_and_net[2] = {
    { "app", MCUB_MODE_MOVE, 4096, 8, 8, 4, 8, 16, 0, 0 },
    { "net", MCUB_MODE_OVERWRITE, 4096, 8, 8, 4, 8, 16, 0, 0 },
};

struct pair_of_images {
    uint8_t *old;
    uint8_t *new;
};

struct four_images {
    struct pair_of_images image[2];
};

static struct four_images setup_two(struct rig *rig,
        const struct rig_geometry *g)
{
    struct four_images f = { {
            { rig_image("1.0.0", OLD_SIZE), rig_image("2.0.0", NEW_SIZE) },
            { rig_image("1.1.0", 6000), rig_image("2.1.0", 7000) },
    } };

    rig_init(rig, g, 2);
    rig_program(rig, 0, 0, f.image[0].old, OLD_SIZE);
    rig_program(rig, 1, 0, f.image[1].old, 6000);
    rig_upload(rig, 0, f.image[0].new, NEW_SIZE);
    rig_upload(rig, 1, f.image[1].new, 7000);
    return f;
}

static void teardown_two(struct rig *rig, struct four_images f)
{
    rig_assert_clean(rig);
    rig_finish(rig);
    for (int i = 0; i < 2; i++) {
        free(f.image[i].old);
        free(f.image[i].new);
    }
}

static void boot_updates_two_images_and_reverts_both(void **state)
{
    struct rig rig;
    struct four_images f = setup_two(&rig, two_swapping);

    (void)state;
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].new, NEW_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].new, 7000));
    /* Confirming one image does not confirm the other. */
    assert_int_equal(mcub_slot_set_confirmed(&rig.board, 0), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].new, NEW_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].old, 6000));
    teardown_two(&rig, f);
}

static void boot_copies_the_network_core_and_reverts_the_application_only(
        void **state)
{
    struct mcub_slot_info info;
    struct rig rig;
    struct four_images f = setup_two(&rig, app_and_net);

    (void)state;
    rig.pairs[1].unreadable = true;
    flash_model_wipe(&rig.model[1][0]);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), 0);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    rig.post_copy_rc = MCUB_E_HOOK;
    assert_int_equal(rig_boot(&rig), MCUB_E_HOOK);
    assert_true(rig_logged(&rig, 1, MCUB_LOG_HOOK_FAILED));
    rig.post_copy_rc = 0;
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.copies[1], 2);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].new, NEW_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].new, 7000));
    assert_int_equal(mcub_slot_read_info(&rig.board, 1, 1, &info),
            MCUB_E_NO_IMAGE);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].old, OLD_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].new, 7000));
    teardown_two(&rig, f);
}

static void boot_drops_reverts_while_a_later_image_is_updated(void **state)
{
    struct rig rig;
    struct four_images f = setup_two(&rig, two_swapping);

    (void)state;
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_REVERT_DROPPED));
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].new, NEW_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].new, 7000));
    teardown_two(&rig, f);
}

static void boot_updates_nothing_when_a_dependency_is_not_met(void **state)
{
    /* image 1 at least 2.1.0 */
    static const uint8_t need[12] = { 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0 };
    static const struct mcub_tlv_spec dep = { MCUB_TLV_DEPENDENCY,
        { need, sizeof(need) } };
    struct rig rig;
    struct four_images f = setup_two(&rig, two_swapping);
    uint8_t *needy = rig_image_with("3.0.0", NEW_SIZE, &dep, 1);

    (void)state;
    rig_upload(&rig, 0, needy, NEW_SIZE);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_DEPENDENCY));
    assert_int_equal(rig.boot.result[0].error, MCUB_E_VERSION);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, f.image[0].old, OLD_SIZE));
    assert_int_equal(mcub_board_swap_type(&rig.board, 0), MCUB_SWAP_TEST);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 1, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, needy, NEW_SIZE));
    assert_true(rig_slot_holds(&rig, 1, 0, 0, f.image[1].new, 7000));
    free(needy);
    teardown_two(&rig, f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_updates_two_images_and_reverts_both),
        cmocka_unit_test(
                boot_copies_the_network_core_and_reverts_the_application_only),
        cmocka_unit_test(boot_drops_reverts_while_a_later_image_is_updated),
        cmocka_unit_test(boot_updates_nothing_when_a_dependency_is_not_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
