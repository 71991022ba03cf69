// SPDX-License-Identifier: Apache-2.0
/*
 * Events to signs. Answers are paired with the latest open request of the
 * same group, sequence and command; numbers are never read without their
 * namespace.
 */
#include "diag/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag/text.h"
#include "smp/group_image.h"
#include "smp/group_os.h"

#define DIAG_GROUP_SUIT 66u
/* A request without an answer this long after a reset: the device was away. */
#define AWAY_MS 900

void diag_show(struct diag_reader *r, enum diag_sign sign,
        const struct diag_event *e, const char *form, ...)
{
    if (r->s->seen[sign]) {
        return;
    }
    va_list args;
    va_start(args, form);
    vsnprintf(r->s->text[sign], sizeof(r->s->text[sign]), form, args);
    va_end(args);
    r->s->seen[sign] = true;
    r->s->shown[sign] = e;
}

const char *diag_code_text(const struct smp_refusal *f, char *buf, size_t size)
{
    if (f->shape == SMP_REFUSAL_RC) {
        snprintf(buf, size, "rc %d %s", (int)f->rc, smp_refusal_name(f));
    } else {
        snprintf(buf, size, "group %u code %d %s", (unsigned)f->rc_group,
                (int)f->rc, smp_refusal_name(f));
    }
    return buf;
}

/* ---- open requests ---- */

void diag_close(struct diag_reader *r, unsigned i)
{
    memmove(&r->open[i], &r->open[i + 1],
            (r->open_count - i - 1) * sizeof(r->open[0]));
    r->open_count--;
}

/* Remember what was sent last: answers may come late, or twice. */
static void remember(struct diag_reader *r, const struct smp_header *h)
{
    struct diag_past *p = &r->past[r->past_next++ % DIAG_OPEN_MAX];
    p->used = true;
    p->given_up = false;
    p->header = *h;
}

/* Was that request sent, and is it not open any more? NULL: no. */
static const struct diag_past *find_past(const struct diag_reader *r,
        const struct smp_header *h)
{
    for (unsigned i = 0; i < DIAG_OPEN_MAX; i++) {
        const struct diag_past *p = &r->past[i];
        if (p->used && p->header.seq == h->seq && p->header.group == h->group &&
                p->header.id == h->id && (p->header.op & 2u) == (h->op & 2u)) {
            return p;
        }
    }
    return NULL;
}

static int find_open(const struct diag_reader *r, const struct smp_header *h)
{
    for (unsigned i = r->open_count; i > 0; i--) {
        const struct smp_header *q = &r->open[i - 1].event->header;
        if (q->seq == h->seq && q->group == h->group && q->id == h->id &&
                (q->op & 2u) == (h->op & 2u)) {
            return (int)i - 1;
        }
    }
    return -1;
}

/* A repetition of an open upload chunk: the first one was given up. */
static bool is_repetition(const struct diag_event *a,
        const struct diag_event *b)
{
    struct diag_chunk x;
    struct diag_chunk y;
    return diag_chunk_of(a, &x) && diag_chunk_of(b, &y) && x.off == y.off &&
            x.data == y.data && a->t_ms >= 0 && b->t_ms - a->t_ms > 900;
}

static void on_erase_request(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_image_erase_req req;
    if (smp_map_decode(&smp_image_erase_req_map, diag_body(e), &req) == 0 &&
            (req.has & SMP_IMAGE_ERASE_REQ_SLOT) && req.slot == 0) {
        diag_show(r, SIGN_ERASE_0, e, "erase of slot 0 was asked for");
    }
}

/* After a reset: was the device silent for a while? */
static void look_for_silence(struct diag_reader *r, const struct diag_event *e)
{
    if (e->t_ms >= 0) {
        if (r->reset && r->last_ms >= 0 && e->t_ms - r->last_ms > 3000) {
            r->rebooted = true;
        }
        r->last_ms = e->t_ms;
    }
}

static void on_request(struct diag_reader *r, const struct diag_event *e)
{
    r->report->requests++;
    look_for_silence(r, e);
    r->v2_asked = r->v2_asked || e->header.version > 0;
    for (unsigned i = 0; i < r->open_count; i++) {
        const struct smp_header *h = &r->open[i].event->header;
        if (h->seq == e->header.seq && h->group == e->header.group &&
                h->id == e->header.id && h->op == e->header.op) {
            diag_close(r, i); /* the same message once more */
            break;
        }
        if (is_repetition(r->open[i].event, e)) {
            diag_on_lost(r, r->open[i].event, e);
            diag_close(r, i);
            break;
        }
    }
    if (r->open_count == DIAG_OPEN_MAX) {
        diag_close(r, 0);
    }
    for (unsigned i = 0; i < r->open_count; i++) {
        r->open[i].alone = false;
    }
    r->open[r->open_count].alone = r->open_count == 0;
    r->open[r->open_count++].event = e;
    remember(r, &e->header);
    if (e->header.group == SMP_GROUP_IMAGE) {
        if (e->header.id == SMP_IMAGE_UPLOAD) {
            diag_on_chunk(r, e);
        } else if (e->header.id == SMP_IMAGE_ERASE) {
            on_erase_request(r, e);
        } else if (e->header.id == SMP_IMAGE_STATE &&
                e->header.op == SMP_OP_WRITE) {
            diag_on_mark(r, e);
        }
    } else if (e->header.group == SMP_GROUP_OS &&
            e->header.id == SMP_OS_RESET && e->header.op == SMP_OP_WRITE) {
        diag_show(r, SIGN_RESET_SENT, e, "a reset was sent");
    }
}

/* ---- refusals ---- */

static void on_os_refused(struct diag_reader *r, const struct diag_event *e,
        const struct smp_refusal *f)
{
    bool rc8 = f->shape == SMP_REFUSAL_RC && f->rc == 8;
    if (f->id == SMP_OS_RESET) {
        uint16_t sign = rc8   ? SIGN_RESET_RC8
                : f->rc == 10 ? SIGN_RESET_BUSY
                : f->rc == 11 ? SIGN_RESET_DENIED
                              : SIGN_NONE;
        if (sign != SIGN_NONE) {
            diag_show(r, (enum diag_sign)sign, e, "reset refused: rc %d",
                    (int)f->rc);
        }
    } else if (f->id == SMP_OS_PARAMS && rc8) {
        diag_show(r, SIGN_PARAMS_RC8, e,
                "MCUmgr parameters (group 0 command 6): rc 8 not supported");
    } else if (rc8) {
        diag_show(r, SIGN_QUERY_RC8, e,
                "optional query (group 0 command %u): rc 8 not supported",
                (unsigned)f->id);
    }
}

static void on_image_refused(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f)
{
    bool rc8 = f->shape == SMP_REFUSAL_RC && f->rc == 8;
    if (f->id == SMP_IMAGE_SLOT_INFO && rc8) {
        diag_show(r, SIGN_QUERY_RC8, e,
                "slot information (group 1 command 6): rc 8 not supported");
    } else if (f->id == SMP_IMAGE_UPLOAD) {
        diag_on_upload_refused(r, e, f);
    } else if (f->id == SMP_IMAGE_STATE && f->op == SMP_OP_WRITE) {
        diag_on_state_refused(r, e, request, f);
    } else if (f->id == SMP_IMAGE_STATE && rc8) {
        diag_show(r, SIGN_LIST_RC8, e, "image list: rc 8 not supported");
    } else if (f->id == SMP_IMAGE_STATE && f->shape == SMP_REFUSAL_RC &&
            (f->rc == 7 || f->rc == 2)) {
        diag_show(r, SIGN_LIST_RC7, e, "image list: rc %d", (int)f->rc);
    } else if (f->id == SMP_IMAGE_ERASE) {
        bool slot = f->shape == SMP_REFUSAL_RC
                ? f->rc == 6 || f->rc == 5 || f->rc == 2
                : f->rc == SMP_IMAGE_RC_NO_FREE_SLOT;
        if (slot) {
            diag_show(r, SIGN_ERASE_SLOT, e, "erase refused: code %d",
                    (int)f->rc);
        } else if (f->shape == SMP_REFUSAL_RC && f->rc == 1) {
            diag_show(r, SIGN_ERASE_V1_1, e, "erase refused: rc 1");
        }
    }
}

static void on_refused(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request, const struct smp_refusal *f)
{
    bool flat = f->shape == SMP_REFUSAL_RC;
    if (f->shape == SMP_REFUSAL_RET) {
        diag_show(r, SIGN_RET_SHAPE, e, "an error as `ret`");
    }
    r->last_rc = f->rc;
    r->last_rc_event = e;
    if (flat && f->rc == 12) {
        diag_show(r, SIGN_TOO_OLD, e, "rc 12: protocol version too old");
    } else if (flat && f->rc == 13) {
        diag_show(r, SIGN_TOO_NEW, e, "rc 13: protocol version too new");
    } else if (flat && f->rc == 9) {
        diag_show(r, SIGN_CORRUPT, e, "rc 9: a request arrived damaged");
    } else if (flat && f->rc == 7) {
        diag_show(r, SIGN_ANSWER_LONG, e, "rc 7: the answer is too long");
    } else if (flat && f->rc == 2 &&
            (f->group != SMP_GROUP_IMAGE || f->id == SMP_IMAGE_STATE)) {
        diag_show(r, SIGN_NO_MEMORY, e, "rc 2 to group %u command %u",
                (unsigned)f->group, (unsigned)f->id);
    }
    if (f->group == SMP_GROUP_OS) {
        on_os_refused(r, e, f);
    } else if (f->group == SMP_GROUP_BASIC && flat && f->rc == 8) {
        diag_show(r, SIGN_STORAGE_RC8, e,
                "erase settings (group 63 command 0): rc 8 not supported");
    } else if (f->group == SMP_GROUP_IMAGE) {
        on_image_refused(r, e, request, f);
    }
}

/* ---- answers ---- */

void diag_on_reset(struct diag_reader *r, const struct diag_event *e)
{
    diag_show(r, SIGN_RESET, e, "reset accepted");
    if (r->reset) {
        diag_after_reset(r);
    }
    r->reset = true;
    r->rebooted = false;
    r->reset_ms = e->t_ms;
    r->before = r->now;
    r->completed = 0;
    r->transfer = NULL;
    r->confirmed_after = false;
}

/* Bootloader information: what it can do. */
static void on_bootloader(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_iter it;
    struct smp_item item;
    smp_iter_init(&it, (struct smp_view){ diag_body(e) });
    while (smp_iter_next(&it, &item) == 1) {
        if (item.key.len != 4 || memcmp(item.key.ptr, "mode", 4) != 0 ||
                item.type != SMP_TYPE_UINT) {
            continue;
        }
        uint16_t sign = item.number == 4 || item.number == 5 ? SIGN_MODE_XIP
                : item.number == 2 ? SIGN_MODE_OVERWRITE
                : item.number == 7 ? SIGN_MODE_LOADER
                                   : SIGN_NONE;
        if (sign != SIGN_NONE) {
            diag_show(r, (enum diag_sign)sign, e, "%s", diag_sign_text(sign));
        }
    }
}

static void on_params(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_os_params_rsp rsp;
    if (smp_map_decode(&smp_os_params_rsp_map, diag_body(e), &rsp) == 0) {
        r->buf_size = rsp.buf_size;
        r->buf_count = rsp.buf_count;
        if (r->mtu > 23 && rsp.buf_size > 0 && rsp.buf_size < r->mtu) {
            diag_show(r, SIGN_SMALL_BUFFER, e, "buffer of %u bytes, MTU %u",
                    (unsigned)rsp.buf_size, (unsigned)r->mtu);
        }
    }
}

static void on_accepted(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request)
{
    uint8_t id = e->header.id;
    switch (e->header.group) {
    case SMP_GROUP_OS:
        if (id == SMP_OS_RESET) {
            diag_on_reset(r, e);
        } else if (id == SMP_OS_PARAMS) {
            on_params(r, e);
        } else if (id == SMP_OS_BOOTLOADER) {
            on_bootloader(r, e);
        }
        return;
    case SMP_GROUP_IMAGE:
        if (id == SMP_IMAGE_UPLOAD) {
            diag_on_chunk_answer(r, e);
        } else if (id == SMP_IMAGE_STATE) {
            diag_on_list(r, e, request);
        } else if (id == SMP_IMAGE_SLOT_INFO) {
            diag_on_slot_info(r, e);
        } else if (id == SMP_IMAGE_ERASE) {
            r->erased = true;
            diag_show(r, SIGN_ERASED, e, "a slot was erased");
        }
        return;
    case DIAG_GROUP_SUIT:
        diag_show(r, SIGN_SUIT_ANSWERED, e, "group 66 (SUIT) is answered");
        return;
    case SMP_GROUP_BASIC:
        diag_show(r, SIGN_STORAGE_ERASED, e, "the settings were erased");
        return;
    default:
        return;
    }
}

/*
 * No such request is open: given up before (then it is late, and several in a
 * row are answers of a device that lags behind), answered before (sent twice,
 * which means nothing), or never sent.
 */
static void on_unexpected(struct diag_reader *r, const struct diag_event *e)
{
    const struct diag_past *past = find_past(r, &e->header);
    if (past == NULL) {
        diag_show(r, SIGN_WRONG_SEQ, e,
                "an answer with sequence %u, none such was asked",
                (unsigned)e->header.seq);
        return;
    }
    if (!past->given_up) {
        return;
    }
    diag_show(r, SIGN_LATE_ANSWER, e,
            "the answer with sequence %u comes after its request was given up",
            (unsigned)e->header.seq);
    if (++r->shifted >= 3) {
        diag_show(r, SIGN_SHIFTED, e,
                "answer %u in a row to a request that was given up before",
                r->shifted);
    }
}

/* Somebody is there; after large requests that were lost, that tells. */
static void on_life(struct diag_reader *r, const struct diag_event *e,
        const struct diag_event *request)
{
    if (r->silent > 0 && r->uploading &&
            diag_request_size(request) <= DIAG_SMALL &&
            r->silent_small > DIAG_SMALL) {
        diag_show(r, SIGN_SMALL_AFTER, e,
                "then a request of %u bytes is answered",
                (unsigned)diag_request_size(request));
    }
    r->silent = 0;
}

static void on_answer(struct diag_reader *r, const struct diag_event *e)
{
    struct smp_refusal refusal;
    const struct diag_event *request = NULL;
    int at = find_open(r, &e->header);
    r->report->answers++;
    look_for_silence(r, e);
    if (e->late) {
        diag_show(r, SIGN_LATE_ANSWER, e,
                "an answer (sequence %u) that nobody waited for any more",
                (unsigned)e->header.seq);
        return;
    }
    if (at >= 0) {
        request = r->open[at].event;
        if (diag_request_size(request) > r->big_answered) {
            r->big_answered = diag_request_size(request);
        }
        diag_close(r, (unsigned)at);
        if (request->header.version > 0 && e->header.version == 0) {
            diag_show(r, SIGN_V1_ANSWER, e,
                    "an SMP v1 answer to a v2 request: an older server");
        }
    } else if (r->open_count > 0 && e->file == r->open[0].event->file) {
        on_unexpected(r, e);
    }
    if (at >= 0) {
        r->shifted = 0;
        on_life(r, e, request);
    }
    if (r->reset && r->open_count > 0 && e->t_ms >= 0 &&
            r->open[0].event->t_ms >= 0 &&
            e->t_ms - r->open[0].event->t_ms > AWAY_MS) {
        r->rebooted = true; /* an earlier request met nobody */
    }
    r->answered = true;
    diag_show(r, SIGN_ANSWERED, e, "the device answers");
    if (e->header.len > 0 && e->message_len == SMP_HEADER_SIZE) {
        diag_show(r, SIGN_T_NO_CBOR, e, "an answer without a body");
        return;
    }
    int rc = smp_response_check(&e->header, diag_body(e), &refusal);
    if (rc == SMP_E_REMOTE) {
        on_refused(r, e, request, &refusal);
    } else if (rc == 0) {
        on_accepted(r, e, request);
    }
}

/* ---- all events ---- */

static void on_event(struct diag_reader *r, const struct diag_event *e)
{
    switch (e->kind) {
    case DIAG_TX:
        on_request(r, e);
        return;
    case DIAG_RX:
        on_answer(r, e);
        return;
    case DIAG_RUN:
        diag_on_run(r, e);
        return;
    case DIAG_LINK:
        diag_on_link(r, e);
        return;
    case DIAG_MTU:
        r->mtu = e->a;
        r->report->mtu = e->a;
        return;
    case DIAG_INTERVAL:
        r->report->interval_us = e->a;
        return;
    case DIAG_PARAMS:
        r->buf_size = e->a;
        r->buf_count = e->b;
        return;
    case DIAG_SENT:
        diag_on_sent(r, e);
        return;
    case DIAG_PROGRESS:
        diag_on_progress(r, e);
        return;
    case DIAG_FILE:
        diag_on_file(r, e);
        return;
    case DIAG_ERROR:
        diag_on_words(r, e);
        diag_on_error(r, e);
        return;
    case DIAG_REFUSED:
        diag_on_words(r, e);
        diag_on_refused_text(r, e);
        return;
    case DIAG_HEAD:
        diag_on_head(r, e);
        return;
    case DIAG_STEP:
    case DIAG_NOISE:
    case DIAG_NOTE:
        diag_on_words(r, e);
        return;
    case DIAG_CONF:
    case DIAG_EVENT_KINDS:
        return;
    }
}

/* What can only be said at the end. */
static void conclude(struct diag_reader *r)
{
    diag_state_end(r);
    diag_pace_end(r);
    if (r->lost >= 2 && r->answered && r->small_lost > r->big_answered) {
        diag_show(r, SIGN_BIG_UNANSWERED, r->last_lost,
                "requests of %u bytes and more are not answered, up to %u are",
                (unsigned)r->small_lost, (unsigned)r->big_answered);
    }
    if (r->silent >= 2 && r->answered && r->silent_small <= DIAG_SMALL &&
            r->uploading && !r->reset) {
        diag_show(r, SIGN_SILENT_AFTER, r->last_lost,
                "%u requests in a row without an answer, a small one among "
                "them",
                r->silent);
    }
    if (r->lost >= 1 && r->lost_open >= 2 && !r->lost_alone) {
        diag_show(r, SIGN_MANY_LOST, r->last_lost,
                "answers are missing while %u requests are open",
                (unsigned)r->lost_open);
    }
    for (uint8_t i = 0; i < r->report->transfer_count; i++) {
        const struct diag_transfer *t = &r->report->transfers[i];
        if (t->session == r->number && t->complete && t->chunk > 0 &&
                t->chunk < 64 && t->requests > 20 && r->first_event != NULL) {
            diag_show(r, SIGN_TINY_CHUNKS, r->first_event,
                    "%u data bytes per chunk", (unsigned)t->chunk);
        }
    }
    if (r->lost >= 1 && r->transfer != NULL && r->transfer->complete) {
        diag_show(r, SIGN_LOST_ONE, r->last_lost,
                "%u answer%s missing; the transfer went on", r->lost,
                r->lost == 1 ? " is" : "s are");
    }
    diag_on_conf(r);
}

void diag_session_read(struct diag_session *s, struct diag_report *report,
        const struct diag_events *events, const uint16_t *ids, uint16_t number)
{
    static const struct diag_reader empty;
    struct diag_reader r = empty;
    memset(s, 0, sizeof(*s));
    r.s = s;
    r.report = report;
    r.events = events;
    r.number = (uint8_t)(number & 0xffu);
    r.marked_image = -1;
    r.reset_ms = -1;
    r.last_ms = -1;
    for (size_t i = 0; i < events->count; i++) {
        bool ours = ids[i] == number || ids[i] == 0xffffu;
        if (ours && !events->items[i].probe) {
            r.shared = ids[i] == 0xffffu;
            if (r.first_event == NULL && !r.shared) {
                r.first_event = &events->items[i];
            }
            on_event(&r, &events->items[i]);
        }
    }
    conclude(&r);
    diag_limits(&r, report);
}
