// SPDX-License-Identifier: Apache-2.0
/*
 * Noise into every kind of port, and the same noise twice.
 */
#include <stdlib.h>
#include <string.h>

#include "vdev/rng.h"
#include "vdev_lab.h"

#define ROUNDS 4000

/* What real clients send; noise starts from these. */
static const struct {
    uint8_t len;
    uint8_t bytes[40];
} seeds[] = {
    { 9, { 0x08, 0, 0, 1, 0, 0, 1, 6, 0xa0 } },
    { 9, { 0x08, 0, 0, 1, 0, 1, 1, 0, 0xa0 } },
    { 9, { 0x0a, 0, 0, 1, 0, 1, 1, 5, 0xa0 } },
    { 9, { 0x0a, 0, 0, 1, 0, 63, 1, 0, 0xa0 } },
    { 12, { 0x0a, 0, 0, 4, 0, 0, 1, 0, 0xa1, 0x61, 'd', 0x60 } },
    { 24,
            { 0x0a, 0, 0, 16, 0, 1, 1, 1, 0xa2, 0x63, 'o', 'f', 'f', 0x18, 99,
                    0x64, 'd', 'a', 't', 'a', 0x43, 1, 2, 3 } },
    { 9, { 0x08, 0, 0, 1, 0, 10, 1, 1, 0xa0 } },
    { 19,
            { 0x08, 0, 0, 11, 0, 0, 1, 7, 0xa1, 0x66, 'f', 'o', 'r', 'm', 'a',
                    't', 0x62, 'a', 'n' } },
};

static size_t noise(uint64_t *rng, uint8_t *buf, size_t cap)
{
    uint64_t r = vdev_rng_next(rng);
    size_t len;
    if (r % 4 == 0) {
        len = 1 + (r >> 8) % (cap - 1);
        for (size_t i = 0; i < len; i++) {
            buf[i] = (uint8_t)vdev_rng_next(rng);
        }
        return len;
    }
    size_t which = (r >> 16) % (sizeof(seeds) / sizeof(seeds[0]));
    len = seeds[which].len;
    memcpy(buf, seeds[which].bytes, len);
    for (uint64_t n = (r >> 32) % 3; n > 0; n--) {
        uint64_t at = vdev_rng_next(rng);
        buf[at % len] ^= (uint8_t)(at >> 32);
    }
    return len;
}

/* A hash of everything the device said. */
static uint64_t shake(const struct vdev_port_spec *spec, const char *preset,
        uint64_t seed)
{
    static struct lab lab;
    uint8_t buf[600];
    uint64_t rng = seed;
    uint64_t sum = 0;
    lab_init(&lab, preset);
    lab.cfg.seed = seed;
    lab_set(&lab, "sim.link", "interval=15ms,mtu=100,per_interval=4,loss=0.1");
    lab_fault(&lab, "drop:p=0.02");
    lab_fault(&lab, "duplicate:p=0.05");
    lab_fault(&lab, "delay:p=0.05,ms=40");
    lab_fault(&lab, "corrupt:p=0.05");
    lab_fault(&lab, "reset:p=0.002");
    lab_fault(&lab, "disconnect:p=0.002,ms=100");
    lab_fault(&lab, "hostile:p=0.1");
    lab_start_port(&lab, spec);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = noise(&rng, buf, sizeof(buf));
        lab_send(&lab, buf, len);
        lab_run(&lab, (uint32_t)(vdev_rng_next(&rng) % 20));
        for (size_t k = 0; k < lab.answer_len; k++) {
            sum = sum * 31 + lab.answer[k];
        }
        sum = sum * 31 + lab.answers;
    }
    struct vdev_stats stats;
    vdev_device_get_stats(lab.device, &stats);
    assert_int_equal(stats.misuse, 0);
    assert_true(stats.boots > 1);
    lab_stop(&lab);
    return sum;
}

static const struct vdev_port_spec datagram = {
    .kind = VDEV_PORT_DATAGRAM,
};
static const struct vdev_port_spec linked = {
    .kind = VDEV_PORT_DATAGRAM,
    .linked = true,
};
static const struct vdev_port_spec att = {
    .kind = VDEV_PORT_ATT,
    .linked = true,
};
static const struct vdev_port_spec raw = {
    .kind = VDEV_PORT_RAW,
    .reset = VDEV_PORT_SILENT,
};

static void chaos_leaves_every_port_kind_alive(void **state)
{
    (void)state;
    shake(&datagram, "nrf52840dk-zephyr4.4", 11);
    shake(&linked, "nrf52840dk-zephyr4.4", 12);
    shake(&linked, "nrf5340dk-ncs2.4.1-single", 13);
    shake(&att, "nrf5340dk-ncs2.4.1-multi", 14);
    shake(&datagram, "legacy-mynewt", 16);
}

static void chaos_is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    uint64_t first = shake(&linked, "nrf5340dk-ncs2.4.1-multi", 21);
    assert_true(shake(&linked, "nrf5340dk-ncs2.4.1-multi", 21) == first);
    assert_true(shake(&linked, "nrf5340dk-ncs2.4.1-multi", 22) != first);
}

/* Streams have their own framing to get past. */
static void chaos_on_streams_ends_with_the_next_good_frame(void **state)
{
    static struct lab lab;
    static const struct vdev_port_spec console = {
        .kind = VDEV_PORT_CONSOLE,
        .reset = VDEV_PORT_SILENT,
    };
    static const char good[] = "\n\x06\x09"
                               "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n";
    uint8_t buf[600];
    uint64_t rng = 5;
    (void)state;
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start_port(&lab, &console);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = noise(&rng, buf, sizeof(buf));
        buf[0] = i % 3 == 0 ? 6 : i % 3 == 1 ? 4 : buf[0];
        buf[1] = i % 3 == 0 ? 9 : i % 3 == 1 ? 20 : buf[1];
        lab_send(&lab, buf, len);
        lab_run(&lab, 2);
    }
    lab.answer_len = 0;
    assert_true(lab_ask(&lab, (const uint8_t *)good, sizeof(good) - 1));
    lab_stop(&lab);
    lab_init(&lab, "nrf52840dk-zephyr4.4");
    lab_start_port(&lab, &raw);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = noise(&rng, buf, sizeof(buf));
        /* A reset command among the noise would be a fair answer. */
        buf[7] = buf[7] == 5 ? 0 : buf[7];
        lab_send(&lab, buf, len);
        lab_run(&lab, 2);
    }
    lab_run(&lab, 3100);
    assert_true(lab_wait_up(&lab, 60000));
    lab_ask_hex(&lab, "0A 00 00 09 00 00 42 00 A1 61 64 65 68 65 6C 6C 6F",
            "0B 00 00 0A 00 00 42 00 BF 61 72 65 68 65 6C 6C 6F FF");
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chaos_leaves_every_port_kind_alive),
        cmocka_unit_test(chaos_is_the_same_for_the_same_seed),
        cmocka_unit_test(chaos_on_streams_ends_with_the_next_good_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
