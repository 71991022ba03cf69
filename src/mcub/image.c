// SPDX-License-Identifier: Apache-2.0
/*
 * Images: opening, TLV walk, stored hash.
 *
 *   | header | payload | 6908 tot, protected TLVs | 6907 tot, other TLVs |
 */
#include "mcub/image.h"

#include <string.h>

#include "private.h"

int mcub_source_read(const struct mcub_source *src, uint32_t off, void *buf,
        size_t len)
{
    if (off > src->size || len > src->size - off) {
        return MCUB_E_SHORT;
    }
    return src->read(src->ctx, src->base + off, buf, len);
}

/* A TLV info or a TLV entry header: two 16-bit numbers. */
static int read_pair(const struct mcub_source *src, uint32_t off,
        uint16_t *first, uint16_t *second)
{
    uint8_t buf[4];
    int rc = mcub_source_read(src, off, buf, sizeof(buf));

    if (rc == 0) {
        *first = mcub_load_le16(buf);
        *second = mcub_load_le16(buf + 2);
    }
    return rc;
}

static int open_areas(struct mcub_image *image)
{
    uint16_t prot = image->hdr.protect_tlv_size;
    uint16_t magic;
    uint16_t tot;
    int rc = read_pair(&image->src, image->tlv_off, &magic, &tot);

    image->unprot_off = image->tlv_off;
    if (rc == 0 && magic == MCUB_TLV_PROT_INFO_MAGIC) {
        if (prot == 0 || tot != prot) {
            return MCUB_E_TLV;
        }
        image->unprot_off += prot;
        rc = read_pair(&image->src, image->unprot_off, &magic, &tot);
    } else if (rc == 0 && prot != 0) {
        return MCUB_E_TLV;
    }
    if (rc != 0) {
        return rc;
    }
    if (magic != MCUB_TLV_INFO_MAGIC || tot < MCUB_TLV_INFO_SIZE) {
        return MCUB_E_TLV;
    }
    if (tot > image->src.size - image->unprot_off) {
        return MCUB_E_SHORT;
    }
    image->unprot_size = tot;
    return 0;
}

int mcub_image_open(struct mcub_image *image, const struct mcub_source *src)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image img = { .src = *src };
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc = mcub_source_read(src, 0, buf, sizeof(buf));

    if (rc == 0) {
        rc = mcub_image_header_decode(buf, sizeof(buf), &img.hdr);
    }
    if (rc < 0) {
        return rc;
    }
    img.tlv_off = img.hdr.hdr_size + img.hdr.img_size;
    rc = open_areas(&img);
    if (rc != 0) {
        return rc;
    }
    mcub_tlv_iter_init(&iter, &img, MCUB_TLV_ANY, false);
    do {
        rc = mcub_tlv_next(&iter, &tlv);
    } while (rc > 0);
    if (rc == 0) {
        *image = img;
    }
    return rc;
}

uint32_t mcub_image_total_size(const struct mcub_image *image)
{
    return image->unprot_off + image->unprot_size;
}

uint32_t mcub_image_hashed_size(const struct mcub_image *image)
{
    return image->unprot_off;
}

void mcub_tlv_iter_init(struct mcub_tlv_iter *iter,
        const struct mcub_image *image, uint16_t type, bool prot_only)
{
    iter->image = image;
    iter->off = image->tlv_off;
    if (image->tlv_off != image->unprot_off) {
        iter->off += MCUB_TLV_INFO_SIZE;
    }
    iter->type = type;
    iter->prot_only = prot_only;
}

int mcub_tlv_next(struct mcub_tlv_iter *iter, struct mcub_tlv *tlv)
{
    const struct mcub_image *image = iter->image;

    for (;;) {
        uint32_t end = image->unprot_off;
        uint16_t type;
        uint16_t len;

        if (iter->off == end) {
            if (iter->prot_only) {
                return 0;
            }
            iter->off += MCUB_TLV_INFO_SIZE;
        }
        bool prot = iter->off < end;

        if (!prot) {
            end = mcub_image_total_size(image);
        }
        if (iter->off >= end) {
            return 0;
        }
        if (end - iter->off < MCUB_TLV_HEADER_SIZE) {
            return MCUB_E_TLV;
        }
        int rc = read_pair(&image->src, iter->off, &type, &len);

        if (rc != 0) {
            return rc;
        }
        uint32_t off = iter->off + MCUB_TLV_HEADER_SIZE;

        if (len > end - off) {
            return MCUB_E_TLV;
        }
        iter->off = off + len;
        if (iter->type == MCUB_TLV_ANY || iter->type == type) {
            *tlv = (struct mcub_tlv){ .type = type,
                .len = len,
                .off = off,
                .prot = prot };
            return 1;
        }
    }
}

int mcub_tlv_read(const struct mcub_image *image, const struct mcub_tlv *tlv,
        void *buf, size_t size)
{
    if (tlv->len > size) {
        return MCUB_E_SPACE;
    }
    int rc = mcub_source_read(&image->src, tlv->off, buf, tlv->len);

    return rc == 0 ? (int)tlv->len : rc;
}

bool mcub_tlv_type_may_be_unprotected(uint16_t type)
{
    static const uint8_t allowed[] = {
        MCUB_TLV_KEYHASH,
        MCUB_TLV_PUBKEY,
        MCUB_TLV_SHA256,
        MCUB_TLV_SHA384,
        MCUB_TLV_SHA512,
        MCUB_TLV_RSA2048_PSS,
        MCUB_TLV_ECDSA224,
        MCUB_TLV_ECDSA_SIG,
        MCUB_TLV_RSA3072_PSS,
        MCUB_TLV_ED25519,
        MCUB_TLV_SIG_PURE,
        MCUB_TLV_ENC_RSA2048,
        MCUB_TLV_ENC_KW,
        MCUB_TLV_ENC_EC256,
        MCUB_TLV_ENC_X25519,
        MCUB_TLV_ENC_X25519_SHA512,
    };

    for (size_t i = 0; i < sizeof(allowed); i++) {
        if (allowed[i] == type) {
            return true;
        }
    }
    return false;
}

size_t mcub_hash_size(enum mcub_hash_alg alg)
{
    switch (alg) {
    case MCUB_HASH_SHA256:
        return 32;
    case MCUB_HASH_SHA384:
        return 48;
    case MCUB_HASH_SHA512:
        return 64;
    }
    return 0;
}

int mcub_image_find_hash(const struct mcub_image *image, struct mcub_hash *hash)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    struct mcub_tlv found = { .len = 0 };
    int rc;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, false);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        size_t size = mcub_hash_size((enum mcub_hash_alg)tlv.type);

        if (size == 0) {
            continue;
        }
        if (found.len != 0 || tlv.len != size) {
            return MCUB_E_TLV;
        }
        found = tlv;
    }
    if (rc != 0) {
        return rc;
    }
    if (found.len == 0) {
        return MCUB_E_NO_HASH;
    }
    struct mcub_hash h = { .alg = (enum mcub_hash_alg)found.type,
        .len = found.len };

    rc = mcub_tlv_read(image, &found, h.bytes, sizeof(h.bytes));
    if (rc < 0) {
        return rc;
    }
    *hash = h;
    return 0;
}

int mcub_dependency_decode(const uint8_t *buf, size_t len,
        struct mcub_dependency *dep)
{
    if (len != 12) {
        return MCUB_E_TLV;
    }
    dep->image = buf[0];
    dep->version.major = buf[4];
    dep->version.minor = buf[5];
    dep->version.revision = mcub_load_le16(buf + 6);
    dep->version.build = mcub_load_le32(buf + 8);
    return 0;
}

int mcub_image_security_counter(const struct mcub_image *image,
        uint32_t *counter)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv = { .len = 0 };
    uint8_t buf[4];

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_SEC_CNT, true);
    int rc = mcub_tlv_next(&iter, &tlv);

    if (rc <= 0) {
        return rc == 0 ? MCUB_E_NOT_FOUND : rc;
    }
    if (tlv.len != sizeof(buf)) {
        return MCUB_E_TLV;
    }
    rc = mcub_tlv_read(image, &tlv, buf, sizeof(buf));
    if (rc < 0) {
        return rc;
    }
    *counter = mcub_load_le32(buf);
    return 0;
}
