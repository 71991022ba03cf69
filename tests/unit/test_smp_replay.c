// SPDX-License-Identifier: Apache-2.0
/*
 * Feeds the recorded requests of real Zephyr 4.4.0 servers to ours and
 * compares the answers byte for byte. What cannot be replayed here is listed
 * in `skips` with its reason and counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smp/server_os.h"
#include "vectors.h"

#define ANY 0xffffu

/* Records of groups that this floor has not; first match decides. */
static const struct skip {
    uint16_t group;
    uint16_t op;
    uint16_t id;
    const char *reason;
} skips[] = {
    { SMP_GROUP_OS, SMP_OP_READ, SMP_OS_TASKS,
            "task statistics: we have no threads to tell of" },
    { SMP_GROUP_IMAGE, ANY, ANY, "images: replayed by the dfu floor's test" },
    { SMP_GROUP_STAT, ANY, ANY, "statistics: no server of this group" },
    { SMP_GROUP_SETTINGS, ANY, ANY, "settings: no server of this group" },
    { SMP_GROUP_FS, ANY, ANY, "files: no server of this group" },
    { SMP_GROUP_SHELL, ANY, ANY, "shell: no server of this group" },
};

#define SKIPS (sizeof(skips) / sizeof(skips[0]))

/* The recorded servers' other groups, for enumeration only. */
static void run_nothing(void *ctx, struct smp_call *call)
{
    (void)ctx;
    smp_call_refuse(call, SMP_RC_UNKNOWN);
}

static const struct smp_handler fs_last[] = {
    { SMP_OP_WRITE, 4, NULL, run_nothing },
};
static const struct smp_handler settings_last[] = {
    { SMP_OP_WRITE, 3, NULL, run_nothing },
};
static const struct smp_handler shell_last[] = {
    { SMP_OP_WRITE, 0, NULL, run_nothing },
};
static const struct smp_handler stat_last[] = {
    { SMP_OP_READ, 1, NULL, run_nothing },
};
static const struct smp_server_group fs_group = {
    .id = SMP_GROUP_FS,
    .name = "fs mgmt",
    .handlers = fs_last,
    .handler_count = 1,
};
static const struct smp_server_group settings_group = {
    .id = SMP_GROUP_SETTINGS,
    .name = "settings mgmt",
    .handlers = settings_last,
    .handler_count = 1,
};
static const struct smp_server_group shell_group = {
    .id = SMP_GROUP_SHELL,
    .name = "shell mgmt",
    .handlers = shell_last,
    .handler_count = 1,
};
static const struct smp_server_group stat_group = {
    .id = SMP_GROUP_STAT,
    .name = "stat mgmt",
    .handlers = stat_last,
    .handler_count = 1,
};

static enum smp_rc board_reset(void *ctx, bool force, uint32_t boot_mode)
{
    (void)ctx;
    (void)force;
    (void)boot_mode;
    return SMP_RC_OK;
}

static const char *board_info(void *ctx, char letter)
{
    (void)ctx;
    switch (letter) {
    case 's':
    case 'o':
        return "Zephyr";
    case 'n':
        return "unknown";
    case 'r':
        return "684c9e8f32e4";
    case 'v':
        return "4.4.0";
    case 'b':
        return "Wed Jun  3 22:19:37 2026";
    case 'm':
        return "posix";
    case 'p':
        return "x86";
    case 'i':
        return "native_sim/native";
    default:
        return NULL;
    }
}

static int board_erase(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct smp_os_ops board_ops = {
    .reset = board_reset,
    .info = board_info,
    .erase_storage = board_erase,
};

struct board {
    struct smp_server server;
    struct smp_os_server os;
    struct smp_server_group groups[3];
    const struct smp_server_group *order[7];
    uint8_t tx[2048];
    unsigned replayed;
    unsigned skipped[SKIPS];
};

static void board_init(struct board *b, uint32_t buf_size, uint32_t buf_count)
{
    b->os = (struct smp_os_server){
        .ops = &board_ops,
        .features = SMP_OS_HAS_ECHO | SMP_OS_HAS_PARAMS | SMP_OS_HAS_INFO,
        .buf_size = buf_size,
        .buf_count = buf_count,
    };
    smp_os_group_init(&b->groups[0], &b->os);
    smp_basic_group_init(&b->groups[1], &b->os);
    smp_enum_group_init(&b->groups[2], &b->server);
    b->order[0] = &b->groups[2];
    b->order[1] = &fs_group;
    b->order[2] = &b->groups[0];
    b->order[3] = &settings_group;
    b->order[4] = &shell_group;
    b->order[5] = &stat_group;
    b->order[6] = &b->groups[1];
    smp_server_init(&b->server,
            &(struct smp_server_config){
                    .groups = b->order,
                    .group_count = 7,
                    .tx = b->tx,
                    .tx_size = buf_size,
                    .form = SMP_FORM_INDEFINITE,
            });
}

static const struct skip *find_skip(const struct vectors *v,
        const struct vector *item)
{
    /* The native servers have no image group: they refuse, and so do we. */
    bool native = strstr(v->file, "native_sim") != NULL;

    struct smp_header hdr;

    if (smp_header_decode(item->request, item->request_len, &hdr) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < SKIPS; i++) {
        if (skips[i].group == hdr.group &&
                !(native && hdr.group == SMP_GROUP_IMAGE) &&
                (skips[i].op == ANY || skips[i].op == hdr.op) &&
                (skips[i].id == ANY || skips[i].id == hdr.id)) {
            return &skips[i];
        }
    }
    return NULL;
}

/* A further answer is told in the note, in hex behind the last space. */
static void expect_second(const struct vectors *v, const struct vector *item,
        struct smp_server *server)
{
    const char *hex = strrchr(item->note, ' ');
    size_t len;
    const uint8_t *out = smp_server_output(server, &len, NULL);
    struct vector second = *item;

    assert_non_null(hex);
    second.response =
            vectors_hex(hex + 1, strlen(hex + 1), &second.response_len);
    assert_non_null(second.response);
    assert_true(vectors_equal(v, &second, out, len));
    free(second.response);
    smp_server_sent(server);
}

static void replay_one(struct board *b, const struct vectors *v,
        const struct vector *item, size_t packet_max)
{
    size_t len = 0;
    size_t take =
            item->request_len < packet_max ? item->request_len : packet_max;
    const uint8_t *out;

    assert_int_equal(smp_server_input(&b->server, item->request, take, 7, 0),
            0);
    out = smp_server_output(&b->server, &len, NULL);
    assert_true(vectors_equal(v, item, out, len));
    smp_server_sent(&b->server);
    if (strstr(item->note, "second datagram") != NULL) {
        expect_second(v, item, &b->server);
    }
    assert_null(smp_server_output(&b->server, &len, NULL));
    b->replayed++;
}

static void report(const struct board *b, const char *file)
{
    print_message("  %s: %u replayed\n", file, b->replayed);
    for (size_t i = 0; i < SKIPS; i++) {
        if (b->skipped[i] > 0) {
            print_message("    %u not: %s\n", b->skipped[i], skips[i].reason);
        }
    }
}

static void replay_file(const char *file, uint32_t buf_size, uint32_t buf_count,
        size_t packet_max, unsigned expected)
{
    struct vectors v;
    struct board *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    vectors_load(&v, file);
    board_init(b, buf_size, buf_count);
    for (size_t i = 0; i < v.count; i++) {
        const struct skip *skip = find_skip(&v, &v.items[i]);
        const char *size = strstr(v.items[i].name, "buf_size ");

        if (skip != NULL) {
            b->skipped[skip - skips]++;
            continue;
        }
        if (size != NULL) {
            unsigned long n = strtoul(size + 9, NULL, 10);

            board_init(b, (uint32_t)n, buf_count);
        }
        replay_one(b, &v, &v.items[i], packet_max);
    }
    report(b, file);
    assert_int_equal(b->replayed, expected);
    vectors_free(&v);
    free(b);
}

static void replay_answers_like_zephyr_over_udp(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp.jsonl", 2048, 2, 1500, 65);
}

static void replay_answers_like_zephyr_to_every_header(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp-header.jsonl", 2048, 2, 1500, 38);
}

static void replay_answers_like_zephyr_to_every_cbor_shape(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp-cbor.jsonl", 2048, 2, 1500, 60);
}

/* The receive buffer of Zephyr's UDP transport cuts a longer datagram. */
static void replay_answers_like_zephyr_with_every_code(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp-codes.jsonl", 2048, 2, 1500, 90);
}

static void replay_enumerates_like_zephyr_with_filters(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp-files-shell.jsonl", 2048, 2, 1500,
            12);
}

static void replay_refuses_what_does_not_fit_like_zephyr(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-serial-overflow.jsonl", 96, 2, 1500,
            4);
}

static void replay_answers_like_zephyr_on_a_microcontroller(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-qemu_cortex_m0-confirm.jsonl", 384, 4, 1500, 6);
    replay_file("zephyr-4.4.0-qemu_cortex_m0-revert.jsonl", 384, 4, 1500, 6);
    replay_file("zephyr-4.4.0-qemu_cortex_m0-swap.jsonl", 384, 4, 1500, 9);
    replay_file("zephyr-4.4.0-qemu_cortex_m0-resume.jsonl", 384, 4, 1500, 0);
    replay_file("zephyr-4.4.0-qemu_cortex_m0-upload.jsonl", 384, 4, 1500, 0);
}

static void replay_has_nothing_in_the_file_restart_recording(void **state)
{
    (void)state;
    replay_file("zephyr-4.4.0-native_sim-udp-file-restart.jsonl", 2048, 2, 1500,
            0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay_answers_like_zephyr_over_udp),
        cmocka_unit_test(replay_answers_like_zephyr_to_every_header),
        cmocka_unit_test(replay_answers_like_zephyr_to_every_cbor_shape),
        cmocka_unit_test(replay_answers_like_zephyr_with_every_code),
        cmocka_unit_test(replay_enumerates_like_zephyr_with_filters),
        cmocka_unit_test(replay_refuses_what_does_not_fit_like_zephyr),
        cmocka_unit_test(replay_answers_like_zephyr_on_a_microcontroller),
        cmocka_unit_test(replay_has_nothing_in_the_file_restart_recording),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
