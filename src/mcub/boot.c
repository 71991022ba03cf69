// SPDX-License-Identifier: Apache-2.0
/*
 * One boot: the board is checked, then the kind of its mode takes over.
 *
 *   modes                              kind
 *   ---------------------------------  -----------------------------------
 *   scratch, move, offset, overwrite   swap: secondary becomes primary
 *   direct-xip (revert), ram-load      select: the newest slot runs
 *   single, firmware loader            single: the primary runs, or a loader
 */
#include "engines_private.h"

#include "slot_private.h"

void mcub_boot_tell(const struct mcub_boot *boot, uint8_t image,
        enum mcub_log_event event, uint32_t a, uint32_t b)
{
    if (boot->ops != NULL && boot->ops->log != NULL) {
        boot->ops->log(boot->ops_ctx, event, image, a, b);
    }
}

void mcub_boot_jump(struct mcub_boot *boot, uint8_t slot)
{
    const struct mcub_slot *area = mcub_board_slot(boot->board, 0, slot);
    struct mcub_slot_image found;

    boot->booted_slot = slot;
    if (mcub_slot_open_at(area, 0, &found) == 0) {
        mcub_boot_tell(boot, 0, MCUB_LOG_JUMP, area->off,
                found.image.hdr.hdr_size);
    }
}

static int boot_by_mode(struct mcub_boot *boot)
{
    switch (boot->board->mode) {
    case MCUB_MODE_SCRATCH:
    case MCUB_MODE_OVERWRITE:
    case MCUB_MODE_MOVE:
    case MCUB_MODE_OFFSET:
        return mcub_boot_swap(boot);
    case MCUB_MODE_DIRECT_XIP:
    case MCUB_MODE_DIRECT_XIP_REVERT:
    case MCUB_MODE_RAM_LOAD:
        return mcub_boot_select(boot);
    case MCUB_MODE_SINGLE:
    case MCUB_MODE_FW_LOADER:
    case MCUB_MODE_SINGLE_RAM:
        return mcub_boot_single(boot);
    }
    return MCUB_E_UNSUPPORTED;
}

int mcub_boot(struct mcub_boot *boot)
{
    int rc = mcub_board_check(boot->board);

    if (rc == 0) {
        rc = mcub_crypt_check(boot);
    }
    if (rc != 0) {
        return rc;
    }
    boot->booted_slot = MCUB_SLOT_PRIMARY;
    for (uint8_t image = 0; image < MCUB_IMAGES_MAX; image++) {
        boot->next[image] = MCUB_SWAP_NONE;
        boot->result[image] =
                (struct mcub_boot_result){ .decided = MCUB_SWAP_NONE,
                    .performed = MCUB_SWAP_NONE };
    }
    mcub_boot_tell(boot, 0, MCUB_LOG_START, boot->board->mode, 0);
    return boot_by_mode(boot);
}
