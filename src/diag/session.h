// SPDX-License-Identifier: Apache-2.0
/* A session reduced to signs: what the rules of the doctor look at. */
#ifndef DIAG_SESSION_H
#define DIAG_SESSION_H

#include "diag/doctor.h"

/** One bit each; the event that shows it is kept beside it. */
enum diag_sign {
    SIGN_LIST_NO_IMAGE_KEY, /**< list entries without `image` */
    SIGN_LIST_IMAGE_KEY,    /**< list entries with `image` */
    SIGN_TWO_UPLOADS,       /**< two whole uploads, no reset between */
    SIGN_UPLOAD_IMAGE_1,    /**< an upload named an image above 0 */
    SIGN_PACKAGE_TWO,       /**< files for two different images */
    SIGN_HASH_REFUSED,      /**< test/confirm: hash in no slot */
    SIGN_HASH_OF_EARLIER,   /**< that hash is not of the last file sent */
    SIGN_HASH_REPLACED,     /**< a list shows the last file, not the first */
    SIGN_RESET,             /**< a reset was accepted */
    SIGN_PARAMS_UNSUPPORTED,
    SIGN_QUERY_UNSUPPORTED, /**< bootloader, OS or slot information */
    SIGN_STORAGE_UNSUPPORTED,
    SIGN_LINK_DOWN_AFTER_RESET,
    SIGN_LINK_DOWN,       /**< with no reset before it */
    SIGN_NO_SLOT,         /**< upload: no free slot */
    SIGN_BAD_MAGIC,       /**< upload: not an MCUboot image */
    SIGN_TOO_LARGE,       /**< upload: larger than the slot */
    SIGN_NOT_NEWER,       /**< upload: version not higher */
    SIGN_LIST_PENDING,    /**< slot pending before the upload */
    SIGN_LIST_TRIAL,      /**< running image unconfirmed before it */
    SIGN_TEST_OF_ACTIVE,  /**< test of the running image refused */
    SIGN_ALREADY_PENDING, /**< set-state conflicts with planned boot */
    SIGN_CONFIRM_DENIED,
    SIGN_STATE_UNSUPPORTED, /**< set-state answers rc 8 */
    SIGN_MATCH_FALSE,
    SIGN_NO_PROGRESS,
    SIGN_SILENCE,        /**< our client gave up waiting */
    SIGN_NEVER_ANSWERED, /**< and nothing ever came back */
    SIGN_DID_NOT_RETURN,
    SIGN_REVERTED,
    SIGN_OTHER_IMAGE,
    SIGN_SWAP_REFUSED,
    SIGN_RESET_REFUSED,
    SIGN_LIST_TOO_LARGE,    /**< list answers rc 7 */
    SIGN_IMAGE_UNSUPPORTED, /**< list answers rc 8 */
    DIAG_SIGNS,
};

#define DIAG_SIGN(s) ((uint64_t)1 << (s))

struct diag_session {
    uint64_t signs;
    const struct diag_event *shown[DIAG_SIGNS];
    char text[DIAG_SIGNS][160]; /**< what the event says, decoded */
    struct diag_transfer transfers[DIAG_TRANSFERS_MAX];
    uint8_t transfer_count;
};

/** Read the events of one session. */
void diag_session_read(struct diag_session *session,
        const struct diag_events *events);

#endif
