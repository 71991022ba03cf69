// SPDX-License-Identifier: Apache-2.0
/* Checks of one image file. */
#include "host/imagefile.h"

#include <string.h>

#include "host/crypto.h"
#include "mcub/trailer.h"

/* Longest application descriptor that is shown. */
#define APP_MAX 512u

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

static bool is_intel_hex(const uint8_t *buf, size_t len)
{
    if (len < 11 || buf[0] != ':') {
        return false;
    }
    for (size_t i = 1; i < 11; i++) {
        if (!g_ascii_isxdigit((char)buf[i])) {
            return false;
        }
    }
    return true;
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
    if (is_intel_hex(buf, len)) {
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

static void note(GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(GPtrArray *notes, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(notes, g_strdup_vprintf(format, args));
    va_end(args);
}

static int refuse_open(const struct host_package_image *image, int result,
        struct host_error *err)
{
    const struct host_blob *blob = image->blob;

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
    return host_error_set(err, DFU_IMAGE_MALFORMED,
            "build and sign the image again", "%s: %s", image->name,
            mcub_err_to_str(result));
}

/* Source: mcuboot docs/design.md, "Image trailer"; magic for alignment 8. */
static bool has_trailer_magic(const struct host_blob *blob, uint32_t *align)
{
    static const uint8_t magic[MCUB_TRAILER_MAGIC_SIZE] = { 0x77, 0xc2, 0x95,
        0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79,
        0x80 };
    static const uint8_t magic_tail[14] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
        0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };
    const uint8_t *end;

    if (blob->size < sizeof(magic)) {
        return false;
    }
    end = blob->data + blob->size - sizeof(magic);
    if (memcmp(end, magic, sizeof(magic)) == 0) {
        *align = 8;
        return true;
    }
    if (memcmp(end + 2, magic_tail, sizeof(magic_tail)) == 0) {
        *align = (uint32_t)end[0] | (uint32_t)end[1] << 8;
        return *align == 16 || *align == 32;
    }
    return false;
}

/* image_ok of a padded file: the cell below the magic. */
static bool says_confirmed(const struct host_blob *blob, uint32_t align)
{
    uint32_t magic = blob->size - MCUB_TRAILER_MAGIC_SIZE;
    uint32_t cell;

    if (magic < 2 * align) {
        return false;
    }
    cell = (magic - align) / align * align;
    return blob->data[cell] == 0x01;
}

/* What lies behind the image is not sent. */
static void strip(struct host_package_image *image, GPtrArray *notes)
{
    const struct host_blob *blob = image->blob;
    uint32_t rest = image->file_size - image->size;
    uint32_t align = 0;

    if (rest == 0) {
        return;
    }
    if (has_trailer_magic(blob, &align) && rest >= MCUB_TRAILER_MAGIC_SIZE) {
        image->trailer_stripped = true;
        image->confirmed_file = says_confirmed(blob, align);
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

static int check_hash(struct host_package_image *image, struct dfu_image *dfu,
        bool force, GPtrArray *notes, struct host_error *err)
{
    struct mcub_hash hash;
    struct host_hash ctx = { NULL };
    uint8_t *scratch;
    int result = mcub_image_find_hash(&image->mcub, &hash);

    if (result != 0) {
        return refuse_open(image, result, err);
    }
    memcpy(dfu->hash, hash.bytes, hash.len);
    dfu->hash_len = (uint8_t)hash.len;
    scratch = g_malloc(65536);
    result = mcub_image_verify_hash(&image->mcub, &host_hash_ops, &ctx, scratch,
            65536);
    g_free(scratch);
    host_hash_clear(&ctx);
    image->hash_checked = result == 0;
    if (result == MCUB_E_ENCRYPTED) {
        note(notes,
                "%s is encrypted: its hash is over the plain text and was not "
                "checked",
                image->name);
        return 0;
    }
    if (result == MCUB_E_HASH) {
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
    return result == 0 ? 0 : refuse_open(image, result, err);
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
        struct dfu_image *dfu, bool force, GPtrArray *notes,
        struct host_error *err)
{
    struct mcub_source source = { .read = blob_read,
        .ctx = image->blob,
        .size = image->blob->size };
    int result = mcub_image_open(&image->mcub, &source);

    if (result != 0) {
        return refuse_open(image, result, err);
    }
    image->file_size = image->blob->size;
    image->size = mcub_image_total_size(&image->mcub);
    if (check_hash(image, dfu, force, notes, err) != 0) {
        return -1;
    }
    strip(image, notes);
    read_extras(image);
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
