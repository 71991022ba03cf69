// SPDX-License-Identifier: Apache-2.0
/*
 * NOR flash in RAM for tests.
 */
#include "flash_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counts one operation. 1: do it, 0: do a part of it, or an error. */
static int spend(struct flash_power *p)
{
    if (p->ops++ != p->cut_at) {
        return 1;
    }
    p->off = true;
    return p->kind == FLASH_CUT_CLEAN ? MCUB_E_POWER : 0;
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The same for the same seed and operation. */
static uint64_t seed_of(const struct flash_power *p)
{
    uint64_t state = p->seed * 0x100000001b3u + p->ops;

    (void)next_random(&state);
    return state;
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

static bool in_device(const struct flash_model *m, uint32_t off, size_t len)
{
    return off <= m->flash.size && len <= m->flash.size - off;
}

uint32_t flash_model_sector(const struct flash_model *m, uint32_t off)
{
    uint32_t number = 0;

    for (size_t i = 0; i < m->flash.run_count; i++) {
        const struct mcub_sector_run *run = &m->flash.runs[i];

        if (off < run->size * run->count) {
            return number + off / run->size;
        }
        off -= run->size * run->count;
        number += run->count;
    }
    return FLASH_NO_SECTOR;
}

static int model_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    struct flash_model *m = ctx;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (!in_device(m, off, len)) {
        return violate(m);
    }
    if (m->fail_reads) {
        return MCUB_E_FLASH;
    }
    memcpy(buf, m->mem + off, len);
    return 0;
}

static bool any_dirty(const struct flash_model *m, uint32_t off, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++) {
        all |= m->flags[off + i];
    }
    return (all & FLASH_DIRTY) != 0;
}

/* Bits that a write changes: some of those that differ. */
static void write_bits(struct flash_model *m, uint32_t off, const uint8_t *data,
        size_t len, uint64_t *state)
{
    size_t block = m->flash.write_size;
    size_t whole = next_random(state) % (len / block) * block;

    memcpy(m->mem + off, data, whole);
    for (size_t i = whole; i < whole + block; i++) {
        uint8_t differs = m->mem[off + i] ^ data[i];

        differs &= (uint8_t)next_random(state);
        m->mem[off + i] ^= differs;
    }
}

static void write_part(struct flash_model *m, uint32_t off, const uint8_t *data,
        size_t len)
{
    uint64_t state = seed_of(m->power);
    size_t done = len;

    switch (m->power->kind) {
    case FLASH_CUT_CLEAN:
    case FLASH_CUTS:
        return;
    case FLASH_CUT_TORN:
        done = len / 2;
        break;
    case FLASH_CUT_WORD:
        done = len < 4 ? len : 4;
        break;
    case FLASH_CUT_BITS:
        write_bits(m, off, data, len, &state);
        break;
    case FLASH_CUT_AFTER:
        memcpy(m->mem + off, data, len);
        memset(m->flags + off, FLASH_DIRTY, len);
        return;
    }
    if (m->power->kind != FLASH_CUT_BITS) {
        memcpy(m->mem + off, data, done);
        if (done == len) {
            memset(m->flags + off, FLASH_DIRTY, len);
            return;
        }
    }
    for (size_t i = 0; i < len; i++) {
        m->flags[off + i] |= FLASH_WEAK;
        if (m->mem[off + i] != m->flash.erased_val) {
            m->flags[off + i] |= FLASH_DIRTY;
        }
    }
}

static int model_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    struct flash_model *m = ctx;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (!in_device(m, off, len) || len == 0 || off % m->flash.write_size != 0 ||
            len % m->flash.write_size != 0) {
        return violate(m);
    }
    if (!m->loose && any_dirty(m, off, len)) {
        return violate(m);
    }
    uint32_t first = flash_model_sector(m, off);
    uint32_t last = flash_model_sector(m, off + (uint32_t)len - 1);

    if (first <= m->worn && m->worn <= last) {
        return MCUB_E_FLASH;
    }
    int go = spend(m->power);

    if (go < 0) {
        return go;
    }
    memset(m->touched + first, 1, last - first + 1);
    m->power->writes++;
    m->power->bytes += (uint32_t)len;
    trace(m, 'W', off, len);
    if (go == 0) {
        write_part(m, off, buf, len);
        return MCUB_E_POWER;
    }
    memcpy(m->mem + off, buf, len);
    memset(m->flags + off, FLASH_DIRTY, len);
    return 0;
}

/* Bits return to the erased state one by one; few, half, or most of them. */
static void erase_bits(struct flash_model *m, uint32_t off, uint32_t len,
        uint64_t *state)
{
    uint64_t how = next_random(state) % 4;

    for (uint32_t i = 0; i < len; i += 8) {
        uint64_t bits = next_random(state);
        uint32_t n = len - i < 8 ? len - i : 8;

        if (how == 0 || how == 3) {
            bits &= next_random(state) & next_random(state);
            bits &= next_random(state) & next_random(state);
        }
        bits = how == 3 ? ~bits : bits;
        for (uint32_t k = 0; k < n; k++) {
            uint8_t *byte = &m->mem[off + i + k];
            unsigned differs = (unsigned)*byte ^ m->flash.erased_val;

            *byte = (uint8_t)(*byte ^ (differs & (bits >> (8 * k))));
        }
    }
}

static void erase_words(struct flash_model *m, uint32_t off, uint32_t len,
        uint64_t *state)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < len; i += 4) {
        bits = i % 256 == 0 ? next_random(state) : bits >> 1;
        if ((bits & 1) != 0) {
            memset(m->mem + off + i, m->flash.erased_val,
                    len - i < 4 ? len - i : 4);
        }
    }
}

/* Whatever it looks like afterwards: the sector has to be erased again. */
static void erase_part(struct flash_model *m, uint32_t off, uint32_t len)
{
    uint64_t state = seed_of(m->power);

    switch (m->power->kind) {
    case FLASH_CUT_CLEAN:
    case FLASH_CUTS:
        return;
    case FLASH_CUT_TORN:
        memset(m->mem + off, m->flash.erased_val, len / 2);
        break;
    case FLASH_CUT_WORD:
        erase_words(m, off, len, &state);
        break;
    case FLASH_CUT_BITS:
        erase_bits(m, off, len, &state);
        break;
    case FLASH_CUT_AFTER:
        memset(m->mem + off, m->flash.erased_val, len);
        memset(m->flags + off, 0, len);
        return;
    }
    memset(m->flags + off, FLASH_DIRTY | FLASH_WEAK, len);
}

static int model_erase(void *ctx, uint32_t off, uint32_t len)
{
    struct flash_model *m = ctx;
    struct mcub_sector sector;

    if (m->power->off) {
        return MCUB_E_POWER;
    }
    if (!in_device(m, off, len) ||
            mcub_flash_sector_at(&m->flash, off, &sector) != 0 ||
            sector.off != off || sector.size != len) {
        return violate(m);
    }
    int go = spend(m->power);

    m->power->cut_erase = go <= 0;
    if (go < 0) {
        return go;
    }
    uint32_t number = flash_model_sector(m, off);

    m->touched[number] = 1;
    m->wear[number]++;
    m->power->erases++;
    trace(m, 'E', off, len);
    if (go == 0) {
        erase_part(m, off, len);
        return MCUB_E_POWER;
    }
    memset(m->mem + off, m->flash.erased_val, len);
    memset(m->flags + off, 0, len);
    return 0;
}

static const struct mcub_flash_ops model_ops = {
    .read = model_read,
    .write = model_write,
    .erase = model_erase,
};

static void *need(size_t size)
{
    void *p = calloc(size, 1);

    if (p == NULL) {
        abort();
    }
    return p;
}

void flash_model_init_runs(struct flash_model *m, struct flash_power *power,
        const struct mcub_sector_run *runs, size_t run_count,
        uint32_t write_size, uint8_t erased_val)
{
    memset(m, 0, sizeof(*m));
    m->power = power;
    m->letter = '?';
    m->worn = FLASH_NO_SECTOR;
    m->flash.ops = &model_ops;
    m->flash.ctx = m;
    m->flash.write_size = write_size;
    m->flash.erased_val = erased_val;
    m->flash.runs = runs;
    m->flash.run_count = run_count;
    for (size_t i = 0; i < run_count; i++) {
        m->flash.size += runs[i].size * runs[i].count;
        m->sectors += runs[i].count;
    }
    m->mem = need(m->flash.size);
    m->flags = need(m->flash.size);
    m->wear = need(m->sectors * sizeof(*m->wear));
    m->touched = need(m->sectors);
    flash_model_wipe(m);
}

void flash_model_init(struct flash_model *m, struct flash_power *power,
        char letter, struct mcub_sector_run run, uint32_t write_size)
{
    flash_model_init_runs(m, power, &run, 1, write_size, 0xff);
    m->run = run;
    m->flash.runs = &m->run;
    m->letter = letter;
}

void flash_model_finish(struct flash_model *m)
{
    free(m->mem);
    free(m->flags);
    free(m->wear);
    free(m->touched);
    memset(m, 0, sizeof(*m));
}

void flash_model_load(struct flash_model *m, uint32_t off, const void *data,
        size_t len)
{
    memcpy(m->mem + off, data, len);
    memset(m->flags + off, FLASH_DIRTY, len);
    m->base = NULL;
}

void flash_model_wipe(struct flash_model *m)
{
    memset(m->mem, m->flash.erased_val, m->flash.size);
    memset(m->flags, 0, m->flash.size);
    m->base = NULL;
}

void flash_snapshot_take(struct flash_snapshot *snapshot, struct flash_model *m)
{
    if (snapshot->mem == NULL) {
        snapshot->mem = need(m->flash.size);
        snapshot->flags = need(m->flash.size);
        snapshot->size = m->flash.size;
    }
    memcpy(snapshot->mem, m->mem, m->flash.size);
    memcpy(snapshot->flags, m->flags, m->flash.size);
    memset(m->touched, 0, m->sectors);
    m->base = snapshot;
}

static void restore_all(const struct flash_snapshot *snapshot,
        struct flash_model *m)
{
    memcpy(m->mem, snapshot->mem, m->flash.size);
    memcpy(m->flags, snapshot->flags, m->flash.size);
    memset(m->touched, 0, m->sectors);
    m->base = snapshot;
}

/* Only what has changed since, when the model started from this snapshot. */
void flash_snapshot_restore(const struct flash_snapshot *snapshot,
        struct flash_model *m)
{
    uint32_t number = 0;
    uint32_t off = 0;

    if (m->base != snapshot) {
        restore_all(snapshot, m);
        return;
    }
    for (size_t i = 0; i < m->flash.run_count; i++) {
        uint32_t size = m->flash.runs[i].size;

        for (uint32_t k = 0; k < m->flash.runs[i].count; k++) {
            if (m->touched[number] != 0) {
                memcpy(m->mem + off, snapshot->mem + off, size);
                memcpy(m->flags + off, snapshot->flags + off, size);
                m->touched[number] = 0;
            }
            number++;
            off += size;
        }
    }
}

void flash_snapshot_finish(struct flash_snapshot *snapshot)
{
    free(snapshot->mem);
    free(snapshot->flags);
    memset(snapshot, 0, sizeof(*snapshot));
}

void flash_power_on(struct flash_power *p)
{
    p->ops = 0;
    p->cut_at = FLASH_NO_CUT;
    p->off = false;
    p->cut_erase = false;
    p->erases = 0;
    p->writes = 0;
    p->bytes = 0;
    p->trace_count = 0;
}
