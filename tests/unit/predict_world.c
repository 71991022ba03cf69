// SPDX-License-Identifier: Apache-2.0
#include "predict_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/image_sign.h"
#include "host/imagefile.h"
#include "mcub/boot.h"
#include "smp/header.h"
#include "vdev/rng.h"

#define SLOT_SIZE 0x10000u
#define KEY_FILE  "test_vdev_predict.pem"

static const char *const kind_names[KINDS] = { "plain", "stranger", "unsigned",
    "second", "non-bootable", "sha512", "encrypted", "clear", "large",
    "needs" };

static struct host_key *trusted;
static struct host_key *strange;
static struct host_key *device_key; /* for encryption */

int world_make_keys(void **state)
{
    (void)state;
    trusted = host_key_generate(HOST_KEY_ED25519, NULL);
    strange = host_key_generate(HOST_KEY_ED25519, NULL);
    device_key = host_key_generate(HOST_KEY_X25519, NULL);
    remove(KEY_FILE);
    return trusted != NULL && strange != NULL && device_key != NULL
            ? host_key_save(trusted, KEY_FILE, NULL, NULL)
            : -1;
}

int world_free_keys(void **state)
{
    (void)state;
    host_key_free(trusted);
    host_key_free(strange);
    host_key_free(device_key);
    remove(KEY_FILE);
    return 0;
}

unsigned world_pick(struct world *w, unsigned bound)
{
    return (unsigned)(vdev_rng_next(&w->rng) % bound);
}

void world_complain(const struct world *w, const char *text)
{
    char findings[512] = "";
    size_t len = 0;
    for (uint8_t i = 0; i < w->device.slot_count; i++) {
        const struct dfu_slot *s = &w->device.slots[i];
        int n = snprintf(findings + len, sizeof(findings) - len,
                " %u.%u v%u%s%s%s%s,", s->image, s->slot, s->version.major,
                s->active ? "A" : "", s->confirmed ? "C" : "",
                s->pending ? "P" : "", s->permanent ? "!" : "");
        len += n > 0 && (size_t)n < sizeof(findings) - len ? (size_t)n : 0;
    }
    for (uint8_t i = 0; i < w->plan.finding_count; i++) {
        const struct dfu_finding *f = &w->plan.findings[i];
        int n = snprintf(findings + len, sizeof(findings) - len, " %s:%s",
                dfu_severity_to_str((enum dfu_severity)f->severity),
                dfu_finding_to_str((enum dfu_finding_id)f->id));
        len += n > 0 && (size_t)n < sizeof(findings) - len ? (size_t)n : 0;
    }
    /* cmocka cuts long messages: the end of the console goes first. */
    fprintf(stderr, "%s\n",
            w->lab.console +
                    (w->lab.console_len > 2500 ? w->lab.console_len - 2500
                                               : 0));
    fail_msg("mode=%s,seed=%llu,step=%u,kind=%s: %s; list and plan:%s", w->mode,
            (unsigned long long)(w->seed % AGAIN), w->step, kind_names[w->kind],
            text, findings);
}

/* ---- the device ---- */

static struct smp_bytes answer_body(const struct world *w)
{
    return (struct smp_bytes){ w->lab.answer + SMP_HEADER_SIZE,
        w->lab.answer_len - SMP_HEADER_SIZE };
}

void world_ask(struct world *w)
{
    struct lab *lab = &w->lab;
    memset(&w->device, 0, sizeof(w->device));
    assert_true(lab_image_call(lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
    assert_int_equal(dfu_device_set_list(&w->device, answer_body(w)), 0);
    assert_true(
            lab_image_call(lab, SMP_OP_READ, SMP_IMAGE_SLOT_INFO, NULL, NULL));
    assert_int_equal(dfu_device_set_slot_info(&w->device, answer_body(w)), 0);
    /* The mode is told, or known from the build. */
    w->device.mode_told = (w->seed & 1u) != 0;
    w->device.mode = w->device.mode_told ? (int32_t)lab->cfg.mode
                                         : SMP_BOOTLOADER_UNKNOWN;
    w->device.no_downgrade = w->device.mode_told &&
            (lab->cfg.boot_options & MCUB_BOOT_NO_DOWNGRADE) != 0;
}

/* What is known beside: the bootloader's configuration. */
static void know_build(struct world *w)
{
    uint32_t options = w->lab.cfg.boot_options;
    w->build = (struct dfu_build){
        .from = "test",
        .sure = true,
        .mode_known = true,
        .mode = (int32_t)w->lab.cfg.mode,
        .sector = 4096,
        .write_size = 4,
        .max_align = w->lab.cfg.max_align,
        .max_sectors = w->lab.cfg.max_sectors,
        .signature_known = true,
        .sig_type = w->checks ? MCUB_TLV_ED25519 : 0,
        .encryption_known = true,
        .no_downgrade = (options & MCUB_BOOT_NO_DOWNGRADE) != 0,
        .no_lower_counter = (options & MCUB_BOOT_NO_COUNTER_DOWNGRADE) != 0,
    };
    w->options.builds = &w->build;
    w->options.build_count = 1;
    w->options.known = w->known;
}

void world_start(struct world *w, const char *mode, uint64_t seed)
{
    static const char *const rules[] = { "", "no-downgrade",
        "no-counter-downgrade" };
    memset(w, 0, sizeof(*w));
    w->mode = mode;
    w->seed = seed;
    w->rng = seed * 7919u + 13;
    w->core = strcmp(mode, "network-core") == 0;
    w->selects = strncmp(mode, "direct", 6) == 0;
    w->marks = strcmp(mode, "direct-xip") != 0;
    w->reverts = w->marks && strcmp(mode, "overwrite") != 0;
    w->erases = !w->selects;
    w->checks = world_pick(w, 3) != 0;
    w->keys_here = w->checks && world_pick(w, 2) == 0;
    lab_init(&w->lab,
            w->core ? "nrf5340dk-ncs2.4.1-multi" : "nrf52840dk-zephyr4.4");
    if (w->core) {
        lab_set(&w->lab, "server.era", "E");
        lab_set(&w->lab, "server.features", "+slot-info");
        lab_set(&w->lab, "image1.secondary", "external 0x10000 0x10000");
        lab_set(&w->lab, "image0.secondary", "external 0 0x10000");
    } else {
        lab_set(&w->lab, "image0.secondary", "internal 0x1c000 0x10000");
    }
    lab_set(&w->lab, "image0.primary", "internal 0xc000 0x10000");
    lab_set(&w->lab, "app.size", "3000");
    lab_set(&w->lab, "sim.flash_time", "0");
    if (!w->core) {
        lab_set(&w->lab, "boot.bootloader", mode);
    }
    const char *rule = rules[world_pick(w, 3)];
    if (rule[0] != '\0') {
        char set[64];
        snprintf(set, sizeof(set), "+%s", rule);
        lab_set(&w->lab, "boot.options", set);
    }
    if (w->checks) {
        lab_set(&w->lab, "boot.keys", KEY_FILE);
    }
    lab_start(&w->lab);
    know_build(w);
}

const struct dfu_slot *world_running(struct world *w)
{
    world_ask(w);
    const struct dfu_slot *s = dfu_device_running(&w->device, 0);
    if (s == NULL) {
        world_complain(w, "nothing runs");
    }
    return s;
}

/* ---- images ---- */

void made_clear(struct made *m)
{
    host_package_close(m->package);
    if (m->bytes != NULL) {
        g_byte_array_unref(m->bytes);
    }
    memset(m, 0, sizeof(*m));
}

static void sign_as(struct world *w, struct host_sign_spec *spec)
{
    if (w->kind == KIND_UNSIGNED) {
        return;
    }
    if (w->kind == KIND_STRANGER || w->kind == KIND_SECOND) {
        spec->keys[spec->key_count++] = strange;
    }
    if (w->kind != KIND_STRANGER) {
        spec->keys[spec->key_count++] = trusted;
    }
}

/* A program of this size with this version for this image. */
static void make_image(struct world *w, struct made *m, uint8_t image,
        uint32_t size, unsigned major)
{
    static uint8_t program[SLOT_SIZE];
    struct host_error err = HOST_ERROR_INIT;
    struct host_signed made;
    struct mcub_dependency dep = { .image = (uint8_t)(image ^ 1u),
        .version = { .major = (uint8_t)(1 + world_pick(w, 4)) } };
    struct host_sign_spec spec = {
        .input = program,
        .input_len = size,
        .pad_header = true,
        .hdr_size = 0x200,
        .erased_value = 0xff,
        .version = { .major = (uint8_t)major },
        .hash_alg =
                w->kind == KIND_SHA512 ? MCUB_HASH_SHA512 : MCUB_HASH_SHA256,
        .non_bootable = w->kind == KIND_NON_BOOTABLE,
        .deps = &dep,
        .dep_count = w->kind == KIND_NEEDS ? 1 : 0,
        .has_security_counter = world_pick(w, 3) != 0,
        .security_counter = world_pick(w, 4),
        .encrypt_keylen = 128,
    };
    if (w->kind == KIND_ENCRYPTED || w->kind == KIND_CLEAR) {
        spec.encrypt = device_key;
        spec.clear = w->kind == KIND_CLEAR;
    }
    for (uint32_t i = 0; i < size; i++) {
        program[i] = (uint8_t)(w->rng >> (i % 56)) ^ (uint8_t)i;
    }
    sign_as(w, &spec);
    if (host_image_sign(&spec, &made, &err) != 0) {
        fail_msg("%s", err.message);
    }
    m->bytes = made.image;
}

static void open_image(struct world *w, struct made *m, uint8_t image)
{
    struct host_keyring ring = { 0 };
    struct host_error err = HOST_ERROR_INIT;
    char *pem = host_key_public_pem(trusted);
    struct host_package_options opt = { .keys = &ring };
    const char *name = image == 1 ? "net_core.bin" : "app.bin";
    host_keyring_add(&ring, host_key_load(KEY_FILE, NULL, &err));
    if (w->keys_here) {
        struct host_package *p = host_package_parse(name, m->bytes->data,
                m->bytes->len, &opt, &err);
        m->foreign_key = p == NULL;
        if (p == NULL && err.code != DFU_SIGNATURE_MISSING &&
                err.code != DFU_SIGNATURE_WRONG_KEY) {
            world_complain(w, err.message);
        }
        host_package_close(p);
    }
    host_error_clear(&err);
    m->package =
            host_package_parse(name, m->bytes->data, m->bytes->len, NULL, &err);
    if (m->package == NULL) {
        world_complain(w, err.message);
    } else {
        assert_int_equal(host_package_select(m->package, image, &err), 0);
    }
    host_keyring_clear(&ring);
    g_free(pem);
}

/* Around what can be swapped: the plan has to know the very byte. */
static uint32_t large_size(struct world *w)
{
    static const uint32_t around[] = { 57344, 61440, 65536 - 40, 53248 };
    return around[world_pick(w, 4)] - 0x200u - 300u + world_pick(w, 600);
}

void made_make(struct world *w, struct made *m, uint8_t image)
{
    const struct dfu_slot *s = world_running(w);
    unsigned major = 1 + world_pick(w, 6);
    if (w->selects && world_pick(w, 4) != 0) {
        major = s->version.major + 1u;
    }
    w->kind = world_pick(w, 3) == 0 ? KIND_PLAIN
                                    : (enum kind)world_pick(w, KINDS);
    make_image(w, m, image,
            w->kind == KIND_LARGE ? large_size(w) : 200 + world_pick(w, 6000),
            major);
    open_image(w, m, image);
}
