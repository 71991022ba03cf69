// SPDX-License-Identifier: Apache-2.0
/*
 * JSON lines, written by hand: a line is built whole, then goes to the file
 * and is kept in memory. When memory is full, the oldest chunks of uploads and
 * their answers go first: what an upload began with, and everything between
 * uploads, tells the story.
 */
#include "host/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/trace_private.h"
#include "smp/group_image.h"

/* Upload data that stays in the record when it is cut. */
#define DATA_KEPT 32u
/* Longest piece of console text in one line. */
#define NOISE_MAX 512u

/* A line that is kept; number tells the order over both queues. */
struct line {
    uint64_t number;
    size_t len;
    char text[];
};

struct host_trace {
    FILE *file;
    bool close_file;
    bool data;
    char *head;   /* first line */
    GQueue lines; /* struct line, newest last */
    GQueue bulk;  /* the same, chunks in the middle of uploads */
    uint64_t numbers;
    size_t kept; /* bytes in both */
    size_t keep;
    uint32_t last_ms;
    uint64_t elapsed_ms;
    bool started;
};

void host_trace_put_text(GString *line, const void *text, size_t len)
{
    const char *p = text;
    const char *end = p + len;

    g_string_append_c(line, '"');
    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        const char *next = p + 1;

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            /* Not UTF-8: the byte as the code point of its value. */
            g_string_append_printf(line, "\\u%04x", (unsigned)(guint8)*p);
        } else if (c == '"' || c == '\\') {
            g_string_append_c(line, '\\');
            g_string_append_c(line, *p);
        } else if (c < 0x20 || c == 0x7f) {
            g_string_append_printf(line, "\\u%04x", (unsigned)c);
        } else {
            next = p + g_utf8_skip[(guint8)*p];
            g_string_append_len(line, p, next - p);
        }
        p = next;
    }
    g_string_append_c(line, '"');
}

void host_trace_put_hex(GString *line, const uint8_t *buf, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        g_string_append_c(line, digits[buf[i] >> 4]);
        g_string_append_c(line, digits[buf[i] & 15u]);
    }
}

/* Key and text value; nothing for NULL. */
static void put_member(GString *line, const char *key, const char *text)
{
    if (text == NULL) {
        return;
    }
    g_string_append_printf(line, ",\"%s\":", key);
    host_trace_put_text(line, text, strlen(text));
}

static void put_number(GString *line, const char *key, uint64_t n)
{
    g_string_append_printf(line, ",\"%s\":%" G_GUINT64_FORMAT, key, n);
}

static void write_line(struct host_trace *trace, const char *line, size_t len)
{
    if (trace->file != NULL) {
        fwrite(line, 1, len, trace->file);
    }
}

/* Ends the line and gives it away. */
static void line_keep(struct host_trace *trace, GString *text, bool bulk)
{
    struct line *line;

    g_string_append(text, "}\n");
    write_line(trace, text->str, text->len);
    line = g_malloc(sizeof(*line) + text->len);
    line->number = trace->numbers++;
    line->len = text->len;
    memcpy(line->text, text->str, text->len);
    g_string_free(text, TRUE);
    trace->kept += line->len;
    g_queue_push_tail(bulk ? &trace->bulk : &trace->lines, line);
    while (trace->kept > trace->keep) {
        struct line *old = g_queue_pop_head(&trace->bulk);

        if (old == NULL) {
            old = g_queue_pop_head(&trace->lines);
        }
        trace->kept -= old->len;
        g_free(old);
    }
}

static void line_end(struct host_trace *trace, GString *text)
{
    line_keep(trace, text, false);
}

static GString *line_start(struct host_trace *trace, uint32_t now_ms,
        const char *dev, const char *kind)
{
    GString *line = g_string_sized_new(256);

    if (!trace->started) {
        trace->started = true;
        trace->last_ms = now_ms;
    }
    /* The clock wraps after 49 days, the record does not. */
    trace->elapsed_ms += (uint32_t)(now_ms - trace->last_ms);
    trace->last_ms = now_ms;
    g_string_append_printf(line, "{\"t\":%" G_GUINT64_FORMAT ".%03u",
            trace->elapsed_ms / 1000u, (unsigned)(trace->elapsed_ms % 1000u));
    put_member(line, "dev", dev);
    g_string_append_printf(line, ",\"k\":\"%s\"", kind);
    return line;
}

struct host_trace *host_trace_create(const struct host_trace_config *cfg,
        struct host_error *err)
{
    struct host_trace *trace = g_new0(struct host_trace, 1);
    GString *head = g_string_new("{\"smpctl_trace\":1");
    GDateTime *now;
    char *utc;

    if (cfg->path != NULL && strcmp(cfg->path, "-") == 0) {
        trace->file = stdout;
    } else if (cfg->path != NULL) {
        trace->file = fopen(cfg->path, "we");
        trace->close_file = trace->file != NULL;
        if (trace->file == NULL) {
            host_error_set(err, DFU_OTHER,
                    "name a file that can be written with --trace",
                    "trace file %s: %s", cfg->path, g_strerror(errno));
            g_string_free(head, TRUE);
            g_free(trace);
            return NULL;
        }
    }
    trace->data = cfg->data;
    trace->keep = cfg->keep != 0 ? cfg->keep : HOST_TRACE_KEEP_DEFAULT;
    g_queue_init(&trace->lines);
    g_queue_init(&trace->bulk);
    put_member(head, "tool", cfg->tool != NULL ? cfg->tool : "smpctl");
    now = g_date_time_new_now_utc();
    utc = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    put_member(head, "utc", utc);
    g_free(utc);
    g_date_time_unref(now);
    g_string_append(head, "}\n");
    write_line(trace, head->str, head->len);
    trace->head = g_string_free(head, FALSE);
    return trace;
}

void host_trace_destroy(struct host_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    if (trace->close_file) {
        fclose(trace->file);
    } else if (trace->file != NULL) {
        fflush(trace->file);
    }
    g_queue_clear_full(&trace->lines, g_free);
    g_queue_clear_full(&trace->bulk, g_free);
    g_free(trace->head);
    g_free(trace);
}

/* Size of the head in front of the data of a byte string, 0 = not one. */
static size_t bytes_head_size(struct smp_bytes message, struct smp_bytes data)
{
    static const struct {
        uint8_t first;
        uint8_t size;
    } heads[] = { { 0x58, 2 }, { 0x59, 3 }, { 0x5a, 5 }, { 0x5b, 9 } };
    size_t before = (size_t)(data.ptr - message.ptr);

    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        size_t size = heads[i].size;
        uint64_t len = 0;

        if (before < SMP_HEADER_SIZE + size ||
                data.ptr[-(ptrdiff_t)size] != heads[i].first) {
            continue;
        }
        for (size_t n = 1; n < size; n++) {
            len = (len << 8) | data.ptr[(ptrdiff_t)n - (ptrdiff_t)size];
        }
        if (len == data.len) {
            return size;
        }
    }
    return 0;
}

GByteArray *host_trace_cut(struct smp_bytes message, size_t *data_len)
{
    static const uint8_t head[2] = { 0x58, DATA_KEPT };
    struct smp_image_upload_req req;
    struct smp_header hdr;
    struct smp_bytes body;
    GByteArray *out;
    size_t size;
    size_t tail;

    if (smp_header_decode(message.ptr, message.len, &hdr) < 0 ||
            hdr.group != SMP_GROUP_IMAGE || hdr.id != SMP_IMAGE_UPLOAD ||
            hdr.op != SMP_OP_WRITE) {
        return NULL;
    }
    body.ptr = message.ptr + SMP_HEADER_SIZE;
    body.len = message.len - SMP_HEADER_SIZE;
    if (smp_map_decode(&smp_image_upload_req_map, body, &req) != 0 ||
            (req.has & SMP_IMAGE_UPLOAD_REQ_DATA) == 0 ||
            req.data.len <= DATA_KEPT) {
        return NULL;
    }
    size = bytes_head_size(message, req.data);
    if (size == 0) {
        return NULL;
    }
    tail = (size_t)(message.ptr + message.len - req.data.ptr) - req.data.len;
    out = g_byte_array_new();
    g_byte_array_append(out, message.ptr,
            (guint)((size_t)(req.data.ptr - message.ptr) - size));
    g_byte_array_append(out, head, sizeof(head));
    g_byte_array_append(out, req.data.ptr, DATA_KEPT);
    g_byte_array_append(out, req.data.ptr + req.data.len, (guint)tail);
    hdr.len = (uint16_t)(out->len - SMP_HEADER_SIZE);
    smp_header_encode(&hdr, out->data);
    *data_len = req.data.len;
    return out;
}

/*
 * A chunk of an upload that is not the first one, or a plain answer to one:
 * {"off": n} and {"rc": 0, "off": n}. Refusals and the last answer, which may
 * carry `match`, are longer or have other keys.
 */
static bool is_bulk(enum smp_trace_kind kind, struct smp_bytes message)
{
    struct smp_image_upload_req req;
    struct smp_image_upload_rsp rsp;
    struct smp_refusal refusal;
    struct smp_header hdr;
    struct smp_bytes body;

    if ((kind != SMP_TRACE_TX && kind != SMP_TRACE_RX) ||
            smp_header_decode(message.ptr, message.len, &hdr) < 0 ||
            hdr.group != SMP_GROUP_IMAGE || hdr.id != SMP_IMAGE_UPLOAD) {
        return false;
    }
    body.ptr = message.ptr + SMP_HEADER_SIZE;
    body.len = message.len - SMP_HEADER_SIZE;
    if (kind == SMP_TRACE_TX) {
        return smp_map_decode(&smp_image_upload_req_map, body, &req) == 0 &&
                (req.has & SMP_IMAGE_UPLOAD_REQ_LEN) == 0;
    }
    return smp_response_check(&hdr, body, &refusal) == 0 &&
            smp_map_decode(&smp_image_upload_rsp_map, body, &rsp) == 0 &&
            rsp.has == SMP_IMAGE_UPLOAD_RSP_OFF && rsp.off != 0;
}

void host_trace_message(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum smp_trace_kind kind, struct smp_bytes message)
{
    static const char *const kinds[] = {
        [SMP_TRACE_TX] = "tx",
        [SMP_TRACE_RX] = "rx",
        [SMP_TRACE_DROPPED] = "rx",
        [SMP_TRACE_TIMEOUT] = "note",
    };
    GByteArray *cut = NULL;
    size_t data_len = 0;
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, kinds[kind]);
    if (kind == SMP_TRACE_DROPPED) {
        g_string_append(line, ",\"dropped\":true");
    }
    if (kind == SMP_TRACE_TIMEOUT) {
        struct smp_header hdr;

        put_member(line, "text", "no answer in time");
        if (smp_header_decode(message.ptr, message.len, &hdr) > 0) {
            put_number(line, "group", hdr.group);
            put_number(line, "id", hdr.id);
            put_number(line, "seq", hdr.seq);
        }
        line_end(trace, line);
        return;
    }
    if (!trace->data && kind == SMP_TRACE_TX) {
        cut = host_trace_cut(message, &data_len);
    }
    g_string_append(line, ",\"hex\":\"");
    if (cut != NULL) {
        host_trace_put_hex(line, cut->data, cut->len);
    } else {
        host_trace_put_hex(line, message.ptr, message.len);
    }
    g_string_append_c(line, '"');
    if (cut != NULL) {
        put_number(line, "len", message.len);
        put_number(line, "data_len", data_len);
        g_byte_array_unref(cut);
    }
    line_keep(trace, line, is_bulk(kind, message));
}

void host_trace_probe(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum smp_trace_kind kind, struct smp_bytes message)
{
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, kind == SMP_TRACE_TX ? "tx" : "rx");
    g_string_append(line, ",\"probe\":true,\"hex\":\"");
    host_trace_put_hex(line, message.ptr, message.len);
    g_string_append_c(line, '"');
    line_end(trace, line);
}

void host_trace_link(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const struct smp_link *link, const char *name)
{
    static const char *const kinds[] = {
        [SMP_LINK_DATAGRAM] = "datagram",
        [SMP_LINK_CONSOLE] = "console",
        [SMP_LINK_RAW] = "raw",
        [SMP_LINK_BLE] = "ble",
    };
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "link");
    put_member(line, "state", link->up ? "up" : "down");
    put_member(line, "kind", kinds[link->kind]);
    put_member(line, "uri", name);
    put_number(line, "epoch", link->epoch);
    put_number(line, "mtu", link->max_message);
    put_number(line, "max",
            link->max_reassembled != 0 ? link->max_reassembled
                                       : link->max_message);
    line_end(trace, line);
}

void host_trace_params(struct host_trace *trace, uint32_t now_ms,
        const char *dev, uint32_t buf_size, uint32_t buf_count)
{
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "link");
    put_member(line, "state", "up");
    g_string_append_printf(line,
            ",\"params\":{\"buf_size\":%u,\"buf_count\":%u}", buf_size,
            buf_count);
    line_end(trace, line);
}

void host_trace_noise(struct host_trace *trace, uint32_t now_ms,
        const char *dev, const uint8_t *text, size_t len)
{
    while (trace != NULL && len > 0) {
        size_t part = MIN(len, NOISE_MAX);
        GString *line = line_start(trace, now_ms, dev, "noise");

        g_string_append(line, ",\"text\":");
        host_trace_put_text(line, text, part);
        line_end(trace, line);
        text += part;
        len -= part;
    }
}

static void put_bytes(GString *line, const char *key, const uint8_t *buf,
        size_t len)
{
    g_string_append_printf(line, ",\"%s\":\"", key);
    host_trace_put_hex(line, buf, len);
    g_string_append_c(line, '"');
}

void host_trace_file(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const struct dfu_image *image)
{
    char version[MCUB_VERSION_TEXT_SIZE];
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "file");
    put_number(line, "image", image->image);
    put_number(line, "slot", image->slot);
    put_member(line, "name", image->name);
    put_number(line, "size", image->source.size);
    put_bytes(line, "hash", image->hash, image->hash_len);
    put_bytes(line, "sha", image->sha, sizeof(image->sha));
    mcub_version_print(&image->version, '.', version);
    put_member(line, "version", version);
    line_end(trace, line);
}

void host_trace_step(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const char *state, int image, int slot)
{
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "step");
    put_member(line, "state", state);
    if (image >= 0) {
        put_number(line, "image", (uint64_t)image);
    }
    if (slot >= 0) {
        put_number(line, "slot", (uint64_t)slot);
    }
    line_end(trace, line);
}

void host_trace_error(struct host_trace *trace, uint32_t now_ms,
        const char *dev, enum dfu_code code, const char *message)
{
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "error");
    put_member(line, "code", dfu_code_to_str(code));
    put_member(line, "message", message);
    line_end(trace, line);
}

void host_trace_note(struct host_trace *trace, uint32_t now_ms, const char *dev,
        const char *text)
{
    GString *line;

    if (trace == NULL) {
        return;
    }
    line = line_start(trace, now_ms, dev, "note");
    put_member(line, "text", text);
    line_end(trace, line);
}

static uint64_t number_of(const GList *link)
{
    return ((const struct line *)link->data)->number;
}

char *host_trace_recent(const struct host_trace *trace, size_t *len)
{
    GString *text = g_string_new(NULL);

    if (trace != NULL) {
        const GList *a = trace->lines.head;
        const GList *b = trace->bulk.head;

        g_string_append(text, trace->head);
        while (a != NULL || b != NULL) {
            const GList **next = &a;
            const struct line *line;

            if (a == NULL || (b != NULL && number_of(b) < number_of(a))) {
                next = &b;
            }
            line = (*next)->data;
            g_string_append_len(text, line->text, (gssize)line->len);
            *next = (*next)->next;
        }
    }
    if (len != NULL) {
        *len = text->len;
    }
    return g_string_free(text, FALSE);
}
