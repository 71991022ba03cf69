// SPDX-License-Identifier: Apache-2.0
/*
 * JSON in and out. json-glib keeps the tree; we print it ourselves because
 * its doubles have 17 digits, and check untrusted text before its parser,
 * which recurses, sees it.
 */
#include <string.h>

#include "cli/cli.h"
#include "smp/message.h"

#define JSON_TEXT_MAX  ((size_t)1024 * 1024)
#define JSON_DEPTH_MAX 16u

static void print_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            fprintf(out, "\\%c", *p);
        } else if (*p == '\n') {
            fputs("\\n", out);
        } else if (*p < 0x20 || *p == 0x7f) {
            fprintf(out, "\\u%04x", *p);
        } else {
            fputc(*p, out);
        }
    }
    fputc('"', out);
}

static void print_value(FILE *out, JsonNode *node)
{
    GType type = json_node_get_value_type(node);
    if (type == G_TYPE_STRING) {
        print_text(out, json_node_get_string(node));
    } else if (type == G_TYPE_BOOLEAN) {
        fputs(json_node_get_boolean(node) ? "true" : "false", out);
    } else if (type == G_TYPE_DOUBLE) {
        char buf[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(buf, sizeof(buf), "%.2f", json_node_get_double(node));
        fputs(buf, out);
    } else {
        fprintf(out, "%" G_GINT64_FORMAT, json_node_get_int(node));
    }
}

static void print_break(FILE *out, bool compact, unsigned depth)
{
    if (compact) {
        return;
    }
    fputc('\n', out);
    for (unsigned i = 0; i < depth; i++) {
        fputs("  ", out);
    }
}

/* Before each member: a comma but for the first, and the line break. */
static void print_comma(FILE *out, bool first, bool compact, unsigned depth)
{
    if (!first) {
        fputs(compact ? ", " : ",", out);
    }
    print_break(out, compact, depth);
}

/* NOLINTNEXTLINE(misc-no-recursion): our own trees, a few levels deep */
static void print_node(FILE *out, JsonNode *node, bool compact, unsigned depth)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObjectIter it;
        const char *name;
        JsonNode *member;
        bool first = true;
        fputc('{', out);
        json_object_iter_init_ordered(&it, json_node_get_object(node));
        while (json_object_iter_next_ordered(&it, &name, &member)) {
            print_comma(out, first, compact, depth + 1);
            print_text(out, name);
            fputs(": ", out);
            print_node(out, member, compact, depth + 1);
            first = false;
        }
        if (!first) {
            print_break(out, compact, depth);
        }
        fputc('}', out);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        guint count = json_array_get_length(array);
        fputc('[', out);
        for (guint i = 0; i < count; i++) {
            print_comma(out, i == 0, compact, depth + 1);
            print_node(out, json_array_get_element(array, i), compact,
                    depth + 1);
        }
        if (count > 0) {
            print_break(out, compact, depth);
        }
        fputc(']', out);
    } else if (JSON_NODE_HOLDS_NULL(node)) {
        fputs("null", out);
    } else {
        print_value(out, node);
    }
}

void cli_json_print(FILE *out, JsonNode *node, bool compact)
{
    print_node(out, node, compact, 0);
    fputc('\n', out);
    fflush(out);
}

static void add_item(JsonBuilder *b, const struct smp_item *item)
{
    char *text;
    switch (item->type) {
    case SMP_TYPE_UINT:
        if (item->number > G_MAXINT64) {
            text = g_strdup_printf("%" G_GUINT64_FORMAT, item->number);
            json_builder_add_string_value(b, text);
            g_free(text);
        } else {
            json_builder_add_int_value(b, (gint64)item->number);
        }
        break;
    case SMP_TYPE_INT:
        json_builder_add_int_value(b, item->integer);
        break;
    case SMP_TYPE_BOOL:
        json_builder_add_boolean_value(b, item->number != 0);
        break;
    case SMP_TYPE_TEXT:
        text = g_utf8_make_valid((const char *)item->data.ptr,
                (gssize)item->data.len);
        json_builder_add_string_value(b, text);
        g_free(text);
        break;
    case SMP_TYPE_BYTES:
        text = cli_hex(item->data.ptr, item->data.len);
        json_builder_add_string_value(b, text);
        g_free(text);
        break;
    default:
        json_builder_add_null_value(b);
        break;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by the CBOR check */
static void add_container(JsonBuilder *b, struct smp_view view, bool is_map)
{
    struct smp_iter it;
    struct smp_item item;
    if (is_map) {
        json_builder_begin_object(b);
    } else {
        json_builder_begin_array(b);
    }
    smp_iter_init(&it, view);
    while (smp_iter_next(&it, &item) == 1) {
        if (is_map) {
            char *key = g_utf8_make_valid((const char *)item.key.ptr,
                    (gssize)item.key.len);
            json_builder_set_member_name(b, key);
            g_free(key);
        }
        if (item.type == SMP_TYPE_MAP || item.type == SMP_TYPE_ARRAY) {
            add_container(b, item.view, item.type == SMP_TYPE_MAP);
        } else {
            add_item(b, &item);
        }
    }
    if (is_map) {
        json_builder_end_object(b);
    } else {
        json_builder_end_array(b);
    }
}

JsonNode *cli_json_from_cbor(struct smp_bytes cbor)
{
    JsonBuilder *b = json_builder_new();
    if (cbor.len > 0 && smp_cbor_check(cbor) > 0) {
        add_container(b, (struct smp_view){ cbor },
                (cbor.ptr[0] & 0xe0u) == 0xa0u);
    } else {
        json_builder_begin_object(b);
        json_builder_end_object(b);
    }
    JsonNode *root = json_builder_get_root(b);
    g_object_unref(b);
    return root;
}

static bool put_hex(struct smp_encoder *e, const char *hex)
{
    size_t len = strlen(hex);
    GByteArray *bytes = g_byte_array_new();
    bool good = len % 2 == 0;
    for (size_t i = 0; good && i + 1 < len; i += 2) {
        int high = g_ascii_xdigit_value(hex[i]);
        int low = g_ascii_xdigit_value(hex[i + 1]);
        guint8 byte = (guint8)(high * 16 + low);
        good = high >= 0 && low >= 0;
        g_byte_array_append(bytes, &byte, 1);
    }
    if (good) {
        smp_put_bytes(e, (struct smp_bytes){ bytes->data, bytes->len });
    }
    g_byte_array_unref(bytes);
    return good;
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded by cli_json_parse() */
static bool put_node(struct smp_encoder *e, JsonNode *node, unsigned depth)
{
    if (depth >= SMP_CBOR_DEPTH) {
        return false;
    }
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObject *object = json_node_get_object(node);
        JsonObjectIter it;
        const char *name;
        JsonNode *member;
        const char *hex = json_object_get_string_member_with_default(object,
                "$hex", NULL);
        if (hex != NULL) {
            return put_hex(e, hex);
        }
        smp_put_map(e, json_object_get_size(object));
        json_object_iter_init_ordered(&it, object);
        while (json_object_iter_next_ordered(&it, &name, &member)) {
            smp_put_key(e, name);
            if (!put_node(e, member, depth + 1)) {
                return false;
            }
        }
        smp_put_end(e);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        smp_put_array(e, json_array_get_length(array));
        for (guint i = 0; i < json_array_get_length(array); i++) {
            if (!put_node(e, json_array_get_element(array, i), depth + 1)) {
                return false;
            }
        }
        smp_put_end(e);
    } else if (json_node_get_value_type(node) == G_TYPE_STRING) {
        smp_put_str(e, json_node_get_string(node));
    } else if (json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        smp_put_bool(e, json_node_get_boolean(node));
    } else if (json_node_get_value_type(node) == G_TYPE_INT64) {
        smp_put_int(e, json_node_get_int(node));
    } else {
        /* null, or a fraction */
        return false;
    }
    return true;
}

int cli_json_to_cbor(JsonNode *node, uint8_t *buf, size_t size)
{
    struct smp_encoder e;
    smp_encoder_init(&e, buf, size, SMP_FORM_DEFINITE);
    if (!JSON_NODE_HOLDS_OBJECT(node) || !put_node(&e, node, 0)) {
        return -1;
    }
    return smp_encoder_finish(&e);
}

JsonNode *cli_json_parse(const char *text, GError **err)
{
    size_t len = strlen(text);
    unsigned depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < len && i < JSON_TEXT_MAX; i++) {
        char c = text[i];
        if (in_text) {
            if (c == '\\' && text[i + 1] != '\0') {
                i++;
            } else if (c == '"') {
                in_text = false;
            }
        } else if (c == '"') {
            in_text = true;
        } else if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX) {
            break;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    if (len > JSON_TEXT_MAX || depth > JSON_DEPTH_MAX) {
        g_set_error_literal(err, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
                "too large or nested too deep");
        return NULL;
    }
    return json_from_string(text, err);
}

void cli_result(struct cli *cli, JsonBuilder *builder)
{
    if (cli->document != NULL) {
        json_node_unref(cli->document);
    }
    cli->document = json_builder_get_root(builder);
    g_object_unref(builder);
}

void cli_json_add_hex(JsonBuilder *b, const char *name, const uint8_t *bytes,
        size_t len)
{
    char *hex = cli_hex(bytes, len);
    cli_json_add_string(b, name, hex);
    g_free(hex);
}

void cli_json_add_string(JsonBuilder *b, const char *name, const char *text)
{
    json_builder_set_member_name(b, name);
    if (text == NULL) {
        json_builder_add_null_value(b);
    } else {
        json_builder_add_string_value(b, text);
    }
}

void cli_json_add_int(JsonBuilder *b, const char *name, int64_t value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

void cli_json_add_bool(JsonBuilder *b, const char *name, bool value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

void cli_json_add_double(JsonBuilder *b, const char *name, double value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_double_value(b, value);
}
