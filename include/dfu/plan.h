// SPDX-License-Identifier: Apache-2.0
/*
 * What will be done, and what is wrong with it: a pure function of package,
 * device and wishes. The plan can be shown before a byte is written.
 */
#ifndef DFU_PLAN_H
#define DFU_PLAN_H

#include "dfu/device.h"
#include "dfu/package.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DFU_FINDINGS_MAX 96u
#define DFU_STEPS_MAX    56u
/** "no image" in image, slot and index members. */
#define DFU_NONE 0xffu

enum dfu_mode {
    DFU_TEST_AND_CONFIRM,
    DFU_TEST_ONLY,
    DFU_CONFIRM_ONLY,
    DFU_UPLOAD_ONLY,
};

/** "test-and-confirm", …; "unknown" for other numbers. */
const char *dfu_mode_to_str(enum dfu_mode mode);

/** An image whose file was seen before: what runs is found by its hash. */
struct dfu_known {
    uint8_t hash[64];
    uint8_t hash_len;
    struct dfu_traits traits;
};

/**
 * What is known of a bootloader build though the device does not tell it, from
 * its configuration, or from the board's name. Zero: not known. Findings that
 * rest on it say so.
 */
struct dfu_build {
    const char *from;  /**< for messages: "mcuboot.conf" */
    const char *board; /**< for devices of this board; NULL: for this device */
    bool sure;         /**< else its findings are warnings */
    bool mode_known;
    int32_t mode;          /**< enum smp_bootloader_mode */
    uint32_t sector;       /**< bytes erased at once */
    uint32_t write_size;   /**< bytes written at once */
    uint32_t max_align;    /**< of the trailer */
    uint32_t max_sectors;  /**< of the trailer: status rows */
    uint32_t slot_size[2]; /**< of image 0 */
    bool slots_known;      /**< slot_off is filled */
    uint32_t slot_off[2];  /**< of image 0, addresses in flash */
    uint8_t hash_len;      /**< 32, 48 or 64 */
    bool signature_known;  /**< sig_type is filled */
    uint16_t sig_type;     /**< TLV type it wants; 0: none is checked */
    bool encryption_known; /**< encrypts is filled */
    bool encrypts;         /**< encrypted images are taken */
    bool no_downgrade;     /**< lower versions are refused */
    bool no_lower_counter; /**< lower security counters are refused */
    bool needs_counter;    /**< every image needs a security counter */
};

/** Wishes of the user. */
struct dfu_options {
    enum dfu_mode mode;
    bool force; /**< forcible findings become warnings */
    bool erase_settings;
    bool resume;          /**< only finish an update that waits */
    bool allow_downgrade; /**< do not warn of lower versions */
    bool upgrade_only;    /**< higher versions only; the device checks too */
    bool no_upload;       /**< nothing can be sent (revert) */
    bool going_back;      /**< to the previous image (revert) */
    bool only_image_given;
    uint8_t only_image;            /**< with only_image_given */
    const struct dfu_known *known; /**< known_count of them, borrowed */
    uint8_t known_count;
    const struct dfu_build *builds; /**< build_count of them, borrowed; the one
                                         for this device, and one for its board,
                                         are used */
    uint8_t build_count;
};

enum dfu_severity {
    DFU_NOTE,
    DFU_WARNING,
    DFU_FATAL,
};

/**
 * What was found. Comments name the members of struct dfu_finding that hold
 * numbers; image, slot and index are set wherever one image is meant.
 */
enum dfu_finding_id {
    /* fatal, each with its dfu_code */
    DFU_FIND_MORE_IMAGES,   /**< have = managed, need = of the package */
    DFU_FIND_COUNT_UNKNOWN, /**< need = images of the package */
    DFU_FIND_SLOT_SIZE,     /**< need = bytes, have = bytes of the slot */
    DFU_FIND_SWAP_SIZE,     /**< need = bytes, have = most that can swap */
    DFU_FIND_WRONG_SLOT,    /**< slot = free one, need = slot it is made for */
    DFU_FIND_DOWNGRADE,     /**< bootloader forbids it; slot = running one */
    DFU_FIND_MODE,          /**< have = bootloader mode, need = enum dfu_mode */
    DFU_FIND_BOARD,         /**< board of image 0 is not the device's */
    DFU_FIND_NO_SUCH_IMAGE, /**< --image N is not in the package; need = N */
    DFU_FIND_LIST_REFUSED,  /**< the device does not list images (rc 8) */
    DFU_FIND_RESUME_REVERTED, /**< nothing waits: it is in slot 1, unmarked */
    DFU_FIND_RESUME_ABSENT,   /**< nothing waits: the device has it nowhere */
    DFU_FIND_NOT_IN_SLOT,     /**< no_upload: the image is not in a slot */
    DFU_FIND_RECOVERY_TEST,   /**< recovery cannot test; need = dfu_mode */
    DFU_FIND_NOT_HIGHER,      /**< upgrade_only; slot = running one */
    DFU_FIND_MARKED_OTHER_FOR_GOOD, /**< a reset would install another image
                                         in slot for good */
    DFU_FIND_NEEDS_RESET, /**< upload-only: slot is in use until a reset;
                               have = enum dfu_reset_reason */
    DFU_FIND_ONE_SLOT,    /**< the only slot runs: have = bootloader mode */
    /* warnings */
    DFU_FIND_SWAP_TIGHT,      /**< need, have = estimate: may not swap */
    DFU_FIND_LOWER_VERSION,   /**< lower than running, nobody forbids it */
    DFU_FIND_NET_CORE_TEST,   /**< mode unknown: a test may be for good */
    DFU_FIND_PENDING_LOST,    /**< another image is marked; reset first */
    DFU_FIND_TRIAL_LOST,      /**< another image is on trial; reverted first */
    DFU_FIND_MARKED_FOR_GOOD, /**< already permanent: cannot be tested */
    DFU_FIND_SETTINGS,        /**< settings erased, bonds may be gone */
    DFU_FIND_FORCED_ACTIVE,   /**< sent though it runs already */
    DFU_FIND_XIP_IN_SWAP,     /**< slot pair for a board that swaps */
    /* notes */
    DFU_FIND_NET_CORE,         /**< cannot be read back, no revert */
    DFU_FIND_DUPLICATE_FILE,   /**< same bytes twice: sent without sha */
    DFU_FIND_OTHER_VARIANT,    /**< dropped: made for the other slot */
    DFU_FIND_NOTHING_TO_DO,    /**< everything runs already */
    DFU_FIND_NET_CORE_ASSUMED, /**< trial: its network core went along */
    DFU_FIND_RECOVERY,         /**< serial recovery: writes the first slot */
    DFU_FIND_CONFIRM_LATER,    /**< marked for test before: confirm after */
    /* would the bootloader take it? fatal when certain, else warnings */
    DFU_FIND_NON_BOOTABLE, /**< its flags say: never boot this */
    DFU_FIND_COMPRESSED,   /**< needs a bootloader that decompresses */
    DFU_FIND_ENCRYPTED,    /**< needs a bootloader with the key; fatal where
                                  none can have it */
    DFU_FIND_CLEAR,        /**< plain text, flags say encrypted */
    DFU_FIND_NOT_FOR_RAM,  /**< RAM-load bootloader, no RAM_LOAD flag */
    DFU_FIND_FOR_RAM,      /**< RAM_LOAD flag, have = bootloader mode */
    DFU_FIND_ADDRESS,      /**< ROM_FIXED; need = its address, have = that of
                                  the slot, 0 = the running slot's is meant */
    DFU_FIND_HASH_KIND,    /**< need, have = bytes of hash, image and device */
    DFU_FIND_UNSIGNED,     /**< what runs is signed, or the build wants it */
    DFU_FIND_SIGNATURE_TYPE, /**< need, have = TLV types, image and device */
    DFU_FIND_OTHER_KEY,      /**< what runs is signed with another key */
    DFU_FIND_COUNTER,        /**< need, have = security counters, image and
                                  device */
    DFU_FIND_NO_COUNTER,     /**< have = security counter of what runs */
    DFU_FIND_DEPENDENCY,     /**< needs image `need` in a version there is not;
                                  have = number of the dependency */
    DFU_FIND_NEVER_SELECTED, /**< the newest runs, and this is not; slot =
                                  running one */
    DFU_FIND_NET_CORE_FILE,  /**< a network core's file as image 0 */
    /* what resets do */
    DFU_FIND_RESET_REVERTS,   /**< another image is on trial in slot: the next
                                   reset takes it back */
    DFU_FIND_RESET_INSTALLS,  /**< another image is marked in slot: the next
                                   reset boots it, too */
    DFU_FIND_RESET_RETURNS,   /**< test-only: the reset after next goes back */
    DFU_FIND_RESET_ERASES,    /**< upload-only: not marked, so that direct-XIP
                                   with revert erases it */
    DFU_FIND_GOES_BACK_NEWER, /**< going_back: the other image is newer */
    DFU_FIND_IN_SLOT_TRUSTED, /**< not sent again: the list shows its hash */
    DFU_FIND_IN_SLOT_TORN,    /**< sent again: hash as listed, version not */
};
#define DFU_FINDING_IDS (DFU_FIND_IN_SLOT_TORN + 1)

struct dfu_finding {
    uint8_t id;       /**< enum dfu_finding_id */
    uint8_t severity; /**< enum dfu_severity, after force */
    bool forced;      /**< was fatal, --force made it a warning */
    uint8_t image;
    uint8_t slot;
    uint8_t index;      /**< into package->images */
    enum dfu_code code; /**< DFU_OK for notes and plain warnings */
    uint32_t have;
    uint32_t need;
    const struct dfu_build *rests_on; /**< NULL: on file and device alone */
};

enum dfu_step_kind {
    DFU_STEP_RESET_FIRST,     /**< legal way out; then everything anew */
    DFU_STEP_SKIP_ACTIVE,     /**< runs already: nothing to send */
    DFU_STEP_ALREADY_IN_SLOT, /**< there already: not sent again */
    DFU_STEP_UPLOAD,
    DFU_STEP_LIST_CHECK,
    DFU_STEP_MARK_TEST,
    DFU_STEP_MARK_CONFIRM,
    DFU_STEP_ERASE_SETTINGS,
    DFU_STEP_RESET,
    DFU_STEP_WAIT, /**< until the list shows what the boot did */
    DFU_STEP_CONFIRM,
    DFU_STEP_VERIFY,
};

/** Why RESET_FIRST. */
enum dfu_reset_reason {
    DFU_RESET_NONE,
    DFU_RESET_PENDING, /**< another image is marked for the next boot */
    DFU_RESET_TRIAL,   /**< another image is on trial: goes back */
    DFU_RESET_LOADER,  /**< into the firmware loader, which takes uploads */
};

struct dfu_step {
    uint8_t kind;   /**< enum dfu_step_kind */
    uint8_t reason; /**< enum dfu_reset_reason */
    uint8_t index;  /**< into package->images, DFU_NONE */
    uint8_t image;
    uint8_t slot;       /**< where it goes or is */
    bool send_sha;      /**< UPLOAD */
    bool send_image;    /**< UPLOAD */
    uint32_t upload_id; /**< UPLOAD: value of the `image` key */
};

/** Which images of the package take part, and how. */
enum dfu_action {
    DFU_ACTION_NONE, /**< not in this run (other image, other variant) */
    DFU_ACTION_SKIP_ACTIVE,
    DFU_ACTION_CONFIRM, /**< on trial already: only confirmed */
    DFU_ACTION_IN_SLOT,
    DFU_ACTION_UPLOAD,
    DFU_ACTION_ASSUMED, /**< network core: installed with the trial */
};

struct dfu_plan {
    uint8_t finding_count;
    uint8_t step_count;
    uint8_t fatal_count; /**< 0: the plan can be carried out */
    bool provisional;    /**< starts with RESET_FIRST: the rest is made anew */
    bool marks;          /**< something is marked for the next boot */
    bool reverts;        /**< the bootloader can go back by itself */
    enum dfu_mode mode;
    struct dfu_finding findings[DFU_FINDINGS_MAX];
    struct dfu_step steps[DFU_STEPS_MAX];
    uint8_t action[DFU_IMAGES_MAX]; /**< enum dfu_action per package image */
    uint8_t slot[DFU_IMAGES_MAX];   /**< where each goes or is */
};

/**
 * Make a plan.
 *
 * @param[out] plan     written whole
 * @param      package  ascending by image, then slot
 * @param      device   as asked just now
 * @param      options  borrowed for this call, as package and device are
 *
 * @return plan->fatal_count
 */
int dfu_plan_make(struct dfu_plan *plan, const struct dfu_package *package,
        const struct dfu_device *device, const struct dfu_options *options);

/**
 * Turn the list of a device into what it will be when the plan was carried out
 * up to its reset; dfu_outlook_make() then says what the reset does.
 *
 * @param         plan    not provisional: the device is asked anew then
 * @param[in,out] device  list told
 */
void dfu_plan_before_reset(const struct dfu_plan *plan,
        const struct dfu_package *package, struct dfu_device *device);

/** First fatal finding, NULL when there is none. */
const struct dfu_finding *dfu_plan_fatal(const struct dfu_plan *plan);

/** Name of a finding, "too-large-to-swap"; "unknown" for other numbers. The
 *  names are an interface, listed in docs/findings.md. */
const char *dfu_finding_to_str(enum dfu_finding_id id);

/** "note", "warning", "fatal". */
const char *dfu_severity_to_str(enum dfu_severity severity);

/**
 * How the bootloader works: as the device tells, else as the build for this
 * device has it, else SMP_BOOTLOADER_UNKNOWN.
 */
int32_t dfu_plan_mode(const struct dfu_device *device,
        const struct dfu_options *options);

/** What is known of the file of what runs; NULL: nothing. */
const struct dfu_traits *dfu_known_running(const struct dfu_options *options,
        const struct dfu_device *device, uint8_t image);

/** The same, to compare signatures with: what cannot be read of an image is
 *  taken from image 0. */
const struct dfu_traits *dfu_known_signed(const struct dfu_options *options,
        const struct dfu_device *device, uint8_t image);

/** "reset first", "upload", …; "unknown" for other numbers. */
const char *dfu_step_to_str(enum dfu_step_kind kind);

/**
 * Compare board names as manifests and devices write them: `/` = `_`,
 * "@revision" is ignored.
 */
bool dfu_board_equal(const char *a, const char *b);

/**
 * Time-out of the wait after a reset: 30 s + 2 * time of a swap, at most
 * 600 s.
 *
 * @param swap_bytes  bytes that are swapped or copied, 0 = unknown
 * @param mode        enum smp_bootloader_mode
 *
 * Source: measured operations per sector of MCUboot's engines, nRF52 flash
 *         times (87 ms per 4 KiB page, 42 us per word).
 */
uint32_t dfu_reset_timeout_ms(uint32_t swap_bytes, int32_t mode);

#ifdef __cplusplus
}
#endif

#endif
