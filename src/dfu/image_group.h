// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of the image group share.
 */
#ifndef DFU_IMAGE_GROUP_PRIVATE_H
#define DFU_IMAGE_GROUP_PRIVATE_H

#include "dfu/image_group.h"

/* Refuse with a result of struct dfu_image_policy; rsn may be NULL. */
void dfu_image_refuse(struct smp_call *call, int code, const char *rsn);

/* What an upload request asks for; below: the code to refuse it with. */
enum dfu_chunk_action {
    DFU_CHUNK_TELL_OFF = 0x100,
    DFU_CHUNK_START,
    DFU_CHUNK_TAKE,
};

/* Check an upload request; nothing is changed. to: where its data belongs. */
int dfu_image_upload_inspect(const struct dfu_image_server *server,
        const struct smp_image_upload_req *req, struct dfu_slot_ref *to);

/* Handler of 1/1 write; ctx is the struct dfu_image_server. */
void dfu_image_upload_run(void *ctx, struct smp_call *call);

#endif
