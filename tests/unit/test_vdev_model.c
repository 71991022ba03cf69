// SPDX-License-Identifier: Apache-2.0
/*
 * Random histories: image after image is uploaded, marked, confirmed, booted,
 * crashed; after every step device and model (vdev_model.h) agree on the
 * answer, on what runs and on the list.
 *
 * A failure prints its seed and what was done. Replay:
 *   VDEV_MODEL=seed=123,bootloader=offset test_vdev_model
 * VDEV_MODEL=histories=N tries N.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/image.h"
#include "vdev/rng.h"
#include "vdev_lab.h"
#include "vdev_model.h"

#define HISTORIES 360u
#define STEPS     24
#define RAM       0x20000000u

static struct lab lab;
static struct model model;
static struct lab_image file[MODEL_IMAGES];
static int files;
static uint64_t rng;
static char log_text[STEPS * 96];
static enum {
    NOTHING,
    UPLOADED,
    MARKED,
} after; /* the last step */

/* What the histories came to: none may stay 0. */
enum {
    SEEN_ANOTHER_RUNS, /* an image took over */
    SEEN_TRIAL,
    SEEN_WENT_BACK, /* from a trial */
    SEEN_ERASED,    /* the same, and the trial was erased */
    SEEN_HALTED,
    SEEN_LOADER,
    SEEN_REFUSED, /* an operation */
    SEEN,
};
static unsigned seen[SEEN];

static unsigned pick(unsigned n)
{
    return (unsigned)(vdev_rng_next(&rng) % n);
}

static bool is(const char *prefix)
{
    return strncmp(log_text, prefix, strlen(prefix)) == 0;
}

static void note(const char *text)
{
    size_t len = strlen(log_text);
    snprintf(log_text + len, sizeof(log_text) - len, "%s", text);
}

/* ---- the device ---- */

static void start(const char *bootloader)
{
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_set(&lab, "internal.size", "256K");
    lab_set(&lab, "image0.primary", "internal 0xc000 0x8000");
    lab_set(&lab, "image0.secondary", "internal 0x14000 0x8000");
    lab_set(&lab, "storage.area", "internal 0x1c000 0x1000");
    lab_set(&lab, "app.size", "3000");
    lab_set(&lab, "app.name", "i0");
    lab_set(&lab, "server.cpu_us", "0");
    lab_set(&lab, "boot.max_sectors", "16");
    if (strcmp(bootloader, "firmware-loader") == 0) {
        /* The loader in a new chip has 32 KiB. */
        lab_set(&lab, "image0.secondary", "internal 0x14000 0xa000");
        lab_set(&lab, "storage.area", "internal 0x1e000 0x1000");
    }
    lab_set(&lab, "boot.bootloader", bootloader);
    lab_start(&lab);
}

static uint32_t slot_address(int slot)
{
    return lab.cfg.image[0].slot[slot].off;
}

/* The hash of slot 0 is only in the list, of a loader in nobody's. */
static void read_factory_hash(void)
{
    struct smp_image_state_rsp rsp;
    struct smp_image_slot slot;
    struct smp_iter it;
    struct smp_item item;
    assert_true(lab_image_call(&lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
    if (lab_code(&lab) != 0) {
        return;
    }
    struct smp_bytes body = { lab.answer + SMP_HEADER_SIZE,
        lab.answer_len - SMP_HEADER_SIZE };
    assert_int_equal(smp_map_decode(&smp_image_state_rsp_map, body, &rsp), 0);
    smp_iter_init(&it, rsp.images);
    assert_int_equal(smp_iter_next(&it, &item), 1);
    assert_int_equal(smp_map_decode(&smp_image_slot_map, item.view.cbor, &slot),
            0);
    assert_int_equal(slot.hash.len, sizeof(file[0].hash));
    memcpy(file[0].hash, slot.hash.ptr, sizeof(file[0].hash));
}

/* A new image, of any kind that there is. */
static int make_image(void)
{
    int n = files++;
    struct model_image *im = &model.image[n];
    char version[16];
    char app[64];
    uint32_t flags = 0;
    uint32_t addr = 0;
    *im = (struct model_image){ .version = 1 + pick(6),
        .valid = pick(6) != 0,
        .placed = true,
        .only_slot = MODEL_NONE,
        .confirms = pick(5) == 0,
        .crashes = pick(7) == 0 };
    if (is("ram-load")) {
        im->placed = pick(6) != 0;
        flags = im->placed ? MCUB_IMAGE_RAM_LOAD : 0;
        addr = RAM;
    } else if (pick(2) == 0) {
        im->only_slot = (int)pick(2);
        flags = MCUB_IMAGE_ROM_FIXED;
        addr = slot_address(im->only_slot);
    }
    snprintf(version, sizeof(version), "%u.0.0", im->version);
    snprintf(app, sizeof(app), "name=i%d%s%s", n,
            im->confirms ? ";confirm=1" : "", im->crashes ? ";crash=1" : "");
    lab_make_image_at(&file[n], version, app, flags, addr);
    if (!im->valid) {
        file[n].bytes[0x200 + pick(4000)] ^= 0x20;
    }
    return n;
}

static void reset(bool to_loader)
{
    static const uint8_t plain[] = { 0x0a, 0, 0, 1, 0, 0, 1, 5, 0xa0 };
    static const uint8_t loader[] = { 0x0a, 0, 0, 12, 0, 0, 1, 5, 0xa1, 0x69,
        'b', 'o', 'o', 't', '_', 'm', 'o', 'd', 'e', 1 };
    assert_true(to_loader ? lab_ask(&lab, loader, sizeof(loader))
                          : lab_ask(&lab, plain, sizeof(plain)));
    lab_run(&lab, 251);
    (void)lab_wait_up(&lab, 60000);
}

/* The first bytes, and no more. */
static int begin_upload(int image)
{
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA |
                SMP_IMAGE_UPLOAD_REQ_LEN,
        .data = { file[image].bytes, 600 },
        .len = (uint32_t)file[image].len,
    };
    assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
            &smp_image_upload_req_map, &req));
    return lab_code(&lab);
}

static int erase(unsigned slot)
{
    struct smp_image_erase_req req = { .has = SMP_IMAGE_ERASE_REQ_SLOT,
        .slot = slot };
    assert_true(lab_image_call(&lab, SMP_OP_WRITE, SMP_IMAGE_ERASE,
            &smp_image_erase_req_map, &req));
    return lab_code(&lab);
}

/* ---- a step of both ---- */

static bool agrees(const char *what, long device, long expected)
{
    if (device != expected) {
        print_error("%s: the device %ld, the model %ld\n", what, device,
                expected);
    }
    seen[SEEN_REFUSED] += expected >= MODEL_UNSUPPORTED;
    return device == expected;
}

static bool agree_on_state(void)
{
    char name[16] = "FW_LOADER";
    if (!agrees("running", vdev_device_running(lab.device), !model.halted)) {
        return false;
    }
    if (model.halted) {
        return true;
    }
    if (model_running(&model) != MODEL_NONE) {
        snprintf(name, sizeof(name), "i%d", model_running(&model));
    }
    const char *want = model_list(&model);
    const char *got = NULL;
    assert_true(lab_image_call(&lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
    if (lab_code(&lab) == 0) {
        got = lab_list(&lab);
    }
    if (strcmp(vdev_device_name(lab.device), name) != 0 ||
            (want == NULL) != (got == NULL) ||
            (want != NULL && strcmp(want, got) != 0)) {
        print_error("the device runs %s, lists \"%s\"\n"
                    "the model runs %s, lists \"%s\"\n",
                vdev_device_name(lab.device), got != NULL ? got : "-", name,
                want != NULL ? want : "-");
        return false;
    }
    return true;
}

static bool step_image(unsigned kind)
{
    char text[96];
    if (kind == 0 && files < MODEL_IMAGES) {
        int n = make_image();
        const struct model_image *im = &model.image[n];
        snprintf(text, sizeof(text), " upload(i%d v%u%s%s%s%s)", n, im->version,
                im->valid ? "" : " damaged", im->crashes ? " crashes" : "",
                im->confirms ? " confirms" : "",
                im->only_slot == 1           ? " @1"
                        : im->only_slot == 0 ? " @0"
                                             : "");
        note(text);
        after = UPLOADED;
        return agrees("upload", lab_upload(&lab, &file[n], 0),
                model_upload(&model, n));
    }
    if (kind == 1 && files < MODEL_IMAGES) {
        int n = make_image();
        note(" begin-upload");
        return agrees("upload", begin_upload(n), model_begin_upload(&model, n));
    }
    /* Mostly what was made last. */
    int n = pick(3) != 0 ? files - 1 : (int)pick((unsigned)files);
    bool confirm = pick(3) == 0;
    snprintf(text, sizeof(text), " %s(i%d)", confirm ? "confirm" : "test", n);
    note(text);
    after = MARKED;
    return agrees("mark", lab_set_state(&lab, &file[n], confirm),
            model_mark(&model, n, confirm));
}

/* Where both went from here. */
static void count_step(const struct model *before)
{
    bool trial = model.trial ||
            (model.family == MODEL_SELECT && model.reverts &&
                    model.mark[model.run] == MODEL_RAN);
    bool was_trial = before->trial ||
            (before->family == MODEL_SELECT && before->reverts &&
                    before->mark[before->run] == MODEL_RAN);
    bool other = before->slot[before->run] != model.slot[model.run];
    seen[SEEN_HALTED] += model.halted;
    seen[SEEN_LOADER] += model.family == MODEL_LOADER && model.loader_runs;
    seen[SEEN_ANOTHER_RUNS] += other;
    seen[SEEN_TRIAL] += trial && !was_trial;
    seen[SEEN_WENT_BACK] += was_trial && !trial && other;
    seen[SEEN_ERASED] += was_trial && !trial && other &&
            model.slot[before->run] == MODEL_NONE;
}

static bool step(void)
{
    unsigned slot;
    char text[32];
    /* What follows by itself: an upload is marked, a mark is booted. */
    unsigned what = pick(14);
    if (after != NOTHING && pick(3) != 0) {
        what = after == UPLOADED ? 3 : 13;
    }
    after = NOTHING;
    switch (what) {
    case 0:
    case 1:
        return step_image(0);
    case 2:
        return step_image(pick(3) == 0 ? 1 : 0);
    case 3:
    case 4:
    case 5:
        return step_image(2);
    case 6:
        note(" confirm");
        return agrees("confirm", lab_confirm(&lab),
                model_mark(&model, MODEL_NONE, true));
    case 7:
        if (pick(2) == 0) {
            return step_image(0);
        }
        slot = pick(3);
        snprintf(text, sizeof(text), " erase(%u)", slot);
        note(text);
        return agrees("erase", erase(slot), model_erase(&model, slot));
    case 8:
        note(" power-cycle");
        vdev_device_power_cycle(lab.device, lab.now_us);
        (void)lab_wait_up(&lab, 60000);
        model_boot(&model, false);
        return true;
    case 9:
        note(" reset-to-loader");
        reset(true);
        model_boot(&model, true);
        return true;
    default:
        note(" reset");
        reset(false);
        model_boot(&model, false);
        return true;
    }
}

static bool history(uint64_t seed, const char *bootloader, unsigned *steps)
{
    struct vdev_stats stats;
    bool ok = true;
    rng = seed;
    after = NOTHING;
    log_text[0] = 0;
    note(bootloader);
    note(":");
    files = 1;
    memset(file, 0, sizeof(file));
    start(bootloader);
    model_init(&model, bootloader);
    model_boot(&model, false);
    read_factory_hash();
    ok = agree_on_state();
    for (int i = 0; i < STEPS && ok && !model.halted; i++) {
        struct model before = model;
        ok = step() && agree_on_state();
        count_step(&before);
        (*steps)++;
    }
    if (!ok) {
        print_error("replay: VDEV_MODEL=seed=%llu,bootloader=%s\n%s\n",
                (unsigned long long)seed, bootloader, log_text);
    }
    vdev_device_get_stats(lab.device, &stats);
    ok = agrees("flash misuse", (long)stats.misuse, 0) && ok;
    for (int i = 1; i < files; i++) {
        free(file[i].bytes);
    }
    lab_stop(&lab);
    return ok;
}

static void model_and_device_agree(void **state)
{
    const char *replay = getenv("VDEV_MODEL");
    unsigned long long seed = 0;
    unsigned count = HISTORIES;
    unsigned steps = 0;
    char name[32] = "";
    (void)state;
    if (replay != NULL &&
            sscanf(replay, "seed=%llu,bootloader=%31s", &seed, name) == 2) {
        assert_true(history(seed, name, &steps));
        return;
    }
    if (replay != NULL) {
        assert_int_equal(sscanf(replay, "histories=%u", &count), 1);
    }
    for (unsigned i = 0; i < count; i++) {
        size_t kind = i % vdev_bootloader_count();
        assert_true(history(1000 + i, vdev_bootloader_name(kind), &steps));
    }
    print_message("%u histories, %u steps:", count, steps);
    for (size_t i = 0; i < SEEN; i++) {
        print_message(" %u", seen[i]);
        assert_true(seen[i] > count / 40);
    }
    print_message("\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_and_device_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
