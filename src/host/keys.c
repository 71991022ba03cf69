// SPDX-License-Identifier: Apache-2.0
/* Key files: reading, making, writing. */
#include "host/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* Longer than any key file; keeps a wrong file from being read whole. */
#define FILE_MAX 65536u

static const struct {
    const char *name;
    uint16_t sig_type;
} types[HOST_KEY_TYPES] = {
    [HOST_KEY_RSA2048] = { "rsa-2048", MCUB_TLV_RSA2048_PSS },
    [HOST_KEY_RSA3072] = { "rsa-3072", MCUB_TLV_RSA3072_PSS },
    [HOST_KEY_P256] = { "ecdsa-p256", MCUB_TLV_ECDSA_SIG },
    [HOST_KEY_P384] = { "ecdsa-p384", MCUB_TLV_ECDSA_SIG },
    [HOST_KEY_ED25519] = { "ed25519", MCUB_TLV_ED25519 },
    [HOST_KEY_X25519] = { "x25519", 0 },
};

const char *host_key_type_to_str(enum host_key_type type)
{
    return type < HOST_KEY_TYPES ? types[type].name : "unknown";
}

enum host_key_type host_key_type_parse(const char *text)
{
    unsigned i = 0;

    while (i < HOST_KEY_TYPES && strcmp(types[i].name, text) != 0) {
        i++;
    }
    return (enum host_key_type)i;
}

uint16_t host_key_sig_type(enum host_key_type type)
{
    return type < HOST_KEY_TYPES ? types[type].sig_type : 0;
}

/* The kind of key, or HOST_KEY_TYPES for one that MCUboot cannot use. */
static enum host_key_type type_of(EVP_PKEY *pkey)
{
    char group[64];
    size_t len = 0;

    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(pkey) == 2048    ? HOST_KEY_RSA2048
                : EVP_PKEY_get_bits(pkey) == 3072 ? HOST_KEY_RSA3072
                                                  : HOST_KEY_TYPES;
    case EVP_PKEY_EC:
        if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1) {
            break;
        }
        return strcmp(group, "prime256v1") == 0   ? HOST_KEY_P256
                : strcmp(group, "secp384r1") == 0 ? HOST_KEY_P384
                                                  : HOST_KEY_TYPES;
    case EVP_PKEY_ED25519:
        return HOST_KEY_ED25519;
    case EVP_PKEY_X25519:
        return HOST_KEY_X25519;
    default:
        break;
    }
    return HOST_KEY_TYPES;
}

/* Takes pkey. */
static struct host_key *wrap(EVP_PKEY *pkey, bool is_private, const char *name,
        struct host_error *err)
{
    struct host_key *key = g_new0(struct host_key, 1);
    unsigned char *der = NULL;
    int len;

    key->pkey = pkey;
    key->is_private = is_private;
    key->name = host_text_escape(name, strlen(name));
    key->type = type_of(pkey);
    if (key->type == HOST_KEY_TYPES) {
        host_error_set(err, DFU_OTHER,
                "MCUboot takes rsa-2048, rsa-3072, ecdsa-p256, ecdsa-p384, "
                "ed25519; x25519 for encryption",
                "%s: a key of another kind or size", key->name);
        host_key_free(key);
        return NULL;
    }
    bool is_rsa =
            key->type == HOST_KEY_RSA2048 || key->type == HOST_KEY_RSA3072;

    len = is_rsa ? i2d_PublicKey(pkey, &der) : i2d_PUBKEY(pkey, &der);
    if (len <= 0) {
        host_error_set(err, DFU_OTHER, NULL, "%s: public half is missing",
                key->name);
        host_key_free(key);
        return NULL;
    }
    key->der = g_memdup2(der, (gsize)len);
    key->der_len = (size_t)len;
    OPENSSL_free(der);
    return key;
}

void host_key_free(struct host_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        g_free(key->der);
        g_free(key->name);
        g_free(key);
    }
}

struct asking {
    const struct host_passphrase *pass;
    const char *name;
    bool asked;
    bool none; /* the key is encrypted, nobody knows the passphrase */
};

static int ask(char *buf, int size, int writing, void *ctx)
{
    struct asking *asking = ctx;
    char *text = NULL;
    size_t len;

    (void)writing;
    asking->asked = true;
    if (asking->pass != NULL) {
        text = asking->pass->ask(asking->pass->ctx, asking->name);
    }
    if (text == NULL) {
        asking->none = true;
        return -1;
    }
    len = strlen(text);
    if (size < 0 || len > (size_t)size) {
        len = 0;
    }
    memcpy(buf, text, len);
    OPENSSL_cleanse(text, strlen(text));
    g_free(text);
    return (int)len;
}

static int refuse_key(const char *name, const struct asking *asking,
        struct host_error *err)
{
    char *shown = host_text_escape(name, strlen(name));

    if (asking->none) {
        host_error_set(err, DFU_OTHER,
                "give its passphrase: --passphrase-file FILE, or at a terminal",
                "%s: the key is protected by a passphrase", shown);
    } else if (asking->asked) {
        host_error_set(err, DFU_OTHER, "try again",
                "%s: wrong passphrase, or the file is damaged", shown);
    } else {
        host_error_set(err, DFU_OTHER,
                "give a PEM file, as smpctl imagefile keygen or imgtool "
                "keygen write it",
                "%s: no key in PEM form", shown);
    }
    g_free(shown);
    return -1;
}

struct host_key *host_key_parse(const char *name, const void *pem, size_t len,
        const struct host_passphrase *pass, struct host_error *err)
{
    struct asking asking = { .pass = pass, .name = name };
    BIO *bio =
            len > 0 && len <= FILE_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *pkey = NULL;
    bool is_private = true;

    if (bio != NULL) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, ask, &asking);
    }
    if (bio != NULL && pkey == NULL && !asking.asked) {
        is_private = false;
        (void)BIO_reset(bio);
        pkey = PEM_read_bio_PUBKEY(bio, NULL, ask, &asking);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (pkey == NULL) {
        refuse_key(name, &asking, err);
        return NULL;
    }
    return wrap(pkey, is_private, name, err);
}

struct host_key *host_key_load(const char *path,
        const struct host_passphrase *pass, struct host_error *err)
{
    GError *error = NULL;
    char *pem = NULL;
    gsize len = 0;
    struct host_key *key;

    if (!g_file_get_contents(path, &pem, &len, &error)) {
        host_error_set(err, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return NULL;
    }
    key = host_key_parse(path, pem, len, pass, err);
    OPENSSL_cleanse(pem, len);
    g_free(pem);
    return key;
}

struct host_key *host_key_generate(enum host_key_type type,
        struct host_error *err)
{
    EVP_PKEY *pkey = NULL;

    switch (type) {
    case HOST_KEY_RSA2048:
        pkey = EVP_RSA_gen(2048);
        break;
    case HOST_KEY_RSA3072:
        pkey = EVP_RSA_gen(3072);
        break;
    case HOST_KEY_P256:
        pkey = EVP_EC_gen("P-256");
        break;
    case HOST_KEY_P384:
        pkey = EVP_EC_gen("P-384");
        break;
    case HOST_KEY_ED25519:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case HOST_KEY_X25519:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
        break;
    case HOST_KEY_TYPES:
        break;
    }
    if (pkey == NULL) {
        host_error_set(err, DFU_OTHER, NULL, "OpenSSL cannot make a %s key",
                host_key_type_to_str(type));
        return NULL;
    }
    return wrap(pkey, true, host_key_type_to_str(type), err);
}

struct host_key *host_key_from_seed(const uint8_t seed[32],
        struct host_error *err)
{
    EVP_PKEY *pkey =
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);

    if (pkey == NULL) {
        host_error_set(err, DFU_OTHER, NULL, "OpenSSL refuses the seed");
        return NULL;
    }
    return wrap(pkey, true, "seed", err);
}

static int write_file(const char *path, const void *data, size_t len,
        struct host_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const uint8_t *p = data;

    if (fd < 0) {
        return host_error_set(err, DFU_OTHER,
                errno == EEXIST ? "keys are never overwritten: choose another "
                                  "name, or remove the old one"
                                : "check name and folder",
                "%s: %s", path, g_strerror(errno));
    }
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            host_error_set(err, DFU_OTHER, "check the disk", "%s: %s", path,
                    g_strerror(errno));
            close(fd);
            unlink(path);
            return -1;
        }
        p += n;
        len -= (size_t)n;
    }
    if (close(fd) != 0) {
        host_error_set(err, DFU_OTHER, "check the disk", "%s: %s", path,
                g_strerror(errno));
        unlink(path);
        return -1;
    }
    return 0;
}

int host_key_save(const struct host_key *key, const char *path,
        const char *passphrase, struct host_error *err)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_256_cbc() : NULL;
    int len = passphrase != NULL ? (int)strlen(passphrase) : 0;
    char *pem = NULL;
    int result = -1;

    if (bio == NULL ||
            PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, cipher, passphrase,
                    len, NULL, NULL) != 1) {
        host_error_set(err, DFU_OTHER, NULL, "%s: OpenSSL cannot write the key",
                path);
    } else {
        long size = BIO_get_mem_data(bio, &pem);

        result = write_file(path, pem, (size_t)size, err);
    }
    BIO_free(bio);
    return result;
}

char *host_key_public_pem(const struct host_key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    char *text = NULL;

    if (bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
        long size = BIO_get_mem_data(bio, &pem);

        text = g_strndup(pem, (gsize)size);
    }
    BIO_free(bio);
    return text;
}
