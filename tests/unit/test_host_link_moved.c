// SPDX-License-Identifier: Apache-2.0
/*
 * Links over UDP whose device gets another address: the names are looked up
 * here. Two sockets with one port number are the two addresses.
 */
#include "link_rig.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#define HERE  0x7f000001u /* 127.0.0.1 */
#define THERE 0x7f000002u

static uint32_t told;  /* address of every name; 0 = no such name */
static unsigned asked; /* times */

/* The program's own, in place of the C library's. */
int getaddrinfo(const char *name, const char *service,
        const struct addrinfo *hints, struct addrinfo **list)
{
    static struct sockaddr_in at;
    static struct addrinfo info;

    (void)name;
    asked++;
    if (told == 0) {
        return EAI_NONAME;
    }
    at = (struct sockaddr_in){ .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(service)),
        .sin_addr = { htonl(told) } };
    info = (struct addrinfo){ .ai_family = AF_INET,
        .ai_socktype = hints->ai_socktype,
        .ai_addr = (struct sockaddr *)&at,
        .ai_addrlen = sizeof(at) };
    *list = &info;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

/* The device's two places, and a link that knows the first. */
struct move {
    int here;
    int there;
    struct host_link *link;
    struct sockaddr_in from; /* of what arrived last */
};

static int setup(void **state)
{
    static struct move move;
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_addr = { htonl(THERE) } };
    uint16_t port;
    char text[64];

    move.here = serve(SOCK_DGRAM, AF_INET, &port);
    move.there = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    at.sin_port = htons(port);
    assert_int_equal(bind(move.there, (struct sockaddr *)&at, sizeof(at)), 0);
    g_snprintf(text, sizeof(text), "udp:device.test:%u", port);
    told = HERE;
    asked = 0;
    move.link = link_new(text);
    open_link(move.link);
    *state = &move;
    return 0;
}

static int teardown(void **state)
{
    struct move *move = *state;

    host_link_destroy(move->link);
    close(move->here);
    close(move->there);
    return 0;
}

static void arrives_at(struct move *move, int fd)
{
    socklen_t len = sizeof(move->from);
    uint8_t buf[64];

    assert_int_equal(move->link->ops->send(move->link, message,
                             sizeof(message)),
            0);
    assert_int_equal(move->link->ops->flush(move->link), 0);
    assert_int_equal(recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
                             (struct sockaddr *)&move->from, &len),
            sizeof(message));
}

static void answer_is_heard(struct move *move, int fd)
{
    struct smp_bytes msg;

    assert_int_equal(sendto(fd, "yes", 3, 0, (struct sockaddr *)&move->from,
                             sizeof(move->from)),
            3);
    assert_int_equal(receive(move->link, &msg), 1);
    assert_memory_equal(msg.ptr, "yes", 3);
}

static void look_follows_a_device_that_moved(void **state)
{
    struct move *move = *state;
    uint32_t epoch = move->link->info.epoch;

    arrives_at(move, move->here);
    told = THERE;
    move->link->ops->look(move->link);
    assert_int_equal(asked, 2);
    arrives_at(move, move->there);
    answer_is_heard(move, move->there);
    assert_true(move->link->info.up);
    assert_int_equal(move->link->info.epoch, epoch);
}

/* A device that erases answers late, and to the port that asked. */
static void look_keeps_the_port_of_a_device_that_stays(void **state)
{
    struct move *move = *state;

    arrives_at(move, move->here);
    move->link->ops->look(move->link);
    assert_int_equal(asked, 2);
    answer_is_heard(move, move->here);
}

static void look_keeps_the_link_when_the_name_is_gone(void **state)
{
    struct move *move = *state;

    arrives_at(move, move->here);
    told = 0;
    move->link->ops->look(move->link);
    assert_int_equal(asked, 2);
    assert_true(move->link->info.up);
    answer_is_heard(move, move->here);
    arrives_at(move, move->here);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(look_follows_a_device_that_moved),
        T(look_keeps_the_port_of_a_device_that_stays),
        T(look_keeps_the_link_when_the_name_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
