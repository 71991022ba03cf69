// SPDX-License-Identifier: Apache-2.0
/* Encrypted images that a boot refuses, and why. */
#include "crypt_rig.h"

enum device {
    DEVICE_RIGHT,
    DEVICE_NO_KEY,
    DEVICE_OTHER_KIND,
    DEVICE_OTHER_KEY,
};

struct refusal {
    const char *name;
    enum device device;
    size_t device_key_len; /* 0: no encryption */
    size_t key_len;
    uint32_t damage; /* byte to change, UINT32_MAX the last one; 0: none */
    int error;
};

static void check_refusal(const struct refusal *r,
        const struct rig_geometry *board, const struct host_key *other)
{
    const struct crypt_wrap *wrap = &crypt_wraps[3];
    struct crypt_pair new = crypt_make("2.0.0",
            crypt_round_len(CRYPT_NEW_SIZE, wrap, r->key_len), wrap, r->key_len,
            0);
    struct host_decryptor dec = crypt_device_key(wrap, 16);
    uint8_t *old = rig_image("1.0.0", CRYPT_OLD_SIZE);
    struct rig rig;

    if (r->device != DEVICE_RIGHT) {
        dec.key = r->device == DEVICE_OTHER_KEY ? other
                : r->device == DEVICE_NO_KEY    ? NULL
                                                : crypt_keys[HOST_KEY_P256];
    }
    crypt_start(&rig, board, &dec, r->device_key_len,
            (uint16_t)r->device_key_len);
    if (r->damage != 0) {
        new.sealed[r->damage == UINT32_MAX ? new.len - 1 : r->damage] ^= 1;
    }
    rig_program(&rig, 0, 0, old, CRYPT_OLD_SIZE);
    rig_upload(&rig, 0, new.sealed, new.len);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
    assert_int_equal(rig_boot(&rig), 0);
    if (rig.boot.result[0].error != r->error) {
        fail_msg("%s, %s: %s, want %s", board->name, r->name,
                mcub_err_to_str(rig.boot.result[0].error),
                mcub_err_to_str(r->error));
    }
    assert_int_equal(rig.boot.result[0].performed, MCUB_SWAP_NONE);
    assert_true(rig_logged(&rig, 0, MCUB_LOG_SLOT_INVALID));
    assert_true(rig_logged(&rig, 0, MCUB_LOG_SLOT_ERASED));
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, CRYPT_OLD_SIZE));
    rig_finish(&rig);
    crypt_drop(&new);
    free(old);
}

static void crypt_erases_what_it_cannot_open(void **state)
{
    static const struct refusal rows[] = {
        { "no encryption", DEVICE_RIGHT, 0, 16, 0, MCUB_E_ENCRYPTED },
        { "no key", DEVICE_NO_KEY, 16, 16, 0, MCUB_E_ENCRYPTED },
        { "another kind", DEVICE_OTHER_KIND, 16, 16, 0, MCUB_E_ENCRYPTED },
        { "another key", DEVICE_OTHER_KEY, 16, 16, 0, MCUB_E_SIGNATURE },
        { "larger image key", DEVICE_RIGHT, 16, 32, 0, MCUB_E_ENCRYPTED },
        { "smaller image key", DEVICE_RIGHT, 32, 16, 0, MCUB_E_ENCRYPTED },
        { "payload", DEVICE_RIGHT, 16, 16, 40, MCUB_E_HASH },
        { "key TLV", DEVICE_RIGHT, 16, 16, UINT32_MAX, MCUB_E_SIGNATURE },
    };
    struct host_error err = { .code = DFU_OK };
    struct host_key *other = host_key_generate(HOST_KEY_X25519, &err);

    (void)state;
    assert_no_error(&err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t b = 0; b < CRYPT_BOARDS; b++) {
            check_refusal(&rows[i], &crypt_boards[b], other);
        }
    }
    host_key_free(other);
}

/* What the primary holds is plain text: nothing else boots from there. */
static void crypt_reads_primaries_as_plain_text(void **state)
{
    static const struct {
        bool sealed;
        size_t key_len;
        int result;
        int error;
    } rows[] = {
        { false, 16, 0, 0 },
        { true, 16, MCUB_E_NOT_BOOTABLE, MCUB_E_HASH },
        { false, 0, MCUB_E_NOT_BOOTABLE, MCUB_E_ENCRYPTED },
        { true, 0, MCUB_E_NOT_BOOTABLE, MCUB_E_ENCRYPTED },
    };
    const struct crypt_wrap *wrap = &crypt_wraps[2];
    struct host_decryptor dec = crypt_device_key(wrap, 16);
    struct crypt_pair old = crypt_make("1.0.0",
            crypt_round_len(CRYPT_OLD_SIZE, wrap, 16), wrap, 16, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t b = 0; b < CRYPT_BOARDS; b++) {
            struct rig rig;

            crypt_start(&rig, &crypt_boards[b], &dec, rows[i].key_len,
                    (uint16_t)rows[i].key_len);
            rig_program(&rig, 0, 0, rows[i].sealed ? old.sealed : old.plain,
                    old.len);
            assert_int_equal(rig_boot(&rig), rows[i].result);
            assert_int_equal(rig.boot.result[0].error, rows[i].error);
            rig_finish(&rig);
        }
    }
    crypt_drop(&old);
}

/* The reference halts in an assertion here. */
static void crypt_swaps_nothing_without_the_key_of_the_primary(void **state)
{
    (void)state;
    for (size_t b = 0; b < CRYPT_BOARDS; b++) {
        const struct crypt_wrap *wrap = &crypt_wraps[3];
        struct host_decryptor dec = crypt_device_key(wrap, 16);
        struct crypt_pair old = crypt_make("1.0.0",
                crypt_round_len(CRYPT_OLD_SIZE, wrap, 16), wrap, 16, 0);
        struct crypt_pair new = crypt_make("2.0.0",
                crypt_round_len(CRYPT_NEW_SIZE, wrap, 16), wrap, 16, 0);
        bool copies = crypt_boards[b].mode == MCUB_MODE_OVERWRITE;
        struct rig rig;

        old.plain[old.len - 1] ^= 1;
        crypt_start(&rig, &crypt_boards[b], &dec, 16, 16);
        rig_program(&rig, 0, 0, old.plain, old.len);
        rig_upload(&rig, 0, new.sealed, new.len);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
        for (int boots = 0; boots < 2; boots++) {
            flash_power_on(&rig.power);
            assert_int_equal(rig_boot(&rig), 0);
            if (copies) {
                assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
                continue;
            }
            assert_int_equal(rig.power.ops, 0);
            assert_int_equal(rig.boot.result[0].error, MCUB_E_SIGNATURE);
            assert_true(rig_logged(&rig, 0, MCUB_LOG_NO_KEY));
            assert_true(rig_slot_holds(&rig, 0, 0, 0, old.plain, old.len));
        }
        rig_finish(&rig);
        crypt_drop(&old);
        crypt_drop(&new);
    }
}

/* In a trailer a key of ones says that there is none. */
static void crypt_refuses_a_key_of_ones(void **state)
{
    const struct crypt_wrap *wrap = &crypt_wraps[1];
    struct host_decryptor dec = crypt_device_key(wrap, 16);
    struct mcub_encryptor encrypt = {
        .cipher = { .ops = &host_cipher_ops, .key_len = 16 },
    };
    uint8_t *old = rig_image("1.0.0", CRYPT_OLD_SIZE);
    uint32_t len = crypt_round_len(CRYPT_NEW_SIZE, wrap, 16);
    struct rig_image_options none = { 0, 0, 0 };
    uint8_t wrapped[24];
    struct rig rig;

    (void)state;
    memset(encrypt.cipher.key, 0xff, 16);
    (void)crypt_wrap_with_kek(encrypt.cipher.key, 16, wrapped);
    encrypt.key = (struct mcub_tlv_spec){ MCUB_TLV_ENC_KW,
        { wrapped, sizeof(wrapped) } };
    uint8_t *new = rig_image_encrypted("2.0.0", len, none, &encrypt);

    crypt_start(&rig, &crypt_boards[0], &dec, 16, 16);
    rig_program(&rig, 0, 0, old, CRYPT_OLD_SIZE);
    rig_upload(&rig, 0, new, len);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_ENCRYPTED);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, CRYPT_OLD_SIZE));
    rig_finish(&rig);
    free(old);
    free(new);
}

static void crypt_runs_nothing_encrypted_in_place(void **state)
{
    static const struct rig_geometry xip = { "xip", MCUB_MODE_DIRECT_XIP, 4096,
        4, 4, 4, 8, 16, 0, 0 };
    const struct crypt_wrap *wrap = &crypt_wraps[3];
    struct host_decryptor dec = crypt_device_key(wrap, 16);
    struct crypt_pair new = crypt_make("2.0.0",
            crypt_round_len(CRYPT_NEW_SIZE, wrap, 16), wrap, 16, 0);
    uint8_t *old = rig_image("1.0.0", CRYPT_OLD_SIZE);
    struct rig rig;

    (void)state;
    crypt_start(&rig, &xip, &dec, 16, 16);
    rig_program(&rig, 0, 0, old, CRYPT_OLD_SIZE);
    rig_program(&rig, 0, 1, new.sealed, new.len);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_ENCRYPTED);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    rig_finish(&rig);
    crypt_drop(&new);
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crypt_erases_what_it_cannot_open),
        cmocka_unit_test(crypt_reads_primaries_as_plain_text),
        cmocka_unit_test(crypt_swaps_nothing_without_the_key_of_the_primary),
        cmocka_unit_test(crypt_refuses_a_key_of_ones),
        cmocka_unit_test(crypt_runs_nothing_encrypted_in_place),
    };

    return cmocka_run_group_tests(tests, crypt_keys_make, crypt_keys_free);
}
