// SPDX-License-Identifier: Apache-2.0
/* Image list and slot info of a device, and what they say. */
#include "dfu/device.h"

#include <string.h>

#include "device_private.h"

#define SLOT_FLAGS                                             \
    (SMP_IMAGE_SLOT_BOOTABLE | SMP_IMAGE_SLOT_PENDING |        \
            SMP_IMAGE_SLOT_CONFIRMED | SMP_IMAGE_SLOT_ACTIVE | \
            SMP_IMAGE_SLOT_PERMANENT)

bool dfu_device_keep_text(char *to, size_t size, struct smp_bytes from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        to[i] = from.ptr[i] == 0 ? '?' : (char)from.ptr[i];
    }
    to[len] = 0;
    return len > 0;
}

static void keep_slot(struct dfu_slot *to, const struct smp_image_slot *from)
{
    memset(to, 0, sizeof(*to));
    to->image_told = (from->has & SMP_IMAGE_SLOT_IMAGE) != 0;
    to->image = (uint8_t)from->image;
    to->slot = (uint8_t)from->slot;
    (void)dfu_device_keep_text(to->version_text, sizeof(to->version_text),
            from->version);
    to->version_told = from->version.len > 0 &&
            mcub_version_parse((const char *)from->version.ptr,
                    from->version.len, &to->version) == 0;
    if (from->hash.len > 0 && from->hash.len <= sizeof(to->hash)) {
        to->hash_len = (uint8_t)from->hash.len;
        memcpy(to->hash, from->hash.ptr, from->hash.len);
    }
    to->bootable = from->bootable;
    to->pending = from->pending;
    to->confirmed = from->confirmed;
    to->active = from->active;
    to->permanent = from->permanent;
    to->compressed = from->compressed;
}

static void count_images(struct dfu_device *d)
{
    if (d->slot_info_told && d->info_images > 0) {
        d->image_count = d->info_images;
        d->count_source = DFU_COUNT_SLOT_INFO;
        return;
    }
    d->image_count = 0;
    d->count_source = DFU_COUNT_UNKNOWN;
    if (!d->list_told || d->slot_count == 0) {
        return;
    }
    bool keyed = false;
    uint8_t highest = 0;
    for (uint8_t i = 0; i < d->slot_count; i++) {
        keyed = keyed || d->slots[i].image_told;
        if (d->slots[i].image > highest) {
            highest = d->slots[i].image;
        }
    }
    if (keyed) {
        d->image_count = (uint8_t)(highest < 1 ? 2 : highest + 1);
        d->count_source = DFU_COUNT_LIST;
    } else if (d->flags_told) {
        d->image_count = 1;
        d->count_source = DFU_COUNT_NO_KEY;
    }
}

/* Read every entry; keep them when a device is given. */
static int walk_list(struct smp_view images, struct dfu_device *keep)
{
    struct smp_iter it;
    struct smp_item item;
    int err;
    smp_iter_init(&it, images);
    while ((err = smp_iter_next(&it, &item)) > 0) {
        struct smp_image_slot slot;
        err = smp_map_decode(&smp_image_slot_map, item.view.cbor, &slot);
        if (err < 0) {
            return err;
        }
        if (slot.image >= 255 || slot.slot >= 255) {
            return SMP_E_RANGE;
        }
        if (keep == NULL) {
            continue;
        }
        if (keep->slot_count >= DFU_SLOTS_MAX) {
            keep->list_cut = true;
            continue;
        }
        keep_slot(&keep->slots[keep->slot_count++], &slot);
        keep->flags_told = keep->flags_told || (slot.has & SLOT_FLAGS);
    }
    return err;
}

int dfu_device_set_list(struct dfu_device *device, struct smp_bytes body)
{
    struct smp_image_state_rsp rsp;
    int err = smp_map_decode(&smp_image_state_rsp_map, body, &rsp);
    if (err < 0) {
        return err;
    }
    if (!(rsp.has & SMP_IMAGE_STATE_RSP_IMAGES)) {
        return SMP_E_MISSING;
    }
    /* Twice: a list that cannot be read leaves the device untouched. */
    err = walk_list(rsp.images, NULL);
    if (err < 0) {
        return err;
    }
    device->slot_count = 0;
    device->flags_told = false;
    device->list_cut = false;
    (void)walk_list(rsp.images, device);
    device->list_told = true;
    count_images(device);
    return 0;
}

static int keep_info(struct dfu_device *d, const struct smp_image_info *image)
{
    struct smp_iter it;
    struct smp_item item;
    int err;
    smp_iter_init(&it, image->slots);
    while ((err = smp_iter_next(&it, &item)) > 0) {
        struct smp_image_slot_info slot;
        err = smp_map_decode(&smp_image_slot_info_map, item.view.cbor, &slot);
        if (err < 0) {
            return err;
        }
        if (d->info_count >= DFU_SLOTS_MAX) {
            continue;
        }
        d->info[d->info_count++] = (struct dfu_slot_info){
            .image = (uint8_t)image->image,
            .slot = (uint8_t)slot.slot,
            .size_told = (slot.has & SMP_IMAGE_SLOT_INFO_SIZE) != 0,
            .size = slot.size > UINT32_MAX ? UINT32_MAX : (uint32_t)slot.size,
            .upload_id_told =
                    (slot.has & SMP_IMAGE_SLOT_INFO_UPLOAD_IMAGE_ID) != 0,
            .upload_id = slot.upload_image_id,
            .rc = slot.rc,
            .max_image_size = image->max_image_size,
        };
    }
    return err;
}

int dfu_device_set_slot_info(struct dfu_device *device, struct smp_bytes body)
{
    struct smp_image_slot_info_rsp rsp;
    int err = smp_map_decode(&smp_image_slot_info_rsp_map, body, &rsp);
    if (err < 0) {
        return err;
    }
    if (!(rsp.has & SMP_IMAGE_SLOT_INFO_RSP_IMAGES)) {
        return SMP_E_MISSING;
    }
    struct smp_iter it;
    struct smp_item item;
    device->slot_info_told = false;
    device->info_count = 0;
    device->info_images = 0;
    smp_iter_init(&it, rsp.images);
    while ((err = smp_iter_next(&it, &item)) > 0) {
        struct smp_image_info image;
        err = smp_map_decode(&smp_image_info_map, item.view.cbor, &image);
        if (err == 0) {
            err = keep_info(device, &image);
        }
        if (err < 0) {
            return err;
        }
        if (device->info_images < 255) {
            device->info_images++;
        }
    }
    if (err < 0) {
        return err;
    }
    device->slot_info_told = true;
    count_images(device);
    return 0;
}

const struct dfu_slot *dfu_device_slot(const struct dfu_device *device,
        uint8_t image, uint8_t slot)
{
    for (uint8_t i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        if (s->image == image && s->slot == slot) {
            return s;
        }
    }
    return NULL;
}

const struct dfu_slot *dfu_device_running(const struct dfu_device *device,
        uint8_t image)
{
    for (uint8_t i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        if (s->image == image && s->active) {
            return s;
        }
    }
    return dfu_device_slot(device, image, 0);
}

static bool has_hash(const struct dfu_slot *s, const uint8_t *hash, uint8_t len)
{
    return len != 0 && s->hash_len == len && memcmp(s->hash, hash, len) == 0;
}

const struct dfu_slot *dfu_device_find_hash(const struct dfu_device *device,
        const uint8_t *hash, uint8_t len)
{
    for (uint8_t i = 0; i < device->slot_count; i++) {
        if (has_hash(&device->slots[i], hash, len)) {
            return &device->slots[i];
        }
    }
    return NULL;
}

const struct dfu_slot *dfu_device_find_image_hash(const struct dfu_device
                                                          *device,
        uint8_t image, const uint8_t *hash, uint8_t len)
{
    for (uint8_t i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        if (s->image == image && has_hash(s, hash, len)) {
            return s;
        }
    }
    return NULL;
}

const struct dfu_slot_info *dfu_device_slot_info(const struct dfu_device
                                                         *device,
        uint8_t image, uint8_t slot)
{
    for (uint8_t i = 0; i < device->info_count; i++) {
        const struct dfu_slot_info *s = &device->info[i];
        if (s->image == image && s->slot == slot) {
            return s;
        }
    }
    return NULL;
}

bool dfu_device_goes_back(const struct dfu_device *device, uint8_t image)
{
    const struct dfu_slot *s = dfu_device_running(device, image);
    if (!device->flags_told || s == NULL || !s->active || s->confirmed) {
        return false;
    }
    for (uint8_t i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *other = &device->slots[i];
        if (other->image == image && other != s && other->confirmed) {
            return true;
        }
    }
    return false;
}

bool dfu_device_on_trial(const struct dfu_device *device)
{
    const struct dfu_slot *s = dfu_device_running(device, 0);
    return s != NULL && s->active && !s->confirmed;
}
