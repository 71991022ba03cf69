// SPDX-License-Identifier: Apache-2.0
/* Keys: files, signatures, wrapped image keys. */
#include "host_test.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/crypto_cipher.h"
#include "host/keys.h"

static struct host_key *made[HOST_KEY_TYPES];

/* RSA keys take a while: one of each for all tests. */
static int make_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        made[i] = host_key_generate((enum host_key_type)i, NULL);
        if (made[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        host_key_free(made[i]);
    }
    return 0;
}

static char *test_file(const char *name)
{
    return g_strdup_printf("test_host_keys.%d.%s", (int)getpid(), name);
}

struct secret {
    const char *text; /* NULL: nobody knows it */
    unsigned asked;
};

static char *tell(void *ctx, const char *name)
{
    struct secret *secret = ctx;

    (void)name;
    secret->asked++;
    return g_strdup(secret->text);
}

static void keys_survive_their_file(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        struct host_error err = HOST_ERROR_INIT;
        char *path = test_file("plain");
        struct host_key *back;
        char *pem;
        struct stat st;

        assert_int_equal(host_key_save(made[i], path, NULL, &err), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(host_key_save(made[i], path, NULL, &err), -1);
        assert_error(&err, DFU_OTHER, path);
        back = host_key_load(path, NULL, &err);
        assert_no_error(&err);
        assert_int_equal(back->type, i);
        assert_true(back->is_private);
        assert_int_equal(back->der_len, made[i]->der_len);
        assert_memory_equal(back->der, made[i]->der, back->der_len);
        pem = host_key_public_pem(back);
        host_key_free(back);
        back = host_key_parse("pub", pem, strlen(pem), NULL, &err);
        assert_no_error(&err);
        assert_false(back->is_private);
        assert_memory_equal(back->der, made[i]->der, back->der_len);
        host_key_free(back);
        g_free(pem);
        g_unlink(path);
        g_free(path);
    }
}

static void keys_with_a_passphrase_ask_for_it(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct secret secret = { .text = "open sesame" };
    struct host_passphrase pass = { tell, &secret };
    char *path = test_file("secret");
    struct host_key *back;

    (void)state;
    assert_int_equal(host_key_save(made[HOST_KEY_ED25519], path, "open sesame",
                             &err),
            0);
    assert_null(host_key_load(path, NULL, &err));
    assert_error(&err, DFU_OTHER, "passphrase");
    back = host_key_load(path, &pass, &err);
    assert_no_error(&err);
    assert_int_equal(secret.asked, 1);
    host_key_free(back);
    secret.text = "open barley";
    assert_null(host_key_load(path, &pass, &err));
    assert_error(&err, DFU_OTHER, "wrong passphrase");
    secret.text = NULL;
    assert_null(host_key_load(path, &pass, &err));
    assert_error(&err, DFU_OTHER, "protected by a passphrase");
    g_unlink(path);
    g_free(path);
}

static void keys_refuse_other_files(void **state)
{
    static const char *const texts[] = { "", "hello",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" };
    /* P-521, which MCUboot does not have. */
    static const char p521[] =
            "-----BEGIN PUBLIC KEY-----\n"
            "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA2ddy/WJkN/iYWh/xzoCW7jsxdV0b\n"
            "2Ch3JOBiNXC1ZcfRQOvgGlkSfLclaGkcKm4VwdtjjjU3raFOS01YQ6C2R/8A5Eci\n"
            "QXXPWmScqhT8p0ds0zgeWTziJzfNtcb7NGWuSc0qOCF+lQWkSCZ8SMsV2aiYUmDi\n"
            "ztNcQS8Iwwp6XlUZ46w=\n"
            "-----END PUBLIC KEY-----\n";
    struct host_error err = HOST_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_null(host_key_parse("x.pem", texts[i], strlen(texts[i]), NULL,
                &err));
        assert_error(&err, DFU_OTHER, "x.pem");
    }
    assert_null(host_key_parse("p521.pem", p521, strlen(p521), NULL, &err));
    assert_error(&err, DFU_OTHER, "another kind");
    assert_null(host_key_load("no such file", NULL, &err));
    assert_error(&err, DFU_FILE_MISSING, NULL);
    assert_int_equal(host_key_type_parse("ed448"), HOST_KEY_TYPES);
    assert_string_equal(host_key_type_to_str(HOST_KEY_TYPES), "unknown");
}

/* Facts of the public test seed 00..1f: SPKI, SHA-256 of it. */
static void keys_of_a_seed_are_known(void **state)
{
    static const uint8_t start[] = { 0xa0, 0x50, 0x83, 0x7d, 0x85, 0x07, 0x05,
        0x82 };
    struct host_error err = HOST_ERROR_INIT;
    uint8_t seed[32];
    uint8_t hash[MCUB_HASH_MAX];
    struct host_key *key;

    (void)state;
    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)i;
    }
    key = host_key_from_seed(seed, &err);
    assert_no_error(&err);
    assert_int_equal(key->der_len, 44);
    assert_int_equal(host_key_hash(key, MCUB_HASH_SHA256, hash), 0);
    assert_memory_equal(hash, start, sizeof(start));
    host_key_free(key);
}

static int message_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const char *message = ctx;

    memcpy(buf, message + off, len);
    return 0;
}

static int make_signature(struct host_key *key, bool pure,
        const struct mcub_hash *hash, uint8_t sig[MCUB_SIGNATURE_MAX])
{
    struct host_signing signing = { .key = key, .pure = pure };
    int len;

    assert_int_equal(host_sign_ops.update(&signing, "mess", 4), 0);
    assert_int_equal(host_sign_ops.update(&signing, "age", 3), 0);
    len = host_sign_ops.sign(&signing, hash, sig, MCUB_SIGNATURE_MAX);
    g_byte_array_unref(signing.message);
    return len;
}

static void signatures_are_good_for_their_key_and_hash_only(void **state)
{
    static const enum mcub_hash_alg algs[] = { MCUB_HASH_SHA256,
        MCUB_HASH_SHA384, MCUB_HASH_SHA512 };
    static const uint8_t fits[HOST_KEY_TYPES] = { 1, 1, 1, 2, 5, 0 };

    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        for (unsigned a = 0; a < G_N_ELEMENTS(algs); a++) {
            struct mcub_hash hash = { algs[a], mcub_hash_size(algs[a]),
                { 1, 2, 3 } };
            uint8_t bytes[MCUB_SIGNATURE_MAX] = { 0 };
            int len = make_signature(made[i], false, &hash, bytes);
            struct mcub_signature sig = { .type = host_key_sig_type(
                                                  made[i]->type),
                .value = { bytes, len > 0 ? (size_t)len : 64 },
                .hash = &hash };

            if ((fits[i] & 1u << a) == 0) {
                assert_int_equal(len, MCUB_E_CRYPTO);
                assert_int_not_equal(host_key_verify(made[i], &sig), 0);
                continue;
            }
            assert_true(len > 0);
            assert_int_equal(host_key_verify(made[i], &sig), 0);
            hash.bytes[0] ^= 1;
            assert_int_equal(host_key_verify(made[i], &sig), MCUB_E_SIGNATURE);
            hash.bytes[0] ^= 1;
            bytes[len / 2] ^= 1;
            assert_int_equal(host_key_verify(made[i], &sig), MCUB_E_SIGNATURE);
            bytes[len / 2] ^= 1;
            for (unsigned k = 0; k < HOST_KEY_TYPES; k++) {
                assert_int_equal(host_key_verify(made[k], &sig),
                        k == i ? 0 : MCUB_E_SIGNATURE);
            }
        }
    }
}

static void signatures_of_old_signers_may_end_with_zeros(void **state)
{
    struct mcub_hash hash = { MCUB_HASH_SHA256, 32, { 9 } };
    uint8_t bytes[MCUB_SIGNATURE_MAX] = { 0 };
    int len = make_signature(made[HOST_KEY_P256], false, &hash, bytes);
    struct mcub_signature sig = { .type = MCUB_TLV_ECDSA_SIG,
        .value = { bytes, 0 },
        .hash = &hash };

    (void)state;
    assert_true(len > 0);
    for (size_t more = 0; more < 9; more++) {
        sig.value.len = (size_t)len + more;
        assert_int_equal(host_key_verify(made[HOST_KEY_P256], &sig),
                more <= MCUB_ECDSA_ZEROS_MAX ? 0 : MCUB_E_SIGNATURE);
    }
    sig.value.len = (size_t)len + 2;
    bytes[len + 1] = 1;
    assert_int_equal(host_key_verify(made[HOST_KEY_P256], &sig),
            MCUB_E_SIGNATURE);
}

static void signatures_can_be_over_the_message(void **state)
{
    char message[] = "message";
    struct mcub_source src = { message_read, message, 0, 7 };
    struct mcub_hash hash = { MCUB_HASH_SHA512, 64, { 0 } };
    uint8_t bytes[MCUB_SIGNATURE_MAX];
    struct mcub_signature sig = { .type = MCUB_TLV_ED25519,
        .value = { bytes, 64 },
        .pure = true,
        .hash = &hash,
        .src = &src,
        .size = 7 };

    (void)state;
    assert_int_equal(make_signature(made[HOST_KEY_ED25519], true, &hash, bytes),
            64);
    assert_int_equal(host_key_verify(made[HOST_KEY_ED25519], &sig), 0);
    message[0] = 'M';
    assert_int_equal(host_key_verify(made[HOST_KEY_ED25519], &sig),
            MCUB_E_SIGNATURE);
    message[0] = 'm';
    sig.pure = false;
    assert_int_equal(host_key_verify(made[HOST_KEY_ED25519], &sig),
            MCUB_E_SIGNATURE);
    assert_int_equal(make_signature(made[HOST_KEY_P256], true, &hash, bytes),
            MCUB_E_CRYPTO);
}

static void image_keys_come_back_from_their_wrapping(void **state)
{
    static const struct {
        enum host_key_type type;
        bool sha512;
        uint16_t tlv; /* 0: not possible */
    } rows[] = {
        { HOST_KEY_RSA2048, false, MCUB_TLV_ENC_RSA2048 },
        { HOST_KEY_P256, false, MCUB_TLV_ENC_EC256 },
        { HOST_KEY_X25519, false, MCUB_TLV_ENC_X25519 },
        { HOST_KEY_X25519, true, MCUB_TLV_ENC_X25519_SHA512 },
        { HOST_KEY_RSA3072, false, 0 },
        { HOST_KEY_P384, false, 0 },
        { HOST_KEY_ED25519, false, 0 },
        { HOST_KEY_P256, true, 0 },
    };
    uint8_t key[32];

    (void)state;
    memset(key, 0x3c, sizeof(key));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_wrapping how = { made[rows[i].type], rows[i].sha512 };
        struct host_decryptor dec = { .key = made[rows[i].type] };

        for (size_t len = 16; len <= 32; len += 16) {
            uint8_t wrapped[MCUB_KEY_TLV_MAX];
            uint8_t back[32] = { 0 };
            uint16_t tlv = 0;
            int n = host_key_wrap(&how, key, len, &tlv, wrapped);

            assert_int_equal(tlv, rows[i].tlv);
            if (rows[i].tlv == 0) {
                assert_int_equal(n, MCUB_E_UNSUPPORTED);
                continue;
            }
            assert_int_equal(n, mcub_key_tlv_size(tlv, len));
            struct mcub_bytes in = { wrapped, (size_t)n };

            assert_int_equal(host_cipher_ops.unwrap(&dec, tlv, in, back, len),
                    0);
            assert_memory_equal(back, key, len);
            /* One bit anywhere, and it is not for us. */
            for (int at = 0; at < n; at += 13) {
                wrapped[at] ^= 4;
                assert_int_equal(host_cipher_ops.unwrap(&dec, tlv, in, back,
                                         len),
                        MCUB_E_SIGNATURE);
                wrapped[at] ^= 4;
            }
            dec.key = made[HOST_KEY_P384];
            assert_int_equal(host_cipher_ops.unwrap(&dec, tlv, in, back, len),
                    MCUB_E_ENCRYPTED);
            dec.key = made[rows[i].type];
        }
    }
}

/* RFC 3394, 4.1 */
static void image_keys_come_out_of_the_aes_key_wrap(void **state)
{
    static const uint8_t wrapped[] = { 0x1f, 0xa6, 0x8b, 0x0a, 0x81, 0x12, 0xb4,
        0x47, 0xae, 0xf3, 0x4b, 0xd8, 0xfb, 0x5a, 0x7b, 0x82, 0x9d, 0x3e, 0x86,
        0x23, 0x71, 0xd2, 0xcf, 0xe5 };
    struct host_decryptor dec = { .kek_len = 16 };
    struct mcub_bytes in = { wrapped, sizeof(wrapped) };
    uint8_t key[16];

    (void)state;
    for (size_t i = 0; i < 16; i++) {
        dec.kek[i] = (uint8_t)i;
    }
    assert_int_equal(host_cipher_ops.unwrap(&dec, MCUB_TLV_ENC_KW, in, key, 16),
            0);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(key[i], i * 0x11);
    }
    dec.kek[0] = 1;
    assert_int_equal(host_cipher_ops.unwrap(&dec, MCUB_TLV_ENC_KW, in, key, 16),
            MCUB_E_SIGNATURE);
    dec.kek_len = 0;
    assert_int_equal(host_cipher_ops.unwrap(&dec, MCUB_TLV_ENC_KW, in, key, 16),
            MCUB_E_ENCRYPTED);
}

static void decryptors_are_keys_or_sixteen_or_thirtytwo_bytes(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        size_t kek; /* 0: refused */
    } rows[] = {
        { "0123456789abcdef", 16, 16 },
        { "0123456789abcdef0123456789abcdef", 32, 32 },
        { "MDEyMzQ1Njc4OWFiY2RlZg==\n", 25, 16 },
        { "0123456789abcde", 15, 0 },
        { "", 0, 0 },
    };
    char *path = test_file("kek");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_decryptor dec;
        struct host_key *key = NULL;

        assert_true(g_file_set_contents(path, rows[i].text, (gssize)rows[i].len,
                NULL));
        assert_int_equal(host_decryptor_load(path, NULL, &dec, &key, &err),
                rows[i].kek != 0 ? 0 : -1);
        assert_int_equal(dec.kek_len, rows[i].kek);
        assert_null(key);
        host_error_clear(&err);
    }
    g_unlink(path);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_survive_their_file),
        cmocka_unit_test(keys_with_a_passphrase_ask_for_it),
        cmocka_unit_test(keys_refuse_other_files),
        cmocka_unit_test(keys_of_a_seed_are_known),
        cmocka_unit_test(signatures_are_good_for_their_key_and_hash_only),
        cmocka_unit_test(signatures_of_old_signers_may_end_with_zeros),
        cmocka_unit_test(signatures_can_be_over_the_message),
        cmocka_unit_test(image_keys_come_back_from_their_wrapping),
        cmocka_unit_test(image_keys_come_out_of_the_aes_key_wrap),
        cmocka_unit_test(decryptors_are_keys_or_sixteen_or_thirtytwo_bytes),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
