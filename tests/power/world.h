// SPDX-License-Identifier: Apache-2.0
/*
 * A device whose power fails: flash in RAM, two versions of every image, and
 * mcub_boot() with fresh memory each time.
 */
#ifndef TEST_POWER_WORLD_H
#define TEST_POWER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash_model.h"
#include "geometry.h"
#include "mcub/boot.h"

/* What a device is made of; part of every replay id. */
struct setup {
    const struct geometry *geometry;
    enum mcub_mode mode;
    uint32_t write_size; /* 0: that of the geometry */
    uint8_t erased;      /* 0xff or 0x00, of the first device */
    uint8_t sizes;       /* enum sizes */
    uint32_t options;    /* enum mcub_boot_option */
    uint8_t crypt;       /* enum crypt; 0: no encryption */
};

/* What a bootloader with encryption has, bits. */
enum crypt {
    CRYPT_ON = 1,
    CRYPT_OLD = 2,   /* the old image is encrypted */
    CRYPT_NEW = 4,   /* the new one is */
    CRYPT_256 = 8,   /* image keys of 32 bytes */
    CRYPT_SAVED = 16 /* trailers keep key TLVs, not keys */
};

/* Old and new image: how large, how alike. */
enum sizes {
    SIZES_UP,      /* the usual ones of the geometry */
    SIZES_DOWN,    /* the other way round */
    SIZES_EQUAL,   /* same size */
    SIZES_LARGEST, /* the new one as large as allowed */
    SIZES_ALIKE,   /* same size, most sectors with the same contents */
    SIZES_COUNT,
};

/* Which image is where. */
enum which {
    WHICH_NONE, /* none of those below: always a failure */
    WHICH_OLD,
    WHICH_NEW,
};

struct blob {
    uint8_t *data; /* as it runs */
    uint32_t len;
    uint8_t *sealed; /* as it is sent; NULL: the same */
    uint32_t hashed; /* bytes whose change is noticed: not the key TLV */
};

/*
 * Beside enum mcub_boot_option: each boot is by chance one that does every
 * operation of the reference, so that either kind takes over from the other.
 */
#define WORLD_ALTERNATE 0x10000u

#define WORLD_RAM_START 0x20000000u

#define WORLD_WRAPPED_SIZE 64u /* of a key TLV, besides the key */

extern const struct mcub_hash_ops world_hash_ops;
extern const struct mcub_cipher_ops world_cipher_ops;

struct world {
    struct setup setup;
    struct flash_power power;
    struct flash_model device[GEOMETRY_DEVICES];
    size_t devices;
    struct mcub_pair pairs[GEOMETRY_IMAGES];
    struct mcub_board board;
    struct blob old[GEOMETRY_IMAGES];
    struct blob new[GEOMETRY_IMAGES];
    uint8_t *net_core; /* what the other core runs */
    uint8_t *ram;      /* of ram-load */
    uint32_t ram_size;
    uint64_t hash[4];
    uint8_t buf[MCUB_BOOT_BUF_SIZE];
    struct mcub_boot boot;
    uint64_t boots;                    /* so far, over all cases */
    uint32_t counter[GEOMETRY_IMAGES]; /* security counters, stored */
    bool reasons;                      /* print the log of each boot */
    bool damaged;                      /* flash failed, not the power */
};

struct world_snapshot {
    struct flash_snapshot device[GEOMETRY_DEVICES];
    uint8_t *net_core;
};

/* false: such an image does not fit, or the board is impossible. */
bool world_init(struct world *w, const struct setup *setup);
void world_finish(struct world *w);

void world_save(struct world *w, struct world_snapshot *snapshot);
void world_restore(struct world *w, const struct world_snapshot *snapshot);
void world_snapshot_finish(struct world_snapshot *snapshot);

/* Power comes back: RAM is lost, operations count from 0. */
void world_power_on(struct world *w);

/* Boot with fresh memory; the result of mcub_boot(). */
int world_boot(struct world *w);

/* The image that runs now, byte for byte. */
enum which world_running(const struct world *w, uint8_t image);

/* An image as it lies in a slot. */
const uint8_t *world_in_slot(const struct world *w, uint8_t slot,
        const struct blob *blob);

/* A slot starts with this image, byte for byte. */
bool world_slot_holds(const struct world *w, uint8_t image, uint8_t slot,
        const struct blob *blob);

/* Flash that the running image lies in was never half written or erased. */
bool world_is_sound(const struct world *w, uint8_t image);

/* Is the image one that a slot can hold and whose slot is readable? */
bool world_has_readable_primary(const struct world *w, uint8_t image);

/* Wrong uses of flash so far. */
unsigned world_violations(const struct world *w);

/* Program an image from outside, at an offset of a slot. */
void world_program(struct world *w, uint8_t image, uint8_t slot, uint32_t off,
        const struct blob *blob);

/* Write an image into a slot as the application does; 0 or an error. */
int world_upload(struct world *w, uint8_t image, uint8_t slot,
        const struct blob *blob);

/* Trailer of a slot; all unset when it cannot be read. */
struct mcub_trailer_state world_state(const struct world *w, uint8_t image,
        uint8_t slot);

/* An image of total bytes, encrypted if the flags say so; malloc'ed. */
struct blob world_image(const struct world *w, uint8_t major, uint32_t total,
        uint32_t flags, const struct blob *like);

/* A kind of encryption for a number: 0 none, 1 usual, 2.. any. */
uint8_t world_crypt(unsigned number);

/* The flag of encrypted images of this device. */
uint32_t world_aes(const struct world *w);

void world_image_free(struct blob *blob);

/* calloc() that never fails. */
void *world_need(size_t size);

uint64_t mix(uint64_t value);

#endif
