// SPDX-License-Identifier: Apache-2.0
/*
 * Input: one byte of options, then one packet. Every answer must be a whole
 * message with one well-formed map; the packet must end.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "smp/group_image.h"
#include "smp/server_os.h"

#define MUST(x)      \
    do {             \
        if (!(x)) {  \
            abort(); \
        }            \
    } while (0)

static enum smp_rc board_reset(void *ctx, bool force, uint32_t boot_mode)
{
    (void)ctx;
    (void)boot_mode;
    return force ? SMP_RC_OK : SMP_RC_BUSY;
}

static const char *board_info(void *ctx, char letter)
{
    (void)ctx;
    return letter == 'b' ? NULL : "some words of a board";
}

static int board_date_get(void *ctx, char text[20])
{
    (void)ctx;
    memset(text, 'x', 20);
    return 0;
}

static int board_date_set(void *ctx, const char text[20])
{
    (void)ctx;
    MUST(text[4] == '-' && text[10] == 'T' && text[19] == '\0');
    return SMP_OS_RC_RTC_COMMAND_FAILED;
}

static int board_erase(void *ctx)
{
    (void)ctx;
    return SMP_BASIC_RC_FLASH_ERASE_FAILED;
}

static bool board_query(void *ctx, struct smp_call *call,
        struct smp_bytes query)
{
    (void)ctx;
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "query");
    smp_put_text(call->rsp, query);
    return query.len > 3;
}

static const struct smp_os_ops ops = { board_reset, board_info, board_date_get,
    board_date_set, board_erase, board_query };

/* A handler that reads everything its table gives it. */
static void run_user(void *ctx, struct smp_call *call)
{
    const struct smp_image_upload_req *req = call->body;

    (void)ctx;
    smp_call_begin(call, 2);
    smp_put_key(call->rsp, "data");
    smp_put_bytes(call->rsp, req->data);
    smp_put_key(call->rsp, "sha");
    smp_put_bytes(call->rsp, req->sha);
    if (req->data.len == 1) {
        smp_call_refuse_rsn(call, 64, req->data.ptr[0], "one byte");
    }
}

static const struct smp_handler user_handlers[] = {
    { SMP_OP_WRITE, 1, &smp_image_upload_req_map, run_user },
};

static bool rc_zero(uint16_t group, uint8_t op, uint8_t id)
{
    return ((group + op + id) & 1) != 0;
}

static void check_answer(const uint8_t *out, size_t len)
{
    struct smp_header hdr;
    struct smp_refusal refusal;
    struct smp_bytes body;
    int rc;

    MUST(smp_header_decode(out, len, &hdr) == (int)SMP_HEADER_SIZE);
    MUST(hdr.op == SMP_OP_READ_RSP || hdr.op == SMP_OP_WRITE_RSP);
    MUST(hdr.version <= 1 && hdr.flags == 0);
    MUST(hdr.len == len - SMP_HEADER_SIZE);
    body = (struct smp_bytes){ out + SMP_HEADER_SIZE, hdr.len };
    MUST(smp_cbor_check(body) == (int)hdr.len);
    rc = smp_response_check(&hdr, body, &refusal);
    MUST(rc == 0 || rc == SMP_E_REMOTE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct smp_dress old = { .group_error = SMP_DRESS_FLAT,
        .version_zero = true,
        .rc_zero = rc_zero };
    struct smp_server s;
    struct smp_os_server os = { .ops = &ops, .features = 0xff };
    struct smp_server_group groups[3];
    const struct smp_server_group user = { .id = 64,
        .handlers = user_handlers,
        .handler_count = 1 };
    const struct smp_server_group *order[] = { &groups[0], &groups[1],
        &groups[2], &user };
    uint8_t options = size > 0 ? data[0] : 0;
    size_t tx_size = (options & 8) != 0 ? SMP_SERVER_TX_MIN : 600;
    uint8_t *tx = malloc(tx_size);
    const uint8_t *out;
    size_t len;
    size_t answers = 0;

    MUST(tx != NULL);
    smp_os_group_init(&groups[0], &os);
    smp_basic_group_init(&groups[1], &os);
    smp_enum_group_init(&groups[2], &s);
    smp_server_init(&s,
            &(struct smp_server_config){
                    .groups = order,
                    .group_count = 4,
                    .tx = tx,
                    .tx_size = tx_size,
                    .form = (options & 1) != 0 ? SMP_FORM_INDEFINITE
                                               : SMP_FORM_DEFINITE,
                    .verbose = (options & 2) != 0,
                    .dress = (options & 4) != 0 ? &old : NULL,
            });
    if (size > 0) {
        MUST(smp_server_input(&s, data + 1, size - 1, 1, 2) == 0);
    }
    while ((out = smp_server_output(&s, &len, NULL)) != NULL) {
        MUST(len <= tx_size);
        check_answer(out, len);
        smp_server_sent(&s);
        answers++;
    }
    MUST(answers <= size / SMP_HEADER_SIZE + 1);
    free(tx);
    return 0;
}
