// SPDX-License-Identifier: Apache-2.0
/*
 * Inside of the virtual device; for its own files only.
 *
 * a request's way:  rx -> port (framing, link) -> fault -> buffer -> queue
 *                   -> server (virtual time) -> fault -> port -> tx
 */
#ifndef VDEV_PRIVATE_H
#define VDEV_PRIVATE_H

#include "dfu/image_group.h"
#include "mcub/boot.h"
#include "smp/frame.h"
#include "smp/header.h"
#include "smp/server_os.h"

#include "vdev/app.h"
#include "vdev/chip.h"
#include "vdev/device.h"

#define VDEV_NEVER UINT64_MAX

/** Bytes on their way: a message, a piece of it, or console text. */
struct vdev_msg {
    struct vdev_msg *next;
    int port;
    uint32_t peer;
    uint32_t id;     /**< of link PDUs */
    uint64_t due_us; /**< delayed messages */
    bool buffer;     /**< holds one of the server's buffers */
    bool lost;       /**< its first PDU found no buffer */
    bool answer;     /**< from the device */
    bool spared;     /**< faults have had their say */
    size_t len;
    size_t cap;
    uint8_t data[];
};

struct vdev_list {
    struct vdev_msg *head;
    struct vdev_msg *tail;
};

struct vdev_port {
    struct vdev_port_spec spec;
    bool up;
    uint32_t epoch;
    struct vdev_msg *rx_space; /**< owns rx_buf */
    uint8_t *rx_buf;           /**< of the stream decoders */
    struct smp_console_decoder console;
    struct smp_stream_decoder raw;
    uint64_t raw_us; /**< last byte of a raw stream */
    struct vdev_link link;
};

enum vdev_life {
    VDEV_LIFE_BOOTING,  /**< bootloader runs until step_us */
    VDEV_LIFE_STARTING, /**< application starts until step_us */
    VDEV_LIFE_CRASHING, /**< it will crash at step_us */
    VDEV_LIFE_RUNNING,
    VDEV_LIFE_WAITING,  /**< bootloader listens until step_us */
    VDEV_LIFE_RECOVERY, /**< bootloader serves, for ever */
    VDEV_LIFE_OFF,      /**< no power until step_us */
    VDEV_LIFE_HALTED,   /**< nothing to boot, or crashed too often */
};

/** An upload in serial recovery. */
struct vdev_upload {
    bool open;
    struct dfu_slot_ref to;
    uint32_t len;
    uint32_t off;   /**< next byte wanted */
    uint32_t block; /**< only whole ones are taken */
    struct mcub_slot_writer writer;
};

struct vdev_device {
    struct vdev_config cfg;
    const struct vdev_ops *ops;
    void *ctx;
    uint64_t now_us;
    struct vdev_stats stats;

    /* chip */
    struct vdev_chip chip;
    struct mcub_pair pairs[VDEV_IMAGES_MAX];
    struct mcub_board board;

    /* ports: hardware, but what is in them is lost by a reset */
    struct vdev_port port[VDEV_PORTS_MAX];
    int port_count;
    uint64_t disconnected_us; /**< until then; 0 = no */

    /* life */
    enum vdev_life life;
    uint64_t step_us;
    uint64_t reset_us; /**< a reset was asked for */
    bool reset_asked;  /**< by the request that is being answered */
    uint32_t crashes_in_row;
    struct vdev_app app;
    struct mcub_version app_version;
    uint8_t running_slot; /**< of image 0 */
    uint8_t selected;     /**< this boot: slot chosen last */
    bool powered_on;      /**< the next boot is one after power-on */
    bool recovery_asked;  /**< this boot: serial recovery is wanted */
    bool loader_asked;    /**< this boot: the firmware loader is wanted */
    char name[VDEV_TEXT_MAX];

    /* RAM: server */
    struct smp_server server;
    struct smp_os_server os;
    struct dfu_image_server images;
    struct smp_server_group group[4];
    const struct smp_server_group *groups[4];
    uint8_t *tx;
    struct vdev_upload upload;      /**< serial recovery */
    uint8_t asked[SMP_HEADER_SIZE]; /**< its request, as it came */
    bool upload_done; /**< by the request that is being answered */

    /* RAM: buffers and what fills them */
    uint32_t used;
    struct vdev_list queue;   /**< requests that wait */
    struct vdev_msg *request; /**< the one being worked on */
    uint64_t busy_us;         /**< until then */
    struct vdev_list answers; /**< ready at busy_us */
    struct vdev_list transit; /**< on a link */
    struct vdev_list delayed;
    struct vdev_msg *partial; /**< BLE reassembly: one per device */
    uint32_t next_id;

    /* on the way out */
    struct vdev_list out;
    struct vdev_msg *out_taken;
};

/* device.c */
struct vdev_msg *vdev_msg_new(int port, uint32_t peer, const uint8_t *buf,
        size_t len, size_t cap);
void vdev_list_push(struct vdev_list *list, struct vdev_msg *msg);
struct vdev_msg *vdev_list_pop(struct vdev_list *list);
void vdev_list_remove(struct vdev_list *list, struct vdev_msg *msg);
void vdev_msg_free(struct vdev_device *d, struct vdev_msg *msg);
void vdev_list_clear(struct vdev_device *d, struct vdev_list *list);
void vdev_note(struct vdev_device *d, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void vdev_print(struct vdev_device *d, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
bool vdev_buffer_take(struct vdev_device *d, struct vdev_msg *msg);
void vdev_buffer_release(struct vdev_device *d, struct vdev_msg *msg);

/* board.c */
int vdev_board_init(struct vdev_device *d, char err[VDEV_ERR_SIZE]);
int vdev_board_first_content(struct vdev_device *d, char err[VDEV_ERR_SIZE]);
bool vdev_board_has_one_slot(const struct vdev_device *d);

/* life.c */
void vdev_life_reset(struct vdev_device *d, uint64_t now_us, bool first);
uint64_t vdev_life_due_us(const struct vdev_device *d);
void vdev_life_step(struct vdev_device *d);
void vdev_life_power_off(struct vdev_device *d, const char *where, uint32_t ms);
void vdev_life_disconnect(struct vdev_device *d, uint32_t ms);
void vdev_life_update_ports(struct vdev_device *d);

void vdev_life_stay(struct vdev_device *d);

/* recovery.c: the bootloader's own server */
void vdev_recovery_init(struct vdev_device *d);
bool vdev_recovery_is_on(const struct vdev_device *d);
/* false: dropped without an answer; may change the message */
bool vdev_recovery_takes(struct vdev_device *d, struct vdev_msg *msg);
void vdev_recovery_dress(const struct vdev_device *d, struct vdev_msg *answer);

/* bootlog.c */
extern const struct mcub_boot_ops vdev_boot_ops;
bool vdev_selects_in_place(const struct vdev_device *d);

/* verify.c: the bootloader's op; ctx is the device */
int vdev_verify(void *ctx, uint8_t image, uint8_t slot,
        const struct mcub_image *img, const struct mcub_hash *hash);

/* ramload.c: the bootloader's op, ctx is the device; and what it loaded */
int vdev_ram(void *ctx, uint8_t image, struct mcub_ram *ram);
bool vdev_runs_from_ram(const struct vdev_device *d);
int vdev_open_running(struct vdev_device *d, struct mcub_image *image);

/* port.c */
void vdev_port_input(struct vdev_device *d, int number, uint32_t peer,
        const uint8_t *buf, size_t len);
void vdev_port_output(struct vdev_device *d, struct vdev_msg *msg);
void vdev_port_clear(struct vdev_device *d, struct vdev_port *port);
void vdev_port_text(struct vdev_device *d, const char *text, size_t len);
uint64_t vdev_port_due_us(const struct vdev_device *d);
void vdev_port_step(struct vdev_device *d);

/* server.c */
void vdev_server_init(struct vdev_device *d);
void vdev_server_clear(struct vdev_device *d);
void vdev_server_accept(struct vdev_device *d, struct vdev_msg *msg);
void vdev_server_enqueue(struct vdev_device *d, struct vdev_msg *msg);
uint64_t vdev_server_due_us(const struct vdev_device *d);
void vdev_server_step(struct vdev_device *d);

/* faulty.c: what faults do to messages; true = the message is gone */
bool vdev_faulty_request(struct vdev_device *d, struct vdev_msg *msg);
bool vdev_faulty_answer(struct vdev_device *d, struct vdev_msg *msg);

/* era.c */
extern const struct dfu_image_policy vdev_policy_a;
extern const struct dfu_image_policy vdev_policy_c;
extern const struct smp_dress vdev_dress_a;
extern const struct smp_dress vdev_dress_c;

#endif
