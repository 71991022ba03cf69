// SPDX-License-Identifier: Apache-2.0
#include "link_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>

const uint8_t message[13] = { 0x0a, 0, 0, 5, 0, 0, 1, 0, 0xa1, 0x61, 0x64, 0x61,
    0x78 };

struct host_link *link_new(const char *text)
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

void open_link(struct host_link *link)
{
    struct host_error err = HOST_ERROR_INIT;

    if (link->ops->open(link, &err) != 0) {
        fail_msg("open: %s", err.message);
    }
    assert_true(link->info.up);
}

int receive(struct host_link *link, struct smp_bytes *msg)
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

int serve(int type, int family, uint16_t *port)
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

size_t frame(const uint8_t *msg, size_t len, uint8_t *out)
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
