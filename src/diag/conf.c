// SPDX-License-Identifier: Apache-2.0
/*
 * Configuration files: reader, lint, and what they say about the device. A
 * fragment says only what differs from the defaults.
 */
#include "diag/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/capture.h"
#include "diag/kconfig.h"

static bool is_symbol_start(struct diag_span t)
{
    return diag_starts(t, "CONFIG_") || diag_starts(t, "SB_CONFIG_");
}

bool diag_is_conf(const char *text, size_t len)
{
    size_t lines = 0;
    size_t symbols = 0;
    size_t n = len < 65536 ? len : 65536;
    for (size_t pos = 0; pos < n;) {
        const char *newline = memchr(text + pos, '\n', n - pos);
        size_t size =
                newline == NULL ? n - pos : (size_t)(newline - (text + pos));
        struct diag_span t = diag_trim((struct diag_span){ text + pos, size });
        pos += size + 1;
        if (t.len == 0 || t.ptr[0] == '#') {
            continue;
        }
        lines++;
        symbols += is_symbol_start(t) && diag_has(t, "=") ? 1u : 0u;
    }
    return symbols > 0 && symbols * 10 >= lines * 9;
}

void diag_read_conf(struct diag_events *list, const char *file,
        const char *text, size_t len)
{
    struct diag_event e = { .kind = DIAG_CONF,
        .file = file,
        .t_ms = -1,
        .dev = "",
        .quote = "" };
    for (size_t pos = 0; pos < len;) {
        char line[256];
        const char *newline = memchr(text + pos, '\n', len - pos);
        size_t size =
                newline == NULL ? len - pos : (size_t)(newline - (text + pos));
        struct diag_span t = diag_trim((struct diag_span){ text + pos, size });
        pos += size + 1;
        e.line++;
        if (diag_starts(t, "# ") && is_symbol_start(diag_skip(t, 2)) &&
                diag_has(t, " is not set")) {
            t = diag_until(diag_skip(t, 2), " ");
            snprintf(line, sizeof(line), "%.*s=n", (int)(t.len % 200), t.ptr);
        } else if (is_symbol_start(t) && diag_has(t, "=")) {
            t = diag_trim(diag_until(t, "#"));
            snprintf(line, sizeof(line), "%.*s",
                    (int)(t.len < 250 ? t.len : 250), t.ptr);
        } else {
            continue;
        }
        e.text = line;
        e.quote = line;
        (void)diag_events_add(list, &e);
    }
}

/* ---- looking things up ---- */

static bool symbol_is(const struct diag_event *e, const char *symbol)
{
    size_t n = strlen(symbol);
    return e->kind == DIAG_CONF && strncmp(e->text, symbol, n) == 0 &&
            e->text[n] == '=';
}

const struct diag_event *diag_conf_find(const struct diag_events *events,
        const char *symbol)
{
    for (size_t i = events->count; i > 0; i--) {
        if (symbol_is(&events->items[i - 1], symbol)) {
            return &events->items[i - 1];
        }
    }
    return NULL;
}

const char *diag_conf_value(const struct diag_event *e)
{
    const char *equals = e == NULL ? NULL : strchr(e->text, '=');
    return equals == NULL ? "" : equals + 1;
}

bool diag_conf_on(const struct diag_events *events, const char *symbol)
{
    return strcmp(diag_conf_value(diag_conf_find(events, symbol)), "y") == 0;
}

uint32_t diag_conf_number(const struct diag_events *events, const char *symbol,
        uint32_t otherwise)
{
    const char *v = diag_conf_value(diag_conf_find(events, symbol));
    uint32_t n = otherwise;
    (void)diag_number(diag_span(v), &n);
    return n;
}

static bool any_conf(const struct diag_events *events, const char *start)
{
    for (size_t i = 0; i < events->count; i++) {
        if (events->items[i].kind == DIAG_CONF &&
                strncmp(events->items[i].text, start, strlen(start)) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the file of this line that of the bootloader? */
static bool is_bootloader(const struct diag_event *e)
{
    return strstr(e->file, "mcuboot") != NULL ||
            strstr(e->file, "bootloader") != NULL;
}

/* Is there a line about the application at all? */
static bool has_app(const struct diag_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        if (events->items[i].kind == DIAG_CONF &&
                !is_bootloader(&events->items[i]) &&
                strncmp(events->items[i].text, "CONFIG_", 7) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

bool diag_conf_describe(const struct diag_events *events,
        struct diag_conf_device *d)
{
    memset(d, 0, sizeof(*d));
    if (!any_conf(events, "CONFIG_") && !any_conf(events, "SB_CONFIG_")) {
        return false;
    }
    bool ota = diag_conf_on(events, "CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU");
    bool udp = diag_conf_on(events, "CONFIG_MCUMGR_TRANSPORT_UDP");
    d->images =
            max32(diag_conf_number(events, "CONFIG_UPDATEABLE_IMAGE_NUMBER", 1),
                    diag_conf_number(events,
                            "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER", 1));
    d->images = max32(d->images,
            diag_conf_number(events, "SB_CONFIG_MCUBOOT_UPDATEABLE_IMAGES", 1));
    if (diag_conf_on(events, "SB_CONFIG_MCUBOOT_NRF53_MULTI_IMAGE_UPDATE")) {
        d->images = max32(d->images, 2);
    }
    if (ota || diag_conf_on(events, "CONFIG_MCUMGR_TRANSPORT_BT") ||
            diag_conf_on(events, "CONFIG_MCUMGR_SMP_BT")) {
        uint32_t mtu = diag_conf_number(events, "CONFIG_BT_L2CAP_TX_MTU",
                ota ? 498 : 247);
        uint32_t acl =
                diag_conf_number(events, "CONFIG_BT_BUF_ACL_RX_SIZE", mtu + 4);
        d->mtu = acl < mtu + 4 && acl > 27 ? acl - 4 : mtu;
    }
    d->reassembly = ota ||
            diag_conf_on(events, "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY");
    d->buf_size =
            diag_conf_number(events, "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE",
                    ota           ? 2475
                            : udp ? 2048
                                  : 384);
    d->buf_count = diag_conf_number(events,
            "CONFIG_MCUMGR_TRANSPORT_NETBUF_COUNT", udp ? 2 : 4);
    d->params =
            ota || diag_conf_on(events, "CONFIG_MCUMGR_GRP_OS_MCUMGR_PARAMS");
    d->image_group = ota || diag_conf_on(events, "CONFIG_MCUMGR_GRP_IMG") ||
            diag_conf_on(events, "CONFIG_MCUMGR_CMD_IMG_MGMT");
    d->os_group = ota || diag_conf_on(events, "CONFIG_MCUMGR_GRP_OS") ||
            diag_conf_on(events, "CONFIG_MCUMGR_CMD_OS_MGMT");
    d->erase_settings =
            diag_conf_on(events, "CONFIG_MCUMGR_GRP_ZBASIC_STORAGE_ERASE");
    return true;
}

/* ---- lint ---- */

struct linter {
    const struct diag_events *events;
    struct diag_lint *out;
    size_t count;
};

__attribute__((format(printf, 5, 6))) static void say(struct linter *l,
        enum diag_lint_level level, const struct diag_event *e, const char *fix,
        const char *form, ...)
{
    if (l->count == DIAG_LINT_MAX) {
        return;
    }
    struct diag_lint *f = &l->out[l->count++];
    va_list args;
    va_start(args, form);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was just started
    vsnprintf(f->text, sizeof(f->text), form, args);
    va_end(args);
    f->level = level;
    f->file = e == NULL ? "" : e->file;
    f->line = e == NULL ? 0 : e->line;
    f->fix = fix;
}

/* Differences between two names: insertions, deletions, changes; at most 3. */
static unsigned distance(const char *a, const char *b)
{
    unsigned d = 0;
    while (*a != '\0' && *b != '\0' && d < 3) {
        if (*a == *b) {
            a++;
            b++;
        } else if (a[1] == *b) {
            a++;
            d++;
        } else if (*a == b[1]) {
            b++;
            d++;
        } else {
            a++;
            b++;
            d++;
        }
    }
    size_t rest = strlen(a) + strlen(b);
    return d + (unsigned)(rest > 3 ? 3 : rest);
}

static const char *nearest(const char *symbol)
{
    size_t count;
    const struct diag_kconfig *table = diag_kconfig_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].name != NULL && distance(table[i].name, symbol) <= 2) {
            return table[i].name;
        }
    }
    return NULL;
}

static bool is_ours(const char *symbol)
{
    return strncmp(symbol, "MCUMGR", 6) == 0 ||
            strncmp(symbol, "IMG_", 4) == 0 ||
            strncmp(symbol, "OS_MGMT_", 8) == 0 ||
            strncmp(symbol, "UPDAT", 5) == 0 ||
            strncmp(symbol, "NRF53_", 6) == 0;
}

static void lint_names(struct linter *l)
{
    for (size_t i = 0; i < l->events->count; i++) {
        const struct diag_event *e = &l->events->items[i];
        char symbol[128];
        bool old;
        const char *start = e->text;
        if (e->kind != DIAG_CONF || strncmp(start, "CONFIG_", 7) != 0) {
            continue;
        }
        snprintf(symbol, sizeof(symbol), "%.*s",
                (int)(strcspn(start, "=") < 120 ? strcspn(start, "=") : 120),
                start);
        const struct diag_kconfig *row = diag_kconfig_find(symbol, &old);
        if (row != NULL && old) {
            say(l, DIAG_LINT_ERROR, e, NULL,
                    "%s has no effect since Zephyr %s (nRF Connect SDK 2.3): "
                    "it is CONFIG_%s now",
                    symbol, row->since, row->name);
        } else if (row == NULL && is_ours(symbol + 7)) {
            const char *like = nearest(symbol + 7);
            if (like != NULL) {
                say(l, DIAG_LINT_ERROR, e, NULL,
                        "%s is not known; CONFIG_%s is meant?", symbol, like);
            }
        }
    }
}

static void lint_images(struct linter *l)
{
    static const char *const counts[] = { "CONFIG_UPDATEABLE_IMAGE_NUMBER",
        "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER" };
    const struct diag_event *a = diag_conf_find(l->events, counts[0]);
    const struct diag_event *b = diag_conf_find(l->events, counts[1]);
    bool net = diag_conf_on(l->events, "CONFIG_NRF53_UPGRADE_NETWORK_CORE") ||
            diag_conf_on(l->events, "SB_CONFIG_NETCORE_APP_UPDATE");
    struct diag_conf_device d;
    if (!diag_conf_describe(l->events, &d)) {
        return;
    }
    if (a != NULL && b != NULL &&
            strcmp(diag_conf_value(a), diag_conf_value(b)) != 0) {
        say(l, DIAG_LINT_ERROR, b, NULL, "image counts differ: %.60s and %.80s",
                a->text, b->text);
    }
    if (has_app(l->events) && d.images == 1) {
        say(l, net ? DIAG_LINT_ERROR : DIAG_LINT_NOTE, a != NULL ? a : b,
                "CONFIG_UPDATEABLE_IMAGE_NUMBER=2\n"
                "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2",
                "one updatable image: a package with two images cannot be "
                "installed whole; the second upload overwrites the first");
    }
}

static void lint_mtu(struct linter *l)
{
    const struct diag_event *mtu =
            diag_conf_find(l->events, "CONFIG_BT_L2CAP_TX_MTU");
    const struct diag_event *acl =
            diag_conf_find(l->events, "CONFIG_BT_BUF_ACL_RX_SIZE");
    uint32_t m = diag_conf_number(l->events, "CONFIG_BT_L2CAP_TX_MTU", 0);
    uint32_t a = diag_conf_number(l->events, "CONFIG_BT_BUF_ACL_RX_SIZE", 0);
    if (mtu != NULL && acl != NULL && a < m + 4) {
        say(l, DIAG_LINT_WARNING, acl,
                "CONFIG_BT_L2CAP_TX_MTU=498\nCONFIG_BT_BUF_ACL_RX_SIZE=502",
                "BT_BUF_ACL_RX_SIZE %u is smaller than BT_L2CAP_TX_MTU + 4: "
                "the ATT MTU becomes %u",
                a, a > 4 ? a - 4 : 0);
    }
}

static void lint_traps(struct linter *l)
{
    const struct diag_event *stack =
            diag_conf_find(l->events, "CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE");
    struct diag_conf_device d;
    if (!diag_conf_describe(l->events, &d) || !has_app(l->events)) {
        return;
    }
    if (stack != NULL &&
            (diag_conf_on(l->events, "CONFIG_MCUMGR_GRP_IMG") ||
                    diag_conf_on(l->events, "CONFIG_MCUMGR_GRP_OS"))) {
        say(l, DIAG_LINT_NOTE, stack,
                "CONFIG_MCUMGR_TRANSPORT_WORKQUEUE_STACK_SIZE=4096",
                "SMP has a work queue of its own since Zephyr 3.2; this "
                "stack is not the one it uses");
    }
    if (d.image_group && !diag_conf_on(l->events, "CONFIG_IMG_MANAGER") &&
            !diag_conf_on(l->events, "CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU")) {
        say(l, DIAG_LINT_ERROR, NULL,
                "CONFIG_IMG_MANAGER=y\nCONFIG_STREAM_FLASH=y\n"
                "CONFIG_FLASH_MAP=y\nCONFIG_FLASH=y",
                "the image group needs IMG_MANAGER: without it the symbol "
                "stays off and lists answer rc 8");
    }
    if (diag_conf_on(l->events, "CONFIG_MCUMGR") && !d.params) {
        say(l, DIAG_LINT_NOTE, NULL, "CONFIG_MCUMGR_GRP_OS_MCUMGR_PARAMS=y",
                "buffer size and count are not told (rc 8): clients send one "
                "chunk at a time");
    }
    if (d.mtu > 0 && !d.reassembly) {
        say(l, DIAG_LINT_NOTE, NULL,
                "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y\n"
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=2475",
                "no reassembly: a request has to fit one write (MTU - 3)");
    }
    if (d.image_group &&
            !diag_conf_on(l->events, "CONFIG_IMG_ERASE_PROGRESSIVELY") &&
            !diag_conf_on(l->events, "CONFIG_NCS_SAMPLE_MCUMGR_BT_OTA_DFU")) {
        say(l, DIAG_LINT_NOTE, NULL, "CONFIG_IMG_ERASE_PROGRESSIVELY=y",
                "the whole slot is erased before the first chunk is "
                "answered: seconds of silence");
    }
    if (d.images > 1 && d.buf_size < 512) {
        say(l, DIAG_LINT_WARNING, NULL,
                "CONFIG_MCUMGR_TRANSPORT_NETBUF_SIZE=1024",
                "an image list of %u images does not fit %u bytes (rc 7)",
                d.images, d.buf_size);
    }
}

static void lint_security(struct linter *l)
{
    const struct diag_event *passkey =
            diag_conf_find(l->events, "CONFIG_BT_FIXED_PASSKEY");
    if (passkey != NULL && strcmp(diag_conf_value(passkey), "y") == 0) {
        say(l, DIAG_LINT_WARNING, passkey, NULL,
                "a fixed passkey: clients that cannot enter it cannot "
                "update the device");
    }
    if (diag_conf_on(l->events, "CONFIG_BOOT_UPGRADE_ONLY") ||
            diag_conf_on(l->events, "SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY")) {
        say(l, DIAG_LINT_NOTE, NULL, NULL,
                "overwrite only: a test is final, nothing can be reverted; "
                "use --mode confirm-only");
    }
}

size_t diag_lint(const struct diag_events *events, struct diag_lint *out)
{
    struct linter l = { .events = events, .out = out };
    lint_names(&l);
    lint_images(&l);
    lint_mtu(&l);
    lint_traps(&l);
    lint_security(&l);
    return l.count;
}

const char *diag_lint_level_to_str(enum diag_lint_level level)
{
    switch (level) {
    case DIAG_LINT_ERROR:
        return "error";
    case DIAG_LINT_WARNING:
        return "warning";
    case DIAG_LINT_NOTE:
        return "note";
    }
    return "unknown";
}
