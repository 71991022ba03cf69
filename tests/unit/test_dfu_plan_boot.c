// SPDX-License-Identifier: Apache-2.0
/*
 * Would the bootloader take it, and what do the resets do?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dfu_plan_rig.h"
#include "mcub/sign.h"

/* The package's image has traits, and so has what runs. */
static void look_inside(void)
{
    package.images[0].traits = &traits;
    known.hash_len = 32;
    memset(known.hash, 1, 32);
    options.known = &known;
    options.known_count = 1;
    build.from = "test.conf";
}

static void sign(struct dfu_traits *t, uint16_t type, uint8_t key)
{
    struct dfu_signer *s = &t->signers[t->signer_count++];
    s->type = type;
    s->key_len = 32;
    memset(s->key, key, sizeof(s->key));
}

/* A guess is a warning, what the user says is fatal; both say "assumed". */
static void expect_guess(enum dfu_finding_id id, enum dfu_code code)
{
    options.builds = &build;
    options.build_count = 1;
    build.sure = false;
    expect_warning(id);
    assert_ptr_equal(found(id)->rests_on, &build);
    build.sure = true;
    expect_fatal(id, code);
    assert_ptr_equal(found(id)->rests_on, &build);
    options.build_count = 0;
}

static void plan_refuses_flags_that_never_boot(void **state)
{
    (void)state;
    look_inside();
    package.images[0].flags = MCUB_IMAGE_NON_BOOTABLE;
    expect_fatal(DFU_FIND_NON_BOOTABLE, DFU_IMAGE_REFUSED_AT_BOOT);
    package.images[0].flags = MCUB_IMAGE_LZMA2;
    expect_warning(DFU_FIND_COMPRESSED);
    device.slots[0].compressed = true;
    expect_silence(DFU_FIND_COMPRESSED);
    package.images[0].flags = MCUB_IMAGE_RAM_LOAD;
    expect_warning(DFU_FIND_FOR_RAM);
    device.mode = SMP_BOOTLOADER_RAM_LOAD;
    expect_silence(DFU_FIND_FOR_RAM);
    package.images[0].flags = 0;
    expect_fatal(DFU_FIND_NOT_FOR_RAM, DFU_IMAGE_REFUSED_AT_BOOT);
    device.mode_told = false;
    build.mode_known = true;
    build.mode = SMP_BOOTLOADER_RAM_LOAD;
    expect_guess(DFU_FIND_NOT_FOR_RAM, DFU_IMAGE_REFUSED_AT_BOOT);
}

static void plan_looks_at_encryption(void **state)
{
    (void)state;
    look_inside();
    package.images[0].flags = MCUB_IMAGE_AES128;
    expect_warning(DFU_FIND_ENCRYPTED);
    known.traits.flags = MCUB_IMAGE_AES128;
    expect_silence(DFU_FIND_ENCRYPTED);
    build.encryption_known = true;
    expect_guess(DFU_FIND_ENCRYPTED, DFU_IMAGE_REFUSED_AT_BOOT);
    build.encrypts = true;
    options.builds = &build;
    options.build_count = 1;
    expect_silence(DFU_FIND_ENCRYPTED);
    options.build_count = 0;
    device.mode = SMP_BOOTLOADER_DIRECT_XIP_REVERT;
    expect_fatal(DFU_FIND_ENCRYPTED, DFU_IMAGE_REFUSED_AT_BOOT);
    device.mode = SMP_BOOTLOADER_SWAP_MOVE;
    traits.clear = true;
    expect_fatal(DFU_FIND_CLEAR, DFU_IMAGE_REFUSED_AT_BOOT);
}

static void plan_compares_addresses_of_direct_xip(void **state)
{
    (void)state;
    look_inside();
    device.mode = SMP_BOOTLOADER_DIRECT_XIP_REVERT;
    package.images[0].flags = MCUB_IMAGE_ROM_FIXED;
    package.images[0].load_addr = 0xc000;
    assert_int_equal(make(), 0); /* nothing is known */
    known.traits.flags = MCUB_IMAGE_ROM_FIXED;
    known.traits.load_addr = 0xc000;
    expect_fatal(DFU_FIND_ADDRESS, DFU_IMAGE_WRONG_SLOT);
    assert_int_equal(found(DFU_FIND_ADDRESS)->need, 0xc000);
    known.traits.load_addr = 0x82000;
    expect_silence(DFU_FIND_ADDRESS);
    options.known_count = 0;
    build.slots_known = true;
    build.slot_off[0] = 0xc000;
    build.slot_off[1] = 0x82000;
    expect_guess(DFU_FIND_ADDRESS, DFU_IMAGE_WRONG_SLOT);
    assert_int_equal(found(DFU_FIND_ADDRESS)->have, 0x82000);
    package.images[0].load_addr = 0x82000;
    options.builds = &build;
    options.build_count = 1;
    expect_silence(DFU_FIND_ADDRESS);
}

static void plan_compares_kinds_of_hashes(void **state)
{
    (void)state;
    package.images[0].hash_len = 64;
    expect_fatal(DFU_FIND_HASH_KIND, DFU_IMAGE_REFUSED_AT_BOOT);
    assert_int_equal(found(DFU_FIND_HASH_KIND)->need, 64);
    assert_int_equal(found(DFU_FIND_HASH_KIND)->have, 32);
    device.slots[0].hash_len = 0;
    expect_silence(DFU_FIND_HASH_KIND);
    build.hash_len = 48;
    expect_guess(DFU_FIND_HASH_KIND, DFU_IMAGE_REFUSED_AT_BOOT);
}

static void plan_compares_keys_with_what_runs(void **state)
{
    (void)state;
    look_inside();
    expect_silence(DFU_FIND_UNSIGNED);
    sign(&known.traits, MCUB_TLV_ED25519, 1);
    expect_warning(DFU_FIND_UNSIGNED);
    sign(&traits, MCUB_TLV_ED25519, 1);
    expect_silence(DFU_FIND_OTHER_KEY);
    assert_null(found(DFU_FIND_UNSIGNED));
    traits.signers[0].key[0] = 9;
    expect_warning(DFU_FIND_OTHER_KEY);
    /* a second signature by the right key, its hash cut */
    sign(&traits, MCUB_TLV_ED25519, 1);
    traits.signers[1].key_len = 4;
    expect_silence(DFU_FIND_OTHER_KEY);
    traits.signer_count = 1;
    traits.signers[0].type = MCUB_TLV_RSA2048_PSS;
    expect_warning(DFU_FIND_SIGNATURE_TYPE);
    assert_int_equal(found(DFU_FIND_SIGNATURE_TYPE)->need,
            MCUB_TLV_RSA2048_PSS);
    assert_int_equal(found(DFU_FIND_SIGNATURE_TYPE)->have, MCUB_TLV_ED25519);
    /* another image runs: nothing is known of it */
    device.slots[0].hash[0] = 77;
    expect_silence(DFU_FIND_SIGNATURE_TYPE);
}

static void plan_knows_signatures_from_the_build(void **state)
{
    (void)state;
    look_inside();
    build.signature_known = true;
    build.sig_type = MCUB_TLV_ED25519;
    expect_guess(DFU_FIND_UNSIGNED, DFU_SIGNATURE_MISSING);
    sign(&traits, MCUB_TLV_ECDSA_SIG, 1);
    expect_guess(DFU_FIND_SIGNATURE_TYPE, DFU_SIGNATURE_WRONG_KEY);
    /* a bootloader that checks none: what runs says nothing */
    build.sig_type = 0;
    options.builds = &build;
    options.build_count = 1;
    sign(&known.traits, MCUB_TLV_ED25519, 1);
    expect_silence(DFU_FIND_SIGNATURE_TYPE);
    traits.signer_count = 0;
    expect_silence(DFU_FIND_UNSIGNED);
}

static void plan_compares_security_counters(void **state)
{
    (void)state;
    look_inside();
    known.traits.has_counter = true;
    known.traits.counter = 5;
    expect_warning(DFU_FIND_NO_COUNTER);
    traits.has_counter = true;
    traits.counter = 4;
    expect_warning(DFU_FIND_COUNTER);
    assert_int_equal(found(DFU_FIND_COUNTER)->have, 5);
    build.no_lower_counter = true;
    expect_guess(DFU_FIND_COUNTER, DFU_IMAGE_DOWNGRADE);
    traits.counter = 5;
    expect_silence(DFU_FIND_COUNTER);
    options.known_count = 0;
    traits.has_counter = false;
    expect_silence(DFU_FIND_NO_COUNTER);
    build.needs_counter = true;
    expect_guess(DFU_FIND_NO_COUNTER, DFU_IMAGE_REFUSED_AT_BOOT);
}

static void plan_looks_for_dependencies(void **state)
{
    (void)state;
    look_inside();
    traits.dependency_count = 1;
    traits.dependencies[0].image = 1;
    traits.dependencies[0].version.major = 7;
    /* one image: such builds have no code for it */
    expect_warning(DFU_FIND_DEPENDENCY);
    device.image_count = 2;
    /* a network core that nobody can read counts as 0.0.0 */
    expect_fatal(DFU_FIND_DEPENDENCY, DFU_DEPENDENCY_UNMET);
    struct dfu_image *core = add(1, 7, 90000);
    core->net_core = true;
    expect_silence(DFU_FIND_DEPENDENCY);
    core->version.major = 6;
    expect_fatal(DFU_FIND_DEPENDENCY, DFU_DEPENDENCY_UNMET);
    assert_int_equal(found(DFU_FIND_DEPENDENCY)->need, 1);
    /* what is there */
    package.count = 1;
    struct dfu_slot *s = put(1, 0, 7);
    expect_silence(DFU_FIND_DEPENDENCY);
    s->version.major = 6;
    expect_fatal(DFU_FIND_DEPENDENCY, DFU_DEPENDENCY_UNMET);
    /* what waits for the same reset */
    put(1, 1, 8)->pending = true;
    expect_silence(DFU_FIND_DEPENDENCY);
    traits.dependencies[0].image = 2;
    expect_fatal(DFU_FIND_DEPENDENCY, DFU_DEPENDENCY_UNMET);
}

static void plan_recognises_a_network_core(void **state)
{
    (void)state;
    look_inside();
    traits.net_core_name = true;
    expect_warning(DFU_FIND_NET_CORE_FILE);
    traits.net_core_code = true;
    expect_warning(DFU_FIND_NET_CORE_FILE);
    device.image_count = 2;
    expect_fatal(DFU_FIND_NET_CORE_FILE, DFU_IMAGE_WRONG_SLOT);
    package.images[0].image = 1;
    expect_silence(DFU_FIND_NET_CORE_FILE);
}

static void plan_uses_what_is_known_of_the_flash(void **state)
{
    (void)state;
    build.sector = 4096;
    device.mode = SMP_BOOTLOADER_SWAP_OFFSET;
    tell_slots(1, 483328);
    /* (118 - 1 - 1) sectors of 4 KiB: the trailer needs one */
    package.images[0].source.size = 475136;
    options.builds = &build;
    options.build_count = 1;
    expect_silence(DFU_FIND_SWAP_SIZE);
    package.images[0].source.size = 475137;
    expect_guess(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    assert_int_equal(found(DFU_FIND_SWAP_SIZE)->have, 475136);
    /* of a board of this name */
    build.board = "some_board";
    options.builds = &build;
    options.build_count = 1;
    expect_silence(DFU_FIND_SWAP_SIZE);
    assert_non_null(found(DFU_FIND_SWAP_TIGHT)); /* by estimate */
    assert_null(found(DFU_FIND_SWAP_TIGHT)->rests_on);
    device.board_told = true;
    strcpy(device.board, "some@2/board");
    expect_guess(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    build.board = NULL;
    /* more status rows, wider writes: two sectors */
    build.write_size = 16;
    build.max_align = 16;
    build.max_sectors = 200;
    package.images[0].source.size = 471041;
    expect_guess(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    assert_int_equal(found(DFU_FIND_SWAP_SIZE)->have, 471040);
    /* slots that are not told */
    device.slot_info_told = false;
    device.info_count = 0;
    options.builds = &build;
    options.build_count = 1;
    expect_silence(DFU_FIND_SWAP_SIZE);
    build.slot_size[0] = 483328;
    build.slot_size[1] = 483328;
    expect_guess(DFU_FIND_SWAP_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SWAP);
    build.slot_size[1] = 400000;
    expect_guess(DFU_FIND_SLOT_SIZE, DFU_IMAGE_TOO_LARGE_FOR_SLOT);
    /* and a mode that is not told */
    device.mode_told = false;
    build.mode_known = true;
    build.mode = SMP_BOOTLOADER_OVERWRITE;
    package.images[0].source.size = 1000;
    options.builds = &build;
    options.build_count = 1;
    expect_fatal(DFU_FIND_MODE, DFU_MODE_NOT_SUPPORTED);
}

static void plan_takes_the_downgrade_rule_from_the_build(void **state)
{
    (void)state;
    device.slots[0].version.major = 3;
    build.no_downgrade = true;
    expect_guess(DFU_FIND_DOWNGRADE, DFU_IMAGE_DOWNGRADE);
}

/* ---- what resets do ---- */

static void plan_tells_what_resets_do_beside(void **state)
{
    (void)state;
    options.mode = DFU_TEST_ONLY;
    assert_int_equal(make(), 0);
    assert_int_equal(found(DFU_FIND_RESET_RETURNS)->severity, DFU_NOTE);
    /* image 1 waits, marked: our reset boots it, too */
    device.image_count = 2;
    put(1, 0, 6);
    struct dfu_slot *waits = put(1, 1, 8);
    waits->pending = true;
    expect_warning(DFU_FIND_RESET_INSTALLS);
    assert_int_equal(found(DFU_FIND_RESET_INSTALLS)->image, 1);
    assert_int_equal(found(DFU_FIND_RESET_INSTALLS)->slot, 1);
    /* image 1 is on trial: our reset takes it back */
    waits->pending = false;
    waits->confirmed = true;
    device.slots[1].confirmed = false;
    expect_warning(DFU_FIND_RESET_REVERTS);
    /* not when it is part of the run */
    add(1, 9, 1000);
    assert_int_equal(make(), 0);
    assert_null(found(DFU_FIND_RESET_REVERTS));
    /* upload-only does not mark: direct-XIP with revert erases it */
    setup(state);
    device.mode = SMP_BOOTLOADER_DIRECT_XIP_REVERT;
    options.mode = DFU_UPLOAD_ONLY;
    expect_warning(DFU_FIND_RESET_ERASES);
    options.mode = DFU_CONFIRM_ONLY;
    expect_silence(DFU_FIND_RESET_ERASES);
}

static void plan_says_when_back_is_forward(void **state)
{
    (void)state;
    options.no_upload = true;
    options.going_back = true;
    put(0, 1, 2);
    expect_warning(DFU_FIND_GOES_BACK_NEWER);
    device.slots[0].version.major = 3;
    expect_silence(DFU_FIND_GOES_BACK_NEWER);
}

static void plan_does_not_trust_a_torn_slot(void **state)
{
    (void)state;
    struct dfu_slot *s = put(0, 1, 2);
    expect_steps("I0t0RWc0V");
    assert_int_equal(found(DFU_FIND_IN_SLOT_TRUSTED)->severity, DFU_NOTE);
    /* header of another upload of the same size, TLVs of this image */
    s->version.minor = 9;
    expect_steps("U0L0t0RWc0V");
    assert_int_equal(found(DFU_FIND_IN_SLOT_TORN)->severity, DFU_WARNING);
    assert_null(found(DFU_FIND_IN_SLOT_TRUSTED));
    /* build numbers count where they are listed */
    s->version = package.images[0].version;
    package.images[0].version.build = 4;
    expect_steps("I0t0RWc0V");
    s->version.build = 3;
    expect_steps("U0L0t0RWc0V");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(plan_refuses_flags_that_never_boot),
        T(plan_looks_at_encryption),
        T(plan_compares_addresses_of_direct_xip),
        T(plan_compares_kinds_of_hashes),
        T(plan_compares_keys_with_what_runs),
        T(plan_knows_signatures_from_the_build),
        T(plan_compares_security_counters),
        T(plan_looks_for_dependencies),
        T(plan_recognises_a_network_core),
        T(plan_uses_what_is_known_of_the_flash),
        T(plan_takes_the_downgrade_rule_from_the_build),
        T(plan_tells_what_resets_do_beside),
        T(plan_says_when_back_is_forward),
        T(plan_does_not_trust_a_torn_slot),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
