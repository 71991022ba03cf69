// SPDX-License-Identifier: Apache-2.0
/*
 * The loop over key TLVs and signatures.
 *
 * TLV            selected key  action
 * -------------  ------------  ---------------------------------------------
 * KEYHASH        -             select the key whose hash starts so, or none
 * PUBKEY         -             select the key with these bytes, or none
 * a signature    none          skip: nobody asked for it
 * a signature    other type    skip, the key stays selected
 * a signature    its type      verify; the last result counts; select none
 */
#include "mcub/sign.h"

#include <string.h>

#include "private.h"

bool mcub_tlv_type_is_signature(uint16_t type)
{
    return type == MCUB_TLV_RSA2048_PSS || type == MCUB_TLV_ECDSA_SIG ||
            type == MCUB_TLV_RSA3072_PSS || type == MCUB_TLV_ED25519;
}

/* Pure: the only value is one byte 01. */
static int find_pure(const struct mcub_image *image, bool *pure)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    uint8_t value = 0;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_SIG_PURE, false);
    int rc = mcub_tlv_next(&iter, &tlv);

    if (rc <= 0) {
        return rc;
    }
    if (tlv.len != 1) {
        return MCUB_E_TLV;
    }
    rc = mcub_tlv_read(image, &tlv, &value, 1);
    if (rc < 0) {
        return rc;
    }
    *pure = true;
    return value == 1 ? 0 : MCUB_E_TLV;
}

struct walk {
    const struct mcub_image *image;
    const struct mcub_keys *keys;
    struct mcub_signature sig; /* all but type and value */
    struct mcub_signature_report report;
    uint8_t *scratch;
    int key; /* selected; negative: none */
    int result;
};

static int select_key(struct walk *w, const struct mcub_tlv *tlv)
{
    struct mcub_bytes value = { w->scratch, tlv->len };

    if (tlv->len == 0 || tlv->len > MCUB_SIGNATURE_MAX ||
            (tlv->type == MCUB_TLV_KEYHASH && tlv->len > w->sig.hash->len)) {
        return MCUB_E_TLV;
    }
    int rc = mcub_tlv_read(w->image, tlv, w->scratch, MCUB_SIGNATURE_MAX);

    if (rc < 0) {
        return rc;
    }
    w->report.key_tlvs++;
    w->key = w->keys->ops->find(w->keys->ctx, tlv->type, value,
            w->sig.hash->alg);
    return w->key == MCUB_E_CRYPTO ? w->key : 0;
}

static int try_signature(struct walk *w, const struct mcub_tlv *tlv)
{
    w->report.signatures++;
    w->report.type = tlv->type;
    if (tlv->len == 0 || tlv->len > MCUB_SIGNATURE_MAX) {
        return MCUB_E_TLV;
    }
    if (w->key < 0 ||
            w->keys->ops->sig_type(w->keys->ctx, w->key) != tlv->type) {
        return 0;
    }
    int rc = mcub_tlv_read(w->image, tlv, w->scratch, MCUB_SIGNATURE_MAX);

    if (rc < 0) {
        return rc;
    }
    w->sig.type = tlv->type;
    w->sig.value.ptr = w->scratch;
    w->sig.value.len = tlv->len;
    rc = w->keys->ops->verify(w->keys->ctx, w->key, &w->sig);
    if (rc == 0) {
        w->report.good++;
        w->report.key = w->key;
    } else if (rc == MCUB_E_SIGNATURE) {
        w->report.wrong++;
    } else {
        return rc;
    }
    w->result = rc;
    w->key = -1;
    return 0;
}

static int walk_tlvs(struct walk *w)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc = find_pure(w->image, &w->report.pure);

    if (rc != 0) {
        return rc;
    }
    w->sig.pure = w->report.pure;
    mcub_tlv_iter_init(&iter, w->image, MCUB_TLV_ANY, false);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        if (tlv.type == MCUB_TLV_KEYHASH || tlv.type == MCUB_TLV_PUBKEY) {
            rc = select_key(w, &tlv);
        } else if (mcub_tlv_type_is_signature(tlv.type)) {
            rc = try_signature(w, &tlv);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return rc;
}

int mcub_image_verify_signature(const struct mcub_image *image,
        const struct mcub_hash *hash, const struct mcub_keys *keys,
        uint8_t scratch[MCUB_SIGNATURE_MAX],
        struct mcub_signature_report *report)
{
    struct walk w = {
        .image = image,
        .keys = keys,
        .sig = { .hash = hash,
                .src = &image->src,
                .size = mcub_image_hashed_size(image) },
        .report = { .key = -1 },
        .key = -1,
        .result = MCUB_E_SIGNATURE,
    };
    int rc;

    w.scratch = scratch;
    rc = walk_tlvs(&w);

    if (report != NULL) {
        *report = w.report;
    }
    return rc != 0 ? rc : w.result;
}
