// SPDX-License-Identifier: Apache-2.0
/*
 * Marks: what an application writes into a trailer, and what the next boot
 * makes of both trailers.
 */
#include "mcub/trailer.h"

#include <stddef.h>

static int confirm_direct_xip(const struct mcub_trailer *trailer,
        const struct mcub_trailer_state *state)
{
    int rc = 0;

    if (state->copy_done == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_copy_done(trailer);
    }
    if (rc == 0 && state->image_ok == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_image_ok(trailer);
    }
    return rc;
}

static int mark_direct_xip(const struct mcub_trailer *trailer,
        const struct mcub_trailer_state *state,
        const struct mcub_mark_request *request)
{
    int rc = 0;

    if (state->magic == MCUB_MARK_BAD) {
        return MCUB_E_BAD_TRAILER;
    }
    if (state->magic == MCUB_MARK_UNSET) {
        rc = mcub_trailer_write_magic(trailer);
    }
    if (rc == 0 && (request->confirm || request->active)) {
        rc = confirm_direct_xip(trailer, state);
    }
    return rc;
}

static int mark_active(const struct mcub_trailer *trailer,
        const struct mcub_trailer_state *state)
{
    if (state->magic == MCUB_MARK_BAD) {
        return MCUB_E_BAD_VECTOR;
    }
    /* Without a trailer the image came from a programmer: it is confirmed. */
    if (state->magic == MCUB_MARK_UNSET || state->image_ok != MCUB_MARK_UNSET) {
        return 0;
    }
    /* copy_done is not asked, so that a padded factory image can confirm. */
    return mcub_trailer_write_image_ok(trailer);
}

static int mark_secondary(const struct mcub_trailer *trailer,
        const struct mcub_trailer_state *state,
        const struct mcub_mark_request *request)
{
    if (state->magic == MCUB_MARK_BAD) {
        return MCUB_E_BAD_TRAILER;
    }
    if (state->magic == MCUB_MARK_GOOD) {
        return 0;
    }
    int rc = mcub_trailer_write_magic(trailer);

    if (rc == 0 && request->confirm) {
        rc = mcub_trailer_write_image_ok(trailer);
    }
    if (rc == 0) {
        rc = mcub_trailer_write_swap_info(trailer, request->image,
                request->confirm ? MCUB_SWAP_PERM : MCUB_SWAP_TEST);
    }
    return rc;
}

int mcub_trailer_mark(const struct mcub_trailer *trailer,
        const struct mcub_mark_request *request)
{
    struct mcub_trailer_state state;
    int rc = mcub_trailer_read(trailer, &state);

    if (rc != 0) {
        return rc;
    }
    if (request->direct_xip) {
        return mark_direct_xip(trailer, &state, request);
    }
    if (request->active) {
        return mark_active(trailer, &state);
    }
    return mark_secondary(trailer, &state, request);
}

#define G   MCUB_MARK_GOOD
#define S   MCUB_MARK_SET
#define U   MCUB_MARK_UNSET
#define ANY MCUB_MARK_ANY

/* First match wins; no match: NONE. */
// clang-format off
static const struct {
    bool offset_only;
    uint8_t pri_magic, pri_ok, pri_done;
    uint8_t sec_magic, sec_ok, sec_done;
    uint8_t type;
} swap_rules[] = {
    /* only    pri: magic ok   done   sec: magic ok   done   next boot */
    { true,         ANY,  ANY, ANY,        G,    U,   S,   MCUB_SWAP_REVERT },
    { false,        ANY,  ANY, ANY,        G,    U,   ANY, MCUB_SWAP_TEST },
    { false,        ANY,  ANY, ANY,        G,    S,   ANY, MCUB_SWAP_PERM },
    { false,        G,    U,   S,          ANY,  ANY, ANY, MCUB_SWAP_REVERT },
};
// clang-format on

#undef G
#undef S
#undef U
#undef ANY

static bool matches(uint8_t want, uint8_t is)
{
    return want == MCUB_MARK_ANY || want == is;
}

enum mcub_swap_type mcub_swap_type_decide(const struct mcub_trailer_state
                                                  *primary,
        const struct mcub_trailer_state *secondary, bool offset)
{
    for (size_t i = 0; i < sizeof(swap_rules) / sizeof(swap_rules[0]); i++) {
        if ((offset || !swap_rules[i].offset_only) &&
                matches(swap_rules[i].pri_magic, primary->magic) &&
                matches(swap_rules[i].pri_ok, primary->image_ok) &&
                matches(swap_rules[i].pri_done, primary->copy_done) &&
                matches(swap_rules[i].sec_magic, secondary->magic) &&
                matches(swap_rules[i].sec_ok, secondary->image_ok) &&
                matches(swap_rules[i].sec_done, secondary->copy_done)) {
            return (enum mcub_swap_type)swap_rules[i].type;
        }
    }
    return MCUB_SWAP_NONE;
}
