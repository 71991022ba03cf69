// SPDX-License-Identifier: Apache-2.0
/*
 * NOR flash in RAM for tests.
 */
#include "flash_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counts one operation. 1: do it, 0: do half of it, or an error. */
static int spend(struct flash_power *p)
{
    if (p->off) {
        return MCUB_E_POWER;
    }
    if (p->ops++ != p->cut_at) {
        return 1;
    }
    p->off = true;
    return p->kind == FLASH_CUT_TORN ? 0 : MCUB_E_POWER;
}

static void trace(struct flash_model *m, char op, uint32_t off, size_t len)
{
    struct flash_power *p = m->power;

    if (p->trace == NULL || p->trace_count == p->trace_max) {
        return;
    }
    if (op == 'E') {
        snprintf(p->trace[p->trace_count], sizeof(p->trace[0]), "E %c 0x%04x",
                m->letter, (unsigned)off);
    } else {
        snprintf(p->trace[p->trace_count], sizeof(p->trace[0]),
                "W %c 0x%04x %u", m->letter, (unsigned)off, (unsigned)len);
    }
    p->trace_count++;
}

static int violate(struct flash_model *m)
{
    m->violations++;
    return MCUB_E_FLASH;
}

static int model_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    struct flash_model *m = ctx;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (off > m->flash.size || len > m->flash.size - off) {
        return violate(m);
    }
    if (m->fail_reads) {
        return MCUB_E_FLASH;
    }
    memcpy(buf, m->mem + off, len);
    return 0;
}

static int model_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    struct flash_model *m = ctx;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (off > m->flash.size || len > m->flash.size - off || len == 0 ||
            off % m->flash.write_size != 0 || len % m->flash.write_size != 0) {
        return violate(m);
    }
    for (size_t i = 0; i < len; i++) {
        if (m->dirty[off + i] && !m->loose) {
            return violate(m);
        }
    }
    int go = spend(m->power);

    if (go < 0) {
        return go;
    }
    if (go == 0) {
        len /= 2;
    }
    trace(m, 'W', off, len);
    memcpy(m->mem + off, buf, len);
    memset(m->dirty + off, 1, len);
    return go == 0 ? MCUB_E_POWER : 0;
}

static int model_erase(void *ctx, uint32_t off, uint32_t len)
{
    struct flash_model *m = ctx;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (off > m->flash.size || len > m->flash.size - off || len == 0 ||
            off % m->run.size != 0 || len % m->run.size != 0) {
        return violate(m);
    }
    int go = spend(m->power);

    if (go < 0) {
        return go;
    }
    trace(m, 'E', off, len);
    memset(m->mem + off, m->flash.erased_val, go == 0 ? len / 2 : len);
    memset(m->dirty + off, 0, go == 0 ? len / 2 : len);
    return go == 0 ? MCUB_E_POWER : 0;
}

static const struct mcub_flash_ops model_ops = {
    .read = model_read,
    .write = model_write,
    .erase = model_erase,
};

void flash_model_init(struct flash_model *m, struct flash_power *power,
        char letter, struct mcub_sector_run run, uint32_t write_size)
{
    memset(m, 0, sizeof(*m));
    m->run = run;
    m->power = power;
    m->letter = letter;
    m->flash.ops = &model_ops;
    m->flash.ctx = m;
    m->flash.size = run.size * run.count;
    m->flash.write_size = write_size;
    m->flash.erased_val = 0xff;
    m->flash.runs = &m->run;
    m->flash.run_count = 1;
    m->mem = malloc(m->flash.size);
    m->dirty = malloc(m->flash.size);
    if (m->mem == NULL || m->dirty == NULL) {
        abort();
    }
    flash_model_wipe(m);
}

void flash_model_finish(struct flash_model *m)
{
    free(m->mem);
    free(m->dirty);
    m->mem = NULL;
    m->dirty = NULL;
}

void flash_model_load(struct flash_model *m, uint32_t off, const void *data,
        size_t len)
{
    memcpy(m->mem + off, data, len);
    memset(m->dirty + off, 1, len);
}

void flash_model_wipe(struct flash_model *m)
{
    memset(m->mem, m->flash.erased_val, m->flash.size);
    memset(m->dirty, 0, m->flash.size);
}

void flash_power_on(struct flash_power *p)
{
    p->ops = 0;
    p->cut_at = FLASH_NO_CUT;
    p->off = false;
    p->trace_count = 0;
}
