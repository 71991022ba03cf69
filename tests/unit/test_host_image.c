// SPDX-License-Identifier: Apache-2.0
/* Image files: made, opened, refused. */
#include "host_test.h"

#include "host/crypto.h"
#include "host/package.h"
#include "mcub/write.h"

static GByteArray *make(const struct host_image_spec *spec)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *image = NULL;

    assert_int_equal(host_image_create(spec, &image, &err), 0);
    return image;
}

static GByteArray *small_image(void)
{
    struct host_image_spec spec = { .payload_size = 100,
        .seed = 5,
        .version = { .major = 1, .minor = 2, .revision = 3, .build = 4 } };

    return make(&spec);
}

static struct host_package *parse(const GByteArray *bytes,
        const struct host_package_options *opt, struct host_error *err)
{
    return host_package_parse("x.bin", bytes->data, bytes->len, opt, err);
}

static void refused(const void *buf, size_t len, const char *name,
        enum dfu_code code, const char *word)
{
    struct host_error err = HOST_ERROR_INIT;
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    memcpy(copy, buf, len);
    assert_null(host_package_parse(name, copy, len, NULL, &err));
    free(copy);
    assert_error(&err, code, word);
}

static void image_that_was_made_is_opened_again(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *bytes = small_image();
    struct host_package *pkg = parse(bytes, NULL, &err);
    const struct dfu_image *dfu;
    uint8_t sha[32];
    uint8_t back[64];

    (void)state;
    assert_no_error(&err);
    assert_int_equal(pkg->kind, HOST_PACKAGE_IMAGE);
    assert_int_equal(pkg->dfu.count, 1);
    dfu = &pkg->dfu.images[0];
    assert_string_equal(dfu->name, "x.bin");
    assert_int_equal(dfu->image, 0);
    assert_int_equal(dfu->slot, 1);
    assert_false(dfu->slot_given);
    assert_int_equal(dfu->version.revision, 3);
    assert_int_equal(dfu->version.build, 4);
    assert_int_equal(dfu->hash_len, 32);
    assert_int_equal(dfu->source.size, bytes->len);
    assert_int_equal(host_sha256(bytes->data, bytes->len, sha), 0);
    assert_memory_equal(dfu->sha, sha, 32);
    assert_true(pkg->images[0].hash_checked);
    assert_int_equal(pkg->notes->len, 0);
    assert_int_equal(dfu->source.read(dfu->source.ctx, 10, back, 64), 0);
    assert_memory_equal(back, bytes->data + 10, 64);
    assert_true(dfu->source.read(dfu->source.ctx, bytes->len - 3, back, 4) < 0);
    /* 0x200 header, payload, TLV info, SHA-256. */
    assert_int_equal(bytes->len, 0x200 + 100 + 4 + 4 + 32);
    host_package_close(pkg);
    g_byte_array_unref(bytes);
}

static void image_of_equal_input_has_equal_bytes(void **state)
{
    struct host_image_spec spec = { .payload_size = 1000, .seed = 1 };
    GByteArray *a = make(&spec);
    GByteArray *b = make(&spec);
    GByteArray *c;

    (void)state;
    spec.seed = 2;
    c = make(&spec);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
    assert_memory_not_equal(a->data, c->data, a->len);
    g_byte_array_unref(a);
    g_byte_array_unref(b);
    g_byte_array_unref(c);
}

static void image_carries_descriptor_counter_and_dependencies(void **state)
{
    static const struct mcub_dependency deps[] = { { .image = 1,
            .version = { .major = 2 } } };
    struct host_error err = HOST_ERROR_INIT;
    struct host_image_spec spec = { .payload_size = 64,
        .app = "name=Nordic_LTS;confirm=1",
        .has_security_counter = true,
        .security_counter = 77,
        .deps = deps,
        .dep_count = 1,
        .hash_alg = MCUB_HASH_SHA512 };
    GByteArray *bytes = make(&spec);
    struct host_package *pkg = parse(bytes, NULL, &err);
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    struct mcub_dependency dep;
    uint8_t buf[12];

    (void)state;
    assert_no_error(&err);
    assert_string_equal(pkg->images[0].app, "name=Nordic_LTS;confirm=1");
    assert_true(pkg->images[0].has_security_counter);
    assert_int_equal(pkg->images[0].security_counter, 77);
    assert_int_equal(pkg->dfu.images[0].hash_len, 64);
    mcub_tlv_iter_init(&iter, &pkg->images[0].mcub, MCUB_TLV_DEPENDENCY, true);
    assert_int_equal(mcub_tlv_next(&iter, &tlv), 1);
    assert_int_equal(mcub_tlv_read(&pkg->images[0].mcub, &tlv, buf,
                             sizeof(buf)),
            12);
    assert_int_equal(mcub_dependency_decode(buf, 12, &dep), 0);
    assert_int_equal(dep.image, 1);
    assert_int_equal(dep.version.major, 2);
    host_package_close(pkg);
    g_byte_array_unref(bytes);
}

static void image_cut_at_every_length_is_refused(void **state)
{
    GByteArray *bytes = small_image();

    (void)state;
    for (guint n = 0; n < bytes->len; n++) {
        struct host_error err = HOST_ERROR_INIT;
        uint8_t *copy = malloc(n == 0 ? 1 : n);

        memcpy(copy, bytes->data, n);
        assert_null(host_package_parse("cut.bin", copy, n, NULL, &err));
        free(copy);
        assert_error(&err,
                n == 0 ? DFU_NOT_AN_MCUBOOT_IMAGE : DFU_IMAGE_TRUNCATED, NULL);
    }
    g_byte_array_unref(bytes);
}

static void image_with_any_changed_byte_is_refused(void **state)
{
    GByteArray *bytes = small_image();

    (void)state;
    for (guint n = 0; n < bytes->len; n++) {
        struct host_error err = HOST_ERROR_INIT;

        bytes->data[n] ^= 0x01;
        assert_null(parse(bytes, NULL, &err));
        assert_int_not_equal(err.code, DFU_OK);
        assert_int_equal(dfu_code_exit(err.code), 4);
        host_error_clear(&err);
        bytes->data[n] ^= 0x01;
    }
    g_byte_array_unref(bytes);
}

static void image_with_wrong_hash_is_taken_by_force_with_a_note(void **state)
{
    static const struct host_package_options force = { .force = true };
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *bytes = small_image();
    struct host_package *pkg;

    (void)state;
    bytes->data[0x210] ^= 0xff;
    assert_null(parse(bytes, NULL, &err));
    assert_error(&err, DFU_IMAGE_HASH_MISMATCH, "x.bin");
    pkg = parse(bytes, &force, &err);
    assert_non_null(pkg);
    assert_true(pkg->images[0].hash_wrong);
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
    g_byte_array_unref(bytes);
}

static void image_that_is_encrypted_is_not_hashed(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_image_spec spec = { .payload_size = 64,
        .flags = MCUB_IMAGE_AES128 };
    static const uint8_t enc[] = { 0x31, 0, 24, 0 };
    uint8_t key[24] = { 0 };
    GByteArray *bytes = make(&spec);
    struct host_package *pkg;

    (void)state;
    /* A key TLV behind the hash: info total grows by 28. */
    g_byte_array_append(bytes, enc, sizeof(enc));
    g_byte_array_append(bytes, key, sizeof(key));
    bytes->data[0x200 + 64 + 2] = (uint8_t)(bytes->data[0x200 + 64 + 2] + 28);
    bytes->data[0x205] ^= 0xff;
    pkg = parse(bytes, NULL, &err);
    assert_no_error(&err);
    assert_true(pkg->dfu.images[0].encrypted);
    assert_false(pkg->images[0].hash_checked);
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
    g_byte_array_unref(bytes);
}

static GByteArray *padded(guint size, bool confirmed)
{
    static const uint8_t magic[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef,
        0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
    GByteArray *bytes = small_image();
    guint len = bytes->len;

    g_byte_array_set_size(bytes, size);
    memset(bytes->data + len, 0xff, size - len);
    memcpy(bytes->data + size - 16, magic, 16);
    if (confirmed) {
        bytes->data[size - 24] = 0x01;
    }
    return bytes;
}

static void image_that_is_padded_loses_its_trailer_with_a_note(void **state)
{
    (void)state;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        struct host_error err = HOST_ERROR_INIT;
        GByteArray *plain = small_image();
        GByteArray *bytes = padded(8192, confirmed != 0);
        struct host_package *pkg = parse(bytes, NULL, &err);
        uint8_t sha[32];

        assert_no_error(&err);
        assert_true(pkg->images[0].trailer_stripped);
        assert_int_equal(pkg->images[0].confirmed_file, confirmed);
        assert_int_equal(pkg->images[0].file_size, 8192);
        assert_int_equal(pkg->dfu.images[0].source.size, plain->len);
        assert_int_equal(host_sha256(plain->data, plain->len, sha), 0);
        assert_memory_equal(pkg->dfu.images[0].sha, sha, 32);
        assert_int_equal(pkg->notes->len, 1);
        host_package_close(pkg);
        g_byte_array_unref(bytes);
        g_byte_array_unref(plain);
    }
}

static void image_with_something_behind_it_is_sent_without(void **state)
{
    static const char *const tails[] = { "\xff\xff\xff\xff\xff", "garbage" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        struct host_error err = HOST_ERROR_INIT;
        GByteArray *bytes = small_image();
        guint len = bytes->len;
        struct host_package *pkg;

        g_byte_array_append(bytes, (const guint8 *)tails[i],
                (guint)strlen(tails[i]));
        pkg = parse(bytes, NULL, &err);
        assert_no_error(&err);
        assert_int_equal(pkg->dfu.images[0].source.size, len);
        assert_false(pkg->images[0].trailer_stripped);
        assert_int_equal(pkg->notes->len, 1);
        host_package_close(pkg);
        g_byte_array_unref(bytes);
    }
}

static void file_that_is_no_image_is_named_for_what_it_is(void **state)
{
    static const uint8_t vectors[] = { 0x00, 0x80, 0x00, 0x20, 0x01, 0x04, 0x00,
        0x00, 0x99 };
    static const uint8_t erased[64] = { 0 };
    static const uint8_t old[] = { 0x3c, 0xb8, 0xf3, 0x96, 0, 0, 0, 0 };

    (void)state;
    refused("", 0, "e.bin", DFU_NOT_AN_MCUBOOT_IMAGE, "empty");
    refused(vectors, sizeof(vectors), "zephyr.bin", DFU_NOT_AN_MCUBOOT_IMAGE,
            "unsigned");
    refused("\x7f"
            "ELF\x01\x01",
            6, "zephyr.elf", DFU_NOT_AN_MCUBOOT_IMAGE, "ELF");
    refused(":020000040000FA\n", 16, "zephyr.hex", DFU_NOT_AN_MCUBOOT_IMAGE,
            "Intel HEX");
    refused(":020000040000FA\n", 16, "merged.hex", DFU_NOT_AN_MCUBOOT_IMAGE,
            "merged");
    refused("UF2\nWQ]\x9e", 8, "zephyr.uf2", DFU_NOT_AN_MCUBOOT_IMAGE, "UF2");
    refused("\xd8\x6b\xa2", 3, "root.suit", DFU_PACKAGE_WRONG_KIND, "SUIT");
    refused(old, sizeof(old), "old.bin", DFU_NOT_AN_MCUBOOT_IMAGE,
            "before MCUboot");
    refused(erased, sizeof(erased), "z.bin", DFU_NOT_AN_MCUBOOT_IMAGE,
            "empty flash");
    refused("hello, world", 12, "h.bin", DFU_NOT_AN_MCUBOOT_IMAGE,
            "3d b8 f3 96");
}

static void file_with_an_image_further_inside_is_called_merged(void **state)
{
    GByteArray *image = small_image();
    size_t len = 0x4000 + image->len;
    uint8_t *merged = calloc(1, len);

    (void)state;
    memcpy(merged + 0x4000, image->data, image->len);
    refused(merged, len, "merged.bin", DFU_NOT_AN_MCUBOOT_IMAGE, "0x4000");
    free(merged);
    g_byte_array_unref(image);
}

static void image_with_bad_tlvs_is_malformed(void **state)
{
    GByteArray *bytes = small_image();
    guint tlv = 0x200 + 100;

    (void)state;
    bytes->data[tlv] ^= 0x40;
    refused(bytes->data, bytes->len, "t.bin", DFU_IMAGE_MALFORMED, "t.bin");
    bytes->data[tlv] ^= 0x40;
    /* An entry that leaves its area. */
    bytes->data[tlv + 6] = 0xff;
    refused(bytes->data, bytes->len, "t.bin", DFU_IMAGE_MALFORMED, "t.bin");
    bytes->data[tlv + 6] = 32;
    /* No hash left. */
    bytes->data[tlv + 4] = 0x01;
    refused(bytes->data, bytes->len, "t.bin", DFU_IMAGE_MALFORMED, "t.bin");
    g_byte_array_unref(bytes);
}

static void file_that_is_missing_or_no_file_is_told(void **state)
{
    struct host_error err = HOST_ERROR_INIT;

    (void)state;
    assert_null(host_package_open("/no/such/file.zip", NULL, &err));
    assert_error(&err, DFU_FILE_MISSING, "/no/such/file.zip");
    assert_null(host_package_open("/", NULL, &err));
    assert_error(&err, DFU_FILE_MISSING, "regular file");
    assert_null(host_package_open("/dev/null", NULL, &err));
    assert_error(&err, DFU_FILE_MISSING, "regular file");
}

static void image_file_is_selected_for_any_image(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *bytes = small_image();
    struct host_package *pkg = parse(bytes, NULL, &err);

    (void)state;
    assert_int_equal(host_package_select(pkg, 1, &err), 0);
    assert_int_equal(pkg->dfu.images[0].image, 1);
    host_package_close(pkg);
    g_byte_array_unref(bytes);
}

static void hash_ops_give_the_published_digests(void **state)
{
    static const uint8_t abc256[4] = { 0xba, 0x78, 0x16, 0xbf };
    static const uint8_t abc384[4] = { 0xcb, 0x00, 0x75, 0x3f };
    static const uint8_t abc512[4] = { 0xdd, 0xaf, 0x35, 0xa1 };
    static const struct {
        enum mcub_hash_alg alg;
        size_t len;
        const uint8_t *want;
    } rows[] = { { MCUB_HASH_SHA256, 32, abc256 },
        { MCUB_HASH_SHA384, 48, abc384 }, { MCUB_HASH_SHA512, 64, abc512 } };
    struct host_hash ctx = { NULL };
    uint8_t out[64];

    (void)state;
    assert_int_equal(host_hash_ops.update(&ctx, "x", 1), MCUB_E_CRYPTO);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_int_equal(host_hash_ops.init(&ctx, rows[i].alg), 0);
        assert_int_equal(host_hash_ops.update(&ctx, "a", 1), 0);
        assert_int_equal(host_hash_ops.update(&ctx, "bc", 2), 0);
        assert_int_equal(host_hash_ops.finish(&ctx, out, rows[i].len - 1),
                MCUB_E_CRYPTO);
        assert_int_equal(host_hash_ops.finish(&ctx, out, rows[i].len), 0);
        assert_memory_equal(out, rows[i].want, 4);
    }
    assert_int_equal(host_hash_ops.init(&ctx, (enum mcub_hash_alg)0x99),
            MCUB_E_UNSUPPORTED);
    host_hash_clear(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_that_was_made_is_opened_again),
        cmocka_unit_test(image_of_equal_input_has_equal_bytes),
        cmocka_unit_test(image_carries_descriptor_counter_and_dependencies),
        cmocka_unit_test(image_cut_at_every_length_is_refused),
        cmocka_unit_test(image_with_any_changed_byte_is_refused),
        cmocka_unit_test(image_with_wrong_hash_is_taken_by_force_with_a_note),
        cmocka_unit_test(image_that_is_encrypted_is_not_hashed),
        cmocka_unit_test(image_that_is_padded_loses_its_trailer_with_a_note),
        cmocka_unit_test(image_with_something_behind_it_is_sent_without),
        cmocka_unit_test(file_that_is_no_image_is_named_for_what_it_is),
        cmocka_unit_test(file_with_an_image_further_inside_is_called_merged),
        cmocka_unit_test(image_with_bad_tlvs_is_malformed),
        cmocka_unit_test(file_that_is_missing_or_no_file_is_told),
        cmocka_unit_test(image_file_is_selected_for_any_image),
        cmocka_unit_test(hash_ops_give_the_published_digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
