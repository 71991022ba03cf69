// SPDX-License-Identifier: Apache-2.0
/*
 * Faults: reading specifications, deciding when, damaging messages.
 */
#include "vdev/fault.h"

#include <stdlib.h>
#include <string.h>

#include "vdev/rng.h"

#define HEADER_SIZE 8u

static const char *const kind_names[] = {
    [VDEV_FAULT_DROP] = "drop",
    [VDEV_FAULT_DUPLICATE] = "duplicate",
    [VDEV_FAULT_DELAY] = "delay",
    [VDEV_FAULT_CORRUPT] = "corrupt",
    [VDEV_FAULT_DISCONNECT] = "disconnect",
    [VDEV_FAULT_RESET] = "reset",
    [VDEV_FAULT_POWER_CUT] = "power-cut",
    [VDEV_FAULT_WRONG_OFFSET] = "wrong-offset",
    [VDEV_FAULT_WRONG_SEQ] = "wrong-seq",
    [VDEV_FAULT_SILENT] = "silent",
    [VDEV_FAULT_TWICE] = "twice",
    [VDEV_FAULT_ENDLESS_ZERO] = "endless-zero",
    [VDEV_FAULT_MATCH_FALSE] = "match-false",
    [VDEV_FAULT_HOSTILE] = "hostile",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == VDEV_FAULT_KINDS,
        "one name per kind");

const char *vdev_fault_kind_to_str(enum vdev_fault_kind kind)
{
    return kind < VDEV_FAULT_KINDS ? kind_names[kind] : "unknown";
}

static bool parse_uint(const char *text, uint32_t high, uint32_t *value)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end != 0 || v > high || text[0] == '-') {
        return false;
    }
    *value = (uint32_t)v;
    return true;
}

static bool parse_number_arg(struct vdev_fault *f, const char *key,
        const char *value)
{
    uint32_t v;
    if (!parse_uint(value, UINT32_MAX, &v)) {
        return false;
    }
    if (strcmp(key, "n") == 0 && v > 0) {
        f->nth = v;
        f->limit = 1;
    } else if (strcmp(key, "every") == 0 && v > 0) {
        f->every = v;
    } else if (strcmp(key, "at") == 0) {
        f->at = v;
        f->has_at = true;
        f->limit = 1;
    } else if (strcmp(key, "group") == 0 && v <= 0xffff) {
        f->group = (int32_t)v;
    } else if (strcmp(key, "cmd") == 0 && v <= 0xff) {
        f->cmd = (int32_t)v;
    } else if (strcmp(key, "count") == 0 && v > 0) {
        f->limit = v;
    } else if ((strcmp(key, "ms") == 0 || strcmp(key, "down") == 0) &&
            v <= 600000) {
        f->ms = v;
    } else {
        return false;
    }
    return true;
}

static const char *const cut_names[] = {
    [VDEV_CUT_CLEAN] = "clean",
    [VDEV_CUT_TORN] = "torn",
    [VDEV_CUT_WORD] = "word",
    [VDEV_CUT_BITS] = "bits",
    [VDEV_CUT_AFTER] = "after",
};
_Static_assert(sizeof(cut_names) / sizeof(cut_names[0]) == VDEV_CUTS,
        "one name per way");

/* What power-cut@N takes instead of the conditions on messages. */
static bool parse_cut_arg(struct vdev_fault *f, const char *arg)
{
    if (strcmp(arg, "boot") == 0) {
        f->boot = true;
        return true;
    }
    if (strncmp(arg, "ms=", 3) == 0) {
        return parse_uint(arg + 3, 600000, &f->ms);
    }
    for (unsigned int i = 0; i < VDEV_CUTS; i++) {
        if (strcmp(arg, cut_names[i]) == 0) {
            f->cut = (enum vdev_cut)i;
            return true;
        }
    }
    return false;
}

static bool parse_arg(struct vdev_fault *f, char *arg, bool *has_dir)
{
    if (f->op != 0) {
        return parse_cut_arg(f, arg);
    }
    if (strcmp(arg, "rx") == 0 || strcmp(arg, "tx") == 0) {
        if (!*has_dir) {
            f->dirs = 0;
            *has_dir = true;
        }
        f->dirs |= (uint8_t)(arg[0] == 'r' ? VDEV_FAULT_RX : VDEV_FAULT_TX);
        return true;
    }
    char *value = strchr(arg, '=');
    if (value == NULL) {
        return false;
    }
    *value++ = 0;
    if (strcmp(arg, "p") == 0) {
        char *end;
        double p = strtod(value, &end);
        if (end == value || *end != 0 || p < 0 || p > 1) {
            return false;
        }
        f->p = p;
        return true;
    }
    return parse_number_arg(f, arg, value);
}

static void set_defaults(struct vdev_fault *f, enum vdev_fault_kind kind)
{
    *f = (struct vdev_fault){
        .kind = kind,
        .dirs = VDEV_FAULT_RX | VDEV_FAULT_TX,
        .p = 1,
        .group = -1,
        .cmd = -1,
        .ms = 500,
    };
    if (kind == VDEV_FAULT_DISCONNECT || kind == VDEV_FAULT_RESET ||
            kind == VDEV_FAULT_POWER_CUT) {
        f->dirs = VDEV_FAULT_RX;
    } else if (kind >= VDEV_FAULT_WRONG_OFFSET) {
        f->dirs = VDEV_FAULT_TX;
    }
    if (kind == VDEV_FAULT_WRONG_OFFSET || kind == VDEV_FAULT_ENDLESS_ZERO ||
            kind == VDEV_FAULT_MATCH_FALSE) {
        f->group = 1;
        f->cmd = 1;
    }
}

int vdev_fault_parse(struct vdev_fault *fault, const char *spec, uint64_t seed)
{
    char copy[160];
    size_t len = strlen(spec);
    if (len >= sizeof(copy)) {
        return -1;
    }
    memcpy(copy, spec, len + 1);
    char *args = strchr(copy, ':');
    if (args != NULL) {
        *args++ = 0;
    }
    char *op = strchr(copy, '@');
    if (op != NULL) {
        *op++ = 0;
    }
    size_t kind = 0;
    while (kind < VDEV_FAULT_KINDS && strcmp(copy, kind_names[kind]) != 0) {
        kind++;
    }
    if (kind == VDEV_FAULT_KINDS) {
        return -1;
    }
    struct vdev_fault result;
    set_defaults(&result, (enum vdev_fault_kind)kind);
    if (op != NULL &&
            (kind != VDEV_FAULT_POWER_CUT ||
                    !parse_uint(op, UINT32_MAX, &result.op) ||
                    result.op == 0)) {
        return -1;
    }
    bool has_dir = false;
    char *save = NULL;
    for (char *arg = args != NULL ? strtok_r(args, ",", &save) : NULL;
            arg != NULL; arg = strtok_r(NULL, ",", &save)) {
        if (!parse_arg(&result, arg, &has_dir)) {
            return -1;
        }
    }
    result.rng = seed ^ ((uint64_t)kind << 32);
    *fault = result;
    return 0;
}

bool vdev_fault_hits(struct vdev_fault *f, const struct vdev_fault_point *point)
{
    if (f->op != 0 || (f->dirs & point->dir) == 0 ||
            (f->group >= 0 && f->group != point->group) ||
            (f->cmd >= 0 && f->cmd != point->cmd) ||
            (f->limit != 0 && f->done >= f->limit)) {
        return false;
    }
    if (f->has_at && (!point->has_upload || point->upload_off < f->at)) {
        return false;
    }
    f->seen++;
    if (f->nth != 0 && f->seen != f->nth) {
        return false;
    }
    if (f->every != 0 && f->seen % f->every != 0) {
        return false;
    }
    if (f->p < 1 && vdev_rng_unit(&f->rng) >= f->p) {
        return false;
    }
    f->done++;
    return true;
}

bool vdev_fault_cuts(struct vdev_fault *f, uint32_t op, uint32_t boot_op)
{
    if (f->op == 0 || f->done != 0 || f->op != (f->boot ? boot_op : op)) {
        return false;
    }
    f->done++;
    return true;
}

void vdev_fault_corrupt(struct vdev_fault *f, uint8_t *buf, size_t len)
{
    if (len == 0) {
        return;
    }
    uint64_t r = vdev_rng_next(&f->rng);
    buf[r % len] ^= (uint8_t)(1u << ((r >> 32) % 8));
}

/* Replace the body of an answer; the header keeps everything but its length. */
static bool set_body(uint8_t *buf, size_t *len, size_t cap, const uint8_t *body,
        size_t body_len)
{
    if (HEADER_SIZE + body_len > cap) {
        return false;
    }
    memcpy(buf + HEADER_SIZE, body, body_len);
    buf[2] = (uint8_t)(body_len >> 8);
    buf[3] = (uint8_t)body_len;
    *len = HEADER_SIZE + body_len;
    return true;
}

/* The unsigned number behind a text key; false when it is not there. */
static bool find_uint(const uint8_t *buf, size_t len, const char *key,
        uint64_t *value)
{
    size_t key_len = strlen(key);
    for (size_t i = HEADER_SIZE; i + key_len + 2 <= len; i++) {
        if (buf[i] != 0x60 + key_len ||
                memcmp(buf + i + 1, key, key_len) != 0) {
            continue;
        }
        const uint8_t *v = buf + i + 1 + key_len;
        size_t room = len - (i + 1 + key_len);
        if (v[0] < 24) {
            *value = v[0];
            return true;
        }
        size_t width = v[0] >= 24 && v[0] <= 27 ? 1u << (v[0] - 24) : 0;
        if (width == 0 || room < 1 + width) {
            return false;
        }
        *value = 0;
        for (size_t k = 1; k <= width; k++) {
            *value = *value << 8 | v[k];
        }
        return true;
    }
    return false;
}

/* {"off": off} with up to one more pair behind it. */
static bool set_off(uint8_t *buf, size_t *len, size_t cap, uint32_t off,
        bool match_false)
{
    uint8_t body[24] = { 0xbf, 0x63, 'o', 'f', 'f', 0x1a, (uint8_t)(off >> 24),
        (uint8_t)(off >> 16), (uint8_t)(off >> 8), (uint8_t)off };
    size_t n = 10;
    if (match_false) {
        static const uint8_t match[] = { 0x65, 'm', 'a', 't', 'c', 'h', 0xf4 };
        memcpy(body + n, match, sizeof(match));
        n += sizeof(match);
    }
    body[n++] = 0xff;
    return set_body(buf, len, cap, body, n);
}

static bool rewrite_off(struct vdev_fault *f, uint8_t *buf, size_t *len,
        size_t cap)
{
    uint64_t off;
    if (f->kind == VDEV_FAULT_ENDLESS_ZERO) {
        static const uint8_t zero[] = { 0xbf, 0x62, 'r', 'c', 0x00, 0x63, 'o',
            'f', 'f', 0x00, 0xff };
        return set_body(buf, len, cap, zero, sizeof(zero));
    }
    if (!find_uint(buf, *len, "off", &off)) {
        return false;
    }
    if (f->kind == VDEV_FAULT_MATCH_FALSE) {
        return set_off(buf, len, cap, (uint32_t)off, true);
    }
    /* Behind, ahead, or far outside: each in its turn. */
    uint32_t step = (uint32_t)(vdev_rng_next(&f->rng) % 3);
    uint32_t wrong = step == 0 ? (uint32_t)off / 2
            : step == 1        ? (uint32_t)off + 1000
                               : 0xfffffff0u;
    return set_off(buf, len, cap, wrong, false);
}

/*
 * Fill the text behind a key with what may hurt a terminal: escape
 * sequences, bells, carriage returns. Lengths stay, so the CBOR stays valid.
 */
static bool poison(uint8_t *buf, size_t len, const char *key)
{
    static const uint8_t bad[] = { 0x1b, '[', '2', 'J', 0x07, 0x0d, 0x1b, ']',
        '0', ';', 'x', 0x07, '<', 'b', '>', '"', 0x00, '\\', 0x7f, '%', 'n' };
    size_t key_len = strlen(key);
    bool done = false;
    for (size_t i = HEADER_SIZE; i + key_len + 2 <= len; i++) {
        if (buf[i] != 0x60 + key_len ||
                memcmp(buf + i + 1, key, key_len) != 0) {
            continue;
        }
        uint8_t *v = buf + i + 1 + key_len;
        uint8_t *end = buf + len;
        size_t n = 0;
        if (v[0] >= 0x60 && v[0] < 0x78) {
            n = v[0] - 0x60u;
            v++;
        } else if (v[0] == 0x78 && end - v >= 2) {
            n = v[1];
            v += 2;
        }
        for (size_t k = 0; k < n && v + k < end; k++) {
            v[k] = bad[k % sizeof(bad)];
            done = true;
        }
    }
    return done;
}

static bool rewrite_texts(uint8_t *buf, size_t len)
{
    static const char *const keys[] = { "version", "output", "bootloader",
        "name", "r", "rsn" };
    bool done = false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        done = poison(buf, len, keys[i]) || done;
    }
    return done;
}

bool vdev_fault_rewrite(struct vdev_fault *f, uint8_t *buf, size_t *len,
        size_t cap)
{
    if (*len < HEADER_SIZE) {
        return false;
    }
    switch (f->kind) {
    case VDEV_FAULT_WRONG_OFFSET:
    case VDEV_FAULT_ENDLESS_ZERO:
    case VDEV_FAULT_MATCH_FALSE:
        return rewrite_off(f, buf, len, cap);
    case VDEV_FAULT_WRONG_SEQ:
        buf[6] ^= 0x55;
        return true;
    case VDEV_FAULT_HOSTILE:
        return rewrite_texts(buf, *len);
    case VDEV_FAULT_CORRUPT:
        vdev_fault_corrupt(f, buf, *len);
        return true;
    case VDEV_FAULT_DROP:
    case VDEV_FAULT_DUPLICATE:
    case VDEV_FAULT_DELAY:
    case VDEV_FAULT_DISCONNECT:
    case VDEV_FAULT_RESET:
    case VDEV_FAULT_POWER_CUT:
    case VDEV_FAULT_SILENT:
    case VDEV_FAULT_TWICE:
    case VDEV_FAULT_KINDS:
        break;
    }
    return false;
}
