// SPDX-License-Identifier: Apache-2.0
/*
 * The defects of an image, one by one, in the order in which a reader would
 * run into them.
 */
#include "mcub/flaw.h"

#include <string.h>

#include "mcub/decrypt.h"
#include "mcub/sign.h"
#include "private.h"

/* What is known of a type: where it belongs, how long it is, how often. */
enum rule {
    PROT = 0x01,   /* protected area only */
    UNPROT = 0x02, /* unprotected area only */
    ONCE = 0x04,
    FIXED = 0x08, /* exactly min bytes */
};

struct type_rule {
    uint16_t type;
    uint16_t min; /* bytes */
    uint8_t rule;
    const char *name;
};

/* clang-format off */
static const struct type_rule rules[] = {
    /* type                   min  rule                    name */
    { MCUB_TLV_KEYHASH,         1, UNPROT,                 "KEYHASH" },
    { MCUB_TLV_PUBKEY,          1, UNPROT,                 "PUBKEY" },
    { MCUB_TLV_SHA256,         32, UNPROT | FIXED | ONCE,  "SHA256" },
    { MCUB_TLV_SHA384,         48, UNPROT | FIXED | ONCE,  "SHA384" },
    { MCUB_TLV_SHA512,         64, UNPROT | FIXED | ONCE,  "SHA512" },
    { MCUB_TLV_RSA2048_PSS,   256, UNPROT | FIXED,         "RSA2048" },
    { MCUB_TLV_ECDSA224,        8, UNPROT,                 "ECDSA224" },
    { MCUB_TLV_ECDSA_SIG,       8, UNPROT,                 "ECDSASIG" },
    { MCUB_TLV_RSA3072_PSS,   384, UNPROT | FIXED,         "RSA3072" },
    { MCUB_TLV_ED25519,        64, UNPROT | FIXED,         "ED25519" },
    { MCUB_TLV_SIG_PURE,        1, UNPROT | FIXED | ONCE,  "SIG_PURE" },
    { MCUB_TLV_ENC_RSA2048,     1, UNPROT | ONCE,          "ENCRSA2048" },
    { MCUB_TLV_ENC_KW,          1, UNPROT | ONCE,          "ENCKW" },
    { MCUB_TLV_ENC_EC256,       1, UNPROT | ONCE,          "ENCEC256" },
    { MCUB_TLV_ENC_X25519,      1, UNPROT | ONCE,          "ENCX25519" },
    { MCUB_TLV_ENC_X25519_SHA512, 1, UNPROT | ONCE,   "ENCX25519_SHA512" },
    { MCUB_TLV_DEPENDENCY,     12, PROT | FIXED,           "DEPENDENCY" },
    { MCUB_TLV_SEC_CNT,         4, PROT | FIXED | ONCE,    "SEC_CNT" },
    { MCUB_TLV_BOOT_RECORD,     1, PROT,                   "BOOT_RECORD" },
    { MCUB_TLV_DECOMP_SIZE,     4, PROT | FIXED | ONCE,    "DECOMP_SIZE" },
    { MCUB_TLV_DECOMP_SHA,     32, PROT | ONCE,            "DECOMP_SHA" },
    { MCUB_TLV_DECOMP_SIGNATURE, 8, PROT,             "DECOMP_SIGNATURE" },
    { MCUB_TLV_COMP_DEC_SIZE,   4, PROT | FIXED | ONCE,    "COMP_DEC_SIZE" },
    { MCUB_TLV_UUID_VID,       16, PROT | FIXED | ONCE,    "UUID_VID" },
    { MCUB_TLV_UUID_CID,       16, PROT | FIXED | ONCE,    "UUID_CID" },
};
/* clang-format on */
#define RULES (sizeof(rules) / sizeof(rules[0]))

/* Sets of rules seen, one bit per row. */
_Static_assert(RULES <= 32, "one bit per row");

static const struct type_rule *find_rule(uint16_t type)
{
    for (size_t i = 0; i < RULES; i++) {
        if (rules[i].type == type) {
            return &rules[i];
        }
    }
    return NULL;
}

const char *mcub_tlv_type_to_str(uint16_t type)
{
    const struct type_rule *rule = find_rule(type);

    return rule != NULL ? rule->name : NULL;
}

bool mcub_tlv_type_is_vendor(uint16_t type)
{
    return (type & 0xffu) >= 0xa0u && type != MCUB_TLV_ANY;
}

static int tell(struct mcub_flaw *flaw, enum mcub_flaw_kind kind, uint32_t off,
        uint32_t value, uint32_t limit)
{
    *flaw = (struct mcub_flaw){ .kind = kind,
        .off = off,
        .value = value,
        .limit = limit };
    return 1;
}

/* Flags that cannot be together. */
static int check_flags(uint32_t flags, struct mcub_flaw *flaw)
{
    enum mcub_flaw_kind kind = MCUB_FLAW_NONE;

    if ((flags & MCUB_IMAGE_ENCRYPTED) == MCUB_IMAGE_ENCRYPTED) {
        kind = MCUB_FLAW_AES_FLAGS;
    } else if ((flags & MCUB_IMAGE_COMPRESSED) == MCUB_IMAGE_COMPRESSED) {
        kind = MCUB_FLAW_LZMA_FLAGS;
    } else if ((flags & MCUB_IMAGE_ARM_THUMB) != 0 &&
            (flags & MCUB_IMAGE_COMPRESSED) == 0) {
        kind = MCUB_FLAW_FILTER_FLAG;
    } else if ((flags & MCUB_IMAGE_RAM_LOAD) != 0 &&
            (flags & MCUB_IMAGE_ROM_FIXED) != 0) {
        kind = MCUB_FLAW_ADDR_FLAGS;
    }
    return kind == MCUB_FLAW_NONE ? 0 : tell(flaw, kind, 16, flags, 0);
}

/* The header says MCUB_E_HEADER: which of its reasons? */
static int explain_header(const uint8_t *buf, struct mcub_flaw *flaw)
{
    uint32_t hdr_size = mcub_load_le16(buf + 8);
    uint32_t prot = mcub_load_le16(buf + 10);
    uint32_t img_size = mcub_load_le32(buf + 12);

    if (hdr_size < MCUB_IMAGE_HEADER_SIZE) {
        return tell(flaw, MCUB_FLAW_HDR_SIZE, 8, hdr_size, 0);
    }
    if (prot != 0 && prot < MCUB_TLV_INFO_SIZE) {
        return tell(flaw, MCUB_FLAW_PROT_SIZE, 10, prot, 0);
    }
    if (img_size > UINT32_MAX - hdr_size - prot) {
        return tell(flaw, MCUB_FLAW_SIZE_WRAPS, 12, img_size, 0);
    }
    return check_flags(mcub_load_le32(buf + 16), flaw);
}

static int read_info(const struct mcub_source *src, uint32_t off,
        uint32_t *magic, uint32_t *tot)
{
    uint8_t buf[MCUB_TLV_INFO_SIZE];
    int rc = mcub_source_read(src, off, buf, sizeof(buf));

    if (rc == 0) {
        *magic = mcub_load_le16(buf);
        *tot = mcub_load_le16(buf + 2);
    }
    return rc;
}

/* An area of entries from off to end that one of them leaves. */
static int explain_area(const struct mcub_source *src, uint32_t off,
        uint32_t end, struct mcub_flaw *flaw)
{
    while (off < end) {
        uint32_t type;
        uint32_t len;

        if (end - off < MCUB_TLV_HEADER_SIZE) {
            return tell(flaw, MCUB_FLAW_STRAY_BYTES, off, end - off, 0);
        }
        int rc = read_info(src, off, &type, &len);

        if (rc != 0) {
            return rc;
        }
        off += MCUB_TLV_HEADER_SIZE;
        if (len > end - off) {
            tell(flaw, MCUB_FLAW_OVERRUN, off - MCUB_TLV_HEADER_SIZE, len,
                    end - off);
            flaw->type = (uint16_t)type;
            return 1;
        }
        off += len;
    }
    return 0;
}

/* Opening says MCUB_E_TLV: find the place. */
static int explain_areas(const struct mcub_source *src,
        const struct mcub_image_header *hdr, struct mcub_flaw *flaw)
{
    uint32_t off = hdr->hdr_size + hdr->img_size;
    uint32_t prot = hdr->protect_tlv_size;
    uint32_t magic = 0;
    uint32_t tot = 0;
    int rc = read_info(src, off, &magic, &tot);

    if (rc != 0) {
        return rc;
    }
    if (magic == MCUB_TLV_PROT_INFO_MAGIC) {
        if (prot == 0) {
            return tell(flaw, MCUB_FLAW_PROT_UNASKED, off, tot, 0);
        }
        if (tot != prot) {
            return tell(flaw, MCUB_FLAW_PROT_TOTAL, off + 2, tot, prot);
        }
        rc = explain_area(src, off + MCUB_TLV_INFO_SIZE, off + prot, flaw);
        off += prot;
        if (rc == 0) {
            rc = read_info(src, off, &magic, &tot);
        }
        if (rc != 0) {
            return rc;
        }
    } else if (magic == MCUB_TLV_INFO_MAGIC && prot != 0) {
        return tell(flaw, MCUB_FLAW_PROT_ABSENT, off, prot, 0);
    }
    if (magic != MCUB_TLV_INFO_MAGIC) {
        return tell(flaw, MCUB_FLAW_INFO_MAGIC, off, magic, 0);
    }
    if (tot < MCUB_TLV_INFO_SIZE) {
        return tell(flaw, MCUB_FLAW_TOTAL, off + 2, tot, 0);
    }
    return explain_area(src, off + MCUB_TLV_INFO_SIZE, off + tot, flaw);
}

/* What has been seen of an image while its entries are checked. */
struct seen {
    const struct mcub_image *image;
    uint32_t rows; /* bit set over rules[] */
    bool hash;
    bool key;
};

static int tell_tlv(struct mcub_flaw *flaw, enum mcub_flaw_kind kind,
        const struct mcub_tlv *tlv, uint32_t limit)
{
    tell(flaw, kind, tlv->off - MCUB_TLV_HEADER_SIZE, tlv->len, limit);
    flaw->type = tlv->type;
    return 1;
}

static int check_length(const struct seen *s, const struct mcub_tlv *tlv,
        const struct type_rule *rule, struct mcub_flaw *flaw)
{
    if (((rule->rule & FIXED) != 0 && tlv->len != rule->min) ||
            tlv->len < rule->min) {
        return tell_tlv(flaw, MCUB_FLAW_LENGTH, tlv, rule->min);
    }
    if (mcub_tlv_type_is_key(tlv->type)) {
        size_t key_len = mcub_image_key_size(s->image);
        uint16_t want = mcub_key_tlv_size(tlv->type, key_len);

        if (key_len != 0 && tlv->len != want) {
            return tell_tlv(flaw, MCUB_FLAW_LENGTH, tlv, want);
        }
    }
    if (tlv->type == MCUB_TLV_KEYHASH && tlv->len > MCUB_HASH_MAX) {
        return tell_tlv(flaw, MCUB_FLAW_LENGTH, tlv, MCUB_HASH_MAX);
    }
    if (tlv->type == MCUB_TLV_PUBKEY && tlv->len > MCUB_SIGNATURE_MAX) {
        return tell_tlv(flaw, MCUB_FLAW_LENGTH, tlv, MCUB_SIGNATURE_MAX);
    }
    return 0;
}

/*
 * Content that is short enough to look at. ECDSA: a DER sequence, and zeros
 * behind it, as signers before 1.5 padded it to its usual length; short
 * numbers make them more than two, each byte once in 256 times.
 */
static int check_value(const struct seen *s, const struct mcub_tlv *tlv,
        struct mcub_flaw *flaw)
{
    uint8_t buf[2] = { 0 };
    bool wrong = false;

    if (tlv->type != MCUB_TLV_SIG_PURE && tlv->type != MCUB_TLV_ECDSA_SIG) {
        return 0;
    }
    int rc = mcub_source_read(&s->image->src, tlv->off, buf,
            mcub_min(tlv->len, sizeof(buf)));

    if (rc != 0) {
        return rc;
    }
    if (tlv->type == MCUB_TLV_SIG_PURE) {
        wrong = buf[0] != 1;
    } else {
        wrong = buf[0] != 0x30 || buf[1] >= 0x80 || buf[1] + 2 > tlv->len ||
                tlv->len - (buf[1] + 2) > MCUB_ECDSA_ZEROS_MAX;
    }
    if (!wrong) {
        return 0;
    }
    tell_tlv(flaw, MCUB_FLAW_VALUE, tlv, 0);
    flaw->value = buf[0];
    return 1;
}

static int check_tlv(struct seen *s, const struct mcub_tlv *tlv,
        struct mcub_flaw *flaw)
{
    const struct type_rule *rule = find_rule(tlv->type);

    if (tlv->type == MCUB_TLV_ANY) {
        return tell_tlv(flaw, MCUB_FLAW_TYPE_ANY, tlv, 0);
    }
    if (!tlv->prot && !mcub_tlv_type_may_be_unprotected(tlv->type)) {
        return tell_tlv(flaw, MCUB_FLAW_UNPROTECTED, tlv, 0);
    }
    if (rule == NULL) {
        return 0;
    }
    uint32_t bit = 1u << (unsigned)(rule - rules);
    bool is_hash = mcub_hash_size((enum mcub_hash_alg)tlv->type) != 0;
    bool is_key = mcub_tlv_type_is_key(tlv->type);

    if (tlv->prot && (rule->rule & UNPROT) != 0) {
        return tell_tlv(flaw, MCUB_FLAW_PROTECTED, tlv, 0);
    }
    int rc = check_length(s, tlv, rule, flaw);

    if (rc == 0 &&
            (((rule->rule & ONCE) != 0 && (s->rows & bit) != 0) ||
                    (is_hash && s->hash) || (is_key && s->key))) {
        rc = tell_tlv(flaw, MCUB_FLAW_TWICE, tlv, 0);
    }
    if (rc == 0) {
        rc = check_value(s, tlv, flaw);
    }
    s->rows |= bit;
    s->hash |= is_hash;
    s->key |= is_key;
    return rc;
}

static bool saw(const struct seen *s, uint16_t type)
{
    return (s->rows & (1u << (unsigned)(find_rule(type) - rules))) != 0;
}

static int check_whole(const struct seen *s, struct mcub_flaw *flaw)
{
    uint32_t flags = s->image->hdr.flags;
    uint32_t off = s->image->unprot_off;
    bool compressed = (flags & MCUB_IMAGE_COMPRESSED) != 0;

    if (!s->hash) {
        return tell(flaw, MCUB_FLAW_NO_HASH, off, 0, 0);
    }
    if ((flags & MCUB_IMAGE_ENCRYPTED) != 0 && !s->key) {
        return tell(flaw, MCUB_FLAW_NO_KEY, off, 0, 0);
    }
    if ((flags & MCUB_IMAGE_ENCRYPTED) == 0 && s->key) {
        return tell(flaw, MCUB_FLAW_KEY_UNASKED, off, 0, 0);
    }
    if (saw(s, MCUB_TLV_SIG_PURE) && !saw(s, MCUB_TLV_ED25519)) {
        return tell(flaw, MCUB_FLAW_PURE_UNSIGNED, off, 0, 0);
    }
    if (compressed && !saw(s, MCUB_TLV_DECOMP_SIZE)) {
        return tell(flaw, MCUB_FLAW_NO_SIZE, off, 0, 0);
    }
    if (!compressed && saw(s, MCUB_TLV_DECOMP_SIZE)) {
        return tell(flaw, MCUB_FLAW_SIZE_UNASKED, off, 0, 0);
    }
    return 0;
}

int mcub_image_find_flaw(const struct mcub_source *src, struct mcub_flaw *flaw)
{
    uint8_t buf[MCUB_IMAGE_HEADER_SIZE];
    struct mcub_image_header hdr = { .flags = 0 };
    struct mcub_image image;
    struct seen s = { .image = &image };
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    int rc = mcub_source_read(src, 0, buf, sizeof(buf));

    if (rc == 0) {
        rc = mcub_image_header_decode(buf, sizeof(buf), &hdr);
    }
    if (rc == MCUB_E_HEADER) {
        return explain_header(buf, flaw);
    }
    if (rc >= 0) {
        rc = mcub_image_open(&image, src);
    }
    if (rc == MCUB_E_TLV) {
        return explain_areas(src, &hdr, flaw);
    }
    if (rc != 0) {
        return rc;
    }
    rc = check_flags(hdr.flags, flaw);
    if (rc != 0) {
        return rc;
    }
    mcub_tlv_iter_init(&iter, &image, MCUB_TLV_ANY, false);
    while ((rc = mcub_tlv_next(&iter, &tlv)) > 0) {
        rc = check_tlv(&s, &tlv, flaw);
        if (rc != 0) {
            return rc;
        }
    }
    if (rc == 0) {
        rc = check_whole(&s, flaw);
    }
    if (rc == 0) {
        tell(flaw, MCUB_FLAW_NONE, 0, 0, 0);
    }
    return rc;
}

const char *mcub_flaw_to_str(enum mcub_flaw_kind kind)
{
    switch (kind) {
    case MCUB_FLAW_NONE:
        return "no defect";
    case MCUB_FLAW_HDR_SIZE:
        return "header size below 32";
    case MCUB_FLAW_PROT_SIZE:
        return "protected TLV area below 4 bytes";
    case MCUB_FLAW_SIZE_WRAPS:
        return "sizes of header and payload exceed 32 bits";
    case MCUB_FLAW_AES_FLAGS:
        return "flags say AES-128 and AES-256 at once";
    case MCUB_FLAW_LZMA_FLAGS:
        return "flags say LZMA1 and LZMA2 at once";
    case MCUB_FLAW_FILTER_FLAG:
        return "flags say ARM Thumb filter without compression";
    case MCUB_FLAW_ADDR_FLAGS:
        return "flags say RAM load and fixed flash address at once";
    case MCUB_FLAW_INFO_MAGIC:
        return "no TLV area behind the payload";
    case MCUB_FLAW_PROT_ABSENT:
        return "the header announces protected TLVs, but there are none";
    case MCUB_FLAW_PROT_UNASKED:
        return "protected TLVs that the header does not announce";
    case MCUB_FLAW_PROT_TOTAL:
        return "size of the protected TLV area differs from the header";
    case MCUB_FLAW_TOTAL:
        return "TLV area below 4 bytes";
    case MCUB_FLAW_OVERRUN:
        return "a TLV runs over the end of its area";
    case MCUB_FLAW_STRAY_BYTES:
        return "bytes behind the last TLV of an area";
    case MCUB_FLAW_TYPE_ANY:
        return "TLV type 0xffff is reserved";
    case MCUB_FLAW_UNPROTECTED:
        return "TLV type that belongs into the protected area";
    case MCUB_FLAW_PROTECTED:
        return "TLV type that does not belong into the protected area";
    case MCUB_FLAW_LENGTH:
        return "wrong length of a TLV";
    case MCUB_FLAW_TWICE:
        return "a second TLV of a kind that is allowed once";
    case MCUB_FLAW_VALUE:
        return "wrong content of a TLV";
    case MCUB_FLAW_NO_HASH:
        return "no image hash among the TLVs";
    case MCUB_FLAW_NO_KEY:
        return "flags say encrypted, but no TLV holds the key";
    case MCUB_FLAW_KEY_UNASKED:
        return "a TLV holds an image key, but the flags say not encrypted";
    case MCUB_FLAW_PURE_UNSIGNED:
        return "pure signature announced, but there is no Ed25519 signature";
    case MCUB_FLAW_NO_SIZE:
        return "flags say compressed, but the decompressed size is missing";
    case MCUB_FLAW_SIZE_UNASKED:
        return "a decompressed size, but the flags say not compressed";
    }
    return "unknown";
}
