// SPDX-License-Identifier: Apache-2.0
/* A device with every bootloader: what boots, what the lists say, what is
 * refused, what the console prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mcub/image.h"
#include "vdev_lab.h"

#define ZEPHYR "nrf52840dk-zephyr4.4"
#define ORIGIN "nrf5340dk-ncs2.4.1-single"

/* Slots of ZEPHYR. */
#define SLOT0 0xc000u
#define SLOT1 0x82000u
#define RAM   0x20000000u

/* Codes of the image group as lab_code() gives them. */
#define NO_FREE_SLOT  1009
#define OPEN_FAILED   1010
#define WRONG_ADDRESS 1025
#define TEST_ACTIVE   1033
#define NOT_SUPPORTED 8

static struct lab lab;

static void start(const char *preset, const char *bootloader)
{
    lab_init(&lab, preset);
    lab_set(&lab, "boot.bootloader", bootloader);
    lab_start(&lab);
}

static void upload(const char *version, const char *app, uint32_t flags,
        uint32_t load_addr, int code)
{
    struct lab_image image;
    lab_make_image_at(&image, version, app, flags, load_addr);
    assert_int_equal(lab_upload(&lab, &image, 0), code);
    free(image.bytes);
}

/* Test or confirm by hash, whichever slot holds it. */
static int mark(const char *version, const char *app, uint32_t flags,
        uint32_t load_addr, bool confirm)
{
    struct lab_image image;
    lab_make_image_at(&image, version, app, flags, load_addr);
    int code = lab_set_state(&lab, &image, confirm);
    free(image.bytes);
    return code;
}

static void assert_list(const char *want)
{
    assert_string_equal(lab_list(&lab), want);
}

static void assert_console(const char *line)
{
    if (strstr(lab.console, line) == NULL) {
        fail_msg("no \"%s\" in:\n%s", line, lab.console);
    }
}

static void modes_every_preset_boots_with_every_bootloader(void **state)
{
    (void)state;
    for (size_t p = 0; p < vdev_preset_count(); p++) {
        for (size_t b = 0; b < vdev_bootloader_count(); b++) {
            char err[VDEV_ERR_SIZE] = "";
            const char *name = vdev_bootloader_name(b);
            lab_init(&lab, vdev_preset_name(p));
            lab.cfg.recovery.enter = 0;
            if (vdev_config_bootloader(&lab.cfg, name, err) != 0) {
                bool core = lab.cfg.image_count > 1;
                assert_true(core ||
                        lab.cfg.image[0].slot[1].part == VDEV_PART_EXTERNAL);
                assert_ptr_equal(strstr(err, name), err);
                assert_non_null(
                        strstr(err, core ? "network core" : "external flash"));
                continue;
            }
            lab_start(&lab);
            if (!vdev_device_running(lab.device)) {
                fail_msg("%s --bootloader %s:\n%s", vdev_preset_name(p), name,
                        lab.console);
            }
            assert_int_equal(lab.notes_len, 0);
            lab_stop(&lab);
        }
    }
}

static void modes_unknown_bootloader_names_the_known_ones(void **state)
{
    char err[VDEV_ERR_SIZE] = "";
    (void)state;
    lab_init(&lab, ZEPHYR);
    struct vdev_config before = lab.cfg;
    assert_int_equal(vdev_config_bootloader(&lab.cfg, "toaster", err), -1);
    assert_non_null(strstr(err, "toaster"));
    assert_non_null(strstr(err, "firmware-loader"));
    assert_memory_equal(&before, &lab.cfg, sizeof(before));
    assert_null(vdev_bootloader_name(vdev_bootloader_count()));
    assert_null(vdev_bootloader_text(vdev_bootloader_count()));
}

static void modes_words_of_boot_mode_are_understood_too(void **state)
{
    static const struct {
        const char *word;
        enum mcub_mode mode;
    } words[] = { { "swap-scratch", MCUB_MODE_SCRATCH },
        { "swap-move", MCUB_MODE_MOVE }, { "swap-offset", MCUB_MODE_OFFSET },
        { "overwrite-fast", MCUB_MODE_OVERWRITE } };
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        lab_init(&lab, ZEPHYR);
        lab_set(&lab, "boot.bootloader", words[i].word);
        assert_int_equal(lab.cfg.mode, words[i].mode);
    }
}

static void modes_scratch_is_cut_off_where_the_map_has_no_gap(void **state)
{
    (void)state;
    lab_init(&lab, ZEPHYR);
    lab_set(&lab, "boot.bootloader", "scratch");
    assert_int_equal(lab.cfg.image[0].slot[0].size, 0x75000);
    assert_int_equal(lab.cfg.image[0].slot[1].size, 0x75000);
    assert_int_equal(lab.cfg.scratch.off, SLOT0 + 0x75000);
    lab_init(&lab, "nrf5340dk-ncs2.4.1-multi");
    lab_set(&lab, "boot.bootloader", "scratch");
    assert_int_equal(lab.cfg.image[0].slot[0].size, 0xf0000);
    assert_int_equal(lab.cfg.scratch.part, VDEV_PART_INTERNAL);
    assert_int_equal(lab.cfg.scratch.off, 0xfc000);
}

static void modes_bootloader_info_tells_the_number(void **state)
{
    static const char *const answers[] = {
        /* in the order of vdev_bootloader_name() */
        "01",
        "03",
        "09",
        "02",
        "02",
        "04",
        "05",
        "06",
        "06",
        "00",
        "08",
        "07",
    };
    (void)state;
    assert_int_equal(vdev_bootloader_count(),
            sizeof(answers) / sizeof(answers[0]));
    for (size_t i = 0; i < vdev_bootloader_count(); i++) {
        char want[128];
        start(ZEPHYR, vdev_bootloader_name(i));
        /* {"query": "mode"} */
        snprintf(want, sizeof(want),
                "09 00 0008 0000 01 08 bf 64 6d6f6465 %s ff", answers[i]);
        lab_ask_hex(&lab, "08 00 000c 0000 01 08 a1 65 7175657279 64 6d6f6465",
                want);
        lab_stop(&lab);
    }
}

static void modes_swaps_try_and_go_back(void **state)
{
    static const char *const modes[] = { "scratch", "move", "offset" };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        start(ZEPHYR, modes[i]);
        upload("2.0.0", NULL, 0, 0, 0);
        assert_int_equal(mark("2.0.0", NULL, 0, 0, false), 0);
        lab_reset(&lab);
        assert_list("0.0 2.0.0 A, 0.1 1.0.0 C");
        lab_reset(&lab);
        assert_list("0.0 1.0.0 AC, 0.1 2.0.0 ");
        assert_int_equal(mark("2.0.0", NULL, 0, 0, false), 0);
        lab_reset(&lab);
        assert_int_equal(lab_confirm(&lab), 0);
        lab_reset(&lab);
        assert_memory_equal(lab_list(&lab), "0.0 2.0.0 AC", 12);
        lab_stop(&lab);
    }
}

static void modes_overwrite_keeps_nothing(void **state)
{
    static const char *const modes[] = { "overwrite", "overwrite-whole" };
    uint64_t erases[2];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct vdev_stats stats;
        start(ZEPHYR, modes[i]);
        upload("2.0.0", NULL, 0, 0, 0);
        assert_int_equal(mark("2.0.0", NULL, 0, 0, false), 0);
        lab_reset(&lab);
        assert_list("0.0 2.0.0 AC");
        lab_reset(&lab);
        assert_list("0.0 2.0.0 AC");
        vdev_device_get_stats(lab.device, &stats);
        erases[i] = stats.erases;
        lab_stop(&lab);
    }
    assert_true(erases[1] > erases[0]);
}

static void modes_direct_xip_runs_the_higher_version_in_place(void **state)
{
    (void)state;
    start(ZEPHYR, "direct-xip");
    assert_console("I: Starting Direct-XIP bootloader");
    assert_console("I: Image 0 Secondary slot: Image not found");
    upload("2.0.0", "name=second", MCUB_IMAGE_ROM_FIXED, SLOT1, 0);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 P!");
    lab_reset(&lab);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
    assert_string_equal(vdev_device_name(lab.device), "second");
    assert_console("I: Image 0 Secondary slot: version=2.0.0+0");
    assert_console("I: Image 0 loaded from the secondary slot");
    assert_console("I: Bootloader chainload address offset: 0x82000");
    assert_console("I: Image version: v2.0.0");
    assert_console("I: Jumping to the image slot");
    /* Now slot 0 is the free one. */
    upload("3.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, 0);
    assert_list("0.0 3.0.0 P!, 0.1 2.0.0 AC");
    lab_reset(&lab);
    assert_list("0.0 3.0.0 AC, 0.1 2.0.0 ");
    /* Not higher: it stays where it is, and nothing waits. */
    upload("2.5.0", NULL, 0, 0, 0);
    assert_list("0.0 3.0.0 AC, 0.1 2.5.0 ");
    lab_reset(&lab);
    assert_list("0.0 3.0.0 AC, 0.1 2.5.0 ");
    lab_stop(&lab);
}

static void modes_direct_xip_has_no_state_write(void **state)
{
    (void)state;
    start(ZEPHYR, "direct-xip");
    upload("2.0.0", NULL, 0, 0, 0);
    assert_int_equal(mark("2.0.0", NULL, 0, 0, false), NOT_SUPPORTED);
    assert_int_equal(lab_confirm(&lab), NOT_SUPPORTED);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 P!");
    /* A slot that waits may be written again: only the running one is used. */
    upload("2.1.0", NULL, 0, 0, 0);
    assert_list("0.0 1.0.0 AC, 0.1 2.1.0 P!");
    lab_stop(&lab);
}

static void modes_direct_xip_refuses_what_is_made_for_another_slot(void **state)
{
    static const char *const modes[] = { "direct-xip", "direct-xip-revert" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(ZEPHYR, modes[i]);
        upload("2.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, WRONG_ADDRESS);
        assert_list("0.0 1.0.0 AC");
        upload("2.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT1, 0);
        assert_list(i == 0 ? "0.0 1.0.0 AC, 0.1 2.0.0 P!"
                           : "0.0 1.0.0 AC, 0.1 2.0.0 ");
        lab_stop(&lab);
    }
    /* Boards that swap do not look at it. */
    start(ZEPHYR, "move");
    upload("2.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, 0);
    lab_stop(&lab);
    start(ORIGIN, "direct-xip");
    upload("2.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, 3);
    lab_stop(&lab);
}

/* Uploaded while the chip had another bootloader. */
static void modes_direct_xip_skips_what_is_linked_for_elsewhere(void **state)
{
    static const char path[] = "vdev_modes.bin";
    (void)state;
    unlink(path);
    unlink("vdev_modes.bin.state");
    lab_init(&lab, ZEPHYR);
    lab_set(&lab, "boot.bootloader", "move");
    lab_set(&lab, "sim.flash", path);
    lab_start(&lab);
    upload("2.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, 0);
    lab_stop(&lab);
    lab_init(&lab, ZEPHYR);
    lab_set(&lab, "boot.bootloader", "direct-xip");
    lab_set(&lab, "sim.flash", path);
    lab_start(&lab);
    assert_console("W: Image in secondary slot at 0x82000 has been built for "
                   "offset 0xc000, skipping");
    assert_console("I: Image 0 loaded from the primary slot");
    lab_stop(&lab);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink("vdev_modes.bin.state"), 0);
}

/* What is the same in the two modes that go back by erasing. */
static void try_and_go_back(uint32_t flags, uint32_t addr)
{
    /* Never marked: gone after the next boot, the boot is as before. */
    upload("2.0.0", NULL, flags, addr, 0);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 ");
    lab_reset(&lab);
    assert_list("0.0 1.0.0 AC");
    assert_console("I: Erasing faulty image in the secondary slot.");
    /* A trial. */
    upload("2.0.0", NULL, flags, addr, 0);
    assert_int_equal(mark("2.0.0", NULL, flags, addr, false), 0);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 P");
    lab_reset(&lab);
    assert_list("0.0 1.0.0 C, 0.1 2.0.0 A");
    assert_int_equal(mark("2.0.0", NULL, flags, addr, false), TEST_ACTIVE);
    upload("3.0.0", NULL, flags, addr, NO_FREE_SLOT);
    /* Not confirmed: erased, the old one runs. */
    lab_reset(&lab);
    assert_list("0.0 1.0.0 AC");
    /* Confirmed after the trial. */
    upload("2.0.0", NULL, flags, addr, 0);
    assert_int_equal(mark("2.0.0", NULL, flags, addr, false), 0);
    lab_reset(&lab);
    assert_int_equal(lab_confirm(&lab), 0);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
    lab_reset(&lab);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
}

static void modes_direct_xip_with_revert_tries_and_goes_back(void **state)
{
    (void)state;
    start(ZEPHYR, "direct-xip-revert");
    try_and_go_back(0, 0);
    /* For good at once; slot 0 is free now. */
    upload("3.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, 0);
    assert_int_equal(mark("3.0.0", NULL, MCUB_IMAGE_ROM_FIXED, SLOT0, true), 0);
    assert_list("0.0 3.0.0 P!, 0.1 2.0.0 AC");
    lab_reset(&lab);
    lab_reset(&lab);
    assert_list("0.0 3.0.0 AC, 0.1 2.0.0 ");
    lab_stop(&lab);
}

static void modes_direct_xip_application_confirms_its_own_slot(void **state)
{
    (void)state;
    start(ZEPHYR, "direct-xip-revert");
    upload("2.0.0", "confirm=1", 0, 0, 0);
    assert_int_equal(mark("2.0.0", "confirm=1", 0, 0, false), 0);
    lab_reset(&lab);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
    lab_stop(&lab);
}

static void modes_direct_xip_crash_on_trial_brings_the_old_one_back(
        void **state)
{
    (void)state;
    start(ZEPHYR, "direct-xip-revert");
    upload("2.0.0", "crash=1", 0, 0, 0);
    assert_int_equal(mark("2.0.0", "crash=1", 0, 0, false), 0);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 AC");
    lab_stop(&lab);
}

static void modes_ram_load_runs_the_copy(void **state)
{
    (void)state;
    start(ZEPHYR, "ram-load");
    assert_console("I: Image 0 RAM loading to 0x20000000 is succeeded.");
    assert_console("I: Bootloader chainload address offset: 0x20000000");
    upload("2.0.0", "name=second", MCUB_IMAGE_RAM_LOAD, RAM, 0);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 P!");
    assert_int_equal(mark("2.0.0", "name=second", MCUB_IMAGE_RAM_LOAD, RAM,
                             false),
            NOT_SUPPORTED);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
    assert_string_equal(vdev_device_name(lab.device), "second");
    assert_console("I: Image 0 loaded from the secondary slot");
    assert_console("I: Jumping to the first image slot");
    lab_stop(&lab);
}

static void modes_ram_load_erases_what_does_not_fit_the_ram(void **state)
{
    (void)state;
    start(ZEPHYR, "ram-load");
    upload("2.0.0", NULL, MCUB_IMAGE_RAM_LOAD, RAM - 4, 0);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 AC");
    /* Without the flag it is no candidate, and stays. */
    upload("2.0.0", NULL, 0, RAM, 0);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 AC, 0.1 2.0.0 P!");
    lab_stop(&lab);
}

static void modes_ram_load_with_revert_tries_and_goes_back(void **state)
{
    (void)state;
    start(ZEPHYR, "ram-load-revert");
    try_and_go_back(MCUB_IMAGE_RAM_LOAD, RAM);
    lab_stop(&lab);
}

static void modes_single_slot_takes_no_upload(void **state)
{
    static const char *const modes[] = { "single", "single-ram" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(ZEPHYR, modes[i]);
        assert_list("0.0 1.0.0 AC");
        upload("2.0.0", NULL, 0, 0, NO_FREE_SLOT);
        assert_int_equal(lab_confirm(&lab), 0);
        struct smp_image_erase_req erase = {
            .has = SMP_IMAGE_ERASE_REQ_SLOT,
            .slot = 1,
        };
        assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_ERASE,
                &smp_image_erase_req_map, &erase));
        assert_int_equal(lab_code(&lab), OPEN_FAILED);
        /* Slot info: one image, one slot, nothing to upload to. */
        lab_ask_hex(&lab, "08 00 0001 0001 01 06 a0",
                "09 00 002e 0001 01 06 bf 66 696d61676573 9f bf"
                " 65 696d616765 00 65 736c6f7473 9f bf 64 736c6f74 00"
                " 64 73697a65 1a 00076000 ff ff ff ff ff");
        lab_reset(&lab);
        assert_list("0.0 1.0.0 AC");
        lab_stop(&lab);
    }
    start(ORIGIN, "single");
    upload("2.0.0", NULL, 0, 0, 5);
    lab_stop(&lab);
}

static void modes_firmware_loader_updates_the_application(void **state)
{
    static const char *const presets[] = { ZEPHYR, ORIGIN };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(presets[i], "firmware-loader");
        /* The application manages no images. */
        assert_true(
                lab_image_call(&lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
        assert_int_equal(lab_code(&lab), NOT_SUPPORTED);
        lab_reset(&lab);
        assert_true(
                lab_image_call(&lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
        assert_int_equal(lab_code(&lab), NOT_SUPPORTED);
        lab_reset_to_loader(&lab);
        assert_console("I: Starting the firmware loader (asked for)");
        assert_string_equal(vdev_device_name(lab.device), "FW_LOADER");
        assert_list("0.0 1.0.0 ");
        upload("2.0.0", "name=second", 0, 0, 0);
        assert_list("0.0 2.0.0 ");
        assert_int_equal(mark("2.0.0", "name=second", 0, 0, false),
                NOT_SUPPORTED);
        lab_reset(&lab);
        assert_string_equal(vdev_device_name(lab.device), "second");
        /* Asked for once, good for one boot. */
        lab_reset_to_loader(&lab);
        assert_list("0.0 2.0.0 ");
        vdev_device_power_cycle(lab.device, lab.now_us);
        assert_true(lab_wait_up(&lab, 60000));
        assert_string_equal(vdev_device_name(lab.device), "second");
        lab_stop(&lab);
    }
}

static void modes_firmware_loader_comes_when_there_is_no_application(
        void **state)
{
    (void)state;
    start(ZEPHYR, "firmware-loader");
    lab_reset_to_loader(&lab);
    struct lab_image image;
    lab_make_image_at(&image, "2.0.0", NULL, 0, 0);
    image.bytes[3000] ^= 1;
    assert_int_equal(lab_upload(&lab, &image, 0), 0);
    free(image.bytes);
    lab.console_len = 0;
    lab_reset(&lab);
    assert_string_equal(vdev_device_name(lab.device), "FW_LOADER");
    assert_console("I: Starting the firmware loader");
    upload("2.0.0", "name=second", 0, 0, 0);
    lab_reset(&lab);
    assert_string_equal(vdev_device_name(lab.device), "second");
    lab_stop(&lab);
}

/* A swap wears both slots, a selection the written one only. */
static void modes_wear_is_counted_by_memory(void **state)
{
    static const char *const modes[] = { "move", "direct-xip" };
    struct vdev_wear wear;
    uint64_t erases[2];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(ZEPHYR, modes[i]);
        assert_true(
                vdev_device_get_wear(lab.device, VDEV_PART_INTERNAL, &wear));
        assert_int_equal(wear.sectors, 256);
        assert_int_equal(wear.erases, 0);
        assert_int_equal(wear.worn, 0);
        assert_false(
                vdev_device_get_wear(lab.device, VDEV_PART_EXTERNAL, &wear));
        assert_false(vdev_device_get_wear(lab.device, VDEV_PART_RAM, &wear));
        upload("2.0.0", NULL, 0, 0, 0);
        if (i == 0) {
            assert_int_equal(mark("2.0.0", NULL, 0, 0, true), 0);
        }
        lab_reset(&lab);
        assert_true(
                vdev_device_get_wear(lab.device, VDEV_PART_INTERNAL, &wear));
        erases[i] = wear.erases;
        assert_true(wear.worn <= wear.erases);
        assert_true(wear.most >= 1 && wear.most <= wear.erases);
        assert_true(wear.at >= SLOT0 && wear.at < SLOT1 + 0x76000);
        lab_stop(&lab);
    }
    assert_true(erases[0] > erases[1]);
}

static void modes_boot_mode_means_nothing_to_others(void **state)
{
    (void)state;
    start(ZEPHYR, "move");
    lab_reset_to_loader(&lab);
    assert_console("I: Boot mode 1 asked for: not in this bootloader");
    assert_list("0.0 1.0.0 AC");
    lab_stop(&lab);
}

static void modes_old_servers_show_direct_xip_as_running_only(void **state)
{
    (void)state;
    start(ORIGIN, "direct-xip");
    assert_list("0.0 1.0.0 A");
    upload("2.0.0", NULL, 0, 0, 0);
    assert_list("0.0 1.0.0 A, 0.1 2.0.0 P!");
    lab_reset(&lab);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 A");
    lab_stop(&lab);
    start(ORIGIN, "direct-xip-revert");
    upload("2.0.0", NULL, 0, 0, 0);
    assert_int_equal(mark("2.0.0", NULL, 0, 0, false), 0);
    lab_reset(&lab);
    assert_list("0.0 1.0.0 C, 0.1 2.0.0 A");
    assert_int_equal(mark("2.0.0", NULL, 0, 0, false), 1);
    assert_int_equal(lab_confirm(&lab), 0);
    assert_list("0.0 1.0.0 , 0.1 2.0.0 AC");
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_every_preset_boots_with_every_bootloader),
        cmocka_unit_test(modes_unknown_bootloader_names_the_known_ones),
        cmocka_unit_test(modes_words_of_boot_mode_are_understood_too),
        cmocka_unit_test(modes_scratch_is_cut_off_where_the_map_has_no_gap),
        cmocka_unit_test(modes_bootloader_info_tells_the_number),
        cmocka_unit_test(modes_swaps_try_and_go_back),
        cmocka_unit_test(modes_overwrite_keeps_nothing),
        cmocka_unit_test(modes_direct_xip_runs_the_higher_version_in_place),
        cmocka_unit_test(modes_direct_xip_has_no_state_write),
        cmocka_unit_test(
                modes_direct_xip_refuses_what_is_made_for_another_slot),
        cmocka_unit_test(modes_direct_xip_skips_what_is_linked_for_elsewhere),
        cmocka_unit_test(modes_direct_xip_with_revert_tries_and_goes_back),
        cmocka_unit_test(modes_direct_xip_application_confirms_its_own_slot),
        cmocka_unit_test(
                modes_direct_xip_crash_on_trial_brings_the_old_one_back),
        cmocka_unit_test(modes_ram_load_runs_the_copy),
        cmocka_unit_test(modes_ram_load_erases_what_does_not_fit_the_ram),
        cmocka_unit_test(modes_ram_load_with_revert_tries_and_goes_back),
        cmocka_unit_test(modes_single_slot_takes_no_upload),
        cmocka_unit_test(modes_firmware_loader_updates_the_application),
        cmocka_unit_test(
                modes_firmware_loader_comes_when_there_is_no_application),
        cmocka_unit_test(modes_wear_is_counted_by_memory),
        cmocka_unit_test(modes_boot_mode_means_nothing_to_others),
        cmocka_unit_test(modes_old_servers_show_direct_xip_as_running_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
