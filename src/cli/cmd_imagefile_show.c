// SPDX-License-Identifier: Apache-2.0
/* What an image file is, as a table and as JSON. */
#include <string.h>

#include "cli/cli.h"
#include "cli/imagefile.h"
#include "host/imagefile.h"
#include "host/keys.h"
#include "mcub/decrypt.h"
#include "mcub/flaw.h"

/* Hexadecimal digits of a TLV in the table. */
#define SHOWN 32

static const struct {
    uint32_t flag;
    const char *name;
} flag_names[] = {
    { MCUB_IMAGE_PIC, "PIC" },
    { MCUB_IMAGE_AES128, "ENCRYPTED_AES128" },
    { MCUB_IMAGE_AES256, "ENCRYPTED_AES256" },
    { MCUB_IMAGE_NON_BOOTABLE, "NON_BOOTABLE" },
    { MCUB_IMAGE_RAM_LOAD, "RAM_LOAD" },
    { MCUB_IMAGE_ROM_FIXED, "ROM_FIXED" },
    { MCUB_IMAGE_LZMA1, "COMPRESSED_LZMA1" },
    { MCUB_IMAGE_LZMA2, "COMPRESSED_LZMA2" },
    { MCUB_IMAGE_ARM_THUMB, "COMPRESSED_ARM_THUMB" },
};

static const char *tlv_name(uint16_t type)
{
    const char *name = mcub_tlv_type_to_str(type);

    return name != NULL                     ? name
            : mcub_tlv_type_is_vendor(type) ? "vendor"
                                            : "unknown";
}

static void show_flags(struct cli *cli, JsonBuilder *b, uint32_t flags)
{
    GString *text = g_string_new(NULL);

    json_builder_set_member_name(b, "flag_names");
    json_builder_begin_array(b);
    for (size_t i = 0; i < G_N_ELEMENTS(flag_names); i++) {
        if ((flags & flag_names[i].flag) != 0) {
            g_string_append_printf(text, " %s", flag_names[i].name);
            json_builder_add_string_value(b, flag_names[i].name);
        }
    }
    json_builder_end_array(b);
    cli_out(cli, "  flags      0x%08x%s\n", flags, text->str);
    g_string_free(text, TRUE);
}

static void show_tlvs(struct cli *cli, JsonBuilder *b,
        const struct mcub_image *image)
{
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;

    json_builder_set_member_name(b, "tlvs");
    json_builder_begin_array(b);
    mcub_tlv_iter_init(&it, image, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&it, &tlv) == 1) {
        uint8_t *value = g_malloc((gsize)tlv.len + 1);

        if (mcub_tlv_read(image, &tlv, value, tlv.len) < 0) {
            g_free(value);
            break;
        }
        char *hex = cli_hex(value, tlv.len);
        cli_out(cli, "  tlv        0x%04x %-16s %4u bytes  %s%.*s%s\n",
                tlv.type, tlv_name(tlv.type), tlv.len,
                tlv.prot ? "protected  " : "", SHOWN, hex,
                strlen(hex) > SHOWN ? "…" : "");
        json_builder_begin_object(b);
        cli_json_add_int(b, "type", tlv.type);
        cli_json_add_string(b, "name", tlv_name(tlv.type));
        cli_json_add_int(b, "length", tlv.len);
        cli_json_add_bool(b, "protected", tlv.prot);
        cli_json_add_string(b, "value", hex);
        json_builder_end_object(b);
        g_free(hex);
        g_free(value);
    }
    json_builder_end_array(b);
}

static const char *signature_name(enum host_signature signature)
{
    switch (signature) {
    case HOST_SIGNATURE_NONE:
        return "none";
    case HOST_SIGNATURE_UNCHECKED:
        return "unchecked";
    case HOST_SIGNATURE_GOOD:
        return "good";
    case HOST_SIGNATURE_WRONG:
        return "wrong";
    }
    return "unknown";
}

/* The last signature, whether it is pure, and the key it names. */
static void show_signature(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *i, const struct host_keyring *keys)
{
    const char *key = i->signature_key >= 0 && keys != NULL
            ? host_keyring_get(keys, i->signature_key)->name
            : NULL;
    const char *type = NULL;
    bool pure = false;
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;

    mcub_tlv_iter_init(&it, &i->mcub, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&it, &tlv) == 1) {
        type = mcub_tlv_type_is_signature(tlv.type) ? tlv_name(tlv.type) : type;
        pure = pure || tlv.type == MCUB_TLV_SIG_PURE;
    }
    cli_json_add_string(b, "signature", signature_name(i->signature));
    cli_json_add_string(b, "signature_type", type);
    cli_json_add_bool(b, "pure", pure);
    cli_json_add_string(b, "key", key);
    cli_out(cli, "  signed     %s%s%s%s%s\n", type != NULL ? type : "no",
            pure ? ", over the image itself" : "",
            i->signature == HOST_SIGNATURE_UNCHECKED ? ", not checked (--key)"
                    : i->signature == HOST_SIGNATURE_GOOD ? ", good: "
                    : i->signature == HOST_SIGNATURE_WRONG
                    ? ", WRONG: not by the key given"
                    : "",
            key != NULL ? key : "", type == NULL ? " (hash only)" : "");
}

static void show_encryption(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *i)
{
    const char *state = i->clear ? "plain"
            : i->decrypted       ? "decrypted"
                                 : "encrypted";
    const char *wrapped = NULL;
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;
    size_t bits = mcub_image_key_size(&i->mcub) * 8;

    if (bits == 0) {
        return;
    }
    mcub_tlv_iter_init(&it, &i->mcub, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&it, &tlv) == 1) {
        wrapped = mcub_tlv_type_is_key(tlv.type) ? tlv_name(tlv.type) : wrapped;
    }
    cli_out(cli, "  encrypted  AES-%zu, key as %s%s\n", bits,
            wrapped != NULL ? wrapped : "nothing",
            i->clear               ? "; this file is plain text, for slot 0"
                    : i->decrypted ? "; opened with the key given"
                                   : "");
    json_builder_set_member_name(b, "encryption");
    json_builder_begin_object(b);
    cli_json_add_int(b, "bits", (int64_t)bits);
    cli_json_add_string(b, "key_tlv", wrapped);
    cli_json_add_string(b, "payload", state);
    json_builder_end_object(b);
}

/* The value of a TLV with 32 bits; 0: it is not there. */
static uint32_t tlv_u32(const struct mcub_image *image, uint16_t type)
{
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;
    uint8_t v[4];

    mcub_tlv_iter_init(&it, image, type, true);
    if (mcub_tlv_next(&it, &tlv) != 1 || tlv.len != sizeof(v) ||
            mcub_tlv_read(image, &tlv, v, sizeof(v)) < 0) {
        return 0;
    }
    return (uint32_t)v[0] | (uint32_t)v[1] << 8 | (uint32_t)v[2] << 16 |
            (uint32_t)v[3] << 24;
}

static void show_compression(struct cli *cli, JsonBuilder *b,
        const struct mcub_image *image)
{
    uint32_t flags = image->hdr.flags;
    const char *kind = (flags & MCUB_IMAGE_LZMA1) != 0 ? "LZMA1" : "LZMA2";
    bool thumb = (flags & MCUB_IMAGE_ARM_THUMB) != 0;
    uint32_t size = tlv_u32(image, MCUB_TLV_DECOMP_SIZE);

    if ((flags & MCUB_IMAGE_COMPRESSED) == 0) {
        return;
    }
    cli_out(cli,
            "  compressed %s%s, %s bytes when decompressed (only some "
            "bootloaders can)\n",
            kind, thumb ? " with ARM Thumb filter" : "", cli_thousands(size));
    json_builder_set_member_name(b, "compression");
    json_builder_begin_object(b);
    cli_json_add_string(b, "kind", kind);
    cli_json_add_bool(b, "arm_thumb", thumb);
    cli_json_add_int(b, "size", size);
    json_builder_end_object(b);
}

/* One CBOR item of a boot record: a number, a text or bytes. */
struct record_item {
    unsigned major; /* 0, 2 or 3 */
    size_t number;  /* its value, or its length */
    const uint8_t *ptr;
};

/* @return bytes of the item, 0: cut, or of another kind */
static size_t record_next(const uint8_t *p, size_t len,
        struct record_item *item)
{
    if (len == 0) {
        return 0;
    }
    size_t head = (p[0] & 0x1fu) < 24 ? 1 : 2;
    item->major = p[0] >> 5;
    if ((p[0] & 0x1fu) > 24 || len < head) {
        return 0;
    }
    item->number = head == 1 ? p[0] & 0x1fu : p[1];
    item->ptr = p + head;
    size_t body = item->major == 0 ? 0 : item->number;
    bool known = item->major == 0 || item->major == 2 || item->major == 3;
    return known && body <= len - head ? head + body : 0;
}

/* One pair of the map: key, text or bytes. */
static void show_record_pair(struct cli *cli, JsonBuilder *b, size_t key,
        const struct record_item *value)
{
    static const struct {
        size_t key;
        const char *name;
    } names[] = { { 1, "type" }, { 2, "measurement" }, { 4, "version" },
        { 5, "signer" }, { 6, "hash" } };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].key != key) {
            continue;
        }
        char *text = value->major == 3
                ? cli_escape((struct smp_bytes){ value->ptr, value->number })
                : cli_hex(value->ptr, value->number);
        if (key != 2) {
            cli_out(cli, "  record     %-9s %s\n", names[i].name, text);
        }
        cli_json_add_string(b, names[i].name, text);
        g_free(text);
    }
}

/* Boot record: a CBOR map of small numbers to texts and bytes. The
 * measurement is filled in by the bootloader. */
static void show_boot_record(struct cli *cli, JsonBuilder *b,
        const struct mcub_image *image)
{
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;
    uint8_t buf[256];
    struct record_item key;
    struct record_item value;

    mcub_tlv_iter_init(&it, image, MCUB_TLV_BOOT_RECORD, true);
    if (mcub_tlv_next(&it, &tlv) != 1 || tlv.len > sizeof(buf) || tlv.len < 1 ||
            mcub_tlv_read(image, &tlv, buf, sizeof(buf)) < 0 ||
            (buf[0] & 0xe0u) != 0xa0u) {
        return;
    }
    size_t at = 1;
    json_builder_set_member_name(b, "boot_record");
    json_builder_begin_object(b);
    for (unsigned n = buf[0] & 0x1fu; n > 0; n--) {
        size_t len = record_next(buf + at, tlv.len - at, &key);
        size_t more = len == 0 || key.major != 0
                ? 0
                : record_next(buf + at + len, tlv.len - at - len, &value);
        if (more == 0 || value.major == 0) {
            break;
        }
        show_record_pair(cli, b, key.number, &value);
        at += len + more;
    }
    json_builder_end_object(b);
}

static void show_dependencies(struct cli *cli, JsonBuilder *b,
        const struct mcub_image *image)
{
    struct mcub_tlv_iter it;
    struct mcub_tlv tlv;
    uint8_t value[12];
    struct mcub_dependency dep;

    json_builder_set_member_name(b, "dependencies");
    json_builder_begin_array(b);
    mcub_tlv_iter_init(&it, image, MCUB_TLV_DEPENDENCY, true);
    while (mcub_tlv_next(&it, &tlv) == 1) {
        int len = mcub_tlv_read(image, &tlv, value, sizeof(value));

        if (len < 0 || mcub_dependency_decode(value, (size_t)len, &dep) != 0) {
            break;
        }
        cli_out(cli, "  needs      image %u at least %s\n", dep.image,
                cli_version(&dep.version));
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", dep.image);
        cli_json_add_string(b, "version", cli_version(&dep.version));
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void show_trailer(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *i)
{
    struct host_trailer t;

    host_imagefile_read_trailer(i->blob->data, i->blob->size, &t);
    if (t.max_align == 0) {
        return;
    }
    cli_out(cli,
            "  trailer    alignment %u, image_ok 0x%02x, copy_done 0x%02x, "
            "swap_info 0x%02x\n",
            t.max_align, t.image_ok, t.copy_done, t.swap_info);
    json_builder_set_member_name(b, "trailer");
    json_builder_begin_object(b);
    cli_json_add_int(b, "max_align", t.max_align);
    cli_json_add_int(b, "image_ok", t.image_ok);
    cli_json_add_int(b, "copy_done", t.copy_done);
    cli_json_add_int(b, "swap_info", t.swap_info);
    cli_json_add_int(b, "swap_size", t.swap_size);
    json_builder_end_object(b);
}

static const char *hash_state(const struct host_package_image *i)
{
    return i->hash_wrong      ? "WRONG: the content was changed after signing"
            : i->hash_checked ? "matches the content"
                              : "not checked (encrypted)";
}

/* What is shown of packages, too. */
static void show_summary(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *i, const struct host_keyring *keys)
{
    const struct mcub_image_header *h = &i->mcub.hdr;
    char *hash = cli_hex(i->dfu->hash, i->dfu->hash_len);
    char *sha = cli_hex(i->dfu->sha, sizeof(i->dfu->sha));

    cli_out(cli, "image %u     %s%s\n", i->dfu->image, i->name,
            i->dfu->net_core ? " (network core)" : "");
    cli_out(cli, "  version    %s\n", cli_version(&h->version));
    cli_out(cli, "  size       %s bytes (header %u, payload %s)\n",
            cli_thousands(i->size), h->hdr_size, cli_thousands(h->img_size));
    cli_out(cli, "  hash       %s\n             %s\n", hash, hash_state(i));
    if (i->board != NULL) {
        cli_out(cli, "  board      %s\n", i->board);
    }
    if (i->app != NULL) {
        cli_out(cli, "  app        %s\n", i->app);
    }
    if (i->trailer_stripped) {
        cli_out(cli, "  note       padded file%s: the trailer is not sent\n",
                i->confirmed_file ? ", marked confirmed" : "");
    }
    cli_json_add_int(b, "image", i->dfu->image);
    cli_json_add_int(b, "slot", i->dfu->slot);
    cli_json_add_string(b, "file", i->name);
    cli_json_add_string(b, "version", cli_version(&h->version));
    cli_json_add_string(b, "hash", hash);
    cli_json_add_string(b, "hash_state",
            i->hash_wrong             ? "wrong"
                    : i->hash_checked ? "good"
                                      : "unchecked");
    cli_json_add_string(b, "sha256", sha);
    cli_json_add_int(b, "size", i->size);
    cli_json_add_int(b, "file_size", i->file_size);
    cli_json_add_int(b, "header_size", h->hdr_size);
    cli_json_add_int(b, "payload_size", h->img_size);
    cli_json_add_int(b, "protected_size", h->protect_tlv_size);
    cli_json_add_int(b, "flags", h->flags);
    cli_json_add_int(b, "load_address", h->load_addr);
    cli_json_add_string(b, "board", i->board);
    cli_json_add_string(b, "app", i->app);
    cli_json_add_bool(b, "net_core", i->dfu->net_core);
    cli_json_add_bool(b, "encrypted", i->dfu->encrypted);
    cli_json_add_bool(b, "padded", i->trailer_stripped);
    show_signature(cli, b, i, keys);
    if (i->has_security_counter) {
        cli_out(cli, "  counter    %u\n", i->security_counter);
        cli_json_add_int(b, "security_counter", i->security_counter);
    }
    g_free(hash);
    g_free(sha);
}

void cli_imagefile_show(struct cli *cli, JsonBuilder *b,
        const struct host_package_image *image, const struct host_keyring *keys,
        bool all)
{
    json_builder_begin_object(b);
    show_summary(cli, b, image, keys);
    show_encryption(cli, b, image);
    show_compression(cli, b, &image->mcub);
    show_boot_record(cli, b, &image->mcub);
    show_dependencies(cli, b, &image->mcub);
    if (all) {
        show_flags(cli, b, image->mcub.hdr.flags);
        cli_out(cli, "  load addr  0x%08x\n", image->mcub.hdr.load_addr);
        if (image->hex) {
            cli_out(cli, "  hex file   starts at 0x%08x\n", image->hex_base);
            cli_json_add_int(b, "hex_address", image->hex_base);
        }
        show_tlvs(cli, b, &image->mcub);
        show_trailer(cli, b, image);
    }
    json_builder_end_object(b);
}
