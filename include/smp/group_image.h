// SPDX-License-Identifier: Apache-2.0
/* Group 1: firmware images. Source: zephyr smp_group_1.rst and
 * subsys/mgmt/mcumgr/grp/img_mgmt. */
#ifndef SMP_GROUP_IMAGE_H
#define SMP_GROUP_IMAGE_H

#include "smp/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Commands. */
enum smp_image_id {
    SMP_IMAGE_STATE = 0,
    SMP_IMAGE_UPLOAD = 1,
    SMP_IMAGE_FILE = 2,
    SMP_IMAGE_CORELIST = 3,
    SMP_IMAGE_CORELOAD = 4,
    SMP_IMAGE_ERASE = 5,
    SMP_IMAGE_SLOT_INFO = 6,
};

/** The group's own codes. Source: zephyr img_mgmt.h, IMG_MGMT_ERR_. */
enum smp_image_rc {
    SMP_IMAGE_RC_UNKNOWN = 1,
    SMP_IMAGE_RC_FLASH_CONFIG_QUERY_FAIL = 2,
    SMP_IMAGE_RC_NO_IMAGE = 3,
    SMP_IMAGE_RC_NO_TLVS = 4,
    SMP_IMAGE_RC_INVALID_TLV = 5,
    SMP_IMAGE_RC_TLV_MULTIPLE_HASHES_FOUND = 6,
    SMP_IMAGE_RC_TLV_INVALID_SIZE = 7,
    SMP_IMAGE_RC_HASH_NOT_FOUND = 8,
    SMP_IMAGE_RC_NO_FREE_SLOT = 9,
    SMP_IMAGE_RC_FLASH_OPEN_FAILED = 10,
    SMP_IMAGE_RC_FLASH_READ_FAILED = 11,
    SMP_IMAGE_RC_FLASH_WRITE_FAILED = 12,
    SMP_IMAGE_RC_FLASH_ERASE_FAILED = 13,
    SMP_IMAGE_RC_INVALID_SLOT = 14,
    SMP_IMAGE_RC_NO_FREE_MEMORY = 15,
    SMP_IMAGE_RC_FLASH_CONTEXT_ALREADY_SET = 16,
    SMP_IMAGE_RC_FLASH_CONTEXT_NOT_SET = 17,
    SMP_IMAGE_RC_FLASH_AREA_DEVICE_NULL = 18,
    SMP_IMAGE_RC_INVALID_PAGE_OFFSET = 19,
    SMP_IMAGE_RC_INVALID_OFFSET = 20,
    SMP_IMAGE_RC_INVALID_LENGTH = 21,
    SMP_IMAGE_RC_INVALID_IMAGE_HEADER = 22,
    SMP_IMAGE_RC_INVALID_IMAGE_HEADER_MAGIC = 23,
    SMP_IMAGE_RC_INVALID_HASH = 24,
    SMP_IMAGE_RC_INVALID_FLASH_ADDRESS = 25,
    SMP_IMAGE_RC_VERSION_GET_FAILED = 26,
    SMP_IMAGE_RC_CURRENT_VERSION_IS_NEWER = 27,
    SMP_IMAGE_RC_IMAGE_ALREADY_PENDING = 28,
    SMP_IMAGE_RC_INVALID_IMAGE_VECTOR_TABLE = 29,
    SMP_IMAGE_RC_INVALID_IMAGE_TOO_LARGE = 30,
    SMP_IMAGE_RC_INVALID_IMAGE_DATA_OVERRUN = 31,
    SMP_IMAGE_RC_IMAGE_CONFIRMATION_DENIED = 32,
    SMP_IMAGE_RC_IMAGE_SETTING_TEST_TO_ACTIVE_DENIED = 33,
    SMP_IMAGE_RC_ACTIVE_SLOT_NOT_KNOWN = 34,
};

/** 1/0 state: answer of read and write. */
struct smp_image_state_rsp {
    uint32_t has;
    struct smp_view images; /**< array of smp_image_slot */
    int32_t split_status;   /**< key splitStatus */
};

/** Bits of struct smp_image_state_rsp.has, in row order. */
enum {
    SMP_IMAGE_STATE_RSP_IMAGES = 1u << 0,
    SMP_IMAGE_STATE_RSP_SPLIT_STATUS = 1u << 1,
};

extern const struct smp_map smp_image_state_rsp_map;

/** One entry of the image list. */
struct smp_image_slot {
    uint32_t has;
    uint32_t image;           /**< absent on one-image servers */
    uint32_t slot;            /**< within the image */
    struct smp_bytes version; /**< text */
    struct smp_bytes hash;    /**< 32, 48 or 64 bytes */
    bool bootable;            /**< false may be absent */
    bool pending;
    bool confirmed;
    bool active;
    bool permanent;
    bool compressed;
};

/** Bits of struct smp_image_slot.has, in row order. */
enum {
    SMP_IMAGE_SLOT_IMAGE = 1u << 0,
    SMP_IMAGE_SLOT_SLOT = 1u << 1,
    SMP_IMAGE_SLOT_VERSION = 1u << 2,
    SMP_IMAGE_SLOT_HASH = 1u << 3,
    SMP_IMAGE_SLOT_BOOTABLE = 1u << 4,
    SMP_IMAGE_SLOT_PENDING = 1u << 5,
    SMP_IMAGE_SLOT_CONFIRMED = 1u << 6,
    SMP_IMAGE_SLOT_ACTIVE = 1u << 7,
    SMP_IMAGE_SLOT_PERMANENT = 1u << 8,
    SMP_IMAGE_SLOT_COMPRESSED = 1u << 9,
};

extern const struct smp_map smp_image_slot_map;

/** 1/0 write: test (confirm false) or confirm. */
struct smp_image_state_req {
    uint32_t has;
    struct smp_bytes hash; /**< bytes; absent = running image */
    bool confirm;
};

/** Bits of struct smp_image_state_req.has, in row order. */
enum {
    SMP_IMAGE_STATE_REQ_HASH = 1u << 0,
    SMP_IMAGE_STATE_REQ_CONFIRM = 1u << 1,
};

extern const struct smp_map smp_image_state_req_map;

/** 1/1 upload; image, len, sha and upgrade only with off 0. */
struct smp_image_upload_req {
    uint32_t has;
    uint32_t image;
    uint32_t len; /**< bytes of the file */
    uint32_t off;
    struct smp_bytes sha; /**< SHA-256 of the file */
    struct smp_bytes data;
    bool upgrade;
};

/** Bits of struct smp_image_upload_req.has, in row order. */
enum {
    SMP_IMAGE_UPLOAD_REQ_IMAGE = 1u << 0,
    SMP_IMAGE_UPLOAD_REQ_LEN = 1u << 1,
    SMP_IMAGE_UPLOAD_REQ_OFF = 1u << 2,
    SMP_IMAGE_UPLOAD_REQ_SHA = 1u << 3,
    SMP_IMAGE_UPLOAD_REQ_DATA = 1u << 4,
    SMP_IMAGE_UPLOAD_REQ_UPGRADE = 1u << 5,
};

extern const struct smp_map smp_image_upload_req_map;

/** 1/1, answer. */
struct smp_image_upload_rsp {
    uint32_t has;
    uint32_t off; /**< next offset the device wants */
    bool match;   /**< with the last chunk */
};

/** Bits of struct smp_image_upload_rsp.has, in row order. */
enum {
    SMP_IMAGE_UPLOAD_RSP_OFF = 1u << 0,
    SMP_IMAGE_UPLOAD_RSP_MATCH = 1u << 1,
};

extern const struct smp_map smp_image_upload_rsp_map;

/** 1/5 erase. */
struct smp_image_erase_req {
    uint32_t has;
    uint32_t slot; /**< absolute slot: 2 * image + slot */
};

/** Bits of struct smp_image_erase_req.has, in row order. */
enum {
    SMP_IMAGE_ERASE_REQ_SLOT = 1u << 0,
};

extern const struct smp_map smp_image_erase_req_map;

/** 1/6 slot information, answer. */
struct smp_image_slot_info_rsp {
    uint32_t has;
    struct smp_view images; /**< array of smp_image_info */
};

/** Bits of struct smp_image_slot_info_rsp.has, in row order. */
enum {
    SMP_IMAGE_SLOT_INFO_RSP_IMAGES = 1u << 0,
};

extern const struct smp_map smp_image_slot_info_rsp_map;

/** One image of 1/6. */
struct smp_image_info {
    uint32_t has;
    uint32_t image;
    struct smp_view slots;   /**< array of smp_image_slot_info */
    uint32_t max_image_size; /**< bytes */
};

/** Bits of struct smp_image_info.has, in row order. */
enum {
    SMP_IMAGE_INFO_IMAGE = 1u << 0,
    SMP_IMAGE_INFO_SLOTS = 1u << 1,
    SMP_IMAGE_INFO_MAX_IMAGE_SIZE = 1u << 2,
};

extern const struct smp_map smp_image_info_map;

/** One slot of 1/6. */
struct smp_image_slot_info {
    uint32_t has;
    uint32_t slot;            /**< within the image */
    uint64_t size;            /**< bytes */
    uint32_t upload_image_id; /**< value for `image` of upload */
    int32_t rc;               /**< slot cannot be opened */
};

/** Bits of struct smp_image_slot_info.has, in row order. */
enum {
    SMP_IMAGE_SLOT_INFO_SLOT = 1u << 0,
    SMP_IMAGE_SLOT_INFO_SIZE = 1u << 1,
    SMP_IMAGE_SLOT_INFO_UPLOAD_IMAGE_ID = 1u << 2,
    SMP_IMAGE_SLOT_INFO_RC = 1u << 3,
};

extern const struct smp_map smp_image_slot_info_map;

#ifdef __cplusplus
}
#endif

#endif
