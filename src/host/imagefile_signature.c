// SPDX-License-Identifier: Apache-2.0
/* Signatures of an image file: by whom, and what to say when not. */
#include "host/imagefile.h"

#include <string.h>

#include "host/keys.h"

/* Bytes of a key hash that are shown. */
#define SHOWN 8u

static char *hex_start(const uint8_t *buf, size_t len)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < MIN(len, SHOWN); i++) {
        g_string_append_printf(text, "%02x", buf[i]);
    }
    g_string_append(text, len > SHOWN ? "…" : "");
    return g_string_free(text, FALSE);
}

/* Start of the first key hash of the image, or of the hash of its key. */
static char *named_key(const struct mcub_image *image)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    uint8_t value[MCUB_HASH_MAX];
    char *hex;
    char *text;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_KEYHASH, false);
    if (mcub_tlv_next(&iter, &tlv) != 1 ||
            mcub_tlv_read(image, &tlv, value, sizeof(value)) < 0) {
        return g_strdup("a key the image does not name");
    }
    hex = hex_start(value, tlv.len);
    text = g_strdup_printf("the key with hash %s", hex);
    g_free(hex);
    return text;
}

/* What the given keys are called, with their hashes. */
static char *given_keys(const struct host_keyring *ring, enum mcub_hash_alg alg)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; ring->keys != NULL && i < ring->keys->len; i++) {
        const struct host_key *key = host_keyring_get(ring, (int)i);
        uint8_t hash[MCUB_HASH_MAX] = { 0 };
        char *hex;

        (void)host_key_hash(key, alg, hash);
        hex = hex_start(hash, mcub_hash_size(alg));
        g_string_append_printf(text, "%s%s (%s, hash %s)", i > 0 ? ", " : "",
                key->name, host_key_type_to_str(key->type), hex);
        g_free(hex);
    }
    return g_string_free(text, FALSE);
}

/* Counts signature TLVs without looking into them. */
static bool is_signed(const struct mcub_image *image)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&iter, &tlv) == 1) {
        if (mcub_tlv_type_is_signature(tlv.type)) {
            return true;
        }
    }
    return false;
}

static int refuse(struct host_package_image *image,
        const struct host_package_options *opt, enum dfu_code code,
        const char *text, GPtrArray *notes, struct host_error *err)
{
    if (opt->force) {
        g_ptr_array_add(notes,
                g_strdup_printf("%s: %s (--force)", image->name, text));
        return 0;
    }
    return host_error_set(err, code,
            code == DFU_SIGNATURE_MISSING
                    ? "sign it: smpctl imagefile sign --key KEY.pem …; a "
                      "bootloader with this key refuses it at boot and erases "
                      "it"
                    : "sign it with the key of the bootloader, or give the "
                      "key it was signed with; a bootloader with another key "
                      "refuses it at boot and erases it",
            "%s: %s", image->name, text);
}

/* Why no signature is good, in words. */
static char *explain_wrong(const struct mcub_image *view,
        const struct mcub_hash *hash,
        const struct mcub_signature_report *report,
        const struct host_keyring *keys)
{
    bool plain = view->plain || (view->hdr.flags & MCUB_IMAGE_ENCRYPTED) == 0;
    char *named = named_key(view);
    char *given = given_keys(keys, hash->alg);
    char *text;

    if (report->pure && !plain) {
        text = g_strdup(
                "its signature is over the plain text: the key to decrypt it "
                "(--decrypt-key) is needed");
    } else if (report->wrong > 0) {
        text = g_strdup_printf("its signature is not by the key it names, %s",
                given);
    } else if (report->key_tlvs == 0) {
        text = g_strdup(
                "it is signed, but does not name its key: bootloaders skip "
                "such signatures");
    } else {
        text = g_strdup_printf("signed with %s, not with %s", named, given);
    }
    g_free(given);
    g_free(named);
    return text;
}

int host_imagefile_check_signature(struct host_package_image *image,
        const struct mcub_image *view, const struct host_package_options *opt,
        GPtrArray *notes, struct host_error *err)
{
    struct mcub_keys keys = { &host_key_ops, opt->keys };
    struct mcub_signature_report report = { .key = -1 };
    struct mcub_hash hash;
    char *text;
    int result;

    image->signature_key = -1;
    image->signature =
            is_signed(view) ? HOST_SIGNATURE_UNCHECKED : HOST_SIGNATURE_NONE;
    if (opt->keys == NULL) {
        return 0;
    }
    if (image->signature == HOST_SIGNATURE_NONE) {
        return refuse(image, opt, DFU_SIGNATURE_MISSING, "it is not signed",
                notes, err);
    }
    result = mcub_image_find_hash(view, &hash);
    if (result == 0) {
        uint8_t scratch[MCUB_SIGNATURE_MAX];

        result = mcub_image_verify_signature(view, &hash, &keys, scratch,
                &report);
    }
    if (result == 0) {
        image->signature = HOST_SIGNATURE_GOOD;
        image->signature_key = report.key;
        return 0;
    }
    if (result != MCUB_E_SIGNATURE) {
        return host_error_set(err, DFU_IMAGE_MALFORMED,
                "build and sign the image again", "%s: %s", image->name,
                mcub_err_to_str(result));
    }
    image->signature = HOST_SIGNATURE_WRONG;
    text = explain_wrong(view, &hash, &report, opt->keys);
    result = refuse(image, opt, DFU_SIGNATURE_WRONG_KEY, text, notes, err);
    g_free(text);
    return result;
}
