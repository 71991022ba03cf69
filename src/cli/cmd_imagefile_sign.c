// SPDX-License-Identifier: Apache-2.0
/* imagefile sign: the options of imgtool, read and handed to host. */
#include <string.h>

#include "cli/imagefile.h"
#include "host/ihex.h"
#include "host/image_sign.h"

#define MAGIC 16u /* bytes at the end of a trailer */

/* Texts and flags as they stand on the command line. */
struct sign_options {
    struct cli_keys keys; /* --key, --passphrase-file */
    char *version;
    char *hdr_size;
    char *slot_size;
    char *align;
    char *max_align;
    int max_sectors;
    char *counter;
    char *dependencies;
    char *boot_record;
    char *vid;
    char *cid;
    char **custom;
    char *load_addr;
    char *rom_fixed;
    char *encrypt;
    char *encrypt_keylen;
    char *hmac;
    char *sha;
    char *key_format;
    char *erased;
    char *hex_addr;
    gboolean pad_header;
    gboolean pad;
    gboolean test;
    gboolean confirm;
    gboolean overwrite_only;
    gboolean clear;
    gboolean save_enctlv;
    gboolean pure;
    gboolean non_bootable;
};

/* What the texts mean, and what they own. */
struct signing {
    struct cli *cli;
    const struct sign_options *o;
    struct host_sign_spec spec;
    struct mcub_dependency deps[HOST_SIGN_DEPS_MAX];
    struct host_custom_tlv tlvs[HOST_SIGN_TLVS_MAX];
    struct host_key *encrypt;
    GByteArray *input;
    bool has_base; /* the input told an address */
    uint32_t base;
};

static int number(struct cli *cli, const char *option, const char *text,
        uint32_t max, uint32_t *value)
{
    char *end = NULL;
    guint64 n;

    if (text == NULL) {
        return 0;
    }
    n = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(text[0]) || *end != '\0' || n > max) {
        return cli_usage(cli, "--%s takes a number up to 0x%x, not \"%s\"",
                option, max, text);
    }
    *value = (uint32_t)n;
    return 0;
}

static int parse_version(struct signing *s)
{
    const char *text = s->o->version;

    if (text == NULL) {
        return cli_usage(s->cli, "imagefile sign needs --version");
    }
    if (mcub_version_parse(text, strlen(text), &s->spec.version) != 0) {
        return cli_usage(s->cli, "\"%s\" is no version; 1.2.3 or 1.2.3+4",
                text);
    }
    return 0;
}

static int parse_sizes(struct signing *s)
{
    const struct sign_options *o = s->o;
    struct host_sign_spec *spec = &s->spec;
    uint32_t hdr_size = 0;
    uint32_t erased = 0xff;
    int rc;

    if (o->hdr_size == NULL) {
        return cli_usage(s->cli, "imagefile sign needs --header-size");
    }
    rc = number(s->cli, "header-size", o->hdr_size, UINT16_MAX, &hdr_size);
    rc = rc != 0 ? rc
                 : number(s->cli, "slot-size", o->slot_size, UINT32_MAX,
                           &spec->slot_size);
    rc = rc != 0 ? rc : number(s->cli, "align", o->align, 32, &spec->align);
    rc = rc != 0
            ? rc
            : number(s->cli, "max-align", o->max_align, 32, &spec->max_align);
    rc = rc != 0 ? rc
                 : number(s->cli, "load-addr", o->load_addr, UINT32_MAX,
                           &spec->load_addr);
    rc = rc != 0 ? rc
                 : number(s->cli, "rom-fixed", o->rom_fixed, UINT32_MAX,
                           &spec->rom_fixed);
    rc = rc != 0 ? rc : number(s->cli, "erased-val", o->erased, 0xff, &erased);
    if (rc == 0 && erased != 0 && erased != 0xff) {
        rc = cli_usage(s->cli, "--erased-val takes 0 or 0xff");
    }
    if (rc == 0 && (o->max_sectors < 0 || o->max_sectors > 0xffff)) {
        rc = cli_usage(s->cli, "--max-sectors takes 1 to 65535");
    }
    spec->hdr_size = (uint16_t)hdr_size;
    spec->erased_value = (uint8_t)erased;
    spec->max_sectors = (uint32_t)o->max_sectors;
    /* As in imgtool: an address of 0 is none. */
    spec->has_rom_fixed = spec->rom_fixed != 0;
    return rc;
}

static int parse_counter(struct signing *s)
{
    const struct mcub_version *v = &s->spec.version;
    const char *text = s->o->counter;

    if (text == NULL) {
        return 0;
    }
    s->spec.has_security_counter = true;
    if (g_ascii_strcasecmp(text, "auto") == 0) {
        s->spec.security_counter = ((uint32_t)v->major << 24) +
                ((uint32_t)v->minor << 16) + v->revision;
        return 0;
    }
    return number(s->cli, "security-counter", text, UINT32_MAX,
            &s->spec.security_counter);
}

/* "(image,version), …", blanks anywhere between. */
static int parse_dependencies(struct signing *s)
{
    const char *p = s->o->dependencies;

    while (p != NULL && *p != '\0') {
        struct mcub_dependency *dep = &s->deps[s->spec.dep_count];
        char *end = NULL;
        guint64 image;

        p += strspn(p, " ");
        if (s->spec.dep_count == HOST_SIGN_DEPS_MAX || *p != '(') {
            break;
        }
        image = g_ascii_strtoull(p + 1, &end, 10);
        end += strspn(end, " ");
        if (!g_ascii_isdigit(p[1]) || image > UINT8_MAX || *end != ',') {
            break;
        }
        p = end + 1;
        p += strspn(p, " ");
        size_t len = strcspn(p, ")");

        if (p[len] != ')' || mcub_version_parse(p, len, &dep->version) != 0) {
            break;
        }
        dep->image = (uint8_t)image;
        s->spec.dep_count++;
        p += len + 1;
        p += strspn(p, " ");
        if (*p == '\0') {
            s->spec.deps = s->deps;
            return 0;
        }
        if (*p != ',') {
            break;
        }
        p++;
    }
    if (p == NULL) {
        return 0;
    }
    return cli_usage(s->cli,
            "--dependencies takes \"(IMAGE,VERSION), …\", not \"%s\"",
            s->o->dependencies);
}

static GBytes *hex_value(const char *hex)
{
    size_t len = strlen(hex);
    guint8 *out = g_malloc(len / 2 + 1);

    for (size_t i = 0; i < len; i += 2) {
        if (len % 2 != 0 || !g_ascii_isxdigit(hex[i]) ||
                !g_ascii_isxdigit(hex[i + 1])) {
            g_free(out);
            return NULL;
        }
        out[i / 2] = (guint8)(g_ascii_xdigit_value(hex[i]) * 16 +
                g_ascii_xdigit_value(hex[i + 1]));
    }
    return g_bytes_new_take(out, len / 2);
}

static GBytes *file_value(const char *path)
{
    char *data = NULL;
    gsize len = 0;

    return g_file_get_contents(path, &data, &len, NULL)
            ? g_bytes_new_take(data, len)
            : NULL;
}

/* TAG=0xHEX, TAG=@FILE, TAG=TEXT */
static int parse_custom(struct signing *s)
{
    for (char **arg = s->o->custom; arg != NULL && *arg != NULL; arg++) {
        char *end = NULL;
        guint64 tag = g_ascii_strtoull(*arg, &end, 0);
        const char *value = end + 1;
        GBytes *bytes;

        if (end == *arg || *end != '=' || tag > UINT16_MAX ||
                s->spec.tlv_count == HOST_SIGN_TLVS_MAX) {
            return cli_usage(s->cli,
                    "--custom-tlv takes TAG=TEXT, TAG=0xHEX or TAG=@FILE, not "
                    "\"%s\"",
                    *arg);
        }
        bytes = g_str_has_prefix(value, "0x") ? hex_value(value + 2)
                : value[0] == '@'             ? file_value(value + 1)
                                  : g_bytes_new(value, strlen(value));
        if (bytes == NULL || g_bytes_get_size(bytes) > UINT16_MAX) {
            return cli_usage(s->cli,
                    "--custom-tlv: \"%s\" is no even number of hexadecimal "
                    "digits, no file, or too long",
                    value);
        }
        s->tlvs[s->spec.tlv_count].type = (uint16_t)tag;
        s->tlvs[s->spec.tlv_count++].value = bytes;
    }
    s->spec.tlvs = s->tlvs;
    return 0;
}

/* One of a list of words; the first is the default. */
static int choose(struct cli *cli, const char *option, const char *text,
        const char *const *words, unsigned *choice)
{
    *choice = 0;
    for (unsigned i = 0; text != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *choice = i;
            return 0;
        }
    }
    return text == NULL
            ? 0
            : cli_usage(cli, "--%s does not take \"%s\"", option, text);
}

static int parse_choices(struct signing *s)
{
    static const char *const shas[] = { "auto", "256", "384", "512", NULL };
    static const char *const formats[] = { "hash", "full", NULL };
    static const char *const lengths[] = { "128", "256", NULL };
    static const char *const hmacs[] = { "auto", "256", "512", NULL };
    static const enum mcub_hash_alg algs[] = { 0, MCUB_HASH_SHA256,
        MCUB_HASH_SHA384, MCUB_HASH_SHA512 };
    const struct sign_options *o = s->o;
    unsigned sha;
    unsigned format;
    unsigned length;
    unsigned hmac;
    int rc = choose(s->cli, "sha", o->sha, shas, &sha);

    rc = rc != 0 ? rc
                 : choose(s->cli, "public-key-format", o->key_format, formats,
                           &format);
    rc = rc != 0 ? rc
                 : choose(s->cli, "encrypt-keylen", o->encrypt_keylen, lengths,
                           &length);
    rc = rc != 0 ? rc : choose(s->cli, "hmac-sha", o->hmac, hmacs, &hmac);
    if (rc != 0) {
        return rc;
    }
    if (o->pure && sha != 0) {
        return cli_usage(s->cli, "--pure chooses the hash itself: no --sha");
    }
    s->spec.hash_alg = algs[sha];
    s->spec.full_key = format == 1;
    s->spec.encrypt_keylen = length == 1 ? 256 : 128;
    s->spec.encrypt_sha512 = hmac == 2;
    return 0;
}

static int load_keys(struct signing *s)
{
    const struct sign_options *o = s->o;
    struct cli_passphrase from = { s->cli, o->keys.passphrase_file };
    struct host_passphrase pass = cli_passphrase(&from);
    const GPtrArray *keys = o->keys.ring.keys;

    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        if (i == HOST_SIGN_KEYS_MAX) {
            return cli_usage(s->cli, "at most %u times --key",
                    HOST_SIGN_KEYS_MAX);
        }
        s->spec.keys[s->spec.key_count++] = g_ptr_array_index(keys, i);
    }
    if (o->encrypt != NULL) {
        s->encrypt = host_key_load(o->encrypt, &pass, &s->cli->err);
        s->spec.encrypt = s->encrypt;
        if (s->encrypt == NULL) {
            return cli_failed(s->cli);
        }
    }
    return 0;
}

static int load_input(struct signing *s, const char *path)
{
    GError *error = NULL;
    char *data = NULL;
    gsize len = 0;

    if (!g_file_get_contents(path, &data, &len, &error)) {
        cli_fail(s->cli, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return cli_failed(s->cli);
    }
    if (host_ihex_is((const uint8_t *)data, len)) {
        s->input = host_ihex_parse(path, (const uint8_t *)data, len,
                HOST_FILE_MAX / 2, &s->base, &s->cli->err);
        s->has_base = true;
        g_free(data);
    } else {
        s->input = g_byte_array_new_take((guint8 *)data, len);
    }
    if (s->input == NULL) {
        return cli_failed(s->cli);
    }
    s->spec.input = s->input->data;
    s->spec.input_len = s->input->len;
    return 0;
}

static int parse(struct signing *s, const char *input)
{
    const struct sign_options *o = s->o;
    struct host_sign_spec *spec = &s->spec;
    int rc = parse_version(s);

    rc = rc != 0 ? rc : parse_sizes(s);
    rc = rc != 0 ? rc : parse_counter(s);
    rc = rc != 0 ? rc : parse_dependencies(s);
    rc = rc != 0 ? rc : parse_custom(s);
    rc = rc != 0 ? rc : parse_choices(s);
    rc = rc != 0 ? rc : load_keys(s);
    rc = rc != 0 ? rc : load_input(s, input);
    spec->boot_record = o->boot_record;
    spec->vid = o->vid;
    spec->cid = o->cid;
    spec->pad_header = o->pad_header;
    spec->pad = o->pad || o->test || o->confirm;
    spec->confirm = o->confirm;
    spec->overwrite_only = o->overwrite_only;
    spec->clear = o->clear;
    spec->save_enctlv = o->save_enctlv;
    spec->pure = o->pure;
    spec->non_bootable = o->non_bootable;
    return rc;
}

/* Address of the first of len bytes in an Intel HEX output. */
static int hex_base(struct signing *s, size_t len, uint32_t *base)
{
    *base = s->base;
    if (s->o->hex_addr != NULL) {
        int rc = number(s->cli, "hex-addr", s->o->hex_addr, UINT32_MAX, base);
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
static int write_hex(struct signing *s, const struct host_signed *made,
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

static void report(struct signing *s, const struct host_signed *made,
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

static int sign(struct cli *cli, const struct sign_options *o,
        const char *input, const char *output)
{
    struct signing *s = g_new0(struct signing, 1);
    struct host_signed made = { .image = NULL };

    s->cli = cli;
    s->o = o;
    int rc = parse(s, input);

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

static void free_options(struct sign_options *o)
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
        struct sign_options *o)
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
    struct sign_options o = { .version = NULL };
    int rc = parse_and_sign(cli, argc, argv, &o);

    free_options(&o);
    return rc;
}
