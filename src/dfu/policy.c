// SPDX-License-Identifier: Apache-2.0
/*
 * The current decisions of the image group (era E): flags and in-use rules
 * follow from "which slot does the next boot start", state write from an
 * ordered table.
 *
 * next boot of an image (a = active slot, o = the other one)
 *   swap type   next slot  kind     flags of a        flags of o
 *   ----------  ---------  -------  ----------------  ------------------
 *   none        a          NORMAL   active confirmed  -
 *   permanent   o          NORMAL   active confirmed  pending permanent
 *   test        o          TEST     active confirmed  pending
 *   revert      o          REVERT   active            confirmed
 *
 * Measured on Zephyr 4.4.0; see tests/unit/test_dfu_image_replay.c.
 */
#include "dfu/policy.h"

#include "dfu/image_group.h"

uint8_t dfu_image_count(const struct dfu_image_server *server)
{
    uint8_t count = server->image_count;

    if (count == 0 || count > server->board->image_count) {
        count = server->board->image_count;
    }
    return count;
}

uint8_t dfu_image_active_slot(const struct dfu_image_server *server,
        uint8_t image)
{
    return image == server->running.image ? server->running.slot
                                          : MCUB_SLOT_PRIMARY;
}

void dfu_image_next_boot(const struct dfu_image_server *server, uint8_t image,
        struct dfu_next_boot *next)
{
    enum mcub_swap_type type = mcub_board_swap_type(server->board, image);

    next->active = dfu_image_active_slot(server, image);
    next->slot = next->active;
    next->type = DFU_NEXT_NORMAL;
    if (type != MCUB_SWAP_TEST && type != MCUB_SWAP_PERM &&
            type != MCUB_SWAP_REVERT) {
        return;
    }
    next->slot ^= 1u;
    if (type == MCUB_SWAP_TEST) {
        next->type = DFU_NEXT_TEST;
    } else if (type == MCUB_SWAP_REVERT) {
        next->type = DFU_NEXT_REVERT;
    }
}

int dfu_image_mark_error(int err)
{
    switch (err) {
    case 0:
        return 0;
    case MCUB_E_FLASH:
    case MCUB_E_POWER:
        return SMP_IMAGE_RC_FLASH_WRITE_FAILED;
    case MCUB_E_BAD_VECTOR:
        return SMP_IMAGE_RC_INVALID_IMAGE_VECTOR_TABLE;
    case MCUB_E_BAD_TRAILER:
        return SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC;
    default:
        return SMP_IMAGE_RC_UNKNOWN;
    }
}

static uint8_t current_flags(const struct dfu_image_server *server,
        uint8_t image, uint8_t slot)
{
    struct dfu_next_boot next;

    dfu_image_next_boot(server, image, &next);
    if (slot == next.active) {
        return next.type == DFU_NEXT_REVERT
                ? DFU_SLOT_ACTIVE
                : DFU_SLOT_ACTIVE | DFU_SLOT_CONFIRMED;
    }
    if (next.slot == next.active) {
        return 0;
    }
    switch (next.type) {
    case DFU_NEXT_NORMAL:
        return DFU_SLOT_PENDING | DFU_SLOT_PERMANENT;
    case DFU_NEXT_TEST:
        return DFU_SLOT_PENDING;
    case DFU_NEXT_REVERT:
        break;
    }
    return DFU_SLOT_CONFIRMED;
}

static bool current_in_use(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot)
{
    uint8_t flags = current_flags(server, image, slot);

    if (flags & (DFU_SLOT_ACTIVE | DFU_SLOT_CONFIRMED)) {
        return true;
    }
    return (flags & DFU_SLOT_PENDING) &&
            (server->options & DFU_IMAGE_KEEP_PENDING);
}

static int current_upload_target(const struct dfu_image_server *server,
        uint32_t wanted, struct dfu_slot_ref *to)
{
    uint8_t count = dfu_image_count(server);
    struct dfu_slot_ref ref = { 0, 0 };
    bool direct = count == 1 && wanted > 0 &&
            (server->options & DFU_IMAGE_DIRECT_UPLOAD);

    if (direct) {
        uint32_t slots = 2u * server->board->image_count;

        if (wanted > slots) {
            return SMP_IMAGE_RC_NO_FREE_SLOT;
        }
        ref.image = (uint8_t)((wanted - 1) / 2);
        ref.slot = (uint8_t)((wanted - 1) % 2);
    } else {
        if (count > 1) {
            if (wanted >= count) {
                /* The area lookup's -1 is stored in 8 bits, so that Zephyr
                 * fails one step later, when it opens area 255. */
                return SMP_IMAGE_RC_FLASH_OPEN_FAILED;
            }
            ref.image = (uint8_t)wanted;
        }
        ref.slot = dfu_image_active_slot(server, ref.image) ^ 1u;
    }
    /* Direct upload looks at the slots of image 0 only. */
    if ((!direct || ref.image == 0) &&
            current_in_use(server, ref.image, ref.slot)) {
        return SMP_IMAGE_RC_NO_FREE_SLOT;
    }
    *to = ref;
    return 0;
}

/* What a state write asks for, and what the device is about to do. */
enum fact {
    TEST = 1 << 0, /* confirm is false */
    CONFIRM = 1 << 1,
    ACTIVE = 1 << 2,  /* the slot is the active one of its image */
    NEXT = 1 << 3,    /* the next boot starts this slot */
    CHANGES = 1 << 4, /* the next boot starts another slot than the active */
    T_TEST = 1 << 5,
    T_NORMAL = 1 << 6,
    T_REVERT = 1 << 7,
    FOREIGN_DENIED = 1 << 8, /* not the running image, no option allows it */
    SLOT_DENIED = 1 << 9,    /* not the active slot, no option allows it */
};

enum {
    NOTHING = 0, /* success, nothing is written */
    WRITE = -1,  /* mark the slot */
    DENIED = SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED,
    TO_ACTIVE = SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED,
    ALREADY = SMP_IMAGE_RC_IMAGE_ALREADY_PENDING,
};

/* First row whose facts all hold wins. */
/* clang-format off */
static const struct {
    uint16_t facts;
    int8_t result;
} state_rules[] = {
    { CONFIRM | FOREIGN_DENIED,          DENIED    }, /* 1  */
    { CONFIRM | SLOT_DENIED,             DENIED    }, /* 1b */
    { TEST | ACTIVE,                     TO_ACTIVE }, /* 2  */
    { T_TEST | TEST | NEXT,              NOTHING   }, /* 3  */
    { T_TEST,                            ALREADY   }, /* 4  */
    { T_NORMAL | CONFIRM | NEXT,         NOTHING   }, /* 5  */
    { T_NORMAL | ACTIVE | CHANGES,       ALREADY   }, /* 6  */
    { T_NORMAL | TEST | NEXT | CHANGES,  ALREADY   }, /* 6  */
    /* 7: confirming the old image of a trial changes nothing, and is told
     * as success; the trial is reverted all the same. */
    { T_REVERT | CONFIRM | NEXT,         NOTHING   }, /* 7  */
    { T_REVERT | TEST,                   ALREADY   }, /* 8  */
    { 0,                                 WRITE     }, /* 9  */
};
/* clang-format on */

static uint32_t state_facts(const struct dfu_image_server *server,
        struct dfu_slot_ref ref, bool confirm)
{
    static const uint8_t type_fact[] = {
        [DFU_NEXT_NORMAL] = T_NORMAL,
        [DFU_NEXT_TEST] = T_TEST,
        [DFU_NEXT_REVERT] = T_REVERT,
    };
    struct dfu_next_boot next;
    uint32_t options = server->options;
    uint32_t facts = confirm ? CONFIRM : TEST;
    bool active;

    dfu_image_next_boot(server, ref.image, &next);
    active = ref.slot == next.active;
    facts |= type_fact[next.type];
    facts |= active ? ACTIVE : 0;
    facts |= ref.slot == next.slot ? NEXT : 0;
    facts |= next.slot != next.active ? CHANGES : 0;
    if (ref.image != server->running.image &&
            !(options & DFU_IMAGE_CONFIRM_ANY) &&
            (active || (options & DFU_IMAGE_NO_CONFIRM_SECONDARY))) {
        facts |= FOREIGN_DENIED;
    }
    if (!active && (options & DFU_IMAGE_NO_CONFIRM_NON_ACTIVE)) {
        facts |= SLOT_DENIED;
    }
    return facts;
}

static int current_set_state(struct dfu_image_server *server, uint8_t image,
        uint8_t slot, bool confirm)
{
    struct dfu_slot_ref ref = { image, slot };
    uint32_t facts = state_facts(server, ref, confirm);
    int result = WRITE;

    for (size_t i = 0; i < sizeof(state_rules) / sizeof(state_rules[0]); i++) {
        if ((state_rules[i].facts & facts) == state_rules[i].facts) {
            result = state_rules[i].result;
            break;
        }
    }
    if (result != WRITE) {
        return result;
    }
    return dfu_image_mark_error((facts & ACTIVE)
                    ? mcub_slot_set_confirmed(server->board, image)
                    : mcub_slot_set_pending(server->board, image, confirm));
}

/* Source: zephyr img_mgmt.c, img_mgmt_translate_error_code(). */
static const struct smp_rc_pair current_v1[] = {
    { SMP_IMAGE_RC_NO_IMAGE, SMP_RC_NOENT },
    { SMP_IMAGE_RC_NO_TLVS, SMP_RC_NOENT },
    { SMP_IMAGE_RC_NO_FREE_SLOT, SMP_RC_BADSTATE },
    { SMP_IMAGE_RC_INVALID_SLOT, SMP_RC_INVAL },
    { SMP_IMAGE_RC_NO_FREE_MEMORY, SMP_RC_NOMEM },
    { SMP_IMAGE_RC_INVALID_PAGE_OFFSET, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_OFFSET, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_LENGTH, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_HASH, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_FLASH_ADDRESS, SMP_RC_INVAL },
    { SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER, SMP_RC_BADSTATE },
    { SMP_IMAGE_RC_IMAGE_ALREADY_PENDING, SMP_RC_BADSTATE },
};

const struct dfu_image_policy dfu_image_policy_current = {
    .flags = current_flags,
    .in_use = current_in_use,
    .set_state = current_set_state,
    .upload_target = current_upload_target,
    .erase_in_use = SMP_IMAGE_RC_NO_FREE_SLOT,
    .v1 = current_v1,
    .v1_count = sizeof(current_v1) / sizeof(current_v1[0]),
};
