// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dfu/outlook.h"

static struct dfu_device device;
static struct dfu_outlook outlook;

/* "0.1 2 PC!" = image 0 slot 1, version 2.0.0, pending confirmed permanent; A
 * active, x not bootable. */
static void put(const char *text)
{
    unsigned image;
    unsigned slot;
    unsigned major;
    char flags[8] = "";
    struct dfu_slot *s = &device.slots[device.slot_count++];

    assert_true(
            sscanf(text, "%u.%u %u %7s", &image, &slot, &major, flags) >= 3);
    memset(s, 0, sizeof(*s));
    s->image = (uint8_t)image;
    s->slot = (uint8_t)slot;
    s->version_told = true;
    s->version.major = (uint8_t)major;
    s->bootable = strchr(flags, 'x') == NULL;
    s->active = strchr(flags, 'A') != NULL;
    s->confirmed = strchr(flags, 'C') != NULL;
    s->pending = strchr(flags, 'P') != NULL;
    s->permanent = strchr(flags, '!') != NULL;
    device.flags_told = device.flags_told || s->active || s->confirmed ||
            s->pending || s->permanent;
}

static void show(char out[4], const struct dfu_slot *s)
{
    snprintf(out, 4, "%s%u", s == NULL ? "?" : "",
            s == NULL ? 0 : s->version.major % 10u);
    if (s == NULL) {
        out[1] = 0;
    }
}

/* "kind now next later" of image 0, as text. */
static const char *look(int32_t mode, uint8_t image, const char *const list[4])
{
    static char text[64];
    char now[4];
    char next[4];
    char later[4];

    memset(&device, 0, sizeof(device));
    device.list_told = true;
    device.mode_told = mode != SMP_BOOTLOADER_UNKNOWN;
    device.mode = mode;
    for (unsigned i = 0; i < 4 && list[i] != NULL; i++) {
        put(list[i]);
    }
    dfu_outlook_make(&outlook, &device, image, mode);
    show(now, outlook.now);
    show(next, outlook.next);
    show(later, outlook.later);
    snprintf(text, sizeof(text), "%s %s %s %s",
            dfu_outlook_to_str((enum dfu_outlook_kind)outlook.kind), now, next,
            later);
    return text;
}

struct row {
    int32_t mode;
    uint8_t image;
    const char *list[4];
    const char *want;
};

#define MOVE   SMP_BOOTLOADER_SWAP_MOVE
#define OFFSET SMP_BOOTLOADER_SWAP_OFFSET
#define OVER   SMP_BOOTLOADER_OVERWRITE
#define XIP    SMP_BOOTLOADER_DIRECT_XIP
#define XIPR   SMP_BOOTLOADER_DIRECT_XIP_REVERT
#define RAM    SMP_BOOTLOADER_RAM_LOAD
#define LOADER SMP_BOOTLOADER_FIRMWARE_LOADER
#define SINGLE SMP_BOOTLOADER_SINGLE
#define NONE   SMP_BOOTLOADER_UNKNOWN

static const struct row rows[] = {
    /* the four states of a device that swaps */
    { MOVE, 0, { "0.0 1 AC" }, "stays 1 1 1" },
    { MOVE, 0, { "0.0 1 AC", "0.1 2" }, "stays 1 1 1" },
    { MOVE, 0, { "0.0 1 AC", "0.1 2 P" }, "test 1 2 1" },
    { MOVE, 0, { "0.0 1 AC", "0.1 2 P!" }, "install 1 2 2" },
    { MOVE, 0, { "0.0 2 A", "0.1 1 C" }, "revert 2 1 1" },
    { OFFSET, 0, { "0.0 2 A", "0.1 1 C" }, "revert 2 1 1" },
    { OFFSET, 0, { "0.0 2 A" }, "revert 2 ? ?" },
    /* a version says nothing where slots are swapped */
    { MOVE, 0, { "0.0 9 AC", "0.1 2 P" }, "test 9 2 9" },
    /* not told: as if it swapped */
    { NONE, 0, { "0.0 1 AC", "0.1 2 P" }, "test 1 2 1" },
    { NONE, 0, { "0.0 2 A", "0.1 1 C" }, "revert 2 1 1" },
    /* overwritten: a test is for good */
    { OVER, 0, { "0.0 1 AC", "0.1 2 P" }, "install 1 2 2" },
    { OVER, 0, { "0.0 1 AC", "0.1 2 P!" }, "install 1 2 2" },
    /* old servers: image 1 is never active, a trial is "both confirmed" */
    { MOVE, 1, { "0.0 1 AC", "1.0 3", "1.1 4" }, "stays 3 3 3" },
    { MOVE, 1, { "0.0 1 AC", "1.0 3 P", "1.1 4 P" }, "test 3 4 3" },
    { MOVE, 1, { "0.0 1 AC", "1.0 3 P!", "1.1 4 P!" }, "install 3 4 4" },
    { MOVE, 1, { "0.0 1 AC", "1.0 4 C", "1.1 3 C" }, "revert 4 3 3" },
    /* newer ones say it per image */
    { MOVE, 1, { "0.0 1 AC", "1.0 4 A", "1.1 3 C" }, "revert 4 3 3" },
    /* a network core: only its other slot is listed */
    { MOVE, 1, { "0.0 1 AC", "1.1 4 P" }, "install ? 4 4" },
    { MOVE, 1, { "0.0 1 AC", "1.1 4" }, "stays ? ? ?" },
    { MOVE, 1, { "0.0 1 AC" }, "unknown ? ? ?" },
    /* a later image that is updated holds the revert of an earlier one */
    { MOVE, 0, { "0.0 2 A", "0.1 1 C", "1.1 4 P" }, "stays 2 2 1" },
    { MOVE, 1, { "0.1 2 P", "0.0 1 AC", "1.0 4 A", "1.1 3 C" },
            "revert 4 3 3" },
    /* the newest image runs where it lies */
    { XIP, 0, { "0.0 1 AC", "0.1 2 P!" }, "select 1 2 2" },
    { XIP, 0, { "0.0 1 AC", "0.1 2" }, "select 1 2 2" },
    { XIP, 0, { "0.0 2 AC", "0.1 1" }, "stays 2 2 2" },
    { XIP, 0, { "0.0 2", "0.1 2 AC" }, "select 2 2 2" },
    { XIP, 0, { "0.0 2 AC", "0.1 2" }, "stays 2 2 2" },
    { XIP, 0, { "0.0 1 AC", "0.1 2 x" }, "stays 1 1 1" },
    { RAM, 0, { "0.0 1 AC", "0.1 2" }, "select 1 2 2" },
    /* with revert it needs a mark, and a confirmation */
    { XIPR, 0, { "0.0 1 AC", "0.1 2 P" }, "select 1 2 1" },
    { XIPR, 0, { "0.0 1 AC", "0.1 2 P!" }, "select 1 2 2" },
    { XIPR, 0, { "0.0 1 AC", "0.1 2" }, "stays 1 1 1" },
    { XIPR, 0, { "0.0 1 C", "0.1 2 A" }, "erase 2 1 1" },
    { XIPR, 0, { "0.1 2 A" }, "erase 2 ? ?" },
    { XIPR, 0, { "0.0 1", "0.1 2 AC" }, "stays 2 2 2" },
    { RAM, 0, { "0.0 1 C", "0.1 2 A" }, "erase 2 1 1" },
    /* one place to run from */
    { SINGLE, 0, { "0.0 1 AC" }, "stays 1 1 1" },
    { LOADER, 0, { "0.1 1 AC" }, "stays 1 1 1" },
    { LOADER, 0, { "0.0 2", "0.1 1 AC" }, "select 1 2 2" },
    { LOADER, 0, { "0.0 2 AC", "0.1 1" }, "stays 2 2 2" },
    /* serial recovery tells no state */
    { NONE, 0, { "0.0 1", "0.1 2" }, "stays 1 1 1" },
    { NONE, 0, { NULL }, "unknown ? ? ?" },
};

static void outlook_is_what_the_bootloader_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        const char *got = look(r->mode, r->image, r->list);

        if (strcmp(got, r->want) != 0) {
            fail_msg("row %zu: \"%s\", want \"%s\"", i, got, r->want);
        }
    }
}

static void outlook_says_what_it_does_not_know(void **state)
{
    static const char *const marked[4] = { "0.0 1 AC", "0.1 2 P" };
    static const char *const bare[4] = { "0.0 1", "0.1 2" };
    static const char *const core[4] = { "0.0 1 AC", "1.1 4 P" };
    static const char *const held[4] = { "0.0 2 A", "0.1 1 C", "1.1 4 P" };
    static const char *const equal[4] = { "0.0 2", "0.1 2 AC" };
    static const char *const unmarked[4] = { "0.0 1 AC", "0.1 2" };

    (void)state;
    look(NONE, 0, marked);
    assert_true(outlook.assumed);
    assert_false(outlook.unflagged);
    look(NONE, 0, bare);
    assert_true(outlook.unflagged);
    look(MOVE, 1, core);
    assert_true(outlook.unread && outlook.copies);
    assert_false(outlook.assumed);
    look(OVER, 0, marked);
    assert_true(outlook.copies);
    look(MOVE, 0, held);
    assert_true(outlook.held);
    assert_int_equal(outlook.held_by, 1);
    look(XIPR, 0, unmarked);
    assert_non_null(outlook.erased);
    assert_int_equal(outlook.erased->slot, 1);
    look(XIP, 0, unmarked);
    assert_null(outlook.erased);
    look(XIPR, 0, equal);
    assert_true(outlook.tie);
    assert_null(outlook.erased);
    look(XIP, 0, equal);
    assert_false(outlook.tie);
}

static void outlook_kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(dfu_outlook_to_str(DFU_OUTLOOK_ERASE), "erase");
    assert_string_equal(dfu_outlook_to_str((enum dfu_outlook_kind)99),
            "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlook_is_what_the_bootloader_decides),
        cmocka_unit_test(outlook_says_what_it_does_not_know),
        cmocka_unit_test(outlook_kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
