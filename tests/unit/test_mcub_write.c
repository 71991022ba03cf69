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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_makes_the_hash_only_vectors_again),
        cmocka_unit_test(write_passes_on_what_the_sink_refuses),
        cmocka_unit_test(write_works_with_every_hash),
        cmocka_unit_test(write_refuses_impossible_descriptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
