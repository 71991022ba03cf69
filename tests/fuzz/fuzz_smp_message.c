// SPDX-License-Identifier: Apache-2.0
/*
 * CBOR: the check, the walk, and maps through every table; what was decoded
 * is encoded and decoded again.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "smp/group_enum.h"
#include "smp/group_image.h"
#include "smp/group_os.h"

/* A property that does not hold ends the run. */
static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

#define BODY_WORDS 40u

static const struct smp_map *const maps[] = {
    &smp_os_echo_req_map,
    &smp_os_console_echo_req_map,
    &smp_os_tasks_rsp_map,
    &smp_os_task_map,
    &smp_os_memory_rsp_map,
    &smp_os_pool_map,
    &smp_os_reset_req_map,
    &smp_os_params_rsp_map,
    &smp_os_bootloader_rsp_map,
    &smp_image_state_rsp_map,
    &smp_image_slot_map,
    &smp_image_state_req_map,
    &smp_image_upload_req_map,
    &smp_image_upload_rsp_map,
    &smp_image_slot_info_rsp_map,
    &smp_image_info_map,
    &smp_image_slot_info_map,
    &smp_enum_single_rsp_map,
    &smp_enum_details_rsp_map,
    &smp_enum_detail_map,
};

/* Walks everything below one item; deep as the check allows. */
static void walk(struct smp_bytes cbor)
{
    struct smp_iter stack[SMP_CBOR_DEPTH + 1];
    struct smp_item item;
    size_t depth = 0;

    smp_iter_init(&stack[0], (struct smp_view){ cbor });
    for (;;) {
        const int result = smp_iter_next(&stack[depth], &item);

        if (result != 1) {
            if (depth == 0) {
                return;
            }
            depth--;
        } else if (item.type & (SMP_TYPE_MAP | SMP_TYPE_ARRAY)) {
            depth++;
            require(depth <= SMP_CBOR_DEPTH);
            smp_iter_init(&stack[depth], item.view);
        }
    }
}

static void round_trip(const struct smp_map *map, struct smp_bytes cbor)
{
    uint64_t body[BODY_WORDS];
    uint64_t again[BODY_WORDS];
    struct smp_encoder e;
    uint8_t *buf;
    size_t size;
    int len;

    require(map->size <= sizeof(body));
    if (smp_map_decode(map, cbor, body) != 0) {
        return;
    }
    size = smp_struct_size(map, body);
    buf = malloc(size);
    require(buf != NULL);
    smp_encoder_init(&e, buf, size, SMP_FORM_DEFINITE);
    smp_put_struct(&e, map, body);
    len = smp_encoder_finish(&e);
    require(len >= 0 && (size_t)len == size);
    require(smp_map_decode(map, (struct smp_bytes){ buf, size }, again) == 0);
    require(memcmp(body, again, sizeof(uint32_t)) == 0);
    smp_encoder_init(&e, buf, size - 1, SMP_FORM_DEFINITE);
    smp_put_struct(&e, map, body);
    require(smp_encoder_finish(&e) == SMP_E_SPACE);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct smp_bytes cbor = { data, size };
    const int checked = smp_cbor_check(cbor);

    require(checked == SMP_E_SHORT || checked == SMP_E_CBOR ||
            (checked > 0 && (size_t)checked <= size));
    /* A walk bears what the check refuses, too. */
    if (checked > 0) {
        walk((struct smp_bytes){ data, (size_t)checked });
    } else {
        struct smp_iter it;
        struct smp_item item;

        smp_iter_init(&it, (struct smp_view){ cbor });
        while (smp_iter_next(&it, &item) == 1) {
        }
    }
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        round_trip(maps[i], cbor);
    }
    return 0;
}
