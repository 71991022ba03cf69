// SPDX-License-Identifier: Apache-2.0
/*
 * The link to a virtual device in the same process.
 *
 * The clock belongs to the link: it stands still while the session works and
 * jumps in wait() to whatever is due next, in the device or for the client.
 */
#include "cli/sim.h"

#include <string.h>

#include "host/boot_keys.h"
#include "host/crypto.h"
#include "vdev/device.h"

/* Not 0: nobody shall mistake the first moment for "never". */
#define START_US 1000000u
/* Largest datagram before the device told its buffer size. */
#define MESSAGE 1024u

struct link_sim {
    struct host_link link;
    struct vdev_device *device;
    struct vdev_config cfg;
    struct vdev_ops ops;
    struct host_hash hash;
    struct host_boot_keys keys;
    struct host_boot_decryptor decryptor;
    GByteArray *rx; /* last message received */
    int port;
    uint32_t port_epoch;
    uint64_t now_us;
};

static struct link_sim *sim_of(struct host_link *link)
{
    return (struct link_sim *)(void *)link;
}

static const struct link_sim *sim_of_const(const struct host_link *link)
{
    return (const struct link_sim *)(const void *)link;
}

static void on_console(void *ctx, const char *text, size_t len)
{
    struct link_sim *sim = ctx;

    if (sim->link.noise != NULL) {
        sim->link.noise(sim->link.noise_ctx, (const uint8_t *)text, len);
    }
}

static void set_down(struct link_sim *sim, const char *reason)
{
    sim->link.info.up = false;
    g_free(sim->link.reason);
    sim->link.reason = g_strdup(reason);
}

/* Takes the port as it is now: sizes, epoch. */
static void set_up(struct link_sim *sim, const struct vdev_port_info *port)
{
    struct smp_link *info = &sim->link.info;

    sim->port_epoch = port->epoch;
    vdev_device_port_opened(sim->device, sim->port);
    info->up = true;
    info->epoch++;
    if (port->mtu != 0) {
        info->kind = SMP_LINK_BLE;
        info->max_message = port->mtu - 3u;
        info->max_reassembled = port->reassembly ? port->max_message : 0;
    } else {
        info->kind = SMP_LINK_DATAGRAM;
        info->max_message = MIN(port->max_message, MESSAGE);
        info->max_reassembled = port->max_message;
    }
    sim->link.stats.opens++;
    g_clear_pointer(&sim->link.reason, g_free);
}

/* Of a bootloader that checks signatures. */
static int load_keys(struct link_sim *sim, struct host_error *err)
{
    if (sim->cfg.keys[0] == '\0' || sim->ops.keys != NULL) {
        return 0;
    }
    if (host_boot_keys_open(&sim->keys, sim->cfg.keys, sim->cfg.hash, err) !=
            0) {
        host_error_prefix(err, "%s: boot.keys", sim->link.name);
        host_boot_keys_close(&sim->keys);
        return -1;
    }
    sim->ops.keys = &sim->keys.keys;
    sim->ops.signer = sim->keys.signer.ops != NULL ? &sim->keys.signer : NULL;
    return 0;
}

/* Of a bootloader that decrypts images. */
static int load_decrypt_key(struct link_sim *sim, struct host_error *err)
{
    if (sim->cfg.decrypt_key[0] == '\0' || sim->ops.cipher != NULL) {
        return 0;
    }
    if (host_boot_decryptor_open(&sim->decryptor, sim->cfg.decrypt_key, err) !=
            0) {
        host_error_prefix(err, "%s: boot.decrypt_key", sim->link.name);
        host_boot_decryptor_close(&sim->decryptor);
        return -1;
    }
    sim->ops.cipher = &host_cipher_ops;
    sim->ops.cipher_ctx = &sim->decryptor.dec;
    sim->ops.key_tlv = sim->decryptor.tlv;
    return 0;
}

static int sim_open(struct host_link *link, struct host_error *err)
{
    struct link_sim *sim = sim_of(link);
    /* Serial recovery is there on wires only. */
    const struct vdev_port_spec spec = {
        .kind = sim->cfg.recovery.enter != 0 ? VDEV_PORT_RAW
                                             : VDEV_PORT_DATAGRAM,
        .reset = VDEV_PORT_GOES_DOWN,
        .linked = sim->cfg.recovery.enter == 0,
    };
    struct vdev_port_info port;

    if (sim->device == NULL) {
        char why[VDEV_ERR_SIZE] = "";

        if (load_keys(sim, err) != 0 || load_decrypt_key(sim, err) != 0) {
            return -1;
        }
        sim->device =
                vdev_device_create(&sim->cfg, &sim->ops, sim, sim->now_us, why);
        if (sim->device == NULL) {
            return host_error_set(err, DFU_OTHER,
                    "name another flash file, or remove this one", "%s: %s",
                    link->name, why);
        }
        sim->port = vdev_device_port_add(sim->device, &spec);
    }
    vdev_device_port_info(sim->device, sim->port, &port);
    if (!port.up) {
        return host_error_set(err, DFU_NO_DEVICE,
                "wait until its application has started, or give it another "
                "flash file",
                "%s: the virtual device does not answer", link->name);
    }
    set_up(sim, &port);
    return 0;
}

static int sim_reopen(struct host_link *link)
{
    struct link_sim *sim = sim_of(link);
    struct vdev_port_info port;

    vdev_device_port_info(sim->device, sim->port, &port);
    if (!port.up) {
        return 0;
    }
    set_up(sim, &port);
    return 1;
}

static void sim_close(struct host_link *link)
{
    link->info.up = false;
}

static int sim_send(struct host_link *link, const uint8_t *msg, size_t len)
{
    struct link_sim *sim = sim_of(link);

    link->stats.tx_messages++;
    link->stats.tx_bytes += len;
    vdev_device_rx(sim->device, sim->port, 0, msg, len, sim->now_us);
    return 0;
}

static int sim_flush(struct host_link *link)
{
    (void)link;
    return 0;
}

static int sim_receive(struct host_link *link, struct smp_bytes *msg)
{
    struct link_sim *sim = sim_of(link);
    struct vdev_port_info port;
    struct vdev_out out;

    vdev_device_tick(sim->device, sim->now_us);
    if (vdev_device_tx(sim->device, &out) == 1) {
        g_byte_array_set_size(sim->rx, 0);
        g_byte_array_append(sim->rx, out.buf, (guint)out.len);
        msg->ptr = sim->rx->data;
        msg->len = sim->rx->len;
        link->stats.rx_messages++;
        link->stats.rx_bytes += out.len;
        return 1;
    }
    vdev_device_port_info(sim->device, sim->port, &port);
    if (!port.up || port.epoch != sim->port_epoch) {
        set_down(sim, "the virtual device has restarted");
        return HOST_LINK_DOWN;
    }
    return 0;
}

static uint32_t sim_wait_ms(const struct host_link *link, uint32_t now_ms)
{
    (void)link;
    (void)now_ms;
    return UINT32_MAX;
}

static uint32_t sim_now_ms(const struct host_link *link)
{
    return (uint32_t)(sim_of_const(link)->now_us / 1000u);
}

static void sim_wait(struct host_link *link, uint32_t timeout_ms, int wake_fd)
{
    struct link_sim *sim = sim_of(link);
    uint64_t due_us = vdev_device_wait_us(sim->device, sim->now_us);
    uint64_t until_us = UINT64_MAX;

    (void)wake_fd;
    if (timeout_ms != UINT32_MAX) {
        /* Whole milliseconds: who waits for one must see it come. */
        until_us = (sim->now_us / 1000u + timeout_ms) * 1000u;
        until_us = MAX(until_us, sim->now_us);
    }
    if (due_us != UINT64_MAX) {
        until_us = MIN(until_us, sim->now_us + due_us);
    }
    if (until_us == UINT64_MAX) {
        set_down(sim, "nothing will ever happen in the virtual device");
        return;
    }
    sim->now_us = until_us;
    vdev_device_tick(sim->device, sim->now_us);
}

static void sim_destroy(struct host_link *link)
{
    struct link_sim *sim = sim_of(link);

    vdev_device_destroy(sim->device);
    host_hash_clear(&sim->hash);
    host_boot_keys_close(&sim->keys);
    host_boot_decryptor_close(&sim->decryptor);
    g_byte_array_unref(sim->rx);
    g_free(sim);
}

static const struct host_link_ops sim_ops = {
    .open = sim_open,
    .reopen = sim_reopen,
    .close = sim_close,
    .send = sim_send,
    .flush = sim_flush,
    .receive = sim_receive,
    .wait_ms = sim_wait_ms,
    .now_ms = sim_now_ms,
    .wait = sim_wait,
    .destroy = sim_destroy,
};

static char *preset_names(void)
{
    GString *names = g_string_new("take one of these:");

    for (size_t i = 0; i < vdev_preset_count(); i++) {
        g_string_append_printf(names, " %s", vdev_preset_name(i));
    }
    return g_string_free(names, FALSE);
}

/* KEY:VALUE, or KEY=VALUE as on the command line of smpsim. */
static int set_value(struct vdev_config *cfg, const char *setting,
        char why[VDEV_ERR_SIZE])
{
    size_t at = strcspn(setting, ":=");
    char *key = g_strndup(setting, at);
    int rc = -1;

    if (setting[at] == '\0') {
        g_strlcpy(why, "set takes KEY:VALUE", VDEV_ERR_SIZE);
    } else {
        rc = vdev_config_set(cfg, key, setting + at + 1, why);
    }
    g_free(key);
    return rc;
}

/* What the URI says on top of the preset. */
static int configure(struct vdev_config *cfg, const struct host_uri *uri,
        char why[VDEV_ERR_SIZE])
{
    cfg->seed = uri->seed;
    cfg->flash_time = uri->flash_time_real;
    if (uri->flash != NULL) {
        if (g_strlcpy(cfg->flash_path, uri->flash, sizeof(cfg->flash_path)) >=
                sizeof(cfg->flash_path)) {
            g_strlcpy(why, "the name of the flash file is too long",
                    VDEV_ERR_SIZE);
            return -1;
        }
    }
    for (size_t i = 0; i < uri->setting_count; i++) {
        if (set_value(cfg, uri->settings[i], why) != 0) {
            return -1;
        }
    }
    if (uri->link_spec != NULL &&
            vdev_config_set(cfg, "sim.link", uri->link_spec, why) != 0) {
        g_strlcpy(why,
                "link is not like interval=40ms,mtu=252,per_interval=6,loss=0",
                VDEV_ERR_SIZE);
        return -1;
    }
    for (size_t i = 0; i < uri->fault_count; i++) {
        if (vdev_config_add_fault(cfg, uri->faults[i], why) != 0) {
            return -1;
        }
    }
    return vdev_config_check(cfg, why);
}

struct host_link *cli_sim_create(const struct host_uri *uri,
        const struct host_link_params *params, struct host_error *err)
{
    struct link_sim *sim = g_new0(struct link_sim, 1);
    char why[VDEV_ERR_SIZE] = "";

    (void)params;
    if (vdev_config_preset(&sim->cfg, uri->preset, why) != 0) {
        char *shown = host_text_escape(uri->preset, strlen(uri->preset));
        char *names = preset_names();

        host_error_set(err, DFU_NO_DEVICE, names,
                "there is no virtual device called \"%s\"", shown);
        g_free(names);
        g_free(shown);
        g_free(sim);
        return NULL;
    }
    if (configure(&sim->cfg, uri, why) != 0) {
        char *shown = host_text_escape(why, strlen(why));

        host_error_set(err, DFU_OTHER, "see smpsim --help for faults and links",
                "sim:%s: %s", uri->preset, shown);
        g_free(shown);
        g_free(sim);
        return NULL;
    }
    sim->ops.hash = &host_hash_ops;
    sim->ops.hash_ctx = &sim->hash;
    sim->ops.console = on_console;
    sim->link.ops = &sim_ops;
    sim->link.virtual_time = true;
    sim->link.info.kind = SMP_LINK_DATAGRAM;
    sim->now_us = START_US;
    sim->port = -1;
    sim->rx = g_byte_array_new();
    return &sim->link;
}
