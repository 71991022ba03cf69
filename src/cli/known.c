// SPDX-License-Identifier: Apache-2.0
/* --running and --conf, and what the name of a board tells. */
#include "cli/known.h"

#include <string.h>

#include "diag/capture.h"
#include "diag/conf.h"
#include "host/imagefile.h"
#include "mcub/sign.h"
#include "vdev/config.h"

#define CONF_MAX 4194304u

static char *keep(struct cli_known *known, char *text)
{
    g_ptr_array_add(known->texts, text);
    return text;
}

/* ---- --running ---- */

static int add_running(struct cli *cli, struct cli_known *known,
        const char *path)
{
    const struct host_package_options opt = { .force = true, .hex = true };
    struct host_package *p = host_package_open(path, &opt, &cli->err);
    if (p == NULL) {
        return cli_failed(cli);
    }
    for (unsigned i = 0; i < p->dfu.count; i++) {
        if (known->image_count == CLI_RUNNING_MAX) {
            host_package_close(p);
            return cli_usage(cli, "--running: more than %u images",
                    CLI_RUNNING_MAX);
        }
        struct dfu_known *k = &known->images[known->image_count++];
        k->hash_len = p->dfu.images[i].hash_len;
        memcpy(k->hash, p->dfu.images[i].hash, sizeof(k->hash));
        k->traits = p->images[i].traits;
    }
    host_package_close(p);
    return 0;
}

/* ---- --conf ---- */

static const struct {
    const char *symbol;
    int32_t mode;
} mode_symbols[] = {
    /* The first that is on decides: a choice that a file makes stands above
     * the swap that is the default, as in smpsim --conf. */
    { "CONFIG_SINGLE_APPLICATION_SLOT_RAM_LOAD", SMP_BOOTLOADER_SINGLE_RAM },
    { "CONFIG_SINGLE_APPLICATION_SLOT", SMP_BOOTLOADER_SINGLE },
    { "CONFIG_BOOT_UPGRADE_ONLY", SMP_BOOTLOADER_OVERWRITE },
    { "CONFIG_BOOT_DIRECT_XIP_REVERT", SMP_BOOTLOADER_DIRECT_XIP_REVERT },
    { "CONFIG_BOOT_DIRECT_XIP", SMP_BOOTLOADER_DIRECT_XIP },
    { "CONFIG_BOOT_RAM_LOAD", SMP_BOOTLOADER_RAM_LOAD },
    { "CONFIG_BOOT_FIRMWARE_LOADER", SMP_BOOTLOADER_FIRMWARE_LOADER },
    { "CONFIG_BOOT_SWAP_USING_OFFSET", SMP_BOOTLOADER_SWAP_OFFSET },
    { "CONFIG_BOOT_SWAP_USING_MOVE", SMP_BOOTLOADER_SWAP_MOVE },
    { "CONFIG_BOOT_SWAP_USING_SCRATCH", SMP_BOOTLOADER_SWAP_SCRATCH },
    { "MODE_SWAP_SCRATCH", SMP_BOOTLOADER_SWAP_SCRATCH },
    { "MODE_SWAP_USING_MOVE", SMP_BOOTLOADER_SWAP_MOVE },
    { "MODE_SWAP_WITHOUT_SCRATCH", SMP_BOOTLOADER_SWAP_MOVE },
    { "MODE_SWAP_USING_OFFSET", SMP_BOOTLOADER_SWAP_OFFSET },
    { "MODE_OVERWRITE_ONLY", SMP_BOOTLOADER_OVERWRITE },
    { "MODE_DIRECT_XIP_WITH_REVERT", SMP_BOOTLOADER_DIRECT_XIP_REVERT },
    { "MODE_DIRECT_XIP", SMP_BOOTLOADER_DIRECT_XIP },
    { "MODE_RAM_LOAD", SMP_BOOTLOADER_RAM_LOAD },
    { "MODE_FIRMWARE_UPDATER", SMP_BOOTLOADER_FIRMWARE_LOADER },
    { "MODE_SINGLE_APP", SMP_BOOTLOADER_SINGLE },
};

/* y under any of the names it has in bootloader, application and sysbuild. */
static bool is_on(const struct diag_events *conf, const char *symbol)
{
    static const char *const prefixes[] = { "CONFIG_MCUBOOT_BOOTLOADER_",
        "SB_CONFIG_MCUBOOT_" };
    if (g_str_has_prefix(symbol, "CONFIG_")) {
        char *sysbuild = g_strdup_printf("SB_%s", symbol);
        bool on = diag_conf_on(conf, symbol) || diag_conf_on(conf, sysbuild);
        g_free(sysbuild);
        return on;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        char *name = g_strconcat(prefixes[i], symbol, NULL);
        bool on = diag_conf_on(conf, name);
        g_free(name);
        if (on) {
            return true;
        }
    }
    return false;
}

static void read_mode(struct dfu_build *b, const struct diag_events *conf)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mode_symbols) && !b->mode_known; i++) {
        b->mode_known = is_on(conf, mode_symbols[i].symbol);
        b->mode = mode_symbols[i].mode;
    }
}

static void read_signature(struct dfu_build *b, const struct diag_events *conf)
{
    uint32_t rsa =
            diag_conf_number(conf, "CONFIG_BOOT_SIGNATURE_TYPE_RSA_LEN", 2048);
    const struct {
        const char *symbol;
        uint16_t type;
    } types[] = {
        { "CONFIG_BOOT_SIGNATURE_TYPE_NONE", 0 },
        { "CONFIG_BOOT_SIGNATURE_TYPE_RSA",
                rsa == 3072 ? MCUB_TLV_RSA3072_PSS : MCUB_TLV_RSA2048_PSS },
        { "CONFIG_BOOT_SIGNATURE_TYPE_ECDSA_P256", MCUB_TLV_ECDSA_SIG },
        { "CONFIG_BOOT_SIGNATURE_TYPE_ED25519", MCUB_TLV_ED25519 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (is_on(conf, types[i].symbol)) {
            b->signature_known = true;
            b->sig_type = types[i].type;
        }
    }
    b->hash_len = is_on(conf, "CONFIG_BOOT_IMG_HASH_ALG_SHA256") ? 32
            : is_on(conf, "CONFIG_BOOT_IMG_HASH_ALG_SHA384")     ? 48
            : is_on(conf, "CONFIG_BOOT_IMG_HASH_ALG_SHA512")     ? 64
                                                                 : 0;
}

static void read_rules(struct dfu_build *b, const struct diag_events *conf)
{
    static const char *const encryption[] = { "CONFIG_BOOT_ENCRYPT_RSA",
        "CONFIG_BOOT_ENCRYPT_EC256", "CONFIG_BOOT_ENCRYPT_X25519",
        "CONFIG_BOOT_ENCRYPT_IMAGE", "CONFIG_BOOT_ENCRYPTION" };
    for (size_t i = 0; i < G_N_ELEMENTS(encryption); i++) {
        b->encrypts = b->encrypts || is_on(conf, encryption[i]);
        b->encryption_known = b->encryption_known || b->encrypts ||
                diag_conf_find(conf, encryption[i]) != NULL;
    }
    bool by_counter =
            is_on(conf, "CONFIG_MCUBOOT_DOWNGRADE_PREVENTION_SECURITY_COUNTER");
    b->no_lower_counter = by_counter;
    b->no_downgrade =
            !by_counter && is_on(conf, "CONFIG_MCUBOOT_DOWNGRADE_PREVENTION");
    b->needs_counter = is_on(conf, "CONFIG_MCUBOOT_HW_DOWNGRADE_PREVENTION");
}

/* "NAME=0x79000" among the lines of pm.config. */
static uint32_t number_line(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += len) {
        if ((at == text || at[-1] == '\n') && at[len] == '=') {
            guint64 n = g_ascii_strtoull(at + len + 1, NULL, 0);
            return n <= UINT32_MAX ? (uint32_t)n : 0;
        }
    }
    return 0;
}

static void read_slots(struct dfu_build *b, const char *text)
{
    uint32_t size[2] = { number_line(text, "PM_MCUBOOT_PRIMARY_SIZE"),
        number_line(text, "PM_MCUBOOT_SECONDARY_SIZE") };
    if (size[0] == 0 || size[1] == 0) {
        return;
    }
    memcpy(b->slot_size, size, sizeof(size));
    b->slot_off[0] = number_line(text, "PM_MCUBOOT_PRIMARY_ADDRESS");
    b->slot_off[1] = number_line(text, "PM_MCUBOOT_SECONDARY_ADDRESS");
    b->slots_known = b->slot_off[0] != 0 && b->slot_off[1] != 0;
}

/* The value of a text symbol without its quotes; NULL: not there. */
static char *text_value(const struct diag_events *conf, const char *symbol)
{
    const char *v = diag_conf_value(diag_conf_find(conf, symbol));
    size_t len = strlen(v);
    if (len < 3 || v[0] != '"' || v[len - 1] != '"') {
        return NULL;
    }
    return g_strndup(v + 1, len - 2);
}

/* The key the bootloader is built with, if its file is there. */
static void find_key(struct cli *cli, const struct diag_events *conf,
        const char *path, struct cli_keys *keys)
{
    char *name = text_value(conf, "CONFIG_BOOT_SIGNATURE_KEY_FILE");
    if (name == NULL) {
        name = text_value(conf, "SB_CONFIG_BOOT_SIGNATURE_KEY_FILE");
    }
    if (name == NULL) {
        return;
    }
    char *folder = g_path_get_dirname(path);
    char *file = g_path_is_absolute(name)
            ? g_strdup(name)
            : g_build_filename(folder, name, NULL);
    if (g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        keys->files = g_new0(char *, 2);
        keys->files[0] = g_steal_pointer(&file);
    } else {
        cli_note(cli,
                "note: %s names the key %s, which is not there: signatures "
                "are not checked (--key)",
                path, name);
    }
    g_free(file);
    g_free(folder);
    g_free(name);
}

static int read_conf(struct cli *cli, const char *path,
        struct diag_events *conf, GString *all)
{
    GError *error = NULL;
    char *text = NULL;
    gsize len = 0;
    if (!g_file_get_contents(path, &text, &len, &error)) {
        cli_fail(cli, DFU_FILE_MISSING, "check name and folder", "%s",
                error->message);
        g_error_free(error);
        return cli_failed(cli);
    }
    if (len > CONF_MAX || memchr(text, 0, len) != NULL) {
        g_free(text);
        return cli_fail(cli, DFU_OTHER,
                "give the .config of the bootloader's build",
                "%s: this is no configuration", path);
    }
    diag_read_conf(conf, path, text, len);
    g_string_append_c(all, '\n');
    g_string_append_len(all, text, (gssize)len);
    g_free(text);
    return 0;
}

/* All files together make one build. */
static int add_confs(struct cli *cli, struct cli_known *known,
        struct cli_keys *keys)
{
    struct dfu_build *b = &known->builds[known->build_count];
    struct diag_events conf;
    GString *all = g_string_new(NULL);
    GString *from = g_string_new(NULL);
    int rc = 0;
    diag_events_init(&conf);
    for (char **file = known->confs; rc == 0 && *file != NULL; file++) {
        char *base = g_path_get_basename(*file);
        g_string_append_printf(from, "%s%s", from->len > 0 ? ", " : "", base);
        g_free(base);
        rc = read_conf(cli, *file, &conf, all);
    }
    if (rc == 0) {
        char *shown = host_text_escape(from->str, from->len);
        b->from = keep(known, shown);
        b->sure = true;
        read_mode(b, &conf);
        read_signature(b, &conf);
        read_rules(b, &conf);
        read_slots(b, all->str);
        b->max_sectors =
                diag_conf_number(&conf, "CONFIG_BOOT_MAX_IMG_SECTORS", 0);
        known->build_count++;
        bool checks = !b->signature_known || b->sig_type != 0;
        if (checks && keys != NULL && keys->files == NULL) {
            find_key(cli, &conf, known->confs[0], keys);
        }
    }
    diag_events_clear(&conf);
    g_string_free(all, TRUE);
    g_string_free(from, TRUE);
    return rc;
}

/* ---- boards ---- */

/* The flash of boards that presets stand for. */
static void add_boards(struct cli_known *known)
{
    for (size_t i = 0;
            i < vdev_preset_count() && known->build_count < CLI_BUILDS_MAX;
            i++) {
        char err[VDEV_ERR_SIZE];
        struct vdev_config cfg;
        if (vdev_config_preset(&cfg, vdev_preset_name(i), err) != 0 ||
                cfg.board[0] == '\0') {
            continue;
        }
        const struct vdev_part_config *flash = &cfg.part[VDEV_PART_INTERNAL];
        struct dfu_build *b = &known->builds[known->build_count++];
        b->board = keep(known, g_strdup(cfg.board));
        b->from = keep(known,
                g_strdup_printf("flash of board %s: sectors of %u bytes, "
                                "writes of %u",
                        cfg.board, flash->sector_size, flash->write_size));
        b->sure = true;
        b->sector = flash->sector_size;
        b->write_size = flash->write_size;
        b->max_align = MAX(cfg.max_align, flash->write_size);
    }
}

int cli_known_open(struct cli *cli, struct cli_known *known,
        struct cli_keys *keys, struct dfu_options *opt)
{
    int rc = 0;
    known->texts = g_ptr_array_new_with_free_func(g_free);
    for (char **file = known->running; rc == 0 && file != NULL && *file != NULL;
            file++) {
        rc = add_running(cli, known, *file);
    }
    if (rc == 0 && known->confs != NULL) {
        rc = add_confs(cli, known, keys);
    }
    if (rc == 0) {
        add_boards(known);
    }
    opt->known = known->images;
    opt->known_count = known->image_count;
    opt->builds = known->builds;
    opt->build_count = known->build_count;
    return rc;
}

void cli_known_clear(struct cli_known *known)
{
    g_strfreev(known->running);
    g_strfreev(known->confs);
    if (known->texts != NULL) {
        g_ptr_array_unref(known->texts);
    }
    memset(known, 0, sizeof(*known));
}
