// SPDX-License-Identifier: Apache-2.0
/* Uploads: how many bytes a message carries. */
#include "dfu_upload_rig.h"

static uint32_t data_at(size_t max, uint32_t off, uint32_t size,
        bool with_image)
{
    struct smp_request req;
    struct smp_link link = { .up = true,
        .epoch = 1,
        .kind = SMP_LINK_BLE,
        .max_message = max };
    file.size = size;
    image.source.size = size;
    config.buf_size = 0;
    config.send_image = with_image;
    config.target = 1;
    dfu_upload_init(&upload, &config);
    dfu_upload_link(&upload, 0, &link);
    if (off > 0) {
        /* the device resumes there */
        uint8_t body[16];
        struct smp_encoder e;
        assert_int_equal(dfu_upload_next(&upload, 0, &req), 1);
        smp_encoder_init(&e, body, sizeof(body), SMP_FORM_DEFINITE);
        smp_put_map(&e, 1);
        smp_put_key(&e, "off");
        smp_put_uint(&e, off);
        smp_put_end(&e);
        struct smp_answer a = { .tag = req.tag, .sends = 1 };
        a.body = (struct smp_bytes){ body, e.len };
        dfu_upload_answer(&upload, 0, &a);
    }
    if (dfu_upload_next(&upload, 0, &req) != 1) {
        return 0;
    }
    const struct smp_image_upload_req *r = req.body;
    size_t message = SMP_HEADER_SIZE + smp_struct_size(req.map, req.body);
    assert_true(message <= max);
    assert_int_equal(r->off, off);
    return (uint32_t)r->data.len;
}

/* Numbers of the Android window uploader for the origin's image. */
static void chunk_fills_the_message_to_the_byte(void **state)
{
    (void)state;
    file.size = 40000;
    assert_int_equal(data_at(244, 1000, 39592, false), 221);
    assert_int_equal(data_at(249, 1000, 39592, false), 226);
    assert_int_equal(data_at(495, 1000, 39592, false), 471);
    assert_int_equal(data_at(2475, 1000, 39592, false), 2451);
    /* len of 3 bytes instead of the origin's 5: two more than there */
    assert_int_equal(data_at(244, 0, 39592, false), 178);
    assert_int_equal(data_at(495, 0, 39592, false), 428);
    assert_int_equal(data_at(495, 0, 39592, true), 421);
}

static void chunk_is_exact_for_every_message_size(void **state)
{
    (void)state;
    for (size_t max = 110; max < 700; max++) {
        uint32_t len = data_at(max, 1000, 39592, false);
        struct smp_image_upload_req req = upload.req;
        req.data.len = len + 1;
        /* one byte more would not fit */
        assert_true(SMP_HEADER_SIZE +
                        smp_struct_size(&smp_image_upload_req_map, &req) >
                max);
    }
}

static void chunk_drops_sha_when_it_does_not_fit(void **state)
{
    (void)state;
    assert_true(data_at(98, 0, 39592, false) >= 32);
    assert_true(upload.req.has & SMP_IMAGE_UPLOAD_REQ_SHA);
    assert_true(data_at(96, 0, 39592, false) >= 32);
    assert_false(upload.req.has & SMP_IMAGE_UPLOAD_REQ_SHA);
    assert_int_equal(data_at(60, 0, 39592, false), 32);
}

static void chunk_below_an_image_header_is_refused_with_a_reason(void **state)
{
    (void)state;
    assert_int_equal(data_at(59, 0, 39592, false), 0);
    dfu_upload_status(&upload, &status);
    assert_int_equal(status.state, DFU_UPLOAD_FAILED);
    assert_int_equal(status.code, DFU_OTHER);
    assert_int_equal(status.result, SMP_E_SPACE);
    assert_int_equal(data_at(20, 0, 39592, false), 0);
}

static void chunk_keeps_to_the_callers_buffer_and_alignment(void **state)
{
    (void)state;
    config.chunk_size = 100;
    assert_int_equal(data_at(495, 1000, 39592, false), 100);
    config.chunk_size = CHUNK_SIZE;
    config.align = 16;
    assert_int_equal((1000 + data_at(495, 1000, 39592, false)) % 16, 0);
    assert_int_equal(data_at(495, 39500, 39592, false), 92);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(chunk_fills_the_message_to_the_byte),
        T(chunk_is_exact_for_every_message_size),
        T(chunk_drops_sha_when_it_does_not_fit),
        T(chunk_below_an_image_header_is_refused_with_a_reason),
        T(chunk_keeps_to_the_callers_buffer_and_alignment),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
