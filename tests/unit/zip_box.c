// SPDX-License-Identifier: Apache-2.0
#include "zip_box.h"

const char box_manifest_two[] =
        "{\"format-version\":0,\"time\":1690000000,\"files\":["
        "{\"type\":\"application\",\"board\":\"nrf5340dk_nrf5340_cpunet\","
        "\"soc\":\"nRF5340_CPUNET_QKAA\",\"load_address\":16777216,"
        "\"image_index\":\"1\",\"slot_index_primary\":\"3\","
        "\"slot_index_secondary\":\"4\",\"version\":\"1\","
        "\"file\":\"net_core_app_update.bin\",\"modtime\":1690000000},"
        "{\"type\":\"application\",\"board\":\"nrf5340dk_nrf5340_cpuapp\","
        "\"image_index\":\"0\",\"version_MCUBOOT\":\"1.0.0\",\"size\":752,"
        "\"file\":\"app_update.bin\",\"modtime\":\"1690000000\"}]}";

void box_open(struct box *box)
{
    memset(box, 0, sizeof(*box));
    box->target = zip_source_buffer_create(NULL, 0, 0, NULL);
    assert_non_null(box->target);
    zip_source_keep(box->target);
    box->za =
            zip_open_from_source(box->target, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(box->za);
}

void box_add(struct box *box, const char *name, const void *data, size_t len)
{
    void *copy = g_memdup2(data, len);
    zip_source_t *source = zip_source_buffer(box->za, copy, len, 0);

    assert_true(box->count < BOX_ENTRIES_MAX);
    box->owned[box->count++] = copy;
    assert_true(zip_file_add(box->za, name, source, 0) >= 0);
}

void box_text(struct box *box, const char *name, const char *text)
{
    box_add(box, name, text, strlen(text));
}

GByteArray *image_bytes(uint64_t seed, uint8_t major)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_image_spec spec = { .payload_size = 200,
        .seed = seed,
        .version = { .major = major } };
    GByteArray *bytes = NULL;

    assert_int_equal(host_image_create(&spec, &bytes, &err), 0);
    return bytes;
}

void box_image(struct box *box, const char *name, uint64_t seed)
{
    GByteArray *bytes = image_bytes(seed, 1);

    box_add(box, name, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

void box_open_one(struct box *box)
{
    box_open(box);
    box_image(box, "a.bin", 1);
    box_text(box, "manifest.json", BOX_MANIFEST_ONE);
}

GByteArray *box_close(struct box *box)
{
    GByteArray *out = g_byte_array_new();
    uint8_t chunk[4096];
    zip_int64_t n;

    assert_int_equal(zip_close(box->za), 0);
    assert_int_equal(zip_source_open(box->target), 0);
    while ((n = zip_source_read(box->target, chunk, sizeof(chunk))) > 0) {
        g_byte_array_append(out, chunk, (guint)n);
    }
    zip_source_close(box->target);
    zip_source_free(box->target);
    for (size_t i = 0; i < box->count; i++) {
        g_free(box->owned[i]);
    }
    return out;
}

void box_refused(struct box *box, enum dfu_code code, const char *word)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *zip = box_close(box);
    struct host_package *pkg =
            host_package_parse("p.zip", zip->data, zip->len, NULL, &err);

    host_package_close(pkg);
    g_byte_array_unref(zip);
    assert_null(pkg);
    assert_error(&err, code, word);
}

struct host_package *box_taken(struct box *box)
{
    struct host_error err = HOST_ERROR_INIT;
    GByteArray *zip = box_close(box);
    struct host_package *pkg =
            host_package_parse("p.zip", zip->data, zip->len, NULL, &err);

    g_byte_array_unref(zip);
    assert_no_error(&err);
    return pkg;
}
