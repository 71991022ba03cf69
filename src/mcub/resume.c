// SPDX-License-Identifier: Apache-2.0
/*
 * Is a swap under way? What the trailers say after a cut at any place,
 * including in the middle of an erase, which may leave any part of a trailer
 * in place and any other part erased.
 *
 * A primary trailer that names a swap and lacks copy_done, the last write of
 * all, is either a swap under way, or an old trailer whose erase was cut. The
 * secondary's mark tells them apart: it is erased before the first record,
 * and whole as long as the primary trailer is being erased.
 *
 *   primary     records  secondary's mark          swap under way
 *   ----------  -------  ------------------------  ----------------------
 *   no swap     -        -                         no
 *   names swap  any      gone, or damaged          yes, at that record
 *   names swap  some     good                      no: erase was cut
 *   names swap  none     whole                     no: begin again
 *   names swap  none     contradicts the primary   no: erase was cut
 *   names swap  none     half erased               yes, from the start
 */
#include "engines_private.h"

bool mcub_swap_is_under_way(const struct mcub_swap *s, uint8_t area)
{
    const struct mcub_trailer_state *t = &s->state[area];

    return t->magic == MCUB_MARK_GOOD && t->copy_done == MCUB_MARK_UNSET &&
            t->swap_type != MCUB_SWAP_NONE && t->image == s->image &&
            t->swap_size > 0 && t->swap_size <= s->limit &&
            (t->swap_type != MCUB_SWAP_TEST || t->image_ok != MCUB_MARK_SET);
}

bool mcub_swap_is_marked(const struct mcub_swap *s)
{
    const struct mcub_trailer_state *sec = &s->state[SEC];

    return sec->magic == MCUB_MARK_GOOD && sec->image_ok != MCUB_MARK_BAD;
}

/* All fields of a mark agree. Without swap info nobody can tell. */
static bool mark_is_whole(const struct mcub_trailer_state *mark)
{
    uint8_t ok =
            mark->swap_type == MCUB_SWAP_PERM ? MCUB_MARK_SET : MCUB_MARK_UNSET;
    uint8_t done = mark->swap_type == MCUB_SWAP_REVERT ? MCUB_MARK_SET
                                                       : MCUB_MARK_UNSET;

    return mark->swap_type != MCUB_SWAP_NONE && mark->image_ok == ok &&
            mark->copy_done == done;
}

/* The mark says what the primary trailer would have to say, and does not. */
static bool contradicts(const struct mcub_trailer_state *mark,
        const struct mcub_trailer_state *pri)
{
    return (mark->image_ok == MCUB_MARK_SET &&
                   pri->image_ok != MCUB_MARK_SET) ||
            (mark->copy_done == MCUB_MARK_SET &&
                    pri->swap_type != MCUB_SWAP_REVERT) ||
            (mark->swap_type != MCUB_SWAP_NONE &&
                    mark->swap_type != pri->swap_type);
}

static int find_uniform(struct mcub_swap *s)
{
    const struct mcub_trailer_state *pri = &s->state[PRI];
    const struct mcub_trailer_state *sec = &s->state[SEC];
    uint32_t records = 0;

    if (!mcub_swap_is_under_way(s, PRI)) {
        return 0;
    }
    s->copy_size = pri->swap_size;
    int rc = mcub_progress_read(s, PRI, &records);

    if (rc == 0 &&
            (!mcub_swap_is_marked(s) ||
                    (records == 0 && !mark_is_whole(sec) &&
                            !contradicts(sec, pri)))) {
        s->started = true;
        s->found = pri->swap_type;
        s->records = records;
    } else {
        s->copy_size = 0;
    }
    return rc;
}

int mcub_swap_find(struct mcub_swap *s)
{
    if (!HAS_SWAP) {
        return 0;
    }
    if (s->mode == MCUB_MODE_MOVE || s->mode == MCUB_MODE_OFFSET) {
        return find_uniform(s);
    }
    return s->mode == MCUB_MODE_SCRATCH ? mcub_scratch_find(s) : 0;
}
