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
                version, s->hash_len == 0 ? "(not told)" : hash, cli_flags(s),
                s->bootable ? "" : " (not bootable)");
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

/* The same where something runs: v runs, w is in the other slot, if any. */
static char *explain_running(const struct dfu_slot *run,
        const struct dfu_slot *other, const char *v, const char *w,
        bool flags_told)
{
    if (other != NULL && other->permanent) {
        return g_strdup_printf(
                "%s runs. %s waits in slot %u, marked for good: the next "
                "reset installs it, and there is no way back by itself.",
                v, w, other->slot);
    }
    if (other != NULL && other->pending) {
        return g_strdup_printf(
                "%s runs. %s waits in slot %u for a test: the next reset "
                "boots it on trial; unless it is confirmed then, the reset "
                "after that brings %s back.",
                v, w, other->slot, v);
    }
    if (run->active && !run->confirmed && flags_told) {
        return g_strdup_printf("%s runs ON TRIAL: it is not confirmed. The "
                               "next reset brings "
                               "%s back. Keep it with: smpctl image confirm",
                v, other != NULL ? w : "the previous image");
    }
    if (other != NULL) {
        return g_strdup_printf("%s runs and is confirmed. %s lies in slot %u, "
                               "not marked: a "
                               "reset changes nothing.",
                v, w, other->slot);
    }
    return g_strdup_printf("%s runs%s. The other slot holds no image: a "
                           "reset changes nothing.",
            v, run->confirmed ? " and is confirmed" : "");
}

/* What the next reset does with one image. */
static char *explain(const struct dfu_device *device, uint8_t image)
{
    const struct dfu_slot *run = dfu_device_running(device, image);
    const struct dfu_slot *other = dfu_device_slot(device, image,
            run != NULL && run->slot == 1 ? 0 : 1);
    char *v = run == NULL ? g_strdup("?") : cli_slot_version(run);
    char *w = other == NULL ? g_strdup("?") : cli_slot_version(other);
    char *text;
    if (run == NULL && other == NULL) {
        text = g_strdup(image == 0
                        ? "nothing is listed."
                        : "nothing is listed. For a network core this is "
                          "normal: its image cannot be read back.");
    } else if (run == NULL) {
        text = g_strdup_printf(
                "%s waits in slot %u%s. What runs cannot be read: this is "
                "normal for the network core of an nRF5340, whose image is "
                "copied over at the reset and cannot be taken back.",
                w, other->slot,
                other->pending ? ", marked for the next reset" : "");
    } else {
        text = explain_running(run, other, v, w, device->flags_told);
    }
    g_free(v);
    g_free(w);
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

void cli_explain_slots(struct cli *cli, const struct dfu_device *device,
        JsonBuilder *b)
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
    unsigned count = MAX(device->image_count, 1u);
    for (unsigned image = 0; image < count; image++) {
        char *text = explain(device, (uint8_t)image);
        cli_out(cli, "Image %u: %s\n", image, text);
        json_builder_begin_object(b);
        cli_json_add_int(b, "image", image);
        cli_json_add_string(b, "text", text);
        json_builder_end_object(b);
        g_free(text);
    }
    json_builder_end_array(b);
    if (trial_core) {
        cli_out(cli,
                "A revert brings back the application only: an updated "
                "network core stays as it is.\n");
    }
}
