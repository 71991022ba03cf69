// SPDX-License-Identifier: Apache-2.0
/* Packages whose zip or manifest is not what it should be. */
#include "zip_box.h"

static void package_with_a_bad_manifest_is_refused(void **state)
{
    static const struct {
        const char *manifest;
        enum dfu_code code;
        const char *word;
    } rows[] = {
        { "", DFU_PACKAGE_BAD_MANIFEST, "JSON" },
        { "{", DFU_PACKAGE_BAD_MANIFEST, NULL },
        { "[]", DFU_PACKAGE_BAD_MANIFEST, "no JSON object" },
        { "\xff", DFU_PACKAGE_BAD_MANIFEST, "UTF-8" },
        { "{}", DFU_PACKAGE_BAD_MANIFEST, "files" },
        { "{\"files\":{}}", DFU_PACKAGE_BAD_MANIFEST, "files" },
        { "{\"files\":[]}", DFU_PACKAGE_BAD_MANIFEST, "empty" },
        { "{\"files\":[7]}", DFU_PACKAGE_BAD_MANIFEST, "no object" },
        { "{\"files\":[{}]}", DFU_PACKAGE_BAD_MANIFEST, "names no file" },
        { "{\"files\":[{\"file\":7}]}", DFU_PACKAGE_BAD_MANIFEST, "no text" },
        { "{\"files\":[{\"file\":\"a.bin\",\"image_index\":\"x\"}]}",
                DFU_PACKAGE_BAD_MANIFEST, "image_index" },
        { "{\"files\":[{\"file\":\"a.bin\",\"image_index\":-1}]}",
                DFU_PACKAGE_BAD_MANIFEST, "image_index" },
        { "{\"files\":[{\"file\":\"a.bin\",\"image_index\":256}]}",
                DFU_PACKAGE_BAD_MANIFEST, "range" },
        { "{\"files\":[{\"file\":\"a.bin\",\"image_index\":1.5}]}",
                DFU_PACKAGE_BAD_MANIFEST, "no number" },
        { "{\"files\":[{\"file\":\"a.bin\",\"slot\":[]}]}",
                DFU_PACKAGE_BAD_MANIFEST, "slot" },
        { "{\"files\":[{\"file\":\"a.bin\"},{\"file\":\"a.bin\"}]}",
                DFU_PACKAGE_BAD_MANIFEST, "twice" },
        { "{\"files\":[{\"file\":\"a.bin\"},{\"file\":\"b.bin\","
          "\"slot\":1}]}",
                DFU_PACKAGE_BAD_MANIFEST, "second file" },
        { "{\"format-version\":2,\"files\":[{\"file\":\"a.bin\"}]}",
                DFU_PACKAGE_BAD_MANIFEST, "version 2" },
        { "{\"files\":[{\"file\":\"a.bin\",\"size\":9999}]}",
                DFU_IMAGE_TRUNCATED, "9999" },
        { "{\"files\":[{\"file\":\"a.bin\",\"size\":\"7\"}]}",
                DFU_PACKAGE_BAD_MANIFEST, "manifest says 7" },
        { "{\"files\":[{\"file\":\"c.bin\"}]}", DFU_PACKAGE_FILE_MISSING,
                "c.bin" },
        { "{\"files\":[{\"file\":\"../a.bin\"}]}", DFU_PACKAGE_FILE_MISSING,
                "../a.bin" },
        { "{\"manifest\":{\"application\":{\"bin_file\":\"a.bin\","
          "\"dat_file\":\"a.dat\"}}}",
                DFU_PACKAGE_WRONG_KIND, "nRF5 SDK" },
        { "{\"files\":[{\"file\":\"a.suit\",\"type\":\"suit-envelope\"}]}",
                DFU_PACKAGE_WRONG_KIND, "SUIT" },
        { "{\"files\":[{\"file\":\"a.bin\",\"type\":\"mcuboot\"}]}",
                DFU_PACKAGE_WRONG_KIND, "dfu_mcuboot" },
        { "{\"files\":[/* \" */[[[]]]]}", DFU_PACKAGE_BAD_MANIFEST, "JSON" },
        { "{\"files\":[{\"file\":\"a.bin\",\"load_address\":"
          "0xfffffffffffffffff}]}",
                DFU_PACKAGE_BAD_MANIFEST, "load_address" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct box box;

        box_open(&box);
        box_image(&box, "a.bin", 1);
        box_image(&box, "b.bin", 2);
        box_text(&box, "manifest.json", rows[i].manifest);
        box_refused(&box, rows[i].code, rows[i].word);
    }
}

static void package_with_a_deep_or_huge_manifest_is_refused(void **state)
{
    struct box box;
    char *deep = g_malloc(200001);

    (void)state;
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    box_open(&box);
    box_text(&box, "manifest.json", deep);
    box_refused(&box, DFU_PACKAGE_BAD_MANIFEST, "too deep");
    g_free(deep);
    deep = g_malloc(1100000);
    /* Not compressible beyond the ratio that is looked at. */
    for (size_t i = 0; i < 1100000; i++) {
        deep[i] = (char)('0' + (i * 2654435761u >> 16) % 10);
    }
    box_open(&box);
    box_add(&box, "manifest.json", deep, 1100000);
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "1 MiB");
    g_free(deep);
}

static void package_with_too_many_images_is_refused(void **state)
{
    struct box box;
    GString *manifest = g_string_new("{\"files\":[");

    (void)state;
    box_open(&box);
    for (unsigned i = 0; i < DFU_IMAGES_MAX + 1; i++) {
        char name[16];

        g_snprintf(name, sizeof(name), "%u.bin", i);
        box_image(&box, name, i);
        g_string_append_printf(manifest,
                "%s{\"file\":\"%s\",\"image_index\":%u}", i > 0 ? "," : "",
                name, i);
    }
    g_string_append(manifest, "]}");
    box_text(&box, "manifest.json", manifest->str);
    g_string_free(manifest, TRUE);
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "images");
}

static void zip_names_that_are_paths_are_refused(void **state)
{
    static const char *const names[] = { "/etc/passwd", "../a.bin",
        "x/../../a.bin", "C:evil.bin", "\\a.bin", "x\\..\\a.bin", "a\x01.bin" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct box box;

        box_open(&box);
        box_image(&box, names[i], 1);
        box_text(&box, "manifest.json", BOX_MANIFEST_ONE);
        box_refused(&box, DFU_PACKAGE_BAD_ZIP, "zip entry");
    }
}

/* libzip will not write a name twice: made by renaming in the bytes. */
static void zip_with_a_name_twice_is_refused(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct box box;
    GByteArray *zip;

    (void)state;
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_image(&box, "b.bin", 2);
    box_text(&box, "manifest.json", BOX_MANIFEST_ONE);
    zip = box_close(&box);
    for (guint i = 0; i + 5 <= zip->len; i++) {
        if (memcmp(zip->data + i, "b.bin", 5) == 0) {
            zip->data[i] = 'a';
        }
    }
    assert_null(host_package_parse("p.zip", zip->data, zip->len, NULL, &err));
    assert_error(&err, DFU_PACKAGE_BAD_ZIP, "twice");
    g_byte_array_unref(zip);
}

static void zip_bombs_are_refused_while_unpacking(void **state)
{
    struct box box;
    char *zeros = g_malloc0(8u * 1024 * 1024);

    (void)state;
    box_open(&box);
    box_add(&box, "a.bin", zeros, 8u * 1024 * 1024);
    box_text(&box, "manifest.json", BOX_MANIFEST_ONE);
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "bomb");
    g_free(zeros);
    /* Declared size above the cap. */
    zeros = g_malloc0(HOST_FILE_MAX + 1);
    box_open(&box);
    box_add(&box, "a.bin", zeros, HOST_FILE_MAX + 1);
    box_text(&box, "manifest.json", BOX_MANIFEST_ONE);
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "64 MiB");
    g_free(zeros);
}

static void zip_with_a_lying_size_is_refused(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct box box;
    GByteArray *zip;
    guint changed = 0;

    (void)state;
    box_open_one(&box);
    zip = box_close(&box);
    /* Unpacked size in local (22) and central header (24). */
    for (guint i = 0; i + 30 < zip->len; i++) {
        if (memcmp(zip->data + i, "PK\3\4", 4) == 0 && changed < 1) {
            zip->data[i + 22] ^= 0x04;
            changed++;
        } else if (memcmp(zip->data + i, "PK\1\2", 4) == 0 && changed == 1) {
            zip->data[i + 24] ^= 0x04;
            changed++;
        }
    }
    assert_int_equal(changed, 2);
    assert_null(host_package_parse("p.zip", zip->data, zip->len, NULL, &err));
    assert_int_equal(dfu_code_exit(err.code), 4);
    host_error_clear(&err);
    g_byte_array_unref(zip);
}

static void zip_with_too_many_entries_is_refused(void **state)
{
    struct box box;

    (void)state;
    box_open(&box);
    for (unsigned i = 0; i <= HOST_PACKAGE_ENTRIES; i++) {
        char name[16];

        g_snprintf(name, sizeof(name), "%u", i);
        box_text(&box, name, "x");
    }
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "entries");
}

static void zip_without_manifest_is_named_for_what_it_is(void **state)
{
    struct box box;

    (void)state;
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_refused(&box, DFU_PACKAGE_NO_MANIFEST, "no manifest.json");
    box_open(&box);
    box_text(&box, "dfu_application.zip", "PK");
    box_refused(&box, DFU_PACKAGE_WRONG_KIND, "another zip");
    box_open(&box);
    box_text(&box, "dfu/manifest.json", "{}");
    box_refused(&box, DFU_PACKAGE_NO_MANIFEST, "in a folder");
    box_open(&box);
    box_text(&box, "root.suit", "x");
    box_refused(&box, DFU_PACKAGE_WRONG_KIND, "SUIT");
}

static void zip_cut_at_any_length_is_refused(void **state)
{
    struct box box;
    GByteArray *zip;

    (void)state;
    box_open_one(&box);
    zip = box_close(&box);
    for (guint n = 4; n < zip->len; n += 3) {
        struct host_error err = HOST_ERROR_INIT;
        uint8_t *copy = g_memdup2(zip->data, n);

        assert_null(host_package_parse("p.zip", copy, n, NULL, &err));
        g_free(copy);
        assert_error(&err, DFU_PACKAGE_BAD_ZIP, NULL);
    }
    g_byte_array_unref(zip);
}

static void package_error_names_image_and_file(void **state)
{
    struct box box;
    GByteArray *bad = image_bytes(2, 1);

    (void)state;
    bad->data[0x220] ^= 1;
    box_open(&box);
    box_image(&box, "app_update.bin", 1);
    box_add(&box, "net_core_app_update.bin", bad->data, bad->len);
    g_byte_array_unref(bad);
    box_text(&box, "manifest.json", box_manifest_two);
    box_refused(&box, DFU_IMAGE_HASH_MISMATCH,
            "image 1: net_core_app_update.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_with_a_bad_manifest_is_refused),
        cmocka_unit_test(package_with_a_deep_or_huge_manifest_is_refused),
        cmocka_unit_test(package_with_too_many_images_is_refused),
        cmocka_unit_test(zip_names_that_are_paths_are_refused),
        cmocka_unit_test(zip_with_a_name_twice_is_refused),
        cmocka_unit_test(zip_bombs_are_refused_while_unpacking),
        cmocka_unit_test(zip_with_a_lying_size_is_refused),
        cmocka_unit_test(zip_with_too_many_entries_is_refused),
        cmocka_unit_test(zip_without_manifest_is_named_for_what_it_is),
        cmocka_unit_test(zip_cut_at_any_length_is_refused),
        cmocka_unit_test(package_error_names_image_and_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
