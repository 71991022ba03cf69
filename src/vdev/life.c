// SPDX-License-Identifier: Apache-2.0
/*
 * A device's life between power-on and reset.
 *
 * state     event              next      action
 * --------  -----------------  --------  ---------------------------------
 * any       reset              BOOTING   ports down, RAM cleared, mcub_boot
 * BOOTING   nothing bootable   HALTED    ports stay down
 * BOOTING   boot time over     STARTING  descriptor of the image is read
 * BOOTING   same, crash=1      CRASHING
 * STARTING  start time over    RUNNING   ports up, confirm=1 confirms
 * CRASHING  50 ms              BOOTING   or HALTED after 20 in a row
 * any       reset, entry asked RECOVERY  wired ports up, MCUboot's own server
 * BOOTING   nothing bootable   RECOVERY  where recovery.enter says so
 * BOOTING   same, wait         WAITING   wired ports up
 * WAITING   a request          RECOVERY
 * WAITING   time over          BOOTING   ports down, the boot goes on
 * any       power cut          OFF       ports down, RAM and retention cleared
 * OFF       time over          BOOTING   as after a reset
 */
#include <stdio.h>
#include <string.h>

#include "vdev/private.h"

#define CRASH_US       50000u
#define CRASHES_IN_ROW 20u

/* Boot mode of Zephyr's retention: "enter the bootloader". */
#define BOOT_MODE_BOOTLOADER 1u

/* Clears what a reset clears: everything but the chip. */
static void clear_ram(struct vdev_device *d)
{
    vdev_server_clear(d);
    for (int i = 0; i < d->port_count; i++) {
        vdev_port_clear(d, &d->port[i]);
    }
    vdev_chip_clear_ram(&d->chip);
    d->reset_us = VDEV_NEVER;
    d->reset_asked = false;
    d->disconnected_us = 0;
}

void vdev_life_update_ports(struct vdev_device *d)
{
    bool recovery = vdev_recovery_is_on(d);
    bool serves = (recovery || (d->life == VDEV_LIFE_RUNNING && d->app.smp)) &&
            d->disconnected_us <= d->now_us;
    for (int i = 0; i < d->port_count; i++) {
        struct vdev_port *port = &d->port[i];
        bool wired = port->spec.kind == VDEV_PORT_CONSOLE ||
                port->spec.kind == VDEV_PORT_RAW;
        bool up = serves && (!recovery || wired);
        if (up && !port->up) {
            port->epoch++;
        }
        if (!up && port->up) {
            vdev_port_clear(d, port);
        }
        port->up = up;
    }
}

static void print_jump(struct vdev_device *d)
{
    struct mcub_image image;
    if (vdev_open_running(d, &image) != 0) {
        return;
    }
    char text[MCUB_VERSION_TEXT_SIZE];
    mcub_version_print(&image.hdr.version, '+', text);
    d->app_version = image.hdr.version;
    vdev_print(d, "I: Image version: v%s", text);
    /* MCUboot words it so whatever the slot. */
    vdev_print(d, "I: Jumping to the %simage slot",
            vdev_selects_in_place(d) ? "" : "first ");
}

static void halt(struct vdev_device *d, const char *why)
{
    d->life = VDEV_LIFE_HALTED;
    d->step_us = VDEV_NEVER;
    vdev_note(d, "device halted: %s", why);
}

static bool enters(const struct vdev_device *d, enum vdev_enter how)
{
    return (d->cfg.recovery.enter & how) != 0;
}

/* The bootloader serves until it is reset. */
static void serve(struct vdev_device *d, const char *why)
{
    d->life = VDEV_LIFE_RECOVERY;
    d->step_us = VDEV_NEVER;
    vdev_print(d, "I: Enter the serial recovery mode");
    vdev_note(d, "serial recovery: %s", why);
    vdev_recovery_init(d);
    vdev_life_update_ports(d);
}

/* A request came while the bootloader listened. */
void vdev_life_stay(struct vdev_device *d)
{
    d->life = VDEV_LIFE_RECOVERY;
    d->step_us = VDEV_NEVER;
    vdev_note(d, "serial recovery: a request came in time");
}

/* The retained boot mode is good for one boot. */
static void take_boot_mode(struct vdev_device *d)
{
    uint8_t mode = d->chip.state->retention[0];
    d->chip.state->retention[0] = 0;
    d->loader_asked =
            mode == BOOT_MODE_BOOTLOADER && d->cfg.mode == MCUB_MODE_FW_LOADER;
    d->recovery_asked =
            mode == BOOT_MODE_BOOTLOADER && enters(d, VDEV_ENTER_BOOT_MODE);
    if (mode != 0 && !d->loader_asked && !d->recovery_asked) {
        vdev_print(d, "I: Boot mode %u asked for: not in this bootloader",
                mode);
    }
}

/* MCUboot at work; its code. */
static int run_bootloader(struct vdev_device *d)
{
    static _Alignas(8) uint8_t buf[MCUB_BOOT_BUF_SIZE];
    struct mcub_boot boot = {
        .board = &d->board,
        .hash = d->ops->hash,
        .hash_ctx = d->ops->hash_ctx,
        .ops = &vdev_boot_ops,
        .ops_ctx = d,
        .cipher = d->ops->cipher,
        .cipher_ctx = d->ops->cipher_ctx,
        .buf = buf,
        .options = d->cfg.boot_options,
    };
    d->chip.booting = true;
    int rc = mcub_boot(&boot);
    d->chip.booting = false;
    d->running_slot = boot.booted_slot;
    return rc;
}

/* The boot is done: listen, or go on to the application. */
static void leave_bootloader(struct vdev_device *d, uint64_t at_us)
{
    d->step_us = at_us;
    if (!enters(d, VDEV_ENTER_WAIT)) {
        print_jump(d);
        return;
    }
    d->life = VDEV_LIFE_WAITING;
    d->step_us += (uint64_t)d->cfg.recovery.wait_ms * 1000;
    vdev_recovery_init(d);
    vdev_life_update_ports(d);
}

void vdev_life_reset(struct vdev_device *d, uint64_t now_us, bool first)
{
    bool button = enters(d, VDEV_ENTER_BUTTON) && (first || d->powered_on);
    d->powered_on = false;
    d->life = VDEV_LIFE_BOOTING;
    d->chip.off = false;
    vdev_life_update_ports(d);
    clear_ram(d);
    d->stats.boots++;
    d->chip.state->boots++;
    vdev_print(d, "*** Booting %s ***", d->cfg.boot_banner);
    take_boot_mode(d);
    if (d->recovery_asked || button) {
        serve(d, d->recovery_asked ? "boot mode 1" : "the button is held");
        return;
    }
    uint64_t cost = d->chip.cost_us;
    int rc = run_bootloader(d);
    cost = d->chip.cost_us - cost;
    if (d->chip.off) {
        vdev_life_power_off(d, d->chip.off_text, d->chip.off_ms);
    } else if (rc != 0 && enters(d, VDEV_ENTER_NO_IMAGE)) {
        serve(d, "there is no image to boot");
    } else if (rc != 0) {
        halt(d, mcub_err_to_str(rc));
    } else if (first) {
        leave_bootloader(d, now_us);
    } else {
        leave_bootloader(d,
                now_us + (uint64_t)d->cfg.boot_ms * 1000 +
                        (d->cfg.flash_time ? cost : 0));
    }
}

/* Nobody has asked for anything: on to the application. */
static void stop_waiting(struct vdev_device *d)
{
    d->life = VDEV_LIFE_BOOTING;
    vdev_life_update_ports(d);
    print_jump(d);
}

/* Read the descriptor of the image that was booted. */
static void read_descriptor(struct vdev_device *d)
{
    struct mcub_image image;
    struct mcub_tlv_iter iter;
    struct mcub_tlv tlv;
    char text[VDEV_APP_TEXT_SIZE];
    vdev_app_init(&d->app);
    if (vdev_open_running(d, &image) != 0) {
        return;
    }
    mcub_tlv_iter_init(&iter, &image, VDEV_APP_TLV, true);
    if (mcub_tlv_next(&iter, &tlv) != 1) {
        return;
    }
    int len = mcub_tlv_read(&image, &tlv, text, sizeof(text));
    if (len < 0 || vdev_app_parse(text, (size_t)len, &d->app) != 0) {
        vdev_note(d,
                "descriptor of the running image is unreadable: it "
                "counts as a plain application");
        vdev_app_init(&d->app);
    }
}

static void start_application(struct vdev_device *d)
{
    read_descriptor(d);
    snprintf(d->name, sizeof(d->name), "%s",
            d->app.name[0] != 0 ? d->app.name : d->cfg.app_name);
    char text[MCUB_VERSION_TEXT_SIZE];
    mcub_version_print(&d->app_version, '+', text);
    vdev_print(d, "*** Booting Zephyr OS build %s ***", d->cfg.kernel);
    vdev_print(d, "Starting %s %s", d->name, text);
    if (d->app.crash) {
        d->life = VDEV_LIFE_CRASHING;
        d->step_us += CRASH_US;
        return;
    }
    d->life = VDEV_LIFE_STARTING;
    d->step_us += (uint64_t)d->app.start_ms * 1000;
}

static void application_ready(struct vdev_device *d)
{
    d->life = VDEV_LIFE_RUNNING;
    d->step_us = VDEV_NEVER;
    d->crashes_in_row = 0;
    if (d->app.confirm) {
        int rc = mcub_slot_mark(&d->board, 0, d->running_slot, true);
        if (d->chip.off) {
            vdev_life_power_off(d, d->chip.off_text, d->chip.off_ms);
            return;
        }
        vdev_print(d, "%s: image confirmed (%s)", d->name,
                rc == 0 ? "ok" : mcub_err_to_str(rc));
    }
    if (d->app.smp) {
        vdev_server_init(d);
        vdev_print(d, "%s: SMP server ready", d->name);
    } else {
        vdev_print(d, "%s: running, without SMP server", d->name);
    }
    vdev_life_update_ports(d);
}

static void crash(struct vdev_device *d)
{
    vdev_print(d, "E: ***** HARD FAULT *****");
    vdev_print(d, "E: Halting system, reset follows");
    d->stats.crashes++;
    d->crashes_in_row++;
    if (d->crashes_in_row >= CRASHES_IN_ROW) {
        halt(d, "crashed 20 times in a row");
        return;
    }
    vdev_life_reset(d, d->now_us, false);
}

uint64_t vdev_life_due_us(const struct vdev_device *d)
{
    uint64_t due = d->step_us < d->reset_us ? d->step_us : d->reset_us;
    if (d->disconnected_us > d->now_us && d->disconnected_us < due) {
        due = d->disconnected_us;
    }
    return due;
}

void vdev_life_step(struct vdev_device *d)
{
    if (d->disconnected_us != 0 && d->disconnected_us <= d->now_us) {
        d->disconnected_us = 0;
        vdev_note(d, "link is back");
        vdev_life_update_ports(d);
    }
    if (d->reset_us <= d->now_us) {
        vdev_life_reset(d, d->reset_us, false);
        return;
    }
    if (d->step_us > d->now_us) {
        return;
    }
    switch (d->life) {
    case VDEV_LIFE_BOOTING:
        start_application(d);
        break;
    case VDEV_LIFE_STARTING:
        application_ready(d);
        break;
    case VDEV_LIFE_CRASHING:
        crash(d);
        break;
    case VDEV_LIFE_WAITING:
        stop_waiting(d);
        break;
    case VDEV_LIFE_OFF:
        vdev_note(d, "power is back");
        vdev_life_reset(d, d->step_us, false);
        break;
    case VDEV_LIFE_RUNNING:
    case VDEV_LIFE_RECOVERY:
    case VDEV_LIFE_HALTED:
        d->step_us = VDEV_NEVER;
        break;
    }
}

/* Ports, RAM and retention are lost; the device boots again after ms. */
void vdev_life_power_off(struct vdev_device *d, const char *where, uint32_t ms)
{
    vdev_note(d, "fault: power cut at %s, back in %u ms", where, ms);
    d->life = VDEV_LIFE_OFF;
    d->powered_on = true;
    vdev_life_update_ports(d);
    clear_ram(d);
    memset(d->chip.state->retention, 0, sizeof(d->chip.state->retention));
    d->crashes_in_row = 0;
    d->step_us = d->now_us + (uint64_t)ms * 1000;
}

/* The link goes, the device runs on: its upload session survives. */
void vdev_life_disconnect(struct vdev_device *d, uint32_t ms)
{
    vdev_note(d, "fault: link down for %u ms", ms);
    d->disconnected_us = d->now_us + (uint64_t)ms * 1000;
    if (ms == 0) {
        d->disconnected_us = d->now_us + 1;
    }
    vdev_life_update_ports(d);
}
