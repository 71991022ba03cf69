// SPDX-License-Identifier: Apache-2.0
/*
 * What the bootloader prints, and what it does with the network core. The
 * lines that people search for are worded as MCUboot words them.
 */
#include <string.h>

#include "vdev/private.h"

static const char *swap_name(uint32_t type)
{
    switch ((enum mcub_swap_type)type) {
    case MCUB_SWAP_NONE:
        return "none";
    case MCUB_SWAP_TEST:
        return "test";
    case MCUB_SWAP_PERM:
        return "perm";
    case MCUB_SWAP_REVERT:
        return "revert";
    case MCUB_SWAP_FAIL:
        return "fail";
    case MCUB_SWAP_PANIC:
        return "panic";
    }
    return "unknown";
}

static const char *mark_name(uint32_t mark)
{
    return mark == MCUB_MARK_GOOD   ? "good"
            : mark == MCUB_MARK_BAD ? "bad"
                                    : "unset";
}

static void log_state(struct vdev_device *d, uint32_t slot, uint32_t state)
{
    vdev_print(d,
            "I: %s: magic=%s, swap_type=0x%x, copy_done=0x%x, image_ok=0x%x",
            slot == 0 ? "Primary image" : "Secondary image",
            mark_name(state & 0xff), (state >> 8) & 0xff, (state >> 16) & 0xff,
            state >> 24);
}

static void log_geometry(struct vdev_device *d, uint32_t why)
{
    static const char *const texts[] = {
        [MCUB_GEOMETRY_SECTORS] = "slots have non-compatible sectors",
        [MCUB_GEOMETRY_COUNTS] = "not a compatible amount of sectors",
        [MCUB_GEOMETRY_MANY] = "more sectors than allowed",
        [MCUB_GEOMETRY_TRAILER] = "the trailer does not fit",
        [MCUB_GEOMETRY_SCRATCH] = "no scratch area, or one too small",
    };
    const char *text = "unknown";
    if (why < sizeof(texts) / sizeof(texts[0]) && texts[why] != NULL) {
        text = texts[why];
    }
    vdev_print(d, "W: Cannot upgrade: %s", text);
}

bool vdev_selects_in_place(const struct vdev_device *d)
{
    return d->cfg.mode == MCUB_MODE_DIRECT_XIP ||
            d->cfg.mode == MCUB_MODE_DIRECT_XIP_REVERT;
}

static bool selects(const struct vdev_device *d)
{
    return vdev_selects_in_place(d) || d->cfg.mode == MCUB_MODE_RAM_LOAD;
}

static const char *slot_name(uint32_t slot)
{
    return slot == 0 ? "primary" : "secondary";
}

/* MCUboot itself says no more than that the image is not valid. */
static void note_key(struct vdev_device *d, uint8_t image, uint32_t slot,
        uint32_t err)
{
    const char *why = "its key cannot be read";
    if (err == (uint32_t)-MCUB_E_SIGNATURE) {
        why = "encrypted for another key than the bootloader's";
    } else if (err == (uint32_t)-MCUB_E_ENCRYPTED) {
        why = "encrypted with a kind or length of key that the bootloader "
              "does not have";
    } else if (err == (uint32_t)-MCUB_E_TLV) {
        why = "encrypted, but the key is missing or has another length";
    }
    vdev_note(d, "image %u slot %u: %s", image, slot, why);
}

static void log_refusal(struct vdev_device *d, enum mcub_log_event event,
        uint8_t image, uint32_t a, uint32_t b)
{
    if (event == MCUB_LOG_NO_SPACE) {
        vdev_print(d, "W: Not enough free space to run swap upgrade");
        vdev_print(d, "W: required %u bytes but only %u are available", a, b);
    } else if (event == MCUB_LOG_TOO_LARGE) {
        vdev_print(d, "E: Image %u is too large: %u bytes, limit %u", image, a,
                b);
    } else if (event == MCUB_LOG_SLOT_INVALID) {
        vdev_print(d, "E: Image in the %s slot is not valid! (%s)",
                slot_name(a), mcub_err_to_str(-(int)b));
    } else if (event == MCUB_LOG_SLOT_ERASED) {
        vdev_print(d, "I: Image %u slot %u erased", image, a);
    } else if (event == MCUB_LOG_WRONG_OFFSET) {
        vdev_print(d,
                "E: Secondary header magic detected in first sector, "
                "wrong upload address?");
    } else if (event == MCUB_LOG_DOWNGRADE) {
        vdev_print(d, "E: Insufficient version in secondary slot");
        vdev_print(d,
                "I: Image %u in slot 1 erased due to downgrade prevention",
                image);
    } else if (event == MCUB_LOG_DEPENDENCY) {
        vdev_print(d, "W: Image %u: a dependency is not met", image);
    } else if (event == MCUB_LOG_NO_KEY) {
        note_key(d, image, a, b);
    }
}

static void log_work(struct vdev_device *d, enum mcub_log_event event,
        uint8_t image, uint32_t a, uint32_t b)
{
    if (event == MCUB_LOG_RESUME) {
        vdev_print(d, "I: Image %u: resuming interrupted %s, %u steps done",
                image, swap_name(a), b);
    } else if (event == MCUB_LOG_REVERT_DROPPED) {
        vdev_print(d, "I: Image %u: revert dropped, image %u goes on", image,
                a);
    } else if (event == MCUB_LOG_SWAP_START) {
        vdev_print(d, "I: Starting swap of image %u: %u bytes", image, b);
    } else if (event == MCUB_LOG_COPY_START) {
        vdev_print(d,
                "I: Image %u upgrade secondary slot -> primary slot, %u bytes",
                image, b);
    } else if (event == MCUB_LOG_DONE) {
        vdev_print(d, "I: Image %u: %s done", image, swap_name(a));
    }
}

/* Modes that select a slot. */
static void log_select(struct vdev_device *d, enum mcub_log_event event,
        uint8_t image, uint32_t a, uint32_t b)
{
    if (event == MCUB_LOG_SELECTED) {
        d->selected = (uint8_t)(a & 1);
    } else if (event == MCUB_LOG_UNCONFIRMED) {
        vdev_print(d,
                "I: Image %u in the %s slot ran once, or was never marked, "
                "and is not confirmed",
                image, slot_name(a));
        vdev_print(d, "I: Erasing faulty image in the %s slot.", slot_name(a));
    } else if (event == MCUB_LOG_WRONG_ADDRESS) {
        vdev_print(d,
                "W: Image in %s slot at 0x%x has been built for offset 0x%x, "
                "skipping",
                slot_name(a), d->pairs[image].slot[a & 1].off, b);
    } else if (event == MCUB_LOG_LOADED) {
        vdev_print(d, "I: Image %u RAM loading to 0x%x is succeeded.", image,
                a);
    }
}

/* Rare events. */
static void log_rest(struct vdev_device *d, enum mcub_log_event event,
        uint8_t image, uint32_t a, uint32_t b)
{
    if (event == MCUB_LOG_LOADER) {
        vdev_print(d, "I: Starting the firmware loader%s",
                a == 1 ? " (asked for)" : "");
    } else if (event == MCUB_LOG_BOOTSTRAP) {
        vdev_print(d, "I: Image %u: no primary image, %u bytes copied", image,
                b);
    } else if (event == MCUB_LOG_STATUS_LOST) {
        vdev_print(d, "E: Image %u: progress record %u not written", image, a);
    }
}

/* What there is to choose from. */
static void log_start(struct vdev_device *d)
{
    vdev_print(d, "I: Starting %sbootloader",
            vdev_selects_in_place(d) ? "Direct-XIP " : "");
    for (uint8_t slot = 0; selects(d) && slot < 2; slot++) {
        struct mcub_slot_image found;
        const char *name = slot == 0 ? "Primary" : "Secondary";
        if (mcub_slot_open(&d->board, 0, slot, &found) != 0) {
            vdev_print(d, "I: Image 0 %s slot: Image not found", name);
            continue;
        }
        const struct mcub_version *v = &found.image.hdr.version;
        vdev_print(d, "I: Image 0 %s slot: version=%u.%u.%u+%u", name, v->major,
                v->minor, v->revision, v->build);
    }
}

static void log_end(struct vdev_device *d, enum mcub_log_event event,
        uint32_t a)
{
    if (event == MCUB_LOG_JUMP && selects(d)) {
        vdev_print(d, "I: Image 0 loaded from the %s slot",
                slot_name(d->selected));
    }

    if (event == MCUB_LOG_HOOK_FAILED) {
        vdev_print(d, "E: Network core did not take its image");
    } else if (event == MCUB_LOG_NOT_BOOTABLE) {
        vdev_print(d, "E: Unable to find bootable image (%s)",
                mcub_err_to_str(-(int)a));
    } else if (event == MCUB_LOG_JUMP) {
        vdev_print(d, "I: Bootloader chainload address offset: 0x%x", a);
    }
}

static void boot_log(void *ctx, enum mcub_log_event event, uint8_t image,
        uint32_t a, uint32_t b)
{
    struct vdev_device *d = ctx;
    if (event == MCUB_LOG_START) {
        log_start(d);
    } else if (event == MCUB_LOG_STATE) {
        log_state(d, a, b);
    } else if (event == MCUB_LOG_SWAP_TYPE) {
        vdev_print(d, "I: Image index: %u, Swap type: %s", image, swap_name(a));
    } else if (event == MCUB_LOG_GEOMETRY) {
        log_geometry(d, a);
    } else {
        log_refusal(d, event, image, a, b);
        log_work(d, event, image, a, b);
        log_select(d, event, image, a, b);
        log_rest(d, event, image, a, b);
        log_end(d, event, a);
    }
}

/* Read the RAM copy behind mcub's back, as the network core does. */
static int ram_read(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct mcub_slot *slot = ctx;
    return mcub_flash_read(slot->flash, slot->off + off, buf, len);
}

/*
 * The network core copies the image out of RAM into its own flash: pages of
 * 2 KiB there, the same times per word.
 */
static int post_copy(void *ctx, uint8_t image)
{
    struct vdev_device *d = ctx;
    struct mcub_slot slot = d->pairs[image].slot[0];
    struct mcub_source src = { ram_read, &slot, 0, slot.size };
    struct mcub_image copied;
    struct mcub_hash hash;
    if (!d->pairs[image].unreadable) {
        return 0;
    }
    if (mcub_image_open(&copied, &src) != 0 ||
            mcub_image_find_hash(&copied, &hash) != 0) {
        return MCUB_E_HOOK;
    }
    struct vdev_net_core *net = &d->chip.state->net_core;
    net->version = copied.hdr.version;
    net->hash_len = (uint8_t)hash.len;
    memcpy(net->hash, hash.bytes, hash.len);
    net->copies++;
    const struct vdev_part_config *in = &d->cfg.part[VDEV_PART_INTERNAL];
    uint32_t size = mcub_image_total_size(&copied);
    d->chip.cost_us += (uint64_t)(size / 2048 + 1) * in->erase_us +
            (uint64_t)(size / 4 + 1) * in->word_us;
    char text[MCUB_VERSION_TEXT_SIZE];
    mcub_version_print(&net->version, '+', text);
    vdev_print(d, "I: Turned on network core");
    vdev_print(d, "I: Network core runs image %u version %s now", image, text);
    return 0;
}

static bool wants_loader(void *ctx)
{
    const struct vdev_device *d = ctx;
    return d->loader_asked;
}

const struct mcub_boot_ops vdev_boot_ops = {
    .log = boot_log,
    .post_copy = post_copy,
    .verify = vdev_verify,
    .ram = vdev_ram,
    .wants_loader = wants_loader,
};
