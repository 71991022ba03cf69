// SPDX-License-Identifier: Apache-2.0
/*
 * Image group: upload. Checks first (image_group_check.c), then hooks, then
 * flash. A refusal closes the session, unless the policy keeps it for the
 * checks.
 */
#include <string.h>

#include "image_group.h"

#define HASH_SCRATCH 64u

/* Upload refusals come with a text on verbose servers. */
static const struct {
    uint8_t code;
    char text[17];
} reasons[] = {
    { SMP_IMAGE_RC_NO_FREE_SLOT, "no slot" },
    { SMP_IMAGE_RC_INVALID_OFFSET, "header malformed" },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC, "magic mismatch" },
    { SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER, "downgrade" },
    { SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE, "img too large" },
    { SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN, "data overrun" },
};

static void refuse(struct smp_call *call, int code)
{
    const char *rsn = NULL;
    int like = code;

    if (code == SMP_IMAGE_RC_INVALID_LENGTH ||
            code == SMP_IMAGE_RC_INVALID_IMAGE_HEADER) {
        like = SMP_IMAGE_RC_INVALID_OFFSET;
    }
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == like) {
            rsn = reasons[i].text;
        }
    }
    dfu_image_refuse(call, code, rsn);
}

enum match {
    MATCH_NO,
    MATCH_YES,
    MATCH_UNTOLD,
};

static void answer(struct smp_call *call, uint32_t off, enum match match)
{
    smp_call_begin(call, match == MATCH_UNTOLD ? 1 : 2);
    smp_call_put_uint(call, "off", off);
    if (match != MATCH_UNTOLD) {
        smp_put_key(call->rsp, "match");
        smp_put_bool(call->rsp, match == MATCH_YES);
    }
}

static bool checks_image(const struct dfu_image_server *server)
{
    return (server->options & DFU_IMAGE_CHECK) != 0;
}

/* Compare what lies in the slot with the sha of the session. */
static bool flash_matches(const struct dfu_image_server *server)
{
    const struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    uint32_t base = mcub_slot_upload_offset(server->board, to.image, to.slot);
    uint8_t buf[HASH_SCRATCH];
    uint32_t left = session->len;

    if (session->sha_len != sizeof(session->sha) ||
            server->hash->init(server->hash_ctx, MCUB_HASH_SHA256) != 0) {
        return false;
    }
    while (left > 0) {
        uint32_t n = left < sizeof(buf) ? left : (uint32_t)sizeof(buf);

        /* A len behind the end of the slot fails in this read. */
        if (mcub_slot_read(server->board, to.image, to.slot, base, buf, n) !=
                        0 ||
                server->hash->update(server->hash_ctx, buf, n) != 0) {
            return false;
        }
        base += n;
        left -= n;
    }
    return server->hash->finish(server->hash_ctx, buf, sizeof(session->sha)) ==
            0 &&
            memcmp(buf, session->sha, sizeof(session->sha)) == 0;
}

/* Erase, or prepare to: the slot takes what the first chunk announces. */
static int open_writer(struct dfu_image_server *server,
        const struct smp_image_upload_req *req)
{
    struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    const struct mcub_slot *slot =
            mcub_board_slot(server->board, to.image, to.slot);
    uint32_t room = slot->size -
            mcub_slot_upload_offset(server->board, to.image, to.slot);
    /* A len below the first chunk is found by the next chunk only. */
    uint32_t len = session->len < req->data.len ? (uint32_t)req->data.len
                                                : session->len;
    int err;

    /* Swap-offset needs one sector in front. A len that leaves no room for it
     * fails in the erase, unless there is nothing to erase: then it fails
     * when the stream meets the end of the slot. */
    if (len > room && len <= slot->size &&
            mcub_slot_is_blank(server->board, to.image, to.slot) == 1) {
        len = room;
    }
    err = mcub_slot_writer_init(&session->writer, server->board, to.image,
            to.slot, len, (server->options & DFU_IMAGE_PROGRESSIVE) != 0);
    return err == 0 ? 0 : SMP_IMAGE_RC_FLASH_ERASE_FAILED;
}

/* The last byte is there. */
static int finish(struct dfu_image_server *server, struct smp_call *call)
{
    struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    uint32_t len = session->len;
    enum match match = MATCH_UNTOLD;

    if (mcub_slot_writer_finish(&session->writer) != 0) {
        return SMP_IMAGE_RC_FLASH_WRITE_FAILED;
    }
    if (checks_image(server)) {
        match = flash_matches(server) ? MATCH_YES : MATCH_NO;
    }
    session->open = false; /* not stopped, finished */
    dfu_image_session_close(server);
    if (server->policy->quirks & DFU_QUIRK_FINISH_KEEPS_OFF) {
        session->off = len;
    }
    if (server->hooks != NULL && server->hooks->finished != NULL) {
        server->hooks->finished(server->hooks_ctx, to);
    }
    answer(call, len, match);
    return 0;
}

/* Write the bytes of a chunk that belongs where the session is. */
static int take(struct dfu_image_server *server, struct smp_call *call,
        struct smp_bytes data)
{
    struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    size_t n = data.len;

    if ((server->policy->quirks & DFU_QUIRK_ALIGN_TRIM) &&
            session->off + n != session->len) {
        const struct mcub_slot *slot =
                mcub_board_slot(server->board, to.image, to.slot);

        n &= ~(size_t)(slot->flash->write_size - 1);
    }
    if (mcub_slot_writer_write(&session->writer, data.ptr, n) != 0) {
        return SMP_IMAGE_RC_FLASH_WRITE_FAILED;
    }
    session->off += (uint32_t)n;
    if (session->off == session->len) {
        return finish(server, call);
    }
    answer(call, session->off, MATCH_UNTOLD);
    return 0;
}

/* All checks of a new upload have passed: the old session ends here. */
static int start(struct dfu_image_server *server, struct smp_call *call,
        const struct smp_image_upload_req *req, struct dfu_slot_ref to)
{
    struct dfu_image_session *session = &server->session;
    int code;

    dfu_image_session_close(server);
    session->open = true;
    session->to = to;
    session->len = req->len;
    session->sha_len = (uint8_t)req->sha.len;
    if (req->sha.len > 0) {
        memcpy(session->sha, req->sha.ptr, req->sha.len);
    }
    if (checks_image(server) && flash_matches(server)) {
        session->open = false;
        dfu_image_session_close(server);
        answer(call, req->len, MATCH_YES);
        return 0;
    }
    code = open_writer(server, req);
    return code != 0 ? code : take(server, call, req->data);
}

void dfu_image_upload_run(void *ctx, struct smp_call *call)
{
    struct dfu_image_server *server = ctx;
    const struct smp_image_upload_req *req = call->body;
    struct dfu_image_chunk chunk = { .off = req->off, .data = req->data };
    int code = dfu_image_upload_inspect(server, req, &chunk.to);
    const struct dfu_image_hooks *hooks = server->hooks;
    bool keep = (server->policy->quirks & DFU_QUIRK_KEEP_SESSION) != 0;

    if (code == DFU_CHUNK_TELL_OFF) {
        answer(call, server->session.off, MATCH_UNTOLD);
        return;
    }
    if (code == DFU_CHUNK_START || code == DFU_CHUNK_TAKE) {
        keep = false;
        chunk.len = code == DFU_CHUNK_START ? req->len : server->session.len;
        if (hooks != NULL && hooks->chunk != NULL &&
                !hooks->chunk(server->hooks_ctx, call, &chunk)) {
            dfu_image_session_close(server);
            return;
        }
        code = code == DFU_CHUNK_START ? start(server, call, req, chunk.to)
                                       : take(server, call, req->data);
        if (code == 0) {
            return;
        }
    }
    if (!keep) {
        dfu_image_session_close(server);
    }
    refuse(call, code);
}
