// SPDX-License-Identifier: Apache-2.0
/* Protected TLVs of an image being made, in imgtool's order. */
#ifndef HOST_IMAGE_TLVS_H
#define HOST_IMAGE_TLVS_H

#include "host/image_sign.h"

#define HOST_TLVS_MAX (HOST_SIGN_TLVS_MAX + HOST_SIGN_DEPS_MAX + 4u)

/** The TLVs, and the bytes of their values. */
struct host_tlvs {
    struct mcub_tlv_spec specs[HOST_TLVS_MAX];
    size_t count;
    GPtrArray *values; /**< GBytes * */
};

/**
 * Put the protected TLVs of a description together.
 *
 * @param key_hash  of the first key, NULL = none: for the boot record
 * @return 0, or -1 with DFU_OTHER
 */
int host_tlvs_build(struct host_tlvs *tlvs, const struct host_sign_spec *spec,
        enum mcub_hash_alg alg, const uint8_t *key_hash,
        struct host_error *err);

/** Free the values. */
void host_tlvs_clear(struct host_tlvs *tlvs);

#endif
