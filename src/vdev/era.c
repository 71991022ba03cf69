// SPDX-License-Identifier: Apache-2.0
/*
 * The older server generations: decisions of the image group, and dress.
 *
 * Era C: Zephyr 3.3, nRF Connect SDK 2.3 and 2.4, the device of the origin
 * report. Flags of image 1 are computed as if slot 0 of image 0 were its
 * active slot, so both of its slots count as "the other one".
 *
 * swap type  image 0 slot 0    image 0 slot 1     both slots of image 1
 * ---------  ----------------  -----------------  ---------------------
 * none       active confirmed  -                  -
 * test       active confirmed  pending            pending
 * permanent  active confirmed  pending permanent  pending permanent
 * revert     active            confirmed          confirmed
 *
 * Where the bootloader selects a slot (direct-xip, ram-load), versions and
 * marks decide as on current servers; without revert nothing is ever shown as
 * confirmed.
 *
 * Source: zephyr v3.3.0 subsys/mgmt/mcumgr/grp/img_mgmt.
 */
#include "vdev/private.h"

static uint8_t c_flags(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot)
{
    enum mcub_swap_type type = mcub_board_swap_type(server->board, image);
    if (dfu_image_selects(server)) {
        uint8_t flags = dfu_image_policy_current.flags(server, image, slot);
        return dfu_image_can_mark(server)
                ? flags
                : flags & (uint8_t)~DFU_SLOT_CONFIRMED;
    }
    if (dfu_image_slot_count(server) == 1) {
        return slot == server->running.slot
                ? DFU_SLOT_ACTIVE | DFU_SLOT_CONFIRMED
                : 0;
    }
    if (image == 0 && slot == 0) {
        return type == MCUB_SWAP_REVERT ? DFU_SLOT_ACTIVE
                                        : DFU_SLOT_ACTIVE | DFU_SLOT_CONFIRMED;
    }
    switch (type) {
    case MCUB_SWAP_TEST:
        return DFU_SLOT_PENDING;
    case MCUB_SWAP_PERM:
        return DFU_SLOT_PENDING | DFU_SLOT_PERMANENT;
    case MCUB_SWAP_REVERT:
        return DFU_SLOT_CONFIRMED;
    case MCUB_SWAP_NONE:
    case MCUB_SWAP_FAIL:
    case MCUB_SWAP_PANIC:
        break;
    }
    return 0;
}

static bool c_in_use(const struct dfu_image_server *server, uint8_t image,
        uint8_t slot)
{
    if (dfu_image_selects(server) && !dfu_image_can_mark(server)) {
        return slot == server->running.slot;
    }
    return (c_flags(server, image, slot) &
                   (DFU_SLOT_ACTIVE | DFU_SLOT_CONFIRMED | DFU_SLOT_PENDING)) !=
            0;
}

static int c_set_state(struct dfu_image_server *server, uint8_t image,
        uint8_t slot, bool confirm)
{
    if (dfu_image_selects(server)) {
        return (slot == server->running.slot && !confirm) ||
                        mcub_slot_mark(server->board, image, slot, confirm) != 0
                ? -SMP_RC_UNKNOWN
                : 0;
    }
    if (image == 0 && slot == 0 && confirm) {
        /* Refused while something is pending, and flash errors too: both are
         * swallowed, the answer is success and the list tells the truth. */
        if (!(c_flags(server, 0, 1) & DFU_SLOT_PENDING)) {
            (void)mcub_slot_set_confirmed(server->board, 0);
        }
        return 0;
    }
    if (c_flags(server, image, slot) & DFU_SLOT_CONFIRMED &&
            !(image == 0 && slot == 0)) {
        return -SMP_RC_BADSTATE;
    }
    if (slot != 1 ||
            mcub_slot_set_pending(server->board, image, confirm) != 0) {
        return -SMP_RC_UNKNOWN;
    }
    return 0;
}

static int c_upload_target(const struct dfu_image_server *server,
        uint32_t wanted, struct dfu_slot_ref *to)
{
    uint8_t count = dfu_image_count(server);
    struct dfu_slot_ref ref = { 0, server->running.slot ^ 1u };
    if (ref.slot >= dfu_image_slot_count(server)) {
        return -SMP_RC_NOENT;
    }
    if (count > 1) {
        if (wanted >= count) {
            return -SMP_RC_NOENT;
        }
        ref.image = (uint8_t)wanted;
    }
    /* One image: the number is ignored, whatever it is. Image 1 is written
     * without looking at its state. */
    if (ref.image == 0 && c_in_use(server, 0, ref.slot)) {
        return -SMP_RC_NOENT;
    }
    *to = ref;
    return 0;
}

static const struct smp_rc_pair c_codes[] = {
    { SMP_IMAGE_RC_HASH_NOT_FOUND, SMP_RC_INVAL },
    { SMP_IMAGE_RC_NO_FREE_SLOT, SMP_RC_NOENT },
    { SMP_IMAGE_RC_INVALID_SLOT, SMP_RC_INVAL },
    { SMP_IMAGE_RC_NO_FREE_MEMORY, SMP_RC_NOMEM },
    { SMP_IMAGE_RC_INVALID_OFFSET, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_LENGTH, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_HASH, SMP_RC_INVAL },
    { SMP_IMAGE_RC_INVALID_FLASH_ADDRESS, SMP_RC_INVAL },
    { SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER, SMP_RC_BADSTATE },
};

const struct dfu_image_policy vdev_policy_c = {
    .flags = c_flags,
    .in_use = c_in_use,
    .set_state = c_set_state,
    .upload_target = c_upload_target,
    .erase_in_use = -SMP_RC_BADSTATE,
    .quirks = DFU_QUIRK_KEEP_SESSION | DFU_QUIRK_LEN_UNCHECKED |
            DFU_QUIRK_OVERRUN_UNCHECKED,
    .v1 = c_codes,
    .v1_count = sizeof(c_codes) / sizeof(c_codes[0]),
};

/* Mynewt and old servers: same decisions, flash in whole words. */
const struct dfu_image_policy vdev_policy_a = {
    .flags = c_flags,
    .in_use = c_in_use,
    .set_state = c_set_state,
    .upload_target = c_upload_target,
    .erase_in_use = -SMP_RC_BADSTATE,
    .quirks = DFU_QUIRK_KEEP_SESSION | DFU_QUIRK_LEN_UNCHECKED |
            DFU_QUIRK_OVERRUN_UNCHECKED | DFU_QUIRK_FINISH_KEEPS_OFF |
            DFU_QUIRK_ALIGN_TRIM | DFU_QUIRK_ERASE_IGNORES_SLOT,
    .v1 = c_codes,
    .v1_count = sizeof(c_codes) / sizeof(c_codes[0]),
};

/* Zephyr basic had no codes of its own yet. */
static int32_t flat_code(uint16_t group, uint8_t group_rc)
{
    (void)group_rc;
    return group == SMP_GROUP_BASIC ? SMP_RC_UNKNOWN : -1;
}

const struct smp_dress vdev_dress_c = {
    .group_error = SMP_DRESS_FLAT,
    .version_zero = true,
    .translate = flat_code,
};

/* Which commands of era A say rc 0 when they succeed. */
static bool a_rc_zero(uint16_t group, uint8_t op, uint8_t id)
{
    (void)op;
    return group == SMP_GROUP_IMAGE &&
            (id == SMP_IMAGE_UPLOAD || id == SMP_IMAGE_ERASE);
}

const struct smp_dress vdev_dress_a = {
    .group_error = SMP_DRESS_FLAT,
    .version_zero = true,
    .rc_zero = a_rc_zero,
    .translate = flat_code,
};
