// SPDX-License-Identifier: Apache-2.0
/* What an update tells about itself, and its doors as a table. */
#include <string.h>

#include "dfu/update.h"
#include "update_private.h"

const struct dfu_update_result *dfu_update_result(const struct dfu_update *u)
{
    return &u->result;
}

const struct dfu_plan *dfu_update_plan(const struct dfu_update *u)
{
    return &u->plan;
}

const struct dfu_device *dfu_update_device(const struct dfu_update *u)
{
    return &u->device;
}

const struct dfu_device *dfu_update_before(const struct dfu_update *u)
{
    return &u->before;
}

void dfu_update_progress(const struct dfu_update *u, uint32_t now_ms,
        struct dfu_upload_status *status)
{
    (void)now_ms;
    if (u->state == UPDATE_STEP && u->phase == PHASE_SEND &&
            dfu_update_step(u)->kind == DFU_STEP_UPLOAD) {
        dfu_upload_status(&u->upload, status);
    } else {
        memset(status, 0, sizeof(*status));
    }
}

static int door_next(void *self, uint32_t now_ms, struct smp_request *req)
{
    return dfu_update_next(self, now_ms, req);
}

static void door_answer(void *self, uint32_t now_ms,
        const struct smp_answer *answer)
{
    dfu_update_answer(self, now_ms, answer);
}

static void door_link(void *self, uint32_t now_ms, const struct smp_link *link)
{
    dfu_update_link(self, now_ms, link);
}

static uint32_t door_wait_ms(const void *self, uint32_t now_ms)
{
    return dfu_update_wait_ms(self, now_ms);
}

static bool door_done(const void *self)
{
    return dfu_update_done(self);
}

const struct smp_procedure dfu_update_procedure = {
    .next = door_next,
    .answer = door_answer,
    .link = door_link,
    .wait_ms = door_wait_ms,
    .done = door_done,
};
