// SPDX-License-Identifier: Apache-2.0
/*
 * A board of RAM flash for tests.
 */
#include "mcub_rig.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

static int hash_init(void *ctx, enum mcub_hash_alg alg)
{
    struct rig_hash *h = ctx;
    const EVP_MD *md = alg == MCUB_HASH_SHA256 ? EVP_sha256()
            : alg == MCUB_HASH_SHA384          ? EVP_sha384()
                                               : EVP_sha512();

    if (h->evp == NULL) {
        h->evp = EVP_MD_CTX_new();
    }
    return EVP_DigestInit_ex(h->evp, md, NULL) == 1 ? 0 : MCUB_E_CRYPTO;
}

static int hash_update(void *ctx, const void *data, size_t len)
{
    struct rig_hash *h = ctx;

    return EVP_DigestUpdate(h->evp, data, len) == 1 ? 0 : MCUB_E_CRYPTO;
}

static int hash_finish(void *ctx, uint8_t *out, size_t out_len)
{
    struct rig_hash *h = ctx;
    unsigned len = 0;
    uint8_t digest[EVP_MAX_MD_SIZE];
    int ok = EVP_DigestFinal_ex(h->evp, digest, &len);

    EVP_MD_CTX_free(h->evp);
    h->evp = NULL;
    if (ok != 1 || len != out_len) {
        return MCUB_E_CRYPTO;
    }
    memcpy(out, digest, len);
    return 0;
}

void rig_hash_finish(struct rig_hash *h)
{
    EVP_MD_CTX_free(h->evp);
    h->evp = NULL;
}

const struct mcub_hash_ops rig_hash_ops = {
    .init = hash_init,
    .update = hash_update,
    .finish = hash_finish,
};

static int memory_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const uint8_t *data = ctx;

    memcpy(buf, data + off, len);
    return 0;
}

struct mcub_source rig_source(const void *data, size_t len)
{
    union {
        const void *in;
        void *out;
    } cast = { .in = data };
    struct mcub_source src = { .read = memory_read,
        .ctx = cast.out,
        .size = (uint32_t)len };

    return src;
}

static void on_log(void *ctx, enum mcub_log_event event, uint8_t image,
        uint32_t a, uint32_t b)
{
    struct rig *rig = ctx;

    if (rig->event_count < RIG_EVENTS) {
        rig->events[rig->event_count++] =
                (struct rig_event){ event, image, a, b };
    }
}

static int on_post_copy(void *ctx, uint8_t image)
{
    struct rig *rig = ctx;

    rig->copies[image]++;
    return rig->post_copy_rc;
}

static int on_verify(void *ctx, uint8_t image, uint8_t slot,
        const struct mcub_image *img, const struct mcub_hash *hash)
{
    struct rig *rig = ctx;

    (void)image;
    (void)img;
    assert_int_equal(hash->len, 32);
    return slot == MCUB_SLOT_SECONDARY ? rig->verify_rc : 0;
}

static int on_counter_get(void *ctx, uint8_t image, uint32_t *counter)
{
    const struct rig *rig = ctx;

    *counter = rig->counter[image];
    return 0;
}

static int on_counter_set(void *ctx, uint8_t image, uint32_t counter)
{
    struct rig *rig = ctx;

    assert_true(counter > rig->counter[image]);
    rig->counter[image] = counter;
    return 0;
}

static int ram_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const struct rig *rig = ctx;

    assert_true(addr >= RIG_RAM_START);
    assert_true(addr - RIG_RAM_START + len <= RIG_RAM_SIZE);
    memcpy(buf, rig->ram + (addr - RIG_RAM_START), len);
    return 0;
}

static int ram_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    struct rig *rig = ctx;

    assert_true(addr >= RIG_RAM_START);
    assert_true(addr - RIG_RAM_START + len <= RIG_RAM_SIZE);
    memcpy(rig->ram + (addr - RIG_RAM_START), buf, len);
    return 0;
}

static int on_ram(void *ctx, uint8_t image, struct mcub_ram *ram)
{
    (void)image;
    *ram = (struct mcub_ram){ RIG_RAM_START, RIG_RAM_SIZE, ram_read, ram_write,
        ctx };
    return 0;
}

static bool on_wants_loader(void *ctx)
{
    const struct rig *rig = ctx;

    return rig->wants_loader;
}

static const struct mcub_boot_ops boot_ops = {
    .log = on_log,
    .post_copy = on_post_copy,
    .verify = on_verify,
    .ram = on_ram,
    .wants_loader = on_wants_loader,
};

static const struct mcub_boot_ops counting_boot_ops = {
    .log = on_log,
    .post_copy = on_post_copy,
    .verify = on_verify,
    .counter_get = on_counter_get,
    .counter_set = on_counter_set,
    .ram = on_ram,
    .wants_loader = on_wants_loader,
};

static void init_model(struct rig *rig, struct flash_model *m,
        const struct rig_geometry *g, uint32_t count)
{
    struct mcub_sector_run run = { g->sector, count };

    flash_model_init(m, &rig->power, '?', run, g->write_size);
    if (g->erased != 0) {
        m->flash.erased_val = 0x00;
        flash_model_wipe(m);
    }
}

void rig_init(struct rig *rig, const struct rig_geometry *geometry,
        uint8_t images)
{
    memset(rig, 0, sizeof(*rig));
    rig->power.cut_at = FLASH_NO_CUT;
    for (uint8_t i = 0; i < images; i++) {
        const struct rig_geometry *g = &geometry[i];

        for (uint8_t slot = 0; slot < 2; slot++) {
            struct flash_model *m = &rig->model[i][slot];

            init_model(rig, m, g, slot == 0 ? g->primary : g->secondary);
            m->letter = (char)((slot == 0 ? 'P' : 'S') + (i == 0 ? 0 : 32));
            rig->pairs[i].slot[slot].flash = &m->flash;
            rig->pairs[i].slot[slot].off = 0;
            rig->pairs[i].slot[slot].size = m->flash.size;
        }
        rig->pairs[i].overwrite = i > 0 && g->mode == MCUB_MODE_OVERWRITE;
    }
    rig->board = (struct mcub_board){
        .mode = geometry[0].mode,
        .image_count = images,
        .pairs = rig->pairs,
        .max_align = geometry[0].max_align,
        .max_sectors = geometry[0].max_sectors,
    };
    if (geometry[0].scratch > 0) {
        init_model(rig, &rig->scratch, &geometry[0], geometry[0].scratch);
        rig->scratch.letter = 'C';
        rig->board.scratch = (struct mcub_slot){ &rig->scratch.flash, 0,
            rig->scratch.flash.size };
    }
}

void rig_finish(struct rig *rig)
{
    for (uint8_t i = 0; i < rig->board.image_count; i++) {
        flash_model_finish(&rig->model[i][0]);
        flash_model_finish(&rig->model[i][1]);
    }
    flash_model_finish(&rig->scratch);
    rig_hash_finish(&rig->hash);
}

struct collector {
    uint8_t *data;
    size_t len;
    size_t size;
};

static int collect(void *ctx, const void *buf, size_t len)
{
    struct collector *c = ctx;

    if (len > c->size - c->len) {
        return MCUB_E_SINK;
    }
    memcpy(c->data + c->len, buf, len);
    c->len += len;
    return 0;
}

static uint8_t *make_image(const char *version, uint32_t total,
        struct mcub_image_spec spec)
{
    uint8_t scratch[64];
    struct rig_hash hash = { NULL };
    struct collector c = { malloc(total), 0, total };
    uint8_t *payload = malloc(total);
    struct mcub_image_writer writer = {
        .hash = &rig_hash_ops,
        .hash_ctx = &hash,
        .sink = { collect, &c },
        .scratch = scratch,
        .scratch_size = sizeof(scratch),
    };
    uint32_t overhead;

    spec.hdr_size = 32;
    spec.hash_alg = MCUB_HASH_SHA256;
    assert_non_null(c.data);
    assert_non_null(payload);
    assert_int_equal(mcub_version_parse(version, strlen(version),
                             &spec.version),
            0);
    assert_int_equal(mcub_image_spec_size(&spec, &overhead), 0);
    assert_true(total >= overhead);
    for (uint32_t i = 0; i < total; i++) {
        payload[i] = (uint8_t)(i * 31u + (i >> 8) * 7u +
                (uint8_t)version[0] * 5u + (uint8_t)version[2]);
    }
    spec.payload = rig_source(payload, total - overhead);
    assert_int_equal(mcub_image_write(&spec, &writer, NULL), 0);
    assert_int_equal(c.len, total);
    free(payload);
    return c.data;
}

uint8_t *rig_image_with(const char *version, uint32_t total,
        const struct mcub_tlv_spec *prot, size_t prot_count)
{
    struct mcub_image_spec spec = { .prot = prot, .prot_count = prot_count };

    return make_image(version, total, spec);
}

uint8_t *rig_image_special(const char *version, uint32_t total,
        struct rig_image_options options)
{
    uint8_t counter[4];
    struct mcub_tlv_spec prot = { MCUB_TLV_SEC_CNT,
        { counter, sizeof(counter) } };
    struct mcub_image_spec spec = {
        .flags = options.flags,
        .load_addr = options.load_addr,
        .prot = &prot,
        .prot_count = options.counter != 0 ? 1 : 0,
    };

    for (size_t i = 0; i < sizeof(counter); i++) {
        counter[i] = (uint8_t)(options.counter >> (8 * i));
    }
    return make_image(version, total, spec);
}

uint8_t *rig_image_encrypted(const char *version, uint32_t total,
        struct rig_image_options options, const struct mcub_encryptor *encrypt)
{
    struct mcub_image_spec spec = {
        .flags = options.flags,
        .load_addr = options.load_addr,
        .encrypt = encrypt,
    };

    return make_image(version, total, spec);
}

uint8_t *rig_image(const char *version, uint32_t total)
{
    return rig_image_with(version, total, NULL, 0);
}

void rig_program(struct rig *rig, uint8_t image, uint8_t slot,
        const uint8_t *data, uint32_t len)
{
    flash_model_wipe(&rig->model[image][slot]);
    flash_model_load(&rig->model[image][slot], 0, data, len);
}

void rig_upload(struct rig *rig, uint8_t image, const uint8_t *data,
        uint32_t len)
{
    struct mcub_slot_writer writer;

    assert_int_equal(mcub_slot_writer_init(&writer, &rig->board, image,
                             MCUB_SLOT_SECONDARY, len, true),
            0);
    for (uint32_t off = 0; off < len;) {
        uint32_t n = len - off < 509 ? len - off : 509;

        assert_int_equal(mcub_slot_writer_write(&writer, data + off, n), 0);
        off += n;
    }
    assert_int_equal(mcub_slot_writer_finish(&writer), 0);
}

int rig_boot(struct rig *rig)
{
    uint32_t options = rig->boot.options;

    memset(rig->buf, 0xa5, sizeof(rig->buf));
    memset(&rig->boot, 0xa5, sizeof(rig->boot));
    rig->event_count = 0;
    rig->boot.board = &rig->board;
    rig->boot.hash = &rig_hash_ops;
    rig->boot.hash_ctx = &rig->hash;
    rig->boot.ops = rig->has_counter ? &counting_boot_ops : &boot_ops;
    rig->boot.ops_ctx = rig;
    rig->boot.buf = rig->buf;
    rig->boot.options = options;
    rig->boot.cipher = rig->cipher;
    rig->boot.cipher_ctx = rig->cipher_ctx;
    return mcub_boot(&rig->boot);
}

bool rig_slot_holds(struct rig *rig, uint8_t image, uint8_t slot, uint32_t off,
        const uint8_t *data, uint32_t len)
{
    return memcmp(rig->model[image][slot].mem + off, data, len) == 0;
}

bool rig_logged(const struct rig *rig, uint8_t image, enum mcub_log_event event)
{
    for (size_t i = 0; i < rig->event_count; i++) {
        if (rig->events[i].image == image && rig->events[i].event == event) {
            return true;
        }
    }
    return false;
}

void rig_assert_clean(const struct rig *rig)
{
    for (uint8_t i = 0; i < rig->board.image_count; i++) {
        assert_int_equal(rig->model[i][0].violations, 0);
        assert_int_equal(rig->model[i][1].violations, 0);
    }
    assert_int_equal(rig->scratch.violations, 0);
}
