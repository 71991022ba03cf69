// SPDX-License-Identifier: Apache-2.0
/*
 * Image group: upload. The order of the checks is the order of Zephyr 4.4.0,
 * measured, because the first failing one names the code:
 *
 *   any     off there
 *   off 0   32 bytes of data, len there, magic, sha at most 32 bytes;
 *           then resume; slot; size; upgrade; hook; erase
 *   off > 0 off as expected (else told, not refused), inside len; hook
 *
 * A refusal closes the session, unless the policy keeps it for the checks.
 */
#include <string.h>

#include "image_group.h"

#define LEN_ABSENT   UINT32_MAX /* Zephyr's own mark for "no len" */
#define VERSION_OFF  20u        /* of the version in an image header */
#define HASH_SCRATCH 64u
#define MAGIC_SIZE   4u

/* Upload refusals come with a text on verbose servers. */
static const char *reason(int code)
{
    switch (code) {
    case SMP_IMAGE_RC_INVALID_OFFSET:
    case SMP_IMAGE_RC_INVALID_LENGTH:
    case SMP_IMAGE_RC_INVALID_IMAGE_HEADER:
        return "header malformed";
    case SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC:
        return "magic mismatch";
    case SMP_IMAGE_RC_NO_FREE_SLOT:
        return "no slot";
    case SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE:
        return "img too large";
    case SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER:
        return "downgrade";
    case SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN:
        return "data overrun";
    default:
        return NULL;
    }
}

static void answer(struct smp_call *call, uint32_t off)
{
    struct smp_image_upload_rsp rsp = { .has = SMP_IMAGE_UPLOAD_RSP_OFF };

    rsp.off = off;
    smp_call_begin(call, 1);
    smp_put_fields(call->rsp, &smp_image_upload_rsp_map, &rsp);
}

static void answer_match(struct smp_call *call, uint32_t off, bool match)
{
    struct smp_image_upload_rsp rsp = {
        .has = SMP_IMAGE_UPLOAD_RSP_OFF | SMP_IMAGE_UPLOAD_RSP_MATCH,
        .off = off,
        .match = match,
    };

    smp_call_begin(call, 2);
    smp_put_fields(call->rsp, &smp_image_upload_rsp_map, &rsp);
}

static bool checks_image(const struct dfu_image_server *server)
{
    return (server->options & DFU_IMAGE_CHECK) && server->hash != NULL;
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

/* Is the new image higher than the one that runs? The check of `upgrade`. */
static int check_upgrade(const struct dfu_image_server *server,
        const uint8_t *header)
{
    struct mcub_slot_info running;
    struct mcub_version version;
    bool use_build = (server->options & DFU_IMAGE_VERSION_BUILD) != 0;
    const uint8_t *p = header + VERSION_OFF;

    if (mcub_slot_read_info(server->board, server->running.image,
                server->running.slot, &running) != 0) {
        return SMP_IMAGE_RC_VERSION_GET_FAILED;
    }
    version.major = p[0];
    version.minor = p[1];
    version.revision = (uint16_t)(p[2] | p[3] << 8);
    version.build = (uint32_t)p[4] | (uint32_t)p[5] << 8 |
            (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
    if (mcub_version_compare(&running.header.version, &version, use_build) >=
            0) {
        return SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER;
    }
    return 0;
}

static int check_first(const struct smp_image_upload_req *req)
{
    static const uint8_t magic[MAGIC_SIZE] = { 0x3d, 0xb8, 0xf3, 0x96 };

    if (req->data.len < MCUB_IMAGE_HEADER_SIZE) {
        return SMP_IMAGE_RC_INVALID_IMAGE_HEADER;
    }
    if (!(req->has & SMP_IMAGE_UPLOAD_REQ_LEN) || req->len == LEN_ABSENT) {
        return SMP_IMAGE_RC_INVALID_LENGTH;
    }
    if (memcmp(req->data.ptr, magic, sizeof(magic)) != 0) {
        return SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC;
    }
    if (req->sha.len > sizeof(((struct dfu_image_session *)0)->sha)) {
        return SMP_IMAGE_RC_INVALID_HASH;
    }
    return 0;
}

static bool resumes(const struct dfu_image_session *session,
        const struct smp_image_upload_req *req)
{
    return session->open && req->sha.len > 0 &&
            req->sha.len == session->sha_len &&
            memcmp(req->sha.ptr, session->sha, req->sha.len) == 0;
}

/* Choose the slot of a new upload; refuse what does not fit into it. */
static int check_target(const struct dfu_image_server *server,
        const struct smp_image_upload_req *req, struct dfu_slot_ref *to)
{
    const struct mcub_slot *slot;
    int code = server->policy->upload_target(server,
            req->has & SMP_IMAGE_UPLOAD_REQ_IMAGE ? req->image : 0, to);

    if (code != 0) {
        return code;
    }
    slot = mcub_board_slot(server->board, to->image, to->slot);
    if (slot == NULL) {
        return SMP_IMAGE_RC_FLASH_OPEN_FAILED;
    }
    if (!(server->policy->quirks & DFU_QUIRK_LEN_UNCHECKED) &&
            req->len > slot->size) {
        return SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE;
    }
    if ((server->options & DFU_IMAGE_MAX_SIZE) &&
            req->len > mcub_max_image_size(server->board, to->image)) {
        return SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE;
    }
    return req->upgrade ? check_upgrade(server, req->data.ptr) : 0;
}

/* Erase, or prepare to: the slot takes what the first chunk announces. */
static int open_writer(struct dfu_image_server *server,
        const struct smp_image_upload_req *req)
{
    struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    bool progressive = (server->options & DFU_IMAGE_PROGRESSIVE) != 0;
    const struct mcub_slot *slot =
            mcub_board_slot(server->board, to.image, to.slot);
    uint32_t base = mcub_slot_upload_offset(server->board, to.image, to.slot);
    /* A len below the first chunk is found by the next chunk only. */
    uint32_t len = session->len < req->data.len ? (uint32_t)req->data.len
                                                : session->len;
    int err = mcub_slot_writer_init(&session->writer, server->board, to.image,
            to.slot, len, progressive);

    /* Swap-offset needs one sector in front. A len that leaves no room for it
     * fails in the erase, unless there is nothing to erase: then it fails
     * when the stream meets the end of the slot. */
    if (err == MCUB_E_TOO_LARGE && len <= slot->size &&
            mcub_slot_is_blank(server->board, to.image, to.slot) == 1) {
        err = mcub_slot_writer_init(&session->writer, server->board, to.image,
                to.slot, slot->size - base, progressive);
    }
    return err == 0 ? 0 : SMP_IMAGE_RC_FLASH_ERASE_FAILED;
}

/* The last byte is there. */
static int finish(struct dfu_image_server *server, struct smp_call *call)
{
    struct dfu_image_session *session = &server->session;
    struct dfu_slot_ref to = session->to;
    uint32_t len = session->len;
    bool checked = checks_image(server);
    bool match;

    if (mcub_slot_writer_finish(&session->writer) != 0) {
        return SMP_IMAGE_RC_FLASH_WRITE_FAILED;
    }
    match = checked && flash_matches(server);
    memset(session, 0, sizeof(*session));
    if (server->policy->quirks & DFU_QUIRK_FINISH_KEEPS_OFF) {
        session->off = len;
    }
    if (server->hooks != NULL && server->hooks->finished != NULL) {
        server->hooks->finished(server->hooks_ctx, to);
    }
    if (checked) {
        answer_match(call, len, match);
    } else {
        answer(call, len);
    }
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

        n -= n % slot->flash->write_size;
    }
    if (mcub_slot_writer_write(&session->writer, data.ptr, n) != 0) {
        return SMP_IMAGE_RC_FLASH_WRITE_FAILED;
    }
    session->off += (uint32_t)n;
    if (session->off == session->len) {
        return finish(server, call);
    }
    answer(call, session->off);
    return 0;
}

/* Ask the application's hooks; false: one has refused. */
static bool ask(struct dfu_image_server *server, struct smp_call *call,
        const struct dfu_image_chunk *chunk)
{
    const struct dfu_image_hooks *hooks = server->hooks;

    if (hooks == NULL) {
        return true;
    }
    if (hooks->chunk != NULL && !hooks->chunk(server->hooks_ctx, call, chunk)) {
        return false;
    }
    return chunk->off != 0 || hooks->started == NULL ||
            hooks->started(server->hooks_ctx, call, chunk);
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
        memset(session, 0, sizeof(*session));
        answer_match(call, req->len, true);
        return 0;
    }
    code = open_writer(server, req);
    return code != 0 ? code : take(server, call, req->data);
}

/* What is to be done with a request. */
enum action {
    ACTION_REFUSE,
    ACTION_TELL_OFF,
    ACTION_START,
    ACTION_TAKE,
};

static enum action inspect(const struct dfu_image_server *server,
        const struct smp_image_upload_req *req, struct dfu_slot_ref *to,
        int *code)
{
    const struct dfu_image_session *session = &server->session;

    *code = 0;
    *to = session->to;
    if (!(req->has & SMP_IMAGE_UPLOAD_REQ_OFF)) {
        *code = SMP_IMAGE_RC_INVALID_OFFSET;
        return ACTION_REFUSE;
    }
    if (req->off == 0) {
        *code = check_first(req);
        if (*code == 0 && resumes(session, req)) {
            return ACTION_TELL_OFF;
        }
        if (*code == 0) {
            *code = check_target(server, req, to);
        }
        return *code == 0 ? ACTION_START : ACTION_REFUSE;
    }
    if (!session->open || req->off != session->off) {
        return ACTION_TELL_OFF;
    }
    if (!(server->policy->quirks & DFU_QUIRK_OVERRUN_UNCHECKED) &&
            (session->off > session->len ||
                    req->data.len > session->len - session->off)) {
        *code = SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN;
        return ACTION_REFUSE;
    }
    return ACTION_TAKE;
}

void dfu_image_upload_run(void *ctx, struct smp_call *call)
{
    struct dfu_image_server *server = ctx;
    const struct smp_image_upload_req *req = call->body;
    struct dfu_slot_ref to;
    int code;
    enum action action = inspect(server, req, &to, &code);
    struct dfu_image_chunk chunk;

    if (action == ACTION_TELL_OFF) {
        answer(call, server->session.off);
        return;
    }
    if (action == ACTION_REFUSE) {
        if (!(server->policy->quirks & DFU_QUIRK_KEEP_SESSION)) {
            dfu_image_session_close(server);
        }
        dfu_image_refuse(call, code, reason(code));
        return;
    }
    chunk.to = to;
    chunk.off = req->off;
    chunk.len = action == ACTION_START ? req->len : server->session.len;
    chunk.data = req->data;
    if (!ask(server, call, &chunk)) {
        dfu_image_session_close(server);
        return;
    }
    code = action == ACTION_START ? start(server, call, req, to)
                                  : take(server, call, req->data);
    if (code != 0) {
        dfu_image_session_close(server);
        dfu_image_refuse(call, code, reason(code));
    }
}
