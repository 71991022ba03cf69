// SPDX-License-Identifier: Apache-2.0
#include "mcub/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub_rig.h"
#include "mcub_vectors.h"

/* Open an image in memory of exactly its size, so that overreads show. */
static int open_copy(const struct mcub_bytes *data, struct mcub_image *image,
        uint8_t **copy)
{
    struct mcub_source src;

    *copy = malloc(data->len + 1);
    assert_non_null(*copy);
    *copy = realloc(*copy, data->len > 0 ? data->len : 1);
    assert_non_null(*copy);
    memcpy(*copy, data->ptr, data->len);
    src = rig_source(*copy, data->len);
    return mcub_image_open(image, &src);
}

static int verify(const struct mcub_image *image)
{
    struct rig_hash hash = { NULL };
    uint8_t scratch[100];

    return mcub_image_verify_hash(image, &rig_hash_ops, &hash, scratch,
            sizeof(scratch));
}

static void check_fields(const struct vec_image *v,
        const struct mcub_image *image)
{
    char version[MCUB_VERSION_TEXT_SIZE];

    assert_int_equal(image->hdr.hdr_size, v->hdr_size);
    assert_int_equal(image->hdr.img_size, v->img_size);
    assert_int_equal(image->hdr.protect_tlv_size, v->protect_tlv_size);
    assert_int_equal(image->hdr.flags, v->flags);
    assert_int_equal(image->hdr.load_addr, v->load_addr);
    assert_int_equal(image->tlv_off, v->tlv_area_offset);
    assert_int_equal(image->unprot_size, v->unprot_tlv_tot);
    assert_int_equal(mcub_image_total_size(image), v->data.len);
    assert_int_equal(mcub_image_hashed_size(image), v->hashed_length);
    mcub_version_print(&image->hdr.version, '+', version);
    if (image->hdr.version.build == 0) {
        strcat(version, "+0");
    }
    assert_string_equal(version, v->version);
}

static void check_tlvs(const struct vec_image *v,
        const struct mcub_image *image)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    size_t n = 0;
    size_t prot = 0;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&iter, &tlv) == 1) {
        assert_true(n < v->tlv_count);
        assert_int_equal(tlv.type, v->tlvs[n].type);
        assert_int_equal(tlv.len, v->tlvs[n].len);
        assert_int_equal(tlv.prot, v->tlvs[n].prot);
        n++;
    }
    assert_int_equal(n, v->tlv_count);
    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, true);
    while (mcub_tlv_next(&iter, &tlv) == 1) {
        assert_true(tlv.prot);
        prot++;
    }
    for (size_t i = 0; i < v->tlv_count; i++) {
        prot -= v->tlvs[i].prot;
    }
    assert_int_equal(prot, 0);
}

static void image_open_reads_every_vector(void **state)
{
    (void)state;
    assert_int_equal(vec_images_count, 22);
    for (size_t i = 0; i < vec_images_count; i++) {
        const struct vec_image *v = &vec_images[i];
        struct mcub_image image;
        struct mcub_hash hash;
        uint8_t *copy;

        assert_int_equal(open_copy(&v->data, &image, &copy), 0);
        check_fields(v, &image);
        check_tlvs(v, &image);
        assert_int_equal(mcub_image_find_hash(&image, &hash), 0);
        assert_int_equal(hash.len, v->hash.len);
        assert_memory_equal(hash.bytes, v->hash.ptr, v->hash.len);
        assert_int_equal(verify(&image),
                v->flags & MCUB_IMAGE_ENCRYPTED ? MCUB_E_ENCRYPTED : 0);
        free(copy);
    }
}

static void image_refuses_every_negative_vector(void **state)
{
    static const struct {
        const char *name;
        int err;
    } want[] = {
        { "bad-magic", MCUB_E_MAGIC },
        { "bad-hash", MCUB_E_HASH },
        { "hdr-img-overflow", MCUB_E_HEADER },
        { "tlv-magic-wrong", MCUB_E_TLV },
        { "tlv-tot-short", MCUB_E_TLV },
        { "tlv-len-overrun", MCUB_E_TLV },
        { "ptlv-size-mismatch", MCUB_E_TLV },
        { "prot-tot-mismatch", MCUB_E_TLV },
        { "both-aes-flags", MCUB_E_HEADER },
        { "both-lzma-flags", MCUB_E_HEADER },
        { "sha-wrong-length", MCUB_E_TLV },
        { "encrypted-flag-no-key-tlv", MCUB_E_TLV },
        { "no-hash-tlv", MCUB_E_NO_HASH },
        { "truncated-header", MCUB_E_SHORT },
        { "truncated-tlv", MCUB_E_SHORT },
    };

    (void)state;
    assert_int_equal(vec_negatives_count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < vec_negatives_count; i++) {
        struct mcub_image image;
        uint8_t *copy;
        int rc = open_copy(&vec_negatives[i].data, &image, &copy);

        if (rc == 0) {
            rc = verify(&image);
        }
        assert_string_equal(vec_negatives[i].name, want[i].name);
        if (rc != want[i].err) {
            print_error("%s: %d, want %d\n", want[i].name, rc, want[i].err);
        }
        assert_int_equal(rc, want[i].err);
        free(copy);
    }
}

static void image_truncated_at_any_length_is_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < vec_images_count; i++) {
        for (size_t n = 0; n < vec_images[i].data.len; n++) {
            struct mcub_bytes part = { vec_images[i].data.ptr, n };
            struct mcub_image image;
            uint8_t *copy;

            assert_int_equal(open_copy(&part, &image, &copy), MCUB_E_SHORT);
            free(copy);
        }
    }
}

static void image_with_any_byte_changed_never_overreads(void **state)
{
    const struct vec_image *v = &vec_images[3];
    uint8_t *data = malloc(v->data.len);

    (void)state;
    assert_string_equal(v->name, "prot-seccnt-dep-custom");
    assert_non_null(data);
    for (size_t at = 0; at < v->data.len; at++) {
        for (unsigned value = 0; value < 256; value++) {
            struct mcub_source src = rig_source(data, v->data.len);
            struct mcub_image image;

            memcpy(data, v->data.ptr, v->data.len);
            data[at] = (uint8_t)value;
            if (mcub_image_open(&image, &src) == 0) {
                assert_true(mcub_image_total_size(&image) <= v->data.len);
                (void)verify(&image);
            }
        }
    }
    free(data);
}

static void image_header_tells_erased_from_foreign(void **state)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;

    (void)state;
    memset(buf, 0xff, sizeof(buf));
    assert_int_equal(mcub_image_header_decode(buf, sizeof(buf), &hdr),
            MCUB_E_NO_IMAGE);
    memset(buf, 0x00, sizeof(buf));
    assert_int_equal(mcub_image_header_decode(buf, sizeof(buf), &hdr),
            MCUB_E_NO_IMAGE);
    memset(buf, 0x20, sizeof(buf));
    assert_int_equal(mcub_image_header_decode(buf, sizeof(buf), &hdr),
            MCUB_E_MAGIC);
    for (size_t n = 0; n < sizeof(buf); n++) {
        assert_int_equal(mcub_image_header_decode(buf, n, &hdr), MCUB_E_SHORT);
    }
}

static void image_header_survives_encode_and_decode(void **state)
{
    struct mcub_image_header in = {
        .load_addr = 0x10203040,
        .hdr_size = 0x200,
        .protect_tlv_size = 12,
        .img_size = 0x12345,
        .flags = MCUB_IMAGE_ROM_FIXED,
        .version = { 1, 2, 3, 4 },
    };
    struct mcub_image_header out;
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];

    (void)state;
    mcub_image_header_encode(&in, buf);
    assert_int_equal(mcub_image_header_decode(buf, sizeof(buf), &out), 32);
    assert_int_equal(out.load_addr, in.load_addr);
    assert_int_equal(out.hdr_size, in.hdr_size);
    assert_int_equal(out.protect_tlv_size, in.protect_tlv_size);
    assert_int_equal(out.img_size, in.img_size);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(mcub_version_compare(&out.version, &in.version, true), 0);
}

static void image_gives_dependency_and_counter(void **state)
{
    struct mcub_image image;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    struct mcub_dependency dep;
    uint32_t counter = 0;
    uint8_t buf[12];
    uint8_t *copy;

    (void)state;
    assert_int_equal(open_copy(&vec_images[3].data, &image, &copy), 0);
    assert_int_equal(mcub_image_security_counter(&image, &counter), 0);
    assert_int_equal(counter, 7);
    mcub_tlv_iter_init(&iter, &image, MCUB_TLV_DEPENDENCY, true);
    assert_int_equal(mcub_tlv_next(&iter, &tlv), 1);
    assert_int_equal(mcub_tlv_read(&image, &tlv, buf, 11), MCUB_E_SPACE);
    assert_int_equal(mcub_tlv_read(&image, &tlv, buf, sizeof(buf)), 12);
    assert_int_equal(mcub_dependency_decode(buf, 12, &dep), 0);
    assert_int_equal(mcub_dependency_decode(buf, 11, &dep), MCUB_E_TLV);
    assert_int_equal(dep.image, 1);
    assert_int_equal(dep.version.revision, 3);
    assert_int_equal(dep.version.build, 4);
    assert_int_equal(mcub_tlv_next(&iter, &tlv), 0);
    free(copy);
    assert_int_equal(open_copy(&vec_images[0].data, &image, &copy), 0);
    assert_int_equal(mcub_image_security_counter(&image, &counter),
            MCUB_E_NOT_FOUND);
    free(copy);
}

static void errors_all_have_names(void **state)
{
    (void)state;
    for (int err = 0; err >= MCUB_E_RAM; err--) {
        assert_string_not_equal(mcub_err_to_str(err), "unknown");
    }
    assert_string_equal(mcub_err_to_str(1), "unknown");
    assert_string_equal(mcub_err_to_str(MCUB_E_RAM - 1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_open_reads_every_vector),
        cmocka_unit_test(image_refuses_every_negative_vector),
        cmocka_unit_test(image_truncated_at_any_length_is_short),
        cmocka_unit_test(image_with_any_byte_changed_never_overreads),
        cmocka_unit_test(image_header_tells_erased_from_foreign),
        cmocka_unit_test(image_header_survives_encode_and_decode),
        cmocka_unit_test(image_gives_dependency_and_counter),
        cmocka_unit_test(errors_all_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
