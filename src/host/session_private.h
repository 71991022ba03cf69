// SPDX-License-Identifier: Apache-2.0
/* The session, for session.c and session_run.c. */
#ifndef HOST_SESSION_PRIVATE_H
#define HOST_SESSION_PRIVATE_H

#include "host/session.h"

struct host_session {
    struct host_session_config cfg;
    struct smp_client client;
    struct smp_client_place *places;
    uint8_t *buf;
    struct smp_request request; /* of procedure->next, see request_kept */
    bool request_kept;          /* taken, and no place was free for it */
    bool finding;
    struct host_find find;
    uint32_t find_next_ms;
    bool reopened; /* reopened_ms: the last attempt */
    uint32_t reopened_ms;
    GByteArray *reply_body;  /* of host_session_request() */
    uint32_t traced_epoch;   /* of the link, 0 = none */
    uint32_t heard_timeouts; /* of the client, when something came last */
    uint32_t look_after;     /* so many more: the link has to look */
    void (*noise)(void *ctx, const uint8_t *text, size_t len);
    void *noise_ctx;
};

/** true when the procedure may be asked for another request. */
bool host_session_window_open(const struct host_session *s);

#endif
