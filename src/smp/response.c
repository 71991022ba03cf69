// SPDX-License-Identifier: Apache-2.0
/*
 * The three shapes of a refusal, looked for before a body is decoded:
 *
 *   {"rc": n}                       SMP level, every version; 0 is success
 *   {"err": {"group": g, "rc": n}}  group code, SMP v2, Zephyr 3.5 and later
 *   {"ret": {"group": g, "rc": n}}  the same in Zephyr 3.4
 */
#include "smp/response.h"

#include <string.h>

/* Top level of any response. */
struct shapes {
    uint32_t has;
    int32_t rc;
    struct smp_view err;
    struct smp_view ret;
    struct smp_bytes rsn;
};

enum {
    SHAPES_RC = 1u << 0,
    SHAPES_ERR = 1u << 1,
    SHAPES_RET = 1u << 2,
};

/* Inside err and ret. */
struct group_code {
    uint32_t has;
    uint32_t group;
    int32_t rc;
};

/* Vendor groups may use `rsn` and `ret` as they like: only the type counts. */
static const struct smp_field shapes_rows[] = {
    SMP_FIELD(shapes, rc, "rc", SMP_TYPE_INT, 0, 0, NULL),
    SMP_FIELD(shapes, err, "err", SMP_TYPE_MAP, 0, 0, NULL),
    SMP_FIELD(shapes, ret, "ret", SMP_TYPE_MAP, SMP_FIELD_LENIENT, 0, NULL),
    SMP_FIELD(shapes, rsn, "rsn", SMP_TYPE_TEXT, SMP_FIELD_LENIENT, 0, NULL),
};

static const struct smp_map shapes_map = SMP_MAP(shapes, shapes_rows);

static const struct smp_field group_code_rows[] = {
    SMP_FIELD(group_code, group, "group", SMP_TYPE_UINT, SMP_FIELD_REQUIRED,
            UINT16_MAX, NULL),
    SMP_FIELD(group_code, rc, "rc", SMP_TYPE_INT, SMP_FIELD_REQUIRED, 0, NULL),
};

static const struct smp_map group_code_map =
        SMP_MAP(group_code, group_code_rows);

int smp_response_check(const struct smp_header *hdr, struct smp_bytes body,
        struct smp_refusal *refusal)
{
    struct shapes shapes;
    struct group_code code = { 0, 0, 0 };
    uint8_t shape = SMP_REFUSAL_RC;
    int err = smp_map_decode(&shapes_map, body, &shapes);

    if (err < 0) {
        return err;
    }
    if (shapes.has & (SHAPES_ERR | SHAPES_RET)) {
        const bool current = (shapes.has & SHAPES_ERR) != 0;

        shape = current ? SMP_REFUSAL_ERR : SMP_REFUSAL_RET;
        err = smp_map_decode(&group_code_map,
                current ? shapes.err.cbor : shapes.ret.cbor, &code);
        if (err < 0) {
            return err;
        }
    } else if ((shapes.has & SHAPES_RC) && shapes.rc != 0) {
        code.rc = shapes.rc;
    } else {
        return 0;
    }
    memset(refusal, 0, sizeof(*refusal));
    refusal->version = hdr->version;
    refusal->op = hdr->op & SMP_OP_WRITE;
    refusal->id = hdr->id;
    refusal->shape = shape;
    refusal->group = hdr->group;
    refusal->rc_group = (uint16_t)code.group;
    refusal->rc = code.rc;
    refusal->rsn = shapes.rsn;
    return SMP_E_REMOTE;
}
