// SPDX-License-Identifier: Apache-2.0
/* Reassembly by header length. */
#include "smp_test.h"

#include "smp/frame.h"
#include "smp/header.h"

#define CAP 64u

/* A message of 8 + payload bytes, its bytes counting up. */
static size_t message(uint8_t *out, uint16_t payload, uint8_t seq)
{
    const struct smp_header h = { .op = 1, .len = payload, .seq = seq };

    smp_header_encode(&h, out);
    for (size_t i = 0; i < payload; i++) {
        out[SMP_HEADER_SIZE + i] = (uint8_t)(seq + i);
    }
    return SMP_HEADER_SIZE + payload;
}

static void stream_delivers_messages_split_anywhere(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint8_t buf[CAP];
        uint8_t wire[5 * CAP];
        size_t ends[5];
        size_t len = 0;
        size_t at = 0;
        size_t got = 0;
        struct smp_stream_decoder d;

        for (size_t i = 0; i < COUNT(ends); i++) {
            len += message(wire + len,
                    (uint16_t)(random_next(&seed) % (CAP - 7)), (uint8_t)i);
            ends[i] = len;
        }
        smp_stream_decoder_init(&d, buf, sizeof(buf));
        while (at < len) {
            size_t n = 1 + random_next(&seed) % 40;
            size_t used = 0;
            struct smp_bytes msg;

            n = n > len - at ? len - at : n;
            if (smp_stream_feed(&d, wire + at, n, &used, &msg) == 1) {
                const size_t from = got == 0 ? 0 : ends[got - 1];

                assert_int_equal(at + used, ends[got]);
                assert_bytes(msg.ptr, msg.len, wire + from, ends[got] - from);
                got++;
            } else {
                assert_int_equal(used, n);
            }
            at += used;
        }
        assert_int_equal(got, COUNT(ends));
        assert_int_equal(d.stats.messages, COUNT(ends));
        assert_int_equal(d.stats.discarded, 0);
    }
}

static void stream_drops_all_after_an_impossible_length_until_silence(
        void **state)
{
    uint8_t buf[CAP];
    uint8_t wire[2 * CAP];
    size_t len;
    size_t used;
    struct smp_bytes msg;
    struct smp_stream_decoder d;

    (void)state;
    smp_stream_decoder_init(&d, buf, sizeof(buf));
    len = message(wire, CAP - 7, 1);
    assert_int_equal(smp_stream_feed(&d, wire, len, &used, &msg), 0);
    assert_int_equal(used, len);
    assert_int_equal(d.stats.too_long, 1);
    assert_int_equal(d.stats.discarded, len);
    len = message(wire, 4, 2);
    assert_int_equal(smp_stream_feed(&d, wire, len, &used, &msg), 0);
    assert_int_equal(d.stats.discarded, CAP + 1 + len);
    smp_stream_silence(&d);
    assert_int_equal(smp_stream_feed(&d, wire, len, &used, &msg), 1);
    assert_bytes(msg.ptr, msg.len, wire, len);
    /* The largest that fits. */
    len = message(wire, CAP - 8, 3);
    assert_int_equal(smp_stream_feed(&d, wire, len, &used, &msg), 1);
    assert_bytes(msg.ptr, msg.len, wire, len);
    assert_int_equal(d.stats.too_long, 1);
}

static void stream_silence_drops_a_half_message(void **state)
{
    uint8_t buf[CAP];
    uint8_t wire[CAP];
    const size_t len = message(wire, 10, 9);

    (void)state;
    for (size_t half = 0; half < len; half++) {
        size_t used;
        struct smp_bytes msg;
        struct smp_stream_decoder d;

        smp_stream_decoder_init(&d, buf, sizeof(buf));
        assert_int_equal(smp_stream_feed(&d, wire, half, &used, &msg), 0);
        smp_stream_silence(&d);
        assert_int_equal(d.stats.discarded, half);
        assert_int_equal(smp_stream_feed(&d, wire, len, &used, &msg), 1);
        assert_bytes(msg.ptr, msg.len, wire, len);
    }
}

static void stream_takes_nothing_from_nothing(void **state)
{
    uint8_t buf[CAP];
    size_t used = 9;
    struct smp_bytes msg;
    struct smp_stream_decoder d;

    (void)state;
    smp_stream_decoder_init(&d, buf, sizeof(buf));
    assert_int_equal(smp_stream_feed(&d, NULL, 0, &used, &msg), 0);
    assert_int_equal(used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_delivers_messages_split_anywhere),
        cmocka_unit_test(
                stream_drops_all_after_an_impossible_length_until_silence),
        cmocka_unit_test(stream_silence_drops_a_half_message),
        cmocka_unit_test(stream_takes_nothing_from_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
