// SPDX-License-Identifier: Apache-2.0
/*
 * The power goes at any flash operation of an update, in any way: afterwards
 * the old or the new application runs, and the update can be finished.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vdev_lab.h"

#define CHUNK    400u
#define ATTEMPTS 4

static const char *const ways[] = { "clean", "torn", "word", "bits", "after" };

static const char *const modes[] = { "offset", "move", "scratch", "overwrite",
    "overwrite-whole", "direct-xip-revert" };

/* A small board: 8 sectors per slot. */
static void begin(struct lab *lab, const char *mode, const char *fault)
{
    lab_init(lab, "nrf52840dk-zephyr4.4");
    lab_set(lab, "internal.size", "128K");
    lab_set(lab, "image0.primary", "internal 0x8000 0x8000");
    lab_set(lab, "image0.secondary", "internal 0x10000 0x8000");
    lab_set(lab, "storage.area", "internal 0x18000 0x1000");
    lab_set(lab, "app.size", "5000");
    lab_set(lab, "boot.bootloader", mode);
    if (fault != NULL) {
        lab_fault(lab, fault);
    }
    lab_start(lab);
}

/* false: no answer, the power has gone. */
static bool upload(struct lab *lab, const struct lab_image *image)
{
    uint32_t off = 0;
    while (off < image->len) {
        size_t n = image->len - off < CHUNK ? image->len - off : CHUNK;
        struct smp_image_upload_req req = {
            .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
            .off = off,
            .data = { image->bytes + off, n },
        };
        if (off == 0) {
            req.has |= SMP_IMAGE_UPLOAD_REQ_LEN;
            req.len = (uint32_t)image->len;
        }
        if (!lab_image_call(lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
                    &smp_image_upload_req_map, &req)) {
            return false;
        }
        assert_int_equal(lab_code(lab), 0);
        off += (uint32_t)n;
    }
    return true;
}

static bool mark(struct lab *lab, const struct lab_image *image, bool confirm)
{
    struct smp_image_state_req req = {
        .has = SMP_IMAGE_STATE_REQ_CONFIRM,
        .confirm = confirm,
    };
    if (image != NULL) {
        req.has |= SMP_IMAGE_STATE_REQ_HASH;
        req.hash = (struct smp_bytes){ image->hash, sizeof(image->hash) };
    }
    if (!lab_image_call(lab, SMP_OP_WRITE, SMP_IMAGE_STATE,
                &smp_image_state_req_map, &req)) {
        return false;
    }
    assert_int_equal(lab_code(lab), 0);
    return true;
}

/* Which version runs, and whether it is confirmed, in whatever slot. */
static bool runs(const char *list, const char *text)
{
    return strstr(list, text) != NULL;
}

/* One attempt of a user who repeats what failed. */
static bool attempt(struct lab *lab, const struct lab_image *image)
{
    if (runs(lab_list(lab), " 2.0.0 AC")) {
        return true;
    }
    if (!runs(lab_list(lab), " 2.0.0 A")) {
        if (!upload(lab, image) || !mark(lab, image, false)) {
            return false;
        }
        lab_reset(lab);
        if (!runs(lab_list(lab), " 2.0.0 A")) {
            return false;
        }
    }
    return mark(lab, NULL, true) && runs(lab_list(lab), " 2.0.0 AC");
}

/* false: the update needs fewer operations than that. */
static bool survives(const char *mode, const struct lab_image *image,
        const char *fault)
{
    static struct lab lab;
    bool done = false;
    int attempts = 0;
    begin(&lab, mode, fault);
    for (; attempts < ATTEMPTS && !done; attempts++) {
        done = attempt(&lab, image);
        if (!lab_wait_up(&lab, 600000)) {
            fail_msg("%s %s: dead", mode, fault);
        }
        const char *list = lab_list(&lab);
        if (!runs(list, " 1.0.0 AC") && !runs(list, " 2.0.0 A")) {
            fail_msg("%s %s: %s", mode, fault, list);
        }
    }
    if (!done) {
        fail_msg("%s %s: %s", mode, fault, lab_list(&lab));
    }
    bool cut = strstr(lab.notes, "power cut at flash operation") != NULL;
    assert_true(cut || attempts == 1);
    assert_true(!cut || strstr(lab.notes, "power is back") != NULL);
    struct vdev_stats stats;
    vdev_device_get_stats(lab.device, &stats);
    if (stats.misuse != 0) {
        fail_msg("%s %s: %s", mode, fault, lab.notes);
    }
    lab_stop(&lab);
    return cut;
}

static void power_cut_anywhere_leaves_a_device_that_updates(void **state)
{
    struct lab_image image;
    (void)state;
    lab_make_image(&image, "2.0.0", 9000, NULL);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        bool cut = true;
        uint32_t n = 0;
        while (cut && n < 1000) {
            n++;
            for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]) && cut; w++) {
                char fault[64];
                snprintf(fault, sizeof(fault), "power-cut@%u:%s", n, ways[w]);
                cut = survives(modes[i], &image, fault);
            }
        }
        print_message("%s: %u operations\n", modes[i], n - 1);
        assert_in_range(n, 25, 999);
    }
    free(image.bytes);
}

static void power_cuts_may_come_twice_and_in_the_boot_after_a_cut(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_make_image(&image, "2.0.0", 6000, NULL);
    begin(&lab, modes[0], NULL);
    lab_stop(&lab);
    lab_fault(&lab, "power-cut@3:boot,torn,ms=20");
    lab_fault(&lab, "power-cut@9:boot,bits,ms=30");
    lab_fault(&lab, "power-cut@15:boot");
    lab_start(&lab);
    assert_true(upload(&lab, &image));
    assert_true(mark(&lab, &image, false));
    lab_reset(&lab);
    assert_string_equal(lab_list(&lab), "0.0 2.0.0 A, 0.1 1.0.0 C");
    assert_non_null(strstr(lab.notes, "back in 20 ms"));
    assert_non_null(strstr(lab.notes, "back in 30 ms"));
    assert_non_null(strstr(lab.notes, "back in 500 ms"));
    /* The bootloader found its own work half done. */
    assert_non_null(strstr(lab.console,
            "Primary image: magic=good, swap_type=0x2, copy_done=0x3"));
    lab_stop(&lab);
    free(image.bytes);
}

static void power_cut_by_message_clears_the_upload(void **state)
{
    static struct lab lab;
    struct lab_image image;
    (void)state;
    lab_make_image(&image, "2.0.0", 6000, NULL);
    begin(&lab, modes[0], "power-cut:at=2000,ms=700");
    assert_false(upload(&lab, &image));
    assert_true(lab_wait_up(&lab, 60000));
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
        .off = 2000,
        .data = { image.bytes, 4 },
    };
    assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
            &smp_image_upload_req_map, &req));
    /* {"off": 0}: nothing of the session is left */
    assert_memory_equal(lab.answer + 8, "\xbf\x63off\x00\xff", 7);
    lab_stop(&lab);
    free(image.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cut_anywhere_leaves_a_device_that_updates),
        cmocka_unit_test(power_cuts_may_come_twice_and_in_the_boot_after_a_cut),
        cmocka_unit_test(power_cut_by_message_clears_the_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
