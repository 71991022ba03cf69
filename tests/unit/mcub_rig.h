// SPDX-License-Identifier: Apache-2.0
/*
 * A board of RAM flash with images on it, for the tests of mcub; and
 * OpenSSL behind the hash ops.
 */
#ifndef TEST_MCUB_RIG_H
#define TEST_MCUB_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flash_model.h"
#include "mcub/boot.h"
#include "mcub/write.h"

struct rig_hash {
    void *evp; /* EVP_MD_CTX */
};

extern const struct mcub_hash_ops rig_hash_ops;

/* After a hash that was not finished. */
void rig_hash_finish(struct rig_hash *h);

/* A source over bytes in memory. */
struct mcub_source rig_source(const void *data, size_t len);

struct rig_geometry {
    const char *name;
    enum mcub_mode mode;
    uint32_t sector;
    uint32_t primary;   /* sectors */
    uint32_t secondary; /* sectors */
    uint32_t write_size;
    uint32_t max_align;
    uint32_t max_sectors;
    uint32_t scratch; /* sectors; swap-scratch */
    uint8_t erased;   /* 0: 0xff, 1: 0x00 */
};

/* image, event and its numbers */
struct rig_event {
    enum mcub_log_event event;
    uint8_t image;
    uint32_t a;
    uint32_t b;
};

#define RIG_IMAGES 2
#define RIG_EVENTS 64

#define RIG_RAM_START 0x20000000u
#define RIG_RAM_SIZE  0x4000u

struct rig {
    struct flash_power power;
    struct flash_model model[RIG_IMAGES][2];
    struct flash_model scratch;
    struct mcub_pair pairs[RIG_IMAGES];
    struct mcub_board board;
    struct rig_hash hash;
    uint8_t buf[MCUB_BOOT_BUF_SIZE];
    struct mcub_boot boot;
    struct rig_event events[RIG_EVENTS];
    size_t event_count;
    unsigned copies[RIG_IMAGES]; /* post_copy calls */
    int post_copy_rc;
    int verify_rc;
    bool has_counter; /* security counters are stored */
    uint32_t counter[RIG_IMAGES];
    uint8_t ram[RIG_RAM_SIZE]; /* at RIG_RAM_START */
    bool wants_loader;
    const struct mcub_cipher_ops *cipher; /* with board.key_size */
    void *cipher_ctx;
};

/* Image k gets geometry[k]; the mode of the board is that of image 0. */
void rig_init(struct rig *rig, const struct rig_geometry *geometry,
        uint8_t images);
void rig_finish(struct rig *rig);

/* A hash-only image of total bytes and this version; malloc'ed. */
uint8_t *rig_image(const char *version, uint32_t total);
uint8_t *rig_image_with(const char *version, uint32_t total,
        const struct mcub_tlv_spec *prot, size_t prot_count);

/* The same with flags, a load address, and (not 0) a security counter. */
struct rig_image_options {
    uint32_t flags;
    uint32_t load_addr;
    uint32_t counter;
};
uint8_t *rig_image_special(const char *version, uint32_t total,
        struct rig_image_options options);

/* The same encrypted; with clear: what it is in the primary slot. */
uint8_t *rig_image_encrypted(const char *version, uint32_t total,
        struct rig_image_options options, const struct mcub_encryptor *encrypt);

/* Program an image as a debugger would: no trailer. */
void rig_program(struct rig *rig, uint8_t image, uint8_t slot,
        const uint8_t *data, uint32_t len);

/* Upload through mcub_slot_writer; asserts success. */
void rig_upload(struct rig *rig, uint8_t image, const uint8_t *data,
        uint32_t len);

/* Boot with fresh memory; the result of mcub_boot(). */
int rig_boot(struct rig *rig);

/* The image in a slot is exactly this one. */
bool rig_slot_holds(struct rig *rig, uint8_t image, uint8_t slot, uint32_t off,
        const uint8_t *data, uint32_t len);

/* The last boot logged this event for the image. */
bool rig_logged(const struct rig *rig, uint8_t image,
        enum mcub_log_event event);

/* No device was used wrongly. */
void rig_assert_clean(const struct rig *rig);

#endif
