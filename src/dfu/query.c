// SPDX-License-Identifier: Apache-2.0
/*
 * Asks a device what it is, one question after the other.
 *
 * Silence at the first question sends us straight to the list: a device that
 * does not answer that either is not there, and the user need not wait for
 * the other questions.
 */
#include <string.h>

#include "device_private.h"
#include "dfu/device.h"

#define OPTIONAL_MS    2500u
#define OPTIONAL_TRIES 2u
#define LIST_MS        5000u
#define LIST_TRIES     3u

#define RC_NOT_SUPPORTED 8

static const struct {
    uint8_t part;
    uint8_t group;
    uint8_t id;
} questions[] = {
    { DFU_QUERY_PARAMS, SMP_GROUP_OS, SMP_OS_PARAMS },
    { DFU_QUERY_BOOTLOADER, SMP_GROUP_OS, SMP_OS_BOOTLOADER },
    { DFU_QUERY_MODE, SMP_GROUP_OS, SMP_OS_BOOTLOADER },
    { DFU_QUERY_LIST, SMP_GROUP_IMAGE, SMP_IMAGE_STATE },
    { DFU_QUERY_SLOT_INFO, SMP_GROUP_IMAGE, SMP_IMAGE_SLOT_INFO },
    { DFU_QUERY_BOARD, SMP_GROUP_OS, SMP_OS_INFO },
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static void forget(struct dfu_device *d, uint8_t parts)
{
    if (parts & DFU_QUERY_PARAMS) {
        d->params_told = false;
        d->buf_size = 0;
        d->buf_count = 0;
    }
    if (parts & DFU_QUERY_BOOTLOADER) {
        d->bootloader_told = false;
        d->bootloader[0] = 0;
    }
    if (parts & DFU_QUERY_MODE) {
        d->mode_told = false;
        d->no_downgrade = false;
        d->mode = SMP_BOOTLOADER_UNKNOWN;
    }
    if (parts & DFU_QUERY_LIST) {
        d->list_told = false;
        d->flags_told = false;
        d->list_cut = false;
        d->slot_count = 0;
    }
    if (parts & DFU_QUERY_SLOT_INFO) {
        d->slot_info_told = false;
        d->info_count = 0;
        d->info_images = 0;
    }
    if (parts & DFU_QUERY_BOARD) {
        d->board_told = false;
        d->board[0] = 0;
    }
    if (parts & (DFU_QUERY_LIST | DFU_QUERY_SLOT_INFO)) {
        d->image_count = 0;
        d->count_source = DFU_COUNT_UNKNOWN;
    }
}

void dfu_query_init(struct dfu_query *q, struct dfu_device *device,
        uint8_t parts)
{
    memset(q, 0, sizeof(*q));
    q->device = device;
    q->parts = parts & DFU_QUERY_ALL;
    forget(device, q->parts);
}

static void finish(struct dfu_query *q, enum dfu_code code, int result)
{
    q->asking = 0;
    q->finished = true;
    q->code = code;
    q->result = result;
}

static size_t find_question(const struct dfu_query *q)
{
    uint8_t open = (uint8_t)(q->parts & ~q->done_parts);
    /* Nobody spoke so far: the list decides. */
    if (q->done_parts != 0 && !q->heard && (open & DFU_QUERY_LIST)) {
        open = DFU_QUERY_LIST;
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (open & questions[i].part) {
            return i;
        }
    }
    return QUESTIONS;
}

static struct smp_bytes text(const char *s, size_t len)
{
    return (struct smp_bytes){ (const uint8_t *)s, len };
}

int dfu_query_next(struct dfu_query *q, uint32_t now_ms,
        struct smp_request *req)
{
    (void)now_ms;
    if (q->finished || !q->link_up || q->asking != 0) {
        return 0;
    }
    size_t i = find_question(q);
    if (i == QUESTIONS) {
        finish(q, DFU_OK, 0);
        return 0;
    }
    bool list = questions[i].part == DFU_QUERY_LIST;
    q->asking = questions[i].part;
    q->serial++;
    *req = (struct smp_request){
        .op = SMP_OP_READ,
        .group = questions[i].group,
        .id = questions[i].id,
        .timeout_ms = list ? LIST_MS : OPTIONAL_MS,
        .tries = list ? LIST_TRIES : OPTIONAL_TRIES,
        .tag = q->serial,
    };
    if (q->asking == DFU_QUERY_MODE) {
        q->body.bootloader = (struct smp_os_bootloader_req){
            .has = SMP_OS_BOOTLOADER_REQ_QUERY,
            .query = text("mode", 4),
        };
        req->map = &smp_os_bootloader_req_map;
        req->body = &q->body;
    } else if (q->asking == DFU_QUERY_BOARD) {
        q->body.info = (struct smp_os_info_req){
            .has = SMP_OS_INFO_REQ_FORMAT,
            .format = text("i", 1),
        };
        req->map = &smp_os_info_req_map;
        req->body = &q->body;
    }
    return 1;
}

static void took_params(struct dfu_device *d, struct smp_bytes body)
{
    struct smp_os_params_rsp rsp;
    if (smp_map_decode(&smp_os_params_rsp_map, body, &rsp) == 0 &&
            (rsp.has & SMP_OS_PARAMS_RSP_BUF_SIZE) && rsp.buf_size > 0) {
        d->params_told = true;
        d->buf_size = rsp.buf_size;
        d->buf_count = rsp.buf_count;
    }
}

static void took_bootloader(struct dfu_query *q, uint8_t part,
        struct smp_bytes body)
{
    struct dfu_device *d = q->device;
    struct smp_os_bootloader_rsp rsp;
    if (smp_map_decode(&smp_os_bootloader_rsp_map, body, &rsp) < 0) {
        return;
    }
    if (part == DFU_QUERY_BOOTLOADER) {
        d->bootloader_told = dfu_device_keep_text(d->bootloader,
                sizeof(d->bootloader), rsp.bootloader);
    } else if ((rsp.has & SMP_OS_BOOTLOADER_RSP_MODE) &&
            rsp.mode > SMP_BOOTLOADER_UNKNOWN) {
        d->mode_told = true;
        d->mode = rsp.mode;
        d->no_downgrade = rsp.no_downgrade;
    }
}

static void took_board(struct dfu_device *d, struct smp_bytes body)
{
    struct smp_os_info_rsp rsp;
    if (smp_map_decode(&smp_os_info_rsp_map, body, &rsp) == 0) {
        d->board_told =
                dfu_device_keep_text(d->board, sizeof(d->board), rsp.output);
    }
}

static void took(struct dfu_query *q, uint8_t part, struct smp_bytes body)
{
    int err;
    switch ((enum dfu_query_part)part) {
    case DFU_QUERY_PARAMS:
        took_params(q->device, body);
        break;
    case DFU_QUERY_BOOTLOADER:
    case DFU_QUERY_MODE:
        took_bootloader(q, part, body);
        break;
    case DFU_QUERY_LIST:
        err = dfu_device_set_list(q->device, body);
        if (err < 0) {
            finish(q, DFU_OTHER, err);
        }
        break;
    case DFU_QUERY_SLOT_INFO:
        if (dfu_device_set_slot_info(q->device, body) < 0) {
            forget(q->device, DFU_QUERY_SLOT_INFO);
        }
        break;
    case DFU_QUERY_BOARD:
        took_board(q->device, body);
        break;
    case DFU_QUERY_ALL:
        break;
    }
}

void dfu_query_answer(struct dfu_query *q, uint32_t now_ms,
        const struct smp_answer *answer)
{
    (void)now_ms;
    uint8_t part = q->asking;
    if (q->finished || part == 0 || answer->tag != q->serial) {
        return;
    }
    q->asking = 0;
    if (answer->result == SMP_E_LINK) {
        q->link_up = false; /* asked again when it is up */
        return;
    }
    q->done_parts |= part;
    if (answer->result == 0 || answer->result == SMP_E_REMOTE) {
        q->heard = true;
        q->device->smp_version = answer->header.version;
    }
    if (answer->result == 0) {
        took(q, part, answer->body);
        return;
    }
    if (part == DFU_QUERY_BOOTLOADER) {
        q->done_parts |= DFU_QUERY_MODE; /* it would answer the same */
    }
    if (part != DFU_QUERY_LIST) {
        return;
    }
    if (answer->result == SMP_E_REMOTE) {
        const struct smp_refusal *refusal = &answer->refusal;
        if (refusal->shape == SMP_REFUSAL_RC &&
                refusal->rc == RC_NOT_SUPPORTED) {
            return;
        }
        q->refusal = *refusal;
        q->refusal.rsn = (struct smp_bytes){ NULL, 0 };
        finish(q, DFU_DEVICE_REFUSED, SMP_E_REMOTE);
    } else if (answer->result == SMP_E_TIMEOUT ||
            answer->result == SMP_E_CANCELLED) {
        finish(q, DFU_NO_ANSWER, answer->result);
    } else {
        finish(q, DFU_OTHER, answer->result);
    }
}

void dfu_query_link(struct dfu_query *q, uint32_t now_ms,
        const struct smp_link *link)
{
    (void)now_ms;
    if (q->finished) {
        return;
    }
    if (link->up && (!q->link_up || link->epoch != q->epoch)) {
        q->asking = 0;
        q->done_parts = 0;
        q->heard = false;
        forget(q->device, q->parts);
    }
    q->epoch = link->epoch;
    q->link_up = link->up;
    if (!link->up) {
        q->asking = 0;
    }
}

uint32_t dfu_query_wait_ms(const struct dfu_query *q, uint32_t now_ms)
{
    (void)now_ms;
    return q->finished || !q->link_up || q->asking != 0 ? UINT32_MAX : 0;
}

bool dfu_query_done(const struct dfu_query *q)
{
    return q->finished;
}

enum dfu_code dfu_query_code(const struct dfu_query *q)
{
    return q->code;
}

static int door_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    return dfu_query_next(self, now_ms, req);
}

static void door_answer(void *self, uint32_t now_ms,
        const struct smp_answer *answer)
{
    dfu_query_answer(self, now_ms, answer);
}

static void door_link(void *self, uint32_t now_ms, const struct smp_link *link)
{
    dfu_query_link(self, now_ms, link);
}

static uint32_t door_wait_ms(const void *self, uint32_t now_ms)
{
    return dfu_query_wait_ms(self, now_ms);
}

static bool door_done(const void *self)
{
    return dfu_query_done(self);
}

const struct smp_procedure dfu_query_procedure = {
    .next = door_next,
    .answer = door_answer,
    .link = door_link,
    .wait_ms = door_wait_ms,
    .done = door_done,
};
