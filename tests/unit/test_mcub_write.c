// SPDX-License-Identifier: Apache-2.0
#include "mcub/write.h"

#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"
#include "mcub_vectors.h"

struct sink {
    uint8_t data[1024];
    size_t len;
    size_t limit;
};

static int take(void *ctx, const void *buf, size_t len)
{
    struct sink *s = ctx;

    if (len > s->limit - s->len) {
        return MCUB_E_SINK;
    }
    memcpy(s->data + s->len, buf, len);
    s->len += len;
    return 0;
}

/* Write a vector image again from its parts. */
static int rewrite(const struct vec_image *v, struct sink *sink)
{
    struct mcub_tlv_spec prot[8];
    struct mcub_source src = rig_source(v->data.ptr, v->data.len);
    struct mcub_image image;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    struct mcub_hash hash;
    struct rig_hash ctx = { NULL };
    uint8_t scratch[40];
    struct mcub_image_spec spec = { .prot = prot };
    struct mcub_image_writer writer = { &rig_hash_ops, &ctx, { take, sink },
        scratch, sizeof(scratch) };

    assert_int_equal(mcub_image_open(&image, &src), 0);
    assert_int_equal(mcub_image_find_hash(&image, &hash), 0);
    spec.version = image.hdr.version;
    spec.load_addr = image.hdr.load_addr;
    spec.flags = image.hdr.flags;
    spec.hdr_size = image.hdr.hdr_size;
    spec.payload =
            rig_source(v->data.ptr + image.hdr.hdr_size, image.hdr.img_size);
    spec.hash_alg = hash.alg;
    mcub_tlv_iter_init(&iter, &image, MCUB_TLV_ANY, true);
    while (mcub_tlv_next(&iter, &tlv) == 1) {
        prot[spec.prot_count].type = tlv.type;
        prot[spec.prot_count].value.ptr = v->data.ptr + tlv.off;
        prot[spec.prot_count].value.len = tlv.len;
        spec.prot_count++;
    }
    int rc = mcub_image_write(&spec, &writer, NULL);

    rig_hash_finish(&ctx);
    return rc;
}

static void write_makes_the_hash_only_vectors_again(void **state)
{
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < vec_images_count; i++) {
        const struct vec_image *v = &vec_images[i];
        struct sink sink = { .limit = sizeof(sink.data) };

        if (v->tlvs[v->tlv_count - 1].type < MCUB_TLV_SHA256 ||
                v->tlvs[v->tlv_count - 1].type > MCUB_TLV_SHA512) {
            continue;
        }
        assert_int_equal(rewrite(v, &sink), 0);
        assert_int_equal(sink.len, v->data.len);
        assert_memory_equal(sink.data, v->data.ptr, v->data.len);
        done++;
    }
    assert_true(done >= 8);
}

static void write_passes_on_what_the_sink_refuses(void **state)
{
    const struct vec_image *v = &vec_images[3];

    (void)state;
    for (size_t limit = 0; limit < v->data.len; limit++) {
        struct sink sink = { .limit = limit };

        assert_int_equal(rewrite(v, &sink), MCUB_E_SINK);
    }
}

static void write_works_with_every_hash(void **state)
{
    static const enum mcub_hash_alg algs[] = { MCUB_HASH_SHA256,
        MCUB_HASH_SHA384, MCUB_HASH_SHA512 };
    uint8_t payload[100];
    uint8_t scratch[32];

    (void)state;
    memset(payload, 0x5a, sizeof(payload));
    for (size_t i = 0; i < 3; i++) {
        struct rig_hash ctx = { NULL };
        struct sink sink = { .limit = sizeof(sink.data) };
        struct mcub_image_spec spec = {
            .hdr_size = 512,
            .payload = rig_source(payload, sizeof(payload)),
            .hash_alg = algs[i],
        };
        struct mcub_image_writer writer = { &rig_hash_ops, &ctx,
            { take, &sink }, scratch, sizeof(scratch) };
        struct mcub_hash hash;
        struct mcub_image image;
        struct mcub_source src;
        uint32_t size;

        assert_int_equal(mcub_image_spec_size(&spec, &size), 0);
        assert_int_equal(mcub_image_write(&spec, &writer, &hash), 0);
        assert_int_equal(sink.len, size);
        assert_int_equal(hash.len, mcub_hash_size(algs[i]));
        src = rig_source(sink.data, sink.len);
        assert_int_equal(mcub_image_open(&image, &src), 0);
        assert_int_equal(mcub_image_verify_hash(&image, &rig_hash_ops, &ctx,
                                 scratch, sizeof(scratch)),
                0);
    }
}

static void write_refuses_impossible_descriptions(void **state)
{
    static const uint8_t big[65536];
    struct mcub_tlv_spec tlv = { 0x00a0, { big, 65530 } };
    struct mcub_image_spec spec = { .hdr_size = 31,
        .hash_alg = MCUB_HASH_SHA256 };
    uint32_t size;

    (void)state;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_HEADER);
    spec.hdr_size = 32;
    spec.flags = MCUB_IMAGE_ENCRYPTED;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_HEADER);
    spec.flags = 0;
    spec.prot = &tlv;
    spec.prot_count = 1;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_TLV);
    tlv.value.len = 65536;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_TLV);
    spec.prot_count = 0;
    spec.payload.size = UINT32_MAX - 40;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_TOO_LARGE);
    spec.payload.size = 0;
    spec.hash_alg = (enum mcub_hash_alg)0x13;
    assert_int_equal(mcub_image_spec_size(&spec, &size), MCUB_E_ARG);
}

/* ---- signatures, encryption ---- */

struct signing {
    uint8_t message[1024];
    size_t len;
    int result; /* of sign; 0: as many bytes as the letter says */
    const char *sig;
};

static int sign_update(void *ctx, const void *data, size_t len)
{
    struct signing *s = ctx;

    assert_true(len <= sizeof(s->message) - s->len);
    memcpy(s->message + s->len, data, len);
    s->len += len;
    return 0;
}

static int sign_sign(void *ctx, const struct mcub_hash *hash, uint8_t *sig,
        size_t size)
{
    const struct signing *s = ctx;
    size_t len = strlen(s->sig);

    assert_int_equal(hash->len, 32);
    if (s->result != 0) {
        return s->result;
    }
    assert_true(len <= size);
    memcpy(sig, s->sig, len);
    return (int)len;
}

static const struct mcub_sign_ops sign_ops = { sign_update, sign_sign };

static int flip_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    (void)ctx;
    (void)block;
    for (size_t i = 0; i < len; i++) {
        data[i] ^= key.ptr[i % 16];
    }
    return 0;
}

static const struct mcub_cipher_ops flip_cipher = { NULL, flip_ctr };

/* One image with two signatures, the second pure, and encrypted. */
struct signed_image {
    struct signing signing[2];
    uint8_t sig[2][16];
    struct mcub_signer signers[2];
    struct mcub_encryptor encrypt;
    uint8_t payload[50];
    struct mcub_image_spec spec;
    struct sink sink;
    struct rig_hash ctx;
};

static int write_signed(struct signed_image *s, struct mcub_hash *hash)
{
    uint8_t scratch[32];
    struct mcub_image_writer writer = { &rig_hash_ops, &s->ctx,
        { take, &s->sink }, scratch, sizeof(scratch) };

    s->sink.len = 0;
    s->signing[1].len = 0;
    return mcub_image_write(&s->spec, &writer, hash);
}

static void prepare_signed(struct signed_image *s)
{
    static const uint8_t key[] = "kkkk";

    memset(s, 0, sizeof(*s));
    s->sink.limit = sizeof(s->sink.data);
    memset(s->payload, 'p', sizeof(s->payload));
    for (size_t i = 0; i < 2; i++) {
        s->signing[i].sig = i == 0 ? "short" : "a longer one";
        s->signers[i] = (struct mcub_signer){ .ops = &sign_ops,
            .ctx = &s->signing[i],
            .type = i == 0 ? MCUB_TLV_ECDSA_SIG : MCUB_TLV_ED25519,
            .pure = i == 1,
            .key = { MCUB_TLV_KEYHASH, { key, 4 } },
            .sig = s->sig[i],
            .sig_size = sizeof(s->sig[i]) };
    }
    s->encrypt.cipher.ops = &flip_cipher;
    s->encrypt.cipher.key_len = 32;
    s->encrypt.cipher.key[0] = 0x55;
    s->encrypt.key = (struct mcub_tlv_spec){ MCUB_TLV_ENC_KW, { key, 4 } };
    s->spec = (struct mcub_image_spec){ .hdr_size = 36,
        .hdr_fill = 0xee,
        .payload = rig_source(s->payload, sizeof(s->payload)),
        .hash_alg = MCUB_HASH_SHA256,
        .signers = s->signers,
        .signer_count = 2,
        .encrypt = &s->encrypt };
}

static void write_signs_the_plain_text_and_encrypts_the_payload(void **state)
{
    static const uint16_t order[] = { MCUB_TLV_SHA256, MCUB_TLV_SIG_PURE,
        MCUB_TLV_KEYHASH, MCUB_TLV_ECDSA_SIG, MCUB_TLV_KEYHASH,
        MCUB_TLV_ED25519, MCUB_TLV_ENC_KW };
    struct signed_image s;
    struct mcub_image image;
    struct mcub_source src;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    struct mcub_hash hash;
    uint32_t most;

    (void)state;
    prepare_signed(&s);
    assert_int_equal(mcub_image_spec_size(&s.spec, &most), 0);
    assert_int_equal(write_signed(&s, &hash), 0);
    /* Two signatures are shorter than their room. */
    assert_int_equal(s.sink.len, most - (16 - 5) - (16 - 12));
    src = rig_source(s.sink.data, s.sink.len);
    assert_int_equal(mcub_image_open(&image, &src), 0);
    assert_int_equal(mcub_image_total_size(&image), s.sink.len);
    assert_int_equal(image.hdr.flags, MCUB_IMAGE_AES256);
    /* 36 + 50 bytes become a multiple of 16. */
    assert_int_equal(image.hdr.img_size, 60);
    assert_memory_equal(s.sink.data + 32, "\xee\xee\xee\xee", 4);
    assert_int_equal(s.signing[0].len, 0);
    assert_int_equal(s.signing[1].len, mcub_image_hashed_size(&image));
    assert_memory_equal(s.signing[1].message, s.sink.data, 36);
    assert_memory_equal(s.signing[1].message + 36, s.payload, 50);
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(s.sink.data[36 + i],
                s.signing[1].message[36 + i] ^ (i % 16 == 0 ? 0x55 : 0));
    }
    mcub_tlv_iter_init(&iter, &image, MCUB_TLV_ANY, false);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        assert_int_equal(mcub_tlv_next(&iter, &tlv), 1);
        assert_int_equal(tlv.type, order[i]);
    }
    assert_int_equal(mcub_tlv_next(&iter, &tlv), 0);
}

static void write_can_leave_the_plain_text_in_the_image(void **state)
{
    struct signed_image s;
    struct mcub_image image;
    struct mcub_source src;
    uint8_t scratch[64];

    (void)state;
    prepare_signed(&s);
    s.encrypt.clear = true;
    assert_int_equal(write_signed(&s, NULL), 0);
    src = rig_source(s.sink.data, s.sink.len);
    assert_int_equal(mcub_image_open(&image, &src), 0);
    assert_int_equal(image.hdr.flags, MCUB_IMAGE_AES256);
    assert_memory_equal(s.sink.data + 36, s.payload, 50);
    assert_int_equal(mcub_image_verify_hash(&image, &rig_hash_ops, &s.ctx,
                             scratch, sizeof(scratch)),
            MCUB_E_ENCRYPTED);
    image.plain = true;
    assert_int_equal(mcub_image_verify_hash(&image, &rig_hash_ops, &s.ctx,
                             scratch, sizeof(scratch)),
            0);
}

static void write_passes_on_what_a_signer_refuses(void **state)
{
    static const struct mcub_sign_ops digest_only = { NULL, sign_sign };
    struct signed_image s;

    (void)state;
    prepare_signed(&s);
    s.signing[1].result = MCUB_E_CRYPTO;
    assert_int_equal(write_signed(&s, NULL), MCUB_E_CRYPTO);
    rig_hash_finish(&s.ctx);
    prepare_signed(&s);
    s.signers[1].ops = &digest_only;
    assert_int_equal(write_signed(&s, NULL), MCUB_E_ARG);
    prepare_signed(&s);
    s.signers[0].sig_size = 65536;
    assert_int_equal(write_signed(&s, NULL), MCUB_E_TLV);
}

/* ---- padding ---- */

static void pad_makes_the_tails_of_the_vectors(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < vec_tails_count; i++) {
        const struct vec_tail *v = &vec_tails[i];
        bool confirm = strstr(v->state, "--confirm") != NULL;
        struct mcub_pad_spec pad = { .slot_size = 8000,
            .align = 4,
            .max_align = v->max_align,
            .max_sectors = 16,
            .erased_value = v->erased_value,
            .confirm = confirm };
        struct sink sink = { .limit = sizeof(sink.data) };
        struct mcub_sink to = { take, &sink };

        if (!confirm && strstr(v->state, "--pad") == NULL) {
            continue;
        }
        seen++;
        assert_int_equal(mcub_pad_write(&pad, 7000, &to), 0);
        assert_int_equal(sink.len, 1000);
        assert_memory_equal(sink.data + 1000 - v->data.len, v->data.ptr,
                v->data.len);
        for (size_t k = 0; k < 1000 - v->data.len; k++) {
            assert_int_equal(sink.data[k], v->erased_value);
        }
    }
    assert_int_equal(seen, 6);
}

static void pad_keeps_room_for_the_trailer(void **state)
{
    static const struct {
        struct mcub_pad_spec pad;
        uint32_t trailer;
    } rows[] = {
        { { .align = 4, .max_align = 8, .max_sectors = 128 }, 1584 },
        { { .align = 32, .max_align = 32, .max_sectors = 128 }, 12448 },
        { { .align = 4, .max_align = 8, .max_sectors = 128, .key_size = 16 },
                1616 },
        { { .align = 4, .max_align = 8, .max_sectors = 128, .key_size = 80 },
                1744 },
        { { .align = 4, .max_align = 8, .max_sectors = 128, .overwrite = true },
                32 },
        { { .align = 3, .max_align = 8 }, 0 },
        { { .align = 64, .max_align = 32 }, 0 },
        { { .align = 1, .max_align = 4 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mcub_pad_spec pad = rows[i].pad;
        struct sink sink = { .limit = sizeof(sink.data) };
        struct mcub_sink to = { take, &sink };

        assert_int_equal(mcub_pad_trailer_size(&pad), rows[i].trailer);
        if (rows[i].trailer == 0) {
            assert_int_equal(mcub_pad_write(&pad, 0, &to), MCUB_E_GEOMETRY);
            continue;
        }
        pad.slot_size = rows[i].trailer;
        assert_int_equal(mcub_pad_write(&pad, 1, &to), MCUB_E_TOO_LARGE);
        assert_int_equal(sink.len, 0);
        pad.slot_size--;
        assert_int_equal(mcub_pad_write(&pad, 0, &to), MCUB_E_TOO_LARGE);
        sink.limit = 5;
        pad.slot_size++;
        assert_int_equal(mcub_pad_write(&pad, 0, &to), MCUB_E_SINK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_makes_the_hash_only_vectors_again),
        cmocka_unit_test(write_passes_on_what_the_sink_refuses),
        cmocka_unit_test(write_works_with_every_hash),
        cmocka_unit_test(write_refuses_impossible_descriptions),
        cmocka_unit_test(write_signs_the_plain_text_and_encrypts_the_payload),
        cmocka_unit_test(write_can_leave_the_plain_text_in_the_image),
        cmocka_unit_test(write_passes_on_what_a_signer_refuses),
        cmocka_unit_test(pad_makes_the_tails_of_the_vectors),
        cmocka_unit_test(pad_keeps_room_for_the_trailer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
