// SPDX-License-Identifier: Apache-2.0
/* The slots of a device: as a table, as JSON, and in words. */
#include <string.h>

#include "cli/cli.h"

const char *cli_flags(const struct dfu_slot *slot)
{
    static char text[96];
    const struct {
        bool set;
        const char *name;
    } flags[] = {
        { slot->active, "active" },
        { slot->confirmed, "confirmed" },
        { slot->pending, "pending" },
        { slot->permanent, "permanent" },
        { slot->compressed, "compressed" },
    };
    text[0] = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (flags[i].set) {
            if (text[0] != '\0') {
                g_strlcat(text, ", ", sizeof(text));
            }
            g_strlcat(text, flags[i].name, sizeof(text));
        }
    }
    return text[0] == '\0' ? "-" : text;
}

char *cli_slot_version(const struct dfu_slot *slot)
{
    if (slot->version_told) {
        return g_strdup(cli_version(&slot->version));
    }
    return cli_escape((struct smp_bytes){ (const uint8_t *)slot->version_text,
            strlen(slot->version_text) });
}

void cli_print_slots(struct cli *cli, const struct dfu_device *device)
{
    if (device->slot_count == 0) {
        cli_out(cli, "no images listed\n");
        return;
    }
    cli_out(cli,
            "%simage  slot  version           hash              "
            "state%s\n",
            cli_style(cli, false, "bold"), cli_style(cli, false, "reset"));
    for (unsigned i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        char *version = cli_slot_version(s);
        char *hash = cli_hex(s->hash, MIN(s->hash_len, 8u));
        cli_out(cli, "%5u  %4u  %-16s  %-16s  %s%s\n", s->image, s->slot,
                version, s->hash_len == 0 ? "(not told)" : hash,
                device->flags_told ? cli_flags(s) : "(not told)",
                s->bootable || !device->flags_told ? "" : " (not bootable)");
        g_free(version);
        g_free(hash);
    }
}

void cli_json_add_slots(JsonBuilder *b, const struct dfu_device *device)
{
    json_builder_set_member_name(b, "images");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < device->slot_count; i++) {
        const struct dfu_slot *s = &device->slots[i];
        char *version = cli_slot_version(s);
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", s->image);
        cli_json_add_int(b, "slot", s->slot);
        cli_json_add_string(b, "version", version);
        cli_json_add_hex(b, "hash", s->hash, s->hash_len);
        cli_json_add_bool(b, "bootable", s->bootable);
        cli_json_add_bool(b, "pending", s->pending);
        cli_json_add_bool(b, "confirmed", s->confirmed);
        cli_json_add_bool(b, "active", s->active);
        cli_json_add_bool(b, "permanent", s->permanent);
        json_builder_end_object(b);
        g_free(version);
    }
    json_builder_end_array(b);
}

/* Versions of the slots an outlook speaks of; what is not listed is told. */
struct names {
    char *now;
    char *next;
    char *later;
};

static char *slot_name(const struct dfu_slot *slot, const char *otherwise)
{
    return slot != NULL ? cli_slot_version(slot) : g_strdup(otherwise);
}

/* The network core: nobody can read what runs. */
static char *explain_unread(const struct dfu_outlook *o, const char *next)
{
    return g_strdup_printf(
            "%s waits in slot %u%s. What runs cannot be read: this is normal "
            "for the network core of an nRF5340, whose image is copied over at "
            "the reset and cannot be taken back.",
            next, o->next != NULL ? o->next->slot : 1,
            o->kind == DFU_OUTLOOK_INSTALL ? ", marked for the next reset"
                                           : "");
}

/* What is on trial, and nothing is confirmed. */
static char *explain_trial(const struct dfu_outlook *o, const struct names *n)
{
    if (o->held) {
        return g_strdup_printf(
                "%s runs ON TRIAL: it is not confirmed. Image %u is marked, "
                "and a boot that updates a later image takes no earlier one "
                "back: %s runs again, still on trial, and the reset after that "
                "brings %s back. Keep it with: smpctl image confirm",
                n->now, o->held_by, n->now, n->later);
    }
    if (o->kind == DFU_OUTLOOK_ERASE) {
        return g_strdup_printf(
                "%s runs ON TRIAL: it is not confirmed. The next reset erases "
                "it and starts %s. Keep it with: smpctl image confirm",
                n->now, n->next);
    }
    return g_strdup_printf("%s runs ON TRIAL: it is not confirmed. The next "
                           "reset brings %s back. Keep it with: smpctl image "
                           "confirm",
            n->now, n->next);
}

static char *explain_stays(const struct dfu_outlook *o,
        const struct dfu_slot *other, const char *now)
{
    char *w = slot_name(other, "no image");
    char *text;
    if (o->erased != NULL) {
        text = g_strdup_printf("%s runs. %s in slot %u is newer, but not "
                               "marked: the next reset erases it and starts "
                               "%s again. Mark it with: smpctl image test",
                now, w, o->erased->slot, now);
    } else if (o->tie) {
        text = g_strdup_printf(
                "%s runs from slot 1, and slot 0 holds the same version: the "
                "next reset looks at slot 0 first, starts its image when it is "
                "marked, and else erases it. The list does not tell.",
                now);
    } else if (o->unflagged) {
        text = g_strdup_printf(
                "%s is in slot %u. MCUboot's serial recovery answers, not the "
                "application, and tells no more. An upload goes straight into "
                "the first slot, without a test; smpctl os reset starts that "
                "slot, when its image is valid.",
                now, o->now->slot);
    } else if (other != NULL) {
        text = g_strdup_printf("%s runs%s. %s lies in slot %u, not marked: a "
                               "reset changes nothing.",
                now, o->now->confirmed ? " and is confirmed" : "", w,
                other->slot);
    } else {
        text = g_strdup_printf("%s runs%s. The other slot holds no image: a "
                               "reset changes nothing.",
                now, o->now->confirmed ? " and is confirmed" : "");
    }
    g_free(w);
    return text;
}

static char *explain_next(const struct dfu_outlook *o, const struct names *n)
{
    if (o->kind == DFU_OUTLOOK_TEST) {
        return g_strdup_printf(
                "%s runs. %s waits in slot %u for a test: the next reset "
                "boots it on trial; unless it is confirmed then, the reset "
                "after that brings %s back.",
                n->now, n->next, o->next->slot, n->later);
    }
    if (o->kind == DFU_OUTLOOK_SELECT) {
        return o->later == o->next
                ? g_strdup_printf("%s runs. %s lies in slot %u, and this "
                                  "bootloader starts the newest image where "
                                  "it lies: the next reset starts %s.",
                          n->now, n->next, o->next->slot, n->next)
                : g_strdup_printf(
                          "%s runs. %s waits in slot %u for a test: the next "
                          "reset starts it there on trial; unless it is "
                          "confirmed then, the reset after that erases it and "
                          "starts %s.",
                          n->now, n->next, o->next->slot, n->later);
    }
    return g_strdup_printf(o->copies
                    ? "%s runs. %s waits in slot %u: the next reset copies it "
                      "over %s, for good, and there is no way back."
                    : "%s runs. %s waits in slot %u, marked for good: the next "
                      "reset installs it instead of %s, and there is no way "
                      "back by itself.",
            n->now, n->next, o->next->slot, n->now);
}

/* Only a firmware loader lists slot 0, and it never runs from there. */
static char *explain_loader(const struct dfu_device *device)
{
    const struct dfu_slot *s = dfu_device_slot(device, 0, 0);
    if (!device->list_told) {
        return g_strdup("an application runs that manages no images: the "
                        "firmware loader does. smpctl upgrade starts it by "
                        "itself; by hand: smpctl os reset --bootloader");
    }
    char *name = slot_name(s, "nothing");
    char *text = g_strdup_printf("the firmware loader runs, %s lies in slot "
                                 "0: the next reset starts it if it is valid.",
            name);
    g_free(name);
    return text;
}

char *cli_outlook_text(const struct dfu_outlook *o,
        const struct dfu_device *device, uint8_t image)
{
    if (image == 0 && device->mode_told &&
            device->mode == SMP_BOOTLOADER_FIRMWARE_LOADER) {
        return explain_loader(device);
    }
    const struct dfu_slot *other = dfu_device_slot(device, image,
            o->now != NULL && o->now->slot == 1 ? 0 : 1);
    struct names n = { .now = slot_name(o->now, "what runs"),
        .next = slot_name(o->unread && o->next == NULL ? other : o->next,
                "the previous image"),
        .later = slot_name(o->later, "the previous image") };
    char *text;
    if (o->kind == DFU_OUTLOOK_UNKNOWN) {
        text = g_strdup(image == 0
                        ? "nothing is listed."
                        : "nothing is listed. For a network core this is "
                          "normal: its image cannot be read back.");
    } else if (o->unread) {
        text = explain_unread(o, n.next);
    } else if (o->held || o->kind == DFU_OUTLOOK_REVERT ||
            o->kind == DFU_OUTLOOK_ERASE) {
        text = explain_trial(o, &n);
    } else if (o->kind == DFU_OUTLOOK_STAYS) {
        text = o->now != NULL
                ? explain_stays(o, other, n.now)
                : g_strdup_printf("%s lies in slot %u. What runs is not "
                                  "listed.",
                          n.next, other->slot);
    } else {
        text = explain_next(o, &n);
    }
    g_free(n.now);
    g_free(n.next);
    g_free(n.later);
    return text;
}

static const char *count_text(const struct dfu_device *device)
{
    switch ((enum dfu_count_source)device->count_source) {
    case DFU_COUNT_SLOT_INFO:
        return "its slot information says so";
    case DFU_COUNT_NO_KEY:
        return "its image list has no `image` key";
    case DFU_COUNT_LIST:
        return "the `image` keys of its list say so";
    case DFU_COUNT_UNKNOWN:
        break;
    }
    return "its list is empty or says too little";
}

/* Would another bootloader do something else? */
static bool depends_on_mode(const struct dfu_outlook *o,
        const struct dfu_device *device, uint8_t image)
{
    return o->assumed && !o->unflagged && !o->unread && o->now != NULL &&
            dfu_device_slot(device, image, o->now->slot == 1 ? 0 : 1) != NULL;
}

static void add_slot_brief(JsonBuilder *b, const char *name,
        const struct dfu_slot *slot)
{
    json_builder_set_member_name(b, name);
    if (slot == NULL) {
        json_builder_add_null_value(b);
        return;
    }
    char *version = cli_slot_version(slot);
    json_builder_begin_object(b);
    cli_json_add_int(b, "slot", slot->slot);
    cli_json_add_string(b, "version", version);
    cli_json_add_hex(b, "hash", slot->hash, slot->hash_len);
    json_builder_end_object(b);
    g_free(version);
}

void cli_json_add_outlook(JsonBuilder *b, const struct dfu_outlook *o)
{
    cli_json_add_string(b, "next_reset",
            dfu_outlook_to_str((enum dfu_outlook_kind)o->kind));
    add_slot_brief(b, "runs_now", o->now);
    add_slot_brief(b, "runs_next", o->next);
    add_slot_brief(b, "runs_later", o->later);
    add_slot_brief(b, "erased", o->erased);
    cli_json_add_bool(b, "mode_assumed", o->assumed);
}

void cli_explain_slots(struct cli *cli, const struct dfu_device *device,
        int32_t mode, JsonBuilder *b)
{
    bool trial_core = dfu_device_on_trial(device) && device->image_count > 1;
    if (device->image_count == 0) {
        cli_out(cli, "How many images the device manages is not known: %s.\n",
                count_text(device));
    } else {
        cli_out(cli, "The device manages %u image%s: %s.\n",
                device->image_count, device->image_count == 1 ? "" : "s",
                count_text(device));
    }
    json_builder_set_member_name(b, "explanation");
    json_builder_begin_array(b);
    bool assumed = false;
    unsigned count = MAX(device->image_count, 1u);
    for (unsigned image = 0; image < count; image++) {
        struct dfu_outlook o;
        dfu_outlook_make(&o, device, (uint8_t)image, mode);
        char *text = cli_outlook_text(&o, device, (uint8_t)image);
        cli_out(cli, "Image %u: %s\n", image, text);
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", image);
        cli_json_add_outlook(b, &o);
        cli_json_add_string(b, "text", text);
        json_builder_end_object(b);
        g_free(text);
        assumed = assumed || depends_on_mode(&o, device, (uint8_t)image);
    }
    json_builder_end_array(b);
    if (assumed) {
        cli_out(cli,
                "The device does not tell how its bootloader works: one that "
                "swaps is assumed.\n");
    }
    if (trial_core) {
        cli_out(cli,
                "A revert brings back the application only: an updated "
                "network core stays as it is.\n");
    }
}
