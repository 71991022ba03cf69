// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_plan_rig.h"

struct dfu_device device;
struct dfu_package package;
struct dfu_options options;
struct dfu_plan plan;
struct dfu_traits traits;
struct dfu_known known;
struct dfu_build build;

struct dfu_slot *put(uint8_t image, uint8_t slot, uint8_t tag)
{
    struct dfu_slot *s = &device.slots[device.slot_count++];
    memset(s, 0, sizeof(*s));
    s->image = image;
    s->image_told = device.image_count > 1;
    s->slot = slot;
    s->version_told = true;
    s->version.major = tag;
    s->hash_len = 32;
    memset(s->hash, tag, 32);
    s->bootable = true;
    s->active = slot == 0;
    s->confirmed = slot == 0;
    return s;
}

struct dfu_image *add(uint8_t image, uint8_t tag, uint32_t size)
{
    struct dfu_image *im = &package.images[package.count++];
    im->image = image;
    im->slot = 1;
    im->source.size = size;
    im->version.major = tag;
    im->hash_len = 32;
    memset(im->hash, tag, 32);
    return im;
}

void tell_slots(uint8_t images, uint32_t size)
{
    device.slot_info_told = true;
    device.info_count = 0;
    device.info_images = images;
    for (uint8_t i = 0; i < images; i++) {
        for (uint8_t s = 0; s < 2; s++) {
            device.info[device.info_count++] =
                    (struct dfu_slot_info){ .image = i,
                        .slot = s,
                        .size_told = true,
                        .size = size };
        }
    }
}

/* One image 1.0.0 runs, swap-move; the package brings 2.0.0. */
int setup(void **state)
{
    (void)state;
    memset(&device, 0, sizeof(device));
    memset(&package, 0, sizeof(package));
    memset(&options, 0, sizeof(options));
    memset(&traits, 0, sizeof(traits));
    memset(&known, 0, sizeof(known));
    memset(&build, 0, sizeof(build));
    device.list_told = true;
    device.flags_told = true;
    device.image_count = 1;
    device.count_source = DFU_COUNT_NO_KEY;
    device.mode_told = true;
    device.mode = SMP_BOOTLOADER_SWAP_MOVE;
    put(0, 0, 1);
    add(0, 2, 100000);
    return 0;
}

const struct dfu_finding *found(enum dfu_finding_id id)
{
    for (uint8_t i = 0; i < plan.finding_count; i++) {
        if (plan.findings[i].id == id) {
            return &plan.findings[i];
        }
    }
    return NULL;
}

int make(void)
{
    return dfu_plan_make(&plan, &package, &device, &options);
}

void expect_fatal(enum dfu_finding_id id, enum dfu_code code)
{
    assert_true(make() > 0);
    const struct dfu_finding *f = found(id);
    assert_non_null(f);
    assert_int_equal(f->severity, DFU_FATAL);
    assert_string_equal(dfu_code_to_str(f->code), dfu_code_to_str(code));
    if (dfu_code_forcible(code)) {
        options.force = true;
        (void)make();
        f = found(id);
        assert_non_null(f);
        assert_int_equal(f->severity, DFU_WARNING);
        assert_true(f->forced);
        options.force = false;
        (void)make();
    }
}

void expect_steps(const char *wanted)
{
    /* one letter per step, the image's number after it */
    char text[160];
    size_t len = 0;
    assert_int_equal(make(), 0);
    for (uint8_t i = 0; i < plan.step_count; i++) {
        const struct dfu_step *s = &plan.steps[i];
        static const char kind[] = {
            [DFU_STEP_RESET_FIRST] = 'F',
            [DFU_STEP_SKIP_ACTIVE] = 'S',
            [DFU_STEP_ALREADY_IN_SLOT] = 'I',
            [DFU_STEP_UPLOAD] = 'U',
            [DFU_STEP_LIST_CHECK] = 'L',
            [DFU_STEP_MARK_TEST] = 't',
            [DFU_STEP_MARK_CONFIRM] = 'C',
            [DFU_STEP_ERASE_SETTINGS] = 'E',
            [DFU_STEP_RESET] = 'R',
            [DFU_STEP_WAIT] = 'W',
            [DFU_STEP_CONFIRM] = 'c',
            [DFU_STEP_VERIFY] = 'V',
        };
        text[len++] = kind[s->kind];
        if (s->image != DFU_NONE) {
            text[len++] = (char)('0' + s->image);
        }
    }
    text[len] = 0;
    assert_string_equal(text, wanted);
}

void expect_warning(enum dfu_finding_id id)
{
    assert_int_equal(make(), 0);
    const struct dfu_finding *f = found(id);
    assert_non_null(f);
    assert_int_equal(f->severity, DFU_WARNING);
}

void expect_silence(enum dfu_finding_id id)
{
    assert_int_equal(make(), 0);
    assert_null(found(id));
}
