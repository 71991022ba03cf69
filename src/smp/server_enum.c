// SPDX-License-Identifier: Apache-2.0
/*
 * Group 10 on the server: which groups there are, in the order in which they
 * were plugged in. An answer that does not fit is rc 9 here, not 7. Source:
 * zephyr subsys/mgmt/mcumgr/grp/enum_mgmt, and recordings of 4.4.0.
 */
#include <string.h>

#include "smp/internal.h"
#include "smp/server_os.h"

/* Most ids in the filter of details. Source: zephyr
 * MCUMGR_GRP_ENUM_DETAILS_BUFFER_TYPE_STACK_ENTRIES. */
#define FILTER_MAX 16u

/* Largest index of 10/2. Source: zephyr enum_mgmt.c. */
#define INDEX_MAX 65535u

/* What the group's handlers do last. */
static void refuse_overflow(struct smp_call *call)
{
    if (call->rsp->err != 0) {
        smp_call_refuse(call, SMP_RC_CORRUPT);
    }
}

static void run_count(void *ctx, struct smp_call *call)
{
    const struct smp_server *s = ctx;

    smp_call_begin(call, 1);
    smp_call_put_uint(call, "count", s->cfg.group_count);
    refuse_overflow(call);
}

static void run_list(void *ctx, struct smp_call *call)
{
    const struct smp_server *s = ctx;

    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "groups");
    smp_put_array(call->rsp, s->cfg.group_count);
    for (uint8_t i = 0; i < s->cfg.group_count; i++) {
        smp_put_uint(call->rsp, s->cfg.groups[i]->id);
    }
    smp_put_end(call->rsp);
    refuse_overflow(call);
}

static void run_single(void *ctx, struct smp_call *call)
{
    const struct smp_server *s = ctx;
    const struct smp_enum_single_req *req = call->body;

    if (req->index > INDEX_MAX) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    }
    if (req->index >= s->cfg.group_count) {
        smp_call_refuse_group(call, SMP_GROUP_ENUM,
                SMP_ENUM_RC_INDEX_TOO_LARGE);
        return;
    }
    bool last = req->index + 1u == s->cfg.group_count;

    smp_call_begin(call, last ? 2 : 1);
    smp_call_put_uint(call, "group", s->cfg.groups[req->index]->id);
    if (last) {
        smp_put_key(call->rsp, "end");
        smp_put_bool(call->rsp, true);
    }
    refuse_overflow(call);
}

/*
 * Read the filter once: its length, and whether id is in it. Ids are cut to
 * 16 bits, as Zephyr does.
 *
 * Returns 0, or SMP_E_TYPE when an element is no 32-bit unsigned number.
 */
static int scan_filter(struct smp_view view, uint16_t id, size_t *count,
        bool *found)
{
    struct smp_iter it;
    struct smp_item item;
    int result = 0;

    *count = 0;
    *found = false;
    smp_iter_init(&it, view);
    while (smp_iter_next(&it, &item) == 1) {
        (*count)++;
        if (item.type != SMP_TYPE_UINT || item.number > UINT32_MAX) {
            result = SMP_E_TYPE;
        } else if ((uint16_t)item.number == id) {
            *found = true;
        }
    }
    return result;
}

static bool is_wanted(const struct smp_enum_details_req *req, uint16_t id)
{
    size_t count;
    bool found;

    (void)scan_filter(req->groups, id, &count, &found);
    return found || count == 0;
}

static void put_details(struct smp_call *call,
        const struct smp_server_group *group)
{
    smp_put_map(call->rsp, 3);
    smp_call_put_uint(call, "group", group->id);
    smp_put_key(call->rsp, "name");
    smp_put_str(call->rsp, group->name != NULL ? group->name : "");
    smp_call_put_uint(call, "handlers", smp_server_group_handlers(group));
    smp_put_end(call->rsp);
}

static void run_details(void *ctx, struct smp_call *call)
{
    const struct smp_server *s = ctx;
    const struct smp_enum_details_req *req = call->body;
    size_t filter;
    size_t wanted = 0;
    bool found;
    int err = scan_filter(req->groups, 0, &filter, &found);

    if (filter > FILTER_MAX) {
        smp_call_refuse_group(call, SMP_GROUP_ENUM,
                SMP_ENUM_RC_TOO_MANY_GROUP_ENTRIES);
        return;
    }
    if (err != 0) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    }
    for (uint8_t i = 0; i < s->cfg.group_count; i++) {
        wanted += is_wanted(req, s->cfg.groups[i]->id) ? 1u : 0u;
    }
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "groups");
    smp_put_array(call->rsp, wanted);
    for (uint8_t i = 0; i < s->cfg.group_count; i++) {
        if (is_wanted(req, s->cfg.groups[i]->id)) {
            put_details(call, s->cfg.groups[i]);
        }
    }
    smp_put_end(call->rsp);
    refuse_overflow(call);
}

static const struct smp_handler enum_handlers[] = {
    { SMP_OP_READ, SMP_ENUM_COUNT, NULL, run_count },
    { SMP_OP_READ, SMP_ENUM_LIST, NULL, run_list },
    { SMP_OP_READ, SMP_ENUM_SINGLE, &smp_enum_single_req_map, run_single },
    { SMP_OP_READ, SMP_ENUM_DETAILS, &smp_enum_details_req_map, run_details },
};

static const struct smp_rc_pair enum_v1[] = {
    { SMP_ENUM_RC_TOO_MANY_GROUP_ENTRIES, SMP_RC_INVAL },
};

void smp_enum_group_init(struct smp_server_group *group,
        struct smp_server *server)
{
    memset(group, 0, sizeof(*group));
    group->id = SMP_GROUP_ENUM;
    group->name = "enum mgmt";
    group->handlers = enum_handlers;
    group->handler_count = sizeof(enum_handlers) / sizeof(enum_handlers[0]);
    group->v1 = enum_v1;
    group->v1_count = sizeof(enum_v1) / sizeof(enum_v1[0]);
    group->ctx = server;
}
