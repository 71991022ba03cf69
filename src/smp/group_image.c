// SPDX-License-Identifier: Apache-2.0
/*
 * Tables of group 1: firmware images. Rows stand in the order in which
 * Zephyr's server (answers) and our client (requests) write them.
 */
#include "smp/group_image.h"

/* clang-format off */
#define UINT  SMP_TYPE_UINT
#define INT   SMP_TYPE_INT
#define BOOL  SMP_TYPE_BOOL
#define TEXT  SMP_TYPE_TEXT
#define BYTES SMP_TYPE_BYTES
#define ARRAY SMP_TYPE_ARRAY

static const struct smp_field image_slot_rows[] = {
    SMP_FIELD(smp_image_slot, image, "image", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, slot, "slot", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, version, "version", TEXT, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, hash, "hash", BYTES, 0, 64, NULL),
    SMP_FIELD(smp_image_slot, bootable, "bootable", BOOL, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, pending, "pending", BOOL, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, confirmed, "confirmed", BOOL, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, active, "active", BOOL, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, permanent, "permanent", BOOL, 0, 0, NULL),
    SMP_FIELD(smp_image_slot, compressed, "compressed", BOOL, 0, 0, NULL),
};
const struct smp_map smp_image_slot_map =
        SMP_MAP(smp_image_slot, image_slot_rows);

static const struct smp_field image_state_rsp_rows[] = {
    SMP_FIELD(smp_image_state_rsp, images, "images", ARRAY, 0, 0,
            &smp_image_slot_map),
    SMP_FIELD(smp_image_state_rsp, split_status, "splitStatus", INT, 0, 0,
            NULL),
};
const struct smp_map smp_image_state_rsp_map =
        SMP_MAP(smp_image_state_rsp, image_state_rsp_rows);

/* The length of a hash is the server's question (code 24), not a bound. */
static const struct smp_field image_state_req_rows[] = {
    SMP_FIELD(smp_image_state_req, hash, "hash", BYTES, 0, 0, NULL),
    SMP_FIELD(smp_image_state_req, confirm, "confirm", BOOL, 0, 0, NULL),
};
const struct smp_map smp_image_state_req_map =
        SMP_MAP(smp_image_state_req, image_state_req_rows);

/* So are absent `off`, `len` and `data`, and the length of `sha`. */
static const struct smp_field image_upload_req_rows[] = {
    SMP_FIELD(smp_image_upload_req, image, "image", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_req, len, "len", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_req, off, "off", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_req, sha, "sha", BYTES, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_req, data, "data", BYTES, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_req, upgrade, "upgrade", BOOL, 0, 0, NULL),
};
const struct smp_map smp_image_upload_req_map =
        SMP_MAP(smp_image_upload_req, image_upload_req_rows);

static const struct smp_field image_upload_rsp_rows[] = {
    SMP_FIELD(smp_image_upload_rsp, off, "off", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_upload_rsp, match, "match", BOOL, 0, 0, NULL),
};
const struct smp_map smp_image_upload_rsp_map =
        SMP_MAP(smp_image_upload_rsp, image_upload_rsp_rows);

static const struct smp_field image_erase_req_rows[] = {
    SMP_FIELD(smp_image_erase_req, slot, "slot", UINT, 0, 0, NULL),
};
const struct smp_map smp_image_erase_req_map =
        SMP_MAP(smp_image_erase_req, image_erase_req_rows);

static const struct smp_field image_slot_info_rows[] = {
    SMP_FIELD(smp_image_slot_info, slot, "slot", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_slot_info, size, "size", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_slot_info, upload_image_id, "upload_image_id", UINT, 0,
            0, NULL),
    SMP_FIELD(smp_image_slot_info, rc, "rc", INT, 0, 0, NULL),
};
const struct smp_map smp_image_slot_info_map =
        SMP_MAP(smp_image_slot_info, image_slot_info_rows);

static const struct smp_field image_info_rows[] = {
    SMP_FIELD(smp_image_info, image, "image", UINT, 0, 0, NULL),
    SMP_FIELD(smp_image_info, slots, "slots", ARRAY, 0, 0,
            &smp_image_slot_info_map),
    SMP_FIELD(smp_image_info, max_image_size, "max_image_size", UINT, 0, 0,
            NULL),
};
const struct smp_map smp_image_info_map =
        SMP_MAP(smp_image_info, image_info_rows);

static const struct smp_field image_slot_info_rsp_rows[] = {
    SMP_FIELD(smp_image_slot_info_rsp, images, "images", ARRAY, 0, 0,
            &smp_image_info_map),
};
const struct smp_map smp_image_slot_info_rsp_map =
        SMP_MAP(smp_image_slot_info_rsp, image_slot_info_rsp_rows);
/* clang-format on */
