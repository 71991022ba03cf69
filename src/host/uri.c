// SPDX-License-Identifier: Apache-2.0
/* Connection URIs. Saved names are in devices.c. */
#include "host/uri.h"

#include <stdlib.h>
#include <string.h>

#define URI_MAX 4096u

static const char uri_forms[] =
        "give udp:HOST[:1337], serial:DEVICE[?baud=115200], serial-raw:DEVICE, "
        "tcp:HOST:PORT, ble:NAME-OR-ADDRESS, sim:PRESET or a saved name";

static const struct {
    const char *scheme;
    int kind; /* -1 = known, not in this build */
} schemes[] = {
    { "udp:", HOST_URI_UDP },
    { "serial:", HOST_URI_SERIAL },
    { "serial-raw:", HOST_URI_SERIAL_RAW },
    { "tcp:", HOST_URI_TCP },
    { "sim:", HOST_URI_SIM },
    { "ble:", HOST_URI_BLE },
    { "shell:", -1 },
};

static int scheme_find(const char *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_str_has_prefix(text, schemes[i].scheme)) {
            return (int)i;
        }
    }
    return -1;
}

bool host_uri_has_scheme(const char *text)
{
    return scheme_find(text) >= 0;
}

static int bad(struct host_error *err, const char *text, const char *what)
{
    char *shown = host_text_escape(text, strlen(text));

    host_error_set(err, DFU_OTHER, uri_forms, "%s: %s", shown, what);
    g_free(shown);
    return -1;
}

/* Whole text is a decimal number of at most max. */
static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
    guint64 value;

    if (!g_ascii_isdigit(text[0]) ||
            !g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL)) {
        return false;
    }
    *number = value;
    return true;
}

static const char *set_text(char **to, const char *value)
{
    if (value[0] == '\0') {
        return "empty value";
    }
    if (*to != NULL) {
        return "a parameter is given twice";
    }
    *to = g_strdup(value);
    return NULL;
}

static const char *sim_parameter(struct host_uri *uri, const char *key,
        const char *value)
{
    uint64_t n;

    if (strcmp(key, "flash") == 0) {
        return set_text(&uri->flash, value);
    }
    if (strcmp(key, "link") == 0) {
        return set_text(&uri->link_spec, value);
    }
    if (strcmp(key, "fault") == 0) {
        if (uri->fault_count == HOST_FAULTS_MAX) {
            return "too many faults";
        }
        uri->faults[uri->fault_count] = NULL;
        return set_text(&uri->faults[uri->fault_count++], value);
    }
    if (strcmp(key, "set") == 0) {
        if (uri->setting_count == HOST_FAULTS_MAX) {
            return "too many settings";
        }
        uri->settings[uri->setting_count] = NULL;
        return set_text(&uri->settings[uri->setting_count++], value);
    }
    if (strcmp(key, "seed") == 0) {
        if (!read_number(value, UINT64_MAX, &n)) {
            return "seed is not a number";
        }
        uri->seed = n;
        return NULL;
    }
    if (strcmp(key, "flash-time") == 0) {
        uri->flash_time_real = strcmp(value, "real") == 0;
        if (!uri->flash_time_real && strcmp(value, "0") != 0) {
            return "flash-time is 0 or real";
        }
        return NULL;
    }
    return "unknown parameter";
}

static const char *ble_parameter(struct host_uri *uri, const char *key,
        const char *value)
{
    static const char *const io[] = { "auto", "socket", "method" };
    static const char *const reassembly[] = { "auto", "yes", "no" };
    uint64_t n;

    if (strcmp(key, "adapter") == 0) {
        return strchr(value, '/') == NULL ? set_text(&uri->adapter, value)
                                          : "adapter is a name like hci0";
    }
    if (strcmp(key, "after") == 0) {
        return set_text(&uri->after, value);
    }
    if (strcmp(key, "find") == 0) {
        if (!read_number(value, 86400, &n) || n == 0) {
            return "find is not a number of seconds from 1 to 86400";
        }
        uri->find_s = (uint32_t)n;
        return NULL;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(key, "io") == 0 && strcmp(value, io[i]) == 0) {
            uri->ble_io = (enum host_ble_io)i;
            return NULL;
        }
        if (strcmp(key, "reassembly") == 0 &&
                strcmp(value, reassembly[i]) == 0) {
            uri->reassembly = (enum host_ble_reassembly)i;
            return NULL;
        }
    }
    return strcmp(key, "io") == 0            ? "io is auto, socket or method"
            : strcmp(key, "reassembly") == 0 ? "reassembly is auto, yes or no"
                                             : "unknown parameter";
}

/* NULL when the parameter is taken, else what is wrong with it. */
static const char *uri_parameter(struct host_uri *uri, const char *key,
        const char *value)
{
    uint64_t n;

    if (strcmp(key, "mtu") == 0) {
        if (!read_number(value, 65535, &n) || n < 32) {
            return "mtu is not a number from 32 to 65535";
        }
        uri->mtu = (uint32_t)n;
        return NULL;
    }
    if (uri->kind == HOST_URI_SIM) {
        return sim_parameter(uri, key, value);
    }
    if (uri->kind == HOST_URI_BLE) {
        return ble_parameter(uri, key, value);
    }
    if (strcmp(key, "baud") == 0 &&
            (uri->kind == HOST_URI_SERIAL ||
                    uri->kind == HOST_URI_SERIAL_RAW)) {
        if (!read_number(value, 20000000, &n) || n < 50) {
            return "baud is not a number from 50 to 20000000";
        }
        uri->baud = (uint32_t)n;
        return NULL;
    }
    return "unknown parameter";
}

/* key=value&key=value; values are percent-decoded. */
static const char *uri_parameters(struct host_uri *uri, const char *query)
{
    const char *what = NULL;
    char **parts = g_strsplit(query, "&", -1);

    for (char **p = parts; *p != NULL && what == NULL; p++) {
        char *value = strchr(*p, '=');
        char *decoded = NULL;

        if (value == NULL) {
            what = "a parameter is not key=value";
            break;
        }
        *value++ = '\0';
        decoded = g_uri_unescape_string(value, NULL);
        what = decoded == NULL ? "bad % sequence"
                               : uri_parameter(uri, *p, decoded);
        g_free(decoded);
    }
    g_strfreev(parts);
    return what;
}

/*
 * HOST, HOST:PORT, [V6], [V6]:PORT, and a bare V6 address (two colons or
 * more), which then has no port. *port stays NULL without one.
 */
static const char *split_host(struct host_uri *uri, const char *rest,
        const char **port)
{
    const char *colon = strchr(rest, ':');
    const char *end;

    if (rest[0] != '[') {
        if (colon != NULL && strchr(colon + 1, ':') == NULL) {
            *port = colon + 1;
            uri->host = g_strndup(rest, (gsize)(colon - rest));
        } else {
            uri->host = g_strdup(rest);
        }
        return NULL;
    }
    end = strchr(rest, ']');
    if (end == NULL || end == rest + 1) {
        return "brackets without address";
    }
    uri->host = g_strndup(rest + 1, (gsize)(end - rest - 1));
    if (end[1] == ':') {
        *port = end + 2;
    } else if (end[1] != '\0') {
        return "text after the bracket";
    }
    return NULL;
}

static const char *uri_host_port(struct host_uri *uri, const char *rest,
        bool port_needed)
{
    const char *port = NULL;
    const char *what = split_host(uri, rest, &port);
    uint64_t n;

    if (what != NULL) {
        return what;
    }
    if (uri->host[0] == '\0') {
        return "no host";
    }
    for (const char *p = uri->host; *p != '\0'; p++) {
        if (!g_ascii_isgraph(*p) || strchr("/@\\\"'", *p) != NULL) {
            return "a character that no host has";
        }
    }
    if (port == NULL) {
        uri->port = HOST_UDP_PORT;
        return port_needed ? "no port" : NULL;
    }
    if (!read_number(port, 65535, &n) || n == 0) {
        return "port is not a number from 1 to 65535";
    }
    uri->port = (uint16_t)n;
    return NULL;
}

static const char *uri_rest(struct host_uri *uri, const char *rest)
{
    switch (uri->kind) {
    case HOST_URI_UDP:
        return uri_host_port(uri, rest, false);
    case HOST_URI_TCP:
        return uri_host_port(uri, rest, true);
    case HOST_URI_SERIAL:
    case HOST_URI_SERIAL_RAW:
        uri->device = strchr(rest, '/') != NULL
                ? g_strdup(rest)
                : g_strconcat("/dev/", rest, NULL);
        return rest[0] == '\0' ? "no device" : NULL;
    case HOST_URI_SIM:
        uri->preset = g_strdup(rest);
        return rest[0] == '\0' ? "no preset" : NULL;
    case HOST_URI_BLE:
        uri->device = g_uri_unescape_string(rest, NULL);
        return uri->device == NULL       ? "bad % sequence"
                : uri->device[0] == '\0' ? "no name or address"
                                         : NULL;
    }
    return "unknown kind";
}

int host_uri_parse(const char *text, struct host_uri *uri,
        struct host_error *err)
{
    struct host_uri u = { .baud = HOST_BAUD_DEFAULT, .seed = 1 };
    const char *what = NULL;
    const char *query;
    char *rest;
    int scheme;

    if (strlen(text) > URI_MAX || !g_utf8_validate(text, -1, NULL)) {
        return host_error_set(err, DFU_OTHER, uri_forms,
                "the connection is not readable text");
    }
    scheme = scheme_find(text);
    if (scheme < 0) {
        return bad(err, text, "not a connection that smpctl knows");
    }
    if (schemes[scheme].kind < 0) {
        char *shown = host_text_escape(text, strlen(text));

        host_error_set(err, DFU_OTHER,
                "use udp:, serial:, serial-raw:, tcp:, ble: or sim:",
                "%s: %.*s connections are not in this build yet", shown,
                (int)strlen(schemes[scheme].scheme) - 1,
                schemes[scheme].scheme);
        g_free(shown);
        return -1;
    }
    u.kind = (enum host_uri_kind)schemes[scheme].kind;
    u.text = g_strdup(text);
    text += strlen(schemes[scheme].scheme);
    query = strchr(text, '?');
    rest = query == NULL ? g_strdup(text)
                         : g_strndup(text, (gsize)(query - text));
    what = uri_rest(&u, rest);
    g_free(rest);
    if (what == NULL && query != NULL) {
        what = uri_parameters(&u, query + 1);
    }
    if (what != NULL) {
        bad(err, u.text, what);
        host_uri_clear(&u);
        return -1;
    }
    *uri = u;
    return 0;
}

void host_uri_clear(struct host_uri *uri)
{
    g_free(uri->text);
    g_free(uri->host);
    g_free(uri->device);
    g_free(uri->adapter);
    g_free(uri->after);
    g_free(uri->preset);
    g_free(uri->flash);
    g_free(uri->link_spec);
    for (size_t i = 0; i < uri->setting_count; i++) {
        g_free(uri->settings[i]);
    }
    for (size_t i = 0; i < uri->fault_count; i++) {
        g_free(uri->faults[i]);
    }
    memset(uri, 0, sizeof(*uri));
}
