// SPDX-License-Identifier: Apache-2.0
/*
 * Engines left out of this build (mcub/options.h) become functions that say
 * so; included by the files that choose an engine, and by no engine.
 */
#ifndef MCUB_ENGINES_PRIVATE_H
#define MCUB_ENGINES_PRIVATE_H

#include "boot_private.h"

static inline int mcub_engine_missing(const struct mcub_swap *s)
{
    (void)s;
    return MCUB_E_UNSUPPORTED;
}

static inline int mcub_kind_missing(const struct mcub_boot *boot)
{
    (void)boot;
    return MCUB_E_UNSUPPORTED;
}

#ifdef MCUB_NO_MOVE
#    define mcub_swap_move(s) mcub_engine_missing(s)
#endif
#ifdef MCUB_NO_OFFSET
#    define mcub_swap_offset(s) mcub_engine_missing(s)
#endif
#ifdef MCUB_NO_SCRATCH
#    define mcub_swap_scratch(s)    mcub_engine_missing(s)
#    define mcub_scratch_measure(s) MCUB_GEOMETRY_SCRATCH
#    define mcub_scratch_find(s)    mcub_engine_missing(s)
#endif
#ifdef MCUB_NO_OVERWRITE
#    define mcub_overwrite(s)               mcub_engine_missing(s)
#    define mcub_bootstrap(s, off)          mcub_engine_missing(s)
#    define mcub_bootstrap_is_torn(s, from) false
#endif
#ifdef MCUB_NO_SELECT
#    define mcub_boot_select(boot) mcub_kind_missing(boot)
#endif
#ifdef MCUB_NO_SINGLE
#    define mcub_boot_single(boot) mcub_kind_missing(boot)
#endif
#if defined(MCUB_NO_MOVE) && defined(MCUB_NO_OFFSET) && \
        defined(MCUB_NO_SCRATCH) && defined(MCUB_NO_OVERWRITE)
#    define mcub_boot_swap(boot) mcub_kind_missing(boot)
#endif

#endif
