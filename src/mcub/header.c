// SPDX-License-Identifier: Apache-2.0
/*
 * The 32-byte image header.
 *
 *   0 magic:32   4 load_addr:32   8 hdr_size:16   10 protect_tlv_size:16
 *   12 img_size:32   16 flags:32   20 major:8   21 minor:8
 *   22 revision:16   24 build:32   28 pad:32            little-endian
 */
#include "mcub/image.h"

#include <string.h>

#include "private.h"

static bool has_both(uint32_t flags, uint32_t pair)
{
    return (flags & pair) == pair;
}

/* Sizes that wrap would make every later bound useless: refuse them here. */
static bool header_is_sane(const struct mcub_image_header *hdr)
{
    uint32_t prot = hdr->protect_tlv_size;

    return hdr->hdr_size >= MCUB_IMAGE_HEADER_SIZE &&
            (prot == 0 || prot >= MCUB_TLV_INFO_SIZE) &&
            hdr->img_size <= UINT32_MAX - hdr->hdr_size - prot &&
            !has_both(hdr->flags, MCUB_IMAGE_ENCRYPTED) &&
            !has_both(hdr->flags, MCUB_IMAGE_COMPRESSED);
}

int mcub_image_header_decode(const uint8_t *buf, size_t len,
        struct mcub_image_header *hdr)
{
    if (len < MCUB_IMAGE_HEADER_SIZE) {
        return MCUB_E_SHORT;
    }
    uint32_t magic = mcub_load_le32(buf);

    if (magic == UINT32_MAX || magic == 0) {
        return MCUB_E_NO_IMAGE;
    }
    if (magic != MCUB_IMAGE_MAGIC) {
        return MCUB_E_MAGIC;
    }
    struct mcub_image_header h = {
        .load_addr = mcub_load_le32(buf + 4),
        .hdr_size = mcub_load_le16(buf + 8),
        .protect_tlv_size = mcub_load_le16(buf + 10),
        .img_size = mcub_load_le32(buf + 12),
        .flags = mcub_load_le32(buf + 16),
        .version.major = buf[20],
        .version.minor = buf[21],
        .version.revision = mcub_load_le16(buf + 22),
        .version.build = mcub_load_le32(buf + 24),
    };

    if (!header_is_sane(&h)) {
        return MCUB_E_HEADER;
    }
    *hdr = h;
    return (int)MCUB_IMAGE_HEADER_SIZE;
}

void mcub_image_header_encode(const struct mcub_image_header *hdr,
        uint8_t buf[MCUB_IMAGE_HEADER_SIZE])
{
    memset(buf, 0, MCUB_IMAGE_HEADER_SIZE);
    mcub_store_le32(buf, MCUB_IMAGE_MAGIC);
    mcub_store_le32(buf + 4, hdr->load_addr);
    mcub_store_le16(buf + 8, hdr->hdr_size);
    mcub_store_le16(buf + 10, hdr->protect_tlv_size);
    mcub_store_le32(buf + 12, hdr->img_size);
    mcub_store_le32(buf + 16, hdr->flags);
    buf[20] = hdr->version.major;
    buf[21] = hdr->version.minor;
    mcub_store_le16(buf + 22, hdr->version.revision);
    mcub_store_le32(buf + 24, hdr->version.build);
}
