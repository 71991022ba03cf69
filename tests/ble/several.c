// SPDX-License-Identifier: Apache-2.0
/*
 * Update several devices from one process over the interface of host/, for
 * test_several.py.
 *
 *   ble_several threads|turns PACKAGE URI...
 *
 * threads: one thread per device, each with a link, a session and a package of
 * its own. turns: one thread pumps all sessions in turns. A line per device:
 * "URI done CONNECTIONS" or "URI failed CODE MESSAGE". Status 0: all done.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "dfu/update.h"
#include "host/bluez.h"
#include "host/package.h"
#include "host/session.h"

#define CHUNK_MAX    8192u
#define RECONNECT_MS 3000u
#define WAIT_MS      2u

struct device {
    const char *uri;
    const char *package_path;
    struct host_ble_options ble;
    struct host_package *package;
    struct host_link *link;
    struct host_session *session;
    struct dfu_update update;
    uint8_t *chunk;
    struct host_error err;
    bool failed;
};

static int begin(struct device *d)
{
    struct host_link_params params = { .ble = &d->ble };
    struct host_session_config cfg = { .version = SMP_VERSION_AUTO };
    struct dfu_update_config update = { .chunk_size = CHUNK_MAX,
        .reconnect_timeout_ms = RECONNECT_MS };
    struct host_uri uri;

    d->ble = (struct host_ble_options){ .pair = HOST_BLE_PAIR_YES,
        .passkey = -1,
        .cancel_fd = -1 };
    d->package = host_package_open(d->package_path, NULL, &d->err);
    if (d->package == NULL || host_uri_parse(d->uri, &uri, &d->err) != 0) {
        return -1;
    }
    d->link = host_link_create(&uri, &params, &d->err);
    host_uri_clear(&uri);
    if (d->link == NULL) {
        return -1;
    }
    cfg.link = d->link;
    d->session = host_session_create(&cfg);
    if (host_session_open(d->session, &d->err) != 0) {
        return -1;
    }
    d->chunk = g_malloc(CHUNK_MAX);
    update.package = &d->package->dfu;
    update.chunk = d->chunk;
    dfu_update_init(&d->update, &update);
    return 0;
}

/* What a caller of the update manager owes it: look for the device. */
static int poll_events(void *ctx, struct host_session *s)
{
    struct device *d = ctx;
    struct dfu_event ev;

    while (dfu_update_event(&d->update, &ev)) {
        struct host_find find = { .not_before_ms = ev.not_before_ms,
            .give_up_ms = ev.give_up_ms };

        if (ev.kind == DFU_EVENT_FIND_DEVICE) {
            host_session_find(s, &find);
        }
    }
    return 0;
}

static void take_end(struct device *d, int run)
{
    d->failed = run != 0 || dfu_update_result(&d->update)->code != DFU_OK;
    if (d->failed && d->err.code == DFU_OK) {
        host_error_set(&d->err, dfu_update_result(&d->update)->code, NULL, "%s",
                d->link->reason != NULL ? d->link->reason : "the update");
    }
}

static gpointer work(gpointer data)
{
    struct device *d = data;
    struct host_session_hooks hooks = { .poll = poll_events, .ctx = d };

    d->failed = begin(d) != 0;
    if (!d->failed) {
        take_end(d,
                host_session_run(d->session, &dfu_update_procedure, &d->update,
                        &hooks, &d->err));
    }
    return NULL;
}

static void in_threads(struct device *devices, unsigned count)
{
    GThread **threads = g_new0(GThread *, count);

    for (unsigned i = 0; i < count; i++) {
        threads[i] = g_thread_new("device", work, &devices[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        g_thread_join(threads[i]);
    }
    g_free(threads);
}

/* true while it works */
static bool turn(struct device *d)
{
    const struct smp_procedure *proc = &dfu_update_procedure;

    if (d->failed || proc->done(&d->update)) {
        return false;
    }
    while (host_session_pump(d->session, proc, &d->update) == 1) {
        poll_events(d, d->session);
    }
    poll_events(d, d->session);
    host_session_wait(d->session, proc, &d->update, WAIT_MS);
    return true;
}

static void in_turns(struct device *devices, unsigned count)
{
    bool busy = true;

    for (unsigned i = 0; i < count; i++) {
        struct device *d = &devices[i];

        d->failed = begin(d) != 0;
        if (!d->failed) {
            dfu_update_procedure.link(&d->update, host_session_now(d->session),
                    &d->link->info);
        }
    }
    while (busy) {
        busy = false;
        for (unsigned i = 0; i < count; i++) {
            busy = turn(&devices[i]) || busy;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (!devices[i].failed) {
            take_end(&devices[i], 0);
        }
    }
}

static void end(struct device *d)
{
    if (d->failed) {
        printf("%s failed %s %s\n", d->uri, dfu_code_to_str(d->err.code),
                d->err.message != NULL ? d->err.message : "-");
    } else {
        printf("%s done %u\n", d->uri, d->link->stats.opens);
    }
    host_session_destroy(d->session);
    host_link_destroy(d->link);
    host_package_close(d->package);
    g_free(d->chunk);
    host_error_clear(&d->err);
}

int main(int argc, char **argv)
{
    unsigned count = argc > 3 ? (unsigned)argc - 3 : 0;
    struct device *devices = g_new0(struct device, MAX(count, 1u));
    bool failed = count == 0;

    for (unsigned i = 0; i < count; i++) {
        devices[i].uri = argv[i + 3];
        devices[i].package_path = argv[2];
    }
    if (count > 0 && strcmp(argv[1], "threads") == 0) {
        in_threads(devices, count);
    } else if (count > 0) {
        in_turns(devices, count);
    }
    for (unsigned i = 0; i < count; i++) {
        failed = failed || devices[i].failed;
        end(&devices[i]);
    }
    g_free(devices);
    return failed ? 1 : 0;
}
