// SPDX-License-Identifier: Apache-2.0
/*
 * Encrypted images during a boot. The primary holds plain text; everywhere
 * else an image is as it was sent. So a copy decrypts on the way into the
 * primary, encrypts on the way out of it, and changes nothing otherwise:
 *
 *   from             to               key of
 *   ---------------  ---------------  ------------------------------------
 *   primary          primary          -
 *   secondary        scratch          -
 *   primary          secondary        the image that leaves the primary
 *   secondary,       primary          the image that leaves the secondary
 *   or scratch
 *
 * The keys come out of the images while nothing has moved, and out of the
 * trailer afterwards; where payloads begin and end is read from the headers,
 * which are never encrypted. Each header is at a place that the step under
 * way only reads:
 *
 *   mode     before the step         leaves the primary  leaves the secondary
 *   -------  ----------------------  ------------------  --------------------
 *   move     sector 0 moves up       primary[0]          secondary[0]
 *            sector 0 trades, 1      primary[1]          secondary[0]
 *            sector 0 trades, 2      primary[1]          primary[0]
 *            later                   secondary[0]        primary[0]
 *   offset   sector 0 trades, 1      primary[0]          secondary[1]
 *            sector 0 trades, 2      secondary[0]        secondary[1]
 *            later                   secondary[0]        primary[0]
 *   offset,  up to sector 0, 1       primary[0]          secondary[0]
 *   revert   sector 0 trades, 2      secondary[1]        secondary[0]
 *   scratch  up to the last          primary[0]          secondary[0]
 *            region, 1
 *            last region, 2          primary[0]          scratch[0]
 *            last region, 3          secondary[0]        scratch[0]
 */
#include "boot_private.h"

#ifndef MCUB_NO_ENCRYPTION

#    include <string.h>

#    include "private.h"
#    include "slot_private.h"

bool mcub_crypt_is_on(const struct mcub_boot *boot)
{
    return boot->board->key_size != 0;
}

/* The type of the key TLVs that trailers keep; 0: they keep the keys. */
static uint16_t saved_tlv(const struct mcub_board *board)
{
    for (uint32_t type = MCUB_TLV_ENC_RSA2048;
            type <= MCUB_TLV_ENC_X25519_SHA512; type++) {
        uint16_t tlv = (uint16_t)type;
        if (board->enc_size == mcub_key_tlv_size(tlv, board->key_size)) {
            return tlv;
        }
    }
    return 0;
}

int mcub_crypt_check(const struct mcub_boot *boot)
{
    const struct mcub_board *board = boot->board;

    if (board->key_size == 0) {
        return board->enc_size == 0 ? 0 : MCUB_E_ARG;
    }
    return boot->cipher != NULL &&
                    (board->key_size == 16 || board->key_size == 32) &&
                    (board->enc_size == board->key_size ||
                            saved_tlv(board) != 0)
            ? 0
            : MCUB_E_ARG;
}

bool mcub_crypt_is_wanted(const struct mcub_boot *boot,
        const struct mcub_image *img)
{
    return mcub_crypt_is_on(boot) && mcub_image_key_size(img) != 0;
}

static bool is_blank(const uint8_t *p, size_t len)
{
    while (len > 0 && *p == 0xff) {
        p++;
        len--;
    }
    return len == 0;
}

int mcub_crypt_open(const struct mcub_boot *boot, const struct mcub_image *img,
        struct mcub_decrypt *dec, struct mcub_image *plain)
{
    if (mcub_image_key_size(img) != boot->board->key_size) {
        return MCUB_E_ENCRYPTED;
    }
    int rc = mcub_decrypt_open(dec, img, boot->cipher, boot->cipher_ctx, plain);

    /* In a trailer such a key says that there is none. */
    if (rc == 0 && is_blank(dec->cipher.key, dec->cipher.key_len)) {
        mcub_decrypt_finish(dec);
        rc = MCUB_E_ENCRYPTED;
    }
    return rc;
}

/* ---- keys of a swap ------------------------------------------------------ */

/* The key of an image that has not moved. */
static int load(struct mcub_swap *s, uint8_t slot, uint32_t off)
{
    struct mcub_sealed *sealed = &s->sealed[slot];
    struct mcub_slot_image found;
    struct mcub_decrypt dec;
    struct mcub_image plain;
    int rc = mcub_slot_open_at(s->slot[slot], off, &found);

    if (rc == MCUB_E_POWER || rc == MCUB_E_FLASH) {
        return rc;
    }
    if (rc != 0 || mcub_image_key_size(&found.image) == 0) {
        return 0;
    }
    rc = mcub_crypt_open(s->boot, &found.image, &dec, &plain);
    if (rc == 0) {
        sealed->cipher = dec.cipher;
        sealed->start = found.image.hdr.hdr_size;
        sealed->end = found.image.tlv_off;
        mcub_decrypt_finish(&dec);
    } else {
        mcub_boot_log(s, MCUB_LOG_NO_KEY, slot, (uint32_t)-rc);
    }
    return rc;
}

int mcub_crypt_load(struct mcub_swap *s, uint32_t secondary_off, bool both)
{
    int rc = 0;

    if (!mcub_crypt_is_on(s->boot)) {
        return 0;
    }
    mcub_crypt_finish(s);
    s->keys_in = AREAS;
    if (both) {
        rc = load(s, PRI, 0);
    }
    return rc == 0 ? load(s, SEC, secondary_off) : rc;
}

static uint32_t key_off(const struct mcub_trailer *t, uint8_t slot)
{
    return t->off + (slot == PRI ? t->layout.enc_key0 : t->layout.enc_key1);
}

/* The key of an image whose header is at a place now. */
static int take(struct mcub_swap *s, uint8_t slot, uint8_t area,
        struct mcub_place header)
{
    const struct mcub_boot *boot = s->boot;
    const struct mcub_board *board = boot->board;
    const struct mcub_trailer *t = &s->trailer[area];
    const struct mcub_slot *at = s->slot[header.area];
    struct mcub_sealed *sealed = &s->sealed[slot];
    struct mcub_bytes saved = { boot->buf, board->enc_size };
    struct mcub_image_header hdr = { .hdr_size = 0 };
    uint16_t tlv = saved_tlv(board);
    int rc = mcub_flash_read(t->flash, key_off(t, slot), boot->buf, saved.len);

    if (rc != 0 || is_blank(saved.ptr, saved.len)) {
        return rc;
    }
    if (tlv == 0) {
        memcpy(sealed->cipher.key, saved.ptr, saved.len);
    } else {
        rc = boot->cipher->unwrap == NULL
                ? MCUB_E_ENCRYPTED
                : boot->cipher->unwrap(boot->cipher_ctx, tlv, saved,
                          sealed->cipher.key, board->key_size);
    }
    if (rc == 0) {
        rc = mcub_flash_read(at->flash, at->off + header.off, boot->buf,
                MCUB_IMAGE_HEADER_SIZE);
    }
    if (rc == 0) {
        rc = mcub_image_header_decode(boot->buf, MCUB_IMAGE_HEADER_SIZE, &hdr);
    }
    if (rc < 0) {
        return rc;
    }
    sealed->cipher.ops = boot->cipher;
    sealed->cipher.ctx = boot->cipher_ctx;
    sealed->cipher.key_len = board->key_size;
    sealed->start = hdr.hdr_size;
    sealed->end = hdr.hdr_size + hdr.img_size;
    return 0;
}

/* The same while a scratch area is in use. */
static void place_with_scratch(struct mcub_place header[2], uint32_t state)
{
    if (state >= 2) {
        header[SEC] = (struct mcub_place){ SCR, 0 };
    }
    if (state >= 3) {
        header[PRI] = (struct mcub_place){ SEC, 0 };
    }
}

/* The same where slots trade sector by sector; state: of the first ones. */
static void place_without(const struct mcub_swap *s, bool upward,
        struct mcub_place header[2], uint32_t state)
{
    bool move = s->mode == MCUB_MODE_MOVE;

    if (move && state >= 1) {
        header[PRI] = (struct mcub_place){ PRI, s->sector };
    }
    if (state == 4 || (!move && state >= 2)) {
        header[PRI] = (struct mcub_place){ SEC, upward ? s->sector : 0 };
    }
    if (!upward && (state == 4 || (move && state >= 2))) {
        header[SEC] = (struct mcub_place){ PRI, 0 };
    }
}

/* Where the headers of both images are; false: everything is copied. */
static bool find_headers(const struct mcub_swap *s, struct mcub_place header[2])
{
    uint32_t count = s->mode == MCUB_MODE_SCRATCH
            ? mcub_region_count(s)
            : mcub_swap_sectors(s, s->copy_size);
    struct mcub_progress p = mcub_progress_decode(s->mode, s->records,
            s->boot->board->max_sectors);
    bool upward = s->mode == MCUB_MODE_SCRATCH ||
            (s->mode == MCUB_MODE_OFFSET && s->type == MCUB_SWAP_REVERT);
    /* The step that trades the first sectors: 0 not yet, 4 done. */
    uint32_t turn = upward ? count : 1;
    uint32_t state = p.idx < turn ? 0 : p.idx > turn ? 4 : p.state;

    if (p.moving) {
        state = p.idx > count ? 1 : 0;
    } else if (p.idx > count) {
        return false;
    }
    header[PRI] = (struct mcub_place){ PRI, 0 };
    header[SEC] =
            (struct mcub_place){ SEC, mcub_swap_secondary_off(s, s->type) };
    if (s->mode == MCUB_MODE_SCRATCH) {
        place_with_scratch(header, state);
    } else {
        place_without(s, upward, header, state);
    }
    return true;
}

int mcub_crypt_resume(struct mcub_swap *s)
{
    struct mcub_place header[2];
    int rc = 0;

    mcub_crypt_finish(s);
    s->keys_in = s->status;
    if (!mcub_crypt_is_on(s->boot) || !find_headers(s, header)) {
        return 0;
    }
    for (uint8_t slot = 0; slot < 2 && rc == 0; slot++) {
        rc = take(s, slot, s->status, header[slot]);
        if (rc != 0) {
            mcub_boot_log(s, MCUB_LOG_NO_KEY, slot, (uint32_t)-rc);
        }
    }
    return rc;
}

int mcub_crypt_compare(struct mcub_swap *s, const struct mcub_region *region)
{
    struct mcub_place header = { (uint8_t)(region->off == 0 ? PRI : SEC), 0 };

    return mcub_crypt_is_on(s->boot) ? take(s, SEC, PRI, header) : 0;
}

void mcub_crypt_finish(struct mcub_swap *s)
{
    mcub_cipher_finish(&s->sealed[PRI].cipher);
    mcub_cipher_finish(&s->sealed[SEC].cipher);
}

/* ---- copying ------------------------------------------------------------- */

int mcub_crypt_apply(const struct mcub_swap *s, struct mcub_place from,
        struct mcub_place to, uint8_t *buf, uint32_t len)
{
    bool out = from.area == PRI;
    const struct mcub_sealed *sealed = &s->sealed[out ? PRI : SEC];
    /* In the secondary of swap-offset images may start one sector later, in
       the primary of swap-move the old one does. */
    uint32_t off = out && s->mode != MCUB_MODE_MOVE ? from.off : to.off;

    if (out == (to.area == PRI) || sealed->cipher.key_len == 0) {
        return 0;
    }
    return mcub_cipher_apply_at(&sealed->cipher, sealed->start, sealed->end,
            off, buf, len);
}

/* ---- trailers ------------------------------------------------------------ */

/* What a trailer keeps of an image that has not moved, 0xff where nothing. */
static int wrap(const struct mcub_swap *s, uint8_t slot, uint8_t *buf)
{
    const struct mcub_board *board = s->boot->board;
    const struct mcub_cipher *cipher = &s->sealed[slot].cipher;
    uint16_t type = saved_tlv(board);
    struct mcub_slot_image found;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;

    if (cipher->key_len == 0) {
        return 0;
    }
    if (type == 0) {
        memcpy(buf, cipher->key, cipher->key_len);
        return 0;
    }
    int rc = mcub_slot_open_at(s->slot[slot],
            slot == SEC ? mcub_swap_secondary_off(s, s->type) : 0, &found);

    if (rc != 0) {
        return rc;
    }
    mcub_tlv_iter_init(&iter, &found.image, type, false);
    rc = mcub_tlv_next(&iter, &tlv);
    if (rc == 1) {
        rc = mcub_tlv_read(&found.image, &tlv, buf, board->enc_size);
    }
    return rc > 0 ? 0 : rc == 0 ? MCUB_E_ENCRYPTED : rc;
}

int mcub_crypt_write_keys(struct mcub_swap *s, uint8_t area)
{
    const struct mcub_board *board = s->boot->board;
    const struct mcub_trailer *to = &s->trailer[area];
    uint32_t len = mcub_align_up(board->enc_size, board->max_align);
    uint8_t *buf = s->boot->buf;
    int rc = 0;

    for (uint8_t slot = 0; board->key_size != 0 && slot < 2 && rc == 0;
            slot++) {
        memset(buf, 0xff, len);
        if (s->keys_in < AREAS) {
            const struct mcub_trailer *from = &s->trailer[s->keys_in];

            rc = mcub_flash_read(from->flash, key_off(from, slot), buf, len);
        } else {
            rc = wrap(s, slot, buf);
        }
        if (rc == 0) {
            rc = mcub_flash_write(to->flash, key_off(to, slot), buf, len);
        }
        memset(buf, 0xff, len);
    }
    if (rc == 0 && board->key_size != 0) {
        s->keys_in = area;
    }
    return rc;
}

#endif
