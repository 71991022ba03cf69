// SPDX-License-Identifier: Apache-2.0
/* Links over TCP, on this machine; and the link that needs a maker. */
#include "link_rig.h"

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
        cmocka_unit_test(tcp_connects_carries_frames_and_comes_back),
        cmocka_unit_test(tcp_write_to_a_closed_connection_is_a_lost_link),
        cmocka_unit_test(link_to_a_virtual_device_needs_a_maker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
