// SPDX-License-Identifier: Apache-2.0
/*
 * A random device and random images for it: what is known of both, and what is
 * wrong with them.
 */
#ifndef TEST_PREDICT_WORLD_H
#define TEST_PREDICT_WORLD_H

#include "vdev_lab.h"

#include "dfu/outlook.h"
#include "dfu/plan.h"
#include "host/package.h"

/* Added to the seed when a history has to start anew. */
#define AGAIN 1000003u

/* What an image is. */
enum kind {
    KIND_PLAIN, /* nothing about it is special */
    KIND_STRANGER,
    KIND_UNSIGNED,
    KIND_SECOND, /* two signatures, the second one by the trusted key */
    KIND_NON_BOOTABLE,
    KIND_SHA512,
    KIND_ENCRYPTED,
    KIND_CLEAR,
    KIND_LARGE, /* about as large as can be swapped */
    KIND_NEEDS, /* a dependency */
    KINDS,
};

struct world {
    struct lab lab;
    const char *mode;
    bool selects; /* the newest image runs */
    bool marks;
    bool reverts;
    bool erases; /* what is refused is erased */
    bool core;   /* two images, the second one is a network core */
    uint64_t seed;
    uint64_t rng;
    unsigned step;
    enum kind kind;
    bool checks;    /* the bootloader checks signatures */
    bool keys_here; /* and we have the key */
    struct dfu_device device;
    struct dfu_known known[8];
    struct dfu_build build;
    struct dfu_options options;
    struct dfu_plan plan;
};

/* Whether the new image has what the bootloader will look for. */
struct made {
    GByteArray *bytes;
    struct host_package *package; /* as sent, whatever is wrong with it */
    bool foreign_key;             /* the key that we have does not fit */
};

/* Keys of all devices; for cmocka_run_group_tests(). */
int world_make_keys(void **state);
int world_free_keys(void **state);

/* 0 to bound - 1. */
unsigned world_pick(struct world *w, unsigned bound);

/* Fail with mode, seed, step, what the device lists and the plan says. */
void world_complain(const struct world *w, const char *text);

/* A new device with random rules. */
void world_start(struct world *w, const char *mode, uint64_t seed);

/* What the device tells, into w->device. */
void world_ask(struct world *w);
/* Asks, and finds the running slot of image 0. */
const struct dfu_slot *world_running(struct world *w);

/* A random image, w->kind is what it is. */
void made_make(struct world *w, struct made *m, uint8_t image);
void made_clear(struct made *m);

#endif
