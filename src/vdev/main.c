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
#include "vdev/main_options.h"

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

/* How much the flash has worked: the numbers for power-cut@N. */
static void print_stats(const struct vdev_device *device)
{
    struct vdev_stats s;
    vdev_device_get_stats(device, &s);
    fprintf(stderr,
            "smpsim: %u boots, %u flash operations (%u of the bootloader): "
            "%llu sectors erased, %llu words written\n",
            s.boots, s.ops, s.boot_ops, (unsigned long long)s.erases,
            (unsigned long long)s.words);
}

/* How worn the chip is, memory by memory. */
static void print_wear(const struct vdev_device *device)
{
    for (int i = 0; i < VDEV_PARTS; i++) {
        struct vdev_wear w;
        if (!vdev_device_get_wear(device, (enum vdev_part)i, &w)) {
            continue;
        }
        fprintf(stderr,
                "smpsim: wear of %s flash: %llu erases in %u of %u sectors, "
                "at most %u (at 0x%x)\n",
                vdev_part_names[i], (unsigned long long)w.erases, w.worn,
                w.sectors, w.most, w.at);
    }
}

static gboolean on_stats(gpointer data)
{
    struct main_sim *sim = data;
    print_stats(sim->device);
    print_wear(sim->device);
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

static bool open_ports(struct main_sim *sim, const struct main_options *o)
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

static bool load_decrypt_key(struct host_boot_decryptor *dec,
        const struct vdev_config *cfg, struct vdev_ops *ops)
{
    struct host_error err = HOST_ERROR_INIT;
    if (cfg->decrypt_key[0] == '\0') {
        return true;
    }
    if (host_boot_decryptor_open(dec, cfg->decrypt_key, &err) != 0) {
        fprintf(stderr, "smpsim: boot.decrypt_key: %s\n", err.message);
        host_error_clear(&err);
        host_boot_decryptor_close(dec);
        return false;
    }
    ops->cipher = &host_cipher_ops;
    ops->cipher_ctx = &dec->dec;
    ops->key_tlv = dec->tlv;
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
        const struct main_options *o)
{
    sim->loop = g_main_loop_new(NULL, FALSE);
    guint watches[] = {
        g_unix_fd_add(sim->timer_fd, G_IO_IN, on_timer, sim),
        g_unix_signal_add(SIGTERM, on_quit, sim),
        g_unix_signal_add(SIGINT, on_quit, sim),
        g_unix_signal_add(SIGUSR1, on_power_cycle, sim),
        g_unix_signal_add(SIGUSR2, on_stats, sim),
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
        const struct main_options *o)
{
    static struct host_hash hash;
    static struct main_sim sim;
    static struct host_boot_keys keys;
    static struct host_boot_decryptor decryptor;
    struct vdev_ops ops = {
        .hash = &host_hash_ops,
        .hash_ctx = &hash,
        .console = on_console,
        .note = on_note,
    };
    char err[VDEV_ERR_SIZE] = "";
    if (!load_keys(&keys, cfg, &ops) ||
            !load_decrypt_key(&decryptor, cfg, &ops)) {
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
    if (ok) {
        print_stats(sim.device);
        print_wear(sim.device);
    }
    for (int i = 0; i < sim.port_count; i++) {
        sim.port[i].ops->close(&sim.port[i]);
    }
    vdev_device_destroy(sim.device);
    host_hash_clear(&hash);
    host_boot_keys_close(&keys);
    host_boot_decryptor_close(&decryptor);
    close(sim.timer_fd);
    return ok && !sim.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int configure(const struct main_options *o)
{
    static struct vdev_config cfg;
    struct main_conf conf;
    char err[VDEV_ERR_SIZE] = "";
    int status = MAIN_EXIT_USAGE;
    main_conf_init(&conf);
    if (!main_options_config(&cfg, &conf, o, err)) {
        fprintf(stderr, "smpsim: %s\n", err);
    } else if (o->show_conf) {
        status = show_conf(&conf, &cfg);
    } else {
        status = simulate(&conf, &cfg, o);
    }
    main_conf_clear(&conf);
    return status;
}

static int dispatch(const struct main_options *o)
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
    struct main_options o = { .seed = -1 };
    signal(SIGPIPE, SIG_IGN);
    int status = main_options_parse(&argc, &argv, &o) ? dispatch(&o)
                                                      : MAIN_EXIT_USAGE;
    main_options_free(&o);
    return status;
}
