// SPDX-License-Identifier: Apache-2.0
/* Zip files for the tests of packages, one defect each, made in memory. */
#ifndef TESTS_ZIP_BOX_H
#define TESTS_ZIP_BOX_H

#include "host_test.h"

#include <zip.h>

#include "host/package.h"

#define BOX_ENTRIES_MAX 80

/** A zip being made. */
struct box {
    zip_source_t *target;
    zip_t *za;
    void *owned[BOX_ENTRIES_MAX];
    size_t count;
};

/** A manifest of one image, and the name of its file. */
#define BOX_MANIFEST_ONE "{\"files\":[{\"file\":\"a.bin\"}]}"

/** app_update.bin is image 0, net_core_app_update.bin image 1. */
extern const char box_manifest_two[];

void box_open(struct box *box);
void box_add(struct box *box, const char *name, const void *data, size_t len);
void box_text(struct box *box, const char *name, const char *text);
/** An image of version 1.0.0 whose payload comes from seed. */
void box_image(struct box *box, const char *name, uint64_t seed);
/** Open a box, and put a.bin and its manifest in. */
void box_open_one(struct box *box);
/** The bytes of the zip; g_byte_array_unref() them. */
GByteArray *box_close(struct box *box);
/** Close the box; the package must be refused. */
void box_refused(struct box *box, enum dfu_code code, const char *word);
/** Close the box; the package must be taken. host_package_close() it. */
struct host_package *box_taken(struct box *box);

/** An image of version major.0.0; g_byte_array_unref() it. */
GByteArray *image_bytes(uint64_t seed, uint8_t major);

#endif
