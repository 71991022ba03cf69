// SPDX-License-Identifier: Apache-2.0
/*
 * Image group: what an upload request asks for. The order of the checks is
 * the order of Zephyr 4.4.0, measured, because the first failing one names
 * the code:
 *
 *   any     off there
 *   off 0   32 bytes of data, len there, magic, sha at most 32 bytes;
 *           then resume; slot; size; address (direct-xip); upgrade
 *   off > 0 off as expected (else told, not refused), inside len
 */
#include <string.h>

#include "image_group.h"

/* Zephyr's own mark for "no len". */
#define LEN_ABSENT UINT32_MAX
#define SHA_MAX    sizeof(((struct dfu_image_session *)0)->sha)

/* Is the new image higher than the one that runs? The check of `upgrade`. */
static int check_upgrade(const struct dfu_image_server *server,
        const struct mcub_image_header *hdr)
{
    struct mcub_slot_info running;
    bool use_build = (server->options & DFU_IMAGE_VERSION_BUILD) != 0;
    /* A firmware loader compares with the application. */
    uint8_t slot = dfu_image_slot_count(server) > 1 ? server->running.slot
                                                    : MCUB_SLOT_PRIMARY;

    if (mcub_slot_read_info(server->board, server->running.image, slot,
                &running) != 0) {
        return SMP_IMAGE_RC_VERSION_GET_FAILED;
    }
    if (mcub_version_compare(&running.header.version, &hdr->version,
                use_build) >= 0) {
        return SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER;
    }
    return 0;
}

/* hdr: as in the file, or all zero when it contradicts itself. */
static int check_first(const struct smp_image_upload_req *req,
        struct mcub_image_header *hdr)
{
    int err = mcub_image_header_decode(req->data.ptr, req->data.len, hdr);

    if (err == MCUB_E_SHORT) {
        return SMP_IMAGE_RC_INVALID_IMAGE_HEADER;
    }
    if (!(req->has & SMP_IMAGE_UPLOAD_REQ_LEN) || req->len == LEN_ABSENT) {
        return SMP_IMAGE_RC_INVALID_LENGTH;
    }
    /* Nothing but the magic is looked at. */
    if (err == MCUB_E_MAGIC || err == MCUB_E_NO_IMAGE) {
        return SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC;
    }
    if (req->sha.len > SHA_MAX) {
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
        const struct smp_image_upload_req *req,
        const struct mcub_image_header *hdr, struct dfu_slot_ref *to)
{
    const struct mcub_slot *slot;
    int code = server->policy->upload_target(server,
            (req->has & SMP_IMAGE_UPLOAD_REQ_IMAGE) ? req->image : 0, to);

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
    if (dfu_image_selects(server) && (hdr->flags & MCUB_IMAGE_ROM_FIXED) != 0 &&
            hdr->load_addr != slot->off) {
        return SMP_IMAGE_RC_INVALID_FLASH_ADDRESS;
    }
    return req->upgrade ? check_upgrade(server, hdr) : 0;
}

int dfu_image_upload_inspect(const struct dfu_image_server *server,
        const struct smp_image_upload_req *req, struct dfu_slot_ref *to)
{
    const struct dfu_image_session *session = &server->session;
    struct mcub_image_header hdr = { 0 };

    *to = session->to;
    if (!(req->has & SMP_IMAGE_UPLOAD_REQ_OFF)) {
        return SMP_IMAGE_RC_INVALID_OFFSET;
    }
    if (req->off == 0) {
        int code = check_first(req, &hdr);

        if (code == 0 && resumes(session, req)) {
            return DFU_CHUNK_TELL_OFF;
        }
        if (code == 0) {
            code = check_target(server, req, &hdr, to);
        }
        return code == 0 ? DFU_CHUNK_START : code;
    }
    if (!session->open || req->off != session->off) {
        return DFU_CHUNK_TELL_OFF;
    }
    /* No wrap: off is behind bytes that fit into a slot. */
    if (!(server->policy->quirks & DFU_QUIRK_OVERRUN_UNCHECKED) &&
            session->off + req->data.len > session->len) {
        return SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN;
    }
    return DFU_CHUNK_TAKE;
}
