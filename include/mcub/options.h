// SPDX-License-Identifier: Apache-2.0
/*
 * Compile-time options of the mcub floor. Define them on the command line,
 * or in the file that MCUB_OPTIONS_FILE names.
 */
#ifndef MCUB_OPTIONS_H
#define MCUB_OPTIONS_H

#ifdef MCUB_OPTIONS_FILE
#    include MCUB_OPTIONS_FILE
#endif

/* Image pairs one board may have; 1..8; costs 12 bytes each in mcub_boot. */
#ifndef MCUB_IMAGES_MAX
#    define MCUB_IMAGES_MAX 4
#endif

/* Largest write block of any flash; 8..32, a power of two; on the stack. */
#ifndef MCUB_WRITE_SIZE_MAX
#    define MCUB_WRITE_SIZE_MAX 32
#endif

/*
 * Checks to leave out of mcub_boot(); dependencies go with one image only.
 *
 *   MCUB_NO_COUNTER          security counters
 *   MCUB_NO_DOWNGRADE_CHECK  versions and counters of an update
 *   MCUB_NO_BOOTSTRAP        copying into an empty primary
 *   MCUB_NO_ENCRYPTION       decrypting images; a board that names a key size
 *                            is refused then
 */

/*
 * Engines to leave out of mcub_boot(): define what is not needed. Cortex-M0
 * bytes of each are printed by script/power --numbers.
 *
 *   MCUB_NO_MOVE  MCUB_NO_OFFSET  MCUB_NO_SCRATCH
 *   MCUB_NO_OVERWRITE (and bootstrap)
 *   MCUB_NO_SELECT (direct-xip, ram-load)
 *   MCUB_NO_SINGLE (single slot, firmware loader)
 */

#endif
