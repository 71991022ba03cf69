// SPDX-License-Identifier: Apache-2.0
/*
 * Client and server joined by a link that drops, duplicates, delays and
 * reorders, from seeds: every request ends exactly once, with its own answer
 * or a time-out. Replay one run with the environment variable SMP_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smp/client.h"
#include "smp/server_os.h"

#define PLACES     8
#define BUF_SIZE   64
#define QUEUE_SIZE 256
#define REQUESTS   200
#define SEEDS      150u

/* Every fourth request goes to a group that the server has not. */
#define is_refused(tag) ((tag) % 4 == 3)

struct packet {
    uint32_t due_ms;
    size_t len;
    bool to_server;
    uint8_t buf[BUF_SIZE];
};

struct weather {
    const char *name;
    unsigned drop_percent;
    unsigned twice_percent;
    uint32_t delay_ms; /* 0..delay_ms, so packets overtake each other */
    unsigned reset_percent;
};

struct world {
    const struct weather *weather;
    uint64_t random;
    uint32_t now_ms;
    struct smp_client c;
    struct smp_client_place places[PLACES];
    uint8_t buf[PLACES * BUF_SIZE];
    struct smp_server s;
    struct smp_os_server os;
    struct smp_server_group group;
    const struct smp_server_group *groups[1];
    uint8_t tx[BUF_SIZE];
    struct packet queue[QUEUE_SIZE];
    size_t queued;
    uint32_t asked;
    unsigned ended[REQUESTS];
    unsigned results[4]; /* good, refused, timed out, link */
};

static unsigned long current_seed;
static const char *current_weather;

static uint32_t below(struct world *w, uint32_t bound)
{
    w->random =
            w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % bound;
}

static bool happens(struct world *w, unsigned percent)
{
    return below(w, 100) < percent;
}

static void put_packet(struct world *w, const uint8_t *buf, size_t len,
        bool to_server)
{
    unsigned copies = happens(w, w->weather->twice_percent) ? 2 : 1;

    for (unsigned i = 0; i < copies; i++) {
        if (w->queued == QUEUE_SIZE || happens(w, w->weather->drop_percent)) {
            continue;
        }
        struct packet *p = &w->queue[w->queued++];

        assert_true(len <= sizeof(p->buf));
        memcpy(p->buf, buf, len);
        p->len = len;
        p->to_server = to_server;
        p->due_ms = w->now_ms + 1 + below(w, w->weather->delay_ms + 1);
    }
}

/* The packet that arrives next, or -1. */
static int next_packet(const struct world *w)
{
    int best = -1;

    for (size_t i = 0; i < w->queued; i++) {
        if (best < 0 ||
                (int32_t)(w->queue[i].due_ms - w->queue[best].due_ms) < 0) {
            best = (int)i;
        }
    }
    return best;
}

static size_t text_of(uint32_t tag, char text[24])
{
    return (size_t)snprintf(text, 24, "request %u", (unsigned)tag);
}

static void ask_more(struct world *w)
{
    while (w->asked < REQUESTS) {
        char text[24];
        size_t len = text_of(w->asked, text);
        struct smp_os_echo_req body = {
            .has = SMP_OS_ECHO_REQ_D,
            .d = { (const uint8_t *)text, len },
        };
        struct smp_request req = {
            .op = w->asked % 2 == 0 ? SMP_OP_WRITE : SMP_OP_READ,
            .group = is_refused(w->asked) ? 77 : SMP_GROUP_OS,
            .id = SMP_OS_ECHO,
            .map = &smp_os_echo_req_map,
            .body = &body,
            .timeout_ms = w->asked % 5 == 0 ? 800 : 0,
            .tag = w->asked,
        };
        int rc = smp_client_request(&w->c, &req, w->now_ms);

        if (rc == SMP_E_BUSY) {
            return;
        }
        assert_int_equal(rc, 0);
        w->asked++;
    }
}

static void check_answer(struct world *w, const struct smp_answer *a)
{
    struct smp_os_echo_rsp rsp;
    char text[24];
    size_t len = text_of(a->tag, text);

    assert_true(a->tag < w->asked);
    w->ended[a->tag]++;
    switch (a->result) {
    case 0:
        assert_false(is_refused(a->tag));
        assert_int_equal(smp_map_decode(&smp_os_echo_rsp_map, a->body, &rsp),
                0);
        assert_int_equal(rsp.r.len, len);
        assert_memory_equal(rsp.r.ptr, text, len);
        w->results[0]++;
        break;
    case SMP_E_REMOTE:
        assert_true(is_refused(a->tag));
        assert_int_equal(a->refusal.rc, SMP_RC_NOTSUP);
        w->results[1]++;
        break;
    case SMP_E_TIMEOUT:
        w->results[2]++;
        break;
    default:
        assert_int_equal(a->result, SMP_E_LINK);
        w->results[3]++;
        break;
    }
}

/* Drain output, take events: what a pump does before it sleeps. */
static void pump(struct world *w)
{
    struct smp_answer a;
    const uint8_t *out;
    size_t len;

    while (smp_client_event(&w->c, &a)) {
        check_answer(w, &a);
    }
    ask_more(w);
    while ((out = smp_client_output(&w->c, &len)) != NULL) {
        put_packet(w, out, len, true);
        smp_client_sent(&w->c, w->now_ms);
    }
}

static void arrive(struct world *w, int i)
{
    struct packet p = w->queue[i];
    const uint8_t *out;
    size_t len;

    w->queue[i] = w->queue[--w->queued];
    if (!p.to_server) {
        assert_int_equal(smp_client_input(&w->c, p.buf, p.len, w->now_ms), 0);
        pump(w);
        return;
    }
    assert_int_equal(smp_server_input(&w->s, p.buf, p.len, 0, w->now_ms), 0);
    while ((out = smp_server_output(&w->s, &len, NULL)) != NULL) {
        put_packet(w, out, len, false);
        smp_server_sent(&w->s);
    }
}

static void world_init(struct world *w, const struct weather *weather,
        unsigned long seed, const struct smp_server_config *variant)
{
    static const struct smp_os_ops ops = { 0 };
    struct smp_server_config cfg = *variant;

    memset(w, 0, sizeof(*w));
    current_seed = seed;
    current_weather = weather->name;
    w->weather = weather;
    w->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->now_ms = UINT32_MAX - 5000; /* wraps on the way */
    w->os.ops = &ops;
    w->os.features = SMP_OS_HAS_ECHO;
    smp_os_group_init(&w->group, &w->os);
    w->groups[0] = &w->group;
    cfg.groups = w->groups;
    cfg.group_count = 1;
    cfg.tx = w->tx;
    cfg.tx_size = sizeof(w->tx);
    smp_server_init(&w->s, &cfg);
    smp_client_init(&w->c,
            &(struct smp_client_config){
                    .places = w->places,
                    .place_count = (uint8_t)(1 + seed % PLACES),
                    .buf = w->buf,
                    .buf_size = BUF_SIZE,
                    .first_seq = (uint8_t)below(w, 256),
                    .tries = 6,
                    .timeout_ms = 1000,
            });
}

static void run_world(struct world *w)
{
    unsigned steps = 0;

    pump(w);
    while (w->asked < REQUESTS ||
            smp_client_free(&w->c) < w->c.cfg.place_count || w->queued > 0) {
        int i = next_packet(w);
        uint32_t wait_ms = smp_client_wait_ms(&w->c, w->now_ms);
        uint32_t until = i < 0 ? UINT32_MAX : w->queue[i].due_ms - w->now_ms;

        assert_true(++steps < 1000000); /* never a hang */
        assert_false(i < 0 && wait_ms == UINT32_MAX);
        if (i >= 0 && (int32_t)until <= 0) {
            until = 0;
        }
        if (i >= 0 && until <= wait_ms) {
            w->now_ms += until;
            arrive(w, i);
        } else {
            w->now_ms += wait_ms;
            smp_client_tick(&w->c, w->now_ms);
        }
        if (happens(w, w->weather->reset_percent) && happens(w, 10)) {
            smp_client_reset(&w->c, w->now_ms);
        }
        pump(w);
    }
    for (size_t n = 0; n < REQUESTS; n++) {
        assert_int_equal(w->ended[n], 1);
    }
}

/* Runs after every test, a failed one too. */
static int print_last_seed(void **state)
{
    (void)state;
    print_message("last seed: SMP_SEED=%lu, %s\n", current_seed,
            current_weather);
    return 0;
}

/* Runs one weather over all seeds; adds up how the requests ended. */
static void run_weather(const struct weather *weather,
        const struct smp_server_config *variant, unsigned results[4])
{
    const char *only = getenv("SMP_SEED");
    unsigned long first = only != NULL ? strtoul(only, NULL, 10) : 1;
    unsigned long last = only != NULL ? first : SEEDS;
    struct world *w = malloc(sizeof(*w));

    assert_non_null(w);
    memset(results, 0, 4 * sizeof(results[0]));
    for (unsigned long seed = first; seed <= last; seed++) {
        world_init(w, weather, seed, variant);
        run_world(w);
        for (size_t i = 0; i < 4; i++) {
            results[i] += w->results[i];
        }
    }
    free(w);
}

static const struct smp_server_config current = { .form = SMP_FORM_INDEFINITE };

static void every_request_is_answered_on_a_calm_link(void **state)
{
    static const struct weather calm = { "calm", 0, 0, 0, 0 };
    unsigned results[4];

    (void)state;
    run_weather(&calm, &current, results);
    assert_int_equal(results[2] + results[3], 0);
}

static void every_request_ends_once_when_answers_overtake(void **state)
{
    static const struct weather windy = { "windy", 0, 30, 300, 0 };
    unsigned results[4];

    (void)state;
    run_weather(&windy, &current, results);
    assert_int_equal(results[2] + results[3], 0);
}

static void every_request_ends_once_when_packets_are_lost(void **state)
{
    static const struct weather rain = { "rain", 20, 20, 200, 0 };
    unsigned results[4];

    (void)state;
    run_weather(&rain, &current, results);
    assert_int_equal(results[3], 0);
    /* 36 % of the tries fail: six of them in about 0.2 % of the requests. */
    assert_true(results[2] < (results[0] + results[1]) / 100);
}

static void every_request_times_out_when_nothing_arrives(void **state)
{
    static const struct weather night = { "night", 100, 0, 0, 0 };
    unsigned results[4];

    (void)state;
    run_weather(&night, &current, results);
    assert_int_equal(results[0] + results[1] + results[3], 0);
}

static void every_request_ends_once_when_the_link_comes_and_goes(void **state)
{
    static const struct weather storm = { "storm", 25, 25, 1500, 20 };
    unsigned results[4];

    (void)state;
    run_weather(&storm, &current, results);
    assert_true(results[0] > 0 && results[1] > 0);
    assert_true(results[3] > 0);
}

static void old_servers_are_understood_in_any_weather(void **state)
{
    static const struct weather rain = { "rain", 20, 20, 200, 0 };
    static const struct smp_dress flat = {
        .group_error = SMP_DRESS_FLAT,
        .version_zero = true,
    };
    const struct smp_server_config old = {
        .form = SMP_FORM_DEFINITE,
        .dress = &flat,
    };
    unsigned results[4];

    (void)state;
    run_weather(&rain, &old, results);
    assert_int_equal(results[3], 0);
    assert_true(results[2] < (results[0] + results[1]) / 100);
}

#define SEEDED(test) cmocka_unit_test_teardown(test, print_last_seed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEEDED(every_request_is_answered_on_a_calm_link),
        SEEDED(every_request_ends_once_when_answers_overtake),
        SEEDED(every_request_ends_once_when_packets_are_lost),
        SEEDED(every_request_times_out_when_nothing_arrives),
        SEEDED(every_request_ends_once_when_the_link_comes_and_goes),
        SEEDED(old_servers_are_understood_in_any_weather),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
