// SPDX-License-Identifier: Apache-2.0
/* Plans and findings in plain words. */
#include <string.h>

#include "cli/cli.h"
#include "diag/kconfig.h"

const char *cli_version(const struct mcub_version *version)
{
    static char buffers[4][32];
    static unsigned turn;
    char *out = buffers[turn++ % 4];
    int n = g_snprintf(out, sizeof(buffers[0]), "%u.%u.%u", version->major,
            version->minor, version->revision);
    if (version->build != 0) {
        g_snprintf(out + n, sizeof(buffers[0]) - (gulong)n, "+%u",
                version->build);
    }
    return out;
}

const char *cli_image_name(const struct dfu_package *package, uint8_t index)
{
    static char buffers[2][160];
    static unsigned turn;
    char *out = buffers[turn++ % 2];
    if (index >= package->count) {
        return "the package";
    }
    const struct dfu_image *image = &package->images[index];
    g_snprintf(out, sizeof(buffers[0]), "image %u (%s)", image->image,
            image->name != NULL ? image->name : "?");
    return out;
}

static const char *mode_name(uint32_t mode)
{
    switch ((int32_t)mode) {
    case SMP_BOOTLOADER_SINGLE:
    case SMP_BOOTLOADER_SINGLE_RAM:
        return "single slot";
    case SMP_BOOTLOADER_OVERWRITE:
        return "overwrite only";
    case SMP_BOOTLOADER_DIRECT_XIP:
        return "direct-XIP without revert";
    case SMP_BOOTLOADER_FIRMWARE_LOADER:
        return "firmware loader";
    case SMP_BOOTLOADER_RAM_LOAD:
        return "RAM load";
    default:
        return "this mode";
    }
}

static char *running_version(const struct dfu_device *device,
        const struct dfu_finding *f)
{
    const struct dfu_slot *s = dfu_device_running(device, f->image);
    if (s == NULL) {
        return g_strdup("?");
    }
    return cli_slot_version(s);
}

static const char *version_of(const struct dfu_package *package,
        const struct dfu_finding *f)
{
    return f->index < package->count
            ? cli_version(&package->images[f->index].version)
            : "?";
}

/* Findings whose words are always the same; named: after an image's name. */
static const struct {
    uint8_t id;
    bool named;
    const char *text;
} plain_texts[] = {
    { DFU_FIND_LIST_REFUSED, false,
            "the device does not list its images (rc 8 ENOTSUP to group 1 "
            "command 0): no image management in this firmware" },
    { DFU_FIND_RESUME_ABSENT, true,
            "nothing waits for confirmation: it is in no slot of the device" },
    { DFU_FIND_NOT_IN_SLOT, true, "it is in no slot of the device" },
    { DFU_FIND_NET_CORE_TEST, false,
            "the bootloader does not tell its mode; if it overwrites, the "
            "update is for good and cannot be confirmed or reverted. Safer:"
            " --mode confirm-only" },
    { DFU_FIND_MARKED_FOR_GOOD, true,
            "already marked for good, so it will not run on trial" },
    { DFU_FIND_SETTINGS, false,
            "settings are erased: Bluetooth bonds may be gone afterwards" },
    { DFU_FIND_FORCED_ACTIVE, true, "sent although it runs already (--force)" },
    { DFU_FIND_XIP_IN_SWAP, true,
            "the package is for direct-XIP, this device swaps" },
    { DFU_FIND_NET_CORE, true,
            "network core: it is copied over at the reset, cannot be read "
            "back, and a revert brings back the application only" },
    { DFU_FIND_DUPLICATE_FILE, true,
            "same bytes as an earlier file, sent without sha" },
    { DFU_FIND_OTHER_VARIANT, true, "made for the other slot, left out" },
    { DFU_FIND_NOTHING_TO_DO, false, "everything runs already: nothing to do" },
    { DFU_FIND_NET_CORE_ASSUMED, true,
            "taken as installed together with the application on trial" },
    { DFU_FIND_RECOVERY, false,
            "serial recovery answers: the upload goes straight into the "
            "first slot, there is no test" },
    { DFU_FIND_CONFIRM_LATER, true,
            "marked for a test before: it is confirmed after the reset" },
};

static char *plain_text(const struct dfu_finding *f, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain_texts); i++) {
        if (plain_texts[i].id == f->id) {
            return plain_texts[i].named
                    ? g_strdup_printf("%s: %s", name, plain_texts[i].text)
                    : g_strdup(plain_texts[i].text);
        }
    }
    return NULL;
}

/* Findings about what the device holds and can. NULL: not one of them. */
static char *device_text(const struct dfu_finding *f,
        const struct dfu_package *package, const char *name)
{
    switch (f->id) {
    case DFU_FIND_MORE_IMAGES:
        return g_strdup_printf("the package has images up to image %u, the "
                               "device manages %u: %s would be written over "
                               "image 0's slot 1, and the update could never "
                               "be tested",
                f->need - 1, f->have,
                f->index < package->count
                        ? name
                        : cli_image_name(package,
                                  (uint8_t)(package->count - 1)));
    case DFU_FIND_COUNT_UNKNOWN:
        return g_strdup_printf("the package has %u images, and the device "
                               "does not say how many it manages",
                f->need);
    case DFU_FIND_MODE:
        return g_strdup_printf("mode %s is impossible: the bootloader works "
                               "in %s mode and keeps no previous image",
                dfu_mode_to_str((enum dfu_mode)f->need), mode_name(f->have));
    case DFU_FIND_ONE_SLOT:
        return g_strdup_printf("%s: this device has one slot, and what runs "
                               "lies in it: an application cannot replace "
                               "itself (%s mode)",
                name, mode_name(f->have));
    case DFU_FIND_NO_SUCH_IMAGE:
        return g_strdup_printf("the package has no image %u", f->need);
    case DFU_FIND_RECOVERY_TEST:
        return g_strdup_printf("mode %s is impossible in serial recovery: it "
                               "writes the first slot directly",
                dfu_mode_to_str((enum dfu_mode)f->need));
    case DFU_FIND_MARKED_OTHER_FOR_GOOD:
        return g_strdup_printf("image %u: another image in slot %u is marked "
                               "for good: a reset installs it",
                f->image, f->slot);
    case DFU_FIND_NEEDS_RESET:
        if (f->have == DFU_RESET_LOADER) {
            return g_strdup_printf("image %u: only the firmware loader takes "
                                   "uploads: a reset starts it, and "
                                   "upload-only resets nothing",
                    f->image);
        }
        return g_strdup_printf(f->have == DFU_RESET_TRIAL
                        ? "image %u: another image runs on trial: slot %u is "
                          "free after a reset only, and upload-only resets "
                          "nothing"
                        : "image %u: another image in slot %u is marked for a "
                          "test: the slot is free after a reset only, and "
                          "upload-only resets nothing",
                f->image, f->slot);
    case DFU_FIND_PENDING_LOST:
        return g_strdup_printf("image %u: another image is marked in slot "
                               "%u: the device is reset first, which boots it",
                f->image, f->slot);
    case DFU_FIND_TRIAL_LOST:
        return g_strdup_printf("image %u: another image runs on trial: the "
                               "device is reset first, which brings the "
                               "confirmed image back",
                f->image);
    default:
        return NULL;
    }
}

/* Findings about one image that does not suit. NULL: not one of them. */
static char *image_text(const struct dfu_finding *f,
        const struct dfu_package *package, const struct dfu_device *device,
        const char *name)
{
    char *board = cli_escape((struct smp_bytes){ (const uint8_t *)device->board,
            strlen(device->board) });
    char *running = running_version(device, f);
    char *text = NULL;
    switch (f->id) {
    case DFU_FIND_SLOT_SIZE:
        text = g_strdup_printf("%s: %s bytes do not fit slot %u of %s bytes",
                name, cli_thousands(f->need), f->slot, cli_thousands(f->have));
        break;
    case DFU_FIND_SWAP_SIZE:
        text = g_strdup_printf("%s: %s bytes fit slot %u, but the bootloader "
                               "can swap at most %s",
                name, cli_thousands(f->need), f->slot, cli_thousands(f->have));
        break;
    case DFU_FIND_SWAP_TIGHT:
        text = g_strdup_printf("%s: %s bytes may be too much to swap "
                               "(estimate: %s)",
                name, cli_thousands(f->need), cli_thousands(f->have));
        break;
    case DFU_FIND_WRONG_SLOT:
        text = g_strdup_printf("%s: linked for slot %u, but slot %u is the "
                               "free one of this direct-XIP device",
                name, f->need, f->slot);
        break;
    case DFU_FIND_DOWNGRADE:
        text = g_strdup_printf("%s: version %s is lower than %s, which runs "
                               "in slot %u, and the bootloader refuses "
                               "downgrades",
                name, version_of(package, f), running, f->slot);
        break;
    case DFU_FIND_NOT_HIGHER:
        text = g_strdup_printf("%s: version %s is not higher than %s, which "
                               "runs in slot %u (--upgrade-only)",
                name, version_of(package, f), running, f->slot);
        break;
    case DFU_FIND_LOWER_VERSION:
        text = g_strdup_printf("%s: version %s is lower than the running %s",
                name, version_of(package, f), running);
        break;
    case DFU_FIND_BOARD:
        text = g_strdup_printf("%s: made for board %s, the device says it is "
                               "%s",
                name,
                f->index < package->count &&
                                package->images[f->index].board != NULL
                        ? package->images[f->index].board
                        : "?",
                board);
        break;
    case DFU_FIND_RESUME_REVERTED:
        text = g_strdup_printf("%s: nothing waits for confirmation: it lies "
                               "in slot %u, not marked; it was reverted or "
                               "never booted",
                name, f->slot);
        break;
    default:
        break;
    }
    g_free(board);
    g_free(running);
    return text;
}

static char *any_text(const struct dfu_finding *f, const struct cli_view *view)
{
    const char *name = cli_image_name(view->package, f->index);
    char *text = plain_text(f, name);
    if (text == NULL) {
        text = device_text(f, view->package, name);
    }
    if (text == NULL) {
        text = image_text(f, view->package, view->device, name);
    }
    if (text == NULL) {
        text = cli_boot_finding_text(f, view);
    }
    return text != NULL ? text : g_strdup_printf("%s: finding %u", name, f->id);
}

char *cli_finding_text(const struct dfu_finding *f, const struct cli_view *view)
{
    char *text = any_text(f, view);
    if (f->rests_on == NULL) {
        return text;
    }
    char *whole = g_strdup_printf("%s (assumed: %s)", text, f->rests_on->from);
    g_free(text);
    return whole;
}

/* Lines to be pasted into a file stand alone. */
#define LINE "\n           "

const char *cli_finding_next(const struct dfu_finding *f)
{
    const char *next = cli_boot_finding_next(f);
    switch (f->id) {
    case DFU_FIND_MORE_IMAGES:
        /* clang-format off */
        return "send only the application image: --image 0. Or rebuild "
               "application and\n"
               "       bootloader for two images, and flash that bootloader "
               "once by cable.\n"
               "       Before sysbuild, in prj.conf:"
               LINE DIAG_TWO_IMAGES_APP(LINE) "\n"
               "       and in child_image/mcuboot.conf:"
               LINE DIAG_TWO_IMAGES_BOOT(LINE) "\n"
               "       With sysbuild, in sysbuild.conf:"
               LINE DIAG_TWO_IMAGES_SYSBUILD(LINE);
        /* clang-format on */
    case DFU_FIND_COUNT_UNKNOWN:
        return "send one image at a time: --image 0";
    case DFU_FIND_SLOT_SIZE:
    case DFU_FIND_SWAP_SIZE:
        return "make the image smaller, or the slots larger (the bootloader "
               "is flashed again then); smpctl image slots shows the sizes";
    case DFU_FIND_WRONG_SLOT:
        return "send the variant that is linked for the free slot; the "
               "package of a direct-XIP build holds both";
    case DFU_FIND_DOWNGRADE:
        return "build with a higher version; --force sends it all the same, "
               "and MCUboot will refuse it";
    case DFU_FIND_MODE:
    case DFU_FIND_RECOVERY_TEST:
        return "use --mode confirm-only";
    case DFU_FIND_BOARD:
        return "take the package of this board, or --force when you know "
               "better";
    case DFU_FIND_NOT_HIGHER:
        return "build with a higher version, or leave out --upgrade-only";
    case DFU_FIND_MARKED_OTHER_FOR_GOOD:
        return "erase it first: smpctl image erase; or --force, which resets "
               "and so installs it first";
    case DFU_FIND_NEEDS_RESET:
        return f->have == DFU_RESET_LOADER
                ? "smpctl os reset --bootloader first, or --force, which does "
                  "it"
                : "smpctl os reset first, or --force, which resets first";
    case DFU_FIND_ONE_SLOT:
        return "update it through MCUboot's serial recovery (often smpctl os "
               "reset --bootloader, or a button), or with a debugger";
    case DFU_FIND_NO_SUCH_IMAGE:
        return "smpctl package show FILE lists what it holds";
    case DFU_FIND_LIST_REFUSED:
        return "build with CONFIG_IMG_MANAGER=y and CONFIG_MCUMGR_GRP_IMG=y";
    case DFU_FIND_RESUME_REVERTED:
    case DFU_FIND_RESUME_ABSENT:
        return "run the update again without --resume";
    default:
        return next != NULL ? next : "smpctl why explains what the slots hold";
    }
}

char *cli_step_text(const struct dfu_step *step,
        const struct dfu_package *package)
{
    const char *name = cli_image_name(package, step->index);
    switch ((enum dfu_step_kind)step->kind) {
    case DFU_STEP_RESET_FIRST:
        return g_strdup(step->reason == DFU_RESET_LOADER
                        ? "reset into the firmware loader"
                        : step->reason == DFU_RESET_TRIAL
                        ? "reset: ends the trial of another image"
                        : "reset: boots the image that is marked already");
    case DFU_STEP_SKIP_ACTIVE:
        return g_strdup_printf("%s: runs already, not sent", name);
    case DFU_STEP_ALREADY_IN_SLOT:
        return g_strdup_printf("%s: already in slot %u, not sent again", name,
                step->slot);
    case DFU_STEP_UPLOAD:
        return g_strdup_printf("%s: upload %s bytes to slot %u", name,
                cli_thousands(step->index < package->count
                                ? package->images[step->index].source.size
                                : 0),
                step->slot);
    case DFU_STEP_LIST_CHECK:
        return g_strdup("check that every uploaded image is listed");
    case DFU_STEP_MARK_TEST:
        return g_strdup_printf("%s: mark slot %u for a test", name, step->slot);
    case DFU_STEP_MARK_CONFIRM:
        return g_strdup_printf("%s: mark slot %u for good", name, step->slot);
    case DFU_STEP_ERASE_SETTINGS:
        return g_strdup("erase the settings");
    case DFU_STEP_RESET:
        return g_strdup("reset");
    case DFU_STEP_WAIT:
        return g_strdup("wait for the device and see what runs");
    case DFU_STEP_CONFIRM:
        return g_strdup_printf("%s: confirm", name);
    case DFU_STEP_VERIFY:
        return g_strdup("compare the image list with the package");
    }
    return g_strdup("?");
}
