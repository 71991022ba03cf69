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

/* Opens the container of head at *level; rest bytes follow its head. */
static int open_level(struct level *level, const struct smp_head *head,
        size_t rest)
{
    level->indefinite = head->info == SMP_CBOR_INDEFINITE;
    level->map = head->major == SMP_MAJOR_MAP;
    level->left = head->value;
    if (level->map && !level->indefinite) {
        /* Each pair takes two bytes at least: the product cannot overflow. */
        if (head->value > rest / 2) {
            return SMP_E_SHORT;
        }
        level->left *= 2;
    }
    return level->left > rest ? SMP_E_SHORT : 0;
}

/* Counts one item at its level. */
static void count_item(struct level *level)
{
    if (level->indefinite) {
        level->left ^= 1;
    } else {
        level->left--;
    }
}

int smp_cbor_check(struct smp_bytes cbor)
{
    struct level levels[SMP_CBOR_DEPTH + 1];
    struct level *top = levels;
    struct smp_bytes rest = cbor;
    bool tagged = false;

    if (cbor.len > INT32_MAX) {
        return SMP_E_CBOR;
    }
    top->left = 1;
    top->indefinite = false;
    top->map = false;
    do {
        struct smp_head head;
        int err = smp_head_read(rest, &head);

        if (err < 0) {
            return err;
        }
        rest.ptr += head.size;
        rest.len -= head.size;
        if (head.major == SMP_MAJOR_SIMPLE &&
                head.info == SMP_CBOR_INDEFINITE) {
            if (tagged || !top->indefinite || (top->map && top->left != 0)) {
                return SMP_E_CBOR;
            }
            top--;
        } else if (head.major == SMP_MAJOR_TAG) {
            tagged = true;
            continue;
        } else {
            tagged = false;
            count_item(top);
        }
        if (head.major == SMP_MAJOR_BYTES || head.major == SMP_MAJOR_TEXT) {
            if (head.value > rest.len) {
                return SMP_E_SHORT;
            }
            rest.ptr += head.value;
            rest.len -= head.value;
        } else if (head.major == SMP_MAJOR_ARRAY ||
                head.major == SMP_MAJOR_MAP) {
            if (top == levels + SMP_CBOR_DEPTH) {
                return SMP_E_CBOR;
            }
            top++;
            err = open_level(top, &head, rest.len);
            if (err < 0) {
                return err;
            }
        }
        while (top > levels && !top->indefinite && top->left == 0) {
            top--;
        }
    } while (tagged || top > levels || top->left != 0);
    return (int)(cbor.len - rest.len);
}
