// SPDX-License-Identifier: Apache-2.0
/*
 * Worked packets, byte for byte: struct to bytes and bytes to struct. The
 * packets are of the public protocol description and of the log of the device
 * that this project started with (an nRF5340 DK, nRF Connect SDK 2.4.1).
 */
#include "smp_test.h"

#include "smp/group_basic.h"
#include "smp/group_enum.h"
#include "smp/group_image.h"
#include "smp/group_os.h"
#include "smp/response.h"

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

/* Counting patterns: hashes and the like are windows of it. */
static uint8_t counting[256];

#define BYTES(from, size)         \
    {                             \
        counting + (from), (size) \
    }

static const uint8_t image_start[32] = { 0x3d, 0xb8, 0xf3, 0x96, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 1, 2 };
static const uint8_t chunk[4] = { 0x00, 0x11, 0x22, 0x33 };

/* One message: header, table and struct, and its bytes. */
struct packet {
    const char *hex;
    uint16_t group;
    uint8_t version;
    uint8_t op;
    uint8_t seq;
    uint8_t id;
    uint8_t form;
    const struct smp_map *map; /* NULL: an empty map */
    const void *body;
};

static const struct smp_map empty_map = { .size = 4 };
static const uint32_t empty_body;

static bool fields_equal(const struct smp_field *f, const uint8_t *a,
        const uint8_t *b)
{
    struct smp_bytes x;
    struct smp_bytes y;

    if (!(f->types &
                (SMP_TYPE_TEXT | SMP_TYPE_BYTES | SMP_TYPE_MAP |
                        SMP_TYPE_ARRAY))) {
        return memcmp(a + f->offset, b + f->offset, f->size) == 0;
    }
    memcpy(&x, a + f->offset, sizeof(x));
    memcpy(&y, b + f->offset, sizeof(y));
    return x.len == y.len && (x.len == 0 || memcmp(x.ptr, y.ptr, x.len) == 0);
}

static void check_packet(const struct packet *p)
{
    const struct smp_map *map = p->map != NULL ? p->map : &empty_map;
    const void *body = p->body != NULL ? p->body : &empty_body;
    uint8_t want[256];
    uint8_t is[256];
    uint64_t back[40];
    struct smp_header h;
    struct smp_encoder e;
    uint32_t has[2];
    size_t len = unhex(p->hex, want, sizeof(want));
    int n;

    memset(&h, 0, sizeof(h));
    smp_encoder_init(&e, is + 8, sizeof(is) - 8, (enum smp_form)p->form);
    smp_put_struct(&e, map, body);
    n = smp_encoder_finish(&e);
    assert_true(n > 0);
    h.version = p->version;
    h.op = p->op;
    h.seq = p->seq;
    h.len = (uint16_t)n;
    h.group = p->group;
    h.id = p->id;
    smp_header_encode(&h, is);
    assert_bytes(is, 8 + (size_t)n, want, len);
    assert_int_equal(smp_struct_size(map, body) +
                    (p->form == SMP_FORM_INDEFINITE),
            n);

    memset(&h, 0, sizeof(h));
    assert_int_equal(smp_header_decode(want, len, &h), 8);
    assert_int_equal(h.version, p->version);
    assert_int_equal(h.op, p->op);
    assert_int_equal(h.seq, p->seq);
    assert_int_equal(h.len, len - 8);
    assert_int_equal(h.group, p->group);
    assert_int_equal(h.id, p->id);
    assert_true(map->size <= sizeof(back));
    assert_int_equal(smp_map_decode(map,
                             (struct smp_bytes){ want + 8, len - 8 }, back),
            0);
    memcpy(&has[0], body, 4);
    memcpy(&has[1], back, 4);
    assert_int_equal(has[0], has[1]);
    for (unsigned i = 0; i < map->count; i++) {
        if (has[0] >> i & 1) {
            assert_true(
                    fields_equal(&map->fields[i], body, (const uint8_t *)back));
        }
    }
}

static void packets_of_the_os_group(void **state)
{
    static const struct smp_os_echo_req echo = { 1, TEXT("hello") };
    static const struct smp_os_echo_rsp echo_rsp = { 1, TEXT("hello") };
    static const struct smp_os_params_rsp params = { 3, 2475, 4 };
    static const struct smp_os_info_req info = { 1, TEXT("sv") };
    static const struct smp_os_info_rsp info_rsp = { 1, TEXT("Zephyr 4.1.0") };
    static const struct smp_os_bootloader_req query = { 1, TEXT("mode") };
    static const struct smp_os_bootloader_rsp mode = {
        .has = SMP_OS_BOOTLOADER_RSP_MODE,
        .mode = SMP_BOOTLOADER_SWAP_MOVE,
    };
    static const struct smp_os_datetime date = { 1,
        TEXT("2026-11-22T09:57:00") };
    static const struct smp_os_reset_req reset = { 3, true, 1 };
    static const struct packet packets[] = {
        { "0A 00 00 09 00 00 42 00 A1 61 64 65 68 65 6C 6C 6F", 0, 1, 2, 0x42,
                0, 0, &smp_os_echo_req_map, &echo },
        { "0B 00 00 0A 00 00 42 00 BF 61 72 65 68 65 6C 6C 6F FF", 0, 1, 3,
                0x42, 0, 1, &smp_os_echo_rsp_map, &echo_rsp },
        { "0B 00 00 09 00 00 42 00 A1 61 72 65 68 65 6C 6C 6F", 0, 1, 3, 0x42,
                0, 0, &smp_os_echo_rsp_map, &echo_rsp },
        { "08 00 00 01 00 00 01 06 A0", 0, 1, 0, 1, 6, 0, NULL, NULL },
        { "09 00 00 19 00 00 01 06 BF 68 62 75 66 5F 73 69 7A 65 19 09 AB 69"
          "62 75 66 5F 63 6F 75 6E 74 04 FF",
                0, 1, 1, 1, 6, 1, &smp_os_params_rsp_map, &params },
        { "08 00 00 0B 00 00 0B 07 A1 66 66 6F 72 6D 61 74 62 73 76", 0, 1, 0,
                11, 7, 0, &smp_os_info_req_map, &info },
        { "09 00 00 16 00 00 0B 07 BF 66 6F 75 74 70 75 74 6C 5A 65 70 68 79"
          "72 20 34 2E 31 2E 30 FF",
                0, 1, 1, 11, 7, 1, &smp_os_info_rsp_map, &info_rsp },
        { "08 00 00 0C 00 00 0A 08 A1 65 71 75 65 72 79 64 6D 6F 64 65", 0, 1,
                0, 10, 8, 0, &smp_os_bootloader_req_map, &query },
        { "09 00 00 08 00 00 0A 08 BF 64 6D 6F 64 65 03 FF", 0, 1, 1, 10, 8, 1,
                &smp_os_bootloader_rsp_map, &mode },
        { "0A 00 00 1E 00 00 0D 04 A1 68 64 61 74 65 74 69 6D 65 73 32 30 32"
          "36 2D 31 31 2D 32 32 54 30 39 3A 35 37 3A 30 30",
                0, 1, 2, 13, 4, 0, &smp_os_datetime_map, &date },
        { "0A 00 00 01 00 00 07 05 A0", 0, 1, 2, 7, 5, 0, NULL, NULL },
        { "0B 00 00 02 00 00 07 05 BF FF", 0, 1, 3, 7, 5, 1, NULL, NULL },
        { "0A 00 00 13 00 00 08 05 A2 65 66 6F 72 63 65 F5 69 62 6F 6F 74 5F"
          "6D 6F 64 65 01",
                0, 1, 2, 8, 5, 0, &smp_os_reset_req_map, &reset },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        check_packet(&packets[i]);
    }
}

static void packets_of_the_image_group(void **state)
{
    static const struct smp_image_upload_req first = {
        .has = 0x1f,
        .image = 1,
        .len = 65536,
        .off = 0,
        .sha = BYTES(0x40, 32),
        .data = { image_start, 32 },
    };
    static const struct smp_image_upload_req next = {
        .has = SMP_IMAGE_UPLOAD_REQ_OFF | SMP_IMAGE_UPLOAD_REQ_DATA,
        .off = 32,
        .data = { chunk, 4 },
    };
    static const struct smp_image_upload_rsp off = { 1, 32, false };
    static const struct smp_image_upload_rsp match = { 3, 65536, true };
    static const struct smp_image_state_req test = { 3, BYTES(0x80, 32),
        false };
    static const struct smp_image_state_req confirm = {
        .has = SMP_IMAGE_STATE_REQ_CONFIRM,
        .confirm = true,
    };
    static const struct smp_image_erase_req erase = { 1, 3 };
    static const struct packet packets[] = {
        { "08 00 00 01 00 01 02 00 A0", 1, 1, 0, 2, 0, 0, NULL, NULL },
        { "0A 00 00 63 00 01 03 01 A5 65 69 6D 61 67 65 01 63 6C 65 6E 1A 00"
          "01 00 00 63 6F 66 66 00 63 73 68 61 58 20 40 41 42 43 44 45 46 47"
          "48 49 4A 4B 4C 4D 4E 4F 50 51 52 53 54 55 56 57 58 59 5A 5B 5C 5D"
          "5E 5F 64 64 61 74 61 58 20 3D B8 F3 96 00 00 00 00 00 02 00 00 00"
          "10 00 00 00 00 00 00 01 02 00 00 00 00 00 00 00 00 00 00",
                1, 1, 2, 3, 1, 0, &smp_image_upload_req_map, &first },
        { "0B 00 00 08 00 01 03 01 BF 63 6F 66 66 18 20 FF", 1, 1, 3, 3, 1, 1,
                &smp_image_upload_rsp_map, &off },
        { "0A 00 00 11 00 01 04 01 A2 63 6F 66 66 18 20 64 64 61 74 61 44 00"
          "11 22 33",
                1, 1, 2, 4, 1, 0, &smp_image_upload_req_map, &next },
        { "0B 00 00 12 00 01 05 01 BF 63 6F 66 66 1A 00 01 00 00 65 6D 61 74"
          "63 68 F5 FF",
                1, 1, 3, 5, 1, 1, &smp_image_upload_rsp_map, &match },
        { "0A 00 00 31 00 01 06 00 A2 64 68 61 73 68 58 20 80 81 82 83 84 85"
          "86 87 88 89 8A 8B 8C 8D 8E 8F 90 91 92 93 94 95 96 97 98 99 9A 9B"
          "9C 9D 9E 9F 67 63 6F 6E 66 69 72 6D F4",
                1, 1, 2, 6, 0, 0, &smp_image_state_req_map, &test },
        { "0A 00 00 0A 00 01 07 00 A1 67 63 6F 6E 66 69 72 6D F5", 1, 1, 2, 7,
                0, 0, &smp_image_state_req_map, &confirm },
        { "0A 00 00 01 00 01 08 05 A0", 1, 1, 2, 8, 5, 0, NULL, NULL },
        { "0A 00 00 07 00 01 08 05 A1 64 73 6C 6F 74 03", 1, 1, 2, 8, 5, 0,
                &smp_image_erase_req_map, &erase },
        { "08 00 00 01 00 01 09 06 A0", 1, 1, 0, 9, 6, 0, NULL, NULL },
        { "0A 00 00 01 00 3F 0C 00 A0", SMP_GROUP_BASIC, 1, 2, 12,
                SMP_BASIC_ERASE_STORAGE, 0, NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        check_packet(&packets[i]);
    }
}

static void packet_of_old_servers_has_rc_0_beside_the_offset(void **state)
{
    struct smp_image_upload_rsp rsp;
    struct smp_refusal refusal;
    struct smp_header h;
    uint8_t buf[32];
    size_t len = unhex("03 00 00 0C 00 01 03 01 BF 62 72 63 00 63 6F 66 66 18"
                       "20 FF",
            buf, sizeof(buf));
    const struct smp_bytes body = { buf + 8, len - 8 };

    (void)state;
    assert_int_equal(smp_header_decode(buf, len, &h), 8);
    assert_int_equal(h.version, SMP_V1);
    assert_int_equal(smp_response_check(&h, body, &refusal), 0);
    assert_int_equal(smp_map_decode(&smp_image_upload_rsp_map, body, &rsp), 0);
    assert_int_equal(rsp.has, SMP_IMAGE_UPLOAD_RSP_OFF);
    assert_int_equal(rsp.off, 32);
}

/* Writes an image list as a server does. */
static size_t put_list(uint8_t *buf, size_t cap, const struct smp_image_slot *s,
        bool split)
{
    struct smp_encoder e;
    int n;

    smp_encoder_init(&e, buf, cap, SMP_FORM_INDEFINITE);
    smp_put_map(&e, split ? 2 : 1);
    smp_put_key(&e, "images");
    smp_put_array(&e, 1);
    smp_put_struct(&e, &smp_image_slot_map, s);
    smp_put_end(&e);
    if (split) {
        const struct smp_image_state_rsp rsp = {
            .has = SMP_IMAGE_STATE_RSP_SPLIT_STATUS,
        };

        smp_put_fields(&e, &smp_image_state_rsp_map, &rsp);
    }
    smp_put_end(&e);
    n = smp_encoder_finish(&e);
    assert_true(n > 0);
    return (size_t)n;
}

/* Both image lists of the protocol description: all flags, and true ones. */
static void packets_of_the_image_list(void **state)
{
    static const char *const hex[] = {
        "BF 66 69 6D 61 67 65 73 9F BF 64 73 6C 6F 74 00 67 76 65 72 73 69 6F"
        "6E 65 31 2E 30 2E 30 64 68 61 73 68 58 20 00 01 02 03 04 05 06 07 08"
        "09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F"
        "68 62 6F 6F 74 61 62 6C 65 F5 67 70 65 6E 64 69 6E 67 F4 69 63 6F 6E"
        "66 69 72 6D 65 64 F5 66 61 63 74 69 76 65 F5 69 70 65 72 6D 61 6E 65"
        "6E 74 F4 FF FF 6B 73 70 6C 69 74 53 74 61 74 75 73 00 FF",
        "BF 66 69 6D 61 67 65 73 9F BF 64 73 6C 6F 74 00 67 76 65 72 73 69 6F"
        "6E 65 31 2E 30 2E 30 64 68 61 73 68 58 20 00 01 02 03 04 05 06 07 08"
        "09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F"
        "68 62 6F 6F 74 61 62 6C 65 F5 69 63 6F 6E 66 69 72 6D 65 64 F5 66 61"
        "63 74 69 76 65 F5 FF FF FF",
    };

    (void)state;
    for (int frugal = 0; frugal < 2; frugal++) {
        struct smp_image_slot s = {
            .has = 0x1fe,
            .version = TEXT("1.0.0"),
            .hash = BYTES(0, 32),
            .bootable = true,
            .confirmed = true,
            .active = true,
        };
        struct smp_image_state_rsp rsp;
        struct smp_iter it;
        struct smp_item item;
        uint8_t want[256];
        uint8_t is[256];
        size_t len = unhex(hex[frugal], want, sizeof(want));

        assert_int_equal(len, frugal ? 101 : 134);
        if (frugal) {
            s.has &= ~(unsigned)(SMP_IMAGE_SLOT_PENDING |
                    SMP_IMAGE_SLOT_PERMANENT);
        }
        assert_bytes(is, put_list(is, sizeof(is), &s, !frugal), want, len);

        assert_int_equal(smp_map_decode(&smp_image_state_rsp_map,
                                 (struct smp_bytes){ want, len }, &rsp),
                0);
        assert_int_equal(rsp.has, frugal ? 1 : 3);
        smp_iter_init(&it, rsp.images);
        assert_int_equal(smp_iter_next(&it, &item), 1);
        assert_int_equal(item.type, SMP_TYPE_MAP);
        assert_int_equal(smp_map_decode(&smp_image_slot_map, item.view.cbor,
                                 &s),
                0);
        assert_int_equal(s.has, frugal ? 0xde : 0x1fe);
        assert_text(s.version, "1.0.0");
        assert_bytes(s.hash.ptr, s.hash.len, counting, 32);
        assert_true(s.bootable && s.confirmed && s.active);
        assert_false(s.pending || s.permanent);
        assert_int_equal(smp_iter_next(&it, &item), 0);
    }
}

static void packet_of_slot_info_is_read_three_maps_deep(void **state)
{
    uint8_t buf[128];
    size_t len = unhex(
            "BF 66 69 6D 61 67 65 73 9F BF 65 69 6D 61 67 65 00 65 73 6C 6F 74"
            "73 9F BF 64 73 6C 6F 74 00 64 73 69 7A 65 1A 00 07 80 00 FF BF 64"
            "73 6C 6F 74 01 64 73 69 7A 65 1A 00 07 80 00 6F 75 70 6C 6F 61 64"
            "5F 69 6D 61 67 65 5F 69 64 00 FF FF 6E 6D 61 78 5F 69 6D 61 67 65"
            "5F 73 69 7A 65 1A 00 07 70 00 FF FF FF",
            buf, sizeof(buf));
    struct smp_image_slot_info_rsp rsp;
    struct smp_image_info info;
    struct smp_image_slot_info slot;
    struct smp_iter images;
    struct smp_iter slots;
    struct smp_item item;

    (void)state;
    assert_int_equal(len, 101);
    assert_int_equal(smp_map_decode(&smp_image_slot_info_rsp_map,
                             (struct smp_bytes){ buf, len }, &rsp),
            0);
    smp_iter_init(&images, rsp.images);
    assert_int_equal(smp_iter_next(&images, &item), 1);
    assert_int_equal(smp_map_decode(&smp_image_info_map, item.view.cbor, &info),
            0);
    assert_int_equal(info.has, 7);
    assert_int_equal(info.image, 0);
    assert_int_equal(info.max_image_size, 0x77000);
    smp_iter_init(&slots, info.slots);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(smp_iter_next(&slots, &item), 1);
        assert_int_equal(smp_map_decode(&smp_image_slot_info_map,
                                 item.view.cbor, &slot),
                0);
        assert_int_equal(slot.has, i == 0 ? 3 : 7);
        assert_int_equal(slot.slot, i);
        assert_int_equal(slot.size, 0x78000);
        assert_int_equal(slot.upload_image_id, 0);
    }
    assert_int_equal(smp_iter_next(&slots, &item), 0);
    assert_int_equal(smp_iter_next(&images, &item), 0);
}

/* Refusals of the protocol description. */
static void packets_that_refuse(void **state)
{
    static const struct {
        const char *hex;
        uint8_t shape;
        uint16_t rc_group;
        int32_t rc;
        const char *name;
        const char *rsn;
    } refusals[] = {
        { "09 00 00 06 00 00 01 06 BF 62 72 63 08 FF", SMP_REFUSAL_RC, 0, 8,
                "ENOTSUP", "" },
        { "0B 00 00 06 00 00 07 05 BF 62 72 63 0A FF", SMP_REFUSAL_RC, 0, 10,
                "EBUSY", "" },
        { "0B 00 00 13 00 01 03 01 BF 63 65 72 72 BF 65 67 72 6F 75 70 01 62"
          "72 63 09 FF FF",
                SMP_REFUSAL_ERR, 1, 9, "NO_FREE_SLOT", "" },
        { "0B 00 00 13 00 01 03 01 BF 63 72 65 74 BF 65 67 72 6F 75 70 01 62"
          "72 63 09 FF FF",
                SMP_REFUSAL_RET, 1, 9, "NO_FREE_SLOT", "" },
        { "03 00 00 06 00 01 03 01 BF 62 72 63 06 FF", SMP_REFUSAL_RC, 0, 6,
                "EBADSTATE", "" },
        { "03 00 00 12 00 01 03 01 BF 62 72 63 05 63 72 73 6E 67 6E 6F 20 73"
          "6C 6F 74 FF",
                SMP_REFUSAL_RC, 0, 5, "ENOENT", "no slot" },
        { "0B 00 00 13 00 01 06 00 BF 63 65 72 72 BF 65 67 72 6F 75 70 01 62"
          "72 63 08 FF FF",
                SMP_REFUSAL_ERR, 1, 8, "HASH_NOT_FOUND", "" },
        { "03 00 00 06 00 01 06 00 BF 62 72 63 01 FF", SMP_REFUSAL_RC, 0, 1,
                "EUNKNOWN", "" },
        { "03 00 00 06 00 01 06 00 BF 62 72 63 03 FF", SMP_REFUSAL_RC, 0, 3,
                "EINVAL", "" },
        /* The origin log: params, then the test of an image that is gone. */
        { "01 00 00 06 00 00 FF 06 BF 62 72 63 08 FF", SMP_REFUSAL_RC, 0, 8,
                "ENOTSUP", "" },
        { "03 00 00 06 00 01 D7 00 BF 62 72 63 03 FF", SMP_REFUSAL_RC, 0, 3,
                "EINVAL", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        uint8_t buf[64];
        size_t len = unhex(refusals[i].hex, buf, sizeof(buf));
        struct smp_refusal r;
        struct smp_header h;

        assert_int_equal(smp_header_decode(buf, len, &h), 8);
        assert_int_equal(h.len, len - 8);
        assert_int_equal(smp_response_check(&h,
                                 (struct smp_bytes){ buf + 8, len - 8 }, &r),
                SMP_E_REMOTE);
        assert_int_equal(r.shape, refusals[i].shape);
        assert_int_equal(r.rc_group, refusals[i].rc_group);
        assert_int_equal(r.rc, refusals[i].rc);
        assert_int_equal(r.version, h.version);
        assert_int_equal(r.op, h.op - 1);
        assert_int_equal(r.id, h.id);
        assert_int_equal(r.group, h.group);
        assert_string_equal(smp_refusal_name(&r), refusals[i].name);
        assert_text(r.rsn, refusals[i].rsn);
    }
}

/* Messages of groups without tables: the primitives alone write them. */
static void packets_of_other_groups_are_written_item_by_item(void **state)
{
    static const char *const hex[] = {
        "BF 66 67 72 6F 75 70 73 9F 00 01 0A FF FF",
        "A1 64 6E 61 6D 65 63 61 2F 62",
        "BF 63 76 61 6C 42 01 02 FF",
        "A2 63 6F 66 66 00 64 6E 61 6D 65 66 2F 6C 66 73 2F 61",
        "BF 63 6F 66 66 00 64 64 61 74 61 43 61 62 63 63 6C 65 6E 03 FF",
        "A1 64 61 72 67 76 82 66 6B 65 72 6E 65 6C 67 76 65 72 73 69 6F 6E",
        "BF 61 6F 61 78 63 72 65 74 35 FF",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hex); i++) {
        uint8_t want[64];
        uint8_t is[64];
        size_t len = unhex(hex[i], want, sizeof(want));
        struct smp_encoder e;
        struct smp_iter it;
        struct smp_item item;
        size_t pairs = 0;

        /* Taken apart and put together again. */
        assert_int_equal(smp_cbor_check((struct smp_bytes){ want, len }), len);
        smp_iter_init(&it, (struct smp_view){ { want, len } });
        while (smp_iter_next(&it, &item) == 1) {
            pairs++;
        }
        assert_int_equal(it.err, 0);
        smp_encoder_init(&e, is, sizeof(is),
                want[0] == 0xbf ? SMP_FORM_INDEFINITE : SMP_FORM_DEFINITE);
        smp_put_map(&e, pairs);
        smp_iter_init(&it, (struct smp_view){ { want, len } });
        while (smp_iter_next(&it, &item) == 1) {
            smp_put_text(&e, item.key);
            if (item.type == SMP_TYPE_UINT) {
                smp_put_uint(&e, item.number);
            } else if (item.type == SMP_TYPE_INT) {
                smp_put_int(&e, item.integer);
            } else if (item.type == SMP_TYPE_TEXT) {
                smp_put_text(&e, item.data);
            } else if (item.type == SMP_TYPE_BYTES) {
                smp_put_bytes(&e, item.data);
            } else {
                smp_put_raw(&e, item.view.cbor);
            }
        }
        smp_put_end(&e);
        assert_bytes(is, (size_t)smp_encoder_finish(&e), want, len);
    }
}

static void packet_of_the_group_list_is_walked(void **state)
{
    static const uint64_t groups[] = { 0, 1, 10 };
    uint8_t buf[32];
    size_t len = unhex("BF 66 67 72 6F 75 70 73 9F 00 01 0A FF FF", buf,
            sizeof(buf));
    struct smp_enum_list_rsp rsp;
    struct smp_iter it;
    struct smp_item item;
    size_t n = 0;

    (void)state;
    assert_int_equal(smp_map_decode(&smp_enum_list_rsp_map,
                             (struct smp_bytes){ buf, len }, &rsp),
            0);
    smp_iter_init(&it, rsp.groups);
    while (n < COUNT(groups) && smp_iter_next(&it, &item) == 1) {
        assert_int_equal(item.type, SMP_TYPE_UINT);
        assert_int_equal(item.number, groups[n++]);
    }
    assert_int_equal(n, COUNT(groups));
    assert_int_equal(smp_iter_next(&it, &item), 0);
}

/* Requests of the origin log, in the indefinite form of old phones. */
static void packets_of_the_origin_log(void **state)
{
    static const struct packet empty[] = {
        { "00 00 00 01 00 00 FF 06 A0", 0, 0, 0, 0xff, 6, 0, NULL, NULL },
        { "00 00 00 02 00 01 00 00 BF FF", 1, 0, 0, 0, 0, 1, NULL, NULL },
        { "02 00 00 02 00 3F D6 00 BF FF", 63, 0, 2, 0xd6, 0, 1, NULL, NULL },
    };
    struct smp_image_state_req req;
    struct smp_header h;
    struct smp_encoder e;
    uint8_t want[64];
    uint8_t is[64];
    size_t len = unhex(
            "02 00 00 32 00 01 D7 00 BF 67 63 6F 6E 66 69 72 6D F4 64 68 61 73"
            "68 58 20 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F 20 21 22"
            "23 24 25 26 27 28 29 2A 2B 2C 2D 2E 2F FF",
            want, sizeof(want));

    (void)state;
    for (size_t i = 0; i < COUNT(empty); i++) {
        check_packet(&empty[i]);
    }
    assert_int_equal(smp_header_decode(want, len, &h), 8);
    assert_int_equal(h.len, 50);
    assert_int_equal(len, 58);
    assert_int_equal(smp_map_decode(&smp_image_state_req_map,
                             (struct smp_bytes){ want + 8, len - 8 }, &req),
            0);
    assert_int_equal(req.has, 3);
    assert_false(req.confirm);
    assert_bytes(req.hash.ptr, req.hash.len, counting + 0x10, 32);
    smp_encoder_init(&e, is, sizeof(is), SMP_FORM_INDEFINITE);
    smp_put_map(&e, 2);
    smp_put_key(&e, "confirm");
    smp_put_bool(&e, req.confirm);
    smp_put_key(&e, "hash");
    smp_put_bytes(&e, req.hash);
    smp_put_end(&e);
    assert_bytes(is, (size_t)smp_encoder_finish(&e), want + 8, len - 8);
}

/* Sizes of first upload requests as the protocol description counts them. */
static void sizes_of_first_chunks_are_those_of_the_description(void **state)
{
    struct smp_image_upload_req req = {
        .has = 0x1e,
        .len = 65536,
        .sha = BYTES(0, 32),
        .data = BYTES(0, 32),
    };

    (void)state;
    assert_int_equal(8 + smp_struct_size(&smp_image_upload_req_map, &req), 100);
    req.has = 0x1f;
    assert_int_equal(8 + smp_struct_size(&smp_image_upload_req_map, &req), 107);
    req.has = 0x16;
    assert_int_equal(8 + smp_struct_size(&smp_image_upload_req_map, &req), 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_the_os_group),
        cmocka_unit_test(packets_of_the_image_group),
        cmocka_unit_test(packet_of_old_servers_has_rc_0_beside_the_offset),
        cmocka_unit_test(packets_of_the_image_list),
        cmocka_unit_test(packet_of_slot_info_is_read_three_maps_deep),
        cmocka_unit_test(packets_that_refuse),
        cmocka_unit_test(packets_of_other_groups_are_written_item_by_item),
        cmocka_unit_test(packet_of_the_group_list_is_walked),
        cmocka_unit_test(packets_of_the_origin_log),
        cmocka_unit_test(sizes_of_first_chunks_are_those_of_the_description),
    };

    for (size_t i = 0; i < sizeof(counting); i++) {
        counting[i] = (uint8_t)i;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
