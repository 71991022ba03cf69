// SPDX-License-Identifier: Apache-2.0
/*
 * Writing images: header, payload, protected TLVs, hash; one pass into a
 * sink. Signatures come as further unprotected TLVs.
 */
#ifndef MCUB_WRITE_H
#define MCUB_WRITE_H

#include "mcub/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A TLV to be written; the bytes are borrowed. */
struct mcub_tlv_spec {
    uint16_t type;
    struct mcub_bytes value; /**< at most 65535 - 8 bytes */
};

/** What an image shall hold. */
struct mcub_image_spec {
    struct mcub_version version;
    uint32_t load_addr;
    uint32_t flags;                   /**< enum mcub_image_flag */
    uint16_t hdr_size;                /**< at least 32; the rest is zero */
    struct mcub_source payload;       /**< size = bytes of it */
    const struct mcub_tlv_spec *prot; /**< protected TLVs, in this order */
    size_t prot_count;
    enum mcub_hash_alg hash_alg;
};

/** Takes the image bytes in order. Returns 0, or MCUB_E_SINK or another. */
struct mcub_sink {
    int (*write)(void *ctx, const void *buf, size_t len);
    void *ctx;
};

/** The means of one mcub_image_write() call. */
struct mcub_image_writer {
    const struct mcub_hash_ops *hash;
    void *hash_ctx;
    struct mcub_sink sink;
    uint8_t *scratch; /**< copies payload; at least 32 bytes */
    size_t scratch_size;
};

/**
 * Bytes an image of this description takes.
 *
 * @param[out] size  written on success
 *
 * @return 0, or
 *         MCUB_E_HEADER     hdr_size below 32, or contradictory flags
 *         MCUB_E_TLV        protected TLVs longer than 65535 bytes
 *         MCUB_E_TOO_LARGE  more than 32 bits
 *         MCUB_E_ARG        no such hash
 */
int mcub_image_spec_size(const struct mcub_image_spec *spec, uint32_t *size);

/**
 * Write a hash-only image into the sink.
 *
 * @param[in]  spec
 * @param[in]  writer
 * @param[out] hash  the image hash, written on success; may be NULL
 *
 * @return 0, the errors of mcub_image_spec_size(), MCUB_E_ARG for a scratch
 *         below 32 bytes, or any error of source, sink and hash ops
 *
 * Flash: header, zeros up to hdr_size, payload, [6908 tot, protected TLVs],
 *        6907 tot, hash TLV; little-endian.
 * Source: mcuboot docs/design.md, "Image format"
 */
int mcub_image_write(const struct mcub_image_spec *spec,
        const struct mcub_image_writer *writer, struct mcub_hash *hash);

#ifdef __cplusplus
}
#endif

#endif
