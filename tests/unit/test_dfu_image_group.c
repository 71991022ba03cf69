// SPDX-License-Identifier: Apache-2.0
/* Image group: list and state write, one test per rule. */
#include "dfu_image_rig.h"

/* Two images, both pairs swap and can be read. */
static void have_two_readable(void)
{
    device_init_two(&dev);
    dev.pairs[1].overwrite = false;
    dev.pairs[1].unreadable = false;
    device_put(&dev, S0, 0, &img_a);
    device_put(&dev, S1, 0, &img_b);
    device_put(&dev, S2, 0, &img_c);
    device_put(&dev, S3, 0, &img_d);
}

static const char *set_state(const struct device_image *image, bool confirm,
        uint8_t version)
{
    uint8_t request[128] = { 0 };
    struct smp_image_state_req req = { .confirm = confirm };
    struct smp_encoder e;

    req.has = SMP_IMAGE_STATE_REQ_CONFIRM;
    if (image != NULL) {
        req.has |= SMP_IMAGE_STATE_REQ_HASH;
        req.hash.ptr = image->hash;
        req.hash.len = sizeof(image->hash);
    }
    smp_encoder_init(&e, request + 8, 120, SMP_FORM_DEFINITE);
    smp_put_struct(&e, &smp_image_state_req_map, &req);
    request[0] = (uint8_t)(version << 3 | 2);
    request[3] = (uint8_t)e.len;
    request[5] = SMP_GROUP_IMAGE;
    return device_ask(&dev, request, 8 + e.len);
}

static const char *test_image(const struct device_image *image)
{
    return set_state(image, false, 1);
}

static const char *confirm_image(const struct device_image *image)
{
    return set_state(image, true, 1);
}

/* --- list ------------------------------------------------------------- */

static void list_of_one_image_is_byte_exact(void **state)
{
    (void)state;
    assert_string_equal(list(),
            "0900008600010000bf66696d616765739fbf64736c6f74006776657273696f"
            "6e65312e302e3064686173685820000102030405060708090a0b0c0d0e0f10"
            "1112131415161718191a1b1c1d1e1f68626f6f7461626c65f56770656e6469"
            "6e67f469636f6e6669726d6564f566616374697665f5697065726d616e656e"
            "74f4ffff6b73706c697453746174757300ff");
}

static void list_of_canonical_server_has_definite_containers(void **state)
{
    (void)state;
    dev.cfg.form = SMP_FORM_DEFINITE;
    device_restart(&dev);
    assert_string_equal(list(),
            "0900008300010000a266696d6167657381a864736c6f74006776657273696f"
            "6e65312e302e3064686173685820000102030405060708090a0b0c0d0e0f10"
            "1112131415161718191a1b1c1d1e1f68626f6f7461626c65f56770656e6469"
            "6e67f469636f6e6669726d6564f566616374697665f5697065726d616e656e"
            "74f46b73706c697453746174757300");
}

static void frugal_list_leaves_false_out(void **state)
{
    (void)state;
    dev.images.options |= DFU_IMAGE_FRUGAL;
    device_restart(&dev);
    assert_string_equal(list(),
            "0900006500010000bf66696d616765739fbf64736c6f74006776657273696f"
            "6e65312e302e3064686173685820000102030405060708090a0b0c0d0e0f10"
            "1112131415161718191a1b1c1d1e1f68626f6f7461626c65f569636f6e6669"
            "726d6564f566616374697665f5ffffff");
}

static void list_of_blank_device_is_empty(void **state)
{
    (void)state;
    device_blank(&dev, S0);
    assert_string_equal(list(),
            "0900001800010000bf66696d616765739fff6b73706c697453746174757300"
            "ff");
}

static void list_tells_not_bootable_and_build_number(void **state)
{
    (void)state;
    img_a.flags = MCUB_IMAGE_NON_BOOTABLE;
    img_a.version.build = 7;
    device_put(&dev, S0, 0, &img_a);
    assert_non_null(strstr(list(), "67312e302e302e37"));
    assert_non_null(strstr(list(), "68626f6f7461626c65f4"));
}

static void image_key_is_there_with_two_images_only(void **state)
{
    (void)state;
    assert_null(strstr(list(), "65696d61676500"));
    have_two();
    assert_non_null(strstr(list(), "bf65696d6167650064736c6f7400"));
    assert_non_null(strstr(list(), "bf65696d6167650164736c6f7401"));
}

static void network_core_primary_is_not_listed(void **state)
{
    (void)state;
    have_two();
    device_put(&dev, S2, 0, &img_d);
    assert_string_equal(device_flags(list()), "0:ac 3:-");
    assert_string_equal(device_flags(test_image(&img_c)), "0:ac 3:p");
}

static void server_for_one_image_does_not_see_the_second_pair(void **state)
{
    (void)state;
    have_two();
    dev.images.image_count = 1;
    device_restart(&dev);
    assert_string_equal(device_flags(list()), "0:ac");
    device_assert_err(test_image(&img_c), SMP_IMAGE_RC_HASH_NOT_FOUND);
}

static void flags_follow_the_next_boot(void **state)
{
    (void)state;
    have_both();
    assert_string_equal(device_flags(list()), "0:ac 1:-");
    assert_string_equal(device_flags(test_image(&img_b)), "0:ac 1:p");
    setup(NULL);
    have_both();
    assert_string_equal(device_flags(confirm_image(&img_b)), "0:ac 1:pP");
    setup(NULL);
    have_trial();
    assert_string_equal(device_flags(list()), "0:a 1:c");
}

static void list_that_does_not_fit_is_refused_with_7(void **state)
{
    (void)state;
    have_two_readable();
    assert_string_equal(device_flags(list()), "0:ac 1:- 2:ac 3:-");
    dev.cfg.tx_size = 384;
    smp_server_init(&dev.server, &dev.cfg);
    device_assert_flat(list(), SMP_RC_MSGSIZE, NULL);
}

/* --- state write ------------------------------------------------------ */

static void hash_of_wrong_length_or_missing_is_invalid(void **state)
{
    (void)state;
    device_assert_err(test_image(NULL), SMP_IMAGE_RC_INVALID_HASH);
    device_assert_flat(set_state(NULL, false, 0), SMP_RC_INVAL, NULL);
    device_assert_err(device_ask_hex(&dev, "0a00000800010000a164686173684131"),
            SMP_IMAGE_RC_INVALID_HASH);
}

static void unknown_hash_is_not_found(void **state)
{
    (void)state;
    device_assert_err(test_image(&img_d), SMP_IMAGE_RC_HASH_NOT_FOUND);
    device_assert_err(confirm_image(&img_d), SMP_IMAGE_RC_HASH_NOT_FOUND);
    device_assert_flat(set_state(&img_d, false, 0), SMP_RC_UNKNOWN, NULL);
}

static void same_image_in_both_slots_means_the_primary(void **state)
{
    (void)state;
    device_put(&dev, S1, DEVICE_SECTOR, &img_a);
    device_assert_err(test_image(&img_a),
            SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED);
}

static void rule_1_other_images_are_confirmed_as_options_allow(void **state)
{
    (void)state;
    have_two_readable();
    /* Primary of another image: only with ANY. */
    device_assert_err(confirm_image(&img_c),
            SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED);
    dev.images.options |= DFU_IMAGE_CONFIRM_ANY;
    assert_string_equal(device_flags(confirm_image(&img_c)),
            "0:ac 1:- 2:ac 3:-");
    /* Secondary of another image: unless forbidden. */
    dev.images.options = DFU_IMAGE_NO_CONFIRM_SECONDARY;
    device_assert_err(confirm_image(&img_d),
            SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED);
    dev.images.options = DFU_IMAGE_NO_CONFIRM_SECONDARY | DFU_IMAGE_CONFIRM_ANY;
    assert_string_equal(device_flags(confirm_image(&img_d)),
            "0:ac 1:- 2:ac 3:pP");
    device_assert_flat(set_state(&img_c, true, 0), SMP_RC_UNKNOWN + 5, NULL);
}

static void rule_1b_slots_that_do_not_run_may_be_forbidden(void **state)
{
    (void)state;
    have_both();
    dev.images.options |= DFU_IMAGE_NO_CONFIRM_NON_ACTIVE;
    device_assert_err(confirm_image(&img_b),
            SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED);
    assert_string_equal(device_flags(confirm_image(&img_a)), "0:ac 1:-");
    assert_string_equal(device_flags(test_image(&img_b)), "0:ac 1:p");
}

static void rule_2_test_of_the_active_slot_is_33_in_every_state(void **state)
{
    (void)state;
    have_both();
    device_assert_err(test_image(&img_a),
            SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED);
    test_image(&img_b);
    device_assert_err(test_image(&img_a),
            SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED);
    setup(NULL);
    have_both();
    confirm_image(&img_b);
    device_assert_err(test_image(&img_a),
            SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED);
    setup(NULL);
    have_trial();
    device_assert_err(test_image(&img_a),
            SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED);
}

static void rule_3_test_again_writes_nothing(void **state)
{
    (void)state;
    have_both();
    test_image(&img_b);
    dev.writes = 0;
    assert_string_equal(device_flags(test_image(&img_b)), "0:ac 1:p");
    assert_int_equal(dev.writes, 0);
}

static void rule_4_pending_test_refuses_everything_else(void **state)
{
    (void)state;
    have_both();
    test_image(&img_b);
    device_assert_err(confirm_image(&img_b),
            SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_err(confirm_image(&img_a),
            SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_err(confirm_image(NULL), SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_flat(set_state(NULL, true, 0), SMP_RC_BADSTATE, NULL);
    assert_string_equal(device_flags(list()), "0:ac 1:p");
}

static void rule_5_confirm_of_what_boots_next_writes_nothing(void **state)
{
    (void)state;
    have_both();
    assert_string_equal(device_flags(confirm_image(NULL)), "0:ac 1:-");
    assert_string_equal(device_flags(confirm_image(&img_a)), "0:ac 1:-");
    assert_int_equal(dev.writes, 0);
    confirm_image(&img_b);
    dev.writes = 0;
    assert_string_equal(device_flags(confirm_image(&img_b)), "0:ac 1:pP");
    assert_int_equal(dev.writes, 0);
}

static void rule_6_permanent_pending_cannot_be_changed(void **state)
{
    (void)state;
    have_both();
    confirm_image(&img_b);
    device_assert_err(confirm_image(NULL), SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_err(confirm_image(&img_a),
            SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_err(test_image(&img_b), SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
}

static void rule_7_confirm_of_the_old_image_changes_nothing(void **state)
{
    (void)state;
    have_trial();
    dev.writes = 0;
    assert_string_equal(device_flags(confirm_image(&img_b)), "0:a 1:c");
    assert_int_equal(dev.writes, 0);
}

static void rule_8_no_test_during_a_trial(void **state)
{
    (void)state;
    have_trial();
    device_assert_err(test_image(&img_b), SMP_IMAGE_RC_IMAGE_ALREADY_PENDING);
    device_assert_flat(set_state(&img_b, false, 0), SMP_RC_BADSTATE, NULL);
}

static void rule_9_marks_are_written(void **state)
{
    struct mcub_trailer_state trailer;

    (void)state;
    have_both();
    test_image(&img_b);
    assert_int_equal(mcub_slot_state(&dev.board, 0, 1, &trailer), 0);
    assert_int_equal(trailer.magic, MCUB_MARK_GOOD);
    assert_int_equal(trailer.image_ok, MCUB_MARK_UNSET);
    assert_int_equal(trailer.swap_type, MCUB_SWAP_TEST);
    setup(NULL);
    have_trial();
    /* In offset mode the old image is not looked for any more. */
    assert_string_equal(device_flags(confirm_image(NULL)), "0:ac");
    assert_int_equal(mcub_slot_state(&dev.board, 0, 0, &trailer), 0);
    assert_int_equal(trailer.image_ok, MCUB_MARK_SET);
}

static void rule_9_errors_have_their_codes(void **state)
{
    struct mcub_trailer trailer;

    (void)state;
    have_both();
    dev.write_fails_at = 1;
    device_assert_err(test_image(&img_b), SMP_IMAGE_RC_FLASH_WRITE_FAILED);
    setup(NULL);
    have_both();
    assert_int_equal(mcub_slot_trailer(&dev.board, 0, 1, &trailer), 0);
    dev.mem[trailer.off + trailer.layout.magic] = 0;
    device_assert_err(test_image(&img_b),
            SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC);
    assert_int_equal(dfu_image_mark_error(MCUB_E_BAD_VECTOR),
            SMP_IMAGE_RC_INVALID_IMAGE_VECTOR_TABLE);
    assert_int_equal(dfu_image_mark_error(MCUB_E_GEOMETRY),
            SMP_IMAGE_RC_UNKNOWN);
}

static bool refuse_pending(void *ctx, struct smp_call *call,
        struct dfu_slot_ref slot, bool confirm)
{
    (void)ctx;
    (void)slot;
    (void)confirm;
    smp_call_refuse(call, SMP_RC_ACCESS);
    return false;
}

static void hook_refuses_a_mark(void **state)
{
    static const struct dfu_image_hooks hooks = { .pending = refuse_pending };

    (void)state;
    have_both();
    dev.images.hooks = &hooks;
    device_assert_flat(test_image(&img_b), SMP_RC_ACCESS, NULL);
    assert_string_equal(device_flags(list()), "0:ac 1:-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(list_of_one_image_is_byte_exact),
        T(list_of_canonical_server_has_definite_containers),
        T(frugal_list_leaves_false_out),
        T(list_of_blank_device_is_empty),
        T(list_tells_not_bootable_and_build_number),
        T(image_key_is_there_with_two_images_only),
        T(network_core_primary_is_not_listed),
        T(server_for_one_image_does_not_see_the_second_pair),
        T(flags_follow_the_next_boot),
        T(list_that_does_not_fit_is_refused_with_7),
        T(hash_of_wrong_length_or_missing_is_invalid),
        T(unknown_hash_is_not_found),
        T(same_image_in_both_slots_means_the_primary),
        T(rule_1_other_images_are_confirmed_as_options_allow),
        T(rule_1b_slots_that_do_not_run_may_be_forbidden),
        T(rule_2_test_of_the_active_slot_is_33_in_every_state),
        T(rule_3_test_again_writes_nothing),
        T(rule_4_pending_test_refuses_everything_else),
        T(rule_5_confirm_of_what_boots_next_writes_nothing),
        T(rule_6_permanent_pending_cannot_be_changed),
        T(rule_7_confirm_of_the_old_image_changes_nothing),
        T(rule_8_no_test_during_a_trial),
        T(rule_9_marks_are_written),
        T(rule_9_errors_have_their_codes),
        T(hook_refuses_a_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
