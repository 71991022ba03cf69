// SPDX-License-Identifier: Apache-2.0
/*
 * The first bytes of an upload: the image header stands in them, or they tell
 * what the file is instead.
 *
 * off  0  magic 3d b8 f3 96
 *      8  header size:16, little-endian
 *     12  image size:32
 *     16  flags:32
 *     20  version: major, minor, revision:16, build:32
 *
 * Source: mcuboot boot/bootutil/include/bootutil/image.h, struct image_header.
 */
#include <string.h>

#include "diag/session.h"

#define HEADER_SIZE       32u
#define FLAGS_ENCRYPTED   0x0cu
#define FLAG_NON_BOOTABLE 0x10u

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
            (uint32_t)p[3] << 24;
}

static const struct {
    uint8_t start[4];
    uint8_t len;
    uint16_t sign;
    const char *what;
} kinds[] = {
    { "PK\3\4", 4, SIGN_BYTES_ZIP, "a zip" },
    { "\x7f"
      "ELF",
            4, SIGN_BYTES_HEX, "an ELF file" },
    { "UF2\n", 4, SIGN_BYTES_HEX, "a UF2 file" },
    { ":", 1, SIGN_BYTES_HEX, "an Intel HEX file" },
    { "\xd8\x6b", 2, SIGN_FILE_SUIT, "a SUIT envelope" },
};

/* No image: what is it? */
static void look_at_kind(struct diag_reader *r, const struct diag_event *e,
        const uint8_t *p)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (memcmp(p, kinds[i].start, kinds[i].len) == 0) {
            diag_show(r, (enum diag_sign)kinds[i].sign, e,
                    "the upload begins like %s", kinds[i].what);
            return;
        }
    }
    diag_show(r, SIGN_BYTES_NO_IMAGE, e,
            "the upload begins with %02x %02x %02x %02x, an MCUboot image "
            "with 3d b8 f3 96",
            p[0], p[1], p[2], p[3]);
}

void diag_on_first_bytes(struct diag_reader *r, const struct diag_event *e,
        const struct diag_chunk *c)
{
    static const uint8_t magic[4] = { 0x3d, 0xb8, 0xf3, 0x96 };
    const uint8_t *p = c->bytes.ptr;
    if (c->off != 0 || c->bytes.len < sizeof(magic)) {
        return;
    }
    r->bytes_image = memcmp(p, magic, sizeof(magic)) == 0;
    if (!r->bytes_image) {
        look_at_kind(r, e, p);
        return;
    }
    diag_show(r, SIGN_BYTES_IMAGE, e,
            "the upload begins with the magic of an "
            "MCUboot image");
    if (c->bytes.len < HEADER_SIZE) {
        return;
    }
    uint32_t flags = le32(p + 16);
    if (flags & FLAGS_ENCRYPTED) {
        diag_show(r, SIGN_NEW_ENCRYPTED, e,
                "the header says: encrypted (flags 0x%x)", (unsigned)flags);
    }
    if (flags & FLAG_NON_BOOTABLE) {
        diag_show(r, SIGN_BYTES_NOT_BOOTABLE, e,
                "the header says: not bootable (flags 0x%x)", (unsigned)flags);
    }
    if (le32(p + 20) == 0) {
        diag_show(r, SIGN_BYTES_VERSION_0, e,
                "the header of the upload says version 0.0.0");
    }
}
