// SPDX-License-Identifier: Apache-2.0
/* Checks of one image file. */
#include "host/imagefile.h"

#include <string.h>

#include "host/crypto.h"
#include "host/crypto_cipher.h"
#include "host/ihex.h"
#include "mcub/trailer.h"

/* Longest application descriptor that is shown. */
#define APP_MAX 512u
#define SCRATCH 65536u

static const char use_signed[] =
        "use the signed image: build/zephyr/zephyr.signed.bin, app_update.bin "
        "or dfu_application.zip";

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
            (uint32_t)p[3] << 24;
}

static int not_image(const char *name, const char *what, const char *next,
        struct host_error *err)
{
    return host_error_set(err, DFU_NOT_AN_MCUBOOT_IMAGE, next, "%s is %s", name,
            what);
}

static bool all_bytes(const uint8_t *buf, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (buf[i] != value) {
            return false;
        }
    }
    return true;
}

/* Offset of an image further inside, 0 = none: several images in one file. */
static size_t image_inside(const uint8_t *buf, size_t len)
{
    for (size_t off = 0x200; off + MCUB_IMAGE_HEADER_SIZE <= len;
            off += 0x200) {
        struct mcub_image_header hdr;

        if (le32(buf + off) == MCUB_IMAGE_MAGIC &&
                mcub_image_header_decode(buf + off, len - off, &hdr) > 0) {
            return off;
        }
    }
    return 0;
}

/* A Cortex-M vector table: stack in RAM, odd reset address below it. */
static bool is_vector_table(const uint8_t *buf, size_t len)
{
    uint32_t stack;
    uint32_t reset;

    if (len < 8) {
        return false;
    }
    stack = le32(buf);
    reset = le32(buf + 4);
    return stack >= 0x20000000u && stack < 0x40000000u && (stack & 3u) == 0 &&
            (reset & 1u) != 0 && reset < 0x20000000u;
}

static int refuse_binary(const uint8_t *buf, size_t len, const char *name,
        struct host_error *err)
{
    size_t inside = image_inside(buf, len);

    if (inside != 0) {
        return host_error_set(err, DFU_NOT_AN_MCUBOOT_IMAGE, use_signed,
                "%s is a merged binary: an image starts at offset 0x%zx, "
                "something else (a bootloader?) at 0",
                name, inside);
    }
    if (all_bytes(buf, len, 0xff) || all_bytes(buf, len, 0x00)) {
        return not_image(name, "empty flash: every byte is the same",
                use_signed, err);
    }
    if (is_vector_table(buf, len)) {
        return not_image(name,
                "an unsigned binary (it starts with a vector table, not with "
                "an MCUboot header)",
                use_signed, err);
    }
    return not_image(name,
            "no MCUboot image: it does not start with 3d b8 f3 "
            "96",
            use_signed, err);
}

int host_imagefile_refuse(const uint8_t *buf, size_t len, const char *name,
        struct host_error *err)
{
    static const uint8_t magic[4] = { 0x3d, 0xb8, 0xf3, 0x96 };

    if (len == 0) {
        return not_image(name, "empty", "check the build or the download", err);
    }
    if (memcmp(buf, magic, MIN(len, sizeof(magic))) == 0) {
        return host_error_set(err, DFU_IMAGE_TRUNCATED,
                "copy or download the file again",
                "%s ends inside the image header (%zu bytes)", name, len);
    }
    if (len >= 4 &&
            memcmp(buf,
                    "\x7f"
                    "ELF",
                    4) == 0) {
        return not_image(name, "an ELF file, for debuggers", use_signed, err);
    }
    if (host_ihex_is(buf, len)) {
        return not_image(name,
                strstr(name, "merged") != NULL
                        ? "a merged Intel HEX file, for programmers"
                        : "an Intel HEX file, for programmers",
                use_signed, err);
    }
    if (len >= 4 && memcmp(buf, "UF2\n", 4) == 0) {
        return not_image(name, "a UF2 file, for USB drive bootloaders",
                use_signed, err);
    }
    if (len >= 2 && buf[0] == 0xd8 && buf[1] == 0x6b) {
        return host_error_set(err, DFU_PACKAGE_WRONG_KIND,
                "build for MCUboot, or use the tool of the device's maker",
                "%s is a SUIT envelope: such devices have no MCUboot", name);
    }
    if (len >= 4 && le32(buf) == MCUB_IMAGE_MAGIC_V1) {
        return not_image(name, "an image in the format from before MCUboot 1.0",
                "sign it again with a current imgtool", err);
    }
    return refuse_binary(buf, len, name, err);
}

static int blob_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct host_blob *blob = ctx;

    if (off > blob->size || len > blob->size - off) {
        return MCUB_E_SHORT;
    }
    if (len > 0) {
        memcpy(buf, blob->data + off, len);
    }
    return 0;
}

struct mcub_source host_blob_source(struct host_blob *blob)
{
    struct mcub_source source = { .read = blob_read,
        .ctx = blob,
        .size = blob->size };

    return source;
}

static void note(GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(GPtrArray *notes, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(notes, g_strdup_vprintf(format, args));
    va_end(args);
}

/* What the numbers of a defect say, in words; "" where there is nothing. */
static char *flaw_numbers(const struct mcub_flaw *flaw)
{
    switch (flaw->kind) {
    case MCUB_FLAW_HDR_SIZE:
    case MCUB_FLAW_PROT_SIZE:
    case MCUB_FLAW_SIZE_WRAPS:
    case MCUB_FLAW_PROT_ABSENT:
    case MCUB_FLAW_TOTAL:
    case MCUB_FLAW_STRAY_BYTES:
        return g_strdup_printf(" (%u)", flaw->value);
    case MCUB_FLAW_AES_FLAGS:
    case MCUB_FLAW_LZMA_FLAGS:
    case MCUB_FLAW_FILTER_FLAG:
    case MCUB_FLAW_ADDR_FLAGS:
    case MCUB_FLAW_INFO_MAGIC:
    case MCUB_FLAW_VALUE:
        return g_strdup_printf(" (0x%x)", flaw->value);
    case MCUB_FLAW_PROT_TOTAL:
        return g_strdup_printf(" (%u, header %u)", flaw->value, flaw->limit);
    case MCUB_FLAW_OVERRUN:
        return g_strdup_printf(" (%u bytes, %u are left)", flaw->value,
                flaw->limit);
    case MCUB_FLAW_LENGTH:
        return g_strdup_printf(" (%u bytes, not %u)", flaw->value, flaw->limit);
    case MCUB_FLAW_NONE:
    case MCUB_FLAW_PROT_UNASKED:
    case MCUB_FLAW_TYPE_ANY:
    case MCUB_FLAW_UNPROTECTED:
    case MCUB_FLAW_PROTECTED:
    case MCUB_FLAW_TWICE:
    case MCUB_FLAW_NO_HASH:
    case MCUB_FLAW_NO_KEY:
    case MCUB_FLAW_KEY_UNASKED:
    case MCUB_FLAW_PURE_UNSIGNED:
    case MCUB_FLAW_NO_SIZE:
    case MCUB_FLAW_SIZE_UNASKED:
        break;
    }
    return g_strdup("");
}

int host_imagefile_tell_flaw(const char *name, const struct mcub_flaw *flaw,
        struct host_error *err)
{
    const char *type = mcub_tlv_type_to_str(flaw->type);
    char *numbers = flaw_numbers(flaw);
    char *tlv = flaw->type == 0
            ? g_strdup("")
            : g_strdup_printf(", TLV 0x%04x%s%s", flaw->type,
                      type != NULL ? " " : "", type != NULL ? type : "");

    host_error_set(err, DFU_IMAGE_MALFORMED, "build and sign the image again",
            "%s: %s%s, at offset 0x%x%s", name, mcub_flaw_to_str(flaw->kind),
            numbers, flaw->off, tlv);
    g_free(numbers);
    g_free(tlv);
    return -1;
}

static int refuse_open(const struct host_package_image *image, int result,
        struct host_error *err)
{
    const struct host_blob *blob = image->blob;
    struct mcub_source source = host_blob_source(image->blob);
    struct mcub_flaw flaw;

    if (result == MCUB_E_SHORT && blob->size >= MCUB_IMAGE_HEADER_SIZE) {
        return host_error_set(err, DFU_IMAGE_TRUNCATED,
                "copy or download the file again",
                "%s ends before its image does (%u bytes are there)",
                image->name, blob->size);
    }
    if (result == MCUB_E_SHORT || result == MCUB_E_MAGIC ||
            result == MCUB_E_NO_IMAGE) {
        return host_imagefile_refuse(blob->data, blob->size, image->name, err);
    }
    if (mcub_image_find_flaw(&source, &flaw) == 1) {
        return host_imagefile_tell_flaw(image->name, &flaw, err);
    }
    return host_error_set(err, DFU_IMAGE_MALFORMED,
            "build and sign the image again", "%s: %s", image->name,
            mcub_err_to_str(result));
}

static uint32_t trailer_align(const uint8_t *end)
{
    for (uint32_t align = 8; align <= 32; align *= 2) {
        uint8_t magic[MCUB_TRAILER_MAGIC_SIZE];

        mcub_trailer_magic(align, magic);
        if (memcmp(end - sizeof(magic), magic, sizeof(magic)) == 0) {
            return align;
        }
    }
    return 0;
}

/* Fields start cells of max_align bytes, downwards from the magic. */
void host_imagefile_read_trailer(const uint8_t *buf, size_t len,
        struct host_trailer *trailer)
{
    size_t align;
    const uint8_t *cell;

    memset(trailer, 0, sizeof(*trailer));
    if (len < MCUB_TRAILER_MAGIC_SIZE) {
        return;
    }
    align = trailer_align(buf + len);
    if (align == 0 || len < 6 * align) {
        return;
    }
    trailer->max_align = (uint32_t)align;
    cell = buf + len - MAX(align, MCUB_TRAILER_MAGIC_SIZE) - align;
    trailer->image_ok = cell[0];
    trailer->copy_done = (cell - align)[0];
    trailer->swap_info = (cell - 2 * align)[0];
    trailer->swap_size = le32(cell - 3 * align);
}

/* What lies behind the image is not sent. */
static void strip(struct host_package_image *image, GPtrArray *notes)
{
    const struct host_blob *blob = image->blob;
    uint32_t rest = image->file_size - image->size;
    struct host_trailer trailer;

    if (rest == 0) {
        return;
    }
    host_imagefile_read_trailer(blob->data, blob->size, &trailer);
    if (trailer.max_align != 0 && rest >= MCUB_TRAILER_MAGIC_SIZE) {
        image->trailer_stripped = true;
        image->confirmed_file = trailer.image_ok == 0x01;
        note(notes,
                "%s is padded to the slot size%s: only its image, %u of %u "
                "bytes, is sent; the update marks it itself",
                image->name,
                image->confirmed_file ? " and marked as confirmed" : "",
                image->size, image->file_size);
    } else if (all_bytes(blob->data + image->size, rest, 0xff) ||
            all_bytes(blob->data + image->size, rest, 0x00)) {
        note(notes, "%s ends with %u bytes of padding: they are not sent",
                image->name, rest);
    } else {
        note(notes,
                "%s has %u bytes behind its image that belong to nothing: "
                "they are not sent",
                image->name, rest);
    }
}

static int compute_hash(const struct mcub_image *view)
{
    struct host_hash ctx = { NULL };
    uint8_t *scratch = g_malloc(SCRATCH);
    int result = mcub_image_verify_hash(view, &host_hash_ops, &ctx, scratch,
            SCRATCH);

    g_free(scratch);
    host_hash_clear(&ctx);
    return result;
}

static int judge_hash(struct host_package_image *image, int result, bool force,
        GPtrArray *notes, struct host_error *err)
{
    image->hash_checked = result == 0;
    if (result == 0) {
        return 0;
    }
    if (result != MCUB_E_HASH) {
        return refuse_open(image, result, err);
    }
    image->hash_wrong = true;
    if (!force) {
        return host_error_set(err, DFU_IMAGE_HASH_MISMATCH,
                "the file was changed after it was signed, or damaged: "
                "build or download it again",
                "%s: the image hash does not fit its content", image->name);
    }
    note(notes, "%s: the image hash does not fit its content (--force)",
            image->name);
    return 0;
}

/*
 * The plain text of an encrypted image: the file itself, when it is one for
 * the primary slot; else through the key. MCUB_E_ENCRYPTED: not to be had.
 */
static int open_encrypted(struct host_package_image *image,
        const struct host_package_options *opt, struct mcub_decrypt *dec,
        struct mcub_image *view, GPtrArray *notes)
{
    struct host_decryptor decryptor;
    int result;

    *view = image->mcub;
    view->plain = true;
    if (compute_hash(view) == 0) {
        image->clear = true;
        note(notes,
                "%s is plain text although its flags say encrypted: it is for "
                "programming slot 0, devices refuse it in slot 1",
                image->name);
        return 0;
    }
    view->plain = false;
    if (opt->decrypt == NULL) {
        return MCUB_E_ENCRYPTED;
    }
    decryptor = *opt->decrypt;
    result = mcub_decrypt_open(dec, &image->mcub, &host_cipher_ops, &decryptor,
            view);
    image->decrypted = result == 0;
    return result;
}

static int refuse_decryption(const struct host_package_image *image, int result,
        struct host_error *err)
{
    if (result == MCUB_E_SIGNATURE) {
        return host_error_set(err, DFU_OTHER,
                "give the private key of the devices it is meant for",
                "%s is encrypted for another key", image->name);
    }
    if (result == MCUB_E_ENCRYPTED) {
        return host_error_set(err, DFU_OTHER,
                "smpctl imagefile show tells which kind is needed",
                "%s is encrypted for a key of another kind", image->name);
    }
    return refuse_open(image, result, err);
}

/* Hash and signatures, of the plain text where it can be had. */
static int check_content(struct host_package_image *image,
        struct dfu_image *dfu, const struct host_package_options *opt,
        GPtrArray *notes, struct host_error *err)
{
    struct mcub_decrypt dec;
    struct mcub_image view = image->mcub;
    struct mcub_hash hash;
    int result = mcub_image_find_hash(&image->mcub, &hash);

    memset(&dec, 0, sizeof(dec));
    if (result != 0) {
        return refuse_open(image, result, err);
    }
    memcpy(dfu->hash, hash.bytes, hash.len);
    dfu->hash_len = (uint8_t)hash.len;
    if ((view.hdr.flags & MCUB_IMAGE_ENCRYPTED) != 0) {
        result = open_encrypted(image, opt, &dec, &view, notes);
    }
    if (result == MCUB_E_ENCRYPTED && opt->decrypt == NULL) {
        note(notes,
                "%s is encrypted: its hash is over the plain text and was not "
                "checked",
                image->name);
        result = 0;
    } else if (result != 0) {
        result = refuse_decryption(image, result, err);
    } else {
        result = judge_hash(image, compute_hash(&view), opt->force, notes, err);
    }
    if (result == 0) {
        result = host_imagefile_check_signature(image, &view, opt, notes, err);
    }
    mcub_decrypt_finish(&dec);
    return result;
}

/* Descriptor for virtual devices, security counter: for display. */
static void read_extras(struct host_package_image *image)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    uint8_t text[APP_MAX];

    image->has_security_counter = mcub_image_security_counter(&image->mcub,
                                          &image->security_counter) == 0;
    mcub_tlv_iter_init(&iter, &image->mcub, HOST_TLV_APP, true);
    if (mcub_tlv_next(&iter, &tlv) == 1 && tlv.len <= sizeof(text) &&
            mcub_tlv_read(&image->mcub, &tlv, text, sizeof(text)) >= 0) {
        image->app = host_text_escape(text, tlv.len);
    }
}

int host_imagefile_check(struct host_package_image *image,
        struct dfu_image *dfu, const struct host_package_options *opt,
        GPtrArray *notes, struct host_error *err)
{
    struct mcub_source source = host_blob_source(image->blob);
    struct mcub_flaw flaw;
    int result = mcub_image_open(&image->mcub, &source);

    if (result != 0) {
        return refuse_open(image, result, err);
    }
    image->file_size = image->blob->size;
    image->size = mcub_image_total_size(&image->mcub);
    result = mcub_image_find_flaw(&source, &flaw);
    if (result != 0) {
        return result == 1 ? host_imagefile_tell_flaw(image->name, &flaw, err)
                           : refuse_open(image, result, err);
    }
    if (check_content(image, dfu, opt, notes, err) != 0) {
        return -1;
    }
    strip(image, notes);
    read_extras(image);
    host_imagefile_traits(image, &image->traits);
    dfu->version = image->mcub.hdr.version;
    dfu->flags = image->mcub.hdr.flags;
    dfu->load_addr = image->mcub.hdr.load_addr;
    dfu->encrypted = (dfu->flags & MCUB_IMAGE_ENCRYPTED) != 0;
    dfu->source.ctx = image->blob;
    dfu->source.read = blob_read;
    dfu->source.size = image->size;
    if (host_sha256(image->blob->data, image->size, dfu->sha) != 0) {
        return host_error_set(err, DFU_OTHER, NULL, "%s: SHA-256 failed",
                image->name);
    }
    return 0;
}
