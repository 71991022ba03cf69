// SPDX-License-Identifier: Apache-2.0
/* What there is to tell of a Bluetooth LE link. */
#include <string.h>

#include "host/link_ble_private.h"

bool host_ble_facts(const struct host_link *link, struct host_ble_facts *facts)
{
    const struct link_ble *b = (const struct link_ble *)(const void *)link;

    if (!host_ble_is(link) || b->path == NULL || b->att_mtu == 0) {
        return false;
    }
    facts->att_mtu = b->att_mtu;
    facts->interval_us = host_ble_rate_interval_us(&b->rate);
    return true;
}

char *host_ble_about(const struct host_link *link)
{
    const struct link_ble *b = (const struct link_ble *)(const void *)link;
    struct host_ble_facts facts;
    char *adapter;
    GString *text;

    if (!host_ble_facts(link, &facts)) {
        return NULL;
    }
    adapter = g_path_get_dirname(b->path);
    text = g_string_new(NULL);
    g_string_printf(text, "%s on %s, ATT MTU %u, %zu bytes per write, %s, %s",
            b->address, strrchr(adapter, '/') + 1, b->att_mtu, b->room,
            b->rx_fd >= 0 ? "sockets" : "method calls",
            link->info.max_reassembled != 0 ? "the device joins writes"
                                            : "one write per message");
    if (facts.interval_us != 0) {
        g_string_append_printf(text,
                ", connection interval about %.1f ms (estimated)",
                (double)facts.interval_us / 1000.0);
    }
    g_free(adapter);
    return g_string_free(text, FALSE);
}
