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

/* The flags of the list entry, and which of them are sent. */
static void slot_flags(const struct dfu_image_server *server,
        struct smp_image_slot *entry, uint32_t header_flags)
{
    uint8_t flags = server->policy->flags(server, (uint8_t)entry->image,
            (uint8_t)entry->slot);
    uint32_t all = SMP_IMAGE_SLOT_BOOTABLE | SMP_IMAGE_SLOT_PENDING |
            SMP_IMAGE_SLOT_CONFIRMED | SMP_IMAGE_SLOT_ACTIVE |
            SMP_IMAGE_SLOT_PERMANENT;

    entry->bootable = !(header_flags & MCUB_IMAGE_NON_BOOTABLE);
    entry->pending = (flags & DFU_SLOT_PENDING) != 0;
    entry->confirmed = (flags & DFU_SLOT_CONFIRMED) != 0;
    entry->active = (flags & DFU_SLOT_ACTIVE) != 0;
    entry->permanent = (flags & DFU_SLOT_PERMANENT) != 0;
    if (server->options & DFU_IMAGE_FRUGAL) {
        all = (entry->bootable ? SMP_IMAGE_SLOT_BOOTABLE : 0u) |
                (entry->pending ? SMP_IMAGE_SLOT_PENDING : 0u) |
                (entry->confirmed ? SMP_IMAGE_SLOT_CONFIRMED : 0u) |
                (entry->active ? SMP_IMAGE_SLOT_ACTIVE : 0u) |
                (entry->permanent ? SMP_IMAGE_SLOT_PERMANENT : 0u);
    }
    entry->has |= all;
}

/* Write the list entry of a slot; e NULL: only tell whether there is one. */
static bool put_slot(const struct dfu_image_server *server,
        struct dfu_slot_ref ref, struct smp_encoder *e)
{
    struct mcub_slot_info info;
    struct smp_image_slot entry;
    char version[MCUB_VERSION_TEXT_SIZE];

    if (mcub_slot_read_info(server->board, ref.image, ref.slot, &info) != 0) {
        return false;
    }
    if (e == NULL) {
        return true;
    }
    memset(&entry, 0, sizeof(entry));
    entry.has =
            SMP_IMAGE_SLOT_SLOT | SMP_IMAGE_SLOT_VERSION | SMP_IMAGE_SLOT_HASH;
    if (dfu_image_count(server) > 1) {
        entry.has |= SMP_IMAGE_SLOT_IMAGE;
    }
    entry.image = ref.image;
    entry.slot = ref.slot;
    entry.version.len = mcub_version_print(&info.header.version, '.', version);
    entry.version.ptr = (const uint8_t *)version;
    entry.hash.ptr = info.hash.bytes;
    entry.hash.len = info.hash.len;
    slot_flags(server, &entry, info.header.flags);
    smp_put_struct(e, &smp_image_slot_map, &entry);
    return true;
}

static size_t put_slots(const struct dfu_image_server *server,
        struct smp_encoder *e)
{
    uint8_t slots = (uint8_t)(2u * dfu_image_count(server));
    size_t count = 0;

    for (uint8_t i = 0; i < slots; i++) {
        struct dfu_slot_ref ref = { i / 2u, i % 2u };

        count += put_slot(server, ref, e) ? 1 : 0;
    }
    return count;
}

static void put_list(const struct dfu_image_server *server,
        struct smp_call *call)
{
    bool frugal = (server->options & DFU_IMAGE_FRUGAL) != 0;

    smp_call_begin(call, frugal ? 1 : 2);
    smp_put_key(call->rsp, "images");
    /* The definite form needs the count before the first entry. */
    smp_put_array(call->rsp,
            call->rsp->form == SMP_FORM_DEFINITE ? put_slots(server, NULL) : 0);
    put_slots(server, call->rsp);
    smp_put_end(call->rsp);
    if (!frugal) {
        smp_put_key(call->rsp, "splitStatus");
        smp_put_uint(call->rsp, 0);
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

        if (mcub_slot_read_info(server->board, ref.image, ref.slot, &info) ==
                        0 &&
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
    struct dfu_slot_ref ref = { (uint8_t)(slot / 2), (uint8_t)(slot % 2) };
    struct mcub_slot_info info;
    int blank;

    /* A slot without a readable image is erased whatever its trailer says. */
    if (slot < 2u * dfu_image_count(server) &&
            mcub_slot_read_info(server->board, ref.image, ref.slot, &info) ==
                    0 &&
            server->policy->in_use(server, ref.image, ref.slot)) {
        return server->policy->erase_in_use;
    }
    dfu_image_session_close(server);
    if (slot >= 2u * dfu_image_count(server) ||
            !mcub_slot_is_readable(server->board, ref.image, ref.slot)) {
        return SMP_IMAGE_RC_FLASH_OPEN_FAILED;
    }
    blank = mcub_slot_is_blank(server->board, ref.image, ref.slot);
    if (blank == 0) {
        blank = mcub_slot_erase(server->board, ref.image, ref.slot);
    }
    return blank < 0 ? SMP_IMAGE_RC_FLASH_ERASE_FAILED : 0;
}

static void erase_run(void *ctx, struct smp_call *call)
{
    struct dfu_image_server *server = ctx;
    struct smp_image_erase_req req;
    uint32_t slot = 2u * server->running.image + (server->running.slot ^ 1u);
    int code;

    if (server->policy->quirks & DFU_QUIRK_ERASE_IGNORES_SLOT) {
        slot = 1;
    } else if (smp_map_decode(&smp_image_erase_req_map, call->payload, &req) !=
            0) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    } else if (req.has & SMP_IMAGE_ERASE_REQ_SLOT) {
        slot = req.slot;
    }
    code = erase(server, slot);
    if (code != 0) {
        dfu_image_refuse(call, code, NULL);
    }
}

static void put_slot_info(const struct dfu_image_server *server,
        struct dfu_slot_ref ref, struct smp_encoder *e)
{
    const struct mcub_slot *slot =
            mcub_board_slot(server->board, ref.image, ref.slot);
    bool direct = dfu_image_count(server) == 1 &&
            (server->options & DFU_IMAGE_DIRECT_UPLOAD);
    struct smp_image_slot_info info = {
        .has = SMP_IMAGE_SLOT_INFO_SLOT | SMP_IMAGE_SLOT_INFO_SIZE,
        .slot = ref.slot,
        .size = slot->size,
        .upload_image_id = direct ? 2u * ref.image + ref.slot + 1u : ref.image,
    };

    if (direct || ref.slot != dfu_image_active_slot(server, ref.image)) {
        info.has |= SMP_IMAGE_SLOT_INFO_UPLOAD_IMAGE_ID;
    }
    smp_put_struct(e, &smp_image_slot_info_map, &info);
}

static void slot_info_run(void *ctx, struct smp_call *call)
{
    const struct dfu_image_server *server = ctx;
    uint8_t count = dfu_image_count(server);
    bool max = (server->options & DFU_IMAGE_MAX_SIZE) != 0;
    struct smp_encoder *e = call->rsp;

    smp_call_begin(call, 1);
    smp_put_key(e, "images");
    smp_put_array(e, count);
    for (uint8_t image = 0; image < count; image++) {
        smp_put_map(e, max ? 3 : 2);
        smp_put_key(e, "image");
        smp_put_uint(e, image);
        smp_put_key(e, "slots");
        smp_put_array(e, 2);
        for (uint8_t slot = 0; slot < 2; slot++) {
            struct dfu_slot_ref ref = { image, slot };

            put_slot_info(server, ref, e);
        }
        smp_put_end(e);
        if (max) {
            smp_put_key(e, "max_image_size");
            smp_put_uint(e, mcub_max_image_size(server->board, image));
        }
        smp_put_end(e);
    }
    smp_put_end(e);
}

/* Slot info is last: servers without it have one handler less. */
static const struct smp_handler handlers[] = {
    { SMP_OP_READ, SMP_IMAGE_STATE, NULL, state_read_run },
    { SMP_OP_WRITE, SMP_IMAGE_STATE, &smp_image_state_req_map,
            state_write_run },
    { SMP_OP_WRITE, SMP_IMAGE_UPLOAD, &smp_image_upload_req_map,
            dfu_image_upload_run },
    { SMP_OP_WRITE, SMP_IMAGE_ERASE, NULL, erase_run },
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
    group->handler_count = count;
    group->v1 = server->policy->v1;
    group->v1_count = server->policy->v1_count;
    group->ctx = server;
}
