// SPDX-License-Identifier: Apache-2.0
/* The record of a session: every line is JSON of the told form. */
#include "host_test.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <unistd.h>

#include "host/trace.h"
#include "host/trace_private.h"
#include "smp/group_image.h"

static JsonObject *line_of(const char *text, guint n, JsonParser **parser)
{
    char **lines = g_strsplit(text, "\n", -1);
    JsonNode *root;

    assert_true(n < g_strv_length(lines));
    *parser = json_parser_new();
    if (!json_parser_load_from_data(*parser, lines[n], -1, NULL)) {
        fail_msg("no JSON: %s", lines[n]);
    }
    g_strfreev(lines);
    root = json_parser_get_root(*parser);
    assert_true(JSON_NODE_HOLDS_OBJECT(root));
    return json_node_get_object(root);
}

static void is_text(const char *text, guint n, const char *key,
        const char *want)
{
    JsonParser *parser;
    JsonObject *o = line_of(text, n, &parser);

    assert_true(json_object_has_member(o, key));
    assert_string_equal(json_object_get_string_member(o, key), want);
    g_object_unref(parser);
}

static void is_number(const char *text, guint n, const char *key, gint64 want)
{
    JsonParser *parser;
    JsonObject *o = line_of(text, n, &parser);

    assert_true(json_object_has_member(o, key));
    assert_int_equal(json_object_get_int_member(o, key), want);
    g_object_unref(parser);
}

static struct host_trace *trace_new(const struct host_trace_config *cfg)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_trace *trace = host_trace_create(cfg, &err);

    assert_no_error(&err);
    return trace;
}

static size_t upload_at(uint8_t *buf, size_t cap, size_t data_len, uint32_t off)
{
    static uint8_t data[2000];
    struct smp_image_upload_req req = { .has = SMP_IMAGE_UPLOAD_REQ_OFF |
                SMP_IMAGE_UPLOAD_REQ_DATA |
                (off == 300 || off == 0 ? SMP_IMAGE_UPLOAD_REQ_LEN : 0u),
        .off = off,
        .len = 5000,
        .data = { data, data_len } };
    struct smp_header hdr = { .version = SMP_V2,
        .op = SMP_OP_WRITE,
        .group = SMP_GROUP_IMAGE,
        .seq = 9,
        .id = SMP_IMAGE_UPLOAD };
    struct smp_encoder e;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)i;
    }
    smp_encoder_init(&e, buf + SMP_HEADER_SIZE, cap - SMP_HEADER_SIZE,
            SMP_FORM_DEFINITE);
    smp_put_struct(&e, &smp_image_upload_req_map, &req);
    assert_true(smp_encoder_finish(&e) > 0);
    hdr.len = (uint16_t)e.len;
    smp_header_encode(&hdr, buf);
    return e.len + SMP_HEADER_SIZE;
}

static size_t upload(uint8_t *buf, size_t cap, size_t data_len)
{
    return upload_at(buf, cap, data_len, 300);
}

static void trace_lines_have_the_told_form(void **state)
{
    static const uint8_t msg[] = { 0x08, 0, 0, 1, 0, 0, 7, 6, 0xa0 };
    const struct host_trace_config cfg = { .tool = "smpctl 0.1.0" };
    struct host_trace *trace = trace_new(&cfg);
    struct smp_bytes message = { msg, sizeof(msg) };
    struct smp_link link = { .up = true,
        .kind = SMP_LINK_DATAGRAM,
        .epoch = 1,
        .max_message = 1024,
        .max_reassembled = 1472 };
    struct dfu_image image = { .image = 1,
        .slot = 1,
        .name = "net.bin",
        .hash_len = 32,
        .version = { .major = 1, .build = 7 },
        .source = { .size = 99 } };
    size_t len;
    char *text;

    (void)state;
    host_trace_link(trace, 5000, "a", &link, "udp:x");
    host_trace_message(trace, 5012, "a", SMP_TRACE_TX, message);
    host_trace_message(trace, 6345, "a", SMP_TRACE_RX, message);
    host_trace_message(trace, 6345, "a", SMP_TRACE_DROPPED, message);
    host_trace_message(trace, 6346, "a", SMP_TRACE_TIMEOUT, message);
    host_trace_noise(trace, 6346, "a", (const uint8_t *)"ok \x1b\xff", 5);
    host_trace_file(trace, 6346, "a", &image);
    host_trace_step(trace, 6346, "a", "upload", 1, 1);
    host_trace_step(trace, 6346, "a", "reset", -1, -1);
    host_trace_error(trace, 6346, "a", DFU_DEVICE_REFUSED, "it \"said\" no");
    host_trace_note(trace, 6346, "a", "n");
    host_trace_params(trace, 6346, "a", 2475, 4);
    text = host_trace_recent(trace, &len);
    assert_int_equal(len, strlen(text));
    is_number(text, 0, "smpctl_trace", 1);
    is_text(text, 0, "tool", "smpctl 0.1.0");
    is_text(text, 1, "state", "up");
    is_number(text, 1, "mtu", 1024);
    is_number(text, 1, "max", 1472);
    assert_non_null(strstr(text, "{\"t\":0.000,\"dev\":\"a\",\"k\":\"link\""));
    assert_non_null(strstr(text,
            "{\"t\":0.012,\"dev\":\"a\",\"k\":\"tx\",\"hex\""
            ":\"080000010000"
            "0706a0\"}"));
    assert_non_null(strstr(text, "{\"t\":1.345,"));
    is_text(text, 3, "k", "rx");
    is_text(text, 5, "k", "note");
    is_text(text, 6, "text", "ok \x1b\xc3\xbf");
    is_text(text, 7, "version", "1.0.0.7");
    is_number(text, 7, "size", 99);
    is_text(text, 8, "state", "upload");
    is_number(text, 8, "image", 1);
    is_text(text, 10, "code", "device-refused");
    is_text(text, 10, "message", "it \"said\" no");
    assert_non_null(
            strstr(text, "\"params\":{\"buf_size\":2475,\"buf_count\":4}"));
    g_free(text);
    host_trace_destroy(trace);
}

static void trace_cuts_upload_data_and_stays_a_message(void **state)
{
    static const size_t sizes[] = { 0, 1, 31, 32, 33, 255, 256, 1500 };
    uint8_t buf[2048];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        size_t len = upload(buf, sizeof(buf), sizes[i]);
        size_t data_len = 0;
        GByteArray *cut =
                host_trace_cut((struct smp_bytes){ buf, len }, &data_len);
        struct smp_image_upload_req req;
        struct smp_header hdr;

        if (sizes[i] <= 32) {
            assert_null(cut);
            continue;
        }
        assert_non_null(cut);
        assert_int_equal(data_len, sizes[i]);
        assert_true(smp_header_decode(cut->data, cut->len, &hdr) > 0);
        assert_int_equal(hdr.len + SMP_HEADER_SIZE, cut->len);
        assert_int_equal(smp_map_decode(&smp_image_upload_req_map,
                                 (struct smp_bytes){ cut->data + 8, hdr.len },
                                 &req),
                0);
        assert_int_equal(req.data.len, 32);
        assert_int_equal(req.off, 300);
        assert_int_equal(req.len, 5000);
        assert_int_equal(req.data.ptr[31], 31);
        g_byte_array_unref(cut);
    }
}

static void trace_keeps_upload_data_when_asked(void **state)
{
    const struct host_trace_config cfg = { .data = true };
    struct host_trace *trace = trace_new(&cfg);
    uint8_t buf[2048];
    size_t len = upload(buf, sizeof(buf), 1000);
    char *text;

    (void)state;
    host_trace_message(trace, 0, "a", SMP_TRACE_TX,
            (struct smp_bytes){ buf, len });
    text = host_trace_recent(trace, NULL);
    assert_null(strstr(text, "data_len"));
    assert_true(strlen(text) > 2 * len);
    g_free(text);
    host_trace_destroy(trace);
}

static void trace_in_memory_drops_its_oldest_lines(void **state)
{
    const struct host_trace_config cfg = { .keep = 1000 };
    struct host_trace *trace = trace_new(&cfg);
    char note[32];
    char *text;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        g_snprintf(note, sizeof(note), "note number %u", i);
        host_trace_note(trace, i, "a", note);
    }
    text = host_trace_recent(trace, NULL);
    assert_in_range(strlen(text), 500, 1200);
    assert_non_null(strstr(text, "smpctl_trace"));
    assert_null(strstr(text, "number 100\""));
    assert_non_null(strstr(text, "number 499\""));
    g_free(text);
    host_trace_destroy(trace);
}

static void trace_in_memory_drops_the_middle_of_uploads_first(void **state)
{
    const struct host_trace_config cfg = { .keep = 8000 };
    struct host_trace *trace = trace_new(&cfg);
    uint8_t buf[512];
    char *text;
    size_t len;

    (void)state;
    host_trace_note(trace, 0, "a", "before");
    for (uint32_t i = 0; i < 500; i++) {
        len = upload_at(buf, sizeof(buf), 100, i * 100);
        host_trace_message(trace, i, "a", SMP_TRACE_TX,
                (struct smp_bytes){ buf, len });
    }
    host_trace_note(trace, 500, "a", "after");
    text = host_trace_recent(trace, NULL);
    assert_in_range(strlen(text), 6000, 8200);
    assert_non_null(strstr(text, "\"before\""));
    assert_non_null(strstr(text, "\"t\":0.000,\"dev\":\"a\",\"k\":\"tx\""));
    assert_null(strstr(text, "\"t\":0.100,"));
    assert_non_null(strstr(text, "\"t\":0.499,"));
    /* In the order in which it happened. */
    assert_true(strstr(text, "\"t\":0.499,") < strstr(text, "\"after\""));
    assert_true(strstr(text, "\"before\"") < strstr(text, "\"t\":0.499,"));
    g_free(text);
    host_trace_destroy(trace);
}

static void trace_time_goes_on_when_the_clock_wraps(void **state)
{
    const struct host_trace_config cfg = { .path = NULL };
    struct host_trace *trace = trace_new(&cfg);
    char *text;

    (void)state;
    host_trace_note(trace, UINT32_MAX - 99, "a", "x");
    host_trace_note(trace, 400, "a", "y");
    text = host_trace_recent(trace, NULL);
    assert_non_null(strstr(text, "{\"t\":0.500,"));
    g_free(text);
    host_trace_destroy(trace);
}

static void trace_file_holds_the_same_lines(void **state)
{
    struct host_error err = HOST_ERROR_INIT;
    char *path =
            g_build_filename(g_get_tmp_dir(), "smpctl-test-trace.jsonl", NULL);
    const struct host_trace_config cfg = { .path = path };
    const struct host_trace_config bad = { .path = "/no/such/folder/x" };
    struct host_trace *trace = trace_new(&cfg);
    char *recent;
    char *file = NULL;

    (void)state;
    host_trace_note(trace, 1, "a", "x");
    recent = host_trace_recent(trace, NULL);
    host_trace_destroy(trace);
    assert_true(g_file_get_contents(path, &file, NULL, NULL));
    assert_string_equal(file, recent);
    g_unlink(path);
    g_free(path);
    g_free(file);
    g_free(recent);
    assert_null(host_trace_create(&bad, &err));
    assert_error(&err, DFU_OTHER, "/no/such/folder/x");
    /* Nobody records. */
    host_trace_note(NULL, 1, "a", "x");
    host_trace_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_lines_have_the_told_form),
        cmocka_unit_test(trace_cuts_upload_data_and_stays_a_message),
        cmocka_unit_test(trace_keeps_upload_data_when_asked),
        cmocka_unit_test(trace_in_memory_drops_its_oldest_lines),
        cmocka_unit_test(trace_in_memory_drops_the_middle_of_uploads_first),
        cmocka_unit_test(trace_time_goes_on_when_the_clock_wraps),
        cmocka_unit_test(trace_file_holds_the_same_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
