// SPDX-License-Identifier: Apache-2.0
/*
 * A scripted device and a pump with a virtual clock, at the level of request
 * structs: procedures are tested without framing, client or server. The fake
 * knows nothing of MCUboot images: the image hash of a file is its bytes
 * 32..63.
 */
#ifndef TESTS_DFU_FAKE_H
#define TESTS_DFU_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dfu/update.h"

enum fake_era {
    FAKE_ERA_A,
    FAKE_ERA_C,
    FAKE_ERA_E
};

struct fake_slot {
    bool used;
    uint8_t hash[32];
    struct mcub_version version;
    bool pending;
    bool permanent;
};

struct fake_image {
    struct fake_slot slot[2];
    bool trial;
    bool net; /**< first slot cannot be read, copied, never reverted */
};

struct fake_device {
    enum fake_era era;
    uint8_t images;
    struct fake_image image[3];
    bool params;
    uint32_t buf_size;
    uint32_t buf_count;
    bool mode_told;
    int32_t mode;
    bool no_downgrade;
    bool slot_info;
    uint8_t told_images; /**< slot info claims so many; 0 = the truth */
    uint32_t slot_size;
    const char *board;
    uint8_t write_size; /**< era A: whole words are stored only */

    /* behaviour on demand */
    bool always_off_zero; /**< upload: rc 0, off 0, for ever */
    bool match_told;
    bool match;
    bool upload_lost;         /**< stored whole, but never listed */
    uint32_t jump_to;         /**< not 0: answers this offset */
    uint8_t damaged;          /**< so many answers tell an absurd offset */
    uint8_t no_off;           /**< so many answers tell none */
    uint32_t foreign_every;   /**< n chunks, then another client uploads, … */
    uint32_t foreign_times;   /**< … so often, 0 = for ever */
    uint32_t message_max;     /**< not 0: larger ones are dropped */
    int32_t refuse_large;     /**< not 0: they are refused with this rc */
    uint32_t silent_at;       /**< silent from this offset on, once, … */
    uint32_t silent_for_ms;   /**< … for so long */
    uint32_t lose_session_at; /**< once, when this offset is reached */
    uint32_t reboot_at;       /**< once: RAM is lost at this offset */
    uint8_t busy;             /**< so many rc 10 first */
    uint8_t no_memory;        /**< so many rc 2 from the second chunk on */
    int32_t refuse_upload;    /**< not 0: group code or rc */
    int32_t refuse_mark;
    int32_t refuse_list;
    uint8_t reset_busy;
    bool reset_ignored;
    bool reset_unanswered;
    bool swap_stays_pending; /**< the bootloader cannot swap */
    bool swap_drops;         /**< the bootloader deletes the image */
    bool crashes;            /**< new application: reverted at once */
    bool confirms_itself;
    bool swallow_confirm; /**< answers success and does nothing */
    bool silent;
    bool mark_swallowed;
    bool erase_storage_refused;
    bool never_returns;
    uint32_t boot_ms;
    bool link_drops; /**< reset closes the link (BLE, USB) */
    bool recovery;   /**< list without flags */

    /* session */
    uint32_t silent_until_ms;
    uint32_t chunks;
    bool session;
    uint32_t off;
    uint32_t len;
    uint8_t target;
    bool sha_given;
    uint8_t sha[32];
    uint8_t hash[32];
    uint32_t version;

    /* counters */
    uint32_t uploads_started;
    uint32_t uploads_done;
    uint32_t marks;
    uint32_t confirms;
    uint32_t resets;
    uint32_t boots;
    uint32_t lists;
    uint32_t erases;
    bool forced_reset;
    uint32_t down_until_ms;
    bool down;
    uint32_t reset_at_ms;
    bool reset_due;
};

struct fake_item {
    bool used;
    struct smp_request req;
    union {
        struct smp_image_upload_req upload;
        struct smp_image_state_req state;
        struct smp_os_reset_req reset;
        struct smp_os_bootloader_req bootloader;
    } body;
    uint8_t data[4096];
    uint8_t sha[32];
    uint8_t hash[64];
    uint32_t sent_ms;
    uint32_t first_ms;
    uint32_t due_ms;    /**< time-out of this try */
    uint32_t arrive_ms; /**< at the device */
    bool arriving;
    bool answering;
    uint32_t answer_ms;
    struct smp_answer answer;
    uint8_t answer_body[4096];
    uint8_t tries_left;
    uint8_t sends;
    uint32_t pdus; /**< link model: still to be sent */
};

struct fake_pump {
    struct fake_device *device;
    const struct smp_procedure *procedure;
    void *self;
    bool (*event)(void *self, struct dfu_event *ev); /**< NULL: none */
    struct smp_link link;
    uint32_t now_ms;
    uint32_t end_ms;
    uint32_t latency_ms; /**< one way */
    uint32_t learned_ms; /**< time-out of requests that leave it open */
    uint32_t loss;       /**< of 1000, each way */
    uint32_t seed;
    uint32_t places; /**< most in flight */
    /* link model, interval_ms 0 = plain latency */
    uint32_t interval_ms;
    uint32_t per_interval;
    uint32_t pdu;
    uint32_t messages;
    uint32_t highest_in_flight;
    uint32_t cut_at_message; /**< link goes down and up again, once */
    uint32_t cancel_at_message;
    uint32_t chunk_bytes_last;
    uint32_t warnings[32]; /**< by enum dfu_warning */
    uint32_t finds;
    uint32_t plans;
    uint32_t steps_begun;
    uint32_t steps_ended;
    struct fake_item items[40];
};

/** Defaults: one image 1.0.0 in slot 0, params 4 x 512, era E. */
void fake_device_init(struct fake_device *d);
/** Put an image: hash is 32 times tag, version major = tag. */
void fake_device_put(struct fake_device *d, int image, int slot, uint8_t tag);
void fake_pump_init(struct fake_pump *p, struct fake_device *d,
        const struct smp_procedure *procedure, void *self);
/** Link up, then run until the procedure is done or limit_ms have passed. */
void fake_pump_run(struct fake_pump *p, uint32_t limit_ms);
/** Run on without a link event first. */
void fake_pump_go(struct fake_pump *p, uint32_t limit_ms);
/** Link down and up with a new epoch; everything in flight is lost. */
void fake_pump_relink(struct fake_pump *p);

/** A file whose image hash is 32 times tag. */
struct fake_file {
    uint8_t bytes[40000];
    uint32_t size;
};
void fake_file_init(struct fake_file *f, uint8_t tag, uint32_t size);
/** Describe it; index image, version tag.0.0. */
void fake_image_init(struct dfu_image *image, struct fake_file *f,
        uint8_t index, uint8_t tag);

#endif
