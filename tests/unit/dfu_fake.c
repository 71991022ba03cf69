// SPDX-License-Identifier: Apache-2.0
#include "dfu_fake.h"

#include <string.h>

#define NEVER 0xffffffffu

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

/* --- device ------------------------------------------------------------- */

static void answer_rc(struct smp_encoder *e, int32_t rc)
{
    smp_put_map(e, 1);
    smp_put_key(e, "rc");
    smp_put_int(e, rc);
    smp_put_end(e);
}

static void refuse(struct fake_item *it, int32_t rc)
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

static void refuse_group(struct fake_item *it, int32_t rc)
{
    refuse(it, rc);
    it->answer.refusal.version = 1;
    it->answer.refusal.shape = SMP_REFUSAL_ERR;
    it->answer.refusal.rc_group = it->req.group;
}

static void put_flag(struct smp_encoder *e, const char *key, bool value)
{
    smp_put_key(e, key);
    smp_put_bool(e, value);
}

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
        put_flag(e, "bootable", true);
        put_flag(e, "pending", pend);
        put_flag(e, "confirmed", confirmed);
        put_flag(e, "active", active);
        put_flag(e, "permanent", perm);
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
        put_flag(e, "match", d->match);
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
        refuse(it, 10);
        return;
    }
    if (d->no_memory > 0 && r->off > 0) {
        d->no_memory--;
        refuse(it, 2);
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
            refuse_group(it, d->refuse_upload);
        } else {
            refuse(it, d->refuse_upload);
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
            refuse_group(it, 9);
        } else {
            refuse(it, 5);
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
        refuse(it, d->refuse_mark);
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
                refuse_group(it, 8);
            } else {
                refuse(it, 3);
            }
            return;
        }
    }
    if (slot == 0) {
        d->confirms++;
        if (image > 0 && d->era == FAKE_ERA_E) {
            refuse_group(it, 32);
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

static void boot(struct fake_device *d)
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

static void do_reset(struct fake_device *d, struct fake_item *it,
        struct smp_encoder *e, uint32_t now_ms)
{
    if (d->reset_busy > 0 && !it->body.reset.force) {
        d->reset_busy--;
        refuse(it, 10);
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
        refuse(it, 8);
        return;
    }
    smp_put_map(e, 0);
    if (it->body.bootloader.has & SMP_OS_BOOTLOADER_REQ_QUERY) {
        smp_put_key(e, "mode");
        smp_put_int(e, d->mode);
        if (d->no_downgrade) {
            put_flag(e, "no-downgrade", true);
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
            refuse(it, 8);
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
            refuse(it, 8);
            return;
        }
        smp_put_map(e, 0);
        smp_put_key(e, "output");
        smp_put_str(e, d->board);
        smp_put_end(e);
        return;
    default:
        refuse(it, 8);
    }
}

static void do_image(struct fake_device *d, struct fake_item *it,
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
            refuse(it, d->refuse_list);
        } else {
            put_list(d, e);
        }
    } else {
        refuse(it, 8);
    }
}

static void handle(struct fake_device *d, struct fake_item *it, uint32_t now_ms)
{
    struct smp_encoder e;
    smp_encoder_init(&e, it->answer_body, sizeof(it->answer_body),
            SMP_FORM_INDEFINITE);
    it->answer = (struct smp_answer){ .tag = it->req.tag };
    it->answer.header.version = d->era == FAKE_ERA_E ? SMP_V2 : SMP_V1;
    if (it->req.group == SMP_GROUP_IMAGE) {
        do_image(d, it, &e);
    } else if (it->req.group == SMP_GROUP_OS) {
        do_os(d, it, &e, now_ms);
    } else if (it->req.group == SMP_GROUP_BASIC && !d->erase_storage_refused) {
        d->erases++;
        answer_rc(&e, 0);
    } else {
        refuse(it, 8);
    }
    int len = smp_encoder_finish(&e);
    assert_true(len >= 0);
    it->answer.body = (struct smp_bytes){ it->answer_body, (size_t)len };
}

/* --- pump --------------------------------------------------------------- */

void fake_pump_init(struct fake_pump *p, struct fake_device *d,
        const struct smp_procedure *procedure, void *self)
{
    memset(p, 0, sizeof(*p));
    p->device = d;
    p->procedure = procedure;
    p->self = self;
    p->link = (struct smp_link){
        .kind = SMP_LINK_DATAGRAM,
        .epoch = 1,
        .max_message = 1472,
    };
    p->now_ms = 1000;
    p->latency_ms = 5;
    p->learned_ms = 500;
    p->seed = 1;
    p->places = 32;
}

static bool lost(struct fake_pump *p)
{
    p->seed = p->seed * 1103515245u + 12345u;
    return (p->seed >> 16) % 1000 < p->loss;
}

static void copy_views(struct fake_item *it)
{
    const struct smp_request *req = &it->req;
    if (req->map == NULL) {
        return;
    }
    memcpy(&it->body, req->body, req->map->size);
    if (req->map == &smp_image_upload_req_map) {
        struct smp_bytes data = it->body.upload.data;
        assert_true(data.len <= sizeof(it->data));
        memcpy(it->data, data.ptr, data.len);
        if (it->body.upload.has & SMP_IMAGE_UPLOAD_REQ_SHA) {
            memcpy(it->sha, it->body.upload.sha.ptr, 32);
        }
    } else if (req->map == &smp_image_state_req_map &&
            (it->body.state.has & SMP_IMAGE_STATE_REQ_HASH)) {
        memcpy(it->hash, it->body.state.hash.ptr, it->body.state.hash.len);
    }
}

static uint32_t in_flight(const struct fake_pump *p)
{
    uint32_t n = 0;
    for (size_t i = 0; i < 40; i++) {
        n += p->items[i].used ? 1 : 0;
    }
    return n;
}

static void transmit(struct fake_pump *p, struct fake_item *it)
{
    it->sent_ms = p->now_ms;
    it->due_ms = p->now_ms +
            (it->req.timeout_ms ? it->req.timeout_ms : p->learned_ms);
    it->sends++;
    it->tries_left--;
    it->arriving = false;
    it->pdus = 0;
    if (p->interval_ms) {
        size_t size = SMP_HEADER_SIZE +
                (it->req.map ? smp_struct_size(it->req.map, &it->body) : 1);
        it->pdus = (uint32_t)((size + p->pdu - 1) / p->pdu);
    } else if (!lost(p) && !p->device->silent) {
        it->arriving = true;
        it->arrive_ms = p->now_ms + p->latency_ms;
    }
}

static void take_requests(struct fake_pump *p)
{
    struct smp_request req;
    while (in_flight(p) < p->places &&
            p->procedure->next(p->self, p->now_ms, &req)) {
        size_t free_item = 0;
        while (free_item < 39 && p->items[free_item].used) {
            free_item++;
        }
        struct fake_item *it = &p->items[free_item];
        assert_false(it->used);
        memset(it, 0, sizeof(*it));
        it->used = true;
        it->req = req;
        it->tries_left = req.tries ? req.tries : 3;
        it->first_ms = p->now_ms;
        if (req.map) {
            size_t size = SMP_HEADER_SIZE + smp_struct_size(req.map, req.body);
            size_t max = p->link.max_reassembled > p->link.max_message
                    ? p->link.max_reassembled
                    : p->link.max_message;
            assert_true(size <= max);
            if (p->device->params) {
                assert_true(size <= p->device->buf_size || size <= max);
            }
        }
        copy_views(it);
        /* the buffer may be used again: nobody may look at it later */
        p->messages++;
        transmit(p, it);
        if (in_flight(p) > p->highest_in_flight) {
            p->highest_in_flight = in_flight(p);
        }
        if (p->cut_at_message && p->messages == p->cut_at_message) {
            fake_pump_relink(p);
        }
    }
}

static void finish(struct fake_pump *p, struct fake_item *it, int result)
{
    struct smp_answer a = it->answer;
    if (result != 0) {
        a = (struct smp_answer){ .tag = it->req.tag, .result = result };
    }
    a.tag = it->req.tag;
    a.sends = it->sends;
    a.rtt_ms = p->now_ms - it->sent_ms;
    static uint8_t body[4096];
    memcpy(body, it->answer_body, sizeof(body));
    a.body.ptr = body;
    it->used = false;
    p->procedure->answer(p->self, p->now_ms, &a);
}

void fake_pump_relink(struct fake_pump *p)
{
    p->link.up = false;
    p->procedure->link(p->self, p->now_ms, &p->link);
    for (size_t i = 0; i < 40; i++) {
        if (p->items[i].used) {
            finish(p, &p->items[i], SMP_E_LINK);
        }
    }
    p->link.up = true;
    p->link.epoch++;
    p->procedure->link(p->self, p->now_ms, &p->link);
}

static void arrive(struct fake_pump *p, struct fake_item *it)
{
    struct fake_device *d = p->device;
    it->arriving = false;
    size_t size = SMP_HEADER_SIZE +
            (it->req.map ? smp_struct_size(it->req.map, &it->body) : 1);
    bool large = d->message_max && size > d->message_max;
    if (d->silent_at && d->off >= d->silent_at) {
        d->silent_at = 0;
        d->silent_until_ms = p->now_ms + d->silent_for_ms;
    }
    if (d->down || d->silent || (large && !d->refuse_large) ||
            (int32_t)(d->silent_until_ms - p->now_ms) > 0) {
        return;
    }
    bool reset = it->req.group == SMP_GROUP_OS && it->req.id == SMP_OS_RESET;
    if (large) {
        refuse(it, d->refuse_large);
    } else {
        handle(d, it, p->now_ms);
    }
    if (reset && d->reset_unanswered) {
        return;
    }
    if (d->reboot_at && d->off >= d->reboot_at) {
        d->reboot_at = 0;
        d->session = false;
        d->off = 0;
        return;
    }
    it->answering = !lost(p);
    it->answer_ms = p->now_ms + p->latency_ms;
    if (p->interval_ms) {
        it->answer_ms = p->now_ms + p->interval_ms;
    }
}

static void device_time(struct fake_pump *p)
{
    struct fake_device *d = p->device;
    if (d->reset_due && (int32_t)(p->now_ms - d->reset_at_ms) >= 0) {
        d->reset_due = false;
        d->down = true;
        d->down_until_ms = p->now_ms + d->boot_ms;
        boot(d);
        if (d->link_drops) {
            p->link.up = false;
            p->procedure->link(p->self, p->now_ms, &p->link);
            for (size_t i = 0; i < 40; i++) {
                if (p->items[i].used) {
                    finish(p, &p->items[i], SMP_E_LINK);
                }
            }
        }
    }
    if (d->down && !d->never_returns &&
            (int32_t)(p->now_ms - d->down_until_ms) >= 0) {
        d->down = false;
        if (d->link_drops) {
            p->link.up = true;
            p->link.epoch++;
            p->procedure->link(p->self, p->now_ms, &p->link);
        }
    }
}

/* One connection event of the link model. */
static void event(struct fake_pump *p)
{
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->answering && it->answer_ms == p->now_ms) {
            finish(p, it, 0);
            take_requests(p);
        }
    }
    uint32_t left = p->per_interval;
    while (left > 0) {
        struct fake_item *first = NULL;
        for (size_t i = 0; i < 40; i++) {
            struct fake_item *it = &p->items[i];
            if (it->used && it->pdus &&
                    (!first || it->req.tag < first->req.tag)) {
                first = it;
            }
        }
        if (first == NULL) {
            return;
        }
        uint32_t n = first->pdus < left ? first->pdus : left;
        first->pdus -= n;
        left -= n;
        if (first->pdus == 0) {
            arrive(p, first);
        }
    }
}

static void take_events(struct fake_pump *p)
{
    struct dfu_event ev;
    while (p->event != NULL && p->event(p->self, &ev)) {
        if (ev.kind == DFU_EVENT_WARNING) {
            p->warnings[ev.warning]++;
        }
        p->finds += ev.kind == DFU_EVENT_FIND_DEVICE;
        p->plans += ev.kind == DFU_EVENT_PLAN_READY;
        p->steps_begun += ev.kind == DFU_EVENT_STEP_BEGIN;
        p->steps_ended += ev.kind == DFU_EVENT_STEP_END;
    }
}

static uint32_t soonest(uint32_t best, uint32_t at, uint32_t now)
{
    uint32_t wait = (int32_t)(at - now) < 0 ? 0 : at - now;
    return wait < best ? wait : best;
}

static uint32_t next_wait(const struct fake_pump *p)
{
    uint32_t wait = p->procedure->wait_ms(p->self, p->now_ms);
    for (size_t i = 0; i < 40; i++) {
        const struct fake_item *it = &p->items[i];
        if (!it->used) {
            continue;
        }
        wait = soonest(wait, it->due_ms, p->now_ms);
        if (it->arriving) {
            wait = soonest(wait, it->arrive_ms, p->now_ms);
        }
        if (it->answering) {
            wait = soonest(wait, it->answer_ms, p->now_ms);
        }
    }
    if (p->device->reset_due) {
        wait = soonest(wait, p->device->reset_at_ms, p->now_ms);
    }
    if (p->device->down && !p->device->never_returns) {
        wait = soonest(wait, p->device->down_until_ms, p->now_ms);
    }
    if (p->interval_ms) {
        uint32_t rest = p->interval_ms - p->now_ms % p->interval_ms;
        wait = rest < wait ? rest : wait;
    }
    return wait;
}

static void step(struct fake_pump *p)
{
    device_time(p);
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->arriving && it->arrive_ms == p->now_ms) {
            arrive(p, it);
        }
    }
    for (size_t i = 0; !p->interval_ms && i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && it->answering && it->answer_ms == p->now_ms) {
            finish(p, it, 0);
        }
    }
    if (p->interval_ms && p->now_ms % p->interval_ms == 0) {
        event(p);
    }
    for (size_t i = 0; i < 40; i++) {
        struct fake_item *it = &p->items[i];
        if (it->used && (int32_t)(p->now_ms - it->due_ms) >= 0) {
            if (it->tries_left > 0) {
                transmit(p, it);
            } else {
                finish(p, it, SMP_E_TIMEOUT);
            }
        }
    }
    take_events(p);
    take_requests(p);
    take_events(p);
}

void fake_pump_go(struct fake_pump *p, uint32_t limit_ms)
{
    p->end_ms = p->now_ms + limit_ms;
    uint32_t idle = 0;
    while (!p->procedure->done(p->self) &&
            (int32_t)(p->end_ms - p->now_ms) > 0) {
        step(p);
        if (p->procedure->done(p->self)) {
            break;
        }
        uint32_t wait = next_wait(p);
        idle = wait == 0 ? idle + 1 : 0;
        assert_true(idle < 1000); /* spins without doing anything */
        if (wait == NEVER) {
            break; /* hangs: the test sees that it is not done */
        }
        p->now_ms += wait;
    }
    take_events(p);
}

void fake_pump_run(struct fake_pump *p, uint32_t limit_ms)
{
    p->link.up = true;
    p->procedure->link(p->self, p->now_ms, &p->link);
    fake_pump_go(p, limit_ms);
}
