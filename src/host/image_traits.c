// SPDX-License-Identifier: Apache-2.0
/*
 * What a bootloader will look at, read out of an image file: signatures and the
 * keys they name, counter, dependencies; and which core it is for.
 */
#include <string.h>

#include "host/crypto.h"
#include "host/imagefile.h"
#include "mcub/sign.h"

/* Flash and RAM of an nRF5340's network core. */
#define NET_FLASH      0x01000000u
#define NET_FLASH_SIZE 0x00040000u
#define NET_RAM        0x21000000u
#define NET_RAM_SIZE   0x00010000u

/* Longest whole key that is hashed. */
#define KEY_MAX 1024u

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
            (uint32_t)p[3] << 24;
}

/* The hash of a whole key, as a KEYHASH would have it. */
static size_t hash_key(const struct mcub_image *image,
        const struct mcub_tlv *tlv, uint8_t out[64])
{
    struct host_hash ctx = { NULL };
    struct mcub_hash hash;
    uint8_t key[KEY_MAX];
    int len = tlv->len <= sizeof(key)
            ? mcub_tlv_read(image, tlv, key, sizeof(key))
            : -1;
    int result = len < 0 ? -1 : mcub_image_find_hash(image, &hash);

    if (result == 0) {
        result = host_hash_ops.init(&ctx, hash.alg);
    }
    if (result == 0) {
        result = host_hash_ops.update(&ctx, key, (size_t)len);
    }
    if (result == 0) {
        result = host_hash_ops.finish(&ctx, out, hash.len);
    }
    host_hash_clear(&ctx);
    return result == 0 ? hash.len : 0;
}

static void read_key(const struct mcub_image *image, const struct mcub_tlv *tlv,
        struct dfu_signer *key)
{
    int len = 0;

    memset(key, 0, sizeof(*key));
    if (tlv->type == MCUB_TLV_PUBKEY) {
        len = (int)hash_key(image, tlv, key->key);
    } else if (tlv->len <= sizeof(key->key)) {
        len = mcub_tlv_read(image, tlv, key->key, sizeof(key->key));
    }
    key->key_len = len > 0 ? (uint8_t)len : 0;
}

/* A key TLV is for the signature behind it. */
static void read_signers(const struct mcub_image *image,
        struct dfu_traits *traits)
{
    struct dfu_signer key = { 0 };
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_ANY, false);
    while (mcub_tlv_next(&iter, &tlv) == 1) {
        if (tlv.type == MCUB_TLV_KEYHASH || tlv.type == MCUB_TLV_PUBKEY) {
            read_key(image, &tlv, &key);
        } else if (mcub_tlv_type_is_signature(tlv.type) &&
                traits->signer_count < DFU_SIGNERS_MAX) {
            key.type = tlv.type;
            traits->signers[traits->signer_count++] = key;
            memset(&key, 0, sizeof(key));
        }
    }
}

static void read_dependencies(const struct mcub_image *image,
        struct dfu_traits *traits)
{
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    uint8_t value[12];

    mcub_tlv_iter_init(&iter, image, MCUB_TLV_DEPENDENCY, true);
    while (traits->dependency_count < DFU_DEPENDENCIES_MAX &&
            mcub_tlv_next(&iter, &tlv) == 1) {
        int len = mcub_tlv_read(image, &tlv, value, sizeof(value));

        if (len >= 0 &&
                mcub_dependency_decode(value, (size_t)len,
                        &traits->dependencies[traits->dependency_count]) == 0) {
            traits->dependency_count++;
        }
    }
}

/* Stack and reset vector of the program, where it can be read. */
static bool is_for_net_core(const struct mcub_image *image, bool plain)
{
    uint32_t unreadable = MCUB_IMAGE_COMPRESSED;
    uint8_t vectors[8];

    unreadable |= plain ? 0 : MCUB_IMAGE_ENCRYPTED;
    if ((image->hdr.flags & unreadable) != 0 ||
            image->hdr.img_size < sizeof(vectors) ||
            mcub_source_read(&image->src, image->hdr.hdr_size, vectors,
                    sizeof(vectors)) != 0) {
        return false;
    }
    /* Unsigned: below the start wraps to a large number. */
    return le32(vectors) - NET_RAM <= NET_RAM_SIZE &&
            le32(vectors + 4) - NET_FLASH < NET_FLASH_SIZE;
}

bool host_name_is_net_core(const char *name)
{
    static const char *const names[] = { "net_core", "netcore", "ipc_radio",
        "hci_ipc", "hci_rpmsg", "rpmsg", "802154_", "cpunet", "empty_net" };

    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(names); i++) {
        if (strstr(name, names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

void host_imagefile_traits(const struct host_package_image *image,
        struct dfu_traits *traits)
{
    const struct mcub_image *mcub = &image->mcub;

    memset(traits, 0, sizeof(*traits));
    traits->flags = mcub->hdr.flags;
    traits->load_addr = mcub->hdr.load_addr;
    traits->clear = image->clear;
    traits->net_core_code = is_for_net_core(mcub, image->clear);
    traits->net_core_name = host_name_is_net_core(image->name);
    traits->has_counter = image->has_security_counter;
    traits->counter = image->security_counter;
    read_signers(mcub, traits);
    read_dependencies(mcub, traits);
}
