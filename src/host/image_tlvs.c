// SPDX-License-Identifier: Apache-2.0
/*
 * Protected TLVs: security counter, boot record, dependencies, vendor and
 * class, custom ones.
 */
#include "host/image_tlvs.h"

#include <string.h>

#include <openssl/evp.h>

#include "mcub/flaw.h"

const uint8_t host_uuid_dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11,
    0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };

static void put32(uint8_t *p, uint32_t n)
{
    for (size_t i = 0; i < 4; i++) {
        p[i] = (uint8_t)(n >> (8 * i));
    }
}

/* Takes value. */
static void add(struct host_tlvs *tlvs, uint16_t type, GBytes *value)
{
    struct mcub_tlv_spec *spec = &tlvs->specs[tlvs->count++];
    gsize len = 0;

    spec->type = type;
    spec->value.ptr = g_bytes_get_data(value, &len);
    spec->value.len = len;
    g_ptr_array_add(tlvs->values, value);
}

static void add_copy(struct host_tlvs *tlvs, uint16_t type, const void *value,
        size_t len)
{
    add(tlvs, type, g_bytes_new(value, len));
}

/* CBOR heads: lengths here stay below 256. */
static void cbor_head(GByteArray *out, uint8_t major, size_t n)
{
    uint8_t head[2] = { (uint8_t)(major << 5), (uint8_t)n };

    head[0] |= (uint8_t)(n < 24 ? n : 24);
    g_byte_array_append(out, head, n < 24 ? 1 : 2);
}

static void cbor_entry(GByteArray *out, uint8_t key, uint8_t major,
        const void *value, size_t len)
{
    cbor_head(out, 0, key);
    cbor_head(out, major, len);
    g_byte_array_append(out, value, (guint)len);
}

/*
 * {1: type, 4: version, 5: signer, 6: name of the hash, 2: measurement}; the
 * measurement is last and zero: the bootloader puts the image hash there.
 * Source: mcuboot docs/imgtool.md, docs/design.md "Measured boot"
 */
static void add_boot_record(struct host_tlvs *tlvs,
        const struct host_sign_spec *spec, enum mcub_hash_alg alg,
        const uint8_t *key_hash)
{
    static const uint8_t zero[MCUB_HASH_MAX];
    GByteArray *out = g_byte_array_new();
    const char *hash = mcub_tlv_type_to_str((uint16_t)alg);
    size_t len = mcub_hash_size(alg);
    char *version = g_strdup_printf("%u.%u.%u", spec->version.major,
            spec->version.minor, spec->version.revision);

    cbor_head(out, 5, 5);
    cbor_entry(out, 1, 3, spec->boot_record, strlen(spec->boot_record));
    cbor_entry(out, 4, 3, version, strlen(version));
    cbor_entry(out, 5, 2, key_hash != NULL ? key_hash : zero,
            key_hash != NULL ? len : 32);
    cbor_entry(out, 6, 3, hash, strlen(hash));
    cbor_entry(out, 2, 2, zero, len);
    g_free(version);
    add(tlvs, MCUB_TLV_BOOT_RECORD, g_byte_array_free_to_bytes(out));
}

/* Source: mcuboot docs/design.md, "Dependency check". */
static void add_dependency(struct host_tlvs *tlvs,
        const struct mcub_dependency *dep)
{
    uint8_t out[12] = { dep->image, 0, 0, 0, dep->version.major,
        dep->version.minor, (uint8_t)dep->version.revision,
        (uint8_t)(dep->version.revision >> 8) };

    put32(out + 8, dep->version.build);
    add_copy(tlvs, MCUB_TLV_DEPENDENCY, out, sizeof(out));
}

static bool parse_hex(const char *text, uint8_t out[16])
{
    static const uint8_t dash_before[] = { 4, 6, 8, 10 };
    bool dashes = strlen(text) == 36;
    size_t next = 0;

    if (!dashes && strlen(text) != 32) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        if (dashes && next < sizeof(dash_before) && dash_before[next] == i) {
            next++;
            if (*text++ != '-') {
                return false;
            }
        }
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1])) {
            return false;
        }
        out[i] = (uint8_t)(g_ascii_xdigit_value(text[0]) * 16 +
                g_ascii_xdigit_value(text[1]));
        text += 2;
    }
    return true;
}

/* UUID version 5: SHA-1 of name space and name. Source: RFC 4122, 4.3 */
static bool hash_name(const char *name, const uint8_t *space, uint8_t out[16])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sha1[EVP_MAX_MD_SIZE];
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
            EVP_DigestUpdate(ctx, space, 16) == 1 &&
            EVP_DigestUpdate(ctx, name, strlen(name)) == 1 &&
            EVP_DigestFinal_ex(ctx, sha1, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    if (good) {
        memcpy(out, sha1, 16);
        out[6] = (uint8_t)((out[6] & 0x0fu) | 0x50u);
        out[8] = (uint8_t)((out[8] & 0x3fu) | 0x80u);
    }
    return good;
}

int host_uuid_parse(const char *text, const uint8_t *space, uint8_t out[16])
{
    if (parse_hex(text, out)) {
        return 0;
    }
    if (space == NULL || text[0] == '\0') {
        return -1;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return -1;
        }
    }
    return hash_name(text, space, out) ? 0 : -1;
}

static int add_uuids(struct host_tlvs *tlvs, const struct host_sign_spec *spec,
        struct host_error *err)
{
    uint8_t vid[16];

    if (spec->vid != NULL) {
        if (host_uuid_parse(spec->vid, host_uuid_dns, vid) != 0) {
            return host_error_set(err, DFU_OTHER,
                    "give a UUID or a domain name",
                    "--vid: neither UUID nor name");
        }
        add_copy(tlvs, MCUB_TLV_UUID_VID, vid, sizeof(vid));
    }
    if (spec->cid != NULL) {
        uint8_t cid[16];

        if (host_uuid_parse(spec->cid, spec->vid != NULL ? vid : NULL, cid) !=
                0) {
            return host_error_set(err, DFU_OTHER,
                    "give a UUID, or a name together with --vid",
                    "--cid: neither UUID nor a name that could be turned into "
                    "one");
        }
        add_copy(tlvs, MCUB_TLV_UUID_CID, cid, sizeof(cid));
    }
    return 0;
}

static int add_custom(struct host_tlvs *tlvs, const struct host_sign_spec *spec,
        struct host_error *err)
{
    for (size_t i = 0; i < spec->tlv_count; i++) {
        const struct host_custom_tlv *tlv = &spec->tlvs[i];

        if (!mcub_tlv_type_is_vendor(tlv->type)) {
            return host_error_set(err, DFU_OTHER,
                    "vendors have 0x00a0 to 0x00ff, 0x01a0 to 0x01ff, … to "
                    "0xfffe",
                    "--custom-tlv 0x%04x: not in the range for vendors",
                    tlv->type);
        }
        for (size_t k = 0; k < i; k++) {
            if (spec->tlvs[k].type == tlv->type) {
                return host_error_set(err, DFU_OTHER, "give each type once",
                        "--custom-tlv 0x%04x: given twice", tlv->type);
            }
        }
        add(tlvs, tlv->type, g_bytes_ref(tlv->value));
    }
    return 0;
}

int host_tlvs_build(struct host_tlvs *tlvs, const struct host_sign_spec *spec,
        enum mcub_hash_alg alg, const uint8_t *key_hash, struct host_error *err)
{
    memset(tlvs, 0, sizeof(*tlvs));
    tlvs->values =
            g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    if (spec->tlv_count > HOST_SIGN_TLVS_MAX ||
            spec->dep_count > HOST_SIGN_DEPS_MAX) {
        return host_error_set(err, DFU_OTHER, NULL,
                "too many custom TLVs or dependencies");
    }
    if (spec->has_security_counter) {
        uint8_t counter[4];

        put32(counter, spec->security_counter);
        add_copy(tlvs, MCUB_TLV_SEC_CNT, counter, sizeof(counter));
    }
    if (spec->boot_record != NULL) {
        if (strlen(spec->boot_record) > HOST_SW_TYPE_MAX) {
            return host_error_set(err, DFU_OTHER, "use a shorter one",
                    "--boot-record: more than %u bytes", HOST_SW_TYPE_MAX);
        }
        add_boot_record(tlvs, spec, alg, key_hash);
    }
    for (size_t i = 0; i < spec->dep_count; i++) {
        add_dependency(tlvs, &spec->deps[i]);
    }
    if (add_uuids(tlvs, spec, err) != 0) {
        return -1;
    }
    return add_custom(tlvs, spec, err);
}

void host_tlvs_clear(struct host_tlvs *tlvs)
{
    if (tlvs->values != NULL) {
        g_ptr_array_unref(tlvs->values);
        tlvs->values = NULL;
    }
    tlvs->count = 0;
}
