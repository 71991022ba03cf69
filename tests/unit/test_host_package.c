// SPDX-License-Identifier: Apache-2.0
/* Packages: one zip per defect, made here. */
#include "host_test.h"

#include <glib/gstdio.h>
#include <zip.h>

#include "host/package.h"

#define ENTRIES_MAX 80

/* A zip being made. */
struct box {
    zip_source_t *target;
    zip_t *za;
    void *owned[ENTRIES_MAX];
    size_t count;
};

static void box_open(struct box *box)
{
    memset(box, 0, sizeof(*box));
    box->target = zip_source_buffer_create(NULL, 0, 0, NULL);
    assert_non_null(box->target);
    zip_source_keep(box->target);
    box->za =
            zip_open_from_source(box->target, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(box->za);
}

static void box_add(struct box *box, const char *name, const void *data,
        size_t len)
{
    void *copy = g_memdup2(data, len);
    zip_source_t *source = zip_source_buffer(box->za, copy, len, 0);

    assert_true(box->count < ENTRIES_MAX);
    box->owned[box->count++] = copy;
    assert_true(zip_file_add(box->za, name, source, 0) >= 0);
}

static void box_text(struct box *box, const char *name, const char *text)
{
    box_add(box, name, text, strlen(text));
}

static GByteArray *box_close(struct box *box)
{
    GByteArray *out = g_byte_array_new();
    uint8_t chunk[4096];
    zip_int64_t n;

    assert_int_equal(zip_close(box->za), 0);
    assert_int_equal(zip_source_open(box->target), 0);
    while ((n = zip_source_read(box->target, chunk, sizeof(chunk))) > 0) {
        g_byte_array_append(out, chunk, (guint)n);
    }
    zip_source_close(box->target);
    zip_source_free(box->target);
    for (size_t i = 0; i < box->count; i++) {
        g_free(box->owned[i]);
    }
    return out;
}

static GByteArray *image(uint64_t seed, uint8_t major)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_image_spec spec = { .payload_size = 200,
        .seed = seed,
        .version = { .major = major } };
    GByteArray *bytes = NULL;

    assert_int_equal(host_image_create(&spec, &bytes, &err), 0);
    return bytes;
}

static void box_image(struct box *box, const char *name, uint64_t seed)
{
    GByteArray *bytes = image(seed, 1);

    box_add(box, name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

/* Closes the box; the package must be refused. */
static void box_refused(struct box *box, enum dfu_code code, const char *word)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *zip = box_close(box);
    struct host_package *pkg =
            host_package_parse("p.zip", zip->data, zip->len, NULL, &err);

    host_package_close(pkg);
    g_byte_array_unref(zip);
    assert_null(pkg);
    assert_error(&err, code, word);
}

static struct host_package *box_taken(struct box *box)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *zip = box_close(box);
    struct host_package *pkg =
            host_package_parse("p.zip", zip->data, zip->len, NULL, &err);

    g_byte_array_unref(zip);
    assert_no_error(&err);
    return pkg;
}

static const char manifest_two[] =
        "{\"format-version\":0,\"time\":1690000000,\"files\":["
        "{\"type\":\"application\",\"board\":\"nrf5340dk_nrf5340_cpunet\","
        "\"soc\":\"nRF5340_CPUNET_QKAA\",\"load_address\":16777216,"
        "\"image_index\":\"1\",\"slot_index_primary\":\"3\","
        "\"slot_index_secondary\":\"4\",\"version\":\"1\","
        "\"file\":\"net_core_app_update.bin\",\"modtime\":1690000000},"
        "{\"type\":\"application\",\"board\":\"nrf5340dk_nrf5340_cpuapp\","
        "\"image_index\":\"0\",\"version_MCUBOOT\":\"1.0.0\",\"size\":752,"
        "\"file\":\"app_update.bin\",\"modtime\":\"1690000000\"}]}";

static void package_of_two_images_is_described(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "app_update.bin", 1);
    box_image(&box, "net_core_app_update.bin", 2);
    box_text(&box, "README.txt", "ignored");
    box_text(&box, "manifest.json", manifest_two);
    pkg = box_taken(&box);
    assert_int_equal(pkg->kind, HOST_PACKAGE_ZIP);
    assert_int_equal(pkg->format_version, 0);
    assert_int_equal(pkg->time, 1690000000);
    assert_int_equal(pkg->dfu.count, 2);
    assert_int_equal(pkg->dfu.images[0].image, 0);
    assert_string_equal(pkg->dfu.images[0].name, "app_update.bin");
    assert_string_equal(pkg->dfu.images[0].board, "nrf5340dk_nrf5340_cpuapp");
    assert_false(pkg->dfu.images[0].net_core);
    assert_int_equal(pkg->dfu.images[1].image, 1);
    assert_true(pkg->dfu.images[1].net_core);
    assert_false(pkg->dfu.images[1].duplicate_file);
    assert_int_equal(pkg->images[1].load_address, 0x1000000);
    assert_int_equal(pkg->images[0].modtime, 1690000000);
    assert_ptr_equal(pkg->images[1].dfu, &pkg->dfu.images[1]);
    assert_false(pkg->xip);
    assert_int_equal(pkg->notes->len, 0);
    host_package_close(pkg);
}

static void package_keeps_only_the_selected_image(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct box box;
    struct host_package *pkg;
    uint8_t buf[16];

    (void)state;
    box_open(&box);
    box_image(&box, "app_update.bin", 1);
    box_image(&box, "net_core_app_update.bin", 2);
    box_text(&box, "manifest.json", manifest_two);
    pkg = box_taken(&box);
    assert_int_equal(host_package_select(pkg, 2, &err), -1);
    assert_error(&err, DFU_PACKAGE_FILE_MISSING, "no image 2");
    assert_int_equal(host_package_select(pkg, 1, &err), 0);
    assert_int_equal(pkg->dfu.count, 1);
    assert_int_equal(pkg->dfu.images[0].image, 1);
    assert_string_equal(pkg->dfu.images[0].name, "net_core_app_update.bin");
    assert_int_equal(pkg->dfu.images[0]
                             .source.read(pkg->dfu.images[0].source.ctx, 0, buf,
                                     16),
            0);
    assert_int_equal(buf[0], 0x3d);
    host_package_close(pkg);
}

static void package_with_old_bare_hex_address_is_taken_with_a_note(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_text(&box, "manifest.json",
            "{\"format-version\":0,\"files\":[{\"load_address\":0xC200,"
            "\"file\":\"a.bin\",\"board\":\"0xbeef\"}]}");
    pkg = box_taken(&box);
    assert_int_equal(pkg->images[0].load_address, 0xc200);
    assert_string_equal(pkg->images[0].board, "0xbeef");
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
}

static void package_of_a_direct_xip_pair_has_both_slots(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "b.bin", 2);
    box_image(&box, "a.bin", 1);
    box_text(&box, "manifest.json",
            "{\"format-version\":1,\"files\":["
            "{\"file\":\"b.bin\",\"image_index\":1,\"slot\":\"3\","
            "\"version_MCUBOOT+XIP\":\"1.0.0\"},"
            "{\"file\":\"a.bin\",\"image_index\":1,\"slot\":\"2\","
            "\"version_MCUBOOT+XIP\":\"1.0.0\"}]}");
    pkg = box_taken(&box);
    assert_true(pkg->xip);
    assert_int_equal(pkg->dfu.count, 2);
    assert_int_equal(pkg->dfu.images[0].slot, 0);
    assert_true(pkg->dfu.images[0].slot_given);
    assert_string_equal(pkg->dfu.images[0].name, "a.bin");
    assert_int_equal(pkg->dfu.images[1].slot, 1);
    host_package_close(pkg);
}

static void package_with_one_file_under_two_names_marks_the_second(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_image(&box, "b.bin", 1);
    box_text(&box, "manifest.json",
            "{\"files\":[{\"file\":\"b.bin\",\"image_index\":\"1\"},"
            "{\"file\":\"a.bin\"}]}");
    pkg = box_taken(&box);
    assert_false(pkg->dfu.images[0].duplicate_file);
    assert_true(pkg->dfu.images[1].duplicate_file);
    host_package_close(pkg);
}

static void package_version_that_lies_is_noted(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_text(&box, "manifest.json",
            "{\"files\":[{\"file\":\"a.bin\","
            "\"version_MCUBOOT\":\"9.9.9\"}]}");
    pkg = box_taken(&box);
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
}

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
        box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
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
    box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
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
    box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
    box_refused(&box, DFU_PACKAGE_TOO_LARGE, "bomb");
    g_free(zeros);
    /* Declared size above the cap. */
    zeros = g_malloc0(HOST_FILE_MAX + 1);
    box_open(&box);
    box_add(&box, "a.bin", zeros, HOST_FILE_MAX + 1);
    box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
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
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
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
    box_open(&box);
    box_image(&box, "a.bin", 1);
    box_text(&box, "manifest.json", "{\"files\":[{\"file\":\"a.bin\"}]}");
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
    GByteArray *bad = image(2, 1);

    (void)state;
    bad->data[0x220] ^= 1;
    box_open(&box);
    box_image(&box, "app_update.bin", 1);
    box_add(&box, "net_core_app_update.bin", bad->data, bad->len);
    g_byte_array_unref(bad);
    box_text(&box, "manifest.json", manifest_two);
    box_refused(&box, DFU_IMAGE_HASH_MISMATCH,
            "image 1: net_core_app_update.bin");
}

static void create(int format_version, int slot, const char *path)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *app = image(1, 2);
    GByteArray *net = image(2, 3);
    const struct host_package_entry entries[] = {
        { .name = "app_update.bin",
                .data = app->data,
                .len = app->len,
                .slot = slot,
                .board = "nrf5340dk/nrf5340/cpuapp",
                .has_load_address = true,
                .load_address = 0xc000 },
        { .name = "ipc_radio.bin",
                .data = net->data,
                .len = net->len,
                .image = 1,
                .slot = -1,
                .net_core = true },
    };
    const struct host_package_spec spec = { .entries = entries,
        .count = 2,
        .format_version = format_version,
        .title = "demo \"x\"",
        .time = 1700000000 };

    assert_int_equal(host_package_create(&spec, path, &err), 0);
    assert_no_error(&err);
    g_byte_array_unref(app);
    g_byte_array_unref(net);
}

static void package_that_was_made_is_read_in_both_formats(void **state)
{
    char *path =
            g_build_filename(g_get_tmp_dir(), "smpctl-test-package.zip", NULL);

    (void)state;
    for (int version = 0; version < 2; version++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_package *pkg;

        create(version, version == 0 ? -1 : 0, path);
        pkg = host_package_open(path, NULL, &err);
        assert_no_error(&err);
        assert_int_equal(pkg->format_version, version);
        assert_string_equal(pkg->title, "demo \"x\"");
        assert_int_equal(pkg->time, 1700000000);
        assert_int_equal(pkg->dfu.count, 2);
        assert_int_equal(pkg->dfu.images[0].slot, version == 0 ? 1 : 0);
        assert_int_equal(pkg->xip, version == 1);
        assert_string_equal(pkg->images[0].version_text, "2.0.0");
        assert_true(pkg->dfu.images[1].net_core);
        host_package_close(pkg);
    }
    g_unlink(path);
    g_free(path);
}

static void package_of_equal_input_has_equal_bytes_in_every_zone(void **state)
{
    char *path =
            g_build_filename(g_get_tmp_dir(), "smpctl-test-same.zip", NULL);
    char *first = NULL;
    char *second = NULL;
    gsize first_len;
    gsize second_len;

    (void)state;
    g_setenv("TZ", "UTC", TRUE);
    create(0, -1, path);
    assert_true(g_file_get_contents(path, &first, &first_len, NULL));
    g_setenv("TZ", "Pacific/Kiritimati", TRUE);
    create(0, -1, path);
    assert_true(g_file_get_contents(path, &second, &second_len, NULL));
    g_unsetenv("TZ");
    assert_int_equal(first_len, second_len);
    assert_memory_equal(first, second, first_len);
    g_unlink(path);
    g_free(first);
    g_free(second);
    g_free(path);
}

static void package_of_what_is_no_image_is_not_made(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    const struct host_package_entry entry = { .name = "a.bin",
        .data = (const uint8_t *)"nonsense",
        .len = 8,
        .slot = -1 };
    const struct host_package_spec spec = { .entries = &entry, .count = 1 };

    (void)state;
    assert_int_equal(host_package_create(&spec, "/nonexistent/x.zip", &err),
            -1);
    assert_error(&err, DFU_NOT_AN_MCUBOOT_IMAGE, "a.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_of_two_images_is_described),
        cmocka_unit_test(package_keeps_only_the_selected_image),
        cmocka_unit_test(
                package_with_old_bare_hex_address_is_taken_with_a_note),
        cmocka_unit_test(package_of_a_direct_xip_pair_has_both_slots),
        cmocka_unit_test(
                package_with_one_file_under_two_names_marks_the_second),
        cmocka_unit_test(package_version_that_lies_is_noted),
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
        cmocka_unit_test(package_that_was_made_is_read_in_both_formats),
        cmocka_unit_test(package_of_equal_input_has_equal_bytes_in_every_zone),
        cmocka_unit_test(package_of_what_is_no_image_is_not_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
