// SPDX-License-Identifier: Apache-2.0
/* A whole response: header, refusal, names of its codes. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "smp/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smp_header h;
    struct smp_refusal r;
    uint8_t again[SMP_HEADER_SIZE];
    int result;

    if (smp_header_decode(data, size, &h) < 0) {
        return 0;
    }
    smp_header_encode(&h, again);
    if (memcmp(again + 1, data + 1, SMP_HEADER_SIZE - 1) != 0 ||
            again[0] != (data[0] & 0x1f)) {
        abort();
    }
    result = smp_response_check(&h,
            (struct smp_bytes){ data + SMP_HEADER_SIZE,
                    size - SMP_HEADER_SIZE },
            &r);
    if (result == SMP_E_REMOTE) {
        if (smp_refusal_name(&r) == NULL ||
                smp_group_rc_text(r.rc_group, r.rc) == NULL ||
                smp_rc_text(r.rc) == NULL || smp_group_name(r.group) == NULL) {
            abort();
        }
        (void)smp_command_name(r.group, r.id);
        if (r.rsn.len > 0 &&
                (r.rsn.ptr < data || r.rsn.ptr + r.rsn.len > data + size)) {
            abort();
        }
    } else if (result > 0) {
        abort();
    }
    return 0;
}
