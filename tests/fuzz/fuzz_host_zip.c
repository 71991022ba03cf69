// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a file given to smpctl: zip or image. Half of the inputs are
 * made to look like one, so that mutations get behind the first check.
 */
#include "fuzz.h"

#include <glib.h>
#include <string.h>

#include "host/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zip_magic[4] = { 'P', 'K', 3, 4 };
    static const uint8_t image_magic[4] = { 0x3d, 0xb8, 0xf3, 0x96 };
    struct host_package_options opt = { .force = true };
    struct host_error err = HOST_ERROR_INIT;
    struct host_package *pkg;
    uint8_t *copy;

    if (size < 4) {
        return 0;
    }
    copy = g_memdup2(data, size);
    if (data[size - 1] % 4 == 1) {
        memcpy(copy, zip_magic, sizeof(zip_magic));
    } else if (data[size - 1] % 4 == 2) {
        memcpy(copy, image_magic, sizeof(image_magic));
    }
    pkg = host_package_parse("fuzz", copy, size, &opt, &err);
    if (pkg != NULL) {
        uint8_t buf[64];

        for (size_t i = 0; i < pkg->dfu.count; i++) {
            const struct dfu_source *source = &pkg->dfu.images[i].source;
            size_t len = MIN(sizeof(buf), source->size);

            if (source->read(source->ctx, source->size - (uint32_t)len, buf,
                        len) != 0) {
                g_error("an image that was taken cannot be read");
            }
        }
        host_package_close(pkg);
    } else if (dfu_code_exit(err.code) != 4) {
        g_error("refused without a code of a wrong file");
    }
    host_error_clear(&err);
    g_free(copy);
    return 0;
}
