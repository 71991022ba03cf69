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

/* Open the image off bytes into a slot; errors of mcub_image_open(). */
int mcub_slot_open_at(const struct mcub_slot *slot, uint32_t off,
        struct mcub_slot_image *found);

/* Erase a slot, trailer first; or only the sectors of its trailer. */
int mcub_slot_erase_all(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer);
int mcub_slot_erase_trailer(const struct mcub_slot *slot,
        const struct mcub_trailer *trailer);

#endif
