// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as an image: opened, walked, hashed, verified, decrypted, judged.
 * What find_flaw() calls good has to open; what does not open has to have a
 * reason.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "mcub/decrypt.h"
#include "mcub/flaw.h"
#include "mcub/sign.h"

struct input {
    const uint8_t *data;
    size_t size;
};

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static int input_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct input *input = ctx;

    require(off <= input->size && len <= input->size - off);
    memcpy(buf, input->data + off, len);
    return 0;
}

/* A hash that is no hash; keys that take what comes. */
static int sum_init(void *ctx, enum mcub_hash_alg alg)
{
    *(uint32_t *)ctx = (uint32_t)alg;
    return 0;
}

static int sum_update(void *ctx, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint32_t *sum = ctx;

    for (size_t i = 0; i < len; i++) {
        *sum = *sum * 31 + p[i];
    }
    return 0;
}

static int sum_finish(void *ctx, uint8_t *out, size_t out_len)
{
    const uint32_t *sum = ctx;

    memset(out, (uint8_t)*sum, out_len);
    return 0;
}

static int any_find(void *ctx, uint16_t tlv, struct mcub_bytes value,
        enum mcub_hash_alg alg)
{
    (void)ctx;
    (void)tlv;
    (void)alg;
    require(value.len > 0 && value.len <= MCUB_SIGNATURE_MAX);
    return value.ptr[value.len - 1] % 4 == 0 ? MCUB_E_NOT_FOUND
                                             : value.ptr[0] % 4;
}

static uint16_t any_type(void *ctx, int key)
{
    static const uint16_t types[] = { MCUB_TLV_RSA2048_PSS, MCUB_TLV_ECDSA_SIG,
        MCUB_TLV_RSA3072_PSS, MCUB_TLV_ED25519 };

    (void)ctx;
    require(key >= 0 && key < 4);
    return types[key];
}

static int any_verify(void *ctx, int key, const struct mcub_signature *sig)
{
    uint8_t byte = 0;

    (void)ctx;
    require(sig->type == any_type(NULL, key));
    require(sig->value.len > 0 && sig->value.len <= MCUB_SIGNATURE_MAX);
    if (sig->pure) {
        require(mcub_source_read(sig->src, sig->size - 1, &byte, 1) == 0);
    }
    return sig->value.ptr[sig->value.len - 1] % 2 == 0 ? 0 : MCUB_E_SIGNATURE;
}

static int any_unwrap(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
        uint8_t *key, size_t key_len)
{
    (void)ctx;
    require(wrapped.len == mcub_key_tlv_size(tlv, key_len));
    memset(key, wrapped.ptr[wrapped.len - 1], key_len);
    return 0;
}

static int any_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        data[i] ^= (uint8_t)(key.ptr[i % key.len] + block + i / 16);
    }
    return 0;
}

static const struct mcub_hash_ops sum_ops = { sum_init, sum_update,
    sum_finish };
static const struct mcub_key_ops key_ops = { any_find, any_type, any_verify };
static const struct mcub_cipher_ops cipher_ops = { any_unwrap, any_ctr };

static void check_content(const struct mcub_image *image)
{
    struct mcub_keys keys = { &key_ops, NULL };
    struct mcub_signature_report report;
    struct mcub_hash hash;
    uint8_t scratch[MCUB_SIGNATURE_MAX];
    uint32_t sum;

    (void)mcub_image_verify_hash(image, &sum_ops, &sum, scratch,
            sizeof(scratch));
    if (mcub_image_find_hash(image, &hash) != 0) {
        return;
    }
    int rc = mcub_image_verify_signature(image, &hash, &keys, scratch, &report);

    require(rc <= 0 && (rc != 0 || report.good > 0));
    require(report.good + report.wrong <= report.signatures);
}

static void check_encrypted(const struct mcub_image *image)
{
    struct mcub_decrypt dec;
    struct mcub_image plain;
    uint8_t a[40];
    uint8_t b[40];

    if (mcub_decrypt_open(&dec, image, &cipher_ops, NULL, &plain) != 0) {
        return;
    }
    check_content(&plain);
    /* Any part reads like the whole. */
    for (uint32_t off = 0; off + sizeof(a) < mcub_image_total_size(image);
            off += 37) {
        require(mcub_source_read(&plain.src, off, a, sizeof(a)) == 0);
        require(mcub_source_read(&plain.src, off, b, 7) == 0);
        require(mcub_source_read(&plain.src, off + 7, b + 7, sizeof(b) - 7) ==
                0);
        require(memcmp(a, b, sizeof(a)) == 0);
    }
    mcub_decrypt_finish(&dec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    struct mcub_source src = { input_read, &input, 0, (uint32_t)size };
    struct mcub_image image;
    struct mcub_flaw flaw = { .kind = MCUB_FLAW_NONE };
    int opened = mcub_image_open(&image, &src);
    int found = mcub_image_find_flaw(&src, &flaw);

    require(found <= 1);
    require((found == 1) == (flaw.kind != MCUB_FLAW_NONE));
    require(strcmp(mcub_flaw_to_str(flaw.kind), "unknown") != 0);
    if (opened != 0) {
        require(found != 0);
        require(opened != MCUB_E_TLV || found == 1);
        require(opened != MCUB_E_HEADER || found == 1);
        return 0;
    }
    require(mcub_image_total_size(&image) <= size);
    if (found == 0) {
        struct mcub_hash hash;

        require(mcub_image_find_hash(&image, &hash) == 0);
    }
    check_content(&image);
    check_encrypted(&image);
    return 0;
}
