// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim: from the command line to a configuration.
 */
#include "vdev/main_options.h"

#include <stdio.h>

static bool read_config_file(struct vdev_config *cfg, const char *path,
        char err[VDEV_ERR_SIZE])
{
    gchar *text = NULL;
    GError *error = NULL;
    char why[VDEV_ERR_SIZE] = "";
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        g_snprintf(err, VDEV_ERR_SIZE, "%.200s", error->message);
        g_error_free(error);
        return false;
    }
    bool ok = vdev_config_ini(cfg, text, why) == 0;
    if (!ok) {
        g_snprintf(err, VDEV_ERR_SIZE, "%.100s: %.150s", path, why);
    }
    g_free(text);
    return ok;
}

static bool set_pairs(struct vdev_config *cfg, gchar **pairs,
        char err[VDEV_ERR_SIZE])
{
    for (; pairs != NULL && *pairs != NULL; pairs++) {
        gchar **parts = g_strsplit(*pairs, "=", 2);
        bool ok = parts[0] != NULL && parts[1] != NULL &&
                vdev_config_set(cfg, parts[0], parts[1], err) == 0;
        if (parts[0] == NULL || parts[1] == NULL) {
            g_snprintf(err, VDEV_ERR_SIZE, "--set %.100s: not KEY=VALUE",
                    *pairs);
        }
        g_strfreev(parts);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool set_optional(struct vdev_config *cfg, const char *key,
        const char *value, char err[VDEV_ERR_SIZE])
{
    return value == NULL || vdev_config_set(cfg, key, value, err) == 0;
}

static bool read_conf_files(struct main_conf *conf,
        const struct main_options *o, char err[VDEV_ERR_SIZE])
{
    for (gchar **f = o->conf; f != NULL && *f != NULL; f++) {
        gchar *text = NULL;
        gsize len = 0;
        GError *error = NULL;
        if (!g_file_get_contents(*f, &text, &len, &error)) {
            g_snprintf(err, VDEV_ERR_SIZE, "%.200s", error->message);
            g_error_free(error);
            return false;
        }
        bool ok = main_conf_add(conf, *f, text, len, err);
        g_free(text);
        if (!ok) {
            return false;
        }
    }
    return o->sdk == NULL || main_conf_set_sdk(conf, o->sdk, err);
}

static const char *preset_of(const struct main_options *o,
        const struct main_conf *conf)
{
    if (o->preset != NULL) {
        return o->preset;
    }
    return conf->told ? main_conf_preset(conf) : "nrf52840dk-zephyr4.4";
}

bool main_options_config(struct vdev_config *cfg, struct main_conf *conf,
        const struct main_options *o, char err[VDEV_ERR_SIZE])
{
    if (!read_conf_files(conf, o, err)) {
        return false;
    }
    if (o->preset == NULL && o->config != NULL) {
        vdev_config_init(cfg);
    } else if (vdev_config_preset(cfg, preset_of(o, conf), err) != 0) {
        return false;
    }
    if (o->config != NULL && !read_config_file(cfg, o->config, err)) {
        return false;
    }
    if ((conf->told || o->sdk != NULL) && !main_conf_apply(conf, cfg, err)) {
        return false;
    }
    if (!set_optional(cfg, "boot.bootloader", o->bootloader, err)) {
        return false;
    }
    if (o->seed >= 0) {
        cfg->seed = (uint64_t)o->seed;
    }
    if (!set_pairs(cfg, o->set, err) ||
            !set_optional(cfg, "sim.flash", o->flash, err) ||
            !set_optional(cfg, "sim.flash_time", o->flash_time, err) ||
            !set_optional(cfg, "sim.link", o->link, err)) {
        return false;
    }
    for (gchar **f = o->fault; f != NULL && *f != NULL; f++) {
        if (vdev_config_add_fault(cfg, *f, err) != 0) {
            return false;
        }
    }
    return true;
}

static bool parse(int *argc, char ***argv, const GOptionEntry *entries)
{
    GError *error = NULL;
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context,
            "A virtual microcontroller with MCUboot and an SMP server.\n"
            "stdout is its console; stderr says first where it listens.");
    g_option_context_set_description(context,
            "SIGTERM ends it with status 0, SIGUSR1 cycles its power, SIGUSR2 "
            "prints the wear of its flash.\n");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, argc, argv, &error);
    g_option_context_free(context);
    if (!ok) {
        fprintf(stderr, "smpsim: %s\n", error->message);
        g_error_free(error);
        return false;
    }
    if (*argc > 1) {
        fprintf(stderr, "smpsim: unexpected argument \"%s\"\n", (*argv)[1]);
        return false;
    }
    return true;
}

bool main_options_parse(int *argc, char ***argv, struct main_options *o)
{
    const GOptionEntry entries[] = {
        { "preset", 0, 0, G_OPTION_ARG_STRING, &o->preset,
                "device to be (default nrf52840dk-zephyr4.4)", "NAME" },
        { "list-presets", 0, 0, G_OPTION_ARG_NONE, &o->list,
                "print the presets and exit", NULL },
        { "show-preset", 0, 0, G_OPTION_ARG_STRING, &o->show,
                "print a preset's INI text and exit", "NAME" },
        { "bootloader", 0, 0, G_OPTION_ARG_STRING, &o->bootloader,
                "give the device another bootloader; list shows them", "MODE" },
        { "udp", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->udp,
                "UDP port; 0 = any free one (default 127.0.0.1:1337)",
                "[ADDR:]PORT" },
        { "pty", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->pty,
                "pseudo-terminal; usb: vanishes at reset; raw: no framing",
                "LINK[,uart|,usb][,raw]" },
        { "tcp", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->tcp,
                "console framing over TCP; 0 = any free port", "[ADDR:]PORT" },
        { "ble", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->ble,
                "Bluetooth LE through BlueZ; see docs/bluetooth.md",
                "ADAPTER[,KEY=VALUE…]" },
        { "flash", 0, 0, G_OPTION_ARG_FILENAME, &o->flash,
                "keep the chip's flash in this file", "FILE" },
        { "config", 0, 0, G_OPTION_ARG_FILENAME, &o->config,
                "INI file that changes the preset", "FILE" },
        { "conf", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->conf,
                "be the device of this prj.conf, sysbuild.conf, mcuboot.conf "
                "or .config",
                "FILE" },
        { "sdk", 0, 0, G_OPTION_ARG_STRING, &o->sdk,
                "nRF Connect SDK, e.g. 2.4.1, or zephyr-3.7.0", "VERSION" },
        { "show-conf", 0, 0, G_OPTION_ARG_NONE, &o->show_conf,
                "print what --conf makes, and of which lines, and exit", NULL },
        { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->set,
                "one value of the configuration", "KEY=VALUE" },
        { "flash-time", 0, 0, G_OPTION_ARG_STRING, &o->flash_time,
                "0: flash is instant; real: as on the chip", "0|real" },
        { "fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->fault,
                "a fault, e.g. drop:p=0.05, reset:at=50000, power-cut@120",
                "SPEC" },
        { "link", 0, 0, G_OPTION_ARG_STRING, &o->link,
                "BLE-like link on UDP, e.g. interval=40ms,mtu=252,"
                "per_interval=6,loss=0",
                "SPEC" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &o->seed,
                "start of everything random (default 1)", "N" },
        { "version", 0, 0, G_OPTION_ARG_NONE, &o->version,
                "print the version and exit", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    return parse(argc, argv, entries);
}

void main_options_free(struct main_options *o)
{
    g_free(o->preset);
    g_free(o->bootloader);
    g_strfreev(o->udp);
    g_strfreev(o->pty);
    g_strfreev(o->tcp);
    g_strfreev(o->ble);
    g_free(o->flash);
    g_free(o->config);
    g_strfreev(o->conf);
    g_free(o->sdk);
    g_strfreev(o->set);
    g_free(o->flash_time);
    g_strfreev(o->fault);
    g_free(o->link);
    g_free(o->show);
}
