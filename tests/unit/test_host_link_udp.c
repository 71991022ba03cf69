// SPDX-License-Identifier: Apache-2.0
/* Links over UDP, on this machine. */
#include "link_rig.h"

static struct host_link *udp_link(uint16_t port, const char *host)
{
    char text[64];

    g_snprintf(text, sizeof(text), "udp:%s:%u", host, port);
    return link_new(text);
}

static void udp_carries_a_burst_both_ways(void **state)
{
    uint16_t port;
    int fd = serve(SOCK_DGRAM, AF_INET, &port);
    struct host_link *link = udp_link(port, "127.0.0.1");
    struct sockaddr_storage from;
    struct smp_bytes msg;
    uint8_t buf[64];

    (void)state;
    open_link(link);
    assert_int_equal(link->info.kind, SMP_LINK_DATAGRAM);
    assert_int_equal(link->info.max_message, 384);
    assert_int_equal(link->info.max_reassembled, 1472);
    for (uint8_t i = 0; i < 50; i++) {
        assert_int_equal(link->ops->send(link, &i, 1), 0);
    }
    assert_int_equal(link->ops->flush(link), 0);
    for (uint8_t i = 0; i < 50; i++) {
        socklen_t len = sizeof(from);

        assert_int_equal(recvfrom(fd, buf, sizeof(buf), 0,
                                 (struct sockaddr *)&from, &len),
                1);
        assert_int_equal(buf[0], i);
        buf[1] = i;
        assert_int_equal(sendto(fd, buf, 2, 0, (struct sockaddr *)&from, len),
                2);
    }
    for (uint8_t i = 0; i < 50; i++) {
        assert_int_equal(receive(link, &msg), 1);
        assert_int_equal(msg.len, 2);
        assert_int_equal(msg.ptr[1], i);
    }
    assert_int_equal(link->ops->receive(link, &msg), 0);
    assert_int_equal(link->stats.tx_messages, 50);
    assert_int_equal(link->stats.rx_messages, 50);
    host_link_destroy(link);
    close(fd);
}

static void udp_hears_nobody_but_the_device(void **state)
{
    uint16_t port;
    uint16_t other_port;
    int fd = serve(SOCK_DGRAM, AF_INET, &port);
    int other = serve(SOCK_DGRAM, AF_INET, &other_port);
    struct host_link *link = udp_link(port, "127.0.0.1");
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    struct smp_bytes msg;
    uint8_t buf[64];

    (void)state;
    open_link(link);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    assert_int_equal(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
                             &len),
            sizeof(message));
    assert_int_equal(sendto(other, "evil", 4, 0, (struct sockaddr *)&from, len),
            4);
    /* Empty datagrams are nothing. */
    assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&from, len), 0);
    assert_int_equal(sendto(fd, "good", 4, 0, (struct sockaddr *)&from, len),
            4);
    assert_int_equal(receive(link, &msg), 1);
    assert_memory_equal(msg.ptr, "good", 4);
    assert_int_equal(link->ops->receive(link, &msg), 0);
    host_link_destroy(link);
    close(fd);
    close(other);
}

static void udp_works_over_ipv6_where_there_is_one(void **state)
{
    uint16_t port;
    int fd = serve(SOCK_DGRAM, AF_INET6, &port);
    struct host_link *link;

    (void)state;
    if (fd < 0) {
        print_message("this machine has no IPv6: nothing to send over\n");
        skip();
    }
    link = udp_link(port, "[::1]");
    open_link(link);
    assert_int_equal(link->info.max_reassembled, 1452);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    host_link_destroy(link);
    close(fd);
}

static void udp_counts_refused_ports_and_goes_on(void **state)
{
    uint16_t port;
    int fd = serve(SOCK_DGRAM, AF_INET, &port);
    struct host_link *link = udp_link(port, "127.0.0.1");
    struct smp_bytes msg;

    (void)state;
    close(fd);
    open_link(link);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
        assert_int_equal(link->ops->flush(link), 0);
        link->ops->wait(link, 20, -1);
        assert_int_equal(link->ops->receive(link, &msg), 0);
    }
    assert_true(link->stats.refused > 0);
    assert_true(link->info.up);
    host_link_destroy(link);
}

static void udp_reopens_with_a_new_epoch(void **state)
{
    uint16_t port;
    int fd = serve(SOCK_DGRAM, AF_INET, &port);
    struct host_link *link = udp_link(port, "127.0.0.1");
    uint32_t epoch;

    (void)state;
    open_link(link);
    epoch = link->info.epoch;
    assert_int_equal(link->ops->reopen(link), 1);
    assert_int_equal(link->info.epoch, epoch + 1);
    host_link_destroy(link);
    close(fd);
}

static void udp_name_that_is_unknown_is_told(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_link *link = link_new("udp:no-such-name.invalid");

    (void)state;
    assert_int_equal(link->ops->open(link, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "no-such-name.invalid");
    host_link_destroy(link);
}

static void link_wakes_up_from_outside(void **state)
{
    int pipes[2];
    uint16_t port;
    int fd = serve(SOCK_DGRAM, AF_INET, &port);
    struct host_link *link = udp_link(port, "127.0.0.1");
    uint32_t before = host_clock_ms();

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    open_link(link);
    link->ops->wait(link, 30000, pipes[0]);
    assert_true(host_clock_ms() - before < 10000);
    host_link_destroy(link);
    close(pipes[0]);
    close(pipes[1]);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_carries_a_burst_both_ways),
        cmocka_unit_test(udp_hears_nobody_but_the_device),
        cmocka_unit_test(udp_works_over_ipv6_where_there_is_one),
        cmocka_unit_test(udp_counts_refused_ports_and_goes_on),
        cmocka_unit_test(udp_reopens_with_a_new_epoch),
        cmocka_unit_test(udp_name_that_is_unknown_is_told),
        cmocka_unit_test(link_wakes_up_from_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
