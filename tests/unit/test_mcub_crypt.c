// SPDX-License-Identifier: Apache-2.0
/*
 * Encrypted images in mcub_boot(), with real keys of every kind.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "host/crypto_cipher.h"
#include "host_test.h"
#include "mcub/boot_private.h"
#include "mcub_rig.h"

/* Header and payload together are whole blocks, so no zeros are added. */
#define OLD_SIZE 3000u
#define NEW_SIZE 5000u

static struct host_key *made[HOST_KEY_TYPES];

static const uint8_t kek[32] = "a key that encrypts other keys..";

/* How image keys are wrapped. */
struct wrap {
    const char *name;
    enum host_key_type type;
    bool sha512;
    bool kek; /* AES key wrap, no pair of keys */
    uint16_t tlv;
};

static const struct wrap wraps[] = {
    { "RSA", HOST_KEY_RSA2048, false, false, MCUB_TLV_ENC_RSA2048 },
    { "KW", HOST_KEY_TYPES, false, true, MCUB_TLV_ENC_KW },
    { "P-256", HOST_KEY_P256, false, false, MCUB_TLV_ENC_EC256 },
    { "X25519", HOST_KEY_X25519, false, false, MCUB_TLV_ENC_X25519 },
    { "X25519, SHA-512", HOST_KEY_X25519, true, false,
            MCUB_TLV_ENC_X25519_SHA512 },
};
#define WRAPS (sizeof(wraps) / sizeof(wraps[0]))

static const struct rig_geometry boards[] = {
    { "move", MCUB_MODE_MOVE, 1024, 10, 10, 4, 8, 16, 0, 0 },
    { "offset", MCUB_MODE_OFFSET, 1024, 10, 10, 8, 8, 16, 0, 0 },
    { "scratch", MCUB_MODE_SCRATCH, 1024, 10, 10, 4, 16, 16, 2, 1 },
    { "shared", MCUB_MODE_SCRATCH, 4096, 2, 2, 4, 8, 16, 1, 0 },
    { "overwrite", MCUB_MODE_OVERWRITE, 1024, 10, 10, 8, 32, 16, 0, 0 },
};
#define BOARDS (sizeof(boards) / sizeof(boards[0]))

/* One image, as it is sent and as it runs. */
struct pair {
    uint8_t *sealed;
    uint8_t *plain;
    uint32_t len;
    uint8_t key[32];
};

static size_t wrap_with_kek(const uint8_t *key, size_t len, uint8_t *out)
{
    const EVP_CIPHER *aes = len == 16 ? EVP_aes_128_wrap() : EVP_aes_256_wrap();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;

    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    assert_int_equal(EVP_EncryptInit_ex(ctx, aes, NULL, kek, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, key, (int)len), 1);
    EVP_CIPHER_CTX_free(ctx);
    return (size_t)n;
}

static struct pair make(const char *version, uint32_t len,
        const struct wrap *wrap, size_t key_len, uint32_t flags)
{
    struct pair pair = { NULL, NULL, len, { 0 } };
    struct rig_image_options options = { flags,
        flags != 0 ? RIG_RAM_START + 0x400 : 0, 0 };
    struct mcub_encryptor encrypt = { .cipher = { .ops = &host_cipher_ops } };
    uint8_t wrapped[MCUB_KEY_TLV_MAX];
    uint16_t tlv = MCUB_TLV_ENC_KW;
    size_t n;

    for (size_t i = 0; i < key_len; i++) {
        pair.key[i] = (uint8_t)(version[0] * 16 + (int)i);
    }
    if (wrap->kek) {
        n = wrap_with_kek(pair.key, key_len, wrapped);
    } else {
        struct host_wrapping how = { made[wrap->type], wrap->sha512 };

        n = (size_t)host_key_wrap(&how, pair.key, key_len, &tlv, wrapped);
    }
    assert_int_equal(tlv, wrap->tlv);
    encrypt.cipher.key_len = (uint8_t)key_len;
    memcpy(encrypt.cipher.key, pair.key, key_len);
    encrypt.key = (struct mcub_tlv_spec){ tlv, { wrapped, n } };
    pair.sealed = rig_image_encrypted(version, len, options, &encrypt);
    encrypt.clear = true;
    pair.plain = rig_image_encrypted(version, len, options, &encrypt);
    assert_memory_equal(pair.sealed, pair.plain, 32);
    assert_memory_not_equal(pair.sealed + 32, pair.plain + 32, 32);
    return pair;
}

static void drop(struct pair *pair)
{
    free(pair->sealed);
    free(pair->plain);
}

/* What the device has to unwrap keys of a kind. */
static struct host_decryptor device_key(const struct wrap *wrap, size_t len)
{
    struct host_decryptor dec = { .key = NULL };

    if (wrap->kek) {
        memcpy(dec.kek, kek, len);
        dec.kek_len = len;
    } else {
        dec.key = made[wrap->type];
    }
    return dec;
}

/* A total of len bytes that needs no zeros between payload and TLVs. */
static uint32_t round_len(uint32_t len, const struct wrap *wrap, size_t key_len)
{
    uint32_t tlvs = 4u + 36u + 4u + mcub_key_tlv_size(wrap->tlv, key_len);

    return (len & ~15u) + tlvs;
}

static void start(struct rig *rig, const struct rig_geometry *board,
        struct host_decryptor *dec, size_t key_len, uint16_t enc_size)
{
    rig_init(rig, board, 1);
    rig->board.key_size = (uint8_t)key_len;
    rig->board.enc_size = enc_size;
    rig->cipher = &host_cipher_ops;
    rig->cipher_ctx = dec;
}

static bool buffer_holds(const struct rig *rig, const struct pair *pair,
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
        const struct wrap *wrap, size_t key_len, bool saved)
{
    struct host_decryptor dec = device_key(wrap, key_len);
    uint16_t size =
            saved ? mcub_key_tlv_size(wrap->tlv, key_len) : (uint16_t)key_len;
    struct pair old =
            make("1.0.0", round_len(OLD_SIZE, wrap, key_len), wrap, key_len, 0);
    struct pair new =
            make("2.0.0", round_len(NEW_SIZE, wrap, key_len), wrap, key_len, 0);
    uint32_t at = board->mode == MCUB_MODE_OFFSET ? board->sector : 0;
    struct rig rig;

    start(&rig, board, &dec, key_len, size);
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
    drop(&old);
    drop(&new);
}

static void crypt_swaps_and_reverts_with_every_kind_of_key(void **state)
{
    (void)state;
    for (size_t b = 0; b < BOARDS; b++) {
        for (size_t k = 0; k < WRAPS; k++) {
            round_trip(&boards[b], &wraps[k], 16, false);
            round_trip(&boards[b], &wraps[k], 32, false);
            round_trip(&boards[b], &wraps[k], 16, true);
            round_trip(&boards[b], &wraps[k], 32, true);
        }
    }
}

static void crypt_swaps_plain_images_as_before(void **state)
{
    (void)state;
    for (size_t b = 0; b < BOARDS; b++) {
        const struct wrap *wrap = &wraps[2];
        struct host_decryptor dec = device_key(wrap, 16);
        struct pair old =
                make("1.0.0", round_len(OLD_SIZE, wrap, 16), wrap, 16, 0);
        uint8_t *new = rig_image("2.0.0", NEW_SIZE);
        struct rig rig;

        start(&rig, &boards[b], &dec, 16, 16);
        rig_program(&rig, 0, 0, old.plain, old.len);
        rig_upload(&rig, 0, new, NEW_SIZE);
        assert_int_equal(mcub_slot_set_pending(&rig.board, 0, true), 0);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new, NEW_SIZE));
        if (boards[b].mode != MCUB_MODE_OVERWRITE) {
            assert_true(rig_slot_holds(&rig, 0, 1, 0, old.sealed, old.len));
        }
        rig_finish(&rig);
        drop(&old);
        free(new);
    }
}

/* What is in flash when the swap has begun. */
static void look_into_trailer(bool saved)
{
    const struct wrap *wrap = &wraps[3];
    struct host_decryptor dec = device_key(wrap, 16);
    uint16_t size = saved ? mcub_key_tlv_size(wrap->tlv, 16) : 16;
    struct pair new = make("2.0.0", round_len(NEW_SIZE, wrap, 16), wrap, 16, 0);
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);
    struct mcub_trailer trailer;
    struct rig rig;
    uint8_t ones[80];

    memset(ones, 0xff, sizeof(ones));
    start(&rig, &boards[0], &dec, 16, size);
    rig_program(&rig, 0, 0, old, OLD_SIZE);
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
    assert_true(rig_slot_holds(&rig, 0, 1, 0, old, OLD_SIZE));
    rig_finish(&rig);
    drop(&new);
    free(old);
}

static void crypt_keeps_keys_or_key_tlvs_in_the_trailer(void **state)
{
    (void)state;
    look_into_trailer(false);
    look_into_trailer(true);
}

/* ---- refusals ------------------------------------------------------------ */

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
    const struct wrap *wrap = &wraps[3];
    struct pair new = make("2.0.0", round_len(NEW_SIZE, wrap, r->key_len), wrap,
            r->key_len, 0);
    struct host_decryptor dec = device_key(wrap, 16);
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);
    struct rig rig;

    if (r->device != DEVICE_RIGHT) {
        dec.key = r->device == DEVICE_OTHER_KEY ? other
                : r->device == DEVICE_NO_KEY    ? NULL
                                                : made[HOST_KEY_P256];
    }
    start(&rig, board, &dec, r->device_key_len, (uint16_t)r->device_key_len);
    if (r->damage != 0) {
        new.sealed[r->damage == UINT32_MAX ? new.len - 1 : r->damage] ^= 1;
    }
    rig_program(&rig, 0, 0, old, OLD_SIZE);
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
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, OLD_SIZE));
    rig_finish(&rig);
    drop(&new);
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
        for (size_t b = 0; b < BOARDS; b++) {
            check_refusal(&rows[i], &boards[b], other);
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
    const struct wrap *wrap = &wraps[2];
    struct host_decryptor dec = device_key(wrap, 16);
    struct pair old = make("1.0.0", round_len(OLD_SIZE, wrap, 16), wrap, 16, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t b = 0; b < BOARDS; b++) {
            struct rig rig;

            start(&rig, &boards[b], &dec, rows[i].key_len,
                    (uint16_t)rows[i].key_len);
            rig_program(&rig, 0, 0, rows[i].sealed ? old.sealed : old.plain,
                    old.len);
            assert_int_equal(rig_boot(&rig), rows[i].result);
            assert_int_equal(rig.boot.result[0].error, rows[i].error);
            rig_finish(&rig);
        }
    }
    drop(&old);
}

/* The reference halts in an assertion here. */
static void crypt_swaps_nothing_without_the_key_of_the_primary(void **state)
{
    (void)state;
    for (size_t b = 0; b < BOARDS; b++) {
        const struct wrap *wrap = &wraps[3];
        struct host_decryptor dec = device_key(wrap, 16);
        struct pair old =
                make("1.0.0", round_len(OLD_SIZE, wrap, 16), wrap, 16, 0);
        struct pair new =
                make("2.0.0", round_len(NEW_SIZE, wrap, 16), wrap, 16, 0);
        bool copies = boards[b].mode == MCUB_MODE_OVERWRITE;
        struct rig rig;

        old.plain[old.len - 1] ^= 1;
        start(&rig, &boards[b], &dec, 16, 16);
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
        drop(&old);
        drop(&new);
    }
}

/* In a trailer a key of ones says that there is none. */
static void crypt_refuses_a_key_of_ones(void **state)
{
    const struct wrap *wrap = &wraps[1];
    struct host_decryptor dec = device_key(wrap, 16);
    struct mcub_encryptor encrypt = {
        .cipher = { .ops = &host_cipher_ops, .key_len = 16 },
    };
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);
    uint32_t len = round_len(NEW_SIZE, wrap, 16);
    struct rig_image_options none = { 0, 0, 0 };
    uint8_t wrapped[24];
    struct rig rig;

    (void)state;
    memset(encrypt.cipher.key, 0xff, 16);
    (void)wrap_with_kek(encrypt.cipher.key, 16, wrapped);
    encrypt.key = (struct mcub_tlv_spec){ MCUB_TLV_ENC_KW,
        { wrapped, sizeof(wrapped) } };
    uint8_t *new = rig_image_encrypted("2.0.0", len, none, &encrypt);

    start(&rig, &boards[0], &dec, 16, 16);
    rig_program(&rig, 0, 0, old, OLD_SIZE);
    rig_upload(&rig, 0, new, len);
    assert_int_equal(mcub_slot_set_pending(&rig.board, 0, false), 0);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_ENCRYPTED);
    assert_true(rig_slot_holds(&rig, 0, 0, 0, old, OLD_SIZE));
    rig_finish(&rig);
    free(old);
    free(new);
}

/* ---- other modes --------------------------------------------------------- */

static void crypt_loads_into_ram_from_either_slot(void **state)
{
    static const struct rig_geometry ram = { "ram", MCUB_MODE_RAM_LOAD, 4096, 4,
        4, 4, 8, 16, 0, 0 };

    (void)state;
    for (uint8_t slot = 0; slot < 2; slot++) {
        const struct wrap *wrap = &wraps[0];
        struct host_decryptor dec = device_key(wrap, 32);
        struct pair new = make("2.0.0", round_len(NEW_SIZE, wrap, 32), wrap, 32,
                MCUB_IMAGE_RAM_LOAD);
        struct pair bad = make("3.0.0", round_len(NEW_SIZE, wrap, 32), wrap, 32,
                MCUB_IMAGE_RAM_LOAD);
        struct rig rig;

        start(&rig, &ram, &dec, 32, 32);
        rig_program(&rig, 0, slot, new.sealed, new.len);
        /* Plain text is decrypted as well, and then wrong. */
        rig_program(&rig, 0, 1 - slot, bad.plain, bad.len);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.boot.result[0].slot, slot);
        assert_memory_equal(rig.ram + 0x400, new.plain, new.len);
        assert_true(rig_slot_holds(&rig, 0, slot, 0, new.sealed, new.len));
        assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1 - slot), 1);
        rig_finish(&rig);
        drop(&new);
        drop(&bad);
    }
}

static void crypt_runs_nothing_encrypted_in_place(void **state)
{
    static const struct rig_geometry xip = { "xip", MCUB_MODE_DIRECT_XIP, 4096,
        4, 4, 4, 8, 16, 0, 0 };
    const struct wrap *wrap = &wraps[3];
    struct host_decryptor dec = device_key(wrap, 16);
    struct pair new = make("2.0.0", round_len(NEW_SIZE, wrap, 16), wrap, 16, 0);
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);
    struct rig rig;

    (void)state;
    start(&rig, &xip, &dec, 16, 16);
    rig_program(&rig, 0, 0, old, OLD_SIZE);
    rig_program(&rig, 0, 1, new.sealed, new.len);
    assert_int_equal(rig_boot(&rig), 0);
    assert_int_equal(rig.boot.booted_slot, 0);
    assert_int_equal(rig.boot.result[0].error, MCUB_E_ENCRYPTED);
    assert_int_equal(mcub_slot_is_blank(&rig.board, 0, 1), 1);
    rig_finish(&rig);
    drop(&new);
    free(old);
}

static void crypt_bootstraps_an_empty_device(void **state)
{
    (void)state;
    for (size_t b = 0; b < BOARDS; b++) {
        const struct wrap *wrap = &wraps[4];
        struct host_decryptor dec = device_key(wrap, 16);
        struct pair new =
                make("2.0.0", round_len(NEW_SIZE, wrap, 16), wrap, 16, 0);
        struct rig rig;

        start(&rig, &boards[b], &dec, 16, 16);
        rig.boot.options = MCUB_BOOT_BOOTSTRAP;
        rig_upload(&rig, 0, new.sealed, new.len);
        assert_int_equal(rig_boot(&rig), 0);
        assert_true(rig_logged(&rig, 0, MCUB_LOG_BOOTSTRAP));
        assert_true(rig_slot_holds(&rig, 0, 0, 0, new.plain, new.len));
        flash_power_on(&rig.power);
        assert_int_equal(rig_boot(&rig), 0);
        assert_int_equal(rig.power.ops, 0);
        rig_finish(&rig);
        drop(&new);
    }
}

/* ---- boards -------------------------------------------------------------- */

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
    struct host_decryptor dec = device_key(&wraps[0], 16);
    uint8_t *old = rig_image("1.0.0", OLD_SIZE);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;

        start(&rig, &boards[0], &dec, rows[i].key_size, rows[i].enc_size);
        rig_program(&rig, 0, 0, old, OLD_SIZE);
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
        uint32_t key0; /* bytes from the end */
    } rows[] = {
        { 0, 0, 1584, 0 },
        { 16, 16, 1616, 64 },
        { 32, 32, 1648, 80 },
        { 16, 80, 1744, 128 },
    };
    static const struct rig_geometry scratch = { "room", MCUB_MODE_SCRATCH,
        4096, 32, 32, 4, 8, 128, 1, 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct host_decryptor dec = device_key(&wraps[0], 16);
        struct mcub_trailer t;
        struct rig rig;

        start(&rig, &scratch, &dec, rows[i].key_size, rows[i].enc_size);
        assert_int_equal(mcub_slot_trailer(&rig.board, 0, 0, &t), 0);
        assert_int_equal(t.layout.size, rows[i].trailer);
        assert_int_equal(rows[i].key0 == 0 ? 0
                                           : 32u * 4096u - t.layout.enc_key0,
                rows[i].key0);
        assert_int_equal(mcub_max_image_size(&rig.board, 0),
                32u * 4096u - rows[i].trailer);
        rig_finish(&rig);
    }
}

static int make_keys(void **state)
{
    static const enum host_key_type types[] = { HOST_KEY_RSA2048, HOST_KEY_P256,
        HOST_KEY_X25519 };
    struct host_error err = { .code = DFU_OK };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        made[types[i]] = host_key_generate(types[i], &err);
        assert_no_error(&err);
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOST_KEY_TYPES; i++) {
        host_key_free(made[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crypt_swaps_and_reverts_with_every_kind_of_key),
        cmocka_unit_test(crypt_swaps_plain_images_as_before),
        cmocka_unit_test(crypt_keeps_keys_or_key_tlvs_in_the_trailer),
        cmocka_unit_test(crypt_erases_what_it_cannot_open),
        cmocka_unit_test(crypt_reads_primaries_as_plain_text),
        cmocka_unit_test(crypt_swaps_nothing_without_the_key_of_the_primary),
        cmocka_unit_test(crypt_refuses_a_key_of_ones),
        cmocka_unit_test(crypt_loads_into_ram_from_either_slot),
        cmocka_unit_test(crypt_runs_nothing_encrypted_in_place),
        cmocka_unit_test(crypt_bootstraps_an_empty_device),
        cmocka_unit_test(crypt_refuses_impossible_boards),
        cmocka_unit_test(crypt_keys_take_room_in_trailers),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
