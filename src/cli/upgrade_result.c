// SPDX-License-Identifier: Apache-2.0
/* After an update: what came out, what failed, and the next step. */
#include <string.h>

#include "cli/upgrade.h"
#include "smp/group_os.h"

static const char *action_name(const struct dfu_image_result *r)
{
    switch ((enum dfu_action)r->action) {
    case DFU_ACTION_NONE:
        return "left-out";
    case DFU_ACTION_SKIP_ACTIVE:
        return "skipped-active";
    case DFU_ACTION_CONFIRM:
        return "confirmed-only";
    case DFU_ACTION_IN_SLOT:
        return "already-in-slot";
    case DFU_ACTION_UPLOAD:
        return r->uploaded ? "uploaded" : "not-uploaded";
    case DFU_ACTION_ASSUMED:
        return "installed-with-trial";
    }
    return "unknown";
}

static const char *verified_name(uint8_t verified)
{
    switch ((enum dfu_verified)verified) {
    case DFU_VERIFIED_ACTIVE:
        return "active";
    case DFU_VERIFIED_IN_SLOT:
        return "in-slot";
    case DFU_VERIFIED_NOT_READABLE:
        return "not-readable";
    case DFU_VERIFIED_STARTED:
        return "started";
    case DFU_VERIFIED_NO:
        break;
    }
    return "no";
}

static void add_version(JsonBuilder *b, const char *name, const char *version,
        const uint8_t *hash, size_t len)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    cli_json_add_string(b, "version", version);
    cli_json_add_hex(b, "hash", hash, len);
    json_builder_end_object(b);
}

static void add_image(JsonBuilder *b, const struct dfu_image *image,
        const struct dfu_image_result *r, const struct host_ble_facts *ble)
{
    uint32_t ms = r->upload.ended_ms - r->upload.started_ms;
    uint32_t sent = r->uploaded ? r->upload.size - r->upload.resumed_at : 0;
    json_builder_begin_object(b);
    cli_json_add_int(b, "image", image->image);
    cli_json_add_string(b, "file", image->name);
    if (r->from_told) {
        char *text = cli_slot_version(&r->from);
        add_version(b, "from", text, r->from.hash, r->from.hash_len);
        g_free(text);
    } else {
        cli_json_add_string(b, "from", NULL);
    }
    add_version(b, "to", cli_version(&image->version), image->hash,
            image->hash_len);
    cli_json_add_string(b, "action", action_name(r));
    cli_json_add_string(b, "verified", verified_name(r->verified));
    cli_json_add_int(b, "bytes", r->uploaded ? r->upload.size : 0);
    cli_json_add_double(b, "seconds", ms / 1000.0);
    cli_json_add_double(b, "kB_per_s", ms == 0 ? 0.0 : (double)sent / ms);
    if (r->uploaded) {
        cli_json_add_int(b, "resumed_at", r->upload.resumed_at);
        cli_json_add_int(b, "chunk", r->upload.chunk);
        cli_json_add_int(b, "window", r->upload.window);
        cli_json_add_string(b, "limit", dfu_limit_to_str(r->upload.limit));
    }
    if (ble->att_mtu != 0) {
        cli_json_add_int(b, "att_mtu", ble->att_mtu);
    }
    if (ble->interval_us != 0) {
        cli_json_add_double(b, "interval_ms", ble->interval_us / 1000.0);
    }
    json_builder_end_object(b);
}

static void result_json(struct cli_upgrade *up)
{
    const struct dfu_update_result *result = dfu_update_result(up->update);
    const struct dfu_package *package = cli_upgrade_package(up);
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_bool(b, "ok", true);
    cli_json_add_string(b, "mode",
            dfu_mode_to_str(up->update->cfg.options.mode));
    if (result->dry_run) {
        const struct dfu_plan *plan = dfu_update_plan(up->update);
        cli_json_add_bool(b, "dry_run", true);
        json_builder_set_member_name(b, "plan");
        json_builder_begin_array(b);
        for (unsigned i = 0; i < plan->step_count; i++) {
            char *text = cli_step_text(&plan->steps[i], package);
            json_builder_add_string_value(b, text);
            g_free(text);
        }
        json_builder_end_array(b);
    }
    json_builder_set_member_name(b, "images");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < package->count; i++) {
        if (result->images[i].action != DFU_ACTION_NONE) {
            add_image(b, &package->images[i], &result->images[i], &up->ble[i]);
        }
    }
    json_builder_end_array(b);
    cli_json_add_findings(b, up->cli);
    cli_json_add_bool(b, "confirmed", result->confirmed);
    cli_json_add_bool(b, "on_trial", result->on_trial);
    cli_json_add_double(b, "seconds",
            (result->ended_ms - result->started_ms) / 1000.0);
    json_builder_end_object(b);
    cli_result(up->cli, b);
}

static const char *state_text(uint8_t verified)
{
    switch ((enum dfu_verified)verified) {
    case DFU_VERIFIED_ACTIVE:
        return "runs";
    case DFU_VERIFIED_IN_SLOT:
        return "in its slot";
    case DFU_VERIFIED_NOT_READABLE:
        return "installed (cannot be read back)";
    case DFU_VERIFIED_STARTED:
        return "started (applications of this device list nothing)";
    case DFU_VERIFIED_NO:
        break;
    }
    return "not verified";
}

/* A line per image; true: the update had something to do for one of them. */
static bool images_text(struct cli_upgrade *up)
{
    const struct dfu_update_result *result = dfu_update_result(up->update);
    bool sent = false;
    for (unsigned i = 0; i < cli_upgrade_package(up)->count; i++) {
        const struct dfu_image_result *r = &result->images[i];
        const struct dfu_image *image = &cli_upgrade_package(up)->images[i];
        if (r->action == DFU_ACTION_NONE) {
            continue;
        }
        sent = sent ||
                (r->action != DFU_ACTION_SKIP_ACTIVE &&
                        r->action != DFU_ACTION_ASSUMED);
        cli_out(up->cli, "image %u: %s %s%s\n", image->image,
                cli_version(&image->version), state_text(r->verified),
                r->confirmed && r->verified != DFU_VERIFIED_STARTED
                        ? ", confirmed"
                        : "");
    }
    return sent;
}

/* What the next reset does. */
static void outlook_text(struct cli *cli,
        const struct dfu_update_result *result)
{
    if (result->on_trial && cli->link->virtual_time) {
        cli_out(cli,
                "The virtual device ends with this command: its next start is "
                "that reset.\n");
    }
    if (result->on_trial) {
        cli_out(cli,
                "The new application runs on trial: the next reset "
                "brings the old one back (the application only, never a "
                "network core).\nKeep it with: smpctl image confirm\n");
    } else if (result->marked) {
        cli_out(cli, "Marked, not reset: the next reset installs it.\n");
    }
}

static void result_text(struct cli_upgrade *up)
{
    struct cli *cli = up->cli;
    const struct dfu_update_result *result = dfu_update_result(up->update);
    double seconds = (result->ended_ms - result->started_ms) / 1000.0;
    if (result->dry_run) {
        cli_out(cli, "Nothing was changed (--dry-run).\n");
        return;
    }
    if (up->package == NULL &&
            dfu_device_on_trial(dfu_update_before(up->update))) {
        const struct dfu_slot *run =
                dfu_device_running(dfu_update_device(up->update), 0);
        char *version = run != NULL ? cli_slot_version(run) : g_strdup("?");
        cli_out(cli, "image 0: %s runs again, the trial was ended\n", version);
        g_free(version);
    }
    bool sent = images_text(up);
    if (up->update->cfg.options.mode == DFU_TEST_ONLY && result->confirmed &&
            sent) {
        cli_out(cli,
                "There was no trial: the bootloader installed it for good, or "
                "the application confirmed itself.\n");
    }
    outlook_text(cli, result);
    bool acted = sent || result->resets;
    cli_out(cli, "%s%s%s in %.1f s\n", cli_style(cli, false, "green"),
            acted ? "done" : "nothing to do", cli_style(cli, false, "reset"),
            seconds);
}

/* ---- failures ---- */

/* "image 0 (app.bin): mark slot 1 for a test", or "". */
static char *what_failed(struct cli_upgrade *up)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    if (r->step < plan->step_count) {
        return cli_step_text(&plan->steps[r->step], cli_upgrade_package(up));
    }
    return g_strdup("asking the device");
}

static const char *next_for(enum dfu_code code)
{
    switch ((int)code) {
    case DFU_NO_ANSWER:
        return "check power and connection, then run the same command again: "
               "an upload goes on where it stopped";
    case DFU_LINK_LOST:
        return "run the same command again: the upload goes on where it "
               "stopped";
    case DFU_DEVICE_DID_NOT_RETURN:
        return "watch the console of the device; if it comes back later, "
               "smpctl upgrade --resume finishes the update";
    case DFU_IMAGE_REPLACED:
        return "this firmware has one slot pair: send one image, --image 0";
    case DFU_UPLOAD_NO_PROGRESS:
        return "reset the device (smpctl os reset) and try again";
    case DFU_UPLOAD_MISMATCH:
        return "erase the slot (smpctl image erase) and try again";
    case DFU_SWAP_REFUSED:
        return "the console of the bootloader tells why; smpctl imagefile "
               "show FILE checks the file, smpctl image slots shows the sizes";
    case DFU_LOADER_NOT_STARTED:
        return "start the firmware loader by hand (a button at reset, often), "
               "then run the same command again";
    case DFU_REVERTED:
        return "the device runs the old image; watch its console over two "
               "resets, and check the signing key";
    default:
        return "smpctl why explains what the slots hold";
    }
}

static const char *next_for_space(void)
{
    return "the firmware needs CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y, or a "
           "larger CONFIG_BT_L2CAP_TX_MTU (247 or 498)";
}

static const char *next_of(struct cli_upgrade *up)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    bool mark = r->step < plan->step_count &&
            plan->steps[r->step].kind == DFU_STEP_MARK_TEST;
    if (r->result == SMP_E_SPACE) {
        return next_for_space();
    }
    if (mark && r->refused && r->refusal.shape == SMP_REFUSAL_RC &&
            r->refusal.rc == 8) {
        return "without state write the bootloader decides by version: the "
               "next reset starts the higher one, for good; --mode "
               "confirm-only does that";
    }
    return next_for(r->code);
}

/* Which image is back, and which one is gone. */
static char *reverted(struct cli_upgrade *up, uint8_t image)
{
    const struct dfu_package *package = cli_upgrade_package(up);
    const struct dfu_slot *run =
            dfu_device_running(dfu_update_device(up->update), image);
    char *old = run != NULL ? cli_slot_version(run) : g_strdup("the old image");
    char *text = NULL;
    for (uint8_t i = 0; i < package->count && text == NULL; i++) {
        if (package->images[i].image == image) {
            text = g_strdup_printf("%s: %s is back in slot %u: MCUboot "
                                   "reverted or refused %s",
                    cli_image_name(package, i), old,
                    run != NULL ? run->slot : 0,
                    cli_version(&package->images[i].version));
        }
    }
    g_free(old);
    return text != NULL ? text : g_strdup("the old image is back");
}

static bool is_encrypted(const struct cli_upgrade *up, uint8_t image)
{
    const struct dfu_package *package = cli_upgrade_package(up);
    for (uint8_t i = 0; i < package->count; i++) {
        if (package->images[i].image == image && package->images[i].encrypted) {
            return true;
        }
    }
    return false;
}

/* Still marked: not swapped. Gone from its slot: checked and erased. */
static char *swap_refused(struct cli_upgrade *up, uint8_t image)
{
    const struct dfu_device *d = dfu_update_device(up->update);
    const struct dfu_update_result *r = dfu_update_result(up->update);
    unsigned slot = r->slot != DFU_NONE ? r->slot : 1;
    const struct dfu_slot *s = dfu_device_slot(d, image, (uint8_t)slot);
    if (d->mode_told && d->mode == SMP_BOOTLOADER_FIRMWARE_LOADER) {
        return g_strdup_printf("image %u: MCUboot did not start the new image "
                               "in slot 0, the firmware loader runs: its hash "
                               "or signature is not good, or it is not for "
                               "this board",
                image);
    }
    if (s != NULL && s->pending) {
        return g_strdup_printf("image %u: still marked in slot %u after the "
                               "reset, not swapped: MCUboot keeps the old "
                               "image",
                image, slot);
    }
    return g_strdup_printf("image %u: MCUboot checked the new image at boot, "
                           "refused it and erased it from slot %u: %s",
            image, slot,
            is_encrypted(up, image)
                    ? "the bootloader does not decrypt, or has another key "
                      "than it is meant for, or its signature is not good"
                    : "its hash or signature is not good, or it is not for "
                      "this board");
}

/* The first chunk must carry the image header beside its own fields. */
static char *too_small(const struct cli_upgrade *up, const char *what)
{
    const struct smp_link *link = &up->cli->link->info;
    bool ble = link->kind == SMP_LINK_BLE;
    char *att = ble ? g_strdup_printf("one write at ATT MTU %zu, and the "
                                      "device does not join writes",
                              link->max_message + 3)
                    : g_strdup("the connection carries no more");
    char *text = g_strdup_printf("%s: a request holds only %zu bytes here "
                                 "(%s): too few for an upload, whose first "
                                 "chunk must carry 32 bytes of the image",
            what, link->max_message, att);
    g_free(att);
    return text;
}

/* The upload that failed; NULL before one. */
static const struct dfu_upload_status *failed_upload(struct cli_upgrade *up)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    uint8_t index =
            r->step < plan->step_count ? plan->steps[r->step].index : DFU_NONE;
    return index < DFU_IMAGES_MAX ? &r->images[index].upload : NULL;
}

static char *no_progress(struct cli_upgrade *up, const char *what)
{
    const struct dfu_upload_status *s = failed_upload(up);
    int result = dfu_update_result(up->update)->result;
    if (s != NULL && s->taken_over) {
        return g_strdup_printf("%s: another client started an upload: the "
                               "device now asks for byte %s",
                what, cli_thousands(s->reported_off));
    }
    if (s != NULL && result == SMP_E_RANGE) {
        return g_strdup_printf("%s: the device asks for byte %s, behind the "
                               "end of the file",
                what, cli_thousands(s->reported_off));
    }
    if (result == SMP_E_MISSING) {
        return g_strdup_printf("%s: the device answers without saying which "
                               "byte comes next (no `off`)",
                what);
    }
    if (result != 0 && result != SMP_E_RANGE) {
        return g_strdup_printf("%s: the answers cannot be read: %s", what,
                smp_err_to_str(result));
    }
    return g_strdup_printf("%s: the device keeps asking for the same bytes: no "
                           "progress",
            what);
}

static char *mismatch(struct cli_upgrade *up, const char *what)
{
    const struct dfu_upload_status *s = failed_upload(up);
    if (s != NULL && s->match_told && !s->matched) {
        return g_strdup_printf("%s: the device says that what it stored is not "
                               "what was sent (match false)",
                what);
    }
    return g_strdup_printf("%s: every byte was taken, but the device does not "
                           "list the image afterwards",
            what);
}

/* "WHAT: TEXT: why the link is down", as far as it is known. */
static char *link_failure(const struct cli_upgrade *up, const char *what,
        const char *text)
{
    const char *reason = up->cli->link->reason;
    return g_strdup_printf("%s: %s%s%s", what, text, reason != NULL ? ": " : "",
            reason != NULL ? reason : "");
}

static char *failure_text(struct cli_upgrade *up, const char *what)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    char *refusal;
    char *text;
    switch ((int)r->code) {
    case DFU_DEVICE_REFUSED:
        refusal = host_refusal_text(&r->refusal);
        text = g_strdup_printf("%s: the device refused: %s", what, refusal);
        g_free(refusal);
        return text;
    case DFU_IMAGE_REPLACED:
        return g_strdup_printf("%s: image %u is no longer in slot %u: a later "
                               "upload overwrote it",
                what, r->image, r->slot);
    case DFU_REVERTED:
        return reverted(up, r->image == DFU_NONE ? 0 : r->image);
    case DFU_OTHER_IMAGE:
        return g_strdup_printf("image %u: another image runs after the reset, "
                               "neither the old nor the new one",
                r->image == DFU_NONE ? 0 : r->image);
    case DFU_SWAP_REFUSED:
        return swap_refused(up, r->image == DFU_NONE ? 0 : r->image);
    case DFU_DEVICE_DID_NOT_RETURN:
        return link_failure(up, what,
                "the device did not come back after the reset");
    case DFU_LOADER_NOT_STARTED:
        return g_strdup_printf("%s: the device came back without its firmware "
                               "loader",
                what);
    case DFU_NO_ANSWER:
        return g_strdup_printf("%s: no answer", what);
    case DFU_LINK_LOST:
        return link_failure(up, what, "the link is gone");
    case DFU_UPLOAD_NO_PROGRESS:
        return no_progress(up, what);
    case DFU_UPLOAD_MISMATCH:
        return mismatch(up, what);
    default:
        if (r->result == SMP_E_SPACE) {
            return too_small(up, what);
        }
        return g_strdup_printf("%s: %s%s%s", what, dfu_code_to_str(r->code),
                r->result != 0 ? ": " : "",
                r->result != 0 ? smp_err_to_str(r->result) : "");
    }
}

/* What Ctrl-C leaves behind. */
static void interrupted(struct cli_upgrade *up)
{
    struct dfu_upload_status s;
    uint32_t now = host_session_now(up->cli->session);
    const struct dfu_update_result *r = dfu_update_result(up->update);
    dfu_update_progress(up->update, now, &s);
    dfu_update_cancel(up->update, now);
    host_error_clear(&up->cli->err);
    if (r->on_trial) {
        cli_fail(up->cli, DFU_INTERRUPTED,
                "smpctl image confirm keeps the "
                "new image, a reset drops it",
                "interrupted: the new image runs on trial");
    } else if (r->resets) {
        cli_fail(up->cli, DFU_INTERRUPTED, "smpctl upgrade --resume FILE",
                "interrupted after the reset: the device goes on by itself");
    } else if (r->marked) {
        cli_fail(up->cli, DFU_INTERRUPTED,
                "smpctl os reset installs it; smpctl why explains",
                "interrupted: the new image is marked, the next reset "
                "installs it");
    } else if (s.off > 0 && s.off < s.size) {
        cli_fail(up->cli, DFU_INTERRUPTED,
                "run the same command again: it goes on there, until the "
                "device is reset",
                "interrupted at %s of %s bytes: the running image is "
                "untouched, nothing is marked",
                cli_thousands(s.off), cli_thousands(s.size));
    } else {
        cli_fail(up->cli, DFU_INTERRUPTED, "run the same command again",
                "interrupted: nothing is marked, the running image is "
                "untouched");
    }
}

static void fail_fatal(struct cli_upgrade *up, const struct dfu_finding *f)
{
    const struct cli_view view = cli_upgrade_view(up);
    char *text = cli_finding_text(f, &view);
    cli_fail(up->cli, f->code, cli_finding_next(f), "%s", text);
    g_free(text);
}

/*
 * Nobody answered a chunk. One small request more: its answer, or none, tells
 * lost packets from a device that is gone. It is for the trace, which the
 * doctor reads; it changes nothing here.
 */
static void ask_for_life(struct cli_upgrade *up)
{
    struct host_error err = HOST_ERROR_INIT;
    struct host_reply reply;
    const struct smp_os_echo_req echo = { .has = SMP_OS_ECHO_REQ_D,
        .d = { (const uint8_t *)"?", 1 } };
    const struct smp_request req = { .op = SMP_OP_WRITE,
        .group = SMP_GROUP_OS,
        .id = SMP_OS_ECHO,
        .map = &smp_os_echo_req_map,
        .body = &echo,
        .timeout_ms = 1000,
        .tries = 2 };
    if (host_session_request(up->cli->session, &req, &reply, &err) != 0) {
        host_error_clear(&err);
    }
}

/* A step that failed, or the questions before the first one. */
static void fail_step(struct cli_upgrade *up)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    if (r->code == DFU_NO_ANSWER && up->cli->link->stats.rx_messages == 0) {
        /* Never heard: only the link can know why. */
        host_session_no_answer(up->cli->session, &up->cli->err);
        return;
    }
    if (r->code == DFU_NO_ANSWER && r->step != DFU_NONE &&
            plan->steps[r->step].kind == DFU_STEP_UPLOAD) {
        ask_for_life(up);
    }
    char *what = what_failed(up);
    char *text = failure_text(up, what);
    up->cli->refusal.told = r->refused;
    up->cli->refusal.smp = r->refusal;
    cli_fail(up->cli, r->code, next_of(up), "%s", text);
    g_free(text);
    g_free(what);
}

static int report(struct cli_upgrade *up)
{
    const struct dfu_update_result *r = dfu_update_result(up->update);
    const struct dfu_finding *fatal =
            dfu_plan_fatal(dfu_update_plan(up->update));
    if (fatal != NULL && fatal->code == r->code && r->step == DFU_NONE) {
        fail_fatal(up, fatal);
    } else {
        fail_step(up);
        up->cli->judged = true;
    }
    host_trace_error(up->cli->trace, host_session_now(up->cli->session),
            host_session_dev(up->cli->session), up->cli->err.code,
            up->cli->err.message);
    return cli_failed(up->cli);
}

int cli_upgrade_finish(struct cli_upgrade *up, int run)
{
    cli_upgrade_poll(up, up->cli->session);
    cli_progress_end(up->cli);
    if (run != 0 && up->cli->err.code == DFU_INTERRUPTED) {
        interrupted(up);
        return cli_failed(up->cli);
    }
    if (run != 0) {
        return cli_failed(up->cli);
    }
    if (dfu_update_result(up->update)->code != DFU_OK) {
        return report(up);
    }
    result_text(up);
    result_json(up);
    return 0;
}
