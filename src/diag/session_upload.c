// SPDX-License-Identifier: Apache-2.0
/* Uploads: chunks, offsets, refusals, silence. */
#include <string.h>

#include "diag/session.h"
#include "smp/group_image.h"

/* Answers without progress that are no longer a lost chunk of a window. */
#define STUCK_MIN 3u

static struct diag_transfer *new_transfer(struct diag_reader *r)
{
    struct diag_report *p = r->report;
    if (p->transfer_count == DIAG_TRANSFERS_MAX) {
        memmove(p->transfers, p->transfers + 1,
                sizeof(p->transfers) - sizeof(p->transfers[0]));
        p->transfer_count--;
    }
    struct diag_transfer *t = &p->transfers[p->transfer_count++];
    memset(t, 0, sizeof(*t));
    t->session = r->number;
    t->t_start_ms = -1;
    return t;
}

static bool same_sha(const struct diag_reader *r, const struct diag_chunk *c)
{
    return r->sha_known && c->sha.len == 32 &&
            memcmp(r->sha, c->sha.ptr, 32) == 0;
}

static void begin(struct diag_reader *r, const struct diag_event *e,
        const struct diag_chunk *c)
{
    struct diag_transfer *t = r->transfer;
    bool again = t != NULL && !t->complete && t->size == c->len &&
            t->image == c->image && (same_sha(r, c) || !r->sha_known);
    if (!again && t != NULL && !t->complete && t->bytes > 0 && !r->reset) {
        r->left = e; /* given up, or another client: the next chunks tell */
        r->left_off = r->off;
    }
    diag_pace_begin(r, e, again);
    diag_on_first_bytes(r, e, c);
    if (!again) {
        t = new_transfer(r);
        t->size = c->len;
        t->image = c->image;
        t->image_told = c->has_image;
        t->t_start_ms = e->t_ms;
        r->transfer = t;
        r->off_known = false;
    }
    r->sha_known = c->sha.len == 32;
    if (r->sha_known) {
        memcpy(r->sha, c->sha.ptr, 32);
    }
    r->stuck = 0;
    r->first_chunk = e;
    r->refused_err = NULL;
    if (c->image > 0) {
        diag_show(r, SIGN_UPLOAD_IMAGE_1, e, "upload with image %u, %u bytes",
                (unsigned)c->image, (unsigned)c->len);
    }
    if (c->data < 32 && c->len > c->data) {
        diag_show(r, SIGN_FIRST_SHORT, e, "first chunk: %u data bytes of %u",
                (unsigned)c->data, (unsigned)c->len);
    }
    if (r->slot_size > 12288 && c->len > r->slot_size - 12288 &&
            c->len <= r->slot_size) {
        diag_show(r, SIGN_NEAR_LIMIT, e, "%u bytes for a slot of %u",
                (unsigned)c->len, (unsigned)r->slot_size);
    }
    if (r->slot_size != 0 && c->len > r->slot_size) {
        diag_show(r, SIGN_TOO_LONG_SENT, e, "%u bytes for a slot of %u",
                (unsigned)c->len, (unsigned)r->slot_size);
    }
}

void diag_on_chunk(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_chunk c;
    if (!diag_chunk_of(e, &c)) {
        return;
    }
    r->uploading = true;
    if (r->refused_err != NULL && c.off > 0) {
        diag_show(r, SIGN_WENT_ON, e,
                "the client goes on at offset %u although the device refused "
                "(`err`)",
                (unsigned)c.off);
    }
    if (c.off == 0 && (c.has_len || r->transfer == NULL)) {
        begin(r, e, &c);
    }
    struct diag_transfer *t = r->transfer;
    if (t == NULL) {
        t = r->transfer = new_transfer(r);
        t->t_start_ms = e->t_ms;
    }
    if (r->left != NULL && c.off > 0 && c.off >= r->left_off &&
            c.off > r->off + 1024u) {
        diag_show(r, SIGN_TWO_FILES, r->left,
                "another file is begun while one is being sent, which goes on "
                "at %u",
                (unsigned)c.off);
    }
    t->requests++;
    t->chunk = c.data > t->chunk ? c.data : t->chunk;
    t->in_flight = r->open_count > t->in_flight ? r->open_count : t->in_flight;
    if (r->left == NULL && t->size > 0 && c.data > 0 &&
            (uint64_t)c.off + c.data > t->size) {
        diag_show(r, SIGN_SENT_TOO_MUCH, e,
                "offset %u and %u data bytes go beyond the announced %u",
                (unsigned)c.off, (unsigned)c.data, (unsigned)t->size);
    }
}

/* ---- answers ---- */

static bool known_sha(const struct diag_reader *r)
{
    for (unsigned i = 0; i < r->sha_count; i++) {
        if (r->sha_known && memcmp(r->shas[i], r->sha, 32) == 0) {
            return true;
        }
    }
    return false;
}

/* A whole upload: the first, or a second one of another file. */
static void completed(struct diag_reader *r, const struct diag_event *e,
        uint32_t size, uint32_t image)
{
    bool other = r->completed > 0 && (size != r->last_size || !known_sha(r));
    if (r->completed == 0) {
        r->completed = 1;
        diag_show(r, SIGN_UPLOAD_1, e, "first upload complete: %u bytes",
                (unsigned)size);
    } else if (other) {
        r->completed++;
        diag_show(r, SIGN_UPLOAD_2, e,
                "second upload complete: %u bytes, after %u, no reset between",
                (unsigned)size, (unsigned)r->last_size);
        if (image == 0 && r->last_image == 0 && r->transfer != NULL &&
                r->transfer->requests > 0) {
            diag_show(r, SIGN_UPLOAD_BOTH_0, e,
                    "both files were sent for image 0");
        }
    }
    if (r->sha_known && r->sha_count < 4 && !known_sha(r)) {
        memcpy(r->shas[r->sha_count++], r->sha, 32);
    }
    r->last_size = size;
    r->last_image = image;
}

static void first_answer(struct diag_reader *r, const struct diag_event *e,
        uint32_t off)
{
    struct diag_transfer *t = r->transfer;
    struct diag_chunk c;
    const struct diag_event *first = r->first_chunk;
    r->first_chunk = NULL;
    if (first == NULL || !diag_chunk_of(first, &c)) {
        return;
    }
    if (e->t_ms >= 0 && first->t_ms >= 0 && e->t_ms - first->t_ms > 5000) {
        diag_show(r, SIGN_FIRST_SLOW, e, "first chunk answered after %u ms",
                (unsigned)(e->t_ms - first->t_ms));
    }
    if (off == t->size && off > c.data && t->size > 0) {
        diag_show(r, SIGN_UPLOAD_AT_ONCE, e,
                "first answer: all %u bytes are there already", (unsigned)off);
    } else if (off > c.data) {
        diag_show(r, SIGN_UPLOAD_RESUMED, e, "first answer: go on at offset %u",
                (unsigned)off);
        if (r->erased) {
            diag_show(r, SIGN_RESUME_AFTER_ERASE, e,
                    "the slot was erased, yet the device goes on at %u",
                    (unsigned)off);
        }
    }
}

static void no_progress(struct diag_reader *r, const struct diag_event *e,
        uint32_t off)
{
    struct diag_transfer *t = r->transfer;
    unsigned limit = STUCK_MIN;
    if (e->late || e->header.seq == r->stuck_seq) {
        return;
    }
    r->stuck_seq = e->header.seq;
    if (t->in_flight + 1 > limit) {
        limit = t->in_flight + 1;
    }
    r->stuck = off == r->off ? r->stuck + 1 : 1;
    if (off < r->off) {
        diag_show(r, off == 0 ? SIGN_OFFSET_ZERO : SIGN_OFFSET_BACK, e,
                "offset goes back from %u to %u", (unsigned)r->off,
                (unsigned)off);
    }
    if (r->stuck >= limit) {
        diag_show(r, SIGN_NO_PROGRESS, e,
                "answer %u in a row with offset %u and no refusal", r->stuck,
                (unsigned)off);
    }
}

static void mark_gap(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_transfer *t = r->transfer;
    if (e->t_ms >= 0 && t->t_start_ms >= 0 && e->t_ms >= t->t_start_ms) {
        int64_t ms = e->t_ms - t->t_start_ms;
        uint32_t now = ms > INT32_MAX ? INT32_MAX : (uint32_t)ms;
        if (t->bytes > 0 && now > t->ms && now - t->ms > t->gap_ms) {
            t->gap_ms = now - t->ms;
        }
        t->ms = now;
    }
}

void diag_on_chunk_answer(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_chunk c;
    if (!diag_answer_of(e, &c)) {
        return;
    }
    if (r->transfer == NULL) {
        /* Chunks were not written down: the size is not known. */
        r->transfer = new_transfer(r);
        r->transfer->t_start_ms = e->t_ms;
    }
    struct diag_transfer *t = r->transfer;
    r->uploading = true;
    if (c.has_match && !c.match) {
        diag_show(r, SIGN_MATCH_FALSE, e, "last chunk answered: match false");
    }
    if (t->complete) {
        return;
    }
    first_answer(r, e, c.off);
    if (r->off_known && c.off <= r->off) {
        no_progress(r, e, c.off);
        r->off = c.off;
        return;
    }
    if (!r->off_known && c.off == 0 && e->late == false) {
        /* nothing stored: the first of several, or the refusal's echo */
        r->stuck = 1;
        r->stuck_seq = e->header.seq;
    } else {
        r->stuck = 0;
    }
    mark_gap(r, e);
    diag_pace_step(r, e);
    r->off = c.off;
    r->off_known = true;
    t->bytes = c.off > t->bytes ? c.off : t->bytes;
    if (t->size > 0 && c.off == t->size) {
        t->complete = true;
        completed(r, e, t->size, t->image);
    }
}

void diag_on_run(struct diag_reader *r, const struct diag_event *e)
{
    const struct diag_run *run = e->run;
    r->uploading = true;
    r->answered = r->answered || run->answers > 0;
    if (r->transfer == NULL) {
        r->transfer = new_transfer(r);
        r->transfer->t_start_ms = e->t_ms;
    }
    struct diag_transfer *t = r->transfer;
    t->requests += run->requests;
    t->chunk = run->data_max > t->chunk ? run->data_max : t->chunk;
    t->in_flight =
            run->in_flight > t->in_flight ? run->in_flight : t->in_flight;
    t->gap_ms = run->gap_ms > t->gap_ms ? run->gap_ms : t->gap_ms;
    t->bytes = run->off_to > t->bytes ? run->off_to : t->bytes;
    r->off = run->off_to;
    r->off_known = true;
    r->stuck = 0;
    r->open_count = 0;
    r->silent = 0;
    r->pace.last_ms = run->t_end_ms;
    if (run->answers > 0 && run->data_max + 24 > r->big_answered) {
        r->big_answered = run->data_max + 24;
    }
    r->report->requests += run->requests;
    r->report->answers += run->answers;
}

/* A client says that an upload is done; chunks may not be in the log. */
void diag_on_sent(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_transfer *t = r->transfer;
    r->uploading = true;
    if (t != NULL && t->complete && t->size == e->a) {
        return;
    }
    if (t == NULL || t->size != e->a) {
        t = new_transfer(r);
        t->size = e->a;
        r->sha_known = false;
    }
    t->bytes = e->a;
    t->complete = true;
    if (e->b > 0) {
        t->ms = e->b;
        t->t_start_ms = e->t_ms < 0 ? -1 : e->t_ms - (int64_t)e->b;
    }
    r->transfer = t;
    completed(r, e, e->a, t->image);
}

void diag_on_progress(struct diag_reader *r, const struct diag_event *e)
{
    struct diag_transfer *t = r->transfer;
    r->uploading = true;
    r->answered = true;
    r->last_progress = e;
    if (t == NULL || t->complete || e->a < t->bytes) {
        t = r->transfer = new_transfer(r);
        t->t_start_ms = e->t_ms;
        t->size = e->b;
    }
    if (t->bytes > 0 && e->a > t->bytes) {
        uint32_t step = e->a - t->bytes;
        t->chunk = step < 65536 && step > t->chunk ? step : t->chunk;
    }
    t->requests++;
    t->bytes = e->a;
    mark_gap(r, e);
    diag_pace_step(r, e);
    if (t->size > 0 && t->bytes == t->size) {
        t->complete = true;
        completed(r, e, t->size, t->image);
    }
}

/* ---- refusals ---- */

static const struct {
    uint16_t rc; /* of the image group */
    uint16_t sign;
} group_signs[] = {
    { SMP_IMAGE_RC_FLASH_CONFIG_QUERY_FAIL, SIGN_UP_OPEN },
    { SMP_IMAGE_RC_NO_FREE_SLOT, SIGN_UP_SLOT },
    { SMP_IMAGE_RC_FLASH_OPEN_FAILED, SIGN_UP_OPEN },
    { SMP_IMAGE_RC_FLASH_READ_FAILED, SIGN_UP_READ },
    { SMP_IMAGE_RC_FLASH_WRITE_FAILED, SIGN_UP_WRITE },
    { SMP_IMAGE_RC_FLASH_ERASE_FAILED, SIGN_UP_ERASE },
    { SMP_IMAGE_RC_NO_FREE_MEMORY, SIGN_UP_MEMORY },
    { SMP_IMAGE_RC_FLASH_CONTEXT_ALREADY_SET, SIGN_UP_CONTEXT },
    { SMP_IMAGE_RC_FLASH_CONTEXT_NOT_SET, SIGN_UP_CONTEXT },
    { SMP_IMAGE_RC_FLASH_AREA_DEVICE_NULL, SIGN_UP_OPEN },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER, SIGN_UP_HEADER },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC, SIGN_UP_MAGIC },
    { SMP_IMAGE_RC_INVALID_FLASH_ADDRESS, SIGN_UP_ADDRESS },
    { SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER, SIGN_UP_NEWER },
    { SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE, SIGN_UP_LARGE },
    { SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN, SIGN_UP_OVERRUN },
};

static const struct {
    const char *rsn; /* reason in words, SMP v1 */
    uint16_t sign;
} reason_signs[] = {
    { "magic mismatch", SIGN_UP_MAGIC },
    { "no slot", SIGN_UP_SLOT },
    { "fa open fail", SIGN_UP_OPEN },
    { "fa erase fail", SIGN_UP_ERASE },
    { "fa write fail", SIGN_UP_WRITE },
    { "downgrade", SIGN_UP_NEWER },
    { "img addr mismatch", SIGN_UP_ADDRESS },
    { "img too large", SIGN_UP_LARGE },
    { "data overrun", SIGN_UP_OVERRUN },
    { "header malformed", SIGN_UP_HEADER },
};

static uint16_t sign_of_reason(const struct smp_refusal *f)
{
    for (size_t i = 0; i < sizeof(reason_signs) / sizeof(reason_signs[0]);
            i++) {
        const char *text = reason_signs[i].rsn;
        if (f->rsn.len == strlen(text) &&
                memcmp(f->rsn.ptr, text, f->rsn.len) == 0) {
            return reason_signs[i].sign;
        }
    }
    return SIGN_NONE;
}

static uint16_t sign_of_flat(int32_t rc)
{
    switch (rc) {
    case 1:
        return SIGN_UP_V1_1;
    case 2:
        return SIGN_UP_V1_2;
    case 3:
        return SIGN_UP_V1_3;
    case 5:
        return SIGN_UP_V1_5;
    case 6:
        return SIGN_UP_V1_6;
    case 8:
        return SIGN_UP_RC8;
    case 10:
    case 11:
        return SIGN_UP_BUSY;
    default:
        return SIGN_NONE;
    }
}

void diag_on_upload_refused(struct diag_reader *r, const struct diag_event *e,
        const struct smp_refusal *f)
{
    char code[96];
    uint16_t sign = sign_of_reason(f);
    bool middle = r->transfer != NULL && r->transfer->bytes > 0 &&
            !r->transfer->complete;
    diag_code_text(f, code, sizeof(code));
    if (sign == SIGN_NONE && f->shape == SMP_REFUSAL_RC) {
        sign = middle && f->rc != 8 ? SIGN_NONE : sign_of_flat(f->rc);
    }
    for (size_t i = 0; i < sizeof(group_signs) / sizeof(group_signs[0]) &&
            f->shape != SMP_REFUSAL_RC;
            i++) {
        if (f->rc_group == SMP_GROUP_IMAGE && group_signs[i].rc == f->rc) {
            sign = group_signs[i].sign;
        }
    }
    r->uploading = true;
    r->first_chunk = NULL;
    r->refused_err = f->shape == SMP_REFUSAL_RC || middle ? NULL : e;
    if (middle) {
        diag_show(r, SIGN_UP_MIDDLE, e, "upload refused at offset %u: %s",
                (unsigned)r->transfer->bytes, code);
        if (f->shape == SMP_REFUSAL_RC && f->rc == 3) {
            diag_show(r, SIGN_UP_MIDDLE_3, e, "upload refused at offset %u: %s",
                    (unsigned)r->transfer->bytes, code);
        }
    }
    if (sign != SIGN_NONE) {
        diag_show(r, (enum diag_sign)sign, e, "upload refused: %s", code);
    }
}

/* ---- silence ---- */

static void lost_chunk(struct diag_reader *r, const struct diag_event *request,
        const struct diag_event *shown)
{
    struct diag_chunk c;
    struct diag_transfer *t = r->transfer;
    if (!diag_chunk_of(request, &c)) {
        return;
    }
    if (c.off == 0) {
        diag_show(r, SIGN_FIRST_UNANSWERED, request,
                "first chunk (%u bytes of %u) not answered in time",
                (unsigned)c.data, (unsigned)c.len);
    } else if (t != NULL && t->size > 0 &&
            (uint64_t)c.off + c.data >= t->size) {
        diag_show(r, SIGN_LAST_UNANSWERED, request,
                "last chunk (offset %u of %u) not answered in time",
                (unsigned)c.off, (unsigned)t->size);
        r->pace.end_lost = request;
    } else {
        diag_show(r, SIGN_MIDDLE_UNANSWERED, request,
                "chunk at offset %u not answered in time", (unsigned)c.off);
    }
    if (r->slot_size > 0 && t != NULL && t->bytes + 2048 > r->slot_size &&
            t->size > r->slot_size) {
        diag_show(r, SIGN_SLOT_END, shown,
                "silence at offset %u, the slot has %u bytes",
                (unsigned)t->bytes, (unsigned)r->slot_size);
    }
}

uint32_t diag_request_size(const struct diag_event *e)
{
    uint32_t size = (uint32_t)e->message_len;
    return e->data_len > 32 ? size + e->data_len - 32 : size;
}

static void give_up_past(struct diag_reader *r, const struct smp_header *h)
{
    for (unsigned i = 0; i < DIAG_OPEN_MAX; i++) {
        struct diag_past *p = &r->past[i];
        if (p->used && p->header.seq == h->seq && p->header.group == h->group &&
                p->header.id == h->id) {
            p->given_up = true;
        }
    }
    for (unsigned i = 0; i < r->open_count; i++) {
        if (r->open[i].event->header.seq == h->seq && r->open[i].alone &&
                r->lost_open >= 2) {
            r->lost_alone = true;
        }
    }
}

void diag_on_lost(struct diag_reader *r, const struct diag_event *request,
        const struct diag_event *shown)
{
    uint32_t size = diag_request_size(request);
    r->lost++;
    r->last_lost = shown;
    r->silent_small =
            r->silent == 0 || size < r->silent_small ? size : r->silent_small;
    r->silent++;
    give_up_past(r, &request->header);
    if (r->small_lost == 0 || size < r->small_lost) {
        r->small_lost = size;
    }
    if (r->open_count > r->lost_open && !r->reset) {
        r->lost_open = r->open_count;
    }
    if (r->mtu > 23 && size > r->mtu - 3u) {
        diag_show(r, SIGN_SPLIT_UNANSWERED, request,
                "a request of %u bytes (MTU %u) was not answered",
                (unsigned)size, (unsigned)r->mtu);
    }
    if (request->header.group == SMP_GROUP_IMAGE &&
            request->header.id == SMP_IMAGE_UPLOAD) {
        lost_chunk(r, request, shown);
    }
}
