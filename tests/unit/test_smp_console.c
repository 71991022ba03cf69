// SPDX-License-Identifier: Apache-2.0
/* Console framing: what a sender writes, what a receiver bears. */
#include "smp_test.h"

#include "smp/frame.h"

#define CAP  1024u
#define WIRE 8192u

/* Encodes a whole message; *lines counts them. */
static size_t encode(const uint8_t *msg, size_t len, uint8_t *wire,
        size_t *lines)
{
    struct smp_console_encoder e;
    uint8_t line[SMP_CONSOLE_LINE_MAX];
    size_t at = 0;
    size_t n;

    *lines = 0;
    assert_int_equal(smp_console_encode_start(&e, msg, len), 0);
    while ((n = smp_console_encode_line(&e, line)) > 0) {
        assert_true(n <= sizeof(line));
        assert_true(at + n <= WIRE);
        memcpy(wire + at, line, n);
        at += n;
        (*lines)++;
    }
    assert_int_equal(smp_console_encode_line(&e, line), 0);
    return at;
}

/* A decoder with its memory, and what came out of it. */
struct receiver {
    struct smp_console_decoder d;
    uint8_t buf[CAP];
    uint8_t text[WIRE];
    size_t text_len;
    uint8_t msgs[WIRE];
    size_t msgs_len;
    size_t count;
};

static void take_text(void *ctx, const uint8_t *buf, size_t len)
{
    struct receiver *r = ctx;

    assert_true(len > 0 && r->text_len + len <= sizeof(r->text));
    memcpy(r->text + r->text_len, buf, len);
    r->text_len += len;
}

static void receiver_init(struct receiver *r, size_t cap, bool strict)
{
    memset(r, 0, sizeof(*r));
    smp_console_decoder_init(&r->d, r->buf, cap, strict);
    r->d.text = take_text;
    r->d.text_ctx = r;
}

static void feed(struct receiver *r, const uint8_t *buf, size_t len)
{
    while (len > 0) {
        size_t used = 0;
        struct smp_bytes msg;
        int result = smp_console_feed(&r->d, buf, len, &used, &msg);

        assert_true(used > 0 && used <= len);
        if (result == 1) {
            memcpy(r->msgs + r->msgs_len, msg.ptr, msg.len);
            r->msgs_len += msg.len;
            r->count++;
        } else {
            assert_int_equal(used, len);
        }
        buf += used;
        len -= used;
    }
}

static void feed_str(struct receiver *r, const char *text)
{
    feed(r, (const uint8_t *)text, strlen(text));
}

static uint32_t errors(const struct receiver *r)
{
    return r->d.stats.bad_crc + r->d.stats.bad_frame + r->d.stats.too_long;
}

/* Worked examples: message as hex, lines as they are on the wire. */
static const struct {
    const char *msg;
    const char *wire;
} examples[] = {
    { "0A 00 00 09 00 00 42 00 A1 61 64 65 68 65 6C 6C 6F",
            "\x06\x09"
            "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n" },
    { "0B 00 00 0A 00 00 42 00 BF 61 72 65 68 65 6C 6C 6F FF",
            "\x06\x09"
            "ABQLAAAKAABCAL9hcmVoZWxsb/8s+w==\n" },
    { "02 00 00 09 00 00 42 00 A1 61 64 65 68 65 6C 6C 6F",
            "\x06\x09"
            "ABMCAAAJAABCAKFhZGVoZWxsb8EJ\n" },
    { "08 00 00 01 00 00 01 06 A0",
            "\x06\x09"
            "AAsIAAABAAABBqBEIw==\n" },
    { "0A 00 00 69 00 00 50 00 A1 61 64 78 64"
      "41414141414141414141414141414141414141414141414141"
      "41414141414141414141414141414141414141414141414141"
      "41414141414141414141414141414141414141414141414141"
      "41414141414141414141414141414141414141414141414141",
            "\x06\x09"
            "AHMKAABpAABQAKFhZHhkQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
            "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
            "QUFB\n"
            "\x04\x14"
            "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQa4v\n" },
};

static void crc_is_xmodem(void **state)
{
    static const uint8_t check[] = "123456789\x31\xc3";

    (void)state;
    assert_int_equal(smp_crc16(0, check, 9), 0x31c3);
    assert_int_equal(smp_crc16(0, check, 11), 0);
    assert_int_equal(smp_crc16(smp_crc16(0, check, 4), check + 4, 5), 0x31c3);
    assert_int_equal(smp_crc16(0, NULL, 0), 0);
}

static void console_writes_the_worked_examples_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        uint8_t msg[256];
        uint8_t wire[WIRE];
        size_t lines;
        size_t len = unhex(examples[i].msg, msg, sizeof(msg));
        size_t wire_len = encode(msg, len, wire, &lines);

        assert_bytes(wire, wire_len, (const uint8_t *)examples[i].wire,
                strlen(examples[i].wire));
        assert_int_equal(smp_console_encoded_size(len), wire_len);
    }
}

static void console_reads_the_worked_examples_split_at_every_point(void **state)
{
    static struct receiver r;

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        uint8_t msg[256];
        const uint8_t *wire = (const uint8_t *)examples[i].wire;
        const size_t wire_len = strlen(examples[i].wire);
        size_t len = unhex(examples[i].msg, msg, sizeof(msg));

        for (size_t cut = 0; cut <= wire_len; cut++) {
            receiver_init(&r, CAP, cut & 1);
            feed(&r, wire, cut);
            feed(&r, wire + cut, wire_len - cut);
            assert_bytes(r.msgs, r.msgs_len, msg, len);
            assert_int_equal(r.count, 1);
            assert_int_equal(r.text_len, 0);
            assert_int_equal(errors(&r), 0);
        }
        receiver_init(&r, CAP, true);
        for (size_t at = 0; at < wire_len; at++) {
            feed(&r, wire + at, 1);
        }
        assert_bytes(r.msgs, r.msgs_len, msg, len);
    }
}

/* Raw bytes of a line of len bytes. */
static size_t raw_of(const uint8_t *line, size_t len)
{
    size_t raw = (len - 3) / 4 * 3;

    return raw - (line[len - 2] == '=') - (line[len - 3] == '=');
}

static void console_cuts_at_93_and_90_and_never_within_the_crc(void **state)
{
    static struct receiver r;

    (void)state;
    for (size_t len = 1; len <= 600; len++) {
        uint8_t msg[600];
        uint8_t wire[WIRE];
        size_t lines;
        size_t wire_len;
        size_t raw = 0;
        size_t line = 0;

        memset(msg, (int)len, sizeof(msg));
        wire_len = encode(msg, len, wire, &lines);
        assert_int_equal(smp_console_encoded_size(len), wire_len);
        for (size_t at = 0; at < wire_len; line++) {
            const uint8_t *end = memchr(wire + at, '\n', wire_len - at);
            const size_t size = (size_t)(end - (wire + at)) + 1;
            const size_t room = line == 0 ? 93 : 90;

            assert_non_null(end);
            assert_int_equal(wire[at], line == 0 ? 0x06 : 0x04);
            assert_int_equal(wire[at + 1], line == 0 ? 0x09 : 0x14);
            assert_true(raw_of(wire + at, size) <= room);
            raw += raw_of(wire + at, size);
            at += size;
            if (line + 1 < lines) {
                /* Both bytes of the checksum are still to come. */
                assert_true(raw <= len + 2);
                assert_true(raw == line * 90 + 93 || line + 2 == lines);
            }
        }
        assert_int_equal(line, lines);
        assert_int_equal(raw, len + 4);
        receiver_init(&r, CAP, true);
        feed(&r, wire, wire_len);
        assert_bytes(r.msgs, r.msgs_len, msg, len);
    }
}

static void console_holds_one_byte_back_where_the_crc_does_not_fit(void **state)
{
    /* Raw bytes of length and message, and of the first line then. */
    static const size_t cases[][2] = { { 90, 92 }, { 91, 93 }, { 92, 91 },
        { 93, 92 }, { 94, 93 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t msg[100] = { 0 };
        uint8_t wire[WIRE];
        size_t lines;
        uint8_t *end;

        encode(msg, cases[i][0] - 2, wire, &lines);
        end = memchr(wire, '\n', WIRE);
        assert_int_equal(raw_of(wire, (size_t)(end - wire) + 1), cases[i][1]);
        assert_int_equal(lines, cases[i][0] + 2 <= 93 ? 1 : 2);
    }
}

static void console_refuses_lengths_it_cannot_write(void **state)
{
    struct smp_console_encoder e;
    static uint8_t msg[65534];

    (void)state;
    assert_int_equal(smp_console_encode_start(&e, msg, 0), SMP_E_RANGE);
    assert_int_equal(smp_console_encode_start(&e, msg, 65534), SMP_E_RANGE);
    assert_int_equal(smp_console_encode_start(&e, msg, 65533), 0);
}

static void console_finds_frames_among_text(void **state)
{
    static const char want[] = "*** Booting Zephyr ***\r\n\nuart:~$ "
                               "[00:00:01] <inf> app: x\r\n\r"
                               "\x06 \x04 \x06\x14 \x04\x09 \x06\x04\x06"
                               "bye";
    static struct receiver r;

    (void)state;
    receiver_init(&r, CAP, false);
    feed_str(&r, "*** Booting Zephyr ***\r\n\nuart:~$ ");
    feed_str(&r, examples[0].wire);
    feed_str(&r, "[00:00:01] <inf> app: x\r\n");
    feed_str(&r, "\r");
    feed_str(&r, examples[3].wire);
    feed_str(&r, "\x06 \x04 \x06\x14 \x04\x09 \x06\x04\x06");
    feed_str(&r, examples[1].wire);
    feed_str(&r, "bye");
    assert_int_equal(r.count, 3);
    assert_int_equal(errors(&r), 0);
    assert_bytes(r.text, r.text_len, (const uint8_t *)want, strlen(want));
    assert_int_equal(r.d.stats.text_bytes, r.text_len);
}

static void console_strict_wants_the_marker_at_the_line_start(void **state)
{
    static struct receiver r;

    (void)state;
    receiver_init(&r, CAP, true);
    feed_str(&r, "\r");
    feed_str(&r, examples[0].wire);
    assert_int_equal(r.count, 0);
    feed_str(&r, "uart:~$ ");
    feed_str(&r, examples[0].wire);
    assert_int_equal(r.count, 0);
    assert_int_equal(errors(&r), 0);
    feed_str(&r, examples[0].wire);
    feed_str(&r, "\n");
    feed_str(&r, examples[1].wire);
    assert_int_equal(r.count, 2);
}

static void console_accepts_cr_lf_and_text_between_frames(void **state)
{
    static struct receiver r;
    const char *second = strchr(examples[4].wire, '\n') + 1;
    const size_t first_len = (size_t)(second - examples[4].wire);
    uint8_t msg[256];
    size_t len = unhex(examples[4].msg, msg, sizeof(msg));

    (void)state;
    receiver_init(&r, CAP, false);
    feed(&r, (const uint8_t *)examples[4].wire, first_len - 1);
    feed_str(&r, "\r\n<dbg> text\r\n");
    feed(&r, (const uint8_t *)second, strlen(second) - 1);
    feed_str(&r, "\r\n");
    assert_bytes(r.msgs, r.msgs_len, msg, len);
    assert_int_equal(errors(&r), 0);
    assert_int_equal(r.text_len, 12);
}

/* Writes raw bytes as one line in base64 with padding. */
static size_t put_line(uint8_t *wire, bool first, const uint8_t *raw,
        size_t len)
{
    static const char alphabet[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;

    wire[at++] = first ? 0x06 : 0x04;
    wire[at++] = first ? 0x09 : 0x14;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (i + k < len ? raw[i + k] : 0u);
        }
        for (size_t k = 0; k < 4; k++) {
            wire[at++] = i + k > len
                    ? (uint8_t)'='
                    : (uint8_t)alphabet[bits >> (18 - 6 * k) & 63];
        }
    }
    wire[at++] = '\n';
    return at;
}

static void console_reads_lines_of_any_length_and_padding(void **state)
{
    static struct receiver r;
    uint64_t seed = 5;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint8_t raw[CAP];
        uint8_t wire[WIRE];
        const size_t len = 1 + random_next(&seed) % 700;
        size_t wire_len = 0;
        uint16_t crc;

        raw[0] = (uint8_t)((len + 2) >> 8);
        raw[1] = (uint8_t)(len + 2);
        for (size_t i = 0; i < len; i++) {
            raw[2 + i] = (uint8_t)random_next(&seed);
        }
        crc = smp_crc16(0, raw + 2, len);
        raw[2 + len] = (uint8_t)(crc >> 8);
        raw[3 + len] = (uint8_t)crc;
        for (size_t at = 0; at < len + 4;) {
            size_t n = 1 + random_next(&seed) % 200;

            n = n > len + 4 - at ? len + 4 - at : n;
            wire_len += put_line(wire + wire_len, at == 0, raw + at, n);
            at += n;
        }
        receiver_init(&r, len + 4, true);
        feed(&r, wire, wire_len);
        assert_bytes(r.msgs, r.msgs_len, raw + 2, len);
        assert_int_equal(errors(&r), 0);
        /* A buffer that is one byte too small drops it. */
        receiver_init(&r, len + 3, true);
        feed(&r, wire, wire_len);
        assert_int_equal(r.count, 0);
        assert_true(r.d.stats.too_long == 1);
    }
}

/* Feeds bad, then a good frame: bad is counted and lost, the good one comes. */
static void check_resync(const char *bad, bool crc)
{
    static struct receiver r;
    uint8_t msg[64];
    size_t len = unhex(examples[0].msg, msg, sizeof(msg));

    receiver_init(&r, CAP, false);
    feed_str(&r, bad);
    feed_str(&r, examples[0].wire);
    if (r.count != 1 || errors(&r) == 0) {
        fail_msg("%s: %zu messages, %u errors", bad, r.count,
                (unsigned)errors(&r));
    }
    assert_int_equal(r.d.stats.bad_crc, crc);
    assert_bytes(r.msgs, r.msgs_len, msg, len);
}

static void console_counts_damage_and_finds_the_next_frame(void **state)
{
    (void)state;
    /* One bit of the message, of the checksum. */
    check_resync("\x06\x09"
                 "ABMKAAAJAABCAKFhZGVoZWxsb0YY\n",
            true);
    check_resync("\x06\x09"
                 "ABMKAAAJAABCAKFhZGVoZWxtb0YZ\n",
            true);
    /* The length one too small, too large, below a message. */
    check_resync("\x06\x09"
                 "ABIKAAAJAABCAKFhZGVoZWxsb0YZ\n",
            false);
    check_resync("\x06\x09"
                 "ABQKAAAJAABCAKFhZGVoZWxsb0YZ\n",
            false);
    check_resync("\x06\x09"
                 "AAIAAA==\n",
            false);
    check_resync("\x06\x09"
                 "AAAAAA==\n",
            false);
    /* Foreign characters, padding in the wrong place, a cut group. */
    check_resync("\x06\x09"
                 "ABMKAAAJAABC*KFhZGVoZWxsb0YZ\n",
            false);
    check_resync("\x06\x09"
                 "ABMK=AAJAABCAKFhZGVoZWxsb0YZ\n",
            false);
    check_resync("\x06\x09"
                 "ABMKAAA=JAABCAKFhZGVoZWxsb0Y\n",
            false);
    check_resync("\x06\x09"
                 "ABMKAA==A\n",
            false);
    check_resync("\x06\x09"
                 "ABMKAAAJAABCAKFhZGVoZWxsb0Y\n",
            false);
    check_resync("\x06\x09"
                 "=\n",
            false);
    /* A line without end, then the next frame in the same line. */
    check_resync("\x06\x09"
                 "ABMKAAAJAABCAKFh",
            false);
    /* A packet that never ends; a part without a start. */
    check_resync("\x06\x09"
                 "ABMKAAAJAABCAKFh\n",
            false);
    check_resync("\x04\x14"
                 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQa4v\n",
            false);
    /* A length above the buffer, with parts that follow. */
    check_resync("\x06\x09"
                 "//8KAAAJAABC\n\x04\x14"
                 "QUFB\n",
            false);
}

static void console_loses_exactly_the_damaged_message(void **state)
{
    static struct receiver r;
    uint64_t seed = 11;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint8_t wire[WIRE];
        size_t wire_len = strlen(examples[4].wire);
        size_t at = random_next(&seed) % wire_len;
        uint8_t msg[64];
        size_t len = unhex(examples[0].msg, msg, sizeof(msg));

        memcpy(wire, examples[4].wire, wire_len);
        wire[at] ^= (uint8_t)(1u << random_next(&seed) % 8);
        receiver_init(&r, CAP, false);
        feed(&r, wire, wire_len);
        feed_str(&r, "\n");
        feed_str(&r, examples[0].wire);
        assert_true(r.count >= 1 && r.count <= 2);
        assert_bytes(r.msgs + r.msgs_len - len, len, msg, len);
        if (r.count == 1) {
            assert_true(errors(&r) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_xmodem),
        cmocka_unit_test(console_writes_the_worked_examples_byte_for_byte),
        cmocka_unit_test(
                console_reads_the_worked_examples_split_at_every_point),
        cmocka_unit_test(console_cuts_at_93_and_90_and_never_within_the_crc),
        cmocka_unit_test(
                console_holds_one_byte_back_where_the_crc_does_not_fit),
        cmocka_unit_test(console_refuses_lengths_it_cannot_write),
        cmocka_unit_test(console_finds_frames_among_text),
        cmocka_unit_test(console_strict_wants_the_marker_at_the_line_start),
        cmocka_unit_test(console_accepts_cr_lf_and_text_between_frames),
        cmocka_unit_test(console_reads_lines_of_any_length_and_padding),
        cmocka_unit_test(console_counts_damage_and_finds_the_next_frame),
        cmocka_unit_test(console_loses_exactly_the_damaged_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
