// SPDX-License-Identifier: Apache-2.0
/* imagefile sign: the options of imgtool, read. */
#include <string.h>

#include "cli/imagefile_sign.h"
#include "host/ihex.h"

int cli_sign_number(struct cli *cli, const char *option, const char *text,
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

static int parse_version(struct cli_signing *s)
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

static int parse_sizes(struct cli_signing *s)
{
    const struct cli_sign_options *o = s->o;
    struct host_sign_spec *spec = &s->spec;
    uint32_t hdr_size = 0;
    uint32_t erased = 0xff;
    int rc;

    if (o->hdr_size == NULL) {
        return cli_usage(s->cli, "imagefile sign needs --header-size");
    }
    rc = cli_sign_number(s->cli, "header-size", o->hdr_size, UINT16_MAX,
            &hdr_size);
    rc = rc != 0 ? rc
                 : cli_sign_number(s->cli, "slot-size", o->slot_size,
                           UINT32_MAX, &spec->slot_size);
    rc = rc != 0 ? rc
                 : cli_sign_number(s->cli, "align", o->align, 32, &spec->align);
    rc = rc != 0 ? rc
                 : cli_sign_number(s->cli, "max-align", o->max_align, 32,
                           &spec->max_align);
    rc = rc != 0 ? rc
                 : cli_sign_number(s->cli, "load-addr", o->load_addr,
                           UINT32_MAX, &spec->load_addr);
    rc = rc != 0 ? rc
                 : cli_sign_number(s->cli, "rom-fixed", o->rom_fixed,
                           UINT32_MAX, &spec->rom_fixed);
    rc = rc != 0
            ? rc
            : cli_sign_number(s->cli, "erased-val", o->erased, 0xff, &erased);
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

static int parse_counter(struct cli_signing *s)
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
    return cli_sign_number(s->cli, "security-counter", text, UINT32_MAX,
            &s->spec.security_counter);
}

/* "(image,version), …", blanks anywhere between. */
static int parse_dependencies(struct cli_signing *s)
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
static int parse_custom(struct cli_signing *s)
{
    for (char **arg = s->o->custom; arg != NULL && *arg != NULL; arg++) {
        char *end = NULL;
        guint64 tag = g_ascii_strtoull(*arg, &end, 0);
        const char *value = end + 1;
        GBytes *bytes;

        if (s->spec.tlv_count == HOST_SIGN_TLVS_MAX) {
            return cli_usage(s->cli, "at most %u times --custom-tlv",
                    HOST_SIGN_TLVS_MAX);
        }
        if (end == *arg || *end != '=' || tag > UINT16_MAX) {
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
    if (text == NULL) {
        return 0;
    }
    GString *list = g_string_new(words[0]);

    for (unsigned i = 1; words[i] != NULL; i++) {
        g_string_append_printf(list, ", %s", words[i]);
    }
    int rc = cli_usage(cli, "--%s takes one of %s, not \"%s\"", option,
            list->str, text);

    g_string_free(list, TRUE);
    return rc;
}

static int parse_choices(struct cli_signing *s)
{
    static const char *const shas[] = { "auto", "256", "384", "512", NULL };
    static const char *const formats[] = { "hash", "full", NULL };
    static const char *const lengths[] = { "128", "256", NULL };
    static const char *const hmacs[] = { "auto", "256", "512", NULL };
    static const enum mcub_hash_alg algs[] = { 0, MCUB_HASH_SHA256,
        MCUB_HASH_SHA384, MCUB_HASH_SHA512 };
    const struct cli_sign_options *o = s->o;
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

static int load_keys(struct cli_signing *s)
{
    const struct cli_sign_options *o = s->o;
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

static int load_input(struct cli_signing *s, const char *path)
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

int cli_sign_parse(struct cli_signing *s, const char *input)
{
    const struct cli_sign_options *o = s->o;
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
