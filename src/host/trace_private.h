// SPDX-License-Identifier: Apache-2.0
/* Pieces of trace lines, for trace.c and its tests. */
#ifndef HOST_TRACE_PRIVATE_H
#define HOST_TRACE_PRIVATE_H

#include <glib.h>
#include <stdint.h>

#include "smp/err.h"

/** Append a JSON string; bytes that are no UTF-8 become \u00NN. */
void host_trace_put_text(GString *line, const void *text, size_t len);

/** Append lower-case hex. */
void host_trace_put_hex(GString *line, const uint8_t *buf, size_t len);

/**
 * Cut the data of an image upload to its first 32 bytes.
 *
 * The result is a message again: length of the byte string and of the header
 * fit the cut data.
 *
 * @param[out] data_len  bytes there were, written when cut
 * @return new bytes, or NULL: not an upload with more data than that
 */
GByteArray *host_trace_cut(struct smp_bytes message, size_t *data_len);

#endif
