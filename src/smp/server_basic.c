// SPDX-License-Identifier: Apache-2.0
/* Group 63 on the server: erase the settings partition. Source: zephyr
 * subsys/mgmt/mcumgr/grp/zephyr_basic. */
#include <string.h>

#include "smp/internal.h"
#include "smp/server_os.h"

static void run_erase_storage(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;
    int rc = os->ops->erase_storage(os->ctx);

    if (rc != 0) {
        smp_call_refuse_group(call, SMP_GROUP_BASIC, (uint8_t)rc);
    }
}

static const struct smp_handler basic_handlers[] = {
    { SMP_OP_WRITE, SMP_BASIC_ERASE_STORAGE, NULL, run_erase_storage },
};

/* A v1 client is not told of a failed erase: so are Zephyr's servers. */
static const struct smp_rc_pair basic_v1[] = {
    { SMP_BASIC_RC_FLASH_OPEN_FAILED, SMP_RC_NOENT },
    { SMP_BASIC_RC_FLASH_CONFIG_QUERY_FAIL, SMP_RC_OK },
    { SMP_BASIC_RC_FLASH_ERASE_FAILED, SMP_RC_OK },
};

void smp_basic_group_init(struct smp_server_group *group,
        struct smp_os_server *os)
{
    memset(group, 0, sizeof(*group));
    group->id = SMP_GROUP_BASIC;
    group->name = "zephyr basic mgmt";
    group->handlers = basic_handlers;
    group->handler_count = sizeof(basic_handlers) / sizeof(basic_handlers[0]);
    group->v1 = basic_v1;
    group->v1_count = sizeof(basic_v1) / sizeof(basic_v1[0]);
    group->absent =
            os->ops->erase_storage == NULL ? 1u << SMP_BASIC_ERASE_STORAGE : 0;
    group->ctx = os;
}
