// SPDX-License-Identifier: Apache-2.0
/* Packages: what is read out of a good one, and how one is made. */
#include "zip_box.h"

#include <glib/gstdio.h>

/* a.bin and, unless its seed is 0, b.bin, described by manifest. */
static struct host_package *package_of(uint64_t seed_a, uint64_t seed_b,
        const char *manifest)
{
    struct box box;

    box_open(&box);
    if (seed_b != 0) {
        box_image(&box, "b.bin", seed_b);
    }
    box_image(&box, "a.bin", seed_a);
    box_text(&box, "manifest.json", manifest);
    return box_taken(&box);
}

static void package_of_two_images_is_described(void **state)
{
    struct box box;
    struct host_package *pkg;

    (void)state;
    box_open(&box);
    box_image(&box, "app_update.bin", 1);
    box_image(&box, "net_core_app_update.bin", 2);
    box_text(&box, "README.txt", "ignored");
    box_text(&box, "manifest.json", box_manifest_two);
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
    box_text(&box, "manifest.json", box_manifest_two);
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
    struct host_package *pkg;

    (void)state;
    pkg = package_of(1, 0,
            "{\"format-version\":0,\"files\":[{\"load_address\":0xC200,"
            "\"file\":\"a.bin\",\"board\":\"0xbeef\"}]}");
    assert_int_equal(pkg->images[0].load_address, 0xc200);
    assert_string_equal(pkg->images[0].board, "0xbeef");
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
}

static void package_of_a_direct_xip_pair_has_both_slots(void **state)
{
    struct host_package *pkg;

    (void)state;
    pkg = package_of(1, 2,
            "{\"format-version\":1,\"files\":["
            "{\"file\":\"b.bin\",\"image_index\":1,\"slot\":\"3\","
            "\"version_MCUBOOT+XIP\":\"1.0.0\"},"
            "{\"file\":\"a.bin\",\"image_index\":1,\"slot\":\"2\","
            "\"version_MCUBOOT+XIP\":\"1.0.0\"}]}");
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
    struct host_package *pkg;

    (void)state;
    pkg = package_of(1, 1,
            "{\"files\":[{\"file\":\"b.bin\",\"image_index\":\"1\"},"
            "{\"file\":\"a.bin\"}]}");
    assert_false(pkg->dfu.images[0].duplicate_file);
    assert_true(pkg->dfu.images[1].duplicate_file);
    host_package_close(pkg);
}

static void package_version_that_lies_is_noted(void **state)
{
    struct host_package *pkg;

    (void)state;
    pkg = package_of(1, 0,
            "{\"files\":[{\"file\":\"a.bin\","
            "\"version_MCUBOOT\":\"9.9.9\"}]}");
    assert_int_equal(pkg->notes->len, 1);
    host_package_close(pkg);
}

static void create(int format_version, int slot, const char *path)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *app = image_bytes(1, 2);
    GByteArray *net = image_bytes(2, 3);
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
        cmocka_unit_test(package_that_was_made_is_read_in_both_formats),
        cmocka_unit_test(package_of_equal_input_has_equal_bytes_in_every_zone),
        cmocka_unit_test(package_of_what_is_no_image_is_not_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
