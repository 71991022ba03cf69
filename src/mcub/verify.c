// SPDX-License-Identifier: Apache-2.0
/*
 * Recomputing the image hash.
 */
#include "mcub/image.h"

#include <string.h>

#include "private.h"

static int hash_range(const struct mcub_source *src, uint32_t len,
        const struct mcub_hash_ops *ops, void *hash_ctx,
        const struct mcub_buf *scratch)
{
    uint32_t off = 0;

    while (off < len) {
        uint32_t n = len - off;

        if (n > scratch->size) {
            n = (uint32_t)scratch->size;
        }
        int rc = mcub_source_read(src, off, scratch->ptr, n);

        if (rc == 0) {
            rc = ops->update(hash_ctx, scratch->ptr, n);
        }
        if (rc != 0) {
            return rc;
        }
        off += n;
    }
    return 0;
}

/* An encrypted image cannot be read by anyone without its key TLV. */
static int check_encrypted(const struct mcub_image *image)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, false);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        if (!tlv.prot && tlv.type >= MCUB_TLV_ENC_RSA2048 &&
                tlv.type <= MCUB_TLV_ENC_X25519_SHA512) {
            return MCUB_E_ENCRYPTED;
        }
    }
    return rc == 0 ? MCUB_E_TLV : rc;
}

int mcub_image_verify_hash(const struct mcub_image *image,
        const struct mcub_hash_ops *ops, void *hash_ctx, uint8_t *scratch,
        size_t scratch_size)
{
    struct mcub_buf buf;
    struct mcub_hash stored;
    uint8_t computed[MCUB_HASH_MAX];
    int rc = mcub_image_find_hash(image, &stored);

    if (rc != 0) {
        return rc;
    }
    if ((image->hdr.flags & MCUB_IMAGE_ENCRYPTED) != 0 && !image->plain) {
        return check_encrypted(image);
    }
    buf.ptr = scratch;
    buf.size = scratch_size;
    if (scratch_size < MCUB_IMAGE_HEADER_SIZE) {
        return MCUB_E_ARG;
    }
    rc = ops->init(hash_ctx, stored.alg);
    if (rc == 0) {
        rc = hash_range(&image->src, mcub_image_hashed_size(image), ops,
                hash_ctx, &buf);
    }
    if (rc == 0) {
        rc = ops->finish(hash_ctx, computed, stored.len);
    }
    if (rc != 0) {
        return rc;
    }
    return memcmp(computed, stored.bytes, stored.len) == 0 ? 0 : MCUB_E_HASH;
}
