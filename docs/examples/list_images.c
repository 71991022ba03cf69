// SPDX-License-Identifier: Apache-2.0
/*
 * A gateway in one page: ask a device over UDP what it is, print its images.
 *
 *   list_images ADDRESS PORT
 *
 * The loop below is the whole pump: requests from the procedure to the client,
 * bytes from the client to the socket, answers back. dfu_upload and dfu_update
 * are driven in the same way.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <dfu/device.h>
#include <smp/client.h>

#define MESSAGE_MAX 1472u /* one datagram */

static uint32_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)((uint64_t)t.tv_sec * 1000u +
            (uint64_t)t.tv_nsec / 1000000u);
}

/* 1. requests in, 2. bytes out, 3. answers back */
static void pump(struct dfu_query *query, struct smp_client *client, int fd)
{
    struct smp_request request;
    struct smp_answer answer;
    const uint8_t *out;
    size_t len;
    while (smp_client_free(client) > 0 &&
            dfu_query_next(query, now_ms(), &request) == 1) {
        if (smp_client_request(client, &request, now_ms()) != 0) {
            break;
        }
    }
    while ((out = smp_client_output(client, &len)) != NULL) {
        (void)!send(fd, out, len, 0); /* a lost datagram is sent again */
        smp_client_sent(client, now_ms());
    }
    while (smp_client_event(client, &answer)) {
        dfu_query_answer(query, now_ms(), &answer);
    }
}

/* 4. sleep until something comes or is due, 5. feed it */
static void wait_and_feed(struct dfu_query *query, struct smp_client *client,
        int fd)
{
    static uint8_t in[2048];
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    uint32_t wait = smp_client_wait_ms(client, now_ms());
    uint32_t other = dfu_query_wait_ms(query, now_ms());
    wait = other < wait ? other : wait;
    poll(&poll_fd, 1, wait > 60000 ? 60000 : (int)wait);
    ssize_t got = recv(fd, in, sizeof(in), 0);
    if (got > 0) {
        smp_client_input(client, in, (size_t)got, now_ms());
    } else {
        smp_client_tick(client, now_ms());
    }
}

static int list(int fd)
{
    static struct smp_client_place places[1];
    static uint8_t buf[MESSAGE_MAX];
    struct smp_client client;
    struct smp_client_config cfg = { .places = places,
        .place_count = 1,
        .buf = buf,
        .buf_size = sizeof(buf),
        .tries = 3,
        .timeout_ms = 1000 };
    struct smp_link link = { .up = true,
        .kind = SMP_LINK_DATAGRAM,
        .epoch = 1,
        .max_message = MESSAGE_MAX };
    static struct dfu_device device;
    struct dfu_query query;
    smp_client_init(&client, &cfg);
    dfu_query_init(&query, &device, DFU_QUERY_ALL);
    dfu_query_link(&query, now_ms(), &link); /* once, when the link is up */
    while (!dfu_query_done(&query)) {
        pump(&query, &client, fd);
        if (!dfu_query_done(&query)) {
            wait_and_feed(&query, &client, fd);
        }
    }
    if (dfu_query_code(&query) != DFU_OK) {
        fprintf(stderr, "%s\n", dfu_code_to_str(dfu_query_code(&query)));
        return dfu_code_exit(dfu_query_code(&query));
    }
    for (unsigned i = 0; i < device.slot_count; i++) {
        const struct dfu_slot *s = &device.slots[i];
        printf("image %u slot %u %s%s%s\n", s->image, s->slot, s->version_text,
                s->active ? " active" : "", s->confirmed ? " confirmed" : "");
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr, "usage: list_images ADDRESS PORT\n");
        return 2;
    }
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        perror("socket");
        return 1;
    }
    int status = list(fd);
    close(fd);
    return status;
}
