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
 * Where the bootloader selects a slot (direct-xip, ram-load) the same flags
 * follow from versions, and with revert from the trailer of each slot: none,
 * once (magic), ran (copy_done), for ever (image_ok).
 *
 *   revert  a       o         o higher  next boot
 *   ------  ------  --------  --------  ---------
 *   no      any     any       yes       permanent
 *   yes     ran     listed    any       revert
 *   yes     else    once      yes       test
 *   yes     else    for ever  yes       permanent
 *   else                                none
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

uint8_t dfu_image_slot_count(const struct dfu_image_server *server)
{
    enum mcub_mode mode = server->board->mode;

    return mode == MCUB_MODE_SINGLE || mode == MCUB_MODE_SINGLE_RAM ||
                    mode == MCUB_MODE_FW_LOADER
            ? 1
            : 2;
}

bool dfu_image_selects(const struct dfu_image_server *server)
{
    enum mcub_mode mode = server->board->mode;

    return mode == MCUB_MODE_DIRECT_XIP ||
            mode == MCUB_MODE_DIRECT_XIP_REVERT || mode == MCUB_MODE_RAM_LOAD;
}

bool dfu_image_can_mark(const struct dfu_image_server *server)
{
    enum mcub_mode mode = server->board->mode;

    return mode != MCUB_MODE_DIRECT_XIP && mode != MCUB_MODE_FW_LOADER &&
            (mode != MCUB_MODE_RAM_LOAD ||
                    (server->options & DFU_IMAGE_RAM_REVERT) != 0);
}

/* What the trailer of a slot lets its image do. */
enum fate {
    FATE_NONE,
    FATE_ONCE, /* may run once */
    FATE_RAN,  /* has run, was not confirmed */
    FATE_FOREVER,
};

static enum fate read_fate(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot)
{
    struct mcub_trailer_state state;

    if (mcub_slot_state(server->board, image, slot, &state) != 0 ||
            state.magic != MCUB_MARK_GOOD) {
        return FATE_NONE;
    }
    /* As the bootloader reads marks that a power cut left half written. */
    if (state.image_ok != MCUB_MARK_UNSET) {
        return FATE_FOREVER;
    }
    return state.copy_done != MCUB_MARK_UNSET ? FATE_RAN : FATE_ONCE;
}

static void next_selected(const struct dfu_image_server *server, uint8_t image,
        struct dfu_next_boot *next)
{
    uint8_t other = next->active ^ 1u;
    bool use_build = (server->options & DFU_IMAGE_VERSION_BUILD) != 0;
    enum fate fate = FATE_FOREVER;
    struct mcub_slot_info a;
    struct mcub_slot_info o;

    if (mcub_slot_read_info(server->board, image, next->active, &a) != 0 ||
            mcub_slot_read_info(server->board, image, other, &o) != 0) {
        return;
    }
    if (dfu_image_can_mark(server)) {
        fate = read_fate(server, image, other);
        if (read_fate(server, image, next->active) == FATE_RAN) {
            next->slot = other;
            next->type = DFU_NEXT_REVERT;
            return;
        }
    }
    if ((fate == FATE_ONCE || fate == FATE_FOREVER) &&
            mcub_version_compare(&a.header.version, &o.header.version,
                    use_build) < 0) {
        next->slot = other;
        next->type = fate == FATE_ONCE ? DFU_NEXT_TEST : DFU_NEXT_NORMAL;
    }
}

void dfu_image_next_boot(const struct dfu_image_server *server, uint8_t image,
        struct dfu_next_boot *next)
{
    enum mcub_swap_type type = mcub_board_swap_type(server->board, image);

    next->active = dfu_image_active_slot(server, image);
    next->slot = next->active;
    next->type = DFU_NEXT_NORMAL;
    if (dfu_image_selects(server)) {
        next_selected(server, image, next);
        return;
    }
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
    return (flags & DFU_SLOT_PENDING) && dfu_image_can_mark(server) &&
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
    if (ref.slot >= dfu_image_slot_count(server)) {
        return SMP_IMAGE_RC_NO_FREE_SLOT;
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
    ACTIVE = 1 << 2,   /* the slot is the active one of its image */
    NEXT = 1 << 3,     /* the next boot starts this slot */
    T_NORMAL = 1 << 4, /* kind of the next boot, in the order of its enum */
    T_TEST = 1 << 5,
    T_REVERT = 1 << 6,
    FORBIDDEN = 1 << 7, /* the options do not let this slot be confirmed */
};

_Static_assert(T_NORMAL << DFU_NEXT_TEST == T_TEST, "order of the kinds");
_Static_assert(T_NORMAL << DFU_NEXT_REVERT == T_REVERT, "order of the kinds");

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
    uint8_t facts;
    int8_t result;
} state_rules[] = {
    { CONFIRM | FORBIDDEN,      DENIED    }, /* 1 */
    { TEST | ACTIVE,            TO_ACTIVE }, /* 2 */
    { T_TEST | TEST | NEXT,     NOTHING   }, /* 3 */
    { T_TEST,                   ALREADY   }, /* 4 */
    { T_NORMAL | CONFIRM | NEXT, NOTHING  }, /* 5 */
    /* 6: something is pending for good: no confirm of what runs, no test. */
    { T_NORMAL | ACTIVE,        ALREADY   },
    { T_NORMAL | NEXT,          ALREADY   },
    /* 7: confirming the old image of a trial changes nothing, and is told
     * as success; the trial is reverted all the same. */
    { T_REVERT | CONFIRM | NEXT, NOTHING  },
    { T_REVERT | TEST,          ALREADY   }, /* 8 */
    { 0,                        WRITE     }, /* 9 */
};
/* clang-format on */

/* The running image may always be confirmed, others as the options say. */
static bool confirm_forbidden(const struct dfu_image_server *server,
        uint8_t image, bool active)
{
    uint32_t options = server->options;

    if (image != server->running.image && !(options & DFU_IMAGE_CONFIRM_ANY) &&
            (active || (options & DFU_IMAGE_NO_CONFIRM_SECONDARY))) {
        return true;
    }
    return !active && (options & DFU_IMAGE_NO_CONFIRM_NON_ACTIVE);
}

static int current_set_state(struct dfu_image_server *server, uint8_t image,
        uint8_t slot, bool confirm)
{
    struct dfu_next_boot next;
    uint32_t facts = confirm ? CONFIRM : TEST;
    bool active;
    size_t i = 0;

    dfu_image_next_boot(server, image, &next);
    active = slot == next.active;
    if (dfu_image_selects(server)) {
        return active && !confirm
                ? TO_ACTIVE
                : dfu_image_mark_error(
                          mcub_slot_mark(server->board, image, slot, confirm));
    }
    facts |= (uint32_t)T_NORMAL << next.type;
    facts |= active ? ACTIVE : 0;
    facts |= slot == next.slot ? NEXT : 0;
    facts |= confirm_forbidden(server, image, active) ? FORBIDDEN : 0;
    /* The last row has no facts: it always ends the search. */
    while ((state_rules[i].facts & ~facts) != 0) {
        i++;
    }
    if (state_rules[i].result != WRITE) {
        return state_rules[i].result;
    }
    return dfu_image_mark_error(active
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
