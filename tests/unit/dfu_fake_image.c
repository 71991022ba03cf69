// SPDX-License-Identifier: Apache-2.0
/* The image group of the scripted device: list, slots, upload, marks. */
#include "dfu_fake_private.h"

#include <string.h>

static void put_slot(struct fake_device *d, struct smp_encoder *e, int i, int s)
{
    struct fake_image *im = &d->image[i];
    struct fake_slot *sl = &im->slot[s];
    bool pending = im->slot[1].pending;
    bool permanent = im->slot[1].permanent;
    smp_put_map(e, 0);
    if (d->images > 1) {
        smp_put_key(e, "image");
        smp_put_uint(e, (uint64_t)i);
    }
    smp_put_key(e, "slot");
    smp_put_uint(e, (uint64_t)s);
    char text[MCUB_VERSION_TEXT_SIZE];
    mcub_version_print(&sl->version, '.', text);
    smp_put_key(e, "version");
    smp_put_str(e, text);
    smp_put_key(e, "hash");
    smp_put_bytes(e, (struct smp_bytes){ sl->hash, 32 });
    if (!d->recovery) {
        bool active = s == 0;
        bool confirmed = s == 0 ? !im->trial : im->trial;
        bool pend = s == 1 && pending;
        bool perm = s == 1 && pending && permanent;
        if (d->era != FAKE_ERA_E && i > 0) {
            /* old servers compare with slot 0 of image 0 only */
            active = false;
            pend = pending;
            perm = pending && permanent;
            confirmed = im->trial;
        }
        fake_put_flag(e, "bootable", true);
        fake_put_flag(e, "pending", pend);
        fake_put_flag(e, "confirmed", confirmed);
        fake_put_flag(e, "active", active);
        fake_put_flag(e, "permanent", perm);
    }
    smp_put_end(e);
}

static void put_list(struct fake_device *d, struct smp_encoder *e)
{
    smp_put_map(e, 0);
    smp_put_key(e, "images");
    smp_put_array(e, 0);
    for (int i = 0; i < d->images; i++) {
        for (int s = 0; s < 2; s++) {
            if (d->image[i].slot[s].used && !(d->image[i].net && s == 0)) {
                put_slot(d, e, i, s);
            }
        }
    }
    smp_put_end(e);
    smp_put_end(e);
}

static void put_slot_info(struct fake_device *d, struct smp_encoder *e)
{
    smp_put_map(e, 0);
    smp_put_key(e, "images");
    smp_put_array(e, 0);
    int images = d->told_images ? d->told_images : d->images;
    for (int i = 0; i < images; i++) {
        smp_put_map(e, 0);
        smp_put_key(e, "image");
        smp_put_uint(e, (uint64_t)i);
        smp_put_key(e, "slots");
        smp_put_array(e, 0);
        for (uint64_t s = 0; s < 2; s++) {
            smp_put_map(e, 0);
            smp_put_key(e, "slot");
            smp_put_uint(e, s);
            smp_put_key(e, "size");
            smp_put_uint(e, d->slot_size);
            if (s == 1) {
                smp_put_key(e, "upload_image_id");
                smp_put_uint(e, (uint64_t)i);
            }
            smp_put_end(e);
        }
        smp_put_end(e);
        smp_put_end(e);
    }
    smp_put_end(e);
    smp_put_end(e);
}

static void put_off(struct fake_device *d, struct smp_encoder *e, bool tail)
{
    smp_put_map(e, 0);
    if (d->era == FAKE_ERA_A) {
        smp_put_key(e, "rc");
        smp_put_uint(e, 0);
    }
    if (d->no_off > 0) {
        d->no_off--;
    } else {
        uint32_t off = d->jump_to ? d->jump_to : d->off;
        if (d->damaged > 0) {
            d->damaged--;
            off |= 0x40000000u;
        }
        smp_put_key(e, "off");
        smp_put_uint(e, off);
    }
    if (tail && d->match_told) {
        fake_put_flag(e, "match", d->match);
    }
    smp_put_end(e);
}

static void store(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e)
{
    const struct smp_image_upload_req *r = &it->body.upload;
    size_t len = r->data.len;
    if (d->write_size > 1 && d->off + len < d->len) {
        len -= len % d->write_size;
    }
    for (size_t i = 0; i < len; i++) {
        if (d->off + i >= 32 && d->off + i < 64) {
            d->hash[d->off + i - 32] = it->data[i];
        }
    }
    d->off += (uint32_t)len;
    if (d->lose_session_at && d->off >= d->lose_session_at) {
        d->lose_session_at = 0;
        d->session = false;
        d->off = 0;
    }
    bool tail = d->session && d->off == d->len;
    put_off(d, e, tail);
    if (tail) {
        struct fake_slot *s = &d->image[d->target].slot[1];
        memset(s, 0, sizeof(*s));
        s->used = !d->upload_lost;
        memcpy(s->hash, d->hash, 32);
        s->version.major = d->hash[0];
        d->session = false;
        d->uploads_done++;
        if (d->era != FAKE_ERA_A) {
            d->off = 0;
        }
    }
}

static void do_upload(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e)
{
    const struct smp_image_upload_req *r = &it->body.upload;
    if (d->foreign_every && ++d->chunks % d->foreign_every == 0) {
        d->foreign_every = d->foreign_times == 1 ? 0 : d->foreign_every;
        d->foreign_times--;
        d->session = true;
        d->off = 96;
        memset(d->sha, 0xee, sizeof(d->sha));
    }
    if (d->busy > 0) {
        d->busy--;
        fake_refuse(it, 10);
        return;
    }
    if (d->no_memory > 0 && r->off > 0) {
        d->no_memory--;
        fake_refuse(it, 2);
        return;
    }
    if (d->always_off_zero) {
        d->off = 0;
        put_off(d, e, false);
        return;
    }
    if (r->off != 0) {
        if (!d->session || r->off != d->off) {
            if (!d->session && d->era != FAKE_ERA_A) {
                d->off = 0;
            }
            put_off(d, e, false);
            return;
        }
        store(d, it, e);
        return;
    }
    if (d->refuse_upload) {
        if (d->era == FAKE_ERA_E) {
            fake_refuse_group(it, d->refuse_upload);
        } else {
            fake_refuse(it, d->refuse_upload);
        }
        return;
    }
    bool sha = (r->has & SMP_IMAGE_UPLOAD_REQ_SHA) != 0;
    if (sha && d->session && d->sha_given && memcmp(d->sha, it->sha, 32) == 0) {
        put_off(d, e, false);
        return;
    }
    assert_true(r->has & SMP_IMAGE_UPLOAD_REQ_LEN);
    uint8_t target = d->images > 1 ? (uint8_t)r->image : 0;
    struct fake_image *im = &d->image[target];
    if (target >= d->images || im->trial ||
            (d->era != FAKE_ERA_E && im->slot[1].pending)) {
        if (d->era == FAKE_ERA_E) {
            fake_refuse_group(it, 9);
        } else {
            fake_refuse(it, 5);
        }
        return;
    }
    d->uploads_started++;
    d->session = true;
    d->target = target;
    d->sha_given = sha;
    memcpy(d->sha, it->sha, 32);
    d->len = r->len;
    d->off = 0;
    memset(&im->slot[1], 0, sizeof(im->slot[1]));
    store(d, it, e);
}

static void do_mark(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e)
{
    const struct smp_image_state_req *r = &it->body.state;
    if (d->refuse_mark) {
        fake_refuse(it, d->refuse_mark);
        return;
    }
    int image = 0;
    int slot = 0;
    if (r->has & SMP_IMAGE_STATE_REQ_HASH) {
        bool found = false;
        for (int i = 0; i < d->images && !found; i++) {
            for (int s = 0; s < 2 && !found; s++) {
                if (d->image[i].slot[s].used && !(d->image[i].net && s == 0) &&
                        memcmp(d->image[i].slot[s].hash, it->hash, 32) == 0) {
                    image = i;
                    slot = s;
                    found = true;
                }
            }
        }
        if (!found) {
            if (d->era == FAKE_ERA_E) {
                fake_refuse_group(it, 8);
            } else {
                fake_refuse(it, 3);
            }
            return;
        }
    }
    if (slot == 0) {
        d->confirms++;
        if (image > 0 && d->era == FAKE_ERA_E) {
            fake_refuse_group(it, 32);
            return;
        }
        if (!d->swallow_confirm) {
            d->image[image].trial = false;
        }
    } else if (!d->mark_swallowed) {
        d->marks++;
        if (!d->image[image].slot[1].pending) {
            d->image[image].slot[1].pending = true;
            d->image[image].slot[1].permanent = r->confirm;
        }
    }
    put_list(d, e);
}

void fake_image_answer(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e)
{
    if (it->req.id == SMP_IMAGE_UPLOAD) {
        do_upload(d, it, e);
    } else if (it->req.id == SMP_IMAGE_SLOT_INFO && d->slot_info) {
        put_slot_info(d, e);
    } else if (it->req.id == SMP_IMAGE_STATE && it->req.op == SMP_OP_WRITE) {
        do_mark(d, it, e);
    } else if (it->req.id == SMP_IMAGE_STATE) {
        d->lists++;
        if (d->refuse_list) {
            fake_refuse(it, d->refuse_list);
        } else {
            put_list(d, e);
        }
    } else {
        fake_refuse(it, 8);
    }
}
