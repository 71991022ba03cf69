// SPDX-License-Identifier: Apache-2.0
#include "dfu_image_rig.h"

const struct dfu_slot_ref S0 = { 0, 0 };
const struct dfu_slot_ref S1 = { 0, 1 };
const struct dfu_slot_ref S2 = { 1, 0 };
const struct dfu_slot_ref S3 = { 1, 1 };

struct device dev;
struct device_image img_a;
struct device_image img_b;
struct device_image img_c;
struct device_image img_d;

uint8_t file[FILE_MAX];
uint32_t file_len;
struct smp_image_upload_req first;

static void image_set(struct device_image *image, uint8_t major, uint8_t hash)
{
    memset(image, 0, sizeof(*image));
    image->version.major = major;
    image->img_size = 3000;
    for (size_t i = 0; i < sizeof(image->hash); i++) {
        image->hash[i] = (uint8_t)(hash + i);
    }
}

int setup(void **state)
{
    (void)state;
    image_set(&img_a, 1, 0x00);
    image_set(&img_b, 2, 0x80);
    image_set(&img_c, 3, 0xc0);
    image_set(&img_d, 4, 0xe0);
    device_init(&dev);
    device_put(&dev, S0, 0, &img_a);
    file_len = device_image_bytes(&img_b, file, sizeof(file));
    memset(&first, 0, sizeof(first));
    first.has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_LEN |
            SMP_IMAGE_UPLOAD_REQ_DATA;
    first.len = file_len;
    first.data.ptr = file;
    first.data.len = 128;
    return 0;
}

void have_both(void)
{
    device_put(&dev, S1, DEVICE_SECTOR, &img_b);
}

void have_trial(void)
{
    device_put(&dev, S1, 0, &img_b);
    device_mark_trial(&dev, 0);
}

void have_two(void)
{
    device_init_two(&dev);
    device_put(&dev, S0, 0, &img_a);
    device_put(&dev, S3, 0, &img_c);
}

const char *list(void)
{
    return device_ask_hex(&dev, "0800000100010000a0");
}

const char *chunk(uint32_t off, size_t len)
{
    struct smp_image_upload_req req = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
        .off = off,
        .data = { file + off, len },
    };

    return device_upload(&dev, &req, 1);
}

const char *rest(uint32_t off)
{
    const char *answer = "";

    while (off < file_len) {
        uint32_t n = file_len - off < 200 ? file_len - off : 200;

        answer = chunk(off, n);
        off += n;
    }
    return answer;
}

void assert_refused(const struct smp_image_upload_req *req, unsigned group_rc,
        unsigned rc, const char *rsn)
{
    device_assert_err(device_upload(&dev, req, 1), group_rc);
    device_assert_flat(device_upload(&dev, req, 0), rc, rsn);
}
