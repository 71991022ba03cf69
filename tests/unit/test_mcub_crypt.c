// SPDX-License-Identifier: Apache-2.0
/* Encrypted images in mcub_boot(), with real keys of every kind. */
#include "crypt_rig.h"

static bool buffer_holds(const struct rig *rig, const struct crypt_pair *pair,
        size_t key_len)
{
    for (size_t i = 0; i + key_len <= sizeof(rig->buf); i++) {
        if (memcmp(rig->buf + i, pair->key, key_len) == 0) {
            return true;
        }
    }
    return false;
}

/* There and back: both images encrypted, then only one of them. */
static void round_trip(const struct rig_geometry *board,
        const struct crypt_wrap *wrap, size_t key_len, bool saved)
{
    struct host_decryptor dec = crypt_device_key(wrap, key_len);
    uint16_t size =
            saved ? mcub_key_tlv_size(wrap->tlv, key_len) : (uint16_t)key_len;
    struct crypt_pair old = crypt_make("1.0.0",
            crypt_round_len(CRYPT_OLD_SIZE, wrap, key_len), wrap, key_len, 0);
    struct crypt_pair new = crypt_make("2.0.0",
            crypt_round_len(CRYPT_NEW_SIZE, wrap, key_len), wrap, key_len, 0);
    uint32_t at = board->mode == MCUB_MODE_OFFSET ? board->sector : 0;
    struct rig rig;

    crypt_start(&rig, board, &dec, key_len, size);
    rig_program(&rig, 0, 0, old.plain, old.len);
    rig_upload(&rig, 0, new.sealed, new.len);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_TEST);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
    assert_false(buffer_holds(&rig, &new, key_len));
    if (board->mode != MCUB_MODE_OVERWRITE) {
        assert_true(rig_slot_holds(&rig, 0, 1, 0, old.sealed, old.len));
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_REVERT);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, old.plain, old.len));
        assert_true(rig_slot_holds(&rig, 0, 1, at, new.sealed, new.len));
        assert_false(buffer_holds(&rig, &old, key_len));
    }
    rig_assert_clean(&rig);
    rig_finish(&rig);
    crypt_drop(&old);
    crypt_drop(&new);
}

static void crypt_swaps_and_reverts_with_every_kind_of_key(void **state)
{
    (void)state;
    for (size_t b = 0; b < CRYPT_BOARDS; b++) {
        for (size_t k = 0; k < CRYPT_WRAPS; k++) {
            round_trip(&crypt_boards[b], &crypt_wraps[k], 16, false);
            round_trip(&crypt_boards[b], &crypt_wraps[k], 32, false);
            round_trip(&crypt_boards[b], &crypt_wraps[k], 16, true);
            round_trip(&crypt_boards[b], &crypt_wraps[k], 32, true);
        }
    }
}

static void crypt_swaps_plain_images_as_before(void **state)
{
    (void)state;
    for (size_t b = 0; b < CRYPT_BOARDS; b++) {
        const struct crypt_wrap *wrap = &crypt_wraps[2];
        struct host_decryptor dec = crypt_device_key(wrap, 16);
        struct crypt_pair old = crypt_make("1.0.0",
                crypt_round_len(CRYPT_OLD_SIZE, wrap, 16), wrap, 16, 0);
        uint8_t *new = rig_image("2.0.0", CRYPT_NEW_SIZE);
        struct rig rig;

        crypt_start(&rig, &crypt_boards[b], &dec, 16, 16);
        rig_program(&rig, 0, 0, old.plain, old.len);
        rig_upload(&rig, 0, new, CRYPT_NEW_SIZE);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new, CRYPT_NEW_SIZE));
        if (crypt_boards[b].mode != MCUB_MODE_OVERWRITE) {
            assert_true(rig_slot_holds(&rig, 0, 1, 0, old.sealed, old.len));
        }
        rig_finish(&rig);
        crypt_drop(&old);
        free(new);
    }
}

/* What is in flash when the swap has begun. */
static void look_into_trailer(bool saved)
{
    const struct crypt_wrap *wrap = &crypt_wraps[3];
    struct host_decryptor dec = crypt_device_key(wrap, 16);
    uint16_t size = saved ? mcub_key_tlv_size(wrap->tlv, 16) : 16;
    struct crypt_pair new = crypt_make("2.0.0",
            crypt_round_len(CRYPT_NEW_SIZE, wrap, 16), wrap, 16, 0);
    uint8_t *old = rig_image("1.0.0", CRYPT_OLD_SIZE);
    struct mcub_trailer trailer;
    struct rig rig;
    uint8_t ones[80];

    memset(ones, 0xff, sizeof(ones));
    crypt_start(&rig, &crypt_boards[0], &dec, 16, size);
    rig_program(&rig, 0, 0, old, CRYPT_OLD_SIZE);
    rig_upload(&rig, 0, new.sealed, new.len);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    flash_power_on(&rig.power);
    rig.power.cut_at = 12;
    assert_int_equal(rig_boot(&rig), MCUB_E_POWER);
    flash_power_on(&rig.power);
    assert_int_equal(mcub_slot_trailer(&rig.board, 0, 0, &trailer), 0);
    /* Nearer to the end is that of the primary. */
    assert_int_equal(trailer.layout.enc_key0 - trailer.layout.enc_key1, size);
    assert_true(
            rig_slot_holds(&rig, 0, 0, trailer.layout.enc_key0, ones, size));
    assert_true(rig_slot_holds(&rig, 0, 0, trailer.layout.enc_key1,
            saved ? new.sealed + new.len - size : new.key, size));
    assert_int_equal(rig_boot(&rig), 0);
    assert_true(rig.boot.result[0].resumed);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
    assert_true(rig_slot_holds(&rig, 0, 1, 0, old, CRYPT_OLD_SIZE));
    rig_finish(&rig);
    crypt_drop(&new);
    free(old);
}

static void crypt_keeps_keys_or_key_tlvs_in_the_trailer(void **state)
{
    (void)state;
    look_into_trailer(false);
    look_into_trailer(true);
}

static void crypt_loads_into_ram_from_either_slot(void **state)
{
    static const struct rig_geometry ram = { "ram", MCUB_MODE_RAM_LOAD, 4096, 4,
        4, 4, 8, 16, 0, 0 };

    (void)state;
    for (uint8_t slot = 0; slot < 2; slot++) {
        const struct crypt_wrap *wrap = &crypt_wraps[0];
        struct host_decryptor dec = crypt_device_key(wrap, 32);
        struct crypt_pair new =
                crypt_make("2.0.0", crypt_round_len(CRYPT_NEW_SIZE, wrap, 32),
                        wrap, 32, MCUB_IMAGE_RAM_LOAD);
        struct crypt_pair bad =
                crypt_make("3.0.0", crypt_round_len(CRYPT_NEW_SIZE, wrap, 32),
                        wrap, 32, MCUB_IMAGE_RAM_LOAD);
        struct rig rig;

        crypt_start(&rig, &ram, &dec, 32, 32);
        rig_program(&rig, 0, slot, new.sealed, new.len);
        /* Plain text is decrypted as well, and then wrong. */
        rig_program(&rig, 0, 1 - slot, bad.plain, bad.len);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].slot, slot);
        assert_memory_equal(rig.ram + 0x400, new.plain, new.len);
        assert_true(rig_slot_holds(&rig, 0, slot, 0, new.sealed, new.len));
        assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1 - slot), 1);
        rig_finish(&rig);
        crypt_drop(&new);
        crypt_drop(&bad);
    }
}

static void crypt_bootstraps_an_empty_device(void **state)
{
    (void)state;
    for (size_t b = 0; b < CRYPT_BOARDS; b++) {
        const struct crypt_wrap *wrap = &crypt_wraps[4];
        struct host_decryptor dec = crypt_device_key(wrap, 16);
        struct crypt_pair new = crypt_make("2.0.0",
                crypt_round_len(CRYPT_NEW_SIZE, wrap, 16), wrap, 16, 0);
        struct rig rig;

        crypt_start(&rig, &crypt_boards[b], &dec, 16, 16);
        rig.boot.options = MCUB_BOOT_BOOTSTRAP;
        rig_upload(&rig, 0, new.sealed, new.len);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_BOOTSTRAP));
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        rig_finish(&rig);
        crypt_drop(&new);
    }
}

static void crypt_refuses_impossible_boards(void **state)
{
    static const struct {
        uint8_t key_size;
        uint16_t enc_size;
        bool cipher;
        int result;
    } rows[] = {
        { 0, 0, true, 0 },
        { 0, 16, true, MCUB_E_ARG },
        { 16, 0, true, MCUB_E_ARG },
        { 16, 16, false, MCUB_E_ARG },
        { 24, 24, true, MCUB_E_ARG },
        { 16, 32, true, MCUB_E_ARG },
        { 16, 81, true, MCUB_E_ARG },
        { 16, 80, true, 0 },
        { 32, 80, true, MCUB_E_ARG },
        { 32, 96, true, 0 },
        { 32, 256, true, 0 },
        { 16, 24, true, 0 },
    };
    struct host_decryptor dec = crypt_device_key(&crypt_wraps[0], 16);
    uint8_t *old = rig_image("1.0.0", CRYPT_OLD_SIZE);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;

        crypt_start(&rig, &crypt_boards[0], &dec, rows[i].key_size,
                rows[i].enc_size);
        rig_program(&rig, 0, 0, old, CRYPT_OLD_SIZE);
        rig.cipher = rows[i].cipher ? &host_cipher_ops : NULL;
        assert_int_equal(rig_boot(&rig), rows[i].result);
        rig_finish(&rig);
    }
    free(old);
}

/* Figures of docs/spec/trailer.md; the largest image shrinks with keys. */
static void crypt_keys_take_room_in_trailers(void **state)
{
    static const struct {
        uint8_t key_size;
        uint16_t enc_size;
        uint32_t trailer;
        uint32_t offset; /* of swap-offset */
        uint32_t key0;   /* bytes from the end */
    } rows[] = {
        { 0, 0, 1584, 1080, 0 },
        { 16, 16, 1616, 1112, 64 },
        { 32, 32, 1648, 1144, 80 },
        { 16, 80, 1744, 1240, 128 },
    };
    static const struct rig_geometry by_offset = { "room", MCUB_MODE_OFFSET,
        4096, 32, 33, 4, 8, 128, 1, 0 };
    static const struct rig_geometry scratch = { "room", MCUB_MODE_SCRATCH,
        4096, 32, 32, 4, 8, 128, 1, 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct host_decryptor dec = crypt_device_key(&crypt_wraps[0], 16);
        struct mcub_trailer t;
        struct rig rig;

        crypt_start(&rig, &scratch, &dec, rows[i].key_size, rows[i].enc_size);
        assert_int_equal(mcub_slot_trailer(&rig.board, 0, 0, &t), 0);
        assert_int_equal(t.layout.size, rows[i].trailer);
        assert_int_equal(rows[i].key0 == 0 ? 0
                                           : 32u * 4096u - t.layout.enc_key0,
                rows[i].key0);
        assert_int_equal(mcub_max_image_size(&rig.board, 0),
                32u * 4096u - rows[i].trailer);
        rig_finish(&rig);
        crypt_start(&rig, &by_offset, &dec, rows[i].key_size, rows[i].enc_size);
        assert_int_equal(mcub_slot_trailer(&rig.board, 0, 0, &t), 0);
        assert_int_equal(t.layout.size, rows[i].offset);
        rig_finish(&rig);
    }
}

/* Serial recovery: the file was written into the primary as it is. */
static void crypt_decrypts_an_image_where_it_lies(void **state)
{
    static uint8_t buf[4096];

    (void)state;
    for (size_t b = 0; b < CRYPT_BOARDS; b++) {
        const struct crypt_wrap *wrap = &crypt_wraps[b];
        struct host_decryptor dec = crypt_device_key(wrap, 16);
        struct crypt_pair new = crypt_make("2.0.0",
                crypt_round_len(CRYPT_NEW_SIZE, wrap, 16), wrap, 16, 0);
        uint8_t *plain = rig_image("3.0.0", CRYPT_NEW_SIZE);
        struct rig rig;

        crypt_start(&rig, &crypt_boards[b], &dec, 16, 16);
        const struct mcub_slot *slot = &rig.pairs[0].slot[0];

        rig_program(&rig, 0, 0, new.sealed, new.len);
        assert_int_equal(mcub_slot_decrypt(slot, &host_cipher_ops, &dec, buf,
                                 512),
                MCUB_E_SPACE);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new.sealed, new.len));
        assert_int_equal(mcub_slot_decrypt(slot, &host_cipher_ops, &dec, buf,
                                 sizeof(buf)),
                0);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
        assert_int_equal(rig_boot(&rig), 0);
        /* Cut in the middle it is nothing that boots. */
        rig_program(&rig, 0, 0, new.sealed, new.len);
        flash_power_on(&rig.power);
        rig.power.cut_at = 2;
        assert_int_equal(mcub_slot_decrypt(slot, &host_cipher_ops, &dec, buf,
                                 sizeof(buf)),
                MCUB_E_POWER);
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), MCUB_E_NOT_BOOTABLE);
        rig_program(&rig, 0, 0, plain, CRYPT_NEW_SIZE);
        assert_int_equal(mcub_slot_decrypt(slot, &host_cipher_ops, &dec, buf,
                                 sizeof(buf)),
                MCUB_E_NOT_FOUND);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, plain, CRYPT_NEW_SIZE));
        rig_assert_clean(&rig);
        rig_finish(&rig);
        crypt_drop(&new);
        free(plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crypt_swaps_and_reverts_with_every_kind_of_key),
        cmocka_unit_test(crypt_swaps_plain_images_as_before),
        cmocka_unit_test(crypt_keeps_keys_or_key_tlvs_in_the_trailer),
        cmocka_unit_test(crypt_loads_into_ram_from_either_slot),
        cmocka_unit_test(crypt_bootstraps_an_empty_device),
        cmocka_unit_test(crypt_decrypts_an_image_where_it_lies),
        cmocka_unit_test(crypt_refuses_impossible_boards),
        cmocka_unit_test(crypt_keys_take_room_in_trailers),
    };

    return cmocka_run_group_tests(tests, crypt_keys_make, crypt_keys_free);
}
