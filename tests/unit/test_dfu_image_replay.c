// SPDX-License-Identifier: Apache-2.0
/*
 * Feeds the recorded image group requests of real Zephyr 4.4.0 servers to
 * ours and compares the answers byte for byte.
 *
 * The recordings leave things out that happened between two lines: boots,
 * middle chunks, whole uploads. `script` puts the device into the state that
 * the next line was recorded in. Images are made up from version and hash,
 * which is all that lists show; bodies and hashes do not belong together, so
 * boots are scripted too and not done by our bootloader.
 *
 * Not replayed here: records of other groups, see skips[]; they are counted
 * and printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_device.h"
#include "vectors.h"

#define M0(part)  "zephyr-4.4.0-qemu_cortex_m0-" part ".jsonl"
#define SIM(part) "zephyr-4.4.0-native_sim-" part ".jsonl"

/* The last recorded chunk of B; FILL sends what comes before it. */
#define FILL_END   49664u
#define CHUNK_SIZE 128u

enum action {
    /* Boots: all of flash is written, RAM is lost. */
    BOOT_FRESH, /* primary as programmed; secondary as uploaded */
    BOOT_TRIAL, /* primary on trial; the secondary is the old image, which
                   swap-offset leaves at the slot start */
    BOOT_KEPT,  /* primary confirmed; secondary as BOOT_TRIAL */
    BOOT_BACK,  /* primary confirmed after a revert; secondary as uploaded */
    RESTART,    /* RAM is lost, flash stays */
    PUT,        /* secondary was uploaded completely */
    FILL,       /* chunks of B were uploaded up to FILL_END */
    BLANK,      /* secondary blank: Zephyr keeps the first 512 bytes of an
                   upload in RAM, so its slot is blank still */
};

/* What happened before a line. primary, secondary: 'A', 'B', 'C', '-'. */
/* clang-format off */
static const struct step {
    const char *file;
    unsigned line;
    enum action action;
    char primary;
    char secondary;
} script[] = {
    { M0("confirm"),  1, BOOT_FRESH, 'A', '-' },
    { M0("confirm"), 46, FILL,       '-', '-' },
    { M0("confirm"), 57, BOOT_TRIAL, 'B', 'A' },
    { M0("revert"),   1, BOOT_FRESH, 'A', '-' },
    { M0("revert"),  46, FILL,       '-', '-' },
    { M0("revert"),  57, BOOT_TRIAL, 'B', 'A' },
    { M0("swap"),     1, BOOT_FRESH, 'A', 'B' },
    { M0("swap"),     4, BOOT_TRIAL, 'B', 'A' },
    { M0("swap"),    24, BOOT_BACK,  'A', 'B' },
    { M0("swap"),    29, BOOT_TRIAL, 'B', 'A' },
    { M0("swap"),    34, BOOT_BACK,  'A', 'B' },
    { M0("swap"),    39, BOOT_KEPT,  'B', 'A' },
    { M0("swap"),    43, PUT,        '-', 'A' },
    { M0("swap"),    48, BOOT_KEPT,  'A', 'B' },
    { M0("swap"),    51, BOOT_KEPT,  'A', 'B' },
    { M0("swap"),    52, PUT,        '-', 'B' },
    { M0("swap"),    56, RESTART,    '-', '-' },
    { M0("swap"),    57, PUT,        '-', 'B' },
    { M0("swap"),    58, PUT,        '-', 'C' },
    { M0("swap"),    64, PUT,        '-', 'B' },
    { M0("swap"),    67, BOOT_KEPT,  'A', '-' },
    { M0("resume"),   1, BOOT_FRESH, 'A', '-' },
    { M0("resume"),  14, BLANK,      '-', '-' },
    { M0("resume"),  15, BLANK,      '-', '-' },
    { M0("resume"),  18, BLANK,      '-', '-' },
    { M0("resume"),  19, BLANK,      '-', '-' },
    { M0("upload"),   1, BOOT_FRESH, 'A', '-' },
    { M0("upload"),  84, BLANK,      '-', '-' },
    { M0("upload"), 145, PUT,        '-', 'A' },
    { M0("upload"), 148, PUT,        '-', 'B' },
    { M0("upload"), 150, PUT,        '-', 'B' },
    { M0("upload"), 167, PUT,        '-', 'B' },
};
/* clang-format on */

/* Records that cannot be replayed here, by group. */
static const struct skip {
    uint16_t group;
    const char *reason;
} skips[] = {
    { SMP_GROUP_OS,
            "OS group (params, bootloader info, reset): replayed "
            "by the smp floor; resets are steps of the script" },
};

/*
 * With progressive erase the first chunk of an upload leaves the old TLVs
 * where they are, and a new header with the same sizes makes them an image
 * again: the list after one chunk shows the slot. The recorded server erases
 * at once.
 */
static const struct {
    const char *file;
    unsigned line;
} at_once_only[] = {
    { M0("swap"), 54 },
    { M0("swap"), 56 },
    { M0("upload"), 165 },
};

struct tally {
    unsigned equal;
    unsigned different;
    unsigned skipped[sizeof(skips) / sizeof(skips[0])];
};

static struct device dev;

static const struct device_image image_a = {
    .version = { 0, 0, 0, 0 },
    .hash = { 0x1b, 0xaa, 0x22, 0x20, 0x74, 0xcc, 0x80, 0x5f, 0xaf, 0x4e, 0x09,
            0x84, 0x6d, 0x23, 0x77, 0x88, 0x6b, 0x1e, 0x5e, 0xf7, 0xcf, 0xcc,
            0xd9, 0xea, 0xc1, 0x55, 0x4d, 0x82, 0xd9, 0xaa, 0x9d, 0x5a },
    .img_size = 49140,
};
static const struct device_image image_b = {
    .version = { 2, 0, 0, 7 },
    .hash = { 0x96, 0xb3, 0xb2, 0x9f, 0x54, 0x3f, 0xc9, 0x37, 0xfb, 0xa5, 0xd8,
            0x3a, 0xd5, 0xb1, 0x22, 0x16, 0xaa, 0x56, 0x6f, 0x0c, 0x54, 0x67,
            0xfa, 0x75, 0x23, 0x82, 0xe6, 0xa0, 0x6c, 0x25, 0x08, 0xbf },
    .img_size = 49140, /* as the recorded first chunks say */
};
static const struct device_image image_c = {
    .version = { 9, 8, 7, 0 },
    .hash = { 0x8b, 0xca, 0xae, 0x55, 0x1f, 0x57, 0x04, 0xa9, 0xd0, 0xce, 0x89,
            0xd8, 0x2d, 0x2c, 0x75, 0xe8, 0xfc, 0xb4, 0xfe, 0xa0, 0x29, 0xae,
            0xd8, 0x02, 0xa2, 0x09, 0x11, 0xc5, 0x3b, 0xee, 0xef, 0x78 },
    .img_size = 20000,
};

static const struct device_image *image_of(char name)
{
    switch (name) {
    case 'A':
        return &image_a;
    case 'B':
        return &image_b;
    case 'C':
        return &image_c;
    default:
        return NULL;
    }
}

static void mark_settled(void)
{
    struct mcub_trailer trailer;

    device_mark_trial(&dev, 0);
    assert_int_equal(mcub_slot_trailer(&dev.board, 0, MCUB_SLOT_PRIMARY,
                             &trailer),
            0);
    assert_int_equal(mcub_trailer_write_image_ok(&trailer), 0);
}

/* Send the chunks that the recording leaves out. */
static void fill(void)
{
    static uint8_t file[DEVICE_SLOT_SIZE];

    device_image_bytes(&image_b, file, sizeof(file));
    while (dev.images.session.off < FILL_END) {
        struct smp_image_upload_req req = { 0 };
        uint32_t off = dev.images.session.off;

        req.has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA;
        req.off = off;
        req.data.ptr = file + off;
        req.data.len =
                FILL_END - off < CHUNK_SIZE ? FILL_END - off : CHUNK_SIZE;
        device_upload(&dev, &req, 1);
        assert_int_equal(dev.images.session.off, off + req.data.len);
    }
}

static void run_step(const struct step *step)
{
    static const struct dfu_slot_ref primary = { 0, 0 };
    static const struct dfu_slot_ref secondary = { 0, 1 };
    const struct device_image *first = image_of(step->primary);
    const struct device_image *second = image_of(step->secondary);
    bool old = step->action == BOOT_TRIAL || step->action == BOOT_KEPT;

    if (step->action == FILL) {
        fill();
        return;
    }
    if (step->action == RESTART) {
        device_restart(&dev);
        return;
    }
    device_blank(&dev, secondary);
    if (second != NULL) {
        device_put(&dev, secondary, old ? 0 : DEVICE_SECTOR, second);
    }
    if (step->action == BLANK) {
        return;
    }
    device_restart(&dev);
    if (first != NULL) {
        device_blank(&dev, primary);
        device_put(&dev, primary, 0, first);
    }
    if (step->action == BOOT_TRIAL) {
        device_mark_trial(&dev, 0);
    } else if (step->action == BOOT_KEPT || step->action == BOOT_BACK) {
        mark_settled();
    }
}

static bool differs_when_progressive(const char *file, unsigned line)
{
    for (size_t i = 0; i < sizeof(at_once_only) / sizeof(at_once_only[0]);
            i++) {
        if (at_once_only[i].line == line &&
                strcmp(at_once_only[i].file, file) == 0) {
            return true;
        }
    }
    return false;
}

static const struct skip *skip_of(const struct vector *item)
{
    unsigned group = item->request_len < 8
            ? 0
            : (unsigned)(item->request[4] << 8 | item->request[5]);

    for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++) {
        if (skips[i].group == group) {
            return &skips[i];
        }
    }
    return NULL;
}

static void replay_item(const struct vectors *v, const struct vector *item,
        struct tally *tally)
{
    const struct skip *skip = skip_of(item);
    bool progressive = (dev.images.options & DFU_IMAGE_PROGRESSIVE) != 0;
    uint8_t answer[1024];
    size_t len;

    for (size_t i = 0; i < sizeof(script) / sizeof(script[0]); i++) {
        if (script[i].line == item->line &&
                strcmp(script[i].file, v->file) == 0) {
            run_step(&script[i]);
        }
    }
    if (skip != NULL) {
        tally->skipped[skip - skips]++;
        if (!progressive) {
            printf("  not replayed %s:%u %s\n", v->file, item->line,
                    item->name);
        }
        return;
    }
    len = device_unhex(device_ask(&dev, item->request, item->request_len),
            answer, sizeof(answer));
    if (progressive && differs_when_progressive(v->file, item->line)) {
        return;
    }
    if (vectors_equal(v, item, answer, len)) {
        tally->equal++;
    } else {
        tally->different++;
    }
}

static void replay(const char *file, uint32_t options)
{
    struct tally tally = { 0 };
    struct vectors v;

    device_init(&dev);
    dev.images.options |= options;
    device_restart(&dev);
    vectors_load(&v, file);
    for (size_t i = 0; i < v.count; i++) {
        replay_item(&v, &v.items[i], &tally);
    }
    printf("  %s%s: %u equal\n", file, options != 0 ? ", progressive" : "",
            tally.equal);
    for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++) {
        printf("    %u not replayed: %s\n", tally.skipped[i], skips[i].reason);
    }
    vectors_free(&v);
    assert_true(tally.equal > 0);
    assert_int_equal(tally.different, 0);
}

static void replay_both(const char *file)
{
    replay(file, 0);
    /* When sectors are erased must not show in any answer. */
    replay(file, DFU_IMAGE_PROGRESSIVE);
}

static void confirm_recording_is_answered_alike(void **state)
{
    (void)state;
    replay_both(M0("confirm"));
}

static void revert_recording_is_answered_alike(void **state)
{
    (void)state;
    replay_both(M0("revert"));
}

static void swap_recording_is_answered_alike(void **state)
{
    (void)state;
    replay_both(M0("swap"));
}

static void upload_recording_is_answered_alike(void **state)
{
    (void)state;
    replay_both(M0("upload"));
}

static void resume_recording_is_answered_alike(void **state)
{
    (void)state;
    replay_both(M0("resume"));
}

/* The hosted build had no image group: its two image requests get rc 8. */
static void server_without_image_group_says_so(void **state)
{
    struct vectors v;
    unsigned seen = 0;

    (void)state;
    device_init(&dev);
    dev.cfg.group_count = 0;
    smp_server_init(&dev.server, &dev.cfg);
    vectors_load(&v, SIM("udp"));
    for (size_t i = 0; i < v.count; i++) {
        const struct vector *item = &v.items[i];
        uint8_t answer[64];
        size_t len;

        if (item->request_len < 8 || item->request[4] != 0 ||
                item->request[5] != SMP_GROUP_IMAGE) {
            continue;
        }
        len = device_unhex(device_ask(&dev, item->request, item->request_len),
                answer, sizeof(answer));
        assert_true(vectors_equal(&v, item, answer, len));
        seen++;
    }
    vectors_free(&v);
    assert_int_equal(seen, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirm_recording_is_answered_alike),
        cmocka_unit_test(revert_recording_is_answered_alike),
        cmocka_unit_test(swap_recording_is_answered_alike),
        cmocka_unit_test(upload_recording_is_answered_alike),
        cmocka_unit_test(resume_recording_is_answered_alike),
        cmocka_unit_test(server_without_image_group_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
