// SPDX-License-Identifier: Apache-2.0
/* Image group: erase and slot info. */
#include "dfu_image_rig.h"

static const char *erase(const char *slot)
{
    char hex[64];

    if (slot == NULL) {
        return device_ask_hex(&dev, "0a00000100010005a0");
    }
    sprintf(hex, "0a0000%02x00010005a164736c6f74%s",
            (unsigned)(6 + strlen(slot) / 2), slot);
    return device_ask_hex(&dev, hex);
}

static void erase_takes_the_slot_that_does_not_run(void **state)
{
    (void)state;
    have_both();
    assert_string_equal(erase(NULL), "0b00000200010005bfff");
    assert_string_equal(device_flags(list()), "0:ac");
    assert_int_equal(mcub_slot_is_blank(&dev.board, 0, 1), 1);
    dev.erases = 0;
    assert_string_equal(erase("01"), "0b00000200010005bfff");
    assert_int_equal(dev.erases, 0);
}

static void erase_refuses_what_is_in_use(void **state)
{
    (void)state;
    have_trial();
    device_assert_err(erase(NULL), SMP_IMAGE_RC_NO_FREE_SLOT);
    device_assert_err(erase("00"), SMP_IMAGE_RC_NO_FREE_SLOT);
    device_assert_err(erase("01"), SMP_IMAGE_RC_NO_FREE_SLOT);
    device_assert_flat(device_ask_hex(&dev, "0200000100010005a0"),
            SMP_RC_BADSTATE, NULL);
}

static void erase_of_a_pending_slot_is_an_option(void **state)
{
    (void)state;
    have_both();
    assert_int_equal(mcub_slot_set_pending(&dev.board, 0, false), 0);
    dev.images.options |= DFU_IMAGE_KEEP_PENDING;
    device_assert_err(erase("01"), SMP_IMAGE_RC_NO_FREE_SLOT);
    dev.images.options &= ~(uint32_t)DFU_IMAGE_KEEP_PENDING;
    assert_string_equal(erase("01"), "0b00000200010005bfff");
    assert_string_equal(device_flags(list()), "0:ac");
}

static void erase_of_a_corrupt_slot_ignores_its_marks(void **state)
{
    (void)state;
    have_trial();
    memset(dev.mem + DEVICE_SLOT_SIZE, 0, 64);
    assert_string_equal(erase("01"), "0b00000200010005bfff");
}

static void erase_of_no_slot_fails_to_open(void **state)
{
    (void)state;
    device_assert_err(erase("02"), SMP_IMAGE_RC_FLASH_OPEN_FAILED);
    device_assert_err(erase("1a00010000"), SMP_IMAGE_RC_FLASH_OPEN_FAILED);
    device_assert_flat(erase("20"), SMP_RC_INVAL, NULL);
    device_assert_flat(device_ask_hex(&dev, "0a00000000010005"), SMP_RC_INVAL,
            NULL);
    have_two();
    device_assert_err(erase("02"), SMP_IMAGE_RC_FLASH_OPEN_FAILED);
    assert_string_equal(erase("03"), "0b00000200010005bfff");
    assert_string_equal(device_flags(list()), "0:ac");
}

static void erase_reports_flash_errors(void **state)
{
    (void)state;
    have_both();
    dev.erase_fails_at = 2;
    device_assert_err(erase(NULL), SMP_IMAGE_RC_FLASH_ERASE_FAILED);
}

static void slot_info_tells_sizes_and_upload_ids(void **state)
{
    (void)state;
    have_two();
    dev.images.options |= DFU_IMAGE_MAX_SIZE;
    assert_string_equal(device_ask_hex(&dev, "0800000100010006a0"),
            "090000bf00010006bf66696d616765739f"
            "bf65696d6167650065736c6f74739fbf64736c6f74006473697a651a0001a0"
            "00ffbf64736c6f74016473697a651a0001a0006f75706c6f61645f696d6167"
            "655f696400ffff6e6d61785f696d6167655f73697a651a000194"
            "00ff"
            "bf65696d6167650165736c6f74739fbf64736c6f74006473697a651a0001a0"
            "00ffbf64736c6f74016473697a651a0001a0006f75706c6f61645f696d6167"
            "655f696401ffff6e6d61785f696d6167655f73697a651a00019f"
            "d8ffffff");
}

static void slot_info_of_direct_upload_numbers_every_slot(void **state)
{
    (void)state;
    dev.images.options |= DFU_IMAGE_DIRECT_UPLOAD;
    dev.cfg.form = SMP_FORM_DEFINITE;
    device_restart(&dev);
    assert_string_equal(device_ask_hex(&dev, "0800000100010006a0"),
            "0900005c00010006a166696d6167657381a265696d6167650065736c6f7473"
            "82a364736c6f74006473697a651a0001a0006f75706c6f61645f696d616765"
            "5f696401a364736c6f74016473697a651a0001a0006f75706c6f61645f696d"
            "6167655f696402");
}

static void slot_info_is_an_option(void **state)
{
    (void)state;
    dev.images.options = 0;
    device_restart(&dev);
    device_assert_flat(device_ask_hex(&dev, "0800000100010006a0"),
            SMP_RC_NOTSUP, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(erase_takes_the_slot_that_does_not_run),
        T(erase_refuses_what_is_in_use),
        T(erase_of_a_pending_slot_is_an_option),
        T(erase_of_a_corrupt_slot_ignores_its_marks),
        T(erase_of_no_slot_fails_to_open),
        T(erase_reports_flash_errors),
        T(slot_info_tells_sizes_and_upload_ids),
        T(slot_info_of_direct_upload_numbers_every_slot),
        T(slot_info_is_an_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
