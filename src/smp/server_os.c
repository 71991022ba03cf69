// SPDX-License-Identifier: Apache-2.0
/* Group 0 on the server. Source: zephyr subsys/mgmt/mcumgr/grp/os_mgmt. */
#include "smp/server_os.h"

#include <string.h>

#include "smp/internal.h"

/* Accepted lengths of a date. Source: zephyr os_mgmt.c. */
#define DATE_MIN  19u
#define DATE_MAX  25u
#define DATE_SIZE 20u

static void run_echo(void *ctx, struct smp_call *call)
{
    const struct smp_os_echo_req *req = call->body;

    (void)ctx;
    /* Without `d` the answer is an empty text. */
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "r");
    smp_put_text(call->rsp, req->d);
}

/* MCUboot's recovery and Mynewt: accepted, nothing to switch. */
static void run_console_echo(void *ctx, struct smp_call *call)
{
    (void)ctx;
    (void)call;
}

static void run_datetime_get(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;
    char text[DATE_SIZE];

    if (os->ops->datetime_get == NULL) {
        smp_call_refuse(call, SMP_RC_NOTSUP);
        return;
    }
    memset(text, 0, sizeof(text));
    int rc = os->ops->datetime_get(os->ctx, text);

    if (rc != 0) {
        smp_call_refuse_group(call, SMP_GROUP_OS, (uint8_t)rc);
        return;
    }
    text[DATE_SIZE - 1u] = '\0';
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "datetime");
    smp_put_str(call->rsp, text);
}

/*
 * One number of a date, read as strtol() does: space, sign, digits. The text
 * ends with a NUL. Returns where the number ends, NULL when there is none.
 */
static const char *take_number(const char *p, uint32_t *value)
{
    bool minus = false;
    uint32_t v = 0;

    while (*p == ' ' || (*p >= '\t' && *p <= '\r')) {
        p++;
    }
    if (*p == '-' || *p == '+') {
        minus = *p == '-';
        p++;
    }
    const char *digits = p;

    while (*p >= '0' && *p <= '9') {
        /* Above every range: stays there, whatever follows. */
        v = v > 99999u ? v : v * 10u + (uint32_t)(*p - '0');
        p++;
    }
    *value = v;
    return p == digits || (minus && v != 0) ? NULL : p;
}

/* The six numbers of a date with one character, any, behind each. */
static const struct {
    uint16_t min;
    uint16_t max;
    uint8_t digits;
    char behind;
} date_parts[] = {
    { 1900, 11899, 4, '-' },
    { 1, 12, 2, '-' },
    { 1, 31, 2, 'T' },
    { 0, 23, 2, ':' },
    { 0, 59, 2, ':' },
    { 0, 59, 2, '\0' },
};

#define DIGITS_MAX 4u
#define DATE_PARTS (sizeof(date_parts) / sizeof(date_parts[0]))

/*
 * Reads a date and writes it in its plain form. What follows the seconds is
 * not looked at. Years above 9999 pass Zephyr's parser, but no clock takes
 * them, nor the plain form.
 *
 * Returns SMP_RC_OK, SMP_RC_INVAL, or -1 for a year above 9999.
 */
static int parse_date(struct smp_bytes text, char out[DATE_SIZE])
{
    /* No division: a Cortex-M0 has none. */
    static const uint16_t powers[DIGITS_MAX] = { 1000, 100, 10, 1 };
    /* A NUL for the end, and one for the character behind a number there. */
    char in[DATE_MAX + 2u] = { 0 };
    const char *p = in;
    int result = SMP_RC_OK;

    if (text.len < DATE_MIN || text.len > DATE_MAX) {
        return SMP_RC_INVAL;
    }
    memcpy(in, text.ptr, text.len);
    for (size_t i = 0; i < DATE_PARTS; i++) {
        uint32_t v;

        p = take_number(p, &v);
        if (p == NULL || v < date_parts[i].min || v > date_parts[i].max) {
            return SMP_RC_INVAL;
        }
        p++;
        if (v > 9999u) {
            result = -1;
        }
        for (size_t d = DIGITS_MAX - date_parts[i].digits; d < DIGITS_MAX;
                d++) {
            char digit = '0';

            while (v >= powers[d]) {
                v -= powers[d];
                digit++;
            }
            *out++ = digit;
        }
        *out++ = date_parts[i].behind;
    }
    return result;
}

static void run_datetime_set(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;
    const struct smp_os_datetime *req = call->body;
    char text[DATE_SIZE];

    if (os->ops->datetime_set == NULL) {
        smp_call_refuse(call, SMP_RC_NOTSUP);
        return;
    }
    int rc = parse_date(req->datetime, text);

    if (rc == SMP_RC_INVAL) {
        smp_call_refuse(call, SMP_RC_INVAL);
        return;
    }
    rc = rc == SMP_RC_OK ? os->ops->datetime_set(os->ctx, text)
                         : SMP_OS_RC_RTC_COMMAND_FAILED;
    if (rc != 0) {
        smp_call_refuse_group(call, SMP_GROUP_OS, (uint8_t)rc);
    }
}

/*
 * A reset must work whatever a client sends: what cannot be read counts as
 * not said. boot_mode is cut to 8 bits.
 */
static void run_reset(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;
    struct smp_os_reset_req req;

    if (smp_map_decode(&smp_os_reset_req_map, call->payload, &req) != 0) {
        memset(&req, 0, sizeof(req));
    }
    enum smp_rc rc = os->ops->reset(os->ctx, req.force, (uint8_t)req.boot_mode);

    if (rc != SMP_RC_OK) {
        smp_call_refuse(call, rc);
    }
}

static void run_params(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;

    smp_call_begin(call, 2);
    smp_call_put_uint(call, "buf_size", os->buf_size);
    smp_call_put_uint(call, "buf_count", os->buf_count);
}

/* The letters of OS info in the order of the answer. */
static const char info_letters[] = "snrvbmpio";

#define INFO_LETTERS (sizeof(info_letters) - 1u)
#define INFO_ALL     ((1u << INFO_LETTERS) - 1u)

static const char *info_text(const struct smp_os_server *os, size_t i)
{
    return os->ops->info(os->ctx, info_letters[i]);
}

/* Bits of info_letters that a format asks for; 0 = a letter is unknown. */
static uint32_t info_mask(const struct smp_os_server *os,
        struct smp_bytes format)
{
    uint32_t mask = 0;

    for (size_t k = 0; k < format.len; k++) {
        size_t i = 0;

        if (format.ptr[k] == 'a') {
            mask = INFO_ALL;
            continue;
        }
        while (i < INFO_LETTERS && (uint8_t)info_letters[i] != format.ptr[k]) {
            i++;
        }
        if (i == INFO_LETTERS || info_text(os, i) == NULL) {
            return 0;
        }
        mask |= 1u << i;
    }
    return mask == 0 ? 1u : mask;
}

static void run_info(void *ctx, struct smp_call *call)
{
    const struct smp_os_server *os = ctx;
    const struct smp_os_info_req *req = call->body;
    uint32_t mask = info_mask(os, req->format);
    uint8_t out[SMP_OS_INFO_MAX];
    size_t len = 0;

    if (mask == 0) {
        smp_call_refuse_group(call, SMP_GROUP_OS, SMP_OS_RC_INVALID_FORMAT);
        return;
    }
    for (size_t i = 0; i < INFO_LETTERS; i++) {
        const char *text = (mask >> i & 1u) != 0 ? info_text(os, i) : NULL;
        size_t space = len > 0 ? 1u : 0u;

        if (text == NULL) {
            continue;
        }
        size_t n = smp_str_len(text);

        if (n + space > sizeof(out) - len) {
            smp_call_refuse(call, SMP_RC_MSGSIZE);
            return;
        }
        out[len] = ' ';
        memcpy(out + len + space, text, n);
        len += space + n;
    }
    smp_call_begin(call, 1);
    smp_put_key(call->rsp, "output");
    smp_put_text(call->rsp, (struct smp_bytes){ out, len });
}

static void run_bootloader(void *ctx, struct smp_call *call)
{
    static const char mode[] = "mode";
    const struct smp_os_server *os = ctx;
    const struct smp_os_bootloader_req *req = call->body;

    if ((req->has & SMP_OS_BOOTLOADER_REQ_QUERY) == 0) {
        smp_call_begin(call, 1);
        smp_put_key(call->rsp, "bootloader");
        smp_put_str(call->rsp, "MCUboot");
        return;
    }
    if (req->query.len == sizeof(mode) - 1u &&
            memcmp(req->query.ptr, mode, sizeof(mode) - 1u) == 0) {
        smp_call_begin(call, os->no_downgrade ? 2 : 1);
        smp_put_key(call->rsp, "mode");
        smp_put_int(call->rsp, os->bootloader_mode);
        if (os->no_downgrade) {
            smp_put_key(call->rsp, "no-downgrade");
            smp_put_bool(call->rsp, true);
        }
        return;
    }
    if (os->ops->query == NULL || !os->ops->query(os->ctx, call, req->query)) {
        smp_call_refuse_group(call, SMP_GROUP_OS,
                SMP_OS_RC_QUERY_YIELDS_NO_ANSWER);
    }
}

static const struct smp_handler os_handlers[] = {
    { SMP_OP_READ, SMP_OS_ECHO, &smp_os_echo_req_map, run_echo },
    { SMP_OP_WRITE, SMP_OS_ECHO, &smp_os_echo_req_map, run_echo },
    { SMP_OP_WRITE, SMP_OS_CONSOLE_ECHO, NULL, run_console_echo },
    { SMP_OP_READ, SMP_OS_DATETIME, NULL, run_datetime_get },
    { SMP_OP_WRITE, SMP_OS_DATETIME, &smp_os_datetime_map, run_datetime_set },
    { SMP_OP_WRITE, SMP_OS_RESET, NULL, run_reset },
    { SMP_OP_READ, SMP_OS_PARAMS, NULL, run_params },
    { SMP_OP_READ, SMP_OS_INFO, &smp_os_info_req_map, run_info },
    { SMP_OP_READ, SMP_OS_BOOTLOADER, &smp_os_bootloader_req_map,
            run_bootloader },
};

static const struct smp_rc_pair os_v1[] = {
    { SMP_OS_RC_INVALID_FORMAT, SMP_RC_INVAL },
    { SMP_OS_RC_QUERY_YIELDS_NO_ANSWER, SMP_RC_NOENT },
    { SMP_OS_RC_RTC_NOT_SET, SMP_RC_NOENT },
};

/* Which command a feature stands for. */
static const struct {
    uint8_t feature;
    uint8_t id;
} os_features[] = {
    { SMP_OS_HAS_ECHO, SMP_OS_ECHO },
    { SMP_OS_HAS_PARAMS, SMP_OS_PARAMS },
    { SMP_OS_HAS_INFO, SMP_OS_INFO },
    { SMP_OS_HAS_BOOTLOADER, SMP_OS_BOOTLOADER },
    { SMP_OS_HAS_DATETIME, SMP_OS_DATETIME },
    { SMP_OS_HAS_CONSOLE_ECHO, SMP_OS_CONSOLE_ECHO },
};

void smp_os_group_init(struct smp_server_group *group, struct smp_os_server *os)
{
    memset(group, 0, sizeof(*group));
    group->id = SMP_GROUP_OS;
    group->name = "os mgmt";
    group->handlers = os_handlers;
    group->handler_count = sizeof(os_handlers) / sizeof(os_handlers[0]);
    group->v1 = os_v1;
    group->v1_count = sizeof(os_v1) / sizeof(os_v1[0]);
    for (size_t i = 0; i < sizeof(os_features) / sizeof(os_features[0]); i++) {
        if ((os->features & os_features[i].feature) == 0) {
            group->absent |= 1u << os_features[i].id;
        }
    }
    if (os->ops->reset == NULL) {
        group->absent |= 1u << SMP_OS_RESET;
    }
    if (os->ops->info == NULL) {
        group->absent |= 1u << SMP_OS_INFO;
    }
    group->ctx = os;
}
