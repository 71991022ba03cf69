// SPDX-License-Identifier: Apache-2.0
/* The scripted device: its files, its start, its boot, its OS group. */
#include "dfu_fake_private.h"

#include <string.h>

void fake_device_put(struct fake_device *d, int image, int slot, uint8_t tag)
{
    struct fake_slot *s = &d->image[image].slot[slot];
    memset(s, 0, sizeof(*s));
    s->used = true;
    memset(s->hash, tag, sizeof(s->hash));
    s->version.major = tag;
}

void fake_device_init(struct fake_device *d)
{
    memset(d, 0, sizeof(*d));
    d->era = FAKE_ERA_E;
    d->images = 1;
    d->params = true;
    d->buf_size = 512;
    d->buf_count = 4;
    d->mode_told = true;
    d->mode = SMP_BOOTLOADER_SWAP_MOVE;
    d->slot_info = true;
    d->slot_size = 256 * 1024;
    d->board = "nrf5340dk@2.0.0/nrf5340/cpuapp";
    d->boot_ms = 800;
    fake_device_put(d, 0, 0, 1);
}

void fake_file_init(struct fake_file *f, uint8_t tag, uint32_t size)
{
    f->size = size;
    for (uint32_t i = 0; i < sizeof(f->bytes); i++) {
        f->bytes[i] = (uint8_t)(i * 7 + tag);
    }
    memset(f->bytes + 32, tag, 32);
}

static int file_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    struct fake_file *f = ctx;
    if (off > f->size || len > f->size - off) {
        return -1;
    }
    memcpy(buf, f->bytes + off, len);
    return 0;
}

void fake_image_init(struct dfu_image *image, struct fake_file *f,
        uint8_t index, uint8_t tag)
{
    memset(image, 0, sizeof(*image));
    image->image = index;
    image->slot = 1;
    image->name = "app.bin";
    image->source.ctx = f;
    image->source.read = file_read;
    image->source.size = f->size;
    memset(image->sha, tag ^ 0x55, sizeof(image->sha));
    memset(image->hash, tag, 32);
    image->hash_len = 32;
    image->version.major = tag;
}

/* --- answers ------------------------------------------------------------ */

static void answer_rc(struct smp_encoder *e, int32_t rc)
{
    smp_put_map(e, 1);
    smp_put_key(e, "rc");
    smp_put_int(e, rc);
    smp_put_end(e);
}

void fake_refuse(struct fake_item *it, int32_t rc)
{
    it->answer.result = SMP_E_REMOTE;
    it->answer.refusal = (struct smp_refusal){
        .op = it->req.op,
        .id = it->req.id,
        .group = it->req.group,
        .shape = SMP_REFUSAL_RC,
        .rc = rc,
    };
}

void fake_refuse_group(struct fake_item *it, int32_t rc)
{
    fake_refuse(it, rc);
    it->answer.refusal.version = 1;
    it->answer.refusal.shape = SMP_REFUSAL_ERR;
    it->answer.refusal.rc_group = it->req.group;
}

void fake_put_flag(struct smp_encoder *e, const char *key, bool value)
{
    smp_put_key(e, key);
    smp_put_bool(e, value);
}

static void do_reset(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e, uint32_t now_ms)
{
    if (d->reset_busy > 0 && !it->body.reset.force) {
        d->reset_busy--;
        fake_refuse(it, 10);
        return;
    }
    d->forced_reset = it->body.reset.force;
    smp_put_map(e, 0);
    smp_put_end(e);
    d->resets++;
    if (!d->reset_ignored) {
        d->reset_due = true;
        d->reset_at_ms = now_ms + 250;
    }
}

static void do_bootloader(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e)
{
    if (!d->mode_told) {
        fake_refuse(it, 8);
        return;
    }
    smp_put_map(e, 0);
    if (it->body.bootloader.has & SMP_OS_BOOTLOADER_REQ_QUERY) {
        smp_put_key(e, "mode");
        smp_put_int(e, d->mode);
        if (d->no_downgrade) {
            fake_put_flag(e, "no-downgrade", true);
        }
    } else {
        smp_put_key(e, "bootloader");
        smp_put_str(e, "MCUboot");
    }
    smp_put_end(e);
}

static void do_os(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e, uint32_t now_ms)
{
    switch (it->req.id) {
    case SMP_OS_PARAMS:
        if (!d->params) {
            fake_refuse(it, 8);
            return;
        }
        smp_put_map(e, 0);
        smp_put_key(e, "buf_size");
        smp_put_uint(e, d->buf_size);
        smp_put_key(e, "buf_count");
        smp_put_uint(e, d->buf_count);
        smp_put_end(e);
        return;
    case SMP_OS_RESET:
        do_reset(d, it, e, now_ms);
        return;
    case SMP_OS_BOOTLOADER:
        do_bootloader(d, it, e);
        return;
    case SMP_OS_INFO:
        if (d->board == NULL) {
            fake_refuse(it, 8);
            return;
        }
        smp_put_map(e, 0);
        smp_put_key(e, "output");
        smp_put_str(e, d->board);
        smp_put_end(e);
        return;
    default:
        fake_refuse(it, 8);
    }
}

void fake_device_answer(struct fake_device *d, struct fake_item *it,
        uint32_t now_ms)
{
    struct smp_encoder e;
    smp_encoder_init(&e, it->answer_body, sizeof(it->answer_body),
            SMP_FORM_INDEFINITE);
    it->answer = (struct smp_answer){ .tag = it->req.tag };
    it->answer.header.version = d->era == FAKE_ERA_E ? SMP_V2 : SMP_V1;
    if (it->req.group == SMP_GROUP_IMAGE) {
        fake_image_answer(d, it, &e);
    } else if (it->req.group == SMP_GROUP_OS) {
        do_os(d, it, &e, now_ms);
    } else if (it->req.group == SMP_GROUP_BASIC && !d->erase_storage_refused) {
        d->erases++;
        answer_rc(&e, 0);
    } else {
        fake_refuse(it, 8);
    }
    int len = smp_encoder_finish(&e);
    assert_true(len >= 0);
    it->answer.body = (struct smp_bytes){ it->answer_body, (size_t)len };
}

/* --- boot --------------------------------------------------------------- */

void fake_device_boot(struct fake_device *d)
{
    d->boots++;
    d->session = false;
    d->off = 0;
    for (int i = 0; i < d->images; i++) {
        struct fake_image *im = &d->image[i];
        struct fake_slot old = im->slot[0];
        if (im->slot[1].pending && d->swap_stays_pending) {
            continue;
        }
        if (im->slot[1].pending && d->swap_drops) {
            memset(&im->slot[1], 0, sizeof(im->slot[1]));
            continue;
        }
        bool permanent = im->slot[1].permanent;
        if (im->slot[1].pending) {
            im->slot[0] = im->slot[1];
            im->slot[0].pending = false;
            im->slot[0].permanent = false;
            if (im->net || d->mode == SMP_BOOTLOADER_OVERWRITE) {
                memset(&im->slot[1], 0, sizeof(im->slot[1]));
                continue;
            }
            im->slot[1] = old;
            im->trial = !permanent;
            if (im->trial && d->crashes) {
                struct fake_slot fresh = im->slot[0];
                im->slot[0] = im->slot[1];
                im->slot[1] = fresh;
                im->trial = false;
            }
            if (d->confirms_itself) {
                im->trial = false;
            }
        } else if (im->trial) {
            im->slot[0] = im->slot[1];
            im->slot[1] = old;
            im->trial = false;
        }
    }
}
