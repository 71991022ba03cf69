// SPDX-License-Identifier: Apache-2.0
/* smpsim --conf: which device a configuration describes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vdev/main_conf.h"

#define ORIGIN    \
    SMP_TEST_DATA \
    "/cases/s00-origin-nrf5340-two-images-one-slot-pair.prj.conf"

#define SERVER                                \
    "CONFIG_MCUMGR=y\nCONFIG_IMG_MANAGER=y\n" \
    "CONFIG_MCUMGR_GRP_IMG=y\nCONFIG_MCUMGR_GRP_OS=y\n"

struct bench {
    struct main_conf conf;
    struct vdev_config cfg;
    char err[VDEV_ERR_SIZE];
};

static void begin(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    main_conf_init(&b->conf);
}

static void add(struct bench *b, const char *name, const char *text)
{
    if (!main_conf_add(&b->conf, name, text, strlen(text), b->err)) {
        fail_msg("%s", b->err);
    }
}

static bool apply_to(struct bench *b, const char *preset)
{
    assert_int_equal(vdev_config_preset(&b->cfg, preset, b->err), 0);
    return main_conf_apply(&b->conf, &b->cfg, b->err);
}

static void apply(struct bench *b)
{
    if (!apply_to(b, main_conf_preset(&b->conf))) {
        fail_msg("%s", b->err);
    }
    if (vdev_config_check(&b->cfg, b->err) != 0) {
        fail_msg("%s", b->err);
    }
}

static void sdk(struct bench *b, const char *text)
{
    assert_true(main_conf_set_sdk(&b->conf, text, b->err));
}

static bool finds(struct bench *b, const char *text)
{
    char *all = main_conf_findings(&b->conf, false);
    bool found = strstr(all, text) != NULL;
    g_free(all);
    return found;
}

static void end(struct bench *b)
{
    main_conf_clear(&b->conf);
}

static void conf_of_the_origin_is_the_device_of_the_origin(void **state)
{
    struct bench b;
    struct vdev_config want;
    gchar *text = NULL;
    (void)state;
    begin(&b);
    assert_true(g_file_get_contents(ORIGIN, &text, NULL, NULL));
    add(&b, "prj.conf", text);
    g_free(text);
    sdk(&b, "2.4.1");
    apply(&b);
    assert_int_equal(vdev_config_preset(&want, "nrf5340dk-ncs2.4.1-single",
                             b.err),
            0);
    assert_memory_equal(&b.cfg, &want, sizeof(want));
    assert_true(finds(&b, "the ATT MTU becomes 252"));
    end(&b);
}

static void conf_with_two_images_has_memory_for_two(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf",
            SERVER "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
                   "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2\n"
                   "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024\n");
    assert_string_equal(main_conf_preset(&b.conf), "nrf5340dk-ncs2.4.1-multi");
    apply(&b);
    assert_int_equal(b.cfg.image_count, 2);
    assert_int_equal(b.cfg.server_images, 2);
    assert_int_equal(b.cfg.buf_size, 1024);
    assert_int_equal(b.cfg.features & VDEV_FEATURE_PARAMS, 0);
    assert_false(apply_to(&b, "nrf5340dk-ncs2.4.1-single"));
    assert_non_null(strstr(b.err, "memory for one image"));
    end(&b);
}

static void conf_counts_of_application_and_bootloader_may_differ(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf", SERVER);
    add(&b, "child_image/mcuboot.conf", "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n");
    apply(&b);
    assert_int_equal(b.cfg.image_count, 2);
    assert_int_equal(b.cfg.server_images, 1);
    end(&b);
    begin(&b);
    add(&b, "prj.conf",
            SERVER "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2\n");
    add(&b, "build/mcuboot/zephyr/.config",
            "CONFIG_UPDATEABLE_IMAGE_NUMBER=1\n");
    apply(&b);
    assert_int_equal(b.cfg.image_count, 1);
    assert_int_equal(b.cfg.server_images, 1);
    assert_true(finds(&b, "manages 2 images, the bootloader 1"));
    end(&b);
    begin(&b);
    add(&b, "prj.conf", SERVER);
    add(&b, "sysbuild.conf",
            "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE=y\n"
            "SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY=y\n");
    apply(&b);
    assert_int_equal(b.cfg.image_count, 2);
    assert_int_equal(b.cfg.mode, MCUB_MODE_OVERWRITE);
    end(&b);
}

static void conf_sample_option_implies_the_server_of_the_sample(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf",
            "CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU=y\nCONFIG_SETTINGS=y\n"
            "CONFIG_BT_DEVICE_NAME=\"My light\"\n");
    sdk(&b, "2.4.1");
    apply(&b);
    assert_int_equal(b.cfg.era, VDEV_ERA_C);
    assert_int_equal(b.cfg.server_images, 1);
    assert_int_equal(b.cfg.buf_size, 2475);
    assert_true(b.cfg.reassembly);
    assert_int_equal(b.cfg.features,
            VDEV_FEATURE_ECHO | VDEV_FEATURE_PARAMS | VDEV_FEATURE_BASIC |
                    VDEV_FEATURE_ERASE | VDEV_FEATURE_MATCH |
                    VDEV_FEATURE_PROGRESSIVE);
    assert_string_equal(b.cfg.app_name, "My light");
    sdk(&b, "2.9.0");
    apply(&b);
    assert_int_equal(b.cfg.era, VDEV_ERA_E);
    assert_true(b.cfg.features & VDEV_FEATURE_BOOTLOADER);
    assert_string_equal(b.cfg.kernel, "3.7.99");
    end(&b);
}

static void conf_each_option_has_its_effect(void **state)
{
    static const struct {
        const char *line;
        const char *key;
        const char *words;
    } rows[] = {
        { "CONFIG_MCUMGR_GRP_OS_ECHO=n", "server.features", "erase match" },
        { "CONFIG_MCUMGR_GRP_OS_INFO=y", "server.features",
                "echo info erase match" },
        { "CONFIG_IMG_ERASE_PROGRESSIVELY=y", "server.features",
                "echo erase match progressive" },
        { "CONFIG_IMG_ENABLE_IMAGE_CHECK=n", "server.features", "echo erase" },
        { "CONFIG_MCUMGR_GRP_IMG_SLOT_INFO=y", "server.features",
                "echo slot-info erase match" },
        { "CONFIG_MCUMGR_GRP_OS=n", "server.features",
                "echo erase match no-os" },
        { "CONFIG_IMG_MANAGER=n", "server.features",
                "echo erase match no-images" },
        { "CONFIG_MCUMGR_GRP_IMG_ALLOW_ERASE_PENDING=n", "server.image_options",
                "keep-pending" },
        { "CONFIG_MCUMGR_GRP_IMG_FRUGAL_LIST=y", "server.image_options",
                "frugal" },
        { "CONFIG_MCUBOOT_DOWNGRADE_PREVENTION=y", "boot.options",
                "no-downgrade" },
        { "CONFIG_BOOT_VALIDATE_SLOT0=n", "boot.options", "no-primary-check" },
        { "CONFIG_BOOT_UPGRADE_ONLY=y", "boot.mode", "overwrite" },
        { "CONFIG_BOOT_SWAP_USING_MOVE=y", "boot.mode", "swap-move" },
        { "CONFIG_BOOT_DIRECT_XIP=y\nCONFIG_BOOT_DIRECT_XIP_REVERT=y",
                "boot.mode", "direct-xip-revert" },
        { "SB_CONFIG_MCUBOOT_MODE_DIRECT_XIP=y", "boot.mode", "direct-xip" },
        { "CONFIG_MCUBOOT_SERIAL=y\nCONFIG_BOOT_SERIAL_BOOT_MODE=y\n"
          "CONFIG_BOOT_SERIAL_WAIT_FOR_DFU=y",
                "recovery.enter", "boot-mode wait" },
        { "CONFIG_BOOT_SERIAL_IMG_GRP_IMAGE_STATE=y\n"
          "CONFIG_BOOT_SERIAL_IMG_GRP_HASH=n",
                "recovery.options", "state progressive" },
        { "CONFIG_SINGLE_APPLICATION_SLOT=y", "server.features",
                "echo erase match no-images" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        char words[VDEV_ERR_SIZE];
        begin(&b);
        add(&b, "prj.conf", SERVER);
        add(&b, "more.conf", rows[i].line);
        if (!apply_to(&b, "nrf52840dk-zephyr4.4")) {
            fail_msg("%s: %s", rows[i].line, b.err);
        }
        vdev_config_get(&b.cfg, rows[i].key, words);
        if (strcmp(words, rows[i].words) != 0) {
            fail_msg("%s: %s is \"%s\", wanted \"%s\"", rows[i].line,
                    rows[i].key, words, rows[i].words);
        }
        end(&b);
    }
}

static void conf_names_hold_for_their_versions(void **state)
{
    static const char *const old =
            "CONFIG_MCUMGR=y\nCONFIG_MCUMGR_CMD_IMG_MGMT=y\n"
            "CONFIG_MCUMGR_CMD_OS_MGMT=y\nCONFIG_MCUMGR_SMP_BT=y\n";
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf", old);
    sdk(&b, "1.9.1");
    apply(&b);
    assert_int_equal(b.cfg.era, VDEV_ERA_A);
    assert_int_equal(b.cfg.features &
                    (VDEV_FEATURE_NO_OS | VDEV_FEATURE_NO_IMAGES),
            0);
    sdk(&b, "2.4.1");
    apply(&b);
    assert_true(b.cfg.features & VDEV_FEATURE_NO_IMAGES);
    assert_true(finds(&b, "CONFIG_MCUMGR_GRP_IMG now"));
    end(&b);
    begin(&b);
    add(&b, "prj.conf", SERVER "CONFIG_MCUMGR_GRP_OS_BOOTLOADER_INFO=y\n");
    sdk(&b, "2.4.1");
    apply(&b);
    assert_int_equal(b.cfg.features & VDEV_FEATURE_BOOTLOADER, 0);
    assert_true(finds(&b, "exists since Zephyr 3.5"));
    end(&b);
}

static void conf_contradictions_are_told(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf",
            SERVER "CONFIG_MCUBOOT_BOOTLOADER_MODE_OVERWRITE_ONLY=y\n");
    add(&b, "mcuboot.conf", "CONFIG_BOOT_SWAP_USING_MOVE=y\n");
    apply(&b);
    assert_int_equal(b.cfg.mode, MCUB_MODE_MOVE);
    assert_true(finds(&b, "contradicts CONFIG_BOOT_SWAP_USING_MOVE=y"));
    end(&b);
}

static void conf_refuses_what_is_no_device(void **state)
{
    static const char *const versions[] = { "", "2", "4.4", "abc", "zephyr-",
        "zephyr-x", "2.4.1.beta.and.more.and.more", "2.4x" };
    struct bench b;
    (void)state;
    begin(&b);
    assert_false(main_conf_add(&b.conf, "notes.txt", "hello\n", 6, b.err));
    assert_non_null(strstr(b.err, "notes.txt"));
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        assert_false(main_conf_set_sdk(&b.conf, versions[i], b.err));
    }
    add(&b, "prj.conf", "CONFIG_GPIO=y\n");
    assert_false(apply_to(&b, "nrf5340dk-ncs2.4.1-single"));
    assert_non_null(strstr(b.err, "no SMP server"));
    end(&b);
    begin(&b);
    add(&b, "prj.conf", SERVER "CONFIG_UPDATEABLE_IMAGE_NUMBER=7\n");
    assert_false(apply_to(&b, "nrf5340dk-ncs2.4.1-multi"));
    end(&b);
}

static void conf_lines_without_effect_are_listed(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    add(&b, "prj.conf", SERVER "CONFIG_GPIO=y\nCONFIG_BOARD=\"nrf52840dk\"\n");
    assert_string_equal(main_conf_preset(&b.conf), "nrf52840dk-zephyr4.4");
    apply(&b);
    char *text = main_conf_describe(&b.conf, &b.cfg);
    const char *idle = strstr(text, "without effect");
    assert_non_null(idle);
    assert_non_null(strstr(idle, "prj.conf:5: CONFIG_GPIO=y"));
    assert_null(strstr(idle, "CONFIG_MCUMGR_GRP_OS=y"));
    assert_non_null(strstr(text, "prj.conf:4: CONFIG_MCUMGR_GRP_OS=y"));
    g_free(text);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conf_of_the_origin_is_the_device_of_the_origin),
        cmocka_unit_test(conf_with_two_images_has_memory_for_two),
        cmocka_unit_test(conf_counts_of_application_and_bootloader_may_differ),
        cmocka_unit_test(conf_sample_option_implies_the_server_of_the_sample),
        cmocka_unit_test(conf_each_option_has_its_effect),
        cmocka_unit_test(conf_names_hold_for_their_versions),
        cmocka_unit_test(conf_contradictions_are_told),
        cmocka_unit_test(conf_refuses_what_is_no_device),
        cmocka_unit_test(conf_lines_without_effect_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
