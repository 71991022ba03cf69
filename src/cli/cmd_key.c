// SPDX-License-Identifier: Apache-2.0
/* Keys: imagefile keygen, imagefile getpub, and --key of other commands. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/imagefile.h"
#include "host/crypto.h"

#define PASSPHRASE_MAX 1024u

/* A line from the terminal, not shown; NULL: nobody sits there. */
static char *read_hidden(const char *prompt)
{
    FILE *tty = isatty(STDIN_FILENO) ? fopen("/dev/tty", "r+e") : NULL;
    struct termios old;
    char line[PASSPHRASE_MAX];
    char *result = NULL;

    if (tty == NULL) {
        return NULL;
    }
    if (tcgetattr(fileno(tty), &old) == 0) {
        struct termios hidden = old;

        hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
        fputs(prompt, tty);
        fflush(tty);
        if (fgets(line, sizeof(line), tty) != NULL) {
            line[strcspn(line, "\r\n")] = '\0';
            result = g_strdup(line);
        }
        tcsetattr(fileno(tty), TCSAFLUSH, &old);
        fputs("\n", tty);
    }
    host_wipe(line, sizeof(line));
    fclose(tty);
    return result;
}

static char *read_first_line(struct cli *cli, const char *file)
{
    GError *error = NULL;
    char *text = NULL;
    gsize len = 0;

    if (!g_file_get_contents(file, &text, &len, &error)) {
        cli_fail(cli, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return NULL;
    }
    char *line = g_strndup(text, strcspn(text, "\r\n"));

    host_wipe(text, len);
    g_free(text);
    return line;
}

static char *ask_passphrase(void *ctx, const char *name)
{
    struct cli_passphrase *from = ctx;

    if (from->file != NULL) {
        return read_first_line(from->cli, from->file);
    }
    char *prompt = g_strdup_printf("Passphrase of %s: ", name);
    char *text = read_hidden(prompt);

    g_free(prompt);
    return text;
}

struct host_passphrase cli_passphrase(struct cli_passphrase *from)
{
    return (struct host_passphrase){ .ask = ask_passphrase, .ctx = from };
}

char *cli_passphrase_new(struct cli_passphrase *from)
{
    if (from->file != NULL) {
        return read_first_line(from->cli, from->file);
    }
    char *first = read_hidden("New passphrase: ");
    char *second = first != NULL ? read_hidden("Again: ") : NULL;

    if (first == NULL || second == NULL || strcmp(first, second) != 0) {
        if (first != NULL) {
            host_wipe(first, strlen(first));
        }
        g_free(first);
        first = NULL;
    }
    if (second != NULL) {
        host_wipe(second, strlen(second));
    }
    g_free(second);
    return first;
}

int cli_keys_open(struct cli *cli, struct cli_keys *keys,
        struct host_package_options *opt)
{
    struct cli_passphrase from = { cli, keys->passphrase_file };
    struct host_passphrase pass = cli_passphrase(&from);

    for (char **file = keys->files; file != NULL && *file != NULL; file++) {
        struct host_key *key = host_key_load(*file, &pass, &cli->err);

        if (key == NULL) {
            return cli_failed(cli);
        }
        host_keyring_add(&keys->ring, key);
        if (host_key_sig_type(key->type) == 0) {
            return cli_fail(cli, DFU_OTHER, "give it as --decrypt-key",
                    "%s: an X25519 key is for encryption, nothing is signed "
                    "with it",
                    key->name);
        }
        opt->keys = &keys->ring;
    }
    if (keys->decrypt_file != NULL) {
        if (host_decryptor_load(keys->decrypt_file, &pass, &keys->decryptor,
                    &keys->decrypt_key, &cli->err) != 0) {
            return cli_failed(cli);
        }
        opt->decrypt = &keys->decryptor;
    }
    return 0;
}

void cli_keys_clear(struct cli_keys *keys)
{
    host_keyring_clear(&keys->ring);
    host_key_free(keys->decrypt_key);
    host_wipe(&keys->decryptor, sizeof(keys->decryptor));
    g_strfreev(keys->files);
    g_free(keys->decrypt_file);
    g_free(keys->passphrase_file);
    memset(keys, 0, sizeof(*keys));
}

int cli_write_file(struct cli *cli, const char *path, const void *data,
        size_t len)
{
    GError *error = NULL;

    if (strcmp(path, "-") == 0) {
        if (fwrite(data, 1, len, stdout) != len || fflush(stdout) != 0) {
            return cli_fail(cli, DFU_OTHER, NULL, "standard output: %s",
                    g_strerror(errno));
        }
        return 0;
    }
    if (!g_file_set_contents(path, data, (gssize)len, &error)) {
        cli_fail(cli, DFU_OTHER, "check name and folder", "%s", error->message);
        g_error_free(error);
        return cli_failed(cli);
    }
    return 0;
}

struct keygen_options {
    char *type;
    gboolean ask;
    char *passphrase_file;
};

static int generate(struct cli *cli, const struct keygen_options *o,
        const char *path)
{
    struct cli_passphrase from = { cli, o->passphrase_file };
    enum host_key_type type =
            host_key_type_parse(o->type != NULL ? o->type : "");
    char *passphrase = NULL;

    if (type == HOST_KEY_TYPES) {
        return cli_usage(cli,
                "--type takes rsa-2048, rsa-3072, ecdsa-p256, ecdsa-p384, "
                "ed25519 or x25519");
    }
    if (o->ask || o->passphrase_file != NULL) {
        passphrase = cli_passphrase_new(&from);
        if (passphrase == NULL) {
            return cli_fail(cli, DFU_OTHER,
                    "type it twice, or use --passphrase-file FILE",
                    "no passphrase, or not the same one twice");
        }
    }
    struct host_key *key = host_key_generate(type, &cli->err);
    int rc = key == NULL ? -1 : host_key_save(key, path, passphrase, &cli->err);

    if (passphrase != NULL) {
        host_wipe(passphrase, strlen(passphrase));
    }
    g_free(passphrase);
    if (rc == 0) {
        JsonBuilder *b = json_builder_new();

        json_builder_begin_object(b);
        cli_json_add_bool(b, "ok", true);
        cli_json_add_string(b, "file", path);
        cli_json_add_string(b, "type", host_key_type_to_str(type));
        json_builder_end_object(b);
        cli_result(cli, b);
        cli_out(cli, "%s: new %s key\n", path, host_key_type_to_str(type));
    }
    host_key_free(key);
    return rc != 0 ? cli_failed(cli) : 0;
}

int cli_key_generate(struct cli *cli, int argc, char **argv)
{
    struct keygen_options o = { .type = NULL };
    const GOptionEntry entries[] = {
        { "type", 't', 0, G_OPTION_ARG_STRING, &o.type,
                "rsa-2048, rsa-3072, ecdsa-p256, ecdsa-p384, ed25519, x25519",
                "TYPE" },
        { "passphrase", 'p', 0, G_OPTION_ARG_NONE, &o.ask,
                "Ask for a passphrase that protects the key", NULL },
        { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &o.passphrase_file,
                "Protect the key with the first line of FILE", "FILE" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);

    if (rc == 0) {
        rc = generate(cli, &o, argv[1]);
    }
    g_free(o.type);
    g_free(o.passphrase_file);
    return rc;
}

/* Names that MCUboot's keys.c looks for. */
static const char *short_name(enum host_key_type type)
{
    switch (type) {
    case HOST_KEY_RSA2048:
    case HOST_KEY_RSA3072:
        return "rsa";
    case HOST_KEY_P256:
        return "ecdsa";
    case HOST_KEY_P384:
        return "ecdsap384";
    case HOST_KEY_ED25519:
        return "ed25519";
    case HOST_KEY_X25519:
    case HOST_KEY_TYPES:
        break;
    }
    return "x25519";
}

static GString *source_text(const struct host_key *key, bool rust)
{
    GString *out =
            g_string_new("/* Autogenerated by smpctl, do not edit. */\n");
    const char *name = short_name(key->type);
    char *upper = g_ascii_strup(name, -1);

    if (rust) {
        g_string_append_printf(out, "static %s_PUB_KEY: &[u8] = &[", upper);
    } else {
        g_string_append_printf(out, "const unsigned char %s_pub_key[] = {",
                name);
    }
    for (size_t i = 0; i < key->der_len; i++) {
        g_string_append_printf(out, "%s0x%02x,", i % 8 == 0 ? "\n    " : " ",
                key->der[i]);
    }
    g_string_append(out, rust ? "\n];\n" : "\n};\n");
    if (!rust) {
        g_string_append_printf(out,
                "const unsigned int %s_pub_key_len = %zu;\n", name,
                key->der_len);
    }
    g_free(upper);
    return out;
}

/* The key in the encoding asked for; NULL: no such encoding. */
static GString *encode(const struct host_key *key, const char *encoding)
{
    if (strcmp(encoding, "pem") == 0) {
        char *pem = host_key_public_pem(key);
        GString *out = g_string_new(pem);

        g_free(pem);
        return out;
    }
    if (strcmp(encoding, "raw") == 0) {
        return g_string_new_len((const char *)key->der, (gssize)key->der_len);
    }
    if (strcmp(encoding, "lang-c") == 0 || strcmp(encoding, "lang-rust") == 0) {
        return source_text(key, strcmp(encoding, "lang-rust") == 0);
    }
    return NULL;
}

static void describe_key(struct cli *cli, const struct host_key *key,
        const char *path)
{
    uint8_t hash[MCUB_HASH_MAX] = { 0 };
    JsonBuilder *b = json_builder_new();

    (void)host_key_hash(key, MCUB_HASH_SHA256, hash);
    json_builder_begin_object(b);
    cli_json_add_string(b, "file", path);
    cli_json_add_string(b, "type", host_key_type_to_str(key->type));
    cli_json_add_bool(b, "private", key->is_private);
    cli_json_add_hex(b, "public", key->der, key->der_len);
    cli_json_add_hex(b, "sha256", hash, 32);
    json_builder_end_object(b);
    cli_result(cli, b);
}

static int get_public(struct cli *cli, const char *path, const char *encoding,
        const char *output, const char *passphrase_file)
{
    struct cli_passphrase from = { cli, passphrase_file };
    struct host_passphrase pass = cli_passphrase(&from);
    struct host_key *key = host_key_load(path, &pass, &cli->err);

    if (key == NULL) {
        return cli_failed(cli);
    }
    GString *text = encode(key, encoding != NULL ? encoding : "pem");
    int rc = 0;

    if (text == NULL) {
        rc = cli_usage(cli,
                "--encoding takes pem, raw, lang-c or lang-rust, not \"%s\"",
                encoding);
    } else {
        describe_key(cli, key, path);
        if (!cli->opt.json || output != NULL) {
            rc = cli_write_file(cli, output != NULL ? output : "-", text->str,
                    text->len);
        }
        g_string_free(text, TRUE);
    }
    host_key_free(key);
    return rc;
}

int cli_key_public(struct cli *cli, int argc, char **argv)
{
    char *encoding = NULL;
    char *output = NULL;
    char *passphrase_file = NULL;
    const GOptionEntry entries[] = {
        { "encoding", 'e', 0, G_OPTION_ARG_STRING, &encoding,
                "pem (default), raw, lang-c, lang-rust", "ENCODING" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
                "Write to FILE, not to standard output", "FILE" },
        { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &passphrase_file,
                "First line: passphrase of the key", "FILE" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, 1, 1);

    if (rc == 0) {
        rc = get_public(cli, argv[1], encoding, output, passphrase_file);
    }
    g_free(encoding);
    g_free(output);
    g_free(passphrase_file);
    return rc;
}
