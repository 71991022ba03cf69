// SPDX-License-Identifier: Apache-2.0
/*
 * Random numbers that are the same everywhere: splitmix64.
 * Source: public domain description by S. Vigna, 2015.
 */
#ifndef VDEV_RNG_H
#define VDEV_RNG_H

#include <stdint.h>

static inline uint64_t vdev_rng_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/** A number in [0, 1). */
static inline double vdev_rng_unit(uint64_t *state)
{
    return (double)(vdev_rng_next(state) >> 11) / 9007199254740992.0;
}

#endif
