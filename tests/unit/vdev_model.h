// SPDX-License-Identifier: Apache-2.0
/*
 * What a device should do, in a few rules and without flash: which image
 * runs, what the list says, which code an operation is answered with. Written
 * from the documents, not from src: it knows slots and marks, but no trailer.
 */
#ifndef TEST_VDEV_MODEL_H
#define TEST_VDEV_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#define MODEL_NONE    (-1)
#define MODEL_FACTORY 0
#define MODEL_IMAGES  48

/* Codes as lab_code() has them. */
enum {
    MODEL_OK = 0,
    MODEL_UNSUPPORTED = 8,
    MODEL_HASH_UNKNOWN = 1008,
    MODEL_NO_FREE_SLOT = 1009,
    MODEL_NO_SLOT = 1010,
    MODEL_WRONG_ADDRESS = 1025,
    MODEL_ALREADY_PENDING = 1028,
    MODEL_TEST_OF_ACTIVE = 1033,
};

enum model_family {
    MODEL_SWAP,      /* secondary and primary change places */
    MODEL_OVERWRITE, /* secondary is copied */
    MODEL_SELECT,    /* the higher version runs */
    MODEL_SINGLE,
    MODEL_LOADER, /* slot 0 is written by a loader */
};

enum model_mark {
    MODEL_UNMARKED,
    MODEL_ONCE,
    MODEL_RAN, /* once, and it was */
    MODEL_FOR_GOOD,
};

struct model_image {
    unsigned version; /* major */
    bool valid;       /* the bootloader takes it */
    bool placed;      /* it is made for this kind of bootloader */
    int only_slot;    /* linked for; MODEL_NONE = any */
    bool confirms;    /* itself */
    bool crashes;
};

struct model {
    enum model_family family;
    bool reverts;     /* SELECT: what is not confirmed is erased */
    bool offset;      /* SWAP: the old image is put where no list looks */
    bool loader_runs; /* LOADER */
    bool halted;      /* nothing runs any more */
    int slot[2];      /* image in it */
    int run;          /* slot that runs; SWAP, OVERWRITE: 0 */
    enum model_mark mark[2]; /* SELECT: of each; else [1] for the next boot */
    bool trial;              /* SWAP: slot 0 goes back unless confirmed */
    bool hidden;             /* slot 1 holds an image that is not listed */
    struct model_image image[MODEL_IMAGES];
};

/* As of a new chip; name as vdev_bootloader_name(). */
void model_init(struct model *m, const char *bootloader);

/* Power on, or a reset; into the loader when that is asked for. */
void model_boot(struct model *m, bool to_loader);

/* A whole upload; the first bytes of one, which never ends. */
int model_upload(struct model *m, int image);
int model_begin_upload(struct model *m, int image);

/* State write by hash; image MODEL_NONE: without hash. */
int model_mark(struct model *m, int image, bool confirm);

/* Erase an absolute slot. */
int model_erase(struct model *m, unsigned slot);

/* The image that runs; MODEL_NONE: the loader. */
int model_running(const struct model *m);

/* As lab_list(); NULL: there is no list. */
const char *model_list(const struct model *m);

#endif
