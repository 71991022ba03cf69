// SPDX-License-Identifier: Apache-2.0
/*
 * Recorded exchanges of real Zephyr 4.4.0 servers: every answer is well-formed
 * for us and read as what it is, and our tables refuse exactly the requests
 * that the real decoder refuses.
 */
#include "smp_test.h"

#include "smp/group_enum.h"
#include "smp/group_image.h"
#include "smp/group_os.h"
#include "smp/response.h"
#include "vectors.h"

static const char *const files[] = {
    "zephyr-4.4.0-native_sim-serial-overflow.jsonl",
    "zephyr-4.4.0-native_sim-udp-cbor.jsonl",
    "zephyr-4.4.0-native_sim-udp-codes.jsonl",
    "zephyr-4.4.0-native_sim-udp-file-restart.jsonl",
    "zephyr-4.4.0-native_sim-udp-files-shell.jsonl",
    "zephyr-4.4.0-native_sim-udp-header.jsonl",
    "zephyr-4.4.0-native_sim-udp.jsonl",
    "zephyr-4.4.0-qemu_cortex_m0-confirm.jsonl",
    "zephyr-4.4.0-qemu_cortex_m0-resume.jsonl",
    "zephyr-4.4.0-qemu_cortex_m0-revert.jsonl",
    "zephyr-4.4.0-qemu_cortex_m0-swap.jsonl",
    "zephyr-4.4.0-qemu_cortex_m0-upload.jsonl",
};

/*
 * Requests whose handler decodes a map, and the table of it. Not the details of
 * group 10: elements of an array are its handler's question.
 */
static const struct {
    uint16_t group;
    uint8_t op;
    uint8_t id;
    const struct smp_map *map;
} requests[] = {
    { 0, 0, SMP_OS_ECHO, &smp_os_echo_req_map },
    { 0, 2, SMP_OS_ECHO, &smp_os_echo_req_map },
    { 0, 0, SMP_OS_INFO, &smp_os_info_req_map },
    { 0, 0, SMP_OS_BOOTLOADER, &smp_os_bootloader_req_map },
    { 1, 2, SMP_IMAGE_STATE, &smp_image_state_req_map },
    { 1, 2, SMP_IMAGE_UPLOAD, &smp_image_upload_req_map },
    { 1, 2, SMP_IMAGE_ERASE, &smp_image_erase_req_map },
    { 10, 0, SMP_ENUM_SINGLE, &smp_enum_single_req_map },
};

/* Answers whose body is of a table. */
static const struct {
    uint16_t group;
    uint8_t op;
    uint8_t id;
    uint32_t must; /* `has` bits that a success always carries */
    const struct smp_map *map;
} answers[] = {
    { 0, 1, SMP_OS_ECHO, 1, &smp_os_echo_rsp_map },
    { 0, 3, SMP_OS_ECHO, 1, &smp_os_echo_rsp_map },
    { 0, 1, SMP_OS_TASKS, 1, &smp_os_tasks_rsp_map },
    { 0, 1, SMP_OS_DATETIME, 1, &smp_os_datetime_map },
    { 0, 1, SMP_OS_PARAMS, 3, &smp_os_params_rsp_map },
    { 0, 1, SMP_OS_INFO, 1, &smp_os_info_rsp_map },
    { 0, 1, SMP_OS_BOOTLOADER, 0, &smp_os_bootloader_rsp_map },
    { 1, 1, SMP_IMAGE_STATE, 1, &smp_image_state_rsp_map },
    { 1, 3, SMP_IMAGE_STATE, 1, &smp_image_state_rsp_map },
    { 1, 3, SMP_IMAGE_UPLOAD, 1, &smp_image_upload_rsp_map },
    { 1, 1, SMP_IMAGE_SLOT_INFO, 1, &smp_image_slot_info_rsp_map },
    { 10, 1, SMP_ENUM_COUNT, 1, &smp_enum_count_rsp_map },
    { 10, 1, SMP_ENUM_LIST, 1, &smp_enum_list_rsp_map },
    { 10, 1, SMP_ENUM_SINGLE, 1, &smp_enum_single_rsp_map },
    { 10, 1, SMP_ENUM_DETAILS, 1, &smp_enum_details_rsp_map },
};

/* The recorded body of an answer as text; NULL when there was none. */
static const char *body_text(FILE *f, unsigned *at, unsigned line)
{
    static char text[65536];
    const char *body;

    while (*at < line) {
        assert_non_null(fgets(text, sizeof(text), f));
        (*at)++;
    }
    body = strstr(text, "\"response_body\": {");
    return body == NULL ? NULL : body + strlen("\"response_body\": ");
}

/* The number behind a key. */
static long number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    assert_non_null(at);
    return at == NULL ? 0 : strtol(at + strlen(key), NULL, 10);
}

/* Compares what smp_response_check() says with the recorded body. */
static void check_refusal(const char *text, int result,
        const struct smp_refusal *r)
{
    const char *err = strstr(text, "\"err\": {");
    const char *flat = "{\"rc\": ";

    if (err != NULL) {
        assert_int_equal(result, SMP_E_REMOTE);
        assert_int_equal(r->shape, SMP_REFUSAL_ERR);
        assert_int_equal(r->rc_group, number_after(err, "\"group\": "));
        assert_int_equal(r->rc, number_after(err, "\"rc\": "));
        assert_string_not_equal(smp_refusal_name(r), "unknown");
    } else if (strncmp(text, flat, strlen(flat)) == 0 &&
            number_after(text, flat) != 0) {
        assert_int_equal(result, SMP_E_REMOTE);
        assert_int_equal(r->shape, SMP_REFUSAL_RC);
        assert_int_equal(r->rc, number_after(text, flat));
        assert_int_equal(r->rsn.len > 0, strstr(text, "\"rsn\"") != NULL);
        assert_string_not_equal(smp_refusal_name(r), "unknown");
    } else {
        assert_int_equal(result, 0);
    }
}

/* Walks a container to its end, and every map below it by its table. */
static void check_view(struct smp_view view, const struct smp_map *sub)
{
    struct smp_iter it;
    struct smp_item item;
    uint64_t body[40];
    int result;

    smp_iter_init(&it, view);
    while ((result = smp_iter_next(&it, &item)) == 1) {
        if (sub == NULL) {
            continue;
        }
        assert_int_equal(item.type, SMP_TYPE_MAP);
        assert_true(sub->size <= sizeof(body));
        assert_int_equal(smp_map_decode(sub, item.view.cbor, body), 0);
    }
    assert_int_equal(result, 0);
}

static void check_body(const struct smp_header *h, struct smp_bytes body)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct smp_map *map = answers[i].map;
        uint64_t out[40];
        uint32_t has;

        if (answers[i].group != h->group || answers[i].op != h->op ||
                answers[i].id != h->id) {
            continue;
        }
        assert_true(map->size <= sizeof(out));
        assert_int_equal(smp_map_decode(map, body, out), 0);
        memcpy(&has, out, sizeof(has));
        assert_int_equal(has & answers[i].must, answers[i].must);
        for (unsigned k = 0; k < map->count; k++) {
            const struct smp_field *f = &map->fields[k];
            struct smp_view view;

            if (f->types & (SMP_TYPE_ARRAY | SMP_TYPE_MAP) && has >> k & 1) {
                memcpy(&view, (const uint8_t *)out + f->offset, sizeof(view));
                check_view(view, f->sub);
            }
        }
    }
}

static void vectors_answers_are_read_as_what_they_are(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (size_t n = 0; n < COUNT(files); n++) {
        struct vectors v;
        char path[512];
        unsigned at = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/vectors/%s", SMP_TEST_DATA, files[n]);
        f = fopen(path, "r");
        assert_non_null(f);
        vectors_load(&v, files[n]);
        for (size_t i = 0; i < v.count; i++) {
            const struct vector *item = &v.items[i];
            const char *text = body_text(f, &at, item->line);
            struct smp_refusal refusal = { .rc = 0 };
            struct smp_header h;
            struct smp_bytes body;
            int result;

            if (item->response == NULL) {
                continue;
            }
            assert_int_equal(smp_header_decode(item->response,
                                     item->response_len, &h),
                    8);
            body.ptr = item->response + 8;
            body.len = h.len;
            assert_true(8u + h.len <= item->response_len);
            assert_int_equal(smp_cbor_check(body), body.len);
            result = smp_response_check(&h, body, &refusal);
            /* Text that is no UTF-8 has no JSON. */
            check_refusal(text != NULL ? text : "{}", result, &refusal);
            if (result == 0) {
                check_body(&h, body);
            }
            seen++;
        }
        vectors_free(&v);
        fclose(f);
    }
    assert_true(seen > 900);
}

/* Is the answer nothing but this flat code? */
static bool is_flat(const struct vector *item, uint8_t rc)
{
    const uint8_t body[] = { 0xbf, 0x62, 'r', 'c', rc, 0xff };

    return item->response_len == 8 + sizeof(body) &&
            memcmp(item->response + 8, body, sizeof(body)) == 0;
}

/* The table of a request, NULL when its handler decodes none. */
static const struct smp_map *request_map(const struct smp_header *h)
{
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (requests[i].group == h->group && requests[i].op == h->op &&
                requests[i].id == h->id) {
            return requests[i].map;
        }
    }
    return NULL;
}

/* 1 = taken, 0 = refused, -1 = this record says nothing about decoding. */
static int check_request(const char *file, const struct vector *item)
{
    const struct smp_map *map;
    struct smp_header h;
    struct smp_bytes body;
    uint64_t out[40];
    int result;

    if (item->response == NULL ||
            smp_header_decode(item->request, item->request_len, &h) < 0) {
        return -1;
    }
    /* The real decoder reads on past a length that is too small. */
    body.ptr = item->request + 8;
    body.len = item->request_len - 8;
    map = request_map(&h);
    /* What is not built in is not decoded either. */
    if (map == NULL || h.len > body.len || h.version > SMP_V2 ||
            is_flat(item, 8)) {
        return -1;
    }
    result = smp_map_decode(map, body, out);
    if (result < 0 && !is_flat(item, 3)) {
        fail_msg("%s:%u: %s: we refuse it: %s", file, item->line, item->name,
                smp_err_to_str(result));
    }
    /* In v1 a group error may look the same: v2 tells. */
    if (result == 0 && is_flat(item, 3) && h.version == SMP_V2) {
        fail_msg("%s:%u: %s: we take it", file, item->line, item->name);
    }
    return result == 0;
}

static void vectors_requests_are_refused_as_the_real_server_does(void **state)
{
    unsigned refused = 0;
    unsigned taken = 0;

    (void)state;
    for (size_t n = 0; n < COUNT(files); n++) {
        struct vectors v;

        vectors_load(&v, files[n]);
        for (size_t i = 0; i < v.count; i++) {
            const int result = check_request(files[n], &v.items[i]);

            refused += result == 0;
            taken += result == 1;
        }
        vectors_free(&v);
    }
    assert_true(refused > 20 && taken > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_answers_are_read_as_what_they_are),
        cmocka_unit_test(vectors_requests_are_refused_as_the_real_server_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
