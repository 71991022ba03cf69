// SPDX-License-Identifier: Apache-2.0
/*
 * Writing hash-only images in one pass: every byte up to the end of the
 * protected TLVs goes into the hash and into the sink.
 */
#include "mcub/write.h"

#include <string.h>

#include "private.h"

static int prot_size(const struct mcub_image_spec *spec, uint16_t *size)
{
    uint32_t total = spec->prot_count > 0 ? MCUB_TLV_INFO_SIZE : 0;

    for (size_t i = 0; i < spec->prot_count; i++) {
        size_t len = spec->prot[i].value.len;

        if (len > UINT16_MAX) {
            return MCUB_E_TLV;
        }
        total += MCUB_TLV_HEADER_SIZE + (uint32_t)len;
        if (total > UINT16_MAX) {
            return MCUB_E_TLV;
        }
    }
    *size = (uint16_t)total;
    return 0;
}

/* The header as it will be written, through the reader's own checks. */
static int make_header(const struct mcub_image_spec *spec,
        uint8_t buf[MCUB_IMAGE_HEADER_SIZE], struct mcub_image_header *hdr)
{
    struct mcub_image_header h = {
        .load_addr = spec->load_addr,
        .hdr_size = spec->hdr_size,
        .img_size = spec->payload.size,
        .flags = spec->flags,
        .version = spec->version,
    };
    int rc = prot_size(spec, &h.protect_tlv_size);

    if (rc != 0) {
        return rc;
    }
    mcub_image_header_encode(&h, buf);
    rc = mcub_image_header_decode(buf, MCUB_IMAGE_HEADER_SIZE, hdr);
    return rc < 0 ? rc : 0;
}

int mcub_image_spec_size(const struct mcub_image_spec *spec, uint32_t *size)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    uint32_t hash_len = (uint32_t)mcub_hash_size(spec->hash_alg);
    int rc = make_header(spec, buf, &hdr);

    if (rc != 0) {
        return rc;
    }
    if (hash_len == 0) {
        return MCUB_E_ARG;
    }
    uint32_t hashed = hdr.hdr_size + hdr.img_size + hdr.protect_tlv_size;
    uint32_t unprot = MCUB_TLV_INFO_SIZE + MCUB_TLV_HEADER_SIZE + hash_len;

    if (hashed > UINT32_MAX - unprot) {
        return MCUB_E_TOO_LARGE;
    }
    *size = hashed + unprot;
    return 0;
}

static int put(const struct mcub_image_writer *writer, const void *buf,
        size_t len)
{
    int rc = writer->sink.write(writer->sink.ctx, buf, len);

    return rc == 0 ? writer->hash->update(writer->hash_ctx, buf, len) : rc;
}

static int put_pair(const struct mcub_image_writer *writer, uint16_t a,
        uint16_t b)
{
    uint8_t buf[4];

    mcub_store_le16(buf, a);
    mcub_store_le16(buf + 2, b);
    return put(writer, buf, sizeof(buf));
}

static int put_zeros(const struct mcub_image_writer *writer, uint32_t len)
{
    uint8_t zero[MCUB_IMAGE_HEADER_SIZE] = { 0 };
    int rc = 0;

    while (len > 0 && rc == 0) {
        uint32_t n = mcub_min(len, sizeof(zero));

        rc = put(writer, zero, n);
        len -= n;
    }
    return rc;
}

static int put_payload(const struct mcub_image_writer *writer,
        const struct mcub_source *payload)
{
    uint32_t off = 0;

    while (off < payload->size) {
        uint32_t n = payload->size - off;

        if (n > writer->scratch_size) {
            n = (uint32_t)writer->scratch_size;
        }
        int rc = mcub_source_read(payload, off, writer->scratch, n);

        if (rc == 0) {
            rc = put(writer, writer->scratch, n);
        }
        if (rc != 0) {
            return rc;
        }
        off += n;
    }
    return 0;
}

static int put_protected(const struct mcub_image_writer *writer,
        const struct mcub_image_spec *spec, uint16_t size)
{
    int rc = 0;

    if (size != 0) {
        rc = put_pair(writer, MCUB_TLV_PROT_INFO_MAGIC, size);
    }
    for (size_t i = 0; i < spec->prot_count && rc == 0; i++) {
        const struct mcub_tlv_spec *tlv = &spec->prot[i];

        rc = put_pair(writer, tlv->type, (uint16_t)tlv->value.len);
        if (rc == 0 && tlv->value.len > 0) {
            rc = put(writer, tlv->value.ptr, tlv->value.len);
        }
    }
    return rc;
}

static int put_hash(const struct mcub_image_writer *writer,
        enum mcub_hash_alg alg, struct mcub_hash *hash)
{
    uint8_t buf[MCUB_TLV_INFO_SIZE + MCUB_TLV_HEADER_SIZE + MCUB_HASH_MAX];
    size_t len = mcub_hash_size(alg);
    size_t total = MCUB_TLV_INFO_SIZE + MCUB_TLV_HEADER_SIZE + len;

    mcub_store_le16(buf, MCUB_TLV_INFO_MAGIC);
    mcub_store_le16(buf + 2, (uint16_t)total);
    mcub_store_le16(buf + 4, (uint16_t)alg);
    mcub_store_le16(buf + 6, (uint16_t)len);
    int rc = writer->hash->finish(writer->hash_ctx, buf + 8, len);

    if (rc == 0) {
        rc = writer->sink.write(writer->sink.ctx, buf, total);
    }
    if (rc == 0 && hash != NULL) {
        hash->alg = alg;
        hash->len = len;
        memcpy(hash->bytes, buf + 8, len);
    }
    return rc;
}

int mcub_image_write(const struct mcub_image_spec *spec,
        const struct mcub_image_writer *writer, struct mcub_hash *hash)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    uint32_t total;
    int rc = mcub_image_spec_size(spec, &total);

    if (rc == 0) {
        rc = make_header(spec, buf, &hdr);
    }
    if (rc != 0) {
        return rc;
    }
    if (writer->scratch_size < MCUB_IMAGE_HEADER_SIZE) {
        return MCUB_E_ARG;
    }
    rc = writer->hash->init(writer->hash_ctx, spec->hash_alg);
    if (rc == 0) {
        rc = put(writer, buf, sizeof(buf));
    }
    if (rc == 0) {
        rc = put_zeros(writer, hdr.hdr_size - MCUB_IMAGE_HEADER_SIZE);
    }
    if (rc == 0) {
        rc = put_payload(writer, &spec->payload);
    }
    if (rc == 0) {
        rc = put_protected(writer, spec, hdr.protect_tlv_size);
    }
    if (rc == 0) {
        rc = put_hash(writer, spec->hash_alg, hash);
    }
    return rc;
}
