// SPDX-License-Identifier: Apache-2.0
/*
 * Slot work shared with the boot engines.
 */
#ifndef MCUB_SLOT_PRIVATE_H
#define MCUB_SLOT_PRIVATE_H

#include "mcub/slot.h"

/* Bytes from the slot start to the first sector the trailer touches. */
uint32_t mcub_slot_trailer_start(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer);

/*
 * What the next boot does, as mcub_swap_type_decide(); a torn copy_done counts
 * as written: it is the last write of a swap, so the swap is complete.
 */
enum mcub_swap_type mcub_slot_decide(const struct mcub_trailer_state *primary,
        const struct mcub_trailer_state *secondary, enum mcub_mode mode);

/* Open the image off bytes into a slot; errors of mcub_image_open(). */
int mcub_slot_open_at(const struct mcub_slot *slot, uint32_t off,
        struct mcub_slot_image *found);

/* Erase a slot, trailer first; or only the sectors of its trailer. */
int mcub_slot_erase_all(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer);
int mcub_slot_erase_trailer(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer);

#endif
