// SPDX-License-Identifier: Apache-2.0
/*
 * A virtual device on the bench: one port, a clock in the test's hands,
 * requests as structs, images made on the spot.
 */
#ifndef TEST_VDEV_LAB_H
#define TEST_VDEV_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/boot_keys.h"
#include "host/crypto.h"
#include "smp/group_image.h"
#include "smp/header.h"
#include "vdev/device.h"

struct lab {
    struct vdev_config cfg;
    struct host_hash hash;
    struct host_boot_keys keys; /* of cfg.keys */
    struct vdev_ops ops;
    struct vdev_device *device;
    int port;
    uint64_t now_us;
    char console[65536]; /* everything printed so far */
    size_t console_len;
    char notes[16384];
    size_t notes_len;
    uint8_t answer[4096]; /* the last one */
    size_t answer_len;
    uint32_t answers;
    uint8_t seq;
};

/* Read a preset; change lab->cfg, then lab_start(). */
void lab_init(struct lab *lab, const char *preset);
void lab_set(struct lab *lab, const char *key, const char *value);
void lab_fault(struct lab *lab, const char *spec);
void lab_start(struct lab *lab);
void lab_start_port(struct lab *lab, const struct vdev_port_spec *spec);
void lab_stop(struct lab *lab);

/* Let virtual time pass. */
void lab_run(struct lab *lab, uint32_t ms);
/* Run until the port is up again; false after limit_ms. */
bool lab_wait_up(struct lab *lab, uint32_t limit_ms);
bool lab_is_up(const struct lab *lab);

/* Send bytes, run until an answer has come or 60 s are over. */
bool lab_ask(struct lab *lab, const uint8_t *buf, size_t len);
/* As lab_ask(), hex with blanks; compares the answer when one is given. */
void lab_ask_hex(struct lab *lab, const char *request, const char *answer);

/* Send bytes and collect nothing. */
void lab_send(struct lab *lab, const uint8_t *buf, size_t len);

/* A request of the image group from its table. */
bool lab_image_call(struct lab *lab, uint8_t op, uint8_t id,
        const struct smp_map *map, const void *body);
/* Code of the last answer: flat rc, or 1000 + group rc; 0 = success. */
int lab_code(const struct lab *lab);

struct lab_image {
    uint8_t *bytes; /* free() */
    size_t len;
    uint8_t hash[32];
};

/* A hash-only image with size payload bytes; app NULL = no descriptor. */
void lab_make_image(struct lab_image *image, const char *version, uint32_t size,
        const char *app);

/* The same for a place: flags of the header, load address. */
void lab_make_image_at(struct lab_image *image, const char *version,
        const char *app, uint32_t flags, uint32_t load_addr);

/* Upload all of it; returns lab_code() of the last chunk. */
int lab_upload(struct lab *lab, const struct lab_image *image, uint32_t number);
int lab_set_state(struct lab *lab, const struct lab_image *image, bool confirm);
int lab_confirm(struct lab *lab);
/* Ask for a reset and wait until the device is back. */
void lab_reset(struct lab *lab);

/* Ask for a reset into the bootloader (boot_mode 1), wait for whoever runs. */
void lab_reset_to_loader(struct lab *lab);

/* "i.s version flags …" of every entry: "0.0 1.0.0 AC, 0.1 2.0.0 P". */
const char *lab_list(struct lab *lab);

#endif
