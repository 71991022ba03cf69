// SPDX-License-Identifier: Apache-2.0
/*
 * A whole update through package, session and update manager into a virtual
 * device of the same process, in virtual time.
 */
#include "host_test.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "cli/sim.h"
#include "dfu/update.h"
#include "host/package.h"
#include "host/session.h"
#include "smp/group_os.h"

struct rig {
    struct host_link *link;
    struct host_session *session;
    struct host_trace *trace;
    struct host_error err;
};

static void rig_open(struct rig *r, const char *text)
{
    const struct host_link_params params = { .sim = cli_sim_create };
    const struct host_trace_config trace = { .path = NULL };
    struct host_session_config cfg = { .link = NULL };
    struct host_uri uri;

    memset(r, 0, sizeof(*r));
    assert_int_equal(host_uri_parse(text, &uri, &r->err), 0);
    r->link = host_link_create(&uri, &params, &r->err);
    assert_no_error(&r->err);
    host_uri_clear(&uri);
    r->trace = host_trace_create(&trace, &r->err);
    cfg.link = r->link;
    cfg.trace = r->trace;
    r->session = host_session_create(&cfg);
    if (host_session_open(r->session, &r->err) != 0) {
        fail_msg("%s", r->err.message);
    }
}

static void rig_close(struct rig *r)
{
    host_session_destroy(r->session);
    host_link_destroy(r->link);
    host_trace_destroy(r->trace);
    host_error_clear(&r->err);
}

static int echo(struct rig *r)
{
    static const struct smp_os_echo_req body = { .has = SMP_OS_ECHO_REQ_D,
        .d = { (const uint8_t *)"hi", 2 } };
    const struct smp_request req = { .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &body };
    struct host_reply reply;

    return host_session_request(r->session, &req, &reply, &r->err);
}

static struct host_package *new_image(uint8_t major)
{
    const struct host_image_spec spec = { .payload_size = 30000,
        .seed = major,
        .version = { .major = major } };
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *image = NULL;
    struct host_package *pkg;

    assert_int_equal(host_image_create(&spec, &image, &err), 0);
    pkg = host_package_parse("app.bin", image->data, image->len, NULL, &err);
    assert_no_error(&err);
    g_byte_array_unref(image);
    return pkg;
}

struct watched {
    struct dfu_update update;
    unsigned finds;
};

static int take_events(void *ctx, struct host_session *s)
{
    struct watched *w = ctx;
    struct dfu_event ev;

    while (dfu_update_event(&w->update, &ev)) {
        if (ev.kind == DFU_EVENT_FIND_DEVICE) {
            const struct host_find find = { .not_before_ms = ev.not_before_ms,
                .give_up_ms = ev.give_up_ms };

            w->finds++;
            host_session_find(s, &find);
        }
    }
    return 0;
}

/* Code of the update, and what it says of itself. */
static enum dfu_code try_update(struct rig *r, uint8_t major,
        struct dfu_update_result *result, unsigned *finds)
{
    struct host_package *pkg = new_image(major);
    struct watched *w = g_new0(struct watched, 1);
    struct host_session_hooks hooks = { .poll = take_events, .ctx = w };
    uint8_t *chunk = g_malloc(8192);
    const struct dfu_update_config cfg = { .package = &pkg->dfu,
        .chunk = chunk,
        .chunk_size = 8192 };

    dfu_update_init(&w->update, &cfg);
    assert_int_equal(host_session_run(r->session, &dfu_update_procedure,
                             &w->update, &hooks, &r->err),
            0);
    *result = *dfu_update_result(&w->update);
    *finds = w->finds;
    assert_true(result->finished);
    host_package_close(pkg);
    g_free(chunk);
    g_free(w);
    return result->code;
}

static uint32_t update(struct rig *r, uint8_t major)
{
    struct dfu_update_result result;
    unsigned finds;
    enum dfu_code code = try_update(r, major, &result, &finds);

    if (code != DFU_OK) {
        fail_msg("update: %s", dfu_code_to_str(code));
    }
    assert_true(result.confirmed);
    assert_int_equal(result.images[0].verified, DFU_VERIFIED_ACTIVE);
    assert_true(finds >= 1);
    return result.ended_ms - result.started_ms;
}

static void sim_answers_and_takes_an_update_in_virtual_time(void **state)
{
    struct rig r;
    gint64 start = g_get_monotonic_time();
    uint32_t epoch;
    uint32_t took_ms;

    (void)state;
    rig_open(&r, "sim:nrf52840dk-zephyr4.4?flash-time=real");
    assert_true(r.link->virtual_time);
    assert_int_equal(echo(&r), 0);
    epoch = r.link->info.epoch;
    took_ms = update(&r, 2);
    /* Erase, write and swap cost seconds there and nothing here. */
    assert_true(took_ms > 2000);
    assert_true(r.link->info.epoch > epoch);
    assert_int_equal(echo(&r), 0);
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
    rig_close(&r);
}

static void sim_does_the_same_in_every_run(void **state)
{
    char *first = NULL;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct rig r;
        char *text;

        rig_open(&r, "sim:nrf5340dk-ncs2.4.1-single?fault=drop:p=0.05&seed=3");
        update(&r, 3);
        text = host_trace_recent(r.trace, NULL);
        rig_close(&r);
        /* Without the head, which tells the time of day. */
        if (first == NULL) {
            first = g_strdup(strchr(text, '\n'));
        } else {
            assert_string_equal(first, strchr(text, '\n'));
        }
        g_free(text);
    }
    g_free(first);
}

static void sim_link_model_looks_like_ble(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r,
            "sim:nrf52840dk-zephyr4.4?link=interval=40ms,mtu=252,"
            "per_interval=6");
    assert_int_equal(r.link->info.kind, SMP_LINK_BLE);
    assert_int_equal(r.link->info.max_message, 249);
    assert_true(r.link->info.max_reassembled > 2000);
    update(&r, 4);
    rig_close(&r);
}

static void sim_keeps_its_flash_file(void **state)
{
    char *folder = g_dir_make_tmp("smpctl-test-XXXXXX", NULL);
    char *flash = g_build_filename(folder, "flash", NULL);
    char *aside = g_strconcat(flash, ".state", NULL);
    char *uri = g_strconcat("sim:nrf52840dk-zephyr4.4?flash=", flash, NULL);
    struct rig r;
    char *text;

    (void)state;
    rig_open(&r, uri);
    update(&r, 5);
    rig_close(&r);
    rig_open(&r, uri);
    text = host_trace_recent(r.trace, NULL);
    assert_non_null(strstr(text, "5.0.0"));
    g_free(text);
    rig_close(&r);
    g_unlink(flash);
    g_unlink(aside);
    g_rmdir(folder);
    g_free(uri);
    g_free(aside);
    g_free(flash);
    g_free(folder);
}

/* Whatever the cut ended, the same update again finishes it. */
static void sim_update_is_finished_after_a_power_cut(void **state)
{
    static const char *const ways[] = { "clean", "torn", "word", "bits",
        "after" };
    static const char *const presets[] = { "nrf52840dk-zephyr4.4",
        "nrf5340dk-ncs2.4.1-single" };
    unsigned cuts = 0;

    (void)state;
    for (unsigned n = 1; n < 400; n += 3) {
        struct dfu_update_result result;
        unsigned finds;
        struct rig r;
        char *uri = g_strdup_printf("sim:%s?fault=power-cut@%u:%s",
                presets[n % 2], n, ways[n % G_N_ELEMENTS(ways)]);

        rig_open(&r, uri);
        enum dfu_code code = try_update(&r, 2, &result, &finds);
        for (unsigned i = 0; code != DFU_OK && i < 3; i++) {
            code = try_update(&r, 2, &result, &finds);
        }
        if (code != DFU_OK || !result.confirmed) {
            fail_msg("%s: %s", uri, dfu_code_to_str(code));
        }
        /* One restart is the update's own. */
        cuts += r.link->stats.opens > 2 ? 1 : 0;
        rig_close(&r);
        g_free(uri);
    }
    print_message("%u cuts\n", cuts);
    assert_true(cuts > 30);
}

static void sim_refuses_what_it_cannot_be(void **state)
{
    static const struct {
        const char *uri;
        enum dfu_code code;
        const char *word;
    } rows[] = {
        { "sim:no-such-board", DFU_NO_DEVICE, "no-such-board" },
        { "sim:bench?link=nonsense", DFU_OTHER, "link is not like" },
        { "sim:bench?fault=nonsense", DFU_OTHER, "nonsense" },
    };
    const struct host_link_params params = { .sim = cli_sim_create };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_uri uri;

        assert_int_equal(host_uri_parse(rows[i].uri, &uri, &err), 0);
        assert_null(host_link_create(&uri, &params, &err));
        host_uri_clear(&uri);
        assert_error(&err, rows[i].code, rows[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sim_answers_and_takes_an_update_in_virtual_time),
        cmocka_unit_test(sim_does_the_same_in_every_run),
        cmocka_unit_test(sim_link_model_looks_like_ble),
        cmocka_unit_test(sim_keeps_its_flash_file),
        cmocka_unit_test(sim_update_is_finished_after_a_power_cut),
        cmocka_unit_test(sim_refuses_what_it_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
