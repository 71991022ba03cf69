// SPDX-License-Identifier: Apache-2.0
/* Links over serial ports: pseudo-terminals on this machine. */
#include "link_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
