// SPDX-License-Identifier: Apache-2.0
/*
 * What the plan says beforehand is what the device does: random images, keys,
 * rules and histories in every mode. What is refused is sent all the same, and
 * the bootloader has the last word. A failure names mode, seed and step;
 * PREDICT_SEED=N in the environment plays that seed alone.
 */
#include "predict_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/boot.h"

#define HISTORIES 60u /* per mode */
#define STEPS     5u

static struct world world;
/* How often it was said, per mode: a test that refuses all proves nothing. */
static unsigned tally[3];

/* ---- what is said ---- */

enum verdict {
    TAKEN,
    REFUSED,
    UNKNOWN, /* nothing is said, and nothing is known */
};

static bool found(const struct world *w, enum dfu_finding_id id)
{
    for (uint8_t i = 0; i < w->plan.finding_count; i++) {
        if (w->plan.findings[i].id == id) {
            return true;
        }
    }
    return false;
}

/* Is every fatal finding one about image and bootloader? */
static void check_fatals(const struct world *w)
{
    for (uint8_t i = 0; i < w->plan.finding_count; i++) {
        const struct dfu_finding *f = &w->plan.findings[i];
        bool boot = f->id >= DFU_FIND_NON_BOOTABLE ||
                f->id == DFU_FIND_SLOT_SIZE || f->id == DFU_FIND_SWAP_SIZE ||
                f->id == DFU_FIND_DOWNGRADE;
        if (f->severity == DFU_FATAL && !boot) {
            world_complain(w, "fatal for another reason");
        }
    }
}

static enum verdict judge(struct world *w, const struct made *m)
{
    const struct dfu_traits *known =
            dfu_known_running(&w->options, &w->device, 0);
    check_fatals(w);
    if (w->plan.fatal_count > 0 || m->foreign_key) {
        return REFUSED;
    }
    if (found(w, DFU_FIND_OTHER_KEY) || found(w, DFU_FIND_UNSIGNED) ||
            found(w, DFU_FIND_SIGNATURE_TYPE)) {
        return w->checks ? REFUSED : TAKEN;
    }
    /* Of two signatures of what runs, the bootloader may know either. */
    if (w->kind == KIND_STRANGER && w->checks && !w->keys_here &&
            (known == NULL || known->signer_count > 1)) {
        return UNKNOWN;
    }
    /* With one image we can only warn: this bootloader looks at them. */
    return found(w, DFU_FIND_DEPENDENCY) ? REFUSED : TAKEN;
}

static enum verdict verdict_of(struct world *w, const struct made *m)
{
    enum verdict v = judge(w, m);
    tally[v]++;
    return v;
}

static void say(struct world *w, const struct made *m)
{
    w->options.mode = w->reverts && (w->seed & 2u) != 0 ? DFU_TEST_ONLY
                                                        : DFU_CONFIRM_ONLY;
    dfu_plan_make(&w->plan, &m->package->dfu, &w->device, &w->options);
}

static void learn(struct world *w, const struct made *m)
{
    struct dfu_known *k = &w->known[w->options.known_count % 8];
    k->hash_len = m->package->dfu.images[0].hash_len;
    memcpy(k->hash, m->package->dfu.images[0].hash, sizeof(k->hash));
    k->traits = m->package->images[0].traits;
    if (w->options.known_count < 8) {
        w->options.known_count++;
    }
}

/* ---- what is done ---- */

static void describe(const struct made *m, struct lab_image *image)
{
    image->bytes = m->bytes->data;
    image->len = m->bytes->len;
    memcpy(image->hash, m->package->dfu.images[0].hash, sizeof(image->hash));
}

/* Sent and marked, whatever was said. false: the application refused. */
static bool force(struct world *w, const struct made *m)
{
    struct lab_image image;
    describe(m, &image);
    if (lab_upload(&w->lab, &image, m->package->dfu.images[0].image) != 0) {
        return false;
    }
    return !w->marks ||
            lab_set_state(&w->lab, &image,
                    w->options.mode == DFU_CONFIRM_ONLY) == 0;
}

static bool has_hash(const struct dfu_slot *s, const struct made *m)
{
    const struct dfu_image *im = &m->package->dfu.images[0];
    return s != NULL && s->hash_len == im->hash_len &&
            memcmp(s->hash, im->hash, im->hash_len) == 0;
}

/* The network core tells on the console what it runs. */
static bool core_runs(const struct world *w, const struct made *m,
        size_t console)
{
    char want[64];
    snprintf(want, sizeof(want), "Network core runs image 1 version %u.0.0 now",
            m->package->dfu.images[0].version.major);
    return strstr(w->lab.console + console, want) != NULL;
}

/* A reset does what the outlook says, when everything is valid. */
static void reset_as_foreseen(struct world *w, const char *when)
{
    struct dfu_outlook o;
    uint8_t want[64];
    uint8_t len;
    world_ask(w);
    dfu_outlook_make(&o, &w->device, 0, (int32_t)w->lab.cfg.mode);
    if (o.tie) {
        lab_reset(&w->lab);
        return; /* the list does not tell what comes */
    }
    if (o.next == NULL) {
        world_complain(w, "nobody knows what comes");
        return;
    }
    len = o.next->hash_len;
    memcpy(want, o.next->hash, sizeof(want));
    lab_reset(&w->lab);
    const struct dfu_slot *s = world_running(w);
    if (s->hash_len != len || memcmp(s->hash, want, len) != 0) {
        world_complain(w, when);
    }
}

/* What the list will be before the reset, and what it is then. */
static void check_forecast(struct world *w, const struct made *m)
{
    struct dfu_device said = w->device;
    struct dfu_outlook before;
    struct dfu_outlook now;
    if (w->plan.fatal_count > 0) {
        return; /* the plan has no steps to be believed */
    }
    dfu_plan_before_reset(&w->plan, &m->package->dfu, &said);
    world_ask(w);
    for (uint8_t image = 0; image < w->device.image_count; image++) {
        dfu_outlook_make(&before, &said, image, (int32_t)w->lab.cfg.mode);
        dfu_outlook_make(&now, &w->device, image, (int32_t)w->lab.cfg.mode);
        if (before.kind != now.kind && !now.tie) {
            char text[96];
            snprintf(text, sizeof(text), "image %u: foreseen %s, listed %s",
                    image,
                    dfu_outlook_to_str((enum dfu_outlook_kind)before.kind),
                    dfu_outlook_to_str((enum dfu_outlook_kind)now.kind));
            world_complain(w, text);
        }
    }
}

static void check_gone(struct world *w, const struct made *m)
{
    const struct dfu_image *im = &m->package->dfu.images[0];
    const struct dfu_slot *s =
            dfu_device_find_hash(&w->device, im->hash, im->hash_len);
    if (found(w, DFU_FIND_DEPENDENCY) && w->plan.fatal_count <= 1 &&
            !m->foreign_key && w->kind == KIND_NEEDS) {
        if (s == NULL && !found(w, DFU_FIND_DOWNGRADE) &&
                !found(w, DFU_FIND_UNSIGNED) && !found(w, DFU_FIND_COUNTER) &&
                !found(w, DFU_FIND_NO_COUNTER)) {
            world_complain(w, "a dependency erases nothing");
        }
        return;
    }
    bool keeps = found(w, DFU_FIND_SWAP_SIZE) &&
            (w->lab.cfg.boot_options & MCUB_BOOT_KEEP_OVERSIZED) != 0;
    if (w->erases && s != NULL && !keeps) {
        world_complain(w, "refused, but not erased");
    }
}

/* The boot that decides; then trial and what follows. */
static void decide(struct world *w, struct made *m, enum verdict v)
{
    size_t console = w->lab.console_len;
    bool core = m->package->dfu.images[0].image == 1;
    bool sent = force(w, m);
    if (sent && v == TAKEN) {
        check_forecast(w, m);
    }
    lab_reset(&w->lab);
    const struct dfu_slot *s = world_running(w);
    bool taken = core ? core_runs(w, m, console) : has_hash(s, m);
    if (v != UNKNOWN && taken != (v == TAKEN)) {
        world_complain(w,
                taken           ? "refused beforehand, but taken"
                        : !sent ? "accepted beforehand, but the application "
                                  "refused it"
                                : "accepted beforehand, but refused");
    }
    if (!taken) {
        if (sent && v == REFUSED) {
            check_gone(w, m);
        }
        return;
    }
    if (!core) {
        learn(w, m);
        if (w->options.mode == DFU_TEST_ONLY && world_pick(w, 2) == 0) {
            assert_int_equal(lab_confirm(&w->lab), 0);
        }
    }
    reset_as_foreseen(w, "after the next reset");
}

static void play(struct world *w)
{
    struct made m = { 0 };
    made_make(w, &m, w->core && world_pick(w, 2) == 0 ? 1 : 0);
    world_ask(w);
    say(w, &m);
    for (unsigned i = 0; i < 3 && w->plan.provisional; i++) {
        reset_as_foreseen(w, "after the reset that comes first");
        world_ask(w);
        say(w, &m);
    }
    if (w->plan.provisional) {
        world_complain(w, "three resets, and another one is wanted");
    }
    decide(w, &m, verdict_of(w, &m));
    made_clear(&m);
    world_ask(w);
    /* A mark that stays, because the bootloader never takes the image: as in
     * the field, only an erase helps. */
    for (uint8_t i = 0; i < w->device.slot_count; i++) {
        if (w->device.slots[i].pending) {
            lab_stop(&w->lab);
            world_start(w, w->mode, w->seed + AGAIN);
            return;
        }
    }
}

static void run(const char *mode)
{
    const char *only = getenv("PREDICT_SEED");
    memset(tally, 0, sizeof(tally));
    for (unsigned h = 0; h < HISTORIES; h++) {
        uint64_t seed = h + 1;
        if (only != NULL && strtoull(only, NULL, 10) != seed) {
            continue;
        }
        world_start(&world, mode, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            world.step = i;
            play(&world);
        }
        lab_stop(&world.lab);
    }
    if (only == NULL) {
        assert_true(tally[TAKEN] > HISTORIES);
        assert_true(tally[REFUSED] > HISTORIES);
        assert_true(tally[UNKNOWN] < HISTORIES);
    }
}

static void move_does_what_was_said(void **state)
{
    (void)state;
    run("move");
}

static void offset_does_what_was_said(void **state)
{
    (void)state;
    run("offset");
}

static void scratch_does_what_was_said(void **state)
{
    (void)state;
    run("scratch");
}

static void overwrite_does_what_was_said(void **state)
{
    (void)state;
    run("overwrite");
}

static void direct_xip_does_what_was_said(void **state)
{
    (void)state;
    run("direct-xip");
}

static void direct_xip_with_revert_does_what_was_said(void **state)
{
    (void)state;
    run("direct-xip-revert");
}

static void network_core_does_what_was_said(void **state)
{
    (void)state;
    run("network-core");
}

/*
 * An image so large that its last bytes lie where a swap keeps its size: a
 * bootloader that overwrites must not take them for a swap under way.
 */
static void overwrite_compares_versions_of_the_largest_images(void **state)
{
    struct lab *lab = &world.lab;
    struct lab_image image;
    (void)state;
    lab_init(lab, "nrf52840dk-zephyr4.4");
    lab_set(lab, "boot.bootloader", "overwrite");
    lab_set(lab, "boot.options", "+no-downgrade");
    lab_start(lab);
    /* Header, TLVs and 44 bytes of the trailer remain. */
    lab_make_image(&image, "0.9.0", 0x76000u - 0x200u - 40u - 44u, NULL);
    assert_int_equal(image.len, 0x76000u - 44u);
    assert_int_equal(lab_upload(lab, &image, 0), 0);
    assert_int_equal(lab_set_state(lab, &image, true), 0);
    lab_reset(lab);
    assert_string_equal(lab_list(lab), "0.0 1.0.0 AC");
    free(image.bytes);
    lab_stop(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(move_does_what_was_said),
        cmocka_unit_test(offset_does_what_was_said),
        cmocka_unit_test(scratch_does_what_was_said),
        cmocka_unit_test(overwrite_does_what_was_said),
        cmocka_unit_test(overwrite_compares_versions_of_the_largest_images),
        cmocka_unit_test(direct_xip_does_what_was_said),
        cmocka_unit_test(direct_xip_with_revert_does_what_was_said),
        cmocka_unit_test(network_core_does_what_was_said),
    };

    return cmocka_run_group_tests(tests, world_make_keys, world_free_keys);
}
