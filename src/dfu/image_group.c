// SPDX-License-Identifier: Apache-2.0
/*
 * Image group: state, erase and slot info; the handler table.
 */
#include "image_group.h"

#include <string.h>

#define HASH_LEN_DEFAULT 32u

void dfu_image_refuse(struct smp_call *call, int code, const char *rsn)
{
    if (code < 0) {
        smp_call_refuse(call, (enum smp_rc) - code);
    } else {
        smp_call_refuse_rsn(call, SMP_GROUP_IMAGE, (uint8_t)code, rsn);
    }
}

void dfu_image_session_close(struct dfu_image_server *server)
{
    bool was_open = server->session.open;

    memset(&server->session, 0, sizeof(server->session));
    if (was_open && server->hooks != NULL && server->hooks->stopped != NULL) {
        server->hooks->stopped(server->hooks_ctx);
    }
}

/* Flags of a list entry as sent, lowest bit first. */
enum {
    BOOTABLE = 1 << 0,
    FLAGS_SHIFT = 1, /* enum dfu_slot_flag follows */
};

static const char *const flag_keys[] = {
    "bootable",
    "pending",
    "confirmed",
    "active",
    "permanent",
};

#define FLAG_COUNT (sizeof(flag_keys) / sizeof(flag_keys[0]))

static void put_array(struct smp_encoder *e, const char *key, size_t count)
{
    smp_put_key(e, key);
    smp_put_array(e, count);
}

/* Read a slot that lists show; false: there is nothing to show. */
static bool read_shown(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot, struct mcub_slot_info *info)
{
    return slot < dfu_image_slot_count(server) &&
            mcub_slot_read_info(server->board, image, slot, info) == 0;
}

/* Write the list entry of a slot; call NULL: only tell whether there is one. */
static bool put_slot(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot, struct smp_call *call)
{
    struct smp_encoder *e;
    struct mcub_slot_info info;
    char version[MCUB_VERSION_TEXT_SIZE];
    bool numbered = dfu_image_count(server) > 1;
    /* Which flags are sent: all, or those that are set. */
    uint32_t sent = (1u << FLAG_COUNT) - 1;
    uint32_t flags;
    size_t pairs = numbered ? 4 : 3;

    if (!read_shown(server, image, slot, &info)) {
        return false;
    }
    if (call == NULL) {
        return true;
    }
    e = call->rsp;
    flags = (uint32_t)server->policy->flags(server, image, slot) << FLAGS_SHIFT;
    flags |= (info.header.flags & MCUB_IMAGE_NON_BOOTABLE) ? 0 : BOOTABLE;
    if (server->options & DFU_IMAGE_FRUGAL) {
        sent = flags;
    }
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        pairs += sent >> i & 1;
    }
    smp_put_map(e, pairs);
    if (numbered) {
        smp_call_put_uint(call, "image", image);
    }
    smp_call_put_uint(call, "slot", slot);
    mcub_version_print(&info.header.version, '.', version);
    smp_put_key(e, "version");
    smp_put_str(e, version);
    smp_put_key(e, "hash");
    smp_put_bytes(e, (struct smp_bytes){ info.hash.bytes, info.hash.len });
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (sent >> i & 1) {
            smp_put_key(e, flag_keys[i]);
            smp_put_bool(e, flags >> i & 1);
        }
    }
    smp_put_end(e);
    return true;
}

static size_t put_slots(const struct dfu_image_server *server,
        struct smp_call *call)
{
    uint8_t slots = (uint8_t)(2u * dfu_image_count(server));
    size_t count = 0;

    for (uint8_t i = 0; i < slots; i++) {
        count += put_slot(server, i / 2u, i % 2u, call) ? 1 : 0;
    }
    return count;
}

static void put_list(const struct dfu_image_server *server,
        struct smp_call *call)
{
    bool frugal = (server->options & DFU_IMAGE_FRUGAL) != 0;

    smp_call_begin(call, frugal ? 1 : 2);
    /* The definite form needs the count before the first entry. */
    put_array(call->rsp, "images", put_slots(server, NULL));
    put_slots(server, call);
    smp_put_end(call->rsp);
    if (!frugal) {
        smp_call_put_uint(call, "splitStatus", 0);
    }
}

static void state_read_run(void *ctx, struct smp_call *call)
{
    put_list(ctx, call);
}

/* Find an image by hash, lowest slot first: the primary wins. */
static bool find_hash(const struct dfu_image_server *server,
        struct smp_bytes hash, struct dfu_slot_ref *found)
{
    uint8_t slots = (uint8_t)(2u * dfu_image_count(server));
    struct mcub_slot_info info;

    for (uint8_t i = 0; i < slots; i++) {
        struct dfu_slot_ref ref = { i / 2u, i % 2u };

        if (read_shown(server, ref.image, ref.slot, &info) &&
                info.hash.len == hash.len &&
                memcmp(info.hash.bytes, hash.ptr, hash.len) == 0) {
            *found = ref;
            return true;
        }
    }
    return false;
}

static int state_target(const struct dfu_image_server *server,
        const struct smp_image_state_req *req, struct dfu_slot_ref *ref)
{
    uint8_t hash_len =
            server->hash_len != 0 ? server->hash_len : HASH_LEN_DEFAULT;

    if (req->hash.len == 0) {
        *ref = server->running;
        return req->confirm ? 0 : SMP_IMAGE_RC_INVALID_HASH;
    }
    if (req->hash.len != hash_len) {
        return SMP_IMAGE_RC_INVALID_HASH;
    }
    return find_hash(server, req->hash, ref) ? 0 : SMP_IMAGE_RC_HASH_NOT_FOUND;
}

static void state_write_run(void *ctx, struct smp_call *call)
{
    struct dfu_image_server *server = ctx;
    const struct smp_image_state_req *req = call->body;
    const struct dfu_image_hooks *hooks = server->hooks;
    struct dfu_slot_ref ref;
    int code = state_target(server, req, &ref);

    if (code == 0 && hooks != NULL && hooks->pending != NULL &&
            !hooks->pending(server->hooks_ctx, call, ref, req->confirm)) {
        return;
    }
    if (code == 0) {
        code = server->policy->set_state(server, ref.image, ref.slot,
                req->confirm);
    }
    if (code != 0) {
        dfu_image_refuse(call, code, NULL);
        return;
    }
    put_list(server, call);
}

/* slot counts over all images. */
static int erase(struct dfu_image_server *server, uint32_t slot)
{
    uint8_t image = (uint8_t)(slot / 2);
    struct mcub_slot_info info;
    int err = MCUB_E_ARG;

    if (slot < 2u * dfu_image_count(server) &&
            slot % 2 < dfu_image_slot_count(server)) {
        slot %= 2;
        /* Without a readable image it is erased whatever its marks say. */
        if (mcub_slot_read_info(server->board, image, (uint8_t)slot, &info) ==
                        0 &&
                server->policy->in_use(server, image, (uint8_t)slot)) {
            return server->policy->erase_in_use;
        }
        err = mcub_slot_is_blank(server->board, image, (uint8_t)slot);
    }
    dfu_image_session_close(server);
    if (err == 0) {
        err = mcub_slot_erase(server->board, image, (uint8_t)slot);
    }
    if (err == MCUB_E_ARG || err == MCUB_E_UNREADABLE) {
        return SMP_IMAGE_RC_FLASH_OPEN_FAILED;
    }
    return err < 0 ? SMP_IMAGE_RC_FLASH_ERASE_FAILED : 0;
}

static void erase_run(void *ctx, struct smp_call *call)
{
    struct dfu_image_server *server = ctx;
    const struct smp_image_erase_req *req = call->body;
    uint32_t slot = 2u * server->running.image + (server->running.slot ^ 1u);
    int code;

    if (server->policy->quirks & DFU_QUIRK_ERASE_IGNORES_SLOT) {
        slot = 1;
    } else if (req->has & SMP_IMAGE_ERASE_REQ_SLOT) {
        slot = req->slot;
    }
    code = erase(server, slot);
    if (code != 0) {
        dfu_image_refuse(call, code, NULL);
    }
}

static void put_slot_info(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot, struct smp_call *call)
{
    bool direct = dfu_image_count(server) == 1 &&
            (server->options & DFU_IMAGE_DIRECT_UPLOAD);
    bool uploads = direct || slot != dfu_image_active_slot(server, image);

    smp_put_map(call->rsp, uploads ? 3 : 2);
    smp_call_put_uint(call, "slot", slot);
    smp_call_put_uint(call, "size",
            mcub_board_slot(server->board, image, slot)->size);
    if (uploads) {
        smp_call_put_uint(call, "upload_image_id",
                direct ? 2u * image + slot + 1u : image);
    }
    smp_put_end(call->rsp);
}

static void slot_info_run(void *ctx, struct smp_call *call)
{
    const struct dfu_image_server *server = ctx;
    uint8_t count = dfu_image_count(server);
    uint8_t slots = dfu_image_slot_count(server);
    bool max = (server->options & DFU_IMAGE_MAX_SIZE) != 0;
    struct smp_encoder *e = call->rsp;

    smp_call_begin(call, 1);
    put_array(e, "images", count);
    for (uint8_t image = 0; image < count; image++) {
        smp_put_map(e, max ? 3 : 2);
        smp_call_put_uint(call, "image", image);
        put_array(e, "slots", slots);
        for (uint8_t slot = 0; slot < slots; slot++) {
            put_slot_info(server, image, slot, call);
        }
        smp_put_end(e);
        if (max) {
            smp_call_put_uint(call, "max_image_size",
                    mcub_max_image_size(server->board, image));
        }
        smp_put_end(e);
    }
    smp_put_end(e);
}

/* State write is first, slot info last: servers without them have one handler
 * less. */
static const struct smp_handler handlers[] = {
    { SMP_OP_WRITE, SMP_IMAGE_STATE, &smp_image_state_req_map,
            state_write_run },
    { SMP_OP_READ, SMP_IMAGE_STATE, NULL, state_read_run },
    { SMP_OP_WRITE, SMP_IMAGE_UPLOAD, &smp_image_upload_req_map,
            dfu_image_upload_run },
    { SMP_OP_WRITE, SMP_IMAGE_ERASE, &smp_image_erase_req_map, erase_run },
    { SMP_OP_READ, SMP_IMAGE_SLOT_INFO, NULL, slot_info_run },
};

void dfu_image_group_init(struct smp_server_group *group,
        struct dfu_image_server *server)
{
    uint8_t count = sizeof(handlers) / sizeof(handlers[0]);

    if (!(server->options & DFU_IMAGE_SLOT_INFO)) {
        count--;
    }
    memset(&server->session, 0, sizeof(server->session));
    memset(group, 0, sizeof(*group));
    group->id = SMP_GROUP_IMAGE;
    group->name = "img mgmt";
    group->handlers = handlers;
    if (!dfu_image_can_mark(server)) {
        group->handlers++;
        count--;
    }
    group->handler_count = count;
    group->v1 = server->policy->v1;
    group->v1_count = server->policy->v1_count;
    group->ctx = server;
}
