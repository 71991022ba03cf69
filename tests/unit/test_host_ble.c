// SPDX-License-Identifier: Apache-2.0
/* Bluetooth without a bus: refusals in words, the guessed interval. */
#include "host_test.h"

#include <string.h>

#include "host/link_ble_private.h"

#define FAILED "org.bluez.Error.Failed"

static void bluez_error_names_what_to_do_for_every_kind(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        enum host_bluez_kind kind;
    } rows[] = {
        { "org.freedesktop.DBus.Error.ServiceUnknown", "", HOST_BLUEZ_GONE },
        { "org.freedesktop.DBus.Error.NameHasNoOwner", "", HOST_BLUEZ_GONE },
        { "org.freedesktop.DBus.Error.NoReply",
                "Message recipient disconnected from message bus",
                HOST_BLUEZ_GONE },
        { "org.freedesktop.DBus.Error.NoReply", "", HOST_BLUEZ_SLOW },
        { "org.freedesktop.DBus.Error.AccessDenied", "", HOST_BLUEZ_DENIED },
        { "org.freedesktop.DBus.Error.UnknownObject", "", HOST_BLUEZ_STALE },
        { FAILED, "Operation failed with ATT error: 0x05", HOST_BLUEZ_AUTH },
        { FAILED, "Operation failed with ATT error: 0x0f", HOST_BLUEZ_AUTH },
        { FAILED, "Operation failed with ATT error: 0x01", HOST_BLUEZ_STALE },
        { FAILED, "le-connection-abort-by-local", HOST_BLUEZ_AWAY },
        { FAILED, "Not connected", HOST_BLUEZ_AWAY },
        { "org.bluez.Error.InProgress", "", HOST_BLUEZ_BUSY },
        { "org.bluez.Error.NotReady", "", HOST_BLUEZ_OFF },
        { "org.bluez.Error.NotPermitted", "Notify acquired", HOST_BLUEZ_HELD },
        { "org.bluez.Error.NotPermitted", "", HOST_BLUEZ_AUTH },
        { "org.bluez.Error.AuthenticationFailed", "", HOST_BLUEZ_PAIR_FAILED },
        { "org.bluez.Error.NotSupported", "", HOST_BLUEZ_UNSUPPORTED },
        { "org.bluez.Error.AlreadyConnected", "", HOST_BLUEZ_OK },
        { "com.example.New", "", HOST_BLUEZ_OTHER },
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *next = NULL;
        const char *words = host_bluez_words(rows[i].name, rows[i].text, &next);

        assert_int_equal(host_bluez_classify(rows[i].name, rows[i].text),
                rows[i].kind);
        assert_non_null(words);
        if (rows[i].kind != HOST_BLUEZ_OK) {
            assert_non_null(next);
        }
    }
}

static void bluez_failure_escapes_the_text_of_the_bus(void **state)
{
    char name[] = FAILED;
    char text[] = "evil \x1b[2J";
    const struct host_bluez_reply reply = { .kind = HOST_BLUEZ_OTHER,
        .name = name,
        .text = text };
    struct host_error err = HOST_ERROR_INIT;

    (void)state;
    assert_int_equal(host_bluez_fail(&err, &reply, "ble:x", "connect"), -1);
    assert_null(strchr(err.message, '\x1b'));
    assert_non_null(strstr(err.message, "ble:x: connect: "));
    host_error_clear(&err);
}

static void bluez_knows_an_address_when_it_sees_one(void **state)
{
    (void)state;
    assert_true(host_bluez_is_address("C0:12:34:56:78:9a"));
    assert_false(host_bluez_is_address("C0:12:34:56:78"));
    assert_false(host_bluez_is_address("C0:12:34:56:78:9a:"));
    assert_false(host_bluez_is_address("C0-12-34-56-78-9a"));
    assert_false(host_bluez_is_address("Nordic_LBS"));
    assert_false(host_bluez_is_address(""));
}

static void uri_of_ble_has_name_or_address_and_ways(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;

    (void)state;
    assert_int_equal(host_uri_parse("ble:C0:12:34:56:78:9A?adapter=hci1&io="
                                    "method&"
                                    "reassembly=no&after=Nordic%5FLTS&mtu=100&"
                                    "find=90",
                             &uri, &err),
            0);
    assert_int_equal(uri.kind, HOST_URI_BLE);
    assert_string_equal(uri.device, "C0:12:34:56:78:9A");
    assert_string_equal(uri.adapter, "hci1");
    assert_string_equal(uri.after, "Nordic_LTS");
    assert_int_equal(uri.ble_io, HOST_BLE_IO_METHOD);
    assert_int_equal(uri.reassembly, HOST_BLE_REASSEMBLY_NO);
    assert_int_equal(uri.mtu, 100);
    assert_int_equal(uri.find_s, 90);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("ble:My%20Device%3F", &uri, &err), 0);
    assert_string_equal(uri.device, "My Device?");
    assert_null(uri.adapter);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("ble:", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "no name or address");
    assert_int_equal(host_uri_parse("ble:x?io=raw", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "io is auto");
    assert_int_equal(host_uri_parse("ble:x?reassembly=1", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "reassembly is");
    assert_int_equal(host_uri_parse("ble:x?find=0", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "find is");
    assert_int_equal(host_uri_parse("ble:x?adapter=/org", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "adapter is");
    assert_int_equal(host_uri_parse("ble:x?baud=1", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "unknown parameter");
}

/* Arrivals on a grid, some events without one, some with several. */
static uint32_t estimate(uint32_t interval_us, uint32_t seed)
{
    struct ble_rate rate;
    int64_t now = 1000000;

    memset(&rate, 0, sizeof(rate));
    for (int i = 0; i < 100; i++) {
        int64_t stray;

        seed = seed * 1103515245u + 12345u;
        now += (int64_t)interval_us * (1 + (seed >> 16) % 4 / 3);
        stray = (int64_t)((seed >> 8) % 600) - 300;
        host_ble_rate_note(&rate, now + stray);
        if (i % 3 == 0) {
            host_ble_rate_note(&rate, now + stray + 900);
        }
    }
    return host_ble_rate_interval_us(&rate);
}

static void ble_rate_finds_the_connection_interval(void **state)
{
    static const uint32_t intervals_us[] = { 7500, 11250, 15000, 30000, 40000,
        100000 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(intervals_us); i++) {
        for (uint32_t seed = 1; seed < 50; seed++) {
            uint32_t found = estimate(intervals_us[i], seed);

            assert_in_range(found, intervals_us[i] - 700,
                    intervals_us[i] + 700);
        }
    }
}

static void ble_rate_says_nothing_without_a_grid(void **state)
{
    struct ble_rate rate;
    int64_t now = 1;

    (void)state;
    memset(&rate, 0, sizeof(rate));
    assert_int_equal(host_ble_rate_interval_us(&rate), 0);
    for (int i = 0; i < 100; i++) {
        now += 2000; /* a network, no radio */
        host_ble_rate_note(&rate, now);
    }
    assert_int_equal(host_ble_rate_interval_us(&rate), 0);
}

static void ble_link_tells_its_figures_and_the_estimate(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_ble_facts facts = { 0 };
    struct host_link *link;
    struct host_uri uri;
    struct link_ble *b;
    char *text;

    (void)state;
    assert_int_equal(host_uri_parse("ble:x", &uri, &err), 0);
    link = host_link_create(&uri, NULL, &err);
    host_uri_clear(&uri);
    assert_non_null(link);
    b = (struct link_ble *)(void *)link;
    /* Nothing is told of a link that is not there. */
    assert_false(host_ble_facts(link, &facts));
    assert_null(host_ble_about(link));

    b->path = g_strdup("/org/bluez/hci1/dev_C0");
    b->address = g_strdup("C0:00:00:00:00:01");
    b->att_mtu = 247;
    b->room = 244;
    assert_true(host_ble_facts(link, &facts));
    assert_int_equal(facts.att_mtu, 247);
    assert_int_equal(facts.interval_us, 0);
    text = host_ble_about(link);
    assert_string_equal(text,
            "C0:00:00:00:00:01 on hci1, ATT MTU 247, 244 bytes per write, "
            "method calls, one write per message");
    g_free(text);

    for (int64_t i = 1; i <= 40; i++) {
        host_ble_rate_note(&b->rate, i * 15000);
    }
    link->info.max_reassembled = 2475;
    assert_true(host_ble_facts(link, &facts));
    assert_int_equal(facts.interval_us, 15000);
    text = host_ble_about(link);
    assert_non_null(strstr(text,
            "the device joins writes, connection interval about 15.0 ms "
            "(estimated)"));
    g_free(text);
    host_link_destroy(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bluez_error_names_what_to_do_for_every_kind),
        cmocka_unit_test(bluez_failure_escapes_the_text_of_the_bus),
        cmocka_unit_test(bluez_knows_an_address_when_it_sees_one),
        cmocka_unit_test(uri_of_ble_has_name_or_address_and_ways),
        cmocka_unit_test(ble_rate_finds_the_connection_interval),
        cmocka_unit_test(ble_rate_says_nothing_without_a_grid),
        cmocka_unit_test(ble_link_tells_its_figures_and_the_estimate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
