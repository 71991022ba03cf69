// SPDX-License-Identifier: Apache-2.0
/*
 * The chip: mapped flash with NOR manners.
 *
 * A write needs erased bytes (a block is written once), whole write blocks,
 * and stays inside; an erase takes whole sectors. Anything else is refused
 * with MCUB_E_FLASH, counted, and told: it is a bug of whoever writes.
 */
#include "vdev/chip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vdev/rng.h"

#define ERASED 0xffu

static int misuse(struct vdev_memory *m, const char *what, uint32_t off,
        size_t len)
{
    struct vdev_chip *chip = m->chip;
    chip->misuse++;
    snprintf(chip->misuse_text, sizeof(chip->misuse_text),
            "flash misuse: %s at 0x%x, %zu bytes", what, off, len);
    return MCUB_E_FLASH;
}

static bool inside(const struct vdev_memory *m, uint32_t off, size_t len)
{
    return off <= m->cfg.size && len <= m->cfg.size - off;
}

static int memory_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    struct vdev_memory *m = ctx;
    if (m->chip->off) {
        return MCUB_E_POWER;
    }
    if (!inside(m, off, len)) {
        return misuse(m, "read outside", off, len);
    }
    memcpy(buf, m->base + off, len);
    return 0;
}

/* All bytes equal their neighbours, and the first is erased. */
static bool is_erased(const uint8_t *p, size_t len)
{
    return len == 0 || (p[0] == ERASED && memcmp(p, p + 1, len - 1) == 0);
}

static int memory_write(void *ctx, uint32_t off, const void *buf, size_t len)
{
    struct vdev_memory *m = ctx;
    if (m->chip->off) {
        return MCUB_E_POWER;
    }
    if (!inside(m, off, len)) {
        return misuse(m, "write outside", off, len);
    }
    if (off % m->cfg.write_size != 0 || len % m->cfg.write_size != 0) {
        return misuse(m, "write not on a block", off, len);
    }
    if (!is_erased(m->base + off, len)) {
        return misuse(m, "write without erase", off, len);
    }
    if (len == 0) {
        return 0;
    }
    if (vdev_power_spend(m, off, buf, len) != 0) {
        return MCUB_E_POWER;
    }
    memcpy(m->base + off, buf, len);
    size_t words = (len + 3) / 4;
    m->chip->words += words;
    m->chip->cost_us += (uint64_t)words * m->cfg.word_us;
    return 0;
}

static int memory_erase(void *ctx, uint32_t off, uint32_t len)
{
    struct vdev_memory *m = ctx;
    uint32_t sector = m->cfg.sector_size;
    if (!inside(m, off, len)) {
        return misuse(m, "erase outside", off, len);
    }
    if (off % sector != 0 || len % sector != 0) {
        return misuse(m, "erase not on sectors", off, len);
    }
    for (uint32_t s = off / sector; s < (off + len) / sector; s++) {
        if (vdev_power_spend(m, s * sector, NULL, sector) != 0) {
            return MCUB_E_POWER;
        }
        memset(m->base + (size_t)s * sector, ERASED, sector);
        m->chip->erases++;
        m->chip->cost_us += m->cfg.erase_us;
        if (m->wear != NULL) {
            m->wear[s]++;
        }
    }
    return 0;
}

static const struct mcub_flash_ops memory_ops = {
    .read = memory_read,
    .write = memory_write,
    .erase = memory_erase,
};

static int fail(char err[VDEV_ERR_SIZE], const char *what, const char *path)
{
    snprintf(err, VDEV_ERR_SIZE, "%s %.180s: %s", what, path, strerror(errno));
    return -1;
}

static void *map_anonymous(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* cppcheck-suppress memleak ; it does not know that this is no memory */
    return p == MAP_FAILED ? NULL : p;
}

static void *map_file(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    /* cppcheck-suppress memleak ; it does not know that this is no memory */
    return p == MAP_FAILED ? NULL : p;
}

/* Where a new flash file grows until it is complete. */
static void temporary_name(const struct vdev_chip *chip, char *out, size_t cap)
{
    snprintf(out, cap, "%s.new", chip->path);
}

static int open_flash_file(struct vdev_chip *chip, char err[VDEV_ERR_SIZE])
{
    char name[VDEV_PATH_MAX + 8];
    snprintf(name, sizeof(name), "%s", chip->path);
    chip->fd = open(name, O_RDWR | O_CLOEXEC);
    if (chip->fd < 0 && errno == ENOENT) {
        temporary_name(chip, name, sizeof(name));
        chip->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        chip->fresh = true;
    }
    if (chip->fd < 0) {
        return fail(err, "cannot open flash file", name);
    }
    if (flock(chip->fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(err, VDEV_ERR_SIZE,
                "flash file %.180s is in use by another process", name);
        return -1;
    }
    if (chip->fresh && ftruncate(chip->fd, (off_t)chip->map_size) != 0) {
        return fail(err, "cannot size flash file", name);
    }
    struct stat st;
    if (fstat(chip->fd, &st) != 0) {
        return fail(err, "cannot look at flash file", name);
    }
    if ((uint64_t)st.st_size != chip->map_size) {
        snprintf(err, VDEV_ERR_SIZE,
                "flash file %.140s has %lld bytes, this chip has %zu: was it "
                "made with another preset?",
                name, (long long)st.st_size, chip->map_size);
        return -1;
    }
    chip->map = map_file(chip->fd, chip->map_size);
    return chip->map != NULL ? 0 : fail(err, "cannot map flash file", name);
}

static int open_state_file(struct vdev_chip *chip, char err[VDEV_ERR_SIZE])
{
    char name[VDEV_PATH_MAX + 8];
    snprintf(name, sizeof(name), "%s.state", chip->path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return fail(err, "cannot open state file", name);
    }
    if ((chip->fresh && ftruncate(fd, 0) != 0) ||
            ftruncate(fd, (off_t)chip->state_size) != 0) {
        close(fd);
        return fail(err, "cannot size state file", name);
    }
    chip->state_map = map_file(fd, chip->state_size);
    close(fd);
    return chip->state_map != NULL ? 0
                                   : fail(err, "cannot map state file", name);
}

static void init_state(struct vdev_chip *chip, const struct vdev_config *cfg,
        uint32_t sectors)
{
    struct vdev_chip_state *s = chip->state;
    if (memcmp(s->magic, VDEV_STATE_MAGIC, sizeof(s->magic)) == 0 &&
            s->sectors == sectors) {
        return;
    }
    memset(chip->state_map, 0, chip->state_size);
    uint64_t rng = cfg->seed;
    s->unique_id = vdev_rng_next(&rng);
    s->sectors = sectors;
    memcpy(s->magic, VDEV_STATE_MAGIC, sizeof(s->magic));
}

static void init_memories(struct vdev_chip *chip, const struct vdev_config *cfg)
{
    uint8_t *base = chip->map;
    uint32_t *wear = (uint32_t *)(void *)(chip->state + 1);
    for (int i = 0; i < VDEV_PARTS; i++) {
        struct vdev_memory *m = &chip->memory[i];
        m->cfg = cfg->part[i];
        m->chip = chip;
        m->flash = (struct mcub_flash){
            .ops = &memory_ops,
            .ctx = m,
            .size = m->cfg.size,
            .write_size = m->cfg.write_size,
            .erased_val = ERASED,
            .runs = &m->run,
            .run_count = 1,
        };
        if (m->cfg.size == 0) {
            continue;
        }
        m->run.size = m->cfg.sector_size;
        m->run.count = m->cfg.size / m->cfg.sector_size;
        if (i != VDEV_PART_RAM) {
            m->base = base;
            m->wear = wear;
            base += m->cfg.size;
            wear += m->run.count;
        }
    }
}

static uint32_t sectors_of(const struct vdev_part_config *part)
{
    return part->size == 0 ? 0 : part->size / part->sector_size;
}

static int open_maps(struct vdev_chip *chip, const struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    if (cfg->flash_path[0] == 0) {
        chip->fresh = true;
        chip->map = map_anonymous(chip->map_size);
        chip->state_map = map_anonymous(chip->state_size);
    } else if (open_flash_file(chip, err) != 0 ||
            open_state_file(chip, err) != 0) {
        return -1;
    }
    struct vdev_memory *ram = &chip->memory[VDEV_PART_RAM];
    if (cfg->part[VDEV_PART_RAM].size != 0) {
        ram->base = malloc(cfg->part[VDEV_PART_RAM].size);
    }
    if (chip->map == NULL || chip->state_map == NULL ||
            (cfg->part[VDEV_PART_RAM].size != 0 && ram->base == NULL)) {
        snprintf(err, VDEV_ERR_SIZE, "no memory for %zu bytes of flash",
                chip->map_size);
        return -1;
    }
    return 0;
}

int vdev_chip_open(struct vdev_chip *chip, const struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    memset(chip, 0, sizeof(*chip));
    chip->fd = -1;
    memcpy(chip->path, cfg->flash_path, sizeof(chip->path));
    const struct vdev_part_config *in = &cfg->part[VDEV_PART_INTERNAL];
    const struct vdev_part_config *ex = &cfg->part[VDEV_PART_EXTERNAL];
    uint32_t sectors = sectors_of(in) + sectors_of(ex);
    chip->map_size = (size_t)in->size + ex->size;
    chip->state_size =
            sizeof(struct vdev_chip_state) + sectors * sizeof(uint32_t);
    if (open_maps(chip, cfg, err) != 0) {
        vdev_chip_close(chip);
        return -1;
    }
    chip->state = chip->state_map;
    init_state(chip, cfg, sectors);
    init_memories(chip, cfg);
    if (chip->fresh) {
        memset(chip->map, ERASED, chip->map_size);
    }
    vdev_chip_clear_ram(chip);
    return 0;
}

int vdev_chip_commit(struct vdev_chip *chip, char err[VDEV_ERR_SIZE])
{
    if (!chip->fresh || chip->fd < 0) {
        chip->fresh = false;
        return 0;
    }
    char name[VDEV_PATH_MAX + 8];
    temporary_name(chip, name, sizeof(name));
    if (rename(name, chip->path) != 0) {
        return fail(err, "cannot rename flash file to", chip->path);
    }
    chip->fresh = false;
    return 0;
}

void vdev_chip_close(struct vdev_chip *chip)
{
    if (chip->map != NULL) {
        munmap(chip->map, chip->map_size);
    }
    if (chip->state_map != NULL) {
        munmap(chip->state_map, chip->state_size);
    }
    if (chip->fd >= 0) {
        close(chip->fd);
    }
    free(chip->memory[VDEV_PART_RAM].base);
    memset(chip, 0, sizeof(*chip));
    chip->fd = -1;
}

void vdev_chip_clear_ram(struct vdev_chip *chip)
{
    struct vdev_memory *ram = &chip->memory[VDEV_PART_RAM];
    if (ram->base != NULL) {
        memset(ram->base, ERASED, ram->cfg.size);
    }
}
