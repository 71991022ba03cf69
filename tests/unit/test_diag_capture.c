// SPDX-License-Identifier: Apache-2.0
/* Captures made by hand: Bluetooth HCI, IP packets, serial bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag/message.h"
#include "diag/signs.h"
#include "diag_rig.h"

/* A file being put together. */
struct maker {
    uint8_t bytes[4096];
    size_t len;
};

static void put(struct maker *m, const void *bytes, size_t len)
{
    assert_true(m->len + len <= sizeof(m->bytes));
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

static void put_be32(struct maker *m, uint32_t n)
{
    const uint8_t b[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
        (uint8_t)(n >> 8), (uint8_t)n };
    put(m, b, 4);
}

static void put_le32(struct maker *m, uint32_t n)
{
    const uint8_t b[4] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
        (uint8_t)(n >> 24) };
    put(m, b, 4);
}

static void snoop_start(struct maker *m, uint32_t link)
{
    m->len = 0;
    put(m, "btsnoop\0", 8);
    put_be32(m, 1);
    put_be32(m, link);
}

static void snoop_record(struct maker *m, uint32_t flags, const void *packet,
        uint32_t len, uint32_t us)
{
    put_be32(m, len);
    put_be32(m, len);
    put_be32(m, flags);
    put_be32(m, 0);
    put_be32(m, 0x00dcddb3);
    put_be32(m, us);
    put(m, packet, len);
}

/* One ATT PDU in one ACL packet of H4; sent by the host or received. */
static void snoop_att(struct maker *m, bool sent, const uint8_t *pdu,
        uint8_t len, uint32_t us)
{
    uint8_t packet[256] = { 2, 0x40, 0x20, (uint8_t)(len + 4), 0, len, 0, 4,
        0 };
    memcpy(packet + 9, pdu, len);
    snoop_record(m, sent ? 0 : 1, packet, 9u + len, us);
}

static const uint8_t list_request[] = { 0x52, 0x12, 0, 0, 0, 0, 1, 0, 1, 7, 0,
    0xa0 };
static const uint8_t list_refused[] = { 0x1b, 0x12, 0, 1, 0, 0, 5, 0, 1, 7, 0,
    0xa1, 0x62, 'r', 'c', 8 };

static void messages_come_out_of_acl_packets(void **state)
{
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, true, list_request, sizeof(list_request), 1000);
    snoop_att(&m, false, list_refused, sizeof(list_refused), 3000);
    assert_int_equal(diag_read(&rig->events, "snoop", m.bytes, m.len),
            DIAG_SOURCE_BTSNOOP);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.requests, 1);
    assert_int_equal(rig->report.answers, 1);
    assert_string_equal(diag_rig_first(rig), "A11");
    assert_int_equal(rig->report.verdicts[0].evidence[0].line, 2);
    diag_rig_destroy(rig);
}

static void the_peripheral_s_own_capture_is_read_as_well(void **state)
{
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, false, list_request, sizeof(list_request), 1000);
    snoop_att(&m, true, list_refused, sizeof(list_refused), 3000);
    diag_read(&rig->events, "snoop", m.bytes, m.len);
    diag_rig_judge(rig);
    assert_int_equal(rig->report.requests, 1);
    assert_int_equal(rig->report.answers, 1);
    assert_string_equal(diag_rig_first(rig), "A11");
    diag_rig_destroy(rig);
}

static void the_mtu_is_the_smaller_of_both(void **state)
{
    static const uint8_t ask[] = { 0x02, 0xf2, 0x01 };
    static const uint8_t answer[] = { 0x03, 0xfc, 0x00 };
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, true, ask, sizeof(ask), 0);
    snoop_att(&m, false, answer, sizeof(answer), 0);
    diag_read(&rig->events, "snoop", m.bytes, m.len);
    assert_int_equal(rig->events.count, 1);
    assert_int_equal(rig->events.items[0].kind, DIAG_MTU);
    assert_int_equal(rig->events.items[0].a, 252);
    diag_rig_destroy(rig);
}

static void an_att_error_of_authentication_is_a_pairing_problem(void **state)
{
    static const uint8_t error[] = { 0x01, 0x12, 0x13, 0x00, 0x05 };
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, false, error, sizeof(error), 0);
    diag_read(&rig->events, "snoop", m.bytes, m.len);
    diag_rig_judge(rig);
    assert_string_equal(diag_rig_first(rig), "A6");
    diag_rig_destroy(rig);
}

static void a_disconnection_keeps_its_reason(void **state)
{
    static const uint8_t gone[] = { 4, 0x05, 4, 0, 0x40, 0, 0x08 };
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, true, list_request, sizeof(list_request), 0);
    snoop_record(&m, 3, gone, sizeof(gone), 5000000);
    diag_read(&rig->events, "snoop", m.bytes, m.len);
    const struct diag_event *last = &rig->events.items[rig->events.count - 1];
    assert_int_equal(last->kind, DIAG_LINK);
    assert_false(last->up);
    assert_int_equal(last->a, 8);
    diag_rig_judge(rig);
    assert_string_equal(diag_rig_first(rig), "A9");
    diag_rig_destroy(rig);
}

/* Every length of the file is read; what is cut is counted as bad. */
static void a_capture_may_end_anywhere(void **state)
{
    struct maker m;
    (void)state;
    snoop_start(&m, 1002);
    snoop_att(&m, true, list_request, sizeof(list_request), 1000);
    snoop_att(&m, false, list_refused, sizeof(list_refused), 3000);
    for (size_t n = 0; n <= m.len; n++) {
        struct diag_rig *rig = diag_rig_create();
        diag_read(&rig->events, "snoop", m.bytes, n);
        diag_rig_judge(rig);
        diag_rig_destroy(rig);
    }
}

/* ---- IP ---- */

static void pcap_start(struct maker *m, uint32_t link)
{
    m->len = 0;
    put_le32(m, 0xa1b2c3d4);
    put_le32(m, 0x00040002);
    put_le32(m, 0);
    put_le32(m, 0);
    put_le32(m, 65535);
    put_le32(m, link);
}

static void pcap_packet(struct maker *m, const void *packet, uint32_t len)
{
    put_le32(m, 100);
    put_le32(m, 5);
    put_le32(m, len);
    put_le32(m, len);
    put(m, packet, len);
}

static void a_closed_port_is_told_by_icmp(void **state)
{
    static const uint8_t icmp[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0,
        10, 0, 0, 2, 10, 0, 0, 1, 3, 3 };
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    pcap_start(&m, 101);
    pcap_packet(&m, icmp, sizeof(icmp));
    assert_int_equal(diag_read(&rig->events, "pcap", m.bytes, m.len),
            DIAG_SOURCE_PCAP);
    diag_rig_judge(rig);
    assert_string_equal(diag_rig_first(rig), "U5");
    diag_rig_destroy(rig);
}

static void other_traffic_is_passed_over(void **state)
{
    static const uint8_t dns[] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10,
        0, 0, 1, 10, 0, 0, 2, 0xc0, 0, 0, 53, 0, 20, 0, 0, 1, 2, 3, 4, 5, 6, 7,
        8, 9, 10, 11, 12 };
    static const uint8_t arp[20] = { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 8, 6 };
    struct maker m;
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    pcap_start(&m, 101);
    pcap_packet(&m, dns, sizeof(dns));
    pcap_packet(&m, arp, sizeof(arp));
    pcap_packet(&m, "", 0);
    diag_read(&rig->events, "pcap", m.bytes, m.len);
    assert_int_equal(rig->events.count, 0);
    diag_rig_destroy(rig);
}

/* ---- serial ---- */

static void frames_and_text_of_a_serial_line_are_told_apart(void **state)
{
    /* 00 0b, list request of 9 bytes, its CRC */
    static const char text[] = "\n\x06\x09"
                               "AAsAAAABAAEBAKBNVw==\n"
                               "[00:00:01.000] <inf> app: hi there\n";
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    assert_int_equal(diag_rig_text(rig, "tty", text), DIAG_SOURCE_SERIAL);
    unsigned noise = 0;
    for (size_t i = 0; i < rig->events.count; i++) {
        noise += rig->events.items[i].kind == DIAG_NOISE ? 1 : 0;
    }
    assert_int_equal(noise, 1);
    diag_rig_destroy(rig);
}

static void damaged_frames_are_noticed(void **state)
{
    static const char text[] = "\x06\x09"
                               "AAsAAAABAAEBAKAAAA==\n"
                               "\x06\x09"
                               "AAsAAAABAAEBAKAAAA==\n";
    struct diag_rig *rig = diag_rig_create();
    (void)state;
    diag_rig_text(rig, "tty", text);
    assert_int_equal(rig->events.bad, 2);
    assert_int_equal(rig->events.items[rig->events.count - 1].sign, SIGN_T_CRC);
    diag_rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_of_acl_packets),
        cmocka_unit_test(the_peripheral_s_own_capture_is_read_as_well),
        cmocka_unit_test(the_mtu_is_the_smaller_of_both),
        cmocka_unit_test(an_att_error_of_authentication_is_a_pairing_problem),
        cmocka_unit_test(a_disconnection_keeps_its_reason),
        cmocka_unit_test(a_capture_may_end_anywhere),
        cmocka_unit_test(a_closed_port_is_told_by_icmp),
        cmocka_unit_test(other_traffic_is_passed_over),
        cmocka_unit_test(frames_and_text_of_a_serial_line_are_told_apart),
        cmocka_unit_test(damaged_frames_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
