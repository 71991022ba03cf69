// SPDX-License-Identifier: Apache-2.0
/* What all links have in common, and the choice of the transport. */
#include "host/link.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "host/link_private.h"

uint32_t host_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u +
            (uint64_t)now.tv_nsec / 1000000u);
}

uint32_t host_link_now_ms(const struct host_link *link)
{
    (void)link;
    return host_clock_ms();
}

void host_link_set_up(struct host_link *link)
{
    link->info.up = true;
    link->info.epoch++;
    link->stats.opens++;
    g_free(link->reason);
    link->reason = NULL;
}

int host_link_set_down(struct host_link *link, const char *format, ...)
{
    va_list args;

    link->info.up = false;
    g_free(link->reason);
    va_start(args, format);
    link->reason = g_strdup_vprintf(format, args);
    va_end(args);
    return HOST_LINK_DOWN;
}

void host_link_poll(int fd, short events, uint32_t timeout_ms, int wake_fd)
{
    struct pollfd fds[2];
    nfds_t count = 0;

    if (fd >= 0) {
        fds[count].fd = fd;
        fds[count].events = events;
        fds[count++].revents = 0;
    }
    if (wake_fd >= 0) {
        fds[count].fd = wake_fd;
        fds[count].events = POLLIN;
        fds[count++].revents = 0;
    }
    /* Interrupted by a signal: the caller looks again, nothing is lost. */
    (void)poll(fds, count, timeout_ms > INT32_MAX ? -1 : (int)timeout_ms);
}

struct host_link *host_link_create(const struct host_uri *uri,
        const struct host_link_params *params, struct host_error *err)
{
    static const struct host_link_params defaults;
    struct host_link *link = NULL;

    if (params == NULL) {
        params = &defaults;
    }
    switch (uri->kind) {
    case HOST_URI_UDP:
        link = host_udp_create(uri, params);
        break;
    case HOST_URI_SERIAL:
    case HOST_URI_SERIAL_RAW:
        link = host_serial_create(uri, params);
        break;
    case HOST_URI_TCP:
        link = host_tcp_create(uri, params);
        break;
    case HOST_URI_BLE:
        link = host_ble_create(uri, params);
        break;
    case HOST_URI_SIM:
        if (params->sim == NULL) {
            host_error_set(err, DFU_OTHER,
                    "start smpsim and connect with udp: or tcp:",
                    "%s: this program has no virtual devices", uri->text);
            return NULL;
        }
        link = params->sim(uri, params, err);
        break;
    }
    if (link != NULL && link->name == NULL) {
        link->name = g_strdup(uri->text);
    }
    return link;
}

void host_link_destroy(struct host_link *link)
{
    if (link == NULL) {
        return;
    }
    link->ops->close(link);
    g_free(link->name);
    g_free(link->reason);
    link->ops->destroy(link);
}
