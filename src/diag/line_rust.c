// SPDX-License-Identifier: Apache-2.0
/*
 * The two clients in Rust: mcumgrctl and mcumgr-client.
 *
 *   Uploading new firmware ...
 *   Error: mcumgrctl::firmware_update
 *     × Firmware update failed
 *     ├─▶ Failed to upload firmware image to device
 *     ╰─▶ Device returned error code: IMG_MGMT_ERR_NO_FREE_SLOT
 *
 *   21:38:20 [INFO] upload file: app.bin
 *   21:38:20 [DEBUG] (1) mcumgr_client::transfer: serialized: 0200…
 *   21:38:20 [ERROR] Error: rc = 6
 */
#include <string.h>

#include "diag/lines.h"
#include "diag/message.h"
#include "smp/response.h"

/* ---- what a refusal is about ---- */

static const struct {
    const char *text;
    struct smp_header answer; /* to what was asked */
} askings[] = {
    /* mcumgrctl */
    { "Failed to upload firmware image to device",
            { .op = 3, .group = SMP_GROUP_IMAGE, .id = 1 } },
    { "Failed to activate new firmware image",
            { .op = 3, .group = SMP_GROUP_IMAGE, .id = 0 } },
    { "Failed to fetch image state from device",
            { .op = 1, .group = SMP_GROUP_IMAGE, .id = 0 } },
    { "Failed to detect bootloader",
            { .op = 1, .group = SMP_GROUP_OS, .id = 8 } },
    { "Failed to trigger device reboot",
            { .op = 3, .group = SMP_GROUP_OS, .id = 5 } },
    /* mcumgr-client */
    { "[INFO] upload file: ", { .op = 3, .group = SMP_GROUP_IMAGE, .id = 1 } },
    { "[INFO] send image list request",
            { .op = 1, .group = SMP_GROUP_IMAGE, .id = 0 } },
    { "[INFO] set image pending request",
            { .op = 3, .group = SMP_GROUP_IMAGE, .id = 0 } },
    { "[INFO] erase request", { .op = 3, .group = SMP_GROUP_IMAGE, .id = 5 } },
    { "[INFO] send reset request",
            { .op = 3, .group = SMP_GROUP_OS, .id = 5 } },
};

static bool read_asking(struct diag_source *s)
{
    for (size_t i = 0; i < sizeof(askings) / sizeof(askings[0]); i++) {
        if (diag_has(s->text, askings[i].text)) {
            s->rust.about = askings[i].answer;
            s->rust.about_known = true;
            s->rust.bytes_shown = false;
            diag_emit_text(s, DIAG_STEP, diag_trim(s->text));
            return true;
        }
    }
    return false;
}

/* Old numbers mean other things later in an upload: nobody says where. */
static bool is_vague(const struct smp_header *about, int group)
{
    return group < 0 && about->group == SMP_GROUP_IMAGE && about->id == 1;
}

/* group -1: a number of the old flat space. */
static void emit_refused(struct diag_source *s, int group, uint32_t rc)
{
    uint8_t cbor[32];
    struct smp_encoder e;
    if (!s->rust.about_known || s->rust.bytes_shown ||
            is_vague(&s->rust.about, group)) {
        diag_emit(s, DIAG_REFUSED, rc, group < 0 ? 0 : (uint32_t)group + 1);
        return;
    }
    smp_encoder_init(&e, cbor, sizeof(cbor), SMP_FORM_DEFINITE);
    smp_put_map(&e, 1);
    if (group >= 0) {
        smp_put_key(&e, "err");
        smp_put_map(&e, 2);
        smp_put_key(&e, "group");
        smp_put_uint(&e, (uint32_t)group);
    }
    smp_put_key(&e, "rc");
    smp_put_uint(&e, rc);
    int len = smp_encoder_finish(&e);
    if (len > 0) {
        diag_emit_parts(s, DIAG_FORM_DECODED, &s->rust.about,
                (struct smp_bytes){ cbor, (size_t)len }, false, true);
    }
    s->rust.about_known = false;
}

/* ---- mcumgrctl: refusals by name ---- */

static const struct {
    const char *prefix;
    int group;
} spaces[] = {
    { "IMG_MGMT_ERR_", SMP_GROUP_IMAGE },
    { "OS_MGMT_ERR_", SMP_GROUP_OS },
    { "FS_MGMT_ERR_", SMP_GROUP_FS },
    { "SETTINGS_MGMT_ERR_", SMP_GROUP_SETTINGS },
    { "SHELL_MGMT_ERR_", SMP_GROUP_SHELL },
    { "STAT_MGMT_ERR_", SMP_GROUP_STAT },
    { "ENUM_MGMT_ERR_", SMP_GROUP_ENUM },
    { "ZEPHYRBASIC_MGMT_ERR_", SMP_GROUP_BASIC },
};

/* Number of a name in a space; false: there is no such name. */
static bool named(int group, struct diag_span name, uint32_t *rc)
{
    for (int32_t i = 0; i < 64; i++) {
        const char *known = group < 0 ? smp_rc_name(i)
                                      : smp_group_rc_name((uint16_t)group, i);
        if (known != NULL && diag_equals(name, known)) {
            *rc = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* `MGMT_ERR_EINVAL`, `MGMT_ERR_UNKNOWN(14)`, `MGMT_ERR_EPERUSER(256)`. */
static bool flat_rc(struct diag_span t, uint32_t *rc)
{
    struct diag_span name = diag_until(t, "(: \t,)");
    if (!diag_starts(t, "MGMT_ERR_")) {
        return false;
    }
    if (diag_starts(diag_skip(t, name.len), "(")) {
        return diag_number(diag_skip(t, name.len + 1), rc) > 0;
    }
    return named(-1, diag_skip(name, 9), rc);
}

/* `IMG_MGMT_ERR_NO_FREE_SLOT`, `group=64,rc=7`. */
static bool grouped_rc(struct diag_span t, int *group, uint32_t *rc)
{
    uint32_t n = 0;
    if (diag_number_after(t, "group=", &n) && n <= UINT16_MAX &&
            diag_number_after(t, ",rc=", rc)) {
        *group = (int)n;
        return true;
    }
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        if (diag_starts(t, spaces[i].prefix)) {
            *group = spaces[i].group;
            return named(*group,
                    diag_skip(diag_until(t, "(: \t"), strlen(spaces[i].prefix)),
                    rc);
        }
    }
    return false;
}

static bool read_code(struct diag_source *s)
{
    int group = -1;
    uint32_t rc = 0;
    bool wrapped = s->rust.code_next;
    struct diag_span t = diag_after(s->text, "Device returned error code:");
    s->rust.code_next = diag_has(s->text, "Device returned error code:") &&
            diag_trim(t).len == 0;
    if (s->rust.code_next) {
        return true;
    }
    t = diag_trim(wrapped ? s->text : t);
    if (t.len == 0) {
        return false;
    }
    if (flat_rc(t, &rc) || grouped_rc(t, &group, &rc)) {
        emit_refused(s, group, rc);
    } else {
        diag_emit_text(s, DIAG_ERROR, diag_trim(s->text));
    }
    return true;
}

/* ---- what both say in words ---- */

/* Behind the marks of a report; len 0: the line is none of its lines. */
static struct diag_span report_line(struct diag_span t)
{
    static const char *const marks[] = {
        "\xc3\x97 ",                             /* multiplication sign */
        "\xe2\x94\x9c\xe2\x94\x80\xe2\x96\xb6 ", /* branch */
        "\xe2\x95\xb0\xe2\x94\x80\xe2\x96\xb6 ", /* last branch */
        "x ",
        "|-> ",
        "`-> ",
    };
    t = diag_trim(t);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (diag_starts(t, marks[i])) {
            return diag_trim(diag_skip(t, strlen(marks[i])));
        }
    }
    return diag_after(t, "[ERROR] Error: ");
}

static const struct {
    const char *text; /* the line starts with it */
    uint16_t sign;    /* SIGN_NONE: only worth quoting */
} words[] = {
    /* mcumgrctl */
    { "A timeout occurred", SIGN_T_TIMEOUT },
    { "Failed to decode base64 data", SIGN_T_CRC },
    { "Received unexpected response", SIGN_NONE },
    { "Received frame that exceeds configured MTU", SIGN_NONE },
    { "Received an unexpected offset value", SIGN_NO_PROGRESS },
    { "Device reported checksum mismatch", SIGN_MATCH_FALSE },
    { "Firmware is not a valid MCUboot image", SIGN_E_NO_IMAGE },
    { "Failed to parse MCUboot image", SIGN_E_NO_IMAGE },
    { "Failed to open serial port", SIGN_T_PORT },
    { "Failed to open USB serial port", SIGN_T_PORT },
    { "No serial port matched the identifier", SIGN_E_NO_DEVICE },
    { "No matching BLE device found", SIGN_E_NO_DEVICE },
    { "Firmware update failed", SIGN_NONE },
    { "Command execution failed", SIGN_NONE },
    { "Transport error", SIGN_NONE },
    { "Sending failed", SIGN_NONE },
    { "Receiving failed", SIGN_NONE },
    { "CBOR decoding failed", SIGN_NONE },
    { "SMP frame size too small for this command", SIGN_NONE },
    { "Firmware image does not match given checksum", SIGN_NONE },
    { "The device is already running the given firmware", SIGN_NONE },
    { "Bootloader '", SIGN_NONE },
    /* mcumgr-client */
    { "Operation timed out", SIGN_T_TIMEOUT },
    { "Failed to receive UDP response", SIGN_T_TIMEOUT },
    { "wrong offset received", SIGN_NO_PROGRESS },
    { "wrong checksum", SIGN_T_CRC },
    { "wrong chunk length", SIGN_T_CRC },
    { "wrong sequence number", SIGN_T_BAD_SEQ },
    { "Sequence mismatch: expected ", SIGN_T_BAD_SEQ },
    { "read error, expected: ", SIGN_CONSOLE_IN_STREAM },
    { "failed to open serial port ", SIGN_T_PORT },
    { "unexpected answer from device", SIGN_NONE },
    { "wrong answer types", SIGN_NONE },
    { "wrong response types", SIGN_NONE },
    { "MTU too small", SIGN_NONE },
};

static bool read_words(struct diag_source *s)
{
    uint32_t rc = 0;
    struct diag_span t = report_line(s->text);
    if (t.len == 0) {
        return false;
    }
    if (diag_starts(t, "rc = ") || diag_starts(t, "Error from device: ")) {
        if (diag_number_after(t, t.ptr[0] == 'r' ? "rc = " : "device: ", &rc)) {
            emit_refused(s, -1, rc);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!diag_starts(t, words[i].text)) {
            continue;
        }
        if (words[i].sign == SIGN_NONE) {
            diag_emit_text(s, DIAG_ERROR, t);
        } else {
            diag_emit_sign(s, DIAG_ERROR, (enum diag_sign)words[i].sign);
        }
        return true;
    }
    return false;
}

/* ---- steps ---- */

static bool read_step(struct diag_source *s)
{
    static const char *const steps[] = { "Detecting bootloader ...",
        "Parsing firmware image ...", "Querying device state ...",
        "Uploading new firmware ...", "Activating new firmware ...",
        "Triggering device reboot ...",
        "Device should reboot with new firmware." };
    struct diag_span t = diag_trim(s->text);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (diag_equals(t, steps[i])) {
            diag_emit_text(s, DIAG_STEP, t);
            return true;
        }
    }
    if (diag_starts(t, "Found bootloader: ") ||
            diag_has(t, "Failed to read SMP frame size from device")) {
        diag_emit_text(s, DIAG_NOTE, t);
        return true;
    }
    if (diag_starts(t, "mcumgr-client ") && diag_has(t, "Copyright")) {
        diag_emit_text(s, DIAG_HEAD, diag_span("mcumgr-client"));
        return true;
    }
    return false;
}

/* `1m 48s`, `17s` in milliseconds; 0: something else. */
static uint32_t duration(struct diag_span t)
{
    static const struct {
        const char *name;
        uint32_t ms;
    } units[] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 } };
    uint32_t ms = 0;
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t used = diag_number(t, &n);
        struct diag_span rest = diag_skip(t, used);
        if (used > 0 && n < 1000 && diag_starts(rest, units[i].name)) {
            ms += n * units[i].ms;
            t = diag_trim(diag_skip(rest, 1));
        }
    }
    return ms;
}

static bool read_sizes(struct diag_source *s)
{
    uint32_t n = 0;
    struct diag_span t = diag_after(s->text, "[INFO] ");
    if (diag_number(t, &n) > 0 && diag_has(t, " bytes to transfer")) {
        s->upload_size = n;
        diag_emit_text(s, DIAG_NOTE, t);
        return true;
    }
    if (diag_starts(t, "upload took ") && s->upload_size > 0) {
        diag_emit(s, DIAG_SENT, s->upload_size,
                duration(diag_skip(t, strlen("upload took "))));
        return true;
    }
    return false;
}

/* ---- mcumgr-client -v: the bytes of every message ---- */

/* The last request was too long and has not been sent: take it back. */
static void take_back(struct diag_source *s)
{
    struct diag_events *list = s->list;
    if (s->rust.sent_at == 0 || s->rust.sent_at != list->count ||
            list->items[list->count - 1].kind != DIAG_TX) {
        return;
    }
    list->count--;
    diag_event_free(&list->items[list->count]);
    s->rust.sent_at = 0;
}

static bool read_length(struct diag_source *s)
{
    uint32_t n = 0;
    if (!diag_has(s->text, "try_length: ") ||
            !diag_number_after(s->text, "try_length: ", &n)) {
        return false;
    }
    if (diag_has(s->text, "new try_length: ")) {
        take_back(s);
    }
    if (n > 1024) {
        diag_emit_sign(s, DIAG_NOTE, SIGN_SERIAL_BIG);
    }
    return true;
}

static bool read_request(struct diag_source *s)
{
    uint8_t bytes[DIAG_MESSAGE_MAX];
    size_t used;
    struct diag_span t = diag_trim(diag_after(s->text, "serialized: "));
    size_t n = diag_hex(t, bytes, sizeof(bytes), &used);
    if (n == 0 || used != t.len || !diag_is_message(bytes, n)) {
        return false;
    }
    diag_emit_message(s, DIAG_FORM_RAW, bytes, n);
    s->rust.sent_at = s->list->count;
    s->rust.bytes_shown = true;
    return true;
}

/* `group: Image` of old versions, `group: NmpGroup(1)` of new ones. */
static bool group_of(struct diag_span t, uint32_t *group)
{
    struct diag_span rest = diag_after(t, "group: ");
    if (diag_number_after(rest, "NmpGroup(", group)) {
        return true;
    }
    int known = diag_group_of(diag_until(rest, ", }"));
    *group = known < 0 ? 0 : (uint32_t)known;
    return known >= 0;
}

/* `response header: NmpHdr { op: WriteRsp, flags: 0, len: 6, …, id: 1 }` */
static bool read_header(struct diag_source *s)
{
    uint32_t group = 0;
    uint32_t len = 0;
    uint32_t seq = 0;
    uint32_t id = 0;
    struct diag_span t = diag_after(s->text, "response header: NmpHdr {");
    if (t.len == 0 || !group_of(t, &group) ||
            !diag_number_after(t, "len: ", &len) ||
            !diag_number_after(t, "seq: ", &seq) ||
            !diag_number_after(t, " id: ", &id)) {
        return false;
    }
    s->rust.header = (struct smp_header){
        .op = diag_has(t, "op: WriteRsp") ? 3 : 1,
        .len = (uint16_t)(len & 0xffffu),
        .group = (uint16_t)(group & 0xffffu),
        .seq = (uint8_t)(seq & 0xffu),
        .id = (uint8_t)(id & 0xffu),
    };
    s->rust.header_known = true;
    return true;
}

static bool read_answer(struct diag_source *s)
{
    uint8_t bytes[DIAG_MESSAGE_MAX];
    size_t used;
    struct diag_span t = diag_trim(diag_after(s->text, ": cbor: "));
    size_t n = diag_hex(t, bytes, sizeof(bytes), &used);
    if (!s->rust.header_known || n == 0 || used != t.len) {
        return false;
    }
    s->rust.header_known = false;
    diag_emit_parts(s, DIAG_FORM_RAW, &s->rust.header,
            (struct smp_bytes){ bytes, n }, false, false);
    return true;
}

/* ---- mcumgrctl image get-state ---- */

/* `Image 0, Slot 1:`, then a line for each key. */
static bool read_slot(struct diag_source *s, struct diag_span t)
{
    uint32_t image = 0;
    uint32_t slot = 0;
    if (!diag_starts(t, "Image ") || t.ptr[t.len - 1] != ':' ||
            !diag_number_after(t, "Image ", &image) ||
            !diag_number_after(t, ", Slot ", &slot)) {
        return false;
    }
    if (!s->list_open) {
        diag_listing_start(s);
    }
    diag_listing_slot(s, image, slot);
    return true;
}

static bool read_flag(struct diag_source *s, struct diag_span t)
{
    static const char *const flags[] = { "pending", "confirmed", "active",
        "permanent" };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        size_t n = strlen(flags[i]);
        if (diag_starts(t, flags[i]) && diag_starts(diag_skip(t, n), ":")) {
            smp_put_key(&s->list_enc, flags[i]);
            smp_put_bool(&s->list_enc, diag_has(t, "true"));
            return true;
        }
    }
    return false;
}

bool diag_line_rust(struct diag_source *s)
{
    struct diag_span t = diag_trim(s->text);
    if (read_slot(s, t) || (s->slot_open && read_flag(s, t))) {
        return true;
    }
    if (read_request(s) || read_length(s) || read_header(s) || read_answer(s)) {
        return true;
    }
    return read_asking(s) || read_code(s) || read_words(s) || read_step(s) ||
            read_sizes(s);
}
