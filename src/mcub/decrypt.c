// SPDX-License-Identifier: Apache-2.0
/*
 * Encrypted images: finding the key, reading through it.
 */
#include "mcub/decrypt.h"

#include <string.h>

#include "private.h"

#define BLOCK 16u

bool mcub_tlv_type_is_key(uint16_t type)
{
    return type >= MCUB_TLV_ENC_RSA2048 && type <= MCUB_TLV_ENC_X25519_SHA512;
}

uint16_t mcub_key_tlv_size(uint16_t type, size_t key_len)
{
    static const uint8_t more[] = { 0, 8, 65 + 32, 32 + 32, 32 + 64 };

    if (!mcub_tlv_type_is_key(type) || (key_len != 16 && key_len != 32)) {
        return 0;
    }
    if (type == MCUB_TLV_ENC_RSA2048) {
        return MCUB_KEY_TLV_MAX;
    }
    return (uint16_t)(more[type - MCUB_TLV_ENC_RSA2048] + key_len);
}

size_t mcub_image_key_size(const struct mcub_image *image)
{
    if ((image->hdr.flags & MCUB_IMAGE_AES128) != 0) {
        return 16;
    }
    return (image->hdr.flags & MCUB_IMAGE_AES256) != 0 ? 32 : 0;
}

int mcub_cipher_apply(const struct mcub_cipher *cipher, uint32_t off,
        uint8_t *data, size_t len)
{
    struct mcub_bytes key = { cipher->key, cipher->key_len };
    uint32_t skip = off % BLOCK;
    uint32_t block = off / BLOCK;

    /* The rest of a block: encrypting zeros gives the key stream. */
    if (skip != 0 && len > 0) {
        uint8_t stream[BLOCK] = { 0 };
        size_t head = BLOCK - skip;
        int rc = cipher->ops->ctr(cipher->ctx, key, block, stream, BLOCK);

        if (rc != 0) {
            return rc;
        }
        if (head > len) {
            head = len;
        }
        for (size_t i = 0; i < head; i++) {
            data[i] ^= stream[skip + i];
        }
        data += head;
        len -= head;
        block++;
    }
    if (len == 0) {
        return 0;
    }
    return cipher->ops->ctr(cipher->ctx, key, block, data, len);
}

int mcub_cipher_apply_at(const struct mcub_cipher *cipher, uint32_t start,
        uint32_t end, uint32_t off, uint8_t *data, size_t len)
{
    uint32_t skip = start - mcub_min(off, start);

    if (len <= skip || off >= end) {
        return 0;
    }
    off += skip;
    len -= skip;
    if (len > end - off) {
        len = end - off;
    }
    return mcub_cipher_apply(cipher, off - start, data + skip, len);
}

void mcub_cipher_finish(struct mcub_cipher *cipher)
{
    volatile uint8_t *key = cipher->key;

    for (size_t i = 0; i < sizeof(cipher->key); i++) {
        key[i] = 0;
    }
    cipher->key_len = 0;
}

static int decrypt_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct mcub_decrypt *dec = ctx;
    int rc = mcub_source_read(&dec->image.src, off, buf, len);

    return rc == 0 ? mcub_cipher_apply_at(&dec->cipher, dec->image.hdr.hdr_size,
                             dec->image.tlv_off, off, buf, len)
                   : rc;
}

static int unwrap(struct mcub_decrypt *dec)
{
    struct mcub_cipher *cipher = &dec->cipher;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    uint8_t wrapped[MCUB_KEY_TLV_MAX];
    int rc;

    mcub_tlv_iter_init(&iter, &dec->image, MCUB_TLV_ANY, false);
    do {
        rc = mcub_tlv_next(&iter, &tlv);
    } while (rc > 0 && (tlv.prot || !mcub_tlv_type_is_key(tlv.type)));
    if (rc <= 0) {
        return rc == 0 ? MCUB_E_TLV : rc;
    }
    if (tlv.len != mcub_key_tlv_size(tlv.type, cipher->key_len)) {
        return MCUB_E_TLV;
    }
    rc = mcub_tlv_read(&dec->image, &tlv, wrapped, sizeof(wrapped));
    if (rc < 0) {
        return rc;
    }
    struct mcub_bytes bytes = { wrapped, tlv.len };

    if (cipher->ops->unwrap == NULL) {
        return MCUB_E_ENCRYPTED;
    }
    return cipher->ops->unwrap(cipher->ctx, tlv.type, bytes, cipher->key,
            cipher->key_len);
}

int mcub_decrypt_open(struct mcub_decrypt *dec, const struct mcub_image *image,
        const struct mcub_cipher_ops *ops, void *ctx, struct mcub_image *plain)
{
    size_t key_len = mcub_image_key_size(image);

    memset(dec, 0, sizeof(*dec));
    if (key_len == 0) {
        return MCUB_E_NOT_FOUND;
    }
    dec->image = *image;
    dec->cipher.ops = ops;
    dec->cipher.ctx = ctx;
    dec->cipher.key_len = (uint8_t)key_len;
    int rc = unwrap(dec);

    if (rc != 0) {
        mcub_decrypt_finish(dec);
        return rc;
    }
    *plain = *image;
    plain->plain = true;
    plain->src.read = decrypt_read;
    plain->src.ctx = dec;
    plain->src.base = 0;
    return 0;
}

void mcub_decrypt_finish(struct mcub_decrypt *dec)
{
    mcub_cipher_finish(&dec->cipher);
}
