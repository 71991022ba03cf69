// SPDX-License-Identifier: Apache-2.0
/*
 * A device for tests of the image group: RAM flash, a board of one or two
 * images, a server with the image group and nothing else.
 */
#ifndef TEST_DFU_DEVICE_H
#define TEST_DFU_DEVICE_H

#include "dfu/image_group.h"
#include "smp/server.h"

#define DEVICE_SECTOR    1024u
#define DEVICE_SLOT_SIZE 106496u /* as the emulated nRF51 of the vectors */
#define DEVICE_FLASH     (4u * DEVICE_SLOT_SIZE)

/* An image as a slot may hold it; the hash is the TLV's, not computed. */
struct device_image {
    struct mcub_version version;
    uint8_t hash[32];
    uint32_t img_size; /* payload; header is 0x200 */
    uint32_t flags;
};

struct device {
    uint8_t mem[DEVICE_FLASH];
    uint32_t writes; /* operations so far */
    uint32_t erases;
    uint32_t write_fails_at; /* number of the write that fails, 0 = none */
    uint32_t erase_fails_at;
    struct mcub_sector_run run;
    struct mcub_flash flash;
    struct mcub_pair pairs[2];
    struct mcub_board board;
    struct dfu_image_server images;
    struct smp_server_group group;
    const struct smp_server_group *groups[1];
    struct smp_server_config cfg;
    struct smp_server server;
    uint8_t tx[1024];
    char answer[2049]; /* of the last request, hex */
};

/* One image, swap using offset; all blank; Zephyr's form. */
void device_init(struct device *dev);

/* Two images: the second is a network core, copied, primary unreadable. */
void device_init_two(struct device *dev);

/* Restart the server after a change of board or options: RAM is lost. */
void device_restart(struct device *dev);

/* The bytes of an image; returns how many. */
uint32_t device_image_bytes(const struct device_image *image, uint8_t *buf,
        size_t size);

/* Put an image into a slot, off bytes behind the slot start; others stay. */
void device_put(struct device *dev, struct dfu_slot_ref ref, uint32_t off,
        const struct device_image *image);

/* Make a slot blank. */
void device_blank(struct device *dev, struct dfu_slot_ref ref);

/* The marks of a booted trial: primary magic and copy_done. */
void device_mark_trial(struct device *dev, uint8_t image);

/* Send a request, get the answer as hex; "" = no answer. */
const char *device_ask(struct device *dev, const uint8_t *request, size_t len);

/* The same, the request as hex. */
const char *device_ask_hex(struct device *dev, const char *hex);

/* Hex to bytes; returns how many; stops at the first that is no digit. */
size_t device_unhex(const char *hex, uint8_t *buf, size_t size);

/*
 * What a list answer says, as text: "a" active, "c" confirmed, "p" pending,
 * "P" permanent, "-" none; absolute slots, absent ones are left out:
 * "0:ac 1:p". An answer that is no list is returned as it is.
 */
const char *device_flags(const char *answer);

/* Send an upload request; version as on the wire: 0 or 1. */
const char *device_upload(struct device *dev,
        const struct smp_image_upload_req *req, uint8_t version);

/* The answer tells off as the next offset. */
void device_assert_off(const char *answer, uint32_t off);

/* The answer is {"err": {"group": 1, "rc": rc}} and nothing else. */
void device_assert_err(const char *answer, unsigned rc);

/* The answer is {"rc": rc} and rsn, which may be NULL. */
void device_assert_flat(const char *answer, unsigned rc, const char *rsn);

#endif
