// SPDX-License-Identifier: Apache-2.0
/* While an update works: plan, steps, warnings and the live line. */
#include <string.h>

#include "cli/upgrade.h"

#define LIVE_EVERY_MS  100u
#define EVENT_EVERY_MS 250u
#define BAR_CELLS      10u

const struct dfu_package *cli_upgrade_package(const struct cli_upgrade *up)
{
    return up->update->cfg.package;
}

struct cli_view cli_upgrade_view(const struct cli_upgrade *up)
{
    return (struct cli_view){ cli_upgrade_package(up),
        dfu_update_device(up->update), &up->update->cfg.options };
}

static JsonBuilder *event_begin(const char *name, const struct cli_upgrade *up)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    cli_json_add_string(b, "event", name);
    cli_json_add_double(b, "t",
            (host_session_now(up->cli->session) -
                    up->update->result.started_ms) /
                    1000.0);
    return b;
}

static void event_end(struct cli_upgrade *up, JsonBuilder *b)
{
    json_builder_end_object(b);
    cli_event(up->cli, b);
}

/* ---- the plan ---- */

static void show_findings(struct cli_upgrade *up)
{
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    const struct cli_view view = cli_upgrade_view(up);
    g_clear_pointer(&up->cli->findings, json_node_unref);
    up->cli->findings = cli_findings_json(plan, &view);
    if (plan->fatal_count > 0) {
        return; /* the failure speaks; the rest would only hide it */
    }
    for (unsigned i = 0; i < plan->finding_count; i++) {
        const struct dfu_finding *f = &plan->findings[i];
        char *text = cli_finding_text(f, &view);
        bool warn = f->severity == DFU_WARNING;
        cli_note(up->cli, "%s%s%s%s%s",
                cli_style(up->cli, true, warn ? "yellow" : "dim"),
                warn ? "warning: " : "note: ",
                cli_style(up->cli, true, "reset"), text,
                f->forced ? " (--force goes on)" : "");
        g_free(text);
    }
}

static void show_plan(struct cli_upgrade *up)
{
    const struct dfu_plan *plan = dfu_update_plan(up->update);
    if (up->dry_run) {
        cli_out(up->cli, "Plan (%s):\n", dfu_mode_to_str(plan->mode));
    }
    JsonBuilder *b = event_begin("plan", up);
    json_builder_set_member_name(b, "steps");
    json_builder_begin_array(b);
    for (unsigned i = 0; i < plan->step_count; i++) {
        char *text = cli_step_text(&plan->steps[i], cli_upgrade_package(up));
        if (up->dry_run) {
            cli_out(up->cli, "%3u. %s\n", i + 1, text);
            if (plan->steps[i].kind == DFU_STEP_RESET_FIRST) {
                cli_out(up->cli,
                        "     then the device is asked again; as it "
                        "looks now, this follows:\n");
            }
        } else {
            cli_verbose(up->cli, "plan %2u: %s", i + 1, text);
        }
        json_builder_add_string_value(b, text);
        g_free(text);
    }
    json_builder_end_array(b);
    cli_json_add_findings(b, up->cli);
    event_end(up, b);
}

/* ---- warnings ---- */

static const char *warning_text(const struct dfu_event *ev)
{
    switch ((enum dfu_warning)ev->warning) {
    case DFU_WARN_IMAGE_REPLACED:
        return "is no longer in its slot: a later upload overwrote it";
    case DFU_WARN_OTHER_PLACE:
        return "landed in a slot of another image";
    case DFU_WARN_NOT_LISTED:
        return "uploaded, but not listed (some slots cannot be read)";
    case DFU_WARN_MARK_NOT_SEEN:
        return "the mark was accepted, but the list does not show it";
    case DFU_WARN_SETTINGS_KEPT:
        return "the settings were not erased: the device refuses or cannot";
    case DFU_WARN_RESET_NO_ANSWER:
        return "no answer to the reset: usual, waiting for the device";
    case DFU_WARN_RESET_BUSY:
        return "the device is busy and refuses the reset: asking again";
    case DFU_WARN_CONFIRM_REFUSED:
        return "the device does not let it be confirmed";
    case DFU_WARN_UPLOAD_RESTARTED:
        return "the link or the session was lost: going on where it stopped";
    case DFU_WARN_UPLOAD_REPEATED:
        return "the last answer was lost and the list lacks the image: sent "
               "again";
    case DFU_WARN_ALREADY_CONFIRMED:
        return "is confirmed already: by itself, or the bootloader installed "
               "it for good";
    case DFU_WARN_STILL_IN_SLOT:
        return "is still in its slot after the reset: not taken over yet";
    case DFU_WARN_SLOW_FIRST:
        return "no answer to the first chunk yet: the device may be erasing "
               "the slot";
    case DFU_WARN_SMALLER_MESSAGES:
        return "large messages do not arrive: going on with smaller ones";
    case DFU_WARN_SENT_FOR_MARK:
        return "the device refuses the mark, a power cut may have left it "
               "half written: sending the image again";
    case DFU_WARN_NO_MARKS:
        return "serial recovery answers: the image is in the first slot and "
               "runs after the reset, there is no test";
    case DFU_WARN_SILENT:
        return "the device is silent: asking until it is back";
    case DFU_WARN_BY_VERSION:
        return "the device has no state write (rc 8): its bootloader starts "
               "the higher version by itself, for good";
    case DFU_WARN_NONE:
        break;
    }
    return "?";
}

static const char *warning_id(enum dfu_warning warning)
{
    static const char *const ids[] = {
        [DFU_WARN_NONE] = "none",
        [DFU_WARN_IMAGE_REPLACED] = "image-replaced",
        [DFU_WARN_OTHER_PLACE] = "other-place",
        [DFU_WARN_NOT_LISTED] = "not-listed",
        [DFU_WARN_MARK_NOT_SEEN] = "mark-not-seen",
        [DFU_WARN_SETTINGS_KEPT] = "settings-kept",
        [DFU_WARN_RESET_NO_ANSWER] = "reset-no-answer",
        [DFU_WARN_RESET_BUSY] = "reset-busy",
        [DFU_WARN_CONFIRM_REFUSED] = "confirm-refused",
        [DFU_WARN_UPLOAD_RESTARTED] = "upload-restarted",
        [DFU_WARN_UPLOAD_REPEATED] = "upload-repeated",
        [DFU_WARN_ALREADY_CONFIRMED] = "already-confirmed",
        [DFU_WARN_STILL_IN_SLOT] = "still-in-slot",
        [DFU_WARN_SLOW_FIRST] = "slow-first-chunk",
        [DFU_WARN_SMALLER_MESSAGES] = "smaller-messages",
        [DFU_WARN_SENT_FOR_MARK] = "sent-for-mark",
        [DFU_WARN_NO_MARKS] = "no-marks",
        [DFU_WARN_SILENT] = "silent",
        [DFU_WARN_BY_VERSION] = "by-version",
    };
    return warning < G_N_ELEMENTS(ids) && ids[warning] != NULL ? ids[warning]
                                                               : "other";
}

static void show_warning(struct cli_upgrade *up, const struct dfu_event *ev)
{
    const char *text = warning_text(ev);
    bool anywhere =
            ev->slot == DFU_NONE || ev->warning == DFU_WARN_ALREADY_CONFIRMED;
    char *about = ev->image == DFU_NONE ? g_strdup("")
            : anywhere
            ? g_strdup_printf("image %u: ", ev->image)
            : g_strdup_printf("image %u slot %u: ", ev->image, ev->slot);
    cli_note(up->cli, "%swarning:%s %s%s", cli_style(up->cli, true, "yellow"),
            cli_style(up->cli, true, "reset"), about, text);
    char *line = g_strdup_printf("%s%s", about, text);
    host_trace_note(up->cli->trace, host_session_now(up->cli->session),
            host_session_dev(up->cli->session), line);
    JsonBuilder *b = event_begin("warning", up);
    cli_json_add_string(b, "warning",
            warning_id((enum dfu_warning)ev->warning));
    if (ev->image != DFU_NONE) {
        cli_json_add_int(b, "image", ev->image);
    }
    if (ev->slot != DFU_NONE) {
        cli_json_add_int(b, "slot", ev->slot);
    }
    cli_json_add_string(b, "text", text);
    event_end(up, b);
    g_free(line);
    g_free(about);
}

/* ---- steps ---- */

static void show_step_begin(struct cli_upgrade *up, uint8_t index)
{
    const struct dfu_step *step = &dfu_update_plan(up->update)->steps[index];
    char *text = cli_step_text(step, cli_upgrade_package(up));
    host_trace_step(up->cli->trace, host_session_now(up->cli->session),
            host_session_dev(up->cli->session),
            dfu_step_to_str((enum dfu_step_kind)step->kind),
            step->image == DFU_NONE ? -1 : step->image,
            step->slot == DFU_NONE ? -1 : step->slot);
    JsonBuilder *b = event_begin("step", up);
    cli_json_add_string(b, "step",
            dfu_step_to_str((enum dfu_step_kind)step->kind));
    if (step->image != DFU_NONE) {
        cli_json_add_int(b, "image", step->image);
    }
    cli_json_add_string(b, "text", text);
    event_end(up, b);
    up->shown_step = index;
    switch (step->kind) {
    case DFU_STEP_UPLOAD:
    case DFU_STEP_LIST_CHECK:
    case DFU_STEP_VERIFY:
        cli_verbose(up->cli, "%s", text);
        break;
    case DFU_STEP_WAIT:
        if (up->cli->tty) {
            cli_progress(up->cli, text);
        } else {
            cli_note(up->cli, "%s", text);
        }
        break;
    default:
        cli_note(up->cli, "%s", text);
        break;
    }
    g_free(text);
}

/* ", ATT MTU 247, connection interval about 15.0 ms (estimated)", or "". */
static char *ble_text(const struct host_ble_facts *ble)
{
    if (ble->att_mtu == 0) {
        return g_strdup("");
    }
    return ble->interval_us == 0
            ? g_strdup_printf(", ATT MTU %u", ble->att_mtu)
            : g_strdup_printf(", ATT MTU %u, connection interval about %.1f ms "
                              "(estimated)",
                      ble->att_mtu, ble->interval_us / 1000.0);
}

static void show_upload_end(struct cli_upgrade *up, const struct dfu_step *step)
{
    const struct dfu_update_result *result = dfu_update_result(up->update);
    if (step->index >= DFU_IMAGES_MAX) {
        return;
    }
    const struct dfu_upload_status *s = &result->images[step->index].upload;
    uint32_t ms = s->ended_ms - s->started_ms;
    uint32_t bytes = s->size - s->resumed_at;
    char *resumed = s->resumed_at == 0
            ? g_strdup("")
            : g_strdup_printf(", resumed at %s", cli_thousands(s->resumed_at));
    const char *name = cli_image_name(cli_upgrade_package(up), step->index);
    (void)host_ble_facts(up->cli->link, &up->ble[step->index]);
    char *ble = ble_text(&up->ble[step->index]);
    char *line = s->chunk == 0
            ? g_strdup_printf("%s: %s bytes were in slot %u already", name,
                      cli_thousands(s->size), step->slot)
            : g_strdup_printf("%s: %s bytes to slot %u in %.1f s (%.2f kB/s, "
                              "chunks of %u, window %u, limit: %s%s%s)",
                      name, cli_thousands(s->size), step->slot, ms / 1000.0,
                      ms == 0 ? 0.0 : (double)bytes / ms, s->chunk, s->window,
                      dfu_limit_to_str(s->limit), ble, resumed);
    if (up->cli->line_open) {
        cli_progress(up->cli, "");
        up->cli->line_open = false; /* the summary takes its row */
    }
    cli_note(up->cli, "%s", line);
    g_free(line);
    g_free(ble);
    g_free(resumed);
}

static void show_step_end(struct cli_upgrade *up, uint8_t index)
{
    const struct dfu_step *step = &dfu_update_plan(up->update)->steps[index];
    up->shown_step = DFU_NONE;
    if (step->kind == DFU_STEP_UPLOAD) {
        show_upload_end(up, step);
    }
}

/* ---- live progress ---- */

static void live_line(struct cli_upgrade *up, const struct dfu_upload_status *s,
        uint32_t ms)
{
    const struct dfu_step *step =
            &dfu_update_plan(up->update)->steps[up->shown_step];
    char bar[BAR_CELLS + 1];
    unsigned done = (unsigned)((uint64_t)s->off * BAR_CELLS / s->size);
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', done);
    bar[BAR_CELLS] = '\0';
    double rate = ms == 0 ? 0.0 : (double)(s->off - s->resumed_at) / ms;
    double eta = rate <= 0 ? 0.0 : (s->size - s->off) / rate / 1000.0;
    char *limit = s->limit == DFU_LIMIT_NONE
            ? g_strdup("")
            : g_strdup_printf("  limit: %s", dfu_limit_to_str(s->limit));
    char *line =
            g_strdup_printf("image %u [%s] %3u%%  %s/%s  %.1f kB/s  %.0f s%s",
                    step->image, bar,
                    (unsigned)((uint64_t)s->off * 100 / s->size),
                    cli_thousands(s->off), cli_thousands(s->size), rate, eta,
                    limit);
    g_free(limit);
    cli_progress(up->cli, line);
    g_free(line);
}

static void show_progress(struct cli_upgrade *up)
{
    struct dfu_upload_status s;
    uint32_t now = host_session_now(up->cli->session);
    uint32_t every = up->cli->opt.events ? EVENT_EVERY_MS : LIVE_EVERY_MS;
    dfu_update_progress(up->update, now, &s);
    if (s.size == 0 || up->shown_step == DFU_NONE ||
            (up->shown_ms != 0 && now - up->shown_ms < every)) {
        return;
    }
    up->shown_ms = now;
    uint32_t ms = now - s.started_ms;
    live_line(up, &s, ms);
    if (up->cli->opt.events) {
        JsonBuilder *b = event_begin("progress", up);
        const struct dfu_step *step =
                &dfu_update_plan(up->update)->steps[up->shown_step];
        cli_json_add_int(b, "image", step->image);
        cli_json_add_int(b, "off", s.off);
        cli_json_add_int(b, "size", s.size);
        cli_json_add_double(b, "kB_per_s",
                ms == 0 ? 0.0 : (double)(s.off - s.resumed_at) / ms);
        cli_json_add_string(b, "limit", dfu_limit_to_str(s.limit));
        event_end(up, b);
    }
}

/* ---- the hook ---- */

static void on_device_known(struct cli_upgrade *up)
{
    const struct dfu_device *d = dfu_update_device(up->update);
    if (d->params_told) {
        host_trace_params(up->cli->trace, host_session_now(up->cli->session),
                host_session_dev(up->cli->session), d->buf_size, d->buf_count);
    }
    cli_verbose(up->cli, "device: SMP v%u, %u image%s", d->smp_version + 1u,
            d->image_count, d->image_count == 1 ? "" : "s");
}

static void on_event(struct cli_upgrade *up, struct host_session *s,
        const struct dfu_event *ev)
{
    struct host_find find = { .not_before_ms = ev->not_before_ms,
        .give_up_ms = ev->give_up_ms };
    switch ((enum dfu_event_kind)ev->kind) {
    case DFU_EVENT_DEVICE_KNOWN:
        on_device_known(up);
        break;
    case DFU_EVENT_PLAN_READY:
        show_findings(up);
        show_plan(up);
        break;
    case DFU_EVENT_STEP_BEGIN:
        show_step_begin(up, ev->step);
        break;
    case DFU_EVENT_STEP_END:
        show_step_end(up, ev->step);
        break;
    case DFU_EVENT_WARNING:
        show_warning(up, ev);
        break;
    case DFU_EVENT_FIND_DEVICE:
        cli_verbose(up->cli, "link is down, looking for the device");
        host_session_find(s, &find);
        break;
    case DFU_EVENT_DONE:
    case DFU_EVENT_FAILED:
        break;
    }
}

int cli_upgrade_poll(void *ctx, struct host_session *s)
{
    struct cli_upgrade *up = ctx;
    struct dfu_event ev;
    while (dfu_update_event(up->update, &ev)) {
        on_event(up, s, &ev);
    }
    show_progress(up);
    return 0;
}

uint32_t cli_upgrade_wait_ms(void *ctx, uint32_t now_ms)
{
    const struct cli_upgrade *up = ctx;
    (void)now_ms;
    return up->shown_step != DFU_NONE && (up->cli->tty || up->cli->opt.events)
            ? LIVE_EVERY_MS
            : UINT32_MAX;
}
