// SPDX-License-Identifier: Apache-2.0
/* Making hash-only images. */
#include <string.h>

#include "host/crypto.h"
#include "host/image_tlvs.h"
#include "host/package.h"
#include "mcub/write.h"

#define HDR_SIZE    0x200u
#define PAYLOAD_MIN 8u
#define SCRATCH     65536u

struct bytes_source {
    const uint8_t *data;
    uint32_t size;
};

static int source_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct bytes_source *source = ctx;

    if (off > source->size || len > source->size - off) {
        return MCUB_E_SHORT;
    }
    memcpy(buf, source->data + off, len);
    return 0;
}

static int sink_write(void *ctx, const void *buf, size_t len)
{
    GByteArray *out = ctx;

    g_byte_array_append(out, buf, (guint)len);
    return 0;
}

static void put32(uint8_t *p, uint32_t n)
{
    for (size_t i = 0; i < 4; i++) {
        p[i] = (uint8_t)(n >> (8 * i));
    }
}

/*
 * Looks like a program to everybody who looks at the vector table; the rest
 * is splitmix64, so that a seed always gives the same bytes.
 */
static uint8_t *generate(uint32_t size, uint64_t seed)
{
    uint8_t *data = g_malloc(size);
    uint64_t state = seed;

    for (uint32_t i = 0; i < size;) {
        uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        for (unsigned k = 0; k < 8 && i < size; k++) {
            data[i++] = (uint8_t)(z >> (8 * k));
        }
    }
    put32(data, 0x20008000u);
    put32(data + 4, 0x00000401u);
    return data;
}

static uint8_t *load_payload(const struct host_image_spec *spec, size_t *len,
        struct host_error *err)
{
    GError *error = NULL;
    char *data;

    if (spec->payload_path == NULL) {
        *len = MAX(spec->payload_size, PAYLOAD_MIN);
        if (*len > HOST_FILE_MAX / 2) {
            host_error_set(err, DFU_OTHER, "ask for at most 32 MiB",
                    "an image of %zu bytes is too large", *len);
            return NULL;
        }
        return generate((uint32_t)*len, spec->seed);
    }
    if (!g_file_get_contents(spec->payload_path, &data, len, &error)) {
        host_error_set(err, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return NULL;
    }
    if (*len == 0 || *len > HOST_FILE_MAX / 2) {
        host_error_set(err, DFU_OTHER, "give a program of 1 byte to 32 MiB",
                "%s has %zu bytes", spec->payload_path, *len);
        g_free(data);
        return NULL;
    }
    return (uint8_t *)data;
}

/* Protected TLVs in imgtool's order; app may be NULL. */
static int put_tlvs(struct host_tlvs *tlvs, const struct host_image_spec *spec,
        struct host_error *err)
{
    struct host_custom_tlv app = { .type = HOST_TLV_APP };
    struct host_sign_spec what = {
        .has_security_counter = spec->has_security_counter,
        .security_counter = spec->security_counter,
        .deps = spec->deps,
        .dep_count = spec->dep_count,
        .tlvs = &app,
    };
    int result;

    if (spec->app != NULL) {
        app.value = g_bytes_new(spec->app, strlen(spec->app));
        what.tlv_count = 1;
    }
    result = host_tlvs_build(tlvs, &what, MCUB_HASH_SHA256, NULL, err);
    if (app.value != NULL) {
        g_bytes_unref(app.value);
    }
    return result;
}

int host_image_create(const struct host_image_spec *spec, GByteArray **image,
        struct host_error *err)
{
    struct host_tlvs tlvs;
    struct host_hash ctx = { NULL };
    struct mcub_image_spec what = { .version = spec->version };
    struct mcub_image_writer writer = { .hash = &host_hash_ops };
    struct bytes_source source;
    GByteArray *out;
    size_t len = 0;
    uint8_t *payload = load_payload(spec, &len, err);
    int result;

    if (payload == NULL) {
        return -1;
    }
    if (put_tlvs(&tlvs, spec, err) != 0) {
        host_tlvs_clear(&tlvs);
        g_free(payload);
        return -1;
    }
    source.data = payload;
    source.size = (uint32_t)len;
    out = g_byte_array_new();
    what.load_addr = spec->load_addr;
    what.flags = spec->flags;
    what.hdr_size = spec->hdr_size != 0 ? spec->hdr_size : HDR_SIZE;
    what.hash_alg = spec->hash_alg != 0 ? spec->hash_alg : MCUB_HASH_SHA256;
    what.payload.read = source_read;
    what.payload.ctx = &source;
    what.payload.size = source.size;
    what.prot = tlvs.specs;
    what.prot_count = tlvs.count;
    writer.hash_ctx = &ctx;
    writer.sink.write = sink_write;
    writer.sink.ctx = out;
    writer.scratch = g_malloc(SCRATCH);
    writer.scratch_size = SCRATCH;
    result = mcub_image_write(&what, &writer, NULL);
    g_free(writer.scratch);
    host_hash_clear(&ctx);
    host_tlvs_clear(&tlvs);
    g_free(payload);
    if (result != 0) {
        g_byte_array_unref(out);
        return host_error_set(err, DFU_OTHER, NULL, "image: %s",
                mcub_err_to_str(result));
    }
    *image = out;
    return 0;
}
