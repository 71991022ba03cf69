// SPDX-License-Identifier: Apache-2.0
/*
 * Plans: what is done with each image, and in which order.
 *
 * the device has                       action         first
 * -----------------------------------  -------------  -----------------------
 * target runs, confirmed               SKIP_ACTIVE
 * target runs, on trial                CONFIRM        (test-only: nothing)
 * another image on trial               UPLOAD         reset: it goes back
 * target in the other slot, marked     IN_SLOT        not marked again
 * target in the other slot             IN_SLOT
 * another image marked for a test      UPLOAD         reset: it boots
 * another image marked for good        UPLOAD         fatal; forced: reset
 * none of these                        UPLOAD
 *
 * Upload-only never resets: what would need it is fatal, forced or not wanted.
 *
 * After a first reset everything is asked and planned anew.
 */
#include "dfu/plan.h"

#include <string.h>

#include "dfu/outlook.h"
#include "plan_private.h"

/* nRF52 flash: page erase, and 1024 words of 42 us. */
#define SECTOR         4096u
#define SECTOR_COPY_MS 130u
#define RESET_BASE_MS  30000u
#define RESET_MOST_MS  600000u

static void add_step(struct dfu_planner *p, enum dfu_step_kind kind,
        uint8_t index)
{
    struct dfu_plan *plan = p->plan;
    if (plan->step_count >= DFU_STEPS_MAX) {
        return; /* cannot be: 6 per image and 5 */
    }
    struct dfu_step *s = &plan->steps[plan->step_count++];
    *s = (struct dfu_step){
        .kind = (uint8_t)kind,
        .index = index,
        .image = DFU_NONE,
        .slot = DFU_NONE,
    };
    if (index != DFU_NONE) {
        s->image = p->package->images[index].image;
        s->slot = plan->slot[index];
    }
}

/* What is known of this device; NULL: nothing. */
static const struct dfu_build *find_build(const struct dfu_options *options)
{
    for (uint8_t i = 0; i < options->build_count; i++) {
        if (options->builds[i].board == NULL) {
            return &options->builds[i];
        }
    }
    return NULL;
}

/* What is known of boards of its name; NULL: nothing. */
static const struct dfu_build *find_board(const struct dfu_options *options,
        const struct dfu_device *d)
{
    for (uint8_t i = 0; d->board_told && i < options->build_count; i++) {
        const struct dfu_build *b = &options->builds[i];
        if (b->board != NULL && dfu_board_equal(b->board, d->board)) {
            return b;
        }
    }
    return NULL;
}

int32_t dfu_plan_mode(const struct dfu_device *device,
        const struct dfu_options *options)
{
    const struct dfu_build *build = find_build(options);
    if (device->mode_told) {
        return device->mode;
    }
    return build != NULL && build->mode_known ? build->mode
                                              : SMP_BOOTLOADER_UNKNOWN;
}

static struct dfu_abilities abilities(const struct dfu_device *d, int32_t mode)
{
    struct dfu_abilities can = { .marks = true, .reverts = true };
    can.recovery = d->list_told && d->slot_count > 0 && !d->flags_told;
    can.known = d->mode_told || mode != SMP_BOOTLOADER_UNKNOWN;
    if (can.recovery) {
        can.marks = false;
        can.reverts = false;
    }
    switch (mode) {
    case SMP_BOOTLOADER_OVERWRITE:
        can.reverts = false;
        break;
    case SMP_BOOTLOADER_DIRECT_XIP:
        can.xip = true;
        can.marks = false;
        can.reverts = false;
        break;
    case SMP_BOOTLOADER_DIRECT_XIP_REVERT:
    case SMP_BOOTLOADER_RAM_LOAD:
        can.xip = true;
        break;
    case SMP_BOOTLOADER_FIRMWARE_LOADER:
        can.loader = d->list_told;
        can.marks = false;
        can.reverts = false;
        break;
    case SMP_BOOTLOADER_SINGLE:
    case SMP_BOOTLOADER_SINGLE_RAM:
        can.marks = false;
        can.reverts = false;
        break;
    default: /* swaps, not told, or newer than this table */
        break;
    }
    return can;
}

static bool same_hash(const struct dfu_slot *s, const struct dfu_image *im)
{
    return s != NULL && im->hash_len != 0 && s->hash_len == im->hash_len &&
            memcmp(s->hash, im->hash, im->hash_len) == 0;
}

/*
 * The slot shows the target: by its hash, which stands at the end of an image,
 * and by its version, which stands at its start. When they disagree, another
 * upload of the same size has begun there and did not end.
 */
static bool holds(struct dfu_planner *p, const struct dfu_slot *s, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    if (!same_hash(s, im)) {
        return false;
    }
    if (s->version_told &&
            mcub_version_compare(&s->version, &im->version,
                    s->version.build != 0) != 0) {
        dfu_plan_say(p, DFU_FIND_IN_SLOT_TORN, DFU_WARNING, i)->slot = s->slot;
        return false;
    }
    return true;
}

static void need_reset(struct dfu_planner *p, uint8_t index,
        enum dfu_reset_reason reason)
{
    if (p->reset_reason == DFU_RESET_NONE) {
        p->reset_reason = (uint8_t)reason;
        p->reset_index = index;
    }
}

/* Another image is marked in the slot. */
static void decide_marked(struct dfu_planner *p, uint8_t i,
        const struct dfu_slot *other)
{
    if (other->permanent) {
        /* The reset would install it for good: not without being told. */
        dfu_plan_find(p, DFU_FIND_MARKED_OTHER_FOR_GOOD, DFU_MODE_NOT_SUPPORTED,
                i);
    } else if (p->options->mode == DFU_UPLOAD_ONLY) {
        dfu_plan_find(p, DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED, i)
                ->have = DFU_RESET_PENDING;
    }
    need_reset(p, i, DFU_RESET_PENDING);
    dfu_plan_say(p, DFU_FIND_PENDING_LOST, DFU_WARNING, i);
}

/* A "previous" image that is newer was taken back before, or never ran. */
static void check_going_back(struct dfu_planner *p, uint8_t i,
        const struct dfu_slot *other)
{
    const struct dfu_slot *running = dfu_device_running(p->device, 0);
    if (running != NULL && running->version_told && other->version_told &&
            mcub_version_compare(&other->version, &running->version, false) >
                    0) {
        dfu_plan_say(p, DFU_FIND_GOES_BACK_NEWER, DFU_WARNING, i);
    }
}

/* The target waits in the other slot. */
static void decide_in_slot(struct dfu_planner *p, uint8_t i,
        const struct dfu_slot *other)
{
    p->plan->slot[i] = other->slot;
    p->marked[i] = other->pending;
    p->plan->action[i] = DFU_ACTION_IN_SLOT;
    if (p->options->going_back) {
        check_going_back(p, i, other);
    } else {
        dfu_plan_say(p, DFU_FIND_IN_SLOT_TRUSTED, DFU_NOTE, i);
    }
    if (!other->pending) {
        return;
    }
    if (other->permanent && p->options->mode == DFU_TEST_ONLY) {
        dfu_plan_say(p, DFU_FIND_MARKED_FOR_GOOD, DFU_WARNING, i);
    }
    if (!other->permanent && p->options->mode == DFU_CONFIRM_ONLY) {
        p->later[i] = true;
        dfu_plan_say(p, DFU_FIND_CONFIRM_LATER, DFU_NOTE, i);
    }
}

/* Is what is pending marked? Else it has the higher version, and may be
 * written over. RAM load tells nobody whether it has marks. */
static bool is_marked(const struct dfu_planner *p)
{
    return p->can.marks &&
            !(p->device->mode_told &&
                    p->device->mode == SMP_BOOTLOADER_RAM_LOAD);
}

/* Where the bootloader selects, a mark is not enough to be booted. */
static bool boots_next(const struct dfu_planner *p, uint8_t image,
        const struct dfu_slot *slot)
{
    struct dfu_outlook o;
    dfu_outlook_make(&o, p->device, image, p->mode);
    return is_marked(p) && (!p->can.xip || o.next == slot);
}

static enum dfu_action decide_upload(struct dfu_planner *p, uint8_t i)
{
    if (p->options->no_upload) {
        dfu_plan_find(p, DFU_FIND_NOT_IN_SLOT, DFU_OTHER, i);
        return DFU_ACTION_NONE;
    }
    return DFU_ACTION_UPLOAD;
}

/*
 * A firmware loader: the application lists nothing, only a reset tells more.
 * The loader writes slot 0, which nobody runs, and is left by a reset.
 */
static void decide_loader(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    bool there = p->can.loader && !p->options->force &&
            same_hash(dfu_device_slot(p->device, im->image, 0), im);
    p->plan->action[i] =
            (uint8_t)(there ? DFU_ACTION_IN_SLOT : decide_upload(p, i));
    if (p->can.loader) {
        return;
    }
    if (p->options->mode == DFU_UPLOAD_ONLY) {
        dfu_plan_find(p, DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED, i)
                ->have = DFU_RESET_LOADER;
    }
    need_reset(p, DFU_NONE, DFU_RESET_LOADER);
}

/* Another image runs on trial. */
static void decide_on_trial(struct dfu_planner *p, uint8_t i,
        const struct dfu_slot *running, const struct dfu_slot *other)
{
    if (p->options->mode == DFU_UPLOAD_ONLY) {
        dfu_plan_find(p, DFU_FIND_NEEDS_RESET, DFU_MODE_NOT_SUPPORTED, i)
                ->have = DFU_RESET_TRIAL;
    }
    need_reset(p, i, DFU_RESET_TRIAL);
    dfu_plan_say(p, DFU_FIND_TRIAL_LOST, DFU_WARNING, i)->slot = running->slot;
    /* It may be the one that comes back. */
    bool back = !p->options->force && holds(p, other, i);
    p->plan->action[i] =
            (uint8_t)(back ? DFU_ACTION_SKIP_ACTIVE : decide_upload(p, i));
}

static void decide(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_slot *running = dfu_device_running(p->device, im->image);
    const struct dfu_slot *other =
            dfu_device_slot(p->device, im->image, p->plan->slot[i]);
    uint8_t *action = &p->plan->action[i];
    bool trial = running != NULL && running->active && !running->confirmed &&
            p->device->flags_told;
    if (dfu_plan_runs(p, i) && (!p->options->force || trial)) {
        *action = DFU_ACTION_SKIP_ACTIVE;
        if (trial &&
                (p->options->mode == DFU_TEST_AND_CONFIRM ||
                        p->options->mode == DFU_CONFIRM_ONLY)) {
            *action = DFU_ACTION_CONFIRM;
        }
        return;
    }
    if (dfu_plan_runs(p, i)) {
        dfu_plan_say(p, DFU_FIND_FORCED_ACTIVE, DFU_WARNING, i);
    }
    if (trial &&
            (p->device->mode_told ||
                    dfu_device_goes_back(p->device, im->image))) {
        decide_on_trial(p, i, running, other);
        return;
    }
    if (other != running && other != NULL &&
            (!p->options->force || other->pending) && holds(p, other, i)) {
        decide_in_slot(p, i, other);
        return;
    }
    if (other != NULL && other != running && other->pending &&
            boots_next(p, im->image, other)) {
        decide_marked(p, i, other);
    }
    *action = (uint8_t)decide_upload(p, i);
}

/* On trial with the target: its network core went the same way. */
static void assume_net_core(struct dfu_planner *p)
{
    bool confirms = false;
    for (uint8_t i = 0; i < p->package->count; i++) {
        confirms = confirms ||
                (p->in[i] && p->package->images[i].image == 0 &&
                        dfu_plan_runs(p, i) && dfu_device_on_trial(p->device));
    }
    for (uint8_t i = 0; i < p->package->count; i++) {
        bool gone = p->plan->action[i] == DFU_ACTION_UPLOAD;
        if (p->in[i] && p->package->images[i].net_core && gone &&
                (p->options->resume || (confirms && !p->options->force))) {
            p->plan->action[i] = DFU_ACTION_ASSUMED;
            dfu_plan_say(p, DFU_FIND_NET_CORE_ASSUMED, DFU_NOTE, i);
        }
    }
}

/* --resume finishes what waits; it starts nothing. */
static void only_resume(struct dfu_planner *p)
{
    for (uint8_t i = 0; i < p->package->count; i++) {
        uint8_t action = p->plan->action[i];
        if (!p->in[i] || (action == DFU_ACTION_IN_SLOT && p->marked[i])) {
            continue;
        }
        if (action == DFU_ACTION_IN_SLOT) {
            dfu_plan_find(p, DFU_FIND_RESUME_REVERTED, DFU_REVERTED, i);
        } else if (action == DFU_ACTION_UPLOAD) {
            dfu_plan_find(p, DFU_FIND_RESUME_ABSENT, DFU_OTHER_IMAGE, i);
        }
    }
}

bool dfu_plan_boots(const struct dfu_planner *p, uint8_t i)
{
    uint8_t action = p->plan->action[i];
    return p->options->mode != DFU_UPLOAD_ONLY &&
            (action == DFU_ACTION_UPLOAD || action == DFU_ACTION_IN_SLOT);
}

/* Image 0 on trial, but not of this run: our reset would take it back. */
static void guard_trial(struct dfu_planner *p)
{
    bool has_zero = false;
    bool resets = false;
    for (uint8_t i = 0; i < p->package->count; i++) {
        has_zero = has_zero || (p->in[i] && p->package->images[i].image == 0);
        resets = resets || dfu_plan_boots(p, i);
    }
    if (!has_zero && resets && p->device->flags_told &&
            dfu_device_on_trial(p->device)) {
        need_reset(p, DFU_NONE, DFU_RESET_TRIAL);
        struct dfu_finding *f =
                dfu_plan_say(p, DFU_FIND_TRIAL_LOST, DFU_WARNING, DFU_NONE);
        f->image = 0;
        f->slot = dfu_device_running(p->device, 0)->slot;
    }
}

static void add_upload(struct dfu_planner *p, uint8_t i)
{
    const struct dfu_image *im = &p->package->images[i];
    const struct dfu_slot_info *info =
            dfu_device_slot_info(p->device, im->image, p->plan->slot[i]);
    add_step(p, DFU_STEP_UPLOAD, i);
    struct dfu_step *s = &p->plan->steps[p->plan->step_count - 1];
    s->upload_id =
            info != NULL && info->upload_id_told ? info->upload_id : im->image;
    s->send_image = s->upload_id != 0;
    /* Servers resume by sha alone: the same file twice would not be sent. */
    s->send_sha = !im->duplicate_file;
    add_step(p, DFU_STEP_LIST_CHECK, i);
}

static void add_marks(struct dfu_planner *p)
{
    enum dfu_step_kind kind = p->options->mode == DFU_CONFIRM_ONLY
            ? DFU_STEP_MARK_CONFIRM
            : DFU_STEP_MARK_TEST;
    uint8_t count = p->package->count;
    /* The network core first: without the application it does nothing. Not
     * where it was forced upon a device that would take it for one. */
    bool descending = p->net_core && p->device->image_count > 1;
    for (uint8_t n = 0; n < count; n++) {
        uint8_t i = descending ? (uint8_t)(count - 1 - n) : n;
        if (!dfu_plan_boots(p, i) || !p->can.marks) {
            continue;
        }
        p->plan->marks = true;
        if (!p->marked[i]) {
            add_step(p, kind, i);
        }
    }
}

static void add_steps(struct dfu_planner *p)
{
    bool resets = false;
    uint8_t count = p->package->count;
    if (p->reset_reason != DFU_RESET_NONE) {
        add_step(p, DFU_STEP_RESET_FIRST, p->reset_index);
        p->plan->steps[0].reason = p->reset_reason;
        p->plan->provisional = true;
    }
    for (uint8_t i = 0; i < count; i++) {
        if (p->plan->action[i] == DFU_ACTION_CONFIRM) {
            add_step(p, DFU_STEP_CONFIRM, i);
        }
    }
    for (uint8_t i = 0; i < count; i++) {
        resets = resets || dfu_plan_boots(p, i);
        switch ((enum dfu_action)p->plan->action[i]) {
        case DFU_ACTION_SKIP_ACTIVE:
            add_step(p, DFU_STEP_SKIP_ACTIVE, i);
            break;
        case DFU_ACTION_IN_SLOT:
            add_step(p, DFU_STEP_ALREADY_IN_SLOT, i);
            break;
        case DFU_ACTION_UPLOAD:
            add_upload(p, i);
            break;
        case DFU_ACTION_NONE:
        case DFU_ACTION_CONFIRM:
        case DFU_ACTION_ASSUMED:
            break;
        }
    }
    add_marks(p);
    if (p->options->erase_settings && resets) {
        dfu_plan_say(p, DFU_FIND_SETTINGS, DFU_WARNING, DFU_NONE);
        add_step(p, DFU_STEP_ERASE_SETTINGS, DFU_NONE);
    }
    if (resets) {
        add_step(p, DFU_STEP_RESET, DFU_NONE);
        add_step(p, DFU_STEP_WAIT, DFU_NONE);
    }
    for (uint8_t i = 0; i < count; i++) {
        bool confirm = p->options->mode == DFU_TEST_AND_CONFIRM || p->later[i];
        if (dfu_plan_boots(p, i) && confirm && p->can.marks &&
                !p->package->images[i].net_core) {
            add_step(p, DFU_STEP_CONFIRM, i);
        }
    }
    add_step(p, DFU_STEP_VERIFY, DFU_NONE);
}

int dfu_plan_make(struct dfu_plan *plan, const struct dfu_package *package,
        const struct dfu_device *device, const struct dfu_options *options)
{
    struct dfu_planner p = {
        .plan = plan,
        .package = package,
        .device = device,
        .options = options,
        .reset_index = DFU_NONE,
    };
    p.build = find_build(options);
    p.board = find_board(options, device);
    p.mode = dfu_plan_mode(device, options);
    p.can = abilities(device, p.mode);
    memset(plan, 0, sizeof(*plan));
    plan->mode = options->mode;
    plan->reverts = p.can.reverts;
    dfu_plan_choose(&p);
    bool idle = true;
    for (uint8_t i = 0; i < package->count; i++) {
        if (p.in[i] && (p.can.loader || dfu_plan_needs_loader(&p))) {
            decide_loader(&p, i);
        } else if (p.in[i]) {
            decide(&p, i);
        }
    }
    assume_net_core(&p);
    if (options->resume) {
        only_resume(&p);
    }
    guard_trial(&p);
    for (uint8_t i = 0; i < package->count; i++) {
        uint8_t action = plan->action[i];
        idle = idle &&
                (action == DFU_ACTION_NONE || action == DFU_ACTION_ASSUMED ||
                        action == DFU_ACTION_SKIP_ACTIVE);
    }
    if (idle && plan->fatal_count == 0 && p.reset_reason == DFU_RESET_NONE) {
        dfu_plan_say(&p, DFU_FIND_NOTHING_TO_DO, DFU_NOTE, DFU_NONE);
    }
    dfu_plan_check(&p);
    add_steps(&p);
    return plan->fatal_count;
}

const struct dfu_finding *dfu_plan_fatal(const struct dfu_plan *plan)
{
    for (uint8_t i = 0; i < plan->finding_count; i++) {
        if (plan->findings[i].severity == DFU_FATAL) {
            return &plan->findings[i];
        }
    }
    return NULL;
}

/* Next character of a board name; revision skipped, '/' told as '_'. */
static char board_char(const char **at)
{
    if (**at == '@') {
        while (**at != 0 && **at != '/' && **at != '_') {
            (*at)++;
        }
    }
    if (**at == 0) {
        return 0;
    }
    char c = *(*at)++;
    return c == '/' ? '_' : c;
}

bool dfu_board_equal(const char *a, const char *b)
{
    for (;;) {
        char ca = board_char(&a);
        char cb = board_char(&b);
        if (ca != cb) {
            return false;
        }
        if (ca == 0) {
            return true;
        }
    }
}

uint32_t dfu_reset_timeout_ms(uint32_t swap_bytes, int32_t mode)
{
    uint32_t copies = 3; /* per sector: move, scratch, or unknown */
    if (mode == SMP_BOOTLOADER_SWAP_OFFSET) {
        copies = 2;
    } else if (mode == SMP_BOOTLOADER_OVERWRITE) {
        copies = 1;
    } else if (mode == SMP_BOOTLOADER_DIRECT_XIP ||
            mode == SMP_BOOTLOADER_DIRECT_XIP_REVERT) {
        copies = 0;
    }
    uint32_t sectors = swap_bytes / SECTOR + 1;
    if (sectors > RESET_MOST_MS / SECTOR_COPY_MS) {
        return copies == 0 ? RESET_BASE_MS : RESET_MOST_MS;
    }
    uint32_t limit = RESET_BASE_MS + 2 * sectors * copies * SECTOR_COPY_MS;
    return limit < RESET_MOST_MS ? limit : RESET_MOST_MS;
}
