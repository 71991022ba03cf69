// SPDX-License-Identifier: Apache-2.0
/*
 * smpsim: options, signals, the pump.
 *
 * stdout is the device's console, stderr the simulator; its first lines say
 * where it listens.
 */
#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/boot_keys.h"
#include "host/crypto.h"

#include "vdev/main.h"
#include "vdev/main_conf.h"

struct options {
    gchar *preset;
    gchar *bootloader;
    gchar **udp;
    gchar **pty;
    gchar **tcp;
    gchar **ble;
    gchar *flash;
    gchar *config;
    gchar **conf;
    gchar *sdk;
    gboolean show_conf;
    gchar **set;
    gchar *flash_time;
    gchar **fault;
    gchar *link;
    gint64 seed;
    gboolean list;
    gchar *show;
    gboolean version;
};

uint64_t main_now_us(const struct main_sim *sim)
{
    return (uint64_t)(g_get_monotonic_time() - sim->start_us);
}

static void arm(struct main_sim *sim)
{
    struct itimerspec spec = { 0 };
    uint64_t wait = vdev_device_wait_us(sim->device, main_now_us(sim));
    if (wait != UINT64_MAX) {
        wait = wait == 0 ? 1 : wait;
        spec.it_value.tv_sec = (time_t)(wait / 1000000);
        spec.it_value.tv_nsec = (long)(wait % 1000000) * 1000;
    }
    timerfd_settime(sim->timer_fd, 0, &spec, NULL);
}

static void send_all(struct main_sim *sim)
{
    struct vdev_out out;
    while (vdev_device_tx(sim->device, &out) == 1) {
        struct main_port *port = &sim->port[out.port];
        port->ops->send(port, &out);
    }
}

static void tell_ports(struct main_sim *sim)
{
    for (int i = 0; i < sim->port_count; i++) {
        struct main_port *port = &sim->port[i];
        struct vdev_port_info info;
        vdev_device_port_info(sim->device, port->number, &info);
        bool bounced = info.up && info.epoch != port->epoch;
        if (port->ops->change != NULL) {
            if (!port->down && (!info.up || bounced)) {
                port->ops->change(port, false);
            }
            if (info.up && (port->down || bounced)) {
                port->ops->change(port, true);
            }
        }
        port->down = !info.up;
        port->epoch = info.epoch;
    }
}

void main_pump(struct main_sim *sim)
{
    if (sim->pumping) {
        return;
    }
    sim->pumping = true;
    vdev_device_tick(sim->device, main_now_us(sim));
    send_all(sim);
    for (int i = 0; i < sim->port_count; i++) {
        if (sim->port[i].ops->flush != NULL) {
            sim->port[i].ops->flush(&sim->port[i]);
        }
    }
    tell_ports(sim);
    sim->pumping = false;
    arm(sim);
}

void main_input(struct main_port *port, uint32_t peer, const guint8 *buf,
        gsize len)
{
    struct main_sim *sim = port->sim;
    vdev_device_rx(sim->device, port->number, peer, buf, len, main_now_us(sim));
    send_all(sim);
}

struct main_port *main_port_new(struct main_sim *sim,
        const struct main_port_ops *ops, const struct vdev_port_spec *spec)
{
    int number = vdev_device_port_add(sim->device, spec);
    if (number < 0) {
        fprintf(stderr, "smpsim: more than %d ports\n", MAIN_PORTS_MAX);
        return NULL;
    }
    struct main_port *port = &sim->port[sim->port_count++];
    struct vdev_port_info info;
    memset(port, 0, sizeof(*port));
    port->sim = sim;
    port->ops = ops;
    port->number = number;
    port->fd = -1;
    port->client = -1;
    vdev_device_port_info(sim->device, number, &info);
    port->down = !info.up;
    port->epoch = info.epoch;
    return port;
}

static void on_console(void *ctx, const char *text, size_t len)
{
    (void)ctx;
    fwrite(text, 1, len, stdout);
    fflush(stdout);
}

static void on_note(void *ctx, const char *text)
{
    struct main_sim *sim = ctx;
    if (sim->early != NULL) {
        g_string_append_printf(sim->early, "smpsim: %s\n", text);
    } else {
        fprintf(stderr, "smpsim: %s\n", text);
    }
}

/* Behind the "listening" lines, which come first. */
static void print_early(struct main_sim *sim)
{
    fputs(sim->early->str, stderr);
    g_string_free(sim->early, TRUE);
    sim->early = NULL;
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer data)
{
    uint64_t count;
    (void)condition;
    while (read(fd, &count, sizeof(count)) > 0) {
    }
    main_pump(data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_quit(gpointer data)
{
    struct main_sim *sim = data;
    g_main_loop_quit(sim->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_power_cycle(gpointer data)
{
    struct main_sim *sim = data;
    fprintf(stderr, "smpsim: power cycle\n");
    vdev_device_power_cycle(sim->device, main_now_us(sim));
    main_pump(sim);
    return G_SOURCE_CONTINUE;
}

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

static bool read_conf_files(struct main_conf *conf, const struct options *o,
        char err[VDEV_ERR_SIZE])
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

static const char *preset_of(const struct options *o,
        const struct main_conf *conf)
{
    if (o->preset != NULL) {
        return o->preset;
    }
    return conf->told ? main_conf_preset(conf) : "nrf52840dk-zephyr4.4";
}

/* Preset, INI file, Kconfig files, single values: each over the former. */
static bool make_config(struct vdev_config *cfg, struct main_conf *conf,
        const struct options *o, char err[VDEV_ERR_SIZE])
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

static bool open_ports(struct main_sim *sim, const struct options *o)
{
    static gchar default_udp[] = "1337";
    gchar *fallback[] = { default_udp, NULL };
    gchar **udp = o->udp;
    if (udp == NULL && o->pty == NULL && o->tcp == NULL && o->ble == NULL) {
        udp = fallback;
    }
    for (gchar **p = udp; p != NULL && *p != NULL; p++) {
        if (!main_udp_open(sim, *p, o->link != NULL)) {
            return false;
        }
    }
    for (gchar **p = o->pty; p != NULL && *p != NULL; p++) {
        if (!main_pty_open(sim, *p)) {
            return false;
        }
    }
    for (gchar **p = o->tcp; p != NULL && *p != NULL; p++) {
        if (!main_tcp_open(sim, *p)) {
            return false;
        }
    }
    for (gchar **p = o->ble; p != NULL && *p != NULL; p++) {
        if (!main_ble_open(sim, *p)) {
            return false;
        }
    }
    return true;
}

/* The keys that cfg names, for a bootloader that checks signatures. */
static bool load_keys(struct host_boot_keys *keys,
        const struct vdev_config *cfg, struct vdev_ops *ops)
{
    struct host_error err = HOST_ERROR_INIT;
    if (cfg->keys[0] == '\0') {
        return true;
    }
    if (host_boot_keys_open(keys, cfg->keys, cfg->hash, &err) != 0) {
        fprintf(stderr, "smpsim: boot.keys: %s\n", err.message);
        host_error_clear(&err);
        host_boot_keys_close(keys);
        return false;
    }
    ops->keys = &keys->keys;
    ops->signer = keys->signer.ops != NULL ? &keys->signer : NULL;
    return true;
}

static int show_conf(const struct main_conf *conf,
        const struct vdev_config *cfg)
{
    char *text = main_conf_describe(conf, cfg);
    fputs(text, stdout);
    g_free(text);
    return EXIT_SUCCESS;
}

/* Behind the "listening" lines, which come first. */
static void print_findings(const struct main_conf *conf)
{
    char *text = main_conf_findings(conf, false);
    char **lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l != NULL && **l != '\0'; l++) {
        fprintf(stderr, "smpsim: %s\n", *l);
    }
    g_strfreev(lines);
    g_free(text);
}

/* Signals first: whoever has read a "listening" line may send one. */
static bool run(struct main_sim *sim, const struct main_conf *conf,
        const struct options *o)
{
    sim->loop = g_main_loop_new(NULL, FALSE);
    guint watches[] = {
        g_unix_fd_add(sim->timer_fd, G_IO_IN, on_timer, sim),
        g_unix_signal_add(SIGTERM, on_quit, sim),
        g_unix_signal_add(SIGINT, on_quit, sim),
        g_unix_signal_add(SIGUSR1, on_power_cycle, sim),
    };
    bool ok = open_ports(sim, o);
    print_early(sim);
    if (ok && !sim->failed) {
        print_findings(conf);
        main_pump(sim);
        g_main_loop_run(sim->loop);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(watches); i++) {
        g_source_remove(watches[i]);
    }
    g_main_loop_unref(sim->loop);
    return ok;
}

static int simulate(const struct main_conf *conf, const struct vdev_config *cfg,
        const struct options *o)
{
    static struct host_hash hash;
    static struct main_sim sim;
    static struct host_boot_keys keys;
    struct vdev_ops ops = {
        .hash = &host_hash_ops,
        .hash_ctx = &hash,
        .console = on_console,
        .note = on_note,
    };
    char err[VDEV_ERR_SIZE] = "";
    if (!load_keys(&keys, cfg, &ops)) {
        return EXIT_FAILURE;
    }
    sim.start_us = g_get_monotonic_time();
    sim.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    sim.early = g_string_new(NULL);
    sim.device = vdev_device_create(cfg, &ops, &sim, 0, err);
    if (sim.device == NULL || sim.timer_fd < 0) {
        print_early(&sim);
        fprintf(stderr, "smpsim: %s\n", err);
        return EXIT_FAILURE;
    }
    bool ok = run(&sim, conf, o);
    for (int i = 0; i < sim.port_count; i++) {
        sim.port[i].ops->close(&sim.port[i]);
    }
    vdev_device_destroy(sim.device);
    host_hash_clear(&hash);
    host_boot_keys_close(&keys);
    close(sim.timer_fd);
    return ok && !sim.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int configure(const struct options *o)
{
    static struct vdev_config cfg;
    struct main_conf conf;
    char err[VDEV_ERR_SIZE] = "";
    int status = MAIN_EXIT_USAGE;
    main_conf_init(&conf);
    if (!make_config(&cfg, &conf, o, err)) {
        fprintf(stderr, "smpsim: %s\n", err);
    } else if (o->show_conf) {
        status = show_conf(&conf, &cfg);
    } else {
        status = simulate(&conf, &cfg, o);
    }
    main_conf_clear(&conf);
    return status;
}

static bool parse_options(int *argc, char ***argv, struct options *o)
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
                "a fault, e.g. drop:p=0.05 or reset:at=50000", "SPEC" },
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
    GError *error = NULL;
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context,
            "A virtual microcontroller with MCUboot and an SMP server.\n"
            "stdout is its console; stderr says first where it listens.");
    g_option_context_set_description(context,
            "SIGTERM ends it with status 0, SIGUSR1 cycles its power.\n");
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

static void free_options(struct options *o)
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

static int dispatch(const struct options *o)
{
    if (o->version) {
        printf("smpsim %s\n", SMPCTL_VERSION);
        return EXIT_SUCCESS;
    }
    if (o->list) {
        return main_list_presets();
    }
    if (o->show != NULL) {
        return main_show_preset(o->show);
    }
    if (o->bootloader != NULL &&
            (strcmp(o->bootloader, "list") == 0 ||
                    strcmp(o->bootloader, "help") == 0)) {
        return main_list_bootloaders();
    }
    return configure(o);
}

int main(int argc, char **argv)
{
    struct options o = { .seed = -1 };
    signal(SIGPIPE, SIG_IGN);
    int status =
            parse_options(&argc, &argv, &o) ? dispatch(&o) : MAIN_EXIT_USAGE;
    free_options(&o);
    return status;
}
