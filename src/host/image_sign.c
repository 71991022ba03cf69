// SPDX-License-Identifier: Apache-2.0
/* Making image files: options checked, put into order, written. */
#include "host/image_sign.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "host/crypto.h"
#include "host/crypto_cipher.h"
#include "host/image_tlvs.h"
#include "host/package.h"

#define SCRATCH 65536u

/* One image being made. */
struct job {
    const struct host_sign_spec *spec;
    struct mcub_image_spec what;
    struct host_tlvs tlvs;
    struct host_signing signing[HOST_SIGN_KEYS_MAX];
    struct mcub_signer signers[HOST_SIGN_KEYS_MAX];
    uint8_t key_hash[HOST_SIGN_KEYS_MAX][MCUB_HASH_MAX];
    uint8_t sig[HOST_SIGN_KEYS_MAX][MCUB_SIGNATURE_MAX];
    struct mcub_encryptor encryptor;
    uint8_t wrapped[MCUB_KEY_TLV_MAX];
    struct host_error *err;
};

static int refuse(struct job *j, const char *next, const char *text)
{
    return host_error_set(j->err, DFU_OTHER, next, "%s", text);
}

/* What imgtool takes for "auto", and what it allows. */
static enum mcub_hash_alg usual_hash(const struct host_sign_spec *spec)
{
    if (spec->pure) {
        return MCUB_HASH_SHA512;
    }
    if (spec->key_count > 0 && spec->keys[0]->type == HOST_KEY_P384) {
        return MCUB_HASH_SHA384;
    }
    return MCUB_HASH_SHA256;
}

static bool hash_fits(enum host_key_type type, enum mcub_hash_alg alg)
{
    return alg ==
            (type == HOST_KEY_P384 ? MCUB_HASH_SHA384 : MCUB_HASH_SHA256) ||
            (type == HOST_KEY_ED25519 && alg == MCUB_HASH_SHA512);
}

static int check_keys(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;

    for (size_t i = 0; i < spec->key_count; i++) {
        const struct host_key *key = spec->keys[i];

        if (!key->is_private) {
            return refuse(j, "signing needs the private key",
                    "a public key cannot sign");
        }
        if (host_key_sig_type(key->type) == 0) {
            return refuse(j, "give it as --encrypt",
                    "an X25519 key is for encryption, it cannot sign");
        }
        if (spec->pure && key->type != HOST_KEY_ED25519) {
            return refuse(j, "leave --pure out, or use an Ed25519 key",
                    "only Ed25519 keys make pure signatures");
        }
        if (!hash_fits(key->type, j->what.hash_alg)) {
            return refuse(j,
                    "RSA and P-256 take 256, P-384 takes 384, Ed25519 256 or "
                    "512",
                    "key and --sha do not go together");
        }
    }
    if (spec->pure && spec->key_count == 0) {
        return refuse(j, "give --key", "a pure signature needs a key");
    }
    return 0;
}

/* As in imgtool: a bootloader build has code for one family only. */
static int check_families(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;

    for (size_t i = 0; spec->encrypt != NULL && i < spec->key_count; i++) {
        enum host_key_type sign = spec->keys[i]->type;
        enum host_key_type enc = spec->encrypt->type;
        bool rsa = sign == HOST_KEY_RSA2048 || sign == HOST_KEY_RSA3072;

        if ((rsa && enc != HOST_KEY_RSA2048) ||
                (sign == HOST_KEY_P256 && enc != HOST_KEY_P256) ||
                sign == HOST_KEY_P384) {
            return refuse(j,
                    "RSA with RSA-2048, P-256 with P-256, Ed25519 with X25519 "
                    "or another",
                    "signing and encryption keys are of different families");
        }
    }
    return 0;
}

static int check_input(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;

    if (spec->input_len == 0 || spec->input_len > HOST_FILE_MAX / 2) {
        return refuse(j, "give a program of 1 byte to 32 MiB",
                "the input has an impossible size");
    }
    if (spec->hdr_size < MCUB_IMAGE_HEADER_SIZE) {
        return refuse(j, "Zephyr wants 0x200, the nRF54L 0x800",
                "the header has at least 32 bytes");
    }
    if (spec->pad_header) {
        return 0;
    }
    if (spec->input_len < spec->hdr_size) {
        return refuse(j, "use --pad-header, or a smaller --header-size",
                "the input is shorter than the header");
    }
    for (size_t i = 0; i < spec->hdr_size; i++) {
        if (spec->input[i] != 0) {
            return refuse(j,
                    "use --pad-header, or link the program behind the header "
                    "(CONFIG_ROM_START_OFFSET)",
                    "the input has no room for the header: its start is not "
                    "zero");
        }
    }
    return 0;
}

static int check_options(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;

    if (spec->load_addr != 0 && spec->has_rom_fixed) {
        return refuse(j, "give one of them",
                "load address and fixed flash address exclude each other");
    }
    if ((spec->pad || spec->confirm) && spec->slot_size == 0) {
        return refuse(j, "give --slot-size", "padding needs the slot size");
    }
    if (spec->clear && spec->encrypt == NULL) {
        return refuse(j, "give --encrypt", "--clear is about encryption");
    }
    return 0;
}

static int source_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct host_sign_spec *spec = ctx;
    uint32_t skip = spec->pad_header ? 0 : spec->hdr_size;

    memcpy(buf, spec->input + skip + off, len);
    return 0;
}

static void describe(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;
    struct mcub_image_spec *what = &j->what;
    uint32_t skip = spec->pad_header ? 0 : spec->hdr_size;

    what->version = spec->version;
    what->hdr_size = spec->hdr_size;
    what->hdr_fill = spec->pad_header ? spec->erased_value : 0;
    what->load_addr = spec->has_rom_fixed ? spec->rom_fixed : spec->load_addr;
    what->flags = (spec->load_addr != 0 ? (uint32_t)MCUB_IMAGE_RAM_LOAD : 0) |
            (spec->has_rom_fixed ? (uint32_t)MCUB_IMAGE_ROM_FIXED : 0) |
            (spec->non_bootable ? (uint32_t)MCUB_IMAGE_NON_BOOTABLE : 0);
    what->payload.read = source_read;
    /* The op takes no const; it only reads. */
    memcpy(&what->payload.ctx, &j->spec, sizeof(what->payload.ctx));
    what->payload.size = (uint32_t)(spec->input_len - skip);
}

static int prepare_signers(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;

    for (size_t i = 0; i < spec->key_count; i++) {
        const struct host_key *key = spec->keys[i];
        struct mcub_signer *signer = &j->signers[i];

        j->signing[i].key = key;
        j->signing[i].pure = spec->pure;
        signer->ops = &host_sign_ops;
        signer->ctx = &j->signing[i];
        signer->type = host_key_sig_type(key->type);
        signer->pure = spec->pure;
        signer->sig = j->sig[i];
        signer->sig_size = sizeof(j->sig[i]);
        if (host_key_hash(key, j->what.hash_alg, j->key_hash[i]) != 0) {
            return refuse(j, NULL, "hash of the public key");
        }
        signer->key.type = spec->full_key ? MCUB_TLV_PUBKEY : MCUB_TLV_KEYHASH;
        signer->key.value.ptr = spec->full_key ? key->der : j->key_hash[i];
        signer->key.value.len = spec->full_key
                ? key->der_len
                : mcub_hash_size(j->what.hash_alg);
    }
    j->what.signers = j->signers;
    j->what.signer_count = spec->key_count;
    return 0;
}

static int prepare_encryption(struct job *j)
{
    const struct host_sign_spec *spec = j->spec;
    struct host_wrapping how = { spec->encrypt, spec->encrypt_sha512 };
    struct mcub_encryptor *enc = &j->encryptor;
    int len;

    if (spec->encrypt == NULL) {
        return 0;
    }
    enc->cipher.ops = &host_cipher_ops;
    enc->cipher.key_len = spec->encrypt_keylen == 256 ? 32 : 16;
    enc->clear = spec->clear;
    if (RAND_priv_bytes(enc->cipher.key, enc->cipher.key_len) != 1) {
        return refuse(j, NULL, "OpenSSL gives no random bytes");
    }
    len = host_key_wrap(&how, enc->cipher.key, enc->cipher.key_len,
            &enc->key.type, j->wrapped);
    if (len == MCUB_E_UNSUPPORTED) {
        return refuse(j,
                "RSA-2048, P-256 and X25519 keys can; --hmac-sha 512 is for "
                "X25519",
                "nothing can be encrypted for this key");
    }
    if (len < 0) {
        return refuse(j, NULL, "wrapping the image key failed");
    }
    enc->key.value.ptr = j->wrapped;
    enc->key.value.len = (size_t)len;
    j->what.encrypt = enc;
    return 0;
}

static int sink_write(void *ctx, const void *buf, size_t len)
{
    g_byte_array_append(ctx, buf, (guint)len);
    return 0;
}

static int write_image(struct job *j, struct host_signed *out)
{
    struct host_hash ctx = { NULL };
    struct mcub_image_writer writer = { .hash = &host_hash_ops,
        .hash_ctx = &ctx,
        .sink = { sink_write, out->image },
        .scratch = g_malloc(SCRATCH),
        .scratch_size = SCRATCH };
    int result = mcub_image_write(&j->what, &writer, &out->hash);

    g_free(writer.scratch);
    host_hash_clear(&ctx);
    if (result != 0) {
        return host_error_set(j->err, DFU_OTHER, NULL, "image: %s",
                mcub_err_to_str(result));
    }
    out->size = out->image->len;
    return 0;
}

static void describe_slot(const struct job *j, struct mcub_pad_spec *pad)
{
    const struct host_sign_spec *spec = j->spec;

    memset(pad, 0, sizeof(*pad));
    pad->slot_size = spec->slot_size;
    pad->align = spec->align != 0 ? spec->align : 1;
    pad->max_align =
            spec->max_align != 0 ? spec->max_align : MAX(pad->align, 8);
    pad->max_sectors = spec->max_sectors != 0 ? spec->max_sectors : 128;
    pad->overwrite = spec->overwrite_only;
    pad->erased_value = spec->erased_value;
    pad->confirm = spec->confirm;
    if (spec->encrypt != NULL) {
        pad->key_size =
                spec->save_enctlv ? (uint32_t)j->encryptor.key.value.len : 16;
    }
}

static int fit_slot(struct job *j, struct host_signed *out)
{
    struct mcub_pad_spec pad;
    struct mcub_sink sink = { sink_write, out->image };
    uint32_t trailer;
    int result = 0;

    describe_slot(j, &pad);
    trailer = mcub_pad_trailer_size(&pad);
    out->max_align = pad.max_align;
    if (trailer == 0) {
        return refuse(j, "--align takes 1 to 32, --max-align 8, 16 or 32",
                "impossible alignment");
    }
    if (j->spec->slot_size == 0) {
        return 0;
    }
    if (trailer > pad.slot_size || out->size > pad.slot_size - trailer) {
        return host_error_set(j->err, DFU_IMAGE_TOO_LARGE_FOR_SLOT,
                "make the program smaller, or the slot larger",
                "the image has %u bytes, its trailer %u: more than the slot, "
                "%u",
                out->size, trailer, pad.slot_size);
    }
    if (j->spec->pad || j->spec->confirm) {
        result = mcub_pad_write(&pad, out->size, &sink);
    }
    if (result != 0) {
        return refuse(j, NULL, mcub_err_to_str(result));
    }
    return 0;
}

static void finish(struct job *j)
{
    for (size_t i = 0; i < HOST_SIGN_KEYS_MAX; i++) {
        if (j->signing[i].message != NULL) {
            g_byte_array_unref(j->signing[i].message);
        }
    }
    host_tlvs_clear(&j->tlvs);
    OPENSSL_cleanse(&j->encryptor.cipher, sizeof(j->encryptor.cipher));
    g_free(j);
}

int host_image_sign(const struct host_sign_spec *spec, struct host_signed *out,
        struct host_error *err)
{
    struct job *j = g_new0(struct job, 1);
    int result;

    memset(out, 0, sizeof(*out));
    out->image = g_byte_array_new();
    j->spec = spec;
    j->err = err;
    j->what.hash_alg = spec->hash_alg != 0 ? spec->hash_alg : usual_hash(spec);
    result = check_input(j) != 0 || check_options(j) != 0 ||
            check_keys(j) != 0 || check_families(j) != 0;
    if (result == 0) {
        describe(j);
        result = prepare_signers(j) != 0 || prepare_encryption(j) != 0 ||
                host_tlvs_build(&j->tlvs, spec, j->what.hash_alg,
                        spec->key_count > 0 ? j->key_hash[0] : NULL, err) != 0;
    }
    if (result == 0) {
        j->what.prot = j->tlvs.specs;
        j->what.prot_count = j->tlvs.count;
        result = write_image(j, out) != 0 || fit_slot(j, out) != 0;
    }
    finish(j);
    if (result != 0) {
        g_byte_array_unref(out->image);
        out->image = NULL;
    }
    return result != 0 ? -1 : 0;
}
