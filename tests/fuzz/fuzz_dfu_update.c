// SPDX-License-Identifier: Apache-2.0
/*
 * An update against a device that answers whatever the input says: raw CBOR,
 * lists with any flags, offsets that jump, refusals, silence, lost links. It
 * has to end within a bounded number of requests, and it may say success only
 * when the last list shows the image running.
 */
#include <stdlib.h>
#include <string.h>

#include "dfu/update.h"
#include "fuzz.h"

#define REQUESTS_MAX 20000u

struct input {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static uint8_t take(struct input *in)
{
    return in->at < in->size ? in->data[in->at++] : 0;
}

static int read_file(void *ctx, uint32_t off, void *buf, size_t len)
{
    (void)ctx;
    memset(buf, (int)(off & 0xff), len);
    return 0;
}

static void put_hash(struct smp_encoder *e, uint8_t tag)
{
    uint8_t hash[64];
    memset(hash, tag, sizeof(hash));
    smp_put_bytes(e, (struct smp_bytes){ hash, tag & 0x80 ? 64u : 32u });
}

static void put_flags(struct smp_encoder *e, uint8_t flags)
{
    static const char *const keys[] = { "bootable", "pending", "confirmed",
        "active", "permanent" };
    for (size_t i = 0; i < 5; i++) {
        if (flags & (1u << i)) {
            smp_put_key(e, keys[i]);
            smp_put_bool(e, true);
        }
    }
}

static void put_list(struct smp_encoder *e, struct input *in)
{
    uint8_t count = take(in) % 20;
    smp_put_map(e, 0);
    smp_put_key(e, "images");
    smp_put_array(e, 0);
    for (uint8_t i = 0; i < count; i++) {
        uint8_t where = take(in);
        smp_put_map(e, 0);
        if (where & 0x80) {
            smp_put_key(e, "image");
            smp_put_uint(e, where & 3u);
        }
        smp_put_key(e, "slot");
        smp_put_uint(e, where >> 2 & 1u);
        smp_put_key(e, "version");
        smp_put_str(e, where & 0x40 ? "1.0.0" : "nonsense");
        smp_put_key(e, "hash");
        put_hash(e, take(in) % 5);
        put_flags(e, take(in));
        smp_put_end(e);
    }
    smp_put_end(e);
    smp_put_end(e);
}

static void put_off(struct smp_encoder *e, struct input *in, uint32_t next)
{
    uint8_t how = take(in);
    smp_put_map(e, 0);
    smp_put_key(e, "off");
    smp_put_uint(e, how < 200 ? next : (uint64_t)take(in) * how);
    if (how & 1) {
        smp_put_key(e, "match");
        smp_put_bool(e, how & 2);
    }
    smp_put_end(e);
}

static void put_map(struct smp_encoder *e, struct input *in)
{
    static const char *const keys[] = { "buf_size", "buf_count", "mode" };
    smp_put_map(e, 0);
    for (size_t i = 0; i < 3; i++) {
        smp_put_key(e, keys[i]);
        smp_put_uint(e, (uint64_t)take(in) * (i ? 1u : 16u));
    }
    smp_put_end(e);
}

static void make_answer(struct input *in, const struct smp_request *req,
        struct smp_answer *answer, uint8_t *buf, size_t cap)
{
    struct smp_encoder e;
    uint8_t how = take(in);
    *answer = (struct smp_answer){ .tag = req->tag, .sends = 1, .rtt_ms = 1 };
    smp_encoder_init(&e, buf, cap, SMP_FORM_INDEFINITE);
    if (how >= 250) {
        answer->result = how & 1 ? SMP_E_TIMEOUT : SMP_E_LINK;
        return;
    }
    if (how >= 235) {
        answer->result = SMP_E_REMOTE;
        answer->refusal.shape = how & 1;
        answer->refusal.rc = take(in) % 36;
        return;
    }
    if (how >= 225) {
        size_t len = take(in);
        len = len < in->size - in->at ? len : in->size - in->at;
        memcpy(buf, in->data + in->at, len);
        in->at += len;
        answer->body = (struct smp_bytes){ buf, len };
        return;
    }
    if (req->map == &smp_image_upload_req_map) {
        const struct smp_image_upload_req *r = req->body;
        put_off(&e, in, r->off + (uint32_t)r->data.len);
    } else if (req->group == SMP_GROUP_IMAGE) {
        put_list(&e, in);
    } else {
        put_map(&e, in);
    }
    answer->body = (struct smp_bytes){ buf, e.len };
}

static void set_up(struct input *in, struct dfu_package *package,
        struct dfu_update_config *cfg)
{
    uint8_t how = take(in);
    memset(package, 0, sizeof(*package));
    package->count = (uint8_t)(how % 3 + 1);
    for (uint8_t i = 0; i < package->count; i++) {
        struct dfu_image *im = &package->images[i];
        im->image = how & 0x40 ? 0 : i;
        im->slot = how & 0x40 ? i & 1 : 1;
        im->slot_given = how & 0x40;
        im->net_core = (how & 0x20) && i == 1;
        im->name = "f";
        im->source.read = read_file;
        im->source.size = 64 + 40u * take(in);
        im->hash_len = 32;
        memset(im->hash, 1 + i, 32);
    }
    uint8_t wish = take(in);
    cfg->options.mode = (enum dfu_mode)(wish & 3);
    cfg->options.force = wish & 4;
    cfg->options.erase_settings = wish & 8;
    cfg->options.resume = wish & 16;
}

static bool shown_running(const struct dfu_update *u,
        const struct dfu_package *package)
{
    for (uint8_t i = 0; i < package->count; i++) {
        const struct dfu_image *im = &package->images[i];
        uint8_t verified = u->result.images[i].verified;
        const struct dfu_slot *s = dfu_device_running(&u->device, im->image);
        if (verified == DFU_VERIFIED_ACTIVE &&
                (s == NULL || memcmp(s->hash, im->hash, 32) != 0)) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dfu_update update;
    static struct dfu_package package;
    static uint8_t chunk[600];
    static uint8_t buf[4096];
    struct input in = { data, size, 0 };
    struct dfu_update_config cfg = { .package = &package,
        .chunk = chunk,
        .chunk_size = sizeof(chunk) };
    set_up(&in, &package, &cfg);
    struct smp_link link = { .up = true, .epoch = 1, .max_message = 300 };
    uint32_t now = 0xfffff000u; /* the clock wraps soon */
    uint32_t requests = 0;
    dfu_update_init(&update, &cfg);
    dfu_update_link(&update, now, &link);
    while (!dfu_update_done(&update)) {
        struct smp_request req;
        struct dfu_event ev;
        struct smp_answer answer;
        while (dfu_update_event(&update, &ev)) {
        }
        if (dfu_update_next(&update, now, &req)) {
            if (++requests > REQUESTS_MAX) {
                abort(); /* does not end */
            }
            make_answer(&in, &req, &answer, buf, sizeof(buf));
            now += 3;
            dfu_update_answer(&update, now, &answer);
            continue;
        }
        uint32_t wait = dfu_update_wait_ms(&update, now);
        if (wait == UINT32_MAX && !dfu_update_done(&update)) {
            abort(); /* hangs */
        }
        now += wait;
        if (!update.link.up && take(&in) < 200) {
            link.epoch++;
            dfu_update_link(&update, now, &link);
        }
    }
    if (update.result.code == DFU_OK && !shown_running(&update, &package)) {
        abort(); /* success without proof */
    }
    return 0;
}
