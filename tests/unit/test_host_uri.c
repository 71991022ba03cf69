// SPDX-License-Identifier: Apache-2.0
#include "host_test.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "host/uri.h"

static void uri_of_udp_takes_names_and_addresses(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
    } rows[] = {
        { "udp:192.0.2.7", "192.0.2.7", 1337 },
        { "udp:192.0.2.7:4000", "192.0.2.7", 4000 },
        { "udp:board.local", "board.local", 1337 },
        { "udp:[::1]", "::1", 1337 },
        { "udp:[::1]:9", "::1", 9 },
        { "udp:::1", "::1", 1337 },
        { "udp:fe80::1%eth0", "fe80::1%eth0", 1337 },
        { "udp:[fe80::1%eth0]:65535", "fe80::1%eth0", 65535 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_uri uri;

        assert_int_equal(host_uri_parse(rows[i].text, &uri, &err), 0);
        assert_int_equal(uri.kind, HOST_URI_UDP);
        assert_string_equal(uri.host, rows[i].host);
        assert_int_equal(uri.port, rows[i].port);
        assert_string_equal(uri.text, rows[i].text);
        host_uri_clear(&uri);
    }
}

static void uri_of_serial_lines_has_device_and_speed(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;

    (void)state;
    assert_int_equal(host_uri_parse("serial:/dev/ttyACM0", &uri, &err), 0);
    assert_int_equal(uri.kind, HOST_URI_SERIAL);
    assert_string_equal(uri.device, "/dev/ttyACM0");
    assert_int_equal(uri.baud, 115200);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("serial:ttyUSB1?baud=1000000&mtu=508", &uri,
                             &err),
            0);
    assert_string_equal(uri.device, "/dev/ttyUSB1");
    assert_int_equal(uri.baud, 1000000);
    assert_int_equal(uri.mtu, 508);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("serial-raw:/dev/x?baud=57600", &uri, &err),
            0);
    assert_int_equal(uri.kind, HOST_URI_SERIAL_RAW);
    assert_int_equal(uri.baud, 57600);
    host_uri_clear(&uri);
}

static void uri_of_tcp_needs_a_port(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;

    (void)state;
    assert_int_equal(host_uri_parse("tcp:[::1]:3333", &uri, &err), 0);
    assert_int_equal(uri.kind, HOST_URI_TCP);
    assert_string_equal(uri.host, "::1");
    assert_int_equal(uri.port, 3333);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("tcp:localhost", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "no port");
}

static void uri_of_a_virtual_device_has_all_its_parameters(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;

    (void)state;
    assert_int_equal(host_uri_parse("sim:nrf52840dk-zephyr4.4?flash=/x/"
                                    "a%26b.bin&"
                                    "link=interval=40ms,mtu=252&fault=drop@3&"
                                    "fault=reset@9&seed=7&flash-time=real",
                             &uri, &err),
            0);
    assert_int_equal(uri.kind, HOST_URI_SIM);
    assert_string_equal(uri.preset, "nrf52840dk-zephyr4.4");
    assert_string_equal(uri.flash, "/x/a&b.bin");
    assert_string_equal(uri.link_spec, "interval=40ms,mtu=252");
    assert_int_equal(uri.fault_count, 2);
    assert_string_equal(uri.faults[1], "reset@9");
    assert_int_equal(uri.seed, 7);
    assert_true(uri.flash_time_real);
    host_uri_clear(&uri);
    assert_int_equal(host_uri_parse("sim:bench", &uri, &err), 0);
    assert_int_equal(uri.seed, 1);
    assert_false(uri.flash_time_real);
    host_uri_clear(&uri);
}

static void uri_that_is_wrong_is_refused_with_a_reason(void **state)
{
    static const char *const rows[][2] = {
        { "", "not a connection" },
        { "udp", "not a connection" },
        { "http://x", "not a connection" },
        { "udp:", "no host" },
        { "udp:x:0", "port" },
        { "udp:x:65536", "port" },
        { "udp:x:12a", "port" },
        { "udp:x:-1", "port" },
        { "udp:[::1", "brackets" },
        { "udp:[]", "brackets" },
        { "udp:[::1]x", "after the bracket" },
        { "udp:a b", "character" },
        { "udp:x?baud=9600", "unknown parameter" },
        { "udp:x?mtu=3", "mtu" },
        { "udp:x?mtu", "key=value" },
        { "serial:", "no device" },
        { "serial:/dev/x?baud=0", "baud" },
        { "serial:/dev/x?baud=fast", "baud" },
        { "sim:", "no preset" },
        { "sim:x?flash=", "empty" },
        { "sim:x?flash=a&flash=b", "twice" },
        { "sim:x?seed=x", "seed" },
        { "sim:x?flash-time=maybe", "flash-time" },
        { "sim:x?flash=%zz", "%" },
        { "shell:/dev/ttyACM0", "not in this build yet" },
        { "udp:\xff\xfe", "readable" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct host_error err = HOST_ERROR_INIT;
        struct host_uri uri;

        assert_int_equal(host_uri_parse(rows[i][0], &uri, &err), -1);
        assert_error(&err, DFU_OTHER, rows[i][1]);
    }
}

static void uri_takes_no_more_faults_than_it_has_places(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;
    GString *text = g_string_new("sim:x?seed=1");

    (void)state;
    for (unsigned i = 0; i < HOST_FAULTS_MAX; i++) {
        g_string_append(text, "&fault=a");
    }
    assert_int_equal(host_uri_parse(text->str, &uri, &err), 0);
    host_uri_clear(&uri);
    g_string_append(text, "&fault=a");
    assert_int_equal(host_uri_parse(text->str, &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "too many");
    g_string_free(text, TRUE);
}

static char *config_dir;

static int make_config(void **state)
{
    (void)state;
    config_dir = g_dir_make_tmp("smpctl-test-XXXXXX", NULL);
    g_setenv("XDG_CONFIG_HOME", config_dir, TRUE);
    return config_dir == NULL ? -1 : 0;
}

static int remove_config(void **state)
{
    char *file = host_devices_path();
    char *folder = g_path_get_dirname(file);

    (void)state;
    g_unlink(file);
    g_rmdir(folder);
    g_rmdir(config_dir);
    g_free(file);
    g_free(folder);
    g_free(config_dir);
    return 0;
}

static void devices_are_added_listed_resolved_and_removed(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;
    GPtrArray *list = NULL;
    const struct host_device_entry *entry;

    (void)state;
    assert_int_equal(host_devices_list(&list, &err), 0);
    assert_int_equal(list->len, 0);
    g_ptr_array_unref(list);
    assert_int_equal(host_devices_add("lab", "udp:192.0.2.1", &err), 0);
    assert_int_equal(host_devices_add("a.b", "serial:/dev/x;y", &err), 0);
    assert_int_equal(host_devices_add("lab", "udp:192.0.2.2", &err), 0);
    assert_int_equal(host_devices_list(&list, &err), 0);
    assert_int_equal(list->len, 2);
    entry = g_ptr_array_index(list, 0);
    assert_string_equal(entry->name, "a.b");
    assert_string_equal(entry->uri, "serial:/dev/x;y");
    g_ptr_array_unref(list);
    assert_int_equal(host_uri_resolve("lab", &uri, &err), 0);
    assert_string_equal(uri.host, "192.0.2.2");
    host_uri_clear(&uri);
    assert_int_equal(host_devices_remove("lab", &err), 0);
    assert_int_equal(host_uri_resolve("lab", &uri, &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "lab");
    assert_int_equal(host_devices_remove("lab", &err), -1);
    assert_error(&err, DFU_NO_DEVICE, "lab");
}

static void devices_refuse_bad_names_and_bad_connections(void **state)
{
    static const char *const names[] = { "", "a b", "udp:x", "../x", "a]b",
        "-c", "a=b" };
    struct host_error err = HOST_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        assert_int_equal(host_devices_add(names[i], "udp:x", &err), -1);
        assert_error(&err, DFU_OTHER, "cannot be the name");
    }
    assert_int_equal(host_devices_add("x", "nonsense", &err), -1);
    assert_error(&err, DFU_OTHER, "not a connection");
}

static void devices_tell_a_file_that_cannot_be_read(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_uri uri;
    char *path = host_devices_path();
    char *folder = g_path_get_dirname(path);

    (void)state;
    g_mkdir_with_parents(folder, 0700);
    assert_true(g_file_set_contents(path, "no ini [", -1, NULL));
    assert_int_equal(host_uri_resolve("lab", &uri, &err), -1);
    assert_error(&err, DFU_OTHER, "devices.ini");
    g_unlink(path);
    g_free(path);
    g_free(folder);
}

static void error_is_built_in_layers_and_the_first_wins(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_error other = HOST_ERROR_INIT;

    (void)state;
    host_error_prefix(&err, "nothing");
    assert_null(err.message);
    assert_int_equal(host_error_set(&err, DFU_NO_ANSWER, "try", "no %s", "it"),
            -1);
    host_error_set(&err, DFU_OTHER, NULL, "second");
    host_error_prefix(&err, "upload");
    host_error_prefix(&err, "image %d (net_core.bin)", 1);
    assert_string_equal(err.message, "image 1 (net_core.bin): upload: no it");
    assert_string_equal(err.next, "try");
    host_error_move(&other, &err);
    assert_int_equal(err.code, DFU_OK);
    assert_int_equal(other.code, DFU_NO_ANSWER);
    host_error_clear(&other);
    assert_int_equal(host_error_set(NULL, DFU_OTHER, NULL, "x"), -1);
}

static void escaped_text_holds_nothing_a_terminal_obeys(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *want;
    } rows[] = {
        { "plain name.bin", 14, "plain name.bin" },
        { "a\x1b[31mb", 7, "a\\x1b[31mb" },
        { "\0x", 2, "\\x00x" },
        { "\xc3\xa4", 2, "\xc3\xa4" },
        { "\xc3", 1, "\\xc3" },
        { "\xc2\x9b"
          "1m",
                4, "\\xc2\\x9b1m" },
        { "\xe2\x80\xae", 3, "\\xe2\\x80\\xae" },
        { "a\nb", 3, "a\\x0ab" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = host_text_escape(rows[i].text, rows[i].len);

        assert_string_equal(text, rows[i].want);
        g_free(text);
    }
}

static void escaped_text_is_cut(void **state)
{
    char long_text[4000];
    char *text;

    (void)state;
    memset(long_text, 'x', sizeof(long_text));
    text = host_text_escape(long_text, sizeof(long_text));
    assert_in_range(strlen(text), 100, 300);
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_of_udp_takes_names_and_addresses),
        cmocka_unit_test(uri_of_serial_lines_has_device_and_speed),
        cmocka_unit_test(uri_of_tcp_needs_a_port),
        cmocka_unit_test(uri_of_a_virtual_device_has_all_its_parameters),
        cmocka_unit_test(uri_that_is_wrong_is_refused_with_a_reason),
        cmocka_unit_test(uri_takes_no_more_faults_than_it_has_places),
        cmocka_unit_test_setup_teardown(
                devices_are_added_listed_resolved_and_removed, make_config,
                remove_config),
        cmocka_unit_test_setup_teardown(
                devices_refuse_bad_names_and_bad_connections, make_config,
                remove_config),
        cmocka_unit_test_setup_teardown(devices_tell_a_file_that_cannot_be_read,
                make_config, remove_config),
        cmocka_unit_test(error_is_built_in_layers_and_the_first_wins),
        cmocka_unit_test(escaped_text_holds_nothing_a_terminal_obeys),
        cmocka_unit_test(escaped_text_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
