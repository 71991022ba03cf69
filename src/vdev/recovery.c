// SPDX-License-Identifier: Apache-2.0
/*
 * Serial recovery: MCUboot's own server. It knows a handful of commands,
 * answers everything else with rc 8, writes the first slot while nobody runs,
 * and checks nothing but lengths.
 *
 * upload  off 0, len        erase, expected offset 0; any len up to the slot
 *         off as expected   whole write blocks are taken, the rest is asked
 *                           for again; the last chunk may have any length
 *         off otherwise     rc 0 and the expected offset
 *         behind len        rc 3, the session stays
 *         complete          an encrypted image in the first slot is decrypted
 *                           where it lies; rc 3 when that is not possible
 *
 * Source: mcuboot boot/boot_serial/src/boot_serial.c, docs/serial_recovery.md.
 */
#include <string.h>

#include "smp/group_image.h"
#include "smp/group_os.h"

#include "vdev/private.h"

/* Framing of the console: length and CRC share the buffer. */
#define FRAME_EXTRA 4u

/* Of internal flash; larger ones are not decrypted in place. */
#define SECTOR_MAX 0x20000u

static bool has(const struct vdev_device *d, enum vdev_recovery_option option)
{
    return (d->cfg.recovery.options & option) != 0;
}

/* Version bits come back as they are, and no version is refused. */
static bool rc_zero(uint16_t group, uint8_t op, uint8_t id)
{
    return (group == SMP_GROUP_IMAGE && id == SMP_IMAGE_UPLOAD) ||
            (group == SMP_GROUP_OS &&
                    (id == SMP_OS_RESET || id == SMP_OS_CONSOLE_ECHO)) ||
            (group == SMP_GROUP_BASIC && op == SMP_OP_WRITE);
}

static const struct smp_dress dress = {
    .group_error = SMP_DRESS_FLAT,
    .rc_zero = rc_zero,
};

/* ---- OS group ---- */

static void run_echo(void *ctx, struct smp_call *call)
{
    const struct smp_os_echo_req *req = call->body;
    (void)ctx;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "r");
    smp_put_text(call->rsp, req->d);
}

static void run_nothing(void *ctx, struct smp_call *call)
{
    (void)ctx;
    (void)call;
}

static void run_reset(void *ctx, struct smp_call *call)
{
    struct vdev_device *d = ctx;
    (void)call;
    d->reset_asked = true;
}

static void run_params(void *ctx, struct smp_call *call)
{
    const struct vdev_device *d = ctx;
    smp_call_begin(call, 2);
    smp_call_put_uint(call, "buf_size", d->cfg.recovery.buf_size);
    smp_call_put_uint(call, "buf_count", 1);
}

/* Which operation it is, is not looked at. */
static const struct smp_handler os_handlers[] = {
    { SMP_OP_READ, SMP_OS_CONSOLE_ECHO, NULL, run_nothing },
    { SMP_OP_WRITE, SMP_OS_CONSOLE_ECHO, NULL, run_nothing },
    { SMP_OP_READ, SMP_OS_RESET, NULL, run_reset },
    { SMP_OP_WRITE, SMP_OS_RESET, NULL, run_reset },
    { SMP_OP_READ, SMP_OS_ECHO, &smp_os_echo_req_map, run_echo },
    { SMP_OP_WRITE, SMP_OS_ECHO, &smp_os_echo_req_map, run_echo },
    { SMP_OP_READ, SMP_OS_PARAMS, NULL, run_params },
};

static void init_os(struct vdev_device *d, struct smp_server_group *group)
{
    *group = (struct smp_server_group){
        .id = SMP_GROUP_OS,
        .name = "os mgmt",
        .handlers = os_handlers,
        .handler_count = sizeof(os_handlers) / sizeof(os_handlers[0]),
        .absent = (has(d, VDEV_RECOVERY_ECHO) ? 0 : 1u << SMP_OS_ECHO) |
                (has(d, VDEV_RECOVERY_PARAMS) ? 0 : 1u << SMP_OS_PARAMS),
        .ctx = d,
    };
}

/* ---- storage ---- */

static void run_erase_storage(void *ctx, struct smp_call *call)
{
    struct vdev_device *d = ctx;
    const struct vdev_slot_config *s = &d->cfg.storage;
    if (s->size == 0 ||
            mcub_flash_erase(&d->chip.memory[s->part].flash, s->off, s->size) !=
                    0) {
        smp_call_refuse(call, SMP_RC_UNKNOWN);
    }
}

static const struct smp_handler basic_handlers[] = {
    { SMP_OP_WRITE, 0, NULL, run_erase_storage },
};

/* ---- images ---- */

/* Hash and signature; sealed: through the key of the bootloader. */
static int check(struct vdev_device *d, const struct dfu_slot_ref *at,
        const struct mcub_image *image, const struct mcub_hash *hash,
        bool sealed)
{
    struct mcub_decrypt dec = { .cipher = { .key_len = 0 } };
    struct mcub_image plain = *image;
    int rc = 0;
    plain.plain = d->ops->cipher != NULL;
    if (sealed && mcub_image_key_size(image) == d->board.key_size) {
        rc = mcub_decrypt_open(&dec, image, d->ops->cipher, d->ops->cipher_ctx,
                &plain);
    } else if (sealed) {
        rc = MCUB_E_ENCRYPTED;
    }
    if (rc == 0) {
        uint8_t scratch[256];
        rc = mcub_image_verify_hash(&plain, d->ops->hash, d->ops->hash_ctx,
                scratch, sizeof(scratch));
    }
    if (rc == 0) {
        rc = vdev_verify(d, at->image, at->slot, &plain, hash);
    }
    mcub_decrypt_finish(&dec);
    return rc;
}

/* Whole, and signed as the bootloader wants it? Then it is listed. */
static bool is_listed(struct vdev_device *d, uint8_t image, uint8_t slot,
        struct mcub_slot_info *info)
{
    struct mcub_slot_image found;
    struct dfu_slot_ref at = { image, slot };
    return mcub_slot_open(&d->board, image, slot, &found) == 0 &&
            mcub_slot_read_info(&d->board, image, slot, info) == 0 &&
            check(d, &at, &found.image, &info->hash,
                    slot != 0 && mcub_image_key_size(&found.image) != 0) == 0;
}

/* Keys of a list entry, sent only when they are true. */
static uint32_t flags_of(const struct vdev_device *d, uint8_t image,
        uint8_t slot, const struct mcub_slot_info *info, const char *keys[4])
{
    uint32_t n = 0;
    enum mcub_swap_type type = mcub_board_swap_type(&d->board, image);
    bool waits = type == MCUB_SWAP_TEST || type == MCUB_SWAP_PERM;
    if ((info->header.flags & MCUB_IMAGE_NON_BOOTABLE) == 0) {
        keys[n++] = "bootable";
    }
    if (slot == 0 && type != MCUB_SWAP_REVERT) {
        keys[n++] = "confirmed";
    }
    if (slot == 0 && !waits) {
        keys[n++] = "active";
    }
    if (slot == 1 && type == MCUB_SWAP_REVERT) {
        keys[n++] = "confirmed";
    }
    if (slot == 1 && waits) {
        keys[n++] = "pending";
    }
    if (slot == 1 && type == MCUB_SWAP_PERM) {
        keys[n++] = "permanent";
    }
    return n;
}

static void put_entry(struct vdev_device *d, uint8_t image, uint8_t slot,
        const struct mcub_slot_info *info, struct smp_call *call)
{
    const char *keys[4];
    char version[MCUB_VERSION_TEXT_SIZE];
    uint32_t flags = has(d, VDEV_RECOVERY_STATE)
            ? flags_of(d, image, slot, info, keys)
            : 0;
    bool numbered = d->board.image_count > 1;
    bool hash = has(d, VDEV_RECOVERY_HASH);
    smp_put_map(call->rsp, 2u + numbered + hash + flags);
    if (numbered) {
        smp_call_put_uint(call, "image", image);
    }
    for (uint32_t i = 0; i < flags; i++) {
        smp_put_key(call->rsp, keys[i]);
        smp_put_bool(call->rsp, true);
    }
    smp_call_put_uint(call, "slot", slot);
    if (hash) {
        smp_put_key(call->rsp, "hash");
        smp_put_bytes(call->rsp,
                (struct smp_bytes){ info->hash.bytes, info->hash.len });
    }
    mcub_version_print(&info->header.version, '.', version);
    smp_put_key(call->rsp, "version");
    smp_put_str(call->rsp, version);
    smp_put_end(call->rsp);
}

static void run_list(void *ctx, struct smp_call *call)
{
    struct vdev_device *d = ctx;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "images");
    smp_put_array(call->rsp, (size_t)2 * VDEV_IMAGES_MAX);
    for (uint8_t image = 0; image < d->board.image_count; image++) {
        for (uint8_t slot = 0; slot < 2; slot++) {
            struct mcub_slot_info info;
            if (is_listed(d, image, slot, &info)) {
                put_entry(d, image, slot, &info, call);
            }
        }
    }
    smp_put_end(call->rsp);
}

/* The image whose hash this is, in whatever slot; or that of image 0. */
static int find_image(struct vdev_device *d, struct smp_bytes hash)
{
    if (hash.len == 0) {
        return d->board.image_count == 1 ? 0 : -SMP_RC_INVAL;
    }
    if (hash.len != mcub_hash_size(d->cfg.hash)) {
        return -SMP_RC_INVAL;
    }
    for (uint8_t i = 0; i < 2u * d->board.image_count; i++) {
        struct mcub_slot_info info;
        if (is_listed(d, i / 2u, i % 2u, &info) && info.hash.len == hash.len &&
                memcmp(info.hash.bytes, hash.ptr, hash.len) == 0) {
            return i / 2;
        }
    }
    return -SMP_RC_NOENT;
}

/* Whichever slot the hash is of, the second one is marked. */
static void run_mark(void *ctx, struct smp_call *call)
{
    struct vdev_device *d = ctx;
    const struct smp_image_state_req *req = call->body;
    int image = find_image(d, req->hash);
    if (image < 0) {
        smp_call_refuse(call, (enum smp_rc) - image);
        return;
    }
    if (mcub_slot_set_pending(&d->board, (uint8_t)image, req->confirm) != 0) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    }
    run_list(ctx, call);
}

/* ---- upload ---- */

/* Where an upload goes: the number means an image, or a slot from 1. */
static bool find_target(const struct vdev_device *d, uint32_t number,
        struct dfu_slot_ref *to)
{
    if (!has(d, VDEV_RECOVERY_DIRECT)) {
        *to = (struct dfu_slot_ref){ (uint8_t)number, 0 };
        return number < d->board.image_count;
    }
    uint32_t slot = number == 0 ? 0 : number - 1;
    *to = (struct dfu_slot_ref){ (uint8_t)(slot / 2), (uint8_t)(slot % 2) };
    return slot < 2u * d->board.image_count &&
            mcub_board_slot(&d->board, to->image, to->slot) != NULL;
}

static bool begin(struct vdev_device *d, const struct smp_image_upload_req *req)
{
    struct vdev_upload *up = &d->upload;
    memset(up, 0, sizeof(*up));
    if ((req->has & SMP_IMAGE_UPLOAD_REQ_LEN) == 0 ||
            !find_target(d, req->image, &up->to)) {
        return false;
    }
    const struct mcub_slot *slot =
            mcub_board_slot(&d->board, up->to.image, up->to.slot);
    if (req->len > slot->size) {
        return false;
    }
    /* The first chunk is not compared with len, later ones are. */
    uint32_t len =
            req->len < req->data.len ? (uint32_t)req->data.len : req->len;
    if (mcub_slot_writer_init(&up->writer, &d->board, up->to.image, up->to.slot,
                len, has(d, VDEV_RECOVERY_PROGRESSIVE)) != 0) {
        return false;
    }
    up->open = true;
    up->len = req->len;
    up->block = slot->flash->write_size;
    vdev_note(d, "recovery: upload of %u bytes into image %u slot %u", req->len,
            up->to.image, up->to.slot);
    return true;
}

/* What lies in the first slot runs: it has to be plain text. */
static bool decrypt(struct vdev_device *d)
{
    const struct vdev_upload *up = &d->upload;
    const struct mcub_slot *slot =
            mcub_board_slot(&d->board, up->to.image, up->to.slot);
    struct mcub_slot_image found;
    struct mcub_hash hash;
    if (up->to.slot != 0 || d->ops->cipher == NULL ||
            mcub_slot_open(&d->board, up->to.image, 0, &found) != 0 ||
            mcub_image_key_size(&found.image) == 0) {
        return true;
    }
    int rc = mcub_image_find_hash(&found.image, &hash);
    if (rc == 0) {
        rc = check(d, &up->to, &found.image, &hash, true);
    }
    if (rc == 0) {
        static uint8_t buf[SECTOR_MAX];
        rc = mcub_slot_decrypt(slot, d->ops->cipher, d->ops->cipher_ctx, buf,
                sizeof(buf));
    }
    vdev_note(d, "recovery: image %u slot 0 %s%s", up->to.image,
            rc == 0 ? "is decrypted" : "cannot be decrypted: ",
            rc == 0 ? "" : mcub_err_to_str(rc));
    return rc == 0;
}

static bool take(struct vdev_device *d, struct smp_bytes data)
{
    struct vdev_upload *up = &d->upload;
    size_t n = data.len;
    if (!up->open || (up->off != 0 && data.len > up->len - up->off)) {
        return false;
    }
    if (up->off + n < up->len) {
        n -= n % up->block;
    }
    if (mcub_slot_writer_write(&up->writer, data.ptr, n) != 0) {
        return false;
    }
    up->off += (uint32_t)n;
    if (up->off < up->len) {
        return true;
    }
    up->open = false;
    vdev_note(d, "recovery: upload complete");
    return mcub_slot_writer_finish(&up->writer) == 0 && decrypt(d);
}

static void run_upload(void *ctx, struct smp_call *call)
{
    struct vdev_device *d = ctx;
    const struct smp_image_upload_req *req = call->body;
    const uint32_t needed =
            SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA;
    bool ok = (req->has & needed) == needed;
    if (ok && req->off == 0) {
        ok = begin(d, req);
    }
    if (ok && req->off == d->upload.off) {
        ok = req->data.len == 0 || take(d, req->data);
    }
    if (!ok) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    }
    smp_call_begin(call, 1);
    smp_call_put_uint(call, "off", d->upload.off);
}

static void put_slot(const struct vdev_device *d, uint8_t image, uint8_t slot,
        struct smp_call *call)
{
    bool direct = has(d, VDEV_RECOVERY_DIRECT);
    bool told = direct || slot == 0;
    smp_put_map(call->rsp, told ? 3 : 2);
    smp_call_put_uint(call, "slot", slot);
    smp_call_put_uint(call, "size",
            mcub_board_slot(&d->board, image, slot)->size);
    if (told) {
        smp_call_put_uint(call, "upload_image_id",
                direct ? 2u * image + slot + 1u : image);
    }
    smp_put_end(call->rsp);
}

static void run_slot_info(void *ctx, struct smp_call *call)
{
    const struct vdev_device *d = ctx;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "images");
    smp_put_array(call->rsp, d->board.image_count);
    for (uint8_t image = 0; image < d->board.image_count; image++) {
        smp_put_map(call->rsp, 2);
        smp_call_put_uint(call, "image", image);
        smp_put_key(call->rsp, "slots");
        smp_put_array(call->rsp, 2);
        for (uint8_t slot = 0; slot < 2; slot++) {
            if (mcub_board_slot(&d->board, image, slot) != NULL) {
                put_slot(d, image, slot, call);
            }
        }
        smp_put_end(call->rsp);
        smp_put_end(call->rsp);
    }
    smp_put_end(call->rsp);
}

/* What is optional is last; see init_images(). */
static const struct smp_handler image_handlers[] = {
    { SMP_OP_READ, SMP_IMAGE_STATE, NULL, run_list },
    { SMP_OP_WRITE, SMP_IMAGE_UPLOAD, &smp_image_upload_req_map, run_upload },
    { SMP_OP_READ, SMP_IMAGE_SLOT_INFO, NULL, run_slot_info },
    { SMP_OP_WRITE, SMP_IMAGE_STATE, &smp_image_state_req_map, run_mark },
};

static void init_images(struct vdev_device *d, struct smp_server_group *group)
{
    uint8_t count = sizeof(image_handlers) / sizeof(image_handlers[0]);
    *group = (struct smp_server_group){
        .id = SMP_GROUP_IMAGE,
        .name = "img mgmt",
        .handlers = image_handlers,
        .handler_count =
                has(d, VDEV_RECOVERY_STATE) ? count : (uint8_t)(count - 1u),
        .absent =
                has(d, VDEV_RECOVERY_SLOT_INFO) ? 0 : 1u << SMP_IMAGE_SLOT_INFO,
        .ctx = d,
    };
}

void vdev_recovery_init(struct vdev_device *d)
{
    uint8_t n = 0;
    memset(&d->upload, 0, sizeof(d->upload));
    init_os(d, &d->group[n++]);
    init_images(d, &d->group[n++]);
    if (has(d, VDEV_RECOVERY_ERASE_STORAGE)) {
        d->group[n++] = (struct smp_server_group){
            .id = SMP_GROUP_BASIC,
            .name = "zephyr basic mgmt",
            .handlers = basic_handlers,
            .handler_count = 1,
            .ctx = d,
        };
    }
    for (uint8_t i = 0; i < n; i++) {
        d->groups[i] = &d->group[i];
    }
    const struct smp_server_config cfg = {
        .groups = d->groups,
        .group_count = n,
        .tx = d->tx,
        .tx_size = d->cfg.buf_size,
        .form = SMP_FORM_INDEFINITE,
        .dress = &dress,
    };
    smp_server_init(&d->server, &cfg);
}

bool vdev_recovery_is_on(const struct vdev_device *d)
{
    return d->life == VDEV_LIFE_RECOVERY || d->life == VDEV_LIFE_WAITING;
}

bool vdev_recovery_takes(struct vdev_device *d, struct vdev_msg *msg)
{
    uint32_t room = d->cfg.recovery.buf_size;
    struct smp_header hdr;
    if (d->port[msg->port].spec.kind == VDEV_PORT_CONSOLE) {
        room -= FRAME_EXTRA;
    }
    if (msg->len > room) {
        vdev_note(d, "recovery: message of %zu bytes, %u fit: no answer",
                msg->len, room);
        return false;
    }
    if (smp_header_decode(msg->data, msg->len, &hdr) < 0 ||
            (hdr.op != SMP_OP_READ && hdr.op != SMP_OP_WRITE) ||
            hdr.len < msg->len - SMP_HEADER_SIZE) {
        return false;
    }
    if (d->life == VDEV_LIFE_WAITING) {
        vdev_life_stay(d);
    }
    memcpy(d->asked, msg->data, sizeof(d->asked));
    if (hdr.len > msg->len - SMP_HEADER_SIZE) {
        msg->data[7] = 0xff; /* rc 8, whatever it was */
    }
    msg->data[0] = hdr.op | 1u << 3;
    hdr.len = (uint16_t)(msg->len - SMP_HEADER_SIZE);
    msg->data[2] = (uint8_t)(hdr.len >> 8);
    msg->data[3] = (uint8_t)hdr.len;
    return true;
}

void vdev_recovery_dress(const struct vdev_device *d, struct vdev_msg *answer)
{
    answer->data[0] = (uint8_t)(d->asked[0] + 1u);
    answer->data[1] = 0;
    memcpy(answer->data + 4, d->asked + 4, 4);
}
