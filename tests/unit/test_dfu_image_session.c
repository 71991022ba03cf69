// SPDX-License-Identifier: Apache-2.0
/* Image group: life of the upload session, and the quirks of older eras. */
#include "dfu_image_rig.h"

static void one_chunk_may_be_the_whole_upload(void **state)
{
    (void)state;
    first.len = 128;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    assert_false(dev.images.session.open);
}

static void refusals_end_the_session_undecodable_requests_do_not(void **state)
{
    (void)state;
    device_upload(&dev, &first, 1);
    device_assert_flat(device_ask_hex(&dev, "0200000700010001a1636f66666178"),
            3, NULL);
    device_assert_off(chunk(128, 100), 228);
    file[0] ^= 1;
    device_assert_err(device_upload(&dev, &first, 1), 23);
    file[0] ^= 1;
    device_assert_off(chunk(228, 100), 0);
}

static void erase_ends_the_session_a_refused_one_does_not(void **state)
{
    (void)state;
    device_upload(&dev, &first, 1);
    device_assert_err(device_ask_hex(&dev, "0a00000700010005a164736c6f7400"),
            9);
    device_assert_off(chunk(128, 100), 228);
    device_ask_hex(&dev, "0a00000100010005a0");
    device_assert_off(chunk(228, 100), 0);
}

static void upload_of_another_client_takes_over(void **state)
{
    (void)state;
    device_upload(&dev, &first, 1);
    chunk(128, 200);
    device_assert_off(device_upload(&dev, &first, 1), 128);
    device_assert_off(chunk(328, 100), 128);
}

/* Upload B whole; false when any chunk was refused. */
static bool upload_all(void)
{
    uint32_t off = (uint32_t)first.data.len;
    const char *answer = device_upload(&dev, &first, 1);

    while (strstr(answer, "636572") == NULL && off < file_len) {
        uint32_t n = file_len - off < 200 ? file_len - off : 200;

        answer = chunk(off, n);
        off += n;
    }
    return strstr(answer, "636572") == NULL;
}

static void every_flash_fault_ends_in_a_refusal_and_can_be_repeated(
        void **state)
{
    bool done = false;
    uint32_t n = 1;

    (void)state;
    for (; !done; n++) {
        setup(NULL);
        device_put(&dev, S1, DEVICE_SECTOR, &img_a);
        dev.write_fails_at = n;
        dev.erase_fails_at = n;
        done = upload_all();
        assert_false(dev.images.session.open);
        dev.write_fails_at = 0;
        dev.erase_fails_at = 0;
        assert_true(done || upload_all());
        assert_memory_equal(dev.mem + DEVICE_SLOT_SIZE + DEVICE_SECTOR, file,
                file_len);
    }
    assert_in_range(n, 10, 1000);
}

/* --- quirks of older eras --------------------------------------------- */

static struct dfu_image_policy old;

static void quirk(uint32_t quirks)
{
    old = dfu_image_policy_current;
    old.quirks = quirks;
    dev.images.policy = &old;
    device_restart(&dev);
}

static void quirk_refusals_leave_the_session_alone(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_KEEP_SESSION);
    device_upload(&dev, &first, 1);
    file[0] ^= 1;
    device_assert_err(device_upload(&dev, &first, 1), 23);
    device_assert_off(chunk(128, 100), 228);
    dev.write_fails_at = dev.writes + 1;
    device_assert_err(chunk(228, 100), 12);
    device_assert_off(chunk(228, 100), 0);
}

static void quirk_len_fails_in_the_erase_only(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_LEN_UNCHECKED);
    first.len = DEVICE_SLOT_SIZE + 1;
    assert_refused(&first, 13, 1, NULL);
}

static void quirk_overrun_is_a_write_failure(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_OVERRUN_UNCHECKED);
    first.len = 200;
    device_upload(&dev, &first, 1);
    device_assert_err(chunk(128, 73), 12);
}

static void quirk_finished_upload_keeps_its_offset(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_FINISH_KEEPS_OFF);
    device_upload(&dev, &first, 1);
    device_assert_off(rest(128), file_len);
    device_assert_off(chunk(file_len - 100, 100), file_len);
    device_assert_off(device_upload(&dev, &first, 1), 128);
}

static void quirk_chunks_are_trimmed_to_the_write_size(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_ALIGN_TRIM);
    first.data.len = 35;
    device_assert_off(device_upload(&dev, &first, 1), 32);
    device_assert_off(chunk(32, 7), 36);
    device_assert_off(chunk(36, 3), 36);
    while (dev.images.session.open) {
        uint32_t off = dev.images.session.off;

        chunk(off, file_len - off < 150 ? file_len - off : 150);
    }
    assert_memory_equal(dev.mem + DEVICE_SLOT_SIZE + DEVICE_SECTOR, file,
            file_len);
}

static void quirk_erase_takes_slot_1_whatever_is_asked(void **state)
{
    (void)state;
    quirk(DFU_QUIRK_ERASE_IGNORES_SLOT);
    device_put(&dev, S1, DEVICE_SECTOR, &img_b);
    assert_string_equal(device_ask_hex(&dev, "0a00000700010005a164736c6f7400"),
            "0b00000200010005bfff");
    assert_int_equal(mcub_slot_is_blank(&dev.board, 0, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_chunk_may_be_the_whole_upload),
        T(refusals_end_the_session_undecodable_requests_do_not),
        T(erase_ends_the_session_a_refused_one_does_not),
        T(upload_of_another_client_takes_over),
        T(every_flash_fault_ends_in_a_refusal_and_can_be_repeated),
        T(quirk_refusals_leave_the_session_alone),
        T(quirk_len_fails_in_the_erase_only),
        T(quirk_overrun_is_a_write_failure),
        T(quirk_finished_upload_keeps_its_offset),
        T(quirk_chunks_are_trimmed_to_the_write_size),
        T(quirk_erase_takes_slot_1_whatever_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
