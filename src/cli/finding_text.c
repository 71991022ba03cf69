// SPDX-License-Identifier: Apache-2.0
/* Findings about the bootloader and about resets, in plain words. */
#include <string.h>

#include "cli/cli.h"
#include "mcub/flaw.h"

/* Bytes of a key hash that are shown. */
#define KEY_SHOWN 4u

static const char refused[] = "it would be rejected and erased at boot";

/* One finding and what it is about. */
struct about {
    const struct dfu_finding *f;
    const struct cli_view *view;
    const struct dfu_image *image;    /* NULL: of no image of the package */
    const struct dfu_traits *traits;  /* of it; NULL: not known */
    const struct dfu_traits *running; /* of what runs; NULL: not known */
    const char *name;
};

static const char *hash_name(uint32_t len)
{
    return len == 32    ? "SHA-256"
            : len == 48 ? "SHA-384"
            : len == 64 ? "SHA-512"
                        : "an unknown hash";
}

static const char *type_name(uint32_t type)
{
    const char *name = mcub_tlv_type_to_str((uint16_t)type);
    return name != NULL ? name : "another type";
}

/* What a running image is called: "1.0.0, which runs in slot 0". */
static char *running_name(const struct about *a)
{
    const struct dfu_slot *s = dfu_device_running(a->view->device, a->f->image);
    char *version = s != NULL ? cli_slot_version(s) : NULL;
    char *text = version == NULL
            ? g_strdup("what runs")
            : g_strdup_printf("%s, which runs in slot %u", version, s->slot);
    g_free(version);
    return text;
}

static char *key_name(const struct dfu_traits *t)
{
    if (t == NULL || t->signer_count == 0 || t->signers[0].key_len == 0) {
        return g_strdup("not named");
    }
    char *hex =
            cli_hex(t->signers[0].key, MIN(t->signers[0].key_len, KEY_SHOWN));
    char *text = g_strdup_printf("hash %s…", hex);
    g_free(hex);
    return text;
}

static char *signature_text(const struct about *a)
{
    const struct dfu_build *build = a->f->rests_on;
    /* As dfu_known_signed(): image 0 stands for a core that is not read. */
    struct dfu_finding at = *a->f;
    struct about whom = *a;
    if (dfu_device_running(a->view->device, at.image) == NULL) {
        at.image = 0;
    }
    whom.f = &at;
    char *running = running_name(&whom);
    char *text = NULL;
    if (a->f->id == DFU_FIND_UNSIGNED) {
        text = build != NULL
                ? g_strdup_printf("%s: not signed, and the bootloader wants a "
                                  "signature (%s): %s",
                          a->name, type_name(build->sig_type), refused)
                : g_strdup_printf("%s: not signed, but %s, is: %s when the "
                                  "bootloader checks signatures",
                          a->name, running, refused);
    } else if (a->f->id == DFU_FIND_SIGNATURE_TYPE) {
        text = build != NULL
                ? g_strdup_printf("%s: signed with %s, but the bootloader "
                                  "wants %s: %s",
                          a->name, type_name(a->f->need), type_name(a->f->have),
                          refused)
                : g_strdup_printf("%s: signed with %s, but %s, with %s: %s "
                                  "when the bootloader checks signatures",
                          a->name, type_name(a->f->need), running,
                          type_name(a->f->have), refused);
    } else {
        char *key = key_name(a->traits);
        char *other = key_name(dfu_known_signed(a->view->options,
                a->view->device, a->f->image));
        text = g_strdup_printf("%s: signed with another key (%s) than %s "
                               "(%s): %s, unless the bootloader trusts both",
                a->name, key, running, other, refused);
        g_free(key);
        g_free(other);
    }
    g_free(running);
    return text;
}

static char *encryption_text(const struct about *a)
{
    if (a->f->id == DFU_FIND_CLEAR) {
        return g_strdup_printf("%s: plain text although its flags say "
                               "encrypted: it is for programming slot 0 by "
                               "cable; from slot %u %s",
                a->name, a->f->slot, refused);
    }
    if (a->f->rests_on != NULL && a->f->rests_on->encryption_known) {
        return g_strdup_printf("%s: encrypted, but the bootloader is built "
                               "without encryption: %s",
                a->name, refused);
    }
    if (a->f->code == DFU_OK) {
        return g_strdup_printf("%s: encrypted; whether the bootloader has the "
                               "key is not known: without it %s",
                a->name, refused);
    }
    return g_strdup_printf("%s: encrypted, but this bootloader runs images "
                           "where they lie (direct-XIP) and cannot decrypt: "
                           "%s",
            a->name, refused);
}

static char *address_text(const struct about *a)
{
    if (a->f->have == 0) {
        return g_strdup_printf("%s: built for flash address 0x%x, as the "
                               "running image is, and not for slot %u, which "
                               "is free: the bootloader would never start it",
                a->name, a->f->need, a->f->slot);
    }
    return g_strdup_printf("%s: built for flash address 0x%x, but slot %u is "
                           "at 0x%x: the bootloader would never start it",
            a->name, a->f->need, a->f->slot, a->f->have);
}

static char *counter_text(const struct about *a)
{
    const char *when = a->f->rests_on != NULL
            ? ""
            : " when the bootloader compares security counters";
    char *running = running_name(a);
    char *text;
    if (a->f->id == DFU_FIND_COUNTER) {
        text = g_strdup_printf("%s: security counter %u is lower than %u of "
                               "%s: %s%s",
                a->name, a->f->need, a->f->have, running, refused, when);
    } else if (a->running != NULL && a->running->has_counter) {
        text = g_strdup_printf("%s: no security counter, but %s, has one "
                               "(%u): %s%s",
                a->name, running, a->f->have, refused, when);
    } else {
        text = g_strdup_printf("%s: no security counter, and the bootloader "
                               "wants one: %s",
                a->name, refused);
    }
    g_free(running);
    return text;
}

static char *dependency_text(const struct about *a)
{
    const struct dfu_device *d = a->view->device;
    uint8_t image = (uint8_t)a->f->need;
    const struct dfu_slot *s = dfu_device_running(d, image);
    const struct mcub_version none = { 0 };
    const struct mcub_version *version =
            a->traits != NULL && a->f->have < a->traits->dependency_count
            ? &a->traits->dependencies[a->f->have].version
            : &none;
    char *there = NULL;
    for (uint8_t i = 0; i < a->view->package->count; i++) {
        if (a->view->package->images[i].image == image) {
            there = g_strdup_printf("the package brings %s",
                    cli_version(&a->view->package->images[i].version));
        }
    }
    if (there == NULL && image >= d->image_count) {
        there = g_strdup("the device has no such image");
    } else if (there == NULL && s != NULL) {
        char *text = cli_slot_version(s);
        there = g_strdup_printf("the device has %s", text);
        g_free(text);
    } else if (there == NULL) {
        there = g_strdup("a network core that is not updated counts as 0.0.0");
    }
    char *text = g_strdup_printf("%s: needs image %u in version %s at least, "
                                 "but %s: the bootloader would update nothing "
                                 "and keep the marks",
            a->name, image, cli_version(version), there);
    g_free(there);
    return text;
}

/* Header, hash, version. NULL: not one of them. */
static char *header_text(const struct about *a)
{
    char *running = running_name(a);
    char *text = NULL;
    switch (a->f->id) {
    case DFU_FIND_NON_BOOTABLE:
        text = g_strdup_printf("%s: its flags say NON_BOOTABLE: no bootloader "
                               "starts it, %s",
                a->name, refused);
        break;
    case DFU_FIND_COMPRESSED:
        text = g_strdup_printf("%s: compressed: where the bootloader does not "
                               "decompress, %s",
                a->name, refused);
        break;
    case DFU_FIND_NOT_FOR_RAM:
        text = g_strdup_printf("%s: not made for RAM (no RAM_LOAD flag), but "
                               "this bootloader loads images to RAM: it would "
                               "never start it",
                a->name);
        break;
    case DFU_FIND_FOR_RAM:
        text = g_strdup_printf("%s: made to run from RAM at 0x%x, but this "
                               "bootloader starts images in flash (%s)",
                a->name, a->image != NULL ? a->image->load_addr : 0,
                cli_mode_name((int32_t)a->f->have));
        break;
    case DFU_FIND_HASH_KIND:
        text = g_strdup_printf("%s: its hash is %s, but the device uses %s, "
                               "and a bootloader knows one kind: %s",
                a->name, hash_name(a->f->need), hash_name(a->f->have), refused);
        break;
    case DFU_FIND_NEVER_SELECTED:
        text = g_strdup_printf("%s: version %s is not higher than %s, and this "
                               "bootloader starts the newest image: it would "
                               "never run",
                a->name,
                a->image != NULL ? cli_version(&a->image->version) : "?",
                running);
        break;
    case DFU_FIND_NET_CORE_FILE:
        text = g_strdup_printf("%s: a network core's image by its %s, but it "
                               "is to go where the application is",
                a->name,
                a->traits != NULL && a->traits->net_core_code ? "reset vector"
                                                              : "name");
        break;
    default:
        break;
    }
    g_free(running);
    return text;
}

static char *boot_text(const struct about *a)
{
    switch (a->f->id) {
    case DFU_FIND_UNSIGNED:
    case DFU_FIND_SIGNATURE_TYPE:
    case DFU_FIND_OTHER_KEY:
        return signature_text(a);
    case DFU_FIND_ENCRYPTED:
    case DFU_FIND_CLEAR:
        return encryption_text(a);
    case DFU_FIND_ADDRESS:
        return address_text(a);
    case DFU_FIND_COUNTER:
    case DFU_FIND_NO_COUNTER:
        return counter_text(a);
    case DFU_FIND_DEPENDENCY:
        return dependency_text(a);
    default:
        return header_text(a);
    }
}

/* What a slot of the device is called: "2.0.0 in slot 1". */
static char *slot_name(const struct about *a)
{
    const struct dfu_slot *s =
            dfu_device_slot(a->view->device, a->f->image, a->f->slot);
    char *version = s != NULL ? cli_slot_version(s) : g_strdup("an image");
    char *text = g_strdup_printf("%s in slot %u", version, a->f->slot);
    g_free(version);
    return text;
}

static char *reset_text(const struct about *a)
{
    char *slot = slot_name(a);
    char *running = running_name(a);
    char *text = NULL;
    switch (a->f->id) {
    case DFU_FIND_RESET_REVERTS:
        text = g_strdup_printf("image %u: %s is on trial: the next reset "
                               "takes it back",
                a->f->image, slot);
        break;
    case DFU_FIND_RESET_INSTALLS:
        text = g_strdup_printf("image %u: %s waits for a reset: the next one "
                               "boots it, too",
                a->f->image, slot);
        break;
    case DFU_FIND_RESET_RETURNS:
        text = g_strdup_printf("%s: runs on trial after the reset; unless it "
                               "is confirmed, the reset after that brings %s "
                               "back",
                a->name, running);
        break;
    case DFU_FIND_RESET_ERASES:
        text = g_strdup_printf("%s: not marked, so that the next reset erases "
                               "it (direct-XIP with revert)",
                a->name);
        break;
    case DFU_FIND_GOES_BACK_NEWER:
        text = g_strdup_printf("the previous image, %s, is newer than %s: it "
                               "was taken back before, or never ran",
                slot, running);
        break;
    case DFU_FIND_IN_SLOT_TRUSTED:
        text = g_strdup_printf("%s: slot %u shows its hash and version, so it "
                               "is not sent again; its content is checked by "
                               "the bootloader only (--force sends it)",
                a->name, a->f->slot);
        break;
    case DFU_FIND_IN_SLOT_TORN:
        text = g_strdup_printf("%s: slot %u shows its hash, but another "
                               "version: an upload did not end there; it is "
                               "sent again",
                a->name, a->f->slot);
        break;
    default:
        break;
    }
    g_free(slot);
    g_free(running);
    return text;
}

char *cli_boot_finding_text(const struct dfu_finding *f,
        const struct cli_view *view)
{
    struct about a = { .f = f,
        .view = view,
        .name = cli_image_name(view->package, f->index) };
    if (f->index < view->package->count) {
        a.image = &view->package->images[f->index];
        a.traits = a.image->traits;
    }
    a.running = dfu_known_running(view->options, view->device, f->image);
    char *text = boot_text(&a);
    return text != NULL ? text : reset_text(&a);
}

const char *cli_boot_finding_next(const struct dfu_finding *f)
{
    switch (f->id) {
    case DFU_FIND_NON_BOOTABLE:
        return "sign it without --non-bootable";
    case DFU_FIND_ENCRYPTED:
        return "send the image without encryption, or use a bootloader that "
               "decrypts";
    case DFU_FIND_CLEAR:
        return "send the file that was signed without --clear";
    case DFU_FIND_NOT_FOR_RAM:
        return "sign it for RAM: smpctl imagefile sign --load-addr ADDRESS";
    case DFU_FIND_ADDRESS:
    case DFU_FIND_NEVER_SELECTED:
        return "build it for the free slot, with a higher version";
    case DFU_FIND_HASH_KIND:
        return "sign it with the hash of this bootloader: smpctl imagefile "
               "sign --sha 256, 384 or 512";
    case DFU_FIND_UNSIGNED:
    case DFU_FIND_SIGNATURE_TYPE:
    case DFU_FIND_OTHER_KEY:
        return "sign it with the key of the bootloader; --key PUBKEY.pem "
               "checks that beforehand";
    case DFU_FIND_COUNTER:
    case DFU_FIND_NO_COUNTER:
        return "sign it with a counter that is not lower: smpctl imagefile "
               "sign --security-counter N";
    case DFU_FIND_DEPENDENCY:
        return "send a package that brings the other image, too";
    case DFU_FIND_NET_CORE_FILE:
        return "send it as image 1: --image 1; or take the package, "
               "dfu_application.zip";
    default:
        return NULL;
    }
}

JsonNode *cli_findings_json(const struct dfu_plan *plan,
        const struct cli_view *view)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_array(b);
    for (unsigned i = 0; i < plan->finding_count; i++) {
        const struct dfu_finding *f = &plan->findings[i];
        char *text = cli_finding_text(f, view);
        json_builder_begin_object(b);
        cli_json_add_string(b, "id",
                dfu_finding_to_str((enum dfu_finding_id)f->id));
        cli_json_add_string(b, "severity",
                dfu_severity_to_str((enum dfu_severity)f->severity));
        if (f->code != DFU_OK) {
            cli_json_add_string(b, "code", dfu_code_to_str(f->code));
        }
        if (f->image != DFU_NONE) {
            cli_json_add_int(b, "image", f->image);
        }
        if (f->slot != DFU_NONE) {
            cli_json_add_int(b, "slot", f->slot);
        }
        cli_json_add_bool(b, "forced", f->forced);
        cli_json_add_string(b, "assumed",
                f->rests_on != NULL ? f->rests_on->from : NULL);
        cli_json_add_string(b, "text", text);
        json_builder_end_object(b);
        g_free(text);
    }
    json_builder_end_array(b);
    JsonNode *root = json_builder_get_root(b);
    g_object_unref(b);
    return root;
}

void cli_json_add_findings(JsonBuilder *b, const struct cli *cli)
{
    if (cli->findings != NULL) {
        json_builder_set_member_name(b, "findings");
        json_builder_add_value(b, json_node_copy(cli->findings));
    }
}
