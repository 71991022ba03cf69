// SPDX-License-Identifier: Apache-2.0
/*
 * Decrypting an image where it lies: what serial recovery does with one that
 * was sent straight into a primary slot.
 */
#include "mcub/slot.h"

#include "private.h"
#include "slot_private.h"

/* One sector through the buffer; what is behind the last byte stays erased. */
static int decrypt_sector(const struct mcub_slot *slot,
        const struct mcub_decrypt *dec, const struct mcub_sector *sector,
        uint8_t *buf)
{
    const struct mcub_flash *flash = slot->flash;
    uint32_t len = sector->size;
    int rc = mcub_flash_read(flash, sector->off, buf, len);

    if (rc == 0) {
        rc = mcub_cipher_apply_at(&dec->cipher, dec->image.hdr.hdr_size,
                dec->image.tlv_off, sector->off - slot->off, buf, len);
    }
    while (len > 0 && buf[len - 1] == flash->erased_val) {
        len--;
    }
    len = mcub_align_up(len, flash->write_size);
    if (rc == 0) {
        rc = mcub_flash_erase(flash, sector->off, sector->size);
    }
    return rc == 0 && len > 0 ? mcub_flash_write(flash, sector->off, buf, len)
                              : rc;
}

int mcub_slot_decrypt(const struct mcub_slot *slot,
        const struct mcub_cipher_ops *ops, void *ctx, uint8_t *buf, size_t size)
{
    struct mcub_slot_image found;
    struct mcub_decrypt dec;
    struct mcub_image plain;
    struct mcub_sector sector;
    int rc = mcub_slot_open_at(slot, 0, &found);

    if (rc == 0) {
        rc = mcub_decrypt_open(&dec, &found.image, ops, ctx, &plain);
    }
    if (rc != 0) {
        return rc;
    }
    for (uint32_t off = found.image.hdr.hdr_size;
            rc == 0 && off < found.image.tlv_off;
            off = sector.off + sector.size - slot->off) {
        rc = mcub_flash_sector_at(slot->flash, slot->off + off, &sector);
        if (rc == 0 && sector.size > size) {
            rc = MCUB_E_SPACE;
        }
        if (rc == 0) {
            rc = decrypt_sector(slot, &dec, &sector, buf);
        }
    }
    mcub_decrypt_finish(&dec);
    return rc;
}
