// SPDX-License-Identifier: Apache-2.0
#include "vdev_lab.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/write.h"
#include "smp/message.h"
#include "smp/response.h"
#include "vdev/app.h"

#define CHUNK 200u

static void on_console(void *ctx, const char *text, size_t len)
{
    struct lab *lab = ctx;
    if (lab->console_len + len < sizeof(lab->console)) {
        memcpy(lab->console + lab->console_len, text, len);
        lab->console_len += len;
        lab->console[lab->console_len] = 0;
    }
}

static void on_note(void *ctx, const char *text)
{
    struct lab *lab = ctx;
    size_t room = sizeof(lab->notes) - lab->notes_len;
    int n = snprintf(lab->notes + lab->notes_len, room, "%s\n", text);
    if (n > 0 && (size_t)n < room) {
        lab->notes_len += (size_t)n;
    }
}

void lab_init(struct lab *lab, const char *preset)
{
    char err[VDEV_ERR_SIZE];
    memset(lab, 0, sizeof(*lab));
    lab->now_us = 1000000;
    if (vdev_config_preset(&lab->cfg, preset, err) != 0) {
        fail_msg("%s", err);
    }
}

void lab_set(struct lab *lab, const char *key, const char *value)
{
    char err[VDEV_ERR_SIZE];
    if (vdev_config_set(&lab->cfg, key, value, err) != 0) {
        fail_msg("%s", err);
    }
}

void lab_fault(struct lab *lab, const char *spec)
{
    char err[VDEV_ERR_SIZE];
    if (vdev_config_add_fault(&lab->cfg, spec, err) != 0) {
        fail_msg("%s", err);
    }
}

void lab_start_port(struct lab *lab, const struct vdev_port_spec *spec)
{
    char err[VDEV_ERR_SIZE] = "";
    lab->ops = (struct vdev_ops){
        .hash = &host_hash_ops,
        .hash_ctx = &lab->hash,
        .console = on_console,
        .note = on_note,
    };
    if (lab->cfg.keys[0] != 0) {
        assert_int_equal(host_boot_keys_open(&lab->keys, lab->cfg.keys,
                                 lab->cfg.hash, NULL),
                0);
        lab->ops.keys = &lab->keys.keys;
        lab->ops.signer = &lab->keys.signer;
    }
    lab->device =
            vdev_device_create(&lab->cfg, &lab->ops, lab, lab->now_us, err);
    if (lab->device == NULL) {
        fail_msg("%s", err);
    }
    lab->port = vdev_device_port_add(lab->device, spec);
    assert_true(lab->port >= 0);
}

void lab_start(struct lab *lab)
{
    const struct vdev_port_spec spec = {
        .kind = VDEV_PORT_DATAGRAM,
        .reset = VDEV_PORT_GOES_DOWN,
        .linked = true,
    };
    lab_start_port(lab, &spec);
}

void lab_stop(struct lab *lab)
{
    vdev_device_destroy(lab->device);
    host_hash_clear(&lab->hash);
    host_boot_keys_close(&lab->keys);
    lab->device = NULL;
}

static void take(struct lab *lab)
{
    struct vdev_out out;
    while (vdev_device_tx(lab->device, &out) == 1) {
        assert_true(out.len <= sizeof(lab->answer));
        memcpy(lab->answer, out.buf, out.len);
        lab->answer_len = out.len;
        lab->answers++;
    }
}

/* To the next thing that happens, at most to end_us. */
static void step(struct lab *lab, uint64_t end_us)
{
    uint64_t wait = vdev_device_wait_us(lab->device, lab->now_us);
    uint64_t next = wait > end_us - lab->now_us ? end_us : lab->now_us + wait;
    lab->now_us = next;
    vdev_device_tick(lab->device, next);
    take(lab);
}

void lab_run(struct lab *lab, uint32_t ms)
{
    uint64_t end_us = lab->now_us + (uint64_t)ms * 1000;
    while (lab->now_us < end_us) {
        step(lab, end_us);
    }
}

bool lab_is_up(const struct lab *lab)
{
    struct vdev_port_info info;
    vdev_device_port_info(lab->device, lab->port, &info);
    return info.up;
}

bool lab_wait_up(struct lab *lab, uint32_t limit_ms)
{
    uint64_t end_us = lab->now_us + (uint64_t)limit_ms * 1000;
    while (!lab_is_up(lab) && lab->now_us < end_us) {
        step(lab, end_us);
    }
    return lab_is_up(lab);
}

void lab_send(struct lab *lab, const uint8_t *buf, size_t len)
{
    vdev_device_rx(lab->device, lab->port, 7, buf, len, lab->now_us);
}

bool lab_ask(struct lab *lab, const uint8_t *buf, size_t len)
{
    uint32_t before = lab->answers;
    uint64_t end_us = lab->now_us + 60000000;
    lab->answer_len = 0;
    lab_send(lab, buf, len);
    take(lab);
    while (lab->answers == before && lab->now_us < end_us) {
        step(lab, end_us);
    }
    return lab->answers != before;
}

static size_t from_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned int byte;
    while (*text != 0) {
        if (isspace((unsigned char)*text)) {
            text++;
            continue;
        }
        assert_int_equal(sscanf(text, "%2x", &byte), 1);
        assert_true(n < cap);
        out[n++] = (uint8_t)byte;
        text += 2;
    }
    return n;
}

void lab_ask_hex(struct lab *lab, const char *request, const char *answer)
{
    uint8_t buf[1024];
    uint8_t want[1024];
    size_t len = from_hex(request, buf, sizeof(buf));
    assert_true(lab_ask(lab, buf, len));
    if (answer != NULL) {
        size_t want_len = from_hex(answer, want, sizeof(want));
        assert_int_equal(lab->answer_len, want_len);
        assert_memory_equal(lab->answer, want, want_len);
    }
}

bool lab_image_call(struct lab *lab, uint8_t op, uint8_t id,
        const struct smp_map *map, const void *body)
{
    uint8_t buf[2048];
    struct smp_encoder e;
    smp_encoder_init(&e, buf + SMP_HEADER_SIZE, sizeof(buf) - SMP_HEADER_SIZE,
            SMP_FORM_DEFINITE);
    if (map != NULL) {
        smp_put_struct(&e, map, body);
    } else {
        smp_put_map(&e, 0);
        smp_put_end(&e);
    }
    int len = smp_encoder_finish(&e);
    assert_true(len > 0);
    struct smp_header hdr = {
        .version = SMP_V2,
        .op = op,
        .len = (uint16_t)len,
        .group = SMP_GROUP_IMAGE,
        .seq = lab->seq++,
        .id = id,
    };
    smp_header_encode(&hdr, buf);
    return lab_ask(lab, buf, SMP_HEADER_SIZE + (size_t)len);
}

int lab_code(const struct lab *lab)
{
    struct smp_iter it;
    struct smp_item item;
    struct smp_view view = {
        .cbor = { lab->answer + SMP_HEADER_SIZE,
                lab->answer_len - SMP_HEADER_SIZE },
    };
    assert_true(lab->answer_len > SMP_HEADER_SIZE);
    int code = 0;
    smp_iter_init(&it, view);
    while (smp_iter_next(&it, &item) == 1) {
        if (item.key.len == 2 && memcmp(item.key.ptr, "rc", 2) == 0) {
            code = (int)item.integer;
        }
        if (item.key.len == 3 && memcmp(item.key.ptr, "err", 3) == 0) {
            struct smp_iter in;
            struct smp_item field;
            smp_iter_init(&in, item.view);
            while (smp_iter_next(&in, &field) == 1) {
                if (field.key.len == 2) {
                    code = 1000 + (int)field.integer;
                }
            }
        }
    }
    return code;
}

struct sink {
    uint8_t *bytes;
    size_t len;
};

static int sink_write(void *ctx, const void *buf, size_t len)
{
    struct sink *sink = ctx;
    memcpy(sink->bytes + sink->len, buf, len);
    sink->len += len;
    return 0;
}

static int payload_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const uint32_t *key = ctx;
    uint8_t *p = buf;
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)((off + i) * 31 + *key + ((off + i) >> 8));
    }
    return 0;
}

static void make_image(struct lab_image *image, const char *version,
        const char *app, const struct mcub_image_spec *wanted)
{
    static uint8_t scratch[512];
    struct host_hash ctx = { 0 };
    struct mcub_hash hash;
    uint32_t key = (uint32_t)strlen(version);
    for (const char *p = version; *p != 0; p++) {
        key = key * 33 + (uint8_t)*p;
    }
    struct mcub_tlv_spec tlv = { VDEV_APP_TLV,
        { (const uint8_t *)app, app != NULL ? strlen(app) : 0 } };
    struct mcub_image_spec spec = *wanted;
    spec.hdr_size = 0x200;
    spec.payload.read = payload_read;
    spec.payload.ctx = &key;
    spec.prot = app != NULL ? &tlv : NULL;
    spec.prot_count = app != NULL ? 1 : 0;
    spec.hash_alg = MCUB_HASH_SHA256;
    uint32_t total;
    assert_int_equal(mcub_version_parse(version, strlen(version),
                             &spec.version),
            0);
    assert_int_equal(mcub_image_spec_size(&spec, &total), 0);
    struct sink sink = { malloc(total), 0 };
    struct mcub_image_writer writer = {
        .hash = &host_hash_ops,
        .hash_ctx = &ctx,
        .sink = { sink_write, &sink },
        .scratch = scratch,
        .scratch_size = sizeof(scratch),
    };
    assert_non_null(sink.bytes);
    assert_int_equal(mcub_image_write(&spec, &writer, &hash), 0);
    assert_int_equal(sink.len, total);
    image->bytes = sink.bytes;
    image->len = sink.len;
    memcpy(image->hash, hash.bytes, sizeof(image->hash));
    host_hash_clear(&ctx);
}

void lab_make_image(struct lab_image *image, const char *version, uint32_t size,
        const char *app)
{
    const struct mcub_image_spec spec = { .payload.size = size };
    make_image(image, version, app, &spec);
}

void lab_make_image_at(struct lab_image *image, const char *version,
        const char *app, uint32_t flags, uint32_t load_addr)
{
    const struct mcub_image_spec spec = { .payload.size = 6000,
        .flags = flags,
        .load_addr = load_addr };
    make_image(image, version, app, &spec);
}

static uint32_t answered_off(const struct lab *lab)
{
    struct smp_image_upload_rsp rsp;
    struct smp_bytes body = { lab->answer + SMP_HEADER_SIZE,
        lab->answer_len - SMP_HEADER_SIZE };
    assert_int_equal(smp_map_decode(&smp_image_upload_rsp_map, body, &rsp), 0);
    assert_true(rsp.has & SMP_IMAGE_UPLOAD_RSP_OFF);
    return rsp.off;
}

int lab_upload(struct lab *lab, const struct lab_image *image, uint32_t number)
{
    uint32_t off = 0;
    while (off < image->len) {
        size_t n = image->len - off < CHUNK ? image->len - off : CHUNK;
        struct smp_image_upload_req req = {
            .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
            .off = off,
            .data = { image->bytes + off, n },
        };
        if (off == 0) {
            req.has |= SMP_IMAGE_UPLOAD_REQ_LEN | SMP_IMAGE_UPLOAD_REQ_IMAGE;
            req.len = (uint32_t)image->len;
            req.image = number;
        }
        assert_true(lab_image_call(lab, SMP_OP_WRITE, SMP_IMAGE_UPLOAD,
                &smp_image_upload_req_map, &req));
        if (lab_code(lab) != 0) {
            return lab_code(lab);
        }
        assert_int_not_equal(answered_off(lab), off);
        off = answered_off(lab);
    }
    return 0;
}

int lab_set_state(struct lab *lab, const struct lab_image *image, bool confirm)
{
    struct smp_image_state_req req = {
        .has = SMP_IMAGE_STATE_REQ_HASH | SMP_IMAGE_STATE_REQ_CONFIRM,
        .hash = { image->hash, sizeof(image->hash) },
        .confirm = confirm,
    };
    assert_true(lab_image_call(lab, SMP_OP_WRITE, SMP_IMAGE_STATE,
            &smp_image_state_req_map, &req));
    return lab_code(lab);
}

int lab_confirm(struct lab *lab)
{
    struct smp_image_state_req req = {
        .has = SMP_IMAGE_STATE_REQ_CONFIRM,
        .confirm = true,
    };
    assert_true(lab_image_call(lab, SMP_OP_WRITE, SMP_IMAGE_STATE,
            &smp_image_state_req_map, &req));
    return lab_code(lab);
}

static void reset_by(struct lab *lab, const uint8_t *request, size_t len)
{
    assert_true(lab_ask(lab, request, len));
    assert_int_equal(lab_code(lab), 0);
    lab_run(lab, 251);
    assert_false(lab_is_up(lab));
    assert_true(lab_wait_up(lab, 600000));
}

void lab_reset(struct lab *lab)
{
    static const uint8_t reset[] = { 0x0a, 0, 0, 1, 0, 0, 0x33, 5, 0xa0 };
    reset_by(lab, reset, sizeof(reset));
}

void lab_reset_to_loader(struct lab *lab)
{
    static const uint8_t reset[] = { 0x0a, 0, 0, 12, 0, 0, 0x34, 5, 0xa1, 0x69,
        'b', 'o', 'o', 't', '_', 'm', 'o', 'd', 'e', 1 };
    reset_by(lab, reset, sizeof(reset));
}

const char *lab_list(struct lab *lab)
{
    static char text[512];
    size_t len = 0;
    struct smp_image_state_rsp rsp;
    struct smp_iter it;
    struct smp_item item;
    assert_true(lab_image_call(lab, SMP_OP_READ, SMP_IMAGE_STATE, NULL, NULL));
    struct smp_bytes body = { lab->answer + SMP_HEADER_SIZE,
        lab->answer_len - SMP_HEADER_SIZE };
    assert_int_equal(smp_map_decode(&smp_image_state_rsp_map, body, &rsp), 0);
    text[0] = 0;
    smp_iter_init(&it, rsp.images);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_image_slot s;
        assert_int_equal(smp_map_decode(&smp_image_slot_map, item.view.cbor,
                                 &s),
                0);
        int n = snprintf(text + len, sizeof(text) - len,
                "%s%u.%u %.*s %s%s%s%s", len != 0 ? ", " : "", s.image, s.slot,
                (int)s.version.len, (const char *)s.version.ptr,
                s.active ? "A" : "", s.confirmed ? "C" : "",
                s.pending ? "P" : "", s.permanent ? "!" : "");
        assert_true(n > 0);
        len += (size_t)n;
    }
    return text;
}
