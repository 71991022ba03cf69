// SPDX-License-Identifier: Apache-2.0
/*
 * The SMP server of the virtual device: groups by era and features, requests
 * one by one in virtual time, buffers of one pool for requests and answers.
 */
#include <stdio.h>
#include <string.h>

#include "vdev/private.h"

/* The device's calendar starts on the day of the origin report. */
#define CLOCK_START_S 1696499026 /* 2023-10-05 09:43:46 */

static enum smp_rc os_reset(void *ctx, bool force, uint32_t boot_mode)
{
    struct vdev_device *d = ctx;
    (void)force;
    d->reset_asked = true;
    d->chip.state->retention[0] = (uint8_t)boot_mode;
    return SMP_RC_OK;
}

static const char *os_info(void *ctx, char letter)
{
    const struct vdev_device *d = ctx;
    switch (letter) {
    case 's':
    case 'o':
        return "Zephyr";
    case 'n':
        return d->name;
    case 'r':
    case 'v':
        return d->cfg.kernel;
    case 'm':
        return "arm";
    case 'p':
        return d->cfg.processor;
    case 'i':
        return d->cfg.board;
    default:
        return NULL;
    }
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int os_datetime_get(void *ctx, char text[20])
{
    const struct vdev_device *d = ctx;
    int64_t s = CLOCK_START_S +
            ((int64_t)d->now_us + d->chip.state->clock_us) / 1000000;
    int64_t days = s / 86400;
    int64_t rest = s % 86400;
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    char all[64];
    snprintf(all, sizeof(all), "%04d-%02d-%02dT%02d:%02d:%02d",
            (int)(year % 10000), (int)month,
            (int)(doy - (153 * mp + 2) / 5 + 1), (int)(rest / 3600),
            (int)(rest / 60 % 60), (int)(rest % 60));
    memcpy(text, all, 19);
    text[19] = 0;
    return 0;
}

static int64_t number_at(const char *text, size_t len)
{
    int64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        v = v * 10 + (text[i] - '0');
    }
    return v;
}

static int os_datetime_set(void *ctx, const char text[20])
{
    struct vdev_device *d = ctx;
    int64_t days = days_of(number_at(text, 4), number_at(text + 5, 2),
            number_at(text + 8, 2));
    int64_t s = days * 86400 + number_at(text + 11, 2) * 3600 +
            number_at(text + 14, 2) * 60 + number_at(text + 17, 2);
    d->chip.state->clock_us =
            (s - CLOCK_START_S) * 1000000 - (int64_t)d->now_us;
    return 0;
}

static int os_erase_storage(void *ctx)
{
    struct vdev_device *d = ctx;
    const struct vdev_slot_config *s = &d->cfg.storage;
    if (s->size == 0) {
        return SMP_BASIC_RC_FLASH_OPEN_FAILED;
    }
    const struct mcub_flash *flash = &d->chip.memory[s->part].flash;
    if (mcub_flash_erase(flash, s->off, s->size) != 0) {
        return SMP_BASIC_RC_FLASH_ERASE_FAILED;
    }
    vdev_print(d, "settings erased");
    return 0;
}

static const struct smp_os_ops os_ops = {
    .reset = os_reset,
    .info = os_info,
    .datetime_get = os_datetime_get,
    .datetime_set = os_datetime_set,
    .erase_storage = os_erase_storage,
};

static void upload_finished(void *ctx, struct dfu_slot_ref slot)
{
    struct vdev_device *d = ctx;
    (void)slot;
    d->upload_done = true;
}

static const struct dfu_image_hooks image_hooks = {
    .finished = upload_finished,
};

static bool has(const struct vdev_device *d, enum vdev_feature feature)
{
    return (d->cfg.features & feature) != 0;
}

static void init_os(struct vdev_device *d, struct smp_server_group *group)
{
    static const struct {
        enum vdev_feature feature;
        enum smp_os_feature os;
    } map[] = {
        { VDEV_FEATURE_ECHO, SMP_OS_HAS_ECHO },
        { VDEV_FEATURE_PARAMS, SMP_OS_HAS_PARAMS },
        { VDEV_FEATURE_INFO, SMP_OS_HAS_INFO },
        { VDEV_FEATURE_BOOTLOADER, SMP_OS_HAS_BOOTLOADER },
        { VDEV_FEATURE_DATETIME, SMP_OS_HAS_DATETIME },
    };
    d->os = (struct smp_os_server){
        .ops = &os_ops,
        .ctx = d,
        .buf_size = d->cfg.buf_size,
        .buf_count = d->cfg.buf_count,
        .bootloader_mode = (int32_t)d->cfg.mode,
        .no_downgrade = (d->cfg.boot_options & MCUB_BOOT_NO_DOWNGRADE) != 0,
    };
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (has(d, map[i].feature)) {
            d->os.features |= map[i].os;
        }
    }
    smp_os_group_init(group, &d->os);
}

static void init_images(struct vdev_device *d, struct smp_server_group *group)
{
    static const struct dfu_image_policy *const policies[] = {
        [VDEV_ERA_A] = &vdev_policy_a,
        [VDEV_ERA_C] = &vdev_policy_c,
        [VDEV_ERA_E] = &dfu_image_policy_current,
    };
    memset(&d->images, 0, sizeof(d->images));
    d->images.board = &d->board;
    d->images.policy = policies[d->cfg.era];
    d->images.image_count = d->cfg.server_images;
    d->images.hash_len = (uint8_t)mcub_hash_size(d->cfg.hash);
    d->images.hash = d->ops->hash;
    d->images.hash_ctx = d->ops->hash_ctx;
    d->images.hooks = &image_hooks;
    d->images.hooks_ctx = d;
    d->images.running.slot = d->running_slot;
    d->images.options = d->cfg.image_options |
            (has(d, VDEV_FEATURE_SLOT_INFO) ? DFU_IMAGE_SLOT_INFO : 0u) |
            (has(d, VDEV_FEATURE_MATCH) ? DFU_IMAGE_CHECK : 0u) |
            (has(d, VDEV_FEATURE_PROGRESSIVE) ? DFU_IMAGE_PROGRESSIVE : 0u) |
            ((d->cfg.boot_options & MCUB_BOOT_RAM_REVERT) != 0
                            ? DFU_IMAGE_RAM_REVERT
                            : 0u);
    dfu_image_group_init(group, &d->images);
    if (!has(d, VDEV_FEATURE_ERASE)) {
        group->absent |= 1u << SMP_IMAGE_ERASE;
    }
}

void vdev_server_init(struct vdev_device *d)
{
    static const struct smp_dress *const dresses[] = {
        [VDEV_ERA_A] = &vdev_dress_a,
        [VDEV_ERA_C] = &vdev_dress_c,
        [VDEV_ERA_E] = NULL,
    };
    uint8_t n = 0;
    if (has(d, VDEV_FEATURE_ENUM)) {
        smp_enum_group_init(&d->group[n++], &d->server);
    }
    init_os(d, &d->group[n]);
    if (!has(d, VDEV_FEATURE_NO_OS)) {
        n++;
    }
    /* Of a board with a firmware loader the application updates nothing. */
    init_images(d, &d->group[n]);
    if (!has(d, VDEV_FEATURE_NO_IMAGES) &&
            (d->cfg.mode != MCUB_MODE_FW_LOADER || d->running_slot != 0)) {
        n++;
    }
    if (has(d, VDEV_FEATURE_BASIC)) {
        smp_basic_group_init(&d->group[n++], &d->os);
    }
    for (uint8_t i = 0; i < n; i++) {
        d->groups[i] = &d->group[i];
    }
    struct smp_server_config cfg = {
        .groups = d->groups,
        .group_count = n,
        .tx = d->tx,
        .tx_size = d->cfg.buf_size,
        .form = SMP_FORM_INDEFINITE,
        .verbose = has(d, VDEV_FEATURE_VERBOSE),
        .dress = dresses[d->cfg.era],
    };
    smp_server_init(&d->server, &cfg);
}

void vdev_server_clear(struct vdev_device *d)
{
    vdev_list_clear(d, &d->queue);
    vdev_list_clear(d, &d->answers);
    vdev_list_clear(d, &d->transit);
    vdev_list_clear(d, &d->delayed);
    vdev_msg_free(d, d->request);
    vdev_msg_free(d, d->partial);
    d->request = NULL;
    d->partial = NULL;
    d->used = 0;
    d->busy_us = VDEV_NEVER;
}

void vdev_server_accept(struct vdev_device *d, struct vdev_msg *msg)
{
    if (!msg->spared && vdev_faulty_request(d, msg)) {
        return;
    }
    vdev_server_enqueue(d, msg);
}

/* {"rc": 2} in the request's own buffer: there is none for an answer. */
static void answer_no_memory(struct vdev_device *d, struct vdev_msg *msg)
{
    static const uint8_t body[] = { 0xbf, 0x62, 'r', 'c', 0x02, 0xff };
    uint8_t answer[8 + sizeof(body)];
    if (msg->len < 8) {
        vdev_msg_free(d, msg);
        return;
    }
    memcpy(answer, msg->data, 8);
    answer[0] = (uint8_t)((answer[0] & 0x1fu) | 1u);
    answer[2] = 0;
    answer[3] = sizeof(body);
    memcpy(answer + 8, body, sizeof(body));
    struct vdev_msg *out = vdev_msg_new(msg->port, msg->peer, answer,
            sizeof(answer), sizeof(answer));
    if (out != NULL) {
        out->answer = true;
        vdev_list_push(&d->answers, out);
    }
}

static void run_server(struct vdev_device *d, struct vdev_msg *msg)
{
    const uint8_t *buf;
    size_t len;
    uint32_t route = ((uint32_t)msg->port << 16) | (msg->peer & 0xffffu);
    bool recovery = vdev_recovery_is_on(d);
    d->upload_done = false;
    if (recovery && !vdev_recovery_takes(d, msg)) {
        return;
    }
    (void)smp_server_input(&d->server, msg->data, msg->len, route,
            (uint32_t)(d->now_us / 1000));
    while ((buf = smp_server_output(&d->server, &len, &route)) != NULL) {
        /* Room for what a fault may make of it. */
        struct vdev_msg *out =
                vdev_msg_new(msg->port, msg->peer, buf, len, len + 32);
        smp_server_sent(&d->server);
        if (out == NULL) {
            continue;
        }
        out->answer = true;
        if (recovery) {
            vdev_recovery_dress(d, out);
        }
        if (d->answers.head == NULL) {
            out->buffer = true;
        }
        vdev_list_push(&d->answers, out);
    }
}

static void start_request(struct vdev_device *d)
{
    struct vdev_msg *msg = vdev_list_pop(&d->queue);
    uint64_t cost = d->chip.cost_us;
    d->request = msg;
    d->stats.requests++;
    if (d->used >= d->cfg.buf_count) {
        answer_no_memory(d, msg);
    } else {
        d->used++;
        run_server(d, msg);
        if (d->answers.head == NULL) {
            d->used--;
        }
    }
    if (d->chip.off) {
        vdev_life_power_off(d, d->chip.off_text, d->chip.off_ms);
        return;
    }
    cost = d->cfg.flash_time ? d->chip.cost_us - cost : 0;
    d->busy_us = d->now_us + d->cfg.cpu_us + cost;
}

static void finish_request(struct vdev_device *d)
{
    struct vdev_msg *msg;
    bool reset = d->reset_asked;
    d->reset_asked = false;
    vdev_msg_free(d, d->request);
    d->request = NULL;
    d->busy_us = VDEV_NEVER;
    uint32_t boots = d->stats.boots;
    struct vdev_list answers = d->answers;
    d->answers = (struct vdev_list){ 0 };
    while ((msg = vdev_list_pop(&answers)) != NULL) {
        d->stats.answers++;
        /* A fault may have reset the device between two answers. */
        if (boots != d->stats.boots || d->life == VDEV_LIFE_OFF) {
            msg->buffer = false;
            vdev_msg_free(d, msg);
        } else if (!vdev_faulty_answer(d, msg)) {
            vdev_port_output(d, msg);
        }
    }
    if (reset && boots == d->stats.boots && d->life != VDEV_LIFE_OFF &&
            d->reset_us == VDEV_NEVER) {
        d->reset_us = d->now_us + (uint64_t)d->cfg.reset_ms * 1000;
    }
}

static void work(struct vdev_device *d)
{
    for (;;) {
        if (d->request != NULL) {
            if (d->busy_us > d->now_us) {
                return;
            }
            finish_request(d);
        }
        if (d->request == NULL && d->queue.head == NULL) {
            return;
        }
        if (d->request == NULL) {
            start_request(d);
        }
    }
}

void vdev_server_enqueue(struct vdev_device *d, struct vdev_msg *msg)
{
    if (!vdev_buffer_take(d, msg)) {
        vdev_msg_free(d, msg);
        return;
    }
    vdev_list_push(&d->queue, msg);
    work(d);
}

uint64_t vdev_server_due_us(const struct vdev_device *d)
{
    uint64_t due = d->request != NULL ? d->busy_us : VDEV_NEVER;
    for (const struct vdev_msg *m = d->delayed.head; m != NULL; m = m->next) {
        due = m->due_us < due ? m->due_us : due;
    }
    return due;
}

static struct vdev_msg *find_due(struct vdev_device *d)
{
    for (struct vdev_msg *m = d->delayed.head; m != NULL; m = m->next) {
        if (m->due_us <= d->now_us) {
            return m;
        }
    }
    return NULL;
}

void vdev_server_step(struct vdev_device *d)
{
    struct vdev_msg *msg;
    while ((msg = find_due(d)) != NULL) {
        vdev_list_remove(&d->delayed, msg);
        if (msg->answer) {
            vdev_port_output(d, msg);
        } else {
            vdev_server_enqueue(d, msg);
        }
    }
    work(d);
}
