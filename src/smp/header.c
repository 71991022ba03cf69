// SPDX-License-Identifier: Apache-2.0
/* The eight bytes in front of every SMP message. */
#include "smp/header.h"

#include "internal.h"

int smp_header_decode(const uint8_t *buf, size_t len, struct smp_header *hdr)
{
    if (len < SMP_HEADER_SIZE) {
        return SMP_E_SHORT;
    }
    hdr->version = (buf[0] >> 3) & 3u;
    hdr->op = buf[0] & 7u;
    hdr->flags = buf[1];
    hdr->len = smp_load_be16(buf + 2);
    hdr->group = smp_load_be16(buf + 4);
    hdr->seq = buf[6];
    hdr->id = buf[7];
    return (int)SMP_HEADER_SIZE;
}

void smp_header_encode(const struct smp_header *hdr,
        uint8_t buf[SMP_HEADER_SIZE])
{
    SMP_ASSERT(hdr->version <= 3 && hdr->op <= 7);
    buf[0] = (uint8_t)((hdr->version & 3u) << 3 | (hdr->op & 7u));
    buf[1] = hdr->flags;
    smp_store_be16(buf + 2, hdr->len);
    smp_store_be16(buf + 4, hdr->group);
    buf[6] = hdr->seq;
    buf[7] = hdr->id;
}
