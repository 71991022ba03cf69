// SPDX-License-Identifier: Apache-2.0
/*
 * Is this well-formed CBOR, and nested no deeper than we bear?
 *
 * One pass, no recursion: zcbor skips unknown values by calling itself, so a
 * message of nothing but array heads would eat any stack. Whatever passes
 * here is bounded.
 */
#include "smp/message.h"

#include "internal.h"

/* What is open at one depth; depth 0 stands for the item itself. */
struct level {
    size_t left;     /* definite: items to come; indefinite: parity of pairs */
    bool indefinite; /* ends with a break */
    bool map;        /* indefinite: the break must not split a pair */
};

/* The state of one check. */
struct check {
    struct smp_bytes rest;
    struct level *top; /* the innermost that is open */
    bool tagged;       /* a tag was read, and its item is due */
    struct level levels[SMP_CBOR_DEPTH + 1];
};

int smp_head_read(struct smp_bytes cbor, struct smp_head *head)
{
    size_t bytes;

    if (cbor.len == 0) {
        return SMP_E_SHORT;
    }
    head->major = cbor.ptr[0] >> 5;
    head->info = cbor.ptr[0] & 31u;
    head->value = head->info;
    head->size = 1;
    if (head->info < 24) {
        return 0;
    }
    if (head->info == SMP_CBOR_INDEFINITE) {
        head->value = 0;
        /* Chunked strings: zcbor's servers refuse them, so do we. */
        return head->major == SMP_MAJOR_ARRAY || head->major == SMP_MAJOR_MAP ||
                        head->major == SMP_MAJOR_SIMPLE
                ? 0
                : SMP_E_CBOR;
    }
    if (head->info > 27) {
        return SMP_E_CBOR;
    }
    bytes = (size_t)1 << (head->info - 24u);
    if (cbor.len - 1 < bytes) {
        return SMP_E_SHORT;
    }
    head->size = (uint8_t)(1 + bytes);
    head->value = 0;
    for (size_t i = 1; i <= bytes; i++) {
        head->value = head->value > SIZE_MAX >> 8
                ? SIZE_MAX
                : head->value << 8 | cbor.ptr[i];
    }
    if (head->major == SMP_MAJOR_SIMPLE && bytes == 1 && head->value < 32) {
        return SMP_E_CBOR;
    }
    return 0;
}

static void skip(struct smp_bytes *rest, size_t len)
{
    rest->ptr += len;
    rest->len -= len;
}

/* Goes down into the container of head. */
static int open_level(struct check *c, const struct smp_head *head)
{
    struct level *level = c->top + 1;

    if (c->top == c->levels + SMP_CBOR_DEPTH) {
        return SMP_E_CBOR;
    }
    c->top = level;
    level->indefinite = head->info == SMP_CBOR_INDEFINITE;
    level->map = head->major == SMP_MAJOR_MAP;
    level->left = head->value;
    if (level->map && !level->indefinite) {
        /* Each pair takes two bytes at least: the product cannot overflow. */
        if (head->value > c->rest.len / 2) {
            return SMP_E_SHORT;
        }
        level->left *= 2;
    }
    return level->left > c->rest.len ? SMP_E_SHORT : 0;
}

/* A break: goes up out of an indefinite container. */
static int close_level(struct check *c)
{
    if (c->tagged || !c->top->indefinite ||
            (c->top->map && c->top->left != 0)) {
        return SMP_E_CBOR;
    }
    c->top--;
    return 0;
}

/* One item that is no break and no tag. */
static int check_item(struct check *c, const struct smp_head *head)
{
    c->tagged = false;
    if (c->top->indefinite) {
        c->top->left ^= 1;
    } else {
        c->top->left--;
    }
    if (head->major == SMP_MAJOR_ARRAY || head->major == SMP_MAJOR_MAP) {
        return open_level(c, head);
    }
    if (head->major == SMP_MAJOR_BYTES || head->major == SMP_MAJOR_TEXT) {
        if (head->value > c->rest.len) {
            return SMP_E_SHORT;
        }
        skip(&c->rest, head->value);
    }
    return 0;
}

/* One head, and what belongs to it. */
static int check_head(struct check *c)
{
    struct smp_head head;
    int err = smp_head_read(c->rest, &head);

    if (err < 0) {
        return err;
    }
    skip(&c->rest, head.size);
    if (head.major == SMP_MAJOR_TAG) {
        /* A tag is no item: one must follow. */
        c->tagged = true;
        return 0;
    }
    if (head.major == SMP_MAJOR_SIMPLE && head.info == SMP_CBOR_INDEFINITE) {
        return close_level(c);
    }
    return check_item(c, &head);
}

int smp_cbor_check(struct smp_bytes cbor)
{
    struct check c;

    if (cbor.len > INT32_MAX) {
        return SMP_E_CBOR;
    }
    c.rest = cbor;
    c.tagged = false;
    c.top = c.levels;
    c.top->left = 1;
    c.top->indefinite = false;
    c.top->map = false;
    do {
        int err = check_head(&c);

        if (err < 0) {
            return err;
        }
        while (c.top > c.levels && !c.top->indefinite && c.top->left == 0) {
            c.top--;
        }
    } while (c.tagged || c.top > c.levels || c.top->left != 0);
    return (int)(cbor.len - c.rest.len);
}
