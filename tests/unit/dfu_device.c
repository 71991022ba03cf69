// SPDX-License-Identifier: Apache-2.0
/*
 * Test device of the image group; see the header.
 */
#include "dfu_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HDR_SIZE 0x200u

static int ram_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct device *dev = ctx;

    memcpy(buf, dev->mem + off, len);
    return 0;
}

static int ram_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    struct device *dev = ctx;

    dev->writes++;
    if (dev->writes == dev->write_fails_at) {
        return MCUB_E_FLASH;
    }
    for (size_t i = 0; i < len; i++) {
        if (dev->mem[off + i] != 0xff) {
            fprintf(stderr, "write to 0x%zx: not erased\n", off + i);
            abort();
        }
    }
    memcpy(dev->mem + off, buf, len);
    return 0;
}

static int ram_erase(void *ctx, uint32_t off, uint32_t len)
{
    struct device *dev = ctx;

    dev->erases++;
    if (dev->erases == dev->erase_fails_at) {
        return MCUB_E_FLASH;
    }
    memset(dev->mem + off, 0xff, len);
    return 0;
}

static const struct mcub_flash_ops ram_ops = {
    ram_read,
    ram_write,
    ram_erase,
};

void device_restart(struct device *dev)
{
    dfu_image_group_init(&dev->group, &dev->images);
    dev->groups[0] = &dev->group;
    dev->cfg.groups = dev->groups;
    dev->cfg.group_count = 1;
    dev->cfg.tx = dev->tx;
    dev->cfg.tx_size = sizeof(dev->tx);
    smp_server_init(&dev->server, &dev->cfg);
}

void device_init(struct device *dev)
{
    memset(dev, 0, sizeof(*dev));
    memset(dev->mem, 0xff, sizeof(dev->mem));
    dev->run.size = DEVICE_SECTOR;
    dev->run.count = DEVICE_FLASH / DEVICE_SECTOR;
    dev->flash.ops = &ram_ops;
    dev->flash.ctx = dev;
    dev->flash.size = DEVICE_FLASH;
    dev->flash.write_size = 4;
    dev->flash.erased_val = 0xff;
    dev->flash.runs = &dev->run;
    dev->flash.run_count = 1;
    for (uint32_t i = 0; i < 4; i++) {
        struct mcub_slot *slot = &dev->pairs[i / 2].slot[i % 2];

        slot->flash = &dev->flash;
        slot->off = i * DEVICE_SLOT_SIZE;
        slot->size = DEVICE_SLOT_SIZE;
    }
    dev->board.mode = MCUB_MODE_OFFSET;
    dev->board.image_count = 1;
    dev->board.pairs = dev->pairs;
    dev->board.max_align = 8;
    dev->board.max_sectors = 128;
    dev->images.board = &dev->board;
    dev->images.policy = &dfu_image_policy_current;
    dev->images.options = DFU_IMAGE_SLOT_INFO;
    dev->cfg.form = SMP_FORM_INDEFINITE;
    dev->cfg.verbose = true;
    device_restart(dev);
}

void device_init_two(struct device *dev)
{
    device_init(dev);
    dev->board.mode = MCUB_MODE_MOVE;
    dev->board.image_count = 2;
    dev->pairs[1].overwrite = true;
    dev->pairs[1].unreadable = true;
    device_restart(dev);
}

static void put_le(uint8_t *p, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(value >> (8 * i));
    }
}

uint32_t device_image_bytes(const struct device_image *image, uint8_t *buf,
        size_t size)
{
    uint32_t tlv = HDR_SIZE + image->img_size;
    uint32_t total = tlv + 8 + sizeof(image->hash);

    if (total > size) {
        abort();
    }
    memset(buf, 0, total);
    put_le(buf, MCUB_IMAGE_MAGIC, 4);
    put_le(buf + 8, HDR_SIZE, 2);
    put_le(buf + 12, image->img_size, 4);
    put_le(buf + 16, image->flags, 4);
    buf[20] = image->version.major;
    buf[21] = image->version.minor;
    put_le(buf + 22, image->version.revision, 2);
    put_le(buf + 24, image->version.build, 4);
    for (uint32_t i = 0; i < image->img_size; i++) {
        buf[HDR_SIZE + i] = (uint8_t)(i * 7 + image->version.major);
    }
    put_le(buf + tlv, MCUB_TLV_INFO_MAGIC, 2);
    put_le(buf + tlv + 2, 8 + sizeof(image->hash), 2);
    put_le(buf + tlv + 4, MCUB_TLV_SHA256, 2);
    put_le(buf + tlv + 6, sizeof(image->hash), 2);
    memcpy(buf + tlv + 8, image->hash, sizeof(image->hash));
    return total;
}

static uint8_t *slot_mem(struct device *dev, struct dfu_slot_ref ref)
{
    return dev->mem + dev->pairs[ref.image].slot[ref.slot].off;
}

void device_put(struct device *dev, struct dfu_slot_ref ref, uint32_t off,
        const struct device_image *image)
{
    device_image_bytes(image, slot_mem(dev, ref) + off, DEVICE_SLOT_SIZE - off);
}

void device_blank(struct device *dev, struct dfu_slot_ref ref)
{
    memset(slot_mem(dev, ref), 0xff, DEVICE_SLOT_SIZE);
}

void device_mark_trial(struct device *dev, uint8_t image)
{
    struct mcub_trailer trailer;

    if (mcub_slot_trailer(&dev->board, image, MCUB_SLOT_PRIMARY, &trailer) !=
                    0 ||
            mcub_trailer_write_magic(&trailer) != 0 ||
            mcub_trailer_write_swap_info(&trailer, image, MCUB_SWAP_TEST) !=
                    0 ||
            mcub_trailer_write_copy_done(&trailer) != 0) {
        abort();
    }
}

const char *device_ask(struct device *dev, const uint8_t *request, size_t len)
{
    const uint8_t *answer;
    size_t n = 0;

    dev->answer[0] = '\0';
    if (smp_server_input(&dev->server, request, len, 7, 1000) != 0) {
        abort();
    }
    answer = smp_server_output(&dev->server, &n, NULL);
    while (answer != NULL) {
        for (size_t i = 0; i < n && i < sizeof(dev->tx); i++) {
            sprintf(dev->answer + 2 * i, "%02x", answer[i]);
        }
        smp_server_sent(&dev->server);
        answer = smp_server_output(&dev->server, &n, NULL);
    }
    return dev->answer;
}

size_t device_unhex(const char *hex, uint8_t *buf, size_t size)
{
    size_t n = 0;
    unsigned value;

    while (n < size && sscanf(hex + 2 * n, "%2x", &value) == 1) {
        buf[n++] = (uint8_t)value;
    }
    return n;
}

const char *device_ask_hex(struct device *dev, const char *hex)
{
    uint8_t request[1024];
    size_t len = device_unhex(hex, request, sizeof(request));

    return device_ask(dev, request, len);
}

const char *device_upload(struct device *dev,
        const struct smp_image_upload_req *req, uint8_t version)
{
    static uint8_t request[1024];
    struct smp_encoder e;

    memset(request, 0, 8);
    smp_encoder_init(&e, request + 8, sizeof(request) - 8, SMP_FORM_DEFINITE);
    smp_put_struct(&e, &smp_image_upload_req_map, req);
    assert_int_equal(e.err, 0);
    request[0] = (uint8_t)(version << 3 | 2);
    request[2] = (uint8_t)(e.len >> 8);
    request[3] = (uint8_t)e.len;
    request[5] = SMP_GROUP_IMAGE;
    request[7] = SMP_IMAGE_UPLOAD;
    return device_ask(dev, request, 8 + e.len);
}

void device_assert_off(const char *answer, uint32_t off)
{
    static uint8_t raw[64];
    size_t len = device_unhex(answer, raw, sizeof(raw));
    struct smp_image_upload_rsp rsp;

    assert_true(len > 8);
    assert_int_equal(smp_map_decode(&smp_image_upload_rsp_map,
                             (struct smp_bytes){ raw + 8, len - 8 }, &rsp),
            0);
    assert_true(rsp.has & SMP_IMAGE_UPLOAD_RSP_OFF);
    assert_int_equal(rsp.off, off);
}

void device_assert_err(const char *answer, unsigned rc)
{
    char want[64];

    sprintf(want, rc < 24 ? "%s%02x%s" : "%s18%02x%s",
            "bf63657272bf6567726f757001627263", rc, "ffff");
    assert_true(strlen(answer) > 16);
    assert_string_equal(answer + 16, want);
}

void device_assert_flat(const char *answer, unsigned rc, const char *rsn)
{
    char want[128];

    sprintf(want, "bf627263%02x", rc);
    if (rsn != NULL) {
        sprintf(want + strlen(want), "6372736e%02x",
                (unsigned)(0x60 + strlen(rsn)));
        for (size_t i = 0; rsn[i] != '\0'; i++) {
            sprintf(want + strlen(want), "%02x", (unsigned)rsn[i]);
        }
    }
    strcat(want, "ff");
    assert_true(strlen(answer) > 16);
    assert_string_equal(answer + 16, want);
}

const char *device_flags(const char *answer)
{
    static char text[128];
    static uint8_t raw[1024];
    size_t len = device_unhex(answer, raw, sizeof(raw));
    struct smp_image_state_rsp rsp;
    struct smp_iter it;
    struct smp_item item;

    text[0] = '\0';
    if (len < 8 ||
            smp_map_decode(&smp_image_state_rsp_map,
                    (struct smp_bytes){ raw + 8, len - 8 }, &rsp) != 0 ||
            !(rsp.has & SMP_IMAGE_STATE_RSP_IMAGES)) {
        return answer;
    }
    smp_iter_init(&it, rsp.images);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_image_slot slot;

        assert_int_equal(smp_map_decode(&smp_image_slot_map, item.view.cbor,
                                 &slot),
                0);
        sprintf(text + strlen(text), "%s%u:%s%s%s%s%s",
                text[0] != '\0' ? " " : "", 2 * slot.image + slot.slot,
                slot.active ? "a" : "", slot.confirmed ? "c" : "",
                slot.pending ? "p" : "", slot.permanent ? "P" : "",
                !slot.active && !slot.confirmed && !slot.pending ? "-" : "");
    }
    return text;
}
