// SPDX-License-Identifier: Apache-2.0
/*
 * The loop over keys and signatures, the view through encryption, the
 * reasons for refusals. Keys and ciphers here are letters: what they are in
 * earnest is tested in test_host_keys.c.
 */
#include "mcub/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcub/decrypt.h"
#include "mcub/flaw.h"
#include "mcub_rig.h"
#include "mcub_vectors.h"

#define ROOM 4096u

/* ---- images with any TLVs ---- */

struct built {
    uint8_t data[ROOM];
    size_t len;
    struct mcub_image image;
};

struct entry {
    uint16_t type;
    uint16_t len;
    const char *value; /* NULL: zeros */
};

static void put16(struct built *b, size_t v)
{
    b->data[b->len++] = (uint8_t)v;
    b->data[b->len++] = (uint8_t)(v >> 8);
}

static void put_area(struct built *b, unsigned magic,
        const struct entry *entries, size_t count)
{
    size_t start = b->len;

    put16(b, magic);
    put16(b, 0);
    for (size_t i = 0; i < count; i++) {
        put16(b, entries[i].type);
        put16(b, entries[i].len);
        memset(b->data + b->len, 0, entries[i].len);
        if (entries[i].value != NULL) {
            memcpy(b->data + b->len, entries[i].value, entries[i].len);
        }
        b->len += entries[i].len;
    }
    b->data[start + 2] = (uint8_t)(b->len - start);
    b->data[start + 3] = (uint8_t)((b->len - start) >> 8);
}

static const struct entry one_hash[] = { { MCUB_TLV_SHA256, 32, NULL } };

/* A header, payload 'x' and these areas; not opened. */
static void build(struct built *b, uint32_t flags, const struct entry *prot,
        size_t prot_count, const struct entry *unprot, size_t unprot_count)
{
    struct mcub_image_header hdr = { .hdr_size = 32,
        .img_size = 100,
        .flags = flags };

    memset(b, 0, sizeof(*b));
    b->len = 32;
    memset(b->data + 32, 'x', 100);
    b->len += 100;
    if (prot_count > 0) {
        put_area(b, MCUB_TLV_PROT_INFO_MAGIC, prot, prot_count);
        hdr.protect_tlv_size = (uint16_t)(b->len - 132);
    }
    put_area(b, MCUB_TLV_INFO_MAGIC, unprot, unprot_count);
    mcub_image_header_encode(&hdr, b->data);
}

static void open_built(struct built *b)
{
    struct mcub_source src = rig_source(b->data, b->len);

    assert_int_equal(mcub_image_open(&b->image, &src), 0);
}

/* ---- keys that are letters ---- */

/* Key "A" is number 0; its hash is 32 times 'a'; it signs by its letter. */
struct ring {
    const char *keys;
    const char *types; /* signature type of each: 'r' or 'e' */
    unsigned verified;
    bool pure;
    uint32_t size;
};

static int ring_find(void *ctx, uint16_t tlv, struct mcub_bytes value,
        enum mcub_hash_alg alg)
{
    const struct ring *ring = ctx;
    size_t count = strlen(ring->keys);

    (void)alg;
    for (size_t i = 0; i < count; i++) {
        char want = ring->keys[i];

        if (tlv == MCUB_TLV_KEYHASH) {
            want = (char)(want - 'A' + 'a');
        }
        if (value.ptr[0] == (uint8_t)want) {
            return (int)i;
        }
    }
    return MCUB_E_NOT_FOUND;
}

static uint16_t ring_sig_type(void *ctx, int key)
{
    const struct ring *ring = ctx;

    return ring->types[key] == 'r' ? MCUB_TLV_RSA2048_PSS : MCUB_TLV_ED25519;
}

static int ring_verify(void *ctx, int key, const struct mcub_signature *sig)
{
    struct ring *ring = ctx;

    ring->verified++;
    ring->pure = sig->pure;
    ring->size = sig->size;
    return sig->value.ptr[0] == (uint8_t)ring->keys[key] ? 0 : MCUB_E_SIGNATURE;
}

static const struct mcub_key_ops ring_ops = { ring_find, ring_sig_type,
    ring_verify };

/*
 * An image whose TLVs are written as a word: a, b key hashes; A, B Ed25519
 * signatures by them; R an RSA signature by A; P PUBKEY of A; ? a signature
 * by nobody; p SIG_PURE.
 */
static int verify_word(const char *word, struct ring *ring,
        struct mcub_signature_report *report)
{
    static char texts[8][256];
    struct entry entries[9] = { one_hash[0] };
    struct mcub_keys keys = { &ring_ops, ring };
    struct mcub_hash hash = { MCUB_HASH_SHA256, 32, { 0 } };
    uint8_t scratch[MCUB_SIGNATURE_MAX];
    struct built b;
    size_t n = 0;

    for (; word[n] != 0; n++) {
        struct entry *e = &entries[n + 1];

        memset(texts[n], word[n], sizeof(texts[n]));
        e->value = texts[n];
        switch (word[n]) {
        case 'R':
            e->type = MCUB_TLV_RSA2048_PSS;
            e->len = 256;
            memset(texts[n], 'A', 256);
            break;
        case 'P':
            e->type = MCUB_TLV_PUBKEY;
            e->len = 44;
            memset(texts[n], 'A', 256);
            break;
        case 'p':
            e->type = MCUB_TLV_SIG_PURE;
            e->len = 1;
            texts[n][0] = 1;
            break;
        default:
            e->type = word[n] >= 'a' ? MCUB_TLV_KEYHASH : MCUB_TLV_ED25519;
            e->len = word[n] >= 'a' ? 32 : 64;
            break;
        }
    }
    build(&b, 0, NULL, 0, entries, n + 1);
    open_built(&b);
    return mcub_image_verify_signature(&b.image, &hash, &keys, scratch, report);
}

static void sign_follows_the_table_of_the_reference(void **state)
{
    static const struct {
        const char *word;
        int result;
        unsigned good;
        unsigned wrong;
    } rows[] = {
        { "aA", 0, 1, 0 },
        { "bB", 0, 1, 0 },
        { "PA", 0, 1, 0 },
        { "", MCUB_E_SIGNATURE, 0, 0 },
        { "a", MCUB_E_SIGNATURE, 0, 0 },
        { "A", MCUB_E_SIGNATURE, 0, 0 },  /* nobody selected a key */
        { "Aa", MCUB_E_SIGNATURE, 0, 0 }, /* too late */
        { "aB", MCUB_E_SIGNATURE, 0, 1 }, /* another key's */
        { "cA", MCUB_E_SIGNATURE, 0, 0 }, /* unknown key */
        { "c?aA", 0, 1, 0 },              /* unknown is no error */
        { "aAbB", 0, 2, 0 },
        { "aAb?", MCUB_E_SIGNATURE, 1, 1 }, /* the last one counts */
        { "a?bB", 0, 1, 1 },
        { "aA?", 0, 1, 0 },               /* the key was used up: skipped */
        { "aR", MCUB_E_SIGNATURE, 0, 0 }, /* type of another key */
        { "aRA", 0, 1, 0 },               /* and the key stays selected */
        { "abB", 0, 1, 0 },               /* the later hash selects */
        { "acA", MCUB_E_SIGNATURE, 0, 0 },
        { "paA", 0, 1, 0 },
        { "aAp", 0, 1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ring ring = { .keys = "AB", .types = "ee" };
        struct mcub_signature_report report;
        int rc = verify_word(rows[i].word, &ring, &report);

        if (rc != rows[i].result || report.good != rows[i].good ||
                report.wrong != rows[i].wrong) {
            fail_msg("\"%s\": %d, good %u, wrong %u; want %d, %u, %u",
                    rows[i].word, rc, report.good, report.wrong, rows[i].result,
                    rows[i].good, rows[i].wrong);
        }
        assert_int_equal(ring.verified, rows[i].good + rows[i].wrong);
        assert_int_equal(report.pure, strchr(rows[i].word, 'p') != NULL);
        assert_int_equal(report.key >= 0, rows[i].good > 0);
        if (ring.verified > 0) {
            assert_int_equal(ring.pure, report.pure);
            assert_int_equal(ring.size, 132);
        }
    }
}

static void sign_takes_cut_key_hashes_but_no_empty_ones(void **state)
{
    struct ring ring = { .keys = "A", .types = "e" };
    struct mcub_keys keys = { &ring_ops, &ring };
    struct mcub_hash hash = { MCUB_HASH_SHA256, 32, { 0 } };
    uint8_t scratch[MCUB_SIGNATURE_MAX];
    char a[64];
    char sig[64];

    (void)state;
    memset(a, 'a', sizeof(a));
    memset(sig, 'A', sizeof(sig));
    for (uint16_t len = 0; len < 40; len++) {
        struct entry entries[] = { one_hash[0], { MCUB_TLV_KEYHASH, len, a },
            { MCUB_TLV_ED25519, 64, sig } };
        struct built b;

        build(&b, 0, NULL, 0, entries, 3);
        open_built(&b);
        assert_int_equal(mcub_image_verify_signature(&b.image, &hash, &keys,
                                 scratch, NULL),
                len >= 1 && len <= 32 ? 0 : MCUB_E_TLV);
    }
}

static void sign_refuses_pure_that_is_not_1(void **state)
{
    static const struct entry bad[][2] = {
        { { MCUB_TLV_SIG_PURE, 1, "\0" }, { MCUB_TLV_SHA256, 32, NULL } },
        { { MCUB_TLV_SIG_PURE, 1, "\2" }, { MCUB_TLV_SHA256, 32, NULL } },
        { { MCUB_TLV_SIG_PURE, 0, "" }, { MCUB_TLV_SHA256, 32, NULL } },
        { { MCUB_TLV_SIG_PURE, 2, "\1\1" }, { MCUB_TLV_SHA256, 32, NULL } },
    };
    struct ring ring = { .keys = "A", .types = "e" };
    struct mcub_keys keys = { &ring_ops, &ring };
    struct mcub_hash hash = { MCUB_HASH_SHA256, 32, { 0 } };
    uint8_t scratch[MCUB_SIGNATURE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct built b;

        build(&b, 0, NULL, 0, bad[i], 2);
        open_built(&b);
        assert_int_equal(mcub_image_verify_signature(&b.image, &hash, &keys,
                                 scratch, NULL),
                MCUB_E_TLV);
    }
}

/* ---- encryption: a byte stream that tells its block ---- */

static uint8_t stream_byte(const uint8_t *key, uint32_t at)
{
    return (uint8_t)(key[at % 16] ^ (at / 16 * 7 + 1));
}

static int letter_unwrap(void *ctx, uint16_t tlv, struct mcub_bytes wrapped,
        uint8_t *key, size_t key_len)
{
    (void)ctx;
    assert_int_equal(wrapped.len, mcub_key_tlv_size(tlv, key_len));
    if (wrapped.ptr[0] == '!') {
        return MCUB_E_SIGNATURE;
    }
    memcpy(key, wrapped.ptr, key_len);
    return 0;
}

static int letter_ctr(void *ctx, struct mcub_bytes key, uint32_t block,
        uint8_t *data, size_t len)
{
    unsigned *calls = ctx;

    (*calls)++;
    for (size_t i = 0; i < len; i++) {
        data[i] ^= stream_byte(key.ptr, block * 16 + (uint32_t)i);
    }
    return 0;
}

static const struct mcub_cipher_ops letter_cipher = { letter_unwrap,
    letter_ctr };

static void decrypt_reads_every_part_as_it_reads_the_whole(void **state)
{
    static const struct entry entries[] = { { MCUB_TLV_SHA256, 32, NULL },
        { MCUB_TLV_ENC_KW, 24, "0123456789abcdefgggggggg" } };
    struct mcub_decrypt dec;
    struct mcub_image plain;
    struct built b;
    uint8_t whole[ROOM];
    uint8_t part[ROOM];
    unsigned calls = 0;

    (void)state;
    build(&b, MCUB_IMAGE_AES128, NULL, 0, entries, 2);
    for (uint32_t i = 0; i < 100; i++) {
        b.data[32 + i] ^= stream_byte((const uint8_t *)entries[1].value, i);
    }
    open_built(&b);
    assert_int_equal(mcub_decrypt_open(&dec, &b.image, &letter_cipher, &calls,
                             &plain),
            0);
    assert_true(plain.plain);
    assert_int_equal(mcub_source_read(&plain.src, 0, whole, b.len), 0);
    assert_memory_equal(whole, b.data, 32);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(whole[32 + i], 'x');
    }
    assert_memory_equal(whole + 132, b.data + 132, b.len - 132);
    for (uint32_t off = 0; off <= b.len; off++) {
        for (size_t len = 0; len <= b.len - off; len += 1 + len / 7) {
            memset(part, 0, sizeof(part));
            assert_int_equal(mcub_source_read(&plain.src, off, part, len), 0);
            assert_memory_equal(part, whole + off, len);
        }
    }
    mcub_decrypt_finish(&dec);
    for (size_t i = 0; i < sizeof(dec.cipher.key); i++) {
        assert_int_equal(dec.cipher.key[i], 0);
    }
}

static void decrypt_refuses_what_it_cannot_open(void **state)
{
    static const struct {
        uint32_t flags;
        struct entry key;
        int result;
    } rows[] = {
        { 0, { MCUB_TLV_ENC_KW, 24, NULL }, MCUB_E_NOT_FOUND },
        { MCUB_IMAGE_AES128, { MCUB_TLV_KEYHASH, 32, NULL }, MCUB_E_TLV },
        { MCUB_IMAGE_AES128, { MCUB_TLV_ENC_KW, 23, NULL }, MCUB_E_TLV },
        { MCUB_IMAGE_AES256, { MCUB_TLV_ENC_KW, 24, NULL }, MCUB_E_TLV },
        { MCUB_IMAGE_AES256, { MCUB_TLV_ENC_EC256, 129, "!" },
                MCUB_E_SIGNATURE },
        { MCUB_IMAGE_AES128, { MCUB_TLV_ENC_X25519, 96, NULL }, MCUB_E_TLV },
    };
    unsigned calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char value[300] = { 0 };
        struct entry entries[] = { one_hash[0], rows[i].key };
        struct mcub_decrypt dec;
        struct mcub_image plain;
        struct built b;

        value[0] = rows[i].key.value != NULL ? rows[i].key.value[0] : 0;
        entries[1].value = value;
        build(&b, rows[i].flags, NULL, 0, entries, 2);
        open_built(&b);
        assert_int_equal(mcub_decrypt_open(&dec, &b.image, &letter_cipher,
                                 &calls, &plain),
                rows[i].result);
    }
}

/* ---- flaws ---- */

static void flaw_is_found_in_every_negative_vector(void **state)
{
    static const struct {
        const char *name;
        int result;
        enum mcub_flaw_kind kind;
    } want[] = {
        { "bad-magic", MCUB_E_MAGIC, MCUB_FLAW_NONE },
        { "bad-hash", 0, MCUB_FLAW_NONE },
        { "hdr-img-overflow", 1, MCUB_FLAW_SIZE_WRAPS },
        { "tlv-magic-wrong", 1, MCUB_FLAW_INFO_MAGIC },
        { "tlv-tot-short", 1, MCUB_FLAW_OVERRUN },
        { "tlv-len-overrun", 1, MCUB_FLAW_OVERRUN },
        { "ptlv-size-mismatch", 1, MCUB_FLAW_PROT_ABSENT },
        { "prot-tot-mismatch", 1, MCUB_FLAW_PROT_TOTAL },
        { "both-aes-flags", 1, MCUB_FLAW_AES_FLAGS },
        { "both-lzma-flags", 1, MCUB_FLAW_LZMA_FLAGS },
        { "sha-wrong-length", 1, MCUB_FLAW_LENGTH },
        { "encrypted-flag-no-key-tlv", 1, MCUB_FLAW_NO_KEY },
        { "no-hash-tlv", 1, MCUB_FLAW_UNPROTECTED },
        { "truncated-header", MCUB_E_SHORT, MCUB_FLAW_NONE },
        { "truncated-tlv", MCUB_E_SHORT, MCUB_FLAW_NONE },
    };

    (void)state;
    assert_int_equal(vec_negatives_count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < vec_negatives_count; i++) {
        const struct vec_negative *v = &vec_negatives[i];
        struct mcub_source src = rig_source(v->data.ptr, v->data.len);
        struct mcub_flaw flaw = { .kind = MCUB_FLAW_NONE };

        assert_string_equal(v->name, want[i].name);
        assert_int_equal(mcub_image_find_flaw(&src, &flaw), want[i].result);
        assert_int_equal(flaw.kind, want[i].kind);
    }
}

static void flaw_is_not_found_in_any_good_vector(void **state)
{
    (void)state;
    for (size_t i = 0; i < vec_images_count; i++) {
        const struct vec_image *v = &vec_images[i];
        struct mcub_source src = rig_source(v->data.ptr, v->data.len);
        struct mcub_flaw flaw;

        if (mcub_image_find_flaw(&src, &flaw) != 0) {
            fail_msg("%s: %s", v->name, mcub_flaw_to_str(flaw.kind));
        }
    }
}

static void flaw_names_type_and_place(void **state)
{
    static const struct {
        struct entry prot;
        struct entry unprot;
        uint32_t flags;
        enum mcub_flaw_kind kind;
        uint32_t off;
    } rows[] = {
        { { 0xffff, 0, NULL }, { 1, 32, NULL }, 0, MCUB_FLAW_TYPE_ANY, 136 },
        { { 0xa0, 1, NULL }, { 0xa0, 1, NULL }, 0, MCUB_FLAW_UNPROTECTED, 181 },
        { { 0x24, 64, NULL }, { 1, 32, NULL }, 0, MCUB_FLAW_PROTECTED, 136 },
        { { 0x50, 5, NULL }, { 1, 32, NULL }, 0, MCUB_FLAW_LENGTH, 136 },
        { { 0xa0, 1, NULL }, { 1, 65, NULL }, 0, MCUB_FLAW_LENGTH, 181 },
        { { 0xa0, 1, NULL }, { 0x10, 32, NULL }, 0, MCUB_FLAW_TWICE, 181 },
        { { 0xa0, 1, NULL }, { 0x11, 48, NULL }, 0, MCUB_FLAW_TWICE, 181 },
        { { 0xa0, 1, NULL }, { 0x22, 70, NULL }, 0, MCUB_FLAW_VALUE, 181 },
        { { 0xa0, 1, NULL }, { 0x31, 24, NULL }, 0, MCUB_FLAW_KEY_UNASKED,
                141 },
        { { 0x70, 4, NULL }, { 1, 32, NULL }, 0, MCUB_FLAW_SIZE_UNASKED, 144 },
        { { 0xa0, 1, NULL }, { 1, 32, NULL }, MCUB_IMAGE_LZMA2,
                MCUB_FLAW_NO_SIZE, 141 },
        { { 0xa0, 1, NULL }, { 0x25, 1, "\1" }, 0, MCUB_FLAW_PURE_UNSIGNED,
                141 },
        { { 0xa0, 1, NULL }, { 1, 32, NULL },
                MCUB_IMAGE_RAM_LOAD | MCUB_IMAGE_ROM_FIXED,
                MCUB_FLAW_ADDR_FLAGS, 16 },
        { { 0xa0, 1, NULL }, { 1, 32, NULL }, MCUB_IMAGE_ARM_THUMB,
                MCUB_FLAW_FILTER_FLAG, 16 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct entry entries[] = { one_hash[0], rows[i].unprot };
        struct mcub_flaw flaw = { .kind = MCUB_FLAW_NONE };
        struct built b;

        build(&b, rows[i].flags, &rows[i].prot, 1, entries, 2);
        struct mcub_source src = rig_source(b.data, b.len);

        assert_int_equal(mcub_image_find_flaw(&src, &flaw), 1);
        if (flaw.kind != rows[i].kind || flaw.off != rows[i].off) {
            fail_msg("row %zu: %s at %u, want %s at %u", i,
                    mcub_flaw_to_str(flaw.kind), flaw.off,
                    mcub_flaw_to_str(rows[i].kind), rows[i].off);
        }
    }
}

static void flaw_kinds_all_have_words(void **state)
{
    (void)state;
    for (int kind = MCUB_FLAW_NONE; kind <= MCUB_FLAW_SIZE_UNASKED; kind++) {
        const char *text = mcub_flaw_to_str((enum mcub_flaw_kind)kind);

        assert_string_not_equal(text, "unknown");
        for (int other = MCUB_FLAW_NONE; other < kind; other++) {
            assert_string_not_equal(text,
                    mcub_flaw_to_str((enum mcub_flaw_kind)other));
        }
    }
    assert_string_equal(mcub_flaw_to_str((enum mcub_flaw_kind)99), "unknown");
    assert_true(mcub_tlv_type_is_vendor(0x00a0));
    assert_true(mcub_tlv_type_is_vendor(0xfffe));
    assert_false(mcub_tlv_type_is_vendor(0xffff));
    assert_false(mcub_tlv_type_is_vendor(0x019f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_follows_the_table_of_the_reference),
        cmocka_unit_test(sign_takes_cut_key_hashes_but_no_empty_ones),
        cmocka_unit_test(sign_refuses_pure_that_is_not_1),
        cmocka_unit_test(decrypt_reads_every_part_as_it_reads_the_whole),
        cmocka_unit_test(decrypt_refuses_what_it_cannot_open),
        cmocka_unit_test(flaw_is_found_in_every_negative_vector),
        cmocka_unit_test(flaw_is_not_found_in_any_good_vector),
        cmocka_unit_test(flaw_names_type_and_place),
        cmocka_unit_test(flaw_kinds_all_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
