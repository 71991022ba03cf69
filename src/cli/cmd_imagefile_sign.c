// SPDX-License-Identifier: Apache-2.0
/* imagefile sign: from the options of imgtool to a file. */
#include <string.h>

#include "cli/imagefile_sign.h"
#include "host/ihex.h"

#define MAGIC 16u /* bytes at the end of a trailer */

/* Address of the first of len bytes in an Intel HEX output. */
static int hex_base(struct cli_signing *s, size_t len, uint32_t *base)
{
    *base = s->base;
    if (s->o->hex_addr != NULL) {
        int rc = cli_sign_number(s->cli, "hex-addr", s->o->hex_addr, UINT32_MAX,
                base);
        if (rc != 0) {
            return rc;
        }
    } else if (!s->has_base) {
        return cli_usage(s->cli,
                "an Intel HEX file needs an address: --hex-addr");
    } else if (s->spec.pad_header && *base != 0) {
        if (*base < s->spec.hdr_size) {
            return cli_usage(s->cli,
                    "the program starts at 0x%x: no room below for a header "
                    "of 0x%x bytes; give --hex-addr",
                    *base, s->spec.hdr_size);
        }
        *base -= s->spec.hdr_size;
    }
    if (len > UINT32_MAX - *base) {
        return cli_usage(s->cli,
                "0x%x and %zu bytes: an Intel HEX file ends at 32 bits", *base,
                len);
    }
    return 0;
}

/* As imgtool: the image, and of the padding only what is not erased. */
static int write_hex(struct cli_signing *s, const struct host_signed *made,
        const char *path)
{
    GString *text = g_string_new(NULL);
    uint32_t base = 0;
    size_t ok = MAX(made->max_align, MAGIC) + made->max_align;
    const uint8_t *end = made->image->data + made->image->len;
    int rc = hex_base(s, made->image->len, &base);

    if (rc == 0) {
        host_ihex_add(text, base, made->image->data, made->size);
        if (made->image->len > made->size) {
            uint32_t slot_end = base + made->image->len;

            if (!s->spec.overwrite_only && s->spec.confirm) {
                host_ihex_add(text, slot_end - (uint32_t)ok, end - ok,
                        made->max_align);
            }
            host_ihex_add(text, slot_end - MAGIC, end - MAGIC, MAGIC);
        }
        host_ihex_end(text);
        rc = cli_write_file(s->cli, path, text->str, text->len);
    }
    g_string_free(text, TRUE);
    return rc;
}

static void report(struct cli_signing *s, const struct host_signed *made,
        const char *path)
{
    char *hash = cli_hex(made->hash.bytes, made->hash.len);
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    cli_json_add_bool(b, "ok", true);
    cli_json_add_string(b, "file", path);
    cli_json_add_string(b, "version", cli_version(&s->spec.version));
    cli_json_add_string(b, "hash", hash);
    cli_json_add_int(b, "size", made->size);
    cli_json_add_int(b, "file_size", made->image->len);
    json_builder_end_object(b);
    cli_result(s->cli, b);
    cli_out(s->cli, "%s: version %s, %s bytes%s\nhash %s\n", path,
            cli_version(&s->spec.version), cli_thousands(made->size),
            s->spec.key_count == 0 ? ", not signed (no --key)" : "", hash);
    g_free(hash);
}

static int sign(struct cli *cli, const struct cli_sign_options *o,
        const char *input, const char *output)
{
    struct cli_signing *s = g_new0(struct cli_signing, 1);
    struct host_signed made = { .image = NULL };

    s->cli = cli;
    s->o = o;
    int rc = cli_sign_parse(s, input);

    if (rc == 0 && host_image_sign(&s->spec, &made, &cli->err) != 0) {
        host_error_prefix(&cli->err, "%s", input);
        rc = cli_failed(cli);
    }
    if (rc == 0) {
        rc = g_str_has_suffix(output, ".hex")
                ? write_hex(s, &made, output)
                : cli_write_file(cli, output, made.image->data,
                          made.image->len);
    }
    if (rc == 0) {
        report(s, &made, output);
    }
    if (made.image != NULL) {
        g_byte_array_unref(made.image);
    }
    if (s->input != NULL) {
        g_byte_array_unref(s->input);
    }
    for (size_t i = 0; i < s->spec.tlv_count; i++) {
        g_bytes_unref(s->tlvs[i].value);
    }
    host_key_free(s->encrypt);
    g_free(s);
    return rc;
}

static void free_options(struct cli_sign_options *o)
{
    char *words[] = { o->version, o->hdr_size, o->slot_size, o->align,
        o->max_align, o->counter, o->dependencies, o->boot_record, o->vid,
        o->cid, o->load_addr, o->rom_fixed, o->encrypt, o->encrypt_keylen,
        o->hmac, o->sha, o->key_format, o->erased, o->hex_addr };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_free(words[i]);
    }
    g_strfreev(o->custom);
    cli_keys_clear(&o->keys);
}

#define WORD(name_, member_, help_, arg_)                                \
    {                                                                    \
        (name_), 0, 0, G_OPTION_ARG_STRING, &o->member_, (help_), (arg_) \
    }
#define FLAG(name_, member_, help_)                                  \
    {                                                                \
        (name_), 0, 0, G_OPTION_ARG_NONE, &o->member_, (help_), NULL \
    }

static int parse_and_sign(struct cli *cli, int argc, char **argv,
        struct cli_sign_options *o)
{
    /* clang-format off */
    const GOptionEntry entries[] = {
        { "key", 'k', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->keys.files,
                "Private key (may be repeated); none: hash only", "KEY.pem" },
        { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME,
                &o->keys.passphrase_file, "First line: its passphrase",
                "FILE" },
        WORD("version", version, "Version, 1.2.3 or 1.2.3+4", "V"),
        WORD("header-size", hdr_size, "Bytes before the program (0x200)", "N"),
        FLAG("pad-header", pad_header, "The input has no room for the header"),
        WORD("slot-size", slot_size, "Size of the secondary slot", "N"),
        FLAG("pad", pad, "Fill the slot up, marked for a test"),
        FLAG("test", test, "The same as --pad"),
        FLAG("confirm", confirm, "Fill the slot up, marked as confirmed"),
        WORD("align", align, "Write size of the flash, 1 to 32 (1)", "N"),
        WORD("max-align", max_align, "Trailer alignment: 8, 16, 32", "N"),
        { "max-sectors", 0, 0, G_OPTION_ARG_INT, &o->max_sectors,
                "Sectors the trailer has room for (128)", "N" },
        FLAG("overwrite-only", overwrite_only, "For overwrite-only"),
        WORD("security-counter", counter, "Counter, or auto: of the version",
                "N|auto"),
        WORD("dependencies", dependencies, "\"(IMAGE,VERSION), …\"", "LIST"),
        WORD("boot-record", boot_record, "Record for measured boot", "TYPE"),
        WORD("vid", vid, "Vendor: UUID or domain name", "ID"),
        WORD("cid", cid, "Class: UUID or name", "ID"),
        { "custom-tlv", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->custom,
                "TAG=TEXT, TAG=0xHEX or TAG=@FILE (may be repeated)",
                "TAG=VALUE" },
        WORD("load-addr", load_addr, "Runs from RAM at this address", "N"),
        WORD("rom-fixed", rom_fixed, "Built for this flash address", "N"),
        FLAG("non-bootable", non_bootable, "Never boot this image"),
        WORD("encrypt", encrypt, "Encrypt for the device with this key",
                "PUBKEY.pem"),
        WORD("encrypt-keylen", encrypt_keylen, "AES key, 128 or 256 (128)",
                "BITS"),
        WORD("hmac-sha", hmac, "X25519: 256 or 512 (256)", "BITS"),
        FLAG("clear", clear, "Plain text, but ready to be encrypted"),
        FLAG("save-enctlv", save_enctlv, "The trailer keeps key TLVs"),
        WORD("sha", sha, "auto, 256, 384, 512 (auto: as the key wants)",
                "BITS"),
        FLAG("pure", pure, "Sign the image, not its hash (Ed25519)"),
        WORD("public-key-format", key_format, "hash or full (hash)", "FORM"),
        WORD("erased-val", erased, "Erased flash reads 0 or 0xff (0xff)", "N"),
        WORD("hex-addr", hex_addr, "Address of an Intel HEX output", "N"),
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    /* clang-format on */
    struct host_package_options unused = { .force = false };
    int rc = cli_parse(cli, entries, &argc, &argv, 2, 2);

    if (rc == 0) {
        rc = cli_keys_open(cli, &o->keys, &unused);
    }
    return rc == 0 ? sign(cli, o, argv[1], argv[2]) : rc;
}

int cli_imagefile_sign(struct cli *cli, int argc, char **argv)
{
    struct cli_sign_options o = { .version = NULL };
    int rc = parse_and_sign(cli, argc, argv, &o);

    free_options(&o);
    return rc;
}
