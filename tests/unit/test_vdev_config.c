// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vdev/config.h"

static void config_every_preset_is_complete(void **state)
{
    char err[VDEV_ERR_SIZE] = "";
    (void)state;
    assert_true(vdev_preset_count() >= 6);
    for (size_t i = 0; i < vdev_preset_count(); i++) {
        struct vdev_config cfg;
        const char *name = vdev_preset_name(i);
        if (vdev_config_preset(&cfg, name, err) != 0 ||
                vdev_config_check(&cfg, err) != 0) {
            fail_msg("%s: %s", name, err);
        }
        assert_string_equal(cfg.name, name);
        assert_true(cfg.title[0] != 0 && cfg.board[0] != 0);
    }
    assert_null(vdev_preset_name(vdev_preset_count()));
}

static void config_origin_preset_is_the_device_of_the_report(void **state)
{
    struct vdev_config cfg;
    char err[VDEV_ERR_SIZE];
    (void)state;
    assert_int_equal(vdev_config_preset(&cfg, "nrf5340dk-ncs2.4.1-single", err),
            0);
    assert_int_equal(cfg.era, VDEV_ERA_C);
    assert_int_equal(cfg.mode, MCUB_MODE_MOVE);
    assert_int_equal(cfg.server_images, 1);
    assert_int_equal(cfg.att_mtu, 252);
    assert_false(cfg.reassembly);
    assert_int_equal(cfg.features & VDEV_FEATURE_PARAMS, 0);
    assert_int_equal(cfg.features & VDEV_FEATURE_BASIC, 0);
    assert_string_equal(cfg.app_name, "Nordic_LBS");
}

static void config_unknown_preset_is_named(void **state)
{
    struct vdev_config cfg;
    char err[VDEV_ERR_SIZE] = "";
    (void)state;
    assert_int_equal(vdev_config_preset(&cfg, "toaster", err), -1);
    assert_non_null(strstr(err, "toaster"));
}

static void config_values_are_read_in_their_units(void **state)
{
    struct vdev_config cfg;
    char err[VDEV_ERR_SIZE];
    (void)state;
    vdev_config_init(&cfg);
    assert_int_equal(vdev_config_set(&cfg, "internal.size", "2M", err), 0);
    assert_int_equal(cfg.part[0].size, 2u << 20);
    assert_int_equal(vdev_config_set(&cfg, "image1.secondary",
                             "external 0x1000 8K", err),
            0);
    assert_int_equal(cfg.image[1].slot[1].part, VDEV_PART_EXTERNAL);
    assert_int_equal(cfg.image[1].slot[1].off, 0x1000);
    assert_int_equal(cfg.image[1].slot[1].size, 8192);
    assert_int_equal(vdev_config_set(&cfg, "server.features", "+params -echo",
                             err),
            0);
    assert_int_equal(cfg.features, VDEV_FEATURE_PARAMS | VDEV_FEATURE_ERASE);
    assert_int_equal(vdev_config_set(&cfg, "sim.flash_time", "real", err), 0);
    assert_true(cfg.flash_time);
    assert_int_equal(vdev_config_set(&cfg, "sim.link", "interval=15ms", err),
            0);
    assert_int_equal(cfg.link.interval_us, 15000);
    assert_int_equal(cfg.link.mtu, cfg.att_mtu);
    assert_int_equal(vdev_config_set(&cfg, "boot.mode", "overwrite", err), 0);
    assert_int_equal(cfg.mode, MCUB_MODE_OVERWRITE);
}

static void config_bad_values_name_their_key(void **state)
{
    static const char *const bad[][2] = { { "internal.size", "big" },
        { "internal.size", "-1" }, { "server.era", "Z" },
        { "server.features", "telepathy" }, { "image0.primary", "rom 0 1" },
        { "image0.primary", "internal 0" }, { "ble.reassembly", "perhaps" },
        { "boot.images", "300" }, { "no.such", "1" }, { "sim.link", "mtu=1" },
        { "sim.fault", "explode" } };
    struct vdev_config cfg;
    (void)state;
    vdev_config_init(&cfg);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char err[VDEV_ERR_SIZE] = "";
        assert_int_equal(vdev_config_set(&cfg, bad[i][0], bad[i][1], err), -1);
        assert_true(err[0] != 0);
    }
}

static void config_ini_errors_name_their_line(void **state)
{
    static const char *const bad[] = { "\n\nnonsense\n", "# c\n\n[x\n",
        "[server]\n\nera = Q\n", "[server]\n#\nflavour = 1\n" };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vdev_config cfg;
        char err[VDEV_ERR_SIZE] = "";
        vdev_config_init(&cfg);
        assert_int_equal(vdev_config_ini(&cfg, bad[i], err), -1);
        assert_memory_equal(err, "line 3: ", 8);
    }
}

static void config_impossible_layouts_are_refused(void **state)
{
    static const char *const bad[] = { "[image0]\nprimary=internal 0xc001 4K\n",
        "[image0]\nprimary=external 0 4K\n", "[internal]\nsector=4095\n",
        "[image0]\nsecondary=internal 0xff000 8K\n", "[boot]\nimages=3\n",
        "[server]\nbuf_count=1\n", "[server]\nimages=2\n",
        "[app]\nversion=one\n", "[internal]\nwrite=3\n" };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vdev_config cfg;
        char err[VDEV_ERR_SIZE] = "";
        assert_int_equal(vdev_config_preset(&cfg, "nrf52840dk-zephyr4.4", err),
                0);
        assert_int_equal(vdev_config_ini(&cfg, bad[i], err), 0);
        if (vdev_config_check(&cfg, err) != -1) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_every_preset_is_complete),
        cmocka_unit_test(config_origin_preset_is_the_device_of_the_report),
        cmocka_unit_test(config_unknown_preset_is_named),
        cmocka_unit_test(config_values_are_read_in_their_units),
        cmocka_unit_test(config_bad_values_name_their_key),
        cmocka_unit_test(config_ini_errors_name_their_line),
        cmocka_unit_test(config_impossible_layouts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
