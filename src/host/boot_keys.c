// SPDX-License-Identifier: Apache-2.0
/* Keys of a simulated bootloader. */
#include "host/boot_keys.h"

#include <string.h>

#include "host/crypto.h"

static struct host_key *development_key(struct host_error *err)
{
    uint8_t seed[32];

    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)i;
    }
    return host_key_from_seed(seed, err);
}

static int add(struct host_boot_keys *keys, const char *name,
        struct host_error *err)
{
    struct host_key *key = strcmp(name, HOST_DEVELOPMENT_KEY) == 0
            ? development_key(err)
            : host_key_load(name, NULL, err);

    if (key == NULL) {
        return -1;
    }
    host_keyring_add(&keys->ring, key);
    if (host_key_sig_type(key->type) == 0) {
        return host_error_set(err, DFU_OTHER, "give a key that signs",
                "%s: an X25519 key is for encryption", key->name);
    }
    if (key->is_private && keys->signing.key == NULL) {
        keys->signing.key = key;
    }
    return 0;
}

static int prepare_signer(struct host_boot_keys *keys, enum mcub_hash_alg alg,
        struct host_error *err)
{
    struct mcub_signer *signer = &keys->signer;

    if (keys->signing.key == NULL) {
        return 0;
    }
    if (host_key_hash(keys->signing.key, alg, keys->key_hash) != 0) {
        return host_error_set(err, DFU_OTHER, NULL, "hash of the public key");
    }
    signer->ops = &host_sign_ops;
    signer->ctx = &keys->signing;
    signer->type = host_key_sig_type(keys->signing.key->type);
    signer->key.type = MCUB_TLV_KEYHASH;
    signer->key.value.ptr = keys->key_hash;
    signer->key.value.len = mcub_hash_size(alg);
    signer->sig = keys->sig;
    signer->sig_size = sizeof(keys->sig);
    return 0;
}

int host_boot_keys_open(struct host_boot_keys *keys, const char *names,
        enum mcub_hash_alg alg, struct host_error *err)
{
    char **list = g_strsplit_set(names, " ,", -1);
    int result = 0;

    for (char **name = list; *name != NULL && result == 0; name++) {
        if ((*name)[0] != '\0') {
            result = add(keys, *name, err);
        }
    }
    g_strfreev(list);
    if (result == 0 && keys->ring.keys == NULL) {
        result = host_error_set(err, DFU_OTHER, "name a PEM file",
                "no key is named");
    }
    if (result == 0) {
        result = prepare_signer(keys, alg, err);
    }
    keys->keys.ops = &host_key_ops;
    keys->keys.ctx = &keys->ring;
    return result;
}

void host_boot_keys_close(struct host_boot_keys *keys)
{
    if (keys->signing.message != NULL) {
        g_byte_array_unref(keys->signing.message);
    }
    host_keyring_clear(&keys->ring);
    memset(keys, 0, sizeof(*keys));
}

static uint16_t tlv_of(const struct host_boot_decryptor *dec)
{
    if (dec->key == NULL) {
        return MCUB_TLV_ENC_KW;
    }
    switch (dec->key->type) {
    case HOST_KEY_RSA2048:
        return MCUB_TLV_ENC_RSA2048;
    case HOST_KEY_P256:
        return MCUB_TLV_ENC_EC256;
    case HOST_KEY_X25519:
        return MCUB_TLV_ENC_X25519;
    case HOST_KEY_RSA3072:
    case HOST_KEY_P384:
    case HOST_KEY_ED25519:
    case HOST_KEY_TYPES:
        break;
    }
    return 0;
}

int host_boot_decryptor_open(struct host_boot_decryptor *dec, const char *path,
        struct host_error *err)
{
    if (host_decryptor_load(path, NULL, &dec->dec, &dec->key, err) != 0) {
        return -1;
    }
    dec->tlv = tlv_of(dec);
    if (dec->tlv == 0) {
        return host_error_set(err, DFU_OTHER,
                "give an RSA-2048, P-256 or X25519 key",
                "%s: images are not encrypted for a key of type %s",
                dec->key->name, host_key_type_to_str(dec->key->type));
    }
    return 0;
}

void host_boot_decryptor_close(struct host_boot_decryptor *dec)
{
    host_key_free(dec->key);
    host_wipe(dec, sizeof(*dec));
}
