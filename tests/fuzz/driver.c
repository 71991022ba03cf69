// SPDX-License-Identifier: Apache-2.0
/*
 * Stands in for libFuzzer where only a C compiler is at hand: replays a corpus,
 * then runs random mutations of it from a fixed seed, so that every run of the
 * tests does the same.
 *
 *   fuzz_NAME [-seed=N] [-runs=N] [-max=BYTES] [-only=RUN] [FILE-OR-FOLDER...]
 *
 * A corpus file is one input; of a .jsonl file (recorded exchanges) every text
 * of eight or more bytes in hexadecimal is one.
 *
 * A failure prints seed and run; -only=RUN repeats that one alone.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CORPUS_MAX 4096
#define PATH_SIZE  4096

struct input {
    uint8_t *ptr;
    size_t len;
};

static struct {
    struct input corpus[CORPUS_MAX];
    size_t count;
    uint64_t random;
    unsigned long seed;
    unsigned long run;
    size_t max;
} fuzz = { .seed = 1, .max = 4096 };

/* The sanitizers call it before they end the program; absent without them. */
void __sanitizer_set_death_callback(void (*callback)(void))
        __attribute__((weak));

static void print_replay_id(void)
{
    fprintf(stderr, "fuzz: replay with -seed=%lu -only=%lu\n", fuzz.seed,
            fuzz.run);
}

/* splitmix64: small, and the same on every machine. */
static uint64_t random_next(void)
{
    uint64_t z = (fuzz.random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t random_below(size_t bound)
{
    return bound == 0 ? 0 : (size_t)(random_next() % bound);
}

static void *must_alloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);

    if (p == NULL) {
        fprintf(stderr, "fuzz: out of memory\n");
        exit(2);
    }
    return p;
}

/* Takes over buf. */
static void corpus_add_input(uint8_t *buf, size_t len)
{
    if (fuzz.count == CORPUS_MAX) {
        fprintf(stderr, "fuzz: more than %d corpus files\n", CORPUS_MAX);
        exit(2);
    }
    fuzz.corpus[fuzz.count].ptr = buf;
    fuzz.corpus[fuzz.count].len = len;
    fuzz.count++;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Adds the text between two quotes, if it is nothing but hexadecimal. */
static void corpus_add_hex(const char *text, size_t len)
{
    uint8_t *buf;

    if (len < 16 || len % 2 != 0 || len / 2 > fuzz.max) {
        return;
    }
    buf = must_alloc(len / 2);
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);

        if (high < 0 || low < 0) {
            free(buf);
            return;
        }
        buf[i / 2] = (uint8_t)(high << 4 | low);
    }
    corpus_add_input(buf, len / 2);
}

static void corpus_add_lines(FILE *f)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, f) > 0) {
        char *from = strchr(line, '"');

        while (from != NULL) {
            char *to = strchr(from + 1, '"');

            if (to != NULL) {
                corpus_add_hex(from + 1, (size_t)(to - from - 1));
            }
            from = to;
        }
    }
    free(line);
}

static void corpus_add_file(const char *path)
{
    size_t path_len = strlen(path);
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    if (path_len > 6 && strcmp(path + path_len - 6, ".jsonl") == 0) {
        corpus_add_lines(f);
    } else {
        uint8_t *buf = must_alloc(fuzz.max);
        size_t len = fread(buf, 1, fuzz.max, f);

        corpus_add_input(buf, len);
    }
    fclose(f);
}

static void corpus_add_folder(const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char file[PATH_SIZE];
        struct stat st;
        int len = snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);

        if (len > 0 && (size_t)len < sizeof(file) && stat(file, &st) == 0 &&
                S_ISREG(st.st_mode)) {
            corpus_add_file(file);
        }
        free(names[i]);
    }
    if (n >= 0) {
        free(names);
    }
}

static void corpus_add(const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        corpus_add_folder(path);
    } else {
        corpus_add_file(path);
    }
}

static size_t insert_bytes(uint8_t *buf, size_t len)
{
    size_t n = 1 + random_below(8);
    size_t at = random_below(len + 1);

    if (len + n > fuzz.max) {
        return len;
    }
    memmove(buf + at + n, buf + at, len - at);
    for (size_t i = 0; i < n; i++) {
        buf[at + i] = (uint8_t)random_next();
    }
    return len + n;
}

static size_t remove_bytes(uint8_t *buf, size_t len)
{
    size_t at = random_below(len);
    size_t n = 1 + random_below(8);

    if (n > len - at) {
        n = len - at;
    }
    memmove(buf + at, buf + at + n, len - at - n);
    return len - n;
}

/* Puts a piece of another input over or behind this one. */
static size_t splice(uint8_t *buf, size_t len)
{
    const struct input *other;
    size_t from;
    size_t at;
    size_t n;

    if (fuzz.count == 0) {
        return len;
    }
    other = &fuzz.corpus[random_below(fuzz.count)];
    from = random_below(other->len);
    at = random_below(len + 1);
    n = random_below(other->len - from + 1);
    if (n > fuzz.max - at) {
        n = fuzz.max - at;
    }
    memcpy(buf + at, other->ptr + from, n);
    return at + n > len ? at + n : len;
}

static size_t mutate(uint8_t *buf, size_t len)
{
    /* Lengths, signs and CBOR heads at their edges. */
    static const uint8_t edges[] = { 0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b,
        0x1f, 0x40, 0x5b, 0x5f, 0x60, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xf4, 0xf6,
        0xfb, 0xff };

    if (len == 0) {
        return insert_bytes(buf, len);
    }
    switch (random_below(7)) {
    case 0:
        buf[random_below(len)] ^= (uint8_t)(1u << random_below(8));
        return len;
    case 1:
        buf[random_below(len)] = (uint8_t)random_next();
        return len;
    case 2:
        buf[random_below(len)] = edges[random_below(sizeof(edges))];
        return len;
    case 3:
        return random_below(len);
    case 4:
        return insert_bytes(buf, len);
    case 5:
        return remove_bytes(buf, len);
    default:
        return splice(buf, len);
    }
}

static void run_one(const uint8_t *buf, size_t len)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len);

    if (exact == NULL) {
        exit(2);
    }
    if (len > 0) {
        memcpy(exact, buf, len);
    }
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static void run_mutation(uint8_t *buf)
{
    size_t len = 0;

    /* Each run has a generator of its own: -only needs no history. */
    fuzz.random = ((uint64_t)fuzz.seed << 32) ^ fuzz.run;
    if (fuzz.count > 0 && random_below(16) != 0) {
        const struct input *in = &fuzz.corpus[random_below(fuzz.count)];

        len = in->len;
        memcpy(buf, in->ptr, len);
    } else {
        len = random_below(64 < fuzz.max ? 64 : fuzz.max);
        for (size_t i = 0; i < len; i++) {
            buf[i] = (uint8_t)random_next();
        }
    }
    for (size_t n = 1 + random_below(6); n > 0; n--) {
        len = mutate(buf, len);
    }
    run_one(buf, len);
}

static bool number_option(const char *arg, const char *name, unsigned long *n)
{
    size_t len = strlen(name);
    char *end;

    if (strncmp(arg, name, len) != 0) {
        return false;
    }
    *n = strtoul(arg + len, &end, 10);
    return arg[len] != '\0' && *end == '\0';
}

int main(int argc, char **argv)
{
    unsigned long runs = 20000;
    unsigned long only = 0;
    unsigned long max = 0;
    uint8_t *buf;

    for (int i = 1; i < argc; i++) {
        if (number_option(argv[i], "-max=", &max)) {
            fuzz.max = max == 0 ? 1 : max;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (!number_option(argv[i], "-seed=", &fuzz.seed) &&
                !number_option(argv[i], "-runs=", &runs) &&
                !number_option(argv[i], "-only=", &only) &&
                !number_option(argv[i], "-max=", &max)) {
            corpus_add(argv[i]);
        }
    }
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(print_replay_id);
    }
    if (only == 0) {
        run_one(NULL, 0);
        for (size_t i = 0; i < fuzz.count; i++) {
            run_one(fuzz.corpus[i].ptr, fuzz.corpus[i].len);
        }
    }
    buf = must_alloc(fuzz.max);
    for (fuzz.run = 1; fuzz.run <= runs; fuzz.run++) {
        if (only == 0 || only == fuzz.run) {
            run_mutation(buf);
        }
    }
    free(buf);
    printf("fuzz: %zu corpus inputs, %lu mutations, seed %lu\n", fuzz.count,
            runs, fuzz.seed);
    for (size_t i = 0; i < fuzz.count; i++) {
        free(fuzz.corpus[i].ptr);
    }
    return 0;
}
