// SPDX-License-Identifier: Apache-2.0
/* What procedures may know of a link: how large a message may be. */
#include "smp/procedure.h"

/* A console packet carries its length and checksum in the same buffer. */
#define CONSOLE_EXTRA 4u

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t smp_link_message_size(const struct smp_link *link, uint32_t buf_size)
{
    size_t limit = link->max_message;
    size_t told = buf_size;

    if (buf_size == 0) {
        return limit;
    }
    if (link->kind == SMP_LINK_CONSOLE) {
        told = buf_size > CONSOLE_EXTRA ? buf_size - CONSOLE_EXTRA : 0;
    }
    /* Who tells its buffer size reassembles; for datagrams max_reassembled is
     * the largest datagram of the path. */
    if (link->max_reassembled != 0) {
        limit = link->max_reassembled;
    }
    return smaller(limit, told);
}
