// SPDX-License-Identifier: Apache-2.0
/*
 * What a device says about itself: buffers, bootloader, images, slots, board.
 * dfu_query is the procedure that asks; update, info, why and image list all
 * use it. Everything not told stays "not told", nothing is guessed.
 */
#ifndef DFU_DEVICE_H
#define DFU_DEVICE_H

#include "dfu/code.h"
#include "mcub/version.h"
#include "smp/group_image.h"
#include "smp/group_os.h"
#include "smp/procedure.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most list entries that are kept. */
#define DFU_SLOTS_MAX 16u
/** Bytes kept of a text from the device, final zero included. */
#define DFU_TEXT_SIZE 64u

/** One entry of the image list. */
struct dfu_slot {
    uint8_t image; /**< 0 when the device leaves the key out */
    bool image_told;
    uint8_t slot;      /**< within the image */
    bool version_told; /**< version could be read from the text */
    struct mcub_version version;
    char version_text[32]; /**< as sent, cut, escaped by nobody */
    uint8_t hash[64];
    uint8_t hash_len; /**< 0: not told */
    bool bootable;
    bool pending;
    bool confirmed;
    bool active;
    bool permanent;
    bool compressed;
};

/** One slot of slot info. */
struct dfu_slot_info {
    uint8_t image;
    uint8_t slot;
    bool size_told;
    bool upload_id_told;
    uint32_t size;           /**< bytes, capped at 4 GiB - 1 */
    uint32_t upload_id;      /**< value for the `image` key of upload */
    int32_t rc;              /**< not 0: the slot cannot be opened */
    uint32_t max_image_size; /**< of the image, 0 = not told */
};

/** How the number of images is known. */
enum dfu_count_source {
    DFU_COUNT_UNKNOWN,   /**< empty list, or serial recovery without flags */
    DFU_COUNT_SLOT_INFO, /**< stated by slot info */
    DFU_COUNT_NO_KEY,    /**< one: no list entry carries `image` */
    DFU_COUNT_LIST,      /**< highest `image` + 1, at least two */
};

/** Everything a device told; zero = nothing told yet. */
struct dfu_device {
    bool params_told;
    uint32_t buf_size;
    uint32_t buf_count;

    bool bootloader_told;
    char bootloader[DFU_TEXT_SIZE]; /**< "MCUboot" */
    bool mode_told;
    bool no_downgrade; /**< only with mode_told */
    int32_t mode;      /**< enum smp_bootloader_mode; UNKNOWN = not told */

    bool board_told;
    char board[DFU_TEXT_SIZE]; /**< os info `i`, "board@rev/soc/cpu" */

    bool list_told;
    bool flags_told; /**< at least one entry has a state flag */
    bool list_cut;   /**< more entries than DFU_SLOTS_MAX */
    uint8_t slot_count;
    struct dfu_slot slots[DFU_SLOTS_MAX];

    bool slot_info_told;
    uint8_t info_count;
    uint8_t info_images; /**< images that slot info listed */
    struct dfu_slot_info info[DFU_SLOTS_MAX];

    uint8_t image_count;  /**< 0 = unknown */
    uint8_t count_source; /**< enum dfu_count_source */
    uint8_t smp_version;  /**< version bits of the last answer */
};

/**
 * Replace the list of a device by the one of a state answer.
 *
 * @param device  slots, flags and image count are written
 * @param body    payload of group 1 command 0, read or write, borrowed
 *
 * @return 0, or any error of smp_map_decode(), or
 *         SMP_E_MISSING  no `images` in it
 */
int dfu_device_set_list(struct dfu_device *device, struct smp_bytes body);

/** Take slot info (group 1 command 6) over; errors as dfu_device_set_list. */
int dfu_device_set_slot_info(struct dfu_device *device, struct smp_bytes body);

/** Entry of image and slot, NULL when it is not listed. */
const struct dfu_slot *dfu_device_slot(const struct dfu_device *device,
        uint8_t image, uint8_t slot);

/**
 * Slot of an image that runs: the active one; slot 0 where servers never mark
 * one active (image 1 of old servers, recovery). NULL when not listed.
 */
const struct dfu_slot *dfu_device_running(const struct dfu_device *device,
        uint8_t image);

/** First entry with this hash, any image; NULL when nobody has it. */
const struct dfu_slot *dfu_device_find_hash(const struct dfu_device *device,
        const uint8_t *hash, uint8_t len);

/** As dfu_device_find_hash(), among the slots of one image. */
const struct dfu_slot *dfu_device_find_image_hash(const struct dfu_device
                                                          *device,
        uint8_t image, const uint8_t *hash, uint8_t len);

/** Slot info of image and slot, NULL when not told. */
const struct dfu_slot_info *dfu_device_slot_info(const struct dfu_device
                                                         *device,
        uint8_t image, uint8_t slot);

/** true when image 0 runs for one boot only: active and not confirmed. */
bool dfu_device_on_trial(const struct dfu_device *device);

/**
 * true when what runs of an image is on trial and the list names what the next
 * reset brings back. Old servers show nothing as confirmed where the version
 * alone decides (direct-XIP): that is no trial.
 */
bool dfu_device_goes_back(const struct dfu_device *device, uint8_t image);

/** What dfu_query asks; a mask. */
enum dfu_query_part {
    DFU_QUERY_PARAMS = 1 << 0,
    DFU_QUERY_BOOTLOADER = 1 << 1, /**< name */
    DFU_QUERY_MODE = 1 << 2,
    DFU_QUERY_LIST = 1 << 3, /**< the only one that must be answered */
    DFU_QUERY_SLOT_INFO = 1 << 4,
    DFU_QUERY_BOARD = 1 << 5,
    DFU_QUERY_ALL = 0x3f,
};

/** The query procedure; the members are its own. */
struct dfu_query {
    struct dfu_device *device;
    uint8_t parts;  /**< still to be asked */
    uint8_t asking; /**< part in flight, 0 = none */
    uint8_t serial; /**< of the request in flight */
    bool link_up;
    bool heard; /**< something was answered on this link */
    bool finished;
    uint32_t epoch;
    uint8_t done_parts;
    enum dfu_code code;
    int result;
    struct smp_refusal refusal;
    union {
        struct smp_os_bootloader_req bootloader;
        struct smp_os_info_req info;
    } body;
};

/**
 * Make a query.
 *
 * @param device  caller's; parts that are asked are reset to "not told"
 * @param parts   mask of enum dfu_query_part
 *
 * Codes that say "not supported", refusals and silence are tolerated for
 * every part but the list; the list may be refused with rc 8 (not told). A new
 * epoch starts the query again. The functions up to dfu_query_done() are the
 * doors of struct smp_procedure.
 */
void dfu_query_init(struct dfu_query *q, struct dfu_device *device,
        uint8_t parts);
int dfu_query_next(struct dfu_query *q, uint32_t now_ms,
        struct smp_request *req);
void dfu_query_answer(struct dfu_query *q, uint32_t now_ms,
        const struct smp_answer *answer);
void dfu_query_link(struct dfu_query *q, uint32_t now_ms,
        const struct smp_link *link);
uint32_t dfu_query_wait_ms(const struct dfu_query *q, uint32_t now_ms);
bool dfu_query_done(const struct dfu_query *q);

/**
 * Why the query ended: DFU_OK, DFU_NO_ANSWER (list), DFU_DEVICE_REFUSED (see
 * q->refusal), DFU_OTHER (an answer that cannot be read, see q->result).
 */
enum dfu_code dfu_query_code(const struct dfu_query *q);

/** The doors of a query; self is a struct dfu_query. */
extern const struct smp_procedure dfu_query_procedure;

#ifdef __cplusplus
}
#endif

#endif
