// SPDX-License-Identifier: Apache-2.0
/*
 * A virtual device: a chip (flash, retention, clock, unique id) and RAM
 * (server, sessions, application), cleared by every reset. Nothing sleeps and
 * nothing looks at a clock: time is microseconds, handed in, never going
 * back. Everything that happens follows from the configuration, its seed, and
 * what comes through these doors.
 *
 * A caller's loop:  rx what has come in, tick(now), take tx until 0, look at
 * the ports, sleep at most wait_us(now).
 */
#ifndef VDEV_DEVICE_H
#define VDEV_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcub/decrypt.h"
#include "mcub/ops.h"
#include "mcub/sign.h"
#include "mcub/write.h"

#include "vdev/config.h"

/**
 * What the world brings and is told; console and note may be NULL. Never
 * re-enter the device.
 */
struct vdev_ops {
    /** Hashes for bootloader and server: &host_hash_ops. Required. */
    const struct mcub_hash_ops *hash;
    void *hash_ctx; /**< its context (struct host_hash), not ctx */
    /**
     * Keys of the bootloader, for cfg.keys; NULL: signatures are not checked.
     */
    const struct mcub_keys *keys;
    /** Signs the application in a new chip; NULL: there is no private key. */
    struct mcub_signer *signer;
    /** Decrypts images, for cfg.decrypt_key; NULL: there is no key. */
    const struct mcub_cipher_ops *cipher;
    void *cipher_ctx;
    uint16_t key_tlv; /**< type of the key TLVs that it opens */
    /** Bytes of the device's console, lines ending in LF. */
    void (*console)(void *ctx, const char *text, size_t len);
    /** One line about the simulation: faults, drops, flash misuse; no LF. */
    void (*note)(void *ctx, const char *text);
};

/** How bytes come through a port. */
enum vdev_port_kind {
    VDEV_PORT_DATAGRAM, /**< UDP, sim: one buffer = one SMP message */
    VDEV_PORT_CONSOLE,  /**< UART, pty, TCP: console framing, log between */
    VDEV_PORT_RAW,      /**< UART: bare messages */
    VDEV_PORT_ATT,      /**< BLE: one buffer = one write or notification */
};

/** What a port does when the device resets. */
enum vdev_port_reset {
    VDEV_PORT_GOES_DOWN, /**< USB CDC, BLE, sim: the link is gone */
    VDEV_PORT_SILENT,    /**< UART, UDP: open, but nobody answers */
};

struct vdev_port_spec {
    enum vdev_port_kind kind;
    enum vdev_port_reset reset;
    bool linked;  /**< cfg.link applies (datagrams travel as its PDUs) */
    bool console; /**< console text comes out too (VDEV_PORT_CONSOLE) */
};

/** State of a port. */
struct vdev_port_info {
    bool up;        /**< false: GOES_DOWN ports must close; bytes are lost */
    uint32_t epoch; /**< counts every time the port came up, from 1 */
    /**
     * Largest request this port takes, framing not counted: what a client
     * may use that has asked params and knows the link.
     */
    uint32_t max_message;
    uint32_t mtu;    /**< ATT MTU for linked and ATT ports, else 0 */
    bool reassembly; /**< several writes make one message */
};

/** Bytes on their way out; valid until the next call on the device. */
struct vdev_out {
    int port;
    uint32_t peer; /**< as handed to rx; streams: 0 */
    const uint8_t *buf;
    size_t len;
};

/** Counters since creation. */
struct vdev_stats {
    uint32_t requests;
    uint32_t answers;
    uint32_t dropped_full; /**< requests for which no buffer was free */
    uint32_t dropped_fault;
    uint32_t boots;
    uint32_t crashes;
    uint64_t erases;   /**< flash sectors erased */
    uint64_t words;    /**< flash words (4 bytes) written */
    uint32_t misuse;   /**< flash operations refused */
    uint32_t ops;      /**< writes and sector erases: what power-cut@ counts */
    uint32_t boot_ops; /**< those of the bootloader */
};

/** How worn a memory is, since its chip was made: it outlives the process. */
struct vdev_wear {
    uint32_t sectors;
    uint32_t worn;   /**< sectors erased at least once */
    uint64_t erases; /**< of all sectors together */
    uint32_t most;   /**< erases of the sector that has most */
    uint32_t at;     /**< where that one lies, bytes from the memory's start */
};

struct vdev_device;

/**
 * Build a device and switch it on.
 *
 * The first boot takes no time: ports are up at once, unless the running
 * application says otherwise. A flash file that exists is used as it is.
 *
 * @param[in]  cfg     copied
 * @param[in]  ops     must outlive the device, as must hash_ctx
 * @param      now_us  the caller's clock
 * @param[out] err     VDEV_ERR_SIZE bytes, written on failure
 *
 * @return the device, vdev_device_destroy() it; NULL: bad configuration, or
 *         the flash file cannot be used
 */
struct vdev_device *vdev_device_create(const struct vdev_config *cfg,
        const struct vdev_ops *ops, void *ctx, uint64_t now_us,
        char err[VDEV_ERR_SIZE]);

/** Switch off and free; NULL is fine. Flash files keep their content. */
void vdev_device_destroy(struct vdev_device *d);

/** Most ports one device has. */
#define VDEV_PORTS_MAX 8

/** Add a port. @return its number from 0, or -1: no more places */
int vdev_device_port_add(struct vdev_device *d,
        const struct vdev_port_spec *spec);

/** Ask how a port is; it must exist. */
void vdev_device_port_info(const struct vdev_device *d, int number,
        struct vdev_port_info *info);

/** The other side of a port was opened anew: partial input is forgotten. */
void vdev_device_port_opened(struct vdev_device *d, int number);

/**
 * Bytes have arrived at a port.
 *
 * Datagram and ATT ports: one call = one datagram or write. A message that
 * finds no free buffer, or a port that is down, is lost as on real devices.
 *
 * @param peer  datagram ports: 0..65535, answers carry it; else 0
 * @param buf   borrowed for this call
 */
void vdev_device_rx(struct vdev_device *d, int port, uint32_t peer,
        const uint8_t *buf, size_t len, uint64_t now_us);

/** Let everything happen that is due by now. */
void vdev_device_tick(struct vdev_device *d, uint64_t now_us);

/**
 * Take the next piece of output.
 *
 * @return 1 and *out, 0 = nothing waits
 */
int vdev_device_tx(struct vdev_device *d, struct vdev_out *out);

/**
 * Time until the next tick has something to do.
 *
 * @return microseconds; 0 = now (also when output waits), UINT64_MAX = never
 */
uint64_t vdev_device_wait_us(const struct vdev_device *d, uint64_t now_us);

/** Pull the plug and put it back: reset without warning. */
void vdev_device_power_cycle(struct vdev_device *d, uint64_t now_us);

/** Name the running application gives the device ("Nordic_LBS"). */
const char *vdev_device_name(const struct vdev_device *d);

/** True while an application with an SMP server runs. */
bool vdev_device_running(const struct vdev_device *d);

/** Eight bytes that are this chip's for ever. */
uint64_t vdev_device_unique_id(const struct vdev_device *d);

void vdev_device_get_stats(const struct vdev_device *d,
        struct vdev_stats *stats);

/**
 * Read the wear of a memory.
 *
 * @param[out] wear  written when there is something
 *
 * @return true; false: the device has no such flash (RAM does not wear)
 */
bool vdev_device_get_wear(const struct vdev_device *d, enum vdev_part part,
        struct vdev_wear *wear);

#endif
