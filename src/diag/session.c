// SPDX-License-Identifier: Apache-2.0
/*
 * Events to signs. Answers are paired with the latest request of the same
 * group, sequence and command; numbers are never read without their
 * namespace.
 */
#include "diag/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smp/group_image.h"
#include "smp/group_os.h"
#include "smp/response.h"

/* What is remembered while reading. */
struct reader {
    struct diag_session *s;
    const struct diag_event *open[256]; /* last request by sequence */
    const struct diag_event *files[8];
    size_t file_count;
    struct smp_bytes refused_hash;
    uint8_t completed; /* whole uploads since the last reset */
    uint32_t last_size;
    const struct diag_event *last_upload; /* off 0 request of the last one */
    bool answered;
    bool uploading;
    int64_t reset_ms;
};

__attribute__((format(printf, 4, 5))) static void show(struct reader *r,
        enum diag_sign sign, const struct diag_event *e, const char *form, ...)
{
    if (r->s->signs & DIAG_SIGN(sign)) {
        return;
    }
    va_list args;
    va_start(args, form);
    vsnprintf(r->s->text[sign], sizeof(r->s->text[sign]), form, args);
    va_end(args);
    r->s->signs |= DIAG_SIGN(sign);
    r->s->shown[sign] = e;
}

static struct smp_bytes payload(const struct diag_event *e)
{
    return (struct smp_bytes){ e->message + SMP_HEADER_SIZE,
        e->message_len - SMP_HEADER_SIZE };
}

/* ---- requests ---- */

/* An upload request whose data may be cut: read pair by pair. */
static void read_upload(const struct diag_event *e,
        struct smp_image_upload_req *req)
{
    struct smp_iter it;
    struct smp_item item;
    memset(req, 0, sizeof(*req));
    smp_iter_init(&it, (struct smp_view){ payload(e) });
    while (smp_iter_next(&it, &item) == 1) {
        if (item.key.len == 3 && memcmp(item.key.ptr, "off", 3) == 0) {
            req->off = (uint32_t)item.number;
            req->has |= SMP_IMAGE_UPLOAD_REQ_OFF;
        } else if (item.key.len == 3 && memcmp(item.key.ptr, "len", 3) == 0) {
            req->len = (uint32_t)item.number;
            req->has |= SMP_IMAGE_UPLOAD_REQ_LEN;
        } else if (item.key.len == 5 && memcmp(item.key.ptr, "image", 5) == 0) {
            req->image = (uint32_t)item.number;
            req->has |= SMP_IMAGE_UPLOAD_REQ_IMAGE;
        }
    }
}

static struct diag_transfer *current_transfer(struct reader *r)
{
    uint8_t n = r->s->transfer_count;
    return n == 0 ? NULL : &r->s->transfers[n - 1];
}

static void on_upload_request(struct reader *r, const struct diag_event *e)
{
    struct smp_image_upload_req req;
    struct diag_transfer *t = current_transfer(r);
    read_upload(e, &req);
    r->uploading = true;
    bool first = (req.has & SMP_IMAGE_UPLOAD_REQ_LEN) != 0 && req.off == 0;
    bool again = first && t != NULL && !t->complete && t->size == req.len &&
            t->image == req.image;
    if (first && !again && r->s->transfer_count < DIAG_TRANSFERS_MAX) {
        t = &r->s->transfers[r->s->transfer_count++];
        memset(t, 0, sizeof(*t));
        t->size = req.len;
        t->image = req.image;
        t->image_told = (req.has & SMP_IMAGE_UPLOAD_REQ_IMAGE) != 0;
        t->ms = (uint32_t)(e->t_ms < 0 ? 0 : e->t_ms); /* start, for now */
        r->last_upload = e;
    }
    if (t != NULL) {
        t->requests++;
    }
    if (first && req.image > 0) {
        show(r, SIGN_UPLOAD_IMAGE_1, e, "upload with image %u, %u bytes",
                (unsigned)req.image, (unsigned)req.len);
    }
}

/* ---- refusals ---- */

/* Is this refusal the given code of the image group, in any era's words? */
static bool is_image_rc(const struct smp_refusal *f, int32_t group_rc,
        const int32_t *flat, size_t flat_count)
{
    if (f->shape != SMP_REFUSAL_RC) {
        return f->rc_group == SMP_GROUP_IMAGE && f->rc == group_rc;
    }
    for (size_t i = 0; i < flat_count; i++) {
        if (f->rc == flat[i]) {
            return true;
        }
    }
    return false;
}

static const char *code_text(const struct smp_refusal *f, char *buf,
        size_t size)
{
    if (f->shape == SMP_REFUSAL_RC) {
        snprintf(buf, size, "rc %d %s", (int)f->rc, smp_refusal_name(f));
    } else {
        snprintf(buf, size, "group %u code %d %s", (unsigned)f->rc_group,
                (int)f->rc, smp_refusal_name(f));
    }
    return buf;
}

static void on_upload_refused(struct reader *r, const struct diag_event *e,
        const struct smp_refusal *f)
{
    static const int32_t no_slot[] = { 2, 5, 6 };
    char code[80];
    code_text(f, code, sizeof(code));
    if (is_image_rc(f, SMP_IMAGE_RC_NO_FREE_SLOT, no_slot, 3)) {
        show(r, SIGN_NO_SLOT, e, "upload refused: %s", code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC, NULL,
                       0)) {
        show(r, SIGN_BAD_MAGIC, e, "upload refused: %s", code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE, NULL, 0)) {
        show(r, SIGN_TOO_LARGE, e, "upload refused: %s", code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER, NULL, 0)) {
        show(r, SIGN_NOT_NEWER, e, "upload refused: %s", code);
    }
}

static void on_state_refused(struct reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f)
{
    static const int32_t unknown[] = { 1, 3, 5 };
    static const int32_t pending[] = { 6 };
    struct smp_image_state_req req;
    char code[80];
    code_text(f, code, sizeof(code));
    if (smp_map_decode(&smp_image_state_req_map, payload(request), &req) != 0) {
        return;
    }
    const char *verb = req.confirm ? "confirm" : "test";
    if (f->shape == SMP_REFUSAL_RC && f->rc == 8) {
        show(r, SIGN_STATE_UNSUPPORTED, e, "%s refused: %s", verb, code);
    } else if (req.hash.len >= 32 &&
            is_image_rc(f, SMP_IMAGE_RC_HASH_NOT_FOUND, unknown, 3)) {
        r->refused_hash = req.hash;
        show(r, SIGN_HASH_REFUSED, e,
                "%s of hash %02x%02x%02x%02x… refused: %s", verb,
                req.hash.ptr[0], req.hash.ptr[1], req.hash.ptr[2],
                req.hash.ptr[3], code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED,
                       NULL, 0)) {
        show(r, SIGN_TEST_OF_ACTIVE, e, "%s refused: %s", verb, code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_IMAGE_ALREADY_PENDING, pending, 1)) {
        show(r, SIGN_ALREADY_PENDING, e, "%s refused: %s", verb, code);
    } else if (is_image_rc(f, SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED, NULL,
                       0)) {
        show(r, SIGN_CONFIRM_DENIED, e, "%s refused: %s", verb, code);
    }
}

static void on_refused(struct reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f)
{
    bool rc8 = f->shape == SMP_REFUSAL_RC && f->rc == 8;
    if (f->group == SMP_GROUP_OS && f->id == SMP_OS_PARAMS && rc8) {
        show(r, SIGN_PARAMS_UNSUPPORTED, e,
                "MCUmgr parameters (group 0 command 6): rc 8 not supported");
    } else if (f->group == SMP_GROUP_OS && rc8 &&
            (f->id == SMP_OS_INFO || f->id == SMP_OS_BOOTLOADER)) {
        show(r, SIGN_QUERY_UNSUPPORTED, e,
                "optional query (group 0 command %u): rc 8 not supported",
                (unsigned)f->id);
    } else if (f->group == SMP_GROUP_BASIC && rc8) {
        show(r, SIGN_STORAGE_UNSUPPORTED, e,
                "erase settings (group 63 command 0): rc 8 not supported");
    } else if (f->group == SMP_GROUP_OS && f->id == SMP_OS_RESET) {
        show(r, SIGN_RESET_REFUSED, e, "reset refused: rc %d", (int)f->rc);
    } else if (f->group != SMP_GROUP_IMAGE) {
        return;
    } else if (f->id == SMP_IMAGE_SLOT_INFO && rc8) {
        show(r, SIGN_QUERY_UNSUPPORTED, e,
                "slot information (group 1 command 6): rc 8 not supported");
    } else if (f->id == SMP_IMAGE_UPLOAD) {
        on_upload_refused(r, e, f);
    } else if (f->id == SMP_IMAGE_STATE && f->op == SMP_OP_WRITE) {
        on_state_refused(r, e, request, f);
    } else if (f->id == SMP_IMAGE_STATE && rc8) {
        show(r, SIGN_IMAGE_UNSUPPORTED, e, "image list: rc 8 not supported");
    } else if (f->id == SMP_IMAGE_STATE && f->rc == 7) {
        show(r, SIGN_LIST_TOO_LARGE, e, "image list: rc 7 EMSGSIZE");
    }
}

/* ---- answers ---- */

/* The announced file with this image hash, or NULL. */
static const struct diag_event *file_of(const struct reader *r,
        struct smp_bytes hash)
{
    for (size_t i = 0; i < r->file_count; i++) {
        const struct diag_file *f = &r->files[i]->about;
        if (f->hash_len == hash.len && hash.len > 0 &&
                memcmp(f->hash, hash.ptr, hash.len) == 0) {
            return r->files[i];
        }
    }
    return NULL;
}

/* What a list says about files that were sent. */
static void compare_list(struct reader *r, const struct diag_event *e,
        bool *seen)
{
    if (r->completed < 2 || r->file_count < 2) {
        return;
    }
    for (size_t i = 0; i < r->file_count; i++) {
        if (!seen[i] && seen[r->file_count - 1]) {
            const struct diag_file *gone = &r->files[i]->about;
            show(r, SIGN_HASH_REPLACED, e,
                    "list shows the file of image %d, no longer that of "
                    "image %d",
                    r->files[r->file_count - 1]->about.image, gone->image);
        }
    }
}

static void on_list(struct reader *r, const struct diag_event *e)
{
    struct smp_image_state_rsp rsp;
    struct smp_iter it;
    struct smp_item item;
    bool seen[8] = { false };
    if (smp_map_decode(&smp_image_state_rsp_map, payload(e), &rsp) != 0) {
        return;
    }
    smp_iter_init(&it, rsp.images);
    while (smp_iter_next(&it, &item) == 1) {
        struct smp_image_slot slot;
        if (item.type != SMP_TYPE_MAP ||
                smp_map_decode(&smp_image_slot_map, item.view.cbor, &slot) !=
                        0) {
            continue;
        }
        if (slot.has & SMP_IMAGE_SLOT_IMAGE) {
            show(r, SIGN_LIST_IMAGE_KEY, e, "image list with `image` keys");
        } else {
            show(r, SIGN_LIST_NO_IMAGE_KEY, e,
                    "image list without `image` key: one updatable image");
        }
        if (!r->uploading && slot.pending) {
            show(r, SIGN_LIST_PENDING, e, "slot %u pending before the upload",
                    (unsigned)slot.slot);
        }
        if (!r->uploading && slot.active && !slot.confirmed) {
            show(r, SIGN_LIST_TRIAL, e,
                    "running image not confirmed before the upload");
        }
        for (size_t i = 0; i < r->file_count; i++) {
            seen[i] = seen[i] || file_of(r, slot.hash) == r->files[i];
        }
    }
    compare_list(r, e, seen);
}

static void on_upload_answer(struct reader *r, const struct diag_event *e)
{
    struct smp_image_upload_rsp rsp;
    struct diag_transfer *t = current_transfer(r);
    if (t == NULL ||
            smp_map_decode(&smp_image_upload_rsp_map, payload(e), &rsp) != 0) {
        return;
    }
    if ((rsp.has & SMP_IMAGE_UPLOAD_RSP_MATCH) && !rsp.match) {
        show(r, SIGN_MATCH_FALSE, e, "last chunk answered with match false");
    }
    if (t->complete || rsp.off < t->bytes) {
        return;
    }
    t->bytes = rsp.off;
    if (rsp.off == t->size) {
        uint32_t start = t->ms;
        t->complete = true;
        t->ms = e->t_ms < 0 ? 0 : (uint32_t)e->t_ms - start;
        r->completed++;
        if (r->completed == 2 && t->size != r->last_size) {
            show(r, SIGN_TWO_UPLOADS, e,
                    "second whole upload (%u bytes, after %u) without a reset",
                    (unsigned)t->size, (unsigned)r->last_size);
        }
        r->last_size = t->size;
    }
}

static void on_answer(struct reader *r, const struct diag_event *e)
{
    struct smp_refusal refusal;
    const struct diag_event *request = r->open[e->header.seq];
    r->answered = true;
    if (request == NULL || request->header.group != e->header.group ||
            request->header.id != e->header.id ||
            request->header.op + 1 != e->header.op) {
        return;
    }
    int rc = smp_response_check(&e->header, payload(e), &refusal);
    if (rc == SMP_E_REMOTE) {
        on_refused(r, e, request, &refusal);
    } else if (rc != 0) {
        return;
    } else if (e->header.group == SMP_GROUP_OS &&
            e->header.id == SMP_OS_RESET) {
        show(r, SIGN_RESET, e, "reset accepted");
        r->reset_ms = e->t_ms;
        r->completed = 0;
    } else if (e->header.group == SMP_GROUP_IMAGE &&
            e->header.id == SMP_IMAGE_UPLOAD) {
        on_upload_answer(r, e);
    } else if (e->header.group == SMP_GROUP_IMAGE &&
            e->header.id == SMP_IMAGE_STATE) {
        on_list(r, e);
    }
}

/* ---- the rest ---- */

static const struct {
    const char *code;
    enum diag_sign sign;
} error_signs[] = {
    { "no-answer", SIGN_SILENCE },
    { "upload-no-progress", SIGN_NO_PROGRESS },
    { "upload-mismatch", SIGN_MATCH_FALSE },
    { "device-did-not-return", SIGN_DID_NOT_RETURN },
    { "reverted", SIGN_REVERTED },
    { "other-image", SIGN_OTHER_IMAGE },
    { "swap-refused", SIGN_SWAP_REFUSED },
};

static void on_error(struct reader *r, const struct diag_event *e)
{
    for (size_t i = 0; i < sizeof(error_signs) / sizeof(error_signs[0]); i++) {
        if (strcmp(e->text, error_signs[i].code) == 0) {
            show(r, error_signs[i].sign, e, "client: %s", e->text);
        }
    }
    if (strcmp(e->text, "no-answer") == 0 && !r->answered) {
        show(r, SIGN_NEVER_ANSWERED, e, "no request was ever answered");
    }
}

static void on_file(struct reader *r, const struct diag_event *e)
{
    for (size_t i = 0; i < r->file_count; i++) {
        if (r->files[i]->about.image != e->about.image) {
            show(r, SIGN_PACKAGE_TWO, e,
                    "package has files for image %d and %d",
                    r->files[i]->about.image, e->about.image);
        }
    }
    if (r->file_count < sizeof(r->files) / sizeof(r->files[0])) {
        r->files[r->file_count++] = e;
    }
}

static void on_link(struct reader *r, const struct diag_event *e)
{
    if (e->up) {
        return;
    }
    if (r->s->signs & DIAG_SIGN(SIGN_RESET)) {
        show(r, SIGN_LINK_DOWN_AFTER_RESET, e, "link down after the reset");
    } else {
        show(r, SIGN_LINK_DOWN, e, "link down without a reset");
    }
}

/* What can only be said at the end. */
static void conclude(struct reader *r)
{
    const struct diag_event *shown = r->s->shown[SIGN_HASH_REFUSED];
    if (shown != NULL && r->refused_hash.len > 0 && r->file_count >= 2) {
        const struct diag_event *file = file_of(r, r->refused_hash);
        if (file != NULL && file != r->files[r->file_count - 1]) {
            show(r, SIGN_HASH_OF_EARLIER, file,
                    "the refused hash is that of %s (image %d), sent before "
                    "the last file",
                    file->text, file->about.image);
        }
    }
    for (uint8_t i = 0; i < r->s->transfer_count; i++) {
        if (!r->s->transfers[i].complete) {
            r->s->transfers[i].ms = 0;
        }
    }
}

void diag_session_read(struct diag_session *session,
        const struct diag_events *events)
{
    struct reader r;
    memset(session, 0, sizeof(*session));
    memset(&r, 0, sizeof(r));
    r.s = session;
    for (size_t i = 0; i < events->count; i++) {
        const struct diag_event *e = &events->items[i];
        switch (e->kind) {
        case DIAG_TX:
            r.open[e->header.seq] = e;
            if (e->header.group == SMP_GROUP_IMAGE &&
                    e->header.id == SMP_IMAGE_UPLOAD) {
                on_upload_request(&r, e);
            }
            break;
        case DIAG_RX:
            on_answer(&r, e);
            break;
        case DIAG_LINK:
            on_link(&r, e);
            break;
        case DIAG_FILE:
            on_file(&r, e);
            break;
        case DIAG_ERROR:
            on_error(&r, e);
            break;
        case DIAG_STEP:
        case DIAG_NOISE:
        case DIAG_NOTE:
            break;
        }
    }
    conclude(&r);
}
