// SPDX-License-Identifier: Apache-2.0
/* Values of log lines to CBOR, and CBOR that is cut: both give whole CBOR. */
#include "fuzz.h"

#include <stdlib.h>

#include "diag/message.h"
#include "diag/text.h"

static void whole(const uint8_t *cbor, size_t len)
{
    int size = smp_cbor_check((struct smp_bytes){ cbor, len });

    if (len > 0 && size != (int)len) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t out[512];
    size_t used;
    bool cut;
    size_t len = diag_value_to_cbor((struct diag_span){ size == 0
                                                    ? ""
                                                    : (const char *)data,
                                            size },
            out, sizeof(out), &used, &cut);

    if (used > size || len > sizeof(out)) {
        abort();
    }
    whole(out, len);
    len = diag_mend((struct smp_bytes){ data, size }, out, sizeof(out), &cut);
    if (len > sizeof(out)) {
        abort();
    }
    whole(out, len);
    return 0;
}
