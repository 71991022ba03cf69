// SPDX-License-Identifier: Apache-2.0
/* Any text as manifest.json. */
#include "fuzz.h"

#include "host/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_manifest *manifest =
            host_manifest_parse((const char *)data, size, &err);

    if (manifest != NULL) {
        for (guint i = 0; i < manifest->files->len; i++) {
            const struct host_manifest_file *f =
                    g_ptr_array_index(manifest->files, i);

            if (f->file == NULL || f->slot > 1) {
                g_error("a file was taken without name or with slot %d",
                        f->slot);
            }
        }
        host_manifest_free(manifest);
    } else if (dfu_code_exit(err.code) != 4) {
        g_error("refused without a code of a wrong file");
    }
    host_error_clear(&err);
    return 0;
}
