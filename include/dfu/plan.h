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

#define DFU_FINDINGS_MAX 48u
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

/** Wishes of the user. */
struct dfu_options {
    enum dfu_mode mode;
    bool force; /**< forcible findings become warnings */
    bool erase_settings;
    bool resume;          /**< only finish an update that waits */
    bool allow_downgrade; /**< do not warn of lower versions */
    bool upgrade_only;    /**< higher versions only; the device checks too */
    bool no_upload;       /**< nothing can be sent (revert) */
    bool only_image_given;
    uint8_t only_image; /**< with only_image_given */
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
};

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

/** First fatal finding, NULL when there is none. */
const struct dfu_finding *dfu_plan_fatal(const struct dfu_plan *plan);

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
