// SPDX-License-Identifier: Apache-2.0
/* image …: the steps of an update, one by one. */
#include <string.h>

#include "cli/known.h"
#include "cli/upgrade.h"

/* ---- list, slots ---- */

/* A command that reads something of the device's slots. */
struct slots_read {
    uint8_t id;
    const char *what; /* "image list" */
    int (*set)(struct dfu_device *device, struct smp_bytes body);
};

/* The whole command but for its output; body points into the session. */
static int read_slots(struct cli *cli, const struct slots_read *read, int argc,
        char **argv, struct dfu_device *device, struct smp_bytes *body)
{
    struct smp_request req = { .op = SMP_OP_READ,
        .group = SMP_GROUP_IMAGE,
        .id = read->id };
    int rc = cli_parse(cli, NULL, &argc, &argv, 0, 0);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0) {
        rc = cli_request(cli, &req, read->what, body);
    }
    if (rc != 0) {
        return rc;
    }
    memset(device, 0, sizeof(*device));
    int err = read->set(device, *body);
    if (err != 0) {
        return cli_fail(cli, DFU_OTHER, "record the session with --trace FILE",
                "%s: an answer that cannot be read: %s", read->what,
                smp_err_to_str(err));
    }
    return 0;
}

static int image_list(struct cli *cli, int argc, char **argv)
{
    static const struct slots_read read = { .id = SMP_IMAGE_STATE,
        .what = "image list",
        .set = dfu_device_set_list };
    struct dfu_device device;
    struct smp_bytes body;
    int rc = read_slots(cli, &read, argc, argv, &device, &body);
    if (rc != 0) {
        return rc;
    }
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_slots(b, &device);
    json_builder_end_object(b);
    cli_result(cli, b);
    cli_print_slots(cli, &device);
    return 0;
}

static int image_slots(struct cli *cli, int argc, char **argv)
{
    static const struct slots_read read = { .id = SMP_IMAGE_SLOT_INFO,
        .what = "image slots",
        .set = dfu_device_set_slot_info };
    struct dfu_device device;
    struct smp_bytes body;
    int rc = read_slots(cli, &read, argc, argv, &device, &body);
    if (rc != 0) {
        return rc;
    }
    cli->document = cli_json_from_cbor(body);
    cli_out(cli, "%simage  slot  size         upload as  largest image%s\n",
            cli_style(cli, false, "bold"), cli_style(cli, false, "reset"));
    for (unsigned i = 0; i < device.info_count; i++) {
        const struct dfu_slot_info *s = &device.info[i];
        char *id = s->upload_id_told ? g_strdup_printf("%u", s->upload_id)
                                     : g_strdup("-");
        cli_out(cli, "%5u  %4u  %-11s  %9s  %s\n", s->image, s->slot,
                s->rc != 0 ? "cannot open" : cli_thousands(s->size), id,
                s->max_image_size != 0 ? cli_thousands(s->max_image_size)
                                       : "-");
        g_free(id);
    }
    return 0;
}

/* ---- test, confirm ---- */

/* A hash by its prefix among what the device lists, or of a file. */
static int find_hash(struct cli *cli, const char *text,
        const struct dfu_device *device, bool force, uint8_t hash[64],
        size_t *len)
{
    if (g_file_test(text, G_FILE_TEST_IS_REGULAR)) {
        const struct host_package_options opt = { .force = force };
        struct host_package *p = host_package_open(text, &opt, &cli->err);
        if (p == NULL) {
            return cli_failed(cli);
        }
        bool one = p->dfu.count == 1;
        memcpy(hash, p->dfu.images[0].hash, 64);
        *len = p->dfu.images[0].hash_len;
        host_package_close(p);
        return one ? 0
                   : cli_fail(cli, DFU_PACKAGE_WRONG_KIND,
                             "give a hash, or one image file",
                             "%s: holds several images", text);
    }
    const struct dfu_slot *found = NULL;
    unsigned matches = 0;
    for (unsigned i = 0; i < device->slot_count; i++) {
        char *hex = cli_hex(device->slots[i].hash, device->slots[i].hash_len);
        if (strlen(text) >= 4 &&
                g_ascii_strncasecmp(hex, text, strlen(text)) == 0 &&
                (found == NULL ||
                        memcmp(found->hash, device->slots[i].hash, 64) != 0)) {
            found = &device->slots[i];
            matches++;
        }
        g_free(hex);
    }
    if (matches != 1) {
        return cli_fail(cli, DFU_OTHER,
                "smpctl image list shows the hashes; "
                "four digits or more, or a file",
                "%s: %s", text,
                matches == 0 ? "no slot holds an image with this hash, and no "
                               "such file"
                             : "several images begin like this");
    }
    memcpy(hash, found->hash, 64);
    *len = found->hash_len;
    return 0;
}

/* What is asked of test and confirm. */
struct mark_options {
    struct cli_keys keys;
    struct cli_known known;
    gboolean force;
    struct dfu_options plan;
};

/* Is the finding about the boot, and so about a mark as well? */
static bool is_about_boot(const struct dfu_finding *f)
{
    return f->id == DFU_FIND_SLOT_SIZE || f->id == DFU_FIND_SWAP_SIZE ||
            f->id == DFU_FIND_SWAP_TIGHT || f->id == DFU_FIND_DOWNGRADE ||
            f->id == DFU_FIND_LOWER_VERSION ||
            (f->id >= DFU_FIND_NON_BOOTABLE && f->id <= DFU_FIND_NET_CORE_FILE);
}

/* Only these are judged and told: nothing else of an upgrade happens. */
static void keep_boot_findings(struct dfu_plan *plan)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < plan->finding_count; i++) {
        if (is_about_boot(&plan->findings[i])) {
            plan->findings[kept++] = plan->findings[i];
        }
    }
    plan->finding_count = kept;
}

/* A plain file names no image: the slot that holds it does. */
static int choose_image(struct host_package *p, const struct dfu_device *device,
        struct host_error *err)
{
    const struct dfu_image *im = &p->dfu.images[0];
    const struct dfu_slot *held =
            dfu_device_find_hash(device, im->hash, im->hash_len);
    return p->kind == HOST_PACKAGE_IMAGE && held != NULL
            ? host_package_select(p, held->image, err)
            : 0;
}

/* Would the bootloader take the image of the file, once it is marked? */
static int judge_mark(struct cli *cli, const char *path,
        const struct dfu_device *device, struct mark_options *o)
{
    struct host_package_options opt = { .force = o->force };
    int rc = cli_keys_open(cli, &o->keys, &opt);
    struct host_package *p =
            rc == 0 ? host_package_open(path, &opt, &cli->err) : NULL;
    if (p == NULL) {
        return rc != 0 ? rc : cli_failed(cli);
    }
    if (choose_image(p, device, &cli->err) != 0) {
        host_package_close(p);
        return cli_failed(cli);
    }
    struct dfu_plan *plan = g_new0(struct dfu_plan, 1);
    const struct cli_view view = { &p->dfu, device, &o->plan };
    dfu_plan_make(plan, view.package, device, &o->plan);
    keep_boot_findings(plan);
    g_clear_pointer(&cli->findings, json_node_unref);
    cli->findings = cli_findings_json(plan, &view);
    for (unsigned i = 0; rc == 0 && i < plan->finding_count; i++) {
        const struct dfu_finding *f = &plan->findings[i];
        char *text = cli_finding_text(f, &view);
        if (f->severity == DFU_FATAL) {
            rc = cli_fail(cli, f->code, cli_finding_next(f), "%s", text);
        } else {
            cli_note(cli, "%s%s:%s %s", cli_style(cli, true, "yellow"),
                    dfu_severity_to_str((enum dfu_severity)f->severity),
                    cli_style(cli, true, "reset"), text);
        }
        g_free(text);
    }
    g_free(plan);
    host_package_close(p);
    return rc;
}

/* What the next reset does with the image that was marked. */
static void tell_outlook(struct cli *cli, JsonBuilder *b,
        const struct dfu_device *device, uint8_t image, int32_t mode)
{
    struct dfu_outlook o;
    dfu_outlook_make(&o, device, image, mode);
    char *text = cli_outlook_text(&o, device, image);
    cli_out(cli, "Image %u: %s\n", image, text);
    cli_json_add_outlook(b, &o);
    cli_json_add_string(b, "text", text);
    g_free(text);
}

static int set_state(struct cli *cli, const char *what, const uint8_t *hash,
        size_t len, bool confirm, int32_t mode)
{
    struct dfu_device device;
    struct smp_bytes body;
    struct smp_image_state_req state = {
        .has = SMP_IMAGE_STATE_REQ_CONFIRM |
                (len > 0 ? SMP_IMAGE_STATE_REQ_HASH : 0),
        .hash = { hash, len },
        .confirm = confirm,
    };
    struct smp_request req = { .op = SMP_OP_WRITE,
        .group = SMP_GROUP_IMAGE,
        .id = SMP_IMAGE_STATE,
        .map = &smp_image_state_req_map,
        .body = &state };
    int rc = cli_request(cli, &req, what, &body);
    if (rc != 0) {
        return rc;
    }
    memset(&device, 0, sizeof(device));
    dfu_device_set_list(&device, body);
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_slots(b, &device);
    cli_print_slots(cli, &device);
    const struct dfu_slot *s = len > 0
            ? dfu_device_find_hash(&device, hash, (uint8_t)len)
            : dfu_device_running(&device, 0);
    if (len > 0 && s != NULL) {
        tell_outlook(cli, b, &device, s->image, mode);
    }
    cli_json_add_findings(b, cli);
    json_builder_end_object(b);
    cli_result(cli, b);
    /* Old servers answer success and do nothing: the list decides. */
    bool done = s != NULL &&
            (confirm ? s->confirmed || s->permanent : s->pending || s->active);
    if (done && confirm && len > 0 && dfu_device_on_trial(&device) &&
            !s->active) {
        done = false; /* the old image of a trial: nothing was written */
    }
    if (!done) {
        return cli_fail(cli, DFU_DEVICE_REFUSED, "smpctl why",
                "%s: the device answered success, but its list does not show "
                "the mark",
                what);
    }
    return 0;
}

/* Mark what the word names: a hash, a file, or what runs. */
static int mark(struct cli *cli, const char *word, bool confirm,
        struct mark_options *o)
{
    struct dfu_device device = { .mode = SMP_BOOTLOADER_UNKNOWN };
    uint8_t hash[64];
    size_t len = 0;
    const char *what = confirm ? "image confirm" : "image test";
    o->plan.mode = confirm ? DFU_CONFIRM_ONLY : DFU_TEST_ONLY;
    o->plan.no_upload = true;
    o->plan.force = o->force;
    int rc = cli_known_open(cli, &o->known, &o->keys, &o->plan);
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc == 0 && word != NULL) {
        rc = cli_query(cli, &device);
    }
    if (rc == 0 && word != NULL) {
        rc = find_hash(cli, word, &device, o->force, hash, &len);
    }
    if (rc == 0 && word != NULL && g_file_test(word, G_FILE_TEST_IS_REGULAR)) {
        rc = judge_mark(cli, word, &device, o);
    }
    if (rc != 0) {
        return rc;
    }
    const struct dfu_slot *s =
            len > 0 ? dfu_device_find_hash(&device, hash, (uint8_t)len) : NULL;
    char *about = len == 0
            ? g_strdup_printf("%s: running image of image 0", what)
            : s == NULL
            ? g_strdup_printf("%s: %s, in no slot of the device", what, word)
            : g_strdup_printf("%s: image %u slot %u", what, s->image, s->slot);
    rc = set_state(cli, about, hash, len, confirm,
            dfu_plan_mode(&device, &o->plan));
    g_free(about);
    return rc;
}

static int image_mark(struct cli *cli, int argc, char **argv, bool confirm)
{
    struct mark_options o = { .force = FALSE };
    const GOptionEntry entries[] = {
        { "force", 0, 0, G_OPTION_ARG_NONE, &o.force,
                "Go on although the bootloader would refuse it", NULL },
        CLI_KEYS_ENTRIES(&o.keys),
        CLI_KNOWN_ENTRIES(&o.known),
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    int rc = cli_parse(cli, entries, &argc, &argv, confirm ? 0 : 1, 1);
    if (rc == 0) {
        rc = mark(cli, argc > 1 ? argv[1] : NULL, confirm, &o);
    }
    cli_known_clear(&o.known);
    cli_keys_clear(&o.keys);
    return rc;
}

/* ---- erase ---- */

static int image_erase(struct cli *cli, int argc, char **argv)
{
    int slot = -1;
    int image = 0;
    const GOptionEntry entries[] = {
        { "slot", 0, 0, G_OPTION_ARG_INT, &slot,
                "Slot within the image (default: the unused one)", "N" },
        { "image", 0, 0, G_OPTION_ARG_INT, &image, "Image (0)", "N" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    struct smp_bytes body;
    int rc = cli_parse(cli, entries, &argc, &argv, 0, 0);
    if (rc == 0 && (slot < -1 || slot > 1 || image < 0 || image > 15)) {
        rc = cli_usage(cli, "--slot takes 0 or 1, --image 0 to 15");
    }
    if (rc == 0) {
        rc = cli_connect(cli);
    }
    if (rc != 0) {
        return rc;
    }
    struct smp_image_erase_req erase = { 0 };
    if (slot >= 0 || image > 0) {
        erase.has = SMP_IMAGE_ERASE_REQ_SLOT;
        erase.slot = (uint32_t)(2 * image + (slot < 0 ? 1 : slot));
    }
    struct smp_request req = { .op = SMP_OP_WRITE,
        .group = SMP_GROUP_IMAGE,
        .id = SMP_IMAGE_ERASE,
        .map = &smp_image_erase_req_map,
        .body = &erase,
        .timeout_ms = CLI_ERASE_TIMEOUT_MS,
        .tries = 1 };
    char *what = erase.has == 0
            ? g_strdup("image erase: image 0, the slot that is not used")
            : g_strdup_printf("image erase: image %d slot %d (slot %u on the "
                              "wire)",
                      image, slot < 0 ? 1 : slot, erase.slot);
    rc = cli_request(cli, &req, what, &body);
    if (rc == 0) {
        cli->document = cli_json_from_cbor(body);
        cli_out(cli, "%s: erased\n", what + strlen("image erase: "));
    }
    g_free(what);
    return rc;
}

int cli_cmd_image(struct cli *cli, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct cli *cli, int argc, char **argv);
    } commands[] = {
        { "list", image_list },
        { "slots", image_slots },
        { "erase", image_erase },
        { "upload", cli_cmd_image_upload },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, argv[0]) == 0) {
            return commands[i].run(cli, argc, argv);
        }
    }
    return image_mark(cli, argc, argv, strcmp(argv[0], "confirm") == 0);
}
