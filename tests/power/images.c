// SPDX-License-Identifier: Apache-2.0
/*
 * Images, and what they are hashed and encrypted with.
 *
 * The image hash is a fast one of our own in the place of SHA-256, the cipher
 * one in the place of AES: what is tried here is the order of flash
 * operations, and a boot hashes twice.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 32u
#define TLV_SIZE    (4u + 4u + 32u)

uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

void *world_need(size_t size)
{
    void *p = calloc(size > 0 ? size : 1, 1);

    if (p == NULL) {
        abort();
    }
    return p;
}

/* ---- hash --------------------------------------------------------------- */

static int hash_init(void *ctx, enum mcub_hash_alg alg)
{
    struct world *w = ctx;

    if (alg != MCUB_HASH_SHA256) {
        return MCUB_E_UNSUPPORTED;
    }
    for (size_t i = 0; i < 4; i++) {
        w->hash[i] = 0x9e3779b97f4a7c15u * (i + 1);
    }
    return 0;
}

static int hash_update(void *ctx, const void *data, size_t len)
{
    struct world *w = ctx;
    const uint8_t *p = data;

    for (; len >= 32; p += 32, len -= 32) {
        for (size_t i = 0; i < 4; i++) {
            uint64_t word;

            memcpy(&word, p + 8 * i, 8);
            w->hash[i] = (w->hash[i] ^ word) * 0xff51afd7ed558ccdu;
            w->hash[i] ^= w->hash[i] >> 32;
        }
    }
    for (; len > 0; p++, len--) {
        w->hash[0] = (w->hash[0] ^ *p) * 0x100000001b3u;
        w->hash[0] ^= w->hash[0] >> 29;
    }
    return 0;
}

static int hash_finish(void *ctx, uint8_t *out, size_t out_len)
{
    struct world *w = ctx;
    uint64_t all = 0;

    if (out_len != 32) {
        return MCUB_E_CRYPTO;
    }
    for (size_t i = 0; i < 4; i++) {
        all = mix(all ^ w->hash[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        uint64_t word = mix(all + w->hash[i]);

        memcpy(out + 8 * i, &word, 8);
    }
    return 0;
}

const struct mcub_hash_ops world_hash_ops = {
    .init = hash_init,
    .update = hash_update,
    .finish = hash_finish,
};

/* ---- cipher ------------------------------------------------------------- */

/* A key stream of our own: like that of AES-CTR it follows from key and block
   number only. */
static int cipher_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    uint64_t seed = key.len;

    (void)ctx;
    for (size_t i = 0; i < key.len; i++) {
        seed = seed * 0x100000001b3u + key.ptr[i];
    }
    for (size_t i = 0; i < len; i += 8) {
        uint64_t stream = mix(seed + (uint64_t)block * 2 + i / 8);

        for (size_t k = i; k < len && k < i + 8; k++) {
            data[k] ^= (uint8_t)(stream >> (8 * (k - i)));
        }
    }
    return 0;
}

/* The tag is over the wrapped key, as in ECIES. */
static void wrap(uint8_t *wrapped, const uint8_t *key, size_t key_len)
{
    uint64_t tag = key_len;

    for (size_t i = 0; i < key_len; i++) {
        wrapped[WORLD_WRAPPED_SIZE + i] = (uint8_t)(key[i] ^ (0x36u + i));
        tag = mix(tag + wrapped[WORLD_WRAPPED_SIZE + i]);
    }
    for (size_t i = 0; i < WORLD_WRAPPED_SIZE; i += sizeof(tag)) {
        tag = mix(tag);
        memcpy(wrapped + i, &tag, sizeof(tag));
    }
}

static int cipher_unwrap(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
        uint8_t *key, size_t key_len)
{
    uint8_t again[WORLD_WRAPPED_SIZE + MCUB_IMAGE_KEY_MAX];
    uint8_t found[MCUB_IMAGE_KEY_MAX];

    (void)ctx;
    if (tlv != MCUB_TLV_ENC_X25519 ||
            wrapped.len != WORLD_WRAPPED_SIZE + key_len) {
        return MCUB_E_ENCRYPTED;
    }
    for (size_t i = 0; i < key_len; i++) {
        found[i] = (uint8_t)(wrapped.ptr[WORLD_WRAPPED_SIZE + i] ^ (0x36u + i));
    }
    wrap(again, found, key_len);
    if (memcmp(again, wrapped.ptr, wrapped.len) != 0) {
        return MCUB_E_SIGNATURE;
    }
    memcpy(key, found, key_len);
    return 0;
}

const struct mcub_cipher_ops world_cipher_ops = {
    .unwrap = cipher_unwrap,
    .ctr = cipher_ctr,
};

/* ---- images ------------------------------------------------------------- */

static void fill_payload(uint8_t *p, uint32_t len, uint64_t seed,
        const struct blob *like)
{
    for (uint32_t i = 0; i < len; i++) {
        if (i % 8 == 0) {
            seed += 0x9e3779b97f4a7c15u;
        }
        p[i] = (uint8_t)(mix(seed) >> (8 * (i % 8)));
    }
    if (like != NULL) {
        /* Only the first hundred bytes differ. */
        uint32_t both = like->len < len + HEADER_SIZE + TLV_SIZE
                ? like->len
                : len + HEADER_SIZE + TLV_SIZE;

        if (both > HEADER_SIZE + TLV_SIZE + 100) {
            memcpy(p + 100, like->data + HEADER_SIZE + 100,
                    both - HEADER_SIZE - TLV_SIZE - 100);
        }
    }
}

static size_t key_size(uint32_t flags)
{
    return (flags & MCUB_IMAGE_AES128) != 0    ? 16u
            : (flags & MCUB_IMAGE_AES256) != 0 ? 32u
                                               : 0u;
}

static void hash_blob(const struct blob *blob, uint32_t len, uint8_t *out)
{
    struct world *hasher = world_need(sizeof(*hasher));

    (void)hash_init(hasher, MCUB_HASH_SHA256);
    /* In the pieces in which a boot reads it. */
    for (uint32_t off = 0; off < len; off += MCUB_BOOT_BUF_SIZE) {
        uint32_t left = len - off;

        (void)hash_update(hasher, blob->data + off,
                left < MCUB_BOOT_BUF_SIZE ? left : MCUB_BOOT_BUF_SIZE);
    }
    (void)hash_finish(hasher, out, 32);
    free(hasher);
}

/* The image as it is sent; its key TLV is the last. */
static void seal(struct blob *blob, const struct mcub_image_header *hdr,
        const uint8_t *key)
{
    struct mcub_bytes bytes = { key, key_size(hdr->flags) };

    blob->sealed = world_need(blob->len);
    memcpy(blob->sealed, blob->data, blob->len);
    (void)cipher_ctr(NULL, bytes, 0, blob->sealed + hdr->hdr_size,
            hdr->img_size);
}

struct blob world_image(const struct world *w, uint8_t major, uint32_t total,
        uint32_t flags, const struct blob *like)
{
    struct blob blob = { world_need(total), total, NULL, total };
    size_t key_len = key_size(flags);
    uint32_t tlvs = TLV_SIZE +
            (key_len > 0 ? 4u + WORLD_WRAPPED_SIZE + (uint32_t)key_len : 0u);
    struct mcub_image_header hdr = {
        .hdr_size = HEADER_SIZE,
        .img_size = total - HEADER_SIZE - tlvs,
        .flags = flags,
        .load_addr =
                (flags & MCUB_IMAGE_RAM_LOAD) != 0 ? WORLD_RAM_START + 256 : 0,
        .version = { .major = major },
    };
    uint8_t *tlv = blob.data + total - tlvs;

    (void)w;
    mcub_image_header_encode(&hdr, blob.data);
    fill_payload(blob.data + HEADER_SIZE, hdr.img_size,
            (uint64_t)major << 32 | total, like);
    memcpy(tlv, "\x07\x69\x28\x00\x10\x00\x20\x00", 8);
    tlv[2] = (uint8_t)tlvs;
    hash_blob(&blob, total - tlvs, tlv + 8);
    if (key_len > 0) {
        uint8_t key[MCUB_IMAGE_KEY_MAX];

        for (size_t i = 0; i < key_len; i++) {
            key[i] = (uint8_t)mix(major * 1000u + i);
        }
        tlv += TLV_SIZE;
        tlv[0] = MCUB_TLV_ENC_X25519;
        tlv[2] = (uint8_t)(WORLD_WRAPPED_SIZE + key_len);
        wrap(tlv + 4, key, key_len);
        blob.hashed = (uint32_t)(tlv - blob.data);
        seal(&blob, &hdr, key);
    }
    return blob;
}

void world_image_free(struct blob *blob)
{
    free(blob->data);
    free(blob->sealed);
}
