// SPDX-License-Identifier: Apache-2.0
/*
 * Image versions: text both ways, and order.
 */
#ifndef MCUB_VERSION_H
#define MCUB_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes for any version as text, with the final zero. */
#define MCUB_VERSION_TEXT_SIZE 25

/** major.minor.revision, and the build number that most boards ignore. */
struct mcub_version {
    uint8_t major;
    uint8_t minor;
    uint16_t revision;
    uint32_t build;
};

/**
 * Read a version: "1", "1.2", "1.2.3", "1.2.3+4" (files) or "1.2.3.4"
 * (devices). Decimal numbers without leading zeros.
 *
 * @param[in]  text     len bytes, no final zero needed
 * @param[out] version  written on success; parts left out are 0
 *
 * @return 0, or MCUB_E_ARG  not of this form, or a number above its field
 * Source: mcuboot docs/imgtool.md, "version"
 */
int mcub_version_parse(const char *text, size_t len,
        struct mcub_version *version);

/**
 * Write a version as text: "1.2.3", and build behind sep unless it is 0.
 *
 * @param[in]  version  any
 * @param      sep   '.' as devices print it, '+' as files carry it
 * @param[out] text  ends with a zero
 *
 * @return length of the text without the zero
 */
size_t mcub_version_print(const struct mcub_version *version, char sep,
        char text[MCUB_VERSION_TEXT_SIZE]);

/**
 * Order two versions.
 *
 * @param use_build  count the build number too (MCUboot's default: no)
 *
 * @return -1, 0 or 1: a is lower, equal, higher
 */
int mcub_version_compare(const struct mcub_version *a,
        const struct mcub_version *b, bool use_build);

#ifdef __cplusplus
}
#endif

#endif
