// SPDX-License-Identifier: Apache-2.0
/* Keys of a simulated bootloader. */
#include "host/boot_keys.h"

#include <string.h>

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
