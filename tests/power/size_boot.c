// SPDX-License-Identifier: Apache-2.0
/*
 * Size figure of a bootloader: mcub_boot() over a flash, a hash, a cipher and
 * nothing else. The mode is not known to the compiler; engines are left out by
 * the options of mcub/options.h.
 */
#include "mcub/boot.h"

#define REGISTER(off) (*(volatile uint32_t *)(0x40000000u + (off)))

static int flash_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    uint8_t *to = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        to[i] = ((volatile const uint8_t *)off)[i];
    }
    return 0;
}

static int flash_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    const uint8_t *from = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((volatile uint8_t *)off)[i] = from[i];
    }
    return 0;
}

static int flash_erase(void *ctx, uint32_t off, uint32_t len)
{
    (void)ctx;
    REGISTER(0) = off;
    REGISTER(4) = len;
    return 0;
}

static int hash_init(void *ctx, enum mcub_hash_alg alg)
{
    (void)ctx;
    REGISTER(8) = (uint32_t)alg;
    return 0;
}

static int hash_update(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    REGISTER(12) = *(const uint8_t *)data;
    REGISTER(16) = (uint32_t)len;
    return 0;
}

static int hash_finish(void *ctx, uint8_t *out, size_t out_len)
{
    (void)ctx;
    for (size_t i = 0; i < out_len; i++) {
        out[i] = (uint8_t)REGISTER(20);
    }
    return 0;
}

static int cipher_unwrap(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
        uint8_t *key, size_t key_len)
{
    (void)ctx;
    REGISTER(32) = tlv + wrapped.ptr[0];
    for (size_t i = 0; i < key_len; i++) {
        key[i] = (uint8_t)REGISTER(36);
    }
    return 0;
}

static int cipher_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    (void)ctx;
    REGISTER(40) = key.ptr[0] + block;
    data[len - 1] = (uint8_t)REGISTER(44);
    return 0;
}

static const struct mcub_cipher_ops cipher_ops = { cipher_unwrap, cipher_ctr };
static const struct mcub_flash_ops flash_ops = { flash_read, flash_write,
    flash_erase };
static const struct mcub_hash_ops hash_ops = { hash_init, hash_update,
    hash_finish };
static const struct mcub_sector_run runs[] = { { 4096, 128 } };
static const struct mcub_flash flash = { &flash_ops, NULL, 512u * 1024u, 4,
    0xff, runs, 1 };
static const struct mcub_pair pairs[] = {
    { .slot = { { &flash, 0xc000, 0x30000 }, { &flash, 0x3c000, 0x30000 } } },
};
static uint8_t buffer[MCUB_BOOT_BUF_SIZE];

int main(void);

int main(void)
{
    const struct mcub_board board = {
        .mode = (enum mcub_mode)REGISTER(24),
        .image_count = 1,
        .pairs = pairs,
        .max_align = 8,
        .max_sectors = 64,
        .scratch = { &flash, 0x6c000, 0x4000 },
        .key_size = 16,
        .enc_size = 16,
    };
    struct mcub_boot boot = {
        .board = &board,
        .hash = &hash_ops,
        .cipher = &cipher_ops,
        .buf = buffer,
    };

    REGISTER(28) = (uint32_t)mcub_boot(&boot);
    return (int)boot.booted_slot;
}
