// SPDX-License-Identifier: Apache-2.0
/* Image group: upload, step by step. */
#include "dfu_image_rig.h"

static void assert_match(const char *answer, uint32_t off, bool match)
{
    device_assert_off(answer, off);
    assert_non_null(
            strstr(answer, match ? "656d61746368f5ff" : "656d61746368f4ff"));
}

static void whole_upload_lands_one_sector_in(void **state)
{
    (void)state;
    assert_string_equal(device_upload(&dev, &first, 1),
            "0b00000800010001bf636f66661880ff");
    assert_string_equal(rest(128), "0b00000900010001bf636f6666190de0ff");
    assert_int_equal(file_len, 0xde0);
    assert_memory_equal(dev.mem + DEVICE_SLOT_SIZE + DEVICE_SECTOR, file,
            file_len);
    assert_false(dev.images.session.open);
    /* The server has forgotten everything: a late repeat gets 0. */
    device_assert_off(chunk(3500, file_len - 3500), 0);
}

static void canonical_server_answers_definite(void **state)
{
    (void)state;
    dev.cfg.form = SMP_FORM_DEFINITE;
    device_restart(&dev);
    assert_string_equal(device_upload(&dev, &first, 1),
            "0b00000700010001a1636f66661880");
}

static void step_1_off_is_needed(void **state)
{
    (void)state;
    first.has &= ~(uint32_t)SMP_IMAGE_UPLOAD_REQ_OFF;
    assert_refused(&first, 20, 3, "header malformed");
    device_assert_flat(device_ask_hex(&dev, "0200000700010001a1636f66666178"),
            3, NULL);
}

static void step_2_first_chunk_is_checked_in_order(void **state)
{
    static const uint8_t sha[33];

    (void)state;
    first.data.len = 31;
    first.has &= ~(uint32_t)SMP_IMAGE_UPLOAD_REQ_LEN;
    assert_refused(&first, 22, 3, "header malformed");
    first.data.len = 32;
    file[0] ^= 1;
    assert_refused(&first, 21, 3, "header malformed");
    first.has |= SMP_IMAGE_UPLOAD_REQ_LEN | SMP_IMAGE_UPLOAD_REQ_SHA;
    first.len = UINT32_MAX;
    assert_refused(&first, 21, 3, "header malformed");
    first.len = file_len;
    first.sha.ptr = sha;
    first.sha.len = sizeof(sha);
    assert_refused(&first, 23, 1, "magic mismatch");
    file[0] ^= 1;
    assert_refused(&first, 24, 3, NULL);
    first.sha.len = 32;
    device_assert_off(device_upload(&dev, &first, 1), 32);
    first.has &= ~(uint32_t)SMP_IMAGE_UPLOAD_REQ_DATA;
    assert_refused(&first, 22, 3, "header malformed");
}

static void step_3_same_sha_resumes_and_compares_nothing_else(void **state)
{
    static const uint8_t sha[32] = { 5 };

    (void)state;
    first.has |= SMP_IMAGE_UPLOAD_REQ_SHA;
    first.sha.ptr = sha;
    first.sha.len = 32;
    device_upload(&dev, &first, 1);
    chunk(128, 200);
    dev.writes = 0;
    first.len = 77;
    first.has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
    first.image = 3;
    device_assert_off(device_upload(&dev, &first, 1), 328);
    assert_int_equal(dev.writes, 0);
    assert_int_equal(dev.images.session.len, file_len);
    /* Another length of sha is another upload. */
    first.len = file_len;
    first.sha.len = 16;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    chunk(128, 200);
    device_assert_off(device_upload(&dev, &first, 1), 328);
    first.sha.len = 0;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    chunk(128, 200);
    device_assert_off(device_upload(&dev, &first, 1), 128);
}

static void step_4_slot_in_use_is_no_slot(void **state)
{
    (void)state;
    device_put(&dev, S1, 0, &img_b);
    device_mark_trial(&dev, 0);
    assert_refused(&first, 9, 6, "no slot");
}

static void step_4_pending_slot_is_overwritten_unless_forbidden(void **state)
{
    (void)state;
    device_put(&dev, S1, DEVICE_SECTOR, &img_b);
    assert_int_equal(mcub_slot_set_pending(&dev.board, 0, false), 0);
    dev.images.options |= DFU_IMAGE_KEEP_PENDING;
    device_assert_err(device_upload(&dev, &first, 1), 9);
    dev.images.options = 0;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    assert_int_equal(mcub_board_swap_type(&dev.board, 0), MCUB_SWAP_NONE);
}

static void step_4_one_image_server_ignores_the_image_number(void **state)
{
    static const uint32_t images[] = { 0, 1, 5, 255, 70000 };

    (void)state;
    first.has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        first.image = images[i];
        device_assert_off(device_upload(&dev, &first, 1), 128);
        assert_int_equal(dev.images.session.to.image, 0);
        assert_int_equal(dev.images.session.to.slot, 1);
    }
}

static void step_4_two_images_go_to_their_own_slots(void **state)
{
    (void)state;
    device_init_two(&dev);
    device_put(&dev, S0, 0, &img_a);
    first.has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
    first.image = 1;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    device_assert_off(rest(128), file_len);
    assert_memory_equal(dev.mem + 3 * DEVICE_SLOT_SIZE, file, file_len);
    assert_int_equal(mcub_slot_is_blank(&dev.board, S1.image, S1.slot), 1);
    first.image = 0;
    device_upload(&dev, &first, 1);
    device_assert_off(rest(128), file_len);
    assert_int_equal(mcub_slot_is_blank(&dev.board, S3.image, S3.slot), 0);
    first.image = 2;
    assert_refused(&first, 10, 1, NULL);
}

static void step_4_direct_upload_takes_absolute_slots(void **state)
{
    (void)state;
    device_init_two(&dev);
    device_put(&dev, S0, 0, &img_a);
    dev.images.image_count = 1;
    dev.images.options = DFU_IMAGE_DIRECT_UPLOAD;
    device_restart(&dev);
    first.has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
    first.image = 0;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    first.image = 1;
    device_assert_err(device_upload(&dev, &first, 1), 9);
    first.image = 2;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    first.image = 4;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    assert_int_equal(dev.images.session.to.image, 1);
    assert_int_equal(dev.images.session.to.slot, 1);
    first.image = 5;
    device_assert_err(device_upload(&dev, &first, 1), 9);
}

static void step_5_len_is_held_to_the_slot(void **state)
{
    (void)state;
    first.len = DEVICE_SLOT_SIZE + 1;
    assert_refused(&first, 30, 1, "img too large");
    /* Blank slot: nothing to erase, so nothing fails yet. */
    first.len = DEVICE_SLOT_SIZE;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    /* Swap-offset needs a sector more than the slot has. */
    assert_refused(&first, 13, 1, NULL);
}

static void step_5_len_is_held_to_the_swap_when_told(void **state)
{
    uint32_t max = mcub_max_image_size(&dev.board, 0);

    (void)state;
    dev.images.options |= DFU_IMAGE_MAX_SIZE;
    first.len = max + 1;
    assert_refused(&first, 30, 1, "img too large");
    first.len = max;
    device_assert_off(device_upload(&dev, &first, 1), 128);
}

static void step_6_upgrade_refuses_what_is_not_newer(void **state)
{
    (void)state;
    first.has |= SMP_IMAGE_UPLOAD_REQ_UPGRADE;
    first.upgrade = true;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    img_b.version = img_a.version;
    img_b.version.build = 9;
    device_image_bytes(&img_b, file, sizeof(file));
    assert_refused(&first, 27, 6, "downgrade");
    dev.images.options |= DFU_IMAGE_VERSION_BUILD;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    device_blank(&dev, S0);
    assert_refused(&first, 26, 1, NULL);
}

static void step_7_wrong_offset_is_told_the_right_one(void **state)
{
    (void)state;
    device_assert_off(chunk(1000, 100), 0);
    device_upload(&dev, &first, 1);
    dev.writes = 0;
    device_assert_off(chunk(1000, 100), 128);
    device_assert_off(chunk(64, 100), 128);
    device_assert_off(chunk(128, 0), 128);
    assert_int_equal(dev.writes, 0);
    device_assert_off(chunk(128, 100), 228);
}

static void step_8_bytes_behind_len_are_an_overrun(void **state)
{
    struct smp_image_upload_req late = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA |
                SMP_IMAGE_UPLOAD_REQ_LEN,
        .off = 128,
        .len = 4000, /* ignored in later chunks */
        .data = { file + 128, 73 },
    };

    (void)state;
    first.len = 200;
    device_upload(&dev, &first, 1);
    device_assert_err(device_upload(&dev, &late, 1), 31);
    device_assert_off(chunk(128, 72), 0);
    device_upload(&dev, &first, 1);
    device_assert_flat(device_upload(&dev, &late, 0), 1, "data overrun");
    /* Len 0 and len below the first chunk pass; the next chunk does not. */
    first.len = 0;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    device_assert_err(chunk(128, 1), 31);
    first.len = 64;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    device_assert_err(chunk(128, 1), 31);
}

static unsigned started;
static unsigned finished;
static unsigned stopped;

static bool refuse_late_chunks(void *ctx, struct smp_call *call,
        const struct dfu_image_chunk *c)
{
    (void)ctx;
    if (c->off > 0) {
        assert_int_equal(c->len, file_len);
        smp_call_refuse_group(call, 70, 4);
    }
    return c->off == 0;
}

static bool count_started(void *ctx, struct smp_call *call,
        const struct dfu_image_chunk *c)
{
    (void)ctx;
    started += c->off == 0 ? 1 : 0;
    if (c->len > 10000) {
        smp_call_refuse(call, SMP_RC_BUSY);
        return false;
    }
    return true;
}

static void count_finished(void *ctx, struct dfu_slot_ref slot)
{
    (void)ctx;
    assert_int_equal(slot.slot, 1);
    finished++;
}

static void count_stopped(void *ctx)
{
    (void)ctx;
    stopped++;
}

static void step_9_hooks_refuse_and_hear(void **state)
{
    static const struct dfu_image_hooks strict = {
        .chunk = refuse_late_chunks,
        .stopped = count_stopped,
    };
    static const struct dfu_image_hooks counting = {
        .chunk = count_started,
        .finished = count_finished,
        .stopped = count_stopped,
    };

    (void)state;
    started = finished = stopped = 0;
    dev.images.hooks = &strict;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    assert_string_equal(chunk(128, 100) + 16,
            "bf63657272bf6567726f7570184662726304ffff");
    assert_int_equal(stopped, 1);
    device_assert_off(chunk(128, 100), 0);
    dev.images.hooks = &counting;
    device_upload(&dev, &first, 1);
    rest(128);
    assert_int_equal(started, 1);
    assert_int_equal(finished, 1);
    assert_int_equal(stopped, 1);
    first.len = 10001;
    device_assert_flat(device_upload(&dev, &first, 1), SMP_RC_BUSY, NULL);
    assert_int_equal(started, 2);
}

/* Not a hash: enough to tell equal from different. */
static int fake_init(void *ctx, enum mcub_hash_alg alg)
{
    memset(ctx, 0, 32);
    return alg == MCUB_HASH_SHA256 ? 0 : MCUB_E_UNSUPPORTED;
}

static int fake_update(void *ctx, const void *data, size_t len)
{
    uint8_t *sum = ctx;
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        uint8_t carry = (uint8_t)(sum[31] * 31 + p[i]);

        memmove(sum + 1, sum, 31);
        sum[0] = carry;
    }
    return 0;
}

static int fake_finish(void *ctx, uint8_t *out, size_t out_len)
{
    memcpy(out, ctx, out_len);
    return 0;
}

static const struct mcub_hash_ops fake = {
    fake_init,
    fake_update,
    fake_finish,
};

static void step_10_and_12_image_check_compares_flash(void **state)
{
    static uint8_t sum[32];
    static uint8_t sha[32];

    (void)state;
    dev.images.options |= DFU_IMAGE_CHECK;
    dev.images.hash = &fake;
    dev.images.hash_ctx = sum;
    fake_init(sha, MCUB_HASH_SHA256);
    fake_update(sha, file, file_len);
    first.has |= SMP_IMAGE_UPLOAD_REQ_SHA;
    first.sha.ptr = sha;
    first.sha.len = 32;
    device_assert_off(device_upload(&dev, &first, 1), 128);
    assert_match(rest(128), file_len, true);
    /* It is there already: nothing is erased or written. */
    dev.writes = dev.erases = 0;
    assert_match(device_upload(&dev, &first, 1), file_len, true);
    assert_int_equal(dev.writes + dev.erases, 0);
    assert_false(dev.images.session.open);
    /* No sha, a short one, a wrong one: match is false. */
    first.sha.len = 0;
    device_upload(&dev, &first, 1);
    assert_match(rest(128), file_len, false);
    first.sha.len = 16;
    device_upload(&dev, &first, 1);
    assert_match(rest(128), file_len, false);
    sha[0] ^= 1;
    first.sha.len = 32;
    device_upload(&dev, &first, 1);
    assert_match(rest(128), file_len, false);
    assert_string_equal(dev.answer,
            "0b00001000010001bf636f6666190de0656d61746368f4ff");
}

static void step_10_erase_failure_is_13_and_ends_the_session(void **state)
{
    (void)state;
    device_put(&dev, S1, DEVICE_SECTOR, &img_b);
    dev.erase_fails_at = 1;
    device_assert_err(device_upload(&dev, &first, 1), 13);
    device_assert_off(chunk(128, 10), 0);
    device_assert_off(device_upload(&dev, &first, 1), 128);
}

static void step_10_progressive_erase_follows_the_stream(void **state)
{
    uint32_t at_once;

    (void)state;
    memset(dev.mem + DEVICE_SLOT_SIZE, 0, DEVICE_SLOT_SIZE);
    device_upload(&dev, &first, 1);
    at_once = dev.erases;
    rest(128);
    assert_int_equal(dev.erases, at_once);
    memset(dev.mem + DEVICE_SLOT_SIZE, 0, DEVICE_SLOT_SIZE);
    dev.images.options |= DFU_IMAGE_PROGRESSIVE;
    dev.erases = 0;
    device_upload(&dev, &first, 1);
    assert_true(dev.erases < at_once);
    device_assert_off(rest(128), file_len);
    assert_memory_equal(dev.mem + DEVICE_SLOT_SIZE + DEVICE_SECTOR, file,
            file_len);
}

static void step_11_any_chunk_length_is_taken(void **state)
{
    (void)state;
    first.data.len = 33;
    device_assert_off(device_upload(&dev, &first, 1), 33);
    device_assert_off(chunk(33, 7), 40);
    device_assert_off(chunk(40, 1), 41);
    device_assert_off(rest(41), file_len);
    assert_memory_equal(dev.mem + DEVICE_SLOT_SIZE + DEVICE_SECTOR, file,
            file_len);
}

static void step_12_write_failure_is_12_and_ends_the_session(void **state)
{
    (void)state;
    device_upload(&dev, &first, 1);
    dev.write_fails_at = dev.writes + 1;
    device_assert_err(chunk(128, 100), 12);
    device_assert_off(chunk(128, 100), 0);
    dev.write_fails_at = 0;
    device_upload(&dev, &first, 1);
    device_assert_off(rest(128), file_len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(whole_upload_lands_one_sector_in),
        T(canonical_server_answers_definite),
        T(step_1_off_is_needed),
        T(step_2_first_chunk_is_checked_in_order),
        T(step_3_same_sha_resumes_and_compares_nothing_else),
        T(step_4_slot_in_use_is_no_slot),
        T(step_4_pending_slot_is_overwritten_unless_forbidden),
        T(step_4_one_image_server_ignores_the_image_number),
        T(step_4_two_images_go_to_their_own_slots),
        T(step_4_direct_upload_takes_absolute_slots),
        T(step_5_len_is_held_to_the_slot),
        T(step_5_len_is_held_to_the_swap_when_told),
        T(step_6_upgrade_refuses_what_is_not_newer),
        T(step_7_wrong_offset_is_told_the_right_one),
        T(step_8_bytes_behind_len_are_an_overrun),
        T(step_9_hooks_refuse_and_hear),
        T(step_10_and_12_image_check_compares_flash),
        T(step_10_erase_failure_is_13_and_ends_the_session),
        T(step_10_progressive_erase_follows_the_stream),
        T(step_11_any_chunk_length_is_taken),
        T(step_12_write_failure_is_12_and_ends_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
