// SPDX-License-Identifier: Apache-2.0
/* Making image files: what is refused, what is told when a key is wrong. */
#include "host_test.h"

#include "host/crypto_cipher.h"
#include "host/image_sign.h"
#include "host/package.h"

static struct host_key *keys[HOST_KEY_TYPES];

static int make_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        keys[i] = host_key_generate((enum host_key_type)i, NULL);
        if (keys[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_TYPES; i++) {
        host_key_free(keys[i]);
    }
    return 0;
}

static const uint8_t program[600] = { 0 };

static struct host_sign_spec plain_spec(void)
{
    struct host_sign_spec spec = { .input = program,
        .input_len = sizeof(program),
        .pad_header = true,
        .hdr_size = 0x200,
        .erased_value = 0xff,
        .version = { .major = 1 } };

    return spec;
}

static GByteArray *make(const struct host_sign_spec *spec)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_signed made;

    assert_int_equal(host_image_sign(spec, &made, &err), 0);
    return made.image;
}

static struct host_package *open_with(const GByteArray *image,
        const struct host_key *key, bool force, struct host_error *err)
{
    GPtrArray *list = g_ptr_array_new();
    struct host_keyring ring = { list };
    struct host_package_options opt = { .force = force,
        .keys = key != NULL ? &ring : NULL };
    struct host_package *pkg;

    if (key != NULL) {
        gpointer pointer;

        memcpy(&pointer, &key, sizeof(pointer));
        g_ptr_array_add(list, pointer);
    }
    pkg = host_package_parse("x.bin", image->data, image->len, &opt, err);
    g_ptr_array_unref(list);
    return pkg;
}

static void sign_refuses_contradictions_with_the_remedy(void **state)
{
    struct host_custom_tlv twice[2];
    struct host_custom_tlv taken = { 0x50, NULL };
    struct host_key *public_key;
    struct host_error err = HOST_ERROR_INIT;
    char *pem = host_key_public_pem(keys[HOST_KEY_ED25519]);
    struct host_sign_spec rows[20];
    const char *words[20];
    size_t n = 0;

    (void)state;
    public_key = host_key_parse("p", pem, strlen(pem), NULL, &err);
    taken.value = g_bytes_new("x", 1);
    twice[0] = twice[1] = (struct host_custom_tlv){ 0xa0, taken.value };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        rows[i] = plain_spec();
    }
#define ROW(word_) (words[n] = (word_), &rows[n++])
    ROW("impossible size")->input_len = 0;
    ROW("at least 32")->hdr_size = 31;
    ROW("shorter than the header")->pad_header = false;
    rows[n - 1].input_len = 100;
    ROW("public key cannot sign")->keys[0] = public_key;
    rows[n - 1].key_count = 1;
    ROW("cannot sign")->keys[0] = keys[HOST_KEY_X25519];
    rows[n - 1].key_count = 1;
    ROW("only Ed25519")->keys[0] = keys[HOST_KEY_P256];
    rows[n - 1].key_count = 1;
    rows[n - 1].pure = true;
    ROW("needs a key")->pure = true;
    ROW("do not go together")->keys[0] = keys[HOST_KEY_P256];
    rows[n - 1].key_count = 1;
    rows[n - 1].hash_alg = MCUB_HASH_SHA512;
    ROW("different families")->keys[0] = keys[HOST_KEY_P256];
    rows[n - 1].key_count = 1;
    rows[n - 1].encrypt = keys[HOST_KEY_X25519];
    ROW("for this key")->encrypt = keys[HOST_KEY_RSA3072];
    ROW("exclude each other")->load_addr = 1;
    rows[n - 1].has_rom_fixed = true;
    ROW("needs the slot size")->confirm = true;
    ROW("about encryption")->clear = true;
    ROW("alignment")->align = 3;
    ROW("alignment")->max_align = 64;
    ROW("--boot-record")->boot_record = "thirteen char";
    ROW("--cid")->cid = "name without a vendor";
    ROW("--vid")->vid = "";
    ROW("not in the range")->tlvs = &taken;
    rows[n - 1].tlv_count = 1;
    ROW("given twice")->tlvs = twice;
    rows[n - 1].tlv_count = 2;
#undef ROW
    assert_int_equal(n, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < n; i++) {
        struct host_signed made;

        assert_int_equal(host_image_sign(&rows[i], &made, &err), -1);
        assert_null(made.image);
        assert_error(&err, DFU_OTHER, words[i]);
    }
    g_bytes_unref(taken.value);
    host_key_free(public_key);
    g_free(pem);
}

static void sign_refuses_an_input_without_room_for_the_header(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_sign_spec spec = plain_spec();
    struct host_signed made;
    uint8_t input[600] = { 0 };

    (void)state;
    input[0x1ff] = 1;
    spec.input = input;
    spec.pad_header = false;
    assert_int_equal(host_image_sign(&spec, &made, &err), -1);
    assert_error(&err, DFU_OTHER, "no room");
}

static void signature_is_told_apart_missing_wrong_and_good(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOST_KEY_X25519; i++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_sign_spec spec = plain_spec();
        GByteArray *plain = make(&spec);
        GByteArray *image;
        struct host_package *pkg;

        spec.keys[0] = keys[i];
        spec.key_count = 1;
        image = make(&spec);
        for (unsigned k = 0; k < HOST_KEY_X25519; k++) {
            pkg = open_with(image, keys[k], false, &err);
            if (k == i) {
                assert_no_error(&err);
                assert_int_equal(pkg->images[0].signature, HOST_SIGNATURE_GOOD);
                assert_int_equal(pkg->images[0].signature_key, 0);
            } else {
                assert_null(pkg);
                assert_error(&err, DFU_SIGNATURE_WRONG_KEY, "not with");
            }
            host_package_close(pkg);
        }
        assert_null(open_with(plain, keys[i], false, &err));
        assert_error(&err, DFU_SIGNATURE_MISSING, "not signed");
        pkg = open_with(plain, keys[i], true, &err);
        assert_no_error(&err);
        assert_int_equal(pkg->notes->len, 1);
        assert_int_equal(pkg->images[0].signature, HOST_SIGNATURE_NONE);
        host_package_close(pkg);
        pkg = open_with(image, NULL, false, &err);
        assert_int_equal(pkg->images[0].signature, HOST_SIGNATURE_UNCHECKED);
        host_package_close(pkg);
        g_byte_array_unref(image);
        g_byte_array_unref(plain);
    }
}

static void signature_by_several_keys_is_good_for_each(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_sign_spec spec = plain_spec();
    GByteArray *image;

    (void)state;
    spec.keys[0] = keys[HOST_KEY_P256];
    spec.keys[1] = keys[HOST_KEY_ED25519];
    spec.keys[2] = keys[HOST_KEY_RSA3072];
    spec.key_count = 3;
    image = make(&spec);
    for (size_t i = 0; i < 3; i++) {
        struct host_package *pkg = open_with(image, spec.keys[i], false, &err);

        assert_no_error(&err);
        assert_int_equal(pkg->images[0].signature, HOST_SIGNATURE_GOOD);
        host_package_close(pkg);
    }
    assert_null(open_with(image, keys[HOST_KEY_RSA2048], false, &err));
    assert_error(&err, DFU_SIGNATURE_WRONG_KEY, NULL);
    g_byte_array_unref(image);
}

static void signature_without_its_key_named_is_refused(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_sign_spec spec = plain_spec();
    GByteArray *image;

    (void)state;
    spec.keys[0] = keys[HOST_KEY_ED25519];
    spec.key_count = 1;
    image = make(&spec);
    /* Header, program, info, hash entry: the key hash starts here. */
    guint at = 0x200 + sizeof(program) + 4 + 4 + 32;

    assert_int_equal(image->data[at], MCUB_TLV_KEYHASH);
    g_byte_array_remove_range(image, at, 4 + 32);
    image->data[0x200 + sizeof(program) + 2] =
            (uint8_t)(image->data[0x200 + sizeof(program) + 2] - 36);
    assert_null(open_with(image, keys[HOST_KEY_ED25519], false, &err));
    assert_error(&err, DFU_SIGNATURE_WRONG_KEY, "does not name its key");
    g_byte_array_unref(image);
}

static void pure_signature_of_an_encrypted_image_needs_its_key(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_sign_spec spec = plain_spec();
    struct host_decryptor dec = { .key = keys[HOST_KEY_X25519] };
    GPtrArray *list = g_ptr_array_new();
    struct host_keyring ring = { list };
    struct host_package_options opt = { .keys = &ring };
    struct host_package *pkg;
    GByteArray *image;

    (void)state;
    g_ptr_array_add(list, keys[HOST_KEY_ED25519]);
    spec.keys[0] = keys[HOST_KEY_ED25519];
    spec.key_count = 1;
    spec.pure = true;
    spec.encrypt = keys[HOST_KEY_X25519];
    spec.encrypt_keylen = 128;
    image = make(&spec);
    assert_null(
            host_package_parse("x.bin", image->data, image->len, &opt, &err));
    assert_error(&err, DFU_SIGNATURE_WRONG_KEY, "--decrypt-key");
    opt.decrypt = &dec;
    pkg = host_package_parse("x.bin", image->data, image->len, &opt, &err);
    assert_no_error(&err);
    assert_true(pkg->images[0].decrypted);
    assert_true(pkg->images[0].hash_checked);
    assert_int_equal(pkg->images[0].signature, HOST_SIGNATURE_GOOD);
    host_package_close(pkg);
    g_byte_array_unref(image);
    g_ptr_array_unref(list);
}

static void uuids_are_digits_or_names(void **state)
{
    /* uuid5(DNS, "example.com"), as any library gives it */
    static const uint8_t name[16] = { 0xcf, 0xbf, 0xf0, 0xd1, 0x93, 0x75, 0x56,
        0x85, 0x96, 0x8c, 0x48, 0xce, 0x8b, 0x15, 0xae, 0x17 };
    static const char *const bad[] = { "", "a\tb",
        "12345678-1234-5678-1234-56781234567", "123456781234-5678-1234" };
    uint8_t out[16];
    uint8_t same[16];

    (void)state;
    assert_int_equal(host_uuid_parse("example.com", host_uuid_dns, out), 0);
    assert_memory_equal(out, name, 16);
    assert_int_equal(host_uuid_parse("12345678-1234-5678-1234-567812345678",
                             NULL, out),
            0);
    assert_int_equal(host_uuid_parse("12345678123456781234567812345678", NULL,
                             same),
            0);
    assert_memory_equal(out, same, 16);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_int_equal(host_uuid_parse(bad[i], NULL, out), -1);
    }
    assert_int_equal(host_uuid_parse("a\tb", host_uuid_dns, out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_refuses_contradictions_with_the_remedy),
        cmocka_unit_test(sign_refuses_an_input_without_room_for_the_header),
        cmocka_unit_test(signature_is_told_apart_missing_wrong_and_good),
        cmocka_unit_test(signature_by_several_keys_is_good_for_each),
        cmocka_unit_test(signature_without_its_key_named_is_refused),
        cmocka_unit_test(pure_signature_of_an_encrypted_image_needs_its_key),
        cmocka_unit_test(uuids_are_digits_or_names),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
