// SPDX-License-Identifier: Apache-2.0
/*
 * A bootloader with keys: for random images, keys, modes and histories the
 * device runs what the model says. A failure names seed and step.
 */
#include "vdev_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/image_sign.h"
#include "vdev/rng.h"

#define STEPS 200u

/* What an image is, and so whether the bootloader takes it. */
enum kind {
    KIND_RIGHT,      /* by a trusted key */
    KIND_WHOLE_KEY,  /* by a trusted key, PUBKEY instead of its hash */
    KIND_SECOND,     /* by a stranger and by a trusted key */
    KIND_STRANGER,   /* by another key */
    KIND_UNSIGNED,   /* hash only */
    KIND_IMPERSONAL, /* names a trusted key, is by another */
    KIND_BENT,       /* one bit of the signature changed */
    KIND_CHANGED,    /* one bit of the payload changed */
    KINDS,
};

static const bool taken[KINDS] = {
    [KIND_RIGHT] = true,
    [KIND_WHOLE_KEY] = true,
    [KIND_SECOND] = true,
};

/* Two trusted keys, and strangers of the same types. */
struct keys {
    struct host_key *trusted[2];
    struct host_key *strange[2];
};

static struct keys keys;

static int make_keys(void **state)
{
    static const enum host_key_type types[] = { HOST_KEY_P256,
        HOST_KEY_ED25519 };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        keys.trusted[i] = host_key_generate(types[i], NULL);
        keys.strange[i] = host_key_generate(types[i], NULL);
        if (keys.trusted[i] == NULL || keys.strange[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        host_key_free(keys.trusted[i]);
        host_key_free(keys.strange[i]);
    }
    return 0;
}

/* What the device should do next, and what it should say. */
struct model {
    bool swaps;       /* keeps the old image */
    unsigned running; /* major version */
    unsigned step;
    uint64_t seed;
    const char *mode;
    uint64_t rng;
};

static unsigned pick(struct model *m, unsigned bound)
{
    return (unsigned)(vdev_rng_next(&m->rng) % bound);
}

/* The last entry of a type; the bytes are where its value starts. */
static uint8_t *find_tlv(GByteArray *image, bool (*wanted)(uint16_t type))
{
    uint32_t at = 0x200 + (uint32_t)(image->data[12] | image->data[13] << 8);
    uint8_t *found = NULL;

    for (uint32_t off = at + 4; off + 4 <= image->len;) {
        uint16_t type =
                (uint16_t)(image->data[off] | image->data[off + 1] << 8);

        if (wanted(type)) {
            found = image->data + off + 4;
        }
        off += 4u +
                (uint32_t)(image->data[off + 2] | image->data[off + 3] << 8);
    }
    assert_non_null(found);
    return found;
}

static bool is_key_hash(uint16_t type)
{
    return type == MCUB_TLV_KEYHASH;
}

/* Make an image of a kind; its payload is 0x7000 bytes at most. */
static void make_image(struct model *m, enum kind kind, unsigned version,
        struct lab_image *image)
{
    static uint8_t program[0x7000];
    struct host_error err = HOST_ERROR_INIT;
    struct host_signed made;
    unsigned which = pick(m, 2);
    struct host_sign_spec spec = { .input = program,
        .input_len = 100 + pick(m, sizeof(program) - 100),
        .pad_header = true,
        .hdr_size = 0x200,
        .erased_value = 0xff,
        .version = { .major = (uint8_t)version },
        .full_key = kind == KIND_WHOLE_KEY };
    const struct host_key *key = keys.trusted[which];

    memset(program, (int)version, sizeof(program));
    if (kind == KIND_STRANGER || kind == KIND_IMPERSONAL ||
            kind == KIND_SECOND) {
        key = keys.strange[which];
    }
    if (kind != KIND_UNSIGNED) {
        spec.keys[spec.key_count++] = key;
    }
    if (kind == KIND_SECOND) {
        spec.keys[spec.key_count++] = keys.trusted[pick(m, 2)];
    }
    assert_int_equal(host_image_sign(&spec, &made, &err), 0);
    if (kind == KIND_IMPERSONAL) {
        uint8_t hash[MCUB_HASH_MAX];

        assert_int_equal(host_key_hash(keys.trusted[which], MCUB_HASH_SHA256,
                                 hash),
                0);
        memcpy(find_tlv(made.image, is_key_hash), hash, 32);
    } else if (kind == KIND_BENT) {
        find_tlv(made.image, mcub_tlv_type_is_signature)[20] ^= 0x10;
    } else if (kind == KIND_CHANGED) {
        made.image->data[0x200 + pick(m, 100)] ^= 1;
    }
    memcpy(image->hash, made.hash.bytes, sizeof(image->hash));
    image->len = made.image->len;
    image->bytes = malloc(image->len);
    assert_non_null(image->bytes);
    memcpy(image->bytes, made.image->data, image->len);
    g_byte_array_unref(made.image);
}

static void check_running(struct lab *lab, const struct model *m,
        const char *when)
{
    char want[32];
    const char *list = lab_list(lab);

    snprintf(want, sizeof(want), "0.0 %u.0.0 ", m->running);
    if (strncmp(list, want, strlen(want)) != 0) {
        fail_msg("test_vdev_keys:mode=%s,seed=%llu,step=%u: %s: \"%s\", want "
                 "\"%s…\"",
                m->mode, (unsigned long long)m->seed, m->step, when, list,
                want);
    }
}

/* One image from upload to the state that lasts. */
static void play(struct lab *lab, struct model *m)
{
    enum kind kind = (enum kind)pick(m, KINDS);
    unsigned version = 2 + m->step;
    bool permanent = pick(m, 3) == 0;
    unsigned before = m->running;
    struct lab_image image;

    make_image(m, kind, version, &image);
    assert_int_equal(lab_upload(lab, &image, 0), 0);
    if (pick(m, 8) == 0) {
        /* Never marked: a reset changes nothing, whatever was uploaded. */
        lab_reset(lab);
        check_running(lab, m, "not marked");
        free(image.bytes);
        return;
    }
    assert_int_equal(lab_set_state(lab, &image, permanent), 0);
    free(image.bytes);
    m->running = taken[kind] ? version : before;
    lab_reset(lab);
    check_running(lab, m, taken[kind] ? "taken" : "refused");
    if (taken[kind] && !permanent && m->swaps) {
        if (pick(m, 2) == 0) {
            assert_int_equal(lab_confirm(lab), 0);
        } else {
            m->running = before;
        }
    }
    lab_reset(lab);
    check_running(lab, m, "after one more reset");
}

static void run_mode(const char *mode, bool swaps, uint64_t seed)
{
    static struct lab lab;
    struct model m = { .swaps = swaps,
        .running = 1,
        .seed = seed,
        .mode = mode,
        .rng = seed };
    char *names[2];
    char *both;

    for (unsigned i = 0; i < 2; i++) {
        names[i] = g_strdup_printf("test_vdev_keys.%s.%u.pem", mode, i);
        remove(names[i]);
        assert_int_equal(host_key_save(keys.trusted[i], names[i], NULL, NULL),
                0);
    }
    both = g_strdup_printf("%s %s", names[0], names[1]);
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_set(&lab, "image0.primary", "internal 0xc000 0x70000");
    lab_set(&lab, "image0.secondary", "internal 0x7c000 0x70000");
    lab_set(&lab, "boot.scratch", "internal 0xec000 0x8000");
    lab_set(&lab, "boot.mode", mode);
    lab_set(&lab, "boot.keys", both);
    lab_set(&lab, "sim.flash_time", "0");
    lab_start(&lab);
    check_running(&lab, &m, "first boot");
    for (m.step = 0; m.step < STEPS; m.step++) {
        play(&lab, &m);
    }
    lab_stop(&lab);
    for (unsigned i = 0; i < 2; i++) {
        remove(names[i]);
        g_free(names[i]);
    }
    g_free(both);
}

static void device_runs_what_the_model_says_swap_move(void **state)
{
    (void)state;
    run_mode("swap-move", true, 11);
}

static void device_runs_what_the_model_says_swap_offset(void **state)
{
    (void)state;
    run_mode("swap-offset", true, 12);
}

static void device_runs_what_the_model_says_swap_scratch(void **state)
{
    (void)state;
    run_mode("swap-scratch", true, 14);
}

static void device_runs_what_the_model_says_overwrite(void **state)
{
    (void)state;
    run_mode("overwrite", false, 13);
}

static void device_with_public_keys_only_cannot_be_made(void **state)
{
    static struct lab lab;
    struct host_error err = HOST_ERROR_INIT;
    char *pem = host_key_public_pem(keys.trusted[0]);
    char text[VDEV_ERR_SIZE] = "";

    (void)state;
    assert_true(g_file_set_contents("test_vdev_keys.pub.pem", pem, -1, NULL));
    g_free(pem);
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_set(&lab, "boot.keys", "test_vdev_keys.pub.pem");
    lab.ops =
            (struct vdev_ops){ .hash = &host_hash_ops, .hash_ctx = &lab.hash };
    assert_null(vdev_device_create(&lab.cfg, &lab.ops, &lab, 0, text));
    assert_non_null(strstr(text, "nobody loaded"));
    assert_int_equal(host_boot_keys_open(&lab.keys, lab.cfg.keys, lab.cfg.hash,
                             &err),
            0);
    assert_null(lab.keys.signer.ops);
    lab.ops.keys = &lab.keys.keys;
    assert_null(vdev_device_create(&lab.cfg, &lab.ops, &lab, 0, text));
    assert_non_null(strstr(text, "no private key"));
    host_boot_keys_close(&lab.keys);
    host_hash_clear(&lab.hash);
    remove("test_vdev_keys.pub.pem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_runs_what_the_model_says_swap_move),
        cmocka_unit_test(device_runs_what_the_model_says_swap_offset),
        cmocka_unit_test(device_runs_what_the_model_says_swap_scratch),
        cmocka_unit_test(device_runs_what_the_model_says_overwrite),
        cmocka_unit_test(device_with_public_keys_only_cannot_be_made),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
