// SPDX-License-Identifier: Apache-2.0
/*
 * Writing images in one pass: every byte up to the end of the protected TLVs
 * goes into the hash and, encrypted if that is asked for, into the sink.
 */
#include "mcub/write.h"

#include <string.h>

#include "private.h"

static bool is_pure(const struct mcub_image_spec *spec)
{
    for (size_t i = 0; i < spec->signer_count; i++) {
        if (spec->signers[i].pure) {
            return true;
        }
    }
    return false;
}

/* Zeros behind the payload of an encrypted image. */
static uint32_t fill_size(const struct mcub_image_spec *spec)
{
    uint32_t size = spec->payload.size + spec->hdr_size;

    return spec->encrypt == NULL ? 0 : (0u - size) & 15u;
}

static int add_tlv(uint32_t *total, size_t len)
{
    if (len > UINT16_MAX) {
        return MCUB_E_TLV;
    }
    *total += MCUB_TLV_HEADER_SIZE + (uint32_t)len;
    return *total > UINT16_MAX ? MCUB_E_TLV : 0;
}

static int prot_size(const struct mcub_image_spec *spec, uint16_t *size)
{
    uint32_t total = spec->prot_count > 0 ? MCUB_TLV_INFO_SIZE : 0;

    for (size_t i = 0; i < spec->prot_count; i++) {
        int rc = add_tlv(&total, spec->prot[i].value.len);

        if (rc != 0) {
            return rc;
        }
    }
    *size = (uint16_t)total;
    return 0;
}

/* Before signing, the room for a signature counts as its length. */
static int unprot_size(const struct mcub_image_spec *spec, bool is_signed,
        uint32_t *size)
{
    uint32_t total = MCUB_TLV_INFO_SIZE;
    int rc = add_tlv(&total, mcub_hash_size(spec->hash_alg));

    if (rc == 0 && is_pure(spec)) {
        rc = add_tlv(&total, 1);
    }
    for (size_t i = 0; i < spec->signer_count && rc == 0; i++) {
        const struct mcub_signer *signer = &spec->signers[i];

        rc = add_tlv(&total, signer->key.value.len);
        if (rc == 0) {
            rc = add_tlv(&total,
                    is_signed ? signer->sig_len : signer->sig_size);
        }
    }
    if (rc == 0 && spec->encrypt != NULL) {
        rc = add_tlv(&total, spec->encrypt->key.value.len);
    }
    *size = total;
    return rc;
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
    if (h.img_size > UINT32_MAX - fill_size(spec)) {
        return MCUB_E_HEADER;
    }
    h.img_size += fill_size(spec);
    if (spec->encrypt != NULL) {
        h.flags |= spec->encrypt->cipher.key_len == 32 ? MCUB_IMAGE_AES256
                                                       : MCUB_IMAGE_AES128;
    }
    mcub_image_header_encode(&h, buf);
    rc = mcub_image_header_decode(buf, MCUB_IMAGE_HEADER_SIZE, hdr);
    return rc < 0 ? rc : 0;
}

int mcub_image_spec_size(const struct mcub_image_spec *spec, uint32_t *size)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    uint32_t unprot;
    int rc = make_header(spec, buf, &hdr);

    if (rc != 0) {
        return rc;
    }
    if (mcub_hash_size(spec->hash_alg) == 0) {
        return MCUB_E_ARG;
    }
    rc = unprot_size(spec, false, &unprot);
    if (rc != 0) {
        return rc;
    }
    uint32_t hashed = hdr.hdr_size + hdr.img_size + hdr.protect_tlv_size;

    if (hashed > UINT32_MAX - unprot) {
        return MCUB_E_TOO_LARGE;
    }
    *size = hashed + unprot;
    return 0;
}

/* One image on its way out. */
struct output {
    const struct mcub_image_spec *spec;
    const struct mcub_image_writer *writer;
};

static int sink(const struct output *out, const void *buf, size_t len)
{
    return out->writer->sink.write(out->writer->sink.ctx, buf, len);
}

/* Bytes of the plain text: hashed, and told to pure signers. */
static int digest(const struct output *out, const void *buf, size_t len)
{
    int rc = out->writer->hash->update(out->writer->hash_ctx, buf, len);

    for (size_t i = 0; i < out->spec->signer_count && rc == 0; i++) {
        const struct mcub_signer *signer = &out->spec->signers[i];

        if (signer->pure) {
            rc = signer->ops->update(signer->ctx, buf, len);
        }
    }
    return rc;
}

static int put(const struct output *out, const void *buf, size_t len)
{
    int rc = digest(out, buf, len);

    return rc == 0 ? sink(out, buf, len) : rc;
}

/* Bytes of the payload from off; buf is ours to encrypt in. */
static int put_payload_bytes(const struct output *out, uint32_t off,
        uint8_t *buf, size_t len)
{
    const struct mcub_encryptor *encrypt = out->spec->encrypt;
    int rc = digest(out, buf, len);

    if (rc == 0 && encrypt != NULL && !encrypt->clear) {
        rc = mcub_cipher_apply(&encrypt->cipher, off, buf, len);
    }
    return rc == 0 ? sink(out, buf, len) : rc;
}

static int put_fill(const struct output *out, uint32_t len)
{
    uint8_t fill[MCUB_IMAGE_HEADER_SIZE];
    int rc = 0;

    memset(fill, out->spec->hdr_fill, sizeof(fill));
    while (len > 0 && rc == 0) {
        uint32_t n = mcub_min(len, sizeof(fill));

        rc = put(out, fill, n);
        len -= n;
    }
    return rc;
}

static int put_payload(const struct output *out)
{
    const struct mcub_source *payload = &out->spec->payload;
    const struct mcub_image_writer *writer = out->writer;
    uint32_t off = 0;

    while (off < payload->size) {
        uint32_t n = payload->size - off;

        if (n > writer->scratch_size) {
            n = (uint32_t)writer->scratch_size;
        }
        int rc = mcub_source_read(payload, off, writer->scratch, n);

        if (rc == 0) {
            rc = put_payload_bytes(out, off, writer->scratch, n);
        }
        if (rc != 0) {
            return rc;
        }
        off += n;
    }
    uint8_t zero[16] = { 0 };
    uint32_t fill = fill_size(out->spec);

    return fill == 0 ? 0 : put_payload_bytes(out, off, zero, fill);
}

static void make_pair(uint8_t buf[4], size_t a, size_t b)
{
    mcub_store_le16(buf, (uint16_t)a);
    mcub_store_le16(buf + 2, (uint16_t)b);
}

static int put_protected(const struct output *out, uint16_t size)
{
    uint8_t pair[4];
    int rc = 0;

    if (size != 0) {
        make_pair(pair, MCUB_TLV_PROT_INFO_MAGIC, size);
        rc = put(out, pair, sizeof(pair));
    }
    for (size_t i = 0; i < out->spec->prot_count && rc == 0; i++) {
        const struct mcub_tlv_spec *tlv = &out->spec->prot[i];

        make_pair(pair, tlv->type, tlv->value.len);
        rc = put(out, pair, sizeof(pair));
        if (rc == 0 && tlv->value.len > 0) {
            rc = put(out, tlv->value.ptr, tlv->value.len);
        }
    }
    return rc;
}

static int put_tlv(const struct output *out, uint16_t type, const void *buf,
        size_t len)
{
    uint8_t pair[4];

    make_pair(pair, type, len);
    int rc = sink(out, pair, sizeof(pair));

    return rc == 0 && len > 0 ? sink(out, buf, len) : rc;
}

static int sign(const struct output *out, const struct mcub_hash *hash)
{
    for (size_t i = 0; i < out->spec->signer_count; i++) {
        struct mcub_signer *signer = &out->spec->signers[i];
        int len = signer->ops->sign(signer->ctx, hash, signer->sig,
                signer->sig_size);

        if (len < 0) {
            return len;
        }
        signer->sig_len = (size_t)len;
    }
    return 0;
}

static int put_signatures(const struct output *out)
{
    static const uint8_t yes[1] = { 1 };
    int rc = is_pure(out->spec)
            ? put_tlv(out, MCUB_TLV_SIG_PURE, yes, sizeof(yes))
            : 0;

    for (size_t i = 0; i < out->spec->signer_count && rc == 0; i++) {
        const struct mcub_signer *signer = &out->spec->signers[i];

        rc = put_tlv(out, signer->key.type, signer->key.value.ptr,
                signer->key.value.len);
        if (rc == 0) {
            rc = put_tlv(out, signer->type, signer->sig, signer->sig_len);
        }
    }
    return rc;
}

static int put_unprotected(const struct output *out,
        const struct mcub_hash *hash)
{
    const struct mcub_encryptor *encrypt = out->spec->encrypt;
    uint8_t pair[4];
    uint32_t size;
    int rc = unprot_size(out->spec, true, &size);

    if (rc != 0) {
        return rc;
    }
    make_pair(pair, MCUB_TLV_INFO_MAGIC, size);
    rc = sink(out, pair, sizeof(pair));
    if (rc == 0) {
        rc = put_tlv(out, (uint16_t)hash->alg, hash->bytes, hash->len);
    }
    if (rc == 0) {
        rc = put_signatures(out);
    }
    if (rc == 0 && encrypt != NULL) {
        rc = put_tlv(out, encrypt->key.type, encrypt->key.value.ptr,
                encrypt->key.value.len);
    }
    return rc;
}

static int check_means(const struct mcub_image_spec *spec,
        const struct mcub_image_writer *writer)
{
    if (writer->scratch_size < MCUB_IMAGE_HEADER_SIZE) {
        return MCUB_E_ARG;
    }
    for (size_t i = 0; i < spec->signer_count; i++) {
        if (spec->signers[i].pure && spec->signers[i].ops->update == NULL) {
            return MCUB_E_ARG;
        }
    }
    return 0;
}

int mcub_image_write(const struct mcub_image_spec *spec,
        const struct mcub_image_writer *writer, struct mcub_hash *hash)
{
    struct output out = { spec, writer };
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr;
    struct mcub_hash h = { .alg = spec->hash_alg,
        .len = mcub_hash_size(spec->hash_alg) };
    uint32_t total;
    int rc = mcub_image_spec_size(spec, &total);

    if (rc == 0) {
        rc = make_header(spec, buf, &hdr);
    }
    if (rc == 0) {
        rc = check_means(spec, writer);
    }
    if (rc == 0) {
        rc = writer->hash->init(writer->hash_ctx, spec->hash_alg);
    }
    if (rc == 0) {
        rc = put(&out, buf, sizeof(buf));
    }
    if (rc == 0) {
        rc = put_fill(&out, hdr.hdr_size - MCUB_IMAGE_HEADER_SIZE);
    }
    if (rc == 0) {
        rc = put_payload(&out);
    }
    if (rc == 0) {
        rc = put_protected(&out, hdr.protect_tlv_size);
    }
    if (rc == 0) {
        rc = writer->hash->finish(writer->hash_ctx, h.bytes, h.len);
    }
    if (rc == 0) {
        rc = sign(&out, &h);
    }
    if (rc == 0) {
        rc = put_unprotected(&out, &h);
    }
    if (rc == 0 && hash != NULL) {
        *hash = h;
    }
    return rc;
}
