// SPDX-License-Identifier: Apache-2.0
/* Links: UDP, TCP and pseudo-terminals on this machine. */
#include "host_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "host/link.h"

static const uint8_t message[] = { 0x0a, 0, 0, 5, 0, 0, 1, 0, 0xa1, 0x61, 0x64,
    0x61, 0x78 };

static struct host_link *link_new(const char *text)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;
    struct host_link *link;

    assert_int_equal(host_uri_parse(text, &uri, &err), 0);
    link = host_link_create(&uri, NULL, &err);
    assert_no_error(&err);
    host_uri_clear(&uri);
    return link;
}

static void open_link(struct host_link *link)
{
    struct host_error err = HOST_ERROR_INIT;

    if (link->ops->open(link, &err) != 0) {
        fail_msg("open: %s", err.message);
    }
    assert_true(link->info.up);
}

/* Waits for one message, at most two seconds. */
static int receive(struct host_link *link, struct smp_bytes *msg)
{
    for (unsigned i = 0; i < 200; i++) {
        int got = link->ops->receive(link, msg);

        if (got != 0) {
            return got;
        }
        (void)link->ops->flush(link);
        link->ops->wait(link, 10, -1);
    }
    return 0;
}

/* A server socket on a free port of the loopback. */
static int serve(int type, int family, uint16_t *port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET,
        .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
            bind(fd,
                    family == AF_INET ? (struct sockaddr *)&v4
                                      : (struct sockaddr *)&v6,
                    family == AF_INET ? sizeof(v4) : sizeof(v6)) != 0) {
        return -1;
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(((struct sockaddr_in *)(void *)&at)->sin_port);
    return fd;
}

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

/* A pseudo-terminal; the device's end is returned, the name is our end. */
static int pty_new(char *name, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(grantpt(fd), 0);
    assert_int_equal(unlockpt(fd), 0);
    assert_int_equal(ptsname_r(fd, name, size), 0);
    return fd;
}

static struct host_link *serial_link(const char *scheme, const char *name)
{
    char text[128];

    g_snprintf(text, sizeof(text), "%s:%s?baud=1000000", scheme, name);
    return link_new(text);
}

/* All bytes that come out at the device's end within a while. */
static size_t pty_read(int fd, uint8_t *buf, size_t cap, uint32_t ms)
{
    uint32_t start = host_clock_ms();
    size_t len = 0;

    while (host_clock_ms() - start < ms && len < cap) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };

        if (poll(&pfd, 1, 10) == 1) {
            ssize_t n = read(fd, buf + len, cap - len);

            if (n > 0) {
                len += (size_t)n;
            }
        }
    }
    return len;
}

static void put(int fd, const void *buf, size_t len)
{
    assert_int_equal(write(fd, buf, len), (int)len);
}

static size_t frame(const uint8_t *msg, size_t len, uint8_t *out)
{
    struct smp_console_encoder e;
    size_t total = 0;
    size_t n;

    assert_int_equal(smp_console_encode_start(&e, msg, len), 0);
    while ((n = smp_console_encode_line(&e, out + total)) > 0) {
        total += n;
    }
    return total;
}

struct heard {
    GString *text;
};

static void on_noise(void *ctx, const uint8_t *text, size_t len)
{
    g_string_append_len(((struct heard *)ctx)->text, (const char *)text,
            (gssize)len);
}

static void serial_sends_lf_and_frames_and_reads_through_noise(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial", name);
    struct heard heard = { g_string_new(NULL) };
    struct smp_bytes msg;
    uint8_t want[512];
    uint8_t got[512];
    uint8_t big[400];
    uint8_t framed[1024];
    size_t len;

    (void)state;
    link->noise = on_noise;
    link->noise_ctx = &heard;
    open_link(link);
    assert_int_equal(link->info.kind, SMP_LINK_CONSOLE);
    assert_int_equal(link->info.window_max, 1);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    want[0] = '\n';
    len = 1 + frame(message, sizeof(message), want + 1);
    assert_int_equal(pty_read(fd, got, sizeof(got), 100), len);
    assert_memory_equal(got, want, len);
    memset(big, 0x5a, sizeof(big));
    memcpy(big, message, 8);
    put(fd, "*** Booting Zephyr OS ***\r\nuart:~$ ", 35);
    len = frame(big, sizeof(big), framed);
    for (size_t i = 0; i < len; i += 50) {
        put(fd, framed + i, MIN(len - i, 50));
    }
    put(fd, "[00:00:01] <inf> hello\r\n", 24);
    assert_int_equal(receive(link, &msg), 1);
    assert_int_equal(msg.len, sizeof(big));
    assert_memory_equal(msg.ptr, big, sizeof(big));
    assert_int_equal(link->ops->receive(link, &msg), 0);
    link->ops->wait(link, 50, -1);
    assert_int_equal(link->ops->receive(link, &msg), 0);
    assert_non_null(strstr(heard.text->str, "Booting Zephyr"));
    assert_non_null(strstr(heard.text->str, "<inf> hello"));
    assert_true(link->stats.frame.text_bytes > 40);
    host_link_destroy(link);
    g_string_free(heard.text, TRUE);
    close(fd);
}

static void serial_line_is_set_raw_and_does_not_hang_up(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial", name);
    struct termios tio;

    (void)state;
    open_link(link);
    assert_int_equal(tcgetattr(fd, &tio), 0);
    assert_int_equal(tio.c_cflag & HUPCL, 0);
    assert_int_equal(tio.c_cflag & CSIZE, CS8);
    assert_int_equal(tio.c_lflag & (ECHO | ICANON | ISIG), 0);
    assert_int_equal(tio.c_iflag & (ICRNL | IXON), 0);
    assert_int_equal(tio.c_oflag & OPOST, 0);
    host_link_destroy(link);
    close(fd);
}

static void serial_port_in_use_is_refused(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *first = serial_link("serial", name);
    struct host_link *second = serial_link("serial", name);

    (void)state;
    open_link(first);
    assert_int_equal(second->ops->open(second, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "used by another program");
    host_link_destroy(first);
    host_link_destroy(second);
    close(fd);
}

static void serial_port_that_is_none_is_refused(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_link *link = link_new("serial:/dev/null");

    (void)state;
    assert_int_equal(link->ops->open(link, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "/dev/null");
    host_link_destroy(link);
    link = link_new("serial:/dev/no-such-port");
    assert_int_equal(link->ops->open(link, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "no-such-port");
    host_link_destroy(link);
}

static void serial_takes_one_message_at_a_time(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial", name);

    (void)state;
    open_link(link);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->send(link, message, sizeof(message)),
            HOST_LINK_AGAIN);
    assert_int_equal(link->ops->flush(link), 0);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    host_link_destroy(link);
    close(fd);
}

static void serial_pauses_between_lines_once_a_request_is_repeated(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial", name);
    uint8_t big[250] = { 0x0a, 0, 0, 242, 0, 0, 1, 0 };
    uint8_t got[1024];
    size_t len;
    uint32_t start;

    (void)state;
    open_link(link);
    assert_int_equal(link->ops->send(link, big, sizeof(big)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    len = pty_read(fd, got, sizeof(got), 50);
    assert_true(len > 300);
    assert_int_equal(link->ops->wait_ms(link, host_clock_ms()), UINT32_MAX);
    /* The same again: three lines, two pauses. */
    start = host_clock_ms();
    assert_int_equal(link->ops->send(link, big, sizeof(big)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    assert_in_range(link->ops->wait_ms(link, host_clock_ms()), 1, 40);
    while (link->ops->wait_ms(link, host_clock_ms()) != UINT32_MAX) {
        link->ops->wait(link, link->ops->wait_ms(link, host_clock_ms()), -1);
        assert_int_equal(link->ops->flush(link), 0);
    }
    assert_true(host_clock_ms() - start >= 40);
    assert_int_equal(pty_read(fd, got, sizeof(got), 50), len - 1);
    host_link_destroy(link);
    close(fd);
}

static void serial_port_that_vanishes_is_found_again(void **state)
{
    char name[64];
    char *folder = g_dir_make_tmp("smpctl-test-XXXXXX", NULL);
    char *link_name = g_build_filename(folder, "port", NULL);
    int fd = pty_new(name, sizeof(name));
    struct host_link *link;
    struct smp_bytes msg;
    uint8_t framed[256];
    size_t len;
    uint32_t epoch;

    (void)state;
    assert_int_equal(symlink(name, link_name), 0);
    link = serial_link("serial", link_name);
    open_link(link);
    epoch = link->info.epoch;
    close(fd);
    unlink(link_name);
    assert_int_equal(receive(link, &msg), HOST_LINK_DOWN);
    assert_false(link->info.up);
    assert_non_null(link->reason);
    assert_int_equal(link->ops->reopen(link), 0);
    /* It comes back with another number behind the same name. */
    fd = pty_new(name, sizeof(name));
    assert_int_equal(symlink(name, link_name), 0);
    assert_int_equal(link->ops->reopen(link), 1);
    assert_int_equal(link->info.epoch, epoch + 1);
    len = frame(message, sizeof(message), framed);
    put(fd, framed, len);
    assert_int_equal(receive(link, &msg), 1);
    host_link_destroy(link);
    unlink(link_name);
    rmdir(folder);
    g_free(link_name);
    g_free(folder);
    close(fd);
}

static void serial_port_that_stays_is_not_closed_by_a_restart(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial", name);
    uint32_t epoch;

    (void)state;
    open_link(link);
    epoch = link->info.epoch;
    assert_int_equal(link->ops->reopen(link), 1);
    assert_int_equal(link->info.epoch, epoch + 1);
    host_link_destroy(link);
    close(fd);
}

static void serial_raw_carries_bare_messages(void **state)
{
    char name[64];
    int fd = pty_new(name, sizeof(name));
    struct host_link *link = serial_link("serial-raw", name);
    struct smp_bytes msg;
    uint8_t got[64];

    (void)state;
    open_link(link);
    assert_int_equal(link->info.kind, SMP_LINK_RAW);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    assert_int_equal(pty_read(fd, got, sizeof(got), 50), sizeof(message));
    assert_memory_equal(got, message, sizeof(message));
    put(fd, message, 5);
    assert_int_equal(link->ops->receive(link, &msg), 0);
    put(fd, message + 5, sizeof(message) - 5);
    put(fd, message, sizeof(message));
    assert_int_equal(receive(link, &msg), 1);
    assert_memory_equal(msg.ptr, message, sizeof(message));
    assert_int_equal(receive(link, &msg), 1);
    host_link_destroy(link);
    close(fd);
}

static void tcp_connects_carries_frames_and_comes_back(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    uint16_t port;
    int listener = serve(SOCK_STREAM, AF_INET, &port);
    struct host_link *link;
    struct smp_bytes msg;
    uint8_t framed[256];
    uint8_t got[256];
    char text[64];
    size_t len;
    int fd;

    (void)state;
    g_snprintf(text, sizeof(text), "tcp:127.0.0.1:%u", port);
    link = link_new(text);
    assert_int_equal(link->ops->open(link, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "refused");
    assert_int_equal(listen(listener, 1), 0);
    open_link(link);
    fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(link->ops->send(link, message, sizeof(message)), 0);
    assert_int_equal(link->ops->flush(link), 0);
    len = frame(message, sizeof(message), framed);
    assert_int_equal(recv(fd, got, 1, MSG_WAITALL), 1);
    assert_int_equal(got[0], '\n');
    assert_int_equal(recv(fd, got, len, MSG_WAITALL), (int)len);
    assert_memory_equal(got, framed, len);
    assert_int_equal(send(fd, framed, len, 0), (int)len);
    assert_int_equal(receive(link, &msg), 1);
    assert_int_equal(msg.len, sizeof(message));
    close(fd);
    assert_int_equal(receive(link, &msg), HOST_LINK_DOWN);
    assert_int_equal(link->ops->reopen(link), 1);
    host_link_destroy(link);
    close(listener);
}

static void tcp_write_to_a_closed_connection_is_a_lost_link(void **state)
{
    uint16_t port;
    int listener = serve(SOCK_STREAM, AF_INET, &port);
    struct host_link *link;
    char text[64];
    int result = 0;

    (void)state;
    assert_int_equal(listen(listener, 1), 0);
    g_snprintf(text, sizeof(text), "tcp:127.0.0.1:%u", port);
    link = link_new(text);
    open_link(link);
    close(accept(listener, NULL, NULL));
    /* The first bytes may still be taken; SIGPIPE would end the test. */
    for (unsigned i = 0; i < 50 && result == 0; i++) {
        result = link->ops->send(link, message, sizeof(message));
        if (result == 0) {
            result = link->ops->flush(link);
        }
        link->ops->wait(link, 5, -1);
    }
    assert_int_equal(result, HOST_LINK_DOWN);
    assert_non_null(link->reason);
    host_link_destroy(link);
    close(listener);
}

static void link_to_a_virtual_device_needs_a_maker(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;

    (void)state;
    assert_int_equal(host_uri_parse("sim:x", &uri, &err), 0);
    assert_null(host_link_create(&uri, NULL, &err));
    assert_error(&err, DFU_OTHER, "virtual");
    host_uri_clear(&uri);
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
        cmocka_unit_test(serial_sends_lf_and_frames_and_reads_through_noise),
        cmocka_unit_test(serial_line_is_set_raw_and_does_not_hang_up),
        cmocka_unit_test(serial_port_in_use_is_refused),
        cmocka_unit_test(serial_port_that_is_none_is_refused),
        cmocka_unit_test(serial_takes_one_message_at_a_time),
        cmocka_unit_test(
                serial_pauses_between_lines_once_a_request_is_repeated),
        cmocka_unit_test(serial_port_that_vanishes_is_found_again),
        cmocka_unit_test(serial_port_that_stays_is_not_closed_by_a_restart),
        cmocka_unit_test(serial_raw_carries_bare_messages),
        cmocka_unit_test(tcp_connects_carries_frames_and_comes_back),
        cmocka_unit_test(tcp_write_to_a_closed_connection_is_a_lost_link),
        cmocka_unit_test(link_to_a_virtual_device_needs_a_maker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
