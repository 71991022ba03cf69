// SPDX-License-Identifier: Apache-2.0
/*
 * Configuration: a table of keys. The INI reader is in ini.c, the checks
 * between keys are in config_check.c, the presets are compiled in from
 * presets/.
 */
#include "vdev/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vdev/config_words.h"
#include "vdev/device.h"
#include "vdev/private.h"

enum key_type {
    KEY_TEXT,
    KEY_NUMBER,  /* decimal or 0x, with K or M */
    KEY_BYTE,    /* a number below 256 */
    KEY_SEED,    /* 64 bits */
    KEY_BOOL,    /* yes no on off true false 1 0 */
    KEY_WORD,    /* one word of a list */
    KEY_WORDS,   /* mask of words, + and - change the old value */
    KEY_SLOT,    /* "internal 0xc000 0x79000" */
    KEY_TIME_ON, /* 0 or real */
    KEY_LINK,
};

const char *const vdev_part_names[VDEV_PARTS] = {
    [VDEV_PART_INTERNAL] = "internal",
    [VDEV_PART_EXTERNAL] = "external",
    [VDEV_PART_RAM] = "ram",
};

struct key {
    const char *name;
    enum key_type type;
    uint16_t offset;
    uint16_t size; /* of the member */
    const struct vdev_word *words;
};

#define KEY(name_, type_, member_, words_)                                     \
    {                                                                          \
        (name_), (type_), (uint16_t)offsetof(struct vdev_config, member_),     \
                (uint16_t)sizeof(((struct vdev_config *)0)->member_), (words_) \
    }
#define PART(name_, i_)                                                   \
    KEY(name_ ".size", KEY_NUMBER, part[i_].size, NULL),                  \
            KEY(name_ ".sector", KEY_NUMBER, part[i_].sector_size, NULL), \
            KEY(name_ ".write", KEY_NUMBER, part[i_].write_size, NULL),   \
            KEY(name_ ".erase_us", KEY_NUMBER, part[i_].erase_us, NULL),  \
            KEY(name_ ".word_us", KEY_NUMBER, part[i_].word_us, NULL)
#define IMAGE(name_, i_)                                                  \
    KEY(name_ ".primary", KEY_SLOT, image[i_].slot[0], NULL),             \
            KEY(name_ ".secondary", KEY_SLOT, image[i_].slot[1], NULL),   \
            KEY(name_ ".overwrite", KEY_BOOL, image[i_].overwrite, NULL), \
            KEY(name_ ".unreadable", KEY_BOOL, image[i_].unreadable, NULL)

/* clang-format off */
static const struct key keys[] = {
    KEY("device.name", KEY_TEXT, name, NULL),
    KEY("device.title", KEY_TEXT, title, NULL),
    KEY("device.board", KEY_TEXT, board, NULL),
    KEY("device.processor", KEY_TEXT, processor, NULL),
    KEY("device.kernel", KEY_TEXT, kernel, NULL),
    PART("internal", VDEV_PART_INTERNAL),
    PART("external", VDEV_PART_EXTERNAL),
    PART("ram", VDEV_PART_RAM),
    IMAGE("image0", 0),
    IMAGE("image1", 1),
    KEY("storage.area", KEY_SLOT, storage, NULL),
    KEY("boot.mode", KEY_WORD, mode, vdev_mode_words),
    KEY("boot.images", KEY_BYTE, image_count, NULL),
    KEY("boot.scratch", KEY_SLOT, scratch, NULL),
    KEY("boot.ram_base", KEY_NUMBER, ram_base, NULL),
    KEY("boot.max_align", KEY_NUMBER, max_align, NULL),
    KEY("boot.max_sectors", KEY_NUMBER, max_sectors, NULL),
    KEY("boot.options", KEY_WORDS, boot_options, vdev_boot_words),
    KEY("boot.boot_ms", KEY_NUMBER, boot_ms, NULL),
    KEY("boot.banner", KEY_TEXT, boot_banner, NULL),
    KEY("boot.keys", KEY_TEXT, keys, NULL),
    KEY("boot.hash", KEY_WORD, hash, vdev_hash_words),
    KEY("boot.decrypt_key", KEY_TEXT, decrypt_key, NULL),
    KEY("boot.encrypt_keylen", KEY_NUMBER, encrypt_keylen, NULL),
    KEY("boot.save_enctlv", KEY_BOOL, save_enctlv, NULL),
    KEY("server.era", KEY_WORD, era, vdev_era_words),
    KEY("server.images", KEY_BYTE, server_images, NULL),
    KEY("server.features", KEY_WORDS, features, vdev_feature_words),
    KEY("server.image_options", KEY_WORDS, image_options, vdev_image_words),
    KEY("server.buf_size", KEY_NUMBER, buf_size, NULL),
    KEY("server.buf_count", KEY_NUMBER, buf_count, NULL),
    KEY("server.udp_mtu", KEY_NUMBER, udp_mtu, NULL),
    KEY("server.cpu_us", KEY_NUMBER, cpu_us, NULL),
    KEY("server.reset_ms", KEY_NUMBER, reset_ms, NULL),
    KEY("recovery.enter", KEY_WORDS, recovery.enter, vdev_enter_words),
    KEY("recovery.options", KEY_WORDS, recovery.options, vdev_recovery_words),
    KEY("recovery.wait_ms", KEY_NUMBER, recovery.wait_ms, NULL),
    KEY("recovery.buf_size", KEY_NUMBER, recovery.buf_size, NULL),
    KEY("ble.att_mtu", KEY_NUMBER, att_mtu, NULL),
    KEY("ble.reassembly", KEY_BOOL, reassembly, NULL),
    KEY("app.name", KEY_TEXT, app_name, NULL),
    KEY("app.version", KEY_TEXT, app_version, NULL),
    KEY("app.size", KEY_NUMBER, app_size, NULL),
    KEY("app.header", KEY_NUMBER, app_header, NULL),
    KEY("sim.seed", KEY_SEED, seed, NULL),
    KEY("sim.flash", KEY_TEXT, flash_path, NULL),
    KEY("sim.flash_time", KEY_TIME_ON, flash_time, NULL),
    KEY("sim.link", KEY_LINK, link, NULL),
};
/* clang-format on */
#undef KEY
#undef PART
#undef IMAGE

static bool parse_u64(const char *text, uint64_t *value)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    unsigned long long v = strtoull(text, &end, 0);
    uint32_t unit = 1;
    if (*end == 'K') {
        unit = 1024;
        end++;
    } else if (*end == 'M') {
        unit = 1024 * 1024;
        end++;
    }
    if (*end != 0 || v > UINT64_MAX / unit) {
        return false;
    }
    *value = v * unit;
    return true;
}

static bool parse_u32(const char *text, uint32_t *value)
{
    uint64_t v;
    if (!parse_u64(text, &v) || v > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)v;
    return true;
}

static bool find_word(const struct vdev_word *words, const char *text,
        uint32_t *value)
{
    for (; words->text != NULL; words++) {
        if (strcmp(words->text, text) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

/* "a b c" replaces, "+a -b" changes. */
static bool parse_words(const struct vdev_word *words, const char *text,
        uint32_t *mask)
{
    char copy[256];
    size_t len = strlen(text);
    if (len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len + 1);
    uint32_t result = text[0] == '+' || text[0] == '-' ? *mask : 0;
    char *save = NULL;
    for (char *w = strtok_r(copy, " ,", &save); w != NULL;
            w = strtok_r(NULL, " ,", &save)) {
        uint32_t bit;
        char sign = *w;
        if (!find_word(words, sign == '+' || sign == '-' ? w + 1 : w, &bit)) {
            return false;
        }
        result = sign == '-' ? result & ~bit : result | bit;
    }
    *mask = result;
    return true;
}

static bool parse_bool(const char *text, bool *value)
{
    static const struct vdev_word words[] = {
        { "yes", 1 },
        { "on", 1 },
        { "true", 1 },
        { "1", 1 },
        { "no", 0 },
        { "off", 0 },
        { "false", 0 },
        { "0", 0 },
        { NULL, 0 },
    };
    uint32_t v;
    if (!find_word(words, text, &v)) {
        return false;
    }
    *value = v != 0;
    return true;
}

static bool parse_slot(const char *text, struct vdev_slot_config *slot)
{
    char part[16];
    char off[24];
    char size[24];
    char rest;
    struct vdev_slot_config s = { 0 };
    if (sscanf(text, "%15s %23s %23s %c", part, off, size, &rest) != 3) {
        return false;
    }
    while (strcmp(part, vdev_part_names[s.part]) != 0) {
        if (++s.part == VDEV_PARTS) {
            return false;
        }
    }
    if (!parse_u32(off, &s.off) || !parse_u32(size, &s.size)) {
        return false;
    }
    *slot = s;
    return true;
}

static bool parse_link(struct vdev_config *cfg, const char *text)
{
    struct vdev_link_spec spec = cfg->link;
    if (strcmp(text, "none") == 0) {
        cfg->link.interval_us = 0;
        return true;
    }
    if (spec.interval_us == 0) {
        spec.interval_us = 40000;
    }
    if (spec.mtu == 0) {
        spec.mtu = cfg->att_mtu;
    }
    if (vdev_link_parse(&spec, text) != 0 || spec.interval_us < 1000) {
        return false;
    }
    cfg->link = spec;
    return true;
}

static bool parse_text(const struct key *k, const char *value, char *out)
{
    size_t len = strlen(value);
    if (len >= k->size) {
        return false;
    }
    memcpy(out, value, len + 1);
    return true;
}

static bool parse_small(const char *value, uint8_t *out)
{
    uint32_t v;
    if (!parse_u32(value, &v) || v > UINT8_MAX) {
        return false;
    }
    *out = (uint8_t)v;
    return true;
}

static bool parse_enum(const struct key *k, const char *value, void *out)
{
    uint32_t v;
    if (!find_word(k->words, value, &v)) {
        return false;
    }
    /* Both enums of the table are as wide as an unsigned int. */
    unsigned int e = v;
    memcpy(out, &e, sizeof(e));
    return true;
}

static bool parse_value(struct vdev_config *cfg, const struct key *k,
        const char *value)
{
    void *out = (char *)cfg + k->offset;
    switch (k->type) {
    case KEY_TEXT:
        return parse_text(k, value, out);
    case KEY_NUMBER:
        return parse_u32(value, out);
    case KEY_BYTE:
        return parse_small(value, out);
    case KEY_SEED:
        return parse_u64(value, out);
    case KEY_BOOL:
        return parse_bool(value, out);
    case KEY_WORD:
        return parse_enum(k, value, out);
    case KEY_WORDS:
        return parse_words(k->words, value, out);
    case KEY_SLOT:
        return parse_slot(value, out);
    case KEY_TIME_ON:
        if (strcmp(value, "real") == 0) {
            value = "1";
        }
        return parse_bool(value, out);
    case KEY_LINK:
        return parse_link(cfg, value);
    }
    return false;
}

int vdev_config_set(struct vdev_config *cfg, const char *key, const char *value,
        char err[VDEV_ERR_SIZE])
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].name, key) != 0) {
            continue;
        }
        if (!parse_value(cfg, &keys[i], value)) {
            snprintf(err, VDEV_ERR_SIZE, "%s: bad value \"%.100s\"", key,
                    value);
            return -1;
        }
        return 0;
    }
    if (strcmp(key, "sim.fault") == 0) {
        return vdev_config_add_fault(cfg, value, err);
    }
    if (strcmp(key, "boot.bootloader") == 0) {
        return vdev_config_bootloader(cfg, value, err);
    }
    snprintf(err, VDEV_ERR_SIZE, "unknown key \"%.100s\"", key);
    return -1;
}

void vdev_config_get(const struct vdev_config *cfg, const char *key,
        char out[VDEV_ERR_SIZE])
{
    size_t len = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct key *k = &keys[i];
        uint32_t value;
        if (strcmp(k->name, key) != 0 || k->words == NULL) {
            continue;
        }
        memcpy(&value, (const char *)cfg + k->offset, sizeof(value));
        for (const struct vdev_word *w = k->words; w->text != NULL; w++) {
            bool set = k->type == KEY_WORD ? w->value == value
                                           : (w->value & value) != 0;
            if (set && len < VDEV_ERR_SIZE) {
                len += (size_t)snprintf(out + len, VDEV_ERR_SIZE - len, "%s%s",
                        len != 0 ? " " : "", w->text);
            }
        }
    }
}

int vdev_config_add_fault(struct vdev_config *cfg, const char *spec,
        char err[VDEV_ERR_SIZE])
{
    if (cfg->fault_count == VDEV_FAULTS_MAX) {
        snprintf(err, VDEV_ERR_SIZE, "more than %d faults", VDEV_FAULTS_MAX);
        return -1;
    }
    struct vdev_fault *f = &cfg->fault[cfg->fault_count];
    if (vdev_fault_parse(f, spec, cfg->seed + cfg->fault_count) != 0) {
        snprintf(err, VDEV_ERR_SIZE, "bad fault \"%.100s\"", spec);
        return -1;
    }
    cfg->fault_count++;
    return 0;
}

void vdev_config_init(struct vdev_config *cfg)
{
    memset(cfg, 0, sizeof(*cfg));
    cfg->era = VDEV_ERA_E;
    cfg->mode = MCUB_MODE_MOVE;
    cfg->image_count = 1;
    cfg->max_align = 8;
    cfg->max_sectors = 128;
    cfg->ram_base = 0x20000000u;
    cfg->boot_ms = 400;
    cfg->features = VDEV_FEATURE_ECHO | VDEV_FEATURE_ERASE;
    cfg->buf_size = 384;
    cfg->buf_count = 4;
    cfg->udp_mtu = 1500;
    cfg->reset_ms = 250;
    cfg->recovery.options = VDEV_RECOVERY_HASH | VDEV_RECOVERY_PROGRESSIVE;
    cfg->recovery.wait_ms = 500;
    cfg->recovery.buf_size = 1024;
    cfg->att_mtu = 252;
    cfg->app_size = 65536;
    cfg->app_header = 0x200;
    cfg->hash = MCUB_HASH_SHA256;
    cfg->encrypt_keylen = 128;
    cfg->seed = 1;
    cfg->link.per_interval = 6;
    memcpy(cfg->app_version, "1.0.0", sizeof("1.0.0"));
}

int vdev_config_preset(struct vdev_config *cfg, const char *name,
        char err[VDEV_ERR_SIZE])
{
    const char *text = vdev_preset_text(name);
    if (text == NULL) {
        snprintf(err, VDEV_ERR_SIZE,
                "no preset \"%.64s\": smpsim --list-presets shows them", name);
        return -1;
    }
    struct vdev_config result;
    vdev_config_init(&result);
    if (vdev_config_ini(&result, text, err) != 0) {
        return -1;
    }
    snprintf(result.name, sizeof(result.name), "%.63s", name);
    *cfg = result;
    return 0;
}
