// SPDX-License-Identifier: Apache-2.0
#include "dfu_upload_rig.h"

struct fake_device device;
struct fake_pump pump;
struct fake_file file;
struct dfu_image image;
struct dfu_upload upload;
struct dfu_upload_config config;
struct dfu_upload_status status;

static uint8_t chunk[CHUNK_SIZE];

int setup(void **state)
{
    (void)state;
    fake_device_init(&device);
    fake_file_init(&file, 9, 20000);
    fake_image_init(&image, &file, 0, 9);
    config = (struct dfu_upload_config){
        .image = &image,
        .send_sha = true,
        .buf_count = 4,
        .buf_size = 512,
        .chunk = chunk,
        .chunk_size = sizeof(chunk),
    };
    fake_pump_init(&pump, &device, &dfu_upload_procedure, &upload);
    return 0;
}

void begin(void)
{
    dfu_upload_init(&upload, &config);
    pump.link.up = true;
    dfu_upload_link(&upload, pump.now_ms, &pump.link);
}

void finish(void)
{
    fake_pump_go(&pump, 3600 * 1000);
    dfu_upload_status(&upload, &status);
    if (status.state != DFU_UPLOAD_DONE) {
        print_message("state %d %s at %u: off %u, %u messages, %u in flight\n",
                status.state, dfu_code_to_str(status.code), pump.now_ms,
                status.off, pump.messages, upload.in_flight);
    }
}

void expect_done(void)
{
    begin();
    finish();
    assert_int_equal(status.state, DFU_UPLOAD_DONE);
    assert_int_equal(status.off, file.size);
    assert_true(device.image[0].slot[1].used);
    assert_memory_equal(device.image[0].slot[1].hash, image.hash, 32);
}

void expect_failed(enum dfu_code code)
{
    begin();
    finish();
    assert_int_equal(status.state, DFU_UPLOAD_FAILED);
    assert_string_equal(dfu_code_to_str(status.code), dfu_code_to_str(code));
}
