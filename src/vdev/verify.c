// SPDX-License-Identifier: Apache-2.0
/*
 * What the bootloader checks beside the hash: that it is of the kind this
 * build knows, and that a key of this build has signed it.
 */
#include "vdev/private.h"

int vdev_verify(void *ctx, uint8_t image, uint8_t slot,
        const struct mcub_image *img, const struct mcub_hash *hash)
{
    struct vdev_device *d = ctx;
    uint8_t scratch[MCUB_SIGNATURE_MAX];
    struct mcub_signature_report report = { .key = -1 };
    int rc = 0;
    if (hash->alg != d->cfg.hash) {
        /* A build for one hash does not find the TLV of another. */
        rc = MCUB_E_NO_HASH;
    } else if (d->ops->keys != NULL) {
        rc = mcub_image_verify_signature(img, hash, d->ops->keys, scratch,
                &report);
    }
    if (rc == MCUB_E_SIGNATURE) {
        vdev_note(d, "image %u slot %u: %s", image, slot,
                report.signatures == 0 ? "not signed"
                        : report.wrong > 0
                        ? "the signature does not fit the key it names"
                        : "signed with another key than the bootloader's");
    } else if (rc == MCUB_E_NO_HASH) {
        vdev_note(d, "image %u slot %u: no hash of the kind boot.hash", image,
                slot);
    }
    return rc;
}
