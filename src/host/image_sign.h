// SPDX-License-Identifier: Apache-2.0
/*
 * Making image files as imgtool does: the same options give the same bytes,
 * except for signatures and ephemeral keys.
 */
#ifndef HOST_IMAGE_SIGN_H
#define HOST_IMAGE_SIGN_H

#include "host/keys.h"
#include "mcub/image.h"

/** Most keys one image is signed with, and most custom TLVs. */
#define HOST_SIGN_KEYS_MAX 4u
#define HOST_SIGN_TLVS_MAX 32u
#define HOST_SIGN_DEPS_MAX 16u

/** Longest text of a boot record's software type. */
#define HOST_SW_TYPE_MAX 12u

/** A vendor TLV. */
struct host_custom_tlv {
    uint16_t type;
    GBytes *value;
};

/** Everything about an image to be made. Pointers are borrowed. */
struct host_sign_spec {
    const uint8_t *input; /**< program; room for the header at its start */
    size_t input_len;     /**< unless pad_header */
    bool pad_header;      /**< put the header in front */
    struct mcub_version version;
    uint16_t hdr_size; /**< at least 32 */

    const struct host_key *keys[HOST_SIGN_KEYS_MAX]; /**< private */
    size_t key_count;                                /**< 0: hash only */
    bool full_key;               /**< PUBKEY instead of KEYHASH */
    bool pure;                   /**< Ed25519 over the image */
    enum mcub_hash_alg hash_alg; /**< 0: as the first key wants it */

    bool has_security_counter;
    uint32_t security_counter;
    const struct mcub_dependency *deps;
    size_t dep_count;
    const char *boot_record; /**< software type, NULL = no record */
    const char *vid;         /**< vendor: UUID or domain name; NULL = none */
    const char *cid;         /**< class: UUID or name; NULL = none */
    const struct host_custom_tlv *tlvs;
    size_t tlv_count;

    bool non_bootable;
    uint32_t load_addr; /**< not 0: RAM load */
    bool has_rom_fixed;
    uint32_t rom_fixed; /**< flash address it is built for */

    const struct host_key *encrypt; /**< of the device; NULL: plain */
    unsigned encrypt_keylen;        /**< bits: 128 or 256 */
    bool encrypt_sha512;            /**< X25519 with HMAC-SHA512 */
    bool clear;                     /**< plain text, with flags and key TLV */
    bool save_enctlv;               /**< trailer keeps TLVs instead of keys */

    uint32_t slot_size; /**< 0: unknown, not checked */
    uint32_t align;     /**< 1 to 32 */
    uint32_t max_align; /**< 8, 16, 32; 0: from align */
    uint32_t max_sectors;
    bool overwrite_only;
    uint8_t erased_value;
    bool pad;     /**< fill the slot up, mark it pending */
    bool confirm; /**< and confirmed */
};

/** What came of it. */
struct host_signed {
    GByteArray *image;  /**< file content, padded if asked for */
    uint32_t size;      /**< bytes without the padding */
    uint32_t max_align; /**< of the trailer */
    struct mcub_hash hash;
};

/**
 * Make an image file.
 *
 * @param[out] out  image is new (g_byte_array_unref())
 * @return 0, or -1 with DFU_OTHER: the options contradict each other or the
 *         input; DFU_IMAGE_TOO_LARGE_FOR_SLOT
 */
int host_image_sign(const struct host_sign_spec *spec, struct host_signed *out,
        struct host_error *err);

/**
 * Bytes of a vendor or class UUID: 8-4-4-4-12 or 32 hexadecimal digits, or a
 * name (UUID version 5: vendors in the DNS name space, classes in their
 * vendor's).
 *
 * @param space  16 bytes, NULL: names are refused
 * @return 0, or -1
 */
int host_uuid_parse(const char *text, const uint8_t *space, uint8_t out[16]);

/** Name space of domain names, RFC 4122 appendix C. */
extern const uint8_t host_uuid_dns[16];

#endif
