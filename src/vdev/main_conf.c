// SPDX-License-Identifier: Apache-2.0
/*
 * From Kconfig to a virtual device: the tables of main_conf_rules.c, and what
 * takes more than one symbol.
 */
#include "vdev/main_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/conf.h"
#include "diag/kconfig.h"
#include "mcub/boot.h"

#include "vdev/main_conf_rules.h"

void main_conf_init(struct main_conf *c)
{
    memset(c, 0, sizeof(*c));
    diag_events_init(&c->all);
    diag_events_init(&c->app);
    diag_events_init(&c->boot);
    c->remarks = g_string_new(NULL);
}

void main_conf_clear(struct main_conf *c)
{
    diag_events_clear(&c->all);
    diag_events_clear(&c->app);
    diag_events_clear(&c->boot);
    g_string_free(c->remarks, TRUE);
}

/* ---- reading ---- */

/* "MAJOR.MINOR…" as major × 100 + minor; 0 = no version. */
static uint32_t version_number(const char *text)
{
    char *end;
    if (!g_ascii_isdigit(text[0])) {
        return 0;
    }
    unsigned long major = strtoul(text, &end, 10);
    if (*end != '.' || !g_ascii_isdigit(end[1])) {
        return 0;
    }
    unsigned long minor = strtoul(end + 1, &end, 10);
    bool whole = strchr(".-+", *end) != NULL; /* or the end itself */
    return whole && major < 100 && minor < 100 ? (uint32_t)(major * 100 + minor)
                                               : 0;
}

bool main_conf_set_sdk(struct main_conf *c, const char *text,
        char err[VDEV_ERR_SIZE])
{
    bool zephyr = g_str_has_prefix(text, "zephyr-");
    const char *version = text + (zephyr ? strlen("zephyr-") : 0);
    uint32_t number = version_number(version);
    if (number < 100 || strlen(text) >= sizeof(c->sdk) ||
            strlen(version) >= sizeof(c->kernel) ||
            (!zephyr && number >= 400)) {
        g_snprintf(err, VDEV_ERR_SIZE,
                "--sdk %.40s: \"2.4.1\" is an nRF Connect SDK, "
                "\"zephyr-3.7.0\" a Zephyr",
                text);
        return false;
    }
    g_strlcpy(c->sdk, text, sizeof(c->sdk));
    g_strlcpy(c->kernel, version, sizeof(c->kernel));
    c->zephyr = number;
    if (!zephyr) {
        const struct main_conf_sdk *sdk = main_conf_sdks;
        while (number < sdk->ncs) {
            sdk++;
        }
        g_strlcpy(c->kernel, sdk->kernel, sizeof(c->kernel));
        c->zephyr = sdk->zephyr;
    }
    return true;
}

/* build/mcuboot/zephyr/.config, child_image/mcuboot.conf, mcuboot/prj.conf */
static bool is_bootloader_name(const char *name)
{
    gchar **parts = g_strsplit(name, "/", -1);
    guint count = g_strv_length(parts);
    bool found = false;
    for (guint i = count > 4 ? count - 4 : 0; i < count; i++) {
        found = found || strcmp(parts[i], "mcuboot") == 0 ||
                (i + 1 == count && g_str_has_prefix(parts[i], "mcuboot"));
    }
    g_strfreev(parts);
    return found;
}

bool main_conf_add(struct main_conf *c, const char *name, const char *text,
        size_t len, char err[VDEV_ERR_SIZE])
{
    struct diag_events list;
    diag_events_init(&list);
    bool ok = diag_read(&list, name, text, len) == DIAG_SOURCE_CONF;
    if (ok) {
        bool boot = is_bootloader_name(name) ||
                diag_conf_on(&list, "CONFIG_MCUBOOT");
        (void)diag_read(boot ? &c->boot : &c->app, name, text, len);
        (void)diag_read(&c->all, name, text, len);
        c->told = true;
    } else {
        g_snprintf(err, VDEV_ERR_SIZE,
                "%.150s: no configuration: lines like CONFIG_MCUMGR=y", name);
    }
    diag_events_clear(&list);
    return ok;
}

/* ---- looking up ---- */

/* Value without quotes; false: not set. */
static bool value_of(const struct diag_events *list, const char *symbol,
        char out[VDEV_TEXT_MAX])
{
    const struct diag_event *e = diag_conf_find(list, symbol);
    const char *v = diag_conf_value(e);
    size_t len = strlen(v);
    if (e == NULL) {
        return false;
    }
    if (len >= 2 && v[0] == '"' && v[len - 1] == '"') {
        v++;
        len -= 2;
    }
    len = len < VDEV_TEXT_MAX ? len : VDEV_TEXT_MAX - 1;
    memcpy(out, v, len);
    out[len] = '\0';
    return true;
}

/* The names of Zephyr 3.2 and earlier hold for old versions only. */
static bool is_on(const struct main_conf *c, const char *symbol)
{
    bool old;
    char name[96];
    const struct diag_kconfig *row = diag_kconfig_find(symbol, &old);
    if (diag_conf_on(&c->app, symbol)) {
        return true;
    }
    if (row == NULL || row->old_name == NULL || c->zephyr >= 303) {
        return false;
    }
    g_snprintf(name, sizeof(name), "CONFIG_%s", row->old_name);
    return diag_conf_on(&c->app, name);
}

/* Is the symbol younger than this version? */
static bool is_too_new(const struct main_conf *c, const char *symbol)
{
    bool old;
    const struct diag_kconfig *row = diag_kconfig_find(symbol, &old);
    return row != NULL && !old && c->zephyr != 0 &&
            version_number(row->since) > c->zephyr && row->old_name == NULL;
}

static uint32_t images_of(const struct diag_events *list, uint32_t otherwise)
{
    uint32_t n = diag_conf_number(list, "SB_CONFIG_MCUBOOT_UPDATEABLE_IMAGES",
            otherwise);
    if (diag_conf_on(list, "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE") &&
            n < 2) {
        n = 2;
    }
    return diag_conf_number(list, "CONFIG_UPDATEABLE_IMAGE_NUMBER", n);
}

static uint32_t app_images(const struct main_conf *c)
{
    return diag_conf_number(&c->app,
            "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER",
            diag_conf_number(&c->app, "CONFIG_IMG_MGMT_UPDATABLE_IMAGE_NUMBER",
                    images_of(&c->app, 1)));
}

/* Without a file of its own the bootloader is built for as many images. */
static uint32_t boot_images(const struct main_conf *c)
{
    return images_of(&c->boot, images_of(&c->app, app_images(c)));
}

const char *main_conf_preset(const struct main_conf *c)
{
    static const char *const presets[][2] = {
        { "nrf52840dk", "nrf52840dk-zephyr4.4" },
        { "nrf54l15dk", "nrf54l15dk-ncs3" },
        { "nrf52dk", "legacy-mynewt" },
    };
    char board[VDEV_TEXT_MAX] = "";
    if (!value_of(&c->all, "CONFIG_BOARD", board)) {
        (void)value_of(&c->all, "SB_CONFIG_BOARD", board);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        if (g_str_has_prefix(board, presets[i][0])) {
            return presets[i][1];
        }
    }
    return boot_images(c) > 1 ? "nrf5340dk-ncs2.4.1-multi"
                              : "nrf5340dk-ncs2.4.1-single";
}

/* ---- applying ---- */

static bool run_rule(struct main_conf *c, struct vdev_config *cfg,
        const struct main_conf_rule *rule, const struct diag_events *list,
        char err[VDEV_ERR_SIZE])
{
    char value[VDEV_TEXT_MAX];
    char why[VDEV_ERR_SIZE];
    if (!value_of(list, rule->symbol, value) ||
            (rule->value != NULL && strcmp(rule->value, value) != 0)) {
        return true;
    }
    if (is_too_new(c, rule->symbol)) {
        bool old;
        g_string_append_printf(c->remarks,
                "%s has no effect: it exists since Zephyr %s\n", rule->symbol,
                diag_kconfig_find(rule->symbol, &old)->since);
        return true;
    }
    if (vdev_config_set(cfg, rule->key, rule->to != NULL ? rule->to : value,
                why) != 0) {
        g_snprintf(err, VDEV_ERR_SIZE, "%s=%s: %.150s", rule->symbol, value,
                why);
        return false;
    }
    return true;
}

static bool run_rules(struct main_conf *c, struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    for (const struct main_conf_rule *r = main_conf_app; r->symbol != NULL;
            r++) {
        if (!run_rule(c, cfg, r, &c->app, err)) {
            return false;
        }
    }
    for (const struct main_conf_rule *r = main_conf_boot; r->symbol != NULL;
            r++) {
        if (!run_rule(c, cfg, r, &c->all, err)) {
            return false;
        }
    }
    return true;
}

static bool set_mode(struct main_conf *c, struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    const struct main_conf_rule *first = NULL;
    for (const struct main_conf_rule *rule = main_conf_mode;
            rule->symbol != NULL; rule++) {
        if (!diag_conf_on(&c->all, rule->symbol)) {
            continue;
        }
        if (first == NULL) {
            first = rule;
        } else if (strcmp(first->to, rule->to) != 0 &&
                !g_str_has_prefix(first->to, rule->to)) {
            g_string_append_printf(c->remarks,
                    "%s=y contradicts %s=y: the bootloader is built for %s\n",
                    rule->symbol, first->symbol, first->to);
        }
    }
    if (first == NULL) {
        return true;
    }
    if (vdev_config_set(cfg, first->key, first->to, err) != 0) {
        return false;
    }
    if (cfg->mode == MCUB_MODE_OVERWRITE) {
        cfg->boot_options &= ~(uint32_t)MCUB_BOOT_KEEP_OVERSIZED;
    } else if (cfg->mode == MCUB_MODE_SINGLE ||
            cfg->mode == MCUB_MODE_SINGLE_RAM) {
        cfg->features |= VDEV_FEATURE_NO_IMAGES;
    }
    return true;
}

static bool set_images(struct main_conf *c, struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    uint32_t app = app_images(c);
    uint32_t boot = boot_images(c);
    if (app < 1 || app > VDEV_IMAGES_MAX || boot < 1 ||
            boot > VDEV_IMAGES_MAX) {
        g_snprintf(err, VDEV_ERR_SIZE,
                "%u images: a virtual device has 1 or %d",
                app > boot ? app : boot, VDEV_IMAGES_MAX);
        return false;
    }
    if (boot > 1 && cfg->image[1].slot[1].size == 0) {
        g_snprintf(err, VDEV_ERR_SIZE,
                "preset %.40s has memory for one image, the configuration "
                "wants %u: name another one with --preset, or slots with "
                "--config",
                cfg->name, boot);
        return false;
    }
    if (app > boot) {
        g_string_append_printf(c->remarks,
                "the application manages %u images, the bootloader %u: the "
                "device has %u\n",
                app, boot, boot);
        app = boot;
    }
    c->app_images = (uint8_t)app;
    c->boot_images = (uint8_t)boot;
    cfg->server_images = (uint8_t)app;
    cfg->image_count = (uint8_t)boot;
    return true;
}

static bool is_server(const struct main_conf *c)
{
    return is_on(c, "CONFIG_MCUMGR") || is_on(c, MAIN_CONF_OTA);
}

/* Groups, buffers and Bluetooth; what no symbol tells stays the preset's. */
static void set_server(struct main_conf *c, struct vdev_config *cfg)
{
    struct diag_conf_device d;
    bool ota = is_on(c, MAIN_CONF_OTA);
    if (!diag_conf_describe(&c->app, &d)) {
        return;
    }
    cfg->features &= VDEV_FEATURE_MATCH | VDEV_FEATURE_PROGRESSIVE;
    cfg->features |= VDEV_FEATURE_ECHO | VDEV_FEATURE_ERASE;
    if (!is_on(c, "CONFIG_MCUMGR_GRP_OS") && !ota) {
        cfg->features |= VDEV_FEATURE_NO_OS;
    }
    bool manager = c->zephyr < 303 || is_on(c, "CONFIG_IMG_MANAGER");
    if (!ota && !(manager && is_on(c, "CONFIG_MCUMGR_GRP_IMG"))) {
        cfg->features |= VDEV_FEATURE_NO_IMAGES;
    }
    if (ota && is_on(c, "CONFIG_SETTINGS")) {
        cfg->features |= VDEV_FEATURE_BASIC;
    }
    if (ota && c->zephyr >= 305) {
        cfg->features |= VDEV_FEATURE_BOOTLOADER;
    }
    if (c->app_images > 1 && c->zephyr >= 400) {
        cfg->features |= VDEV_FEATURE_SLOT_INFO;
    }
    cfg->image_options = 0;
    cfg->buf_size = d.buf_size;
    cfg->buf_count = d.buf_count;
    cfg->reassembly = d.reassembly;
    if (d.mtu != 0) {
        cfg->att_mtu = d.mtu;
    } else {
        g_string_append(c->remarks,
                "no SMP over Bluetooth in this configuration "
                "(CONFIG_MCUMGR_TRANSPORT_BT): --ble would show more than "
                "the device has\n");
    }
}

static void set_version(struct main_conf *c, struct vdev_config *cfg)
{
    if (c->sdk[0] == '\0') {
        c->zephyr = version_number(cfg->kernel);
        return;
    }
    if (strcmp(cfg->kernel, c->kernel) != 0) {
        g_strlcpy(cfg->kernel, c->kernel, sizeof(cfg->kernel));
        g_snprintf(cfg->boot_banner, sizeof(cfg->boot_banner), "MCUboot (%s%s)",
                g_str_has_prefix(c->sdk, "zephyr") ? "" : "nRF Connect SDK ",
                c->sdk);
    }
    if (c->zephyr >= 305) {
        cfg->era = VDEV_ERA_E;
        cfg->boot_options &= ~(uint32_t)MCUB_BOOT_KEEP_OVERSIZED;
    } else {
        cfg->era = c->zephyr >= 303 ? VDEV_ERA_C : VDEV_ERA_A;
    }
    if (c->zephyr == 301 || c->zephyr == 302 || c->zephyr == 304) {
        g_string_append_printf(c->remarks,
                "answers of Zephyr %s are not modelled; those of server "
                "generation %c stand for them\n",
                c->kernel, c->zephyr == 304 ? 'C' : 'A');
    }
}

/* Where the private key lies no configuration tells in a way that holds. */
static void remark_encryption(const struct main_conf *c)
{
    static const char *const symbols[] = { "CONFIG_BOOT_ENCRYPT_RSA",
        "CONFIG_BOOT_ENCRYPT_EC256", "CONFIG_BOOT_ENCRYPT_X25519",
        "CONFIG_BOOT_ENCRYPT_KW", "CONFIG_BOOT_ENCRYPT_IMAGE" };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        if (diag_conf_on(&c->all, symbols[i])) {
            g_string_append_printf(c->remarks,
                    "this bootloader decrypts images (%s): --set "
                    "boot.decrypt_key=KEY.pem gives it the private key; "
                    "without it encrypted images are refused\n",
                    symbols[i]);
            return;
        }
    }
}

/* A file about the bootloader only leaves the application as it is. */
static bool has_app(const struct main_conf *c)
{
    for (size_t i = 0; i < c->app.count; i++) {
        if (g_str_has_prefix(c->app.items[i].text, "CONFIG_")) {
            return true;
        }
    }
    return false;
}

bool main_conf_apply(struct main_conf *c, struct vdev_config *cfg,
        char err[VDEV_ERR_SIZE])
{
    g_string_truncate(c->remarks, 0);
    set_version(c, cfg);
    if (!c->told) {
        return true;
    }
    if (has_app(c) && !is_server(c)) {
        g_snprintf(err, VDEV_ERR_SIZE,
                "this application has no SMP server: CONFIG_MCUMGR=y is "
                "missing");
        return false;
    }
    if (!set_images(c, cfg, err)) {
        return false;
    }
    if (has_app(c)) {
        set_server(c, cfg);
    }
    remark_encryption(c);
    return set_mode(c, cfg, err) && run_rules(c, cfg, err);
}

/* ---- telling ---- */

char *main_conf_findings(const struct main_conf *c, bool notes)
{
    struct diag_lint *lint = g_new0(struct diag_lint, DIAG_LINT_MAX);
    size_t count = c->told ? diag_lint(&c->all, lint) : 0;
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        if (lint[i].level == DIAG_LINT_NOTE && !notes) {
            continue;
        }
        if (lint[i].line != 0) {
            g_string_append_printf(out, "%s:%u: ", lint[i].file, lint[i].line);
        }
        g_string_append_printf(out, "%s: %s\n",
                diag_lint_level_to_str(lint[i].level), lint[i].text);
    }
    char **remarks = g_strsplit(c->remarks->str, "\n", -1);
    for (char **r = remarks; *r != NULL && **r != '\0'; r++) {
        g_string_append_printf(out, "warning: %s\n", *r);
    }
    g_strfreev(remarks);
    g_free(lint);
    return g_string_free(out, FALSE);
}

static bool in_rules(const struct main_conf_rule *rule, const char *symbol)
{
    while (rule->symbol != NULL && strcmp(rule->symbol, symbol) != 0) {
        rule++;
    }
    return rule->symbol != NULL;
}

/* Does the line say anything about the virtual device? */
static bool is_used(const struct main_conf *c, const struct diag_event *e)
{
    bool old;
    char symbol[128];
    g_snprintf(symbol, sizeof(symbol), "%.*s",
            (int)(strcspn(e->text, "=") % sizeof(symbol)), e->text);
    const struct diag_kconfig *row = diag_kconfig_find(symbol, &old);
    if (row != NULL && old && row->name != NULL && c->zephyr < 303) {
        g_snprintf(symbol, sizeof(symbol), "CONFIG_%s", row->name);
    }
    for (size_t i = 0; main_conf_names[i] != NULL; i++) {
        if (strcmp(main_conf_names[i], symbol) == 0) {
            return true;
        }
    }
    return in_rules(main_conf_app, symbol) ||
            in_rules(main_conf_boot, symbol) ||
            in_rules(main_conf_mode, symbol);
}

static void add_lines(const struct main_conf *c, bool used, const char *title,
        GString *out)
{
    g_string_append_printf(out, "\n%s:\n", title);
    for (size_t i = 0; i < c->all.count; i++) {
        const struct diag_event *e = &c->all.items[i];
        if (e->kind == DIAG_CONF && is_used(c, e) == used) {
            g_string_append_printf(out, "  %s:%u: %s\n", e->file, e->line,
                    e->text);
        }
    }
}

char *main_conf_describe(const struct main_conf *c,
        const struct vdev_config *cfg)
{
    static const char eras[] = {
        [VDEV_ERA_A] = 'A',
        [VDEV_ERA_C] = 'C',
        [VDEV_ERA_E] = 'E',
    };
    char words[VDEV_ERR_SIZE];
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "memory and times  preset %s\n", cfg->name);
    g_string_append_printf(out, "Zephyr            %s, server generation %c\n",
            cfg->kernel, eras[cfg->era]);
    vdev_config_get(cfg, "boot.mode", words);
    g_string_append_printf(out, "bootloader        %s, %u image%s\n", words,
            cfg->image_count, cfg->image_count == 1 ? "" : "s");
    g_string_append_printf(out, "server            %u image%s, %u × %u bytes\n",
            cfg->server_images, cfg->server_images == 1 ? "" : "s",
            cfg->buf_count, cfg->buf_size);
    vdev_config_get(cfg, "server.features", words);
    g_string_append_printf(out, "features          %s\n", words);
    g_string_append_printf(out, "Bluetooth         ATT MTU %u, %sreassembly\n",
            cfg->att_mtu, cfg->reassembly ? "" : "no ");
    g_string_append_printf(out, "application       %s %s\n", cfg->app_name,
            cfg->app_version);
    add_lines(c, true, "lines that decided", out);
    add_lines(c, false, "lines without effect on a virtual device", out);
    char *findings = main_conf_findings(c, true);
    g_string_append_printf(out, "\n%s", findings);
    g_free(findings);
    return g_string_free(out, FALSE);
}
